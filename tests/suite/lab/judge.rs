//! What the two engines say of a router, and whether a kernel's doings agree with it.
use std::collections::{BTreeMap, BTreeSet};

use bunri::analysis::concrete::{self, Outcome, device_branches};
use bunri::analysis::diagram::Cube;
use bunri::analysis::pipeline::{DeviceTransitions, Entry, Exit};
use bunri::analysis::set::{Engine, PacketSet, flow_at, point_of};
use bunri::analysis::transition::{self, Bound};
use bunri::analysis::witness::{self, Preferences};
use bunri::model::{CauseKind, Device, Family, Field, Flow, IfId, Ranges, proto};
use bunri::source::Sources;
use bunri::vendor::Companion;

use super::bench::{Export, Observed, Probe, protocols};
use super::plan::INTERFACES;
use super::rules::Rules;
use crate::rule_lists::Rng;
use crate::support::reading::{Read, read_with};

/// Where a packet may end, as far as a kernel shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Out(IfId),
    Local,
    Gone,
}

/// A router as read, both engines ready.
pub struct Judge {
    pub device: Device,
    engine: Engine,
    /// Per ingress: what may and what must leave each way.
    sets: BTreeMap<IfId, BTreeMap<Way, [PacketSet; 2]>>,
    upper: DeviceTransitions,
    choices: bool,
}

/// The device that the router's own tools describe.
pub fn read(export: &Export) -> (Sources, Device) {
    let companions = [
        (Companion::Ipv6, "gw.rules6", export.rules6.as_str()),
        (Companion::Addresses, "gw.addr", &export.addresses),
        (Companion::Routes, "gw.route", &export.routes),
        (Companion::Routes6, "gw.route6", &export.routes6),
        (Companion::Rules, "gw.rule", &export.policy),
        (Companion::Rules, "gw.rule6", &export.policy6),
        (Companion::Sysctl, "gw.sysctl", &export.sysctl),
    ];
    let Read { sources, reading, .. } = read_with("iptables", "gw.rules", &export.rules, &companions);
    let mut device = reading.devices.into_iter().next().unwrap();
    device.widen();
    (sources, device)
}

/// Diagram edges that one router may take.
const EDGES: usize = 6_000_000;

impl Judge {
    /// `None`: the router is too much for the budget.
    pub fn new(device: Device) -> Option<Judge> {
        let mut engine = Engine::new(EDGES);
        let none = BTreeSet::new();
        let upper = DeviceTransitions::build(&mut engine, &device, Bound::Upper, &none).ok()?;
        let lower = DeviceTransitions::build(&mut engine, &device, Bound::Lower, &none).ok()?;
        let universe = engine.universe().unwrap();
        let mut sets = BTreeMap::new();
        for name in INTERFACES {
            let ingress = device.interface(name)?;
            let entry = Entry::Interface(ingress);
            let mut ways: BTreeMap<Way, [PacketSet; 2]> = BTreeMap::new();
            for exit in upper.exits().collect::<Vec<_>>() {
                for (slot, built) in [&upper, &lower].into_iter().enumerate() {
                    let Some(suffix) = built.suffix(entry, exit) else { continue };
                    let routed = transition::preimage(&suffix, &mut engine, PacketSet::ALL).ok()?;
                    let before = transition::preimage(&built.prefix(entry), &mut engine, routed).ok()?;
                    let before = engine.and(before, universe).ok()?;
                    let sum = ways.entry(way_of(exit)).or_insert([PacketSet::EMPTY; 2]);
                    sum[slot] = engine.or(sum[slot], before).ok()?;
                }
            }
            sets.insert(ingress, ways);
        }
        let choices = device.causes.iter().any(|c| c.kind == CauseKind::Condition);
        Some(Judge { device, engine, sets, upper, choices })
    }

    fn ingress(&self, probe: &Probe) -> IfId {
        self.device.interface(INTERFACES[probe.ingress]).unwrap()
    }

