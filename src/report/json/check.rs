//! The form of `bunri check`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::baseline::Changes;
use super::super::words::{
    assumption_code, basis_code, class_code, family_code, level_code, status_code, verdict_code,
};
use super::{FlowRow, Packet, SCHEMA_VERSION};
use crate::analysis::answer as model;
use crate::analysis::answer::{Assessment, Verdict};
use crate::analysis::finding;
use crate::network::{DeviceStatus, Site};
use crate::source::{Diagnostic, Lang, Severity, Sources, Span};

/// The answer of `bunri check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// Always 1.
    pub schema_version: u32,
    /// The site's name.
    pub site: String,
    /// `holds`, `violated` or `undetermined`, over everything.
    pub verdict: &'static str,
    /// The rules chosen; null if the site chooses none.
    pub rules: Option<Rules>,
    /// Number of assertions per verdict.
    pub counts: Counts,
    /// Every file that was read.
    pub inputs: Vec<Input>,
    /// Every assertion, in catalogue order.
    pub assertions: Vec<Assertion>,
    /// Catalogue entries that were not checked.
    pub not_checked: Vec<NotChecked>,
    /// Line tallies per configuration file.
    pub coverage: Vec<Coverage>,
    /// Everything taken for granted.
    pub assumptions: Vec<Assumption>,
    /// Every box of the topology.
    pub devices: Vec<Device>,
    /// What was noticed while reading.
    pub remarks: Vec<Remark>,
    /// Whether `remarks` is cut.
    pub remarks_truncated: bool,
    /// What differs from the earlier answer that `--baseline` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// Number of assertions per verdict, by the verdict's own word.
pub type Counts = IndexMap<&'static str, usize>;

/// The rules chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rules {
    /// The rule pack's id; may be empty.
    pub pack: String,
    /// Title and edition of its document; may be empty.
    pub title: String,
    /// The model: `α`, `α'`, `β`, `β'`; may be empty.
    pub variant: String,
    /// What to know of the clause numbers; null once a person compared them with their source.
    pub caveat: Option<String>,
}

fn rules(r: &model::Rules, lang: Lang) -> Rules {
    Rules {
        pack: r.pack.clone(),
        title: r.title.clone(),
        variant: r.variant.clone(),
        caveat: r.caveat.as_ref().map(|c| c.text(lang).to_owned()),
    }
}

/// A file and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Input {
    /// Path inside the site folder.
    pub file: String,
    /// Lower-case hex.
    pub sha256: String,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Assertion {
    /// Its own id, the same in every run about the same thing.
    pub finding: String,
    /// `M-1`, `L-1` …
    pub id: &'static str,
    /// The clause of the policy; may be empty.
    pub clause: String,
    /// What the chosen rule pack says there; null without one.
    pub clause_text: Option<String>,
    /// The municipality's own article; may be empty.
    pub local_ref: String,
    /// `packet`, `l2`, `host` or `-`.
    pub level: &'static str,
    /// `path`, `register`, `hygiene`, `evidence` or `scope`.
    pub class: &'static str,
    /// Whether it counts towards the overall verdict and the exit code.
    pub decides: bool,
    /// What it is about.
    pub scope: String,
    /// `holds`, `violated`, `undetermined` or `not-applicable`.
    pub verdict: &'static str,
    /// `config`, `partly_declared` or `declared`.
    pub basis: &'static str,
    /// The question as a sentence.
    pub title: String,
    /// Why it is undetermined or not applicable, or what else to know.
    pub reason: Option<String>,
    /// Evidence that the concrete evaluator reproduced.
    pub counterexamples: Vec<Found>,
    /// Whether `counterexamples` is cut.
    pub counterexamples_truncated: bool,
    /// Paths that exist unless something unknown turns out well.
    pub possible_paths: Vec<Found>,
    /// Whether `possible_paths` is cut.
    pub possible_paths_truncated: bool,
    /// Lines or facts that decide.
    pub culprits: Vec<Deciding>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Ids of assumptions and declarations.
    pub assumptions: Vec<String>,
    /// Sanitizers and declared non-relays at which paths were cut.
    pub cut_at: Vec<String>,
    /// For a packet-level answer that holds: whether it would if every device sent any packet out of any interface
    /// to any neighbour, filters and checks of sources still applied. Null elsewhere; never changes the verdict.
    pub routing_independent: Option<bool>,
    /// Everything that gets through, in few rows: what certainly does if it is violated, what may if it is
    /// undetermined. Packet level only.
    pub rows: Vec<FlowRow>,
    /// Whether more gets through than `rows` says.
    pub rows_truncated: bool,
    /// Flows beyond the register; empty where no register is compared.
    pub surplus: Vec<FlowRow>,
    /// Whether `surplus` is cut.
    pub surplus_truncated: bool,
}

