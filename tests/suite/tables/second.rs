//! Columns that nothing reads: a second address is a second network card, or nobody knows; other columns say nothing.

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::checks::{Options, assess};
use bunri::network::{Awaits, Site};
use jiff::civil::date;

use super::{csv, notes, policies, registered, town};

const HOSTS: &str = "[[table]]\nkind = \"hosts\"\nfile = \"t.csv\"\n";

/// A list with one machine, and one more column.
fn host(heading: &str, text: &str, more: &str) -> Site {
    let rows: &[&[&str]] = &[
        &["ホスト名", "セグメント", "IPアドレス", heading],
        &["SV-3", "基幹系サーバ", "10.1.0.13", text],
        &["SV-4", "m", "10.1.0.14", "〃"],
    ];
    town(&format!("{HOSTS}{more}"), &[("t.csv", csv(rows))]).unwrap().0
}

/// Segments of the two machines, and cells that wait.
fn cards(site: &Site) -> (Vec<Vec<&str>>, Vec<String>) {
    let of = |name: &str| {
        let host = site.hosts.iter().find(|h| h.id.value == name).unwrap();
        host.interfaces.iter().map(|i| site.segment(i.segment).unwrap().id.value.as_str()).collect()
    };
    let open = site.records.unconfirmed.iter().filter(|u| u.awaits == Awaits::Column);
    (vec![of("SV-3"), of("SV-4")], open.map(|u| site.sources.cell(u.cell).unwrap()).collect())
}

fn answers(site: &Site) -> Vec<Assertion> {
    let options = Options { today: Some(date(2026, 3, 17)), ..Options::default() };
    assess(site, &options).unwrap().assertions
}

#[test]
fn a_second_address_or_segment_is_a_second_network_card() {
    for (heading, text) in [
        ("IPアドレス2", "10.2.0.99"),
        ("IPアドレス(2)", "10.2.0.99/24"),
        ("サブIP", "10.2.0.99"),
        ("仮想IP", "10.2.0.99"),
        ("第2セグメント", "l"),
        ("セグメント②", "l"),
    ] {
        let site = host(heading, text, "");
        // `〃` stands for the cell above.
        assert_eq!(cards(&site), (vec![vec!["m", "l"], vec!["m", "l"]], vec![]), "{heading}");
        assert!(notes(&site).iter().any(|(c, n)| c.ends_with("D2") && n.contains("別の接続口")), "{heading}");
        let all = answers(&site);
        assert_eq!(all.iter().find(|a| a.id == "X-7").unwrap().verdict, Verdict::Violated, "{heading}");
    }
    // In the same network it is no second one.
    for (heading, text) in [("IPアドレス2", "10.1.0.99"), ("第2セグメント", "基幹系サーバ")] {
        assert_eq!(cards(&host(heading, text, "")).0, [["m"], ["m"]], "{heading}");
    }
}

#[test]
fn what_may_be_one_keeps_open_what_counts_machines() {
    for (heading, text) in [
        ("IPアドレス2", "172.16.0.1"),
        ("監視用NIC", "10.2.0.99"),
        ("LGWAN側IPアドレス", "10.2.0.99"),
        ("eth1", "10.2.0.99"),
        ("管理LAN", "10.2.0.99"),
        ("公開用IPアドレス2", "172.16.0.1"),
        ("IPアドレス2", "10.2.0.99(予備)"),
        ("管理IP", "10.2.0.99"),
        ("", "10.2.0.99"),
        ("備考2", "10.2.0.99にも接続"),
        ("所属", "l"),
        ("iLO", "10.2.0.99"),
    ] {
        let site = host(heading, text, "");
        let (found, open) = cards(&site);
        assert_eq!(found, [["m"], ["m"]], "{heading}");
        assert_eq!(open, ["t.csv!D2", "t.csv!D3"].map(|c| c.trim_start_matches("t.csv!")), "{heading}");
        let all = answers(&site);
        let x7 = all.iter().find(|a| a.id == "X-7").unwrap();
        assert_eq!((x7.verdict, x7.culprits.len()), (Verdict::Undetermined, 2), "{heading}");
        // Packets pass through no machine: what is decided of them stands.
        let packets = |all: Vec<Assertion>| {
            let own = all.into_iter().filter(|a| a.level == Level::Packet);
            own.map(|a| (a.id, a.verdict)).collect::<Vec<_>>()
        };
        assert_eq!(packets(all), packets(answers(&host("OS", "x", ""))), "{heading}");
        // Somebody says that the column means nothing here.
        let table = format!("remarks = [\"{heading}\"]\n");
        let said = host(heading, text, &table);
        assert_eq!(cards(&said).1, Vec::<String>::new(), "{heading}");
        assert_eq!(answers(&said).iter().find(|a| a.id == "X-7").unwrap().verdict, Verdict::Holds);
    }
}

