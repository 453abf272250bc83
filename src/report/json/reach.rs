//! The form of `bunri reach`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::words::{family_code, proto_name};
use super::{LinePlace, Packet};
use crate::analysis::rows::Row;
use crate::model::{Family, Field, PORT_PROTOCOLS, Ranges, proto};

/// The answer of `bunri reach`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReachReport {
    /// Always 1.
    pub schema_version: u32,
    /// The answer.
    pub verdict: ReachVerdict,
    /// Number of headers that certainly get through, as a power of two; null if none.
    pub lower_log2: Option<f64>,
    /// Number of headers that may get through, as a power of two; null if none.
    pub upper_log2: Option<f64>,
    /// A packet that gets through.
    pub witness: Option<Packet>,
    /// Headers at ingress that get through, in few rows.
    pub boxes: Vec<ReachBox>,
    /// Whether `boxes` is cut.
    pub boxes_truncated: bool,
    /// Lines that leave it open.
    pub culprits: Vec<LinePlace>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Why it is undetermined, where no line is the reason.
    pub reason: Option<String>,
}

/// Whether anything gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReachVerdict {
    /// Something certainly does.
    Reachable,
    /// Nothing can.
    Unreachable,
    /// It depends on lines that are not understood.
    Undetermined,
}

/// Which bound a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// Certainly gets through.
    Lower,
    /// May get through; what certainly does is part of it.
    Upper,
}

/// A product of intervals `a-b`. An empty list means that no protocol of the row has such a field. Rows about TCP
/// speak of SYN packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReachBox {
    /// Which bound it belongs to.
    pub bound: Bound,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Source addresses.
    pub src: Vec<String>,
    /// Destination addresses.
    pub dst: Vec<String>,
    /// Protocols: names, numbers, or intervals of numbers.
    pub proto: Vec<String>,
    /// Source ports.
    pub sport: Vec<String>,
    /// Destination ports.
    pub dport: Vec<String>,
    /// ICMP `type/code` intervals.
    pub icmp: Vec<String>,
    /// Egress interface, or `local`.
    pub out: Option<String>,
}

impl ReachBox {
    /// A row of a set of headers that leave by `out`.
    pub fn new(row: &Row, bound: Bound, out: &str) -> Self {
        let side = |f: Field, max: u128| row.cube.side(f).cloned().unwrap_or_else(|| Ranges::full(max));
        let protocols = side(Field::Proto, Field::Proto.max_value());
        let has = |list: &[u8]| list.iter().any(|p| protocols.contains(u128::from(*p)));
        let only = |f: Field, present: bool, show: fn(u128) -> String| {
            if present { intervals(&side(f, f.max_value()), show) } else { Vec::new() }
        };
        let address = |f: Field| {
            let show = |v: u128| row.family.address(v).to_string();
            intervals(&side(f, row.family.max_address()), show)
        };
        let ports = has(&PORT_PROTOCOLS);
        ReachBox {
            bound,
            family: family_code(row.family),
            src: address(Field::Src),
            dst: address(Field::Dst),
            proto: protocols.pairs().iter().map(protocol).collect(),
            sport: only(Field::Sport, ports, |v| v.to_string()),
            dport: only(Field::Dport, ports, |v| v.to_string()),
            icmp: only(Field::Icmp, has(&[own_icmp(row.family)]), |v| format!("{}/{}", v >> 8, v & 0xFF)),
            out: Some(out.to_owned()),
        }
    }
}

pub(super) fn own_icmp(family: Family) -> u8 {
    match family {
        Family::V4 => proto::ICMP,
        Family::V6 => proto::ICMPV6,
    }
}

pub(super) fn intervals(set: &Ranges, show: impl Fn(u128) -> String) -> Vec<String> {
    set.pairs().iter().map(|(a, b)| format!("{}-{}", show(*a), show(*b))).collect()
}

pub(super) fn protocol((low, high): &(u128, u128)) -> String {
    let name = u8::try_from(*low).ok().and_then(proto_name);
    match name {
        Some(name) if low == high => name.to_owned(),
        _ if low == high => low.to_string(),
        _ => format!("{low}-{high}"),
    }
}
