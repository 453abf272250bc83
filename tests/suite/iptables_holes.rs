//! Where the reader believed an export that did not say it: an empty or cut companion, a setting that decides nothing,
//! a word that it took for less than the kernel does. Each test failed before it was mended.
use bunri::model::{CauseId, Expr, Field, NatKind, Ranges, Rewrite, State};
use bunri::source::Lang;
use bunri::vendor::Companion;

use bunri::analysis::answer::Verdict;

use crate::iptables_attack::{A4, ADDRESSES, B4, B6, OPEN, ROUTES, Router, SETTINGS, V6_ON, closed, router};
use crate::mutation::judge::{Outcome, files_of, verdict_of};
use crate::overlooked::{town, verdict};
use crate::support::reading::read_with;

const RULES: &str =
    "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";

fn settings(old: &str, new: &str) -> String {
    let all = format!("{SETTINGS}{V6_ON}");
    assert!(all.contains(old), "{old}");
    all.replace(old, new)
}

/// The gateway of `topologies/linux-gateway` with some places of its files changed.
fn gateway(edits: &[(&str, &str, &str)]) -> Outcome {
    let mut files = files_of("linux-gateway");
    for (file, old, new) in edits {
        let text = String::from_utf8(files[*file].clone()).unwrap();
        assert!(text.contains(old), "{file}: {old}");
        files.insert((*file).to_owned(), text.replacen(old, new, 1).into_bytes());
    }
    verdict_of(&files, &[])
}

pub const SAVE: &str = "configs/iptables-save.txt";
pub const FIRST: &str = "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n";

/// A kernel without policy routing prints nothing; `main` is looked up all the same.
#[test]
fn a_list_of_policy_rules_without_main_is_not_whole() {
    let with = |policy: &'static str| Router { policy: Some(policy), ..router() };
    assert_eq!(with(RULES).syn(A4, B4), "accept eth1");
    for cut in ["", "\n", "0:\tfrom all lookup local\n32767:\tfrom all lookup default\n"] {
        assert_eq!(with(cut).syn(A4, B4), "undetermined", "{cut}");
    }
    let some =
        "0:\tfrom all lookup local\n32766:\tfrom 10.0.9.0/24 lookup main\n32767:\tfrom all lookup default\n";
    assert_eq!(with(some).syn(A4, B4), "undetermined");
}

/// An address of an interface that is up has a route of its prefix (`fib_add_ifaddr`).
#[test]
fn routes_that_lack_a_prefix_of_an_own_address_are_not_whole() {
    let without = |line: &str| {
        assert!(ROUTES.contains(line), "{line}");
        Router { routes: ROUTES.replace(line, ""), ..router() }
    };
    let main = "10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.1\n";
    assert_eq!(without(main).syn(A4, B4), "undetermined");
    assert_eq!(
        without("2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium\n").syn_from_a6(B6),
        "undetermined"
    );
    let empty = Router { routes: String::new(), ..router() };
    assert_eq!(empty.syn(A4, B4), "undetermined");
    // Where the kernel makes no route of it, none is missed.
    let addresses = ADDRESSES.replace("10.0.2.255 scope global", "10.0.2.255 scope global noprefixroute");
    assert_eq!(Router { addresses, ..without(main) }.syn(A4, B4), "accept eth1");
    let addresses = ADDRESSES.replace(
        "    inet 127.0.0.1/8 scope host lo\n",
        "    inet 127.0.0.1/8 scope host lo\n    inet 10.9.9.1/32 scope global lo\n",
    );
    assert_eq!(Router { addresses, ..router() }.syn(A4, B4), "accept eth1");
    let addresses = ADDRESSES.replace("3: eth1", "4: eth2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN\n    inet 10.0.5.1/24 brd 10.0.5.255 scope global eth2\n3: eth1");
    assert_eq!(Router { addresses, ..router() }.syn(A4, B4), "accept eth1");
}

/// The kernel asks `forwarding` of the ingress: with `ip_forward = 0` and `conf.eth0.forwarding = 1` the packet came out.
#[test]
fn the_global_switch_does_not_decide_for_an_interface() {
    let with = |more: &str| Router {
        settings: settings("net.ipv4.ip_forward = 1\n", &format!("net.ipv4.ip_forward = 0\n{more}")),
        ..router()
    };
    assert_eq!(with("").syn(A4, B4), "undetermined");
    assert_eq!(with("net.ipv4.conf.eth0.forwarding = 1\n").syn(A4, B4), "accept eth1");
    assert_eq!(
        with("net.ipv4.conf.eth0.forwarding = 0\nnet.ipv4.conf.eth1.forwarding = 0\n").syn(A4, B4),
        "drop"
    );
}

