//! One way a packet can take through a device, as far as it has come.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Packet;
use super::certainty::Value;
use super::doubts::Doubts;
use crate::model::{
    CauseId, ChainId, Field, Flow, NatId, RouteId, RuleId, RuleSetId, RuleSetKind, State, Then,
};
use crate::source::Span;

/// A choice: existential, taken once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// A cause of kind `Condition`: one value for the device, wherever it is named.
    Cause(CauseId),
    /// Which of several values a translation takes, for this packet at this turn.
    Pool {
        /// The translation.
        nat: NatId,
        /// How many values of it were chosen before.
        turn: u32,
        /// The packet it translates.
        before: Packet,
    },
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pick {
    /// Whether the cause holds.
    Holds(bool),
    /// The new values.
    Values(Vec<(Field, u128)>),
}

impl Value for Pick {
    fn other(&self) -> Option<Pick> {
        match self {
            Pick::Holds(value) => Some(Pick::Holds(!value)),
            Pick::Values(_) => None,
        }
    }
}

/// Choices by the point where they are taken.
pub type Choices = BTreeMap<Choice, Pick>;

/// Something nobody knows, and how it was taken here. What later turned out to make no difference is forgotten.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Doubt {
    /// Where.
    pub about: About,
    /// For conditions: whether it was taken as true. True for everything else.
    pub held: bool,
    /// Why it is not known. Empty only for [`About::State`].
    pub causes: BTreeSet<CauseId>,
}

/// What is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// Whether a rule matches.
    Match(RuleSetId, ChainId, RuleId),
    /// What a rule does; this is what it was taken to do.
    Action(RuleSetId, ChainId, Option<RuleId>, Then),
    /// What a translation writes; these values were tried.
    Values(NatId, Vec<(Field, u128)>),
    /// Where a route leads; it was taken to lead there.
    Route(RouteId, Lead),
    /// Whether the rule on connection states at this position applies.
    StateMatch(usize),
    /// The connection state.
    State(State),
}

/// Where a route that nobody knows was taken to lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lead {
    /// Out of this interface.
    Interface(crate::model::IfId),
    /// To the device itself.
    Local,
    /// Nowhere.
    Nowhere,
}

/// The part of the pipeline a rule was asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before the routing decision.
    Arrival,
    /// The routing decision.
    Routing,
    /// Between two interfaces.
    Forward,
    /// To the device.
    Input,
    /// From the device.
    Output,
}

/// A rule that decided something: it matched and did more than nothing (a jump counts, whatever came of it). The end
/// of a chain has no rule id and is named by its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where in the pipeline.
    pub phase: Phase,
    /// The rule set.
    pub set: RuleSetId,
    /// What its outcomes mean.
    pub kind: RuleSetKind,
    /// The chain.
    pub chain: ChainId,
    /// The rule; `None` for the end of the chain.
    pub rule: Option<RuleId>,
    /// What a person calls it.
    pub label: String,
    /// The statement to show.
    pub span: Span,
    /// What it did; an action that is not understood appears as what it was taken to do.
    pub then: Then,
    /// Whether it was certain to match and to do this.
    pub certain: bool,
}

/// A translation that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The translation.
    pub nat: NatId,
    /// The header before.
    pub before: Flow,
    /// The header after.
    pub after: Flow,
}

/// The state of one way: what decides the rest of it (packet, choices), and what is kept for the reader.
#[derive(Debug, Clone)]
pub(super) struct Thread {
    pub packet: Packet,
    pub choices: Choices,
    pub doubts: Doubts,
    pub steps: Vec<Rc<Step>>,
    pub nat: Vec<Translation>,
}

impl Thread {
    /// The causes that were chosen so far.
    pub fn chosen(&self) -> BTreeMap<CauseId, bool> {
        let causes = self.choices.iter().filter_map(|(choice, pick)| match (choice, pick) {
            (Choice::Cause(cause), Pick::Holds(value)) => Some((*cause, *value)),
            _ => None,
        });
        causes.collect()
    }

    /// With one more doubt.
    pub fn doubting(mut self, about: About, held: bool, causes: BTreeSet<CauseId>) -> Thread {
        self.doubts.insert(Doubt { about, held, causes });
        self
    }

    /// Joins `other` to `threads`. Two ways that stand at the same point with the same packet are one from here
    /// on if they made the same choices, or choices that differ in the two values of one cause.
    pub fn join(mut self, threads: &mut Vec<Thread>) {
        'again: loop {
            for at in 0..threads.len() {
                let Some(there) = threads.get(at) else { break };
                if there.packet != self.packet {
                    continue;
                }
                let Some(choices) = joined(there, &self) else { continue };
                let there = threads.remove(at);
                self = merge(there, self, choices);
                continue 'again;
            }
            threads.push(self);
            return;
        }
    }
}

/// The choices under which at least one of two ways is taken, if that is a single set of choices.
fn joined(a: &Thread, b: &Thread) -> Option<Choices> {
    // More conditions are needed for `large` than for `small`, and nothing is gained by them.
    let within = |small: &Thread, large: &Thread| {
        let more = |(choice, pick): (&Choice, &Pick)| match small.choices.get(choice) {
            Some(same) => same == pick,
            None => matches!(choice, Choice::Cause(_)) && small.doubts.is_subset(&large.doubts),
        };
        small.choices.keys().all(|choice| large.choices.contains_key(choice))
            && large.choices.iter().all(more)
    };
    if within(a, b) {
        return Some(a.choices.clone());
    }
    if within(b, a) {
        return Some(b.choices.clone());
    }
    let (a, b) = (&a.choices, &b.choices);
    let mut differing = a.iter().filter(|(key, value)| b.get(*key) != Some(*value));
    let (only, value) = differing.next().filter(|_| a.len() == b.len() && differing.next().is_none())?;
    let opposite = matches!((value, b.get(only)), (Pick::Holds(x), Some(Pick::Holds(y))) if x != y);
    opposite.then(|| a.iter().filter(|(key, _)| *key != only).map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// One way that stands for both. It shows the way that assumes less; a doubt that was taken both ways is gone.
fn merge(a: Thread, b: Thread, choices: Choices) -> Thread {
    let rank =
        |t: &Thread| (t.choices.len() != choices.len(), t.doubts.held(), t.doubts.len(), t.steps.len());
    let (mut shown, other) = if rank(&b) < rank(&a) { (b, a) } else { (a, b) };
    let mut apart = shown.doubts.apart(&other.doubts);
    let undecided = match (apart.next(), apart.next(), apart.next()) {
        (Some(x), Some(y), None) => x.about == y.about && x.held != y.held,
        _ => false,
    };
    drop(apart);
    if undecided {
        shown.doubts = shown.doubts.intersection(&other.doubts);
    } else if other.choices == choices && other.doubts.is_subset(&shown.doubts) {
        shown.doubts = other.doubts;
    } else if shown.choices != choices || !shown.doubts.is_subset(&other.doubts) {
        shown.doubts = shown.doubts.union(&other.doubts);
    }
    shown.choices = choices;
    shown
}
