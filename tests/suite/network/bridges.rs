//! Firewalls and hosts that bridge: never taken for something that separates.

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::Site;
use bunri::vendor::VENDORS;

use crate::support::tiny::{assess, site_of, verdict};

/// A box between two tiers; how it is plugged in comes behind.
const TOWN: &str = r#"
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
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.1.0.0/24"]
complete = true
[[segment]]
id = "i"
zone = "I"
prefixes = ["10.3.0.0/24"]
complete = true
[[host]]
id = "SV-M"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
relay = "no"
declarations = ["D"]
[[host]]
id = "SV-L"
interfaces = [{ segment = "l", addresses = ["10.1.0.12"] }]
relay = "no"
declarations = ["D"]
[[declaration]]
id = "D"
text = "carries no data"
by = "office"
document = "list"
date = "2026-03-01"
"#;

/// The same two tiers as VLANs of a switch, whose ports lead to the two ports of the box.
const CABLES: &str = r#"
[[device]]
name = "SW"
config = "sw.txt"
[[link]]
device = "SW"
ports = ["Gi1/0/1"]
to = { segment = "m" }
[[link]]
device = "SW"
ports = ["Gi1/0/2"]
to = { segment = "l" }
[[link]]
device = "SW"
ports = ["Gi1/0/3"]
to = { device = "BR", port = "FIRST" }
[[link]]
device = "SW"
ports = ["Gi1/0/4"]
to = { device = "BR", port = "SECOND" }
"#;

const SWITCH: &str = "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\nvlan 10\n!\nvlan 20\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n switchport mode access\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 20\n switchport mode access\n!\ninterface GigabitEthernet1/0/3\n switchport access vlan 10\n switchport mode access\n!\ninterface GigabitEthernet1/0/4\n switchport access vlan 20\n switchport mode access\n!\nend\n";

const RULES: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -m physdev --physdev-in eth0 --physdev-out eth1 -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n";

/// Two ports in one bridge, in one each, or one of them down.
fn addresses(second: &str, flags: &str) -> String {
    let link = |n: usize, name: &str, flags: &str, master: &str| {
        format!(
            "{n}: {name}: <BROADCAST,MULTICAST{flags}> mtu 1500 qdisc fq_codel{master} state UP group default qlen 1000\n    link/ether 02:00:00:00:00:0{n} brd ff:ff:ff:ff:ff:ff\n"
        )
    };
    let mut out = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n".to_owned();
    out += &link(2, "eth0", ",UP,LOWER_UP", " master br0");
    out += &link(3, "eth1", flags, &format!(" master {second}"));
    out += &link(4, "br0", ",UP,LOWER_UP", "");
    out += &link(5, "br1", ",UP,LOWER_UP", "");
    out
}

const LINUX: &str = r#"
[[device]]
name = "BR"
config = "rules.txt"
companions = { ipv6 = "rules6.txt", addresses = "addr.txt", routes = "routes.txt", routes6 = "routes6.txt", sysctl = "sysctl.txt" }
relay = "no"
declarations = ["D"]
"#;

fn linux(more: &str, addresses: &str) -> Site {
    let topology = format!("{TOWN}{LINUX}{more}");
    let sysctl = "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\nnet.ipv4.ip_forward = 0\nnet.ipv4.conf.all.forwarding = 0\nnet.ipv6.conf.all.forwarding = 0\n";
    let six = RULES.replace(
        "-A FORWARD -m physdev --physdev-in eth0 --physdev-out eth1 -p tcp -m tcp --dport 443 -j ACCEPT\n",
        "",
    );
    let files = [
        ("sw.txt", SWITCH),
        ("rules.txt", RULES),
        ("rules6.txt", &six),
        ("addr.txt", addresses),
        ("routes.txt", ""),
        ("routes6.txt", ""),
        ("sysctl.txt", sysctl),
    ];
    site_of(&topology, &files, VENDORS)
}

fn fortigate(blocks: &str, header: &str, more: &str) -> Site {
    let port = |n: u8| format!("edit \"port{n}\"\nset vdom \"root\"\nset type physical\nnext\n");
    let config = format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode={header}:vdom=0:user=admin\nconfig system interface\n{}{}end\n{blocks}config firewall policy\nend\n",
        port(1),
        port(2)
    );
    let device = "[[device]]\nname = \"BR\"\nconfig = \"fw.conf\"\nrelay = \"no\"\ndeclarations = [\"D\"]\n";
    site_of(&format!("{TOWN}{device}{more}"), &[("sw.txt", SWITCH), ("fw.conf", &config)], VENDORS)
}

const WIRES: &str = "config system virtual-wire-pair\nedit \"pair\"\nset member \"port1\" \"port2\"\nset wildcard-vlan enable\nnext\nend\n";
const TRANSPARENT: &str =
    "config system settings\nset opmode transparent\nset manageip 10.1.0.5/255.255.255.0\nend\n";

fn plugged(first: &str, second: &str) -> String {
    CABLES.replace("FIRST", first).replace("SECOND", second)
}

fn attached(first: &str, second: &str) -> String {
    format!("attach = {{ {first} = \"m\", {second} = \"l\" }}\n")
}

/// Neither separate nor certainly one.
fn open(site: &Site, levels: &[Level], what: &str) {
    for level in levels {
        let found = verdict(site, "M-1", *level);
        assert_eq!(found, Verdict::Undetermined, "{what}: {level:?} {:#?}", site.fabric.joins);
    }
    assert!(site.fabric.joins.iter().any(|j| !j.certain), "{what}: {:#?}", site.fabric);
    let culprits = assess(site).assertions.into_iter().filter(|a| a.id == "M-1" && levels.contains(&a.level));
    assert!(culprits.into_iter().all(|a| !a.culprits.is_empty()), "{what}");
}

