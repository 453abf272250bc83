//! The form of `bunri reach`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{LinePlace, Packet, ProtoWord};

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
    /// May get through.
    Upper,
}

/// A product of intervals `a-b`. An empty list means that the protocol has no such field.
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
    /// Protocols.
    pub proto: Vec<ProtoWord>,
    /// Source ports.
    pub sport: Vec<String>,
    /// Destination ports.
    pub dport: Vec<String>,
    /// ICMP `type/code` intervals.
    pub icmp: Vec<String>,
    /// Egress interface, or `local`.
    pub out: Option<String>,
}
