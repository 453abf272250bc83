//! The report of `bunri coverage` as text.

use super::Style;
use super::json::{CoverageFile, CoverageReport};
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
    page.finish()
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