#[test]
fn what_bridges_never_separates() {
    let both = addresses("br0", ",UP,LOWER_UP");
    open(&linux(&attached("eth0", "eth1"), &both), &[Level::Packet, Level::L2], "Linux, attached");
    open(&linux(&plugged("eth0", "eth1"), &both), &[Level::L2], "Linux, behind a switch");
    let (one, two) = (attached("port1", "port2"), plugged("port1", "port2"));
    for (name, blocks) in [("wire pair", WIRES), ("transparent", TRANSPARENT)] {
        open(&fortigate(blocks, "0", &one), &[Level::Packet, Level::L2], name);
        open(&fortigate(blocks, "0", &format!("{one}{two}")), &[Level::Packet, Level::L2], name);
        open(&fortigate(blocks, "0", &two), &[Level::L2], name);
    }
    // Only one end is in the topology.
    open(&fortigate(WIRES, "0", "attach = { port1 = \"m\" }\n"), &[Level::L2], "one end");
    // The header tells, the line that says so is gone.
    assert_eq!(verdict(&fortigate("", "1", &one), "M-1", Level::Packet), Verdict::Undetermined);
}

/// A port that keeps an address looks like one of a VRF, which has flags of its own: without them it bridges as well.
#[test]
fn a_port_that_keeps_an_address_bridges() {
    let both = addresses("br0", ",UP,LOWER_UP");
    let head = "    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff\n";
    let kept = both.replace(
        head,
        &format!(
            "{head}    inet 10.1.0.5/24 scope global eth0\n       valid_lft forever preferred_lft forever\n"
        ),
    );
    assert_ne!(kept, both);
    open(&linux(&attached("eth0", "eth1"), &kept), &[Level::Packet, Level::L2], "an address, attached");
    open(&linux(&plugged("eth0", "eth1"), &kept), &[Level::L2], "an address, behind a switch");
    // A VRF routes between its ports, and nothing else: no frame passes. Its routes are not known.
    let bridge = "4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP>";
    let vrf = kept.replace(bridge, "4: br0: <NOARP,MASTER,UP,LOWER_UP>");
    assert_ne!(vrf, kept);
    let routed = linux(&attached("eth0", "eth1"), &vrf);
    assert!(routed.fabric.joins.is_empty(), "{:#?}", routed.fabric);
    let told = |d: &bunri::source::Diagnostic| d.message.text(bunri::source::Lang::En).contains("VRF");
    assert!(routed.diagnostics.iter().any(told), "{:#?}", routed.diagnostics);
}

/// What does not bridge is left alone.
#[test]
fn ports_of_two_bridges_are_not_joined() {
    for (second, flags) in [("br1", ",UP,LOWER_UP"), ("br0", "")] {
        let apart = linux(&plugged("eth0", "eth1"), &addresses(second, flags));
        assert!(apart.fabric.joins.is_empty(), "{second}: {:#?}", apart.fabric);
        assert_eq!(verdict(&apart, "M-1", Level::L2), Verdict::Holds);
    }
    let plain = fortigate("", "0", &plugged("port1", "port2"));
    assert!(plain.fabric.joins.is_empty(), "{:#?}", plain.fabric);
    assert_eq!(verdict(&plain, "M-1", Level::L2), Verdict::Holds);
}

/// Without a switch nothing is claimed about the other tiers on layer 2.
#[test]
fn without_a_switch_only_the_joined_tiers_are_named() {
    let site = fortigate(WIRES, "0", &attached("port1", "port2"));
    let all = assess(&site);
    let said: Vec<_> =
        all.assertions.iter().filter(|a| a.level == Level::L2).map(|a| (a.id, a.verdict)).collect();
    assert_eq!(said, [("M-1", Verdict::Undetermined), ("X-3", Verdict::Undetermined)]);
}

/// Nobody can read from a bridge that it lets no frame pass; somebody can stand for it.
#[test]
fn a_contract_settles_what_a_bridge_leaves_open() {
    let contract = |declared: &str, flows: &str| {
        format!(
            "[[device]]\nname = \"BR\"\nconfig = \"unavailable\"\n{declared}[device.attach]\nfirst = \"m\"\nsecond = \"l\"\n[device.contract]\nforwards = [{flows}]\n"
        )
    };
    let cited = "relay = \"no\"\ndeclarations = [\"D\"]\n";
    let cables = plugged("first", "second");
    let site = |declared, flows| {
        let topology = format!("{TOWN}{}{cables}", contract(declared, flows));
        site_of(&topology, &[("sw.txt", SWITCH)], VENDORS)
    };
    let levels = [Level::Packet, Level::L2];
    let settled = site(cited, "");
    for level in levels {
        assert_eq!(verdict(&settled, "M-1", level), Verdict::Holds, "{level:?} {:#?}", settled.fabric.joins);
    }
    let said = assess(&settled);
    let packets = said.assertions.iter().find(|a| a.id == "M-1" && a.level == Level::Packet).unwrap();
    assert!(packets.assumptions.contains(&"D".to_owned()), "{:?}", packets.assumptions);
    // Nobody's word settles nothing, and a contract that lets through says so.
    assert_eq!(verdict(&site("relay = \"no\"\n", ""), "M-1", Level::Packet), Verdict::Undetermined);
    let open = site(cited, "{ from = \"first\", to = \"second\" }");
    assert_ne!(verdict(&open, "M-1", Level::Packet), Verdict::Holds);
}
