//! Routing tables that a FortiGate showed: what a whole capture settles, and what a damaged one does not.

use std::collections::BTreeSet;

use bunri::vendor::{Companion, Reading};

use crate::fortios_walk::{packet, walk};
use crate::support::reading::read_with;

const CONFIG: &str = r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=1
#buildno=1639
config system interface
    edit "a"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
        set type physical
    next
    edit "b"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
        set type physical
    next
    edit "c"
        set vdom "root"
        set ip 10.3.0.1 255.255.255.0
        set type physical
    next
end
config firewall policy
    edit 1
        set srcintf "a"
        set dstintf "b"
        set action accept
        set srcaddr "all"
        set dstaddr "all"
        set schedule "always"
        set service "ALL"
    next
end
config router static
    edit 1
        set gateway 10.3.0.254
        set device "c"
    next
end
PROTOCOL
config router multicast
end
"#;

const OSPF: &str = r#"config router ospf
    config network
        edit 1
            set prefix 10.2.0.0 255.255.255.0
        next
    end
end"#;

const TABLE: &str = r#"FW # get router info routing-table all
Codes: K - kernel, C - connected, S - static, R - RIP, B - BGP
       O - OSPF, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2
       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, ia - IS-IS inter area
       * - candidate default

Routing table for VRF=0
S*      0.0.0.0/0 [10/0] via 10.3.0.254, c, [1/0]
C       10.1.0.0/24 is directly connected, a
C       10.2.0.0/24 is directly connected, b
C       10.3.0.0/24 is directly connected, c
O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]
O E2    10.8.0.0/16 [110/10] via 10.3.0.254, c, 3d05h12m, [1/0]

FW # 
"#;

fn read(config: &str, table: &str) -> Reading {
    read_with("fortios", "FW.conf", config, &[(Companion::Routes, "FW.routes", table)]).reading
}

/// What may become of a packet from 10.1.0.9 by `a` to this destination.
fn by_b(config: &str, table: &str, destination: &str) -> BTreeSet<&'static str> {
    let mut reading = read(config, table);
    let device = &mut reading.devices[0];
    device.widen();
    let (ingress, flow) = packet(&format!("a 10.1.0.9 > {destination} tcp/443"));
    let word = |end: &String| if end.starts_with("b: ") { "accept" } else { "drop" };
    walk(device, &ingress, flow).iter().map(word).collect()
}

fn with_ospf() -> String {
    CONFIG.replace("PROTOCOL", OSPF)
}

#[test]
fn a_whole_capture_settles_what_a_protocol_brought() {
    let config = with_ospf();
    assert_eq!(by_b(&config, TABLE, "10.9.1.1"), BTreeSet::from(["accept"]));
    // Learned by another interface, and the default route by the third one: no policy.
    assert_eq!(by_b(&config, TABLE, "10.8.1.1"), BTreeSet::from(["drop"]));
    assert_eq!(by_b(&config, TABLE, "198.51.100.1"), BTreeSet::from(["drop"]));
    // Without the capture anything is possible.
    assert!(by_b(&config, "", "198.51.100.1").len() > 1);
}

/// Every damage leaves the protocol's routes unknown.
#[test]
fn a_damaged_capture_settles_nothing() {
    let config = with_ospf();
    for (old, new) in [
        ("FW # get router info routing-table all\n", ""),
        ("routing-table all", "routing-table static"),
        ("routing-table all", "routing-table ospf"),
        ("\nFW # \n", "\n"),
        (
            "O E2    10.8.0.0/16 [110/10] via 10.3.0.254, c, 3d05h12m, [1/0]",
            "O E2    10.8.0.0/16 [110/10] via",
        ),
        ("O E2    10.8.0.0/16", "O E2    10.8.0.0"),
        ("O E2    10.8.0.0/16", "Q E2    10.8.0.0/16"),
        ("O E2    10.8.0.0/16 [110/10] via 10.3.0.254, c", "O E2    10.8.0.0/16 [110/10] via 10.3.0.254, zz"),
        ("3d05h12m", "3d05h12m garbage"),
        ("C       10.2.0.0/24 is directly connected, b\n", ""),
        ("C       10.2.0.0/24 is directly connected, b", "C       10.2.0.0/24 is directly connected, c"),
        ("S*      0.0.0.0/0 [10/0] via 10.3.0.254, c, [1/0]\n", ""),
        ("VRF=0", "VRF=7"),
        ("FW # get", "FW (OTHER) # get"),
    ] {
        let table = TABLE.replace(old, new);
        assert_ne!(table, TABLE, "{old}");
        let found = by_b(&config, &table, "198.51.100.1");
        assert!(found.contains("accept") && found.len() > 1, "{old} -> {new}: {found:?}");
    }
    let cut: String = TABLE.lines().take(13).map(|l| format!("{l}\n")).collect();
    assert!(by_b(&config, &cut, "198.51.100.1").len() > 1);
    let twice = format!("{TABLE}{TABLE}");
    assert!(by_b(&config, &twice, "198.51.100.1").len() > 1);
}

