//! The files of a run, and the one way from a span to printable text.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::secrets::{Suspects, suspected};
use super::sheet::{Grid, Sheet, Slot, letters};
use super::{Decoded, Encoding, SitePath, decode};

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(super) u32);

/// Byte range of the *decoded* text of one file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other` (same file; otherwise `self`).
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and where it stood. Comparison looks at the value only.
#[derive(Debug, Clone, Copy)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}
impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for Spanned<T> {}
impl<T: std::hash::Hash> std::hash::Hash for Spanned<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

/// Bounds that keep hostile input from exhausting the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, bytes.
    pub file_bytes: u64,
    /// Largest sum of all files, bytes.
    pub total_bytes: u64,
    /// Deepest nesting of blocks and groups.
    pub depth: usize,
    /// Edges of one diagram arena; beyond it a question ends as undetermined (budget).
    pub diagram_edges: usize,
    /// Diagnostics kept per file.
    pub diagnostics: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            file_bytes: 256 << 20,
            total_bytes: 1 << 30,
            depth: 64,
            diagram_edges: 40_000_000,
            diagnostics: 1_000,
        }
    }
}

/// A decoded file. Its text is for parsers; people see [`Excerpt`]s.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: SitePath,
    pub(super) text: String,
    encoding: Encoding,
    lossy: bool,
    pub(super) bytes: u64,
    sha256: String,
    line_starts: Vec<u32>,
    pub(super) secrets: Vec<(u32, u32)>,
    /// Secrets of which a copy keeps no trace.
    pub(super) erased: Vec<(u32, u32)>,
    /// What looks like a secret, whatever the vendor says of it.
    pub(super) suspects: Vec<(u32, u32)>,
    part_of: Option<FileId>,
    /// The log that it is a part of.
    pub(super) taken_from: Option<FileId>,
    /// Some of its text was blanked.
    pub(super) pruned: bool,
    pub(super) slots: Vec<Slot>,
}

impl SourceFile {
    /// Its path inside the site.
    pub fn path(&self) -> &SitePath {
        &self.path
    }
    /// Lower-case hex SHA-256 of the bytes as they were read.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
    /// Size in bytes before decoding.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
    /// How it was decoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }
    /// Whether some bytes could not be decoded.
    pub fn lossy(&self) -> bool {
        self.lossy
    }
    /// The workbook that it is a sheet of.
    pub fn part_of(&self) -> Option<FileId> {
        self.part_of
    }
    /// Number of lines.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.line_starts.len()).unwrap_or(u32::MAX)
    }
    /// Byte ranges of the text that are secret, sorted by their start.
    pub(super) fn secrets(&self) -> &[(u32, u32)] {
        &self.secrets
    }
    pub(super) fn text_for_lines(&self) -> &str {
        &self.text
    }
}

/// 1-based line and character column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Character column, from 1.
    pub column: u32,
}

/// A printable line of a file: secrets replaced by `*****`, control characters made visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file.
    pub path: SitePath,
    /// First line of the span, from 1.
    pub line: u32,
    /// That whole line, masked, at most 400 characters.
    pub text: String,
    /// The part of `text` that the span covers: character range, end exclusive.
    pub highlight: (usize, usize),
}

/// Why a file could not be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// The file, or all files together, exceed the limits.
    #[error("{path}: {bytes} bytes exceed the limit of {limit}")]
    TooLarge {
        /// The file.
        path: SitePath,
        /// Its size.
        bytes: u64,
        /// The limit it exceeds.
        limit: u64,
    },
    /// The same path was added before.
    #[error("{0} was read before")]
    Duplicate(SitePath),
}

