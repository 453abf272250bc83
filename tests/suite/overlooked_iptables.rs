//! Linux: doors that once were overlooked beside the rules: services that are let in without ACCEPT, interfaces on one
//! wire, routes that go before others, lists of other moments. Each test failed before it was mended.

use bunri::analysis::answer::Verdict;
use bunri::model::Radius;
use bunri::vendor::Companion;

use crate::iptables_attack::{A4, ADDRESSES, OPEN, ROUTES, Router, router};
use crate::iptables_holes::{FIRST, SAVE};
use crate::mutation::judge::files_of;
use crate::overlooked::{town, verdict};
use crate::support::reading::read_with;

/// Dialled lines and tunnels are not in `ip addr` while they are down.
#[test]
fn lines_that_come_and_go_count() {
    let with = |rule: &str| {
        let rules = format!("{rule}\n{FIRST}");
        let answers = town("linux-gateway", &[(SAVE, FIRST, &rules)]);
        [verdict(&answers, "M-1", "packet"), verdict(&answers, "X-1", "none")]
    };
    for name in ["ppp0", "ppp+", "wg7", "wwan0"] {
        let found = with(&format!("-A FORWARD -i {name} -o eth1 -j ACCEPT"));
        assert_eq!(found, [Verdict::Undetermined; 2], "{name}");
    }
    // A rule that refuses is no sign of a line, nor is one for a card.
    for rule in [
        "-A FORWARD -i ppp0 -j DROP",
        "-A FORWARD -i eth9 -o eth1 -j ACCEPT",
        "-A FORWARD -i eth9+ -o eth1 -j ACCEPT",
    ] {
        assert_eq!(with(rule), [Verdict::Holds; 2], "{rule}");
    }
}

/// An address list of the time when a line was down, and a route list of the time when it was up. The kernel drops the
/// routes of an interface that is set down, but for those of its addresses.
#[test]
fn an_interface_that_a_route_uses_is_up() {
    let seventh = |flags: &str| {
        format!(
            "8: eth6: <BROADCAST,MULTICAST{flags}> mtu 1500 qdisc mq state DOWN group default qlen 1000\n    link/ether 00:00:5e:00:53:06 brd ff:ff:ff:ff:ff:ff\n    \
             inet 10.80.6.1/24 brd 10.80.6.255 scope global eth6\n       valid_lft forever preferred_lft forever\n"
        )
    };
    let open = format!("-A FORWARD -i eth6 -o eth1 -j ACCEPT\n{FIRST}");
    let m1 = |links: &str, route: &str| {
        let edits =
            [("configs/ip_addr.txt", "", links), ("configs/ip_route.txt", "", route), (SAVE, FIRST, &*open)];
        verdict(&town("linux-gateway", &edits), "M-1", "packet")
    };
    let (down, up) = (seventh(""), seventh(",UP,LOWER_UP"));
    let connected = "10.80.6.0/24 dev eth6 proto kernel scope link src 10.80.6.1\n";
    assert_eq!(m1(&down, ""), Verdict::Holds);
    assert_eq!(
        m1(&down, "local 10.80.6.1 dev eth6 table local proto kernel scope host src 10.80.6.1\n"),
        Verdict::Holds
    );
    assert_eq!(m1(&down, "unreachable 10.99.1.0/24 dev eth6\n"), Verdict::Holds);
    assert_ne!(m1(&down, connected), Verdict::Holds);
    assert_ne!(m1(&up, connected), Verdict::Holds);
    // Twice in one list, down and then up.
    assert_ne!(m1(&format!("{down}{up}"), connected), Verdict::Holds);
}

