//! Translations, marks and routes.

use super::{ADDRESSES, Edit, POLICY, Planted, ROUTES, RULES, hole, kept, mangle, nat, raw, swap, top};

pub(super) fn translations() -> Vec<Planted> {
    let translated = "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT";
    let outer = "-A PREROUTING -i eth0 -p tcp -m tcp --dport 8443 -j";
    vec![
        hole(
            "a translation to a server",
            vec![top(translated), nat(&format!("{outer} DNAT --to-destination 10.80.1.11:443"))],
        ),
        hole(
            "a translation of the old way of writing",
            vec![
                top("-A FORWARD -d 10.80.1.11/32 -j ACCEPT"),
                nat(&format!("{outer} DNAT --to-destination 10.80.1.11")),
            ],
        ),
        hole(
            "a translation asked for by its old target",
            vec![
                top("-A FORWARD -m conntrack --ctorigdst 192.0.2.9/32 -j ACCEPT"),
                nat(&format!("{outer} DNAT --to-destination 10.80.1.11:443")),
            ],
        ),
        hole(
            "a network translated",
            vec![top(translated), nat("-A PREROUTING -d 192.0.2.8/29 -i eth0 -j NETMAP --to 10.80.1.8/29")],
        ),
        hole(
            "a translation behind a set",
            vec![
                top(translated),
                nat(
                    "-A PREROUTING -i eth0 -m set --match-set himitsu src -j DNAT --to-destination 10.80.1.11",
                ),
            ],
        ),
        hole(
            "a target that cannot be read",
            vec![top(translated), nat(&format!("{outer} DNAT --to-destination 10.80.1.?1"))],
        ),
        hole(
            "a translation in a chain of its own",
            vec![
                top(translated),
                Edit::new(
                    RULES,
                    ":POSTROUTING ACCEPT [9921:611201]\n",
                    ":POSTROUTING ACCEPT [9921:611201]\n:KOKAI - [0:0]\n",
                ),
                nat(
                    "-A PREROUTING -i eth0 -j KOKAI\n-A KOKAI -p tcp -m tcp --dport 8443 -j DNAT --to-destination 10.80.1.11:443",
                ),
            ],
        ),
        hole(
            "the sender translated, then let through",
            vec![top("-A FORWARD -i eth3 -o eth1 -j ACCEPT"), nat("-A POSTROUTING -o eth1 -j MASQUERADE")],
        ),
        hole(
            "a proxy for the inner zone",
            vec![
                nat("-A PREROUTING -i eth1 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128"),
                Edit::before(
                    RULES,
                    "-A INPUT -s 10.80.9.10/32",
                    "-A INPUT -i eth1 -p tcp -m tcp --dport 3128 -j ACCEPT\n",
                ),
                Edit::before(
                    RULES,
                    "-A OUTPUT -d 10.80.9.10/32",
                    "-A OUTPUT -o eth0 -p tcp -m tcp --dport 80 -j ACCEPT\n",
                ),
            ],
        ),
        hole(
            "a proxy that takes packets as they are",
            vec![
                mangle(
                    "-A PREROUTING -i eth1 -p tcp -m tcp --dport 80 -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1",
                ),
                Edit::before(RULES, "-A INPUT -s 10.80.9.10/32", "-A INPUT -i eth1 -j ACCEPT\n"),
                Edit::before(RULES, "-A OUTPUT -d 10.80.9.10/32", "-A OUTPUT -o eth0 -j ACCEPT\n"),
            ],
        ),
        hole(
            "a translation that nobody knows",
            vec![top(translated), nat("-A PREROUTING -i eth0 -j HIMITSU --to 10.80.1.11")],
        ),
    ]
}

pub(super) fn marks() -> Vec<Planted> {
    vec![
        hole(
            "a mark that a rule accepts",
            vec![
                top("-A FORWARD -m mark --mark 0x1 -j ACCEPT"),
                mangle("-A PREROUTING -i eth3 -j MARK --set-xmark 0x1/0xffffffff"),
            ],
        ),
        hole(
            "a mark of the session that a rule accepts",
            vec![
                top("-A FORWARD -m connmark --mark 0x1 -j ACCEPT"),
                mangle("-A PREROUTING -i eth3 -j CONNMARK --set-xmark 0x1/0xffffffff"),
            ],
        ),
        hole(
            "packets without a session accepted",
            vec![
                top("-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT"),
                raw("-A PREROUTING -i eth3 -j CT --notrack"),
            ],
        ),
        hole(
            "packets without a session accepted, the old way",
            vec![
                top("-A FORWARD -m state --state UNTRACKED -j ACCEPT"),
                raw("-A PREROUTING -i eth3 -j NOTRACK"),
            ],
        ),
        hole(
            "a helper opens what it hears",
            vec![raw("-A PREROUTING -p udp -m udp --dport 161 -j CT --helper snmp")],
        ),
    ]
}

