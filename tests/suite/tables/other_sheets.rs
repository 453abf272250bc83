//! Sheets beside those that are read: what lists something is not passed over, what does not is.

use bunri::checks::{Options, assess};
use bunri::report::{Colour, diagnostics};
use bunri::source::Lang;
use rust_xlsxwriter::{Format, Workbook};

use super::{Outcome, mistake, put, town};

/// Sheets of a workbook: name, hidden, rows.
type Sheets<'s> = &'s [(&'s str, bool, &'s [&'s [&'s str]])];

const READ: (&str, bool, &[&[&str]]) =
    ("IPアドレス管理表", false, &[&["ホスト名", "セグメント", "IPアドレス"], &["SV-3", "m", "10.1.0.13"]]);

fn book(others: Sheets<'_>) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, hidden, rows) in [READ].iter().chain(others) {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        (1u32..).zip(*rows).for_each(|(n, row)| put(sheet, n, row));
        sheet.set_hidden(*hidden);
    }
    book.save_to_buffer().unwrap()
}

const TABLE: &str = "[[table]]\nkind = \"hosts\"\nfile = \"t.xlsx\"\nsheet = \"IPアドレス管理表\"\n";

fn beside(more: &str, others: Sheets<'_>) -> Outcome {
    town(&format!("{TABLE}{more}"), &[("t.xlsx", book(others))])
}

/// What is told of sheets that nothing reads, in Q-3 too.
fn left(more: &str, others: Sheets<'_>) -> Vec<String> {
    let site = beside(more, others).unwrap().0;
    let told: Vec<String> = site
        .records
        .other_sheets
        .iter()
        .map(|s| {
            let cell = site.sources.position(s.span).line;
            format!("{}:{cell} {}", s.name, s.what.text(Lang::Ja))
        })
        .collect();
    let all = assess(&site, &Options::default()).unwrap().assertions;
    let q3 = all.iter().find(|a| a.id == "Q-3").unwrap();
    assert_eq!(q3.culprits.len(), told.len(), "{:?}", q3.culprits);
    told
}

#[test]
fn lists_beside_a_sheet_that_is_read_are_named() {
    let hosts: &[&[&str]] = &[
        &["追加分"],
        &["ホスト名", "セグメント", "IPアドレス"],
        &["SV-NEW", "m", "10.1.0.99"],
        &["SV-NEW", "l", "10.2.0.99"],
    ];
    let devices: &[&[&str]] =
        &[&["No.", "ホスト名", "機種", "管理主体", "設定ファイル"], &["1", "RT-NEW", "RTX", "町", "-"]];
    let segments: &[&[&str]] =
        &[&["VLAN ID", "VLAN名", "系", "ネットワーク"], &["51", "shisho", "M", "10.1.50.0/24"]];
    let cables: &[&[&str]] = &[&["機器", "ポート", "接続先機器"], &["SW-1", "1", "RT-NEW"]];
    let policies: &[&[&str]] = &[&["No.", "送信元", "宛先", "動作"], &["1", "10.1.0.0/24", "any", "許可"]];
    let lines: &[&[&str]] = &[&["回線番号", "事業者", "用途"], &["回-9", "X社", "保守"]];
    let free: &[&[&str]] = &[&["機器", "IP"], &["SV-NEW", "10.2.0.99"]];
    for (rows, place) in [
        (hosts, "追加:3 シート「追加」(IPアドレス管理表とみられる)が読み込まれていない"),
        (devices, "追加:2 シート「追加」(機器一覧とみられる)が読み込まれていない"),
        (segments, "追加:2 シート「追加」(VLAN一覧とみられる)が読み込まれていない"),
        (cables, "追加:2 シート「追加」(結線表とみられる)が読み込まれていない"),
        (policies, "追加:2 シート「追加」(FWポリシー表とみられる)が読み込まれていない"),
        (lines, "追加:2 シート「追加」(回線一覧とみられる)が読み込まれていない"),
        (free, "追加:2 アドレスの記載があるシート「追加」が読み込まれていない"),
    ] {
        for hidden in [false, true] {
            assert_eq!(left("", &[("追加", hidden, rows)]), [place], "{hidden}");
        }
    }
}

