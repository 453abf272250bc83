//! From a tree to virtual domains: which block belongs to whom, and who reads it.

use indexmap::IndexMap;

use crate::model::{AddressSet, Family};
use crate::msg;
use crate::source::{Code, LineState, Span};
use crate::syntax::blocks::Tree;

use super::config::{Doubt, Scope, Settings, Vdom};
use super::node::{Node, Setting};
use super::read::{Ledger, Reader};
use super::{
    ha, inert, managed, parse_carriers, parse_objects, parse_policies, parse_routes, parse_services,
    parse_system, scope,
};

/// A file read.
pub struct Parsed {
    /// `set hostname`.
    pub hostname: Option<String>,
    /// Its virtual domains, at least one.
    pub vdoms: Vec<Vdom>,
    /// Whether it has `config vdom`.
    pub multi: bool,
    /// Domains that are named and have no block of their own.
    pub hollow: Vec<String>,
    /// The line that makes the box a member of an HA cluster.
    pub cluster: Option<Span>,
    /// The two ends of each inter-VDOM link.
    pub links: Vec<(String, String)>,
}

/// Facts that several blocks of a scope contribute to.
pub struct Draft<'a> {
    /// The domain in the making.
    pub vdom: Vdom,
    /// The file's ledger.
    pub ledger: &'a mut Ledger,
    /// What is known of the explicit proxy.
    pub proxy: super::parse_proxy::Proxy,
    /// Lines of proxy policies: they matter once a proxy is on.
    pub proxy_policies: Vec<Span>,
    /// `web-proxy explicit` or `ftp-proxy explicit` is on.
    pub proxy_on: Option<Span>,
    /// Sandboxes that files are sent to, with their addresses if they are known.
    pub sandboxes: Vec<(Span, Option<AddressSet>)>,
}

/// Reads a whole file.
pub fn parse(tree: &Tree, whole: Span, ledger: &mut Ledger) -> Parsed {
    let mut root = Node::root(whole);
    root.apply(&tree.statements);
    let multi = root.block("vdom").is_some() || root.block("global").is_some();
    let empty = Node::root(whole);
    let global = if multi { root.block("global").unwrap_or(&empty) } else { &root };
    let mut top = top_doubts(&root, multi, ledger);
    let names = vdom_names(&root, global, multi);
    let hostname = global.block("system global").and_then(|b| b.settings.get("hostname"));
    let hostname = hostname.and_then(|s| s.values.first()).map(|w| w.text.clone());
    let shared = parse_system::global(global, &mut top, ledger);
    let (mut vdoms, mut hollow) = (Vec::new(), Vec::new());
    for name in names {
        let own = if multi { root.block("vdom").and_then(|v| v.entries.get(&name)) } else { Some(&root) };
        let own = own.unwrap_or(&empty);
        if own.blocks.is_empty() {
            hollow.push(name.clone());
        }
        let vdom = empty_vdom(&name, own.span());
        let mut draft = Draft {
            vdom,
            ledger,
            proxy: super::parse_proxy::Proxy::default(),
            proxy_policies: Vec::new(),
            proxy_on: None,
            sandboxes: Vec::new(),
        };
        draft.vdom.doubts.extend(top.iter().cloned());
        draft.vdom.resolvers = parse_services::resolvers(global, own);
        draft.vdom.route_adders = parse_services::route_adders(own);
        parse_system::interfaces(global, &shared, multi, &mut draft);
        if multi {
            read_blocks(global, Side::Global, &mut draft);
        }
        read_blocks(own, if multi { Side::Vdom } else { Side::Both }, &mut draft);
        parse_carriers::contents(&mut draft);
        if multi {
            parse_services::asked_by_another(global, own, &name, &mut draft);
        }
        parse_services::finish(&mut draft);
        vdoms.push(draft.vdom);
    }
    let reserved = ha::reserve(&mut vdoms, &shared.ha, &top);
    vdoms.extend(reserved);
    Parsed { hostname, vdoms, multi, hollow, cluster: shared.ha.member, links: shared.links }
}

/// Which half of a file a block stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `config global`.
    Global,
    /// `config vdom`.
    Vdom,
    /// A file without virtual domains.
    Both,
}

fn vdom_names(root: &Node, global: &Node, multi: bool) -> Vec<String> {
    if !multi {
        return vec!["root".to_owned()];
    }
    let mut names: Vec<String> =
        root.block("vdom").map(|v| v.entries.keys().cloned().collect()).unwrap_or_default();
    for interface in global.table("system interface") {
        let vdom = interface.settings.get("vdom").and_then(|s| s.values.first());
        if let Some(vdom) = vdom.map(|w| w.text.clone()).filter(|v| !names.contains(v)) {
            names.push(vdom);
        }
    }
    if names.is_empty() {
        names.push("root".to_owned());
    }
    // They stand in the order in which somebody made them, which means nothing.
    names.sort_unstable();
    names
}

