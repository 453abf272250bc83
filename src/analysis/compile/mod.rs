//! Compiles a rule set to one function from packets to sets of possible outcomes.
//!
//! A rule becomes a guarded outcome, a list the sequence of its halves, a jump the callee's function behind a
//! guard. RETURN and falling through are outcomes like any other, so a rule that only may match contributes
//! both ways everywhere (SEMANTICS 6). The halves are kept: blame and shadowing push sets down that tree.
//!
//! Chains are compiled callees first; neither their nesting nor a list's length recurses.
mod long;

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::diagram::{BudgetExceeded, Cube, DENY, FALL, NodeId, Op, PERMIT, RETURN};
use crate::analysis::outcome::OutcomeFn;
use crate::analysis::set::Engine;
use crate::analysis::slice::{DEPTH, Region, Sliced, slice};
use crate::model::{
    Cause, CauseId, CauseKind, Chain, ChainId, DenyKind, Expr, Field, Ranges, RuleId, RuleSet, RuleSetKind,
    Then,
};
pub use long::{function, permitted};

/// What to believe about one uncertain condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Belief {
    /// It may be true and may be false.
    #[default]
    Undecided,
    /// It has this value wherever it occurs.
    Is(bool),
    /// Rules that permit match because of it, rules that deny do not; elsewhere undecided.
    Permits,
    /// Rules that permit do not match because of it, rules that deny do; elsewhere undecided.
    Denies,
}

/// How uncertain conditions are read.
#[derive(Debug, Clone, Default)]
pub struct Reading<'a> {
    causes: &'a [Cause],
    choices: Belief,
    given: BTreeMap<CauseId, Belief>,
}

impl<'a> Reading<'a> {
    /// Every cause undecided: the function has every outcome that any completion has.
    pub fn undecided() -> Reading<'a> {
        Reading::default()
    }

    /// Choices (schedules, users, rate limits …) go the way that lets packets pass; ignorance stays undecided.
    /// What must be permitted here is only a *candidate* for the lower bound: two rules may have picked one
    /// choice differently, so the concrete evaluator has the last word.
    pub fn choices_permit(causes: &'a [Cause]) -> Reading<'a> {
        Reading { causes, choices: Belief::Permits, given: BTreeMap::new() }
    }

    /// The same reading with one cause believed otherwise.
    #[must_use]
    pub fn with(mut self, cause: CauseId, belief: Belief) -> Reading<'a> {
        self.given.insert(cause, belief);
        self
    }

    fn of(&self, cause: CauseId) -> Belief {
        if let Some(belief) = self.given.get(&cause) {
            return *belief;
        }
        match self.causes.get(cause.0 as usize).map(|c| c.kind) {
            Some(CauseKind::Condition) => self.choices,
            Some(CauseKind::Unknown) | None => Belief::Undecided,
        }
    }

    /// The truth of an uncertain condition; `favoured` is the truth that lets packets pass, if either does.
    fn truth(&self, cause: CauseId, favoured: Option<bool>) -> Option<bool> {
        match self.of(cause) {
            Belief::Undecided => None,
            Belief::Is(value) => Some(value),
            Belief::Permits => favoured,
            Belief::Denies => favoured.map(|f| !f),
        }
    }
}

/// Why a rule set has no function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Too large; whoever asks must assume anything.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// A chain that can reach itself; the device is not understood.
    #[error("chain {} can jump to itself", .0.0)]
    Cycle(ChainId),
}

/// A compiled rule set, valid in the engine that made it and inside its region; outside it has no outcome.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What the rule set does with a packet that arrives, with the meaning of the set's kind worked in: filters
    /// have only permit and deny; translations and marks have their action or fall (leave the packet alone);
    /// routes have a route or fall (no route).
    pub whole: OutcomeFn,
    pub(in crate::analysis) entry: ChainId,
    pub(in crate::analysis) chains: BTreeMap<ChainId, ChainFn>,
    /// Callers before callees.
    pub(in crate::analysis) order: Vec<ChainId>,
}

