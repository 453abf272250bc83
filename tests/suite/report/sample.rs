//! A small made-up site with one answer of every kind.

use std::collections::BTreeMap;

use bunri::analysis::answer::*;
use bunri::model::{Family, Flow, Ranges};
use bunri::msg;
use bunri::network::{Declaration, DeviceStatus, Records, Site};
use bunri::source::{Code, Diagnostic, FileId, Limits, LineMap, LineState, SitePath, Sources, Span, Spanned};

const CONFIG: &str = "config firewall policy
    edit 90
        set srcaddr \"LGWAN端末\"
        set dstaddr \"未定義の名前\"
        set action accept
    next
end
config firewall vip
    edit \"VIP_業務\"
end
set psksecret s3cr3t-町
strange line \"全角の文字列\"
";

/// The span of the first `what` in `text`.
pub fn find(sources: &Sources, file: FileId, text: &str, what: &str) -> Span {
    let start = text.find(what).unwrap();
    assert!(start < sources.whole(file).end as usize);
    Span { file, start: start as u32, end: (start + what.len()) as u32 }
}

fn v4(a: u8, b: u8, c: u8, d: u8) -> u128 {
    u128::from(u32::from_be_bytes([a, b, c, d]))
}

fn tcp(src: u128, dst: u128, dport: u16) -> Flow {
    Flow { family: Family::V4, src, dst, proto: 6, sport: 49152, dport, icmp: 0, flags: 2 }
}

struct Places {
    policy: Span,
    name: Span,
    vip: Span,
    secret: Span,
}

fn leg(places: &Places) -> Leg {
    let sent = tcp(v4(10, 21, 0, 5), v4(10, 9, 0, 1), 445);
    let delivered = tcp(v4(10, 21, 0, 5), v4(10, 1, 0, 1), 8445);
    let place = |span, label: &str| Place { span, label: label.to_owned() };
    Leg {
        from: "LGWAN接続系の端末".to_owned(),
        to: "SV-KIKAN01".to_owned(),
        packet: sent,
        delivered,
        hops: vec![Hop {
            device: "FW-01".to_owned(),
            ingress: Some("port2".to_owned()),
            egress: Some("port1".to_owned()),
            rule: Some(place(places.policy, "policy 90")),
            route: Some(place(places.secret, "static 10.1.0.0/16")),
            nat: vec![NatStep { place: place(places.vip, "VIP_業務"), before: sent, after: delivered }],
            packet: delivered,
        }],
    }
}

/// Named, with a translation and a rule.
fn row(places: &Places) -> FlowRow {
    let leg = leg(places);
    let network = Ranges::span(v4(10, 21, 0, 0), v4(10, 21, 0, 255));
    let side = |ranges: Ranges, names: &[&str]| Side {
        unnamed: if names.is_empty() { ranges.clone() } else { Ranges::empty() },
        ranges,
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        except: Ranges::empty(),
    };
    FlowRow {
        certain: true,
        family: Family::V4,
        from: leg.from,
        to: leg.to,
        source: side(network, &["LGWAN端末"]),
        destination: side(Ranges::one(leg.packet.dst), &[]),
        service: Service {
            protocols: Ranges::one(6),
            ports: Some(Ranges::from_pairs([(139, 139), (445, 445)])),
            source_ports: Some(Ranges::span(1024, 0xFFFF)),
            icmp: None,
            names: vec!["SMB".to_owned()],
        },
        delivered: Some(Delivered {
            destination: side(Ranges::one(leg.delivered.dst), &["SV-KIKAN01"]),
            ports: Some(Ranges::one(8445)),
        }),
        requires_forged_source: false,
        rule: Some(("FW-01".to_owned(), Place { span: places.policy, label: "policy 90".to_owned() })),
        packet: Some(leg.packet),
    }
}

/// Everything but a little, of protocols without ports, from a forged source.
fn surplus() -> FlowRow {
    let (full, one) = (Ranges::full(u128::MAX), Ranges::one(0x2001_0db8 << 96 | 7));
    let side = |ranges: &Ranges, except: &Ranges| Side {
        ranges: ranges.clone(),
        names: Vec::new(),
        except: except.clone(),
        unnamed: if except.is_empty() { ranges.clone() } else { Ranges::empty() },
    };
    FlowRow {
        certain: false,
        family: Family::V6,
        from: "RT-02:wan".to_owned(),
        to: "SV-KIKAN01".to_owned(),
        source: side(&full.minus(&one), &one),
        destination: side(&full, &Ranges::empty()),
        service: Service {
            protocols: Ranges::from_pairs([(58, 58), (47, 47)]),
            ports: None,
            source_ports: None,
            icmp: Some(Ranges::span(128 << 8, 128 << 8 | 0xFF)),
            names: Vec::new(),
        },
        delivered: None,
        requires_forged_source: true,
        rule: None,
        packet: None,
    }
}

