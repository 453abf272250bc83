//! Both engines on whole sites: what the concrete evaluator sees, the upper graph has, and what the lower graph has,
//! the concrete evaluator is sure of (SEMANTICS 24).
use std::collections::BTreeSet;

use bunri::analysis::concrete::{self, Arrival, End};
use bunri::analysis::diagram::Cube;
use bunri::analysis::reach::{Arrivals, Explorer, Fact, Side};
use bunri::analysis::set::{PacketSet, point_of};
use bunri::analysis::shared::Shared;
use bunri::analysis::transition::Bound;
use bunri::model::{CauseId, Family, Field, Flow};
use bunri::network::{Location, SegmentId, Site};

use crate::rule_lists::Rng;
use crate::support::devices::syn;
use crate::support::tiny;

/// A generated site: its text and whether two rules may share a choice or ask for one.
struct Made {
    site: Site,
    choices: bool,
    text: String,
}

const SEGMENTS: usize = 4;

fn generate(g: &mut Rng) -> Made {
    let mut topology = String::new();
    for at in 0..SEGMENTS {
        let complete = g.percent(50);
        topology +=
            &format!("[[segment]]\nid = \"s{at}\"\nprefixes = [\"10.{at}.0.0/24\"]\ncomplete = {complete}\n");
    }
    let mut files: Vec<(String, String)> = Vec::new();
    let choices = g.percent(30);
    for number in 0..2 + g.below(2) {
        let mut at: Vec<usize> = (0..SEGMENTS).filter(|_| g.percent(60)).collect();
        if at.len() < 2 {
            at = vec![number % SEGMENTS, (number + 1) % SEGMENTS];
        }
        topology +=
            &format!("[[device]]\nname = \"D{number}\"\nconfig = \"configs/D{number}\"\n[device.attach]\n");
        for segment in &at {
            topology += &format!("i{segment} = \"s{segment}\"\n");
        }
        files.push((format!("configs/D{number}"), config(g, number, &at, choices)));
    }
    let list: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let text = files.iter().fold(topology.clone(), |all, (p, t)| format!("{all}--- {p}\n{t}\n"));
    Made { site: tiny::site(&topology, &list), choices, text }
}

fn config(g: &mut Rng, number: usize, at: &[usize], choices: bool) -> String {
    let mut out = String::new();
    for segment in at {
        // Now and then two devices have one address, or a prefix is wrong.
        let last = if g.percent(5) { 1 } else { number + 1 };
        let length = g.of(&[24, 24, 24, 25, 16]);
        out += &format!("if i{segment} physical up 10.{segment}.0.{last}/{length}\n");
    }
    if g.percent(15) {
        out += "if x physical up 10.200.0.1/24\n";
    }
    for _ in 0..g.below(4) {
        let (to, by) = (network(g), g.of(at));
        out += &match g.below(8) {
            0 => format!("route-any {to}\n"),
            1 => format!("route {to} i{by}\n"),
            2 => format!("route {to} i{by} 10.{by}.0.77\n"),
            _ => format!("route {to} i{by} 10.{by}.0.{}\n", 1 + g.below(3)),
        };
    }
    for _ in 0..1 + g.below(5) {
        let word = g.of(&["permit", "permit", "permit", "deny"]);
        let doubt = match g.below(6) {
            0 => "?",
            1 if choices => "~",
            _ => "",
        };
        let side = |g: &mut Rng| if g.percent(50) { "*".to_owned() } else { format!("i{}", g.of(at)) };
        let (from, to) = (side(g), side(g));
        let (src, dst) = (either(g), either(g));
        let service = g.of(&["* *", "* *", "tcp 80", "tcp *", "udp 53"]);
        out += &format!("{word}{doubt} {from} {to} {src} {dst} {service}\n");
    }
    if g.percent(30) {
        let (by, src) = (g.of(at), either(g));
        let low = g.below(250);
        out += &format!("snat i{by} {src} 10.{by}.0.{low}-10.{by}.0.{}\n", low + g.below(3));
    }
    if g.percent(30) {
        let (by, to) = (g.of(at), g.below(SEGMENTS));
        out += &format!("dnat i{by} {} 10.{to}.0.{}\n", network(g), 1 + g.below(9));
    }
    if g.percent(20) {
        let by = g.of(at);
        out += &match g.below(4) {
            0 => "taint routing\n".to_owned(),
            1 => format!("taint if i{by}\n"),
            2 => "taint forward\n".to_owned(),
            _ => "input deny\n".to_owned(),
        };
    }
    out
}

