//! Sessions that are picked up late, go another way, live on a second member of a cluster, or belong to a registered
//! flow; and a search for replies that a proof overlooks.

use std::collections::{BTreeMap, BTreeSet};

use bunri::analysis::answer::{Level, Verdict};
use bunri::analysis::concrete::{Options, simulate};
use bunri::model::{Family, Flow, proto};
use bunri::network::{DeviceId, Location, SegmentId, Site};

use crate::pinholes::{Gate, QUESTION, fortigate, packet, quiet, router};
use crate::register::flows::{ENTRY, INTERFACES, TOPOLOGY, assess_on};
use crate::replies::{IFS, ONE, TOWN};
use crate::rule_lists::Rng;
use crate::support::tiny::{self, answer, assess, site};

const HELD: [Verdict; 2] = [Verdict::Holds; 2];

fn open(verdicts: [Verdict; 2]) -> bool {
    verdicts.iter().all(|v| *v != Verdict::Holds)
}

/// TCP sessions that need no first packet are sessions like any other: whoever cannot forge opens nothing by them,
/// whoever can does. How long sessions live changes nothing.
#[test]
fn a_fortigate_that_picks_sessions_up_late() {
    let unchecked = Gate { source: "all", port: "set src-check disable", ..quiet("FTP") };
    for (policy, settings) in [
        ("", vec!["set tcp-session-without-syn enable"]),
        ("set tcp-session-without-syn all", vec!["set tcp-session-without-syn enable"]),
        ("set session-ttl 604800", vec![]),
    ] {
        let with = |gate: &Gate| {
            let settings = gate.settings.iter().chain(&settings).copied().collect();
            packet(&fortigate(&Gate { policy, settings, ..gate.clone() }))
        };
        assert_eq!(with(&quiet("FTP")), HELD, "{policy} {settings:?}");
        assert!(open(with(&unchecked)), "{policy} {settings:?}");
    }
}

/// With asymmetric routing a box checks no sources, so what is allowed for anybody can be forged there. What is allowed
/// for the management zone's own addresses cannot be opened in another's name, whatever the routes say of replies.
#[test]
fn asymmetric_routing_takes_the_source_check_away() {
    let with = |source, setting| {
        packet(&fortigate(&Gate {
            source,
            settings: vec![setting, quiet("DNS").settings[0]],
            ..quiet("DNS")
        }))
    };
    assert_eq!(with("all", "set asymroute disable"), HELD);
    assert!(open(with("all", "set asymroute enable")));
    assert!(open(with("all", "set strict-src-check disable\n    set asymroute enable")));
}

/// A router that takes a lone ACK for a new connection holds a session for it, and answers pass; one that does not
/// has none. Where nobody says which, it may.
#[test]
fn a_router_that_picks_connections_up_late() {
    let late =
        QUESTION.replace("-p udp -m udp --dport 53", "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN");
    let key = "net.ipv4.ip_forward = 1";
    let loose = |value: u8| format!("{key}\nnet.netfilter.nf_conntrack_tcp_loose = {value}");
    let forged = ("rp_filter = 1", "rp_filter = 0");
    let (zero, one) = (loose(0), loose(1));
    let rule = (QUESTION, late.as_str());
    assert!(open(packet(&router(&[rule, forged, (key, &one)]))));
    assert!(open(packet(&router(&[rule, forged]))));
    assert_eq!(packet(&router(&[rule, forged, (key, &zero)])), HELD);
    assert_eq!(packet(&router(&[rule, (key, &one)])), HELD);
}

/// The second member of a cluster holds sessions too, under its own rules.
#[test]
fn a_standby_member_may_hold_the_session() {
    let pair = format!(
        "{TOWN}{ONE}[device.standby]\nname = \"FW2\"\nconfig = \"configs/FW2\"\n[device.standby.attach]\nm = \"myn\"\nl = \"lgw\"\nk = \"kan\"\ni = \"int\"\n"
    );
    let of = |first: &str, second: &str| {
        let lines = |more: &str| format!("{IFS}keeps rules\npermit k i * * udp 53\n{more}");
        let (first, second) = (lines(first), lines(second));
        let site = site(&pair, &[("configs/FW", &first), ("configs/FW2", &second)]);
        packet(&site)
    };
    let check = "rpf k 10.4.0.0/24\n";
    assert_eq!(of(check, check), HELD);
    assert!(open(of(check, "")));
    assert!(open(of("", check)));
}

/// A registered flow covers its answers, ICMP and whole protocols as well; what is registered for one machine covers
/// no other machine's answers.
#[test]
fn answers_of_registered_flows_are_covered() {
    let day = jiff::civil::date(2026, 1, 15);
    let of = |entry: &str, rules: &str| {
        let site = tiny::with_register(
            TOPOLOGY,
            &[("fw", &format!("{INTERFACES}keeps rules\n{rules}"))],
            Some(entry),
        );
        answer(&assess_on(&site, day), "M-2", Level::Packet).verdict
    };
    let icmp = ENTRY.replace("protocol = \"tcp\"\nports = \"443\"", "protocol = \"icmp\"");
    let any = ENTRY.replace("protocol = \"tcp\"\nports = \"443\"", "protocol = \"any\"");
    assert!(icmp != ENTRY && any != ENTRY);
    for (entry, service) in
        [(ENTRY, "tcp 443"), (&icmp, "1 *"), (&any, "tcp 443"), (&any, "47 *"), (&any, "1 *")]
    {
        let rule = |from: &str| format!("permit m l {from} 10.2.0.11/32 {service}\n");
        assert_eq!(of(entry, &rule("10.1.0.11/32")), Verdict::Holds, "{service}");
        // Another machine opens it: that is no registered flow.
        assert_eq!(of(entry, &rule("10.1.0.12/32")), Verdict::Violated, "{service}");
    }
    // An entry for ICMP covers no TCP.
    assert_eq!(of(&icmp, "permit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n"), Verdict::Violated);
    // Somebody in the third zone opens a session to the registered peer in the registered machine's name: from its
    // port the peer's answers reach the individual-number zone, which no entry speaks of.
    let forged = "permit j l 10.1.0.11/32 10.2.0.11/32 tcp 444\n";
    assert_ne!(of(ENTRY, &format!("permit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n{forged}")), Verdict::Holds);
}

