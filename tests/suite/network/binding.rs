//! The closed world: every interface in use is bound, declared unused, or leads anywhere.

use super::{device_id, found, interface_id, site, wires, words};
use bunri::model::{InterfaceKind, Then};
use bunri::network::{DeviceStatus, Site};
use bunri::source::{Code, Lang};

const HEAD: &str = r#"schema_version = 1
name = "町"
[[segment]]
id = "a"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "b"
prefixes = ["10.2.0.0/24"]
"#;

fn device(rest: &str, config: &str) -> Site {
    let topology = format!("{HEAD}[[device]]\nname = \"FW\"\nconfig = \"configs/FW.conf\"\n{rest}");
    site(&topology, &[("configs/FW.conf", &format!("plain\n{config}"))])
}

/// Interfaces of `FW` that lead anywhere, by name.
fn open_ends(site: &Site) -> Vec<String> {
    let ends = site.devices().flat_map(|(_, d)| {
        d.elsewhere.iter().map(|i| format!("{}:{}", d.device.name, d.device.interfaces[i.index()].name.value))
    });
    ends.collect()
}

#[test]
fn each_kind_of_interface_needs_what_it_needs() {
    let site = device(
        "[device.attach]\np1 = \"a\"\n",
        "if p1 physical up 10.1.0.1/24\nif p2 physical up 10.2.0.1/24\nif p3 physical up\nif v4 vlan up\nif t5 tunnel up\nif lo loopback up 10.9.9.9/32\nif m6 member up\nif x7 trunk up\nif l8 link up\nif p9 physical down 10.3.0.1/24\n",
    );
    assert_eq!(open_ends(&site), ["FW:p2", "FW:v4", "FW:t5"]);
    assert_eq!(
        found(&site, Code::UnboundInterface)[0],
        "3: unbound-interface: [if p2 physical up 10.2.0.1/24] `p2` of `FW` is in use, and the topology binds it to nothing: it may lead anywhere (add `\"p2\" = \"SEGMENT\"` to its `[device.attach]`, or `unused = [\"p2\"]`)"
    );
    assert_eq!(found(&site, Code::UnboundInterface).len(), 3);
}

#[test]
fn a_port_without_address_is_free_unless_something_names_it() {
    for (statement, ends) in [
        ("", vec![]),
        ("permit-in p2", vec!["FW:p2"]),
        ("route p2", vec!["FW:p2"]),
        ("permit-in p1", vec![]),
        // What a device does on each of its interfaces.
        ("hairpin p2", vec![]),
        ("check p2", vec![]),
    ] {
        let site = device(
            "attach = { p1 = \"a\" }\n",
            &format!("if p1 physical up 10.1.0.1/24\nif p2 physical up\n{statement}\n"),
        );
        assert_eq!(open_ends(&site), ends, "{statement}");
    }
}

#[test]
fn declared_unused_is_believed_and_a_cut_cable_is_not() {
    let config = "if p1 physical up 10.1.0.1/24\nif p2 physical up 10.2.0.1/24\nroute p1\nroute p2\n";
    let whole = device("attach = { p1 = \"a\", p2 = \"b\" }\n", config);
    assert!(open_ends(&whole).is_empty());
    let unused = device("attach = { p1 = \"a\" }\nunused = [\"p2\"]\n", config);
    assert!(open_ends(&unused).is_empty());
    let told = found(&unused, Code::Contradiction);
    assert!(told.len() == 1 && told[0].contains("is called unused, is up and has"), "{told:#?}");
    assert!(!wires(&unused).iter().any(|w| w.contains("p2")));
    let cut = device("attach = { p1 = \"a\" }\n", config);
    let cut = wires(&cut);
    assert!(cut.contains(&"FW:p2 out on-link -> elsewhere (may)".to_owned()), "{cut:#?}");
    assert!(cut.contains(&"from elsewhere -> FW:p2 in (may)".to_owned()), "{cut:#?}");
}

