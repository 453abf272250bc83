//! Planted holes: each change opens a way that the rules forbid, so the verdict must not stay "holds". And the other
//! way round: changes that open nothing keep it, also those that prepare a hole without opening it.

use bunri::network::{FileSource, build};
use bunri::source::Limits;
use bunri::vendor::VENDORS;

use super::damage::Files;
use super::judge::{Memory, Outcome, files_of, outcome};

const FW: &str = "configs/FW-WAKABA01_20260310.conf";
const V4: &str = "configs/SV-MUGAI01/iptables-save.txt";
const V6: &str = "configs/SV-MUGAI01/ip6tables-save.txt";
const SYSCTL: &str = "configs/SV-MUGAI01/sysctl.txt";
const ADDRESSES: &str = "configs/SV-MUGAI01/ip_addr.txt";

/// In a file, this text (it must be there) becomes that.
type Edit<'a> = (&'a str, &'a str, &'a str);

/// Changes with a name.
struct Planted<'a> {
    vendor: &'static str,
    name: &'static str,
    edits: Vec<Edit<'a>>,
}

fn edited(files: &Files, planted: &Planted<'_>) -> Files {
    let mut files = files.clone();
    for (file, find, put) in &planted.edits {
        let text = String::from_utf8(files[*file].clone()).unwrap();
        assert!(text.contains(find), "{}: `{find}` is not in {file}", planted.name);
        files.insert((*file).to_owned(), text.replacen(find, put, 1).into_bytes());
    }
    files
}

fn verdict(files: &Files) -> Outcome {
    let files = Memory(files);
    let files: &dyn FileSource = &files;
    build(files, VENDORS, &Limits::default()).map_or(Outcome::Error, |site| outcome(&site))
}

const POLICIES: &str = "config firewall policy\n";

/// A policy at the top of the list.
fn policy(from: &str, to: &str, source: &str, target: &str, service: &str, more: &str) -> String {
    format!(
        "{POLICIES}    edit 200\n        set srcintf {from}\n        set dstintf {to}\n        set action accept\n        \
         set srcaddr {source}\n        set dstaddr {target}\n        set schedule \"always\"\n        \
         set service \"{service}\"\n{more}    next\n"
    )
}

/// A rule at the top of the filter table, whose chains have these policies.
fn filter(input: &str, forward: &str, output: &str, rules: &str) -> String {
    format!(
        ":INPUT {input} [0:0]\n:FORWARD {forward} [0:0]\n:OUTPUT {output} [0:0]\n:IN_SOTO - [0:0]\n:IN_UCHI - [0:0]\n\
         {rules}"
    )
}

const FILTER: &str = ":INPUT DROP [1820:109220]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [12:720]\n:IN_SOTO - [0:0]\n:IN_UCHI - [0:0]\n";

const ROUTER_ON: [Edit<'static>; 4] = [
    (SYSCTL, "net.ipv4.conf.all.forwarding = 0", "net.ipv4.conf.all.forwarding = 1"),
    (SYSCTL, "net.ipv4.conf.eth0.forwarding = 0", "net.ipv4.conf.eth0.forwarding = 1"),
    (SYSCTL, "net.ipv4.conf.eth1.forwarding = 0", "net.ipv4.conf.eth1.forwarding = 1"),
    (SYSCTL, "net.ipv4.ip_forward = 0", "net.ipv4.ip_forward = 1"),
];

fn with(first: &[Edit<'static>], more: &[Edit<'static>]) -> Vec<Edit<'static>> {
    first.iter().chain(more).copied().collect()
}

/// Kept for the whole test run: the texts are made once.
fn text(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn fortios(name: &'static str, edits: Vec<Edit<'static>>) -> Planted<'static> {
    Planted { vendor: "fortios", name, edits }
}

fn iptables(name: &'static str, edits: Vec<Edit<'static>>) -> Planted<'static> {
    Planted { vendor: "iptables", name, edits }
}

/// A permit on an address group, before a member of the other zone is in it.
fn group() -> Edit<'static> {
    let permit = policy("\"v22_naibu_pc\"", "\"any\"", "\"NW_NAIBU_PC\"", "\"G_TEST\"", "HTTPS", "");
    (FW, POLICIES, text(permit))
}

