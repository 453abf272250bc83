//! Long lists: only their function is wanted, so what it was made from is dropped on the way.
//!
//! The function of a hundred thousand rules is small beside all the halves that it was sequenced from. They are made in
//! an arena of their own, which is cleared of what is dead whenever it has grown to a multiple of what is alive.
use super::{
    ChainFn, CompileError, Compiler, Reading, Segment, SegmentKind, SlicedChains, callees_first,
    compile_sliced, sliced_chains,
};
use crate::analysis::diagram::{BudgetExceeded, NodeId, Op};
use crate::analysis::outcome::OutcomeFn;
use crate::analysis::set::{Engine, PacketSet};
use crate::analysis::slice::{Region, Sliced};
use crate::analysis::transition::Bound;
use crate::model::{Chain, RuleSet, Then};

/// Rule sets with fewer rules are compiled where they are wanted.
const LONG: usize = 1_000;
/// Edges that the arena may hold before it is first cleared.
const FIRST: usize = 1 << 18;
/// How many times what is alive it may hold later.
const DEAD: usize = 3;

/// The function of a rule set for the packets of a region: [`compile`](super::compile) without the tree.
///
/// # Errors
/// [`CompileError`].
pub fn function(
    engine: &mut Engine,
    rule_set: &RuleSet,
    region: &Region,
    reading: &Reading<'_>,
) -> Result<OutcomeFn, CompileError> {
    let sliced = sliced_chains(rule_set, region);
    if rules(&sliced) < LONG {
        return Ok(compile_sliced(engine, rule_set, (&sliced, region), reading)?.whole);
    }
    let mut workshop = Engine::new(engine.room());
    let whole = Long::made(&mut workshop, rule_set, (&sliced, region), reading)?;
    Ok(engine.adopt(&workshop, whole)?)
}

/// The packets that a rule set may, or under the lower bound must, permit: [`function`] where nothing else is asked.
///
/// # Errors
/// [`CompileError`].
pub fn permitted(
    engine: &mut Engine,
    rule_set: &RuleSet,
    region: &Region,
    (reading, bound): (&Reading<'_>, Bound),
) -> Result<PacketSet, CompileError> {
    let select = |e: &mut Engine, whole| match bound {
        Bound::Upper => e.may(whole, Then::Permit),
        Bound::Lower => e.must(whole, Then::Permit),
    };
    let sliced = sliced_chains(rule_set, region);
    if rules(&sliced) < LONG {
        let whole = compile_sliced(engine, rule_set, (&sliced, region), reading)?.whole;
        return Ok(select(engine, whole)?);
    }
    let mut workshop = Engine::new(engine.room());
    let whole = Long::made(&mut workshop, rule_set, (&sliced, region), reading)?;
    let permitted = select(&mut workshop, whole)?;
    Ok(PacketSet(engine.adopt(&workshop, OutcomeFn(permitted.0))?.0))
}

fn rules(chains: &SlicedChains<'_>) -> usize {
    chains.values().map(|(_, rules)| rules.len()).sum()
}

struct Long<'e, 'r> {
    compiler: Compiler<'e, 'r>,
    /// Edges in use at which the arena is cleared.
    full: usize,
}

impl<'e, 'r> Long<'e, 'r> {
    fn made(
        workshop: &'e mut Engine,
        rule_set: &RuleSet,
        (sliced, region): (&SlicedChains<'_>, &Region),
        reading: &'e Reading<'r>,
    ) -> Result<OutcomeFn, CompileError> {
        let order = callees_first(rule_set.entry, sliced)?;
        let compiler = Compiler { engine: workshop, reading, chains: Default::default() };
        let mut long = Long { compiler, full: FIRST };
        for id in order {
            if let Some((chain, rules)) = sliced.get(&id) {
                let done = long.chain(chain, rules)?;
                long.compiler.chains.insert(id, done);
            }
        }
        Ok(long.compiler.entry(rule_set, region)?)
    }

    fn chain(&mut self, chain: &Chain, rules: &[Sliced<'_>]) -> Result<ChainFn, BudgetExceeded> {
        // Runs in sequence, each with its length: the lengths are powers of two and fall.
        let mut runs: Vec<(usize, NodeId)> = Vec::new();
        for rule in rules {
            let mut run = (1, self.compiler.rule(&rule.when, rule.rule.then)?);
            while let Some(before) = runs.pop_if(|before| before.0 == run.0) {
                run = (run.0 * 2, self.compiler.engine.diagram.apply(Op::Seq, before.1, run.1)?);
            }
            runs.push(run);
            self.clear(&mut runs)?;
        }
        let mut body = NodeId::FALL;
        for (_, run) in runs.into_iter().rev() {
            body = self.compiler.engine.diagram.apply(Op::Seq, run, body)?;
        }
        let segments = vec![Segment { function: body, kind: SegmentKind::Rule(0) }];
        self.compiler.ended(chain, Vec::new(), segments, Some(0))
    }

    /// Drops what is dead if there is much of it.
    fn clear(&mut self, runs: &mut [(usize, NodeId)]) -> Result<(), BudgetExceeded> {
        if self.compiler.engine.edges() < self.full {
            return Ok(());
        }
        let mut alive: Vec<&mut NodeId> = runs.iter_mut().map(|run| &mut run.1).collect();
        for chain in self.compiler.chains.values_mut() {
            alive.extend([&mut chain.jumped, &mut chain.gone]);
            alive.extend(chain.segments.iter_mut().map(|s| &mut s.function));
        }
        let mut ids: Vec<NodeId> = alive.iter().map(|id| **id).collect();
        self.compiler.engine.retain(&mut ids)?;
        for (at, id) in alive.into_iter().zip(ids) {
            *at = id;
        }
        self.full = FIRST.max(self.compiler.engine.edges() * DEAD);
        Ok(())
    }
}
