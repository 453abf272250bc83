//! A register is read as it is meant, or refused with its place.

use bunri::intent::register::{self, Place, Register, Standing};
use bunri::network::Site;
use bunri::source::{Diagnostic, Lang};
use jiff::civil::date;

use crate::support::tiny;

const TOPOLOGY: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "lgwan"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
[[external]]
id = "out"
zone = "L"
leads_to = []
[[host]]
id = "SV-1"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
[[declaration]]
id = "d1"
text = "t"
document = "d"
by = "b"
date = "2026-01-01"
"#;

/// A good entry, with a place for changes.
const ENTRY: &str = r#"
[[entry]]
id = "e-1"
application = "R5-012"
title = "t"
kind = "tokutei"
class = "E1"
from = { host = "SV-1" }
to = { external = "out", addresses = ["198.51.100.20"] }
protocol = "tcp"
ports = "443"
nat = { source = ["198.51.100.193"] }
granularity = "host"
reason = ""
peer = "public-system"
owner = "o"
approved_by = "a"
approved_on = "令和7年3月24日"
starts = ""
expires = "令和8年3月31日"
renewal = "2026-03-10"
l2 = { declared = ["d1"] }
required = true
declarations = ["d1"]
note = ""
"#;

fn site(text: &str) -> Site {
    tiny::with_register(TOPOLOGY, &[], Some(text))
}

fn read(text: &str) -> Result<Option<Register>, Vec<Diagnostic>> {
    register::read(&site(text))
}

#[test]
fn every_field_is_read() {
    let found = read(ENTRY).unwrap().unwrap();
    let [entry] = found.entries.as_slice() else { panic!("{found:?}") };
    assert!(matches!(entry.from.place, Place::Host(_)));
    let Place::External(_, Some(to)) = &entry.to.place else { panic!("{entry:?}") };
    assert!(to.single && to.set.contains("198.51.100.20".parse().unwrap()));
    assert_eq!(entry.protocol, Some(6));
    assert_eq!(entry.ports.first(), Some(443));
    assert!(entry.nat_source.contains("198.51.100.193".parse().unwrap()));
    assert_eq!(entry.expires.as_ref().unwrap().value, date(2026, 3, 31));
    assert_eq!((entry.l2.as_slice(), entry.required), (&["d1".to_owned()][..], true));
    assert!(entry.starts.is_none());
}

#[test]
fn no_register_is_told_apart_from_an_empty_one() {
    assert_eq!(register::read(&tiny::site(TOPOLOGY, &[])).unwrap(), None);
    assert_eq!(read("").unwrap(), Some(Register::default()));
}

/// Every one of these would take other flows out of the picture than somebody approved.
#[test]
fn what_cannot_be_read_is_refused_with_its_text() {
    for (from, to, place) in [
        ("ports = \"443\"", "ports = \"4A43\"", "\"4A43\""),
        ("ports = \"443\"", "ports = \"443,\"", "\"443,\""),
        ("ports = \"443\"", "ports = \"\"", "\"\""),
        ("ports = \"443\"", "ports = \"-\"", "\"-\""),
        ("ports = \"443\"", "ports = \"70000\"", "\"70000\""),
        ("ports = \"443\"", "ports = \"500-400\"", "\"500-400\""),
        ("ports = \"443\"\n", "", "\"tcp\""),
        ("protocol = \"tcp\"", "protocol = \"tpc\"", "\"tpc\""),
        ("protocol = \"tcp\"", "protocol = \"icmp\"", "\"443\""),
        ("protocol = \"tcp\"", "protocol = \"any\"", "\"443\""),
        ("protocol = \"tcp\"", "protocol = \"\"", "\"\""),
        ("protocol = \"tcp\"", "protocol = \"tcp\"\nicmp_type = 8", "8"),
        ("\"SV-1\"", "\"SV-2\"", "\"SV-2\""),
        ("host = \"SV-1\"", "segment = \"out\"", "\"out\""),
        ("host = \"SV-1\"", "host = \"SV-1\", segment = \"m\"", "{ host = \"SV-1\", segment = \"m\" }"),
        ("host = \"SV-1\"", "host = \"SV-1\", addresses = [\"10.1.0.0/24\"]", "{ host"),
        ("host = \"SV-1\"", "", "{  }"),
        ("host = \"SV-1\"", "addresses = []", "{ addresses = [] }"),
        ("host = \"SV-1\"", "addresses = [\"10.3.0.1\"]", "{ addresses"),
        ("host = \"SV-1\"", "addresses = [\"10.1.0.0/23\"]", "{ addresses"),
        ("external = \"out\"", "external = \"l\"", "\"l\""),
        ("198.51.100.20", "198.51.100.20/24", "\"198.51.100.20/24\""),
        // An address of the site's own: the entry would cover that machine.
        ("198.51.100.20", "10.2.0.11", "{ external"),
        ("198.51.100.20", "198.51.100", "\"198.51.100\""),
        ("198.51.100.20", "any", "\"any\""),
        ("198.51.100.20", "〃", "\"〃\""),
        ("198.51.100.20", "198.51.100.9-198.51.100.3", "\"198.51.100.9-"),
        ("198.51.100.193", "同上", "\"同上\""),
        ("令和8年3月31日", "令和8年2月30日", "\"令和8年2月30日\""),
        ("令和8年3月31日", "同上", "\"同上\""),
        ("令和7年3月24日", "平成37年3月24日", "\"平成37年3月24日\""),
        ("renewal = \"2026-03-10\"", "renewal = \"申請中\"", "\"申請中\""),
        ("granularity = \"host\"", "granularity = \"segment\"", "\"e-1\""),
        ("granularity = \"host\"", "granularity = \"any\"", "\"any\""),
        ("granularity = \"host\"\n", "", ""),
        ("kind = \"tokutei\"", "kind = \"\"", "\"\""),
        ("peer = \"public-system\"", "peer = \"\"", "\"\""),
        ("declarations = [\"d1\"]", "declarations = [\"d2\"]", "\"d2\""),
        ("declared = [\"d1\"]", "declared = [\"d2\"]", "\"d2\""),
        ("id = \"e-1\"", "id = \" \"", "\" \""),
        ("owner =", "onwer =", "onwer"),
        ("required = true", "required = \"yes\"", "\"yes\""),
    ] {
        let text = ENTRY.replacen(from, to, 1);
        assert_ne!(text, ENTRY, "{from}");
        let site = site(&text);
        let Err(errors) = register::read(&site) else { panic!("{to} was read") };
        let first = &errors[0];
        assert_eq!(first.code.severity(), bunri::source::Severity::Error, "{to}");
        assert!(first.help.is_some(), "{to}");
        let shown = site.sources.excerpt(first.primary).text;
        assert!(shown.contains(place), "{to}: {shown}");
        assert_ne!(first.message.text(Lang::En), first.message.text(Lang::Ja));
    }
}

