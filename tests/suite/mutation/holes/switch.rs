//! Holes below layer 3: VLANs on trunks, ports in other VLANs, cables.

use super::{Bed, Edit, Kind, Planted};

const SITE: &str = "ios-floor";
const CORE: &str = "configs/SW-CORE.txt";
const FLOOR: &str = "configs/SW-FLR.cfg";
const TOPOLOGY: &str = "topology.toml";
const UPLINK: &str = " description ## TO SW-FLR ##\n";

pub fn beds() -> Vec<Bed> {
    vec![Bed { vendor: "switch", site: SITE, one_in: 1, planted: planted() }]
}

fn planted() -> Vec<Planted> {
    let hole = |name: &str, edits: Vec<Edit>| Planted::new(Kind::Hole, name, edits);
    let harmless = |name: &str, edits: Vec<Edit>| Planted::new(Kind::Harmless, name, edits);
    let floor_native = |vlan: u16| {
        Edit::new(FLOOR, "interface sa1\n", &format!("interface sa1\n switchport trunk native vlan {vlan}\n"))
    };
    let core_native =
        |vlan: u16| Edit::new(CORE, UPLINK, &format!("{UPLINK} switchport trunk native vlan {vlan}\n"));
    vec![
        hole("native VLANs that differ", vec![core_native(20), floor_native(10)]),
        hole(
            "a native VLAN at one end, VLAN 1 with a router at the other",
            vec![
                core_native(20),
                Edit::new(FLOOR, "interface sa1\n", "interface sa1\n switchport trunk allowed vlan add 1\n"),
                Edit::new(FLOOR, "switchport access vlan 30", "switchport access vlan 1"),
                Edit::new(
                    TOPOLOGY,
                    "[[host]]",
                    "[[link]]\ndevice = \"SW-FLR\"\nports = [\"port1.0.17\"]\nto = { segment = \"joho\" }\n\n[[host]]",
                ),
            ],
        ),
        hole("an access port moved", vec![Edit::new(CORE, "access vlan 10", "access vlan 20")]),
        hole("access ports moved on the floor", vec![Edit::new(FLOOR, "access vlan 10", "access vlan 30")]),
        hole("the guests' port moved", vec![Edit::new(CORE, "access vlan 50", "access vlan 10")]),
        hole(
            "a VLAN added on the trunk of the access point",
            vec![Edit::new(
                FLOOR,
                "allowed vlan add 50\n",
                "allowed vlan add 50\n switchport trunk allowed vlan add 20\n",
            )],
        ),
        hole(
            "every VLAN on the trunk of the access point",
            vec![Edit::new(FLOOR, "allowed vlan add 50\n", "allowed vlan all\n")],
        ),
        hole(
            "the list of the access point's trunk deleted",
            vec![Edit::new(FLOOR, " switchport trunk allowed vlan add 50\n", "")],
        ),
        hole(
            "a VLAN interface outside its VRF, and another",
            vec![
                Edit::new(CORE, " vrf forwarding KIKAN\n ip address 10.70.1.1", " ip address 10.70.1.1"),
                Edit::new(CORE, " vrf forwarding NAIBU\n ip address 10.70.2.1", " ip address 10.70.2.1"),
            ],
        ),
        hole(
            "a VLAN interface in another VRF",
            vec![Edit::new(
                CORE,
                " vrf forwarding KIKAN\n ip address 10.70.1.1",
                " vrf forwarding NAIBU\n ip address 10.70.1.1",
            )],
        ),
        hole(
            "a VLAN interface for the guests in the internet VRF, and their port in the staff VLAN",
            vec![Edit::new(
                CORE,
                "no ip http server\n",
                "interface Vlan50\n vrf forwarding JOHO\n ip address 10.70.5.1 255.255.255.0\n!\nno ip http server\n",
            )],
        ),
        hole(
            "a cable between two ports",
            vec![Edit::new(
                TOPOLOGY,
                "[[host]]",
                "[[link]]\ndevice = \"SW-FLR\"\nports = [\"port1.0.2\"]\nto = { device = \"SW-FLR\", port = \"port1.0.18\" }\n\n[[host]]",
            )],
        ),
        hole(
            "a trunk that nobody cabled",
            vec![Edit::new(
                CORE,
                "interface GigabitEthernet1/0/2\n switchport mode access",
                "interface GigabitEthernet1/0/2\n switchport mode trunk",
            )],
        ),
        hole(
            "a cable to a port that is not there",
            vec![Edit::new(TOPOLOGY, "port = \"sa1\"", "port = \"sa7\"")],
        ),
        hole(
            "a port of which a line is garbled",
            vec![Edit::new(CORE, " switchport access vlan 10\n", " swichport acess vlan 10\n")],
        ),
        hole("the end of the core's configuration cut off", vec![Edit::new(CORE, "\nend\n", "\n")]),
        harmless(
            "a VLAN that nothing stands in, on every trunk",
            vec![
                Edit::new(CORE, UPLINK, &format!("{UPLINK} switchport trunk allowed vlan add 60\n")),
                Edit::new(FLOOR, "interface sa1\n", "interface sa1\n switchport trunk allowed vlan add 60\n"),
            ],
        ),
        harmless("native VLANs that agree and hold nothing", vec![core_native(999), floor_native(999)]),
        harmless(
            "the list of the uplink deleted at one end",
            vec![Edit::new(CORE, " switchport trunk allowed vlan 10,20,30,50\n", "")],
        ),
        harmless(
            "a free port in another VLAN",
            vec![Edit::new(
                CORE,
                "interface GigabitEthernet1/0/2\n",
                "interface GigabitEthernet1/0/2\n switchport access vlan 30\n",
            )],
        ),
        harmless(
            "a shut trunk that nobody cabled",
            vec![Edit::new(
                CORE,
                "interface GigabitEthernet1/0/2\n switchport mode access",
                "interface GigabitEthernet1/0/2\n shutdown\n switchport mode trunk",
            )],
        ),
    ]
}
