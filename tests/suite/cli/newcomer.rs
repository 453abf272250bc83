//! A newcomer's run on the delivered folder of 星見町: what `init` makes of it, fifteen cells, and the first answer.

use bunri::source::sheet::Workbook;
use serde_json::Value;

use super::delivered::{
    BEYOND, CABLES, DEVICES, FOLDER, MACHINES, UNREAD, cables, delivered, devices_but, rvtools,
};
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
        "01_設定情報/20260316/RT-SHISHO01.txt  Yamaha RTXの設定とみられるが、この版では読み込めない",
        "01_設定情報/20260316/RT-GC01.txt  NEC IXの設定とみられるが、この版では読み込めない",
        // What is struck through in a table that only helps to propose.
        "取り消し線の行(候補の推定に用いていない。撤去済みか確認する): 30行",
        // A ○ for each of two routers that nobody reads, too (`unread.rs`).
        "黄色のセル17か所",
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
    for item in ["X-7 host", "HA-1 -"] {
        assert!(holds.iter().any(|v| v == item), "{item}: {told}");
    }
    // A router of the list that nobody reads may stand between any two zones (SEMANTICS 3, 11, 23): the answers of
    // `listed_routers_that_are_read_by_nobody_keep_packets_open` wait for it.
    // What keeps the rest from the healthy town's verdicts, by name: routers without a reader, what nobody declared,
    // cables that no table joins, sanitizers of which nobody said what they speak, a register that names no network.
    for (id, level, why) in [
        ("M-1", "packet", "RT-SHISHO01.txt"),
        ("M-1", "packet", "BBR-FREE01"),
        ("M-1", "host", "RT-SHISHO01.txt"),
        ("M-1", "host", "BBR-FREE01"),
    ] {
        let found = reasons(&check, id, level);
        assert!(open.iter().any(|v| *v == format!("{id} {level}")), "{id} {level}: {told}");
        assert!(found.iter().any(|r| r.contains(why)), "{id} {level} {why}: {found:?}");
        // What stands behind a confirmed row, as the table of cables says, stands nowhere else.
        assert!(!found.iter().any(|r| BEYOND.iter().any(|d| r.contains(d))), "{id} {level}: {found:?}");
    }
    let bad = verdicts(&check, "violated");
    // These inform only.
    assert!(bad.iter().all(|v| ["X-3", "X-5", "X-10"].iter().any(|id| v.starts_with(id))), "{bad:?}");
    // Nobody was asked yet who administers the sanitizer: that its SSH is open to somebody is no violation.
    let why = reasons(&check, "X-2", "host");
    assert!(open.iter().any(|v| v == "X-2 host"), "{told}");
    assert!(why.iter().any(|r| r.contains("無害化") && r.contains("SV-MUGAI01")), "{why:?}");

    let (_, advice, _) = json(dir.path(), &["doctor", "星見町", "--lang", "ja"]);
    let facts = advice["facts"].as_array().unwrap();
    assert!((1..=5).contains(&facts.len()), "{advice:#}");
    assert!(advice.to_string().contains("RT-SHISHO01"), "{advice:#}");

    // Nobody does, somebody says: then it is one.
    let said = fill(&form, &|sheet, _, cells, heading| {
        (sheet == "無害化" && cells[0] == "SV-MUGAI01" && heading == "管理の通信").then(|| "-".to_owned())
    });
    assert_eq!(said, 1);
    let (_, check, said) = json(dir.path(), &["check", "星見町"]);
    assert!(verdicts(&check, "violated").iter().any(|v| v == "X-2 host"), "{said}");
}

/// Whether or not the list names a file for a router, it is there.
#[test]
fn a_dash_in_the_column_of_files_takes_no_router_away() {
    let dir = folder();
    let town = delivered(dir.path());
    for (files, site) in [(true, "s"), (false, "t")] {
        let list = if files {
            devices_but(&["BBR-FREE01"])
        } else {
            super::delivered::devices_without_files(&["BBR-FREE01"])
        };
        std::fs::write(town.join(DEVICES), list).unwrap();
        assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", site])), 0);
        fill(&dir.path().join(site).join(FORM), &confirm);
        let (_, check, said) = json(dir.path(), &["check", site]);
        let open = verdicts(&check, "undetermined");
        for item in ["M-1 packet", "N-1 packet"] {
            assert!(open.iter().any(|v| v == item), "{site} {item}: {said}");
        }
        let found = reasons(&check, "M-1", "packet");
        assert!(found.iter().any(|r| r.contains("RT-SHISHO01")), "{site}: {found:?}");
    }
}

