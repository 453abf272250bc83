//! Broken tables: each is refused with the cell it is about, or read with a note. None is read as something else.

use bunri::intent::register::Place;
use bunri::network::Role;
use rust_xlsxwriter::{ConditionalFormatFormula, ExcelDateTime, Format, Formula};

use super::package::{parts, zip};
use super::{GOOD, HEADINGS, Outcome, csv, mistake, notes, put, registered, rows, town, with, workbook};

/// A register with the good row, changed by `change` (rows count from 1: the headings are row 1).
fn changed(change: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Outcome {
    registered(
        "r.xlsx",
        workbook(|sheet| {
            put(sheet, 1, HEADINGS);
            put(sheet, 2, GOOD);
            put(sheet, 3, &with(&[("台帳No.", "特-02")]));
            change(sheet);
        }),
    )
}

/// Leaves what a writer returns.
fn done<T>(_: T) {}

/// What is wrong with a row that has `text` under `heading`.
fn cell(heading: &str, text: &'static str) -> super::Wrong {
    mistake(rows(&[&with(&[(heading, text)])]))
}

#[test]
fn broken_tables_name_sheet_and_cell() {
    let wrong = cell("プロトコル/ポート", "TCP/99999");
    assert_eq!((wrong.code, wrong.cell.as_str()), ("unclear-cell", "F2"));
    assert!(wrong.message.contains("「TCP/99999」"), "{}", wrong.message);
    assert!(wrong.shown.contains("--> r.xlsx!台帳!F2"), "{}", wrong.shown);
    assert!(wrong.shown.contains("| TCP/99999 |"), "{}", wrong.shown);
    assert!(wrong.shown.contains("対処"), "{}", wrong.shown);
}

#[test]
fn broken_values_are_refused() {
    let cases = [
        ("開始側", "SV-9", "unknown-id"),
        ("開始側", "any", "unknown-id"),
        ("開始側", "全端末", "unclear-cell"),
        ("開始側", "別紙参照", "unclear-cell"),
        ("開始側", "-", "unclear-cell"),
        ("開始側", "", "unclear-cell"),
        ("開始側", "SV-1 10.1.0.12", "unclear-cell"),
        ("開始側", "基幹系サーバ 10.2.0.1", "unclear-cell"),
        ("開始側", "LGWAN", "unclear-cell"),
        ("開始側", "198.51.100.20", "invalid-value"),
        ("開始側", "10.1.0.5/24", "invalid-value"),
        ("開始側", "LGWAN 10.1.0.11", "invalid-value"),
        ("開始側", "〃", "unclear-cell"),
        ("プロトコル/ポート", "", "unclear-cell"),
        ("プロトコル/ポート", "-", "unclear-cell"),
        ("プロトコル/ポート", "別紙参照", "unclear-cell"),
        ("プロトコル/ポート", "TCP", "missing-key"),
        ("プロトコル/ポート", "443", "unclear-cell"),
        ("プロトコル/ポート", "TCP/443,UDP/53", "unclear-cell"),
        ("プロトコル/ポート", "DNS", "unclear-cell"),
        ("区分", "その他", "unclear-cell"),
        ("区分", "-", "unclear-cell"),
        ("粒度", "", "unclear-cell"),
        ("粒度", "セグメント単位", "missing-key"),
        ("承認日", "R8.2.30", "invalid-value"),
        ("承認日", "令和7年", "invalid-value"),
        ("承認日", "別途", "unclear-cell"),
        ("有効期限", "46112", "invalid-value"),
        ("有効期限", "平成40年3月31日", "invalid-value"),
        ("有効期限", "3月末", "invalid-value"),
        ("承認日", "無期限", "invalid-value"),
        ("台帳No.", "〃", "unclear-cell"),
        ("台帳No.", "-", "unclear-cell"),
        ("状態", "予定", "unclear-cell"),
    ];
    for (heading, text, code) in cases {
        let wrong = cell(heading, text);
        assert_eq!(wrong.code, code, "{heading} {text}: {wrong:?}");
        assert!(wrong.cell.ends_with('2'), "{heading} {text}: {wrong:?}");
        assert!(!wrong.help.is_empty(), "{heading} {text}: {wrong:?}");
    }
}

#[test]
fn broken_words_that_are_explicit_are_read() {
    let (site, register) =
        rows(&[&with(&[("プロトコル/ポート", "any"), ("相手方", "LGWAN ANY"), ("有効期限", "-")])]).unwrap();
    let entry = &register.entries[0];
    assert_eq!((entry.protocol, entry.expires.is_none()), (None, true));
    for endless in ["無期限", "期限なし", "永年", "なし", " 定めなし "] {
        let (_, register) = rows(&[&with(&[("有効期限", endless)])]).unwrap_or_else(|e| panic!("{e:?}"));
        assert!(register.entries[0].expires.is_none(), "{endless}");
    }
    assert!(matches!(entry.to.place, Place::External(_, None)));
    assert_eq!(site.zones[0].role, Role::IndividualNumber);
    // Who is meant by a phrase can be told.
    let words =
        "[[table]]\nkind = \"register\"\nfile = \"r.csv\"\nwords = { \"全端末\" = \"基幹系サーバ\" }\n";
    let table = csv(&[HEADINGS, &with(&[("開始側", "全端末")])]);
    let (site, register) = town(words, &[("r.csv", table)]).unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(matches!(register.entries[0].from.place, Place::Segment(_)));
    assert!(notes(&site).iter().any(|(cell, note)| cell == "D2" && note.contains("読み替えた")));
}

#[test]
fn broken_dittos_have_something_above() {
    let second = with(&[("台帳No.", "特-02"), ("主管課", "〃"), ("開始側", "同上")]);
    let (site, register) = rows(&[GOOD, &second]).unwrap();
    assert_eq!(register.entries[1].owner, "住民課");
    let noted = notes(&site);
    assert!(noted.iter().any(|(c, n)| c == "H3" && n.contains("住民課") && n.contains("H2")), "{noted:?}");
    // The row above is out of use: nobody knows whether it still counts.
    let gone = with(&[("台帳No.", "特-00"), ("状態", "廃止")]);
    assert_eq!(mistake(rows(&[&gone, &with(&[("主管課", "〃")])])).cell, "H3");
    // What follows from a mistake is not said again.
    let bad = with(&[("台帳No.", "特-00"), ("主管課", ""), ("区分", "別紙参照")]);
    let below = with(&[("区分", "〃"), ("台帳No.", "特-05")]);
    assert_eq!(mistake(rows(&[&bad, &below])).cell, "C2");
    let empty = with(&[("台帳No.", "特-00"), ("有効期限", "")]);
    assert_eq!(mistake(rows(&[&empty, &with(&[("有効期限", "〃")])])).cell, "K3");
}

#[test]
fn broken_struck_rows_are_asked_about() {
    let struck = Format::new().set_font_strikethrough();
    let wrong = mistake(changed(|s| done(s.write_string_with_format(2, 3, "SV-1", &struck).unwrap())));
    assert_eq!((wrong.code, wrong.cell.as_str()), ("struck-row", "D3"));
    assert!(wrong.message.contains("取り消し線の行がある(シート「台帳」、3行)"), "{}", wrong.message);
    assert!(wrong.help.contains("状態列に「撤去」と記入"), "{}", wrong.help);
    let plain = Format::new();
    let partly = [(&struck, "10.1.0.12"), (&plain, " 10.1.0.11")];
    assert_eq!(mistake(changed(|s| done(s.write_rich_string(2, 3, &partly).unwrap()))).code, "struck-row");
    // A word in the state column answers; a word that contradicts the line does not.
    let said = |word: &'static str| {
        changed(|s| {
            s.write_string_with_format(2, 3, "SV-1", &Format::new().set_font_strikethrough()).unwrap();
            s.write_string(2, 11, word).unwrap();
        })
    };
    let (site, register) = said("撤去済み").unwrap();
    assert_eq!(
        (register.entries.len(), &site.records.tables[0].retired),
        (1, &vec![(3, "撤去済み".to_owned())])
    );
    assert_eq!(mistake(said("稼働中")).code, "struck-row");
    // A conditional format that may strike through.
    let rule = |word: &'static str| {
        changed(|s| {
            let struck = Format::new().set_font_strikethrough();
            let rule = ConditionalFormatFormula::new().set_rule("=$L3=\"x\"").set_format(struck);
            s.add_conditional_format(2, 0, 2, 11, &rule).unwrap();
            s.write_string(2, 11, word).unwrap();
        })
    };
    assert_eq!(mistake(rule("")).code, "struck-row");
    assert_eq!(rule("稼働中").unwrap().1.entries.len(), 2);
}

