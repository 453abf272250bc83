//! FortiOS: settings by which packets, or what is carried on for others, go where no policy of the export says, and
//! which once were overlooked.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::model::Radius;

use crate::fortios_attack::{dial_up, ends, firewall, read, taints};
use crate::overlooked::{town, verdict};

/// Whether it is known whom the box asks for names on behalf of its clients.
fn asks_the_named(more: &str) -> bool {
    let dns = "config system dns\n    set primary 10.1.0.53\nend\nconfig system dns-server\n    edit \"lan1\"\n    next\nend";
    let text = firewall(&format!("{dns}\n{more}"));
    let reading = read(&text);
    let relays = &reading.devices[0].relays;
    assert_eq!(relays.len(), 1);
    relays[0].carried.as_ref().unwrap().servers.is_some()
}

/// Resolvers that come with a lease take the place of those in the file, unless a line says otherwise.
#[test]
fn resolvers_may_come_with_a_lease() {
    let port = |lines: &str| {
        format!(
            "config system interface\n    edit \"lan3\"\n        set vdom \"root\"\n        {lines}\n    next\nend"
        )
    };
    assert!(asks_the_named(&port("set mode static")));
    assert!(!asks_the_named(&port("set mode dhcp")));
    assert!(!asks_the_named(&port("set mode pppoe\n        set dns-server-override enable")));
    assert!(asks_the_named(&port("set mode dhcp\n        set dns-server-override disable")));
    // The modem that every box has from the factory.
    assert!(asks_the_named(&port("set mode pppoe\n        set status down")));
    let six = |lines: &str| port(&format!("config ipv6\n            {lines}\n        end"));
    assert!(asks_the_named(&six("set ip6-mode static")));
    assert!(!asks_the_named(&six("set ip6-mode dhcp")));
    assert!(!asks_the_named(&six("set autoconf enable")));
    assert!(asks_the_named(&six("set ip6-mode dhcp\n            set ip6-dns-server-override disable")));
    assert!(asks_the_named("config system modem\n    set status disable\nend"));
    assert!(!asks_the_named("config system modem\n    set status enable\nend"));
}

/// The box fetches its users' sessions from a service outside.
#[test]
fn a_reverse_connector_lets_in_without_a_policy() {
    for block in ["reverse-connector", "traffic-forward-proxy-reverse-service"] {
        let with = |status: &str| {
            firewall(&format!(
                "config ztna {block}\n    edit \"RC\"\n        set status {status}\n        set address \"198.51.100.9\"\n        \
                 set port 9443\n    next\nend"
            ))
        };
        assert_eq!(taints(&with("enable")), [Radius::Device], "{block}");
    }
    assert_eq!(taints(&firewall("config ztna reverse-connector\nend")), []);
}

/// Copies leave by other members than the packets themselves.
#[test]
fn duplicates_leave_by_other_members() {
    let with = |how: &str| {
        firewall(&format!(
            "config system sdwan\n    set status enable\n    config members\n        edit 1\n            set interface \
             \"wan1\"\n        next\n    end\n    config duplication\n        edit 1\n            {how}\n        next\n    \
             end\nend"
        ))
    };
    assert_eq!(taints(&with("set packet-duplication force")), [Radius::Routing]);
    assert_eq!(taints(&with("set packet-duplication disable")), []);
}

/// A second phase adds the routes that the first one does not.
#[test]
fn routes_of_a_second_phase() {
    let second = |add: &str| {
        let block = format!(
            "config vpn ipsec phase2-interface\n    edit \"p2\"\n        set phase1name \"dial\"\n        set add-route {add}\n    \
             next\nend\nconfig router static\n"
        );
        dial_up("set type dynamic\n set add-route disable").replace("config router static\n", &block)
    };
    let (inward, drops) = ("dial 10.9.0.3 > 10.1.0.9 tcp/443", "drop: source check on dial");
    ends(&second("phase1"), inward, &[drops]);
    ends(&second("disable"), inward, &[drops]);
    ends(&second("enable"), inward, &["lan1: policy 1", drops, "drop: policy end"]);
}

/// A DHCP relay and an NTP server carry leases and time between those who ask and the servers that are written, and nothing
/// else: harmless within a tier, a way where the servers stand in another.
#[test]
fn leases_and_time_go_where_their_servers_are() {
    const WAKABA: &str = "configs/FW-WAKABA01_20260310.conf";
    let card = "        set ip 10.61.20.1 255.255.255.0\n";
    let relay = |server: &str| {
        let lines =
            format!("{card}        set dhcp-relay-service enable\n        set dhcp-relay-ip \"{server}\"\n");
        town("wakaba", &[(WAKABA, card, &lines)])
    };
    let time = |server: &str, kind: &str| {
        let block = format!(
            "config system ntp\n    set ntpsync enable\n    set type {kind}\n    set server-mode enable\n    set interface \"v22_naibu_pc\"\n    config ntpserver\n        edit 1\n            set server \"{server}\"\n        next\n    end\nend\n"
        );
        town("wakaba", &[(WAKABA, "", &block)])
    };
    let m1 = |answers: &[Assertion]| [verdict(answers, "M-2", "host"), verdict(answers, "L-1", "host")];
    assert_eq!(m1(&relay("10.61.10.11")), [Verdict::Holds; 2]);
    assert_ne!(m1(&relay("10.62.20.11")), [Verdict::Holds; 2]);
    assert_ne!(m1(&relay("dhcp.example.jp")), [Verdict::Holds; 2]);
    assert_eq!(m1(&time("10.61.10.11", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("10.62.20.11", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("ntp.example.jp", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("10.61.10.11", "fortiguard")), [Verdict::Holds; 2]);
}
