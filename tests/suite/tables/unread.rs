//! Rows of the sheet 設定のない機器: contracts once they are confirmed, and nothing before that.

use bunri::network::{Awaits, DeviceStatus, Site};

use super::{csv, mistake, town};

const TABLES: &str =
    "[[table]]\nkind = \"devices\"\nfile = \"t.csv\"\n[[table]]\nkind = \"unread\"\nfile = \"u.csv\"\n";
const HEAD: &[&str] =
    &["機器", "接続先セグメント", "アドレス", "外部回線", "系", "系をまたぐ中継", "申告No.", "確認"];

fn outcome(row: [&str; 8], more: &str) -> super::Outcome {
    let list: &[&[&str]] = &[&["ホスト名", "機種", "設定ファイル"], &["RT-1", "RTX830", "RT-1.txt"]];
    town(&format!("{TABLES}{more}"), &[("t.csv", csv(list)), ("u.csv", csv(&[HEAD, &row]))])
}

fn status(site: &Site) -> &DeviceStatus {
    &site.boxes.iter().find(|b| b.0.value == "RT-1").unwrap().1
}

/// Pairs of segments between which it passes packets.
fn flows(site: &Site) -> Vec<(String, String)> {
    let (_, device) = site.devices().find(|(_, d)| d.chassis == "RT-1").unwrap();
    let flows = device.contract.as_ref().unwrap().flows.iter().map(|f| (f.from.clone(), f.to.clone()));
    let mut all: Vec<_> = flows.collect();
    all.sort();
    all
}

#[test]
fn a_confirmed_row_is_a_contract_that_keeps_zones_apart_or_does_not() {
    let row = ["RT-1", "m、l", "10.1.0.254、10.2.0.254", "", "", "しない", "申-01", "○"];
    let site = outcome(row, "").unwrap().0;
    assert_eq!(status(&site), &DeviceStatus::Declared);
    assert!(flows(&site).is_empty());
    let (_, device) = site.devices().find(|(_, d)| d.chassis == "RT-1").unwrap();
    assert!(device.elsewhere.is_empty() && device.declarations == ["申-01"]);
    let addresses = device.device.interfaces.iter().flat_map(|i| &i.addresses);
    let mut addresses: Vec<String> = addresses.map(|a| a.network.ip().to_string()).collect();
    addresses.sort();
    assert_eq!(addresses, ["10.1.0.254", "10.2.0.254"]);
    // It does, somebody says.
    let row = ["RT-1", "m、l", "", "", "", "する", "申-01", "○"];
    let both = outcome(row, "").unwrap().0;
    assert_eq!(flows(&both), [("l".into(), "m".into()), ("m".into(), "l".into())]);
    // A line of its own belongs to the zone of the row, and so does a segment that no other sheet has.
    let row = ["RT-1", "来庁者用、m", "", "インターネット", "L", "しない", "申-01", "○"];
    let line = outcome(row, "").unwrap().0;
    assert_eq!(
        flows(&line),
        [("外部回線".into(), "来庁者用".into()), ("来庁者用".into(), "外部回線".into())]
    );
    assert!(line.segments().any(|(_, s)| s.id.value == "RT-1:外部" && s.external.is_some()));
}

#[test]
fn a_row_that_nobody_confirmed_says_nothing() {
    for (row, waits) in [
        (["RT-1", "m、l", "", "", "", "しない", "申-01", ""], true),
        (["RT-1", "m、l", "", "", "", "しない", "申-01", "×"], true),
        // A segment of which nobody knows the zone.
        (["RT-1", "m、z", "", "", "", "しない", "申-01", "○"], true),
    ] {
        let site = outcome(row, "[[segment]]\nid = \"z\"\nprefixes = [\"10.9.0.0/24\"]\n").unwrap().0;
        assert!(matches!(status(&site), DeviceStatus::Missing(_)), "{row:?}");
        assert!(site.devices().any(|(_, d)| d.chassis == "RT-1" && !d.elsewhere.is_empty()), "{row:?}");
        let open = site.records.unconfirmed.iter().any(|u| u.device == "RT-1" && u.awaits == Awaits::Mark);
        assert_eq!(open, waits, "{row:?}");
    }
}

#[test]
fn a_row_that_says_too_little_or_too_much_is_told() {
    let read = "[[device]]\nname = \"RT-1\"\nconfig = \"unavailable\"\ndeclarations = [\"申-01\"]\n[device.attach]\na = \"m\"\n[device.contract]\nforwards = []\n";
    for (row, more, message) in [
        (["RT-1", "m、l", "", "", "", "", "申-01", "○"], "", "系をまたぐ中継の有無が空欄である"),
        (["RT-1", "", "", "", "", "しない", "申-01", "○"], "", "接続先セグメント及び外部回線が空欄である"),
        (["RT-1", "x", "", "", "", "しない", "申-01", "○"], "", "セグメント「x」が定義されていない"),
        (["RT-1", "", "", "インターネット", "", "しない", "申-01", "○"], "", "外部回線の「系」が空欄である"),
        (["RT-1", "m", "10.2.0.254", "", "", "", "申-01", "○"], "", "接続先セグメントのいずれにも属さない"),
        (["RT-1", "m", "", "", "", "たぶん", "申-01", "○"], "", "この列の値として使用できない"),
        (["RT-9", "m", "", "", "", "", "申-01", "○"], "", "機器「RT-9」が定義されていない"),
        (["RT-1", "m", "", "", "", "", "申-99", "○"], "", "申告「申-99」が定義されていない"),
        (["RT-1", "m", "", "", "", "", "申-01", "○"], read, "この行と矛盾する"),
    ] {
        let found = mistake(outcome(row, more));
        assert!(found.message.contains(message), "{row:?}: {found:?}");
    }
}
