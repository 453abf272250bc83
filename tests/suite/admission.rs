//! Which machines a port serves, as evidence of M-4: no line that another one takes back is evidence.

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::network::Site;
use bunri::source::Lang;
use bunri::vendor::VENDORS;

use crate::support::tiny::{answer, assess, site_of};

const TOPOLOGY: &str = r#"
registers = ["register.toml"]
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
vendor = "VENDOR"
[[link]]
device = "SW"
ports = ["PORT"]
to = { host = "SV-M" }
[[host]]
id = "SV-M"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
class = "server"
[[host]]
id = "SV-L"
interfaces = [{ segment = "l", addresses = ["10.2.0.11"] }]
class = "server"
"#;

const REGISTER: &str = r#"
schema_version = 1
[[entry]]
id = "T-01"
title = "data"
kind = "tokutei"
class = "data"
from = { host = "SV-M" }
to = { host = "SV-L" }
protocol = "tcp"
ports = "443"
granularity = "host"
peer = "own"
owner = "office"
approved_by = "board"
approved_on = "R7.3.24"
expires = "R9.3.31"
"#;

/// The topology with the switch's language and the ports of its host.
fn site(vendor: &str, ports: &str, config: &str) -> Site {
    let topology = TOPOLOGY.replace("VENDOR", vendor).replace("PORT", ports);
    site_of(&topology, &[("sw.txt", config), ("register.toml", REGISTER)], VENDORS)
}

fn m4(site: &Site) -> Assertion {
    answer(&assess(site), "M-4", Level::None).clone()
}

/// The port of the host in IOS, with its lines and those of the whole box; what stands behind it comes last.
fn ios(global: &str, lines: &str, behind: &str) -> Site {
    let lines: String = lines.lines().map(|l| format!(" {l}\n")).collect();
    let config = format!(
        "Building configuration...\n!\nversion 17.9\nhostname SW\n!\n{global}\nno ip routing\n!\nvlan 10\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n{lines}!\ninterface GigabitEthernet1/0/2\n switchport access vlan 10\n switchport mode access\n!\n{behind}end\n"
    );
    site("ios", "Gi1/0/1", &config)
}

fn axs(global: &str, lines: &str) -> Site {
    let lines: String = lines.lines().map(|l| format!("  {l}\n")).collect();
    let config = format!(
        "#configuration list for AX3660S-24T4XW\nhostname \"SW\"\n!\nvlan 1\n  name \"VLAN0001\"\n!\nvlan 10\n!\n{global}!\ninterface gigabitethernet 1/0/1\n  switchport mode access\n  switchport access vlan 10\n{lines}!\n"
    );
    site("axs", "gigabitethernet 1/0/1", &config)
}

fn awplus(global: &str, lines: &str) -> Site {
    let lines: String = lines.lines().map(|l| format!(" {l}\n")).collect();
    let config = format!(
        "!\nhostname SW\n!\n{global}!\nno ip forwarding\n!\nvlan database\n vlan 10 state enable\n!\ninterface port1.0.1\n switchport\n switchport mode access\n switchport access vlan 10\n{lines}!\nend\n"
    );
    site("awplus", "port1.0.1", &config)
}

const KNOWN: &str =
    "switchport mode access\nswitchport port-security mac-address 0011.2233.4455\nswitchport port-security";
const ASKED: &str = "switchport mode access\nauthentication port-control auto\ndot1x pae authenticator";
const RADIUS: &str =
    "aaa new-model\n!\naaa authentication dot1x default group radius\n!\ndot1x system-auth-control\n!";

