//! CSV (RFC 4180) as Excel writes it: commas or tabs, quoted fields that may hold line ends.
//!
//! Fields are found by their byte ranges, so that a diagnostic can underline them in the file itself.

use super::{CELLS, COLUMNS, Cell, CellKind, Grid, ROWS};
use crate::msg;
use crate::source::Msg;

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Row, from 1: records are counted, as Excel does, not lines.
    pub row: u32,
    /// Column, from 1.
    pub column: u32,
}

/// The fields of a text, and where each stands.
///
/// # Errors
/// A quoted field that never ends, and a file over the limits.
pub fn csv(text: &str) -> Result<(Grid, Vec<Slot>), Msg> {
    let mut reader = Reader { rest: text, at: 0, sign: sign(text) };
    let mut grid = Grid::default();
    let mut slots = Vec::new();
    let (mut row, mut column) = (1u32, 1u32);
    while !(reader.rest.is_empty() && column == 1) {
        let start = reader.at;
        let value = reader.field()?;
        let end = reader.at;
        slots.push(Slot { start, end, row, column });
        if slots.len() > CELLS || column > COLUMNS || row > ROWS {
            return Err(msg!("the table is too large", "表の大きさが上限を超えている"));
        }
        if !value.trim().is_empty() {
            let mut cell = Cell::text(value);
            // Excel computes what begins so.
            if cell.text.trim_start().starts_with('=') {
                (cell.kind, cell.formula) = (CellKind::Uncomputed, true);
            }
            grid.rows.entry(row).or_default().cells.insert(column, cell);
        }
        match reader.next() {
            Some(c) if c == reader.sign => column += 1,
            Some(_) => (row, column) = (row + 1, 1),
            None => break,
        }
    }
    Ok((grid, slots))
}

/// A tab if the first line with either sign has tabs only.
fn sign(text: &str) -> char {
    let first = text.lines().find(|l| l.contains([',', '\t'])).unwrap_or("");
    if first.contains('\t') && !first.contains(',') { '\t' } else { ',' }
}

struct Reader<'t> {
    rest: &'t str,
    at: u32,
    sign: char,
}

impl Reader<'_> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.at = self.at.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// One field up to its separator.
    fn field(&mut self) -> Result<String, Msg> {
        let Some(inner) = self.rest.strip_prefix('"') else {
            let sign = self.sign;
            let end = self.rest.find([sign, '\n']).unwrap_or(self.rest.len());
            let text = self.rest.get(..end).unwrap_or("");
            let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
            self.advance(text.len());
            return Ok(text);
        };
        let mut value = String::new();
        let mut used = 1;
        let mut rest = inner;
        loop {
            let Some((before, after)) = rest.split_once('"') else {
                return Err(msg!("a quoted field never ends", "\" で始まる項目が閉じられていない"));
            };
            value.push_str(before);
            used += before.len() + 1;
            match after.strip_prefix('"') {
                Some(more) => {
                    value.push('"');
                    used += 1;
                    rest = more;
                }
                None => break,
            }
        }
        self.advance(used);
        // Whatever stands between the closing sign and the separator belongs to the field.
        let sign = self.sign;
        let end = self.rest.find([sign, '\n']).unwrap_or(self.rest.len());
        let tail = self.rest.get(..end).unwrap_or("");
        let tail = tail.strip_suffix('\r').unwrap_or(tail).to_owned();
        self.advance(tail.len());
        value.push_str(&tail);
        Ok(value)
    }

    /// The separator or line end after a field.
    fn next(&mut self) -> Option<char> {
        if self.rest.starts_with("\r\n") {
            self.advance(2);
            return Some('\n');
        }
        let next = self.rest.chars().next()?;
        self.advance(next.len_utf8());
        Some(next)
    }
}
