//! Forward from places, as far as packets go; back from an arrival to the header its sender wrote.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::diagram::Cube;
use super::pipeline::{Entry, Exit, Origin, Passage};
use super::set::{Engine, PacketSet};
use super::transition::{self, Bound, Transition};
use super::{EngineError, Result};
use crate::model::{AddressSet, CauseId, Device, Family, Field, IfId};
use crate::network::{DeviceId, Link, Location, Site};

/// Things an upper graph can be asked to leave out, to find the facts that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// A cause of a device is never true, and no route or value is unknown because of it.
    Cause(DeviceId, CauseId),
    /// An interface that the topology binds to nothing is plugged in nowhere.
    Unbound(DeviceId, IfId),
    /// A frame sent from here (an egress with a next hop that nobody owns, or none known) reaches no other device.
    NextHop(Location),
}

/// One arena and the compiled devices of one site, for one question.
pub struct Explorer<'s> {
    /// The site.
    pub site: &'s Site,
    /// The arena.
    pub e: Engine,
    resolved: BTreeSet<Fact>,
    devices: BTreeMap<(DeviceId, Bound), Passage<'s>>,
}

/// One arrival of new packets somewhere.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where.
    pub at: Location,
    /// Packets that had not arrived there before.
    pub set: PacketSet,
    /// The steps they came from, all at one location; none for packets sent here.
    pub from: Vec<usize>,
}

/// Everything that arrived anywhere.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// In the order of discovery.
    pub steps: Vec<Step>,
    sets: BTreeMap<Location, PacketSet>,
}

impl Arrivals {
    /// The packets that arrived at a location.
    pub fn at(&self, location: Location) -> PacketSet {
        self.sets.get(&location).copied().unwrap_or(PacketSet::EMPTY)
    }
    /// Every location where something arrived, with all that did.
    pub fn places(&self) -> impl Iterator<Item = (Location, PacketSet)> {
        self.sets.iter().map(|(at, set)| (*at, *set))
    }
    /// Steps that arrived at a location.
    pub fn steps_at(&self, location: Location) -> impl Iterator<Item = (usize, &Step)> {
        self.steps.iter().enumerate().filter(move |(_, s)| s.at == location)
    }
}

/// How often one location may receive something new, beside once from each other location, before a loop of
/// translations is given up.
const MOST_VISITS: usize = 200;

impl<'s> Explorer<'s> {
    /// An explorer of `site` that may use `edges` edges. Facts in `resolved` are left out of the upper graph.
    pub fn new(site: &'s Site, edges: usize, resolved: BTreeSet<Fact>) -> Self {
        Explorer { site, e: Engine::new(edges), resolved, devices: BTreeMap::new() }
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
        let mut arrivals = Arrivals::default();
        let mut open = Open::default();
        let mut visits: BTreeMap<Location, usize> = BTreeMap::new();
        for (at, set) in seeds {
            self.arrive(&mut arrivals, &mut open, *at, *set, &[])?;
        }
        while let Some((at, steps)) = open.next() {
            let count = visits.entry(at).or_default();
            *count += 1;
            if *count > MOST_VISITS + self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            self.go_on(&mut arrivals, &mut open, at, &steps, bound)?;
        }
        Ok(arrivals)
    }

    /// What one device makes of packets that `set` puts at its entrance `at`: the seed and where they go next, up to
    /// where they leave it.
    ///
    /// # Errors
    /// Budget, malformed devices.
    pub fn one_device(&mut self, at: Location, set: PacketSet, bound: Bound) -> Result<Arrivals> {
        let mut arrivals = Arrivals::default();
        let mut open = Open::default();
        self.arrive(&mut arrivals, &mut open, at, set, &[])?;
        while let Some((at, steps)) = open.next() {
            if matches!(at, Location::Ingress(..) | Location::Inside(_) | Location::LocalOrigin(_)) {
                self.go_on(&mut arrivals, &mut open, at, &steps, bound)?;
            }
        }
        Ok(arrivals)
    }

    /// Packets of some steps at one location go on together.
    fn go_on(
        &mut self,
        arrivals: &mut Arrivals,
        open: &mut Open,
        at: Location,
        steps: &[usize],
        bound: Bound,
    ) -> Result<()> {
        let sets = steps.iter().filter_map(|i| arrivals.steps.get(*i)).map(|s| s.set);
        let set = self.e.or_all(sets)?;
        for (to, set) in self.onward(at, set, bound)? {
            self.arrive(arrivals, open, to, set, steps)?;
        }
        Ok(())
    }

