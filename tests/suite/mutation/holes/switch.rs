//! Holes below layer 3: VLANs on trunks, ports in other VLANs, cables.

use super::{Bed, Edit, Kind, Planted};

const SITE: &str = "ios-floor";
const CORE: &str = "configs/SW-CORE.txt";
const FLOOR: &str = "configs/SW-FLR.cfg";
const TOPOLOGY: &str = "topology.toml";
const UPLINK: &str = " description ## TO SW-FLR ##\n";

pub fn beds() -> Vec<Bed> {
    vec![
        Bed { vendor: "switch", site: SITE, one_in: 1, planted: planted() },
        Bed { vendor: "switch", site: "ios-core", one_in: 1, planted: core() },
        Bed { vendor: "switch", site: "hoshimi", one_in: 8, planted: town() },
    ]
}

fn hole(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Hole, name, edits)
}

fn harmless(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Harmless, name, edits)
}

/// A change behind a place that is named only to find it.
fn behind(file: &str, after: &str, old: &str, new: &str) -> Edit {
    Edit { after: after.to_owned(), ..Edit::new(file, old, new) }
}

/// A core switch that routes: lists on its VLAN interfaces, VRFs, ways between them.
fn core() -> Vec<Planted> {
    const CORE: &str = "configs/SW-CORE01.txt";
    let one = |name: &str, old: &str, new: &str| hole(name, vec![Edit::new(CORE, old, new)]);
    let last = |name: &str, text: &str| hole(name, vec![Edit::before(CORE, "no ip http server\n", text)]);
    vec![
        one("a list unbound from a VLAN interface", " ip access-group NAIBU_PC_IN in\n", ""),
        one("another list unbound", " ip access-group JOHO_IN in\n", ""),
        one("a list bound the other way", "NAIBU_PC_IN in", "NAIBU_PC_IN out"),
        one("a list bound that nothing defines", "ip access-group JOHO_IN in", "ip access-group JOHO_1N in"),
        one(
            "an empty list bound",
            "ip access-list extended JOHO_IN\n 10 deny ip any any\n",
            "ip access-list extended JOHO_IN\n",
        ),
        one(
            "a list deleted before its binding",
            "ip access-list extended NAIBU_PC_IN\n 10 deny ip any any\n",
            "",
        ),
        one(
            "an entry above the refusal",
            "extended NAIBU_PC_IN\n",
            "extended NAIBU_PC_IN\n 5 permit tcp any host 10.73.20.11 eq 443\n",
        ),
        one(
            "a wildcard mask with holes",
            "extended JOHO_IN\n",
            "extended JOHO_IN\n 5 permit udp 10.73.20.1 0.0.0.254 10.72.20.0 0.0.0.255 eq 53\n",
        ),
        one(
            "an entry garbled",
            " 10 deny ip any any\nip access-list extended NAIBU",
            " 10 dny ip any any\nip access-list extended NAIBU",
        ),
        one(
            "a VLAN interface out of its VRF",
            "interface Vlan210\n vrf forwarding LGW\n",
            "interface Vlan210\n",
        ),
        one(
            "a VLAN interface in another tier's VRF",
            "interface Vlan210\n vrf forwarding LGW\n",
            "interface Vlan210\n vrf forwarding MYN\n",
        ),
        last("a route into another VRF", "ip route vrf MYN 10.72.20.0 255.255.255.0 Vlan220\n"),
        last(
            "a route back to the global table",
            "ip route vrf LGW 10.73.20.0 255.255.255.0 10.73.20.11 global\n",
        ),
        last("a VLAN interface added", "interface Vlan330\n ip address 10.73.30.254 255.255.255.0\n!\n"),
        one(
            "IPv6 beside lists for IPv4",
            "interface Vlan220\n ip address 10.72.20.254 255.255.255.0\n",
            "ipv6 unicast-routing\n!\ninterface Vlan320\n ipv6 address 2001:db8:73::1/64\n!\ninterface Vlan220\n ipv6 address 2001:db8:72::1/64\n ip address 10.72.20.254 255.255.255.0\n",
        ),
        // What a later line takes back, replaces or adds.
        one(
            "the entry taken back by its number",
            "extended JOHO_IN\n 10 deny ip any any\n",
            "extended JOHO_IN\n 10 deny ip any any\n no 10\n",
        ),
        one(
            "the entry taken back as written",
            "extended JOHO_IN\n 10 deny ip any any\n",
            "extended JOHO_IN\n 10 deny ip any any\n no deny ip any any\n",
        ),
        last("the list taken back", "no ip access-list extended JOHO_IN\n"),
        last("the list opened again, its entry taken back", "ip access-list extended JOHO_IN\n no 10\n"),
        last(
            "the list opened again, an entry above the refusal",
            "ip access-list extended JOHO_IN\n 5 permit ip any any\n",
        ),
        last(
            "the list opened again with the number of its entry",
            "ip access-list extended JOHO_IN\n 10 permit ip any any\n",
        ),
        one(
            "an entry above the refusal whose number is garbled",
            "extended JOHO_IN\n 10 deny",
            "extended JOHO_IN\n S permit ip any any\n 10 deny",
        ),
        one(
            "an entry above the refusal whose number has a letter",
            "extended JOHO_IN\n 10 deny",
            "extended JOHO_IN\n 2 deny tcp any any eq 22\n 5x permit ip any any\n 10 deny",
        ),
        last(
            "the binding taken back in a second block",
            "interface Vlan320\n no ip access-group JOHO_IN in\n!\n",
        ),
        last(
            "another list bound in a second block",
            "ip access-list extended FREE\n 10 permit ip any any\n!\ninterface Vlan320\n ip access-group FREE in\n!\n",
        ),
        last(
            "the binding taken back by default",
            "interface Vlan320\n default ip access-group JOHO_IN in\n!\n",
        ),
        last("the interface set to its defaults", "default interface Vlan320\n"),
        last("a range of interfaces", "interface range Vlan320 - 321\n no ip access-group JOHO_IN in\n!\n"),
        last("the interface under a short name", "interface Vl320\n no ip access-group JOHO_IN in\n!\n"),
        last(
            "a second block moves a VLAN interface to another VRF",
            "interface Vlan210\n vrf forwarding MYN\n ip address 10.72.10.254 255.255.255.0\n!\n",
        ),
        last(
            "a second block gives a VLAN interface another network",
            "interface Vlan320\n ip address 10.72.20.253 255.255.255.0\n no ip access-group JOHO_IN in\n!\n",
        ),
        last(
            "the list numbered anew",
            "ip access-list resequence JOHO_IN 10 10\nip access-list extended JOHO_IN\n 5 permit ip any any\n",
        ),
        last(
            "a group that grows after the list that permits it",
            "object-group network PERMITTED\n host 10.73.20.250\n!\nip access-list extended JOHO_IN\n 5 permit ip object-group PERMITTED any\n!\nobject-group network PERMITTED\n 10.73.20.0 255.255.255.0\n!\nobject-group network PERMITTED\n host 192.0.2.1\n!\n",
        ),
        one(
            "the VRF taken back",
            "interface Vlan210\n vrf forwarding LGW\n",
            "interface Vlan210\n vrf forwarding LGW\n no vrf forwarding\n",
        ),
        last("the VRF taken back in a second block", "interface Vlan210\n no vrf forwarding LGW\n!\n"),
        last(
            "policy routing on a VLAN interface",
            "route-map OUT permit 10\n set ip next-hop 10.72.20.11\n!\ninterface Vlan320\n no ip access-group JOHO_IN in\n ip policy route-map OUT\n!\n",
        ),
        last(
            "policy routing into another VRF",
            "route-map OUT permit 10\n set vrf MYN\n!\ninterface Vlan210\n ip policy route-map OUT\n!\n",
        ),
        last(
            "routes of one VRF copied into another",
            "vrf definition LGW\n address-family ipv4\n  route-replicate from vrf MYN unicast connected\n exit-address-family\n!\n",
        ),
        one(
            "a banner that swallows the bindings",
            "interface Vlan320\n",
            "banner motd ^C\ninterface Vlan320\n",
        ),
        one(
            "a note in front of a binding",
            " ip access-group JOHO_IN in\n",
            "! ip access-group JOHO_IN in\n",
        ),
        harmless(
            "a group that grows after the list that refuses it",
            vec![Edit::before(
                CORE,
                "no ip http server\n",
                "object-group network REFUSED\n host 10.73.20.250\n!\nip access-list extended JOHO_IN\n 5 deny ip object-group REFUSED any\n!\nobject-group network REFUSED\n host 10.73.20.251\n!\n",
            )],
        ),
        harmless(
            "a list that nothing binds",
            vec![Edit::before(
                CORE,
                "line con 0\n",
                "ip access-list extended OLD\n 10 permit ip any any\n!\n",
            )],
        ),
        harmless("a remark", vec![Edit::new(CORE, " remark R7-001\n", " remark R7-002 permit ip any any\n")]),
        harmless(
            "another refusal",
            vec![Edit::new(CORE, "extended JOHO_IN\n", "extended JOHO_IN\n 5 deny tcp any any eq 22\n")],
        ),
    ]
}