/// Every file of a run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub(super) files: Vec<SourceFile>,
}

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes and keeps a file.
    ///
    /// # Errors
    /// Files over the limits and paths added before.
    pub fn add(&mut self, path: SitePath, bytes: &[u8], limits: &Limits) -> Result<FileId, AddError> {
        let decoded = decode(bytes);
        self.keep(path, bytes.len() as u64, &sha256(bytes), decoded, limits)
    }

    /// Keeps a file that is no text, such as a workbook: its name and its hash, not its bytes.
    ///
    /// # Errors
    /// As for [`Sources::add`].
    pub fn add_binary(&mut self, path: SitePath, bytes: &[u8], limits: &Limits) -> Result<FileId, AddError> {
        let decoded = Decoded { text: String::new(), encoding: Encoding::Utf8, lossy: false };
        self.keep(path, bytes.len() as u64, &sha256(bytes), decoded, limits)
    }

    /// Keeps a sheet of a workbook that was added before, as a file of its own: one line per row.
    ///
    /// # Errors
    /// As for [`Sources::add`].
    pub fn add_sheet(&mut self, workbook: FileId, grid: Grid, limits: &Limits) -> Result<Sheet, AddError> {
        let (text, slots) = written_out(&grid);
        let known = self.file(workbook).map(|f| (f.path.sheet(&grid.name), f.sha256.clone()));
        let (path, sha256) = known.unwrap_or_else(|| (SitePath::unknown(), String::new()));
        let decoded = Decoded { text, encoding: Encoding::Utf8, lossy: false };
        let size = decoded.text.len() as u64;
        let file = self.keep(path, size, &sha256, decoded, limits)?;
        if let Some(kept) = self.files.get_mut(file.0 as usize) {
            (kept.part_of, kept.slots) = (Some(workbook), slots);
        }
        Ok(Sheet { file, grid })
    }

    /// Tells where the cells of a file are that was added as text, such as CSV.
    pub fn place_cells(&mut self, file: FileId, slots: Vec<Slot>) {
        if let Some(kept) = self.files.get_mut(file.0 as usize) {
            kept.slots = slots;
        }
    }

    fn keep(
        &mut self,
        path: SitePath,
        size: u64,
        sha256: &str,
        decoded: Decoded,
        limits: &Limits,
    ) -> Result<FileId, AddError> {
        let total: u64 = self.files.iter().map(|f| f.bytes).sum::<u64>() + size;
        if size > limits.file_bytes {
            return Err(AddError::TooLarge { path, bytes: size, limit: limits.file_bytes });
        }
        if total > limits.total_bytes {
            return Err(AddError::TooLarge { path, bytes: total, limit: limits.total_bytes });
        }
        if self.files.iter().any(|f| f.path == path) {
            return Err(AddError::Duplicate(path));
        }
        let Decoded { text, encoding, lossy } = decoded;
        if u32::try_from(text.len()).is_err() {
            return Err(AddError::TooLarge { path, bytes: text.len() as u64, limit: u64::from(u32::MAX) });
        }
        let mut line_starts = vec![0u32];
        line_starts.extend(text.bytes().zip(1u32..).filter(|(b, _)| *b == b'\n').map(|(_, i)| i));
        let Suspects { sure, likely } = suspected(&text);
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            path,
            text,
            encoding,
            lossy,
            bytes: size,
            sha256: sha256.to_owned(),
            line_starts,
            secrets: merged(sure),
            erased: Vec::new(),
            suspects: likely,
            part_of: None,
            taken_from: None,
            pruned: false,
            slots: Vec::new(),
        });
        Ok(id)
    }

    /// A file by its id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Every file, in the order of adding; not the parts of logs.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u32..).map(FileId).zip(&self.files).filter(|(_, f)| f.taken_from.is_none())
    }

    /// The place of a cell of a table, empty where it has none; the whole line if the row has no such cell.
    pub fn cell_span(&self, file: FileId, row: u32, column: u32) -> Span {
        let slots = self.file(file).map_or(&[][..], |f| &f.slots);
        let at = slots.partition_point(|s| (s.row, s.column) < (row, column));
        let slot = slots.get(at).filter(|s| (s.row, s.column) == (row, column));
        let before = at.checked_sub(1).and_then(|b| slots.get(b)).filter(|s| s.row == row);
        match slot.or(before) {
            Some(s) if s.column == column => Span { file, start: s.start, end: s.end },
            Some(s) => Span { file, start: s.end, end: s.end },
            None => self.line_span(file, row),
        }
    }

    /// The address of the cell, or of the first and last cell, that a span of a table covers: `C7`, `A7:F7`.
    pub fn cell(&self, span: Span) -> Option<String> {
        let slots = &self.file(span.file)?.slots;
        let last =
            |at: u32| slots.partition_point(|s| s.start <= at).checked_sub(1).and_then(|i| slots.get(i));
        let name = |s: &Slot| format!("{}{}", letters(s.column), s.row);
        let first = last(span.start)?;
        match last(span.end.saturating_sub(1)).filter(|s| s.row == first.row && s.column > first.column) {
            Some(end) => Some(format!("{}:{}", name(first), name(end))),
            None => Some(name(first)),
        }
    }

    /// The file at a path.
    pub fn by_path(&self, path: &SitePath) -> Option<FileId> {
        self.files().find(|(_, f)| f.path == *path).map(|(id, _)| id)
    }

    /// The raw text of a file, for parsers only: never print it.
    pub(crate) fn parse_text(&self, id: FileId) -> &str {
        self.file(id).map_or("", |f| &f.text)
    }

    /// The raw text of a span, for parsers only: never print it.
    pub(crate) fn parse_span(&self, span: Span) -> &str {
        self.parse_text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// A span over the whole file.
    pub fn whole(&self, id: FileId) -> Span {
        let end = u32::try_from(self.parse_text(id).len()).unwrap_or(u32::MAX);
        Span { file: id, start: 0, end }
    }

    /// Whether a span is a whole file of several lines, or an empty one: then it is about something that the file
    /// does not say, and there is no line to quote.
    pub fn is_whole(&self, span: Span) -> bool {
        span == self.whole(span.file)
            && (span.start == span.end || self.parse_span(span).trim_end().contains('\n'))
    }

    /// The span of one line (1-based), without its line end; the empty span at the file's end if there is none.
    pub fn line_span(&self, file: FileId, line: u32) -> Span {
        let whole = self.whole(file);
        let Some(f) = self.file(file) else { return whole };
        let start = f.line_starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(whole.end);
        let next = f.line_starts.get(line as usize).copied().unwrap_or(whole.end);
        let text = self.parse_span(Span { file, start, end: next });
        let trimmed = u32::try_from(text.trim_end_matches(['\n', '\r']).len()).unwrap_or(0);
        Span { file, start, end: start + trimmed }
    }

    /// Marks a span secret: no excerpt shows it from now on.
    pub fn mask(&mut self, span: Span) {
        let origin = self.origin(span.file);
        if origin != span.file {
            self.mask(Span { file: origin, ..span });
        }
        let Some(file) = self.files.get_mut(span.file.0 as usize) else { return };
        if span.start >= span.end {
            return;
        }
        // The list stays in order, and none touches another.
        let list = &mut file.secrets;
        let from = list.partition_point(|s| s.1 < span.start);
        let to = list.partition_point(|s| s.0 <= span.end);
        let start = list.get(from).filter(|_| from < to).map_or(span.start, |s| s.0.min(span.start));
        let last = to.checked_sub(1).filter(|_| from < to).and_then(|l| list.get(l));
        let end = last.map_or(span.end, |s| s.1.max(span.end));
        list.splice(from..to, [(start, end)]);
    }

    /// Marks as secret what looks like it, on the lines of a file that `wanted` accepts: for languages that have no
    /// secrets of their own.
    pub fn mask_likely(&mut self, id: FileId, wanted: impl Fn(&str) -> bool) {
        let suspects = self.file(id).map(|f| f.suspects.clone()).unwrap_or_default();
        for (start, end) in suspects {
            let span = Span { file: id, start, end };
            let line = self.line_span(id, self.line_of(span));
            if wanted(self.parse_span(line)) {
                self.mask(span);
            }
        }
    }

    /// The line of a span's start, from 1. Unlike [`Sources::position`], it does not count the line's characters.
    pub fn line_of(&self, span: Span) -> u32 {
        let starts = self.file(span.file).map_or(&[][..], |f| &f.line_starts);
        u32::try_from(starts.partition_point(|s| *s <= span.start).max(1)).unwrap_or(u32::MAX)
    }

    /// Line and column of a span's start.
    pub fn position(&self, span: Span) -> Position {
        let Some(file) = self.file(span.file) else { return Position { line: 1, column: 1 } };
        let index = file.line_starts.partition_point(|s| *s <= span.start).saturating_sub(1);
        let start = file.line_starts.get(index).copied().unwrap_or(0);
        let before = self.parse_span(Span { start, end: span.start, ..span });
        Position {
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }

    /// What nobody may see of a line: what a vendor marked and what anybody recognises.
    fn hidden(&self, line: Span) -> Vec<(u32, u32)> {
        let Some(file) = self.file(line.file) else { return Vec::new() };
        let mut found = Vec::new();
        for list in [&file.secrets, &file.suspects] {
            let from = list.partition_point(|s| s.1 <= line.start);
            let rest = list.get(from..).unwrap_or_default();
            found.extend(rest.iter().take_while(|s| s.0 < line.end.max(line.start + 1)));
        }
        found.sort_unstable();
        merged(found)
    }

    /// The first line of `span` as a person may see it.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        const LONGEST: usize = 400;
        let path = self.file(span.file).map_or_else(SitePath::unknown, |f| f.path.clone());
        let line = self.position(span).line;
        let place = self.line_span(span.file, line);
        let mut out = Masked::default();
        let hidden = self.hidden(place);
        let text = self.parse_span(place);
        for (offset, c) in text.char_indices() {
            let at = place.start + u32::try_from(offset).unwrap_or(u32::MAX);
            if at == span.start {
                out.from = Some(out.count);
            }
            if at == span.end {
                out.to = Some(out.count);
            }
            if out.count >= LONGEST {
                out.push('…');
                break;
            }
            match hidden.iter().find(|s| s.0 <= at && at < s.1) {
                Some(secret) => out.secret(*secret),
                None => out.push(visible(c)),
            }
        }
        let from = out.from.unwrap_or(0);
        let highlight = (from, out.to.unwrap_or(out.count).max(from));
        Excerpt { path, line, text: out.text, highlight }
    }
}

