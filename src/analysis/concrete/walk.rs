//! A rule list on one packet: every outcome it can have.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::eval::{Case, Truth, cases, eval};
use super::thread::{About, Choice, Phase, Pick, Step, Thread};
use crate::model::{
    Chain, ChainId, DenyKind, Device, NatId, RouteId, RuleId, RuleSet, RuleSetId, RuleSetKind, Then,
};
use crate::source::Span;

/// What a rule list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ruling {
    Permit,
    Deny(DenyKind),
    Nat(NatId),
    Route(RouteId),
    Mark(u32),
    /// Nothing matched.
    Fall,
}

/// The outcomes of a rule list, each with the ways that lead to it.
pub(super) struct Rulings {
    pub found: BTreeMap<Ruling, Vec<Thread>>,
    /// Ways were dropped: too many, or the list names something that is not there or contains itself.
    pub truncated: bool,
}

/// A chain being walked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Frame {
    /// Chains left by goto, which end when this one does. Counted first: a goto leads ahead.
    left: Vec<ChainId>,
    /// The next rule; the number of rules for the end of the chain, one more after it.
    next: usize,
    chain: ChainId,
}

/// A point in the list: the frames from the entry to the current chain, and whether the entry chain's end has
/// been carried out. The order is that of the walk: an inner chain comes before what follows its call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    ended: bool,
    frames: Vec<Frame>,
}

impl Ord for Point {
    fn cmp(&self, other: &Point) -> std::cmp::Ordering {
        let frames = self.frames.iter().zip(&other.frames);
        let apart = frames.map(|(a, b)| a.cmp(b)).find(|o| o.is_ne());
        let deeper_first = other.frames.len().cmp(&self.frames.len());
        self.ended.cmp(&other.ended).then(apart.unwrap_or(deeper_first))
    }
}

impl PartialOrd for Point {
    fn partial_cmp(&self, other: &Point) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

struct Walk<'a> {
    device: &'a Device,
    id: RuleSetId,
    set: &'a RuleSet,
    phase: Phase,
    open: BTreeMap<Point, Vec<Thread>>,
    out: Rulings,
}

/// Every ruling of the rule set on the packet of `thread`. At most `limit` ways are followed at a time.
pub(super) fn walk(device: &Device, id: RuleSetId, phase: Phase, thread: Thread, limit: usize) -> Rulings {
    let out = Rulings { found: BTreeMap::new(), truncated: false };
    let Some(set) = device.rule_set(id) else { return Rulings { truncated: true, ..out } };
    let mut walk = Walk { device, id, set, phase, open: BTreeMap::new(), out };
    walk.follow(Point { ended: false, frames: vec![Frame::start(set.entry)] }, thread);
    while let Some((point, threads)) = walk.open.pop_first() {
        for thread in threads {
            walk.run(point.clone(), thread);
        }
        let open: usize = walk.open.values().chain(walk.out.found.values()).map(Vec::len).sum();
        if open > limit {
            walk.out.truncated = true;
            break;
        }
    }
    walk.out
}

impl Frame {
    fn start(chain: ChainId) -> Frame {
        Frame { left: Vec::new(), next: 0, chain }
    }
}

