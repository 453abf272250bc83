//! Replies to forged packets and what helpers let pass (SEMANTICS 17, 18).

use std::collections::BTreeSet;

use bunri::analysis::answer::{Level, Verdict};
use bunri::analysis::concrete::{self, Entry, Outcome};
use bunri::analysis::reach::Explorer;
use bunri::analysis::replies::Openers;
use bunri::analysis::set::point_of;
use bunri::analysis::transition::Bound;
use bunri::model::{Family, Flow, IfId, State, proto};
use bunri::network::{DeviceId, Location, SegmentId, Site};

use crate::support::tiny::{answer, assess, site, verdict};

pub const TOWN: &str = r#"
[[zone]]
id = "MYN"
name = "番号"
role = "individual-number"
[[zone]]
id = "LGW"
name = "LGWAN"
role = "lgwan"
[[zone]]
id = "KAN"
name = "管理"
role = "management"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[segment]]
id = "myn"
zone = "MYN"
prefixes = ["10.1.0.0/24"]
terminals = "no"
[[segment]]
id = "lgw"
zone = "LGW"
prefixes = ["10.2.0.0/24"]
terminals = "no"
[[segment]]
id = "kan"
zone = "KAN"
prefixes = ["10.4.0.0/24"]
terminals = "no"
[[segment]]
id = "int"
zone = "INT"
prefixes = ["10.3.0.0/24"]
terminals = "no"
"#;

pub const ONE: &str = r#"
[[device]]
name = "FW"
config = "configs/FW"
[device.attach]
m = "myn"
l = "lgw"
k = "kan"
i = "int"
"#;

pub const IFS: &str = "if m physical up 10.1.0.1/24\nif l physical up 10.2.0.1/24\nif k physical up 10.4.0.1/24\n\
                   if i physical up 10.3.0.1/24\n";

fn town(lines: &str) -> Site {
    site(&format!("{TOWN}{ONE}"), &[("configs/FW", &format!("{IFS}{lines}"))])
}

/// One forged packet from the management zone to the internet zone in the name of the individual-number zone lets
/// the internet zone in.
#[test]
fn a_reply_to_a_forged_packet_crosses() {
    let site = town("keeps rules\npermit k i * * udp 53");
    let all = assess(&site);
    for id in ["M-1", "L-1"] {
        let packet = answer(&all, id, Level::Packet);
        assert_eq!(packet.verdict, Verdict::Violated, "{id}");
        for found in &packet.counterexamples {
            assert!(found.requires_forged_source && found.one_way);
            let [asked, answered] = found.legs.as_slice() else { panic!("{found:?}") };
            assert_eq!(asked.packet.dst, answered.packet.src);
            assert_eq!(asked.packet.src, answered.delivered.dst);
            assert_eq!((asked.hops.len(), answered.hops.len()), (1, 1));
        }
    }
    assert_eq!(verdict(&site, "M-1", Level::Host), Verdict::Holds);
}

/// TCP needs no more than the first answer.
#[test]
fn the_second_packet_of_a_handshake_is_a_reply() {
    let site = town("keeps rules\npermit k i * * tcp 443");
    let all = assess(&site);
    let packet = answer(&all, "M-1", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Violated);
    assert!(packet.counterexamples.iter().all(|c| c.legs[1].packet.flags == 18));
}

/// Whoever cannot forge opens nothing, and a device without sessions has no replies.
#[test]
fn sources_that_are_checked_open_nothing() {
    for lines in [
        "keeps rules\nrpf k 10.4.0.0/24\npermit k i * * udp 53",
        "keeps rules\npermit k i 10.4.0.0/24 * udp 53",
        "keeps routes\nrpf k 10.4.0.0/24\npermit k i * * udp 53",
        "keeps opener\npermit k i * * udp 53",
        "permit k i * * udp 53",
    ] {
        let site = town(lines);
        for id in ["M-1", "L-1"] {
            assert_eq!(verdict(&site, id, Level::Packet), Verdict::Holds, "{id}: {lines}");
        }
    }
}

