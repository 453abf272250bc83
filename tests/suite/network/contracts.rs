//! Devices by contract: an ordinary device made of declared directions.

use super::{device_id, interface_id, site, wires};
use bunri::model::{Device, Expr, Rule, Then};
use bunri::model::{Family, Field, Flow, RouteTarget, proto};
use bunri::network::{Relay, Site};

const TOWN: &str = r#"schema_version = 1
name = "町"
[[zone]]
id = "LGW"
name = "LGWAN接続系"
role = "lgwan"
[[segment]]
id = "lgw_ext"
zone = "LGW"
prefixes = ["10.22.250.0/29"]
[[external]]
id = "ext-lgwan"
zone = "LGW"
leads_to = []
[[device]]
name = "FW"
config = "configs/FW.conf"
attach = { port5 = "lgw_ext" }
[[device]]
name = "RT-LGWAN"
config = "unavailable"
[device.attach]
in = "lgw_ext"
out = "ext-lgwan"
[device.contract]
forwards = [{ from = "in", to = "out" }, { from = "out", to = "in" }]
addresses = { in = ["10.22.250.6"] }
"#;

const FW: &str = "plain\nif port5 physical up 10.22.250.1/29\nroute port5 10.22.250.6\nroute port5\n";

/// Where the routes of `device` send a packet, first match: `local`, `IF on-link`, `IF via …`, `any`.
fn routed(site: &Site, device: &str, ingress: &str, destination: &str) -> String {
    let device = &site.device(device_id(site, device)).unwrap().device;
    let destination: std::net::IpAddr = destination.parse().unwrap();
    let ingress = device.interface(ingress).unwrap();
    let flow = Flow {
        family: Family::of(destination),
        src: 1,
        dst: Family::number(destination),
        proto: proto::UDP,
        sport: 1,
        dport: 1,
        icmp: 0,
        flags: 0,
    };
    let chain = &device.rule_sets[device.pipeline.routing.index()].chains[0];
    let mut maybe = String::new();
    let hit = chain.rules.iter().find(|r| match &r.when {
        Expr::Unknown { bound, .. } if truth(bound, &flow, u128::from(ingress.0)) => {
            maybe = format!("{}, or ", way(device, r.then).replace(" via", " perhaps via"));
            false
        }
        Expr::Unknown { .. } => false,
        when => truth(when, &flow, u128::from(ingress.0)),
    });
    maybe + &way(device, hit.map_or(chain.end.value, |r: &Rule| r.then))
}

fn way(device: &Device, then: Then) -> String {
    match then {
        Then::Route(id) => {
            let route = &device.routes[id.index()];
            match (route.target, route.gateway) {
                (RouteTarget::Interface(i), None) => {
                    format!("{} on-link", device.interfaces[i.index()].name.value)
                }
                (RouteTarget::Interface(i), Some(g)) => {
                    format!("{} via {g}", device.interfaces[i.index()].name.value)
                }
                (RouteTarget::Local, _) => "local".to_owned(),
                (RouteTarget::Discard(_), _) => "discard".to_owned(),
                (RouteTarget::Any(_), _) => "any".to_owned(),
            }
        }
        other => format!("{other:?}"),
    }
}

fn truth(when: &Expr, flow: &Flow, ingress: u128) -> bool {
    match when {
        Expr::Any => true,
        Expr::None => false,
        Expr::All(parts) => parts.iter().all(|p| truth(p, flow, ingress)),
        Expr::Or(parts) => parts.iter().any(|p| truth(p, flow, ingress)),
        Expr::Not(inner) => !truth(inner, flow, ingress),
        Expr::In(Field::Ingress, set) => set.contains(ingress),
        Expr::In(Field::Family, set) => set.contains(flow.family.value()),
        Expr::In(Field::Dst, set) => set.contains(flow.dst),
        other => panic!("contracts have no such condition: {other:?}"),
    }
}

