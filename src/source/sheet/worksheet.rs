//! The cells of one worksheet part.

use super::number::shown;
use super::styles::Styles;
use super::workbook::{Rich, unescape};
use super::xml::{Attributes, Node, walk};
use super::{Area, CELLS, COLUMNS, Cell, CellKind, Grid, ROWS, Strike, address};
use crate::msg;
use crate::source::Msg;

/// A shared text.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub text: String,
    pub strike: Strike,
}

/// Rows that merged cells may touch, all together.
const MERGED: u32 = 1_000_000;
/// Merged areas that one row may touch: more would take too long to look through.
const MERGED_IN_ROW: usize = 256;
/// Areas that conditional formats which strike through may cover.
const AREAS: usize = 1_000;

pub(super) fn read(
    text: &str,
    part: &str,
    styles: &Styles,
    shared: &[Shared],
    since_1904: bool,
) -> Result<Grid, Msg> {
    let mut reader = Reader {
        styles,
        shared,
        since_1904,
        grid: Grid::default(),
        zero_height: false,
        row: 0,
        column: 0,
        row_hidden: false,
        open: None,
        field: Field::None,
        area: Vec::new(),
        cells: 0,
        merged: 0,
    };
    walk(text, part, &mut |node| reader.step(node))?;
    Ok(reader.grid)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    Value,
    Formula,
    Inline,
}

struct Open {
    style: u32,
    kind: String,
    value: Option<String>,
    formula: bool,
    rich: Rich,
}

struct Reader<'r> {
    styles: &'r Styles,
    shared: &'r [Shared],
    since_1904: bool,
    grid: Grid,
    zero_height: bool,
    row: u32,
    column: u32,
    row_hidden: bool,
    open: Option<Open>,
    field: Field,
    area: Vec<Area>,
    cells: usize,
    merged: u32,
}

