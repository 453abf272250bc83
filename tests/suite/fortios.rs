//! FortiOS: fixtures in, flows and line states out.

use std::fs;
use std::path::PathBuf;

use bunri::model::{CauseKind, Device, Radius};
use bunri::source::{FileId, Lang, LineState, Sources};
use bunri::vendor::Reading;

use crate::fortios_walk::{packet, walk};
use crate::support::reading;

/// A reading with the sources it came from.
struct Read {
    sources: Sources,
    file: FileId,
    reading: Reading,
}

impl Read {
    fn of(bytes: &[u8]) -> Read {
        let reading::Read { sources, file, reading } = reading::read("fortios", "configs/fw.conf", bytes);
        Read { sources, file, reading }
    }

    fn device(&self, name: &str) -> &Device {
        let found = self.reading.devices.iter().find(|d| d.name == name);
        found.unwrap_or_else(|| panic!("no device {name}"))
    }

    fn state(&self, line: u32) -> LineState {
        self.reading.lines.state(self.file, line)
    }

    fn line(&self, text: &str) -> u32 {
        let lines = (1..=self.sources.file(self.file).unwrap().line_count())
            .find(|l| self.sources.excerpt(self.sources.line_span(self.file, *l)).text.trim() == text);
        lines.unwrap_or_else(|| panic!("no line `{text}`"))
    }

    /// Lines that are neither modelled nor inert, as `state: text`.
    fn rest(&self) -> Vec<String> {
        let states = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
        let lines = self.reading.lines.lines_in(&self.sources, self.file, &states);
        let text = |l: u32| self.sources.excerpt(self.sources.line_span(self.file, l)).text.trim().to_owned();
        lines.into_iter().map(|(l, s)| format!("{}: {}", s.word(), text(l))).collect()
    }

    /// How much is not known: taints and causes of ignorance.
    fn doubts(&self) -> usize {
        let count =
            |d: &Device| d.taints.len() + d.causes.iter().filter(|c| c.kind == CauseKind::Unknown).count();
        self.reading.devices.iter().map(count).sum()
    }

    /// Whether something is not known because of this line.
    fn doubted(&self, line: u32) -> bool {
        let causes = self.reading.devices.iter().flat_map(|d| &d.causes);
        let mut here =
            causes.filter(|c| c.kind == CauseKind::Unknown && self.sources.position(c.span).line == line);
        here.next().is_some()
    }

