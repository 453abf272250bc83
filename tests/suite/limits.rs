//! Hostile input: too long, too large, too deep, in circles, no text, no file; and outputs that cannot be written.
//! What is asked for is always the same: an answer or a clear error, soon, in bounded memory, nothing half-written.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::cli::{bunri, code, folder, run, stderr, stdout};
use crate::tables::package::{parts, zip};

const VENDORS: [&str; 5] = ["fortios", "ios", "axs", "awplus", "iptables"];

/// The program as `nobody` would call it in a hurry: with little memory. More than that is an abort, and a failure.
fn bounded(dir: &Path, megabytes: u64, args: &[&str]) -> Output {
    let line = format!("ulimit -v {}; exec \"$@\"", megabytes * 1024);
    let program = env!("CARGO_BIN_EXE_bunri");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &line, "sh", program]).args(args).args(["--lang", "en", "--no-progress"]);
    command.current_dir(dir).stdin(Stdio::null()).output().unwrap()
}

/// It answered, and did not crash.
fn answered(out: &Output, what: &str) {
    let ended = out.status.code();
    assert!(matches!(ended, Some(0..=3)), "{what}: {:?} {}", out.status, stderr(out));
    assert!(!stderr(out).contains("panicked"), "{what}: {}", stderr(out));
}

fn refused(out: &Output, why: &str) {
    assert_eq!(code(out), 2, "{}\n{}", stdout(out), stderr(out));
    assert!(stderr(out).contains(why), "wanted `{why}`: {}", stderr(out));
    assert_eq!(stdout(out), "", "an error and half an answer");
}

#[test]
fn lines_of_ten_megabytes_are_read() {
    let long = 10 << 20;
    let many = |word: &str| word.repeat(long / word.len());
    let bodies = [
        ("fortios", format!("set member {}", many("\"a\" "))),
        ("ios", format!("access-list 1 permit {}", many("10.0.0.1 "))),
        ("awplus", "A".repeat(long)),
        ("iptables", format!("-A FORWARD {}", many("-s 10.0.0.1 "))),
        ("iptables", format!("-A FORWARD -p tcp -m multiport --dports {}", many("22,"))),
    ];
    for (vendor, body) in &bodies {
        let dir = folder();
        fs::write(dir.path().join("x.conf"), format!("*filter\nconfig firewall policy\n{body}\nend\n"))
            .unwrap();
        let out = bounded(dir.path(), 2000, &["coverage", "x.conf", "--vendor", vendor]);
        answered(&out, vendor);
    }
}