impl Reader<'_> {
    fn step(&mut self, node: Node<'_>) -> Result<(), Msg> {
        if self.field == Field::Inline
            && let Some(open) = &mut self.open
        {
            open.rich.step(&node);
        }
        match node {
            Node::Open(name, attributes) => self.opened(name, attributes),
            Node::Close("c") => self.close(),
            Node::Close("v" | "f" | "is") => {
                self.field = Field::None;
                Ok(())
            }
            Node::Text(t) if self.field == Field::Value => {
                if let Some(open) = &mut self.open {
                    open.value.get_or_insert_default().push_str(t);
                }
                Ok(())
            }
            Node::Close(_) | Node::Text(_) => Ok(()),
        }
    }

    fn opened(&mut self, name: &str, a: &Attributes) -> Result<(), Msg> {
        match name {
            "sheetFormatPr" => self.zero_height = a.flag("zeroHeight").unwrap_or(false),
            "col" if a.flag("hidden") == Some(true) || flat(a, "width") => {
                let (first, last) = (a.number("min").unwrap_or(1), a.number("max").unwrap_or(COLUMNS));
                self.grid.hidden_columns.push((first, last));
            }
            "row" => self.row(a)?,
            "c" => self.cell(a)?,
            "v" => self.field = Field::Value,
            "f" => {
                self.field = Field::Formula;
                self.open.as_mut().into_iter().for_each(|o| o.formula = true);
            }
            "is" => self.field = Field::Inline,
            "mergeCell" => self.merge(a)?,
            "drawing" => self.grid.drawn_on = true,
            "conditionalFormatting" => {
                let areas = a.get("sqref").unwrap_or("").split_whitespace();
                self.area = areas.filter_map(Area::parse).take(AREAS + 1).collect();
            }
            "cfRule" if a.number("dxfId").is_some_and(|d| self.styles.difference_strikes(d)) => {
                self.grid.may_strike.extend(self.area.iter().copied());
                if self.grid.may_strike.len() > AREAS {
                    return Err(too_large());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn row(&mut self, a: &Attributes) -> Result<(), Msg> {
        let number = a.number("r").unwrap_or(self.row.saturating_add(1));
        // Rows ascend: otherwise two of them could claim one number.
        if number <= self.row || number > ROWS {
            return Err(damaged());
        }
        (self.row, self.column) = (number, 0);
        let flat = flat(a, "ht");
        self.row_hidden = flat || a.flag("hidden").unwrap_or(self.zero_height);
        if self.row_hidden {
            self.grid.rows.entry(number).or_default().hidden = true;
        }
        Ok(())
    }

    fn cell(&mut self, a: &Attributes) -> Result<(), Msg> {
        let (row, column) = match a.get("r") {
            Some(text) => address(text).ok_or_else(damaged)?,
            None => (self.row, self.column.saturating_add(1)),
        };
        if row != self.row || column <= self.column || row == 0 {
            return Err(damaged());
        }
        self.column = column;
        self.field = Field::None;
        self.open = Some(Open {
            style: a.number("s").unwrap_or(0),
            kind: a.get("t").unwrap_or("n").to_owned(),
            value: None,
            formula: false,
            rich: Rich::default(),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Msg> {
        self.field = Field::None;
        let Some(open) = self.open.take() else { return Ok(()) };
        let Some(cell) = self.finish(open)? else { return Ok(()) };
        self.cells += 1;
        if self.cells > CELLS || self.column > COLUMNS {
            return Err(too_large());
        }
        self.grid.rows.entry(self.row).or_default().cells.insert(self.column, cell);
        Ok(())
    }

    /// The cell, unless nothing is in it.
    fn finish(&self, open: Open) -> Result<Option<Cell>, Msg> {
        let struck = self.styles.strikes(open.style);
        let value = open.value.filter(|v| !v.trim().is_empty());
        let (text, kind, partly) = match (open.kind.as_str(), value) {
            ("inlineStr", _) => {
                let rich = open.rich.finish();
                (rich.text, CellKind::Text, rich.strike)
            }
            ("s", Some(index)) => {
                let index: usize = index.trim().parse().map_err(|_| damaged())?;
                let found = self.shared.get(index).cloned().ok_or_else(damaged)?;
                (found.text, CellKind::Text, found.strike)
            }
            ("str", Some(text)) => (unescape(&text), CellKind::Text, Strike::None),
            ("b", Some(value)) => {
                let word = if value.trim() == "1" { "TRUE" } else { "FALSE" };
                (word.to_owned(), CellKind::Flag, Strike::None)
            }
            ("e", Some(value)) => (value, CellKind::Error, Strike::None),
            ("d", Some(value)) => {
                let day = value.split('T').next().unwrap_or("").to_owned();
                (day, CellKind::Date, Strike::None)
            }
            ("n", Some(value)) => {
                let (text, kind) = shown(&value, self.styles.display(open.style), self.since_1904);
                (text, kind, Strike::None)
            }
            (_, Some(_)) => return Err(damaged()),
            (_, None) if open.formula => (String::new(), CellKind::Uncomputed, Strike::None),
            (_, None) => return Ok(None),
        };
        if text.trim().is_empty() && kind == CellKind::Text {
            return Ok(None);
        }
        let strike = if struck { Strike::Whole } else { partly };
        Ok(Some(Cell { text, kind, formula: open.formula, strike }))
    }

    fn merge(&mut self, a: &Attributes) -> Result<(), Msg> {
        let area = a.get("ref").and_then(Area::parse).ok_or_else(damaged)?;
        self.merged = self.merged.saturating_add(area.bottom - area.top + 1);
        if self.merged > MERGED {
            return Err(too_large());
        }
        for row in area.top..=area.bottom {
            let here = self.grid.merged.entry(row).or_default();
            if here.len() >= MERGED_IN_ROW {
                return Err(too_large());
            }
            here.push(area);
        }
        Ok(())
    }
}

/// Nothing is seen of what has no height or no width.
fn flat(a: &Attributes, key: &str) -> bool {
    a.get(key).and_then(|h| h.trim().parse::<f64>().ok()) == Some(0.0)
}

fn damaged() -> Msg {
    msg!("the sheet is damaged: save it again as .xlsx", "シートが破損している。.xlsx形式で保存し直す")
}

fn too_large() -> Msg {
    msg!(
        "the sheet is larger than what is read ({CELLS} cells, {COLUMNS} columns)",
        "シートの大きさが上限({CELLS}セル、{COLUMNS}列)を超えている"
    )
}
