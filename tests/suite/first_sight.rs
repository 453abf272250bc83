//! What a folder says of itself is taken for no more than it says: names of paths, of port groups, rows of tables that do
//! not agree, words that speak for several networks. Each guess that may not be made stands beside one that may.

use std::collections::{BTreeMap, BTreeSet};

use bunri::network::survey::{self, InterfaceRow, Survey};
use bunri::network::{Site, build};
use bunri::source::{Lang, Limits, SitePath};
use bunri::vendor::VENDORS;

type Contents = BTreeMap<SitePath, Vec<u8>>;

fn contents(files: &[(&str, &str)]) -> Contents {
    files.iter().map(|(path, text)| (SitePath::new(path).unwrap(), text.as_bytes().to_vec())).collect()
}

fn surveyed(files: &[(&str, &str)]) -> Survey {
    survey::survey(&contents(files), VENDORS, &Limits::default()).unwrap()
}

/// A configuration of a FortiGate of this name, with lines inside its interface `v10`.
fn forti(name: &str, more: &str) -> String {
    format!(
        "#config-version=FG100F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin\nconfig system global\n    set hostname \"{name}\"\nend\n\
         config system interface\n    edit \"port1\"\n        set vdom \"root\"\n    next\n    edit \"v10\"\n        set vdom \"root\"\n\
         \u{20}       set ip 10.1.10.254 255.255.255.0\n        set vlanid 10\n        set interface \"port1\"\n{more}    next\nend\n"
    )
}

/// The file that counts for a device; `None` if it is taken for a spare one.
fn chosen(files: &[&str]) -> Option<String> {
    let text = forti("FW-A", "");
    let files: Vec<(&str, &str)> = files.iter().map(|path| (*path, text.as_str())).collect();
    let found = surveyed(&files);
    found.units[0].chosen().map(|g| g.path.to_string())
}

#[test]
fn a_device_under_the_name_of_a_building_is_not_left_out() {
    for path in [
        "旧庁舎/FW-A.conf",
        "予備回線/FW-A.conf",
        "廃棄物処理場/FW-A.conf",
        "撤去跡地/FW-A.conf",
        "gold/FW-A.conf",
    ] {
        assert_eq!(chosen(&[path]).as_deref(), Some(path));
    }
    for path in [
        "旧/FW-A.conf",
        "旧設定/FW-A.conf",
        "予備機/FW-A.conf",
        "99_old/FW-A.conf",
        "変更履歴/FW-A.conf",
        "FW-A_予備.conf",
    ] {
        assert_eq!(chosen(&[path]), None, "{path}");
    }
}

/// A spare unit's newer export is not what the device does.
#[test]
fn what_is_kept_aside_comes_after_what_is_in_use() {
    for aside in ["予備機/FW-A_20260301.conf", "spare/FW-A_20260301.conf", "旧設定/FW-A_20260301.conf"]
    {
        assert_eq!(
            chosen(&["01/FW-A_20250101.conf", aside]).as_deref(),
            Some("01/FW-A_20250101.conf"),
            "{aside}"
        );
    }
    let newer = chosen(&["01/FW-A_20250101.conf", "02/FW-A_20260301.conf"]);
    assert_eq!(newer.as_deref(), Some("02/FW-A_20260301.conf"));
}

const VLANS: &str = "VLAN ID,VLAN名,系,ネットワーク,用途\n10,KIKAN_SV,基幹系,10.1.10.0/24,基幹系サーバ\n\
    100,LGW_SV,内部情報系,10.2.100.0/24,LGWAN系サーバ\n2,MGMT,管理,10.9.2.0/24,機器管理\n";

