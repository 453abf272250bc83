//! A draft of an exception register: what passes over the border of the individual-number zone, one row each.
//!
//! The draft has the form of a register. Whatever only the municipality can say is left empty, so no entry of it is
//! approved: read back, it permits nothing, and rows for segments are refused until their reason is written.

use std::fmt::Write as _;

use super::words::proto_name;
use crate::analysis::answer::{Assertion, Assessment, FlowRow, Level, Place, Side};
use crate::model::{AddressSet, Family, Field, PORT_PROTOCOLS, Ranges};
use crate::network::{Segment, Site};
use crate::source::Span;

/// Lines after a rule's first line in which its comment is looked for.
const MOST_LINES: u32 = 60;

/// The draft as TOML; and how many rows it has. With a register, only what is beyond it.
pub fn draft(assessment: &Assessment, site: &Site) -> (String, usize) {
    let rows = drafted(&assessment.assertions, site);
    let mut out = String::from(
        "# 特定通信台帳(案)。設定から読み取った、マイナンバー利用事務系の境界を越える通信の一覧である。\n\
         # 空欄(主管課、承認者、承認日、有効期限等)を記入し、内容を確認するまで、いずれの通信も承認されたものとして扱わない。\n\
         # Draft: nothing in it is approved until somebody completes it.\n\
         schema_version = 1\n",
    );
    for (n, row) in (1u32..).zip(&rows) {
        entry(&mut out, n, row, site);
    }
    (out, rows.len())
}

/// The flows of a draft.
pub(super) fn drafted<'a>(assertions: &'a [Assertion], site: &Site) -> Vec<&'a FlowRow> {
    let found = assertions.iter().filter(|a| a.id == "M-2" && a.level == Level::Packet);
    found
        .flat_map(|a| a.rows.iter().chain(&a.surplus))
        .filter(|r| r.certain && !r.requires_forged_source && !borrowed(site, r))
        .collect()
}

/// Whether an external network sends under addresses of the site's own segments: that is drafted where they stand.
fn borrowed(site: &Site, row: &FlowRow) -> bool {
    let inside = site.segments().filter(|(_, s)| s.external.is_none()).map(|(id, _)| site.space_of(id));
    let own = inside.fold(AddressSet::empty(), |all, set| all.union(&set));
    external(site, &row.from).is_some() && row.source.ranges.is_subset(own.of(row.family))
}

/// The external network that people call so.
pub(super) fn external<'s>(site: &'s Site, label: &str) -> Option<&'s Segment> {
    let named = |s: &&Segment| s.name.as_deref().unwrap_or(&s.id.value) == label;
    site.segments.iter().filter(|s| s.external.is_some()).find(named)
}

fn entry(out: &mut String, n: u32, row: &FlowRow, site: &Site) {
    let delivered = row.delivered.as_ref();
    let destination = delivered.map_or(&row.destination, |d| &d.destination);
    let note = row.rule.as_ref().and_then(|(_, place)| comment(site, place.span)).unwrap_or_default();
    let label = row.rule.as_ref().map(|(device, place)| label(device, place)).unwrap_or_default();
    let title = if note.is_empty() { &label } else { &note };
    let single = |side: &Side| side.ranges.pairs().iter().all(|(low, high)| low == high);
    let granularity = if single(&row.source) && single(destination) { "host" } else { "segment" };
    let id = format!("案-{n:02}");
    let application = application(&note);
    let _ = write!(
        out,
        "\n[[entry]]\nid = {}\napplication = {}\ntitle = {}\nkind = \"tokutei\"\nclass = \"\"\nfrom = {}\nto = {}\n",
        quoted(&id),
        quoted(&application),
        quoted(title),
        end(site, &row.from, &row.source, row.family),
        end(site, &row.to, destination, row.family),
    );
    service(out, row);
    if delivered.is_some() {
        let _ = writeln!(out, "nat = {{ destination = [{}] }}", list(&row.destination.ranges, row.family));
    }
    let _ = write!(
        out,
        "granularity = \"{granularity}\"\nreason = \"\"\nowner = \"\"\napproved_by = \"\"\napproved_on = \"\"\n\
         expires = \"\"\nrequired = false\ndeclarations = []\nnote = {}\n",
        quoted(&label),
    );
}

