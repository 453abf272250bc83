//! Values of conditions: addresses, ports, protocols, ICMP types, TCP flags, states.
//!
//! `iptables-save` prints numbers; restore files written by hand may hold names, so the usual ones are read too.
//! Sources: iptables(8), iptables-extensions(8), `extensions/libxt_icmp.h` (ICMP names), IANA (protocols, ports).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::model::{Ranges, State, TCP_FLAGS};

use super::config::Family;

/// Most intervals that a mask with holes may expand to; beyond it the mask counts as not readable.
const MASK_INTERVALS: usize = 4096;

/// `10.0.0.0/8`, `10.0.0.1/255.0.0.255`, `fe80::1`, a comma list of them.
pub fn addresses(family: Family, text: &str) -> Option<Ranges> {
    let parts: Option<Vec<Ranges>> = text.split(',').map(|part| network(family, part)).collect();
    Some(Ranges::from_pairs(parts?.iter().flat_map(|r| r.pairs().iter().copied())))
}

fn network(family: Family, text: &str) -> Option<Ranges> {
    let (address, mask) = text.split_once('/').map_or((text, None), |(a, m)| (a, Some(m)));
    let max = max_address(family);
    let mask = match mask {
        None => max,
        Some(m) => match m.parse::<u32>() {
            Ok(bits) => prefix_mask(family, bits)?,
            Err(_) => number(family, m)?,
        },
    };
    if mask == 0 {
        return Some(Ranges::full(max));
    }
    Ranges::from_mask(number(family, address)?, mask, max, MASK_INTERVALS)
}

/// A set that surely holds a network whose mask has too many holes: its leading prefix.
pub fn covering(family: Family, text: &str) -> Option<Ranges> {
    let (address, mask) = text.split_once('/')?;
    let max = max_address(family);
    let mask = number(family, mask)?;
    let shift = if family == Family::V4 { 96 } else { 0 };
    let ones = ((mask << shift) | !(max << shift)).leading_ones().min(128 - shift);
    let prefix = prefix_mask(family, ones)?;
    Ranges::from_mask(number(family, address)?, prefix, max, 1)
}

/// The value of an address of this family.
pub fn number(family: Family, text: &str) -> Option<u128> {
    match family {
        Family::V4 => text.parse::<Ipv4Addr>().ok().map(|a| u128::from(u32::from(a))),
        Family::V6 => text.parse::<Ipv6Addr>().ok().map(u128::from),
    }
}

/// The largest address of a family.
pub fn max_address(family: Family) -> u128 {
    match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    }
}

fn prefix_mask(family: Family, bits: u32) -> Option<u128> {
    let width = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let host = u32::checked_sub(width, bits)?;
    let low = 1u128.checked_shl(host).map_or(u128::MAX, |v| v - 1);
    Some(max_address(family) & !low)
}

/// `LOW-HIGH` or one address, as in `--src-range` and `--to-source`.
pub fn address_range(family: Family, text: &str) -> Option<Ranges> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (number(family, low)?, number(family, high)?);
    (low <= high).then(|| Ranges::span(low, high))
}

/// `22`, `1024:`, `:1023`, `60000:61000`, `ssh`.
pub fn port_range(text: &str) -> Option<Ranges> {
    if let Some(one) = port(text) {
        return Some(Ranges::one(u128::from(one)));
    }
    let (low, high) = text.split_once([':', '-'])?;
    let low = if low.is_empty() { 0 } else { port(low)? };
    let high = if high.is_empty() { u16::MAX } else { port(high)? };
    (low <= high).then(|| Ranges::span(u128::from(low), u128::from(high)))
}

/// A comma list of ports and `a:b` ranges (multiport).
pub fn port_list(text: &str) -> Option<Ranges> {
    let parts: Option<Vec<Ranges>> = text.split(',').map(port_range).collect();
    Some(Ranges::from_pairs(parts?.iter().flat_map(|r| r.pairs().iter().copied())))
}

/// A port number or one of the usual service names.
pub fn port(text: &str) -> Option<u16> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    const NAMES: &[(&str, u16)] = &[
        ("ftp-data", 20),
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("bootps", 67),
        ("bootpc", 68),
        ("tftp", 69),
        ("http", 80),
        ("www", 80),
        ("kerberos", 88),
        ("pop3", 110),
        ("sunrpc", 111),
        ("ntp", 123),
        ("netbios-ns", 137),
        ("netbios-dgm", 138),
        ("netbios-ssn", 139),
        ("imap", 143),
        ("imap2", 143),
        ("snmp", 161),
        ("snmp-trap", 162),
        ("snmptrap", 162),
        ("ldap", 389),
        ("https", 443),
        ("microsoft-ds", 445),
        ("isakmp", 500),
        ("syslog", 514),
        ("submission", 587),
        ("ldaps", 636),
        ("imaps", 993),
        ("pop3s", 995),
    ];
    NAMES.iter().find(|n| n.0 == text).map(|n| n.1)
}

