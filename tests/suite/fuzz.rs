//! Mutations of real-shaped inputs, one test per reader: nothing panics, nothing hangs, and noise in a violated site
//! never makes it hold.
//!
//! `PROPTEST_CASES=20000 cargo test fuzz::` runs longer.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use bunri::analysis::answer::Verdict;
use bunri::checks::{Options, assess};
use bunri::network::build;
use bunri::source::{Limits, SitePath, Sources};
use bunri::vendor::{Companion, VENDORS, VendorInput, by_id};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::mutation::{Files, Memory, files_of};

/// One change of a text.
#[derive(Debug, Clone)]
enum Edit {
    /// Lines from here, so many, go.
    Drop(Index, usize),
    /// A line comes twice.
    Double(Index),
    /// Two lines change places.
    Swap(Index, Index),
    /// A word becomes another word of the text.
    Word(Index, Index),
    /// A word becomes this.
    Garble(Index, String),
    /// A byte becomes another.
    Byte(Index, u8),
    /// Bytes come in.
    Insert(Index, Vec<u8>),
    /// The text ends.
    Cut(Index),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let odd = prop_oneof![
        Just("0.0.0.0/33"),
        Just("255.255.255.255"),
        Just("-1"),
        Just("4294967296"),
        Just("99999999999999999999"),
        Just("\""),
        Just("\\"),
        Just("''"),
        Just("!"),
        Just("any"),
        Just("::"),
        Just("::/129"),
        Just("65536-1"),
        Just("10.0.0.0/0.0.255.0"),
        Just("1-2-3"),
        Just("~"),
        Just("表"),
        Just("\u{0}"),
        Just("1:2:3:4"),
        Just("lo"),
    ];
    let one = prop_oneof![
        (at(), 1usize..9).prop_map(|(a, n)| Edit::Drop(a, n)),
        at().prop_map(Edit::Double),
        (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (at(), at()).prop_map(|(a, b)| Edit::Word(a, b)),
        (at(), odd).prop_map(|(a, w)| Edit::Garble(a, w.to_owned())),
        (at(), "[ -~]{0,12}").prop_map(|(a, w)| Edit::Garble(a, w)),
        (at(), any::<u8>()).prop_map(|(a, b)| Edit::Byte(a, b)),
        (at(), prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(a, b)| Edit::Insert(a, b)),
        at().prop_map(Edit::Cut),
    ];
    prop::collection::vec(one, 1..6)
}

/// The words of a text: start and end.
fn words(text: &str) -> Vec<(usize, usize)> {
    let start = |w: &str| w.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(|w| (start(w), start(w) + w.len())).collect()
}

fn mutated(original: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for edit in edits {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let words = words(&text);
        if lines.is_empty() || words.is_empty() {
            break;
        }
        let word = |at: &Index, new: &str| {
            let (from, to) = words[at.index(words.len())];
            [&text.as_bytes()[..from], new.as_bytes(), &text.as_bytes()[to..]].concat()
        };
        bytes = match edit {
            Edit::Drop(at, count) => {
                let at = at.index(lines.len());
                lines.drain(at..(at + count).min(text.split_inclusive('\n').count()));
                lines.concat().into_bytes()
            }
            Edit::Double(at) => {
                let at = at.index(lines.len());
                lines.insert(at, lines[at]);
                lines.concat().into_bytes()
            }
            Edit::Swap(a, b) => {
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                lines.concat().into_bytes()
            }
            Edit::Word(at, from) => {
                let (a, b) = words[from.index(words.len())];
                word(at, &text[a..b])
            }
            Edit::Garble(at, new) => word(at, new),
            Edit::Byte(at, new) => {
                let at = at.index(bytes.len());
                bytes[at] = *new;
                bytes
            }
            Edit::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
                bytes
            }
            Edit::Cut(at) => {
                let at = at.index(bytes.len());
                bytes.truncate(at);
                bytes
            }
        };
    }
    bytes
}

fn fixtures(folder: &str, ends: &[&str]) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names.retain(|p| ends.iter().any(|e| p.to_string_lossy().ends_with(e)));
    assert!(!names.is_empty(), "{folder}");
    names.iter().map(|p| fs::read(p).unwrap()).collect()
}

