//! Sets of packets as binary decision diagrams of the `oxidd` crate: an independent oracle for the interval
//! diagram and the yardstick of the benchmarks.
use bunri::analysis::diagram::{Cube, Space};
use bunri::model::*;
use oxidd::bdd::{BDDFunction, BDDManagerRef};
use oxidd::{BooleanFunction, Manager, ManagerRef};
use std::collections::BTreeMap;

/// One family's packets, one variable per bit, levels in the diagram's order, high bits first.
pub struct Bdds {
    /// Keeps the nodes alive.
    _manager: BDDManagerRef,
    /// Per level: its bits as variables, highest first.
    bits: Vec<Vec<BDDFunction>>,
    pub yes: BDDFunction,
    pub no: BDDFunction,
}

impl Bdds {
    pub fn new(space: &Space, family: Family, nodes: usize, cache: usize) -> Bdds {
        let width = |field: &Field| match field {
            Field::Family => 0,
            _ => 128 - space.max(*field, family).leading_zeros(),
        };
        let widths: Vec<u32> = Field::ALL.iter().map(width).collect();
        let manager = oxidd::bdd::new_manager(nodes, cache, 1);
        let (flat, yes, no) = manager.with_manager_exclusive(|m| {
            m.add_vars(widths.iter().sum());
            let flat: Vec<_> = (0..widths.iter().sum()).map(|v| BDDFunction::var(m, v).unwrap()).collect();
            (flat, BDDFunction::t(m), BDDFunction::f(m))
        });
        let mut rest = flat.into_iter();
        let bits = widths.iter().map(|w| rest.by_ref().take(*w as usize).collect()).collect();
        Bdds { _manager: manager, bits, yes, no }
    }

    fn at_least(&self, level: usize, low: u128) -> BDDFunction {
        let mut f = self.yes.clone();
        for (i, bit) in self.bits[level].iter().rev().enumerate() {
            f = if low >> i & 1 == 1 { bit.and(&f).unwrap() } else { bit.or(&f).unwrap() };
        }
        f
    }

    fn at_most(&self, level: usize, high: u128) -> BDDFunction {
        let mut f = self.yes.clone();
        for (i, bit) in self.bits[level].iter().rev().enumerate() {
            let clear = bit.not().unwrap();
            f = if high >> i & 1 == 1 { clear.or(&f).unwrap() } else { clear.and(&f).unwrap() };
        }
        f
    }

    /// The values `low..=high` of a level; `high` is clipped to the level's bits.
    pub fn interval(&self, level: usize, low: u128, high: u128) -> BDDFunction {
        let width = self.bits[level].len() as u32;
        let last = if width == 128 { u128::MAX } else { (1 << width) - 1 };
        if low > last {
            return self.no.clone();
        }
        let (low, high) = (low, high.min(last));
        match (low == 0, high == last) {
            (true, true) => self.yes.clone(),
            (true, false) => self.at_most(level, high),
            (false, true) => self.at_least(level, low),
            (false, false) => self.at_least(level, low).and(&self.at_most(level, high)).unwrap(),
        }
    }

    pub fn cube(&self, cube: &Cube) -> BDDFunction {
        let mut f = self.yes.clone();
        for field in Field::ALL.into_iter().skip(1).rev() {
            let Some(side) = cube.side(field) else { continue };
            let mut any = self.no.clone();
            for &(low, high) in side.pairs() {
                any = any.or(&self.interval(field.index(), low, high)).unwrap();
            }
            f = any.and(&f).unwrap();
        }
        f
    }
}

impl Bdds {
    /// Where a condition may and where it must be true.
    fn bounds(&self, when: &Expr, family: Family) -> (BDDFunction, BDDFunction) {
        let exact = |f: BDDFunction| (f.clone(), f);
        match when {
            Expr::Any => exact(self.yes.clone()),
            Expr::None => exact(self.no.clone()),
            Expr::In(Field::Family, values) => {
                exact(if values.contains(family.value()) { self.yes.clone() } else { self.no.clone() })
            }
            Expr::In(field, values) => exact(self.cube(&Cube::any().with(*field, values.clone()))),
            Expr::All(parts) => parts.iter().fold(exact(self.yes.clone()), |all, part| {
                let part = self.bounds(part, family);
                (all.0.and(&part.0).unwrap(), all.1.and(&part.1).unwrap())
            }),
            Expr::Or(parts) => parts.iter().fold(exact(self.no.clone()), |any, part| {
                let part = self.bounds(part, family);
                (any.0.or(&part.0).unwrap(), any.1.or(&part.1).unwrap())
            }),
            Expr::Not(inner) => {
                let (may, must) = self.bounds(inner, family);
                (must.not().unwrap(), may.not().unwrap())
            }
            Expr::Unknown { bound, .. } => (self.bounds(bound, family).0, self.no.clone()),
        }
    }
}

