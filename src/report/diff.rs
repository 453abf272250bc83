//! The answer of `bunri diff`.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, FlowRow, LinePlace, Packet, Place, SCHEMA_VERSION, TraceVerdict};
use super::page::{Columns, Ink, Page};
use super::text::{Style, rows};
use super::trace::{culprits, packet, place_words, word};
use super::words::{line_word, pick};
use crate::analysis::EngineError;
use crate::analysis::answer;
use crate::analysis::comparison::Kind;
use crate::msg;
use crate::source::{Lang, LineState, Sources};

/// The answer of `bunri diff`. It speaks of opening packets, from interface to interface or to the device itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DiffReport {
    /// Always 1.
    pub schema_version: u32,
    /// The answer.
    pub verdict: DiffVerdict,
    /// The earlier file, as named.
    pub before: String,
    /// The later file, as named.
    pub after: String,
    /// What passes differently.
    pub changes: Vec<DiffRow>,
    /// Whether `changes` is cut.
    pub changes_truncated: bool,
    /// Changed lines whose consequences cannot be told.
    pub culprits: Vec<DiffLine>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Why it is undetermined, where no line is the reason.
    pub reason: Option<String>,
}

/// Whether anything passes differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DiffVerdict {
    /// Nothing does.
    Same,
    /// Something certainly does.
    Changed,
    /// Nothing certainly does, and something may.
    Undetermined,
}

/// What became of some packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DiffKind {
    /// They pass and did not.
    New,
    /// They passed and do not any more.
    Gone,
    /// They pass as before and are translated differently.
    Translated,
    /// They pass as before, towards another next hop.
    Rerouted,
    /// They may pass as before, depending on what was changed and is not understood, or is somebody's choice.
    Unclear,
}

impl From<Kind> for DiffKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::New => DiffKind::New,
            Kind::Gone => DiffKind::Gone,
            Kind::Translated => DiffKind::Translated,
            Kind::Rerouted => DiffKind::Rerouted,
            Kind::Unclear => DiffKind::Unclear,
        }
    }
}

/// Packets that pass differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiffRow {
    /// What became of them.
    pub kind: DiffKind,
    /// The packets, as they come in. `from` and `to` are interfaces (`local`: the device itself).
    #[serde(flatten)]
    pub row: FlowRow,
    /// What becomes of `packet` in the earlier version; null if its ingress is not there.
    pub was: Option<Fate>,
    /// What becomes of it in the later version.
    pub is: Option<Fate>,
    #[serde(skip)]
    words: [String; 4],
}

/// What becomes of a packet in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fate {
    /// As `bunri trace` tells it.
    #[serde(flatten)]
    pub verdict: TraceVerdict,
    /// The filter rule that decides; where several fates are possible, that of one of them.
    pub rule: Option<Place>,
}

impl Fate {
    /// A fate and the rule that decides it.
    pub fn new(verdict: TraceVerdict, rule: Option<&answer::Place>, sources: &Sources, lang: Lang) -> Self {
        Fate { verdict, rule: rule.map(|r| json::place(r, sources, lang)) }
    }

    /// In a few words: the answer, and the rule that decides.
    fn words(&self, lang: Lang) -> (String, Ink) {
        let (answer, ink) = word(self.verdict.verdict, lang);
        let rule = self.rule.as_ref().map_or_else(String::new, |r| format!("  {}", place_words(r, lang)));
        let reason = self.verdict.reason.as_ref().filter(|_| self.rule.is_none());
        let reason = reason.map_or_else(String::new, |r| format!("  {r}"));
        (format!("{answer}{rule}{reason}"), ink)
    }
}

/// A changed line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DiffLine {
    /// In which version it stands.
    pub version: DiffVersion,
    /// The line.
    #[serde(flatten)]
    pub place: LinePlace,
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DiffVersion {
    /// The earlier one.
    Before,
    /// The later one.
    After,
}

impl DiffRow {
    /// Packets and the fates of one of them.
    pub fn new(
        kind: Kind,
        row: &answer::FlowRow,
        sources: &Sources,
        (was, is): (Option<Fate>, Option<Fate>),
        lang: Lang,
    ) -> Self {
        let words = rows::words(row, lang);
        DiffRow { kind: kind.into(), row: json::row(row, sources, lang), was, is, words }
    }
}

