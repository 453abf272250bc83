//! A file's text with its secrets taken out, for a copy that leaves the house.

use super::{FileId, Sources, Span};

/// What stands in a copy where a secret stood: what [`super::Excerpt`]s show, too.
const STARS: &str = "*****";

impl Sources {
    /// How many separate secrets of a file are known.
    pub fn secrets(&self, id: FileId) -> usize {
        self.secret_spans(id).len()
    }

    /// The text of a file with every secret replaced by stars. Lines stay lines, quotes stay quotes, and what marks
    /// a value as encrypted stays: so a reader makes of the copy what it makes of the file.
    pub fn masked_text(&self, id: FileId) -> String {
        let text = self.parse_text(id);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in self.secret_spans(id) {
            out.push_str(text.get(at..start).unwrap_or_default());
            at = end;
            if self.erased_whole(id, start, end) {
                continue;
            }
            hide(text.get(start..end).unwrap_or_default(), &mut out);
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Marks what was typed and taken back: it is secret, and a copy reads as if it had never been typed.
    pub fn erase(&mut self, span: Span) {
        self.mask(span);
        let origin = self.origin(span.file);
        if let Some(file) = self.files.get_mut(origin.0 as usize).filter(|_| span.start < span.end) {
            let at = file.erased.partition_point(|known| *known < (span.start, span.end));
            file.erased.insert(at, (span.start, span.end));
        }
    }

    /// Whether a secret is made of nothing but what was taken back.
    fn erased_whole(&self, id: FileId, start: usize, end: usize) -> bool {
        let erased = self.file(id).map_or(&[][..], |f| &f.erased);
        let mut at = start;
        let from = erased.partition_point(|(_, to)| (*to as usize) <= start);
        for (from, to) in erased.get(from..).unwrap_or_default() {
            if *from as usize > at || at >= end {
                break;
            }
            at = at.max(*to as usize);
        }
        at >= end
    }

    /// Byte ranges, sorted, none touching another.
    fn secret_spans(&self, id: FileId) -> Vec<(usize, usize)> {
        let spans = self.file(id).map_or(&[][..], |f| f.secrets());
        spans.iter().map(|(start, end)| (*start as usize, *end as usize)).collect()
    }
}

/// Writes stars for a secret, line by line.
fn hide(secret: &str, out: &mut String) {
    let kept = if secret.starts_with("ENC ") { "ENC " } else { "" };
    out.push_str(kept);
    for line in secret.get(kept.len()..).unwrap_or_default().split_inclusive('\n') {
        let body = line.trim_end_matches(['\r', '\n']);
        let open = body.starts_with('"');
        let close = body.len() > usize::from(open) && body.ends_with('"') && !body.ends_with("\\\"");
        out.push_str(if open { "\"" } else { "" });
        let hidden = body.len() > usize::from(open) + usize::from(close);
        out.push_str(if hidden { STARS } else { "" });
        out.push_str(if close { "\"" } else { "" });
        out.push_str(line.get(body.len()..).unwrap_or_default());
    }
}
