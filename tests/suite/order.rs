//! What the order of files, tables, objects, chains and independent rules cannot mean: every output stays the same, byte
//! for byte, but for the numbers of lines that were moved.
//!
//! Shuffles move whole entries, so line numbers do move: an entry of three lines that changes places with one of five
//! shifts all between them. So the numbers are mapped back before outputs are compared, and two things follow from
//! them: a list of places stands in the order of the files' lines, so neighbouring lines that name places are sorted on
//! both sides; and a rule of an iptables chain is called by its number, which is its place, so where rules of a chain
//! move, that number is left out. Hashes of files are left out as well: they are hashes of the order.
//!
//! What keeps its place because its order means something: rules that refuse, rules that are off, rules beside one that
//! nobody can read, rules of access lists, rows of sheets (〃 means the row above), interfaces of `ip addr` (the kernel
//! numbers them), members of a list within an entry.

mod devices;
mod shuffle;

use std::collections::BTreeSet;
use std::io;

use bunri::analysis::answer::Assessment;
use bunri::checks::pair::{self, Pair};
use bunri::checks::{Options, assess, closed, doctor, matrix};
use bunri::network::{FileSource, Site, build};
use bunri::report::explain::{ExplainReport, closed_text, pair_text};
use bunri::report::{self, Style, graph};
use bunri::source::{Diagnostic, Lang, Limits, Msg, SitePath, Span};
use bunri::vendor::VENDORS;
use serde_json::{Value, json};

use crate::{sites, towns};
use shuffle::{Files, Origins, Rules, shuffled};

/// A site's folder; `listed_backwards` as another file system might list it.
struct Folder<'a> {
    files: &'a Files,
    listed_backwards: bool,
}

impl FileSource for Folder<'_> {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.files.get(path.as_str()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        let mut names: Vec<SitePath> = self.files.keys().map(|p| SitePath::new(p).unwrap()).collect();
        if self.listed_backwards {
            names.reverse();
        }
        Ok(names)
    }
}

/// How much is asked of a site.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// All that one assessment says, in every form.
    Check,
    /// The matrix as well, which asks about every pair of zones again.
    Matrix,
}

/// Everything that the program says of a site, by form.
fn said(files: &Files, listed_backwards: bool, asked: Asked) -> Vec<(String, Value)> {
    let site = build(&Folder { files, listed_backwards }, VENDORS, &Limits::default());
    let site = site.unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() };
    let assessment = assess(&site, &options).unwrap();
    let advice = doctor::advise(&site, &assessment);
    let picture = graph::picture(&site, &assessment);
    let zones = (asked == Asked::Matrix).then(|| matrix::compute(&site, &options).unwrap());
    let mut said = vec![("draft".to_owned(), Value::from(report::draft(&assessment, &site).0))];
    let rows = report::draft_sheet::draft_rows(&assessment.assertions, &site);
    said.push(("draft sheet".to_owned(), serde_json::to_value(rows).unwrap()));
    for (name, lang) in [("ja", Lang::Ja), ("en", Lang::En)] {
        let style = Style::plain(lang);
        let mut forms = vec![
            ("check json", serde_json::to_value(report::json::check(&assessment, &site, lang)).unwrap()),
            ("doctor json", serde_json::to_value(report::doctor::json(&advice, &site, lang)).unwrap()),
            ("check", report::check(&assessment, &site, style).into()),
            ("doctor", report::doctor::text(&advice, &site, style).into()),
            ("svg", graph::svg(&picture, lang).into()),
            ("dot", graph::dot(&picture, lang).into()),
            ("mermaid", graph::mermaid(&picture, lang).into()),
            ("diagnostics", site.diagnostics.iter().map(|d| diagnostic(&site, d, lang)).collect()),
            ("coverage", coverage(&site, lang)),
        ];
        if let Some(zones) = &zones {
            let answer = serde_json::to_value(report::matrix::json(zones, &site, lang)).unwrap();
            forms.push(("matrix json", answer));
            forms.push(("matrix", report::matrix::text(zones, &site, style).into()));
        }
        said.extend(forms.into_iter().map(|(form, answer)| (format!("{form} {name}"), answer)));
    }
    said.extend(explained(&site, &assessment, &options, asked));
    said
}

/// What `bunri coverage` says of lines, each with its file.
fn coverage(site: &Site, lang: Lang) -> Value {
    let mut answer = serde_json::to_value(report::json::site_coverage(site, usize::MAX, lang)).unwrap();
    for file in answer["files"].as_array_mut().unwrap() {
        let name = file["file"].clone();
        file["unread"].as_array_mut().unwrap().iter_mut().for_each(|line| line["file"] = name.clone());
    }
    answer
}

