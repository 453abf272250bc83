//! Text for a terminal, built so that nothing read from a file can move the cursor.
//!
//! Every piece of text goes through [`printable`]; only the page itself writes line ends and colours.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Whether a page carries colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Off,
    /// ANSI colours.
    On,
}

/// What a piece of text says to the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Strong,
    Good,
    Bad,
    Doubt,
    Faint,
}

impl Ink {
    fn code(self) -> Option<&'static str> {
        match self {
            Ink::Plain => None,
            Ink::Strong => Some("\u{1b}[1m"),
            Ink::Good => Some("\u{1b}[32m"),
            Ink::Bad => Some("\u{1b}[1;31m"),
            Ink::Doubt => Some("\u{1b}[33m"),
            Ink::Faint => Some("\u{1b}[2m"),
        }
    }
}

/// `text` with everything replaced that a terminal would obey instead of show.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| visible(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// Whether a terminal would obey `c`, or let it reorder or hide its neighbours.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}'..='\u{200F}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{061C}')
}

fn visible(c: char) -> char {
    match c {
        '\t' | '\n' => ' ',
        c if is_hidden(c) => '\u{FFFD}',
        c => c,
    }
}

/// Columns that `text` takes in a terminal.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Columns that the first `chars` characters of `text` take.
pub(super) fn width_of_first(text: &str, chars: usize) -> usize {
    text.chars().take(chars).map(columns).sum()
}

fn columns(c: char) -> usize {
    visible(c).width().unwrap_or(0)
}

/// Lines of text.
#[derive(Debug)]
pub(super) struct Page {
    out: String,
    colour: Colour,
}

impl Page {
    pub(super) fn new(colour: Colour) -> Self {
        Page { out: String::new(), colour }
    }
    /// Adds text to the current line.
    pub(super) fn put(&mut self, text: &str) -> &mut Self {
        self.ink(Ink::Plain, text)
    }
    /// Adds coloured text to the current line.
    pub(super) fn ink(&mut self, ink: Ink, text: &str) -> &mut Self {
        let text = printable(text);
        match (self.colour, ink.code()) {
            (Colour::On, Some(code)) => {
                self.out.push_str(code);
                self.out.push_str(&text);
                self.out.push_str("\u{1b}[0m");
            }
            _ => self.out.push_str(&text),
        }
        self
    }
    /// Ends the current line; no line ends in spaces.
    pub(super) fn end(&mut self) -> &mut Self {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        self.out.push('\n');
        self
    }
    /// One whole line.
    pub(super) fn line(&mut self, indent: usize, text: &str) -> &mut Self {
        self.put(&" ".repeat(indent)).put(text).end()
    }
    /// A blank line, unless the page is empty.
    pub(super) fn gap(&mut self) -> &mut Self {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self
    }
    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Rows of cells, each column as wide as its widest cell, two spaces between.
#[derive(Debug, Default)]
pub(super) struct Columns {
    rows: Vec<Vec<(Ink, String)>>,
}

impl Columns {
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = (Ink, String)>) {
        self.rows.push(cells.into_iter().collect());
    }
    pub(super) fn write(&self, page: &mut Page, indent: usize) {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (column, (_, cell)) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(cell));
            }
        }
        for row in &self.rows {
            page.put(&" ".repeat(indent));
            for (at, ((ink, cell), columns)) in row.iter().zip(&widths).enumerate() {
                page.put(if at == 0 { "" } else { "  " }).ink(*ink, cell);
                if at + 1 < row.len() {
                    page.put(&" ".repeat(columns.saturating_sub(width(cell))));
                }
            }
            page.end();
        }
    }
}
