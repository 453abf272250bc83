//! Questions to a site.

use super::{segment_id, site};
use bunri::model::AddressSet;
use bunri::network::{HostId, Site, ZoneId};

fn town() -> Site {
    let topology = r#"schema_version = 1
name = "町"
[[zone]]
id = "LGW"
name = "LGWAN接続系"
role = "lgwan"
[[zone]]
id = "INT"
name = "インターネット接続系"
role = "internet"
[[zone]]
id = "EDU"
name = "教育系"
role = "independent"
[[segment]]
id = "lgw"
zone = "LGW"
prefixes = ["10.2.0.0/29", "2001:db8:2::/126"]
[[segment]]
id = "int"
zone = "INT"
prefixes = ["10.3.0.0/30"]
[[external]]
id = "sc"
zone = "INT"
leads_to = ["world"]
[[external]]
id = "world"
leads_to = []
[[external]]
id = "carrier"
leads_to = ["sc"]
[[external]]
id = "other-town"
leads_to = ["world"]
[[device]]
name = "MUGAI"
config = "MUGAI.conf"
attach = { eth0 = "int", eth1 = "lgw" }
[[host]]
id = "SV-1"
interfaces = [{ segment = "lgw", addresses = ["10.2.0.1", "2001:db8:2::1"] }]
[[host]]
id = "SV-MUGAI"
interfaces = []
device = "MUGAI"
[[host]]
id = "MFP"
interfaces = [{ segment = "lgw", addresses = ["10.2.0.3"] }, { segment = "int" }]
"#;
    let config = "plain\nif eth0 physical up 10.3.0.1/30\nif eth1 physical up 10.2.0.2/29\n";
    site(topology, &[("MUGAI.conf", config)])
}

fn set(parts: &[&str]) -> AddressSet {
    let one = |t: &&str| bunri::network::address_set(t).unwrap();
    parts.iter().map(one).fold(AddressSet::empty(), |a, b| a.union(&b))
}

#[test]
fn a_zone_is_its_segments_and_all_it_is_joined_to_outside() {
    let site = town();
    let names = |zone| {
        site.places_of_zone(zone).all().map(|s| site.segment(s).unwrap().id.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(ZoneId(0)), ["lgw"]);
    // Not `other-town`: data for it never comes back from `world`.
    assert_eq!(names(ZoneId(1)), ["int", "carrier", "sc", "world"]);
    assert!(site.places_of_zone(ZoneId(2)).is_empty());
}

#[test]
fn addresses_of_hosts_and_of_nobody() {
    let site = town();
    let (lgw, int) = (segment_id(&site, "lgw"), segment_id(&site, "int"));
    assert_eq!(site.own_addresses(HostId(2)), set(&["10.2.0.2", "10.3.0.1"]));
    assert_eq!(site.host_addresses_on(HostId(2), int), set(&["10.3.0.1"]));
    assert_eq!(site.own_addresses(HostId(0)), set(&["10.2.0.3"]));
    assert_eq!(site.space_of(lgw), set(&["10.2.0.0/29", "2001:db8:2::/126"]));
    assert_eq!(
        site.undeclared_addresses(lgw),
        set(&["10.2.0.0", "10.2.0.4-10.2.0.7", "2001:db8:2::", "2001:db8:2::2/127"])
    );
    assert_eq!(site.undeclared_addresses(int), set(&["10.3.0.0", "10.3.0.2/31"]));
    assert!(site.undeclared_addresses(segment_id(&site, "sc")).is_empty());
}

#[test]
fn hosts_in_two_zones() {
    let site = town();
    assert_eq!(
        site.dual_homed(),
        [(HostId(0), vec![ZoneId(0), ZoneId(1)]), (HostId(2), vec![ZoneId(0), ZoneId(1)])]
    );
    let on: Vec<HostId> = site.hosts_on(segment_id(&site, "int")).map(|(id, _)| id).collect();
    assert_eq!(on, [HostId(0), HostId(2)]);
}