/// What `bunri explain` says of the first items and pairs of zones; of a town, of one of each.
fn explained(site: &Site, found: &Assessment, options: &Options, asked: Asked) -> Vec<(String, Value)> {
    let most = if asked == Asked::Matrix { 4 } else { 1 };
    let mut out = Vec::new();
    for item in found.assertions.iter().take(most) {
        let closed = closed::by(site, item, options).unwrap();
        let (json, style) = (report::json::check(found, site, Lang::En), Style::plain(Lang::En));
        let shown = json.assertions.into_iter().find(|a| (a.id, &a.scope) == (item.id, &item.scope)).unwrap();
        let answer = ExplainReport::of_finding(shown, None, Lang::En).closed_by(&closed, site, Lang::En);
        let name = format!("explain {} {:?} {}", item.id, item.level, item.scope);
        out.push((format!("{name} json"), serde_json::to_value(answer).unwrap()));
        out.push((name, closed_text(&closed, site, style).into()));
    }
    let mut zones: Vec<_> = site.zones().map(|(id, zone)| (&zone.id.value, id)).collect();
    zones.sort();
    let pairs = zones.iter().flat_map(|from| zones.iter().map(move |to| (from, to)));
    for (from, to) in pairs.filter(|(from, to)| from != to).take(most) {
        let place = |id| site.places_of_zone(id).all().collect::<BTreeSet<_>>();
        let asked = Pair { from: place(from.1), to: place(to.1), ..Pair::default() };
        let told = pair::tell(site, &asked, options).unwrap();
        for (lang, word) in [(Lang::Ja, "ja"), (Lang::En, "en")] {
            let name = format!("explain {} to {} {word}", from.0, to.0);
            let answer = ExplainReport::of_pair(&told, site, lang);
            out.push((format!("{name} json"), serde_json::to_value(answer).unwrap()));
            out.push((name, pair_text(&told, site, Style::plain(lang)).into()));
        }
    }
    out
}

/// A diagnostic without its picture of the lines, which is as wide as their numbers.
fn diagnostic(site: &Site, found: &Diagnostic, lang: Lang) -> Value {
    let text = |m: &Msg| Value::from(m.text(lang));
    let place = |span: Span| {
        let at = site.sources.position(span);
        json!({ "file": site.sources.file(span.file).unwrap().path().as_str(), "line": at.line })
    };
    let labels = found.labels.iter().map(|(span, what)| json!([place(*span), text(what)]));
    let mut out = place(found.primary);
    out["code"] = found.code.slug().into();
    out["says"] = labels.chain([text(&found.message)]).chain(found.help.as_ref().map(text)).collect();
    out
}

/// Answers with lines mapped back to where they came from.
struct Mapping<'a> {
    origins: &'a Origins,
    rules: Rules,
}

