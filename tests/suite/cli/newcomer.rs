//! A newcomer's run on the delivered folder of 星見町: what `init` makes of it, fifteen cells, and the first answer.

use serde_json::Value;

use super::delivered::{CABLES, FOLDER, MACHINES, cables, delivered, rvtools};
use super::init::{FORM, confirm, fill, json, verdicts};
use super::{code, folder, run, stderr, stdout};

/// Culprits of an assertion, each as its file and its words.
fn reasons(check: &Value, id: &str, level: &str) -> Vec<String> {
    let all = check["assertions"].as_array().unwrap().iter();
    let own = all.filter(|a| a["id"] == id && a["level"] == level);
    let culprits = own.flat_map(|a| a["culprits"].as_array().unwrap());
    culprits.map(|c| format!("{} {}", c["file"].as_str().unwrap(), c["what"].as_str().unwrap())).collect()
}

#[test]
fn fifteen_cells_give_a_town_its_first_answer() {
    let dir = folder();
    delivered(dir.path());
    let out = run(dir.path(), &["init", FOLDER, "-o", "星見町", "--lang", "ja"]);
    let text = stdout(&out);
    assert_eq!(code(&out), 0, "{text}{}", stderr(&out));
    for line in [
        // Two members, one pair; a log is known by its prompts.
        "唯一のファイル(「FW-SANSO01」の冗長構成の副系)",
        "SV-MUGAI01 [iptables]  01_設定情報/20260316/20260316_SV-MUGAI01_teraterm.log",
        "FW-SANSO01  99_old/FW-SANSO01_20251120_作業前.conf  対象外(旧世代)",
        "FW-OLD01  99_old/FW-OLD01_20230401.conf  対象外(予備機)",
        // One sheet per segment.
        "02_管理表/星見町_IPアドレス管理表.xlsx!DMZ_INET  IPアドレス管理表\n    構成情報として読み込む",
        "02_管理表/星見町_機器一覧_v1.3.xlsx!機器一覧  機器一覧\n    構成情報として読み込む",
        "02_管理表/RVTools_export.xlsx!vNetwork  IPアドレス管理表\n    構成情報として読み込む",
        // Routers that this version does not read are not passed over.
        "01_設定情報/20260316/RT-SHISHO01.txt  この版で読み込める設定でも",
        "01_設定情報/20260316/RT-GC01.txt  この版で読み込める設定でも",
        "黄色のセル15か所",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (exit, check, _) = json(dir.path(), &["check", "星見町"]);
    assert_eq!(exit, 3, "nothing is confirmed");
    assert!(
        !verdicts(&check, "holds").iter().any(|v| v.starts_with("M-") || v.starts_with("L-")),
        "{check:#}"
    );

    let form = dir.path().join("星見町").join(FORM);
    assert_eq!(fill(&form, &confirm), 15);
    let (exit, check, said) = json(dir.path(), &["check", "星見町"]);
    let (holds, open) = (verdicts(&check, "holds"), verdicts(&check, "undetermined"));
    let told = format!("{exit} holds {holds:?} open {open:?} {said}");
    for item in ["M-1 packet", "N-1 packet", "X-7 host", "HA-1 -"] {
        assert!(holds.iter().any(|v| v == item), "{item}: {told}");
    }
    // What keeps the rest from the healthy town's verdicts, by name: routers without a reader, what nobody declared,
    // cables that no table joins, sanitizers of which nobody said what they speak, a register that names no network.
    for (id, level, why) in [
        ("M-1", "host", "RT-SHISHO01.txt"),
        ("M-1", "host", "RT-GC01.txt"),
        ("X-3", "l2", "GigabitEthernet1/0/24"),
        ("X-3", "l2", "gigabitethernet 1/0/1"),
        ("L-1", "packet", "無害化"),
    ] {
        let found = reasons(&check, id, level);
        assert!(open.iter().any(|v| *v == format!("{id} {level}")), "{id} {level}: {told}");
        assert!(found.iter().any(|r| r.contains(why)), "{id} {level} {why}: {found:?}");
    }
    let bad = verdicts(&check, "violated");
    // The administrator's SSH to the sanitizer is declared nowhere yet; the others inform only.
    assert!(bad.iter().all(|v| ["X-2", "X-3", "X-5", "X-10"].iter().any(|id| v.starts_with(id))), "{bad:?}");

    let (_, advice, _) = json(dir.path(), &["doctor", "星見町", "--lang", "ja"]);
    let facts = advice["facts"].as_array().unwrap();
    assert!((1..=5).contains(&facts.len()), "{advice:#}");
    assert!(advice.to_string().contains("RT-SHISHO01"), "{advice:#}");
}

#[test]
fn one_word_speaks_for_its_rows_only() {
    let dir = folder();
    delivered(dir.path());
    assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", "s"])), 0);
    let form = dir.path().join("s").join(FORM);
    let shipped = std::fs::read(&form).unwrap();
    // Without a ○ beside 基幹系 its segments wait, and the cell is named; one ✕ in a row takes it out again.
    let cases: [(&str, &dyn Fn(&str, u32, &[String], &str) -> Option<String>); 2] = [
        ("ゾーン!", &|sheet, row, cells, head| {
            confirm(sheet, row, cells, head).filter(|_| sheet != "ゾーン" || cells[0] != "MYN")
        }),
        ("インターフェース!", &|sheet, row, cells, head| {
            let here = sheet == "インターフェース" && cells[1] == "Vlan110" && head == "確認";
            if here { Some("×".to_owned()) } else { confirm(sheet, row, cells, head) }
        }),
    ];
    for (place, edits) in cases {
        std::fs::write(&form, &shipped).unwrap();
        fill(&form, edits);
        let (exit, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
        assert_ne!(exit, 0, "{said}");
        assert!(!verdicts(&check, "holds").iter().any(|v| v == "M-1 packet"), "{place}");
        assert!(said.contains(&format!("構成情報入力票.xlsx!{place}")), "{place}: {said}");
    }
}

/// A second network card that stands in no table of the town's: the export of the virtual machines knows it.
#[test]
fn a_virtual_machine_in_two_zones_is_found() {
    let dir = folder();
    let town = delivered(dir.path());
    let second = [
        "SV-ELTAX01",
        "poweredOn",
        "False",
        "Network adapter 2",
        "Vmxnet3",
        "PG_110_KIKAN_SV",
        "vSwitch1",
        "True",
        "00:50:56:00:00:52",
        "10.21.10.61",
    ];
    std::fs::write(town.join(MACHINES), rvtools(&[&second])).unwrap();
    assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", "s"])), 0);
    fill(&dir.path().join("s").join(FORM), &confirm);
    let (_, check, said) = json(dir.path(), &["check", "s"]);
    assert!(verdicts(&check, "violated").iter().any(|v| v == "X-7 host"), "{said}");
    assert!(reasons(&check, "X-7", "host").iter().any(|r| r.contains("SV-ELTAX01")), "{check:#}");
}

/// The town's own list of cables is held against what the switch itself saw (`show lldp neighbors` in its log).
#[test]
fn a_cable_that_the_switch_sees_elsewhere_is_told() {
    let dir = folder();
    let town = delivered(dir.path());
    let seen = |first: &str, second: &str, site: &str| {
        std::fs::write(town.join(CABLES), cables(first, second)).unwrap();
        assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", site])), 0);
        stderr(&run(dir.path(), &["graph", site, "--lang", "ja"]))
    };
    let contradiction =
        "結線表と実機情報が一致しない:「SW-CORE01」の「Gi1/0/1」の対向機器は、実機情報では「SW-FLR2F」である";
    let plugged = seen("Gi1/0/1", "Gi1/0/2", "s");
    assert!(!plugged.contains("結線表と実機情報が一致しない"), "{plugged}");
    let swapped = seen("Gi1/0/2", "Gi1/0/1", "t");
    assert!(swapped.contains(contradiction), "{swapped}");
}
