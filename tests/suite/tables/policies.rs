//! FWポリシー表 as a device: what its rows become, what stops being known, and that nothing makes it hold wrongly.

use std::path::Path;

use bunri::analysis::answer::{Assertion, Basis, Level, Verdict};
use bunri::checks::{self, Options};
use bunri::network::Site;
use bunri::source::{Lang, LineState};
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::{csv, put, whole};

/// Three tiers behind a firewall whose table lies in `p.xlsx` or `p.csv`.
pub const TOWN: &str = r#"
schema_version = 1
name = "T"
[[zone]]
id = "M"
name = "基幹系"
role = "individual-number"
[[zone]]
id = "L"
name = "内部情報系"
role = "lgwan"
[[zone]]
id = "I"
name = "インターネット系"
role = "internet"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24"]
complete = true
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
complete = true
[[segment]]
id = "i"
zone = "I"
prefixes = ["10.3.0.0/24"]
complete = true
[[device]]
name = "FW"
config = "table"
relay = "no"
declarations = ["申-01"]
attach = { a = "m", b = "l", c = "i" }
[device.table]
ipv6 = "off"
addresses = { a = ["10.1.0.254/24"], b = ["10.2.0.254/24"], c = ["10.3.0.254/24"] }
[[declaration]]
id = "申-01"
text = "t"
document = "d"
by = "b"
date = "2026-01-01"
"#;

pub const HEADINGS: &[&str] = &[
    "No.",
    "名前",
    "送信元ゾーン",
    "送信元",
    "宛先ゾーン",
    "宛先",
    "サービス",
    "動作",
    "有効/無効",
    "NAT",
    "備考",
];
/// LGWAN to internet, refused.
const DENIED: &[&str] = &["1", "", "b", "any", "c", "any", "any", "拒否", "有効", "-", ""];
const LAST: &[&str] = &["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", ""];

/// The site, and what is asked of it.
pub fn judged(more: &str, files: &[(&str, Vec<u8>)]) -> (Site, Vec<Assertion>) {
    let topology = format!("{TOWN}{more}");
    let (site, _) = whole(&topology, files).unwrap_or_else(|w| panic!("{w:#?}"));
    let options = Options::default();
    let all = checks::assess(&site, &options).unwrap().assertions;
    (site, all)
}

pub fn said<'a>(all: &'a [Assertion], id: &str) -> &'a Assertion {
    all.iter().find(|a| a.id == id && a.level == Level::Packet).unwrap()
}

fn policies(file: &str) -> String {
    format!("[[table]]\nkind = \"policies\"\ndevice = \"FW\"\nfile = \"{file}\"\n")
}

/// Verdict of M-1 on packets, with the cells to blame.
fn of_rows(rows: &[&[&str]]) -> (Verdict, Vec<String>) {
    let all: Vec<&[&str]> = [HEADINGS].into_iter().chain(rows.iter().copied()).collect();
    let (site, answers) = judged(&policies("p.csv"), &[("p.csv", csv(&all))]);
    blamed(&site, said(&answers, "M-1"))
}

fn blamed(site: &Site, a: &Assertion) -> (Verdict, Vec<String>) {
    let mut cells: Vec<String> =
        a.culprits.iter().map(|c| site.sources.cell(c.span).unwrap_or_else(|| "-".to_owned())).collect();
    cells.sort();
    (a.verdict, cells)
}

/// A row of the table with some cells changed, by heading.
fn row(changes: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut row = vec!["1", "", "a", "any", "c", "any", "any", "許可", "有効", "-", ""];
    for (heading, text) in changes {
        row[HEADINGS.iter().position(|h| h == heading).unwrap()] = text;
    }
    row
}

