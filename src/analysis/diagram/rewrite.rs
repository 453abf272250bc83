//! Functions under a change of fields: terminal maps, cofactors, images and preimages of rewrites.
use super::{Diagram, FAMILY, Interval, LEVELS, NodeId, Piece, Result, Space};
use crate::model::{Family, Field, Ranges};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A shift would leave the field's domain in some family it is applied to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("shifted interval does not fit its field")]
pub struct ShiftOutsideDomain;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Change {
    /// Any of these values, whatever it was.
    Any(Ranges),
    /// `x - from.0 + to` where x is in `from`, unchanged elsewhere.
    Shift { from: Interval, to: u128 },
}

/// What a translation does to each field, independently. Fields not named stay.
///
/// As a relation it is total: a packet outside a shift's interval, or of a family the new values do not belong
/// to, keeps its value. No packet vanishes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Changes {
    by_level: [Option<Change>; LEVELS],
}

impl Changes {
    /// Changes nothing.
    pub fn none() -> Changes {
        Changes::default()
    }

    /// The field becomes any one of these values. An address list is read in each family by itself; packets
    /// of a family in which it has no value keep theirs.
    #[must_use]
    pub fn to(mut self, field: Field, values: Ranges) -> Changes {
        if let Some(change) = self.by_level.get_mut(field.index()) {
            *change = Some(Change::Any(values));
        }
        self
    }

    /// Forgets the field: it may hold any value afterwards.
    #[must_use]
    pub fn forget(self, field: Field) -> Changes {
        self.to(field, Ranges::full(u128::MAX))
    }

    /// Values in `from` move by `to - from.0`; others stay.
    ///
    /// # Errors
    /// When `from` is empty or the moved interval passes the field's last value in the families where
    /// `from` lies.
    pub fn shift(
        mut self,
        space: &Space,
        field: Field,
        from: Interval,
        to: u128,
    ) -> std::result::Result<Changes, ShiftOutsideDomain> {
        let length = from.1.checked_sub(from.0).ok_or(ShiftOutsideDomain)?;
        let end = to.checked_add(length).ok_or(ShiftOutsideDomain)?;
        for family in Family::ALL {
            let last = space.max(field, family);
            if from.1 <= last && end > last {
                return Err(ShiftOutsideDomain);
            }
        }
        if from.1 > space.max(field, Family::V6) {
            return Err(ShiftOutsideDomain);
        }
        if let Some(change) = self.by_level.get_mut(field.index()) {
            *change = Some(Change::Shift { from, to });
        }
        Ok(self)
    }

    /// The same changes in the normal form of one family.
    fn in_family(&self, space: &Space, family: Family) -> Changes {
        let mut out = Changes::none();
        let pairs = out.by_level.iter_mut().zip(&self.by_level);
        for (level, (target, change)) in (0u8..).zip(pairs) {
            *target = match change {
                None => None,
                Some(Change::Any(list)) => {
                    Some(space.normal(level, family, list)).filter(|n| !n.is_empty()).map(Change::Any)
                }
                // An interval of the other family's addresses touches nothing here.
                Some(Change::Shift { from, .. }) if from.1 > space.last(level, family) => None,
                Some(Change::Shift { from, to }) => Some(Change::Shift { from: *from, to: *to }),
            };
        }
        out
    }

    fn get(&self, level: u8) -> Option<&Change> {
        self.by_level.get(usize::from(level)).and_then(Option::as_ref)
    }

    /// The lowest changed level; 0 if there is none (the family never changes).
    fn lowest(&self) -> u8 {
        self.by_level.iter().rposition(Option::is_some).unwrap_or(0) as u8
    }

    fn next_at_or_below(&self, level: u8) -> u8 {
        (level..LEVELS as u8).find(|l| self.get(*l).is_some()).unwrap_or(u8::MAX)
    }
}

/// Changes that were applied, in the normal form of each family, and what they made of which function.
#[derive(Default)]
pub(super) struct Rewritings {
    known: IndexMap<Changes, Rc<[Changes; 2]>, FxBuildHasher>,
    done: FxHashMap<(Direction, usize, NodeId), NodeId>,
}

/// Results kept; beyond, all are forgotten.
const MOST_RESULTS: usize = 1 << 18;

/// Along a change or against it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Direction {
    Image,
    Preimage,
}

/// One rewriting walk within one family.
struct Walk<'a> {
    changes: &'a Changes,
    family: Family,
    lowest: u8,
    memo: FxHashMap<(NodeId, u8), NodeId>,
}

impl Diagram {
    /// Replaces every terminal by another.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded), as for all operations below.
    pub fn map(&mut self, a: NodeId, change: &dyn Fn(NodeId) -> NodeId) -> Result<NodeId> {
        let mut memo = FxHashMap::default();
        self.guarded(|d| d.rebuild(a, &mut memo, &|_, id| id.is_terminal().then(|| change(id))))
    }