/// What cannot be replayed with certainty is open, and names the interface by which the forged packet enters.
#[test]
fn a_pinhole_that_cannot_be_replayed_is_undetermined() {
    for lines in [
        "keeps routes\npermit k i * * udp 53",
        "keeps rules\npermit? k i * * udp 53",
        "keeps rules\npermit k i * * udp 53\nsnat i * 10.3.0.1",
        "keeps rules\npermit k i * * 47 *",
    ] {
        let site = town(lines);
        let all = assess(&site);
        let packet = answer(&all, "M-1", Level::Packet);
        assert_eq!(packet.verdict, Verdict::Undetermined, "{lines}");
        let at: Vec<u32> = packet.culprits.iter().map(|c| site.sources.position(c.span).line).collect();
        assert_eq!(at, [4], "{lines}");
        assert!(!packet.culprits_truncated);
    }
}

/// A choice of the sender's is made for both packets.
#[test]
fn a_pinhole_may_hang_on_a_schedule() {
    let site = town("keeps rules\npermit~ k i * * udp 53");
    let all = assess(&site);
    let packet = answer(&all, "M-1", Level::Packet);
    assert_eq!(packet.verdict, Verdict::Violated);
    assert!(packet.counterexamples.iter().all(|c| c.choices.len() == 1));
}

/// A source check upstream counts as well, and every device on the way must hold the session.
#[test]
fn replies_pass_several_devices() {
    let two = r#"
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
    let inner = "if m physical up 10.1.0.1/24\nif k physical up 10.4.0.1/24\nif t physical up 10.9.0.1/24\n\
                 route 0.0.0.0/0 t 10.9.0.2\nkeeps rules\npermit k t * * udp 53\n";
    let outer = "if t physical up 10.9.0.2/24\nif i physical up 10.3.0.1/24\nif l physical up 10.2.0.1/24\n\
                 route 10.0.0.0/8 t 10.9.0.1\nkeeps rules\npermit t i * * udp 53\n";
    for (check, expected) in [("", Verdict::Violated), ("rpf k 10.4.0.0/24\n", Verdict::Holds)] {
        let configs = [("configs/IN", format!("{inner}{check}")), ("configs/OUT", outer.to_owned())];
        let configs: Vec<(&str, &str)> = configs.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let site = site(&format!("{TOWN}{two}"), &configs);
        let all = assess(&site);
        let packet = answer(&all, "M-1", Level::Packet);
        // Machines between the two may forge as well, but then the inner device holds no session.
        assert_eq!(packet.verdict, expected);
        if expected == Verdict::Holds {
            continue;
        }
        assert!(packet.counterexamples.iter().any(|c| c.legs[1].hops.len() == 2));
    }
}

/// A session to a translated address is answered by the machine behind it, and the answer is translated back.
#[test]
fn answers_of_a_translated_session_cross() {
    let rules = "keeps rules\ndnat k 10.4.0.200 10.3.0.7\npermit k i * 10.3.0.7 udp 53\n";
    assert_eq!(verdict(&town(&format!("{rules}rpf k 10.4.0.0/24\n")), "M-1", Level::Packet), Verdict::Holds);
    assert_eq!(verdict(&town(rules), "M-1", Level::Packet), Verdict::Undetermined);
    // The answer to a source that is translated goes to that source alone.
    let hidden = "keeps rules\nsnat i * 10.3.0.1\npermit k i * * udp 53\n";
    assert_eq!(verdict(&town(&format!("{hidden}rpf k 10.4.0.0/24\n")), "M-1", Level::Packet), Verdict::Holds);
    assert_eq!(verdict(&town(hidden), "M-1", Level::Packet), Verdict::Undetermined);
}

