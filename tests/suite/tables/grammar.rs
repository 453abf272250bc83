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
    assert!(struck_out("【廃止】保守") && struck_out("(停止中)連携"));
    // A name is no remark: what it ends with is what the flow is for.
    assert!(!struck_out("公印停止") && !struck_out("【住民課】廃止届の送付"));
}
