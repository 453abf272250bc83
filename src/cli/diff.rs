//! `bunri diff`: what two versions of one device's configuration let pass differently.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::args::DeviceFiles;
use super::device::{self, OneDevice};
use super::failure::Failure;
use super::files::shown;
use super::run::{Answer, Run};
use crate::analysis::EngineError;
use crate::analysis::comparison::{Change, Comparison, Kind, Statements, Version, compare};
use crate::analysis::concrete::{
    Branch, Branches, Certainty, Entry, EntryPoint, Outcome, Step, device_branches,
};
use crate::analysis::naming::Naming;
use crate::analysis::set::{Engine, PacketSet, flow_at};
use crate::analysis::witness::{Preferences, choose};
use crate::checks::through::{Ends, rows_of};
use crate::model::{Device, Flow};
use crate::msg;
use crate::network::NextHop;
use crate::report::diff::{DiffReport, DiffRow, DiffVerdict, DiffVersion, Fate, diff as text_of, open_line};
use crate::report::json::{device_culprits, device_trace, line_of};
use crate::source::{FileId, LineState, Msg};

/// The arguments of the command.
pub(super) struct Ask<'a> {
    pub(super) before: &'a Path,
    pub(super) after: &'a Path,
    pub(super) vendor: Option<&'a str>,
}

/// Most rows per pair of interfaces.
const ROWS_PER_WAY: usize = 20;
/// Most rows of a kind, so that a large kind does not hide the others.
const ROWS_PER_KIND: usize = 200;
/// Most lines per side.
const LINES: usize = 50;

pub(super) fn diff(run: &mut Run, ask: &Ask<'_>) -> Result<Answer, Failure> {
    let before = load(run, ask.before, ask.vendor)?;
    let after = load(run, ask.after, ask.vendor)?;
    run.progress.stage(&msg!("comparing", "比較中"));
    let mut report = DiffReport::new(&shown(ask.before), &shown(ask.after));
    let mut compared = Compared { run, before: &before, after: &after, report: &mut report };
    compared.changed_lines();
    for (name, was, is) in pairs(&before.reading.devices, &after.reading.devices) {
        compared.device(&name, was, is)?;
    }
    report.judge();
    let code = match report.verdict {
        DiffVerdict::Same => 0,
        DiffVerdict::Changed => 1,
        DiffVerdict::Undetermined => 3,
    };
    Ok(Answer { text: run.render(&report, |style| text_of(&report, style)), code })
}

fn load(run: &mut Run, path: &Path, vendor: Option<&str>) -> Result<OneDevice, Failure> {
    if path.is_dir() {
        let path = shown(path);
        return Err(msg!(
            "`{path}` is a folder: name two configuration files of one device; two states of a site are compared \
             by `bunri check SITE --baseline FILE`",
            "「{path}」はフォルダである。同じ機器の設定ファイルを2つ指定する。サイトの前後比較には \
             `bunri check SITE --baseline ファイル名` を用いる"
        )
        .into());
    }
    let files = DeviceFiles { config: Some(path.to_owned()), vendor: vendor.map(str::to_owned), ..none() };
    let read = device::load(&files, &[], &run.limits)?;
    run.inputs.extend(read.inputs.iter().cloned());
    device::remark(&read.sources, &read.reading.diagnostics, run.common.lang);
    Ok(read)
}

fn none() -> DeviceFiles {
    let no: fn() -> Option<PathBuf> = || None;
    DeviceFiles {
        config: no(),
        vendor: None,
        ipv6: no(),
        addresses: no(),
        routes: no(),
        routes6: no(),
        rules: no(),
        sysctl: no(),
    }
}

/// Devices of one box with their counterparts: the only ones, else those of the same virtual domain.
fn pairs<'a>(
    before: &'a [Device],
    after: &'a [Device],
) -> Vec<(String, Option<&'a Device>, Option<&'a Device>)> {
    if let ([was], [is]) = (before, after) {
        return vec![(String::new(), Some(was), Some(is))];
    }
    let part = |d: &Device| d.name.rsplit('/').next().unwrap_or_default().to_owned();
    let of = |list: &'a [Device]| list.iter().map(|d| (part(d), d)).collect::<BTreeMap<String, &'a Device>>();
    let (was, is) = (of(before), of(after));
    let names: BTreeSet<String> = was.keys().chain(is.keys()).cloned().collect();
    let pair = |name: String| {
        let both = (was.get(&name).copied(), is.get(&name).copied());
        (name, both.0, both.1)
    };
    names.into_iter().map(pair).collect()
}

/// What is being compared, and what is told so far.
struct Compared<'a> {
    run: &'a Run,
    before: &'a OneDevice,
    after: &'a OneDevice,
    report: &'a mut DiffReport,
}

