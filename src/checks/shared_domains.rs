//! VLANs that leak from zone to zone, and what that means for the zones (M-1, M-2, L-1, N-1 on the level of L2).
//!
//! # What it finds
//! Broadcast domains, over trunks, native VLANs and cables, that hold routers, ports or machines of two zones; and, apart
//! from them, ports that carry more than they need.
//!
//! # Why it matters
//! Machines of one broadcast domain reach each other whatever the firewalls say.
//!
//! # Example
//! A trunk with native VLAN 120 at one end and 220 at the other.
//!
//! # Remedy
//! Correct the VLAN of the port shown; name the cables of trunks in the topology (`[[link]]`).
//!
//! # References
//! Basic security policy, clause 2(11), 6(3).

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::register::flows;
use super::ways::TIERS;
use super::{assertion, basis, crossing, places};
use crate::analysis::answer::{Assertion, Basis, Bearing, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{Join, Role, SegmentId, Site, Step};
use crate::source::Msg;

/// Ports of switches that no cable names serve machines of their own VLAN.
pub const PORTS: &str = "PORTS-SERVE-THEIR-VLAN";

/// Most lines named by one answer.
const MOST: usize = 20;

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-3",
        title: msg!("VLANs do not leak from zone to zone", "VLANが系をまたいでつながっていないこと"),
        finds: msg!(
            "broadcast domains, over trunks, native VLANs and cables, that hold routers, ports or machines of two zones (a path); and, for information, trunks without a list of allowed VLANs, native VLANs that belong to a zone, ports that become trunks on request",
            "トランク、ネイティブVLAN及び結線を経て、二つの系のゲートウェイ、ポート又は機器を含むブロードキャストドメイン(経路)。参考として、許可VLANの指定のないトランク、系のVLANであるネイティブVLAN及び対向側の要求によりトランクとなり得るポート(衛生)"
        ),
        matters: msg!(
            "machines of one broadcast domain reach each other whatever the firewalls say",
            "同一のブロードキャストドメインにある機器は、ファイアウォールの設定にかかわらず相互に到達できる"
        ),
        example: msg!(
            "a trunk with native VLAN 120 at one end and 220 at the other",
            "一方のネイティブVLANが120、他方が220であるトランク"
        ),
        remedy: msg!(
            "correct the VLAN of the port shown; name the cables of trunks in the topology (`[[link]]`)",
            "表示されたポートのVLANを訂正する。トランクの接続先を構成情報(`[[link]]`)に記載する"
        ),
        references: msg!(
            "basic security policy, clauses 2(11) and 6(3)",
            "情報セキュリティ基本方針 2(11)、6(3)"
        ),
    }
}

/// Whether the check has anything to look at.
pub fn asked(site: &Site) -> bool {
    !site.fabric.switches.is_empty() || !site.fabric.joins.is_empty()
}

/// Checks X-3, and the pairs of zones on the level of L2. Nothing, if no switch was read.
pub fn check(site: &Site) -> Vec<Assertion> {
    if !asked(site) {
        return Vec::new();
    }
    let individual = |role| role == Role::IndividualNumber;
    let tiers = |role| TIERS.contains(&role);
    let between = |a: Role, b: Role| move |x: Role, y: Role| (x, y) == (a, b) || (y, x) == (a, b);
    let placed = |role| !places::segments_of_role(site, role).is_empty();
    let mut out = vec![
        pair(
            site,
            ("M-1", "6(3)①"),
            basis::pair_label(site, Role::IndividualNumber, Role::Internet),
            msg!(
                "no broadcast domain holds the individual-number zone and the internet zone",
                "マイナンバー利用事務系とインターネット接続系とがL2でつながっていないこと"
            ),
            placed(Role::IndividualNumber) && placed(Role::Internet),
            &between(Role::IndividualNumber, Role::Internet),
        ),
        pair(
            site,
            ("M-2", "6(3)①"),
            flows::scope(site),
            msg!(
                "no broadcast domain holds the individual-number zone and another zone",
                "マイナンバー利用事務系と他の系とがL2でつながっていないこと"
            ),
            !flows::nothing_between(site),
            &move |a, b| individual(a) != individual(b) && a != Role::Internet && b != Role::Internet,
        ),
        pair(
            site,
            ("L-1", "6(3)②"),
            basis::pair_label(site, Role::Lgwan, Role::Internet),
            msg!(
                "no broadcast domain holds the LGWAN zone and the internet zone",
                "LGWAN接続系とインターネット接続系とがL2でつながっていないこと"
            ),
            placed(Role::Lgwan) && placed(Role::Internet),
            &between(Role::Lgwan, Role::Internet),
        ),
    ];
    if site.zones.iter().any(|z| z.role == Role::Independent) {
        let independent = |role| role == Role::Independent;
        out.push(pair(
            site,
            ("N-1", "6(3)③"),
            basis::all_zones(site),
            msg!(
                "no broadcast domain holds an independent network and one of the three tiers",
                "独立系のネットワークと三層とがL2でつながっていないこと"
            ),
            placed(Role::Independent) && TIERS.into_iter().any(placed),
            &move |a, b| (independent(a) && tiers(b)) || (tiers(a) && independent(b)),
        ));
    }
    out.push(leaks(site));
    out.push(wide(site));
    // Without a switch, what a firewall or host bridges is seen, and nothing says how segments lie otherwise.
    if site.fabric.switches.is_empty() {
        out.retain(|a| a.level == Level::L2 && a.verdict != Verdict::Holds);
    }
    out
}

fn zone_of(site: &Site, id: SegmentId) -> Option<Role> {
    let zone = site.segment(id)?.zone?;
    site.zone(zone).map(|z| z.role)
}

