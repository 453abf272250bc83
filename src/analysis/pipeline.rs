//! A device as transitions: what each of its entrances does to a packet set, per exit.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::compile::{Belief, Reading, function, permitted};
use super::diagram::{Changes, Cube};
use super::outcome::OutcomeFn;
use super::set::{Engine, PacketSet};
use super::slice::Region;
use super::transition::{self, Bound, Change, Transition};
use super::{EngineError, Result};
use crate::model::{
    CauseId, CauseKind, Chain, ChainId, Device, Field, IfId, Pipeline, Ranges, Rewrite, RouteTarget, Rule,
    RuleId, RuleSet, RuleSetId, RuleSetKind, Stage, State, Then,
};
use crate::network::NextHop;

/// Where a packet enters a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// From a link.
    Interface(IfId),
    /// From the device's own processes.
    Local,
}

/// Where a packet leaves a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// By an interface, towards a next hop.
    Interface(IfId, NextHop),
    /// To the device's own processes.
    Local,
}

/// The value of the interface fields where no interface is meant.
pub(super) const NO_INTERFACE: u128 = 0xFFFF;

/// The steps of a way through a device, most of them lent by its [`DeviceTransitions`].
pub type Steps<'a> = Vec<Cow<'a, Transition>>;

/// A routing decision for many interfaces at once.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// The exits, by the value of the egress field.
    exits: BTreeMap<u128, Exit>,
    /// The packets that may take one of them, with the egress field as it is afterwards.
    taken: PacketSet,
}

impl Decision {
    /// Any of some exits, one per interface, whatever the packet.
    pub fn any_of(e: &mut Engine, exits: &[Exit]) -> Result<Decision> {
        let by = exits.iter().filter_map(|exit| match exit {
            Exit::Interface(id, _) => Some((u128::from(id.0), *exit)),
            Exit::Local => None,
        });
        let exits: BTreeMap<u128, Exit> = by.collect();
        let egresses = Ranges::from_pairs(exits.keys().map(|egress| (*egress, *egress)));
        Ok(Decision { exits, taken: e.cube(&Cube::any().with(Field::Egress, egresses))? })
    }

    /// Those of the exits only that are wanted.
    pub fn only(&self, e: &mut Engine, wanted: &dyn Fn(Exit) -> bool) -> Result<Decision> {
        let exits: Vec<Exit> = self.exits.values().copied().filter(|exit| wanted(*exit)).collect();
        if exits.len() == self.exits.len() {
            return Ok(self.clone());
        }
        let any = Decision::any_of(e, &exits)?;
        Ok(Decision { taken: e.and(self.taken, any.taken)?, exits: any.exits })
    }

    /// The exits.
    pub fn exits(&self) -> impl Iterator<Item = Exit> {
        self.exits.values().copied()
    }

    /// The packets that may take one of them, with the egress field as it is afterwards.
    pub fn taken(&self) -> PacketSet {
        self.taken
    }

    /// Whether there is no exit.
    pub fn is_empty(&self) -> bool {
        self.exits.is_empty()
    }

    /// Packets on their way out of one of the exits, told apart, without scratch fields.
    fn apart(&self, e: &mut Engine, left: PacketSet, out: &mut BTreeMap<Exit, PacketSet>) -> Result<()> {
        let egresses = self.exits.keys().copied().collect();
        for (egress, set) in e.split_field(left, Field::Egress, &egresses)? {
            let set = e.forget(set, &Field::SCRATCH)?;
            if let Some(exit) = self.exits.get(&egress).filter(|_| !set.is_empty()) {
                out.insert(*exit, set);
            }
        }
        Ok(())
    }
}

/// One device under one bound, compiled.
#[derive(Debug, Clone)]
pub struct DeviceTransitions {
    states: Vec<Transition>,
    arrival: Vec<Transition>,
    routes: BTreeMap<Exit, PacketSet>,
    /// Every exit by an interface, in groups with one exit per interface each.
    decisions: Vec<Decision>,
    forward: Vec<Transition>,
    input: Vec<Transition>,
    output: Vec<Transition>,
}

impl DeviceTransitions {
    /// Compiles a device. Causes in `resolved` are taken as never true; routes and values that nobody knows because of
    /// them are left out.
    ///
    /// # Errors
    /// The diagram's budget, or a rule set with a jump cycle.
    pub fn build(
        e: &mut Engine,
        device: &Device,
        bound: Bound,
        resolved: &BTreeSet<CauseId>,
    ) -> Result<Self> {
        Self::build_within(e, device, bound, resolved, &Region::everything())
    }

