//! An interval decision diagram: functions from packets to small values, shared and canonical.
//!
//! A node belongs to one level (one [`Field`](crate::model::Field), in [`Field::ALL`](crate::model::Field::ALL) order) and cuts that field's values into intervals: a sorted
//! list of `(upper bound, child)` edges that covers the whole domain. Nodes are hash-consed in one arena, so
//! equal functions have equal ids. Terminals are plain numbers with two readings:
//!
//! * **sets** and three-valued matches use [`NodeId::FALSE`], [`NodeId::TRUE`] and [`NodeId::MAYBE`];
//! * **outcome functions** use sets of outcomes: four control bits ([`PERMIT`], [`DENY`], [`RETURN`],
//!   [`FALL`]) and an interned set of the caller's own actions (a translation, a route, a mark).
//!
//! Addresses stand above services, each interface beside its address: 10-70 times faster zone questions
//! than services first.
//!
//! Both families live in one diagram. [`Field::Family`](crate::model::Field::Family) is on top; an IPv4 address sits in the low 32 bits
//! of its field in *saturated normal form*: an interval that ends at the last IPv4 address ends at the
//! field's largest value. So equal IPv4 sets have equal ids, and no value above 2³²−1 means anything there.
//!
//! There is no garbage collection: make one diagram per question and drop it whole. The only error is
//! [`BudgetExceeded`]; after it the diagram is still sound, only full.
//!
//! Recursion is bounded by the number of levels, never by input.
#![expect(
    clippy::indexing_slicing,
    reason = "the arena's own ids index its own vectors; checked access costs in the innermost loops"
)]

mod actions;
mod apply;
mod copy;
pub(crate) mod intervals;
mod query;
mod rewrite;
mod space;

use crate::model::{Family, Ranges};
use actions::ActionSets;
use apply::Memo;
pub use apply::Op;
pub use intervals::Interval;
use rewrite::Rewritings;
pub use rewrite::{Changes, ShiftOutsideDomain};
use space::LEVELS;
pub use space::{Cube, Extent, Point, Space};

/// A function in a [`Diagram`]. Ids are meaningful only within the diagram that made them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(u32);

/// Ids below are terminals: four control bits, then sixteen bits of action set.
const TERMINALS: u32 = 1 << 20;
const ACTION_SHIFT: u32 = 4;
/// The level of [`Field::Family`](crate::model::Field::Family).
const FAMILY: u8 = 0;

/// Control bit: the packet is permitted.
pub const PERMIT: u32 = 1;
/// Control bit: the packet is denied.
pub const DENY: u32 = 2;
/// Control bit: the chain returns to its caller.
pub const RETURN: u32 = 4;
/// Control bit: no rule decided; the packet falls through to what follows.
pub const FALL: u32 = 8;

impl NodeId {
    /// The empty set; also the empty set of outcomes.
    pub const FALSE: NodeId = NodeId(0);
    /// The full set; also the outcome set {permit}.
    pub const TRUE: NodeId = NodeId(1);
    /// The third truth value: the match may or may not fire.
    pub const MAYBE: NodeId = NodeId(2);
    /// The outcome set {fall through}, the neutral element of [`Op::Seq`].
    pub const FALL: NodeId = NodeId(FALL);

    /// A terminal with these control bits and no actions.
    pub const fn control(bits: u32) -> NodeId {
        NodeId(bits & 15)
    }

    /// Whether this is a terminal, not an inner node.
    pub const fn is_terminal(self) -> bool {
        self.0 < TERMINALS
    }

    /// The control bits, if this is a terminal.
    pub fn control_bits(self) -> Option<u32> {
        self.is_terminal().then_some(self.0 & 15)
    }

    /// A terminal with one control bit turned into another; inner nodes stay.
    #[must_use]
    pub fn renamed(self, from: u32, to: u32) -> NodeId {
        if self.is_terminal() && self.0 & from & 15 != 0 {
            NodeId(self.0 & !(from & 15) | to & 15)
        } else {
            self
        }
    }

    fn action_index(self) -> u32 {
        self.0 >> ACTION_SHIFT
    }

    fn inner(self) -> usize {
        (self.0 - TERMINALS) as usize
    }
}

/// The edge budget of a diagram is used up. Never means "empty" or "no answer": the caller must widen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("diagram budget exceeded: {edges} of {limit} edges in use")]
pub struct BudgetExceeded {
    /// Edges in use when the next node did not fit.
    pub edges: usize,
    /// The limit given to [`Diagram::new`].
    pub limit: usize,
}

/// One edge with its interval: `(low, high, child)`.
pub type Piece = (u128, u128, NodeId);

type Result<T> = std::result::Result<T, BudgetExceeded>;

