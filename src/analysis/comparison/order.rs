//! What two lists have in common, in order.

use std::collections::BTreeMap;

/// Positions of the old and of the new list that are left over when equal items are paired in order. Equal lists
/// leave nothing over; otherwise more may be left over than needed, never less: paired items stand in the same
/// order on both sides.
pub(super) fn left_over(old: &[String], new: &[String]) -> (Vec<usize>, Vec<usize>) {
    let pairs = rising(&matches(old, new));
    let rest = |len: usize, taken: Vec<usize>| {
        let mut taken = taken.into_iter().peekable();
        (0..len).filter(|at| taken.next_if_eq(at).is_none()).collect()
    };
    let (ours, theirs): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
    (rest(old.len(), ours), rest(new.len(), theirs))
}

/// The n-th occurrence of an item here with its n-th occurrence there, in the order of the old list.
fn matches(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let mut places: BTreeMap<&str, std::collections::VecDeque<usize>> = BTreeMap::new();
    for (at, item) in new.iter().enumerate() {
        places.entry(item).or_default().push_back(at);
    }
    let pair = |(at, item): (usize, &String)| Some((at, places.get_mut(item.as_str())?.pop_front()?));
    old.iter().enumerate().filter_map(pair).collect()
}

/// A longest run of pairs that rises on both sides (patience sorting).
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The pair on top of each pile, and what lay on top of the pile before when a pair was laid down.
    let mut tops: Vec<usize> = Vec::new();
    let mut below: Vec<Option<usize>> = Vec::new();
    let there = |at: &usize| pairs.get(*at).map_or(0, |p| p.1);
    for (at, pair) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| there(top) < pair.1);
        below.push(pile.checked_sub(1).and_then(|p| tops.get(p).copied()));
        match tops.get_mut(pile) {
            Some(top) => *top = at,
            None => tops.push(at),
        }
    }
    let mut out = Vec::new();
    let mut next = tops.last().copied();
    while let Some(at) = next {
        out.extend(pairs.get(at).copied());
        next = below.get(at).copied().flatten();
    }
    out.reverse();
    out
}
