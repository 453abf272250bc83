//! What packets that come in by one interface of a device can do there: pass through, or reach its own processes.
//! Decided under both bounds like a path, with nothing but the device itself in the picture.

use std::collections::BTreeSet;

use super::{CheckError, Options, evidence};
use crate::analysis::answer::{Evidence, Leg};
use crate::analysis::concrete::{self, Arrival, Certainty};
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Explorer, Fact};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::analysis::{EngineError, Result};
use crate::model::{AddressSet, Field, Flow, IfId, Ranges};
use crate::network::{DeviceId, Location, Site};

/// What packets may be looking for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To leave by some interface.
    Through,
    /// To be delivered to the device's own processes.
    Itself,
}

/// Packets that are as declared: from these sources, to this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Source addresses.
    pub sources: AddressSet,
    /// IP protocol.
    pub proto: u8,
    /// Destination ports.
    pub ports: Ranges,
}

impl Declared {
    fn covers(&self, flow: &Flow) -> bool {
        self.sources.contains(flow.source())
            && self.proto == flow.proto
            && self.ports.contains(u128::from(flow.dport))
    }

    /// Them as a set.
    ///
    /// # Errors
    /// [`EngineError::Budget`].
    pub fn packets(&self, explorer: &mut Explorer<'_>) -> Result<PacketSet> {
        let from = explorer.with_address(Field::Src, &self.sources)?;
        let service = Cube::any()
            .with_value(Field::Proto, u128::from(self.proto))
            .with(Field::Dport, self.ports.clone());
        let service = explorer.e.cube(&service)?;
        Ok(explorer.e.and(from, service)?)
    }
}

/// The question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The device.
    pub device: DeviceId,
    /// Where packets come in.
    pub ingress: IfId,
    /// What they look for.
    pub target: Target,
    /// What is no finding.
    pub declared: &'a [Declared],
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing, whatever the unknown turns out to be.
    Nothing,
    /// A packet that the concrete evaluator reproduced.
    Certain(Box<Evidence>),
    /// It hangs on these facts; there may be more.
    Possible(BTreeSet<Fact>),
}

/// Asks.
///
/// # Errors
/// The inner one for a budget; the outer one if the two engines contradict each other.
pub fn ask(
    site: &Site,
    question: Question<'_>,
    options: &Options,
) -> std::result::Result<Result<Found>, CheckError> {
    let upper = match witness_of(site, question, Bound::Upper, options) {
        Ok(Some(flow)) => flow,
        Ok(None) => return Ok(Ok(Found::Nothing)),
        Err(error) => return Ok(Err(error)),
    };
    match witness_of(site, question, Bound::Lower, options) {
        Ok(Some(flow)) => {
            if let Some(evidence) = replay(site, question, &flow)? {
                return Ok(Ok(Found::Certain(Box::new(evidence))));
            }
        }
        Ok(None) => {}
        Err(error) => return Ok(Err(error)),
    }
    Ok(Ok(Found::Possible(doubts(site, question, &upper))))
}

/// A header that comes in here and finds what it looks for, under a bound.
fn witness_of(site: &Site, question: Question<'_>, bound: Bound, options: &Options) -> Result<Option<Flow>> {
    let mut explorer = options.explorer(site, BTreeSet::new());
    let opening = explorer.opening()?;
    let at = Location::Ingress(question.device, question.ingress);
    let arrivals = explorer.one_device(at, opening, bound)?;
    let mut declared = PacketSet::EMPTY;
    for d in question.declared {
        let packets = d.packets(&mut explorer)?;
        declared = explorer.e.or(declared, packets)?;
    }
    for (index, step) in arrivals.steps.iter().enumerate() {
        if !looked_for(question, step.at) {
            continue;
        }
        let region = explorer.e.minus(step.set, declared)?;
        if region.is_empty() {
            continue;
        }
        let way = explorer.back(&arrivals, index, region, bound)?;
        let wishes = wishes(site, question);
        let flow = witness::choose(&mut explorer.e, way.headers, &wishes).map(|p| flow_at(&p));
        return flow.map(Some).ok_or(EngineError::Malformed);
    }
    Ok(None)
}