#[test]
fn broken_hidden_rows_are_asked_about() {
    let wrong = mistake(changed(|s| done(s.set_row_hidden(2).unwrap())));
    assert_eq!((wrong.code, wrong.cell.as_str()), ("hidden-row", "A3"));
    assert!(wrong.message.contains("非表示の行がある(シート「台帳」、3行)"), "{}", wrong.message);
    let said = |word: &'static str| {
        changed(|s| {
            s.set_row_hidden(2).unwrap();
            s.write_string(2, 11, word).unwrap();
        })
    };
    let (site, register) = said("稼働中").unwrap();
    assert_eq!(register.entries.len(), 2);
    assert!(notes(&site).iter().any(|(_, n)| n.contains("非表示の行")));
    assert_eq!(said("廃止").unwrap().1.entries.len(), 1);
    let (site, _) = changed(|s| done(s.set_column_hidden(3).unwrap())).unwrap();
    assert!(notes(&site).iter().any(|(c, n)| c == "D1" && n.contains("非表示")));
}

#[test]
fn broken_formulas_and_numbers() {
    let ports = |write: fn(&mut rust_xlsxwriter::Worksheet)| changed(write);
    let (site, _) =
        ports(|s| done(s.write_formula(2, 5, Formula::new("=A1").set_result("TCP/443")).unwrap())).unwrap();
    assert!(notes(&site).iter().any(|(c, n)| c == "F3" && n.contains("数式の計算結果")));
    let dde = ports(|s| {
        done(s.write_formula(2, 5, Formula::new("=cmd|' /C calc'!A0").set_result("TCP/443")).unwrap())
    });
    assert_eq!(dde.unwrap().1.entries.len(), 2);
    let text = csv(&[HEADINGS, &with(&[("業務名", "=cmd|' /C calc'!A0")])]);
    let wrong = mistake(registered("r.csv", text));
    assert_eq!((wrong.code, wrong.cell.as_str()), ("unclear-cell", "B2"));
    assert_eq!(mistake(changed(|s| done(s.write_number(2, 5, 443.0).unwrap()))).code, "unclear-cell");
    let grouped = Format::new().set_num_format("#,##0");
    let wrong = mistake(changed(|s| done(s.write_number_with_format(2, 5, 8443.0, &grouped).unwrap())));
    assert!(wrong.message.contains("桁区切り"), "{}", wrong.message);
    let own = Format::new().set_num_format("\"特-\"00");
    let wrong = mistake(changed(|s| done(s.write_number_with_format(2, 0, 2.0, &own).unwrap())));
    assert!(wrong.message.contains("表示形式"), "{}", wrong.message);
    let day = Format::new().set_num_format("m/d");
    let date = ExcelDateTime::from_ymd(2026, 1, 5).unwrap();
    let wrong = mistake(changed(|s| done(s.write_datetime_with_format(2, 5, &date, &day).unwrap())));
    assert!(wrong.message.contains("日付(2026-01-05)"), "{}", wrong.message);
}

