//! What the two engines say of a router that its own tools describe.
use bunri::analysis::diagram::Cube;
use bunri::analysis::set::{Engine, PacketSet, flow_at};
use bunri::analysis::witness::{self, Preferences};
use bunri::cli::lab::judge::Judge;
use bunri::model::{Device, Family, Field, Ranges, proto};
use bunri::source::Sources;
use bunri::vendor::Companion;

use super::bench::{Export, Probe, protocols};
use super::plan::INTERFACES;
use super::rules::Rules;
use crate::rule_lists::Rng;
use crate::support::reading::{Read, read_with};

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

/// `None`: the router is too much for the budget.
pub fn judge(device: &Device) -> Option<Judge<'_>> {
    let interfaces = INTERFACES.iter().map(|name| device.interface(name)).collect::<Option<_>>()?;
    Judge::new(device, interfaces, EDGES).ok()
}

/// A packet that the engines find telling: of a set or just outside, near a value on which a rule turns.
pub fn witness(judge: &mut Judge<'_>, g: &mut Rng, rules: &[Rules; 2]) -> Option<Probe> {
    let at = g.below(INTERFACES.len());
    let (engine, ways) = judge.ways(judge.interface(at)?);
    let set = match g.below(5) {
        0 | 1 if !ways.is_empty() => g.of(&ways)[1],
        2 if !ways.is_empty() => {
            let [upper, lower] = g.of(&ways);
            engine.minus(upper, lower).ok()?
        }
        _ => {
            let all = engine.or_all(ways.iter().map(|w| w[0])).ok()?;
            let universe = engine.universe().ok()?;
            engine.minus(universe, all).ok()?
        }
    };
    let family = g.of(&[Family::V4, Family::V4, Family::V6]);
    let mut set = narrow(engine, set, Cube::family(family))?;
    let list: Vec<(u128, u128)> = protocols().iter().map(|p| (u128::from(*p), u128::from(*p))).collect();
    set = narrow(engine, set, Cube::any().with(Field::Proto, Ranges::from_pairs(list)))?;
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
        if let Some(part) = narrow(engine, set, wish) {
            set = part;
        }
    }
    let point = witness::choose(engine, set, &Preferences::default())?;
    Some(Probe { ingress: at, flow: flow_at(&point) })
}

fn narrow(engine: &mut Engine, set: PacketSet, cube: Cube) -> Option<PacketSet> {
    let wish = engine.cube(&cube).ok()?;
    let part = engine.and(set, wish).ok()?;
    (!part.is_empty()).then_some(part)
}
