//! The folder of 星見町 as it is handed over: logs and configurations as they lie on a disk, tables in Excel, an older
//! generation and a spare device beside them.

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::SHIFT_JIS;
use rust_xlsxwriter::{Format, Workbook as Writer, Worksheet};

use super::pictures::shipped;
use crate::log_cuts::teraterm;

/// Its name has a blank and Japanese characters.
pub const FOLDER: &str = "20260316_設定 一式";

fn title(sheet: &mut Worksheet, text: &str, last: u16) {
    sheet.merge_range(0, 0, 1, last, text, &Format::new().set_bold()).unwrap();
}

fn rows(sheet: &mut Worksheet, first: u32, all: &[&[&str]]) {
    for (row, cells) in (first - 1..).zip(all) {
        for (column, text) in (0u16..).zip(*cells).filter(|(_, t)| !t.is_empty()) {
            sheet.write_string(row, column, *text).unwrap();
        }
    }
}

/// One workbook of sheets, headings in row 4.
fn book(sheets: &[(&str, &[&str], &[&[&str]])]) -> Vec<u8> {
    let mut book = Writer::new();
    for (name, headings, all) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        title(sheet, &format!("星見町 {name}"), headings.len() as u16 - 1);
        rows(sheet, 4, &[headings]);
        rows(sheet, 5, all);
    }
    book.save_to_buffer().unwrap()
}

const VLANS: &[&[&str]] = &[
    &["1", "default", "-", "-", "-", "未使用", ""],
    &["110", "KIKAN_SV", "基幹系", "10.21.10.0/24", "10.21.10.254", "基幹系サーバ", ""],
    &["120", "KIKAN_PC", "基幹系", "10.21.20.0/24", "10.21.20.254", "本庁窓口端末", "DHCP(.101-.180)"],
    &["121", "KIKAN_PC_E", "基幹系", "10.21.21.0/24", "10.21.21.254", "東支所窓口端末", "GWはRT-SHISHO01"],
    &["150", "GCLOUD", "基幹系", "10.21.150.0/29", "10.21.150.1", "ガバクラ接続", ""],
    &["160", "JUKI", "住基", "10.21.160.0/29", "10.21.160.1", "住基FW接続", "相手側設定は非開示"],
    &["170", "HOSHU", "保守", "10.21.170.0/29", "10.21.170.1", "遠隔保守", ""],
    &["210", "LGW_SV", "内部情報系", "10.22.10.0/24", "10.22.10.254", "LGWAN系サーバ", ""],
    &["220", "LGW_PC", "内部情報系", "10.22.20.0/24", "10.22.20.254", "職員端末", "DHCP"],
    &["221", "LGW_PC_E", "内部情報系", "10.22.21.0/24", "10.22.21.254", "東支所職員端末", ""],
    &["230", "LGW_MFP", "内部情報系", "10.22.30.0/24", "10.22.30.254", "複合機", ""],
    &["240", "DMZ_MUGAI", "内部情報系", "10.22.40.0/24", "10.22.40.254", "無害化LGWAN側", "FW直収"],
    &["250", "LGW_EXT", "内部情報系", "10.22.250.0/29", "10.22.250.1", "LGWAN接続ルータ間", ""],
    &["310", "DMZ_INET", "情報系", "10.23.10.0/24", "10.23.10.254", "仮想ブラウザ・無害化外側", "FW直収"],
    &["320", "INT_PC", "情報系", "10.23.20.0/24", "10.23.20.254", "インターネット端末", ""],
    &["-", "WAN_SC", "情報系", "192.0.2.0/29", "192.0.2.1", "県セキュリティクラウド接続ルータ間", ""],
    &["801", "WAN_KIKAN", "基幹系", "10.21.254.0/30", "-", "広域イーサ(支所)", ""],
    &["802", "WAN_LGW", "内部情報系", "10.22.254.0/30", "-", "広域イーサ(支所)", ""],
    &["901", "TR_MYN", "基幹系", "10.21.255.0/29", "-", "コア⇔FW", ""],
    &["902", "TR_LGW", "内部情報系", "10.22.255.0/29", "-", "コア⇔FW", ""],
    &["903", "TR_INT", "情報系", "10.23.255.0/29", "-", "コア⇔FW", ""],
    &["950", "GUEST", "来庁者", "-", "-", "フリーWi-Fi", "L2のみ。SVIなし"],
    &["990", "MGMT", "管理", "10.29.0.0/24", "10.29.0.254", "機器管理", ""],
    &["991", "VMOTION", "管理", "10.29.1.0/24", "-", "vMotion", "ルーティングなし"],
    &["992", "VSAN", "管理", "10.29.2.0/24", "-", "vSAN", "ルーティングなし"],
];

