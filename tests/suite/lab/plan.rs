//! A random router: addresses, routes, policy rules, settings.
use crate::rule_lists::Rng;

/// The router's interfaces. A veth may be called like a VLAN.
pub const INTERFACES: [&str; 4] = ["eth0", "eth1", "eth1.96", "eth2"];

/// What is set up once for several rule sets.
pub struct Plan {
    /// Lines for `ip -batch`, links aside.
    pub ip: String,
    /// Lines for `ip -6 -batch`.
    pub ip6: String,
    /// Lines for `sysctl -p -`.
    pub sysctl: String,
    /// IPv4 addresses worth trying.
    pub v4: Vec<u128>,
    /// IPv6 addresses worth trying.
    pub v6: Vec<u128>,
    /// Whether policy rules look at packet marks.
    pub marks: bool,
    /// Whether rules may look into sets.
    pub sets: bool,
}

pub fn v4(text: &str) -> u128 {
    u128::from(u32::from(text.parse::<std::net::Ipv4Addr>().unwrap()))
}

pub fn v6(text: &str) -> u128 {
    u128::from(text.parse::<std::net::Ipv6Addr>().unwrap())
}

const V4: [&str; 34] = [
    "10.1.0.0",
    "10.1.0.1",
    "10.1.0.2",
    "10.1.0.5",
    "10.1.0.77",
    "10.1.0.255",
    "10.1.9.1",
    "10.1.9.9",
    "10.1.9.127",
    "10.1.9.128",
    "10.2.0.0",
    "10.2.0.1",
    "10.2.0.9",
    "10.2.5.5",
    "10.2.5.6",
    "10.2.255.255",
    "10.3.1.1",
    "10.4.0.1",
    "10.4.4.4",
    "10.9.1.1",
    "172.16.5.5",
    "192.168.96.1",
    "192.168.96.77",
    "192.168.96.254",
    "203.0.113.1",
    "203.0.113.2",
    "203.0.113.5",
    "203.0.113.6",
    "203.0.113.7",
    "198.51.100.7",
    "192.0.2.10",
    "240.0.0.1",
    "0.1.2.3",
    "8.8.8.8",
];

const ODD4: [&str; 6] = ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.2.3", "169.254.1.1"];

const V6: [&str; 22] = [
    "2001:db8:1::",
    "2001:db8:1::1",
    "2001:db8:1::5",
    "2001:db8:1::77",
    "2001:db8:1:0:ffff::1",
    "2001:db8:2::1",
    "2001:db8:2::9",
    "2001:db8:2::55",
    "2001:db8:4::1",
    "2001:db8:4:4::4",
    "2001:db8:9::1",
    "2001:db8:96::",
    "2001:db8:96::1",
    "2001:db8:96::96",
    "2001:db8:ffff::1",
    "2001:db8:ffff::2",
    "2001:db8:ffff::5",
    "2600::1",
    "fd00::1",
    "fd00:1::1",
    "64:ff9b::808:808",
    "::ffff:10.1.0.5",
];

const ODD6: [&str; 6] = ["::1", "::", "fe80::5", "ff02::1", "ff05::2", "ff0e::1"];

impl Plan {
    pub fn random(g: &mut Rng) -> Plan {
        let (all, marks) = ip_lines(g);
        let (six, four): (Vec<&str>, Vec<&str>) = all.lines().partition(|l| l.starts_with("-6 "));
        let ip: String = four.iter().map(|l| format!("{l}\n")).collect();
        let ip6: String = six.iter().map(|l| format!("{}\n", &l[3..])).collect();
        let mut some = |all: &[&str], odd: &[&str], number: fn(&str) -> u128| {
            let mut list: Vec<u128> = all.iter().map(|t| number(t)).collect();
            if g.percent(60) {
                list.extend(odd.iter().map(|t| number(t)));
            }
            list
        };
        let (v4, v6) = (some(&V4, &ODD4, v4), some(&V6, &ODD6, v6));
        Plan { ip, ip6, sysctl: settings(g), v4, v6, marks, sets: super::bench::sets() }
    }
}

