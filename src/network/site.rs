//! The types of a site. [`Location`] and [`Link`] say what the graph's nodes and edges mean.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;
use petgraph::graph::{DiGraph, NodeIndex};
use schemars::JsonSchema;
use serde::Deserialize;

use super::fabric::Fabric;
use super::records::Records;
use crate::model::{AddressSet, Device, IfId, Ranges};
use crate::source::{Diagnostic, FileId, LineMap, Msg, Sources, Span, Spanned};
use crate::vendor::{Companion, Difference};

crate::model::ids! {
    /// Index into [`Site::zones`].
    ZoneId;
    /// Index into [`Site::segments`].
    SegmentId;
    /// Index into [`Site::hosts`].
    HostId;
    /// Index into [`Site::devices`].
    DeviceId;
}

/// Everything known of a municipality's network.
#[derive(Debug)]
pub struct Site {
    /// The town or site's name.
    pub name: String,
    /// All files that were read.
    pub sources: Sources,
    /// The topology file.
    pub topology: FileId,
    /// Exception registers that the topology names; `intent` reads them.
    pub registers: Vec<FileId>,
    /// The municipality's own rule pack, if the topology names a file of one; `intent` reads it.
    pub pack: Option<FileId>,
    /// Zones, in file order.
    pub zones: Vec<Zone>,
    /// Broadcast domains and external networks, in file order, then the links inside boxes.
    pub segments: Vec<Segment>,
    /// Declared hosts.
    pub hosts: Vec<Host>,
    /// Forwarding contexts, widened and ready: analysed devices and devices by contract.
    pub devices: Vec<SiteDevice>,
    /// Declared sanitizers.
    pub sanitizers: Vec<Sanitizer>,
    /// Declarations that stand where configurations cannot.
    pub declarations: Vec<Declaration>,
    /// Every box of the topology and what became of it, also those that could not be read.
    pub boxes: Vec<(Spanned<String>, DeviceStatus)>,
    /// Pairs of boxes that are one device in two members.
    pub clusters: Vec<Cluster>,
    /// Broadcast domains, as far as switches show them.
    pub fabric: Fabric,
    /// Locations and the links between them.
    pub graph: DiGraph<Location, Link>,
    /// Node of each location.
    pub nodes: BTreeMap<Location, NodeIndex>,
    /// Line states of every configuration file.
    pub lines: LineMap,
    /// What the municipality's own tables say.
    pub records: Records,
    /// What was noticed while reading.
    pub diagnostics: Vec<Diagnostic>,
}

/// A zone (系).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id in the topology.
    pub id: Spanned<String>,
    /// What people call it.
    pub name: String,
    /// What the rules ask of it.
    pub role: Role,
}

/// What the rules ask of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// マイナンバー利用事務系.
    IndividualNumber,
    /// LGWAN接続系.
    Lgwan,
    /// インターネット接続系.
    Internet,
    /// 運用管理系.
    Management,
    /// 独立系: own lines, must not be joined to the others.
    Independent,
    /// Any other.
    Other,
}

/// Whether something carries data from one session to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relay {
    /// It does.
    Yes,
    /// Declared not to: a listed assumption.
    No,
    /// Nobody said: it may.
    #[default]
    Unknown,
}

/// One broadcast domain, or an external network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its id in the topology; for links inside a box `DEVICE:IF=DEVICE:IF`.
    pub id: Spanned<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Its zone; `None` for transit links that belong to none.
    pub zone: Option<ZoneId>,
    /// Its address space. Empty for external networks and links inside a box.
    pub prefixes: Vec<Spanned<IpNetwork>>,
    /// Every device with an address here is in the topology (`complete = true`): an unowned next hop is nobody.
    pub complete: bool,
    /// Undeclared machines here: do they relay? With `No` they still hold sessions: a chain may begin or end here.
    pub terminals: Relay,
    /// Declarations that `terminals = "no"` rests on.
    pub declarations: Vec<String>,
    /// Set for external networks.
    pub external: Option<External>,
    /// A link inside a box or between devices only: no hosts.
    pub internal: bool,
}

