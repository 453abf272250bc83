//! Statements at the top of a configuration.

use crate::model::Family;
use crate::msg;
use crate::source::{Code, LineState, Span, Spanned};
use crate::syntax::indent::{Node, Tree};

use super::config::{Config, Dialect, Dynamic, Interface, Name, Scope, TimeRange, Vrf};
use super::inert::Place;
use super::read::{Ledger, Reader};
use super::value;

/// Reads a whole tree.
pub fn parse(tree: &Tree, dialect: Dialect, ledger: &mut Ledger) -> Config {
    let mut reader = Reader { config: Config::default(), ledger, dialect };
    for span in &tree.comments {
        reader.ledger.claim(*span, LineState::Inert);
    }
    for span in &tree.banners {
        reader.ledger.claim(*span, LineState::Inert);
    }
    for node in &tree.nodes {
        reader.top(node);
    }
    reader.settle();
    reader.config
}

/// A word of a statement as a name.
pub fn name(node: &Node, at: usize) -> Option<Name> {
    node.words.get(at).map(|w| Spanned::new(w.text.clone(), w.span))
}

impl Reader<'_> {
    fn top(&mut self, node: &Node) {
        let texts = node.texts();
        let words = texts.as_slice();
        if node.indent > 0 {
            // The tree says so as a flaw; what it is about nobody knows.
            return self.unknown(node, Scope::Device);
        }
        self.servers(words, node.span);
        if let Some(scope) = super::dialect::foreign(self.dialect, words) {
            return self.unmodelled(node, scope, super::dialect::of_ios());
        }
        match words {
            ["end"] => self.modelled(node),
            ["hostname", host, ..] => {
                self.config.hostname = Some(host.trim_matches('"').to_owned());
                self.modelled(node);
            }
            ["version", number] => self.version(node, number),
            ["interface", ..] => self.interface(node),
            ["access-list", ..] | ["ip" | "ipv6", "access-list", ..] => self.access_list(node),
            ["object-group", ..] => self.object_group(node),
            ["acl-group", ..] => self.unmodelled(node, Scope::Forward, not_modelled()),
            ["time-range", ..] => self.time_range(node),
            ["vrf", "definition", vrf] | ["ip", "vrf", vrf] | ["ip", "vrf", vrf, _] => self.vrf(node, vrf),
            ["ip", "routing"] | ["ip", "forwarding"] => self.routing(node, Family::V4, true),
            ["no", "ip", "routing"] | ["no", "ip", "forwarding"] => self.routing(node, Family::V4, false),
            ["ipv6", "unicast-routing"] | ["ipv6", "forwarding"] => self.routing(node, Family::V6, true),
            ["no", "ipv6", "unicast-routing"] | ["no", "ipv6", "forwarding"] => {
                self.routing(node, Family::V6, false);
            }
            ["ip", "route", "profile"] => self.inert(node),
            ["ip" | "ipv6", "route", ..] => self.static_route(node),
            ["ip", "default-gateway", address] => match address.parse() {
                Ok(address) => {
                    self.config.default_gateway = Some((address, node.span));
                    self.modelled(node);
                }
                Err(_) => self.bad(node, Scope::AllRouting),
            },
            // The assumption that no device obeys such options is not the file's.
            ["ip" | "ipv6", "source-route"] => {
                let what = msg!("source-routed packets are accepted", "送信元経路制御のパケットを受け入れる");
                self.unmodelled(node, Scope::AllRouting, what);
            }
            ["router", "vrrp", _, interface] if self.dialect == Dialect::Awplus => {
                self.virtual_router(node, interface);
            }
            ["router", ..] | ["ipv6", "router", ..] => self.router(node),
            ["route-map", ..] => self.route_map(node),
            ["ip", "nat", ..] => self.nat(node),
            ["zone", "security", ..] | ["zone-pair", ..] => self.zone(node),
            ["class-map", "type", "inspect", ..] | ["policy-map", "type", "inspect", ..] => self.zone(node),
            ["policy-map", ..] => self.policy_map(node),
            ["ip" | "ipv6" | "mac" | "advance", "qos-flow-list", _] => self.flow_list(node),
            ["ip" | "ipv6", "multicast-routing", ..] | ["ip", "multicast", "routing"] => {
                self.config.multicast = Some(node.span);
                self.ledger.claim_all(node, LineState::Unmodelled);
            }
            ["ip", "inspect", ..] => {
                self.config.inspects.push(node.span);
                self.ledger.claim_all(node, LineState::Partial);
            }
            ["event", "manager", "applet", ..] if self.dialect == Dialect::Ios => self.applet(node),
            ["kron", "occurrence" | "policy-list", ..] if self.dialect == Dialect::Ios => self.at_times(node),
            ["monitor", "session", number, rest @ ..] if self.dialect == Dialect::Ios => {
                self.session(node, number, rest);
            }
            ["line", ..] => self.line(node),
            ["ip", "http" | "ssh", ..]
            | ["no", "ip", "http", ..]
            | ["ftp-server", ..]
            | ["restconf" | "netconf-yang" | "netconf", ..] => {
                self.service(node);
            }
            ["no", "service", service @ ("telnet" | "ssh" | "http")] => {
                self.config.silenced.push((*service).to_owned());
                self.inert(node);
            }
            ["no", "ip" | "ipv6", "multicast-routing", ..]
            | ["no", "vstack", ..]
            | ["no", "ip", "finger", ..]
            | ["no", "service", "tcp-small-servers" | "udp-small-servers" | "finger", ..] => self.inert(node),
            ["ip" | "ipv6", "dns", ..] => self.dns(node),
            ["ip", "domain", "lookup", ..] => self.domain_lookup(node),
            ["ntp", ..] | ["service", "telnet" | "ssh" | "http"] => self.service(node),
            ["service", "tcp-small-servers" | "udp-small-servers" | "finger", ..] | ["ip", "finger", ..] => {
                self.listen(node, "small servers", crate::model::proto::TCP, 7, false);
            }
            ["snmp-server", "community", ..] => {
                self.listen(node, "SNMP", crate::model::proto::UDP, 161, false);
                self.inert(node);
            }
            ["ip", "forward-protocol", "nd" | "turbo-flood" | "spanning-tree" | "any-local-broadcast"] => {
                self.inert(node)
            }
            ["ip", "forward-protocol", "udp", ..] | ["no", "ip", "forward-protocol", ..] => self.inert(node),
            ["ip", "dhcp", "pool", ..] => self.dhcp_pool(node),
            ["vlan", "access-map" | "filter", ..] | ["mac", "access-list", ..] => {
                self.config.port_filters.push(node.span);
                self.ledger.claim_all(node, LineState::Partial);
                // Maps of VLANs drop and forward; what else they may do moves frames or copies of them.
                let plain = |n: &&Node| match n.texts().as_slice() {
                    ["action", rest @ ..] => matches!(rest, ["drop" | "forward"] | ["drop", "log"]),
                    _ => true,
                };
                if let Some(action) = node.children.iter().find(|n| !plain(n)) {
                    let what = msg!(
                        "a map of VLANs sends frames elsewhere",
                        "VLANマップがフレームの転送先を変更する"
                    );
                    self.doubt(Scope::Device, action.span, what);
                }
            }
            ["vlan", "database"] | ["vlan", _] | ["vlan", _, _] => self.vlan(node),
            ["crypto", "map", ..] | ["crypto", "dynamic-map", ..] => self.crypto_map(node),
            ["exit-address-family"] => self.inert(node),
            _ => self.rest(Place::Top, node, Scope::Device),
        }
    }

    fn version(&mut self, node: &Node, number: &str) {
        let mut parts = number.split(['.', '(']).map(|p| p.parse::<u16>().ok());
        if let (Some(Some(major)), Some(Some(minor))) = (parts.next(), parts.next()) {
            self.config.version = Some(Spanned::new((major, minor), node.span));
        }
        self.inert(node);
    }

    fn routing(&mut self, node: &Node, family: Family, on: bool) {
        let value = Some(Spanned::new(on, node.span));
        match family {
            Family::V4 => self.config.routing = value,
            Family::V6 => self.config.routing6 = value,
        }
        self.modelled(node);
    }

    fn vlan(&mut self, node: &Node) {
        for child in &node.children {
            let texts = child.texts();
            match texts.as_slice() {
                ["private-vlan", "association", rest @ ..] => {
                    let own = node.words.get(1).and_then(|w| w.text.parse().ok());
                    self.associated(child, own, rest);
                }
                ["private-vlan", primary, "association", rest @ ..] => {
                    self.associated(child, primary.parse().ok(), rest);
                }
                [
                    "name" | "state" | "mtu" | "media" | "exit" | "private-vlan" | "remote-span" | "up"
                    | "down",
                    ..,
                ]
                | [
                    "no" | "shutdown" | "protocol" | "mac-address" | "interface" | "vlan" | "classifier",
                    ..,
                ] => {
                    self.inert(child);
                }
                [_, "name" | "state" | "bridge", ..] => self.inert(child),
                _ => self.unknown(child, Scope::Device),
            }
        }
        self.ledger.claim(node.span, LineState::Inert);
    }

    /// VLANs of a private VLAN: frames may pass between the primary one and the others.
    pub fn associated(&mut self, node: &Node, primary: Option<u16>, words: &[&str]) {
        let numbers = words.iter().filter(|w| !matches!(**w, "add" | "remove"));
        let lists: Option<Vec<_>> = numbers.map(|w| value::vlans(w.trim_end_matches(','))).collect();
        let (Some(primary), Some(lists)) = (primary, lists) else { return self.unknown(node, Scope::Device) };
        let others = lists.into_iter().flatten().flat_map(|(a, b)| a..=b).take(64);
        self.config.associations.extend(others.map(|vlan| (primary, vlan, node.span)));
        self.ledger.claim(node.span, LineState::Partial);
    }

    fn vrf(&mut self, node: &Node, vrf: &str) {
        let Some(name) = name(node, 2) else { return };
        let entry = Vrf { name: name.clone(), imports: Vec::new(), exports: Vec::new(), by_map: None };
        self.config.vrfs.entry(vrf.to_owned()).or_insert(entry);
        self.modelled(node);
        for child in &node.children {
            self.vrf_line(child, &name);
        }
    }

    /// No device puts an interface into a VRF that is not there: the line was refused, or what defined the VRF is
    /// missing. In either case nobody knows what the interface stands apart from.
    fn undefined_vrfs(&mut self) {
        let speaks = |i: &&Interface| {
            !i.addresses.is_empty() || !i.leased.is_empty() || i.unnumbered.is_some() || i.v6
        };
        let all = self.config.interfaces.values().filter(|i| i.up).filter(speaks);
        let named = all.filter_map(|i| i.vrf.clone().map(|vrf| (i.name.value.clone(), vrf)));
        let lost: Vec<(String, Name)> =
            named.filter(|(_, vrf)| !self.config.vrfs.contains_key(&vrf.value)).collect();
        for (interface, vrf) in lost {
            let name = &vrf.value;
            let what = msg!("the VRF `{name}` is not defined", "VRF「{name}」が定義されていない");
            self.ledger.claim(vrf.span, LineState::Partial);
            self.doubt(Scope::Statement(interface), vrf.span, what);
        }
    }

    fn vrf_line(&mut self, node: &Node, vrf: &Name) {
        let texts = node.texts();
        let span = node.span;
        match texts.as_slice() {
            [
                "rd"
                | "description"
                | "vnet"
                | "vpn"
                | "max-static-routes"
                | "maximum"
                | "exit-address-family"
                | "exit",
                ..,
            ] => {
                self.inert(node);
            }
            ["address-family", ..] => {
                self.modelled(node);
                for child in &node.children {
                    self.vrf_line(child, vrf);
                }
            }
            ["route-target", way @ ("import" | "export" | "both"), target, ..] => {
                if let Some(entry) = self.config.vrfs.get_mut(&vrf.value) {
                    if *way != "export" {
                        entry.imports.push(((*target).to_owned(), span));
                    }
                    if *way != "import" {
                        entry.exports.push((*target).to_owned());
                    }
                }
                self.ledger.claim(span, LineState::Modelled);
            }
            ["route-target", target] => {
                if let Some(entry) = self.config.vrfs.get_mut(&vrf.value) {
                    entry.imports.push(((*target).to_owned(), span));
                    entry.exports.push((*target).to_owned());
                }
                self.ledger.claim(span, LineState::Modelled);
            }
            ["import" | "export", "map", _] => {
                if let Some(entry) = self.config.vrfs.get_mut(&vrf.value) {
                    entry.by_map = Some(span);
                }
                self.ledger.claim(span, LineState::Partial);
            }
            ["import" | "export", ..] => self.leak(node, vrf, None),
            ["route-replicate", "from", "vrf", other, ..] => {
                let other = (*other != "global").then(|| (*other).to_owned());
                self.leak(node, vrf, Some(other));
            }
            _ => self.unknown(node, Scope::Device),
        }
    }

    /// Routes of another VRF, or of any, are copied into this one.
    fn leak(&mut self, node: &Node, vrf: &Name, other: Option<Option<String>>) {
        self.ledger.claim(node.span, LineState::Partial);
        let others: Vec<Option<String>> = match other {
            Some(one) => vec![one],
            None => {
                let rest = self.config.vrfs.keys().filter(|v| **v != vrf.value).cloned().map(Some);
                std::iter::once(None).chain(rest).collect()
            }
        };
        for from in others {
            let into = Some(vrf.value.clone());
            self.config.exports.push(super::config::Import { into, from, span: node.span });
        }
        if matches!(node.texts().as_slice(), ["import" | "export", ..]) {
            let what = msg!(
                "routes are exchanged with other VRFs in a way that is not modelled",
                "他のVRFとの経路交換のうち、未対応のものがある"
            );
            self.doubt(Scope::Device, node.span, what);
        }
    }

    fn policy_map(&mut self, node: &Node) {
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            let texts = next.texts();
            let sends = texts.iter().any(|w| {
                w.starts_with("next-hop")
                    || w.starts_with("send-")
                    || w.starts_with("copy-")
                    || w.starts_with("redirect")
                    || *w == "mirror"
            });
            // A frame that gets another tag goes on in another VLAN.
            let moves =
                matches!(texts.first(), Some(&"set" | &"remark")) && texts.iter().any(|w| w.contains("vlan"));
            let sends = sends || moves;
            if sends {
                let what = msg!(
                    "a policy map sends packets elsewhere",
                    "ポリシーマップがパケットの転送先を変更する"
                );
                return self.unmodelled(node, Scope::Device, what);
            }
            open.extend(&next.children);
        }
        self.inert(node);
    }

    fn time_range(&mut self, node: &Node) {
        let Some(name) = name(node, 1).filter(|n| value::decoded(&[&n.value])) else {
            return self.unknown(node, Scope::Device);
        };
        let fresh = || TimeRange { name: name.clone(), ends: None, entries: 0, unread: Vec::new() };
        let mut range = self.config.times.shift_remove(&name.value).unwrap_or_else(fresh);
        self.modelled(node);
        for child in &node.children {
            let texts = child.texts();
            match texts.as_slice() {
                ["periodic", _, ..] => {
                    range.entries += 1;
                    self.modelled(child);
                }
                ["absolute", rest @ ..] if !rest.is_empty() => {
                    range.entries += 1;
                    let end = rest.iter().position(|w| *w == "end").and_then(|at| rest.get(at + 2..at + 5));
                    range.ends = end.and_then(date).map(|d| (d, child.span));
                    self.modelled(child);
                }
                _ => {
                    range.unread.push(child.span);
                    self.ledger.report(Code::UnknownStatement, child.span, unread());
                    self.ledger.claim_all(child, LineState::Unrecognized);
                }
            }
        }
        self.config.times.insert(name.value.clone(), range);
    }

    fn static_route(&mut self, node: &Node) {
        let route = super::parse_route::static_route(node);
        let broken = match &route {
            Some(route) => route.unread.is_some(),
            None => true,
        };
        if broken {
            return self.bad(node, Scope::AllRouting);
        }
        self.config.statics.extend(route);
        self.modelled(node);
    }

    /// A dynamic protocol: in effect as soon as it has a network, a neighbour, or an interface.
    fn router(&mut self, node: &Node) {
        let texts = node.texts();
        let (families, rest): (&[Family], &[&str]) = match texts.as_slice() {
            ["ipv6", "router", rest @ ..] => (&[Family::V6], rest),
            ["router", rest @ ..] => (&Family::ALL, rest),
            _ => return self.unknown(node, Scope::Device),
        };
        let families = match rest.first() {
            Some(&"ospf" | &"rip" | &"odr") if families.len() == 2 => &[Family::V4],
            Some(&("ospf" | "ospfv3" | "rip" | "eigrp" | "bgp" | "isis")) => families,
            _ => return self.unmodelled(node, Scope::Device, not_modelled()),
        };
        let own =
            rest.iter().position(|w| *w == "vrf").and_then(|at| rest.get(at + 1)).map(|v| (*v).to_owned());
        let mut found: Vec<(Option<String>, Span)> = Vec::new();
        // Stub routers tell their networks by CDP: it needs no further line.
        if rest.first() == Some(&"odr") {
            found.push((own.clone(), node.span));
        }
        let mut open: Vec<(&Node, Option<String>)> = node.children.iter().map(|c| (c, own.clone())).collect();
        let mut later: Option<String> = own.clone();
        open.reverse();
        while let Some((next, vrf)) = open.pop() {
            let texts = next.texts();
            let inside = texts.iter().position(|w| *w == "vrf").and_then(|at| texts.get(at + 1));
            let vrf = match (texts.first(), inside) {
                (Some(&"address-family"), inside) => {
                    later = inside.map(|v| (*v).to_owned());
                    if texts.iter().any(|w| w.starts_with("vpnv") || *w == "evpn" || *w == "l2vpn") {
                        self.doubt(Scope::Device, next.span, not_modelled());
                    }
                    if inside.is_some() {
                        self.config.bgp = Some(next.span);
                    }
                    later.clone()
                }
                // Older releases do not indent what belongs to an address family.
                _ if next.indent <= node.indent + 1 => later.clone(),
                _ => vrf,
            };
            if let ["redistribute", "vrf", other, ..] = texts.as_slice() {
                let from = (*other != "global").then(|| (*other).to_owned());
                let (into, span) = (vrf.clone(), next.span);
                self.config.exports.push(super::config::Import { into, from, span });
            }
            if matches!(
                texts.first(),
                Some(
                    &("network"
                        | "neighbor"
                        | "area"
                        | "redistribute"
                        | "aggregate-address"
                        | "af-interface"
                        | "default-information"
                        | "address-family"
                        | "net"
                        | "bgp")
                )
            ) {
                found.push((vrf.clone(), node.span));
            }
            let below = next.children.iter().rev().map(|c| (c, vrf.clone()));
            open.extend(below);
        }
        self.ledger.claim_all(node, LineState::Unmodelled);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.dedup_by(|a, b| a.0 == b.0);
        for (vrf, span) in found {
            self.config.dynamic.push(Dynamic { vrf, families: families.to_vec(), span, what: dynamic() });
        }
    }

    /// A crypto map says nothing until an interface applies it: peers of any address may come in by a dynamic one.
    fn crypto_map(&mut self, node: &Node) {
        let texts = node.texts();
        if texts.get(1) == Some(&"dynamic-map") || texts.contains(&"dynamic") {
            self.config.dial_in.push(node.span);
        }
        self.ledger.claim_all(node, LineState::Partial);
    }

    /// What only the whole file can tell.
    fn settle(&mut self) {
        self.spelled_otherwise();
        self.refuges();
        self.clocks();
        self.virtual_routers();
        self.undefined_vrfs();
        self.names_asked_elsewhere();
        self.sessions();
        let Some(bgp) = self.config.bgp else { return };
        let vrfs: Vec<Vrf> = self.config.vrfs.values().cloned().collect();
        for into in &vrfs {
            for from in vrfs.iter().filter(|v| v.name.value != into.name.value) {
                let shared = into.imports.iter().find(|(t, _)| from.exports.contains(t)).map(|(_, s)| *s);
                let by_map = into.by_map.or(from.by_map).filter(|_| !into.imports.is_empty());
                if let Some(span) = shared.or(by_map) {
                    let _ = bgp;
                    self.config.exports.push(super::config::Import {
                        into: Some(into.name.value.clone()),
                        from: Some(from.name.value.clone()),
                        span,
                    });
                }
            }
        }
    }
}

/// "Not modelled", in words.
pub fn not_modelled() -> crate::source::Msg {
    msg!("this feature is not modelled", "この機能は未対応である")
}

/// "Not understood", in words.
pub fn unread() -> crate::source::Msg {
    msg!("unknown statement", "未知の文である")
}

/// "Dynamic routes", in words.
pub fn dynamic() -> crate::source::Msg {
    msg!(
        "a routing protocol brings routes that the file does not show",
        "動的ルーティングの経路は設定に現れない"
    )
}

/// `31 March 2026`.
fn date(words: &[&str]) -> Option<jiff::civil::Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let [day, month, year] = words else { return None };
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|m| *m == month)?;
    jiff::civil::Date::new(year.parse().ok()?, i8::try_from(month + 1).ok()?, day.parse().ok()?).ok()
}
