//! The rows of what gets through: exactly the packets that do, under names a reader knows.
use bunri::analysis::answer::{Assertion, FlowRow, Level, Side, Verdict};
use bunri::analysis::concrete::{Arrival, Options, reaches};
use bunri::analysis::naming::Naming;
use bunri::model::{AddressSet, Family, Flow, PORT_PROTOCOLS, Ranges, ServiceName};
use bunri::network::{Location, Site};

use crate::support::tiny::{answer, assess, site};

pub const ZONES: &str = r#"
[[zone]]
id = "MYN"
name = "番号"
role = "individual-number"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[segment]]
id = "myn"
zone = "MYN"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "myn2"
zone = "MYN"
prefixes = ["10.2.0.0/24"]
[[segment]]
id = "int"
name = "公開"
zone = "INT"
prefixes = ["10.3.0.0/24"]
[[host]]
id = "SV"
interfaces = [{ segment = "int", addresses = ["10.3.0.9"] }]
[[device]]
name = "FW"
config = "configs/FW"
[device.attach]
a = "myn"
b = "int"
c = "myn2"
"#;

const PORTS: &str =
    "if a physical up 10.1.0.1/24\nif b physical up 10.3.0.1/24\nif c physical up 10.2.0.1/24\n";

pub fn town(rules: &str) -> Site {
    site(ZONES, &[("configs/FW", &format!("{PORTS}{rules}"))])
}

fn packet_level(site: &Site) -> Assertion {
    answer(&assess(site), "M-1", Level::Packet).clone()
}

/// Whether a row says the packet.
pub fn holds(row: &FlowRow, flow: &Flow) -> bool {
    let ports = PORT_PROTOCOLS.contains(&flow.proto);
    let of = |set: &Option<Ranges>, v: u16| set.as_ref().is_none_or(|s| s.contains(u128::from(v)));
    row.family == flow.family
        && row.source.ranges.contains(flow.src)
        && row.destination.ranges.contains(flow.dst)
        && row.service.protocols.contains(u128::from(flow.proto))
        && (!ports || of(&row.service.ports, flow.dport) && of(&row.service.source_ports, flow.sport))
}

fn number(text: &str) -> u128 {
    Family::number(text.parse().unwrap())
}

fn flow(src: &str, dst: &str, proto: u8, dport: u16) -> Flow {
    let flags = if proto == 6 { 2 } else { 0 };
    let (src, dst) = (number(src), number(dst));
    Flow { family: Family::V4, src, dst, proto, sport: 50_000, dport, icmp: 0, flags }.canonical()
}

/// The second engine is asked about packets in and beside every row.
#[test]
fn rows_are_exactly_what_the_second_engine_lets_through() {
    let site = town(
        "deny a b 10.1.0.128/25 * * *\npermit a b * 10.3.0.8/29 tcp 443\npermit a b 10.1.0.7 * udp *\n\
         permit c b * 10.3.0.9 47 *",
    );
    let found = packet_level(&site);
    assert_eq!(found.verdict, Verdict::Violated);
    assert!(!found.rows_truncated);
    let id = |name: &str| site.segments().find(|(_, s)| s.id.value == name).unwrap().0;
    let public = id("int");
    let to = |arrival: &Arrival| {
        matches!(arrival, Arrival::Transmitted(t)
            if t.to == Location::Segment(public) && t.header.dst >> 8 == number("10.3.0.0") >> 8)
    };
    let mut seen = (0, 0);
    for (from, sources) in [
        ("myn", ["10.1.0.7", "10.1.0.6", "10.1.0.127", "10.1.0.128"]),
        ("myn2", ["10.2.0.7", "10.2.0.255", "10.2.0.0", "10.2.0.128"]),
    ] {
        for src in sources {
            for dst in ["10.3.0.9", "10.3.0.7", "10.3.0.8", "10.3.0.15", "10.3.0.16"] {
                for (proto, port) in [(6, 443), (6, 442), (17, 443), (17, 53), (47, 0), (1, 0)] {
                    let flow = flow(src, dst, proto, port);
                    let reach = reaches(&site, Location::Origin(id(from)), &flow, &Options::default(), &to);
                    let row = found.rows.iter().any(|r| r.from == from && r.to == "公開" && holds(r, &flow));
                    assert_eq!(row, reach.certainty.is_certain(), "{flow}");
                    if row { seen.0 += 1 } else { seen.1 += 1 }
                }
            }
        }
    }
    assert!(seen.0 > 10 && seen.1 > 100, "{seen:?}");
}

#[test]
fn every_certain_row_has_a_packet_of_its_own_and_the_rule_that_let_it_pass() {
    let site = town("permit a b * 10.3.0.9 tcp 443\npermit a b * * udp 53");
    let rows = packet_level(&site).rows;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    for row in &rows {
        assert!(row.certain);
        assert!(holds(row, &row.packet.unwrap()));
        let (device, place) = row.rule.as_ref().unwrap();
        assert_eq!(device, "FW");
        let line = if row.service.protocols == Ranges::one(6) { 5 } else { 6 };
        assert_eq!(site.sources.position(place.span).line, line);
    }
    let tcp = rows.iter().find(|r| r.service.protocols == Ranges::one(6)).unwrap();
    assert_eq!(tcp.source.names, ["myn"]);
    assert_eq!(tcp.destination.names, ["SV"]);
}

/// The joint search visits a place once with the same packets; rows still name every sender.
#[test]
fn two_segments_that_send_the_same_have_rows_of_their_own() {
    let site = town("permit * b * * tcp 443");
    let found = packet_level(&site);
    let from: Vec<&str> = found.rows.iter().map(|r| r.from.as_str()).collect();
    assert_eq!(from, ["myn", "myn2"], "{:#?}", found.rows);
}

