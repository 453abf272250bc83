//! From a set of branches to what is certain: "some choice, whatever is not known".

use std::collections::{BTreeMap, BTreeSet};

/// How certain it is that a packet meets a condition (SEMANTICS 7). `K` names choices, `V` their values, `D` the
/// causes of ignorance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certainty<K, V, D> {
    /// Whatever is chosen and however the unknown turns out.
    Always,
    /// With these choices, however the unknown turns out. No listed choice can be left out.
    UnderChoices(BTreeMap<K, V>),
    /// Some completion meets it, but no choice was found with which all do. The causes on the way of the best
    /// branch that meets it and of one that does not; empty if only the limits stood in the way.
    Possibly(BTreeSet<D>),
    /// No branch meets it.
    Never,
}

impl<K, V, D> Certainty<K, V, D> {
    /// Whether a violation may rest on it.
    pub fn is_certain(&self) -> bool {
        matches!(self, Certainty::Always | Certainty::UnderChoices(_))
    }
}

/// A branch as the search sees it.
pub(super) struct Case<'a, K, V, D> {
    /// The choices it took. A choice is named by the point where it is taken, so that every branch at that point
    /// offers the same values.
    pub choices: &'a BTreeMap<K, V>,
    /// Whether it meets the condition.
    pub met: bool,
    /// The causes of ignorance on its way.
    pub doubts: BTreeSet<D>,
    /// How many unknown things it takes as true.
    pub assumed: usize,
}

/// A value of a choice.
pub(super) trait Value: Ord + Clone {
    /// The other value where there are two. Ways that did not need it are not told apart from those with it, so it
    /// may be missing among the branches.
    fn other(&self) -> Option<Self>;
}

/// Search steps before the answer is `Possibly`.
const STEPS: usize = 20_000;

/// What is certain, and the branch that shows it (the one that fits and assumes least).
///
/// The branches must be exhaustive: for any value of every choice, the branches that agree with it are all the
/// completions of the unknown. So a choice is good if no branch that fails agrees with it.
pub(super) fn judge<K, V, D>(cases: &[Case<'_, K, V, D>]) -> (Certainty<K, V, D>, Option<usize>)
where
    K: Ord + Clone,
    V: Value,
    D: Ord + Clone,
{
    let mut met: Vec<(usize, &Case<'_, K, V, D>)> = cases.iter().enumerate().filter(|(_, c)| c.met).collect();
    met.sort_by_key(|(at, c)| (c.assumed, c.doubts.len(), c.choices.len(), *at));
    let failing: Vec<&Case<'_, K, V, D>> = cases.iter().filter(|c| !c.met).collect();
    let Some((first, best)) = met.first().copied() else { return (Certainty::Never, None) };
    if failing.is_empty() {
        return (Certainty::Always, Some(first));
    }
    let values = domains(cases);
    let mut steps = STEPS;
    for (_, case) in &met {
        if let Some(found) = extend(case.choices, &failing, &values, &mut steps) {
            let shown = met.iter().find(|(_, c)| agree(c.choices, &found)).map(|(at, _)| *at);
            return (Certainty::UnderChoices(needed(found, &failing)), shown);
        }
    }
    let mut causes = best.doubts.clone();
    let against = failing.iter().filter(|f| agree(f.choices, best.choices));
    if let Some(against) = against.min_by_key(|f| f.doubts.len()) {
        causes.extend(against.doubts.iter().cloned());
    }
    (Certainty::Possibly(causes), Some(first))
}

/// The values of every choice.
fn domains<K: Ord + Clone, V: Value, D>(cases: &[Case<'_, K, V, D>]) -> BTreeMap<K, BTreeSet<V>> {
    let mut out: BTreeMap<K, BTreeSet<V>> = BTreeMap::new();
    for (key, value) in cases.iter().flat_map(|c| c.choices) {
        let seen = out.entry(key.clone()).or_default();
        seen.insert(value.clone());
        seen.extend(value.other());
    }
    out
}

/// Whether no choice has two values.
fn agree<K: Ord, V: PartialEq>(a: &BTreeMap<K, V>, b: &BTreeMap<K, V>) -> bool {
    a.iter().all(|(key, value)| b.get(key).is_none_or(|other| other == value))
}

/// More choices beside `start`, until no failing branch agrees with them.
fn extend<K: Ord + Clone, V: Value, D>(
    start: &BTreeMap<K, V>,
    failing: &[&Case<'_, K, V, D>],
    values: &BTreeMap<K, BTreeSet<V>>,
    steps: &mut usize,
) -> Option<BTreeMap<K, V>> {
    let mut open = vec![start.clone()];
    while let Some(chosen) = open.pop() {
        *steps = steps.checked_sub(1)?;
        let Some(against) = failing.iter().find(|f| agree(f.choices, &chosen)) else { return Some(chosen) };
        for (key, avoid) in against.choices.iter().filter(|(key, _)| !chosen.contains_key(key)) {
            for value in values.get(key).into_iter().flatten().filter(|v| *v != avoid) {
                let mut more = chosen.clone();
                more.insert(key.clone(), value.clone());
                open.push(more);
            }
        }
    }
    None
}

/// The choices without those that exclude no failing branch.
fn needed<K: Ord + Clone, V: Value, D>(
    mut chosen: BTreeMap<K, V>,
    failing: &[&Case<'_, K, V, D>],
) -> BTreeMap<K, V> {
    for key in chosen.keys().cloned().collect::<Vec<_>>() {
        let Some(value) = chosen.remove(&key) else { continue };
        if failing.iter().any(|f| agree(f.choices, &chosen)) {
            chosen.insert(key, value);
        }
    }
    chosen
}