fn looked_for(question: Question<'_>, at: Location) -> bool {
    match (question.target, at) {
        (Target::Through, Location::Egress(d, ..)) | (Target::Itself, Location::Local(d)) => {
            d == question.device
        }
        _ => false,
    }
}

fn segment_of(site: &Site, device: DeviceId, interface: IfId) -> Option<crate::network::SegmentId> {
    site.device(device).and_then(|d| d.attached.get(interface.index()).copied().flatten())
}

fn wishes(site: &Site, question: Question<'_>) -> Preferences {
    evidence::preferences(site, segment_of(site, question.device, question.ingress), None)
}

fn arrives(question: Question<'_>, arrival: &Arrival) -> bool {
    let outside = |flow: &Flow| !question.declared.iter().any(|d| d.covers(flow));
    match (question.target, arrival) {
        (Target::Through, Arrival::Transmitted(t)) => t.device == question.device && outside(&t.header),
        (Target::Itself, Arrival::Local { device, header, .. }) => {
            *device == question.device && outside(header)
        }
        _ => false,
    }
}

/// `None` if it is not certain after all: two rules need one choice taken differently, or a translation has more
/// values than can be tried.
fn replay(
    site: &Site,
    question: Question<'_>,
    flow: &Flow,
) -> std::result::Result<Option<Evidence>, CheckError> {
    let at = Location::Ingress(question.device, question.ingress);
    let target = |arrival: &Arrival| arrives(question, arrival);
    let reach = concrete::reaches(site, at, flow, &evidence::replaying(), &target);
    let choices = match &reach.certainty {
        Certainty::Always => Vec::new(),
        Certainty::UnderChoices(choices) => concrete::conditions(site, choices),
        Certainty::Possibly(_) | Certainty::Never => {
            if reach.truncated || reach.partial || evidence::has_choices(site) {
                return Ok(None);
            }
            let name = site.device(question.device).map_or("?", |d| d.device.name.as_str());
            return Err(CheckError::Disagreement(format!("{flow} at {name}")));
        }
    };
    let Some(branch) = reach.branch else { return Ok(None) };
    let name = |segment: Option<crate::network::SegmentId>| {
        let segment = segment.and_then(|s| site.segment(s));
        segment.map_or_else(|| "?".to_owned(), |s| s.name.clone().unwrap_or_else(|| s.id.value.clone()))
    };
    let sent = branch.transmissions.iter().find(|t| arrives(question, &Arrival::Transmitted(**t)));
    let to = match (question.target, sent) {
        (Target::Through, Some(t)) => name(segment_of(site, t.device, t.egress)),
        _ => site.device(question.device).map_or_else(String::new, |d| d.device.name.clone()),
    };
    let leg = Leg {
        from: name(segment_of(site, question.device, question.ingress)),
        to,
        packet: *flow,
        delivered: sent.map(|t| t.header).or(branch.delivered()).unwrap_or(*flow),
        hops: branch.path(site).into_iter().take(1).collect(),
    };
    Ok(Some(Evidence {
        legs: vec![leg],
        family: flow.family,
        one_way: true,
        requires_forged_source: false,
        choices,
    }))
}

fn doubts(site: &Site, question: Question<'_>, flow: &Flow) -> BTreeSet<Fact> {
    let havoc = evidence::havoc(site).remove(&question.device).unwrap_or_default();
    if !havoc.is_empty() {
        return havoc;
    }
    let at = Location::Ingress(question.device, question.ingress);
    let target = |arrival: &Arrival| arrives(question, arrival);
    let reach = concrete::reaches(site, at, flow, &evidence::looking(&BTreeSet::new()), &target);
    let causes = reach.branch.map(|b| b.causes()).unwrap_or_default();
    causes.into_iter().map(|(device, cause)| Fact::Cause(device, cause)).collect()
}
