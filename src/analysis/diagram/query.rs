//! Questions that build nothing.
use super::intervals::{intersection, normalized};
use super::{Cube, Diagram, Intervals, Level, NodeId, Point};
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

    /// Some packet of a set, the lowest in level order; fields the set does not test are 0.
    pub fn pick(&self, a: NodeId) -> Option<Point> {
        let mut point = [0; Level::COUNT];
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
    pub fn node(&self, id: NodeId) -> Option<(Level, Vec<(u128, u128, NodeId)>)> {
        if id.is_terminal() {
            return None;
        }
        Some((Level::new(self.level(id))?, self.segments(id).collect()))
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
    pub fn count(&self, a: NodeId, family: u8) -> f64 {
        let a = self.families(a)[usize::from(family.min(1))];
        let shares = self.shares(a, family);
        let domain: f64 =
            (1..self.space.len()).map(|level| self.space.last(level, family) as f64 + 1.0).product();
        shares.get(&a).copied().unwrap_or(0.0) * domain
    }

    /// For each node of a set below the family level, the share of its packets that are in the set.
    pub(super) fn shares(&self, a: NodeId, family: u8) -> FxHashMap<NodeId, f64> {
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
    pub fn ranges_of(&self, a: NodeId, family: u8, level: Level) -> Intervals {
        let a = self.families(a)[usize::from(family.min(1))];
        let (wanted, last) = (level.index(), self.space.last(level.index(), family));
        let mut seen = FxHashSet::default();
        let mut stack = vec![a];
        let mut out = Vec::new();
        while let Some(id) = stack.pop() {
            if id == NodeId::FALSE || !seen.insert(id) {
                continue;
            }
            let at = self.level(id);
            if at > wanted {
                return vec![(0, last)];
            }
            if at < wanted {
                stack.extend(&self.children[self.edge_range(id)]);
                continue;
            }
            let inside = self.segments(id).filter(|s| s.2 != NodeId::FALSE && s.0 <= last);
            out.extend(inside.map(|s| (s.0, s.1.min(last))));
        }
        normalized(out)
    }

    /// Whether the set has every packet of the cube in one family. The cube's family side is ignored.
    pub fn includes_cube(&self, a: NodeId, family: u8, cube: &Cube) -> bool {
        let a = self.families(a)[usize::from(family.min(1))];
        self.includes_below(a, &self.normal_cube(cube, family), &mut FxHashSet::default())
    }

    /// The cube in the family's normal form, without its family side.
    pub(super) fn normal_cube(&self, cube: &Cube, family: u8) -> Cube {
        let mut out = Cube::any();
        for level in Level::all().filter(|l| (1..self.space.len()).contains(&l.index())) {
            if let Some(side) = cube.side(level) {
                out.set(level, self.space.normal(level.index(), family, side));
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
            let met = side.is_none_or(|s| super::intervals::intersects(s, &[(low, high)]));
            !met || self.includes_below(child, cube, seen)
        })
    }

    /// The values the cube's side at `level` can take, in one family, with the cube still inside the set.
    /// The answer is a plain list (not saturated); empty if no value fits.
    pub fn grow(&self, a: NodeId, family: u8, cube: &Cube, level: Level) -> Intervals {
        let last = self.space.last(level.index(), family);
        let a = self.families(a)[usize::from(family.min(1))];
        let cube = self.normal_cube(cube, family);
        let grown = self.grow_below(a, &cube, level.index(), &mut FxHashMap::default());
        let inside = grown.iter().filter(|x| x.0 <= last).map(|x| (x.0, x.1.min(last)));
        inside.collect()
    }

    fn grow_below(
        &self,
        a: NodeId,
        cube: &Cube,
        level: u8,
        memo: &mut FxHashMap<NodeId, Intervals>,
    ) -> Intervals {
        let whole = (0, self.space.top(level));
        if a == NodeId::FALSE {
            return Vec::new();
        }
        let at = self.level(a);
        if at > level {
            let inside = self.includes_below(a, cube, &mut FxHashSet::default());
            return if inside { vec![whole] } else { Vec::new() };
        }
        if let Some(known) = memo.get(&a) {
            return known.clone();
        }
        let result = if at == level {
            let fits = |s: &(_, _, NodeId)| self.includes_below(s.2, cube, &mut FxHashSet::default());
            normalized(self.segments(a).filter(fits).map(|s| (s.0, s.1)).collect())
        } else {
            let side = cube.get(at);
            let mut common = vec![whole];
            let mut done = FxHashSet::default();
            for (low, high, child) in self.segments(a) {
                let met = side.is_none_or(|s| super::intervals::intersects(s, &[(low, high)]));
                if met && done.insert(child) {
                    common = intersection(&common, &self.grow_below(child, cube, level, memo));
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
    pub fn depends_on(&self, a: NodeId, level: Level) -> bool {
        self.reachable(a).iter().any(|id| self.level(*id) == level.index())
    }

    /// The heaviest single-interval cube of a set in one family: at each level the child that carries most
    /// packets. `None` if the set is empty there. Sides are plain lists.
    pub fn heaviest_cube(&self, a: NodeId, family: u8) -> Option<Cube> {
        let a = self.families(a)[usize::from(family.min(1))];
        let shares = self.shares(a, family);
        let mut cube = Cube::any().with_value(Level::FAMILY, u128::from(family));
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
            cube.set(Level::new(at)?, vec![(low, high)]);
            id = child;
        }
        (id != NodeId::FALSE).then_some(cube)
    }
}
