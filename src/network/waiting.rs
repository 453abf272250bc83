//! Interfaces that are bound to nothing because nobody confirmed their row yet: the cell to fill in is what to show.

use std::collections::BTreeMap;

use super::records::Records;
use super::site::Site;
use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Span};

impl Records {
    /// The cell that waits for somebody's word about an interface of a box.
    pub fn waits(&self, chassis: &str, interface: &str) -> Option<Span> {
        let named =
            |i: &str| i == interface || i.strip_suffix(interface).is_some_and(|part| part.ends_with('/'));
        let about = |u: &&super::Unconfirmed| u.interface.as_deref().is_some_and(named);
        let of_box = self.unconfirmed.iter().filter(|u| u.device == chassis).find(about);
        // The second member of a cluster is cabled like the first one and has no rows of its own.
        let own = self.unconfirmed.iter().any(|u| u.device == chassis);
        of_box.or_else(|| self.unconfirmed.iter().filter(|_| !own).find(about)).map(|u| u.cell)
    }
}

/// Tells the cells in place of the lines of the configuration: one diagnostic for each sheet.
pub(super) fn tell(site: &mut Site) {
    let mut waiting: BTreeMap<FileId, Vec<(Span, Span)>> = BTreeMap::new();
    for device in &site.devices {
        let open = device.elsewhere.iter().filter_map(|i| device.device.interfaces.get(i.index()));
        for interface in open {
            if let Some(cell) = site.records.waits(&device.chassis, &interface.name.value) {
                waiting.entry(cell.file).or_default().push((cell, interface.name.span));
            }
        }
    }
    for mut rows in waiting.into_values() {
        rows.sort();
        let told = |d: &Diagnostic| {
            d.code == Code::UnboundInterface && rows.iter().any(|(_, line)| *line == d.primary)
        };
        site.diagnostics.retain(|d| !told(d));
        let mut cells: Vec<String> = rows.iter().filter_map(|(cell, _)| site.sources.cell(*cell)).collect();
        cells.dedup();
        let (Some((first, line)), count) = (rows.first(), cells.len()) else { continue };
        let (en, ja) = (cells.join(", "), cells.join("、"));
        let message = msg!(
            "nobody confirmed yet where {count} interfaces are connected: they may lead anywhere ({en})",
            "接続先が未確認のインターフェースが{count}ある(あらゆる場所に接続し得る): {ja}"
        );
        let label = msg!("the first of them in the configuration", "最初の行のインターフェースの設定");
        let help = msg!("correct the rows and write ○ under 確認", "行の内容を確認し、確認欄に○を記入する");
        let found = Diagnostic::new(Code::UnboundInterface, *first, message);
        site.diagnostics.push(found.with_label(*line, label).with_help(help));
    }
}
