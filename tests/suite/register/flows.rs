//! What a register takes out of the picture, and what it never may.

use bunri::analysis::answer::{Assessment, Class, Level, Verdict};
use bunri::checks::{self, Options};
use bunri::network::Site;
use bunri::source::Lang;
use jiff::civil::{Date, date};

use crate::support::tiny::{self, answer};

pub const TOPOLOGY: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "lgwan"
[[zone]]
id = "J"
name = "J"
role = "other"
[[zone]]
id = "I"
name = "I"
role = "internet"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24", "2001:db8:1::/64"]
complete = true
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24", "2001:db8:2::/64"]
complete = true
[[segment]]
id = "j"
zone = "J"
prefixes = ["10.4.0.0/24"]
complete = true
[[segment]]
id = "i"
zone = "I"
prefixes = ["10.3.0.0/24"]
complete = true
[[external]]
id = "far"
zone = "L"
leads_to = []
segment = "l"
router = ["10.2.0.6"]
declarations = ["d1"]
[[host]]
id = "SV-M"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
[[host]]
id = "SV-M2"
interfaces = [{ segment = "m", addresses = ["10.1.0.12"] }]
[[host]]
id = "SV-L"
interfaces = [{ segment = "l", addresses = ["10.2.0.11"] }]
[[host]]
id = "SV-L2"
interfaces = [{ segment = "l", addresses = ["10.2.0.12"] }]
[[host]]
id = "SV-J"
interfaces = [{ segment = "j", addresses = ["10.4.0.11"] }]
[[declaration]]
id = "d1"
text = "t"
document = "d"
by = "b"
date = "2026-01-01"
[[device]]
name = "FW"
config = "fw"
[device.attach]
m = "m"
l = "l"
j = "j"
i = "i"
"#;

pub const INTERFACES: &str = "if m port up 10.1.0.254/24 2001:db8:1::254/64\nif l port up 10.2.0.254/24 2001:db8:2::254/64\nif j port up 10.4.0.254/24\nif i port up 10.3.0.254/24\ninput deny\n";

/// SV-M to SV-L, tcp/443.
pub const ENTRY: &str = r#"
[[entry]]
id = "e-1"
title = "t"
kind = "tokutei"
from = { host = "SV-M" }
to = { host = "SV-L" }
protocol = "tcp"
ports = "443"
granularity = "host"
owner = "o"
approved_by = "a"
approved_on = "2025-03-24"
expires = "2026-03-31"
"#;

const RULE: &str = "permit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n";

fn site(config: &str, register: Option<&str>) -> Site {
    tiny::with_register(TOPOLOGY, &[("fw", &format!("{INTERFACES}{config}"))], register)
}

pub fn assess_on(site: &Site, today: Date) -> Assessment {
    let options = Options { today: Some(today), ..Options::default() };
    checks::assess(site, &options).unwrap_or_else(|e| panic!("{e}"))
}

fn day() -> Date {
    date(2026, 1, 15)
}

fn assess(config: &str, register: &str) -> Assessment {
    assess_on(&site(config, Some(register)), day())
}

fn verdict(config: &str, register: &str) -> Verdict {
    answer(&assess(config, register), "M-2", Level::Packet).verdict
}

fn entry(from: &str, to: &str) -> String {
    let text = ENTRY.replacen(from, to, 1);
    assert_ne!(text, ENTRY, "{from}");
    text
}

#[test]
fn a_registered_flow_passes_and_no_other() {
    let all = assess(RULE, ENTRY);
    for (id, level) in [
        ("M-1", Level::Packet),
        ("M-2", Level::Packet),
        ("M-2", Level::Host),
        ("M-2", Level::None),
        ("M-3", Level::None),
        ("M-5", Level::Host),
        ("B-1", Level::None),
        ("X-11", Level::None),
    ] {
        assert_eq!(answer(&all, id, level).verdict, Verdict::Holds, "{id}");
    }
    let packet = answer(&all, "M-2", Level::Packet);
    assert!(packet.assumptions.iter().any(|a| a == "SAME-SEGMENT-HONEST"));
    assert!(packet.surplus.is_empty());
}

