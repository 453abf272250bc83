//! The tables of the shipped example: written here, so that everybody can see what is in the binary files.
//!
//! `BUNRI_WRITE_TABLES=1 cargo test example_tables` writes them; otherwise what lies there must read as what is written
//! here.

use std::path::{Path, PathBuf};

use bunri::source::sheet::{Grid, Workbook, csv};
use encoding_rs::SHIFT_JIS;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook as Writer, Worksheet};

pub const BOOK: &str = "tables/若葉町_管理表.xlsx";
pub const REGISTER: &str = "policy/特定通信台帳_R7.xlsx";
pub const CABLES: &str = "tables/若葉町_結線表.csv";
pub const DECLARED: &str = "tables/若葉町_申告事項.csv";

fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/wakaba-tables")
}

fn heading() -> Format {
    Format::new().set_bold().set_border(FormatBorder::Thin).set_align(FormatAlign::Center).set_text_wrap()
}

fn put(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in (0u16..).zip(cells) {
        if !text.is_empty() {
            sheet.write_string(row - 1, column, *text).unwrap();
        }
    }
}

fn struck(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    let format = Format::new().set_font_strikethrough();
    for (column, text) in (0u16..).zip(cells) {
        sheet.write_string_with_format(row - 1, column, *text, &format).unwrap();
    }
}

/// Headings over two rows: `開始側/アドレス` stands for a group with a column below it.
fn headings(sheet: &mut Worksheet, row: u32, all: &[&str]) {
    let mut column = 0u16;
    while let Some(text) = all.get(usize::from(column)) {
        let Some((group, _)) = text.split_once('/').filter(|(g, _)| *g != "プロトコル") else {
            sheet.merge_range(row - 1, column, row, column, text, &heading()).unwrap();
            column += 1;
            continue;
        };
        let members: Vec<&str> = all[usize::from(column)..]
            .iter()
            .map_while(|t| t.split_once('/').filter(|(g, _)| *g == group))
            .map(|m| m.1)
            .collect();
        let last = column + members.len() as u16 - 1;
        sheet.merge_range(row - 1, column, row - 1, last, group, &heading()).unwrap();
        for (at, member) in (column..).zip(&members) {
            sheet.write_string_with_format(row, at, *member, &heading()).unwrap();
        }
        column = last + 1;
    }
}

fn title(sheet: &mut Worksheet, text: &str, below: &str, last: u16) {
    sheet.merge_range(0, 0, 0, last, text, &Format::new().set_bold().set_font_size(14)).unwrap();
    sheet.write_string(1, 0, below).unwrap();
}

fn vlans(sheet: &mut Worksheet) {
    title(sheet, "若葉町 VLAN一覧", "令和8年3月10日現在 総務課 情報係(取り消し線は撤去済み)", 8);
    let all = [
        "VLAN ID",
        "VLAN名",
        "系",
        "用途",
        "ネットワーク/アドレス",
        "ネットワーク/サブネットマスク",
        "全機器記載",
        "状態",
        "備考",
    ];
    headings(sheet, 4, &all);
    let mask = "255.255.255.0";
    put(sheet, 6, &["11", "kikan_sv", "", "基幹系サーバ", "10.60.10.0", mask, "○", "", ""]);
    put(sheet, 7, &["12", "kikan_pc", "", "窓口端末", "10.60.20.0", mask, "○", "", "DHCP"]);
    struck(sheet, 8, &["13", "kikan_mfp", "基幹系", "複合機", "10.60.30.0", mask, "○", "撤去", "R6撤去"]);
    put(sheet, 9, &["21", "naibu_sv", "", "LGWAN接続系サーバ", "10.61.10.0", mask, "○", "", ""]);
    put(sheet, 10, &["22", "naibu_pc", "", "LGWAN接続系端末", "10.61.20.0", mask, "○", "", "DHCP"]);
    put(
        sheet,
        11,
        &["24", "mugai_uchi", "", "無害化サーバ内側", "10.61.40.0/28", "255.255.255.240", "○", "", ""],
    );
    put(sheet, 12, &["-", "lgwan_wan", "", "LGWAN接続ルータ間", "10.61.250.0/29", "", "○", "", "FW直収"]);
    put(
        sheet,
        13,
        &["31", "joho_dmz", "情報系", "仮想ブラウザ・無害化サーバ外側", "10.62.10.0", "/24", "○", "", ""],
    );
    put(sheet, 14, &["32", "joho_pc", "〃", "インターネット端末", "10.62.20.0", "/24", "○", "", ""]);
    put(
        sheet,
        15,
        &["-", "sc_wan", "同上", "県セキュリティクラウド接続ルータ間", "192.0.2.8/29", "", "○", "", ""],
    );
    sheet.write_number(15, 0, 90).unwrap();
    put(sheet, 16, &["", "kanri", "管理", "機器管理", "10.63.0.0", mask, "○", "稼働中", ""]);
    // Hidden by a filter, and in use as its state says.
    sheet.set_row_hidden(15).unwrap();
    sheet.merge_range(5, 2, 6, 2, "基幹系", &Format::new()).unwrap();
    sheet.merge_range(8, 2, 11, 2, "内部情報系", &Format::new()).unwrap();
}

