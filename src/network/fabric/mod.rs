//! Broadcast domains as switches show them, and the segments that they join.
//!
//! A segment of the topology is one broadcast domain, and two segments are two, as far as anybody says. Here the VLANs
//! of switches are joined by trunks and cables, and each is tied to the segments whose routers, ports or cables are in
//! it. Where two segments meet, the topology is wrong or a VLAN leaks. VLAN ids mean nothing beyond their box: only a
//! cable that carries the tag joins them.
//!
//! Two bounds: a tie is certain if lines and cables say so, possible if a line was not understood or a trunk leads
//! where nobody knows. What boxes see of their neighbours (LLDP, CDP) and what a list of VLANs says is held against that
//! (`evidence.rs`). Ports without tags that no cable names serve machines of their own VLAN: that is assumed.

mod bridges;
mod domains;
mod evidence;
mod ties;
mod unread;

use std::collections::BTreeMap;

use super::bind::Chassis;
use super::cables::CablePlan;
use super::plan::BoxPlan;
use super::site::{Host, Segment, SegmentId, SiteDevice};
use crate::model::{Layer2, Limit, Neighbour};
use crate::source::{Diagnostic, Msg, Span, Spanned};

/// What the switches of a site join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fabric {
    /// Boxes whose layer 2 was read, by name.
    pub switches: Vec<String>,
    /// Segments of different zones that are, or may be, one broadcast domain.
    pub joins: Vec<Join>,
    /// Ports that carry more than they need.
    pub wide: Vec<Wide>,
    /// Links of which only a declaration says which tags the other end takes.
    pub claims: Vec<Claim>,
    /// What boxes say of their neighbours: the box, and what it sees.
    pub seen: Vec<(String, Neighbour)>,
    /// Hosts all of whose cables end at ports that serve known machines only, port by port.
    pub secured: Vec<Secured>,
}

/// A link of which only a declaration says which tags the other end takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The port in the topology.
    pub port: Spanned<String>,
    /// What it rests on.
    pub declarations: Vec<String>,
}

/// Two segments in one broadcast domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// One of them; the smaller id.
    pub a: SegmentId,
    /// The other one.
    pub b: SegmentId,
    /// Whether every step is certain.
    pub certain: bool,
    /// From `a` to `b`.
    pub steps: Vec<Step>,
}

/// One thing that ties a VLAN of a box to another one, or to a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The line.
    pub span: Span,
    /// What it says.
    pub what: Msg,
    /// The box.
    pub device: String,
    /// Whether it is certain.
    pub certain: bool,
}

/// A port that carries more than it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wide {
    /// The line.
    pub span: Span,
    /// What is too much.
    pub what: Msg,
    /// The box.
    pub device: String,
}

/// A port that serves known machines only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// The host at the other end, by its id in the topology.
    pub host: String,
    /// The box.
    pub device: String,
    /// Its port.
    pub port: String,
    /// The line that limits the port, and by what.
    pub limit: Limit,
}

/// What there is to weave.
pub(super) struct Yarn<'a> {
    pub boxes: &'a [BoxPlan],
    /// Layer 2 of each box.
    pub layer2: Vec<Option<Layer2>>,
    pub segments: &'a [Segment],
    pub hosts: &'a [Host],
    pub cables: &'a [CablePlan],
    /// The VLAN id that the list of VLANs gives a segment, with its cell.
    pub vlans: BTreeMap<SegmentId, (u16, Span)>,
}

/// Takes the layer 2 of each box out of what was read.
pub(super) fn layers(read: &mut [Chassis]) -> Vec<Option<Layer2>> {
    read.iter_mut().map(|c| c.layer2.take()).collect()
}

/// Joins everything, and binds routed interfaces that the topology leaves out to the one segment of their VLAN.
pub(super) fn weave(
    yarn: &mut Yarn<'_>,
    bound: &mut [Vec<SiteDevice>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Fabric {
    if yarn.layer2.iter().all(Option::is_none) && !bridges::any(bound) {
        for cable in yarn.cables {
            diagnostics.push(ties::no_switch(cable));
        }
        return Fabric::default();
    }
    evidence::neighbours(yarn, diagnostics);
    let yarn = &*yarn;
    let mut web = ties::tie(yarn, bound, diagnostics);
    evidence::listed_vlans(&web, yarn, diagnostics);
    domains::bind_routed(&mut web, yarn, bound, diagnostics);
    let joins = domains::joins(&web, yarn);
    let switches = yarn.boxes.iter().zip(&yarn.layer2).filter(|(_, l)| l.as_ref().is_some_and(|l| l.sure));
    let claimed = yarn.cables.iter().filter(|c| !c.carries.is_empty());
    let claim = |c: &CablePlan| Claim { port: c.port.clone(), declarations: c.declarations.clone() };
    let claims = claimed.map(claim).collect();
    Fabric {
        switches: switches.map(|(b, _)| b.name.value.clone()).collect(),
        joins,
        wide: domains::wide(&web, yarn),
        claims,
        seen: seen(yarn),
        secured: ties::secured(&web),
    }
}

/// Whether the name that a neighbour gives itself may be that of a box: its domain left out, or cut short.
#[must_use]
pub fn is_named(neighbour: &str, name: &str) -> bool {
    evidence::names(neighbour, name)
}

/// What boxes say of their neighbours, box by box.
fn seen(yarn: &Yarn<'_>) -> Vec<(String, Neighbour)> {
    let boxes = yarn.boxes.iter().zip(&yarn.layer2);
    boxes
        .flat_map(|(plan, layer2)| layer2.iter().map(move |l| (plan, l)))
        .flat_map(|(plan, layer2)| layer2.neighbours.iter().map(|n| (plan.name.value.clone(), n.clone())))
        .collect()
}
