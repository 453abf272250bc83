//! Which rules decide a set of packets: one push of the set down the retained tree of a compiled rule set.
//!
//! Callers are done before callees, and each chain once, so neither nesting nor the number of paths matters.
use std::collections::{BTreeMap, BTreeSet};

use super::compile::{ChainFn, CompileError, Compiled, Reading, SegmentKind, compile, target};
use super::diagram::{BudgetExceeded, FALL, NodeId, Op, RETURN};
use super::set::{Engine, PacketSet};
use super::slice::Region;
use crate::model::{CauseId, Chain, ChainId, Expr, RuleId, RuleSet, Then};
use crate::source::Spanned;

/// Something in a rule set that decides packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A rule.
    Rule(RuleId),
    /// The implicit rule at the end of a chain.
    End(ChainId),
}

/// A place and the packets for which it may do something, in file order of the chains' callers.
pub type Share = (Place, PacketSet);

/// Every place that may do something to a packet of the set, with the packets concerned. Places that are missing
/// do nothing to any of them: pushed with the universe, those rules are shadowed or have no effect.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn attribute(
    engine: &mut Engine,
    compiled: &Compiled,
    set: PacketSet,
) -> Result<Vec<Share>, BudgetExceeded> {
    Ok(push(engine, compiled, set)?.into_iter().map(|(place, touched, _)| (place, touched)).collect())
}

/// Every place that decides packets of the set for certain, if they come as far as there, with these packets.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn deciding(
    engine: &mut Engine,
    compiled: &Compiled,
    set: PacketSet,
) -> Result<Vec<Share>, BudgetExceeded> {
    let shares = push(engine, compiled, set)?.into_iter();
    Ok(shares.map(|(place, _, sure)| (place, sure)).filter(|(_, sure)| !sure.is_empty()).collect())
}

/// Rules of one list that are looked at together.
const BLOCK: usize = 4_096;

/// The places of [`attribute`] for the packets of a whole rule set, in an arena of their own with so many edges. A long
/// list is looked at in blocks, so that only what is left of the packets is kept from one to the next.
///
/// # Errors
/// [`CompileError`].
pub fn acting(rule_set: &RuleSet, edges: usize) -> Result<BTreeSet<Place>, CompileError> {
    let mut engine = Engine::new(edges);
    let everything = engine.universe()?;
    let reading = Reading::undecided();
    let entry = rule_set.chains.first().filter(|chain| {
        let jumps =
            chain.rules.iter().any(|rule| target(rule.then).is_some()) || target(chain.end.value).is_some();
        rule_set.chains.len() == 1 && rule_set.entry == ChainId(0) && !jumps && chain.rules.len() > BLOCK
    });
    let Some(chain) = entry else {
        let compiled = compile(&mut engine, rule_set, &Region::everything(), &reading)?;
        return Ok(attribute(&mut engine, &compiled, everything)?.into_iter().map(|share| share.0).collect());
    };
    let mut out = BTreeSet::new();
    let mut left = everything;
    for rules in chain.rules.chunks(BLOCK) {
        let end = Spanned::new(Then::Fall, chain.end.span);
        let block = Chain { name: chain.name.clone(), rules: rules.to_vec(), end };
        let (name, kind, entry) = (rule_set.name.clone(), rule_set.kind, rule_set.entry);
        let block = RuleSet { name, kind, chains: vec![block], entry };
        let compiled = compile(&mut engine, &block, &Region::everything(), &reading)?;
        let Some(done) = compiled.chains.get(&compiled.entry) else { continue };
        let mut push = Push { engine: &mut engine, arriving: BTreeMap::new(), shares: Vec::new() };
        if let Some(root) = done.root {
            left = push.segment(done, root, left)?;
        }
        out.extend(push.shares.into_iter().map(|(place, ..)| place));
        engine.retain(std::slice::from_mut(&mut left.0))?;
    }
    Ok(out)
}

/// A place, the packets for which it may do something, and those that certainly go no further.
type Shares = Vec<(Place, PacketSet, PacketSet)>;

fn push(engine: &mut Engine, compiled: &Compiled, set: PacketSet) -> Result<Shares, BudgetExceeded> {
    let mut push = Push { engine, arriving: BTreeMap::from([(compiled.entry, set)]), shares: Vec::new() };
    for id in &compiled.order {
        if let (Some(chain), Some(set)) = (compiled.chains.get(id), push.arriving.remove(id)) {
            push.chain(*id, chain, set, *id == compiled.entry)?;
        }
    }
    Ok(push.shares)
}