/// Ports in a column of their own, as numbers: 443, 443.0, "443".
#[test]
fn broken_numbers_as_text_and_text_as_numbers_are_one() {
    let mut headings = HEADINGS.to_vec();
    headings[5] = "ポート";
    headings.push("プロトコル");
    let table = workbook(|s| {
        put(s, 1, &headings);
        for (row, id) in [(2, "1"), (3, "2"), (4, "3")] {
            put(s, row, &with(&[("台帳No.", id), ("プロトコル/ポート", "")]));
            s.write_string(row - 1, 12, "TCP").unwrap();
        }
        s.write_number(1, 5, 443.0).unwrap();
        s.write_string(2, 5, "443").unwrap();
        s.write_string(3, 5, " 443 ").unwrap();
    });
    let (_, register) = registered("r.xlsx", table).unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(register.entries.iter().all(|e| e.ports == register.entries[0].ports));
    assert_eq!(register.entries[0].ports.first(), Some(443));
}

#[test]
fn broken_headings_are_named() {
    let table = |headings: &[&str]| {
        workbook(|s| {
            put(s, 1, headings);
            put(s, 2, GOOD);
        })
    };
    let mut other = HEADINGS.to_vec();
    other[3] = "FROM";
    let wrong = mistake(registered("r.xlsx", table(&other)));
    assert_eq!(wrong.code, "missing-column");
    assert!(wrong.message.contains("「開始側」") && wrong.help.contains("from = "), "{wrong:?}");
    let mapped = "[[table]]\nkind = \"register\"\nfile = \"r.xlsx\"\ncolumns = { from = \"FROM\" }\n";
    assert_eq!(town(mapped, &[("r.xlsx", table(&other))]).unwrap().1.entries.len(), 1);
    let unknown = "[[table]]\nkind = \"register\"\nfile = \"r.xlsx\"\ncolumns = { frm = \"FROM\" }\n";
    assert_eq!(mistake(town(unknown, &[("r.xlsx", table(&other))])).code, "unknown-key");
    let mut twice = HEADINGS.to_vec();
    twice[7] = "開始側";
    assert_eq!(mistake(registered("r.xlsx", table(&twice))).code, "missing-column");
    assert_eq!(mistake(registered("r.xlsx", workbook(|_| {}))).code, "missing-column");
    let at = "[[table]]\nkind = \"register\"\nfile = \"r.xlsx\"\nheader_row = 2\n";
    assert_eq!(mistake(town(at, &[("r.xlsx", table(HEADINGS))])).code, "missing-column");
    let last = "[[table]]\nkind = \"register\"\nfile = \"r.xlsx\"\nlast_row = 1\n";
    let (site, register) = town(last, &[("r.xlsx", table(HEADINGS))]).unwrap();
    assert!(register.entries.is_empty());
    assert!(notes(&site).iter().any(|(_, n)| n.contains("1行より下は読み取らない")));
}

