//! `-m rpfilter` where the source is the anycast address of a subnet that the box is in.

use bunri::model::{Expr, Family, Field, IfId, Then};
use bunri::vendor::{Companion, Reading};

use super::read;

const RULES6: &str =
    "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -m rpfilter -j DROP\nCOMMIT\n";
const RULES: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const ADDRESSES: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    inet6 ::1/128 scope host\n\
    2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP\n    inet6 2001:db8:1::1/64 scope global\n";
const MAIN: &str = "2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium\n";
const LOCAL: &str = "local ::1 dev lo table local proto kernel metric 0 pref medium\n\
    anycast 2001:db8:1:: dev eth0 table local proto kernel metric 0 pref medium\n\
    local 2001:db8:1::1 dev eth0 table local proto kernel metric 0 pref medium\n";

const ANYCAST: u128 = 0x2001_0db8_0001_0000_0000_0000_0000_0000;

fn reading(routes: &str) -> Reading {
    read(RULES, &[(Companion::Ipv6, RULES6), (Companion::Addresses, ADDRESSES), (Companion::Routes6, routes)])
        .1
}

/// Whether a condition certainly and possibly is met by an IPv6 packet from this source in `eth0`.
fn met(e: &Expr, at: IfId, source: u128) -> (bool, bool) {
    let each = |parts: &[Expr]| parts.iter().map(|p| met(p, at, source)).collect::<Vec<_>>();
    match e {
        Expr::Any => (true, true),
        Expr::None => (false, false),
        Expr::All(parts) => each(parts).into_iter().fold((true, true), |a, b| (a.0 && b.0, a.1 && b.1)),
        Expr::Or(parts) => each(parts).into_iter().fold((false, false), |a, b| (a.0 || b.0, a.1 || b.1)),
        Expr::Not(inner) => {
            let (sure, maybe) = met(inner, at, source);
            (!maybe, !sure)
        }
        Expr::In(field, values) => {
            let value = match field {
                Field::Family => Family::V6.value(),
                Field::Ingress => u128::from(at.0),
                Field::Src => source,
                other => panic!("{other:?}"),
            };
            let inside = values.contains(value);
            (inside, inside)
        }
        Expr::Unknown { bound, .. } => (false, met(bound, at, source).1),
    }
}

/// The same of the only rule that drops.
fn dropped(routes: &str, source: u128) -> (bool, bool) {
    let reading = reading(routes);
    let device = &reading.devices[0];
    let rules = device.rule_sets.iter().filter(|s| s.name.contains("raw")).flat_map(|s| &s.chains);
    let mut drops = rules.flat_map(|c| &c.rules).filter(|r| matches!(r.then, Then::Deny(_)));
    let rule = drops.next().expect("a rule that drops");
    assert!(drops.next().is_none());
    met(&rule.when, device.interface("eth0").unwrap(), source)
}

#[test]
fn an_anycast_source_is_not_routed_back() {
    let host = ANYCAST + 5;
    let shown = [MAIN, LOCAL].concat();
    assert_eq!(dropped(&shown, host), (true, true));
    assert_eq!(dropped(&shown, ANYCAST), (false, false));
    // Whether the kernel has the anycast address hangs on whether it forwards.
    assert_eq!(dropped(MAIN, host), (true, true));
    assert_eq!(dropped(MAIN, ANYCAST), (false, true));
    // Its own address is not.
    assert_eq!(dropped(MAIN, ANYCAST + 1), (false, false));
}
