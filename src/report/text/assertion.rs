//! One item after another: the careful sentence and what it rests on.

use super::super::json::{location, statement};
use super::super::page::{Ink, Page};
use super::super::words::{
    basis_word, class_word, level_word, mark, packet, pick, place_word, service, verdict_word,
};
use super::{evidence, heading, rows, verdict_ink};
use crate::analysis::answer::{
    Assertion, Assessment, AssumptionKind, Bearing, Class, Culprit, Evidence, Leg, Level, Verdict,
};
use crate::analysis::finding;
use crate::network::Site;
use crate::source::Lang;

/// Mark, id, clause, level, verdict, basis, class, scope.
pub(super) fn cells(a: &Assertion, lang: Lang) -> Vec<(Ink, String)> {
    let ink = verdict_ink(a.verdict);
    let clause = if a.clause.is_empty() { "-" } else { &a.clause };
    vec![
        (ink, mark(a.verdict).to_owned()),
        (Ink::Strong, a.id.to_owned()),
        (Ink::Plain, clause.to_owned()),
        (Ink::Plain, level_word(a.level, lang).to_owned()),
        (ink, verdict_word(a.verdict, lang).to_owned()),
        (Ink::Plain, basis_word(a.basis, lang).to_owned()),
        (Ink::Plain, class_word(a.class, lang).to_owned()),
        (Ink::Plain, a.scope.clone()),
    ]
}

pub(super) fn write_all(page: &mut Page, assessment: &Assessment, site: &Site, lang: Lang) {
    heading(page, pick(lang, "Results by item", "検査項目別の解析結果"));
    for (at, a) in assessment.assertions.iter().enumerate() {
        if at > 0 {
            page.gap();
        }
        write(page, a, assessment, site, lang);
    }
}

fn write(page: &mut Page, a: &Assertion, assessment: &Assessment, site: &Site, lang: Lang) {
    let ink = verdict_ink(a.verdict);
    page.put("  ").ink(ink, mark(a.verdict)).put(" ").ink(Ink::Strong, a.id);
    let level = match a.level {
        Level::None => String::new(),
        level => format!(" ({})", level_word(level, lang)),
    };
    page.put(&format!("{level}  {}", a.scope));
    if matches!(a.verdict, Verdict::Violated | Verdict::Undetermined) {
        page.ink(Ink::Faint, &format!("  [{}]", finding::of_assertion(a)));
    }
    page.end();
    let finding = matches!(a.verdict, Verdict::Violated | Verdict::Undetermined);
    if let Some(text) = a.clause_text.as_ref().filter(|_| finding) {
        let number = match a.clause.is_empty() {
            true => String::new(),
            false => format!(" {}", a.clause),
        };
        page.line(4, &format!("{}{number}: {}", pick(lang, "Clause", "条項"), text.text(lang)));
    }
    if !a.local_ref.is_empty() {
        page.line(4, &format!("{}: {}", pick(lang, "Own article", "当団体の条項"), a.local_ref));
    }
    if a.bearing == Bearing::Informs {
        page.line(
            4,
            pick(
                lang,
                "For information: does not count towards the overall result.",
                "参考(総合解析結果には含めない。)",
            ),
        );
    }
    page.line(4, a.title.text(lang));
    page.put("    ").ink(ink, verdict_word(a.verdict, lang));
    page.put(&format!(" [{}]", basis_word(a.basis, lang)))
        .put(pick(lang, ": ", " "))
        .put(&sentence(a, site, lang));
    page.end();
    if let (Some(independent), Verdict::Holds) = (a.routing_independent, a.verdict) {
        page.line(4, routing(independent, lang));
    }
    if let Some(text) = declared(a, assessment, lang) {
        page.line(4, &text);
    }
    if let Some(reason) = &a.reason {
        page.line(4, &format!("{}: {}", pick(lang, "Reason", "理由"), reason.text(lang)));
    }
    if !a.cut_at.is_empty() {
        let word = pick(lang, "Paths were cut at", "経路から除いた機器(無害化システム等)");
        page.line(4, &format!("{word}: {}", a.cut_at.join(pick(lang, ", ", "、"))));
    }
    evidence::write_all(page, a, site, lang);
    rows::write_all(page, a, site, lang);
    culprits(page, &a.culprits, a.culprits_truncated, a.verdict, site, lang);
    if !a.assumptions.is_empty() {
        let word = pick(lang, "Assumptions and declarations", "前提条件及び申告事項");
        page.line(4, &format!("{word}: {}", a.assumptions.join(pick(lang, ", ", "、"))));
    }
}

