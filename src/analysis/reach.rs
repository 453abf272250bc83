//! Forward from places, as far as packets go; back from an arrival to the header its sender wrote.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use super::diagram::Cube;
use super::pipeline::{Decision, DeviceTransitions, Entry, Exit, Steps};
use super::set::{Engine, PacketSet};
use super::shared::{
    Arena, Asked, At, Known, Left, MOST_KNOWN, MOST_STEPS, Memory, Onward, Premises, Sessions, Shared,
    Variant,
};
use super::transition::{self, Bound, Transition};
use super::{EngineError, Result};
use crate::model::{AddressSet, CauseId, Device, Family, Field, IfId};
use crate::network::{DeviceId, Link, Location, NextHop, Site};

/// Things an upper graph can be asked to leave out, to find the facts that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// A cause of a device is never true, and no route or value is unknown because of it.
    Cause(DeviceId, CauseId),
    /// An interface that the topology binds to nothing is plugged in nowhere.
    Unbound(DeviceId, IfId),
    /// A frame sent from here (an egress with a next hop that nobody owns, or none known) reaches no other device.
    NextHop(Location),
    /// Packets that enter here with a source from elsewhere open no session there: a source check would see to that.
    Forged(DeviceId, IfId),
}

/// Which way round packets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// As they are sent.
    Sent,
    /// As the replies that they allow: sources for destinations ([`crate::model::Device::mirrored`]).
    Mirrored,
}

/// What decides by which interface and to whom a device sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Routing {
    /// Its routes.
    #[default]
    Configured,
    /// Nothing: any interface that is up, to any other device on the segment (upper graph only). Filters, checks
    /// of sources and translations stay. What is proved so survives failures of links and changes of routes.
    Any,
}

/// One arena and the compiled devices of one site, for one question.
pub struct Explorer<'s> {
    /// The site.
    pub site: &'s Site,
    /// The arena.
    pub e: Engine,
    pub(super) resolved: BTreeSet<Fact>,
    /// Those of the facts left out that only sessions depend on.
    pub(super) forged: BTreeSet<Fact>,
    pub(super) routing: Routing,
    pub(super) devices: BTreeMap<(DeviceId, Bound, Side), Rc<DeviceTransitions>>,
    /// What the arena knows besides: of single devices, and under other premises.
    memory: Memory,
    /// The causes left out on each device, by their position in the memory; on the others none are.
    left_out: BTreeMap<DeviceId, usize>,
    /// Answers that are known, and their steps in all.
    asked: BTreeMap<Asked, Arrivals>,
    steps: usize,
    /// Where packets go next, as far as it was asked.
    onward: FxHashMap<At, Onward>,
    /// What is known of sessions.
    pub(super) sessions: Sessions,
    edges: usize,
    shared: Option<&'s Shared<'s>>,
}

/// One arrival of new packets somewhere.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where.
    pub at: Location,
    /// Packets that had not arrived there before.
    pub set: PacketSet,
    /// The step they came from.
    pub from: Option<usize>,
    /// Whether it was no rule that let them come from there.
    pub beside: bool,
}

/// Everything that arrived anywhere.
#[derive(Debug, Clone, Default)]
pub struct Arrivals {
    /// In the order of discovery.
    pub steps: Vec<Step>,
    sets: BTreeMap<Location, PacketSet>,
}

impl Arrivals {
    pub(super) fn of(steps: Vec<Step>, sets: BTreeMap<Location, PacketSet>) -> Arrivals {
        Arrivals { steps, sets }
    }
    /// The packets that arrived at a location.
    pub fn at(&self, location: Location) -> PacketSet {
        self.sets.get(&location).copied().unwrap_or(PacketSet::EMPTY)
    }
    /// Every location where something arrived, with all that did.
    pub fn places(&self) -> impl Iterator<Item = (Location, PacketSet)> {
        self.sets.iter().map(|(at, set)| (*at, *set))
    }
    /// The same for some locations.
    pub(super) fn within(
        &self,
        locations: RangeInclusive<Location>,
    ) -> impl Iterator<Item = (Location, PacketSet)> {
        self.sets.range(locations).map(|(at, set)| (*at, *set))
    }
    /// Steps that arrived at a location.
    pub fn steps_at(&self, location: Location) -> impl Iterator<Item = (usize, &Step)> {
        self.steps.iter().enumerate().filter(move |(_, s)| s.at == location)
    }
}

