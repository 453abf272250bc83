//! Answers that are open say because of what: a line, or a fact that is missing. Sites, faults and cases are held to it
//! where they are judged ([`names_nothing`]); here stand the ones that once said nothing.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::checks::{Options, assess};
use bunri::network::build;
use bunri::source::{Lang, Limits};
use bunri::vendor::VENDORS;
use serde_json::Value;

use crate::sites;

/// What is said where nothing is known but that packets get through: no reason to look anywhere.
const UNSETTLED: &str = "none that was tried is certain to arrive";

/// Whether an answer in JSON (English or Japanese) is open and names nothing to look at.
pub fn names_nothing(a: &Value) -> bool {
    let unsettled = |r: &str| r.contains(UNSETTLED) || r.contains("確実に到達する通信は確認できなかった");
    a["verdict"] == "undetermined"
        && a["culprits"].as_array().is_none_or(Vec::is_empty)
        && a["reason"].as_str().is_none_or(unsettled)
}

/// The same of an answer that was not rendered.
pub fn says_nothing(a: &Assertion) -> bool {
    let unsettled = a.reason.as_ref().is_none_or(|r| r.text(Lang::En).contains(UNSETTLED));
    a.verdict == Verdict::Undetermined && a.culprits.is_empty() && unsettled
}

/// The answers about a site whose topology lost the lines that begin like one of `gone`.
fn without(site: &str, gone: &[&str]) -> Vec<Assertion> {
    let mut files = sites::files(&sites::folder().join(site));
    let text = String::from_utf8(files["topology.toml"].clone()).unwrap();
    let kept: Vec<&str> = text.lines().filter(|l| !gone.iter().any(|g| l.starts_with(g))).collect();
    assert!(kept.len() < text.lines().count(), "{site}: nothing to take away");
    files.insert("topology.toml".to_owned(), kept.join("\n").into_bytes());
    let site = build(&sites::Folder(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() };
    assess(&site, &options).unwrap().assertions
}

/// What is said in English of the open answer to a question about packets.
fn said(answers: &[Assertion], id: &str) -> String {
    assert!(!answers.iter().any(says_nothing), "{:?}", answers.iter().find(|a| says_nothing(a)));
    let mut open = answers.iter().filter(|a| a.id == id && a.verdict == Verdict::Undetermined);
    let found = open.next().unwrap_or_else(|| panic!("{id} is not open"));
    found.culprits.iter().map(|c| c.what.text(Lang::En)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_router_without_its_ipv6_rules_names_them() {
    let answers = without("pin-05-snat-hides-a-host", &["ipv6 = ", "sysctl = "]);
    assert!(said(&answers, "X-4").contains("the IPv6 rules were not exported"), "{}", said(&answers, "X-4"));
}

#[test]
fn two_boxes_with_one_address_and_no_cluster_are_named() {
    let answers = without("hoshimi", &["cluster = "]);
    for id in ["M-2", "L-1"] {
        let what = said(&answers, id);
        assert!(what.contains("`FW-SANSO01` and `FW-SANSO02` both have the address"), "{id}: {what}");
    }
}
