//! Services of the box and functions that relay: NTP, DNS, DHCP, proxies, VPN.

use std::net::IpAddr;

use crate::model::{AddressSet, Family, Ranges, proto};
use crate::msg;
use crate::source::{LineState, Span};

use super::config::{Asking, Clients, Doubt, Gateway, Listener, Name, Peer, Relay, Scope, SslVpn};
use super::defaults;
use super::node::Node;
use super::parse::{Draft, inert_block};
use super::parse_carriers;
use super::parse_policies::any_host;
use super::parse_system::{MODEMS, dials, names_only};
use super::read::Reader;
use super::settings;
use super::value;

/// As a client the box only asks. As a server on interfaces other than a FortiLink made of ports it talks to those
/// segments and to its own servers.
pub fn ntp(block: &Node, draft: &mut Draft<'_>) {
    let mut r = Reader::new(block, draft.ledger);
    let place = r.place("server-mode");
    let serves = r.switch("server-mode").unwrap_or(false);
    let interfaces = r.names("interface");
    r.inert(&[
        "ntpsync",
        "type",
        "syncinterval",
        "source-ip",
        "source-ip6",
        "authentication",
        "key-type",
        "key",
        "key-id",
    ]);
    r.inert_blocks(&["ntpserver"]);
    let servers = time_servers(block);
    let unread = r.finish();
    let fortilink = |n: &Name| draft.vdom.interfaces.get(&n.value).is_some_and(|i| i.fortilink && i.composed);
    let here: Vec<Name> = interfaces
        .into_iter()
        .filter(|n| draft.vdom.interfaces.contains_key(&n.value) && !fortilink(n))
        .collect();
    if let (true, Some(span), false) = (serves, place, here.is_empty()) {
        draft.vdom.relays.push(Relay {
            data: false,
            service: Some(Asking::Time(servers)),
            certain: false,
            what: msg!("NTP server", "NTPサーバ"),
            span,
        });
        let sockets = vec![(proto::UDP, Some((123, 123)))];
        draft.vdom.listeners.push(Listener {
            interfaces: Some(here),
            sockets,
            label: "NTP",
            span,
            certain: true,
        });
    }
    for span in unread {
        draft.doubt(
            Scope::LocalIn,
            span,
            msg!("part of the NTP settings was not understood", "NTPの設定の一部を解釈できない"),
        );
    }
}

/// Whom the box asks for the time: servers of its own list, if all of them are addresses, or those of the vendor.
fn time_servers(block: &Node) -> Option<AddressSet> {
    let kind = block.settings.get("type").and_then(|s| s.values.last()).map(|w| w.text.as_str());
    let mut known = AddressSet::empty();
    for entry in block.table("ntpserver") {
        let said = ["server", "server6"].iter().filter_map(|key| entry.settings.get(*key));
        let words: Vec<_> = said.flat_map(|s| &s.values).collect();
        if words.is_empty() || !entry.stray.is_empty() || words.iter().any(|w| w.damaged) {
            return None;
        }
        for word in words {
            known = known.union(&AddressSet::host(word.text.parse::<IpAddr>().ok()?));
        }
    }
    (kind == Some("custom") && !known.is_empty()).then_some(known)
}

/// Reads the block that its name says.
pub fn dns_server(block: &Node, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::LocalIn);
    for node in block.entries.values() {
        let mut r = Reader::new(node, draft.ledger);
        let mode = r.word("mode").map(|w| w.value);
        r.inert(&["dnsfilter-profile"]);
        let encrypted = ["doh", "doq", "doh3", "dot"].map(|key| r.switch(key) == Some(true));
        let clients = if encrypted.contains(&true) { Clients::Encrypted } else { Clients::Plain };
        let unread = r.finish();
        if !draft.vdom.interfaces.contains_key(&node.name.value) {
            continue;
        }
        let span = node.span();
        let forwards = mode.as_deref() != Some("non-recursive");
        let service = match mode.as_deref() {
            None | Some("recursive" | "forward-only" | "non-recursive") => Asking::Names(clients),
            // It asks the servers of the roots and whoever they name (AG 7.6 "FortiGate as a recursive DNS resolver").
            Some(_) => Asking::NamesOfAnybody(clients),
        };
        draft.vdom.relays.push(Relay {
            data: false,
            service: Some(service),
            certain: forwards,
            what: msg!("DNS server", "DNSサーバ"),
            span,
        });
        let sockets = vec![(proto::UDP, Some((53, 53))), (proto::TCP, Some((53, 53)))];
        let interfaces = Some(vec![node.name.clone()]);
        draft.vdom.listeners.push(Listener { interfaces, sockets, label: "DNS", span, certain: true });
        for span in unread {
            draft.doubt(
                Scope::LocalIn,
                span,
                msg!("part of a DNS server was not understood", "DNSサーバの設定の一部を解釈できない"),
            );
        }
    }
}

