//! Replies to sessions, and errors about them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Passages, Past, Standing, Walk, ingresses, inside, loosened};
use crate::analysis::compile::{Belief, Reading, function};
use crate::analysis::diagram::Cube;
use crate::analysis::pipeline::{Entry, Exit, NO_INTERFACE};
use crate::analysis::reach::{Explorer, Fact, Routing, Side, exit_location, ways_on};
use crate::analysis::set::{Engine, PacketSet};
use crate::analysis::shared::MOST_KNOWN;
use crate::analysis::slice::Region;
use crate::analysis::transition::{self, Apart, Bound};
use crate::analysis::{EngineError, Result};
use crate::model::{
    Chain, ChainId, DenyKind, Device, Established, Family, Field, IfId, Ranges, Rewrite, Route, RouteTarget,
    Rule, RuleId, RuleSet, RuleSetKind, State, Then, proto,
};
use crate::network::{DeviceId, Location, NextHop, Site};
use crate::source::Spanned;

/// Packets of a session that are not its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::analysis) enum Later {
    /// From the far end.
    Reply,
    /// ICMP errors about the session, from the far end.
    Error,
    /// The same in somebody else's name. Whoever stands elsewhere has no part in the session (the assumption
    /// `NO-INJECTION-INTO-SESSIONS`), so these enter only where sessions of that opener leave.
    ForgedError,
}

impl Later {
    fn state(self) -> State {
        match self {
            Later::Reply => State::Established,
            Later::Error | Later::ForgedError => State::Related,
        }
    }

    /// What a packet need not have in common with the mirror image of the first one.
    fn free(self) -> &'static [Field] {
        match self {
            Later::Reply => &[Field::Icmp, Field::TcpFlags],
            Later::Error => &[Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags],
            Later::ForgedError => {
                &[Field::Src, Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags]
            }
        }
    }
}

/// What replies are computed from: device, interface of the opener, kind, bound, and what is opened there.
pub(in crate::analysis) type RepliesOf = (DeviceId, IfId, Later, Bound, PacketSet);

/// Sets of packets behind whose ways out of a device are kept.
const MOST_LEAVING: usize = 1_000;

/// A way from the routing decision out of a device.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Leaving {
    /// By which interface.
    egress: IfId,
    /// Who takes it.
    before: Apart,
    /// The interfaces by which these may have come in.
    entered_by: Ranges,
}

/// Whether something is translated on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Translates {
    No,
    Yes,
}

/// What a device accepts from an interface.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Accepted {
    /// Mirror images of the packets that open sessions.
    pub sets: Apart,
    /// Interfaces by which some of them leave.
    pub leave_by: BTreeSet<IfId>,
}

impl Translates {
    /// What may still have other values where a reply is routed: its source is translated afterwards.
    pub(super) fn ends(self) -> &'static [Field] {
        match self {
            Translates::Yes => &[Field::Src, Field::Sport],
            Translates::No => &[],
        }
    }
}

/// Everything that may answer the sessions of a device that are opened by one of its interfaces. What need not be alike
/// ([`Later::free`]) is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::analysis) struct Replies {
    /// Of sessions that nothing translates.
    kept: PacketSet,
    /// Of the others, as they go on.
    translated: PacketSet,
    /// Of the others, as they arrive.
    arriving: PacketSet,
}

impl Default for Replies {
    fn default() -> Self {
        Replies { kept: PacketSet::EMPTY, translated: PacketSet::EMPTY, arriving: PacketSet::EMPTY }
    }
}

/// What may answer the sessions of a device, by the interface of their opener.
#[derive(Debug)]
pub(super) struct Answers {
    /// Where it leaves by that interface.
    back: Vec<(IfId, Replies)>,
    /// Where routes decide.
    routed: Vec<(IfId, Replies)>,
    /// All of these together that nothing translates.
    kept: PacketSet,
    /// Something translates some of these.
    translated: bool,
}

