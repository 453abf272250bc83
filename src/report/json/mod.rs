//! The JSON forms that scripts rely on. Version 1: fields are added, never renamed or removed.
//!
//! Every list that can be cut has a `…_truncated` flag beside it. Sentences are in the reader's language;
//! everything a script should test is an English word.

mod check;
mod coverage;
mod packet;
mod reach;
mod rows;
mod trace;
mod tables;

pub use check::{
    Assertion, Assumption, Check, Choice, Counts, Coverage, Culprit, Deciding, Device, Found, Hop, Input,
    Leg, Nat, NotChecked, Path, Place, Remark, check,
};
pub(super) use check::{culprit, location, path, place, row, statement};
pub use coverage::{CoverageFile, CoverageReport, UnreadLine, coverage, site_coverage};
pub use packet::{Packet, ProtoWord};
pub use reach::{Bound, ReachBox, ReachReport, ReachVerdict};
pub use rows::{Delivered, DeviceRule, FlowRow, Side};
pub use tables::{CellNote, RetiredRow, TableColumn, TableReading, TableRow, TableValue, tables};
pub use trace::{
    LinePlace, TraceAnswer, TraceReport, TraceRule, TraceVerdict, device_culprits, device_trace, line_of,
    site_trace,
};

use serde::Serialize;

use super::page::is_hidden;

/// The version of every form.
pub const SCHEMA_VERSION: u32 = 1;

/// Pretty JSON with a final line end. Characters that a terminal would obey are written as `\u…` escapes.
pub fn to_text(value: &impl Serialize) -> String {
    // Serialising plain structs with string keys cannot fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && is_hidden(c) {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}
