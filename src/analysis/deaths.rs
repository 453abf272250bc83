//! Where packets go no further: the rules that refuse them, the routes that are missing, the links that are not
//! there.
//!
//! Taken from the upper graph, so "refused" is certain wherever a packet is said to be: whatever is unknown, no
//! reading lets it go on from there. Whether it ever comes there may hang on something unknown before. The rule that is
//! named is the one that refuses it at the latest: one before it that only may match is not.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Place;
use super::blame::{self, deciding};
use super::compile::{Compiled, Reading, compile};
use super::pipeline::{Entry, Exit};
use super::reach::{Arrivals, Explorer, Side, entrance};
use super::set::PacketSet;
use super::slice::Region;
use super::transition::{self, Bound, Transition};
use super::{EngineError, Result};
use crate::model::{Field, IfId, RouteTarget, RuleSet, RuleSetId, Stage, Then};
use crate::network::{DeviceId, Location, SegmentId};

/// Why packets go no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A filter refuses them.
    Denied,
    /// A route discards them.
    Discarded,
    /// No route takes them.
    NoRoute,
    /// They are for the device itself.
    Local,
    /// The device puts them on a segment where no other device takes them up.
    Stranded,
    /// No device takes them up on the segment where they are sent.
    NoLink,
}

/// Where packets go no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// On a device that they entered here; `None`: it sends them itself.
    Device(DeviceId, Option<IfId>),
    /// On the segment on which this interface sends them.
    Behind(DeviceId, IfId, SegmentId),
    /// On the sender's own segment.
    Segment(SegmentId),
}

impl Spot {
    /// The device that has to do with it.
    pub fn device(self) -> Option<DeviceId> {
        match self {
            Spot::Device(device, _) | Spot::Behind(device, ..) => Some(device),
            Spot::Segment(_) => None,
        }
    }
}

/// Packets that go no further.
#[derive(Debug, Clone)]
pub struct Death {
    /// Where.
    pub spot: Spot,
    /// Why.
    pub end: End,
    /// The rule or route that refuses them; `None` where none does.
    pub rule: Option<Place>,
    /// The interfaces by which their routes would take them on, if they were refused after that was settled.
    pub towards: BTreeSet<IfId>,
    /// The packets as they are there, scratch fields forgotten.
    pub set: PacketSet,
}

/// Deaths by spot, way and place, so that each is listed once.
type Found = BTreeMap<(Spot, End, Option<Place>), Death>;

/// Every death among what arrived under the upper bound, in the order of devices and lines. What is put on one of
/// the segments of `home` has arrived.
///
/// # Errors
/// Budget, malformed devices.
pub fn deaths(
    explorer: &mut Explorer<'_>,
    arrivals: &Arrivals,
    home: &BTreeSet<SegmentId>,
) -> Result<Vec<Death>> {
    let mut search = Search { explorer, found: Found::new(), compiled: BTreeMap::new() };
    for (at, set) in arrivals.places() {
        match (entrance(at), at) {
            (Some((device, entry)), _) => search.on_device(device, entry, set)?,
            (None, Location::Origin(_) | Location::Egress(..)) => search.between(at, set, home)?,
            _ => {}
        }
    }
    Ok(search.found.into_values().collect())
}

struct Search<'e, 's> {
    explorer: &'e mut Explorer<'s>,
    found: Found,
    compiled: BTreeMap<(DeviceId, RuleSetId), Compiled>,
}

/// Packets of one way through a device.
#[derive(Clone, Copy)]
struct Passage {
    device: DeviceId,
    entry: Entry,
    towards: Option<IfId>,
}

impl Passage {
    fn spot(self) -> Spot {
        let ingress = match self.entry {
            Entry::Interface(interface) => Some(interface),
            Entry::Local => None,
        };
        Spot::Device(self.device, ingress)
    }
}

impl Search<'_, '_> {
    fn on_device(&mut self, id: DeviceId, entry: Entry, set: PacketSet) -> Result<()> {
        let explorer = &mut *self.explorer;
        explorer.compile(id, Bound::Upper, Side::Sent)?;
        let pipeline = &explorer.site.device(id).ok_or(EngineError::Malformed)?.device.pipeline;
        let transitions =
            explorer.devices.get(&(id, Bound::Upper, Side::Sent)).ok_or(EngineError::Malformed)?;
        let routes = transitions.routes().clone();
        let arrival = transitions.arrival().to_vec();
        let ways: Vec<(Exit, PacketSet, Vec<Transition>)> = routes
            .iter()
            .map(|(exit, guard)| (*exit, *guard, transitions.stages(entry, *exit).to_vec()))
            .collect();
        let mut here = transition::image(&transitions.entering(entry), &mut explorer.e, set)?;
        let passage = Passage { device: id, entry, towards: None };
        if entry != Entry::Local {
            here = self.through(passage, &pipeline.arrival, &arrival, here)?;
        }
        let routed = self.explorer.e.or_all(routes.values().copied())?;
        let lost = self.explorer.e.minus(here, routed)?;
        self.unrouted(passage, pipeline.routing, lost)?;
        for (exit, guard, steps) in ways {
            let taken = self.explorer.e.and(here, guard)?;
            let stages = match (entry, exit) {
                (_, Exit::Local) => &pipeline.input,
                (Entry::Interface(_), Exit::Interface(..)) => &pipeline.forward,
                (Entry::Local, Exit::Interface(..)) => &pipeline.output,
            };
            let (egress, towards) = match exit {
                Exit::Interface(interface, _) => (interface, Some(interface)),
                Exit::Local => (IfId::NONE, None),
            };
            let e = &mut self.explorer.e;
            let leaving = e.forget(taken, &[Field::Egress])?;
            let cube = super::diagram::Cube::any().with_value(Field::Egress, u128::from(egress.0));
            let towards_it = e.cube(&cube)?;
            let leaving = e.and(leaving, towards_it)?;
            let passage = Passage { towards, ..passage };
            let left = self.through(passage, stages, &steps, leaving)?;
            if exit == Exit::Local {
                self.note(passage.spot(), None, End::Local, None, left)?;
            }
        }
        Ok(())
    }

