//! Devices and sites through the program.

use std::fs;
use std::path::Path;

use bunri::report::schema::{Form, schema};
use serde_json::Value;
use tempfile::TempDir;

use super::{bunri, code, run, stderr, stdout};

const TOPOLOGY: &str = r#"schema_version = 1
name = "架空町"
[[zone]]
id = "kikan"
name = "マイナンバー利用事務系"
role = "individual-number"
[[zone]]
id = "lgwan"
name = "LGWAN接続系"
role = "lgwan"
[[zone]]
id = "inet"
name = "インターネット接続系"
role = "internet"
[[segment]]
id = "kikan-seg"
zone = "kikan"
prefixes = ["10.1.0.0/24"]
complete = true
terminals = "no"
[[segment]]
id = "lgwan-seg"
zone = "lgwan"
prefixes = ["10.2.0.0/24"]
complete = true
terminals = "no"
[[segment]]
id = "inet-seg"
zone = "inet"
prefixes = ["10.3.0.0/24"]
complete = true
terminals = "no"
[[host]]
id = "SV-01"
relay = "no"
interfaces = [{ segment = "kikan-seg", addresses = ["10.1.0.10"] }]
[[device]]
name = "FW-01"
config = "configs/fw.conf"
[device.attach]
port1 = "kikan-seg"
port2 = "lgwan-seg"
port3 = "inet-seg"
"#;

/// A firewall with three ports; `policies` are its policies.
fn firewall(policies: &str) -> String {
    let port = |n: u8| {
        format!(
            "    edit \"port{n}\"\n        set vdom \"root\"\n        set ip 10.{n}.0.254 255.255.255.0\n        set type physical\n    next\n"
        )
    };
    let ports: String = (1..=3).map(port).collect();
    format!(
        "#config-version=FG100F-7.02-FW-build1517-230606:opmode=0:vdom=0:user=admin
config system global
    set hostname \"FW-01\"
end
config system admin
    edit \"admin\"
        set password ENC SH2s3cr3tHASH==
    next
end
config system interface
{ports}end
config firewall address
    edit \"基幹SV\"
        set subnet 10.1.0.10 255.255.255.255
    next
    edit \"外部名\"
        set type fqdn
        set fqdn \"example.jp\"
    next
end
config firewall service custom
    edit \"SMB445\"
        set tcp-portrange 445
    next
end
config firewall policy
{policies}end
config router static
end
"
    )
}

fn policy(id: u32, from: u8, to: u8, destination: &str) -> String {
    format!(
        "    edit {id}
        set srcintf \"port{from}\"
        set dstintf \"port{to}\"
        set action accept
        set srcaddr \"all\"
        set dstaddr \"{destination}\"
        set schedule \"always\"
        set service \"SMB445\"
    next
"
    )
}

fn town(policies: &str) -> TempDir {
    let dir = super::folder();
    fs::create_dir_all(dir.path().join("site/configs")).unwrap();
    fs::write(dir.path().join("site/topology.toml"), TOPOLOGY).unwrap();
    fs::write(dir.path().join("site/configs/fw.conf"), firewall(policies)).unwrap();
    dir
}

pub(super) fn json(folder: &Path, args: &[&str], form: Form) -> (i32, Value) {
    let out = bunri(folder).args(args).args(["--format", "json", "--lang", "ja"]).output().unwrap();
    let text = stdout(&out);
    let answer: Value =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}\n{}", stderr(&out)));
    let validator = jsonschema::validator_for(&schema(form)).unwrap();
    let errors: Vec<String> = validator.iter_errors(&answer).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    (code(&out), answer)
}

fn packets(folder: &Path, list: &Value) {
    fs::write(folder.join("p.json"), list.to_string()).unwrap();
}

fn smb(id: &str, at: &str, src: &str, dst: &str) -> Value {
    serde_json::json!({"id": id, "in": at, "src": src, "dst": dst, "proto": "tcp", "dport": 445})
}

