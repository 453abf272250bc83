//! The draft of a register as a table that people can go on with: 特定通信台帳(案) as a workbook or CSV.
//!
//! Its headings are those that the reader of registers knows. Owner, approval and term are empty: read back, it approves
//! nothing.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError,
};

use super::draft::{application, comment, drafted, external, intervals, label};
use super::words::proto_name;
use crate::analysis::answer::{Assertion, FlowRow, Side};
use crate::model::{Family, Field, PORT_PROTOCOLS, Ranges};
use crate::network::Site;
use crate::network::table::TableKind;

/// Columns: heading, whether the municipality fills it in, width.
const COLUMNS: [(&str, bool, f64); 19] = [
    ("台帳No.", false, 8.0),
    ("申請番号", true, 10.0),
    ("業務名", true, 24.0),
    ("区分", true, 10.0),
    ("根拠区分", true, 10.0),
    ("開始側", false, 18.0),
    ("開始側アドレス", false, 20.0),
    ("相手方", false, 18.0),
    ("相手方アドレス", false, 20.0),
    ("プロトコル/ポート", false, 16.0),
    ("ICMPタイプ", false, 6.0),
    ("NAT後", false, 18.0),
    ("粒度", true, 12.0),
    ("粒度の理由", true, 16.0),
    ("主管課", true, 10.0),
    ("承認者", true, 10.0),
    ("承認日", true, 10.0),
    ("有効期限", true, 10.0),
    ("備考", false, 20.0),
];

/// Heading and rows.
pub fn draft_rows(assertions: &[Assertion], site: &Site) -> Vec<Vec<String>> {
    let rows = drafted(assertions, site);
    let headings = COLUMNS.iter().map(|c| c.0.to_owned()).collect();
    let rows = (1u32..).zip(&rows).map(|(n, row)| cells(n, row, site));
    std::iter::once(headings).chain(rows).collect()
}

