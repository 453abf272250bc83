//! The answers of `bunri explain`: a check in words, one finding, or what gets from one place to another.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, Assertion, Culprit, FlowRow, Place, SCHEMA_VERSION};
use super::page::{Ink, Page};
use super::text::{Style, rows};
use super::words::pick;
use crate::analysis::answer::Verdict;
use crate::analysis::deaths::End;
use crate::checks::explanation::Explanation;
use crate::checks::pair::{Stop, Told};
use crate::network::Site;
use crate::source::Lang;

/// The answer of `bunri explain`: one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExplainReport {
    /// Always 1.
    pub schema_version: u32,
    /// A check in words.
    pub check: Option<CheckText>,
    /// The item that a finding belongs to; of its ways only the one asked about, if one was.
    pub assertion: Option<Assertion>,
    /// What gets from one place to another.
    pub pair: Option<PairReport>,
}

/// A check in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckText {
    /// Its code.
    pub code: &'static str,
    /// What it asks.
    pub title: String,
    /// What it finds.
    pub finds: String,
    /// Why that matters.
    pub matters: String,
    /// An example.
    pub example: String,
    /// What to do about it.
    pub remedy: String,
    /// Where the rule stands.
    pub references: String,
}

/// What gets from one place to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PairReport {
    /// `reachable`, `unreachable` or `undetermined`.
    pub verdict: &'static str,
    /// What certainly gets through; where nothing does, what may.
    pub rows: Vec<FlowRow>,
    /// Whether more gets through than `rows` says.
    pub rows_truncated: bool,
    /// Lines that would have to be known.
    pub culprits: Vec<Culprit>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
    /// Where packets go no further that are sent to the receivers' addresses, if nothing gets through.
    pub stops: Vec<StopReport>,
    /// Whether `stops` is cut.
    pub stops_truncated: bool,
    /// Why it is undetermined, or why there are no stops, where no line is the reason.
    pub reason: Option<String>,
}

/// Packets that go no further on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StopReport {
    /// The device.
    pub device: String,
    /// `denied`, `no-route` or `local` (the device itself takes them).
    pub end: &'static str,
    /// The rule that refuses them.
    pub rule: Option<Place>,
    /// The packets, as they are there.
    pub rows: Vec<FlowRow>,
    /// Whether there are more than `rows` says.
    pub rows_truncated: bool,
}

impl ExplainReport {
    fn empty() -> Self {
        ExplainReport { schema_version: SCHEMA_VERSION, check: None, assertion: None, pair: None }
    }

    /// A check.
    pub fn of_check(e: &Explanation, lang: Lang) -> Self {
        let text = |m: &crate::source::Msg| m.text(lang).to_owned();
        let check = CheckText {
            code: e.code,
            title: text(&e.title),
            finds: text(&e.finds),
            matters: text(&e.matters),
            example: text(&e.example),
            remedy: text(&e.remedy),
            references: text(&e.references),
        };
        ExplainReport { check: Some(check), ..Self::empty() }
    }

    /// A finding, with the check it belongs to if that is explained.
    pub fn of_finding(assertion: Assertion, e: Option<&Explanation>, lang: Lang) -> Self {
        let check = e.and_then(|e| Self::of_check(e, lang).check);
        ExplainReport { assertion: Some(assertion), check, ..Self::empty() }
    }

