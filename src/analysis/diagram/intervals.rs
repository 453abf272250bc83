//! Tests on sorted, disjoint intervals that allocate nothing; [`crate::model::Ranges`] has the rest.

/// A closed interval `(low, high)`.
pub type Interval = (u128, u128);

/// Whether any value is in both.
pub(crate) fn intersects(a: &[Interval], b: &[Interval]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|x| {
        let first = long.partition_point(|y| y.1 < x.0);
        long.get(first).is_some_and(|y| y.0 <= x.1)
    })
}

/// Whether every value of `inner` is in `outer`.
pub(crate) fn covers(outer: &[Interval], inner: &[Interval]) -> bool {
    inner.iter().all(|x| {
        let first = outer.partition_point(|y| y.1 < x.0);
        outer.get(first).is_some_and(|y| y.0 <= x.0 && x.1 <= y.1)
    })
}
