//! Switches inside firewalls and hosts: what their ports join.

use bunri::network::Site;
use bunri::vendor::VENDORS;

use crate::support::tiny::site_of;

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
name = "SW"
config = "sw.txt"
[[device]]
name = "FW"
config = "fw.conf"
attach = { internal = "m", wan1 = "l" }
[[link]]
device = "SW"
ports = ["Gi1/0/1"]
to = { device = "FW", port = "internal1" }
[[link]]
device = "SW"
ports = ["Gi1/0/2"]
to = { device = "FW", port = "PORT" }
[[link]]
device = "SW"
ports = ["Gi1/0/3"]
to = { segment = "l" }
"#;

const SWITCH: &str = "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\nvlan 10\n!\nvlan 20\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n switchport mode access\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 20\n switchport mode access\n!\ninterface GigabitEthernet1/0/3\n switchport access vlan 20\n switchport mode access\n!\nend\n";

fn firewall(block: &str) -> String {
    let port = |n: &str| format!("edit \"{n}\"\nset vdom \"root\"\nset type physical\nnext\n");
    format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n{block}config system interface\n{}{}edit \"internal\"\nset vdom \"root\"\nset ip 10.1.0.1 255.255.255.0\nset type hard-switch\nnext\nedit \"wan1\"\nset vdom \"root\"\nset ip 10.2.0.1 255.255.255.0\nset type physical\nnext\nend\n",
        port("internal1"),
        port("internal2")
    )
}

const HARD: &str = "config system virtual-switch\nedit \"internal\"\nset physical-switch \"sw0\"\nconfig port\nedit \"internal1\"\nnext\nedit \"internal2\"\nnext\nend\nnext\nend\n";
const SOFT: &str = "config system switch-interface\nedit \"internal\"\nset vdom \"root\"\nset member \"internal1\" \"internal2\"\nnext\nend\n";

fn site(block: &str, port: &str) -> Site {
    let firewall = firewall(block);
    site_of(&TOPOLOGY.replace("PORT", port), &[("sw.txt", SWITCH), ("fw.conf", &firewall)], VENDORS)
}

/// Two access ports of two tiers, plugged into two ports of one switch inside the firewall, are one broadcast domain.
#[test]
fn members_of_a_switch_inside_a_firewall_join() {
    for block in [HARD, SOFT] {
        let joined = site(block, "internal2");
        assert!(
            joined.fabric.joins.iter().any(|j| j.certain),
            "{:#?}\n{:#?}",
            joined.fabric,
            joined.diagnostics
        );
        let apart = site(block, "wan1");
        assert!(apart.fabric.joins.is_empty(), "{:#?}", apart.fabric);
    }
}

/// Where the firewall has no such switch, the cable leads nowhere known.
#[test]
fn a_port_that_is_no_member_is_not_a_switch() {
    let apart = site(SOFT, "internal3");
    assert!(apart.fabric.joins.iter().all(|j| !j.certain), "{:#?}", apart.fabric);
}

/// What a switch sees at its ports is held against the cabling table.
#[test]
fn neighbours_that_the_cables_deny_are_contradictions() {
    let log = |there: &str| {
        format!(
            "SW#show running-config\n{SWITCH}SW#show lldp neighbors\n\nDevice ID           Local Intf     Hold-time  Capability      Port ID\n{there:<20}Gi1/0/1        120        B               internal1\n\nTotal entries displayed: 1\n\nSW#exit\n"
        )
    };
    let build = |switch: &str, topology: &str| {
        let firewall = firewall(SOFT);
        site_of(&topology.replace("PORT", "wan1"), &[("sw.txt", switch), ("fw.conf", &firewall)], VENDORS)
    };
    let told = |site: &Site| {
        let of = |d: &&bunri::source::Diagnostic| {
            d.message.text(bunri::source::Lang::Ja).contains("結線表と実機情報")
        };
        site.diagnostics.iter().filter(of).count()
    };
    let right = build(&log("FW.town.example"), TOPOLOGY);
    assert_eq!((told(&right), right.fabric.joins.len()), (0, 0), "{:#?}", right.fabric);
    let wrong = build(&log("SW-ELSEWHERE"), TOPOLOGY);
    assert_eq!(told(&wrong), 1);
    assert!(wrong.fabric.joins.iter().any(|j| !j.certain), "{:#?}", wrong.fabric);
    // A box of the topology where the table knows machines only.
    let machines =
        TOPOLOGY.replace("to = { device = \"FW\", port = \"internal1\" }", "to = { segment = \"m\" }");
    assert_eq!(told(&build(&log("FW"), &machines)), 1);
    assert_eq!(told(&build(&log("PC-0123"), &machines)), 0);
}

/// Detailed listings of either protocol.
#[test]
fn neighbours_are_read_from_detailed_listings() {
    for listing in [
        "SW#show lldp neighbors detail\n------------------------------------------------\nLocal Intf: Gi1/0/1\nChassis id: 0011.2233.4455\nPort id: x1\nSystem Name: SW-ELSEWHERE\n",
        "SW#show cdp neighbors detail\n-------------------------\nDevice ID: SW-ELSEWHERE\nPlatform: x,  Capabilities: Switch\nInterface: GigabitEthernet1/0/1,  Port ID (outgoing port): GigabitEthernet0/1\n",
    ] {
        let log = format!("SW#show running-config\n{SWITCH}{listing}SW#exit\n");
        let firewall = firewall(SOFT);
        let site =
            site_of(&TOPOLOGY.replace("PORT", "wan1"), &[("sw.txt", &log), ("fw.conf", &firewall)], VENDORS);
        let text = |d: &bunri::source::Diagnostic| d.message.text(bunri::source::Lang::En).to_owned();
        assert!(site.diagnostics.iter().any(|d| text(d).contains("SW-ELSEWHERE")), "{:#?}", site.diagnostics);
    }
}
