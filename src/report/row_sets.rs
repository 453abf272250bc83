//! Rows of an earlier answer, read back, and whether they contain those of a new one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::json::FlowRow;
use super::words::proto_number;
use crate::analysis::diagram::Cube;
use crate::analysis::set::{Engine, PacketSet};
use crate::model::{Family, Field, Ranges};

/// A row as JSON has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RowForm {
    pub certain: bool,
    pub family: String,
    pub from: String,
    pub to: String,
    pub src: SideForm,
    pub dst: SideForm,
    pub proto: Vec<String>,
    pub dport: Vec<String>,
    pub sport: Vec<String>,
    pub icmp: Vec<String>,
    pub delivered: Option<Value>,
    pub requires_forged_source: bool,
}

/// One side of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct SideForm {
    pub ranges: Vec<String>,
}

/// Edges for comparing rows; beyond it they count as not contained.
const EDGES: usize = 4_000_000;

/// What must be the same for rows to be compared: a new place, certainty, forging or delivery is something new.
type Kind = (bool, String, String, String, bool);

/// Whether every packet of the new rows is in an old row of the same kind.
pub(super) fn within(new: &[FlowRow], old: &[RowForm]) -> bool {
    if new.is_empty() {
        return true;
    }
    let Some(new) = new.iter().map(read_back).collect::<Option<Vec<_>>>() else { return false };
    let mut engine = Engine::new(EDGES);
    let (Some(new), Some(old)) = (sets(&mut engine, &new), sets(&mut engine, old)) else { return false };
    new.into_iter().all(|(kind, set)| {
        let known = old.get(&kind).copied().unwrap_or(PacketSet::EMPTY);
        engine.includes(known, set).unwrap_or(false)
    })
}

/// A row by way of its own JSON, so that both sides are read alike.
fn read_back(row: &FlowRow) -> Option<RowForm> {
    serde_json::from_value(serde_json::to_value(row).ok()?).ok()
}

fn sets(engine: &mut Engine, rows: &[RowForm]) -> Option<BTreeMap<Kind, PacketSet>> {
    let mut out: BTreeMap<Kind, PacketSet> = BTreeMap::new();
    for row in rows {
        let set = engine.cube(&row.cube()?).ok()?;
        let old = out.get(&row.kind()).copied().unwrap_or(PacketSet::EMPTY);
        let both = engine.or(old, set).ok()?;
        out.insert(row.kind(), both);
    }
    Some(out)
}

impl RowForm {
    /// Whether every value can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.cube().is_some()
    }

    fn kind(&self) -> Kind {
        let delivered = self.delivered.as_ref().filter(|d| !d.is_null()).map(Value::to_string);
        let delivered = delivered.unwrap_or_default();
        (self.certain, self.from.clone(), self.to.clone(), delivered, self.requires_forged_source)
    }

    fn cube(&self) -> Option<Cube> {
        let family = match self.family.as_str() {
            "ipv4" => Family::V4,
            "ipv6" => Family::V6,
            _ => return None,
        };
        let address = |text: &str| {
            let address = text.parse::<std::net::IpAddr>().ok()?;
            (Family::of(address) == family).then(|| Family::number(address))
        };
        let number = |text: &str| text.parse::<u16>().ok().map(u128::from);
        let icmp = |text: &str| {
            let (kind, code) = text.split_once('/')?;
            Some(u128::from(kind.parse::<u8>().ok()?) << 8 | u128::from(code.parse::<u8>().ok()?))
        };
        let mut cube = Cube::family(family)
            .with(Field::Src, ranges(&self.src.ranges, &address)?)
            .with(Field::Dst, ranges(&self.dst.ranges, &address)?)
            .with(Field::Proto, protocols(&self.proto)?);
        let sides: [(Field, &[String], Read<'_>); 3] = [
            (Field::Dport, &self.dport, &number),
            (Field::Sport, &self.sport, &number),
            (Field::Icmp, &self.icmp, &icmp),
        ];
        for (field, list, read) in sides {
            if !list.is_empty() {
                cube.set(field, ranges(list, read)?);
            }
        }
        Some(cube)
    }
}

/// Reads one value.
type Read<'a> = &'a dyn Fn(&str) -> Option<u128>;

fn ranges(list: &[String], read: Read<'_>) -> Option<Ranges> {
    let pairs = list.iter().map(|text| {
        let (low, high) = text.split_once('-')?;
        let (low, high) = (read(low)?, read(high)?);
        (low <= high).then_some((low, high))
    });
    let pairs: Option<Vec<_>> = pairs.collect();
    pairs.filter(|p| !p.is_empty()).map(Ranges::from_pairs)
}

fn protocols(list: &[String]) -> Option<Ranges> {
    let one = |text: &String| {
        if let Some(number) = proto_number(text) {
            return Some((u128::from(number), u128::from(number)));
        }
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let (low, high) = (low.parse::<u8>().ok()?, high.parse::<u8>().ok()?);
        (low <= high).then_some((u128::from(low), u128::from(high)))
    };
    let pairs: Option<Vec<_>> = list.iter().map(one).collect();
    pairs.filter(|p| !p.is_empty()).map(Ranges::from_pairs)
}