/// Who sends what a device decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sender {
    /// The device itself.
    Device,
    /// Somebody whose packet came in by an interface.
    Other,
}

impl Sender {
    pub fn of(entry: Entry) -> Sender {
        match entry {
            Entry::Local => Sender::Device,
            Entry::Interface(_) => Sender::Other,
        }
    }
}

/// How often one location may receive something new, beside once from each other location, before a loop of
/// translations is given up.
pub(super) const MOST_VISITS: usize = 200;

impl<'s> Explorer<'s> {
    /// An explorer of `site` that may use `edges` edges. Facts in `resolved` are left out of the upper graph.
    pub fn new(site: &'s Site, edges: usize, resolved: BTreeSet<Fact>) -> Self {
        Self::take(site, edges, (resolved, Routing::Configured), None)
    }

    /// The same with an arena of `shared`, and with whatever is known there.
    pub fn sharing(site: &'s Site, edges: usize, resolved: BTreeSet<Fact>, shared: &'s Shared<'s>) -> Self {
        Self::take(site, edges, (resolved, Routing::Configured), Some(shared))
    }

    fn take(site: &'s Site, edges: usize, mut premises: Premises, shared: Option<&'s Shared<'s>>) -> Self {
        let forged: BTreeSet<Fact> =
            premises.0.iter().filter(|f| matches!(f, Fact::Forged(..))).copied().collect();
        premises.0.retain(|f| !forged.contains(f));
        let Arena { e, mut memory } =
            shared.map_or_else(|| Arena::new(edges), |s| s.take(site, &premises, edges));
        let Known { devices, asked, steps, onward, sessions } = memory.recall(&premises);
        let left_out = memory.single.left_out(&premises.0);
        let (resolved, routing) = premises;
        Explorer {
            site,
            e,
            resolved,
            forged,
            routing,
            devices,
            memory,
            left_out,
            asked,
            steps,
            onward,
            sessions,
            edges,
            shared,
        }
    }

    /// An explorer under another routing.
    #[must_use]
    pub fn under(self, routing: Routing) -> Self {
        let resolved = self.resolved.union(&self.forged).copied().collect();
        Self::take(self.site, self.edges, (resolved, routing), self.shared)
    }

    /// Opening packets with any header: TCP with SYN and without ACK, and all that is not TCP.
    ///
    /// # Errors
    /// [`EngineError::Budget`].
    pub fn opening(&mut self) -> Result<PacketSet> {
        let (opening, universe) = (self.e.opening()?, self.e.universe()?);
        Ok(self.e.and(opening, universe)?)
    }

    /// Packets whose `field` (source or destination) is in `addresses`.
    ///
    /// # Errors
    /// [`EngineError::Budget`].
    pub fn with_address(&mut self, field: Field, addresses: &AddressSet) -> Result<PacketSet> {
        let mut parts = Vec::new();
        for family in Family::ALL {
            if !addresses.of(family).is_empty() {
                let cube = Cube::family(family).with(field, addresses.of(family).clone());
                parts.push(self.e.cube(&cube)?);
            }
        }
        Ok(self.e.or_all(parts)?)
    }

    /// Everything that can arrive from packets `seeds` put at their locations.
    ///
    /// # Errors
    /// Budget, malformed devices, loops of translations without end.
    pub fn forward(&mut self, seeds: &[(Location, PacketSet)], bound: Bound) -> Result<Arrivals> {
        self.forward_on(seeds, bound, Side::Sent)
    }

