//! Where the real kernel contradicted the reader. Each case was loaded into a network namespace, packets were sent over
//! veth links, and what came out is what the test expects. Kernel 6.18, iptables 1.8.9 (legacy and nf_tables).
use bunri::analysis::concrete::{Entry, EntryPoint, device_branches};
use bunri::report::json::{TraceAnswer, TraceVerdict, device_trace};
use bunri::report::packets::parse;
use bunri::source::Lang;
use bunri::vendor::Companion;

use crate::support::reading::{Read, read_with};

pub const OPEN: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";

pub const ADDRESSES: &str = "\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth0
    inet6 2001:db8:1::1/64 scope global
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 10.0.2.1/24 brd 10.0.2.255 scope global eth1
    inet6 2001:db8:2::1/64 scope global
";

/// What `ip route show table all` prints: both families.
pub const ROUTES: &str = "\
default via 10.0.2.254 dev eth1
10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.1
10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.1
local 10.0.1.1 dev eth0 table local proto kernel scope host src 10.0.1.1
broadcast 10.0.1.255 dev eth0 table local proto kernel scope link src 10.0.1.1
local 10.0.2.1 dev eth1 table local proto kernel scope host src 10.0.2.1
broadcast 10.0.2.255 dev eth1 table local proto kernel scope link src 10.0.2.1
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium
2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium
default via 2001:db8:2::fe dev eth1 metric 1024 pref medium
local ::1 dev lo table local proto kernel metric 0 pref medium
anycast 2001:db8:1:: dev eth0 table local proto kernel metric 0 pref medium
local 2001:db8:1::1 dev eth0 table local proto kernel metric 0 pref medium
anycast 2001:db8:2:: dev eth1 table local proto kernel metric 0 pref medium
local 2001:db8:2::1 dev eth1 table local proto kernel metric 0 pref medium
multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium
";

pub const SETTINGS: &str = "\
kernel.osrelease = 6.18.44
net.ipv4.conf.all.accept_local = 0
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.eth0.rp_filter = 0
net.ipv4.conf.eth1.rp_filter = 0
net.ipv4.ip_forward = 1
";

pub const V6_ON: &str = "net.ipv6.conf.all.forwarding = 1\n";

/// One router of two links.
pub struct Router<'a> {
    pub v4: &'a str,
    pub v6: &'a str,
    pub addresses: String,
    pub routes: String,
    pub more_routes6: Option<&'a str>,
    pub policy: Option<&'a str>,
    pub settings: String,
}

pub fn router<'a>() -> Router<'a> {
    Router {
        v4: OPEN,
        v6: OPEN,
        addresses: ADDRESSES.into(),
        routes: ROUTES.into(),
        more_routes6: None,
        policy: None,
        settings: format!("{SETTINGS}{V6_ON}"),
    }
}

