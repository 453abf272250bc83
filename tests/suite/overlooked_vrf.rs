//! Ways from one VRF into another that once were overlooked: translations, questions about names, lines that nobody
//! reads, VRFs that are not there. The global table of the switch has the internet zone, two VRFs have the others.

use bunri::analysis::answer::Verdict;

use crate::overlooked_ios::{JOHO, JOHO_LIST, SERVERS, core, verdicts};

const KIKAN: &str = "interface Vlan110\n vrf forwarding MYN\n";
const LGWAN: &str = "interface Vlan210\n vrf forwarding LGW\n";
const NAIBU: &str = "interface Vlan220\n";
const APART: &str = "interface Vlan220\n vrf forwarding LGW\n";

fn open(entry: &str) -> String {
    JOHO_LIST.replace(" 10 deny", &format!(" 5 {entry}\n 10 deny"))
}

/// Packets between the individual-number zone and the internet zone, with a side of translations at an interface of
/// each and some more lines.
fn translated(id: &str, [inside, outside]: [&str; 2], lines: &str) -> Verdict {
    let list = open("permit ip any host 10.73.20.100");
    let at = |head: &str, side: &str| {
        if side.is_empty() { head.to_owned() } else { format!("{head} {side}\n") }
    };
    core(
        id,
        &[
            (NAIBU, APART),
            (JOHO_LIST, &list),
            (KIKAN, &at(KIKAN, inside)),
            (JOHO, &at(JOHO, outside)),
            (SERVERS, &format!("{SERVERS}{lines}\n")),
        ],
    )
}

/// What is translated for a VRF goes on in it, wherever it came from.
#[test]
fn translations_lead_into_another_vrf() {
    let sides = ["ip nat inside", "ip nat outside"];
    let server = "10.71.10.11 10.73.20.100";
    assert_eq!(translated("M-1", sides, ""), Verdict::Holds);
    for line in [
        &format!("ip nat inside source static {server} vrf MYN"),
        "ip nat inside source static tcp 10.71.10.11 443 10.73.20.100 443 vrf MYN extendable",
        "ip nat inside source list KIKAN_PC_IN interface Vlan320 vrf MYN overload",
        "ip nat outside source static 10.73.20.11 10.71.10.200 vrf MYN add-route",
        // Without a VRF it may be any.
        &format!("ip nat inside source static {server}"),
        &format!("ip nat inside source static {server} mapping-id 5 redundancy HA"),
    ] {
        assert_eq!(translated("M-1", sides, line), Verdict::Undetermined, "{line}");
        assert_eq!(translated("L-1", sides, line), Verdict::Holds, "{line}");
    }
    // A side that the VRF of the line has not shown yet, and the sides of another kind.
    let line = format!("ip nat inside source static {server} vrf MYN");
    assert_eq!(translated("M-1", ["", "ip nat outside"], &line), Verdict::Undetermined);
    let line = format!("ip nat source static {server} vrf MYN");
    assert_eq!(translated("M-1", ["ip nat enable"; 2], &line), Verdict::Undetermined);
}

/// Translations that stay in one VRF lead into no other.
#[test]
fn translations_within_a_vrf_stay_there() {
    let within = |lgwan: &str, naibu: &str, line: &str| {
        let edits = [
            (NAIBU, format!("{APART} {naibu}\n")),
            (LGWAN, format!("{LGWAN} {lgwan}\n")),
            (SERVERS, format!("{SERVERS}{line}\n")),
        ];
        let edits: Vec<_> = edits.iter().map(|(old, new)| (*old, new.as_str())).collect();
        ["M-1", "M-2", "L-1"].map(|id| core(id, &edits))
    };
    let line = "ip nat inside source static 10.72.20.11 10.72.10.100 vrf LGW match-in-vrf";
    assert_eq!(within("ip nat outside", "ip nat inside", line), [Verdict::Holds; 3]);
    // Without interfaces that take part nothing is translated.
    assert_eq!(within("ip mtu 1500", "ip mtu 1500", line), [Verdict::Holds; 3]);
    // The same with another VRF's name.
    let line = line.replace("LGW match", "MYN match");
    let across = within("ip nat outside", "ip nat inside", &line);
    assert_eq!(across, [Verdict::Holds, Verdict::Undetermined, Verdict::Holds]);
}

