//! `bunri init`: from the folder as it is delivered to a first answer, with at most fifteen cells filled in.

use std::fs;
use std::path::{Path, PathBuf};

use bunri::source::sheet::{Grid, Workbook};
use rust_xlsxwriter::{Format, Workbook as Writer};
use serde_json::Value;

use super::pictures::shipped;
use super::{code, folder, run, stderr, stdout};
use crate::tables::example;

const TODAY: [&str; 2] = ["--today", "2026-03-17"];
pub(super) const FORM: &str = "構成情報入力票.xlsx";

/// The folder that an integrator hands over: `01_設定情報/…`, `02_管理表/…`, `03_台帳/…`, `99_old/`.
fn delivered(root: &Path) -> PathBuf {
    let town = root.join("若葉町 納品(写し)");
    let put = |path: &str, bytes: &[u8]| {
        let full = town.join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, bytes).unwrap();
    };
    let site = shipped("wakaba");
    let config = fs::read_to_string(site.join("configs/FW-WAKABA01_20260310.conf")).unwrap();
    put("01_設定情報/20260310/FW-WAKABA01_20260310.conf", config.as_bytes());
    for name in ["iptables-save", "ip6tables-save", "ip_addr", "ip_route", "sysctl"] {
        let bytes = fs::read(site.join(format!("configs/SV-MUGAI01/{name}.txt"))).unwrap();
        put(&format!("01_設定情報/20260310/SV-MUGAI01/{name}.txt"), &bytes);
    }
    // An earlier generation beside it, one kept aside, and a device that is no longer in use.
    put("01_設定情報/20251120/FW-WAKABA01_20251120_作業前.conf", config.as_bytes());
    put("99_old/FW-WAKABA01_20250401.conf", config.replace("R8", "R7").as_bytes());
    put("99_old/予備機/FW-OLD01_20230401.conf", config.replace("FW-WAKABA01", "FW-OLD01").as_bytes());
    put("02_管理表/若葉町_管理表.xlsx", &example::book());
    put("02_管理表/若葉町_結線表.csv", &example::cables());
    put("02_管理表/若葉町_申告事項.csv", &example::declared());
    put("03_台帳/特定通信台帳_R7.xlsx", &example::register());
    put("作業メモ.txt", "担当者に確認\n".as_bytes());
    town
}

/// Reads a workbook, changes cells, and writes it again: what a person does in Excel. A cell is a sheet, a row and a
/// heading; how many were filled.
pub(super) fn fill(path: &Path, edits: &dyn Fn(&str, u32, &[String], &str) -> Option<String>) -> usize {
    let bytes = fs::read(path).unwrap();
    let mut book = Workbook::open(&bytes).unwrap();
    let names: Vec<String> = book.names().map(str::to_owned).collect();
    let mut out = Writer::new();
    let mut filled = 0;
    for name in names {
        let grid: Grid = book.sheet(&name).unwrap().unwrap();
        let sheet = out.add_worksheet();
        sheet.set_name(&name).unwrap();
        let text = |row, column| grid.cell(row, column).map_or(String::new(), |c| c.text.clone());
        for row in 1..=grid.last_row() {
            let cells: Vec<String> = (1..=grid.last_column()).map(|c| text(row, c)).collect();
            for (column, old) in (0u16..).zip(&cells) {
                let heading = text(5, u32::from(column) + 1);
                let new =
                    (row > 5 && !cells[0].is_empty()).then(|| edits(&name, row, &cells, &heading)).flatten();
                filled += usize::from(new.as_ref().is_some_and(|n| n != old));
                let value = new.unwrap_or_else(|| old.clone());
                if !value.is_empty() {
                    sheet.write_string(row - 1, column, value).unwrap();
                }
            }
        }
    }
    out.save(path).unwrap();
    filled
}

/// A ○ into every yellow cell 確認.
pub(super) fn confirm(sheet: &str, _: u32, cells: &[String], heading: &str) -> Option<String> {
    let reason = |at: usize| cells.get(at).is_some_and(|c| !c.is_empty());
    let asked = match sheet {
        // A row that a word of the sheet ゾーン speaks for is not yellow.
        "インターフェース" => {
            !(reason(10) && cells[8] == "庁内" && by_word(&cells[10], &cells[9], &cells[13]))
        }
        "無害化" => true,
        "ゾーン" => reason(3),
        _ => false,
    };
    (asked && heading == "確認").then(|| "○".to_owned())
}