#[test]
fn ports_that_serve_known_machines_only_are_evidence() {
    let sticky = "switchport mode access\nswitchport port-security mac-address sticky\nswitchport port-security mac-address sticky 0011.2233.4455\nswitchport port-security";
    let two = "switchport mode access\nswitchport port-security maximum 2\nswitchport port-security mac-address 0011.2233.4455\nswitchport port-security mac-address 0011.2233.4466\nswitchport port-security violation restrict\nswitchport port-security";
    for lines in [KNOWN, sticky, two] {
        let found = ios("", lines, "").fabric.secured;
        assert_eq!(found.len(), 1, "{lines}: {found:?}");
    }
    for lines in [
        ASKED,
        "switchport mode access\ndot1x port-control auto\ndot1x timeout quiet-period 15\ndot1x host-mode single-host",
        "switchport mode access\nauthentication host-mode multi-domain\nauthentication order mab dot1x\nauthentication port-control auto\nauthentication violation restrict\nmab\ndot1x pae authenticator\ndot1x timeout tx-period 10",
    ] {
        let found = ios(RADIUS, lines, "").fabric.secured;
        assert_eq!(found.len(), 1, "{lines}: {found:?}");
    }
    let control = "aaa authentication dot1x default group radius\n!\ndot1x system-auth-control\n";
    assert_eq!(axs(control, "dot1x port-control auto").fabric.secured.len(), 1);
    assert_eq!(
        axs(control, "dot1x port-control auto\ndot1x multiple-authentication").fabric.secured.len(),
        1
    );
    let server =
        "aaa authentication dot1x default group radius\naaa authentication auth-mac default group radius\n";
    for lines in
        ["dot1x port-control auto", "auth-mac enable", "auth-mac enable\nauth host-mode multi-supplicant"]
    {
        assert_eq!(awplus(server, lines).fabric.secured.len(), 1, "{lines}");
    }
}

/// Each of these serves somebody else as well, or may.
#[test]
fn what_a_line_takes_back_is_no_evidence() {
    let unknown = [
        ("", "", "switchport mode access\nswitchport port-security"),
        (
            "",
            "",
            "switchport mode access\nswitchport port-security\nswitchport port-security mac-address sticky",
        ),
        ("", KNOWN, "no switchport port-security"),
        ("", KNOWN, "no switchport port-security mac-address 0011.2233.4455"),
        ("", KNOWN, "no switchport port-security mac-address sticky"),
        ("", KNOWN, "switchport port-security maximum 2"),
        ("", KNOWN, "switchport port-security maximum 5 vlan access"),
        ("", KNOWN, "switchport port-security aging static"),
        ("", KNOWN, "switchport mode dynamic auto"),
        ("", KNOWN, "no switchport mode"),
        ("", KNOWN, "channel-group 1 mode active"),
        ("", KNOWN, "default switchport port-security"),
        ("", KNOWN, "switchport vlan mapping 10 20"),
        ("", KNOWN, "switchport port-security mac-addr\u{FFFD}ss"),
        ("", KNOWN, "shutdown"),
        ("", ASKED, ""),
        (RADIUS, ASKED, "no authentication port-control"),
        (RADIUS, ASKED, "authentication port-control force-authorized"),
        (RADIUS, ASKED, "default authentication port-control"),
        (RADIUS, ASKED, "authentication open"),
        (RADIUS, ASKED, "authentication host-mode multi-host"),
        (RADIUS, ASKED, "authentication event fail action authorize vlan 10"),
        (RADIUS, ASKED, "authentication event server dead action authorize vlan 10"),
        (RADIUS, ASKED, "authentication event no-response action authorize vlan 10"),
        (RADIUS, ASKED, "authentication fallback WEB"),
        (RADIUS, ASKED, "authentication control-direction in"),
        (RADIUS, ASKED, "dot1x guest-vlan 10"),
        (RADIUS, ASKED, "switchport mode trunk"),
        (RADIUS, ASKED, "source template PORTS"),
    ];
    for (global, lines, last) in unknown {
        let found = ios(global, format!("{lines}\n{last}").trim(), "");
        assert!(found.fabric.secured.is_empty(), "{last}: {:?}", found.fabric.secured);
    }
    for (from, to) in [
        ("dot1x system-auth-control", "no dot1x system-auth-control"),
        ("dot1x system-auth-control\n", ""),
        ("group radius", "none"),
        ("group radius", "group radius none"),
        ("aaa authentication dot1x default group radius\n", ""),
        ("aaa new-model", "no aaa new-model"),
        // The list of a port that names none is `default`, whatever other lists there are, and in either order.
        ("dot1x default group radius", "dot1x default none\n!\naaa authentication dot1x OTHER group radius"),
        ("dot1x default group radius", "dot1x OTHER group radius\n!\naaa authentication dot1x default none"),
        ("dot1x default group radius", "dot1x OTHER group radius"),
        ("dot1x default group radius", "dot1x default group radius\n!\naaa authentication dot1x OTHER none"),
    ] {
        assert!(ios(&RADIUS.replace(from, to), ASKED, "").fabric.secured.is_empty(), "{from} -> {to}");
    }
    for behind in [
        "interface GigabitEthernet1/0/1\n no switchport port-security\n!\n",
        "default interface GigabitEthernet1/0/1\n!\n",
        "interface range GigabitEthernet1/0/1 - 2\n no switchport port-security\n!\n",
        "no interface GigabitEthernet1/0/1\n!\n",
    ] {
        assert!(ios("", KNOWN, behind).fabric.secured.is_empty(), "{behind}");
    }
    let control = "aaa authentication dot1x default group radius\n!\ndot1x system-auth-control\n";
    for last in [
        "dot1x multiple-hosts",
        "no dot1x port-control",
        "dot1x force-authorized",
        "authentication arp-relay",
    ] {
        let found = axs(control, &format!("dot1x port-control auto\n{last}"));
        assert!(found.fabric.secured.is_empty(), "{last}");
    }
    assert!(axs("", "dot1x port-control auto").fabric.secured.is_empty());
    let none =
        control.replace("default group radius", "default none\n!\naaa authentication dot1x L group radius");
    assert!(axs(&none, "dot1x port-control auto").fabric.secured.is_empty());
    let server = "aaa authentication auth-mac default group radius\n";
    for last in [
        "auth host-mode multi-host",
        "auth guest-vlan 10",
        "auth critical",
        "auth supplicant-mac 0011.2233.4455 port-control force-authorized",
        "auth-web enable",
        "auth profile P",
        "no auth-mac enable",
    ] {
        let found = awplus(server, &format!("auth-mac enable\n{last}"));
        assert!(found.fabric.secured.is_empty(), "{last}");
    }
    assert!(awplus("", "auth-mac enable").fabric.secured.is_empty());
    let none =
        server.replace("default group radius", "default none\naaa authentication auth-mac L group radius");
    assert!(awplus(&none, "auth-mac enable").fabric.secured.is_empty());
}

