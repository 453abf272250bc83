//! Every kind of declaration, taken away from a town that rests on it: what depends on it becomes undetermined, and
//! nothing else changes. A kind that only informs changes no verdict, and the words for it are gone. The table is
//! `fixtures/declarations.toml`, and no key of a topology or a register is missing there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bunri::report::schema::{Form, schema};

use serde::Deserialize;
use serde_json::Value;

use crate::{cases, sites, towns};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    taken: Vec<Taken>,
    undeclared: Vec<Undeclared>,
}

/// Keys that nothing is taken away from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Undeclared {
    why: String,
    keys: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    /// What is declared, and why this follows from its absence.
    kind: String,
    /// The keys of the forms that say so, as `table.key`.
    keys: BTreeSet<String>,
    /// One of `topologies/`, or a case of `fixtures/cases/` by what it says it is.
    site: Option<String>,
    case: Option<String>,
    #[serde(default = "topology")]
    file: String,
    /// Every line that begins like this goes; a table goes with its lines.
    starts: String,
    /// Only in tables of this heading.
    within: Option<String>,
    /// Exactly these become undetermined.
    #[serde(default)]
    falls: BTreeSet<String>,
    /// These are asked no longer, or do not apply any more.
    #[serde(default)]
    unasked: BTreeSet<String>,
    /// These words are assumed no longer.
    #[serde(default)]
    gone: BTreeSet<String>,
    /// These words say less.
    #[serde(default)]
    reworded: BTreeSet<String>,
    /// The topology is malformed without it: what is said of that.
    missing: Option<String>,
}

fn topology() -> String {
    "topology.toml".to_owned()
}

/// A file without what is taken away.
fn without(text: &str, taken: &Taken) -> String {
    let (mut head, mut inside) = (String::new(), false);
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = false;
            // A sub-table belongs to its table.
            if !line.starts_with('[') || !line.contains('.') {
                head = line.to_owned();
            }
        }
        let here = taken.within.as_ref().is_none_or(|w| *w == head);
        if here && line.starts_with(&taken.starts) {
            inside = taken.starts.starts_with('[');
            continue;
        }
        if !inside {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

impl Taken {
    fn origin(&self) -> &str {
        self.site.as_deref().or(self.case.as_deref()).unwrap()
    }

    fn copy(&self) -> tempfile::TempDir {
        match (&self.site, &self.case) {
            (Some(site), None) => towns::copied(&sites::folder().join(site)),
            (None, Some(case)) => {
                let copy = tempfile::tempdir().unwrap();
                for (name, text) in cases::files_of(case) {
                    let to = copy.path().join(name);
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    fs::write(to, text).unwrap();
                }
                copy
            }
            _ => panic!("{}: a site or a case", self.kind),
        }
    }
}

struct Said {
    verdicts: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
}

fn said(site: &Path) -> Result<Said, String> {
    let output = sites::check(site, &["--format", "json"]);
    if output.status.code() == Some(2) {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let answer = sites::json(&output);
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let key = |a: &Value| format!("{} {} {}", text(&a["id"]), text(&a["level"]), text(&a["scope"]));
    let short = |a: &Value| match a["id"] == "Z-1" {
        true => key(a),
        false => format!("{} {}", text(&a["id"]), text(&a["level"])),
    };
    let all = sites::list(&answer, "assertions").iter();
    let words = sites::list(&answer, "assumptions").iter();
    Ok(Said {
        verdicts: all.map(|a| (short(a), text(&a["verdict"]))).collect(),
        words: words.map(|a| (text(&a["id"]), text(&a["text"]))).collect(),
    })
}

fn differences(taken: &Taken, before: &Said, after: &Said) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut falls, mut unasked) = (BTreeSet::new(), BTreeSet::new());
    for (name, verdict) in &before.verdicts {
        let now = after.verdicts.get(name).map(String::as_str);
        match now {
            Some(now) if now == verdict => {}
            Some("undetermined") => drop(falls.insert(name.clone())),
            None | Some("not-applicable") => drop(unasked.insert(name.clone())),
            Some(now) => wrong.push(format!("{name} was {verdict} and is {now}")),
        }
    }
    let gone = before.words.keys().filter(|id| !after.words.contains_key(*id)).cloned().collect();
    let changed = |(id, text): &(&String, &String)| after.words.get(*id).is_some_and(|t| t != *text);
    let reworded = before.words.iter().filter(changed).map(|(id, _)| id.clone()).collect();
    for (what, found, wanted) in [
        ("becomes undetermined", falls, &taken.falls),
        ("is asked no longer", unasked, &taken.unasked),
        ("is assumed no longer", gone, &taken.gone),
        ("says less", reworded, &taken.reworded),
    ] {
        if found != *wanted {
            let (more, less): (Vec<_>, Vec<_>) =
                (found.difference(wanted).collect(), wanted.difference(&found).collect());
            wrong.push(format!("{what}: also {more:?}, not {less:?}"));
        }
    }
    wrong
}