/// A protocol: number, `all`, or name. `Some(None)` is every protocol.
pub fn protocol(text: &str) -> Option<Option<u8>> {
    if let Ok(number) = text.parse::<u8>() {
        return Some((number != 0).then_some(number));
    }
    const NAMES: &[(&str, u8)] = &[
        ("icmp", 1),
        ("igmp", 2),
        ("ipv4", 4),
        ("ipencap", 4),
        ("tcp", 6),
        ("egp", 8),
        ("udp", 17),
        ("dccp", 33),
        ("ipv6", 41),
        ("ipv6-route", 43),
        ("ipv6-frag", 44),
        ("rsvp", 46),
        ("gre", 47),
        ("esp", 50),
        ("ipv6-crypt", 50),
        ("ah", 51),
        ("ipv6-auth", 51),
        ("ipv6-icmp", 58),
        ("icmpv6", 58),
        ("ipv6-nonxt", 59),
        ("ipv6-opts", 60),
        ("eigrp", 88),
        ("ospf", 89),
        ("ospfigp", 89),
        ("ipip", 94),
        ("etherip", 97),
        ("pim", 103),
        ("ipcomp", 108),
        ("vrrp", 112),
        ("l2tp", 115),
        ("isis", 124),
        ("sctp", 132),
        ("mobility-header", 135),
        ("ipv6-mh", 135),
        ("mh", 135),
        ("udplite", 136),
    ];
    let lower = text.to_ascii_lowercase();
    if lower == "all" {
        return Some(None);
    }
    NAMES.iter().find(|n| n.0 == lower).map(|n| Some(n.1))
}

/// `type`, `type/code`, `any` or a name, as values of [`crate::model::Field::Icmp`].
pub fn icmp_type(family: Family, text: &str) -> Option<Ranges> {
    let names: &[(&str, u8, Option<u8>)] = match family {
        Family::V4 => ICMP_NAMES,
        Family::V6 => ICMPV6_NAMES,
    };
    if family == Family::V4 && (text == "any" || text == "255") {
        return Some(Ranges::full(0xFFFF));
    }
    let (kind, code) = match text.split_once('/') {
        Some((t, c)) => (t.parse::<u8>().ok()?, Some(c.parse::<u8>().ok()?)),
        None => match text.parse::<u8>() {
            Ok(t) => (t, None),
            Err(_) => names.iter().find(|n| n.0 == text).map(|n| (n.1, n.2))?,
        },
    };
    let base = u128::from(kind) << 8;
    Some(match code {
        Some(c) => Ranges::one(base | u128::from(c)),
        None => Ranges::span(base, base | 0xFF),
    })
}

