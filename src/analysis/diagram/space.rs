//! The levels of the diagram, in order, and the values each can take.
use super::intervals::{Interval, Intervals, normalized};

/// One header or scratch field, by its place in the order: addresses before services, each interface beside
/// its address (10-70 times faster zone questions than services first).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Level(u8);

impl Level {
    /// 0 = IPv4, 1 = IPv6.
    pub const FAMILY: Level = Level(0);
    /// Destination address.
    pub const DST: Level = Level(1);
    /// Egress interface of the device at hand.
    pub const EGRESS: Level = Level(2);
    /// Source address.
    pub const SRC: Level = Level(3);
    /// Ingress interface of the device at hand.
    pub const INGRESS: Level = Level(4);
    /// IP protocol number.
    pub const PROTO: Level = Level(5);
    /// Destination port; 0 where the protocol has none.
    pub const DPORT: Level = Level(6);
    /// Source port; 0 where the protocol has none.
    pub const SPORT: Level = Level(7);
    /// `type << 8 | code`; 0 unless ICMP or ICMPv6.
    pub const ICMP: Level = Level(8);
    /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128; 0 unless TCP.
    pub const FLAGS: Level = Level(9);
    /// Connection state at the device at hand.
    pub const STATE: Level = Level(10);
    /// Packet mark.
    pub const MARK: Level = Level(11);
    /// Zone or other scratch value.
    pub const ZONE: Level = Level(12);
    /// How many levels a space can have.
    pub const COUNT: usize = 13;

    /// The level at a place of the order; `None` past [`Level::COUNT`].
    pub fn new(index: u8) -> Option<Level> {
        (usize::from(index) < Level::COUNT).then_some(Level(index))
    }

    /// All levels, top down.
    pub fn all() -> impl DoubleEndedIterator<Item = Level> {
        (0..Level::COUNT as u8).map(Level)
    }

    /// Place in the order, 0 on top.
    pub const fn index(self) -> u8 {
        self.0
    }

    /// Place in the order, for arrays by level.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

/// One value per level, in level order.
pub type Point = [u128; Level::COUNT];

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

    fn of(self, family: u8) -> u128 {
        if family == 0 { self.v4 } else { self.v6 }
    }
}

/// The levels in use and their extents. Level 0 is always the family.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Space {
    extents: Vec<Extent>,
}

impl Space {
    /// The packets of SEMANTICS rule 15 with the scratch fields of one device.
    pub fn packets() -> Space {
        let address = Extent { v4: u128::from(u32::MAX), v6: u128::MAX };
        let (byte, port) = (Extent::both(255), Extent::both(65_535));
        let wide = Extent::both(u128::from(u32::MAX));
        Space {
            extents: vec![
                Extent::both(1),
                address,
                port,
                address,
                port,
                byte,
                port,
                port,
                port,
                byte,
                byte,
                wide,
                wide,
            ],
        }
    }

    /// A space of other levels below the family, at most twelve; for small worlds that can be enumerated.
    pub fn small(below_family: &[Extent]) -> Space {
        let mut extents = vec![Extent::both(1)];
        extents.extend(below_family.iter().take(Level::COUNT - 1));
        Space { extents }
    }

    /// Number of levels.
    pub fn len(&self) -> u8 {
        self.extents.len() as u8
    }

    /// Never: the family is always there.
    pub fn is_empty(&self) -> bool {
        self.extents.is_empty()
    }

    fn extent(&self, level: u8) -> Extent {
        self.extents.get(usize::from(level)).copied().unwrap_or(Extent::both(0))
    }

    /// The largest value of a level in packets of a family (0 or 1).
    pub fn max(&self, level: Level, family: u8) -> u128 {
        self.extent(level.index()).of(family)
    }

    /// The bound that closes the last edge of every node of a level.
    pub(super) fn top(&self, level: u8) -> u128 {
        let extent = self.extent(level);
        extent.v4.max(extent.v6)
    }

    /// The largest meaningful value of a level in a family.
    pub(super) fn last(&self, level: u8, family: u8) -> u128 {
        self.extent(level).of(family)
    }

    pub(super) fn same_in_both(&self, level: u8) -> bool {
        let extent = self.extent(level);
        extent.v4 == extent.v6
    }

    /// Clips to the family's domain and saturates: what ends at its last value ends at the top.
    pub(super) fn normal(&self, level: u8, family: u8, list: &[Interval]) -> Intervals {
        let (last, top) = (self.last(level, family), self.top(level));
        let clipped = list.iter().filter(|x| x.0 <= last).map(|&(low, high)| {
            let high = if high >= last { top } else { high };
            (low, high)
        });
        normalized(clipped.collect())
    }
}

/// A product of value sets, one per level; levels not named are free.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Cube {
    sides: [Option<Intervals>; Level::COUNT],
}

impl Cube {
    /// All packets.
    pub fn any() -> Cube {
        Cube::default()
    }

    /// The cube with one side replaced. Any list of intervals; `&[]` makes the cube empty.
    #[must_use]
    pub fn with(mut self, level: Level, intervals: &[Interval]) -> Cube {
        self.set(level, intervals.to_vec());
        self
    }

    /// The cube with one side replaced by a single value.
    #[must_use]
    pub fn with_value(self, level: Level, value: u128) -> Cube {
        self.with(level, &[(value, value)])
    }

    /// Replaces one side.
    pub fn set(&mut self, level: Level, intervals: Intervals) {
        if let Some(side) = self.sides.get_mut(level.at()) {
            *side = Some(normalized(intervals));
        }
    }

    /// Frees one side.
    pub fn clear(&mut self, level: Level) {
        if let Some(side) = self.sides.get_mut(level.at()) {
            *side = None;
        }
    }

    /// Narrows one side.
    pub fn narrow(&mut self, level: Level, intervals: &[Interval]) {
        let list = normalized(intervals.to_vec());
        let narrowed = match self.side(level) {
            None => list,
            Some(old) => super::intervals::intersection(old, &list),
        };
        self.set(level, narrowed);
    }

    /// One side, `None` if free.
    pub fn side(&self, level: Level) -> Option<&[Interval]> {
        self.get(level.index())
    }

    /// Whether some side has no value at all.
    pub fn is_empty(&self) -> bool {
        self.sides.iter().flatten().any(Vec::is_empty)
    }

    pub(super) fn get(&self, level: u8) -> Option<&[Interval]> {
        self.sides.get(usize::from(level)).and_then(Option::as_deref)
    }

    /// Which families the cube has packets in, by its family side alone.
    pub fn families(&self) -> [bool; 2] {
        match self.side(Level::FAMILY) {
            None => [true, true],
            Some(list) => [super::intervals::contains(list, 0), super::intervals::contains(list, 1)],
        }
    }

    pub(super) fn depends_on_family(&self, space: &Space) -> bool {
        (1..space.len()).any(|level| self.get(level).is_some() && !space.same_in_both(level))
    }
}