impl Bdds {
    /// The share of all points that are in the set.
    #[allow(dead_code, clippy::mutable_key_type, reason = "for the benchmarks; nodes compare by id")]
    pub fn share(&self, set: &BDDFunction) -> f64 {
        let mut known = std::collections::HashMap::new();
        share(set, &mut known)
    }
}

#[allow(clippy::mutable_key_type, reason = "nodes compare by id")]
fn share(f: &BDDFunction, known: &mut std::collections::HashMap<BDDFunction, f64>) -> f64 {
    if let Some(done) = known.get(f) {
        return *done;
    }
    let Some((yes, no)) = f.cofactors() else { return if f.satisfiable() { 1.0 } else { 0.0 } };
    let result = (share(&yes, known) + share(&no, known)) / 2.0;
    known.insert(f.clone(), result);
    result
}

/// Where a run of rules may permit, fall through, return.
#[derive(Clone)]
struct May {
    permit: BDDFunction,
    fall: BDDFunction,
    leave: BDDFunction,
}

struct Chains<'a> {
    bdds: &'a Bdds,
    family: Family,
    done: BTreeMap<ChainId, May>,
}

impl Chains<'_> {
    fn rule(&self, when: &Expr, then: Then) -> May {
        let (yes, no) = (&self.bdds.yes, &self.bdds.no);
        let (may, must) = self.bdds.bounds(when, self.family);
        let past = must.not().unwrap();
        let (permit, fall, leave) = match then {
            Then::Permit => (may, past, no.clone()),
            Then::Deny(_) => (no.clone(), past, no.clone()),
            Then::Return => (no.clone(), past, may),
            Then::Unknown(_) => (may.clone(), yes.clone(), may),
            Then::Jump(c) | Then::Goto(c) => {
                let callee = &self.done[&c];
                let out = callee.fall.or(&callee.leave).unwrap().and(&may).unwrap();
                let permit = callee.permit.and(&may).unwrap();
                match then {
                    Then::Jump(_) => (permit, past.or(&out).unwrap(), no.clone()),
                    _ => (permit, past, out),
                }
            }
            _ => (no.clone(), yes.clone(), no.clone()),
        };
        May { permit, fall, leave }
    }

    fn sequence(&self, rules: &[Rule]) -> May {
        match rules {
            [] => {
                May { permit: self.bdds.no.clone(), fall: self.bdds.yes.clone(), leave: self.bdds.no.clone() }
            }
            [rule] => self.rule(&rule.when, rule.then),
            _ => {
                let (front, back) = rules.split_at(rules.len() / 2);
                self.then(self.sequence(front), self.sequence(back))
            }
        }
    }

    fn then(&self, a: May, b: May) -> May {
        let later = |x: &BDDFunction, y: &BDDFunction| x.or(&a.fall.and(y).unwrap()).unwrap();
        May {
            permit: later(&a.permit, &b.permit),
            fall: a.fall.and(&b.fall).unwrap(),
            leave: later(&a.leave, &b.leave),
        }
    }
}

/// The packets of one family that a filter may permit, the way such engines are usually built: sets of
/// permitted, passing and returning packets per chain, composed in balanced halves. Chains jump to later ones.
pub fn may_permit(bdds: &Bdds, set: &RuleSet, family: Family) -> BDDFunction {
    let mut chains = Chains { bdds, family, done: BTreeMap::new() };
    for (i, chain) in set.chains.iter().enumerate().rev() {
        let mut body = chains.sequence(&chain.rules);
        if i == set.entry.index() {
            body.fall = body.fall.or(&body.leave).unwrap();
            body.leave = bdds.no.clone();
        }
        let end = chains.rule(&Expr::Any, chain.end.value);
        let whole = chains.then(body, end);
        chains.done.insert(ChainId(i as u32), whole);
    }
    let entry = &chains.done[&set.entry];
    entry.permit.or(&entry.fall).unwrap().or(&entry.leave).unwrap()
}
