//! What gets through, as a table: source, destination, protocol and ports, family.

use super::super::page::{Columns, Ink, Page};
use super::super::words::{family_word, pick, place_word, protocol_title};
pub(in super::super) use super::evidence::located;
use crate::analysis::answer::{Assertion, FlowRow, Service, Side, Verdict};
use crate::model::{Family, Field, Ranges};
use crate::network::Site;
use crate::source::Lang;

/// Most names or intervals in one cell.
const MOST_PARTS: usize = 6;

/// Rows of one table after which no new pair of places begins: what a person reads. JSON has them all.
const MOST_ROWS: usize = 60;

/// The tables of an item.
pub(super) fn write_all(page: &mut Page, a: &Assertion, site: &Site, lang: Lang) {
    let title = match a.verdict {
        Verdict::Violated => pick(lang, "Everything that certainly crosses", "到達が確認された通信の範囲"),
        _ => pick(lang, "Everything that may cross", "到達し得る通信の範囲"),
    };
    table(page, title, &a.rows, a.rows_truncated, site, lang);
    let title = pick(lang, "Flows beyond the exception register", "特定通信台帳の範囲を超える通信");
    table(page, title, &a.surplus, a.surplus_truncated, site, lang);
}

/// Rows under a title, grouped by where they are sent and where they arrive.
pub(in super::super) fn table(
    page: &mut Page,
    title: &str,
    rows: &[FlowRow],
    more: bool,
    site: &Site,
    lang: Lang,
) {
    if rows.is_empty() {
        return;
    }
    page.put("    ").ink(Ink::Strong, title).end();
    let mut shown = 0usize;
    for group in rows.chunk_by(|a, b| (&a.from, &a.to) == (&b.from, &b.to)) {
        if shown >= MOST_ROWS {
            break;
        }
        shown += group.len();
        if let Some(first) = group.first() {
            page.line(6, &format!("{} → {}:", place_word(&first.from, lang), place_word(&first.to, lang)));
        }
        let mut table = Columns::default();
        for row in group {
            table.row(cells(row, site, lang).map(|cell| (Ink::Plain, cell)));
        }
        table.write(page, 8);
    }
    match (rows.len().saturating_sub(shown), lang) {
        (0, _) if !more => page,
        (0, _) => page.line(6, pick(lang, "… and more", "…ほか")),
        (n, Lang::En) => page.line(6, &format!("… and {n} more rows: `--format json` has them")),
        (n, Lang::Ja) => page.line(6, &format!("…ほか{n}行(`--format json` に記載する)")),
    };
}

/// Rows that have no ends to be grouped by.
pub(in super::super) fn bare(page: &mut Page, rows: &[FlowRow], more: bool, site: &Site, lang: Lang) {
    let mut table = Columns::default();
    for row in rows {
        table.row(cells(row, site, lang).map(|cell| (Ink::Plain, cell)));
    }
    table.write(page, 8);
    if more {
        page.line(8, pick(lang, "… and more", "…ほか"));
    }
}

fn cells(row: &FlowRow, site: &Site, lang: Lang) -> [String; 5] {
    let [source, destination, service, family] = words(row, lang);
    let rule = row
        .rule
        .as_ref()
        .map_or_else(String::new, |(device, place)| format!("[{device} {}]", located(place, site, lang)));
    [source, destination, service, family, rule]
}

/// Source, destination, protocol and ports, and family of a row.
pub(in super::super) fn words(row: &FlowRow, lang: Lang) -> [String; 4] {
    let mut destination = side(&row.destination, row.family, lang);
    if let Some(delivered) = &row.delivered {
        let word = pick(lang, "delivered to", "到達先");
        let port = pick(lang, "port", "ポート");
        let ports =
            delivered.ports.as_ref().map_or_else(String::new, |p| format!(" {port} {}", numbers(p, lang)));
        let to = side(&delivered.destination, row.family, lang);
        destination.push_str(&format!(" ({word} {to}{ports})"));
    }
    let mut family = family_word(row.family).to_owned();
    if row.requires_forged_source {
        family.push_str(pick(lang, " (source address forged)", "(送信元を偽った場合)"));
    }
    [
        side(&row.source, row.family, lang),
        format!("— {destination}"),
        format!("— {}", service(&row.service, lang)),
        format!("— {family}"),
    ]
}