#[test]
fn packets_are_followed_through_one_device() {
    let dir = town(&(policy(90, 2, 1, "基幹SV") + &policy(91, 1, 2, "外部名")));
    let device = ["trace", "--config", "site/configs/fw.conf", "--packets", "p.json"];
    let permitted = smb("a", "port2", "10.2.0.5", "10.1.0.10");
    let mut refused = smb("b", "port2", "10.2.0.5", "10.1.0.11");
    refused["out"] = "port1".into();
    packets(dir.path(), &serde_json::json!([permitted, refused]));
    let (exit, answer) = json(dir.path(), &device, Form::Trace);
    let (a, b) = (&answer["verdicts"][0], &answer["verdicts"][1]);
    assert_eq!((exit, &a["verdict"], &b["verdict"]), (0, &"accept".into(), &"drop".into()), "{answer}");
    assert_eq!((&a["out"], &a["header"]["dst"]), (&"port1".into(), &"10.1.0.10".into()));
    let rules = a["rules"].as_array().unwrap();
    assert!(rules.iter().any(|r| r["text"] == "edit 90" && r["file"] == "site/configs/fw.conf"), "{rules:?}");

    // What depends on a name that only the device knows is undetermined, and says where.
    packets(dir.path(), &serde_json::json!([smb("c", "port1", "10.1.0.10", "10.2.0.5")]));
    let (exit, answer) = json(dir.path(), &device, Form::Trace);
    let c = &answer["verdicts"][0];
    assert_eq!((exit, &c["verdict"]), (3, &"undetermined".into()));
    assert_eq!(c["outcomes"], serde_json::json!(["accept", "drop"]));
    assert!(c["culprits"].as_array().unwrap().iter().any(|l| l["text"].as_str().unwrap().contains("fqdn")));

    // So is what the model has no words for, and a contradiction.
    let mut fragment = smb("d", "port2", "10.2.0.5", "10.1.0.10");
    fragment["frag"] = true.into();
    fragment.as_object_mut().unwrap().remove("dport");
    let mut contradiction = smb("e", "port2", "10.2.0.5", "10.1.0.10");
    contradiction["out"] = "port3".into();
    packets(dir.path(), &serde_json::json!([fragment, contradiction]));
    let (exit, answer) = json(dir.path(), &device, Form::Trace);
    assert_eq!(exit, 3);
    assert!(answer["verdicts"][0]["reason"].as_str().unwrap().contains("断片"));
    assert!(answer["verdicts"][1]["reason"].as_str().unwrap().contains("port1"), "{answer}");
}

#[test]
fn packets_from_nowhere_are_an_error_with_a_suggestion() {
    let dir = town("");
    for (at, want) in [("prot2", "「port2」の誤りではないか"), ("dmz", "存在するもの(一部): port1")]
    {
        packets(dir.path(), &serde_json::json!([smb("x", at, "10.2.0.5", "10.1.0.10")]));
        let out = run(
            dir.path(),
            &["trace", "--config", "site/configs/fw.conf", "--packets", "p.json", "--lang", "ja"],
        );
        assert_eq!((code(&out), stdout(&out).as_str()), (2, ""));
        assert!(stderr(&out).contains(want), "{}", stderr(&out));
    }
    for at in ["host:SV-99", "segment:x", "FW-01:port9", "port2"] {
        packets(dir.path(), &serde_json::json!([smb("x", at, "10.2.0.5", "10.1.0.10")]));
        let out = run(dir.path(), &["trace", "site", "--packets", "p.json", "--lang", "en"]);
        assert_eq!(code(&out), 2);
        assert!(stderr(&out).contains(&format!("nothing is called `{at}`")), "{}", stderr(&out));
    }
}

