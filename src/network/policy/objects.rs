//! Object sheets: names of addresses and of services.

use std::collections::BTreeMap;

use super::cells::{Known, Said};
use super::device::Builder;
use super::services::DEPTH;
use crate::model::{AddressSet, Expr};
use crate::msg;
use crate::network::table::grammar::mask;
use crate::network::table::{Row, Standing, Table, TableKind, folded};
use crate::source::{Msg, Span};

/// Rows of object sheets by the name that they define.
#[derive(Default)]
pub(super) struct Objects {
    /// Addresses.
    pub addresses: BTreeMap<String, Vec<Row>>,
    /// Services.
    pub services: BTreeMap<String, Vec<Row>>,
    /// Sheets of objects that could not be read: every name may be defined there.
    pub missing: Option<(Span, Msg)>,
}

impl Objects {
    /// The objects of a device's tables.
    pub fn of<'t>(tables: impl Iterator<Item = &'t Table>) -> Objects {
        let mut out = Objects::default();
        for table in tables {
            let into = match table.kind {
                TableKind::Addresses => &mut out.addresses,
                TableKind::Services => &mut out.services,
                _ => continue,
            };
            if let Some(why) = &table.unusable {
                out.missing.get_or_insert(why.clone());
                continue;
            }
            for row in &table.rows {
                let name = row.values.get("name").map(|n| folded(&n.value)).unwrap_or_default();
                into.entry(name).or_default().push(row.clone());
            }
        }
        out
    }
}

/// Why a row of an object sheet is not certain to say what it says.
fn shaken(row: &Row) -> Option<(Span, Msg)> {
    match &row.standing {
        Standing::Certain => {}
        Standing::Doubtful(span, what) | Standing::Unread(span, what) => return Some((*span, what.clone())),
    }
    let cell = row.unclear.values().chain(&row.beside).next()?;
    Some((*cell, msg!("a cell of an object was not understood", "オブジェクトのセルを解釈できない")))
}

/// Rows that repeat a name in cells of their own: a list, or a second definition; nobody can tell.
fn repeated(rows: &[Row]) -> Option<(Span, Msg)> {
    let name = |r: &Row| r.values.get("name").map(|n| n.span);
    let first = name(rows.first()?);
    let other = rows.iter().find(|r| name(r) != first)?;
    let what = msg!("the object is defined more than once", "オブジェクトが2回以上定義されている");
    Some((name(other).unwrap_or(other.span), what))
}

fn too_deep() -> Msg {
    msg!("objects are nested in each other", "オブジェクトが循環しているか、入れ子が深すぎる")
}

impl Builder<'_> {
    /// The addresses of an object, objects inside it included.
    pub fn object(&mut self, name: &str, at: Span, depth: usize) -> Known {
        let rows = self.objects.addresses.get(name).cloned().unwrap_or_default();
        if depth >= DEPTH || self.spent() {
            return Known { set: AddressSet::empty(), doubt: Some((at, too_deep())) };
        }
        if let Some(doubt) = repeated(&rows) {
            return Known { set: AddressSet::empty(), doubt: Some(doubt) };
        }
        let mut known = Known::default();
        for row in &rows {
            if let Some(doubt) = shaken(row) {
                known.doubt.get_or_insert(doubt);
                continue;
            }
            let Some(cell) = row.values.get("value") else {
                known
                    .doubt
                    .get_or_insert((row.span, msg!("the object has no value", "オブジェクトに値がない")));
                continue;
            };
            let mut text = cell.value.clone();
            if let Some(beside) = row.values.get("mask") {
                let given = beside.value.trim_start_matches('/');
                let length = mask(given).or_else(|| given.parse().ok().filter(|l| *l <= 128));
                match length.filter(|_| text.parse::<std::net::IpAddr>().is_ok()) {
                    Some(length) => text = format!("{text}/{length}"),
                    None => {
                        let what = msg!("the mask does not fit the address", "マスクがアドレスに対応しない");
                        known.doubt.get_or_insert((beside.span, what));
                        continue;
                    }
                }
            }
            let one = self.addresses(&text, cell.span, depth + 1);
            known.set = known.set.union(&one.set);
            known.doubt = known.doubt.or(one.doubt);
        }
        known
    }

    /// The services of an object.
    pub fn service_object(&mut self, name: &str, at: Span, depth: usize) -> Expr {
        let rows = self.objects.services.get(name).cloned().unwrap_or_default();
        if depth >= DEPTH || self.spent() {
            return self.doubt(at, too_deep(), Expr::Any);
        }
        if let Some((span, what)) = repeated(&rows) {
            return self.doubt(span, what, Expr::Any);
        }
        let mut parts = Vec::new();
        for row in &rows {
            if let Some((span, what)) = shaken(row) {
                parts.push(self.doubt(span, what, Expr::Any));
                continue;
            }
            let inner = row.values.get("service").cloned();
            parts.push(match inner.filter(|_| !row.values.contains_key("protocol")) {
                Some(cell) => {
                    let expr = self.service_text(&cell.value, cell.span, depth + 1);
                    self.with_sources(Said::only(expr), row).expr
                }
                None => self.services(row).expr,
            });
        }
        Expr::any_of(parts)
    }
}