#[test]
fn tables_decide_by_their_rows() {
    let (holds, violated) = (Verdict::Holds, Verdict::Violated);
    assert_eq!(of_rows(&[DENIED, LAST]).0, holds);
    assert_eq!(of_rows(&[&row(&[]), LAST]).0, violated);
    assert_eq!(of_rows(&[&row(&[("有効/無効", "無効")]), LAST]).0, holds);
    assert_eq!(of_rows(&[&row(&[("動作", "破棄")]), LAST]).0, holds);
    assert_eq!(of_rows(&[&row(&[("宛先ゾーン", "b")]), LAST]).0, holds);
    assert_eq!(of_rows(&[&row(&[("送信元", "10.1.0.0/25以外")]), LAST]).0, violated);
    assert_eq!(of_rows(&[&row(&[("送信元", "10.0.0.0/8以外")]), LAST]).0, violated, "a forged source");
    // Earlier rows win.
    let deny = row(&[("動作", "拒否")]);
    let permit = row(&[("No.", "2")]);
    assert_eq!(of_rows(&[&deny, &permit, LAST]).0, holds);
    // A last row for everything is the default as well.
    assert_eq!(
        of_rows(&[&row(&[("送信元ゾーン", "any"), ("宛先ゾーン", "any"), ("動作", "拒否")])]).0,
        holds
    );
}

/// A row that its own remark takes back: whatever it does, it may as well not be there.
#[test]
fn tables_heed_remarks() {
    let permit = row(&[("No.", "2")]);
    for (heading, text, verdict) in [
        ("備考", "R7.3廃止", Verdict::Undetermined),
        ("備考", "夜間のみ", Verdict::Undetermined),
        ("名前", "【停止中】", Verdict::Undetermined),
        ("備考", "旧規則の廃止に伴い追加", Verdict::Holds),
        ("備考", "テスト中は全許可", Verdict::Undetermined),
        ("備考", "許可ルール以外は拒否", Verdict::Holds),
        ("名前", "停止", Verdict::Holds),
    ] {
        let deny = row(&[("動作", "拒否"), (heading, text)]);
        let (found, cells) = of_rows(&[&deny, &permit, LAST]);
        assert_eq!(found, verdict, "{heading} {text}");
        let place = if heading == "備考" { "K2" } else { "B2" };
        assert_eq!(cells.iter().any(|c| c == place), verdict == Verdict::Undetermined, "{text}: {cells:?}");
    }
    // Part of what a row refuses may pass, though the last one refuses it as well.
    let deny = row(&[("動作", "拒否"), ("備考", "ただし10.1.0.5は許可")]);
    assert_eq!(of_rows(&[&deny, LAST]).0, Verdict::Undetermined);
    // A permission that is taken back is none for certain, and none is proved to be gone.
    assert_eq!(of_rows(&[&row(&[("備考", "廃止")]), LAST]).0, Verdict::Undetermined);
    assert_eq!(of_rows(&[&row(&[("備考", "作業後に削除")]), LAST]).0, Verdict::Violated);
    let last = ["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", "停止中"];
    assert_eq!(of_rows(&[DENIED, &last]).0, Verdict::Undetermined);
    let last = ["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", "例外あり(別表)"];
    assert_eq!(of_rows(&[DENIED, &last]).0, Verdict::Undetermined);
}

/// Rows that do not stand in the order of their numbers, however those are written.
#[test]
fn tables_are_in_the_order_of_their_numbers() {
    for (first, second, third, verdict) in [
        ("1", "2", "3", Verdict::Holds),
        ("No.1", "No.2", "No.10", Verdict::Holds),
        ("1-1", "1-2", "2-1", Verdict::Holds),
        ("10", "新規", "11", Verdict::Holds),
        ("No.9", "No.5", "No.10", Verdict::Undetermined),
        ("9.", "5.", "10.", Verdict::Undetermined),
        ("10", "新規", "3", Verdict::Undetermined),
        ("4-2", "4-1", "5-1", Verdict::Undetermined),
    ] {
        let deny = row(&[("No.", first), ("動作", "拒否")]);
        let permit = row(&[("No.", second)]);
        let other = row(&[("No.", third), ("宛先ゾーン", "b")]);
        assert_eq!(of_rows(&[&deny, &permit, &other, LAST]).0, verdict, "{first} {second} {third}");
    }
}

