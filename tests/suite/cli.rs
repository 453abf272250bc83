//! The program as a person or a script meets it: exit codes, languages, files.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests may panic"
)]

mod delivered;
mod init;
mod logs;
mod mask;
mod newcomer;
mod pictures;
mod diff;
mod sites;
mod unread;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program in `folder`, with nothing of the tester's environment.
pub(crate) fn bunri(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunri"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    // Windows programs do not start without it.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

pub(crate) fn run<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> Output {
    bunri(folder).args(args).output().unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn usage_errors_are_2_in_both_languages() {
    let dir = folder();
    let cases: [(&[&str], &str, &str); 7] = [
        (&[], "Usage: bunri", "使い方: bunri"),
        (&["chekc", "x"], "unrecognized subcommand 'chekc'", "「chekc」というコマンドはない"),
        (&["check"], "required arguments were not provided", "必要な引数がない: <SITE>"),
        (&["check", "a", "--frmat", "x"], "unexpected argument '--frmat'", "引数「--frmat」は使用できない"),
        (
            &["schema", "--format", "sarif"],
            "`--format sarif`: this version writes text and json only",
            "text 及び json のみ",
        ),
        (&["schema", "--today", "2026-13-01"], "write a date as YYYY-MM-DD", "YYYY-MM-DD の形式で指定する"),
        (&["trace", "--packets", "p.json"], "required arguments were not provided", "必要な引数がない"),
    ];
    for (args, en, ja) in cases {
        for (lang, want) in [("en", en), ("ja", ja)] {
            let out = bunri(dir.path()).args(args).args(["--lang", lang]).output().unwrap();
            let err = stderr(&out);
            if args.is_empty() && lang == "ja" {
                // With an option there, the missing command is an error of its own.
                assert!(err.contains("コマンド"), "{err}");
                continue;
            }
            assert_eq!(code(&out), 2, "{args:?} {lang}: {err}");
            let missing = args.is_empty() && err.contains("subcommand");
            assert!(err.contains(want) || missing, "{args:?} {lang}: {err}");
            assert_eq!(stdout(&out), "");
        }
    }
}

#[test]
fn the_language_comes_from_the_option_then_from_the_locale() {
    let dir = folder();
    let about = |envs: &[(&str, &str)], args: &[&str]| {
        let out = bunri(dir.path()).envs(envs.iter().copied()).args(args).arg("--help").output().unwrap();
        assert_eq!(code(&out), 0);
        stdout(&out)
    };
    assert!(about(&[], &["--lang", "ja"]).contains("使い方: bunri"));
    assert!(about(&[], &["--lang=en"]).contains("Usage: bunri"));
    if cfg!(unix) {
        assert!(about(&[], &[]).contains("Usage: bunri"));
        assert!(about(&[("LANG", "ja_JP.UTF-8")], &[]).contains("使い方: bunri"));
        assert!(about(&[("LANG", "xx_YY")], &[]).contains("Usage: bunri"));
        assert!(about(&[("LANG", "ja_JP.UTF-8")], &["--lang", "en"]).contains("Usage: bunri"));
    }
}

/// No command or option is left without its Japanese text, and no English one shines through.
#[test]
fn every_help_text_is_translated() {
    let dir = folder();
    let help = |args: &[&str]| {
        stdout(&bunri(dir.path()).args(args).args(["--help", "--lang", "ja"]).output().unwrap())
    };
    let top = help(&[]);
    let commands = top.split("コマンド:").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert!(commands.len() >= 2, "{top}");
    for page in commands.iter().map(|c| help(&[c])).chain([top.clone()]) {
        for line in page.lines().filter(|l| l.starts_with("  ")) {
            let japanese = line.chars().any(|c| ('\u{3040}'..='\u{9FFF}').contains(&c));
            assert!(japanese, "{line:?} in\n{page}");
        }
        assert!(!page.contains("Options:") && !page.contains("Usage:"), "{page}");
    }
}

#[test]
fn coverage_counts_every_line_of_an_unknown_file() {
    let dir = folder();
    fs::write(dir.path().join("謎.txt"), "一行目\n\n二行目\u{1b}[2J\n三行目\n").unwrap();
    let out = run(dir.path(), &["coverage", "謎.txt", "--format", "json", "--lines", "2"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    let answer: Value = serde_json::from_str(&stdout(&out)).unwrap();
    let file = &answer["files"][0];
    assert_eq!((&file["file"], &file["unrecognized"]), (&Value::from("謎.txt"), &Value::from(3)));
    assert_eq!(file["unread_truncated"], true);
    assert_eq!(file["unread"][1]["line"], 3);
    let schema = bunri::report::schema::schema(bunri::report::schema::Form::Coverage);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&answer));
    let text = run(dir.path(), &["coverage", "謎.txt", "--lang", "ja"]);
    assert!(stdout(&text).contains("3: [未解釈] 二行目\u{FFFD}[2J"), "{}", stdout(&text));
}

#[test]
fn files_of_one_name_are_told_apart() {
    let dir = folder();
    for sub in ["a", "b"] {
        fs::create_dir(dir.path().join(sub)).unwrap();
        fs::write(dir.path().join(sub).join("fw.conf"), sub).unwrap();
    }
    let (a, b) = (dir.path().join("a/fw.conf"), dir.path().join("b/fw.conf"));
    let out = run(dir.path(), &["coverage", a.to_str().unwrap(), b.to_str().unwrap(), "--format", "json"]);
    let answer: Value = serde_json::from_str(&stdout(&out)).unwrap();
    // No path of the machine is shown.
    assert_eq!(
        (&answer["files"][0]["file"], &answer["files"][1]["file"]),
        (&"fw.conf".into(), &"b/fw.conf".into())
    );
}

#[test]
fn unreadable_inputs_are_2_and_say_which() {
    let dir = folder();
    fs::create_dir(dir.path().join("空")).unwrap();
    let cases = [("無い.conf", "「無い.conf」というファイル又はフォルダがない")];
    for (path, want) in cases {
        let out = run(dir.path(), &["coverage", path, "--lang", "ja"]);
        assert_eq!(code(&out), 2);
        assert!(stderr(&out).contains(want), "{}", stderr(&out));
    }
    #[cfg(unix)]
    {
        // A FIFO would wait for a writer for ever.
        let fifo = dir.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let out = run(dir.path(), &["coverage", "fifo", "--lang", "en"]);
        assert_eq!(code(&out), 2);
        assert!(stderr(&out).contains("`fifo` is not a regular file"), "{}", stderr(&out));
        let out = run(dir.path(), &["coverage", "/dev/zero", "--lang", "en"]);
        assert_eq!(code(&out), 2);
    }
}

#[test]
fn an_output_file_is_replaced_whole_or_not_at_all() {
    let dir = folder();
    let path = dir.path();
    fs::write(path.join("in.conf"), "x\n").unwrap();
    fs::write(path.join("out.json"), "old").unwrap();
    let read = |name: &str| fs::read_to_string(path.join(name)).unwrap();
    let coverage =
        |out: &str| run(path, &["coverage", "in.conf", "--format", "json", "--lang", "en", "-o", out]);

    // A failure keeps the old file and leaves nothing behind.
    let out = run(path, &["coverage", "absent.conf", "-o", "out.json"]);
    assert_eq!((code(&out), read("out.json").as_str()), (2, "old"));

    let out = coverage("out.json");
    assert_eq!((code(&out), stdout(&out).as_str()), (0, ""));
    assert!(serde_json::from_str::<Value>(&read("out.json")).is_ok());

    // Neither a folder nor an input is overwritten.
    fs::create_dir(path.join("dir")).unwrap();
    let out = coverage("dir");
    assert!(code(&out) == 2 && stderr(&out).contains("`dir` is a folder"), "{}", stderr(&out));
    let out = coverage("nowhere/out.json");
    assert!(code(&out) == 2 && stderr(&out).contains("`nowhere`: there is no such"), "{}", stderr(&out));
    let out = coverage("./in.conf");
    assert!(code(&out) == 2 && stderr(&out).contains("is an input"), "{}", stderr(&out));
    assert_eq!(read("in.conf"), "x\n");
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["dir", "in.conf", "out.json"]);
}

#[cfg(unix)]
#[test]
fn odd_targets_of_output_are_left_alone() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = folder();
    let path = dir.path();
    fs::write(path.join("in.conf"), "x\n").unwrap();
    fs::write(path.join("real.json"), "old").unwrap();
    symlink("real.json", path.join("link.json")).unwrap();
    // A link stays a link; its target is replaced.
    let out = run(path, &["coverage", "in.conf", "--format", "json", "-o", "link.json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    assert!(fs::symlink_metadata(path.join("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(path.join("real.json")).unwrap().starts_with('{'));
    // A new file is as readable as any other.
    let mode = fs::metadata(path.join("real.json")).unwrap().permissions().mode();
    assert_ne!(mode & 0o044, 0, "{mode:o}");
    // Replacing a device by rename would destroy it.
    let out = run(path, &["coverage", "in.conf", "-o", "/dev/null"]);
    assert_eq!(code(&out), 2);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let dir = folder();
    // More than any pipe holds.
    let lines: String = (0..20_000).map(|n| format!("line {n} of a file that nobody knows\n")).collect();
    fs::write(dir.path().join("long.txt"), lines).unwrap();
    let mut child = bunri(dir.path())
        .args(["coverage", "long.txt", "--lines", "20000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!((code(&out), stderr(&out).as_str()), (0, ""));
}

#[test]
fn colours_are_for_terminals_only() {
    let dir = folder();
    fs::write(dir.path().join("x"), "line\n").unwrap();
    for args in [&["coverage", "x"][..], &["--help"], &["nonsense"]] {
        let out = run(dir.path(), args);
        assert!(!stdout(&out).contains('\u{1b}') && !stderr(&out).contains('\u{1b}'), "{args:?}");
    }
}

#[test]
fn schemas_are_printed_for_every_form() {
    let dir = folder();
    for form in ["check", "trace", "reach", "coverage", "packets", "topology", "register"] {
        let out = run(dir.path(), &["schema", form]);
        assert_eq!(code(&out), 0, "{}", stderr(&out));
        let schema: Value = serde_json::from_str(&stdout(&out)).unwrap();
        assert!(schema["$schema"].as_str().unwrap().contains("2020-12"));
    }
    let out = run(dir.path(), &["schema", "sarif", "--lang", "en"]);
    assert_eq!(code(&out), 2);
    assert!(stderr(&out).contains("choose one of check, trace"), "{}", stderr(&out));
}
