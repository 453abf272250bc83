//! IPv6 that nobody closed.
//!
//! # What it finds
//! IPv6 packets that get from one tier onto another: between the internet zone and the two others outside declared
//! sessions, and over the border of the individual-number zone wherever the topology plans no IPv6 on both sides. Where
//! it does, whatever M-1, M-2 or L-1 found in IPv6.
//!
//! # Why it matters
//! Rules written for IPv4 say nothing about IPv6. A device that got an address by router advertisement and forwards
//! IPv6 is a second, unguarded way.
//!
//! # Example
//! `ip6tables -P FORWARD ACCEPT` beside a tight IPv4 rule set.
//!
//! # Remedy
//! Switch IPv6 forwarding off, or give IPv6 the same rules.
//!
//! # References
//! Basic security policy, clause 6(3): both invariants speak of communication, not of a protocol version.

use std::net::IpAddr;

use super::explanation::Explanation;
use super::ways::{self, Aspect, Border, Ways};
use super::{CheckError, assertion, basis, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::model::{Device, Expr, Family, Field, Ranges, RouteTarget, Then};
use crate::msg;
use crate::network::{Role, SegmentId, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-4",
        title: msg!("IPv6 that nobody closed", "IPv6による通信経路が三層の間に残っていないこと"),
        finds: msg!(
            "IPv6 packets that get from one tier onto another: between the internet zone and the two others outside declared sessions, and over the border of the individual-number zone wherever the topology plans no IPv6 on both sides",
            "ある系から他の系に届くIPv6の通信。インターネット接続系と他の系との間では申告された通信を除き、マイナンバー利用事務系の境界では両側にIPv6の計画がない場合を対象とする"
        ),
        matters: msg!(
            "rules written for IPv4 say nothing about IPv6. A device that got an address by router advertisement and forwards IPv6 is a second, unguarded way",
            "IPv4のルールはIPv6について何も定めない。IPv6を転送する機器は、警戒されていないもう一つの経路となる"
        ),
        example: msg!(
            "`ip6tables -P FORWARD ACCEPT` beside a tight IPv4 rule set",
            "厳格なIPv4のルールがある一方、`ip6tables -P FORWARD ACCEPT` となっている"
        ),
        remedy: msg!(
            "switch IPv6 forwarding off, or give IPv6 the same rules",
            "IPv6の転送を無効にする。又は、IPv6にも同じルールを設定する"
        ),
        references: msg!(
            "basic security policy, clause 6(3): both invariants speak of communication, not of a protocol version",
            "情報セキュリティ基本方針 6(3)(通信の制限はプロトコルの版を問わない)"
        ),
    }
}

/// Checks X-4.
pub fn check(site: &Site, ways: &mut Ways<'_>, others: &[Assertion]) -> Result<Assertion, CheckError> {
    let title = msg!(
        "no IPv6 packet passes between two tiers that are planned for IPv4 only",
        "IPv6による通信経路が三層の間に残っていないこと"
    );
    let mut out = assertion("X-4", "6(3)", Level::Packet, Class::Path, basis::all_zones(site), title);
    if !ways::any_read(site) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return Ok(out);
    }
    if !speaks(site) && ways::unread(site).is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!(
            "no device has an IPv6 address (other than link-local) or an IPv6 route",
            "リンクローカル以外のIPv6アドレス又はIPv6経路を持つ機器がない"
        ));
        return Ok(out);
    }
    let aspect = Aspect {
        variants: &|d: &Device| vec![d.clone()],
        places: &|_| Vec::new(),
        enters: &|_, _| true,
        family: Some(Family::V6),
    };
    ways.decide(&mut out, &borders(site), &aspect)?;
    found_elsewhere(&mut out, others);
    Ok(out)
}

/// Takes over what the invariants themselves found in IPv6: a planned border is theirs to judge, with the register.
fn found_elsewhere(out: &mut Assertion, others: &[Assertion]) {
    if out.verdict == Verdict::Violated {
        return;
    }
    let judged = |a: &&Assertion| ["M-1", "M-2", "L-1"].contains(&a.id) && a.level == Level::Packet;
    let certain = others.iter().filter(judged).flat_map(|a| &a.counterexamples);
    let found: Vec<_> = certain.filter(|e| e.family == Family::V6).cloned().collect();
    if !found.is_empty() {
        out.verdict = Verdict::Violated;
        out.possible_paths.clear();
        out.culprits.clear();
        out.counterexamples = found;
    }
}

/// Whether any device read has an IPv6 address that is not link-local, or may send IPv6 anywhere but on a link.
fn speaks(site: &Site) -> bool {
    let read = || site.devices.iter().filter(|d| d.is_read()).map(|d| &d.device);
    let global = |ip: IpAddr| match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(a) => !a.is_unicast_link_local() && !a.is_loopback(),
    };
    let mut addresses = read().flat_map(|d| &d.interfaces).flat_map(|i| &i.addresses);
    addresses.any(|a| global(a.network.ip())) || read().any(routes)
}

fn routes(device: &Device) -> bool {
    let Some(set) = device.rule_set(device.pipeline.routing) else { return false };
    let sends = |then: Then| match then {
        Then::Route(id) => device
            .routes
            .get(id.index())
            .is_some_and(|r| matches!(r.target, RouteTarget::Interface(_) | RouteTarget::Any(_))),
        _ => false,
    };
    set.chains.iter().flat_map(|c| &c.rules).any(|r| sends(r.then) && !closed(&r.when))
}

/// Whether a condition admits no IPv6 packet but to its own link (link-local, multicast).
fn closed(when: &Expr) -> bool {
    match when {
        Expr::None => true,
        Expr::Any | Expr::Not(_) => false,
        Expr::All(parts) => parts.iter().any(closed),
        Expr::Or(parts) => parts.iter().all(closed),
        Expr::Unknown { bound, .. } => closed(bound),
        Expr::In(Field::Family, families) => !families.contains(Family::V6.value()),
        Expr::In(Field::Dst, to) => {
            let (local, groups) =
                (Ranges::span(0xFE80 << 112, (0xFEC0 << 112) - 1), Ranges::span(0xFF << 120, u128::MAX));
            // Beside a condition on the family this says nothing of IPv4 addresses.
            to.minus(&local.union(&groups)).pairs().is_empty()
        }
        Expr::In(..) => false,
    }
}

fn borders(site: &Site) -> Vec<Border> {
    let planned =
        |s: &SegmentId| site.segment(*s).is_some_and(|s| s.prefixes.iter().any(|p| p.value.is_ipv6()));
    let mut out = Vec::new();
    for (a, b) in ways::borders() {
        let (from, to) = (places::segments_of_role(site, a), places::segments_of_role(site, b));
        let internet = a == Role::Internet || b == Role::Internet;
        if !internet && from.iter().any(planned) && to.iter().any(planned) {
            continue;
        }
        let lgwan = a != Role::IndividualNumber && b != Role::IndividualNumber;
        let exempt = if lgwan { waypoint::declared_sessions(site) } else { Vec::new() };
        out.push(Border { from, to, exempt });
    }
    out
}