impl Mapping<'_> {
    fn line(&self, file: &str, line: u64) -> Option<u64> {
        let order = self.origins.get(file)?;
        let at = usize::try_from(line).unwrap().checked_sub(1)?;
        Some(u64::try_from(*order.get(at)?).unwrap() + 1)
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut out: serde_json::Map<String, Value> =
                    map.iter().map(|(k, v)| (k.clone(), self.value(v))).collect();
                let place =
                    map.get("file").and_then(Value::as_str).zip(map.get("line").and_then(Value::as_u64));
                if let Some(line) = place.and_then(|(file, line)| self.line(file, line)) {
                    out.insert("line".to_owned(), line.into());
                }
                out.remove("sha256");
                Value::Object(out)
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|v| self.value(v)).collect();
                if items.iter().all(|v| v["file"].is_string() && v["line"].is_u64()) {
                    items.sort_by_cached_key(|v| (v["line"].as_u64(), v.to_string()));
                }
                Value::Array(items)
            }
            Value::String(text) if text.contains('\n') => self.text(text).into(),
            Value::String(text) => self.places(text).1.into(),
            other => other.clone(),
        }
    }

    /// The lines of a text; neighbours that name moved places are sorted.
    fn text(&self, text: &str) -> Vec<String> {
        let lines: Vec<(bool, String)> = text.split('\n').map(|l| self.places(l)).collect();
        let mut runs: Vec<Vec<(bool, String)>> =
            lines.chunk_by(|a, b| a.0 && b.0).map(<[_]>::to_vec).collect();
        runs.iter_mut().for_each(|run| run.sort());
        runs.into_iter().flatten().map(|(_, line)| line).collect()
    }

    /// A line with the numbers in `file:number` mapped back, and whether it has one.
    fn places(&self, line: &str) -> (bool, String) {
        let (mut line, mut any) = (line.to_owned(), false);
        for name in self.origins.keys() {
            let named = format!("{name}:");
            let mut parts = line.split(&named);
            let mut out = parts.next().unwrap().to_owned();
            for part in parts {
                let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                let old = part[..end].parse().ok().and_then(|n| self.line(name, n));
                out += &named;
                out += &old.map_or(String::new(), |n| n.to_string());
                out += &part[end..];
                any = true;
            }
            line = out;
        }
        if self.rules == Rules::Move {
            let mut parts = line.split(" rule ");
            let first = parts.next().unwrap().to_owned();
            line = parts
                .fold(first, |all, p| all + " rule " + p.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        (any, line)
    }
}

/// The first places at which two answers differ.
fn differences(a: &Value, b: &Value, at: &str, out: &mut Vec<String>) {
    match (a, b) {
        _ if a == b || out.len() > 8 => {}
        (Value::Object(x), Value::Object(y)) if x.keys().eq(y.keys()) => {
            x.iter().for_each(|(k, v)| differences(v, &y[k], &format!("{at}.{k}"), out));
        }
        (Value::Array(x), Value::Array(y)) => {
            let lost: Vec<&Value> = x.iter().filter(|v| !y.contains(v)).collect();
            let new: Vec<&Value> = y.iter().filter(|v| !x.contains(v)).collect();
            if x.len() == y.len() && lost.len() == new.len() && !lost.is_empty() {
                lost.iter().zip(&new).for_each(|(v, w)| differences(v, w, &format!("{at}[]"), out));
            } else {
                let some =
                    |l: &[&Value]| l.iter().take(5).map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
                out.push(format!("{at}: lost {}, new {} (or another order)", some(&lost), some(&new)));
            }
        }
        _ => {
            let short = |v: &Value| v.to_string().chars().take(300).collect::<String>();
            out.push(format!("{at}: {} became {}", short(a), short(b)));
        }
    }
}

/// What differs between a site and one shuffle of it, as sentences.
fn compare(name: &str, files: &Files, seed: u64, asked: Asked) -> Vec<String> {
    let rules = if DEPENDENT.contains(&name) { Rules::Stay } else { Rules::Move };
    let (moved, origins) = shuffled(files, seed, rules);
    assert!(origins.values().any(|o| !o.is_sorted()), "{name}: nothing was moved");
    // The same lines on both sides, so that the same lines of texts count as places.
    let still = origins.iter().map(|(file, order)| (file.clone(), (0..order.len()).collect())).collect();
    let (before, after) = (said(files, false, asked), said(&moved, true, asked));
    let mut found = Vec::new();
    for ((what, a), (_, b)) in before.iter().zip(&after) {
        let a = Mapping { origins: &still, rules }.value(a);
        let b = Mapping { origins: &origins, rules }.value(b);
        differences(&a, &b, what, &mut found);
    }
    found.into_iter().map(|w| format!("{name}, seed {seed}: {w}")).collect()
}

fn files_of(folder: &std::path::Path) -> Files {
    let mut files = sites::files(folder);
    files.retain(|name, _| name != "README.md" && name != "expected.toml");
    files
}

/// Sites whose rules are not independent: one permits what another permits, so that their order decides which of them is
/// named, or one that nobody can read stands between them.
const DEPENDENT: [&str; 9] = [
    "hoshimi-old-relay",
    "kumoi/F01",
    "noisy-holds",
    "noisy-undetermined",
    "pin-01-garbled-negate",
    "pin-07-return-above-accept",
    "pin-07-return-above-drop",
    "wakaba-any-rule",
    "wakaba-fqdn",
];

/// Towns take seconds, and more for their matrix: it is asked for in small sites only.
const TOWNS: [&str; 4] = ["hoshimi", "kumoi", "wakaba", "yunagi"];

#[test]
fn sites_say_the_same_in_any_order() {
    let mut wrong = Vec::new();
    for (seed, name) in (1..).zip(sites::sites()) {
        let town = TOWNS.iter().any(|t| name.starts_with(t));
        let asked = if town { Asked::Check } else { Asked::Matrix };
        wrong.extend(compare(&name, &files_of(&sites::folder().join(&name)), seed, asked));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn broken_towns_say_the_same_in_any_order() {
    let mut wrong = Vec::new();
    for (town, fault) in [("kumoi", "F01"), ("yunagi", "U04"), ("hoshimi", "F06")] {
        let site = towns::faulty(town, fault);
        wrong.extend(compare(&format!("{town}/{fault}"), &files_of(site.path()), 7, Asked::Check));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
