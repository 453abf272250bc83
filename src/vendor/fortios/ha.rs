//! `config system ha`: whether the box is a member of a cluster, and which interfaces each member keeps for itself.
//!
//! Which member is active changes nothing in what the active one does. A reserved management interface cannot route
//! traffic and must not be referenced by anything else (KB 190132 "HA Reserved Management Interface"); it lives in a
//! hidden domain with its own routing table, which is one here, too.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::Family;
use crate::msg;
use crate::source::{Msg, Span};

use super::config::{Destination, Doubt, Name, Scope, StaticRoute, Vdom};
use super::defaults;
use super::node::Node;
use super::parse::{empty_vdom, inert_block};
use super::parse_routes::everything;
use super::read::Ledger;
use super::value;

/// The name that FortiOS gives the domain of the reserved interfaces.
pub const RESERVED: &str = "vsys_hamgmt";

/// What the block says.
#[derive(Debug, Default)]
pub struct Ha {
    /// The line that makes the box a member of a cluster.
    pub member: Option<Span>,
    reserved: Vec<Reserved>,
}

/// A reserved interface, with its way out.
#[derive(Debug)]
struct Reserved {
    interface: Name,
    routes: Vec<StaticRoute>,
    /// Something about its way out was not understood.
    doubt: Option<Span>,
}

/// Reads the block. Without a cluster nothing is reserved.
pub fn read(block: &Node, ledger: &mut Ledger) -> Ha {
    inert_block(block, ledger);
    let mode = block.settings.get("mode").filter(|_| word(block, "mode").is_some_and(|m| m != "standalone"));
    let member = mode.and_then(|s| s.spans.last().copied());
    let clustered = matches!(word(block, "mode"), Some("a-p" | "a-a"));
    if !clustered || word(block, "ha-mgmt-status") != Some("enable") {
        return Ha { member, reserved: Vec::new() };
    }
    let mut reserved: Vec<Reserved> = block.table("ha-mgmt-interfaces").filter_map(entry).collect();
    // Releases before 6.0 reserve one interface by two settings of the block itself.
    reserved.extend(named(block, "ha-mgmt-interface").map(|interface| {
        let gateways = ["ha-mgmt-interface-gateway", "ha-mgmt-interface-gateway6"];
        ways(block, interface, gateways, None)
    }));
    Ha { member, reserved }
}

fn entry(node: &Node) -> Option<Reserved> {
    let interface = named(node, "interface")?;
    Some(ways(node, interface, ["gateway", "gateway6"], Some(["dst", "dst6"])))
}

fn word<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    let setting = node.settings.get(key)?;
    match setting.values.as_slice() {
        [one] if !super::node::damaged(one) => Some(&one.text),
        _ => None,
    }
}

fn named(node: &Node, key: &str) -> Option<Name> {
    let span = node.settings.get(key)?.spans.last().copied()?;
    word(node, key).map(|text| Name::new(text.to_owned(), span))
}

/// One route per family by the gateway, to everything or to `dst`.
fn ways(node: &Node, interface: Name, gateways: [&str; 2], destinations: Option<[&str; 2]>) -> Reserved {
    let mut out = Reserved { interface, routes: Vec::new(), doubt: node.stray.first().copied() };
    for (family, at) in [(Family::V4, 0usize), (Family::V6, 1)] {
        let Some(key) = gateways.get(at).copied().filter(|k| given(node, k)) else { continue };
        let gateway = word(node, key).and_then(|t| value::address(t, family));
        let to = match destinations.and_then(|d| d.get(at).copied()).filter(|k| given(node, k)) {
            None => Some(everything(family)),
            Some(key) => network(node, key, family),
        };
        let span = node.settings.get(key).and_then(|s| s.spans.last().copied()).unwrap_or(node.span());
        match (gateway, to) {
            (Some(gateway), Some(to)) if !gateway.is_unspecified() => {
                let id = Name::new(format!("ha-mgmt {}", out.interface.value), span);
                out.routes.push(route(id, family, to, &out.interface, gateway));
            }
            (Some(_), Some(_)) => {}
            _ => out.doubt = out.doubt.or(Some(span)),
        }
    }
    out
}

fn given(node: &Node, key: &str) -> bool {
    node.settings.get(key).is_some_and(|s| !s.values.is_empty())
}

fn network(node: &Node, key: &str, family: Family) -> Option<IpNetwork> {
    let texts: Vec<&str> = node.settings.get(key)?.values.iter().map(|w| w.text.as_str()).collect();
    if family == Family::V4 { value::network4(&texts) } else { value::network6(&texts) }
}

fn route(id: Name, family: Family, to: IpNetwork, device: &Name, gateway: IpAddr) -> StaticRoute {
    StaticRoute {
        id,
        family,
        to: Destination::Prefix(to),
        device: Some(device.clone()),
        sdwan: None,
        gateway: Some(gateway),
        distance: defaults::STATIC_DISTANCE,
        priority: None,
        blackhole: false,
        enabled: true,
        lease: None,
        unread: Vec::new(),
    }
}

/// Moves the reserved interfaces out of their domains into one of their own, if there are any.
pub fn reserve(vdoms: &mut [Vdom], ha: &Ha, top: &[Doubt]) -> Option<Vdom> {
    let first = ha.reserved.first()?;
    let settings = vdoms.first()?.settings.clone();
    let mut own = empty_vdom(RESERVED, first.interface.span);
    own.reserved = true;
    own.settings.admin_ports = settings.admin_ports;
    (own.settings.redirect, own.settings.redirect6) = (settings.redirect, settings.redirect6);
    own.trusted_hosts = vdoms.first().and_then(|v| v.trusted_hosts.clone());
    own.routes_shown = true;
    own.doubts.extend(top.iter().cloned());
    for reserved in &ha.reserved {
        let name = &reserved.interface.value;
        for vdom in vdoms.iter_mut() {
            let Some(found) = vdom.interfaces.shift_remove(name) else { continue };
            own.interfaces.insert(name.clone(), found);
            let (moved, kept) = std::mem::take(&mut vdom.doubts)
                .into_iter()
                .partition(|d| matches!(&d.scope, Scope::Interface(on) if on == name));
            vdom.doubts = kept;
            own.doubts.extend::<Vec<Doubt>>(moved);
        }
        own.statics.extend(reserved.routes.iter().cloned());
        own.dynamic.extend(reserved.doubt.map(|span| (span, unread_way(), Family::ALL.as_slice())));
    }
    (!own.interfaces.is_empty()).then_some(own)
}

fn unread_way() -> Msg {
    msg!(
        "the way out of a reserved management interface was not understood",
        "予約済み管理インターフェースの経路を解釈できない"
    )
}
