//! What the concrete evaluator says of a packet in a box, beside what a kernel did with it.
use std::collections::BTreeSet;

use super::bench::Observed;
use crate::analysis::concrete::{self, Branch, EgressConflict, Outcome, device_branches};
use crate::model::{Device, Family, Flow, IfId};

/// Where a packet may end, as far as a kernel shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It leaves by the interface.
    Out(IfId),
    /// The box itself takes it.
    Local,
    /// Nobody gets it.
    Gone,
}

/// Everything that the evaluator thinks possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Every way, with the header at its end.
    pub ends: BTreeSet<(Way, Flow)>,
    /// What the kernel did is among them.
    pub met: bool,
    /// The box takes packets of a group that a laboratory's box did not join: seen as nothing.
    pub group: bool,
    /// The evaluator stopped counting.
    pub truncated: bool,
    /// Choices too many to try were left out.
    pub partial: bool,
}

impl Said {
    fn whole(&self) -> bool {
        !self.truncated && !self.partial
    }

    /// Whether a translation's choice parts two ways: no destination of the one is among those of the other. The lower
    /// bound holds what a choice allows, the kernel makes one.
    pub fn picked(&self, one: Way, other: Way) -> bool {
        let to = |way| -> BTreeSet<(u128, u16)> {
            self.ends.iter().filter(|(w, _)| *w == way).map(|(_, h)| (h.dst, h.dport)).collect()
        };
        let (one, other) = (to(one), to(other));
        !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
    }

    /// Whether the kernel did what cannot be.
    pub fn refuted(&self) -> bool {
        !self.met && !self.group && self.whole()
    }
}

/// Ways that one packet may take before the evaluator stops counting.
const BRANCHES: usize = 512;

/// What may become of a packet, told what became of it: where a translation may choose, the kernel's choice is tried.
///
/// # Errors
/// Those of the evaluator.
pub fn said(
    device: &Device,
    ingress: IfId,
    flow: &Flow,
    (real, header): (Way, Option<Flow>),
) -> Result<Said, EgressConflict> {
    let mut entry = concrete::Entry::ingress(ingress);
    entry.limit = BRANCHES;
    entry.wishes.headers.extend(header);
    let found = device_branches(device, flow, &entry)?;
    let way = |b: &Branch| match b.outcome {
        Outcome::Forward { egress, .. } => Way::Out(egress),
        Outcome::Local => Way::Local,
        Outcome::Deny(_) | Outcome::NoRoute | Outcome::Discard(_) => Way::Gone,
    };
    let ends: BTreeSet<(Way, Flow)> = found.branches.iter().map(|b| (way(b), b.header)).collect();
    let met = ends.iter().any(|(w, h)| *w == real && header.is_none_or(|seen| same(&seen, h, real)));
    let group = real == Way::Gone && ends.iter().any(|(w, h)| *w == Way::Local && is_group(h));
    Ok(Said { ends, met, group, truncated: found.truncated, partial: found.partial })
}

/// What was seen in the words of the model; `interface` gives the interface of a bench's end.
pub fn seen(observed: Observed, interface: impl Fn(usize) -> Option<IfId>) -> Option<(Way, Option<Flow>)> {
    Some(match observed {
        Observed::Out(at, header) => (Way::Out(interface(at)?), Some(header)),
        Observed::Local(header) => (Way::Local, Some(header)),
        Observed::Gone => (Way::Gone, None),
    })
}

/// The kernel does not show the destination of IPv6 packets delivered to it.
fn same(real: &Flow, said: &Flow, way: Way) -> bool {
    if way == Way::Local && real.family == Family::V6 {
        return Flow { dst: 0, ..*said } == *real;
    }
    real == said
}

/// Whether it goes to a group.
pub fn is_group(flow: &Flow) -> bool {
    match flow.family {
        Family::V4 => flow.dst >> 28 == 0xE,
        Family::V6 => flow.dst >> 120 == 0xFF,
    }
}