impl Explorer<'_> {
    /// Adds what passes at a place for a session. `known` is what passed before.
    pub(super) fn answers(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (later, known): (Later, &Passages),
        out: &mut Past,
    ) -> Result<()> {
        let (whole, forged);
        let answers = if later == Later::ForgedError {
            forged = self.forged_errors(walk, at.device, model)?;
            let Some(here) = forged.get(&at.ingress) else { return Ok(()) };
            here
        } else {
            whole = self.answers_of(walk, at.device, model, later)?;
            &*whole
        };
        if answers.back.is_empty() && answers.routed.is_empty() {
            return Ok(());
        }
        let mut set = at.set;
        if later != Later::Reply {
            let errors = self.icmp_errors()?;
            set = self.e.and(set, errors)?;
        }
        let arrived = self.arrived(walk.bound, Standing { set, ..at }, model, later.state())?;
        if arrived.is_empty() {
            return Ok(());
        }
        let standing = Standing { set: arrived, ..at };
        // In the order of the interfaces: the first that lets something pass is named for it.
        let nothing_new =
            !answers.translated && self.all_known(walk, standing, model, (answers, later), known)?;
        let routed = answers.routed.iter().filter(|_| !nothing_new);
        let mut replies: Vec<(IfId, Replies)> = answers.back.iter().chain(routed).copied().collect();
        replies.sort_by_key(|(ingress, _)| *ingress);
        for (ingress, replies) in replies {
            let exits = self.answered(walk, standing, model, (ingress, replies, later))?;
            let by = Fact::Forged(at.device, ingress);
            out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
        }
        Ok(())
    }

    /// Whether everything passed before that passes for any session whose answers the routes send on. Only where nothing
    /// is translated: then the answers of all are those of each together.
    fn all_known(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (answers, later): (&Answers, Later),
        known: &Passages,
    ) -> Result<bool> {
        if answers.routed.len() < 2 {
            return Ok(false);
        }
        let set = self.e.and(answers.kept, at.set)?;
        for (to, set) in self.routed(walk, Standing { set, ..at }, model, (later.state(), Translates::No))? {
            let before = known.sets.get(&(to, true)).copied().unwrap_or(PacketSet::EMPTY);
            if !self.e.includes(before, set)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn answers_of(
        &mut self,
        walk: &mut Walk<'_>,
        device: DeviceId,
        model: &Device,
        later: Later,
    ) -> Result<Rc<Answers>> {
        if let Some(known) = walk.answers.get(&(device, later)) {
            return Ok(Rc::clone(known));
        }
        let mut all = Vec::new();
        for ingress in self.opening_by(walk, device, model) {
            all.push((ingress, self.replies(walk, (device, ingress, later))?));
        }
        let found = Rc::new(self.sorted(model, all)?);
        walk.answers.insert((device, later), Rc::clone(&found));
        Ok(found)
    }

    /// Errors in somebody else's name enter only where sessions of that opener leave.
    fn forged_errors(
        &mut self,
        walk: &mut Walk<'_>,
        device: DeviceId,
        model: &Device,
    ) -> Result<Rc<BTreeMap<IfId, Answers>>> {
        if let Some(known) = walk.forged.get(&device) {
            return Ok(Rc::clone(known));
        }
        let mut all: BTreeMap<IfId, Vec<(IfId, Replies)>> = BTreeMap::new();
        for ingress in self.opening_by(walk, device, model) {
            let replies = self.replies(walk, (device, ingress, Later::ForgedError))?;
            for leave in &self.all_sessions(walk.bound, device, ingress)?.leave_by {
                all.entry(*leave).or_default().push((ingress, replies));
            }
        }
        let mut found = BTreeMap::new();
        for (leave, replies) in all {
            found.insert(leave, self.sorted(model, replies)?);
        }
        let found = Rc::new(found);
        walk.forged.insert(device, Rc::clone(&found));
        Ok(found)
    }

    fn sorted(&mut self, model: &Device, mut all: Vec<(IfId, Replies)>) -> Result<Answers> {
        all.retain(|(_, replies)| !replies.kept.is_empty() || !replies.translated.is_empty());
        let (back, routed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(i, _)| back_to(model, *i));
        let kept = self.e.or_all(routed.iter().map(|(_, replies)| replies.kept))?;
        let translated = routed.iter().any(|(_, replies)| !replies.translated.is_empty());
        Ok(Answers { back, routed, kept, translated })
    }

    /// Interfaces by which sessions are opened that anybody asks about.
    fn opening_by(&self, walk: &mut Walk<'_>, device: DeviceId, model: &Device) -> Vec<IfId> {
        let asked = ingresses(self, device)
            .into_iter()
            .filter(|i| !self.forged.contains(&Fact::Forged(device, *i)))
            .filter(|i| !back_to(model, *i) || self.leads_on(walk, device, *i));
        asked.collect()
    }

    /// Where arrived packets go that answer sessions opened by an interface.
    fn answered(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (ingress, replies, later): (IfId, Replies, Later),
    ) -> Result<Vec<(Location, PacketSet)>> {
        let kept = self.e.and(replies.kept, at.set)?;
        let translated = self.undone(model, (replies, at.set, later))?;
        let mut out = Vec::new();
        for (back, translates) in [(kept, Translates::No), (translated, Translates::Yes)] {
            if back.is_empty() {
                continue;
            }
            let standing = Standing { set: back, ..at };
            out.extend(if back_to(model, ingress) {
                self.by_interface(standing, model, (ingress, translates))?
            } else {
                self.routed(walk, standing, model, (later.state(), translates))?
            });
        }
        Ok(out)
    }

    /// What arrived replies become that answer a translated session. Of such a reply it is known what it may be before
    /// and what afterwards, and that the fields that no translation writes stay.
    fn undone(
        &mut self,
        model: &Device,
        (replies, arrived, later): (Replies, PacketSet, Later),
    ) -> Result<PacketSet> {
        let fitting = self.e.and(arrived, replies.arriving)?;
        if fitting.is_empty() {
            return Ok(PacketSet::EMPTY);
        }
        let universe = self.e.universe()?;
        let any = self.e.forget(fitting, later.free())?;
        let any = self.e.and(any, universe)?;
        let alike = self.untranslated(model, any)?;
        Ok(self.e.and(replies.translated, alike)?)
    }

    /// Everything that may be a reply to a session that was opened by an interface, as it goes on.
    fn replies(
        &mut self,
        walk: &mut Walk<'_>,
        key @ (device, ingress, _): (DeviceId, IfId, Later),
    ) -> Result<Replies> {
        if let Some(known) = walk.replies.get(&key) {
            return Ok(*known);
        }
        let ruled = walk.openers.arrivals.at(Location::Ingress(device, ingress));
        let beside = walk.openers.beside.get(&(device, ingress)).copied().unwrap_or(PacketSet::EMPTY);
        let opened = self.e.or(ruled, beside)?;
        let out = self.replies_of(walk.bound, key, opened)?;
        walk.replies.insert(key, out);
        Ok(out)
    }

    /// Everything that may be a reply to a session that some packets (mirror images) open, as it goes on.
    fn replies_of(
        &mut self,
        bound: Bound,
        (device, ingress, later): (DeviceId, IfId, Later),
        opened: PacketSet,
    ) -> Result<Replies> {
        let key = (device, ingress, later, bound, opened);
        if let Some(known) = self.sessions.replies.get(&key) {
            return Ok(*known);
        }
        let mut out = Replies::default();
        if !opened.is_empty() {
            let opening = self.any_opening(bound)?;
            let opened = self.e.and(opened, opening)?;
            let all = self.all_sessions(bound, device, ingress)?;
            out.kept = self.replies_to(all.sets.kept, opened, later)?;
            out.translated = self.replies_to(all.sets.translated, opened, later)?;
            if !out.translated.is_empty() {
                let sessions = self.e.and(all.sets.translated, opened)?;
                let after = self.sent_on_as((device, ingress), bound, sessions)?;
                out.arriving = self.replies_to(after, PacketSet::ALL, later)?;
            }
        }
        if self.sessions.replies.len() < MOST_KNOWN {
            self.sessions.replies.insert(key, out);
        }
        Ok(out)
    }

    fn replies_to(&mut self, all: PacketSet, opened: PacketSet, later: Later) -> Result<PacketSet> {
        let sessions = self.e.and(all, opened)?;
        let any = self.e.forget(sessions, later.free())?;
        let universe = self.e.universe()?;
        let set = self.e.and(any, universe)?;
        if later != Later::Reply {
            let errors = self.icmp_errors()?;
            return Ok(self.e.and(set, errors)?);
        }
        Ok(set)
    }

    /// The packets that are alike to those of a set but for what the device's translations write.
    pub(super) fn untranslated(&mut self, model: &Device, set: PacketSet) -> Result<PacketSet> {
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

    /// What some sessions (mirror images) are when the device has sent them on.
    fn sent_on_as(
        &mut self,
        (device, ingress): (DeviceId, IfId),
        bound: Bound,
        sessions: PacketSet,
    ) -> Result<PacketSet> {
        self.compile(device, bound, Side::Mirrored)?;
        let mirrored = self.devices.get(&(device, bound, Side::Mirrored)).ok_or(EngineError::Malformed)?;
        let entry = Entry::Interface(ingress);
        let routed = transition::image(&mirrored.prefix(entry), &mut self.e, sessions)?;
        let mut parts = Vec::new();
        for (_, suffix) in ways_on(self.site, self.routing, (device, entry), mirrored) {
            parts.push(transition::image(&suffix, &mut self.e, routed)?);
        }
        Ok(self.e.or_all(parts)?)
    }

    /// Mirror images of everything that a device accepts from an interface and sends on.
    pub(super) fn all_sessions(
        &mut self,
        bound: Bound,
        device: DeviceId,
        ingress: IfId,
    ) -> Result<Rc<Accepted>> {
        let key = (device, ingress, bound);
        if let Some(known) = self.sessions.accepts.get(&key) {
            return Ok(known.clone());
        }
        let universe = self.e.universe()?;
        let all = Rc::new(self.accepted(bound, (device, ingress), universe, &|_| true)?);
        self.sessions.accepts.insert(key, all.clone());
        Ok(all)
    }

    /// Mirror images of packets that a device accepts from an interface and sends on, by some interfaces, as (mirror
    /// images) `after`.
    pub(super) fn accepted(
        &mut self,
        bound: Bound,
        (device, ingress): (DeviceId, IfId),
        after: PacketSet,
        by: &dyn Fn(IfId) -> bool,
    ) -> Result<Accepted> {
        let leaving = self.leaving(bound, device, after)?;
        let (mut kept, mut translated) = (Vec::new(), Vec::new());
        let mut leave_by = BTreeSet::new();
        for way in leaving.iter().filter(|way| by(way.egress)) {
            if way.entered_by.contains(u128::from(ingress.0)) {
                leave_by.insert(way.egress);
                kept.push(way.before.kept);
                translated.push(way.before.translated);
            }
        }
        let routed = Apart { kept: self.e.or_all(kept)?, translated: self.e.or_all(translated)? };
        let mirrored = self.devices.get(&(device, bound, Side::Mirrored)).ok_or(EngineError::Malformed)?;
        let prefix = mirrored.prefix(Entry::Interface(ingress));
        let sets = transition::preimage_apart(&prefix, &mut self.e, routed)?;
        Ok(Accepted { sets, leave_by })
    }

    /// The ways from the routing decision out of a device, each with the mirror images that become one of `after`. They
    /// are the same by whatever interface packets came, so they are looked for once.
    fn leaving(&mut self, bound: Bound, device: DeviceId, after: PacketSet) -> Result<Rc<[Leaving]>> {
        let key = (device, bound, after);
        if let Some(known) = self.sessions.leaving.get(&key) {
            return Ok(known.clone());
        }
        self.compile(device, bound, Side::Mirrored)?;
        let mirrored = self.devices.get(&(device, bound, Side::Mirrored)).ok_or(EngineError::Malformed)?;
        // Any interface: the steps behind the routing decision know only that there was one.
        let entry = Entry::Interface(IfId(0));
        // Packets in any other state open no session.
        let new = self.e.cube(&Cube::any().with_value(Field::State, State::New.value()))?;
        let mut out = Vec::new();
        for (exit, suffix) in ways_on(self.site, self.routing, (device, entry), mirrored) {
            let Exit::Interface(egress, _) = exit else { continue };
            let after = Apart { kept: after, translated: PacketSet::EMPTY };
            let mut before = transition::preimage_apart(&suffix, &mut self.e, after)?;
            before.kept = self.e.and(before.kept, new)?;
            before.translated = self.e.and(before.translated, new)?;
            let either = self.e.or(before.kept, before.translated)?;
            let values = Family::ALL.map(|family| self.e.values(either, family, Field::Ingress));
            let entered_by = values.into_iter().fold(Ranges::empty(), |all, some| all.union(&some));
            out.push(Leaving { egress, before, entered_by });
        }
        let out: Rc<[Leaving]> = out.into();
        if self.sessions.leaving.len() < MOST_LEAVING {
            self.sessions.leaving.insert(key, out.clone());
        }
        Ok(out)
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
    pub(super) fn checked(
        &mut self,
        bound: Bound,
        at: Standing,
        model: &Device,
        state: State,
    ) -> Result<PacketSet> {
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
    pub(super) fn routed(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (state, translates): (State, Translates),
    ) -> Result<Vec<(Location, PacketSet)>> {
        let worthy = self.worthy(walk, (at.device, model), walk.bound)?;
        // What can take no exit that matters is left out before anything else is asked.
        let set = self.e.and(at.set, worthy.headers(translates))?;
        if set.is_empty() {
            return Ok(Vec::new());
        }
        self.compile(at.device, walk.bound, Side::Sent)?;
        let device = self.devices.get(&(at.device, walk.bound, Side::Sent)).ok_or(EngineError::Malformed)?;
        let asked = model.established == Established::ByRules;
        let filters = if asked { device.forward_filters() } else { Vec::new() };
        let before = self.e.image(set, &inside(at.ingress, NO_INTERFACE, state))?;
        let seen = |e: &mut Engine, guard| loosened(e, model, guard, translates.ends());
        let left = device.leave_past(&mut self.e, before, (&filters, &worthy.decisions), &seen)?;
        Ok(left.into_iter().map(|(exit, set)| (exit_location(at.device, exit), set)).collect())
    }

    /// Out of one interface, by the routes that lead there, whatever others do. Nobody says that an IPv6 session had a
    /// way back when it was opened.
    fn by_interface(
        &mut self,
        at: Standing,
        model: &Device,
        (interface, translates): (IfId, Translates),
    ) -> Result<Vec<(Location, PacketSet)>> {
        let six = self.e.cube(&Cube::family(Family::V6))?;
        let before = self.e.image(at.set, &inside(at.ingress, NO_INTERFACE, State::Established))?;
        let mut out = Vec::new();
        for (exit, route) in self.ways(at.device, model, interface)? {
            let route = loosened(&mut self.e, model, route, translates.ends())?;
            let route = self.e.or(route, six)?;
            let left = self.e.and(before, route)?;
            out.push((exit_location(at.device, exit), self.e.forget(left, &Field::SCRATCH)?));
        }
        Ok(out)
    }

    /// The exits by an interface, each with what any of its routes may take.
    fn ways(&mut self, id: DeviceId, model: &Device, interface: IfId) -> Result<Vec<(Exit, PacketSet)>> {
        if let Some(known) = self.sessions.ways.get(&(id, interface)) {
            return Ok(known.clone());
        }
        if self.routing == Routing::Any {
            return Ok(vec![(Exit::Interface(interface, NextHop::Unknown), PacketSet::ALL)]);
        }
        let hops: Vec<NextHop> = exits(self.site, id, interface)
            .filter_map(|at| match at {
                Location::Egress(_, _, hop) => Some(hop),
                _ => None,
            })
            .collect();
        let mut out = Vec::new();
        for hop in hops {
            let exit = Exit::Interface(interface, hop);
            let whole = routes_to(model, exit).ok_or(EngineError::Malformed)?;
            let left_out = self.causes_left_out(id);
            let reading = left_out.iter().fold(Reading::undecided(), |r, c| r.with(*c, Belief::Is(false)));
            let outcome = function(&mut self.e, &whole, &Region::everything(), &reading)?;
            out.push((exit, self.e.may(outcome, Then::Permit)?));
        }
        self.sessions.ways.insert((id, interface), out.clone());
        Ok(out)
    }

    fn icmp_errors(&mut self) -> Result<PacketSet> {
        if let Some(known) = self.sessions.errors {
            return Ok(known);
        }
        let of = |family, number: u8, types: &[u128]| {
            let values = Ranges::from_pairs(types.iter().map(|t| (t << 8, t << 8 | 0xFF)));
            Cube::family(family).with_value(Field::Proto, u128::from(number)).with(Field::Icmp, values)
        };
        let four = self.e.cube(&of(Family::V4, proto::ICMP, &[3, 4, 5, 11, 12]))?;
        let six = self.e.cube(&of(Family::V6, proto::ICMPV6, &[1, 2, 3, 4]))?;
        let both = self.e.or(four, six)?;
        let universe = self.e.universe()?;
        let errors = self.e.and(both, universe)?;
        self.sessions.errors = Some(errors);
        Ok(errors)
    }
}

/// Every way out of a device by one interface.
pub(super) fn exits(site: &Site, device: DeviceId, interface: IfId) -> impl Iterator<Item = Location> {
    let all = site.nodes.range(Location::Egress(device, interface, NextHop::OnLink)..).map(|(at, _)| *at);
    all.take_while(move |at| matches!(at, Location::Egress(d, i, _) if (*d, *i) == (device, interface)))
}

/// Whether a device sends replies to where the session was opened, if that is this interface.
fn back_to(model: &Device, ingress: IfId) -> bool {
    matches!(&model.established, Established::ToOpener(not) if !not.contains(&ingress))
}

/// A filter that permits what some route to an exit may take, whatever the others do.
fn routes_to(model: &Device, exit: Exit) -> Option<RuleSet> {
    let mut set = model.rule_set(model.pipeline.routing)?.clone();
    let entry = set.chains.get(set.entry.index())?;
    let (name, span) = (entry.name.clone(), entry.end.span);
    let rules = set.chains.into_iter().flat_map(|c| c.rules);
    let wanted = rules.filter(|rule| match rule.then {
        Then::Route(id) => model.routes.get(id.index()).is_some_and(|route| leads(route, exit)),
        _ => false,
    });
    let rules = (0u32..).map(RuleId).zip(wanted).map(|(id, rule)| Rule { id, then: Then::Permit, ..rule });
    let end = Spanned::new(Then::Deny(DenyKind::Drop), span);
    set.chains = vec![Chain { name, rules: rules.collect(), end }];
    Some(RuleSet { kind: RuleSetKind::Filter, entry: ChainId(0), ..set })
}

/// Whether a route may lead to an exit.
fn leads(route: &Route, exit: Exit) -> bool {
    let hop = route.gateway.map_or(NextHop::OnLink, NextHop::Via);
    match route.target {
        RouteTarget::Interface(id) => exit == Exit::Interface(id, hop),
        RouteTarget::Any(_) => matches!(exit, Exit::Interface(_, NextHop::Unknown)),
        RouteTarget::Local | RouteTarget::Discard(_) => false,
    }
}
