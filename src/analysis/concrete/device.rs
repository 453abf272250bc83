//! One packet through the pipeline of one device.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::certainty::{self, Certainty};
use super::doubts::Doubts;
use super::eval::cases;
use super::rewrite::{Edges, rewrite};
use super::thread::{About, Choice, Choices, Doubt, Lead, Phase, Pick, Step, Thread, Translation};
use super::walk::{Ruling, walk};
use super::{MAX_BRANCHES, Packet, Wishes};
use crate::model::{
    CauseId, DenyKind, Device, Flow, IfId, RouteId, RouteTarget, RuleSetId, RuleSetKind, Stage, State, Then,
};
use crate::network::NextHop;

/// Ways that are kept where there were too many.
const FEW: usize = 64;
/// Ways that one stage may make, joined ones counted, as a multiple of the limit.
const JOINS: usize = 4;

/// Where a packet enters a device, and what else is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it enters.
    pub from: EntryPoint,
    /// The interface it leaves by, whatever the routes leave open. Routes that say something else make the
    /// question contradictory ([`EgressConflict`]).
    pub forced_egress: Option<IfId>,
    /// Its connection state; `None`: by [`Device::states`].
    pub state: Option<State>,
    /// Its mark.
    pub mark: u32,
    /// Choices already made on this device.
    pub given: BTreeMap<CauseId, bool>,
    /// Values to try.
    pub wishes: Wishes,
    /// Ways that are followed at most.
    pub limit: usize,
}

/// Where a packet enters a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryPoint {
    /// By an interface.
    Ingress(IfId),
    /// The device itself sends it.
    Local,
}

impl Entry {
    /// A packet that belongs to no session and enters at `from`.
    pub fn new(from: EntryPoint) -> Entry {
        Entry {
            from,
            forced_egress: None,
            state: None,
            mark: 0,
            given: BTreeMap::new(),
            wishes: Wishes::default(),
            limit: MAX_BRANCHES,
        }
    }
    /// A packet that comes in by an interface.
    pub fn ingress(id: IfId) -> Entry {
        Entry::new(EntryPoint::Ingress(id))
    }
    /// A packet that the device itself sends.
    pub fn local() -> Entry {
        Entry::new(EntryPoint::Local)
    }
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It leaves by an interface.
    Forward {
        /// The interface.
        egress: IfId,
        /// To whom.
        hop: NextHop,
    },
    /// It is delivered to the device itself.
    Local,
    /// A filter refuses it.
    Deny(DenyKind),
    /// No route leads to its destination.
    NoRoute,
    /// A route or an unknown route discards it.
    Discard(DenyKind),
}

/// One way a packet can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where it ends.
    pub outcome: Outcome,
    /// The header at the end, after translation.
    pub header: Flow,
    /// Every rule that decided something, in order.
    pub steps: Vec<Rc<Step>>,
    /// Translations, in order.
    pub nat: Vec<Translation>,
    /// Choices the way depends on.
    pub choices: Choices,
    /// What is not known and was taken one way here. Ways that differ only in what makes no difference are one, so
    /// an empty set does not mean that no other way exists: ask [`Branches::permits`].
    pub doubts: BTreeSet<Rc<Doubt>>,
}

impl Branch {
    /// Every cause of ignorance on the way.
    pub fn causes(&self) -> BTreeSet<CauseId> {
        self.doubts.iter().flat_map(|d| d.causes.iter().copied()).collect()
    }
    /// Every cause of choice on the way and its value.
    pub fn conditions(&self) -> BTreeMap<CauseId, bool> {
        conditions(&self.choices)
    }
    /// The last route step.
    pub fn route(&self) -> Option<&Step> {
        self.steps.iter().rev().find(|s| matches!(s.then, Then::Route(_))).map(Rc::as_ref)
    }
    /// The filter rule to show: the one that refused the packet, or the last that let it pass, after the routing
    /// decision if one was asked there.
    pub fn rule(&self) -> Option<&Step> {
        let decided =
            |s: &&Step| s.kind == RuleSetKind::Filter && matches!(s.then, Then::Permit | Then::Deny(_));
        self.steps.iter().rev().map(Rc::as_ref).find(decided)
    }
}