/// Protocol and ports as delivered; ICMP types where a single one is meant.
fn service(out: &mut String, row: &FlowRow) {
    let one = |set: &Ranges| set.first().filter(|p| *set == Ranges::one(*p));
    let protocol = one(&row.service.protocols).and_then(|p| u8::try_from(p).ok());
    let Some(protocol) = protocol else {
        out.push_str("protocol = \"any\"\n");
        return;
    };
    let name = proto_name(protocol).map_or_else(|| protocol.to_string(), str::to_owned);
    let _ = writeln!(out, "protocol = {}", quoted(&name));
    if PORT_PROTOCOLS.contains(&protocol) {
        let ports = row.delivered.as_ref().map_or(row.service.ports.as_ref(), |d| d.ports.as_ref());
        let ports = ports.filter(|p| **p != Ranges::full(Field::Dport.max_value()));
        let text = ports.map_or_else(|| "any".to_owned(), |p| intervals(p, |n| n.to_string()).join(","));
        let _ = writeln!(out, "ports = {}", quoted(&text));
    } else if let Some(icmp) = &row.service.icmp {
        let kinds: Vec<u128> = icmp.pairs().iter().flat_map(|(low, high)| [low >> 8, high >> 8]).collect();
        if let Some(kind) = kinds.first().filter(|k| kinds.iter().all(|other| other == *k)) {
            let _ = writeln!(out, "icmp_type = {kind}");
        }
    }
}

/// A host where the addresses are exactly one host's, addresses of the external network, or addresses.
fn end(site: &Site, label: &str, side: &Side, family: Family) -> String {
    let addresses = list(&side.ranges, family);
    if let Some(external) = external(site, label) {
        return format!("{{ external = {}, addresses = [{addresses}] }}", quoted(&external.id.value));
    }
    let exactly = |id| {
        let own = site.own_addresses(id);
        *own.of(family) == side.ranges && Family::ALL.iter().all(|f| *f == family || own.of(*f).is_empty())
    };
    match site.hosts().find(|(id, _)| exactly(*id)) {
        Some((_, host)) => format!("{{ host = {} }}", quoted(&host.id.value)),
        None => format!("{{ addresses = [{addresses}] }}"),
    }
}

fn list(ranges: &Ranges, family: Family) -> String {
    let all = intervals(ranges, |n| family.address(n).to_string());
    all.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(", ")
}

pub(super) fn intervals(ranges: &Ranges, show: impl Fn(u128) -> String) -> Vec<String> {
    let one = |(low, high): &(u128, u128)| {
        if low == high { show(*low) } else { format!("{}-{}", show(*low), show(*high)) }
    };
    ranges.pairs().iter().map(one).collect()
}

pub(super) fn label(device: &str, place: &Place) -> String {
    format!("{device} {}", place.label)
}

/// The comment that stands with a rule: on its line, or in the lines of its block.
pub(super) fn comment(site: &Site, span: Span) -> Option<String> {
    let first = site.sources.position(span).line;
    for line in first..first.saturating_add(MOST_LINES) {
        let text = site.sources.excerpt(site.sources.line_span(span.file, line)).text;
        let words = text.trim();
        let inline = words.split_once("--comment ").map(|(_, rest)| rest);
        let own = words.strip_prefix("set comments ").or_else(|| words.strip_prefix("set comment "));
        if let Some(rest) = inline.or(own) {
            let quoted = rest.strip_prefix('"').and_then(|r| r.split_once('"')).map(|(inside, _)| inside);
            return Some(quoted.unwrap_or_else(|| rest.split_whitespace().next().unwrap_or("")).to_owned());
        }
        // A rule of one line has no block; a block ends with its own word.
        if words.starts_with('-') || words == "next" || words == "end" {
            return None;
        }
    }
    None
}

/// The number of an application in a comment: `申請No.R5-012`, `申請番号 R5-012`.
pub(super) fn application(note: &str) -> String {
    let after = ["申請No.", "申請No", "申請番号"].iter().find_map(|word| note.split_once(word));
    let rest = after.map_or("", |(_, rest)| rest).trim_start_matches([':', ':', ' ', ' ', '.']);
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// A TOML string: JSON's escapes are TOML's, control characters aside.
pub(super) fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    serde_json::Value::String(clean).to_string()
}
