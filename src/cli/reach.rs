//! `bunri reach`: everything that can pass one device between two interfaces.

use std::collections::BTreeMap;

use super::args::DeviceFiles;
use super::device::{self, OneDevice};
use super::failure::Failure;
use super::options;
use super::places::{Entry as Place, LOCAL, on_device};
use super::run::{Answer, Run};
use crate::analysis::EngineError;
use crate::analysis::concrete::{Branch, Branches, Certainty, Choice, Entry, Outcome, device_branches};
use crate::analysis::pipeline::Exit;
use crate::analysis::query::{self, Question, Reply, Way, ask, headers_of, log2};
use crate::analysis::rows::rows;
use crate::analysis::set::{Engine, PacketSet, flow_at};
use crate::analysis::witness::{Preferences, choose};
use crate::model::{AddressSet, CauseId, Device, Flow, IfId};
use crate::msg;
use crate::report;
use crate::report::json::{
    Bound, Packet, ReachBox, ReachReport, ReachVerdict, SCHEMA_VERSION, device_culprits, line_of,
};
use crate::source::Msg;

/// The arguments of the command.
pub(super) struct Ask<'a> {
    pub(super) files: &'a DeviceFiles,
    pub(super) ingress: &'a str,
    pub(super) egress: Option<&'a str>,
    pub(super) src: Option<&'a str>,
    pub(super) dst: Option<&'a str>,
    pub(super) proto: Option<&'a str>,
    pub(super) dport: Option<&'a str>,
}

/// Most rows per bound and way out.
const ROWS: usize = 100;
/// Most places of a set that are replayed.
const REPLAYS: usize = 16;
/// Most culprits shown.
const CULPRITS: usize = 50;
/// Exit code where it is undetermined.
const UNDETERMINED: u8 = 3;

pub(super) fn reach(run: &mut Run, a: &Ask<'_>) -> Result<Answer, Failure> {
    let names: Vec<String> = [Some(a.ingress), a.egress]
        .into_iter()
        .flatten()
        .filter(|n| *n != LOCAL)
        .map(str::to_owned)
        .collect();
    let read = device::load(a.files, &names, &run.limits)?;
    run.inputs.extend(read.inputs.iter().cloned());
    device::remark(&read.sources, &read.reading.diagnostics, run.common.lang);
    let (at, question) = question(&read, a)?;
    let Some(on) = read.reading.devices.get(at) else {
        return Err(msg!("no device was read", "読み込めた機器がない").into());
    };
    run.progress.stage(&msg!("analysing", "解析中"));
    let report = match ask(on, &question, run.limits.diagram_edges) {
        Ok(reply) => answer(run, &read, on, question.ingress, reply),
        Err(e) => Err(e),
    };
    let report = match report {
        Ok(report) => report,
        Err(EngineError::Malformed) => return Err(malformed().into()),
        Err(e) => gave_up(run, e),
    };
    let code = if report.verdict == ReachVerdict::Undetermined { UNDETERMINED } else { 0 };
    Ok(Answer { text: run.render(&report, |style| report::reach(&report, style)), code })
}

fn question(read: &OneDevice, a: &Ask<'_>) -> Result<(usize, Question), Msg> {
    let devices = &read.reading.devices;
    let (at, ingress) = match on_device(devices, a.ingress)? {
        (at, Place::Interface(id)) => (at, id),
        (_, Place::Local) => {
            return Err(msg!("`--in` must name an interface", "`--in` にはインターフェースを指定する"));
        }
    };
    let exit = match a.egress {
        None => None,
        Some(LOCAL) => Some(Way::Local),
        Some(name) => match on_device(devices, name)? {
            (same, Place::Interface(id)) if same == at => Some(Way::Interface(id)),
            (same, Place::Local) if same == at => Some(Way::Local),
            _ => {
                return Err(msg!(
                    "`--in` and `--out` belong to different devices of the file",
                    "`--in` と `--out` が別の機器に属している"
                ));
            }
        },
    };
    let address = |option: &str, text: Option<&str>| {
        text.map(|t| options::prefix(option, t)).transpose().map(|n| n.map(AddressSet::network))
    };
    let (src, dst) = (address("--src", a.src)?, address("--dst", a.dst)?);
    let proto = a.proto.map(options::protocol).transpose()?;
    let dport = a.dport.map(|p| options::ports(p, proto)).transpose()?;
    let headers = headers_of(src.as_ref(), dst.as_ref(), proto, dport.as_ref());
    if headers.is_empty() {
        return Err(msg!(
            "`--src` and `--dst` are of different families",
            "`--src` と `--dst` のアドレス体系が異なる"
        ));
    }
    Ok((at, Question { ingress, headers, exit }))
}