    /// Follows packets through some stages and notes what each filter refuses.
    fn through(
        &mut self,
        passage: Passage,
        stages: &[Stage],
        steps: &[Transition],
        mut set: PacketSet,
    ) -> Result<PacketSet> {
        for (stage, step) in stages.iter().zip(steps) {
            if let (Stage::Filter(filter), Transition::Constrain(guard)) = (stage, step) {
                let refused = self.explorer.e.minus(set, *guard)?;
                self.refused(passage, *filter, refused)?;
            }
            set = step.image(&mut self.explorer.e, set)?;
        }
        Ok(set)
    }

    /// The rules of a filter that refuse packets of a set.
    fn refused(&mut self, passage: Passage, filter: RuleSetId, set: PacketSet) -> Result<()> {
        for (place, then, share) in self.places(passage.device, filter, set)? {
            if matches!(then, Then::Deny(_)) {
                self.note(passage.spot(), passage.towards, End::Denied, Some(place), share)?;
            }
        }
        Ok(())
    }

    /// Packets that no route takes: those that a route discards, and the rest.
    fn unrouted(&mut self, passage: Passage, routing: RuleSetId, set: PacketSet) -> Result<()> {
        let mut rest = set;
        for (place, then, share) in self.places(passage.device, routing, set)? {
            let Then::Route(id) = then else { continue };
            let device = self.explorer.site.device(passage.device);
            let route = device.and_then(|d| d.device.routes.get(id.index()));
            if let Some(route) = route.filter(|r| matches!(r.target, RouteTarget::Discard(_))) {
                let place = Place { span: route.span, ..place };
                self.note(passage.spot(), None, End::Discarded, Some(place), share)?;
                rest = self.explorer.e.minus(rest, share)?;
            }
        }
        self.note(passage.spot(), None, End::NoRoute, None, rest)
    }

    /// What decides packets of a set in a rule set, with the packets.
    fn places(
        &mut self,
        id: DeviceId,
        rules: RuleSetId,
        set: PacketSet,
    ) -> Result<Vec<(Place, Then, PacketSet)>> {
        if set.is_empty() {
            return Ok(Vec::new());
        }
        let device = &self.explorer.site.device(id).ok_or(EngineError::Malformed)?.device;
        let list = device.rule_set(rules).ok_or(EngineError::Malformed)?;
        let e = &mut self.explorer.e;
        let compiled = match self.compiled.entry((id, rules)) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(open) => {
                open.insert(compile(e, list, &Region::everything(), &Reading::undecided())?)
            }
        };
        let shares = deciding(e, compiled, set)?;
        Ok(shares.into_iter().filter_map(|(place, share)| named(list, place, share)).collect())
    }

    /// Packets on a link that no device takes up at its other end.
    fn between(&mut self, at: Location, set: PacketSet, home: &BTreeSet<SegmentId>) -> Result<()> {
        let mut left = set;
        let onward = self.explorer.onward(at, set, Bound::Upper, Side::Sent)?;
        for (to, taken) in onward.iter().copied() {
            match to {
                Location::Ingress(..) => left = self.explorer.e.minus(left, taken)?,
                // Where the topology ends, nobody knows what becomes of them.
                Location::Elsewhere => return Ok(()),
                _ => {}
            }
        }
        let attached = |device: DeviceId, interface: IfId| {
            let device = self.explorer.site.device(device)?;
            device.attached.get(interface.index()).copied().flatten()
        };
        let (spot, end) = match at {
            Location::Origin(segment) => (Spot::Segment(segment), End::NoLink),
            Location::Egress(device, interface, _) => match attached(device, interface) {
                Some(segment) if !home.contains(&segment) => {
                    (Spot::Behind(device, interface, segment), End::Stranded)
                }
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.note(spot, None, end, None, left)
    }

    fn note(
        &mut self,
        spot: Spot,
        towards: Option<IfId>,
        end: End,
        rule: Option<Place>,
        set: PacketSet,
    ) -> Result<()> {
        if set.is_empty() {
            return Ok(());
        }
        let e = &mut self.explorer.e;
        let set = e.forget(set, &Field::SCRATCH)?;
        let none = Death { spot, end, rule: rule.clone(), towards: BTreeSet::new(), set: PacketSet::EMPTY };
        let death = self.found.entry((spot, end, rule)).or_insert(none);
        death.set = e.or(death.set, set)?;
        death.towards.extend(towards);
        Ok(())
    }
}

/// A place of a rule set as people call it, and what it does.
fn named(list: &RuleSet, place: blame::Place, share: PacketSet) -> Option<(Place, Then, PacketSet)> {
    let (place, then) = match place {
        blame::Place::Rule(id) => {
            let rule = list.chains.iter().flat_map(|c| &c.rules).find(|r| r.id == id)?;
            (Place { span: rule.span, label: rule.label.clone() }, rule.then)
        }
        blame::Place::End(chain) => {
            let chain = list.chains.get(chain.index())?;
            (Place { span: chain.end.span, label: chain.name.value.clone() }, chain.end.value)
        }
    };
    Some((place, then, share))
}