/// A device on both sides.
#[derive(Clone, Copy)]
struct Both<'a> {
    name: &'a str,
    was: Option<&'a Device>,
    is: Option<&'a Device>,
}

impl Compared<'_> {
    /// Lines that were changed and are not understood in full.
    fn changed_lines(&mut self) {
        let (before, after) = (open_lines(self.before), open_lines(self.after));
        for (version, read, lines, others) in [
            (DiffVersion::Before, self.before, &before, &after),
            (DiffVersion::After, self.after, &after, &before),
        ] {
            let mut known: BTreeMap<&str, usize> = BTreeMap::new();
            others.iter().for_each(|l| *known.entry(&l.text).or_default() += 1);
            let mut changed = Vec::new();
            for l in lines {
                match known.get_mut(l.text.as_str()) {
                    Some(left) if *left > 0 => *left -= 1,
                    _ => changed.push(l),
                }
            }
            let lang = self.run.common.lang;
            let path = |file| read.sources.file(file).map_or_else(String::new, |f| f.path().to_string());
            let places =
                changed.into_iter().map(|l| open_line(&path(l.file), l.line, &l.text, l.state, lang));
            self.report.lines(version, places, LINES);
        }
    }

    fn device(&mut self, name: &str, was: Option<&Device>, is: Option<&Device>) -> Result<(), Failure> {
        let limits = &self.run.limits;
        let [old, new] =
            [self.before, self.after].map(|read| Statements::of(&read.sources, read.vendor, limits));
        let before = was.map(|device| Version { device, statements: &old });
        let after = is.map(|device| Version { device, statements: &new });
        let both = Both { name, was, is };
        let edges = limits.diagram_edges;
        let told = compare(before, after, edges).map(|comparison| self.tell(both, comparison));
        match told {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Told::Failed(failure))) => Err(failure),
            Ok(Err(Told::Engine(EngineError::Malformed))) | Err(EngineError::Malformed) => Err(msg!(
                "internal error: the model of the device contradicts itself; please report it",
                "内部エラー: 機器のモデルに矛盾がある。開発元に連絡する"
            )
            .into()),
            Ok(Err(Told::Engine(error))) | Err(error) => {
                self.report.give_up(error, self.run.common.lang);
                Ok(())
            }
        }
    }

    fn tell(&mut self, both: Both<'_>, comparison: Comparison) -> Result<(), Told> {
        let Comparison { mut engine, changes, changed } = comparison;
        let (was, is) = (naming(both.was), naming(both.is));
        let mut left: BTreeMap<Kind, usize> = BTreeMap::new();
        for change in &changes {
            let room = left.entry(change.kind).or_insert(ROWS_PER_KIND);
            let most = ROWS_PER_WAY.min(*room);
            let names = if change.kind == Kind::Gone { &was } else { &is };
            let found = rows_of(&mut engine, names, change.set, &ends(both.name, change), most)?;
            self.report.changes_truncated |= found.more;
            *room -= found.rows.len();
            for (mut row, packets) in found.rows {
                let Some(flow) = sample(&mut engine, packets)? else { continue };
                row.packet = Some(flow);
                row.certain = self.confirmed(both, change, &flow)?;
                let fates = self.fates(both, change, &flow);
                let lang = self.run.common.lang;
                self.report.changes.push(DiffRow::new(change.kind, &row, &self.after.sources, fates, lang));
            }
        }
        if changes.iter().any(|c| c.kind == Kind::Unclear) {
            let lang = self.run.common.lang;
            for (version, read, device, causes) in [
                (DiffVersion::Before, self.before, both.was, changed.before),
                (DiffVersion::After, self.after, both.is, changed.after),
            ] {
                let culprits = device.map(|d| device_culprits(d, causes)).unwrap_or_default();
                let lines = culprits.iter().map(|c| line_of(&read.sources, c, lang));
                self.report.lines(version, lines, LINES);
            }
        }
        Ok(())
    }

    /// Whether the second engine says so too.
    fn confirmed(&self, both: Both<'_>, change: &Change, flow: &Flow) -> Result<bool, Told> {
        let (was, is) = (walked(both.was, change, flow), walked(both.is, change, flow));
        let (less, more) = match change.kind {
            Kind::New => (was, is),
            Kind::Gone => (is, was),
            Kind::Translated => return Ok(differ(only(was, |b| b.header), only(is, |b| b.header))),
            Kind::Rerouted => return Ok(differ(only(was, hop), only(is, hop))),
            Kind::Unclear => return Ok(false),
        };
        if !change.certain {
            return Ok(false);
        }
        let leaves = |w: Walked<'_>| w.1.permits(|b| takes(w.0, change, b));
        let possible = less.is_some_and(|w| !matches!(leaves(w), Certainty::Never));
        if possible {
            return Err(Told::Failed(disagreement(change, flow).into()));
        }
        Ok(more.is_some_and(|w| leaves(w).is_certain()))
    }

    /// What becomes of a packet in both versions.
    fn fates(&self, both: Both<'_>, change: &Change, flow: &Flow) -> (Option<Fate>, Option<Fate>) {
        let lang = self.run.common.lang;
        let of = |device: Option<&Device>, read: &OneDevice| {
            let (device, branches) = walked(device, change, flow)?;
            let rule = branches.branches.first().and_then(Branch::rule).map(Step::place);
            let branches = Ok(branches);
            let verdict = device_trace(&read.sources, device, &serde_json::Value::Null, &branches, lang);
            Some(Fate::new(verdict, rule.as_ref(), &read.sources, lang))
        };
        (of(both.was, self.before), of(both.is, self.after))
    }
}

