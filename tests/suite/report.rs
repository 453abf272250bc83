//! Reports of hand-made answers, compared word by word.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests may panic"
)]

mod sample;

use bunri::network::InventoryRow;
use bunri::report::json::{self, to_text};
use bunri::report::schema::{Form, schema};
use bunri::report::{Colour, Style, check, diagnostic, diagnostics};
use bunri::source::{Code, Diagnostic, Lang, Limits, SitePath, Sources, Span, Spanned};
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
    assert_eq!(overall(&assessment, &site), format!("{none}(経路について。経路以外の項目の不適合 1)"));
    // The other class stays in sight.
    let text = check(&assessment, &site, Style::plain(Lang::Ja));
    assert!(text.contains("区分別: 台帳: 不適合 1"), "{text}");
    // Nor is a device of the list of which nothing was handed in forgotten.
    let row = InventoryRow { name: Spanned::new("RT-99".to_owned(), site.boxes[0].0.span), excluded: None };
    site.records.inventory.push(row);
    assert_eq!(overall(&assessment, &site), "総合解析結果: △ 判定保留あり");
    let counted = check(&assessment, &site, Style::plain(Lang::Ja));
    assert!(counted.contains("未提出 1台"), "{counted}");
    site.records.inventory.pop();
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
        diagnostic(&sources, &d, Lang::En, Colour::Off).lines().next().unwrap(),
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