/// `conf.default` is copied into interfaces that are made afterwards.
#[test]
fn the_default_says_nothing_of_an_interface() {
    let with = |all: u8| Router {
        settings: settings(
            "all.rp_filter = 0\nnet.ipv4.conf.eth0.rp_filter = 0",
            &format!("all.rp_filter = {all}"),
        ) + "net.ipv4.conf.default.rp_filter = 1\n",
        ..router()
    };
    assert_eq!(with(0).syn("9.9.9.9", B4), "undetermined");
    assert_eq!(with(0).syn(A4, B4), "accept eth1");
    // Two is the largest.
    assert_eq!(with(2).syn("9.9.9.9", B4), "accept eth1");
}

/// `main` has no route back, and `default` has one over the interface that the packet came by: it passed.
#[test]
fn reverse_paths_look_into_the_table_default() {
    let routes = ROUTES.replace("default via 10.0.2.254 dev eth1\n", "");
    let strict = settings("eth0.rp_filter = 0", "eth0.rp_filter = 1");
    let with = |more: &str| Router {
        routes: format!("{routes}{more}"),
        settings: strict.clone(),
        policy: Some(RULES),
        ..router()
    };
    assert_eq!(with("").syn("9.9.9.9", B4), "drop");
    assert_eq!(with("9.9.9.0/24 via 10.0.1.254 dev eth0 table default\n").syn("9.9.9.9", B4), "undetermined");
}

/// `not` turns the whole selector round: `not from 10.0.9.0/24 dport 9999` took everything.
#[test]
fn a_negated_policy_rule_is_negated_as_a_whole() {
    let policy = "0:\tfrom all lookup local\n100:\tnot from 10.0.1.0/24 dport 9999 lookup 100\n32766:\tfrom all lookup main\n";
    let routes = format!("{ROUTES}8.8.8.0/24 via 10.0.1.254 dev eth0 table 100\n");
    let router = Router { policy: Some(policy), routes, ..router() };
    // By one of two interfaces.
    assert_eq!(router.syn(A4, "8.8.8.8"), "accept ");
    assert_eq!(router.syn(A4, B4), "accept eth1");
}

/// `lookup local` for some packets is not the lookup of every own address: 10.0.2.1 left by eth1.
#[test]
fn a_lookup_of_own_addresses_for_some_packets_is_not_one_for_all() {
    let policy = "0:\tfrom all iif lo lookup local\n100:\tfrom all iif eth0 lookup main\n200:\tfrom all lookup local\n\
                  32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
    assert_eq!(router().syn(A4, "10.0.2.1"), "local");
    assert_eq!(Router { policy: Some(policy), ..router() }.syn(A4, "10.0.2.1"), "accept eth1");
    let without = "0:\tfrom 10.0.1.0/24 lookup local\n32766:\tfrom all lookup main\n";
    assert_eq!(Router { policy: Some(without), ..router() }.syn("9.9.9.9", "10.0.2.1"), "undetermined");
}

/// An address that somebody else has already is not in the table `local`, one that is still looked at may be later.
#[test]
fn a_duplicate_address_is_not_an_own_one() {
    let main = ROUTES.split_at(ROUTES.find("local").unwrap()).0;
    let six = "2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium\n2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium\n";
    let with = |words: &str| Router {
        addresses: ADDRESSES
            .replace("2001:db8:2::1/64 scope global", &format!("2001:db8:2::1/64 scope global{words}")),
        routes: format!("{main}{six}"),
        ..router()
    };
    assert_eq!(with("").syn_from_a6("2001:db8:2::1"), "local");
    assert_eq!(with(" tentative dadfailed").syn_from_a6("2001:db8:2::1"), "undetermined");
}