/// The causes that make any rule uncertain for packets of the set, each with those packets.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn causes(
    engine: &mut Engine,
    rule_set: &RuleSet,
    compiled: &Compiled,
    set: PacketSet,
) -> Result<BTreeMap<CauseId, PacketSet>, BudgetExceeded> {
    let shares = attribute(engine, compiled, set)?;
    let shares: BTreeMap<Place, PacketSet> = shares.into_iter().collect();
    let mut found: BTreeMap<CauseId, Vec<PacketSet>> = BTreeMap::new();
    for rule in rule_set.chains.iter().flat_map(|c| &c.rules) {
        let Some(share) = shares.get(&Place::Rule(rule.id)) else { continue };
        let mut names = causes_of(&rule.when);
        if let Then::Unknown(cause) = rule.then {
            names.insert(cause);
        }
        names.into_iter().for_each(|cause| found.entry(cause).or_default().push(*share));
    }
    for (index, chain) in (0u32..).zip(&rule_set.chains) {
        if let (Some(share), Then::Unknown(cause)) =
            (shares.get(&Place::End(ChainId(index))), chain.end.value)
        {
            found.entry(cause).or_default().push(*share);
        }
    }
    found.into_iter().map(|(cause, sets)| Ok((cause, engine.or_all(sets)?))).collect()
}

/// Every cause a condition names.
pub fn causes_of(when: &Expr) -> BTreeSet<CauseId> {
    let mut out = BTreeSet::new();
    let mut open = vec![when];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Any | Expr::None | Expr::In(..) => {}
            Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
            Expr::Not(inner) => open.push(inner),
            Expr::Unknown { cause, bound } => {
                out.insert(*cause);
                open.push(bound);
            }
        }
    }
    out
}

struct Push<'e> {
    engine: &'e mut Engine,
    /// Packets that may enter chains not yet done.
    arriving: BTreeMap<ChainId, PacketSet>,
    shares: Shares,
}

impl Push<'_> {
    fn chain(
        &mut self,
        id: ChainId,
        chain: &ChainFn,
        set: PacketSet,
        entry: bool,
    ) -> Result<(), BudgetExceeded> {
        let mut left = match chain.root {
            Some(root) => self.segment(chain, root, set)?,
            None => set,
        };
        if entry {
            // In the entry chain a return is the chain's end.
            let inside = self.engine.diagram.apply(Op::Guard, set.0, chain.body())?;
            let returned = self.engine.may_bit(inside, RETURN)?;
            left = self.engine.or(left, returned)?;
        }
        if left.is_empty() || (!entry && matches!(chain.end, Then::Fall | Then::Return)) {
            return Ok(());
        }
        self.shares.push((Place::End(id), left, left));
        self.enter(target(chain.end), left)
    }

    /// Pushes a set into a run of rules and gives back what may come out at its end. Recursion is as deep as the
    /// logarithm of the chain's length.
    fn segment(&mut self, chain: &ChainFn, at: usize, set: PacketSet) -> Result<PacketSet, BudgetExceeded> {
        let Some(segment) = chain.segments.get(at).copied() else { return Ok(set) };
        let inside = self.engine.diagram.apply(Op::Guard, set.0, segment.function)?;
        if inside == NodeId::FALL {
            return Ok(set);
        }
        match segment.kind {
            SegmentKind::Halves(left, right) => {
                let rest = self.segment(chain, left, set)?;
                self.segment(chain, right, rest)
            }
            SegmentKind::Rule(index) => {
                let touched = self.engine.diagram.select(inside, &|id| id != NodeId::FALL)?;
                let open = self.engine.may_bit(inside, FALL)?;
                let on = self.engine.and(set, open)?;
                if let Some((rule, then)) = chain.rules.get(index) {
                    let sure = self.engine.minus(PacketSet(touched), on)?;
                    self.shares.push((Place::Rule(*rule), PacketSet(touched), sure));
                    self.enter(target(*then), PacketSet(touched))?;
                }
                Ok(on)
            }
        }
    }

    fn enter(&mut self, chain: Option<ChainId>, set: PacketSet) -> Result<(), BudgetExceeded> {
        if let Some(id) = chain {
            let before = self.arriving.get(&id).copied().unwrap_or(PacketSet::EMPTY);
            let both = self.engine.or(before, set)?;
            self.arriving.insert(id, both);
        }
        Ok(())
    }
}
