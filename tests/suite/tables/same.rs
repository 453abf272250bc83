//! A register in a workbook and the same register in TOML are one and the same; so is a whole site.

use std::path::Path;
use std::process::Command;

use bunri::intent::register::Entry;
use serde_json::Value;

use super::{GOOD, csv, put, registered, rows, whole, with, workbook};

const TOML: &str = r#"
schema_version = 1
[[entry]]
id = "特-01"
title = "情報連携"
kind = "tokutei"
from = { host = "SV-1" }
to = { host = "SV-2" }
protocol = "tcp"
ports = "443"
granularity = "host"
owner = "住民課"
approved_by = "推進会議"
approved_on = "R7.3.24"
expires = "R8.3.31"
[[entry]]
id = "特-02"
title = "x"
kind = "maintenance"
from = { external = "out", addresses = ["198.51.100.20", "198.51.100.30-198.51.100.33"] }
to = { segment = "m" }
protocol = "tcp"
ports = "443,8000-8080"
nat = { source = ["198.51.100.193"] }
granularity = "segment"
reason = "端末はDHCP"
peer = "public-system"
owner = "住民課"
approved_by = "推進会議"
approved_on = "2025-03-24"
required = true
declarations = ["申-01"]
l2 = { declared = ["申-01"] }
[[entry]]
id = "特-03"
title = "y"
kind = "ordinary"
from = { addresses = ["10.1.0.0/24"] }
to = { external = "out" }
protocol = "icmp"
icmp_type = 8
granularity = "host"
"#;

/// Places aside.
fn bare(entries: &[Entry], like: &[Entry]) -> Vec<Entry> {
    let bare = |(e, l): (&Entry, &Entry)| {
        let mut e = e.clone();
        (e.from.span, e.to.span) = (l.from.span, l.to.span);
        e
    };
    entries.iter().zip(like).map(bare).collect()
}

#[test]
fn table_registers_equal_toml_registers() {
    let headings = [
        "No.",
        "業務名",
        "区分",
        "開始側",
        "相手方",
        "プロトコル",
        "ポート",
        "NAT後",
        "粒度",
        "接続先の種別",
        "主管課",
        "承認者",
        "承認日",
        "有効期限",
        "業務通信",
        "申告No.",
        "L2限定",
    ];
    let table = workbook(|sheet| {
        put(sheet, 3, &headings);
        put(
            sheet,
            4,
            &[
                "特-01",
                "情報連携",
                "特定通信",
                "SV-1 10.1.0.11",
                "SV-2(10.2.0.22)",
                "TCP",
                "443",
                "なし",
                "機器単位",
                "",
                "住民課",
                "推進会議",
                "R7.3.24",
                "R8.3.31",
                "×",
                "-",
                "-",
            ],
        );
        put(
            sheet,
            5,
            &[
                "特-02",
                "x",
                "保守",
                "LGWAN 198.51.100.20、.30~.33",
                "基幹系サーバ",
                "tcp",
                "443、8000〜8080",
                "送信元198.51.100.193",
                "セグメント単位(理由: 端末はDHCP)",
                "公的機関",
                "〃",
                "同上",
                "2025/3/24",
                "",
                "○",
                "申-01",
                "申-01",
            ],
        );
        put(
            sheet,
            6,
            &[
                "特-03",
                "y",
                "通常",
                "10.1.0.0/24",
                "LGWAN any",
                "PING",
                "-",
                "-",
                "機器",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
            ],
        );
    });
    let (_, from_table) = registered("台帳.xlsx", table).unwrap_or_else(|e| panic!("{e:#?}"));
    let topology = super::TOWN.replacen("name = \"T\"", "name = \"T\"\nregisters = [\"r.toml\"]", 1);
    let (_, from_toml) =
        whole(&topology, &[("r.toml", TOML.as_bytes().to_vec())]).unwrap_or_else(|e| panic!("{e:#?}"));
    assert_eq!(from_table.entries.len(), 3);
    assert_eq!(bare(&from_table.entries, &from_toml.entries), from_toml.entries);
}

/// CSV, a workbook with numbers for texts, and any order of columns say the same.
#[test]
fn table_forms_do_not_matter() {
    let (_, first) = rows(&[GOOD]).unwrap();
    let mut order: Vec<usize> = (0..GOOD.len()).collect();
    order.reverse();
    let pick = |all: &[&'static str]| order.iter().map(|i| all[*i]).collect::<Vec<_>>();
    let text = csv(&[&pick(super::HEADINGS), &pick(GOOD)]);
    let (_, second) = registered("台帳.csv", text).unwrap_or_else(|e| panic!("{e:#?}"));
    assert_eq!(bare(&first.entries, &second.entries), second.entries);
    let (_, third) = rows(&[&with(&[("プロトコル/ポート", "TCP/443"), ("開始側", " SV-1 ")])]).unwrap();
    assert_eq!(bare(&first.entries, &third.entries), third.entries);
}

fn answer(site: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(site);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().arg("check").arg(folder).args([
        "--format",
        "json",
        "--no-progress",
        "--today",
        "2026-03-20",
    ]);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

/// The answer without the places that name tables, and without what a device list adds.
fn without_places(mut answer: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                let table = map.get("file").and_then(Value::as_str);
                if table.is_some_and(|f| !f.starts_with("configs/")) {
                    for key in ["file", "line", "text", "column"] {
                        map.remove(key);
                    }
                }
                map.remove("finding");
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut answer);
    let asked = answer["assertions"].as_array_mut().unwrap();
    asked.retain(|a| a["id"] != "Q-3");
    answer["assertions"].take()
}

#[test]
fn example_tables_say_what_toml_says() {
    let [toml, tables] = ["wakaba", "wakaba-tables"].map(|s| without_places(answer(s)));
    let (toml, tables) = (toml.as_array().unwrap(), tables.as_array().unwrap());
    assert_eq!(toml.len(), tables.len());
    assert!(toml.len() > 25);
    for (one, other) in toml.iter().zip(tables) {
        for key in [
            "id",
            "level",
            "scope",
            "verdict",
            "basis",
            "title",
            "reason",
            "surplus",
            "rows",
            "counterexamples",
            "possible_paths",
        ] {
            assert_eq!(one[key], other[key], "{} {} {key}", one["id"], one["level"]);
        }
    }
}

/// What is in a column of passwords is in no output.
#[test]
fn example_tables_keep_secrets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/wakaba-tables");
    for command in ["coverage", "check"] {
        for format in ["text", "json"] {
            let mut run = Command::new(env!("CARGO_BIN_EXE_bunri"));
            run.env_clear().arg(command).arg(&folder).args([
                "--format",
                format,
                "--no-progress",
                "--today",
                "2026-03-20",
            ]);
            let output = run.output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.contains("wakaba") || text.contains("若葉町") || text.contains("M-1"), "{text}");
            assert!(!text.contains("hunter2"), "{command} {format}");
        }
    }
}