#[test]
fn an_attachment_that_the_configuration_lacks_may_do_anything() {
    let site = device(
        "[device.attach]\np1 = \"a\"\npp2 = \"b\"\nto-p3 = \"b\"\nqqqqq = \"b\"\n",
        "if p1 physical up 10.1.0.1/24\nif p2 physical up 10.2.0.1/24\nif p3 physical up\nroute p1\n",
    );
    assert_eq!(
        found(&site, Code::Contradiction),
        [
            "14: contradiction: [pp2] the configuration of `FW` has no interface `pp2` (did you mean `p2`?)",
            "16: contradiction: [qqqqq] the configuration of `FW` has no interface `qqqqq` (until this is settled, traffic through it may do anything)",
            "15: contradiction: [to-p3] the configuration of `FW` has no interface `to-p3` (did you mean `p3`?)",
        ]
    );
    let fw = site.device(device_id(&site, "FW")).unwrap();
    let ghost = interface_id(&site, "FW", "pp2");
    assert_eq!(fw.device.interfaces[ghost.index()].kind, InterfaceKind::Unread);
    assert!(fw.attached[ghost.index()].is_some());
    // The taint was worked in: the filter has a rule that may do anything, and a route may lead there.
    let policy = &fw.device.rule_sets[1].chains[0].rules;
    assert!(policy.iter().any(|r| matches!(r.then, Then::Unknown(_))));
    assert!(wires(&site).contains(&"FW:pp2 out on-link -> segment b (certain)".to_owned()));
    assert_eq!(open_ends(&site), ["FW:p2"]);
}

#[test]
fn parts_of_a_box_are_joined_inside_and_named_with_a_slash() {
    let config = "part V1\nif p1 physical up 10.1.0.1/24\nif Gi1/0 physical up 10.1.0.9/24\nif l0 link up 10.255.0.1/30\nroute p1\nroute l0 10.255.0.2\n\
        part V2\nif p2 physical up 10.2.0.1/24\nif Gi1/0 physical up 10.2.0.9/24\nif l1 link up 10.255.0.2/30\nroute p2\nroute l1\ncable V1 l0 V2 l1\n";
    let site = device(
        "[device.attach]\np1 = \"a\"\n\"V2/p2\" = \"b\"\n\"V1/Gi1/0\" = \"a\"\n\"V2/Gi1/0\" = \"b\"\n",
        config,
    );
    assert!(open_ends(&site).is_empty());
    assert!(found(&site, Code::Contradiction).is_empty());
    let inside = site.segments.last().unwrap();
    assert_eq!((inside.id.value.as_str(), inside.internal), ("FW/V1:l0=FW/V2:l1", true));
    let wires = wires(&site);
    for wanted in [
        "FW/V1:l0 out 10.255.0.2 -> FW/V2:l1 in (certain)",
        "FW/V2:l1 out on-link -> FW/V1:l0 in (certain)",
        "FW/V1:p1 out on-link -> FW/V1:Gi1/0 in (certain only 10.1.0.9)",
    ] {
        assert!(wires.contains(&wanted.to_owned()), "{wanted}: {wires:#?}");
    }
    assert!(!wires.iter().any(|w| w.starts_with("origin FW/V1:l0")), "no machine stands on a link inside");

    // The same name in both parts: nobody knows which one is meant.
    let unclear = device("[device.attach]\np1 = \"a\"\np2 = \"b\"\n\"Gi1/0\" = \"a\"\n", config);
    assert_eq!(
        found(&unclear, Code::Contradiction)[0],
        "15: contradiction: [\"Gi1/0\"] `Gi1/0` exists in `FW/V1`, `FW/V2` (write `\"PART/Gi1/0\"`, with the part's name after the slash of the device's name)"
    );
    for part in ["FW/V1", "FW/V2"] {
        let device = unclear.device(device_id(&unclear, part)).unwrap();
        let id = interface_id(&unclear, part, "Gi1/0");
        assert!(device.attached[id.index()].is_some());
        assert!(
            device.device.rule_sets[1].chains[0].rules.iter().any(|r| matches!(r.then, Then::Unknown(_)))
        );
    }
}

#[test]
fn a_cable_on_a_link_inside_the_box_keeps_both() {
    let site = device(
        "attach = { p1 = \"a\", l0 = \"b\" }\n",
        "part V1\nif p1 physical up 10.1.0.1/24\nif l0 link up\nroute p1\npart V2\nif l1 link up\nroute l1\ncable V1 l0 V2 l1\n",
    );
    assert_eq!(found(&site, Code::Contradiction).len(), 1);
    let v1 = site.device(device_id(&site, "FW/V1")).unwrap();
    let l0 = interface_id(&site, "FW/V1", "l0");
    let at = |s: Option<bunri::network::SegmentId>| site.segment(s.unwrap()).unwrap().id.value.clone();
    assert_eq!(at(v1.attached[l0.index()]), "FW/V1:l0=FW/V2:l1");
    assert_eq!(at(*v1.attached.last().unwrap()), "b");
    assert!(wires(&site).contains(&"FW/V1:l0 out on-link -> segment b (certain)".to_owned()));
}

