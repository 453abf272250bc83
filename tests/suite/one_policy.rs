//! The best oracle without a device: one policy, written in every language, lets the same packets through.
//!
//! A neutral list of rules is rendered for FortiOS, iptables, IOS, ALAXALA AX, AlliedWare Plus and as a FWポリシー表, read
//! by each reader, and the sets of opening packets from one interface to the other are compared symbolically, each with
//! the first.
//! What differs by nature stays outside the region that is compared: the devices' own and broadcast addresses (the
//! Linux kernel and FortiOS take them), sources that are not on the interface's own network (FortiOS and `rp_filter`
//! check them, the IOS family and a table do not), and protocols that the kernel's connection tracking may refuse by
//! itself (DCCP, ICMP of the other family).

use std::fmt::Write as _;

use bunri::analysis::comparison::{Kind, Statements, Version, compare};
use bunri::analysis::diagram::Cube;
use bunri::model::{Device, Family, Field, Ranges};
use bunri::source::{Limits, SitePath, Sources};
use bunri::vendor::{self, Companion, VendorInput};
use proptest::prelude::*;

use crate::tables::policies::one_device;

/// One end of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Any,
    /// Network number within the end's /24 (or /64) and prefix length.
    Net(u8, u8),
    Host(u8),
    Range(u8, u8),
    /// All but a network.
    Not(u8, u8),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Service {
    Any,
    Tcp(u16, u16),
    Udp(u16, u16),
    /// Echo request.
    Ping,
    Gre,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    permit: bool,
    enabled: bool,
    src: End,
    dst: End,
    service: Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Src,
    Dst,
}

/// The addresses of an end in one family.
struct Space {
    family: Family,
    side: Side,
}

impl Space {
    fn address(&self, last: u8) -> String {
        let net = if self.side == Side::Src { 1 } else { 2 };
        match self.family {
            Family::V4 => format!("10.{net}.0.{last}"),
            Family::V6 => format!("2001:db8:{net}::{last:x}"),
        }
    }
    fn length(&self, bits: u8) -> u8 {
        if self.family == Family::V4 { bits } else { bits + 96 }
    }
}

/// The first address of a network that holds `last`.
fn base(last: u8, bits: u8) -> u8 {
    let free = 32 - u32::from(bits);
    if free >= 8 { 0 } else { (last >> free) << free }
}

fn span_of(last: u8, bits: u8) -> (u8, u8) {
    let low = base(last, bits);
    (low, low + ((1u32 << (32 - u32::from(bits))) - 1).min(255) as u8)
}

fn ends(v4: bool) -> BoxedStrategy<End> {
    let net = (any::<u8>(), 24u8..=31).prop_map(|(at, bits)| End::Net(base(at, bits), bits));
    let host = any::<u8>().prop_map(End::Host);
    if !v4 {
        return prop_oneof![2 => Just(End::Any), 3 => net, 3 => host].boxed();
    }
    let range = (any::<u8>(), any::<u8>()).prop_map(|(a, b)| End::Range(a.min(b), a.max(b)));
    let not = (any::<u8>(), 24u8..=31).prop_map(|(at, bits)| End::Not(base(at, bits), bits));
    prop_oneof![2 => Just(End::Any), 3 => net, 3 => host, 3 => range, 2 => not].boxed()
}

fn services() -> impl Strategy<Value = Service> {
    let ports = || (1u16..1000, 0u16..40).prop_map(|(low, more)| (low, low + more));
    prop_oneof![
        2 => Just(Service::Any),
        4 => ports().prop_map(|(a, b)| Service::Tcp(a, b)),
        3 => ports().prop_map(|(a, b)| Service::Udp(a, b)),
        2 => Just(Service::Ping),
        1 => Just(Service::Gre),
    ]
}

