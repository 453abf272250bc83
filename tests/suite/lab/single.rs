//! Random routers: the kernel, the concrete evaluator and the symbolic engine on the same packets.
use std::fmt::Write as _;

use bunri::cli::lab::craft;
use bunri::cli::lab::judge::Judge;
use bunri::model::{Family, Flow, proto};
use bunri::source::Lang;

use super::bench::{Backend, Bench, Export, Observed, Probe, bench, export, load, protocols};
use super::judge::{judge, read, witness};
use super::plan::{INTERFACES, Plan};
use super::rules::{self, Rules};
use crate::rule_lists::Rng;

/// Rule sets per plan, packets per rule set.
const SETS: usize = 6;
const PACKETS: usize = 400;
/// Packets from which on a run must have seen a bit of everything.
const ENOUGH: usize = 50_000;

#[derive(Default, Debug)]
struct Tally {
    routers: usize,
    refused: usize,
    too_large: usize,
    packets: usize,
    decided: usize,
    out: usize,
    local: usize,
    gone: usize,
    translated: usize,
    /// Judged by what happened when sent alone.
    again: usize,
}

fn random_flow(g: &mut Rng, plan: &Plan, both: &[Rules; 2]) -> Flow {
    let family = g.of(&[Family::V4, Family::V4, Family::V6]);
    let (pool, rules) = match family {
        Family::V4 => (&plan.v4, &both[0]),
        Family::V6 => (&plan.v6, &both[1]),
    };
    let address = |g: &mut Rng| {
        if !rules.addresses.is_empty() && g.percent(45) { g.of(&rules.addresses) } else { g.of(pool) }
    };
    let (src, dst) = (address(g), address(g));
    let port = |g: &mut Rng| {
        if !rules.ports.is_empty() && g.percent(70) { g.of(&rules.ports) } else { g.next() as u16 }
    };
    let (sport, dport) = (if g.percent(60) { g.next() as u16 | 0x8000 } else { port(g) }, port(g));
    let number = match g.below(10) {
        0..=4 => proto::TCP,
        5 | 6 => proto::UDP,
        7 if family == Family::V4 => proto::ICMP,
        7 => proto::ICMPV6,
        _ => g.of(protocols()),
    };
    let flags = if g.percent(55) { 2 } else { g.below(64) as u8 };
    let kinds =
        [0x0800, 0x0000, 0x0301, 0x0d00, 0x0b00, 0x0501, 0x8000, 0x8100, 0x0104, 0x8700, 0x8b00, 0x0200];
    let icmp = if g.percent(90) { g.of(&kinds) } else { g.next() as u16 };
    Flow { family, src, dst, proto: number, sport, dport, icmp, flags }.canonical()
}

fn probes(g: &mut Rng, plan: &Plan, both: &[Rules; 2], judge: &mut Judge<'_>) -> Vec<Probe> {
    let mut out = Vec::new();
    while out.len() < PACKETS {
        let aimed = if g.percent(35) { witness(judge, g, both) } else { None };
        let probe = aimed
            .unwrap_or_else(|| Probe { ingress: rules::any_interface(g), flow: random_flow(g, plan, both) });
        if craft::frame(&probe.flow, 0).is_some() {
            out.push(probe);
        }
    }
    out
}

fn show(probe: &Probe, seen: Observed, why: &str) -> String {
    let (at, flow) = (INTERFACES[probe.ingress], probe.flow);
    let seen = match seen {
        Observed::Out(at, header) => format!("out {} as {header}", INTERFACES[at]),
        Observed::Local(header) => format!("local as {header}"),
        Observed::Gone => "gone".into(),
    };
    format!("in {at}: {flow}\n  kernel: {seen}\n  {why}\n")
}

fn shown(export: &Export) -> String {
    let sysctl: Vec<&str> = export.sysctl.lines().filter(|l| interesting(l)).collect();
    format!(
        "{}\n{}\n{}\n{}\n{}\n{}\n{}",
        export.rules,
        export.rules6,
        export.addresses,
        export.routes,
        export.policy,
        export.policy6,
        sysctl.join("\n")
    )
}

fn interesting(line: &str) -> bool {
    let keys = ["rp_filter", "forward", "accept_local", "route_localnet", "tcp_loose"];
    keys.iter().any(|k| line.contains(k)) && !line.contains(".default.")
}

