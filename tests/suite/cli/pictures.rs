//! `matrix`, `graph` and `doctor` through the program.

use std::fs;
use std::path::{Path, PathBuf};

use bunri::report::schema::{Form, schema};
use serde_json::Value;

use super::{code, folder, run, stderr, stdout};

pub(super) fn shipped(site: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(site)
}

/// A shipped site in a folder of its own, with one text of its topology replaced.
fn edited(site: &str, from: &str, to: &str) -> tempfile::TempDir {
    let dir = folder();
    copy(&shipped(site), dir.path());
    let path = dir.path().join("topology.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    fs::write(&path, text.replace(from, to)).unwrap();
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn json(site: &Path, command: &str) -> (i32, Value) {
    let out = run(site, &[command, ".", "--format", "json", "--lang", "en"]);
    let value: Value =
        serde_json::from_str(&stdout(&out)).unwrap_or_else(|e| panic!("{e}: {}", stderr(&out)));
    (code(&out), value)
}

fn draw(site: &Path, form: &str, lang: &str) -> String {
    let out = run(site, &["graph", ".", "--format", form, "--lang", lang]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    stdout(&out)
}

#[test]
fn the_matrix_says_what_the_devices_permit() {
    let (status, matrix) = json(&shipped("wakaba"), "matrix");
    let form = jsonschema::validator_for(&schema(Form::Matrix)).unwrap();
    assert!(
        form.is_valid(&matrix),
        "{:?}",
        form.iter_errors(&matrix).map(|e| e.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(status, 0);
    let passage = |from: &str, to: &str| {
        let cells = matrix["cells"].as_array().unwrap();
        let cell = cells.iter().find(|c| c["from"] == from && c["to"] == to).unwrap();
        cell["passage"].as_str().unwrap().to_owned()
    };
    assert_eq!(matrix["cells"].as_array().unwrap().len(), 12);
    assert_eq!(passage("KIKAN", "JOHO"), "blocked");
    assert_eq!(passage("JOHO", "KIKAN"), "blocked");
    assert_eq!(passage("NAIBU", "KIKAN"), "blocked");
    assert_eq!(passage("KIKAN", "NAIBU"), "permitted");
    assert_eq!(passage("NAIBU", "JOHO"), "permitted");
    let text = stdout(&run(&shipped("wakaba"), &["matrix", ".", "--lang", "ja"]));
    assert!(text.contains("SV-ZEI01 → SV-ELTAX01  TCP/22"), "{text}");
    assert!(text.contains("configs/FW-WAKABA01_20260310.conf:"), "{text}");
}

#[test]
fn an_undetermined_pair_names_its_lines() {
    let (status, matrix) = json(&shipped("wakaba-fqdn"), "matrix");
    assert_eq!(status, 3);
    let open: Vec<&Value> =
        matrix["cells"].as_array().unwrap().iter().filter(|c| c["passage"] == "undetermined").collect();
    assert!(!open.is_empty());
    for cell in open {
        let named = !cell["culprits"].as_array().unwrap().is_empty() || !cell["reason"].is_null();
        assert!(named, "{cell}");
    }
}

#[test]
fn pictures_show_what_crosses_and_nothing_else() {
    let healthy = draw(&shipped("wakaba"), "svg", "ja");
    assert!(healthy.contains("越境する通信は確認されなかった"));
    assert!(!healthy.contains("#d00000"), "nothing crosses");
    for name in ["FW-WAKABA01", "SV-MUGAI01", "マイナンバー利用事", "取扱注意", "10.60.10.0/24"]
    {
        assert!(healthy.contains(name), "{name}");
    }
    // RT-LGWAN and RT-SC are declared, and the two externals: dashed outlines.
    assert_eq!(healthy.matches("stroke-dasharray=\"5 4\"").count(), 4 + 2, "and two of the legend");
    let broken = draw(&shipped("wakaba-any-rule"), "svg", "en");
    assert!(broken.contains("stroke=\"#d00000\""));
    assert!(broken.contains("M-1 confirmed: from 窓口端末 to"));
    assert!(!broken.contains("No crossing traffic was found"));
    assert!(draw(&shipped("wakaba-any-rule"), "dot", "en").contains("color=red"));
    assert!(!draw(&shipped("wakaba"), "dot", "en").contains("color=red"));
    assert!(draw(&shipped("wakaba-any-rule"), "mermaid", "en").contains("stroke:#d00000"));
    assert!(!draw(&shipped("wakaba"), "mermaid", "en").contains("stroke:#d00000"));
}

/// Where trails of a picture start, turn and end: the heights of their horizontal parts.
fn heights(svg: &str, colour: &str) -> Vec<Vec<usize>> {
    let trails = svg.lines().filter(|l| l.contains("stroke-linejoin") && l.contains(colour));
    let path = |line: &str| {
        let path = line.split_once("d=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        let start = path.split(' ').nth(1).unwrap().parse().unwrap();
        let turns = path.split(' ').filter_map(|p| p.strip_prefix('V')).map(|y| y.parse().unwrap());
        std::iter::once(start).chain(turns).collect()
    };
    trails.map(path).collect()
}

/// Middles of the rows of a picture, by id.
fn row(svg: &str, id: &str) -> usize {
    let before = svg.split_once(&format!("<title>{id} ")).unwrap().0;
    let y = before.rsplit_once(" y=\"").unwrap().1.split_once('"').unwrap().0;
    y.parse::<usize>().unwrap() + 21
}

/// A chain of sessions is one way, whoever opens each: from the server through the mail relay out to the internet side.
#[test]
fn a_chain_of_machines_is_one_way_in_the_picture() {
    let svg = draw(&shipped("hoshimi-old-relay"), "svg", "ja");
    let said = "M-1 判定できない経路: SV-KIKAN01 から セキュリティクラウド接続ルータ間 へ";
    assert!(svg.contains(said), "the legend names both ends");
    let chains = heights(&svg, "#d17a00");
    let [chain] = &chains[..] else { panic!("one chain: {chains:?}") };
    let near = |y: usize, id: &str| y.abs_diff(row(&svg, id)) <= 20;
    assert!(near(chain[0], "kikan_sv"), "{chain:?}");
    assert!(near(*chain.last().unwrap(), "wan_sc"), "{chain:?}");
    assert!(chain.iter().any(|y| near(*y, "lgw_sv")), "{chain:?}");
}

/// Labels stand above the ways, and names that do not fit end in their boxes.
#[test]
fn pictures_can_be_read_where_ways_cross() {
    let svg = draw(&shipped("hoshimi-old-relay"), "svg", "ja");
    let lines: Vec<&str> = svg.lines().collect();
    let last = lines.iter().rposition(|l| l.contains("stroke-linejoin")).unwrap();
    let labels =
        |l: &&str| l.contains("paint-order") && (l.contains(">seg_lgwan<") || l.contains(">vl_inet1<"));
    assert!(lines.iter().filter(|l| labels(l)).count() >= 4);
    assert!(!lines[..last].iter().any(labels), "a way strikes a label through");
    assert!(svg.contains(">FW-SANSO01/VD-SANSO:vl_inet0</text>"), "one interface of the link a line");
    assert!(svg.contains(">= FW-SANSO01/VD-INET:vl_inet1</text>"));
    for words in ["庁外の網", "複数のNICを持つサーバ・端末", "● 開始側", "(接続なし)"]
    {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn an_interface_that_is_bound_to_nothing_is_in_the_picture() {
    let site = edited("wakaba", "v90_kanri = \"kanri\"\n", "");
    let picture = draw(site.path(), "svg", "ja");
    assert!(picture.contains("? v90_kanri: 構成情報に記載なし"), "{picture}");
    assert!(draw(site.path(), "dot", "ja").contains("構成情報に記載なし"));
    assert!(draw(site.path(), "mermaid", "ja").contains("構成情報に記載なし"));
}

#[test]
fn the_same_site_gives_the_same_picture() {
    for form in ["svg", "dot", "mermaid"] {
        let twice =
            [draw(&shipped("wakaba-printer"), form, "ja"), draw(&shipped("wakaba-printer"), form, "ja")];
        assert_eq!(twice[0], twice[1]);
    }
}

/// Names from a file are text, whatever they look like.
#[test]
fn nothing_from_a_file_is_markup() {
    let nasty = "]]--><script>alert(1)</script>\\\"&amp; ' |`#;";
    let site = edited("wakaba", "name = \"窓口端末\"", &format!("name = '''{nasty}'''"));
    let svg = draw(site.path(), "svg", "ja");
    assert!(!svg.contains("<script"), "{svg}");
    assert!(svg.contains("&lt;script&gt;"));
    let dot = draw(site.path(), "dot", "ja");
    let line = dot.lines().find(|l| l.contains("script")).unwrap();
    // Every quote inside is escaped: two are left, around the label.
    let bare = line.replace("\\\\", "").replace("\\\"", "");
    assert_eq!(bare.matches('"').count(), 2, "{line}");
    let mermaid = draw(site.path(), "mermaid", "ja");
    let line = mermaid.lines().find(|l| l.contains("script")).unwrap();
    assert_eq!(line.matches('"').count(), 2, "{line}");
    assert!(!line.contains("<script"), "{line}");
}

#[test]
fn pictures_are_for_graph_only() {
    for (args, en) in [
        (["check", ".", "--format", "svg"], "are for `bunri graph`"),
        (["graph", ".", "--format", "json"], "draws a picture"),
    ] {
        let out = run(&shipped("wakaba"), &args);
        assert_eq!(code(&out), 2);
        assert!(stderr(&out).contains(en), "{}", stderr(&out));
        assert_eq!(stdout(&out), "");
    }
}

/// The advice is worth following: the fact that settles a verdict does settle it.
#[test]
fn the_fact_that_is_asked_for_settles_the_verdict() {
    let (status, advice) = json(&shipped("pin-03-nas-unknown"), "doctor");
    assert_eq!(status, 0);
    let form = jsonschema::validator_for(&schema(Form::Doctor)).unwrap();
    assert!(form.is_valid(&advice));
    let facts = advice["facts"].as_array().unwrap();
    let first = facts.iter().find(|f| f["what"].as_str().unwrap().contains("SV-NAS")).unwrap();
    let settles = first["settles"].as_array().unwrap();
    assert!(settles.iter().any(|s| s["id"] == "M-1" && s["level"] == "host"), "{first}");
    let place = first["place"].as_str().unwrap();
    let line: usize = place.strip_prefix("topology.toml:").unwrap().parse().unwrap();
    let text = fs::read_to_string(shipped("pin-03-nas-unknown").join("topology.toml")).unwrap();
    let named = text.lines().nth(line - 1).unwrap().to_owned();
    let site =
        edited("pin-03-nas-unknown", &named, &format!("{named}\nrelay = \"no\"\ndeclarations = [\"申-99\"]"));
    let path = site.path().join("topology.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("\n[[declaration]]\nid = \"申-99\"\ntext = \"中継しない\"\ndocument = \"設計書\"\n");
    text.push_str("by = \"総務課\"\ndate = \"R8.3.1\"\n");
    fs::write(&path, text).unwrap();
    let (_, check) = json(site.path(), "check");
    let host = check["assertions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["id"] == "M-1" && a["level"] == "host")
        .unwrap();
    assert_eq!(host["verdict"], "holds", "{host}");
}

#[test]
fn the_doctor_names_at_most_five_facts_and_counts_the_rest() {
    let out = run(&shipped("wakaba-fqdn"), &["doctor", ".", "--lang", "ja"]);
    let text = stdout(&out);
    // The rule that nobody can read settles most.
    assert!(text.contains("該当箇所: configs/FW-WAKABA01_20260310.conf:710"), "{text}");
    assert!(text.contains("5. ") && !text.contains("6. "), "{text}");
    assert!(text.contains("件ある。上記を確認した後に再度実行する"), "{text}");
    let out = run(&shipped("wakaba"), &["doctor", ".", "--lang", "en"]);
    assert!(stdout(&out).contains("There is nothing to find out"), "{}", stdout(&out));
    let out = run(&shipped("wakaba-any-rule"), &["doctor", ".", "--lang", "en"]);
    assert!(stdout(&out).contains("Violations are not settled by facts"), "{}", stdout(&out));
}