fn policies(v4: bool) -> impl Strategy<Value = Vec<Rule>> {
    let rule = (any::<bool>(), prop::bool::weighted(0.85), ends(v4), ends(v4), services())
        .prop_map(|(permit, enabled, src, dst, service)| Rule { permit, enabled, src, dst, service });
    prop::collection::vec(rule, 1..8)
}

fn fortios(rules: &[Rule], family: Family) -> String {
    let six = family == Family::V6;
    let mut objects = String::new();
    let mut services = String::new();
    let mut policies = String::new();
    let object = if six { "config firewall address6\n" } else { "config firewall address\n" };
    for (rule, n) in rules.iter().zip(1..) {
        let mut named = |side: Side, end: &End| {
            let space = Space { family, side };
            let name = format!("{side:?}{n}");
            let value = match end {
                End::Any => return ("all".to_owned(), false),
                End::Net(at, bits) | End::Not(at, bits) if six => {
                    format!("set ip6 {}/{}", space.address(*at), space.length(*bits))
                }
                End::Net(at, bits) | End::Not(at, bits) => {
                    let mask = std::net::Ipv4Addr::from(u32::MAX << (32 - u32::from(*bits)));
                    format!("set subnet {} {mask}", space.address(*at))
                }
                End::Host(at) if six => format!("set ip6 {}/128", space.address(*at)),
                End::Host(at) => format!("set subnet {} 255.255.255.255", space.address(*at)),
                End::Range(low, high) => format!(
                    "set type iprange\nset start-ip {}\nset end-ip {}",
                    space.address(*low),
                    space.address(*high)
                ),
            };
            writeln!(objects, "edit \"{name}\"\n{value}\nnext").unwrap();
            (name, matches!(end, End::Not(..)))
        };
        let (src, src_not) = named(Side::Src, &rule.src);
        let (dst, dst_not) = named(Side::Dst, &rule.dst);
        let service = match &rule.service {
            Service::Any => "ALL".to_owned(),
            other => {
                let value = match other {
                    Service::Tcp(a, b) => format!("set tcp-portrange {a}-{b}"),
                    Service::Udp(a, b) => format!("set udp-portrange {a}-{b}"),
                    Service::Ping if six => "set protocol ICMP6\nset icmptype 128".to_owned(),
                    Service::Ping => "set protocol ICMP\nset icmptype 8".to_owned(),
                    _ => "set protocol IP\nset protocol-number 47".to_owned(),
                };
                writeln!(services, "edit \"S{n}\"\n{value}\nnext").unwrap();
                format!("S{n}")
            }
        };
        let word = if six { "6" } else { "" };
        writeln!(policies, "edit {n}\nset srcintf \"a\"\nset dstintf \"b\"\nset srcaddr{word} \"{src}\"\nset dstaddr{word} \"{dst}\"\nset schedule \"always\"\nset service \"{service}\"").unwrap();
        for (set, line) in [
            (src_not, "set srcaddr-negate enable"),
            (dst_not, "set dstaddr-negate enable"),
            (rule.permit, "set action accept"),
            (!rule.enabled, "set status disable"),
        ] {
            if set {
                writeln!(policies, "{line}").unwrap();
            }
        }
        policies.push_str("next\n");
    }
    let all = if six { "edit \"all\"\nnext\n" } else { "edit \"all\"\nset subnet 0.0.0.0 0.0.0.0\nnext\n" };
    format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n\
         config system interface\n\
         edit \"a\"\nset ip 10.1.0.1 255.255.255.0\nconfig ipv6\nset ip6-address 2001:db8:1::1/64\nend\nnext\n\
         edit \"b\"\nset ip 10.2.0.1 255.255.255.0\nconfig ipv6\nset ip6-address 2001:db8:2::1/64\nend\nnext\nend\n\
         {object}{all}{objects}end\n\
         config firewall service custom\nedit \"ALL\"\nset protocol IP\nnext\n{services}end\n\
         config firewall policy\n{policies}end\n"
    )
}

