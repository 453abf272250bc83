//! The box itself: global settings, interfaces by domain, services it offers, functions that relay.

use crate::msg;
use crate::source::{Code, LineState, Msg, Span, Spanned};

use super::config::{AdminPorts, Body, Doubt, Name, Scope, SessionHelper, TrustedHosts};
use super::defaults;
use super::ha::{self, Ha};
use super::node::Node;
use super::parse::{Draft, Side, inert_block, off};
use super::parse_interfaces::{self, Found};
use super::parse_services as services;
use super::read::{Ledger, Reader};
use super::{parse_carriers, parse_proxy, settings, trusted};

/// What `config global` says for every domain.
pub struct Shared {
    ports: AdminPorts,
    redirect: Option<Spanned<bool>>,
    redirect6: Option<Spanned<bool>>,
    trusted: Option<TrustedHosts>,
    modems: Vec<Span>,
    interfaces: Vec<Found>,
    members: Vec<(String, Vec<Name>)>,
    /// `config system ha`.
    pub ha: Ha,
    /// Names of the interfaces at both ends of each inter-VDOM link.
    pub links: Vec<(String, String)>,
}

/// Blocks that [`global`] and [`interfaces`] read.
pub fn taken(path: &str) -> bool {
    matches!(
        path,
        "system global"
            | "system interface"
            | "system vdom-link"
            | "system ha"
            | "system admin"
            | "system switch-interface"
            | "system virtual-switch"
            | "system gre-tunnel"
            | "system ipip-tunnel"
            | "system ipv6-tunnel"
            | "system sit-tunnel"
            | "system vdom"
    )
}

/// The tunnel tables may stand in a domain; the others there say something about the whole box that nobody expects.
pub fn inside_vdom(block: &Node, path: &str, draft: &mut Draft<'_>) {
    if TUNNELS.contains(&path) {
        let doubts = names_only(Some(block), draft.ledger);
        draft.vdom.doubts.extend(doubts);
    } else if off(block) {
        inert_block(block, draft.ledger);
    } else {
        draft.ledger.claim_node(block, LineState::Unmodelled);
        let what = msg!("a global block inside a VDOM", "VDOMの中にある全体設定のブロック");
        draft.ledger.report(Code::UnmodelledFeature, block.span(), what.clone());
        draft.doubt(Scope::Device, block.span(), what);
    }
}

/// Tables of tunnels; their interfaces stand in `system interface`.
const TUNNELS: [&str; 4] =
    ["system gre-tunnel", "system ipip-tunnel", "system ipv6-tunnel", "system sit-tunnel"];

/// Reads the blocks of [`taken`], once per file.
pub fn global(global: &Node, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) -> Shared {
    let (http, https, ssh, telnet) = defaults::ADMIN_PORTS;
    let mut shared = Shared {
        ports: AdminPorts { http, https, ssh, telnet },
        redirect: None,
        redirect6: None,
        trusted: None,
        modems: Vec::new(),
        interfaces: Vec::new(),
        members: Vec::new(),
        ha: global.block("system ha").map_or_else(Ha::default, |b| ha::read(b, ledger)),
        links: Vec::new(),
    };
    if let Some(block) = global.block("system global") {
        global_settings(block, &mut shared, doubts, ledger);
    }
    if let Some(block) = global.block("system admin") {
        shared.trusted = trusted::admins(block, global.block("system api-user"), ledger);
    }
    shared.modems = MODEMS.iter().filter_map(|p| dials(global, p)).collect();
    frame(global, "system interface", doubts, ledger);
    let dials = global.block("system modem").is_some_and(|b| !off(b) && b.settings.contains_key("status"));
    for node in global.table("system interface") {
        let mut found = parse_interfaces::interface(node, ledger);
        if found.interface.body == Body::VdomLink {
            found.interface.parent = None;
        }
        found.interface.modem &= !dials;
        shared.interfaces.push(found);
    }
    for path in ["system switch-interface", "system virtual-switch"] {
        frame(global, path, doubts, ledger);
        for node in global.table(path) {
            let (members, unread) = parse_interfaces::switch_members(node, ledger);
            doubts.extend(unread.into_iter().map(|span| unread_switch(node, span)));
            shared.members.push((node.name.value.clone(), members));
        }
    }
    for path in TUNNELS {
        doubts.extend(names_only(global.block(path), ledger));
    }
    for path in ["system vdom", "system vdom-link"] {
        doubts.extend(names_only(global.block(path), ledger));
    }
    links(global, &mut shared);
    doubts.extend(same_tags(&shared.interfaces));
    shared
}

