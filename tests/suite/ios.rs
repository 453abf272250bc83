//! The IOS family: fixtures in, flows and line states out.

use std::fs;
use std::path::PathBuf;

use bunri::model::{CauseKind, Device, Radius};
use bunri::source::{FileId, Limits, LineState, SitePath, Sources};
use bunri::vendor::{self, Companion, Reading};

use crate::fortios_walk::{packet, walk};
use crate::support::reading;

/// A reading with the sources it came from.
pub struct Read {
    sources: Sources,
    file: FileId,
    pub reading: Reading,
}

impl Read {
    pub fn of(vendor: &str, text: &str) -> Read {
        Read::with(vendor, text, None)
    }

    pub fn with(vendor: &str, text: &str, routes: Option<&str>) -> Read {
        let routes: Vec<_> =
            routes.into_iter().map(|text| (Companion::Routes, "configs/routes.txt", text)).collect();
        let reading::Read { sources, file, reading } =
            reading::read_with(vendor, "configs/sw.txt", text, &routes);
        Read { sources, file, reading }
    }

    pub fn device(&self, name: &str) -> &Device {
        let names: Vec<&String> = self.reading.devices.iter().map(|d| &d.name).collect();
        self.reading
            .devices
            .iter()
            .find(|d| d.name == name)
            .unwrap_or_else(|| panic!("no {name} in {names:?}"))
    }

    /// Lines that are neither modelled nor inert, as `state: text`.
    pub fn rest(&self) -> Vec<String> {
        let states = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
        let lines = self.reading.lines.lines_in(&self.sources, self.file, &states);
        let text = |l: u32| self.sources.excerpt(self.sources.line_span(self.file, l)).text.trim().to_owned();
        lines.into_iter().map(|(l, s)| format!("{}: {}", s.word(), text(l))).collect()
    }

    pub fn device_taint(&self) -> bool {
        self.reading.devices.iter().all(|d| d.taints.iter().any(|t| t.radius == Radius::Device))
    }

    /// What is not known, in words.
    pub fn doubts(&self) -> Vec<String> {
        let of = |d: &Device| {
            let causes = d.causes.iter().filter(|c| c.kind == CauseKind::Unknown);
            causes.map(|c| c.what.text(bunri::source::Lang::En).to_owned()).collect::<Vec<_>>()
        };
        self.reading.devices.iter().flat_map(of).collect()
    }
}

pub fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/ios");
    fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Packets of a `.flows` file that end otherwise than it says.
pub fn wrong_flows(read: &Read, flows: &str) -> String {
    let mut wrong = String::new();
    let mut device = String::new();
    for line in flows.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        if let Some(named) = line.strip_prefix("device ") {
            device = named.to_owned();
            continue;
        }
        let (flow, expected) = line.split_once(" =>").unwrap_or_else(|| panic!("{line}"));
        // Names of interfaces may hold blanks.
        let words: Vec<&str> = flow.split_whitespace().collect();
        let at = words.iter().position(|w| *w == ">").unwrap();
        let (ingress, flow) = (words[..at - 1].join(" "), format!("x {}", words[at - 1..].join(" ")));
        let (_, flow) = packet(&flow);
        let ends = walk(read.device(&device), &ingress, flow);
        let found: Vec<String> = ends
            .into_iter()
            .map(|e| e.replace("arrival end, ", "").replace("forwarding end, ", ""))
            .collect();
        let found: Vec<String> = found.into_iter().map(|e| tidy(&e)).collect();
        let found = found.join(" | ");
        if found != expected.trim() {
            wrong.push_str(&format!("{line}\n    found => {found}\n"));
        }
    }
    wrong
}

/// Leaves out the names of filters that let pass because nothing in them was about the packet.
fn tidy(end: &str) -> String {
    let Some((place, trail)) = end.split_once(": ") else { return end.to_owned() };
    if matches!(place, "drop" | "discard") {
        return end.to_owned();
    }
    const QUIET: [&str; 5] = [
        "arrival end",
        "forwarding end",
        "access-group in end",
        "access-group out end",
        "zone firewall to self end",
    ];
    let (labels, changes) = match trail.find(" src=").or(trail.find(" dst=")) {
        Some(at) => trail.split_at(at),
        None => (trail, ""),
    };
    let kept: Vec<&str> = labels.split(", ").filter(|l| !QUIET.contains(l)).collect();
    format!("{place}: {}{changes}", kept.join(", ")).trim_end().to_owned()
}