impl DiffReport {
    /// Nothing told yet.
    pub fn new(before: &str, after: &str) -> Self {
        DiffReport {
            schema_version: SCHEMA_VERSION,
            verdict: DiffVerdict::Same,
            before: before.to_owned(),
            after: after.to_owned(),
            changes: Vec::new(),
            changes_truncated: false,
            culprits: Vec::new(),
            culprits_truncated: false,
            reason: None,
        }
    }

    /// Adds changed lines of one version, at most `most` of them.
    pub fn lines(&mut self, version: DiffVersion, lines: impl IntoIterator<Item = LinePlace>, most: usize) {
        for (count, place) in lines.into_iter().enumerate() {
            if count >= most {
                self.culprits_truncated = true;
                return;
            }
            let line = DiffLine { version, place };
            let known = |l: &DiffLine| {
                (l.version, l.place.line, &l.place.file) == (version, line.place.line, &line.place.file)
            };
            if !self.culprits.iter().any(known) {
                self.culprits.push(line);
            }
        }
    }

    /// A device of which nothing can be told.
    pub fn give_up(&mut self, error: EngineError, lang: Lang) {
        let why = match error {
            EngineError::Endless => msg!("address translations form a loop", "アドレス変換が循環している"),
            _ => msg!("the analysis exceeded its memory budget", "解析に用いるメモリの上限を超えた"),
        };
        self.reason = Some(why.text(lang).to_owned());
    }

    /// Puts changes in order and decides the verdict.
    pub fn judge(&mut self) {
        self.changes.sort_by_key(|c| (c.kind, !c.row.certain));
        let open = !self.changes.is_empty() || !self.culprits.is_empty() || self.reason.is_some();
        self.verdict = if self.changes.iter().any(|c| c.row.certain) {
            DiffVerdict::Changed
        } else if open || self.changes_truncated || self.culprits_truncated {
            DiffVerdict::Undetermined
        } else {
            DiffVerdict::Same
        };
    }
}

/// A line that was changed and is not understood in full.
pub fn open_line(file: &str, line: u32, text: &str, state: LineState, lang: Lang) -> LinePlace {
    let what = pick(lang, "changed, and not understood in full", "変更されたが、完全には解釈できない");
    let what = format!("{what} [{}]", line_word(state, lang));
    LinePlace { file: file.to_owned(), line, text: text.to_owned(), what }
}

/// Most rows in a row that the same rules decide.
const ROWS: usize = 4;

/// Renders what passes differently.
pub fn diff(report: &DiffReport, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    let title = pick(lang, "What passes differently", "設定変更による通信の差");
    page.ink(Ink::Strong, title).put(&format!("  {} → {}", report.before, report.after)).end();
    let (text, ink) = match report.verdict {
        DiffVerdict::Same => (
            pick(
                lang,
                "nothing: the same packets pass, in the same way",
                "差はない(通過する通信は同じである)",
            ),
            Ink::Good,
        ),
        DiffVerdict::Changed => {
            (pick(lang, "something passes differently", "通過する通信に差がある"), Ink::Strong)
        }
        DiffVerdict::Undetermined => {
            (pick(lang, "undetermined: see below", "判定保留(差の有無を判定できない部分がある)"), Ink::Doubt)
        }
    };
    page.ink(ink, text).end();
    if let Some(reason) = &report.reason {
        page.line(2, &format!("{}: {reason}", pick(lang, "reason", "理由")));
    }
    for kind in [DiffKind::New, DiffKind::Gone, DiffKind::Translated, DiffKind::Rerouted, DiffKind::Unclear] {
        for certain in [true, false] {
            let part: Vec<&DiffRow> =
                report.changes.iter().filter(|c| c.kind == kind && c.row.certain == certain).collect();
            write_kind(&mut page, &part, heading(kind, certain, lang), lang);
        }
    }
    if report.changes_truncated {
        page.line(2, pick(lang, "… and more", "…ほか"));
    }
    write_lines(&mut page, report, lang);
    page.finish()
}