#[test]
fn what_cannot_be_read_may_do_anything() {
    let topology = |config: &str| {
        format!(
            "{HEAD}[[device]]\nname = \"FW\"\nconfig = \"{config}\"\nattach = {{ p1 = \"a\", p2 = \"b\" }}\n"
        )
    };
    let files = [("configs/unknown.conf", "hello\n")];
    let cases = [
        (
            "configs/gone.conf",
            "11: missing-file: [\"configs/gone.conf\"] `configs/gone.conf` is not in the site folder (until it can be read, this device may do anything)",
            true,
        ),
        (
            "configs/unknown.conf",
            "11: unknown-vendor: [\"configs/unknown.conf\"] the kind of `configs/unknown.conf` could not be told (until it can be read, this device may do anything)",
            true,
        ),
        (
            "unavailable",
            "11: missing-file: [\"unavailable\"] `FW` has neither a configuration nor a `contract` (declare all that it does under `[device.contract]`; until then it may do anything)",
            false,
        ),
    ];
    for (config, message, elsewhere) in cases {
        let site = site(&topology(config), &files);
        let all = [Code::MissingFile, Code::UnknownVendor].map(|c| found(&site, c)).concat();
        assert_eq!(all, [message]);
        let DeviceStatus::Missing(why) = &site.boxes[0].1 else { panic!() };
        assert!(!why.text(Lang::Ja).is_empty());
        let fw = &site.devices[0];
        assert!(fw.device.relays.iter().any(|r| !r.certain));
        let wires = wires(&site);
        for wanted in ["FW:p1 out unknown -> segment a (certain)", "FW:p2 out unknown -> segment b (certain)"]
        {
            assert!(wires.contains(&wanted.to_owned()), "{wires:#?}");
        }
        // A file that should be there may configure more than the topology shows.
        assert_eq!(open_ends(&site), if elsewhere { vec!["FW:(unread)"] } else { vec![] });
    }
    let nowhere = site(&format!("{HEAD}[[device]]\nname = \"FW\"\nconfig = \"unavailable\"\n"), &[]);
    // It may stand between any two zones, which one open end would not show: nothing goes out by where it came in.
    assert_eq!(open_ends(&nowhere), ["FW:(unread)", "FW:(unread 2)"]);
}

#[test]
fn unread_statements_open_the_interfaces_nobody_knows() {
    let site = device(
        "attach = { p1 = \"a\", gone = \"b\" }\n",
        "if p1 physical up 10.1.0.1/24\nroute p1\nunread\n",
    );
    assert_eq!(open_ends(&site), ["FW:(unread)"]);
    let all = wires(&site);
    assert!(all.contains(&"FW:(unread) out unknown -> elsewhere (may)".to_owned()), "{all:#?}");
    assert!(all.contains(&"FW:gone out unknown -> segment b (certain)".to_owned()), "{all:#?}");
}

#[test]
fn files_that_belong_to_nothing_are_named() {
    let topology = format!(
        "{HEAD}[[device]]\nname = \"FW\"\nconfig = \"configs/FW.conf\"\nunused = [\"p7\"]\n[[device]]\nname = \"OLD\"\nconfig = \"configs/old.conf\"\nexcluded = \"予備機\"\n[[unused_file]]\npath = \"configs/2023/\"\nreason = \"前世代\"\n"
    );
    let files =
        ["configs/FW.conf", "configs/FW2.conf", "configs/old.conf", "configs/2023/FW.conf", "README.md"];
    let site = site(&topology, &files.map(|f| (f, "plain\nif p1 physical down\n")));
    assert_eq!(
        found(&site, Code::UnassignedFile),
        [
            "1: unassigned-file: [] no device names the file `configs/FW2.conf` (name it in a `[[device]]`, or list it under `[[unused_file]]` with a reason)"
        ]
    );
    assert_eq!(
        found(&site, Code::Remark),
        [
            "18: remark: [\"configs/2023/\"] `configs/2023/FW.conf` is not used: 前世代",
            "12: remark: [\"p7\"] `unused` names `p7`, which `FW` does not have",
        ]
    );
    assert_eq!(site.devices.len(), 1);
    assert_eq!(site.boxes[1].1, DeviceStatus::Excluded("予備機".to_owned()));
}

