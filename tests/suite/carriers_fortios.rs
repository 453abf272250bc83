//! FortiOS: services of the box and of what it manages by which data passes between tiers beside the policies, and two
//! exports in one text. Each test failed before it was mended; beside each hole stands a healthy site.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::model::Radius;

use crate::fortios_attack::{firewall, taints};
use crate::overlooked::{Edit, town, verdict};

const FIREWALL: &str = "configs/FW-WAKABA01_20260310.conf";
const TOPOLOGY: &str = "topology.toml";

fn wakaba(edits: &[Edit<'_>]) -> Vec<Assertion> {
    town("wakaba", edits)
}

/// Whether M-1, M-2 and L-1 hold for machines that carry data on.
fn apart(answers: &[Assertion]) -> [Verdict; 3] {
    ["M-1", "M-2", "L-1"].map(|id| verdict(answers, id, "host"))
}

const HOLD: [Verdict; 3] = [Verdict::Holds; 3];

/// The older export stands first: its deny would hide what the newer one puts on top.
#[test]
fn two_exports_in_one_text_are_in_doubt() {
    let list = |id: u8| {
        format!(
            "config firewall policy\n    edit {id}\n        set srcintf \"lan1\"\n        set dstintf \"wan1\"\n    next\nend\n"
        )
    };
    let doubtful = |text: &str| taints(text).contains(&Radius::Device);
    let one = firewall("");
    assert!(!doubtful(&one));
    assert!(doubtful(&format!("{one}\n{one}")));
    // Commands may say one thing after another.
    assert!(!doubtful(&format!("{}{}", list(7), list(8))));
    // A list of the same policies a second time: a display that was added to a backup.
    assert!(doubtful(&format!("{}{}", list(7), list(7))));
    let domain = |name: &str| format!("config vdom\nedit {name}\n{}\nnext\nend\n", list(7));
    assert!(!doubtful(&format!("{}{}", domain("A"), domain("B"))));
    assert!(doubtful(&format!("{}{}{}", domain("A"), domain("B"), domain("A"))));
}

/// The names that clients give go to the DNS server that is told (AG 7.6 "DHCP server").
#[test]
fn a_dhcp_server_may_register_its_clients() {
    let with = |server: &str, update: &str| {
        let entry = format!(
            "config system dhcp server\n    edit 93\n        set interface \"v22_naibu_pc\"\n        set ddns-update {update}\n        \
             {server}\n    next\nend\n"
        );
        apart(&wakaba(&[(FIREWALL, "", &entry)]))
    };
    assert_ne!(with("set ddns-server-ip 10.60.10.11", "enable"), HOLD);
    assert_ne!(with("set ddns-zone \"wakaba.local\"", "enable"), HOLD);
    assert_eq!(with("set ddns-server-ip 10.61.10.11", "enable"), HOLD);
    assert_eq!(with("set ddns-server-ip 10.60.10.11", "disable"), HOLD);
}

/// A second address has a DHCP relay of its own.
#[test]
fn second_addresses_have_servers_of_leases() {
    let card = "        set ip 10.61.20.1 255.255.255.0\n";
    let with = |server: &str| {
        let lines = format!(
            "{card}        set dhcp-relay-service enable\n        set dhcp-relay-ip \"10.61.10.11\"\n        set secondary-IP enable\n        \
             config secondaryip\n            edit 1\n                set ip 10.61.21.1 255.255.255.0\n                {server}\n            \
             next\n        end\n"
        );
        let networks = "prefixes = [\"10.61.20.0/24\", \"10.61.21.0/24\"]\n";
        apart(&wakaba(&[(FIREWALL, card, &lines), (TOPOLOGY, "prefixes = [\"10.61.20.0/24\"]\n", networks)]))
    };
    assert_ne!(with("set secip-relay-ip \"10.60.10.11\""), HOLD);
    assert_eq!(with("set secip-relay-ip \"10.61.10.11\""), HOLD);
    assert_eq!(with("set allowaccess ping"), HOLD);
}

/// A PTP server is an NTP server of another kind.
#[test]
fn precise_time_is_served_to_segments() {
    let with = |mode: &str| {
        let block = format!(
            "config system ptp\n    set status enable\n    set interface \"v90_kanri\"\n    set server-mode {mode}\n    config server-interface\n        \
             edit 1\n            set server-interface-name \"v11_kikan_sv\"\n        next\n        edit 2\n            \
             set server-interface-name \"v32_joho_pc\"\n        next\n    end\nend\n"
        );
        apart(&wakaba(&[(FIREWALL, "", &block)]))
    };
    assert_ne!(with("enable"), HOLD);
    assert_eq!(with("disable"), HOLD);
}

/// Files are sent to the sandbox while they pass, whatever tier it stands in.
#[test]
fn a_sandbox_gets_what_passes() {
    let with = |sandbox: &str, profile: &str| {
        let block = format!("config system fortisandbox\n    {sandbox}\nend\n");
        let opening = "        set name \"inet_web\"\n";
        let inside = format!("{opening}        {profile}\n");
        let edits = [(FIREWALL, "", &*block), (FIREWALL, opening, &*inside)];
        apart(&wakaba(&edits))
    };
    let profile = "set av-profile \"default\"";
    assert_ne!(with("set status enable\n    set server \"10.60.10.99\"", profile), HOLD);
    // In the tier of those whose files it gets, switched off, or with nothing inspected.
    assert_eq!(with("set status enable\n    set server \"10.62.20.99\"", profile), HOLD);
    assert_eq!(with("set status disable\n    set server \"10.60.10.99\"", profile), HOLD);
    assert_eq!(with("set status enable\n    set server \"10.60.10.99\"", "set av-profile ''"), HOLD);
}

/// Access points send part of the clients' packets to their own wire.
#[test]
fn split_tunnelling_leads_past_the_box() {
    let interface = "config system interface\n    edit \"wifi1\"\n        set vdom \"root\"\n        set ip 10.61.30.1 255.255.255.0\n        \
                     set type vap-switch\n    next\nend\n";
    let with = |more: &str| {
        let block = format!(
            "{interface}config wireless-controller vap\n    edit \"wifi1\"\n        set ssid \"naibu\"\n        {more}\n    next\nend\n"
        );
        let segment = "[[segment]]\nid = \"naibu_wifi\"\nzone = \"NAIBU\"\nname = \"wifi\"\nprefixes = [\"10.61.30.0/24\"]\ncomplete = true\n\n";
        let edits = [
            (FIREWALL, "", &*block),
            (
                TOPOLOGY,
                "[[segment]]\nid = \"joho_dmz\"\n",
                &*format!("{segment}[[segment]]\nid = \"joho_dmz\"\n"),
            ),
            (TOPOLOGY, "v32_joho_pc = \"joho_pc\"\n", "v32_joho_pc = \"joho_pc\"\nwifi1 = \"naibu_wifi\"\n"),
        ];
        verdict(&wakaba(&edits), "L-1", "packet")
    };
    assert_eq!(with("set split-tunneling enable"), Verdict::Undetermined);
    assert_eq!(with("set split-tunneling disable"), Verdict::Holds);
}

/// What is switched off carries nothing; a script that only looks changes nothing; proxy ARP draws frames to the box, whose
/// policies judge them.
#[test]
fn what_changes_nothing_is_no_alarm() {
    let transparent = |status: &str| {
        format!(
            "config firewall proxy-policy\n    edit 1\n        set status {status}\n        set proxy transparent-web\n        \
             set srcintf \"v32_joho_pc\"\n        set dstintf \"wan1\"\n        set action accept\n    next\nend\n"
        )
    };
    assert_eq!(apart(&wakaba(&[(FIREWALL, "", &transparent("disable"))])), HOLD);
    assert_ne!(apart(&wakaba(&[(FIREWALL, "", &transparent("enable"))])), HOLD);
    let script = |line: &str| {
        firewall(&format!(
            "config system auto-script\n    edit \"nightly\"\n        set interval 86400\n        set repeat 0\n        set start auto\n        \
             set script \"{line}\"\n    next\nend\n"
        ))
    };
    assert_eq!(taints(&script("execute backup config ftp night.conf 10.1.0.9")), []);
    assert_eq!(taints(&script("config firewall policy")), [Radius::Device]);
    let arp = "config system proxy-arp\n    edit 1\n        set interface \"wan1\"\n        set ip 203.0.113.9\n    next\nend\n";
    assert_eq!(verdict(&wakaba(&[(FIREWALL, "", arp)]), "M-1", "packet"), Verdict::Holds);
}