/// Statements and blocks that stand where none may.
fn top_doubts(root: &Node, multi: bool, ledger: &mut Ledger) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut doubt = |span: Span, ledger: &mut Ledger| {
        ledger.claim(span, LineState::Unrecognized);
        ledger.report(
            Code::UnknownStatement,
            span,
            msg!("statement outside any block", "ブロックの外に文がある"),
        );
        let what = msg!("a statement outside any block", "ブロックの外にある文");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    };
    for span in root.stray.iter().chain(root.settings.values().flat_map(|s| &s.spans)) {
        doubt(*span, ledger);
    }
    for entry in root.entries.values() {
        ledger.claim_node(entry, LineState::Unrecognized);
        doubt(entry.span(), ledger);
    }
    if multi {
        for block in root.blocks.iter().filter(|b| b.name.value != "vdom" && b.name.value != "global") {
            ledger.claim_node(block, LineState::Unrecognized);
            doubt(block.span(), ledger);
        }
        for frame in root.blocks.iter().filter(|b| b.name.value == "vdom" || b.name.value == "global") {
            for span in frame.frame.iter().chain(frame.entries.values().flat_map(|e| &e.frame)) {
                ledger.claim(*span, LineState::Modelled);
            }
            let loose = frame.stray.iter().chain(frame.settings.values().flat_map(|s| &s.spans));
            let inner = frame
                .entries
                .values()
                .flat_map(|e| e.stray.iter().chain(e.settings.values().flat_map(|s| &s.spans)));
            for span in loose.chain(inner) {
                doubt(*span, ledger);
            }
        }
    }
    doubts
}

/// A domain with nothing in it.
pub fn empty_vdom(name: &str, span: Span) -> Vdom {
    Vdom {
        name: name.to_owned(),
        reserved: false,
        span,
        resolvers: None,
        route_adders: Vec::new(),
        interfaces: IndexMap::new(),
        zones: IndexMap::new(),
        addresses: IndexMap::new(),
        addresses6: IndexMap::new(),
        services: IndexMap::new(),
        schedules: IndexMap::new(),
        vips: IndexMap::new(),
        vip_groups: IndexMap::new(),
        pools: IndexMap::new(),
        policies: Vec::new(),
        policy_block: None,
        local_in: Vec::new(),
        central_snat: Vec::new(),
        statics: Vec::new(),
        routes_shown: false,
        policy_routes: Vec::new(),
        dynamic: Vec::new(),
        ribs: Vec::new(),
        peer_routes: Vec::new(),
        ssl_pools: Vec::new(),
        monitored: Vec::new(),
        sdwan_members: Vec::new(),
        drops: Vec::new(),
        multicast: None,
        helpers: None,
        settings: Settings::default(),
        listeners: Vec::new(),
        relays: Vec::new(),
        ssl_vpn: None,
        doubts: Vec::new(),
        wires: Vec::new(),
        trusted_hosts: None,
        gateways: Vec::new(),
        modems: Vec::new(),
        bridged: Vec::new(),
    }
}

fn read_blocks(side: &Node, which: Side, draft: &mut Draft<'_>) {
    for block in &side.blocks {
        let path = block.name.value.as_str();
        if which == Side::Both && (path == "vdom" || path == "global") {
            continue;
        }
        if parse_system::taken(path) {
            if which == Side::Vdom {
                parse_system::inside_vdom(block, path, draft);
            }
            continue;
        }
        read_block(block, path, which, draft);
    }
}

fn read_block(block: &Node, path: &str, which: Side, draft: &mut Draft<'_>) {
    if block.name_damaged || path.is_empty() {
        return unknown_block(block, draft);
    }
    draft.vdom.routes_shown |= path.starts_with("router ");
    if objects(block, path, draft)
        || parse_routes::block(block, path, draft)
        || parse_system::block(block, path, which, draft)
    {
        return;
    }
    if inert::reason(path).is_some() {
        beside_the_policies(block, path, draft);
        return inert_block(block, draft.ledger);
    }
    match scope::reach(path) {
        Some(reach) => scoped_block(block, reach, draft),
        None => unknown_block(block, draft),
    }
}

/// Entries of blocks that are inert but for a switch or two which let data pass where no policy is asked.
fn beside_the_policies(block: &Node, path: &str, draft: &mut Draft<'_>) {
    for (span, what) in managed::beside_the_policies(block, path) {
        draft.doubt(Scope::Device, span, what);
    }
    if path == "wireless-controller vap" {
        draft.vdom.bridged.extend(managed::bridged(block));
    }
    if path == "firewall profile-group" {
        for entry in block.entries.values() {
            for span in switched_on(entry, &["icap-profile", "isolator-profile"]) {
                draft.doubt(Scope::Device, span, parse_policies::served());
            }
        }
    }
}