fn group_of(members: &'static str) -> Edit<'static> {
    let group =
        format!("config firewall addrgrp\n    edit \"G_TEST\"\n        set member {members}\n    next\n");
    (FW, "config firewall addrgrp\n", text(group))
}

/// A permit that only routes keep inside its zone.
fn routed(target: &'static str) -> Edit<'static> {
    let permit = policy("\"v22_naibu_pc\"", "\"any\"", "\"NW_NAIBU_PC\"", target, "HTTPS", "");
    (FW, POLICIES, text(permit))
}

fn address(name: &str, subnet: &str) -> Edit<'static> {
    let object =
        format!("config firewall address\n    edit \"{name}\"\n        set subnet {subnet}\n    next\n");
    (FW, "config firewall address\n", text(object))
}

/// Interfaces of two tiers in one interface zone.
const ZONE: Edit<'static> = (
    FW,
    "config firewall address\n",
    "config system zone\n    edit \"ZTEST\"\n        set intrazone allow\n        \
     set interface \"v22_naibu_pc\" \"v32_joho_pc\"\n    next\nend\nconfig firewall address\n",
);

fn fortios_holes() -> Vec<Planted<'static>> {
    let top = |from, to, source, target, service| {
        let permit = policy(from, to, source, target, service, "");
        vec![(FW, POLICIES, text(permit))]
    };
    let kikan_sv = "edit \"v11_kikan_sv\"\n";
    let joho_pc = "edit \"v32_joho_pc\"\n";
    let v6 = |interface: &'static str, address: &str| {
        let text6 =
            format!("{interface}        config ipv6\n            set ip6-address {address}\n        end\n");
        (FW, interface, text(text6))
    };
    let six = policy(
        "\"v32_joho_pc\"",
        "\"v11_kikan_sv\"",
        "\"none\"",
        "\"none\"",
        "ALL",
        "        set srcaddr6 \"all\"\n        set dstaddr6 \"all\"\n",
    );
    let vip = "config firewall vip\n    edit \"VIP_TEST\"\n        set extip 192.0.2.11\n        \
               set mappedip \"10.60.10.11\"\n        set extintf \"wan1\"\n    next\n";
    let to_vip = policy("\"wan1\"", "\"v11_kikan_sv\"", "\"all\"", "\"VIP_TEST\"", "HTTPS", "");
    vec![
        fortios("a permit for everything on top", top("\"any\"", "\"any\"", "\"all\"", "\"all\"", "ALL")),
        fortios(
            "a permit between two zones on top",
            top("\"v32_joho_pc\"", "\"v11_kikan_sv\"", "\"NW_JOHO_PC\"", "\"all\"", "HTTPS"),
        ),
        fortios(
            "a member added to an address group",
            vec![group(), group_of("\"NW_NAIBU_SV\" \"NW_JOHO_PC\"")],
        ),
        fortios(
            "a virtual IP in front of a server",
            vec![(FW, "config firewall vip\n", vip), (FW, POLICIES, text(to_vip))],
        ),
        fortios(
            "a static route that beats the one inside the zone",
            vec![
                routed("\"NW_LGWAN\""),
                (
                    FW,
                    "config router static\n",
                    "config router static\n    edit 9\n        set dst 198.51.100.128 255.255.255.128\n        \
                     set gateway 192.0.2.14\n        set device \"wan1\"\n    next\n",
                ),
            ],
        ),
        fortios(
            "a secondary address of the other zone's interface",
            vec![
                address("NW_TEST", "10.61.99.0 255.255.255.0"),
                routed("\"NW_TEST\""),
                (
                    FW,
                    joho_pc,
                    "edit \"v32_joho_pc\"\n        set secondary-IP enable\n        config secondaryip\n            \
                     edit 1\n                set ip 10.61.99.1 255.255.255.0\n            next\n        end\n",
                ),
            ],
        ),
        fortios(
            "a policy route into the other zone",
            vec![
                routed("\"NW_NAIBU_SV\""),
                (
                    FW,
                    "config router static\n",
                    "config router policy\n    edit 1\n        set input-device \"v22_naibu_pc\"\n        \
                     set dst \"10.61.10.0/255.255.255.0\"\n        set gateway 10.62.10.41\n        \
                     set output-device \"v31_joho_dmz\"\n    next\nend\nconfig router static\n",
                ),
            ],
        ),
        fortios(
            "an IPv6 permit",
            vec![
                v6(kikan_sv, "2001:db8:60::1/64"),
                v6(joho_pc, "2001:db8:62::1/64"),
                (FW, POLICIES, text(six)),
            ],
        ),
        fortios(
            "a disabled permit for everything enabled",
            vec![(FW, "    edit 90\n        set status disable\n", "    edit 90\n")],
        ),
        fortios(
            "a negated destination",
            vec![(
                FW,
                "        set dstaddr \"SV-VB01\"\n",
                "        set dstaddr \"SV-VB01\"\n        set dstaddr-negate enable\n",
            )],
        ),
        fortios(
            "a widened service",
            vec![(
                FW,
                "        set dstaddr \"SV-VB01\"\n        set schedule \"always\"\n        set service \"HTTPS\"",
                "        set dstaddr \"SV-VB01\"\n        set schedule \"always\"\n        set service \"ALL\"",
            )],
        ),
        fortios(
            "two zones in one interface zone, and no explicit denial",
            vec![
                ZONE,
                (
                    FW,
                    "        set name \"deny_all\"\n",
                    "        set name \"deny_all\"\n        set status disable\n",
                ),
            ],
        ),
        fortios(
            "an object that a permit names is gone",
            vec![(FW, "    edit \"SV-VB01\"\n", "    edit \"SV-VB09\"\n")],
        ),
        fortios(
            "a DNS forwarder in both zones",
            vec![(
                FW,
                "config firewall address\n",
                "config system dns-server\n    edit \"v12_kikan_pc\"\n        set mode forward-only\n    next\n    \
                 edit \"v32_joho_pc\"\n        set mode forward-only\n    next\nend\nconfig firewall address\n",
            )],
        ),
        fortios(
            "multicast let through",
            vec![(
                FW,
                POLICIES,
                "config firewall multicast-policy\n    edit 1\n        set srcintf \"v32_joho_pc\"\n        \
                 set dstintf \"v11_kikan_sv\"\n        set srcaddr \"all\"\n        set dstaddr \"all_hosts\"\n    next\n\
                 end\nconfig firewall policy\n",
            )],
        ),
    ]
}