#[test]
fn broken_files_are_named() {
    let good = workbook(|s| {
        put(s, 1, HEADINGS);
        put(s, 2, GOOD);
    });
    let files = [
        b"hello".to_vec(),
        b"PK\x03\x04 and nothing more".to_vec(),
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old".to_vec(),
        Vec::new(),
        good[..good.len() / 2].to_vec(),
        zip(&parts("<worksheet/>", "<styleSheet/>", "<sst/>")[..2]),
    ];
    for bytes in files {
        let wrong = mistake(registered("r.xlsx", bytes));
        assert_eq!(wrong.code, "unreadable-table", "{wrong:?}");
        assert!(wrong.message.contains("「r.xlsx」"), "{wrong:?}");
    }
    let named =
        |sheet: &str| format!("[[table]]\nkind = \"register\"\nfile = \"r.xlsx\"\nsheet = \"{sheet}\"\n");
    let wrong = mistake(town(&named("台張"), &[("r.xlsx", good.clone())]));
    assert!(wrong.message.contains("「台張」") && wrong.message.contains("「台帳」"), "{wrong:?}");
    assert_eq!(town(&named("台帳"), &[("r.xlsx", good.clone())]).unwrap().1.entries.len(), 1);
    for (file, code) in [("none.xlsx", "unreadable-table"), ("../r.xlsx", "unreadable-table")] {
        let table = format!("[[table]]\nkind = \"register\"\nfile = \"{file}\"\n");
        assert_eq!(mistake(town(&table, &[("r.xlsx", good.clone())])).code, code);
    }
    let garbled = [csv(&[HEADINGS, GOOD]), vec![0xFF, 0xFE, 0x81]].concat();
    assert_eq!(mistake(registered("r.csv", garbled)).code, "unreadable-table");
    assert_eq!(mistake(registered("r.csv", b"a,\"b".to_vec())).code, "unreadable-table");
}

