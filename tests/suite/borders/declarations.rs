//! What nobody stands behind is worth no more than silence: every statement of every healthy site is taken away in
//! turn, and whatever rested on it must no longer hold.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::sites;

/// Assertions that hold, by id and level, with the statements they name.
type Holding = BTreeMap<String, BTreeSet<String>>;

fn holding(topology: &str, site: &str) -> Option<Holding> {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in sites::files(&sites::folder().join(site)) {
        let to = copy.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    fs::write(copy.path().join("topology.toml"), topology).unwrap();
    let output = sites::check(copy.path(), &["--format", "json"]);
    if output.status.code() == Some(2) {
        return None;
    }
    let answer: Value = sites::json(&output);
    let mut out = Holding::new();
    for a in answer["assertions"].as_array().unwrap().iter().filter(|a| a["verdict"] == "holds") {
        let used = a["assumptions"].as_array().unwrap().iter().map(|u| u.as_str().unwrap().to_owned());
        out.insert(format!("{} {} {}", a["id"], a["level"], a["scope"]), used.collect());
    }
    Some(out)
}

/// The lines of a topology that cite declarations, with those they cite, and the part they stand in.
fn citations(topology: &str) -> Vec<(usize, BTreeSet<String>)> {
    let cites = |line: &str| line.starts_with("declarations = [");
    let listed = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    topology.lines().enumerate().filter(|(_, l)| cites(l)).map(|(at, l)| (at, listed(l))).collect()
}

fn without(topology: &str, lines: &BTreeSet<usize>) -> String {
    let kept = topology.lines().enumerate().filter(|(at, _)| !lines.contains(at));
    kept.flat_map(|(_, l)| [l, "\n"]).collect()
}

/// Sites that hold as a whole and rest on declarations.
fn healthy() -> Vec<(String, String)> {
    let read = |name: &String| fs::read_to_string(sites::folder().join(name).join("topology.toml")).unwrap();
    // A register cites declarations of its own, which taking away those of the topology leaves: judge without it.
    let without =
        |t: String| t.lines().filter(|l| !l.starts_with("registers")).map(|l| format!("{l}\n")).collect();
    let all =
        sites::sites().into_iter().map(|name| (without(read(&name)), name)).map(|(t, n): (String, _)| (n, t));
    all.filter(|(name, topology)| {
        let expected = fs::read_to_string(sites::folder().join(name).join("expected.toml")).unwrap();
        expected.lines().any(|l| l == "exit = 0") && topology.contains("[[declaration]]")
    })
    .collect()
}

/// Whether a line stands in a part that states nothing a declaration could back: a segment that says nothing of its
/// machines, a host that does not deny carrying data. Such a citation is a note (a carrier, a hypervisor).
fn is_note(topology: &str, line: usize) -> bool {
    let lines: Vec<&str> = topology.lines().collect();
    let opens = |at: &usize| lines[*at].starts_with("[[") || lines[*at] == "[policy]";
    let start = (0..=line).rev().find(opens).unwrap();
    let part: Vec<&str> = lines[start + 1..].iter().take_while(|l| !l.starts_with('[')).copied().collect();
    let states = |key: &str| part.iter().any(|l| l.starts_with(key));
    match lines[start] {
        "[[segment]]" => !states("terminals"),
        "[[host]]" => !states("relay"),
        _ => false,
    }
}

/// Every citation of one declaration taken away: what named it among its assumptions holds no more. Q-2 lists all of
/// them, so it falls too, unless the declaration stood behind nothing that the topology states.
#[test]
fn nothing_holds_on_a_declaration_that_is_not_cited() {
    let mut tried = 0;
    for (name, topology) in healthy() {
        let whole = holding(&topology, &name).unwrap();
        let cited = citations(&topology);
        let ids: BTreeSet<String> = cited.iter().flat_map(|(_, ids)| ids.iter().cloned()).collect();
        for id in ids {
            let lines = cited.iter().filter(|(_, ids)| ids.contains(&id)).map(|(at, _)| *at).collect();
            let left = holding(&without(&topology, &lines), &name).unwrap_or_default();
            let notes = lines.iter().all(|at| is_note(&topology, *at));
            let named = whole.iter().filter(|(_, used)| used.contains(&id));
            for (assertion, used) in named.filter(|(a, _)| !notes || !a.starts_with("\"Q-2\"")) {
                tried += 1;
                assert!(!left.contains_key(assertion), "{name}: {assertion} holds without {id} ({used:?})");
            }
        }
    }
    assert!(tried >= 10, "{tried}");
}

/// A declaration without its document, its author or its date is none, and one that is cited but not written stops
/// the reading.
#[test]
fn a_declaration_needs_a_document_an_author_and_a_date() {
    let (name, topology) = healthy().into_iter().find(|(name, _)| name == "wakaba").unwrap();
    let whole = holding(&topology, &name).unwrap();
    for key in ["document", "by", "date"] {
        let emptied: String = topology
            .lines()
            .map(|l| match l.starts_with(&format!("{key} = ")) {
                true => format!("{key} = \" \"\n"),
                false => format!("{l}\n"),
            })
            .collect();
        let left = holding(&emptied, &name).unwrap();
        for (assertion, used) in &whole {
            let rests = used.iter().any(|id| id.starts_with('申'));
            assert!(!(rests && left.contains_key(assertion)), "{assertion} holds without {key}");
        }
    }
    let cut = topology.find("[[declaration]]").unwrap();
    assert!(holding(&topology[..cut], &name).is_none());
}

/// Contracts, completeness and silence of machines: without the statement nothing may hold that did not hold
/// without it for a reason. Answers that other answers do not need may stay.
#[test]
fn statements_that_are_taken_away_prove_nothing() {
    let mut fallen: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, topology) in healthy() {
        let whole = holding(&topology, &name).unwrap();
        for (what, starts) in [
            ("contract", "[device.contract]"),
            ("complete", "complete = true"),
            ("relay", "relay = \"no\""),
            ("terminals", "terminals = \"no\""),
            ("sanitizer session", "[[sanitizer.session]]"),
            ("forwarding", "forwarding = \"off\""),
            ("attachment", "eth1 = "),
        ] {
            let at: Vec<usize> = topology
                .lines()
                .enumerate()
                .filter(|(_, l)| l.starts_with(starts))
                .map(|(at, _)| at)
                .collect();
            // A statement with a table of its own goes with the lines of the table.
            let tables = starts.starts_with('[');
            let lines: BTreeSet<usize> = at
                .iter()
                .flat_map(|start| {
                    let inside = topology.lines().enumerate().skip(start + 1);
                    let table = inside.take_while(|(_, l)| !l.starts_with('[') && !l.starts_with('#'));
                    let table = table.map(|(at, _)| at).take(if tables { usize::MAX } else { 0 });
                    [*start].into_iter().chain(table).collect::<Vec<_>>()
                })
                .collect();
            if lines.is_empty() {
                continue;
            }
            let left = holding(&without(&topology, &lines), &name).unwrap_or_default();
            let path = |a: &&String| a.starts_with("\"M-1\"") || a.starts_with("\"L-1\"");
            if whole.keys().filter(path).any(|a| !left.contains_key(a)) {
                *fallen.entry(what).or_default() += 1;
            }
        }
    }
    for what in ["relay", "sanitizer session", "attachment"] {
        assert!(fallen.contains_key(what), "taking away every {what} changed no path verdict: {fallen:?}");
    }
}