/// Without `sysctl -a` nobody knows whether own addresses pass as sources.
#[test]
fn settings_that_no_dump_shows_are_not_off() {
    let on = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [1:60]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    let bare = Router { v4: on, settings: String::new(), ..router() };
    let reading = |settings: Option<&str>| {
        let mut companions =
            vec![(Companion::Addresses, "gw.addr", ADDRESSES), (Companion::Routes, "gw.route", ROUTES)];
        companions.extend(settings.map(|text| (Companion::Sysctl, "gw.sysctl", text)));
        read_with("iptables", "gw.rules", on, &companions).reading
    };
    // A dump that shows them for some interfaces only: said as an assumption.
    let said = |settings| {
        let all = reading(settings).devices[0].assumptions.clone();
        all.iter().any(|a| a.text(Lang::En).contains("`accept_local` is off, as Linux has it by default"))
    };
    assert!(said(Some(SETTINGS)));
    assert!(!said(None));
    assert_eq!(bare.syn("10.0.2.1", B4), "drop");
    let causes =
        reading(None).devices[0].causes.iter().map(|c| c.what.text(Lang::En).to_owned()).collect::<Vec<_>>();
    for key in ["accept_local", "route_localnet"] {
        assert!(causes.contains(&format!("whether `{key}` is on")), "{key}: {causes:?}");
    }
}

/// Any value but 0 accepts source routes (`IN_DEV_SOURCE_ROUTE`).
#[test]
fn a_negative_switch_is_on() {
    for (all, own, doubtful) in
        [("1", "1", true), ("1", "-1", true), ("-1", "1", true), ("1", "0", false), ("0", "1", false)]
    {
        let edits = ["all", "eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "lo"].map(|name| {
            let key = format!("net.ipv4.conf.{name}.accept_source_route = ");
            (format!("{key}0\n"), format!("{key}{}\n", if name == "all" { all } else { own }))
        });
        let open = format!(
            "{FIRST}-A FORWARD -i eth5 -d 10.80.3.0/24 -j ACCEPT\n-A FORWARD -i eth1 -d 10.80.9.0/24 -j ACCEPT\n"
        );
        let mut edits: Vec<(&str, &str, &str)> =
            edits.iter().map(|(old, new)| ("configs/sysctl.txt", old.as_str(), new.as_str())).collect();
        edits.retain(|(_, old, new)| old != new);
        edits.push((SAVE, FIRST, &open));
        let found = gateway(&edits);
        let expected = if doubtful { Outcome::Undetermined } else { gateway(&edits[edits.len() - 1..]) };
        assert_eq!(found, expected, "{all} {own}");
    }
}

/// `ip route` names only interfaces that are there and up, whatever `ip addr` shows.
#[test]
fn an_interface_that_a_route_uses_is_there() {
    let tunnel = [
        ("configs/ip_route.txt", "blackhole", "10.99.0.0/16 dev tun0 scope link\nblackhole"),
        (
            SAVE,
            FIRST,
            "-A FORWARD -i eth1 -o tun0 -j ACCEPT\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\n",
        ),
    ];
    assert_ne!(gateway(&tunnel), Outcome::Holds);
    // A tunnel may be there later, without a route to it now.
    assert_ne!(gateway(&tunnel[1..]), Outcome::Holds);
    // A card that was taken out: a rule for it is a leftover, unless the settings show it or a route uses it.
    let card = tunnel.map(|(file, old, new)| (file, old, new.replace("tun0", "eth9")));
    let card = card.each_ref().map(|(file, old, new)| (*file, *old, new.as_str()));
    assert_ne!(gateway(&card), Outcome::Holds);
    assert_eq!(gateway(&card[1..]), Outcome::Holds);
    let shown = (
        "configs/sysctl.txt",
        "net.ipv4.conf.eth1.",
        "net.ipv4.conf.eth9.forwarding = 1\nnet.ipv4.conf.eth1.",
    );
    assert_ne!(gateway(&[card[1], shown]), Outcome::Holds);
}

/// `lo` is in every list of interfaces.
#[test]
fn a_list_of_interfaces_without_lo_is_not_whole() {
    let cut = ADDRESSES.split_at(ADDRESSES.find("2: eth0").unwrap()).1;
    for (text, whole) in [(ADDRESSES, true), (cut, false), ("", false)] {
        let companions = [(Companion::Addresses, "gw.addr", text)];
        let device = read_with("iptables", "gw.rules", OPEN, &companions).reading.devices.remove(0);
        // What stands for all interfaces that nobody names.
        assert_eq!(device.interface("(other)").is_none(), whole, "{text}");
    }
}

