//! Which zone can open sessions to which: every ordered pair of zones, as the devices have it. No rule is applied;
//! what ought to be is the other checks' question.

use std::collections::BTreeSet;

use super::crossing::{self, Crossing};
use super::{CheckError, Options};
use crate::analysis::answer::{Culprit, Evidence, Verdict};
use crate::analysis::shared::Shared;
use crate::network::{Site, ZoneId};
use crate::source::Msg;

/// Packets from one zone to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Passage {
    /// 遮断: no packet can pass, whatever the lines that are not understood mean.
    Blocked,
    /// 許可: some packet passes; the concrete evaluator reproduced it.
    Permitted,
    /// 判定保留.
    Undetermined,
}

/// One ordered pair of zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The zone whose machines send.
    pub from: ZoneId,
    /// The zone that receives.
    pub to: ZoneId,
    /// Whether anything passes.
    pub passage: Passage,
    /// Some of what passes.
    pub examples: Vec<Evidence>,
    /// Whether there is more.
    pub examples_truncated: bool,
    /// Why it is undetermined, if not for the lines alone.
    pub reason: Option<Msg>,
    /// The lines that would have to be known.
    pub culprits: Vec<Culprit>,
    /// Whether there are more.
    pub culprits_truncated: bool,
}

/// Every ordered pair of different zones, by sender, then receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The pairs.
    pub cells: Vec<Cell>,
}

impl Matrix {
    /// Whether no pair is undetermined.
    pub fn is_settled(&self) -> bool {
        self.cells.iter().all(|c| c.passage != Passage::Undetermined)
    }
    /// One pair.
    pub fn cell(&self, from: ZoneId, to: ZoneId) -> Option<&Cell> {
        self.cells.iter().find(|c| (c.from, c.to) == (from, to))
    }
}

/// Decides every pair of zones on the packet level.
///
/// # Errors
/// [`CheckError`]: no matrix then.
pub fn compute(site: &Site, options: &Options) -> Result<Matrix, CheckError> {
    let mut cells = Vec::new();
    let shared = Shared::over(site);
    let options = &Options { shared: Some(&shared), ..options.clone() };
    for (from, _) in site.zones() {
        for (to, _) in site.zones().filter(|(to, _)| *to != from) {
            cells.push(cell(site, from, to, options)?);
        }
    }
    Ok(Matrix { cells })
}

fn cell(site: &Site, from: ZoneId, to: ZoneId, options: &Options) -> Result<Cell, CheckError> {
    let places = |zone| site.places_of_zone(zone).all().collect::<BTreeSet<_>>();
    let crossing = Crossing { from: places(from), to: places(to), exempt: Vec::new() };
    let outcome = crossing::decide(site, &crossing, options)?;
    let (passage, examples, examples_truncated) = match outcome.verdict {
        Verdict::Holds => (Passage::Blocked, Vec::new(), false),
        Verdict::Violated => (Passage::Permitted, outcome.counterexamples, outcome.counterexamples_truncated),
        Verdict::Undetermined | Verdict::NotApplicable => (Passage::Undetermined, outcome.possible, false),
    };
    let settled = passage != Passage::Undetermined;
    Ok(Cell {
        from,
        to,
        passage,
        examples,
        examples_truncated,
        reason: outcome.reason,
        culprits: if settled { Vec::new() } else { outcome.culprits },
        culprits_truncated: !settled && outcome.culprits_truncated,
    })
}
