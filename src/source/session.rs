//! Terminal logs: prompts, commands and what they printed, paging noise, time stamps. One log holds ten commands.
//!
//! Lines keep their places in the file, so that every message names the line of the log. What a prompt looks like is
//! for the vendor to say; everything else is alike.

use std::collections::BTreeMap;

use super::terminal::{self, Shown};
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
    /// The text is not what stands there byte for byte: it was corrected while it was typed, or coloured.
    pub played: Option<&'a Played>,
}

/// A line as a terminal shows it in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    text: String,
    /// Bytes of the line that are not shown; nothing if what is shown stands in another order.
    gone: Option<Vec<(usize, usize)>>,
}

impl Played {
    /// Where in the line the byte `at` of the text stands.
    fn place(&self, at: usize) -> usize {
        let gone = self.gone.as_deref().unwrap_or_default();
        gone.iter().fold(at, |at, (from, to)| if *from <= at { at + (to - from) } else { at })
    }
}

impl Raw<'_> {
    /// The place of what stands behind byte `from` of the text.
    #[must_use]
    pub fn behind(&self, from: usize) -> Span {
        let whole = (self.span.end - self.span.start) as usize;
        match self.played {
            Some(played) => part(self.span, played.place(from), whole),
            None => part(self.span, from, whole),
        }
    }
}

/// Lines of a log whose text has to be found by playing what the terminal got, by where they begin.
#[derive(Debug, Default)]
pub struct Screen {
    lines: BTreeMap<u32, Shown>,
    texts: BTreeMap<u32, Played>,
}

impl Screen {
    /// Plays the lines of a text.
    #[must_use]
    pub fn of(text: &str, file: FileId) -> Self {
        let mut out = Screen::default();
        for raw in raw_lines(text, file).into_iter().map(without_stamp).filter(|r| terminal::moves(r.text)) {
            match terminal::play(raw.text, &|sign| pager(sign.trim()).is_some_and(|r| r.trim().is_empty())) {
                Shown::Put { text, gone } => {
                    out.texts.insert(raw.span.start, Played { text, gone });
                }
                other => {
                    out.lines.insert(raw.span.start, other);
                }
            }
        }
        out
    }
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
        out.push(Raw {
            text: body,
            span: part(whole, start, start + body.len()),
            paged: false,
            played: None,
        });
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
    /// Lines of which nobody can tell what stood there in the end: corrected while typing, painted over.
    pub edited: Vec<Span>,
    /// What was typed and taken back.
    pub erased: Vec<Span>,
}

impl<'a> Cleaned<'a> {
    /// Cleans every line of a file; `screen` is what a terminal shows of it.
    pub fn of(text: &'a str, screen: &'a Screen, file: FileId) -> Self {
        let mut out = Cleaned::default();
        for raw in raw_lines(text, file) {
            if let Some(line) = out.clean(raw, screen) {
                out.lines.push(line);
            }
        }
        out
    }

    /// A line without its time stamp and without what a pager left in it; nothing if nothing else is in it.
    fn clean(&mut self, raw: Raw<'a>, screen: &'a Screen) -> Option<Raw<'a>> {
        let stamped = raw;
        let raw = without_stamp(raw);
        if raw.text.trim().is_empty() && raw != stamped {
            self.noise.push(stamped.span);
            return None;
        }
        let raw = self.shown(raw, screen)?;
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

