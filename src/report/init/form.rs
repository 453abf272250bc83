//! The form to fill in (構成情報入力票) as a workbook: yellow cells, drop-downs, legend, ready to print.

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook,
    Worksheet, XlsxError,
};

use super::{Marks, Start};
use crate::network::survey::{Leads, NetworkRow, UnreadRow, ZONES};
use crate::network::table::TableKind;
use crate::source::Lang;

/// Row of headings, from 0.
const HEADINGS: u32 = 4;
/// Rows of an empty sheet that are framed for input.
const BLANK: u32 = 12;

/// The workbook's bytes.
///
/// # Errors
/// What the writer refuses.
pub fn form(start: &Start) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The same input gives the same bytes.
    let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title("構成情報入力票").set_creation_datetime(&made));
    legend(book.add_worksheet(), start)?;
    interfaces(book.add_worksheet(), start)?;
    sanitizers(book.add_worksheet(), start)?;
    if !start.networks.is_empty() {
        networks(book.add_worksheet(), start)?;
    }
    if !start.unread.is_empty() {
        unread(book.add_worksheet(), start)?;
    }
    zones(book.add_worksheet(), start)?;
    for kind in [
        TableKind::Declarations,
        TableKind::Devices,
        TableKind::Segments,
        TableKind::Cables,
        TableKind::Hosts,
        TableKind::Lines,
        TableKind::Register,
        TableKind::Requirements,
    ] {
        match kind {
            TableKind::Cables if !start.suggested.is_empty() => cables(book.add_worksheet(), start)?,
            _ => blank(book.add_worksheet(), kind)?,
        }
    }
    book.save_to_buffer()
}

fn base() -> Format {
    Format::new().set_font_name("游ゴシック").set_font_size(10).set_align(FormatAlign::Top)
}
fn heading() -> Format {
    let format = base().set_bold().set_border(FormatBorder::Thin).set_text_wrap();
    format.set_background_color(Color::RGB(0xD9E1F2)).set_align(FormatAlign::Center)
}
fn cell() -> Format {
    base().set_border(FormatBorder::Thin).set_text_wrap()
}
fn input() -> Format {
    cell().set_background_color(Color::RGB(0xFFF2A8))
}

/// Title, note, widths, print set-up.
fn frame(sheet: &mut Worksheet, name: &str, note: &str, widths: &[f64]) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.3, 0.3, 0.6, 0.6, 0.3, 0.3);
    sheet.set_header("&L構成情報入力票&R取扱注意").set_footer("&C&P / &N");
    for (column, width) in (0u16..).zip(widths) {
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_row_height(0, 22.0)?;
    sheet.write_string_with_format(0, 0, name, &base().set_bold().set_font_size(14))?;
    sheet.write_string_with_format(1, 0, note, &base())?;
    Ok(())
}

/// A table of texts; the cells (row, column) that are `yellow` are for input.
fn table(
    sheet: &mut Worksheet,
    headings: &[&str],
    rows: &[Vec<String>],
    yellow: &dyn Fn(usize, usize) -> bool,
) -> Result<(), XlsxError> {
    for (column, text) in (0u16..).zip(headings) {
        sheet.write_string_with_format(HEADINGS, column, *text, &heading())?;
    }
    sheet.set_row_height(HEADINGS, 20.0)?;
    for ((number, row), cells) in (0usize..).zip(HEADINGS + 1..).zip(rows) {
        // Two lines of text: what is wrapped must be seen in print, too.
        sheet.set_row_height(row, 28.0)?;
        for ((at, column), text) in (0usize..).zip(0u16..).zip(cells) {
            let format = if yellow(number, at) { input() } else { cell() };
            if text.is_empty() {
                sheet.write_blank(row, column, &format)?;
            } else {
                sheet.write_string_with_format(row, column, text, &format)?;
            }
        }
    }
    sheet.set_freeze_panes(HEADINGS + 1, 2)?;
    sheet.set_repeat_rows(HEADINGS, HEADINGS)?;
    Ok(())
}

fn choices(sheet: &mut Worksheet, column: u16, rows: usize, words: &[&str]) -> Result<(), XlsxError> {
    let last = HEADINGS + u32::try_from(rows).unwrap_or(1).max(1);
    let list = DataValidation::new().allow_list_strings(words)?;
    let list = list.set_error_title("入力値")?.set_error_message("一覧から選択する")?;
    sheet.add_data_validation(HEADINGS + 1, column, last, column, &list)?;
    Ok(())
}