#[test]
fn a_router_sends_to_the_one_neighbour_it_has() {
    let site = site(TOWN, &[("configs/FW.conf", FW)]);
    for (ingress, destination, way) in [
        ("in", "198.51.100.20", "out on-link"),
        ("in", "10.22.250.6", "local"),
        ("out", "10.22.250.6", "local"),
        ("out", "10.22.250.1", "in on-link"),
        ("out", "198.51.100.194", "in via 10.22.250.1"),
        // The firewall has no IPv6 address there: it takes such packets or nobody does.
        ("out", "2001:db8::1", "in perhaps via 10.22.250.1, or discard"),
    ] {
        assert_eq!(routed(&site, "RT-LGWAN", ingress, destination), way, "{ingress} {destination}");
    }
    let router = site.device(device_id(&site, "RT-LGWAN")).unwrap();
    assert_eq!(router.relay, Relay::No);
    assert_eq!(router.contract.as_ref().unwrap().flows.len(), 2);
    assert!(router.device.taints.is_empty() && router.device.relays.is_empty());
    let wires = wires(&site);
    for wanted in [
        "FW:port5 out 10.22.250.6 -> RT-LGWAN:in in (certain)",
        "RT-LGWAN:in out 10.22.250.1 -> FW:port5 in (certain)",
        "RT-LGWAN:in out on-link -> FW:port5 in (certain only 10.22.250.1)",
        // Virtual IPs and proxy ARP.
        "RT-LGWAN:in out on-link -> FW:port5 in (may)",
        "RT-LGWAN:out out on-link -> segment ext-lgwan (certain)",
        "origin ext-lgwan -> RT-LGWAN:out in (certain)",
    ] {
        assert!(wires.contains(&wanted.to_owned()), "{wanted}: {wires:#?}");
    }
}

#[test]
fn the_filter_permits_the_declared_directions_only() {
    let one_way = TOWN.replace(", { from = \"out\", to = \"in\" }", "");
    let site = site(&one_way, &[("configs/FW.conf", FW)]);
    let device = &site.device(device_id(&site, "RT-LGWAN")).unwrap().device;
    let (inside, outside) = (interface_id(&site, "RT-LGWAN", "in"), interface_id(&site, "RT-LGWAN", "out"));
    let [stage] = device.pipeline.forward.as_slice() else { panic!() };
    let bunri::model::Stage::Filter(filter) = stage else { panic!() };
    let chain = &device.rule_sets[filter.index()].chains[0];
    let [rule] = chain.rules.as_slice() else { panic!() };
    assert_eq!(
        rule.when,
        Expr::all([
            Expr::is(Field::Ingress, u128::from(inside.0)),
            Expr::is(Field::Egress, u128::from(outside.0))
        ])
    );
    assert_eq!(site.sources.excerpt(rule.span).line, 26);
    assert!(matches!(chain.end.value, Then::Deny(_)));
    assert_eq!(routed(&site, "RT-LGWAN", "out", "198.51.100.20"), "any");
}

#[test]
fn two_neighbours_leave_the_way_open() {
    let second = format!(
        "{TOWN}[[device]]\nname = \"FW2\"\nconfig = \"configs/FW2.conf\"\nattach = {{ port5 = \"lgw_ext\" }}\n"
    );
    let other = FW.replace("10.22.250.1/", "10.22.250.2/");
    let files = [("configs/FW.conf", FW), ("configs/FW2.conf", other.as_str())];
    let open = site(&second, &files);
    assert_eq!(routed(&open, "RT-LGWAN", "out", "198.51.100.194"), "any");
    assert_eq!(routed(&open, "RT-LGWAN", "out", "10.22.250.2"), "in on-link");
    let wires = wires(&open);
    assert!(wires.contains(&"RT-LGWAN:in out unknown -> FW2:port5 in (may)".to_owned()), "{wires:#?}");
    assert!(wires.contains(&"RT-LGWAN:in out unknown -> elsewhere (may)".to_owned()), "{wires:#?}");

    // Two members of a cluster share one address: which one answers is a choice.
    let members = second.replace("name = \"FW", "cluster = \"C\"\nname = \"FW");
    let shared = site(&members, &[("configs/FW.conf", FW), ("configs/FW2.conf", FW)]);
    assert_eq!(routed(&shared, "RT-LGWAN", "out", "198.51.100.194"), "in via 10.22.250.1");
    assert!(super::found(&shared, bunri::source::Code::Contradiction).is_empty());
    let sure = super::wires(&shared);
    for member in ["FW", "FW2"] {
        let wanted = format!("RT-LGWAN:in out 10.22.250.1 -> {member}:port5 in (certain)");
        assert!(sure.contains(&wanted), "{wanted}: {sure:#?}");
    }
    let strangers = site(&second, &[("configs/FW.conf", FW), ("configs/FW2.conf", FW)]);
    assert_eq!(super::found(&strangers, bunri::source::Code::Contradiction).len(), 1);
    let unsure = super::wires(&strangers);
    assert!(unsure.contains(&"RT-LGWAN:in out 10.22.250.1 -> FW:port5 in (may)".to_owned()), "{unsure:#?}");
}