fn evidence(places: &Places, forged: bool) -> Evidence {
    Evidence {
        legs: vec![leg(places)],
        family: Family::V4,
        one_way: !forged,
        requires_forged_source: forged,
        choices: Vec::new(),
    }
}

/// Two sessions, over a host that relays, the second on IPv6 with ICMP.
fn relayed(places: &Places) -> Evidence {
    let six = Flow {
        family: Family::V6,
        src: 0x2001_0db8 << 96 | 1,
        dst: 0x2001_0db8 << 96 | 2,
        proto: 58,
        sport: 0,
        dport: 0,
        icmp: 128 << 8,
        flags: 0,
    };
    let hop = Hop {
        device: "RT-02".to_owned(),
        ingress: None,
        egress: Some("wan".to_owned()),
        rule: None,
        route: None,
        nat: Vec::new(),
        packet: six,
    };
    let second = Leg {
        from: "SV-KIKAN01".to_owned(),
        to: "インターネット".to_owned(),
        packet: six,
        delivered: six,
        hops: vec![hop],
    };
    let choice = Culprit {
        span: places.policy,
        what: msg!("while schedule `夜間` is active", "スケジュール `夜間` の時間帯のみ"),
        device: Some("FW-01".to_owned()),
    };
    Evidence { legs: vec![leg(places), second], choices: vec![choice], ..evidence(places, true) }
}

fn assertion(id: &'static str, verdict: Verdict, title: bunri::source::Msg) -> Assertion {
    Assertion {
        id,
        clause: "".into(),
        clause_text: None,
        local_ref: String::new(),
        level: Level::None,
        class: Class::Path,
        bearing: Bearing::Decides,
        scope: String::new(),
        verdict,
        basis: Basis::Config,
        title,
        reason: None,
        counterexamples: Vec::new(),
        counterexamples_truncated: false,
        possible_paths: Vec::new(),
        possible_paths_truncated: false,
        culprits: Vec::new(),
        culprits_truncated: false,
        routing_independent: None,
        rows: Vec::new(),
        rows_truncated: false,
        surplus: Vec::new(),
        surplus_truncated: false,
        assumptions: Vec::new(),
        cut_at: Vec::new(),
    }
}

fn assertions(places: &Places) -> Vec<Assertion> {
    let culprit = Culprit {
        span: places.name,
        what: msg!("the name is not defined", "名前が定義されていない"),
        device: Some("FW-01".to_owned()),
    };
    let m1 = || {
        msg!(
            "no traffic between the individual-number zone and the internet zone",
            "マイナンバー利用事務系とインターネット接続系との間に通信がないこと"
        )
    };
    vec![
        Assertion {
            clause: "6(1)①".into(),
            level: Level::Packet,
            scope: "マイナンバー利用事務系 → インターネット接続系".to_owned(),
            basis: Basis::PartlyDeclared,
            assumptions: vec!["ALL-LINKS-UP".to_owned(), "申-01".to_owned()],
            cut_at: vec!["無害化SV".to_owned()],
            ..assertion("M-1", Verdict::Holds, m1())
        },
        Assertion {
            clause: "6(1)①".into(),
            level: Level::L2,
            scope: "マイナンバー利用事務系 → インターネット接続系".to_owned(),
            ..assertion("M-1", Verdict::Holds, m1())
        },
        Assertion {
            clause: "6(3)①".into(),
            level: Level::Packet,
            scope: "LGWAN接続系 → マイナンバー利用事務系".to_owned(),
            counterexamples: vec![evidence(places, false), evidence(places, true)],
            counterexamples_truncated: true,
            rows: vec![row(places)],
            rows_truncated: true,
            surplus: vec![surplus()],
            culprits: vec![Culprit { span: places.secret, ..culprit.clone() }],
            ..assertion(
                "M-2",
                Verdict::Violated,
                msg!("only registered traffic passes", "台帳にある通信のみが通ること"),
            )
        },
        Assertion {
            level: Level::Host,
            scope: "LGWAN接続系 → インターネット接続系".to_owned(),
            reason: Some(msg!("a name is not defined", "名前が定義されていない行がある")),
            possible_paths: vec![relayed(places)],
            culprits: vec![culprit],
            culprits_truncated: true,
            ..assertion(
                "L-1",
                Verdict::Undetermined,
                msg!("the cut is complete", "無害化システムを除いた場合に、両系の間に通信経路が残らないこと"),
            )
        },
        Assertion {
            class: Class::Register,
            scope: "特-10".to_owned(),
            ..assertion(
                "X-11",
                Verdict::Violated,
                msg!("entries are in force", "台帳の期限が切れていないこと"),
            )
        },
        Assertion {
            scope: "β".to_owned(),
            reason: Some(msg!("the site is of model α", "採用モデル(αモデル)に当該通信がない")),
            ..assertion(
                "L-4",
                Verdict::NotApplicable,
                msg!(
                    "terminals reach LGWAN by screen transfer only",
                    "端末からLGWANへは画面転送のみであること"
                ),
            )
        },
    ]
}

