//! Sites on which a careless analysis says `holds` or `violated` wrongly. Each test is one mistake.
use bunri::analysis::answer::{Level, Verdict};

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

const NO: &str = "terminals = \"no\"";
const QUIET: &str = "terminals = \"no\"\ncomplete = true";

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
        "[[sanitizer]]\nhost = \"SAN\"\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
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

/// What isolates screens does not isolate the files that the same machine passes on.
#[test]
fn a_machine_that_also_passes_files_is_held_to_its_declaration() {
    for (types, expected) in
        [("\"screen-transfer\"", Verdict::Holds), ("\"screen-transfer\", \"file\"", Verdict::Undetermined)]
    {
        let sanitizer = format!(
            "[[sanitizer]]\nhost = \"SAN\"\ntypes = [{types}]\n[[sanitizer.session]]\nopens = \"peer\"\n\
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
        format!("[[external]]\nid = \"{id}\"\nzone = \"{zone}\"\nleads_to = [{to}]\n")
    };
    let topology = [
        ZONES,
        &segment("myn", "MYN", "10.1.0.0/24", ""),
        &external("lgwan", "LGW", "\"asp\""),
        &external("net", "INT", "\"asp\""),
        "[[external]]\nid = \"asp\"\nleads_to = []\n",
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
        let sanitizer = "[[sanitizer]]\nhost = \"SAN\"\ntypes = [\"file\"]\n[[sanitizer.session]]\nopens = \"peer\"\n\
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
