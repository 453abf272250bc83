//! Sets of values of one field: sorted, disjoint, non-adjacent closed intervals.

/// A closed interval `(low, high)`.
pub type Interval = (u128, u128);
/// Ascending, disjoint, non-adjacent.
pub type Intervals = Vec<Interval>;

/// Sorts and joins any list of intervals; drops empty ones.
pub fn normalized(mut list: Intervals) -> Intervals {
    list.retain(|(low, high)| low <= high);
    list.sort_unstable();
    let mut joined: Intervals = Vec::with_capacity(list.len());
    for (low, high) in list {
        match joined.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => joined.push((low, high)),
        }
    }
    joined
}

/// The values in both.
pub fn intersection(a: &[Interval], b: &[Interval]) -> Intervals {
    let mut out = Vec::new();
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        let (low, high) = (x.0.max(y.0), x.1.min(y.1));
        if low <= high {
            out.push((low, high));
        }
        if x.1 < y.1 {
            left.next()
        } else {
            right.next()
        };
    }
    out
}

/// Whether any value is in both.
pub fn intersects(a: &[Interval], b: &[Interval]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|x| {
        let first = long.partition_point(|y| y.1 < x.0);
        long.get(first).is_some_and(|y| y.0 <= x.1)
    })
}

/// Whether every value of `inner` is in `outer`.
pub fn covers(outer: &[Interval], inner: &[Interval]) -> bool {
    inner.iter().all(|x| {
        let first = outer.partition_point(|y| y.1 < x.0);
        outer.get(first).is_some_and(|y| y.0 <= x.0 && x.1 <= y.1)
    })
}

/// The values of `0..=max` not in the list.
pub fn complement(list: &[Interval], max: u128) -> Intervals {
    let mut out = Vec::with_capacity(list.len() + 1);
    let mut next = 0;
    for &(low, high) in list {
        if low > max {
            break;
        }
        if low > next {
            out.push((next, low - 1));
        }
        if high >= max {
            return out;
        }
        next = high + 1;
    }
    out.push((next, max));
    out
}

/// Whether the value is in the list.
pub fn contains(list: &[Interval], value: u128) -> bool {
    let first = list.partition_point(|x| x.1 < value);
    list.get(first).is_some_and(|x| x.0 <= value)
}