fn network(g: &mut Rng) -> String {
    let segment = g.below(SEGMENTS + 1);
    match g.below(5) {
        0 => "0.0.0.0/0".to_owned(),
        1 => format!("10.{segment}.0.{}/32", g.below(4)),
        2 => format!("10.{segment}.0.128/25"),
        _ => format!("10.{segment}.0.0/24"),
    }
}

fn either(g: &mut Rng) -> String {
    if g.percent(50) { "*".to_owned() } else { network(g) }
}

fn packet(g: &mut Rng) -> Flow {
    let address = |g: &mut Rng| {
        let last = g.of(&[0, 1, 2, 3, 5, 77, 127, 128, 250, 255]);
        format!("10.{}.0.{last}", g.below(SEGMENTS + 1))
    };
    let (src, dst) = (address(g), address(g));
    let flow = syn(&src, &dst, g.of(&[80, 53, 445]));
    match g.below(3) {
        0 => Flow { proto: 17, flags: 0, ..flow },
        1 if g.percent(30) => Flow { proto: 1, flags: 0, sport: 0, dport: 0, icmp: 0x0800, ..flow },
        _ => flow,
    }
}

/// Where packets can be seen: transmitted onto something, or delivered to a device.
fn seen(arrivals: &Arrivals) -> BTreeSet<Location> {
    let sinks = arrivals.steps.iter().map(|s| s.at);
    sinks.filter(|at| matches!(at, Location::Segment(_) | Location::Elsewhere | Location::Local(_))).collect()
}

struct Tally {
    seen: usize,
    sure: usize,
    exact: usize,
}

fn one(explorer: &mut Explorer<'_>, made: &Made, flow: &Flow, tally: &mut Tally) {
    let site = &made.site;
    let start = Location::Origin(SegmentId(0));
    let context = || format!("{flow}\n{}", made.text);
    let header = Field::ALL.into_iter().filter(|f| !Field::SCRATCH.contains(f));
    let cube = header.fold(Cube::any(), |cube, field| cube.with_value(field, flow.get(field)));
    let seed: PacketSet = explorer.e.cube(&cube).unwrap();
    let upper = explorer.forward(&[(start, seed)], Bound::Upper).unwrap();
    let lower = explorer.forward(&[(start, seed)], Bound::Lower).unwrap();
    let simulation = concrete::simulate(site, start, flow, &concrete::Options::default());
    let mut found = BTreeSet::new();
    for branch in &simulation.branches {
        let local = match branch.end {
            End::Local(device) => branch.delivered().map(|header| (Location::Local(device), header)),
            _ => None,
        };
        let sent = branch
            .transmissions
            .iter()
            .flat_map(|t| [(t.to, t.header), (Location::Egress(t.device, t.egress, t.hop), t.header)]);
        for (at, header) in sent.chain(local) {
            let set = upper.at(at);
            assert!(explorer.e.contains(set, &point_of(&header)), "{at:?} {header}\n{}", context());
            tally.seen += 1;
            found.insert(at);
        }
    }
    if !simulation.truncated && !simulation.partial && !made.choices {
        // Ignorance turns out anew at each place, so the upper graph promises nothing that cannot happen.
        let more: Vec<Location> = seen(&upper).into_iter().filter(|at| !found.contains(at)).collect();
        assert!(more.is_empty(), "{more:?}\n{}", context());
        tally.exact += 1;
    }
    for at in seen(&lower) {
        let reach =
            concrete::reaches(site, start, flow, &concrete::Options::default(), &|arrival| match arrival {
                Arrival::Transmitted(t) => t.to == at,
                Arrival::Local { device, .. } => at == Location::Local(*device),
            });
        let open = made.choices || reach.truncated || reach.partial;
        assert!(reach.certainty.is_certain() || open, "{at:?} {:?}\n{}", reach.certainty, context());
        tally.sure += usize::from(reach.certainty.is_certain());
    }
}

