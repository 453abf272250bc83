//! Questions that build nothing.
use super::intervals::intersects;
use super::{Cube, Diagram, LEVELS, NodeId, Piece, Point};
use crate::model::{Family, Field, Ranges};
use rustc_hash::{FxHashMap, FxHashSet};

impl Diagram {
    /// The terminal at a packet. A v4 address is its plain number.
    pub fn eval(&self, a: NodeId, point: &Point) -> NodeId {
        let mut id = a;
        while !id.is_terminal() {
            let value = point[usize::from(self.level(id))];
            let range = self.edge_range(id);
            let edge = self.bounds[range.clone()].partition_point(|bound| *bound < value);
            id = self.children[(range.start + edge).min(range.end - 1)];
        }
        id
    }

    /// Whether the set has no packet of a family.
    pub fn is_false_within(&self, a: NodeId, family: Family) -> bool {
        self.within(a, family) == NodeId::FALSE
    }

    /// Some packet of a set, the lowest in level order; fields the set does not test are 0.
    pub fn pick(&self, a: NodeId) -> Option<Point> {
        let mut point = [0; LEVELS];
        let mut id = a;
        while !id.is_terminal() {
            let (low, _, child) = self.segments(id).find(|s| s.2 != NodeId::FALSE)?;
            point[usize::from(self.level(id))] = low;
            id = child;
        }
        (id != NodeId::FALSE).then_some(point)
    }

    /// The inner nodes of a function, children before parents.
    pub fn reachable(&self, a: NodeId) -> Vec<NodeId> {
        let mut seen = FxHashSet::default();
        let mut stack = vec![a];
        while let Some(id) = stack.pop() {
            if !id.is_terminal() && seen.insert(id) {
                stack.extend(&self.children[self.edge_range(id)]);
            }
        }
        let mut list: Vec<NodeId> = seen.into_iter().collect();
        list.sort_unstable();
        list
    }

    /// The level and the `(low, high, child)` edges of an inner node; `None` for terminals.
    pub fn node(&self, id: NodeId) -> Option<(Field, Vec<Piece>)> {
        if id.is_terminal() {
            return None;
        }
        Some((*Field::ALL.get(usize::from(self.level(id)))?, self.segments(id).collect()))
    }

    /// Nodes and edges of one function.
    pub fn size(&self, a: NodeId) -> (usize, usize) {
        let nodes = self.reachable(a);
        (nodes.len(), nodes.iter().map(|id| self.edge_range(*id).len()).sum())
    }

