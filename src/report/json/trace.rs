//! The form of `bunri trace`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Hop, Packet};

/// The answer of `bunri trace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceReport {
    /// Always 1.
    pub schema_version: u32,
    /// One per packet, in the order of the packet file.
    pub verdicts: Vec<TraceVerdict>,
}

/// What becomes of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TraceAnswer {
    /// Forwarded to where it is going.
    Accept,
    /// Delivered to the device itself.
    Local,
    /// Refused with an answer.
    Reject,
    /// Refused silently.
    Drop,
    /// More than one of these is possible.
    Undetermined,
}

/// One packet's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceVerdict {
    /// The packet's id.
    pub id: serde_json::Value,
    /// The answer.
    pub verdict: TraceAnswer,
    /// Every possible answer, without repetition.
    pub outcomes: Vec<TraceAnswer>,
    /// Egress interface, where there is exactly one.
    pub out: Option<String>,
    /// The header after translation; null if it differs between the possibilities or the packet is refused.
    pub header: Option<Packet>,
    /// The rules that decide, in the order in which they apply.
    pub rules: Vec<TraceRule>,
    /// Lines that leave it open.
    pub culprits: Vec<LinePlace>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Why it is undetermined, or where it ended.
    pub reason: Option<String>,
    /// Device by device, over a whole site.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
}

/// A rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceRule {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What a person calls it.
    pub label: String,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct LinePlace {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What is not known there.
    pub what: String,
}
