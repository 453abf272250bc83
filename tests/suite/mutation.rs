//! A healthy site with one line damaged must not still be called healthy, unless the damage cannot matter.
//!
//! Every line of every configuration and of the topology is deleted, garbled, doubled, and the file is cut there. A
//! site that still holds afterwards must stand these tests:
//!
//! * **Crossing.** The concrete evaluator, which shares nothing with the symbolic engine, finds no way across for the
//!   boundary packets of the original and of the damaged rules, whatever is unknown.
//! * **Lost words.** A word that no statement can begin with must not leave its line "modelled" or "inert": then the
//!   reader would have dropped what it did not understand.
//! * **Lost values.** A garbled value must not be read as the original, if the line matters at all.
//! * **Must be noticed.** Damage of the kinds in [`must_be_noticed`] always costs the verdict.
//!
//! The other way round, changes of comments, names and blank lines must keep the verdict. Plain test runs take a
//! fixed sample; `BUNRI_FULL=1` takes everything (hours without optimisation), `BUNRI_SAMPLE=7` another sample.

pub mod damage;
mod flows;
mod holes;
pub mod judge;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use damage::Files;
use damage::{Damage, Kind};
use judge::{Judge, Outcome};
pub use judge::{Memory, files_of};

/// What became of the damages of one kind.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Counts {
    all: usize,
    /// The model is the same.
    same: usize,
    /// Another model that holds as well.
    holds: usize,
    undetermined: usize,
    violated: usize,
    error: usize,
}

impl Counts {
    fn noticed(&self) -> usize {
        self.undetermined + self.violated + self.error
    }
}

fn run(site: &str, one_in: u64) -> BTreeMap<Kind, Counts> {
    let full = std::env::var_os("BUNRI_FULL").is_some();
    let judge = Judge::new(site);
    let all = damage::every(judge.files());
    let sample: u64 = std::env::var("BUNRI_SAMPLE").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let drawn = |d: &Damage| full || d.lot() % one_in == sample % one_in;
    let chosen: Vec<Damage> = all.into_iter().filter(drawn).collect();
    let next = AtomicUsize::new(0);
    let found: Mutex<(BTreeMap<Kind, Counts>, Vec<(usize, String)>)> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(damage) = chosen.get(n) else { break };
                    let (outcome, wrong) = judge.try_damage(damage, full);
                    let mut found = found.lock().unwrap();
                    let counts = found.0.entry(damage.kind).or_default();
                    counts.all += 1;
                    match outcome {
                        Outcome::Same => counts.same += 1,
                        Outcome::Holds => counts.holds += 1,
                        Outcome::Undetermined => counts.undetermined += 1,
                        Outcome::Violated => counts.violated += 1,
                        Outcome::Error => counts.error += 1,
                    }
                    found.1.extend(wrong.into_iter().map(|w| (n, format!("{}: {w}", damage.describe()))));
                }
            });
        }
    });
    let (counts, mut wrong) = found.into_inner().unwrap();
    wrong.sort();
    for (kind, c) in &counts {
        println!(
            "{site} {kind:?}: {} damaged, {} same model, {} other model holds, {} undetermined, {} violated, {} error",
            c.all, c.same, c.holds, c.undetermined, c.violated, c.error
        );
    }
    let list: Vec<String> = wrong.into_iter().map(|w| w.1).collect();
    assert!(list.is_empty(), "{} survivors\n{}", list.len(), list.join("\n"));
    counts
}

fn total(counts: &BTreeMap<Kind, Counts>, of: impl Fn(&Counts) -> usize) -> usize {
    counts.values().map(of).sum()
}

#[test]
fn a_damaged_town_is_not_called_healthy() {
    let counts = run("wakaba", 200);
    let (all, noticed) = (total(&counts, |c| c.all), total(&counts, Counts::noticed));
    assert!(all > 50, "{all} damages are too few");
    assert!(noticed * 4 > all, "only {noticed} of {all} noticed");
}

#[test]
fn damage_amid_noise_is_not_overlooked() {
    let counts = run("noisy-holds", 40);
    let (all, noticed) = (total(&counts, |c| c.all), total(&counts, Counts::noticed));
    assert!(all > 50, "{all} damages are too few");
    assert!(noticed * 4 > all, "only {noticed} of {all} noticed");
}

#[test]
fn damaged_switches_are_not_called_healthy() {
    for (site, one_in) in [("ios-floor", 60), ("ios-core", 60)] {
        let counts = run(site, one_in);
        let (all, noticed) = (total(&counts, |c| c.all), total(&counts, Counts::noticed));
        assert!(all > 15, "{site}: {all} damages are too few");
        assert!(noticed * 4 > all, "{site}: only {noticed} of {all} noticed");
    }
}

/// Damage that cannot matter: the verdict must stay, or every export would be "undetermined".
#[test]
fn harmless_changes_keep_the_verdict() {
    let full = std::env::var_os("BUNRI_FULL").is_some();
    for (site, one_in, least) in [("wakaba", 60, 10), ("noisy-holds", 9, 10)] {
        let judge = Judge::new(site);
        let all = damage::harmless(judge.files());
        let chosen: Vec<_> = all.into_iter().filter(|d| full || d.lot().is_multiple_of(one_in)).collect();
        assert!(chosen.len() >= least, "{site}: only {} harmless changes", chosen.len());
        for change in chosen {
            let (outcome, _) = judge.try_damage(&change, false);
            assert!(matches!(outcome, Outcome::Same | Outcome::Holds), "{}: {outcome:?}", change.describe());
        }
    }
}

/// The harness itself: real holes are found, by the concrete evaluator alone as well.
#[test]
fn the_judge_sees_real_holes() {
    for (healthy, broken) in [("wakaba", "wakaba-any-rule"), ("wakaba", "wakaba-browser-backdoor")] {
        let crossing = Judge::new(healthy).crosses_in(&judge::read_site(broken), usize::MAX);
        assert!(crossing.is_some(), "{broken}: no crossing found");
    }
    assert_eq!(Judge::new("wakaba").crosses_in(&judge::read_site("wakaba"), 3_000), None);
}
