//! The links between devices.

use super::{device_id, interface_id, site, wires};
use bunri::network::{Link, Location, NextHop, Site};

fn lan(complete: bool, a: &str, b: &str, c: &str) -> Site {
    let mut topology = format!(
        "schema_version = 1\nname = \"x\"\n[[segment]]\nid = \"s\"\nprefixes = [\"10.0.0.0/24\"]\ncomplete = {complete}\n"
    );
    let mut files = Vec::new();
    for (name, config) in [("A", a), ("B", b), ("C", c)] {
        topology.push_str(&format!(
            "[[device]]\nname = \"{name}\"\nconfig = \"{name}.conf\"\nattach = {{ p = \"s\" }}\n"
        ));
        files.push((format!("{name}.conf"), format!("plain\n{config}")));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    site(&topology, &files)
}

const B: &str = "if p physical up 10.0.0.2/24 10.0.0.22/24\n";
const C: &str = "if p physical up 10.0.0.3/24\n";

/// Links out of `A`, without the prefix.
fn from_a(site: &Site) -> Vec<String> {
    wires(site).into_iter().filter_map(|w| w.strip_prefix("A:p out ").map(str::to_owned)).collect()
}

#[test]
fn a_router_that_is_known_gets_the_frame() {
    for complete in [false, true] {
        let site = lan(complete, "if p physical up 10.0.0.1/24\nroute p 10.0.0.22\n", B, C);
        assert_eq!(
            from_a(&site),
            [
                "10.0.0.22 -> B:p in (certain)",
                "10.0.0.22 -> C:p in (may only 224.0.0.0-239.255.255.255,255.255.255.255)",
                "10.0.0.22 -> segment s (certain)",
            ]
        );
    }
}

#[test]
fn a_router_that_nobody_owns_may_be_anyone() {
    let any = ["10.0.0.9 -> B:p in (may)", "10.0.0.9 -> C:p in (may)"];
    let a = "if p physical up 10.0.0.1/24\nroute p 10.0.0.9\n";
    let open = from_a(&lan(false, a, B, C));
    assert_eq!(
        open,
        [&any[..], &["10.0.0.9 -> elsewhere (may)", "10.0.0.9 -> segment s (certain)"]].concat()
    );
    let complete = from_a(&lan(true, a, B, C));
    assert_eq!(complete, [&any[..], &["10.0.0.9 -> segment s (certain)"]].concat());
}

#[test]
fn a_destination_on_the_link_gets_its_own_frames() {
    let site = lan(false, "if p physical up 10.0.0.1/24\nroute p\n", B, C);
    assert_eq!(
        from_a(&site),
        [
            "on-link -> B:p in (certain only 10.0.0.2,10.0.0.22)",
            "on-link -> B:p in (may)",
            "on-link -> C:p in (certain only 10.0.0.3)",
            "on-link -> C:p in (may)",
            "on-link -> segment s (certain)",
        ]
    );
}

#[test]
fn an_unknown_next_hop_is_everyone() {
    let site = lan(false, "if p physical up 10.0.0.1/24\nroute-any\n", B, C);
    assert_eq!(
        from_a(&site),
        [
            "unknown -> B:p in (may)",
            "unknown -> C:p in (may)",
            "unknown -> elsewhere (may)",
            "unknown -> segment s (certain)",
        ]
    );
    let complete = from_a(&lan(true, "if p physical up 10.0.0.1/24\nroute-any\n", B, C));
    assert!(!complete.iter().any(|w| w.contains("elsewhere")), "{complete:?}");
}

#[test]
fn a_shared_address_is_nobodys_for_sure() {
    let site = lan(true, "if p physical up 10.0.0.1/24\nroute p 10.0.0.3\n", C, C);
    assert_eq!(
        from_a(&site),
        ["10.0.0.3 -> B:p in (may)", "10.0.0.3 -> C:p in (may)", "10.0.0.3 -> segment s (certain)"]
    );
}

#[test]
fn a_tunnel_has_one_other_end() {
    let end = |n: u8| format!("if p tunnel up 10.0.0.{n}/30\nroute p\n");
    let topology = "schema_version = 1\nname = \"x\"\n[[segment]]\nid = \"t\"\n[[device]]\nname = \"A\"\nconfig = \"A.conf\"\nattach = { p = \"t\" }\n[[device]]\nname = \"B\"\nconfig = \"B.conf\"\nattach = { p = \"t\" }\n";
    let (a, b) = (format!("plain\n{}", end(1)), format!("plain\n{}", end(2)));
    let site = site(topology, &[("A.conf", &a), ("B.conf", &b)]);
    assert_eq!(from_a(&site), ["on-link -> B:p in (certain)", "on-link -> segment t (certain)"]);
}

#[test]
fn inside_a_device_every_way_in_meets_every_way_out() {
    let site = lan(
        true,
        "if p physical up 10.0.0.1/24\nif q physical up 10.9.0.1/24\nroute p 10.0.0.3\nroute p 10.0.0.2\nroute q\nroute p 10.0.0.3\n",
        B,
        C,
    );
    let a = device_id(&site, "A");
    let (p, q) = (interface_id(&site, "A", "p"), interface_id(&site, "A", "q"));
    let expected = [
        (p, NextHop::Via("10.0.0.2".parse().unwrap())),
        (p, NextHop::Via("10.0.0.3".parse().unwrap())),
        (q, NextHop::OnLink),
    ];
    assert_eq!(site.ways_out(a), expected);
    let count = |from: Location, to: Location| {
        let (from, to) = (site.nodes[&from], site.nodes[&to]);
        site.graph.edges_connecting(from, to).filter(|e| *e.weight() == Link::Device(a)).count()
    };
    for ingress in [Location::Ingress(a, p), Location::Ingress(a, q)] {
        assert_eq!(count(ingress, Location::Inside(a)), 1);
    }
    for inside in [Location::Inside(a), Location::LocalOrigin(a)] {
        for (interface, hop) in expected {
            assert_eq!(count(inside, Location::Egress(a, interface, hop)), 1);
        }
        assert_eq!(count(inside, Location::Local(a)), 1);
    }
}