    fn device_taint(&self) -> bool {
        self.reading.devices.iter().all(|d| d.taints.iter().any(|t| t.radius == Radius::Device))
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/fortios")
}

fn fixture(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn fixtures() -> Vec<(String, String)> {
    let entries = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|n| n.ends_with(".conf")).collect();
    names.sort();
    assert!(names.len() > 8, "fixtures are missing");
    names.into_iter().map(|n| (n.clone(), fixture(&n))).collect()
}

/// Every `.flows` file: packets, and everything that may become of them.
#[test]
fn flows_of_every_fixture() {
    let mut wrong = String::new();
    for (name, text) in fixtures() {
        let Ok(flows) = fs::read_to_string(folder().join(name.replace(".conf", ".flows"))) else { continue };
        let read = Read::of(text.as_bytes());
        let mut device = String::new();
        for line in flows.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            if let Some(named) = line.strip_prefix("device ") {
                device = named.to_owned();
                continue;
            }
            let (flow, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("{name}: {line}"));
            let (ingress, flow) = packet(flow);
            let found =
                walk(read.device(&device), &ingress, flow).into_iter().collect::<Vec<_>>().join(" | ");
            if found != expected {
                wrong.push_str(&format!("{name}: {line}\n    found => {found}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_factory_export_with_vdoms_leaves_nothing_unread_and_taints_nothing() {
    let read = Read::of(fixture("factory-vdoms.conf").as_bytes());
    assert_eq!(read.rest(), Vec::<String>::new());
    let names: Vec<&str> = read.reading.devices.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["FW-FACTORY/VD-SANSO", "FW-FACTORY/root"]);
    for device in &read.reading.devices {
        assert!(device.taints.is_empty(), "{:?}", device.taints);
        assert!(device.relays.is_empty(), "{:?}", device.relays);
    }
    // Tunnels and links that nothing uses carry nothing.
    let down =
        |name: &str| read.device("FW-FACTORY/root").interfaces.iter().any(|i| i.name.value == name && !i.up);
    assert!(down("ssl.root") && down("naf.root") && down("l2t.root") && down("fortilink") && !down("mgmt"));
}

/// `show full-configuration` prints every default, and profiles, messages, logging, radio, certificates besides.
#[test]
fn full_output_leaves_nothing_unread_and_taints_nothing() {
    let text = fixture("full-configuration.txt");
    let read = Read::of(text.as_bytes());
    assert_eq!(read.rest(), Vec::<String>::new());
    let [device] = read.reading.devices.as_slice() else { panic!("one device") };
    assert!(device.taints.is_empty() && device.relays.is_empty(), "{:?} {:?}", device.taints, device.relays);
    assert!(read.reading.diagnostics.is_empty(), "{:?}", read.reading.diagnostics);
    for (line, expected) in [
        ("port2 10.80.2.9 > 198.51.100.1 tcp/443", "port3: policy 1 (naibu_joho_web)"),
        ("port2 10.80.2.9 > 198.51.100.1 tcp/80", "drop: policy end"),
        ("port1 10.80.1.9 > 198.51.100.1 tcp/443", "drop: policy 2 (kikan_kyohi)"),
        ("port3 10.80.3.9 > 10.80.2.9 tcp/443", "drop: policy end"),
    ] {
        let (ingress, flow) = packet(line);
        let found: Vec<String> = walk(device, &ingress, flow).into_iter().collect();
        assert_eq!(found, [expected], "{line}");
    }
    for line in 1..=read.sources.file(read.file).unwrap().line_count() {
        let shown = read.sources.excerpt(read.sources.line_span(read.file, line)).text;
        assert!(!shown.contains("canaryFull"), "line {line}: {shown}");
    }
}

#[test]
fn no_excerpt_shows_a_secret() {
    let read = Read::of(fixture("factory-vdoms.conf").as_bytes());
    let lines = read.sources.file(read.file).unwrap().line_count();
    for line in 1..=lines {
        let shown = read.sources.excerpt(read.sources.line_span(read.file, line)).text;
        for canary in
            ["canaryAdmin", "canaryHa", "canaryCommunity", "canaryCert", "canaryPrivate", "canaryUser"]
        {
            assert!(!shown.contains(canary), "line {line}: {shown}");
        }
    }
    // A broken quote earlier in the file must not uncover them.
    let broken = fixture("factory-vdoms.conf").replacen("set alias \"TO_CORE\"", "set alias \"TO_CORE", 1);
    let read = Read::of(broken.as_bytes());
    for line in 1..=read.sources.file(read.file).unwrap().line_count() {
        let shown = read.sources.excerpt(read.sources.line_span(read.file, line)).text;
        assert!(!shown.contains("canaryUser") && !shown.contains("canaryPrivate"), "line {line}: {shown}");
    }
}

/// The keyword of every line broken: the line is seen to be unknown, and unless it was inert, something widens.
#[test]
fn a_broken_keyword_never_passes_in_silence() {
    let mut silent: Vec<String> = Vec::new();
    for (name, text) in fixtures() {
        let whole = Read::of(text.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        // Every line of short files, some of long ones: the kinds of lines repeat.
        let step = (lines.len() / 40).max(1);
        for at in (0..lines.len()).step_by(step) {
            let words: Vec<&str> = lines[at].split_whitespace().collect();
            let number = u32::try_from(at + 1).unwrap();
            let before = whole.state(number);
            if words.is_empty() || words[0].starts_with('#') || !is_statement(words[0]) {
                continue;
            }
            for broken in [0, 1] {
                let Some(word) = words.get(broken) else { continue };
                if broken == 1 && !["set", "append", "unset", "config"].contains(&words[0]) {
                    continue;
                }
                let bad = lines[at].replacen(word, &garbled(word), 1);
                let mut copy = lines.clone();
                copy[at] = &bad;
                let read = Read::of(copy.join("\n").as_bytes());
                let place = format!("{name}:{number}: `{}` was {}", bad.trim(), before.word());
                assert_ne!(read.state(number), LineState::Modelled, "{place}");
                if before != LineState::Inert {
                    assert_ne!(read.state(number), LineState::Inert, "{place}");
                    // A line that was modelled in part had its block widened before; the factory's file is full of
                    // objects that nothing uses; an entry that is off stays off.
                    let excused = before == LineState::Partial
                        || name == "factory-vdoms.conf"
                        || in_disabled(&lines, at);
                    let widened = read.device_taint() || read.doubted(number) || excused;
                    if !widened {
                        silent.push(place);
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "nothing widened:\n{}", silent.join("\n"));
}

/// Whether the entry around line `at` is switched off.
fn in_disabled(lines: &[&str], at: usize) -> bool {
    let from = lines[..at].iter().rposition(|l| l.trim().starts_with("edit ")).unwrap_or(0);
    let to = lines[at..].iter().position(|l| l.trim() == "next").map_or(lines.len(), |n| at + n);
    lines[from..to].iter().any(|l| matches!(l.trim(), "set status disable" | "set status down"))
        && lines[at].trim() != "set status disable"
        && lines[at].trim() != "set status down"
}

fn is_statement(word: &str) -> bool {
    ["config", "edit", "set", "unset", "append", "next", "end", "move", "select"].contains(&word)
}

/// Same length, so that places do not move.
fn garbled(word: &str) -> String {
    let at = word.len() / 2;
    word.char_indices().map(|(i, c)| if i == at && c.is_ascii() { '~' } else { c }).collect()
}

/// The value of every line broken: it shows in the line's state, in a doubt, or in the device.
#[test]
fn a_broken_value_shows() {
    for (name, text) in fixtures().into_iter().filter(|(n, _)| n != "factory-vdoms.conf") {
        let whole = Read::of(text.as_bytes());
        let lines: Vec<&str> = text.lines().collect();
        for at in 0..lines.len() {
            let trimmed = lines[at].trim();
            let number = u32::try_from(at + 1).unwrap();
            let Some(value) = trimmed.strip_prefix("set ").and_then(|t| t.split_once(' ')).map(|p| p.1)
            else {
                continue;
            };
            if whole.state(number) != LineState::Modelled {
                continue;
            }
            let word = value.trim_matches('"');
            let bad = lines[at].replacen(value, &value.replacen(word, &garbled(word), 1), 1);
            let mut copy = lines.clone();
            copy[at] = &bad;
            let read = Read::of(copy.join("\n").as_bytes());
            let same = read.reading.devices == whole.reading.devices;
            let seen = read.state(number) != LineState::Modelled || read.doubts() > whole.doubts() || !same;
            assert!(seen, "{name}:{number}: `{}`", bad.trim());
        }
    }
}

#[test]
fn a_cut_file_taints_the_device() {
    for (name, text) in fixtures() {
        let lines: Vec<&str> = text.lines().collect();
        let mut depth = 0i32;
        let backup = text.contains("#buildno=");
        let mut quoted = false;
        for at in 0..lines.len() {
            if !quoted {
                match lines[at].split_whitespace().next() {
                    Some("config" | "edit") => depth += 1,
                    Some("next" | "end") => depth -= 1,
                    _ => {}
                }
                if lines[at].trim() == "end" && at > 0 && depth > 0 {
                    // `end` inside an entry closes both.
                    let open = lines[..=at].iter().filter(|l| l.trim_start().starts_with("edit ")).count();
                    let closed = lines[..=at].iter().filter(|l| l.trim() == "next").count();
                    if !lines[at].starts_with(' ') && open > closed && lines[at] == "end" && depth == 1 {
                        depth = 0;
                    }
                }
            }
            quoted ^= lines[at].matches('"').count() % 2 == 1;
            let step = if lines.len() > 400 { 5 } else { 1 };
            if at % step != 0 {
                continue;
            }
            let read = Read::of(lines[..=at].join("\n").as_bytes());
            let late = lines[..=at].iter().rev().find(|l| l.starts_with("config ")).is_some_and(|l| {
                [
                    "config router static",
                    "config router ospf",
                    "config router bgp",
                    "config router isis",
                    "config router multicast",
                ]
                .iter()
                .any(|p| l.starts_with(p))
            });
            if depth > 0 || quoted || (backup && !late) {
                assert!(read.device_taint(), "{name} cut after line {}: `{}`", at + 1, lines[at]);
            }
        }
    }
}

#[test]
fn every_byte_prefix_reads_without_a_panic() {
    for (name, text) in fixtures() {
        let bytes = text.as_bytes();
        let step = (bytes.len() / 120).max(1);
        for end in (0..bytes.len()).step_by(step) {
            let read = Read::of(&bytes[..end]);
            assert!(!read.reading.devices.is_empty(), "{name} at {end}");
        }
    }
}

#[test]
fn deep_and_hostile_input_ends() {
    let deep = "config a\nedit 1\n".repeat(5_000);
    assert!(Read::of(deep.as_bytes()).device_taint());
    let groups: String =
        (0..300).map(|i| format!("edit g{i}\nset member g{}\nnext\n", (i + 1) % 300)).collect();
    let policy = "config firewall policy\nedit 1\nset srcintf any\nset dstintf any\nset srcaddr g0\nset dstaddr all\nset service ALL\nset action accept\nnext\nend\n";
    let text = format!("config firewall addrgrp\n{groups}end\n{policy}");
    let read = Read::of(text.as_bytes());
    assert!(read.doubts() > 0);
    for noise in [
        &b"\"\"\"\"\""[..],
        b"end\nend\nnext\n",
        b"\xff\xfe\x00",
        b"set \\",
        b"config\nedit\nset\n",
        b"# only\n",
    ] {
        assert!(!Read::of(noise).reading.devices.is_empty());
    }
}

#[test]
fn a_file_in_code_page_932_reads_like_one_in_utf8() {
    let text = fixture("policies.conf");
    let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    let (utf8, cp932) = (Read::of(text.as_bytes()), Read::of(&bytes));
    let labels = |r: &Read| -> Vec<String> {
        let sets = r
            .reading
            .devices
            .iter()
            .flat_map(|d| &d.rule_sets)
            .flat_map(|s| &s.chains)
            .flat_map(|c| &c.rules);
        sets.map(|rule| format!("{} {:?} {:?}", rule.label, rule.when, rule.then)).collect()
    };
    assert_eq!(labels(&utf8), labels(&cp932));
}

#[test]
fn ends_of_inter_vdom_links_are_reported() {
    let read = Read::of(fixture("vdom-links.conf").as_bytes());
    let name = |(device, id): (usize, bunri::model::IfId)| {
        let device = &read.reading.devices[device];
        format!("{}:{}", device.name, device.interfaces[id.index()].name.value)
    };
    let links: Vec<String> =
        read.reading.links.iter().map(|l| format!("{} - {}", name(l.a), name(l.b))).collect();
    assert_eq!(
        links,
        [
            "FW-LINK/VD-A:vl_inet0 - FW-LINK/VD-B:vl_inet1",
            "FW-LINK/VD-A:npu0_vlink0 - FW-LINK/VD-B:npu0_vlink1"
        ]
    );
}

#[test]
fn functions_that_relay_are_reported() {
    let read = Read::of(fixture("relays.conf").as_bytes());
    let relays = &read.device("FW-RELAY").relays;
    let mut found: Vec<String> =
        relays.iter().map(|r| format!("{} {:?} {}", r.what.text(Lang::En), r.kind, r.certain)).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "DHCP relay Infrastructure false",
            "DNS server Infrastructure true",
            "NTP server Infrastructure false",
            "SSL-VPN gateway Data false",
            "explicit proxy Data false",
            "virtual server Data false",
        ]
    );
}

/// What is known and not modelled widens by the reviewed scope table.
#[test]
fn known_blocks_taint_by_the_scope_table() {
    let frame = |block: &str| {
        format!(
            "config system interface\nedit a\nset vdom root\nset ip 10.0.0.1/24\nnext\nedit b\nset vdom root\nset ip 10.1.0.1/24\nnext\nend\n{block}"
        )
    };
    let cases: [(&str, &str); 12] = [
        ("config firewall acl\nedit 1\nset interface a\nnext\nend\n", ""),
        ("config system settings\nset opmode transparent\nend\n", "Device"),
        ("config system settings\nset ngfw-mode policy-based\nend\n", "RuleSet"),
        ("config system virtual-wire-pair\nedit w\nset member a b\nnext\nend\n", "Interface Interface"),
        ("config system vxlan\nedit v\nset interface a\nnext\nend\n", "Device"),
        ("config vpn l2tp\nset status enable\nend\n", "Device"),
        ("config vpn l2tp\nset status disable\nend\n", ""),
        ("config firewall auth-portal\nset portal-addr x\nend\n", "RuleSet"),
        ("config firewall address\nedit x\nset subnet 10.0.0.0/33\nnext\nend\n", ""),
        (
            "config router static\nedit 1\nset dst 10.9.0.0/16\nset device a\nset foo bar\nnext\nend\n",
            "Routing",
        ),
        ("config system interface\nedit a\nset frobnicate on\nnext\nend\n", "Interface"),
        ("config system frobnicator\nset x y\nend\n", "Device"),
    ];
    for (block, expected) in cases {
        let read = Read::of(frame(block).as_bytes());
        let word = |r: &Radius| format!("{r:?}").split('(').next().unwrap_or("").to_owned();
        let found: Vec<String> = read.reading.devices[0].taints.iter().map(|t| word(&t.radius)).collect();
        assert_eq!(found.join(" "), expected, "{block}");
    }
}

#[test]
fn an_undefined_name_is_reported_once_and_widens() {
    let text = fixture("policies.conf").replace("edit \"SV-FILE\"", "edit \"SV-FILX\"");
    let read = Read::of(text.as_bytes());
    assert!(read.reading.diagnostics.iter().any(|d| d.code.slug() == "undefined-reference"));
    let line = read.line("edit \"SV-FILX\"");
    assert_eq!(read.state(line), LineState::Modelled);
}

#[test]
fn a_terminal_capture_reads_like_the_file() {
    let text = fixture("nat.conf");
    let capture = format!("FW-NAT (root) # show\r\n{}FW-NAT (root) # ", text.replace('\n', "\r\n"));
    let (file, capture) = (Read::of(text.as_bytes()), Read::of(capture.as_bytes()));
    assert_eq!(capture.rest(), Vec::<String>::new());
    let rules = |r: &Read| -> Vec<String> {
        let sets = r
            .reading
            .devices
            .iter()
            .flat_map(|d| &d.rule_sets)
            .flat_map(|s| &s.chains)
            .flat_map(|c| &c.rules);
        sets.map(|rule| format!("{} {:?} {:?}", rule.label, rule.when, rule.then)).collect()
    };
    assert_eq!(rules(&file), rules(&capture));
}
