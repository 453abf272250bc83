//! The words of the reports, one per concept and language. Paper words: never "proof" or "counterexample".

use std::borrow::Cow;
use std::net::IpAddr;

use crate::analysis::answer::{AssumptionKind, Basis, Class, Level, Verdict};
use crate::model::{Family, Flow, PORT_PROTOCOLS, TCP_FLAGS, proto};
use crate::network::DeviceStatus;
use crate::source::{Lang, LineState};

/// One of two texts.
pub(super) fn pick<'a>(lang: Lang, en: &'a str, ja: &'a str) -> &'a str {
    match lang {
        Lang::En => en,
        Lang::Ja => ja,
    }
}

/// The verdict in JSON.
pub fn verdict_code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Violated => "violated",
        Verdict::Undetermined => "undetermined",
        Verdict::NotApplicable => "not-applicable",
    }
}

/// The verdict on paper.
pub(super) fn verdict_word(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Holds => pick(lang, "holds", "適合"),
        Verdict::Violated => pick(lang, "violated", "不適合"),
        Verdict::Undetermined => pick(lang, "undetermined", "判定保留"),
        Verdict::NotApplicable => pick(lang, "not applicable", "対象外"),
    }
}

/// The verdict of JSON on paper.
pub(super) fn verdict_of_code(code: &str, lang: Lang) -> &'static str {
    let all = [Verdict::Holds, Verdict::Violated, Verdict::Undetermined, Verdict::NotApplicable];
    all.into_iter().find(|v| verdict_code(*v) == code).map_or("?", |v| verdict_word(v, lang))
}

/// The mark of the verdict: ○ × △ -.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "○",
        Verdict::Violated => "×",
        Verdict::Undetermined => "△",
        Verdict::NotApplicable => "-",
    }
}

pub(super) fn basis_code(basis: Basis) -> &'static str {
    match basis {
        Basis::Config => "config",
        Basis::PartlyDeclared => "partly_declared",
        Basis::Declared => "declared",
    }
}

pub(super) fn basis_word(basis: Basis, lang: Lang) -> &'static str {
    match basis {
        Basis::Config => pick(lang, "from configurations", "設定により確認"),
        Basis::PartlyDeclared => pick(lang, "partly declared", "一部申告"),
        Basis::Declared => pick(lang, "declared", "申告により確認"),
    }
}

pub(super) fn level_code(level: Level) -> &'static str {
    match level {
        Level::Packet => "packet",
        Level::L2 => "l2",
        Level::Host => "host",
        Level::None => "-",
    }
}

pub(super) fn level_word(level: Level, lang: Lang) -> &'static str {
    match level {
        Level::Packet => pick(lang, "packet", "パケット"),
        Level::L2 => "L2",
        Level::Host => pick(lang, "relay by machines", "機器中継"),
        Level::None => "-",
    }
}

pub(super) fn class_code(class: Class) -> &'static str {
    match class {
        Class::Path => "path",
        Class::Register => "register",
        Class::Hygiene => "hygiene",
        Class::Evidence => "evidence",
        Class::Scope => "scope",
    }
}

pub(super) fn class_word(class: Class, lang: Lang) -> &'static str {
    match class {
        Class::Path => pick(lang, "path", "経路"),
        Class::Register => pick(lang, "register", "台帳"),
        Class::Hygiene => pick(lang, "hygiene", "衛生"),
        Class::Evidence => pick(lang, "evidence", "証跡"),
        Class::Scope => pick(lang, "scope", "範囲"),
    }
}

pub(super) fn assumption_code(kind: AssumptionKind) -> &'static str {
    match kind {
        AssumptionKind::Model => "model",
        AssumptionKind::Declaration => "declaration",
        AssumptionKind::Vendor => "vendor",
    }
}

pub(super) fn assumption_word(kind: AssumptionKind, lang: Lang) -> &'static str {
    match kind {
        AssumptionKind::Model => pick(lang, "method", "解析方法"),
        AssumptionKind::Declaration => pick(lang, "declaration", "申告"),
        AssumptionKind::Vendor => pick(lang, "product", "機器の仕様"),
    }
}

pub(super) fn status_code(status: &DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Analysed => "analysed",
        DeviceStatus::Declared => "declared",
        DeviceStatus::Excluded(_) => "excluded",
        DeviceStatus::Missing(_) => "missing",
    }
}

pub(super) fn status_word(status: &DeviceStatus, lang: Lang) -> &'static str {
    match status {
        DeviceStatus::Analysed => pick(lang, "analysed", "解析"),
        DeviceStatus::Declared => pick(lang, "declared", "申告"),
        DeviceStatus::Excluded(_) => pick(lang, "excluded", "対象外"),
        DeviceStatus::Missing(_) => pick(lang, "missing", "未提出"),
    }
}

/// A place that paths begin or end at, for a person: an interface that nobody read has no name of its own.
pub(super) fn place_word(label: &str, lang: Lang) -> std::borrow::Cow<'_, str> {
    match (label.split_once(":(unread"), lang) {
        (Some((device, _)), Lang::Ja) => format!("{device}の未確認のインターフェース").into(),
        (Some((device, _)), Lang::En) => format!("an interface of {device} that was not read").into(),
        (None, _) => label.into(),
    }
}

