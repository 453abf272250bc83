//! Random rule sets in the words of `iptables-restore`, and the values they turn on.
use std::net::{Ipv4Addr, Ipv6Addr};

use bunri::model::Family;

use super::plan::{INTERFACES, Plan};
use crate::rule_lists::Rng;

/// One family's rules.
pub struct Rules {
    /// Lines, `*table` to `COMMIT`.
    pub lines: Vec<String>,
    /// Addresses at which some condition changes.
    pub addresses: Vec<u128>,
    /// Ports at which some condition changes.
    pub ports: Vec<u16>,
    /// Whether something is translated.
    pub nat: bool,
}

impl Rules {
    pub fn text(&self) -> String {
        self.lines.iter().map(|l| format!("{l}\n")).collect()
    }
}

/// What may stand in a rule, and where.
#[derive(Clone, Copy)]
struct Place {
    table: &'static str,
    chain: &'static str,
    /// Marks are used.
    marks: bool,
}

pub fn random(g: &mut Rng, family: Family, plan: &Plan) -> Rules {
    let pool = if family == Family::V4 { plan.v4.clone() } else { plan.v6.clone() };
    let mut made = Maker {
        g,
        family,
        sets: plan.sets,
        pool,
        rules: Rules { lines: vec![], addresses: vec![], ports: vec![], nat: false },
    };
    made.all(plan);
    made.rules
}

struct Maker<'a> {
    g: &'a mut Rng,
    family: Family,
    sets: bool,
    pool: Vec<u128>,
    rules: Rules,
}

