//! Ways between the tiers through switches and routers that once were overlooked: small sites with a door added where
//! nobody looked. None may hold.

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::checks::{Options, assess};
use bunri::network::build;
use bunri::source::Limits;
use bunri::vendor::VENDORS;

use crate::overlooked::verdict;
use crate::sites;
use crate::support::tiny::{self, site_of};

const CORE: &str = "configs/SW-CORE01.txt";
const SWITCH: &str = "configs/SW-CORE.txt";
const FLOOR: &str = "configs/SW-FLR.cfg";
const TOPOLOGY: &str = "topology.toml";

/// All that is said of a site after some edits: a file, a text that stands there exactly once, what takes its place.
pub fn site(name: &str, edits: &[(&str, &str, &str)]) -> Vec<Assertion> {
    let mut files = sites::files(&sites::folder().join(name));
    for (path, old, new) in edits {
        let text = String::from_utf8(files[*path].clone()).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{path}: {old}");
        files.insert((*path).to_owned(), text.replace(old, new).into_bytes());
    }
    let site = build(&sites::Folder(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() };
    assess(&site, &options).unwrap().assertions
}

/// The verdict on the packets between two tiers of the core switch.
pub fn core(id: &str, edits: &[(&str, &str)]) -> Verdict {
    let edits: Vec<_> = edits.iter().map(|(old, new)| (CORE, *old, *new)).collect();
    verdict(&site("ios-core", &edits), id, "packet")
}

/// The same for what passes and for what machines carry.
pub fn verdicts(id: &str, edits: &[(&str, &str)]) -> [Verdict; 2] {
    let edits: Vec<_> = edits.iter().map(|(old, new)| (CORE, *old, *new)).collect();
    let answers = site("ios-core", &edits);
    ["packet", "host"].map(|level| verdict(&answers, id, level))
}

pub const NAIBU: &str = "interface Vlan220\n";
pub const JOHO: &str = "interface Vlan320\n";
pub const SERVERS: &str = "no ip http server\n";
pub const NAIBU_LIST: &str = "ip access-list extended NAIBU_PC_IN\n 10 deny ip any any\n";
pub const JOHO_LIST: &str = "ip access-list extended JOHO_IN\n 10 deny ip any any\n";

/// What stands behind `log` is a condition, not a word of the administrator's own (which only lists for IPv4 take, and
/// only at the end).
#[test]
fn a_condition_behind_log_is_read() {
    let six = |deny: &str| {
        let list = format!(
            "{SERVERS}ipv6 access-list V6\n {deny}\n permit ipv6 any any\nipv6 access-list NO6\n deny ipv6 any any\nipv6 unicast-routing\n"
        );
        let naibu = format!("{NAIBU} ipv6 address 2001:db8:72:20::1/64\n ipv6 traffic-filter V6 in\n");
        let joho = format!("{JOHO} ipv6 address 2001:db8:73:20::1/64\n ipv6 traffic-filter NO6 in\n");
        core("L-1", &[(SERVERS, &list), (NAIBU, &naibu), (JOHO, &joho)])
    };
    assert_eq!(six("deny ipv6 any any log"), Verdict::Holds);
    assert_eq!(six("deny ipv6 any any log sequence 5"), Verdict::Holds);
    for more in ["undetermined-transport", "routing", "hbh", "auth", "dest-option", "mobility", "esp", "mac"]
    {
        assert_ne!(six(&format!("deny ipv6 any any log {more}")), Verdict::Holds, "{more}");
    }
    let four = |deny: &str| {
        let list = format!("ip access-list extended NAIBU_PC_IN\n 10 {deny}\n 20 permit ip any any\n");
        core("L-1", &[(NAIBU_LIST, &list)])
    };
    assert_eq!(four("deny ip any any log"), Verdict::Holds);
    assert_eq!(four("deny ip any any log R7-001"), Verdict::Holds);
    for deny in
        ["deny ip any any log fragments", "deny tcp any any log established", "deny ip any any log R7 R8"]
    {
        assert_ne!(four(deny), Verdict::Holds, "{deny}");
    }
}

/// Policy routing by an interface, or by a next hop in another table, leads into another VRF.
#[test]
fn policy_routing_leads_into_other_tables() {
    const LIST: &str = " ip access-group KIKAN_PC_IN in\n";
    let sent = |id: &str, set: &str| {
        let map = format!("{SERVERS}route-map RM permit 10\n set {set}\n");
        core(id, &[(LIST, " ip policy route-map RM\n"), (SERVERS, &map)])
    };
    assert_eq!(sent("M-2", "ip next-hop 10.71.10.11"), Verdict::Holds);
    assert_eq!(sent("M-2", "ip next-hop verify-availability 10.71.10.11 10 track 1"), Verdict::Holds);
    for set in [
        "default interface Vlan220",
        "interface Vlan220",
        "ip next-hop recursive global 10.72.20.11",
        "ip next-hop recursive vrf LGW 10.72.10.11",
        "ip next-hop encapsulate l3vpn 10.71.10.11",
        "default interface Tunnel9",
    ] {
        assert_eq!(sent("M-2", set), Verdict::Undetermined, "{set}");
    }
    // A next hop that the other table would not have taken.
    for set in ["ip vrf LGW next-hop 10.72.10.11", "ip global next-hop 10.73.20.11"] {
        assert_eq!(sent("M-1", set) == Verdict::Holds, set.contains("LGW"), "{set}");
    }
}

/// Interfaces that name no zone stand in the default zone, once there is one.
#[test]
fn the_default_zone_takes_in_who_names_none() {
    let zones = |more: &str| {
        let rules = format!(
            "{SERVERS}ip access-list extended ALLES\n permit ip any any\nclass-map type inspect match-any CM\n match \
             access-group name ALLES\npolicy-map type inspect PM\n class type inspect CM\n  inspect\nzone security \
             Z\n{more}"
        );
        let open = |list: &str, net: &str| {
            list.replace(
                "10 deny ip any any",
                &format!("10 permit ip {net} 0.0.0.255 any\n 20 deny ip any any"),
            )
        };
        let joho = format!("{JOHO} zone-member security Z\n");
        core(
            "L-1",
            &[
                (SERVERS, &rules),
                (JOHO, &joho),
                (NAIBU_LIST, &open(NAIBU_LIST, "10.72.20.0")),
                (JOHO_LIST, &open(JOHO_LIST, "10.73.20.0")),
            ],
        )
    };
    let pair = |from: &str, to: &str| {
        format!("zone-pair security ZP source {from} destination {to}\n service-policy type inspect PM\n")
    };
    assert_eq!(zones(""), Verdict::Holds);
    assert_eq!(zones("zone security default\n"), Verdict::Holds);
    for (from, to) in [("default", "Z"), ("Z", "default")] {
        assert_eq!(zones(&format!("zone security default\n{}", pair(from, to))), Verdict::Violated, "{from}");
    }
}

/// Stub routers tell a hub their networks without any further line.
#[test]
fn on_demand_routing_needs_no_network_statement() {
    let list = NAIBU_LIST
        .replace("10 deny ip any any", "10 permit ip any 10.71.0.0 0.0.255.255\n 20 deny ip any any");
    let with = |more: &str| core("L-1", &[(NAIBU_LIST, &list), (SERVERS, &format!("{SERVERS}{more}"))]);
    assert_eq!(with(""), Verdict::Holds);
    assert_eq!(with("router odr\n"), Verdict::Undetermined);
}

/// A route that is told to others and not followed leaves its packets to the next best one.
#[test]
fn a_route_that_is_not_installed_does_not_drop() {
    let list = NAIBU_LIST
        .replace("10 deny ip any any", "10 permit ip any 10.99.0.0 0.0.255.255\n 20 deny ip any any");
    let with = |more: &str| {
        let routes = format!(
            "{SERVERS}ip route 0.0.0.0 0.0.0.0 10.73.20.11\nip route 10.99.0.0 255.255.0.0 Null0{more}\n"
        );
        core("L-1", &[(NAIBU_LIST, &list), (SERVERS, &routes)])
    };
    assert_eq!(with(""), Verdict::Holds);
    assert_eq!(with(" noinstall"), Verdict::Undetermined);
}

/// A next hop that is found by a route which may be withdrawn may be found by another one.
#[test]
fn a_next_hop_behind_a_doubtful_route_may_be_anywhere() {
    let list = NAIBU_LIST
        .replace("10 deny ip any any", "10 permit ip any 10.99.0.0 0.0.255.255\n 20 deny ip any any");
    let with = |more: &str| {
        let routes = format!(
            "{SERVERS}ip route 10.99.0.0 255.255.0.0 10.98.0.1\nip route 10.98.0.0 255.255.0.0 10.72.20.11{more}\n\
             ip route 0.0.0.0 0.0.0.0 10.73.20.11\n"
        );
        core("L-1", &[(NAIBU_LIST, &list), (SERVERS, &routes)])
    };
    assert_eq!(with(""), Verdict::Holds);
    assert_eq!(with(" track 1"), Verdict::Undetermined);
}

/// A file that says that source routes are obeyed contradicts the assumption that none is.
#[test]
fn source_routes_that_are_obeyed_are_no_assumption() {
    let with = |line: &str| core("L-1", &[(SERVERS, &format!("{SERVERS}{line}\n"))]);
    assert_eq!(with("no ip source-route"), Verdict::Holds);
    assert_eq!(with("ip source-route"), Verdict::Undetermined);
}

const PORTS: &str =
    "\n[[link]]\ndevice = \"SW-FLR\"\nports = [\"port1.0.17-1.0.20\"]\nto = { segment = \"joho\" }\n";
const LINKS: &str = "\n[[host]]\nid = \"SV-KIKAN\"\n";

/// Level 2 between the tiers of two switches, with ports of JOHO linked.
fn switches(id: &str, path: &str, old: &str, new: &str) -> Verdict {
    let links = format!("{PORTS}{LINKS}");
    verdict(&site("ios-floor", &[(TOPOLOGY, LINKS, &links), (path, old, new)]), id, "l2")
}

/// A port that lets in frames of VLANs that it is no member of, and entries that send frames to another VLAN.
#[test]
fn frames_may_leave_their_vlan() {
    const ACCESS: &str = "interface port1.0.17-1.0.20\n switchport\n switchport mode access\n";
    const DATABASE: &str = "vlan database\n";
    assert_eq!(switches("M-1", FLOOR, DATABASE, DATABASE), Verdict::Holds);
    let filter = |word: &str| ACCESS.replace("access\n", &format!("access ingress-filter {word}\n"));
    assert_eq!(switches("M-1", FLOOR, ACCESS, &filter("enable")), Verdict::Holds);
    assert_eq!(switches("M-1", FLOOR, ACCESS, &filter("disable")), Verdict::Undetermined);
    let list = |entry: &str| switches("M-1", FLOOR, DATABASE, &format!("access-list {entry}\n{DATABASE}"));
    assert_eq!(list("4000 deny any any"), Verdict::Holds);
    for entry in [
        "4000 send-to-vlan-port vlan 10 port port1.0.1 any any",
        "4000 copy-to-mirror any any",
        "3000 send-to-vlan-port vlan 10 port port1.0.1 ip any any",
        "3000 copy-to-mirror ip any any",
    ] {
        assert_eq!(list(entry), Verdict::Undetermined, "{entry}");
    }
}

/// Maps of VLANs may do more than drop.
#[test]
fn a_map_of_vlans_may_send_elsewhere() {
    let with = |action: &str| {
        let map = format!("vlan access-map RD 10\n action {action}\nvlan filter RD vlan-list 50\n{SERVERS}");
        switches("M-2", SWITCH, SERVERS, &map)
    };
    assert_eq!(with("forward"), Verdict::Holds);
    assert_eq!(with("drop log"), Verdict::Holds);
    for action in ["forward vlan 10", "forward capture", "redirect GigabitEthernet1/0/10"] {
        assert_eq!(with(action), Verdict::Undetermined, "{action}");
    }
}

/// Who fails to say who he is lands in the VLAN that a line names.
#[test]
fn the_refused_are_put_into_a_vlan() {
    const GUESTS: &str = " switchport access vlan 50\n";
    let with = |line: &str| switches("M-2", SWITCH, GUESTS, &format!("{GUESTS} {line}\n"));
    assert_eq!(with("authentication port-control auto"), Verdict::Holds);
    for vlan in [50, 99] {
        assert_eq!(with(&format!("dot1x guest-vlan {vlan}")), Verdict::Holds, "{vlan}");
    }
    for line in [
        "authentication event fail action authorize vlan 10",
        "authentication event no-response action authorize vlan 10",
        "authentication event server dead action authorize vlan 10",
        "dot1x guest-vlan 10",
        "dot1x auth-fail vlan 10",
    ] {
        assert_eq!(with(line), Verdict::Undetermined, "{line}");
    }
    const ACCESS: &str = "interface port1.0.17-1.0.20\n switchport\n switchport mode access\n";
    for line in ["auth guest-vlan 10", "auth auth-fail vlan 10"] {
        assert_eq!(
            switches("M-1", FLOOR, ACCESS, &format!("{ACCESS} {line}\n")),
            Verdict::Undetermined,
            "{line}"
        );
    }
}

const ROUTER: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "internet"
[[zone]]
id = "I"
name = "I"
role = "lgwan"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24"]
complete = true
terminals = "no"
declarations = ["D"]
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
complete = true
terminals = "no"
declarations = ["D"]
[[segment]]
id = "i"
zone = "I"
prefixes = ["10.3.0.0/24"]
complete = true
terminals = "no"
declarations = ["D"]
[[device]]
name = "R"
config = "r.txt"
relay = "no"
declarations = ["D"]
[device.attach]
"GigabitEthernet0/0" = "m"
"GigabitEthernet0/1" = "l"
"GigabitEthernet0/2" = "i"
[[host]]
id = "SV-M"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
relay = "no"
declarations = ["D"]
[[host]]
id = "SV-L"
interfaces = [{ segment = "l", addresses = ["10.2.0.12"] }]
relay = "no"
declarations = ["D"]
[[host]]
id = "SV-I"
interfaces = [{ segment = "i", addresses = ["10.3.0.13"] }]
relay = "no"
declarations = ["D"]
[[declaration]]
id = "D"
text = "carries no data"
by = "office"
document = "list"
date = "2026-03-01"
"#;

/// A reflexive list, or an inspection, lets in the answers to a packet that somebody sent in another's name.
#[test]
fn a_reflexive_list_is_a_door_for_forged_openers() {
    let inspected = |back: &str, opens: &str, from: &str, inspect: &str| {
        let port = |n: u8, more: &str| {
            format!("interface GigabitEthernet0/{n}\n ip address 10.{}.0.1 255.255.255.0\n{more}!\n", n + 1)
        };
        let list = |name: &str, entries: &str| format!("ip access-list extended {name}\n{entries}!\n");
        let config = [
            "Building configuration...\n!\nversion 17.9\nhostname R\n!\nip routing\n!\n".to_owned(),
            port(0, " ip access-group SHIMERU in\n"),
            port(1, &format!(" ip access-group KAERI in\n ip access-group IKI out\n{inspect}")),
            port(2, " ip access-group I_IN in\n"),
            list("SHIMERU", " 10 deny ip any any\n"),
            list("I_IN", &format!(" 10 permit udp {from} 10.2.0.0 0.0.0.255\n 20 deny ip any any\n")),
            list("IKI", &format!(" 10 permit udp any any{opens}\n 20 deny ip any any\n")),
            list("KAERI", &format!("{back} 20 deny ip any any\n")),
            "end\n".to_owned(),
        ];
        let site = site_of(ROUTER, &[("r.txt", &config.concat())], VENDORS);
        tiny::verdict(&site, "M-1", Level::Packet)
    };
    let asked = |back: &str, opens: &str, from: &str| inspected(back, opens, from, "");
    let open = (" 10 evaluate KAESHI\n", " reflect KAESHI timeout 300");
    assert_eq!(inspected("", "", "any", " ip inspect MIRU out\n"), Verdict::Undetermined);
    assert_eq!(asked("", "", "any"), Verdict::Holds);
    assert_eq!(asked(open.0, open.1, "any"), Verdict::Undetermined);
    // Nobody can speak in the name of a machine that the list on arrival refuses.
    assert_eq!(asked(open.0, open.1, "10.3.0.0 0.0.0.255"), Verdict::Holds);
}

const BRANCH: &str = "Building configuration...\n!\nversion 15.7\n!\nhostname RT1\n!\nip routing\n!\ninterface GigabitEthernet0/0\n no ip address\n!\ninterface GigabitEthernet0/0.10\n encapsulation dot1Q 10\n ip address 10.70.1.3 255.255.255.0\n!\nno ip http server\nno ip http secure-server\n!\nline con 0\nline vty 0 4\n transport input none\n!\nend\n";

/// A subinterface of the native VLAN takes frames without a tag, of whatever VLAN the switch sends them.
#[test]
fn a_native_subinterface_takes_bare_frames() {
    let layer2 = |native: &str, encapsulation: &str| {
        let mut files = sites::files(&sites::folder().join("ios-floor"));
        let mut edit = |path: &str, old: &str, new: String| {
            let text = String::from_utf8(files[path].clone()).unwrap();
            assert!(text.contains(old), "{path}: {old}");
            files.insert(path.to_owned(), text.replacen(old, &new, 1).into_bytes());
        };
        let port = format!(
            "interface GigabitEthernet1/0/3\n switchport trunk native vlan {native}\n switchport trunk allowed vlan 10,30\n switchport mode trunk\n!\ninterface Vlan10\n"
        );
        edit(SWITCH, "interface Vlan10\n", port);
        let router = "\n[[inventory]]\nname = \"RT1\"\n[[device]]\nname = \"RT1\"\nconfig = \"configs/RT1.txt\"\nrelay = \"no\"\ndeclarations = [\"申-01\"]\n[device.attach]\n\"GigabitEthernet0/0.10\" = \"kikan\"\n[[link]]\ndevice = \"SW-CORE\"\nports = [\"Gi1/0/3\"]\nto = { device = \"RT1\", port = \"GigabitEthernet0/0\" }\n";
        let last = String::from_utf8(files[TOPOLOGY].clone()).unwrap();
        files.insert(TOPOLOGY.to_owned(), format!("{last}{router}").into_bytes());
        let text = BRANCH.replace("dot1Q 10\n", &format!("{encapsulation}\n"));
        files.insert("configs/RT1.txt".to_owned(), text.into_bytes());
        let site =
            build(&sites::Folder(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"));
        let answers = assess(&site, &Options::default()).unwrap().assertions;
        verdict(&answers, "M-1", "l2")
    };
    assert_eq!(layer2("10", "dot1Q 10 native"), Verdict::Holds);
    assert_eq!(layer2("30", "dot1Q 10"), Verdict::Holds);
    assert_eq!(layer2("30", "dot1Q 10 native"), Verdict::Violated);
}

/// A VLAN of telephones may be told by its name.
#[test]
fn a_voice_vlan_by_name_is_a_vlan() {
    let access = " switchport access vlan 10\n";
    let told = |line: &str| {
        let text =
            String::from_utf8(sites::files(&sites::folder().join("ios-floor"))[FLOOR].clone()).unwrap();
        let (head, rest) = text.split_once(access).unwrap();
        let line = if line.is_empty() { String::new() } else { format!(" switchport voice {line}\n") };
        let edited = format!("{head}{access}{line}{rest}");
        let answers = site("ios-floor", &[(FLOOR, text.as_str(), edited.as_str())]);
        [verdict(&answers, "M-1", "l2"), verdict(&answers, "Q-1", "none")]
    };
    assert_eq!(told(""), [Verdict::Holds; 2]);
    assert_ne!(told("vlan name JOHO"), [Verdict::Holds; 2]);
}

/// Every line by which routes of one VRF come into another.
#[test]
fn routes_come_from_other_tables() {
    let with = |vrf: &str| {
        let text = format!("{SERVERS}vrf definition SOTO\n rd 1:9\n{vrf}");
        core("M-2", &[(SERVERS, &text)])
    };
    assert_eq!(with(""), Verdict::Holds);
    assert_eq!(with(" address-family ipv4\n exit-address-family\n"), Verdict::Holds);
    // What comes into a VRF of no interface leads nowhere; into one of a tier it may.
    let into = |line: &str| {
        let old = "vrf definition LGW\n";
        core("M-2", &[(old, &format!("{old}{line}"))])
    };
    assert_eq!(into(" description x\n"), Verdict::Holds);
    for line in [
        " address-family ipv4\n  route-replicate from vrf MYN unicast all\n exit-address-family\n",
        " address-family ipv4\n  import ipv4 unicast map ALLES\n exit-address-family\n",
    ] {
        assert_ne!(into(line), Verdict::Holds, "{line}");
    }
}