fn iptables(rules: &[Rule], family: Family) -> String {
    let six = family == Family::V6;
    let mut text = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n".to_owned();
    for rule in rules.iter().filter(|r| r.enabled) {
        let mut line = "-A FORWARD -i a -o b".to_owned();
        for (side, end, flag, range) in
            [(Side::Src, &rule.src, "-s", "--src-range"), (Side::Dst, &rule.dst, "-d", "--dst-range")]
        {
            let space = Space { family, side };
            match end {
                End::Any => {}
                End::Net(at, bits) => {
                    write!(line, " {flag} {}/{}", space.address(*at), space.length(*bits)).unwrap()
                }
                End::Not(at, bits) => {
                    write!(line, " ! {flag} {}/{}", space.address(*at), space.length(*bits)).unwrap();
                }
                End::Host(at) => write!(line, " {flag} {}/{}", space.address(*at), space.length(32)).unwrap(),
                End::Range(low, high) => {
                    write!(line, " -m iprange {range} {}-{}", space.address(*low), space.address(*high))
                        .unwrap();
                }
            }
        }
        match &rule.service {
            Service::Any => {}
            Service::Tcp(a, b) => write!(line, " -p tcp -m tcp --dport {a}:{b}").unwrap(),
            Service::Udp(a, b) => write!(line, " -p udp -m udp --dport {a}:{b}").unwrap(),
            Service::Ping if six => line.push_str(" -p ipv6-icmp -m icmp6 --icmpv6-type 128"),
            Service::Ping => line.push_str(" -p icmp -m icmp --icmp-type 8"),
            Service::Gre => line.push_str(" -p gre"),
        }
        writeln!(text, "{line} -j {}", if rule.permit { "ACCEPT" } else { "DROP" }).unwrap();
    }
    let tool = if six { "ip6tables" } else { "iptables" };
    format!(
        "# Generated by {tool}-save v1.8.7 on Mon Mar 16 09:12:45 2026\n{text}COMMIT\n# Completed on Mon Mar 16 09:12:45 2026\n"
    )
}

fn ios(rules: &[Rule], family: Family) -> String {
    let six = family == Family::V6;
    let mut groups = String::new();
    let mut list = String::new();
    for (rule, n) in rules.iter().zip(1..) {
        let mut end = |side: Side, end: &End| {
            let space = Space { family, side };
            let wildcard = |bits: u8| std::net::Ipv4Addr::from(!(u32::MAX << (32 - u32::from(bits))));
            let name = format!("{side:?}{n}");
            let mut group = |lines: &str| {
                writeln!(groups, "object-group network {name}\n{lines}!").unwrap();
                format!("object-group {name}")
            };
            match end {
                End::Any => "any".to_owned(),
                End::Host(at) => format!("host {}", space.address(*at)),
                End::Net(at, bits) if six => format!("{}/{}", space.address(*at), space.length(*bits)),
                End::Net(at, bits) => format!("{} {}", space.address(*at), wildcard(*bits)),
                End::Range(low, high) => {
                    group(&format!(" range {} {}\n", space.address(*low), space.address(*high)))
                }
                // The language has no negation: what lies below and above.
                End::Not(at, bits) => {
                    let (low, high) = span_of(*at, *bits);
                    let number =
                        |last: u8| space.address(last).parse::<std::net::Ipv4Addr>().map(u32::from).unwrap();
                    let (below, above) = (number(low) - 1, number(high) + 1);
                    let show = std::net::Ipv4Addr::from;
                    group(&format!(
                        " range 0.0.0.0 {}\n range {} 255.255.255.255\n",
                        show(below),
                        show(above)
                    ))
                }
            }
        };
        let (src, dst) = (end(Side::Src, &rule.src), end(Side::Dst, &rule.dst));
        let (protocol, rest) = match &rule.service {
            Service::Any => (if six { "ipv6" } else { "ip" }, String::new()),
            Service::Tcp(a, b) => ("tcp", format!(" range {a} {b}")),
            Service::Udp(a, b) => ("udp", format!(" range {a} {b}")),
            Service::Ping if six => ("icmp", " 128".to_owned()),
            Service::Ping => ("icmp", " 8".to_owned()),
            Service::Gre => (if six { "47" } else { "gre" }, String::new()),
        };
        let word = if rule.permit { "permit" } else { "deny" };
        let line = format!("{word} {protocol} {src} {dst}{rest}");
        writeln!(list, " {}", if rule.enabled { line } else { format!("remark {line}") }).unwrap();
    }
    // The end, written out: an IPv6 list would let neighbour discovery pass.
    let (head, last) = match six {
        true => ("ipv6 access-list P", "deny ipv6 any any"),
        false => ("ip access-list extended P", "deny ip any any"),
    };
    let bound = if six { "ipv6 traffic-filter P in" } else { "ip access-group P in" };
    format!(
        "hostname R\n!\nip routing\nipv6 unicast-routing\n!\n{groups}\
         interface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n ipv6 address 2001:db8:1::1/64\n {bound}\n!\n\
         interface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n ipv6 address 2001:db8:2::1/64\n!\n\
         {head}\n{list} {last}\n!\nend\n"
    )
}