/// Two generations of a list in one file: neither is the one that counts.
#[test]
fn of_two_generations_neither_wins() {
    let (old, new) = ("8.8.8.0/24 via 10.0.2.254 dev eth1\n", "8.8.8.0/24 via 10.0.1.254 dev eth0\n");
    let with = |more: &str| Router { routes: format!("{ROUTES}{more}"), ..router() };
    for both in [format!("{old}{new}"), format!("{old}unreachable 8.8.8.0/24\n")] {
        let found = with(&both).syn(A4, "8.8.8.8");
        assert!(!["accept eth0", "accept eth1", "drop"].contains(&found.as_str()), "{found} {both}");
    }
    for same in
        [old.to_owned(), format!("{old}{old}"), format!("{old}{}", new.replace("eth0", "eth0 metric 7"))]
    {
        assert_eq!(with(&same).syn(A4, "8.8.8.8"), "accept eth1", "{same}");
    }
    // In another place the second time.
    let moved = ADDRESSES.replace("qdisc noqueue state UP", "qdisc noqueue master br0 state UP");
    assert_ne!(moved, ADDRESSES);
    let doubtful = |more: &str| {
        let addresses = format!("{ADDRESSES}{more}");
        let companions = [(Companion::Addresses, "gw.addr", &*addresses)];
        let device = read_with("iptables", "gw.rules", OPEN, &companions).reading.devices.remove(0);
        device.taints.iter().any(|t| t.radius == Radius::Device)
    };
    assert!(doubtful(&moved));
    assert!(!doubtful(ADDRESSES));
}

/// What the policy lets in, a `RETURN`, a `-g` to its end, an untracked session: the filter lets a service in without a
/// word `ACCEPT` beside it (src `ipt_do_table`).
#[test]
fn a_service_may_be_let_in_without_a_rule_that_accepts_it() {
    let answers = |edits: &[(&str, &str, &str)]| {
        let out = "-A OUTPUT -d 10.80.9.10/32";
        let mut all = vec![(SAVE, out, "-A OUTPUT -j ACCEPT\n-A OUTPUT -d 10.80.9.10/32")];
        all.extend(edits);
        verdict(&town("linux-gateway", &all), "M-1", "host")
    };
    let input = "-A INPUT -s 10.80.9.10/32";
    let open = (SAVE, ":INPUT DROP [1820:109220]", ":INPUT ACCEPT [1820:109220]");
    let chain = (SAVE, ":KYOHI - [0:0]", ":KYOHI - [0:0]\n:SVC - [0:0]");
    let closed = (SAVE, FIRST, &*format!("-A INPUT -j DROP\n{FIRST}"));
    let rule = |text: &str| format!("{text}\n{input}");
    let returns = rule("-A INPUT -p tcp -m tcp --dport 3128 -j RETURN");
    let goes = rule("-A INPUT -p tcp -m tcp --dport 3128 -g SVC");
    let queued = rule("-A INPUT -p tcp -m tcp --dport 3128 -j NFQUEUE --queue-num 0");
    assert_eq!(answers(&[open, closed]), Verdict::Holds);
    assert_eq!(answers(&[open, closed, (SAVE, input, &returns)]), Verdict::Undetermined);
    assert_eq!(answers(&[open, closed, chain, (SAVE, input, &goes)]), Verdict::Undetermined);
    assert_eq!(answers(&[(SAVE, input, &queued)]), Verdict::Undetermined);
    // Back to a policy that drops.
    assert_eq!(answers(&[(SAVE, input, &returns)]), Verdict::Holds);
    assert_eq!(answers(&[chain, (SAVE, input, &goes)]), Verdict::Holds);

    let calls = rule("-A INPUT -j SVC");
    let inside = |port: u16| {
        format!("-A INPUT -j DROP\n-A SVC -p tcp -m tcp --dport {port} -j RETURN\n-A SVC -j DROP\n{FIRST}")
    };
    let called = |port: u16| {
        let rules = inside(port).replace("-A INPUT -j DROP\n", "");
        answers(&[open, chain, (SAVE, input, &calls), (SAVE, FIRST, &rules)])
    };
    assert_eq!(called(3128), Verdict::Undetermined);
    // Administration alone comes back, and the caller refuses the rest after it.
    assert_eq!(called(22), Verdict::Holds);
    assert_eq!(answers(&[open, chain, (SAVE, input, &calls), (SAVE, FIRST, &inside(3128))]), Verdict::Holds);
}

