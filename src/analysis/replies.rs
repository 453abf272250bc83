//! What passes a device because of a session: replies, errors about it, and what a helper opens for it
//! (SEMANTICS 17, 18).
//!
//! A reply passes if its mirror image, after translation, is something the device may accept as opening, whoever sent
//! that and with whatever source. So the sessions of a device are computed on mirror images
//! ([`Side::Mirrored`]): what a set of replies becomes is the *preimage* of its packets through the mirrored device,
//! translations undone. How a packet gets past each device is one bit beside its place: whether some device so far let
//! it pass for a session only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::diagram::{Changes, Cube};
use super::pipeline::{Entry, Exit, NO_INTERFACE};
use super::reach::{Arrivals, Explorer, Fact, MOST_VISITS, Side, Step, exit_location, links};
use super::set::PacketSet;
use super::transition::{self, Bound};
use super::{EngineError, Result};
use crate::model::{Device, Established, Family, Field, Helper, IfId, Opens, Ranges, Rewrite, State, proto};
use crate::network::{DeviceId, Location, NextHop};

/// Who may open sessions where, as mirror images.
#[derive(Debug, Default)]
pub struct Openers {
    /// What they send, as far as it gets, as mirror images.
    pub arrivals: Arrivals,
    /// Where anything may arrive, because packets that opened no session there came past some device for a session.
    pub anything: BTreeSet<(DeviceId, IfId)>,
    /// Where it matters what arrives; `None`: anywhere.
    pub targets: Option<BTreeSet<Location>>,
}

/// One arrival of packets, with how they passed the device before.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Where they are now.
    pub at: Location,
    /// Packets that had not arrived there before.
    pub set: PacketSet,
    /// The passage they came from.
    pub from: Option<usize>,
    /// Whether some device let them pass for a session only.
    pub past: bool,
    /// What made the last device let them pass, if it was no rule: a way for forged sources, or a helper's cause.
    pub by: Option<Fact>,
}

/// Everything that arrived anywhere.
#[derive(Debug, Default)]
pub struct Passages {
    /// In the order of discovery.
    pub steps: Vec<Passage>,
    sets: BTreeMap<(Location, bool), PacketSet>,
}

impl Passages {
    /// What let the packets of a passage through, back to their source.
    pub fn facts(&self, step: usize) -> BTreeSet<Fact> {
        let mut out = BTreeSet::new();
        let mut next = self.steps.get(step);
        while let Some(passage) = next {
            out.extend(passage.by);
            next = passage.from.and_then(|at| self.steps.get(at));
        }
        out
    }

    /// The places passed, source first.
    pub fn locations(&self, step: usize) -> Vec<Location> {
        let mut out = Vec::new();
        let mut next = self.steps.get(step);
        while let Some(passage) = next {
            out.push(passage.at);
            next = passage.from.and_then(|at| self.steps.get(at));
        }
        out.reverse();
        out
    }
}

/// Packets of a session that are not its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Later {
    /// From the far end.
    Reply,
    /// ICMP errors about the session, from anybody.
    Error,
}

impl Later {
    fn state(self) -> State {
        match self {
            Later::Reply => State::Established,
            Later::Error => State::Related,
        }
    }

    /// What a packet need not have in common with the mirror image of the first one.
    fn free(self) -> &'static [Field] {
        match self {
            Later::Reply => &[Field::Icmp, Field::TcpFlags],
            Later::Error => {
                &[Field::Src, Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags]
            }
        }
    }
}

/// Everything but the ends.
const SERVICE: [Field; 5] = [Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags];

/// One run.
#[derive(Clone, Copy)]
struct Walk<'o> {
    bound: Bound,
    openers: &'o Openers,
}

/// Packets at an ingress.
#[derive(Clone, Copy)]
struct Standing {
    device: DeviceId,
    ingress: IfId,
    set: PacketSet,
}