fn table() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/declarations.toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every key of a form, as `table.key`; `topology.` and `register.` are the files themselves.
fn keys(form: Form) -> BTreeSet<String> {
    let schema = schema(form);
    let parts = schema["$defs"].as_object().unwrap().iter().map(|(name, part)| (name.as_str(), part));
    let whole = [(form.word(), &schema)];
    let of = |(name, part): (&str, &Value)| {
        let all = part["properties"].as_object().map(|p| p.keys().map(|k| format!("{name}.{k}")).collect());
        let all: Vec<String> = all.unwrap_or_default();
        all
    };
    parts.chain(whole).flat_map(of).collect()
}

/// A new key cannot be forgotten: what it declares is taken away from some site, or it is said why nothing is.
#[test]
fn every_key_is_taken_away_or_declares_nothing() {
    let table = table();
    let mut missing = keys(Form::Topology);
    missing.extend(keys(Form::Register));
    let all = missing.clone();
    let taken: BTreeSet<String> = table.taken.iter().flat_map(|t| t.keys.clone()).collect();
    let undeclared: BTreeSet<String> = table.undeclared.iter().flat_map(|u| u.keys.clone()).collect();
    assert!(
        table.taken.iter().all(|t| !t.keys.is_empty()) && table.undeclared.iter().all(|u| !u.why.is_empty())
    );
    missing.retain(|key| !taken.contains(key) && !undeclared.contains(key));
    assert!(missing.is_empty(), "neither taken away nor excused: {missing:?}");
    let twice: Vec<&String> = taken.intersection(&undeclared).collect();
    assert!(twice.is_empty(), "taken away and excused: {twice:?}");
    let unknown: Vec<&String> = taken.union(&undeclared).filter(|key| !all.contains(*key)).collect();
    assert!(unknown.is_empty(), "no form has {unknown:?}");
}

#[test]
fn what_rests_on_a_declaration_falls_with_it() {
    let table = table();
    let mut whole: BTreeMap<&str, Said> = BTreeMap::new();
    let mut wrong = Vec::new();
    for taken in &table.taken {
        let copy = taken.copy();
        let before = whole.entry(taken.origin()).or_insert_with(|| said(copy.path()).unwrap());
        let path = copy.path().join(&taken.file);
        let text = fs::read_to_string(&path).unwrap();
        let left = without(&text, taken);
        assert!(left.len() < text.len(), "{}: nothing to take from {}", taken.kind, taken.origin());
        fs::write(path, left).unwrap();
        let name = format!("{} ({})", taken.kind, taken.origin());
        let found = match (said(copy.path()), &taken.missing) {
            (Err(why), Some(words)) if why.contains(words.as_str()) => Vec::new(),
            (Err(why), _) => vec![why],
            (Ok(_), Some(words)) => vec![format!("it is not said that {words}")],
            (Ok(after), None) => differences(taken, before, &after),
        };
        wrong.extend(found.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
