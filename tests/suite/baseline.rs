//! Results compared with earlier ones: nothing new may hide behind what was known.
use bunri::analysis::answer::Level;
use bunri::network::Site;
use bunri::report::baseline::{Baseline, Changes};
use bunri::report::json::{self, Check, to_text};
use bunri::source::Lang;

use crate::support::tiny::{answer, assess, site};
use crate::through::town;

fn result(site: &Site, lang: Lang) -> Check {
    json::check(&assess(site), site, lang)
}

/// Today's site compared with yesterday's, with the reports in different languages.
fn since(before: &Site, now: &Site) -> Changes {
    let baseline = Baseline::parse(&to_text(&result(before, Lang::En))).unwrap_or_else(|e| panic!("{e:?}"));
    baseline.compare(&result(now, Lang::Ja)).unwrap()
}

fn ids(list: &[bunri::report::baseline::Change]) -> Vec<(String, Vec<&'static str>)> {
    list.iter().map(|c| (c.id.clone(), c.why.clone())).collect()
}

const HOLE: &str = "permit a b * 10.3.0.9 tcp 443";

#[test]
fn the_same_site_has_nothing_new() {
    for rules in
        [HOLE, "permit? a b * 10.3.0.9 tcp 443", "deny a b * * * *", "taint device", "permit * * * * * *"]
    {
        let changes = since(&town(rules), &town(rules));
        assert!(changes.new.is_empty() && changes.resolved.is_empty(), "{rules}: {changes:#?}");
        assert_eq!(changes.exit_code(), 0);
    }
    let open = since(&town(HOLE), &town(HOLE));
    assert!(open.continuing.iter().any(|c| c.id == "M-1" && c.now.as_deref() == Some("violated")));
}

#[test]
fn lines_may_move() {
    let moved = format!("deny c b * * * *\ndeny c b * * udp *\n{HOLE}");
    let changes = since(&town(HOLE), &town(&moved));
    assert!(changes.new.is_empty(), "{changes:#?}");
}

#[test]
fn what_held_and_does_not_is_new() {
    let closed = town("deny a b * * * *");
    let changes = since(&closed, &town(HOLE));
    assert!(ids(&changes.new).contains(&("M-1".to_owned(), vec!["verdict"])), "{changes:#?}");
    assert_eq!(changes.exit_code(), 1);
    let changes = since(&closed, &town("permit? a b * 10.3.0.9 tcp 443"));
    assert_eq!(changes.exit_code(), 3);
    let changes = since(&town(HOLE), &closed);
    assert!(changes.new.is_empty());
    assert!(changes.resolved.iter().any(|c| c.id == "M-1"));
}

/// Each of these leaves the verdict as it is and lets something through that did not get through before.
#[test]
fn a_known_violation_hides_no_other() {
    let known = town(HOLE);
    for rules in [
        // The same service from another segment, the same segment by another service, more of the same service.
        "permit a b * 10.3.0.9 tcp 443\npermit c b * 10.3.0.9 tcp 443",
        "permit a b * 10.3.0.9 tcp 443\npermit a b * 10.3.0.9 tcp 22",
        "permit a b * 10.3.0.8/29 tcp 443",
        // The other way, and one that only forged sources can use.
        "permit a b * 10.3.0.9 tcp 443\npermit b a * 10.1.0.5 udp 53",
        "permit a b * 10.3.0.9 tcp 443\npermit a b 10.2.0.5 10.3.0.7 tcp 443",
        // The old hole is closed; another opens.
        "permit c b * 10.3.0.9 tcp 443",
        // By a translation to the same server.
        "dnat a 10.1.0.200 10.3.0.9\npermit a b * 10.3.0.9 tcp 443",
    ] {
        let changes = since(&known, &town(rules));
        assert!(changes.new.iter().any(|c| c.id == "M-1"), "{rules}: {changes:#?}");
        assert_eq!(changes.exit_code(), 1, "{rules}");
    }
}

#[test]
fn a_hole_that_was_conditional_and_is_not_is_new() {
    let changes = since(&town("permit~ a b * 10.3.0.9 tcp 443"), &town(HOLE));
    assert_eq!(changes.exit_code(), 1, "{changes:#?}");
}

#[test]
fn another_unknown_line_is_new() {
    let before = town("permit? a b * 10.3.0.9 tcp 443");
    let changes = since(&before, &town("permit? a b * 10.3.0.9 tcp 443\npermit? a b * 10.3.0.9 udp 53"));
    assert_eq!(changes.exit_code(), 3, "{changes:#?}");
    // What was violated and now hangs on a line is another question than the one that was accepted.
    let changes = since(&town(HOLE), &before);
    assert_eq!(changes.exit_code(), 3, "{changes:#?}");
}