/// What a helper opens passes wherever RELATED passes, named or not.
#[test]
fn related_need_not_be_named() {
    let assumed = |rule: &str, sysctl: &str| {
        let v4 = closed(rule);
        let companions =
            [(Companion::Addresses, "gw.addr", ADDRESSES), (Companion::Sysctl, "gw.sysctl", sysctl)];
        let device = read_with("iptables", "gw.rules", &v4, &companions).reading.devices.remove(0);
        let said = device.assumptions.iter().any(|a| a.text(Lang::En).contains("no connection helper"));
        (said, !device.helpers.is_empty())
    };
    let on = "net.netfilter.nf_conntrack_helper = 1\n";
    for rule in [
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-m conntrack ! --ctstate NEW,INVALID,UNTRACKED -j ACCEPT",
        "-m state ! --state NEW -j ACCEPT",
        "-m conntrack --ctstatus EXPECTED -j ACCEPT",
    ] {
        assert_eq!(assumed(rule, ""), (true, false), "{rule}");
        assert_eq!(assumed(rule, on), (false, true), "{rule}");
    }
    // Here nothing tells it from NEW.
    assert_eq!(assumed("-m conntrack --ctstate INVALID -j DROP", on), (false, false));
    assert_eq!(assumed("-p tcp -j ACCEPT", on), (false, false));
}

/// The reply to a session whose source was translated is SNAT (`IPS_SRC_NAT`), that of the other kind DNAT: with a forged
/// source the answer of the internet came in.
#[test]
fn replies_of_translated_sessions_match_the_translation() {
    for word in ["SNAT", "DNAT"] {
        let v4 = format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
             -A PREROUTING -d 10.0.2.9/32 -j DNAT --to-destination 10.0.1.9\nCOMMIT\n{}",
            closed(&format!("-m conntrack --ctstate {word} -j ACCEPT"))
        );
        let device = read_with("iptables", "gw.rules", &v4, &[]).reading.devices.remove(0);
        let set = device.rule_sets.iter().find(|s| s.name == "filter FORWARD").unwrap();
        let established = State::Established.value();
        let speaks = |e: &Expr| {
            let mut open = vec![e];
            while let Some(next) = open.pop() {
                match next {
                    Expr::In(Field::State, states) if states.contains(established) => return true,
                    Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
                    Expr::Unknown { bound, .. } => open.push(bound),
                    _ => {}
                }
            }
            false
        };
        assert!(set.chains.iter().flat_map(|c| &c.rules).any(|r| speaks(&r.when)), "{word}");
    }
}

/// What no rule of the save sets, something else may.
#[test]
fn a_mark_that_no_rule_sets_is_not_never_set() {
    let v4 = closed("-m mark --mark 0x9 -j ACCEPT");
    assert_eq!(Router { v4: &v4, ..router() }.syn(A4, B4), "undetermined");
    let policy = "0:\tfrom all lookup local\n100:\tfrom all fwmark 0x9 lookup 100\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
    let routes = format!("{ROUTES}default via 10.0.1.254 dev eth0 table 100\n");
    let marked = Router { v4: OPEN, policy: Some(policy), routes, ..router() };
    assert_eq!(marked.syn(A4, "8.8.8.8"), "accept ");
}

/// Frames without a tag come in by the parent of a VLAN.
#[test]
fn the_parent_of_a_vlan_leads_somewhere_where_a_rule_names_it() {
    let vlan = [
        (
            "configs/ip_addr.txt",
            "5: eth3: <",
            "5: eth3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n6: eth3.30@eth3: <",
        ),
        ("configs/ip_addr.txt", "scope global eth3", "scope global eth3.30"),
        ("configs/ip_route.txt", "dev eth3", "dev eth3.30"),
        ("topology.toml", "eth3 = \"joho_dmz\"", "\"eth3.30\" = \"joho_dmz\""),
        ("configs/sysctl.txt", "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 0"),
        (
            "configs/sysctl.txt",
            "net.ipv4.conf.eth3.rp_filter = 1",
            "net.ipv4.conf.eth3.rp_filter = 0\nnet.ipv4.conf.eth3/30.rp_filter = 1",
        ),
    ];
    let mut edits = vlan.to_vec();
    let rule = format!("-A FORWARD -i eth3 -d 10.80.1.11/32 -p tcp -m tcp --dport 443 -j ACCEPT\n{FIRST}");
    edits.push((SAVE, FIRST, &rule));
    assert_ne!(gateway(&edits), Outcome::Holds);
}