    /// Two places.
    pub fn of_pair(told: &Told, site: &Site, lang: Lang) -> Self {
        let rows = |list: &[_]| list.iter().map(|r| json::row(r, &site.sources, lang)).collect::<Vec<_>>();
        let stop = |s: &Stop| StopReport {
            device: s.device.clone(),
            end: match s.end {
                End::Denied => "denied",
                End::NoRoute => "no-route",
                End::Local => "local",
            },
            rule: s.rule.as_ref().map(|p| json::place(p, &site.sources, lang)),
            rows: rows(&s.rows),
            rows_truncated: s.rows_truncated,
        };
        let pair = PairReport {
            verdict: match told.verdict {
                Verdict::Violated => "reachable",
                Verdict::Holds => "unreachable",
                Verdict::Undetermined | Verdict::NotApplicable => "undetermined",
            },
            rows: rows(&told.rows),
            rows_truncated: told.rows_truncated,
            culprits: told.culprits.iter().map(|c| json::culprit(c, &site.sources, lang)).collect(),
            culprits_truncated: told.culprits_truncated,
            stops: told.deaths.iter().map(stop).collect(),
            stops_truncated: told.deaths_truncated,
            reason: told.reason.as_ref().map(|r| r.text(lang).to_owned()),
        };
        ExplainReport { pair: Some(pair), ..Self::empty() }
    }
}

/// A check under its fixed headings.
pub fn check_text(e: &Explanation, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    page.ink(Ink::Strong, e.code).put(": ").put(e.title.text(lang)).end();
    let parts = [
        (pick(lang, "What it finds", "検出する事項"), &e.finds),
        (pick(lang, "Why it matters", "理由"), &e.matters),
        (pick(lang, "Example", "例"), &e.example),
        (pick(lang, "Remedy", "対処"), &e.remedy),
        (pick(lang, "References", "根拠"), &e.references),
    ];
    for (title, text) in parts {
        page.gap().ink(Ink::Strong, title).end();
        page.line(2, text.text(lang));
    }
    page.finish()
}

/// Two places.
pub fn pair_text(told: &Told, site: &Site, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    let (text, title) = match told.verdict {
        Verdict::Violated => (
            pick(lang, "something gets through", "到達する通信がある"),
            pick(lang, "Everything that certainly gets through", "到達が確認された通信の範囲"),
        ),
        Verdict::Holds => (pick(lang, "nothing gets through", "到達する通信はない"), ""),
        Verdict::Undetermined | Verdict::NotApplicable => (
            pick(
                lang,
                "undetermined whether anything gets through",
                "判定保留(到達する通信があるか判定できない)",
            ),
            pick(lang, "Everything that may get through", "到達し得る通信の範囲"),
        ),
    };
    page.ink(Ink::Strong, text).end();
    if let Some(reason) = &told.reason {
        page.line(2, &format!("{}: {}", pick(lang, "Reason", "理由"), reason.text(lang)));
    }
    rows::table(&mut page, title, &told.rows, told.rows_truncated, site, lang);
    if !told.culprits.is_empty() {
        page.line(4, pick(lang, "Why it cannot be determined (lines):", "判定できない原因(該当行):"));
        for culprit in &told.culprits {
            page.line(6, &super::text::culprit_line(culprit, site, lang));
        }
    }
    if told.culprits_truncated {
        page.line(6, pick(lang, "… and more", "…ほか"));
    }
    if !told.deaths.is_empty() {
        let title = pick(lang, "Where packets go no further", "通信が止まる箇所");
        page.put("    ").ink(Ink::Strong, title).end();
    }
    for stop in &told.deaths {
        page.line(6, &stop_line(stop, site, lang));
        rows::bare(&mut page, &stop.rows, stop.rows_truncated, site, lang);
    }
    if told.deaths_truncated {
        page.line(6, pick(lang, "… and more", "…ほか"));
    }
    page.finish()
}

fn stop_line(stop: &Stop, site: &Site, lang: Lang) -> String {
    let device = &stop.device;
    let what = match (stop.end, &stop.rule) {
        (End::Denied, Some(rule)) => {
            format!("{} {}", pick(lang, "refused by", "拒否した設定"), rows::located(rule, site, lang))
        }
        (End::Denied, None) => pick(lang, "refused", "拒否").to_owned(),
        (End::NoRoute, _) => pick(lang, "no route", "経路なし").to_owned(),
        (End::Local, _) => pick(lang, "taken by the device itself", "機器自身あて").to_owned(),
    };
    format!("{device}: {what}")
}