    /// The same for packets of a region only: what can arrive at every one of the device's rule sets.
    ///
    /// # Errors
    /// As [`DeviceTransitions::build`].
    pub fn build_within(
        e: &mut Engine,
        device: &Device,
        bound: Bound,
        resolved: &BTreeSet<CauseId>,
        region: &Region,
    ) -> Result<Self> {
        let mut b = Builder { e, device, bound, resolved, region, done: BTreeMap::new() };
        let pipeline: &Pipeline = &device.pipeline;
        let (states, arrival) = (b.states()?, b.stages(&pipeline.arrival)?);
        let routes = b.routes(pipeline.routing)?;
        Ok(DeviceTransitions {
            states,
            arrival,
            decisions: b.decisions(&routes)?,
            routes,
            forward: b.stages(&pipeline.forward)?,
            input: b.stages(&pipeline.input)?,
            output: b.stages(&pipeline.output)?,
        })
    }

    /// Every set that the steps are made of.
    pub(super) fn sets_mut(&mut self) -> Vec<&mut PacketSet> {
        let stages =
            [&mut self.states, &mut self.arrival, &mut self.forward, &mut self.input, &mut self.output];
        let mut out: Vec<&mut PacketSet> =
            stages.into_iter().flatten().flat_map(Transition::sets_mut).collect();
        out.extend(self.routes.values_mut());
        out.extend(self.decisions.iter_mut().map(|decision| &mut decision.taken));
        out
    }

    /// The filters on arrival, each as the packets it lets pass, scratch fields included.
    pub fn arrival_filters(&self) -> Vec<PacketSet> {
        filters(&self.arrival)
    }

    /// The filters between two interfaces, each as the packets it lets pass.
    pub fn forward_filters(&self) -> Vec<PacketSet> {
        filters(&self.forward)
    }

    /// The packets that may take an exit by the routes.
    pub fn route(&self, exit: Exit) -> PacketSet {
        self.routes.get(&exit).copied().unwrap_or(PacketSet::EMPTY)
    }

    /// The exits that some packet may take.
    pub fn exits(&self) -> impl Iterator<Item = Exit> {
        self.routes.keys().copied()
    }

    /// The packets that each exit's routes take.
    pub(super) fn routes(&self) -> &BTreeMap<Exit, PacketSet> {
        &self.routes
    }

    /// The steps of [`Pipeline::arrival`], stage by stage.
    pub(super) fn arrival(&self) -> &[Transition] {
        &self.arrival
    }

    /// The steps of the stages towards an exit, stage by stage.
    pub(super) fn stages(&self, entry: Entry, exit: Exit) -> &[Transition] {
        match (entry, exit) {
            (_, Exit::Local) => &self.input,
            (Entry::Interface(_), Exit::Interface(..)) => &self.forward,
            (Entry::Local, Exit::Interface(..)) => &self.output,
        }
    }

