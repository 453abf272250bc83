//! `bunri mask`: what leaves the house, and what does not.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::pictures::shipped;
use super::{code, folder, run, stderr, stdout};

/// Copies a folder, so that a test may write to it.
pub(super) fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// Every file below a folder: name and bytes.
fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => {
                    let name = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
                    out.push((name, fs::read(entry.path()).unwrap()));
                }
            }
        }
    }
    out.sort();
    out
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

/// Where the shipped configuration has a certificate, and more secrets to put there.
const FACTORY: &str = "    edit \"Fortinet_Factory\"\n";
const SECRETS: &str = r#"        set scep-password "canary 2 with spaces"
        set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----
canary3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
canary4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
-----END ENCRYPTED PRIVATE KEY-----"
"#;

#[test]
fn a_copy_of_a_site_holds_no_secret_and_is_judged_alike() {
    let dir = folder();
    let site = dir.path().join("星見 町");
    copied(&shipped("wakaba"), &site);
    let config = site.join("configs/FW-WAKABA01_20260310.conf");
    let shipped = fs::read_to_string(&config).unwrap();
    let before = shipped.replacen(FACTORY, &format!("{FACTORY}{SECRETS}"), 1);
    assert_ne!(before, shipped);
    fs::write(&config, &before).unwrap();
    fs::write(site.join("パスワード一覧.txt"), "kanri canary5\n").unwrap();
    let out = run(dir.path(), &["mask", "星見 町", "-o", "引渡し", "--lang", "ja", "--today", "2026-03-17"]);
    let text = stdout(&out);
    assert_eq!(code(&out), 0, "{text}{}", stderr(&out));
    assert!(text.contains("全て一致した"), "{text}");
    assert!(text.contains("パスワード一覧.txt  サイトのファイルではなく"), "{text}");
    let copy = tree(&dir.path().join("引渡し"));
    assert!(copy.iter().all(|(name, bytes)| !holds(bytes, "canary") && name != "パスワード一覧.txt"));
    let masked = fs::read_to_string(dir.path().join("引渡し/configs/FW-WAKABA01_20260310.conf")).unwrap();
    // Line for line the same but for the secrets.
    assert_eq!(masked.lines().count(), before.lines().count());
    assert!(masked.contains("set password ENC *****\n"), "{masked}");
    assert!(masked.contains("set scep-password \"*****\"\n"));
    assert!(masked.contains("set private-key \"*****\n*****\n*****\n*****\"\n"));
    let changed = masked.lines().zip(before.lines()).filter(|(a, b)| a != b).map(|(a, _)| a);
    for line in changed {
        assert!(line.contains("*****"), "{line}");
    }
    // Every other file is the same, byte for byte.
    for (name, bytes) in tree(&site) {
        let of_site = !["README.md", "expected.toml", "パスワード一覧.txt"].contains(&name.as_str());
        if of_site && !name.ends_with(".conf") {
            assert!(copy.contains(&(name.clone(), bytes)), "{name}");
        }
    }
    let verdicts = |site: &str| {
        let out = run(dir.path(), &["check", site, "--format", "json", "--today", "2026-03-17"]);
        let answer: Value = serde_json::from_str(&stdout(&out)).unwrap();
        answer["assertions"].as_array().unwrap().iter().map(|a| a["verdict"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(verdicts("星見 町"), verdicts("引渡し"));
}

#[test]
fn a_folder_without_a_topology_gives_its_configurations_only() {
    let dir = folder();
    let (from, to) = (dir.path().join("exports"), dir.path().join("copy"));
    fs::create_dir_all(from.join("SW")).unwrap();
    let config = "version 15.2\r\nhostname SW-01\r\nenable secret 5 $1$canary$aaaaaaaaaaaa\r\nsnmp-server community canary2 RO\r\ninterface Vlan10\r\n description 窓口 本館\r\n ip address 192.0.2.1 255.255.255.0\r\nend\r\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(config);
    fs::write(from.join("SW/SW-01.txt"), &bytes).unwrap();
    fs::write(from.join("memo.docx"), [0x50, 0x4b, 3, 4, 0, 0]).unwrap();
    let out = run(dir.path(), &["mask", "exports", "-o", "copy", "--format", "json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    let report: Value = serde_json::from_str(&stdout(&out)).unwrap();
    assert_eq!(report["compared"], Value::Null);
    assert_eq!(report["left_out"][0]["file"], "memo.docx");
    let copy = tree(&to);
    assert_eq!(copy.len(), 1);
    let (text, _, bad) = encoding_rs::SHIFT_JIS.decode(&copy[0].1);
    assert!(!bad && !text.contains("canary"), "{text}");
    assert!(
        text.contains(" description 窓口 本館\r\n ip address 192.0.2.1 255.255.255.0\r\nend\r\n"),
        "{text}"
    );
    assert_eq!(text.lines().count(), config.lines().count());
}

/// A workbook cannot be rewritten here; one with a column of passwords must not go out.
#[test]
fn a_workbook_with_passwords_stops_the_copy() {
    let dir = folder();
    let site = shipped("wakaba-tables").to_string_lossy().into_owned();
    let out = run(dir.path(), &["mask", &site, "-o", "copy", "--lang", "ja", "--today", "2026-03-17"]);
    assert_eq!(code(&out), 2, "{}", stdout(&out));
    let said = stderr(&out);
    assert!(said.contains("管理表.xlsx") && said.contains("先にその列を削除する"), "{said}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// The topology may name a file that no vendor knows: nobody can say what in it is secret.
#[test]
fn a_configuration_that_nobody_reads_is_left_out() {
    let dir = folder();
    copied(&shipped("pin-01-garbled-negate"), &dir.path().join("site"));
    fs::write(dir.path().join("site/configs/FW-01.conf"), "pp auth myname mura canary\n").unwrap();
    let out = run(dir.path(), &["mask", "site", "-o", "copy", "--format", "json"]);
    assert!(matches!(code(&out), 0 | 3), "{}", stderr(&out));
    let report: Value = serde_json::from_str(&stdout(&out)).unwrap();
    let left = report["left_out"].as_array().unwrap();
    assert!(left.iter().any(|f| f["file"] == "configs/FW-01.conf"), "{report}");
    assert!(tree(&dir.path().join("copy")).iter().all(|(_, bytes)| !holds(bytes, "canary")));
}

#[test]
fn nothing_is_written_over_or_half() {
    let dir = folder();
    copied(&shipped("pin-01-garbled-negate"), &dir.path().join("site"));
    fs::create_dir(dir.path().join("there")).unwrap();
    for (target, want) in [
        (Some("there"), "exists already"),
        (Some("site/copy"), "inside the folder that is read"),
        (Some("no/such/copy"), "there is no such file or folder"),
        (None, "name a new folder for the copy"),
    ] {
        let mut args = vec!["mask", "site", "--lang", "en"];
        args.extend(target.iter().flat_map(|t| ["-o", t]));
        let out = run(dir.path(), &args);
        assert_eq!(code(&out), 2, "{target:?}");
        assert!(stderr(&out).contains(want), "{target:?}: {}", stderr(&out));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    assert_eq!(fs::read_dir(dir.path().join("there")).unwrap().count(), 0);
}
