//! FortiOS clusters: either member may be active, and only what FortiOS keeps apart may differ.

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::{Drift, Site};

use crate::support::tiny::{answer, assess, verdict};

const TOPOLOGY: &str = r#"
[[zone]]
id = "MYN"
name = "番号"
role = "individual-number"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[segment]]
id = "myn"
zone = "MYN"
prefixes = ["10.1.0.0/24"]
complete = true
[[segment]]
id = "int"
zone = "INT"
prefixes = ["10.3.0.0/24"]
complete = true
[[device]]
name = "FW-01"
config = "FW-01.conf"
unused = ["mgmt"]
STANDBY
[device.attach]
a = "myn"
b = "int"
"#;

pub fn config(host: &str, more: &str) -> String {
    format!(
        r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=1
#buildno=1639
config system global
    set hostname "{host}"
end
config system interface
    edit "a"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
        set type physical
    next
    edit "b"
        set vdom "root"
        set ip 10.3.0.1 255.255.255.0
        set type physical
    next
    edit "mgmt"
        set vdom "root"
        set ip 10.9.0.1 255.255.255.0
        set allowaccess https
        set type physical
    next
end
config system ha
    set group-name "G"
    set mode a-p
end
{more}
config router static
end
config router multicast
end
"#
    )
}

pub const OPEN: &str = r#"
config firewall address
    edit "all"
    next
end
config firewall policy
    edit 7
        set srcintf "a"
        set dstintf "b"
        set action accept
        set srcaddr "all"
        set dstaddr "all"
        set schedule "always"
        set service "ALL"
    next
end
"#;

const RESERVED: &str = r#"
config system ha
    set ha-mgmt-status enable
    config ha-mgmt-interfaces
        edit 1
            set interface "mgmt"
        next
    end
end
"#;

pub fn pair(first: &str, second: Option<&str>) -> Site {
    let standby = "[device.standby]\nname = \"FW-02\"\nconfig = \"FW-02.conf\"\n";
    let topology = TOPOLOGY.replace("STANDBY", "");
    let mut files = vec![("FW-01.conf", first)];
    let topology = match second {
        None => topology,
        Some(text) => {
            files.push(("FW-02.conf", text));
            format!("{topology}{standby}")
        }
    };
    real(&topology, &files)
}

fn real(topology: &str, files: &[(&str, &str)]) -> Site {
    crate::support::tiny::site_of(topology, files, bunri::vendor::VENDORS)
}

#[test]
fn a_hole_on_either_member_is_a_hole() {
    let (closed, open) = (config("FW", ""), config("FW", OPEN));
    for (first, second, packet, drift) in [
        (&closed, &closed, Verdict::Holds, Verdict::Holds),
        (&open, &closed, Verdict::Violated, Verdict::Violated),
        (&closed, &open, Verdict::Violated, Verdict::Violated),
        (&open, &open, Verdict::Violated, Verdict::Holds),
    ] {
        let site = pair(first, Some(second));
        assert_eq!(verdict(&site, "M-1", Level::Packet), packet);
        assert_eq!(verdict(&site, "HA-1", Level::None), drift);
    }
}

/// The condition is said where the second member alone has the hole.
#[test]
fn a_hole_on_the_second_member_is_one_after_a_failover() {
    let site = pair(&config("FW-01", ""), Some(&config("FW-02", OPEN)));
    let all = assess(&site);
    let found = &answer(&all, "M-1", Level::Packet).counterexamples;
    assert!(!found.is_empty());
    for evidence in found {
        assert_eq!(evidence.choices.len(), 1, "{evidence:?}");
        assert_eq!(evidence.choices[0].device.as_deref(), Some("FW-02"));
        assert_eq!(evidence.legs[0].hops[0].device, "FW-02");
    }
}