fn malformed() -> Msg {
    msg!(
        "internal error: the model of the device contradicts itself; please report it",
        "内部エラー: 機器のモデルに矛盾がある。開発元に連絡する"
    )
}

fn gave_up(run: &Run, error: EngineError) -> ReachReport {
    let why = match error {
        EngineError::Endless => {
            msg!("address translations form a loop", "アドレス変換が循環している")
        }
        _ => msg!("the analysis exceeded its memory budget", "解析に用いるメモリの上限を超えた"),
    };
    ReachReport { reason: Some(why.text(run.common.lang).to_owned()), ..empty(ReachVerdict::Undetermined) }
}

fn empty(verdict: ReachVerdict) -> ReachReport {
    ReachReport {
        schema_version: SCHEMA_VERSION,
        verdict,
        lower_log2: None,
        upper_log2: None,
        witness: None,
        boxes: Vec::new(),
        boxes_truncated: false,
        culprits: Vec::new(),
        culprits_truncated: false,
        reason: None,
    }
}

/// Both bounds of everything that leaves one way, whatever the next hop.
#[derive(Clone, Copy)]
struct Bounds {
    upper: PacketSet,
    lower: PacketSet,
}

fn answer(
    run: &Run,
    read: &OneDevice,
    on: &Device,
    ingress: IfId,
    reply: Reply,
) -> crate::analysis::Result<ReachReport> {
    let mut engine = reply.engine;
    let ways = by_way(&mut engine, &reply.passed)?;
    if ways.is_empty() {
        return Ok(empty(ReachVerdict::Unreachable));
    }
    let replay = Replay { on, ingress };
    let mut report = empty(ReachVerdict::Undetermined);
    let (mut lower, mut upper, mut causes) = (PacketSet::EMPTY, PacketSet::EMPTY, Vec::new());
    for (way, bounds) in &ways {
        let out = name(on, *way);
        for (bound, set) in [(Bound::Lower, bounds.lower), (Bound::Upper, bounds.upper)] {
            let shown = rows(&mut engine, set, ROWS)?;
            report.boxes_truncated |= shown.more;
            report.boxes.extend(shown.rows.iter().map(|r| ReachBox::new(r, bound, &out)));
        }
        if report.witness.is_none()
            && let Some(flow) = replay.confirmed(&mut engine, *way, bounds.lower)?
        {
            report.verdict = ReachVerdict::Reachable;
            report.witness = Some(Packet::from(&flow));
        }
        lower = engine.or(lower, bounds.lower)?;
        upper = engine.or(upper, bounds.upper)?;
        let open = engine.minus(bounds.upper, bounds.lower)?;
        causes.extend(replay.doubts(&mut engine, open)?);
    }
    (report.lower_log2, report.upper_log2) = (log2(&engine, lower), log2(&engine, upper));
    // A lower bound that the second engine does not confirm is not shown as one.
    if report.verdict == ReachVerdict::Undetermined {
        report.boxes.retain(|b| b.bound == Bound::Upper);
        report.lower_log2 = None;
    }
    let culprits = device_culprits(on, causes);
    report.culprits_truncated = culprits.len() > CULPRITS;
    let lines = culprits.iter().take(CULPRITS).map(|c| line_of(&read.sources, c, run.common.lang));
    report.culprits = lines.collect();
    Ok(report)
}