    fn arrive(
        &mut self,
        arrivals: &mut Arrivals,
        open: &mut Open,
        at: Location,
        set: PacketSet,
        from: &[usize],
    ) -> Result<()> {
        let known = arrivals.at(at);
        let fresh = self.e.minus(set, known)?;
        if fresh.is_empty() {
            return Ok(());
        }
        let all = self.e.or(known, fresh)?;
        arrivals.sets.insert(at, all);
        open.add(at, arrivals.steps.len());
        arrivals.steps.push(Step { at, set: fresh, from: from.to_vec() });
        Ok(())
    }

    /// Where packets at a location go next.
    fn onward(&mut self, at: Location, set: PacketSet, bound: Bound) -> Result<Vec<(Location, PacketSet)>> {
        let site = self.site;
        let Some(node) = site.nodes.get(&at).copied() else { return Ok(Vec::new()) };
        match at {
            Location::Ingress(device, interface) => {
                let inside = Location::Inside(device);
                if !site.nodes.contains_key(&inside) {
                    return Err(EngineError::Malformed);
                }
                let (passage, e) = self.passage(device, bound)?;
                Ok(vec![(inside, passage.enter(e, Entry::Interface(interface), set)?)])
            }
            Location::Inside(device) => self.out_of(device, Origin::Received, at, set, bound),
            Location::LocalOrigin(device) => {
                let (passage, e) = self.passage(device, bound)?;
                let entered = passage.enter(e, Entry::Local, set)?;
                self.out_of(device, Origin::Own, at, entered, bound)
            }
            _ => {
                let mut out = Vec::new();
                for (to, link) in links(site, node) {
                    if let Some(steps) = self.link_steps(at, to, link, bound)? {
                        let set = transition::image(&steps, &mut self.e, set)?;
                        if !set.is_empty() {
                            out.push((to, set));
                        }
                    }
                }
                Ok(out)
            }
        }
    }

    /// Where packets inside a device leave.
    fn out_of(
        &mut self,
        device: DeviceId,
        origin: Origin,
        at: Location,
        entered: PacketSet,
        bound: Bound,
    ) -> Result<Vec<(Location, PacketSet)>> {
        let (passage, e) = self.passage(device, bound)?;
        let mut out = Vec::new();
        for (exit, left) in passage.leave(e, origin, entered)? {
            let to = exit_location(device, exit);
            // The graph must know every exit; a missing one would lose packets without a word.
            let known = self.site.nodes.contains_key(&to);
            if known && !sources(self.site, to).contains(&at)
                || !known && exit != Exit::Local && attached(self.site, device, exit)
            {
                return Err(EngineError::Malformed);
            }
            out.push((to, left));
        }
        Ok(out)
    }

