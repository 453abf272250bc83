//! The device list: what is listed counts, whether or not anything of it was handed in.

use bunri::network::{DeviceStatus, Site};

use super::{csv, mistake, town};

const LIST: &str = "[[table]]\nkind = \"devices\"\nfile = \"t.csv\"\n";
const CONFIRMED: &str =
    "[[table]]\nkind = \"devices\"\nfile = \"t.csv\"\n[[table]]\nkind = \"connections\"\nfile = \"c.csv\"\n";

fn missing(site: &Site) -> Vec<&str> {
    let boxes = site.boxes.iter().filter(|b| matches!(b.1, DeviceStatus::Missing(_)));
    boxes.map(|b| b.0.value.as_str()).collect()
}

#[test]
fn a_listed_device_stands_anywhere_whether_or_not_its_row_names_a_file() {
    for file in ["RT-1.txt", "-", ""] {
        let list: &[&[&str]] = &[&["ホスト名", "機種", "設定ファイル"], &["RT-1", "RTX830", file]];
        let site = town(LIST, &[("t.csv", csv(list))]).unwrap().0;
        assert_eq!(missing(&site), ["RT-1"], "{file}");
        assert!(site.devices().any(|(_, d)| d.chassis == "RT-1" && !d.elsewhere.is_empty()), "{file}");
    }
}

#[test]
fn only_what_the_list_calls_a_machine_is_no_router() {
    let cases = [
        // 機器種別, 機種, 用途
        ("", "", "", true),
        ("", "RTX830", "支所", true),
        ("", "AX3660S", "サーバ・HCI収容L2", true),
        ("", "x", "端末収容スイッチ", true),
        ("", "x", "VPNサーバ", true),
        ("サーバ", "x", "VPN", false),
        ("スイッチ", "Windows Server", "サーバ", true),
        ("", "Windows Server 2022", "財務会計", false),
        ("", "PC-LL750", "窓口端末", false),
        ("", "UPC3000", "", true),
        ("ルーター", "x", "サーバ室", true),
        ("複合機", "x", "2F", false),
    ];
    for (kind, model, role, counts) in cases {
        let list: &[&[&str]] = &[&["ホスト名", "機器種別", "機種", "用途"], &["X-1", kind, model, role]];
        let site = town(LIST, &[("t.csv", csv(list))]).unwrap().0;
        assert_eq!(missing(&site) == ["X-1"], counts, "{kind} {model} {role}");
    }
    // What is known as a host is one; what is left out with a reason is left out.
    let list: &[&[&str]] = &[&["ホスト名", "対象外の理由"], &["SV-1", ""], &["HUB", "島HUB"]];
    let site = town(LIST, &[("t.csv", csv(list))]).unwrap().0;
    assert!(missing(&site).is_empty());
}

#[test]
fn a_declaration_stands_for_the_file_that_a_row_names() {
    let list: &[&[&str]] = &[&["ホスト名", "設定ファイル"], &["RT-1", "RT-1.txt"]];
    let device = |config: &str| {
        format!(
            "{LIST}[[device]]\nname = \"RT-1\"\nconfig = \"{config}\"\ndeclarations = [\"申-01\"]\n[device.attach]\na = \"m\"\n[device.contract]\nforwards = []\n"
        )
    };
    let site = town(&device("unavailable"), &[("t.csv", csv(list))]).unwrap().0;
    assert!(site.boxes.iter().any(|b| b.0.value == "RT-1" && b.1 == DeviceStatus::Declared));
    // Another file is a contradiction all the same.
    let other = device("other.txt").replace("[device.contract]\nforwards = []\n", "");
    assert_eq!(mistake(town(&other, &[("t.csv", csv(list))])).code, "contradiction");
}

/// The town with a firewall, a list with two routers, and rows of interfaces.
fn confirmed(rows: &[[&str; 10]]) -> super::Outcome {
    let head: &[&str] = &[
        "機器",
        "インターフェース",
        "セグメント",
        "ネットワーク",
        "系",
        "接続先",
        "対向ルータ",
        "確認",
        "申告No.",
        "対向機器",
    ];
    let rows: Vec<&[&str]> = [head].into_iter().chain(rows.iter().map(|r| r.as_slice())).collect();
    let list: &[&[&str]] =
        &[&["ホスト名", "設定ファイル"], &["FW", "FW.conf"], &["RT-1", "RT-1.txt"], &["RT-2", "-"]];
    town(CONFIRMED, &[("t.csv", csv(list)), ("c.csv", csv(&rows))])
}