/// Each of these is one step beside the entry.
#[test]
fn whatever_is_beside_the_entry_is_surplus() {
    for rule in [
        "permit m l 10.1.0.12/32 10.2.0.11/32 tcp 443",
        "permit m l 10.1.0.0/24 10.2.0.11/32 tcp 443",
        "permit m l 10.1.0.11/32 10.2.0.12/32 tcp 443",
        "permit m l 10.1.0.11/32 10.2.0.0/24 tcp 443",
        "permit m l 10.1.0.11/32 10.2.0.11/32 tcp 444",
        "permit m l 10.1.0.11/32 10.2.0.11/32 tcp *",
        "permit m l 10.1.0.11/32 10.2.0.11/32 udp 443",
        "permit m l 10.1.0.11/32 10.2.0.11/32 * *",
        "permit m l 2001:db8:1::11/128 2001:db8:2::11/128 tcp 445",
        "permit m l ::/0 ::/0 * *",
        "permit l m 10.2.0.11/32 10.1.0.11/32 tcp 443",
        "permit m j 10.1.0.11/32 10.4.0.11/32 tcp 443",
        "permit j m 10.4.0.11/32 10.1.0.11/32 tcp 443",
        // The registered source, in the wrong zone.
        "permit j m 10.1.0.11/32 10.1.0.12/32 tcp 443",
    ] {
        let all = assess(&format!("{RULE}{rule}\n"), ENTRY);
        let packet = answer(&all, "M-2", Level::Packet);
        assert_eq!(packet.verdict, Verdict::Violated, "{rule}");
        assert!(!packet.surplus.is_empty(), "{rule}");
        assert_eq!(packet.class, Class::Path);
    }
}

/// Nobody wrote down IPv6 addresses of the two hosts, and their segments have a prefix: the flow may be theirs, and is
/// not taken to be.
#[test]
fn addresses_that_nobody_wrote_down_cover_nothing() {
    let all = assess(&format!("{RULE}permit m l 2001:db8:1::11/128 2001:db8:2::11/128 tcp 443\n"), ENTRY);
    let packet = answer(&all, "M-2", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Undetermined);
    assert!(!packet.culprits.is_empty());
}

/// What the other side could forge is no exception of another zone.
#[test]
fn an_entry_speaks_of_its_own_zone_only() {
    let from_l = entry("{ host = \"SV-M\" }", "{ host = \"SV-L2\" }").replacen(
        "{ host = \"SV-L\" }",
        "{ host = \"SV-M\" }",
        1,
    );
    let honest = "permit l m 10.2.0.12/32 10.1.0.11/32 tcp 443\n";
    assert_eq!(verdict(honest, &from_l), Verdict::Holds);
    let forged = "permit j m 10.2.0.12/32 10.1.0.11/32 tcp 443\n";
    let all = assess(&format!("{honest}{forged}"), &from_l);
    let packet = answer(&all, "M-2", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Violated);
    assert!(packet.counterexamples.iter().all(|c| c.requires_forged_source));
}

/// The source is compared as its host sent it (pin 5).
#[test]
fn source_translation_hides_nobody() {
    let nat = "snat l 10.1.0.0/24 10.2.0.200\n";
    let wide = "permit m l 10.1.0.0/24 10.2.0.11/32 tcp 443\n";
    assert_eq!(verdict(&format!("{nat}{RULE}"), ENTRY), Verdict::Holds);
    assert_eq!(verdict(&format!("{nat}{wide}"), ENTRY), Verdict::Violated);
    // Nor does a translation to the registered host's own address.
    let to_host = "snat l 10.1.0.12/32 10.1.0.11\npermit m l 10.1.0.12/32 10.2.0.11/32 tcp 443\n";
    assert_eq!(verdict(to_host, ENTRY), Verdict::Violated);
}

