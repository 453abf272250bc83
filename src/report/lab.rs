//! What a Linux kernel says to a site's analysis, for a person and for a script.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{Packet, SCHEMA_VERSION};
use super::page::{Ink, Page};
use super::text::Style;
use super::words::{packet, pick};
use crate::model::Flow;
use crate::source::{Lang, Msg};

/// The laboratory's findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    /// The kernel that judged.
    pub kernel: String,
    /// Every Linux router of the site.
    pub routers: Vec<Router>,
    /// Counterexamples that cross one of them.
    pub examples: Vec<Example>,
}

/// One router, made anew from its exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Router {
    /// Its name.
    pub name: String,
    /// Whether it could be made.
    pub made: bool,
    /// Why it could not, or why its packets prove nothing.
    pub reason: Option<Msg>,
    /// What the exports do not show, so that it may differ from the real one.
    pub missing: Vec<Msg>,
    /// Packets sent.
    pub packets: usize,
    /// Those of which only one thing was possible, and the kernel did it.
    pub confirmed: usize,
    /// Those with which the kernel did what was held to be impossible.
    pub refuted: usize,
    /// Some of the latter.
    pub examples: Vec<Refuted>,
    /// Whether more packets would have been worth sending.
    pub truncated: bool,
}

impl Router {
    /// One that was made, before any packet.
    pub fn made(name: &str) -> Router {
        Router {
            name: name.to_owned(),
            made: true,
            reason: None,
            missing: Vec::new(),
            packets: 0,
            confirmed: 0,
            refuted: 0,
            examples: Vec::new(),
            truncated: false,
        }
    }

    /// One that could not be made.
    pub fn not_made(name: &str, missing: Vec<Msg>, why: Msg) -> Router {
        Router { made: false, reason: Some(why), missing, ..Router::made(name) }
    }
}

/// A packet that refutes the analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refuted {
    /// Where it came in.
    pub ingress: String,
    /// The packet.
    pub packet: Flow,
    /// What the kernel did.
    pub kernel: End,
    /// Which engine it contradicts.
    pub why: Msg,
    /// What the analysis holds possible.
    pub expected: Vec<End>,
}

/// Where a packet ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It left by an interface with this header.
    Out(String, Flow),
    /// The router took it.
    Local,
    /// Nobody got it.
    Gone,
}

/// A counterexample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Code of the check.
    pub check: String,
    /// What was checked.
    pub scope: String,
    /// Its hops over routers that were made.
    pub hops: Vec<HopSeen>,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HopSeen {
    /// The router.
    pub router: String,
    /// The packet as it came in.
    pub packet: Flow,
    /// Whether the kernel sent it where the counterexample says, as it says.
    pub confirmed: bool,
}

impl Lab {
    /// Whether the kernel contradicts the analysis.
    pub fn refuted(&self) -> bool {
        self.routers.iter().any(|r| r.refuted > 0) || self.examples.iter().any(|e| !e.confirmed())
    }

    /// Whether something could not be tried.
    pub fn is_open(&self) -> bool {
        self.routers.iter().any(|r| r.reason.is_some())
    }
}

impl Example {
    fn confirmed(&self) -> bool {
        self.hops.iter().all(|h| h.confirmed)
    }
}

/// The answer of `bunri lab`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabReport {
    /// Always 1.
    pub schema_version: u32,
    /// The kernel that judged.
    pub kernel: String,
    /// Every Linux router of the site.
    pub routers: Vec<LabRouter>,
    /// Counterexamples of the site that cross one of them.
    pub counterexamples: Vec<LabExample>,
}

/// One router, made anew from its exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabRouter {
    /// Its name.
    pub name: String,
    /// Whether it could be made.
    pub made: bool,
    /// Why it could not, or why its packets prove nothing.
    pub reason: Option<String>,
    /// What the exports do not show, so that it may differ from the real one.
    pub missing: Vec<String>,
    /// Packets sent.
    pub packets: usize,
    /// Those of which only one thing was possible, and the kernel did it.
    pub confirmed: usize,
    /// Those with which the kernel did what was held to be impossible.
    pub refuted: usize,
    /// Some of the latter.
    pub examples: Vec<LabRefuted>,
    /// Whether more packets would have been worth sending.
    pub truncated: bool,
}

/// A packet that refutes the analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabRefuted {
    /// Interface where it came in.
    pub ingress: String,
    /// The packet.
    pub packet: Packet,
    /// What the kernel did.
    pub kernel: String,
    /// Which engine it contradicts.
    pub why: String,
    /// What the analysis holds possible.
    pub expected: Vec<String>,
}

/// A counterexample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabExample {
    /// Code of the check.
    pub check: String,
    /// What was checked.
    pub scope: String,
    /// Whether the kernel confirmed every hop below.
    pub confirmed: bool,
    /// Its hops over routers that were made.
    pub hops: Vec<LabHop>,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LabHop {
    /// The router.
    pub router: String,
    /// The packet as it came in.
    pub packet: Packet,
    /// Whether the kernel sent it where the counterexample says, as it says.
    pub confirmed: bool,
}