/// Routes that the configuration does not explain are possible, not certain.
#[test]
fn an_unexplained_route_is_possible() {
    let config = CONFIG.replace("PROTOCOL", "");
    assert!(TABLE.contains("O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]"));
    let found = by_b(&config, TABLE, "10.9.1.1");
    assert!(found.contains("accept") && found.len() > 1, "{found:?}");
    assert_eq!(by_b(&config, TABLE, "198.51.100.1"), BTreeSet::from(["drop"]));
}

/// Every form of a way that later releases print.
#[test]
fn forms_of_ways() {
    let config = with_ospf().replace("config router ospf", "config router bgp");
    for way in [
        "B       10.9.0.0/16 [20/0] via 10.77.0.1 (recursive is directly connected, b), 00:52:16, [1/0]",
        "B       10.9.0.0/16 [200/100] via 10.77.0.1 [2] (recursive via 10.2.0.254, b), 00:24:28, [1/0]",
        "B       10.9.0.0/16 [200/100] via b tunnel 192.0.2.9, 00:24:28, [1/0]",
        "B       10.9.0.0/16 [200/100] via 10.77.0.1 (recursive via b tunnel 192.0.2.9), 02w1d04h, [1/0]",
        "B       10.9.0.0/16 [20/0] is directly connected, b, 00:52:16, [1/0]",
    ] {
        let table = TABLE.replace("O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]", way);
        assert_ne!(table, TABLE);
        assert_eq!(by_b(&config, &table, "10.9.1.1"), BTreeSet::from(["accept"]), "{way}");
        assert_eq!(by_b(&config, &table, "198.51.100.1"), BTreeSet::from(["drop"]), "{way}");
    }
    let summary = "B       10.9.0.0/16 [200/0] is a summary, Null, 00:02:28, [1/0]";
    let table = TABLE.replace("O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]", summary);
    assert_eq!(by_b(&config, &table, "10.9.1.1"), BTreeSet::from(["drop"]));
    // Two ways of one route: a choice.
    let two = "O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]\n                     [110/2] via 10.3.0.254, c, 00:01:18, [1/0]";
    let table = TABLE.replace("O       10.9.0.0/16 [110/2] via 10.2.0.254, b, 00:01:18, [1/0]", two);
    assert_eq!(by_b(&config, &table, "10.9.1.1"), BTreeSet::from(["accept", "drop"]));
}

/// With virtual domains each table belongs to the domain of its prompt.
#[test]
fn tables_of_virtual_domains() {
    let inner = with_ospf();
    let body = inner.split_once("config firewall policy").unwrap().1.to_owned();
    let interfaces =
        inner.split_once("config system interface").unwrap().1.split_once("config firewall").unwrap().0;
    let config = format!(
        "#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=1:user=admin\nconfig vdom\nedit root\nnext\nend\nconfig global\nconfig system interface{interfaces}end\nconfig vdom\nedit root\nconfig firewall policy{body}end\n"
    );
    let drop = BTreeSet::from(["drop"]);
    let named = TABLE.replace("FW # get", "FW (root) # get");
    assert_eq!(by_b(&config, &named, "198.51.100.1"), drop);
    let sudo = TABLE.replace("FW # get", "FW (global) # sudo root get");
    assert_eq!(by_b(&config, &sudo, "198.51.100.1"), drop);
    let entered = format!("FW (vdom) # edit root\ncurrent vf=root:0\n\n{named}");
    assert_eq!(by_b(&config, &entered, "198.51.100.1"), drop);
    assert!(by_b(&config, TABLE, "198.51.100.1").len() > 1);
    assert!(by_b(&config, &named.replace("(root)", "(dmz)"), "198.51.100.1").len() > 1);
}
