//! The answers of `bunri explain`: a check in words, one finding, or what gets from one place to another.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, Assertion, Culprit, FlowRow, Place, SCHEMA_VERSION};
use super::page::{Ink, Page};
use super::text::{Style, rows};
use super::words::pick;
use crate::analysis::answer::Verdict;
use crate::analysis::deaths::End;
use crate::checks::closed::{Closed, Stop, Stops};
use crate::checks::explanation::Explanation;
use crate::checks::pair::Told;
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
    /// For an item about packets between two sides that holds: what closes the ways, one entry a direction.
    pub closed_by: Vec<ClosedReport>,
}

/// What closes the way from some places to some others, for first packets (TCP with SYN alone, and whatever is not TCP)
/// to the addresses of these, whatever their sender writes as source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClosedReport {
    /// The senders' zone or places, by name.
    pub from: String,
    /// The receivers'.
    pub to: String,
    /// Where packets go no further, next to the receivers first.
    pub stops: Vec<StopReport>,
    /// Whether `stops` is cut.
    pub stops_truncated: bool,
    /// Why there are no stops, if they could not be found.
    pub reason: Option<String>,
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

/// Packets that go no further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StopReport {
    /// The device that has to do with it; null where no device takes them up.
    pub device: Option<String>,
    /// The interface by which they came in there.
    pub r#in: Option<String>,
    /// The interfaces by which they would go on; the one by which they went, where they are stranded.
    pub out: Vec<String>,
    /// The segment on which they end, where it is no device.
    pub segment: Option<String>,
    /// `denied`, `discarded` (by a route), `no-route`, `local` (the device itself takes them), `stranded` (put on a
    /// segment where no other device takes them up) or `no-link` (no device takes them up where they are sent).
    pub end: &'static str,
    /// The rule or route that refuses them.
    pub rule: Option<Place>,
    /// How many further devices there are on the cables to the receivers; null: no way.
    pub distance: Option<usize>,
    /// The packets, as they are there.
    pub rows: Vec<FlowRow>,
    /// Whether there are more than `rows` says.
    pub rows_truncated: bool,
}

impl StopReport {
    fn all(stops: &Stops, site: &Site, lang: Lang) -> Vec<StopReport> {
        let one = |s: &Stop| StopReport {
            device: s.device.clone(),
            r#in: s.ingress.clone(),
            out: s.egress.clone(),
            segment: s.segment.clone(),
            end: match s.end {
                End::Denied => "denied",
                End::Discarded => "discarded",
                End::NoRoute => "no-route",
                End::Local => "local",
                End::Stranded => "stranded",
                End::NoLink => "no-link",
            },
            rule: s.rule.as_ref().map(|p| json::place(p, &site.sources, lang)),
            distance: s.distance,
            rows: s.rows.iter().map(|r| json::row(r, &site.sources, lang)).collect(),
            rows_truncated: s.rows_truncated,
        };
        stops.list.iter().map(one).collect()
    }
}

impl ExplainReport {
    fn empty() -> Self {
        ExplainReport {
            schema_version: SCHEMA_VERSION,
            check: None,
            assertion: None,
            pair: None,
            closed_by: Vec::new(),
        }
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

    /// The same with what closes its ways.
    #[must_use]
    pub fn closed_by(mut self, closed: &[Closed], site: &Site, lang: Lang) -> Self {
        let one = |c: &Closed| ClosedReport {
            from: c.from.clone(),
            to: c.to.clone(),
            stops: StopReport::all(&c.stops, site, lang),
            stops_truncated: c.stops.truncated,
            reason: c.reason.as_ref().map(|r| r.text(lang).to_owned()),
        };
        self.closed_by = closed.iter().map(one).collect();
        self
    }

    /// Two places.
    pub fn of_pair(told: &Told, site: &Site, lang: Lang) -> Self {
        let rows = |list: &[_]| list.iter().map(|r| json::row(r, &site.sources, lang)).collect::<Vec<_>>();
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
            stops: StopReport::all(&told.stops, site, lang),
            stops_truncated: told.stops.truncated,
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
        let heading = match told.verdict {
            Verdict::Violated => {
                pick(lang, "Where the two are joined (lines):", "接続されている箇所(該当行):")
            }
            _ => pick(lang, "Why it cannot be determined (lines):", "判定できない原因(該当行):"),
        };
        page.line(4, heading);
        for line in super::text::culprit_lines(&told.culprits, site, lang) {
            page.line(6, &line);
        }
    }
    if told.culprits_truncated {
        page.line(6, pick(lang, "… and more", "…ほか"));
    }
    write_stops(&mut page, &told.stops, site, lang);
    page.finish()
}

/// What closes the ways of an item that holds, direction by direction.
pub fn closed_text(closed: &[Closed], site: &Site, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    for one in closed {
        let title = pick(lang, "What keeps packets from passing", "通信を遮断している箇所");
        page.gap().ink(Ink::Strong, &format!("{title}: {} → {}", one.from, one.to)).end();
        if let Some(reason) = &one.reason {
            page.line(4, &format!("{}: {}", pick(lang, "Reason", "理由"), reason.text(lang)));
        }
        list_stops(&mut page, &one.stops, site, lang);
    }
    page.finish()
}

fn write_stops(page: &mut Page, stops: &Stops, site: &Site, lang: Lang) {
    if !stops.list.is_empty() {
        let title = pick(lang, "Where packets go no further", "通信が止まる箇所");
        page.put("    ").ink(Ink::Strong, title).end();
    }
    list_stops(page, stops, site, lang);
}

fn list_stops(page: &mut Page, stops: &Stops, site: &Site, lang: Lang) {
    for stop in &stops.list {
        page.line(6, &stop_line(stop, site, lang));
        rows::bare(page, &stop.rows, stop.rows_truncated, site, lang);
    }
    if stops.truncated {
        page.line(6, pick(lang, "… and more", "…ほか"));
    }
}

fn stop_line(stop: &Stop, site: &Site, lang: Lang) -> String {
    let by = |what: &str| match &stop.rule {
        Some(rule) => format!("{what} {}", rows::located(rule, site, lang)),
        None => what.to_owned(),
    };
    let what = match stop.end {
        End::Denied => by(pick(lang, "refused by", "遮断した設定")),
        End::Discarded => by(pick(lang, "discarded by the route", "破棄した経路")),
        End::NoRoute => pick(lang, "no route", "経路なし").to_owned(),
        End::Local => pick(lang, "taken by the device itself", "機器自身あて").to_owned(),
        End::Stranded => pick(
            lang,
            "no other device takes them up on this segment",
            "送出先のセグメントに、更に転送する機器がない",
        )
        .to_owned(),
        End::NoLink => pick(
            lang,
            "no device takes them up on the sender's segment",
            "送信元のセグメントに、転送する機器がない",
        )
        .to_owned(),
    };
    let segment = stop.segment.as_ref().map(|s| match lang {
        Lang::En => format!("segment `{s}`"),
        Lang::Ja => format!("セグメント「{s}」"),
    });
    let way = (!stop.egress.is_empty()).then(|| stop.egress.join(pick(lang, ", ", "、")));
    let way = match (&stop.ingress, way) {
        (Some(from), Some(to)) => Some(format!("({from} → {to})")),
        (Some(from), None) => Some(format!("({from} →)")),
        (None, Some(to)) => Some(format!("(→ {to})")),
        (None, None) => None,
    };
    let place: Vec<String> = [stop.device.clone(), way, segment].into_iter().flatten().collect();
    format!("{}: {what}", place.join(" "))
}
