//! Sites on which a careless analysis says `holds` or `violated` wrongly. Each test is one mistake.
use bunri::analysis::answer::{Level, Verdict};
use bunri::analysis::query::{self, Question, headers_of};
use bunri::checks;
use bunri::checks::crossing::{self, Crossing};
use bunri::model::{Expr, Field, IfId, Radius, RuleSetKind, Stage, Taint, Then};

use crate::support::devices::Maker;
use crate::support::tiny::{answer, assess, site, try_assess, verdict};

/// Two zones and the ground they share.
const ZONES: &str = r#"
[[zone]]
id = "MYN"
name = "番号"
role = "individual-number"
[[zone]]
id = "LGW"
name = "LGWAN"
role = "lgwan"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[declaration]]
id = "D"
text = "無害化システムの仕様"
document = "設計書"
by = "情報係"
date = "R8.3.10"
"#;

fn segment(id: &str, zone: &str, prefix: &str, more: &str) -> String {
    let zone = if zone.is_empty() { String::new() } else { format!("zone = \"{zone}\"\n") };
    let prefixes = if prefix.is_empty() { String::new() } else { format!("prefixes = [\"{prefix}\"]\n") };
    format!("[[segment]]\nid = \"{id}\"\n{zone}{prefixes}{more}\n")
}

fn device(name: &str, attach: &[(&str, &str)], more: &str) -> String {
    let list: Vec<String> = attach.iter().map(|(i, s)| format!("{i} = \"{s}\"\n")).collect();
    let list = list.concat();
    format!("[[device]]\nname = \"{name}\"\nconfig = \"configs/{name}\"\n{more}\n[device.attach]\n{list}")
}

fn host(id: &str, interfaces: &[(&str, &str)], more: &str) -> String {
    let card = |(segment, address): &(&str, &str)| {
        let address = if address.is_empty() { String::new() } else { format!("\"{address}\"") };
        format!("{{ segment = \"{segment}\", addresses = [{address}] }}")
    };
    let cards: Vec<String> = interfaces.iter().map(card).collect();
    format!("[[host]]\nid = \"{id}\"\ninterfaces = [{}]\n{more}\n", cards.join(", "))
}

const NO: &str = "terminals = \"no\"\ndeclarations = [\"D\"]";
const QUIET: &str = "terminals = \"no\"\ncomplete = true\ndeclarations = [\"D\"]";

/// A next hop that nobody owns may be plugged into every zone (SEMANTICS 11).
#[test]
fn a_next_hop_that_nobody_owns_leads_anywhere() {
    for (more, expected) in [("", Verdict::Undetermined), ("complete = true", Verdict::Holds)] {
        let topology = [
            ZONES,
            &segment("myn", "MYN", "10.1.0.0/24", ""),
            &segment("wan", "", "10.9.0.0/24", more),
            &segment("int", "INT", "10.3.0.0/24", ""),
            &device("FW", &[("a", "myn"), ("b", "wan")], ""),
        ];
        let config = "if a physical up 10.1.0.1/24\nif b physical up 10.9.0.1/24\n\
                      route 0.0.0.0/0 b 10.9.0.99\npermit a b * * * *";
        let site = site(&topology.concat(), &[("configs/FW", config)]);
        let all = assess(&site);
        let packet = answer(&all, "M-1", Level::Packet);
        assert_eq!(packet.verdict, expected, "{more}");
        if expected == Verdict::Undetermined {
            assert_eq!(packet.culprits.len(), 1);
            assert!(!packet.culprits_truncated);
            assert_eq!(site.sources.position(packet.culprits[0].span).line, 4);
        }
    }
}

