//! Reports of hand-made answers, compared word by word.

mod sample;

use bunri::report::json::{self, to_text};
use bunri::report::schema::{Form, schema};
use bunri::report::{Colour, Style, check, diagnostic, diagnostics};
use bunri::source::{Code, Diagnostic, Lang, Limits, SitePath, Sources, Span};
use bunri::{analysis::answer::*, msg};
use sample::{find, sample};

/// Shows where two texts part instead of printing both.
#[track_caller]
fn same(got: &str, want: &str) {
    for (n, (g, w)) in (1..).zip(got.lines().zip(want.lines())) {
        assert_eq!(g, w, "line {n} of\n{got}");
    }
    assert_eq!(got.lines().count(), want.lines().count(), "{got}");
}

/// Compares with a file beside this one; `UPDATE_SNAPSHOTS=1` writes it instead, for a person to review.
#[track_caller]
fn snapshot(name: &str, got: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/report").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    same(got, &std::fs::read_to_string(&path).unwrap());
}

#[test]
fn the_japanese_report_reads_as_it_should() {
    let (assessment, site) = sample();
    snapshot("check.ja.txt", &check(&assessment, &site, Style::plain(Lang::Ja)));
}

#[test]
fn the_english_report_reads_as_it_should() {
    let (assessment, site) = sample();
    snapshot("check.en.txt", &check(&assessment, &site, Style::plain(Lang::En)));
}

#[test]
fn the_json_report_is_as_scripts_expect_it() {
    let (assessment, site) = sample();
    snapshot("check.json", &to_text(&json::check(&assessment, &site, Lang::En)));
}

#[test]
fn the_json_report_fits_its_schema() {
    let (assessment, site) = sample();
    let validator = jsonschema::validator_for(&schema(Form::Check)).unwrap();
    let mut answer = serde_json::to_value(json::check(&assessment, &site, Lang::Ja)).unwrap();
    let errors: Vec<String> = validator.iter_errors(&answer).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The schema is not so wide that anything fits.
    answer["assertions"][0]["culprits"] = serde_json::json!("none");
    assert!(!validator.is_valid(&answer));
}

#[test]
fn every_schema_is_a_schema() {
    for form in Form::ALL {
        assert!(jsonschema::meta::is_valid(&schema(form)), "{}", form.word());
    }
}

