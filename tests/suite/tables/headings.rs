//! Headings between rows and notes below them are no rows; what may be one stays one.

use bunri::analysis::answer::Verdict;

use super::{csv, mistake, notes, policies, town};

const HOSTS: &str = "[[table]]\nkind = \"hosts\"\nfile = \"t.csv\"\n";

fn hosts(more: &[&[&str]]) -> super::Outcome {
    let head: &[&str] = &["No.", "ホスト名", "セグメント", "IPアドレス", "備考"];
    let good: &[&str] = &["1", "SV-3", "m", "10.1.0.13", ""];
    let rows: Vec<&[&str]> = [head, good].into_iter().chain(more.iter().copied()).collect();
    town(HOSTS, &[("t.csv", csv(&rows))])
}

#[test]
fn headings_and_notes_are_passed_over_and_said() {
    for row in [
        &["【LGWAN接続系】", "", "", "", ""],
        &["", "【LGWAN接続系】", "", "", ""],
        &["--- 内部系 ---", "", "", "", ""],
        &["以上", "", "", "", ""],
        &["", "", "", "", "以上"],
        &["※DHCPの端末は記載しない", "", "", "", ""],
        &["", "■ 内部情報系", "", "", ""],
        &["(注)予備は除く", "", "", "", ""],
        &["", "合計", "5台", "", ""],
        &["", "合計", "", "", ""],
    ] {
        let after: &[&str] = &["〃", "SV-4", "〃", "10.1.0.14", ""];
        let site = hosts(&[row, after]).unwrap_or_else(|w| panic!("{row:?} {w:#?}")).0;
        assert!(
            site.hosts().all(|(_, h)| ["SV-1", "SV-2", "SV-3", "SV-4"].contains(&h.id.value.as_str())),
            "{row:?}"
        );
        let told = notes(&site)
            .iter()
            .any(|(_, n)| n.contains("見出し又は注記の行") || n.contains("読み取る項目がない"));
        assert!(told, "{row:?} {:?}", notes(&site));
    }
    // A name alone, or a name with a segment, is a row that lacks something.
    for row in [&["", "SV-5", "", "", ""], &["", "合計", "m", "", ""], &["2", "※SV-5", "m", "", ""]] {
        assert!(hosts(&[row]).is_err(), "{row:?}");
    }
    // Nor is passed over what may speak of rows or machines.
    for note in [
        "■以下は廃止",
        "【廃止分】",
        "※SV-3は10.2.0.77にも接続",
        "※SV-3はNIC2枚",
        "※他に支所ルータ(RT-2)あり",
        "※機器は別紙",
        "【旧台帳】",
    ] {
        assert!(hosts(&[&["", note, "", "", ""]]).is_err(), "{note}");
    }
    // A list of devices needs no more than a name.
    let list: &[&[&str]] =
        &[&["ホスト名", "設定ファイル"], &["RT-1", ""], &["【支所】", ""], &["合計", "2台"]];
    let table = "[[table]]\nkind = \"devices\"\nfile = \"t.csv\"\n";
    let site = town(table, &[("t.csv", csv(list))]).unwrap().0;
    assert_eq!(site.boxes.iter().map(|b| b.0.value.as_str()).collect::<Vec<_>>(), ["RT-1"]);
}

#[test]
fn a_note_in_a_policy_table_is_no_rule_unless_it_speaks_of_one() {
    let judged = |note: &str, action: &str| {
        let deny = ["1", "", "a", "any", "c", "any", "any", action, "有効", "-", ""];
        let note = [note, "", "", "", "", "", "", "", "", "", ""];
        let last = ["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", ""];
        let table = "[[table]]\nkind = \"policies\"\ndevice = \"FW\"\nfile = \"p.csv\"\n";
        let (_, all) = policies::judged(table, &[("p.csv", csv(&[policies::HEADINGS, &deny, &note, &last]))]);
        policies::said(&all, "M-1").verdict
    };
    for (note, verdict) in [
        ("【内部系】", Verdict::Holds),
        ("--- 内部系 ---", Verdict::Holds),
        ("以上", Verdict::Holds),
        ("※No.2は次回更新時に削除予定", Verdict::Holds),
        ("※保守時は全て許可", Verdict::Undetermined),
        ("※この表は設定案であり、実機には未投入", Verdict::Undetermined),
        ("※10.1.0.0/24→10.3.0.0/24 SMB", Verdict::Undetermined),
        ("※No.1は停止中", Verdict::Undetermined),
        ("※No.1は停止中、R9.4再開予定", Verdict::Undetermined),
        ("※以下は未投入、R8.7投入予定", Verdict::Undetermined),
        ("■以下は廃止", Verdict::Undetermined),
        ("【以下未投入】", Verdict::Undetermined),
        ("※別紙FWポリシー表(2)に続く", Verdict::Undetermined),
        ("【例外】", Verdict::Undetermined),
        ("備考", Verdict::Undetermined),
    ] {
        assert_eq!(judged(note, "拒否"), verdict, "{note}");
    }
    // What is said of logs beside an action changes nothing of what passes.
    for action in ["拒否(ログあり)", "拒否(ログ取得)", "破棄(ログあり)"] {
        assert_eq!(judged("以上", action), Verdict::Holds, "{action}");
    }
    assert_eq!(judged("以上", "拒否(一部)"), Verdict::Undetermined);
}

#[test]
fn an_entry_whose_renewal_is_under_way_is_in_use() {
    let head = super::HEADINGS;
    for (word, used) in [("更新手続中", true), ("継続", true), ("更新しない", false)] {
        let row = super::with(&[("状態", word)]);
        let found = super::registered("r.csv", csv(&[head, &row]));
        if used {
            assert_eq!(found.unwrap().1.entries.len(), 1, "{word}");
        } else {
            assert!(mistake(found).message.contains("状態として解釈できない"), "{word}");
        }
    }
}
