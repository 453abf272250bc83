//! Z-1: what the municipality itself allows between two of its zones.
//!
//! # What it finds
//! Packets that machines of one zone can open to another where `[[pair]]` allows nothing, or allows only what the
//! register or declared sanitizers permit.
//!
//! # Why it matters
//! Real municipalities have more than three zones; their own rules say which may talk to which.
//!
//! # Example
//! `from = "NAIBU"`, `to = "CORE"`, `allow = "none"`.
//!
//! # Remedy
//! Narrow the line shown, register the flow, or change the rule.
//!
//! # References
//! The municipality's own article, given as `local_ref`.

use std::collections::BTreeSet;

use super::crossing::{self, Crossing};
use super::explanation::Explanation;
use super::register::flows;
use super::{CheckError, Options, assertion, assumptions, basis, waypoint};
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::intent::register::Register;
use crate::msg;
use crate::network::{Allow, Pair, Role, SegmentId, Site, ZoneId};
use crate::source::Msg;

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "Z-1",
        title: msg!(
            "what the municipality itself allows between two of its zones",
            "団体が自ら定めた系間の通信の制限が守られていること"
        ),
        finds: msg!(
            "packets that machines of one zone can open to another where `[[pair]]` allows nothing, or allows only what the register or declared sanitizers permit",
            "`[[pair]]` で通信を認めない系の間、又は台帳若しくは無害化システムの通信のみを認める系の間において、それ以外に許可されている通信"
        ),
        matters: msg!(
            "real municipalities have more than three zones; their own rules say which may talk to which",
            "実際の団体には三つを超える系があり、相互の通信は団体の定めによる"
        ),
        example: msg!(
            "`from = \"NAIBU\"`, `to = \"CORE\"`, `allow = \"none\"`",
            "`from = \"NAIBU\"`、`to = \"CORE\"`、`allow = \"none\"`"
        ),
        remedy: msg!(
            "narrow the line shown, register the flow, or change the rule",
            "示された行を限定する。通信を台帳に登録する。又は、定めを改める"
        ),
        references: msg!(
            "the municipality's own article, given as `local_ref`",
            "団体の実施手順(`local_ref` に記載されたもの)"
        ),
    }
}

/// One assertion per pair.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(
    site: &Site,
    register: Option<&Register>,
    options: &Options,
) -> Result<Vec<Assertion>, CheckError> {
    site.records.pairs.iter().map(|pair| one(site, pair, register, options)).collect()
}

fn one(
    site: &Site,
    pair: &Pair,
    register: Option<&Register>,
    options: &Options,
) -> Result<Assertion, CheckError> {
    let scope = scope(site, pair);
    let title = match pair.allow {
        Allow::None => msg!(
            "machines of the first zone open nothing to the second",
            "開始側の系から相手側の系への通信経路がないこと"
        ),
        Allow::Register => msg!(
            "machines of the first zone open to the second only what is registered",
            "開始側の系から相手側の系への通信が台帳に記載されたもののみであること"
        ),
        Allow::Sanitizer => msg!(
            "machines of the first zone open to the second only sessions of declared sanitizers",
            "開始側の系から相手側の系への通信が無害化システムを経由するもののみであること"
        ),
        Allow::Any => msg!("the municipality allows anything here", "制限を設けないこととされている通信"),
    };
    let mut out = assertion("Z-1", "", Level::Packet, Class::Path, scope, title);
    out.local_ref = pair.local_ref.clone();
    let exempt = match pair.allow {
        Allow::Any => {
            out.verdict = Verdict::NotApplicable;
            out.reason =
                Some(msg!("`allow = \"any\"`", "制限を設けないこととされているため(allow = \"any\")"));
            return Ok(out);
        }
        Allow::None => Vec::new(),
        Allow::Register => {
            let outcome = flows::decide(site, &(of(site, pair.from), of(site, pair.to)), register, options)?;
            basis::fill(site, &mut out, [outcome]);
            out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
            if register.is_none() && out.verdict == Verdict::Violated {
                out.verdict = Verdict::Undetermined;
                out.possible_paths = std::mem::take(&mut out.counterexamples);
                out.reason = Some(super::register::absent(site));
            }
            return Ok(out);
        }
        Allow::Sanitizer => waypoint::declared_sessions(site),
    };
    if !exempt.is_empty() {
        out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    }
    let crossing = Crossing { from: of(site, pair.from), to: of(site, pair.to), exempt };
    let outcome = crossing::decide(site, &crossing, options)?;
    basis::fill(site, &mut out, [outcome]);
    if pair.allow == Allow::Sanitizer {
        out.cut_at = waypoint::sanitizers_in_use(site);
        basis::add_sanitizer_declarations(site, &mut out);
    }
    Ok(out)
}

/// Zones that no tier's check judges against the internet zone, and for which the municipality gave no rule either.
pub(super) fn unruled(site: &Site) -> Option<(&'static str, Msg)> {
    let internet = |id: ZoneId| site.zone(id).is_some_and(|z| z.role == Role::Internet);
    let ruled = |id: ZoneId| {
        let both = |p: &Pair| (p.from == id && internet(p.to)) || (p.to == id && internet(p.from));
        site.records.pairs.iter().any(both)
    };
    let others = site.zones().filter(|(id, z)| z.role == Role::Other && !ruled(*id));
    let names: Vec<&str> = others.map(|(_, z)| z.name.as_str()).collect();
    if names.is_empty() || !site.zones().any(|(id, _)| internet(id)) {
        return None;
    }
    let (en, ja) = (names.join(", "), names.join("、"));
    Some((
        "Z-1",
        msg!(
            "no rule was given for traffic between the internet zone and {en} (`[[pair]]`)",
            "インターネット接続系と{ja}との間の通信について、規定(`[[pair]]`)の記載がない"
        ),
    ))
}

/// `one zone → another`.
pub(super) fn scope(site: &Site, pair: &Pair) -> String {
    let name = |id: ZoneId| site.zone(id).map_or_else(String::new, |z| z.name.clone());
    format!("{} → {}", name(pair.from), name(pair.to))
}

/// The places of a zone.
pub(super) fn of(site: &Site, zone: ZoneId) -> BTreeSet<SegmentId> {
    site.places_of_zone(zone).all().collect()
}
