//! A device as transitions, each table compiled for the packets that arrive at it.
//!
//! A large table is sliced before it is compiled, by ranges around what arrives at *that* table (SEMANTICS 10): after
//! the translations before it, with the egress already chosen. So a question about two zones pays for the rules
//! between these two, and a table that nothing reaches is never compiled. Inside the packets it was compiled for a
//! transition means what the whole table means; outside it means nothing, so [`Passage::before`] compiles for the
//! same packets again and its answer counts only inside what its caller knows to have entered.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::compile::{Belief, Reading, compile};
use super::diagram::Changes;
use super::outcome::OutcomeFn;
use super::set::{Engine, PacketSet};
use super::slice::Region;
use super::transition::{Bound, Change, Transition};
use super::{EngineError, Result};
use crate::model::{
    CauseId, CauseKind, Chain, ChainId, Device, Field, IfId, Ranges, RouteTarget, Rule, RuleId, RuleSet,
    RuleSetId, RuleSetKind, Stage, State, Then,
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

/// Whether packets inside a device came in or are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// By some interface; which one is in their ingress field.
    Received,
    /// From its own processes.
    Own,
}

impl From<Entry> for Origin {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Interface(_) => Origin::Received,
            Entry::Local => Origin::Own,
        }
    }
}

/// The value of the interface fields where no interface is meant.
const NO_INTERFACE: u128 = 0xFFFF;
/// Tables of fewer rules are compiled whole, once: slicing costs more than it saves.
const SMALL: usize = 512;

/// One device under one bound.
pub struct Passage<'d> {
    device: &'d Device,
    bound: Bound,
    resolved: BTreeSet<CauseId>,
    states: Option<Rc<Transition>>,
    tables: BTreeMap<RuleSetId, Table>,
    routes: Vec<(PacketSet, Rc<BTreeMap<Exit, PacketSet>>)>,
}

/// What is compiled of a rule set.
#[derive(Default)]
struct Table {
    /// Each with the packets it is compiled for.
    done: Vec<(PacketSet, Rc<Transition>)>,
    /// The rules that packets of one set of ingress interfaces can match, which most questions share.
    cuts: Vec<(PacketSet, Rc<RuleSet>)>,
}

/// One step of the way through a device.
#[derive(Clone, Copy)]
enum Leg {
    States,
    Stage(Stage),
    Route(Exit),
    Leave,
}

impl<'d> Passage<'d> {
    /// A device of which nothing is compiled yet. Causes in `resolved` are taken as never true; routes and values that
    /// nobody knows because of them are left out.
    pub fn new(device: &'d Device, bound: Bound, resolved: BTreeSet<CauseId>) -> Self {
        Passage { device, bound, resolved, states: None, tables: BTreeMap::new(), routes: Vec::new() }
    }

    /// The packets of an entrance as the device sees them: it notes where they came in and knows nothing else.
    ///
    /// # Errors
    /// The diagram's budget, here and below; a rule set with a jump cycle.
    pub fn enter(&self, e: &mut Engine, entry: Entry, set: PacketSet) -> Result<PacketSet> {
        Ok(e.image(set, &entering(entry))?)
    }

    /// The packets outside that [`Passage::enter`] makes those of `set`.
    ///
    /// # Errors
    /// As [`Passage::enter`].
    pub fn before_enter(&self, e: &mut Engine, entry: Entry, set: PacketSet) -> Result<PacketSet> {
        Ok(e.preimage(set, &entering(entry))?)
    }

    /// Where packets that entered leave, with what of them does.
    ///
    /// # Errors
    /// As [`Passage::enter`].
    pub fn leave(
        &mut self,
        e: &mut Engine,
        origin: Origin,
        entered: PacketSet,
    ) -> Result<BTreeMap<Exit, PacketSet>> {
        let (at_routing, _) = self.run(e, &self.arriving(origin), entered)?;
        let mut out = BTreeMap::new();
        for exit in self.routes(e, at_routing)?.keys() {
            let (left, _) = self.run(e, &self.leaving(origin, *exit), at_routing)?;
            if !left.is_empty() {
                out.insert(*exit, left);
            }
        }
        Ok(out)
    }

    /// What of `entered` may become one of `left` at an exit.
    ///
    /// # Errors
    /// As [`Passage::enter`].
    pub fn before(
        &mut self,
        e: &mut Engine,
        (origin, exit): (Origin, Exit),
        entered: PacketSet,
        left: PacketSet,
    ) -> Result<PacketSet> {
        let mut legs = self.arriving(origin);
        legs.extend(self.leaving(origin, exit));
        let (_, done) = self.run(e, &legs, entered)?;
        let mut set = left;
        for transition in done.iter().rev() {
            set = transition.preimage(e, set)?;
        }
        // A way that ends on the road is shorter than the legs: nothing comes out of it.
        if done.len() < legs.len() {
            return Ok(PacketSet::EMPTY);
        }
        Ok(e.and(set, entered)?)
    }

