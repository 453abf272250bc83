//! A site of real configuration languages: nothing is left over, nothing is guessed.

use super::{found, wires};
use bunri::network::{BuildError, DeviceStatus, Site, build};
use bunri::source::{Code, Lang, Limits, Severity};
use bunri::vendor::VENDORS;

const TOPOLOGY: &str = r#"schema_version = 1
name = "町"
[[segment]]
id = "lgw_pc"
prefixes = ["10.22.20.0/24"]
[[segment]]
id = "dmz"
prefixes = ["10.23.10.0/24"]
[[segment]]
id = "mgmt"
prefixes = ["10.29.0.0/24"]
[[external]]
id = "ext-sc"
leads_to = []
segment = "wan"
router = ["192.0.2.6"]
[[segment]]
id = "wan"
prefixes = ["192.0.2.0/29"]
[[device]]
name = "FW-01"
config = "configs/FW-01.conf"
unused = ["fortilink"]
[device.attach]
mgmt = "mgmt"
port1 = "lgw_pc"
"VD-INET/dmz_inet" = "dmz"
wan1 = "wan"
[[device]]
name = "SV-MUGAI"
config = "configs/SV-MUGAI/iptables-save.txt"
attach = { eth0 = "dmz", eth1 = "lgw_pc" }
[device.companions]
ipv6 = "configs/SV-MUGAI/ip6tables-save.txt"
addresses = "configs/SV-MUGAI/ip_addr.txt"
routes = "configs/SV-MUGAI/ip_route.txt"
routes6 = "configs/SV-MUGAI/ip_route6.txt"
sysctl = "configs/SV-MUGAI/sysctl.txt"
[[host]]
id = "SV-MUGAI"
interfaces = [{ segment = "dmz", addresses = ["10.23.10.31"] }, { segment = "lgw_pc", addresses = ["10.22.20.31"] }]
device = "SV-MUGAI"
"#;

const FORTIOS: &str = r#"#config-version=FG100F-7.02-FW-build1517-230606:opmode=0:vdom=1:user=admin
#conf_file_ver=1
#buildno=1517
#global_vdom=1
config vdom
edit root
next
edit VD-SANSO
next
edit VD-INET
next
end
config global
config system global
    set hostname "FW-01"
    set vdom-mode multi-vdom
end
config system vdom-link
    edit "vl_inet"
    next
end
config system interface
    edit "mgmt"
        set vdom "root"
        set ip 10.29.0.11 255.255.255.0
        set type physical
    next
    edit "port1"
        set vdom "VD-SANSO"
        set ip 10.22.20.254 255.255.255.0
        set type physical
    next
    edit "port2"
        set vdom "VD-SANSO"
        set type physical
    next
    edit "wan1"
        set vdom "VD-INET"
        set ip 192.0.2.1 255.255.255.248
        set type physical
    next
    edit "x1"
        set vdom "root"
        set type physical
    next
    edit "fortilink"
        set vdom "root"
        set ip 169.254.1.1 255.255.255.0
        set type aggregate
    next
    edit "vl_inet0"
        set vdom "VD-SANSO"
        set ip 10.255.12.1 255.255.255.252
        set type vdom-link
    next
    edit "vl_inet1"
        set vdom "VD-INET"
        set ip 10.255.12.2 255.255.255.252
        set type vdom-link
    next
    edit "dmz_inet"
        set vdom "VD-INET"
        set ip 10.23.10.254 255.255.255.0
        set interface "x1"
        set vlanid 310
    next
end
end
config vdom
edit root
config firewall policy
end
end
config vdom
edit VD-SANSO
config router static
    edit 1
        set dst 10.23.0.0 255.255.0.0
        set gateway 10.255.12.2
        set device "vl_inet0"
    next
end
end
config vdom
edit VD-INET
config router static
    edit 1
        set gateway 192.0.2.6
        set device "wan1"
    next
    edit 2
        set dst 10.22.0.0 255.255.0.0
        set gateway 10.255.12.1
        set device "vl_inet1"
    next
end
config router multicast
end
end
"#;

