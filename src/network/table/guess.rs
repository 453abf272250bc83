//! What a sheet lists that nobody named.

use std::collections::BTreeMap;

use super::headings::Headings;
use super::read::Wanted;
use super::{Field, Need, STATE, TableKind, folded};
use crate::source::sheet::Sheet;
use crate::source::{Span, Spanned};

/// The kind whose headings a sheet has, with the row of headings. All needed columns must be there; of several kinds
/// the one with the most columns wins, the first of equals.
pub fn guess(sheet: &Sheet, named: Span) -> Option<(TableKind, u32)> {
    // A form of ours is named where it is written, and what is about one device needs its name.
    let kinds = TableKind::ALL.into_iter().filter(|k| !k.of_device()).filter(|k| {
        !matches!(
            k,
            TableKind::Zones
                | TableKind::Connections
                | TableKind::Sanitizers
                | TableKind::Networks
                | TableKind::Unread
        )
    });
    best(sheet, named, kinds.map(|k| (k, None))).map(|(kind, _, row)| (kind, row))
}

/// The kind that a sheet has if its name is the value of a column: one sheet per segment, or one per switch.
pub fn guess_named(sheet: &Sheet, named: Span) -> Option<(TableKind, &'static str, u32)> {
    let kinds = [(TableKind::Hosts, Some("segment")), (TableKind::Cables, Some("device"))];
    best(sheet, named, kinds.into_iter()).and_then(|(kind, key, row)| Some((kind, key?, row)))
}

/// The kind that a sheet has if it is about one device whose configuration nobody can read.
pub fn guess_device(sheet: &Sheet, named: Span) -> Option<(TableKind, u32)> {
    let kinds = TableKind::ALL.into_iter().filter(|k| k.of_device());
    best(sheet, named, kinds.map(|k| (k, None))).map(|(kind, _, row)| (kind, row))
}

/// The kind that a sheet has beside others that are read. What few words tell is not enough here: a history of changes has
/// numbers and kinds, too.
pub(super) fn lists(sheet: &Sheet, named: Span) -> Option<(TableKind, u32)> {
    let kinds = TableKind::ALL.into_iter().filter(|k| {
        !matches!(
            k,
            TableKind::Zones
                | TableKind::Connections
                | TableKind::Sanitizers
                | TableKind::Networks
                | TableKind::Unread
        )
    });
    let kinds = kinds.filter(|k| !k.of_device() || *k == TableKind::Policies);
    let (kind, _, row) = best(sheet, named, kinds.map(|k| (k, None)))?;
    let tells = |heading: &str| {
        let grid = &sheet.grid;
        (1..=grid.last_column())
            .any(|c| grid.cell(row, c).is_some_and(|cell| folded(&cell.text) == folded(heading)))
    };
    let line = ["回線番号", "回線ID", "事業者", "回線事業者", "契約先", "終端機器"];
    (kind != TableKind::Lines || line.into_iter().any(tells)).then_some((kind, row))
}

fn best(
    sheet: &Sheet,
    named: Span,
    kinds: impl Iterator<Item = (TableKind, Option<&'static str>)>,
) -> Option<(TableKind, Option<&'static str>, u32)> {
    let mut best: Option<(usize, TableKind, Option<&'static str>, u32)> = None;
    for (kind, key) in kinds {
        let name = |key: &str| (key.to_owned(), Spanned::new(sheet.grid.name.clone(), named));
        let wanted = Wanted {
            kind,
            named,
            header_row: None,
            last_row: None,
            columns: BTreeMap::new(),
            constants: key.into_iter().map(name).collect(),
            words: BTreeMap::new(),
            remarks: Vec::new(),
            device: None,
            provisional: false,
        };
        let headings = Headings { sheet, wanted: &wanted };
        let Ok(row) = headings.find() else { continue };
        // Remarks stand in every table; so does what kind of machine it is.
        let common: &[&str] = match kind {
            TableKind::Devices => &["note", STATE.key, "kind", "model", "role"],
            _ => &["note", STATE.key],
        };
        let telling = |f: &&Field| !common.contains(&f.key);
        let columns = kind.fields().iter().filter(telling).filter(|f| headings.has(row, f)).count();
        let free = |f: &&Field| matches!(f.need, Need::Free | Need::Kept) || key == Some(f.key);
        let needed = kind.fields().iter().filter(|f| !free(f)).count();
        if columns >= needed.max(2) && best.is_none_or(|b| columns > b.0) {
            best = Some((columns, kind, key, row));
        }
    }
    best.map(|(_, kind, key, row)| (kind, key, row))
}
