//! What a report must show of the papers behind it: articles in both languages, boundaries, statements without a number.

use std::fs;
use std::path::Path;

use crate::{sites, towns};

/// A copy of a site with one text replaced.
fn edited(site: &str, old: &str, new: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in sites::files(&sites::folder().join(site)) {
        let to = copy.path().join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    let path = copy.path().join("topology.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{old}");
    fs::write(path, text.replace(old, new)).unwrap();
    copy
}

fn text(site: &Path, lang: &str) -> String {
    String::from_utf8(sites::check(site, &["--lang", lang]).stdout).unwrap()
}

/// An undeclared printer in two zones: X-7 and M-2 are findings, and each shows the articles it answers to.
fn with_printer(pack: &str) -> tempfile::TempDir {
    let printer = "[[host]]\nid = \"MFP\"\ninterfaces = [\n  { segment = \"core_pc\", addresses = [\"10.80.20.201\"] },\n  { \
                   segment = \"naibu_pc\", addresses = [\"10.82.20.201\"] },\n]\n\n[[host]]\nid = \"SV-MAILGW\"\n";
    let copy = edited("kumoi", "[[host]]\nid = \"SV-MAILGW\"\n", printer);
    let path = copy.path().join("topology.toml");
    let topology = fs::read_to_string(&path).unwrap();
    fs::write(path, topology.replace("kitaakita-2026", pack)).unwrap();
    copy
}

#[test]
fn a_finding_shows_its_article_in_both_languages() {
    for (pack, lang, words) in [
        ("kitaakita-2026", "ja", "条項 6(3)①: マイナンバー利用事務系においては、原則として"),
        ("kitaakita-2026", "en", "Clause 6(3)①: in the individual-number zone, in principle"),
        ("guideline-r7.3", "ja", "条項: マイナンバー利用事務系と他の領域との通信を特定通信に限定する"),
        ("guideline-r7.3", "en", "Clause: communication of the individual-number zone is limited"),
    ] {
        let site = with_printer(pack);
        let report = text(site.path(), lang);
        assert!(report.contains(words), "{pack} {lang}: no {words}");
        // The municipality's own articles, of a rule of the pack and of its own zone-pair matrix.
        for own in ["雲居町実施手順 第9条第2項", "雲居町実施手順 第14条", "雲居町実施手順 第10条第1号"]
        {
            assert!(report.contains(own), "{pack} {lang}: no {own}");
        }
    }
}

#[test]
fn what_is_stated_without_a_number_is_printed_where_a_verdict_rests_on_it() {
    let site = sites::folder().join("kumoi");
    let answer = sites::json(&sites::check(&site, &["--format", "json"]));
    let ids = |list: &serde_json::Value| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|a| a["id"].as_str().unwrap_or_else(|| a.as_str().unwrap_or_default()).to_owned()).collect()
    };
    let crossing = sites::list(&answer, "assertions").iter().find(|a| a["id"] == "M-1").unwrap();
    let used: Vec<String> =
        sites::list(crossing, "assumptions").iter().map(|a| a.as_str().unwrap().to_owned()).collect();
    for id in ["SEGMENTS-COMPLETE", "UNUSED-INTERFACES", "EXCLUDED-DEVICES", "DEMARCATION"] {
        assert!(used.iter().any(|u| u == id), "M-1 does not name {id}: {used:?}");
        assert!(ids(&answer["assumptions"]).iter().any(|u| u == id), "{id} is not explained");
    }
    for (lang, words) in [
        (
            "ja",
            [
                "lgwan_wan の相手側ポート",
                "管理主体 J-LIS",
                "FW-KUMOI01 fortilink",
                "予備機(未使用、電算室保管)",
            ],
        ),
        (
            "en",
            [
                "lgwan_wan の相手側ポート",
                "run by J-LIS",
                "FW-KUMOI01 fortilink",
                "予備機(未使用、電算室保管)",
            ],
        ),
    ] {
        let report = text(&site, lang);
        for word in words {
            assert!(report.contains(word), "{lang}: no {word}");
        }
    }
}

/// Without the statement the word for it is gone. M-1 holds all the same: no policy names `fortilink`.
#[test]
fn what_is_no_longer_stated_is_no_longer_assumed() {
    let bare = edited("kumoi", "unused = [\"fortilink\"]\n", "");
    let answer = sites::json(&sites::check(bare.path(), &["--format", "json"]));
    assert!(answer["assumptions"].to_string().contains("SEGMENTS-COMPLETE"));
    assert!(!answer["assumptions"].to_string().contains("UNUSED-INTERFACES"));
}

/// A town with a rule pack of its own: its clauses, its articles, and the rest from the guideline, without numbers.
#[test]
fn a_municipality_brings_its_own_rule_pack() {
    let site = sites::folder().join("hoshimi");
    let answer = sites::json(&sites::check(&site, &["--format", "json", "--lang", "ja"]));
    let of = |id: &str| sites::list(&answer, "assertions").iter().find(|a| a["id"] == id).unwrap().clone();
    assert_eq!(
        (&of("M-1")["clause"], &of("M-1")["local_ref"]),
        (&"第9条第1項".into(), &"対策基準 3.2(1)".into())
    );
    assert_eq!(of("X-11")["local_ref"], "特定通信台帳取扱要領 第7条");
    assert_eq!(of("M-3")["clause"], "");
    assert!(of("M-3")["clause_text"].is_string());
    assert!(text(&site, "ja").contains("規則集: hoshimi-r8 星見町情報セキュリティポリシー(令和8年1月改定)"));
}

/// What is wrong with a pack is told with its place, and there is no verdict.
#[test]
fn mistakes_in_a_rule_pack_are_told_with_their_place() {
    let policy = "\n[policy]\npack = \"policy/kisoku.toml\"\n";
    let head = "schema_version = 1\nid = \"w\"\ntitle = \"若葉町ポリシー\"\n";
    for (pack, place) in [
        (None, "topology.toml:"),
        (Some(format!("{head}extends = \"kitaakita-2025\"\n")), "policy/kisoku.toml:4:11"),
        (
            Some(format!("{head}[[rule]]\nrule_id = \"M-1\"\n[[rule]]\nrule_id = \"M-1\"\n")),
            "policy/kisoku.toml:7:11",
        ),
        (Some(format!("{head}[[rule]]\nrule_id = \"M-11\"\n")), "policy/kisoku.toml:5:11"),
        (Some(format!("{head}[[rule]]\nrule = \"M-1\"\n")), "policy/kisoku.toml:5:1"),
        (Some(head.replace('1', "2")), "policy/kisoku.toml:1:18"),
    ] {
        let copy = towns::copied(&sites::folder().join("wakaba"));
        let path = copy.path().join("topology.toml");
        let topology = fs::read_to_string(&path).unwrap();
        fs::write(path, topology + policy).unwrap();
        if let Some(pack) = &pack {
            fs::write(copy.path().join("policy/kisoku.toml"), pack).unwrap();
        }
        let output = sites::check(copy.path(), &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{pack:?}: {said}");
        assert!(said.contains(place), "{pack:?}: {said}");
    }
}