/// One compiled chain with its tree.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct ChainFn {
    /// The rules that can match in the region, by place in the chain.
    pub(in crate::analysis) rules: Vec<(RuleId, Then)>,
    pub(in crate::analysis) segments: Vec<Segment>,
    /// The last segment is the whole list; `None` for an empty one.
    pub(in crate::analysis) root: Option<usize>,
    pub(in crate::analysis) end: Then,
    /// As a jump sees it: returning is falling through.
    jumped: NodeId,
    /// As a goto sees it: falling off the end is returning.
    gone: NodeId,
}

/// The function of a run of rules.
#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) struct Segment {
    pub(in crate::analysis) function: NodeId,
    pub(in crate::analysis) kind: SegmentKind,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) enum SegmentKind {
    /// One rule, by index in [`ChainFn::rules`].
    Rule(usize),
    /// Two earlier segments in sequence.
    Halves(usize, usize),
}

/// Compiles a rule set for the packets of a region.
///
/// # Errors
/// [`CompileError`].
pub fn compile(
    engine: &mut Engine,
    rule_set: &RuleSet,
    region: &Region,
    reading: &Reading<'_>,
) -> Result<Compiled, CompileError> {
    let sliced = sliced_chains(rule_set, region);
    compile_sliced(engine, rule_set, (&sliced, region), reading)
}

fn compile_sliced(
    engine: &mut Engine,
    rule_set: &RuleSet,
    (sliced, region): (&SlicedChains<'_>, &Region),
    reading: &Reading<'_>,
) -> Result<Compiled, CompileError> {
    let order = callees_first(rule_set.entry, sliced)?;
    let mut compiler = Compiler { engine, reading, chains: BTreeMap::new() };
    for id in &order {
        if let Some((chain, rules)) = sliced.get(id) {
            let done = compiler.chain(chain, rules)?;
            compiler.chains.insert(*id, done);
        }
    }
    let whole = compiler.entry(rule_set, region)?;
    let chains = compiler.chains;
    Ok(Compiled { whole, entry: rule_set.entry, chains, order: order.into_iter().rev().collect() })
}

/// Any outcome that a filter can have.
const ANYTHING: NodeId = NodeId::control(PERMIT | DENY | RETURN | FALL);

type SlicedChains<'a> = BTreeMap<ChainId, (&'a Chain, Vec<Sliced<'a>>)>;

/// The chains that the entry can reach, sliced.
fn sliced_chains<'a>(rule_set: &'a RuleSet, region: &Region) -> SlicedChains<'a> {
    let mut out = BTreeMap::new();
    let mut open = vec![rule_set.entry];
    while let Some(id) = open.pop() {
        let Some(chain) = rule_set.chains.get(id.index()) else { continue };
        if out.contains_key(&id) {
            continue;
        }
        let rules = slice(chain, region);
        open.extend(rules.iter().filter_map(|r| target(r.rule.then)));
        open.extend(target(chain.end.value));
        out.insert(id, (chain, rules));
    }
    out
}

/// Depth first from the entry without recursion.
fn callees_first(entry: ChainId, chains: &SlicedChains<'_>) -> Result<Vec<ChainId>, CompileError> {
    let callees = |id: &ChainId| -> BTreeSet<ChainId> {
        let Some((chain, rules)) = chains.get(id) else { return BTreeSet::new() };
        let ends = target(chain.end.value);
        rules.iter().filter_map(|r| target(r.rule.then)).chain(ends).collect()
    };
    let mut order = Vec::new();
    let mut active = BTreeSet::from([entry]);
    let mut done = BTreeSet::new();
    let mut stack = vec![(entry, callees(&entry))];
    while let Some((id, rest)) = stack.last_mut() {
        let id = *id;
        match rest.pop_first() {
            None => {
                stack.pop();
                active.remove(&id);
                done.insert(id);
                order.push(id);
            }
            Some(next) if active.contains(&next) => return Err(CompileError::Cycle(next)),
            Some(next) if done.contains(&next) => {}
            Some(next) => {
                active.insert(next);
                stack.push((next, callees(&next)));
            }
        }
    }
    Ok(order)
}

pub(in crate::analysis) fn target(then: Then) -> Option<ChainId> {
    match then {
        Then::Jump(id) | Then::Goto(id) => Some(id),
        _ => None,
    }
}

struct Compiler<'e, 'r> {
    engine: &'e mut Engine,
    reading: &'e Reading<'r>,
    chains: BTreeMap<ChainId, ChainFn>,
}

type Built<T> = Result<T, BudgetExceeded>;

