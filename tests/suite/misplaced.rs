//! Sanitizers and registered peers where they do not belong: neither opens the border of the individual-number zone by
//! what is declared of it.

use bunri::analysis::answer::{Assertion, Verdict};

use crate::overlooked::{Edit, town, verdict};

const TOPOLOGY: &str = "topology.toml";
const FIREWALL: &str = "configs/FW-WAKABA01_20260310.conf";
const REGISTER: &str = "policy/tokutei.toml";
const TABLE: &str = "config firewall policy\n";

fn session(opens: &str, peer: &str, port: u16, data: &str) -> String {
    format!(
        "[[sanitizer.session]]\nopens = \"{opens}\"\npeers = [\"{peer}\"]\nprotocol = \"tcp\"\nports = \"{port}\"\n\
         data = \"{data}\"\npurpose = \"data\"\n"
    )
}

/// A machine that is declared to sanitize, with its cards and its sessions.
fn sanitizer(id: &str, cards: &[(&str, &str)], types: &str, sessions: &[String]) -> String {
    let cards: Vec<String> =
        cards.iter().map(|(s, a)| format!("{{ segment = \"{s}\", addresses = [\"{a}\"] }}")).collect();
    format!(
        "[[host]]\nid = \"{id}\"\ninterfaces = [{}]\nclass = \"sanitizer\"\n[[sanitizer]]\nhost = \"{id}\"\n\
         types = {types}\nforwarding = \"off\"\ndeclarations = [\"申-01\"]\n{}",
        cards.join(", "),
        sessions.concat()
    )
}

/// A policy, to be written in front of all others.
fn policy(
    number: u32,
    (from, to): (&str, &str),
    (source, destination): (&str, &str),
    service: &str,
) -> String {
    format!(
        "    edit {number}\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n        \
         set srcaddr \"{source}\"\n        set dstaddr \"{destination}\"\n        set schedule \"always\"\n        \
         set service \"{service}\"\n        set action accept\n        set logtraffic all\n        \
         set comments \"申請\"\n    next\n"
    )
}

/// The address of one machine, with policies for it.
fn rules(name: &str, address: &str, policies: &[String]) -> String {
    format!(
        "config firewall address\n    edit \"{name}\"\n        set subnet {address} 255.255.255.255\n    next\nend\n\
         {TABLE}{}",
        policies.concat()
    )
}

fn entry(kind: &str, from: &str, to: &str) -> String {
    format!(
        "\n[[entry]]\nid = \"混-1\"\napplication = \"R6-混-1\"\ntitle = \"業務\"\nkind = \"{kind}\"\nclass = \"E9\"\n\
         from = {from}\nto = {to}\nprotocol = \"tcp\"\nports = \"443\"\ngranularity = \"segment\"\npeer = \"own\"\n\
         owner = \"税務課\"\napproved_by = \"情報化推進会議\"\napproved_on = \"R7.3.24\"\nexpires = \"R20.3.31\"\n\
         reason = \"端末はDHCP\"\n"
    )
}

/// Sanitizing belongs to the border between the LGWAN and the internet zone; the individual-number zone has its register.
#[test]
fn a_sanitizer_opens_no_border_of_the_individual_number_zone() {
    let of = |other: &str, address: &str, types: &str| {
        let cards = [(other, address), ("kikan_pc", "10.71.20.32")];
        let sessions = [session("peer", other, 443, "in"), session("peer", "kikan_pc", 443, "out")];
        town("ios-core", &[(TOPOLOGY, "", &sanitizer("SV-MUGAI02", &cards, types, &sessions))])
    };
    for types in ["[\"file\"]", "[\"mail-text\"]", "[\"screen-transfer\"]", "[\"file\", \"screen-transfer\"]"]
    {
        let answers = of("joho_pc", "10.73.20.32", types);
        assert_eq!(verdict(&answers, "M-1", "host"), Verdict::Undetermined, "{types}");
        assert_eq!(verdict(&answers, "X-7", "host"), Verdict::Violated, "{types}");
        let answers = of("naibu_pc", "10.72.20.32", types);
        assert_eq!(verdict(&answers, "M-2", "host"), Verdict::Undetermined, "{types}");
        assert_eq!(verdict(&answers, "X-7", "host"), Verdict::Violated, "{types}");
    }
    // Between the other two it is what it is for.
    let cards = [("joho_pc", "10.73.20.32"), ("naibu_pc", "10.72.20.32")];
    let sessions = [session("peer", "joho_pc", 443, "in"), session("peer", "naibu_pc", 443, "out")];
    let right = sanitizer("SV-MUGAI02", &cards, "[\"file\"]", &sessions);
    let answers = town("ios-core", &[(TOPOLOGY, "", &right)]);
    for id in ["M-1", "X-7"] {
        assert_eq!(verdict(&answers, id, "host"), Verdict::Holds, "{id}");
    }
}