/// The destination is compared as delivered (pin 6).
#[test]
fn destination_translation_leads_nowhere_else() {
    let to_host = "dnat m 10.2.0.100/32 10.2.0.11\npermit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n";
    let to_other = "dnat m 10.2.0.11/32 10.2.0.12\npermit m l 10.1.0.11/32 10.2.0.12/32 tcp 443\n";
    assert_eq!(verdict(to_host, ENTRY), Verdict::Holds);
    assert_eq!(verdict(to_other, ENTRY), Verdict::Violated);
}

#[test]
fn overlapping_entries_cover_together_and_no_more() {
    let second = entry("e-1", "e-2").replacen("\"443\"", "\"443-444\"", 1);
    let both = format!("{ENTRY}{second}");
    let rules = format!("{RULE}permit m l 10.1.0.11/32 10.2.0.11/32 tcp 444\n");
    assert_eq!(verdict(&rules, &both), Verdict::Holds);
    let rules = format!("{rules}permit m l 10.1.0.11/32 10.2.0.11/32 tcp 445\n");
    assert_eq!(verdict(&rules, &both), Verdict::Violated);
}

/// A host without a written address may be anywhere on its segment: nothing is certain of it.
#[test]
fn a_host_without_an_address_covers_nothing_for_certain() {
    let topology = TOPOLOGY.replace("addresses = [\"10.1.0.11\"]", "addresses = []");
    assert_ne!(topology, TOPOLOGY);
    let site = tiny::with_register(&topology, &[("fw", &format!("{INTERFACES}{RULE}"))], Some(ENTRY));
    let all = assess_on(&site, day());
    let packet = answer(&all, "M-2", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Undetermined);
    assert!(!packet.culprits.is_empty());
}

#[test]
fn icmp_types_are_told_apart() {
    let ping = entry("\"tcp\"\nports = \"443\"", "\"icmp\"\nicmp_type = 8");
    // The rule permits every type.
    assert_eq!(verdict("permit m l 10.1.0.11/32 10.2.0.11/32 1 *\n", &ping), Verdict::Violated);
    let every = entry("\"tcp\"\nports = \"443\"", "\"icmp\"");
    assert_eq!(verdict("permit m l 10.1.0.11/32 10.2.0.11/32 1 *\n", &every), Verdict::Holds);
}

/// Nobody's approval subtracts nothing; an approval that is over changes no path.
#[test]
fn time_is_a_matter_of_paper_and_approval_of_paths() {
    let site = site(RULE, Some(ENTRY));
    let before = assess_on(&site, day());
    let after = assess_on(&site, date(2026, 4, 1));
    for (id, level) in
        [("M-1", Level::Packet), ("M-2", Level::Packet), ("M-2", Level::Host), ("M-5", Level::Host)]
    {
        let (a, b) = (answer(&before, id, level), answer(&after, id, level));
        assert_eq!((a.verdict, &a.surplus, &a.culprits), (b.verdict, &b.surplus, &b.culprits), "{id}");
    }
    for level in [("M-2", Level::None), ("X-11", Level::None)] {
        let found = answer(&after, level.0, level.1);
        assert_eq!((found.verdict, found.class), (Verdict::Violated, Class::Register));
    }
    assert_eq!(after.verdict(), Verdict::Violated);
    for (from, to) in [
        ("approved_by = \"a\"", "approved_by = \"\""),
        ("approved_on = \"2025-03-24\"", ""),
        ("approved_on = \"2025-03-24\"", "approved_on = \"2026-01-16\""),
        ("expires = \"2026-03-31\"", "expires = \"2025-03-23\""),
    ] {
        let all = assess(RULE, &entry(from, to));
        let packet = answer(&all, "M-2", Level::Packet);
        assert_eq!(packet.verdict, Verdict::Violated, "{to}");
        assert!(packet.reason.as_ref().unwrap().text(Lang::En).contains("`e-1`"), "{to}");
        assert_eq!(answer(&all, "X-11", Level::None).verdict, Verdict::Violated, "{to}");
    }
}