impl Compiler<'_, '_> {
    fn chain(&mut self, chain: &Chain, rules: &[Sliced<'_>]) -> Built<ChainFn> {
        let mut leaves = Vec::with_capacity(rules.len());
        for rule in rules {
            leaves.push(self.rule(&rule.when, rule.rule.then)?);
        }
        let mut segments = Vec::with_capacity(leaves.len() * 2);
        let root = self.sequence(&leaves, 0, &mut segments)?;
        let rules = rules.iter().map(|r| (r.rule.id, r.rule.then)).collect();
        self.ended(chain, rules, segments, root)
    }

    /// A chain from the functions of its rules.
    fn ended(
        &mut self,
        chain: &Chain,
        rules: Vec<(RuleId, Then)>,
        segments: Vec<Segment>,
        root: Option<usize>,
    ) -> Built<ChainFn> {
        let body = root.and_then(|at| segments.get(at)).map_or(NodeId::FALL, |s| s.function);
        let end = self.rule(&Expr::Any, chain.end.value)?;
        let whole = self.engine.diagram.apply(Op::Seq, body, end)?;
        let jumped = self.engine.diagram.map(whole, &|id| id.renamed(RETURN, FALL))?;
        let gone = self.engine.diagram.map(whole, &|id| id.renamed(FALL, RETURN))?;
        Ok(ChainFn { rules, segments, root, end: chain.end.value, jumped, gone })
    }

    /// Sequences a run of rules in balanced halves (recursion is as deep as the length's logarithm).
    fn sequence(
        &mut self,
        leaves: &[NodeId],
        first: usize,
        segments: &mut Vec<Segment>,
    ) -> Built<Option<usize>> {
        let segment = match leaves {
            [] => return Ok(None),
            [only] => Segment { function: *only, kind: SegmentKind::Rule(first) },
            _ => {
                let (front, back) = leaves.split_at(leaves.len() / 2);
                let left = self.sequence(front, first, segments)?;
                let right = self.sequence(back, first + front.len(), segments)?;
                let (Some(l), Some(r)) = (left, right) else { return Ok(left.or(right)) };
                let function = |at: usize| segments.get(at).map_or(NodeId::FALL, |s| s.function);
                let function = self.engine.diagram.apply(Op::Seq, function(l), function(r))?;
                Segment { function, kind: SegmentKind::Halves(l, r) }
            }
        };
        segments.push(segment);
        Ok(Some(segments.len() - 1))
    }

    /// The entry chain, where a return is its end, with the meaning of the kind.
    fn entry(&mut self, rule_set: &RuleSet, region: &Region) -> Built<OutcomeFn> {
        let Some(entry) = self.chains.get(&rule_set.entry) else {
            // No such chain: nobody knows what an undefined list does (SEMANTICS 2).
            return Ok(OutcomeFn(ANYTHING));
        };
        let body = entry.body();
        let end = entry.end;
        let d = &mut self.engine.diagram;
        let body = d.map(body, &|id| id.renamed(RETURN, FALL))?;
        let end = self.rule(&Expr::Any, end)?;
        let d = &mut self.engine.diagram;
        let whole = d.apply(Op::Seq, body, end)?;
        let meant = d.map(whole, &|id| match rule_set.kind {
            RuleSetKind::Filter => id.renamed(RETURN, FALL).renamed(FALL, PERMIT),
            RuleSetKind::Translate | RuleSetKind::Mark => id.renamed(RETURN, FALL).renamed(PERMIT, FALL),
            RuleSetKind::Route => id.renamed(RETURN, FALL),
        })?;
        if region.is_everything() {
            return Ok(OutcomeFn(meant));
        }
        let arriving = self.engine.arriving(region)?;
        self.engine.within(OutcomeFn(meant), arriving)
    }

    /// The function of one rule.
    fn rule(&mut self, when: &Expr, then: Then) -> Built<NodeId> {
        let favoured = match then {
            Then::Permit => Some(true),
            Then::Deny(_) => Some(false),
            _ => None,
        };
        let outcome = self.outcome(then)?;
        let mut parts = Conjunction::default();
        self.gather(when, favoured, &mut parts, 0);
        if parts.rest.is_empty() && outcome.is_terminal() {
            let d = &mut self.engine.diagram;
            let guard = if parts.certain { NodeId::TRUE } else { NodeId::MAYBE };
            let inside = d.apply(Op::Guard, guard, outcome)?;
            return d.cube(&parts.cube, inside, NodeId::FALL);
        }
        let guard = self.conjunction(parts, favoured, 0)?;
        self.engine.diagram.apply(Op::Guard, guard, outcome)
    }

    /// What happens where the rule matches.
    fn outcome(&mut self, then: Then) -> Built<NodeId> {
        Ok(match then {
            Then::Jump(id) => self.chains.get(&id).map_or(ANYTHING, |c| c.jumped),
            Then::Goto(id) => self.chains.get(&id).map_or(ANYTHING, |c| c.gone),
            Then::Unknown(cause) => match self.reading.of(cause) {
                Belief::Undecided | Belief::Is(true) => ANYTHING,
                Belief::Is(false) => NodeId::FALL,
                Belief::Permits => self.engine.terminal(Then::Permit)?,
                Belief::Denies => self.engine.terminal(Then::Deny(DenyKind::Drop))?,
            },
            other => self.engine.terminal(other)?,
        })
    }

    /// Splits a conjunction into a cube and the parts that are none.
    fn gather<'x>(&self, when: &'x Expr, favoured: Option<bool>, into: &mut Conjunction<'x>, depth: usize) {
        match when {
            Expr::Any => {}
            Expr::None => into.cube.set(Field::Family, Ranges::empty()),
            Expr::In(field, values) => into.cube.narrow(*field, values),
            Expr::All(parts) if depth < DEPTH => {
                parts.iter().for_each(|p| self.gather(p, favoured, into, depth + 1));
            }
            Expr::Unknown { cause, bound } if depth < DEPTH => match self.reading.truth(*cause, favoured) {
                Some(false) => into.cube.set(Field::Family, Ranges::empty()),
                Some(true) => self.gather(bound, favoured, into, depth + 1),
                None => {
                    into.certain = false;
                    self.gather(bound, favoured, into, depth + 1);
                }
            },
            Expr::All(_) | Expr::Unknown { .. } | Expr::Or(_) | Expr::Not(_) => into.rest.push(when),
        }
    }

