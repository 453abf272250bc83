//! The form of `bunri trace`.

use std::collections::BTreeSet;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;

use super::check::Context;
use super::{Hop, Packet};
use crate::analysis::answer;
use crate::analysis::concrete::{
    Branch, Branches, Choice, EgressConflict, End, Outcome, Reach, SiteBranch, SiteChoice, Step, culprit,
};
use crate::model::{CauseId, DenyKind, Device};
use crate::msg;
use crate::network::Site;
use crate::source::{Lang, Msg, Sources};

/// The answer of `bunri trace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceReport {
    /// Always 1.
    pub schema_version: u32,
    /// One per packet, in the order of the packet file.
    pub verdicts: Vec<TraceVerdict>,
}

/// What becomes of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TraceAnswer {
    /// Forwarded to where it is going.
    Accept,
    /// Delivered to the device itself.
    Local,
    /// Refused with an answer.
    Reject,
    /// Refused silently.
    Drop,
    /// More than one of these is possible.
    Undetermined,
}

/// One packet's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceVerdict {
    /// The packet's id.
    pub id: serde_json::Value,
    /// The answer.
    pub verdict: TraceAnswer,
    /// Every possible answer, without repetition.
    pub outcomes: Vec<TraceAnswer>,
    /// Egress interface, where there is exactly one.
    pub out: Option<String>,
    /// The header after translation; null if it differs between the possibilities or the packet is refused.
    pub header: Option<Packet>,
    /// The rules that decide, in the order in which they apply.
    pub rules: Vec<TraceRule>,
    /// Lines that leave it open.
    pub culprits: Vec<LinePlace>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Why it is undetermined, or where it ended.
    pub reason: Option<String>,
    /// Device by device, over a whole site.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
}

/// A rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TraceRule {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What a person calls it.
    pub label: String,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct LinePlace {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What is not known there.
    pub what: String,
}

/// Everything that can become of a packet.
const ANY: [TraceAnswer; 4] =
    [TraceAnswer::Accept, TraceAnswer::Local, TraceAnswer::Reject, TraceAnswer::Drop];
/// Most culprits of one packet.
const CULPRITS: usize = 50;

impl TraceVerdict {
    /// An answer without any way to show: for packets that the model does not speak about.
    pub fn unanswered(id: &serde_json::Value, reason: &Msg, lang: Lang) -> Self {
        TraceVerdict {
            id: id.clone(),
            verdict: TraceAnswer::Undetermined,
            outcomes: ANY.to_vec(),
            out: None,
            header: None,
            rules: Vec::new(),
            culprits: Vec::new(),
            culprits_truncated: false,
            reason: Some(reason.text(lang).to_owned()),
            hops: Vec::new(),
        }
    }

    fn keep(&mut self, cx: Context<'_>, culprits: Vec<answer::Culprit>) {
        let mut lines: Vec<LinePlace> = culprits.iter().map(|c| line(cx, c)).collect();
        lines.sort();
        lines.dedup();
        self.culprits_truncated = lines.len() > CULPRITS;
        lines.truncate(CULPRITS);
        self.culprits = lines;
    }
}

/// A culprit as a line.
pub fn line_of(sources: &Sources, culprit: &answer::Culprit, lang: Lang) -> LinePlace {
    line(Context { sources, lang }, culprit)
}

fn line(cx: Context<'_>, culprit: &answer::Culprit) -> LinePlace {
    let c = cx.culprit(culprit);
    LinePlace { file: c.file, line: c.line, text: c.text, what: c.what }
}

fn denied(kind: DenyKind) -> TraceAnswer {
    match kind {
        DenyKind::Drop => TraceAnswer::Drop,
        DenyKind::Reject => TraceAnswer::Reject,
    }
}

fn answer_of(outcome: Outcome) -> TraceAnswer {
    match outcome {
        Outcome::Forward { .. } => TraceAnswer::Accept,
        Outcome::Local => TraceAnswer::Local,
        Outcome::Deny(kind) | Outcome::Discard(kind) => denied(kind),
        Outcome::NoRoute => TraceAnswer::Drop,
    }
}

/// Why a packet got nowhere, where no rule says it.
fn ending(outcome: Outcome) -> Option<Msg> {
    match outcome {
        Outcome::NoRoute => Some(msg!("no route leads to its destination", "宛先への経路がない")),
        Outcome::Discard(_) => Some(msg!("a route discards it", "破棄経路に一致する")),
        _ => None,
    }
}