/// A rule that only routes keep from being a hole, and what leads its packets across.
pub(super) fn routes() -> Vec<Planted> {
    // What is for LGWAN must leave by eth4; here no rule says so.
    let open = || top("-A FORWARD -i eth2 -d 198.51.100.0/24 -p tcp -m tcp --dport 8443 -j ACCEPT");
    // Beside policy rules no way back is certain, so the check of sources decides nothing here.
    let bound = || {
        swap("-s 10.80.9.10/32 -d 10.80.1.11/32 -p udp", "-s 10.80.9.10/32 -d 10.80.1.11/32 -i eth5 -p udp")
    };
    let route = |text: &str| Edit::before(ROUTES, "blackhole", &format!("{text}\n"));
    let policy = |text: &str| Edit::before(POLICY, "32766:", &format!("{text}\n"));
    let outer = "default via 192.0.2.14 dev eth0 table 100 proto static";
    let inner = || top("-A FORWARD -i eth1 -d 10.80.77.0/24 -j ACCEPT");
    let address = "    inet 10.80.3.1/24 brd 10.80.3.255 scope global eth3\n       valid_lft forever preferred_lft forever\n";
    let second = "    inet 10.80.77.1/24 brd 10.80.77.255 scope global secondary eth3\n       valid_lft forever preferred_lft forever\n";
    let secondary = || Edit::new(ADDRESSES, address, &format!("{address}{second}"));
    let link = |name: &str, more: &str| {
        format!(
            "9: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    link/ether 00:00:5e:00:53:09 brd ff:ff:ff:ff:ff:ff\n{more}"
        )
    };
    let new_link = |name: &str| {
        Edit::before(
            ADDRESSES,
            "2: eth0",
            &link(
                name,
                &format!(
                    "    inet 10.98.0.1/24 brd 10.98.0.255 scope global {name}\n       valid_lft forever preferred_lft forever\n"
                ),
            ),
        )
    };
    vec![
        kept("a rule that routes keep inside", vec![open()]),
        hole("a longer route", vec![open(), route("198.51.100.0/25 via 192.0.2.14 dev eth0 proto static")]),
        hole(
            "the route is gone",
            vec![open(), Edit::new(ROUTES, "198.51.100.0/24 via 10.80.250.6 dev eth4 proto static\n", "")],
        ),
        hole(
            "a route whose line cannot be read",
            vec![open(), route("198.51.100.0/25 v?a 192.0.2.14 dev eth0 proto static")],
        ),
        hole(
            "a better metric",
            vec![
                open(),
                Edit::new(ROUTES, "dev eth4 proto static", "dev eth4 proto static metric 100"),
                route("198.51.100.0/24 via 192.0.2.14 dev eth0 proto static metric 10"),
            ],
        ),
        hole(
            "two ways at once",
            vec![
                open(),
                Edit::new(
                    ROUTES,
                    "198.51.100.0/24 via 10.80.250.6 dev eth4 proto static\n",
                    "198.51.100.0/24 proto static\n\tnexthop via 10.80.250.6 dev eth4 weight 1\n\tnexthop via 192.0.2.14 dev eth0 weight 1\n",
                ),
            ],
        ),
        hole(
            "a rule for sources",
            vec![open(), bound(), policy("100:\tfrom 10.80.2.0/24 lookup 100"), route(outer)],
        ),
        hole(
            "a rule for the ingress",
            vec![open(), bound(), policy("100:\tfrom all iif eth2 lookup 100"), route(outer)],
        ),
        hole(
            "a rule for a mark",
            vec![
                open(),
                bound(),
                policy("100:\tfrom all fwmark 0x1 lookup 100"),
                route(outer),
                mangle("-A PREROUTING -i eth2 -j MARK --set-xmark 0x1/0xffffffff"),
            ],
        ),
        hole(
            "a rule that cannot be read",
            vec![open(), bound(), policy("100:\tfr?m 10.80.2.0/24 lookup 100"), route(outer)],
        ),
        hole(
            "a rule for a table that nobody shows",
            vec![open(), bound(), policy("100:\tfrom 10.80.2.0/24 lookup 222")],
        ),
        kept(
            "a rule for other sources",
            vec![open(), bound(), policy("100:\tfrom 203.0.113.0/24 lookup 100"), route(outer)],
        ),
        kept("addresses that lie nowhere", vec![inner()]),
        hole(
            "a secondary address",
            vec![
                inner(),
                secondary(),
                route("10.80.77.0/24 dev eth3 proto kernel scope link src 10.80.77.1"),
            ],
        ),
        hole(
            "a secondary address without its route",
            vec![
                top("-A FORWARD -i eth1 -o eth3 -d 10.80.77.0/24 -j ACCEPT"),
                secondary(),
                route("10.80.77.0/24 dev eth3 proto kernel scope link src 10.80.77.1"),
            ],
        ),
        hole(
            "a second network card",
            vec![
                top("-A FORWARD -i eth1 -o eth6 -j ACCEPT"),
                new_link("eth6"),
                route("10.98.0.0/24 dev eth6 proto kernel scope link src 10.98.0.1"),
            ],
        ),
        hole(
            "a VLAN",
            vec![
                top("-A FORWARD -i eth1 -o eth3.77 -j ACCEPT"),
                new_link("eth3.77@eth3"),
                route("10.98.0.0/24 dev eth3.77 proto kernel scope link src 10.98.0.1"),
            ],
        ),
        hole(
            "a tunnel",
            vec![
                top("-A FORWARD -i eth1 -o wg0 -j ACCEPT"),
                new_link("wg0"),
                route("10.98.0.0/24 dev wg0 proto kernel scope link src 10.98.0.1"),
            ],
        ),
        hole(
            "two cards in one bridge",
            vec![
                Edit::new(
                    ADDRESSES,
                    "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq",
                    "3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master br0",
                ),
                Edit::new(
                    ADDRESSES,
                    "5: eth3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq",
                    "5: eth3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master br0",
                ),
                new_link("br0"),
            ],
        ),
    ]
}