/// Whether an interface takes its resolvers from a lease, in place of those of `system dns`: it does unless a line says
/// that it does not.
fn leases_resolvers(interface: &Node) -> bool {
    let says = |node: &Node, key: &str, words: &[&str]| {
        node.settings.get(key).is_some_and(|s| s.values.iter().any(|w| words.contains(&w.text.as_str())))
    };
    let leased = |node: &Node, key: &str| {
        node.settings.get(key).is_some_and(|s| s.values.iter().any(|w| w.text != "static"))
    };
    if says(interface, "status", &["down"]) {
        return false;
    }
    let four = leased(interface, "mode") && !says(interface, "dns-server-override", &["disable"]);
    let six = interface.block("ipv6").is_some_and(|six| {
        (leased(six, "ip6-mode") || says(six, "autoconf", &["enable"]))
            && !says(six, "ip6-dns-server-override", &["disable"])
    });
    four || six
}

/// Whom the box asks for names on behalf of its clients: the resolvers of `system dns` and the forwarders of its zones
/// (CLI 7.4 `system dns`, `system dns-database`). `None` where that is not said.
pub fn resolvers(global: &Node, own: &Node) -> Option<AddressSet> {
    const RESOLVERS: [&str; 6] =
        ["primary", "secondary", "alt-primary", "alt-secondary", "ip6-primary", "ip6-secondary"];
    const FORWARDERS: [&str; 4] = ["forwarder", "forwarder6", "ip-master", "ip-primary"];
    // What else the two tables may say without naming anybody who is asked.
    const OTHERS: &str = "protocol ssl-certificate server-hostname domain timeout retry dns-cache-limit dns-cache-ttl \
        cache-notfound-responses source-ip source-ip-interface interface-select-method interface vrf-select \
        server-select-method log fqdn-cache-ttl fqdn-max-refresh fqdn-min-refresh hostname-ttl hostname-limit \
        dns-over-tls status type view allow-transfer primary-name contact ttl authoritative source-ip6 rr-max";
    let of_the_domain = own.block("system vdom-dns").and_then(|b| b.settings.get("vdom-dns"));
    if of_the_domain.is_some_and(|s| s.values.iter().any(|w| w.text != "disable")) {
        return None;
    }
    let leased = [global, own].into_iter().flat_map(|n| n.table("system interface")).any(leases_resolvers);
    if leased || MODEMS.into_iter().any(|path| dials(global, path).is_some()) {
        return None;
    }
    let block =
        global.block("system dns").filter(|b| b.stray.is_empty() && b.settings.contains_key("primary"))?;
    let zones = [global, own].into_iter().filter_map(|n| n.block("system dns-database"));
    let zones: Vec<&Node> = zones.flat_map(|b| b.entries.values()).collect();
    let known = |key: &String| {
        [&RESOLVERS[..], &FORWARDERS].concat().contains(&key.as_str())
            || OTHERS.split_whitespace().any(|o| o == key)
    };
    if ![block].iter().chain(&zones).all(|n| n.stray.is_empty() && n.settings.keys().all(known)) {
        return None;
    }
    let zones = zones.into_iter().flat_map(|zone| FORWARDERS.iter().map(move |key| (zone, *key)));
    let asked = RESOLVERS.iter().map(|key| (block, *key)).chain(zones);
    let words = asked.filter_map(|(node, key)| node.settings.get(key)).flat_map(|s| &s.values);
    words.filter(|w| !matches!(w.text.as_str(), "0.0.0.0" | "::")).try_fold(AddressSet::empty(), |all, w| {
        let address: IpAddr = w.text.parse().ok().filter(|_| !w.damaged)?;
        Some(all.union(&AddressSet::host(address)))
    })
}