/// Each of these leaves something open, and the cell to blame is named.
#[test]
fn tables_never_guess() {
    let open = |changes: &[(&str, &'static str)], cell: &str| {
        let (verdict, cells) = of_rows(&[&row(changes), LAST]);
        assert_eq!(verdict, Verdict::Undetermined, "{changes:?}");
        assert_eq!(cells, [cell], "{changes:?}");
    };
    open(&[("サービス", "業務用")], "G2");
    open(&[("サービス", "")], "A2:K2");
    open(&[("サービス", "別紙参照")], "G2");
    open(&[("サービス", "443")], "G2");
    open(&[("送信元", "全端末")], "D2");
    open(&[("送信元", "")], "D2");
    open(&[("送信元", "-")], "D2");
    open(&[("送信元", "10.1.0.5/24")], "D2");
    open(&[("送信元", "〃")], "D2");
    open(&[("宛先ゾーン", "DMZ")], "E2");
    open(&[("宛先ゾーン", "")], "A2:K2");
    open(&[("宛先ゾーン", "-")], "E2");
    open(&[("動作", "監視"), ("送信元", "10.1.0.1")], "A2:K2");
    open(&[("有効/無効", "")], "A2:K2");
    open(&[("有効/無効", "?")], "I2");
    open(&[("NAT", "DNAT 10.3.0.9"), ("宛先ゾーン", "b")], "J2");
    open(&[("NAT", ""), ("宛先ゾーン", "b")], "A2:K2");
}

#[test]
fn tables_without_default_are_open() {
    let (verdict, cells) = of_rows(&[DENIED]);
    assert_eq!((verdict, cells), (Verdict::Undetermined, vec!["A2:K2".to_owned()]));
    let rows = csv(&[HEADINGS, DENIED]);
    let with = |default: &str| {
        let more = TOWN.replace("ipv6 = \"off\"", &format!("ipv6 = \"off\"\ndefault = \"{default}\""));
        let (site, _) = whole(&format!("{more}{}", policies("p.csv")), &[("p.csv", rows.clone())]).unwrap();
        said(&checks::assess(&site, &Options::default()).unwrap().assertions, "M-1").verdict
    };
    assert_eq!(
        [with("deny"), with("reject"), with("permit")],
        [Verdict::Holds, Verdict::Holds, Verdict::Violated]
    );
    // A default that the topology contradicts is none.
    let more = TOWN.replace("ipv6 = \"off\"", "ipv6 = \"off\"\ndefault = \"permit\"");
    let files = [("p.csv", csv(&[HEADINGS, DENIED, LAST]))];
    let (site, _) = whole(&format!("{more}{}", policies("p.csv")), &files).unwrap();
    assert_eq!(
        said(&checks::assess(&site, &Options::default()).unwrap().assertions, "M-1").verdict,
        Verdict::Undetermined
    );
}

/// `any` says nothing of IPv6 unless somebody does.
#[test]
fn tables_leave_ipv6_open() {
    let more = TOWN.replace("ipv6 = \"off\"\n", "");
    let files = [(
        "p.csv",
        csv(&[
            HEADINGS,
            &row(&[("送信元ゾーン", "b"), ("宛先ゾーン", "b")]),
            &row(&[("動作", "破棄"), ("No.", "2")]),
        ]),
    )];
    let judge = |more: &str| {
        let (site, _) = whole(&format!("{more}{}", policies("p.csv")), &files).unwrap();
        said(&checks::assess(&site, &Options::default()).unwrap().assertions, "M-1").verdict
    };
    // No row covers anything else: the default is open, and so is IPv6 of the row that refuses.
    assert_eq!(judge(&more), Verdict::Undetermined);
    let rows = [HEADINGS, &row(&[]), LAST];
    let files = [("p.csv", csv(&rows))];
    let (site, _) = whole(&format!("{more}{}", policies("p.csv")), &files).unwrap();
    let all = checks::assess(&site, &Options::default()).unwrap().assertions;
    let families: Vec<_> = said(&all, "M-1").counterexamples.iter().map(|c| c.family).collect();
    assert!(!families.is_empty() && families.iter().all(|f| *f == bunri::model::Family::V4), "{families:?}");
}

/// Rows sorted by something else than their numbers: nobody knows their order.
#[test]
fn tables_out_of_order_are_open() {
    let deny = row(&[("動作", "拒否"), ("No.", "2")]);
    assert_eq!(of_rows(&[&deny, &row(&[]), LAST]).0, Verdict::Undetermined);
}

/// A column that nothing reads may be a condition; one that says it is a remark is none.
#[test]
fn tables_look_at_every_column() {
    let filled = |heading: &'static str, text: &'static str| {
        let mut headings = HEADINGS.to_vec();
        headings.push(heading);
        let mut denied = row(&[("動作", "拒否")]);
        denied.push(text);
        let mut last = LAST.to_vec();
        last.push("");
        csv(&[&headings, &denied, &last])
    };
    let wide = |heading| filled(heading, "平日のみ");
    let (_, answers) = judged(&policies("p.csv"), &[("p.csv", wide("特記事項"))]);
    assert_eq!(said(&answers, "M-1").verdict, Verdict::Undetermined);
    for (heading, text, wanted) in [
        ("主管課", "住民課", Verdict::Holds),
        ("主管課", "平日のみ", Verdict::Undetermined),
        ("変更履歴", "R7.4.1 番号を変更", Verdict::Holds),
        ("変更履歴", "R8.4.1廃止", Verdict::Undetermined),
    ] {
        let (_, answers) = judged(&policies("p.csv"), &[("p.csv", filled(heading, text))]);
        assert_eq!(said(&answers, "M-1").verdict, wanted, "{heading} {text}");
    }
    let noted = format!("{}remarks = [\"特記事項\"]\n", policies("p.csv"));
    let (_, answers) = judged(&noted, &[("p.csv", wide("特記事項"))]);
    assert_eq!(said(&answers, "M-1").verdict, Verdict::Holds);
}

/// What rests on a table is declared; without a declaration it does not stand.
#[test]
fn tables_are_declarations() {
    let files = [("p.csv", csv(&[HEADINGS, DENIED, LAST]))];
    let (_, answers) = judged(&policies("p.csv"), &files);
    let holds = said(&answers, "M-1");
    assert_eq!((holds.verdict, holds.basis), (Verdict::Holds, Basis::Declared));
    assert!(holds.assumptions.contains(&"申-01".to_owned()));
    let more = TOWN.replace("declarations = [\"申-01\"]", "");
    let (site, _) = whole(&format!("{more}{}", policies("p.csv")), &files).unwrap();
    let all = checks::assess(&site, &Options::default()).unwrap().assertions;
    assert_eq!(said(&all, "M-1").verdict, Verdict::Undetermined);
    assert!(all.iter().any(|a| a.id == "Q-2" && a.verdict == Verdict::Undetermined));
    assert!(
        all.iter()
            .filter(|a| a.verdict == Verdict::Holds && a.level == Level::Packet)
            .all(|a| a.basis != Basis::Config)
    );
}

/// A table that is not there, has no headings, or is named twice: the device may do anything.
#[test]
fn tables_that_cannot_be_read_are_anything() {
    let good = csv(&[HEADINGS, DENIED, LAST]);
    let none = |more: &str, files: &[(&str, Vec<u8>)]| {
        let (_, answers) = judged(more, files);
        assert_eq!(said(&answers, "M-1").verdict, Verdict::Undetermined, "{more}");
    };
    none("", &[]);
    none(&policies("p.csv"), &[]);
    none(&policies("p.csv"), &[("p.csv", b"a,b,c\r\n1,2,3".to_vec())]);
    none(&policies("p.xlsx"), &[("p.xlsx", good.clone())]);
    none(
        &format!("{}{}", policies("p.csv"), policies("q.csv")),
        &[("p.csv", good.clone()), ("q.csv", good.clone())],
    );
    let wrong =
        whole(&format!("{TOWN}{}", policies("p.csv").replace("\"FW\"", "\"FX\"")), &[("p.csv", good)]);
    assert!(wrong.is_err());
}

/// Objects, hosts and zones by name; a name that is defined twice, or nowhere, is open.
#[test]
fn tables_know_names() {
    let objects = |rows: &[&[&str]]| {
        let all: Vec<&[&str]> = [&["名称", "アドレス"][..]].into_iter().chain(rows.iter().copied()).collect();
        let more = format!(
            "{}[[table]]\nkind = \"addresses\"\ndevice = \"FW\"\nfile = \"o.csv\"\n",
            policies("p.csv")
        );
        // Named addresses are refused first, then everything passes: what the name leaves out is what gets through.
        let deny = row(&[("送信元", "基幹全部"), ("動作", "拒否")]);
        let rest = row(&[("No.", "2"), ("送信元", "10.1.0.0/24")]);
        let files = [("p.csv", csv(&[HEADINGS, &deny, &rest, LAST])), ("o.csv", csv(&all))];
        let (site, answers) = judged(&more, &files);
        blamed(&site, said(&answers, "M-1"))
    };
    assert_eq!(objects(&[&["基幹全部", "10.1.0.0/24"]]).0, Verdict::Holds);
    assert_eq!(
        objects(&[&["基幹全部", "A、B"], &["A", "10.1.0.0/25"], &["B", "10.1.0.128/25"]]).0,
        Verdict::Holds
    );
    assert_eq!(objects(&[&["基幹全部", "10.1.0.0/25"]]).0, Verdict::Violated);
    assert_eq!(objects(&[&["基幹全部", "別紙参照"]]).0, Verdict::Undetermined);
    assert_eq!(
        objects(&[&["基幹全部", "10.1.0.0/25"], &["基幹全部", "10.1.0.128/25"]]).0,
        Verdict::Undetermined
    );
    assert_eq!(objects(&[&["基幹全部", "基幹全部"]]).0, Verdict::Undetermined);
    assert_eq!(objects(&[&["別", "10.1.0.0/24"]]).0, Verdict::Undetermined);
}

fn sheet(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet().set_name("FWポリシー表").unwrap());
    book.save_to_buffer().unwrap()
}