/// The verdict in words that say no more than was found.
fn sentence(a: &Assertion, site: &Site, lang: Lang) -> String {
    match a.verdict {
        Verdict::Holds => holds(a, lang).to_owned(),
        Verdict::Violated => violated(a, site, lang),
        Verdict::Undetermined => pick(
            lang,
            "whether the rule is kept cannot be determined, for the reasons given. This does not mean that it is \
             kept.",
            "次の原因により、基準に適合するか否かを判定することができない。適合を意味するものではない。",
        )
        .to_owned(),
        Verdict::NotApplicable => {
            pick(lang, "not applicable to this site.", "提供情報の範囲において該当がないため、対象外とした。")
                .to_owned()
        }
    }
}

fn holds(a: &Assertion, lang: Lang) -> &'static str {
    // X-… items look for things; the others follow every packet.
    let follows = a.class == Class::Path && !a.id.starts_with("X-");
    match (follows, a.level) {
        (true, Level::Packet | Level::Host) => pick(
            lang,
            "every combination of source, destination, protocol and port in scope was analysed statically. Within \
             the information provided, no path that breaks the rule was found.",
            "対象とする全ての送信元、宛先、プロトコル及びポートの組合せを静的に解析した。提供情報の範囲において、\
             基準に反する通信経路は確認されなかった。",
        ),
        (true, Level::L2) => pick(
            lang,
            "every layer-2 segment in scope was analysed. Within the information provided, no shared segment that \
             breaks the rule was found.",
            "対象とする全てのL2の接続を解析した。提供情報の範囲において、基準に反するL2の接続は確認されなかった。",
        ),
        _ => pick(
            lang,
            "within the information provided, nothing that breaks the rule was found.",
            "提供情報の範囲において、基準に反する事項は確認されなかった。",
        ),
    }
}

fn violated(a: &Assertion, site: &Site, lang: Lang) -> String {
    let Some(first) = a.counterexamples.first() else {
        return pick(
            lang,
            "within the information provided, something that breaks the rule was found.",
            "提供情報の範囲において、基準に反する事項が確認された。",
        )
        .to_owned();
    };
    // Paths that need a forged source are shown apart and counted only where there is no other.
    let honest = a.counterexamples.iter().filter(|e| !e.requires_forged_source).count();
    let (n, forged) = if honest == 0 { (a.counterexamples.len(), true) } else { (honest, false) };
    let first = a.counterexamples.iter().find(|e| e.requires_forged_source == forged).unwrap_or(first);
    let example = example(first, lang);
    let setting = evidence::deciding_rule(first, site, lang).map_or_else(String::new, |place| match lang {
        Lang::En => format!(" Setting: {place}."),
        Lang::Ja => format!("該当設定: {place}。"),
    });
    let more = a.counterexamples_truncated;
    match lang {
        Lang::En => {
            let at_least = if more { "at least " } else { "" };
            let noun =
                if n == 1 { "path that breaks the rule was" } else { "paths that break the rule were" };
            let forged = if forged { " (only if the sender forges its address)" } else { "" };
            format!(
                "within the information provided, {at_least}{n} {noun} found{forged}. Example: {example}.{setting}"
            )
        }
        Lang::Ja => {
            let at_least = if more { "件以上" } else { "件" };
            let forged = if forged { "(送信元を偽った場合に限る)" } else { "" };
            format!(
                "提供情報の範囲において、基準に反する通信経路が{n}{at_least}確認された{forged}。確認された例: {example}。{setting}"
            )
        }
    }
}