/// What a virtual domain is asked for, the managing one asks for, unless the domain has resolvers of its own: data
/// passes from the one to the other inside the box, which no link of the model says.
pub fn asked_by_another(global: &Node, own: &Node, name: &str, draft: &mut Draft<'_>) {
    let said = |block: Option<&Node>, key: &str| {
        block.and_then(|b| b.settings.get(key)).and_then(|s| s.values.first()).map(|w| w.text.clone())
    };
    let managing =
        said(global.block("system global"), "management-vdom").unwrap_or_else(|| "root".to_owned());
    if name == managing {
        return;
    }
    let by_itself = said(own.block("system vdom-dns"), "vdom-dns").is_some_and(|on| on == "enable");
    let asks = |r: &&Relay| match r.service {
        Some(Asking::Names(_) | Asking::NamesOfAnybody(_)) => !by_itself,
        // Registrations and contents, too: no document says otherwise.
        Some(Asking::Time(_) | Asking::Ports { .. }) => true,
        // A lease is asked for from the domain of its interface, and a proxy asks by its own routes.
        Some(Asking::Leases(..) | Asking::Web(..)) | None => false,
    };
    let spans: Vec<Span> = draft.vdom.relays.iter().filter(asks).map(|r| r.span).collect();
    for span in spans {
        let what = msg!(
            "another virtual domain, the managing one, asks on behalf of this one",
            "この仮想ドメインへの問合せは、管理用の仮想ドメインから外部へ問い合わせる"
        );
        draft.doubt(Scope::Device, span, what);
    }
}

/// Records that a DNS server of the box answers with; without a server they do nothing.
pub fn dns_database(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
}

/// The server answers clients of its own interface and asks nobody, unless it registers them.
pub fn dhcp_server(block: &Node, port: u16, draft: &mut Draft<'_>) {
    draft.table(block, &Scope::LocalIn);
    for node in block.entries.values() {
        let interface = node.settings.get("interface").and_then(|s| s.values.first());
        let disabled =
            node.settings.get("status").is_some_and(|s| s.values.iter().any(|w| w.text == "disable"));
        draft.ledger.claim_node(node, LineState::Inert);
        for span in node.stray.clone() {
            draft.ledger.claim(span, LineState::Unrecognized);
        }
        if let (Some(interface), false) = (interface, disabled) {
            let name = Name::new(interface.text.clone(), interface.span);
            let sockets = vec![(proto::UDP, Some((port, port)))];
            let interfaces = Some(vec![name]);
            draft.vdom.relays.extend(parse_carriers::registration(node, port));
            draft.vdom.listeners.push(Listener {
                interfaces,
                sockets,
                label: "DHCP",
                span: node.span(),
                certain: true,
            });
        }
    }
}

/// Reads the block that its name says.
pub fn ssl_settings(block: &Node, draft: &mut Draft<'_>) {
    pools(block, &["tunnel-ip-pools", "tunnel-ipv6-pools"], draft);
    let mut r = Reader::new(block, draft.ledger);
    let on = r.switch("status").unwrap_or(true);
    let place = r.place("source-interface").unwrap_or(block.span());
    let interfaces = r.names("source-interface");
    let port = r.parsed::<u16>("port").unwrap_or(defaults::SSL_VPN_PORT);
    let unread = {
        // A gateway without a source interface accepts nobody; with one, what else is set does not change that it relays.
        r.inert_families(settings::SSL_VPN);
        r.inert_blocks(&["authentication-rule"]);
        r.finish()
    };
    let unknown = unread.first().copied();
    for span in &unread {
        let what =
            msg!("part of the SSL-VPN settings was not understood", "SSL-VPNの設定の一部を解釈できない");
        draft.doubt(Scope::LocalIn, *span, what);
    }
    if on && (!interfaces.is_empty() || unknown.is_some()) {
        draft.ledger.claim(place, LineState::Partial);
        draft.vdom.ssl_vpn = Some(SslVpn { interfaces, port, span: unknown.unwrap_or(place) });
    }
}