/// A file of a gigabyte without a block on the disk.
fn sparse(path: &Path, bytes: u64) {
    File::create(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn files_over_the_limit_are_refused_before_they_are_read() {
    let dir = tiny("hostname x\n");
    let big = dir.path().join("big");
    sparse(&big, 64 << 30);
    let site = dir.path().join("site");
    for args in [
        &["coverage", "big"][..],
        &["trace", "--config", "big", "--packets", "big"],
        &["trace", "site", "--packets", "big"],
        &["check", "site", "--baseline", "big"],
        &["diff", "big", "site/configs/box.conf"],
    ] {
        refused(&bounded(dir.path(), 600, args), "is larger than the limit of");
    }
    // In a site, the device counts as unknown, and the file is named.
    sparse(&site.join("configs/box.conf"), 64 << 30);
    let out = bounded(dir.path(), 600, &["check", "site"]);
    assert_eq!(code(&out), 3, "{}", stderr(&out));
    let said = stdout(&out) + &stderr(&out);
    assert!(said.contains("configs/box.conf") && said.contains("larger than the limit"), "{said}");
    sparse(&site.join("topology.toml"), 64 << 30);
    refused(&bounded(dir.path(), 600, &["check", "site"]), "is larger than the limit of");
}

/// Standard input has no size to look at.
#[test]
fn an_endless_standard_input_ends() {
    let dir = tiny("hostname x\n");
    let out = bunri(dir.path())
        .args(["trace", "site", "--packets", "-", "--lang", "en"])
        .stdin(Stdio::from(File::open("/dev/zero").unwrap()))
        .output()
        .unwrap();
    refused(&out, "`-` is larger than the limit of");
}

#[test]
fn nesting_ends_somewhere() {
    let deep = 100_000;
    let texts = [
        ("fortios", "config firewall policy\nedit 1\n".repeat(deep)),
        ("fortios", "config firewall policy\n".repeat(deep) + &"end\n".repeat(deep)),
        ("ios", (0..1500).map(|n| format!("{}policy-map x\n", " ".repeat(n))).collect()),
        ("awplus", (0..1500).map(|n| format!("{}interface vlan{n}\n", " ".repeat(n))).collect()),
        ("fortios", "\"".repeat(deep)),
        ("iptables", "*filter\n".repeat(deep)),
    ];
    for (vendor, text) in texts {
        let dir = folder();
        fs::write(dir.path().join("x.conf"), text).unwrap();
        answered(&bounded(dir.path(), 3000, &["coverage", "x.conf", "--vendor", vendor]), vendor);
    }
    let dir = tiny("hostname x\n");
    for text in [
        "a = ".to_owned() + &"[".repeat(deep),
        "a = ".to_owned() + &"{a=".repeat(deep),
        format!("[{}]", "a.".repeat(deep) + "a"),
        "[".repeat(deep),
    ] {
        fs::write(dir.path().join("site/topology.toml"), text).unwrap();
        let out = bounded(dir.path(), 2000, &["check", "site"]);
        assert_eq!(code(&out), 2, "{}", stderr(&out));
    }
    let dir = tiny("hostname x\n");
    for text in ["[".repeat(deep), "{\"a\":".repeat(deep), "[[\"".repeat(deep)] {
        fs::write(dir.path().join("p.json"), text).unwrap();
        for args in
            [&["trace", "site", "--packets", "p.json"][..], &["check", "site", "--baseline", "p.json"]]
        {
            let out = bounded(dir.path(), 2000, args);
            assert_eq!(code(&out), 2, "{}", stderr(&out));
        }
    }
}

/// Objects that hold each other, chains that call each other, interfaces in each other.
#[test]
fn circles_are_seen() {
    let fortios = "config firewall address\n    edit \"x\"\n        set subnet 10.0.0.1 255.255.255.255\n    next\nend
config firewall addrgrp\n    edit \"a\"\n        set member \"b\"\n    next\n    edit \"b\"\n        set member \"a\" \"x\"\n    next\n    edit \"c\"\n        set member \"c\"\n    next\nend
config firewall service group\n    edit \"s\"\n        set member \"t\"\n    next\n    edit \"t\"\n        set member \"s\"\n    next\nend
config system zone\n    edit \"z\"\n        set interface \"z\"\n    next\nend
config system interface\n    edit \"i\"\n        set vdom \"root\"\n        set type vlan\n        set interface \"j\"\n        set ip 10.71.1.1 255.255.255.0\n    next\n    edit \"j\"\n        set vdom \"root\"\n        set type vlan\n        set interface \"i\"\n        set ip 10.71.2.1 255.255.255.0\n    next\nend
config firewall policy\n    edit 1\n        set srcintf \"z\"\n        set dstintf \"i\"\n        set action accept\n        set srcaddr \"a\"\n        set dstaddr \"c\"\n        set service \"s\"\n        set schedule \"always\"\n    next\nend\n";
    let ios = "hostname x\nobject-group network A\n group-object B\nobject-group network B\n group-object A\nobject-group service S\n group-object S\nip access-list extended L\n permit ip object-group A object-group B\n permit object-group S any any\ninterface GigabitEthernet0/0\n ip address 10.70.1.1 255.255.255.0\n ip access-group L in\nip route 10.1.0.0 255.255.0.0 10.2.0.1\nip route 10.2.0.0 255.255.0.0 10.1.0.1\n";
    let iptables = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:a -\n:b -\n-A FORWARD -j a\n-A a -j b\n-A b -g a\n-A b -j b\nCOMMIT\n";
    for (vendor, text, port) in [
        ("fortios", fortios, Some("j")),
        ("ios", ios, Some("GigabitEthernet0/0")),
        ("iptables", iptables, None),
    ] {
        let dir = folder();
        fs::write(dir.path().join("x.conf"), text).unwrap();
        answered(&bounded(dir.path(), 2000, &["coverage", "x.conf", "--vendor", vendor]), vendor);
        let Some(port) = port else { continue };
        // What turns in circles is not known to be closed.
        let args = ["reach", "--config", "x.conf", "--vendor", vendor, "--in", port, "--format", "json"];
        let out = bounded(dir.path(), 2000, &args);
        assert!(
            stdout(&out).contains("\"verdict\": \"undetermined\""),
            "{vendor}: {}{}",
            stdout(&out),
            stderr(&out)
        );
    }
}

#[test]
fn a_hundred_thousand_objects_are_read() {
    let mut text = String::from("config firewall address\n");
    for n in 0..100_000u32 {
        let [_, b, c, d] = n.to_be_bytes();
        text += &format!("    edit \"h{n}\"\n        set subnet 10.{b}.{c}.{d} 255.255.255.255\n    next\n");
    }
    text += "end\nconfig firewall addrgrp\n    edit \"all-of-them\"\n        set member";
    for n in 0..100_000 {
        text += &format!(" \"h{n}\"");
    }
    text += "\n    next\nend\n";
    let dir = folder();
    fs::write(dir.path().join("x.conf"), text).unwrap();
    let out = bounded(dir.path(), 3000, &["coverage", "x.conf", "--vendor", "fortios", "--format", "json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    let mut text = String::from("*filter\n:INPUT ACCEPT\n:FORWARD DROP\n:OUTPUT ACCEPT\n");
    for n in 0..100_000u32 {
        let [_, b, c, d] = n.to_be_bytes();
        text += &format!("-A FORWARD -s 10.{b}.{c}.{d}/32 -j ACCEPT\n");
    }
    text += "COMMIT\n";
    fs::write(dir.path().join("x.rules"), text).unwrap();
    let out = bounded(dir.path(), 3000, &["coverage", "x.rules", "--format", "json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
}

#[test]
fn bytes_that_are_no_text_are_read() {
    let mut bodies: Vec<Vec<u8>> = vec![
        vec![0; 100_000],
        (0..=255u8).cycle().take(100_000).collect(),
        [0xFF, 0xFE].into_iter().chain((0..50_000u16).flat_map(u16::to_le_bytes)).collect(),
        [0xFE, 0xFF].into_iter().chain((0..50_001u16).flat_map(u16::to_be_bytes)).chain([7]).collect(),
        vec![0xEF, 0xBB, 0xBF],
        b"config firewall policy\0\nedit 1\0\nset action accept\r\0\n".to_vec(),
        "\u{1b}[2J\u{202e}x\u{2028}y\u{feff}z\n".as_bytes().to_vec(),
    ];
    // The second byte of a two-byte character is missing, in the encodings of Japan.
    bodies.push([b"hostname ".as_slice(), &[0x82], b"\ninterface x\n"].concat());
    bodies.push([b"set comment \"".as_slice(), &[0xE3, 0x81], b"\"\n", &[0x83]].concat());
    for vendor in VENDORS {
        for body in &bodies {
            let dir = folder();
            fs::write(dir.path().join("x.conf"), body).unwrap();
            let out =
                bounded(dir.path(), 2000, &["coverage", "x.conf", "--vendor", vendor, "--lines", "99999"]);
            answered(&out, vendor);
            let obeyed = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!stdout(&out).contains(obeyed), "{vendor}: a terminal would obey {:?}", stdout(&out));
        }
    }
    for body in &bodies {
        let dir = tiny("hostname x\n");
        fs::write(dir.path().join("site/topology.toml"), body).unwrap();
        assert_eq!(code(&bounded(dir.path(), 2000, &["check", "site"])), 2);
    }
}

/// A site of one device, `configs/box.conf`.
fn tiny(config: &str) -> TempDir {
    let dir = folder();
    fs::create_dir_all(dir.path().join("site/configs")).unwrap();
    fs::write(dir.path().join("site/topology.toml"), topology()).unwrap();
    fs::write(dir.path().join("site/configs/box.conf"), config).unwrap();
    dir
}

/// Two zones of one segment each.
pub const ZONES: &str = r#"schema_version = 1
name = "小さな団体"
[[zone]]
id = "KIKAN"
name = "マイナンバー利用事務系"
role = "individual-number"
[[zone]]
id = "JOHO"
name = "インターネット接続系"
role = "internet"
[[segment]]
id = "kikan"
zone = "KIKAN"
prefixes = ["10.70.1.0/24"]
complete = true
[[segment]]
id = "joho"
zone = "JOHO"
prefixes = ["10.70.3.0/24"]
complete = true
"#;

/// And one device between them.
fn topology() -> String {
    let device = r#"[[device]]
name = "BOX"
config = "configs/box.conf"
vendor = "ios"
[device.attach]
"GigabitEthernet0/0" = "kikan"
"GigabitEthernet0/1" = "joho"
"#;
    format!("{ZONES}{device}")
}

/// A file outside the site's folder is never read, whichever way it is named.
#[test]
fn paths_do_not_leave_the_folder() {
    let secret = "hostname LEAKED\n";
    for path in [
        "../outside.conf",
        "configs/../../outside.conf",
        "/etc/passwd",
        "C:/outside.conf",
        "..\\\\outside.conf",
        "./../outside.conf",
    ] {
        let dir = tiny("hostname x\n");
        fs::write(dir.path().join("outside.conf"), secret).unwrap();
        let file = dir.path().join("site/topology.toml");
        for line in
            [format!("config = \"{path}\""), format!("config = \"configs/box.conf\"\nmanual = \"{path}\"")]
        {
            fs::write(&file, topology().replace("config = \"configs/box.conf\"", &line)).unwrap();
            let out = run(dir.path(), &["check", "site", "--lang", "en"]);
            assert_eq!(code(&out), 2, "{path}: {}", stdout(&out));
            assert!(!(stdout(&out) + &stderr(&out)).contains("LEAKED"));
        }
        for key in ["registers", "rule_pack"] {
            let value = if key == "registers" { format!("[\"{path}\"]") } else { format!("\"{path}\"") };
            let text = topology().replace("name = \"小さな団体\"", &format!("name = \"x\"\n{key} = {value}"));
            fs::write(&file, text).unwrap();
            let out = run(dir.path(), &["check", "site", "--lang", "en"]);
            assert_eq!(code(&out), 2, "{key} {path}: {}", stdout(&out));
        }
    }
}

#[cfg(unix)]
#[test]
fn links_and_odd_files_of_a_site_are_not_followed() {
    use std::os::unix::fs::symlink;
    let said = |dir: &TempDir, what: &str| {
        let out = bounded(dir.path(), 1000, &["check", "site"]);
        let text = stdout(&out) + &stderr(&out);
        assert_ne!(code(&out), 0, "{text}");
        assert!(text.contains(what) && !text.contains("LEAKED"), "wanted `{what}`: {text}");
    };
    // The configuration is a link, or lies in a linked folder.
    let dir = tiny("hostname x\n");
    fs::write(dir.path().join("outside.conf"), "hostname LEAKED\n").unwrap();
    let config = dir.path().join("site/configs/box.conf");
    fs::remove_file(&config).unwrap();
    symlink("../../outside.conf", &config).unwrap();
    said(&dir, "symbolic link");
    fs::remove_dir_all(dir.path().join("site/configs")).unwrap();
    fs::create_dir(dir.path().join("elsewhere")).unwrap();
    fs::write(dir.path().join("elsewhere/box.conf"), "hostname LEAKED\n").unwrap();
    symlink("../elsewhere", dir.path().join("site/configs")).unwrap();
    said(&dir, "symbolic link");
    // The configuration is no file: nothing waits for a writer, nothing reads for ever.
    for make in ["mkfifo", "mkdir"] {
        let dir = tiny("hostname x\n");
        let config = dir.path().join("site/configs/box.conf");
        fs::remove_file(&config).unwrap();
        assert!(std::process::Command::new(make).arg(&config).status().unwrap().success());
        said(&dir, "box.conf");
        let topology = dir.path().join("site/topology.toml");
        fs::remove_file(&topology).unwrap();
        assert!(std::process::Command::new(make).arg(&topology).status().unwrap().success());
        assert_eq!(code(&run(dir.path(), &["check", "site"])), 2);
        // As a file that is only listed.
        let dir = tiny("hostname x\n");
        assert!(
            std::process::Command::new(make)
                .arg(dir.path().join("site/configs/extra"))
                .status()
                .unwrap()
                .success()
        );
        answered(&bounded(dir.path(), 1000, &["mask", "site", "-o", "copy"]), make);
        answered(&bounded(dir.path(), 1000, &["coverage", "site"]), make);
    }
    let dir = tiny("hostname x\n");
    // A loop of folders.
    symlink("..", dir.path().join("site/configs/loop")).unwrap();
    answered(&bounded(dir.path(), 1000, &["check", "site"]), "a folder in itself");
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = tiny("hostname x\n");
    for args in [
        &["coverage", "/proc/self/mem"][..],
        &["trace", "site", "--packets", "/proc/self/mem"],
        &["check", "site", "--baseline", "/proc/self/mem"],
        &["diff", "/proc/self/mem", "site/configs/box.conf"],
    ] {
        refused(&bounded(dir.path(), 1000, args), "/proc/self/mem");
    }
    for args in [
        &["coverage", "/dev/zero"][..],
        &["trace", "site", "--packets", "/dev/zero"],
        &["check", "site", "--baseline", "/dev/urandom"],
        &["diff", "/dev/zero", "/dev/zero"],
        &["check", "/dev/zero"],
        &["mask", "/dev/zero", "-o", "copy"],
    ] {
        let out = bounded(dir.path(), 1000, args);
        assert_eq!(code(&out), 2, "{args:?}: {}", stderr(&out));
    }
}

/// Runs with a limit on written files that the answer exceeds: what a full disk does.
fn on_a_full_disk(dir: &Path, args: &[&str]) -> Output {
    let line = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_bunri")]).args(args).args(["--lang", "en"]);
    command.current_dir(dir).stdin(Stdio::null()).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut out: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    out.sort();
    out
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let dir = tiny("hostname x\n");
    let path = dir.path();
    fs::write(path.join("old.json"), "old").unwrap();
    let before = names(path);
    for args in [
        &["check", "site", "--format", "json", "-o", "old.json"][..],
        &["check", "site", "--format", "json", "-o", "new.json"],
        &["check", "site", "--draft-register", "new.toml"],
        &["graph", "site", "-o", "new.svg"],
        &["mask", "site", "-o", "copy"],
    ] {
        let out = on_a_full_disk(path, args);
        assert_eq!(code(&out), 2, "{args:?}: {}", stderr(&out));
        assert!(stderr(&out).contains("could not be written"), "{args:?}: {}", stderr(&out));
        assert_eq!(names(path), before, "{args:?}");
    }
    assert_eq!(fs::read_to_string(path.join("old.json")).unwrap(), "old");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let dir = tiny("hostname x\n");
    for args in [
        &["check", "site"][..],
        &["graph", "site"],
        &["schema", "check"],
        &["coverage", "site", "--format", "json"],
    ] {
        let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let out = bunri(dir.path()).args(args).args(["--lang", "en"]).stdout(full()).output().unwrap();
        assert_eq!(code(&out), 2, "{args:?}");
        assert!(stderr(&out).contains("No space left"), "{args:?}: {}", stderr(&out));
        // Nor is it a crash when nobody can be told.
        let out = bunri(dir.path()).args(args).stdout(full()).stderr(full()).output().unwrap();
        assert_eq!(code(&out), 2, "{args:?}");
    }
}

#[test]
fn a_reader_who_leaves_at_once_is_no_error() {
    let dir = tiny(&"hostname x\nnonsense\n".repeat(30_000));
    for args in [
        &["coverage", "site/configs/box.conf", "--lines", "60000"][..],
        &["check", "site", "--format", "json"],
        &["graph", "site"],
    ] {
        let run = |gone: bool| {
            let mut child =
                bunri(dir.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            if gone {
                drop(child.stdout.take());
            }
            code(&child.wait_with_output().unwrap())
        };
        assert_eq!(run(true), run(false), "{args:?}");
    }
}

/// Entities that grow when they are replaced, and files named by a document type.
#[test]
fn entities_are_not_replaced() {
    let laughs: String = (1..12)
        .map(|n| {
            let inner = format!("&e{};", n - 1).repeat(10);
            format!("<!ENTITY e{n} \"{inner}\">")
        })
        .collect();
    let sheet = |doctype: &str, text: &str| {
        format!(
            "<?xml version=\"1.0\"?><!DOCTYPE w [{doctype}]><worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData></worksheet>"
        )
    };
    for (doctype, text) in [
        (format!("<!ENTITY e0 \"LEAKED\">{laughs}"), "&e11;"),
        ("<!ENTITY e0 SYSTEM \"file:///etc/passwd\">".to_owned(), "&e0;"),
    ] {
        let bytes = zip(&parts(&sheet(&doctype, text), "<styleSheet/>", "<sst/>"));
        if let Ok(mut book) = bunri::source::sheet::Workbook::open(&bytes)
            && let Ok(Some(grid)) = book.sheet("S")
        {
            let cell = grid.cell(1, 1).map(|c| c.text.clone()).unwrap_or_default();
            assert!(cell.len() < 100 && !cell.contains("root:") && !cell.contains("LEAKED"), "{cell:.200}");
        }
    }
}

/// Names that a terminal, a browser or a drawing program would obey.
#[test]
fn names_are_never_obeyed() {
    let evil = "x<script>alert(1)</script>\\\"&quot;\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}gnp\u{2028}y|z`w`;end %%{init}%%";
    let toml: String = evil
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    let dir = tiny(&format!(
        "hostname {evil}\ninterface GigabitEthernet0/0\n description {evil}\n ip address 10.70.1.1 255.255.255.0\ninterface GigabitEthernet0/1\n ip address 10.70.3.1 255.255.255.0\ninterface Vlan{evil}\n{evil}\n"
    ));
    let mut topology = topology().replace("小さな団体", &toml).replace("マイナンバー利用事務系", &toml);
    topology = topology.replace("id = \"kikan\"", &format!("id = \"kikan\"\nname = \"{toml}\""));
    topology += &format!(
        "[[host]]\nid = \"H\"\nname = \"{toml}\"\ninterfaces = [{{ segment = \"kikan\", addresses = [\"10.70.1.11\"] }}]\nclass = \"server\"\n"
    );
    fs::write(dir.path().join("site/topology.toml"), &topology).unwrap();
    let obeyed =
        |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2028}';
    let probe = run(dir.path(), &["check", "site", "--lang", "en"]);
    let named = stdout(&probe).contains("script") || stderr(&probe).contains("script");
    assert!(named, "the names do not come out at all: {} {}", stdout(&probe), stderr(&probe));
    for lang in ["ja", "en"] {
        for args in [
            &["check", "site"][..],
            &["check", "site", "--format", "json"],
            &["doctor", "site"],
            &["matrix", "site"],
            &["matrix", "site", "--format", "json"],
            &["coverage", "site"],
            &["coverage", "site/configs/box.conf", "--format", "json"],
            &["explain", "site", "--from", "zone:JOHO", "--to", "zone:KIKAN"],
            &["graph", "site", "--format", "svg"],
            &["graph", "site", "--format", "dot"],
            &["graph", "site", "--format", "mermaid"],
        ] {
            let out = run(dir.path(), &[args, &["--lang", lang, "--no-progress"]].concat());
            for text in [stdout(&out), stderr(&out)] {
                let bad = text.chars().find(|c| obeyed(*c));
                assert_eq!(bad, None, "{args:?} prints {bad:?}: {text}");
            }
            if args.contains(&"svg") {
                well_formed(&stdout(&out));
            }
            if args.contains(&"mermaid") || args.contains(&"svg") {
                assert!(!stdout(&out).contains("<script"), "{args:?}: {}", stdout(&out));
            }
            if args.contains(&"dot") {
                closed_strings(&stdout(&out));
            }
        }
    }
}

/// XML that a parser accepts, without elements that could run something.
fn well_formed(svg: &str) {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut depth = 0i32;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(e) => {
                depth += 1;
                let name: String = e.name().as_ref().to_owned();
                assert!(
                    [
                        "svg", "g", "text", "title", "rect", "line", "path", "style", "defs", "marker",
                        "polygon", "tspan", "polyline", "circle"
                    ]
                    .contains(&name.as_str()),
                    "<{name}>"
                );
                for attribute in e.attributes() {
                    let key: String = attribute.unwrap().key.as_ref().to_owned();
                    assert!(!key.starts_with("on") && !key.contains("href"), "{key}");
                }
            }
            quick_xml::events::Event::End(_) => depth -= 1,
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
}

/// Every string of a DOT graph ends on its line.
fn closed_strings(dot: &str) {
    for line in dot.lines() {
        let mut inside = false;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' if inside => {
                    chars.next();
                }
                '"' => inside = !inside,
                _ => {}
            }
        }
        assert!(!inside, "{line}");
    }
}

/// Output that goes through a pipe whose end is slow is whole.
#[test]
fn a_slow_reader_gets_everything() {
    let dir = tiny(&"nonsense\n".repeat(20_000));
    let mut child = bunri(dir.path())
        .args(["coverage", "site/configs/box.conf", "--lines", "60000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let mut pipe = child.stdout.take().unwrap();
    std::io::Read::read_to_string(&mut pipe, &mut text).unwrap();
    child.wait().unwrap();
    assert_eq!(text.lines().filter(|l| l.contains("nonsense")).count(), 20_000);
}