#[test]
fn packets_are_followed_through_a_site() {
    let dir = town(&policy(90, 2, 1, "基幹SV"));
    let list = serde_json::json!([
        smb("in", "segment:lgwan-seg", "10.2.0.5", "10.1.0.10"),
        smb("back", "host:SV-01", "10.1.0.10", "10.2.0.5"),
        smb("at", "FW-01:port2", "10.2.0.5", "10.1.0.10"),
    ]);
    packets(dir.path(), &list);
    let (exit, answer) = json(dir.path(), &["trace", "site", "--packets", "p.json"], Form::Trace);
    let verdicts: Vec<&Value> =
        answer["verdicts"].as_array().unwrap().iter().map(|v| &v["verdict"]).collect();
    assert_eq!((exit, verdicts), (0, vec![&"accept".into(), &"drop".into(), &"accept".into()]), "{answer}");
    let hop = &answer["verdicts"][0]["hops"][0];
    assert_eq!(
        (&hop["device"], &hop["in"], &hop["out"]),
        (&"FW-01".into(), &"port2".into(), &"port1".into())
    );
    assert_eq!(hop["rule"]["text"], "edit 90");
    assert!(answer["verdicts"][1]["reason"].as_str().unwrap().contains("FW-01"));
    // The same from standard input, as text.
    let mut child = bunri(dir.path())
        .args(["trace", "site", "--packets", "-", "--lang", "ja"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), list.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(
        stdout(&out).starts_with("in: 転送される\n  経由: FW-01 (入力 port2、出力 port1)\n"),
        "{}",
        stdout(&out)
    );
    assert!(stdout(&out).contains("経由: FW-01 (入力 port1)\n"), "{}", stdout(&out));
}

#[test]
fn what_can_pass_is_found_replayed_and_bounded() {
    let dir = town(&(policy(90, 2, 1, "基幹SV") + &policy(91, 1, 2, "外部名")));
    let reach = |args: &[&str]| {
        let all: Vec<&str> =
            ["reach", "--config", "site/configs/fw.conf"].into_iter().chain(args.iter().copied()).collect();
        json(dir.path(), &all, Form::Reach)
    };
    let (exit, answer) = reach(&["--in", "port2", "--out", "port1"]);
    assert_eq!((exit, &answer["verdict"]), (0, &"reachable".into()), "{answer}");
    assert_eq!((&answer["witness"]["dst"], &answer["witness"]["dport"]), (&"10.1.0.10".into(), &445.into()));
    let lower = &answer["boxes"][0];
    assert_eq!((&lower["bound"], &lower["dport"][0]), (&"lower".into(), &"445-445".into()));
    assert_eq!((&lower["dst"][0], &lower["proto"][0]), (&"10.1.0.10-10.1.0.10".into(), &"tcp".into()));

    let (exit, answer) = reach(&["--in", "port2", "--out", "port1", "--dport", "446-500", "--proto", "tcp"]);
    assert_eq!((exit, &answer["verdict"]), (0, &"unreachable".into()));
    assert_eq!((&answer["upper_log2"], &answer["witness"]), (&Value::Null, &Value::Null));

    let (exit, answer) = reach(&["--in", "port1", "--out", "port2"]);
    assert_eq!((exit, &answer["verdict"]), (3, &"undetermined".into()));
    assert!(answer["boxes"].as_array().unwrap().iter().all(|b| b["bound"] == "upper"));
    assert!(answer["culprits"][0]["text"].as_str().unwrap().contains("fqdn"), "{answer}");

    for (args, want) in [
        (&["--in", "port2", "--src", "10.0.0.0/33"][..], "`--src 10.0.0.0/33`"),
        (&["--in", "port2", "--dport", "9-8"], "`--dport 9-8`"),
        (&["--in", "port2", "--dport", "9", "--proto", "gre"], "has no ports"),
        (&["--in", "port2", "--proto", "tpc"], "`--proto tpc`"),
        (&["--in", "port2", "--src", "10.0.0.0/8", "--dst", "2001:db8::/32"], "different families"),
        (&["--in", "local"], "must name an interface"),
        (&["--in", "port2", "--vendor", "cisco"], "this version reads fortios"),
        // A policy table is asked about with its site.
        (&["--in", "port2", "--vendor", "table"], "`vendor = \"table\"` and `attach`"),
    ] {
        let mut all = vec!["reach", "--config", "site/configs/fw.conf", "--lang", "en"];
        all.extend(args);
        let out = run(dir.path(), &all);
        assert!(code(&out) == 2 && stderr(&out).contains(want), "{args:?}: {}", stderr(&out));
    }
}

#[test]
fn a_site_is_checked_with_exit_codes_that_scripts_can_use() {
    // Nothing passes: whatever is asked of paths holds.
    let dir = town("");
    let (exit, answer) = json(dir.path(), &["check", "site"], Form::Check);
    let path = |id: &str, level: &str| {
        let list = answer["assertions"].as_array().unwrap();
        let found = list.iter().find(|a| a["id"] == id && a["level"] == level);
        found.unwrap_or_else(|| panic!("{answer}"))["verdict"].clone()
    };
    assert_eq!(path("M-1", "packet"), "holds");
    assert_ne!(exit, 1);
    assert_eq!(answer["inputs"].as_array().unwrap().len(), 2);
    assert_eq!(answer["devices"][0]["status"], "analysed");

    // A policy from the individual-number zone to the internet zone: violated, with the line.
    let dir = town(&policy(7, 1, 3, "all"));
    let (exit, answer) = json(dir.path(), &["check", "site"], Form::Check);
    assert_eq!((exit, &answer["verdict"]), (1, &"violated".into()));
    let list = answer["assertions"].as_array().unwrap();
    let m1 = list.iter().find(|a| a["id"] == "M-1" && a["level"] == "packet").unwrap();
    let hop = &m1["counterexamples"][0]["legs"][0]["hops"][0];
    assert_eq!((&hop["rule"]["text"], &hop["rule"]["file"]), (&"edit 7".into(), &"configs/fw.conf".into()));

    // The report of the same says so, in a file, without the secrets of the configuration.
    let out = run(dir.path(), &["check", "site", "--lang", "ja", "-o", "結果.txt"]);
    assert_eq!((code(&out), stdout(&out).as_str()), (1, ""));
    let text = fs::read_to_string(dir.path().join("結果.txt")).unwrap();
    assert!(text.contains("総合解析結果: × 不適合あり") && text.contains("確認された越境通信の例"), "{text}");
    assert!(!text.contains("s3cr3t") && !stderr(&out).contains("s3cr3t"));
    let out = run(dir.path(), &["coverage", "site", "--lines", "9999"]);
    assert!(!stdout(&out).contains("s3cr3t"));
}

#[test]
fn the_same_site_gives_the_same_bytes() {
    let dir = town(&(policy(7, 1, 3, "all") + &policy(8, 3, 1, "外部名")));
    let once = |lang: &str, format: &str| {
        run(dir.path(), &["check", "site", "--lang", lang, "--format", format]).stdout
    };
    for (lang, format) in [("ja", "text"), ("en", "json")] {
        assert_eq!(once(lang, format), once(lang, format));
    }
}

#[test]
fn a_malformed_topology_is_2_and_underlined() {
    let dir = town("");
    let broken = TOPOLOGY.replace("zone = \"lgwan\"", "zone = \"lgwna\"");
    fs::write(dir.path().join("site/topology.toml"), broken).unwrap();
    let out = run(dir.path(), &["check", "site", "--lang", "ja"]);
    assert_eq!((code(&out), stdout(&out).as_str()), (2, ""));
    let err = stderr(&out);
    assert!(
        err.contains("エラー[unknown-id]") && err.contains("topology.toml:") && err.contains("^^^^"),
        "{err}"
    );

    fs::remove_file(dir.path().join("site/topology.toml")).unwrap();
    let out = run(dir.path(), &["check", "site", "--lang", "en"]);
    assert!(code(&out) == 2 && stderr(&out).contains("`topology.toml`"), "{}", stderr(&out));
    let out = run(dir.path(), &["check", "p.json", "--lang", "en"]);
    assert_eq!(code(&out), 2);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_site_are_not_followed() {
    use std::os::unix::fs::symlink;
    let dir = town("");
    let config = dir.path().join("site/configs/fw.conf");
    fs::rename(&config, dir.path().join("secret.conf")).unwrap();
    symlink("../../secret.conf", &config).unwrap();
    // The device counts as missing: nothing about it holds, and the reason is said.
    let (exit, answer) = json(dir.path(), &["check", "site"], Form::Check);
    assert_eq!((exit, &answer["devices"][0]["status"]), (3, &"missing".into()), "{answer}");
    let reason = answer["devices"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("シンボリックリンク"), "{reason}");
    assert_eq!(answer["inputs"].as_array().unwrap().len(), 1);
    // A folder that is a link is refused as well.
    fs::remove_dir_all(dir.path().join("site/configs")).unwrap();
    fs::create_dir(dir.path().join("elsewhere")).unwrap();
    fs::write(dir.path().join("elsewhere/fw.conf"), firewall("")).unwrap();
    symlink("../elsewhere", dir.path().join("site/configs")).unwrap();
    let (_, answer) = json(dir.path(), &["check", "site"], Form::Check);
    assert_eq!(answer["devices"][0]["status"], "missing");
}

#[test]
fn a_site_is_not_overwritten_by_its_own_report() {
    let dir = town("");
    let out = run(dir.path(), &["check", "site", "-o", "site/configs/fw.conf", "--lang", "en"]);
    assert!(code(&out) == 2 && stderr(&out).contains("is an input"), "{}", stderr(&out));
    assert!(fs::read_to_string(dir.path().join("site/configs/fw.conf")).unwrap().starts_with("#config"));
}

#[test]
fn a_known_result_is_judged_by_what_is_new() {
    let dir = town(&policy(1, 1, 3, "all"));
    let path = dir.path();
    assert_eq!(code(&run(path, &["check", "site", "--format", "json", "-o", "before.json"])), 1);
    let known: &[&str] = &["check", "site", "--baseline", "before.json"];
    let out = run(path, &[known, &["--lang", "ja"]].concat());
    assert_eq!(code(&out), 1);
    assert!(stdout(&out).contains("前回から変化なし("), "{}", stdout(&out));
    let (status, report) = json(path, &[known, &["--fail-on", "new"]].concat(), Form::Check);
    assert_eq!(status, 0);
    assert_eq!(report["changes"]["new"], serde_json::json!([]));
    fs::write(
        path.join("site/configs/fw.conf"),
        firewall(&(policy(1, 1, 3, "all") + &policy(2, 2, 3, "all"))),
    )
    .unwrap();
    let out = run(path, &[known, &["--fail-on", "new", "--lang", "en"]].concat());
    assert_eq!(code(&out), 1);
    assert!(stdout(&out).contains("New or worse: L-1"), "{}", stdout(&out));
    // The earlier result is an input: it is not overwritten.
    let out = run(path, &[known, &["--format", "json", "-o", "before.json"]].concat());
    assert_eq!(code(&out), 2);
    fs::write(path.join("torn.json"), &fs::read(path.join("before.json")).unwrap()[..200]).unwrap();
    for args in [
        &["check", "site", "--baseline", "torn.json"][..],
        &["check", "site", "--baseline", "nowhere.json"],
        &["check", "site", "--fail-on", "new"],
        &["check", "site", "--baseline", "before.json", "--fail-on", "sometimes"],
    ] {
        let out = run(path, args);
        assert_eq!(code(&out), 2, "{args:?}");
        assert!(stdout(&out).is_empty() && !stderr(&out).is_empty());
    }
}

/// An item that holds says which lines close the ways, in both languages, masked and with their places.
#[test]
fn what_holds_says_what_closes_the_ways() {
    let dir = town("");
    let path = dir.path();
    let (_, answer) = json(path, &["check", "site"], Form::Check);
    let items = answer["assertions"].as_array().unwrap();
    let m1 = items.iter().find(|a| a["id"] == "M-1" && a["level"] == "packet").unwrap();
    assert_eq!(m1["verdict"], "holds");
    let id = m1["finding"].as_str().unwrap();
    let (status, told) = json(path, &["explain", "site", id], Form::Explain);
    let closed = told["closed_by"].as_array().unwrap();
    assert_eq!((status, closed.len()), (0, 2));
    for one in closed {
        let stops = one["stops"].as_array().unwrap();
        let denied = stops.iter().find(|s| s["end"] == "denied").unwrap_or_else(|| panic!("{one:#}"));
        assert_eq!((&denied["device"], &denied["distance"]), (&Value::from("FW-01"), &Value::from(0)));
        assert_eq!(denied["rule"]["file"], "configs/fw.conf");
        assert!(
            denied["rule"]["line"].as_u64().unwrap() > 0 && !denied["rows"].as_array().unwrap().is_empty()
        );
    }
    for (lang, title) in [("ja", "通信を遮断している箇所"), ("en", "What keeps packets from passing")]
    {
        let out = run(path, &["explain", "site", id, "--lang", lang]);
        assert_eq!(code(&out), 0);
        assert_eq!(stdout(&out).matches(title).count(), 2);
        assert!(stdout(&out).contains("configs/fw.conf:"), "{}", stdout(&out));
    }
}

#[test]
fn checks_findings_and_pairs_are_explained() {
    let dir = town(&policy(1, 1, 3, "all"));
    let path = dir.path();
    for lang in ["ja", "en"] {
        for found in bunri::checks::explanation::explanations() {
            let out = run(path, &["explain", found.code, "--lang", lang]);
            assert_eq!(code(&out), 0);
            assert_eq!(stdout(&out).lines().filter(|l| !l.starts_with(' ') && !l.is_empty()).count(), 6);
        }
    }
    let (_, answer) = json(path, &["check", "site"], Form::Check);
    let m1 = answer["assertions"].as_array().unwrap().iter().find(|a| a["verdict"] == "violated").unwrap();
    for id in [&m1["finding"], &m1["counterexamples"][0]["finding"]] {
        let id = id.as_str().unwrap();
        let (status, one) = json(path, &["explain", "site", "--finding", id], Form::Explain);
        assert_eq!((status, &one["assertion"]["finding"]), (0, &m1["finding"]));
        assert_eq!(one["check"]["code"], "M-1");
        let out = run(path, &["explain", id, "--site", "site", "--lang", "en"]);
        assert_eq!(code(&out), 0);
        assert!(stdout(&out).contains(id) && stdout(&out).contains("Remedy"));
    }
    assert_eq!(
        json(path, &["explain", "site", m1["finding"].as_str().unwrap()], Form::Explain).1["closed_by"],
        serde_json::json!([])
    );
    let pair = |from: &str, to: &str, more: &[&str]| {
        json(path, &[&["explain", "site", "--from", from, "--to", to], more].concat(), Form::Explain)
    };
    let (status, open) = pair("host:SV-01", "zone:inet", &[]);
    assert_eq!((status, &open["pair"]["verdict"]), (0, &Value::from("reachable")));
    assert_eq!(open["pair"]["rows"][0]["src"]["names"][0], "SV-01");
    assert_eq!(open["pair"]["rows"][0]["rule"]["label"].as_str().unwrap().split(' ').next(), Some("policy"));
    let (_, other) = pair("SV-01", "inet-seg", &["--proto", "udp"]);
    assert_eq!(other["pair"]["verdict"], "unreachable");
    let (_, shut) = pair("inet", "host:SV-01", &["--proto", "tcp", "--dport", "445"]);
    assert_eq!(
        (&shut["pair"]["verdict"], &shut["pair"]["rows"]),
        (&Value::from("unreachable"), &serde_json::json!([]))
    );
    let stops = shut["pair"]["stops"].as_array().unwrap();
    let denied = stops.iter().find(|s| s["end"] == "denied" && s["device"] == "FW-01").unwrap();
    assert!(
        denied["rule"]["file"] == "configs/fw.conf" && denied["rows"][0]["dst"]["names"][0] == "SV-01",
        "{stops:#?}"
    );
    for args in [
        &["explain", "Z-9"][..],
        &["explain", "site", "--finding", "M-1-000000"],
        &["explain", "site", "--from", "nowhere", "--to", "inet"],
        &["explain", "site", "--from", "inet"],
        &["explain", "M-1", "--proto", "tcp"],
    ] {
        let out = run(path, args);
        assert_eq!(code(&out), 2, "{args:?}");
        assert!(stdout(&out).is_empty() && !stderr(&out).is_empty());
    }
}

/// What passes because somebody opened a session passes as well: M-1 of this site is violated by an answer to a forged packet.
#[test]
fn a_pair_that_only_answers_cross_is_not_called_closed() {
    let ask = |site: &str| {
        let path = crate::sites::folder().join(site);
        let args = ["explain", ".", "--from", "zone:JOHO", "--to", "zone:KIKAN"];
        json(&path, &args, Form::Explain)
    };
    let (status, open) = ask("pin-11-forged-source");
    assert_eq!((status, &open["pair"]["verdict"]), (3, &Value::from("undetermined")), "{open:#}");
    let lines = open["pair"]["culprits"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|l| l["what"].as_str().unwrap().contains("送信元")));
    assert!(open["pair"]["reason"].as_str().unwrap().contains("セッション"), "{open:#}");
    assert_eq!(open["pair"]["stops"], serde_json::json!([]));
    let (status, shut) = ask("pin-11-source-checked");
    assert_eq!((status, &shut["pair"]["verdict"]), (0, &Value::from("unreachable")), "{shut:#}");
}

/// Machines of one VLAN talk without a device between them, whatever that device would refuse.
#[test]
fn a_pair_in_one_broadcast_domain_is_not_called_closed() {
    let folder = tempfile::tempdir().unwrap();
    super::mask::copied(&crate::sites::folder().join("ios-floor"), folder.path());
    let args = ["explain", ".", "--from", "zone:JOHO", "--to", "zone:KIKAN"];
    let (status, shut) = json(folder.path(), &args, Form::Explain);
    assert_eq!((status, &shut["pair"]["verdict"]), (0, &Value::from("unreachable")), "{shut:#}");
    let core = folder.path().join("configs/SW-CORE.txt");
    let text = std::fs::read_to_string(&core).unwrap();
    std::fs::write(&core, text.replace(" switchport access vlan 10\n", " switchport access vlan 30\n"))
        .unwrap();
    let (status, open) = json(folder.path(), &args, Form::Explain);
    assert_eq!((status, &open["pair"]["verdict"]), (0, &Value::from("reachable")), "{open:#}");
    assert!(open["pair"]["reason"].as_str().unwrap().contains("ブロードキャストドメイン"), "{open:#}");
    assert!(!open["pair"]["culprits"].as_array().unwrap().is_empty());
    assert_eq!(open["pair"]["stops"], serde_json::json!([]));
}