fn devices(sheet: &mut Worksheet) {
    title(sheet, "若葉町 機器一覧", "令和8年3月10日現在", 6);
    put(sheet, 3, &["No.", "ホスト名", "機種", "設置場所", "管理主体", "設定ファイル", "対象外の理由"]);
    put(
        sheet,
        4,
        &["1", "FW-WAKABA01", "FortiGate 60F", "本庁サーバ室", "町", "configs/FW-WAKABA01_20260310.conf", ""],
    );
    put(
        sheet,
        5,
        &["2", "SV-MUGAI01", "Linux", "仮想基盤上", "〃", "configs/SV-MUGAI01/iptables-save.txt", ""],
    );
    put(sheet, 6, &["3", "RT-LGWAN", "(非公開)", "本庁サーバ室", "町の管理外", "-", ""]);
    put(sheet, 7, &["4", "RT-SC", "(非公開)", "〃", "県", "-", ""]);
    put(
        sheet,
        8,
        &["5", "島HUB", "市販品(6台)", "各島", "町", "-", "設定のない集線装置であり、セグメントに含めて扱う"],
    );
}

fn hosts(sheet: &mut Worksheet) {
    title(sheet, "若葉町 IPアドレス管理表(サーバ・固定端末)", "職員端末はDHCPのため記載しない", 8);
    put(
        sheet,
        4,
        &[
            "No.",
            "ホスト名",
            "セグメント",
            "IPアドレス",
            "種別",
            "中継",
            "申告No.",
            "対応機器",
            "管理者パスワード",
            "備考",
        ],
    );
    let rows: [&[&str]; 13] = [
        &["1", "SV-KIKAN01", "基幹系サーバ", "10.60.10.11", "サーバ"],
        &["2", "SV-ZEI01", "〃", "10.60.10.21", "〃"],
        &["3", "SV-UPD-K", "〃", "10.60.10.71", "更新"],
        &["4", "SV-DNS-N", "naibu_sv", "10.61.10.11", "認証"],
        &["5", "SV-ELTAX01", "〃", "10.61.10.51", "サーバ"],
        &["6", "SV-WSUS-N", "〃", "10.61.10.71", "更新"],
        &["7", "SV-MAIL-N", "〃", "10.61.10.81", "メール"],
        &["8", "MFP-2F-01", "naibu_pc", "10.61.20.201", "複合機"],
        &["9", "SV-MUGAI01", "joho_dmz", "10.62.10.31", "無害化", "", "", "SV-MUGAI01"],
        &["10", "SV-MUGAI01", "mugai_uchi", "10.61.40.2", "無害化", "", "", "SV-MUGAI01"],
        &["11", "SV-VB01", "joho_dmz", "10.62.10.21", "無害化", "", "", "", "hunter2-canary"],
        &["12", "SV-MAILGW", "〃", "10.62.10.41", "メール"],
        &["13", "SV-KANSHI01", "kanri", "10.63.0.10", "監視", "しない", "申-05"],
    ];
    for (row, cells) in (5u32..).zip(rows) {
        put(sheet, row, cells);
    }
}

