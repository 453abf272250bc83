//! A set of headers as few rows of intervals, for a reader.

use super::Result;
use super::diagram::Cube;
use super::set::{Engine, PacketSet};
use crate::model::{Family, Field, Flow, PORT_PROTOCOLS, Ranges, proto};

/// A product of intervals. A side that the protocols do not have is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The family of the addresses.
    pub family: Family,
    /// Source addresses as numbers.
    pub src: Ranges,
    /// Destination addresses.
    pub dst: Ranges,
    /// Protocol numbers.
    pub proto: Ranges,
    /// Source ports.
    pub sport: Option<Ranges>,
    /// Destination ports.
    pub dport: Option<Ranges>,
    /// `type << 8 | code`.
    pub icmp: Option<Ranges>,
}

/// TCP flags of the packet that rows about TCP speak of: SYN alone.
const SYN: u8 = 2;

/// Covers a set of opening packets by at most `most` rows, heaviest first within a family and group of protocols;
/// whether some packets are in none of them. Rows may overlap. TCP is looked at with SYN alone: a set that tells
/// other flags apart shows only what it says of that packet.
///
/// # Errors
/// Budget.
pub fn rows(engine: &mut Engine, set: PacketSet, most: usize) -> Result<(Vec<Row>, bool)> {
    let mut out = Vec::new();
    let mut more = false;
    for family in Family::ALL {
        for group in groups(engine, set, family)? {
            more |= cover(engine, family, &group, most, &mut out)?;
        }
    }
    Ok((out, more))
}

/// Protocols with the same header fields and the same packets.
struct Group {
    protocols: Ranges,
    /// The packets, with the protocol side (unless `bare`) and the absent sides free.
    set: PacketSet,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ports,
    Icmp,
    Bare,
}

fn groups(engine: &mut Engine, set: PacketSet, family: Family) -> Result<Vec<Group>> {
    let here = engine.cube(&Cube::family(family))?;
    let set = engine.and(set, here)?;
    let mut out: Vec<Group> = Vec::new();
    for number in
        [proto::TCP, proto::UDP, proto::DCCP, proto::SCTP, proto::UDPLITE, proto::ICMP, proto::ICMPV6]
    {
        let kind = if PORT_PROTOCOLS.contains(&number) { Kind::Ports } else { Kind::Icmp };
        let part = engine.fixed(set, Field::Proto, u128::from(number))?;
        let part = absent(engine, part, kind, number == proto::TCP)?;
        if part.is_empty() {
            continue;
        }
        let one = Ranges::one(u128::from(number));
        match out.iter_mut().find(|g| g.kind == kind && g.set == part) {
            Some(group) => group.protocols = group.protocols.union(&one),
            None => out.push(Group { protocols: one, set: part, kind }),
        }
    }
    let named =
        PORT_PROTOCOLS.iter().chain(&[proto::ICMP, proto::ICMPV6]).map(|p| (u128::from(*p), u128::from(*p)));
    let protocols = Ranges::from_pairs(named).complement(Field::Proto.max_value());
    let bare = engine.cube(&Cube::any().with(Field::Proto, protocols.clone()))?;
    let part = engine.and(set, bare)?;
    let part = absent(engine, part, Kind::Bare, false)?;
    if !part.is_empty() {
        out.push(Group { protocols, set: part, kind: Kind::Bare });
    }
    Ok(out)
}

/// Fixes the fields that the protocol does not have, and TCP's flags.
fn absent(engine: &mut Engine, mut set: PacketSet, kind: Kind, tcp: bool) -> Result<PacketSet> {
    if kind != Kind::Ports {
        set = engine.fixed(set, Field::Sport, 0)?;
        set = engine.fixed(set, Field::Dport, 0)?;
    }
    if kind != Kind::Icmp {
        set = engine.fixed(set, Field::Icmp, 0)?;
    }
    Ok(engine.fixed(set, Field::TcpFlags, if tcp { u128::from(SYN) } else { 0 })?)
}