impl Router<'_> {
    fn verdict(&self, packet: &str) -> TraceVerdict {
        let mut companions = vec![
            (Companion::Ipv6, "gw.rules6", self.v6),
            (Companion::Addresses, "gw.addr", &self.addresses),
            (Companion::Routes, "gw.route", &self.routes),
            (Companion::Sysctl, "gw.sysctl", &self.settings),
        ];
        companions.extend(self.more_routes6.map(|text| (Companion::Routes6, "gw.route6", text)));
        companions.extend(self.policy.map(|text| (Companion::Rules, "gw.rule", text)));
        let Read { sources, reading, .. } = read_with("iptables", "gw.rules", self.v4, &companions);
        let packet = parse(&format!("[{packet}]")).unwrap().remove(0);
        let device = &reading.devices[0];
        let at = device.interfaces().find(|(_, i)| i.name.value == packet.at).unwrap().0;
        let entry = Entry::new(EntryPoint::Ingress(at));
        let result = device_branches(device, &packet.flow, &entry);
        device_trace(&sources, device, &packet.id, &result, Lang::En)
    }

    /// `accept eth1`, `local`, `drop`, `undetermined` …
    fn says(&self, packet: &str) -> String {
        let verdict = self.verdict(packet);
        match verdict.verdict {
            TraceAnswer::Accept => format!("accept {}", verdict.out.unwrap_or_default()),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn tcp(&self, src: &str, dst: &str, flags: &str) -> String {
        self.says(&format!(
            r#"{{"id":1,"in":"eth0","src":"{src}","dst":"{dst}","proto":"tcp","sport":1000,"dport":80,"flags":"{flags}"}}"#
        ))
    }

    pub fn syn(&self, src: &str, dst: &str) -> String {
        self.tcp(src, dst, "S")
    }

    /// From the network of eth0.
    pub fn syn_from_a6(&self, dst: &str) -> String {
        self.syn(A6, dst)
    }
}

pub const A4: &str = "10.0.1.5";
pub const B4: &str = "10.0.2.5";
pub const A6: &str = "2001:db8:1::5";
pub const B6: &str = "2001:db8:2::5";

/// `ip route show table all` prints IPv6 too; the routes of `ip -6 route` may come once more.
#[test]
fn one_route_file_holds_both_families() {
    let main6 = "2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium\n\
                 2001:db8:2::/64 dev eth1 proto kernel metric 256 pref medium\n\
                 default via 2001:db8:2::fe dev eth1 metric 1024 pref medium\n";
    for more_routes6 in [None, Some(main6), Some(ROUTES.split_at(ROUTES.find("2001").unwrap()).1)] {
        let router = Router { more_routes6, ..router() };
        assert_eq!(router.syn(A4, B4), "accept eth1");
        assert_eq!(router.syn(A4, "8.8.8.8"), "accept eth1");
        assert_eq!(router.syn(A6, B6), "accept eth1");
        assert_eq!(router.syn(A6, "2600::1"), "accept eth1");
        assert_eq!(router.syn(A6, "2001:db8:2::1"), "local");
        // The table `local` says that the network address is no own one, and the anycast address is.
        assert_eq!(router.syn(A4, "10.0.2.0"), "accept eth1");
        assert_eq!(router.syn(A6, "2001:db8:2::"), "local");
    }
    // A route without an address follows those of its family.
    let bare = ROUTES.replace(
        "default via 2001:db8:2::fe dev eth1 metric 1024 pref medium",
        "default dev eth1 metric 1024",
    );
    assert_eq!(Router { routes: bare, ..router() }.syn(A6, "2600::1"), "accept eth1");
}

/// `conf.eth0.force_forwarding = 1` with `conf.all.forwarding = 0`: the packet came out of eth1.
#[test]
fn ipv6_may_be_forwarded_by_one_interface_alone() {
    let with = |more: &str| Router {
        settings: format!("{SETTINGS}net.ipv6.conf.all.forwarding = 0\n{more}"),
        ..router()
    };
    assert_eq!(with("").syn(A6, B6), "drop");
    assert_eq!(with("net.ipv6.conf.eth1.force_forwarding = 1\n").syn(A6, B6), "drop");
    assert_eq!(with("net.ipv6.conf.eth0.force_forwarding = 1\n").syn(A6, B6), "accept eth1");
    assert_eq!(with("net.ipv6.conf.all.force_forwarding = 1\n").syn(A6, B6), "accept eth1");
    assert_eq!(with("net.ipv6.conf.eth0.force_forwarding = x\n").syn(A6, B6), "undetermined");
    // `forwarding` of one interface counts for nothing.
    assert_eq!(with("net.ipv6.conf.eth0.forwarding = 1\n").syn(A6, B6), "drop");
}

/// With `bc_forwarding` of `all` and the ingress, a packet to 10.0.2.255 came out of eth1; with one of them it did not.
#[test]
fn broadcasts_to_another_subnet_may_be_forwarded() {
    let with = |more: &str| Router { settings: format!("{SETTINGS}{V6_ON}{more}"), ..router() };
    let (all, here) = ("net.ipv4.conf.all.bc_forwarding = 1\n", "net.ipv4.conf.eth0.bc_forwarding = 1\n");
    assert_eq!(with("").syn(A4, "10.0.2.255"), "local");
    assert_eq!(with(here).syn(A4, "10.0.2.255"), "local");
    assert_eq!(with(&format!("{all}{here}")).syn(A4, "10.0.2.255"), "undetermined");
}

/// `rp_filter = 2` on an interface without an address: a source routed elsewhere was refused, as with 1.
#[test]
fn reverse_path_filter_is_strict_where_there_is_no_address() {
    let settings = format!("{SETTINGS}{V6_ON}").replace("eth0.rp_filter = 0", "eth0.rp_filter = 2");
    let addresses = ADDRESSES.replace("    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth0\n", "");
    let usual = Router { settings: settings.clone(), ..router() };
    assert_eq!(usual.syn("9.9.9.9", B4), "accept eth1");
    let bare = Router { settings, addresses, ..router() };
    assert_eq!(bare.syn("9.9.9.9", B4), "drop");
    assert_eq!(bare.syn(A4, B4), "accept eth1");
}

/// A source that is a broadcast address passed to another interface and was refused on its way back over its own.
/// A source in a `local` route that is no own address was refused.
#[test]
fn odd_own_sources_are_not_certain_to_pass() {
    assert_eq!(router().syn("10.0.1.255", A4), "undetermined");
    let routes = format!("local 10.77.0.0/24 dev lo table local scope link\n{ROUTES}");
    let router = Router { routes, ..router() };
    assert_eq!(router.syn("10.77.0.9", B4), "undetermined");
    assert_eq!(router.syn(A4, "10.77.0.9"), "local");
}

/// Packets to ::1 never reach a table: a rule that translates all destinations does not save them.
#[test]
fn ipv6_header_checks_come_before_every_table() {
    let all = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
               -A PREROUTING -j DNAT --to-destination 2001:db8:2::5\nCOMMIT\n";
    let v6 = format!("{all}{OPEN}");
    let router = Router { v6: &v6, ..router() };
    assert_eq!(router.syn(A6, "2600::1"), "accept eth1");
    assert_eq!(router.syn(A6, "::1"), "drop");
}

pub fn closed(rule: &str) -> String {
    format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD {rule}\nCOMMIT\n"
    )
}

