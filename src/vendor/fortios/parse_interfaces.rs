//! Interfaces and zones.

use ipnetwork::IpNetwork;

use crate::model::{AddressSet, Family, proto};
use crate::msg;
use crate::source::Span;

use super::config::{Access, Asking, Body, Doubt, Interface, Listener, Name, Relay, Scope, Zone};
use super::node::Node;
use super::read::{Ledger, Reader};
use super::settings;
use super::value;

/// Harmless while off, not modelled while on; each touches only what passes this interface.
const SWITCHES: &[(&str, &[&str])] = &[
    ("broadcast-forward", &["disable"]),
    ("netbios-forward", &["disable"]),
    ("arpforward", &["enable", "disable"]),
    ("ndiscforward", &["enable", "disable"]),
    ("l2forward", &["disable"]),
    ("stpforward", &["disable"]),
    ("vlanforward", &["disable", "enable"]),
    ("wccp", &["disable"]),
    ("ipmac", &["disable"]),
    ("ident-accept", &["disable"]),
    ("forward-domain", &["0"]),
    // Frames of other VLANs, or copies of packets, leave by other ports.
    ("trunk", &["disable"]),
    ("port-mirroring", &["disable"]),
    // The switch routes between its VLANs by itself, without asking a policy.
    ("switch-controller-offload", &["disable"]),
    ("switch-controller-offload-gw", &["disable"]),
    // Every frame goes to one station, which may be another router's.
    ("subst", &["disable"]),
    ("l2tp-client", &["disable"]),
    ("pptp-client", &["disable"]),
    ("ip-unnumbered", &[]),
    ("ipunnumbered", &["0.0.0.0"]),
    ("management-ip", &["0.0.0.0"]),
];

/// An interface, with what it says about relays and with what is not modelled.
pub struct Found {
    /// The interface.
    pub interface: Interface,
    /// Relay functions that it enables.
    pub relays: Vec<Relay>,
    /// Not understood.
    pub doubts: Vec<Doubt>,
    /// It takes up sessions with the explicit web proxy.
    pub web_proxy: Option<Span>,
}