/// The arena. See the [module](self) for the shape of its nodes.
pub struct Diagram {
    space: Space,
    levels: Vec<u8>,
    /// First edge of each node, and one past the last edge of the last node.
    starts: Vec<u32>,
    hashes: Vec<u32>,
    bounds: Vec<u128>,
    children: Vec<NodeId>,
    /// Unique table: open addressing, node index + 1, 0 = free.
    slots: Vec<u32>,
    memo: Memo,
    actions: ActionSets,
    rewritings: Rewritings,
    /// Edges of the nodes under construction; nested constructions stack up.
    scratch: Vec<(u128, NodeId)>,
    limit: usize,
}

fn mix(a: u64, b: u64) -> u64 {
    let x =
        (a ^ b.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 29)
}

impl Diagram {
    /// An empty diagram over `space` that holds at most `limit` edges (48 bytes each with its share of the
    /// tables; ids cap the limit at 2³¹).
    pub fn new(space: Space, limit: usize) -> Diagram {
        Diagram {
            space,
            levels: Vec::new(),
            starts: vec![0],
            hashes: Vec::new(),
            bounds: Vec::new(),
            children: Vec::new(),
            slots: vec![0; 1 << 10],
            memo: Memo::new(),
            actions: ActionSets::new(),
            rewritings: Rewritings::default(),
            scratch: Vec::new(),
            limit: limit.min(1 << 31),
        }
    }

    /// The levels and their extents.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Edges in use, dead ones included.
    pub fn edges(&self) -> usize {
        self.bounds.len()
    }

    /// Sets the budget to what is in use and another `edges` edges.
    pub(crate) fn allow(&mut self, edges: usize) {
        self.limit = self.bounds.len().saturating_add(edges).min(1 << 31);
    }

    /// Distinct sets of actions in use; there is room for 2¹⁶.
    pub(crate) fn action_sets(&self) -> usize {
        self.actions.len()
    }

    /// Nodes in use, dead ones included.
    pub fn nodes(&self) -> usize {
        self.levels.len()
    }

    /// The error the budget raises now.
    fn exceeded(&self) -> BudgetExceeded {
        BudgetExceeded { edges: self.bounds.len(), limit: self.limit }
    }

    /// The terminal for one action of the caller's own.
    ///
    /// # Errors
    /// When the 2¹⁶ distinct action sets are used up.
    pub fn action(&mut self, action: u32) -> Result<NodeId> {
        let index = self.actions.singleton(action).ok_or(self.exceeded())?;
        Ok(NodeId(index << ACTION_SHIFT))
    }

    /// The actions of a terminal, ascending; empty for inner nodes.
    pub fn actions(&self, id: NodeId) -> &[u32] {
        if id.is_terminal() { self.actions.get(id.action_index()) } else { &[] }
    }

    /// The union of two outcome sets.
    pub(super) fn union(&mut self, a: NodeId, b: NodeId) -> Result<NodeId> {
        let (x, y) = (a.action_index(), b.action_index());
        let actions = if x == y || y == 0 { x } else { self.actions.union(x, y).ok_or(self.exceeded())? };
        Ok(NodeId(actions << ACTION_SHIFT | (a.0 | b.0) & 15))
    }

    /// The level a function tests first; terminals sort below all levels.
    fn level(&self, id: NodeId) -> u8 {
        if id.is_terminal() { u8::MAX } else { self.levels[id.inner()] }
    }

    /// The edge positions of an inner node.
    fn edge_range(&self, id: NodeId) -> std::ops::Range<usize> {
        let i = id.inner();
        self.starts[i] as usize..self.starts[i + 1] as usize
    }