/// The approved register of the town: read once the zones are confirmed, and called by its name until then.
#[test]
fn the_register_that_was_handed_in_is_read_or_called_unreadable() {
    let dir = folder();
    let town = delivered(dir.path());
    std::fs::write(town.join(DEVICES), devices_but(&UNREAD)).unwrap();
    let out = run(dir.path(), &["init", FOLDER, "-o", "s", "--lang", "ja"]);
    let text = stdout(&out);
    assert_eq!(code(&out), 0, "{text}");
    assert!(
        text.contains(
            "特定通信台帳\n    構成情報として読み込む(全ての行を読み込めるまでの間は、台帳なしとして扱う)"
        ),
        "{text}"
    );
    // Every table of the folder lies in the site, used or not, so that a block only needs its marks taken away.
    for name in ["特定通信台帳_R7.xlsx", "星見町_結線表.xlsx", "星見町_VLAN一覧.xlsx"] {
        assert!(dir.path().join("s/tables").join(name).exists(), "{name}");
    }
    let reason = |check: &Value| {
        let all = check["assertions"].as_array().unwrap();
        let m2 = all.iter().find(|a| a["id"] == "M-2" && a["level"] == "packet").unwrap();
        (m2["verdict"].as_str().unwrap().to_owned(), m2["reason"].to_string())
    };
    // Nothing is confirmed: the register names networks that are no facts yet, and nobody says that it is missing.
    let (exit, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
    assert!(exit == 3 && !check.to_string().contains("台帳未提出"), "{said}");
    fill(&dir.path().join("s").join(FORM), &confirm);
    let (exit, check, said) = json(dir.path(), &["check", "s", "--lang", "ja"]);
    let (_, why) = reason(&check);
    assert!(!why.contains("読み込めない") && !why.contains("台帳未提出"), "{exit} {why} {said}");
    // Every row counts, with the networks behind the firewall found by its own routes, and that says so.
    let ids = |id: &str| check["assertions"].as_array().unwrap().iter().any(|a| a["id"] == id);
    assert!(ids("X-11") && ids("B-1"), "{said}");
    let coverage = stdout(&run(dir.path(), &["coverage", "s", "--lang", "ja"]));
    assert!(coverage.contains("「10.250.1.10」を、経路の設定により外部ネットワーク"), "{coverage}");
    // A peer to which no route of its own leads is asked about, with the networks that there are.
    let rows = "No.,業務名,区分,開始側,開始側アドレス,相手方,相手方アドレス,プロトコル/ポート,粒度,主管課,承認者,承認日,有効期限\n\
         特-01,試験,特定通信,SV-RENKEI01,10.21.10.31,-,203.0.113.77,TCP/443,機器単位,総務課,会議,R7.3.24,R8.3.31\n";
    std::fs::remove_file(town.join("03_台帳/特定通信台帳_R7.xlsx")).unwrap();
    std::fs::write(town.join("03_台帳/特定通信台帳.csv"), rows).unwrap();
    let text = stdout(&run(dir.path(), &["init", FOLDER, "-o", "t", "--lang", "ja"]));
    assert!(text.contains("0. 提出された特定通信台帳に") && text.contains("F2:"), "{text}");
    fill(&dir.path().join("t").join(FORM), &confirm);
    let (exit, check, said) = json(dir.path(), &["check", "t", "--lang", "ja"]);
    let (verdict, why) = reason(&check);
    assert!(exit == 3 || exit == 1, "{said}");
    assert_ne!(verdict, "holds");
    assert!(why.contains("提出されているが、読み込めない箇所がある(tables/特定通信台帳.csv!"), "{why}");
    assert!(reasons(&check, "M-2", "packet").iter().any(|r| r.contains("特定通信台帳.csv")), "{check:#}");
}

/// The same town, of whose list the routers are gone of which no table says where they stand: what they kept open is
/// decided by the rest.
#[test]
fn listed_routers_that_are_read_by_nobody_keep_packets_open() {
    let dir = folder();
    let town = delivered(dir.path());
    std::fs::write(town.join(DEVICES), devices_but(&UNREAD)).unwrap();
    assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", "s"])), 0);
    fill(&dir.path().join("s").join(FORM), &confirm);
    let (exit, check, said) = json(dir.path(), &["check", "s"]);
    let (holds, open) = (verdicts(&check, "holds"), verdicts(&check, "undetermined"));
    let told = format!("{exit} holds {holds:?} open {open:?} {said}");
    for item in ["M-1 packet", "N-1 packet", "X-7 host", "HA-1 -"] {
        assert!(holds.iter().any(|v| v == item), "{item}: {told}");
    }
    for (id, level, why) in [
        ("X-3", "l2", "GigabitEthernet1/0/24"),
        ("X-3", "l2", "gigabitethernet 1/0/1"),
        ("L-1", "packet", "無害化"),
    ] {
        let found = reasons(&check, id, level);
        assert!(open.iter().any(|v| *v == format!("{id} {level}")), "{id} {level}: {told}");
        assert!(found.iter().any(|r| r.contains(why)), "{id} {level} {why}: {found:?}");
    }
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
    // The address is known, or the machine was off when the list was made.
    for (address, site) in [("10.21.10.61", "s"), ("", "t")] {
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
            address,
        ];
        std::fs::write(town.join(MACHINES), rvtools(&[&second])).unwrap();
        assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", site])), 0);
        fill(&dir.path().join(site).join(FORM), &confirm);
        let (_, check, said) = json(dir.path(), &["check", site]);
        assert!(verdicts(&check, "violated").iter().any(|v| v == "X-7 host"), "{said}");
        assert!(reasons(&check, "X-7", "host").iter().any(|r| r.contains("SV-ELTAX01")), "{check:#}");
    }
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

/// As long as nobody says what a sanitizer speaks, every session with it is left out: nothing that leaves them out may
/// hold, whether the sheet has empty cells for it or no such columns.
#[test]
fn a_sanitizer_of_which_nobody_says_what_it_speaks_keeps_open_what_leaves_its_sessions_out() {
    let dir = folder();
    let site = dir.path().join("s");
    super::mask::copied(&super::pictures::shipped("wakaba"), &site);
    let topology = std::fs::read_to_string(site.join("topology.toml")).unwrap();
    let from = topology.find("[[sanitizer]]").unwrap();
    let blocks: Vec<&str> = topology[from..].split("\n[[").collect();
    let kept: Vec<&str> =
        blocks.iter().copied().filter(|b| !b.trim_start_matches("[[").starts_with("sanitizer")).collect();
    let pair = "[[pair]]\nfrom = \"JOHO\"\nto = \"NAIBU\"\nallow = \"sanitizer\"\nlocal_ref = \"x\"\n";
    let table = "[[table]]\nkind = \"sanitizers\"\nfile = \"m.csv\"\n";
    let text = format!("{}{pair}{table}[[{}", &topology[..from], kept.join("\n[["));
    std::fs::write(site.join("topology.toml"), text).unwrap();
    let rows = |more: [&str; 3]| {
        let [heads, browser, other] = more;
        let text = format!(
            "ホスト名,IPアドレス,種別,確認{heads}\nSV-VB01,-,画面転送,○{browser}\nSV-MUGAI01,-,メール、ファイル,○{other}\n"
        );
        std::fs::write(site.join("m.csv"), text).unwrap();
        json(dir.path(), &["check", "s"])
    };
    for silent in [
        ["", "", ""],
        [",LGWAN側の通信,インターネット側の通信", ",,", ",,"],
        [",LGWAN側の通信", ",TCP/443", ",TCP/443"],
    ] {
        let (_, check, said) = rows(silent);
        let holds = verdicts(&check, "holds");
        for item in ["L-1 packet", "X-4 packet", "X-9 packet", "Z-1 packet"] {
            assert!(!holds.iter().any(|v| v == item), "{item} {silent:?} {said}");
        }
        assert!(verdicts(&check, "undetermined").iter().any(|v| v == "X-9 packet"), "{said} {check:#}");
    }
    let both = ",TCP/443、TCP/25,TCP/443、25、TCP/80、53、UDP/53";
    let (_, check, said) = rows([",LGWAN側の通信,インターネット側の通信", both, both]);
    let holds = verdicts(&check, "holds");
    assert!(
        holds.iter().any(|v| v == "X-9 packet") && holds.iter().any(|v| v == "X-4 packet"),
        "{said} {check:#}"
    );
}

/// What switches see of each other is suggested where no table has it, and counts once somebody marks it.
#[test]
fn cables_that_switches_see_are_suggested_and_wait_for_a_mark() {
    let dir = folder();
    let town = delivered(dir.path());
    std::fs::remove_file(town.join(CABLES)).unwrap();
    // Without that table nobody says where they stand.
    let unread: Vec<&str> = UNREAD.into_iter().chain(BEYOND).collect();
    std::fs::write(town.join(DEVICES), devices_but(&unread)).unwrap();
    assert_eq!(code(&run(dir.path(), &["init", FOLDER, "-o", "s"])), 0);
    let form = dir.path().join("s").join(FORM);
    fill(&form, &confirm);
    let confirmed = std::fs::read(&form).unwrap();
    let open = |check: &Value| reasons(check, "X-3", "l2").iter().filter(|r| r.contains("Gi1/0/1`")).count();
    let (_, before, said) = json(dir.path(), &["check", "s"]);
    assert!(open(&before) > 0, "{said} {:?}", reasons(&before, "X-3", "l2"));
    let mark = |sign: &'static str| {
        std::fs::write(&form, &confirmed).unwrap();
        let marked = fill(&form, &|sheet, _, _, head| {
            (sheet == "結線表" && head == "確認(○で採用)").then(|| sign.to_owned())
        });
        assert_eq!(marked, 4);
        json(dir.path(), &["check", "s"])
    };
    let (_, after, said) = mark("○");
    assert!(open(&after) == 0, "{said} {:?}", reasons(&after, "X-3", "l2"));
    let (_, refused, _) = mark("×");
    assert!(open(&refused) > 0);
    // As long as nobody says whether a cable is there, no tier is shown to be apart.
    let paths = |check: &Value| verdicts(check, "holds").len();
    assert!(paths(&before) < paths(&refused), "{} {}", paths(&before), paths(&refused));
    let (exit, _, said) = mark("済");
    assert!(exit == 2 && said.contains("構成情報入力票.xlsx!結線表!E6"), "{said}");
}