/// What is taken out of connection tracking opens sessions as UNTRACKED, what was translated to the box as DNAT.
#[test]
fn a_service_may_be_let_in_by_another_state_than_new() {
    let raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 53 -j NOTRACK\nCOMMIT\n*mangle\n";
    let answers = |states: &str, raw: &str| {
        let old = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
        let edits = [
            (SAVE, old, &*format!("-A INPUT -m conntrack --ctstate {states} -j ACCEPT")),
            (SAVE, "-A OUTPUT -d 10.80.9.10/32", "-A OUTPUT -j ACCEPT\n-A OUTPUT -d 10.80.9.10/32"),
            (SAVE, "*mangle\n", raw),
        ];
        verdict(&town("linux-gateway", &edits), "M-1", "host")
    };
    assert_eq!(answers("RELATED,ESTABLISHED,UNTRACKED", raw), Verdict::Undetermined);
    assert_eq!(answers("RELATED,ESTABLISHED,DNAT", "*mangle\n"), Verdict::Undetermined);
    // Nothing is taken out, or what is taken out is not let in.
    assert_eq!(answers("RELATED,ESTABLISHED,UNTRACKED", "*mangle\n"), Verdict::Holds);
    assert_eq!(answers("RELATED,ESTABLISHED", raw), Verdict::Holds);
}

/// A box that routes nothing and has no filter lets everybody in to its services.
#[test]
fn without_a_filter_table_every_service_is_let_in() {
    let save = String::from_utf8(files_of("linux-gateway")[SAVE].clone()).unwrap();
    let filter = &save[save.find("*filter").unwrap()..];
    let settings = String::from_utf8(files_of("linux-gateway")["configs/sysctl.txt"].clone()).unwrap();
    let off: Vec<String> = settings
        .lines()
        .map(|l| {
            if l.starts_with("net.ipv4.") && l.contains("forward") {
                l.replace("= 1", "= 0")
            } else {
                l.to_owned()
            }
        })
        .collect();
    let off = off.join("\n") + "\n";
    let relay = |more: &[(&str, &str, &str)]| {
        let mut edits = vec![("configs/sysctl.txt", &*settings, &*off)];
        edits.extend(more);
        verdict(&town("linux-gateway", &edits), "M-1", "host")
    };
    assert_eq!(relay(&[]), Verdict::Holds);
    assert_eq!(relay(&[(SAVE, filter, "")]), Verdict::Undetermined);
}

/// Nobody knows whom IPv6 rules let in that were not exported, unless no interface takes IPv6.
#[test]
fn services_may_be_let_in_by_rules_that_were_not_exported() {
    let shut = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let relays = |more: &[(Companion, &str, &str)]| {
        let mut companions = vec![(Companion::Addresses, "gw.addr", ADDRESSES)];
        companions.extend(more);
        read_with("iptables", "gw.rules", shut, &companions).reading.devices[0].relays.len()
    };
    assert_eq!(relays(&[]), 1);
    assert_eq!(relays(&[(Companion::Ipv6, "gw.rules6", shut)]), 0);
    let off = "net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv6.conf.eth0.disable_ipv6 = 1\nnet.ipv6.conf.eth1.disable_ipv6 = ";
    assert_eq!(relays(&[(Companion::Sysctl, "gw.sysctl", &format!("{off}1\n"))]), 0);
    assert_eq!(relays(&[(Companion::Sysctl, "gw.sysctl", &format!("{off}0\n"))]), 1);
}