/// What FortiOS does not synchronise is no difference; anything else is, wherever it stands.
#[test]
fn differences_that_are_none() {
    let apart = |host: &str, priority: u32, address: u32| {
        let text = config(host, RESERVED).replace("10.9.0.1 ", &format!("10.9.0.{address} "));
        text.replace(
            "set mode a-p",
            &format!("set mode a-p\n    set priority {priority}\n    set password ENC {host}{priority}"),
        )
    };
    let site = pair(&apart("FW-01", 200, 1), Some(&apart("FW-02", 100, 2)));
    assert_eq!(site.clusters[0].drift, Drift::None);
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Holds);
    let base = config("FW", "");
    for (old, new) in [
        ("set group-name \"G\"", "set group-name \"H\""),
        ("set ip 10.1.0.1 255", "set ip 10.1.0.2 255"),
        ("7.2.8-FW-build1639", "7.4.1-FW-build2463"),
        ("set mode a-p", "set mode a-p\n    set ha-mgmt-status enable"),
        ("set allowaccess https", "set allowaccess https telnet"),
        (
            "config router static\nend",
            "config router static\n    edit 1\n        set device \"b\"\n    next\nend",
        ),
        ("config system ha\n", "config system ha\n    sett garbled\n"),
    ] {
        let other = base.replace(old, new);
        assert_ne!(other, base, "{old}");
        let site = pair(&base, Some(&other));
        assert!(matches!(site.clusters[0].drift, Drift::Found(_)), "{new}");
        let site = pair(&other, Some(&base));
        assert!(matches!(site.clusters[0].drift, Drift::Found(_)), "{new}");
    }
}

/// Order is a difference: the first match decides.
#[test]
fn another_order_of_policies_is_a_difference() {
    let policy = |id: u32, action: &str| {
        format!(
            "    edit {id}\n        set srcintf \"a\"\n        set dstintf \"b\"\n        set action {action}\n        \
             set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        \
             set service \"ALL\"\n    next\n"
        )
    };
    let table = |a: String, b: String| config("FW", &format!("config firewall policy\n{a}{b}end\n"));
    let one = table(policy(1, "deny"), policy(2, "accept"));
    let two = table(policy(2, "accept"), policy(1, "deny"));
    let site = pair(&one, Some(&two));
    assert!(matches!(site.clusters[0].drift, Drift::Found(_)));
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Violated);
}

/// A member that was not handed in: an assumption if nobody names it, anything at all if its file is missing.
#[test]
fn a_member_without_a_file() {
    let site = pair(&config("FW", ""), None);
    let said = |site: &Site| {
        let texts = site.devices.iter().flat_map(|d| &d.device.assumptions);
        texts.filter(|a| a.text(bunri::source::Lang::En).contains("other member")).count()
    };
    assert_eq!(said(&site), 1);
    assert_eq!(said(&pair(&config("FW", ""), Some(&config("FW", "")))), 0);
    // A word that no other device shares names no other member.
    let alone = TOPOLOGY.replace("STANDBY", "cluster = \"G\"");
    assert_eq!(said(&real(&alone, &[("FW-01.conf", &config("FW", ""))])), 1);
    let topology = TOPOLOGY.replace("STANDBY", "");
    let named = format!("{topology}[device.standby]\nname = \"FW-02\"\nconfig = \"FW-02.conf\"\n");
    let site = real(&named, &[("FW-01.conf", &config("FW", ""))]);
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Undetermined);
    assert_eq!(verdict(&site, "HA-1", Level::None), Verdict::Undetermined);
}

/// The file of a member that nobody named, or that is left out, says whether the members are alike.
#[test]
fn the_file_of_a_member_that_is_left_out_is_held_against_the_other() {
    const EXCLUDED: &str = "[[device]]\nname = \"FW-02\"\nconfig = \"PATH\"\nexcluded = \"待機系のため\"\n";
    const UNUSED: &str = "[[unused_file]]\npath = \"PATH\"\nreason = \"待機系\"\n";
    const OLDER: &str = "[[unused_file]]\npath = \"PATH\"\nreason = \"旧世代\"\n";
    let first = config("FW-01", "");
    let packet = |more: &str, path: &str, second: &str| {
        let topology = format!("{}{}", TOPOLOGY.replace("STANDBY", ""), more.replace("PATH", path));
        let site = real(&topology, &[("FW-01.conf", &first), (path, second)]);
        verdict(&site, "M-1", Level::Packet)
    };
    let (open, same) = (config("FW-02", OPEN), config("FW-02", ""));
    for more in ["", EXCLUDED, UNUSED] {
        for path in ["FW-02.conf", "予備/FW-02.conf"] {
            assert_eq!(packet(more, path, &open), Verdict::Undetermined, "{more} {path}");
            assert_eq!(packet(more, path, &same), Verdict::Holds, "{more} {path}");
        }
    }
    // What a member was before says nothing of what it is.
    assert_eq!(packet(UNUSED, "FW-01_old.conf", &config("FW-01", OPEN)), Verdict::Holds);
    assert_eq!(packet(UNUSED, "old/FW-02.conf", &open), Verdict::Holds);
    assert_eq!(packet(OLDER, "FW-02.conf", &open), Verdict::Holds);
    for spare in ["復旧用の予備機", "cold standby", "旧庁舎に設置した副系"] {
        let more = UNUSED.replace("待機系", spare);
        assert_eq!(packet(&more, "復旧/FW-02.conf", &open), Verdict::Undetermined, "{spare}");
    }
    // Nor does another cluster, or a box that is in none.
    let elsewhere = open.replace("10.1.0.1 ", "10.1.7.1 ").replace("10.3.0.1 ", "10.3.7.1 ");
    let elsewhere = elsewhere.replace("10.9.0.1 ", "10.9.7.1 ");
    assert_eq!(packet(UNUSED, "FW-02.conf", &elsewhere), Verdict::Holds);
    let alone = open.replace("set mode a-p", "set mode standalone");
    assert_eq!(packet(UNUSED, "FW-02.conf", &alone), Verdict::Holds);
}