#[test]
fn the_router_of_an_external_network_can_be_written_short() {
    let start = TOWN.find("[[device]]\nname = \"RT-LGWAN\"").unwrap();
    let short = TOWN[..start]
        .replace("leads_to = []\n", "leads_to = []\nsegment = \"lgw_ext\"\nrouter = [\"10.22.250.6\"]\n");
    let long = site(TOWN, &[("configs/FW.conf", FW)]);
    let short = site(&short, &[("configs/FW.conf", FW)]);
    let renamed = |s: Vec<String>| {
        let mut all: Vec<String> = s
            .into_iter()
            .map(|w| {
                w.replace("ext-lgwan-router:inside", "RT-LGWAN:in")
                    .replace("ext-lgwan-router:outside", "RT-LGWAN:out")
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(renamed(wires(&short)), renamed(wires(&long)));
    assert_eq!(short.boxes.len(), 1, "no box of the town");
}

const CORE: &str = r#"schema_version = 1
name = "町"
[[zone]]
id = "MYN"
name = "基幹系"
role = "individual-number"
[[segment]]
id = "sv"
zone = "MYN"
prefixes = ["10.21.10.0/24"]
[[segment]]
id = "pc"
zone = "MYN"
prefixes = ["10.21.20.0/24"]
[[segment]]
id = "up"
zone = "MYN"
prefixes = ["10.21.255.0/29"]
[[segment]]
id = "other"
prefixes = ["10.22.255.0/29"]
[[device]]
name = "CORE"
config = "unavailable"
[device.attach]
Vlan110 = "sv"
Vlan120 = "pc"
Vlan901 = "up"
Vlan902 = "other"
[device.contract]
forwards = [{ among = ["Vlan110", "Vlan120", "Vlan901"] }]
addresses = { Vlan110 = ["10.21.10.254/24"], Vlan901 = ["10.21.255.2/29"] }
routes = [
  { prefix = "0.0.0.0/0", via = "10.21.255.1" },
  { prefix = "10.21.20.128/25", via = "10.21.10.7" },
  { prefix = "0.0.0.0/0", via = "10.22.255.1" },
]
"#;

/// Routes that a contract lists, and nothing else; only those whose way out the ingress may take.
#[test]
fn listed_routes_are_all_of_them() {
    let plain = site(CORE, &[]);
    for (ingress, destination, way) in [
        ("Vlan120", "10.21.10.9", "Vlan110 on-link"),
        ("Vlan120", "10.21.10.254", "local"),
        ("Vlan110", "10.21.20.5", "Vlan120 on-link"),
        // The longest prefix wins.
        ("Vlan901", "10.21.20.130", "Vlan110 via 10.21.10.7"),
        ("Vlan110", "203.0.113.9", "Vlan901 via 10.21.255.1"),
        // Its own default would lead back, and the other one is behind an interface that nothing is forwarded to.
        ("Vlan901", "203.0.113.9", "discard"),
        ("Vlan902", "10.21.10.9", "discard"),
        ("Vlan110", "2001:db8::1", "discard"),
    ] {
        assert_eq!(routed(&plain, "CORE", ingress, destination), way, "{ingress} {destination}");
    }
    let contract = plain.device(device_id(&plain, "CORE")).unwrap().contract.as_ref().unwrap();
    assert_eq!(contract.flows.len(), 6, "each interface to the two others");
    // Two ways for the same destinations: nobody knows which.
    let twice = CORE.replace("10.21.20.128/25", "0.0.0.0/0");
    assert_eq!(routed(&site(&twice, &[]), "CORE", "Vlan120", "203.0.113.9"), "any");
}
