//! The X family: for each check a smallest site that breaks it, and the same site with the legitimate form, silent.
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::sites::{files, folder};

/// File, what stands there, what shall stand there.
type Edit<'a> = (&'a str, &'a str, &'a str);

const FORTIGATE: &str = "pin-08-scheduled-hole";
const LINUX: &str = "pin-07-return-above-accept";
const CONF: &str = "configs/FW-01.conf";
const SAVE: &str = "configs/iptables-save.txt";

/// The only policy of the FortiGate stays inside the LGWAN zone.
const CLOSED: Edit<'_> = (
    CONF,
    "set srcintf \"port1\"\n        set dstintf \"port3\"",
    "set srcintf \"port2\"\n        set dstintf \"port2\"",
);
/// The Linux box forwards nothing.
const SHUT: Edit<'_> = (SAVE, "-A HOSHU -p tcp -m tcp --dport 443 -j ACCEPT\n", "");

/// Every answer about a site with some lines changed.
fn answers(site: &str, edits: &[Edit<'_>]) -> BTreeMap<String, Value> {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&folder().join(site)) {
        let mut text = String::from_utf8(bytes).unwrap();
        for (_, from, to) in edits.iter().filter(|e| e.0 == name) {
            assert!(text.contains(from), "{name} has no {from}");
            text = text.replacen(from, to, 1);
        }
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().env("LC_ALL", "C.UTF-8").arg("check").arg(copy.path());
    command.args(["--format", "json", "--no-progress", "--today", "2026-03-20"]);
    let output = command.output().unwrap();
    let all: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let list = all["assertions"].as_array().unwrap();
    let key = |a: &Value| format!("{} {}", a["id"].as_str().unwrap(), a["level"].as_str().unwrap());
    list.iter().map(|a| (key(a), a.clone())).collect()
}

#[track_caller]
fn says(site: &str, edits: &[Edit<'_>], item: &str, verdict: &str) -> Value {
    let all = answers(site, edits);
    let found = all.get(item).unwrap_or_else(|| panic!("{item} is not asked"));
    assert_eq!(found["verdict"], verdict, "{item}: {found:#}");
    found.clone()
}

/// An interface in front of the others, and blocks behind them.
fn fortigate<'a>(interface: &'a str, blocks: &'a str) -> Vec<Edit<'a>> {
    vec![CLOSED, (CONF, "    edit \"port1\"\n", interface), (CONF, "config firewall address\n", blocks)]
}

const PHASE1: &str = "config vpn ipsec phase1-interface\n    edit \"HOSHU\"\n        set interface \"port3\"\n        set remote-gw 203.0.113.5\n    next\nend\nconfig firewall address\n";
const TUNNEL: &str = "    edit \"HOSHU\"\n        set vdom \"root\"\n        set type tunnel\n        set interface \"port3\"\n    next\n    edit \"port1\"\n";

#[test]
fn tunnels_in_effect_are_found() {
    says(FORTIGATE, &fortigate(TUNNEL, PHASE1), "X-1 -", "violated");
    let any = PHASE1.replace("set remote-gw 203.0.113.5", "set type dynamic");
    says(FORTIGATE, &fortigate(TUNNEL, &any), "X-1 -", "violated");
    // Whoever is at the other end is not said: nobody knows whether it is in effect.
    let unsaid = PHASE1.replace("        set remote-gw 203.0.113.5\n", "");
    let open = says(FORTIGATE, &fortigate(TUNNEL, &unsaid), "X-1 -", "undetermined");
    assert_eq!(open["culprits"].as_array().unwrap().len(), 1, "{open:#}");
    let dials = "    edit \"port4\"\n        set vdom \"root\"\n        set mode pppoe\n        set type physical\n    next\n    edit \"port1\"\n";
    says(FORTIGATE, &fortigate(dials, "config firewall address\n"), "X-1 -", "violated");
    let modem = "config system lte-modem\n    set status enable\nend\nconfig firewall address\n";
    says(FORTIGATE, &fortigate("    edit \"port1\"\n", modem), "X-1 -", "violated");
}

/// What a factory configuration holds is no line (the gateway without an interface, the tunnel nobody uses).
#[test]
fn factory_tunnels_are_none() {
    let interfaces = "    edit \"ssl.root\"\n        set vdom \"root\"\n        set type tunnel\n    next\n    edit \"modem\"\n        set vdom \"root\"\n        set mode pppoe\n        set status down\n        set type physical\n    next\n    edit \"port1\"\n";
    let blocks = "config vpn ssl settings\n    set servercert \"Fortinet_Factory\"\n    set port 10443\nend\nconfig system modem\n    set status disable\nend\nconfig firewall address\n";
    says(FORTIGATE, &fortigate(interfaces, blocks), "X-1 -", "holds");
}

#[test]
fn administration_from_users_is_found() {
    let on = |words: &'static str| (CONF, "set ip 10.70.3.1 255.255.255.0\n", words);
    let open = on("set ip 10.70.3.1 255.255.255.0\n        set allowaccess ping https\n");
    says(FORTIGATE, &[CLOSED, open], "X-2 host", "violated");
    let ping = on("set ip 10.70.3.1 255.255.255.0\n        set allowaccess ping\n");
    says(FORTIGATE, &[CLOSED, ping], "X-2 host", "holds");
    let garbled = on("set ip 10.70.3.1 255.255.255.0\n        set alowaccess ping https\n");
    says(FORTIGATE, &[CLOSED, garbled], "X-2 host", "undetermined");
    let ssh = (
        SAVE,
        "-A FORWARD -m conntrack",
        "-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT\n-A FORWARD -m conntrack",
    );
    says(LINUX, &[SHUT, ssh], "X-2 host", "violated");
    says(LINUX, &[SHUT], "X-2 host", "holds");
}

/// An administrator's terminal that is declared may; so may everybody in the management zone.
#[test]
fn declared_administrators_may() {
    let open = (
        CONF,
        "set ip 10.70.3.1 255.255.255.0\n",
        "set ip 10.70.3.1 255.255.255.0\n        set allowaccess https\n",
    );
    let zone = ("topology.toml", "role = \"internet\"", "role = \"management\"");
    // Without trusted hosts it is not known whether other interfaces answer at this address, too.
    says(FORTIGATE, &[CLOSED, open, zone], "X-2 host", "undetermined");
    let hosts = (
        CONF,
        "config firewall address\n",
        "config system admin\n    edit \"admin\"\n        set accprofile \"super_admin\"\n        set trusthost1 10.70.3.11 255.255.255.255\n    next\nend\nconfig firewall address\n",
    );
    says(FORTIGATE, &[CLOSED, open, zone, hosts], "X-2 host", "holds");
}

#[test]
fn defaults_that_permit_are_found() {
    let accept = (SAVE, ":FORWARD DROP", ":FORWARD ACCEPT");
    says(LINUX, &[SHUT, accept], "X-9 packet", "violated");
    says(LINUX, &[SHUT], "X-9 packet", "holds");
    // A rule that permits the same is somebody's decision.
    let rule = (SAVE, "-A FORWARD -i eth1 -o eth0 -j HOSHU", "-A FORWARD -i eth1 -o eth0 -j ACCEPT");
    says(LINUX, &[rule], "X-9 packet", "holds");
    let zone = "config system zone\n    edit \"Z\"\n        set intrazone allow\n        set interface \"port1\" \"port3\"\n    next\nend\nconfig firewall address\n";
    says(FORTIGATE, &fortigate("    edit \"port1\"\n", zone), "X-9 packet", "violated");
    // Inside one tier a default is nobody's business.
    let one = zone.replace("\"port1\" \"port3\"", "\"port1\"");
    says(FORTIGATE, &fortigate("    edit \"port1\"\n", &one), "X-9 packet", "holds");
}

#[test]
fn virtual_addresses_that_open_a_border_are_found() {
    let vip = |to: &str| {
        format!(
            "config firewall vip\n    edit \"VIP\"\n        set extip 10.70.3.100\n        set mappedip \"{to}\"\n        set extintf \"port3\"\n    next\nend\nconfig firewall policy\n"
        )
    };
    let policy = |out: &str| {
        format!(
            "set srcintf \"port3\"\n        set dstintf \"{out}\"\n        set action accept\n        set srcaddr \"all\"\n        set dstaddr \"VIP\""
        )
    };
    let old = "set srcintf \"port1\"\n        set dstintf \"port3\"\n        set action accept\n        set srcaddr \"NW_KIKAN\"\n        set dstaddr \"NW_JOHO\"";
    let across = (vip("10.70.2.11"), policy("port2"));
    let edits = [(CONF, "config firewall policy\n", across.0.as_str()), (CONF, old, across.1.as_str())];
    says(FORTIGATE, &edits, "X-5 packet", "violated");
    let inside = (vip("10.70.3.11"), policy("port3"));
    let edits = [(CONF, "config firewall policy\n", inside.0.as_str()), (CONF, old, inside.1.as_str())];
    says(FORTIGATE, &edits, "X-5 packet", "holds");
    says(FORTIGATE, &[CLOSED], "X-5 packet", "not-applicable");
}

#[test]
fn policy_routes_over_a_border_are_found() {
    let route = |to: &str| {
        format!(
            "config router policy\n    edit 1\n        set input-device \"port1\"\n        set gateway 10.70.3.11\n        set output-device \"{to}\"\n    next\nend\nconfig router static\n"
        )
    };
    let out = route("port3");
    let open = says(FORTIGATE, &[(CONF, "config router static\n", &out)], "X-6 packet", "undetermined");
    assert!(!open["culprits"].as_array().unwrap().is_empty(), "{open:#}");
    says(FORTIGATE, &[CLOSED, (CONF, "config router static\n", &out)], "X-6 packet", "holds");
}

#[test]
fn ipv6_beside_tight_ipv4_rules_is_found() {
    let open = [
        SHUT,
        ("topology.toml", "[\"10.70.1.0/24\"]", "[\"10.70.1.0/24\", \"2001:db8:70:1::/64\"]"),
        ("topology.toml", "[\"10.70.3.0/24\"]", "[\"10.70.3.0/24\", \"2001:db8:70:3::/64\"]"),
        ("configs/ip6tables-save.txt", ":FORWARD DROP", ":FORWARD ACCEPT"),
        (
            "configs/ip_addr.txt",
            "scope global eth0\n",
            "scope global eth0\n    inet6 2001:db8:70:3::1/64 scope global\n",
        ),
        (
            "configs/ip_addr.txt",
            "scope global eth1\n",
            "scope global eth1\n    inet6 2001:db8:70:1::1/64 scope global\n",
        ),
        (
            "configs/ip_route.txt",
            "10.70.2.0/24 dev",
            "2001:db8:70:1::/64 dev eth1 proto kernel metric 256\n2001:db8:70:3::/64 dev eth0 proto kernel metric 256\n10.70.2.0/24 dev",
        ),
        (
            "configs/sysctl.txt",
            "net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv6.conf.all.forwarding = 0",
            "net.ipv6.conf.all.disable_ipv6 = 0\nnet.ipv6.conf.all.forwarding = 1",
        ),
        (
            "configs/sysctl.txt",
            "net.ipv6.conf.eth0.disable_ipv6 = 1\nnet.ipv6.conf.eth0.forwarding = 0",
            "net.ipv6.conf.eth0.disable_ipv6 = 0\nnet.ipv6.conf.eth0.forwarding = 1",
        ),
        (
            "configs/sysctl.txt",
            "net.ipv6.conf.eth1.disable_ipv6 = 1\nnet.ipv6.conf.eth1.forwarding = 0",
            "net.ipv6.conf.eth1.disable_ipv6 = 0\nnet.ipv6.conf.eth1.forwarding = 1",
        ),
    ];
    let all = answers(LINUX, &open);
    assert_eq!(all["X-4 packet"]["verdict"], "violated", "{:#}", all["X-4 packet"]);
    // Link-local addresses are on everything.
    let local = (
        "configs/ip_addr.txt",
        "scope global eth0\n",
        "scope global eth0\n    inet6 fe80::1/64 scope link\n",
    );
    let quiet = answers(LINUX, &[SHUT, local])["X-4 packet"]["verdict"].clone();
    assert!(quiet == "not-applicable" || quiet == "holds", "{quiet}");
}

/// Rules without a comment are listed and change nothing; a logged, commented, used rule is none.
#[test]
fn hygiene_informs() {
    let all = answers("wakaba", &[]);
    let found = &all["X-10 -"];
    assert_eq!(found["decides"], false);
    assert_eq!(found["verdict"], "violated", "{found:#}");
    let lines: Vec<u64> =
        found["culprits"].as_array().unwrap().iter().map(|c| c["line"].as_u64().unwrap()).collect();
    let text = fs::read_to_string(folder().join("wakaba/configs/FW-WAKABA01_20260310.conf")).unwrap();
    let after = text.lines().position(|l| l == "config firewall policy").unwrap();
    for policy in ["    edit 43", "    edit 90"] {
        let at = after + text.lines().skip(after).position(|l| l == policy).unwrap() + 1;
        assert!(lines.contains(&(at as u64)), "{policy} (line {at}) is not among {lines:?}");
    }
    says(
        FORTIGATE,
        &[(CONF, "    edit \"NW_NAIBU\"\n        set subnet 10.70.2.0 255.255.255.0\n    next\n", "")],
        "X-10 -",
        "holds",
    );
    says(FORTIGATE, &[], "X-10 -", "violated");
}
