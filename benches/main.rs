//! Compile and query times on generated rule sets, with the same sets through `oxidd` in the same run.
//!
//! `cargo bench` prints first the ratios (medians of a few runs each, one after the other, so that a noisy
//! machine disturbs both alike) and then criterion's figures for the interval diagram alone.
//! Before that come whole sites: the healthy ones of `topologies/`, and one firewall with more and more zones or
//! policies (`cargo bench -- sites` stops there).
//! `cargo bench -- quick` leaves out the inputs that take minutes in `oxidd`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a bench is no library code: it may stop at once and prints"
)]

#[path = "../tests/suite/bdd_oracle.rs"]
mod bdd_oracle;
#[allow(dead_code, reason = "shared with the test suite")]
#[path = "../tests/suite/rule_lists.rs"]
mod rule_lists;
mod pair;
mod sites;

use std::hint::black_box;
use std::time::Instant;

use bdd_oracle::{Bdds, may_permit};
use bunri::analysis::compile::{Reading, compile};
use bunri::analysis::diagram::{Cube, Space};
use bunri::analysis::set::{Engine, PacketSet};
use bunri::analysis::slice::Region;
use bunri::model::*;
use criterion::Criterion;
use rule_lists::{Flat, Rng, flat, nested, span, zone};

const LIMIT: usize = 400_000_000;

/// Milliseconds of the median run.
fn median(runs: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn ours(set: &RuleSet) -> (Engine, PacketSet) {
    let mut engine = Engine::new(LIMIT);
    let compiled = compile(&mut engine, set, &Region::everything(), &Reading::undecided()).unwrap();
    let permit = engine.may(compiled.whole, Then::Permit).unwrap();
    (engine, permit)
}

/// Both engines on one rule set; they must agree on the number of permitted packets.
fn compare(name: &str, set: &RuleSet, family: Family, runs: usize, against_oxidd: bool) -> f64 {
    let rules: usize = set.chains.iter().map(|c| c.rules.len()).sum();
    let mine = median(runs, || {
        black_box(ours(set));
    });
    let (engine, permit) = ours(set);
    let edges = engine.edges();
    if !against_oxidd {
        println!("{name:<24} {rules:>6} rules  ours {mine:>9.2} ms  {edges:>9} edges");
        return mine;
    }
    let space = Space::packets();
    let mut share = 0.0;
    let theirs = median(runs.min(3), || {
        // Capacity for the largest input: oxidd's arena is allocated as it is touched.
        let bdds = Bdds::new(&space, family, 1 << 26, 1 << 22);
        let permit = may_permit(&bdds, set, family);
        share = bdds.share(&permit);
    });
    let bits: f64 = Field::ALL.iter().map(|f| (space.max(*f, family) as f64 + 1.0).log2()).sum::<f64>() - 1.0;
    let mine_share = engine.count(permit, family).log2() - bits;
    assert!((mine_share - share.log2()).abs() < 1e-6, "{name}: counts differ {mine_share} {}", share.log2());
    let ratio = theirs / mine;
    println!(
        "{name:<24} {rules:>6} rules  ours {mine:>9.2} ms  oxidd {theirs:>10.2} ms  {ratio:>6.1}x  {edges:>9} edges"
    );
    mine
}

/// One zone-pair question after another, each in its own engine over the sliced list.
fn zone_pairs(name: &str, set: &RuleSet, family: Family, every: usize) {
    let mut times = vec![];
    for i in 0..24 {
        for j in 0..24 {
            if i == j || (i * 24 + j) % every != 1 {
                continue;
            }
            let start = Instant::now();
            let cube = Cube::any().with(Field::Src, zone(family, i)).with(Field::Dst, zone(family, j));
            let region = match family {
                Family::V4 => Region::new(Some(cube), None),
                Family::V6 => Region::new(None, Some(cube)),
            };
            let mut engine = Engine::new(LIMIT);
            let compiled = compile(&mut engine, set, &region, &Reading::undecided()).unwrap();
            let permit = engine.may(compiled.whole, Then::Permit).unwrap();
            black_box(permit);
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{name:<24} {} zone pairs, sliced: median {:.1} ms, worst {:.1} ms",
        times.len(),
        times[times.len() / 2],
        times[times.len() - 1]
    );
}

fn ratios(quick: bool) {
    let span = span();
    let make = |n, how| flat(&mut Rng(1), n, how, span);
    let v4 = Flat::default();
    let with_interfaces = Flat { interfaces: true, ..v4 };
    let v6 = Flat { family: Family::V6, ..v4 };
    let four = compare("nested", &nested(&mut Rng(7), Family::V4, span), Family::V4, 7, true);
    let six = compare("nested v6", &nested(&mut Rng(7), Family::V6, span), Family::V6, 7, true);
    println!("{:<24} {:.2}x", "nested v6 / v4", six / four);
    compare("flat 1k", &make(1_000, v4), Family::V4, 7, true);
    compare("flat 1k interfaces", &make(1_000, with_interfaces), Family::V4, 7, true);
    compare("flat 1k unknown", &make(1_000, Flat { unknown: 30, ..v4 }), Family::V4, 7, true);
    let small = compare("flat 1k v6", &make(1_000, v6), Family::V6, 7, !quick);
    let large = make(10_000, v4);
    let four = compare("flat 10k", &large, Family::V4, 3, !quick);
    compare("flat 10k interfaces", &make(10_000, with_interfaces), Family::V4, 3, !quick);
    let six = compare("flat 10k v6", &make(10_000, v6), Family::V6, 3, false);
    println!("{:<24} {:.2}x   (1k v6 {small:.1} ms)", "flat 10k v6 / v4", six / four);
    zone_pairs("flat 1k", &make(1_000, v4), Family::V4, 5);
    zone_pairs("flat 10k", &large, Family::V4, 5);
    zone_pairs("flat 100k", &make(100_000, v4), Family::V4, 23);
}

fn main() {
    let quick = std::env::args().any(|a| a == "quick");
    // Only the site figures: `cargo bench -- sites`.
    let only = std::env::args().any(|a| a == "sites");
    sites::topologies();
    sites::zones(if quick { &[25, 100] } else { &[25, 50, 100, 200, 400] });
    sites::policies(3_000);
    if !quick {
        sites::policies(100_000);
    }
    pair::grow(if quick { &[1_000, 10_000] } else { &[1_000, 10_000, 100_000] });
    if only {
        return;
    }
    ratios(quick);
    let span = span();
    let mut criterion = Criterion::default().sample_size(10);
    let chains = nested(&mut Rng(7), Family::V4, span);
    criterion.bench_function("compile nested", |b| b.iter(|| ours(&chains)));
    let list = flat(&mut Rng(1), 1_000, Flat::default(), span);
    criterion.bench_function("compile flat 1k", |b| b.iter(|| ours(&list)));
    criterion.final_summary();
}