/// The lines by which any of these settings is on.
pub fn switched_on(entry: &Node, keys: &[&str]) -> Vec<Span> {
    let set = keys.iter().filter_map(|key| entry.settings.get(*key));
    let on = set.filter(|s| s.values.iter().any(|w| !matches!(w.text.as_str(), "disable" | "")));
    on.filter_map(|s| s.spans.last().copied()).collect()
}

/// An inert block: its lines are inert, what is no command in it is still said to be unrecognized.
pub fn inert_block(block: &Node, ledger: &mut Ledger) {
    ledger.claim_node(block, LineState::Inert);
    let mut stack = vec![block];
    while let Some(node) = stack.pop() {
        for span in &node.stray {
            ledger.claim(*span, LineState::Unrecognized);
            ledger.report(Code::UnknownStatement, *span, msg!("unknown statement", "未知の文である"));
        }
        stack.extend(node.blocks.iter().chain(node.entries.values()));
    }
}

fn unknown_block(block: &Node, draft: &mut Draft<'_>) {
    draft.ledger.claim_node(block, LineState::Unrecognized);
    let span = block.span();
    let empty = block.settings.is_empty() && block.entries.is_empty() && block.blocks.is_empty();
    draft.ledger.report(
        Code::UnknownBlock,
        span,
        msg!("this block is not known", "このブロックは未知である"),
    );
    // An empty one says no more than its absence would.
    if !empty || !block.stray.is_empty() || block.name_damaged {
        draft.doubt(Scope::Device, span, msg!("an unknown block", "未知のブロック"));
    }
}

/// Whether a block says nothing, or that it is off: `status disable` outranks the rest, and the defaults that full
/// output shows say nothing.
pub fn off(block: &Node) -> bool {
    const NOTHING: [&str; 6] = ["disable", "none", "0", "0.0.0.0", "::", "unavailable"];
    let word = |s: &Setting| s.values.iter().all(|w| NOTHING.contains(&w.text.as_str()));
    let disabled = block.settings.get("status").is_some_and(|s| !s.values.is_empty() && word(s));
    let quiet = disabled || block.settings.values().all(word);
    block.stray.is_empty() && quiet && (disabled || block.entries.is_empty() && block.blocks.iter().all(off))
}

fn scoped_block(block: &Node, reach: scope::Reach, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    draft.ledger.claim_node(block, LineState::Unmodelled);
    let span = block.span();
    draft.ledger.report(
        Code::UnmodelledFeature,
        span,
        msg!("this block is not modelled", "このブロックは未対応である"),
    );
    draft.doubt(reach.scope(), span, msg!("a block that is not modelled", "未対応のブロック"));
}

impl Draft<'_> {
    /// Keeps a doubt.
    pub fn doubt(&mut self, scope: Scope, span: Span, what: crate::source::Msg) {
        self.vdom.doubts.push(Doubt { scope, span, what });
    }

    /// Reads the frame of a table: what stands in it beside entries is not understood.
    pub fn table(&mut self, block: &Node, scope: &Scope) {
        for span in Reader::new(block, self.ledger).finish_entries() {
            self.doubt(
                scope.clone(),
                span,
                msg!("part of a table was not understood", "表の一部を解釈できない"),
            );
        }
    }
}

/// Reads a table of objects into a map by name.
macro_rules! table {
    ($draft:ident, $block:ident, $field:ident, $scope:expr, $read:expr) => {{
        $draft.table($block, &$scope);
        for (name, node) in &$block.entries {
            let object = $read(node, &mut *$draft.ledger);
            $draft.vdom.$field.insert(name.clone(), object);
        }
        true
    }};
    ($draft:ident, $block:ident, $field:ident, $scope:expr, $read:expr, $family:expr) => {{
        $draft.table($block, &$scope);
        for (name, node) in &$block.entries {
            let object = $read(node, $family, &mut *$draft.ledger);
            $draft.vdom.$field.insert(($family, name.clone()), object);
        }
        true
    }};
}