const INNER: &str = r#"
[[segment]]
id = "mid"
prefixes = ["10.9.0.0/24"]
terminals = "no"
complete = true
[[device]]
name = "IN"
config = "configs/IN"
[device.attach]
m = "myn"
k = "kan"
t = "mid"
[[device]]
name = "OUT"
config = "configs/OUT"
[device.attach]
t = "mid"
i = "int"
l = "lgw"
"#;

/// Random rules on two devices in a row: where a proof says that nothing passes for a session, no forged packet is found
/// whose answer crosses.
#[test]
fn no_forged_packet_beats_a_proof_over_two_devices() {
    let mut rng = Rng(5);
    let (mut held, mut beaten) = (0, 0);
    for _ in 0..40 {
        let mut rules = |ways: [[&str; 2]; 4], check: &str| {
            let nets = ["*", "*", "*", "10.1.0.0/24", "10.3.0.0/24", "10.4.0.0/24"];
            let mut out = String::new();
            for [from, to] in ways {
                if rng.percent(55) {
                    let word = rng.of(&["permit", "permit", "permit", "deny"]);
                    let (src, dst) = (rng.of(&nets), rng.of(&nets));
                    let service = rng.of(&["udp 53", "udp *"]);
                    out.push_str(&format!("{word} {from} {to} {src} {dst} {service}\n"));
                }
            }
            if rng.percent(40) {
                out.push_str(check);
            }
            out
        };
        let inner = format!(
            "if m physical up 10.1.0.1/24\nif k physical up 10.4.0.1/24\nif t physical up 10.9.0.1/24\n\
             route 0.0.0.0/0 t 10.9.0.2\nkeeps rules\n{}",
            rules([["k", "t"], ["k", "t"], ["t", "k"], ["t", "m"]], "rpf k 10.4.0.0/24\n")
        );
        let outer = format!(
            "if t physical up 10.9.0.2/24\nif i physical up 10.3.0.1/24\nif l physical up 10.2.0.1/24\n\
             route 10.1.0.0/24 t 10.9.0.1\nroute 10.4.0.0/24 t 10.9.0.1\nkeeps rules\n{}",
            rules([["t", "i"], ["t", "i"], ["l", "t"], ["l", "i"]], "rpf l 10.2.0.0/24\n")
        );
        let site = site(&format!("{TOWN}{INNER}"), &[("configs/IN", &inner), ("configs/OUT", &outer)]);
        let verdict = answer(&assess(&site), "M-1", Level::Packet).verdict;
        let found = pinhole(&site);
        match (verdict, &found) {
            (Verdict::Holds, None) => held += 1,
            (Verdict::Holds, Some(how)) => panic!("{how}\n{inner}\n{outer}"),
            (_, Some(_)) => beaten += 1,
            _ => {}
        }
    }
    assert!(held > 3 && beaten > 3, "{held} held, {beaten} beaten");
}

/// A first packet from anywhere, in the name of one side of M-1, and an answer of the other side that crosses.
fn pinhole(site: &Site) -> Option<String> {
    let at = |id: &str| site.segments().find(|(_, s)| s.id.value == id).unwrap().0;
    let number = |a: &str| Family::number(a.parse().unwrap());
    let (inner, outer) = ((at("myn"), number("10.1.0.7")), (at("int"), number("10.3.0.7")));
    let everywhere: Vec<SegmentId> = site.segments().filter(|(_, s)| !s.internal).map(|(id, _)| id).collect();
    for ((near, own), (far, other)) in [(inner, outer), (outer, inner)] {
        for opener in everywhere.iter().filter(|s| **s != near) {
            for (sport, dport) in [(40_000, 53), (53, 40_000)] {
                let first = udp(own, other, sport, dport);
                let reply = udp(other, own, dport, sport);
                for sessions in opened(site, Location::Origin(*opener), &first) {
                    let options = Options { sessions, ..Options::default() };
                    let ways = simulate(site, Location::Origin(far), &reply, &options);
                    let crosses =
                        |t: &bunri::analysis::concrete::Transmission| t.to == Location::Segment(near);
                    if ways.branches.iter().any(|b| b.transmissions.iter().any(crosses)) {
                        return Some(format!("{first} from {opener:?}, then {reply}"));
                    }
                }
            }
        }
    }
    None
}

fn udp(src: u128, dst: u128, sport: u16, dport: u16) -> Flow {
    Flow { family: Family::V4, src, dst, proto: proto::UDP, sport, dport, icmp: 0, flags: 0 }
}

/// The sessions that devices hold after a packet, way by way: those that sent it on.
fn opened(site: &Site, at: Location, first: &Flow) -> BTreeSet<BTreeMap<DeviceId, Flow>> {
    let ways = simulate(site, at, first, &Options::default());
    let held = |b: &bunri::analysis::concrete::SiteBranch| -> BTreeMap<DeviceId, Flow> {
        b.transmissions.iter().map(|t| (t.device, *first)).collect()
    };
    ways.branches.iter().map(held).filter(|h| !h.is_empty()).collect()
}
