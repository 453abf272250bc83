//! The next few facts, for a person and for a script.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{SCHEMA_VERSION, location, statement};
use super::page::{Ink, Page};
use super::text::Style;
use super::words::{level_code, level_word, pick};
use crate::analysis::answer::Level;
use crate::checks::doctor::{Advice, Fact, Open};
use crate::network::Site;
use crate::source::Lang;

/// The answer of `bunri doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoctorReport {
    /// Always 1.
    pub schema_version: u32,
    /// Assertions that are undetermined.
    pub undetermined: usize,
    /// Assertions that are violated: no fact mends them.
    pub violated: usize,
    /// The facts, the most useful first.
    pub facts: Vec<NextFact>,
    /// Whether there are more.
    pub facts_truncated: bool,
}

/// One fact that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NextFact {
    /// Path inside the site folder, and the line where it shows, if it shows in one.
    pub place: Option<String>,
    /// The line's text, secrets masked.
    pub text: String,
    /// What is not known.
    pub what: String,
    /// What else is not known that the same look answers.
    pub also: Vec<String>,
    /// The device it is about.
    pub device: Option<String>,
    /// Assertions that are undetermined for this alone.
    pub settles: Vec<OpenItem>,
    /// Assertions that are undetermined for this and something else.
    pub contributes: Vec<OpenItem>,
    /// Who would know.
    pub who: String,
    /// What to do with the answer.
    pub then: String,
}

/// An assertion that is undetermined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenItem {
    /// `M-1`, `L-1` …
    pub id: &'static str,
    /// `packet`, `l2`, `host` or `-`.
    pub level: &'static str,
    /// What it is about.
    pub scope: String,
}

/// The advice in its JSON form.
pub fn json(advice: &Advice, site: &Site, lang: Lang) -> DoctorReport {
    DoctorReport {
        schema_version: SCHEMA_VERSION,
        undetermined: advice.open,
        violated: advice.violated,
        facts: advice.facts.iter().map(|f| next(f, site, lang)).collect(),
        facts_truncated: advice.more > 0,
    }
}

fn next(fact: &Fact, site: &Site, lang: Lang) -> NextFact {
    NextFact {
        place: fact.place.map(|s| location(&site.sources, s)),
        text: fact.place.map(|s| statement(&site.sources, s)).unwrap_or_default(),
        what: fact.what.text(lang).to_owned(),
        also: fact.also.iter().map(|m| m.text(lang).to_owned()).collect(),
        device: fact.device.clone(),
        settles: items(&fact.settles),
        contributes: items(&fact.contributes),
        who: fact.who.text(lang).to_owned(),
        then: fact.then.text(lang).to_owned(),
    }
}

fn items(list: &[Open]) -> Vec<OpenItem> {
    let item = |o: &Open| OpenItem { id: o.id, level: level_code(o.level), scope: o.scope.clone() };
    list.iter().map(item).collect()
}

/// The advice as text for a person.
pub fn text(advice: &Advice, site: &Site, style: Style) -> String {
    let (mut page, lang) = (Page::new(style.colour), style.lang);
    let title = pick(lang, "What to find out next", "次に確認すべき事項");
    page.ink(Ink::Strong, title).put(&format!("  {}", site.name)).end();
    let (open, violated) = (advice.open, advice.violated);
    page.line(
        0,
        &match lang {
            Lang::En => format!("{open} items are undetermined, {violated} are violated"),
            Lang::Ja => format!("判定保留 {open}件、不適合 {violated}件"),
        },
    );
    if violated > 0 {
        let words = pick(
            lang,
            "Violations are not settled by facts: see `bunri check`.",
            "不適合は、確認によっては解消しない。内容は `bunri check` で確認する。",
        );
        page.line(0, words);
    }
    if advice.facts.is_empty() {
        page.line(0, pick(lang, "There is nothing to find out.", "確認すべき事項はない。"));
    }
    for (number, fact) in (1..).zip(&advice.facts) {
        write(&mut page, number, fact, site, lang);
    }
    if advice.more > 0 {
        let more = advice.more;
        page.gap().line(
            0,
            &match lang {
                Lang::En => format!("{more} further facts are not listed; run this again after these."),
                Lang::Ja => format!("このほかに{more}件ある。上記を確認した後に再度実行する。"),
            },
        );
    }
    page.finish()
}

fn write(page: &mut Page, number: usize, fact: &Fact, site: &Site, lang: Lang) {
    page.gap().ink(Ink::Strong, &format!("{number}. {}", fact.what.text(lang)));
    if let Some(device) = &fact.device {
        page.put(&format!(" [{device}]"));
    }
    page.end();
    for also in &fact.also {
        let word = pick(lang, "The same look answers", "同時に確認できる事項");
        page.line(3, &format!("{word}: {}", also.text(lang)));
    }
    if let Some(span) = fact.place {
        let text = statement(&site.sources, span);
        let word = pick(lang, "Where", "該当箇所");
        let colon = if text.is_empty() { "" } else { ": " };
        page.line(3, &format!("{word}: {}{colon}{text}", location(&site.sources, span)));
    }
    if !fact.settles.is_empty() {
        let word = pick(lang, "Settles", "これにより判定できる項目");
        page.line(3, &format!("{word} ({}): {}", fact.settles.len(), named(&fact.settles, lang)));
    }
    if !fact.contributes.is_empty() {
        let word = pick(lang, "Needed, with others, for", "他の事項とともに判定に必要な項目");
        page.line(3, &format!("{word} ({}): {}", fact.contributes.len(), named(&fact.contributes, lang)));
    }
    page.line(3, &format!("{}: {}", pick(lang, "Who would know", "確認先"), fact.who.text(lang)));
    page.line(3, &format!("{}: {}", pick(lang, "Then", "対応"), fact.then.text(lang)));
}

/// `M-1 (packet), L-1 (machines)`.
fn named(list: &[Open], lang: Lang) -> String {
    let one = |o: &Open| match o.level {
        Level::None => o.id.to_owned(),
        level => format!("{} ({})", o.id, level_word(level, lang)),
    };
    list.iter().map(one).collect::<Vec<_>>().join(pick(lang, ", ", "、"))
}