/// Ways out in interface order, the device itself last.
fn by_way(engine: &mut Engine, passed: &[query::Passed]) -> crate::analysis::Result<Vec<(Way, Bounds)>> {
    let mut ways: BTreeMap<Option<IfId>, Bounds> = BTreeMap::new();
    for p in passed {
        let key = match p.exit {
            Exit::Interface(id, _) => Some(id),
            Exit::Local => None,
        };
        let none = Bounds { upper: PacketSet::EMPTY, lower: PacketSet::EMPTY };
        let old = ways.get(&key).copied().unwrap_or(none);
        let both = Bounds { upper: engine.or(old.upper, p.upper)?, lower: engine.or(old.lower, p.lower)? };
        ways.insert(key, both);
    }
    let local = ways.remove(&None).map(|b| (Way::Local, b));
    let interfaces = ways.into_iter().filter_map(|(id, b)| id.map(|id| (Way::Interface(id), b)));
    Ok(interfaces.chain(local).collect())
}

fn name(on: &Device, way: Way) -> String {
    match way {
        Way::Local => LOCAL.to_owned(),
        Way::Interface(id) => on.interfaces.get(id.index()).map_or("?", |i| i.name.value.as_str()).to_owned(),
    }
}

/// Asks the second engine about single packets.
struct Replay<'a> {
    on: &'a Device,
    ingress: IfId,
}

impl Replay<'_> {
    fn branches(&self, flow: &Flow) -> Branches {
        // An egress that nobody forces cannot contradict the routes.
        device_branches(self.on, flow, &Entry::ingress(self.ingress)).unwrap_or_default()
    }

    /// A packet of the set that certainly leaves this way, with choices that suit the sender.
    fn confirmed(
        &self,
        engine: &mut Engine,
        way: Way,
        set: PacketSet,
    ) -> crate::analysis::Result<Option<Flow>> {
        let leaves = |b: &Branch| match (way, b.outcome) {
            (Way::Local, Outcome::Local) => true,
            (Way::Interface(id), Outcome::Forward { egress, .. }) => id == egress,
            _ => false,
        };
        for flow in samples(engine, set)? {
            if self.branches(&flow).permits(leaves).is_certain() {
                return Ok(Some(flow));
            }
        }
        Ok(None)
    }

    /// What leaves packets of the set open.
    fn doubts(&self, engine: &mut Engine, set: PacketSet) -> crate::analysis::Result<Vec<CauseId>> {
        let mut out = Vec::new();
        for flow in samples(engine, set)? {
            let branches = self.branches(&flow);
            for (_, certainty) in branches.outcomes() {
                if let Certainty::Possibly(causes) = certainty {
                    out.extend(causes);
                }
            }
            for branch in &branches.branches {
                out.extend(branch.causes());
                out.extend(branch.choices.keys().filter_map(|c| match c {
                    Choice::Cause(cause) => Some(*cause),
                    Choice::Pool { .. } => None,
                }));
            }
        }
        Ok(out)
    }
}

/// Packets from different parts of a set.
fn samples(engine: &mut Engine, set: PacketSet) -> crate::analysis::Result<Vec<Flow>> {
    let (universe, opening) = (engine.universe()?, engine.opening()?);
    let well_formed = engine.and(set, universe)?;
    let set = engine.and(well_formed, opening)?;
    let mut out: Vec<Flow> = choose(engine, set, &Preferences::default()).iter().map(flow_at).collect();
    for row in rows(engine, set, REPLAYS)?.rows {
        let part = engine.cube(&row.cube)?;
        let part = engine.fixed(part, crate::model::Field::Family, row.family.value())?;
        let here = engine.cube(&crate::analysis::diagram::Cube::family(row.family))?;
        let part = engine.and(part, here)?;
        let part = engine.and(part, set)?;
        out.extend(choose(engine, part, &Preferences::default()).iter().map(flow_at));
    }
    out.dedup();
    Ok(out)
}