#[test]
fn an_id_names_one_entry() {
    let errors = read(&format!("{ENTRY}{ENTRY}")).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].labels.len(), 1);
}

/// What people write, as they mean it.
#[test]
fn other_spellings_mean_the_same() {
    let meaning = |text: &str| {
        let entry = read(text).unwrap().unwrap().entries.remove(0);
        let Place::External(_, Some(to)) = entry.to.place else { panic!() };
        (entry.protocol, entry.ports, to, entry.expires)
    };
    for (from, to) in [
        ("ports = \"443\"", "ports = \"443\""),
        ("protocol = \"tcp\"", "protocol = \"TCP\""),
        ("protocol = \"tcp\"", "protocol = \"6\""),
        ("\"198.51.100.20\"", "\"198.51.100.20/32\""),
        ("\"198.51.100.20\"", "\"198.51.100.20\""),
        ("令和8年3月31日", "R8.3.31"),
        ("令和8年3月31日", "2026/3/31"),
        ("令和8年3月31日", "令和7年度末"),
    ] {
        let text = ENTRY.replacen(from, to, 1);
        assert_eq!(meaning(&text), meaning(ENTRY), "{to}");
    }
}

/// Nobody's approval is no approval.
#[test]
fn only_an_approved_entry_within_its_time_is_in_force() {
    let standing = |from: &str, to: &str, today| {
        let text = ENTRY.replacen(from, to, 1);
        read(&text).unwrap().unwrap().entries[0].standing(Some(today))
    };
    let day = date(2026, 3, 17);
    assert_eq!(standing("", "", day), Standing::InForce);
    assert_eq!(standing("", "", date(2026, 3, 31)), Standing::InForce);
    assert_eq!(standing("", "", date(2026, 4, 1)), Standing::Lapsed);
    assert_eq!(standing("starts = \"\"", "starts = \"2026-03-18\"", day), Standing::Lapsed);
    assert_eq!(standing("approved_by = \"a\"", "approved_by = \" \"", day), Standing::Unapproved);
    assert_eq!(standing("令和7年3月24日", "", day), Standing::Unapproved);
    // Not approved yet, or approved after its end, or ended before its start.
    assert_eq!(standing("令和7年3月24日", "令和8年3月24日", day), Standing::Unapproved);
    assert_eq!(standing("令和8年3月31日", "令和7年3月23日", day), Standing::Unapproved);
    assert_eq!(standing("starts = \"\"", "starts = \"2026-05-01\"", day), Standing::Unapproved);
}

#[test]
fn explicit_means_protocol_and_ports() {
    let explicit = |from: &str, to: &str| {
        let text = ENTRY.replacen(from, to, 1);
        read(&text).unwrap().unwrap().entries[0].explicit()
    };
    assert!(explicit("", ""));
    assert!(explicit("ports = \"443\"", "ports = \"443,8000-8080\""));
    assert!(explicit("\"tcp\"\nports = \"443\"", "\"icmp\"\nicmp_type = 8"));
    assert!(!explicit("ports = \"443\"", "ports = \"any\""));
    assert!(!explicit("ports = \"443\"", "ports = \"1-65535\""));
    assert!(!explicit("\"tcp\"\nports = \"443\"", "\"any\""));
}
