//! Binary operations: one simultaneous walk of two functions, memoised.
use super::{Diagram, FALL, NodeId, Result, mix};

/// What [`Diagram::apply`] computes at each packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Op {
    /// Intersection; three-valued "and" on matches.
    And,
    /// Union; three-valued "or" on matches.
    Or,
    /// First without second. Sets only: "maybe" has no difference.
    Diff,
    /// Rule lists in sequence: where the first may fall through, the second's outcomes join.
    Seq,
    /// A three-valued match before an outcome function: no = fall through, must = the function, may = both.
    Guard,
}

/// Direct-mapped: a collision forgets. Grows with the arena, so that small questions stay small.
pub(super) struct Memo {
    entries: Vec<(NodeId, NodeId, u32, NodeId)>,
}

const VACANT: (NodeId, NodeId, u32, NodeId) = (NodeId(u32::MAX), NodeId(u32::MAX), u32::MAX, NodeId(0));
const LARGEST: usize = 1 << 21;

impl Memo {
    pub(super) fn new() -> Memo {
        Memo { entries: vec![VACANT; 1 << 12] }
    }

    fn slot(&self, op: Op, a: NodeId, b: NodeId) -> usize {
        let key = u64::from(a.0) << 32 | u64::from(b.0);
        mix(key, op as u64) as usize & (self.entries.len() - 1)
    }

    fn grow(&mut self) {
        let size = self.entries.len() * 4;
        let old = std::mem::replace(&mut self.entries, vec![VACANT; size]);
        for entry in old.into_iter().filter(|e| e.2 != u32::MAX) {
            let key = u64::from(entry.0.0) << 32 | u64::from(entry.1.0);
            self.entries[mix(key, u64::from(entry.2)) as usize & (size - 1)] = entry;
        }
    }
}

