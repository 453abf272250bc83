//! The house rules: rooms import leftwards only, the two engines share nothing, only `cli` has side effects.

use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 10] =
    ["source", "syntax", "model", "vendor", "network", "intent", "analysis", "checks", "report", "cli"];

fn source_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            source_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn files_of(room: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let mut files = Vec::new();
    source_files(&root, &mut files);
    assert!(!files.is_empty(), "{room} has no files");
    files.into_iter().map(|p| (p.clone(), fs::read_to_string(p).unwrap())).collect()
}

/// Code without comments, so that prose may speak of any room.
fn code(text: &str) -> String {
    text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// Room names that follow `crate::` anywhere, `use crate::{…}` lists included.
fn imported(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or("");
            out.extend(list.split(',').map(|item| word(item.trim())));
        } else {
            out.push(word(rest));
        }
    }
    out
}

#[test]
fn rooms_import_leftwards_only() {
    let mut seen = 0;
    for (place, room) in ROOMS.iter().enumerate() {
        for (path, text) in files_of(room) {
            for name in imported(&code(&text)) {
                if let Some(other) = ROOMS.iter().position(|r| *r == name) {
                    seen += 1;
                    assert!(other <= place, "{}: `{room}` may not import `{name}`", path.display());
                }
            }
        }
    }
    assert!(seen > 50, "the test found only {seen} imports: does it still read them?");
}

#[test]
fn the_concrete_evaluator_does_not_know_the_symbolic_engine() {
    let symbolic =
        ["diagram", "set", "outcome", "slice", "compile", "blame", "rows", "witness", "transition"];
    for (path, text) in files_of("analysis/concrete") {
        let code = code(&text);
        for name in symbolic {
            let words =
                [format!("analysis::{name}"), format!("super::super::{name}"), format!("use {name}::")];
            assert!(words.iter().all(|w| !code.contains(w.as_str())), "{} names `{name}`", path.display());
        }
    }
}

#[test]
fn only_the_command_line_touches_the_world() {
    let worldly =
        ["std::fs", "std::env", "std::net::Tcp", "std::process", "std::time", "println!", "std::io::stdout"];
    for room in ROOMS.iter().filter(|r| **r != "cli") {
        for (path, text) in files_of(room) {
            let code = code(&text);
            for word in worldly {
                assert!(!code.contains(word), "{}: `{word}` belongs in cli", path.display());
            }
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for room in ROOMS {
        for (path, text) in files_of(room) {
            assert!(text.lines().count() <= 800, "{} has {} lines", path.display(), text.lines().count());
        }
    }
}

/// What only Unix has stands behind `cfg`: in a file that is compiled for Linux alone, or below such a line.
#[test]
fn nothing_but_marked_code_needs_unix() {
    const ONLY_UNIX: [&str; 8] = [
        "std::os::unix",
        "std::os::linux",
        "std::os::fd",
        "libc::",
        "PermissionsExt",
        "MetadataExt",
        "\"/tmp",
        "\"/dev/",
    ];
    let mut seen = 0;
    for room in ROOMS {
        for (path, text) in files_of(room) {
            // The kernel laboratory is Linux' own: `cli/mod.rs` says so.
            if path.components().any(|c| c.as_os_str() == "lab") {
                continue;
            }
            let text = code(&text);
            let lines: Vec<&str> = text.lines().collect();
            for (at, line) in lines.iter().enumerate() {
                let Some(word) = ONLY_UNIX.iter().find(|w| line.contains(**w)) else { continue };
                let marked = lines[at.saturating_sub(3)..=at]
                    .iter()
                    .any(|l| l.contains("cfg(unix)") || l.contains("cfg(target_os"));
                assert!(marked, "{}:{}: `{word}` without `cfg`", path.display(), at + 1);
                seen += 1;
            }
        }
    }
    assert!(seen < 20, "{seen}");
    let cli = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/mod.rs")).unwrap();
    let lab = cli.lines().position(|l| l.trim().ends_with("mod lab;"));
    let lines: Vec<&str> = cli.lines().collect();
    assert!(
        lab.is_some_and(|at| lines[at - 1].contains("cfg(target_os = \"linux\")")),
        "the laboratory is for Linux"
    );
}