/// One router with one rule set. What disagrees, in words.
fn round(g: &mut Rng, bench: (&mut Bench, Backend), plan: &Plan, tally: &mut Tally) -> Option<String> {
    let (bench, backend) = bench;
    let both = [Family::V4, Family::V6].map(|f| rules::random(g, f, plan));
    if let Err(e) = load(bench.router(), backend, &both[0].text(), &both[1].text()) {
        tally.refused += 1;
        if std::env::var_os("BUNRI_LAB_SHOW").is_some() {
            println!("refused: {e}");
            let line =
                e.to_string().split("line ").nth(1).and_then(|l| l.split(':').next()?.parse::<usize>().ok());
            let rules = &both[usize::from(e.to_string().contains("ip6tables"))];
            println!("{:?}", line.and_then(|l| rules.lines.get(l - 1)));
        }
        return None;
    }
    let export = export(bench.router(), backend).unwrap();
    let (_, device) = read(&export);
    let Some(mut judge) = judge(&device) else {
        tally.too_large += 1;
        return None;
    };
    tally.routers += 1;
    let probes = probes(g, plan, &both, &mut judge);
    let seen = bench.send(&probes).unwrap();
    let mut wrong = Vec::new();
    for (probe, seen) in probes.iter().zip(&seen) {
        tally.packets += 1;
        match seen {
            Observed::Out(_, header) => {
                tally.out += 1;
                tally.translated += usize::from(*header != probe.flow);
            }
            Observed::Local(_) => tally.local += 1,
            Observed::Gone => tally.gone += 1,
        }
        match judge.judge(probe, *seen) {
            Ok(decided) => tally.decided += usize::from(decided),
            Err(_) => wrong.push((*probe, *seen)),
        }
    }
    if wrong.is_empty() {
        return None;
    }
    // Once more, alone: translations of one batch may have wanted the same port.
    let mut out = String::new();
    wrong.retain(|(probe, _)| {
        let alone = bench.send(&[*probe]).unwrap()[0];
        match judge.judge(probe, alone) {
            Ok(_) => {
                tally.again += 1;
                false
            }
            Err(why) => {
                out += &show(probe, alone, &format!("{}: {:?}", why.what.text(Lang::En), why.possible));
                true
            }
        }
    });
    if wrong.is_empty() {
        return None;
    }
    let _ = writeln!(out, "{} in all\n{}", wrong.len(), shown(&export));
    Some(out)
}

#[test]
fn kernel_and_engines_agree_on_random_routers() {
    if !super::available() {
        return;
    }
    let seed = super::number("BUNRI_LAB_SEED").unwrap_or(1);
    let full = std::env::var_os("BUNRI_FULL").is_some();
    let wanted = super::number("BUNRI_LAB_PACKETS").unwrap_or(if full { 1_000_000 } else { 50_000 });
    // Disagreements after which it stops.
    let most = super::number("BUNRI_LAB_MOST").unwrap_or(5);
    let mut g = Rng(seed);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let mut lost = 0;
    while (tally.packets as u64) < wanted && (wrong.len() as u64) < most {
        let plan = Plan::random(&mut g);
        let backend = if g.percent(50) { Backend::Legacy } else { Backend::Nft };
        let mut bench = bench(&plan).unwrap_or_else(|e| panic!("{e}\n{}{}", plan.ip, plan.ip6));
        for _ in 0..SETS {
            wrong.extend(round(&mut g, (&mut bench, backend), &plan, &mut tally));
        }
        lost += bench.lost().unwrap();
    }
    super::say(&format!("kernel laboratory, single routers, seed {seed}: {tally:?}, lost {lost}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
    assert_eq!(lost, 0, "frames were lost: the run is unsound");
    assert!(tally.again * 1000 < tally.packets, "{tally:?}");
    assert!(tally.refused * 10 < tally.routers, "{tally:?}");
    assert!(tally.decided * 10 > tally.packets * 6 && tally.out * 20 > tally.packets, "{tally:?}");
    // A few routers may well translate little.
    if tally.packets >= ENOUGH {
        assert!(tally.translated * 100 > tally.packets && tally.local * 50 > tally.packets, "{tally:?}");
    }
}
