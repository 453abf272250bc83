//! Leaves out, before any diagram exists, the rules that no arriving packet can match.
//!
//! A [`Region`] over-approximates what can *arrive at the rule set*, never the question's own source and target
//! (SEMANTICS 10). Inside it the sliced rules mean exactly what they meant; outside they mean nothing.
use std::borrow::Cow;

use super::diagram::intervals::{covers, intersects};
use super::diagram::{BudgetExceeded, Cube};
use super::set::{Engine, PacketSet};
use crate::model::{Chain, Expr, Family, Field, Ranges, Rule, RuleSet};

/// Expressions nested deeper than this are kept as they are.
pub(super) const DEPTH: usize = 64;

/// Plain ranges per family; `None` where nothing of the family arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    sides: [Option<Cube>; 2],
}

impl Region {
    /// Anything can arrive.
    pub fn everything() -> Region {
        Region { sides: [Some(Cube::any()), Some(Cube::any())] }
    }

    /// Separate cubes per family. Their family sides are ignored.
    pub fn new(v4: Option<Cube>, v6: Option<Cube>) -> Region {
        let side = |cube: Option<Cube>| {
            cube.filter(|c| !c.is_empty()).map(|mut c| {
                c.clear(Field::Family);
                c
            })
        };
        Region { sides: [side(v4), side(v6)] }
    }

    /// The ranges each field takes in a set.
    pub fn around(engine: &Engine, set: PacketSet) -> Region {
        let side = |family: Family| {
            let mut cube = Cube::any();
            for field in Field::ALL.into_iter().filter(|f| *f != Field::Family) {
                let values = engine.values(set, family, field);
                if values.is_empty() {
                    return None;
                }
                if values != Ranges::full(engine.diagram.space().max(field, family)) {
                    cube.set(field, values);
                }
            }
            (!engine.diagram.is_false_within(set.0, family)).then_some(cube)
        };
        Region { sides: Family::ALL.map(side) }
    }

    /// The same region, free in every field but one.
    #[must_use]
    pub fn only(&self, field: Field) -> Region {
        let [v4, v6] = &self.sides;
        let free = |side: &Option<Cube>| {
            let side = side.as_ref()?;
            Some(side.side(field).map_or_else(Cube::any, |values| Cube::any().with(field, values.clone())))
        };
        Region { sides: [free(v4), free(v6)] }
    }

    /// A copy of a rule set with the rules that can match in the region, conditions as they are.
    pub fn cut(&self, rules: &RuleSet) -> RuleSet {
        let chain = |c: &Chain| Chain {
            name: c.name.clone(),
            rules: c.rules.iter().filter(|r| !self.misses(&r.when)).cloned().collect(),
            end: c.end,
        };
        let chains = rules.chains.iter().map(chain).collect();
        RuleSet { name: rules.name.clone(), kind: rules.kind, chains, entry: rules.entry }
    }

    /// The cube of one family.
    pub fn side(&self, family: Family) -> Option<&Cube> {
        match (family, &self.sides) {
            (Family::V4, [side, _]) | (Family::V6, [_, side]) => side.as_ref(),
        }
    }

    /// Whether the region excludes nothing.
    pub fn is_everything(&self) -> bool {
        self.sides.iter().all(|side| side.as_ref() == Some(&Cube::any()))
    }

    fn families(&self) -> impl Iterator<Item = (Family, &Cube)> {
        Family::ALL.into_iter().zip(&self.sides).filter_map(|(f, side)| Some((f, side.as_ref()?)))
    }

    /// Whether no packet of the region can match, as far as ranges tell.
    fn misses(&self, when: &Expr) -> bool {
        self.families().all(|(family, cube)| misses(when, family, cube, 0))
    }

    /// A shorter condition that means the same inside the region.
    fn simplify(&self, when: &Expr, depth: usize) -> Expr {
        if depth > DEPTH {
            return when.clone();
        }
        match when {
            Expr::Any | Expr::None => when.clone(),
            Expr::All(parts) => Expr::all(parts.iter().map(|p| self.simplify(p, depth + 1))),
            Expr::Or(parts) => Expr::any_of(parts.iter().map(|p| self.simplify(p, depth + 1))),
            Expr::Not(inner) => self.simplify(inner, depth + 1).negate(),
            Expr::In(field, values) => self.simplify_test(*field, values),
            Expr::Unknown { cause, bound } => match self.simplify(bound, depth + 1) {
                Expr::None => Expr::None,
                bound => Expr::unknown(*cause, bound),
            },
        }
    }

    fn simplify_test(&self, field: Field, values: &Ranges) -> Expr {
        let mut kept = Ranges::empty();
        let mut always = true;
        for (family, cube) in self.families() {
            let own = Ranges::one(family.value());
            let side = if field == Field::Family { Some(&own) } else { cube.side(field) };
            match side {
                None => {
                    always = false;
                    kept = values.clone();
                }
                Some(side) => {
                    always &= covers(values.pairs(), side.pairs());
                    kept = kept.union(&values.intersection(side));
                }
            }
        }
        match (always, kept.is_empty()) {
            (true, _) => Expr::Any,
            (_, true) => Expr::None,
            _ => Expr::In(field, kept),
        }
    }
}

impl Engine {
    /// The packets of a region.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn arriving(&mut self, region: &Region) -> Result<PacketSet, BudgetExceeded> {
        let mut parts = Vec::new();
        for (family, cube) in region.families() {
            parts.push(self.cube(&cube.clone().with_value(Field::Family, family.value()))?);
        }
        self.or_all(parts)
    }
}

fn misses(when: &Expr, family: Family, cube: &Cube, depth: usize) -> bool {
    if depth > DEPTH {
        return false;
    }
    match when {
        Expr::None => true,
        Expr::Any | Expr::Not(_) => false,
        Expr::All(parts) => parts.iter().any(|p| misses(p, family, cube, depth + 1)),
        Expr::Or(parts) => parts.iter().all(|p| misses(p, family, cube, depth + 1)),
        Expr::Unknown { bound, .. } => misses(bound, family, cube, depth + 1),
        Expr::In(Field::Family, values) => !values.contains(family.value()),
        Expr::In(field, values) => {
            values.is_empty() || cube.side(*field).is_some_and(|s| !intersects(s.pairs(), values.pairs()))
        }
    }
}

/// A rule that may match in the region, with a condition that is equivalent there.
#[derive(Debug, Clone)]
pub struct Sliced<'a> {
    /// The rule as the device has it.
    pub rule: &'a Rule,
    /// Its place in its chain.
    pub index: usize,
    /// When it matches, inside the region.
    pub when: Cow<'a, Expr>,
}

/// The rules of a chain that can match in the region, in order.
pub fn slice<'a>(chain: &'a Chain, region: &Region) -> Vec<Sliced<'a>> {
    let whole = region.is_everything();
    let rules = chain.rules.iter().enumerate();
    let kept = rules.filter_map(|(index, rule)| {
        if whole {
            return Some(Sliced { rule, index, when: Cow::Borrowed(&rule.when) });
        }
        if region.misses(&rule.when) {
            return None;
        }
        match region.simplify(&rule.when, 0) {
            Expr::None => None,
            when => Some(Sliced { rule, index, when: Cow::Owned(when) }),
        }
    });
    kept.collect()
}