    fn arriving(&self, origin: Origin) -> Vec<Leg> {
        let mut legs = vec![Leg::States];
        if origin == Origin::Received {
            legs.extend(self.device.pipeline.arrival.iter().copied().map(Leg::Stage));
        }
        legs
    }

    fn leaving(&self, origin: Origin, exit: Exit) -> Vec<Leg> {
        let stages = match (origin, exit) {
            (_, Exit::Local) => &self.device.pipeline.input,
            (Origin::Received, Exit::Interface(..)) => &self.device.pipeline.forward,
            (Origin::Own, Exit::Interface(..)) => &self.device.pipeline.output,
        };
        let mut legs = vec![Leg::Route(exit)];
        legs.extend(stages.iter().copied().map(Leg::Stage));
        legs.push(Leg::Leave);
        legs
    }

    /// Runs packets over some legs. Returns what comes out, and the transitions up to where nothing was left.
    fn run(
        &mut self,
        e: &mut Engine,
        legs: &[Leg],
        mut set: PacketSet,
    ) -> Result<(PacketSet, Vec<Rc<Transition>>)> {
        let mut done = Vec::with_capacity(legs.len());
        for leg in legs {
            if set.is_empty() {
                break;
            }
            let transition = self.transition(e, *leg, set)?;
            set = transition.image(e, set)?;
            done.push(transition);
        }
        Ok((set, done))
    }

    /// What a leg does with these packets.
    fn transition(&mut self, e: &mut Engine, leg: Leg, set: PacketSet) -> Result<Rc<Transition>> {
        match leg {
            Leg::States => {
                if self.states.is_none() {
                    self.states = Some(Rc::new(self.builder(e).states()?));
                }
                self.states.clone().ok_or(EngineError::Malformed)
            }
            Leg::Stage(stage) => self.stage(e, stage, set),
            Leg::Route(exit) => {
                let guard = self.routes(e, set)?.get(&exit).copied().unwrap_or(PacketSet::EMPTY);
                let egress = match exit {
                    Exit::Interface(id, _) => u128::from(id.0),
                    Exit::Local => NO_INTERFACE,
                };
                let changes = Changes::none().to(Field::Egress, Ranges::one(egress));
                Ok(Rc::new(Transition::Rewrite(vec![(guard, Change::Fields(Box::new(changes)))])))
            }
            Leg::Leave => {
                let forget = Field::SCRATCH.into_iter().fold(Changes::none(), |c, f| c.forget(f));
                Ok(Rc::new(Transition::Set(Box::new(forget))))
            }
        }
    }

    fn builder<'b>(&'b self, e: &'b mut Engine) -> Builder<'b, 'd> {
        Builder { e, device: self.device, bound: self.bound, resolved: &self.resolved }
    }

    fn stage(&mut self, e: &mut Engine, stage: Stage, arriving: PacketSet) -> Result<Rc<Transition>> {
        let (Stage::Filter(id) | Stage::Translate(id) | Stage::Mark(id)) = stage;
        let table = self.tables.entry(id).or_default();
        for (set, done) in &table.done {
            if e.includes(*set, arriving)? {
                return Ok(done.clone());
            }
        }
        let whole = self.device.rule_set(id).ok_or(EngineError::Malformed)?;
        let cut = if is_small(whole) { None } else { Some(table.cut(e, whole, arriving)?) };
        let (rules, region) = match &cut {
            None => (whole, Region::everything()),
            Some((region, rules)) if is_small(rules) => (rules.as_ref(), region.clone()),
            Some((_, rules)) => (rules.as_ref(), Region::around(e, arriving)),
        };
        let built = Rc::new(self.builder(e).stage(stage, rules, &region)?);
        let valid = if region.is_everything() { PacketSet::ALL } else { e.arriving(&region)? };
        self.tables.entry(id).or_default().done.push((valid, built.clone()));
        Ok(built)
    }

    /// The exits of the routes, each with the packets that may take it; valid inside `arriving`.
    fn routes(&mut self, e: &mut Engine, arriving: PacketSet) -> Result<Rc<BTreeMap<Exit, PacketSet>>> {
        for (set, done) in &self.routes {
            if e.includes(*set, arriving)? {
                return Ok(done.clone());
            }
        }
        let id = self.device.pipeline.routing;
        let rules = self.device.rule_set(id).ok_or(EngineError::Malformed)?;
        let small = is_small(rules);
        let region = if small { Region::everything() } else { Region::around(e, arriving) };
        let built = Rc::new(self.builder(e).routes(rules, &region)?);
        let valid = if small { PacketSet::ALL } else { e.arriving(&region)? };
        self.routes.push((valid, built.clone()));
        Ok(built)
    }
}