/// A macvlan stands on the wire of its parent (man ip-link): what both lead to is one broadcast domain.
#[test]
fn stations_on_one_wire_are_one_broadcast_domain() {
    let addresses = String::from_utf8(files_of("linux-gateway")["configs/ip_addr.txt"].clone()).unwrap();
    let with = |header: &str, details: &str| {
        let of = "    inet 10.80.1.1/24";
        let edited = addresses.replace("3: eth1:", header).replace(of, &format!("{details}{of}"));
        town("linux-gateway", &[("configs/ip_addr.txt", &addresses, &edited)])
    };
    let bridge = "    macvlan mode bridge bcqueuelen 1000 numtxqueues 1 numrxqueues 1\n";
    for (header, details) in
        [("3: eth1@eth3:", bridge), ("3: eth1@eth3:", "    ipvlan  mode l2 bridge\n"), ("3: eth1@eth3:", "")]
    {
        let answers = with(header, details);
        for level in ["packet", "l2"] {
            assert_eq!(verdict(&answers, "M-1", level), Verdict::Undetermined, "{header} {details} {level}");
        }
    }
    // Both ends of one veth pair.
    let pair = addresses.replace("3: eth1:", "3: eth1@eth3:").replace(": eth3:", ": eth3@eth1:");
    let answers = town("linux-gateway", &[("configs/ip_addr.txt", &addresses, &pair)]);
    assert_eq!(verdict(&answers, "M-1", "packet"), Verdict::Undetermined);
    // A VLAN of that parent has a tag, and the other end of a veth pair is elsewhere.
    for (header, details) in [
        ("3: eth1@eth3:", "    vlan protocol 802.1Q id 11 <REORDER_HDR>\n"),
        ("3: eth1@if9:", "    veth\n"),
        ("3: eth1@if9:", ""),
    ] {
        assert_eq!(verdict(&with(header, details), "M-1", "packet"), Verdict::Holds, "{header} {details}");
    }
}

/// Of one prefix, the route with a service field is asked before the plain one, whatever their metrics, and so is an
/// IPv6 route with a source (kernel 6.18): the sender chooses the field.
#[test]
fn a_conditional_route_goes_before_the_plain_one() {
    for (plain, more) in [
        ("8.8.8.0/24 via 10.0.2.254 dev eth1\n", "8.8.8.0/24 tos 0x10 via 10.0.1.254 dev eth0 metric 100\n"),
        (
            "8.8.8.0/24 via 10.0.2.254 dev eth1 metric 5\n",
            "8.8.8.0/24 tos 0x10 via 10.0.1.254 dev eth0 metric 100\n",
        ),
    ] {
        let with = |more: &str| Router { routes: format!("{ROUTES}{plain}{more}"), ..router() };
        assert_eq!(with("").syn(A4, "8.8.8.8"), "accept eth1");
        // By one of two interfaces.
        assert_eq!(with(more).syn(A4, "8.8.8.8"), "accept ", "{more}");
        // A longer prefix goes before both.
        assert_eq!(
            with(&more.replace("/24", "/16").replace("8.8.8.0", "8.8.0.0")).syn(A4, "8.8.8.8"),
            "accept eth1"
        );
    }
    let six = |more: &str| Router {
        routes: format!("{ROUTES}2001:db8:9::/64 via 2001:db8:2::fe dev eth1 metric 10 pref medium\n{more}"),
        ..router()
    };
    let to = "2001:db8:9::1";
    assert_eq!(six("").syn_from_a6(to), "accept eth1");
    let from = "2001:db8:9::/64 from 2001:db8:1::/64 via 2001:db8:1::fe dev eth0 metric 2000 pref medium\n";
    assert_eq!(six(from).syn_from_a6(to), "accept ");
}

/// Ports of a team carry one wire, as those of a bond do; only `ip -d` tells it from a bridge.
#[test]
fn ports_of_a_team_are_no_bridge() {
    let bridges = |details: &str| {
        let port = |number: u8| {
            format!(
                "{number}: eth{number}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master team0 state UP\n    \
                 link/ether 00:00:5e:00:53:0{number} brd ff:ff:ff:ff:ff:ff\n{details}"
            )
        };
        let addresses = format!("{ADDRESSES}{}{}", port(8), port(9));
        let companions = [(Companion::Addresses, "gw.addr", &*addresses)];
        read_with("iptables", "gw.rules", OPEN, &companions).reading.devices[0].facts.bridges.len()
    };
    assert_eq!(bridges("    team_slave numtxqueues 1 numrxqueues 1\n"), 0);
    assert_eq!(bridges("    bridge_slave state forwarding priority 32\n"), 1);
    assert_eq!(bridges(""), 1);
}
