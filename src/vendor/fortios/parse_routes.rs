//! Static routes, policy routes, dynamic protocols, SD-WAN, link monitors.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::{AddressSet, Family, Ranges};
use crate::msg;
use crate::source::{Code, LineState, Span};

use super::config::{Destination, Name, PolicyRoute, Scope, SdwanMember, StaticRoute, Zone};
use super::defaults;
use super::node::Node;
use super::parse::{Draft, inert_block};
use super::read::Reader;
use super::settings;
use super::value;

/// Reads `block` if it belongs here.
pub fn block(block: &Node, path: &str, draft: &mut Draft<'_>) -> bool {
    match path {
        "router static" => statics(block, Family::V4, draft),
        "router static6" => statics(block, Family::V6, draft),
        "router policy" => policy_routes(block, Family::V4, draft),
        "router policy6" => policy_routes(block, Family::V6, draft),
        "router rip" | "router ripng" | "router ospf" | "router ospf6" | "router bgp" | "router isis" => {
            dynamic(block, path, draft);
        }
        "router multicast" | "router multicast6" => multicast(block, draft),
        "system sdwan" | "system virtual-wan-link" => sdwan(block, draft),
        "system link-monitor" => link_monitor(block, draft),
        _ => return false,
    }
    true
}

fn statics(block: &Node, family: Family, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Routing);
    for node in block.entries.values() {
        let route = static_route(node, family, draft);
        if route.unread.is_empty() {
            draft.vdom.statics.push(route);
            continue;
        }
        for span in &route.unread {
            draft.doubt(
                Scope::Routing,
                *span,
                msg!("part of a static route was not understood", "スタティックルートの一部を解釈できない"),
            );
        }
    }
}

fn static_route(node: &Node, family: Family, draft: &mut Draft<'_>) -> StaticRoute {
    let mut r = Reader::new(node, draft.ledger);
    let enabled = r.switch("status").unwrap_or(true);
    let prefix = match family {
        Family::V4 => r.parse("dst", value::network4),
        Family::V6 => r.parse("dst", value::network6),
    };
    let object = r.word("dstaddr");
    let database =
        r.unmodelled_if_on("internet-service", &["0"]).or(r.unmodelled_if_on("internet-service-custom", &[]));
    let database = database.or(r.unmodelled_if_on("internet-service-fortiguard", &[]));
    let to = match (database, object) {
        (Some(span), _) => Destination::Unknown(span),
        (None, Some(object)) => Destination::Object(object),
        (None, None) => Destination::Prefix(prefix.unwrap_or_else(|| everything(family))),
    };
    let gateway = r.parse("gateway", |t| match *t {
        [one] => value::address(one, family),
        _ => None,
    });
    let sdwan = sdwan_target(&mut r);
    let route = StaticRoute {
        id: node.name.clone(),
        family,
        to,
        device: r.word("device"),
        sdwan,
        gateway: gateway.filter(|g: &IpAddr| !g.is_unspecified()),
        distance: r.number("distance").unwrap_or(defaults::STATIC_DISTANCE),
        priority: r.number("priority"),
        blackhole: r.switch("blackhole").unwrap_or(false),
        enabled,
        lease: None,
        unread: Vec::new(),
    };
    r.inert(&["comment", "weight", "bfd", "link-monitor-exempt", "tag", "devindex", "preferred-source"]);
    // A route with its own gateway detection may be withdrawn; the gateway comes from a lease.
    let lease = r.place("dynamic-gateway").filter(|_| r.switch("dynamic-gateway") == Some(true));
    let source = r.unmodelled_if_on("src", &[]);
    let vrf = r.unmodelled_if_on("vrf", &["0", "unspecified"]);
    let mut unread = r.finish();
    unread.extend(source.into_iter().chain(vrf));
    StaticRoute { lease, unread: if enabled { unread } else { Vec::new() }, ..route }
}

/// The prefix of a default route.
pub fn everything(family: Family) -> IpNetwork {
    let zero = family.address(0);
    IpNetwork::new(zero, 0).unwrap_or_else(|_| IpNetwork::from(zero))
}

fn sdwan_target(r: &mut Reader<'_>) -> Option<(Span, Vec<Name>)> {
    let place = r.place("sdwan-zone").or(r.place("sdwan")).or(r.place("virtual-wan-link"));
    let zones = r.names("sdwan-zone");
    let on = r.switch("sdwan") == Some(true);
    let older = r.switch("virtual-wan-link") == Some(true);
    place.filter(|_| on || older || !zones.is_empty()).map(|p| (p, zones))
}