/// Whether the town's word says what the row proposes, and nothing speaks against it.
fn by_word(word: &str, zone: &str, reason: &str) -> bool {
    let words = [
        ("基幹系", "マイナンバー利用事務系"),
        ("内部情報系", "LGWAN接続系"),
        ("情報系", "インターネット接続系"),
        ("管理", "運用管理系"),
    ];
    words.contains(&(word, zone)) && !reason.contains("ただし")
}

pub(super) fn json(dir: &Path, args: &[&str]) -> (i32, Value, String) {
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    all.extend(TODAY);
    let out = run(dir, &all);
    (code(&out), serde_json::from_str(&stdout(&out)).unwrap_or(Value::Null), stderr(&out))
}

pub(super) fn verdicts(check: &Value, verdict: &str) -> Vec<String> {
    let all = check["assertions"].as_array().unwrap().iter();
    let of = all.filter(|a| a["verdict"] == verdict);
    of.map(|a| format!("{} {}", a["id"].as_str().unwrap(), a["level"].as_str().unwrap())).collect()
}

#[test]
fn a_delivered_folder_becomes_a_first_answer() {
    let dir = folder();
    delivered(dir.path());
    let out = run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "若葉町", "--lang", "ja"]);
    let text = stdout(&out);
    assert_eq!(code(&out), 0, "{text}{}", stderr(&out));
    // Every file is somewhere in the list, and why.
    for line in [
        "FW-WAKABA01 [fortios]  01_設定情報/20260310/FW-WAKABA01_20260310.conf",
        "2026-03-10 (ファイル名): ファイル名の日付が最新",
        "FW-WAKABA01  01_設定情報/20251120/FW-WAKABA01_20251120_作業前.conf  対象外(旧世代)",
        "FW-WAKABA01  99_old/FW-WAKABA01_20250401.conf  対象外(旧世代)",
        "FW-OLD01  99_old/予備機/FW-OLD01_20230401.conf  対象外(予備機)",
        "付随する出力: 01_設定情報/20260310/SV-MUGAI01/sysctl.txt",
        "作業メモ.txt  この版で読み込める設定でも、それに付随する出力でもない",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let site = dir.path().join("若葉町");
    let listed = fs::read_to_string(site.join("読み取り結果.txt")).unwrap();
    assert!(listed.contains("未割当ファイル") && listed.contains("作業メモ.txt"));

    // Nothing is confirmed: no verdict on a path, and the cells to fill in.
    let (exit, check, said) = json(dir.path(), &["check", "若葉町", "--lang", "ja"]);
    assert_eq!(exit, 3);
    // The list of VLANs lies in the workbook of other tables: the form has what it says.
    assert!(!said.contains("読み込まれていない"), "{said}");
    let topology = fs::read_to_string(dir.path().join("若葉町/topology.toml")).unwrap();
    assert!(
        topology.contains("[[unused_sheet]]\nfile = \"tables/若葉町_管理表.xlsx\"\nsheet = \"VLAN一覧\"\n")
    );
    for item in ["M-1 packet", "M-1 host", "M-2 packet", "M-2 host", "L-1 packet", "L-1 host"] {
        assert!(verdicts(&check, "undetermined").iter().any(|v| v == item), "{item}");
    }
    // Nothing about paths is decided while nobody knows where anything leads.
    let decided = check["assertions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["class"] == "path" && (a["verdict"] == "holds" || a["verdict"] == "violated"));
    let decided: Vec<&Value> = decided.map(|a| &a["id"]).collect();
    assert!(decided.is_empty(), "{decided:?}");
    let out = run(dir.path(), &["doctor", "若葉町", "--lang", "ja", "--today", "2026-03-17"]);
    let first = stdout(&out);
    assert!(first.contains("確認欄が○でない行が4行ある"), "{first}");
    assert!(
        first.contains("構成情報入力票.xlsx!ゾーン")
            && first.contains("構成情報入力票.xlsx!インターフェース"),
        "{first}"
    );

    // A person confirms what was proposed.
    let filled = fill(&site.join(FORM), &confirm);
    assert!(filled <= 15, "{filled}");
    let (exit, check, _) = json(dir.path(), &["check", "若葉町"]);
    let (holds, open) = (verdicts(&check, "holds"), verdicts(&check, "undetermined"));
    assert_eq!(exit, 3, "{check:#}");
    assert!(holds.iter().any(|v| v == "M-1 packet"), "holds {holds:?} open {open:?}");
    // What the sanitizers speak is not said yet: no way around them is found, and none is ruled out.
    assert!(open.iter().any(|v| v == "L-1 packet"), "holds {holds:?} open {open:?}");
    let bad = verdicts(&check, "violated");
    assert!(bad.iter().all(|v| v.starts_with("X-10")), "{bad:?}");
    let (_, advice, _) = json(dir.path(), &["doctor", "若葉町"]);
    let asked = ["無害化", "sanitizers do not say"];
    assert!(asked.iter().any(|word| advice.to_string().contains(word)), "{advice:#}");
    // Its vendor says it; whatever else passes is a way around it.
    let form = site.join(FORM);
    let confirmed = fs::read(&form).unwrap();
    let speak = |inside: &'static str, outside: &'static str| {
        fs::write(&form, &confirmed).unwrap();
        fill(&form, &|sheet, _, cells, heading| match heading {
            "管理の通信" if sheet == "無害化" && cells[0] == "SV-MUGAI01" => {
                Some("SV-KANSHI01 TCP/22".to_owned())
            }
            "LGWAN側の通信" if sheet == "無害化" => Some(inside.to_owned()),
            "インターネット側の通信" if sheet == "無害化" => Some(outside.to_owned()),
            _ => None,
        });
        json(dir.path(), &["check", "若葉町"])
    };
    let (_, check, said) = speak("TCP/443、TCP/25", "TCP/443、25、TCP/80、53、UDP/53");
    assert!(verdicts(&check, "holds").iter().any(|v| v == "L-1 packet"), "{said} {check:#}");
    let (_, check, _) = speak("TCP/25", "TCP/443、25、TCP/80、53、UDP/53");
    assert!(verdicts(&check, "violated").iter().any(|v| v == "L-1 packet"), "{check:#}");
    for broken in ["any", "TCP", "443", "別紙参照"] {
        let (exit, _, said) = speak("TCP/443", broken);
        assert_eq!(exit, 2, "{broken}");
        assert!(said.contains("構成情報入力票.xlsx!無害化!E"), "{broken}: {said}");
    }
}

#[test]
fn a_hole_is_a_violation_however_little_is_known() {
    let dir = folder();
    let town = delivered(dir.path());
    let config = town.join("01_設定情報/20260310/FW-WAKABA01_20260310.conf");
    let text = fs::read_to_string(&config).unwrap();
    // The any-to-any policy for tests is switched on.
    let open = text.replacen("        set status disable\n", "", 9);
    let at = open.find("edit 90\n").unwrap();
    assert!(!open[at..at + 400].contains("set status disable"), "{}", &open[at..at + 400]);
    fs::write(&config, open).unwrap();
    assert_eq!(code(&run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s"])), 0);
    fill(&dir.path().join("s").join(FORM), &confirm);
    let (exit, check, _) = json(dir.path(), &["check", "s"]);
    assert_eq!(exit, 1);
    assert!(verdicts(&check, "violated").iter().any(|v| v == "M-1 packet"));
}

#[test]
fn one_row_without_a_mark_keeps_every_path_open() {
    let dir = folder();
    delivered(dir.path());
    assert_eq!(code(&run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s"])), 0);
    let form = dir.path().join("s").join(FORM);
    // The port to the LGWAN router waits: it may lead to the internet.
    fill(&form, &|sheet, row, cells, heading| {
        confirm(sheet, row, cells, heading).filter(|_| cells[1] != "port5")
    });
    let (exit, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
    assert_eq!(exit, 3, "{said}");
    assert!(!verdicts(&check, "holds").iter().any(|v| v == "L-1 packet"));
    let culprits =
        check["assertions"].as_array().unwrap().iter().flat_map(|a| a["culprits"].as_array().unwrap());
    let named =
        culprits.filter(|c| c["file"].as_str().unwrap().contains("構成情報入力票.xlsx!インターフェース"));
    assert!(named.count() > 0, "{check:#}");
    assert!(said.contains("接続先が未確認のインターフェースが1ある"), "{said}");
}

#[test]
fn broken_rows_are_told_with_their_cells() {
    let dir = folder();
    delivered(dir.path());
    assert_eq!(code(&run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s"])), 0);
    let form = dir.path().join("s").join(FORM);
    let shipped = fs::read(&form).unwrap();
    let cases: [(&str, &str, &str, &str); 4] = [
        // A word that is neither yes nor no, a zone that does not exist, a confirmed row without a zone, two zones.
        ("確認", "v31_joho_dmz", "△", "「△」はこの列の値として使用できない"),
        ("系", "v31_joho_dmz", "基幹", "基幹"),
        ("系", "v90_kanri", "", "系が空欄である"),
        ("系", "eth0", "LGWAN接続系", "の系が"),
    ];
    for (heading, interface, value, message) in cases {
        fs::write(&form, &shipped).unwrap();
        fill(&form, &|sheet, row, cells, head| {
            let here = sheet == "インターフェース" && cells[1] == interface;
            match head {
                _ if here && head == heading => Some(value.to_owned()),
                "確認" if here => Some("○".to_owned()),
                _ => confirm(sheet, row, cells, head),
            }
        });
        let out = run(dir.path(), &["check", "s", "--lang", "ja"]);
        let said = stderr(&out);
        assert_eq!(code(&out), 2, "{interface}: {said}");
        assert!(said.contains(message) && said.contains("構成情報入力票.xlsx!インターフェース!"), "{said}");
    }
}

#[test]
fn a_new_site_replaces_nothing_and_needs_a_configuration() {
    let dir = folder();
    delivered(dir.path());
    fs::create_dir(dir.path().join("既存")).unwrap();
    for (args, message) in [
        (vec!["init", "若葉町 納品(写し)"], "サイトを作る新しいフォルダを指定する"),
        (vec!["init", "若葉町 納品(写し)", "-o", "既存"], "既に存在する"),
        (vec!["init", "若葉町 納品(写し)", "-o", "若葉町 納品(写し)/x"], "読み込むフォルダの中にある"),
        (vec!["init", "若葉町 納品(写し)/02_管理表", "-o", "y"], "解析の対象とする設定がない"),
    ] {
        let out = run(dir.path(), &[args.as_slice(), &["--lang", "ja"]].concat());
        assert_eq!(code(&out), 2);
        assert!(stderr(&out).contains(message), "{}", stderr(&out));
    }
    assert!(!dir.path().join("y").exists());
}

#[test]
fn the_draft_of_the_register_is_a_workbook_or_csv() {
    let dir = folder();
    delivered(dir.path());
    assert_eq!(code(&run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s"])), 0);
    fill(&dir.path().join("s").join(FORM), &confirm);
    // Without the register that was handed in, everything over the border is in the draft.
    let topology = dir.path().join("s/topology.toml");
    let text = fs::read_to_string(&topology).unwrap();
    let kept: Vec<&str> =
        text.split("[[table]]").filter(|b| !b.starts_with("\nkind = \"register\"")).collect();
    // What follows the last table is the devices.
    let devices = text.find("\n# --- 機器 ---").unwrap();
    let mut kept = kept.join("[[table]]");
    if !kept.contains("# --- 機器 ---") {
        kept.push_str(&text[devices..]);
    }
    fs::write(&topology, kept).unwrap();
    let draft = ["--draft-register", "案.xlsx"];
    let out = run(dir.path(), &[&["check", "s"][..], &draft, &TODAY].concat());
    assert!([1, 3].contains(&code(&out)), "{}", stderr(&out));
    let bytes = fs::read(dir.path().join("案.xlsx")).unwrap();
    let grid = Workbook::open(&bytes).unwrap().sheet("特定通信台帳").unwrap().unwrap();
    let heading = |c| grid.cell(4, c).unwrap().text.clone();
    assert_eq!((heading(1), heading(3)), ("台帳No.".to_owned(), "業務名".to_owned()));
    assert!(grid.last_row() > 4);
    run(dir.path(), &[&["check", "s", "--draft-register", "案.csv"][..], &TODAY].concat());
    let csv = fs::read_to_string(dir.path().join("案.csv")).unwrap();
    assert_eq!(csv.lines().count() as u32, grid.last_row() - 3);
}

/// What the site does not read is told by `check`, unless the form has it: a sheet that cannot be read, and one whose
/// headings nobody knows.
#[test]
fn tables_that_the_site_does_not_read_stay_open() {
    let dir = folder();
    let town = delivered(dir.path());
    // A row of the address list is struck through: the whole list waits.
    let book = fs::read(town.join("02_管理表/若葉町_管理表.xlsx")).unwrap();
    let mut book = Workbook::open(&book).unwrap();
    let mut out = Writer::new();
    let names: Vec<String> = book.names().map(str::to_owned).collect();
    for name in names {
        let grid = book.sheet(&name).unwrap().unwrap();
        let sheet = out.add_worksheet().set_name(&name).unwrap();
        for (row, cells) in &grid.rows {
            for (column, cell) in &cells.cells {
                let strike = name == "IPアドレス管理表" && cell.text == "SV-KIKAN01";
                let format = if strike { Format::new().set_font_strikethrough() } else { Format::new() };
                let column = u16::try_from(column - 1).unwrap();
                sheet.write_string_with_format(row - 1, column, &cell.text, &format).unwrap();
            }
        }
    }
    out.save(town.join("02_管理表/若葉町_管理表.xlsx")).unwrap();
    let out = run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s", "--lang", "ja"]);
    assert!(stdout(&out).contains("取り消し線の行がある"), "{}", stdout(&out));
    let (_, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
    assert!(
        said.contains("シート「IPアドレス管理表」(IPアドレス管理表とみられる)が読み込まれていない"),
        "{said}"
    );
    assert!(verdicts(&check, "undetermined").iter().any(|v| v.starts_with("Q-3")));
}

/// Two files of one date, a folder with a blank, and what somebody types wrong.
#[test]
fn what_decided_between_two_files_is_said_and_commands_can_be_typed() {
    let dir = folder();
    let town = delivered(dir.path());
    let config = fs::read_to_string(town.join("01_設定情報/20260310/FW-WAKABA01_20260310.conf")).unwrap();
    let other = config.replacen("set hostname", "set alias \"x\"\n    set hostname", 1);
    fs::write(town.join("01_設定情報/20260310/FW-WAKABA01_20260310_2.conf"), other).unwrap();
    let out = run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "若葉 町", "--lang", "ja"]);
    let text = stdout(&out);
    assert!(text.contains("対象外(同じ日付の別のファイル。要確認)"), "{text}");
    assert!(text.contains("要確認: 「FW-WAKABA01」には同じ日付の異なるファイルがあり"), "{text}");
    // An older one is still called that.
    assert!(text.contains("FW-WAKABA01_20251120_作業前.conf  対象外(旧世代)"), "{text}");
    assert!(text.contains("2. bunri check \"若葉 町\""), "{text}");
    // A file in the place of the folder, and a folder that is no site.
    let file = stderr(&run(dir.path(), &["init", "若葉 町/topology.toml", "-o", "x", "--lang", "ja"]));
    assert!(file.contains("`bunri init` では、設定及び管理表のあるフォルダ"), "{file}");
    let none = stderr(&run(dir.path(), &["check", "若葉町 納品(写し)", "--lang", "ja"]));
    assert!(none.contains("bunri init"), "{none}");
}

/// A sheet of the form that somebody fills in although nothing reads it is named.
#[test]
fn a_sheet_of_the_form_that_nothing_reads_is_named_once_it_is_filled_in() {
    let dir = folder();
    delivered(dir.path());
    assert_eq!(code(&run(dir.path(), &["init", "若葉町 納品(写し)", "-o", "s"])), 0);
    let form = dir.path().join("s").join(FORM);
    let bytes = fs::read(&form).unwrap();
    let mut book = Workbook::open(&bytes).unwrap();
    let mut out = Writer::new();
    let names: Vec<String> = book.names().map(str::to_owned).collect();
    for name in names {
        let grid = book.sheet(&name).unwrap().unwrap();
        let sheet = out.add_worksheet().set_name(&name).unwrap();
        for (row, cells) in &grid.rows {
            for (column, cell) in &cells.cells {
                sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), &cell.text).unwrap();
            }
        }
        if name == "回線一覧" {
            sheet.write_string(5, 0, "回-09").unwrap();
            sheet.write_string(5, 1, "X社").unwrap();
        }
    }
    out.save(&form).unwrap();
    let (_, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
    assert!(said.contains("シート「回線一覧」(回線一覧とみられる)が読み込まれていない"), "{said}");
    assert!(verdicts(&check, "undetermined").iter().any(|v| v.starts_with("Q-3")));
}
