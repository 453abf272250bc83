//! rules that need tidying up.
//!
//! # What it finds
//! Rules that permit any source, any destination and any service, disabled ones too; rules whose one-time schedule has
//! ended; rules with logging switched off; rules without a comment (申請番号); rules that never match because earlier
//! ones take everything; named objects that nothing uses. Only what the configuration says; a product whose rules log
//! or comment by other means is not asked.
//!
//! # Why it matters
//! Nobody dares to delete what nobody can explain, and one click enables a rule that was left disabled.
//!
//! # Example
//! A disabled rule `any → any`, kept "for tests".
//!
//! # Remedy
//! Delete or narrow the rule, write the request's number into its comment, switch logging on.
//!
//! # References
//! None: good practice. It never changes the overall result.

use std::collections::{BTreeMap, BTreeSet};

use super::explanation::Explanation;
use super::{Options, assertion, basis};
use crate::analysis::answer::{Assertion, Bearing, Class, Culprit, Level, Verdict};
use crate::analysis::blame::{self, Place};
use crate::model::{Device, Logging, RuleFact, RuleSetId, Stage, Then};
use crate::msg;
use crate::network::Site;
use crate::source::{Msg, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-10",
        title: msg!(
            "rules that need tidying up",
            "ルールが必要最小限であり、記録及び申請番号の記載があり、不要なルール及びオブジェクトがないこと"
        ),
        finds: msg!(
            "rules that permit any source, any destination and any service, disabled ones too; rules whose one-time schedule has ended; rules with logging switched off; rules without a comment (申請番号); rules that never match because earlier ones take everything; named objects that nothing uses. Only what the configuration says; a product whose rules log or comment by other means is not asked",
            "送信元、宛先及びサービスを限定しない許可ルール(無効のものを含む)、期限を過ぎたスケジュールのルール、ログを記録しないルール、コメント(申請番号)のないルール、先行するルールにより一致しないルール、及び使用されていないオブジェクト"
        ),
        matters: msg!(
            "nobody dares to delete what nobody can explain, and one click enables a rule that was left disabled",
            "説明できないルールは誰も削除できない。無効のまま残ったルールは、一度の操作で有効となる"
        ),
        example: msg!(
            "A disabled rule `any → any`, kept \"for tests\"",
            "「試験用」として残された、無効の全許可ルール"
        ),
        remedy: msg!(
            "delete or narrow the rule, write the request's number into its comment, switch logging on",
            "ルールを削除し、又は限定する。コメントに申請番号を記載し、ログを有効にする"
        ),
        references: msg!(
            "none: good practice. It never changes the overall result",
            "なし(運用上の良い慣行)。総合の解析結果には影響しない"
        ),
    }
}

/// Lines listed.
const MOST: usize = 40;

/// What is wrong with a line, in the order of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Any,
    DisabledAny,
    Ended,
    Silent,
    Shadowed,
    Uncommented,
    Unused,
}

/// Checks X-10: one line with the counts, and the list.
pub fn check(site: &Site, options: &Options) -> Assertion {
    let title = msg!(
        "rules are narrow, commented, logged, in force and in use",
        "ルールが必要最小限であり、記録及び申請番号の記載があり、不要なルール及びオブジェクトがないこと"
    );
    let mut out = assertion("X-10", "", Level::None, Class::Hygiene, basis::all_zones(site), title);
    out.bearing = Bearing::Informs;
    let read: Vec<&Device> =
        site.devices.iter().filter(|d| d.contract.is_none()).map(|d| &d.device).collect();
    if read.iter().all(|d| d.facts.rules.is_empty() && d.facts.unused.is_empty()) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no device has rules that permit", "許可ルールを持つ機器がない"));
        return out;
    }
    basis::rest_on_tables(site, &mut out);
    let mut counts: BTreeMap<Fault, usize> = BTreeMap::new();
    for device in read {
        for (fault, span, label) in faults(device, options) {
            *counts.entry(fault).or_default() += 1;
            let what = words(fault, &label);
            out.culprits.push(Culprit { span, what, device: Some(device.name.clone()) });
        }
    }
    out.culprits.sort();
    out.culprits.dedup();
    out.culprits_truncated = out.culprits.len() > MOST;
    out.culprits.truncate(MOST);
    out.verdict = if counts.is_empty() { Verdict::Holds } else { Verdict::Violated };
    out.reason = (!counts.is_empty()).then(|| summary(&counts));
    out
}