/// Why a device could not be told of.
enum Told {
    Engine(EngineError),
    Failed(Failure),
}

impl From<EngineError> for Told {
    fn from(error: EngineError) -> Self {
        Told::Engine(error)
    }
}

/// A line that is not understood in full.
struct OpenLine {
    file: FileId,
    line: u32,
    state: LineState,
    text: String,
}

fn open_lines(read: &OneDevice) -> Vec<OpenLine> {
    let open = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
    let mut out = Vec::new();
    for (file, _) in read.sources.files() {
        for (line, state) in read.reading.lines.lines_in(&read.sources, file, &open) {
            let text = read.sources.excerpt(read.sources.line_span(file, line)).text.trim().to_owned();
            out.push(OpenLine { file, line, state, text });
        }
    }
    out
}

fn naming(device: Option<&Device>) -> Naming {
    let mut out = Naming::default();
    device.into_iter().for_each(|d| out.device(d));
    out
}

fn ends(name: &str, change: &Change) -> Ends {
    let of = |interface: &str| match name {
        "" => interface.to_owned(),
        name => format!("{name}:{interface}"),
    };
    Ends {
        from: of(&change.ingress),
        to: of(change.egress.as_deref().unwrap_or(super::places::LOCAL)),
        certain: change.certain,
        requires_forged_source: false,
    }
}

fn sample(engine: &mut Engine, set: PacketSet) -> crate::analysis::Result<Option<Flow>> {
    Ok(choose(engine, set, &Preferences::default()).map(|point| flow_at(&point)))
}

/// Everything that can become of a packet on a device that has the way's ingress.
type Walked<'a> = (&'a Device, Branches);

fn walked<'a>(device: Option<&'a Device>, change: &Change, flow: &Flow) -> Option<Walked<'a>> {
    let device = device?;
    let ingress = device.interface(&change.ingress)?;
    Some((device, device_branches(device, flow, &Entry::new(EntryPoint::Ingress(ingress))).ok()?))
}

/// Whether a branch takes the way.
fn takes(device: &Device, change: &Change, branch: &Branch) -> bool {
    match (branch.outcome, &change.egress) {
        (Outcome::Local, None) => true,
        (Outcome::Forward { egress, .. }, Some(name)) => device.interface(name) == Some(egress),
        _ => false,
    }
}

/// What every branch agrees on.
fn only<T: PartialEq>(walked: Option<Walked<'_>>, of: impl Fn(&Branch) -> T) -> Option<T> {
    let branches = walked?.1;
    let mut all = branches.branches.iter().map(of);
    let first = all.next().filter(|_| !branches.truncated && !branches.partial)?;
    all.all(|other| other == first).then_some(first)
}

/// Whether both are known and not the same.
fn differ<T: PartialEq>(was: Option<T>, is: Option<T>) -> bool {
    was.is_some_and(|was| is.is_some_and(|is| was != is))
}

/// The next hop of a branch; `None`: it does not leave.
fn hop(branch: &Branch) -> Option<NextHop> {
    match branch.outcome {
        Outcome::Forward { hop, .. } => Some(hop),
        _ => None,
    }
}

fn disagreement(change: &Change, flow: &Flow) -> Msg {
    let (from, to) = (&change.ingress, change.egress.as_deref().unwrap_or(super::places::LOCAL));
    let packet = format!("{} → {}", flow.source(), flow.destination());
    msg!(
        "internal error: the two engines disagree about {packet} from `{from}` to `{to}`; please report it",
        "内部エラー: 「{from}」から「{to}」への {packet} について、二つの計算の結果が一致しない。\
         開発元に連絡する"
    )
}