fn policy_routes(block: &Node, family: Family, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Routing);
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let enabled = r.switch("status").unwrap_or(true);
        let stop = r.word("action").is_some_and(|w| w.value == "deny");
        let negated = [r.switch("input-device-negate"), r.switch("src-negate"), r.switch("dst-negate")];
        let input = r.names("input-device");
        let src = sets(&mut r, "src", family);
        let dst = sets(&mut r, "dst", family);
        // Objects and databases: the route is only a possibility, whatever they hold.
        let objects = r.has("srcaddr")
            || r.has("dstaddr")
            || r.has("internet-service-id")
            || r.has("internet-service-custom");
        r.inert(&[
            "srcaddr",
            "dstaddr",
            "internet-service-id",
            "internet-service-custom",
            "internet-service-fortiguard",
            "users",
            "groups",
        ]);
        let protocol = r.parsed::<u8>("protocol").filter(|n| *n != 0);
        let gateway = r.parse("gateway", |t| match *t {
            [one] => value::address(one, family),
            _ => None,
        });
        let output = r.names("output-device");
        r.inert(&[
            "comments",
            "start-port",
            "end-port",
            "start-source-port",
            "end-source-port",
            "tos",
            "tos-mask",
        ]);
        let unread = r.finish();
        draft.ledger.claim(node.span(), LineState::Partial);
        for span in &unread {
            draft.doubt(
                Scope::Routing,
                *span,
                msg!("part of a policy route was not understood", "ポリシールートの一部を解釈できない"),
            );
        }
        let bounded = !objects && negated.iter().all(|n| n.is_none_or(|n| !n));
        if enabled && unread.is_empty() {
            draft.vdom.policy_routes.push(PolicyRoute {
                span: node.span(),
                family: Some(family),
                input: if bounded { input } else { Vec::new() },
                src: src.filter(|_| bounded),
                dst: dst.filter(|_| bounded),
                protocol: protocol.filter(|_| bounded),
                output,
                gateway: gateway.filter(|g: &IpAddr| !g.is_unspecified()),
                stop,
            });
        }
    }
}

fn sets(r: &mut Reader<'_>, key: &str, family: Family) -> Option<AddressSet> {
    let pairs = r.parse(key, |words| {
        let joined: Vec<String> = match words {
            // Older releases print address and mask as two words.
            [address, mask] if !mask.contains('/') && mask.contains('.') => vec![format!("{address}/{mask}")],
            many => many.iter().map(|w| (*w).to_owned()).collect(),
        };
        joined.iter().map(|w| value::range_or_prefix(w, family)).collect::<Option<Vec<_>>>()
    })?;
    let all = pairs.iter().any(|(a, b)| *a == 0 && *b == 0);
    if all { None } else { Some(AddressSet::in_family(family, Ranges::from_pairs(pairs))) }
}

/// A routing protocol runs only with networks, neighbours, areas or interfaces. The factory's stanzas hold nothing but
/// empty `redistribute` blocks.
fn dynamic(block: &Node, path: &str, draft: &mut Draft<'_>) {
    let Some(span) = active(block) else { return inert_block(block, draft.ledger) };
    draft.ledger.claim_node(block, LineState::Partial);
    let what =
        msg!("routes of a dynamic protocol are not in the file", "動的ルーティングの経路は設定に現れない");
    draft.ledger.report(Code::UnmodelledFeature, span, what.clone());
    let families: &[Family] = match path {
        "router rip" | "router ospf" => &[Family::V4],
        "router ripng" | "router ospf6" => &[Family::V6],
        _ => &Family::ALL,
    };
    draft.vdom.dynamic.push((span, what, families));
}

/// The first thing in a routing stanza that could make it run; whatever is not known counts.
fn active(block: &Node) -> Option<Span> {
    let says = |n: &&Node| {
        !n.entries.is_empty() || !n.settings.is_empty() || !n.stray.is_empty() || !n.blocks.is_empty()
    };
    let inner =
        block.blocks.iter().filter(|b| !b.name.value.starts_with("redistribute")).find(says).map(Node::span);
    let entry = block.entries.values().next().map(Node::span);
    inner.or(entry).or(block.stray.first().copied())
}