/// Sorted ranges, those that touch joined.
fn merged(sorted: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
    for (start, end) in sorted {
        match out.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Cells of a sheet that are written out for excerpts; a sheet of more is cut on the right.
const SLOTS: u32 = 4_000_000;

/// A sheet as text: row 7 is line 7, cells stand between bars, and every cell of a row that has any has a place.
fn written_out(grid: &Grid) -> (String, Vec<Slot>) {
    let rows = u32::try_from(grid.rows.len()).unwrap_or(u32::MAX);
    let width = grid.last_column().min(SLOTS / rows.max(1));
    let mut text = String::new();
    let mut slots = Vec::new();
    let here = |text: &String| u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut line = 1;
    for (row, found) in &grid.rows {
        while line < *row {
            text.push('\n');
            line += 1;
        }
        for column in (1..=width).take_while(|_| !found.cells.is_empty()) {
            if column > 1 {
                text.push_str(" | ");
            }
            let start = here(&text);
            let value = found.cells.get(&column).map_or("", |c| c.text.trim());
            text.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
            slots.push(Slot { start, end: here(&text), row: *row, column });
        }
    }
    (text, slots)
}

fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{FFFD}',
        // Bidirectional overrides can make a line read as something else.
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}'..='\u{200F}' => '\u{FFFD}',
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{061C}' => '\u{FFFD}',
        c => c,
    }
}

#[derive(Default)]
struct Masked {
    text: String,
    count: usize,
    from: Option<usize>,
    to: Option<usize>,
    last_secret: Option<(u32, u32)>,
}

impl Masked {
    fn push(&mut self, c: char) {
        self.text.push(c);
        self.count += 1;
    }
    fn secret(&mut self, span: (u32, u32)) {
        if self.last_secret != Some(span) {
            self.last_secret = Some(span);
            "*****".chars().for_each(|c| self.push(c));
        }
    }
}