    /// The same, looked at from one side: with [`Side::Mirrored`] seeds and arrivals are mirror images.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn forward_on(
        &mut self,
        seeds: &[(Location, PacketSet)],
        bound: Bound,
        side: Side,
    ) -> Result<Arrivals> {
        let asked = (bound, side, seeds.to_vec());
        if let Some(known) = self.asked.get(&asked) {
            return Ok(known.clone());
        }
        let arrivals = self.follow(seeds, bound, side)?;
        if self.has_room(arrivals.steps.len()) {
            self.asked.insert(asked, arrivals.clone());
        }
        Ok(arrivals)
    }

    /// Whether an answer of so many steps may be kept for later questions.
    pub(super) fn has_room(&mut self, steps: usize) -> bool {
        let room = self.steps < MOST_STEPS;
        self.steps += if room { steps } else { 0 };
        room
    }

    fn follow(&mut self, seeds: &[(Location, PacketSet)], bound: Bound, side: Side) -> Result<Arrivals> {
        let mut arrivals = Arrivals::default();
        let mut queue = VecDeque::new();
        let mut visits: BTreeMap<Location, usize> = BTreeMap::new();
        for (at, set) in seeds {
            self.arrive(&mut arrivals, &mut queue, *at, *set, None)?;
        }
        while let Some(index) = queue.pop_front() {
            let Some(step) = arrivals.steps.get(index).cloned() else { continue };
            let count = visits.entry(step.at).or_default();
            *count += 1;
            if *count > MOST_VISITS + self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            for (to, set) in self.onward(step.at, step.set, bound, side)?.iter().copied() {
                self.arrive(&mut arrivals, &mut queue, to, set, Some(index))?;
            }
        }
        Ok(arrivals)
    }

    /// What one device makes of packets that `set` puts at its entrance `at`: the seed and where they go next.
    ///
    /// # Errors
    /// Budget, malformed devices.
    pub fn one_device(&mut self, at: Location, set: PacketSet, bound: Bound) -> Result<Arrivals> {
        let mut arrivals = Arrivals::default();
        let mut queue = VecDeque::new();
        self.arrive(&mut arrivals, &mut queue, at, set, None)?;
        if let Some(seed) = arrivals.steps.first().cloned() {
            for (to, set) in self.onward(seed.at, seed.set, bound, Side::Sent)?.iter().copied() {
                self.arrive(&mut arrivals, &mut queue, to, set, Some(0))?;
            }
        }
        Ok(arrivals)
    }

    fn arrive(
        &mut self,
        arrivals: &mut Arrivals,
        queue: &mut VecDeque<usize>,
        at: Location,
        set: PacketSet,
        from: Option<usize>,
    ) -> Result<()> {
        let known = arrivals.at(at);
        let fresh = self.e.minus(set, known)?;
        if fresh.is_empty() {
            return Ok(());
        }
        let all = self.e.or(known, fresh)?;
        arrivals.sets.insert(at, all);
        queue.push_back(arrivals.steps.len());
        arrivals.steps.push(Step { at, set: fresh, from, beside: false });
        Ok(())
    }

    /// Where the packets of a step go next.
    pub(super) fn onward(
        &mut self,
        at: Location,
        set: PacketSet,
        bound: Bound,
        side: Side,
    ) -> Result<Onward> {
        let key = (at, set, bound, side);
        if let Some(known) = self.onward.get(&key) {
            return Ok(known.clone());
        }
        let found: Onward = self.go_on(at, set, bound, side)?.into();
        if self.onward.len() < MOST_KNOWN {
            self.onward.insert(key, found.clone());
        }
        Ok(found)
    }

    fn go_on(
        &mut self,
        at: Location,
        set: PacketSet,
        bound: Bound,
        side: Side,
    ) -> Result<Vec<(Location, PacketSet)>> {
        let site = self.site;
        if let (Routing::Any, Location::Egress(device, interface, _)) = (self.routing, at) {
            return Ok(neighbours(site, device, interface).into_iter().map(|to| (to, set)).collect());
        }
        let Some(node) = site.nodes.get(&at).copied() else { return Ok(Vec::new()) };
        if let Some((device, entry)) = entrance(at) {
            return match self.routing {
                Routing::Configured => self.through_device(device, entry, node, set, (bound, side)),
                Routing::Any => self.anyhow_through(device, entry, set, (bound, side)),
            };
        }
        let mut out = Vec::new();
        for (to, link) in links(site, node) {
            if let Some(steps) = self.link_steps(at, to, link, (bound, side))? {
                let set = transition::image(&steps, &mut self.e, set)?;
                if !set.is_empty() {
                    out.push((to, set));
                }
            }
        }
        Ok(out)
    }

    fn through_device(
        &mut self,
        device: DeviceId,
        entry: Entry,
        node: NodeIndex,
        set: PacketSet,
        (bound, side): (Bound, Side),
    ) -> Result<Vec<(Location, PacketSet)>> {
        self.compile(device, bound, side)?;
        let linked: BTreeSet<Location> = links(self.site, node).map(|(to, _)| to).collect();
        let mut out = Vec::new();
        for (exit, left) in self.leave(self.as_compiled(device, bound, side), entry, set)?.iter().copied() {
            let to = exit_location(device, exit);
            // The graph must know every exit; a missing one would lose packets without a word.
            let known = linked.contains(&to);
            if !known && self.site.nodes.contains_key(&to)
                || !known && exit != Exit::Local && attached(self.site, device, exit)
            {
                return Err(EngineError::Malformed);
            }
            out.push((to, left));
        }
        Ok(out)
    }

    /// Where packets at an entrance of a device leave it by its routes.
    fn leave(&mut self, device: Variant, entry: Entry, set: PacketSet) -> Result<Left> {
        let key = (device, entry, set);
        if let Some(known) = self.memory.single.through.get(&key) {
            return Ok(Rc::clone(known));
        }
        let (id, _, bound, side) = device;
        let transitions = self.devices.get(&(id, bound, side)).ok_or(EngineError::Malformed)?;
        let routed = transition::image(&transitions.prefix(entry), &mut self.e, set)?;
        let left: Left = transitions.leave(&mut self.e, entry, routed)?.into_iter().collect();
        if self.memory.single.through.len() < MOST_KNOWN {
            self.memory.single.through.insert(key, Rc::clone(&left));
        }
        Ok(left)
    }

    /// What at a device's routing decision leaves it by an exit as one of `region`.
    pub(super) fn undecided(
        &mut self,
        device: Variant,
        sender: Sender,
        exit: Exit,
        region: PacketSet,
    ) -> Result<PacketSet> {
        let key = (device, sender, exit, region);
        if let Some(known) = self.memory.single.decided.get(&key) {
            return Ok(*known);
        }
        let (id, _, bound, side) = device;
        let transitions = self.devices.get(&(id, bound, side)).ok_or(EngineError::Malformed)?;
        // Behind the decision it matters only whether the device itself sends.
        let entry = match sender {
            Sender::Device => Entry::Local,
            Sender::Other => Entry::Interface(IfId(0)),
        };
        let before = match transitions.suffix(entry, exit) {
            Some(suffix) => transition::preimage(&suffix, &mut self.e, region)?,
            None => PacketSet::EMPTY,
        };
        if self.memory.single.decided.len() < MOST_KNOWN {
            self.memory.single.decided.insert(key, before);
        }
        Ok(before)
    }

    pub(super) fn as_compiled(&self, device: DeviceId, bound: Bound, side: Side) -> Variant {
        (device, self.left_out.get(&device).copied().unwrap_or_default(), bound, side)
    }

    /// Out of every interface that is up, and to the device itself where its routes say so.
    fn anyhow_through(
        &mut self,
        device: DeviceId,
        entry: Entry,
        set: PacketSet,
        (bound, side): (Bound, Side),
    ) -> Result<Vec<(Location, PacketSet)>> {
        self.compile(device, bound, side)?;
        let transitions = self.devices.get(&(device, bound, side)).ok_or(EngineError::Malformed)?;
        let arrived = transition::image(&transitions.prefix(entry), &mut self.e, set)?;
        let exits = anyhow(self.site, device);
        let any = Decision::any_of(&mut self.e, &exits)?;
        let mut left = transitions.leave_by(&mut self.e, entry, arrived, &[any])?;
        if let Some(steps) = transitions.suffix(entry, Exit::Local) {
            left.insert(Exit::Local, transition::image(&steps, &mut self.e, arrived)?);
        }
        let ways =
            exits.into_iter().chain([Exit::Local]).filter_map(|exit| Some((exit, left.remove(&exit)?)));
        let ways = ways.filter(|(_, set)| !set.is_empty());
        Ok(ways.map(|(exit, set)| (exit_location(device, exit), set)).collect())
    }

    /// The steps of a link that is no device; `None` if the bound or a resolved fact leaves it out.
    fn link_steps(
        &mut self,
        from: Location,
        to: Location,
        link: &Link,
        (bound, side): (Bound, Side),
    ) -> Result<Option<Vec<Transition>>> {
        let (certain, destinations) = match link {
            Link::Inject { certain } | Link::Transmit { certain } => (*certain, None),
            Link::Wire { destinations, certain } => (*certain, destinations.as_ref()),
            Link::Device(_) => return Err(EngineError::Malformed),
        };
        if !certain && (bound == Bound::Lower || self.left_out(from) || self.left_out(to)) {
            return Ok(None);
        }
        match destinations {
            None => Ok(Some(Vec::new())),
            Some(addresses) => {
                let to = if side == Side::Sent { Field::Dst } else { Field::Src };
                let guard = self.with_address(to, addresses)?;
                Ok(Some(vec![Transition::Constrain(guard)]))
            }
        }
    }

    fn left_out(&self, at: Location) -> bool {
        let unbound = match at {
            Location::Egress(d, i, _) | Location::Ingress(d, i) => {
                self.resolved.contains(&Fact::Unbound(d, i))
            }
            _ => false,
        };
        unbound || self.resolved.contains(&Fact::NextHop(at))
    }

    pub(super) fn compile(&mut self, device: DeviceId, bound: Bound, side: Side) -> Result<()> {
        if self.devices.contains_key(&(device, bound, side)) {
            return Ok(());
        }
        let variant = self.as_compiled(device, bound, side);
        let built = match self.memory.single.compiled.get(&variant) {
            Some(built) => Rc::clone(built),
            None => {
                let found = self.site.device(device).ok_or(EngineError::Malformed)?;
                let built = Rc::new(match side {
                    Side::Sent => self.variant(device, &found.device, bound)?,
                    Side::Mirrored => self.variant(device, &found.device.mirrored(), bound)?,
                });
                self.memory.single.compiled.insert(variant, Rc::clone(&built));
                built
            }
        };
        self.devices.insert((device, bound, side), built);
        Ok(())
    }

    /// The steps of a device other than the site's own in its place: the same one with a part singled out.
    ///
    /// # Errors
    /// Budget, malformed device.
    pub fn variant(&mut self, id: DeviceId, other: &Device, bound: Bound) -> Result<DeviceTransitions> {
        let resolved = self.causes_left_out(id);
        DeviceTransitions::build(&mut self.e, other, bound, &resolved)
    }

    /// Where packets at a device's entrance leave it by some steps, and as what.
    ///
    /// # Errors
    /// Budget.
    pub fn pass(
        &mut self,
        at: Location,
        steps: &DeviceTransitions,
        set: PacketSet,
    ) -> Result<Vec<(Location, PacketSet)>> {
        let Some((device, entry)) = entrance(at) else { return Ok(Vec::new()) };
        let routed = transition::image(&steps.prefix(entry), &mut self.e, set)?;
        let mut out = Vec::new();
        for (exit, left) in steps.leave(&mut self.e, entry, routed)? {
            let to = exit_location(device, exit);
            if self.site.nodes.contains_key(&to) {
                out.push((to, left));
            }
        }
        Ok(out)
    }

    /// The packets at a device's entrance that leave it by some steps as one of `region`.
    ///
    /// # Errors
    /// Budget, or a location that is no exit.
    pub fn unpass(
        &mut self,
        at: Location,
        steps: &DeviceTransitions,
        to: Location,
        region: PacketSet,
    ) -> Result<PacketSet> {
        let (_, entry) = entrance(at).ok_or(EngineError::Malformed)?;
        let exit = location_exit(to).ok_or(EngineError::Malformed)?;
        let suffix = steps.suffix(entry, exit).ok_or(EngineError::Malformed)?;
        let routed = transition::preimage(&suffix, &mut self.e, region)?;
        Ok(transition::preimage(&steps.prefix(entry), &mut self.e, routed)?)
    }

    pub(super) fn causes_left_out(&self, device: DeviceId) -> BTreeSet<CauseId> {
        causes_on(device, &self.resolved)
    }

    /// The way of a step from its source: location and packets at the source that become one of `region`
    /// (a part of the step's packets), and the locations passed.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn back(&mut self, arrivals: &Arrivals, step: usize, region: PacketSet, bound: Bound) -> Result<Way> {
        self.back_on(arrivals, step, region, bound, Side::Sent)
    }

    /// The same for arrivals of [`Explorer::forward_on`].
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn back_on(
        &mut self,
        arrivals: &Arrivals,
        step: usize,
        region: PacketSet,
        bound: Bound,
        side: Side,
    ) -> Result<Way> {
        let mut at = arrivals.steps.get(step).ok_or(EngineError::Malformed)?;
        let mut region = self.e.and(region, at.set)?;
        let mut locations = vec![at.at];
        while let Some(parent) = at.from {
            let from = arrivals.steps.get(parent).ok_or(EngineError::Malformed)?;
            region = if at.beside {
                self.alike(region, from.set)?
            } else {
                let before = self.before(from.at, at.at, region, (bound, side))?;
                self.e.and(before, from.set)?
            };
            locations.push(from.at);
            at = from;
        }
        locations.reverse();
        Ok(Way { source: at.at, headers: region, locations })
    }

    /// Beside the rules nothing tells which packet became which: those of the same sender, if there are any.
    fn alike(&mut self, region: PacketSet, before: PacketSet) -> Result<PacketSet> {
        let others = [Field::Dst, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags];
        let sender = self.e.forget(region, &others)?;
        let near = self.e.and(before, sender)?;
        Ok(if near.is_empty() { before } else { near })
    }

    pub(super) fn before(
        &mut self,
        from: Location,
        to: Location,
        region: PacketSet,
        (bound, side): (Bound, Side),
    ) -> Result<PacketSet> {
        let site = self.site;
        if let Some((device, entry)) = entrance(from) {
            self.compile(device, bound, side)?;
            let exit = location_exit(to).ok_or(EngineError::Malformed)?;
            let routed =
                self.undecided(self.as_compiled(device, bound, side), Sender::of(entry), exit, region)?;
            let transitions = self.devices.get(&(device, bound, side)).ok_or(EngineError::Malformed)?;
            return Ok(transition::preimage(&transitions.prefix(entry), &mut self.e, routed)?);
        }
        let node = site.nodes.get(&from).copied().ok_or(EngineError::Malformed)?;
        let mut parts = Vec::new();
        for (_, link) in links(site, node).filter(|(l, _)| *l == to) {
            if let Some(steps) = self.link_steps(from, to, link, (bound, side))? {
                parts.push(transition::preimage(&steps, &mut self.e, region)?);
            }
        }
        Ok(self.e.or_all(parts)?)
    }
}