/// A device refuses a second VLAN of the same number on one parent, so a text that has two says something else.
fn same_tags(interfaces: &[Found]) -> Vec<Doubt> {
    let tag = |found: &Found| match (&found.interface.body, &found.interface.parent) {
        (Body::Vlan(id), Some(parent)) => Some((parent.value.clone(), *id)),
        _ => None,
    };
    let twice = |found: &&Found| {
        let own = tag(found);
        own.is_some() && interfaces.iter().filter(|other| tag(other) == own).count() > 1
    };
    let doubt = |found: &Found| Doubt {
        scope: Scope::Interface(found.interface.name.value.clone()),
        span: found.interface.name.span,
        what: msg!(
            "two VLANs of the same number on one interface",
            "同じ物理インターフェースに同じ番号のVLANが2つある"
        ),
    };
    interfaces.iter().filter(twice).map(doubt).collect()
}

/// A table of which only the names count: what its entries say is inert.
pub fn names_only(block: Option<&Node>, ledger: &mut Ledger) -> Vec<Doubt> {
    let Some(block) = block else { return Vec::new() };
    let mut unread = Reader::new(block, ledger).finish_entries();
    for node in block.entries.values() {
        ledger.claim_node(node, LineState::Inert);
        let mut r = Reader::new(node, ledger);
        r.inert_prefix(&[""]);
        let blocks: Vec<&str> = node.blocks.iter().map(|b| b.name.value.as_str()).collect();
        r.inert_blocks(&blocks);
        unread.extend(r.finish());
    }
    let what = msg!("part of a table was not understood", "表の一部を解釈できない");
    unread.into_iter().map(|span| Doubt { scope: Scope::Device, span, what: what.clone() }).collect()
}

fn unread_switch(node: &Node, span: Span) -> Doubt {
    let what = msg!("part of a switch was not understood", "スイッチの設定の一部を解釈できない");
    Doubt { scope: Scope::Interface(node.name.value.clone()), span, what }
}

fn frame(global: &Node, path: &str, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) {
    let Some(block) = global.block(path) else { return };
    for span in Reader::new(block, ledger).finish_entries() {
        let what = msg!("part of a table was not understood", "表の一部を解釈できない");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    }
}

