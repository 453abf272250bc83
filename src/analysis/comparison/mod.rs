//! Two configurations of one device: what passes now that did not, what no longer does, what passes differently,
//! and what cannot be told because it hangs on something not understood that was changed.
//!
//! Interfaces and rule sets are the same if they have the same name. A device that is missing on one side passes
//! nothing there.

mod order;
mod rules;
mod statements;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

pub use rules::Changed;
pub use statements::Statements;

use super::Result;
use super::set::{Engine, PacketSet};
use crate::model::{Device, IfId};
use crate::network::NextHop;
use rules::{Concerned, Numbers};
use ways::{Passing, Way, ways};

/// A device and the files it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// The device, widened.
    pub device: &'a Device,
    /// What its lines say.
    pub statements: &'a Statements<'a>,
}

/// What became of some headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// They can pass and could not.
    New,
    /// They could pass and no longer can.
    Gone,
    /// They pass as before, and may be translated differently.
    Translated,
    /// They pass as before, and may be sent to another next hop.
    Rerouted,
    /// They may pass in both versions, depending on things that are not understood or that somebody chooses, and a
    /// rule that concerns them was changed.
    Unclear,
}

/// Headers at ingress whose fate was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub kind: Kind,
    /// No matter how unknown things turn out. The concrete evaluator has the last word on each packet.
    pub certain: bool,
    /// The ingress interface.
    pub ingress: String,
    /// The egress interface; `None`: the device itself.
    pub egress: Option<String>,
    /// The headers: opening packets only.
    pub set: PacketSet,
}

/// The answer, with the engine that its sets live in.
pub struct Comparison {
    /// The arena.
    pub engine: Engine,
    /// By kind, then by interfaces. No set is empty.
    pub changes: Vec<Change>,
    /// Rules that depend on something not understood or on a choice, and are not the same on both sides.
    pub changed: Changed,
}

/// Compares, using at most `edges` diagram edges.
///
/// # Errors
/// Budget, malformed device.
pub fn compare(before: Option<Version<'_>>, after: Option<Version<'_>>, edges: usize) -> Result<Comparison> {
    let mut engine = Engine::new(edges);
    let old = before.map(|v| ways(&mut engine, v.device)).transpose()?.unwrap_or_default();
    let new = after.map(|v| ways(&mut engine, v.device)).transpose()?.unwrap_or_default();
    let (changed, touched) = match (before, after) {
        (Some(before), Some(after)) => rules::changed(&mut engine, before, after)?,
        // Nothing passes on the other side, so nothing passes differently.
        _ => Default::default(),
    };
    let mut changes = Vec::new();
    let all: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    for way in all {
        let none = Passing::default();
        let (was, is) = (old.get(&way).unwrap_or(&none), new.get(&way).unwrap_or(&none));
        let numbers = Numbers {
            before: before.and_then(|v| numbers(v.device, &way)),
            after: after.and_then(|v| numbers(v.device, &way)),
        };
        let concerned = touched.between(&mut engine, numbers)?;
        for (kind, certain, set) in differences(&mut engine, was, is, concerned)? {
            if !set.is_empty() {
                let (ingress, egress) = way.clone();
                changes.push(Change { kind, certain, ingress, egress, set });
            }
        }
    }
    changes.sort_by_key(|c| (c.kind, !c.certain));
    Ok(Comparison { engine, changes, changed })
}

/// The interfaces of a way as a device numbers them.
fn numbers(device: &Device, (ingress, egress): &Way) -> Option<(IfId, IfId)> {
    let egress = egress.as_ref().map_or(Some(IfId::NONE), |name| device.interface(name))?;
    Some((device.interface(ingress)?, egress))
}

/// Every way in which two answers about one pair of interfaces differ.
fn differences(
    e: &mut Engine,
    was: &Passing,
    is: &Passing,
    touched: Concerned,
) -> Result<Vec<(Kind, bool, PacketSet)>> {
    let mut out = Vec::new();
    let mut told = PacketSet::EMPTY;
    for (kind, less, more) in [(Kind::New, was, is), (Kind::Gone, is, was)] {
        let certain = e.minus(more.lower, less.upper)?;
        let maybe = e.minus(more.upper, less.upper)?;
        let now_certain = e.minus(more.lower, less.lower)?;
        let maybe = e.or(maybe, now_certain)?;
        let maybe = e.minus(maybe, certain)?;
        told = e.or_all([told, certain, maybe])?;
        out.extend([(kind, true, certain), (kind, false, maybe)]);
    }
    let both = e.and(was.upper, is.upper)?;
    let both = e.minus(both, told)?;
    let translated = e.and(both, touched.translations)?;
    let rerouted = elsewhere(e, &was.hops, &is.hops)?;
    let rerouted = e.and(rerouted, both)?;
    let open = {
        let was = e.minus(was.upper, was.lower)?;
        let is = e.minus(is.upper, is.lower)?;
        e.and(was, is)?
    };
    let open = e.and(open, touched.rules)?;
    let chosen = e.and(both, touched.choices)?;
    let unclear = e.or(open, chosen)?;
    let told = e.or_all([told, translated, rerouted])?;
    let unclear = e.minus(unclear, told)?;
    out.extend([
        (Kind::Translated, false, translated),
        (Kind::Rerouted, false, rerouted),
        (Kind::Unclear, false, unclear),
    ]);
    Ok(out)
}

/// What may go to a next hop to which it could not go before.
fn elsewhere(
    e: &mut Engine,
    was: &BTreeMap<NextHop, PacketSet>,
    is: &BTreeMap<NextHop, PacketSet>,
) -> Result<PacketSet> {
    let mut parts = Vec::new();
    for (hop, set) in is {
        let before = was.get(hop).copied().unwrap_or(PacketSet::EMPTY);
        parts.push(e.minus(*set, before)?);
    }
    Ok(e.or_all(parts)?)
}
