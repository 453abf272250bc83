//! The faults of the towns: each is one documented edit of a healthy site (`fixtures/TOWN/*.toml`), applied to a copy
//! of it and put to the real program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;

use crate::sites::{self, Expected, json, list};

/// The day of the healthy town's export, plus one.
const TODAY: &str = "2026-03-17";

/// A fault and what must be said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// What is wrong, in one line.
    what: String,
    /// The day of judgement, if it is not the usual one.
    today: Option<String>,
    #[serde(default)]
    edit: Vec<Edit>,
    #[serde(default)]
    cut: Vec<Cut>,
    expected: Expected,
    /// What stands on the lines that `expected` names, so that a reader need not count.
    #[serde(default)]
    lines: BTreeMap<String, String>,
    /// Paths that must be among the counterexamples.
    #[serde(default)]
    witness: Vec<Witness>,
}

/// Text that stands exactly once in each of some files, and what takes its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    files: Vec<String>,
    old: String,
    new: String,
}

/// Text that stands exactly once in a file, which ends before it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cut {
    file: String,
    before: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Witness {
    id: String,
    level: String,
    from: String,
    to: String,
    family: String,
    /// Whether some device on the way translates.
    #[serde(default)]
    nat: bool,
    /// Devices on the way, in their order.
    devices: Vec<String>,
}

/// Towns with faults, each the name of its healthy site.
const TOWNS: [&str; 3] = ["hoshimi", "kumoi", "yunagi"];

fn faults(town: &str) -> BTreeMap<String, Fault> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(town);
    let paths = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let fault = toml::from_str(&text).unwrap_or_else(|e| panic!("{town}/{name}: {e}"));
        (name, fault)
    };
    paths.map(read).collect()
}

/// A copy of a folder.
pub fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in sites::files(folder) {
        let to = copy.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    copy
}

/// A healthy town with some texts replaced and some files cut short.
fn edited(town: &str, edits: &[Edit], cuts: &[Cut]) -> tempfile::TempDir {
    let copy = copied(&sites::folder().join(town));
    for edit in edits {
        for file in &edit.files {
            let path = copy.path().join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.matches(&edit.old).count(), 1, "{file} must hold this once:\n{}", edit.old);
            fs::write(path, text.replace(&edit.old, &edit.new)).unwrap();
        }
    }
    for Cut { file, before } in cuts {
        let path = copy.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(before).count(), 1, "{file} must hold this once:\n{before}");
        fs::write(path, text.split_once(before).unwrap().0).unwrap();
    }
    copy
}

/// A town with one of its faults.
pub fn faulty(town: &str, fault: &str) -> tempfile::TempDir {
    let fault = &faults(town)[fault];
    edited(town, &fault.edit, &fault.cut)
}

fn check(site: &Path, today: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().env("LC_ALL", "C.UTF-8").arg("check").arg(site);
    command.args(["--format", "json", "--no-progress", "--today", today]).output().unwrap()
}

fn shows(answer: &Value, wanted: &Witness) -> bool {
    let assertions = list(answer, "assertions").iter();
    let asked = assertions.filter(|a| a["id"] == *wanted.id && a["level"] == *wanted.level);
    let mut examples = asked.flat_map(|a| list(a, "counterexamples"));
    examples.any(|e| {
        let legs = list(e, "legs");
        let hops: Vec<&Value> = legs.iter().flat_map(|l| list(l, "hops")).collect();
        let devices: Vec<&str> = hops.iter().filter_map(|h| h["device"].as_str()).collect();
        let nat = hops.iter().any(|h| !list(h, "nat").is_empty());
        legs.first().is_some_and(|l| l["from"] == *wanted.from)
            && legs.last().is_some_and(|l| l["to"] == *wanted.to)
            && e["family"] == *wanted.family
            && e["requires_forged_source"] == false
            && nat == wanted.nat
            && devices == wanted.devices
    })
}

/// An answer without what only informs and the fault does not argue about: the healthy site's README does.
fn argued(mut answer: Value, expected: &Expected) -> Value {
    let kept = |a: &Value| {
        let named = |i: &sites::Item| a["id"] == *i.id && a["level"] == *i.level;
        a["decides"] == true || expected.assertion.iter().any(named)
    };
    answer["assertions"].as_array_mut().unwrap().retain(kept);
    answer
}

/// What a fault's answer lacks, as sentences.
fn judged(town: &str, fault: &Fault) -> Vec<String> {
    let site = edited(town, &fault.edit, &fault.cut);
    let output = check(site.path(), fault.today.as_deref().unwrap_or(TODAY));
    let answer = argued(json(&output), &fault.expected);
    let mut wrong = sites::compare(&answer, &fault.expected, output.status.code());
    for (place, text) in &fault.lines {
        let (file, line) = place.rsplit_once(':').unwrap();
        let content = fs::read_to_string(site.path().join(file)).unwrap();
        let there = content.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap().trim();
        if there != text {
            wrong.push(format!("{place} is {there:?}, expected {text:?}"));
        }
    }
    let missing = fault.witness.iter().filter(|w| !shows(&answer, w));
    wrong.extend(missing.map(|w| format!("no such example: {w:?}")));
    wrong
}

#[test]
fn every_fault_is_found_where_it_is() {
    let mut wrong = Vec::new();
    for town in TOWNS {
        let faults = faults(town);
        let broken = faults.values().filter(|f| f.expected.exit != 0).count();
        assert!(broken >= 6, "faults of {town} are missing");
        for (name, fault) in &faults {
            let found = judged(town, fault);
            wrong.extend(found.into_iter().map(|w| format!("{town}/{name} ({}): {w}", fault.what)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