fn faults(device: &Device, options: &Options) -> Vec<(Fault, Span, String)> {
    let mut out = Vec::new();
    for rule in &device.facts.rules {
        out.extend(of_rule(rule, options).into_iter().map(|f| (f, rule.span, rule.label.clone())));
    }
    let named = device.facts.rules.iter().filter(|r| r.enabled);
    let named: BTreeMap<Span, &str> = named.map(|r| (r.span, r.label.as_str())).collect();
    for span in shadowed(device, options.limits.diagram_edges) {
        if let Some(label) = named.get(&span) {
            out.push((Fault::Shadowed, span, (*label).to_owned()));
        }
    }
    out.extend(device.facts.unused.iter().map(|(name, span)| (Fault::Unused, *span, name.clone())));
    out
}

fn of_rule(rule: &RuleFact, options: &Options) -> Vec<Fault> {
    let mut out = Vec::new();
    match (rule.any, rule.enabled) {
        (true, true) => out.push(Fault::Any),
        (true, false) => out.push(Fault::DisabledAny),
        _ => {}
    }
    if !rule.enabled {
        return out;
    }
    if let (Some((day, _)), Some(today)) = (rule.ends, options.today)
        && day < today
    {
        out.push(Fault::Ended);
    }
    if rule.logging == Logging::Off {
        out.push(Fault::Silent);
    }
    if !rule.commented {
        out.push(Fault::Uncommented);
    }
    out
}

/// Rules of the forwarding filters that do nothing to any packet, however what is unknown turns out. A list too
/// large to compile says nothing.
fn shadowed(device: &Device, edges: usize) -> Vec<Span> {
    let mut out = Vec::new();
    let filters: BTreeSet<RuleSetId> = device
        .pipeline
        .forward
        .iter()
        .filter_map(|s| match s {
            Stage::Filter(id) => Some(*id),
            Stage::Translate(_) | Stage::Mark(_) => None,
        })
        .collect();
    for set in filters.into_iter().filter_map(|id| device.rule_set(id)) {
        let Ok(acting) = blame::acting(set, edges) else { continue };
        // A statement may have become several rules: it acts if one of them does.
        let mut acts: BTreeMap<Span, bool> = BTreeMap::new();
        for rule in set.chains.iter().flat_map(|c| &c.rules).filter(|r| r.then == Then::Permit) {
            *acts.entry(rule.span).or_default() |= acting.contains(&Place::Rule(rule.id));
        }
        out.extend(acts.into_iter().filter(|(_, acts)| !acts).map(|(span, _)| span));
    }
    out
}

fn words(fault: Fault, label: &str) -> Msg {
    match fault {
        Fault::Any => msg!("{label} permits anything to anywhere", "{label} は全ての通信を許可している"),
        Fault::DisabledAny => msg!(
            "{label} is disabled and would permit anything to anywhere",
            "{label} は無効であるが、全ての通信を許可する内容である"
        ),
        Fault::Ended => msg!("the schedule of {label} has ended", "{label} のスケジュールは終了している"),
        Fault::Silent => msg!("{label} does not log", "{label} は通信ログを記録しない"),
        Fault::Shadowed => {
            msg!(
                "{label} never matches: earlier rules take everything",
                "{label} は先行するルールにより一致することがない"
            )
        }
        Fault::Uncommented => {
            msg!("{label} has no comment", "{label} に申請番号等のコメントがない")
        }
        Fault::Unused => msg!("`{label}` is used nowhere", "「{label}」はどこにも使用されていない"),
    }
}

/// The counts in one line.
fn summary(counts: &BTreeMap<Fault, usize>) -> Msg {
    let name = |fault: &Fault| match fault {
        Fault::Any => ("permit anything", "全許可"),
        Fault::DisabledAny => ("disabled, permit anything", "無効な全許可"),
        Fault::Ended => ("schedule ended", "期限切れ"),
        Fault::Silent => ("not logged", "ログなし"),
        Fault::Shadowed => ("never match", "一致しないルール"),
        Fault::Uncommented => ("without a comment", "コメントなし"),
        Fault::Unused => ("unused objects", "未使用オブジェクト"),
    };
    let en: Vec<String> = counts.iter().map(|(f, n)| format!("{} {n}", name(f).0)).collect();
    let ja: Vec<String> = counts.iter().map(|(f, n)| format!("{} {n}件", name(f).1)).collect();
    let (total, en, ja) = (counts.values().sum::<usize>(), en.join(", "), ja.join("、"));
    msg!("{total} in all: {en}", "計{total}件({ja})")
}
