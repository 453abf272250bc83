//! The report of `bunri check` as text for a person.

mod assertion;
mod changes;
mod evidence;
pub(super) mod rows;
mod scope;

pub(super) use assertion::culprit_lines;
pub use changes::changes;

use std::collections::BTreeSet;

use super::page::{Colour, Columns, Ink, Page};
use super::words::{class_word, mark, pick, verdict_word};
use crate::analysis::answer::{Assertion, Assessment, Bearing, Class, Verdict};
use crate::network::{DeviceStatus, Site};
use crate::source::Lang;

/// How a report is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The reader's language.
    pub lang: Lang,
    /// Whether to colour it.
    pub colour: Colour,
    /// Most lines listed as not understood; the rest is counted.
    pub unread_lines: usize,
}

impl Style {
    /// Plain text in `lang`, the first 20 lines not understood.
    pub fn plain(lang: Lang) -> Self {
        Style { lang, colour: Colour::Off, unread_lines: 20 }
    }
}

const ALL: [Verdict; 4] = [Verdict::Holds, Verdict::Violated, Verdict::Undetermined, Verdict::NotApplicable];

/// The overall result: the worst path finding, then missing devices. Other classes do not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overall {
    Violations,
    Open,
    NoneFound,
}

/// Renders an assessment.
pub fn check(assessment: &Assessment, site: &Site, style: Style) -> String {
    let mut page = Page::new(style.colour);
    let lang = style.lang;
    let title = pick(lang, "Three-tier separation: result of the analysis", "三層分離設定の解析結果");
    page.ink(Ink::Strong, title).put(&format!("  {}", site.name)).end();
    summary(&mut page, assessment, site, lang);
    overview(&mut page, assessment, lang);
    assertion::write_all(&mut page, assessment, site, lang);
    scope::assumptions(&mut page, assessment, site, lang);
    scope::devices(&mut page, site, lang);
    scope::coverage(&mut page, assessment, site, style);
    scope::not_checked(&mut page, assessment, lang);
    page.finish()
}

/// The items alone.
pub fn items(assessment: &Assessment, site: &Site, style: Style) -> String {
    let mut page = Page::new(style.colour);
    assertion::write_all(&mut page, assessment, site, style.lang);
    page.finish()
}

fn heading(page: &mut Page, text: &str) {
    page.gap().ink(Ink::Strong, &format!("■ {text}")).end();
}

fn deciding(assessment: &Assessment) -> impl Iterator<Item = &Assertion> {
    assessment.assertions.iter().filter(|a| a.bearing == Bearing::Decides)
}

fn count(assessment: &Assessment, verdict: Verdict, path: Option<bool>) -> usize {
    let fits = |class: Class| path.is_none_or(|p| p == (class == Class::Path));
    deciding(assessment).filter(|a| a.verdict == verdict && fits(a.class)).count()
}

/// Devices of which nothing was handed in: of the topology, and rows of the device list that are none of those.
fn missing(site: &Site) -> usize {
    let boxes = site.boxes.iter().filter(|b| matches!(b.1, DeviceStatus::Missing(_))).count();
    boxes.saturating_add(beside(site, false))
}

/// Rows of the device list that are no device of the topology: excluded ones, or the others.
fn beside(site: &Site, excluded: bool) -> usize {
    let known: BTreeSet<&str> = site.boxes.iter().map(|(name, _)| name.value.as_str()).collect();
    let others = site.records.inventory.iter().filter(|row| !known.contains(row.name.value.as_str()));
    others.filter(|row| row.excluded.is_some() == excluded).count()
}

fn overall(assessment: &Assessment, site: &Site) -> Overall {
    if count(assessment, Verdict::Violated, Some(true)) > 0 {
        Overall::Violations
    } else if count(assessment, Verdict::Undetermined, Some(true)) > 0
        || missing(site) > 0
        // Nothing was found because nothing was looked at.
        || count(assessment, Verdict::Holds, Some(true)) == 0
    {
        Overall::Open
    } else {
        Overall::NoneFound
    }
}

fn overall_words(overall: Overall, lang: Lang) -> (&'static str, Ink, &'static str) {
    match overall {
        Overall::Violations => ("×", Ink::Bad, pick(lang, "violations found", "不適合あり")),
        Overall::Open => ("△", Ink::Doubt, pick(lang, "undetermined items remain", "判定保留あり")),
        Overall::NoneFound => (
            "○",
            Ink::Good,
            pick(
                lang,
                "no violation was found within the information provided",
                "提供情報の範囲において不適合は確認されなかった",
            ),
        ),
    }
}