fn legend(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let town = &start.name;
    frame(sheet, "記入方法", &format!("{town} 三層分離の解析に用いる構成情報"), &[4.0, 110.0])?;
    let cells = start.cells();
    let lines = [
        "黄色のセルのみを記入する。白いセルは設定から読み取った内容である。".to_owned(),
        "「系」には候補を記入済みの行がある。候補は名称等による推定であり、確認欄に○を記入するまで事実として扱わない。".to_owned(),
        "内容を確認し、誤りがあれば修正した上で、確認欄に○を記入する。○のない行に関わる判定は「判定保留」となる。".to_owned(),
        format!("最初の回答に必要な記入は、シート「ゾーン」「インターフェース」「無害化」及び「設定のない機器」の確認欄等{cells}か所である。"),
        "シート「ゾーン」の確認欄は、VLAN一覧等の「系」の欄の呼び名が、その系を指すことの確認である。○を記入すると、その呼び名の全ての行(シート「インターフェース」の「管理表の系」)を確認済みとして扱う。個別に異なる行には、その行の確認欄に×を記入する。".to_owned(),
        "「無害化」の通信の欄は、無害化に必要なプロトコル及びポートである。空欄の間、無害化システムを迂回する経路の有無(L-1)は判定保留となる。管理の通信は、管理元と通信を「SV-KANRI01 TCP/22」のように記入する(ない場合は「-」。空欄の間、管理アクセス(X-2)は判定保留となる)。".to_owned(),
        "「接続先」が「庁内」以外の行は、外部の回線又はネットワークへの接続口である。使用していないポートは「未使用」とする。「対向機器」は、その接続口の先にある、設定のない機器(機器一覧のホスト名)である。○を記入すると、当該機器はその接続口と外部との間のみを中継するものとして扱う。".to_owned(),
        "シート「設定のない機器」は、機器一覧にあり、設定を読み込めない機器である。「系」は、他のシートにないセグメント及び外部回線の系である。○を記入した行は申告として扱うため、根拠となる申告No.を記入する。".to_owned(),
        "設定から確認することができない事項(外部のネットワークの先、無害化システムの動作)は、シート「申告事項」に記入し、その番号を「申告No.」に記入する。".to_owned(),
        "他のシートは、必要となった時点で記入する。シートを読み込むには topology.toml に [[table]] を記載する。".to_owned(),
        "取り消し線、非表示の行及び色は、判定に用いない。撤去済みの行は「状態」の列に「撤去」と記入する。".to_owned(),
        "記入後: bunri check サイトのフォルダ → bunri doctor サイトのフォルダ(次に確認すべき事項)".to_owned(),
    ];
    for (n, text) in (0u32..).zip(&lines) {
        sheet.write_string_with_format(3 + n, 0, format!("{}.", n + 1), &base())?;
        sheet.write_string_with_format(3 + n, 1, text, &base().set_text_wrap())?;
        // A row does not grow by itself where the file is only shown or printed.
        let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        let lines = u32::try_from(width / 144 + 1).unwrap_or(1);
        sheet.set_row_height(3 + n, 16.0 * f64::from(lines))?;
    }
    let after = 3 + u32::try_from(lines.len()).unwrap_or(0) + 1;
    sheet.write_string_with_format(after, 1, "黄色: 記入する欄", &input())?;
    sheet.write_string_with_format(after + 1, 1, "白: 設定から読み取った内容(変更しない)", &cell())?;
    Ok(())
}

fn interfaces(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "1行につき1つの接続口。黄色のセルを確認し、確認欄に○を記入する(系は一覧から選択)。";
    let widths = [13.0, 14.0, 22.0, 6.0, 12.0, 18.0, 15.0, 12.0, 15.0, 20.0, 11.0, 8.0, 6.0, 34.0, 13.0, 8.0];
    frame(sheet, TableKind::Connections.title(), note, &widths)?;
    let headings = [
        "機器",
        "インターフェース",
        "別名・説明",
        "VLAN",
        "セグメント",
        "名称",
        "ネットワーク",
        "対向ルータ",
        "接続先",
        "系",
        "管理表の系",
        "申告No.",
        "確認",
        "候補の理由",
        "対向機器",
        "備考",
    ];
    let rows: Vec<Vec<String>> = start
        .interfaces
        .iter()
        .map(|r| {
            let routers: Vec<String> = r.routers.iter().map(ToString::to_string).collect();
            vec![
                r.device.clone(),
                r.interface.clone(),
                r.also.clone(),
                r.vlan.map_or_else(String::new, |v| v.to_string()),
                r.segment.clone(),
                r.title.clone(),
                r.networks.join("、"),
                routers.join("、"),
                r.leads().word().to_owned(),
                r.proposal.zone.map_or("", |z| z.name).to_owned(),
                r.told.clone(),
                r.declaration.clone().unwrap_or_default(),
                mark(start, r.proposal.zone.is_some() || r.leads() == Leads::Nothing),
                r.proposal.reason.text(Lang::Ja).to_owned(),
                r.peer.clone().unwrap_or_default(),
                String::new(),
            ]
        })
        .collect();
    let asked = |row: usize| start.interfaces.get(row).is_none_or(|r| r.by_word().is_none());
    table(sheet, &headings, &rows, &|row, at| [8, 9, 11, 12, 14, 15].contains(&at) && asked(row))?;
    choices(sheet, 8, rows.len(), &Leads::ALL.map(Leads::word))?;
    choices(sheet, 9, rows.len(), &ZONES.iter().map(|z| z.name).collect::<Vec<_>>())?;
    choices(sheet, 12, rows.len(), &["○", "×"])
}