fn struck(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    let format = Format::new().set_font_strikethrough();
    for (column, text) in (0u16..).zip(cells).filter(|(_, t)| !t.is_empty()) {
        sheet.write_string_with_format(row - 1, column, *text, &format).unwrap();
    }
}

/// What Excel hides is neither live nor gone.
#[test]
fn tables_ask_about_struck_and_hidden_rows() {
    let judge = |fill: &dyn Fn(&mut Worksheet)| {
        let book = sheet(|s| {
            put(s, 1, HEADINGS);
            fill(s);
        });
        let (site, answers) = judged(&policies("p.xlsx"), &[("p.xlsx", book)]);
        blamed(&site, said(&answers, "M-1"))
    };
    let hole = row(&[]);
    let with_hole = |s: &mut Worksheet| {
        struck(s, 2, &hole);
        put(s, 3, LAST);
    };
    assert_eq!(judge(&with_hole), (Verdict::Undetermined, vec!["A2".to_owned()]));
    // A struck row that refuses protects nobody.
    let deny = row(&[("動作", "拒否")]);
    let behind = row(&[("No.", "2")]);
    assert_eq!(
        judge(&|s| {
            struck(s, 2, &deny);
            put(s, 3, &behind);
            put(s, 4, LAST);
        })
        .0,
        Verdict::Undetermined
    );
    // A single struck cell: the rest of the row may be anything.
    assert_eq!(
        judge(&|s| {
            put(s, 2, &deny);
            struck(s, 2, &["", "", "", "any"]);
            put(s, 3, LAST);
        })
        .0,
        Verdict::Undetermined
    );
    assert_eq!(
        judge(&|s| {
            put(s, 2, &hole);
            s.set_row_hidden(1).unwrap();
            put(s, 3, LAST);
        }),
        (Verdict::Undetermined, vec!["A2".to_owned()])
    );
    // The default row is struck through.
    assert_eq!(
        judge(&|s| {
            put(s, 2, DENIED);
            struck(s, 3, LAST);
        })
        .0,
        Verdict::Undetermined
    );
}