/// A renewed entry takes over from the old one; one whose renewal is under way is open.
/// An entry whose own remark takes it back covers nothing for certain; that it is gone is not certain either.
#[test]
fn an_entry_that_its_remark_takes_back_is_open() {
    for (key, text, wanted) in [
        ("note", "R7.3廃止", Verdict::Undetermined),
        ("note", "未承認", Verdict::Undetermined),
        ("note", "旧番号の廃止に伴い改番", Verdict::Holds),
        ("title", "【廃止】連携", Verdict::Undetermined),
        ("title", "利用停止", Verdict::Holds),
    ] {
        let lines = ENTRY.lines().filter(|l| !l.starts_with(&format!("{key} =")));
        let plain: String = lines.map(|l| format!("{l}\n")).collect();
        let said = plain.replacen("owner =", &format!("{key} = \"{text}\"\nowner ="), 1);
        let all = assess(RULE, &said);
        let m2 = answer(&all, "M-2", Level::Packet);
        assert_eq!(m2.verdict, wanted, "{key} {text}");
        let told = m2.culprits.iter().any(|c| c.what.text(Lang::Ja).contains(text));
        assert_eq!(told, wanted == Verdict::Undetermined, "{key} {text}");
    }
}

#[test]
fn renewal_is_told() {
    let late = date(2026, 4, 1);
    let renewed = entry("e-1", "e-2").replacen("2026-03-31", "2027-03-31", 1);
    let all = assess_on(&site(RULE, Some(&format!("{ENTRY}{renewed}"))), late);
    assert_eq!(answer(&all, "M-2", Level::None).verdict, Verdict::Holds);
    let renewing = entry("owner =", "renewal = \"2026-03-10\"\nowner =");
    let all = assess_on(&site(RULE, Some(&renewing)), late);
    assert_eq!(answer(&all, "M-2", Level::None).verdict, Verdict::Undetermined);
    assert_eq!(answer(&all, "X-11", Level::None).verdict, Verdict::Undetermined);
    // Without a day nothing is said of dates.
    let all = tiny::assess(&site(RULE, Some(ENTRY)));
    assert_eq!(answer(&all, "M-2", Level::None).verdict, Verdict::Undetermined);
    assert_eq!(answer(&all, "M-2", Level::Packet).verdict, Verdict::Holds);
}

#[test]
fn without_a_register_only_what_is_bounded_is_open() {
    let of = |config: &str| {
        let all = assess_on(&site(config, None), day());
        let packet = answer(&all, "M-2", Level::Packet).clone();
        assert!(all.assertions.iter().all(|a| a.id != "M-3" && a.id != "B-1"));
        packet
    };
    let bounded = of(RULE);
    assert_eq!(bounded.verdict, Verdict::Undetermined);
    assert!(bounded.reason.unwrap().text(Lang::Ja).contains("台帳未提出"));
    assert!(bounded.counterexamples.is_empty() && !bounded.possible_paths.is_empty());
    assert_eq!(of("").verdict, Verdict::Holds);
    for wide in [
        "permit m l 10.1.0.11/32 10.2.0.11/32 tcp *\n",
        "permit m l 10.1.0.11/32 10.2.0.11/32 * *\n",
        "permit m l * 10.2.0.11/32 tcp 443\n",
        "permit l m * * * *\n",
    ] {
        assert_eq!(of(wide).verdict, Verdict::Violated, "{wide}");
    }
}

/// A garbled line in the way leaves M-2 open, never held.
#[test]
fn what_was_not_understood_is_not_covered() {
    for line in ["permit? m l 10.1.0.12/32 10.2.0.11/32 tcp 443\n", "taint device\n", "taint nat\n"] {
        let all = assess(&format!("{line}{RULE}"), ENTRY);
        assert_eq!(answer(&all, "M-2", Level::Packet).verdict, Verdict::Undetermined, "{line}");
    }
    // A hole that somebody opens by a schedule is a hole.
    assert_eq!(verdict("permit~ m l 10.1.0.12/32 10.2.0.11/32 tcp 443\n", ENTRY), Verdict::Violated);
}