/// The causes of one device among some facts.
pub(super) fn causes_on(device: DeviceId, facts: &BTreeSet<Fact>) -> BTreeSet<CauseId> {
    let causes = facts.iter().filter_map(|f| match f {
        Fact::Cause(d, c) if *d == device => Some(*c),
        _ => None,
    });
    causes.collect()
}

impl Drop for Explorer<'_> {
    fn drop(&mut self) {
        let Some(shared) = self.shared else { return };
        let known = Known {
            devices: std::mem::take(&mut self.devices),
            asked: std::mem::take(&mut self.asked),
            steps: self.steps,
            onward: std::mem::take(&mut self.onward),
            sessions: std::mem::take(&mut self.sessions),
        };
        let e = std::mem::replace(&mut self.e, Engine::new(0));
        let mut memory = std::mem::take(&mut self.memory);
        memory.keep((std::mem::take(&mut self.resolved), self.routing), known);
        shared.give(self.site, self.edges, Arena { e, memory });
    }
}

/// How packets came to an arrival.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where they were sent.
    pub source: Location,
    /// Their headers there.
    pub headers: PacketSet,
    /// Every location passed, source first.
    pub locations: Vec<Location>,
}

pub(super) fn entrance(at: Location) -> Option<(DeviceId, Entry)> {
    match at {
        Location::Ingress(device, interface) => Some((device, Entry::Interface(interface))),
        Location::LocalOrigin(device) => Some((device, Entry::Local)),
        _ => None,
    }
}

