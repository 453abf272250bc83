//! `bunri diff` under reordering: a file and its shuffle pass the same, and what changed between two files is told alike.
//!
//! Not asked of FortiGates: their virtual IPs and pools are told to be moved, since which of two comes first may mean
//! something.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::shuffle::{Files, Origins, Rules, shuffled};
use super::{Mapping, differences};
use crate::sites;

/// A configuration as it is and as it was changed.
struct Versions {
    name: &'static str,
    /// What both are called, after `before` and `after`.
    ending: &'static str,
    before: Vec<u8>,
    after: Vec<u8>,
    rules: Rules,
}

fn versions() -> Vec<Versions> {
    let shipped = |site: &str, file: &str| fs::read(sites::folder().join(site).join(file)).unwrap();
    let router = shipped("pin-05-snat-hides-a-host", "configs/iptables-save.txt");
    let wider = String::from_utf8(router.clone()).unwrap().replace("--dport 443 ", "--dport 443:444 ");
    let core = "configs/SW-CORE01.txt";
    let of = |name, ending, before, after, rules| Versions { name, ending, before, after, rules };
    vec![
        of("pin-05", "-iptables-save.txt", router, wider.into_bytes(), Rules::Move),
        of("ios-core", ".txt", shipped("ios-core", core), shipped("ios-core-leak", core), Rules::Move),
    ]
}

fn diff(folder: &Path, before: &str, after: &str, lang: &str, form: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().env("LC_ALL", "C.UTF-8").current_dir(folder);
    command.args(["diff", before, after, "--no-progress", "--lang", lang, "--format", form]);
    let out = command.output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

fn written(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// What the program says of both files, in each language and form.
fn told(files: &Files) -> Vec<(String, Value)> {
    let folder = written(files);
    let names: Vec<&String> = files.keys().collect();
    let [after, before] = names[..] else { panic!("two files") };
    let mut out = Vec::new();
    for lang in ["ja", "en"] {
        let (code, json) = diff(folder.path(), before, after, lang, "json");
        out.push((format!("exit {lang}"), code.into()));
        out.push((format!("json {lang}"), serde_json::from_str(&json).unwrap()));
        out.push((format!("text {lang}"), diff(folder.path(), before, after, lang, "text").1.into()));
    }
    out
}

/// Asked of what is given in full: of a rule list without its addresses and its IPv6 side too much may be otherwise.
#[test]
fn a_shuffled_configuration_is_no_change() {
    for Versions { name, ending, before, .. } in versions().into_iter().filter(|v| v.ending == ".txt") {
        let files = Files::from([(format!("x{ending}"), before)]);
        let (moved, _) = shuffled(&files, 5, Rules::Stay);
        assert_ne!(moved, files, "{name}: nothing was moved");
        let both = [("before", files), ("after", moved)];
        let both =
            both.into_iter().map(|(when, f)| (format!("{when}{ending}"), f[&format!("x{ending}")].clone()));
        let said = told(&both.collect());
        assert_eq!((&said[0].1, &said[1].1["verdict"]), (&0.into(), &"same".into()), "{name}: {}", said[2].1);
    }
}

#[test]
fn a_change_is_told_alike_in_any_order() {
    let mut wrong = Vec::new();
    for Versions { name, ending, before, after, rules } in versions() {
        let files = Files::from([(format!("before{ending}"), before), (format!("after{ending}"), after)]);
        let (moved, origins) = shuffled(&files, 11, rules);
        assert!(origins.len() == 2 && origins.values().all(|o| !o.is_sorted()), "{name}: nothing was moved");
        let still: Origins =
            origins.iter().map(|(f, order)| (f.clone(), (0..order.len()).collect())).collect();
        let (was, is) = (told(&files), told(&moved));
        assert_ne!(was[1].1["verdict"], "same", "{name}");
        let mut found = Vec::new();
        for ((what, a), (_, b)) in was.iter().zip(&is) {
            let a = Mapping { origins: &still, rules }.value(a);
            let b = Mapping { origins: &origins, rules }.value(b);
            differences(&a, &b, what, &mut found);
        }
        wrong.extend(found.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