#[test]
fn entries_name_machines_and_ports() {
    let m3 = |register: &str| answer(&assess(RULE, register), "M-3", Level::None).verdict;
    assert_eq!(m3(ENTRY), Verdict::Holds);
    for (from, to) in [
        ("ports = \"443\"", "ports = \"any\""),
        ("\"tcp\"\nports = \"443\"", "\"any\""),
        ("{ host = \"SV-L\" }", "{ external = \"far\" }"),
        ("{ host = \"SV-L\" }", "{ external = \"far\", addresses = [\"198.51.100.0/22\"] }"),
        ("{ host = \"SV-L\" }", "{ segment = \"l\" }"),
        ("{ host = \"SV-M\" }", "{ addresses = [\"10.1.0.8/29\"] }"),
    ] {
        assert_eq!(m3(&entry(from, to)), Verdict::Violated, "{to}");
    }
    let segment = entry("\"host\"", "\"segment\"\nreason = \"DHCP\"");
    let segment = segment.replacen("{ host = \"SV-L\" }", "{ addresses = [\"10.2.0.0/24\"] }", 1);
    let all = assess(RULE, &segment);
    let found = answer(&all, "M-3", Level::None);
    assert_eq!(found.verdict, Verdict::Holds);
    assert!(found.reason.as_ref().unwrap().text(Lang::En).contains("`e-1`"));
    let unapproved = segment.replacen("approved_by = \"a\"", "", 1);
    assert_eq!(m3(&unapproved), Verdict::Violated);
}

#[test]
fn needed_flows_certainly_pass() {
    let b1 = |config: &str, register: &str| {
        let all = assess(config, register);
        answer(&all, "B-1", Level::None).clone()
    };
    assert_eq!(b1(RULE, ENTRY).verdict, Verdict::Holds);
    let gone = b1("", ENTRY);
    assert_eq!(gone.verdict, Verdict::Violated);
    let denied = b1(&format!("deny m l * * tcp 443\n{RULE}"), ENTRY);
    assert_eq!(denied.verdict, Verdict::Violated);
    assert!(denied.culprits.iter().any(|c| c.device.as_deref() == Some("FW")), "{:?}", denied.culprits);
    assert_eq!(b1("permit? m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n", ENTRY).verdict, Verdict::Undetermined);
    let conditional = b1("permit~ m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n", ENTRY);
    assert_eq!(conditional.verdict, Verdict::Holds);
    assert!(conditional.reason.is_some());
    // Half of what the entry names.
    let two = entry("\"443\"", "\"443,8443\"");
    assert_eq!(b1(RULE, &two).verdict, Verdict::Undetermined);
}

#[test]
fn the_register_is_kept_in_order() {
    let x11 = |config: &str, register: &str| answer(&assess(config, register), "X-11", Level::None).verdict;
    assert_eq!(x11(RULE, ENTRY), Verdict::Holds);
    assert_eq!(x11("", ENTRY), Verdict::Violated, "dormant");
    for (from, to) in [
        ("owner = \"o\"", "owner = \" \""),
        ("expires = \"2026-03-31\"", ""),
        ("expires = \"2026-03-31\"", "expires = \"無期限\""),
        ("owner =", "starts = \"2026-04-01\"\nowner ="),
    ] {
        assert_eq!(x11(RULE, &entry(from, to)), Verdict::Violated, "{to}");
    }
    let double = format!("{ENTRY}{}", entry("e-1", "e-2"));
    assert_eq!(x11(RULE, &double), Verdict::Violated, "twice");
    let notice = |today| {
        let all = assess_on(&site(RULE, Some(ENTRY)), today);
        let found = answer(&all, "X-11", Level::None).clone();
        assert_eq!(found.verdict, Verdict::Holds);
        found.reason.map(|r| r.text(Lang::En).to_owned()).unwrap_or_default()
    };
    assert!(notice(date(2026, 3, 15)).contains("within 30 days"));
    assert!(notice(date(2026, 2, 1)).contains("within 60 days"));
    assert_eq!(notice(date(2026, 1, 15)), "");
}

