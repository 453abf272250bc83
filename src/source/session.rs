//! Terminal logs: prompts, commands and what they printed, paging noise, time stamps. One log holds ten commands.
//!
//! Lines keep their places in the file, so that every message names the line of the log. What a prompt looks like is
//! for the vendor to say; everything else is alike.

use super::{FileId, Msg, Span};
use crate::msg;

/// One line of text and where it stands, line end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The text, indentation included.
    pub text: &'a str,
    /// Its place.
    pub span: Span,
    /// A pager's prompt stood on the line and was wiped out: what follows is another page, or another command.
    pub paged: bool,
}

/// The part of a line from byte `from` to byte `to`.
#[must_use]
pub fn part(line: Span, from: usize, to: usize) -> Span {
    let offset = |n: usize| line.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
    Span { file: line.file, start: offset(from), end: offset(to) }
}

/// The lines of a file.
#[must_use]
pub fn raw_lines(text: &str, file: FileId) -> Vec<Raw<'_>> {
    let mut out = Vec::new();
    let mut start = 0usize;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let whole = Span { file, start: 0, end: 0 };
        out.push(Raw { text: body, span: part(whole, start, start + body.len()), paged: false });
        start += line.len();
    }
    out
}

/// The lines of a log without what a terminal adds to them.
#[derive(Debug, Default)]
pub struct Cleaned<'a> {
    /// What the device printed.
    pub lines: Vec<Raw<'a>>,
    /// What it did not: paging signs, messages of its log.
    pub noise: Vec<Span>,
    /// Lines in which the two cannot be told apart.
    pub flaws: Vec<(Span, Msg)>,
    /// Lines that somebody corrected while typing: what stood there in the end is not known.
    pub edited: Vec<Span>,
}

impl<'a> Cleaned<'a> {
    /// Cleans every line of a file.
    pub fn of(text: &'a str, file: FileId) -> Self {
        let mut out = Cleaned::default();
        for raw in raw_lines(text, file) {
            if let Some(line) = out.clean(raw) {
                out.lines.push(line);
            }
        }
        out
    }

