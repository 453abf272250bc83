//! The routing table that an ALAXALA AX prints: it ends the doubt about protocols as a whole, damaged it ends none.

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::Site;

use crate::ios_dialects::AX;
use crate::support::tiny::verdict;

const HEAD: &str = "Destination        Next Hop         Interface     Metric   Protocol   Age";
const M: &str = "10.1/24            10.1.0.1         VLAN0010      0/0      Connected  1h 31s";
const M_OWN: &str = "10.1.0.1/32        10.1.0.1         VLAN0010      0/0      Connected  1h 31s";
const L: &str = "10.2/24            10.2.0.1         VLAN0020      0/0      Connected  2h";
const LOOP: &str = "127/8              ----             localhost     0/0      Connected  45m 22s";
const HOME: &str = "10.9/16            10.1.0.253       VLAN0010      2/0      OSPF ext2  11m 26s";
const AWAY: &str = "10.9/16            10.2.0.253       VLAN0020      2/0      OSPF ext2  11m 26s";

/// A table in its standard form.
fn table(rows: &[&str]) -> String {
    let rows: Vec<String> =
        rows.iter().map(|r| r.replace("10.1/24", "10.1.0/24").replace("10.2/24", "10.2.0/24")).collect();
    format!("Date 2026/03/16 21:58:11 JST\nTotal: {} routes\n{HEAD}\n{}\n", rows.len(), rows.join("\n"))
}

/// The same with marks before the rows.
fn marked(rows: &[&str]) -> String {
    let table = table(rows);
    table
        .replace("Total:", "Status Codes: * valid, > active, r RIB failure\nTotal:")
        .replace("Destination", "   Destination")
}

/// The log of a switch of which OSPF may bring any route, and a list that lets packets to `10.9.0.9` go.
fn log(more: &str, command: &str, table: &str) -> String {
    let open = AX.first.replace("10.3.0.9", "10.9.0.9");
    let protocol = format!("{more}router ospf 1\n  network 10.1.0.0 0.0.0.255 area 0\n!\nline vty 0 1\n");
    let config = AX.text(&[("line vty 0 1\n", &protocol), (AX.first, &open)]);
    format!("SW# show running-config\n{config}SW# {command}\n{table}SW# exit\n")
}

fn town(text: &str) -> Site {
    AX.of(AX.ports, text)
}

/// What becomes of packets to `10.9.0.9`, and whether the table was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// They stay away from the other tier.
    Apart,
    /// The table says that they may go there.
    Across,
    /// It is said what is wrong with it, and nothing is known.
    Doubted,
}
use Found::{Across, Apart, Doubted};

fn found(text: &str) -> Found {
    let site = town(text);
    match verdict(&site, "M-1", Level::Packet) {
        Verdict::Holds => Apart,
        _ if site.diagnostics.is_empty() => Across,
        Verdict::Undetermined => Doubted,
        other => panic!("{other:?}"),
    }
}

fn shown(table: &str) -> Found {
    found(&log("", "show ip route", table))
}

#[test]
fn a_whole_table_says_where_learned_routes_lead() {
    let none = log("", "show version", "Date 2026/03/16 21:58:11 JST\nModel: AX3660S-24T4XW\n");
    assert_eq!(found(&none), Across);
    let healthy = table(&[LOOP, M, M_OWN, L, HOME]);
    let text = log("", "show ip route", &healthy);
    assert_eq!(found(&text), Apart, "{:#?}", town(&text).diagnostics);
    assert!(town(&text).diagnostics.is_empty());
    assert_eq!(shown(&table(&[M, L, AWAY])), Across);
    // Every protocol that the manuals show, and every length of a prefix.
    for protocol in ["RIP      ", "BGP      ", "OSPF intra", "OSPF inter", "OSPF ext1"] {
        assert_eq!(shown(&table(&[M, L, &HOME.replace("OSPF ext2", protocol)])), Apart, "{protocol}");
        assert_eq!(shown(&table(&[M, L, &AWAY.replace("OSPF ext2", protocol)])), Across, "{protocol}");
    }
    for prefix in ["10.9.0.9/32", "10.9.0/25", "10.9.0.0/25", "10.8/15", "8/6", "0/0", "0.0.0.0/0"] {
        let (home, away) = (HOME.replace("10.9/16", prefix), AWAY.replace("10.9/16", prefix));
        // Fewer octets than the mask reaches were never printed.
        let found = if prefix == "10.9.0/25" { [Doubted; 2] } else { [Apart, Across] };
        assert_eq!([shown(&table(&[M, L, &home])), shown(&table(&[M, L, &away]))], found, "{prefix}");
    }
    // Two rows to one network are two ways.
    assert_eq!(shown(&table(&[M, L, HOME, AWAY])), Across);
    // Twice in a log it is the same, whatever became older.
    let later = healthy.replace("21:58:11", "22:01:40").replace("31s", "9s").replace("1h", "2h");
    let twice = format!("{healthy}SW# show ip route\n{later}");
    assert_eq!(shown(&twice), Apart);
    assert_eq!(shown(&twice.replacen("10.1.0.253", "10.1.0.252", 1)), Doubted);
}