/// Names first, then what they do not cover; a name that means exactly the set is explained by it.
fn side(side: &Side, family: Family, lang: Lang) -> String {
    let any = || vec![pick(lang, "any", "全て").to_owned()];
    let mut parts = side.names.clone();
    parts.extend(addresses(&side.unnamed, family));
    if parts.is_empty() || side.ranges == Ranges::full(family.max_address()) {
        parts = any();
    }
    let text = shortened(parts, lang);
    if !side.except.is_empty() {
        let except = shortened(addresses(&side.except, family), lang);
        return match lang {
            Lang::En => format!("{text} except {except}"),
            Lang::Ja => format!("{text}({except} を除く)"),
        };
    }
    match (side.names.is_empty(), side.ranges.pairs().len()) {
        (false, 1) => format!("{text} ({})", addresses(&side.ranges, family).join(", ")),
        _ => text,
    }
}

fn shortened(mut parts: Vec<String>, lang: Lang) -> String {
    let more = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    let text = parts.join(pick(lang, ", ", "、"));
    match (more, lang) {
        (0, _) => text,
        (_, Lang::En) => format!("{text} and {more} more"),
        (_, Lang::Ja) => format!("{text} ほか{more}件"),
    }
}

/// Each interval as a prefix if it is one, else as its two ends.
fn addresses(set: &Ranges, family: Family) -> Vec<String> {
    let bits = if family == Family::V4 { 32 } else { 128 };
    let one = |(low, high): &(u128, u128)| {
        let span = high - low;
        let (a, b) = (family.address(*low), family.address(*high));
        if span == 0 {
            return a.to_string();
        }
        let aligned = span & span.wrapping_add(1) == 0 && low & span == 0;
        match aligned {
            true => format!("{a}/{}", bits - span.count_ones()),
            false => format!("{a}-{b}"),
        }
    };
    set.pairs().iter().map(one).collect()
}

fn numbers(set: &Ranges, lang: Lang) -> String {
    let one = |(a, b): &(u128, u128)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    shortened(set.pairs().iter().map(one).collect(), lang)
}

/// `TCP,UDP/53 (DNS)`.
fn service(service: &Service, lang: Lang) -> String {
    let mut text = protocols(&service.protocols, lang);
    if let Some(ports) = &service.ports {
        text.push_str(&format!("/{}", numbers(ports, lang)));
    }
    if let Some(ports) = &service.source_ports {
        let word = pick(lang, "source port", "送信元ポート");
        text.push_str(&format!(" {word} {}", numbers(ports, lang)));
    }
    if let Some(kinds) = &service.icmp {
        let one = |(a, b): &(u128, u128)| match (a >> 8, a & 0xFF, b >> 8, b & 0xFF) {
            (a, 0, b, 0xFF) if a == b => a.to_string(),
            (a, 0, b, 0xFF) => format!("{a}-{b}"),
            (a, c, ..) if a == *b >> 8 && c == *b & 0xFF => format!("{a}/{c}"),
            (a, c, b, d) => format!("{a}/{c}-{b}/{d}"),
        };
        let kinds = shortened(kinds.pairs().iter().map(one).collect(), lang);
        text.push_str(&format!(" {} {kinds}", pick(lang, "type", "タイプ")));
    }
    if !service.names.is_empty() {
        text.push_str(&format!(" ({})", shortened(service.names.clone(), lang)));
    }
    text
}

fn protocols(set: &Ranges, lang: Lang) -> String {
    let full = Ranges::full(Field::Proto.max_value());
    if *set == full {
        return pick(lang, "any", "全て").to_owned();
    }
    let without = full.minus(set);
    let few = |s: &Ranges| s.pairs().iter().all(|(a, b)| a == b);
    if !few(set) && few(&without) {
        let names = list(&without);
        return match lang {
            Lang::En => format!("any but {names}"),
            Lang::Ja => format!("{names}以外の全て"),
        };
    }
    list(set)
}

fn list(set: &Ranges) -> String {
    let one = |(a, b): &(u128, u128)| match (u8::try_from(*a), a == b) {
        (Ok(number), true) => protocol_title(number).into_owned(),
        _ => format!("{a}-{b}"),
    };
    set.pairs().iter().map(one).collect::<Vec<_>>().join(",")
}
