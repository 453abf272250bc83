//! Parts of a file as files of their own: what one command of a terminal log printed.
//!
//! A part keeps the path, the lines and the columns of the whole; what does not belong to it is blank. So a vendor reads
//! it like any file, and every message names the line of the log. A secret of a part is a secret of the whole.

use super::{FileId, Sources, Span};

impl Sources {
    /// Keeps a part of a file as a file of its own, everything outside `spans` blank. It is none of [`Sources::files`].
    pub fn add_part(&mut self, file: FileId, spans: &[Span]) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let origin = self.origin(file);
        let Some(whole) = self.file(file) else { return file };
        let mut part = whole.clone();
        part.text = blanked(&whole.text, spans);
        (part.taken_from, part.bytes, part.slots) = (Some(origin), 0, Vec::new());
        self.files.push(part);
        id
    }

    /// Blanks every line of a file that none of `spans` is on: nothing of it can be shown or copied from now on. Time
    /// stamps and paging signs before what is kept stay, so that a copy reads like the file.
    pub fn keep_only(&mut self, file: FileId, spans: Vec<Span>) {
        let text = self.parse_text(file);
        let line = |span: Span| {
            let (from, to) = (span.start as usize, span.end as usize);
            let start = text.get(..from).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
            let end = text.get(to..).and_then(|t| t.find('\n')).map_or(text.len(), |at| to + at);
            let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Span { start: offset(start), end: offset(end), ..span }
        };
        let mut spans: Vec<Span> = spans.into_iter().map(line).collect();
        spans.sort_unstable();
        spans.dedup();
        let Some(found) = self.files.get_mut(file.0 as usize) else { return };
        let text = blanked(&found.text, &spans);
        found.pruned |= text != found.text;
        found.text = text;
        // The spans are lines: none overlaps another.
        let kept = |secret: &(u32, u32)| {
            let before = spans.partition_point(|s| s.start < secret.1);
            before.checked_sub(1).and_then(|at| spans.get(at)).is_some_and(|s| secret.0 < s.end)
        };
        found.secrets.retain(kept);
        found.suspects.retain(kept);
    }

    /// Whether a part of a file was blanked, so that a copy of it is not what was read.
    pub fn pruned(&self, file: FileId) -> bool {
        self.file(file).is_some_and(|f| f.pruned)
    }

    /// The file that a part was taken from; other files are their own.
    pub fn origin(&self, file: FileId) -> FileId {
        self.file(file).and_then(|f| f.taken_from).unwrap_or(file)
    }

    /// The configuration in a log that was taken apart: the last part taken from it; any other file itself.
    pub fn config_of(&self, file: FileId) -> FileId {
        let parts = (0u32..).map(FileId).zip(&self.files).filter(|(_, f)| f.taken_from == Some(file));
        parts.last().map_or(file, |(id, _)| id)
    }
}

/// A text with spaces in place of what lies outside `spans`, byte for byte as long. Line ends stay.
fn blanked(text: &str, spans: &[Span]) -> String {
    let mut sorted: Vec<(u32, u32)> = spans.iter().map(|s| (s.start, s.end)).collect();
    sorted.sort_unstable();
    let mut kept = sorted.into_iter().peekable();
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        while kept.next_if(|k| k.1 <= at).is_some() {}
        let inside = kept.peek().is_some_and(|k| k.0 <= at);
        match inside || c == '\n' {
            true => out.push(c),
            false => (0..c.len_utf8()).for_each(|_| out.push(' ')),
        }
    }
    out
}