/// A network that others run: a source and a sink, never transit beyond what it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// Other externals it leads to, as declared.
    pub leads_to: Vec<SegmentId>,
    /// Declarations it rests on.
    pub declarations: Vec<String>,
}

/// A declared host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its id in the topology.
    pub id: Spanned<String>,
    /// Its network cards.
    pub interfaces: Vec<HostInterface>,
    /// Whether it carries data between sessions.
    pub relay: Relay,
    /// The declaration behind `relay = "no"` or behind being dual-homed.
    pub declarations: Vec<String>,
    /// Free class word: server, printer, mail …
    pub class: Option<String>,
    /// The analysed device that is this host.
    pub device: Option<DeviceId>,
    /// It is no machine of its own: the name of an analysed device's own addresses (see `own_rows.rs`).
    pub names: Option<DeviceId>,
}

/// One network card of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostInterface {
    /// Where it is plugged in.
    pub segment: SegmentId,
    /// Its addresses.
    pub addresses: Vec<Spanned<IpAddr>>,
}

/// A device in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteDevice {
    /// The model, widened. For a device by contract its rules are the contract's flows.
    pub device: Device,
    /// The box it is part of.
    pub chassis: String,
    /// The segment of each interface, by `IfId`; `None` where nothing is attached (down, member, unused).
    /// An interface in use that the topology does not bind is listed in `elsewhere` instead.
    pub attached: Vec<Option<SegmentId>>,
    /// Interfaces in use that nobody bound: adjacent to everything, in the upper graph only.
    pub elsewhere: Vec<IfId>,
    /// Interfaces of the box that the topology calls unused.
    pub unused: Vec<String>,
    /// Set if the device's behaviour is declared, not read.
    pub contract: Option<Contract>,
    /// Set if it was read from a table that people keep (FWポリシー表), which is somebody's word as well: where the
    /// topology names the table.
    pub table: Option<Span>,
    /// Whether the box may carry data between sessions, if the topology says so.
    pub relay: Relay,
    /// Declarations used for it.
    pub declarations: Vec<String>,
    /// Files that were read beside its configuration.
    pub companions: Vec<(Companion, FileId)>,
}

/// Declared behaviour of a device whose configuration is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Where it is written.
    pub span: Span,
    /// What it may forward; empty: nothing.
    pub flows: Vec<ContractFlow>,
}

/// One allowed flow of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractFlow {
    /// Ingress interface, as the topology calls it.
    pub from: String,
    /// Egress interface.
    pub to: String,
    /// Where it is written.
    pub span: Span,
}

/// What became of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Its configuration was read.
    Analysed,
    /// Its behaviour is declared.
    Declared,
    /// Declared out of scope, with the reason.
    Excluded(String),
    /// Its configuration is missing or unreadable: the device may do anything.
    Missing(Msg),
}

/// Two members of an HA cluster: either may be the active one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The box that the topology names first.
    pub first: Spanned<String>,
    /// The second one.
    pub second: Spanned<String>,
    /// How they differ.
    pub drift: Drift,
}

/// How two members of a cluster differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// In nothing but what the vendor does not synchronise.
    None,
    /// In these.
    Found(Vec<Difference>),
    /// They could not be compared.
    Unknown(Msg),
}

/// A declared sanitizer (無害化): the half-sessions it exists for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitizer {
    /// The host it is.
    pub host: HostId,
    /// `mail-text` (ア), `screen-transfer` (イ), `file` (ウ).
    pub types: Vec<String>,
    /// What is declared about its forwarding.
    pub forwarding: Forwarding,
    /// Sessions it may hold with each side.
    pub sessions: Vec<HalfSession>,
    /// Declarations it rests on.
    pub declarations: Vec<String>,
    /// Where it is declared.
    pub span: Span,
}

/// What is declared about packets that a sanitizer might forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Forwarding {
    /// It forwards none.
    Off,
    /// Nobody said.
    #[default]
    Unknown,
}

