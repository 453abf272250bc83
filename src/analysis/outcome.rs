//! Outcome functions: at every packet, the set of outcomes a rule list may have there.
//!
//! An outcome is *may* where the set contains it, *must* where the set is exactly it. Both bounds of SEMANTICS
//! 6 come from the one function.
use std::collections::BTreeMap;

use indexmap::IndexSet;
use rustc_hash::{FxHashMap, FxHashSet};

use super::diagram::{BudgetExceeded, DENY, Diagram, FALL, NodeId, PERMIT, Point, RETURN};
use super::set::{Engine, PacketSet};
use super::transition::Bound;
use crate::model::{DenyKind, Then};

/// A function from packets to sets of possible outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomeFn(pub(super) NodeId);

/// Every outcome that needs only a control bit, with its bit.
const CONTROLS: [(Then, u32); 4] =
    [(Then::Permit, PERMIT), (Then::Deny(DenyKind::Drop), DENY), (Then::Return, RETURN), (Then::Fall, FALL)];

impl Engine {
    /// The terminal of one outcome. Jumps have none of their own; an unknown action is all it may be.
    pub(super) fn terminal(&mut self, then: Then) -> Result<NodeId, BudgetExceeded> {
        Ok(match then {
            Then::Permit => NodeId::control(PERMIT),
            Then::Deny(_) => NodeId::control(DENY),
            Then::Return => NodeId::control(RETURN),
            Then::Fall | Then::Jump(_) | Then::Goto(_) => NodeId::FALL,
            Then::Unknown(_) => NodeId::control(PERMIT | DENY | RETURN | FALL),
            Then::Nat(_) | Then::Route(_) | Then::Mark(_) => {
                let (index, _) = self.actions.insert_full(then);
                self.diagram.action(index as u32)?
            }
        })
    }

    /// A function of another engine.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub(super) fn adopt(&mut self, other: &Engine, f: OutcomeFn) -> Result<OutcomeFn, BudgetExceeded> {
        let mut terminals = FxHashMap::default();
        for id in other.diagram.terminals(f.0) {
            let mut same = NodeId::control(id.control_bits().unwrap_or(0));
            for action in other.diagram.actions(id) {
                let Some(then) = other.actions.get_index(*action as usize) else { continue };
                let action = self.terminal(*then)?;
                same = self.diagram.union(same, action)?;
            }
            terminals.insert(id, same);
        }
        let same = |id: NodeId| terminals.get(&id).copied().unwrap_or(id);
        let roots = self.diagram.copied(&other.diagram, &[f.0], &same)?;
        Ok(roots.first().map_or(f, |root| OutcomeFn(*root)))
    }

    fn outcomes_of(&self, id: NodeId) -> Vec<Then> {
        outcomes_of(&self.diagram, &self.actions, id)
    }

    /// The outcomes that occur anywhere, each with the packets that may have it. Denials of all kinds are one.
    pub fn possible(&self, f: OutcomeFn) -> Vec<Then> {
        let mut seen = FxHashSet::default();
        let mut list: Vec<Then> =
            self.diagram.terminals(f.0).into_iter().flat_map(|id| self.outcomes_of(id)).collect();
        list.retain(|then| seen.insert(*then));
        list.sort_unstable();
        list
    }

    /// The possible outcomes of one packet.
    pub fn outcomes_at(&self, f: OutcomeFn, point: &Point) -> Vec<Then> {
        self.outcomes_of(self.diagram.eval(f.0, point))
    }

    fn select(&mut self, f: NodeId, test: impl Fn(&[Then]) -> bool) -> Result<PacketSet, BudgetExceeded> {
        let terminals = self.diagram.terminals(f);
        let wanted: FxHashSet<NodeId> =
            terminals.into_iter().filter(|id| test(&self.outcomes_of(*id))).collect();
        self.diagram.select(f, &|id| wanted.contains(&id)).map(PacketSet)
    }

    /// The packets that may have an outcome.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn may(&mut self, f: OutcomeFn, then: Then) -> Result<PacketSet, BudgetExceeded> {
        let then = plain(then);
        self.select(f.0, |outcomes| outcomes.contains(&then))
    }

    /// The packets that can have no other outcome.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn must(&mut self, f: OutcomeFn, then: Then) -> Result<PacketSet, BudgetExceeded> {
        let then = plain(then);
        self.select(f.0, |outcomes| outcomes == [then])
    }

    /// Every outcome that is possible somewhere, with the packets that may have it, or that can have no other: what
    /// [`Engine::may`] or [`Engine::must`] say of each, in one go. Denials of all kinds are one.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn split(&mut self, f: OutcomeFn, bound: Bound) -> Result<BTreeMap<Then, PacketSet>, BudgetExceeded> {
        let actions = &self.actions;
        let labels = |d: &Diagram, id: NodeId| {
            let outcomes = outcomes_of(d, actions, id);
            let other = bound == Bound::Lower && outcomes.len() > 1;
            if other { Vec::new() } else { outcomes }
        };
        let parts = self.diagram.split(f.0, &labels)?;
        Ok(parts.into_iter().map(|(then, part)| (then, PacketSet(part))).collect())
    }

    /// The packets whose outcome is not certain.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn uncertain(&mut self, f: OutcomeFn) -> Result<PacketSet, BudgetExceeded> {
        self.select(f.0, |outcomes| outcomes.len() > 1)
    }

    /// The function inside a set of packets; no outcome at all outside.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn within(&mut self, f: OutcomeFn, set: PacketSet) -> Result<OutcomeFn, BudgetExceeded> {
        self.diagram.and(set.0, f.0).map(OutcomeFn)
    }

    /// The packets for which a control bit is possible; for functions inside the compiler.
    pub(super) fn may_bit(&mut self, f: NodeId, bit: u32) -> Result<PacketSet, BudgetExceeded> {
        self.diagram.select(f, &|id| id.control_bits().is_some_and(|b| b & bit != 0)).map(PacketSet)
    }
}

fn outcomes_of(diagram: &Diagram, known: &IndexSet<Then>, id: NodeId) -> Vec<Then> {
    let bits = id.control_bits().unwrap_or(0);
    let control = CONTROLS.iter().filter(|c| bits & c.1 != 0).map(|c| c.0);
    let actions = diagram.actions(id).iter();
    control.chain(actions.filter_map(|a| known.get_index(*a as usize).copied())).collect()
}

fn plain(then: Then) -> Then {
    match then {
        Then::Deny(_) => Then::Deny(DenyKind::Drop),
        other => other,
    }
}
