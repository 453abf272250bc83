//! Rows of the list of addresses that name an analysed device by its own addresses: the gateway is no machine beside the
//! firewall, and nothing else is taken for it.

use bunri::analysis::answer::{Assertion, Class, Level, Verdict};
use bunri::checks::{Options, assess};
use bunri::network::{BuildError, Site, build};
use bunri::source::{Lang, Limits};
use bunri::vendor::VENDORS;
use jiff::civil::date;

use super::{csv, notes};
use crate::sites::{Folder, files, folder};

const HEAD: &[&str] = &["ホスト名", "セグメント", "IPアドレス", "種別", "中継", "対応機器"];

/// `wakaba-tables` with further rows of hosts, and its topology changed.
fn site(rows: &[&[&str]], change: impl Fn(String) -> String) -> Site {
    let mut all = files(&folder().join("wakaba-tables"));
    let text = String::from_utf8(all["topology.toml"].clone()).unwrap();
    let more = "[[table]]\nkind = \"hosts\"\nfile = \"tables/追加.csv\"\n";
    let text = change(text.replacen("[[external]]", &format!("{more}[[external]]"), 1));
    all.insert("topology.toml".to_owned(), text.into_bytes());
    let rows: Vec<&[&str]> = [HEAD].into_iter().chain(rows.iter().copied()).collect();
    all.insert("tables/追加.csv".to_owned(), csv(&rows));
    match build(&Folder(all), VENDORS, &Limits::default()) {
        Ok(site) => site,
        Err(BuildError::Malformed { sources, diagnostics }) => {
            panic!("{:#?}", super::wrong(&sources, &diagnostics))
        }
        Err(BuildError::NoTopology(why)) => panic!("{}", why.text(Lang::En)),
    }
}

fn answers(site: &Site) -> Vec<Assertion> {
    let options = Options { today: Some(date(2026, 3, 17)), ..Options::default() };
    assess(site, &options).unwrap().assertions
}

/// Verdicts on paths.
fn verdicts(site: &Site) -> Vec<(String, Level, Verdict)> {
    let paths = answers(site).into_iter().filter(|a| a.class == Class::Path);
    paths.map(|a| (a.id.to_owned(), a.level, a.verdict)).collect()
}

fn x7(site: &Site) -> Verdict {
    answers(site).iter().find(|a| a.id == "X-7").unwrap().verdict
}

#[test]
fn the_gateway_in_the_list_of_addresses_is_the_firewall() {
    let plain = verdicts(&site(&[], |t| t));
    for rows in [
        &[["FW-WAKABA01", "naibu_pc", "10.61.20.1", "FW", "", ""]][..],
        &[["FW-WAKABA01", "naibu_pc", "10.61.20.1", "FW", "", "FW-WAKABA01"]],
        &[["GW", "naibu_pc", "10.61.20.1", "", "", "FW-WAKABA01"]],
        // One row for each network, and one gateway for each.
        &[
            ["FW-WAKABA01", "kikan_sv", "10.60.10.1", "", "", ""],
            ["FW-WAKABA01", "joho_pc", "10.62.20.1", "", "", ""],
            ["GW-N", "naibu_sv", "10.61.10.1", "", "", "FW-WAKABA01"],
        ],
    ] {
        let rows: Vec<&[&str]> = rows.iter().map(|r| r.as_slice()).collect();
        let site = site(&rows, |t| t);
        assert_eq!(verdicts(&site), plain, "{rows:?}");
        let told = notes(&site);
        let own: Vec<_> =
            told.iter().filter(|(_, n)| n.contains("機器「FW-WAKABA01」自身のアドレス")).collect();
        assert_eq!(own.len(), rows.len(), "{told:?}");
    }
}

