//! Proxies: what they listen to, and where their own policies let them go.

use crate::model::{AddressSet, proto};
use crate::msg;
use crate::source::LineState;

use super::config::{Asking, Destination, Listener, Name, Relay, Scope, Vdom};
use super::defaults;
use super::node::Node;
use super::parse::{Draft, inert_block, off};
use super::read::Reader;
use super::settings;
use super::value;

/// What is known of the explicit proxy of a domain.
#[derive(Debug, Default)]
pub struct Proxy {
    /// Interfaces that take up sessions with it.
    pub at: Vec<Name>,
    /// Its ports.
    pub ports: Option<(u16, u16)>,
    /// The interfaces by which its first policy lets everything out that anybody asks for.
    pub open: Vec<Name>,
}

/// Reads the block that its name says.
pub fn explicit_proxy(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let place = r.place("status").unwrap_or(block.span());
    let on = r.switch("status").unwrap_or(false);
    let written = block.settings.get("http-incoming-port").and_then(|s| s.values.first());
    let ports = written.map_or(Some((defaults::PROXY_PORT, defaults::PROXY_PORT)), |w| {
        let (low, high) = value::ports(&w.text)?;
        Some((u16::try_from(low).ok()?, u16::try_from(high).ok()?))
    });
    // Whatever else is said about a proxy does not change that it relays.
    r.inert_families(settings::PROXY);
    r.inert_blocks(&["pac-policy", "secure-web-proxy-cert"]);
    let unread = r.finish();
    for span in &unread {
        let what =
            msg!("part of the proxy settings was not understood", "プロキシの設定の一部を解釈できない");
        draft.doubt(Scope::LocalIn, *span, what);
    }
    if on || !unread.is_empty() {
        draft.ledger.claim(place, LineState::Partial);
        draft.proxy_on.get_or_insert(place);
    }
    let web = block.name.value == "web-proxy explicit";
    draft.proxy.ports = ports.filter(|_| on && unread.is_empty() && web).or(draft.proxy.ports);
}

/// Reads the block that its name says.
pub fn proxy_policies(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    // Read as "the proxy may relay anything", once the proxy is on: see `finish`.
    draft.proxy_policies.extend(block.every_line());
    if let Some(first) = block.entries.values().find(|n| !disabled(n)) {
        draft.proxy.open = opens(first).unwrap_or_default();
    }
    let accepts = |n: &&Node| {
        !disabled(n) && n.settings.get("action").is_some_and(|s| s.values.iter().any(|w| w.text != "deny"))
            || !n.stray.is_empty()
    };
    let Some(policy) = block.entries.values().find(accepts) else { return };
    let span = policy.span();
    let explicit = policy.settings.get("proxy").is_some_and(|s| {
        s.values.iter().all(|w| w.text.starts_with("explicit") || w.text == "web" || w.text == "ftp")
    });
    if !explicit {
        let what = msg!("transparent or ZTNA proxy policy", "透過プロキシ又はZTNAのポリシー");
        draft.vdom.relays.push(Relay { data: true, service: None, certain: false, what, span });
    }
}

/// Reads the block that its name says.
pub fn access_proxy(block: &Node, draft: &mut Draft<'_>) {
    if off(block) {
        return inert_block(block, draft.ledger);
    }
    draft.ledger.claim_node(block, LineState::Partial);
    let what = msg!("access proxy (ZTNA)", "アクセスプロキシ(ZTNA)");
    draft.vdom.relays.push(Relay { data: true, service: None, certain: false, what, span: block.span() });
}

fn disabled(node: &Node) -> bool {
    node.settings
        .get("status")
        .is_some_and(|s| !s.values.is_empty() && s.values.iter().all(|w| w.text == "disable"))
}