/// A proxy on the box: let in from one zone, let out to another.
#[test]
fn a_service_that_is_let_in_may_carry_data() {
    let input = "-A INPUT -s 10.80.9.10/32";
    let output = "-A OUTPUT -d 10.80.9.10/32";
    let out = format!("-A OUTPUT -d 10.80.0.0/16 -j ACCEPT\n{output}");
    let with = |rule: &str| gateway(&[(SAVE, input, &format!("{rule}\n{input}")), (SAVE, output, &out)]);
    assert_eq!(with("-A INPUT -p tcp -m tcp --dport 3128 -j ACCEPT"), Outcome::Undetermined);
    assert_eq!(with("-A INPUT -i eth3 -p udp -m multiport --dports 53,123 -j ACCEPT"), Outcome::Undetermined);
    // Administration, monitoring and what is no session of data.
    for rule in [
        "-A INPUT -s 10.80.9.10/32 -i eth5 -p udp -m udp --dport 161 -j ACCEPT",
        "-A INPUT -i eth3 -p icmp -m icmp --icmp-type 8 -j ACCEPT",
    ] {
        assert_eq!(with(rule), Outcome::Holds, "{rule}");
    }
}

/// A destination translation to the box is a REDIRECT.
#[test]
fn a_translation_to_the_box_hands_over_to_a_program() {
    let relays = |to: &str| {
        let v4 = format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
             -A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination {to}\nCOMMIT\n\
             *filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n"
        );
        let six = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
        let companions = [(Companion::Addresses, "gw.addr", ADDRESSES), (Companion::Ipv6, "gw.rules6", six)];
        read_with("iptables", "gw.rules", &v4, &companions).reading.devices[0].relays.len()
    };
    assert_eq!(relays("10.0.2.1:3128"), 1);
    assert_eq!(relays("127.0.0.1:3128"), 1);
    assert_eq!(relays("10.0.2.5:3128"), 0);
}

/// "Unknown", written out, is unknown.
#[test]
fn a_device_that_may_relay_by_its_declaration_may() {
    let output = "-A OUTPUT -d 10.80.9.10/32";
    let input = "-A INPUT -s 10.80.9.10/32";
    let with = |word: &str| {
        gateway(&[
            ("topology.toml", "vendor = \"iptables\"\n", &format!("vendor = \"iptables\"\n{word}")),
            (SAVE, output, &format!("-A OUTPUT -d 10.80.0.0/16 -j ACCEPT\n{output}")),
            (SAVE, input, &format!("-A INPUT -i eth3 -p udp -m udp --dport 161 -j ACCEPT\n{input}")),
        ])
    };
    assert_eq!(with(""), Outcome::Holds);
    assert_eq!(with("relay = \"unknown\"\n"), Outcome::Undetermined);
}

/// Ports of one bridge, one of which kept an address: frames pass between them without a rule.
#[test]
fn a_bridge_with_an_address_on_a_port_is_a_bridge() {
    let port = |name: &str| {
        (format!("{name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP"), name.to_owned())
    };
    let edits: Vec<(String, String)> = ["eth1", "eth3"]
        .map(port)
        .into_iter()
        .map(|(old, _)| (old.clone(), old.replace("qdisc mq", "qdisc mq master br0")))
        .collect();
    let mut all: Vec<(&str, &str, &str)> =
        edits.iter().map(|(old, new)| ("configs/ip_addr.txt", old.as_str(), new.as_str())).collect();
    all.push(("configs/ip_addr.txt", "    inet 10.80.3.1/24 brd 10.80.3.255 scope global eth3\n       valid_lft forever preferred_lft forever\n", ""));
    all.push(("configs/ip_route.txt", "10.80.3.0/24 dev eth3 proto kernel scope link src 10.80.3.1\n", ""));
    let mut files = files_of("linux-gateway");
    for (file, old, new) in all {
        let text = String::from_utf8(files[file].clone()).unwrap();
        assert!(text.contains(old), "{old}");
        files.insert(file.to_owned(), text.replacen(old, new, 1).into_bytes());
    }
    let site = bunri::network::build(
        &crate::mutation::Memory(&files),
        bunri::vendor::VENDORS,
        &bunri::source::Limits::default(),
    )
    .unwrap();
    use bunri::analysis::answer::{Level, Verdict};
    assert_ne!(crate::support::tiny::verdict(&site, "M-1", Level::Packet), Verdict::Holds);
}

/// One rule speaks of a header byte, the other of every other byte: one fact, two ways round.
#[test]
fn a_test_and_its_opposite_are_one_fact() {
    let v4 = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
              -A FORWARD -m dscp --dscp 0x0a -j DROP\n-A FORWARD -m dscp ! --dscp 0x0a -j ACCEPT\nCOMMIT\n";
    let device = read_with("iptables", "gw.rules", v4, &[]).reading.devices.remove(0);
    let set = device.rule_sets.iter().find(|s| s.name == "filter FORWARD").unwrap();
    let facts: Vec<(bool, CauseId)> =
        set.chains.iter().flat_map(|c| &c.rules).filter_map(|r| fact(&r.when)).collect();
    let [(false, first), (true, second)] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(first, second);
}

