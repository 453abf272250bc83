//! Tables that the municipality keeps anyway, as a source of topologies and registers.
//!
//! `topology.toml` says where a table lies and which column holds what; `kinds.rs` knows the usual headings, so that an
//! ordinary sheet needs no mapping. `headings.rs` finds them, `read.rs` turns a sheet into rows of named values, `grammar.rs` reads what people
//! write into cells, `rows.rs` makes of rows the same records that TOML would give: everything after that (names,
//! prefixes, checks) is one path for both; `devices.rs` does so for the device list. Rows of registers are read by `intent`.
//!
//! Nothing is passed over silently: struck through and hidden rows, formulas without a result, numbers that Excel shows
//! differently, `別紙参照` and empty cells are errors with sheet and cell unless somebody said what they mean, and what was
//! resolved (`〃`, merged cells, dates, names of services) is noted in [`Table::notes`]. `inputs.rs` reads the sheets of the form that
//! `bunri init` writes, in which a row counts once somebody confirmed it; `guess.rs` tells what a sheet that nobody named lists,
//! `other_sheets.rs` which of them lie beside those that are read,
//! and `second.rs` what stands in columns that nothing reads.

mod devices;
pub mod grammar;
mod headings;
mod guess;
mod inputs;
mod kinds;
mod load;
mod other_sheets;
mod read;
mod rows;
mod second;
mod single;
mod unread;

use std::collections::BTreeMap;

pub(super) use devices::machine;
pub use guess::{guess, guess_device, guess_named};
pub use kinds::{CONFIRMED, Field, Need, STATE, Shape, TableKind};
pub(super) use load::{Loaded, load};
pub use other_sheets::OtherSheet;
pub(crate) use rows::{YES_NO, choose, cited};
pub(super) use single::{VENDOR, write_out};

use crate::network::form::At;
use crate::source::{Diagnostic, FileId, Msg, Span, Spanned, narrow};

/// What was understood of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it lists.
    pub kind: TableKind,
    /// The sheet, or the CSV file.
    pub file: FileId,
    /// Where the topology names it.
    pub named: Span,
    /// The row of its headings, from 1.
    pub header_row: u32,
    /// Columns that were read, in the order of the kind.
    pub columns: Vec<Column>,
    /// Values that the topology gives for every row, by key.
    pub constants: Vec<(String, String)>,
    /// Headings that nothing reads.
    pub unread: Vec<String>,
    /// Rows in use.
    pub rows: Vec<Row>,
    /// Rows that their state takes out of use: the row's number and the word.
    pub retired: Vec<(u32, String)>,
    /// What was resolved or taken for something, each at its cell.
    pub notes: Vec<(Span, Msg)>,
    /// The device it is about, for kinds that are about one.
    pub device: Option<Spanned<String>>,
    /// What could not be read, where that widens the device instead of stopping everything
    /// ([`TableKind::stands_for_configuration`]).
    pub troubles: Vec<Diagnostic>,
    /// Why nothing of it could be read.
    pub unusable: Option<(Span, Msg)>,
    /// A register that counts as none until all of it can be read.
    pub provisional: bool,
}

/// A column that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field's key.
    pub key: &'static str,
    /// Its heading in the sheet.
    pub heading: String,
    /// Its letters.
    pub letters: String,
}

/// A row in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1.
    pub number: u32,
    /// The whole row.
    pub span: Span,
    /// Values by key; what is left out, or said to be none, is not there.
    pub values: BTreeMap<&'static str, Spanned<String>>,
    /// Whether it counts at all.
    pub standing: Standing,
    /// Columns whose cell could not be read, each with its cell.
    pub unclear: BTreeMap<&'static str, Span>,
    /// Cells of columns that nothing reads and that may say something about what passes.
    pub beside: Vec<Span>,
    /// Cells of columns that nothing reads, of kinds in which they may name a second network or a day, or take a flow back.
    pub unread: Vec<UnreadCell>,
}

/// A cell of a column that nothing reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadCell {
    /// The heading of its column.
    pub heading: String,
    /// What it says; `〃` is the cell above.
    pub text: Spanned<String>,
}

/// Whether a row counts. Rows of tables that stop everything where they are unclear always do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Certain,
    /// As it is written, or not at all: it is struck through or hidden, and nobody says what that means.
    Doubtful(Span, Msg),
    /// Part of it is struck through: what is left of it is not known.
    Unread(Span, Msg),
}

impl Row {
    /// A value as a form holds it.
    pub(crate) fn at(&self, key: &str) -> Option<At<String>> {
        self.values.get(key).map(|v| At::elsewhere(v.value.clone(), v.span))
    }

    /// A value's text; empty if there is none.
    pub(crate) fn text(&self, key: &str) -> String {
        self.values.get(key).map_or_else(String::new, |v| v.value.clone())
    }
}

/// Headings and words compare without width, spaces and line breaks.
pub(crate) fn folded(text: &str) -> String {
    narrow(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}