/// A lone FIN is INVALID and has no connection: it passed each of these rules, whatever stands beside the state.
#[test]
fn packets_without_a_connection_pass_what_stands_beside_their_state() {
    for test in [
        "--ctstate INVALID,NEW --ctdir ORIGINAL",
        "! --ctstate ESTABLISHED --ctdir ORIGINAL",
        "! --ctstate NEW --ctdir REPLY",
        "! --ctstate NEW ! --ctstatus CONFIRMED",
        "--ctstate INVALID --ctproto 17",
    ] {
        let v4 = closed(&format!("-m conntrack {test} -j ACCEPT"));
        let router = Router { v4: &v4, ..router() };
        assert_eq!(router.tcp(A4, B4, "F"), "undetermined", "{test}");
    }
    // Without a state beside it, it did not.
    let v4 = closed("-m conntrack --ctdir ORIGINAL -j ACCEPT");
    let router = Router { v4: &v4, ..router() };
    assert_eq!(router.tcp(A4, B4, "F"), "drop");
    assert_eq!(router.tcp(A4, B4, "S"), "accept eth1");
}

/// A well-formed UDP-Lite packet was INVALID.
#[test]
fn udp_lite_is_not_certain_to_be_new() {
    let v4 = closed("-m conntrack --ctstate NEW -j ACCEPT");
    let router = Router { v4: &v4, ..router() };
    let packet = |proto: u8| {
        format!(r#"{{"id":1,"in":"eth0","src":"{A4}","dst":"{B4}","proto":{proto},"sport":9,"dport":9}}"#)
    };
    assert_eq!(router.says(&packet(136)), "undetermined");
    assert_eq!(router.says(&packet(17)), "accept eth1");
}

/// A translation to the destination that the packet has already does not make it DNAT.
#[test]
fn a_translation_that_changes_nothing_is_none() {
    let nat = |to: &str| {
        format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
             -A PREROUTING -p tcp -j DNAT --to-destination {to}\nCOMMIT\n{}",
            closed("-m conntrack --ctstate DNAT -j ACCEPT")
        )
    };
    for (to, direct) in [("10.0.2.5", "drop"), ("10.0.2.5:80", "drop"), ("10.0.2.5:81", "accept eth1")] {
        let v4 = nat(to);
        let router = Router { v4: &v4, ..router() };
        assert_eq!(router.syn(A4, "8.8.8.8"), "accept eth1", "{to}");
        assert_eq!(router.syn(A4, B4), direct, "{to}");
    }
}

/// `--dst-type UNICAST` is decided for the addresses that are no own subnet's first.
#[test]
fn unicast_is_decided_beside_network_addresses() {
    let v4 = closed("-m addrtype --dst-type UNICAST -j ACCEPT");
    let main = ROUTES.split_at(ROUTES.find("local").unwrap()).0.to_owned();
    let router = Router { v4: &v4, routes: main, ..router() };
    assert_eq!(router.syn(A4, B4), "accept eth1");
    assert_eq!(router.syn(A4, "10.0.2.0"), "undetermined");
}

