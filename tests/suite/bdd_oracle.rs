//! Sets of packets as binary decision diagrams of the `oxidd` crate: an independent oracle for the interval
//! diagram and the yardstick of the benchmarks.
use bunri::analysis::diagram::{Cube, Space};
use bunri::model::{Family, Field};
use oxidd::bdd::{BDDFunction, BDDManagerRef};
use oxidd::{BooleanFunction, Manager, ManagerRef};

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
