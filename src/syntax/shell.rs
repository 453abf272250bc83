//! Lines of words as `iptables-restore` splits them: blanks separate, `"` quotes, `\` escapes inside quotes only.
//!
//! Source: iptables 1.8, `iptables/xshared.c`, `add_param_to_argv`; the writing side is `xtables_save_string`.
//! A closing quote ends the word; single quotes are ordinary characters.

pub use super::Word;
use crate::source::{FileId, Sources, Span};

/// One non-blank line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line without its end and without surrounding blanks.
    pub span: Span,
    /// Its words, in order.
    pub words: Vec<Word>,
    /// Whether the line ends inside a quote.
    pub open_quote: bool,
}

/// The non-blank lines of a file, in order.
pub fn lines(sources: &Sources, file: FileId) -> Vec<Line> {
    let mut out = Vec::new();
    let mut start = 0u32;
    for raw in sources.parse_text(file).split_inclusive('\n') {
        let length = u32::try_from(raw.len()).unwrap_or(u32::MAX);
        let body = raw.trim();
        if !body.is_empty() {
            let lead = u32::try_from(raw.len() - raw.trim_start().len()).unwrap_or(0);
            let from = start + lead;
            let end = from + u32::try_from(body.len()).unwrap_or(0);
            out.push(split(body, Span { file, start: from, end }));
        }
        start = start.saturating_add(length);
    }
    out
}

/// Splits one line; `at` is the place of `text`.
pub fn split(text: &str, at: Span) -> Line {
    let mut words = Vec::new();
    let mut current: Option<(usize, String, bool)> = None;
    let (mut open, mut escaped) = (false, false);
    let mut finish = |word: Option<(usize, String, bool)>, end: usize| {
        if let Some((from, text, quoted)) = word {
            words.push(Word { text, span: part(at, from, end), quoted });
        }
    };
    for (i, c) in text.char_indices() {
        if open {
            let Some(word) = current.as_mut() else { continue };
            match c {
                _ if escaped => {
                    word.1.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    open = false;
                    finish(current.take(), i + 1);
                }
                _ => word.1.push(c),
            }
        } else {
            match c {
                '"' => {
                    open = true;
                    current.get_or_insert_with(|| (i, String::new(), true)).2 = true;
                }
                ' ' | '\t' => finish(current.take(), i),
                _ => current.get_or_insert_with(|| (i, String::new(), false)).1.push(c),
            }
        }
    }
    finish(current.take(), text.len());
    Line { span: at, words, open_quote: open }
}

fn part(at: Span, from: usize, to: usize) -> Span {
    let offset = |n: usize| at.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
    Span { file: at.file, start: offset(from), end: offset(to) }
}