/// Far more than any of these inputs takes, and far less than a loop.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads a device from its configuration and one companion.
fn read(vendor: &str, config: &[u8], companion: Option<(Companion, &[u8])>) {
    let began = Instant::now();
    let limits = Limits::default();
    let mut sources = Sources::new();
    let config = sources.add(SitePath::new("x").unwrap(), config, &limits).unwrap();
    let companions: Vec<_> = companion
        .into_iter()
        .map(|(kind, bytes)| (kind, sources.add(SitePath::new("y").unwrap(), bytes, &limits).unwrap()))
        .collect();
    let input = VendorInput {
        name: None,
        config,
        companions: &companions,
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    };
    let mut reading = by_id(vendor).unwrap().read(input);
    for device in &mut reading.devices {
        device.widen();
    }
    // Every place that is told can be shown.
    for found in &reading.diagnostics {
        let _ = (sources.excerpt(found.primary), sources.position(found.primary));
    }
    assert!(began.elapsed() < LONGEST, "{vendor}: {:?}", began.elapsed());
}

fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn fortios_configurations(which in any::<Index>(), edits in edits()) {
        let all = fixtures("fortios", &[".conf", ".txt"]);
        read("fortios", &mutated(&all[which.index(all.len())], &edits), None);
    }

    #[test]
    fn fortios_routing_tables(edits in edits()) {
        let config = &fixtures("fortios", &["dynamic.conf"])[0];
        read("fortios", config, Some((Companion::Routes, &mutated(RIB.as_bytes(), &edits))));
    }

    #[test]
    fn ios_configurations(which in any::<Index>(), edits in edits()) {
        let all = fixtures("ios", &[".conf", ".log"]);
        let text = mutated(&all[which.index(all.len())], &edits);
        for (vendor, table) in [("ios", IOS_RIB), ("axs", AX_RIB), ("awplus", IOS_RIB)] {
            read(vendor, &text, Some((Companion::Routes, &mutated(table.as_bytes(), &edits))));
        }
    }

    #[test]
    fn iptables_rules(which in any::<Index>(), edits in edits()) {
        let all = fixtures("iptables", &[".rules", ".rules6"]);
        let text = mutated(&all[which.index(all.len())], &edits);
        read("iptables", &text, Some((Companion::Ipv6, &text)));
    }

    #[test]
    fn linux_companions(edits in edits()) {
        let rules = &fixtures("iptables", &["router.rules"])[0];
        for (kind, end) in [
            (Companion::Addresses, ".addr"),
            (Companion::Routes, ".route"),
            (Companion::Routes6, ".route6"),
            (Companion::Rules, ".rule"),
            (Companion::Sysctl, ".sysctl"),
        ] {
            for text in fixtures("iptables", &[end]) {
                read("iptables", rules, Some((kind, &mutated(&text, &edits))));
            }
        }
    }

    /// The topology, the register and a rule pack of the town's own.
    #[test]
    fn papers(which in any::<Index>(), edits in edits()) {
        for site in ["linux-gateway", "wakaba-tables", "pin-03-nas-relays"] {
            let mut files = files_of(site);
            files.extend(tables_of(site));
            let papers: Vec<String> = files
                .keys()
                .filter(|n| [".toml", ".csv", ".xlsx"].iter().any(|e| n.ends_with(e)))
                .cloned()
                .collect();
            let name = which.get(papers.as_slice());
            let text = mutated(&files[name], &edits);
            files.insert(name.clone(), text);
            let began = Instant::now();
            if let Ok(site) = build(&Memory(&files), VENDORS, &Limits::default()) {
                let _ = bunri::intent::register::read(&site);
                let _ = bunri::intent::pack::chosen(&site);
            }
            prop_assert!(began.elapsed() < LONGEST);
        }
    }

    #[test]
    fn rule_packs(edits in edits()) {
        let pack = include_bytes!("../../src/intent/packs/kitaakita-2026.toml");
        let mut files = files_of("pin-03-nas-relays");
        let topology = String::from_utf8(files["topology.toml"].clone()).unwrap();
        let named = topology.replacen("schema_version = 1", "schema_version = 1\nrule_pack = \"own.toml\"", 1);
        files.insert("topology.toml".to_owned(), named.into_bytes());
        files.insert("own.toml".to_owned(), mutated(pack, &edits));
        if let Ok(site) = build(&Memory(&files), VENDORS, &Limits::default()) {
            let _ = bunri::intent::pack::chosen(&site);
        }
    }
}