impl Maker<'_> {
    fn all(&mut self, plan: &Plan) {
        let marks = plan.marks && self.g.percent(70) || self.g.percent(8);
        if self.g.percent(30) {
            self.table("raw", &["PREROUTING"], 3, false);
        }
        if self.g.percent(35) || marks {
            self.table("mangle", &["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"], 3, marks);
        }
        if self.g.percent(60) {
            self.table("nat", &["PREROUTING", "POSTROUTING", "INPUT"], 4, marks);
        }
        self.table("filter", &["INPUT", "FORWARD"], 12, marks);
        if self.g.percent(8) {
            self.table("security", &["INPUT", "FORWARD"], 2, false);
        }
    }

    fn table(&mut self, table: &'static str, hooks: &[&'static str], most: usize, marks: bool) {
        let users: Vec<String> = (0..self.g.below(4)).map(|n| format!("{table}-c{n}")).collect();
        self.rules.lines.push(format!("*{table}"));
        for hook in hooks {
            let closed = table == "filter" && self.g.percent(60) || table != "nat" && self.g.percent(4);
            self.rules.lines.push(format!(":{hook} {}", if closed { "DROP" } else { "ACCEPT" }));
        }
        self.rules.lines.extend(users.iter().map(|u| format!(":{u} -")));
        for hook in hooks {
            let place = Place { table, chain: hook, marks };
            for _ in 0..self.g.below(most + 1) {
                self.rule(place, hook, &users, 0);
            }
        }
        for (at, user) in users.iter().enumerate() {
            // A chain may be called from several hooks: only what is allowed in all of them.
            let place = Place { table, chain: "user", marks };
            for _ in 0..self.g.below(most / 2 + 2) {
                self.rule(place, user, &users, at + 1);
            }
        }
        self.rules.lines.push("COMMIT".into());
    }

    /// `callees` from `first` on may be called: no cycles.
    fn rule(&mut self, place: Place, chain: &str, callees: &[String], first: usize) {
        let mut protocol = None;
        let mut words = vec![format!("-A {chain}")];
        // Translations that hardly a packet meets would say nothing.
        let (tests, one_protocol) = match place.table {
            "nat" => (1 + self.g.below(2), 40),
            _ => (self.g.below(4), 60),
        };
        if self.g.percent(one_protocol) {
            words.push(self.protocol(&mut protocol));
        }
        for _ in 0..tests {
            let test = self.test(place, protocol);
            words.push(test);
        }
        if self.g.percent(4) {
            words.push("-m comment --comment \"-j DROP\"".into());
        }
        let target = self.target(place, protocol, callees.get(first..).unwrap_or(&[]));
        words.push(target);
        // One option only once: `-s` twice is refused.
        let mut line = String::new();
        let mut said: Vec<String> = Vec::new();
        for word in words {
            let key = word.trim_start_matches("! ").split(' ').next().unwrap().to_owned();
            let key = if key == "-m" { word.split(' ').nth(1).unwrap().to_owned() } else { key };
            if !said.contains(&key) {
                line += &word;
                line += " ";
                said.push(key);
            }
        }
        self.rules.lines.push(line.trim_end().to_owned());
    }

    fn protocol(&mut self, chosen: &mut Option<&'static str>) -> String {
        let icmp = if self.family == Family::V4 { "icmp" } else { "ipv6-icmp" };
        let name = self.g.of(&["tcp", "tcp", "tcp", "udp", "udp", icmp, "sctp", "gre", "89"]);
        if self.g.percent(12) {
            return format!("! -p {name}");
        }
        *chosen = Some(name);
        format!("-p {name}")
    }

    fn not(&mut self) -> &'static str {
        if self.g.percent(20) { "! " } else { "" }
    }

    fn address(&mut self) -> u128 {
        let at = self.g.below(self.pool.len());
        self.pool[at]
    }

    fn show(&self, address: u128) -> String {
        match self.family {
            Family::V4 => Ipv4Addr::from(u32::try_from(address & 0xFFFF_FFFF).unwrap()).to_string(),
            Family::V6 => Ipv6Addr::from(address).to_string(),
        }
    }

    /// A network around an address worth trying; remembers where it begins and ends.
    fn network(&mut self) -> String {
        let address = self.address();
        let (bits, lengths): (u32, &[u32]) = match self.family {
            Family::V4 => (32, &[32, 32, 30, 25, 24, 24, 16, 12, 8, 1, 0]),
            Family::V6 => (128, &[128, 128, 127, 96, 64, 64, 48, 32, 3, 0]),
        };
        let length = self.g.of(lengths);
        let size = if length == 0 { u128::MAX } else { (1u128 << (bits - length)) - 1 };
        let low = address & !size;
        let high = (low | size) & self.family.max_address();
        self.edges(low, high);
        if self.family == Family::V4 && self.g.percent(5) {
            return format!("{}/255.255.{}.255", self.show(address), self.g.of(&[0, 254, 255]));
        }
        format!("{}/{length}", self.show(low))
    }

    fn edges(&mut self, low: u128, high: u128) {
        let most = self.family.max_address();
        let around = [low.saturating_sub(1), low, high, high.saturating_add(1).min(most)];
        self.rules.addresses.extend(around);
    }

    fn ports(&mut self) -> (u16, u16) {
        let low: u16 = self.g.of(&[0, 1, 22, 53, 80, 443, 1023, 1024, 5000, 49152, 65534, 65535]);
        let high = if self.g.percent(60) { low } else { low.saturating_add(self.g.of(&[1, 3, 100, 5000])) };
        self.rules.ports.extend([low.saturating_sub(1), low, high, high.saturating_add(1)]);
        (low, high)
    }

    fn port_word(&mut self) -> String {
        match self.ports() {
            (low, high) if low == high => low.to_string(),
            (0, high) => format!(":{high}"),
            (low, 65535) => format!("{low}:"),
            (low, high) => format!("{low}:{high}"),
        }
    }

    fn interface(&mut self) -> &'static str {
        self.g.of(&["eth0", "eth1", "eth1.96", "eth2", "eth0", "eth2", "eth1+", "eth+", "lo", "tun0", "+"])
    }

    fn test(&mut self, place: Place, protocol: Option<&str>) -> String {
        match self.g.below(14) {
            0..=2 => self.side("-s"),
            3..=5 => self.side("-d"),
            6 => self.ingress(place),
            7 => self.egress(place),
            8..=10 => self.detail(protocol),
            11 => self.range(),
            12 => self.state(place),
            _ => self.rarely(place, protocol),
        }
    }

    /// What is in a set no export says: whatever the kernel finds there, no answer may rest on it.
    fn set(&mut self, protocol: Option<&str>) -> String {
        let ports = matches!(protocol, Some("tcp" | "udp"));
        let kind = if ports { self.g.of(&["net", "port"]) } else { "net" };
        let family = if self.family == Family::V4 { "4" } else { "6" };
        let side = self.g.of(&["src", "dst"]);
        let sides = if kind == "port" { format!("{side},dst") } else { side.to_owned() };
        format!("-m set {}--match-set {kind}{family} {sides}", self.not())
    }

    /// Nothing is outside everything: the nf_tables back end refuses such a rule.
    fn side(&mut self, option: &str) -> String {
        let network = self.network();
        let not = if network.ends_with("/0") { "" } else { self.not() };
        format!("{not}{option} {network}")
    }

    fn ingress(&mut self, place: Place) -> String {
        if matches!(place.chain, "PREROUTING" | "INPUT" | "FORWARD") && place.chain != "user" {
            return match self.interface() {
                "+" => "-i +".into(),
                name => format!("{}-i {name}", self.not()),
            };
        }
        self.side("-s")
    }

    fn egress(&mut self, place: Place) -> String {
        if matches!(place.chain, "FORWARD" | "POSTROUTING") {
            return match self.interface() {
                "+" => "-o +".into(),
                name => format!("{}-o {name}", self.not()),
            };
        }
        self.side("-d")
    }

    /// What only one protocol has.
    fn detail(&mut self, protocol: Option<&str>) -> String {
        let not = self.not();
        match protocol {
            Some("tcp") if self.g.percent(25) => {
                let flags = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
                let mut some = |most: usize| -> String {
                    let list: Vec<&str> = (0..1 + self.g.below(most)).map(|_| self.g.of(&flags)).collect();
                    list.join(",")
                };
                let (mask, set) = (some(4), some(2));
                match self.g.below(4) {
                    0 => format!("{not}--syn"),
                    1 => format!(
                        "-m tcp {not}--tcp-flags ALL {}",
                        self.g.of(&["NONE", "ALL", "SYN", "ACK,FIN"])
                    ),
                    // A set flag outside the mask never matches; the tool keeps it.
                    _ => format!("-m tcp {not}--tcp-flags {mask} {set}"),
                }
            }
            Some(p @ ("tcp" | "udp" | "sctp")) if self.g.percent(55) => {
                let side = self.g.of(&["--dport", "--dport", "--sport"]);
                let port = self.port_word();
                format!("-m {p} {not}{side} {port}")
            }
            Some("tcp" | "udp" | "sctp") => {
                let side = self.g.of(&["--dports", "--dports", "--sports", "--ports"]);
                let list: Vec<String> = (0..1 + self.g.below(4))
                    .map(|_| match self.ports() {
                        (low, high) if low == high => low.to_string(),
                        (low, high) => format!("{low}:{high}"),
                    })
                    .collect();
                format!("-m multiport {not}{side} {}", list.join(","))
            }
            Some("icmp") => {
                let kind = self.g.of(&["8", "0", "3", "3/1", "echo-request", "11", "5/1", "13", "any"]);
                let not = if kind == "any" { "" } else { not };
                format!("-m icmp {not}--icmp-type {kind}")
            }
            Some("ipv6-icmp") => {
                let kind = self.g.of(&["128", "129", "1", "1/4", "echo-request", "2", "3/0", "135", "139"]);
                format!("-m icmp6 {not}--icmpv6-type {kind}")
            }
            _ => self.side("-d"),
        }
    }

    fn range(&mut self) -> String {
        let (a, b) = (self.address(), self.address());
        let (low, high) = if self.g.percent(50) {
            (a.min(b), a.max(b))
        } else {
            (a, (a + 5).min(self.family.max_address()))
        };
        self.edges(low, high);
        let side = self.g.of(&["--src-range", "--dst-range"]);
        format!("-m iprange {}{side} {}-{}", self.not(), self.show(low), self.show(high))
    }

    fn state(&mut self, place: Place) -> String {
        let not = self.not();
        if place.table != "raw" && place.table != "nat" && self.g.percent(30) {
            let list = self.g.of(&[
                "RELATED,ESTABLISHED",
                "NEW",
                "INVALID",
                "NEW,INVALID",
                "UNTRACKED",
                "ESTABLISHED",
            ]);
            return format!("-m state {not}--state {list}");
        }
        let list = self.g.of(&[
            "NEW",
            "RELATED,ESTABLISHED",
            "INVALID",
            "NEW,UNTRACKED",
            "UNTRACKED",
            "DNAT",
            "SNAT",
            "NEW,RELATED",
            "INVALID,DNAT",
        ]);
        format!("-m conntrack {not}--ctstate {list}")
    }

    fn rarely(&mut self, place: Place, protocol: Option<&str>) -> String {
        let not = self.not();
        match self.g.below(8) {
            0 | 1 if self.family == Family::V4 => {
                let kinds = self.g.of(&[
                    "LOCAL",
                    "UNICAST",
                    "BROADCAST",
                    "MULTICAST",
                    "LOCAL,BROADCAST",
                    "UNICAST,MULTICAST",
                ]);
                format!("-m addrtype {not}{} {kinds}", self.g.of(&["--dst-type", "--src-type"]))
            }
            0 | 1 => {
                let kind = self.g.of(&["LOCAL", "UNICAST", "MULTICAST"]);
                format!("-m addrtype {not}{} {kind}", self.g.of(&["--dst-type", "--src-type"]))
            }
            2 if place.marks => {
                format!("-m mark {not}--mark {}", self.g.of(&["0x1", "0x0", "0x1/0x3", "0x2/0x2"]))
            }
            2 => format!("-m mark {not}--mark {}", self.g.of(&["0x1", "0x0", "0x0/0xff"])),
            3 if place.chain == "PREROUTING" && place.table != "nat" => {
                format!(
                    "-m rpfilter{}",
                    self.g.of(&["", " --loose", " --invert", " --validmark", " --accept-local"])
                )
            }
            4 if place.table != "raw" => format!("-m conntrack {not}--ctorigdst {}", self.network()),
            5 if place.table != "raw" => {
                let port = self.ports().0;
                format!("-m conntrack --ctproto 6 {not}--ctorigdstport {port}")
            }
            6 if self.g.percent(30) => "-m limit --limit 10/sec".into(),
            6 if self.sets && self.g.percent(50) => self.set(protocol),
            7 if self.family == Family::V4 => "-m ttl --ttl-gt 3".into(),
            _ => self.side("-s"),
        }
    }

    fn target(&mut self, place: Place, protocol: Option<&str>, callees: &[String]) -> String {
        if !callees.is_empty() && self.g.percent(25) {
            let at = self.g.below(callees.len());
            return format!("{} {}", self.g.of(&["-j", "-j", "-j", "-g"]), callees[at]);
        }
        let common = self.g.of(&["-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j RETURN", "-j LOG"]);
        match place.table {
            "raw" if self.g.percent(50) => "-j CT --notrack".into(),
            "mangle" if place.marks && self.g.percent(55) => format!(
                "-j MARK {}",
                self.g.of(&[
                    "--set-mark 1",
                    "--set-mark 2",
                    "--set-xmark 0x1/0x1",
                    "--or-mark 0x2",
                    "--and-mark 0xfe"
                ])
            ),
            "mangle" if self.g.percent(20) => {
                self.g.of(&["-j DSCP --set-dscp 0x0a", "-j CONNMARK --save-mark"]).into()
            }
            "nat" => self.translation(place, protocol),
            "filter" if self.g.percent(10) => "-j REJECT".into(),
            _ => common.into(),
        }
    }

    fn translation(&mut self, place: Place, protocol: Option<&str>) -> String {
        let plain = self.g.of(&["-j ACCEPT", "-j RETURN", "-j LOG"]).to_owned();
        if self.g.percent(15) || matches!(place.chain, "user" | "INPUT") {
            return plain;
        }
        self.rules.nat = true;
        let ports = matches!(protocol, Some("tcp" | "udp" | "sctp"));
        let to = self.address();
        let to = self.show(to);
        let port = if ports && self.g.percent(50) { self.g.of(&[":8080", ":22", ":1000-1003"]) } else { "" };
        let to = if self.family == Family::V6 && !port.is_empty() { format!("[{to}]") } else { to };
        if place.chain == "PREROUTING" {
            return match self.g.below(6) {
                0 if ports => format!("-j REDIRECT --to-ports {}", self.g.of(&["22", "80", "3128-3130"])),
                0 => "-j REDIRECT".into(),
                1 if self.family == Family::V4 => {
                    let (a, b) = (self.g.of(&["10.1.0.4-10.1.0.7", "10.2.5.5-10.2.5.6"]), port);
                    format!("-j DNAT --to-destination {a}{b}")
                }
                2 if self.family == Family::V4 => {
                    format!(
                        "-j NETMAP --to {}",
                        self.g.of(&["10.2.5.0/24", "10.1.0.0/29", "192.168.96.64/26"])
                    )
                }
                _ => format!("-j DNAT --to-destination {to}{port}"),
            };
        }
        match self.g.below(5) {
            0 | 1 => "-j MASQUERADE".into(),
            2 if ports => "-j MASQUERADE --to-ports 2000-2999".into(),
            3 if self.family == Family::V4 => "-j NETMAP --to 203.0.113.0/29".into(),
            _ => format!("-j SNAT --to-source {to}{port}"),
        }
    }
}

/// Every interface of the router is worth a packet.
pub fn any_interface(g: &mut Rng) -> usize {
    g.below(INTERFACES.len())
}