pub(super) fn exit_location(device: DeviceId, exit: Exit) -> Location {
    match exit {
        Exit::Interface(interface, hop) => Location::Egress(device, interface, hop),
        Exit::Local => Location::Local(device),
    }
}

pub(super) fn location_exit(to: Location) -> Option<Exit> {
    match to {
        Location::Egress(_, interface, hop) => Some(Exit::Interface(interface, hop)),
        Location::Local(_) => Some(Exit::Local),
        _ => None,
    }
}

/// The steps from a device's entrance by its interfaces, under a routing.
pub(super) fn ways_on<'d>(
    site: &Site,
    routing: Routing,
    (device, entry): (DeviceId, Entry),
    transitions: &'d DeviceTransitions,
) -> Vec<(Exit, Steps<'d>)> {
    if routing == Routing::Configured {
        let routed = transitions.exits().filter(|e| matches!(e, Exit::Interface(..)));
        return routed.filter_map(|exit| Some((exit, transitions.suffix(entry, exit)?))).collect();
    }
    let exits = anyhow(site, device).into_iter();
    exits.map(|exit| (exit, transitions.unrouted(entry, exit))).collect()
}

/// Every interface of a device by which something may be sent.
pub(super) fn anyhow(site: &Site, device: DeviceId) -> Vec<Exit> {
    let up = site.device(device).into_iter().flat_map(|d| d.device.interfaces()).filter(|(_, i)| i.up);
    let exits = up.map(|(id, _)| Exit::Interface(id, NextHop::Unknown));
    exits.filter(|exit| attached(site, device, *exit)).collect()
}

