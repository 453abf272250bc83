//! Packets worth sending through a box: the corners of what passes, their neighbours outside, and what nothing lets pass.
use std::collections::BTreeSet;

use super::bench::Probe;
use super::craft;
use super::wire::PROTOCOLS;
use crate::analysis::Result;
use crate::analysis::diagram::Cube;
use crate::analysis::query::{Question, ask};
use crate::analysis::rows::{Row, rows};
use crate::analysis::set::{Engine, PacketSet, flow_at};
use crate::analysis::witness::{Preferences, choose};
use crate::model::{Device, Family, Field, Flow, IfId, Ranges, proto};

/// Rows of what passes between two interfaces.
const ROWS: usize = 60;
/// Most packets for one box.
pub const MOST: usize = 20_000;

/// Packets for a box, each once; whether there would be more.
///
/// # Errors
/// The budget of `edges` diagram edges, a model that contradicts itself.
pub fn probes(device: &Device, interfaces: &[(usize, IfId)], edges: usize) -> Result<(Vec<Probe>, bool)> {
    let mut out = BTreeSet::new();
    for (number, ingress) in interfaces {
        let headers = Family::ALL.map(Cube::family).to_vec();
        let mut reply = ask(device, &Question { ingress: *ingress, headers, exit: None }, edges)?;
        let mut flows = BTreeSet::new();
        let e = &mut reply.engine;
        let mut all = PacketSet::EMPTY;
        for passed in &reply.passed {
            for row in rows(e, passed.upper, ROWS)?.rows {
                corners(e, passed.upper, &row, &mut flows)?;
            }
            all = e.or(all, passed.upper)?;
        }
        let universe = e.universe()?;
        let refused = e.minus(universe, all)?;
        for family in Family::ALL {
            for protocol in [proto::TCP, proto::UDP, proto::ICMP, proto::ICMPV6] {
                let cube = Cube::family(family).with_value(Field::Proto, u128::from(protocol));
                let cube = e.cube(&cube)?;
                let set = e.and(refused, cube)?;
                flows.extend(choose(e, set, &Preferences::default()).map(|p| flow_at(&p)));
            }
        }
        out.extend(flows.into_iter().filter(fit).map(|flow| Probe { ingress: *number, flow }));
    }
    let more = out.len() > MOST;
    Ok((out.into_iter().take(MOST).collect(), more))
}

/// Whether it can be put on a wire and its delivery be seen.
fn fit(flow: &Flow) -> bool {
    PROTOCOLS.contains(&flow.proto) && craft::frame(flow, 0).is_some()
}

/// Packets at the edges of a row, on both sides of each.
fn corners(e: &mut Engine, set: PacketSet, row: &Row, out: &mut BTreeSet<Flow>) -> Result<()> {
    let cube = e.cube(&row.cube)?;
    let family = e.cube(&Cube::family(row.family))?;
    let part = e.and(cube, family)?;
    let part = e.and(part, set)?;
    let Some(base) = choose(e, part, &Preferences::default()).map(|p| flow_at(&p)) else { return Ok(()) };
    out.insert(base);
    for field in [Field::Src, Field::Dst, Field::Dport, Field::Sport, Field::Proto] {
        let most = match field {
            Field::Src | Field::Dst => row.family.max_address(),
            Field::Proto => u128::from(u8::MAX),
            _ => u128::from(u16::MAX),
        };
        let side = row.cube.side(field).map(Ranges::pairs).unwrap_or_default();
        for (low, high) in side.first().into_iter().chain(side.last()) {
            for value in [low.saturating_sub(1), *low, *high, high.saturating_add(1).min(most)] {
                out.extend(with(&base, field, value));
            }
        }
    }
    Ok(())
}

/// The packet with another value in one field.
fn with(flow: &Flow, field: Field, value: u128) -> Option<Flow> {
    let mut out = *flow;
    match field {
        Field::Src => out.src = value,
        Field::Dst => out.dst = value,
        Field::Dport => out.dport = u16::try_from(value).ok()?,
        Field::Sport => out.sport = u16::try_from(value).ok()?,
        _ => {
            out.proto = u8::try_from(value).ok()?;
            // A new kind of packet opens its session.
            (out.sport, out.dport, out.flags) = (40_000, 443, 2);
        }
    }
    Some(out.canonical())
}
