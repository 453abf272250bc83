//! What people write into cells.

use bunri::network::table::grammar::{
    Special, addresses, makes_exceptions, mask, out_of_force, service, special, struck_out, vlan,
};

#[test]
fn cell_addresses_are_written_out() {
    let cases: &[(&str, &[&str])] = &[
        ("10.21.10.11", &["10.21.10.11"]),
        ("10.21.10.11~15", &["10.21.10.11-10.21.10.15"]),
        ("10.21.10.11〜.15", &["10.21.10.11-10.21.10.15"]),
        ("10.21.10.11 - 10.21.10.15", &["10.21.10.11-10.21.10.15"]),
        ("10.21.10.11、.12", &["10.21.10.11", "10.21.10.12"]),
        ("10.21.10.11,.11.12", &["10.21.10.11", "10.21.11.12"]),
        ("10.21.10.0/24", &["10.21.10.0/24"]),
        ("10.21.10.0/255.255.255.0", &["10.21.10.0/24"]),
        ("10.21.10.0 255.255.255.0", &["10.21.10.0/24"]),
        ("10.21.20.0/24、10.21.21.0/24", &["10.21.20.0/24", "10.21.21.0/24"]),
        ("10.21.10.11\n10.21.10.12", &["10.21.10.11", "10.21.10.12"]),
        ("2001:db8::1", &["2001:db8::1"]),
        ("2001:db8::/32", &["2001:db8::/32"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(addresses(text).unwrap_or_else(|e| panic!("{text}: {e:?}")), *wanted, "{text}");
    }
    let refused = [
        "",
        "-",
        "any",
        "別紙参照",
        "10.21.10",
        "10.21.10.256",
        "10.21.10.11,12",
        ".12",
        "10.21.10.15~11",
        "-10.1.1.1",
        "10.21.10.11~",
        "10.21.10.11~.1.2.3.4",
        "10.21.10.0/33",
        "010.021.010.011",
        "10.21.10.11~15~20",
        "SV-1",
        "10.21.10.11~2001:db8::1",
        "10.21.10.0/255.0.255.0",
        "443",
    ];
    for text in refused {
        assert!(addresses(text).is_err(), "{text}: {:?}", addresses(text));
    }
}

#[test]
fn cell_services_name_protocol_and_ports() {
    let cases = [
        ("TCP/443", "tcp", Some("443")),
        ("TCP/443,8443", "tcp", Some("443,8443")),
        ("TCP/443、8443", "tcp", Some("443,8443")),
        ("443(TCP)", "tcp", Some("443")),
        ("443,8443(TCP)", "tcp", Some("443,8443")),
        ("443/tcp", "tcp", Some("443")),
        ("tcp443", "tcp", Some("443")),
        ("TCP 8000-8080", "tcp", Some("8000-8080")),
        ("TCP8000~8080", "tcp", Some("8000-8080")),
        ("TCP/22,TCP/443", "tcp", Some("22,443")),
        ("UDP:161", "udp", Some("161")),
        ("HTTPS", "tcp", Some("443")),
        ("HTTPS", "tcp", Some("443")),
        ("POP3", "tcp", Some("110")),
        ("TCP any", "tcp", Some("any")),
        ("TCP", "tcp", None),
        ("any", "any", None),
        ("ICMP", "icmp", None),
        ("ICMPv6", "icmpv6", None),
        ("ESP", "esp", None),
    ];
    for (text, protocol, ports) in cases {
        let found = service(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert_eq!((found.protocol.as_str(), found.ports.as_deref()), (protocol, ports), "{text}");
    }
    assert_eq!(service("PING").unwrap().icmp_type, Some(8));
    let refused = [
        "",
        "443",
        "TCP/UDP 53",
        "TCP/443,UDP/53",
        "DNS",
        "TCP/70000",
        "TCP/443-80",
        "ICMP/8",
        "TCP/443以外",
        "別紙参照",
        "TCP/443 any",
        "全端末",
        "TCP/1.5",
        "TCP/0x1bb",
        "443番",
        "TCP/-",
        "WEB",
        "TCP/443,",
        "TCP//443",
    ];
    for text in &refused[..17] {
        assert!(service(text).is_err(), "{text}: {:?}", service(text));
    }
}

#[test]
fn cell_words_that_are_no_values() {
    let cases = [
        ("-", Special::None),
        ("ー", Special::None),
        ("なし", Special::None),
        ("ANY", Special::Any),
        ("any", Special::Any),
        ("〃", Special::Ditto),
        (" 同上 ", Special::Ditto),
        ("\"", Special::Ditto),
        ("別紙参照", Special::Elsewhere),
        ("別表1のとおり", Special::Elsewhere),
        ("IPアドレス管理表参照", Special::Elsewhere),
        ("全端末", Special::Everyone),
        ("全職員端末", Special::Everyone),
    ];
    for (text, wanted) in cases {
        assert_eq!(special(text), Some(wanted), "{text}");
    }
    for text in ["", "SV-1", "10.1.0.1", "TCP/443", "全国共通システム"] {
        assert_eq!(special(text), None, "{text}");
    }
    assert_eq!((mask("255.255.255.240"), mask("255.0.255.0"), mask("0.0.0.0")), (Some(28), None, None));
}

#[test]
fn cell_vlans_are_numbers() {
    for text in ["11", "011", "１１", " 11 ", "VLAN11", "vlan 11", "VLAN ID 11"] {
        assert_eq!(vlan(text), Some(11), "{text}");
    }
    for text in ["", "-", "0", "4095", "11,31", "11-12", "VLAN", "MYN11", "1.1", "99999999999"] {
        assert_eq!(vlan(text), None, "{text}");
    }
}

/// A row that refuses and says that something is let through refuses something else than it says.
#[test]
fn cell_remarks_may_speak_of_exceptions() {
    for text in [
        "現在は許可に変更",
        "ただし10.70.3.5は許可",
        "テスト中は全許可",
        "一部許可あり",
        "例外あり(別表)",
        "情報系からの保守を除く",
        "別紙参照",
        "10.70.3.5は通過",
        "一時開放",
        "検知のみ",
        "素通し",
        "10.70.3.5は通す",
        "10.70.3.5は許可、それ以外は遮断",
        "例外:10.1.1.5。ログは取得しない",
        "例外は10.1.1.5、他は認めない",
        "allow 10.70.3.5",
    ] {
        assert!(makes_exceptions(text), "{text}");
    }
    for text in [
        "",
        "許可しない",
        "許可ルール以外は全て拒否",
        "許可された通信以外を遮断",
        "不許可",
        "外部からの通信を全て遮断",
        "許可なし",
        "例外なし",
        "暗黙の拒否",
        "許可制",
        "許可のないもの",
        "許可済み通信の下に置く",
        "許可リスト方式",
        "例外は認めない",
        "除外設定なし",
        "別途ログ取得",
        "ただしログは取得しない",
    ] {
        assert!(!makes_exceptions(text), "{text}");
    }
}

#[test]
fn cell_remarks_may_take_a_row_back() {
    for text in [
        "廃止",
        "R7.3廃止",
        "【廃止】",
        "廃止済み",
        "（停止中）",
        "現在無効化中",
        "R9.4開始予定",
        "利用開始予定。",
        "未承認",
        "申請中",
        "夜間のみ",
        "平日夜間のみ有効",
        "保守時のみ",
        "※保守期間中だけ",
        "【廃止】旧連携",
        "(停止中) 連携",
        "本ポリシーは停止中",
        "庁舎移転により廃止",
        "R8.3.31をもって廃止",
        "旧システム更改のため使用停止",
        "利用終了",
        "接続先サーバ撤去",
        "令和8年度末で廃止",
        "R8.7追加予定",
        "台帳No.5と同じ。廃止",
        "R8.3申請中",
        "停止中。再開はR9.4",
        "休止中(再開時は要申請)",
        "給与連携(停止中)",
        "eLTAXデータ取得は終了",
        "本連携は終了",
        "業務は終了",
        "システムは廃止",
        "接続は停止中",
        "見直しの結果廃止",
        "R7年度見直しで廃止",
        "税務課と協議の上廃止",
        "再編により廃止",
        "当該業務の終了",
        "SV-ZEI01は撤去済",
        "R7.3の運用会議で廃止",
        "当該システムを廃止",
        "本件は取消",
        "上記は廃止",
        "旧通信。廃止済み",
        "廃止(R7.3)",
        "R7.3で廃止しました",
        "廃止されている",
        "廃止となった",
        "廃止決定",
        "使用していない",
        "現在不使用",
        "不要となった",
        "承認取り消し",
        "保留中",
        "協議中",
        "R30.4.1開始予定",
        "期限切れ",
        "契約満了",
        "SV-ELTAX02へ移行済",
        "台帳から除外",
        "欠番",
        "凍結",
        "遮断済。廃止",
        "※廃止",
        "廃止★",
        "FW上は無効",
        "利用期間R6.4.1~R7.3.31満了",
        "停止中(未再開)",
        "当該ポートは閉鎖",
        "相手側が廃止",
        "R9.4予定",
        "実機からは削除済み",
        "R7.3に業者が削除",
        "制限を解除",
        "当該機能を停止中",
    ] {
        assert!(out_of_force(text), "{text}");
    }
    for text in [
        "",
        "-",
        "特-01",
        "申請R6-002",
        "旧サーバ廃止に伴い追加",
        "情報係のみ",
        "SV-01からのみ",
        "予定表サーバ",
        "作業後に削除",
        "R9.3.31までに廃止",
        "停止時は連絡",
        "終了報告書の送付",
        "保守用",
        "旧サーバ(廃止)の後継",
        "VPN不要",
        "事前連絡不要",
        "資料作成中",
        "TLS1.0は無効",
        "パスワード認証は無効",
        "審査済",
        "申請済",
        "R7.2.1申請、R7.3.24承認",
        "電子申請",
        "児童手当の申請",
        "R20年度更改予定",
        "R8.10機器更新予定",
        "旧SV-ELTAX00は廃止",
        "R8.4 ポート変更予定",
        "年1回見直し",
        "日次(夜間停止)",
        "年末年始は停止",
        "土日停止",
        "0時~5時停止",
        "R6.10停止、R7.4再開",
        "廃止予定なし",
        "国保システムの申請",
        "都度申請",
        "継続申請",
        "停止時は電話連絡",
        "双方向通信なし",
        "毎年度更新",
        "窓口DX対応。R9年度に再評価予定",
        "旧システムは廃止済",
        "R7.4 ポート80を削除",
        "夜間バッチは停止",
        "担当者変更の申請",
        "更新手続を検討",
        "R8.3 承認番号を訂正。旧番号は削除",
        "旧監視サーバは廃止",
        "R8.3申請",
        "LAN3側は未使用",
        "旧FWの設定は削除",
    ] {
        assert!(!out_of_force(text), "{text}");
    }
    for name in
        ["【廃止】保守", "(停止中)連携", "eLTAX【廃止】", "eLTAX(廃止)", "eLTAX ※廃止", "【取消】eLTAX"]
    {
        assert!(struck_out(name), "{name}");
    }
    for name in ["【電子申請】データ取得", "[審査]国保", "業務連携(LGWAN)", "給与(月次)"]
    {
        assert!(!struck_out(name), "{name}");
    }
    // A name is no remark: what it ends with is what the flow is for.
    assert!(!struck_out("公印停止") && !struck_out("【住民課】廃止届の送付"));
}