/// Portals say which addresses tunnels get; by user group or by DHCP, it can be any.
pub fn ssl_portals(block: &Node, draft: &mut Draft<'_>) {
    inert_block(block, draft.ledger);
    for node in block.entries.values() {
        pools(node, &["ip-pools", "ipv6-pools"], draft);
        let mode = node.settings.get("ip-mode").and_then(|s| s.values.first());
        if let Some(mode) = mode.filter(|w| w.text != "range") {
            draft.vdom.ssl_pools.push(Name::new("all".to_owned(), mode.span));
        }
    }
}

fn pools(node: &Node, keys: &[&str], draft: &mut Draft<'_>) {
    let values = keys.iter().filter_map(|key| node.settings.get(*key)).flat_map(|s| &s.values);
    draft.vdom.ssl_pools.extend(values.map(|w| Name::new(w.text.clone(), w.span)));
}

/// The box as the client of another gateway: its interface stands in `system interface`, the routes come from there.
pub fn ssl_clients(block: &Node, draft: &mut Draft<'_>) {
    let doubts = names_only(Some(block), draft.ledger);
    draft.vdom.doubts.extend(doubts);
    for node in block.entries.values() {
        if let Some(word) = node.settings.get("interface").and_then(|s| s.values.first()) {
            draft.vdom.peer_routes.push((Name::new(word.text.clone(), word.span), everything()));
        }
    }
}

fn everything() -> AddressSet {
    AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))
}

/// The tunnel's interface is one like any other; the outer packets are the box's own.
pub fn ipsec(block: &Node, draft: &mut Draft<'_>) {
    let doubts = names_only(Some(block), draft.ledger);
    draft.vdom.doubts.extend(doubts);
    for node in block.entries.values() {
        let added = draft.vdom.route_adders.contains(&node.name.value);
        if let Some(route) = peer_routes(node, added) {
            draft.vdom.peer_routes.push(route);
        }
        if let Some(span) = default_gateway(node) {
            draft.vdom.peer_routes.push((Name::new(node.name.value.clone(), span), everything()));
            let what = msg!(
                "a tunnel with a default gateway of its own: which packets its route takes is not known",
                "トンネル固有のデフォルトゲートウェイ(その経路がどの通信に適用されるか不明)"
            );
            draft.doubt(Scope::Routing, span, what);
        }
        draft.vdom.gateways.push(Gateway { name: node.name.clone(), peer: peer(node) });
        let sockets = vec![(proto::UDP, Some((500, 500))), (proto::UDP, Some((4500, 4500))), (50, None)];
        let outer = node.settings.get("interface").and_then(|s| s.values.first());
        let interfaces = outer.map(|w| vec![Name::new(w.text.clone(), w.span)]);
        draft.vdom.listeners.push(Listener {
            interfaces,
            sockets,
            label: "IPsec",
            span: node.span(),
            certain: false,
        });
    }
}

/// The line that gives a tunnel a default route of its own, which no table shows.
fn default_gateway(node: &Node) -> Option<Span> {
    let setting = node.settings.get("default-gw")?;
    let given = setting.values.first().is_some_and(|w| w.text != "0.0.0.0");
    setting.spans.last().copied().filter(|_| given)
}

/// Who may be at the other end: `type` and `remote-gw` say so; without `type` it is one fixed gateway.
fn peer(node: &Node) -> Option<Peer> {
    let word = |key: &str| node.settings.get(key).and_then(|s| s.values.first()).map(|w| w.text.as_str());
    let named = |key: &str| word(key).is_some_and(|w| !w.is_empty() && w != "0.0.0.0" && w != "::");
    match word("type") {
        Some("dynamic") => Some(Peer::Any),
        None | Some("static" | "ddns") => ["remote-gw", "remote-gw6", "remotegw-ddns", "member"]
            .iter()
            .any(|k| named(k))
            .then_some(Peer::Named),
        Some(_) => None,
    }
}