fn ip_lines(g: &mut Rng) -> (String, bool) {
    let mut ip = String::from(
        "addr add 10.1.0.1/24 brd + dev eth0\naddr add 10.2.0.1/16 brd + dev eth1\naddr add 192.168.96.254/24 brd + dev eth1.96\n\
         addr add 203.0.113.2/29 brd + dev eth2\naddr add 2001:db8:1::1/64 dev eth0 nodad\n\
         addr add 2001:db8:2::1/64 dev eth1 nodad\naddr add 2001:db8:96::1/64 dev eth1.96 nodad\n\
         addr add 2001:db8:ffff::2/64 dev eth2 nodad\n",
    );
    let mut add = |percent: usize, line: &str| {
        if g.percent(percent) {
            ip += line;
            ip += "\n";
            true
        } else {
            false
        }
    };
    add(40, "addr add 10.1.9.1/25 dev eth0");
    add(20, "addr add 10.1.0.77/24 dev eth0");
    add(30, "addr add 203.0.113.5/32 dev lo");
    add(20, "addr add 2001:db8:96::96/128 dev lo nodad");
    add(80, "route add default via 203.0.113.1 dev eth2");
    add(70, "route add 10.4.0.0/16 via 10.1.0.2");
    add(50, "route add 10.4.4.0/24 via 10.2.0.9");
    add(30, "route add 10.4.4.4/32 dev eth1.96");
    add(40, "route add blackhole 10.9.0.0/16");
    add(30, "route add unreachable 10.3.0.0/16");
    add(20, "route add prohibit 198.51.100.0/24");
    add(40, "route add 172.16.0.0/12 dev eth1.96 metric 50");
    add(30, "route add 172.16.0.0/12 via 10.1.0.2 metric 20");
    add(20, "route add throw 192.0.2.0/24");
    add(80, "-6 route add default via 2001:db8:ffff::1 dev eth2");
    add(60, "-6 route add 2001:db8:4::/48 via 2001:db8:1::5");
    add(40, "-6 route add 2001:db8:4:4::/64 via 2001:db8:2::9");
    add(30, "-6 route add unreachable 2001:db8:9::/48");
    add(30, "-6 route add fd00::/8 dev eth1.96");
    add(20, "-6 route add blackhole fd00:1::/32");
    if add(40, "rule add from 10.2.5.0/24 table 100 priority 1000") {
        add(70, "route add default via 10.1.0.2 table 100");
        add(30, "route add 192.0.2.0/24 via 192.168.96.1 table 100");
    }
    if add(25, "rule add iif eth1.96 to 203.0.113.0/29 table 101 priority 1100") {
        add(80, "route add default via 10.2.0.9 table 101");
    }
    if add(15, "rule add to 10.3.0.0/16 lookup main suppress_prefixlength 8 priority 900") {
        add(50, "route add 10.3.1.1/32 dev eth1");
    }
    add(10, "rule add from 198.51.100.0/24 prohibit priority 500");
    if add(25, "-6 rule add from 2001:db8:2::/64 table 100 priority 1000") {
        add(70, "-6 route add default via 2001:db8:1::5 table 100");
    }
    let marks = add(12, "rule add fwmark 0x1/0x3 table 102 priority 950");
    if marks {
        add(80, "route add default via 192.168.96.1 table 102");
    }
    // `not` turns round the whole rule, so this one takes nearly everything. Last: while it stands, `ip` takes no gateway.
    add(10, "rule add not from 10.0.0.0/8 to 10.4.0.0/16 blackhole priority 600");
    (ip, marks)
}

fn settings(g: &mut Rng) -> String {
    let mut out = String::from("net/ipv4/icmp_ratelimit = 0\nnet/ipv6/icmp/ratelimit = 0\n");
    let on = u8::from(!g.percent(4));
    out +=
        &format!("net/ipv4/ip_forward = {on}\nnet/ipv6/conf/all/forwarding = {}\n", u8::from(!g.percent(6)));
    let strict = g.percent(35);
    for name in INTERFACES {
        if strict {
            out += &format!("net/ipv4/conf/{name}/rp_filter = {}\n", g.below(3));
        }
        for (percent, key, value) in
            [(5, "forwarding", 0), (6, "accept_local", 1), (6, "route_localnet", 1), (8, "bc_forwarding", 1)]
        {
            if g.percent(percent) {
                out += &format!("net/ipv4/conf/{name}/{key} = {value}\n");
            }
        }
        if g.percent(3) {
            out += &format!("net/ipv6/conf/{name}/force_forwarding = 1\n");
        }
    }
    for (percent, line) in [
        (10, "net/ipv4/conf/all/rp_filter = 1"),
        (8, "net/ipv4/conf/all/rp_filter = 2"),
        (6, "net/ipv4/conf/all/accept_local = 1"),
        (6, "net/ipv4/conf/all/bc_forwarding = 1"),
        (4, "net/ipv4/conf/all/route_localnet = 1"),
        (20, "net/netfilter/nf_conntrack_tcp_loose = 0"),
    ] {
        if g.percent(percent) {
            out += line;
            out += "\n";
        }
    }
    out
}