#[test]
fn a_list_that_is_cut_is_never_called_unchanged() {
    let site = town(HOLE);
    let baseline = Baseline::parse(&to_text(&result(&site, Lang::En))).unwrap();
    let mut now = result(&site, Lang::En);
    let m1 = now.assertions.iter_mut().find(|a| a.id == "M-1" && a.level == "packet").unwrap();
    m1.rows_truncated = true;
    assert_eq!(ids(&baseline.compare(&now).unwrap().new), [("M-1".to_owned(), vec!["cut"])]);
}

#[test]
fn what_is_no_result_of_this_program_is_refused() {
    let good = to_text(&result(&town(HOLE), Lang::En));
    assert!(Baseline::parse(&good).is_ok());
    for (from, to) in [
        ("\"schema_version\": 1", "\"schema_version\": 2"),
        ("\"verdict\": \"violated\",\n      \"basis\"", "\"verdict\": \"fine\",\n      \"basis\""),
        ("\"counterexamples\": [", "\"counterexample\": ["),
        ("\"443-443\"", "\"443-70000\""),
        ("\"10.3.0.9-10.3.0.9\"", "\"10.3.0.9-10.3.0.8\""),
        ("\"finding\"", "\"funding\""),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(Baseline::parse(&good.replace(from, to)).is_err(), "{to}");
    }
    for text in ["", "{}", "[]", "null", "{\"schema_version\": 1}"] {
        assert!(Baseline::parse(text).is_err(), "{text}");
    }
    let other = good.replacen("\"site\": \"T\"", "\"site\": \"U\"", 1);
    assert!(Baseline::parse(&other).unwrap().compare(&result(&town(HOLE), Lang::En)).is_err());
}

/// A proof that the routes alone keep is none that survives them.
#[test]
fn routing_independent_is_said_only_where_filters_keep_it() {
    let ports = "if a physical up 10.1.0.1/24\nif b physical up 10.9.0.1/24\n";
    let second = "if a physical up 10.9.0.2/24\nif b physical up 10.3.0.1/24\n";
    let topology = r#"
[[zone]]
id = "MYN"
name = "番号"
role = "individual-number"
[[zone]]
id = "INT"
name = "ネット"
role = "internet"
[[segment]]
id = "myn"
zone = "MYN"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "mid"
prefixes = ["10.9.0.0/24"]
[[segment]]
id = "int"
zone = "INT"
prefixes = ["10.3.0.0/24"]
[[device]]
name = "R1"
config = "configs/R1"
[device.attach]
a = "myn"
b = "mid"
[[device]]
name = "R2"
config = "configs/R2"
[device.attach]
a = "mid"
b = "int"
"#;
    for (one, two, expected) in [
        ("permit a b * * * *", "permit * a * * * *", Some(true)),
        // R2 only lacks a route to the segment of R1, and what it may send to its own it may send anywhere.
        ("permit * * * * * *", "permit b * * * * *", Some(false)),
        ("permit * * * * * *", "permit * * * 10.9.0.0/24 * *", Some(false)),
        ("deny * * * * * *", "permit * * * * * *", Some(true)),
        // Replies go where the routes say, or back where the session came from.
        ("keeps routes\ndeny * * * * * *", "permit * * * * * *", Some(false)),
        ("keeps opener\ndeny * * * * * *", "permit * * * * * *", Some(true)),
    ] {
        let config = [("configs/R1", format!("{ports}{one}")), ("configs/R2", format!("{second}{two}"))];
        let config: Vec<(&str, &str)> = config.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let site = site(topology, &config);
        let all = assess(&site);
        let m1 = answer(&all, "M-1", Level::Packet);
        assert_eq!(m1.routing_independent, expected, "{one} / {two}: {:?}", m1.verdict);
    }
    let all = assess(&town(HOLE));
    assert_eq!(answer(&all, "M-1", Level::Packet).routing_independent, None);
}

/// Ids are the same in every run and every language, and no two items of a site share one.
#[test]
fn ids_are_stable_and_their_own() {
    let rules = "permit a b * 10.3.0.9 tcp 443\npermit? c b * * udp *";
    let (one, two) = (result(&town(rules), Lang::En), result(&town(rules), Lang::Ja));
    let of = |check: &Check| {
        let mut all = Vec::new();
        for a in &check.assertions {
            all.push(a.finding.clone());
            all.extend(a.counterexamples.iter().chain(&a.possible_paths).map(|e| e.finding.clone()));
            all.extend(a.culprits.iter().map(|c| c.finding.clone()));
        }
        all
    };
    assert_eq!(of(&one), of(&two));
    let items: std::collections::BTreeSet<_> = one.assertions.iter().map(|a| &a.finding).collect();
    assert_eq!(items.len(), one.assertions.len());
}
