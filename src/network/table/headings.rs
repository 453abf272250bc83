//! Which row of a sheet holds the headings, and which column each field is.

use super::read::Wanted;
use super::{Field, Need, folded};
use crate::msg;
use crate::network::form::listed;
use crate::source::sheet::Sheet;
use crate::source::{Code, Diagnostic, Sources};

/// Rows at the top of a sheet in which headings are looked for.
const HEADING_ROWS: u32 = 60;

/// A sheet in which headings are looked for.
pub(super) struct Headings<'h> {
    /// The sheet.
    pub sheet: &'h Sheet,
    /// What the topology says of it.
    pub wanted: &'h Wanted,
}

impl Headings<'_> {
    fn text(&self, row: u32, column: u32) -> &str {
        let (row, column) = self.sheet.grid.anchor(row, column);
        self.sheet.grid.cell(row, column).map_or("", |c| c.text.as_str())
    }

    /// Columns with one of these headings: the text of the row itself, or with that of a row above: `開始側/アドレス`.
    fn matching(&self, header: u32, heading: &str) -> Vec<u32> {
        let grid = &self.sheet.grid;
        let target = folded(heading);
        let columns = (1..=grid.last_column()).filter(|c| grid.anchor(header, *c).1 == *c);
        let fits = |column: &u32| {
            let own = folded(self.text(header, *column));
            let above = (header.saturating_sub(2).max(1)..header).rev();
            own == target
                || above.map(|r| folded(self.text(r, *column))).any(|up| format!("{up}/{own}") == target)
        };
        columns.filter(fits).collect()
    }

    fn headings(&self, field: &Field) -> Vec<String> {
        match self.wanted.columns.get(field.key) {
            Some(mapped) => vec![mapped.value.clone()],
            None => field.headings.iter().map(|h| (*h).to_owned()).collect(),
        }
    }

    /// The columns of a field: those of its first heading that any column has.
    fn columns_of(&self, header: u32, field: &Field) -> (String, Vec<u32>) {
        let found = self.headings(field).into_iter().map(|h| (self.matching(header, &h), h));
        found.filter(|(c, _)| !c.is_empty()).map(|(c, h)| (h, c)).next().unwrap_or_default()
    }

    /// Whether a row of headings has one of a field.
    pub fn has(&self, header: u32, field: &Field) -> bool {
        !self.columns_of(header, field).1.is_empty()
    }

    fn needed(&self) -> impl Iterator<Item = &'static Field> {
        let mapped = |f: &&Field| {
            !matches!(f.need, Need::Free | Need::Kept) || self.wanted.columns.contains_key(f.key)
        };
        self.wanted.kind.fields().iter().filter(mapped).filter(|f| !self.wanted.constants.contains_key(f.key))
    }

    fn missing(&self, row: u32) -> Vec<&'static Field> {
        self.needed().filter(|f| self.columns_of(row, f).1.is_empty()).collect()
    }

    /// The row of the headings, or the row that has most of them with those that it lacks.
    pub fn find(&self) -> Result<u32, (u32, Vec<&'static Field>)> {
        let last = self.sheet.grid.last_row().min(HEADING_ROWS);
        let rows = match &self.wanted.header_row {
            Some(row) => row.value..=row.value,
            None => 1..=last,
        };
        let mut best: Option<(u32, Vec<&'static Field>)> = None;
        for row in rows {
            let missing = self.missing(row);
            if missing.is_empty() {
                return Ok(row);
            }
            if best.as_ref().is_none_or(|(_, b)| missing.len() < b.len()) {
                best = Some((row, missing));
            }
        }
        Err(best.unwrap_or((1, self.needed().collect())))
    }

    pub fn complaint(&self, sources: &Sources, (row, missing): (u32, Vec<&'static Field>)) -> Diagnostic {
        let all: Vec<String> = missing.iter().filter_map(|f| self.headings(f).into_iter().next()).collect();
        let (en, ja) = listed(all.iter().map(String::as_str));
        let none = missing.len() == self.needed().count();
        let keys: Vec<String> = missing.iter().map(|f| format!("{} = \"…\"", f.key)).collect();
        let keys = keys.join(", ");
        let message = if none {
            msg!("no row of this sheet holds the headings {en}", "見出し{ja}のある行がない")
        } else {
            msg!("the row of headings lacks {en}", "見出しの行に{ja}がない")
        };
        let help = msg!(
            "tell which columns they are: `columns = {{ {keys} }}`, or which row holds the headings: `header_row = …`",
            "どの列であるかを `columns = {{ {keys} }}` のように記載するか、見出しの行を `header_row = …` と記載する"
        );
        let span = if none { self.wanted.named } else { sources.line_span(self.sheet.file, row) };
        let label = msg!("the table is named here", "この表の記載");
        Diagnostic::new(Code::MissingColumn, span, message)
            .with_label(self.wanted.named, label)
            .with_help(help)
    }

    /// Field, heading and column of everything that will be read.
    pub fn columns(
        &self,
        sources: &Sources,
        header: u32,
    ) -> Result<Vec<(Field, String, u32)>, Vec<Diagnostic>> {
        let mut out: Vec<(Field, String, u32)> = Vec::new();
        let mut errors = Vec::new();
        for field in self.wanted.kind.fields().iter().filter(|f| !self.wanted.constants.contains_key(f.key)) {
            let (heading, columns) = self.columns_of(header, field);
            match columns.as_slice() {
                // A heading that one field took already is not another one's by default.
                [only] if self.wanted.columns.contains_key(field.key) || out.iter().all(|o| o.2 != *only) => {
                    out.push((*field, heading, *only));
                }
                [] | [_] => {}
                [first, ..] => {
                    let key = field.key;
                    let message =
                        msg!("`{heading}` heads more than one column", "見出し「{heading}」の列が複数ある");
                    let help = msg!(
                        "tell which one is meant by the heading above it: `columns = {{ {key} = \"…/{heading}\" }}`",
                        "上段の見出しとともに `columns = {{ {key} = \"…/{heading}\" }}` と記載する"
                    );
                    let span = sources.cell_span(self.sheet.file, header, *first);
                    errors.push(Diagnostic::new(Code::MissingColumn, span, message).with_help(help));
                }
            }
        }
        if errors.is_empty() { Ok(out) } else { Err(errors) }
    }
}
