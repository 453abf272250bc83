//! Access lists of the IOS family on the interfaces of one box: with odd masks, in both directions, in three dialects.
//! A reading bit by bit, the concrete evaluator and the symbolic engine say the same, and what a list says counts where
//! it is applied and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use bunri::analysis::comparison::{Kind, Statements, Version, compare};
use bunri::analysis::concrete::{Entry, Outcome, device_branches};
use bunri::analysis::pipeline::{self, Exit};
use bunri::analysis::set::Engine;
use bunri::analysis::transition::Bound;
use bunri::model::{Device, Family, Flow, IfId, proto};
use bunri::source::{Limits, Sources};
use bunri::vendor;

use crate::concrete::symbolic::leaves;
use crate::ios::Read;
use crate::rule_lists::Rng;

const PORTS: usize = 3;

#[derive(Debug, Clone)]
struct Line {
    permit: bool,
    src: (u32, u32),
    dst: (u32, u32),
    port: u16,
}

impl Line {
    fn any(g: &mut Rng) -> Line {
        let odd = [0u32, 1, 5, 0xFF, 0xFE, 0x0000_FF00, 0x0001_0001, 0x0003_0005, 0x00FF_00FF, u32::MAX];
        let end = |g: &mut Rng| (address(g), g.of(&odd));
        Line { permit: g.percent(50), src: end(g), dst: end(g), port: g.below(3) as u16 }
    }

    fn meets(&self, flow: &Flow) -> bool {
        let end = |(base, wild): (u32, u32), value: u128| (base ^ value as u32) & !wild == 0;
        end(self.src, flow.src) && end(self.dst, flow.dst) && flow.dport <= self.port
    }
}

/// An address of a small space behind one of the ports; never one of the box's own or a broadcast address.
fn address(g: &mut Rng) -> u32 {
    0x0A00_0000 | (g.below(PORTS) as u32) << 16 | (g.below(4) as u32) << 8 | (2 + g.below(6) as u32)
}

fn packet(g: &mut Rng) -> Flow {
    Flow {
        family: Family::V4,
        src: u128::from(address(g)),
        dst: u128::from(address(g)),
        proto: proto::TCP,
        sport: 49_152,
        dport: g.below(4) as u16,
        icmp: 0,
        flags: 2,
    }
}

/// The lists of each interface, in and out; none: nothing is applied.
type Lists = [[Option<Vec<Line>>; 2]; PORTS];

/// Lists of hardware, the ones of AlliedWare Plus, judge what arrives and nothing else.
fn lists(g: &mut Rng, vendor: &str) -> Lists {
    std::array::from_fn(|_| {
        std::array::from_fn(|way| {
            let list = g.percent(70).then(|| (0..1 + g.below(5)).map(|_| Line::any(g)).collect::<Vec<_>>());
            list.filter(|_| way == 0 || vendor != "awplus")
        })
    })
}

fn name(vendor: &str, port: usize) -> String {
    match vendor {
        "ios" => format!("GigabitEthernet0/{port}"),
        "awplus" => format!("vlan{}", 10 + port),
        _ => format!("vlan {}", 10 + port),
    }
}

/// What the dialect shows for it. AX names no end of a file; AlliedWare Plus has no lists that filter in software.
fn text(vendor: &str, lists: &Lists) -> String {
    let dotted = Ipv4Addr::from;
    let (mut interfaces, mut own) = (String::new(), String::new());
    for (port, ways) in lists.iter().enumerate() {
        interfaces += &format!("interface {}\n ip address 10.{port}.0.1 255.255.0.0\n", name(vendor, port));
        for (list, way) in ways.iter().zip(["in", "out"]) {
            let Some(list) = list else { continue };
            match vendor {
                "awplus" => {
                    interfaces += &format!(" access-group L{port}{way}\n");
                    own += &format!("access-list hardware L{port}{way}\n");
                }
                _ => {
                    interfaces += &format!(" ip access-group L{port}{way} {way}\n");
                    own += &format!("ip access-list extended L{port}{way}\n");
                }
            }
            for (at, line) in list.iter().enumerate() {
                let action = if line.permit { "permit" } else { "deny" };
                let ends = [line.src, line.dst].map(|(a, w)| format!("{} {}", dotted(a), dotted(w)));
                let number = 10 * (at + 1);
                own += &format!(" {number} {action} tcp {} {} range 0 {}\n", ends[0], ends[1], line.port);
            }
            own += "!\n";
        }
        interfaces += "!\n";
    }
    match vendor {
        "ios" => format!("hostname R\n!\n{interfaces}{own}end\n"),
        "awplus" => format!(
            "!\nhostname R\n!\nip forwarding\n!\n{own}vlan database\n vlan 10-12 state enable\n!\n{interfaces}end\n"
        ),
        _ => format!(
            "#configuration list for AX3660S-24T4XW\nhostname \"R\"\n!\nvlan 1\n!\nvlan 10\n!\nvlan 11\n!\nvlan 12\n!\nip routing\n!\n{interfaces}{own}"
        ),
    }
}

