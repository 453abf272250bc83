//! B-1: what the municipality needs to pass certainly passes.
//!
//! # What it finds
//! Entries of the exception register that are in force, and entries marked as required, whose flows are refused, or
//! for which it is open whether they pass, with the line that refuses them.
//!
//! # Why it matters
//! A change that blocks the connection to the national systems is found here, not at the counter in the morning.
//!
//! # Example
//! A deny rule that somebody moved above a permit.
//!
//! # Remedy
//! Permit the flow, or take the entry out of the register.
//!
//! # References
//! None: a matter of operation.

use super::super::explanation::Explanation;
use super::super::{Options, assertion, basis};
use super::Judged;
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::register::{Granularity, Standing};
use crate::msg;
use crate::network::Site;
use crate::source::Lang;

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "B-1",
        title: msg!(
            "what the municipality needs to pass certainly passes",
            "台帳に記載された業務通信が確実に許可されていること"
        ),
        finds: msg!(
            "entries of the exception register that are in force, and entries marked as required, whose flows are refused, or for which it is open whether they pass, with the line that refuses them",
            "有効な台帳の記載及び必須とされた記載のうち、通信が遮断されるもの又は許可されるか否かを判定できないもの。遮断する行を併せて示す"
        ),
        matters: msg!(
            "A change that blocks the connection to the national systems is found here, not at the counter in the morning",
            "全国システムとの接続を止める変更を、翌朝の窓口ではなく事前に発見する"
        ),
        example: msg!(
            "A deny rule that somebody moved above a permit",
            "許可ルールの上に拒否ルールが移動されている"
        ),
        remedy: msg!(
            "permit the flow, or take the entry out of the register",
            "通信を許可する。又は、台帳から記載を削除する"
        ),
        references: msg!("none: a matter of operation", "なし(運用に関する事項)"),
    }
}

/// Checks B-1 over all entries.
pub fn check(site: &Site, judged: &[Judged<'_>], options: &Options) -> Assertion {
    let title = msg!(
        "what the register lists certainly passes",
        "台帳に記載された業務通信が確実に許可されていること"
    );
    let mut out = assertion("B-1", "", Level::None, Class::Register, basis::all_zones(site), title);
    let asked =
        judged.iter().filter(|j| j.entry.required || j.entry.standing(options.today) == Standing::InForce);
    let (mut verdict, mut any) = (None, false);
    let (mut narrower, mut conditional) = (Vec::new(), Vec::new());
    for Judged { entry, permitted } in asked {
        any = true;
        let id = &entry.id.value;
        let one = match &permitted.certain {
            Some(conditions) => {
                if !permitted.whole {
                    narrower.push(*entry);
                }
                if !conditions.is_empty() {
                    conditional.push(*entry);
                }
                // A translation may hide the rest of an entry for segments; a single machine's flow passes or not.
                let translated = !entry.nat_destination.is_empty() || !entry.nat_source.is_empty();
                if permitted.whole || entry.granularity == Granularity::Segment || translated {
                    Verdict::Holds
                } else {
                    let what = msg!(
                        "only a part of entry `{id}` certainly passes",
                        "台帳「{id}」の一部のみが確実に許可されている"
                    );
                    out.culprits.push(Culprit { span: entry.id.span, what, device: None });
                    Verdict::Undetermined
                }
            }
            None => {
                let what = match permitted.possible {
                    true => msg!(
                        "it is not certain that the flow of entry `{id}` passes",
                        "台帳「{id}」の通信が許可されるか否かを判定できない"
                    ),
                    false => {
                        msg!("the flow of entry `{id}` does not pass", "台帳「{id}」の通信が許可されていない")
                    }
                };
                out.culprits.push(Culprit { span: entry.id.span, what, device: None });
                out.culprits.extend(permitted.deciding.iter().map(|c| named(c, id)));
                if let Some(why) = &permitted.failed {
                    out.reason = Some(why.clone());
                }
                if permitted.possible { Verdict::Undetermined } else { Verdict::Violated }
            }
        };
        verdict = Some(basis::worst(&[verdict.unwrap_or(Verdict::Holds), one]));
    }
    out.verdict = verdict.unwrap_or(Verdict::NotApplicable);
    basis::rest_on_tables(site, &mut out);
    let mut parts = Vec::new();
    if !any {
        parts.push(msg!("no entry is in force", "有効な記載が台帳にない"));
    }
    if !narrower.is_empty() {
        let (en, ja) = super::listed(narrower);
        parts.push(msg!("the configuration permits a part only of {en}", "設定が台帳より狭い記載: {ja}"));
    }
    if !conditional.is_empty() {
        let (en, ja) = super::listed(conditional);
        parts.push(msg!(
            "passes under conditions such as a schedule: {en}",
            "スケジュール等の条件の下で許可される記載: {ja}"
        ));
    }
    out.reason = out.reason.take().or(super::together(parts));
    out
}

/// The same line, with the entry that it concerns.
fn named(culprit: &Culprit, id: &str) -> Culprit {
    let (en, ja) = (culprit.what.text(Lang::En), culprit.what.text(Lang::Ja));
    let what = msg!("entry `{id}`: {en}", "台帳「{id}」: {ja}");
    Culprit { what, ..culprit.clone() }
}
