//! Tables that people keep: sheets of xlsx workbooks and CSV files, as cells with their places.
//!
//! What is read of a sheet is what Excel shows, and what it hides: a reader that looks at values only takes a struck
//! through row (取り消し線, in municipal tables: removed) or a hidden one for live. So every cell knows whether its font
//! strikes it out, every row whether it is hidden, and a number whether its display says something else than its value.
//!
//! Facts of the format, by section of ECMA-376 Part 1 (5th edition; ISO/IEC 29500-1):
//! * 18.3.1.73 `row`: `hidden`; a height of 0 hides as well (`ht`); 18.3.1.81 `sheetFormatPr`: `zeroHeight` hides every
//!   row that does not say otherwise; 18.3.1.13 `col`: `hidden`; 18.2.19 `sheet`: `state`.
//! * 18.4.10 `strike` in a font (18.8.22) or in the properties of a run (18.4.7 `rPr`); without `val` it is true. A cell
//!   finds its font by `c/@s` → `cellXfs/xf/@fontId` (18.8.45), whatever `applyFont` says, as Excel does. A conditional
//!   format (18.3.1.18) may strike through by `dxfs` (18.8.15): the condition is not evaluated, its area is remembered.
//! * 18.3.1.55 `mergeCell`: the value stands in the upper left cell and counts for all.
//! * 18.18.11 `ST_CellType`; 18.4.8 `si` with 18.4.6 `rPh` (readings, which are no text); 22.9.2.19 `ST_Xstring`
//!   (`_x000D_`).
//! * 18.8.30 `numFmt` with the built-in numbers, 27 to 36 and 50 to 58 being dates in Japanese; 18.17.4.1 the 1900 date
//!   system with its 29 February 1900 that never was; 18.2.28 `workbookPr/@date1904`.
//!
//! Not read: formulas (their last results are, and say so), comments, drawings (that there are some is said), colours (a colour means nothing here),
//! diagonal borders, passwords and signatures.

mod csv;
mod number;
mod styles;
mod workbook;
mod worksheet;
mod xml;
mod zip;

use std::collections::BTreeMap;

pub use csv::{Slot, csv};
pub use workbook::Workbook;

use super::FileId;

/// Most rows of a sheet (Excel's own limit).
pub(super) const ROWS: u32 = 1_048_576;
/// Most columns that are read.
pub(super) const COLUMNS: u32 = 1_024;
/// Most cells of a sheet with something in them.
pub(super) const CELLS: usize = 1_000_000;

/// How a cell's text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellKind {
    /// As it was typed.
    Text,
    /// A number shown as it is.
    Number,
    /// A number shown with thousands separators: `8,443` may have been meant as two numbers.
    Grouped,
    /// A number shown as a date; the text is the ISO form.
    Date,
    /// A number whose display is made by a format of its own: what people see is not known.
    Formatted,
    /// True or false.
    Flag,
    /// An error value such as `#N/A`.
    Error,
    /// A formula without a stored result.
    Uncomputed,
}

/// How far a cell's text is struck through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strike {
    /// Not at all.
    None,
    /// Some of it.
    Part,
    /// All of it.
    Whole,
}

/// A cell with something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// How that came about.
    pub kind: CellKind,
    /// Whether it is the result of a formula.
    pub formula: bool,
    /// Whether it is struck through.
    pub strike: Strike,
}

impl Cell {
    /// Typed text.
    pub(super) fn text(text: String) -> Cell {
        Cell { text, kind: CellKind::Text, formula: false, strike: Strike::None }
    }
}

/// A row with something in it, or a hidden one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Nobody sees it.
    pub hidden: bool,
    /// By column, from 1.
    pub cells: BTreeMap<u32, Cell>,
}

/// A rectangle of cells, corners included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area {
    /// First row, from 1.
    pub top: u32,
    /// First column, from 1.
    pub left: u32,
    /// Last row.
    pub bottom: u32,
    /// Last column.
    pub right: u32,
}

impl Area {
    /// Whether a cell is in it.
    pub fn holds(&self, row: u32, column: u32) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }

    /// `A1` or `A1:C3`.
    pub(super) fn parse(text: &str) -> Option<Area> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let ((top, left), (bottom, right)) = (address(first)?, address(last)?);
        (top <= bottom && left <= right).then_some(Area { top, left, bottom, right })
    }
}

/// The cells of one sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Its name; empty for a CSV file.
    pub name: String,
    /// Nobody sees the whole sheet.
    pub hidden: bool,
    /// By number, from 1.
    pub rows: BTreeMap<u32, Row>,
    /// Hidden columns, first to last.
    pub hidden_columns: Vec<(u32, u32)>,
    /// Shapes lie on the sheet: a line drawn over a row may mean anything.
    pub drawn_on: bool,
    /// Where a conditional format may strike through.
    pub may_strike: Vec<Area>,
    /// Merged cells, by each row that they touch.
    pub(super) merged: BTreeMap<u32, Vec<Area>>,
}

impl Grid {
    /// The cell whose value counts at a place: the upper left one of merged cells.
    pub fn anchor(&self, row: u32, column: u32) -> (u32, u32) {
        let areas = self.merged.get(&row).into_iter().flatten();
        areas.filter(|a| a.holds(row, column)).map(|a| (a.top, a.left)).next().unwrap_or((row, column))
    }

    /// The cell itself, merged or not.
    pub fn cell(&self, row: u32, column: u32) -> Option<&Cell> {
        self.rows.get(&row)?.cells.get(&column)
    }

    /// The last row with something in it; 0 for an empty sheet.
    pub fn last_row(&self) -> u32 {
        self.rows.iter().filter(|(_, r)| !r.cells.is_empty()).map(|(n, _)| *n).next_back().unwrap_or(0)
    }

    /// The last column with something in it; 0 for an empty sheet.
    pub fn last_column(&self) -> u32 {
        self.rows.values().filter_map(|r| r.cells.keys().next_back()).max().copied().unwrap_or(0)
    }

    /// Whether nobody sees a column.
    pub fn hides(&self, column: u32) -> bool {
        self.hidden_columns.iter().any(|(first, last)| (*first..=*last).contains(&column))
    }
}

/// A sheet that is a file of the store, so that its cells have places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its file: one line per row.
    pub file: FileId,
    /// Its cells.
    pub grid: Grid,
}

/// `A`, `Z`, `AA` …: the letters of a column, from 1.
pub fn letters(column: u32) -> String {
    let mut left = column;
    let mut out = Vec::new();
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        out.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    out.iter().rev().collect()
}

/// The number of the column with these letters, from 1.
pub fn column_of(letters: &str) -> Option<u32> {
    address(&format!("{letters}1")).map(|(_, column)| column)
}

/// Row and column of `C7` or `$C$7`.
pub(super) fn address(text: &str) -> Option<(u32, u32)> {
    let text = text.trim().replace('$', "");
    let split = text.find(|c: char| c.is_ascii_digit())?;
    let (word, number) = text.split_at_checked(split)?;
    let row: u32 = number.parse().ok().filter(|r| (1..=ROWS).contains(r))?;
    if word.is_empty() || word.len() > 3 {
        return None;
    }
    let mut column = 0u32;
    for letter in word.bytes() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() {
            return None;
        }
        column = column * 26 + u32::from(letter - b'A') + 1;
    }
    Some((row, column))
}