/// A DNS server that asks in another VRF carries names there.
#[test]
fn names_are_asked_for_in_another_vrf() {
    let asking = |lines: &str| {
        let list = open("permit udp any any eq 53");
        let lines = format!("{lines}{SERVERS}");
        verdicts("M-1", &[(NAIBU, APART), (JOHO_LIST, &list), (SERVERS, &lines)])
    };
    let [packet, relay] = asking("ip dns server\nip name-server 10.73.20.11\n");
    assert_eq!([packet, relay], [Verdict::Holds; 2]);
    let view = |head: &str, lines: &str| asking(&format!("ip dns server\nip dns view {head}\n{lines}"));
    for lines in
        [" dns forwarder 10.73.20.11\n", " domain name-server 10.73.20.11\n dns forwarding\n logging\n"]
    {
        assert_eq!(view("default", lines), [Verdict::Holds; 2], "{lines}");
    }
    for lines in [
        " dns forwarder vrf MYN 10.71.10.11\n",
        " domain name-server vrf MYN 10.71.10.11\n",
        " dns forwarding source-interface Vlan110\n",
    ] {
        assert_eq!(view("default", lines), [Verdict::Holds, Verdict::Undetermined], "{lines}");
        // Views of the VRF itself, and of one that the zones have nothing to do with.
        assert_eq!(view("vrf MYN default", lines), [Verdict::Holds; 2], "{lines}");
        assert_eq!(view("vrf LGW default", lines), [Verdict::Holds; 2], "{lines}");
        // Nobody is asked without a server.
        let idle = asking(&format!("ip dns view default\n{lines}"));
        assert_eq!(idle, [Verdict::Holds; 2], "{lines}");
    }
    assert_eq!(view("default", " dns relay-to MYN\n")[0], Verdict::Undetermined);
    let source = |name: &str| asking(&format!("ip dns server\nip domain lookup source-interface {name}\n"));
    assert_eq!(source("Vlan320"), [Verdict::Holds; 2]);
    assert_eq!(source("Vlan110"), [Verdict::Holds, Verdict::Undetermined]);
}

/// An interface stands apart in a VRF that is there.
#[test]
fn a_vrf_that_is_not_defined_keeps_nothing_apart() {
    let named = |vrf: &str| {
        let old = "interface Vlan210\n vrf forwarding LGW\n";
        core("L-1", &[(old, &format!("interface Vlan210\n vrf forwarding {vrf}\n"))])
    };
    assert_eq!(named("LGW"), Verdict::Holds);
    for vrf in ["LGWAN", "lgw"] {
        assert_eq!(named(vrf), Verdict::Undetermined, "{vrf}");
    }
    // A port without an address stands nowhere.
    let port =
        format!("interface GigabitEthernet0/0\n vrf forwarding Mgmt-vrf\n no ip address\n!\n{SERVERS}");
    assert_eq!(core("L-1", &[(SERVERS, &port)]), Verdict::Holds);
}

/// A line that nobody knows may take packets from an interface into another VRF.
#[test]
fn an_unread_line_may_lead_into_another_vrf() {
    let with = |line: &str| {
        let lines = format!("{KIKAN} {line}\n");
        ["M-1", "M-2"].map(|id| core(id, &[(NAIBU, APART), (KIKAN, lines.as_str())]))
    };
    for line in ["ip mtu 1500", "ip flow monitor M input", "mac-address 0011.2233.4455"] {
        assert_eq!(with(line), [Verdict::Holds; 2], "{line}");
    }
    for line in ["vrf receive LGW", "ip vrf receive LGW", "ip vrf select source", "frobnicate 1"] {
        assert_eq!(with(line), [Verdict::Undetermined; 2], "{line}");
    }
    // What decides by the groups of senders is known to stay where it is.
    assert_eq!(with("cts role-based enforcement"), [Verdict::Holds; 2]);
}

/// Routes that a protocol takes from another VRF, and servers of another VRF that a pool of addresses names.
#[test]
fn protocols_and_pools_name_another_vrf() {
    let with = |lines: &str| core("M-2", &[(NAIBU, APART), (SERVERS, &format!("{lines}{SERVERS}"))]);
    let eigrp = |line: &str| {
        with(&format!(
            "router eigrp 1\n address-family ipv4 vrf LGW\n  network 10.0.0.0\n  redistribute {line}\n"
        ))
    };
    assert_eq!(eigrp("static"), Verdict::Holds);
    assert_eq!(eigrp("vrf global"), Verdict::Holds);
    assert_eq!(eigrp("vrf MYN"), Verdict::Undetermined);
    let pool = |lines: &str| with(&format!("ip dhcp pool P\n{lines}"));
    assert_eq!(
        pool(
            " vrf LGW\n network 10.72.10.0 255.255.255.0\n class C\n  address range 10.72.10.5 10.72.10.9\n"
        ),
        Verdict::Holds
    );
    for relay in
        [" relay destination vrf MYN 10.71.10.11\n", " class C\n  relay target vrf MYN 10.71.10.11\n"]
    {
        assert_eq!(
            pool(&format!(" relay source 10.72.10.0 255.255.255.0\n{relay}")),
            Verdict::Undetermined,
            "{relay}"
        );
    }
}
