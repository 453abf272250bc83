//! Whole sites: one FortiGate with many zones, one with very many policies, and the sites of `topologies/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::path::Path;

use bunri::analysis::answer::Verdict;
use bunri::checks::crossing::{self, Crossing, Outcome};
use bunri::checks::{Options, assess};
use bunri::network::{FileSource, SegmentId, Site, build};
use bunri::source::{Limits, SitePath};
use bunri::vendor::VENDORS;

use crate::median;
use crate::rule_lists::Rng;

pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl FileSource for Memory {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.0.get(path.as_str()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(self.0.keys().filter_map(|p| SitePath::new(p).ok()).collect())
    }
}

/// Whether zone 0 may send to zone 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Open,
    Shut,
}

/// A FortiGate with `zones` VLANs and `policies` policies between pairs of them. The last policy opens, or does not
/// open, the way from zone 0 to zone 1, which no other policy does.
fn fortigate(zones: usize, policies: usize, door: Door) -> Memory {
    let net = |zone: usize| format!("10.{}.{}", zone / 250, zone % 250);
    let mut conf = String::from(
        "#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n#global_vdom=1\n\
         config system global\n    set hostname \"FW\"\nend\nconfig system interface\n",
    );
    let mut site = String::from("schema_version = 1\nname = \"bench\"\n");
    for zone in 0..zones {
        let net = net(zone);
        writeln!(
            conf,
            "    edit \"v{zone}\"\n        set vdom \"root\"\n        set ip {net}.1 255.255.255.0\n        \
             set interface \"port1\"\n        set vlanid {}\n    next",
            zone % 4000 + 1
        )
        .unwrap();
        let role = ["individual-number", "internet"].get(zone).copied().unwrap_or("other");
        writeln!(site, "[[zone]]\nid = \"Z{zone}\"\nname = \"Z{zone}\"\nrole = \"{role}\"").unwrap();
        writeln!(
            site,
            "[[segment]]\nid = \"s{zone}\"\nzone = \"Z{zone}\"\nprefixes = [\"{net}.0/24\"]\ncomplete = true"
        )
        .unwrap();
    }
    conf.push_str("    edit \"port1\"\n        set vdom \"root\"\n    next\nend\nconfig firewall address\n");
    for zone in 0..zones {
        writeln!(conf, "    edit \"N{zone}\"\n        set subnet {}.0 255.255.255.0\n    next", net(zone))
            .unwrap();
        for host in 0..4 {
            let address = format!("{}.{}", net(zone), 10 + host);
            writeln!(
                conf,
                "    edit \"H{zone}_{host}\"\n        set subnet {address} 255.255.255.255\n    next"
            )
            .unwrap();
        }
    }
    conf.push_str("end\nconfig firewall service custom\n");
    for port in 1..200 {
        writeln!(conf, "    edit \"T{port}\"\n        set tcp-portrange {port}\n    next").unwrap();
    }
    conf.push_str("end\nconfig firewall policy\n");
    let mut g = Rng(5);
    let mut policy =
        |id: usize, from: usize, to: usize, source: &str, target: &str, service: &str, word: &str| {
            writeln!(
                conf,
                "    edit {id}\n        set srcintf \"v{from}\"\n        set dstintf \"v{to}\"\n        \
             set action {word}\n        set srcaddr \"{source}\"\n        set dstaddr \"{target}\"\n        \
             set schedule \"always\"\n        set service \"{service}\"\n    next"
            )
            .unwrap();
        };
    for id in 1..=policies {
        let (mut from, mut to) = (g.below(zones), g.below(zones));
        if from == to || (from, to) == (0, 1) || (from, to) == (1, 0) {
            (from, to) = (zones - 1, zones - 2);
        }
        let (a, b) = (g.below(4), g.below(4));
        let service = format!("T{}", 1 + g.below(199));
        let word = if g.below(4) == 0 { "deny" } else { "accept" };
        policy(id, from, to, &format!("H{from}_{a}"), &format!("H{to}_{b}"), &service, word);
    }
    let word = if door == Door::Open { "accept" } else { "deny" };
    policy(policies + 1, 0, 1, "H0_1", "H1_2", "T80", word);
    conf.push_str("end\nconfig router static\nend\nconfig router multicast\nend\n");
    site.push_str("[[device]]\nname = \"FW\"\nconfig = \"configs/fw.conf\"\nvendor = \"fortios\"\nunused = [\"port1\"]\n[device.attach]\n");
    for zone in 0..zones {
        writeln!(site, "v{zone} = \"s{zone}\"").unwrap();
    }
    Memory(BTreeMap::from([
        ("topology.toml".to_owned(), site.into_bytes()),
        ("configs/fw.conf".to_owned(), conf.into_bytes()),
    ]))
}

