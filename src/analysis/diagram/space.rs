//! The values each field can take in each family, and products of such values.
use crate::model::{Family, Field, Ranges};

/// Number of levels: one per field.
pub(super) const LEVELS: usize = Field::ALL.len();

/// One value per field, in [`Field::ALL`] order. An IPv4 address is its plain number.
pub type Point = [u128; Field::ALL.len()];

/// The largest value of a field in each family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// In IPv4 packets.
    pub v4: u128,
    /// In IPv6 packets.
    pub v6: u128,
}

impl Extent {
    /// The same domain in both families.
    pub const fn both(max: u128) -> Extent {
        Extent { v4: max, v6: max }
    }

    fn of(self, family: Family) -> u128 {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

/// The extents of all fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Space {
    extents: [Extent; LEVELS],
}

impl Space {
    /// The fields as the model has them.
    pub fn packets() -> Space {
        let extents = Field::ALL.map(|field| match field {
            Field::Dst | Field::Src => Extent { v4: Family::V4.max_address(), v6: Family::V6.max_address() },
            _ => Extent::both(field.max_value()),
        });
        Space { extents }
    }

    /// A space in which the fields after the family have these extents and all others only the value 0: a
    /// world small enough to enumerate.
    pub fn small(after_family: &[Extent]) -> Space {
        let mut extents = [Extent::both(0); LEVELS];
        let given = std::iter::once(Extent::both(1)).chain(after_family.iter().copied());
        extents.iter_mut().zip(given).for_each(|(slot, extent)| *slot = extent);
        Space { extents }
    }

    /// The largest value of a field in packets of a family.
    pub fn max(&self, field: Field, family: Family) -> u128 {
        self.last(field.index() as u8, family)
    }

    fn extent(&self, level: u8) -> Extent {
        self.extents.get(usize::from(level)).copied().unwrap_or(Extent::both(0))
    }

    /// The bound that closes the last edge of every node of a level.
    pub(super) fn top(&self, level: u8) -> u128 {
        let extent = self.extent(level);
        extent.v4.max(extent.v6)
    }

    /// The largest meaningful value of a level in a family.
    pub(super) fn last(&self, level: u8, family: Family) -> u128 {
        self.extent(level).of(family)
    }

    pub(super) fn same_in_both(&self, level: u8) -> bool {
        let extent = self.extent(level);
        extent.v4 == extent.v6
    }

    /// Clips to the family's domain and saturates: what ends at its last value ends at the top.
    pub(super) fn normal(&self, level: u8, family: Family, list: &Ranges) -> Ranges {
        let (last, top) = (self.last(level, family), self.top(level));
        let clipped = list.pairs().iter().filter(|x| x.0 <= last);
        Ranges::from_pairs(clipped.map(|x| (x.0, if x.1 >= last { top } else { x.1 })))
    }
}

/// A product of value sets, one per field; fields not named are free.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Cube {
    sides: [Option<Ranges>; LEVELS],
}

impl Cube {
    /// All packets.
    pub fn any() -> Cube {
        Cube::default()
    }

    /// All packets of one family.
    pub fn family(family: Family) -> Cube {
        Cube::any().with_value(Field::Family, family.value())
    }

    /// The cube with one side replaced.
    #[must_use]
    pub fn with(mut self, field: Field, values: Ranges) -> Cube {
        self.set(field, values);
        self
    }

    /// The cube with one side replaced by a single value.
    #[must_use]
    pub fn with_value(self, field: Field, value: u128) -> Cube {
        self.with(field, Ranges::one(value))
    }

    /// Replaces one side.
    pub fn set(&mut self, field: Field, values: Ranges) {
        if let Some(side) = self.sides.get_mut(field.index()) {
            *side = Some(values);
        }
    }

    /// Frees one side.
    pub fn clear(&mut self, field: Field) {
        if let Some(side) = self.sides.get_mut(field.index()) {
            *side = None;
        }
    }

    /// Narrows one side.
    pub fn narrow(&mut self, field: Field, values: &Ranges) {
        let narrowed = match self.side(field) {
            None => values.clone(),
            Some(old) => old.intersection(values),
        };
        self.set(field, narrowed);
    }

    /// One side, `None` if free.
    pub fn side(&self, field: Field) -> Option<&Ranges> {
        self.get(field.index() as u8)
    }

    /// Whether some side has no value at all.
    pub fn is_empty(&self) -> bool {
        self.sides.iter().flatten().any(Ranges::is_empty)
    }

    /// Whether the packet is in the cube.
    pub fn contains(&self, point: &Point) -> bool {
        let sides = self.sides.iter().zip(point);
        sides.into_iter().all(|(side, value)| side.as_ref().is_none_or(|s| s.contains(*value)))
    }

    pub(super) fn get(&self, level: u8) -> Option<&Ranges> {
        self.sides.get(usize::from(level)).and_then(Option::as_ref)
    }

    /// Whether the cube's family side admits a family.
    pub fn admits(&self, family: Family) -> bool {
        self.side(Field::Family).is_none_or(|list| list.contains(family.value()))
    }

    pub(super) fn depends_on_family(&self, space: &Space) -> bool {
        (1..LEVELS as u8).any(|level| self.get(level).is_some() && !space.same_in_both(level))
    }
}