const FILES: [(&str, &str); 6] = [
    ("iptables-save.txt", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"),
    ("ip6tables-save.txt", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n"),
    (
        "ip_addr.txt",
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    link/ether 00:50:56:aa:20:01 brd ff:ff:ff:ff:ff:ff\n    inet 10.23.10.31/24 brd 10.23.10.255 scope global eth0\n       valid_lft forever preferred_lft forever\n3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    link/ether 00:50:56:aa:20:02 brd ff:ff:ff:ff:ff:ff\n    inet 10.22.20.31/24 brd 10.22.20.255 scope global eth1\n       valid_lft forever preferred_lft forever\n",
    ),
    (
        "ip_route.txt",
        "default via 10.22.20.254 dev eth1\n10.22.20.0/24 dev eth1 proto kernel scope link src 10.22.20.31\n10.23.10.0/24 dev eth0 proto kernel scope link src 10.23.10.31\n",
    ),
    (
        "ip_route6.txt",
        "fe80::/64 dev eth0 proto kernel metric 256\nfe80::/64 dev eth1 proto kernel metric 256\n",
    ),
    ("sysctl.txt", "net.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 0\n"),
];

fn town() -> Site {
    let mut files = vec![("topology.toml".to_owned(), TOPOLOGY.as_bytes().to_vec())];
    files.push(("configs/FW-01.conf".to_owned(), FORTIOS.as_bytes().to_vec()));
    files.extend(FILES.map(|(n, t)| (format!("configs/SV-MUGAI/{n}"), t.as_bytes().to_vec())));
    match build(&crate::sites::Folder(files.into_iter().collect()), VENDORS, &Limits::default()) {
        Ok(site) => site,
        Err(BuildError::NoTopology(why)) => panic!("{}", why.text(Lang::En)),
        Err(BuildError::Malformed { sources, diagnostics }) => {
            panic!(
                "{:#?}",
                diagnostics.iter().map(|d| super::line(&sources, d, Lang::En)).collect::<Vec<_>>()
            )
        }
    }
}

#[test]
fn a_healthy_export_leaves_nothing_open() {
    let site = town();
    assert!(site.boxes.iter().all(|(_, s)| *s == DeviceStatus::Analysed), "{:?}", site.boxes);
    let warnings = site.diagnostics.iter().filter(|d| d.code.severity() >= Severity::Warning);
    let warnings: Vec<String> = warnings.map(|d| super::line(&site.sources, d, Lang::En)).collect();
    assert!(warnings.is_empty(), "{warnings:#?}");
    let names: Vec<&str> = site.devices.iter().map(|d| d.device.name.as_str()).collect();
    assert_eq!(names, ["FW-01/VD-INET", "FW-01/VD-SANSO", "FW-01/root", "SV-MUGAI", "ext-sc-router"]);
    assert!(site.devices.iter().all(|d| d.elsewhere.is_empty()));
    let wires = wires(&site);
    // Only what the opaque router might send of its own has no known way.
    let open: Vec<&String> = wires.iter().filter(|w| w.contains("elsewhere")).collect();
    assert_eq!(open, ["ext-sc-router:inside out unknown -> elsewhere (may)"]);
    for wanted in [
        "FW-01/VD-SANSO:vl_inet0 out 10.255.12.2 -> FW-01/VD-INET:vl_inet1 in (certain)",
        "FW-01/VD-INET:vl_inet1 out 10.255.12.1 -> FW-01/VD-SANSO:vl_inet0 in (certain)",
        "FW-01/VD-INET:wan1 out 192.0.2.6 -> ext-sc-router:inside in (certain)",
        "FW-01/VD-INET:dmz_inet out on-link -> SV-MUGAI:eth0 in (certain only 10.23.10.31)",
        "SV-MUGAI:eth1 out 10.22.20.254 -> FW-01/VD-SANSO:port1 in (certain)",
        "ext-sc-router:inside out 192.0.2.1 -> FW-01/VD-INET:wan1 in (certain)",
    ] {
        assert!(wires.contains(&wanted.to_owned()), "{wanted}: {wires:#?}");
    }
}

/// Deleting one cable must not make the network look more separate.
#[test]
fn every_cable_that_is_cut_shows() {
    for cable in
        ["mgmt = \"mgmt\"\n", "port1 = \"lgw_pc\"\n", "\"VD-INET/dmz_inet\" = \"dmz\"\n", "wan1 = \"wan\"\n"]
    {
        let cut = TOPOLOGY.replace(cable, "");
        assert_ne!(cut, TOPOLOGY);
        let mut files = vec![("topology.toml".to_owned(), cut.into_bytes())];
        files.push(("configs/FW-01.conf".to_owned(), FORTIOS.as_bytes().to_vec()));
        files.extend(FILES.map(|(n, t)| (format!("configs/SV-MUGAI/{n}"), t.as_bytes().to_vec())));
        let site =
            build(&crate::sites::Folder(files.into_iter().collect()), VENDORS, &Limits::default()).unwrap();
        assert_eq!(found(&site, Code::UnboundInterface).len(), 1, "{cable}");
        assert!(wires(&site).iter().any(|w| w.starts_with("from elsewhere -> FW-01/")), "{cable}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]
    /// Whatever is cut out of, or written into, a topology: a site whose graph is whole, or errors with places.
    #[test]
    fn damaged_topologies_end_in_a_site_or_in_errors(
        cuts in proptest::collection::vec((0usize..1500, 0usize..30, "[\\[\\]={}\"a-z0-9.,/\n é]{0,6}"), 1..4)
    ) {
        let mut text: Vec<char> = TOPOLOGY.chars().collect();
        for (at, len, put) in cuts {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let mut files = vec![("topology.toml".to_owned(), text.into_bytes())];
        files.push(("configs/FW-01.conf".to_owned(), FORTIOS.as_bytes().to_vec()));
        match build(&crate::sites::Folder(files.into_iter().collect()), VENDORS, &Limits::default()) {
            Ok(site) => {
                for (id, device) in site.devices() {
                    assert_eq!(device.attached.len(), device.device.interfaces.len());
                    assert!(device.device.taints.is_empty(), "widened");
                    for (interface, hop) in site.ways_out(id) {
                        let bound = device.attached[interface.index()].is_some();
                        let open = device.elsewhere.contains(&interface);
                        let node = bunri::network::Location::Egress(id, interface, hop);
                        assert_eq!(site.nodes.contains_key(&node), bound || open);
                    }
                }
            }
            Err(BuildError::Malformed { diagnostics, .. }) => {
                assert!(diagnostics.iter().any(|d| d.code.severity() == Severity::Error));
            }
            Err(BuildError::NoTopology(why)) => panic!("{}", why.text(Lang::En)),
        }
    }
}