fn multicast(block: &Node, draft: &mut Draft<'_>) {
    // Off by default, and its blocks hold values nevertheless.
    let switch =
        block.settings.get("multicast-routing").filter(|s| s.values.iter().any(|w| w.text != "disable"));
    let place = switch.and_then(|s| s.spans.last().copied()).or(block.stray.first().copied());
    let known = ["multicast-routing", "route-threshold", "route-limit", "multicast-pmtu"];
    let place = place.or(block
        .settings
        .iter()
        .find(|(key, _)| !known.contains(&key.as_str()))
        .and_then(|(_, s)| s.spans.last().copied()));
    let Some(span) = place else { return inert_block(block, draft.ledger) };
    draft.ledger.claim_node(block, LineState::Partial);
    draft.vdom.multicast.get_or_insert(span);
}

/// SD-WAN: zones are usable in policies; members and rules make possible egresses. Nothing while it has no member.
fn sdwan(block: &Node, draft: &mut Draft<'_>) {
    let members = block.table("members").next().is_some();
    const KNOWN: [&str; 7] =
        ["zone", "members", "health-check", "service", "duplication", "neighbor", "health-check-fortiguard"];
    let strange = block.blocks.iter().find(|b| !KNOWN.contains(&b.name.value.as_str())).map(Node::span);
    let strange = strange.or(block.stray.first().copied());
    if let Some(span) = strange {
        draft.ledger.claim_node(block, LineState::Partial);
        let what = msg!("part of the SD-WAN was not understood", "SD-WANの設定の一部を解釈できない");
        draft.doubt(Scope::Routing, span, what);
    }
    if !members {
        sdwan_zones(block, draft);
        if strange.is_none() {
            inert_block(block, draft.ledger);
        }
        return;
    }
    draft.ledger.claim_node(block, LineState::Partial);
    sdwan_zones(block, draft);
    for node in block.table("members") {
        let word = |key: &str| node.settings.get(key).and_then(|s| s.values.first());
        let Some(interface) = word("interface") else {
            let what = msg!("an SD-WAN member without an interface", "インターフェースのないSD-WANメンバー");
            draft.doubt(Scope::Routing, node.span(), what);
            continue;
        };
        let zone = word("zone").map_or("virtual-wan-link", |w| w.text.as_str()).to_owned();
        let interface = Name::new(interface.text.clone(), interface.span);
        if let Some(found) = draft.vdom.zones.get_mut(&zone) {
            found.members.push(interface.clone());
        }
        draft.vdom.sdwan_members.push(SdwanMember { interface, zone });
    }
    // Copies leave by the other members of the zone, wherever those lead.
    let copies = |n: &&Node| {
        n.settings.get("packet-duplication").is_some_and(|s| s.values.iter().any(|w| w.text != "disable"))
            || !n.stray.is_empty()
    };
    if let Some(span) = block.table("duplication").find(copies).map(Node::span) {
        let what =
            msg!("packets are duplicated over SD-WAN members", "SD-WANメンバー間でパケットが複製される");
        draft.doubt(Scope::Routing, span, what);
    }
    // Any rule may send what it matches out of any member.
    for node in block.table("service").chain(block.table("neighbor")) {
        let output = draft.vdom.sdwan_members.iter().map(|m| m.interface.clone()).collect();
        draft.vdom.policy_routes.push(PolicyRoute {
            span: node.span(),
            family: None,
            input: Vec::new(),
            src: None,
            dst: None,
            protocol: None,
            output,
            gateway: None,
            stop: false,
        });
    }
}

fn sdwan_zones(block: &Node, draft: &mut Draft<'_>) {
    let names = block.table("zone").map(|z| z.name.clone());
    let implied = Name::new("virtual-wan-link".to_owned(), block.span());
    for name in names.chain([implied]) {
        let zone = Zone { name: name.clone(), members: Vec::new(), intrazone: None, unread: Vec::new() };
        draft.vdom.zones.entry(name.value).or_insert(zone);
    }
}

fn link_monitor(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::Routing);
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let enabled = r.switch("status").unwrap_or(true);
        let withdraws = r.switch("update-static-route").unwrap_or(true);
        let interface = r.word("srcintf");
        r.inert_words(settings::LINK_MONITOR);
        r.inert_blocks(&["server-list"]);
        for span in r.finish() {
            let what =
                msg!("part of a link monitor was not understood", "リンクモニターの一部を解釈できない");
            draft.doubt(Scope::Routing, span, what);
        }
        if enabled && withdraws {
            // Without an interface it can be any route.
            let all = Name::new("any".to_owned(), node.span());
            draft.vdom.monitored.push(interface.unwrap_or(all));
        }
    }
}