/// The three switches of the town.
fn town() -> Vec<Planted> {
    const CORE: &str = "configs/20260316_SW-CORE01_teraterm.log";
    const FLOOR: &str = "configs/SW-FLR2F.cfg";
    const SERVERS: &str = "configs/SW-SV01_showrun.txt";
    const STAMP: &str = "[2026-03-16 21:58:28.482] ";
    let one = |name: &str, file: &str, old: &str, new: &str| hole(name, vec![Edit::new(file, old, new)]);
    let stamped = |lines: &[&str]| lines.iter().map(|l| format!("{STAMP}{l}\n")).collect::<String>();
    let last = |name: &str, lines: &[&str]| {
        hole(name, vec![Edit::before(CORE, &format!("{STAMP}ip forward-protocol nd"), &stamped(lines))])
    };
    vec![
        one("the printers' ports moved", FLOOR, "access vlan 230", "access vlan 120"),
        one("the internet ports moved", FLOOR, "access vlan 320", "access vlan 220"),
        one("the counter's ports moved", FLOOR, "access vlan 120", "access vlan 220"),
        one(
            "a VLAN added on the trunk of the access points",
            FLOOR,
            "trunk allowed vlan add 950\n",
            "trunk allowed vlan add 950,220\n",
        ),
        one("the guests' line moved", CORE, "access vlan 950", "access vlan 120"),
        hole(
            "native VLANs that differ",
            vec![
                behind(
                    CORE,
                    "## TO SW-FLR2F ##",
                    " switchport nonegotiate",
                    " switchport trunk native vlan 220",
                ),
                Edit::new(FLOOR, "interface po1\n", "interface po1\n switchport trunk native vlan 120\n"),
            ],
        ),
        hole(
            "a VLAN interface in another VRF",
            vec![behind(CORE, "description LGW_PC", "vrf forwarding LGW", "vrf forwarding MYN")],
        ),
        hole(
            "a VLAN interface out of its VRF, beside another",
            vec![
                behind(CORE, "description LGW_PC", "vrf forwarding LGW", "no ip redirects"),
                behind(CORE, "description INT_PC", "vrf forwarding INT", "no ip redirects"),
            ],
        ),
        last(
            "a VLAN interface for the guests",
            &["interface Vlan950", " vrf forwarding INT", " ip address 10.95.0.254 255.255.255.0", "!"],
        ),
        last("a route into another VRF", &["ip route vrf MYN 10.22.20.0 255.255.255.0 Vlan220 10.22.20.9"]),
        one(
            "VLAN interfaces of two tiers on the servers' switch",
            SERVERS,
            "interface vlan 990\n",
            "interface vlan 110\n  ip address 10.21.10.31 255.255.255.0\n!\ninterface vlan 210\n  ip address 10.22.10.31 255.255.255.0\n!\ninterface vlan 990\n",
        ),
        hole(
            "forwarding on the floor switch",
            vec![
                Edit::new(FLOOR, "no ip forwarding\n", "ip forwarding\n"),
                Edit::new(
                    FLOOR,
                    "interface vlan990\n",
                    "interface vlan120\n ip address 10.21.20.32/24\n!\ninterface vlan220\n ip address 10.22.20.32/24\n!\ninterface vlan990\n",
                ),
            ],
        ),
        one(
            "an unused port of the servers' switch switched on as a trunk",
            SERVERS,
            "interface gigabitethernet 1/0/4\n  shutdown\n  switchport mode access\n",
            "interface gigabitethernet 1/0/4\n  switchport mode trunk\n  switchport trunk allowed vlan 110,210\n",
        ),
    ]
}