/// The shipped workbook of `topologies/table-undetermined`.
fn shipped() -> Vec<u8> {
    sheet(|s| {
        put(s, 1, &["FWポリシー表"]);
        put(s, 2, &["FW-HOSHU01 第5版"]);
        put(
            s,
            4,
            &[
                "No.",
                "ポリシー名",
                "送信元ゾーン",
                "送信元",
                "宛先ゾーン",
                "宛先",
                "サービス",
                "動作",
                "有効/無効",
                "備考",
            ],
        );
        put(
            s,
            5,
            &[
                "1",
                "庁内データ連携",
                "基幹",
                "SV-KIKAN",
                "内部",
                "SV-NAIBU",
                "TCP/443",
                "許可",
                "有効",
                "特-01",
            ],
        );
        struck(s, 6, &["2", "保守作業用", "基幹", "any", "情報", "any", "any", "許可", "有効", "申請R6-031"]);
        put(
            s,
            7,
            &[
                "3",
                "DNS参照",
                "内部",
                "10.70.2.0/24",
                "内部",
                "10.70.2.53",
                "DNS",
                "許可",
                "有効",
                "申請R6-002",
            ],
        );
        put(
            s,
            8,
            &[
                "4",
                "業務通信",
                "内部",
                "10.70.2.0/24",
                "情報",
                "10.70.3.0/24",
                "業務用ポート",
                "許可",
                "有効",
                "申請R6-003",
            ],
        );
    })
}