    /// The three-valued match of a conjunction.
    fn conjunction(&mut self, parts: Conjunction<'_>, favoured: Option<bool>, depth: usize) -> Built<NodeId> {
        let mut all = vec![self.engine.diagram.cube_set(&parts.cube)?];
        if !parts.certain {
            all.push(NodeId::MAYBE);
        }
        for part in parts.rest {
            all.push(self.matches(part, favoured, depth + 1)?);
        }
        self.engine.fold(Op::And, all, NodeId::TRUE)
    }

    /// The three-valued match of a condition.
    fn matches(&mut self, when: &Expr, favoured: Option<bool>, depth: usize) -> Built<NodeId> {
        if depth > DEPTH {
            return Ok(NodeId::MAYBE);
        }
        match when {
            Expr::Or(parts) => {
                let mut any = Vec::with_capacity(parts.len());
                for part in parts {
                    any.push(self.matches(part, favoured, depth + 1)?);
                }
                self.engine.fold(Op::Or, any, NodeId::FALSE)
            }
            Expr::Not(inner) => {
                let inner = self.matches(inner, favoured.map(|f| !f), depth + 1)?;
                self.engine.diagram.map(inner, &|id| match id {
                    NodeId::FALSE => NodeId::TRUE,
                    NodeId::TRUE => NodeId::FALSE,
                    other => other,
                })
            }
            _ => {
                let mut parts = Conjunction::default();
                self.gather(when, favoured, &mut parts, 0);
                self.conjunction(parts, favoured, depth)
            }
        }
    }
}

/// A conjunction taken apart.
struct Conjunction<'x> {
    cube: Cube,
    /// No part is more than a may.
    certain: bool,
    rest: Vec<&'x Expr>,
}

impl Default for Conjunction<'_> {
    fn default() -> Self {
        Conjunction { cube: Cube::any(), certain: true, rest: Vec::new() }
    }
}

impl ChainFn {
    /// The rules without the end.
    pub(in crate::analysis) fn body(&self) -> NodeId {
        self.root.and_then(|at| self.segments.get(at)).map_or(NodeId::FALL, |s| s.function)
    }
}