/// An entry over two rows is two rows with one number.
#[test]
fn broken_merged_rows_do_not_hide() {
    let outcome = changed(|s| {
        s.write_blank(2, 0, &Format::new()).unwrap();
        s.merge_range(1, 0, 2, 0, "特-01", &Format::new()).unwrap();
    });
    let wrong = mistake(outcome);
    assert_eq!(wrong.code, "duplicate-id", "{wrong:?}");
}

const VLANS: &[&str] = &["VLAN ID", "VLAN名", "系", "ネットワーク", "サブネットマスク", "全機器記載", "拠点"];

fn vlans(rows: &[&[&str]]) -> Outcome {
    let all: Vec<&[&str]> = [VLANS].into_iter().chain(rows.iter().copied()).collect();
    town("[[table]]\nkind = \"segments\"\nfile = \"v.csv\"\n", &[("v.csv", csv(&all))])
}

#[test]
fn broken_vlans() {
    let (site, _) = vlans(&[
        &["10", "a", "基幹系", "10.9.0.0", "255.255.255.0", "○", ""],
        &["11", "b", "-", "-", "", "", ""],
        &["12", "c", "L", "10.8.0.0/25", "255.255.255.128", "×", ""],
        &["10", "d", "L", "10.7.0.0/24", "", "", "支所"],
    ])
    .unwrap_or_else(|e| panic!("{e:#?}"));
    let segment = |id: &str| site.segments.iter().find(|s| s.id.value == id).unwrap();
    assert_eq!(segment("a").prefixes[0].value.to_string(), "10.9.0.0/24");
    assert!(segment("a").complete && segment("a").zone == segment("m").zone);
    assert!(segment("b").zone.is_none() && segment("b").prefixes.is_empty() && !segment("b").complete);
    assert_eq!(segment("c").prefixes[0].value.to_string(), "10.8.0.0/25");
    let cases: [(&[&[&str]], &str, &str); 10] = [
        (&[&["10", "a", "L", "10.9.0.0/24"], &["10", "b", "L", "10.8.0.0/24"]], "duplicate-id", "A3"),
        (&[&["10", "a", "L", "10.9.0.0/24"], &["VLAN０１０", "b", "L", "10.8.0.0/24"]], "duplicate-id", "A3"),
        (&[&["10", "a", "L", "10.9.0.0/24"], &["11", "a", "L", "10.8.0.0/24"]], "duplicate-id", "B3"),
        (&[&["10", "m", "L", "10.9.0.0/24"]], "duplicate-id", "B2"),
        (&[&["10", "a", "", "10.9.0.0/24"]], "unclear-cell", "C2"),
        (&[&["10", "a", "情報系", "10.9.0.0/24"]], "unknown-id", "C2"),
        (&[&["10", "a", "L", ""]], "unclear-cell", "D2"),
        (&[&["10", "a", "L", "10.9.0.0"]], "invalid-value", "D2"),
        (&[&["10", "a", "L", "10.9.0.1/24"]], "invalid-value", "D2"),
        (&[&["10", "a", "L", "10.9.0.0/24", "255.255.0.0"]], "unclear-cell", "E2"),
    ];
    for (rows, code, cell) in cases {
        let wrong = mistake(vlans(rows));
        assert_eq!((wrong.code, wrong.cell.as_str()), (code, cell), "{rows:?} {wrong:?}");
    }
}

