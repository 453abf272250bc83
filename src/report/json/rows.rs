//! Rows of what gets through.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::words::family_code;
use super::check::{Context, Place};
use super::packet::Packet;
use super::reach::{intervals, protocol};
use crate::analysis::answer as model;
use crate::model::Ranges;

/// Packets that get through: every combination of the sides. Addresses and ports are intervals `a-b`. An empty list
/// means that the row does not speak of the field: any value, or the protocol has none. Rows about TCP speak of SYN
/// packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlowRow {
    /// Whether they certainly do, or only may.
    pub certain: bool,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// Where they are sent: a segment, an external network, an open end.
    pub from: String,
    /// Where they arrive.
    pub to: String,
    /// Source addresses as sent.
    pub src: Side,
    /// Destination addresses as sent.
    pub dst: Side,
    /// Protocols: names, numbers, or intervals of numbers.
    pub proto: Vec<String>,
    /// Destination ports as sent.
    pub dport: Vec<String>,
    /// Source ports.
    pub sport: Vec<String>,
    /// ICMP `type/code` intervals.
    pub icmp: Vec<String>,
    /// The configuration's own names for the service.
    pub service_names: Vec<String>,
    /// Destination as delivered, where a translation changes it.
    pub delivered: Option<Delivered>,
    /// The sender must use an address outside its segment.
    pub requires_forged_source: bool,
    /// The last filter rule that let `packet` pass.
    pub rule: Option<DeviceRule>,
    /// A packet of the row; the concrete evaluator reproduced it if the row is certain.
    pub packet: Option<Packet>,
}

/// Addresses, and what they are called: the names and `unnamed`, without `except`, are exactly `ranges`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// Every address, in intervals `a-b`.
    pub ranges: Vec<String>,
    /// Hosts, segments and the configuration's own objects that stand for them.
    pub names: Vec<String>,
    /// What the names (without names: all addresses of the family) mean beside them.
    pub except: Vec<String>,
    /// What no name stands for.
    pub unnamed: Vec<String>,
}

/// Where translated packets end up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Delivered {
    /// Destination addresses.
    pub dst: Side,
    /// Destination ports; empty: any, or the protocol has none.
    pub dport: Vec<String>,
}

/// A rule of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeviceRule {
    /// The device.
    pub device: String,
    /// The statement.
    #[serde(flatten)]
    pub place: Place,
}

impl Context<'_> {
    pub(super) fn row(self, row: &model::FlowRow) -> FlowRow {
        let addresses = |set: &Ranges| intervals(set, |v| row.family.address(v).to_string());
        let side = |side: &model::Side| Side {
            ranges: addresses(&side.ranges),
            names: side.names.clone(),
            except: addresses(&side.except),
            unnamed: addresses(&side.unnamed),
        };
        let service = &row.service;
        let rule = row.rule.as_ref().map(|(device, place)| DeviceRule {
            device: device.clone(),
            place: self.place(place.span, &place.label),
        });
        FlowRow {
            certain: row.certain,
            family: family_code(row.family),
            from: row.from.clone(),
            to: row.to.clone(),
            src: side(&row.source),
            dst: side(&row.destination),
            proto: service.protocols.pairs().iter().map(protocol).collect(),
            dport: values(service.ports.as_ref(), |v| v.to_string()),
            sport: values(service.source_ports.as_ref(), |v| v.to_string()),
            icmp: values(service.icmp.as_ref(), |v| format!("{}/{}", v >> 8, v & 0xFF)),
            service_names: service.names.clone(),
            delivered: row.delivered.as_ref().map(|d| Delivered {
                dst: side(&d.destination),
                dport: values(d.ports.as_ref(), |v| v.to_string()),
            }),
            requires_forged_source: row.requires_forged_source,
            rule,
            packet: row.packet.as_ref().map(Packet::from),
        }
    }
}

fn values(set: Option<&Ranges>, show: impl Fn(u128) -> String) -> Vec<String> {
    set.map(|s| intervals(s, show)).unwrap_or_default()
}
