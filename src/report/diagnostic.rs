//! Findings about the input itself, with the source line underlined.

use super::page::{Colour, Ink, Page, width_of_first};
use super::words::pick;
use crate::source::{Code, Diagnostic, Lang, Severity, Sources, Span};

/// Renders one diagnostic:
///
/// ```text
/// error[unknown-key]: `zoen` is no key of a segment
///   --> site.toml:12:1
///    |
/// 12 | zoen = "内部"
///    | ^^^^
///    = help: did you mean `zone`?
/// ```
pub fn diagnostic(sources: &Sources, diagnostic: &Diagnostic, lang: Lang, colour: Colour) -> String {
    let mut page = Page::new(colour);
    write(&mut page, sources, diagnostic, lang);
    page.finish()
}

/// Renders the first `most` diagnostics, worst first and otherwise in the order given, and says how many more
/// there are.
pub fn diagnostics(
    sources: &Sources,
    list: &[Diagnostic],
    most: usize,
    lang: Lang,
    colour: Colour,
) -> String {
    let mut sorted: Vec<&Diagnostic> = list.iter().collect();
    sorted.sort_by_key(|d| std::cmp::Reverse(d.code.severity()));
    let mut page = Page::new(colour);
    for d in sorted.iter().take(most) {
        write(&mut page, sources, d, lang);
    }
    let more = sorted.len().saturating_sub(most);
    if more > 0 {
        let text = match lang {
            Lang::En => format!("… and {more} more"),
            Lang::Ja => format!("…ほか{more}件"),
        };
        page.line(0, &text);
    }
    page.finish()
}

fn write(page: &mut Page, sources: &Sources, diagnostic: &Diagnostic, lang: Lang) {
    let gutter = gutter(sources, diagnostic);
    let (word, ink) = title(diagnostic.code, lang);
    page.ink(ink, &format!("{word}[{}]", diagnostic.code.slug()));
    page.ink(Ink::Strong, &format!(": {}", diagnostic.message.text(lang))).end();
    snippet(page, sources, diagnostic.primary, "-->", gutter, None);
    for (span, label) in &diagnostic.labels {
        snippet(page, sources, *span, ":::", gutter, Some(label.text(lang)));
    }
    if let Some(help) = &diagnostic.help {
        let word = pick(lang, "help", "対処");
        page.put(&" ".repeat(gutter)).put(" = ").ink(Ink::Strong, word);
        page.put(&format!(": {}", help.text(lang))).end();
    }
}

fn title(code: Code, lang: Lang) -> (&'static str, Ink) {
    match code.severity() {
        Severity::Note => (pick(lang, "note", "備考"), Ink::Strong),
        Severity::Warning => (pick(lang, "warning", "警告"), Ink::Doubt),
        Severity::Error => (pick(lang, "error", "エラー"), Ink::Bad),
    }
}

/// Digits of the largest line number shown.
fn gutter(sources: &Sources, diagnostic: &Diagnostic) -> usize {
    let spans = diagnostic.labels.iter().map(|l| l.0).chain([diagnostic.primary]);
    spans.map(|s| sources.position(s).line.to_string().len()).max().unwrap_or(1)
}

fn snippet(page: &mut Page, sources: &Sources, span: Span, arrow: &str, gutter: usize, label: Option<&str>) {
    let excerpt = sources.excerpt(span);
    let column = sources.position(span).column;
    let space = " ".repeat(gutter);
    page.put(&space).ink(Ink::Faint, arrow);
    if sources.is_whole(span) {
        let label = label.map_or_else(String::new, |l| format!(": {l}"));
        page.put(&format!(" {}{label}", excerpt.path)).end();
        return;
    }
    match sources.cell(span) {
        Some(cell) => page.put(&format!(" {}!{cell}", excerpt.path)).end(),
        None => page.put(&format!(" {}:{}:{column}", excerpt.path, excerpt.line)).end(),
    };
    page.put(&space).ink(Ink::Faint, " |").end();
    let number = format!("{:>gutter$} | ", excerpt.line);
    page.ink(Ink::Faint, &number).put(&excerpt.text).end();
    let (from, to) = excerpt.highlight;
    let before = width_of_first(&excerpt.text, from);
    let under = width_of_first(&excerpt.text, to).saturating_sub(before).max(1);
    page.put(&space).ink(Ink::Faint, " | ").put(&" ".repeat(before)).ink(Ink::Bad, &"^".repeat(under));
    if let Some(label) = label {
        page.put(" ").ink(Ink::Bad, label);
    }
    page.end();
}