/// The prefixes that make up a range of one /24, or all of it but a network: AX and AlliedWare Plus name no groups.
fn prefixes(end: &End) -> Vec<(u8, u8)> {
    let spread = |low: u16, high: u16| {
        let (mut at, mut out) = (low, Vec::new());
        while at <= high {
            let mut size = 1u16;
            while at % (size * 2) == 0 && at + size * 2 - 1 <= high && size < 256 {
                size *= 2;
            }
            out.push((at as u8, 32 - size.trailing_zeros() as u8));
            at += size;
        }
        out
    };
    match end {
        End::Any => Vec::new(),
        End::Host(at) => vec![(*at, 32)],
        End::Net(at, bits) => vec![(*at, *bits)],
        End::Range(low, high) => spread(u16::from(*low), u16::from(*high)),
        End::Not(at, bits) => {
            let (low, high) = span_of(*at, *bits);
            let mut out = if low > 0 { spread(0, u16::from(low) - 1) } else { Vec::new() };
            out.extend(if high < 255 { spread(u16::from(high) + 1, 255) } else { Vec::new() });
            out
        }
    }
}

/// The entries of a list without groups, for each pair of prefixes one.
fn entries(rules: &[Rule], family: Family, dialect: &str) -> String {
    let six = family == Family::V6;
    let ends = |side: Side, end: &End| -> Vec<String> {
        let space = Space { family, side };
        let wildcard =
            |bits: u8| std::net::Ipv4Addr::from(u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0));
        let prefix = |(at, bits): (u8, u8)| match (six || dialect == "awplus", bits) {
            (false, 32) => format!("host {}", space.address(at)),
            (false, _) => format!("{} {}", space.address(at), wildcard(bits)),
            (true, _) => format!("{}/{}", space.address(at), space.length(bits)),
        };
        if *end == End::Any {
            vec!["any".to_owned()]
        } else {
            prefixes(end).into_iter().map(prefix).collect()
        }
    };
    let (mut out, mut number) = (String::new(), 0);
    for rule in rules.iter().filter(|r| r.enabled) {
        let (protocol, rest) = match &rule.service {
            Service::Any => (if six { "ipv6" } else { "ip" }, String::new()),
            Service::Tcp(a, b) => ("tcp", format!(" range {a} {b}")),
            Service::Udp(a, b) => ("udp", format!(" range {a} {b}")),
            Service::Ping => {
                let word = if dialect == "awplus" { " icmp-type" } else { "" };
                ("icmp", format!("{word} {}", if six { 128 } else { 8 }))
            }
            Service::Gre => (if dialect == "awplus" { "proto 47" } else { "47" }, String::new()),
        };
        let word = if rule.permit { "permit" } else { "deny" };
        for src in ends(Side::Src, &rule.src) {
            for dst in ends(Side::Dst, &rule.dst) {
                number += 10;
                writeln!(out, " {number} {word} {protocol} {src} {dst}{rest}").unwrap();
            }
        }
    }
    writeln!(out, " {} deny {} any any", number + 10, if six { "ipv6" } else { "ip" }).unwrap();
    out
}

