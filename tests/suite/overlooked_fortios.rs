//! FortiOS: settings by which packets, or what is carried on for others, go where no policy of the export says, and
//! which once were overlooked.

use bunri::model::Radius;

use crate::fortios_attack::{dial_up, ends, firewall, read, taints};

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