fn sanitizers(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "LGWAN接続系とインターネット接続系との間の無害化システム。該当する行の確認欄に○を記入する。";
    frame(
        sheet,
        TableKind::Sanitizers.title(),
        note,
        &[20.0, 30.0, 16.0, 20.0, 20.0, 20.0, 9.0, 6.0, 30.0, 14.0],
    )?;
    let headings = [
        "ホスト名",
        "IPアドレス",
        "種別",
        "LGWAN側の通信",
        "インターネット側の通信",
        "管理の通信",
        "申告No.",
        "確認",
        "候補の理由",
        "備考",
    ];
    let row = |r: &crate::network::survey::SanitizerRow| {
        let addresses: Vec<String> = r.addresses.iter().map(ToString::to_string).collect();
        vec![
            r.host.clone(),
            addresses.join("、"),
            r.types.join("、"),
            String::new(),
            String::new(),
            String::new(),
            r.declaration.clone().unwrap_or_default(),
            String::new(),
            r.reason.text(Lang::Ja).to_owned(),
            String::new(),
        ]
    };
    let rows: Vec<Vec<String>> = start.sanitizers.iter().map(row).collect();
    table(sheet, &headings, &rows, &|_, at| at != 8)?;
    choices(sheet, 7, rows.len().max(10), &["○", "×"])
}

/// Networks at which nothing was read: a ○ beside the town's word for their zone speaks for them, too.
fn networks(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "VLAN一覧にあり、読み取った設定のいずれのインターフェースにもないネットワーク。「管理表の系」がある行は、シート「ゾーン」の○により事実として扱う。";
    frame(sheet, TableKind::Networks.title(), note, &[16.0, 26.0, 18.0, 24.0, 14.0, 9.0, 6.0, 44.0])?;
    let headings = ["セグメント", "名称", "ネットワーク", "系", "管理表の系", "申告No.", "確認", "備考"];
    let spoken = |r: &NetworkRow| r.zone.is_some_and(|z| start.words(z.id).contains(&r.told.as_str()));
    let row = |r: &NetworkRow| {
        let told = if spoken(r) { r.told.clone() } else { String::new() };
        let about = [r.place.as_str(), r.note.as_str()].into_iter().filter(|t| !t.is_empty());
        vec![
            r.segment.clone(),
            r.title.clone(),
            r.network.clone(),
            r.zone.map_or("", |z| z.name).to_owned(),
            told,
            String::new(),
            String::new(),
            about.collect::<Vec<_>>().join(" "),
        ]
    };
    let rows: Vec<Vec<String>> = start.networks.iter().map(row).collect();
    let asked = |row: usize| start.networks.get(row).is_none_or(|r| !spoken(r));
    table(sheet, &headings, &rows, &|row, at| [3, 5, 6].contains(&at) && asked(row))?;
    choices(sheet, 3, rows.len(), &ZONES.iter().map(|z| z.name).collect::<Vec<_>>())?;
    choices(sheet, 6, rows.len(), &["○", "×"])
}

/// Devices that nobody reads: what somebody confirms of them counts as declared.
fn unread(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "機器一覧にあり、設定を読み込めない機器。接続先を確認し、確認欄に○を記入する(申告として扱う。○のない機器は、いずれの系の間も中継し得るものとして扱う)。";
    let widths = [15.0, 36.0, 32.0, 14.0, 22.0, 10.0, 9.0, 6.0, 50.0];
    frame(sheet, TableKind::Unread.title(), note, &widths)?;
    let headings = [
        "機器",
        "接続先セグメント",
        "アドレス",
        "外部回線",
        "系",
        "系をまたぐ中継",
        "申告No.",
        "確認",
        "備考",
    ];
    let row = |r: &UnreadRow| {
        let addresses: Vec<String> = r.addresses.iter().map(ToString::to_string).collect();
        let about = match r.reasons.as_slice() {
            [] => "接続先が不明であるため、記入する".to_owned(),
            all => format!("候補の根拠: {}", all.join("、")),
        };
        vec![
            r.device.clone(),
            r.segments.join("、"),
            addresses.join("、"),
            r.outside.map_or("", Leads::word).to_owned(),
            r.zone.map_or("", |z| z.name).to_owned(),
            if r.parts { "しない".to_owned() } else { String::new() },
            r.declaration.clone().unwrap_or_default(),
            mark(start, !r.segments.is_empty() && r.parts),
            about,
        ]
    };
    let rows: Vec<Vec<String>> = start.unread.iter().map(row).collect();
    table(sheet, &headings, &rows, &|_, at| at > 0)?;
    choices(
        sheet,
        3,
        rows.len(),
        &Leads::ALL.map(Leads::word).into_iter().filter(|w| *w != "庁内").collect::<Vec<_>>(),
    )?;
    choices(sheet, 4, rows.len(), &ZONES.iter().map(|z| z.name).collect::<Vec<_>>())?;
    choices(sheet, 5, rows.len(), &["しない", "する"])?;
    choices(sheet, 7, rows.len(), &["○", "×"])
}

