//! M-2, as a matter of paper: what passes under the register passes under entries that are within their time.
//!
//! # What it finds
//! Entries whose last day is over, or whose first day has not come, although their flows still pass. Paths are
//! judged apart, against everything that was approved: they do not change with the day.
//!
//! # Why it matters
//! An approval is for a time. What passes after it passes without one.
//!
//! # Example
//! Entries to the end of the fiscal year on the first of April.
//!
//! # Remedy
//! Renew the entry, or close the flow.
//!
//! # References
//! Basic security policy, clause 6(3)①.

use super::super::{Options, assertion, basis};
use super::{Judged, entries};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::date::japanese;
use crate::intent::register::Standing;
use crate::msg;
use crate::network::Site;

/// Checks the time of entries whose flows pass.
pub fn check(site: &Site, judged: &[Judged<'_>], options: &Options) -> Assertion {
    let title = msg!(
        "what the exception register lets pass is within its time",
        "台帳に基づき許可されている通信が、台帳の有効期間内であること"
    );
    let mut out = assertion("M-2", "6(3)①", Level::None, Class::Register, basis::all_zones(site), title);
    let Some(today) = options.today else {
        out.reason = Some(msg!("the day of judgement is not known", "判定の基準となる日が不明である"));
        return out;
    };
    let mut verdict = Verdict::Holds;
    for Judged { entry, permitted } in judged {
        if entry.standing(options.today) != Standing::Lapsed || !permitted.possible {
            continue;
        }
        let renewed = judged.iter().map(|j| j.entry).any(|other| {
            other.standing(options.today) == Standing::InForce && entries::within(site, entry, other)
        });
        if renewed {
            continue;
        }
        let id = &entry.id.value;
        let late = entry.expired(options.today);
        let span = if late { &entry.expires } else { &entry.starts };
        let span = span.as_ref().map_or(entry.id.span, |d| d.span);
        let renewing = entry.renewal.as_ref().filter(|r| late && r.value <= today);
        let (what, one) = match (renewing, permitted.certain.is_some()) {
            (Some(since), _) => {
                let (since, ja) = (since.value, japanese(since.value));
                let what = msg!(
                    "entry `{id}` is over and passes still; its renewal is under way since {since}",
                    "台帳「{id}」は期限切れであるが、通信が許可されている({ja}から更新手続中)"
                );
                (what, Verdict::Undetermined)
            }
            (None, true) if late => (
                msg!(
                    "entry `{id}` is over and its flow is still permitted",
                    "台帳「{id}」は期限切れであるが、通信が許可されている"
                ),
                Verdict::Violated,
            ),
            (None, true) => (
                msg!(
                    "entry `{id}` has not begun and its flow is permitted already",
                    "台帳「{id}」は利用開始日前であるが、通信が許可されている"
                ),
                Verdict::Violated,
            ),
            (None, false) => (
                msg!(
                    "entry `{id}` is outside its time and its flow may pass",
                    "台帳「{id}」は有効期間外であるが、通信が許可されている可能性がある"
                ),
                Verdict::Undetermined,
            ),
        };
        verdict = basis::worst(&[verdict, one]);
        out.culprits.push(Culprit { span, what, device: None });
    }
    out.verdict = verdict;
    if verdict != Verdict::Holds {
        out.reason = Some(msg!(
            "a matter of the register: the verdicts on paths are not changed by it",
            "台帳に関する指摘であり、経路に関する解析結果はこれにより変わらない"
        ));
    }
    out
}
