//! A device whose configuration is one policy table: `config = "FWポリシー表.xlsx"`, `vendor = "table"`.
//!
//! It means the same as `config = "table"` with one `[[table]]` of kind `policies`. Further sheets (objects, interfaces,
//! routes) are named by `[[table]]` beside it.

use std::collections::BTreeMap;

use super::TableKind;
use crate::network::form::At;
use crate::network::topology::{TableForm, Topology};
use crate::source::FileId;

/// The vendor id that says so.
pub(in crate::network) const VENDOR: &str = "table";

/// Writes such devices out.
pub(in crate::network) fn write_out(topology: &mut Topology, document: FileId) {
    let mut tables = Vec::new();
    for device in &mut topology.device {
        let table = device.vendor.as_ref().is_some_and(|v| v.value == VENDOR) && device.excluded.is_none();
        let Some(config) = device.config.as_mut().filter(|_| table) else { continue };
        if matches!(config.value.as_str(), "table" | "unavailable") {
            continue;
        }
        let file = config.clone();
        config.value = "table".to_owned();
        tables.push(TableForm {
            kind: At::elsewhere(TableKind::Policies, file.span(document)),
            file,
            sheet: None,
            header_row: None,
            last_row: None,
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            words: BTreeMap::new(),
            remarks: Vec::new(),
            device: Some(device.name.clone()),
            provisional: false,
        });
    }
    topology.table.extend(tables);
}

/// The entry that says the same, for a device that named the file itself; nothing for an entry of its own.
pub(super) fn written_as(form: &TableForm, document: FileId) -> Option<String> {
    // What was written out has the place of its file only.
    let own = form.kind.span(document) != form.file.span(document);
    let device = form.device.as_ref().filter(|_| !own)?;
    let (device, file) = (&device.value, &form.file.value);
    Some(format!("`[[table]]`, `kind = \"policies\"`, `device = \"{device}\"`, `file = \"{file}\"`"))
}