    /// A line without its time stamp and without what a pager left in it; nothing if nothing else is in it.
    fn clean(&mut self, raw: Raw<'a>) -> Option<Raw<'a>> {
        let stamped = raw;
        let raw = without_stamp(raw);
        if raw.text.trim().is_empty() && raw != stamped {
            self.noise.push(stamped.span);
            return None;
        }
        // A pager takes back its own sign; everything else that is taken back was typed.
        if let Some((before, _)) = raw.text.split_once('\u{8}')
            && !plain(before).trim().is_empty()
            && !pager_in(before)
        {
            self.edited.push(raw.span);
        }
        let raw = match overwritten(raw.text) {
            Some(from) => {
                let text = raw.text.get(from..).unwrap_or("");
                if text.trim().is_empty() && !raw.text.trim().is_empty() {
                    self.noise.push(raw.span);
                    return None;
                }
                let paged = pager_in(raw.text.get(..from).unwrap_or(""));
                Raw { text, span: part(raw.span, from, from + text.len()), paged }
            }
            None => raw,
        };
        let body = raw.text.trim();
        if let Some(rest) = pager(body) {
            if rest.trim().is_empty() {
                self.noise.push(raw.span);
                return None;
            }
            let what = msg!(
                "a line that a pager left behind cannot be told from its text",
                "ページ送りの表示と設定の行が混在し、区別できない"
            );
            self.flaws.push((raw.span, what));
        }
        if log_message(body) {
            self.noise.push(raw.span);
            return None;
        }
        Some(raw)
    }
}

/// Where the text begins that is left when a terminal has taken back what stands before it: behind the last backspace,
/// behind a paging sign that a carriage return or an escape sequence wipes out.
fn overwritten(text: &str) -> Option<usize> {
    if let Some(at) = text.rfind('\u{8}') {
        return Some(at + 1);
    }
    let cut = match (text.rfind('\r'), last_escape(text)) {
        (Some(a), Some(b)) => (a + 1).max(b),
        (Some(a), None) => a + 1,
        (None, Some(b)) => b,
        (None, None) => return None,
    };
    let before: String = plain(text.get(..cut)?);
    let wiped = before.trim().is_empty() || pager(before.trim()).is_some_and(|rest| rest.trim().is_empty());
    wiped.then_some(cut)
}

/// The end of the last escape sequence (`ESC [ … letter`).
fn last_escape(text: &str) -> Option<usize> {
    let at = text.rfind("\u{1b}[")?;
    let rest = text.get(at + 2..)?;
    let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
    Some(at + 2 + end + 1)
}

/// A text without escape sequences.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |n| n + 1);
        rest = after.get(end..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// `[2026-03-16 21:58:11.402] text`: the line behind its time stamp.
pub fn without_stamp(raw: Raw<'_>) -> Raw<'_> {
    let text = unstamped(raw.text);
    let from = raw.text.len() - text.len();
    Raw { text, span: part(raw.span, from, raw.text.len()), paged: raw.paged }
}

/// The same of a text.
pub fn unstamped(text: &str) -> &str {
    let stamp = |inner: &str| {
        let signs = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '/' | ' ' | 'T');
        inner.len() >= 15 && inner.chars().all(signs) && inner.matches(':').count() == 2
    };
    let cut = text.strip_prefix('[').and_then(|r| r.split_once(']')).filter(|(inner, _)| stamp(inner));
    let Some((_, rest)) = cut else { return text };
    // One blank separates the stamp from the line; more belong to the line.
    rest.strip_prefix(' ').unwrap_or(rest)
}

/// What a pager asks.
const SIGNS: [&str; 4] = ["--More--", "-- More --", "<--- More --->", "Press any key to continue"];

fn pager_in(text: &str) -> bool {
    SIGNS.iter().any(|s| text.contains(s))
}

/// What stands behind a pager's prompt.
fn pager(body: &str) -> Option<&str> {
    let sign = SIGNS.iter().find(|s| body.starts_with(**s))?;
    let rest = body.get(sign.len()..)?;
    Some(rest.trim_start().strip_prefix("(q for quit)").unwrap_or(rest))
}

/// `*Mar 16 21:58:11.402: %SYS-5-CONFIG_I: …`
fn log_message(body: &str) -> bool {
    let Some((head, rest)) = body.split_once('%') else { return false };
    let mut parts = rest.splitn(3, '-');
    let upper = |s: &str| {
        !s.is_empty() && s.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let facility = parts.next().is_some_and(upper);
    let severity = parts.next().is_some_and(|s| s.len() == 1 && s.chars().all(|c| c.is_ascii_digit()));
    let name = parts.next().and_then(|s| s.split_once(':')).is_some_and(|(n, _)| upper(n));
    let stamped = head.trim_end().ends_with(':') || head.trim().is_empty();
    facility && severity && name && stamped && !head.starts_with(' ')
}

/// A prompt, and what was typed behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'a> {
    /// What it says of where the user is: `(config-if)`, `(VD-SANSO)`.
    pub context: Option<&'a str>,
    /// The command.
    pub command: &'a str,
}

/// One command and what it printed.
#[derive(Debug)]
pub struct Section<'a> {
    /// The context of its prompt.
    pub context: Option<&'a str>,
    /// Its words; empty for what stands before the first prompt.
    pub command: Vec<String>,
    /// The command as it was typed.
    pub typed: Raw<'a>,
    /// The prompt's line; of what stands before the first prompt, its first line.
    pub place: Span,
    /// Whether there is a prompt.
    pub prompted: bool,
    /// What it printed.
    pub lines: Vec<Raw<'a>>,
    /// Another prompt follows, and not in place of a pager's: it is all that it printed.
    pub closed: bool,
}

/// The commands of a log, with `prompt` to tell prompts from output.
pub fn sections<'a>(lines: Vec<Raw<'a>>, prompt: &dyn Fn(&'a str) -> Option<Prompt<'a>>) -> Vec<Section<'a>> {
    let mut out: Vec<Section<'a>> = Vec::new();
    for line in lines {
        let Some(found) = prompt(line.text) else {
            match out.last_mut() {
                Some(section) => section.lines.push(line),
                None => out.push(Section {
                    context: None,
                    command: Vec::new(),
                    typed: Raw { text: "", ..line },
                    place: line.span,
                    prompted: false,
                    lines: vec![line],
                    closed: false,
                }),
            }
            continue;
        };
        if let Some(last) = out.last_mut() {
            last.closed = !line.paged;
        }
        // A command is all that stands behind the prompt.
        let ends = line.text.trim_end().len().max(found.command.len());
        out.push(Section {
            context: found.context,
            command: found.command.split_whitespace().map(str::to_owned).collect(),
            typed: Raw {
                text: found.command,
                span: part(line.span, ends - found.command.len(), ends),
                ..line
            },
            place: line.span,
            prompted: true,
            lines: Vec::new(),
            closed: false,
        });
    }
    out
}