/// A reserved interface routes nothing, whatever a policy says; without the reservation it is one like any other.
#[test]
fn a_reserved_management_interface_is_a_way_of_its_own() {
    let open = OPEN.replace("set dstintf \"b\"", "set dstintf \"mgmt\"");
    let topology = TOPOLOGY
        .replace("STANDBY", "")
        .replace("unused = [\"mgmt\"]", "unused = [\"b\"]")
        .replace("b = \"int\"", "mgmt = \"int\"")
        .replace("10.3.0.0/24", "10.9.0.0/24");
    let of = |text: &str| {
        let site = real(&topology, &[("FW-01.conf", text)]);
        verdict(&site, "M-1", Level::Packet)
    };
    assert_eq!(of(&config("FW", &open)), Verdict::Violated);
    assert_eq!(of(&config("FW", RESERVED)), Verdict::Holds);
    // FortiOS refuses such a reference; a file that has it was not written by a device.
    assert_ne!(of(&config("FW", &format!("{open}{RESERVED}"))), Verdict::Violated);
    // Not a cluster: nothing is reserved.
    let alone = config("FW", &format!("{open}{RESERVED}")).replace("set mode a-p", "set mode standalone");
    assert_eq!(of(&alone), Verdict::Violated);
}

/// Every line of a member counts but for those that FortiOS does not synchronise: without it, the members differ.
#[test]
fn a_line_that_one_member_lacks_is_a_difference() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/ha-pair/configs");
    let text = std::fs::read_to_string(folder.join("FW-02.conf")).unwrap();
    let vendor = bunri::vendor::by_id("fortios").unwrap();
    let limits = bunri::source::Limits::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut unnoticed = Vec::new();
    for at in 0..lines.len() {
        let mut copy = lines.clone();
        copy.remove(at);
        let mut sources = bunri::source::Sources::new();
        let mut add = |name: &str, text: &str| {
            let path = bunri::source::SitePath::new(name).unwrap();
            sources.add(path, text.as_bytes(), &limits).unwrap()
        };
        let (first, second) = (add("a", &text), add("b", &copy.join("\n")));
        let forth = vendor.differences(&sources, first, second, &limits).unwrap();
        let back = vendor.differences(&sources, second, first, &limits).unwrap();
        assert_eq!(forth.is_empty(), back.is_empty(), "{}", lines[at]);
        if forth.is_empty() {
            unnoticed.push(lines[at].trim().split(' ').take(2).collect::<Vec<_>>().join(" "));
        }
    }
    let expected = [
        "#conf_file_ver=3102488173551100",
        "#buildno=1639",
        "#global_vdom=1",
        "set hostname",
        // The reserved management interface's own affairs.
        "set vdom",
        "set ip",
        "set allowaccess",
        "set type",
        "set description",
        "set dedicated-to",
        "set password",
        "set gateway",
        "set override",
        "set priority",
    ];
    // `end` saves an entry that is still open: the last `next` of a table says nothing.
    unnoticed.retain(|line| line != "next");
    assert_eq!(unnoticed, expected);
}