/// A sanitizer in the internet zone to which machines of the LGWAN zone open one kind of session.
fn served(kind: &str, protocol: &str, port: &str) -> String {
    format!(
        r#"
[[declaration]]
id = "D"
text = "無害化システムの仕様"
document = "設計書"
by = "情報係"
date = "R8.3.10"
[[host]]
id = "VB"
interfaces = [{{ segment = "int", addresses = ["10.3.0.5"] }}]
[[sanitizer]]
host = "VB"
forwarding = "off"
declarations = ["D"]
types = ["{kind}"]
[[sanitizer.session]]
opens = "peer"
peers = ["lgw"]
protocol = "{protocol}"
ports = "{port}"
data = "both"
purpose = "data"
"#
    )
}

/// Answers of a declared session belong to it, whoever asked; from other machines they do not.
#[test]
fn answers_of_a_declared_session_are_exempt() {
    let sanitizer = served("screen-transfer", "udp", "443");
    let topology = format!("{TOWN}{ONE}{sanitizer}");
    let of = |lines: &str| {
        let site = site(&topology, &[("configs/FW", &format!("{IFS}{lines}"))]);
        let all = assess(&site);
        answer(&all, "L-1", Level::Packet).verdict
    };
    let honest = "keeps rules\nrpf l 10.2.0.0/24\npermit l i 10.2.0.0/24 10.3.0.5/32 udp 443\n";
    assert_eq!(of(honest), Verdict::Holds);
    // Errors about the session may still come from anybody there.
    assert_eq!(of(&format!("{honest}permit k i * 10.3.0.5/32 udp 443")), Verdict::Undetermined);
    assert_eq!(of(&format!("{honest}permit k i * 10.3.0.5/32 udp 444")), Verdict::Violated);
    assert_eq!(of(&format!("{honest}permit k i * 10.3.0.6/32 udp 443")), Verdict::Violated);
}

/// A helper opens nothing for sessions that no rule lets pass, and no more than it may.
#[test]
fn helpers_open_what_their_kind_may() {
    let control = "permit l k 10.2.0.0/24 * udp 5060\n";
    for (lines, expected) in [
        ("keeps opener\nhelper any udp 5060\n".to_owned(), Verdict::Holds),
        (format!("keeps opener\n{control}"), Verdict::Holds),
        (format!("keeps opener\nhelper same udp 5060\n{control}"), Verdict::Holds),
        (format!("keeps opener\nhelper any udp 5061\n{control}"), Verdict::Holds),
        (format!("keeps opener\nhelper any udp 5060\n{control}"), Verdict::Undetermined),
        (format!("keeps opener\nhelper any udp 5060\n{control}snat k * 10.4.0.1"), Verdict::Undetermined),
    ] {
        let site = town(&lines);
        let all = assess(&site);
        let packet = answer(&all, "M-1", Level::Packet);
        assert_eq!(packet.verdict, expected, "{lines}");
        if expected == Verdict::Undetermined {
            let at: Vec<u32> = packet.culprits.iter().map(|c| site.sources.position(c.span).line).collect();
            assert_eq!(at, [7], "{lines}");
        }
    }
}

/// Beside a declared control session, its helper lets other sessions pass between the same ends.
#[test]
fn a_helper_goes_beyond_a_declared_session() {
    let sanitizer = served("file", "tcp", "21");
    let topology = format!("{TOWN}{ONE}{sanitizer}");
    let rules = "keeps opener\npermit l i 10.2.0.0/24 10.3.0.5/32 tcp 21\n";
    for (more, expected) in [
        ("", Verdict::Holds),
        ("helper same tcp 22", Verdict::Holds),
        ("helper same tcp 21", Verdict::Undetermined),
    ] {
        let site = site(&topology, &[("configs/FW", &format!("{IFS}{rules}{more}"))]);
        assert_eq!(verdict(&site, "L-1", Level::Packet), expected, "{more}");
    }
}

