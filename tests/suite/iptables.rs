//! The iptables reader: what it makes of saves in the shape of real boxes, and what garbled ones may not lose.
mod loopback;
mod policy_rules;
mod replay;
mod reverse;
mod show;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bunri::model::{CauseKind, Device, Expr, Radius, Then};
use bunri::source::{Lang, Limits, LineState, SitePath, Sources};
use bunri::vendor::{Companion, Confidence, Reading, by_id, detect};

use crate::support::reading::read_with;

/// File name ends of the companions.
const ENDS: [(&str, Companion); 7] = [
    ("rules6", Companion::Ipv6),
    ("addr", Companion::Addresses),
    ("route", Companion::Routes),
    ("route6", Companion::Routes6),
    ("rule", Companion::Rules),
    ("sysctl", Companion::Sysctl),
    ("route-b", Companion::Routes),
];

/// Reads a configuration and its companions.
fn read(config: &str, companions: &[(Companion, &str)]) -> (Sources, Reading) {
    let names: Vec<String> = (0..companions.len()).map(|i| format!("companion{i}")).collect();
    let named: Vec<(Companion, &str, &str)> =
        companions.iter().zip(&names).map(|((kind, text), name)| (*kind, name.as_str(), *text)).collect();
    let read = read_with("iptables", "gw.rules", config, &named);
    (read.sources, read.reading)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iptables")
}

fn fixture(name: &str) -> (String, Vec<(Companion, String)>) {
    let text = |end: &str| std::fs::read_to_string(folder().join(format!("{name}.{end}"))).ok();
    let companions = ENDS.iter().filter_map(|(end, kind)| Some((*kind, text(end)?))).collect();
    (text("rules").unwrap(), companions)
}

fn borrowed(companions: &[(Companion, String)]) -> Vec<(Companion, &str)> {
    companions.iter().map(|(kind, text)| (*kind, text.as_str())).collect()
}

/// Everything a person should know of a reading.
fn report(sources: &Sources, reading: &Reading) -> String {
    let mut out = String::new();
    for (id, file) in sources.files() {
        let t = reading.lines.tally(sources, id);
        let _ = writeln!(
            out,
            "{}: {} modelled, {} inert, {} partial, {} unmodelled, {} unrecognized",
            file.path(),
            t.modelled,
            t.inert,
            t.partial,
            t.unmodelled,
            t.unrecognized
        );
        let doubtful = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
        for (line, state) in reading.lines.lines_in(sources, id, &doubtful) {
            let _ = writeln!(out, "  {} {}", state.word(), sources.excerpt(sources.line_span(id, line)).text);
        }
    }
    for d in &reading.diagnostics {
        let place = sources.excerpt(d.primary);
        let _ = writeln!(out, "{} {}:{} {}", d.code.slug(), place.path, place.line, d.message.text(Lang::En));
    }
    for device in &reading.devices {
        for a in &device.assumptions {
            let _ = writeln!(out, "assuming {}", a.text(Lang::En));
        }
        out.push_str(&show::device(device));
    }
    out
}