impl Table {
    /// The rules that packets coming in by the interfaces of `arriving` can match, and the region these rules stand for.
    fn cut(&mut self, e: &mut Engine, whole: &RuleSet, arriving: PacketSet) -> Result<(Region, Rc<RuleSet>)> {
        let region = Region::around(e, arriving).only(Field::Ingress);
        let valid = e.arriving(&region)?;
        if let Some((_, known)) = self.cuts.iter().find(|(set, _)| *set == valid) {
            return Ok((region, known.clone()));
        }
        let cut = Rc::new(region.cut(whole));
        self.cuts.push((valid, cut.clone()));
        Ok((region, cut))
    }
}

fn is_small(rules: &RuleSet) -> bool {
    rules.chains.iter().map(|c| c.rules.len()).sum::<usize>() < SMALL
}

fn entering(entry: Entry) -> Changes {
    let ingress = match entry {
        Entry::Interface(id) => u128::from(id.0),
        Entry::Local => NO_INTERFACE,
    };
    Changes::none()
        .to(Field::Ingress, Ranges::one(ingress))
        .to(Field::Egress, Ranges::one(NO_INTERFACE))
        .to(Field::Mark, Ranges::one(0))
        .to(Field::Zone, Ranges::one(0))
}

struct Builder<'b, 'd> {
    e: &'b mut Engine,
    device: &'d Device,
    bound: Bound,
    resolved: &'b BTreeSet<CauseId>,
}

impl<'d> Builder<'_, 'd> {
    /// The state of a packet without a session, as rewritings of the state field.
    fn states(&mut self) -> Result<Transition> {
        let Some(first) = self.device.interfaces.first().map(|i| i.name.span) else {
            return Ok(Transition::Rewrite(vec![(PacketSet::ALL, Change::Keep)]));
        };
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
        let whole = self.compiled(&set, &Region::everything(), &self.reading())?;
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
        Ok(Transition::Rewrite(out))
    }

    /// The packets that have an outcome, under the bound.
    fn guard(&mut self, whole: OutcomeFn, then: Then) -> Result<PacketSet> {
        Ok(match self.bound {
            Bound::Upper => self.e.may(whole, then)?,
            Bound::Lower => self.e.must(whole, then)?,
        })
    }

    fn reading(&self) -> Reading<'d> {
        let reading = match self.bound {
            Bound::Upper => Reading::undecided(),
            Bound::Lower => Reading::choices_permit(&self.device.causes),
        };
        self.resolved.iter().fold(reading, |r, c| r.with(*c, Belief::Is(false)))
    }

    fn compiled(&mut self, set: &RuleSet, region: &Region, reading: &Reading<'_>) -> Result<OutcomeFn> {
        Ok(compile(self.e, set, region, reading)?.whole)
    }

    fn stage(&mut self, stage: Stage, rules: &RuleSet, region: &Region) -> Result<Transition> {
        let whole = self.compiled(rules, region, &self.reading())?;
        match stage {
            Stage::Filter(_) => Ok(Transition::Constrain(self.guard(whole, Then::Permit)?)),
            Stage::Translate(_) | Stage::Mark(_) => self.translate(whole),
        }
    }

    fn translate(&mut self, whole: OutcomeFn) -> Result<Transition> {
        let mut rewritings = Vec::new();
        for then in self.e.possible(whole) {
            let guard = self.guard(whole, then)?;
            let change = match then {
                Then::Nat(id) => {
                    let nat = self.device.nats.get(id.index()).ok_or(EngineError::Malformed)?;
                    let left_out = |c| self.bound == Bound::Lower || self.resolved.contains(&c);
                    if nat.unknown.is_some_and(left_out) {
                        continue;
                    }
                    Change::Nat(Box::new(nat.clone()))
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

    fn routes(&mut self, set: &RuleSet, region: &Region) -> Result<BTreeMap<Exit, PacketSet>> {
        let mut wholes = Vec::new();
        let narrowed = self.resolved.iter().fold(Reading::undecided(), |r, c| r.with(*c, Belief::Is(false)));
        wholes.push(self.compiled(set, region, &narrowed)?);
        if self.bound == Bound::Lower {
            // A choice of routes (equal cost, a schedule): both ways of deciding it are open to the sender.
            let conditions =
                self.device.causes.iter().zip(0u32..).filter(|(c, _)| c.kind == CauseKind::Condition);
            let conditions: Vec<CauseId> = conditions.map(|(_, i)| CauseId(i)).collect();
            for value in [true, false].into_iter().filter(|_| !conditions.is_empty()) {
                let reading = conditions.iter().fold(narrowed.clone(), |r, c| r.with(*c, Belief::Is(value)));
                wholes.push(self.compiled(set, region, &reading)?);
            }
        }
        let mut guards: BTreeMap<Exit, Vec<PacketSet>> = BTreeMap::new();
        for whole in wholes {
            for then in self.e.possible(whole) {
                let exits = self.exits(then)?;
                if exits.is_empty() {
                    continue;
                }
                let guard = self.guard(whole, then)?;
                for exit in exits {
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
