//! Switches whose exports say little or nothing: what hangs on one may meet there.

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::Site;
use bunri::source::Lang;
use bunri::vendor::VENDORS;

use crate::support::tiny::{answer, assess, site_of, verdict};

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
[[device]]
name = "SW-A"
config = "a.txt"
[[device]]
name = "SW-B"
config = "b.txt"
vendor = "VENDOR"
[[link]]
device = "SW-A"
ports = ["Gi1/0/3"]
to = { segment = "m" }
[[link]]
device = "SW-A"
ports = ["Gi1/0/4"]
to = { segment = "l" }
"#;

const CABLES: &str = r#"
[[link]]
device = "SW-A"
ports = ["Gi1/0/1"]
to = { device = "SW-B", port = "FIRST" }
[[link]]
device = "SW-A"
ports = ["Gi1/0/2"]
to = { device = "SW-B", port = "SECOND" }
"#;

/// Ports 1 and 3 in VLAN 10, ports 2 and 4 in VLAN 20.
fn knowing() -> String {
    let port = |n: u8| {
        let vlan = if n % 2 == 1 { 10 } else { 20 };
        format!(
            "interface GigabitEthernet1/0/{n}\n switchport access vlan {vlan}\n switchport mode access\n!\n"
        )
    };
    let ports: String = (1..=4).map(port).collect();
    format!(
        "Building configuration...\n!\nversion 17.9\nhostname SW-A\n!\nno ip routing\n!\nvlan 10\n!\nvlan 20\n!\n{ports}end\n"
    )
}

fn site(vendor: &str, ports: [&str; 2], cables: &str, other: Option<&str>) -> Site {
    let cables = cables.replace("FIRST", ports[0]).replace("SECOND", ports[1]);
    let topology = format!("{TOPOLOGY}{cables}").replace("VENDOR", vendor);
    let own = knowing();
    let mut files = vec![("a.txt", own.as_str())];
    files.extend(other.map(|text| ("b.txt", text)));
    site_of(&topology, &files, VENDORS)
}

fn ios(lines: [&str; 2]) -> String {
    let [one, two] = lines;
    format!(
        "Building configuration...\n!\nversion 15.0\nhostname SW-B\n!\nspanning-tree mode pvst\n!\ninterface GigabitEthernet0/1\n{one}!\ninterface GigabitEthernet0/2\n{two}!\nend\n"
    )
}

const IOS: [&str; 2] = ["Gi0/1", "Gi0/2"];

/// Every port is in VLAN 1 by default, so the two tiers meet: certainly where the product has no other ports.
#[test]
fn ports_that_say_nothing_are_ports_of_a_switch() {
    let axs = "#configuration list for AX2530S-24T\nhostname \"SW-B\"\n!\nvlan 1\n  name \"VLAN0001\"\n!\nspanning-tree mode pvst\n!\ninterface gigabitethernet 0/1\n!\ninterface gigabitethernet 0/2\n!\n";
    let awplus =
        "!\nhostname SW-B\n!\nspanning-tree mode rstp\n!\ninterface port1.0.1-1.0.2\n!\nend\n".to_owned();
    let quiet = ios(["", " spanning-tree portfast\n"]);
    let older = ios([" no ip address\n", " no ip address\n"]);
    for (vendor, ports, text, wanted) in [
        ("ios", IOS, quiet.as_str(), Verdict::Undetermined),
        ("ios", IOS, older.as_str(), Verdict::Undetermined),
        ("axs", ["gigabitethernet 0/1", "gigabitethernet 0/2"], axs, Verdict::Violated),
        ("awplus", ["port1.0.1", "port1.0.2"], awplus.as_str(), Verdict::Violated),
    ] {
        let site = site(vendor, ports, CABLES, Some(text));
        assert_eq!(verdict(&site, "M-2", Level::L2), wanted, "{vendor}: {:#?}", site.fabric);
        assert_eq!(site.fabric.switches, ["SW-A", "SW-B"], "{vendor}");
    }
}