fn vlans() -> Vec<u8> {
    let mut book = Writer::new();
    let sheet = book.add_worksheet().set_name("VLAN一覧").unwrap();
    title(sheet, "星見町 VLAN一覧", 6);
    rows(sheet, 4, &[&["VLAN ID", "VLAN名", "系", "ネットワーク", "GW", "用途", "備考"]]);
    rows(sheet, 5, VLANS);
    // Struck through: taken down.
    let strike = Format::new().set_font_strikethrough();
    let gone = ["130", "KIKAN_MFP", "基幹系", "10.21.30.0/24", "", "複合機", "R6撤去"];
    for (column, text) in (0u16..).zip(gone) {
        sheet.write_string_with_format(4 + VLANS.len() as u32, column, text, &strike).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The list of devices without some of them.
pub fn devices_but(left_out: &[&str]) -> Vec<u8> {
    device_list(left_out, &[])
}

/// The same, with `-` in the place of the files of routers that nobody reads.
pub fn devices_without_files(left_out: &[&str]) -> Vec<u8> {
    device_list(left_out, &["RT-SHISHO01.txt", "RT-GC01.txt"])
}

fn device_list(left_out: &[&str], unnamed: &[&str]) -> Vec<u8> {
    let headings: &[&str] = &["No.", "ホスト名", "機種", "設置", "役割", "管理主体", "設定", "ファイル"];
    let all: &[&[&'static str]] = &[
        &[
            "1",
            "FW-SANSO01",
            "FortiGate 100F",
            "本庁サーバ室",
            "三層FW 主系",
            "町",
            "あり",
            "FW-SANSO01_20260316.conf",
        ],
        &["2", "FW-SANSO02", "同上", "同上", "三層FW 副系(HA)", "同上", "あり", "FW-SANSO02_20260316.conf"],
        &[
            "3",
            "SW-CORE01",
            "Catalyst 9300",
            "同上",
            "L3コア",
            "町",
            "あり",
            "20260316_SW-CORE01_teraterm.log",
        ],
        &["4", "SW-FLR2F", "AT-x530", "本庁2F EPS", "フロアL2", "町", "あり", "SW-FLR2F.cfg"],
        &["5", "SW-SV01", "AX3660S", "サーバ室", "サーバ・HCI収容L2", "町", "あり", "SW-SV01_showrun.txt"],
        &["6", "RT-SHISHO01", "RTX830", "東支所", "支所ルータ", "町", "あり", "RT-SHISHO01.txt"],
        &["7", "RT-GC01", "IX2235", "サーバ室", "ガバクラ回線終端", "回線事業者", "あり", "RT-GC01.txt"],
        &[
            "8",
            "SV-MUGAI01",
            "Linux",
            "HCI上",
            "無害化(メール・ファイル)",
            "町",
            "あり",
            "20260316_SV-MUGAI01_teraterm.log",
        ],
        &["9", "RT-LGWAN", "(非公開)", "サーバ室", "LGWAN接続ルータ", "町の管理外", "提供不可", "-"],
        &["10", "RT-SC", "(非公開)", "サーバ室", "県セキュリティクラウド接続ルータ", "県", "提供不可", "-"],
        &["11", "FW-JUKI02", "(非公開)", "サーバ室", "住基FW(庁内側)", "町の管理外", "提供不可", "-"],
        &[
            "13",
            "BBR-FREE01",
            "市販ルータ",
            "1Fロビー",
            "フリーWi-Fi用 民間回線",
            "商工観光課",
            "未取得",
            "-",
        ],
        &[
            "16",
            "FW-OLD01",
            "FortiGate 90D",
            "倉庫",
            "予備機(未使用)",
            "町",
            "あり",
            "FW-OLD01_20230401.conf",
        ],
    ];
    let listed = all.iter().filter(|row| !left_out.contains(&row[1]));
    let cell = |text: &&'static str| if unnamed.contains(text) { "-" } else { *text };
    let listed: Vec<Vec<&str>> = listed.map(|row| row.iter().map(cell).collect()).collect();
    let listed: Vec<&[&str]> = listed.iter().map(Vec::as_slice).collect();
    book(&[("機器一覧", headings, &listed)])
}

/// One sheet per segment, as such tables are kept.
fn hosts() -> Vec<u8> {
    const HEADINGS: &[&str] = &["ホスト名", "IPアドレス", "種別", "備考"];
    book(&[
        (
            "KIKAN_SV",
            HEADINGS,
            &[
                &["SV-KIKAN01", "10.21.10.11", "サーバ", "基幹業務(残置分)"],
                &["SV-JUKI01", "10.21.10.21", "サーバ", "既存住基"],
                &["SV-RENKEI01", "10.21.10.31", "サーバ", "団体内統合宛名・情報連携"],
                &["SV-SHOMEI01", "10.21.10.41", "サーバ", "証明発行"],
                &["SV-ZEI01", "10.21.10.51", "サーバ", "税務"],
                &["SV-UPD-MY", "10.21.10.71", "更新", "定義ファイル中継"],
                &["SV-AD-MY", "10.21.10.5", "認証", "基幹系専用"],
            ],
        ),
        (
            "LGW_SV",
            HEADINGS,
            &[
                &["SV-DNS-L", "10.22.10.11", "認証", ""],
                &["SV-ELTAX01", "10.22.10.51", "サーバ", "国税連携・eLTAX受信"],
                &["SV-SHINSEI01", "10.22.10.61", "サーバ", "申請管理"],
                &["SV-WSUS-L", "10.22.10.71", "更新", ""],
                &["SV-MAIL-L", "10.22.10.81", "メール", ""],
                &["SV-KANRI-L", "10.22.10.91", "管理端末", ""],
                &["SV-ZAIMU01", "10.22.10.101", "サーバ", "財務会計"],
            ],
        ),
        ("LGW_MFP", HEADINGS, &[&["MFP-2F-01", "10.22.30.21", "複合機", "1NIC"]]),
        ("DMZ_MUGAI", HEADINGS, &[&["SV-MUGAI01", "10.22.40.31", "無害化", "eth1"]]),
        (
            "DMZ_INET",
            HEADINGS,
            &[
                &["SV-MUGAI01", "10.23.10.31", "無害化", "eth0"],
                &["SV-VB01", "10.23.10.21", "無害化", "仮想ブラウザ"],
                &["SV-MAILGW", "10.23.10.41", "メール", ""],
            ],
        ),
        (
            "MGMT",
            HEADINGS,
            &[&["SV-KANSHI01", "10.29.0.10", "監視", ""], &["vCenter01", "10.29.0.20", "仮想基盤管理", ""]],
        ),
    ])
}

/// One sheet per switch. `first` and `second` are the ports of the core to which the floor and the servers are plugged.
pub fn cables(first: &str, second: &str) -> Vec<u8> {
    const HEADINGS: &[&str] = &["ポート", "接続先機器", "接続先ポート", "VLAN", "タグ", "備考"];
    book(&[
        (
            "SW-CORE01",
            HEADINGS,
            &[
                &["Te1/1/1", "FW-SANSO01", "x1", "240,310,901-903", "あり", ""],
                &["Te2/1/1", "FW-SANSO02", "x1", "240,310,901-903", "あり", ""],
                &[first, "SW-FLR2F", "port1.0.49", "120,220,230,320,950,990", "あり", "LAG"],
                &["Gi2/0/1", "SW-FLR2F", "port1.0.50", "120,220,230,320,950,990", "あり", "LAG"],
                &[second, "SW-SV01", "gigabitethernet 1/0/25", "110,210,240,310,990", "あり", "LAG"],
                &["Gi2/0/2", "SW-SV01", "gigabitethernet 1/0/26", "110,210,240,310,990", "あり", "LAG"],
                &["Gi1/0/23", "BBR-FREE01", "lan", "950", "なし", ""],
                &["Gi1/0/24", "広域イーサONU", "-", "801,802", "あり", "支所"],
            ],
        ),
        (
            "FW-SANSO01",
            HEADINGS,
            &[
                &["port5", "RT-LGWAN", "-", "-", "なし", "LGWAN接続ルータ"],
                &["port6", "RT-GC01", "GE1.0", "-", "なし", "ガバクラ"],
                &["port7", "FW-JUKI02", "-", "-", "なし", "住基FW"],
                &["port8", "遠隔保守回線", "-", "-", "なし", ""],
                &["wan1", "RT-SC", "-", "-", "なし", "県"],
            ],
        ),
    ])
}

fn declared() -> Vec<u8> {
    let headings: &[&str] = &["申告No.", "対象", "申告内容", "根拠資料", "申告者", "確認日"];
    let all: &[&[&str]] = &[
        &[
            "申-01",
            "RT-LGWAN",
            "LGWAN接続ルータはLGWANと当町の間のみを中継する。LGWAN側で他の外部網への中継はない",
            "接続仕様書(写)",
            "総務課",
            "R8.3.10",
        ],
        &[
            "申-02",
            "RT-SC",
            "県が管理する。県セキュリティクラウド以外への経路はない",
            "県通知(写)",
            "〃",
            "〃",
        ],
        &[
            "申-03",
            "FW-JUKI02",
            "設定非開示。既存住基とCSの間のみを許可している旨の回答がある",
            "回答書",
            "住民課",
            "R8.3.11",
        ],
        &[
            "申-04",
            "広域イーサ",
            "広域イーサの先は東支所のみであり、タグ801及び802を混在させない。支所ルータは両系の間を遮断している",
            "回線契約仕様",
            "総務課",
            "R8.3.10",
        ],
        &[
            "申-06",
            "遠隔保守",
            "保守拠点はインターネットに接続していない",
            "契約書・誓約書",
            "総務課",
            "R8.3.12",
        ],
        &[
            "申-13",
            "RT-GC01",
            "ガバメントクラウド回線終端は閉域網と当町の間のみを中継する",
            "利用契約書",
            "総務課",
            "R8.3.12",
        ],
        &[
            "申-14",
            "SV-VB01",
            "SV-VB01 は画面転送のみを行い、ファイルの受渡し及びクリップボードを停止している",
            "設定確認書",
            "総務課",
            "R8.3.12",
        ],
        &[
            "申-15",
            "SV-MUGAI01",
            "SV-MUGAI01 はメールのテキスト化及びファイルの無害化を行う",
            "設計書",
            "総務課",
            "R8.3.12",
        ],
    ];
    book(&[("申告事項", headings, all)])
}

fn register() -> Vec<u8> {
    let headings: &[&str] = &[
        "No.",
        "申請番号",
        "業務名",
        "区分",
        "開始側",
        "開始側アドレス",
        "相手方",
        "相手方アドレス",
        "プロトコル/ポート",
        "NAT後",
        "粒度",
        "理由",
        "根拠区分",
        "主管課",
        "承認者",
        "承認日",
        "有効期限",
        "業務通信",
    ];
    let council = "情報化推進会議";
    let all: &[&[&str]] = &[
        &[
            "特-01",
            "R5-012",
            "情報連携(中間サーバー)",
            "特定通信",
            "SV-RENKEI01",
            "10.21.10.31",
            "-",
            "198.51.100.20",
            "TCP/443",
            "送信元198.51.100.193",
            "機器単位",
            "",
            "E1",
            "住民課",
            council,
            "令和7年3月24日",
            "令和8年3月31日",
            "○",
        ],
        &[
            "特-02",
            "R5-013",
            "コンビニ交付",
            "特定通信",
            "-",
            "198.51.100.60",
            "SV-SHOMEI01",
            "10.21.10.41",
            "TCP/8443",
            "宛先198.51.100.194",
            "機器単位",
            "",
            "E3",
            "住民課",
            "〃",
            "〃",
            "R8.3.31",
            "○",
        ],
        &[
            "特-03",
            "R4-007",
            "eLTAX受信データ取込",
            "特定通信",
            "SV-ZEI01",
            "10.21.10.51",
            "SV-ELTAX01",
            "10.22.10.51",
            "TCP/22",
            "なし",
            "機器単位",
            "",
            "E4",
            "税務課",
            "〃",
            "〃",
            "2026/3/31",
            "○",
        ],
        &[
            "特-04",
            "R6-003",
            "申請管理連携",
            "特定通信",
            "SV-RENKEI01",
            "10.21.10.31",
            "SV-SHINSEI01",
            "10.22.10.61",
            "TCP/443",
            "なし",
            "機器単位",
            "",
            "E5",
            "住民課",
            "〃",
            "〃",
            "〃",
            "○",
        ],
        &[
            "特-05",
            "H27-001",
            "住基ネット",
            "特定通信",
            "SV-JUKI01",
            "10.21.10.21",
            "-",
            "10.250.1.10",
            "TCP/20443",
            "なし",
            "機器単位",
            "",
            "E2",
            "住民課",
            "〃",
            "〃",
            "〃",
            "○",
        ],
        &[
            "特-06",
            "R7-002",
            "ガバメントクラウド",
            "特定通信",
            "-",
            "10.21.20.0/24、10.21.21.0/24",
            "-",
            "10.240.16.0/24",
            "TCP/443",
            "なし",
            "セグメント単位",
            "端末はDHCP、相手は負荷分散",
            "E6",
            "総務課",
            "〃",
            "〃",
            "〃",
            "○",
        ],
        &[
            "特-07",
            "R3-004",
            "定義ファイル配信",
            "特定通信",
            "SV-UPD-MY",
            "10.21.10.71",
            "SV-WSUS-L",
            "10.22.10.71",
            "TCP/8530",
            "なし",
            "機器単位",
            "",
            "E8",
            "総務課",
            "〃",
            "〃",
            "〃",
            "○",
        ],
        &[
            "特-08",
            "R4-011",
            "収納消込データ連携",
            "特定通信",
            "SV-KIKAN01",
            "10.21.10.11",
            "SV-ZAIMU01",
            "10.22.10.101",
            "TCP/445",
            "なし",
            "機器単位",
            "",
            "庁内データ連携",
            "会計課",
            "〃",
            "〃",
            "〃",
            "○",
        ],
        &[
            "特-09",
            "R7-005",
            "基幹系遠隔保守",
            "保守",
            "-",
            "10.251.7.5",
            "SV-KIKAN01",
            "10.21.10.11",
            "TCP/3389",
            "なし",
            "機器単位",
            "",
            "E10",
            "総務課",
            "〃",
            "〃",
            "R8.3.31",
            "○",
        ],
    ];
    book(&[("特定通信台帳", headings, all)])
}

/// `vNetwork` of RVTools: one row per network card.
pub fn rvtools(more: &[&[&str]]) -> Vec<u8> {
    let mut book = Writer::new();
    let sheet = book.add_worksheet().set_name("vNetwork").unwrap();
    let cards: &[&[&str]] = &[
        &[
            "VM",
            "Powerstate",
            "Template",
            "NIC label",
            "Adapter",
            "Network",
            "Switch",
            "Connected",
            "Mac Address",
            "IPv4 Address",
        ],
        &[
            "SV-KIKAN01",
            "poweredOn",
            "False",
            "Network adapter 1",
            "Vmxnet3",
            "PG_110_KIKAN_SV",
            "vSwitch1",
            "True",
            "00:50:56:00:00:11",
            "10.21.10.11",
        ],
        &[
            "SV-ELTAX01",
            "poweredOn",
            "False",
            "Network adapter 1",
            "Vmxnet3",
            "PG_210_LGW_SV",
            "vSwitch1",
            "True",
            "00:50:56:00:00:51",
            "10.22.10.51",
        ],
        &[
            "SV-MUGAI01",
            "poweredOn",
            "False",
            "Network adapter 1",
            "Vmxnet3",
            "PG_310_DMZ_INET",
            "vSwitch1",
            "True",
            "00:50:56:00:00:30",
            "10.23.10.31",
        ],
        &[
            "SV-MUGAI01",
            "poweredOn",
            "False",
            "Network adapter 2",
            "Vmxnet3",
            "PG_240_DMZ_MUGAI",
            "vSwitch1",
            "True",
            "00:50:56:00:00:31",
            "10.22.40.31",
        ],
        &[
            "SV-VB01",
            "poweredOn",
            "False",
            "Network adapter 1",
            "Vmxnet3",
            "PG_310_DMZ_INET",
            "vSwitch1",
            "True",
            "00:50:56:00:00:21",
            "10.23.10.21",
        ],
        &[
            "SV-KANSHI01",
            "poweredOn",
            "False",
            "Network adapter 1",
            "Vmxnet3",
            "PG_990_MGMT",
            "vSwitch1",
            "True",
            "00:50:56:00:00:10",
            "10.29.0.10",
        ],
    ];
    rows(sheet, 1, cards);
    rows(sheet, 1 + cards.len() as u32, more);
    book.save_to_buffer().unwrap()
}

/// The sanitizer as somebody logged it.
fn linux() -> String {
    let site = shipped("hoshimi").join("configs/SV-MUGAI01");
    let p = "[root@SV-MUGAI01 ~]# ";
    let shown = [
        ("iptables-save", "iptables-save"),
        ("ip6tables-save", "ip6tables-save"),
        ("ip addr", "ip_addr"),
        ("ip route", "ip_route"),
        ("sysctl -a", "sysctl"),
    ];
    let mut log = format!(
        "Last login: Mon Mar 16 22:00:00 2026\n{p}date\nMon Mar 16 22:01:02 JST 2026\n{p}iptabels-save\n-bash: iptabels-save: command not found\n"
    );
    for (command, file) in shown {
        let text = fs::read_to_string(site.join(format!("{file}.txt"))).unwrap();
        log += &format!("{p}{command}\n{}\n", text.trim_end());
    }
    teraterm(&format!("{log}{p}exit\n"))
}

/// Routers of vendors that this version does not read.
const BRANCH: &str = "# RTX830 Rev.15.02.29\r\n# MAC Address : 00:00:5e:00:53:01\r\nip route default gateway 10.22.254.1\r\n\
    vlan lan1/1 802.1q vid=121 name=窓口\r\nip lan1/1 address 10.21.21.254/24\r\nip lan1/1 secure filter in 1010 1011 1090\r\n\
    ip filter 1010 pass 10.21.21.0/24 10.21.0.0/16 * * *\r\nip filter 1090 reject * * * * *\r\n";
const CLOUD: &str = "! NEC Portable Internetwork Core Operating System Software\r\nhostname RT-GC01\r\n\
    ip route 10.240.16.0/20 10.240.0.1\r\ninterface GigaEthernet1.0\r\n  ip address 10.21.150.6/29\r\n  no shutdown\r\n";

/// Where the list of cables lies.
pub const CABLES: &str = "02_管理表/星見町_結線表.xlsx";
/// Where the export of the virtual machines lies.
pub const MACHINES: &str = "02_管理表/RVTools_export.xlsx";
/// Where the list of devices lies.
pub const DEVICES: &str = "02_管理表/星見町_機器一覧_v1.3.xlsx";

/// Routers of the list of which nothing can be read, and of which no table says where they stand for sure.
pub const UNREAD: [&str; 2] = ["RT-SHISHO01", "BBR-FREE01"];
/// Those of which the table of cables says so.
pub const BEYOND: [&str; 4] = ["RT-GC01", "RT-LGWAN", "RT-SC", "FW-JUKI02"];

/// The folder that an integrator hands over.
pub fn delivered(root: &Path) -> PathBuf {
    let town = root.join(FOLDER);
    let put = |path: &str, bytes: &[u8]| {
        let full = town.join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, bytes).unwrap();
    };
    let site = shipped("hoshimi").join("configs");
    let day = "01_設定情報/20260316";
    for name in [
        "FW-SANSO01_20260316.conf",
        "FW-SANSO02_20260316.conf",
        "20260316_SW-CORE01_teraterm.log",
        "SW-FLR2F.cfg",
        "SW-SV01_showrun.txt",
    ] {
        put(&format!("{day}/{name}"), &fs::read(site.join(name)).unwrap());
    }
    put(&format!("{day}/20260316_SV-MUGAI01_teraterm.log"), linux().as_bytes());
    put(&format!("{day}/RT-SHISHO01.txt"), &SHIFT_JIS.encode(BRANCH).0);
    put(&format!("{day}/RT-GC01.txt"), CLOUD.as_bytes());
    for name in ["FW-SANSO01_20250401.conf", "FW-SANSO01_20251120_作業前.conf", "FW-OLD01_20230401.conf"] {
        put(&format!("99_old/{name}"), &fs::read(site.join("old").join(name)).unwrap());
    }
    put(DEVICES, &devices_but(&[]));
    put("02_管理表/星見町_VLAN一覧.xlsx", &vlans());
    put("02_管理表/星見町_IPアドレス管理表.xlsx", &hosts());
    put(CABLES, &cables("Gi1/0/1", "Gi1/0/2"));
    put("02_管理表/星見町_申告事項.xlsx", &declared());
    put(MACHINES, &rvtools(&[]));
    put("03_台帳/特定通信台帳_R7.xlsx", &register());
    town
}