/// The workbook of the network tables.
pub fn book() -> Vec<u8> {
    let mut book = Writer::new();
    let cover = book.add_worksheet().set_name("表紙").unwrap();
    cover.write_string(3, 1, "若葉町 ネットワーク管理表 第3版").unwrap();
    vlans(book.add_worksheet().set_name("VLAN一覧").unwrap());
    devices(book.add_worksheet().set_name("機器一覧").unwrap());
    hosts(book.add_worksheet().set_name("IPアドレス管理表").unwrap());
    book.save_to_buffer().unwrap()
}

/// The workbook of the register.
pub fn register() -> Vec<u8> {
    let mut book = Writer::new();
    let sheet = book.add_worksheet().set_name("台帳").unwrap();
    title(
        sheet,
        "令和7年度 特定通信台帳・系間通信一覧(若葉町)",
        "有効期限は、この例をいつ解析しても同じ結果となるよう、遠い日付としている",
        18,
    );
    let all = [
        "台帳No.",
        "申請番号",
        "業務名",
        "区分",
        "根拠区分",
        "開始側/機器名",
        "開始側/アドレス",
        "相手方/機器名",
        "相手方/アドレス",
        "プロトコル/ポート",
        "粒度",
        "接続先の種別",
        "主管課",
        "承認者",
        "承認日",
        "有効期限",
        "業務通信",
        "状態",
        "備考",
    ];
    headings(sheet, 4, &all);
    let council = "情報化推進会議";
    put(
        sheet,
        6,
        &[
            "特-01",
            "R6-004",
            "eLTAXデータ取得(SFTP)",
            "特定通信",
            "E4",
            "SV-ZEI01",
            "10.60.10.21",
            "SV-ELTAX01",
            "10.61.10.51",
            "TCP/22",
            "機器単位",
            "庁内",
            "税務課",
            council,
            "令和7年3月24日",
            "令和20年3月31日",
            "○",
        ],
    );
    put(
        sheet,
        7,
        &[
            "特-02",
            "R6-011",
            "定義ファイル配信",
            "〃",
            "E8",
            "SV-UPD-K",
            "10.60.10.71",
            "SV-WSUS-N",
            "10.61.10.71",
            "8530(TCP)",
            "機器単位",
            "庁内",
            "総務課",
            "〃",
            "R7.3.24",
            "R20.3.31",
            "○",
        ],
    );
    struck(
        sheet,
        8,
        &[
            "特-03",
            "R5-002",
            "旧収納データ連携",
            "特定通信",
            "E4",
            "SV-KIKAN01",
            "10.60.10.11",
            "SV-ELTAX01",
            "10.61.10.51",
            "SMB",
            "機器単位",
            "庁内",
            "会計課",
            council,
            "R5.3.24",
            "R7.3.31",
            "○",
            "廃止",
            "R7.3廃止",
        ],
    );
    put(
        sheet,
        9,
        &[
            "運-01",
            "R6-020",
            "ログ収集",
            "通常",
            "運用管理",
            "-",
            "10.60.10.11、.21",
            "SV-KANSHI01",
            "10.63.0.10",
            "SYSLOG",
            "機器単位",
            "庁内",
            "総務課",
            council,
            "",
            "",
            "-",
        ],
    );
    put(
        sheet,
        10,
        &[
            "運-02",
            "〃",
            "死活監視(エコー要求)",
            "通常",
            "〃",
            "SV-KANSHI01",
            "",
            "-",
            "10.60.10.11、10.60.10.21",
            "PING",
            "機器単位",
            "庁内",
            "〃",
            "〃",
            "〃",
            "〃",
            "-",
        ],
    );
    put(
        sheet,
        11,
        &[
            "運-03",
            "〃",
            "死活監視(SNMP)",
            "通常",
            "〃",
            "SV-KANSHI01",
            "",
            "-",
            "〃",
            "UDP/161~162",
            "機器単位",
            "庁内",
            "同上",
            "同上",
            "令和7年3月24日",
            "令和19年度末",
            "",
        ],
    );
    put(
        sheet,
        12,
        &[
            "運-04",
            "〃",
            "死活監視(SNMP、TCP)",
            "通常",
            "〃",
            "SV-KANSHI01",
            "",
            "-",
            "〃",
            "TCP 161-162",
            "機器単位",
            "庁内",
            "総務課",
            council,
            "2025-03-24",
            "2038/3/31",
            "",
        ],
    );
    let day = Format::new().set_num_format("[$-411]ggge\"年\"m\"月\"d\"日\"");
    sheet.write_datetime_with_format(8, 14, ExcelDateTime::from_ymd(2025, 3, 24).unwrap(), &day).unwrap();
    let day = Format::new().set_num_format("yyyy/m/d");
    sheet.write_datetime_with_format(8, 15, ExcelDateTime::from_ymd(2038, 3, 31).unwrap(), &day).unwrap();
    book.save_to_buffer().unwrap()
}

