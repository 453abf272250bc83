//! What differs from an earlier answer.

use super::super::baseline::{Change, Changes};
use super::super::page::{Ink, Page};
use super::super::words::{pick, verdict_of_code};
use super::{Style, heading};
use crate::source::Lang;

/// Renders the comparison, to stand below the report.
pub fn changes(changes: &Changes, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    page.line(0, "");
    heading(&mut page, pick(lang, "Compared with the earlier result", "前回の結果との比較"));
    page.line(2, &summary(changes, lang));
    let lists = [
        (pick(lang, "New or worse", "新規又は悪化"), Ink::Bad, &changes.new),
        (pick(lang, "Resolved", "解消"), Ink::Good, &changes.resolved),
        (pick(lang, "Continuing", "継続"), Ink::Doubt, &changes.continuing),
    ];
    for (title, ink, list) in lists {
        for change in list {
            page.put("  ").ink(ink, title).put(&format!(": {}", line(change, lang))).end();
        }
    }
    page.finish()
}

fn summary(changes: &Changes, lang: Lang) -> String {
    let of = |word: &str| changes.continuing.iter().filter(|c| c.now.as_deref() == Some(word)).count();
    let (bad, open) = (of("violated"), of("undetermined"));
    let (new, resolved) = (changes.new.len(), changes.resolved.len());
    let still = match (lang, bad) {
        (Lang::En, 0) => format!("{open} undetermined items go on"),
        (Lang::En, _) => format!("{bad} violated and {open} undetermined items go on"),
        (Lang::Ja, 0) => format!("判定保留 {open}件は継続"),
        (Lang::Ja, _) => format!("不適合 {bad}件・判定保留 {open}件は継続"),
    };
    match (lang, new + resolved) {
        (Lang::En, 0) => format!("no change since the earlier result ({still})"),
        (Lang::Ja, 0) => format!("前回から変化なし({still})"),
        (Lang::En, _) => format!("{new} new or worse, {resolved} resolved ({still})"),
        (Lang::Ja, _) => format!("新規又は悪化 {new}件、解消 {resolved}件({still})"),
    }
}

fn line(change: &Change, lang: Lang) -> String {
    let word = |code: &Option<String>| match code {
        Some(code) => verdict_of_code(code, lang).to_owned(),
        None => pick(lang, "not asked", "検査なし").to_owned(),
    };
    let (before, now) = (word(&change.before), word(&change.now));
    let verdict = if before == now { now } else { format!("{before} → {now}") };
    let why: Vec<&str> = change.why.iter().map(|w| reason(w, lang)).filter(|w| !w.is_empty()).collect();
    let why =
        if why.is_empty() { String::new() } else { format!(" [{}]", why.join(pick(lang, ", ", "、"))) };
    format!("{} {} {verdict}{why}", change.finding, change.scope)
}

fn reason(code: &str, lang: Lang) -> &'static str {
    match code {
        "path" => pick(lang, "another path", "異なる経路がある"),
        "line" => pick(lang, "another line that decides", "原因となる行が増えた"),
        "flow" => pick(lang, "more gets through", "到達する通信の範囲が広がった"),
        "cut" => pick(lang, "the lists are cut, so it cannot be told", "一覧が省略されており比較できない"),
        _ => "",
    }
}