    /// Compares. `Ok(true)`: the engines had decided and the kernel did just that.
    pub fn judge(&mut self, probe: &Probe, observed: Observed) -> Result<bool, String> {
        let ingress = self.ingress(probe);
        let (real, header) = match observed {
            Observed::Out(at, flow) => (Way::Out(self.device.interface(INTERFACES[at]).unwrap()), Some(flow)),
            Observed::Local(flow) => (Way::Local, Some(flow)),
            Observed::Gone => (Way::Gone, None),
        };
        let mut entry = concrete::Entry::ingress(ingress);
        entry.limit = 512;
        // Where a translation may choose, try what the kernel chose.
        entry.wishes.headers.extend(header);
        let found = device_branches(&self.device, &probe.flow, &entry).map_err(|e| e.to_string())?;
        let mut possible: BTreeSet<Way> = BTreeSet::new();
        let mut shown = false;
        for branch in &found.branches {
            let way = match branch.outcome {
                Outcome::Forward { egress, .. } => Way::Out(egress),
                Outcome::Local => Way::Local,
                Outcome::Deny(_) | Outcome::NoRoute | Outcome::Discard(_) => Way::Gone,
            };
            possible.insert(way);
            shown |= way == real && header.is_none_or(|h| same(&h, &branch.header, real));
        }
        // A group that the box did not join: delivery is seen as nothing, also where a translation leads to one.
        let joins = |b: &concrete::Branch| b.outcome == Outcome::Local && group(&b.header);
        let multicast = real == Way::Gone && found.branches.iter().any(joins);
        if found.truncated {
            return Ok(false);
        }
        if !possible.contains(&real) && !multicast && !found.partial {
            return Err(format!("the concrete evaluator says {possible:?}"));
        }
        if !shown && !multicast && !found.partial {
            let headers: Vec<String> = found.branches.iter().map(|b| b.header.to_string()).collect();
            return Err(format!("the concrete evaluator has no such header: {headers:?}"));
        }
        self.symbolic(probe, ingress, real, header, multicast)?;
        for way in possible.iter().filter(|w| **w != Way::Gone) {
            if !self.is_in(ingress, *way, Bound::Upper, &probe.flow) {
                return Err(format!("the diagram has no {way:?}, the concrete evaluator has"));
            }
        }
        let tried = !found.partial || self.is_in(ingress, real, Bound::Lower, &probe.flow);
        Ok(possible.len() == 1 && !multicast && tried)
    }

    fn is_in(&self, ingress: IfId, way: Way, bound: Bound, flow: &Flow) -> bool {
        let slot = usize::from(bound == Bound::Lower);
        let set = self.sets.get(&ingress).and_then(|w| w.get(&way)).map_or(PacketSet::EMPTY, |s| s[slot]);
        self.engine.contains(set, &point_of(flow))
    }

    fn symbolic(
        &mut self,
        probe: &Probe,
        ingress: IfId,
        real: Way,
        header: Option<Flow>,
        multicast: bool,
    ) -> Result<(), String> {
        let ways: Vec<Way> = self.sets[&ingress].keys().copied().collect();
        if real != Way::Gone && !self.is_in(ingress, real, Bound::Upper, &probe.flow) {
            return Err(format!("the upper bound has no {real:?}"));
        }
        for way in ways {
            // With choices the lower bound is a candidate only.
            if way != real
                && !multicast
                && !self.choices
                && self.is_in(ingress, way, Bound::Lower, &probe.flow)
            {
                return Err(format!("the lower bound says {way:?}"));
            }
        }
        let Some(header) = header.filter(|h| real != Way::Local && *h != probe.flow) else { return Ok(()) };
        // A translated header is one that the upper bound has.
        let entry = Entry::Interface(ingress);
        let fields = Field::ALL.into_iter().filter(|f| !Field::SCRATCH.contains(f));
        let cube = fields.fold(Cube::any(), |c, f| c.with_value(f, probe.flow.get(f)));
        let packet = self.engine.cube(&cube).map_err(|e| e.to_string())?;
        let prefix = self.upper.prefix(entry);
        for exit in self.upper.exits().filter(|e| way_of(*e) == real).collect::<Vec<_>>() {
            let steps = [prefix.clone(), self.upper.suffix(entry, exit).unwrap()].concat();
            let after = transition::image(&steps, &mut self.engine, packet).map_err(|e| e.to_string())?;
            let after = self.engine.forget(after, &Field::SCRATCH).map_err(|e| e.to_string())?;
            if self.engine.contains(after, &point_of(&header)) {
                return Ok(());
            }
        }
        Err("the upper bound has no such header".into())
    }