    /// The steps of a link that is no device; `None` if the bound or a resolved fact leaves it out.
    fn link_steps(
        &mut self,
        from: Location,
        to: Location,
        link: &Link,
        bound: Bound,
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
                let guard = self.with_address(Field::Dst, addresses)?;
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

    fn passage(&mut self, device: DeviceId, bound: Bound) -> Result<(&mut Passage<'s>, &mut Engine)> {
        let site = self.site;
        let found = site.device(device).ok_or(EngineError::Malformed)?;
        if !self.devices.contains_key(&(device, bound)) {
            let built = self.variant(device, &found.device, bound);
            self.devices.insert((device, bound), built);
        }
        let passage = self.devices.get_mut(&(device, bound)).ok_or(EngineError::Malformed)?;
        Ok((passage, &mut self.e))
    }

    /// The steps of a device other than the site's own in its place: the same one with a part singled out.
    pub fn variant<'x>(&self, id: DeviceId, other: &'x Device, bound: Bound) -> Passage<'x> {
        let causes = self.resolved.iter().filter_map(|f| match f {
            Fact::Cause(d, c) if *d == id => Some(*c),
            _ => None,
        });
        Passage::new(other, bound, causes.collect())
    }

    /// Where packets at a device's entrance leave it by some steps, and as what.
    ///
    /// # Errors
    /// Budget.
    pub fn pass(
        &mut self,
        at: Location,
        steps: &mut Passage<'_>,
        set: PacketSet,
    ) -> Result<Vec<(Location, PacketSet)>> {
        let Some((device, entry)) = entrance(at) else { return Ok(Vec::new()) };
        let entered = steps.enter(&mut self.e, entry, set)?;
        let left = steps.leave(&mut self.e, entry.into(), entered)?;
        let all = left.into_iter().map(|(exit, set)| (exit_location(device, exit), set));
        Ok(all.filter(|(to, _)| self.site.nodes.contains_key(to)).collect())
    }

    /// What of some packets at a device's entrance leaves it by some steps as one of `region`.
    ///
    /// # Errors
    /// Budget, or a location that is no exit.
    pub fn unpass(
        &mut self,
        (at, set): (Location, PacketSet),
        steps: &mut Passage<'_>,
        to: Location,
        region: PacketSet,
    ) -> Result<PacketSet> {
        let (_, entry) = entrance(at).ok_or(EngineError::Malformed)?;
        let exit = location_exit(to).ok_or(EngineError::Malformed)?;
        let entered = steps.enter(&mut self.e, entry, set)?;
        let before = steps.before(&mut self.e, (entry.into(), exit), entered, region)?;
        let before = steps.before_enter(&mut self.e, entry, before)?;
        Ok(self.e.and(before, set)?)
    }

    /// What of a step's packets goes on to another location.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn going_to(&mut self, step: &Step, to: Location, bound: Bound) -> Result<PacketSet> {
        let before = self.before((step.at, step.set), (to, PacketSet::ALL), bound)?;
        Ok(self.e.and(before, step.set)?)
    }

    /// The way of a step from its source: location and packets at the source that become one of `region`
    /// (a part of the step's packets), and the locations passed. Where packets of several steps went on together, the
    /// first of them is followed that has a part in it.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn back(&mut self, arrivals: &Arrivals, step: usize, region: PacketSet, bound: Bound) -> Result<Way> {
        let ways = self.ways(arrivals, step, region, bound, 1)?;
        ways.into_iter().next().ok_or(EngineError::Malformed)
    }

    /// The packets at `source` that become some of `goals` (parts of what arrived there), by whatever way.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn departures(
        &mut self,
        arrivals: &Arrivals,
        source: Location,
        goals: &[(Location, PacketSet)],
        bound: Bound,
    ) -> Result<PacketSet> {
        let mut known: BTreeMap<Location, PacketSet> = BTreeMap::new();
        let mut queue: VecDeque<(Location, PacketSet)> = goals.iter().copied().collect();
        let mut visits: BTreeMap<Location, usize> = BTreeMap::new();
        while let Some((at, set)) = queue.pop_front() {
            let old = known.get(&at).copied().unwrap_or(PacketSet::EMPTY);
            let fresh = self.e.minus(set, old)?;
            if fresh.is_empty() {
                continue;
            }
            let count = visits.entry(at).or_default();
            *count += 1;
            if *count > MOST_VISITS + self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            let all = self.e.or(old, fresh)?;
            known.insert(at, all);
            for from in sources(self.site, at) {
                let there = arrivals.at(from);
                if there.is_empty() {
                    continue;
                }
                let before = self.before((from, there), (at, fresh), bound)?;
                queue.push_back((from, self.e.and(before, there)?));
            }
        }
        Ok(known.get(&source).copied().unwrap_or(PacketSet::EMPTY))
    }

    /// Up to `most` ways of a step, each by other steps; see [`Explorer::back`].
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn ways(
        &mut self,
        arrivals: &Arrivals,
        step: usize,
        region: PacketSet,
        bound: Bound,
        most: usize,
    ) -> Result<Vec<Way>> {
        let get = |index: usize| arrivals.steps.get(index).ok_or(EngineError::Malformed);
        let region = self.e.and(region, get(step)?.set)?;
        let mut out = Vec::new();
        let mut open = vec![(step, region, vec![get(step)?.at])];
        while let Some((index, region, locations)) = open.pop() {
            let at = get(index)?;
            let Some(first) = at.from.first() else {
                let locations = locations.into_iter().rev().collect();
                out.push(Way { source: at.at, headers: region, locations });
                if out.len() >= most {
                    break;
                }
                continue;
            };
            let from = get(*first)?.at;
            let sets = at.from.iter().map(|i| Ok(get(*i)?.set)).collect::<Result<Vec<_>>>()?;
            let together = self.e.or_all(sets)?;
            let before = self.before((from, together), (at.at, region), bound)?;
            let mut found = Vec::new();
            for parent in &at.from {
                let part = self.e.and(before, get(*parent)?.set)?;
                if !part.is_empty() {
                    let passed = locations.iter().copied().chain([from]).collect();
                    found.push((*parent, part, passed));
                }
                if found.len() >= most {
                    break;
                }
            }
            open.extend(found.into_iter().rev());
        }
        Ok(out)
    }

    /// What of the packets at `from` goes on to be one of those at `to`.
    fn before(
        &mut self,
        (from, set): (Location, PacketSet),
        (to, region): (Location, PacketSet),
        bound: Bound,
    ) -> Result<PacketSet> {
        match from {
            Location::Ingress(device, interface) => {
                let (passage, e) = self.passage(device, bound)?;
                passage.before_enter(e, Entry::Interface(interface), region)
            }
            Location::Inside(device) => {
                let exit = location_exit(to).ok_or(EngineError::Malformed)?;
                let (passage, e) = self.passage(device, bound)?;
                passage.before(e, (Origin::Received, exit), set, region)
            }
            Location::LocalOrigin(device) => {
                let exit = location_exit(to).ok_or(EngineError::Malformed)?;
                let (passage, e) = self.passage(device, bound)?;
                let entered = passage.enter(e, Entry::Local, set)?;
                let before = passage.before(e, (Origin::Own, exit), entered, region)?;
                passage.before_enter(e, Entry::Local, before)
            }
            _ => {
                let site = self.site;
                let node = site.nodes.get(&from).copied().ok_or(EngineError::Malformed)?;
                let mut parts = Vec::new();
                for (_, link) in links(site, node).filter(|(l, _)| *l == to) {
                    if let Some(steps) = self.link_steps(from, to, link, bound)? {
                        parts.push(transition::preimage(&steps, &mut self.e, region)?);
                    }
                }
                Ok(self.e.or_all(parts)?)
            }
        }
    }
}