fn cells(n: u32, row: &FlowRow, site: &Site) -> Vec<String> {
    let delivered = row.delivered.as_ref();
    let destination = delivered.map_or(&row.destination, |d| &d.destination);
    let note = row.rule.as_ref().and_then(|(_, place)| comment(site, place.span)).unwrap_or_default();
    let rule = row.rule.as_ref().map(|(device, place)| label(device, place)).unwrap_or_default();
    let single = |side: &Side| side.ranges.pairs().iter().all(|(low, high)| low == high);
    let granularity =
        if single(&row.source) && single(destination) { "機器単位" } else { "セグメント単位" };
    let (from, from_addresses) = end(site, &row.from, &row.source, row.family);
    let (to, to_addresses) = end(site, &row.to, destination, row.family);
    let (service, icmp) = service(row);
    let nat = delivered
        .map_or_else(String::new, |_| format!("宛先{}", addresses(&row.destination.ranges, row.family)));
    vec![
        format!("案-{n:02}"),
        application(&note),
        if note.is_empty() { rule.clone() } else { note.clone() },
        "特定通信".to_owned(),
        String::new(),
        from,
        from_addresses,
        to,
        to_addresses,
        service,
        icmp,
        nat,
        granularity.to_owned(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        rule,
    ]
}

fn addresses(ranges: &Ranges, family: Family) -> String {
    intervals(ranges, |n| family.address(n).to_string()).join("、")
}

/// The name of an end, if it has one, and its addresses.
fn end(site: &Site, name: &str, side: &Side, family: Family) -> (String, String) {
    let shown = addresses(&side.ranges, family);
    if let Some(found) = external(site, name) {
        return (found.id.value.clone(), shown);
    }
    let exactly = |id| {
        let own = site.own_addresses(id);
        *own.of(family) == side.ranges && Family::ALL.iter().all(|f| *f == family || own.of(*f).is_empty())
    };
    match site.hosts().find(|(id, _)| exactly(*id)) {
        Some((_, host)) => (host.id.value.clone(), shown),
        None => (shown.clone(), shown),
    }
}

/// Protocol and ports as delivered, and the ICMP type where a single one is meant.
fn service(row: &FlowRow) -> (String, String) {
    let one = |set: &Ranges| set.first().filter(|p| *set == Ranges::one(*p));
    let Some(protocol) = one(&row.service.protocols).and_then(|p| u8::try_from(p).ok()) else {
        return ("any".to_owned(), String::new());
    };
    let name = proto_name(protocol).map_or_else(|| protocol.to_string(), str::to_uppercase);
    if PORT_PROTOCOLS.contains(&protocol) {
        let ports = row.delivered.as_ref().map_or(row.service.ports.as_ref(), |d| d.ports.as_ref());
        let ports = ports.filter(|p| **p != Ranges::full(Field::Dport.max_value()));
        let text = ports.map_or_else(|| "any".to_owned(), |p| intervals(p, |n| n.to_string()).join(","));
        return (format!("{name}/{text}"), String::new());
    }
    let kinds: Vec<u128> = row
        .service
        .icmp
        .iter()
        .flat_map(|i| i.pairs())
        .flat_map(|(low, high)| [low >> 8, high >> 8])
        .collect();
    let kind = kinds.first().filter(|k| kinds.iter().all(|other| other == *k));
    (name, kind.map_or_else(String::new, ToString::to_string))
}

/// The draft as CSV (UTF-8 with a byte order mark, so that Excel reads it).
pub fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = String::from("\u{FEFF}");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// A cell in quotation marks; what a spreadsheet would take for a formula gets an apostrophe.
fn cell(text: &str) -> String {
    let clean = text.replace(['\r', '\n'], " ");
    let formula = clean.starts_with(['=', '+', '@', '\t']) || (clean.starts_with('-') && clean.len() > 1);
    format!("\"{}{}\"", if formula { "'" } else { "" }, clean.replace('"', "\"\""))
}

/// Under the title of a draft.
pub const NOTE: &str = "未承認。設定から読み取った、マイナンバー利用事務系の境界を越える通信である。黄色の欄を記入し承認されるまで、いずれも承認されたものとして扱わない。";
/// The same where zones are proposals that nobody confirmed.
pub const PROPOSED_NOTE: &str = "未承認。入力票の「系」の候補を全て正しいと仮定して、設定から読み取った、マイナンバー利用事務系の境界を越える通信である。系の確認後に `bunri check --draft-register` で作成し直す。";

/// The draft as a workbook, with a note under its title.
///
/// # Errors
/// What the writer refuses.
pub fn workbook(rows: &[Vec<String>], town: &str, note: &str) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title("特定通信台帳(案)").set_creation_datetime(&made));
    let base = || {
        Format::new()
            .set_font_name("游ゴシック")
            .set_font_size(10)
            .set_text_wrap()
            .set_align(FormatAlign::Top)
    };
    let heading = base().set_bold().set_border(FormatBorder::Thin).set_background_color(Color::RGB(0xD9E1F2));
    let (plain, yellow) = (base().set_border(FormatBorder::Thin), base().set_border(FormatBorder::Thin));
    let yellow = yellow.set_background_color(Color::RGB(0xFFF2A8));
    let sheet = book.add_worksheet();
    sheet.set_name(TableKind::Register.title())?;
    // Nineteen columns: A3, as such registers are printed.
    sheet.set_landscape().set_paper_size(8).set_print_fit_to_pages(1, 0);
    sheet.set_header("&L特定通信台帳(案)&R取扱注意").set_footer("&C&P / &N");
    let title = Format::new().set_font_name("游ゴシック").set_font_size(14).set_bold();
    sheet.write_string_with_format(0, 0, format!("{town} 特定通信台帳(案)"), &title)?;
    sheet.write_string_with_format(
        1,
        0,
        note,
        &Format::new().set_font_name("游ゴシック").set_font_size(10),
    )?;
    for (column, (_, _, width)) in (0u16..).zip(&COLUMNS) {
        sheet.set_column_width(column, *width)?;
    }
    for (line, row) in (3u32..).zip(rows) {
        // Two lines of text: what is wrapped must be seen in print, too.
        sheet.set_row_height(line, 28.0)?;
        for ((column, text), (_, input, _)) in (0u16..).zip(row).zip(&COLUMNS) {
            let format = match (line, input) {
                (3, _) => &heading,
                (_, true) => &yellow,
                (_, false) => &plain,
            };
            if text.is_empty() {
                sheet.write_blank(line, column, format)?;
            } else {
                sheet.write_string_with_format(line, column, text, format)?;
            }
        }
    }
    sheet.set_freeze_panes(4, 1)?;
    sheet.set_repeat_rows(3, 3)?;
    book.save_to_buffer()
}