    /// A packet that the engines find telling: of a set or just outside, near a value on which a rule turns.
    pub fn witness(&mut self, g: &mut Rng, rules: &[Rules; 2]) -> Option<Probe> {
        let at = g.below(INTERFACES.len());
        let ingress = self.device.interface(INTERFACES[at])?;
        let ways: Vec<[PacketSet; 2]> = self.sets[&ingress].values().copied().collect();
        let set = match g.below(5) {
            0 | 1 if !ways.is_empty() => g.of(&ways)[1],
            2 if !ways.is_empty() => {
                let [upper, lower] = g.of(&ways);
                self.engine.minus(upper, lower).ok()?
            }
            _ => {
                let all = self.engine.or_all(ways.iter().map(|w| w[0])).ok()?;
                let universe = self.engine.universe().ok()?;
                self.engine.minus(universe, all).ok()?
            }
        };
        let family = g.of(&[Family::V4, Family::V4, Family::V6]);
        let mut set = self.narrow(set, Cube::family(family))?;
        let list: Vec<(u128, u128)> = protocols().iter().map(|p| (u128::from(*p), u128::from(*p))).collect();
        set = self.narrow(set, Cube::any().with(Field::Proto, Ranges::from_pairs(list)))?;
        let rules = &rules[usize::from(family == Family::V6)];
        for _ in 0..3 {
            let wish = match g.below(4) {
                0 if !rules.addresses.is_empty() => {
                    let value = g.of(&rules.addresses);
                    Cube::family(family).with_value(g.of(&[Field::Src, Field::Dst]), value)
                }
                1 if !rules.ports.is_empty() => {
                    let value = u128::from(g.of(&rules.ports));
                    Cube::any()
                        .with(Field::Proto, Ranges::from_pairs([(6, 6), (17, 17)]))
                        .with_value(g.of(&[Field::Dport, Field::Sport]), value)
                }
                2 => Cube::any().with_value(Field::Proto, u128::from(g.of(&[6u8, 6, 17, 1, 58, 132]))),
                _ => Cube::any()
                    .with_value(Field::Proto, u128::from(proto::TCP))
                    .with_value(Field::TcpFlags, u128::from(g.of(&[2u8, 16, 18, 1, 4, 0, 34, 63]))),
            };
            if let Some(part) = self.narrow(set, wish) {
                set = part;
            }
        }
        let point = witness::choose(&mut self.engine, set, &Preferences::default())?;
        Some(Probe { ingress: at, flow: flow_at(&point) })
    }

    fn narrow(&mut self, set: PacketSet, cube: Cube) -> Option<PacketSet> {
        let wish = self.engine.cube(&cube).ok()?;
        let part = self.engine.and(set, wish).ok()?;
        (!part.is_empty()).then_some(part)
    }
}

fn way_of(exit: Exit) -> Way {
    match exit {
        Exit::Interface(id, _) => Way::Out(id),
        Exit::Local => Way::Local,
    }
}

/// The kernel does not show the destination of IPv6 packets delivered to it.
fn same(real: &Flow, said: &Flow, way: Way) -> bool {
    if way == Way::Local && real.family == Family::V6 {
        return Flow { dst: 0, ..*said } == *real;
    }
    real == said
}

pub fn group(flow: &Flow) -> bool {
    match flow.family {
        Family::V4 => flow.dst >> 28 == 0xE,
        Family::V6 => flow.dst >> 120 == 0xFF,
    }
}