/// One declared kind of session of a sanitizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HalfSession {
    /// Whether the peer opens the session (`true`) or the sanitizer does.
    pub peer_opens: bool,
    /// Who is at the other end.
    pub peers: Vec<Endpoint>,
    /// IP protocol number.
    pub proto: u8,
    /// Destination ports.
    pub ports: Ranges,
    /// Which way data moves, seen from the sanitizer: a fact apart from who opens.
    pub data: Data,
    /// Data, or administration (which is assumed not to relay: ADMIN-DOES-NOT-RELAY).
    pub purpose: Purpose,
    /// Where it is declared.
    pub span: Span,
}

/// Which way data moves, seen from the sanitizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// Towards the sanitizer.
    In,
    /// From the sanitizer.
    Out,
    /// Both ways.
    Both,
}

/// What a half-session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The sanitized traffic itself.
    Data,
    /// Administration of the sanitizer.
    Management,
}

/// The other end of a half-session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Everything in a segment, or an external network.
    Segment(SegmentId),
    /// One host.
    Host(HostId),
    /// Addresses, wherever they are.
    Addresses(AddressSet),
}

/// A declaration: who says so, on which document, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Its id, e.g. `申-01`.
    pub id: Spanned<String>,
    /// What is declared.
    pub text: String,
    /// The document it rests on.
    pub document: String,
    /// Who declares it.
    pub by: String,
    /// When, as written.
    pub date: String,
}

/// A node of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// Machines of the segment send from here: a source.
    Origin(SegmentId),
    /// Something was transmitted onto the segment: a sink. What arrives here is not sent again.
    Segment(SegmentId),
    /// A packet came in by an interface.
    Ingress(DeviceId, IfId),
    /// A packet is about to be transmitted by an interface towards a next hop.
    Egress(DeviceId, IfId, NextHop),
    /// A packet was delivered to the device itself: a sink.
    Local(DeviceId),
    /// The device's own processes send from here: a source.
    LocalOrigin(DeviceId),
    /// Unbound interfaces send and receive here: adjacent to every zone, upper graph only.
    Elsewhere,
    /// The source side of [`Location::Elsewhere`].
    ElsewhereOrigin,
}

/// To whom a frame is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NextHop {
    /// To the destination itself.
    OnLink,
    /// To a router.
    Via(IpAddr),
    /// Nobody knows.
    Unknown,
}

/// An edge of the graph: data, no closures. `analysis` turns it into a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// `Origin → Ingress`, `ElsewhereOrigin → Ingress`: any packet can be put on the wire. `certain` is false for
    /// ELSEWHERE.
    Inject {
        /// Whether the lower graph has it.
        certain: bool,
    },
    /// `Ingress → Egress`, `Ingress → Local`, `LocalOrigin → Egress`, `LocalOrigin → Local`: the device's pipeline.
    Device(DeviceId),
    /// `Egress → Ingress` of another device on the segment.
    Wire {
        /// Only packets with these destinations (`None`: any).
        destinations: Option<AddressSet>,
        /// Whether the lower graph has it.
        certain: bool,
    },
    /// `Egress → Segment`, `Egress → Elsewhere`: the transmission itself. `certain` is false for ELSEWHERE.
    Transmit {
        /// Whether the lower graph has it.
        certain: bool,
    },
}

impl Site {
    /// A zone by id.
    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.zones.get(id.index())
    }
    /// A segment by id.
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.get(id.index())
    }
    /// A host by id.
    pub fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id.index())
    }
    /// A device by id.
    pub fn device(&self, id: DeviceId) -> Option<&SiteDevice> {
        self.devices.get(id.index())
    }
    /// Every segment with its id.
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        (0u32..).map(SegmentId).zip(&self.segments)
    }
    /// Every host with its id: machines, not names of devices.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.named_hosts().filter(|(_, h)| h.names.is_none())
    }
    /// Every host with its id, those that only name a device's own addresses included.
    pub fn named_hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        (0u32..).map(HostId).zip(&self.hosts)
    }
    /// Every device with its id.
    pub fn devices(&self) -> impl Iterator<Item = (DeviceId, &SiteDevice)> {
        (0u32..).map(DeviceId).zip(&self.devices)
    }
    /// Every zone with its id.
    pub fn zones(&self) -> impl Iterator<Item = (ZoneId, &Zone)> {
        (0u32..).map(ZoneId).zip(&self.zones)
    }
}