fn iptables_holes() -> Vec<Planted<'static>> {
    let rules = |input, forward, output, rules| (V4, FILTER, text(filter(input, forward, output, rules)));
    let six = ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n";
    vec![
        iptables(
            "routing, and forwarding permitted",
            with(&ROUTER_ON, &[rules("DROP", "ACCEPT", "DROP", "")]),
        ),
        iptables(
            "routing, and one rule on top",
            with(&ROUTER_ON, &[rules("DROP", "DROP", "DROP", "-A FORWARD -i eth0 -o eth1 -j ACCEPT\n")]),
        ),
        iptables(
            "a translation to a server behind",
            with(
                &ROUTER_ON,
                &[
                    rules("DROP", "DROP", "DROP", "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\n"),
                    (
                        V4,
                        "*raw\n",
                        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
                         :POSTROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8443 -j DNAT \
                         --to-destination 10.61.10.81:25\nCOMMIT\n*raw\n",
                    ),
                ],
            ),
        ),
        iptables(
            "a mark that a rule accepts",
            with(
                &ROUTER_ON,
                &[
                    rules("DROP", "DROP", "DROP", "-A FORWARD -m mark --mark 0x1 -j ACCEPT\n"),
                    (
                        V4,
                        "*raw\n",
                        "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n\
                         :OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j MARK --set-xmark \
                         0x1/0xffffffff\nCOMMIT\n*raw\n",
                    ),
                ],
            ),
        ),
        iptables("everything accepted on top", vec![rules("DROP", "DROP", "DROP", "-A INPUT -j ACCEPT\n")]),
        iptables("everything may be opened", vec![rules("DROP", "DROP", "DROP", "-A OUTPUT -j ACCEPT\n")]),
        iptables("the policy of INPUT accepts", vec![rules("ACCEPT", "DROP", "DROP", "")]),
        iptables(
            "a jump becomes an accept",
            vec![(V4, "-A INPUT -i eth0 -j IN_SOTO", "-A INPUT -i eth0 -j ACCEPT")],
        ),
        iptables(
            "a negated source",
            vec![(V4, "-A IN_SOTO -s 10.62.20.0/24", "-A IN_SOTO ! -s 10.62.20.0/24")],
        ),
        iptables("a wider source", vec![(V4, "-A IN_SOTO -s 10.62.20.0/24", "-A IN_SOTO -s 10.62.0.0/16")]),
        iptables(
            "more ports",
            vec![(
                V4,
                "-A IN_SOTO -s 10.62.20.0/24 -p tcp -m tcp --dport 443",
                "-A IN_SOTO -s 10.62.20.0/24 -p tcp -m tcp --dport 1:65535",
            )],
        ),
        iptables(
            "IPv6 switched on and accepted",
            vec![
                (V6, six, ":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"),
                (SYSCTL, "net.ipv6.conf.all.disable_ipv6 = 1", "net.ipv6.conf.all.disable_ipv6 = 0"),
                (SYSCTL, "net.ipv6.conf.eth0.disable_ipv6 = 1", "net.ipv6.conf.eth0.disable_ipv6 = 0"),
                (SYSCTL, "net.ipv6.conf.eth1.disable_ipv6 = 1", "net.ipv6.conf.eth1.disable_ipv6 = 0"),
                (
                    ADDRESSES,
                    "    inet 10.62.10.31/24 brd 10.62.10.255 scope global eth0\n",
                    "    inet 10.62.10.31/24 brd 10.62.10.255 scope global eth0\n       valid_lft forever \
                     preferred_lft forever\n    inet6 2001:db8:62::31/64 scope global\n",
                ),
                (
                    ADDRESSES,
                    "    inet 10.61.40.2/28 brd 10.61.40.15 scope global eth1\n",
                    "    inet 10.61.40.2/28 brd 10.61.40.15 scope global eth1\n       valid_lft forever \
                     preferred_lft forever\n    inet6 2001:db8:61::2/64 scope global\n",
                ),
            ],
        ),
    ]
}