/// The router behind an unowned next hop also sends.
#[test]
fn a_router_that_nobody_declared_lets_packets_in() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", ""),
        &segment("wan", "", "10.9.0.0/24", ""),
        &segment("int", "INT", "10.3.0.0/24", ""),
        &device("FW", &[("a", "myn"), ("b", "wan")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.9.0.1/24\n\
                  route 0.0.0.0/0 b 10.9.0.99\npermit b a * * * *";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Undetermined);
}

/// A device that sends to its own address is no contradiction.
#[test]
fn a_device_may_send_to_itself() {
    for config in
        ["if a physical up 10.1.0.1/24\nrelay certain", "if a physical up 10.1.0.1/24\ntaint device"]
    {
        let topology = [
            ZONES,
            &segment("myn", "MYN", "10.1.0.0/24", ""),
            &segment("int", "INT", "10.3.0.0/24", ""),
            &device("FW", &[("a", "myn")], ""),
        ];
        let site = site(&topology.concat(), &[("configs/FW", config)]);
        assert!(try_assess(&site).is_ok(), "{config}");
    }
}

/// Machines that carry nothing are still ends of a chain (SEMANTICS 20: the NAS that both zones use).
#[test]
fn terminals_that_do_not_relay_still_hold_sessions() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", NO),
        &segment("dmz", "", "10.2.0.0/24", QUIET),
        &segment("int", "INT", "10.3.0.0/24", NO),
        &host("NAS", &[("dmz", "10.2.0.5")], ""),
        &device("FW", &[("a", "myn"), ("b", "dmz"), ("c", "int")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nif c physical up 10.3.0.1/24\n\
                  permit a b * 10.2.0.5/32 tcp 445\npermit c b * 10.2.0.5/32 tcp 445";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    assert_eq!(answer(&all, "M-1", Level::Packet).verdict, Verdict::Holds);
    assert_eq!(answer(&all, "M-1", Level::Host).verdict, Verdict::Undetermined);
}

/// A machine that carries data may pass it to whatever hangs on an unbound interface.
#[test]
fn a_chain_may_end_at_an_unbound_interface() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", NO),
        &segment("dmz", "", "10.2.0.0/24", QUIET),
        &segment("int", "INT", "10.3.0.0/24", NO),
        &host("PC", &[("myn", "10.1.0.5")], ""),
        &host("NAS", &[("dmz", "10.2.0.5")], ""),
        &device("FW", &[("a", "myn"), ("b", "dmz")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nif x physical up 10.8.0.1/24\n\
                  permit a b * 10.2.0.5/32 tcp 445\npermit b x * * tcp 80";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    assert_eq!(answer(&all, "M-1", Level::Packet).verdict, Verdict::Holds);
    assert_eq!(answer(&all, "M-1", Level::Host).verdict, Verdict::Undetermined);
}

/// Nobody wrote down the addresses of a machine, or only those of one family: it has some all the same.
#[test]
fn a_host_without_a_written_address_has_one() {
    let nets = |i: usize| {
        [
            ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"],
            ["2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:3::/64"],
        ][i]
    };
    for (family, address, other) in [(0, "", ""), (1, "", ""), (1, "10.2.0.5", "")] {
        let [myn, dmz, int] = nets(family);
        let topology = [
            ZONES,
            &segment("myn", "MYN", myn, NO),
            &segment("dmz", "", if address.is_empty() { dmz } else { "10.2.0.0/24" }, QUIET),
            &segment("int", "INT", int, NO),
            &host("PC", &[("myn", other)], ""),
            &host("NAS", &[("dmz", address)], ""),
            &host("PC2", &[("int", other)], ""),
            &device("FW", &[("a", "myn"), ("b", "dmz"), ("c", "int")], ""),
        ];
        let own = |net: &str| net.replace("0/24", "1/24").replace("::/64", "::1/64");
        let config = format!(
            "if a physical up {}\nif b physical up {}\nif c physical up {}\npermit a b * * tcp 445\npermit c b * * tcp 445",
            own(myn),
            own(dmz),
            own(int)
        );
        let site = site(&topology.concat(), &[("configs/FW", &config)]);
        let all = assess(&site);
        assert_eq!(answer(&all, "M-1", Level::Packet).verdict, Verdict::Holds);
        assert_eq!(answer(&all, "M-1", Level::Host).verdict, Verdict::Undetermined, "{family} {address:?}");
    }
}

/// Only a machine that stands where the declared peer stands can open the declared session: elsewhere the source
/// address is forged (SEMANTICS 19, 21).
#[test]
fn a_declared_session_starts_where_its_peer_is() {
    let topology = [
        ZONES,
        &segment("lgw_a", "LGW", "10.2.0.0/24", ""),
        &segment("lgw_b", "LGW", "10.4.0.0/24", ""),
        &segment("int", "INT", "10.3.0.0/24", ""),
        &host("SAN", &[("int", "10.3.0.5")], ""),
        "[[sanitizer]]\nhost = \"SAN\"\nforwarding = \"off\"\ndeclarations = [\"D\"]\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
         peers = [\"lgw_a\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"\npurpose = \"data\"\n",
        &device("FW", &[("a", "lgw_a"), ("b", "lgw_b"), ("c", "int")], ""),
    ];
    let config = |from: &str| {
        format!(
            "if a physical up 10.2.0.1/24\nif b physical up 10.4.0.1/24\nif c physical up 10.3.0.1/24\n\
         permit {from} c 10.2.0.0/24 10.3.0.5/32 tcp 443"
        )
    };
    let honest = site(&topology.concat(), &[("configs/FW", &config("a"))]);
    assert_eq!(verdict(&honest, "L-1", Level::Packet), Verdict::Holds);
    let forged = site(&topology.concat(), &[("configs/FW", &config("b"))]);
    let all = assess(&forged);
    let packet = answer(&all, "L-1", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Violated);
    assert!(packet.counterexamples.iter().all(|c| c.requires_forged_source));
}

/// Behind a router, any machine can take the declared peer's name. That brings nothing across which the peer does
/// not bring there itself; whatever else arrives counts.
#[test]
fn a_forged_peer_counts_where_the_peer_itself_does_not_arrive() {
    let topology = [
        ZONES,
        &segment("lgw_a", "LGW", "10.2.0.0/24", ""),
        &segment("lgw_b", "LGW", "10.4.0.0/24", ""),
        &segment("lgw_t", "LGW", "10.5.0.0/24", "complete = true"),
        &segment("int", "INT", "10.3.0.0/24", ""),
        &host("SAN", &[("int", "10.3.0.5")], ""),
        "[[sanitizer]]\nhost = \"SAN\"\nforwarding = \"off\"\ndeclarations = [\"D\"]\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
         peers = [\"lgw_a\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"\npurpose = \"data\"\n",
        &device("CORE", &[("a", "lgw_a"), ("b", "lgw_b"), ("t", "lgw_t")], ""),
        &device("FW", &[("t", "lgw_t"), ("c", "int")], ""),
    ];
    let core = |a: &str| {
        format!(
            "if a physical up 10.2.0.1/24\nif b physical up 10.4.0.1/24\nif t physical up 10.5.0.2/24\n\
             route 0.0.0.0/0 t 10.5.0.1\n{a}\npermit b t * * * *"
        )
    };
    let firewall = |rules: &str| {
        let ways = "route 10.2.0.0/24 t 10.5.0.2\nroute 10.4.0.0/24 t 10.5.0.2";
        format!("if t physical up 10.5.0.1/24\nif c physical up 10.3.0.1/24\n{ways}\n{rules}")
    };
    let declared = "permit t c 10.2.0.0/24 10.3.0.5/32 tcp 443";
    let translated = "permit t c * 10.3.0.5/32 tcp 443\nsnat c * 10.3.0.9-10.3.0.9";
    for (a, rules, expected) in [
        ("permit a t * * * *", declared, Verdict::Holds),
        // The forger's packets certainly arrive. The peer's own may, and then the forger's bring nothing new: what is
        // violated must be so however that turns out (ignorance is universal, and what an entry may cover is no certain surplus).
        ("permit? a t * * * *", declared, Verdict::Undetermined),
        ("", declared, Verdict::Violated),
        // Another service.
        ("permit a t * * * *", "permit t c 10.2.0.0/24 10.3.0.5/32 tcp 445", Verdict::Violated),
        // Behind a translation the others look like the peer, but were not sent as it.
        ("permit a t * * * *", translated, Verdict::Violated),
    ] {
        let files = [("configs/CORE", core(a)), ("configs/FW", firewall(rules))];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let all = assess(&site(&topology.concat(), &files));
        let packet = answer(&all, "L-1", Level::Packet);
        assert_eq!(packet.verdict, expected, "{a} / {rules}");
    }
}

/// What isolates screens does not isolate the files that the same machine passes on.
#[test]
fn a_machine_that_also_passes_files_is_held_to_its_declaration() {
    for (types, expected) in
        [("\"screen-transfer\"", Verdict::Holds), ("\"screen-transfer\", \"file\"", Verdict::Undetermined)]
    {
        let sanitizer = format!(
            "[[sanitizer]]\nhost = \"SAN\"\nforwarding = \"off\"\ndeclarations = [\"D\"]\ntypes = [{types}]\n[[sanitizer.session]]\nopens = \"peer\"\n\
             peers = [\"lgw\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"\npurpose = \"data\"\n"
        );
        let topology = [
            ZONES,
            &segment("lgw", "LGW", "10.2.0.0/24", NO),
            &segment("dmz", "INT", "10.5.0.0/24", QUIET),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &host("PC", &[("lgw", "10.2.0.7")], "relay = \"no\""),
            &host("PC2", &[("int", "10.3.0.7")], "relay = \"no\""),
            &host("SAN", &[("dmz", "10.5.0.5")], ""),
            &sanitizer,
            &device("FW", &[("a", "lgw"), ("b", "dmz"), ("c", "int")], ""),
        ];
        let config = "if a physical up 10.2.0.1/24\nif b physical up 10.5.0.1/24\nif c physical up 10.3.0.1/24\n\
                      permit a b * 10.5.0.5/32 tcp 443\npermit c b * 10.5.0.5/32 tcp 445";
        let site = site(&topology.concat(), &[("configs/FW", config)]);
        assert_eq!(verdict(&site, "L-1", Level::Host), expected, "{types}");
    }
}

/// Two external networks that lead to a common third do not lead to each other.
#[test]
fn externals_with_a_common_third_are_not_one() {
    let external = |id: &str, zone: &str, to: &str| {
        format!("[[external]]\nid = \"{id}\"\nzone = \"{zone}\"\nleads_to = [{to}]\ndeclarations = [\"D\"]\n")
    };
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", ""),
        &external("lgwan", "LGW", "\"asp\""),
        &external("net", "INT", "\"asp\""),
        "[[external]]\nid = \"asp\"\nleads_to = []\ndeclarations = [\"D\"]\n",
        &device("FW", &[("a", "myn"), ("b", "lgwan")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\npermit a b * * * *";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Holds);
}

/// A declared machine that routes name as their next hop takes up what is sent there.
#[test]
fn a_host_that_is_a_next_hop_gets_the_packets() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", NO),
        &segment("dmz", "", "10.2.0.0/24", QUIET),
        &segment("int", "INT", "10.3.0.0/24", NO),
        &host("PC", &[("myn", "10.1.0.5")], "relay = \"no\""),
        &host("PC2", &[("int", "10.3.0.5")], "relay = \"no\""),
        &host("GW", &[("dmz", "10.2.0.5"), ("int", "10.3.0.9")], ""),
        &device("FW", &[("a", "myn"), ("b", "dmz")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nroute 0.0.0.0/0 b 10.2.0.5\n\
                  permit a b * 203.0.113.0/24 * *";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    assert_ne!(verdict(&site, "M-1", Level::Host), Verdict::Holds);
}

/// An answer that nobody knows is never given without a reason or a line.
#[test]
fn an_undetermined_answer_says_why() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", ""),
        &segment("int", "INT", "", ""),
        &device("FW", &[("a", "myn"), ("c", "int")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif c physical up 10.3.0.1/24\npermit a c * * * *";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    let packet = answer(&all, "M-1", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Undetermined);
    assert!(packet.reason.is_some() || !packet.culprits.is_empty());
}

/// A device by contract with several ways out: the contract is the line to look at, and leaving it out closes the
/// path.
#[test]
fn a_route_that_nobody_knows_is_a_complete_list_of_culprits() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", "complete = true"),
        &segment("int", "INT", "10.3.0.0/24", "complete = true"),
        &device("FW", &[("a", "myn"), ("c", "int")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif c physical up 10.3.0.1/24\nroute-any 10.7.0.0/24\n\
                  permit a c * 10.7.0.0/24 * *";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    let packet = answer(&all, "M-1", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Undetermined);
    let lines: Vec<u32> = packet.culprits.iter().map(|c| site.sources.position(c.span).line).collect();
    assert_eq!((lines, packet.culprits_truncated), (vec![4], false));
}

/// A machine with one card in a zone and one outside every zone carries data between the two (SEMANTICS 20).
#[test]
fn a_host_with_one_foot_in_a_zone_mediates() {
    for (near, far) in [("myn", "int"), ("int", "myn")] {
        let topology = [
            ZONES,
            &segment("myn", "MYN", "10.1.0.0/24", NO),
            &segment("dmz", "", "10.2.0.0/24", QUIET),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &host("GW", &[("dmz", "10.2.0.5"), (far, "")], ""),
            &device("FW", &[("a", near), ("b", "dmz")], ""),
        ];
        let net = if near == "myn" { "10.1.0.1/24" } else { "10.3.0.1/24" };
        let config =
            format!("if a physical up {net}\nif b physical up 10.2.0.1/24\npermit a b * 10.2.0.5/32 tcp 445");
        let site = site(&topology.concat(), &[("configs/FW", &config)]);
        let all = assess(&site);
        assert_eq!(answer(&all, "M-1", Level::Packet).verdict, Verdict::Holds);
        assert_eq!(answer(&all, "M-1", Level::Host).verdict, Verdict::Undetermined, "{near}");
    }
}

/// A sanitizer inside a zone is no excuse for what else it does with that zone (SEMANTICS 21).
#[test]
fn an_undeclared_session_of_a_sanitizer_inside_a_zone_counts() {
    for (place, port, expected) in [
        ("INT", "443", Verdict::Holds),
        ("INT", "445", Verdict::Undetermined),
        ("LGW", "443", Verdict::Holds),
        ("LGW", "445", Verdict::Undetermined),
    ] {
        let [near, net, far] =
            if place == "INT" { ["lgw", "10.2.0.0/24", "int"] } else { ["int", "10.3.0.0/24", "lgw"] };
        let sanitizer = "[[sanitizer]]\nhost = \"SAN\"\nforwarding = \"off\"\ndeclarations = [\"D\"]\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
             peers = [\"lgw\", \"int\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"\npurpose = \"data\"\n";
        let topology = [
            ZONES,
            &segment("lgw", "LGW", "10.2.0.0/24", NO),
            &segment("dmz", place, "10.5.0.0/24", QUIET),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &host("SAN", &[("dmz", "10.5.0.5")], ""),
            sanitizer,
            &device("FW", &[("lgw", "lgw"), ("dmz", "dmz"), ("int", "int")], ""),
        ];
        let config = format!(
            "if lgw physical up 10.2.0.1/24\nif dmz physical up 10.5.0.1/24\nif int physical up 10.3.0.1/24\n\
                      permit {near} dmz {net} 10.5.0.5/32 tcp 443\npermit {far} dmz * 10.5.0.5/32 tcp {port}"
        );
        let site = site(&topology.concat(), &[("configs/FW", &config)]);
        let all = assess(&site);
        assert_eq!(answer(&all, "L-1", Level::Packet).verdict, Verdict::Holds);
        assert_eq!(answer(&all, "L-1", Level::Host).verdict, expected, "{place} {port}");
    }
}

/// Nobody knows what hangs on an unbound interface, so nothing is certain to cross by it.
#[test]
fn an_open_end_proves_no_violation() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", NO),
        &segment("dmz", "", "10.2.0.0/24", QUIET),
        &segment("int", "INT", "10.3.0.0/24", NO),
        &host("NAS", &[("dmz", "10.2.0.5")], "relay = \"yes\""),
        &host("PC", &[("int", "10.3.0.5")], ""),
        &device("FW", &[("b", "dmz"), ("c", "int")], ""),
    ];
    let config = "if b physical up 10.2.0.1/24\nif c physical up 10.3.0.1/24\nif x physical up 10.8.0.1/24\n\
                  permit x b * 10.2.0.5/32 tcp 445\npermit b c 10.2.0.5/32 10.3.0.5/32 tcp 80";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    let host = answer(&all, "M-1", Level::Host);
    assert_eq!(host.verdict, Verdict::Undetermined);
    assert_eq!(host.culprits.len(), 1);
    assert_eq!(site.sources.position(host.culprits[0].span).line, 4);
}

/// What a sanitizer is to forward is no session of its own, whatever the port.
#[test]
fn a_sanitizer_that_is_a_next_hop_is_not_cut() {
    let sanitizer = "[[sanitizer]]\nhost = \"SAN\"\nforwarding = \"off\"\ndeclarations = [\"D\"]\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
                     peers = [\"lgw\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"both\"\npurpose = \"data\"\n";
    for (to, expected) in [("10.2.0.5/32", Verdict::Holds), ("203.0.113.0/24", Verdict::Undetermined)] {
        let topology = [
            ZONES,
            &segment("lgw", "LGW", "10.1.0.0/24", NO),
            &segment("dmz", "", "10.2.0.0/24", QUIET),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &host("SAN", &[("dmz", "10.2.0.5"), ("int", "10.3.0.9")], ""),
            sanitizer,
            &device("FW", &[("a", "lgw"), ("b", "dmz")], ""),
        ];
        let config = format!(
            "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nroute 203.0.113.0/24 b 10.2.0.5\n\
             permit a b * {to} tcp 443"
        );
        let site = site(&topology.concat(), &[("configs/FW", &config)]);
        assert_eq!(verdict(&site, "L-1", Level::Host), expected, "{to}");
    }
}

/// The router that nobody declared speaks with its neighbours without asking a firewall.
#[test]
fn a_router_that_nobody_declared_has_neighbours() {
    for (more, expected) in [("", Verdict::Undetermined), ("complete = true", Verdict::Holds)] {
        let topology = [
            ZONES,
            &segment("myn", "MYN", "10.1.0.0/24", NO),
            &segment("dmz", "", "10.2.0.0/24", &format!("{NO}\n{more}")),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &host("NAS", &[("dmz", "10.2.0.5")], ""),
            &device("FW", &[("a", "myn"), ("b", "dmz")], ""),
        ];
        let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nroute 0.0.0.0/0 b 10.2.0.99\n\
                      permit a b * 10.2.0.5/32 tcp 445";
        let site = site(&topology.concat(), &[("configs/FW", config)]);
        let all = assess(&site);
        assert_eq!(answer(&all, "M-1", Level::Packet).verdict, Verdict::Holds);
        assert_eq!(answer(&all, "M-1", Level::Host).verdict, expected, "{more}");
    }
}

/// A chain that needs a schedule says so.
#[test]
fn a_chain_names_the_conditions_it_picks() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", NO),
        &segment("dmz", "", "10.2.0.0/24", QUIET),
        &segment("int", "INT", "10.3.0.0/24", NO),
        &host("NAS", &[("dmz", "10.2.0.5")], "relay = \"yes\""),
        &device("FW", &[("a", "myn"), ("b", "dmz"), ("c", "int")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif b physical up 10.2.0.1/24\nif c physical up 10.3.0.1/24\n\
                  permit~ a b * 10.2.0.5/32 tcp 445\npermit c b * 10.2.0.5/32 tcp 445";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let all = assess(&site);
    let host = answer(&all, "M-1", Level::Host);
    assert_eq!(host.verdict, Verdict::Violated);
    let lines = host.counterexamples[0].choices.iter().map(|c| site.sources.position(c.span).line);
    assert_eq!(lines.collect::<Vec<_>>(), [5]);
}

/// Many networks behind one firewall are no loop of translations.
#[test]
fn many_segments_are_not_a_loop() {
    const MANY: usize = 230;
    let mut topology = format!("{ZONES}{}", segment("int", "INT", "10.200.0.0/24", ""));
    topology += &segment("wan", "", "10.201.0.0/24", "complete = true");
    let mut attach = vec![("w".to_owned(), "wan".to_owned())];
    let mut config = "if w physical up 10.201.0.1/24\nroute 203.0.113.0/24 w\n".to_owned();
    for at in 0..MANY {
        topology += &segment(&format!("s{at}"), "MYN", &format!("10.1.{at}.0/24"), "");
        attach.push((format!("i{at}"), format!("s{at}")));
        config += &format!("if i{at} physical up\npermit i{at} w 10.1.{at}.0/24 203.0.113.0/24 * *\n");
    }
    let attach: Vec<(&str, &str)> = attach.iter().map(|(i, s)| (i.as_str(), s.as_str())).collect();
    topology += &device("FW", &attach, "");
    let site = site(&topology, &[("configs/FW", &config)]);
    let inner = site.segments().filter(|(_, s)| s.id.value.starts_with('s')).map(|(id, _)| id).collect();
    let outer = site.segments().filter(|(_, s)| s.id.value == "int").map(|(id, _)| id).collect();
    let crossing = Crossing { from: inner, to: outer, exempt: Vec::new() };
    let outcome = crossing::decide(&site, &crossing, &checks::Options::default()).unwrap();
    assert_eq!((outcome.verdict, outcome.reason), (Verdict::Holds, None));
}

/// What cannot be read, or is attached under a name that the configuration does not have, may do anything.
#[test]
fn what_is_not_there_is_not_safe() {
    let closed = "if a physical up 10.1.0.1/24\nif c physical up 10.3.0.1/24";
    let cases: [(&str, &str, &str, Verdict); 4] = [
        ("configs/FW", "a", closed, Verdict::Holds),
        ("configs/OTHER", "a", closed, Verdict::Undetermined),
        ("configs/FW", "A1", closed, Verdict::Undetermined),
        ("configs/FW", "a", "if a physical up 10.1.0.1/24", Verdict::Undetermined),
    ];
    for (path, name, config, expected) in cases {
        let topology = [
            ZONES,
            &segment("myn", "MYN", "10.1.0.0/24", NO),
            &segment("int", "INT", "10.3.0.0/24", NO),
            &device("FW", &[(name, "myn"), ("c", "int")], ""),
        ];
        let site = site(&topology.concat(), &[(path, config)]);
        let all = assess(&site);
        let packet = answer(&all, "M-1", Level::Packet);
        assert_eq!(packet.verdict, expected, "{path} {name}");
        assert_eq!(packet.culprits.is_empty(), expected == Verdict::Holds, "{path} {name}");
        // Only a device that was not read at all may also carry data between sessions.
        let relays = path == "configs/OTHER";
        assert_eq!(
            answer(&all, "M-1", Level::Host).verdict == Verdict::Undetermined,
            relays,
            "{path} {name}"
        );
    }
}

/// An analysis that runs out of memory proves nothing.
#[test]
fn a_spent_budget_proves_nothing() {
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", ""),
        &segment("int", "INT", "10.3.0.0/24", ""),
        &device("FW", &[("a", "myn"), ("c", "int")], ""),
    ];
    let config = "if a physical up 10.1.0.1/24\nif c physical up 10.3.0.1/24";
    let site = site(&topology.concat(), &[("configs/FW", config)]);
    let mut options = checks::Options::default();
    options.limits.diagram_edges = 40;
    let all = checks::assess(&site, &options).unwrap();
    for level in [Level::Packet, Level::Host] {
        let found = answer(&all, "M-1", level);
        assert_eq!(found.verdict, Verdict::Undetermined);
        assert!(found.reason.is_some());
    }
}

/// An unread rule that marks may write any mark, and routes that look at marks follow.
#[test]
fn an_unread_mark_is_any_mark() {
    let mut m = Maker::new("D", &["in", "out"]);
    let marks = m.chains(RuleSetKind::Mark, vec![(vec![(Expr::Any, Then::Mark(1))], Then::Fall)]);
    m.device.pipeline.arrival.push(Stage::Mark(marks));
    let out = m.out(1);
    m.routing(vec![(Expr::is(Field::Mark, 2), out)]);
    let question = Question { ingress: IfId(0), headers: headers_of(None, None, None, None), exit: None };
    assert!(query::ask(&m.device, &question, 1 << 20).unwrap().passed.is_empty());
    let cause = m.unknown();
    let rule = m.device.rule_sets[marks.index()].chains[0].rules[0].id;
    m.device.taints.push(Taint { radius: Radius::Rule(marks, rule), cause });
    m.device.widen();
    assert_eq!(query::ask(&m.device, &question, 1 << 20).unwrap().passed.len(), 1);
}