/// Words that mean something else on a signed paper.
#[test]
fn paper_words_are_never_broken() {
    let (assessment, site) = sample();
    let text = check(&assessment, &site, Style::plain(Lang::Ja));
    for word in
        ["証明", "反例", "アサーション", "遷移", "経由点", "結末", "上界", "下界", "合格", "安全", "問題なし"]
    {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
    let text = check(&assessment, &site, Style::plain(Lang::En)).to_lowercase();
    for word in ["prove", "proof", "counterexample", "assertion", "passed"] {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
}

#[test]
fn the_overall_result_follows_paths_and_missing_devices_only() {
    let overall = |assessment: &Assessment, site: &bunri::network::Site| {
        let text = check(assessment, site, Style::plain(Lang::Ja));
        text.lines().nth(1).unwrap().to_owned()
    };
    let (mut assessment, mut site) = sample();
    assert_eq!(overall(&assessment, &site), "総合解析結果: × 不適合あり");
    // A violation of another class does not change it; an undetermined path does.
    assessment.assertions.retain(|a| a.verdict != Verdict::Violated || a.class != Class::Path);
    assert!(assessment.assertions.iter().any(|a| a.verdict == Verdict::Violated));
    assert_eq!(overall(&assessment, &site), "総合解析結果: △ 判定保留あり");
    assessment.assertions.retain(|a| a.verdict != Verdict::Undetermined);
    // A missing device still leaves it open.
    assert_eq!(overall(&assessment, &site), "総合解析結果: △ 判定保留あり");
    site.boxes.retain(|b| !matches!(b.1, bunri::network::DeviceStatus::Missing(_)));
    let none = "総合解析結果: ○ 提供情報の範囲において不適合は確認されなかった";
    assert_eq!(overall(&assessment, &site), none);
    // The other class stays in sight.
    let text = check(&assessment, &site, Style::plain(Lang::Ja));
    assert!(text.contains("区分別: 台帳: 不適合 1"), "{text}");
    // Nothing looked at is not "nothing found".
    assessment.assertions.retain(|a| a.verdict != Verdict::Holds);
    assert_eq!(overall(&assessment, &site), "総合解析結果: △ 判定保留あり");
}

#[test]
fn hostile_text_cannot_move_the_cursor() {
    let (mut assessment, mut site) = sample();
    let hostile = "A\u{1b}[2J\u{9b}31m\u{202e}evil\r\nB";
    site.name = hostile.to_owned();
    site.boxes[0].0.value = hostile.to_owned();
    assessment.assertions[0].scope = hostile.to_owned();
    assessment.assumptions[0].id = hostile.to_owned();
    let leg = assessment.assertions.iter_mut().find(|a| !a.counterexamples.is_empty()).unwrap();
    leg.counterexamples[0].legs[0].hops[0].rule.as_mut().unwrap().label = hostile.to_owned();
    let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for lang in [Lang::Ja, Lang::En] {
        let text = check(&assessment, &site, Style::plain(lang));
        assert_eq!(text.chars().find(|c| bad(*c)), None);
        assert!(text.contains("evil") && !text.contains("evil\n"));
        let json = to_text(&json::check(&assessment, &site, lang));
        assert_eq!(json.chars().find(|c| bad(*c)), None);
        // The escapes are still the same text to a script.
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["site"], hostile);
    }
    // With colours, the only escapes are the page's own.
    let coloured = check(&assessment, &site, Style { colour: Colour::On, ..Style::plain(Lang::Ja) });
    assert!(coloured.contains("\u{1b}[1;31m"));
    let plain = anstream_strip(&coloured);
    assert_eq!(plain, check(&assessment, &site, Style::plain(Lang::Ja)));
}

/// Removes `ESC [ … m`, and nothing else.
fn anstream_strip(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('m').unwrap();
        assert!(end <= 6, "no colour: {:?}", &rest[at..at + end]);
        rest = &rest[at + end + 1..];
    }
    out + rest
}

#[test]
fn secrets_are_never_printed() {
    let (assessment, site) = sample();
    for lang in [Lang::Ja, Lang::En] {
        let text = check(&assessment, &site, Style::plain(lang));
        let json = to_text(&json::check(&assessment, &site, lang));
        assert!(!text.contains("s3cr3t") && !json.contains("s3cr3t"));
        assert!(text.contains("psksecret *****") && json.contains("psksecret *****"));
    }
}

#[test]
fn underlines_sit_under_full_width_text() {
    let mut sources = Sources::new();
    let text = "# 見出し\nzone\t= \"内部ｾｸﾞﾒﾝﾄ\"  # 系\nrole = 1\n";
    let file = sources.add(SitePath::new("site.toml").unwrap(), text.as_bytes(), &Limits::default()).unwrap();
    let d = Diagnostic::new(
        Code::UnknownId,
        find(&sources, file, text, "内部ｾｸﾞﾒﾝﾄ"),
        msg!("no zone has the id `内部ｾｸﾞﾒﾝﾄ`", "`内部ｾｸﾞﾒﾝﾄ` という系はない"),
    )
    .with_label(find(&sources, file, text, "role"), msg!("used here", "ここで使用"))
    .with_help(msg!("add a zone", "系を追加する"));
    same(
        &diagnostic(&sources, &d, Lang::Ja, Colour::Off),
        "エラー[unknown-id]: `内部ｾｸﾞﾒﾝﾄ` という系はない
 --> site.toml:2:9
  |
2 | zone = \"内部ｾｸﾞﾒﾝﾄ\"  # 系
  |         ^^^^^^^^^^
 ::: site.toml:3:1
  |
3 | role = 1
  | ^^^^ ここで使用
  = 対処: 系を追加する
",
    );
    same(
        &diagnostic(&sources, &d, Lang::En, Colour::Off).lines().next().unwrap(),
        "error[unknown-id]: no zone has the id `内部ｾｸﾞﾒﾝﾄ`",
    );
    // The end of a file has a place too.
    let end = Span { file, start: text.len() as u32, end: text.len() as u32 };
    let d = Diagnostic::new(Code::TruncatedInput, end, msg!("ends early", "途中で終わっている"));
    same(
        &diagnostic(&sources, &d, Lang::En, Colour::Off),
        "warning[truncated-input]: ends early\n --> site.toml:4:1\n  |\n4 |\n  | ^\n",
    );
}