/// What a virtual browser shows comes from the internet: as the peer of individual-number terminals it is a screen
/// transfer, whatever the entry calls itself.
#[test]
fn a_screen_is_one_whatever_the_entry_calls_itself() {
    let card = "interfaces = [{ segment = \"joho_dmz\", addresses = [\"10.62.10.21\"] }]";
    let two = "interfaces = [{ segment = \"joho_dmz\", addresses = [\"10.62.10.21\"] }, \
               { segment = \"mugai_uchi\", addresses = [\"10.61.40.5\"] }]";
    let ask = |kind: &str| {
        let written = entry(kind, "{ segment = \"kikan_pc\" }", "{ addresses = [\"10.61.40.5\"] }");
        let rule = policy(201, ("v12_kikan_pc", "v24_mugai"), ("NW_KIKAN_PC", "VX"), "HTTPS");
        let rule = rules("VX", "10.61.40.5", &[rule]);
        let edits: [Edit<'_>; 5] = [
            (TOPOLOGY, card, two),
            (TOPOLOGY, SCREEN, "types = [\"screen-transfer\"]\nforwarding = \"off\""),
            (TOPOLOGY, "peers = [\"naibu_pc\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"", SHOWN),
            (REGISTER, "", &written),
            (FIREWALL, TABLE, &rule),
        ];
        town("wakaba", &edits)
    };
    const SCREEN: &str = "types = [\"screen-transfer\"]";
    const SHOWN: &str =
        "peers = [\"naibu_pc\", \"kikan_pc\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"";
    let answers = ask("tokutei");
    assert_eq!(verdict(&answers, "M-5", "host"), Verdict::Undetermined);
    assert_eq!(verdict(&answers, "M-1", "host"), Verdict::Undetermined);
    assert_eq!(verdict(&answers, "M-6", "none"), Verdict::Undetermined);
    // Said to be one, it is for M-6 to judge.
    let answers = ask("screen-transfer");
    assert_eq!(verdict(&answers, "M-1", "host"), Verdict::Holds);
    assert_eq!(verdict(&answers, "M-6", "none"), Verdict::Undetermined);
}

/// Under α nobody looks from the internet zone into the LGWAN zone, whatever else the system does beside its screens.
#[test]
fn one_more_word_does_not_make_a_screen_a_file() {
    const POLICY: &str = "[policy]\npack = \"kitaakita-2026\"\nvariant = \"alpha\"\ndeclarations = [\"申-02\"]\n\
                          external_confirmation = \"R8.2.1\"\naudit = \"R8.2.20\"\n\n[[zone]]\nid = \"KIKAN\"";
    let ask = |types: &str| {
        let sessions =
            [session("peer", "joho_pc", 443, "both"), session("sanitizer", "naibu_pc", 3389, "both")];
        let machine = sanitizer("SV-RDS01", &[("mugai_uchi", "10.61.40.9")], types, &sessions);
        let rules = rules(
            "RDS",
            "10.61.40.9",
            &[
                policy(201, ("v32_joho_pc", "v24_mugai"), ("NW_JOHO_PC", "RDS"), "HTTPS"),
                policy(202, ("v24_mugai", "v22_naibu_pc"), ("RDS", "NW_NAIBU_PC"), "RDP"),
            ],
        );
        let edits: [Edit<'_>; 3] = [
            (TOPOLOGY, "[[zone]]\nid = \"KIKAN\"", POLICY),
            (TOPOLOGY, "", &machine),
            (FIREWALL, TABLE, &rules),
        ];
        town("wakaba", &edits)
    };
    for types in
        ["[\"screen-transfer\"]", "[\"screen-transfer\", \"file\"]", "[\"mail-text\", \"screen-transfer\"]"]
    {
        assert_eq!(verdict(&ask(types), "L-1", "packet"), Verdict::Violated, "{types}");
    }
}

/// An address of another zone's prefix is a card there, or the machine stands there.
#[test]
fn an_address_of_another_zone_is_asked_about() {
    let card = "interfaces = [{ segment = \"kikan_sv\", addresses = [\"10.60.10.11\"] }]";
    let ask = |more: &str| {
        let cards =
            format!("interfaces = [{{ segment = \"kikan_sv\", addresses = [\"10.60.10.11\", \"{more}\"] }}]");
        verdict(&town("wakaba", &[(TOPOLOGY, card, &cards)]), "X-7", "host")
    };
    assert_eq!(ask("10.60.10.12"), Verdict::Holds);
    assert_eq!(ask("10.62.20.99"), Verdict::Undetermined);
    // Of the same zone, or of none: a mistake that crosses nothing.
    assert_eq!(ask("10.60.20.99"), Verdict::Holds);
    assert_eq!(ask("203.0.113.5"), Verdict::Holds);
}

/// The sanitizer of 若葉町 as it is read, and as it is declared.
const READ: &str = "[[device]]\nname = \"SV-MUGAI01\"\nconfig = \"configs/SV-MUGAI01/iptables-save.txt\"\nvendor = \"iptables\"\n[device.companions]\nipv6 = \"configs/SV-MUGAI01/ip6tables-save.txt\"\naddresses = \"configs/SV-MUGAI01/ip_addr.txt\"\nroutes = \"configs/SV-MUGAI01/ip_route.txt\"\nsysctl = \"configs/SV-MUGAI01/sysctl.txt\"\n[device.attach]\neth0 = \"joho_dmz\"\neth1 = \"mugai_uchi\"\n";
const TYPES: &str = "types = [\"mail-text\", \"file\"]\n";
const CITED: &str = "declarations = [\"申-04\"]\n";

/// An end that names machines of both sides has its outer ones among the peers.
#[test]
fn an_outer_machine_beside_an_inner_one_is_a_peer_too() {
    let ask = |from: &str| {
        let written = entry("tokutei", from, "{ host = \"SV-KIKAN01\" }");
        let rule = policy(201, ("v24_mugai", "v11_kikan_sv"), ("KX", "SV-KIKAN01"), "HTTPS");
        let rule = rules("KX", "10.61.40.2", &[rule]);
        // The sanitizer by declaration: it sends to that server what it took from outside.
        let sends =
            format!("{TYPES}forwarding = \"off\"\n{CITED}{}", session("sanitizer", "SV-KIKAN01", 443, "out"));
        let answers: Vec<Assertion> = town(
            "wakaba",
            &[
                (REGISTER, "", &written),
                (FIREWALL, TABLE, &rule),
                (
                    TOPOLOGY,
                    READ,
                    "[[unused_file]]\npath = \"configs/SV-MUGAI01/\"\nreason = \"申告による\"\n",
                ),
                (TOPOLOGY, "class = \"sanitizer\"\ndevice = \"SV-MUGAI01\"\n", "class = \"sanitizer\"\n"),
                (TOPOLOGY, &format!("{TYPES}{CITED}"), &sends),
            ],
        );
        let found = answers.iter().find(|a| a.id == "M-5").unwrap();
        (found.verdict, found.possible_paths.len() + found.culprits.len())
    };
    let alone = ask("{ addresses = [\"10.61.40.2\"] }");
    assert_eq!(ask("{ addresses = [\"10.60.20.11\", \"10.61.40.2\"] }"), alone);
    assert!(alone.0 != Verdict::Holds && alone.1 > 0, "{alone:?}");
}