#[test]
fn a_table_of_all_routes_tells_those_that_are_used() {
    let used = |row: &str| format!("*> {row}");
    let idle = |row: &str| format!("*  {row}");
    let [m, l] = [used(M), used(L)];
    let all = |rows: &[&str]| found(&log("", "show ip route all-routes", &marked(rows)));
    assert_eq!(all(&[&m, &l, &used(HOME)]), Apart);
    assert_eq!(all(&[&m, &l, &used(HOME), &idle(&AWAY.replace("OSPF ext2", "RIP"))]), Apart);
    assert_eq!(all(&[&m, &l, &used(AWAY), &idle(HOME)]), Across);
    // Without one that is used, with one that is not installed, with none of the marks: not known.
    assert_eq!(all(&[&m, &l, &idle(HOME)]), Doubted);
    assert_eq!(all(&[&m, &l, &format!("r> {HOME}")]), Doubted);
    assert_eq!(all(&[&m, &l, HOME]), Doubted);
    assert_eq!(found(&log("", "show ip route", &marked(&[&m, &l, &used(HOME)]))), Doubted);
}

/// Every line but the date is needed, every row to its age.
#[test]
fn a_damaged_table_is_not_believed() {
    let healthy = table(&[LOOP, M, M_OWN, L, HOME]);
    let lines: Vec<&str> = healthy.lines().collect();
    assert_eq!(shown(&healthy), Apart);
    for (at, line) in lines.iter().enumerate() {
        let with = |new: &[&str]| {
            let (before, after) = (&lines[..at], &lines[at + 1..]);
            format!("{}\n", [before, new, after].concat().join("\n"))
        };
        let dated = line.starts_with("Date");
        if !dated {
            assert_eq!(shown(&with(&[])), Doubted, "without: {line}");
            assert_eq!(shown(&with(&[line, line])), Doubted, "twice: {line}");
        }
        // Cut anywhere before the age, glued to the next one, painted over.
        let needed =
            if dated { 22 } else { line.rfind("  ").filter(|_| at > 2).map_or(line.len(), |gap| gap + 2) };
        for cut in (1..needed).filter(|cut| cut % 7 == 0 || cut + 1 == needed) {
            assert_eq!(shown(&with(&[&line[..cut]])), Doubted, "cut: {}", &line[..cut]);
        }
        for (from, _) in line.match_indices(char::is_alphanumeric).filter(|(from, _)| from % 5 == 0) {
            let garbled = format!("{}?{}", &line[..from], &line[from + 1..]);
            let text = log("", "show ip route", &with(&[&garbled]));
            // What a loop goes through does not matter.
            let harmless = line.starts_with("127") && (19..50).contains(&from);
            if !harmless {
                assert_eq!(found(&text), Doubted, "{garbled}");
            }
        }
    }
    // Cut behind any line; no prompt behind it; a page that was left.
    for keep in 0..lines.len() {
        assert_eq!(shown(&format!("{}\n", lines[..keep].join("\n"))), Doubted, "{keep}");
    }
    let open = log("", "show ip route", &healthy).replace("SW# exit\n", "");
    assert_eq!(found(&open), Doubted);
    let glued = format!("{}\n", lines.join(" "));
    assert_eq!(shown(&glued), Doubted);
}