/// The tables beside a topology.
fn tables_of(site: &str) -> Files {
    let all = crate::sites::files(&crate::sites::folder().join(site));
    all.into_iter().filter(|(f, _)| f.starts_with("tables/")).collect()
}

/// What a FortiGate prints of its routes.
const RIB: &str = "Codes: K - kernel, C - connected, S - static, R - RIP, B - BGP
       O - OSPF, IA - OSPF inter area

Routing table for VRF=0
S*      0.0.0.0/0 [10/0] via 203.0.113.1, port3, [1/0]
O       10.20.0.0/16 [110/2] via 10.1.0.2, port1, 01:02:03
                     [110/2] via 10.1.0.3, port1, 01:02:03
C       10.1.0.0/24 is directly connected, port1
B       10.99.0.0/16 [200/0] via 10.1.0.9 (recursive is directly connected, port1), 00:10:00
";

/// What an IOS router prints of its routes.
const IOS_RIB: &str = "SW# show ip route
Gateway of last resort is 10.2.0.254 to network 0.0.0.0

S*    0.0.0.0/0 [1/0] via 10.2.0.254
      10.0.0.0/8 is variably subnetted, 4 subnets, 2 masks
C        10.1.0.0/24 is directly connected, Vlan10
L        10.1.0.1/32 is directly connected, Vlan10
O        10.9.0.0/16 [110/2] via 10.2.0.9, 01:02:03, Vlan20
                     [110/2] via 10.2.0.10, 01:02:03, Vlan20
";

/// What an ALAXALA AX prints of its routes.
const AX_RIB: &str = "SW# show ip route all-routes
Date 2026/03/16 21:58:11 JST
Status Codes: * valid, > active, r RIB failure
Total: 4 routes
   Destination        Next Hop         Interface     Metric   Protocol   Age
*> 0/0                10.2.0.254       VLAN0020      0/0      Static     46m 58s
*> 10.1/24            10.1.0.1         VLAN0010      0/0      Connected  1h 31s
*> 10.9/16            10.2.0.9         VLAN0020      2/0      OSPF ext2  12s
*  10.9/16            10.1.0.9         VLAN0010      3/0      RIP        12s
SW# exit
";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4) })]

    /// Lines that say nothing, between the lines of a violated site: whatever they taint, it does not hold.
    #[test]
    fn noise_never_makes_a_violated_site_hold(
        places in prop::collection::vec((any::<Index>(), "[a-z]{3,9}( [a-z0-9./-]{1,9}){0,4}"), 1..4)
    ) {
        for site in ["pin-03-nas-relays", "pin-06-dnat-to-another-host"] {
            let files = files_of(site);
            let verdict = |files: &Files| {
                let Ok(site) = build(&Memory(files), VENDORS, &Limits::default()) else { return None };
                let options = Options { limits: Limits::default(), today: Some(jiff::civil::date(2026, 3, 10)), shared: None };
                Some(assess(&site, &options).unwrap().verdict())
            };
            prop_assert_ne!(verdict(&files), Some(Verdict::Holds), "{}", site);
            let mut noisy = files.clone();
            for (name, bytes) in &mut noisy {
                if !name.starts_with("configs/") {
                    continue;
                }
                let text = String::from_utf8_lossy(bytes).into_owned();
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let owned: Vec<(usize, String)> =
                    places.iter().map(|(at, words)| (at.index(lines.len()), format!("zq{words}\n"))).collect();
                for (at, line) in &owned {
                    lines.insert((*at).min(lines.len()), line);
                }
                *bytes = lines.concat().into_bytes();
            }
            prop_assert_ne!(verdict(&noisy), Some(Verdict::Holds), "{}", site);
        }
    }
}
