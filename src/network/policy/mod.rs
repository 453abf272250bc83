//! Devices whose FWポリシー表 stands for the configuration that nobody can read (`config = "table"`).
//!
//! The rows of the sheet become the one filter of an ordinary device, its interfaces and routes come from the topology
//! or from further sheets. A table is no configuration but somebody's word: what rests on it is declared, whoever
//! declares it. Nothing that a cell leaves open is decided here: an unclear cell matches perhaps, a row of which nobody
//! says whether it counts may count, and packets of no row may do anything until somebody says what becomes of them.
//!
//! Semantics, and what is not modelled: `NOTES.md` beside this file.

mod cells;
mod device;
mod objects;
mod services;

use std::collections::BTreeMap;

pub(super) use device::apply;

use super::plan::ContractPlan;
use super::site::{Host, Segment, Zone};
use super::table::{Table, TableKind};
use super::topology::TableIpv6;
use crate::model::Then;
use crate::msg;
use crate::source::{Code, Diagnostic, LineMap, LineState, Msg, Sources, Span, Spanned};

/// What the topology says beside a table, with its values parsed.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// Where the topology says that a table stands for the configuration.
    pub span: Span,
    /// Addresses and routes, and every interface able to forward to every other one.
    pub contract: ContractPlan,
    /// What becomes of packets of no row.
    pub default: Option<Spanned<Then>>,
    /// Whether IPv6 is forwarded.
    pub ipv6: Option<Spanned<TableIpv6>>,
    /// What the rows call the interfaces.
    pub zones: Vec<(String, Spanned<String>)>,
}

/// Names that a cell may use beside the device's own.
pub(super) struct Town<'a> {
    /// Zones of the topology.
    pub zones: &'a [Zone],
    /// Its segments.
    pub segments: &'a [Segment],
    /// Its hosts.
    pub hosts: &'a [Host],
}

/// The policy table of a device.
///
/// # Errors
/// Why there is none that could be read.
pub(super) fn of_device<'t>(tables: &'t [Table], device: &Spanned<String>) -> Result<&'t Table, (Span, Msg)> {
    let own = |t: &&Table| t.device.as_ref().is_some_and(|d| d.value == device.value);
    let name = &device.value;
    let mut policies = tables.iter().filter(own).filter(|t| t.kind == TableKind::Policies);
    match (policies.next(), policies.next()) {
        (Some(only), None) => match &only.unusable {
            Some(why) => Err(why.clone()),
            None => Ok(only),
        },
        (Some(_), Some(second)) => {
            Err((second.named, msg!("`{name}` has two policy tables", "「{name}」のFWポリシー表が2つある")))
        }
        (None, _) => Err((
            device.span,
            msg!(
                "no `[[table]]` of kind `policies` is about `{name}`",
                "「{name}」のFWポリシー表(種類 `policies` の `[[table]]`)がない"
            ),
        )),
    }
}

/// What could not be read of a device's tables, as it concerns the device and nothing else.
pub(super) fn troubles(tables: &[Table], device: &str) -> Vec<Diagnostic> {
    let own = tables.iter().filter(|t| t.device.as_ref().is_some_and(|d| d.value == device));
    own.flat_map(|t| &t.troubles).map(softened).collect()
}

/// A mistake that stops the reading of a register widens a device.
fn softened(found: &Diagnostic) -> Diagnostic {
    let code = match found.code {
        Code::StruckRow | Code::HiddenRow => Code::DoubtfulRow,
        Code::UnreadableTable => Code::MissingFile,
        _ => Code::UnreadCell,
    };
    Diagnostic { code, ..found.clone() }
}

/// What became of every line of the tables that stand for configurations.
pub(super) fn claim(lines: &mut LineMap, sources: &Sources, tables: &[Table], doubts: &[Span]) {
    for table in tables.iter().filter(|t| t.kind.stands_for_configuration() && t.unusable.is_none()) {
        let whole = sources.whole(table.file);
        let last = sources.file(table.file).map_or(0, |f| f.line_count());
        let rows: BTreeMap<u32, LineState> = table
            .rows
            .iter()
            .map(|r| {
                let inside =
                    |s: &&Span| s.file == r.span.file && r.span.start <= s.start && s.end <= r.span.end;
                let state =
                    if doubts.iter().any(|s| inside(&s)) { LineState::Partial } else { LineState::Modelled };
                (sources.position(r.span).line, state)
            })
            .collect();
        for line in 1..=last {
            let span = sources.line_span(whole.file, line);
            lines.claim(sources, span, rows.get(&line).copied().unwrap_or(LineState::Inert));
        }
    }
}
