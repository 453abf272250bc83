//! The order in which a topology's tables are taken: by name, not as somebody happened to write them down.
//!
//! Everything behind this (identifiers, files, which of two equal examples is shown) follows the order of the tables. So
//! a file whose tables are moved about says the same. Zones stand as the three tiers do, from the individual numbers
//! outwards, and by name among their kind: so people see them in the picture and in the matrix.

use super::form::At;
use super::table::TableKind;
use super::topology::{Pair, TableForm, Topology};
use crate::source::rank;

fn by_name<T>(list: &mut [T], name: impl Fn(&T) -> &At<String>) {
    list.sort_by_cached_key(|item| rank(&name(item).value));
}

impl Topology {
    /// Sorts the tables that are read from elsewhere. Their rows join the topology's own in this order.
    pub(super) fn tables_in_order(&mut self) {
        // Zones first: the others name them as people do.
        let of = |t: &TableForm| {
            let sheet = t.sheet.as_ref().map(|s| s.value.clone());
            (t.kind.value != TableKind::Zones, t.kind.value, t.file.value.clone(), sheet)
        };
        self.table.sort_by_cached_key(of);
    }

    /// Sorts every list of tables whose order means nothing. Tables of one name keep theirs, so that of two the second
    /// is the one too many.
    pub(super) fn in_order(&mut self) {
        self.registers.sort();
        self.zone.sort_by_cached_key(|z| (z.role, rank(&z.id.value)));
        self.pair.sort_by_cached_key(|p: &At<Pair>| (rank(&p.value.from.value), rank(&p.value.to.value)));
        self.link.sort_by(|a, b| {
            a.device
                .cmp(&b.device)
                .then_with(|| a.ports.cmp(&b.ports))
                .then_with(|| a.carries.cmp(&b.carries))
        });
        by_name(&mut self.inventory, |r| &r.name);
        by_name(&mut self.line, |l| &l.id);
        by_name(&mut self.breakout, |b| &b.id);
        by_name(&mut self.segment, |s| &s.id);
        by_name(&mut self.external, |e| &e.id);
        by_name(&mut self.device, |d| &d.name);
        by_name(&mut self.unused_file, |u| &u.path);
        by_name(&mut self.host, |h| &h.id);
        by_name(&mut self.sanitizer, |s| &s.host);
        self.sanitizer.iter_mut().for_each(|s| s.session.sort());
        by_name(&mut self.declaration, |d| &d.id);
    }
}