/// The peer of an exception, onwards to the internet.
#[test]
fn a_peer_has_no_way_to_the_internet() {
    let out = format!("{RULE}permit l i 10.2.0.11/32 10.3.0.0/24 tcp 443\n");
    let m5 = |topology: &str, config: &str, register: &str| {
        let config = format!("{INTERFACES}{config}");
        let site = tiny::with_register(topology, &[("fw", &config)], Some(register));
        answer(&assess_on(&site, day()), "M-5", Level::Host).clone()
    };
    assert_eq!(m5(TOPOLOGY, RULE, ENTRY).verdict, Verdict::Holds);
    assert_eq!(m5(TOPOLOGY, &out, ENTRY).verdict, Verdict::Undetermined, "nobody says that it relays");
    let declare = |relay: &str| {
        TOPOLOGY.replacen(
            "addresses = [\"10.2.0.11\"] }]",
            &format!("addresses = [\"10.2.0.11\"] }}]\nrelay = \"{relay}\"\ndeclarations = [\"d1\"]"),
            1,
        )
    };
    assert_eq!(m5(&declare("yes"), &out, ENTRY).verdict, Verdict::Violated);
    assert_eq!(m5(&declare("no"), &out, ENTRY).verdict, Verdict::Holds);
    // External peers rest on somebody's word.
    let far = entry("{ host = \"SV-L\" }", "{ external = \"far\", addresses = [\"198.51.100.20\"] }");
    assert_eq!(m5(TOPOLOGY, RULE, &far).verdict, Verdict::Undetermined);
    let private = far.replacen("owner =", "peer = \"private\"\ndeclarations = [\"d1\"]\nowner =", 1);
    assert_eq!(m5(TOPOLOGY, RULE, &private).verdict, Verdict::Holds);
    let public = far.replacen("owner =", "peer = \"public-system\"\nowner =", 1);
    assert_eq!(m5(TOPOLOGY, RULE, &public).verdict, Verdict::Undetermined, "no declaration");
    // A claim to be public does not help a machine of the site.
    let claimed = entry("owner =", "peer = \"public-system\"\ndeclarations = [\"d1\"]\nowner =");
    assert_eq!(m5(&declare("yes"), &out, &claimed).verdict, Verdict::Violated);
    // No internet zone: nothing was looked at.
    let offline = TOPOLOGY.replacen("role = \"internet\"", "role = \"other\"", 1);
    assert_eq!(m5(&offline, RULE, ENTRY).verdict, Verdict::Undetermined);
    let online = TOPOLOGY.replacen(
        "id = \"far\"\nzone = \"L\"\nleads_to = []",
        "id = \"far\"\nzone = \"L\"\nleads_to = [\"net\"]",
        1,
    );
    let online =
        format!("{online}[[external]]\nid = \"net\"\nzone = \"I\"\nleads_to = []\ndeclarations = [\"d1\"]\n");
    assert_eq!(m5(&online, RULE, &private).verdict, Verdict::Violated);
}

#[test]
fn screens_end_at_one_machine_by_one_port() {
    let screen = entry("\"tokutei\"", "\"screen-transfer\"");
    let m6 = |register: &str| answer(&assess(RULE, register), "M-6", Level::None).verdict;
    assert_eq!(m6(ENTRY), Verdict::NotApplicable);
    assert_eq!(m6(&screen), Verdict::Undetermined, "no edition is stated");
    assert_eq!(m6(&screen.replacen("\"443\"", "\"443,445\"", 1)), Verdict::Violated);
    let wide = screen.replacen("{ host = \"SV-L\" }", "{ addresses = [\"10.2.0.11\", \"10.2.0.12\"] }", 1);
    assert_eq!(m6(&wide), Verdict::Violated);
}
