//! Words to values: addresses, masks, names of ports, protocols and messages.
//!
//! Names: Cisco IOS Security Command Reference, `permit (IP)`, `permit (IPv6)` (tables of port and message names).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

use crate::model::{AddressSet, Family, Ranges, proto};

/// Intervals that one wildcard mask may become.
const MOST_INTERVALS: usize = 4096;

/// An address and a mask that is a prefix.
pub fn masked(address: &str, mask: &str) -> Option<IpNetwork> {
    let (address, mask): (Ipv4Addr, Ipv4Addr) = (address.parse().ok()?, mask.parse().ok()?);
    let bits = u32::from(mask);
    let length = bits.leading_ones();
    (bits.checked_shl(length).unwrap_or(0) == 0).then_some(())?;
    IpNetwork::new(IpAddr::V4(address), u8::try_from(length).ok()?).ok()
}

/// `10.0.0.0/8`, `2001:db8::/32`: the length must be there.
pub fn prefix(text: &str) -> Option<IpNetwork> {
    text.contains('/').then(|| text.parse().ok()).flatten()
}

/// A set of addresses that a mask with holes names. `Err` holds a prefix around all of them, if the mask has too many
/// holes to be listed.
pub fn wildcard(address: &str, wild: &str) -> Option<Result<Ranges, Ranges>> {
    let (address, wild): (Ipv4Addr, Ipv4Addr) = (address.parse().ok()?, wild.parse().ok()?);
    let (value, wild) = (u32::from(address), u32::from(wild));
    let max = Family::V4.max_address();
    Some(match Ranges::from_mask(u128::from(value), u128::from(!wild), max, MOST_INTERVALS) {
        Some(exact) => Ok(exact),
        None => {
            let free = 32 - wild.leading_zeros();
            let mask = u32::MAX.checked_shl(free).unwrap_or(0);
            Err(Ranges::span(u128::from(value & mask), u128::from(value | !mask)))
        }
    })
}

/// One IPv4 address.
pub fn v4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}

/// One IPv6 address.
pub fn v6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok()
}

/// The set of one prefix.
pub fn set(network: IpNetwork) -> AddressSet {
    AddressSet::network(network)
}

/// A protocol by number or name; 0 by the name of the family is every protocol and not for here.
pub fn protocol(word: &str, family: Family) -> Option<u8> {
    let number = match word {
        "ahp" => 51,
        "esp" => 50,
        "eigrp" => 88,
        "gre" => 47,
        "icmp" if family == Family::V6 => proto::ICMPV6,
        "icmp" => proto::ICMP,
        "icmp6" | "icmpv6" => proto::ICMPV6,
        "igmp" => 2,
        "ipinip" => 4,
        "nos" => 94,
        "ospf" => 89,
        "pcp" => 108,
        "pim" => 103,
        "sctp" => proto::SCTP,
        "tcp" => proto::TCP,
        "udp" => proto::UDP,
        "vrrp" => 112,
        _ => return word.parse().ok(),
    };
    Some(number)
}

/// A port by number or name.
pub fn port(word: &str, protocol: u8) -> Option<u16> {
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    const BOTH: &[(&str, u16)] = &[
        ("discard", 9),
        ("domain", 53),
        ("echo", 7),
        ("pim-auto-rp", 496),
        ("sunrpc", 111),
        ("tacacs", 49),
        ("talk", 517),
    ];
    const TCP: &[(&str, u16)] = &[
        ("bgp", 179),
        ("chargen", 19),
        ("cmd", 514),
        ("daytime", 13),
        ("exec", 512),
        ("finger", 79),
        ("ftp", 21),
        ("ftp-data", 20),
        ("gopher", 70),
        ("hostname", 101),
        ("ident", 113),
        ("irc", 194),
        ("klogin", 543),
        ("kshell", 544),
        ("login", 513),
        ("lpd", 515),
        ("msrpc", 135),
        ("nntp", 119),
        ("onep-plain", 15001),
        ("onep-tls", 15002),
        ("pop2", 109),
        ("pop3", 110),
        ("smtp", 25),
        ("ssh", 22),
        ("telnet", 23),
        ("time", 37),
        ("uucp", 540),
        ("whois", 43),
        ("www", 80),
        ("http", 80),
        ("https", 443),
    ];
    const UDP: &[(&str, u16)] = &[
        ("biff", 512),
        ("bootpc", 68),
        ("bootps", 67),
        ("dnsix", 195),
        ("isakmp", 500),
        ("mobile-ip", 434),
        ("nameserver", 42),
        ("netbios-dgm", 138),
        ("netbios-ns", 137),
        ("netbios-ss", 139),
        ("non500-isakmp", 4500),
        ("ntp", 123),
        ("rip", 520),
        ("ripv6", 521),
        ("snmp", 161),
        ("snmptrap", 162),
        ("syslog", 514),
        ("tftp", 69),
        ("time", 37),
        ("who", 513),
        ("xdmcp", 177),
    ];
    let own = if protocol == proto::TCP { TCP } else { UDP };
    own.iter().chain(BOTH).find(|(name, _)| *name == word).map(|(_, n)| *n)
}

