//! Every site of `topologies/` through the real program, against what was argued by hand in its README.
//!
//! Sites are data: a folder with `topology.toml`, `configs/`, `README.md` and `expected.toml`. Nothing here knows a
//! site by name, except the floor on what must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bunri::network::FileSource;
use bunri::source::SitePath;
use serde::Deserialize;
use serde_json::Value;

use crate::nameless;

/// What must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub exit: i32,
    /// The site is another one with a few lines changed.
    differs: Option<Differs>,
    #[serde(default)]
    pub assertion: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differs {
    from: String,
    /// Lines removed plus lines added, over all files of the site.
    lines: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub id: String,
    pub level: String,
    /// What it is about; needed only where one question is asked of several pairs of zones.
    #[serde(default)]
    scope: String,
    verdict: String,
    /// Exactly these `file:line` are to blame; none if left out together with `culprits_include`.
    culprits: Option<Vec<String>>,
    /// At least these are to blame.
    #[serde(default)]
    culprits_include: Vec<String>,
    /// None of these is to blame.
    #[serde(default)]
    culprits_exclude: Vec<String>,
    /// Exactly these rules stand in the counterexamples, contracts aside.
    #[serde(default)]
    rules: Vec<String>,
    /// Exactly these conditions are picked by the counterexamples.
    #[serde(default)]
    choices: Vec<String>,
}

/// Pairs of zones that the municipality itself has rules about are told by their scope.
fn item_key(id: &str, level: &str, scope: &str) -> String {
    if id == "Z-1" { format!("{id} {level} {scope}") } else { format!("{id} {level}") }
}

impl Item {
    fn key(&self) -> String {
        item_key(&self.id, &self.level, &self.scope)
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies")
}

/// Every site, by name.
pub fn sites() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|e| e.unwrap());
    let folders = entries.filter(|e| e.path().join("topology.toml").is_file());
    let mut names: Vec<String> = folders.map(|e| e.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn expected(site: &str) -> Expected {
    let text = fs::read_to_string(folder().join(site).join("expected.toml"))
        .unwrap_or_else(|e| panic!("{site}/expected.toml: {e}"));
    toml::from_str(&text).unwrap_or_else(|e| panic!("{site}/expected.toml: {e}"))
}

/// A site's folder in memory.
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl FileSource for Folder {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.0.get(path.as_str()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(self.0.keys().map(|p| SitePath::new(p).unwrap()).collect())
    }
}

/// Every file below a folder, by relative path.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn bunri(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().env("LC_ALL", "C.UTF-8").args(args).args(["--no-progress", "--today", "2026-03-20"]);
    command.output().unwrap()
}

pub fn check(site: &Path, rest: &[&str]) -> Output {
    let path = site.to_str().unwrap();
    bunri(&[&["check", path], rest].concat())
}

pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn place(value: &Value) -> String {
    format!("{}:{}", value["file"].as_str().unwrap(), value["line"])
}

fn places<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    values.into_iter().map(place).collect()
}

/// Rules of configurations on the ways of an assertion's counterexamples.
fn rules(assertion: &Value) -> BTreeSet<String> {
    let legs = list(assertion, "counterexamples").iter().flat_map(|c| list(c, "legs"));
    let hops = legs.flat_map(|l| list(l, "hops"));
    let rules = hops.map(|h| &h["rule"]).filter(|r| !r.is_null() && r["file"] != "topology.toml");
    places(rules)
}

fn choices(assertion: &Value) -> BTreeSet<String> {
    places(list(assertion, "counterexamples").iter().flat_map(|c| list(c, "choices")))
}

/// Differences between an answer and what was expected, as sentences.
pub fn compare(answer: &Value, expected: &Expected, exit: Option<i32>) -> Vec<String> {
    let mut wrong = Vec::new();
    if exit != Some(expected.exit) {
        wrong.push(format!("exit {exit:?}, expected {}", expected.exit));
    }
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let key = |a: &Value| item_key(&text(&a["id"]), &text(&a["level"]), &text(&a["scope"]));
    let given: BTreeMap<String, &Value> = list(answer, "assertions").iter().map(|a| (key(a), a)).collect();
    let nameless = list(answer, "assertions").iter().filter(|a| nameless::names_nothing(a));
    wrong.extend(nameless.map(|a| format!("{} is open because of nothing", key(a))));
    let wanted: BTreeSet<String> = expected.assertion.iter().map(Item::key).collect();
    for name in wanted.iter().filter(|n| !given.contains_key(*n)) {
        wrong.push(format!("{name} is not asked"));
    }
    // What a site's README does not argue about must have nothing to say: a finding is never overlooked.
    let decides = |a: &Value| a["decides"] == true;
    for (name, a) in given.iter().filter(|(n, a)| !wanted.contains(*n) && decides(a)) {
        if !["holds", "not-applicable"].iter().any(|v| a["verdict"] == *v) {
            let blamed = places(list(a, "culprits"));
            wrong.push(format!(
                "{name} is {}, which nobody expected: {} {blamed:?}",
                a["verdict"], a["reason"]
            ));
        }
    }
    for item in &expected.assertion {
        let name = item.key();
        if let Some(a) = given.get(&name) {
            wrong.extend(compare_item(a, item).into_iter().map(|w| format!("{name}: {w}")));
        }
    }
    wrong
}