/// The answer about one packet on one device.
pub fn device_trace(
    sources: &Sources,
    device: &Device,
    id: &serde_json::Value,
    result: &Result<Branches, EgressConflict>,
    lang: Lang,
) -> TraceVerdict {
    let cx = Context { sources, lang };
    let branches = match result {
        Ok(branches) => branches,
        Err(conflict) => return conflicting(device, id, conflict, lang),
    };
    let list = &branches.branches;
    let outcomes: BTreeSet<TraceAnswer> = list.iter().map(|b| answer_of(b.outcome)).collect();
    let decided = list.first().filter(|_| outcomes.len() == 1 && !branches.truncated);
    let mut verdict = TraceVerdict {
        outcomes: if branches.truncated { ANY.to_vec() } else { outcomes.into_iter().collect() },
        verdict: decided.map_or(TraceAnswer::Undetermined, |b| answer_of(b.outcome)),
        out: only(list.iter().map(|b| egress(device, b))).flatten(),
        header: only(list.iter().map(header)).flatten().map(|h| Packet::from(&h)),
        ..TraceVerdict::unanswered(id, &too_many(), lang)
    };
    verdict.reason = match (decided, branches.truncated) {
        (Some(_), _) => {
            only(list.iter().map(|b| ending(b.outcome))).flatten().map(|m| m.text(lang).to_owned())
        }
        (None, true) => verdict.reason,
        (None, false) => None,
    };
    let shown: Vec<&Branch> =
        if decided.is_some() { list.iter().take(1).collect() } else { list.iter().collect() };
    verdict.rules = rules(cx, shown.into_iter().flat_map(|b| &b.steps));
    if decided.is_none() {
        let causes = list.iter().flat_map(|b| b.causes().into_iter().chain(chosen(b)));
        verdict.keep(cx, device_culprits(device, causes));
    }
    verdict
}

/// The lines behind some causes of a device.
pub fn device_culprits(device: &Device, causes: impl IntoIterator<Item = CauseId>) -> Vec<answer::Culprit> {
    let causes: BTreeSet<CauseId> = causes.into_iter().collect();
    let known = causes.into_iter().filter_map(|c| device.causes.get(c.0 as usize));
    known
        .map(|c| answer::Culprit { span: c.span, what: c.what.clone(), device: Some(device.name.clone()) })
        .collect()
}

fn chosen(branch: &Branch) -> impl Iterator<Item = CauseId> {
    branch.choices.keys().filter_map(|choice| match choice {
        Choice::Cause(cause) => Some(*cause),
        Choice::Pool { .. } => None,
    })
}

fn too_many() -> Msg {
    msg!("there are more possibilities than are followed", "可能性の数が追跡の上限を超えている")
}

fn conflicting(
    device: &Device,
    id: &serde_json::Value,
    conflict: &EgressConflict,
    lang: Lang,
) -> TraceVerdict {
    let leads: BTreeSet<String> = conflict
        .leads
        .iter()
        .map(|outcome| match outcome {
            Outcome::Forward { egress, .. } => {
                device.interfaces.get(egress.index()).map_or("?", |i| i.name.value.as_str()).to_owned()
            }
            Outcome::Local => "local".to_owned(),
            _ => "-".to_owned(),
        })
        .collect();
    let leads = leads.into_iter().collect::<Vec<_>>().join(", ");
    let reason = msg!(
        "`out` contradicts the routes, which lead to {leads}: leave it out",
        "`out` が経路({leads})と矛盾する。項目を削除する"
    );
    TraceVerdict { outcomes: Vec::new(), ..TraceVerdict::unanswered(id, &reason, lang) }
}

fn egress(device: &Device, branch: &Branch) -> Option<String> {
    match branch.outcome {
        Outcome::Forward { egress, .. } => {
            device.interfaces.get(egress.index()).map(|i| i.name.value.clone())
        }
        _ => None,
    }
}

/// The header of a packet that got somewhere.
fn header(branch: &Branch) -> Option<crate::model::Flow> {
    matches!(branch.outcome, Outcome::Forward { .. } | Outcome::Local).then_some(branch.header)
}

/// The value, if all are the same.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|v| v == first).then_some(first)
}

/// Every rule that decided something, each once.
fn rules<'a>(cx: Context<'_>, steps: impl Iterator<Item = &'a Rc<Step>>) -> Vec<TraceRule> {
    let mut out: Vec<TraceRule> = Vec::new();
    for step in steps {
        let place = cx.place(step.span, &step.label);
        let rule = TraceRule { file: place.file, line: place.line, text: place.text, label: place.label };
        if !out.contains(&rule) {
            out.push(rule);
        }
    }
    out
}

