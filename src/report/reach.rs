//! The report of `bunri reach` as text.

use super::Style;
use super::json::{Bound, ReachBox, ReachReport, ReachVerdict};
use super::page::{Columns, Ink, Page};
use super::trace::{culprits, packet};
use super::words::pick;
use crate::source::Lang;

/// Renders what can pass.
pub fn reach(report: &ReachReport, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    let (text, ink) = match report.verdict {
        ReachVerdict::Reachable => (pick(lang, "something passes", "通過する通信がある"), Ink::Strong),
        ReachVerdict::Unreachable => (pick(lang, "nothing passes", "通過する通信はない"), Ink::Strong),
        ReachVerdict::Undetermined => (
            pick(lang, "undetermined whether anything passes", "判定保留(通過する通信があるか判定できない)"),
            Ink::Doubt,
        ),
    };
    page.ink(ink, text).end();
    if let Some(witness) = &report.witness {
        page.line(2, &format!("{}: {}", pick(lang, "example", "例"), packet(witness)));
    }
    if let Some(reason) = &report.reason {
        page.line(2, &format!("{}: {reason}", pick(lang, "reason", "理由")));
    }
    rows(&mut page, report, Bound::Lower, pick(lang, "Passes:", "通過する通信:"), lang);
    if !settled(report) {
        let title = pick(
            lang,
            "May pass, depending on lines not understood (the above included):",
            "解釈できない行の内容によっては通過し得る通信(上記を含む):",
        );
        rows(&mut page, report, Bound::Upper, title, lang);
    }
    if report.boxes_truncated {
        page.line(2, pick(lang, "… and more", "…ほか"));
    }
    if !report.culprits.is_empty() {
        page.line(0, pick(lang, "Why it cannot be determined:", "判定できない原因(該当行):"));
        culprits(&mut page, &report.culprits, report.culprits_truncated, lang);
    }
    page.finish()
}

/// Whether both bounds say the same.
fn settled(report: &ReachReport) -> bool {
    let of = |bound: Bound| report.boxes.iter().filter(move |b| b.bound == bound);
    let same = |(a, b): (&ReachBox, &ReachBox)| ReachBox { bound: b.bound, ..a.clone() } == *b;
    of(Bound::Lower).count() == of(Bound::Upper).count() && of(Bound::Lower).zip(of(Bound::Upper)).all(same)
}

fn rows(page: &mut Page, report: &ReachReport, bound: Bound, title: &str, lang: Lang) {
    let list: Vec<&ReachBox> = report.boxes.iter().filter(|b| b.bound == bound).collect();
    if list.is_empty() {
        return;
    }
    page.line(0, title);
    let mut table = Columns::default();
    for b in list {
        table.row(cells(b, lang).map(|cell| (Ink::Plain, cell)));
    }
    table.write(page, 2);
}

fn cells(b: &ReachBox, lang: Lang) -> [String; 5] {
    let any = pick(lang, "any", "全て");
    let list = |l: &[String]| l.iter().map(|i| short(i, any)).collect::<Vec<_>>().join(",");
    let or_any = |l: &[String]| if l.is_empty() { any.to_owned() } else { list(l) };
    let mut service = if b.proto == ["0-255"] { any.to_owned() } else { list(&b.proto) };
    for (title, values) in [("sport ", &b.sport), ("", &b.dport), ("type ", &b.icmp)] {
        if !values.is_empty() && values.iter().all(|v| v != "0-65535" && v != "0/0-255/255") {
            service.push_str(&format!(" {title}{}", list(values)));
        }
    }
    let out = b.out.as_deref().map_or_else(String::new, |o| format!("{} {o}", pick(lang, "out", "出力")));
    [b.family.to_owned(), or_any(&b.src), format!("→ {}", or_any(&b.dst)), service, out]
}

/// `a-a` is `a`; a whole address family is left to the family's own column.
fn short(interval: &str, any: &str) -> String {
    const WHOLE: [&str; 2] = ["0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"];
    if WHOLE.contains(&interval) {
        return any.to_owned();
    }
    match interval.split_once('-') {
        Some((a, b)) if a == b => a.to_owned(),
        _ => interval.to_owned(),
    }
}