impl<'s> Explorer<'s> {
    /// Who may open sessions where, if anybody at `from` sends anything with any source.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn openers(&mut self, from: &BTreeSet<Location>, bound: Bound) -> Result<Openers> {
        let seed = self.any_opening(bound)?;
        let seeds: Vec<_> = from.iter().map(|at| (*at, seed)).collect();
        let arrivals = self.forward_on(&seeds, bound, Side::Mirrored)?;
        Ok(Openers { arrivals, ..Openers::default() })
    }

    /// Packets that may open a session: a device that picks up connections takes more than the first packet for one.
    fn any_opening(&mut self, bound: Bound) -> Result<PacketSet> {
        Ok(match bound {
            Bound::Upper => self.e.universe()?,
            Bound::Lower => self.opening()?,
        })
    }

    /// Everything that can arrive from `seeds` by rules, by sessions that `openers` open, and by helpers.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn forward_past(
        &mut self,
        seeds: &[(Location, PacketSet)],
        bound: Bound,
        openers: &Openers,
    ) -> Result<Passages> {
        let walk = Walk { bound, openers };
        let mut out = Passages::default();
        let mut queue = VecDeque::new();
        let mut visits: BTreeMap<Location, usize> = BTreeMap::new();
        for (at, set) in seeds {
            let start = Passage { at: *at, set: *set, from: None, past: false, by: None };
            self.arrive_past(&mut out, &mut queue, start)?;
        }
        while let Some(index) = queue.pop_front() {
            let Some(step) = out.steps.get(index).cloned() else { continue };
            let count = visits.entry(step.at).or_default();
            *count += 1;
            if *count > MOST_VISITS + 2 * self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            let ruled = self.onward(step.at, step.set, bound, Side::Sent)?;
            for (at, set) in &ruled {
                let next = Passage { at: *at, set: *set, from: Some(index), past: step.past, by: None };
                self.arrive_past(&mut out, &mut queue, next)?;
            }
            let Location::Ingress(device, ingress) = step.at else { continue };
            for (at, set, by) in self.beside_rules(walk, Standing { device, ingress, set: step.set })? {
                let set = if step.past { set } else { self.unruled(device, at, set, &ruled)? };
                let next = Passage { at, set, from: Some(index), past: true, by: Some(by) };
                self.arrive_past(&mut out, &mut queue, next)?;
            }
        }
        Ok(out)
    }

    /// What the rules would not let pass anyway. A translated packet is not the same afterwards, so nothing is left
    /// out where there are translations.
    fn unruled(
        &mut self,
        device: DeviceId,
        at: Location,
        set: PacketSet,
        ruled: &[(Location, PacketSet)],
    ) -> Result<PacketSet> {
        let plain = self.site.device(device).is_some_and(|d| d.device.nats.is_empty());
        let same = ruled.iter().find(|(to, _)| *to == at).filter(|_| plain);
        Ok(match same {
            Some((_, ruled)) => self.e.minus(set, *ruled)?,
            None => set,
        })
    }

    fn arrive_past(&mut self, out: &mut Passages, queue: &mut VecDeque<usize>, next: Passage) -> Result<()> {
        let key = (next.at, next.past);
        let known = out.sets.get(&key).copied().unwrap_or(PacketSet::EMPTY);
        let fresh = self.e.minus(next.set, known)?;
        if fresh.is_empty() {
            return Ok(());
        }
        let all = self.e.or(known, fresh)?;
        out.sets.insert(key, all);
        queue.push_back(out.steps.len());
        out.steps.push(Passage { set: fresh, ..next });
        Ok(())
    }

    /// What passes a device for a session or a helper, and where to.
    fn beside_rules(&mut self, walk: Walk<'_>, at: Standing) -> Result<Vec<(Location, PacketSet, Fact)>> {
        let site = self.site;
        let Some(found) = site.device(at.device) else { return Err(EngineError::Malformed) };
        let model = &found.device;
        // What a device does beside its rules is certain only where it asks them again and nothing is translated.
        let certain = model.established == Established::ByRules && model.nats.is_empty();
        let mut out = Vec::new();
        let anybody = !walk.openers.arrivals.steps.is_empty() || !walk.openers.anything.is_empty();
        if anybody && model.established != Established::None && (walk.bound == Bound::Upper || certain) {
            for later in [Later::Reply, Later::Error] {
                if later == Later::Reply || walk.bound == Bound::Upper {
                    self.answers(walk, at, model, later, &mut out)?;
                }
            }
        }
        let bound = walk.bound;
        for (index, helper) in model.helpers.iter().enumerate().filter(|_| bound == Bound::Upper) {
            if !self.resolved.contains(&Fact::Cause(at.device, helper.cause)) {
                self.helped(at, model, (index, helper), &mut out)?;
            }
        }
        out.retain(|(to, set, _)| !set.is_empty() && site.nodes.contains_key(to));
        Ok(out)
    }

    fn answers(
        &mut self,
        walk: Walk<'_>,
        at: Standing,
        model: &Device,
        later: Later,
        out: &mut Vec<(Location, PacketSet, Fact)>,
    ) -> Result<()> {
        let mut set = at.set;
        if later == Later::Error {
            let errors = self.icmp_errors()?;
            set = self.e.and(set, errors)?;
        }
        let arrived = self.arrived(walk.bound, Standing { set, ..at }, model, later.state())?;
        if arrived.is_empty() {
            return Ok(());
        }
        let to_opener = |ingress: IfId| matches!(&model.established, Established::ToOpener(not) if !not.contains(&ingress));
        let openers: Vec<IfId> = ingresses(self, at.device)
            .into_iter()
            .filter(|i| !self.resolved.contains(&Fact::Forged(at.device, *i)))
            .filter(|i| !to_opener(*i) || self.leads_on(walk, at.device, *i))
            .collect();
        if openers.is_empty() {
            return Ok(());
        }
        let universe = self.e.universe()?;
        let opening = self.any_opening(walk.bound)?;
        let alike = self.e.forget(arrived, later.free())?;
        let query = self.e.and(alike, opening)?;
        for ingress in openers {
            let sessions = self.sessions(walk, at.device, ingress, model, query)?;
            if sessions.is_empty() {
                continue;
            }
            let mut back = self.e.forget(sessions, later.free())?;
            back = self.e.and(back, universe)?;
            if later == Later::Error {
                let errors = self.icmp_errors()?;
                back = self.e.and(back, errors)?;
            }
            if model.nats.is_empty() {
                back = self.e.and(back, arrived)?;
            }
            let by = Fact::Forged(at.device, ingress);
            let standing = Standing { set: back, ..at };
            let exits = if to_opener(ingress) {
                self.by_interface(walk.bound, at.device, ingress, back)?
            } else {
                self.routed(walk.bound, standing, model, later.state())?
            };
            out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
        }
        Ok(())
    }

    /// Whether what leaves by an interface can matter: it gets to a place that is asked about, or further on.
    fn leads_on(&self, walk: Walk<'_>, device: DeviceId, interface: IfId) -> bool {
        let Some(targets) = &walk.openers.targets else { return true };
        let site = self.site;
        let after = |at: Location| site.nodes.get(&at).into_iter().flat_map(|node| links(site, *node));
        let ends = |to: Location| {
            matches!(to, Location::Segment(_)) && !targets.contains(&to) && after(to).next().is_none()
        };
        let exits = site.nodes.range(Location::Egress(device, interface, NextHop::OnLink)..);
        let own = |at: &Location| matches!(at, Location::Egress(d, i, _) if (*d, *i) == (device, interface));
        let mut exits = exits.map(|(at, _)| *at).take_while(own);
        exits.any(|exit| after(exit).any(|(to, _)| !ends(to)))
    }

    /// The sessions of a device that are opened by an interface and whose replies, as they arrive, may be in `query`:
    /// their replies as they go on, of which only addresses and service count. Where there are translations, the
    /// fields that they write are not compared: whoever replies can choose them.
    fn sessions(
        &mut self,
        walk: Walk<'_>,
        device: DeviceId,
        ingress: IfId,
        model: &Device,
        query: PacketSet,
    ) -> Result<PacketSet> {
        let opened = if walk.openers.anything.contains(&(device, ingress)) {
            self.any_opening(walk.bound)?
        } else {
            walk.openers.arrivals.at(Location::Ingress(device, ingress))
        };
        if opened.is_empty() {
            return Ok(PacketSet::EMPTY);
        }
        let all = self.all_sessions(walk.bound, device, ingress, true)?;
        let all = self.e.and(all, opened)?;
        let alike = self.untranslated(model, query)?;
        Ok(self.e.and(all, alike)?)
    }

    /// The packets that are alike to those of a set but for what the device's translations write.
    fn untranslated(&mut self, model: &Device, set: PacketSet) -> Result<PacketSet> {
        let rewrites = model.nats.iter().flat_map(|n| &n.rewrites);
        let written: BTreeSet<Field> = rewrites
            .map(|r| match r {
                Rewrite::To(field, _) | Rewrite::Shift { field, .. } => field.mirrored(),
            })
            .filter(|f| !Field::SCRATCH.contains(f))
            .collect();
        if written.is_empty() {
            return Ok(set);
        }
        let alike = self.e.forget(set, &written.into_iter().collect::<Vec<_>>())?;
        let universe = self.e.universe()?;
        Ok(self.e.and(alike, universe)?)
    }

    /// Mirror images of everything that a device accepts from an interface and sends on.
    fn all_sessions(
        &mut self,
        bound: Bound,
        device: DeviceId,
        ingress: IfId,
        hairpin: bool,
    ) -> Result<PacketSet> {
        let key = (device, ingress, bound, hairpin);
        if let Some(known) = self.accepts.get(&key) {
            return Ok(*known);
        }
        let universe = self.e.universe()?;
        let all = self.accepted(bound, (device, ingress), universe, &|exit| hairpin || exit != ingress)?;
        self.accepts.insert(key, all);
        Ok(all)
    }

    /// Mirror images of packets that a device accepts from an interface and sends on, by some interfaces, as (mirror
    /// images) `after`.
    fn accepted(
        &mut self,
        bound: Bound,
        (device, ingress): (DeviceId, IfId),
        after: PacketSet,
        by: &dyn Fn(IfId) -> bool,
    ) -> Result<PacketSet> {
        self.compile(device, bound, Side::Mirrored)?;
        let mirrored = self.devices.get(&(device, bound, Side::Mirrored)).ok_or(EngineError::Malformed)?;
        let entry = Entry::Interface(ingress);
        let mut parts = Vec::new();
        let wanted = |e: &Exit| matches!(e, Exit::Interface(i, _) if by(*i));
        for exit in mirrored.exits().filter(wanted) {
            let Some(suffix) = mirrored.suffix(entry, exit) else { continue };
            parts.push(transition::preimage(&suffix, &mut self.e, after)?);
        }
        let routed = self.e.or_all(parts)?;
        Ok(transition::preimage(&mirrored.prefix(entry), &mut self.e, routed)?)
    }

    /// Packets of a session that get past the filters on arrival, where a device asks its rules again.
    fn arrived(&mut self, bound: Bound, at: Standing, model: &Device, state: State) -> Result<PacketSet> {
        if model.established == Established::ByRules {
            return self.checked(bound, at, model, state);
        }
        Ok(self.e.forget(at.set, &Field::SCRATCH)?)
    }

    /// Packets that the filters on arrival let pass in a state. A translation may have given them another destination
    /// by then.
    fn checked(&mut self, bound: Bound, at: Standing, model: &Device, state: State) -> Result<PacketSet> {
        let mut inside = self.e.image(at.set, &inside(at.ingress, NO_INTERFACE, state))?;
        self.compile(at.device, bound, Side::Sent)?;
        let device = self.devices.get(&(at.device, bound, Side::Sent)).ok_or(EngineError::Malformed)?;
        for guard in device.arrival_filters() {
            let guard = loosened(&mut self.e, model, guard, &[Field::Dst, Field::Dport])?;
            inside = self.e.and(inside, guard)?;
        }
        Ok(self.e.forget(inside, &Field::SCRATCH)?)
    }

    /// Where packets of a session go by the routes, if the filters let them. The source may be translated only
    /// afterwards.
    fn routed(
        &mut self,
        bound: Bound,
        at: Standing,
        model: &Device,
        state: State,
    ) -> Result<Vec<(Location, PacketSet)>> {
        self.compile(at.device, bound, Side::Sent)?;
        let device = self.devices.get(&(at.device, bound, Side::Sent)).ok_or(EngineError::Malformed)?;
        let asked = model.established == Established::ByRules;
        let filters = if asked { device.forward_filters() } else { Vec::new() };
        let ends = [Field::Src, Field::Sport];
        let before = self.e.image(at.set, &inside(at.ingress, NO_INTERFACE, state))?;
        let mut out = Vec::new();
        for exit in device.exits() {
            let Exit::Interface(egress, _) = exit else { continue };
            let route = loosened(&mut self.e, model, device.route(exit), &ends)?;
            let led = self.e.and(before, route)?;
            let mut left =
                self.e.image(led, &Changes::none().to(Field::Egress, Ranges::one(u128::from(egress.0))))?;
            for guard in &filters {
                let guard = loosened(&mut self.e, model, *guard, &ends)?;
                left = self.e.and(left, guard)?;
            }
            let left = self.e.forget(left, &Field::SCRATCH)?;
            out.push((exit_location(at.device, exit), left));
        }
        Ok(out)
    }

    /// Everything out of one interface, towards every next hop there.
    fn by_interface(
        &mut self,
        bound: Bound,
        id: DeviceId,
        interface: IfId,
        set: PacketSet,
    ) -> Result<Vec<(Location, PacketSet)>> {
        self.compile(id, bound, Side::Sent)?;
        let device = self.devices.get(&(id, bound, Side::Sent)).ok_or(EngineError::Malformed)?;
        let here = device.exits().filter(|e| matches!(e, Exit::Interface(i, _) if *i == interface));
        Ok(here.map(|exit| (exit_location(id, exit), set)).collect())
    }

    /// What a helper lets pass, in either direction.
    fn helped(
        &mut self,
        at: Standing,
        model: &Device,
        (index, helper): (usize, &Helper),
        out: &mut Vec<(Location, PacketSet, Fact)>,
    ) -> Result<()> {
        let bound = Bound::Upper;
        let mut read = Vec::new();
        for ingress in ingresses(self, at.device) {
            let sessions = self.controlled(at.device, ingress, model, (index, helper))?;
            if !sessions.is_empty() {
                read.push((ingress, sessions));
            }
        }
        if read.is_empty() {
            return Ok(());
        }
        // A session that stays between the same ends may be a tunnel (PPTP).
        let protocols: &[u8] = match helper.opens {
            Opens::SameEnds => &[proto::TCP, proto::UDP, proto::GRE],
            Opens::AnyEndsBySameInterfaces | Opens::AnyEnds => &[proto::TCP, proto::UDP],
        };
        let protocols = Ranges::from_pairs(protocols.iter().map(|p| (u128::from(*p), u128::from(*p))));
        let opens = self.e.cube(&Cube::any().with(Field::Proto, protocols))?;
        let universe = self.e.universe()?;
        let opens = self.e.and(opens, universe)?;
        let set = self.e.and(at.set, opens)?;
        // What a helper expects is the first packet of a session: sources are checked.
        let arrived = self.checked(bound, Standing { set, ..at }, model, State::Related)?;
        if arrived.is_empty() {
            return Ok(());
        }
        let plain = model.nats.is_empty();
        let by = Fact::Cause(at.device, helper.cause);
        let there = self.control(helper, Field::Dport)?;
        if helper.opens != Opens::SameEnds {
            if helper.opens == Opens::AnyEndsBySameInterfaces && !self.carries(at, model, helper, &read)? {
                return Ok(());
            }
            let fields = [Field::Dst, Field::Dport];
            let led = if plain { arrived } else { self.e.forget(arrived, &fields)? };
            let led = self.e.and(led, universe)?;
            let exits = self.routed(bound, Standing { set: led, ..at }, model, State::Related)?;
            out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
            return Ok(());
        }
        let ends = self.e.forget(arrived, &SERVICE)?;
        let ends = self.e.and(ends, universe)?;
        // From the end that answers the control session.
        let alike = self.untranslated(model, ends)?;
        for (ingress, sessions) in &read {
            let alike = self.e.and(*sessions, alike)?;
            if alike.is_empty() || !helper.hairpin && *ingress == at.ingress {
                continue;
            }
            let sessions = self.controlled_between(at, *ingress, model, helper, ends)?;
            let set = self.opened_for(sessions, opens, plain.then_some(arrived))?;
            let exits = self.routed(bound, Standing { set, ..at }, model, State::Related)?;
            out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
        }
        // From the end that opened it.
        if !read.iter().any(|(ingress, _)| *ingress == at.ingress) {
            return Ok(());
        }
        for (to, sent) in self.sent_on(at, ends, there, (!writes_port(model), helper.hairpin))? {
            let set = self.opened_for(sent, opens, plain.then_some(arrived))?;
            let exits = self.routed(bound, Standing { set, ..at }, model, State::Related)?;
            let here = exits.into_iter().filter(|(exit, _)| *exit == to);
            out.extend(here.map(|(to, set)| (to, set, by)));
        }
        Ok(())
    }

    /// Whether a session that a helper reads enters or leaves by where `at` stands.
    fn carries(
        &mut self,
        at: Standing,
        model: &Device,
        helper: &Helper,
        read: &[(IfId, PacketSet)],
    ) -> Result<bool> {
        if read.iter().any(|(ingress, _)| *ingress == at.ingress) {
            return Ok(true);
        }
        let anybody = self.e.universe()?;
        for (ingress, _) in read {
            if !self.controlled_between(at, *ingress, model, helper, anybody)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sessions that a helper reads, by the field that holds its port.
    fn control(&mut self, helper: &Helper, port: Field) -> Result<PacketSet> {
        let mut parts = Vec::new();
        for (proto, ports) in &helper.reads {
            let cube = Cube::any().with_value(Field::Proto, u128::from(*proto)).with(port, ports.clone());
            parts.push(self.e.cube(&cube)?);
        }
        Ok(self.e.or_all(parts)?)
    }

    /// Mirror images of the sessions that a helper may read: on its port before or after translation.
    fn controlled(
        &mut self,
        device: DeviceId,
        ingress: IfId,
        model: &Device,
        (index, helper): (usize, &Helper),
    ) -> Result<PacketSet> {
        let key = (device, ingress, index);
        if let Some(known) = self.reads.get(&key) {
            return Ok(*known);
        }
        let port = self.control(helper, Field::Sport)?;
        let all = self.all_sessions(Bound::Upper, device, ingress, helper.hairpin)?;
        let mut found = self.e.and(all, port)?;
        if writes_port(model) {
            let universe = self.e.universe()?;
            let after = self.e.and(port, universe)?;
            let more = self.accepted(Bound::Upper, (device, ingress), after, &|exit| {
                helper.hairpin || exit != ingress
            })?;
            found = self.e.or(found, more)?;
        }
        self.reads.insert(key, found);
        Ok(found)
    }

    /// The same, of those only that leave by where `ends` stand and whose answering end sends as these.
    fn controlled_between(
        &mut self,
        at: Standing,
        ingress: IfId,
        model: &Device,
        helper: &Helper,
        ends: PacketSet,
    ) -> Result<PacketSet> {
        let here = |exit| exit == at.ingress;
        let port = self.control(helper, Field::Sport)?;
        let before = self.e.and(ends, port)?;
        let found = self.accepted(Bound::Upper, (at.device, ingress), before, &here)?;
        if !writes_port(model) {
            return Ok(found);
        }
        let all = self.accepted(Bound::Upper, (at.device, ingress), ends, &here)?;
        let named = self.e.and(all, port)?;
        Ok(self.e.or(found, named)?)
    }

    /// Control sessions between `ends` that the rules let pass from where they stand, by exit.
    fn sent_on(
        &mut self,
        at: Standing,
        ends: PacketSet,
        control: PacketSet,
        (plain, hairpin): (bool, bool),
    ) -> Result<Vec<(Location, PacketSet)>> {
        let from = Location::Ingress(at.device, at.ingress);
        let bound = Bound::Upper;
        let before = self.e.and(ends, control)?;
        let mut out = self.onward(from, before, bound, Side::Sent)?;
        if !plain {
            for (to, set) in self.onward(from, ends, bound, Side::Sent)? {
                out.push((to, self.e.and(set, control)?));
            }
        }
        out.retain(|(to, _)| hairpin || !matches!(to, Location::Egress(_, i, _) if *i == at.ingress));
        Ok(out)
    }

    /// Any TCP or UDP between the ends of some sessions, of `arrived` where nothing is translated.
    fn opened_for(
        &mut self,
        sessions: PacketSet,
        opens: PacketSet,
        arrived: Option<PacketSet>,
    ) -> Result<PacketSet> {
        let ends = self.e.forget(sessions, &SERVICE)?;
        let set = self.e.and(ends, opens)?;
        Ok(match arrived {
            Some(arrived) => self.e.and(set, arrived)?,
            None => set,
        })
    }

    fn icmp_errors(&mut self) -> Result<PacketSet> {
        let of = |family, number: u8, types: &[u128]| {
            let values = Ranges::from_pairs(types.iter().map(|t| (t << 8, t << 8 | 0xFF)));
            Cube::family(family).with_value(Field::Proto, u128::from(number)).with(Field::Icmp, values)
        };
        let four = self.e.cube(&of(Family::V4, proto::ICMP, &[3, 4, 5, 11, 12]))?;
        let six = self.e.cube(&of(Family::V6, proto::ICMPV6, &[1, 2, 3, 4]))?;
        let both = self.e.or(four, six)?;
        let universe = self.e.universe()?;
        Ok(self.e.and(both, universe)?)
    }
}

impl Passages {
    /// As plain arrivals, however the packets passed.
    ///
    /// # Errors
    /// [`EngineError::Budget`].
    pub fn arrivals(self, explorer: &mut Explorer<'_>) -> Result<Arrivals> {
        let mut sets: BTreeMap<Location, PacketSet> = BTreeMap::new();
        for ((at, _), set) in &self.sets {
            let known = sets.get(at).copied().unwrap_or(PacketSet::EMPTY);
            let all = explorer.e.or(known, *set)?;
            sets.insert(*at, all);
        }
        let steps = self.steps.into_iter().map(|s| Step { at: s.at, set: s.set, from: s.from });
        Ok(Arrivals::of(steps.collect(), sets))
    }
}

/// Every interface by which a packet can enter a device.
fn ingresses(explorer: &Explorer<'_>, id: DeviceId) -> Vec<IfId> {
    let range = Location::Ingress(id, IfId(0))..=Location::Ingress(id, IfId(u32::MAX));
    let here = explorer.site.nodes.range(range).filter_map(|(at, _)| match at {
        Location::Ingress(_, ingress) => Some(*ingress),
        _ => None,
    });
    here.collect()
}

/// The scratch fields of a packet of a session. Nobody follows marks through sessions: any.
fn inside(ingress: IfId, egress: u128, state: State) -> Changes {
    Changes::none()
        .to(Field::Ingress, Ranges::one(u128::from(ingress.0)))
        .to(Field::Egress, Ranges::one(egress))
        .to(Field::State, Ranges::one(state.value()))
        .to(Field::Zone, Ranges::one(0))
        .forget(Field::Mark)
}

/// A condition that may be asked before or after a translation of these fields: either value may pass it.
fn loosened(
    e: &mut super::set::Engine,
    model: &Device,
    guard: PacketSet,
    fields: &[Field],
) -> Result<PacketSet> {
    Ok(if model.nats.is_empty() { guard } else { e.forget(guard, fields)? })
}

/// Whether a translation may give a packet another destination port.
fn writes_port(model: &Device) -> bool {
    model.nats.iter().flat_map(|n| &n.rewrites).any(|r| match r {
        Rewrite::To(field, _) | Rewrite::Shift { field, .. } => *field == Field::Dport,
    })
}