    /// What a terminal shows of a line; nothing if it shows nothing.
    fn shown(&mut self, raw: Raw<'a>, screen: &'a Screen) -> Option<Raw<'a>> {
        // A pager takes back its own sign; everything else that is taken back was typed.
        let sign = pager_in(raw.text);
        if let Some(played) = screen.texts.get(&raw.span.start) {
            let paged = sign && !pager_in(&played.text);
            match &played.gone {
                Some(gone) if !paged => {
                    self.erased.extend(gone.iter().map(|(from, to)| part(raw.span, *from, *to)));
                }
                _ => self.erased.push(raw.span),
            }
            return Some(Raw { text: &played.text, paged, played: Some(played), ..raw });
        }
        let (from, to) = match screen.lines.get(&raw.span.start) {
            None => return Some(raw),
            Some(Shown::Piece(from, to)) => (*from, *to),
            Some(_) => {
                self.edited.push(raw.span);
                return Some(raw);
            }
        };
        let text = raw.text.get(from..to).unwrap_or("");
        let paged = sign && !pager_in(text);
        if !paged {
            let ends = [(0, from), (to, raw.text.len())];
            let typed =
                ends.iter().filter(|(a, b)| raw.text.get(*a..*b).is_some_and(|t| !t.trim().is_empty()));
            self.erased.extend(typed.map(|(a, b)| part(raw.span, *a, *b)));
        }
        if text.trim().is_empty() && !raw.text.trim().is_empty() {
            self.noise.push(raw.span);
            return None;
        }
        Some(Raw { text, span: part(raw.span, from, to), paged, played: None })
    }
}

/// `[2026-03-16 21:58:11.402] text`: the line behind its time stamp.
pub fn without_stamp(raw: Raw<'_>) -> Raw<'_> {
    let text = unstamped(raw.text);
    let from = raw.text.len() - text.len();
    Raw { text, span: part(raw.span, from, raw.text.len()), ..raw }
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

/// Whether a part of a text puts anything on the screen: control sequences alone do not.
#[must_use]
pub fn shows_text(text: &str, span: Span) -> bool {
    terminal::shows(text.get(span.start as usize..span.end as usize).unwrap_or(""))
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

/// Whether a text is a message of the device's log: `*Mar 16 21:58:11.402: %SYS-5-CONFIG_I: …`
#[must_use]
pub fn log_message(body: &str) -> bool {
    let Some((head, rest)) = body.split_once('%') else { return false };
    let mut parts = rest.splitn(3, '-');
    let upper = |s: &str| {
        !s.is_empty() && s.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let facility = parts.next().is_some_and(upper);
    let severity = parts.next().is_some_and(|s| s.len() == 1 && s.chars().all(|c| c.is_ascii_digit()));
    let name = parts.next().and_then(|s| s.split_once(':')).is_some_and(|(n, _)| upper(n));
    let stamped = head.trim().is_empty() || head.trim_end().ends_with(':') && only_stamp(head);
    facility && severity && name && stamped
}

/// A whole time stamp, with a number before it perhaps: what else stands there belongs to the line.
fn only_stamp(head: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let numbers = |w: &str| w.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '-' | '/'));
    let zone = |w: &str| (3..=4).contains(&w.len()) && w.chars().all(|c| c.is_ascii_uppercase());
    let uptime = |w: &str| w.chars().all(|c| c.is_ascii_digit() || matches!(c, 'y' | 'w' | 'd' | 'h'));
    let known = |w: &str| numbers(w) || MONTHS.contains(&w) || zone(w) || uptime(w);
    head.split_whitespace().all(|w| known(w.trim_start_matches(['*', '.']).trim_end_matches(':')))
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
    pub typed: &'a str,
    /// The line of its prompt.
    pub line: Raw<'a>,
    /// The prompt's line; of what stands before the first prompt, its first line.
    pub place: Span,
    /// Whether there is a prompt.
    pub prompted: bool,
    /// What it printed.
    pub lines: Vec<Raw<'a>>,
    /// Another prompt follows, and not in place of a pager's: it is all that it printed.
    pub closed: bool,
}

impl Section<'_> {
    /// The place of what was typed behind the first `words` words.
    #[must_use]
    pub fn typed_behind(&self, words: usize) -> Span {
        let mut rest = self.typed;
        for _ in 0..words {
            rest = rest.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        }
        // A command is all that stands behind the prompt.
        let ends = self.line.text.trim_end().len().max(self.typed.len());
        let span = self.line.behind(ends - rest.trim_start().len());
        // Blanks hide nothing.
        if rest.trim().is_empty() { Span { end: span.start, ..span } } else { span }
    }
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
                    typed: "",
                    line,
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
        out.push(Section {
            context: found.context,
            command: found.command.split_whitespace().map(str::to_owned).collect(),
            typed: found.command,
            line,
            place: line.span,
            prompted: true,
            lines: Vec::new(),
            closed: false,
        });
    }
    out
}
