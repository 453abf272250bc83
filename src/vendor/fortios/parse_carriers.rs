//! Further services of the box by which data passes between tiers without a policy: names of leases that a DHCP server
//! registers, precise time, contents that are handed to a sandbox.

use std::net::IpAddr;

use crate::model::{AddressSet, proto};
use crate::msg;
use crate::source::Span;

use super::config::{Action, Asking, Listener, Name, Relay, Scope};
use super::node::Node;
use super::parse::{Draft, inert_block, off};
use super::read::Reader;

fn words<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n str> {
    node.settings.get(key).into_iter().flat_map(|s| &s.values).map(|w| w.text.as_str())
}

/// The addresses that a setting names; `None` if it names none, or something else.
fn addresses(node: &Node, key: &str) -> Option<AddressSet> {
    let named = words(node, key).filter(|w| !matches!(*w, "" | "0.0.0.0" | "::"));
    let set = named
        .map(|w| w.parse::<IpAddr>().ok())
        .try_fold(AddressSet::empty(), |all, address| Some(all.union(&AddressSet::host(address?))))?;
    (!set.is_empty()).then_some(set)
}

/// A DHCP server that tells a DNS server the names of its clients, as they give them (AG 7.6 "DHCP server", DDNS update;
/// CLI 7.4 `system dhcp server`, `ddns-update`, `ddns-server-ip`).
pub fn registration(node: &Node, port: u16) -> Option<Relay> {
    let setting =
        node.settings.get("ddns-update").filter(|s| s.values.iter().any(|w| w.text != "disable"))?;
    Some(Relay {
        data: false,
        service: Some(Asking::Ports {
            answers: vec![(proto::UDP, (port, port))],
            asks: vec![(proto::UDP, (53, 53)), (proto::TCP, (53, 53))],
            servers: addresses(node, "ddns-server-ip"),
        }),
        certain: false,
        what: msg!(
            "DHCP server that registers its clients in DNS",
            "端末名をDNSに登録するDHCPサーバ(ddns-update)"
        ),
        span: setting.spans.last().copied().unwrap_or(node.span()),
    })
}

/// As a client the box only asks; as a server (CLI 7.2 `system ptp`) it talks to the segments of these interfaces, and by
/// multicast to whoever gives the time.
pub fn ptp(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let place = r.place("server-mode");
    let serves = r.switch("server-mode") == Some(true);
    r.inert(&["status", "mode", "delay-mechanism", "request-interval", "interface"]);
    let mut named: Vec<Name> = Vec::new();
    for entry in r.entries("server-interface") {
        let mut e = Reader::new(entry, r.ledger());
        named.extend(e.word("server-interface-name"));
        e.inert(&["delay-mechanism"]);
        let unread = e.finish();
        r.note(unread);
    }
    let unread = r.finish();
    let here: Vec<Name> =
        named.into_iter().filter(|n| draft.vdom.interfaces.contains_key(&n.value)).collect();
    if let (true, Some(span), false) = (serves, place, here.is_empty()) {
        const PORTS: (u16, u16) = (319, 320);
        let kinds = vec![(proto::UDP, PORTS)];
        draft.vdom.relays.push(Relay {
            data: false,
            service: Some(Asking::Ports { answers: kinds.clone(), asks: kinds, servers: None }),
            certain: false,
            what: msg!("PTP server", "PTPサーバ"),
            span,
        });
        let (interfaces, sockets) = (Some(here), vec![(proto::UDP, Some(PORTS))]);
        draft.vdom.listeners.push(Listener { interfaces, sockets, label: "PTP", span, certain: true });
    }
    for span in unread {
        let what = msg!("part of the PTP settings was not understood", "PTPの設定の一部を解釈できない");
        draft.doubt(Scope::LocalIn, span, what);
    }
}

/// A sandbox of one's own (CLI 7.4 `system fortisandbox`, `system fortindr`). That of the vendor's cloud is one more
/// service that the box asks for itself.
pub fn sandbox(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
    let on = words(block, "status").any(|w| w == "enable");
    let cloud = words(block, "forticloud").any(|w| w == "enable");
    let named = ["server", "ip"].iter().any(|key| words(block, key).any(|w| !w.is_empty()));
    if on && named && !cloud && !off(block) {
        let servers = addresses(block, "server").or_else(|| addresses(block, "ip"));
        draft.sandboxes.push((block.span(), servers));
    }
}

/// Files in what a policy with such a profile lets pass are held and sent to the sandbox (AG 7.6 "FortiSandbox inline
/// scanning"), whoever the sandbox is. They come by the interfaces of the policy: the model has them come to a port that
/// stands for the inspection.
pub fn contents(draft: &mut Draft<'_>) {
    const OFTP: (u16, u16) = (514, 514);
    let vdom = &draft.vdom;
    let inspecting: Vec<_> =
        vdom.policies.iter().filter(|p| p.enabled && !matches!(p.action, Action::Deny(_))).collect();
    let inspecting: Vec<_> = inspecting.into_iter().filter(|p| p.inspected.is_some()).collect();
    let names = || inspecting.iter().flat_map(|p| p.srcintf.iter().chain(&p.dstintf));
    let Some(span) = inspecting.iter().find_map(|p| p.inspected) else { return };
    // Zones and `any` stand for every interface.
    let all = names().all(|n| vdom.interfaces.contains_key(&n.value));
    let interfaces: Option<Vec<Name>> = all.then(|| names().cloned().collect());
    let sandboxes: Vec<(Span, Option<AddressSet>)> = std::mem::take(&mut draft.sandboxes);
    for (place, servers) in sandboxes {
        draft.vdom.relays.push(Relay {
            data: false,
            service: Some(Asking::Ports {
                answers: vec![(proto::TCP, OFTP)],
                asks: vec![
                    (proto::TCP, OFTP),
                    (proto::UDP, OFTP),
                    (proto::TCP, (443, 443)),
                    (proto::TCP, (4443, 4443)),
                ],
                servers,
            }),
            certain: false,
            what: msg!(
                "files in what policies with an antivirus profile let pass are sent to a sandbox",
                "アンチウイルスプロファイルを適用したポリシーの通信中のファイルが、サンドボックスに送られる"
            ),
            span: place,
        });
        let (interfaces, sockets) = (interfaces.clone(), vec![(proto::TCP, Some(OFTP))]);
        draft.vdom.listeners.push(Listener {
            interfaces,
            sockets,
            label: "inspection",
            span,
            certain: false,
        });
    }
}