#[test]
fn flows_of_every_fixture() {
    let mut wrong = String::new();
    for name in ["core", "acl", "border"] {
        let read = Read::of("ios", &fixture(&format!("{name}.conf")));
        wrong.push_str(&wrong_flows(&read, &fixture(&format!("{name}.flows"))));
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_core_switch_is_read_whole() {
    let read = Read::of("ios", &fixture("core.conf"));
    assert_eq!(read.rest(), Vec::<String>::new());
    for device in &read.reading.devices {
        assert!(device.taints.is_empty(), "{}: {:?} {:?}", device.name, device.taints, read.doubts());
    }
    let names: Vec<&str> = read.reading.devices.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["SW-CORE01", "SW-CORE01/LGW", "SW-CORE01/MYN", "SW-CORE01/Mgmt-vrf"]);
    assert!(read.reading.links.is_empty());
}

/// The fixtures of the family, with the vendor that reads them.
const FIXTURES: [(&str, &str); 9] = [
    ("ios", "core.conf"),
    ("ios", "acl.conf"),
    ("ios", "border.conf"),
    ("ios", "factory.conf"),
    ("ios", "session.log"),
    ("axs", "axs.conf"),
    ("awplus", "awplus.conf"),
    ("axs", "factory-axs.conf"),
    ("awplus", "factory-awplus.conf"),
];

#[test]
fn a_factory_export_leaves_nothing_unread_and_finds_nothing() {
    for (vendor, name) in FIXTURES.into_iter().filter(|(_, n)| n.starts_with("factory")) {
        let read = Read::of(vendor, &fixture(name));
        assert_eq!(read.rest(), Vec::<String>::new(), "{name}");
        assert!(read.reading.diagnostics.is_empty(), "{name}: {:?}", read.reading.diagnostics);
        for device in &read.reading.devices {
            assert!(device.taints.is_empty() && device.relays.is_empty(), "{name} {}", device.name);
            assert!(
                device.facts.lines.is_empty() && device.facts.defaults.is_empty(),
                "{name} {}",
                device.name
            );
        }
    }
}

#[test]
fn dialects_are_told_apart() {
    for (vendor, name) in FIXTURES {
        let mut sources = Sources::new();
        let text = fixture(name);
        let file = sources.add(SitePath::new("a").unwrap(), text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(vendor::detect(&sources, file).map(|v| v.id()), Some(vendor), "{name}");
    }
}

#[test]
fn dialects_are_read_whole() {
    for (vendor, name) in FIXTURES.into_iter().filter(|(v, n)| *v != "ios" && !n.starts_with("factory")) {
        let read = Read::of(vendor, &fixture(name));
        assert_eq!(read.rest(), Vec::<String>::new(), "{name}");
        for device in &read.reading.devices {
            assert!(device.taints.is_empty(), "{name} {}: {:?}", device.name, read.doubts());
        }
        let wrong = wrong_flows(&read, &fixture(&name.replace(".conf", ".flows")));
        assert!(wrong.is_empty(), "\n{wrong}");
    }
}

/// A log of an evening: prompts, time stamps, a pager, a log message, several commands, two routing tables.
#[test]
fn a_terminal_log_is_taken_apart() {
    let read = Read::of("ios", &fixture("session.log"));
    assert_eq!(
        read.rest(),
        [
            "unmodelled: [2026-03-16 21:58:19.962] router ospf 1",
            "unmodelled: [2026-03-16 21:58:20.999]  network 10.1.0.0 0.0.255.255 area 0"
        ]
    );
    for device in &read.reading.devices {
        assert!(device.taints.is_empty(), "{}: {:?}", device.name, read.doubts());
    }
    let wrong = wrong_flows(&read, &fixture("session.flows"));
    assert!(wrong.is_empty(), "\n{wrong}");
    // A table that goes on, one with a strange line, or one of another device proves nothing.
    let text = fixture("session.log");
    let damage = [
        text.replace("[2026-03-16 22:01:40.100] SW-LOG#exit\r\n", ""),
        text.replace(
            "O        10.9.0.0/16 [110/2] via 10.1.0.2, 00:10:11, Vlan10",
            "O        10.9.0.0/16 [110/2] wia 10.1.0.2",
        ),
        text.replace(
            "C        10.2.0.0/24 is directly connected, Vlan20",
            "C        10.7.0.0/24 is directly connected, Vlan20",
        ),
    ];
    for text in damage {
        assert_ne!(text, fixture("session.log"));
        let read = Read::of("ios", &text);
        let doubts = read.doubts();
        assert!(doubts.iter().any(|d| d.contains("routing protocol")), "{doubts:?}");
    }
}

#[test]
fn what_is_typed_after_the_output_taints() {
    let text = fixture("session.log");
    let typed = text.replace(
        "SW-LOG#exit",
        "SW-LOG#conf t\r\nSW-LOG(config)#no ip access-list extended X\r\nSW-LOG#exit",
    );
    assert_ne!(text, typed);
    assert!(Read::of("ios", &typed).device_taint());
}

#[test]
fn a_cut_file_is_not_believed() {
    for (vendor, name) in FIXTURES {
        let text = fixture(name);
        let lines: Vec<&str> = text.lines().collect();
        for keep in (1..lines.len().min(200)).step_by(7) {
            let cut = lines[..keep].join("\n");
            let read = Read::of(vendor, &cut);
            // A log that ends before the configuration, and AX (whose exports have no end mark) at a separator.
            let separator = vendor == "axs" && matches!(lines[keep - 1].trim(), "!" | "");
            let after = cut.contains("\nend\n") || cut.trim_end().ends_with("\nend") || cut.contains("] end");
            assert!(separator || after || read.device_taint(), "{name} cut at {keep}");
        }
    }
}

#[test]
fn a_lost_delimiter_of_a_banner_taints() {
    let text = fixture("core.conf");
    let lost = text.replacen("interface with care\n^C\n", "interface with care\n", 1);
    assert_ne!(text, lost);
    assert!(Read::of("ios", &lost).device_taint());
    // A block without its head.
    let head = text.replacen("interface Vlan210\n", "", 1);
    assert!(Read::of("ios", &head).device_taint());
    // Two blocks run into each other.
    let joined = text.replacen("!\ninterface Vlan210\n", "", 1);
    assert!(Read::of("ios", &joined).device_taint());
}

#[test]
fn secrets_are_masked() {
    for (_, name) in FIXTURES {
        let text = fixture(name);
        let read = Read::of("ios", &text);
        let count = read.sources.file(read.file).unwrap().line_count();
        let shown: Vec<String> =
            (1..=count).map(|l| read.sources.excerpt(read.sources.line_span(read.file, l)).text).collect();
        for secret in ["abcdefghijklmnop", "qrstuvwxyz", "HIMITSU"] {
            assert!(!shown.iter().any(|l| l.contains(secret)), "{name}: {secret}");
        }
    }
}

/// What turns a service off is no doubt about the device, and what turns it on is.
#[test]
fn hardening_lines_are_inert() {
    let factory = fixture("factory.conf");
    let unread = |line: &str| {
        let (head, tail) = factory.rsplit_once("\nend").unwrap();
        Read::of("ios", &format!("{head}\n{line}\nend{tail}")).rest()
    };
    let before = unread("!");
    for line in [
        "no vstack",
        "no ip finger",
        "no service finger",
        "no service tcp-small-servers",
        "no service udp-small-servers",
        "snmp ifmib ifindex persist",
        "rmon event 1 log",
        "mab logging verbose",
    ] {
        assert_eq!(unread(line), before, "{line}");
    }
    for line in ["vstack", "vstack basic", "vstack director 10.1.1.1"] {
        assert_ne!(unread(line), before, "{line}");
    }
}
