//! Holes in the words of iptables, `ip` and `sysctl`.

use super::{Bed, Edit, Kind, Planted};

const RULES: &str = "configs/iptables-save.txt";
const RULES6: &str = "configs/ip6tables-save.txt";
const ADDRESSES: &str = "configs/ip_addr.txt";
const ROUTES: &str = "configs/ip_route.txt";
const POLICY: &str = "configs/ip_rule.txt";
const SYSCTL: &str = "configs/sysctl.txt";

/// The first rule of FORWARD, of the gateway's translations, and of its mangle table.
const FORWARD: &str = "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n";
const NAT: &str = "-A PREROUTING -d 192.0.2.10/32";
const MANGLE: &str = "-A FORWARD -o eth0 -p tcp -m tcp --tcp-flags";

pub fn beds() -> Vec<Bed> {
    let gateway = [filters(), translations(), marks(), routes(), kernel(), harmless()].concat();
    let mut out = vec![Bed { vendor: "iptables", site: "linux-gateway", one_in: 3, planted: gateway }];
    for (site, one_in) in [("wakaba", 8), ("hoshimi", 50)] {
        out.push(Bed { vendor: "iptables", site, one_in, planted: sanitizer(site) });
    }
    out
}

fn hole(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Hole, name, edits)
}

fn kept(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Harmless, name, edits)
}

/// Rules on top of FORWARD.
fn top(rules: &str) -> Edit {
    Edit::before(RULES, FORWARD, &format!("{rules}\n"))
}

/// A rule of FORWARD, or whatever else, in place of another.
fn swap(old: &str, new: &str) -> Edit {
    Edit::new(RULES, old, new)
}

/// On top of the gateway's translations.
fn nat(rules: &str) -> Edit {
    Edit::before(RULES, NAT, &format!("{rules}\n"))
}

fn mangle(rules: &str) -> Edit {
    Edit::before(RULES, MANGLE, &format!("{rules}\n"))
}

fn raw(rules: &str) -> Edit {
    let table = format!("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n");
    Edit::before(RULES, "*mangle\n", &table)
}

/// Another first rule of FORWARD.
fn rule(name: &str, rule: &str) -> Planted {
    hole(name, vec![top(rule)])
}

