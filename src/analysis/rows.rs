//! Says a set of packets in a few rows a person can read.
//!
//! Protocols whose packets look alike share a row; fields that a protocol does not have are not shown. Each row is
//! a box inside the set that cannot be made larger in any one field. Rows may overlap; together they are the set,
//! unless [`Rows::more`] is set.
use super::diagram::{BudgetExceeded, Cube};
use super::set::{Engine, PacketSet};
use crate::model::{Family, Field, PORT_PROTOCOLS, Ranges, proto};

/// A box of packets of one family. A field without a side may have any value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Family of its packets.
    pub family: Family,
    /// Its sides; addresses are plain numbers of the family.
    pub cube: Cube,
}

/// Some rows of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// IPv4 first; within a family by protocol, the widest first.
    pub rows: Vec<Row>,
    /// The set has packets that no row shows.
    pub more: bool,
}

/// Fields are widened in this order: what a reader looks at last is freed first.
const WIDEN: [Field; 11] = [
    Field::State,
    Field::Mark,
    Field::Zone,
    Field::TcpFlags,
    Field::Sport,
    Field::Ingress,
    Field::Egress,
    Field::Icmp,
    Field::Src,
    Field::Dst,
    Field::Dport,
];

/// At most `max` rows of a set of well-formed packets. A row without a side for the TCP flags speaks of SYN packets
/// where it speaks of TCP; what only other flags can do has rows with flags. Scratch fields are shown where the set depends on them; [`Engine::forget`] them before if they
/// mean nothing to the reader.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn rows(engine: &mut Engine, set: PacketSet, max: usize) -> Result<Rows, BudgetExceeded> {
    let mut out = Rows::default();
    for family in Family::ALL {
        for (packets, protocols) in groups(engine, set, family)? {
            boxes(engine, packets, family, &protocols, max, &mut out)?;
        }
    }
    Ok(out)
}

/// The packets of each protocol, free in the protocol and in the fields it does not have; protocols with the same
/// packets together.
fn groups(
    engine: &mut Engine,
    set: PacketSet,
    family: Family,
) -> Result<Vec<(PacketSet, Ranges)>, BudgetExceeded> {
    let mut groups: Vec<(PacketSet, Ranges)> = Vec::new();
    for protocols in alike(engine, set, family) {
        let Some(first) = protocols.first() else { continue };
        let mut packets = engine.fixed(set, Field::Proto, first)?;
        packets = engine.fixed(packets, Field::Family, family.value())?;
        for field in absent(first) {
            packets = engine.fixed(packets, *field, 0)?;
        }
        let mut parts = vec![packets];
        if first == u128::from(proto::TCP) {
            parts = opening_first(engine, packets)?;
        }
        for part in parts.into_iter().filter(|p| !p.is_empty()) {
            match groups.iter_mut().find(|g| g.0 == part) {
                Some(group) => group.1 = group.1.union(&protocols),
                None => groups.push((part, protocols.clone())),
            }
        }
    }
    Ok(groups)
}

/// TCP packets as what a SYN can do, whatever the flags, and what only other flags can.
fn opening_first(engine: &mut Engine, packets: PacketSet) -> Result<Vec<PacketSet>, BudgetExceeded> {
    let syn = engine.fixed(packets, Field::TcpFlags, 2)?;
    let rest = engine.minus(packets, syn)?;
    Ok(vec![syn, rest])
}

/// Classes of protocols that no node of the set tells apart and that have the same fields.
fn alike(engine: &mut Engine, set: PacketSet, family: Family) -> Vec<Ranges> {
    let mut starts = vec![0];
    let named = [proto::ICMP, proto::ICMPV6, proto::TCP];
    for p in PORT_PROTOCOLS.into_iter().chain(named) {
        starts.extend([u128::from(p), u128::from(p) + 1]);
    }
    let diagram = engine.diagram();
    let inside = diagram.within(set.node(), family);
    for id in diagram.reachable(inside) {
        if let Some((Field::Proto, edges)) = diagram.node(id) {
            starts.extend(edges.iter().map(|e| e.0));
        }
    }
    starts.sort_unstable();
    starts.dedup();
    let last = Field::Proto.max_value();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([last]);
    starts.iter().zip(ends).map(|(low, high)| Ranges::span(*low, high)).filter(|r| !r.is_empty()).collect()
}

fn absent(protocol: u128) -> &'static [Field] {
    match u8::try_from(protocol) {
        Ok(proto::TCP) => &[Field::Icmp],
        Ok(p) if PORT_PROTOCOLS.contains(&p) => &[Field::Icmp, Field::TcpFlags],
        Ok(proto::ICMP | proto::ICMPV6) => &[Field::Dport, Field::Sport, Field::TcpFlags],
        _ => &[Field::Dport, Field::Sport, Field::Icmp, Field::TcpFlags],
    }
}

/// Covers a set with boxes, the heaviest first.
fn boxes(
    engine: &mut Engine,
    packets: PacketSet,
    family: Family,
    protocols: &Ranges,
    max: usize,
    out: &mut Rows,
) -> Result<(), BudgetExceeded> {
    let mut left = packets;
    while !left.is_empty() {
        if out.rows.len() >= max {
            out.more = true;
            return Ok(());
        }
        let diagram = engine.diagram();
        let Some(mut cube) = diagram.heaviest_cube(left.node(), family) else { return Ok(()) };
        for field in WIDEN {
            if cube.side(field).is_some() {
                let widest = diagram.grow(packets.node(), family, &cube, field);
                if widest == Ranges::full(diagram.space().max(field, family)) {
                    cube.clear(field);
                } else if !widest.is_empty() {
                    cube.set(field, widest);
                }
            }
        }
        let shown = engine.cube(&cube)?;
        let shown = engine.fixed(shown, Field::Family, family.value())?;
        left = engine.minus(left, shown)?;
        if *protocols != Ranges::full(Field::Proto.max_value()) {
            cube.set(Field::Proto, protocols.clone());
        }
        out.rows.push(Row { family, cube });
    }
    Ok(())
}