proptest::proptest! {
    /// Any bytes, any span: a snippet of three lines that a terminal shows as it is, underlined within the line.
    #[test]
    fn any_place_of_any_file_can_be_shown(
        bytes in proptest::collection::vec(
            proptest::prop_oneof![proptest::prelude::any::<u8>(), proptest::sample::select(b"\n\r\t\x1b \x82\xa0\xe3\x81\x82".to_vec())],
            0..80,
        ),
        start in 0u32..100,
        length in 0u32..40,
    ) {
        let mut sources = Sources::new();
        let file = sources.add(SitePath::new("a").unwrap(), &bytes, &Limits::default()).unwrap();
        let span = Span { file, start, end: start + length };
        let d = Diagnostic::new(Code::Remark, span, msg!("x", "x"));
        let text = diagnostic(&sources, &d, Lang::Ja, Colour::Off);
        proptest::prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
        let lines: Vec<&str> = text.lines().collect();
        proptest::prop_assert_eq!(lines.len(), 5);
        proptest::prop_assert!(lines[4].trim_start_matches([' ', '|']).chars().all(|c| c == '^'));
        proptest::prop_assert!(lines[4].ends_with('^'));
    }

    /// Any text is a list of packets or an error with words.
    #[test]
    fn any_packet_file_is_read_or_refused(text in "[\\[\\]{}\":,a-z0-9 .-]{0,60}") {
        let start = "[{\"id\":1,\"in\":\"a\",";
        for text in [text.clone(), format!("{start}{text}")] {
            if let Err(errors) = bunri::report::packets::parse(&text) {
                proptest::prop_assert!(errors.iter().all(|e| !e.text(Lang::Ja).is_empty()));
                proptest::prop_assert!(!errors.is_empty());
            }
        }
    }
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

mod answers {
    use bunri::model::{Family, Flow};
    use bunri::report::json::*;
    use bunri::report::schema::{Form, schema};
    use bunri::report::{Style, reach, trace};
    use bunri::source::Lang;

    fn flow() -> Flow {
        Flow { family: Family::V4, src: 1, dst: 2, proto: 6, sport: 49152, dport: 443, icmp: 0, flags: 18 }
    }

    fn line(line: u32) -> LinePlace {
        let text = format!("set srcaddr \"外部{line}\"");
        LinePlace { file: "fw.conf".into(), line, text, what: "名前が定義されていない".into() }
    }

    fn verdict(id: &str, verdict: TraceAnswer) -> TraceVerdict {
        TraceVerdict {
            id: id.into(),
            verdict,
            outcomes: vec![verdict],
            out: None,
            header: None,
            rules: Vec::new(),
            culprits: Vec::new(),
            culprits_truncated: false,
            reason: None,
            hops: Vec::new(),
        }
    }

    #[test]
    fn traces_read_as_they_should_and_fit_their_schema() {
        let rule =
            TraceRule { file: "fw.conf".into(), line: 7, text: "edit 90".into(), label: "policy 90".into() };
        let report = TraceReport {
            schema_version: 1,
            verdicts: vec![
                TraceVerdict {
                    out: Some("port1".into()),
                    header: Some(Packet::from(&flow())),
                    rules: vec![rule],
                    ..verdict("一", TraceAnswer::Accept)
                },
                TraceVerdict {
                    id: 2.into(),
                    outcomes: vec![TraceAnswer::Local, TraceAnswer::Drop],
                    culprits: vec![line(3)],
                    culprits_truncated: true,
                    ..verdict("", TraceAnswer::Undetermined)
                },
                TraceVerdict {
                    reason: Some("経路がない".into()), ..verdict("三", TraceAnswer::Reject)
                },
            ],
        };
        super::same(
            &trace(&report, Style::plain(Lang::Ja)),
            "一: 転送される (出力 port1)
  設定: policy 90 (fw.conf:7) edit 90
  最後のヘッダ: tcp 0.0.0.1 49152 → 0.0.0.2 443 SA

2: 判定保留
  可能性: 機器自身に届く、遮断される
  判定できない原因(該当行):
    fw.conf:3: set srcaddr \"外部3\" — 名前が定義されていない
    …ほか

三: 遮断される(応答あり)
  理由: 経路がない
",
        );
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["verdicts"][0]["header"]["flags"], "SA");
        assert_eq!(json["verdicts"][1]["outcomes"], serde_json::json!(["local", "drop"]));
        assert!(jsonschema::validator_for(&schema(Form::Trace)).unwrap().is_valid(&json));
    }

    #[test]
    fn reachability_reads_as_it_should_and_fits_its_schema() {
        let open = ReachBox {
            bound: Bound::Lower,
            family: "ipv4",
            src: vec!["10.0.0.0-10.255.255.255".into()],
            dst: vec!["10.1.0.1-10.1.0.1".into()],
            proto: vec!["tcp".into(), "udp".into()],
            sport: vec!["0-65535".into()],
            dport: vec!["443-443".into(), "8000-8100".into()],
            icmp: Vec::new(),
            out: Some("port1".into()),
        };
        let maybe = ReachBox {
            bound: Bound::Upper,
            family: "ipv6",
            src: vec!["::-::ffff".into()],
            proto: vec!["200".into()],
            sport: Vec::new(),
            dport: Vec::new(),
            out: None,
            ..open.clone()
        };
        let report = ReachReport {
            schema_version: 1,
            verdict: ReachVerdict::Reachable,
            lower_log2: Some(40.5),
            upper_log2: None,
            witness: Some(Packet::from(&flow())),
            boxes: vec![open, maybe],
            boxes_truncated: true,
            culprits: vec![line(4)],
            culprits_truncated: false,
            reason: None,
        };
        super::same(
            &reach(&report, Style::plain(Lang::En)),
            "something passes
  example: tcp 0.0.0.1 49152 → 0.0.0.2 443 SA
Passes:
  ipv4  10.0.0.0-10.255.255.255  → 10.1.0.1  tcp,udp 443,8000-8100  out port1
May pass, depending on lines not understood (the above included):
  ipv6  ::-::ffff  → 10.1.0.1  200
  … and more
Why it cannot be determined:
    fw.conf:4: set srcaddr \"外部4\" — 名前が定義されていない
",
        );
        let json = serde_json::to_value(&report).unwrap();
        assert!(jsonschema::validator_for(&schema(Form::Reach)).unwrap().is_valid(&json));
    }
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
            ("\"source\": \"10.0.0.1\"", "`source` is not a field of a packet: the fields are"),
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
