//! One device, one question: which headers that come in here leave there?

use std::collections::BTreeSet;

use super::Result;
use super::diagram::Cube;
use super::pipeline::{Entry, Exit, Passage};
use super::set::{Engine, PacketSet};
use super::transition::Bound;
use crate::model::{Device, Family, Field, IfId, Ranges};

/// What comes in, and by which interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The ingress interface.
    pub ingress: IfId,
    /// Headers at ingress, a union of cubes; only opening packets of them are asked about.
    pub headers: Vec<Cube>,
    /// Only this way out, if given.
    pub exit: Option<Way>,
}

/// A way out that a question can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By an interface, whatever the next hop.
    Interface(IfId),
    /// To the device itself.
    Local,
}

/// Headers at ingress that leave one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// The way out.
    pub exit: Exit,
    /// Every header that may.
    pub upper: PacketSet,
    /// Headers that do, however unknown things turn out (candidates; see [`Bound::Lower`]).
    pub lower: PacketSet,
}

/// The answer, with the engine that its sets live in.
pub struct Reply {
    /// The arena.
    pub engine: Engine,
    /// Every way out that some packet may take, in a fixed order.
    pub passed: Vec<Passed>,
}

/// Answers a question about one device, using at most `edges` diagram edges.
///
/// # Errors
/// Budget, malformed device.
pub fn ask(device: &Device, question: &Question, edges: usize) -> Result<Reply> {
    let mut engine = Engine::new(edges);
    let asked = headers(&mut engine, &question.headers)?;
    let entry = Entry::Interface(question.ingress);
    let mut upper = Passage::new(device, Bound::Upper, BTreeSet::new());
    let mut lower = Passage::new(device, Bound::Lower, BTreeSet::new());
    let entered = upper.enter(&mut engine, entry, asked)?;
    let mut passed = Vec::new();
    for exit in upper.leave(&mut engine, entry.into(), entered)?.into_keys() {
        let named = match (question.exit, exit) {
            (None, _) | (Some(Way::Local), Exit::Local) => true,
            (Some(Way::Interface(a)), Exit::Interface(b, _)) => a == b,
            _ => false,
        };
        if !named {
            continue;
        }
        let may = leaving(&mut engine, &mut upper, entry, exit, asked)?;
        let must = leaving(&mut engine, &mut lower, entry, exit, asked)?;
        if !may.is_empty() {
            passed.push(Passed { exit, upper: may, lower: must });
        }
    }
    Ok(Reply { engine, passed })
}

fn headers(engine: &mut Engine, cubes: &[Cube]) -> Result<PacketSet> {
    let parts: std::result::Result<Vec<_>, _> = cubes.iter().map(|c| engine.cube(c)).collect();
    let asked = engine.or_all(parts?)?;
    let (universe, opening) = (engine.universe()?, engine.opening()?);
    let asked = engine.and(asked, opening)?;
    Ok(engine.and(asked, universe)?)
}

fn leaving(
    engine: &mut Engine,
    passage: &mut Passage<'_>,
    entry: Entry,
    exit: Exit,
    asked: PacketSet,
) -> Result<PacketSet> {
    let entered = passage.enter(engine, entry, asked)?;
    let before = passage.before(engine, (entry.into(), exit), entered, PacketSet::ALL)?;
    let before = passage.before_enter(engine, entry, before)?;
    Ok(engine.and(before, asked)?)
}

/// log2 of the number of headers of both families in a set; `None` for the empty set.
pub fn log2(engine: &Engine, set: PacketSet) -> Option<f64> {
    let free: f64 = Field::SCRATCH.iter().map(|f| (f.max_value() as f64 + 1.0).log2()).sum();
    let count: f64 = Family::ALL.iter().map(|f| engine.count(set, *f)).sum();
    (count > 0.0).then(|| count.log2() - free)
}

/// A cube of everything, one per family that the address sides allow.
pub fn headers_of(
    source: Option<&crate::model::AddressSet>,
    destination: Option<&crate::model::AddressSet>,
    proto: Option<u8>,
    dport: Option<&Ranges>,
) -> Vec<Cube> {
    let mut out = Vec::new();
    for family in Family::ALL {
        let mut cube = Cube::family(family);
        for (field, set) in [(Field::Src, source), (Field::Dst, destination)] {
            if let Some(set) = set {
                cube.narrow(field, set.of(family));
            }
        }
        if let Some(proto) = proto {
            cube.narrow(Field::Proto, &Ranges::one(u128::from(proto)));
        }
        if let Some(ports) = dport {
            let with_ports = crate::model::PORT_PROTOCOLS.map(|p| (u128::from(p), u128::from(p)));
            cube.narrow(Field::Proto, &Ranges::from_pairs(with_ports));
            cube.narrow(Field::Dport, ports);
        }
        if !cube.is_empty() {
            out.push(cube);
        }
    }
    out
}
