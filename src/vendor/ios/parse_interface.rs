//! Interfaces.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::{Family, proto};
use crate::msg;
use crate::source::{Code, LineState, Spanned};
use crate::syntax::indent::Node;

use super::config::{
    Body, Dialect, Dynamic, Helper, Interface, Name, Relay, Scope, Side, Switching, Tunnel, asking,
};
use super::inert::Place;
use super::parse::{dynamic, name, not_modelled};
use super::read::Reader;
use super::value;

/// The kinds of interfaces, lower case; a name is a kind and a number.
const KINDS: [&str; 42] = [
    "fastethernet",
    "gigabitethernet",
    "twogigabitethernet",
    "twopointfivegigabitethernet",
    "fivegigabitethernet",
    "tengigabitethernet",
    "twentyfivegige",
    "twentyfivegigabitethernet",
    "fortygigabitethernet",
    "fiftygige",
    "hundredgige",
    "hundredgigabitethernet",
    "fourhundredgige",
    "appgigabitethernet",
    "ethernet",
    "serial",
    "vlan",
    "loopback",
    "port-channel",
    "tunnel",
    "bdi",
    "bvi",
    "null",
    "dialer",
    "cellular",
    "atm",
    "pos",
    "virtual-template",
    "virtual-access",
    "multilink",
    "group-async",
    "async",
    "vasileft",
    "vasiright",
    "nve",
    "port",
    "po",
    "sa",
    "mgmt",
    "management",
    "bluetooth",
    "wlan-gigabitethernet",
];

/// Whether the number of an interface of this kind may stand apart from the kind.
pub fn spells_apart(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    KINDS.contains(&kind.as_str())
}

/// The body that a name says; `None` if it is no name of an interface.
fn body(name: &str) -> Option<Body> {
    let lower = name.to_ascii_lowercase();
    let at = lower.find(|c: char| c.is_ascii_digit()).unwrap_or(lower.len());
    let (kind, number) = lower.split_at_checked(at)?;
    let kind = kind.trim_end();
    let digits = |t: &str| {
        t.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.' | ':'))
            && t.starts_with(|c: char| c.is_ascii_digit())
    };
    let alone = matches!(kind, "mgmt" | "management" | "bluetooth" | "lo" | "null");
    if !(digits(number) || number.is_empty() && alone) {
        return None;
    }
    Some(match kind {
        "vlan" => Body::Svi(number.parse().ok()?),
        "loopback" | "lo" => Body::Loopback,
        "null" => Body::Null,
        "tunnel" | "dialer" | "cellular" | "virtual-template" | "virtual-access" | "async" | "ppp" => {
            Body::Tunnel
        }
        "vasileft" | "vasiright" | "bvi" | "bdi" | "nve" => return None,
        kind if kind.chars().all(|c| c.is_ascii_alphabetic() || c == '-') && !kind.is_empty() => {
            match number.split_once('.') {
                Some((_, sub)) if !sub.contains('.') && kind != "port" => {
                    let whole = name.rsplit_once('.')?.0;
                    Body::Sub(whole.to_owned())
                }
                _ => Body::Port,
            }
        }
        _ => return None,
    })
}