fn filters() -> Vec<Planted> {
    let last = "-A FORWARD -j KYOHI\n";
    let known = "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32 -p udp -m udp --dport 161";
    vec![
        rule("everything accepted", "-A FORWARD -j ACCEPT"),
        rule(
            "a rule for one machine",
            "-A FORWARD -s 10.80.3.5/32 -d 10.80.1.11/32 -p tcp -m tcp --dport 443 -j ACCEPT",
        ),
        rule(
            "a rule for one machine, outwards",
            "-A FORWARD -s 10.80.1.5/32 -d 203.0.113.5/32 -p udp -m udp --dport 53 -j ACCEPT",
        ),
        rule("a rule between interfaces", "-A FORWARD -i eth2 -o eth3 -j ACCEPT"),
        rule("a rule for interfaces by the beginning of their names", "-A FORWARD -i eth+ -o eth1 -j ACCEPT"),
        rule("a rule for all interfaces but one", "-A FORWARD ! -i eth5 -o eth1 -j ACCEPT"),
        rule("a rule for all sources but one", "-A FORWARD ! -s 10.80.9.10/32 -d 10.80.1.11/32 -j ACCEPT"),
        rule("a range", "-A FORWARD -m iprange --dst-range 10.80.1.1-10.80.1.254 -j ACCEPT"),
        rule("a mask with holes", "-A FORWARD -d 10.0.1.0/255.0.255.0 -j ACCEPT"),
        rule("several ports", "-A FORWARD -o eth1 -p tcp -m multiport --dports 22,8000:8100 -j ACCEPT"),
        rule(
            "answers that nobody asked for",
            "-A FORWARD -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT",
        ),
        rule(
            "at one time of the day",
            "-A FORWARD -o eth1 -m time --timestart 18:00 --timestop 19:00 -j ACCEPT",
        ),
        rule("a few packets", "-A FORWARD -o eth1 -m limit --limit 5/min -j ACCEPT"),
        rule(
            "a set that the file does not show",
            "-A FORWARD -o eth1 -m set --match-set hoshu src -j ACCEPT",
        ),
        rule("a match that nobody knows", "-A FORWARD -o eth1 -m himitsu --hint 3 -j ACCEPT"),
        rule("a target that nobody knows", "-A FORWARD -o eth1 -j HIMITSU"),
        rule("a garbled option", "-A FORWARD -s 10.80.3.5/32 --d?st 203.0.113.5/32 -o eth1 -j ACCEPT"),
        rule(
            "a string in the packet",
            "-A FORWARD -o eth1 -m string --string \"open\" --algo bm --to 65535 -j ACCEPT",
        ),
        rule("a program decides", "-A FORWARD -o eth1 -j NFQUEUE --queue-num 0"),
        rule("a copy to elsewhere", "-A FORWARD -i eth1 -j TEE --gateway 10.80.3.5"),
        rule("knocking", "-A FORWARD -o eth1 -m recent --rcheck --name KNOCK --rsource -j ACCEPT"),
        rule(
            "one packet in ten",
            "-A FORWARD -o eth1 -m statistic --mode random --probability 0.1 -j ACCEPT",
        ),
        hole(
            "a chain of one's own",
            vec![
                swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:URA - [0:0]\n"),
                top("-A FORWARD -o eth1 -j URA\n-A URA -s 10.80.3.0/24 -j ACCEPT"),
            ],
        ),
        hole(
            "a chain gone to for good",
            vec![
                swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:URA - [0:0]\n"),
                top("-A FORWARD -o eth1 -g URA\n-A URA -s 10.80.3.0/24 -j ACCEPT"),
            ],
        ),
        hole(
            "a way round the denial",
            vec![
                swap(":FORWARD DROP", ":FORWARD ACCEPT"),
                swap("-A KYOHI -m limit", "-A KYOHI -s 10.80.3.5/32 -j RETURN\n-A KYOHI -m limit"),
            ],
        ),
        hole(
            "nothing denied any more",
            vec![swap(":FORWARD DROP", ":FORWARD ACCEPT"), swap("-A KYOHI -j DROP\n", "")],
        ),
        hole(
            "the last denial is gone and the policy accepts",
            vec![swap(":FORWARD DROP", ":FORWARD ACCEPT"), swap(last, "")],
        ),
        hole(
            "the policy can no longer be read",
            vec![swap(":FORWARD DROP", ":FORWARD DR?P"), swap(last, "")],
        ),
        hole("the denial accepts", vec![swap("-A KYOHI -j DROP", "-A KYOHI -j ACCEPT")]),
        hole(
            "a permit moved above the denial",
            vec![swap(
                "-A FORWARD -i eth1 -j KYOHI\n",
                "-A FORWARD -i eth1 -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -i eth1 -j KYOHI\n",
            )],
        ),
        hole(
            "a wider source",
            vec![swap(
                "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32",
                "-A FORWARD -s 10.80.0.0/16 -d 10.80.1.11/32",
            )],
        ),
        hole(
            "a wider target",
            vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.0/24 -p udp -m udp --dport 161")],
        ),
        hole(
            "another protocol",
            vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32 -p tcp -m tcp --dport 161")],
        ),
        hole("no protocol any more", vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32")]),
        hole(
            "an interface less",
            vec![
                swap("-s 10.80.2.0/24 -d 198.51.100.0/24 -o eth4", "-s 10.80.2.0/24 -o eth4"),
                swap("-A FWD_NAIBU -s 10.80.2.0/24 -o eth4 -p tcp", "-A FWD_NAIBU -s 10.80.2.0/24 -p tcp"),
            ],
        ),
        hole("a remark that is a rule again", vec![top("-A FORWARD -i eth3 -o eth1 -j ACCEPT")]),
        hole(
            "a second table of the same name",
            vec![Edit::new(
                RULES,
                "-A KYOHI -j DROP\nCOMMIT\n",
                "-A KYOHI -j DROP\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n",
            )],
        ),
        hole(
            "rules that the file cannot show",
            vec![Edit::before(
                RULES,
                "*mangle\n",
                "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n",
            )],
        ),
        hole(
            "administration from outside",
            vec![Edit::before(
                RULES,
                "-A INPUT -s 10.80.9.10/32",
                "-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT\n",
            )],
        ),
    ]
}

fn translations() -> Vec<Planted> {
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

fn marks() -> Vec<Planted> {
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
fn routes() -> Vec<Planted> {
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

fn everywhere(key: &str, old: &str, new: &str) -> Vec<Edit> {
    let names = ["all", "default", "eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "lo"];
    let line = |name: &&str, value: &str| {
        format!("{}.{name}.{} = {value}\n", key.rsplit_once('.').unwrap().0, key.rsplit_once('.').unwrap().1)
    };
    names.iter().map(|n| Edit::new(SYSCTL, &line(n, old), &line(n, new))).collect()
}

fn kernel() -> Vec<Planted> {
    let with = |mut edits: Vec<Edit>, more: Vec<Edit>| {
        edits.extend(more);
        edits
    };
    let six = || {
        with(
            everywhere("net.ipv6.conf.disable_ipv6", "1", "0"),
            everywhere("net.ipv6.conf.forwarding", "0", "1"),
        )
    };
    let addresses6 = || {
        vec![
            Edit::new(
                ADDRESSES,
                "    inet 10.80.1.1/24",
                "    inet6 2001:db8:1::1/64 scope global\n       valid_lft forever preferred_lft forever\n    inet 10.80.1.1/24",
            ),
            Edit::new(
                ADDRESSES,
                "    inet 10.80.3.1/24",
                "    inet6 2001:db8:3::1/64 scope global\n       valid_lft forever preferred_lft forever\n    inet 10.80.3.1/24",
            ),
        ]
    };
    let forward6 = || Edit::new(RULES6, ":FORWARD DROP", ":FORWARD ACCEPT");
    vec![
        hole("reverse paths not checked", everywhere("net.ipv4.conf.rp_filter", "1", "0")),
        hole(
            "reverse paths checked loosely",
            vec![Edit::new(SYSCTL, "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 2")],
        ),
        kept(
            "reverse paths checked by the interfaces alone",
            vec![Edit::new(SYSCTL, "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 0")],
        ),
        hole("IPv6 on and accepted", with(with(six(), addresses6()), vec![forward6()])),
        hole(
            "IPv6 on and a rule for it",
            with(
                with(six(), addresses6()),
                vec![Edit::before(
                    RULES6,
                    "-A INPUT -i lo",
                    "-A FORWARD -i eth3 -o eth1 -p tcp -m tcp --dport 443 -j ACCEPT\n",
                )],
            ),
        ),
        hole(
            "IPv6 accepted, and nothing says that it is off",
            vec![forward6(), Edit::new("topology.toml", "sysctl = \"configs/sysctl.txt\"\n", "")],
        ),
        hole(
            "no rules for IPv6 handed in, and it is on",
            with(
                with(six(), addresses6()),
                vec![Edit::new("topology.toml", "ipv6 = \"configs/ip6tables-save.txt\"\n", "")],
            ),
        ),
        kept("IPv6 accepted while it is off", vec![forward6()]),
        kept("IPv6 on while nothing is accepted", with(six(), addresses6())),
        hole(
            "source routes obeyed",
            vec![
                Edit::new(
                    SYSCTL,
                    "net.ipv4.conf.all.accept_source_route = 0",
                    "net.ipv4.conf.all.accept_source_route = 1",
                ),
                Edit::new(
                    SYSCTL,
                    "net.ipv4.conf.eth5.accept_source_route = 0",
                    "net.ipv4.conf.eth5.accept_source_route = 1",
                ),
                top(
                    "-A FORWARD -i eth5 -d 10.80.3.0/24 -j ACCEPT\n-A FORWARD -i eth1 -d 10.80.9.0/24 -j ACCEPT",
                ),
            ],
        ),
        hole(
            "multicast routed",
            vec![
                Edit::new(
                    SYSCTL,
                    "net.ipv4.conf.all.mc_forwarding = 0",
                    "net.ipv4.conf.all.mc_forwarding = 1",
                ),
                Edit::new(
                    SYSCTL,
                    "net.ipv4.conf.eth3.mc_forwarding = 0",
                    "net.ipv4.conf.eth3.mc_forwarding = 1",
                ),
                top("-A FORWARD -i eth3 -d 224.0.0.0/4 -j ACCEPT"),
            ],
        ),
        hole(
            "broadcasts forwarded",
            with(
                everywhere("net.ipv4.conf.bc_forwarding", "0", "1"),
                vec![top("-A FORWARD -i eth3 -d 10.80.1.255/32 -j ACCEPT")],
            ),
        ),
    ]
}

fn harmless() -> Vec<Planted> {
    vec![
        kept("a remark", vec![top("# -A FORWARD -i eth3 -o eth1 -j ACCEPT")]),
        kept(
            "another time and other counters",
            vec![
                Edit::new(RULES, "Mon Mar 16 09:12:44 2026", "Tue Mar 17 10:00:00 2026"),
                swap("[421:25260]", "[422:25320]"),
            ],
        ),
        kept("another comment", vec![swap("運-01 死活監視", "運-01 死活監視(R8)")]),
        kept(
            "a chain renamed",
            vec![
                swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:SUTERU - [0:0]\n"),
                swap("-A FORWARD -i eth1 -j KYOHI", "-A FORWARD -i eth1 -j SUTERU\n-A SUTERU -j DROP"),
            ],
        ),
        kept(
            "an empty chain called",
            vec![swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:KARA - [0:0]\n"), top("-A FORWARD -j KARA")],
        ),
        kept(
            "a chain that nothing calls",
            vec![swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:URA - [0:0]\n"), top("-A URA -j ACCEPT")],
        ),
        kept(
            "a permit behind the denial of everything",
            vec![swap(
                "-A FORWARD -j KYOHI\n",
                "-A FORWARD -j KYOHI\n-A FORWARD -i eth1 -o eth0 -j ACCEPT\n",
            )],
        ),
        kept(
            "the policy accepts behind the denial of everything",
            vec![swap(":FORWARD DROP", ":FORWARD ACCEPT")],
        ),
        kept("the last denial is gone, the policy still drops", vec![swap("-A FORWARD -j KYOHI\n", "")]),
        kept(
            "two rules that exclude each other in another order",
            vec![swap(
                "-A FORWARD -i eth2 -j FWD_NAIBU\n-A FORWARD -i eth3 -j FWD_JOHO\n",
                "-A FORWARD -i eth3 -j FWD_JOHO\n-A FORWARD -i eth2 -j FWD_NAIBU\n",
            )],
        ),
        kept("a rule that only logs", vec![top("-A FORWARD -o eth1 -j LOG --log-prefix \"x \"")]),
        kept("a rule that drops a few", vec![top("-A FORWARD -m limit --limit 5/min -j DROP")]),
        kept(
            "a drop for a set that nobody shows",
            vec![swap(
                "-A FORWARD -i eth2 -j",
                "-A FORWARD -m set --match-set kinshi src -j DROP\n-A FORWARD -i eth2 -j",
            )],
        ),
        kept(
            "a translation that no rule lets through",
            vec![nat(
                "-A PREROUTING -i eth0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 10.80.1.11:443",
            )],
        ),
        kept("senders hidden towards the internet", vec![nat("-A POSTROUTING -o eth0 -j MASQUERADE")]),
        kept("everything accepted where nothing is filtered", vec![mangle("-A PREROUTING -j ACCEPT")]),
        kept(
            "a mark that no rule asks for",
            vec![mangle("-A PREROUTING -i eth3 -j MARK --set-xmark 0x1/0xffffffff")],
        ),
        kept(
            "a table of security marks that drops",
            vec![Edit::before(
                RULES,
                "*mangle\n",
                "*security\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -d 10.80.1.99/32 -j DROP\nCOMMIT\n",
            )],
        ),
        kept(
            "addresses of the loopback",
            vec![Edit::new(
                ADDRESSES,
                "    inet 127.0.0.1/8 scope host lo\n",
                "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n    inet 10.80.255.1/32 scope global lo\n",
            )],
        ),
        kept(
            "another route inside the zone",
            vec![Edit::before(
                ROUTES,
                "blackhole",
                "198.51.100.0/26 via 10.80.250.6 dev eth4 proto static\n",
            )],
        ),
        kept("more settings", vec![Edit::before(SYSCTL, "vm.swappiness", "net.core.somaxconn = 4096\n")]),
    ]
}

/// A machine with a card in two zones that must not route.
fn sanitizer(site: &str) -> Vec<Planted> {
    let file = |name: &str| format!("configs/SV-MUGAI01/{name}");
    let (rules, sysctl, addresses) = (file("iptables-save.txt"), file("sysctl.txt"), file("ip_addr.txt"));
    let rules6 = file("ip6tables-save.txt");
    let first = "-A INPUT -i lo -j ACCEPT\n";
    let on_top = |text: &str| Edit::before(&rules, first, &format!("{text}\n"));
    let policy = |chain: &str| Edit::new(&rules, &format!(":{chain} DROP"), &format!(":{chain} ACCEPT"));
    let set = |key: &str, value: &str| {
        Edit::new(
            &sysctl,
            &format!("{key} = {}\n", 1 - value.parse::<u8>().unwrap()),
            &format!("{key} = {value}\n"),
        )
    };
    let routing = || -> Vec<Edit> {
        [
            "net.ipv4.conf.all.forwarding",
            "net.ipv4.conf.eth0.forwarding",
            "net.ipv4.conf.eth1.forwarding",
            "net.ipv4.ip_forward",
        ]
        .map(|k| set(k, "1"))
        .to_vec()
    };
    let six = ["all", "eth0", "eth1"].map(|i| set(&format!("net.ipv6.conf.{i}.disable_ipv6"), "0"));
    let inet6 = |line: &str, address: &str| {
        Edit::new(
            &addresses,
            line,
            &format!(
                "    inet6 {address} scope global\n       valid_lft forever preferred_lft forever\n{line}"
            ),
        )
    };
    let (outside, inside) = match site {
        "wakaba" => ("    inet 10.62.10.31/24", "    inet 10.61.40.2/28"),
        _ => ("    inet 10.23.10.31/24", "    inet 10.22.40.2/28"),
    };
    let with = |mut edits: Vec<Edit>, more: Vec<Edit>| {
        edits.extend(more);
        edits
    };
    vec![
        hole("routing, and forwarding by default", with(routing(), vec![policy("FORWARD")])),
        hole("routing, and a rule", with(routing(), vec![on_top("-A FORWARD -i eth0 -o eth1 -j ACCEPT")])),
        hole(
            "routing, and a translation",
            with(
                routing(),
                vec![
                    on_top("-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT"),
                    Edit::before(
                        &rules,
                        "*raw\n",
                        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 10.61.10.81:25\nCOMMIT\n",
                    ),
                ],
            ),
        ),
        hole("everything accepted for the machine", vec![on_top("-A INPUT -j ACCEPT")]),
        hole("everything accepted by default", vec![policy("INPUT")]),
        hole("everything may be opened", vec![on_top("-A OUTPUT -j ACCEPT")]),
        hole(
            "a wider source of files",
            vec![Edit::new(&rules, "-A IN_SOTO -s 10.6", "-A IN_SOTO ! -s 10.6")]
                .into_iter()
                .filter(|_| site == "wakaba")
                .chain(
                    (site != "wakaba")
                        .then(|| on_top("-A INPUT -i eth0 -p tcp -m tcp --dport 443 -j ACCEPT")),
                )
                .collect(),
        ),
        hole(
            "no statement whether it routes",
            vec![
                Edit::new("topology.toml", "SV-MUGAI01/sysctl.txt\"\n", "SV-MUGAI01/sysctl_無い.txt\"\n"),
                policy("FORWARD"),
            ],
        ),
        hole(
            "IPv6 on and accepted",
            with(
                six.to_vec(),
                vec![
                    inet6(outside, "2001:db8:62::31/64"),
                    inet6(inside, "2001:db8:61::2/64"),
                    Edit::new(&rules6, ":INPUT DROP", ":INPUT ACCEPT"),
                    Edit::new(&rules6, ":OUTPUT DROP", ":OUTPUT ACCEPT"),
                ],
            ),
        ),
        kept("routing while nothing is forwarded", routing()),
        kept("forwarding accepted while it does not route", vec![on_top("-A FORWARD -j ACCEPT")]),
        kept("a rule that only logs", vec![on_top("-A INPUT -j LOG --log-prefix \"x \"")]),
        kept("a drop on top", vec![on_top("-A INPUT -s 203.0.113.66/32 -j DROP")]),
    ]
}