fn axs(rules: &[Rule], family: Family) -> String {
    let (head, bound) = match family {
        Family::V6 => ("ipv6 access-list P", "ipv6 traffic-filter P in"),
        Family::V4 => ("ip access-list extended P", "ip access-group P in"),
    };
    let list = entries(rules, family, "axs");
    format!(
        "#configuration list for AX3660S-24T4XW\n!\nhostname \"R\"\n!\nvlan 1\n!\nvlan 10\n!\nvlan 20\n!\nip routing\nipv6 unicast-routing\n!\n\
         interface vlan 10\n ip address 10.1.0.1 255.255.255.0\n ipv6 address 2001:db8:1::1/64\n {bound}\n!\n\
         interface vlan 20\n ip address 10.2.0.1 255.255.255.0\n ipv6 address 2001:db8:2::1/64\n!\n{head}\n{list}!\n"
    )
}

fn awplus(rules: &[Rule], family: Family) -> String {
    let (head, bound) = match family {
        Family::V6 => ("ipv6 access-list P", "ipv6 traffic-filter P"),
        Family::V4 => ("access-list hardware P", "access-group P"),
    };
    let list = entries(rules, family, "awplus");
    format!(
        "!\nhostname R\n!\nip forwarding\n!\nipv6 forwarding\n!\n{head}\n{list}!\nvlan database\n vlan 10,20 state enable\n!\n\
         interface vlan10\n ip address 10.1.0.1/24\n ipv6 address 2001:db8:1::1/64\n {bound}\n!\n\
         interface vlan20\n ip address 10.2.0.1/24\n ipv6 address 2001:db8:2::1/64\n!\nend\n"
    )
}

/// The rows of a FWポリシー表.
fn table(rules: &[Rule], family: Family) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (rule, n) in rules.iter().zip(1..) {
        let end = |side: Side, end: &End| {
            let space = Space { family, side };
            match end {
                End::Any => "any".to_owned(),
                End::Host(at) => space.address(*at),
                End::Net(at, bits) => format!("{}/{}", space.address(*at), space.length(*bits)),
                End::Not(at, bits) => format!("{}/{}以外", space.address(*at), space.length(*bits)),
                End::Range(low, high) => format!("{}~{}", space.address(*low), space.address(*high)),
            }
        };
        let service = match &rule.service {
            Service::Any => "any".to_owned(),
            Service::Tcp(a, b) => format!("TCP/{a}-{b}"),
            Service::Udp(a, b) => format!("UDP {a}~{b}"),
            Service::Ping if family == Family::V6 => "ICMPv6タイプ128".to_owned(),
            Service::Ping => "ICMPタイプ8".to_owned(),
            Service::Gre => "GRE".to_owned(),
        };
        let action = if rule.permit { "許可" } else { "拒否" };
        let enabled = if rule.enabled { "有効" } else { "無効" };
        let cells = [
            &n.to_string(),
            "",
            "a",
            &end(Side::Src, &rule.src),
            "b",
            &end(Side::Dst, &rule.dst),
            &service,
            action,
            enabled,
            "-",
            "",
        ];
        rows.push(cells.iter().map(|c| (*c).to_owned()).collect());
    }
    let last = ["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", ""];
    rows.push(last.iter().map(|c| (*c).to_owned()).collect());
    rows
}

