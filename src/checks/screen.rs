//! L-4: under β and β', internet-zone terminals reach LGWAN business systems by screen transfer only, and somebody
//! from outside confirmed it.
//!
//! # What it finds
//! Under β and β': packets from the internet zone to the LGWAN zone outside the declared sessions of sanitizers;
//! a declared session into the LGWAN zone of a system that does more than transfer screens and that is no mail or
//! file sanitizer; a missing date of the external confirmation or the audit.
//!
//! # Why it matters
//! Under these models most terminals stand in the internet zone; the screen is all that may reach them.
//!
//! # Example
//! A policy from the internet terminals straight to a file server of the LGWAN zone.
//!
//! # Remedy
//! Remove the line shown; declare the screen-transfer system with its sessions; write the two dates.
//!
//! # References
//! Basic security policy, clause 6(3)②; models β and β'.

use jiff::civil::Date;

use super::crossing::{self, Crossing};
use super::explanation::Explanation;
use super::{CheckError, Options, assertion, assumptions, basis, breakout, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::date;
use crate::msg;
use crate::network::{HalfSession, Policy, Role, Site, Variant};
use crate::source::{Msg, Spanned};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "L-4",
        title: msg!(
            "under β and β', internet-zone terminals reach LGWAN business systems by screen transfer only, and somebody from outside confirmed it",
            "インターネット接続系の端末からLGWAN接続系への通信が画面転送のみであり、外部確認及び監査を受けていること"
        ),
        finds: msg!(
            "under β and β': packets from the internet zone to the LGWAN zone outside the declared sessions of sanitizers; a declared session into the LGWAN zone of a system that does more than transfer screens and that is no mail or file sanitizer; a missing date of the external confirmation or the audit",
            "β及びβ'モデルにおいて、インターネット接続系からLGWAN接続系への通信のうち無害化システムの申告された通信でないもの、画面転送以外を行うシステムのLGWAN接続系への通信、並びに外部確認及び監査の実施日の記載漏れ"
        ),
        matters: msg!(
            "under these models most terminals stand in the internet zone; the screen is all that may reach them",
            "これらのモデルでは、ほとんどの端末がインターネット接続系にある。LGWAN接続系に届いてよいものは画面転送のみである"
        ),
        example: msg!(
            "A policy from the internet terminals straight to a file server of the LGWAN zone",
            "インターネット接続系の端末からLGWAN接続系のファイルサーバへのポリシーがある"
        ),
        remedy: msg!(
            "remove the line shown; declare the screen-transfer system with its sessions; write the two dates",
            "示された行を削除する。画面転送システム及びその通信を申告し、外部確認及び監査の実施日を記載する"
        ),
        references: msg!(
            "basic security policy, clause 6(3)②; models β and β'",
            "情報セキュリティ基本方針 6(3)②、β及びβ'モデル"
        ),
    }
}

/// Checks L-4.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, options: &Options) -> Result<Assertion, CheckError> {
    let title = msg!(
        "internet-zone terminals reach the LGWAN zone by screen transfer only, externally confirmed and audited",
        "インターネット接続系の端末からLGWAN接続系への通信が画面転送のみであり、外部確認及び監査を受けていること"
    );
    let scope = basis::pair_label(site, Role::Internet, Role::Lgwan).replace('⇔', "→");
    let mut out = assertion("L-4", "6(3)②", Level::Packet, Class::Path, scope, title);
    let policy = site.records.policy.as_ref();
    let variant = policy.and_then(|p| p.variant);
    let (Some(policy), Some(Variant::Beta | Variant::BetaPrime)) = (policy, variant) else {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(breakout::not_this_model(variant));
        if variant.is_none() {
            unchosen(site, &mut out);
        }
        return Ok(out);
    };
    let from = places::segments_of_role(site, Role::Internet);
    let to = places::segments_of_role(site, Role::Lgwan);
    let exempt = waypoint::declared_sessions(site);
    if !exempt.is_empty() {
        out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    }
    let outcome = crossing::decide(site, &Crossing { from, to, exempt }, options)?;
    basis::fill(site, &mut out, vec![outcome]);
    out.cut_at = waypoint::sanitizers_in_use(site);
    basis::add_sanitizer_declarations(site, &mut out);
    out.assumptions.extend(policy.declarations.iter().cloned());
    let missing = papers(site, policy, options.today);
    if !missing.is_empty() {
        out.verdict = basis::worst(&[out.verdict, Verdict::Undetermined]);
        out.culprits.extend(missing);
    }
    Ok(out)
}

/// Nobody wrote which model the town has chosen, and sessions are declared that only β and β' know: whether their
/// conditions are kept cannot be told.
fn unchosen(site: &Site, out: &mut Assertion) {
    let culprit = |session: &HalfSession| Culprit {
        span: session.span,
        what: msg!(
            "this session is one of the models β and β', and `[policy]` names no `variant`",
            "この通信はβ又はβ'モデルのものであるが、採用モデルの記載がない(`[policy]` に `variant` を記載する)"
        ),
        device: None,
    };
    let found: Vec<Culprit> = waypoint::looks_in(site).into_iter().map(culprit).collect();
    if !found.is_empty() {
        out.verdict = Verdict::Undetermined;
        out.reason = None;
        out.culprits = found;
    }
}

/// What is missing of the external confirmation and the audit.
fn papers(site: &Site, policy: &Policy, today: Option<Date>) -> Vec<Culprit> {
    let mut out = Vec::new();
    let mut blame = |span, what: Msg| out.push(Culprit { span, what, device: None });
    let dates: [(&Option<Spanned<String>>, &str, &str); 2] = [
        (&policy.confirmed, "the external confirmation", "外部確認"),
        (&policy.audited, "the audit", "監査"),
    ];
    for (written, en, ja) in dates {
        match written.as_ref().map(|w| (w.span, date::parse(&w.value))) {
            None => blame(policy.span, msg!("the date of {en} is not given", "{ja}の実施日の記載がない")),
            Some((span, None)) => {
                blame(span, msg!("the date of {en} cannot be read", "{ja}の実施日を日付として解釈できない"));
            }
            Some((span, Some(day))) if today.is_some_and(|t| day > t) => {
                blame(span, msg!("{en} is still to come", "{ja}の実施日が基準日より後である"));
            }
            Some(_) => {}
        }
    }
    if !basis::backed(site, &policy.declarations) {
        let what = msg!(
            "no declaration stands behind the external confirmation and the audit",
            "外部確認及び監査について申告がない"
        );
        blame(policy.span, what);
    }
    out
}