/// What no manual shows is not guessed at.
#[test]
fn other_forms_are_not_read() {
    let healthy = table(&[M, L, HOME]);
    for command in [
        "show ip route ospf",
        "show ip route static",
        "show ip route -F",
        "show ip route brief",
        "show ip route 10.9.0.9",
        "show ip route vrf all",
        "show ip route all-routes",
        "show ipv6 route",
    ] {
        assert_eq!(found(&log("", command, &healthy)), Doubted, "{command}");
    }
    for row in [
        // A second next hop.
        "                   10.2.0.253       VLAN0020      -        -          -",
        "10.8/16            10.1.0.253       VLAN0010      0/0      Extra-VRF  1h",
        "10.8/16            10.1.0.253       VLAN0010      0/0      Summary    1h",
        "10.8/16            ----             null0         0/0      Static     1h",
        "010.8/16           10.1.0.253       VLAN0010      0/0      RIP        1h",
        "10.8.1/16          10.1.0.253       VLAN0010      0/0      RIP        1h",
        "10.8/33            10.1.0.253       VLAN0010      0/0      RIP        1h",
    ] {
        assert_eq!(shown(&table(&[M, L, HOME, row])), Doubted, "{row}");
    }
    let codes = "Codes: C - connected, O - OSPF\n\nC       10.1.0.0/24 is directly connected, VLAN0010\nC       10.2.0.0/24 is directly connected, VLAN0020\n";
    assert_eq!(shown(codes), Doubted);
}

/// A table that another box printed, or this one at another time.
#[test]
fn a_table_that_contradicts_the_configuration_is_not_believed() {
    // Networks that it lacks, interfaces that are not there, next hops on another network.
    assert_eq!(shown(&table(&[M, HOME])), Doubted);
    for (old, new) in [
        ("VLAN0010", "VLAN0030"),
        ("VLAN0010", "VLAN10"),
        ("VLAN0010", "VLAN0020"),
        ("10.1.0.253", "10.4.0.253"),
    ] {
        assert_eq!(shown(&table(&[M, L, &HOME.replace(old, new)])), Doubted, "{new}");
    }
    assert_eq!(shown(&table(&[&M.replace("0010", "0020"), L, HOME])), Doubted);
    // Static routes.
    let fixed = "ip route 10.7.0.0 255.255.0.0 10.1.0.253\n!\n";
    let row = "10.7/16            10.1.0.253       VLAN0010      0/0      Static     46m 58s";
    let with = |more: &str, rows: &[&str]| found(&log(more, "show ip route", &table(rows)));
    assert_eq!(with(fixed, &[M, L, row, HOME]), Apart);
    assert_eq!(with(fixed, &[M, L, HOME]), Doubted);
    assert_eq!(with(fixed, &[M, L, &row.replace(".253", ".254"), HOME]), Doubted);
    // The configuration's own route to the same network is used, unless it is there to float.
    for (route, away, found) in [
        ("ip route 10.9.0.0 255.255.0.0 10.2.0.253\n!\n", HOME, Doubted),
        ("ip route 10.9.0.0 255.255.0.0 10.2.0.253 250\n!\n", HOME, Apart),
        ("ip route 10.9.0.0 255.255.0.0 10.1.0.253 250\n!\n", AWAY, Across),
        // What a probe may bring back may be better.
        ("ip route 10.9.0.0 255.255.0.0 10.2.0.253 poll\n!\n", HOME, Across),
    ] {
        assert_eq!(with(route, &[M, L, away]), found, "{route}");
    }
}

/// VRFs are known by numbers, and each has a table of its own.
#[test]
fn every_vrf_has_its_own_table() {
    let split = |command: &str, head: &str, row: &str| {
        let open = AX.first.replace("10.3.0.9", "10.9.0.9");
        let mut config = AX.text(&[
            ("hostname \"SW\"\n", "hostname \"SW\"\n!\nvrf definition 5\n"),
            ("line vty 0 1\n", "router ospf 1 vrf 5\n  network 10.1.0.0 0.0.0.255 area 0\n!\nline vty 0 1\n"),
            (AX.first, &open),
        ]);
        for address in ["  ip address 10.1.0.1", "  ip address 10.2.0.1"] {
            config = config.replace(address, &format!("  vrf forwarding 5\n{address}"));
        }
        let table = table(&[M, L, row]).replace("Total:", &format!("{head}Total:"));
        found(&format!("SW# show running-config\n{config}SW# {command}\n{table}SW# exit\n"))
    };
    for command in ["show ip route vrf 5", "show ip route  vrf 5"] {
        assert_eq!(split(command, "", HOME), Apart, "{command}");
        assert_eq!(split(command, "VRF: 5\n", HOME), Apart, "{command}");
        assert_eq!(split(command, "", AWAY), Across, "{command}");
        assert_eq!(split(command, "VRF: 6\n", HOME), Doubted, "{command}");
    }
    for command in
        ["show ip route", "show ip route vrf 6", "show ip route vrf all", "show ip route vrf 5 ospf"]
    {
        assert_ne!(split(command, "", HOME), Apart, "{command}");
    }
}