/// A host with two cables is limited where both are.
#[test]
fn every_cable_of_a_host_counts() {
    let config = "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\nvlan 10\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n switchport mode access\n switchport port-security mac-address 0011.2233.4455\n switchport port-security\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 10\n switchport mode access\n!\nend\n";
    assert!(site("ios", "Gi1/0/1\", \"Gi1/0/2", config).fabric.secured.is_empty());
    let last = " switchport mode access\n!\nend";
    let both = " switchport mode access\n switchport port-security mac-address 0011.2233.4466\n switchport port-security\n!\nend";
    assert_eq!(site("ios", "Gi1/0/1\", \"Gi1/0/2", &config.replace(last, both)).fabric.secured.len(), 2);
}

#[test]
fn m_4_names_the_ports_and_by_what_they_are_limited() {
    let shown = m4(&ios("", KNOWN, ""));
    assert_eq!(shown.verdict, Verdict::Holds);
    assert_eq!(
        shown.reason.unwrap().text(Lang::Ja),
        "L2限定:設定により確認 1件/申告 0件/未確認 0件。設定により確認したポート:「SW」の「GigabitEthernet1/0/1」(ポートセキュリティ)"
    );
    let asked = m4(&awplus("aaa authentication auth-mac default group radius\n", "auth-mac enable"));
    assert_eq!(
        asked.reason.unwrap().text(Lang::En),
        "layer-2 limits: 1 read from configurations, 0 declared, 0 not shown: `port1.0.1` of `SW` (authentication)"
    );
    let taken = m4(&ios("", &format!("{KNOWN}\nno switchport port-security"), ""));
    assert_eq!((taken.verdict, taken.culprits.len()), (Verdict::Undetermined, 1));
    assert_eq!(taken.reason.unwrap().text(Lang::Ja), "L2限定:設定により確認 0件/申告 0件/未確認 1件");
}