/// The undecided part of a condition: whether it is negated, and its cause.
fn fact(when: &Expr) -> Option<(bool, CauseId)> {
    match when {
        Expr::Unknown { cause, .. } => Some((false, *cause)),
        Expr::Not(inner) => fact(inner).map(|(negated, cause)| (!negated, cause)),
        Expr::All(parts) => parts.iter().find_map(fact),
        _ => None,
    }
}

/// The kernel gives a mapped source another port if a session holds the one it had: a packet that passes the box twice
/// meets its own (seed 2 of the laboratory's sites).
#[test]
fn a_mapped_source_may_get_another_port() {
    let rules = format!(
        "{}*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
         -A PREROUTING -d 198.51.100.0/24 -j NETMAP --to 10.0.2.0/24\n\
         -A POSTROUTING -o eth1 -j NETMAP --to 203.0.113.0/29\n\
         -A POSTROUTING -s 10.0.1.0/29 -o eth2 -j NETMAP --to 203.0.113.0/29\nCOMMIT\n",
        OPEN
    );
    let read = read_with("iptables", "gw.rules", &rules, &[(Companion::Addresses, "gw.addr", ADDRESSES)]);
    let mapped: Vec<(NatKind, bool)> = read.reading.devices[0]
        .nats
        .iter()
        .filter(|nat| nat.kind != NatKind::Both)
        .map(|nat| {
            let any = Rewrite::To(Field::Sport, Ranges::full(0xFFFF));
            (nat.kind, nat.rewrites.contains(&any))
        })
        .collect();
    assert_eq!(mapped, [(NatKind::Destination, false), (NatKind::Source, true), (NatKind::Source, true)]);
}

/// Routes that name their next hop by its number only (`nexthop_compat_mode = 0`) lead back somewhere.
#[test]
fn a_route_by_the_number_of_its_next_hop_is_a_way_back() {
    let strict = settings("eth0.rp_filter = 0", "eth0.rp_filter = 1");
    let with = |default: &str| Router {
        routes: ROUTES.replace("default via 10.0.2.254 dev eth1\n", default),
        settings: strict.clone(),
        policy: Some(RULES),
        ..router()
    };
    assert_eq!(with("default nhid 10 proto static metric 20\n").syn("9.9.9.9", B4), "undetermined");
    assert_eq!(with("default nhid 10 via 10.0.2.254 dev eth1\n").syn("9.9.9.9", B4), "drop");
    assert_eq!(with("default nhid 10 via 10.0.1.254 dev eth0\n").syn("9.9.9.9", B4), "accept eth1");
}

/// Tunnels of layer 2 are lines as well, by their usual names or by what `ip -d` shows.
#[test]
fn tunnels_of_layer_2_are_lines() {
    let x1 = |name: &str, details: &str| {
        let link = format!(
            "8: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000\n    \
             link/ether 00:00:5e:00:53:07 brd ff:ff:ff:ff:ff:ff\n{details}"
        );
        let unused = format!("vendor = \"iptables\"\nunused = [\"{name}\"]\n");
        let edits =
            [("configs/ip_addr.txt", "", &*link), ("topology.toml", "vendor = \"iptables\"\n", &*unused)];
        verdict(&town("linux-gateway", &edits), "X-1", "none")
    };
    for name in ["vxlan0", "geneve1", "gretap1", "l2tpeth0", "macsec0", "tailscale0", "zt5u4y6ejv"] {
        assert_eq!(x1(name, ""), Verdict::Violated, "{name}");
    }
    assert_eq!(x1("branch", "    vxlan id 100 remote 192.0.2.77 dev eth0 dstport 4789\n"), Verdict::Violated);
    assert_eq!(x1("branch", ""), Verdict::Holds);
}

/// The kernel takes a segment-routed packet on where both `all` and the interface say so.
#[test]
fn segment_routing_is_source_routing() {
    let m1 =
        |lines: &str| verdict(&town("linux-gateway", &[("configs/sysctl.txt", "", lines)]), "M-1", "packet");
    let all = "net.ipv6.conf.all.seg6_enabled = 1\n";
    assert_eq!(m1(&format!("{all}net.ipv6.conf.eth0.seg6_enabled = 1\n")), Verdict::Undetermined);
    assert_eq!(m1(&format!("{all}net.ipv6.conf.eth0.seg6_enabled = 0\n")), Verdict::Holds);
}