/// 0.0.0.0 and 255.255.255.255 matched BROADCAST and not UNICAST, as source and as destination.
#[test]
fn the_addresses_of_everybody_are_broadcasts() {
    let mangle = |test: &str| {
        format!(
            "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
             :POSTROUTING ACCEPT [0:0]\n-A PREROUTING -m addrtype {test} -j DROP\nCOMMIT\n{OPEN}"
        )
    };
    for (test, from_host, from_none) in [
        ("--dst-type BROADCAST", "drop", "drop"),
        ("--dst-type UNICAST", "local", "local"),
        ("--src-type BROADCAST", "local", "drop"),
        ("--src-type UNICAST", "drop", "local"),
        ("--src-type LOCAL", "local", "local"),
    ] {
        let v4 = mangle(test);
        let router = Router { v4: &v4, ..router() };
        assert_eq!(router.syn(A4, "255.255.255.255"), from_host, "{test}");
        assert_eq!(router.syn("0.0.0.0", "255.255.255.255"), from_none, "{test}");
    }
}

fn translating(rules: &str) -> String {
    format!(
        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
         {rules}\nCOMMIT\n{OPEN}"
    )
}

/// REDIRECT takes an own address of the destination's scope; towards ::10 there is none, and the packet was gone.
/// Said was: certainly delivered.
#[test]
fn ipv6_redirect_needs_an_address_of_the_same_scope() {
    let v6 = translating("-A PREROUTING -p tcp -j REDIRECT --to-ports 22");
    let router = Router { v6: &v6, ..router() };
    assert_eq!(router.syn(A6, B6), "local");
    assert_eq!(router.syn(A6, "::10"), "undetermined");
    assert_eq!(router.syn(A6, "fec0::1"), "undetermined");
}

/// MASQUERADE took an address of link scope towards `::` and fe80::5. Said was: the interface's global address.
#[test]
fn ipv6_masquerade_follows_the_scope_of_the_destination() {
    let v6 = translating("-A POSTROUTING -j MASQUERADE");
    let router = Router { v6: &v6, ..router() };
    let packet = |dst: &str| {
        let text =
            format!(r#"{{"id":1,"in":"eth0","src":"{A6}","dst":"{dst}","proto":"icmpv6","type":128}}"#);
        let header = router.verdict(&text).header;
        header.map(|h| h.src.to_string())
    };
    assert_eq!(packet("2600::1").as_deref(), Some("2001:db8:2::1"));
    assert_ne!(packet("::").as_deref(), Some("2001:db8:2::1"));
}

/// A link-local destination outside fe80::/64 has no route on its link; said was: certainly back out of it.
#[test]
fn link_local_destinations_need_a_route_of_their_link() {
    let addresses = ADDRESSES.replace(
        "    inet6 2001:db8:1::1/64 scope global\n",
        "    inet6 2001:db8:1::1/64 scope global\n    inet6 fe80::ff:fe00:1/64 scope link\n",
    );
    let with = Router { addresses, ..router() };
    assert_eq!(with.syn(A6, "fe80::5"), "accept eth0");
    assert_eq!(with.syn(A6, "fe80:0:0:1::5"), "undetermined");
    assert_eq!(router().syn(A6, "fe80::5"), "undetermined");
}

/// After NOTRACK the raw table sees UNTRACKED: the packet came out. Said was: everything is INVALID there, certainly
/// dropped.
#[test]
fn notrack_shows_in_the_raw_table_itself() {
    let raw = |rules: &str| {
        format!("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n{OPEN}")
    };
    for (test, said) in [
        ("INVALID", "undetermined"),
        ("! UNTRACKED", "undetermined"),
        ("NEW", "accept eth1"),
        ("INVALID,UNTRACKED", "drop"),
    ] {
        let (not, list) = test.strip_prefix("! ").map_or(("", test), |list| ("! ", list));
        let v4 = raw(&format!(
            "-A PREROUTING -j CT --notrack\n-A PREROUTING -m conntrack {not}--ctstate {list} -j DROP"
        ));
        assert_eq!(Router { v4: &v4, ..router() }.syn(A4, B4), said, "{test}");
    }
}

/// A packet to ff01:: never reached the rule that translates all destinations. Said was: certainly forwarded.
#[test]
fn groups_of_one_interface_are_not_translated_for_certain() {
    let v6 = translating("-A PREROUTING -j DNAT --to-destination 2001:db8:2::5");
    let router = Router { v6: &v6, ..router() };
    for dst in ["ff01::5", "ff11::5", "ff00::5"] {
        assert_eq!(router.syn(A6, dst), "undetermined", "{dst}");
    }
    assert_eq!(router.syn(A6, "ff05::5"), "accept eth1");
}