const ADDRESSES: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    inet 127.0.0.1/8 scope host lo\n2: a: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    inet 10.1.0.1/24 brd 10.1.0.255 scope global a\n    inet6 2001:db8:1::1/64 scope global \n3: b: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    inet 10.2.0.1/24 brd 10.2.0.255 scope global b\n    inet6 2001:db8:2::1/64 scope global \n";
const ROUTES: &str = "10.1.0.0/24 dev a proto kernel scope link src 10.1.0.1\n10.2.0.0/24 dev b proto kernel scope link src 10.2.0.1\n";
const ROUTES6: &str = "2001:db8:1::/64 dev a proto kernel metric 256 pref medium\n2001:db8:2::/64 dev b proto kernel metric 256 pref medium\n";

fn sysctl() -> String {
    let mut text = "net.ipv4.ip_forward = 1\n".to_owned();
    for at in ["all", "default", "a", "b"] {
        for (key, value) in [
            ("ipv4", "accept_local = 0"),
            ("ipv4", "accept_source_route = 0"),
            ("ipv4", "forwarding = 1"),
            ("ipv4", "mc_forwarding = 0"),
            ("ipv4", "route_localnet = 0"),
            ("ipv4", "rp_filter = 1"),
            ("ipv6", "disable_ipv6 = 0"),
            ("ipv6", "forwarding = 1"),
        ] {
            let (name, value) = value.split_once(" = ").unwrap();
            writeln!(text, "net.{key}.conf.{at}.{name} = {value}").unwrap();
        }
    }
    text
}

/// A device read from a text, with its two interfaces called `a` and `b`.
fn read(id: &str, text: &str, companions: &[(Companion, &str)]) -> Device {
    let mut sources = Sources::new();
    let limits = Limits::default();
    let file = sources.add(SitePath::new("c").unwrap(), text.as_bytes(), &limits).unwrap();
    let mut others = Vec::new();
    for (at, (kind, text)) in companions.iter().enumerate() {
        let path = SitePath::new(&format!("c{at}")).unwrap();
        others.push((*kind, sources.add(path, text.as_bytes(), &limits).unwrap()));
    }
    let mut reading = vendor::by_id(id).unwrap().read(VendorInput {
        name: Some("D"),
        config: file,
        companions: &others,
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    });
    let mut device = reading.devices.remove(0);
    device.widen();
    for interface in &mut device.interfaces {
        let plain = match interface.name.value.as_str() {
            "GigabitEthernet0/0" | "vlan 10" | "vlan10" => "a",
            "GigabitEthernet0/1" | "vlan 20" | "vlan20" => "b",
            other => other,
        };
        interface.name.value = plain.to_owned();
    }
    device
}

fn linux(rules: &[Rule], family: Family) -> Device {
    let empty = |f: Family| iptables(&[], f);
    let (four, six) = match family {
        Family::V4 => (iptables(rules, family), empty(Family::V6)),
        Family::V6 => (empty(Family::V4), iptables(rules, family)),
    };
    let sysctl = sysctl();
    let companions = [
        (Companion::Ipv6, six.as_str()),
        (Companion::Addresses, ADDRESSES),
        (Companion::Routes, ROUTES),
        (Companion::Routes6, ROUTES6),
        (Companion::Sysctl, &sysctl),
    ];
    read("iptables", &four, &companions)
}

/// Every rendering, by its language.
fn renderings(rules: &[Rule], family: Family) -> Vec<(&'static str, Device)> {
    vec![
        ("fortios", read("fortios", &fortios(rules, family), &[])),
        ("iptables", linux(rules, family)),
        ("ios", read("ios", &ios(rules, family), &[])),
        ("axs", read("axs", &axs(rules, family), &[])),
        ("awplus", read("awplus", &awplus(rules, family), &[])),
        ("table", one_device(&table(rules, family))),
    ]
}