#[test]
fn broken_hosts_cables_and_lists() {
    let hosts = |rows: &[&[&str]]| {
        let headings: &[&str] = &["ホスト名", "セグメント", "IPアドレス", "中継"];
        let all: Vec<&[&str]> = [headings].into_iter().chain(rows.iter().copied()).collect();
        town("[[table]]\nkind = \"hosts\"\nfile = \"h.csv\"\n", &[("h.csv", csv(&all))])
    };
    let (site, _) = hosts(&[
        &["A", "基幹系サーバ", "10.1.0.5~7", ""],
        &["A", "l", "10.2.0.5", ""],
        &["B", "l", "DHCP", ""],
    ])
    .unwrap_or_else(|e| panic!("{e:#?}"));
    let a = site.hosts.iter().find(|h| h.id.value == "A").unwrap();
    assert_eq!(a.interfaces.iter().map(|i| i.addresses.len()).collect::<Vec<_>>(), [3, 1]);
    assert!(notes(&site).iter().any(|(c, n)| c == "A3" && n.contains("2つのセグメント")));
    let cases: [(&[&[&str]], &str, &str); 6] = [
        (&[&["A", "x", "10.1.0.5", ""]], "unknown-id", "B2"),
        (&[&["A", "m", "", ""]], "unclear-cell", "C2"),
        (&[&["A", "m", "10.1.0.0/24", ""]], "unclear-cell", "C2"),
        (&[&["A", "m", "別紙参照", ""]], "unclear-cell", "C2"),
        (&[&["A", "m", "10.1.0.5", "する"], &["A", "l", "10.2.0.5", "しない"]], "contradiction", "A3"),
        (&[&["SV-1", "m", "10.1.0.5", ""]], "duplicate-id", "A2"),
    ];
    for (rows, code, cell) in cases {
        let wrong = mistake(hosts(rows));
        assert_eq!((wrong.code, wrong.cell.as_str()), (code, cell), "{rows:?} {wrong:?}");
    }
    let other = |kind: &str, rows: &[&[&str]]| {
        town(&format!("[[table]]\nkind = \"{kind}\"\nfile = \"t.csv\"\n"), &[("t.csv", csv(rows))])
    };
    let cable = other("cables", &[&["機器", "ポート", "接続先"], &["FW", "port1", "m"]]);
    assert_eq!(mistake(cable).cell, "A2");
    let line = other("lines", &[&["回線番号", "接続先", "系"], &["回-01", "LGWAN", "内部情報系"]]).unwrap().0;
    assert!(line.records.lines[0].external.is_some() && line.records.lines[0].zone.is_some());
    let declared: &[&[&str]] = &[
        &["申告No.", "申告内容", "根拠資料", "申告者", "確認日"],
        &["申-02", "x", "-", "総務課", "R8.3.10"],
    ];
    let site = other("declarations", declared).unwrap().0;
    assert_eq!(site.declarations[1].document, "-");
    let list: &[&[&str]] = &[&["ホスト名", "対象外の理由"], &["HUB", "島HUB"], &["FW", ""]];
    let site = other("devices", list).unwrap().0;
    assert_eq!(site.records.inventory.len(), 2);
    assert_eq!(site.records.inventory[1].excluded.as_ref().map(|e| e.value.as_str()), Some("島HUB"));
}