/// One pair of roles; `placed` is whether both have segments to look at.
fn pair(
    site: &Site,
    (id, clause): (&'static str, &'static str),
    scope: String,
    title: Msg,
    placed: bool,
    concerned: &dyn Fn(Role, Role) -> bool,
) -> Assertion {
    let mut out = assertion(id, clause, Level::L2, Class::Path, scope, title);
    let joins = site.fabric.joins.iter().filter(|join| {
        let roles = zone_of(site, join.a).zip(zone_of(site, join.b));
        roles.is_some_and(|(a, b)| concerned(a, b))
    });
    decide(site, &mut out, &joins.collect::<Vec<_>>());
    if out.verdict == Verdict::Holds && !placed {
        out.verdict = Verdict::Undetermined;
        out.reason = Some(crossing::without_a_segment());
    }
    out
}

fn leaks(site: &Site) -> Assertion {
    let title = msg!(
        "no broadcast domain holds two zones",
        "一つのブロードキャストドメインに二つの系が含まれていないこと"
    );
    let mut out = assertion("X-3", "2(11)", Level::L2, Class::Path, basis::all_zones(site), title);
    decide(site, &mut out, &site.fabric.joins.iter().collect::<Vec<_>>());
    out
}

/// A certain join of two zones is a violation. One with a link of no zone makes the topology wrong: what else was
/// analysed takes the two for separate.
fn decide(site: &Site, out: &mut Assertion, joins: &[&Join]) {
    let zoned = |j: &&&Join| zone_of(site, j.a).is_some() && zone_of(site, j.b).is_some();
    let certain: Vec<&Join> = joins.iter().filter(|j| j.certain).filter(zoned).copied().collect();
    let shown = if certain.is_empty() { joins.to_vec() } else { certain.clone() };
    out.verdict = match (certain.is_empty(), joins.is_empty()) {
        (false, _) => Verdict::Violated,
        (true, false) => Verdict::Undetermined,
        (true, true) => Verdict::Holds,
    };
    out.culprits = lines(&shown);
    out.culprits_truncated = out.culprits.len() > MOST;
    out.culprits.truncate(MOST);
    out.reason = shown.first().map(|first| told(site, first, out.verdict));
    let cited = site.fabric.claims.iter().flat_map(|c| c.declarations.iter().cloned());
    out.assumptions.extend(cited);
    out.assumptions.sort();
    out.assumptions.dedup();
    if !site.fabric.claims.is_empty() {
        out.basis = Basis::PartlyDeclared;
    }
    basis::demote(out, basis::unbacked_links(site));
    out.assumptions.push(PORTS.to_owned());
}

fn told(site: &Site, join: &Join, verdict: Verdict) -> Msg {
    let name =
        |id| site.segment(id).map_or_else(String::new, |s| s.name.clone().unwrap_or(s.id.value.clone()));
    let (a, b) = (name(join.a), name(join.b));
    match verdict {
        Verdict::Violated => msg!(
            "`{a}` and `{b}` are one broadcast domain",
            "「{a}」と「{b}」が同一のブロードキャストドメインにある"
        ),
        _ => msg!(
            "`{a}` and `{b}` may be one broadcast domain",
            "「{a}」と「{b}」が同一のブロードキャストドメインとなり得る"
        ),
    }
}

/// Whether machines of two places talk without a device in between: with certainty or possibly, by which lines.
pub(super) fn joined(
    site: &Site,
    from: &BTreeSet<SegmentId>,
    to: &BTreeSet<SegmentId>,
) -> Option<(Verdict, Msg, Vec<Culprit>)> {
    let between =
        |j: &&Join| from.contains(&j.a) && to.contains(&j.b) || from.contains(&j.b) && to.contains(&j.a);
    let joins: Vec<&Join> = site.fabric.joins.iter().filter(between).collect();
    let certain: Vec<&Join> = joins.iter().filter(|j| j.certain).copied().collect();
    let (verdict, shown) = match certain.is_empty() {
        true => (Verdict::Undetermined, joins),
        false => (Verdict::Violated, certain),
    };
    let first = shown.first()?;
    Some((verdict, told(site, first, verdict), lines(&shown)))
}

/// The lines to look at: of a certain join all, of another those that are not certain.
fn lines(joins: &[&Join]) -> Vec<Culprit> {
    let of = |join: &Join| -> Vec<Step> {
        let wanted = join.steps.iter().filter(|s| join.certain || !s.certain);
        wanted.cloned().collect()
    };
    let culprit = |s: Step| Culprit { span: s.span, what: s.what, device: Some(s.device) };
    let mut out: Vec<Culprit> = joins.iter().flat_map(|j| of(j)).map(culprit).collect();
    out.sort();
    out.dedup_by(|a, b| a.span == b.span);
    out
}

/// Ports that carry more than they need: for information.
fn wide(site: &Site) -> Assertion {
    let title = msg!("no port carries more VLANs than it needs", "必要以上のVLANを通すポートがないこと");
    let mut out = assertion("X-3", "2(11)", Level::None, Class::Hygiene, basis::all_zones(site), title);
    out.bearing = Bearing::Informs;
    let found = site.fabric.wide.iter();
    let mut culprits: Vec<Culprit> = found
        .map(|w| Culprit { span: w.span, what: w.what.clone(), device: Some(w.device.clone()) })
        .collect();
    culprits.sort();
    culprits.dedup();
    out.verdict = if culprits.is_empty() { Verdict::Holds } else { Verdict::Violated };
    out.culprits_truncated = culprits.len() > MOST;
    culprits.truncate(MOST);
    out.culprits = culprits;
    out
}
