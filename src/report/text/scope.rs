//! What the result rests on and what it does not cover.

use super::super::page::{Columns, Ink, Page};
use super::super::words::{assumption_word, line_word, pick, status_word};
use super::{Style, heading};
use crate::analysis::answer::{Assessment, AssumptionKind};
use crate::network::{DeviceStatus, Site};
use crate::source::{Lang, LineState};

/// Assumptions with their kind, declarations with who, on which document, when.
pub(super) fn assumptions(page: &mut Page, assessment: &Assessment, site: &Site, lang: Lang) {
    if assessment.assumptions.is_empty() && site.declarations.is_empty() {
        return;
    }
    heading(page, pick(lang, "Assumptions and declarations", "前提条件及び申告事項"));
    for a in &assessment.assumptions {
        page.put("  ").ink(Ink::Strong, &a.id);
        page.put(&format!(" [{}] {}", assumption_word(a.kind, lang), a.text.text(lang))).end();
        let declaration = site.declarations.iter().find(|d| d.id.value == a.id);
        if let (AssumptionKind::Declaration, Some(d)) = (a.kind, declaration) {
            page.line(4, &credit(d, lang));
        }
    }
    let used = |id: &str| assessment.assumptions.iter().any(|a| a.id == id);
    for d in site.declarations.iter().filter(|d| !used(&d.id.value)) {
        page.put("  ").ink(Ink::Strong, &d.id.value);
        let word = pick(lang, "declaration, not used by any item", "申告、使用した検査項目なし");
        page.put(&format!(" [{word}] {}", d.text)).end();
        page.line(4, &credit(d, lang));
    }
}

fn credit(d: &crate::network::Declaration, lang: Lang) -> String {
    let unknown = pick(lang, "(not given)", "(記載なし)");
    let or = |s: &String| if s.trim().is_empty() { unknown.to_owned() } else { s.clone() };
    let (by, document, date) = (or(&d.by), or(&d.document), or(&d.date));
    match lang {
        Lang::En => format!("declared by {by}, document {document}, date {date}"),
        Lang::Ja => format!("申告者 {by}、根拠資料 {document}、申告日 {date}"),
    }
}

/// Every box and what became of it.
pub(super) fn devices(page: &mut Page, site: &Site, lang: Lang) {
    heading(page, pick(lang, "Devices", "解析範囲(機器)"));
    let mut table = Columns::default();
    for (name, status) in &site.boxes {
        let (ink, note) = match status {
            DeviceStatus::Analysed | DeviceStatus::Declared => (Ink::Plain, String::new()),
            DeviceStatus::Excluded(reason) => (Ink::Faint, reason.clone()),
            DeviceStatus::Missing(reason) => (Ink::Doubt, reason.text(lang).to_owned()),
        };
        let status = status_word(status, lang).to_owned();
        let run_by = site.records.managed_by.get(&name.value).map_or_else(String::new, |by| match lang {
            Lang::En => format!("run by {by}"),
            Lang::Ja => format!("管理主体 {by}"),
        });
        let notes: Vec<String> = [run_by, note].into_iter().filter(|n| !n.is_empty()).collect();
        let notes = notes.join(pick(lang, ", ", "、"));
        table.row([(ink, status), (Ink::Plain, name.value.clone()), (Ink::Plain, notes)]);
    }
    if site.boxes.is_empty() {
        page.line(2, pick(lang, "none", "なし"));
    }
    table.write(page, 2);
}

