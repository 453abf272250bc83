//! What became of every line of every file.

use std::collections::BTreeMap;

use super::{FileId, Sources, Span};

/// The five states of a non-blank line, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineState {
    /// Nothing is known of it. The state of a line that nobody claimed: forgetting a line is safe.
    Unrecognized,
    /// Its meaning is known and it is not modelled; it taints what its scope table entry says.
    Unmodelled,
    /// Part of it is modelled, the rest widens the model.
    Partial,
    /// On the reviewed list of statements that cannot change what passes.
    Inert,
    /// Modelled in full.
    Modelled,
}

impl LineState {
    /// All states, worst first.
    pub const ALL: [LineState; 5] = [
        LineState::Unrecognized,
        LineState::Unmodelled,
        LineState::Partial,
        LineState::Inert,
        LineState::Modelled,
    ];
    /// The word used in JSON and text.
    pub fn word(self) -> &'static str {
        match self {
            LineState::Unrecognized => "unrecognized",
            LineState::Unmodelled => "unmodelled",
            LineState::Partial => "partial",
            LineState::Inert => "inert",
            LineState::Modelled => "modelled",
        }
    }
}

/// Line states of the files of one reading. Several claims on one line: the worst wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineMap {
    claims: BTreeMap<(FileId, u32), LineState>,
}

/// Number of non-blank lines per state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines modelled in full.
    pub modelled: u32,
    /// Lines that cannot matter.
    pub inert: u32,
    /// Lines modelled in part.
    pub partial: u32,
    /// Lines understood but not modelled.
    pub unmodelled: u32,
    /// Lines not understood.
    pub unrecognized: u32,
}

impl LineMap {
    /// An empty map: every line unrecognized.
    pub fn new() -> Self {
        Self::default()
    }

    /// Claims every line that `span` touches.
    pub fn claim(&mut self, sources: &Sources, span: Span, state: LineState) {
        let first = sources.line_of(span);
        let last = sources.line_of(Span { start: span.end.max(span.start + 1) - 1, ..span });
        // Lines are those of the whole log, whichever part of it says something.
        let file = sources.origin(span.file);
        for line in first..=last {
            self.claims.entry((file, line)).and_modify(|s| *s = (*s).min(state)).or_insert(state);
        }
    }

    /// The state of one line (1-based).
    pub fn state(&self, file: FileId, line: u32) -> LineState {
        self.claims.get(&(file, line)).copied().unwrap_or(LineState::Unrecognized)
    }

    /// Counts the non-blank lines of `file`.
    pub fn tally(&self, sources: &Sources, file: FileId) -> Tally {
        let mut tally = Tally::default();
        let file = sources.origin(file);
        for line in sources.file(file).map(SourceLines::of).unwrap_or_default().0 {
            match self.state(file, line) {
                LineState::Unrecognized => tally.unrecognized += 1,
                LineState::Unmodelled => tally.unmodelled += 1,
                LineState::Partial => tally.partial += 1,
                LineState::Inert => tally.inert += 1,
                LineState::Modelled => tally.modelled += 1,
            }
        }
        tally
    }

    /// Non-blank lines of `file` in one of `states`, ascending, 1-based.
    pub fn lines_in(&self, sources: &Sources, file: FileId, states: &[LineState]) -> Vec<(u32, LineState)> {
        let file = sources.origin(file);
        let lines = sources.file(file).map(SourceLines::of).unwrap_or_default().0;
        lines.into_iter().map(|l| (l, self.state(file, l))).filter(|(_, s)| states.contains(s)).collect()
    }

    /// Takes over the claims of another reading (worst wins).
    pub fn merge(&mut self, other: &LineMap) {
        for (key, state) in &other.claims {
            self.claims.entry(*key).and_modify(|s| *s = (*s).min(*state)).or_insert(*state);
        }
    }
}

#[derive(Default)]
struct SourceLines(Vec<u32>);

impl SourceLines {
    fn of(file: &super::SourceFile) -> Self {
        let numbered = (1u32..).zip(file.text_for_lines().lines());
        SourceLines(numbered.filter(|(_, l)| !l.trim().is_empty()).map(|(n, _)| n).collect())
    }
}
