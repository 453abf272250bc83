//! L-2: what a sanitizer must not be besides, and what that does to L-1.
use bunri::analysis::answer::{Basis, Level, Verdict};

use crate::support::tiny::{answer, assess, site};

/// A sanitizer with a foot in each zone; `san` are lines of its own, `more` of the topology.
fn town(san: &str, sessions: &str, host: &str, more: &str) -> String {
    format!(
        r#"
[[zone]]
id = "LGW"
name = "LGWAN"
role = "lgwan"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[segment]]
id = "lgw"
zone = "LGW"
prefixes = ["10.2.0.0/24"]
complete = true
terminals = "no"
declarations = ["申-1"]
[[segment]]
id = "int"
zone = "INT"
prefixes = ["10.3.0.0/24"]
complete = true
terminals = "no"
declarations = ["申-1"]
[[host]]
id = "SAN"
interfaces = [{{ segment = "lgw", addresses = ["10.2.0.5"] }}, {{ segment = "int", addresses = ["10.3.0.5"] }}]
{host}
[[sanitizer]]
host = "SAN"
{san}
[[sanitizer.session]]
opens = "peer"
peers = ["lgw"]
protocol = "tcp"
ports = "443"
data = "out"
purpose = "data"
[[sanitizer.session]]
opens = "peer"
peers = ["int"]
protocol = "tcp"
ports = "443"
data = "in"
purpose = "data"
{sessions}
[[declaration]]
id = "申-1"
text = "無害化"
document = "設計書"
by = "情報係"
date = "R8.3.10"
{more}
"#
    )
}

const DECLARED: &str = "types = [\"file\"]\ndeclarations = [\"申-1\"]";

/// The verdicts of L-2 and of L-1 (host level).
#[track_caller]
fn verdicts(topology: &str, files: &[(&str, &str)]) -> (Verdict, Verdict) {
    let all = assess(&site(topology, files));
    (answer(&all, "L-2", Level::Host).verdict, answer(&all, "L-1", Level::Host).verdict)
}

/// Nothing shows that a machine on two segments forwards nothing but somebody's word, and that must be given.
#[test]
fn a_sanitizer_without_a_configuration_is_what_is_declared() {
    let off = format!("{DECLARED}\nforwarding = \"off\"");
    assert_eq!(verdicts(&town(&off, "", "", ""), &[]), (Verdict::Holds, Verdict::Holds));
    let all = assess(&site(&town(&off, "", "", ""), &[]));
    assert_eq!(answer(&all, "L-2", Level::Host).basis, Basis::Declared);
    for less in [
        DECLARED,
        "types = [\"file\"]\nforwarding = \"off\"",
        "types = []\ndeclarations = [\"申-1\"]\nforwarding = \"off\"",
    ] {
        let found = verdicts(&town(less, "", "", ""), &[]);
        assert_eq!(found, (Verdict::Undetermined, Verdict::Undetermined), "{less}");
    }
}

const PORTS: &str = "if a physical up 10.2.0.5/24\nif b physical up 10.3.0.5/24\ninput deny\n\
                     accept a 10.2.0.0/24 tcp 443\naccept b 10.3.0.0/24 tcp 443\n";

/// With a configuration, the configuration is asked, for every packet.
#[test]
fn a_sanitizer_with_a_configuration_is_read() {
    let device =
        "[[device]]\nname = \"SAN\"\nconfig = \"configs/SAN\"\n[device.attach]\na = \"lgw\"\nb = \"int\"\n";
    let topology = town(DECLARED, "", "device = \"SAN\"", device);
    let (holds, undetermined, violated) = (Verdict::Holds, Verdict::Undetermined, Verdict::Violated);
    for (line, l2, line_number) in [
        ("", holds, None),
        // Another port, a wider source, another protocol.
        ("accept b 10.3.0.0/24 tcp 22", violated, Some(7)),
        ("accept b * tcp 443", violated, Some(7)),
        ("accept a 10.2.0.0/24 udp 443", violated, Some(7)),
        ("accept? b 10.3.0.0/24 tcp 22", undetermined, None),
        // It forwards: between its sides, and by the way it came.
        ("permit a b 10.2.0.0/24 10.3.0.0/24 tcp 8443", violated, Some(7)),
        ("permit b b * * udp 53", violated, Some(7)),
        ("permit? a b * * tcp 8443", undetermined, None),
        ("taint device", undetermined, None),
        ("taint forward", undetermined, None),
        ("if c physical up 10.4.0.5/24\naccept c * tcp 443", violated, Some(8)),
    ] {
        let config = format!("{PORTS}{line}");
        let site = site(&topology, &[("configs/SAN", &config)]);
        let all = assess(&site);
        let found = answer(&all, "L-2", Level::Host);
        assert_eq!(found.verdict, l2, "{line}");
        assert_eq!(found.basis, Basis::PartlyDeclared);
        if let Some(wanted) = line_number {
            let rule = found.counterexamples[0].legs[0].hops[0].rule.as_ref().unwrap();
            assert_eq!(site.sources.position(rule.span).line, wanted, "{line}");
        } else if l2 != holds {
            assert!(!found.culprits.is_empty(), "{line}");
        }
        // What was cut at a sanitizer is worth no more than the sanitizer.
        let l1 = [Level::Packet, Level::Host].map(|level| answer(&all, "L-1", level).verdict);
        assert_eq!(l1.contains(&holds), l2 == holds, "{line}: {l1:?}");
    }
}

