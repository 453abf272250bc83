//! Ports that become trunks on request (DTP), where machines are plugged in: said as hygiene, by name and with what to
//! write, and no verdict of a path by itself.

use bunri::analysis::answer::{Bearing, Class, Level, Verdict};
use bunri::network::Site;
use bunri::source::Lang;
use bunri::vendor::VENDORS;

use crate::support::tiny::{assess, site_of, verdict};

const TOWN: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "internet"
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
[[link]]
device = "SW"
ports = ["Gi1/0/1"]
to = { segment = "m" }
[[link]]
device = "SW"
ports = ["Gi1/0/2"]
to = { segment = "l" }
"#;

/// Two ports of two tiers; how the first one is set, and ports of no cable that say nothing.
fn site(mode: &str, silent: usize) -> Site {
    let more: String = (0..silent).map(|n| format!("interface GigabitEthernet1/0/{}\n!\n", n + 10)).collect();
    let switch = format!(
        "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n{mode}!\ninterface GigabitEthernet1/0/2\n switchport access vlan 20\n switchport mode access\n!\n{more}end\n"
    );
    site_of(TOWN, &[("sw.txt", &switch)], VENDORS)
}

/// What the hygiene of trunks says.
fn told(site: &Site) -> (Verdict, Vec<String>) {
    let all = assess(site);
    let found = all.assertions.into_iter().find(|a| a.id == "X-3" && a.class == Class::Hygiene).unwrap();
    assert_eq!((found.bearing, found.level), (Bearing::Informs, Level::None));
    (found.verdict, found.culprits.iter().map(|c| c.what.text(Lang::En).to_owned()).collect())
}

#[test]
fn a_port_that_may_become_a_trunk_is_named() {
    for mode in ["", " switchport mode dynamic auto\n", " switchport mode dynamic desirable\n"] {
        let open = site(mode, 0);
        // The printed assumption stands: no machine asks for it.
        assert_eq!(verdict(&open, "M-1", Level::L2), Verdict::Holds, "{mode}");
        let (verdict, told) = told(&open);
        assert_eq!((verdict, told.len()), (Verdict::Violated, 1), "{mode}: {told:?}");
        for part in ["GigabitEthernet1/0/1", "switchport mode access", "switchport nonegotiate"] {
            assert!(told[0].contains(part), "{mode}: {told:?}");
        }
        assert!(!told[0].contains("GigabitEthernet1/0/2"), "{told:?}");
    }
}

#[test]
fn a_port_that_says_what_it_is_is_not() {
    for mode in [" switchport mode access\n", " switchport nonegotiate\n", " shutdown\n"] {
        assert_eq!(told(&site(mode, 0)), (Verdict::Holds, Vec::new()), "{mode}");
    }
}

/// A switch full of such ports is one line, not a page.
#[test]
fn many_ports_are_one_line() {
    let (_, told) = told(&site("", 30));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("GigabitEthernet1/0/10") && told[0].contains("and 23 more"), "{told:?}");
}

/// On a switch of one tier a trunk leads nowhere else.
#[test]
fn a_switch_of_one_tier_says_nothing() {
    let switch = "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nno ip routing\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 10\n!\nend\n";
    let site = site_of(
        &TOWN.replace("to = { segment = \"l\" }", "to = { segment = \"m\" }"),
        &[("sw.txt", switch)],
        VENDORS,
    );
    assert_eq!(told(&site), (Verdict::Holds, Vec::new()));
}