/// Reads one interface.
pub fn interface(node: &Node, ledger: &mut Ledger) -> Found {
    let mut r = Reader::new(node, ledger);
    let name = node.name.clone();
    let kind = r.word("type").map_or_else(String::new, |w| w.value);
    let vlan = r.parsed::<u16>("vlanid");
    let parent = r.word("interface");
    let mut leased = Vec::new();
    let mode_place = r.place("mode");
    let mut dialled = None;
    match r.word("mode").map(|w| w.value).as_deref() {
        None | Some("static") => {}
        Some(mode) => {
            leased.extend(mode_place.map(|p| (Family::V4, p)));
            dialled = mode_place.filter(|_| mode == "pppoe");
        }
    }
    let mut addresses: Vec<(IpNetwork, Span)> = Vec::new();
    take_network(&mut r, "ip", &mut addresses);
    // The far end of a point-to-point tunnel: its subnet is connected, its address is not ours.
    let mut far: Vec<(IpNetwork, Span)> = Vec::new();
    take_network(&mut r, "remote-ip", &mut far);
    let allow = access(r.names("allowaccess"), Family::V4, None);
    let mut found = Interface {
        vdom: r.word("vdom"),
        alias: r.word("alias").map(|w| w.value).filter(|a| !a.is_empty()),
        body: body(&name.value, &kind, vlan, parent.is_some()),
        up: r.word("status").is_none_or(|w| w.value != "down"),
        addresses,
        shared: Vec::new(),
        far,
        leased_default: r.switch("defaultgw").unwrap_or(true),
        leased,
        dialled,
        parent,
        members: r.names("member"),
        composed: matches!(kind.as_str(), "aggregate" | "redundant" | "hard-switch" | "switch"),
        allow,
        no_src_check: r.switch("src-check") == Some(false),
        vrf: r.number("vrf").unwrap_or(0),
        fortilink: r.switch("fortilink").unwrap_or(false),
        factory_tunnel: kind == "tunnel"
            && ["ssl.", "naf.", "l2t."].iter().any(|p| name.value.starts_with(p)),
        modem: name.value == "modem",
        name,
    };
    let mut relays = Vec::new();
    let mut doubts = Vec::new();
    let second = node.table("secondaryip").filter_map(|n| n.settings.get("secip-relay-ip"));
    let second: Vec<&str> = second.flat_map(|s| &s.values).map(|w| w.text.as_str()).collect();
    dhcp_relay(&mut r, Family::V4, &second, &mut relays);
    r.inert(&["distance", "priority", "defaultgw"]);
    let web_proxy = explicit_proxy(&mut r);
    captive_portal(&mut r);
    secondary(&mut r, &mut found);
    virtual_routers(&mut r, "vrrp", "vrip", &mut found);
    ipv6(&mut r, &mut found, &mut relays);
    let scope = || Scope::Interface(found.name.value.clone());
    for (key, off) in SWITCHES {
        if let Some(span) = r.unmodelled_if_on(key, off) {
            let key = (*key).to_owned();
            let what = msg!(
                "interface setting `{key}` is not modelled",
                "インターフェースの設定 `{key}` は未対応である"
            );
            doubts.push(Doubt { scope: scope(), span, what });
        }
    }
    doubts.extend(shares_a_wire(&kind, &found, r.place("type")));
    r.inert_words(settings::INTERFACE);
    r.inert(&[
        "vrrp-virtual-mac",
        "secondary-IP",
        "vlan-protocol",
        "vlanid",
        "switch",
        "proxy-captive-portal",
    ]);
    r.inert_prefix(&[
        "switch-controller-",
        "pvc-",
        "l2tp-",
        "pptp-",
        "sfp-",
        "select-profile",
        "retransmission",
        "vectoring",
        "phy-",
        "mux-type",
        "atm-protocol",
        "gwaddr",
        "gateway-address",
        "annex",
    ]);
    r.inert_blocks(&[
        "client-options",
        "tagging",
        "egress-queues",
        "l2tp-client-settings",
        "phy-setting",
        "mirroring-filter",
        "dhcp-snooping-server-list",
        "managed-device",
        "wifi-networks",
    ]);
    for span in r.finish() {
        let what =
            msg!("part of an interface was not understood", "インターフェースの設定の一部を解釈できない");
        doubts.push(Doubt { scope: scope(), span, what });
    }
    Found { interface: found, relays, doubts, web_proxy }
}

fn body(name: &str, kind: &str, vlan: Option<u16>, parented: bool) -> Body {
    let npu_link = name.strip_prefix("npu").is_some_and(|rest| rest.contains("_vlink"));
    match (kind, vlan) {
        ("vdom-link", _) => Body::VdomLink,
        ("loopback", _) => Body::Loopback,
        ("tunnel" | "vxlan" | "geneve" | "ssl" | "vpn", _) => Body::Tunnel,
        (_, Some(id)) if id > 0 && parented => Body::Vlan(id),
        _ if npu_link => Body::VdomLink,
        _ => Body::Plain,
    }
}

/// An EMAC-VLAN without a number is a second station on its parent's wire, and what a kind that is not known shares is not known.
fn shares_a_wire(kind: &str, found: &Interface, place: Option<Span>) -> Vec<Doubt> {
    const ALONE: [&str; 19] = [
        "",
        "physical",
        "vlan",
        "aggregate",
        "redundant",
        "hard-switch",
        "switch",
        "vap-switch",
        "tunnel",
        "vxlan",
        "geneve",
        "ssl",
        "vpn",
        "loopback",
        "vdom-link",
        "fext-wan",
        "hdlc",
        "wl-mesh",
        "ap-bridge",
    ];
    let tagged = kind == "emac-vlan" && matches!(found.body, Body::Vlan(_));
    let Some(span) = place.filter(|_| !ALONE.contains(&kind) && !tagged && found.up) else {
        return Vec::new();
    };
    let what = msg!(
        "an interface of this type may share the wire of another interface",
        "この種別のインターフェースは、他のインターフェースと同じ回線を共有することがある"
    );
    let ends = [Some(&found.name), found.parent.as_ref()].into_iter().flatten();
    ends.map(|name| Doubt { scope: Scope::Interface(name.value.clone()), span, what: what.clone() }).collect()
}