/// What the answer speaks of, in one line: paths through the boxes that were read; and what nobody looked at, as long as
/// there is such.
pub(super) fn range(page: &mut Page, site: &Site, lang: Lang) {
    const MOST: usize = 3;
    let read: Vec<&str> = site
        .boxes
        .iter()
        .filter(|(_, status)| *status == DeviceStatus::Analysed)
        .map(|(name, _)| name.value.as_str())
        .collect();
    let mut unseen: Vec<&str> = Vec::new();
    if site.fabric.switches.is_empty() {
        unseen.push(pick(lang, "switches (VLANs and cables)", "スイッチ(VLAN及び配線)"));
    }
    if site.records.inventory.is_empty() {
        unseen.push(pick(
            lang,
            "whether there are other devices (no list of devices was given)",
            "他の機器の有無(機器一覧が提出されていない)",
        ));
    }
    if site.boxes.iter().any(|(_, status)| matches!(status, DeviceStatus::Missing(_))) {
        unseen.push(pick(lang, "devices without a configuration", "設定が未提出の機器"));
    }
    if unseen.is_empty() || read.is_empty() {
        return;
    }
    let names = read.iter().take(MOST).copied().collect::<Vec<_>>().join(pick(lang, ", ", "、"));
    let more = read.len().saturating_sub(MOST);
    let unseen = unseen.join(pick(lang, ", ", "、"));
    let text = match lang {
        Lang::En => {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("Scope: paths through {names}{more}. Not seen: {unseen}")
        }
        Lang::Ja => {
            let more = if more > 0 { format!("ほか{more}台") } else { String::new() };
            format!("解析した範囲: {names}{more}を経由する通信。範囲外(未確認): {unseen}")
        }
    };
    page.line(2, &text);
}

/// Tally per file, then the first lines that were not understood.
pub(super) fn coverage(page: &mut Page, assessment: &Assessment, site: &Site, style: Style) {
    let lang = style.lang;
    heading(page, pick(lang, "Coverage", "解析範囲(行)"));
    let mut table = Columns::default();
    let states = LineState::ALL.iter().rev().map(|s| (Ink::Faint, line_word(*s, lang).to_owned()));
    table.row([(Ink::Faint, pick(lang, "file", "ファイル").to_owned())].into_iter().chain(states));
    for (file, t) in &assessment.coverage {
        let path = site.sources.file(*file).map_or_else(String::new, |f| f.path().to_string());
        let numbers = [t.modelled, t.inert, t.partial, t.unmodelled, t.unrecognized];
        let cells = numbers.map(|n| (Ink::Plain, n.to_string()));
        table.row([(Ink::Plain, path)].into_iter().chain(cells));
    }
    table.write(page, 2);
    unread(page, assessment, site, style);
}

const UNREAD: [LineState; 3] = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];

fn unread(page: &mut Page, assessment: &Assessment, site: &Site, style: Style) {
    let lang = style.lang;
    let files = assessment.coverage.iter().map(|c| c.0);
    let lines: Vec<_> = files
        .flat_map(|f| {
            site.lines
                .lines_in(&site.sources, f, &UNREAD)
                .into_iter()
                .map(move |(line, state)| (f, line, state))
        })
        .collect();
    if lines.is_empty() {
        return;
    }
    page.line(2, pick(lang, "Lines not fully understood:", "解析できなかった行:"));
    for (file, line, state) in lines.iter().take(style.unread_lines) {
        let excerpt = site.sources.excerpt(site.sources.line_span(*file, *line));
        let word = line_word(*state, lang);
        page.line(4, &format!("{}:{line} [{word}] {}", excerpt.path, excerpt.text.trim()));
    }
    let more = lines.len().saturating_sub(style.unread_lines);
    if more > 0 {
        let text = match lang {
            Lang::En => format!("… and {more} more (see `bunri coverage`)"),
            Lang::Ja => format!("…ほか{more}行(`bunri coverage` で一覧を表示)"),
        };
        page.line(4, &text);
    }
}

/// Catalogue entries without an answer.
pub(super) fn not_checked(page: &mut Page, assessment: &Assessment, lang: Lang) {
    if assessment.not_checked.is_empty() {
        return;
    }
    heading(page, pick(lang, "Not checked", "検証していない事項"));
    for (id, reason) in &assessment.not_checked {
        page.put("  ").ink(Ink::Strong, id).put(&format!(": {}", reason.text(lang))).end();
    }
}