/// `LGWAN接続系の端末 から SV-KIKAN01 への TCP/445`.
fn example(evidence: &Evidence, lang: Lang) -> String {
    let first = evidence.legs.first();
    let last = evidence.legs.last();
    let from = first.map_or("?".into(), |l: &Leg| place_word(&l.from, lang));
    let to = last.map_or("?".into(), |l| place_word(&l.to, lang));
    let what = first.map_or_else(String::new, |l| service(&l.packet));
    match (lang, evidence.legs.len() > 1) {
        (Lang::En, false) => format!("{what} from {from} to {to}"),
        (Lang::Ja, false) => format!("{from} から {to} への {what}"),
        (Lang::En, true) => format!("from {from} to {to} in {} sessions", evidence.legs.len()),
        (Lang::Ja, true) => {
            format!("{from} から {to} へ、{}段の通信を中継する経路", evidence.legs.len())
        }
    }
}

/// Whether the answer rests on the routes.
fn routing(independent: bool, lang: Lang) -> &'static str {
    match independent {
        true => pick(
            lang,
            "Routes: the result does not rest on them; filters and checks of sources alone keep it.",
            "経路への依存: なし(いずれの経路を通る場合にも、フィルタ及び送信元の検査により成立する)",
        ),
        false => pick(
            lang,
            "Routes: the result rests on them; a change of routes can change it.",
            "経路への依存: あり(経路の変更又は障害により結果が変わり得る)",
        ),
    }
}

fn declared(a: &Assertion, assessment: &Assessment, lang: Lang) -> Option<String> {
    let is_declaration = |id: &&String| {
        assessment.assumptions.iter().any(|s| s.id == **id && s.kind == AssumptionKind::Declaration)
    };
    let ids: Vec<&str> = a.assumptions.iter().filter(is_declaration).map(String::as_str).collect();
    if ids.is_empty() || a.verdict != Verdict::Holds {
        return None;
    }
    Some(match lang {
        Lang::En => format!(
            "However, {} cannot be confirmed from configurations; the declarations are presumed to be true.",
            ids.join(", ")
        ),
        Lang::Ja => format!(
            "ただし、{}の事項は設定情報から確認することができないため、申告の内容が事実であることを前提としている。",
            ids.join("、")
        ),
    })
}

fn culprits(page: &mut Page, list: &[Culprit], more: bool, verdict: Verdict, site: &Site, lang: Lang) {
    if list.is_empty() {
        return;
    }
    let word = match verdict {
        Verdict::Undetermined => {
            pick(lang, "Why it cannot be determined (lines)", "判定できない原因(該当行)")
        }
        _ => pick(lang, "Lines concerned", "該当行"),
    };
    page.line(4, &format!("{word}:"));
    for line in culprit_lines(list, site, lang) {
        page.line(6, &line);
    }
    if more {
        page.line(6, pick(lang, "… and more", "…ほか"));
    }
}

/// `configs/fw.conf:120: set srcaddr "X" — the name is not defined [FW-01]`, one line for all devices of which a line says
/// the same.
pub(in super::super) fn culprit_lines(list: &[Culprit], site: &Site, lang: Lang) -> Vec<String> {
    let same = |a: &Culprit, b: &Culprit| a.span == b.span && a.what == b.what;
    let told = list.chunk_by(same).filter_map(|group| {
        let first = group.first()?;
        let devices: Vec<&str> = group.iter().filter_map(|c| c.device.as_deref()).collect();
        let owners = match devices.is_empty() {
            true => String::new(),
            false => format!(" [{}]", devices.join(pick(lang, ", ", "、"))),
        };
        let text = statement(&site.sources, first.span);
        let dash = if text.is_empty() { "" } else { " — " };
        let what = first.what.text(lang);
        Some(format!("{}: {text}{dash}{what}{owners}", location(&site.sources, first.span)))
    });
    told.collect()
}

/// The header of a packet, for lines of their own.
pub(super) fn packet_line(label: &str, flow: &crate::model::Flow) -> String {
    format!("{label}: {}", packet(flow))
}