/// Whether something hangs on the exit's interface, so that packets leaving by it matter.
fn attached(site: &Site, device: DeviceId, exit: Exit) -> bool {
    let Exit::Interface(interface, _) = exit else { return false };
    site.device(device).is_some_and(|d| {
        d.elsewhere.contains(&interface) || d.attached.get(interface.index()).is_some_and(Option::is_some)
    })
}

/// Everybody who may hear what leaves an interface: the segment and every other device on it.
pub(super) fn neighbours(site: &Site, device: DeviceId, interface: IfId) -> Vec<Location> {
    let segment = site.device(device).and_then(|d| d.attached.get(interface.index()).copied().flatten());
    let Some(segment) = segment else { return vec![Location::Elsewhere] };
    let others = site.devices_on(segment).filter(|port| *port != (device, interface));
    std::iter::once(Location::Segment(segment)).chain(others.map(|(d, i)| Location::Ingress(d, i))).collect()
}

/// Locations with a link to this one, in order.
pub(super) fn sources(site: &Site, at: Location) -> BTreeSet<Location> {
    let node = site.nodes.get(&at).copied();
    let from = node.into_iter().flat_map(|n| site.graph.neighbors_directed(n, Direction::Incoming));
    from.filter_map(|n| site.graph.node_weight(n).copied()).collect()
}

/// Outgoing links in a fixed order.
pub(super) fn links(site: &Site, node: NodeIndex) -> impl Iterator<Item = (Location, &Link)> {
    let mut found: Vec<_> = site.graph.edges_directed(node, Direction::Outgoing).collect();
    found.sort_by_key(|e| e.id());
    found.into_iter().filter_map(|e| Some((*site.graph.node_weight(e.target())?, e.weight())))
}