#[test]
fn the_worst_diagnostics_come_first_and_the_rest_is_counted() {
    let mut sources = Sources::new();
    let file = sources.add(SitePath::new("a").unwrap(), b"x\n", &Limits::default()).unwrap();
    let span = sources.line_span(file, 1);
    let mut list: Vec<Diagnostic> =
        (0..5).map(|n| Diagnostic::new(Code::Remark, span, msg!("note {n}", "備考 {n}"))).collect();
    list.push(Diagnostic::new(Code::BadToml, span, msg!("worst", "最悪")));
    let text = diagnostics(&sources, &list, 2, Lang::En, Colour::Off);
    let heads: Vec<&str> = text.lines().filter(|l| l.contains('[') || l.starts_with('…')).collect();
    assert_eq!(heads, ["error[bad-toml]: worst", "note[remark]: note 0", "… and 4 more"]);
}

mod packets {
    use bunri::model::{Family, State};
    use bunri::report::packets::{PacketRequest, parse};
    use bunri::source::Lang;

    fn one(fields: &str) -> Result<PacketRequest, String> {
        let text = format!("[{{\"id\": \"x\", \"in\": \"port1\", {fields}}}]");
        match parse(&text) {
            Ok(mut list) => Ok(list.remove(0)),
            Err(errors) => Err(errors.first().unwrap().text(Lang::En).to_owned()),
        }
    }

    const PAIR: &str = "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\"";