    /// What happens to scratch fields before the first stage of [`Pipeline::arrival`].
    pub(super) fn entering(&self, entry: Entry) -> Steps<'_> {
        let arrival = if entry == Entry::Local { 0 } else { self.arrival.len() };
        let mut steps = self.prefix(entry);
        steps.truncate(steps.len() - arrival);
        steps
    }

    /// The steps from an entrance up to the routing decision.
    pub fn prefix(&self, entry: Entry) -> Steps<'_> {
        let ingress = match entry {
            Entry::Interface(id) => u128::from(id.0),
            Entry::Local => NO_INTERFACE,
        };
        let changes = Changes::none()
            .to(Field::Ingress, Ranges::one(ingress))
            .to(Field::Egress, Ranges::one(NO_INTERFACE))
            .to(Field::Mark, Ranges::one(0))
            .to(Field::Zone, Ranges::one(0));
        let mut steps = vec![Cow::Owned(Transition::Set(Box::new(changes)))];
        steps.extend(self.states.iter().map(Cow::Borrowed));
        if entry != Entry::Local {
            steps.extend(self.arrival.iter().map(Cow::Borrowed));
        }
        steps
    }

    /// The steps from the routing decision to an exit, the decision included; `None` if no route leads there.
    pub fn suffix(&self, entry: Entry, exit: Exit) -> Option<Steps<'_>> {
        Some(self.steps(entry, exit, *self.routes.get(&exit)?))
    }

    /// What becomes of packets at the routing decision: every exit by which some leave, with those that do. The same as
    /// the image by each [`DeviceTransitions::suffix`]; but the exits by interfaces share one walk through the stages,
    /// whose steps are the same for all of them and never change the egress field.
    ///
    /// # Errors
    /// The diagram's budget.
    pub fn leave(
        &self,
        e: &mut Engine,
        entry: Entry,
        routed: PacketSet,
    ) -> Result<BTreeMap<Exit, PacketSet>> {
        let mut out = self.leave_by(e, entry, routed, &self.decisions)?;
        if let Some(steps) = self.suffix(entry, Exit::Local) {
            let set = transition::image(&steps, e, routed)?;
            if !set.is_empty() {
                out.insert(Exit::Local, set);
            }
        }
        Ok(out)
    }

    /// The same by the interfaces of some decisions only.
    ///
    /// # Errors
    /// The diagram's budget.
    pub(super) fn leave_by(
        &self,
        e: &mut Engine,
        entry: Entry,
        routed: PacketSet,
        decisions: &[Decision],
    ) -> Result<BTreeMap<Exit, PacketSet>> {
        let mut out = BTreeMap::new();
        let anywhere = e.forget(routed, &[Field::Egress])?;
        for decision in decisions {
            let taken = e.and(anywhere, decision.taken)?;
            let Some(any) = decision.exits.values().next() else { continue };
            let left = transition::image(self.stages(entry, *any), e, taken)?;
            decision.apart(e, left, &mut out)?;
        }
        Ok(out)
    }

    /// The routes by interfaces, as [`DeviceTransitions::leave_by`] takes them.
    pub(super) fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Where packets at the routing decision go that only these filters (one of [`DeviceTransitions::forward_filters`]
    /// each) are asked about: by the interfaces of some decisions, with the routes and filters as `seen`.
    ///
    /// # Errors
    /// The diagram's budget.
    pub(super) fn leave_past(
        &self,
        e: &mut Engine,
        routed: PacketSet,
        (filters, decisions): (&[PacketSet], &[Decision]),
        seen: &dyn Fn(&mut Engine, PacketSet) -> Result<PacketSet>,
    ) -> Result<BTreeMap<Exit, PacketSet>> {
        let mut out = BTreeMap::new();
        let anywhere = e.forget(routed, &[Field::Egress])?;
        for decision in decisions {
            let routes = seen(e, decision.taken)?;
            let mut left = e.and(anywhere, routes)?;
            for guard in filters {
                let guard = seen(e, *guard)?;
                left = e.and(left, guard)?;
            }
            decision.apart(e, left, &mut out)?;
        }
        Ok(out)
    }

    /// The same for an exit that every packet may take, whatever the routes say.
    pub fn unrouted(&self, entry: Entry, exit: Exit) -> Steps<'_> {
        self.steps(entry, exit, PacketSet::ALL)
    }

    fn steps(&self, entry: Entry, exit: Exit, guard: PacketSet) -> Steps<'_> {
        let egress = match exit {
            Exit::Interface(id, _) => u128::from(id.0),
            Exit::Local => NO_INTERFACE,
        };
        let changes = Changes::none().to(Field::Egress, Ranges::one(egress));
        let constrain = Transition::Constrain(guard);
        let mut steps = vec![Cow::Owned(constrain), Cow::Owned(Transition::Set(Box::new(changes)))];
        steps.extend(self.stages(entry, exit).iter().map(Cow::Borrowed));
        let forget = Field::SCRATCH.into_iter().fold(Changes::none(), |c, f| c.forget(f));
        steps.push(Cow::Owned(Transition::Set(Box::new(forget))));
        steps
    }
}

fn filters(steps: &[Transition]) -> Vec<PacketSet> {
    let guards = steps.iter().filter_map(|step| match step {
        Transition::Constrain(guard) => Some(*guard),
        Transition::Rewrite(_) | Transition::Set(_) => None,
    });
    guards.collect()
}

struct Builder<'a> {
    e: &'a mut Engine,
    device: &'a Device,
    bound: Bound,
    resolved: &'a BTreeSet<CauseId>,
    region: &'a Region,
    done: BTreeMap<RuleSetId, Transition>,
}