const ICMP_NAMES: &[(&str, u8, Option<u8>)] = &[
    ("echo-reply", 0, None),
    ("pong", 0, None),
    ("destination-unreachable", 3, None),
    ("network-unreachable", 3, Some(0)),
    ("host-unreachable", 3, Some(1)),
    ("protocol-unreachable", 3, Some(2)),
    ("port-unreachable", 3, Some(3)),
    ("fragmentation-needed", 3, Some(4)),
    ("source-route-failed", 3, Some(5)),
    ("network-prohibited", 3, Some(9)),
    ("host-prohibited", 3, Some(10)),
    ("communication-prohibited", 3, Some(13)),
    ("source-quench", 4, None),
    ("redirect", 5, None),
    ("echo-request", 8, None),
    ("ping", 8, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("time-exceeded", 11, None),
    ("ttl-exceeded", 11, None),
    ("ttl-zero-during-transit", 11, Some(0)),
    ("ttl-zero-during-reassembly", 11, Some(1)),
    ("parameter-problem", 12, None),
    ("timestamp-request", 13, None),
    ("timestamp-reply", 14, None),
    ("address-mask-request", 17, None),
    ("address-mask-reply", 18, None),
];

const ICMPV6_NAMES: &[(&str, u8, Option<u8>)] = &[
    ("destination-unreachable", 1, None),
    ("no-route", 1, Some(0)),
    ("communication-prohibited", 1, Some(1)),
    ("address-unreachable", 1, Some(3)),
    ("port-unreachable", 1, Some(4)),
    ("packet-too-big", 2, None),
    ("time-exceeded", 3, None),
    ("ttl-exceeded", 3, None),
    ("parameter-problem", 4, None),
    ("echo-request", 128, None),
    ("ping", 128, None),
    ("echo-reply", 129, None),
    ("pong", 129, None),
    ("router-solicitation", 133, None),
    ("router-advertisement", 134, None),
    ("neighbour-solicitation", 135, None),
    ("neighbor-solicitation", 135, None),
    ("neighbour-advertisement", 136, None),
    ("neighbor-advertisement", 136, None),
    ("redirect", 137, None),
];

/// `--tcp-flags MASK SET` as values of [`crate::model::Field::TcpFlags`].
pub fn tcp_flags(mask: &str, set: &str) -> Option<Ranges> {
    let (mask, set) = (flag_bits(mask)?, flag_bits(set)?);
    let values = (0u8..64).filter(|v| v & mask == set).map(u128::from);
    Some(Ranges::from_pairs(values.map(|v| (v, v))))
}

fn flag_bits(text: &str) -> Option<u8> {
    match text {
        "ALL" => return Some(63),
        "NONE" => return Some(0),
        _ => {}
    }
    let bit = |name: &str| TCP_FLAGS.iter().find(|f| f.0 == name).map(|f| f.1);
    text.split(',').map(bit).try_fold(0u8, |sum, b| b.map(|b| sum | b))
}

/// A state list: the states we model, and whether it names `SNAT` or `DNAT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States {
    /// Values of [`crate::model::Field::State`].
    pub states: Ranges,
    /// `SNAT` is in the list.
    pub snat: bool,
    /// `DNAT` is in the list.
    pub dnat: bool,
}

/// `NEW,RELATED,ESTABLISHED,INVALID,UNTRACKED,SNAT,DNAT`
pub fn states(text: &str) -> Option<States> {
    let mut out = States { states: Ranges::empty(), snat: false, dnat: false };
    for word in text.split(',') {
        let state = match word {
            "NEW" => State::New,
            "ESTABLISHED" => State::Established,
            "RELATED" => State::Related,
            "INVALID" => State::Invalid,
            "UNTRACKED" => State::Untracked,
            "SNAT" => {
                out.snat = true;
                continue;
            }
            "DNAT" => {
                out.dnat = true;
                continue;
            }
            _ => return None,
        };
        out.states = out.states.union(&Ranges::one(state.value()));
    }
    Some(out)
}

/// `0x1/0xff` or `5`: value and mask.
pub fn mark(text: &str) -> Option<(u32, u32)> {
    let (value, mask) = text.split_once('/').map_or((text, None), |(v, m)| (v, Some(m)));
    Some((integer(value)?, mask.map_or(Some(u32::MAX), integer)?))
}

/// A decimal or `0x` number.
pub fn integer(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `addr[-addr][:port[-port[/base]]]`, `[v6]:port`, `:port` of `--to-source` and `--to-destination`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatTarget {
    /// New addresses; `None` keeps the address.
    pub addresses: Option<Ranges>,
    /// New ports; `None` keeps the port.
    pub ports: Option<Ranges>,
    /// Whether the new port depends on the old one (`/base`).
    pub shifted: bool,
}

/// Reads the value of `--to-source` or `--to-destination`.
pub fn nat_target(family: Family, text: &str) -> Option<NatTarget> {
    let (addresses, ports) = match family {
        Family::V4 => text.split_once(':').map_or((text, None), |(a, p)| (a, Some(p))),
        Family::V6 => split_v6(text)?,
    };
    let addresses = if addresses.is_empty() { None } else { Some(address_range(family, addresses)?) };
    let shifted = ports.is_some_and(|p| p.contains('/'));
    let ports = match ports.map(|p| p.split('/').next().unwrap_or(p)) {
        None | Some("") => None,
        Some(p) => Some(port_range(p)?),
    };
    Some(NatTarget { addresses, ports, shifted })
}

/// `[a]:p`, `[a-b]:p`, `[a]-[b]:p`, `a`, `a-b`, `:p`
fn split_v6(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.rsplit_once(']')?;
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        return (!inside.contains(['[', ']'])).then_some((inside, port));
    }
    if let Some(port) = text.strip_prefix(':')
        && !port.starts_with(':')
    {
        return Some(("", Some(port)));
    }
    Some((text, None))
}