pub(super) fn line_word(state: LineState, lang: Lang) -> &'static str {
    match state {
        LineState::Unrecognized => pick(lang, "unrecognized", "未解釈"),
        LineState::Unmodelled => pick(lang, "unmodelled", "未対応"),
        LineState::Partial => pick(lang, "partial", "一部解釈"),
        LineState::Inert => pick(lang, "inert", "影響なし"),
        LineState::Modelled => pick(lang, "modelled", "解釈済み"),
    }
}

pub(super) fn family_word(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

/// The family in JSON.
pub(super) fn family_code(family: Family) -> &'static str {
    match family {
        Family::V4 => "ipv4",
        Family::V6 => "ipv6",
    }
}

/// Names of IP protocols as packet files and reports write them; the first name of a number is the one written.
pub(super) const PROTOCOLS: [(&str, u8); 22] = [
    ("icmp", proto::ICMP),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", proto::TCP),
    ("egp", 8),
    ("udp", proto::UDP),
    ("dccp", proto::DCCP),
    ("ipv6", 41),
    ("rsvp", 46),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmpv6", proto::ICMPV6),
    ("ipv6-icmp", proto::ICMPV6),
    ("icmp6", proto::ICMPV6),
    ("eigrp", 88),
    ("ospf", 89),
    ("pim", 103),
    ("vrrp", 112),
    ("l2tp", 115),
    ("sctp", proto::SCTP),
    ("udplite", proto::UDPLITE),
];

/// The name of a protocol number, if it has one here.
pub(super) fn proto_name(number: u8) -> Option<&'static str> {
    PROTOCOLS.iter().find(|(_, n)| *n == number).map(|(name, _)| *name)
}

/// The number behind a protocol's name.
pub(super) fn proto_number(name: &str) -> Option<u8> {
    PROTOCOLS.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

pub(super) fn protocol_title(number: u8) -> Cow<'static, str> {
    match proto_name(number) {
        Some("icmpv6") => "ICMPv6".into(),
        Some("ipip") => "IPIP".into(),
        Some("ipv6") => "IPv6-in-IP".into(),
        Some(name) => name.to_uppercase().into(),
        None => format!("protocol {number}").into(),
    }
}

/// TCP flags as letters: `S`, `SA`; empty without flags.
pub(super) fn flag_letters(flags: u8) -> String {
    // The habit is SYN first.
    const ORDER: [&str; 6] = ["SYN", "FIN", "RST", "PSH", "ACK", "URG"];
    let bit = |name: &str| TCP_FLAGS.iter().find(|f| f.0 == name).map_or(0, |f| f.1);
    ORDER.iter().filter(|n| flags & bit(n) != 0).filter_map(|n| n.chars().next()).collect()
}

fn flag_names(flags: u8) -> String {
    let set: Vec<&str> = TCP_FLAGS.iter().filter(|f| flags & f.1 != 0).map(|f| f.0).collect();
    set.join("+")
}

fn endpoint(address: IpAddr, port: Option<u16>) -> String {
    match (address, port) {
        (address, None) => address.to_string(),
        (IpAddr::V4(a), Some(port)) => format!("{a}:{port}"),
        (IpAddr::V6(a), Some(port)) => format!("[{a}]:{port}"),
    }
}

/// `TCP 10.0.0.1:49152 → 10.0.0.2:443 (SYN)`.
pub(super) fn packet(flow: &Flow) -> String {
    let ported = PORT_PROTOCOLS.contains(&flow.proto);
    let from = endpoint(flow.source(), ported.then_some(flow.sport));
    let to = endpoint(flow.destination(), ported.then_some(flow.dport));
    let tail = match flow.proto {
        proto::TCP if flow.flags == 0 => " (no flags)".to_owned(),
        proto::TCP => format!(" ({})", flag_names(flow.flags)),
        proto::ICMP | proto::ICMPV6 => format!(" (type {} code {})", flow.icmp >> 8, flow.icmp & 0xFF),
        _ => String::new(),
    };
    format!("{} {from} → {to}{tail}", protocol_title(flow.proto))
}

/// `TCP/443`, `ICMP`: what a person calls the service of a packet.
pub(super) fn service(flow: &Flow) -> String {
    let title = protocol_title(flow.proto);
    if PORT_PROTOCOLS.contains(&flow.proto) { format!("{title}/{}", flow.dport) } else { title.into_owned() }
}

/// What a translation changed: `source 10.0.0.1 → 203.0.113.1`.
pub(super) fn changes(before: &Flow, after: &Flow, lang: Lang) -> Vec<String> {
    let ported = |f: &Flow, p: u16| PORT_PROTOCOLS.contains(&f.proto).then_some(p);
    let mut out = Vec::new();
    if (before.src, before.sport) != (after.src, after.sport) {
        let word = pick(lang, "source", "送信元");
        let old = endpoint(before.source(), ported(before, before.sport));
        out.push(format!("{word} {old} → {}", endpoint(after.source(), ported(after, after.sport))));
    }
    if (before.dst, before.dport) != (after.dst, after.dport) {
        let word = pick(lang, "destination", "宛先");
        let old = endpoint(before.destination(), ported(before, before.dport));
        out.push(format!("{word} {old} → {}", endpoint(after.destination(), ported(after, after.dport))));
    }
    out
}