    /// The terminals a function takes anywhere, ascending.
    pub fn terminals(&self, a: NodeId) -> Vec<NodeId> {
        let mut out: Vec<NodeId> = self
            .reachable(a)
            .iter()
            .flat_map(|id| &self.children[self.edge_range(*id)])
            .chain([&a])
            .filter(|id| id.is_terminal())
            .copied()
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// How many packets of a family are in the set, scratch fields counted as fields. Exact as far as
    /// `f64` is; meaningful as a number of packets only for subsets of the universe.
    pub fn count(&self, a: NodeId, family: Family) -> f64 {
        let a = self.within(a, family);
        let shares = self.shares(a, family);
        let domain: f64 =
            (1..LEVELS as u8).map(|level| self.space.last(level, family) as f64 + 1.0).product();
        shares.get(&a).copied().unwrap_or(0.0) * domain
    }

    /// For each node of a set below the family level, the share of its packets that are in the set.
    pub(super) fn shares(&self, a: NodeId, family: Family) -> FxHashMap<NodeId, f64> {
        let mut shares = FxHashMap::from_iter([(NodeId::FALSE, 0.0), (NodeId::TRUE, 1.0)]);
        for id in self.reachable(a) {
            let last = self.space.last(self.level(id), family);
            let mut sum = 0.0;
            for (low, high, child) in self.segments(id).filter(|s| s.0 <= last) {
                let share = shares.get(&child).copied().unwrap_or(0.0);
                sum += ((high.min(last) - low) as f64 + 1.0) * share;
            }
            shares.insert(id, sum / (last as f64 + 1.0));
        }
        shares
    }

    /// The values a field takes in the packets of one family in the set.
    pub fn ranges_of(&self, a: NodeId, family: Family, field: Field) -> Ranges {
        let a = self.within(a, family);
        let (wanted, last) = (field.index() as u8, self.space.max(field, family));
        let mut seen = FxHashSet::default();
        let mut stack = vec![a];
        let mut out = Vec::new();
        while let Some(id) = stack.pop() {
            if id == NodeId::FALSE || !seen.insert(id) {
                continue;
            }
            let at = self.level(id);
            if at > wanted {
                return Ranges::full(last);
            }
            if at < wanted {
                stack.extend(&self.children[self.edge_range(id)]);
                continue;
            }
            let inside = self.segments(id).filter(|s| s.2 != NodeId::FALSE && s.0 <= last);
            out.extend(inside.map(|s| (s.0, s.1.min(last))));
        }
        Ranges::from_pairs(out)
    }

    /// Whether the set has every packet of the cube in one family. The cube's family side is ignored.
    pub fn includes_cube(&self, a: NodeId, family: Family, cube: &Cube) -> bool {
        let a = self.within(a, family);
        let cube = self.normal_cube(cube, family);
        cube.is_empty() || self.includes_below(a, &cube, &mut FxHashSet::default())
    }

    /// The cube in the family's normal form, without its family side.
    pub(super) fn normal_cube(&self, cube: &Cube, family: Family) -> Cube {
        let mut out = Cube::any();
        for field in Field::ALL.into_iter().filter(|f| *f != Field::Family) {
            if let Some(side) = cube.side(field) {
                out.set(field, self.space.normal(field.index() as u8, family, side));
            }
        }
        out
    }

    fn includes_below(&self, a: NodeId, cube: &Cube, seen: &mut FxHashSet<NodeId>) -> bool {
        if a.is_terminal() {
            return a == NodeId::TRUE;
        }
        if !seen.insert(a) {
            return true;
        }
        let side = cube.get(self.level(a));
        self.segments(a).all(|(low, high, child)| {
            let met = side.is_none_or(|s| intersects(s.pairs(), &[(low, high)]));
            !met || self.includes_below(child, cube, seen)
        })
    }

    /// The values the cube's side at `level` can take, in one family, with the cube still inside the set.
    /// The answer is a plain list (not saturated); empty if no value fits.
    pub fn grow(&self, a: NodeId, family: Family, cube: &Cube, field: Field) -> Ranges {
        let a = self.within(a, family);
        let mut cube = self.normal_cube(cube, family);
        cube.clear(field);
        let domain = Ranges::full(self.space.max(field, family));
        if cube.is_empty() {
            return domain;
        }
        let level = field.index() as u8;
        self.grow_below(a, &cube, level, &mut FxHashMap::default()).intersection(&domain)
    }

    fn grow_below(&self, a: NodeId, cube: &Cube, level: u8, memo: &mut FxHashMap<NodeId, Ranges>) -> Ranges {
        let whole = Ranges::full(self.space.top(level));
        if a == NodeId::FALSE {
            return Ranges::empty();
        }
        let at = self.level(a);
        if at > level {
            let inside = self.includes_below(a, cube, &mut FxHashSet::default());
            return if inside { whole } else { Ranges::empty() };
        }
        if let Some(known) = memo.get(&a) {
            return known.clone();
        }
        let result = if at == level {
            let fits = |s: &(_, _, NodeId)| self.includes_below(s.2, cube, &mut FxHashSet::default());
            Ranges::from_pairs(self.segments(a).filter(fits).map(|s| (s.0, s.1)))
        } else {
            let side = cube.get(at);
            let mut common = whole;
            let mut done = FxHashSet::default();
            for (low, high, child) in self.segments(a) {
                let met = side.is_none_or(|s| intersects(s.pairs(), &[(low, high)]));
                if met && done.insert(child) {
                    common = common.intersection(&self.grow_below(child, cube, level, memo));
                    if common.is_empty() {
                        break;
                    }
                }
            }
            common
        };
        memo.insert(a, result.clone());
        result
    }

    /// Whether the function tests a field anywhere.
    pub fn depends_on(&self, a: NodeId, field: Field) -> bool {
        self.reachable(a).iter().any(|id| usize::from(self.level(*id)) == field.index())
    }

    /// The heaviest single-interval cube of a set in one family: at each level the child that carries most
    /// packets. `None` if the set is empty there. Sides are plain lists.
    pub fn heaviest_cube(&self, a: NodeId, family: Family) -> Option<Cube> {
        let a = self.within(a, family);
        let shares = self.shares(a, family);
        let mut cube = Cube::family(family);
        let mut id = a;
        while !id.is_terminal() {
            let at = self.level(id);
            let last = self.space.last(at, family);
            let mut best: Option<(f64, u128, u128, NodeId)> = None;
            for (low, high, child) in self.segments(id).filter(|s| s.0 <= last) {
                let high = high.min(last);
                let share = shares.get(&child).copied().unwrap_or(0.0);
                let weight = ((high - low) as f64 + 1.0) * share;
                if child != NodeId::FALSE && best.is_none_or(|b| weight > b.0) {
                    best = Some((weight, low, high, child));
                }
            }
            let (_, low, high, child) = best?;
            cube.set(*Field::ALL.get(usize::from(at))?, Ranges::span(low, high));
            id = child;
        }
        (id != NodeId::FALSE).then_some(cube)
    }
}