/// Steps whose packets have not gone on yet. Those at one location go on together.
#[derive(Default)]
struct Open {
    order: VecDeque<Location>,
    steps: BTreeMap<Location, Vec<usize>>,
}

impl Open {
    fn add(&mut self, at: Location, step: usize) {
        let steps = self.steps.entry(at).or_default();
        if steps.is_empty() {
            self.order.push_back(at);
        }
        steps.push(step);
    }

    fn next(&mut self) -> Option<(Location, Vec<usize>)> {
        let at = self.order.pop_front()?;
        Some((at, self.steps.remove(&at).unwrap_or_default()))
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

fn entrance(at: Location) -> Option<(DeviceId, Entry)> {
    match at {
        Location::Ingress(device, interface) => Some((device, Entry::Interface(interface))),
        Location::LocalOrigin(device) => Some((device, Entry::Local)),
        _ => None,
    }
}

fn exit_location(device: DeviceId, exit: Exit) -> Location {
    match exit {
        Exit::Interface(interface, hop) => Location::Egress(device, interface, hop),
        Exit::Local => Location::Local(device),
    }
}

fn location_exit(to: Location) -> Option<Exit> {
    match to {
        Location::Egress(_, interface, hop) => Some(Exit::Interface(interface, hop)),
        Location::Local(_) => Some(Exit::Local),
        _ => None,
    }
}

/// Whether something hangs on the exit's interface, so that packets leaving by it matter.
fn attached(site: &Site, device: DeviceId, exit: Exit) -> bool {
    let Exit::Interface(interface, _) = exit else { return false };
    site.device(device).is_some_and(|d| {
        d.elsewhere.contains(&interface) || d.attached.get(interface.index()).is_some_and(Option::is_some)
    })
}

/// Locations with a link to this one, in order.
fn sources(site: &Site, at: Location) -> BTreeSet<Location> {
    let node = site.nodes.get(&at).copied();
    let from = node.into_iter().flat_map(|n| site.graph.neighbors_directed(n, Direction::Incoming));
    from.filter_map(|n| site.graph.node_weight(n).copied()).collect()
}

/// Outgoing links in a fixed order.
fn links(site: &Site, node: NodeIndex) -> impl Iterator<Item = (Location, &Link)> {
    let mut found: Vec<_> = site.graph.edges_directed(node, Direction::Outgoing).collect();
    found.sort_by_key(|e| e.id());
    found.into_iter().filter_map(|e| Some((*site.graph.node_weight(e.target())?, e.weight())))
}