fn access(words: Vec<Name>, family: Family, only: Option<std::net::IpAddr>) -> Vec<Access> {
    words.into_iter().map(|word| Access { family, word, only }).collect()
}

fn take_network(r: &mut Reader<'_>, key: &str, out: &mut Vec<(IpNetwork, Span)>) {
    let place = r.place(key);
    if let (Some(network), Some(span)) = (r.parse(key, value::network4), place)
        && !network.ip().is_unspecified()
    {
        out.push((network, span));
    }
}

/// A DHCP relay takes up what clients send to the servers' port, and asks the servers that it has: its own, and those of
/// the second addresses (CLI 7.4 `system interface`, `secip-relay-ip`: "DHCP relay IP address").
fn dhcp_relay(r: &mut Reader<'_>, family: Family, second: &[&str], relays: &mut Vec<Relay>) {
    let (key, servers, kind) = match family {
        Family::V4 => ("dhcp-relay-service", "dhcp-relay-ip", "dhcp-relay-type"),
        Family::V6 => ("dhcp6-relay-service", "dhcp6-relay-ip", "dhcp6-relay-type"),
    };
    let place = r.place(key);
    let regular = r.word(kind).is_none_or(|w| w.value == "regular");
    let named = r.names(servers);
    let second = second.iter().copied().filter(|w| !matches!(*w, "" | "0.0.0.0"));
    let mut all = named.iter().map(|n| n.value.as_str()).chain(second);
    let addresses: Option<AddressSet> =
        all.try_fold(AddressSet::empty(), |all, name| Some(all.union(&AddressSet::host(name.parse().ok()?))));
    if let (Some(true), Some(span)) = (r.switch(key), place) {
        let what = msg!("DHCP relay", "DHCPリレー");
        let known = addresses.filter(|set| !set.is_empty());
        // Another kind sends into tunnels.
        let service = regular.then_some(Asking::Leases(family, known));
        relays.push(Relay { data: false, service, certain: false, what, span });
    }
}

/// The socket by which a relay of an interface takes up what clients send: no setting of the interface opens it.
pub fn lease_listeners(found: &Found) -> impl Iterator<Item = Listener> {
    found.relays.iter().filter_map(|relay| {
        let port = match relay.service {
            Some(Asking::Leases(Family::V4, _)) => 67,
            Some(Asking::Leases(Family::V6, _)) => 547,
            _ => return None,
        };
        Some(Listener {
            interfaces: Some(vec![found.interface.name.clone()]),
            sockets: vec![(proto::UDP, Some((port, port)))],
            label: "DHCP relay",
            span: relay.span,
            certain: true,
        })
    })
}

fn explicit_proxy(r: &mut Reader<'_>) -> Option<Span> {
    r.switch("explicit-ftp-proxy");
    let place = r.place("explicit-web-proxy");
    place.filter(|_| r.switch("explicit-web-proxy") == Some(true))
}

/// A captive portal lets fewer packets through, never more.
fn captive_portal(r: &mut Reader<'_>) {
    r.inert(&["security-mode"]);
    // Where a mirror leads; whether it is on is read apart.
    r.inert(&["mirroring-port", "mirroring-direction"]);
}

fn secondary(r: &mut Reader<'_>, found: &mut Interface) {
    // Entries behind a switch that is off: whether the addresses answer is not known.
    let off = r.place("secondary-IP").filter(|_| r.switch("secondary-IP") == Some(false));
    for entry in r.entries("secondaryip") {
        let ledger = r.ledger();
        let mut e = Reader::new(entry, ledger);
        let before = found.addresses.len();
        take_network(&mut e, "ip", &mut found.addresses);
        let only = found.addresses.get(before).map(|(n, _)| n.ip());
        let words = e.names("allowaccess");
        if only.is_some() {
            found.allow.extend(access(words, Family::V4, only));
        }
        e.inert(&[
            "gwdetect",
            "detectserver",
            "detectprotocol",
            "ha-priority",
            "ping-serv-status",
            "secip-relay-ip",
        ]);
        let unread = e.finish();
        r.note(unread);
        r.note(off.into_iter().collect());
    }
}

