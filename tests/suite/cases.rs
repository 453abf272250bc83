//! A smallest site that breaks each check, one that leaves it silent, and one it cannot decide: `fixtures/cases/*.toml`.
//!
//! A case is a base site (`fixtures/cases/bases/`, or one of `topologies/`) with a few texts replaced, what one check
//! must then say, and what else changes with it. Every other check says what it says of the base. So a case shows
//! both: that the check sees the fault, and that nothing else cries wolf over it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::checks::{self, Options, explanation};
use bunri::network::Site;
use bunri::source::{Lang, Span};
use bunri::vendor::VENDORS;
use serde::Deserialize;

use crate::support::tiny::site_in;
use crate::{nameless, sites};

/// The day of judgement, if a case names none.
const TODAY: &str = "2026-03-20";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    /// Checks that do not apply. Every other one holds.
    not_applicable: Vec<String>,
    /// Its files, or the base of which it is an edited copy.
    #[serde(default)]
    files: BTreeMap<String, String>,
    extends: Option<String>,
    #[serde(default)]
    edits: Vec<Edit>,
}

/// Path, text that stands there exactly once, what takes its place. Without the second the third is a new file, without
/// the third and with `*` for the second the file is taken away.
type Edit = (String, String, String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// Lines are named as `path: text of the line`, a whole file as `path: *`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Id and level; behind them the scope, where one question is asked of several pairs of zones.
    check: String,
    base: String,
    /// What is wrong, or what looks wrong and is not.
    what: String,
    today: Option<String>,
    #[serde(default)]
    edits: Vec<Edit>,
    verdict: String,
    /// Exactly these lines are to blame.
    culprits: Option<Vec<String>>,
    /// Exactly these rules of configurations stand in the counterexamples.
    rules: Option<Vec<String>>,
    /// What other checks say, where that differs from the base.
    #[serde(default)]
    also: BTreeMap<String, String>,
    /// Which harmless look of real towns this is; see [`LOOKS`].
    quiet: Option<u32>,
}