#[test]
fn a_port_group_is_a_segment_only_by_its_own_name_or_by_number_and_addresses() {
    let meant = |group: &str, addresses: [&str; 2]| {
        let [one, two] = addresses;
        let cards = format!(
            "VM,Powerstate,NIC label,Network,IPv4 Address\nSV-01,poweredOn,Network adapter 1,{group},{one}\n\
             SV-02,poweredOn,Network adapter 1,{group},{two}\n"
        );
        let found = surveyed(&[("VLAN一覧.csv", VLANS), ("vNetwork.csv", &cards)]);
        let table = found.tables.iter().find(|t| t.path.as_str() == "vNetwork.csv").unwrap();
        table.words.iter().find(|w| !w.0.is_empty()).map(|w| w.1.clone())
    };
    let (kikan, lgw) = (["10.1.10.11", "10.1.10.12"], ["10.2.100.11", ""]);
    for (group, addresses, segment) in [
        ("PG_10", kikan, Some("KIKAN_SV")),
        ("VLAN10_SV", kikan, Some("KIKAN_SV")),
        ("2F_VLAN100", lgw, Some("LGW_SV")),
        ("PG_LGW_SV", ["", ""], Some("LGW_SV")),
        // The number alone is nobody's word: addresses elsewhere, one of them, or none.
        ("PG_10", lgw, None),
        ("PG_10", ["10.1.10.11", "10.2.100.11"], None),
        ("PG_10", ["", ""], None),
        // A floor and a rack are no VLANs; nor is 10 in 100.
        ("2F_rack10", kikan, None),
        ("PG_2F_100", lgw, None),
        ("VLAN1000", lgw, None),
        ("VM Network", kikan, None),
    ] {
        assert_eq!(meant(group, addresses).as_deref(), segment, "{group} {addresses:?}");
    }
}