/// A router's free port may be one of a switch module; its routed ports are not, nor is it a switch for that.
#[test]
fn ports_that_route_are_no_ports_of_a_switch() {
    let routed = ios([" ip address 10.1.0.1 255.255.255.0\n", " ip address 10.2.0.1 255.255.255.0\n"]);
    let found = site("ios", IOS, CABLES, Some(&routed));
    assert!(found.fabric.joins.is_empty(), "{:#?}", found.fabric);
    assert_eq!(found.fabric.switches, ["SW-A"]);
    let shut = ios([" no ip address\n shutdown\n", " no ip address\n shutdown\n"]);
    assert!(site("ios", IOS, CABLES, Some(&shut)).fabric.joins.is_empty());
    let module = "interface FastEthernet0/1/0\n no ip address\n!\ninterface FastEthernet0/1/1\n no ip address\n!\nend\n";
    let text = routed.replace("end\n", module);
    let found = site("ios", ["Fa0/1/0", "Fa0/1/1"], CABLES, Some(&text));
    assert!(found.fabric.joins.iter().any(|j| !j.certain), "{:#?}", found.fabric);
    assert_eq!(found.fabric.switches, ["SW-A"]);
}

/// What cannot be read may join all that is plugged into it, and anything at all if nobody says what that is.
#[test]
fn an_unread_box_joins_what_is_plugged_into_it() {
    let opened = |site: &Site, because: &str| {
        let found = assess(site);
        for level in [Level::L2, Level::Packet] {
            let m2 = answer(&found, "M-2", level);
            // Cables say where the box stands below packets only.
            if level == Level::L2 || site.devices.iter().all(|d| d.attached.iter().all(Option::is_none)) {
                assert_eq!(m2.verdict, Verdict::Undetermined, "{because} {level:?}");
            }
        }
        let x3 = answer(&found, "X-3", Level::L2);
        let named = |c: &bunri::analysis::answer::Culprit| c.what.text(Lang::En).contains(because);
        assert!(x3.culprits.iter().any(named), "{because}: {x3:#?}");
    };
    let missing = "`b.txt` is not in the site folder";
    opened(&site("ios", IOS, CABLES, None), missing);
    opened(&site("ios", IOS, "", None), missing);
    opened(&site("ios", IOS, CABLES, Some("garbage\n")), "no configuration");
    let firewall = "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\nconfig system interface\nedit \"port1\"\nset vdom \"root\"\nset type physical\n";
    let cut = site("fortios", ["port1", "port2"], CABLES, Some(firewall));
    assert_eq!(verdict(&cut, "M-2", Level::L2), Verdict::Undetermined, "{:#?}", cut.fabric);
    // One cable of it joins nothing.
    let one = CABLES.split_once("[[link]]\ndevice = \"SW-A\"\nports = [\"Gi1/0/2\"]").unwrap().0;
    let found = site("ios", IOS, one, None);
    assert!(found.fabric.joins.is_empty(), "{:#?}", found.fabric);
    // Two boxes that cannot be read, one behind the other.
    let chain = r#"
[[device]]
name = "SW-C"
config = "c.txt"
vendor = "ios"
[[link]]
device = "SW-A"
ports = ["Gi1/0/1"]
to = { device = "SW-B", port = "1" }
[[link]]
device = "SW-B"
ports = ["2"]
to = { device = "SW-C", port = "1" }
[[link]]
device = "SW-C"
ports = ["2"]
to = { segment = "l" }
"#;
    let found = site("ios", IOS, chain, None);
    assert!(found.fabric.joins.iter().any(|j| !j.certain), "{:#?}", found.fabric);
}

/// A tier without a segment was not looked at, below packets as little as with them.
#[test]
fn a_tier_without_a_segment_is_not_proved_apart() {
    let apart = site("ios", IOS, "", Some(&ios([" shutdown\n", " shutdown\n"])));
    let found = assess(&apart);
    assert_eq!(answer(&found, "M-2", Level::L2).verdict, Verdict::Holds);
    for id in ["M-1", "L-1"] {
        assert_eq!(answer(&found, id, Level::L2).verdict, Verdict::Undetermined, "{id}");
        assert_eq!(answer(&found, id, Level::Packet).verdict, Verdict::Undetermined, "{id}");
    }
}

/// A router whose file is not there may stand between any two tiers, cables or not.
#[test]
fn a_box_that_stands_nowhere_leaves_every_pair_of_tiers_open() {
    let rest = r#"
[[device]]
name = "RT"
config = "rt.txt"
vendor = "ios"
"#;
    let (tiers, _) = TOPOLOGY.split_once("[[device]]").unwrap();
    let missing = site_of(&format!("{tiers}{rest}"), &[], VENDORS);
    let garbage = site_of(&format!("{tiers}{rest}"), &[("rt.txt", "garbage\n")], VENDORS);
    for site in [missing, garbage] {
        assert_eq!(verdict(&site, "M-2", Level::Packet), Verdict::Undetermined, "{:#?}", site.devices);
    }
}
