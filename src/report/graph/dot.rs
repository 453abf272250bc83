//! The picture for Graphviz.

use super::picture::{ColumnKind, Picture};
use crate::network::SegmentId;
use crate::report::page::printable;
use crate::report::words::pick;
use crate::source::Lang;

/// Renders a picture as a DOT graph: a cluster per zone, devices between them, what crosses in red.
pub fn dot(picture: &Picture, lang: Lang) -> String {
    let mut out =
        String::from("graph bunri {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    out.push_str(&format!("  label={};\n", quote(&picture.title)));
    for (number, lane) in picture.lanes.iter().enumerate() {
        out.push_str(&format!("  subgraph cluster_{number} {{\n"));
        let name = lane.name.as_deref().unwrap_or(pick(lang, "no zone", "系なし"));
        out.push_str(&format!("    label={};\n", quote(name)));
        for row in &lane.rows {
            let mut words = vec![row.name.clone().unwrap_or_else(|| row.id.clone())];
            words.extend(row.prefixes.iter().cloned());
            let word = pick(lang, "demarcation", "責任分界点");
            words.extend(row.boundary.iter().map(|b| format!("{word}: {b}")));
            let style = if row.external { ", style=dashed" } else { "" };
            out.push_str(&format!("    {} [label={}{style}];\n", node(row.segment), lines(&words)));
        }
        out.push_str("  }\n");
    }
    for (number, column) in picture.columns.iter().enumerate() {
        let look = match column.kind {
            ColumnKind::Analysed => "style=filled, fillcolor=\"#eeeeee\"",
            ColumnKind::Declared => "style=dashed",
            ColumnKind::Missing => "style=dashed, color=orange",
            ColumnKind::Sanitizer => "shape=hexagon, style=filled, fillcolor=\"#d9f2d9\"",
            ColumnKind::Host => "shape=ellipse",
        };
        out.push_str(&format!("  d{number} [label={}, {look}];\n", quote(&column.name)));
    }
    for (number, column) in picture.columns.iter().enumerate() {
        for joint in &column.joints {
            let red = picture.crossed(number, joint.segment);
            let look = match red {
                Some(true) => ", color=red, penwidth=3",
                Some(false) => ", color=orange, penwidth=2, style=dashed",
                None => "",
            };
            let (row, label) = (node(joint.segment), quote(&joint.label));
            out.push_str(&format!("  {row} -- d{number} [label={label}{look}];\n"));
        }
        for name in &column.open {
            let label = quote(name);
            let words = quote(pick(lang, "not in the topology", "構成情報に記載なし"));
            out.push_str(&format!("  e{number} [label={words}, shape=plaintext];\n"));
            out.push_str(&format!("  d{number} -- e{number} [label={label}, style=dotted];\n"));
        }
    }
    out.push_str("}\n");
    out
}

fn node(segment: SegmentId) -> String {
    format!("s{}", segment.0)
}

/// A quoted string: nothing in it is obeyed.
fn quote(text: &str) -> String {
    let text = printable(text);
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn lines(words: &[String]) -> String {
    let inner: Vec<String> = words.iter().map(|w| quote(w)).map(|q| q.trim_matches('"').to_owned()).collect();
    format!("\"{}\"", inner.join("\\n"))
}
