//! One folder per vendor: its words, its parser, its conversion into the model, its notes.
//!
//! Reading cannot fail: what is not understood is said in the line states and widens the model.

pub mod fortios;
pub mod ios;
pub mod iptables;
pub mod log;

use crate::model::{Device, IfId, Layer2};
use crate::source::{Diagnostic, FileId, Limits, LineMap, Msg, Sources, Span};

/// How sure a vendor is that a file is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Not its own.
    No,
    /// Some of it looks so.
    Maybe,
    /// A marker that no other vendor writes.
    Sure,
}

/// What a companion file of a device holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Companion {
    /// The other address family's rules (`ip6tables-save`).
    Ipv6,
    /// `ip addr`.
    Addresses,
    /// `ip route`, `get router info routing-table all`, …
    Routes,
    /// `ip -6 route`.
    Routes6,
    /// `ip rule`.
    Rules,
    /// `sysctl -a`.
    Sysctl,
}

/// One device's files.
pub struct VendorInput<'a> {
    /// What the topology calls the device; the configuration's own host name otherwise.
    pub name: Option<&'a str>,
    /// The main configuration.
    pub config: FileId,
    /// Files that belong to it.
    pub companions: &'a [(Companion, FileId)],
    /// Interface names that the caller will ask about, known to exist even if the files do not show it.
    pub interfaces: &'a [String],
    /// All files; a vendor marks secrets here.
    pub sources: &'a mut Sources,
    /// Bounds.
    pub limits: &'a Limits,
}

/// A cable inside one box, between two of its virtual domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalLink {
    /// Index into [`Reading::devices`] and interface.
    pub a: (usize, IfId),
    /// The other end.
    pub b: (usize, IfId),
}

/// What a vendor made of the files.
#[derive(Debug, Default)]
pub struct Reading {
    /// The devices, not yet widened: at least one.
    pub devices: Vec<Device>,
    /// Links between them.
    pub links: Vec<InternalLink>,
    /// The state of every line of every file given.
    pub lines: LineMap,
    /// What to tell the reader.
    pub diagnostics: Vec<Diagnostic>,
    /// The line that makes the box a member of an HA cluster, if it is one.
    pub cluster: Option<Span>,
    /// Devices (by index) that each member of a cluster has for itself, beside what the active member does for all.
    pub own: Vec<usize>,
    /// What the box switches, if that was read.
    pub layer2: Option<Layer2>,
}

/// One way in which two members of an HA cluster are not configured alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In words.
    pub what: Msg,
    /// The line to show: of the member that has something of its own, of the second one if both have.
    pub span: Span,
    /// Both members say that this is not kept alike.
    pub meant: bool,
}

/// A configuration language.
pub trait Vendor: Sync {
    /// The id of the contract: `fortios`, `iptables` …
    fn id(&self) -> &'static str;
    /// Whether `file` is written in it.
    fn detect(&self, sources: &Sources, file: FileId) -> Confidence;
    /// Reads a device. Cannot fail.
    fn read(&self, input: VendorInput<'_>) -> Reading;
    /// Whether a machine of this kind may run programs that its configuration says nothing about, as a server does.
    fn runs_programs(&self) -> bool {
        true
    }
    /// The statements of a file that others may refer to, each with its name and its place, blocks inside blocks
    /// included. What a line means depends on the innermost statement around it, and on those whose names occur
    /// there. None: every line speaks for itself.
    fn statements(&self, _sources: &Sources, _file: FileId, _limits: &Limits) -> Vec<(String, Span)> {
        Vec::new()
    }
    /// Compares two members of an HA cluster, leaving out what the vendor does not synchronise between members.
    /// `None`: this vendor's members cannot be compared.
    fn differences(
        &self,
        _sources: &Sources,
        _first: FileId,
        _second: FileId,
        _limits: &Limits,
    ) -> Option<Vec<Difference>> {
        None
    }
    /// The first statement of a member by which the others may be configured differently in what decides which packets
    /// pass.
    fn apart(&self, _sources: &Sources, _file: FileId, _limits: &Limits) -> Option<Difference> {
        None
    }
}

/// Every vendor, in the order in which they are asked.
pub static VENDORS: &[&dyn Vendor] =
    &[&fortios::FortiOs, &iptables::Iptables, &ios::IOS, &ios::AXS, &ios::AWPLUS];

/// The vendor with this id.
pub fn by_id(id: &str) -> Option<&'static dyn Vendor> {
    VENDORS.iter().copied().find(|v| v.id() == id)
}

/// The vendor that is surest about `file`; the first of equals.
pub fn detect(sources: &Sources, file: FileId) -> Option<&'static dyn Vendor> {
    let mut best: Option<(Confidence, &'static dyn Vendor)> = None;
    for vendor in VENDORS.iter().copied() {
        let confidence = vendor.detect(sources, file);
        if confidence > best.map_or(Confidence::No, |b| b.0) {
            best = Some((confidence, vendor));
        }
    }
    best.map(|b| b.1)
}