#[test]
fn the_engines_agree_on_whole_sites() {
    let mut g = Rng(24);
    let mut tally = Tally { seen: 0, sure: 0, exact: 0 };
    let rounds = if std::env::var_os("BUNRI_FULL").is_some() { 4000 } else { 120 };
    for _ in 0..rounds {
        let made = generate(&mut g);
        let mut explorer = Explorer::new(&made.site, 2_000_000, BTreeSet::new());
        for _ in 0..12 {
            let flow = packet(&mut g);
            one(&mut explorer, &made, &flow, &mut tally);
        }
    }
    assert!(
        tally.seen > 1000 && tally.sure > 200 && tally.exact > 200,
        "{} {} {}",
        tally.seen,
        tally.sure,
        tally.exact
    );
}

/// Some causes of the site's devices.
fn some_facts(g: &mut Rng, site: &Site) -> BTreeSet<Fact> {
    let mut out = BTreeSet::new();
    for (id, device) in site.devices() {
        let causes = (0u32..).take(device.device.causes.len()).map(|c| Fact::Cause(id, CauseId(c)));
        out.extend(causes.filter(|_| g.percent(40)));
        out.extend(device.elsewhere.iter().map(|i| Fact::Unbound(id, *i)).filter(|_| g.percent(40)));
    }
    out
}

/// What arrived where, told without ids of the arena.
fn told(explorer: &Explorer<'_>, arrivals: &Arrivals) -> Vec<String> {
    let field = |set, family, field| explorer.e.values(set, family, field);
    let family = |set, family| {
        let values: Vec<_> = Field::ALL.into_iter().map(|f| field(set, family, f)).collect();
        format!("{:?} {values:?}", explorer.e.count(set, family))
    };
    let place = |(at, set)| format!("{at:?} {} {}", family(set, Family::V4), family(set, Family::V6));
    arrivals.places().map(place).collect()
}

#[test]
fn an_arena_that_others_used_answers_as_a_new_one() {
    let mut g = Rng(77);
    let (mut differing, mut reached) = (0, 0);
    for _ in 0..60 {
        let made = generate(&mut g);
        let shared = Shared::over(&made.site);
        let mut first = None;
        for _ in 0..8 {
            let facts = if g.percent(30) { BTreeSet::new() } else { some_facts(&mut g, &made.site) };
            let bound = if g.percent(70) { Bound::Upper } else { Bound::Lower };
            let side = if g.percent(70) { Side::Sent } else { Side::Mirrored };
            let at = Location::Origin(SegmentId(g.below(SEGMENTS) as u32));
            let ask = |mut explorer: Explorer<'_>| {
                let opening = explorer.opening().unwrap();
                let arrivals = explorer.forward_on(&[(at, opening)], bound, side).unwrap();
                told(&explorer, &arrivals)
            };
            let used = ask(Explorer::sharing(&made.site, 2_000_000, facts.clone(), &shared));
            let new = ask(Explorer::new(&made.site, 2_000_000, facts.clone()));
            assert_eq!(used, new, "{at:?} {bound:?} {side:?} without {facts:?}\n{}", made.text);
            reached += usize::from(new.len() > 2);
            differing += usize::from(*first.get_or_insert(new.clone()) != new);
        }
    }
    assert!(reached > 100 && differing > 100, "{reached} {differing}");
}

#[test]
fn departures_are_exactly_what_arrives() {
    let mut g = Rng(78);
    let (mut some, mut rest) = (0, 0);
    for _ in 0..60 {
        let made = generate(&mut g);
        let mut explorer = Explorer::new(&made.site, 2_000_000, BTreeSet::new());
        let source = Location::Origin(SegmentId(g.below(SEGMENTS) as u32));
        let seed = explorer.opening().unwrap();
        for bound in [Bound::Upper, Bound::Lower] {
            let arrivals = explorer.forward(&[(source, seed)], bound).unwrap();
            for (at, arrived) in arrivals.places().filter(|(at, _)| *at != source) {
                let departed = explorer.departures(&arrivals, source, &[(at, arrived)], bound).unwrap();
                let again = explorer.forward(&[(source, departed)], bound).unwrap();
                assert_eq!(again.at(at), arrived, "{at:?} {bound:?}\n{}", made.text);
                let others = explorer.e.minus(seed, departed).unwrap();
                let others = explorer.forward(&[(source, others)], bound).unwrap();
                assert!(others.at(at).is_empty(), "{at:?} {bound:?}\n{}", made.text);
                some += 1;
                rest += usize::from(others.places().count() > 1);
            }
        }
    }
    assert!(some > 300 && rest > 100, "{some} {rest}");
}