fn conditions(choices: &Choices) -> BTreeMap<CauseId, bool> {
    let causes = choices.iter().filter_map(|(choice, pick)| match (choice, pick) {
        (Choice::Cause(cause), Pick::Holds(value)) => Some((*cause, *value)),
        _ => None,
    });
    causes.collect()
}

/// Every way a packet can take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Branches {
    /// The ways, ordered by outcome.
    pub branches: Vec<Branch>,
    /// Ways were dropped: more than the limit, or a rule list that contains itself or names what is not there.
    pub truncated: bool,
    /// A translation may write more values than were tried.
    pub partial: bool,
}

/// [`Certainty`] on one device.
pub type DeviceCertainty = Certainty<Choice, Pick, CauseId>;

impl Branches {
    /// How certain `wanted` is: whether there is a choice with which every completion of the unknown has it. If ways
    /// were dropped, nothing is certain. If the set is partial, "always" covers the values that were tried.
    pub fn permits(&self, wanted: impl Fn(&Branch) -> bool) -> DeviceCertainty {
        let cases: Vec<_> = self
            .branches
            .iter()
            .map(|branch| certainty::Case {
                choices: &branch.choices,
                met: wanted(branch),
                doubts: branch.causes(),
                assumed: branch.doubts.iter().filter(|d| d.held).count(),
            })
            .collect();
        match certainty::judge(&cases).0 {
            Certainty::Possibly(causes) => Certainty::Possibly(causes),
            _ if self.truncated => Certainty::Possibly(BTreeSet::new()),
            certain => certain,
        }
    }

    /// Every possible outcome and how certain it is.
    pub fn outcomes(&self) -> Vec<(Outcome, DeviceCertainty)> {
        let all: BTreeSet<Outcome> = self.branches.iter().map(|b| b.outcome).collect();
        all.into_iter().map(|o| (o, self.permits(|b| b.outcome == o))).collect()
    }

    /// The only possible outcome.
    pub fn verdict(&self) -> Option<Outcome> {
        match self.outcomes().as_slice() {
            [(outcome, Certainty::Always)] => Some(*outcome),
            _ => None,
        }
    }
}

/// The given egress contradicts the routes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the routes do not lead out of the given interface")]
pub struct EgressConflict {
    /// Where they lead instead.
    pub leads: Vec<Outcome>,
}

/// Every way a packet can take through the device.
///
/// # Errors
/// [`EgressConflict`] if an egress is given and the routes say something else on every way.
pub fn device_branches(device: &Device, flow: &Flow, entry: &Entry) -> Result<Branches, EgressConflict> {
    let mut run = Run { device, entry, edges: Edges::new(), out: Branches::default() };
    let ingress = match entry.from {
        EntryPoint::Ingress(id) => id,
        EntryPoint::Local => IfId::NONE,
    };
    let given = entry.given.iter().map(|(cause, value)| (Choice::Cause(*cause), Pick::Holds(*value)));
    let thread = Thread {
        packet: Packet {
            flow: flow.canonical(),
            ingress,
            egress: IfId::NONE,
            state: State::New.value(),
            mark: u128::from(entry.mark),
            zone: 0,
        },
        choices: given.collect(),
        doubts: Doubts::default(),
        steps: Vec::new(),
        nat: Vec::new(),
    };
    let pipeline = &device.pipeline;
    let mut threads = run.states(thread);
    if entry.from != EntryPoint::Local {
        threads = run.stages(threads, &pipeline.arrival, Phase::Arrival);
    }
    let leads = run.route(threads)?;
    for (outcome, threads) in leads {
        let (stages, phase): (&[Stage], _) = match (outcome, entry.from) {
            (Outcome::Forward { .. }, EntryPoint::Ingress(_)) => (&pipeline.forward, Phase::Forward),
            (Outcome::Forward { .. }, EntryPoint::Local) => (&pipeline.output, Phase::Output),
            (Outcome::Local, _) => (&pipeline.input, Phase::Input),
            _ => (&[], Phase::Routing),
        };
        for thread in run.stages(threads, stages, phase) {
            run.end(outcome, thread);
        }
        if run.is_full() {
            break;
        }
    }
    run.out.branches.sort_by_key(|b| b.outcome);
    Ok(run.out)
}