    /// The edges of an inner node as `(low, high, child)`.
    fn segments(&self, id: NodeId) -> impl Iterator<Item = Piece> + '_ {
        let mut low = 0;
        self.edge_range(id).map(move |i| {
            let high = self.bounds[i];
            let segment = (low, high, self.children[i]);
            low = high.saturating_add(1);
            segment
        })
    }

    /// The node of `level` whose edges are `scratch[base..]`, which is consumed. Merges equal neighbours.
    fn make(&mut self, level: u8, base: usize) -> Result<NodeId> {
        let mut end = base;
        for i in base..self.scratch.len() {
            let edge = self.scratch[i];
            if end > base && self.scratch[end - 1].1 == edge.1 {
                self.scratch[end - 1].0 = edge.0;
            } else {
                self.scratch[end] = edge;
                end += 1;
            }
        }
        if end == base + 1 {
            let only = self.scratch[base].1;
            self.scratch.truncate(base);
            return Ok(only);
        }
        let mut hash = u64::from(level);
        for &(bound, child) in &self.scratch[base..end] {
            hash = mix(hash ^ bound as u64 ^ (bound >> 64) as u64, u64::from(child.0));
        }
        let hash = (hash >> 16) as u32;
        let found = self.lookup(level, hash, base, end);
        let id = match found {
            Ok(id) => id,
            Err(slot) => self.insert(level, hash, slot, base, end)?,
        };
        self.scratch.truncate(base);
        Ok(id)
    }

    /// The existing node with these edges, or the free slot for it.
    fn lookup(&self, level: u8, hash: u32, base: usize, end: usize) -> std::result::Result<NodeId, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let entry = self.slots[slot];
            if entry == 0 {
                return Err(slot);
            }
            let i = entry as usize - 1;
            if self.hashes[i] == hash && self.levels[i] == level {
                let range = self.starts[i] as usize..self.starts[i + 1] as usize;
                let wanted = &self.scratch[base..end];
                if range.len() == wanted.len()
                    && self.bounds[range.clone()]
                        .iter()
                        .zip(&self.children[range])
                        .zip(wanted)
                        .all(|((bound, child), edge)| *bound == edge.0 && *child == edge.1)
                {
                    return Ok(NodeId(TERMINALS + i as u32));
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn insert(&mut self, level: u8, hash: u32, slot: usize, base: usize, end: usize) -> Result<NodeId> {
        if self.bounds.len() + (end - base) > self.limit {
            return Err(self.exceeded());
        }
        let index = self.levels.len() as u32;
        self.levels.push(level);
        self.hashes.push(hash);
        for &(bound, child) in &self.scratch[base..end] {
            self.bounds.push(bound);
            self.children.push(child);
        }
        self.starts.push(self.bounds.len() as u32);
        self.slots[slot] = index + 1;
        if self.levels.len() * 2 > self.slots.len() {
            self.rehash();
        }
        Ok(NodeId(TERMINALS + index))
    }

    fn rehash(&mut self) {
        let size = self.slots.len() * 4;
        let mut slots = vec![0; size];
        for (i, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & (size - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = i as u32 + 1;
        }
        self.slots = slots;
    }

    /// Runs a construction and drops what it left on the scratch stack when the budget ended it.
    fn guarded<T>(&mut self, build: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let base = self.scratch.len();
        let result = build(self);
        if result.is_err() {
            self.scratch.truncate(base);
        }
        result
    }

    /// Pushes edges to the scratch stack: `inside` on `values` (normal form), `outside` elsewhere.
    fn push_split(&mut self, level: u8, values: &Ranges, inside: NodeId, outside: NodeId) {
        let top = self.space.top(level);
        let mut next = 0;
        for &(low, high) in values.pairs() {
            if low > next {
                self.scratch.push((low - 1, outside));
            }
            self.scratch.push((high, inside));
            if high >= top {
                return;
            }
            next = high + 1;
        }
        self.scratch.push((top, outside));
    }

    /// The function that is `inside` on the cube and `outside` elsewhere.
    ///
    /// # Errors
    /// [`BudgetExceeded`], as everywhere.
    pub fn cube(&mut self, cube: &Cube, inside: NodeId, outside: NodeId) -> Result<NodeId> {
        self.guarded(|d| {
            if Family::ALL.iter().all(|f| cube.admits(*f)) && !cube.depends_on_family(&d.space) {
                return d.cube_below(cube, Family::V6, inside, outside);
            }
            let base = d.scratch.len();
            for family in Family::ALL {
                let child = match cube.admits(family) {
                    true => d.cube_below(cube, family, inside, outside)?,
                    false => outside,
                };
                d.scratch.push((family.value(), child));
            }
            d.make(FAMILY, base)
        })
    }

    fn cube_below(&mut self, cube: &Cube, family: Family, inside: NodeId, outside: NodeId) -> Result<NodeId> {
        let mut node = inside;
        for level in (1..LEVELS as u8).rev() {
            let Some(values) = cube.get(level) else { continue };
            let normal = self.space.normal(level, family, values);
            let base = self.scratch.len();
            self.push_split(level, &normal, node, outside);
            node = self.make(level, base)?;
        }
        Ok(node)
    }

    /// The set of packets in the cube.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn cube_set(&mut self, cube: &Cube) -> Result<NodeId> {
        self.cube(cube, NodeId::TRUE, NodeId::FALSE)
    }

    /// The function that is `v4` on IPv4 packets and `v6` on IPv6 packets.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn by_family(&mut self, v4: NodeId, v6: NodeId) -> Result<NodeId> {
        let (v4, v6) = (self.within(v4, Family::V4), self.within(v6, Family::V6));
        self.guarded(|d| {
            let base = d.scratch.len();
            d.scratch.extend([(0, v4), (1, v6)]);
            d.make(FAMILY, base)
        })
    }

    /// The function within one family, without a test of the family.
    pub fn within(&self, id: NodeId, family: Family) -> NodeId {
        if self.level(id) != FAMILY {
            return id;
        }
        let range = self.edge_range(id);
        match family {
            Family::V4 => self.children[range.start],
            Family::V6 => self.children[range.end - 1],
        }
    }
}