impl<'a> Builder<'a> {
    /// The state of a packet without a session, as rewritings of the state field.
    fn states(&mut self) -> Result<Vec<Transition>> {
        let Some(first) = self.device.interfaces.first().map(|i| i.name.span) else { return Ok(Vec::new()) };
        let rules = self.device.states.iter().zip(0u32..).map(|(s, id)| Rule {
            id: RuleId(id),
            when: s.when.clone(),
            then: Then::Mark(id),
            span: first,
            label: String::new(),
        });
        let name = crate::source::Spanned::new("states".to_owned(), first);
        let end = crate::source::Spanned::new(Then::Fall, first);
        let chain = Chain { name, rules: rules.collect(), end };
        let set = RuleSet {
            name: "states".to_owned(),
            kind: RuleSetKind::Mark,
            chains: vec![chain],
            entry: ChainId(0),
        };
        let whole = self.compiled(&set, &self.reading())?;
        let mut out = Vec::new();
        for (rule, id) in self.device.states.iter().zip(0u32..) {
            let certain = matches!(rule.states.pairs(), [(a, b)] if a == b);
            if self.bound == Bound::Upper || certain {
                let changes = Changes::none().to(Field::State, rule.states.clone());
                out.push((self.guard(whole, Then::Mark(id))?, Change::Fields(Box::new(changes))));
            }
        }
        let changes = Changes::none().to(Field::State, Ranges::one(State::New.value()));
        out.push((self.guard(whole, Then::Fall)?, Change::Fields(Box::new(changes))));
        Ok(vec![Transition::Rewrite(out)])
    }

    /// The packets that have an outcome, under the bound.
    fn guard(&mut self, whole: OutcomeFn, then: Then) -> Result<PacketSet> {
        Ok(match self.bound {
            Bound::Upper => self.e.may(whole, then)?,
            Bound::Lower => self.e.must(whole, then)?,
        })
    }