#[test]
fn covers_legends_histories_and_empty_forms_are_no_lists() {
    let sheets: Sheets<'_> = &[
        ("表紙", false, &[&["若葉町 管理表"], &["第3版", "2026/3/10"]]),
        ("凡例", false, &[&["名称", "内容"], &["○", "使用中"], &["255.255.255.0", "24ビット"]]),
        (
            "変更履歴",
            false,
            &[
                &["No.", "版", "種別", "変更日", "内容", "担当"],
                &["1", "1.0", "新規", "R7.4.1", "SV-1を10.1.0.11に変更", "係"],
                &["2", "1.1", "修正", "R7.5.1", "VLAN 10を追加(7.2.5)", "係"],
            ],
        ),
        ("用途", false, &[&["No.", "系", "用途"], &["1", "基幹系", "住民記録"]]),
        ("様式", false, &[&["ホスト名", "セグメント", "IPアドレス"]]),
        (
            "撤去済み",
            false,
            &[&["ホスト名", "セグメント", "IPアドレス", "状態"], &["SV-OLD", "m", "-", "撤去"]],
        ),
    ];
    assert_eq!(left("", sheets), Vec::<String>::new());
    // The same rows in use, or with the word struck out, are a list.
    let used: &[&[&str]] =
        &[&["ホスト名", "セグメント", "IPアドレス", "状態"], &["SV-OLD", "m", "-", "使用中"]];
    assert_eq!(left("", &[("現用", false, used)]).len(), 1);
    let mut book = Workbook::new();
    for (name, rows) in [("IPアドレス管理表", READ.2), ("他", &used[..1])] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        (1u32..).zip(rows).for_each(|(n, row)| put(sheet, n, row));
        if name == "他" {
            put(sheet, 2, &["SV-OLD", "m"]);
            sheet.write_string_with_format(1, 3, "撤去", &Format::new().set_font_strikethrough()).unwrap();
        }
    }
    let site = town(TABLE, &[("t.xlsx", book.save_to_buffer().unwrap())]).unwrap().0;
    assert_eq!(site.records.other_sheets.len(), 1);
}

#[test]
fn a_sheet_is_set_aside_with_a_reason_only() {
    let rows: &[&[&str]] = &[&["機器", "IP"], &["SV-NEW", "10.2.0.99"]];
    let aside = |sheet: &str, reason: &str| {
        format!("[[unused_sheet]]\nfile = \"t.xlsx\"\nsheet = \"{sheet}\"\nreason = \"{reason}\"\n")
    };
    assert_eq!(left(&aside("控え", "撤去した機器の記録"), &[("控え", false, rows)]), Vec::<String>::new());
    assert_eq!(left(&aside("控え", " "), &[("控え", false, rows)]).len(), 1);
    // One entry is about one sheet.
    assert_eq!(left(&aside("控え", "記録"), &[("控え", false, rows), ("別", false, rows)]).len(), 1);
    for (entry, code) in [
        (aside("控", "記録"), "unknown-id"),
        (aside("IPアドレス管理表", "記録"), "invalid-value"),
        (aside("控え", "記録").replace("t.xlsx", "u.xlsx"), "unknown-id"),
    ] {
        let found = mistake(beside(&entry, &[("控え", false, rows)]));
        assert_eq!(found.code, code, "{entry} {found:?}");
    }
}

/// What is in a column of passwords, or beside that word, is not shown.
#[test]
fn what_such_a_sheet_keeps_secret_is_not_shown() {
    let below: &[&[&str]] = &[&["機器", "IP", "管理者パスワード"], &["SV-NEW", "10.2.0.99", "hunter2"]];
    let beside_it: &[&[&str]] = &[&["機器", "SV-NEW", "IP", "10.2.0.99", "パスワード", "hunter2"]];
    for rows in [below, beside_it] {
        let site = beside("", &[("控え", false, rows)]).unwrap().0;
        let shown = diagnostics(&site.sources, &site.diagnostics, 9, Lang::Ja, Colour::Off);
        assert!(shown.contains("10.2.0.99") && !shown.contains("hunter2"), "{shown}");
        let sheet = site.records.other_sheets[0].span;
        assert!(!format!("{:?}", site.sources.excerpt(sheet)).contains("hunter2"));
    }
}