#[test]
fn addresses_of_others_and_other_words_say_nothing() {
    for (heading, text) in [
        ("デフォルトGW", "10.2.0.254"),
        ("ゲートウェイ", "10.2.0.254"),
        ("DNSサーバ", "10.2.0.53"),
        ("NTP", "10.2.0.53"),
        ("サブネットマスク", "255.255.255.0"),
        ("NAT後", "10.2.0.99"),
        ("旧IPアドレス", "10.2.0.99"),
        ("Host", "10.2.0.11"),
        ("IPv6 Address", "fe80::1"),
        ("OS", "Windows Server 2022"),
        ("BIOS", "2.19.1.0"),
        ("ファームウェア", "2.4.1.10"),
        ("バックアップ先", "10.2.0.11"),
        ("備考", "10.2.0.11へ転送"),
        ("時刻同期先", "10.2.0.11"),
        ("認証サーバ", "10.2.0.11"),
        ("DNSサーバアドレス2", "10.2.0.53"),
        ("接続先L2スイッチIP", "10.2.0.53"),
        ("ウイルス対策サーバ", "SV-2 10.2.0.11"),
        ("移行元", "10.2.0.99"),
        ("以前のIPアドレス", "10.2.0.99"),
        ("説明", "10.2.0.11からデータ取得"),
        ("ドライバ", "10.2.2.3"),
        ("版", "7.2.5"),
        ("IPアドレス2", "-"),
        ("MAC", "00:50:56:00:00:52"),
    ] {
        let site = host(heading, text, "");
        assert_eq!(cards(&site), (vec![vec!["m"], vec!["m"]], vec![]), "{heading}");
        assert_eq!(answers(&site).iter().find(|a| a.id == "X-7").unwrap().verdict, Verdict::Holds);
    }
}

#[test]
fn a_second_network_or_several_vlans_of_a_segment_are_open() {
    let segment = |vlan: &str, heading: &str, text: &str| {
        let rows: &[&[&str]] = &[
            &["VLAN ID", "VLAN名", "系", "ネットワーク", heading],
            &[vlan, "x", "M", "10.9.0.0/24", text],
            &["31", "y", "L", "10.8.0.0/24", ""],
        ];
        let more = "[[table]]\nkind = \"segments\"\nfile = \"t.csv\"\n";
        town(more, &[("t.csv", csv(rows))]).unwrap().0
    };
    let open = |site: &Site| {
        let all = site.records.unconfirmed.iter().filter(|u| u.awaits == Awaits::Column);
        all.map(|u| site.sources.cell(u.cell).unwrap()).collect::<Vec<_>>()
    };
    for (vlan, heading, text, cells) in [
        ("11", "追加ネットワーク", "10.8.0.0/24", vec!["E2"]),
        ("11", "", "10.8.0.5", vec!["E2"]),
        ("11,31", "備考2", "", vec!["A2"]),
        ("11-31", "備考2", "", vec!["A2"]),
        ("11、31", "備考2", "", vec!["A2"]),
        // Addresses of the network itself, of others, and words say nothing.
        ("11", "DHCP範囲", "10.9.0.100~10.9.0.199", vec![]),
        ("11", "GW", "10.9.0.254", vec![]),
        ("11", "先頭", "10.9.0.1", vec![]),
        ("11", "DHCPリレー先", "10.8.0.5", vec![]),
        ("VLAN11", "備考2", "本庁 2階", vec![]),
        ("-", "備考2", "", vec![]),
    ] {
        let site = segment(vlan, heading, text);
        assert_eq!(open(&site), cells, "{vlan} {heading} {text}");
        let x7 = if cells.is_empty() { Verdict::Holds } else { Verdict::Undetermined };
        assert_eq!(answers(&site).iter().find(|a| a.id == "X-7").unwrap().verdict, x7, "{vlan} {heading}");
    }
}

