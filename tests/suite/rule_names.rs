//! Names of rules, routes and translations: what no file gives is said in the reader's language.

use std::collections::BTreeSet;

use bunri::model::Device;
use bunri::network::build;
use bunri::report::named;
use bunri::source::{Lang, Limits};
use bunri::vendor::VENDORS;

use crate::sites;
use crate::support::reading::read;

/// Forms that are the vendors' own words, with a number or a name.
const VENDOR_WORDS: [&str; 7] = [
    "policy ",
    "access-group ",
    "access-list ",
    "ip rule ",
    "ip routing",
    "ipv6 unicast-routing",
    "allow-traffic-redirect",
];

/// Names of protocols.
const NAMES: [&str; 2] = ["IPsec", "Telnet"];

fn labels(device: &Device) -> impl Iterator<Item = &str> {
    let rules = device.rule_sets.iter().flat_map(|s| &s.chains).flat_map(|c| &c.rules);
    let routes = device.routes.iter().map(|r| r.label.as_str());
    rules.map(|r| r.label.as_str()).chain(routes).chain(device.nats.iter().map(|n| n.label.as_str()))
}

/// Whether a name stays English for a Japanese reader although `texts` do not give its words.
fn foreign(label: &str, texts: &str) -> bool {
    let told = named(label, Lang::Ja);
    let numbered = |l: &str| {
        let l = l.strip_suffix(" (IPv6)").unwrap_or(l);
        l.rsplit_once(" rule ").is_some_and(|(_, n)| n.parse::<u32>().is_ok())
    };
    let given =
        |w: &str| !w.chars().any(|c| c.is_ascii_lowercase()) || NAMES.contains(&w) || texts.contains(w);
    told == label
        && !VENDOR_WORDS.iter().any(|w| label.starts_with(w))
        && !numbered(label)
        && !label.split(|c: char| !c.is_ascii_alphabetic()).all(given)
}

#[test]
fn what_no_file_names_has_a_name_in_japanese() {
    let mut english = BTreeSet::new();
    let mut seen = 0;
    for name in sites::sites() {
        let files = sites::files(&sites::folder().join(&name));
        let texts: String = files.values().map(|f| String::from_utf8_lossy(f)).collect();
        let site =
            build(&sites::Folder(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"));
        for label in site.devices.iter().flat_map(|d| labels(&d.device)) {
            seen += 1;
            if foreign(label, &texts) {
                english.insert(label.to_owned());
            }
        }
    }
    for (vendor, folder) in [("fortios", "fortios"), ("ios", "ios")] {
        let folder = sites::folder().join("../fixtures").join(folder);
        for (path, text) in sites::files(&folder).iter().filter(|(p, _)| p.ends_with(".conf")) {
            for device in &read(vendor, path, text).reading.devices {
                let texts = String::from_utf8_lossy(text);
                english.extend(labels(device).filter(|l| foreign(l, &texts)).map(str::to_owned));
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
    assert!(english.is_empty(), "{english:#?}");
}

#[test]
fn a_name_of_a_file_stays_as_it_is() {
    for given in
        ["policy 90 (own rule)", "static", "connected", "FORWARD rule 3", "庁内 via 本庁舎です via", ""]
    {
        assert_eq!(named(given, Lang::En), given);
    }
    assert_eq!(named("policy 90 (connected x)", Lang::Ja), "policy 90 (connected x)");
    assert_eq!(named("connected ", Lang::Ja), "connected ");
    assert_eq!(
        named("contract to JUKI perhaps via 10.0.0.1", Lang::Ja),
        "申告の経路 JUKI 経由 10.0.0.1(不確実)"
    );
    assert_eq!(named("allowaccess https on port1", Lang::Ja), "管理アクセス(allowaccess) https port1");
}
