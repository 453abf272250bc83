//! A machine with a card in two zones that must not route.

use super::{Edit, Planted, hole, kept};

/// A machine with a card in two zones that must not route.
pub(super) fn sanitizer(site: &str) -> Vec<Planted> {
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