/// VRRP: the virtual address is the box's own while it is the primary router (AG 7.6 "VRRP failover").
fn virtual_routers(r: &mut Reader<'_>, block: &str, key: &str, found: &mut Interface) {
    for entry in r.entries(block) {
        let ledger = r.ledger();
        let mut e = Reader::new(entry, ledger);
        let place = e.place(key);
        let network =
            if key == "vrip6" { e.parse(key, value::network6) } else { e.parse(key, value::network4) };
        let on = e.switch("status") != Some(false);
        if let (Some(network), Some(span), true) = (network, place, on) {
            found.shared.push((network, span));
        }
        e.inert(&[
            "priority",
            "adv-interval",
            "start-time",
            "preempt",
            "accept-mode",
            "vrdst",
            "vrdst6",
            "vrdst-priority",
            "vrgrp",
            "version",
            "ignore-default-route",
        ]);
        e.inert_blocks(&["proxy-arp"]);
        let unread = e.finish();
        r.note(unread);
    }
}

fn ipv6(r: &mut Reader<'_>, found: &mut Interface, relays: &mut Vec<Relay>) {
    let Some(block) = r.block("ipv6") else { return };
    let mut b = Reader::new(block, r.ledger());
    let place = b.place("ip6-address");
    let network = b.parse("ip6-address", value::network6);
    if let (Some(network), Some(span)) = (network.filter(|n| !n.ip().is_unspecified()), place) {
        found.addresses.push((network, span));
    }
    found.allow.extend(access(b.names("ip6-allowaccess"), Family::V6, None));
    let mode = b.place("ip6-mode");
    if b.word("ip6-mode").is_some_and(|w| w.value != "static") {
        found.leased.extend(mode.map(|p| (Family::V6, p)));
    }
    for key in ["autoconf", "dhcp6-prefix-delegation", "unique-autoconf-addr"] {
        let place = b.place(key);
        if b.switch(key) == Some(true) {
            found.leased.extend(place.map(|p| (Family::V6, p)));
        }
    }
    for entry in b.entries("ip6-extra-addr") {
        let ledger = b.ledger();
        let e = Reader::new(entry, ledger);
        if let Some(network) = value::network6(&[entry.name.value.as_str()]) {
            found.addresses.push((network, entry.span()));
        }
        let unread = e.finish();
        b.note(unread);
    }
    virtual_routers(&mut b, "vrrp6", "vrip6", found);
    dhcp_relay(&mut b, Family::V6, &[], relays);
    b.inert_words(settings::IPV6);
    b.inert_blocks(&[
        "ip6-prefix-list",
        "ip6-delegated-prefix-list",
        "dhcp6-iapd-list",
        "client-options",
        "ip6-rdnss-list",
        "ip6-dnssl-list",
        "ip6-route-list",
    ]);
    let unread = b.finish();
    r.note(unread);
}

/// `config system zone`.
pub fn zone(node: &Node, ledger: &mut Ledger) -> Zone {
    let mut r = Reader::new(node, ledger);
    let members = r.names("interface");
    let place = r.place("intrazone");
    let allow = r.parse("intrazone", |t| match *t {
        ["allow"] => Some(true),
        ["deny"] => Some(false),
        _ => None,
    });
    r.inert(&["description", "uuid"]);
    r.inert_blocks(&["tagging"]);
    let unread = r.finish();
    Zone { name: node.name.clone(), members, intrazone: place.filter(|_| allow == Some(true)), unread }
}

/// Members of switches that stand in their own block.
pub fn switch_members(node: &Node, ledger: &mut Ledger) -> (Vec<Name>, Vec<Span>) {
    let mut r = Reader::new(node, ledger);
    let mut members = r.names("member");
    for port in r.entries("port") {
        members.push(port.name.clone());
        let mut p = Reader::new(port, r.ledger());
        p.inert(&["speed", "status", "alias", "poe-status", "mediatype"]);
        let unread = p.finish();
        r.note(unread);
    }
    r.inert(&[
        "physical-switch",
        "vlan",
        "type",
        "vdom",
        "span",
        "span-source-port",
        "span-dest-port",
        "span-direction",
        "intra-switch-policy",
        "mac-ttl",
        "poe",
        "age-enable",
        "age-val",
    ]);
    (members, r.finish())
}