impl Diagram {
    /// Combines two functions packet by packet.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn apply(&mut self, op: Op, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.guarded(|d| d.walk(op, a, b))
    }

    /// Intersection of sets.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded), as for all operations below.
    pub fn and(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.apply(Op::And, a, b)
    }

    /// Union of sets.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn or(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.apply(Op::Or, a, b)
    }

    /// The first set without the second.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn diff(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        self.apply(Op::Diff, a, b)
    }

    /// All packets not in the set.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn not(&mut self, a: NodeId) -> Result<NodeId> {
        self.diff(NodeId::TRUE, a)
    }

    /// Whether every packet of `inner` is in `outer`.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn includes(&mut self, outer: NodeId, inner: NodeId) -> Result<bool> {
        Ok(self.diff(inner, outer)? == NodeId::FALSE)
    }

    /// Folds functions in order, in halves: an associative operation over a long list stays balanced.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn fold(&mut self, op: Op, mut list: Vec<NodeId>, empty: NodeId) -> Result<NodeId> {
        while list.len() > 1 {
            let mut halved = Vec::with_capacity(list.len().div_ceil(2));
            for pair in list.chunks(2) {
                halved.push(match *pair {
                    [a, b] => self.apply(op, a, b)?,
                    [a] => a,
                    _ => continue,
                });
            }
            list = halved;
        }
        Ok(list.first().copied().unwrap_or(empty))
    }

    /// Union of many sets in any order.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn or_all(&mut self, mut list: Vec<NodeId>) -> Result<NodeId> {
        list.sort_unstable();
        list.dedup();
        self.fold(Op::Or, list, NodeId::FALSE)
    }

    /// The result where it is known without a walk.
    fn shortcut(&mut self, op: Op, a: NodeId, b: NodeId) -> Result<Option<NodeId>> {
        const FALSE: NodeId = NodeId::FALSE;
        const TRUE: NodeId = NodeId::TRUE;
        Ok(match op {
            Op::And if a == b || b == TRUE => Some(a),
            Op::And if a == TRUE => Some(b),
            Op::And if a == FALSE || b == FALSE => Some(FALSE),
            Op::Or if a == b || b == FALSE => Some(a),
            Op::Or if a == FALSE => Some(b),
            Op::Or if a == TRUE || b == TRUE => Some(TRUE),
            Op::Diff if a == FALSE || b == TRUE || a == b => Some(FALSE),
            Op::Diff if b == FALSE => Some(a),
            Op::Seq if b == NodeId::FALL => Some(a),
            Op::Seq if a.is_terminal() => {
                if a.0 & FALL == 0 {
                    Some(a)
                } else if a == NodeId::FALL {
                    Some(b)
                } else if b.is_terminal() {
                    Some(self.union(NodeId(a.0 & !FALL), b)?)
                } else {
                    None
                }
            }
            Op::Guard if a == FALSE || b == NodeId::FALL => Some(NodeId::FALL),
            Op::Guard if a == TRUE => Some(b),
            Op::Guard if a.is_terminal() && b.is_terminal() => Some(NodeId(b.0 | FALL)),
            _ => None,
        })
    }

    pub(super) fn walk(&mut self, op: Op, mut a: NodeId, mut b: NodeId) -> Result<NodeId> {
        if let Some(known) = self.shortcut(op, a, b)? {
            return Ok(known);
        }
        if matches!(op, Op::And | Op::Or) && a > b {
            std::mem::swap(&mut a, &mut b);
        }
        let entry = self.memo.entries[self.memo.slot(op, a, b)];
        if entry.0 == a && entry.1 == b && entry.2 == op as u32 {
            return Ok(entry.3);
        }
        let (level_a, level_b) = (self.level(a), self.level(b));
        let base = self.scratch.len();
        if level_a == level_b {
            self.walk_both(op, a, b)?;
        } else if level_a < level_b {
            for i in self.edge_range(a) {
                let child = self.walk(op, self.children[i], b)?;
                self.scratch.push((self.bounds[i], child));
            }
        } else {
            for i in self.edge_range(b) {
                let child = self.walk(op, a, self.children[i])?;
                self.scratch.push((self.bounds[i], child));
            }
        }
        let result = self.make(level_a.min(level_b), base)?;
        if self.levels.len() > self.memo.entries.len() && self.memo.entries.len() < LARGEST {
            self.memo.grow();
        }
        let slot = self.memo.slot(op, a, b);
        self.memo.entries[slot] = (a, b, op as u32, result);
        Ok(result)
    }

    /// Merges the edges of two nodes of one level.
    fn walk_both(&mut self, op: Op, a: NodeId, b: NodeId) -> Result<()> {
        let (range_a, range_b) = (self.edge_range(a), self.edge_range(b));
        let (mut i, mut j) = (range_a.start, range_b.start);
        let mut last = None;
        let base = self.scratch.len();
        while i < range_a.end && j < range_b.end {
            let (x, y) = (self.children[i], self.children[j]);
            if let Some(child) = absorbed(op, x) {
                let bound = self.bounds[i];
                j += self.bounds[j..range_b.end].partition_point(|b| *b <= bound);
                i += 1;
                self.join(base, bound, child);
                continue;
            }
            if let Some(child) = absorbed_right(op, y) {
                let bound = self.bounds[j];
                i += self.bounds[i..range_a.end].partition_point(|b| *b <= bound);
                j += 1;
                self.join(base, bound, child);
                continue;
            }
            let child = match last {
                Some((u, v, child)) if u == x && v == y => child,
                _ => self.walk(op, x, y)?,
            };
            last = Some((x, y, child));
            let (p, q) = (self.bounds[i], self.bounds[j]);
            let bound = p.min(q);
            self.join(base, bound, child);
            i += usize::from(p == bound);
            j += usize::from(q == bound);
        }
        Ok(())
    }

    /// Adds an edge after those from `base` on, or lengthens the last one if it leads to the same child.
    fn join(&mut self, base: usize, bound: u128, child: NodeId) {
        if self.scratch.len() > base
            && let Some(edge) = self.scratch.last_mut()
            && edge.1 == child
        {
            edge.0 = bound;
        } else {
            self.scratch.push((bound, child));
        }
    }
}

/// The result where it is the same whatever the second function is: a narrow set meets only the part of a long list
/// that it lies in.
fn absorbed(op: Op, first: NodeId) -> Option<NodeId> {
    match (op, first) {
        (Op::And | Op::Diff, NodeId::FALSE) => Some(NodeId::FALSE),
        (Op::Or, NodeId::TRUE) => Some(NodeId::TRUE),
        (Op::Guard, NodeId::FALSE) => Some(NodeId::FALL),
        (Op::Seq, decided) if decided.is_terminal() && decided.0 & FALL == 0 => Some(decided),
        _ => None,
    }
}

/// The same of the second function.
fn absorbed_right(op: Op, second: NodeId) -> Option<NodeId> {
    match (op, second) {
        (Op::And, NodeId::FALSE) | (Op::Diff, NodeId::TRUE) => Some(NodeId::FALSE),
        (Op::Or, NodeId::TRUE) => Some(NodeId::TRUE),
        (Op::Guard, NodeId::FALL) => Some(NodeId::FALL),
        _ => None,
    }
}