/// A `vdom-link` named X has the ends X0 and X1, which show it even where its table is missing; a network processor's
/// link N has `npuN_vlink0` and `npuN_vlink1`.
fn links(global: &Node, shared: &mut Shared) {
    let mut stems: Vec<String> = global.table("system vdom-link").map(|n| n.name.value.clone()).collect();
    for found in &shared.interfaces {
        let name = &found.interface.name.value;
        let processor = |s: &&str| s.starts_with("npu") && s.ends_with("_vlink");
        let table = |s: &&str| found.interface.body == Body::VdomLink && !stems.iter().any(|t| t == s);
        if let Some(stem) = name.strip_suffix('0').filter(|s| processor(s) || table(s)) {
            stems.push(stem.to_owned());
        }
    }
    for stem in stems {
        let ends = [format!("{stem}0"), format!("{stem}1")];
        // VLANs of the same number on both ends are joined as the ends are.
        let over = |end: &str| {
            let of = |found: &parse_interfaces::Found| match (&found.interface.body, &found.interface.parent)
            {
                (Body::Vlan(id), Some(parent)) if parent.value == end => {
                    Some((*id, found.interface.name.value.clone()))
                }
                _ => None,
            };
            shared.interfaces.iter().filter_map(of).collect::<Vec<_>>()
        };
        let [a, b] = [over(&ends[0]), over(&ends[1])];
        let pairs = a
            .iter()
            .flat_map(|(id, x)| b.iter().filter(move |(other, _)| other == id).map(move |(_, y)| (x, y)));
        let joined: Vec<(String, String)> = pairs.map(|(x, y)| (x.clone(), y.clone())).collect();
        shared.links.extend(joined);
        let [a, b] = ends;
        shared.links.push((a, b));
    }
    let names: Vec<String> = shared.interfaces.iter().map(|f| f.interface.name.value.clone()).collect();
    for found in shared.interfaces.iter_mut().filter(|f| f.interface.body == Body::VdomLink && f.interface.up)
    {
        let name = &found.interface.name;
        let other = match (name.value.strip_suffix('0'), name.value.strip_suffix('1')) {
            (Some(stem), _) => format!("{stem}1"),
            (_, Some(stem)) => format!("{stem}0"),
            (None, None) => String::new(),
        };
        if !names.contains(&other) {
            let what = msg!(
                "a link between VDOMs whose other end is not shown",
                "VDOM間リンクの相手側のインターフェースが設定にない"
            );
            found.doubts.push(Doubt { scope: Scope::Device, span: name.span, what });
        }
    }
}

/// Settings of `system global` that change what passes; everything else there is administration of the box.
fn global_settings(block: &Node, shared: &mut Shared, doubts: &mut Vec<Doubt>, ledger: &mut Ledger) {
    let mut r = Reader::new(block, ledger);
    let port = |n: Option<u16>, default: u16| n.unwrap_or(default);
    shared.ports.http = port(r.parsed("admin-port"), shared.ports.http);
    shared.ports.https = port(r.parsed("admin-sport"), shared.ports.https);
    shared.ports.ssh = port(r.parsed("admin-ssh-port"), shared.ports.ssh);
    shared.ports.telnet = port(r.parsed("admin-telnet-port"), shared.ports.telnet);
    shared.redirect = spanned(&mut r, "allow-traffic-redirect");
    shared.redirect6 = spanned(&mut r, "ipv6-allow-traffic-redirect");
    let _ = (r.list("hostname"), r.list("vdom-mode"), r.list("vdom-admin"));
    if let Some(span) = r.unmodelled_if_on("tp-mc-skip-policy", &["disable"]) {
        let what = msg!("multicast skips the policies", "マルチキャストがポリシーを通らない");
        doubts.push(Doubt { scope: Scope::Forward, span, what });
    }
    // Services without source ports get these.
    if let Some(span) = r.unmodelled_if_on("default-service-source-port", &["1-65535", "0-65535"]) {
        let what =
            msg!("services have other source ports by default", "サービスの送信元ポートの既定値が異なる");
        doubts.push(Doubt { scope: Scope::Forward, span, what });
    }
    if let Some(span) = r.unmodelled_if_on("asymroute", &["disable"]) {
        let what = msg!("asymmetric routing for every VDOM", "全VDOMで非対称ルーティングが有効");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    }
    r.inert_words(settings::GLOBAL);
    r.inert_families(settings::GLOBAL_FAMILIES);
    for span in r.finish() {
        let what = msg!("a global setting was not understood", "グローバル設定の一部を解釈できない");
        doubts.push(Doubt { scope: Scope::Device, span, what });
    }
}

fn spanned(r: &mut Reader<'_>, key: &str) -> Option<Spanned<bool>> {
    let place = r.place(key)?;
    Some(Spanned::new(r.switch(key)?, place))
}

/// Blocks of modems.
pub const MODEMS: [&str; 3] = ["system modem", "system lte-modem", "system 5g-modem"];