/// Values of `type << 8 | code` that a message name or number stands for.
pub fn icmp(words: &[&str], family: Family) -> Option<Ranges> {
    let whole = |kind: u128| Ranges::span(kind << 8, (kind << 8) | 0xFF);
    let number = |w: &str| w.parse::<u8>().ok().map(u128::from);
    match words {
        [kind, code] => Some(Ranges::one((number(kind)? << 8) | number(code)?)),
        [one] => {
            if let Some(kind) = number(one) {
                return Some(whole(kind));
            }
            let names = if family == Family::V4 { ICMP } else { ICMP6 };
            let (_, kind, code) = names.iter().find(|(name, _, _)| name == one)?;
            let kind = u128::from(*kind);
            Some(code.map_or_else(|| whole(kind), |c| Ranges::one((kind << 8) | u128::from(c))))
        }
        _ => None,
    }
}

const ICMP: &[(&str, u8, Option<u8>)] = &[
    ("administratively-prohibited", 3, Some(13)),
    ("alternate-address", 6, None),
    ("conversion-error", 31, None),
    ("dod-host-prohibited", 3, Some(10)),
    ("dod-net-prohibited", 3, Some(9)),
    ("echo", 8, None),
    ("echo-reply", 0, None),
    ("general-parameter-problem", 12, Some(0)),
    ("host-isolated", 3, Some(8)),
    ("host-precedence-unreachable", 3, Some(14)),
    ("host-redirect", 5, Some(1)),
    ("host-tos-redirect", 5, Some(3)),
    ("host-tos-unreachable", 3, Some(12)),
    ("host-unknown", 3, Some(7)),
    ("host-unreachable", 3, Some(1)),
    ("information-reply", 16, None),
    ("information-request", 15, None),
    ("mask-reply", 18, None),
    ("mask-request", 17, None),
    ("mobile-redirect", 32, None),
    ("net-redirect", 5, Some(0)),
    ("net-tos-redirect", 5, Some(2)),
    ("net-tos-unreachable", 3, Some(11)),
    ("net-unreachable", 3, Some(0)),
    ("network-unknown", 3, Some(6)),
    ("no-room-for-option", 12, Some(2)),
    ("option-missing", 12, Some(1)),
    ("packet-too-big", 3, Some(4)),
    ("parameter-problem", 12, None),
    ("port-unreachable", 3, Some(3)),
    ("precedence-unreachable", 3, Some(15)),
    ("protocol-unreachable", 3, Some(2)),
    ("reassembly-timeout", 11, Some(1)),
    ("redirect", 5, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("source-quench", 4, None),
    ("source-route-failed", 3, Some(5)),
    ("time-exceeded", 11, None),
    ("timestamp-reply", 14, None),
    ("timestamp-request", 13, None),
    ("traceroute", 30, None),
    ("ttl-exceeded", 11, Some(0)),
    ("unreachable", 3, None),
];

const ICMP6: &[(&str, u8, Option<u8>)] = &[
    ("beyond-scope", 1, Some(2)),
    ("destination-unreachable", 1, Some(3)),
    ("unreachable", 1, None),
    ("echo-reply", 129, None),
    ("echo-request", 128, None),
    ("header", 4, Some(0)),
    ("hop-limit", 3, Some(0)),
    ("mld-query", 130, None),
    ("mld-reduction", 132, None),
    ("mld-report", 131, None),
    ("nd-na", 136, None),
    ("nd-ns", 135, None),
    ("next-header", 4, Some(1)),
    ("no-admin", 1, Some(1)),
    ("no-route", 1, Some(0)),
    ("packet-too-big", 2, None),
    ("parameter-option", 4, Some(2)),
    ("parameter-problem", 4, None),
    ("port-unreachable", 1, Some(4)),
    ("reassembly-timeout", 3, Some(1)),
    ("renum-command", 138, Some(0)),
    ("renum-result", 138, Some(1)),
    ("renum-seq-number", 138, Some(255)),
    ("router-advertisement", 134, None),
    ("router-renumbering", 138, None),
    ("router-solicitation", 133, None),
    ("time-exceeded", 3, None),
];

/// Whether a name was decoded without loss.
pub fn decoded(words: &[&str]) -> bool {
    words.iter().all(|w| !w.contains('\u{FFFD}'))
}

/// `1,3-5`: VLAN numbers.
pub fn vlans(text: &str) -> Option<Vec<(u16, u16)>> {
    let number = |t: &str| t.trim().parse::<u16>().ok().filter(|n| (1..=4094).contains(n));
    let one = |part: &str| match part.split_once('-') {
        Some((a, b)) => Some((number(a)?, number(b)?)).filter(|(a, b)| a <= b),
        None => number(part).map(|n| (n, n)),
    };
    text.split(',').map(one).collect()
}
