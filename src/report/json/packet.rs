//! One packet header, as packet files write it.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::words::{family_code, flag_letters, proto_name};
use crate::model::{Flow, PORT_PROTOCOLS, proto};

/// A packet header. Fields that its protocol does not have are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Packet {
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Source address.
    pub src: String,
    /// Destination address.
    pub dst: String,
    /// Protocol name, or its number if it has no name here.
    pub proto: ProtoWord,
    /// Source port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sport: Option<u16>,
    /// Destination port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dport: Option<u16>,
    /// TCP flags as letters of `SFRPAU`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<String>,
    /// ICMP type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<u16>,
    /// ICMP code.
    #[serde(rename = "code", skip_serializing_if = "Option::is_none")]
    pub icmp_code: Option<u16>,
}

/// A protocol by name or number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ProtoWord {
    /// `tcp`, `udp` …
    Name(&'static str),
    /// An IP protocol number.
    Number(u8),
}

impl ProtoWord {
    /// The name of `number` if it has one.
    pub fn of(number: u8) -> Self {
        super::super::words::proto_name(number).map_or(ProtoWord::Number(number), ProtoWord::Name)
    }
}

impl From<&Flow> for Packet {
    fn from(flow: &Flow) -> Self {
        let ported = PORT_PROTOCOLS.contains(&flow.proto);
        let icmp = flow.proto == proto::ICMP || flow.proto == proto::ICMPV6;
        Packet {
            family: family_code(flow.family),
            src: flow.source().to_string(),
            dst: flow.destination().to_string(),
            proto: proto_name(flow.proto).map_or(ProtoWord::Number(flow.proto), ProtoWord::Name),
            sport: ported.then_some(flow.sport),
            dport: ported.then_some(flow.dport),
            flags: (flow.proto == proto::TCP).then(|| flag_letters(flow.flags)),
            icmp_type: icmp.then_some(flow.icmp >> 8),
            icmp_code: icmp.then_some(flow.icmp & 0xFF),
        }
    }
}