/// The statement that switches a modem on. A 5G modem has no such statement: what is set of it is.
pub fn dials(global: &Node, path: &str) -> Option<Span> {
    let block = global.block(path)?;
    if let Some(status) = block.settings.get("status") {
        let on = status.values.first().is_some_and(|w| w.text == "enable");
        return status.spans.last().copied().filter(|_| on);
    }
    let used = ["modem1", "modem2"].iter().filter_map(|name| block.block(name)).find(|b| !off(b));
    used.map(Node::span)
}

/// Gives a domain its interfaces.
pub fn interfaces(_global: &Node, shared: &Shared, multi: bool, draft: &mut Draft<'_>) {
    draft.vdom.settings.admin_ports = shared.ports;
    draft.vdom.settings.redirect = shared.redirect;
    draft.vdom.settings.redirect6 = shared.redirect6;
    draft.vdom.trusted_hosts.clone_from(&shared.trusted);
    // Modems belong to the box; its first domain answers for them.
    if !multi || draft.vdom.name == "root" {
        draft.vdom.modems.clone_from(&shared.modems);
    }
    for found in &shared.interfaces {
        if multi && found.interface.vdom.is_none() {
            // Whose it is cannot be told: it may join any domain to anything.
            let span = found.doubts.first().map_or(found.interface.name.span, |d| d.span);
            let what = msg!("an interface without a VDOM", "VDOMの指定がないインターフェース");
            draft.doubt(Scope::Device, span, what);
        }
        let here = found.interface.vdom.as_ref().map_or("root", |v| v.value.as_str());
        if multi && here != draft.vdom.name {
            continue;
        }
        let mut interface = found.interface.clone();
        for (name, members) in &shared.members {
            if *name == interface.name.value {
                interface.members.extend(members.iter().cloned());
            }
        }
        if interface.up {
            draft.vdom.relays.extend(found.relays.iter().cloned());
            draft.vdom.listeners.extend(parse_interfaces::lease_listeners(found));
            let proxied = found.web_proxy.map(|span| Name::new(interface.name.value.clone(), span));
            draft.proxy.at.extend(proxied);
        }
        draft.vdom.doubts.extend(found.doubts.iter().cloned());
        draft.vdom.interfaces.insert(interface.name.value.clone(), interface);
    }
    orphan_switches(shared, draft);
}

/// Switches that are no interface themselves: their members are joined all the same.
fn orphan_switches(shared: &Shared, draft: &mut Draft<'_>) {
    let known = |name: &String| shared.interfaces.iter().any(|i| i.interface.name.value == *name);
    for member in shared.members.iter().filter(|(name, _)| !known(name)).flat_map(|(_, members)| members) {
        if draft.vdom.interfaces.contains_key(&member.value) {
            let what =
                msg!("a switch without an interface of its name", "同名のインターフェースがないスイッチ");
            draft.doubt(Scope::Interface(member.value.clone()), member.span, what);
        }
    }
}

/// Reads a block about the box.
pub fn block(block: &Node, path: &str, _side: Side, draft: &mut Draft<'_>) -> bool {
    match path {
        "system settings" => vdom_settings(block, draft),
        "system zone" => zones(block, draft),
        "system ntp" => services::ntp(block, draft),
        "system ptp" => parse_carriers::ptp(block, draft),
        "system fortisandbox" | "system fortindr" | "system fortiai" => parse_carriers::sandbox(block, draft),
        "system dns-server" => services::dns_server(block, draft),
        "system dns-database" => services::dns_database(block, draft),
        "system dhcp server" => services::dhcp_server(block, 67, draft),
        "system dhcp6 server" => services::dhcp_server(block, 547, draft),
        "system automation-action" | "system auto-script" => automation(block, draft),
        "system session-helper" => helpers(block, draft),
        "system virtual-wire-pair" => wire_pair(block, draft),
        "web-proxy explicit" | "ftp-proxy explicit" => parse_proxy::explicit_proxy(block, draft),
        "firewall proxy-policy" | "firewall explicit-proxy-policy" => {
            parse_proxy::proxy_policies(block, draft)
        }
        "firewall access-proxy"
        | "firewall access-proxy6"
        | "firewall access-proxy-virtual-host"
        | "firewall access-proxy-ssh-client-cert" => parse_proxy::access_proxy(block, draft),
        "firewall ldb-monitor" => inert_block(block, draft.ledger),
        "vpn ssl settings" => services::ssl_settings(block, draft),
        "vpn ssl web portal" => services::ssl_portals(block, draft),
        "vpn ssl client" => services::ssl_clients(block, draft),
        "vpn ipsec phase1-interface" | "vpn ipsec manualkey-interface" => services::ipsec(block, draft),
        "system ipsec-aggregate" => services::ipsec(block, draft),
        "vpn ipsec phase2-interface" => {
            let doubts = names_only(Some(block), draft.ledger);
            draft.vdom.doubts.extend(doubts);
        }
        _ => return false,
    }
    true
}