/// Changes that open nothing.
fn harmless() -> Vec<Planted<'static>> {
    let deny = text(
        policy("\"any\"", "\"any\"", "\"all\"", "\"NW_KIKAN_PC\"", "SMTP", "")
            .replace("set action accept", "set action deny"),
    );
    let off = policy("\"any\"", "\"any\"", "\"all\"", "\"all\"", "ALL", "        set status disable\n");
    let behind = "    next\n    edit 300\n        set srcintf \"any\"\n        set dstintf \"any\"\n        \
                  set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        \
                  set schedule \"always\"\n        set service \"ALL\"\n    next\nend\nconfig router rip\n";
    let named = |rules| (V4, FILTER, text(filter("DROP", "DROP", "DROP", rules)));
    vec![
        fortios("a group without the other zone's member", vec![group(), group_of("\"NW_NAIBU_SV\"")]),
        fortios("a permit that routes keep inside", vec![routed("\"NW_LGWAN\"")]),
        fortios(
            "a permit to addresses that lie nowhere",
            vec![address("NW_TEST", "10.61.99.0 255.255.255.0"), routed("\"NW_TEST\"")],
        ),
        // What passes inside a zone is asked after the policies, and these deny everything.
        fortios("two tiers in one interface zone behind the denial of everything", vec![ZONE]),
        fortios("an address that nothing uses", vec![address("NW_TEST", "10.60.0.0 255.252.0.0")]),
        fortios("a denial on top", vec![(FW, POLICIES, deny)]),
        fortios("a permit for everything, disabled", vec![(FW, POLICIES, text(off))]),
        fortios(
            "a permit for everything behind the denial of everything",
            vec![(FW, "    next\nend\nconfig router rip\n", behind)],
        ),
        iptables(
            "a comment and other counters",
            vec![named("-A INPUT -i lo -m comment --comment \"x\" -j ACCEPT\n")],
        ),
        iptables("a rule that only logs", vec![named("-A FORWARD -j LOG --log-prefix \"x \"\n")]),
        iptables("a drop on top", vec![named("-A INPUT -s 10.62.20.66/32 -j DROP\n")]),
        iptables(
            "forwarding permitted while the machine does not route",
            vec![named("-A FORWARD -j ACCEPT\n")],
        ),
        iptables("routing while nothing is forwarded", ROUTER_ON.to_vec()),
    ]
}

#[test]
fn planted_holes_are_found() {
    let healthy = files_of("wakaba");
    let mut survivors = Vec::new();
    for (vendor, holes) in [("fortios", fortios_holes()), ("iptables", iptables_holes())] {
        let (mut killed, mut shown) = (0, 0);
        for hole in &holes {
            assert_eq!(hole.vendor, vendor);
            match verdict(&edited(&healthy, hole)) {
                Outcome::Violated => (killed, shown) = (killed + 1, shown + 1),
                Outcome::Undetermined => killed += 1,
                other => survivors.push(format!("{vendor}, {}: {other:?}", hole.name)),
            }
        }
        println!("{vendor}: {killed} of {} planted holes noticed, {shown} shown with a packet", holes.len());
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn changes_that_open_nothing_keep_the_verdict() {
    let healthy = files_of("wakaba");
    let changed = harmless().into_iter().map(|c| (verdict(&edited(&healthy, &c)), c));
    let lost: Vec<String> = changed
        .filter(|(found, _)| *found != Outcome::Holds)
        .map(|(found, c)| format!("{}, {}: {found:?}", c.vendor, c.name))
        .collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