fn planted() -> Vec<Planted> {
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
        hole(
            "the port's block lost, its lines in the block above",
            vec![Edit::new(CORE, "!\ninterface GigabitEthernet1/0/20\n", "")],
        ),
        hole(
            "the port renamed",
            vec![Edit::new(CORE, "interface GigabitEthernet1/0/20\n", "interface GigabitEthernet1/0/21\n")],
        ),
        hole(
            "a second block of the port",
            vec![Edit::before(
                CORE,
                "interface Vlan1\n",
                "interface GigabitEthernet1/0/20\n switchport access vlan 10\n!\n",
            )],
        ),
        hole(
            "a second block of the port under a short name",
            vec![Edit::before(
                CORE,
                "interface Vlan1\n",
                "interface Gi1/0/20\n switchport access vlan 10\n!\n",
            )],
        ),
        hole(
            "a second block of the port in small letters",
            vec![Edit::before(
                CORE,
                "interface Vlan1\n",
                "interface gigabitethernet1/0/20\n switchport access vlan 10\n!\n",
            )],
        ),
        hole(
            "a range of ports",
            vec![Edit::before(
                CORE,
                "interface Vlan1\n",
                "interface range GigabitEthernet1/0/20 - 24\n switchport access vlan 10\n!\n",
            )],
        ),
        hole(
            "the port set to its defaults, VLAN 1 being a tier's",
            vec![
                Edit::before(CORE, "interface Vlan1\n", "default interface GigabitEthernet1/0/20\n!\n"),
                Edit::new(CORE, "switchport access vlan 10\n", "switchport access vlan 1\n"),
            ],
        ),
        hole(
            "the port's VLAN taken back, VLAN 1 being a tier's",
            vec![
                Edit::new(
                    CORE,
                    " switchport access vlan 50\n",
                    " switchport access vlan 50\n no switchport access vlan\n",
                ),
                Edit::new(CORE, "switchport access vlan 10\n", "switchport access vlan 1\n"),
            ],
        ),
        hole(
            "the port routed, its cable to the guests",
            vec![Edit::new(
                CORE,
                " switchport access vlan 50\n",
                " vrf forwarding JOHO\n ip address 10.70.5.1 255.255.255.0\n switchport access vlan 50\n",
            )],
        ),
        hole(
            "a private VLAN over two tiers",
            vec![Edit::new(
                CORE,
                "vlan 10\n name KIKAN\n",
                "vlan 10\n name KIKAN\n private-vlan primary\n private-vlan association 20\n",
            )],
        ),
        hole(
            "a private VLAN mapped at the VLAN interface",
            vec![Edit::new(
                CORE,
                " ip address 10.70.1.1 255.255.255.0\n",
                " ip address 10.70.1.1 255.255.255.0\n private-vlan mapping 20\n",
            )],
        ),
        hole(
            "a promiscuous port",
            vec![Edit::new(
                CORE,
                "interface GigabitEthernet1/0/2\n switchport mode access\n",
                "interface GigabitEthernet1/0/2\n switchport private-vlan mapping 10 20\n switchport mode private-vlan promiscuous\n",
            )],
        ),
        hole(
            "a member whose native VLAN is not that of its bundle",
            vec![
                core_native(10),
                floor_native(10),
                behind(
                    CORE,
                    "interface GigabitEthernet2/0/1\n",
                    " switchport trunk allowed vlan 10,20,30,50",
                    " switchport trunk native vlan 20\n switchport trunk allowed vlan 10,20,30,50",
                ),
            ],
        ),
        hole(
            "VLAN ids translated on the uplink",
            vec![Edit::new(CORE, UPLINK, &format!("{UPLINK} switchport vlan mapping 50 10\n"))],
        ),
        hole(
            "frames tunnelled on the guests' port",
            vec![Edit::new(
                CORE,
                " switchport access vlan 50\n switchport mode access\n",
                " switchport access vlan 50\n switchport mode dot1q-tunnel\n",
            )],
        ),
        hole(
            "a template on the guests' port",
            vec![Edit::new(
                CORE,
                " switchport access vlan 50\n",
                " switchport access vlan 50\n source template OFFICE\n",
            )],
        ),
        hole(
            "two VLANs bridged on the floor",
            vec![Edit::new(FLOOR, "vlan database\n", "bridge 1 protocol ieee\nvlan database\n")],
        ),
        hole(
            "a private VLAN on the floor",
            vec![Edit::new(
                FLOOR,
                " vlan 10,20,30,50 state enable\n",
                " vlan 10,20,30,50 state enable\n private-vlan 20 community\n private-vlan 10 primary\n private-vlan 10 association add 20\n",
            )],
        ),
        hole(
            "copies of the servers' frames at the guests' port",
            vec![Edit::before(
                CORE,
                "no ip http server\n",
                "monitor session 1 source vlan 10\nmonitor session 1 destination interface Gi1/0/20\n",
            )],
        ),
        hole(
            "a banner that swallows the guests' port",
            vec![
                Edit::before(CORE, "interface GigabitEthernet1/0/20\n", "banner motd #\n"),
                Edit::before(CORE, "interface GigabitEthernet2/0/1\n", "#\n"),
            ],
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
            "an older trunk that says how its tags look",
            vec![Edit::new(
                CORE,
                UPLINK,
                &format!(
                    "{UPLINK} switchport trunk encapsulation dot1q\n switchport trunk pruning vlan none\n"
                ),
            )],
        ),
        harmless(
            "the ports' authentication",
            vec![Edit::new(
                CORE,
                " switchport access vlan 50\n",
                " switchport access vlan 50\n authentication port-control auto\n mab\n dot1x pae authenticator\n",
            )],
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