fn zones(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "系の一覧。「庁内の呼び名」は、受領した管理表の「系」の欄にある語である。その系を指す場合は、確認欄に○を記入する。";
    frame(sheet, TableKind::Zones.title(), note, &[12.0, 26.0, 26.0, 24.0, 6.0, 60.0])?;
    let row = |z: &crate::network::survey::ZoneWord| {
        let words = start.words(z.id);
        let rows = start.interfaces.iter().filter(|r| r.by_word().is_some_and(|w| w.id == z.id));
        let mut segments: Vec<&str> = rows.map(|r| r.segment.as_str()).collect();
        segments.dedup();
        let covers = match words.is_empty() {
            true => String::new(),
            false => format!("対象: {}", segments.join("、")),
        };
        let named = [z.id.to_owned(), z.name.to_owned(), z.role.to_owned()];
        let marked = mark(start, !words.is_empty());
        named.into_iter().chain([words.join("、"), marked, covers]).collect()
    };
    let rows: Vec<Vec<String>> = ZONES.iter().map(row).collect();
    let asked = |row: usize| ZONES.get(row).is_some_and(|z| !start.words(z.id).is_empty());
    let headings = ["ゾーンID", "系の名称", "区分", "庁内の呼び名", "確認", "備考"];
    table(sheet, &headings, &rows, &|row, at| (3..5).contains(&at) && asked(row))?;
    choices(sheet, 4, rows.len(), &["○", "×"])
}

/// The cell 確認 of a row, where a proposal stands.
fn mark(start: &Start, proposed: bool) -> String {
    if proposed && start.marks == Marks::Assumed { "○".to_owned() } else { String::new() }
}

/// Cables that devices see (LLDP, CDP): suggestions, none of which counts without a ○.
fn cables(sheet: &mut Worksheet, start: &Start) -> Result<(), XlsxError> {
    let note = "機器が認識している対向機器(LLDP/CDP)による結線の候補。実際の結線と一致する行の確認欄に○を記入する(○のない行は使用しない)。";
    let headings = ["機器", "ポート", "接続先機器", "接続先ポート", "確認(○で採用)", "備考"];
    frame(sheet, TableKind::Cables.title(), note, &[16.0, 24.0, 16.0, 24.0, 14.0, 50.0])?;
    let row = |s: &super::Suggested| {
        let ends = [s.from.0.clone(), s.from.1.clone(), s.to.clone(), s.port.clone()];
        ends.into_iter().chain([String::new(), s.place.clone()]).collect()
    };
    let rows: Vec<Vec<String>> = start.suggested.iter().map(row).collect();
    table(sheet, &headings, &rows, &|_, at| (3..5).contains(&at))?;
    choices(sheet, 4, rows.len(), &["○", "×"])
}

/// A sheet without rows, with the headings that the reader knows.
fn blank(sheet: &mut Worksheet, kind: TableKind) -> Result<(), XlsxError> {
    let headings: Vec<&str> = kind.fields().iter().filter_map(|f| f.headings.first().copied()).collect();
    let widths = vec![16.0; headings.len()];
    let note = match kind {
        TableKind::Declarations => "設定から確認することができない事項(記入した行は読み込まれる)。",
        _ => {
            "必要に応じて記入し、topology.toml に [[table]] を記載して読み込む。既存の表がある場合は、その表を直接指定することもできる。"
        }
    };
    frame(sheet, kind.title(), note, &widths)?;
    table(sheet, &headings, &[], &|_, _| false)?;
    for row in HEADINGS + 1..=HEADINGS + BLANK {
        for column in 0..u16::try_from(headings.len()).unwrap_or(0) {
            sheet.write_blank(row, column, &input())?;
        }
    }
    Ok(())
}