/// The firewall's table as one whose rows have a first day.
#[test]
fn a_row_of_a_policy_table_whose_first_day_has_not_come_decides_nothing() {
    let judged = |heading: &str, day: &str| {
        let head: Vec<&str> = policies::HEADINGS.iter().copied().chain([heading]).collect();
        let deny = ["1", "", "b", "any", "c", "any", "any", "拒否", "有効", "-", "", day];
        let last = ["デフォルト", "", "any", "any", "any", "any", "any", "拒否", "有効", "-", "", ""];
        let table = "[[table]]\nkind = \"policies\"\ndevice = \"FW\"\nfile = \"p.csv\"\n";
        let (site, _) = policies::judged(table, &[("p.csv", csv(&[&head, &deny, &last]))]);
        let all = answers(&site);
        let m1 = policies::said(&all, "M-1");
        (m1.verdict, m1.culprits.iter().filter_map(|c| site.sources.cell(c.span)).collect::<Vec<_>>())
    };
    for heading in ["利用開始日", "適用開始日"] {
        for (day, open) in [
            ("R8.3.17", false),
            ("R7.4.1", false),
            ("済", false),
            ("", false),
            ("R8.3.18", true),
            ("令和9年4月", true),
            ("2027/4/1", true),
            ("未定", true),
        ] {
            let (verdict, cells) = judged(heading, day);
            let wanted = if open { Verdict::Undetermined } else { Verdict::Holds };
            assert_eq!(verdict, wanted, "{heading} {day}");
            assert!(!open || cells == ["L2"], "{heading} {day} {cells:?}");
        }
    }
}

#[test]
fn a_period_of_an_entry_is_its_first_and_its_last_day() {
    let entry = |heading: &str, period: &str, more: (&str, &str)| {
        let heads =
            ["台帳No.", "業務名", "区分", "開始側", "相手方", "プロトコル/ポート", "粒度", heading, more.0];
        let row = ["特-01", "連携", "特定通信", "SV-1", "SV-2", "TCP/443", "機器単位", period, more.1];
        registered("r.csv", csv(&[&heads, &row]))
    };
    let days = |heading: &str, period: &str, more: (&str, &str)| {
        let (_, register) = entry(heading, period, more).unwrap();
        let found = register.entries.first().unwrap();
        (found.starts.as_ref().map(|d| d.value), found.expires.as_ref().map(|d| d.value))
    };
    let (first, last) = (Some(date(2025, 4, 1)), Some(date(2026, 3, 31)));
    for (heading, text, wanted) in [
        ("有効期間", "R7.4.1~R8.3.31", (first, last)),
        ("有効期間", "R7.4.1～R8.3月末", (first, last)),
        ("適用期間", "R8.3.31まで", (None, last)),
        ("有効期間", "R7.4.1から", (first, None)),
        ("有効期限", "R7.4.1~R8.3.31", (first, last)),
        ("有効期限", "R8.3.31まで", (None, last)),
        ("適用開始日", "R7.4.1", (first, None)),
        ("適用期間", "令和7年4月1日から令和8年3月31日まで", (first, last)),
        ("適用期間", "2025/4/1-2026/3/31", (first, last)),
        ("運用開始日", "令和7年4月", (first, None)),
        ("運用開始日", "R7.4", (first, None)),
        ("利用開始日", "R7年度", (first, None)),
        ("運用開始日", "既設", (None, None)),
    ] {
        assert_eq!(days(heading, text, ("備考", "")), wanted, "{heading} {text}");
    }
    assert_eq!(days("有効期間", "R7.4.1~R8.3.31", ("有効期限", "2026/3/31")), (first, last));
    assert_eq!(days("適用期間", "通年", ("有効期限", "2026/3/31")), (None, last));
    for (text, doubtful) in [("通年", false), ("R5年度~R6年度", true), ("R7.3まで", true), ("終了", true)]
    {
        let (_, register) = entry("適用期間", text, ("有効期限", "2026/3/31")).unwrap();
        assert_eq!(register.entries.first().unwrap().doubted_by().is_some(), doubtful, "{text}");
    }
    // Two days that differ are asked about, and so is what is no day.
    for (text, more) in [
        ("R7.4.1~R9.3.31", ("有効期限", "R8.3.31")),
        ("R7.4.1~R8.3.31", ("利用開始日", "R7.5.1")),
        ("当面の間", ("備考", "")),
    ] {
        assert!(entry("有効期間", text, more).is_err(), "{text}");
    }
}