/// Machines of the two networks, the devices' own addresses and the broadcast addresses left out.
fn region(family: Family) -> Cube {
    let ends = |net: &str| match family {
        Family::V4 => {
            let base = Family::number(format!("10.{net}.0.0").parse().unwrap());
            Ranges::span(base + 2, base + 254)
        }
        Family::V6 => {
            let base = Family::number(format!("2001:db8:{net}::").parse().unwrap());
            Ranges::span(base + 2, base + 0xFFFF)
        }
    };
    let one = |values: &[u128]| Ranges::from_pairs(values.iter().map(|v| (*v, *v)));
    let (protocols, icmp) = match family {
        Family::V4 => (one(&[1, 6, 17, 47, 50, 89]), Ranges::full(0xFFFF)),
        // Neighbour discovery never leaves its link.
        Family::V6 => (one(&[6, 17, 47, 50, 58, 89]), one(&[0, 128 << 8, 129 << 8])),
    };
    let sides = Cube::family(family).with(Field::Src, ends("1")).with(Field::Dst, ends("2"));
    sides.with(Field::Proto, protocols).with(Field::Icmp, icmp)
}

/// Where two devices differ, in words; nothing if they let the same opening packets from `a` to `b`.
fn difference(one: &Device, other: &Device, family: Family) -> Vec<String> {
    let sources = Sources::new();
    let limits = Limits::default();
    let vendor = vendor::by_id("iptables").unwrap();
    let statements = Statements::of(&sources, vendor, &limits);
    let version = |device| Some(Version { device, statements: &statements });
    let mut found = compare(version(one), version(other), 40_000_000).unwrap();
    let region = found.engine.cube(&region(family)).unwrap();
    let mut out = Vec::new();
    for change in found.changes.clone() {
        let way = change.ingress == "a" && change.egress.as_deref() == Some("b");
        let inside = found.engine.and(change.set, region).unwrap();
        // What a rule translates or where a route leads is another question.
        let passes = matches!(change.kind, Kind::New | Kind::Gone);
        if way && !inside.is_empty() && passes {
            let point = found.engine.diagram().pick(inside.node()).unwrap();
            let flow = bunri::analysis::set::flow_at(&point);
            out.push(format!("{:?} certain={} {flow}", change.kind, change.certain));
        }
    }
    out
}

fn same_everywhere(rules: &[Rule], family: Family) -> Result<(), TestCaseError> {
    let all = renderings(rules, family);
    let (first, one) = &all[0];
    for (name, other) in &all[1..] {
        let found = difference(one, other, family);
        prop_assert!(found.is_empty(), "{first} and {name}: {found:#?}\n{rules:#?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn one_policy_in_six_languages_is_one_set_of_packets(rules in policies(true)) {
        same_everywhere(&rules, Family::V4)?;
    }

    #[test]
    fn one_policy_in_six_languages_is_one_set_of_ipv6_packets(rules in policies(false)) {
        same_everywhere(&rules, Family::V6)?;
    }
}

/// The comparison sees a difference of one port, one address, one order, one rule that is switched off.
#[test]
fn one_policy_changed_is_another_set_of_packets() {
    let permit = Rule {
        permit: true,
        enabled: true,
        src: End::Net(0, 25),
        dst: End::Host(10),
        service: Service::Tcp(443, 443),
    };
    let deny = Rule { permit: false, src: End::Host(5), ..permit.clone() };
    let rules = vec![deny.clone(), permit.clone()];
    let changed = [
        vec![permit.clone(), deny.clone()],
        vec![deny.clone(), Rule { service: Service::Tcp(443, 444), ..permit.clone() }],
        vec![deny.clone(), Rule { src: End::Net(0, 24), ..permit.clone() }],
        vec![deny.clone(), Rule { dst: End::Range(10, 11), ..permit.clone() }],
        vec![deny.clone(), Rule { enabled: false, ..permit.clone() }],
        vec![deny, Rule { src: End::Not(0, 25), ..permit }],
    ];
    for family_rules in changed {
        for ((name, one), (_, other)) in
            renderings(&rules, Family::V4).into_iter().zip(renderings(&family_rules, Family::V4))
        {
            assert!(!difference(&one, &other, Family::V4).is_empty(), "{name}: {family_rules:#?}");
        }
    }
}