fn vdom_settings(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let s = &mut draft.vdom.settings;
    s.asymroute = r.switch("asymroute");
    s.asymroute6 = r.switch("asymroute6");
    s.stray_icmp = ["asymroute-icmp", "asymroute6-icmp"]
        .map(|key| spanned(&mut r, key).filter(|s| s.value).map(|s| s.span));
    s.auxiliary = r.switch("auxiliary-session");
    s.sip_by_helper = r.word("default-voip-alg-mode").is_some_and(|w| w.value == "kernel-helper-based");
    s.voice_mode = r.place("default-voip-alg-mode");
    for key in ["sip-tcp-port", "sip-udp-port", "sip-ssl-port", "sccp-port"] {
        s.voice_ports.extend(r.list(key).iter().filter_map(|w| w.text.parse::<u16>().ok()));
    }
    s.strict_src_check = r.switch("strict-src-check");
    s.central_nat = spanned(&mut r, "central-nat");
    s.without_syn = r.switch("tcp-session-without-syn") == Some(true);
    let skip = spanned(&mut r, "multicast-skip-policy").filter(|s| s.value).map(|s| s.span);
    let mut doubts: Vec<(Scope, Span, Msg)> = Vec::new();
    if let Some(span) = r.unmodelled_if_on("opmode", &["nat"]) {
        s.transparent = Some(span);
        let what = msg!("transparent mode is not modelled", "トランスペアレントモードは未対応である");
        doubts.push((Scope::Device, span, what));
    }
    let mut on = |r: &mut Reader<'_>, key: &str, off: &[&str], scope: Scope, what: Msg| {
        if let Some(span) = r.unmodelled_if_on(key, off) {
            doubts.push((scope, span, what));
        }
    };
    on(
        &mut r,
        "ngfw-mode",
        &["profile-based"],
        Scope::Forward,
        msg!("policy-based NGFW mode is not modelled", "NGFWポリシーベースモードは未対応である"),
    );
    on(
        &mut r,
        "vdom-type",
        &["traffic", "admin"],
        Scope::Device,
        msg!("this kind of VDOM is not modelled", "この種別のVDOMは未対応である"),
    );
    on(
        &mut r,
        "wccp-cache-engine",
        &["disable"],
        Scope::Device,
        msg!("WCCP is not modelled", "WCCPは未対応である"),
    );
    on(
        &mut r,
        "dhcp-proxy",
        &["disable"],
        Scope::LocalIn,
        msg!("DHCP proxy is not modelled", "DHCPプロキシは未対応である"),
    );
    on(
        &mut r,
        "ike-policy-route",
        &["disable"],
        Scope::Routing,
        msg!("IKE policy routes are not modelled", "IKEポリシールートは未対応である"),
    );
    on(
        &mut r,
        "inspection-mode",
        &["flow", "proxy"],
        Scope::Forward,
        msg!("unknown inspection mode", "未知の検査モード"),
    );
    r.inert_prefix(&[
        "gui-",
        "lldp-",
        "bfd",
        "sip-",
        "sccp-",
        "h323-",
        "ike-dn",
        "ike-port",
        "ike-tcp",
        "ike-quick",
        "ike-session",
        "ike-natt",
        "ike-detailed",
        "dhcp-server-ip",
        "dhcp6-server-ip",
        "dhcp-proxy-",
        "lan-extension-",
        "nat46-",
        "nat64-",
        "vpn-stats",
    ]);
    r.inert_words(settings::VDOM);
    let unread = r.finish();
    draft.vdom.multicast = draft.vdom.multicast.or(skip);
    for (scope, span, what) in doubts {
        draft.doubt(scope, span, what);
    }
    for span in unread {
        draft.doubt(
            Scope::Device,
            span,
            msg!("a VDOM setting was not understood", "VDOMの設定の一部を解釈できない"),
        );
    }
}