fn site(files: &[(&str, &str)]) -> Site {
    build(&contents(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

/// The row of the interface `v10` as the form has it, with these lists of VLANs in the folder.
fn row(config: &str, lists: &[&str]) -> InterfaceRow {
    let paths: Vec<String> = (0..lists.len()).map(|n| format!("{n}_VLAN一覧.csv")).collect();
    let mut files = vec![("FW-A.conf", config)];
    files.extend(paths.iter().map(String::as_str).zip(lists.iter().copied()));
    let found = surveyed(&files);
    let topology = "schema_version = 1\nname = \"x\"\n[[zone]]\nid = \"Z\"\nname = \"Z\"\nrole = \"lgwan\"\n\
        [[device]]\nname = \"FW-A\"\nconfig = \"FW-A.conf\"\n";
    files.push(("topology.toml", topology));
    let rows = survey::interfaces(&site(&files), &found.tables, &BTreeSet::new());
    rows.into_iter().find(|r| r.interface == "v10").unwrap()
}

/// The zone for which the town's word speaks.
fn spoken(config: &str, lists: &[&str]) -> Option<&'static str> {
    let row = row(config, lists);
    // The word stands in the form only where its ○ may speak for the row.
    assert_eq!(row.by_word().is_some(), !row.told.is_empty(), "{row:?}");
    row.by_word().map(|z| z.id)
}

/// One ○ beside 基幹系 speaks for every row that quotes it: so only rows that nothing speaks against may.
#[test]
fn a_word_speaks_for_no_row_whose_other_names_contradict_it() {
    assert_eq!(spoken(&forti("FW-A", ""), &[VLANS]), Some("MYN"));
    for more in ["KIKAN", "WAN_KIKAN", "TR_MYN"] {
        let config = forti("FW-A", &format!("        set alias \"{more}\"\n"));
        assert_eq!(spoken(&config, &[VLANS]), Some("MYN"), "{more}");
    }
    for more in [
        "        set alias \"WAN_LGW\"\n",
        "        set alias \"LGWAN\"\n",
        "        set description \"インターネット端末\"\n",
    ] {
        assert_eq!(spoken(&forti("FW-A", more), &[VLANS]), None, "{more}");
    }
}

#[test]
fn two_lists_that_do_not_agree_speak_for_nobody() {
    let plain = forti("FW-A", "");
    let other = VLANS.replace("基幹系,10.1.10.0/24", "情報系,10.1.10.0/24");
    assert_eq!(spoken(&plain, &[VLANS, &other]), None);
    assert_eq!(spoken(&plain, &[&other, VLANS]), None);
    assert_eq!(spoken(&plain, &[VLANS, VLANS]), Some("MYN"));
}

#[test]
fn a_row_of_the_list_speaks_for_an_interface_only_if_all_its_networks_are_in_it() {
    let second = "        set secondary-IP enable\n        config secondaryip\n            edit 1\n                set ip 10.7.7.1 255.255.255.0\n            next\n        end\n";
    assert_eq!(spoken(&forti("FW-A", second), &[VLANS]), None);
    assert_eq!(spoken(&forti("FW-A", ""), &[&VLANS.replace("10.1.10.0/24", "10.1.10.0/25")]), None);
}

/// Zones are named by their names before anybody refers to them, whatever the order of files.
#[test]
fn tables_name_zones_that_another_table_defines() {
    let lines = "回線番号,事業者,回線種別,用途,終端機器,終端ポート,接続先,系\nL-1,甲社,光,保守,FW-A,port1,,LGWAN接続系\n";
    let zones = "ゾーンID,系の名称,区分\nLGW,LGWAN接続系,LGWAN接続系\n";
    let topology = "schema_version = 1\nname = \"x\"\n[[table]]\nkind = \"lines\"\nfile = \"a.csv\"\n[[table]]\nkind = \"zones\"\nfile = \"z.csv\"\n\
        [[device]]\nname = \"FW-A\"\nconfig = \"FW-A.conf\"\n";
    let config = forti("FW-A", "");
    let found =
        site(&[("topology.toml", topology), ("a.csv", lines), ("z.csv", zones), ("FW-A.conf", &config)]);
    assert_eq!(
        found.records.lines[0].zone,
        found.zones().find(|(_, z)| z.id.value == "LGW").map(|(id, _)| id)
    );
    assert!(found.records.lines[0].zone.is_some());
}

/// The town's list of addresses has a spare box, too: that is no reason to refuse the list.
#[test]
fn a_listed_machine_may_be_called_like_a_box_that_is_left_out() {
    let hosts = "ホスト名,IPアドレス,種別,セグメント\nFW-A,10.1.10.9,機器,S\n";
    let topology = "schema_version = 1\nname = \"x\"\n[[zone]]\nid = \"Z\"\nname = \"Z\"\nrole = \"lgwan\"\n[[segment]]\nid = \"S\"\nzone = \"Z\"\nprefixes = [\"10.1.10.0/24\"]\n\
        [[table]]\nkind = \"hosts\"\nfile = \"h.csv\"\n[[device]]\nname = \"FW-A\"\nconfig = \"FW-A.conf\"\nexcluded = \"予備機\"\n";
    let config = forti("FW-A", "");
    let found = site(&[("topology.toml", topology), ("h.csv", hosts), ("FW-A.conf", &config)]);
    assert_eq!(found.hosts.len(), 1);
    assert!(found.hosts[0].device.is_none());
}

/// A FWポリシー表 stands for a device of the town's list of which nobody has a configuration that can be read.
#[test]
fn a_policy_table_belongs_to_the_device_that_its_sheet_or_file_names() {
    let devices = "No.,ホスト名,機種,管理主体\n1,FW-A,FortiGate,町\n2,RT-01,RTX830,町\n3,RT-010,RTX830,町\n";
    let policies = "No.,送信元インターフェース,宛先インターフェース,送信元,宛先,サービス,アクション\n1,LAN1,LAN2,10.1.0.0/24,10.2.0.0/24,TCP/443,許可\n";
    let device = |path: &str| {
        let config = forti("FW-A", "");
        let found = surveyed(&[("機器一覧.csv", devices), (path, policies), ("FW-A.conf", &config)]);
        let table = found.tables.iter().find(|t| t.path.as_str() == path);
        table.and_then(|t| t.device.clone())
    };
    assert_eq!(device("RT-01_FWポリシー表.csv").as_deref(), Some("RT-01"));
    assert_eq!(device("FWポリシー表_RT-010.csv").as_deref(), Some("RT-010"));
    // Of a device with a configuration, and of none.
    assert_eq!(device("FW-A_FWポリシー表.csv"), None);
    assert_eq!(device("FWポリシー表.csv"), None);
    let found = surveyed(&[("FWポリシー表.csv", policies), ("FW-A.conf", &forti("FW-A", ""))]);
    assert!(
        found.rest.iter().any(|(p, why)| p.as_str() == "FWポリシー表.csv" && !why.text(Lang::Ja).is_empty())
    );
}