/// The findings in their JSON form.
pub fn json(lab: &Lab, lang: Lang) -> LabReport {
    let said = |m: &Msg| m.text(lang).to_owned();
    let refuted = |r: &Refuted| LabRefuted {
        ingress: r.ingress.clone(),
        packet: Packet::from(&r.packet),
        kernel: end(&r.kernel, lang),
        why: said(&r.why),
        expected: r.expected.iter().map(|e| end(e, lang)).collect(),
    };
    let router = |r: &Router| LabRouter {
        name: r.name.clone(),
        made: r.made,
        reason: r.reason.as_ref().map(said),
        missing: r.missing.iter().map(said).collect(),
        packets: r.packets,
        confirmed: r.confirmed,
        refuted: r.refuted,
        examples: r.examples.iter().map(refuted).collect(),
        truncated: r.truncated,
    };
    let hop = |h: &HopSeen| LabHop {
        router: h.router.clone(),
        packet: Packet::from(&h.packet),
        confirmed: h.confirmed,
    };
    let example = |e: &Example| LabExample {
        check: e.check.clone(),
        scope: e.scope.clone(),
        confirmed: e.confirmed(),
        hops: e.hops.iter().map(hop).collect(),
    };
    LabReport {
        schema_version: SCHEMA_VERSION,
        kernel: lab.kernel.clone(),
        routers: lab.routers.iter().map(router).collect(),
        counterexamples: lab.examples.iter().map(example).collect(),
    }
}

fn end(end: &End, lang: Lang) -> String {
    match end {
        End::Out(interface, header) => match lang {
            Lang::En => format!("out {interface} as {}", packet(header)),
            Lang::Ja => format!("「{interface}」から送出: {}", packet(header)),
        },
        End::Local => pick(lang, "taken by the router itself", "ルータ自身が受信").to_owned(),
        End::Gone => pick(lang, "nowhere", "破棄").to_owned(),
    }
}

/// The findings as text for a person.
pub fn text(lab: &Lab, style: Style) -> String {
    let (mut page, lang) = (Page::new(style.colour), style.lang);
    let title = pick(lang, "What a kernel says to the analysis", "カーネルによる解析結果の確認");
    page.ink(Ink::Strong, title).put(&format!("  {}", lab.kernel)).end();
    for router in &lab.routers {
        page.gap();
        one(&mut page, router, lang);
    }
    if !lab.examples.is_empty() {
        page.gap().line(0, pick(lang, "Counterexamples:", "反例:"));
    }
    for example in &lab.examples {
        let answer = match example.confirmed() {
            true => pick(lang, "the kernel lets it pass as well", "カーネルも同じく通す"),
            false => pick(lang, "THE KERNEL DOES NOT", "カーネルは通さない"),
        };
        page.line(1, &format!("{} {}  {answer}", example.check, example.scope));
        for hop in &example.hops {
            page.line(2, &format!("{}  {}", hop.router, packet(&hop.packet)));
        }
    }
    if lab.refuted() {
        let words = pick(
            lang,
            "The kernel contradicts the analysis: trust neither verdict, and report this to bunri's authors.",
            "カーネルの動作と解析が食い違っている。いずれの判定も用いず、開発元に連絡する。",
        );
        page.gap().line(0, words);
    }
    page.finish()
}

fn one(page: &mut Page, router: &Router, lang: Lang) {
    let (sent, confirmed, refuted) = (router.packets, router.confirmed, router.refuted);
    let open = sent.saturating_sub(confirmed + refuted);
    let counts = match lang {
        Lang::En => format!("{sent} packets: {confirmed} confirmed, {refuted} refuted, {open} open"),
        Lang::Ja => {
            format!("パケット {sent} 件: 一致 {confirmed}、不一致 {refuted}、解析が一意に定めないもの {open}")
        }
    };
    page.ink(Ink::Strong, &router.name).put(&format!("  {}", if router.made { &counts } else { "" })).end();
    if let Some(why) = &router.reason {
        let words = pick(lang, "not confirmed: ", "確認できない: ");
        page.line(1, &format!("{words}{}", why.text(lang)));
    }
    for missing in &router.missing {
        let words = pick(lang, "may differ from the real one: ", "実機と異なる可能性: ");
        page.line(1, &format!("{words}{}", missing.text(lang)));
    }
    if router.truncated {
        page.line(1, pick(lang, "more packets were left out", "ほかのパケットは省略した"));
    }
    for refuted in &router.examples {
        let words = pick(lang, "in", "受信");
        page.line(1, &format!("{words} {}: {}", refuted.ingress, packet(&refuted.packet)));
        page.line(2, &format!("{}{}", pick(lang, "kernel: ", "カーネル: "), end(&refuted.kernel, lang)));
        page.line(2, refuted.why.text(lang));
        for expected in &refuted.expected {
            page.line(2, &format!("{}{}", pick(lang, "analysis: ", "解析: "), end(expected, lang)));
        }
    }
}