    /// The packets at which the function's control bits satisfy a test (bits only; see
    /// [`Diagram::actions`] for the rest).
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn select(&mut self, a: NodeId, test: &dyn Fn(NodeId) -> bool) -> Result<NodeId> {
        self.map(a, &|id| if test(id) { NodeId::TRUE } else { NodeId::FALSE })
    }

    /// For each label that some terminal bears, the packets at which it does: one walk, however many labels.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn split<L: Copy + Ord>(
        &mut self,
        a: NodeId,
        labels: &dyn Fn(&Diagram, NodeId) -> Vec<L>,
    ) -> Result<BTreeMap<L, NodeId>> {
        let mut memo = FxHashMap::default();
        let parts = self.guarded(|d| d.split_below(a, labels, &mut memo))?;
        Ok(Rc::unwrap_or_clone(parts))
    }

    fn split_below<L: Copy + Ord>(
        &mut self,
        a: NodeId,
        labels: &dyn Fn(&Diagram, NodeId) -> Vec<L>,
        memo: &mut FxHashMap<NodeId, Rc<BTreeMap<L, NodeId>>>,
    ) -> Result<Rc<BTreeMap<L, NodeId>>> {
        if let Some(known) = memo.get(&a) {
            return Ok(known.clone());
        }
        let parts = if a.is_terminal() {
            labels(self, a).into_iter().map(|label| (label, NodeId::TRUE)).collect()
        } else {
            let level = self.level(a);
            let mut edges: BTreeMap<L, Vec<Piece>> = BTreeMap::new();
            let segments: Vec<Piece> = self.segments(a).collect();
            for (low, high, child) in segments {
                for (label, part) in self.split_below(child, labels, memo)?.iter() {
                    edges.entry(*label).or_default().push((low, high, *part));
                }
            }
            let mut parts = BTreeMap::new();
            for (label, pieces) in edges {
                parts.insert(label, self.node_of(level, &pieces)?);
            }
            parts
        };
        let parts = Rc::new(parts);
        memo.insert(a, parts.clone());
        Ok(parts)
    }

    /// For each of some values of a field, the packets of a set with that value, the field then free; values without
    /// packets are left out. One walk, however many values.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn split_field(
        &mut self,
        a: NodeId,
        field: Field,
        values: &BTreeSet<u128>,
    ) -> Result<BTreeMap<u128, NodeId>> {
        let mut memo = FxHashMap::default();
        let parts = self.guarded(|d| d.split_field_below(a, field.index() as u8, values, &mut memo))?;
        Ok(Rc::unwrap_or_clone(parts))
    }

    fn split_field_below(
        &mut self,
        a: NodeId,
        wanted: u8,
        values: &BTreeSet<u128>,
        memo: &mut FxHashMap<NodeId, Rc<BTreeMap<u128, NodeId>>>,
    ) -> Result<Rc<BTreeMap<u128, NodeId>>> {
        if a == NodeId::FALSE {
            return Ok(Rc::default());
        }
        if let Some(known) = memo.get(&a) {
            return Ok(known.clone());
        }
        let level = self.level(a);
        let mut parts = BTreeMap::new();
        if level > wanted {
            parts.extend(values.iter().map(|value| (*value, a)));
        } else {
            let segments: Vec<Piece> = self.segments(a).filter(|s| s.2 != NodeId::FALSE).collect();
            if level == wanted {
                for (low, high, child) in segments {
                    parts.extend(values.range(low..=high).map(|value| (*value, child)));
                }
            } else {
                let mut edges: BTreeMap<u128, Vec<Piece>> = BTreeMap::new();
                for (low, high, child) in segments {
                    for (value, part) in self.split_field_below(child, wanted, values, memo)?.iter() {
                        edges.entry(*value).or_default().push((low, high, *part));
                    }
                }
                for (value, pieces) in edges {
                    parts.insert(value, self.node_of(level, &pieces)?);
                }
            }
        }
        let parts = Rc::new(parts);
        memo.insert(a, parts.clone());
        Ok(parts)
    }

    /// The node that has these sorted, disjoint pieces and is empty elsewhere.
    fn node_of(&mut self, level: u8, pieces: &[Piece]) -> Result<NodeId> {
        let top = self.space.top(level);
        let base = self.scratch.len();
        let mut next = Some(0);
        for &(low, high, child) in pieces {
            if next.is_some_and(|n| low > n) {
                self.scratch.push((low - 1, NodeId::FALSE));
            }
            self.scratch.push((high, child));
            next = high.checked_add(1).filter(|n| *n <= top);
        }
        if next.is_some() {
            self.scratch.push((top, NodeId::FALSE));
        }
        self.make(level, base)
    }

    /// The function with one field fixed, no longer depending on it. Any terminals.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn cofactor(&mut self, a: NodeId, field: Field, value: u128) -> Result<NodeId> {
        let mut memo = FxHashMap::default();
        let wanted = field.index() as u8;
        self.guarded(|d| {
            d.rebuild(a, &mut memo, &|d, id| {
                let at = d.level(id);
                if at < wanted {
                    return None;
                }
                if at > wanted {
                    return Some(id);
                }
                let range = d.edge_range(id);
                let edge = d.bounds[range.clone()].partition_point(|bound| *bound < value);
                Some(d.children[(range.start + edge).min(range.end - 1)])
            })
        })
    }

    /// The set of packets that agree with some packet of `a` on all fields but this one.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn exists(&mut self, a: NodeId, field: Field) -> Result<NodeId> {
        self.image(a, &Changes::none().forget(field))
    }

    /// The packets of the set inside the cube.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn restrict(&mut self, a: NodeId, cube: &super::Cube) -> Result<NodeId> {
        let cube = self.cube_set(cube)?;
        self.and(a, cube)
    }

    /// Where the packets of a set may be after the changes.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn image(&mut self, a: NodeId, changes: &Changes) -> Result<NodeId> {
        self.per_family(a, changes, Direction::Image)
    }

    /// The packets that the changes may bring into a set.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub fn preimage(&mut self, a: NodeId, changes: &Changes) -> Result<NodeId> {
        self.per_family(a, changes, Direction::Preimage)
    }

    fn per_family(&mut self, a: NodeId, changes: &Changes, direction: Direction) -> Result<NodeId> {
        if changes.lowest() == 0 || a == NodeId::FALSE {
            return Ok(a);
        }
        let (id, families) = self.normal_forms(changes);
        let key = (direction, id, a);
        if let Some(done) = self.rewritings.done.get(&key) {
            return Ok(*done);
        }
        let result = self.guarded(|d| {
            let base = d.scratch.len();
            for (family, changes) in Family::ALL.into_iter().zip(families.iter()) {
                let child = d.within(a, family);
                let lowest = changes.lowest();
                let mut walk = Walk { changes, family, lowest, memo: FxHashMap::default() };
                let child = match direction {
                    Direction::Image => d.image_below(child, 1, &mut walk)?,
                    Direction::Preimage => d.preimage_below(child, &mut walk)?,
                };
                d.scratch.push((family.value(), child));
            }
            d.make(FAMILY, base)
        })?;
        if self.rewritings.done.len() >= MOST_RESULTS {
            self.rewritings.done.clear();
        }
        self.rewritings.done.insert(key, result);
        Ok(result)
    }

    /// The number of some changes, and their form in each family.
    fn normal_forms(&mut self, changes: &Changes) -> (usize, Rc<[Changes; 2]>) {
        if let Some((id, _, forms)) = self.rewritings.known.get_full(changes) {
            return (id, forms.clone());
        }
        let forms = Rc::new(Family::ALL.map(|family| changes.in_family(&self.space, family)));
        let (id, _) = self.rewritings.known.insert_full(changes.clone(), forms.clone());
        (id, forms)
    }

    /// Rebuilds a function top down; `cut` says where to stop and with what.
    fn rebuild(
        &mut self,
        a: NodeId,
        memo: &mut FxHashMap<NodeId, NodeId>,
        cut: &dyn Fn(&Diagram, NodeId) -> Option<NodeId>,
    ) -> Result<NodeId> {
        if let Some(result) = cut(self, a) {
            return Ok(result);
        }
        if let Some(known) = memo.get(&a) {
            return Ok(*known);
        }
        let base = self.scratch.len();
        for i in self.edge_range(a) {
            let child = self.rebuild(self.children[i], memo, cut)?;
            self.scratch.push((self.bounds[i], child));
        }
        let result = self.make(self.level(a), base)?;
        memo.insert(a, result);
        Ok(result)
    }

    fn image_below(&mut self, a: NodeId, level: u8, walk: &mut Walk<'_>) -> Result<NodeId> {
        if a == NodeId::FALSE || level > walk.lowest {
            return Ok(a);
        }
        let here = self.level(a).min(walk.changes.next_at_or_below(level));
        if here > walk.lowest {
            return Ok(a);
        }
        if let Some(known) = walk.memo.get(&(a, level)) {
            return Ok(*known);
        }
        let result = match walk.changes.get(here) {
            None => {
                let base = self.scratch.len();
                for i in self.edge_range(a) {
                    let child = self.image_below(self.children[i], here + 1, walk)?;
                    self.scratch.push((self.bounds[i], child));
                }
                self.make(here, base)?
            }
            Some(Change::Any(values)) => {
                let mut images = Vec::new();
                for child in self.distinct_children(a, here) {
                    images.push(self.image_below(child, here + 1, walk)?);
                }
                let image = self.or_all(images)?;
                let base = self.scratch.len();
                self.push_split(here, values, image, NodeId::FALSE);
                self.make(here, base)?
            }
            Some(Change::Shift { from, to }) => {
                let mut images = Vec::new();
                for (low, high, child) in self.segments_at(a, here) {
                    images.push((low, high, self.image_below(child, here + 1, walk)?));
                }
                let stay = self.pieces(here, &outside(&images, *from), walk.family)?;
                let moved = self.pieces(here, &shifted(&images, *from, *to), walk.family)?;
                self.or(stay, moved)?
            }
        };
        walk.memo.insert((a, level), result);
        Ok(result)
    }

    fn preimage_below(&mut self, a: NodeId, walk: &mut Walk<'_>) -> Result<NodeId> {
        let here = self.level(a);
        if here > walk.lowest {
            return Ok(a);
        }
        if let Some(known) = walk.memo.get(&(a, 0)) {
            return Ok(*known);
        }
        let result = match walk.changes.get(here) {
            None => {
                let base = self.scratch.len();
                for i in self.edge_range(a) {
                    let child = self.preimage_below(self.children[i], walk)?;
                    self.scratch.push((self.bounds[i], child));
                }
                self.make(here, base)?
            }
            Some(Change::Any(values)) => {
                let mut children: Vec<NodeId> = self
                    .segments(a)
                    .filter(|s| super::intervals::intersects(values.pairs(), &[(s.0, s.1)]))
                    .map(|s| s.2)
                    .collect();
                children.sort_unstable();
                children.dedup();
                for child in &mut children {
                    *child = self.preimage_below(*child, walk)?;
                }
                self.or_all(children)?
            }
            Some(Change::Shift { from, to }) => {
                let mut children = Vec::new();
                for (low, high, child) in self.segments_at(a, here) {
                    children.push((low, high, self.preimage_below(child, walk)?));
                }
                let landing = (*to, to + (from.1 - from.0));
                let mut pieces = outside(&children, *from);
                pieces.extend(shifted(&children, landing, from.0));
                self.pieces(here, &pieces, walk.family)?
            }
        };
        walk.memo.insert((a, 0), result);
        Ok(result)
    }

    fn distinct_children(&self, a: NodeId, level: u8) -> Vec<NodeId> {
        if self.level(a) != level {
            return vec![a];
        }
        let mut children = self.children[self.edge_range(a)].to_vec();
        children.sort_unstable();
        children.dedup();
        children
    }

    /// The function's segments at a level it may skip.
    fn segments_at(&self, a: NodeId, level: u8) -> Vec<Piece> {
        if self.level(a) == level { self.segments(a).collect() } else { vec![(0, self.space.top(level), a)] }
    }

    /// The node that has these disjoint pieces and is empty elsewhere, in the family's normal form.
    fn pieces(&mut self, level: u8, pieces: &[Piece], family: Family) -> Result<NodeId> {
        let (last, top) = (self.space.last(level, family), self.space.top(level));
        let mut sorted: Vec<_> = pieces.iter().filter(|p| p.0 <= last).copied().collect();
        sorted.sort_unstable();
        let base = self.scratch.len();
        let mut next = 0;
        let mut closed = false;
        for (low, high, child) in sorted {
            if low > next {
                self.scratch.push((low - 1, NodeId::FALSE));
            }
            let high = if high >= last { top } else { high };
            self.scratch.push((high, child));
            closed = high >= top;
            next = high.saturating_add(1);
        }
        if !closed {
            self.scratch.push((top, NodeId::FALSE));
        }
        self.make(level, base)
    }
}

/// The parts of the pieces outside an interval.
fn outside(pieces: &[Piece], from: Interval) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len() + 2);
    for &(low, high, child) in pieces {
        if low < from.0 {
            out.push((low, high.min(from.0 - 1), child));
        }
        if high > from.1 {
            out.push((low.max(from.1 + 1), high, child));
        }
    }
    out
}

/// The parts of the pieces inside an interval, moved so that its start lands on `to`.
fn shifted(pieces: &[Piece], from: Interval, to: u128) -> Vec<Piece> {
    pieces
        .iter()
        .map(|&(low, high, child)| (low.max(from.0), high.min(from.1), child))
        .filter(|(low, high, _)| low <= high)
        .map(|(low, high, child)| (low - from.0 + to, high - from.0 + to, child))
        .collect()
}