/// By which interfaces a policy lets out whatever anybody asks of the explicit web proxy, at any time.
fn opens(node: &Node) -> Option<Vec<Name>> {
    const REQUIRED: [(&str, &[&str]); 6] = [
        ("service", &["webproxy"]),
        ("proxy", &["explicit-web", "web"]),
        ("srcaddr", &["all"]),
        ("dstaddr", &["all"]),
        ("schedule", &["always"]),
        ("action", &["accept"]),
    ];
    const HARMLESS: [&str; 8] =
        ["dstintf", "status", "logtraffic", "logtraffic-start", "comments", "name", "uuid", "label"];
    let is = |(key, words): &(&str, &[&str])| {
        node.settings
            .get(*key)
            .is_some_and(|s| s.values.len() == 1 && s.values.iter().all(|w| words.contains(&w.text.as_str())))
    };
    let known = |key: &String| {
        HARMLESS.contains(&key.as_str()) || REQUIRED.iter().any(|(required, _)| required == key)
    };
    let plain = node.stray.is_empty() && node.blocks.is_empty() && node.settings.keys().all(known);
    if !plain || !REQUIRED.iter().all(is) {
        return None;
    }
    let exits = node.settings.get("dstintf")?;
    Some(exits.values.iter().map(|w| Name::new(w.text.clone(), w.span)).collect())
}

/// The addresses that are certainly reached by these interfaces: connected and static routes by them, less all others;
/// `None` where other things route as well.
fn beyond(vdom: &Vdom, exits: &[Name]) -> Option<AddressSet> {
    let exit = |name: &Name| exits.iter().any(|e| e.value == name.value);
    let others = !vdom.policy_routes.is_empty() || !vdom.dynamic.is_empty() || !vdom.ribs.is_empty();
    if exits.is_empty() || others || !exits.iter().all(|e| vdom.interfaces.contains_key(&e.value)) {
        return None;
    }
    let (mut by, mut past) = (AddressSet::empty(), AddressSet::empty());
    let mut add = |here: bool, set: AddressSet| {
        let side = if here { &mut by } else { &mut past };
        *side = side.union(&set);
    };
    for interface in vdom.interfaces.values() {
        for (network, _) in &interface.addresses {
            add(exit(&interface.name), AddressSet::network(*network));
        }
    }
    // A default route is beaten by every other one.
    let mut default = AddressSet::empty();
    for route in vdom.statics.iter().filter(|r| r.enabled) {
        let Destination::Prefix(to) = &route.to else { return None };
        let here = route.device.as_ref().is_some_and(exit) && !route.blackhole && route.sdwan.is_none();
        match (to.prefix(), here) {
            (0, true) => default = default.union(&AddressSet::network(*to)),
            (0, false) => return None,
            _ => add(here, AddressSet::network(*to)),
        }
    }
    Some(by.union(&default).minus(&past))
}

/// What follows from several blocks together: a proxy that is on carries data, possibly anything. It certainly carries
/// what comes to its port on the interfaces that it is switched on at and what its first policy lets out.
pub fn finish(draft: &mut Draft<'_>) {
    let idle = draft.proxy_on.is_none() && draft.vdom.relays.iter().all(|r| !r.data);
    let state = if idle { LineState::Inert } else { LineState::Partial };
    for span in std::mem::take(&mut draft.proxy_policies) {
        draft.ledger.claim(span, state);
    }
    let Some(on) = draft.proxy_on else { return };
    let Proxy { at, ports, open } = std::mem::take(&mut draft.proxy);
    let servers = beyond(&draft.vdom, &open).filter(|s| !at.is_empty() && !s.is_empty());
    let span = at.first().map_or(on, |n| n.span);
    let what = msg!("explicit proxy", "明示的プロキシ");
    let (service, certain) = match (ports, servers) {
        (Some(ports), Some(servers)) => {
            let sockets = vec![(proto::TCP, Some(ports))];
            let interfaces = Some(at);
            draft.vdom.listeners.push(Listener { interfaces, sockets, label: "proxy", span, certain: true });
            (Some(Asking::Web(ports, servers)), true)
        }
        // It is on: nobody declares it away.
        (ports, _) if !at.is_empty() => {
            let ports = ports.unwrap_or((defaults::PROXY_PORT, defaults::PROXY_PORT));
            (Some(Asking::Web(ports, AddressSet::empty())), false)
        }
        _ => (None, false),
    };
    draft.vdom.relays.push(Relay { data: true, service, certain, what, span });
}