pub fn read(files: &Memory) -> Site {
    build(files, VENDORS, &Limits::default()).unwrap_or_else(|_| panic!("the bench's own site is malformed"))
}

pub fn ask(site: &Site, from: impl IntoIterator<Item = usize>, to: usize) -> Outcome {
    let segment = |zone: usize| SegmentId(zone as u32);
    let crossing = Crossing {
        from: from.into_iter().map(segment).collect(),
        to: BTreeSet::from([segment(to)]),
        exempt: vec![],
    };
    crossing::decide(site, &crossing, &Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// How costs grow with the zones of one device: links of the graph, one pair, and every check of the site.
pub fn zones(counts: &[usize]) {
    let mut before: Option<(usize, f64)> = None;
    for zones in counts.iter().copied() {
        let files = fortigate(zones, 4 * zones, Door::Open);
        let reading = median(1, || {
            black_box(read(&files));
        });
        let site = read(&files);
        let links = site.graph.edge_count();
        let mut violated = Verdict::Holds;
        let pair = median(3, || violated = ask(&site, [0], 1).verdict);
        assert_eq!(violated, Verdict::Violated, "{zones} zones");
        let shut_site = read(&fortigate(zones, 4 * zones, Door::Shut));
        let mut holds = Verdict::Violated;
        let shut = median(3, || holds = ask(&shut_site, [0], 1).verdict);
        assert_eq!(holds, Verdict::Holds, "{zones} zones");
        let all = median(1, || {
            black_box(assess(&site, &Options::default()).unwrap_or_else(|e| panic!("{e}")));
        });
        // The exponent of the growth since the row before: 1 is linear, 2 quadratic.
        let power = before.map(|(n, ms)| (all / ms).ln() / (zones as f64 / n as f64).ln());
        let power = power.map_or(String::new(), |p| format!("  grows as n^{p:.2}"));
        println!(
            "{zones:>6} zones               {links:>7} links  read {reading:>8.0} ms  pair open {pair:>8.1} ms  \
             shut {shut:>8.1} ms  every check {all:>9.1} ms{power}{}",
            crate::pair::peak()
        );
        before = Some((zones, all));
    }
}

/// A device with very many policies: one zone pair, proved and refuted with a witness.
pub fn policies(count: usize) {
    let site = read(&fortigate(24, count, Door::Open));
    let mut verdict = Verdict::Holds;
    let open = median(1, || verdict = ask(&site, [0], 1).verdict);
    assert_eq!(verdict, Verdict::Violated);
    drop(site);
    let files = fortigate(24, count, Door::Shut);
    let reading = median(1, || {
        black_box(read(&files));
    });
    let site = read(&files);
    let shut = median(1, || verdict = ask(&site, [0], 1).verdict);
    assert_eq!(verdict, Verdict::Holds);
    println!(
        "{count:>6} policies, 24 zones  read {reading:>8.0} ms  pair open with witness {open:>8.1} ms  \
         shut {shut:>8.1} ms"
    );
}

/// Every question about every healthy site of `topologies/` that is there.
pub fn topologies() {
    for name in ["wakaba", "hoshimi"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(name);
        let Some(files) = files(&folder) else { continue };
        let whole = median(3, || {
            let site = read(&files);
            black_box(assess(&site, &Options::default()).unwrap_or_else(|e| panic!("{e}")));
        });
        println!("{name:<24} read and checked in {whole:.0} ms");
    }
}

fn files(folder: &Path) -> Option<Memory> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).ok()?.to_str()?.replace('\\', "/");
            out.insert(name, std::fs::read(&path).ok()?);
        }
    }
    Some(Memory(out))
}