    fn reading(&self) -> Reading<'a> {
        let reading = match self.bound {
            Bound::Upper => Reading::undecided(),
            Bound::Lower => Reading::choices_permit(&self.device.causes),
        };
        self.resolved.iter().fold(reading, |r, c| r.with(*c, Belief::Is(false)))
    }

    fn compiled(&mut self, set: &RuleSet, reading: &Reading<'_>) -> Result<OutcomeFn> {
        Ok(function(self.e, set, self.region, reading)?)
    }

    fn stages(&mut self, stages: &[Stage]) -> Result<Vec<Transition>> {
        let mut out = Vec::new();
        for stage in stages {
            let (Stage::Filter(id) | Stage::Translate(id) | Stage::Mark(id)) = *stage;
            if let Some(done) = self.done.get(&id) {
                out.push(done.clone());
                continue;
            }
            let set = self.device.rule_set(id).ok_or(EngineError::Malformed)?;
            let reading = self.reading();
            let step = match stage {
                Stage::Filter(_) => {
                    Transition::Constrain(permitted(self.e, set, self.region, (&reading, self.bound))?)
                }
                Stage::Translate(_) | Stage::Mark(_) => {
                    let whole = self.compiled(set, &reading)?;
                    self.translate(whole)?
                }
            };
            self.done.insert(id, step.clone());
            out.push(step);
        }
        Ok(out)
    }

    fn translate(&mut self, whole: OutcomeFn) -> Result<Transition> {
        let mut rewritings = Vec::new();
        for (then, guard) in self.e.split(whole, self.bound)? {
            let change = match then {
                Then::Nat(id) => {
                    let nat = self.device.nats.get(id.index()).ok_or(EngineError::Malformed)?;
                    let left_out = |c| self.bound == Bound::Lower || self.resolved.contains(&c);
                    if nat.unknown.is_some_and(left_out) {
                        continue;
                    }
                    Change::Nat(self.e.rewriting(nat)?)
                }
                Then::Mark(mark) => {
                    Change::Fields(Box::new(Changes::none().to(Field::Mark, Ranges::one(u128::from(mark)))))
                }
                Then::Fall | Then::Permit | Then::Return | Then::Deny(_) => Change::Keep,
                Then::Route(_) | Then::Jump(_) | Then::Goto(_) | Then::Unknown(_) => {
                    return Err(EngineError::Malformed);
                }
            };
            rewritings.push((guard, change));
        }
        Ok(Transition::Rewrite(rewritings))
    }

    fn routes(&mut self, id: RuleSetId) -> Result<BTreeMap<Exit, PacketSet>> {
        let set = self.device.rule_set(id).ok_or(EngineError::Malformed)?;
        let mut wholes = Vec::new();
        let narrowed = self.resolved.iter().fold(Reading::undecided(), |r, c| r.with(*c, Belief::Is(false)));
        wholes.push(self.compiled(set, &narrowed)?);
        if self.bound == Bound::Lower {
            // A choice of routes (equal cost, a schedule): both ways of deciding it are open to the sender.
            let conditions =
                self.device.causes.iter().zip(0u32..).filter(|(c, _)| c.kind == CauseKind::Condition);
            let conditions: Vec<CauseId> = conditions.map(|(_, i)| CauseId(i)).collect();
            for value in [true, false].into_iter().filter(|_| !conditions.is_empty()) {
                let reading = conditions.iter().fold(narrowed.clone(), |r, c| r.with(*c, Belief::Is(value)));
                wholes.push(self.compiled(set, &reading)?);
            }
        }
        let mut guards: BTreeMap<Exit, Vec<PacketSet>> = BTreeMap::new();
        for whole in wholes {
            for (then, guard) in self.e.split(whole, self.bound)? {
                for exit in self.exits(then)? {
                    guards.entry(exit).or_default().push(guard);
                }
            }
        }
        let mut out = BTreeMap::new();
        for (exit, parts) in guards {
            let guard = self.e.or_all(parts)?;
            if !guard.is_empty() {
                out.insert(exit, guard);
            }
        }
        Ok(out)
    }

    /// The exits by interfaces in groups, each interface once in a group.
    fn decisions(&mut self, routes: &BTreeMap<Exit, PacketSet>) -> Result<Vec<Decision>> {
        // The walk through the stages tells exits apart by a field that none of them may write.
        let writes = |r: &Rewrite| match r {
            Rewrite::To(field, _) | Rewrite::Shift { field, .. } => *field == Field::Egress,
        };
        if self.device.nats.iter().flat_map(|n| &n.rewrites).any(writes) {
            return Err(EngineError::Malformed);
        }
        let mut groups: Vec<BTreeMap<u128, Exit>> = Vec::new();
        for exit in routes.keys() {
            let Exit::Interface(id, _) = exit else { continue };
            let egress = u128::from(id.0);
            match groups.iter_mut().find(|group| !group.contains_key(&egress)) {
                Some(group) => _ = group.insert(egress, *exit),
                None => groups.push(BTreeMap::from([(egress, *exit)])),
            }
        }
        let mut out = Vec::new();
        for exits in groups {
            let mut parts = Vec::new();
            for (egress, exit) in &exits {
                let guard = routes.get(exit).copied().unwrap_or(PacketSet::EMPTY);
                // Routes are asked while no egress is known.
                let guard = self.e.fixed(guard, Field::Egress, NO_INTERFACE)?;
                parts.push(self.e.image(guard, &Changes::none().to(Field::Egress, Ranges::one(*egress)))?);
            }
            out.push(Decision { exits, taken: self.e.or_all(parts)? });
        }
        Ok(out)
    }

    fn exits(&self, then: Then) -> Result<Vec<Exit>> {
        let id = match then {
            Then::Route(id) => id,
            // No route.
            Then::Fall | Then::Return | Then::Permit | Then::Deny(_) => return Ok(Vec::new()),
            _ => return Err(EngineError::Malformed),
        };
        let route = self.device.routes.get(id.index()).ok_or(EngineError::Malformed)?;
        let hop = route.gateway.map_or(NextHop::OnLink, NextHop::Via);
        Ok(match route.target {
            RouteTarget::Interface(id) => vec![Exit::Interface(id, hop)],
            RouteTarget::Local => vec![Exit::Local],
            RouteTarget::Discard(_) => Vec::new(),
            RouteTarget::Any(cause) if self.bound == Bound::Lower || self.resolved.contains(&cause) => {
                Vec::new()
            }
            RouteTarget::Any(_) => {
                let up = self.device.interfaces().filter(|(_, i)| i.up);
                let mut exits: Vec<Exit> = up.map(|(id, _)| Exit::Interface(id, NextHop::Unknown)).collect();
                exits.push(Exit::Local);
                exits
            }
        })
    }
}