/// A way across under its own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// The same in every run that shows the same way.
    pub finding: String,
    /// The way.
    #[serde(flatten)]
    pub path: Path,
}

/// One way across.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Path {
    /// One per session.
    pub legs: Vec<Leg>,
    /// `ipv4` or `ipv6`, of the first leg.
    pub family: &'static str,
    /// Only delivery was shown.
    pub one_way: bool,
    /// The sender must use an address outside its segment.
    pub requires_forged_source: bool,
    /// Conditions that the path picks.
    pub choices: Vec<Choice>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leg {
    /// Where it starts.
    pub from: String,
    /// Where it is delivered.
    pub to: String,
    /// The packet as it was sent.
    pub packet: Packet,
    /// The packet as delivered.
    pub delivered: Packet,
    /// Device by device.
    pub hops: Vec<Hop>,
}

/// One device on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hop {
    /// The device.
    pub device: String,
    /// Ingress interface; null if the device sent it.
    #[serde(rename = "in")]
    pub ingress: Option<String>,
    /// Egress interface; null if it was delivered to the device.
    #[serde(rename = "out")]
    pub egress: Option<String>,
    /// The rule that let it pass.
    pub rule: Option<Place>,
    /// The route it took.
    pub route: Option<Place>,
    /// Translations, in order.
    pub nat: Vec<Nat>,
    /// The packet as it left.
    pub packet: Packet,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// Path inside the site folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What a person calls it.
    pub label: String,
}

/// One translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Nat {
    /// The statement.
    #[serde(flatten)]
    pub place: Place,
    /// Header before.
    pub before: Packet,
    /// Header after.
    pub after: Packet,
}

/// A condition that a path picks.
pub type Choice = Culprit;

/// A line or fact that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Culprit {
    /// Path inside the site folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The line, secrets masked.
    pub text: String,
    /// What is not known there.
    pub what: String,
    /// The device it belongs to.
    pub device: Option<String>,
}

/// A line or fact on which an answer hangs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deciding {
    /// Its own id, the same in every run about the same line.
    pub finding: String,
    /// The line.
    #[serde(flatten)]
    pub culprit: Culprit,
}

/// A catalogue entry without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotChecked {
    /// Its id.
    pub id: &'static str,
    /// Why not.
    pub reason: String,
}

/// Non-blank lines of one file per state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Path inside the site folder.
    pub file: String,
    /// Modelled in full.
    pub modelled: u32,
    /// Cannot matter.
    pub inert: u32,
    /// Modelled in part.
    pub partial: u32,
    /// Understood, not modelled.
    pub unmodelled: u32,
    /// Not understood.
    pub unrecognized: u32,
}

/// Something taken for granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Assumption {
    /// Its id.
    pub id: String,
    /// What is assumed.
    pub text: String,
    /// `model`, `declaration` or `vendor`.
    pub kind: &'static str,
    /// Who declares it, for declarations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The document it rests on, for declarations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// When it was declared, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A box of the topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Device {
    /// Its id in the topology.
    pub name: String,
    /// `analysed`, `declared`, `excluded` or `missing`.
    pub status: &'static str,
    /// Why it is excluded or missing.
    pub reason: Option<String>,
    /// Who runs it; null if nobody said.
    pub managed_by: Option<String>,
}

/// Something noticed while reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remark {
    /// Kebab-case code.
    pub code: &'static str,
    /// `note`, `warning` or `error`.
    pub severity: &'static str,
    /// Path inside the site folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Character column, from 1.
    pub column: u32,
    /// What it says.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Most remarks in one answer.
const REMARKS: usize = 1_000;

