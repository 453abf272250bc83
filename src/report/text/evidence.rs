//! Ways across, as a path that a person can follow from sender to receiver.

use super::super::json::{location, statement};
use super::super::names::named;
use super::super::page::{Ink, Page};
use super::super::words::{changes, family_word, pick, place_word};
use super::assertion::{culprit_lines, packet_line};
use crate::analysis::answer::{Assertion, Evidence, Hop, Leg, NatStep, Place};
use crate::analysis::finding;
use crate::network::Site;
use crate::source::Lang;

/// Every example of an item: confirmed ones, those with a forged source apart, then possible ones.
pub(super) fn write_all(page: &mut Page, a: &Assertion, site: &Site, lang: Lang) {
    let (forged, honest): (Vec<&Evidence>, Vec<&Evidence>) =
        a.counterexamples.iter().partition(|e| e.requires_forged_source);
    let title = pick(lang, "Confirmed example of crossing traffic", "確認された越境通信の例");
    group(page, title, (a, &honest), site, lang);
    let title = pick(
        lang,
        "Confirmed example of crossing traffic, if the sender forges its address",
        "送信元を偽った場合に確認された越境通信の例",
    );
    group(page, title, (a, &forged), site, lang);
    truncated(page, a.counterexamples_truncated, lang);
    let possible: Vec<&Evidence> = a.possible_paths.iter().collect();
    let title = pick(
        lang,
        "Path that may exist, depending on what could not be determined",
        "判定できない原因の内容によっては存在し得る経路",
    );
    group(page, title, (a, &possible), site, lang);
    truncated(page, a.possible_paths_truncated, lang);
}

fn truncated(page: &mut Page, more: bool, lang: Lang) {
    if more {
        page.line(4, pick(lang, "… more were found; the list is cut here", "…ほかにもあり、一覧を省略した"));
    }
}

fn group(page: &mut Page, title: &str, (a, list): (&Assertion, &[&Evidence]), site: &Site, lang: Lang) {
    for (number, evidence) in (1..).zip(list) {
        let number = if list.len() > 1 { format!(" {number}") } else { String::new() };
        page.put("    ").ink(Ink::Strong, &format!("{title}{number}")).put(&remarks(evidence, lang));
        page.ink(Ink::Faint, &format!("  [{}]", finding::of_evidence(a, evidence, &site.sources))).end();
        for (at, leg) in (1..).zip(&evidence.legs) {
            write_leg(page, leg, (at, evidence.legs.len()), site, lang);
        }
        if !evidence.choices.is_empty() {
            page.line(6, pick(lang, "Conditions:", "成立する条件:"));
            for line in culprit_lines(&evidence.choices, site, lang) {
                page.line(8, &line);
            }
        }
    }
}

fn remarks(evidence: &Evidence, lang: Lang) -> String {
    let mut words = vec![family_word(evidence.family)];
    if evidence.one_way {
        words.push(pick(lang, "delivery only; answers were not followed", "片方向の到達のみ確認"));
    }
    if evidence.requires_forged_source {
        words.push(pick(lang, "source address forged", "送信元を偽った場合"));
    }
    format!(" ({})", words.join(pick(lang, ", ", "、")))
}

fn write_leg(page: &mut Page, leg: &Leg, (at, of): (usize, usize), site: &Site, lang: Lang) {
    if of > 1 {
        let text = match lang {
            Lang::En => format!("session {at} of {of}"),
            Lang::Ja => format!("通信 {at}/{of}"),
        };
        page.line(6, &text);
    }
    page.line(6, &format!("{}: {}", pick(lang, "sender", "送信元"), place_word(&leg.from, lang)));
    page.line(8, &packet_line(pick(lang, "packet", "パケット"), &leg.packet));
    for hop in &leg.hops {
        write_hop(page, hop, site, lang);
    }
    page.line(6, &format!("{}: {}", pick(lang, "receiver", "宛先"), place_word(&leg.to, lang)));
    if leg.delivered != leg.packet {
        page.line(8, &packet_line(pick(lang, "packet as delivered", "到達時のパケット"), &leg.delivered));
    }
}

fn write_hop(page: &mut Page, hop: &Hop, site: &Site, lang: Lang) {
    let itself = pick(lang, "the device itself", "機器自身");
    let ingress = hop.ingress.as_deref().unwrap_or(itself);
    let egress = hop.egress.as_deref().unwrap_or(itself);
    let (via, from, to) = match lang {
        Lang::En => ("via", "in", "out"),
        Lang::Ja => ("経由", "入力", "出力"),
    };
    let comma = pick(lang, ", ", "、");
    page.line(6, &format!("{via}: {} ({from} {ingress}{comma}{to} {egress})", hop.device));
    match &hop.rule {
        Some(rule) => place(page, pick(lang, "permitted by", "許可した設定"), rule, site, lang),
        None => {
            page.line(8, pick(lang, "no filter applies", "該当するフィルタなし"));
        }
    }
    for step in &hop.nat {
        write_nat(page, step, site, lang);
    }
    if let Some(route) = &hop.route {
        place(page, pick(lang, "route", "経路"), route, site, lang);
    }
}

fn write_nat(page: &mut Page, step: &NatStep, site: &Site, lang: Lang) {
    let changed = changes(&step.before, &step.after, lang);
    let changed = if changed.is_empty() {
        pick(lang, "nothing changed", "変更なし").to_owned()
    } else {
        changed.join(pick(lang, ", ", "、"))
    };
    place(page, pick(lang, "translated by", "アドレス変換"), &step.place, site, lang);
    page.line(10, &changed);
}

fn place(page: &mut Page, word: &str, place: &Place, site: &Site, lang: Lang) {
    let (at, text) = (location(&site.sources, place.span), statement(&site.sources, place.span));
    page.line(8, format!("{word}: {} ({at}) {text}", named(&place.label, lang)).trim_end());
}

/// The rule to name in a sentence.
pub(super) fn deciding_rule(evidence: &Evidence, site: &Site, lang: Lang) -> Option<String> {
    let (device, rule) = evidence.deciding_rule(site)?;
    Some(format!("{device} {}", located(rule, site, lang)))
}

/// `policy 90 (configs/fw.conf:120)`.
pub(in super::super) fn located(place: &Place, site: &Site, lang: Lang) -> String {
    format!("{} ({})", named(&place.label, lang), location(&site.sources, place.span))
}
