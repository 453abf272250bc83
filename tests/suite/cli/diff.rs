//! `bunri diff`: two files of one device.

use std::collections::BTreeSet;
use std::fs;

use bunri::analysis::comparison::{Comparison, Statements, Version, compare};
use bunri::analysis::concrete::{Branch, Branches, Entry, Outcome, device_branches};
use bunri::analysis::set::point_of;
use bunri::model::{Device, Flow};
use bunri::report::schema::Form;
use bunri::source::{Limits, Sources};
use bunri::vendor::{Vendor, by_id};
use serde_json::Value;

use super::sites::json;
use super::{code, folder, run, stderr, stdout};
use crate::fortios_walk::packet;
use crate::support::reading::{Read, read};

/// A firewall of two segments and an outside, with a virtual IP, an FQDN and a schedule.
const BEFORE: &str = r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=1
#buildno=1639
config system interface
    edit "seg_mynumber"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
        set type physical
    next
    edit "seg_lgwan"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
        set type physical
    next
    edit "wan1"
        set vdom "root"
        set ip 192.0.2.9 255.255.255.248
        set type physical
    next
end
config firewall address
    edit "NW_MYNUMBER"
        set subnet 10.1.0.0 255.255.255.0
    next
    edit "SV_KIKAN"
        set subnet 10.1.0.10 255.255.255.255
    next
    edit "PC_LGWAN"
        set subnet 10.2.0.0 255.255.255.0
    next
    edit "UPDATE"
        set type fqdn
        set fqdn "update.example"
    next
end
config firewall service custom
    edit "SMB"
        set tcp-portrange 445
    next
    edit "HTTPS"
        set tcp-portrange 443
    next
end
config firewall schedule recurring
    edit "night"
        set day sunday
        set start 01:00
        set end 02:00
    next
end
config firewall vip
    edit "VIP_MAIL"
        set extip 192.0.2.10
        set mappedip "10.2.0.41"
        set extintf "wan1"
    next
end
config firewall policy
    edit 10
        set name "kikan_out"
        set srcintf "seg_mynumber"
        set dstintf "seg_lgwan"
        set action accept
        set srcaddr "SV_KIKAN"
        set dstaddr "PC_LGWAN"
        set schedule "always"
        set service "HTTPS"
    next
    edit 20
        set name "mail_in"
        set srcintf "wan1"
        set dstintf "seg_lgwan"
        set action accept
        set srcaddr "all"
        set dstaddr "VIP_MAIL"
        set schedule "always"
        set service "HTTPS"
    next
    edit 30
        set name "update"
        set srcintf "seg_lgwan"
        set dstintf "wan1"
        set action accept
        set srcaddr "PC_LGWAN"
        set dstaddr "UPDATE"
        set schedule "always"
        set service "HTTPS"
    next
    edit 40
        set name "backup"
        set srcintf "seg_lgwan"
        set dstintf "seg_mynumber"
        set action accept
        set srcaddr "PC_LGWAN"
        set dstaddr "SV_KIKAN"
        set schedule "night"
        set service "HTTPS"
    next
end
config router static
    edit 1
        set gateway 192.0.2.14
        set device "wan1"
    next
end
config router multicast
end
"#;

const OPEN: &str = r#"    edit 90
        set name "TEST"
        set srcintf "seg_lgwan"
        set dstintf "seg_mynumber"
        set action accept
        set srcaddr "all"
        set dstaddr "SV_KIKAN"
        set schedule "always"
        set service "SMB"
    next
end
config router static
"#;