/// The answer of `bunri check` in its JSON form.
pub fn check(assessment: &Assessment, site: &Site, lang: Lang) -> Check {
    let cx = Context { sources: &site.sources, lang };
    Check {
        schema_version: SCHEMA_VERSION,
        site: site.name.clone(),
        verdict: verdict_code(assessment.verdict()),
        rules: assessment.rules.as_ref().map(|r| rules(r, lang)),
        counts: counts(assessment),
        inputs: inputs(&site.sources),
        assertions: assessment.assertions.iter().map(|a| cx.assertion(a)).collect(),
        not_checked: assessment
            .not_checked
            .iter()
            .map(|(id, reason)| NotChecked { id, reason: reason.text(lang).to_owned() })
            .collect(),
        coverage: assessment.coverage.iter().map(|(f, t)| tally(&site.sources, *f, *t)).collect(),
        assumptions: assessment.assumptions.iter().map(|a| assumption(a, site, lang)).collect(),
        devices: site.boxes.iter().map(|(name, status)| device(site, &name.value, status, lang)).collect(),
        remarks: site.diagnostics.iter().take(REMARKS).map(|d| cx.remark(d)).collect(),
        remarks_truncated: site.diagnostics.len() > REMARKS,
        changes: None,
    }
}

fn counts(assessment: &Assessment) -> Counts {
    let all = [Verdict::Holds, Verdict::Violated, Verdict::Undetermined, Verdict::NotApplicable];
    let of = |v: Verdict| assessment.assertions.iter().filter(|a| a.verdict == v).count();
    all.into_iter().map(|v| (verdict_code(v), of(v))).collect()
}

/// Every file and its hash.
pub(super) fn inputs(sources: &Sources) -> Vec<Input> {
    let input =
        |f: &crate::source::SourceFile| Input { file: f.path().to_string(), sha256: f.sha256().to_owned() };
    sources.files().filter(|(_, f)| f.part_of().is_none()).map(|(_, f)| input(f)).collect()
}

pub(super) fn tally(sources: &Sources, file: crate::source::FileId, t: crate::source::Tally) -> Coverage {
    Coverage {
        file: sources.file(file).map_or_else(String::new, |f| f.path().to_string()),
        modelled: t.modelled,
        inert: t.inert,
        partial: t.partial,
        unmodelled: t.unmodelled,
        unrecognized: t.unrecognized,
    }
}

fn assumption(a: &model::Assumption, site: &Site, lang: Lang) -> Assumption {
    let declaration = site.declarations.iter().find(|d| d.id.value == a.id);
    Assumption {
        id: a.id.clone(),
        text: a.text.text(lang).to_owned(),
        kind: assumption_code(a.kind),
        by: declaration.map(|d| d.by.clone()),
        document: declaration.map(|d| d.document.clone()),
        date: declaration.map(|d| d.date.clone()),
    }
}

fn device(site: &Site, name: &str, status: &DeviceStatus, lang: Lang) -> Device {
    let reason = match status {
        DeviceStatus::Analysed | DeviceStatus::Declared => None,
        DeviceStatus::Excluded(reason) => Some(reason.clone()),
        DeviceStatus::Missing(reason) => Some(reason.text(lang).to_owned()),
    };
    let managed_by = site.records.managed_by.get(name).cloned();
    Device { name: name.to_owned(), status: status_code(status), reason, managed_by }
}

/// The line at a span as a person may see it. Empty where the span is the whole file: something that the file does
/// not say has no line to quote.
pub(in super::super) fn statement(sources: &Sources, span: Span) -> String {
    if sources.is_whole(span) {
        return String::new();
    }
    sources.excerpt(span).text.trim().to_owned()
}

/// `file:line`, or the file alone where there is no line to quote.
pub(in super::super) fn location(sources: &Sources, span: Span) -> String {
    let excerpt = sources.excerpt(span);
    match sources.is_whole(span) {
        true => excerpt.path.to_string(),
        false => format!("{}:{}", excerpt.path, excerpt.line),
    }
}

/// A way across in its JSON form.
pub(in super::super) fn path(evidence: &model::Evidence, sources: &Sources, lang: Lang) -> Path {
    Context { sources, lang }.path(evidence)
}

/// A deciding line in its JSON form.
pub(in super::super) fn culprit(culprit: &model::Culprit, sources: &Sources, lang: Lang) -> Culprit {
    Context { sources, lang }.culprit(culprit)
}

/// A statement in its JSON form.
pub(in super::super) fn place(place: &model::Place, sources: &Sources, lang: Lang) -> Place {
    Context { sources, lang }.place(place.span, &place.label)
}

/// A row in its JSON form.
pub(in super::super) fn row(row: &model::FlowRow, sources: &Sources, lang: Lang) -> FlowRow {
    Context { sources, lang }.row(row)
}

/// Turns spans into places.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) sources: &'a Sources,
    pub(super) lang: Lang,
}

