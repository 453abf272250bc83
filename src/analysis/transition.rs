//! What happens to a set of packets on its way: constrained, or rewritten.

use std::borrow::Borrow;

use super::diagram::{BudgetExceeded, Changes};
use super::set::{Engine, PacketSet, Rewriting};

/// Which approximation of the network a set is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// Everything that may happen, with every unknown thing active at once.
    Upper,
    /// Only what happens however the unknown things turn out, under choices that suit the sender. Candidates:
    /// the concrete evaluator has the last word on each.
    Lower,
}

/// How a packet is changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// Not at all.
    Keep,
    /// Scratch fields are set.
    Fields(Box<Changes>),
    /// By a translation.
    Nat(Rewriting),
}

/// One step of a packet set's way.
#[derive(Debug, Clone)]
pub enum Transition {
    /// Only these packets go on.
    Constrain(PacketSet),
    /// Each packet goes on in every form that a guard containing it gives; outside all guards it is lost.
    Rewrite(Vec<(PacketSet, Change)>),
    /// Every packet's scratch fields are set.
    Set(Box<Changes>),
}

impl Transition {
    /// Every set that the step is made of.
    pub(super) fn sets_mut(&mut self) -> Vec<&mut PacketSet> {
        match self {
            Transition::Constrain(guard) => vec![guard],
            Transition::Set(_) => Vec::new(),
            Transition::Rewrite(rewritings) => {
                let mut out = Vec::new();
                for (guard, change) in rewritings {
                    out.push(guard);
                    if let Change::Nat(nat) = change {
                        out.extend(nat.sets_mut());
                    }
                }
                out
            }
        }
    }

    /// The packets after the step, of those in `set` before it.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn image(&self, e: &mut Engine, set: PacketSet) -> Result<PacketSet, BudgetExceeded> {
        match self {
            Transition::Constrain(guard) => e.and(set, *guard),
            Transition::Set(changes) => e.image(set, changes),
            Transition::Rewrite(rewritings) => {
                let mut parts = Vec::with_capacity(rewritings.len());
                for (guard, change) in rewritings {
                    let part = e.and(set, *guard)?;
                    parts.push(match change {
                        Change::Keep => part,
                        Change::Fields(changes) => e.image(part, changes)?,
                        Change::Nat(nat) => e.translate(part, nat)?,
                    });
                }
                e.or_all(parts)
            }
        }
    }

    /// The packets before the step that can become one of `set` after it.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn preimage(&self, e: &mut Engine, set: PacketSet) -> Result<PacketSet, BudgetExceeded> {
        match self {
            Transition::Constrain(guard) => e.and(set, *guard),
            Transition::Set(changes) => e.preimage(set, changes),
            Transition::Rewrite(rewritings) => {
                let mut parts = Vec::with_capacity(rewritings.len());
                for (guard, change) in rewritings {
                    let before = match change {
                        Change::Keep => set,
                        Change::Fields(changes) => e.preimage(set, changes)?,
                        Change::Nat(nat) => e.untranslate(set, nat)?,
                    };
                    parts.push(e.and(before, *guard)?);
                }
                e.or_all(parts)
            }
        }
    }
}

/// The image through a list of steps.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn image<T: Borrow<Transition>>(
    steps: &[T],
    e: &mut Engine,
    mut set: PacketSet,
) -> Result<PacketSet, BudgetExceeded> {
    for step in steps {
        if set.is_empty() {
            break;
        }
        set = step.borrow().image(e, set)?;
    }
    Ok(set)
}

/// The preimage through a list of steps.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn preimage<T: Borrow<Transition>>(
    steps: &[T],
    e: &mut Engine,
    mut set: PacketSet,
) -> Result<PacketSet, BudgetExceeded> {
    for step in steps.iter().rev() {
        if set.is_empty() {
            break;
        }
        set = step.borrow().preimage(e, set)?;
    }
    Ok(set)
}

/// Packets before some steps, by what happens to them.
#[derive(Debug, Clone, Copy)]
pub struct Apart {
    /// Those that pass as they are.
    pub kept: PacketSet,
    /// Those that a translation may change.
    pub translated: PacketSet,
}

/// The preimage through a list of steps, what passes without a translation apart from what some translation changes.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn preimage_apart<T: Borrow<Transition>>(
    steps: &[T],
    e: &mut Engine,
    mut set: Apart,
) -> Result<Apart, BudgetExceeded> {
    for step in steps.iter().rev() {
        let step = step.borrow();
        let Transition::Rewrite(rewritings) = step else {
            set.kept = step.preimage(e, set.kept)?;
            set.translated = step.preimage(e, set.translated)?;
            continue;
        };
        let (mut kept, mut translated) = (Vec::new(), Vec::new());
        for (guard, change) in rewritings {
            let after = e.or(set.kept, set.translated)?;
            let (same, other) = match change {
                Change::Keep => (set.kept, set.translated),
                Change::Fields(changes) => {
                    (e.preimage(set.kept, changes)?, e.preimage(set.translated, changes)?)
                }
                Change::Nat(nat) => (PacketSet::EMPTY, e.untranslate(after, nat)?),
            };
            kept.push(e.and(same, *guard)?);
            translated.push(e.and(other, *guard)?);
        }
        set = Apart { kept: e.or_all(kept)?, translated: e.or_all(translated)? };
    }
    Ok(set)
}
