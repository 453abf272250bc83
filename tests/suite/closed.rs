//! What is said to close a way does close it, for every packet of the row; and every packet that is sent across ends in
//! a row. The concrete evaluator judges.

use std::collections::BTreeSet;

use bunri::analysis::answer::{FlowRow, Level, Verdict};
use bunri::analysis::concrete::{self, Entry, Outcome, device_branches, simulate};
use bunri::analysis::deaths::End;
use bunri::checks::closed::{Closed, Stop, by};
use bunri::checks::{self, Options};
use bunri::model::{Device, Family, Flow, PORT_PROTOCOLS, Ranges, Then, proto};
use bunri::network::{Location, Site};

use crate::mutation::judge::read_site;
use crate::rule_lists::Rng;
use crate::support::tiny;
use crate::through::{holds, town};

/// Some numbers of each interval of a set.
fn some(set: &Ranges, most: usize) -> BTreeSet<u128> {
    set.pairs().iter().take(most).flat_map(|(low, high)| [*low, low + (high - low) / 2, *high]).collect()
}

/// Corners and middles of a row.
fn packets(row: &FlowRow) -> Vec<Flow> {
    let mut out = Vec::new();
    let of = |set: &Option<Ranges>, other: u16| -> Vec<u16> {
        set.as_ref().map_or(vec![other], |s| some(s, 2).into_iter().map(|v| v as u16).collect())
    };
    for protocol in some(&row.service.protocols, 4) {
        let protocol = protocol as u8;
        let ports = PORT_PROTOCOLS.contains(&protocol);
        let echo = [proto::ICMP, proto::ICMPV6].contains(&protocol);
        let (dports, sports) = (of(&row.service.ports, 443), of(&row.service.source_ports, 49_152));
        let icmp = if echo { of(&row.service.icmp, 8 << 8) } else { vec![0] };
        for src in some(&row.source.ranges, 3) {
            for dst in some(&row.destination.ranges, 3) {
                for dport in if ports { dports.clone() } else { vec![0] } {
                    for icmp in &icmp {
                        out.push(Flow {
                            family: row.family,
                            src,
                            dst,
                            proto: protocol,
                            sport: if ports { sports[0] } else { 0 },
                            dport,
                            icmp: *icmp,
                            flags: if protocol == proto::TCP { 2 } else { 0 },
                        });
                    }
                }
            }
        }
    }
    out
}

/// Whether the concrete evaluator stops a packet of a row where and as the row says.
fn stopped(site: &Site, stop: &Stop, flow: &Flow) -> Result<(), String> {
    let find = |name: &String| site.devices.iter().map(|d| &d.device).find(|d| d.name == *name).unwrap();
    let Some(device) = &stop.device else {
        let segment = stop.segment.as_ref().unwrap();
        let at = site.segments().find(|(_, s)| s.id.value == *segment).unwrap().0;
        let ways = simulate(site, Location::Origin(at), flow, &concrete::Options::default());
        let none = ways.branches.iter().all(|b| b.end == concrete::End::NoWay);
        return if none { Ok(()) } else { Err(format!("somebody takes it up: {ways:?}")) };
    };
    let device = find(device);
    let Some(ingress) = &stop.ingress else { return Ok(()) };
    let found = device_branches(device, flow, &Entry::ingress(device.interface(ingress).unwrap())).unwrap();
    let name = |id: bunri::model::IfId| device.interfaces[id.index()].name.value.clone();
    let wrong = |branch: &concrete::Branch| match (stop.end, branch.outcome) {
        (End::Denied, Outcome::Forward { egress, .. }) => {
            stop.egress.is_empty() || stop.egress.contains(&name(egress))
        }
        (End::NoRoute, outcome) => {
            !matches!(outcome, Outcome::NoRoute | Outcome::Deny(_) | Outcome::Discard(_))
        }
        (End::Discarded | End::Local, Outcome::Forward { .. }) => stop.end == End::Discarded,
        _ => false,
    };
    if let Some(branch) = found.branches.iter().find(|b| wrong(b)) {
        return Err(format!("{branch:?}"));
    }
    let refuses = |step: &concrete::Step| {
        let rule = stop.rule.as_ref().unwrap();
        matches!(step.then, Then::Deny(_)) && step.span == rule.span && step.label == rule.label
    };
    let named = || found.branches.iter().any(|b| b.steps.iter().any(|step| refuses(step)));
    // Ways that differ in what is not known and end alike are told as one, so only a single way names every rule.
    let doubtful = |b: &concrete::Branch| {
        !b.doubts.is_empty() || !b.choices.is_empty() || b.steps.iter().any(|s| !s.certain)
    };
    let open = found.branches.iter().any(doubtful);
    if stop.end == End::Denied && !open && !named() {
        return Err(format!("not by that rule: {found:?}"));
    }
    Ok(())
}

/// Every row against the evaluator; how many packets were tried.
fn rows_are_exact(site: &Site, closed: &[Closed]) -> usize {
    let mut tried = 0;
    for stop in closed.iter().flat_map(|c| &c.stops.list) {
        let translates = |d: &Device| stop.device.as_deref() == Some(d.name.as_str()) && !d.nats.is_empty();
        if site.devices.iter().any(|d| translates(&d.device)) {
            continue;
        }
        for flow in stop.rows.iter().flat_map(packets) {
            tried += 1;
            if let Err(why) = stopped(site, stop, &flow) {
                panic!("{flow} in {stop:#?}: {why}");
            }
        }
    }
    tried
}

