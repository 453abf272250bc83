//! Everything that a line of a configuration says, as a mark that is equal if the text is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::source::{FileId, Limits, Sources, Span};
use crate::vendor::Vendor;

/// The statements of a device's files.
#[derive(Debug)]
pub struct Statements<'a> {
    sources: &'a Sources,
    list: Vec<Span>,
    names: BTreeMap<String, Vec<usize>>,
    /// Marks by innermost statement: many causes share one.
    known: RefCell<BTreeMap<usize, String>>,
}

impl<'a> Statements<'a> {
    /// The statements of every file.
    pub fn of(sources: &'a Sources, vendor: &dyn Vendor, limits: &Limits) -> Self {
        let files: Vec<FileId> = sources.files().map(|(id, _)| id).collect();
        let mut list = Vec::new();
        let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (name, span) in files.into_iter().flat_map(|file| vendor.statements(sources, file, limits)) {
            // Numbers are values more often than references.
            if name.parse::<u64>().is_err() {
                names.entry(name).or_default().push(list.len());
            }
            list.push(span);
        }
        Statements { sources, list, names, known: RefCell::default() }
    }

    /// A mark of the innermost statement around a place and of every statement that it names, directly or by way of
    /// others; of the line alone where there is no statement. Equal texts have equal marks. Secrets count and cannot
    /// be read back.
    pub fn mark(&self, at: Span) -> String {
        let around = (0usize..)
            .zip(&self.list)
            .filter(|(_, s)| s.file == at.file && s.start <= at.start && at.start < s.end);
        let Some((inner, _)) = around.min_by_key(|(_, s)| s.end - s.start) else {
            let line = self.sources.line_span(at.file, self.sources.position(at).line);
            return hash([self.sources.parse_span(line).trim()]);
        };
        if let Some(known) = self.known.borrow().get(&inner) {
            return known.clone();
        }
        let mut all = BTreeSet::from([inner]);
        let mut open = vec![inner];
        while let Some(text) = open.pop().and_then(|at| self.text(at)) {
            let words = text.split(|c: char| c.is_whitespace() || c == '"').filter(|w| !w.is_empty());
            let named = words.chain(quoted(text)).filter_map(|w| self.names.get(w)).flatten();
            open.extend(named.filter(|at| all.insert(**at)));
        }
        let mark = hash(all.into_iter().filter_map(|at| self.text(at)));
        self.known.borrow_mut().insert(inner, mark.clone());
        mark
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        self.list.get(at).map(|span| self.sources.parse_span(*span))
    }
}

/// What stands between quotation marks, blanks included.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2))
}

/// One hash over texts, blanks at the ends of lines left out.
fn hash<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hasher = Sha256::new();
    for line in texts.into_iter().flat_map(str::lines) {
        hasher.update(line.trim().as_bytes());
        hasher.update(b"\n");
    }
    format!("{:x}", hasher.finalize())
}
