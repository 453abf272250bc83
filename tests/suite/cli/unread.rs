//! Routers of 星見町 that nobody reads: the form proposes where they stand, and what somebody confirms is declared.

use std::path::Path;

use bunri::source::sheet::Workbook;
use serde_json::Value;

use super::delivered::{FOLDER, delivered};
use super::init::{FORM, confirm, fill, json, verdicts};
use super::{code, folder, run, stdout};

/// The declaration of the router that no paper speaks of: a row of the sheet 申告事項.
const DECLARED: [&str; 5] =
    ["申-09", "フリーWi-Fiは三層のネットワークと接続していない", "配線図", "商工観光課", "R8.3.10"];

/// What a person writes: the fifteen cells, a ○ for each router, and a declaration for the one that has none. `change`
/// comes before that.
fn answer(
    sheet: &str,
    row: u32,
    cells: &[String],
    head: &str,
    change: &dyn Fn(&str, &str) -> Option<String>,
) -> Option<String> {
    if sheet != "設定のない機器" {
        return confirm(sheet, row, cells, head);
    }
    change(&cells[0], head).or_else(|| match (cells[0].as_str(), head) {
        (_, "確認") => Some("○".to_owned()),
        ("BBR-FREE01", "申告No.") => Some("申-09".to_owned()),
        _ => None,
    })
}

/// Verdict, basis and culprits of an assertion.
fn of(check: &Value, id: &str, level: &str) -> (String, String, String) {
    let all = check["assertions"].as_array().unwrap();
    let found = all.iter().find(|a| a["id"] == id && a["level"] == level).unwrap();
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("verdict"), text("basis"), found["culprits"].to_string())
}

#[test]
fn what_somebody_confirms_of_routers_that_nobody_reads_decides_the_packets() {
    let dir = folder();
    delivered(dir.path());
    let out = run(dir.path(), &["init", FOLDER, "-o", "s", "--lang", "ja"]);
    assert_eq!(code(&out), 0);
    // The cells of before, and a ○ for each of two routers.
    assert!(stdout(&out).contains("黄色のセル17か所"), "{}", stdout(&out));
    let form = dir.path().join("s").join(FORM);
    let shipped = std::fs::read(&form).unwrap();
    let judged = |change: &dyn Fn(&str, &str) -> Option<String>, declared: bool| {
        std::fs::write(&form, &shipped).unwrap();
        let cells = fill(&form, &|sheet, row, cells, head| answer(sheet, row, cells, head, change));
        let cells = if declared { cells + declare(&form) } else { cells };
        let (exit, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
        (cells, exit, check, said)
    };

    let (cells, exit, check, said) = judged(&|_, _| None, true);
    assert_eq!((cells, exit), (23, 3), "{said}");
    let holds = verdicts(&check, "holds");
    for item in ["M-1 packet", "M-2 packet", "N-1 packet", "X-1 -", "X-7 host", "Q-3 -", "HA-1 -"] {
        assert!(holds.iter().any(|v| v == item), "{item}: {holds:?} {said}");
    }
    // It rests on what somebody said, and says so.
    assert_eq!(of(&check, "M-1", "packet").1, "partly_declared");
    // What stays open is not about these routers any more: cables, and what sanitizers speak.
    for (id, level) in [("M-1", "host"), ("L-1", "packet"), ("M-1", "l2")] {
        let (verdict, _, culprits) = of(&check, id, level);
        assert_eq!(verdict, "undetermined", "{id} {level}");
        assert!(
            !["RT-SHISHO01", "BBR-FREE01"].iter().any(|d| culprits.contains(d)),
            "{id} {level} {culprits}"
        );
    }
    assert!(
        verdicts(&check, "violated").iter().all(|v| ["X-3", "X-5", "X-10"].iter().any(|i| v.starts_with(i)))
    );

    // A router that passes packets from one tier to the other, in the words of the same form.
    let (_, _, check, said) = judged(
        &|device, head| (device == "RT-SHISHO01" && head == "系をまたぐ中継").then(|| "する".to_owned()),
        true,
    );
    assert_ne!(of(&check, "M-1", "packet").0, "holds", "{said}");
    // A line to the internet that stands in the tier of the individual numbers.
    let (_, _, check, said) = judged(
        &|device, head| match (device, head) {
            ("RT-SHISHO01", "外部回線") => Some("インターネット".to_owned()),
            ("RT-SHISHO01", "系") => Some("マイナンバー利用事務系".to_owned()),
            _ => None,
        },
        true,
    );
    assert_ne!(of(&check, "N-1", "packet").0, "holds", "{said}");
    // A router on a segment of the tier, with a line of its own: whether it passes packets on must be said.
    let on_tier = |relays: &'static str| {
        judged(
            &move |device, head| match (device, head) {
                ("BBR-FREE01", "接続先セグメント") => Some("GUEST、KIKAN_PC".to_owned()),
                ("BBR-FREE01", "系をまたぐ中継") => Some(relays.to_owned()),
                _ => None,
            },
            true,
        )
    };
    let (_, exit, _, said) = on_tier("");
    assert!(exit == 2 && said.contains("系をまたぐ中継の有無が空欄である"), "{said}");
    // The border to the zone of its line, and the internet.
    let (_, _, check, said) = on_tier("する");
    for id in ["M-2", "N-1"] {
        assert_ne!(of(&check, id, "packet").0, "holds", "{id} {said}");
    }
    // One of them refused, or without a declaration behind it: as before, or nothing is proved by it.
    for (head, text, declared) in [("確認", "×", true), ("申告No.", "", false)] {
        let (_, _, check, said) =
            judged(&|device, at| (device == "BBR-FREE01" && at == head).then(|| text.to_owned()), declared);
        let (verdict, _, culprits) = of(&check, "M-1", "packet");
        assert_eq!(verdict, "undetermined", "{head} {said}");
        assert!(culprits.contains("BBR-FREE01") || culprits.contains("設定のない機器"), "{head} {culprits}");
    }
}

/// Adds the declaration below the headings of its sheet (row 5); how many cells.
fn declare(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let mut book = Workbook::open(&bytes).unwrap();
    let names: Vec<String> = book.names().map(str::to_owned).collect();
    let mut out = rust_xlsxwriter::Workbook::new();
    for name in names {
        let grid = book.sheet(&name).unwrap().unwrap();
        let sheet = out.add_worksheet().set_name(&name).unwrap();
        for (row, cells) in &grid.rows {
            for (column, cell) in &cells.cells {
                sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), &cell.text).unwrap();
            }
        }
        for (column, text) in (0u16..).zip(DECLARED).filter(|_| name == "申告事項") {
            sheet.write_string(5, column, text).unwrap();
        }
    }
    out.save(path).unwrap();
    DECLARED.len()
}