/// Every answer that holds and what closes its ways.
fn all_closed(site: &Site) -> Vec<Closed> {
    let options = Options::default();
    let all = checks::assess(site, &options).unwrap();
    let held = all.assertions.iter().filter(|a| a.verdict == Verdict::Holds && a.level == Level::Packet);
    held.flat_map(|a| by(site, a, &options).unwrap()).collect()
}

#[test]
fn what_closes_a_way_is_exact_on_whole_sites() {
    // What a device translates is shown as it is there, so the evaluator is not asked about it from outside.
    for (name, least) in [("wakaba", 500), ("noisy-holds", 0)] {
        let site = read_site(name);
        let closed = all_closed(&site);
        assert!(closed.len() >= 4, "{name}: {}", closed.len());
        for one in &closed {
            assert!(!one.stops.list.is_empty() && one.reason.is_none(), "{name}: {one:#?}");
            assert!(one.stops.list.len() <= 40 && one.stops.list.iter().all(|s| s.rows.len() <= 4));
            let distances: Vec<_> = one.stops.list.iter().map(|s| s.distance.unwrap_or(usize::MAX)).collect();
            assert!(distances.is_sorted(), "{name}: {distances:?}");
        }
        let tried = rows_are_exact(&site, &closed);
        assert!(tried >= least, "{name}: {tried}");
    }
}

/// Random rules on one device: rows are exact, and every packet across ends in one.
#[test]
fn what_closes_a_way_is_exact_and_complete_on_small_devices() {
    let mut rng = Rng(11);
    let (mut tried, mut ended) = (0, 0);
    for _ in 0..30 {
        let mut lines = String::new();
        let nets = ["*", "10.1.0.0/24", "10.1.0.7/32", "10.3.0.0/24", "10.3.0.9/32", "10.2.0.0/24"];
        for _ in 0..rng.below(5) {
            let word = ["deny", "deny", "deny?"][rng.below(3)];
            let (from, to) = (["a", "b", "*"][rng.below(3)], ["a", "b", "*"][rng.below(3)]);
            let (src, dst) = (nets[rng.below(6)], nets[rng.below(6)]);
            let service = ["tcp 443", "udp *", "* *", "47 *"][rng.below(4)];
            lines.push_str(&format!("{word} {from} {to} {src} {dst} {service}\n"));
        }
        lines.push_str(["", "rpf a 10.1.0.0/24\n", "rpf b 10.3.0.0/25\n"][rng.below(3)]);
        lines.push_str(["", "permit c a * * * *\n"][rng.below(2)]);
        let site = town(&lines);
        let closed = all_closed(&site);
        tried += rows_are_exact(&site, &closed);
        for one in closed.iter().filter(|c| !c.stops.truncated) {
            ended += every_packet_ends(&site, one);
        }
    }
    assert!(tried > 2_000 && ended > 500, "{tried} {ended}");
}

/// Packets from one zone to the other's addresses end in a row of the device that stops them.
fn every_packet_ends(site: &Site, one: &Closed) -> usize {
    let mut ended = 0;
    let zone = |s: &bunri::network::Segment| s.zone.and_then(|z| site.zone(z)).map(|z| z.name.clone());
    let number = |a: &str| Family::number(a.parse().unwrap());
    for (at, _) in site.segments().filter(|(_, s)| zone(s).as_deref() == Some(one.from.as_str())) {
        for src in ["10.1.0.7", "10.3.0.9", "10.3.0.200", "10.9.9.9"].map(number) {
            for dst in ["10.1.0.1", "10.1.0.7", "10.3.0.1", "10.3.0.9", "10.2.0.8"].map(number) {
                let inside = site.segments().any(|(_, s)| {
                    zone(s).as_deref() == Some(one.to.as_str())
                        && s.prefixes.iter().any(|p| p.value.contains(Family::V4.address(dst)))
                });
                if !inside {
                    continue;
                }
                for (protocol, dport) in [(proto::TCP, 443), (proto::TCP, 80), (proto::UDP, 53), (47, 0)] {
                    let sport = if dport == 0 { 0 } else { 49_152 };
                    let flags = if protocol == proto::TCP { 2 } else { 0 };
                    let flow =
                        Flow { family: Family::V4, src, dst, proto: protocol, sport, dport, icmp: 0, flags };
                    let told = one.stops.list.iter().any(|s| {
                        s.rows_truncated
                            || s.rows.iter().any(|r| holds(r, &flow)) && stopped(site, s, &flow).is_ok()
                    });
                    let why: Vec<_> = one
                        .stops
                        .list
                        .iter()
                        .map(|s| stopped(site, s, &flow))
                        .filter(Result::is_err)
                        .collect();
                    assert!(told, "{flow} from {at:?} is in no row of {one:#?}: {why:?}");
                    ended += 1;
                }
            }
        }
    }
    ended
}

/// Without a device between the zones it is the missing link that closes the way; a route to nowhere is named.
#[test]
fn missing_links_and_routes_are_named() {
    let ports = "if a physical up 10.1.0.1/24\nif c physical up 10.2.0.1/24\npermit * * * * * *\n";
    let topology = crate::through::ZONES.replace("b = \"int\"\n", "");
    let site = tiny::site(&topology, &[("configs/FW", ports)]);
    let closed = all_closed(&site);
    let ends: BTreeSet<(String, End)> = closed
        .iter()
        .flat_map(|c| c.stops.list.iter().map(|s| (format!("{} → {}", c.from, c.to), s.end)))
        .collect();
    let expected = [("ネット → 番号", End::NoLink), ("番号 → ネット", End::NoRoute)];
    assert_eq!(ends, expected.map(|(way, end)| (way.to_owned(), end)).into());
    assert!(rows_are_exact(&site, &closed) > 10);
}