/// Both engines agree on which packets pass as replies, over every small packet of many small devices.
#[test]
fn engines_agree_on_replies() {
    let mut random = 7u32;
    let mut next = |n: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) % n
    };
    let names = ["m", "l", "k", "i"];
    let nets = ["*", "10.1.0.0/24", "10.2.0.0/24", "10.4.0.0/24", "10.3.0.0/24", "10.3.0.7/32"];
    let (mut passed, mut refused) = (0, 0);
    for _ in 0..24 {
        let mut lines = "keeps rules\n".to_owned();
        for _ in 0..1 + next(4) {
            let word = ["permit", "permit", "deny", "permit?"][next(4) as usize];
            let mut end = || if next(3) == 0 { "*" } else { names[next(4) as usize] };
            let (from, to) = (end(), end());
            let mut net = || nets[next(6) as usize];
            let (src, dst) = (net(), net());
            let service = ["udp 53", "udp *", "* *"][next(3) as usize];
            lines.push_str(&format!("{word} {from} {to} {src} {dst} {service}\n"));
        }
        if next(2) == 0 {
            lines.push_str("rpf k 10.4.0.0/24\n");
        }
        let site = town(&lines);
        let (p, r) = compare_replies(&site, &lines);
        passed += p;
        refused += r;
    }
    assert!(passed > 200 && refused > 500, "{passed} {refused}");
}

fn compare_replies(site: &Site, lines: &str) -> (usize, usize) {
    let device = &site.devices[0].device;
    let everybody: BTreeSet<Location> = (0..4).map(|s| Location::Origin(SegmentId(s))).collect();
    let mut explorer = Explorer::new(site, 4_000_000, BTreeSet::new());
    let openers: Openers = explorer.openers(&everybody, Bound::Upper).unwrap();
    let addresses: Vec<u128> =
        ["10.1.0.7", "10.2.0.7", "10.4.0.7", "10.3.0.7"].map(|a| Family::number(a.parse().unwrap())).to_vec();
    let forwards = |flow: &Flow, at: IfId, state: Option<State>| -> BTreeSet<IfId> {
        let entry = Entry { state, ..Entry::ingress(at) };
        let found = concrete::device_branches(device, flow, &entry).unwrap();
        let out = found.branches.iter().filter_map(|b| match b.outcome {
            Outcome::Forward { egress, .. } => Some(egress),
            _ => None,
        });
        out.collect()
    };
    let (mut passed, mut refused) = (0, 0);
    for at in (0..4).map(IfId) {
        let all = explorer.e.universe().unwrap();
        let seeds = [(Location::Ingress(DeviceId(0), at), all)];
        let passages = explorer.forward_past(&seeds, Bound::Upper, &openers).unwrap();
        for (src, dst) in addresses.iter().flat_map(|s| addresses.iter().map(move |d| (*s, *d))) {
            for (sport, dport) in [(53, 40_000), (40_000, 53), (80, 81)] {
                let flow = |src, dst, sport, dport| Flow {
                    family: Family::V4,
                    src,
                    dst,
                    proto: proto::UDP,
                    sport,
                    dport,
                    icmp: 0,
                    flags: 0,
                };
                let reply = flow(src, dst, sport, dport);
                let first = flow(dst, src, dport, sport);
                let opened = (0..4).any(|i| !forwards(&first, IfId(i), None).is_empty());
                let ruled = forwards(&reply, at, None);
                let back = forwards(&reply, at, Some(State::Established));
                for egress in (0..4).map(IfId) {
                    let expected = opened && back.contains(&egress) && !ruled.contains(&egress);
                    let point = point_of(&reply);
                    let found = passages.steps.iter().any(|s| {
                        s.past
                            && matches!(s.at, Location::Egress(_, e, _) if e == egress)
                            && explorer.e.contains(s.set, &point)
                    });
                    assert_eq!(found, expected, "{reply} in {at:?} out {egress:?}\n{lines}");
                    if expected { passed += 1 } else { refused += 1 }
                }
            }
        }
    }
    (passed, refused)
}
