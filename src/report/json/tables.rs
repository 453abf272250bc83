//! What was understood of tables (読み取り結果), for `bunri coverage`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::intent::register;
use crate::network::Site;
use crate::network::table::{Row, Shape, Table, grammar};
use crate::source::{Lang, Msg, Sources, Span};

/// What was understood of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableReading {
    /// The workbook or CSV file.
    pub file: String,
    /// The sheet; null for a CSV file.
    pub sheet: Option<String>,
    /// What it lists, as under `kind` in `topology.toml`.
    pub kind: String,
    /// What Japanese papers call such a table.
    pub title: String,
    /// Row of the headings, from 1.
    pub header_row: u32,
    /// Columns that were read.
    pub columns: Vec<TableColumn>,
    /// Values that the topology gives for every row: key and value.
    pub constants: Vec<(String, String)>,
    /// Headings of columns that nothing reads.
    pub unread_columns: Vec<String>,
    /// Rows in use.
    pub rows: Vec<TableRow>,
    /// Whether `rows` is cut.
    pub rows_truncated: bool,
    /// Rows that their state takes out of use.
    pub retired: Vec<RetiredRow>,
    /// What was resolved, or taken for something.
    pub notes: Vec<CellNote>,
}

/// A column that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableColumn {
    /// Our name for it.
    pub key: String,
    /// Its heading.
    pub heading: String,
    /// Its letters, like `C`.
    pub column: String,
}

/// A row as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableRow {
    /// Its number, from 1.
    pub row: u32,
    /// Values as they were understood, in the order of the columns.
    pub values: Vec<TableValue>,
}

/// A value as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TableValue {
    /// Our name for the column.
    pub key: String,
    /// The value: addresses in full, services as protocol and ports.
    pub value: String,
}

/// A row out of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RetiredRow {
    /// Its number, from 1.
    pub row: u32,
    /// What its state says.
    pub state: String,
}

/// A remark on a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CellNote {
    /// The cell, like `C7`; empty where the remark is about the whole table.
    pub cell: String,
    /// What was understood.
    pub text: String,
}

/// What was understood of a site's tables; at most `most` rows of each.
pub fn tables(site: &Site, most: usize, lang: Lang) -> Vec<TableReading> {
    let placed = register::resolved(site);
    site.records.tables.iter().map(|t| reading(&site.sources, t, &placed, most, lang)).collect()
}

/// `placed`: ends of registers that only routes place, of every table.
fn reading(
    sources: &Sources,
    table: &Table,
    placed: &[(Span, Msg)],
    most: usize,
    lang: Lang,
) -> TableReading {
    let own = sources.file(table.file);
    let book = own.and_then(|f| f.part_of()).and_then(|b| sources.file(b));
    let path = own.map_or_else(String::new, |f| f.path().to_string());
    let whole = book.map_or_else(|| path.clone(), |b| b.path().to_string());
    let sheet = path.strip_prefix(&whole).and_then(|rest| rest.strip_prefix('!')).map(str::to_owned);
    let mut notes: Vec<&(Span, Msg)> = table.notes.iter().collect();
    let services = register::notes(table);
    notes.extend(&services);
    notes.extend(placed.iter().filter(|(span, _)| span.file == table.file));
    notes.sort_by_key(|(span, _)| (span.file != table.file, span.start));
    notes.dedup();
    TableReading {
        file: whole,
        sheet,
        kind: table.kind.word().to_owned(),
        title: table.kind.title().to_owned(),
        header_row: table.header_row,
        columns: table.columns.iter().map(column).collect(),
        constants: table.constants.clone(),
        unread_columns: table.unread.clone(),
        rows: table.rows.iter().take(most).map(|r| row(table, r)).collect(),
        rows_truncated: table.rows.len() > most,
        retired: table
            .retired
            .iter()
            .map(|(row, state)| RetiredRow { row: *row, state: state.clone() })
            .collect(),
        notes: notes
            .into_iter()
            .map(|(span, note)| CellNote {
                cell: sources.cell(*span).unwrap_or_default(),
                text: note.text(lang).to_owned(),
            })
            .collect(),
    }
}

fn column(c: &crate::network::table::Column) -> TableColumn {
    TableColumn { key: c.key.to_owned(), heading: c.heading.clone(), column: c.letters.clone() }
}

fn row(table: &Table, row: &Row) -> TableRow {
    let fields = table.kind.fields().iter();
    let values = fields.filter_map(|f| {
        let text = &row.values.get(f.key)?.value;
        let value = match f.shape {
            Shape::Addresses => grammar::addresses(text).map_or_else(|_| text.clone(), |a| a.join(", ")),
            Shape::Service => grammar::service(text).map_or_else(|_| text.clone(), |s| s.shown()),
            _ => text.clone(),
        };
        Some(TableValue { key: f.key.to_owned(), value })
    });
    TableRow { row: row.number, values: values.collect() }
}