/// The site and its answers.
pub fn sample() -> (Assessment, Site) {
    let mut sources = Sources::new();
    let limits = Limits::default();
    let topology = sources.add(SitePath::new("site.toml").unwrap(), b"name = \"x\"\n", &limits).unwrap();
    let file = sources.add(SitePath::new("configs/fw.conf").unwrap(), CONFIG.as_bytes(), &limits).unwrap();
    sources.mask(find(&sources, file, CONFIG, "s3cr3t-町"));
    let places = Places {
        policy: find(&sources, file, CONFIG, "edit 90"),
        name: find(&sources, file, CONFIG, "\"未定義の名前\""),
        vip: find(&sources, file, CONFIG, "edit \"VIP_業務\""),
        secret: find(&sources, file, CONFIG, "set psksecret"),
    };
    let mut lines = LineMap::new();
    lines.claim(&sources, Span { end: places.secret.end, ..sources.whole(file) }, LineState::Modelled);
    lines.claim(&sources, places.name, LineState::Partial);
    let assessment = Assessment {
        assertions: assertions(&places),
        assumptions: vec![
            Assumption {
                id: "ALL-LINKS-UP".to_owned(),
                kind: AssumptionKind::Model,
                text: msg!("every link is up", "全ての回線が接続状態である"),
            },
            Assumption {
                id: "申-01".to_owned(),
                kind: AssumptionKind::Declaration,
                text: msg!("the LGWAN router does not relay", "LGWAN接続ルータは中継しない"),
            },
        ],
        rules: None,
        not_checked: vec![("D-1", msg!("no design sheet", "設計書がない"))],
        coverage: vec![(file, lines.tally(&sources, file))],
    };
    let name = |text: &str| Spanned::new(text.to_owned(), sources.whole(topology));
    let boxes = vec![
        (name("FW-01"), DeviceStatus::Analysed),
        (name("LGWAN接続ルータ"), DeviceStatus::Declared),
        (name("旧FW"), DeviceStatus::Excluded("撤去済み".to_owned())),
        (name("RT-02"), DeviceStatus::Missing(msg!("the file is not there", "ファイルがない"))),
    ];
    let declaration = |id: &str, text: &str, document: &str| Declaration {
        id: name(id),
        text: text.to_owned(),
        document: document.to_owned(),
        by: "情報政策課長".to_owned(),
        date: "令和8年3月16日".to_owned(),
    };
    let declarations = vec![
        declaration("申-01", "LGWAN接続ルータは中継しない", "県回答書"),
        declaration("申-02", "使われない申告", ""),
    ];
    let remark = Diagnostic::new(
        Code::UndefinedReference,
        places.name,
        msg!("nothing defines this name", "この名前は定義されていない"),
    );
    let site = Site {
        name: "架空町".to_owned(),
        topology,
        registers: vec![],
        pack: None,
        zones: Vec::new(),
        segments: Vec::new(),
        hosts: Vec::new(),
        devices: Vec::new(),
        sanitizers: Vec::new(),
        declarations,
        boxes,
        clusters: vec![],
        fabric: Default::default(),
        graph: Default::default(),
        nodes: BTreeMap::new(),
        lines,
        records: Records::default(),
        diagnostics: vec![remark.with_help(msg!("define it", "定義する"))],
        sources,
    };
    (assessment, site)
}
