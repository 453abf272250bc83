//! What the kernel is told to do, and changes that open nothing.

use super::{ADDRESSES, Edit, Planted, ROUTES, RULES, RULES6, SYSCTL, hole, kept, mangle, nat, swap, top};

fn everywhere(key: &str, old: &str, new: &str) -> Vec<Edit> {
    let names = ["all", "default", "eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "lo"];
    let line = |name: &&str, value: &str| {
        format!("{}.{name}.{} = {value}\n", key.rsplit_once('.').unwrap().0, key.rsplit_once('.').unwrap().1)
    };
    names.iter().map(|n| Edit::new(SYSCTL, &line(n, old), &line(n, new))).collect()
}

pub(super) fn kernel() -> Vec<Planted> {
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

pub(super) fn harmless() -> Vec<Planted> {
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