/// Adds rows for one group; whether some of it is left over.
fn cover(
    engine: &mut Engine,
    family: Family,
    group: &Group,
    most: usize,
    out: &mut Vec<Row>,
) -> Result<bool> {
    let mut left = group.set;
    while let Some(mut cube) = engine.diagram().heaviest_cube(left.node(), family) {
        if out.len() >= most {
            return Ok(true);
        }
        cube.set(Field::Family, Ranges::one(family.value()));
        let mut fields = vec![Field::Dst, Field::Src];
        fields.extend(match group.kind {
            Kind::Ports => &[Field::Dport, Field::Sport][..],
            Kind::Icmp => &[Field::Icmp],
            Kind::Bare => &[Field::Proto],
        });
        for field in fields {
            let grown = engine.diagram().grow(group.set.node(), family, &cube, field);
            cube.set(field, grown);
        }
        let taken = engine.cube(&cube)?;
        left = engine.minus(left, taken)?;
        out.push(row(&cube, family, group));
    }
    Ok(false)
}

fn row(cube: &Cube, family: Family, group: &Group) -> Row {
    let side = |field: Field, max: u128| cube.side(field).cloned().unwrap_or_else(|| Ranges::full(max));
    let only = |kind: Kind, field: Field| (group.kind == kind).then(|| side(field, field.max_value()));
    let proto = match group.kind {
        Kind::Bare => side(Field::Proto, Field::Proto.max_value()).intersection(&group.protocols),
        _ => group.protocols.clone(),
    };
    Row {
        family,
        src: side(Field::Src, family.max_address()),
        dst: side(Field::Dst, family.max_address()),
        proto,
        sport: only(Kind::Ports, Field::Sport),
        dport: only(Kind::Ports, Field::Dport),
        icmp: only(Kind::Icmp, Field::Icmp),
    }
}

/// A packet of the row that a person would send: TCP first, a well-known port, an unremarkable source port.
pub fn example(row: &Row) -> Option<Flow> {
    const PORTS: [u128; 12] = [443, 80, 445, 3389, 22, 53, 25, 1433, 8080, 8443, 123, 161];
    let among =
        |set: &Ranges, wanted: &[u128]| wanted.iter().copied().find(|v| set.contains(*v)).or(set.first());
    let number = among(&row.proto, &[6, 17, 1, 58])?;
    let echo = if number == u128::from(proto::ICMP) { 8 << 8 } else { 128 << 8 };
    let or_zero = |set: &Option<Ranges>, wanted: &[u128]| match set {
        Some(set) => among(set, wanted),
        None => Some(0),
    };
    let flow = Flow {
        family: row.family,
        src: inside(&row.src, row.family)?,
        dst: inside(&row.dst, row.family)?,
        proto: u8::try_from(number).ok()?,
        sport: u16::try_from(or_zero(&row.sport, &[49152])?).ok()?,
        dport: u16::try_from(or_zero(&row.dport, &PORTS)?).ok()?,
        icmp: u16::try_from(or_zero(&row.icmp, &[echo])?).ok()?,
        flags: SYN,
    };
    Some(flow.canonical())
}

/// An address that looks like a host's: not the first of its interval, which is often a network's own number,
/// and not in the lowest block, which no host has.
fn inside(set: &Ranges, family: Family) -> Option<u128> {
    let nice = match family {
        Family::V4 => (0x0A00_0001, 0xDFFF_FFFF),
        Family::V6 => (0x2001_0db8 << 96 | 1, (0x4000 << 112) - 1),
    };
    let usual = set.intersection(&Ranges::span(nice.0, nice.1));
    let (low, high) = usual.pairs().first().or_else(|| set.pairs().first()).copied()?;
    Some(if low < high && low % 256 == 0 { low + 1 } else { low })
}