impl Context<'_> {
    fn assertion(self, a: &model::Assertion) -> Assertion {
        Assertion {
            finding: finding::of_assertion(a),
            id: a.id,
            clause: a.clause.to_string(),
            clause_text: a.clause_text.as_ref().map(|t| t.text(self.lang).to_owned()),
            local_ref: a.local_ref.clone(),
            level: level_code(a.level),
            class: class_code(a.class),
            decides: a.bearing == model::Bearing::Decides,
            scope: a.scope.clone(),
            verdict: verdict_code(a.verdict),
            basis: basis_code(a.basis),
            title: a.title.text(self.lang).to_owned(),
            reason: a.reason.as_ref().map(|r| r.text(self.lang).to_owned()),
            counterexamples: a.counterexamples.iter().map(|e| self.found(a, e)).collect(),
            counterexamples_truncated: a.counterexamples_truncated,
            possible_paths: a.possible_paths.iter().map(|e| self.found(a, e)).collect(),
            possible_paths_truncated: a.possible_paths_truncated,
            culprits: a.culprits.iter().map(|c| self.deciding(a, c)).collect(),
            culprits_truncated: a.culprits_truncated,
            assumptions: a.assumptions.clone(),
            cut_at: a.cut_at.clone(),
            routing_independent: a.routing_independent.filter(|_| a.verdict == Verdict::Holds),
            rows: a.rows.iter().map(|r| self.row(r)).collect(),
            rows_truncated: a.rows_truncated,
            surplus: a.surplus.iter().map(|r| self.row(r)).collect(),
            surplus_truncated: a.surplus_truncated,
        }
    }

    fn found(self, a: &model::Assertion, e: &model::Evidence) -> Found {
        Found { finding: finding::of_evidence(a, e, self.sources), path: self.path(e) }
    }

    fn path(self, e: &model::Evidence) -> Path {
        Path {
            legs: e.legs.iter().map(|l| self.leg(l)).collect(),
            family: family_code(e.family),
            one_way: e.one_way,
            requires_forged_source: e.requires_forged_source,
            choices: e.choices.iter().map(|c| self.culprit(c)).collect(),
        }
    }

    fn leg(self, leg: &model::Leg) -> Leg {
        Leg {
            from: leg.from.clone(),
            to: leg.to.clone(),
            packet: Packet::from(&leg.packet),
            delivered: Packet::from(&leg.delivered),
            hops: leg.hops.iter().map(|h| self.hop(h)).collect(),
        }
    }

    pub(super) fn hop(self, hop: &model::Hop) -> Hop {
        Hop {
            device: hop.device.clone(),
            ingress: hop.ingress.clone(),
            egress: hop.egress.clone(),
            rule: hop.rule.as_ref().map(|p| self.place(p.span, &p.label)),
            route: hop.route.as_ref().map(|p| self.place(p.span, &p.label)),
            nat: hop.nat.iter().map(|n| self.nat(n)).collect(),
            packet: Packet::from(&hop.packet),
        }
    }

    fn nat(self, n: &model::NatStep) -> Nat {
        Nat {
            place: self.place(n.place.span, &n.place.label),
            before: Packet::from(&n.before),
            after: Packet::from(&n.after),
        }
    }

    pub(super) fn place(self, span: Span, label: &str) -> Place {
        let e = self.sources.excerpt(span);
        Place {
            file: e.path.to_string(),
            line: e.line,
            text: statement(self.sources, span),
            label: label.to_owned(),
        }
    }

    fn deciding(self, a: &model::Assertion, c: &model::Culprit) -> Deciding {
        Deciding { finding: finding::of_culprit(a, c, self.sources), culprit: self.culprit(c) }
    }

    pub(super) fn culprit(self, c: &model::Culprit) -> Culprit {
        let e = self.sources.excerpt(c.span);
        Culprit {
            file: e.path.to_string(),
            line: e.line,
            text: statement(self.sources, c.span),
            what: c.what.text(self.lang).to_owned(),
            device: c.device.clone(),
        }
    }

    pub(super) fn remark(self, d: &Diagnostic) -> Remark {
        let at = self.sources.position(d.primary);
        Remark {
            code: d.code.slug(),
            severity: match d.code.severity() {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            file: self.sources.file(d.primary.file).map_or_else(String::new, |f| f.path().to_string()),
            line: at.line,
            column: at.column,
            message: d.message.text(self.lang).to_owned(),
            help: d.help.as_ref().map(|h| h.text(self.lang).to_owned()),
        }
    }
}