fn compare_item(a: &Value, item: &Item) -> Vec<String> {
    let mut wrong = Vec::new();
    if a["verdict"] != item.verdict.as_str() {
        wrong.push(format!("{}, expected {}", a["verdict"], item.verdict));
    }
    let blamed = places(list(a, "culprits"));
    let set = |v: &[String]| v.iter().cloned().collect::<BTreeSet<_>>();
    let exact = item.culprits.clone().or(item.culprits_include.is_empty().then(Vec::new));
    if let Some(exact) = exact
        && blamed != set(&exact)
    {
        wrong.push(format!("blames {blamed:?}, expected {exact:?}"));
    }
    let missing: Vec<_> = item.culprits_include.iter().filter(|c| !blamed.contains(*c)).collect();
    let extra: Vec<_> = item.culprits_exclude.iter().filter(|c| blamed.contains(*c)).collect();
    if !missing.is_empty() || !extra.is_empty() {
        wrong.push(format!("does not blame {missing:?}, blames {extra:?}: {blamed:?}"));
    }
    for (what, got, want) in [("rules", rules(a), &item.rules), ("choices", choices(a), &item.choices)] {
        if got != set(want) {
            wrong.push(format!("{what} {got:?}, expected {want:?}"));
        }
    }
    wrong
}

#[test]
fn every_site_says_what_was_argued() {
    let names = sites();
    assert!(names.len() >= 20, "sites are missing: {names:?}");
    let mut wrong = Vec::new();
    let mut exits = BTreeSet::new();
    for name in &names {
        let expected = expected(name);
        exits.insert(expected.exit);
        let output = check(&folder().join(name), &["--format", "json"]);
        let found = compare(&json(&output), &expected, output.status.code());
        wrong.extend(found.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(exits, BTreeSet::from([0, 1, 3]), "every kind of answer must be among the sites");
}

/// The text names the same verdicts and lines as the JSON form, in both languages, and masks every secret.
#[test]
fn texts_agree_and_keep_secrets() {
    let words = [("en", ["holds", "violated", "undetermined"]), ("ja", ["適合", "不適合", "判定保留"])];
    for name in sites() {
        let expected = expected(&name);
        for (lang, [_, violated, undetermined]) in words {
            let output = check(&folder().join(&name), &["--lang", lang]);
            assert_eq!(output.status.code(), Some(expected.exit), "{name} {lang}");
            let text = String::from_utf8(output.stdout).unwrap();
            for item in &expected.assertion {
                let lines = item.rules.iter().chain(&item.choices).chain(item.culprits.iter().flatten());
                for place in lines {
                    // What no line says is told of the whole file: line 1 for a script, the file alone for a person.
                    let whole = place.strip_suffix(":1").map(|file| format!("{file}: "));
                    let named = text.contains(place.as_str()) || whole.is_some_and(|w| text.contains(&w));
                    assert!(named, "{name} {lang}: {place} is not named");
                }
                let word = match item.verdict.as_str() {
                    "violated" => violated,
                    "undetermined" => undetermined,
                    _ => continue,
                };
                assert!(text.contains(word), "{name} {lang}: no {word}");
            }
            assert!(!text.to_lowercase().contains("canary"), "{name} {lang}: a secret is printed");
        }
    }
}

#[test]
fn two_runs_are_byte_identical() {
    for name in sites() {
        let forms: &[[&str; 2]] = match name.starts_with("wakaba-") {
            true => &[["--format", "json"]],
            false => &[["--format", "json"], ["--lang", "ja"], ["--lang", "en"]],
        };
        for rest in forms {
            let [a, b] = [0, 1].map(|_| check(&folder().join(&name), rest));
            assert_eq!(a.stdout, b.stdout, "{name} {rest:?}");
            assert_eq!(a.stderr, b.stderr, "{name} {rest:?}");
        }
    }
}

/// A faulty site is the healthy one with the fault and nothing else.
#[test]
fn faulty_sites_differ_by_their_fault_only() {
    let mut compared = 0;
    for name in sites() {
        let Some(differs) = expected(&name).differs else { continue };
        compared += 1;
        let mut lines: BTreeMap<(String, Vec<u8>), i64> = BTreeMap::new();
        for (site, sign) in [(&differs.from, -1i64), (&name, 1)] {
            for (path, bytes) in files(&folder().join(site)) {
                if path != "README.md" && path != "expected.toml" {
                    for line in bytes.split(|b| *b == b'\n') {
                        *lines.entry((path.clone(), line.to_vec())).or_default() += sign;
                    }
                }
            }
        }
        let changed: i64 = lines.values().map(|n| n.abs()).sum();
        assert_eq!(usize::try_from(changed).unwrap(), differs.lines, "{name}");
    }
    assert!(compared >= 4);
}