/// Fixtures with companions beside them and the expected reading in `NAME.expected`. `BLESS=1` writes it anew.
#[test]
fn saves_read_as_expected() {
    let mut wrong = Vec::new();
    for name in ["gateway", "router", "nat", "capture", "listing", "odd"] {
        let (config, companions) = fixture(name);
        let (sources, reading) = read(&config, &borrowed(&companions));
        let found = report(&sources, &reading);
        let path = folder().join(format!("{name}.expected"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            let difference = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
            wrong.push(format!("{name}: first difference {difference:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One rule in the FORWARD chain of a save that is otherwise plain.
fn forward(rule: &str) -> (Sources, Reading) {
    let save = format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:web - [0:0]\n{rule}\nCOMMIT\n"
    );
    let plain = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    read(&save, &[(Companion::Ipv6, plain)])
}

/// The rules of the FORWARD chain without the guard of the other family.
fn forward_rules(reading: &Reading) -> Vec<String> {
    let device = &reading.devices[0];
    let set = device.rule_sets.iter().find(|s| s.name == "filter FORWARD").unwrap();
    let text = show::set(device, set);
    text.lines()
        .skip(3)
        .take_while(|l| l.starts_with("  ") && !l.starts_with("  end"))
        .map(|l| l.trim().into())
        .collect()
}

#[test]
fn conditions_say_what_the_kernel_tests() {
    let cases = [
        ("-p all -j ACCEPT", "any => Permit"),
        ("-p sctp -j ACCEPT", "proto=132 => Permit"),
        ("-p 89 -j ACCEPT", "proto=89 => Permit"),
        ("! -p udp -j ACCEPT", "!(proto=17) => Permit"),
        ("-p ! udp -j ACCEPT", "!(proto=17) => Permit"),
        ("-s 10.1.2.3/16 -j DROP", "v4 src=10.1.0.0-10.1.255.255 => Deny(Drop)"),
        (
            "! -d 10.0.0.0/255.0.0.0 -j DROP",
            "v4 dst=0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255 => Deny(Drop)",
        ),
        ("-d 10.0.0.4/255.0.0.254 -j DROP", "Unknown?[v4 dst=10.0.0.0-10.255.255.255] => Deny(Drop)"),
        ("-s 0.0.0.0/0 -j RETURN", "any => Return"),
        (
            "-p tcp -m tcp --sport 1024: ! --dport :1023 -j ACCEPT",
            "proto=6 sport=1024-65535 dport=1024-65535 => Permit",
        ),
        ("-p udp -m multiport ! --dports 53,67:68 -j ACCEPT", "proto=17 dport=0-52,54-66,69-65535 => Permit"),
        (
            "-p tcp -m multiport ! --ports 22 -j ACCEPT",
            "proto=6 sport=0-21,23-65535 dport=0-21,23-65535 => Permit",
        ),
        ("-m multiport --dports 53 -p udp -j ACCEPT", "proto=17 dport=53 => Permit"),
        ("-p tcp ! --syn -j DROP", "proto=6 flags=0-1,3-9,11-33,35-41,43-63 => Deny(Drop)"),
        ("-p tcp -m tcp --tcp-flags ALL NONE -j DROP", "proto=6 flags=0 => Deny(Drop)"),
        ("-p icmp -m icmp ! --icmp-type 8 -j DROP", "proto=1 icmp=0-2047,2304-65535 => Deny(Drop)"),
        ("-p icmp -m icmp --icmp-type any -j DROP", "proto=1 => Deny(Drop)"),
        ("-p icmp --icmp-type port-unreachable -j DROP", "proto=1 icmp=771 => Deny(Drop)"),
        ("-m conntrack ! --ctstate NEW,INVALID -j DROP", "!(state=New,Invalid) => Deny(Drop)"),
        ("-m conntrack --ctstate DNAT -j ACCEPT", ""),
        ("-m state --state UNTRACKED -j ACCEPT", "state=Untracked => Permit"),
        (
            "-m iprange ! --dst-range 10.0.0.5-10.0.0.9 -j DROP",
            "v4 dst=0.0.0.0-10.0.0.4,10.0.0.10-255.255.255.255 => Deny(Drop)",
        ),
        ("-m addrtype --src-type MULTICAST -j DROP", "src=224.0.0.0-239.255.255.255 => Deny(Drop)"),
        ("-m mark --mark 0x0/0xff -j DROP", "Unknown?[any] => Deny(Drop)"),
        ("-m mark ! --mark 0x0/0xff -j DROP", "Unknown?[any] => Deny(Drop)"),
        ("-i eth0 -o eth1 -g web", "ingress=eth0 egress=eth1 => goto web"),
        ("-i + -j web", "any => jump web"),
        ("-i eth+ -j DROP", "Unknown?[ingress=(other)] => Deny(Drop)"),
        ("-m recent --rcheck --name x --rsource -p tcp -j ACCEPT", "Condition?[any] proto=6 => Permit"),
        ("-m ttl --ttl-lt 5 -j DROP", "Condition?[any] => Deny(Drop)"),
        (
            "-m string --string \"-j\" --algo bm -j DROP",
            "Unknown?[any] Unknown?[any] Unknown?[any] => Deny(Drop)",
        ),
        ("-m geoip --source-country JP -d 10.0.0.1/32 -j ACCEPT", "Unknown?[any] v4 dst=10.0.0.1 => Permit"),
        ("-m comment --comment \"-j ACCEPT\" -p gre -j DROP", "proto=47 => Deny(Drop)"),
        ("-p tcp -c 10 20 -j DROP", "proto=6 => Deny(Drop)"),
        ("-p tcp", ""),
        ("-j LOG --log-prefix \"x \"", ""),
        ("-p udp -j NFLOG --nflog-group 3", ""),
    ];
    let mut wrong = Vec::new();
    for (rule, expected) in cases {
        let (_, reading) = forward(&format!("-A FORWARD {rule}"));
        let found = forward_rules(&reading).join("; ");
        if found != expected {
            wrong.push(format!("{rule}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every way in which one line can be unreadable, and how far it reaches.
#[test]
fn unread_words_widen_what_they_may_concern() {
    let any = |rules: &[String]| rules.iter().any(|r| r == "Unknown?[any] => unknown");
    for rule in [
        "-A FORWARD -s 10.0.0.0/8 junk -j ACCEPT",
        "-A FORWARD -s 10.0.0.0/8 -x DROP",
        "-A FORWARD -s 10.0.0.0/8 -j ACCEPT extra",
        "-A FORWARD -s 10.0.0.0/8 -j",
        "-A FORWARD -s -d 10.0.0.0/8 -j ACCEPT",
        "-A FORWARD --jmp DROP",
        "-A FORWARD -j DROP -j ACCEPT",
        "-A FORWARD ! -j DROP",
        "-A FORWARD -g nochain",
        "-A FORWARD -s 10.0.0.1 -s 10.0.0.2 -j DROP",
        "-A FORWARD -j ACCEPT --to-source 1.2.3.4",
    ] {
        let (sources, reading) = forward(rule);
        assert!(any(&forward_rules(&reading)), "{rule}: {:?}", forward_rules(&reading));
        let file = sources.files().next().unwrap().0;
        assert_eq!(reading.lines.state(file, 6), LineState::Unrecognized, "{rule}");
        assert!(!reading.diagnostics.is_empty(), "{rule}");
    }
    // A value that cannot be read bounds nothing, but the rest of the rule still does.
    for (rule, expected) in [
        ("-s 10.0.0.0.0/8 -p tcp", "Unknown?[any] proto=6 => Deny(Drop)"),
        ("-p tcp --dport 99999", "proto=6 Unknown?[any] => Deny(Drop)"),
        ("-p tcp -m tcp --dprt 22", "proto=6 Unknown?[any] => Deny(Drop)"),
        ("-p tcp -m nosuch --a b ! --c d", "proto=6 Unknown?[any] => Deny(Drop)"),
        ("-m state --state NEW,FOO", "Unknown?[any] => Deny(Drop)"),
    ] {
        let (_, reading) = forward(&format!("-A FORWARD {rule} -j DROP"));
        assert_eq!(forward_rules(&reading), [expected], "{rule}");
    }
    // A target that nobody knows does anything, to the packets of its own conditions.
    let (_, reading) = forward("-A FORWARD -d 10.0.0.1/32 -j wbe");
    assert_eq!(forward_rules(&reading), ["v4 dst=10.0.0.1 => unknown"]);
}

/// Taints of a save whose middle line is replaced.
fn taints(line: &str) -> Vec<Radius> {
    let (_, reading) = forward(line);
    reading.devices[0].taints.iter().map(|t| t.radius).collect()
}

#[test]
fn lost_lines_taint_their_table_or_the_device() {
    for line in [
        "-X FORWARD -j DROP",
        "-A FORWRAD -j DROP",
        ":x",
        "FORWARD -j DROP",
        "-D FORWARD 1",
        "[1:2 -A FORWARD",
    ] {
        let found = taints(line);
        let sets = found.iter().filter(|r| matches!(r, Radius::RuleSet(_))).count();
        assert_eq!((sets, found.len()), (3, 3), "{line}: {found:?}");
    }
    for line in [
        "-A FORWARD -m comment --comment \"open",
        "COMMIT\nnoise",
        "COMMIT\n*filtr",
        "COMMIT\n*filter\n:FORWARD DROP [0:0]",
        "COMMIT\n# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n*nat",
        "-A FORWARD -j web\n-A web -j web",
        "-A FORWARD -j web\n:a - [0:0]\n-A web -j a\n-A a -g web",
    ] {
        assert!(taints(line).contains(&Radius::Device), "{line}");
    }
}

/// A cut anywhere but in blank space or comments is noticed: the save has no end any more.
#[test]
fn every_prefix_is_read_and_noticed() {
    let (config, companions) = fixture("router");
    let companions = borrowed(&companions);
    let body = config.rfind("COMMIT").unwrap() + "COMMIT".len();
    for end in (0..config.len()).filter(|e| config.is_char_boundary(*e)) {
        // Every byte of the last table, every seventh of the rest.
        if end % 7 != 0 && end + 400 < config.len() {
            continue;
        }
        let cut = &config[..end];
        let (_, reading) = read(cut, &companions);
        let tables = cut.matches("COMMIT").count();
        let whole = cut.lines().last().is_some_and(|l| l.starts_with('#')) || cut.ends_with("COMMIT\n");
        let complete = end >= body || whole && tables > 0 || cut.trim_end().ends_with("COMMIT");
        let device = &reading.devices[0];
        assert_eq!(device.taints.iter().any(|t| t.radius == Radius::Device), !complete, "cut at {end}");
    }
}

/// Losing one character of a rule either leaves a rule of the same form or is said.
#[test]
fn garbled_rules_are_never_silently_dropped() {
    let (config, companions) = fixture("gateway");
    let companions = borrowed(&companions);
    let rules = |device: &Device| -> usize {
        device.rule_sets.iter().flat_map(|s| &s.chains).map(|c| c.rules.len()).sum()
    };
    let (_, plain) = read(&config, &companions);
    assert!(plain.diagnostics.is_empty());
    let count = rules(&plain.devices[0]);
    for (at, _) in config.char_indices().filter(|(i, _)| i % 3 == 0) {
        let mut garbled = config.clone();
        garbled.remove(at);
        garbled.insert(at, '%');
        let (sources, reading) = read(&garbled, &companions);
        let device = &reading.devices[0];
        let file = sources.files().next().unwrap().0;
        let doubtful = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
        let said = !reading.lines.lines_in(&sources, file, &doubtful).is_empty()
            || !device.taints.is_empty()
            || !reading.diagnostics.is_empty();
        assert!(said || rules(device) == count, "at {at}: {:?}", &garbled[at.saturating_sub(20)..at + 9]);
    }
}

#[test]
fn companions_that_cannot_be_read_widen() {
    let (config, _) = fixture("gateway");
    let with = |kind: Companion, text: &str| {
        let (_, reading) = read(&config, &[(kind, text)]);
        reading.devices.into_iter().next().unwrap()
    };
    let device_taint = |d: &Device| d.taints.iter().any(|t| t.radius == Radius::Device);
    assert!(device_taint(&with(Companion::Routes, "10.0.0.0/33 dev eth0\n")));
    assert!(device_taint(&with(Companion::Addresses, "2: eth0 <UP> mtu\n")));
    assert!(device_taint(&with(Companion::Addresses, "    inet 10.0.0.1/8 scope global eth0\n")));
    let route = with(Companion::Routes, "10.0.0.0/8 dev ens192 encap mpls 100\n");
    let rule = route.rule_sets.iter().flat_map(|s| &s.chains).flat_map(|c| &c.rules);
    assert!(
        rule.filter(|r| matches!(r.then, Then::Route(_)))
            .any(|r| r.label == "10.0.0.0/8" && uncertain(&r.when))
    );
    // An own address that cannot be read leaves every address possibly own.
    let text = "2: ens192: <UP> mtu 1500\n    inet [hidden] scope global ens192\n";
    let hidden = with(Companion::Addresses, text);
    assert!(hidden.interface("ens192").is_some() && !device_taint(&hidden));
    let first = hidden.rule_set(hidden.pipeline.routing).and_then(|s| s.chains[0].rules.first()).unwrap();
    assert!(uncertain(&first.when));
}

fn uncertain(e: &Expr) -> bool {
    match e {
        Expr::Unknown { .. } => true,
        Expr::All(parts) | Expr::Or(parts) => parts.iter().any(uncertain),
        Expr::Not(inner) => uncertain(inner),
        Expr::Any | Expr::None | Expr::In(..) => false,
    }
}

/// A time and a header byte asked twice are one choice; two unknown sets are two.
#[test]
fn the_same_choice_has_one_cause() {
    let (_, reading) = forward(
        "-A FORWARD -m time --timestop 17:00 -j ACCEPT\n-A FORWARD -m time --timestop 17:00 -p tcp -j DROP\n\
         -A FORWARD -m set --match-set a src -j ACCEPT\n-A FORWARD -m set --match-set a src -j DROP",
    );
    let causes = &reading.devices[0].causes;
    let of =
        |kind| causes.iter().filter(|c| c.kind == kind && c.span.start > 90 && c.span.start < 400).count();
    assert_eq!((of(CauseKind::Condition), of(CauseKind::Unknown)), (1, 2), "{causes:#?}");
}

#[test]
fn saves_are_told_from_other_files() {
    let mut sources = Sources::new();
    let mut kind = |name: &str, text: &str| {
        let id = sources.add(SitePath::new(name).unwrap(), text.as_bytes(), &Limits::default()).unwrap();
        let own = by_id("iptables").unwrap().detect(&sources, id);
        (own, detect(&sources, id).map(|v| v.id()))
    };
    let (save, _) = fixture("gateway");
    assert_eq!(kind("a", &save), (Confidence::Sure, Some("iptables")));
    assert_eq!(kind("b", &fixture("listing").0).0, Confidence::Maybe);
    assert_eq!(kind("c", "config system global\n    set hostname x\nend\n").0, Confidence::No);
}