/// Without a register, `init` drafts one from what the configurations permit: it approves nothing.
#[test]
fn a_draft_of_the_register_lies_beside_the_form() {
    let dir = folder();
    let town = delivered(dir.path());
    std::fs::remove_dir_all(town.join("03_台帳")).unwrap();
    let out = run(dir.path(), &["init", FOLDER, "-o", "s", "--lang", "ja"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    assert!(stdout(&out).contains("未承認"), "{}", stdout(&out));
    let bytes = std::fs::read(dir.path().join("s/特定通信台帳(案).xlsx")).unwrap();
    let grid = Workbook::open(&bytes).unwrap().sheet("特定通信台帳").unwrap().unwrap();
    let text = |row, column| grid.cell(row, column).map_or(String::new(), |c| c.text.clone());
    assert!(text(2, 1).starts_with("未承認"), "{}", text(2, 1));
    let approved = (1..=grid.last_column()).find(|c| text(4, *c) == "承認者").unwrap();
    let rows: Vec<u32> = (5..=grid.last_row()).collect();
    assert!(rows.len() > 3 && rows.iter().all(|r| text(*r, approved).is_empty()));
    let all: String =
        rows.iter().map(|r| (1..=grid.last_column()).map(|c| text(*r, c)).collect::<String>()).collect();
    // The flow to the tax server; the number of an application from a policy's comment.
    assert!(all.contains("10.22.10.51") && all.contains("R5-012"), "{all}");
    // The site does not read it, and no zone is a fact because of it.
    let topology = std::fs::read_to_string(dir.path().join("s/topology.toml")).unwrap();
    assert!(!topology.contains("台帳(案)"), "{topology}");
    let (_, check, _) = json(dir.path(), &["check", "s"]);
    assert!(!verdicts(&check, "holds").iter().any(|v| v.starts_with("M-2")), "{check:#}");
}

/// A router that nobody can read, with the table of its rules and the list of its interfaces.
#[test]
fn a_policy_table_stands_for_a_router_without_a_reader() {
    let dir = folder();
    let town = delivered(dir.path());
    let put = |name: &str, text: &str| std::fs::write(town.join("02_管理表").join(name), text).unwrap();
    put(
        "RT-SHISHO01_FWポリシー表.csv",
        "No.,ポリシー名,送信元インターフェース,送信元,宛先インターフェース,宛先,サービス,動作,備考\n\
         1,支所窓口,lan1,10.21.21.0/24,wan1,10.21.0.0/16,any,許可,\nデフォルト,,any,any,any,any,any,拒否,\n",
    );
    put(
        "RT-SHISHO01_インターフェース一覧.csv",
        "インターフェース,ゾーン,IPアドレス,サブネットマスク\nlan1,基幹,10.21.21.254,255.255.255.0\nwan1,基幹,10.21.254.2,255.255.255.252\n",
    );
    let out = run(dir.path(), &["init", FOLDER, "-o", "s", "--lang", "ja"]);
    let said = stdout(&out);
    assert_eq!(code(&out), 0, "{said}{}", stderr(&out));
    assert!(said.contains("「RT-SHISHO01」の設定に代わる表である"), "{said}");
    let path = dir.path().join("s/topology.toml");
    let topology = std::fs::read_to_string(&path).unwrap();
    let block = "# [[device]]\n# name = \"RT-SHISHO01\"\n# config = \"table\"\n# [device.attach]\n# \"lan1\" = \"\"\n# \"wan1\" = \"\"\n";
    assert!(topology.contains(block), "{topology}");
    let form = dir.path().join("s").join(FORM);
    fill(&form, &confirm);
    let (_, before, _) = json(dir.path(), &["check", "s"]);
    assert!(reasons(&before, "M-1", "host").iter().any(|r| r.contains("RT-SHISHO01.txt")));
    // A person says where the interfaces lead, and takes away the marks.
    let lines = topology.lines().map(|line| match line {
        "# \"lan1\" = \"\"" => "\"lan1\" = \"KIKAN_PC_E\"",
        "# \"wan1\" = \"\"" => "\"wan1\" = \"WAN_KIKAN\"",
        "# [[device]]" | "# name = \"RT-SHISHO01\"" | "# config = \"table\"" | "# [device.attach]" => {
            &line[2..]
        }
        _ => line,
    });
    let mut text: String = lines.map(|l| format!("{l}\n")).collect();
    for kind in ["policies", "interfaces"] {
        let from = text.find(&format!("# [[table]]\n# kind = \"{kind}\"")).unwrap();
        let to = from + text[from..].find("\n\n").unwrap();
        let plain = text[from..to].replace("# ", "");
        text.replace_range(from..to, &plain);
    }
    text += "[[segment]]\nid = \"KIKAN_PC_E\"\nzone = \"MYN\"\nprefixes = [\"10.21.21.0/24\"]\n";
    std::fs::write(&path, text).unwrap();
    let (exit, check, said) = json(dir.path(), &["check", "s"]);
    assert!(exit == 1 || exit == 3, "{said}");
    assert!(!reasons(&check, "M-1", "host").iter().any(|r| r.contains("RT-SHISHO01.txt")), "{said}");
    // Half of it: no list of interfaces, or a table that cannot be read. The rest of the folder is read all the same.
    std::fs::remove_file(town.join("02_管理表/RT-SHISHO01_インターフェース一覧.csv")).unwrap();
    let out = run(dir.path(), &["init", FOLDER, "-o", "t", "--lang", "ja"]);
    assert!(
        code(&out) == 0 && stdout(&out).contains("当該機器のインターフェース一覧がない"),
        "{}",
        stdout(&out)
    );
}