#[test]
fn the_device_behind_a_confirmed_row_stands_there_and_nowhere_else() {
    let near = ["FW", "port6", "g", "10.3.0.0/29", "M", "閉域網", "10.3.0.6", "○", "申-01", "RT-1"];
    let far = ["FW", "port7", "j", "", "M", "閉域網", "", "○", "申-01", "RT-2"];
    let site = confirmed(&[near, far]).unwrap().0;
    assert_eq!(missing(&site), ["FW"]);
    let device = |name: &str| site.devices().find(|(_, d)| d.chassis == name).unwrap().1;
    let segments = |name: &str| {
        let on = device(name).attached.iter().flatten();
        let mut all: Vec<&str> = on.map(|s| site.segment(*s).unwrap().id.value.as_str()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(segments("RT-1"), ["g", "g:外部"]);
    assert_eq!(segments("RT-2"), ["j"]);
    for name in ["RT-1", "RT-2"] {
        assert!(device(name).elsewhere.is_empty() && device(name).declarations == ["申-01"]);
    }
    // It is the router of the row, at its address; no second one stands beside it.
    assert_eq!(site.devices().filter(|(_, d)| d.contract.is_some()).count(), 2);
    let addresses = device("RT-1").device.interfaces.iter().flat_map(|i| &i.addresses);
    assert_eq!(addresses.map(|a| a.network.ip().to_string()).collect::<Vec<_>>(), ["10.3.0.6"]);
}

#[test]
fn a_device_behind_a_row_that_nobody_confirmed_may_stand_anywhere() {
    let row =
        |mark, leads, peer| ["FW", "port6", "m", "10.1.0.0/24", "M", leads, "10.1.0.6", mark, "申-01", peer];
    for (mark, leads, peer) in
        [("", "閉域網", "RT-1"), ("×", "閉域網", "RT-1"), ("○", "閉域網", "RT-9"), ("○", "庁内", "RT-1")]
    {
        let site = confirmed(&[row(mark, leads, peer)]).unwrap().0;
        assert!(missing(&site).contains(&"RT-1"), "{mark} {leads} {peer}");
    }
    // One box behind two interfaces may join them.
    let twice = |n, segment| ["FW", n, segment, "", "M", "閉域網", "", "○", "申-01", "RT-1"];
    let wrong = mistake(confirmed(&[twice("port6", "g"), twice("port7", "j")]));
    assert_eq!((wrong.code, wrong.cell.as_str()), ("unclear-cell", "J3"), "{wrong:?}");
    // The two members of a cluster are plugged into one network.
    assert_eq!(missing(&confirmed(&[twice("port6", "g"), twice("port7", "g")]).unwrap().0), ["FW", "RT-2"]);
}

const NETWORKS: &str = "[[table]]\nkind = \"networks\"\nfile = \"n.csv\"\n";

/// A network behind a router that nobody reads: there once somebody says so.
#[test]
fn a_network_without_an_interface_is_a_segment_once_it_is_confirmed() {
    let rows = |mark| {
        let all: &[&[&str]] =
            &[&["セグメント", "ネットワーク", "系", "確認"], &["E", "10.9.0.0/24", "基幹系", mark]];
        town(NETWORKS, &[("n.csv", csv(all))])
    };
    for (mark, there) in [("○", true), ("", false), ("×", false)] {
        let site = rows(mark).unwrap().0;
        let found = site.segments().find(|(_, s)| s.id.value == "E");
        assert_eq!(found.is_some_and(|(_, s)| s.zone.is_some()), there, "{mark}");
    }
    assert_eq!(mistake(rows("済")).cell, "D2");
}

/// Only a register can be provisional, and only its own mistakes are forgiven, all of it or nothing.
#[test]
fn a_provisional_register_counts_as_none_until_all_of_it_is_read() {
    use bunri::intent::register::{pending, read_or_wait};
    let text = |provisional: &str| format!("[[table]]\nkind = \"register\"\nfile = \"r.csv\"\n{provisional}");
    let mut rows = vec![super::HEADINGS, super::GOOD];
    let second = super::with(&[("台帳No.", "特-02"), ("相手方", "SV-9")]);
    rows.push(&second);
    let broken = csv(&rows);
    assert_eq!(mistake(town(&text(""), &[("r.csv", broken.clone())])).cell, "E3");
    let build = |bytes: Vec<u8>| {
        let topology = format!("{}{}", super::TOWN, text("provisional = true\n"));
        let files = [("topology.toml".to_owned(), topology.into_bytes()), ("r.csv".to_owned(), bytes)];
        let folder = crate::sites::Folder(files.into_iter().collect());
        bunri::network::build(&folder, &[], &bunri::source::Limits::default()).unwrap()
    };
    // A row that cannot be read, and a sheet that is none: no entry counts.
    for bytes in [broken, b"x,y\r\n1,2\r\n".to_vec()] {
        let site = build(bytes);
        assert!(read_or_wait(&site).unwrap().is_none() && !pending(&site).is_empty());
    }
    let site = build(csv(&rows[..2]));
    assert_eq!(read_or_wait(&site).unwrap().unwrap().entries.len(), 1);
    assert!(pending(&site).is_empty());
    let list = "[[table]]\nkind = \"devices\"\nfile = \"t.csv\"\nprovisional = true\n";
    assert_eq!(mistake(town(list, &[("t.csv", csv(&[&["ホスト名"], &["FW"]]))])).code, "invalid-value");
}