fn summary(page: &mut Page, assessment: &Assessment, site: &Site, lang: Lang) {
    let (sign, ink, words) = overall_words(overall(assessment, site), lang);
    let colon = pick(lang, ": ", ": ");
    page.ink(Ink::Strong, pick(lang, "Overall", "総合解析結果")).put(colon);
    let papers = count(assessment, Verdict::Violated, Some(false));
    let beside = match (sign, papers, lang) {
        ("○", 1.., Lang::En) => format!(" (paths; violated items of other classes: {papers})"),
        ("○", 1.., Lang::Ja) => format!("(経路について。経路以外の項目の不適合 {papers})"),
        _ => String::new(),
    };
    page.ink(ink, &format!("{sign} {words}{beside}")).end();
    let counts: Vec<String> =
        ALL.iter().map(|v| format!("{} {}", verdict_word(*v, lang), count(assessment, *v, None))).collect();
    let items = pick(lang, "Items", "検査項目");
    let total = deciding(assessment).count();
    page.line(2, &format!("{items}{colon}{} ({} {total})", counts.join(" / "), pick(lang, "of", "計")));
    others(page, assessment, lang);
    device_counts(page, site, lang);
    scope::range(page, site, lang);
    let unread: u32 =
        assessment.coverage.iter().map(|c| c.1.partial + c.1.unmodelled + c.1.unrecognized).sum();
    page.line(
        2,
        &match lang {
            Lang::En => format!("Lines not fully understood: {unread}"),
            Lang::Ja => format!("解析できなかった行: {unread}行"),
        },
    );
    chosen_rules(page, assessment, lang);
    page.gap();
    for sentence in CAVEATS {
        page.line(2, pick(lang, sentence.0, sentence.1));
    }
}

/// The rules that the site chose, and what to know of them.
fn chosen_rules(page: &mut Page, assessment: &Assessment, lang: Lang) {
    let Some(rules) = &assessment.rules else { return };
    let words = [
        (pick(lang, "Rule pack", "規則集"), [rules.pack.as_str(), rules.title.as_str()].join(" ")),
        (pick(lang, "Model", "採用モデル"), rules.variant.clone()),
    ];
    for (title, value) in words.iter().filter(|(_, v)| !v.trim().is_empty()) {
        page.line(2, &format!("{title}: {}", value.trim()));
    }
    if let Some(caveat) = &rules.caveat {
        page.line(2, caveat.text(lang));
    }
}

/// Said once, under the overall result.
const CAVEATS: [(&str, &str); 3] = [
    (
        "\"The information provided\" means the configuration files and site data listed in this report and the \
         declarations listed below.",
        "以下「提供情報」とは、本報告に記載の設定情報、構成情報及び申告事項をいう。",
    ),
    (
        "This result presumes that the information provided agrees with the real devices and cabling, and that \
         the assumptions and declarations are true.",
        "本結果は、提供情報が実機の設定及び実際の結線と一致していること、並びに前提条件及び申告事項が事実であること\
         を前提とする。",
    ),
    (
        "Devices, lines and settings that were not provided, removable media, user authentication, faults and \
         vulnerabilities of devices and later changes are not covered. It supports the inspector's judgement; it \
         neither decides an inspection nor guarantees security.",
        "提供情報に含まれない機器、回線及び設定、可搬媒体、利用者認証、機器の不具合又はぜい弱性、並びに設定採取後の\
         変更については対象としていない。本結果は検査職員の判断を補助する資料であり、検査の合否を決定し、又は情報\
         セキュリティを保証するものではない。",
    ),
];

/// Findings that do not concern paths never change the overall result, and are never hidden by it either.
fn others(page: &mut Page, assessment: &Assessment, lang: Lang) {
    let mut parts = Vec::new();
    for class in [Class::Path, Class::Register, Class::Hygiene, Class::Evidence, Class::Scope] {
        let of = |v: Verdict| deciding(assessment).filter(|a| a.class == class && a.verdict == v).count();
        let (bad, open) = (of(Verdict::Violated), of(Verdict::Undetermined));
        if bad + open > 0 {
            let word = class_word(class, lang);
            parts.push(match lang {
                Lang::En => format!("{word}: {bad} violated, {open} undetermined"),
                Lang::Ja => format!("{word}: 不適合 {bad}・判定保留 {open}"),
            });
        }
    }
    if !parts.is_empty() {
        let title = pick(lang, "By class: ", "区分別: ");
        page.line(2, &format!("{title}{}", parts.join(pick(lang, "; ", "、"))));
    }
}

/// Every device of the topology, and every row of the device list that is none of them.
fn device_counts(page: &mut Page, site: &Site, lang: Lang) {
    let of = |code: &str| site.boxes.iter().filter(|b| super::words::status_code(&b.1) == code).count();
    let (analysed, declared) = (of("analysed"), of("declared"));
    let (excluded, missing) = (of("excluded").saturating_add(beside(site, true)), missing(site));
    let total = [analysed, declared, excluded, missing].into_iter().sum::<usize>();
    let text = match lang {
        Lang::En => format!(
            "Devices: {total} listed: {analysed} analysed, {declared} declared, {excluded} excluded, {missing} missing"
        ),
        Lang::Ja => format!(
            "機器: {total}台中 解析 {analysed}台・申告 {declared}台・対象外 {excluded}台・未提出 {missing}台"
        ),
    };
    page.line(2, &text);
}

pub(super) fn verdict_ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Holds => Ink::Good,
        Verdict::Violated => Ink::Bad,
        Verdict::Undetermined => Ink::Doubt,
        Verdict::NotApplicable => Ink::Faint,
    }
}

/// One row per item.
fn overview(page: &mut Page, assessment: &Assessment, lang: Lang) {
    heading(page, pick(lang, "Items", "検査項目一覧"));
    let legend: Vec<String> =
        ALL.iter().map(|v| format!("{} {}", mark(*v), verdict_word(*v, lang))).collect();
    page.line(2, &format!("{}: {}", pick(lang, "Legend", "凡例"), legend.join("  ")));
    let mut table = Columns::default();
    for a in &assessment.assertions {
        table.row(assertion::cells(a, lang));
    }
    table.write(page, 2);
}