pub type Files = BTreeMap<String, String>;
type Answers = BTreeMap<String, Assertion>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases")
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every case with the name of its file, in a fixed order.
fn cases() -> Vec<(String, Case)> {
    let all = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let mut paths: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    let of = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        read::<Cases>(path).case.into_iter().map(move |c| (name.clone(), c)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

/// The base sites of `fixtures/cases/bases/`.
fn own_bases() -> BTreeMap<String, Base> {
    let all = fs::read_dir(folder().join("bases")).unwrap().map(|e| e.unwrap().path());
    all.map(|p| (p.file_stem().unwrap().to_str().unwrap().to_owned(), read(&p))).collect()
}

fn base_files(name: &str) -> Files {
    let own = folder().join("bases").join(format!("{name}.toml"));
    if own.is_file() {
        let base = read::<Base>(&own);
        let Some(other) = &base.extends else { return base.files };
        return edited(base_files(other), &base.edits).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let skip = |path: &str| path.ends_with("README.md") || path.ends_with("expected.toml");
    let files = sites::files(&sites::folder().join(name)).into_iter();
    let files = files.filter(|(path, _)| !skip(path));
    files.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// The files of the case that `what` describes.
pub fn files_of(what: &str) -> Files {
    let found = cases().into_iter().find(|(_, c)| c.what == what);
    let (_, case) = found.unwrap_or_else(|| panic!("no case is {what:?}"));
    edited(base_files(&case.base), &case.edits).unwrap()
}

fn edited(mut files: Files, edits: &[Edit]) -> Result<Files, String> {
    for (path, old, new) in edits {
        match (old.as_str(), new.as_str()) {
            ("", text) => {
                if files.insert(path.clone(), text.to_owned()).is_some() {
                    return Err(format!("{path} is there already"));
                }
            }
            ("*", "") => {
                files.remove(path).ok_or_else(|| format!("no {path}"))?;
            }
            (old, new) => {
                let text = files.get_mut(path).ok_or_else(|| format!("no {path}"))?;
                match text.matches(old).count() {
                    1 => *text = text.replace(old, new),
                    n => return Err(format!("{path} must hold this once, not {n} times:\n{old}")),
                }
            }
        }
    }
    Ok(files)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Packet => "packet",
        Level::L2 => "l2",
        Level::Host => "host",
        Level::None => "-",
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Violated => "violated",
        Verdict::Undetermined => "undetermined",
        Verdict::NotApplicable => "not-applicable",
    }
}

fn key(a: &Assertion) -> String {
    let scope = if a.id == "Z-1" { format!(" {}", a.scope) } else { String::new() };
    format!("{} {}{scope}", a.id, level(a.level))
}

/// Every answer about a folder; `Err` is what is malformed.
fn judged(files: &Files, today: &str) -> Result<(Site, Answers), String> {
    let site = site_in(files, VENDORS).map_err(|why| format!("malformed: {why:?}"))?;
    let options = Options { today: Some(today.parse().unwrap()), ..Options::default() };
    let all = checks::assess(&site, &options).map_err(|e| format!("{e}: {e:?}"))?;
    let answers = all.assertions.into_iter().map(|a| (key(&a), a)).collect();
    Ok((site, answers))
}

/// `path: text of the line`.
fn line(site: &Site, files: &Files, span: Span) -> String {
    let position = site.sources.position(span);
    let path = site.sources.file(span.file).unwrap().path().as_str();
    if site.sources.is_whole(span) {
        return format!("{path}: *");
    }
    let text = files[path].lines().nth(position.line as usize - 1).unwrap_or("").trim();
    format!("{path}: {text}")
}

fn blamed(site: &Site, files: &Files, a: &Assertion) -> BTreeSet<String> {
    a.culprits.iter().map(|c| line(site, files, c.span)).collect()
}

/// Rules of configurations on the ways shown.
fn rules(site: &Site, files: &Files, a: &Assertion) -> BTreeSet<String> {
    let hops = a.counterexamples.iter().flat_map(|e| &e.legs).flat_map(|l| &l.hops);
    let rules = hops.filter_map(|h| h.rule.as_ref()).map(|r| line(site, files, r.span));
    rules.filter(|r| !r.starts_with("topology.toml: ")).collect()
}

/// What is not as the case says, as sentences.
fn differences(case: &Case, bases: &mut BTreeMap<(String, String), Answers>) -> Vec<String> {
    let today = case.today.clone().unwrap_or_else(|| TODAY.to_owned());
    let original = base_files(&case.base);
    let files = match edited(original.clone(), &case.edits) {
        Ok(files) => files,
        Err(why) => return vec![why],
    };
    let base = bases.entry((case.base.clone(), today.clone()));
    let base = base.or_insert_with(|| judged(&original, &today).unwrap().1);
    let (site, answers) = match judged(&files, &today) {
        Ok(found) => found,
        Err(why) => return vec![why],
    };
    let mut wrong = Vec::new();
    let own = (case.check.clone(), case.verdict.clone());
    let wanted: BTreeMap<String, String> = case.also.clone().into_iter().chain([own]).collect();
    for name in wanted.keys().filter(|n| !answers.contains_key(*n)) {
        wrong.push(format!("{name} is not asked: {:?}", answers.keys()));
    }
    let nameless = answers.iter().filter(|(_, a)| nameless::says_nothing(a));
    wrong.extend(nameless.map(|(name, _)| format!("{name} is open because of nothing")));
    for (name, a) in &answers {
        let before = base.get(name).map(|b| word(b.verdict));
        let Some(expected) = wanted.get(name).map(String::as_str).or(before) else {
            wrong.push(format!("{name} is asked, and not of the base: {}", word(a.verdict)));
            continue;
        };
        if word(a.verdict) != expected {
            let why = a.reason.as_ref().map_or("", |r| r.text(Lang::En));
            let blame = blamed(&site, &files, a);
            let rules = rules(&site, &files, a);
            wrong.push(format!(
                "{name} is {}, expected {expected}: {why} {blame:?} {rules:?}",
                word(a.verdict)
            ));
        }
    }
    if let Some(a) = answers.get(&case.check) {
        let sides = [
            ("culprits", &case.culprits, blamed(&site, &files, a)),
            ("rules", &case.rules, rules(&site, &files, a)),
        ];
        for (what, wanted, found) in sides {
            let wanted = wanted.as_ref().map(|w| w.iter().cloned().collect::<BTreeSet<_>>());
            if wanted.as_ref().is_some_and(|w| *w != found) {
                wrong.push(format!("{what} {found:?}, expected {:?}", wanted.unwrap_or_default()));
            }
        }
    }
    wrong
}

#[test]
fn every_base_is_healthy() {
    for (name, base) in own_bases() {
        let files = base_files(&name);
        let (site, answers) = judged(&files, TODAY).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut wrong = Vec::new();
        for (key, a) in &answers {
            let expected = if base.not_applicable.contains(key) { "not-applicable" } else { "holds" };
            if word(a.verdict) != expected {
                let why = a.reason.as_ref().map_or("", |r| r.text(Lang::En));
                let blame = blamed(&site, &files, a);
                wrong.push(format!("{name}: {key} is {}: {why} {blame:?}", word(a.verdict)));
            }
        }
        let unasked = base.not_applicable.iter().filter(|n| !answers.contains_key(*n));
        wrong.extend(unasked.map(|n| format!("{name}: {n} is not asked")));
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

#[test]
fn every_case_says_what_it_must() {
    let (cases, next) = (cases(), AtomicUsize::new(0));
    let found: Mutex<Vec<(usize, String)>> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut bases = BTreeMap::new();
        while let Some((at, (file, case))) =
            Some(next.fetch_add(1, Relaxed)).and_then(|n| Some((n, cases.get(n)?)))
        {
            let name = format!("{file}: {}: {}", case.check, case.what);
            let wrong = differences(case, &mut bases);
            found.lock().unwrap().extend(wrong.into_iter().map(|w| (at, format!("{name}\n    {w}"))));
        }
    };
    std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let mut wrong = found.into_inner().unwrap();
    wrong.sort();
    let wrong: Vec<String> = wrong.into_iter().map(|w| w.1).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What looks like a fault and is none: no case of these may raise more than it says.
const LOOKS: [(u32, &str); 18] = [
    (1, "a chain of machines that ends at a sanitizer"),
    (2, "monitoring, logs and time for all tiers"),
    (3, "a peer of which only a public body could tell more"),
    (4, "no evidence of a limit by MAC address"),
    (5, "an exception for a segment, with its reason"),
    (6, "a trunk that carries more than it needs"),
    (7, "a declared machine with two network cards"),
    (8, "tunnels that the factory leaves"),
    (9, "blocks of routing protocols without a neighbour"),
    (10, "factory blocks that carry nothing"),
    (11, "a line of an independent network"),
    (12, "policies without comments"),
    (13, "the day after every entry expired"),
    (14, "what only a forged source could do"),
    (15, "link-local addresses"),
    (16, "a default that permits inside one tier"),
    (17, "a management network"),
    (19, "old generations, and two units with the same addresses"),
];

/// Checks that never say `violated`: what they miss is evidence.
const EVIDENCE: [&str; 6] = ["M-4 -", "X-8 host", "Q-1 -", "Q-2 -", "Q-3 -", "Q-4 -"];

/// Checks that are never open: what they ask stands in the papers, or in two files side by side. X-2's second line is
/// open only together with its first and L-1.
const ALWAYS_TOLD: [&str; 5] = ["M-3 -", "X-10 -", "X-2 packet", "HA-1 -", "X-3 -"];

/// A new check cannot be forgotten: each has its text, a case that breaks it, one that leaves it silent and, where it
/// may be open, one that it cannot decide.
#[test]
fn every_check_has_its_cases_and_its_text() {
    let cases = cases();
    let asked =
        own_bases().into_keys().flat_map(|name| judged(&base_files(&name), TODAY).unwrap().1.into_keys());
    let named = cases.iter().map(|(_, c)| c.check.clone());
    let checks: BTreeSet<String> = asked.chain(named).collect();
    let texts: BTreeSet<&str> = explanation::explanations().iter().map(|e| e.code).collect();
    let ids: BTreeSet<&str> = checks.iter().map(|c| c.split(' ').next().unwrap()).collect();
    assert_eq!(ids, texts, "checks and explanations");
    let mut missing = Vec::new();
    for check in &checks {
        let has = |verdict: &str| cases.iter().any(|(_, c)| c.check == *check && c.verdict == verdict);
        let wanted = ["holds", "violated", "undetermined"].into_iter().filter(|verdict| match *verdict {
            "violated" => !EVIDENCE.contains(&check.as_str()),
            "undetermined" => !ALWAYS_TOLD.contains(&check.as_str()),
            _ => true,
        });
        missing.extend(wanted.filter(|v| !has(v)).map(|v| format!("{check}: no case is {v}")));
    }
    for (look, what) in LOOKS {
        if !cases.iter().any(|(_, c)| c.quiet == Some(look)) {
            missing.push(format!("no quiet case of {look}: {what}"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// Each text fills every heading in both languages, and Japanese is Japanese.
#[test]
fn every_check_is_explained_in_full() {
    for e in explanation::explanations() {
        for part in [&e.title, &e.finds, &e.matters, &e.example, &e.remedy, &e.references] {
            let (en, ja) = (part.text(Lang::En), part.text(Lang::Ja));
            assert!(!en.trim().is_empty() && !en.ends_with('.') && !en.contains('\n'), "{}: {en}", e.code);
            assert!(!ja.trim().is_empty() && !ja.ends_with('。'), "{}: {ja}", e.code);
        }
        for part in [&e.title, &e.finds, &e.matters, &e.remedy] {
            assert!(part.text(Lang::Ja).chars().any(|c| ('ぁ'..='ん').contains(&c)), "{}", e.code);
        }
        assert!(explanation::explanation(&e.code.to_lowercase()).is_some());
    }
}
