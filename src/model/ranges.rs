//! Sets of numbers as sorted, disjoint, non-adjacent closed intervals.

/// A set of `u128` values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ranges(Vec<(u128, u128)>);

impl Ranges {
    /// The empty set.
    pub fn empty() -> Self {
        Ranges(Vec::new())
    }
    /// Every value up to and including `max`.
    pub fn full(max: u128) -> Self {
        Ranges(vec![(0, max)])
    }
    /// One value.
    pub fn one(value: u128) -> Self {
        Ranges(vec![(value, value)])
    }
    /// `low..=high`; empty when `low > high`.
    pub fn span(low: u128, high: u128) -> Self {
        if low > high { Ranges::empty() } else { Ranges(vec![(low, high)]) }
    }
    /// The union of closed intervals in any order; reversed pairs are dropped.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(a, b)| a <= b).collect();
        pairs.sort_unstable();
        let mut out: Vec<(u128, u128)> = Vec::with_capacity(pairs.len());
        for (a, b) in pairs {
            match out.last_mut() {
                Some(last) if a <= last.1 || a == last.1 + 1 => last.1 = last.1.max(b),
                _ => out.push((a, b)),
            }
        }
        Ranges(out)
    }
    /// Values `v` with `v & mask == value & mask`, within `0..=max` (`max + 1` a power of two). `None` if that
    /// takes more than `cap` intervals (a mask with many holes).
    pub fn from_mask(value: u128, mask: u128, max: u128, cap: usize) -> Option<Self> {
        let free = max & !mask;
        let low_free = free.trailing_ones();
        let low = if low_free >= 128 { u128::MAX } else { (1u128 << low_free) - 1 };
        let holes = free & !low;
        if holes.count_ones() >= usize::BITS || 1usize.checked_shl(holes.count_ones())? > cap {
            return None;
        }
        let mut pairs = Vec::new();
        let mut choice = 0u128;
        loop {
            let base = (value & mask & max) | choice;
            pairs.push((base, base | (low & max)));
            // The next subset of `holes`.
            choice = choice.wrapping_sub(holes) & holes;
            if choice == 0 {
                return Some(Ranges::from_pairs(pairs));
            }
        }
    }

    /// The intervals, ascending.
    pub fn pairs(&self) -> &[(u128, u128)] {
        &self.0
    }
    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether `value` is in the set.
    pub fn contains(&self, value: u128) -> bool {
        let at = self.0.partition_point(|(_, b)| *b < value);
        self.0.get(at).is_some_and(|(a, _)| *a <= value)
    }
    /// The smallest value.
    pub fn first(&self) -> Option<u128> {
        self.0.first().map(|p| p.0)
    }
    /// Union.
    #[must_use]
    pub fn union(&self, other: &Ranges) -> Ranges {
        Ranges::from_pairs(self.0.iter().chain(&other.0).copied())
    }
    /// Intersection.
    #[must_use]
    pub fn intersection(&self, other: &Ranges) -> Ranges {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut out = Vec::new();
        while let (Some(&&(a, b)), Some(&&(c, d))) = (left.peek(), right.peek()) {
            if a.max(c) <= b.min(d) {
                out.push((a.max(c), b.min(d)));
            }
            if b < d {
                left.next()
            } else {
                right.next()
            };
        }
        Ranges(out)
    }
    /// Values of `0..=max` that are not in the set.
    #[must_use]
    pub fn complement(&self, max: u128) -> Ranges {
        let mut out = Vec::new();
        let mut next = Some(0u128);
        for (a, b) in &self.0 {
            if let Some(n) = next
                && *a > n
            {
                out.push((n, (*a - 1).min(max)));
            }
            next = b.checked_add(1).filter(|n| *n <= max);
        }
        if let Some(n) = next {
            out.push((n, max));
        }
        Ranges::from_pairs(out)
    }
    /// Values of `self` that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Ranges) -> Ranges {
        self.intersection(&other.complement(u128::MAX))
    }
    /// Whether every value of `self` is in `other`.
    pub fn is_subset(&self, other: &Ranges) -> bool {
        self.minus(other).is_empty()
    }
    /// Whether the sets share a value.
    pub fn overlaps(&self, other: &Ranges) -> bool {
        !self.intersection(other).is_empty()
    }
}