fn heading(kind: DiffKind, certain: bool, lang: Lang) -> (&'static str, Ink) {
    match (kind, certain) {
        (DiffKind::New, true) => (pick(lang, "Newly possible", "新たに可能となる通信"), Ink::Bad),
        (DiffKind::New, false) => {
            (pick(lang, "Perhaps newly possible", "新たに可能となるおそれのある通信(判定保留)"), Ink::Doubt)
        }
        (DiffKind::Gone, true) => (pick(lang, "No longer possible", "可能でなくなる通信"), Ink::Strong),
        (DiffKind::Gone, false) => {
            (pick(lang, "Perhaps no longer possible", "可能でなくなるおそれのある通信(判定保留)"), Ink::Doubt)
        }
        (DiffKind::Translated, true) => {
            (pick(lang, "Translated differently", "アドレス変換が変わる通信"), Ink::Strong)
        }
        (DiffKind::Translated, false) => (
            pick(lang, "Perhaps translated differently", "アドレス変換が変わるおそれのある通信(判定保留)"),
            Ink::Doubt,
        ),
        (DiffKind::Rerouted, true) => {
            (pick(lang, "Sent to another next hop", "次の転送先が変わる通信"), Ink::Strong)
        }
        (DiffKind::Rerouted, false) => (
            pick(lang, "Perhaps sent to another next hop", "次の転送先が変わるおそれのある通信(判定保留)"),
            Ink::Doubt,
        ),
        (DiffKind::Unclear, _) => {
            (pick(lang, "Cannot be compared", "変更の影響を判定できない通信(判定保留)"), Ink::Doubt)
        }
    }
}

fn write_kind(page: &mut Page, part: &[&DiffRow], (title, ink): (&str, Ink), lang: Lang) {
    if part.is_empty() {
        return;
    }
    page.gap().ink(ink, title).end();
    for group in part.chunk_by(|a, b| (&a.row.from, &a.row.to) == (&b.row.from, &b.row.to)) {
        let Some(first) = group.first() else { continue };
        let itself = pick(lang, "the device itself", "機器自身");
        let to = if first.row.to.rsplit(':').next() == Some("local") { itself } else { &first.row.to };
        page.line(2, &format!("{} → {to}:", first.row.from));
        for alike in group.chunk_by(|a, b| rules(a) == rules(b)) {
            write_rows(page, alike, lang);
        }
    }
}

/// The rules that decide a change, on both sides.
fn rules(change: &DiffRow) -> [Option<&Place>; 2] {
    [&change.was, &change.is].map(|fate| fate.as_ref().and_then(|f| f.rule.as_ref()))
}

/// Rows that the same rules decide.
fn write_rows(page: &mut Page, list: &[&DiffRow], lang: Lang) {
    let Some(first) = list.first() else { return };
    let mut table = Columns::default();
    for change in list.iter().take(ROWS) {
        table.row(change.words.clone().map(|cell| (Ink::Plain, cell)));
    }
    table.write(page, 4);
    if list.len() > ROWS {
        let more = list.len() - ROWS;
        page.line(
            4,
            &match lang {
                Lang::En => format!("… and {more} more rows (all of them: --format json)"),
                Lang::Ja => format!("…ほか{more}行(全ての行は --format json)"),
            },
        );
    }
    if let Some(example) = &first.row.packet {
        page.line(6, &format!("{}: {}", pick(lang, "example", "例"), packet(example)));
    }
    fate(page, (pick(lang, "before", "変更前"), first.was.as_ref()), first.row.packet.as_ref(), lang);
    fate(page, (pick(lang, "after", "変更後"), first.is.as_ref()), first.row.packet.as_ref(), lang);
}

/// What becomes of the example in one version.
fn fate(page: &mut Page, (title, fate): (&str, Option<&Fate>), example: Option<&Packet>, lang: Lang) {
    let missing = pick(lang, "there is no such interface", "該当するインターフェースがない");
    let (text, ink) = fate.map_or((missing.to_owned(), Ink::Plain), |f| f.words(lang));
    page.put(&format!("      {title}: ")).ink(ink, &text).end();
    let header = fate.and_then(|f| f.verdict.header.as_ref().filter(|h| Some(*h) != example));
    if let Some(header) = header {
        page.line(8, &format!("{}: {}", pick(lang, "translated to", "変換後のヘッダ"), packet(header)));
    }
}

fn write_lines(page: &mut Page, report: &DiffReport, lang: Lang) {
    for (version, title) in [
        (
            DiffVersion::Before,
            pick(lang, "Lines of the earlier file behind this", "判定できない原因(変更前の該当行)"),
        ),
        (
            DiffVersion::After,
            pick(lang, "Lines of the later file behind this", "判定できない原因(変更後の該当行)"),
        ),
    ] {
        let list: Vec<LinePlace> =
            report.culprits.iter().filter(|l| l.version == version).map(|l| l.place.clone()).collect();
        if !list.is_empty() {
            page.gap().line(0, &format!("{title}:"));
            culprits(page, &list, report.culprits_truncated, lang);
        }
    }
}
