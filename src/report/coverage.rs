//! The report of `bunri coverage` as text.

use super::Style;
use super::json::{CoverageFile, CoverageReport, TableReading};
use super::page::{Columns, Ink, Page};
use super::words::{line_word, pick};
use crate::source::{Lang, LineState};

/// Renders the tally of every file and the lines that were not fully understood.
pub fn coverage(report: &CoverageReport, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    let mut table = Columns::default();
    let states = LineState::ALL.iter().rev().map(|s| (Ink::Faint, line_word(*s, lang).to_owned()));
    let title = |en, ja| (Ink::Faint, pick(lang, en, ja).to_owned());
    table.row([title("file", "ファイル"), title("vendor", "種別")].into_iter().chain(states));
    for file in &report.files {
        table.row(row(file));
    }
    table.write(&mut page, 0);
    for file in report.files.iter().filter(|f| !f.unread.is_empty()) {
        page.gap().ink(Ink::Strong, &file.tally.file).end();
        for line in &file.unread {
            let state = LineState::ALL.iter().find(|s| s.word() == line.state);
            let word = state.map_or("", |s| line_word(*s, lang));
            page.line(2, &format!("{}: [{word}] {}", line.line, line.text));
        }
        if file.unread_truncated {
            let t = &file.tally;
            let all = (t.partial + t.unmodelled + t.unrecognized) as usize;
            let more = all.saturating_sub(file.unread.len());
            let text = match lang {
                Lang::En => format!("… and {more} more"),
                Lang::Ja => format!("…ほか{more}行"),
            };
            page.line(2, &text);
        }
    }
    for reading in &report.tables {
        read(&mut page, reading, lang);
    }
    page.finish()
}

/// What was understood of a table: columns, rows, what was resolved.
fn read(page: &mut Page, table: &TableReading, lang: Lang) {
    let sheet = table.sheet.as_ref().map_or_else(String::new, |s| format!("!{s}"));
    let (rows, header) = (table.rows.len(), table.header_row);
    let summary = match lang {
        Lang::En => format!("  {} ({}), headings in row {header}, {rows} rows read", table.kind, table.title),
        Lang::Ja => format!("  {}として読み取り(見出し{header}行、{rows}件)", table.title),
    };
    page.gap().ink(Ink::Strong, &format!("{}{sheet}", table.file)).put(&summary).end();
    let label = |en, ja| format!("{}: ", pick(lang, en, ja));
    let columns = table.columns.iter().map(|c| format!("{} {} → {}", c.column, c.heading, c.key));
    page.line(2, &(label("columns", "列") + &columns.collect::<Vec<_>>().join(", ")));
    if !table.constants.is_empty() {
        let all = table.constants.iter().map(|(key, value)| format!("{key} = {value}"));
        page.line(2, &(label("for every row", "全行共通") + &all.collect::<Vec<_>>().join(", ")));
    }
    if !table.unread_columns.is_empty() {
        page.line(2, &(label("columns not read", "読み取らない列") + &table.unread_columns.join(", ")));
    }
    for row in &table.rows {
        let values = row.values.iter().map(|v| format!("{}={}", v.key, v.value));
        page.line(2, &format!("{}: {}", row.row, values.collect::<Vec<_>>().join("  ")));
    }
    if table.rows_truncated {
        page.line(2, "…");
    }
    for row in &table.retired {
        let text = pick(lang, "not in use", "使用しない行");
        page.line(2, &format!("{}: {text}({})", row.row, row.state));
    }
    for note in &table.notes {
        let cell = if note.cell.is_empty() { "-" } else { &note.cell };
        page.line(2, &format!("{cell}: {}", note.text));
    }
}

fn row(file: &CoverageFile) -> Vec<(Ink, String)> {
    let t = &file.tally;
    let doubt = if t.partial + t.unmodelled + t.unrecognized > 0 { Ink::Doubt } else { Ink::Plain };
    let vendor = file.vendor.clone().unwrap_or_else(|| "?".to_owned());
    let mut cells = vec![(doubt, t.file.clone()), (Ink::Plain, vendor)];
    let numbers = [t.modelled, t.inert, t.partial, t.unmodelled, t.unrecognized];
    cells.extend(numbers.map(|n| (Ink::Plain, n.to_string())));
    cells
}