/// Administrators on both sides make the sanitizer a bridge for whoever administers it.
#[test]
fn management_comes_from_one_side() {
    let off = format!("{DECLARED}\nforwarding = \"off\"");
    let managed = |peers: &str| {
        format!(
            "[[sanitizer.session]]\nopens = \"peer\"\npeers = [{peers}]\nprotocol = \"tcp\"\nports = \"22\"\n\
             data = \"both\"\npurpose = \"management\"\n"
        )
    };
    for (peers, l2) in [
        ("\"lgw\"", Verdict::Holds),
        ("\"10.2.0.9\"", Verdict::Holds),
        ("\"lgw\", \"int\"", Verdict::Violated),
        ("\"10.2.0.9\", \"10.3.0.9\"", Verdict::Violated),
        // Nobody knows where that is.
        ("\"10.77.0.9\"", Verdict::Undetermined),
    ] {
        let topology = town(&off, &managed(peers), "", "");
        assert_eq!(verdicts(&topology, &[]).0, l2, "{peers}");
    }
    // Read from a configuration: the one administrator's segment is on one side, but the port is open on both.
    let more = "[[segment]]\nid = \"kanri\"\nprefixes = [\"10.9.0.0/24\"]\ncomplete = true\nterminals = \"no\"\n\
                declarations = [\"申-1\"]\n\
                [[device]]\nname = \"SAN\"\nconfig = \"configs/SAN\"\n[device.attach]\na = \"lgw\"\nb = \"int\"\n\
                [[device]]\nname = \"FW\"\nconfig = \"configs/FW\"\n\
                [device.attach]\na = \"lgw\"\nb = \"int\"\nc = \"kanri\"\n";
    let topology = town(DECLARED, &managed("\"kanri\""), "device = \"SAN\"", more);
    let firewall =
        "if a physical up 10.2.0.1/24\nif b physical up 10.3.0.1/24\nif c physical up 10.9.0.1/24\n";
    let one = "permit c a 10.9.0.0/24 10.2.0.5/32 tcp 22\n";
    let other = "permit c b 10.9.0.0/24 10.3.0.5/32 tcp 22\n";
    for (rules, ports, l2) in [
        (one.to_owned(), "accept a 10.9.0.0/24 tcp 22", Verdict::Holds),
        (format!("{one}{other}"), "accept * 10.9.0.0/24 tcp 22", Verdict::Violated),
        (
            format!("{one}{}", other.replace("permit", "permit?")),
            "accept * 10.9.0.0/24 tcp 22",
            Verdict::Undetermined,
        ),
    ] {
        let (san, fw) = (format!("{PORTS}{ports}"), format!("{firewall}{rules}"));
        let found = verdicts(&topology, &[("configs/SAN", &san), ("configs/FW", &fw)]);
        assert_eq!(found.0, l2, "{rules} {ports}");
    }
}

/// One packet that gets in from both sides: each entrance is asked, whichever is found first.
#[test]
fn management_of_one_address_comes_in_by_two_ways() {
    let managed = "[[sanitizer.session]]\nopens = \"peer\"\npeers = [\"kanri\"]\nprotocol = \"tcp\"\nports = \"22\"\n\
                   data = \"both\"\npurpose = \"management\"\n";
    let more = "[[segment]]\nid = \"kanri\"\nprefixes = [\"10.9.0.0/24\"]\ncomplete = true\nterminals = \"no\"\n\
                declarations = [\"申-1\"]\n\
                [[device]]\nname = \"SAN\"\nconfig = \"configs/SAN\"\n[device.attach]\na = \"lgw\"\nb = \"int\"\n\
                [[device]]\nname = \"FW\"\nconfig = \"configs/FW\"\n[device.attach]\na = \"kanri\"\nb = \"int\"\n\
                [[device]]\nname = \"OLD\"\nconfig = \"configs/OLD\"\n[device.attach]\na = \"kanri\"\nb = \"lgw\"\n";
    let topology = town(DECLARED, managed, "device = \"SAN\"", more);
    let san = format!("{PORTS}accept * 10.9.0.0/24 tcp 22\n");
    let new = "if a physical up 10.9.0.1/24\nif b physical up 10.3.0.1/24\npermit a b 10.9.0.0/24 10.3.0.5/32 tcp 22\n";
    // The one that was to be taken away still knows the way, over the other side.
    let old = "if a physical up 10.9.0.2/24\nif b physical up 10.2.0.2/24\nroute 10.3.0.5/32 b 10.2.0.5\n";
    for (rule, l2) in
        [("", Verdict::Holds), ("permit a b 10.9.0.0/24 10.3.0.5/32 tcp 22\n", Verdict::Undetermined)]
    {
        let old = format!("{old}{rule}");
        let found = verdicts(&topology, &[("configs/SAN", &san), ("configs/FW", new), ("configs/OLD", &old)]);
        assert_eq!(found.0, l2, "{rule}");
    }
}
