//! What a sheet lists that nobody named.

use std::collections::BTreeMap;

use super::headings::Headings;
use super::read::Wanted;
use super::{Need, TableKind};
use crate::source::Span;
use crate::source::sheet::Sheet;

/// The kind whose headings a sheet has, with the row of headings. All needed columns must be there; of several kinds
/// the one with the most columns wins, the first of equals.
pub fn guess(sheet: &Sheet, named: Span) -> Option<(TableKind, u32)> {
    let mut best: Option<(usize, TableKind, u32)> = None;
    // A form of ours is named where it is written, and what is about one device needs its name.
    let kinds = TableKind::ALL
        .into_iter()
        .filter(|k| !k.of_device())
        .filter(|k| !matches!(k, TableKind::Zones | TableKind::Connections | TableKind::Sanitizers));
    for kind in kinds {
        let wanted = Wanted {
            kind,
            named,
            header_row: None,
            last_row: None,
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            words: BTreeMap::new(),
            remarks: Vec::new(),
            device: None,
        };
        let headings = Headings { sheet, wanted: &wanted };
        let Ok(row) = headings.find() else { continue };
        let columns = kind.fields().iter().filter(|f| headings.has(row, f)).count();
        let needed = kind.fields().iter().filter(|f| f.need != Need::Free).count();
        if columns >= needed.max(2) && best.is_none_or(|b| columns > b.0) {
            best = Some((columns, kind, row));
        }
    }
    best.map(|(_, kind, row)| (kind, row))
}