fn zones(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Forward);
    for (name, node) in &block.entries {
        let zone = parse_interfaces::zone(node, draft.ledger);
        for span in &zone.unread {
            draft.doubt(
                Scope::Forward,
                *span,
                msg!("part of a zone was not understood", "ゾーンの設定の一部を解釈できない"),
            );
        }
        draft.vdom.zones.insert(name.clone(), zone);
    }
}

/// Scripts that change the configuration make it another one than the file's; those that only look do not.
fn automation(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
    for node in block.entries.values() {
        let Some(script) = node.settings.get("script") else { continue };
        let lines = script.values.iter().flat_map(|w| w.text.lines());
        // `diagnose ip address add` and the like.
        let changes = |l: &str| {
            l.split_whitespace().any(|w| matches!(w, "add" | "append" | "del" | "delete" | "set" | "modify"))
        };
        let looks = |l: &str| {
            let mut words = l.split_whitespace();
            match words.next() {
                Some("diagnose" | "diag" | "fnsysctl") => !changes(l),
                Some("execute" | "exec") => {
                    matches!(words.next(), Some("backup" | "log" | "ping" | "ping-options" | "date" | "time"))
                }
                first => matches!(first, None | Some("get" | "show")),
            }
        };
        if lines.into_iter().all(looks) {
            continue;
        }
        let span = script.spans.last().copied().unwrap_or(node.span());
        draft.ledger.claim(span, LineState::Unmodelled);
        let what =
            msg!("an automation script may change the device", "自動化スクリプトが機器を変更することがある");
        draft.ledger.report(Code::UnmodelledFeature, span, what.clone());
        draft.doubt(Scope::Device, span, what);
    }
}

/// Helpers open expected sessions; the list says for which ports. See NOTES.md.
fn helpers(block: &Node, draft: &mut Draft<'_>) {
    let mut list = Vec::new();
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let name = r.word("name").map(|w| w.value);
        let proto = r.parsed::<u8>("protocol");
        let port = r.parsed::<u16>("port");
        let span = node.span();
        // Whatever was not read may be any of the three.
        list.push(match r.finish().is_empty() {
            true => SessionHelper { name, proto, port, span },
            false => SessionHelper { name: None, proto: None, port: None, span },
        });
    }
    if !Reader::new(block, draft.ledger).finish_entries().is_empty() {
        list.push(SessionHelper { name: None, proto: None, port: None, span: block.span() });
    }
    draft.vdom.helpers = Some((block.span(), list));
}

/// Two ports joined at layer 2 with policies between them; non-IP frames pass.
fn wire_pair(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    draft.ledger.claim_node(block, LineState::Unmodelled);
    for node in block.entries.values() {
        let members = node.settings.get("member").map(|s| s.values.clone()).unwrap_or_default();
        let what = msg!("virtual wire pairs are not modelled", "バーチャルワイヤーペアは未対応である");
        draft.ledger.report(Code::UnmodelledFeature, node.span(), what.clone());
        if members.len() < 2 {
            draft.doubt(Scope::Device, node.span(), what.clone());
        }
        let names: Vec<String> = members.into_iter().map(|m| m.text).collect();
        for member in &names {
            draft.doubt(Scope::Interface(member.clone()), node.span(), what.clone());
        }
        draft.vdom.wires.push((node.name.clone(), names));
    }
}
