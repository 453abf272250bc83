//! The report of `bunri trace` as text.

use super::Style;
use super::json::{
    Hop, LinePlace, Packet, Place, ProtoWord, TraceAnswer, TraceReport, TraceRule, TraceVerdict,
};
use super::names::named;
use super::page::{Ink, Page};
use super::words::pick;
use crate::source::Lang;

/// Renders what becomes of every packet.
pub fn trace(report: &TraceReport, style: Style) -> String {
    let mut page = Page::new(style.colour);
    for verdict in &report.verdicts {
        page.gap();
        write(&mut page, verdict, style.lang);
    }
    page.finish()
}

pub(super) fn word(answer: TraceAnswer, lang: Lang) -> (&'static str, Ink) {
    match answer {
        TraceAnswer::Accept => (pick(lang, "forwarded", "転送される"), Ink::Good),
        TraceAnswer::Local => (pick(lang, "delivered to the device", "機器自身に届く"), Ink::Good),
        TraceAnswer::Reject => (pick(lang, "refused with an answer", "遮断される(応答あり)"), Ink::Bad),
        TraceAnswer::Drop => (pick(lang, "dropped", "遮断される"), Ink::Bad),
        TraceAnswer::Undetermined => (pick(lang, "undetermined", "判定保留"), Ink::Doubt),
    }
}

fn write(page: &mut Page, verdict: &TraceVerdict, lang: Lang) {
    let (text, ink) = word(verdict.verdict, lang);
    let id = match &verdict.id {
        serde_json::Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    page.ink(Ink::Strong, &id).put(": ").ink(ink, text);
    if let Some(out) = &verdict.out {
        page.put(&format!(" ({} {out})", pick(lang, "out", "出力")));
    }
    page.end();
    if verdict.verdict == TraceAnswer::Undetermined && !verdict.outcomes.is_empty() {
        let all: Vec<&str> = verdict.outcomes.iter().map(|o| word(*o, lang).0).collect();
        let title = pick(lang, "possible", "可能性");
        page.line(2, &format!("{title}: {}", all.join(pick(lang, ", ", "、"))));
    }
    if let Some(reason) = &verdict.reason {
        page.line(2, &format!("{}: {reason}", pick(lang, "reason", "理由")));
    }
    let refused = matches!(verdict.verdict, TraceAnswer::Drop | TraceAnswer::Reject);
    for (at, hop) in (1..).zip(&verdict.hops) {
        write_hop(page, hop, refused && at == verdict.hops.len(), lang);
    }
    for rule in &verdict.rules {
        write_rule(page, rule, lang);
    }
    if let Some(header) = &verdict.header {
        page.line(2, &format!("{}: {}", pick(lang, "header at the end", "最後のヘッダ"), packet(header)));
    }
    if !verdict.culprits.is_empty() {
        page.line(2, pick(lang, "why it cannot be determined:", "判定できない原因(該当行):"));
        culprits(page, &verdict.culprits, verdict.culprits_truncated, lang);
    }
}

fn write_rule(page: &mut Page, rule: &TraceRule, lang: Lang) {
    let title = pick(lang, "rule", "設定");
    let at = location(&rule.file, rule.line, &rule.text);
    page.line(2, format!("{title}: {} ({at}) {}", named(&rule.label, lang), rule.text).trim_end());
}

/// `policy 90 (TEST) (a.conf:945) edit 90`.
pub(super) fn place_words(place: &Place, lang: Lang) -> String {
    let at = location(&place.file, place.line, &place.text);
    format!("{} ({at}) {}", named(&place.label, lang), place.text).trim_end().to_owned()
}

/// `last`: the packet went no further than this device.
fn write_hop(page: &mut Page, hop: &Hop, last: bool, lang: Lang) {
    let itself = pick(lang, "the device itself", "機器自身");
    let (via, from, to) = match lang {
        Lang::En => ("via", "in", "out"),
        Lang::Ja => ("経由", "入力", "出力"),
    };
    let (ingress, egress) = (hop.ingress.as_deref(), hop.egress.as_deref());
    let (ingress, egress) = (ingress.unwrap_or(itself), egress.unwrap_or(itself));
    let onward = match hop.egress {
        None if last => String::new(),
        _ => format!("{}{to} {egress}", pick(lang, ", ", "、")),
    };
    page.line(2, &format!("{via}: {} ({from} {ingress}{onward})", hop.device));
    for nat in &hop.nat {
        let title = pick(lang, "translated by", "アドレス変換");
        let at = location(&nat.place.file, nat.place.line, &nat.place.text);
        page.line(
            4,
            format!("{title}: {} ({at}) {}", named(&nat.place.label, lang), nat.place.text).trim_end(),
        );
        page.line(6, &format!("{} → {}", packet(&nat.before), packet(&nat.after)));
    }
}

/// Lines that leave an answer open.
pub(super) fn culprits(page: &mut Page, list: &[LinePlace], more: bool, lang: Lang) {
    for c in list {
        let dash = if c.text.is_empty() { "" } else { " — " };
        let at = location(&c.file, c.line, &c.text);
        page.line(4, &format!("{at}: {}{dash}{}", c.text, c.what));
    }
    if more {
        page.line(4, pick(lang, "… and more", "…ほか"));
    }
}

/// `file:line`, or the file alone where there is no line to quote.
fn location(file: &str, line: u32, text: &str) -> String {
    if text.is_empty() { file.to_owned() } else { format!("{file}:{line}") }
}

/// `tcp 10.0.0.1 49152 → 10.0.0.2 443 S`.
pub(super) fn packet(p: &Packet) -> String {
    let proto = match p.proto {
        ProtoWord::Name(name) => name.to_owned(),
        ProtoWord::Number(n) => n.to_string(),
    };
    let port = |port: Option<u16>| port.map_or_else(String::new, |p| format!(" {p}"));
    let mut out = format!("{proto} {}{} → {}{}", p.src, port(p.sport), p.dst, port(p.dport));
    if let Some(flags) = p.flags.as_ref().filter(|f| !f.is_empty()) {
        out.push_str(&format!(" {flags}"));
    }
    if let (Some(kind), Some(code)) = (p.icmp_type, p.icmp_code) {
        out.push_str(&format!(" type {kind} code {code}"));
    }
    out
}