/// A remark may speak of one more card.
#[test]
fn a_remark_of_another_connection_keeps_open_where_a_machine_stands() {
    for (text, open) in [("10.2.0.99にも接続", true), ("NIC2:10.2.0.99", true), ("DNSは10.2.0.53", false)]
    {
        let site = host("備考", text, "");
        let (found, cells) = cards(&site);
        assert_eq!(found, [["m"], ["m"]], "{text}");
        assert_eq!(cells.is_empty(), !open, "{text}");
    }
}

/// What is said of an entry in a column of the town's own counts against it, where it can only mean that.
#[test]
fn a_column_of_ones_own_may_take_an_entry_back() {
    let entry = |heading: &str, text: &str| {
        let heads = ["台帳No.", "業務名", "区分", "開始側", "相手方", "プロトコル/ポート", "粒度", heading];
        let row = ["特-01", "連携", "特定通信", "SV-1", "SV-2", "TCP/443", "機器単位", text];
        let (_, register) = registered("r.csv", csv(&[&heads, &row])).unwrap();
        register.entries.first().unwrap().clone()
    };
    let doubted = |heading: &str, text: &str| entry(heading, text).doubted_by().map(str::to_owned);
    for (heading, text) in [
        ("方向", "宛先→送信元"),
        ("方向", "双方向"),
        ("方向(開始側)", "宛先"),
        ("方向", "下り"),
        ("廃止", "○"),
        ("休止期間", "R7.4~"),
        ("承認状況", "否認"),
        ("審査結果", "却下"),
        ("利用状況", "廃止済"),
        ("区分2", "廃止"),
        ("有効", "×"),
        ("有効フラグ", "0"),
        ("許可/不許可", "不許可"),
        ("削除フラグ", "1"),
        ("ステータス", "Closed"),
        ("接続開始側", "相手方"),
        ("棚卸結果", "不要"),
        ("備考", "承認待ち"),
        ("備考", "期限延長せず"),
    ] {
        let said = doubted(heading, text).unwrap_or_else(|| panic!("{heading} {text}"));
        assert!(said.contains(text), "{said}");
    }
    for (heading, text) in [
        ("方向", "送信元→宛先"),
        ("方向", "片方向"),
        ("通信方向", "基幹系→内部情報系"),
        ("通信方向", "一方向(開始側→相手方)"),
        ("方向", "OUT"),
        ("廃止日", "-"),
        ("廃止日", "未定"),
        ("廃止予定日", "R9.3.31"),
        ("削除フラグ", "0"),
        ("廃止フラグ", "OFF"),
        ("停止時の影響", "窓口業務が停止"),
        ("業務停止時間", "22:00-6:00"),
        ("停止可否", "不可"),
        ("承認状況", "承認済"),
        ("審査結果", "適"),
        ("監査結果", "なし"),
        ("個人情報の利用", "なし"),
        ("障害発生状況", "なし"),
        ("終了時刻", "18:00"),
        ("保守終了日", "R6.3.31"),
        ("機器リース満了日", "R6.3.31"),
        ("利用状況", "月1回"),
        ("変更履歴", "R7.3 旧番号を廃止"),
        ("個人番号", "なし"),
        ("暗号化", "TLS1.2"),
        ("担当", "情報係"),
        ("備考", "旧サーバの廃止に伴い追加"),
    ] {
        assert_eq!(doubted(heading, text), None, "{heading} {text}");
    }
    // The day of its end is its last day, if no other column has an earlier one.
    for heading in
        ["廃止日", "停止日", "利用終了日", "廃止予定日", "満了日", "最終利用日", "利用期限", "許可期限"]
    {
        let last = entry(heading, "R7.3.31").expires.map(|d| d.value);
        assert_eq!(last, Some(date(2025, 3, 31)), "{heading}");
    }
    for heading in ["利用開始", "開始予定日", "適用日", "稼働日"] {
        let first = entry(heading, "R7.3.31").starts.map(|d| d.value);
        assert_eq!(first, Some(date(2025, 3, 31)), "{heading}");
    }
    assert_eq!(entry("回答期限", "R7.3.31").expires, None);
}
