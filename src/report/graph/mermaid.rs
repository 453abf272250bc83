//! The picture for Mermaid (Markdown viewers, wikis).

use super::picture::{ColumnKind, Picture};
use crate::report::page::printable;
use crate::report::words::pick;
use crate::source::Lang;

/// Renders a picture as a Mermaid flow chart: a subgraph per zone, devices between them, what crosses in red.
pub fn mermaid(picture: &Picture, lang: Lang) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, lane) in picture.lanes.iter().enumerate() {
        let name = lane.name.as_deref().unwrap_or(pick(lang, "no zone", "系なし"));
        out.push_str(&format!("  subgraph z{number}[\"{}\"]\n", text(name)));
        for row in &lane.rows {
            let mut words = vec![text(row.name.as_deref().unwrap_or(&row.id))];
            words.extend(row.prefixes.iter().map(|p| text(p)));
            let word = pick(lang, "demarcation", "責任分界点");
            words.extend(row.boundary.iter().map(|b| text(&format!("{word}: {b}"))));
            let (open, close) = if row.external { ("([", "])") } else { ("[", "]") };
            out.push_str(&format!("    s{}{open}\"{}\"{close}\n", row.segment.0, words.join("<br/>")));
        }
        out.push_str("  end\n");
    }
    for (number, column) in picture.columns.iter().enumerate() {
        let (open, close) = match column.kind {
            ColumnKind::Sanitizer => ("{{", "}}"),
            ColumnKind::Host => ("(", ")"),
            _ => ("[[", "]]"),
        };
        out.push_str(&format!("  d{number}{open}\"{}\"{close}\n", text(&column.name)));
        match column.kind {
            ColumnKind::Declared => out.push_str(&format!("  style d{number} stroke-dasharray: 5 4\n")),
            ColumnKind::Missing => {
                out.push_str(&format!("  style d{number} stroke-dasharray: 5 4,stroke:#d17a00\n"));
            }
            ColumnKind::Sanitizer => out.push_str(&format!("  style d{number} fill:#d9f2d9\n")),
            ColumnKind::Analysed | ColumnKind::Host => {}
        }
    }
    let mut styles = Vec::new();
    let mut edge = 0;
    for (number, column) in picture.columns.iter().enumerate() {
        for joint in &column.joints {
            out.push_str(&format!("  s{} ---|\"{}\"| d{number}\n", joint.segment.0, text(&joint.label)));
            match picture.crossed(number, joint.segment) {
                Some(true) => styles.push(format!("  linkStyle {edge} stroke:#d00000,stroke-width:4px\n")),
                Some(false) => {
                    styles.push(format!("  linkStyle {edge} stroke:#d17a00,stroke-dasharray: 6 4\n"));
                }
                None => {}
            }
            edge += 1;
        }
        for name in &column.open {
            let words = pick(lang, "not in the topology", "構成情報に記載なし");
            out.push_str(&format!("  d{number} -.-|\"{}\"| e{number}[\"{words}\"]\n", text(name)));
            edge += 1;
        }
    }
    out.push_str(&styles.concat());
    out
}

/// Text inside quotes: entities for what the language or a browser would obey.
fn text(words: &str) -> String {
    let mut out = String::new();
    for c in printable(words).chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            ';' => out.push_str("#59;"),
            '`' => out.push_str("#96;"),
            '|' => out.push_str("#124;"),
            c => out.push(c),
        }
    }
    // An empty label would end the quotes' meaning.
    if out.is_empty() { " ".to_owned() } else { out }
}