struct Run<'a> {
    device: &'a Device,
    entry: &'a Entry,
    edges: Edges,
    out: Branches,
}

impl Run<'_> {
    /// The states the packet can have (first matching rule; several values: nobody knows which).
    fn states(&mut self, thread: Thread) -> Vec<Thread> {
        if let Some(state) = self.entry.state {
            return vec![with_state(thread, state)];
        }
        let mut out = Vec::new();
        let mut open = vec![(0, thread)];
        while let Some((at, thread)) = open.pop() {
            let Some(rule) = self.device.states.get(at) else {
                out.push(thread);
                continue;
            };
            for turn in cases(&rule.when, &thread.packet, &self.device.causes, &thread.chosen()) {
                let held = turn.held;
                let thread = turn.apply(About::StateMatch(at), thread.clone());
                let states: Vec<State> =
                    State::ALL.into_iter().filter(|s| rule.states.contains(s.value())).collect();
                match states.as_slice() {
                    _ if !held => open.push((at + 1, thread)),
                    [only] => out.push(with_state(thread, *only)),
                    several => out.extend(several.iter().map(|state| {
                        with_state(thread.clone(), *state).doubting(
                            About::State(*state),
                            true,
                            BTreeSet::new(),
                        )
                    })),
                }
            }
        }
        out
    }

    fn stages(&mut self, mut threads: Vec<Thread>, stages: &[Stage], phase: Phase) -> Vec<Thread> {
        for stage in stages {
            // Only ways with the same packet join: by packet, so that many ways cost no search.
            let mut next: IndexMap<Packet, Vec<Thread>> = IndexMap::new();
            let (mut count, mut joins) = (0, 0);
            for thread in threads {
                if self.is_full() {
                    return Vec::new();
                }
                // Unread translations make hundreds of ways of one. Once ways were dropped nothing is certain any
                // more, and a few show what may happen.
                let limit = if self.out.truncated { self.entry.limit.min(FEW) } else { self.entry.limit };
                if count > limit || joins > limit.saturating_mul(JOINS) {
                    self.out.truncated = true;
                    break;
                }
                for on in self.stage(*stage, phase, thread) {
                    let here = next.entry(on.packet).or_default();
                    (count, joins) = (count - here.len(), joins + 1);
                    on.join(here);
                    count += here.len();
                }
            }
            let keep = if self.out.truncated { FEW } else { usize::MAX };
            threads = next.into_values().flatten().take(keep).collect();
        }
        threads
    }

    /// One stage for one way; what is refused ends here.
    fn stage(&mut self, stage: Stage, phase: Phase, thread: Thread) -> Vec<Thread> {
        let (Stage::Filter(set) | Stage::Translate(set) | Stage::Mark(set)) = stage;
        let mut on = Vec::new();
        for (ruling, threads) in self.walk(set, phase, thread) {
            for mut thread in threads {
                match (stage, ruling) {
                    (Stage::Filter(_), Ruling::Deny(kind)) => self.end(Outcome::Deny(kind), thread),
                    (Stage::Translate(_) | Stage::Mark(_), Ruling::Nat(id)) => {
                        match rewrite(self.device, id, thread, &self.entry.wishes, &mut self.edges) {
                            Some(done) => {
                                self.out.partial |= done.partial;
                                on.extend(done.threads);
                            }
                            None => self.out.truncated = true,
                        }
                    }
                    (Stage::Mark(_), Ruling::Mark(mark)) => {
                        thread.packet.mark = u128::from(mark);
                        on.push(thread);
                    }
                    _ => on.push(thread),
                }
            }
        }
        on
    }

    fn walk(&mut self, set: RuleSetId, phase: Phase, thread: Thread) -> BTreeMap<Ruling, Vec<Thread>> {
        let rulings = walk(self.device, set, phase, thread, self.entry.limit);
        self.out.truncated |= rulings.truncated;
        rulings.found
    }

    /// The routing decision.
    fn route(&mut self, threads: Vec<Thread>) -> Result<Vec<(Outcome, Vec<Thread>)>, EgressConflict> {
        let mut leads = BTreeMap::<Outcome, Vec<Thread>>::new();
        let mut dropped = BTreeSet::new();
        for thread in threads {
            for (ruling, threads) in self.walk(self.device.pipeline.routing, Phase::Routing, thread) {
                for thread in threads {
                    for (outcome, mut thread) in self.leads(ruling, thread) {
                        match self.kept(outcome) {
                            Some(outcome) => {
                                if let Outcome::Forward { egress, .. } = outcome {
                                    thread.packet.egress = egress;
                                }
                                thread.join(leads.entry(outcome).or_default());
                            }
                            None => _ = dropped.insert(outcome),
                        }
                    }
                }
            }
        }
        if leads.is_empty() && !dropped.is_empty() {
            return Err(EgressConflict { leads: dropped.into_iter().collect() });
        }
        Ok(leads.into_iter().collect())
    }

    /// The outcome in view of the given egress; `None` if they contradict each other. A rule list without any
    /// route contradicts nothing.
    fn kept(&self, outcome: Outcome) -> Option<Outcome> {
        match (self.entry.forced_egress, outcome) {
            (None, _) => Some(outcome),
            (Some(forced), Outcome::Forward { egress, .. }) => (forced == egress).then_some(outcome),
            (Some(egress), Outcome::NoRoute) if !self.has_routes() => {
                Some(Outcome::Forward { egress, hop: NextHop::Unknown })
            }
            _ => None,
        }
    }

    fn has_routes(&self) -> bool {
        let set = self.device.rule_set(self.device.pipeline.routing);
        let chains = || set.into_iter().flat_map(|s| &s.chains);
        let mut thens = chains().flat_map(|c| &c.rules).map(|r| r.then).chain(chains().map(|c| c.end.value));
        thens.any(|then| matches!(then, Then::Route(_)))
    }

    /// Where a ruling of the route list leads.
    fn leads(&mut self, ruling: Ruling, thread: Thread) -> Vec<(Outcome, Thread)> {
        let Ruling::Route(id) = ruling else { return vec![(Outcome::NoRoute, thread)] };
        let Some(route) = self.device.routes.get(id.index()) else {
            self.out.truncated = true;
            return Vec::new();
        };
        let hop = route.gateway.map_or(NextHop::OnLink, NextHop::Via);
        match route.target {
            RouteTarget::Interface(egress) => vec![(Outcome::Forward { egress, hop }, thread)],
            RouteTarget::Local => vec![(Outcome::Local, thread)],
            RouteTarget::Discard(kind) => vec![(Outcome::Discard(kind), thread)],
            RouteTarget::Any(cause) => self.anywhere(id, cause, &thread),
        }
    }

    fn anywhere(&self, route: RouteId, cause: CauseId, thread: &Thread) -> Vec<(Outcome, Thread)> {
        let take = |lead, outcome| {
            let about = About::Route(route, lead);
            (outcome, thread.clone().doubting(about, true, BTreeSet::from([cause])))
        };
        let mut out =
            vec![take(Lead::Local, Outcome::Local), take(Lead::Nowhere, Outcome::Discard(DenyKind::Drop))];
        for (egress, interface) in self.device.interfaces() {
            if self.entry.forced_egress == Some(egress) {
                // The asker knows what the configuration does not say.
                return vec![(Outcome::Forward { egress, hop: NextHop::Unknown }, thread.clone())];
            }
            if interface.up {
                out.push(take(Lead::Interface(egress), Outcome::Forward { egress, hop: NextHop::Unknown }));
            }
        }
        out
    }

    /// Whether nothing that is still to be followed can change the answer: there is no room for another way, and that
    /// ways and values were left out is said already.
    fn is_full(&self) -> bool {
        self.out.branches.len() >= self.entry.limit && self.out.truncated && self.out.partial
    }

    fn end(&mut self, outcome: Outcome, thread: Thread) {
        if self.out.branches.len() >= self.entry.limit {
            self.out.truncated = true;
            return;
        }
        self.out.branches.push(Branch {
            outcome,
            header: thread.packet.flow,
            steps: thread.steps,
            nat: thread.nat,
            choices: thread.choices,
            doubts: thread.doubts.set(),
        });
    }
}

fn with_state(mut thread: Thread, state: State) -> Thread {
    thread.packet.state = state.value();
    thread
}