fn edited(pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(BEFORE.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}

/// The exit code and the answer for two texts.
fn compared(before: &str, after: &str) -> (i32, Value) {
    let dir = folder();
    fs::write(dir.path().join("before.conf"), before).unwrap();
    fs::write(dir.path().join("after.conf"), after).unwrap();
    json(dir.path(), &["diff", "before.conf", "after.conf"], Form::Diff)
}

/// Kind, certainty and interfaces of every row.
fn told(answer: &Value) -> BTreeSet<(String, bool, String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = answer["changes"].as_array().unwrap();
    rows.iter()
        .map(|r| (text(r, "kind"), r["certain"].as_bool().unwrap(), text(r, "from"), text(r, "to")))
        .collect()
}

fn expect(after: &str, exit: i32, rows: &[(&str, bool, &str, &str)]) -> Value {
    let (code, answer) = compared(BEFORE, after);
    let want = rows.iter().map(|(k, c, f, t)| ((*k).to_owned(), *c, (*f).to_owned(), (*t).to_owned()));
    assert_eq!(told(&answer), want.collect(), "{answer:#}");
    assert_eq!(code, exit, "{answer:#}");
    answer
}

#[test]
fn a_new_rule_shows_as_newly_possible_with_the_rules_on_both_sides() {
    let after = edited(&[("end\nconfig router static\n", OPEN)]);
    let answer = expect(&after, 1, &[("new", true, "seg_lgwan", "seg_mynumber")]);
    let row = &answer["changes"][0];
    assert_eq!(
        (&row["dst"]["ranges"][0], &row["dport"][0]),
        (&"10.1.0.10-10.1.0.10".into(), &"445-445".into())
    );
    assert_eq!((&row["was"]["verdict"], &row["is"]["verdict"]), (&"drop".into(), &"accept".into()));
    assert_eq!(row["is"]["rule"]["label"], "policy 90 (TEST)");

    let dir = folder();
    fs::write(dir.path().join("変更前.conf"), BEFORE).unwrap();
    fs::write(dir.path().join("変更後.conf"), &after).unwrap();
    let out = run(dir.path(), &["diff", "変更前.conf", "変更後.conf", "--lang", "ja"]);
    let text = stdout(&out);
    assert_eq!(code(&out), 1);
    for part in [
        "新たに可能となる通信",
        "seg_lgwan → seg_mynumber:",
        "SV_KIKAN (10.1.0.10)",
        "変更前: 遮断される",
        "変更後: 転送される  policy 90 (TEST) (変更後.conf:",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The other way round it is gone.
    let (exit, answer) = compared(&after, BEFORE);
    assert_eq!((exit, answer["changes"][0]["kind"].clone()), (1, "gone".into()));
}

#[test]
fn what_changes_nothing_is_silent() {
    expect(BEFORE, 0, &[]);
    for (from, to) in [
        ("#conf_file_ver=1\n", "#conf_file_ver=77\n"),
        ("set name \"kikan_out\"\n", "set name \"renamed\"\n        set comments \"x\"\n"),
        ("    edit \"SMB\"\n        set tcp-portrange 445\n    next\n", ""),
    ] {
        expect(&edited(&[(from, to)]), 0, &[]);
    }
    // An object under another name: what hangs on something not understood cannot be compared, and nothing else is
    // told.
    let renamed = BEFORE.replace("PC_LGWAN", "LG").replace("edit 20\n", "edit 45\n");
    let (code, answer) = compared(BEFORE, &renamed);
    assert_eq!((code, told(&answer).iter().all(|r| r.0 == "unclear")), (3, true), "{answer:#}");
    // Rules of different interfaces in another order.
    let (head, rest) = BEFORE.split_once("    edit 10\n").unwrap();
    let (first, rest) = rest.split_once("    edit 20\n").unwrap();
    let (second, rest) = rest.split_once("    edit 30\n").unwrap();
    expect(&format!("{head}    edit 20\n{second}    edit 10\n{first}    edit 30\n{rest}"), 0, &[]);
}

#[test]
fn translations_and_next_hops_are_compared_too() {
    let vip = edited(&[("10.2.0.41", "10.2.0.42")]);
    let (code, answer) = compared(BEFORE, &vip);
    let row = &answer["changes"][0];
    assert_eq!((code, &row["kind"], &row["certain"]), (1, &"translated".into(), &true.into()), "{answer:#}");
    // What becomes of packets to the address that are not translated is not certain, before and after.
    assert!(told(&answer).iter().all(|r| r.0 == "unclear" || (&*r.2, &*r.3) == ("wan1", "seg_lgwan")));
    assert_eq!(row["was"]["header"]["dst"], "10.2.0.41");
    assert_eq!(row["is"]["header"]["dst"], "10.2.0.42");
    let hop = edited(&[("set gateway 192.0.2.14", "set gateway 192.0.2.13")]);
    let (code, answer) = compared(BEFORE, &hop);
    // Packets to the name are possible in both versions, so where they go is not certain either.
    let kinds: BTreeSet<String> = told(&answer).into_iter().filter(|r| r.3 == "wan1").map(|r| r.0).collect();
    assert_eq!(kinds, ["rerouted", "unclear"].map(str::to_owned).into(), "{answer:#}");
    assert!(code != 0 && !told(&answer).is_empty());
}

#[test]
fn a_changed_name_or_schedule_is_never_taken_for_no_change() {
    for (from, to) in [
        ("set fqdn \"update.example\"", "set fqdn \"other.example\""),
        ("set day sunday", "set day monday"),
        ("set schedule \"night\"", "set schedule \"none-such\""),
        ("set name \"kikan_out\"", "set frobnicate \"kikan_out\""),
        ("config firewall vip\n", "config firewall vlp\n"),
    ] {
        let (code, answer) = compared(BEFORE, &edited(&[(from, to)]));
        assert_ne!((code, &answer["verdict"]), (0, &"same".into()), "{from}: {answer:#}");
    }
    // Two names that change places keep every bound.
    let two = edited(&[(
        "    edit \"UPDATE\"\n        set type fqdn\n        set fqdn \"update.example\"\n    next\n",
        "    edit \"UPDATE\"\n        set type fqdn\n        set fqdn \"a.example\"\n    next\n    edit \"OTHER\"\n        \
         set type fqdn\n        set fqdn \"b.example\"\n    next\n",
    )]);
    let swapped = two.replace("a.example", "c.example").replace("b.example", "a.example");
    let swapped = swapped.replace("c.example", "b.example");
    let (code, answer) = compared(&two, &swapped);
    assert_eq!((code, &answer["verdict"]), (3, &"undetermined".into()), "{answer:#}");
}

#[test]
fn an_interface_of_one_side_passes_nothing_on_the_other() {
    let without = edited(&[(
        "    edit \"wan1\"\n        set vdom \"root\"\n        set ip 192.0.2.9 255.255.255.248\n        set type physical\n    next\n",
        "",
    )]);
    let (code, answer) = compared(BEFORE, &without);
    assert_ne!(code, 0);
    assert!(told(&answer).iter().any(|r| r.0 == "gone" && r.2 == "wan1"), "{answer:#}");
}

#[test]
fn iptables_rules_are_compared() {
    let rules = |extra: &str| {
        format!(
            "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
             -A FORWARD -i eth0 -o eth1 -p tcp -m tcp --dport 443 -j ACCEPT\n{extra}COMMIT\n"
        )
    };
    let extra = "-A FORWARD -i eth0 -o eth1 -d 10.9.0.0/24 -p udp -j ACCEPT\n";
    let (code, answer) = compared(&rules(""), &rules(extra));
    assert_ne!(code, 0);
    let row = answer["changes"].as_array().unwrap().iter().find(|r| r["kind"] == "new").unwrap();
    assert_eq!((&row["from"], &row["to"]), (&"eth0".into(), &"eth1".into()));
    let (code, answer) = compared(&rules(extra), &rules(extra));
    assert_eq!((code, &answer["verdict"]), (0, &"same".into()), "{answer:#}");
}

#[test]
fn ios_configurations_are_compared() {
    let text = |port: &str, range: &str| {
        format!(
            "version 15.7\nhostname R1\n!\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n \
             ip access-group IN in\n!\ninterface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n!\n\
             ip access-list extended IN\n permit tcp any host 10.2.0.5 eq {port}\n \
             permit udp any host 10.2.0.5 eq 53 time-range NIGHT\n deny ip any any\n!\n\
             time-range NIGHT\n periodic weekend {range}\n!\nend\n"
        )
    };
    let before = text("443", "1:00 to 2:00");
    let (code, answer) = compared(&before, &before);
    assert_eq!((code, &answer["verdict"]), (0, &"same".into()), "{answer:#}");
    let (code, answer) = compared(&before, &text("445", "1:00 to 2:00"));
    let kinds: BTreeSet<String> = told(&answer).into_iter().filter(|r| r.1).map(|r| r.0).collect();
    assert_eq!((code, kinds), (1, ["gone", "new"].map(str::to_owned).into()), "{answer:#}");
    // What a time range says is somebody's choice of moment: it may not be changed unseen.
    let (code, answer) = compared(&before, &text("443", "3:00 to 5:00"));
    assert_eq!((code, &answer["verdict"]), (3, &"undetermined".into()), "{answer:#}");
}

#[test]
fn wrong_arguments_are_explained() {
    let dir = folder();
    fs::write(dir.path().join("a.conf"), BEFORE).unwrap();
    fs::write(dir.path().join("b.txt"), "hello\n").unwrap();
    for (args, en) in [
        (["diff", "a.conf", "."], "is a folder"),
        (["diff", "a.conf", "b.txt"], "could not be told"),
        (["diff", "a.conf", "none.conf"], "no such file"),
    ] {
        let out = run(dir.path(), &[&args[..], &["--lang", "en"]].concat());
        assert!(code(&out) == 2 && stderr(&out).contains(en), "{}", stderr(&out));
        assert!(stdout(&out).is_empty());
    }
}

fn device(text: &str) -> (Sources, &'static dyn Vendor, Device) {
    let Read { sources, mut reading, .. } = read("fortios", "fw.conf", text);
    let mut device = reading.devices.remove(0);
    device.widen();
    (sources, by_id("fortios").unwrap(), device)
}

/// Where a packet ends, on every branch.
fn ends(device: &Device, ingress: &str, flow: &Flow) -> BTreeSet<Option<String>> {
    let at = device.interface(ingress).unwrap();
    let Branches { branches, .. } = device_branches(device, flow, &Entry::ingress(at)).unwrap();
    let end = |b: &Branch| match b.outcome {
        Outcome::Forward { egress, .. } => Some(device.interfaces[egress.index()].name.value.clone()),
        Outcome::Local => Some("local".to_owned()),
        _ => None,
    };
    branches.iter().map(end).collect()
}

/// Whether a comparison tells of a packet at all.
fn tells(comparison: &Comparison, ingress: &str, flow: &Flow) -> bool {
    let point = point_of(flow);
    comparison.changes.iter().any(|c| c.ingress == ingress && comparison.engine.contains(c.set, &point))
}

#[test]
fn the_second_engine_finds_no_change_that_is_not_told() {
    let hosts = ["10.1.0.10", "10.1.0.77", "10.2.0.5", "10.2.0.41", "192.0.2.10", "192.0.2.9", "203.0.113.5"];
    let edits: Vec<String> = [
        ("set dstaddr \"PC_LGWAN\"\n", "set dstaddr \"SV_KIKAN\"\n"),
        ("set srcaddr \"SV_KIKAN\"\n", "set srcaddr \"NW_MYNUMBER\"\n"),
        ("set extip 192.0.2.10\n", "set extip 192.0.2.9\n"),
        ("set tcp-portrange 443\n", "set tcp-portrange 443-445\n"),
        ("set device \"wan1\"\n", "set device \"seg_lgwan\"\n"),
        ("edit 10\n", "edit 10\n        set status disable\n"),
        ("edit 20\n", "edit 20\n        set nat enable\n"),
        ("        set name \"update\"\n        set srcintf \"seg_lgwan\"\n", "        set srcintf \"any\"\n"),
        ("config firewall policy\n", "config firewall policy\n    edit 5\n        set srcintf \"any\"\n        set dstintf \"any\"\n        set srcaddr \"all\"\n        set dstaddr \"SV_KIKAN\"\n        set schedule \"always\"\n        set service \"ALL\"\n    next\n"),
    ]
    .iter()
    .map(|pair| edited(&[*pair]))
    .collect();
    let (sources, vendor, was) = device(BEFORE);
    let limits = Limits::default();
    let old = Statements::of(&sources, vendor, &limits);
    let mut differing = 0;
    for after in &edits {
        let (later, _, is) = device(after);
        let new = Statements::of(&later, vendor, &limits);
        let versions =
            (Version { device: &was, statements: &old }, Version { device: &is, statements: &new });
        let comparison = compare(Some(versions.0), Some(versions.1), 4_000_000).unwrap();
        assert!(!comparison.changes.is_empty(), "{after}");
        for ingress in ["seg_mynumber", "seg_lgwan", "wan1"] {
            for (src, dst) in hosts.iter().flat_map(|a| hosts.iter().map(move |b| (a, b))) {
                for service in ["tcp/443", "tcp/445", "udp/443", "tcp/22"] {
                    let flow = packet(&format!("{ingress} {src} > {dst} {service}")).1;
                    if ends(&was, ingress, &flow) != ends(&is, ingress, &flow) {
                        differing += 1;
                        assert!(
                            tells(&comparison, ingress, &flow),
                            "{ingress} {src} {dst} {service}\n{after}"
                        );
                    }
                }
            }
        }
    }
    assert!(differing > 100, "{differing}");
}