fn device(vendor: &str, lists: &Lists) -> Device {
    let mut device = Read::of(vendor, &text(vendor, lists)).reading.devices.remove(0);
    device.widen();
    device
}

/// Whether a packet passes, list by list. What no entry names is dropped, but by lists of hardware.
fn by_hand(vendor: &str, lists: &Lists, ingress: usize, flow: &Flow) -> bool {
    let egress = (flow.dst as u32 >> 16 & 0xFF) as usize;
    let unnamed = vendor == "awplus";
    let passes = |list: &Option<Vec<Line>>| {
        let hit = |l: &Vec<Line>| l.iter().find(|line| line.meets(flow)).map_or(unnamed, |line| line.permit);
        list.as_ref().is_none_or(hit)
    };
    passes(&lists[ingress][0]) && passes(&lists[egress][1])
}

/// Where both bounds of the symbolic engine let a packet out.
fn symbolic(device: &Device, bound: Bound, ingress: IfId, flow: &Flow) -> BTreeSet<IfId> {
    let mut engine = Engine::new(1 << 22);
    let found: BTreeMap<Exit, _> =
        leaves(&mut engine, device, bound, pipeline::Entry::Interface(ingress), flow);
    let out = found.into_keys().filter_map(|exit| match exit {
        Exit::Interface(id, _) => Some(id),
        Exit::Local => None,
    });
    out.collect()
}

#[test]
fn odd_masks_mean_the_same_to_both_engines() {
    let mut g = Rng(20_260_317);
    let (mut passed, mut stopped) = (0, 0);
    for (round, vendor) in ["ios", "axs", "awplus"].into_iter().cycle().take(60).enumerate() {
        let lists = lists(&mut g, vendor);
        let device = device(vendor, &lists);
        for _ in 0..12 {
            let (port, flow) = (g.below(PORTS), packet(&mut g));
            let ingress = device.interface(&name(vendor, port)).unwrap();
            let wanted = by_hand(vendor, &lists, port, &flow);
            let found = device_branches(&device, &flow, &Entry::ingress(ingress)).unwrap();
            let leaving = found.branches.iter().filter_map(|b| match b.outcome {
                Outcome::Forward { egress, .. } => Some(egress),
                _ => None,
            });
            let concrete: BTreeSet<IfId> = leaving.collect();
            let egress = device.interface(&name(vendor, (flow.dst as u32 >> 16 & 0xFF) as usize)).unwrap();
            let by_hand: BTreeSet<IfId> = wanted.then_some(egress).into_iter().collect();
            let place = || format!("round {round} {vendor} {port}: {flow}\n{}", text(vendor, &lists));
            assert_eq!(concrete, by_hand, "concrete, {}", place());
            for bound in [Bound::Upper, Bound::Lower] {
                assert_eq!(symbolic(&device, bound, ingress, &flow), by_hand, "{bound:?}, {}", place());
            }
            *(if wanted { &mut passed } else { &mut stopped }) += 1;
        }
    }
    assert!(passed > 60 && stopped > 60, "{passed} {stopped}");
}

/// Another list on one interface, in one direction: nothing changes that does not pass there in that direction.
#[test]
fn a_list_counts_on_its_own_interface_only() {
    let mut g = Rng(6);
    let mut changed = [0, 0];
    let sources = Sources::new();
    let limits = Limits::default();
    for round in 0..90 {
        let vendor = ["axs", "ios", "awplus"][round % 3];
        let before = lists(&mut g, vendor);
        let (port, way) = (g.below(PORTS), if vendor == "awplus" { 0 } else { g.below(2) });
        let mut after = before.clone();
        after[port][way] = match round % 4 {
            // Taken away; every other time another one.
            0 => None,
            _ => Some((0..1 + g.below(5)).map(|_| Line::any(&mut g)).collect()),
        };
        let statements = Statements::of(&sources, vendor::by_id(vendor).unwrap(), &limits);
        let devices = [&before, &after].map(|lists| device(vendor, lists));
        let version = |device| Some(Version { device, statements: &statements });
        let found = compare(version(&devices[0]), version(&devices[1]), 40_000_000).unwrap();
        let own = name(vendor, port);
        // What reaches the box itself hangs on services that no line shows, so of that nothing can be told.
        let passes = |c: &&bunri::analysis::comparison::Change| matches!(c.kind, Kind::New | Kind::Gone);
        for change in found.changes.iter().filter(passes) {
            let there = if way == 0 { Some(&change.ingress) } else { change.egress.as_ref() };
            assert_eq!(there, Some(&own), "round {round}, {way}: {:?}", (&change.ingress, &change.egress));
            changed[way] += 1;
        }
    }
    assert!(changed.iter().all(|n| *n > 20), "{changed:?}");
}