#[test]
fn what_is_not_exactly_its_own_address_is_a_machine() {
    for rows in [
        // Its name, and another address: of the same network, of another one, or none.
        &[["FW-WAKABA01", "naibu_pc", "10.61.20.99", "", "", ""]][..],
        &[["FW-WAKABA01", "naibu_pc", "10.60.10.1", "", "", ""]],
        &[["FW-WAKABA01", "naibu_pc", "-", "", "", ""]],
        &[["GW", "joho_pc", "10.61.20.1", "", "", "FW-WAKABA01"]],
        // One of two cards, or one of two addresses.
        &[
            ["FW-WAKABA01", "naibu_pc", "10.61.20.1", "", "", ""],
            ["FW-WAKABA01", "kikan_sv", "10.60.10.77", "", "", ""],
        ],
        &[["FW-WAKABA01", "naibu_pc", "10.61.20.1、10.61.20.98", "", "", ""]],
        // The row says that it carries data.
        &[["FW-WAKABA01", "naibu_pc", "10.61.20.1", "", "する", ""]],
    ] {
        let rows: Vec<&[&str]> = rows.iter().map(|r| r.as_slice()).collect();
        let site = site(&rows, |t| t);
        assert_eq!(x7(&site), Verdict::Violated, "{rows:?}");
        assert!(!notes(&site).iter().any(|(_, n)| n.contains("自身のアドレス")), "{rows:?}");
    }
    // An address of the firewall under another name, and without a word for the device, is a machine of its network.
    let named = site(&[&["GW", "naibu_pc", "10.61.20.1", "", "", ""]], |t| t);
    assert!(named.hosts().any(|(_, h)| h.id.value == "GW"));
}

#[test]
fn a_server_or_a_device_that_is_only_declared_stays_a_machine() {
    // The Linux machine in two zones, once it is no sanitizer any more, may run anything between them.
    let linux = site(&[], |text| {
        let (before, after) = text.split_once("[[sanitizer]]\nhost = \"SV-MUGAI01\"").unwrap();
        let rest = after.split_once("\n[[").map_or("", |(_, rest)| rest);
        let skip = rest.split("\n[[").skip_while(|b| b.starts_with("sanitizer.")).collect::<Vec<_>>();
        match skip.is_empty() {
            true => before.to_owned(),
            false => format!("{before}[[{}", skip.join("\n[[")),
        }
    });
    assert!(linux.sanitizers.iter().all(|s| linux.host(s.host).unwrap().id.value != "SV-MUGAI01"));
    assert_eq!(x7(&linux), Verdict::Violated);
    // A router that is declared: its row is a machine beside it.
    let declared = site(&[&["RT-LGWAN", "lgwan_wan", "10.61.250.6", "", "", ""]], |t| t);
    assert!(declared.hosts().any(|(_, h)| h.id.value == "RT-LGWAN"));
    assert!(
        site(&[&["FW-WAKABA01", "lgwan_wan", "10.61.250.1", "", "", ""]], |t| t)
            .hosts()
            .all(|(_, h)| h.id.value != "FW-WAKABA01")
    );
}

#[test]
fn an_entry_of_the_register_may_name_the_row() {
    let row: &[&str] = &["FW-WAKABA01", "kanri", "10.63.0.1", "FW", "", ""];
    let head =
        "台帳No.,業務名,区分,開始側,相手方,プロトコル/ポート,粒度,主管課,承認者,承認日,有効期限,業務通信";
    let judged = |to: &str| {
        let mut all = files(&folder().join("wakaba-tables"));
        let text = String::from_utf8(all["topology.toml"].clone()).unwrap();
        let more = "[[table]]\nkind = \"hosts\"\nfile = \"tables/追加.csv\"\n[[table]]\nkind = \"register\"\nfile = \"tables/r.csv\"\n";
        all.insert(
            "topology.toml".to_owned(),
            text.replacen("[[external]]", &format!("{more}[[external]]"), 1).into_bytes(),
        );
        all.insert("tables/追加.csv".to_owned(), csv(&[HEAD, row]));
        let entry =
            format!("運-99,管理画面,通常,SV-KANSHI01,{to},TCP/443,機器単位,総務課,会議,R7.3.24,R20.3.31,○");
        all.insert("tables/r.csv".to_owned(), format!("{head}\n{entry}\n").into_bytes());
        build(&Folder(all), VENDORS, &Limits::default())
    };
    let b1 = |site: &Site| {
        let all = answers(site);
        let found = all.into_iter().find(|a| a.id == "B-1").unwrap();
        (found.verdict, found.culprits.iter().map(|c| c.what.text(Lang::Ja).to_owned()).collect::<Vec<_>>())
    };
    let (named, written) = (judged("FW-WAKABA01").unwrap(), judged("10.63.0.1").unwrap());
    // The entry means the device's address, as if that were written.
    assert_eq!(b1(&named), b1(&written));
    assert_eq!(verdicts(&named), verdicts(&written));
}