/// Configurations and policy tables are told by what stands in them, wherever they lie; papers are left alone.
#[test]
fn configurations_outside_the_folders_of_named_files_are_named_too() {
    let topology = format!("{HEAD}[[device]]\nname = \"FW\"\nconfig = \"configs/FW.conf\"\n");
    let config = "plain\nif p1 physical down\n";
    let policies =
        "No,送信元ゾーン,宛先ゾーン,送信元アドレス,宛先アドレス,サービス,動作\n1,内,外,any,any,any,許可\n";
    let files = [
        ("configs/FW.conf", config),
        ("FW3.txt", config),
        ("追加/FW2.conf", config),
        ("新/FWポリシー表.csv", policies),
        ("新/メモ.csv", "覚え,日付\n電話した,3/1\n"),
        ("メモ.txt", "FW.conf は3月に採取した\n"),
        ("README.md", config),
        ("old/FW_2024.txt", config),
    ];
    let site = site(&topology, &files);
    let named: Vec<&str> = site.records.leftovers.iter().map(|p| p.as_str()).collect();
    assert_eq!(named, ["FW3.txt", "新/FWポリシー表.csv", "追加/FW2.conf"]);
}

#[test]
fn facts_that_contradict_each_other() {
    let topology = format!(
        r#"{HEAD}[[segment]]
id = "wide"
prefixes = ["10.1.0.128/25", "10.0.0.0/8"]
[[device]]
name = "FW"
config = "configs/FW.conf"
attach = {{ p1 = "a", p2 = "b" }}
[[host]]
id = "SV-1"
interfaces = [{{ segment = "a", addresses = ["10.1.0.1", "10.7.0.1"] }}]
[[host]]
id = "SV-2"
interfaces = [{{ segment = "b", addresses = ["10.1.0.1"] }}]
"#
    );
    let config = "plain\nif p1 physical up 10.1.0.1/24\nif p2 physical up 2001:db8::1/64 fe80::1/64\n";
    let site = site(&topology, &[("configs/FW.conf", config)]);
    let mut all = found(&site, Code::Contradiction);
    all.sort();
    let starts = [
        "18: contradiction: [\"10.1.0.1\"] `FW` and `SV-1` both have the address `10.1.0.1` on `a` (",
        "18: contradiction: [\"10.7.0.1\"] `10.7.0.1` of `SV-1` lies outside every prefix of its segment `a` (",
        "21: contradiction: [\"10.1.0.1\"] `10.1.0.1` of `SV-2` lies outside every prefix of its segment `b` (",
        "3: contradiction: [if p2 physical up 2001:db8::1/64 fe80::1/64] `2001:db8::1` of `FW` lies outside every prefix of its segment `b` (",
    ];
    assert_eq!(all.len(), starts.len(), "{all:#?}");
    for (one, start) in all.iter().zip(starts) {
        assert!(one.starts_with(start), "{one}");
    }
    let overlaps = found(&site, Code::Remark);
    assert_eq!(overlaps.len(), 2, "{overlaps:#?}");
    assert!(overlaps.iter().all(|o| o.contains("overlap")));
}

#[test]
fn locations_are_unique_and_complete() {
    let site = device(
        "attach = { p1 = \"a\" }\n",
        "if p1 physical up 10.1.0.1/24\nif p2 physical up 10.2.0.1/24\nroute p1\nroute-any\n",
    );
    let mut names: Vec<String> = site.nodes.keys().map(|l| words(&site, *l)).collect();
    assert_eq!(names.len(), site.graph.node_count());
    for (location, node) in &site.nodes {
        assert_eq!(site.graph[*node], *location);
    }
    names.sort();
    assert_eq!(
        names,
        [
            "FW local",
            "FW self",
            "FW:p1 in",
            "FW:p1 out on-link",
            "FW:p1 out unknown",
            "FW:p2 in",
            "FW:p2 out unknown",
            "elsewhere",
            "from elsewhere",
            "origin a",
            "origin b",
            "segment a",
            "segment b",
        ]
    );
}