/// The tunnels of which a second phase adds routes to the peer's networks, whatever the first phase says.
pub fn route_adders(own: &Node) -> Vec<String> {
    let word =
        |n: &Node, key: &str| n.settings.get(key).and_then(|s| s.values.first()).map(|w| w.text.clone());
    let adds = |n: &&Node| word(n, "add-route").is_some_and(|w| !matches!(w.as_str(), "disable" | "phase1"));
    own.table("vpn ipsec phase2-interface").filter(adds).filter_map(|n| word(n, "phase1name")).collect()
}

/// Addresses that the other side of a tunnel may bring along: a dial-up peer's own networks, or the addresses that
/// `mode-cfg` hands out unless the peer may choose; what an address exchange or a shortcut adds.
fn peer_routes(node: &Node, added: bool) -> Option<(Name, AddressSet)> {
    let word = |key: &str| node.settings.get(key).and_then(|s| s.values.first()).map(|w| w.text.as_str());
    let on = |key: &str| word(key).is_some_and(|w| w != "disable");
    let dials_in = word("type") == Some("dynamic") && (added || word("add-route") != Some("disable"));
    let exchanges = ["exchange-interface-ip", "auto-discovery-receiver", "auto-discovery-sender"];
    let exchanges = exchanges.iter().any(|key| on(key));
    let configured = on("mode-cfg");
    if !dials_in && !exchanges && !configured {
        return None;
    }
    let span = node.settings.get("type").and_then(|s| s.spans.last().copied()).unwrap_or(node.span());
    let handed_out = dials_in
        && configured
        && !exchanges
        && !on("mode-cfg-allow-client-selector")
        && word("assign-ip") != Some("disable")
        && word("assign-ip-from").is_none_or(|w| w == "range");
    let range = |family: Family, low: &str, high: &str| {
        let (low, high) = (value::range(word(low)?, family)?, value::range(word(high)?, family)?);
        (low.0 <= high.0).then(|| AddressSet::in_family(family, Ranges::span(low.0, high.0)))
    };
    let four = range(Family::V4, "ipv4-start-ip", "ipv4-end-ip").filter(|_| handed_out);
    let six = range(Family::V6, "ipv6-start-ip", "ipv6-end-ip").filter(|_| handed_out);
    let set = match (four, six) {
        (None, None) => everything(),
        (four, six) => four.unwrap_or_default().union(&six.unwrap_or_default()),
    };
    Some((Name::new(node.name.value.clone(), span), set))
}

/// What follows from several blocks together.
pub fn finish(draft: &mut Draft<'_>) {
    super::parse_proxy::finish(draft);
    let vdom = &mut draft.vdom;
    let open = vdom.pools.values().filter_map(|p| p.any_host);
    let open = open.map(|span| Doubt { scope: Scope::Forward, span, what: any_host() });
    vdom.doubts.extend(open);
    let tunnel = format!("ssl.{}", vdom.name);
    if let Some(ssl) = &vdom.ssl_vpn {
        let used = vdom
            .policies
            .iter()
            .any(|p| p.enabled && p.srcintf.iter().any(|n| n.value == tunnel || n.value == "any"));
        let what = msg!("SSL-VPN gateway", "SSL-VPNゲートウェイ");
        // What portals open is said by rules of their own, which are not read.
        let service = used.then(|| Asking::Web((ssl.port, ssl.port), AddressSet::empty()));
        vdom.relays.push(Relay { data: true, service, certain: false, what, span: ssl.span });
        let sockets =
            vec![(proto::TCP, Some((ssl.port, ssl.port))), (proto::UDP, Some((ssl.port, ssl.port)))];
        let interfaces = Some(ssl.interfaces.clone());
        vdom.listeners.push(Listener {
            interfaces,
            sockets,
            label: "SSL-VPN",
            span: ssl.span,
            certain: used,
        });
    }
    for vip in vdom.vips.values().filter(|v| v.enabled) {
        if let Some(span) = vip.server {
            let what = msg!("virtual server", "バーチャルサーバ");
            vdom.relays.push(Relay { data: true, service: None, certain: false, what, span });
        }
    }
}