/// The answer about one packet over a site: whether it can get to its destination (`reach`), and if not, how the
/// way that leads furthest (`furthest`) ends.
pub fn site_trace(
    site: &Site,
    id: &serde_json::Value,
    reach: &Reach,
    furthest: Option<&SiteBranch>,
    lang: Lang,
) -> TraceVerdict {
    let cx = Context { sources: &site.sources, lang };
    let shown = reach.branch.as_ref().or(furthest);
    let arrived = reach.branch.as_ref().map(|b| match b.end {
        End::Local(_) => TraceAnswer::Local,
        _ => TraceAnswer::Accept,
    });
    let mut verdict = TraceVerdict { reason: None, ..TraceVerdict::unanswered(id, &too_many(), lang) };
    if let Some(branch) = shown {
        verdict.hops = branch.hops.iter().filter_map(|h| h.hop(site)).map(|h| cx.hop(&h)).collect();
        verdict.rules = rules(cx, branch.hops.iter().flat_map(|h| &h.branch.steps));
    }
    let conditional =
        reach.branch.iter().flat_map(|b| b.choices.keys()).any(|c| matches!(c, SiteChoice::Cause(..)));
    match arrived {
        Some(answer) if reach.certainty.is_certain() && !conditional => {
            (verdict.verdict, verdict.outcomes) = (answer, vec![answer]);
            verdict.header = reach.branch.as_ref().and_then(SiteBranch::delivered).map(|f| Packet::from(&f));
        }
        None if !reach.truncated && !reach.partial => {
            let answer = furthest.map_or(TraceAnswer::Drop, |b| blocked(b.end));
            (verdict.verdict, verdict.outcomes) = (answer, vec![answer]);
            verdict.reason = furthest.and_then(|b| stop(site, b.end)).map(|m| m.text(lang).to_owned());
        }
        _ => open(&mut verdict, cx, site, reach, arrived),
    }
    verdict
}

fn open(
    verdict: &mut TraceVerdict,
    cx: Context<'_>,
    site: &Site,
    reach: &Reach,
    arrived: Option<TraceAnswer>,
) {
    verdict.outcomes = arrived.into_iter().chain([TraceAnswer::Reject, TraceAnswer::Drop]).collect();
    if reach.truncated || reach.partial {
        verdict.reason = Some(too_many().text(cx.lang).to_owned());
    }
    let mut culprits: Vec<answer::Culprit> = Vec::new();
    if let Some(branch) = &reach.branch {
        culprits.extend(branch.culprits(site));
        culprits.extend(branch.conditions(site));
    }
    if let crate::analysis::concrete::Certainty::Possibly(causes) = &reach.certainty {
        culprits.extend(causes.iter().filter_map(|(device, cause)| culprit(site, *device, *cause)));
    }
    verdict.keep(cx, culprits);
}

fn blocked(end: End) -> TraceAnswer {
    match end {
        End::Denied(_, kind) | End::Discarded(_, kind) => denied(kind),
        _ => TraceAnswer::Drop,
    }
}

/// Where and why it ended.
fn stop(site: &Site, end: End) -> Option<Msg> {
    let name = |id| site.device(id).map_or("?", |d| d.device.name.as_str());
    let segment = |id| site.segment(id).map_or("?", |s| s.id.value.as_str());
    Some(match end {
        End::Denied(device, _) => {
            let d = name(device);
            msg!("a filter of `{d}` refuses it", "「{d}」のフィルタにより遮断される")
        }
        End::NoRoute(device) => {
            let d = name(device);
            msg!("`{d}` has no route to its destination", "「{d}」に宛先への経路がない")
        }
        End::Discarded(device, _) => {
            let d = name(device);
            msg!("a route of `{d}` discards it", "「{d}」の経路により破棄される")
        }
        End::Unattached(device, _) => {
            let d = name(device);
            msg!(
                "`{d}` sends it by an interface to which nothing is attached",
                "「{d}」の接続先のないインターフェースに送出される"
            )
        }
        End::Segment(id) => {
            let s = segment(id);
            msg!("nobody on segment `{s}` takes it up", "セグメント「{s}」に受け取る機器がない")
        }
        End::Loop => msg!("it goes round in a loop", "経路が循環する"),
        End::TooManyHops => msg!("it passes too many devices", "通過する機器の数が上限を超える"),
        End::NoWay => msg!("no device takes it up from there", "送信元に受け取る機器がない"),
        End::Elsewhere => msg!(
            "it leaves by an interface that the topology does not bind",
            "構成情報に接続先のないインターフェースから送出される"
        ),
        End::Local(_) | End::Found => return None,
    })
}