impl Walk<'_> {
    /// Queues a way; ways that meet become one.
    fn follow(&mut self, point: Point, thread: Thread) {
        thread.join(self.open.entry(point).or_default());
    }

    fn finish(&mut self, ruling: Ruling, thread: Thread) {
        thread.join(self.out.found.entry(ruling).or_default());
    }

    /// Walks one way to the next point where it splits, changes chains or ends.
    fn run(&mut self, mut point: Point, thread: Thread) {
        let Some(frame) = point.frames.last_mut() else { return };
        let Some(chain) = self.set.chains.get(frame.chain.index()) else {
            self.out.truncated = true;
            return;
        };
        let chosen = thread.chosen();
        while let Some(rule) = chain.rules.get(frame.next) {
            frame.next += 1;
            if rule.then == Then::Fall || eval(&rule.when, &thread.packet, &chosen) == Truth::False {
                continue;
            }
            let turns = cases(&rule.when, &thread.packet, &self.device.causes, &chosen);
            let chain = frame.chain;
            for turn in turns {
                let about = About::Match(self.id, chain, rule.id);
                let (held, certain) = (turn.held, turn.unknown.is_empty());
                let thread = turn.apply(about, thread.clone());
                if held {
                    let place =
                        Place { chain, rule: Some(rule.id), label: &rule.label, span: rule.span, certain };
                    self.act(&point, thread, rule.then, place);
                } else {
                    self.follow(point.clone(), thread);
                }
            }
            return;
        }
        self.end(point, chain, thread);
    }

    /// The end of the current chain.
    fn end(&mut self, mut point: Point, chain: &Chain, thread: Thread) {
        let outermost = point.frames.len() == 1;
        let Some(frame) = point.frames.last_mut() else { return };
        let after = frame.next > chain.rules.len();
        frame.next = chain.rules.len() + 1;
        if after {
            return self.leave(point, thread);
        }
        if outermost && frame.chain == self.set.entry && frame.left.is_empty() {
            point.ended = true;
        }
        let id = frame.chain;
        let place =
            Place { chain: id, rule: None, label: &chain.name.value, span: chain.end.span, certain: true };
        self.act(&point, thread, chain.end.value, place);
    }

    /// Carries out an action; `point` is what follows if it does nothing.
    fn act(&mut self, point: &Point, mut thread: Thread, then: Then, place: Place<'_>) {
        if then != Then::Fall && !(place.rule.is_none() && then == Then::Return) {
            let step = place.step(self.phase, (self.id, self.set.kind), then);
            if let Then::Unknown(cause) = then {
                return self.act_unknown(point, thread, cause, step);
            }
            thread.steps.push(Rc::new(step));
        }
        match then {
            Then::Permit => self.finish(Ruling::Permit, thread),
            Then::Deny(kind) => self.finish(Ruling::Deny(kind), thread),
            Then::Nat(id) => self.finish(Ruling::Nat(id), thread),
            Then::Route(id) => self.finish(Ruling::Route(id), thread),
            Then::Mark(mark) => self.finish(Ruling::Mark(mark), thread),
            Then::Return => self.leave(point.clone(), thread),
            Then::Fall | Then::Unknown(_) => self.follow(point.clone(), thread),
            Then::Jump(to) => self.enter(point.clone(), thread, to, false),
            Then::Goto(to) => self.enter(point.clone(), thread, to, true),
        }
    }

    fn act_unknown(&mut self, point: &Point, thread: Thread, cause: crate::model::CauseId, step: Step) {
        for taken in [Then::Permit, Then::Deny(DenyKind::Drop), Then::Return, Then::Fall] {
            let about = About::Action(self.id, step.chain, step.rule, taken);
            let mut thread = thread.clone().doubting(about, true, BTreeSet::from([cause]));
            if taken != Then::Fall {
                thread.steps.push(Rc::new(Step { then: taken, certain: false, ..step.clone() }));
            }
            match taken {
                Then::Permit => self.finish(Ruling::Permit, thread),
                Then::Deny(kind) => self.finish(Ruling::Deny(kind), thread),
                Then::Return => self.leave(point.clone(), thread),
                _ => self.follow(point.clone(), thread),
            }
        }
    }

    /// Leaves the current chain: back to the caller, or to the end of the entry chain.
    fn leave(&mut self, mut point: Point, thread: Thread) {
        point.frames.pop();
        if !point.frames.is_empty() {
            return self.follow(point, thread);
        }
        let entry = self.set.entry;
        let Some(chain) = self.set.chains.get(entry.index()).filter(|_| !point.ended) else {
            return self.finish(Ruling::Fall, thread);
        };
        point.frames.push(Frame { next: chain.rules.len(), ..Frame::start(entry) });
        self.follow(point, thread);
    }

    fn enter(&mut self, mut point: Point, thread: Thread, to: ChainId, goto: bool) {
        if point.frames.iter().any(|f| f.chain == to || f.left.contains(&to)) {
            self.out.truncated = true;
            return;
        }
        match point.frames.last_mut().filter(|_| goto) {
            Some(frame) => {
                frame.left.push(frame.chain);
                (frame.chain, frame.next) = (to, 0);
            }
            None => point.frames.push(Frame::start(to)),
        }
        self.follow(point, thread);
    }
}

impl Case {
    /// The way on which the condition turned out like this.
    pub(super) fn apply(self, about: About, mut thread: Thread) -> Thread {
        let made = self.chosen.into_iter().map(|(cause, value)| (Choice::Cause(cause), Pick::Holds(value)));
        thread.choices.extend(made);
        if self.unknown.is_empty() { thread } else { thread.doubting(about, self.held, self.unknown) }
    }
}

/// Where an action stands.
struct Place<'a> {
    chain: ChainId,
    rule: Option<RuleId>,
    label: &'a str,
    span: Span,
    certain: bool,
}

impl Place<'_> {
    fn step(&self, phase: Phase, (set, kind): (RuleSetId, RuleSetKind), then: Then) -> Step {
        Step {
            phase,
            set,
            kind,
            chain: self.chain,
            rule: self.rule,
            label: self.label.to_owned(),
            span: self.span,
            then,
            certain: self.certain,
        }
    }
}