#[test]
fn tables_shipped_workbook_is_what_is_written_here() {
    let place =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/table-undetermined/tables/FWポリシー表.xlsx");
    if std::env::var_os("BUNRI_WRITE_TABLES").is_some() {
        std::fs::write(&place, shipped()).unwrap();
    }
    let read = |bytes: &[u8]| {
        let mut book = bunri::source::sheet::Workbook::open(bytes).unwrap();
        book.sheet("FWポリシー表").unwrap().unwrap()
    };
    assert_eq!(read(&std::fs::read(&place).unwrap()), read(&shipped()));
}

/// Every row of the sheet is accounted for.
#[test]
fn tables_account_for_every_line() {
    let rows = csv(&[&["FWポリシー表"], HEADINGS, DENIED, &row(&[("No.", "2"), ("サービス", "?")]), LAST]);
    let (site, _) = judged(&policies("p.csv"), &[("p.csv", rows)]);
    let file = site.devices.iter().find(|d| d.chassis == "FW").unwrap().device.file;
    assert!(site.config_files().any(|f| f == file));
    let states: Vec<LineState> = (1..=5).map(|l| site.lines.state(file, l)).collect();
    use LineState::{Inert, Modelled, Partial};
    assert_eq!(states, [Inert, Inert, Modelled, Partial, Modelled]);
    assert!(site.diagnostics.iter().any(|d| d.message.text(Lang::Ja).contains("?")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in the cells, M-1 does not hold while a row above may let everything pass, and nothing panics.
    #[test]
    fn tables_garbled_never_hold(
        edits in prop::collection::vec((0usize..9, "[0-9./,、~〜 :()TCPUDany許可拒否無効有〃以外-]{0,10}"), 1..4),
    ) {
        let mut garbled: Vec<String> = row(&[]).iter().map(|c| (*c).to_owned()).collect();
        for (at, text) in &edits {
            garbled[*at] = text.clone();
        }
        let cells: Vec<&str> = garbled.iter().map(String::as_str).collect();
        let (verdict, _) = of_rows(&[&cells, LAST]);
        // Cells that are read for certain may close the row; then each of them is one that we know.
        let closes = |at: usize, words: &[&str]| words.contains(&garbled[at].trim());
        let closed = closes(7, &["拒否"]) || closes(8, &["無効"]) || garbled[2] != "a" || garbled[4] != "c"
            || garbled[3] != "any" || garbled[5] != "any" || garbled[6] != "any";
        if verdict == Verdict::Holds {
            prop_assert!(closed, "{garbled:?}");
        }
    }

    /// Bytes of a workbook, changed anywhere.
    #[test]
    fn tables_fuzz_bytes(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = csv(&[HEADINGS, &row(&[]), LAST]);
        for (at, new) in edits {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        let topology = format!("{TOWN}{}", policies("p.csv"));
        let _ = whole(&topology, &[("p.csv", bytes)]);
    }
}

/// The device that these rows are, with IPv6 as written.
pub fn one_device(rows: &[Vec<String>]) -> bunri::model::Device {
    let rows: Vec<Vec<&str>> = rows.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
    let all: Vec<&[&str]> = [HEADINGS].into_iter().chain(rows.iter().map(Vec::as_slice)).collect();
    let topology = TOWN
        .replace("ipv6 = \"off\"", "ipv6 = \"as-written\"")
        .replace(".0.254/24", ".0.1/24")
        .replace("prefixes = [\"10.1.0.0/24\"]", "prefixes = [\"10.1.0.0/24\", \"2001:db8:1::/64\"]")
        .replace("prefixes = [\"10.2.0.0/24\"]", "prefixes = [\"10.2.0.0/24\", \"2001:db8:2::/64\"]");
    let files = [("p.csv", csv(&all))];
    let (site, _) =
        whole(&format!("{topology}{}", policies("p.csv")), &files).unwrap_or_else(|w| panic!("{w:#?}"));
    site.devices.into_iter().find(|d| d.chassis == "FW").unwrap().device
}
