//! L-3: a local breakout of the LGWAN zone reaches listed destinations only, within the municipality's own tenant.
//!
//! # What it finds
//! Under α': packets from LGWAN segments to an external network of kind `breakout` that no `[[breakout]]` lists, and
//! listed breakouts without a statement of tenant control or a declaration behind it, and those whose list is so wide
//! that it lists nothing (more than a /8 of IPv4 or a /16 of IPv6).
//!
//! # Why it matters
//! A breakout goes past the sanitizers: it is for named cloud services, not for the web.
//!
//! # Example
//! A policy from the LGWAN terminals to `all` by the breakout line.
//!
//! # Remedy
//! Narrow the policy to the listed destinations; declare how sign-in is kept to the own tenant.
//!
//! # References
//! Basic security policy, clause 6(3)②; model α'.

use std::collections::BTreeSet;

use super::crossing::{self, Crossing, Exempt};
use super::explanation::Explanation;
use super::register::entries;
use super::{CheckError, Options, assertion, assumptions, basis, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{Breakout, Endpoint, ExternalKind, Role, SegmentId, Site, Variant};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "L-3",
        title: msg!(
            "a local breakout of the LGWAN zone reaches listed destinations only, within the municipality's own tenant",
            "LGWAN接続系からのローカルブレイクアウトが、登録された宛先及び自団体のテナントに限定されていること"
        ),
        finds: msg!(
            "under α': packets from LGWAN segments to an external network of kind `breakout` that no `[[breakout]]` lists, and listed breakouts without a statement of tenant control or a declaration behind it, and those whose list is so wide that it lists nothing (more than a /8 of IPv4 or a /16 of IPv6)",
            "α'モデルにおいて、LGWAN接続系からローカルブレイクアウト回線への通信のうち `[[breakout]]` に登録のないもの。登録された宛先のうち、テナント制限の記載若しくは申告のないもの又は範囲が広すぎるもの(IPv4で/8、IPv6で/16を超えるもの)"
        ),
        matters: msg!(
            "A breakout goes past the sanitizers: it is for named cloud services, not for the web",
            "ローカルブレイクアウトは無害化システムを経由しない。特定のクラウドサービスのためのものであり、Web閲覧のためのものではない"
        ),
        example: msg!(
            "A policy from the LGWAN terminals to `all` by the breakout line",
            "LGWAN接続系端末から宛先「all」へのポリシーが、ローカルブレイクアウト回線を用いている"
        ),
        remedy: msg!(
            "narrow the policy to the listed destinations; declare how sign-in is kept to the own tenant",
            "ポリシーを登録された宛先に限定する。自団体のテナントに限定する方法を申告する"
        ),
        references: msg!(
            "basic security policy, clause 6(3)②; model α'",
            "情報セキュリティ基本方針 6(3)②、α'モデル"
        ),
    }
}

/// Checks L-3.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, options: &Options) -> Result<Assertion, CheckError> {
    let title = msg!(
        "the local breakout of the LGWAN zone reaches listed destinations only, within the own tenant",
        "LGWAN接続系からのローカルブレイクアウトが、登録された宛先及び自団体のテナントに限定されていること"
    );
    let scope = basis::pair_label(site, Role::Lgwan, Role::Internet);
    let mut out = assertion("L-3", "6(3)②", Level::Packet, Class::Path, scope, title);
    let variant = site.records.policy.as_ref().and_then(|p| p.variant);
    if variant != Some(Variant::AlphaPrime) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(not_this_model(variant));
        return Ok(out);
    }
    let to: BTreeSet<SegmentId> =
        site.records.kinds.iter().filter(|(_, k)| **k == ExternalKind::Breakout).map(|(s, _)| *s).collect();
    if to.is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!(
            "no external network of kind `breakout` is in the topology",
            "構成情報にローカルブレイクアウトの回線の記載がない"
        ));
        return Ok(out);
    }
    let from = places::segments_of_role(site, Role::Lgwan);
    let exempt = allowed(site);
    if !exempt.is_empty() {
        out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    }
    let outcome = crossing::decide(site, &Crossing { from, to, exempt }, options)?;
    basis::fill(site, &mut out, vec![outcome]);
    let loose: Vec<Culprit> =
        site.records.breakouts.iter().filter(|b| !controlled(site, b)).map(uncontrolled).collect();
    let unbounded: Vec<Culprit> =
        site.records.breakouts.iter().filter(|b| !bounded(b)).map(unbounded_list).collect();
    if !unbounded.is_empty() {
        out.verdict = Verdict::Violated;
        out.culprits.extend(unbounded);
    }
    for breakout in &site.records.breakouts {
        out.assumptions.extend(breakout.declarations.iter().cloned());
    }
    if !loose.is_empty() {
        out.verdict = basis::worst(&[out.verdict, Verdict::Undetermined]);
        out.culprits.extend(loose);
    }
    Ok(out)
}

/// Why an item about another model does not apply.
pub fn not_this_model(variant: Option<Variant>) -> crate::source::Msg {
    match variant {
        Some(variant) => {
            let model = variant.label();
            msg!(
                "the model chosen ({model}) has no such traffic",
                "採用モデル({model}モデル)に当該通信がない"
            )
        }
        None => msg!(
            "no model variant is chosen (`[policy] variant`)",
            "採用モデルの記載(`[policy] variant`)がない"
        ),
    }
}

fn controlled(site: &Site, breakout: &Breakout) -> bool {
    !breakout.tenant_control.trim().is_empty() && basis::backed(site, &breakout.declarations)
}

/// A list that names half the internet lists nothing: no cloud service needs more than a /8 of IPv4 or a /16 of IPv6.
fn bounded(breakout: &Breakout) -> bool {
    let (v4, v6) = entries::size(&breakout.destinations);
    v4 <= 1 << 24 && v6 <= 1 << 112
}

fn unbounded_list(breakout: &Breakout) -> Culprit {
    let id = &breakout.id.value;
    Culprit {
        span: breakout.id.span,
        what: msg!(
            "`{id}` lists more destinations than any named service has",
            "「{id}」の宛先は、特定のサービスに限定されていない"
        ),
        device: None,
    }
}

fn uncontrolled(breakout: &Breakout) -> Culprit {
    let id = &breakout.id.value;
    Culprit {
        span: breakout.id.span,
        what: msg!(
            "how sign-in by `{id}` is kept to the own tenant is not declared",
            "「{id}」のテナント制限について申告がない"
        ),
        device: None,
    }
}

/// What the model lets pass by listed breakouts: none but under α'.
pub fn allowed(site: &Site) -> Vec<Exempt> {
    let variant = site.records.policy.as_ref().and_then(|p| p.variant);
    if variant != Some(Variant::AlphaPrime) {
        return Vec::new();
    }
    let one = |b: &Breakout| {
        let onto = waypoint::with_transit(site, b.external);
        let each = b.from.iter().map(|from| Exempt {
            origins: BTreeSet::from([*from]),
            sources: places::endpoint_addresses(site, &Endpoint::Segment(*from)),
            destinations: b.destinations.clone(),
            onto: Some(onto.clone()),
            proto: Some(b.proto),
            ports: b.ports.clone(),
            icmp: None,
        });
        each.collect::<Vec<_>>()
    };
    let listed = site
        .records
        .breakouts
        .iter()
        .filter(|b| site.records.kinds.get(&b.external) == Some(&ExternalKind::Breakout));
    listed.flat_map(one).collect()
}