    #[test]
    fn absent_fields_take_their_defaults() {
        let tcp = one(&format!("{PAIR}, \"proto\": \"tcp\", \"dport\": 443")).unwrap();
        assert_eq!((tcp.flow.sport, tcp.flow.dport, tcp.flow.flags), (49152, 443, 2));
        assert_eq!((tcp.state, tcp.mark, tcp.later_fragment, tcp.out), (State::New, 0, false, None));
        let ping = one(&format!("{PAIR}, \"proto\": \"icmp\"")).unwrap();
        assert_eq!((ping.flow.icmp, ping.flow.sport, ping.flow.flags), (8 << 8, 0, 0));
        let six =
            one("\"src\": \"2001:db8::1\", \"dst\": \"2001:db8::2\", \"proto\": \"icmpv6\", \"code\": 3");
        let six = six.unwrap();
        assert_eq!((six.flow.family, six.flow.proto, six.flow.icmp), (Family::V6, 58, 128 << 8 | 3));
        let by_number =
            one(&format!("{PAIR}, \"proto\": 50, \"sport\": 0, \"mark\": 7, \"out\": null")).unwrap();
        assert_eq!((by_number.flow.proto, by_number.mark, by_number.out), (50, 7, None));
        let reply = one(&format!(
            "{PAIR}, \"proto\": \"tcp\", \"dport\": 1, \"flags\": \"SA\", \"state\": \"established\""
        ));
        assert_eq!(reply.map(|p| (p.flow.flags, p.state)), Ok((18, State::Established)));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_write() {
        let cases = [
            ("\"dst\": \"10.0.0.2\", \"proto\": 1", "`src` is missing: write one address"),
            (
                "\"src\": \"10.0.0.0/8\", \"dst\": \"10.0.0.2\", \"proto\": 1",
                "`src` is \"10.0.0.0/8\": write one address",
            ),
            ("\"src\": \"10.0.0.1\", \"dst\": \"::1\", \"proto\": 1", "are of different families"),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"tpc\"",
                "`proto` is \"tpc\": write a name",
            ),
            ("\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": 256", "`proto` is 256"),
            ("\"src\": \"::1\", \"dst\": \"::2\", \"proto\": \"icmp\"", "write \"icmpv6\""),
            ("\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"tcp\"", "`dport` is missing"),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"udp\", \"dport\": 65536",
                "`dport` is 65536: write a whole number from 0 to 65535",
            ),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"udp\", \"dport\": \"53\"",
                "`dport` is \"53\"",
            ),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"gre\", \"dport\": 5",
                "`dport` does not exist in this protocol",
            ),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"udp\", \"dport\": 5, \"flags\": \"S\"",
                "`flags` exist in TCP only",
            ),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"tcp\", \"dport\": 5, \"flags\": \"X\"",
                "`flags` is \"X\"",
            ),
            (
                "\"src\": \"10.0.0.1\", \"dst\": \"10.0.0.2\", \"proto\": \"tcp\", \"dport\": 5, \"state\": \"open\"",
                "write \"new\" or \"established\"",
            ),
            ("\"source\": \"10.0.0.1\"", "`source` is no field of a packet: the fields are"),
            ("\"dprt\": 5", "did you mean `dport`?"),
            ("\"src\": \"10.0.0.1\", \"src\": \"10.0.0.2\"", "`src` is written twice"),
        ];
        for (fields, want) in cases {
            let error = one(fields).unwrap_err();
            assert!(error.starts_with("packet 1 (\"x\"): ") && error.contains(want), "{fields}: {error}");
        }
    }

    #[test]
    fn the_file_as_a_whole_is_checked() {
        let first = |text: &str| parse(text).unwrap_err().first().unwrap().text(Lang::Ja).to_owned();
        assert!(first("[{\"id\": 1,\n  oops").starts_with("2行3文字目: "));
        assert!(first("{\"id\": 1}").starts_with("1行"));
        assert_eq!(first("[]"), "パケットが1件もない");
        assert!(first("[7]").contains("7 はパケットではない"), "{}", first("[7]"));
        assert!(first("[{\"in\": \"a\"}]").contains("`id` がない"));
        // Every bad packet is reported, up to a limit.
        let many = format!("[{}]", vec!["{}"; 30].join(","));
        assert_eq!(parse(&many).unwrap_err().len(), 20);
        // Deep nesting ends in an error, not in a crash.
        for start in ["[", "[{\"id\": "] {
            let deep = format!("{start}{}", "[".repeat(100_000));
            assert!(first(&deep).starts_with("1行"), "{}", first(&deep));
        }
    }

    #[test]
    fn packet_files_fit_the_schema_that_describes_them() {
        let schema = bunri::report::schema::schema(bunri::report::schema::Form::Packets);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = serde_json::json!([
            {"id": "a", "in": "port1", "src": "10.0.0.1", "dst": "10.0.0.2", "proto": "tcp", "dport": 80},
            {"id": 2, "in": "local", "src": "::1", "dst": "::2", "proto": 58, "type": 135, "state": "established"},
        ]);
        assert!(validator.is_valid(&good));
        assert!(parse(&good.to_string()).is_ok());
        for bad in [
            serde_json::json!([{"id": "a"}]),
            serde_json::json!([{"id": "a", "in": "p", "src": "::1", "dst": "::2", "proto": "tcp", "dport": 70000}]),
            serde_json::json!([{"id": "a", "in": "p", "src": "::1", "dst": "::2", "proto": "tcp", "dprt": 7}]),
        ] {
            assert!(!validator.is_valid(&bad) && parse(&bad.to_string()).is_err(), "{bad}");
        }
    }
}