/// What only a forged source can do stands apart.
#[test]
fn a_pinhole_for_a_foreign_address_is_marked() {
    let site = town("permit a b 10.2.0.5 * tcp 22\npermit a b * 10.3.0.9 tcp 443");
    let rows = packet_level(&site).rows;
    let forged: Vec<_> = rows.iter().filter(|r| r.requires_forged_source).collect();
    assert_eq!(forged.len(), 1, "{rows:#?}");
    assert_eq!(forged[0].source.ranges, Ranges::one(number("10.2.0.5")));
    assert!(rows.iter().any(|r| !r.requires_forged_source && r.service.ports == Some(Ranges::one(443))));
}

#[test]
fn translated_destinations_are_shown_as_sent_and_as_delivered() {
    let site = town("dnat a 10.1.0.200 10.3.0.9\npermit a b * 10.3.0.9 tcp 443");
    let rows = packet_level(&site).rows;
    let sent = rows.iter().find(|r| r.destination.ranges.contains(number("10.1.0.200"))).unwrap();
    let delivered = sent.delivered.as_ref().unwrap();
    assert_eq!(delivered.destination.ranges, Ranges::one(number("10.3.0.9")));
    assert_eq!(delivered.destination.names, ["SV"]);
}

#[test]
fn open_answers_show_what_may_get_through() {
    let site = town("permit? a b * 10.3.0.9 tcp 443");
    let found = packet_level(&site);
    assert_eq!(found.verdict, Verdict::Undetermined);
    assert!(found.rows.iter().all(|r| !r.certain), "{:#?}", found.rows);
    let honest = found.rows.iter().find(|r| r.from == "myn").unwrap();
    assert_eq!(honest.service.ports, Some(Ranges::one(443)));
    assert!(packet_level(&town("deny a b * * * *")).rows.is_empty());
}

fn of(text: &str) -> AddressSet {
    AddressSet::network(text.parse().unwrap())
}

fn side(naming: &Naming, set: &AddressSet) -> Side {
    naming.side(Family::V4, &set.v4)
}

/// Names, exceptions and the rest always spell the set itself.
#[test]
fn names_spell_the_set() {
    let mut naming = Naming::default();
    let meanings = [
        ("net", "10.1.0.0/24"),
        ("half", "10.1.0.0/25"),
        ("a", "10.1.0.1/32"),
        ("b", "10.9.0.1/32"),
        ("wide", "10.0.0.0/8"),
    ];
    for (name, text) in meanings {
        naming.address(name, &of(text), None);
    }
    naming.address("net", &of("10.7.0.0/24"), Some("FW-2"));
    let sets = [
        (of("10.1.0.0/24"), vec!["net"]),
        (of("10.7.0.0/24"), vec!["FW-2:net"]),
        (of("10.1.0.0/24").minus(&of("10.1.0.77/32")), vec!["net"]),
        (of("10.1.0.0/25").union(&of("10.9.0.1/32")), vec!["half", "b"]),
        (of("10.1.0.1/32").union(&of("10.9.0.1/32")), vec!["a", "b"]),
        (of("192.0.2.0/24"), vec![]),
        (of("0.0.0.0/0"), vec![]),
        (of("0.0.0.0/0").minus(&of("127.0.0.0/8")).minus(&of("10.0.0.0/8")), vec![]),
    ];
    for (set, names) in sets {
        let said = side(&naming, &set);
        assert_eq!(said.names, names, "{set:?}");
        let named = said.names.iter().map(|n| match n.as_str() {
            "FW-2:net" => of("10.7.0.0/24"),
            n => of(meanings.iter().find(|m| m.0 == n).unwrap().1),
        });
        let base = if names.is_empty() && said.unnamed.is_empty() {
            of("0.0.0.0/0")
        } else {
            named.fold(AddressSet::in_family(Family::V4, said.unnamed.clone()), |a, b| a.union(&b))
        };
        assert_eq!(base.v4.minus(&said.except), set.v4, "{set:?}");
    }
}

#[test]
fn services_are_named_when_the_names_mean_just_that() {
    let service = |name: &str, protocols: &[u128], ports: (u128, u128)| ServiceName {
        name: name.to_owned(),
        protocols: Ranges::from_pairs(protocols.iter().map(|p| (*p, *p))),
        ports: Ranges::span(ports.0, ports.1),
    };
    let mut device = bunri_device();
    device.names.services = vec![
        service("HTTPS", &[6], (443, 443)),
        service("ALT", &[6], (8443, 8443)),
        service("DNS", &[6, 17], (53, 53)),
    ];
    let mut naming = Naming::default();
    naming.device(&device);
    let name = |protocols: &[u128], ports: &[(u128, u128)]| {
        let protocols = Ranges::from_pairs(protocols.iter().map(|p| (*p, *p)));
        naming.service(&protocols, &Ranges::from_pairs(ports.iter().copied()))
    };
    assert_eq!(name(&[6], &[(443, 443)]), ["HTTPS"]);
    assert_eq!(name(&[6], &[(443, 443), (8443, 8443)]), ["HTTPS", "ALT"]);
    assert_eq!(name(&[6, 17], &[(53, 53)]), ["DNS"]);
    assert!(name(&[17], &[(53, 53)]).is_empty());
    assert!(name(&[6], &[(443, 444)]).is_empty());
}

fn bunri_device() -> bunri::model::Device {
    crate::support::devices::Maker::new("FW", &[]).device
}