/// The cabling, as Excel saves CSV in Japan.
pub fn cables() -> Vec<u8> {
    let text = "若葉町 結線表(ポート収容表),,,\r\n,,,\r\n機器,ポート,接続先セグメント,備考\r\n\
        FW-WAKABA01,wan1,sc_wan,県接続ルータ\r\n\
        〃,port5,lgwan_wan,LGWAN接続ルータ\r\n\
        〃,v11_kikan_sv,基幹系サーバ,\r\n\
        〃,v12_kikan_pc,窓口端末,\"島HUB\r\n(2台)\"\r\n\
        〃,v21_naibu_sv,naibu_sv,\r\n\
        〃,v22_naibu_pc,naibu_pc,\r\n\
        〃,v24_mugai,mugai_uchi,\r\n\
        〃,v31_joho_dmz,joho_dmz,\r\n\
        〃,v32_joho_pc,joho_pc,\r\n\
        〃,v90_kanri,機器管理,\r\n\
        〃,fortilink,未使用,\r\n\
        SV-MUGAI01,eth0,joho_dmz,\r\n\
        SV-MUGAI01,eth1,mugai_uchi,\r\n";
    cp932(text)
}

/// The declarations.
pub fn declared() -> Vec<u8> {
    let text = "申告No.,対象,申告内容,根拠資料,申告者(課名),確認日\r\n\
        申-01,RT-LGWAN,\"LGWAN接続ルータはLGWANと当町の間のみを中継し、LGWANの先にインターネットへの経路はない\",LGWAN接続申請書(写),総務課 情報係,R8.3.10\r\n\
        申-02,RT-SC,県接続ルータは県セキュリティクラウドと当町の間のみを中継する,県情報政策課 通知(写),〃,〃\r\n\
        申-03,SV-VB01,仮想ブラウザは画面転送のみを行い、ファイル受渡し機能を停止している,仮想ブラウザ 設定確認書,〃,令和8年3月6日\r\n\
        申-04,SV-MUGAI01,無害化サーバはファイル無害化及びメールのテキスト化を行い、IP転送を停止している,無害化サーバ 設計書 第4章,〃,〃\r\n\
        申-05,SV-KANSHI01,監視サーバは受信したログ及び応答を他の機器へ送らない,監視システム 構成図,〃,〃\r\n";
    cp932(text)
}

fn cp932(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = SHIFT_JIS.encode(text);
    assert!(!lost);
    bytes.into_owned()
}

fn grids(bytes: &[u8]) -> Vec<Grid> {
    let mut book = Workbook::open(bytes).unwrap();
    let names: Vec<String> = book.names().map(str::to_owned).collect();
    names.iter().map(|n| book.sheet(n).unwrap().unwrap()).collect()
}

#[test]
fn example_tables_are_what_is_written_here() {
    let all = [(BOOK, book()), (REGISTER, register()), (CABLES, cables()), (DECLARED, declared())];
    for (path, bytes) in all {
        let place = site().join(path);
        if std::env::var_os("BUNRI_WRITE_TABLES").is_some() {
            std::fs::write(&place, &bytes).unwrap();
        }
        let lies = std::fs::read(&place).unwrap_or_else(|e| panic!("{path}: {e}"));
        if path.ends_with(".csv") {
            assert_eq!(lies, bytes, "{path}");
        } else {
            assert_eq!(grids(&lies), grids(&bytes), "{path}");
        }
    }
    assert!(csv("a,\"b").is_err());
}