impl Reader<'_> {
    /// `interface NAME` and what it holds.
    pub fn interface(&mut self, node: &Node) {
        let texts = node.texts();
        let words: Vec<&str> = texts
            .iter()
            .skip(1)
            .copied()
            .filter(|w| !matches!(*w, "multipoint" | "point-to-point"))
            .collect();
        if words.first() == Some(&"range") || words.iter().any(|w| w.contains(',')) {
            return self.unmodelled(node, Scope::Device, not_modelled());
        }
        let full = words.join(" ");
        let names = self.spread(&full);
        let bodies: Option<Vec<(String, Body)>> =
            names.into_iter().map(|n| body(&n).map(|b| (n, b))).collect();
        let Some(bodies) = bodies.filter(|b| !b.is_empty() && value::decoded(&[&full]) && words.len() <= 2)
        else {
            return self.unknown(node, Scope::Device);
        };
        self.modelled(node);
        let span = node
            .words
            .get(1)
            .map_or(node.span, |w| w.span)
            .to(node.words.last().map_or(node.span, |w| w.span));
        for (text, body) in bodies {
            let fresh = fresh(Spanned::new(text.clone(), span), body);
            let known = self.config.interfaces.shift_remove(&text);
            if known.as_ref().is_some_and(|k| !k.addresses.is_empty() || k.vrf.is_some()) {
                self.second_block(node, &text);
            }
            let mut own = known.unwrap_or(fresh);
            self.primary_twice(node, &text);
            for child in &node.children {
                self.interface_line(child, &mut own);
            }
            self.config.interfaces.insert(text, own);
        }
    }

    /// `port1.0.1-1.0.12` stands for many ports.
    fn spread(&self, full: &str) -> Vec<String> {
        let many = full.strip_prefix("port").and_then(|r| r.split_once('-'));
        let Some((from, to)) = many.filter(|_| self.dialect == super::config::Dialect::Awplus) else {
            return vec![full.to_owned()];
        };
        let to = to.strip_prefix("port").unwrap_or(to);
        let ends = from.rsplit_once('.').zip(to.rsplit_once('.'));
        let Some(((stem, low), (other, high))) = ends.filter(|((a, _), (b, _))| a == b) else {
            return Vec::new();
        };
        let _ = other;
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) if low <= high && high - low < 256 => {
                (low..=high).map(|n| format!("port{stem}.{n}")).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A device spells the name of an interface in one way: a block under another spelling is no export's, and speaks
    /// of the same interface.
    pub fn spelled_otherwise(&mut self) {
        let plain = |name: &str| name.split_whitespace().collect::<String>().to_lowercase();
        let parts = |name: &str| {
            let name = plain(name);
            let at = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
            let (kind, number) = name.split_at(at);
            (number.to_owned(), kind.to_owned())
        };
        let mut all: Vec<((String, String), Name)> =
            self.config.interfaces.values().map(|i| (parts(&i.name.value), i.name.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        // A shortened kind sorts directly before the longer ones.
        let pairs = all.windows(2).filter_map(|pair| match pair {
            [((n, short), first), ((m, long), second)]
                if n == m && !n.is_empty() && long.starts_with(short) =>
            {
                Some((first.clone(), second.clone()))
            }
            _ => None,
        });
        for (first, second) in pairs.collect::<Vec<_>>() {
            let (first, known) =
                if first.span.start > second.span.start { (first, second) } else { (second, first) };
            let (name, known) = (&first.value, &known.value);
            let what = msg!(
                "`{name}` and `{known}` may be one interface",
                "「{name}」と「{known}」が同一のインターフェースである可能性がある"
            );
            self.ledger.report(Code::Contradiction, first.span, what.clone());
            self.doubt(Scope::Device, first.span, what);
        }
    }

    /// No device shows an interface twice. Where a second block gives it another address or another VRF, the first ones
    /// are gone, and so is what hung on them.
    fn second_block(&mut self, node: &Node, interface: &str) {
        let moves = |c: &&Node| {
            let texts = c.texts();
            matches!(texts.as_slice(), ["ip", "address", ..] | ["ipv6", "address", ..])
                || matches!(texts.as_slice(), ["vrf", "forwarding", _] | ["ip", "vrf", "forwarding", _])
        };
        let Some(child) = node.children.iter().find(moves) else { return };
        let what = msg!(
            "a second block of `{interface}` moves it",
            "「{interface}」の2つ目のブロックがアドレス又はVRFを変更している"
        );
        self.ledger.report(Code::Contradiction, child.span, what.clone());
        self.doubt(Scope::Device, child.span, what);
    }

    /// No device shows two main addresses for one interface: the head of a block between them is missing.
    fn primary_twice(&mut self, node: &Node, interface: &str) {
        // How many words say which statement it is.
        let single = |texts: &[&str]| match texts {
            ["ip", "address", _, _] | ["ip", "address", _] => Some(2),
            ["ip", "vrf", "forwarding", _] | ["vrf", "forwarding", _] => Some(2),
            ["switchport", "mode", ..] => Some(2),
            ["switchport", "access", "vlan", _] => Some(3),
            ["switchport", "trunk", "native", "vlan", _] => Some(4),
            _ => None,
        };
        let mut seen: Vec<Vec<&str>> = Vec::new();
        let singles = node.children.iter().filter_map(|c| single(&c.texts()).map(|words| (c, words)));
        for (child, words) in singles {
            let head: Vec<&str> = child.texts().into_iter().take(words).collect();
            if seen.contains(&head) {
                let what = msg!(
                    "`{interface}` has two of a statement that there can be one of: a line between them may be missing",
                    "「{interface}」に1つしか設定できない文が2つあり、間の行が欠けている可能性がある"
                );
                self.ledger.claim(child.span, LineState::Unrecognized);
                self.doubt(Scope::Device, child.span, what);
            }
            seen.push(head);
        }
    }

    fn interface_line(&mut self, node: &Node, own: &mut Interface) {
        let texts = node.texts();
        let here = Scope::Interface(own.name.value.clone());
        // Whatever else it says, the interface takes part in translations.
        if texts.starts_with(&["ip", "nat"]) {
            own.nat.get_or_insert(Spanned::new(Side::Other, node.span));
        }
        let free = matches!(texts.first(), Some(&"description"));
        if !free && !value::decoded(&texts) {
            return self.unknown(node, here);
        }
        if let Some(scope) = super::dialect::foreign_here(self.dialect, &texts) {
            return self.unmodelled(node, scope, super::dialect::of_ios());
        }
        match texts.as_slice() {
            ["description", ..] => {
                let text = texts.iter().skip(1).copied().collect::<Vec<_>>().join(" ");
                own.description = Some(text.trim_matches('"').to_owned());
                self.inert(node);
            }
            ["shutdown"] => self.flag(node, || own.up = false),
            ["no", "shutdown"] => self.flag(node, || own.up = true),
            ["vrf", "forwarding", _] => self.flag(node, || own.vrf = name(node, 2)),
            ["ip", "vrf", "forwarding", _] => self.flag(node, || own.vrf = name(node, 3)),
            ["ip" | "ipv6", "address", ..] => self.address(node, own, here),
            ["no", "ip", "address"] => {
                own.addresses.retain(|(network, _)| network.is_ipv6());
                self.modelled(node);
            }
            ["private-vlan", "mapping", rest @ ..] => {
                let primary = match own.body {
                    Body::Svi(vlan) => Some(vlan),
                    _ => None,
                };
                self.associated(node, primary, rest);
            }
            ["ip", "unnumbered", ..] => self.flag(node, || own.unnumbered = name(node, texts.len() - 1)),
            ["ipv6", "enable"] => self.flag(node, || own.v6 = true),
            ["ip", "access-group", _, way @ ("in" | "out")] => self.filter(node, own, Family::V4, way, 2),
            ["ipv6", "traffic-filter" | "access-group", _, way @ ("in" | "out")] => {
                self.filter(node, own, Family::V6, way, 2)
            }
            ["access-group", _] => self.filter(node, own, Family::V4, "in", 1),
            // Hardware lists of AlliedWare Plus filter on arrival and name no direction.
            ["ipv6", "traffic-filter", _] if self.dialect == super::config::Dialect::Awplus => {
                self.filter(node, own, Family::V6, "in", 2)
            }
            ["ip", "nat", "inside"] => {
                self.flag(node, || own.nat = Some(Spanned::new(Side::Inside, node.span)))
            }
            ["ip", "nat", "outside"] => {
                self.flag(node, || own.nat = Some(Spanned::new(Side::Outside, node.span)))
            }
            ["ip", "nat", ..] => self.unmodelled(node, Scope::Nat, not_modelled()),
            ["ip", "policy", "route-map", _] => {
                self.flag(node, || own.policy.extend(name(node, 3).map(|n| (Family::V4, n))))
            }
            ["ipv6", "policy", "route-map", _] => {
                self.flag(node, || own.policy.extend(name(node, 3).map(|n| (Family::V6, n))))
            }
            ["zone-member", "security", _] => self.flag(node, || own.zone = name(node, 2)),
            ["ip" | "ipv6", "verify", "unicast", ..] => {
                let family = if texts.first() == Some(&"ip") { Family::V4 } else { Family::V6 };
                own.source_check.push((family, node.span));
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["ip", "inspect", ..] => {
                self.config.inspects.push(node.span);
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["encapsulation", "dot1q" | "dot1Q", tag, rest @ ..] => match (tag.parse(), rest) {
                (Ok(tag), [] | ["native"]) => self.flag(node, || {
                    own.tag = Some(tag);
                    own.native = !rest.is_empty();
                }),
                _ => self.bad(node, here),
            },
            ["switchport"] => self.flag(node, || own.switched = Some(true)),
            ["no", "switchport"] => self.flag(node, || own.switched = Some(false)),
            ["switchport", ..] | ["no", "switchport", ..] => self.switchport(node, own),
            ["channel-group", number] | ["channel-group", number, "mode", _, ..] => {
                self.flag(node, || own.member = true);
                own.switching.bundle = Some(format!("po{number}"));
            }
            ["static-channel-group", number, ..] => {
                self.flag(node, || own.member = true);
                own.switching.bundle = Some(format!("sa{number}"));
            }
            // A template may hold any line of a port.
            ["source", "template", ..] => {
                own.switching.unread.push(node.span);
                self.ledger.claim_all(node, LineState::Partial);
            }
            ["crypto", "map", _] | ["crypto", "map", _, "redundancy", ..] => {
                self.flag(node, || own.crypto = name(node, 2))
            }
            ["pppoe-client" | "pppoe", ..] | ["dialer" | "async", ..] => {
                own.dials.get_or_insert(node.span);
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["ip", "helper-address", ..] => self.helper(node, own, here),
            ["ip", "dhcp-relay", "server-address", address]
            | ["ip", "dhcp", "relay", "address", address]
            | ["ipv6", "dhcp", "relay", "destination", address, ..] => match address.parse() {
                Ok(address) => self.relay(node, own, address, None),
                Err(_) => self.bad(node, here),
            },
            _ => self.interface_rest(node, own, here),
        }
    }

    fn interface_rest(&mut self, node: &Node, own: &mut Interface, here: Scope) {
        let texts = node.texts();
        match texts.as_slice() {
            ["standby" | "glbp", "ip", ..] | ["standby" | "glbp" | "vrrp", _, "ip", ..] => {
                self.shared(node, own, here)
            }
            ["standby" | "glbp", _, "ipv6", ..] => self.shared(node, own, here),
            ["vrrp", _, "address-family", ..] => self.vrrp_family(node, own, here),
            ["tunnel", "destination", ..] | ["tunnel", "remote", ..] => {
                self.flag(node, || own.tunnel.peer = true)
            }
            ["tunnel", "mode", ..]
                if texts.contains(&"multipoint") || texts.contains(&"6to4") || texts.contains(&"isatap") =>
            {
                own.tunnel.multipoint = Some(node.span);
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["tunnel", "vrf", _] => self.inert(node),
            ["ip" | "ipv6", "nhrp", ..] => {
                own.tunnel.multipoint.get_or_insert(node.span);
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["ip", "ospf", _, "area", ..] | ["ip", "router", "isis" | "ospf", ..] => {
                self.speaks(node, own, &[Family::V4])
            }
            ["ipv6", "ospf", _, "area", ..]
            | ["ipv6", "rip", _, ..]
            | ["ipv6", "eigrp", _]
            | ["ipv6", "router", ..] => {
                self.speaks(node, own, &[Family::V6]);
            }
            ["ospfv3", _, "ipv4" | "ipv6", "area", ..]
            | ["ospfv3", _, "area", ..]
            | ["isis", "enable", ..] => self.speaks(node, own, &Family::ALL),
            ["ip", "pim", ..] | ["ipv6", "pim", ..] => {
                self.config.multicast = Some(node.span);
                self.ledger.claim(node.span, LineState::Unmodelled);
            }
            ["bridge-group", ..]
            | ["xconnect", ..]
            | ["service", "instance", ..]
            | ["l2transport", ..]
            | ["mpls", ..]
            | ["bridge", ..] => {
                self.unmodelled(node, Scope::Device, not_modelled());
            }
            // Tags of groups may decide what passes, and links may be encrypted.
            ["cts", ..] => self.unmodelled(node, here, not_modelled()),
            ["mac", "access-group", ..] | ["ip", "access-group", ..] | ["ipv6", "traffic-filter", ..] => {
                own.frames.push(node.span);
                self.bad(node, here);
            }
            ["peer", "default", ..] | ["no", "peer", ..] => self.inert(node),
            [
                "dot1x" | "authentication" | "access-session" | "mab" | "auth" | "auth-mac" | "auth-web"
                | "mac-authentication" | "web-authentication",
                ..,
            ]
            | [
                "no" | "default",
                "dot1x" | "authentication" | "access-session" | "mab" | "auth" | "auth-mac" | "auth-web"
                | "mac-authentication" | "web-authentication",
                ..,
            ] => {
                own.switching.refuges.extend(super::parse_switchport::refuge(node));
                self.admission(node, own);
            }
            _ => self.rest(Place::Interface, node, here),
        }
    }

    fn flag(&mut self, node: &Node, mut set: impl FnMut()) {
        set();
        if node.children.is_empty() {
            self.modelled(node);
        } else {
            self.modelled(node);
            for child in &node.children {
                self.unknown(child, Scope::Device);
            }
        }
    }

    fn address(&mut self, node: &Node, own: &mut Interface, here: Scope) {
        let texts = node.texts();
        let mut add = |network: IpNetwork| own.addresses.push((network, node.span));
        match texts.as_slice() {
            ["ip", "address", "dhcp" | "negotiated" | "pool" | "slarp", ..] => {
                own.leased.push((Family::V4, node.span));
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["ipv6", "address", "autoconfig" | "dhcp", ..] => {
                own.leased.push((Family::V6, node.span));
                own.v6 = true;
                self.ledger.claim(node.span, LineState::Partial);
            }
            ["ip", "address", address, mask] | ["ip", "address", address, mask, "secondary"]
                if value::masked(address, mask).is_some() =>
            {
                value::masked(address, mask).into_iter().for_each(&mut add);
                self.modelled(node);
            }
            // The address of the box itself is one host.
            ["ip", "address", address]
                if self.dialect == Dialect::Axs
                    && own.body == Body::Loopback
                    && value::masked(address, "255.255.255.255").is_some() =>
            {
                value::masked(address, "255.255.255.255").into_iter().for_each(&mut add);
                self.modelled(node);
            }
            ["ip", "address", prefix] | ["ip", "address", prefix, "secondary"]
                if value::prefix(prefix).is_some_and(|n| n.is_ipv4()) =>
            {
                value::prefix(prefix).into_iter().for_each(&mut add);
                self.modelled(node);
            }
            ["ipv6", "address", address, "link-local"] if value::v6(address).is_some() => {
                own.v6 = true;
                own.shared.extend(value::v6(address).map(|a| (IpAddr::V6(a), node.span)));
                self.modelled(node);
            }
            ["ipv6", "address", prefix] | ["ipv6", "address", prefix, "anycast"]
                if value::prefix(prefix).is_some_and(|n| n.is_ipv6()) =>
            {
                value::prefix(prefix).into_iter().for_each(&mut add);
                own.v6 = true;
                self.modelled(node);
            }
            // The host part comes from the hardware: the network is certain, the address is not.
            ["ipv6", "address", prefix, "eui-64"] if value::prefix(prefix).is_some_and(|n| n.is_ipv6()) => {
                value::prefix(prefix).into_iter().for_each(&mut add);
                own.v6 = true;
                own.leased.push((Family::V6, node.span));
                self.ledger.claim(node.span, LineState::Partial);
            }
            _ => self.bad(node, here),
        }
    }

    fn filter(&mut self, node: &Node, own: &mut Interface, family: Family, way: &str, at: usize) {
        let Some(list) = name(node, at) else { return };
        let filters = if way == "in" { &mut own.filters_in } else { &mut own.filters_out };
        filters.push((family, list));
        self.modelled(node);
    }

    fn shared(&mut self, node: &Node, own: &mut Interface, here: Scope) {
        let texts = node.texts();
        let address =
            texts.iter().skip(2).find_map(|w| w.split('/').next().and_then(|w| w.parse::<IpAddr>().ok()));
        match (address, texts.last()) {
            (Some(address), _) => {
                own.shared.push((address, node.span));
                self.modelled(node);
            }
            (None, Some(&("ip" | "autoconfig"))) => self.inert(node),
            _ => self.bad(node, here),
        }
    }

    fn vrrp_family(&mut self, node: &Node, own: &mut Interface, here: Scope) {
        self.modelled(node);
        for child in &node.children {
            match child.texts().as_slice() {
                ["address", address, ..] => match address.parse() {
                    Ok(address) => {
                        own.shared.push((address, child.span));
                        self.modelled(child);
                    }
                    Err(_) => self.bad(child, here.clone()),
                },
                [
                    "priority" | "preempt" | "timers" | "track" | "description" | "vrrpv2" | "exit-vrrp"
                    | "shutdown" | "match-address" | "vrrs",
                    ..,
                ] => self.inert(child),
                _ => self.unknown(child, here.clone()),
            }
        }
    }

    fn speaks(&mut self, node: &Node, own: &Interface, families: &[Family]) {
        let vrf = own.vrf.as_ref().map(|v| v.value.clone());
        self.config.dynamic.push(Dynamic {
            vrf,
            families: families.to_vec(),
            span: node.span,
            what: dynamic(),
        });
        self.ledger.claim(node.span, LineState::Unmodelled);
    }

    fn helper(&mut self, node: &Node, own: &mut Interface, here: Scope) {
        let texts = node.texts();
        let (vrf, address) = match texts.as_slice() {
            ["ip", "helper-address", "global", address, ..] => (Some(None), address.parse().ok()),
            ["ip", "helper-address", "vrf", vrf, address, ..] => {
                (Some(Some((*vrf).to_owned())), address.parse().ok())
            }
            ["ip", "helper-address", address, ..] => (None, address.parse().ok()),
            _ => (None, None),
        };
        match address {
            Some(address) => self.relay(node, own, address, vrf),
            None => self.bad(node, here),
        }
    }

    /// The device sends on what hosts broadcast.
    fn relay(&mut self, node: &Node, own: &mut Interface, address: IpAddr, vrf: Option<Option<String>>) {
        own.helpers.push(Helper { address, vrf, span: node.span });
        let home = own.vrf.as_ref().map(|v| v.value.clone());
        if own.up {
            let what = msg!("DHCP relay", "DHCPリレー");
            // `ip forward-protocol` may add any UDP port to those of DHCP, DNS, time and names.
            self.config.relays.push(Relay {
                what,
                span: node.span,
                vrf: home,
                certain: true,
                carried: asking(&[(proto::UDP, 0, u16::MAX)], Some(address)),
            });
        }
        self.modelled(node);
    }
}

fn fresh(name: Name, body: Body) -> Interface {
    Interface {
        name,
        description: None,
        body,
        up: true,
        vrf: None,
        addresses: Vec::new(),
        shared: Vec::new(),
        leased: Vec::new(),
        unnumbered: None,
        v6: false,
        filters_in: Vec::new(),
        filters_out: Vec::new(),
        frames: Vec::new(),
        nat: None,
        policy: Vec::new(),
        zone: None,
        source_check: Vec::new(),
        switched: None,
        tag: None,
        native: false,
        member: false,
        switching: Switching::default(),
        crypto: None,
        tunnel: Tunnel::default(),
        dials: None,
        helpers: Vec::new(),
    }
}

/// An interface that something speaks of and no block defines.
pub fn plain(name: Name) -> Interface {
    let body = body(&name.value).unwrap_or(Body::Port);
    fresh(name, body)
}