/// The forward policies use the objects; so do NAT, local-in and routes: a broken table reaches all of them.
fn objects(block: &Node, path: &str, draft: &mut Draft<'_>) -> bool {
    use parse_objects as o;
    let all = Scope::Device;
    match path {
        "firewall address" => table!(draft, block, addresses, all, o::address),
        "firewall address6" => table!(draft, block, addresses6, all, o::address6),
        "firewall addrgrp" => table!(draft, block, addresses, all, o::address_group),
        "firewall addrgrp6" => table!(draft, block, addresses6, all, o::address_group),
        "firewall service custom" => table!(draft, block, services, all, o::service),
        "firewall service group" => table!(draft, block, services, all, o::service_group),
        "firewall schedule recurring" => table!(draft, block, schedules, all, o::recurring),
        "firewall schedule onetime" => table!(draft, block, schedules, all, o::onetime),
        "firewall schedule group" => table!(draft, block, schedules, all, o::schedule_group),
        "firewall vip" => table!(draft, block, vips, Scope::Nat, o::vip, Family::V4),
        "firewall vip6" => table!(draft, block, vips, Scope::Nat, o::vip, Family::V6),
        "firewall ippool" => table!(draft, block, pools, Scope::Nat, o::pool, Family::V4),
        "firewall ippool6" => table!(draft, block, pools, Scope::Nat, o::pool, Family::V6),
        "firewall vipgrp" => table!(draft, block, vip_groups, Scope::Nat, vip_group, Family::V4),
        "firewall vipgrp6" => table!(draft, block, vip_groups, Scope::Nat, vip_group, Family::V6),
        "firewall policy" => policies(block, parse_policies::Table::Merged, draft),
        "firewall policy6" => policies(block, parse_policies::Table::Six, draft),
        "firewall consolidated policy" => policies(block, parse_policies::Table::Consolidated, draft),
        "firewall local-in-policy" => policies(block, parse_policies::Table::LocalIn, draft),
        "firewall local-in-policy6" => policies(block, parse_policies::Table::LocalIn6, draft),
        "firewall central-snat-map" => {
            draft.table(block, &Scope::Nat);
            for node in block.entries.values() {
                let rule = parse_policies::central_snat(node, draft.ledger, &mut draft.vdom.doubts);
                draft.vdom.central_snat.extend(rule);
            }
            true
        }
        "firewall acl" => drops(block, "interface", Some(Family::V4), draft),
        "firewall acl6" => drops(block, "interface", Some(Family::V6), draft),
        "firewall ttl-policy" => drops(block, "srcintf", None, draft),
        "firewall multicast-policy" | "firewall multicast-policy6" => {
            multicast(block, draft);
            true
        }
        _ => false,
    }
}

/// Lists that can only drop (AG 7.4 "Access control lists"; CLI 7.4 `firewall ttl-policy`): each entry may drop
/// anything that comes in by its interface, whatever else it says.
fn drops(block: &Node, key: &str, family: Option<Family>, draft: &mut Draft<'_>) -> bool {
    draft.table(block, &Scope::Forward);
    for node in block.entries.values() {
        draft.ledger.claim_node(node, LineState::Partial);
        for span in &node.stray {
            draft.ledger.claim(*span, LineState::Unrecognized);
        }
        let status = node.settings.get("status");
        if status.is_some_and(|s| s.values.iter().any(|w| w.text == "disable")) {
            continue;
        }
        let words = node.settings.get(key).map(|s| s.values.as_slice()).unwrap_or_default();
        let interfaces = words.iter().map(|w| super::config::Name::new(w.text.clone(), w.span)).collect();
        draft.vdom.drops.push((node.span(), family, interfaces));
    }
    true
}

fn vip_group(node: &Node, _family: Family, ledger: &mut Ledger) -> (Vec<super::config::Name>, Vec<Span>) {
    let mut r = Reader::new(node, ledger);
    let members = r.names("member");
    r.inert(&["uuid", "interface", "color", "comments"]);
    (members, r.finish())
}

fn policies(block: &Node, table: parse_policies::Table, draft: &mut Draft<'_>) -> bool {
    let local = matches!(table, parse_policies::Table::LocalIn | parse_policies::Table::LocalIn6);
    draft.table(block, if local { &Scope::LocalIn } else { &Scope::Forward });
    if !local {
        draft.vdom.policy_block.get_or_insert(block.span());
    }
    for node in block.entries.values() {
        let policy = parse_policies::policy(node, table, draft.ledger);
        draft.vdom.doubts.extend(policy.beside.iter().cloned());
        if local { &mut draft.vdom.local_in } else { &mut draft.vdom.policies }.push(policy);
    }
    true
}

/// Any multicast policy that is not off may let multicast through by a way apart from unicast policies.
fn multicast(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Forward);
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let enabled = r.switch("status").unwrap_or(true);
        let deny = r.word("action").is_some_and(|w| w.value == "deny");
        r.inert(&[
            "uuid",
            "name",
            "comments",
            "logtraffic",
            "auto-asic-offload",
            "traffic-shaper",
            "ips-sensor",
            "utm-status",
        ]);
        for key in [
            "srcintf",
            "dstintf",
            "srcaddr",
            "dstaddr",
            "protocol",
            "start-port",
            "end-port",
            "snat",
            "snat-ip",
            "dnat",
        ] {
            let _ = r.list(key);
        }
        let unread = r.finish();
        if (enabled && !deny) || !unread.is_empty() {
            draft.ledger.claim(node.span(), LineState::Partial);
            draft.vdom.multicast.get_or_insert(node.span());
        }
    }
}
