//! routes that lead around the firewall's table.
//!
//! # What it finds
//! Packets that a policy route or an SD-WAN rule sends from one tier onto another outside declared sessions, and
//! devices whose default routes lead into different tiers.
//!
//! # Why it matters
//! Whoever reads the routing table sees another way than packets take.
//!
//! # Example
//! A policy route for one terminal that leaves by the internet line.
//!
//! # Remedy
//! Delete the rule, or bound it to one tier.
//!
//! # References
//! Basic security policy, clause 2(11).

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::ways::{self, Aspect, Ways};
use super::{CheckError, assertion, basis, default_allow, places};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::model::{CauseKind, DenyKind, Device, Expr, Family, RouteTarget, Then};
use crate::msg;
use crate::network::{Role, Site, SiteDevice};
use crate::source::Span;

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-6",
        title: msg!(
            "routes that lead around the firewall's table",
            "ポリシールーティング、SD-WAN又は複数の既定経路により三層の間を迂回する経路がないこと"
        ),
        finds: msg!(
            "packets that a policy route or an SD-WAN rule sends from one tier onto another outside declared sessions, and devices whose default routes lead into different tiers",
            "ポリシールーティング又はSD-WANにより、ある系から他の系に送られる通信(申告された通信を除く)、及び既定経路が異なる系に向いている機器"
        ),
        matters: msg!(
            "whoever reads the routing table sees another way than packets take",
            "経路表を読んでも、実際の経路が分からない"
        ),
        example: msg!(
            "A policy route for one terminal that leaves by the internet line",
            "1台の端末についてのポリシールートが、インターネット回線に向いている"
        ),
        remedy: msg!(
            "delete the rule, or bound it to one tier",
            "設定を削除する。又は、同じ系の中に限定する"
        ),
        references: msg!("basic security policy, clause 2(11)", "情報セキュリティ基本方針 2(11)"),
    }
}

/// Checks X-6.
pub fn check(site: &Site, ways: &mut Ways<'_>) -> Result<Assertion, CheckError> {
    let title = msg!(
        "no policy route, SD-WAN rule or second default route leads from one tier to another",
        "ポリシールーティング、SD-WAN又は複数の既定経路により三層の間を迂回する経路がないこと"
    );
    let mut out = assertion("X-6", "2(11)", Level::Packet, Class::Path, basis::all_zones(site), title);
    if !ways::any_read(site) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return Ok(out);
    }
    let aspect = Aspect {
        variants: &by_policy,
        places: &|d| d.facts.policy_routes.clone(),
        enters: &|_, _| true,
        family: None,
    };
    ways.decide(&mut out, &default_allow::borders(site), &aspect)?;
    let astray: Vec<Culprit> = site.devices.iter().flat_map(|d| defaults(site, d)).collect();
    if !astray.is_empty() {
        out.verdict = Verdict::Violated;
        out.culprits = astray;
        out.culprits_truncated = false;
    }
    Ok(out)
}

/// The device with nothing but its policy routes, and whatever nobody knows of its routes.
fn by_policy(device: &Device) -> Vec<Device> {
    let spans: BTreeSet<Span> = device.facts.policy_routes.iter().copied().collect();
    let chosen = |then: Then| match then {
        Then::Route(id) => {
            device.routes.get(id.index()).is_some_and(|r| spans.contains(&r.span) || r.label == "unread")
        }
        _ => false,
    };
    let routing = device.pipeline.routing;
    let any = device
        .rule_set(routing)
        .is_some_and(|s| s.chains.iter().flat_map(|c| &c.rules).any(|r| chosen(r.then)));
    if !any {
        return Vec::new();
    }
    let mut out = device.clone();
    if let Some(set) = out.rule_sets.get_mut(routing.index()) {
        for rule in set.chains.iter_mut().flat_map(|c| &mut c.rules) {
            if matches!(rule.then, Then::Route(_)) && !chosen(rule.then) {
                rule.then = Then::Deny(DenyKind::Drop);
            }
        }
    }
    vec![out]
}

/// Default routes of one family that lead into different tiers.
fn defaults(site: &Site, device: &SiteDevice) -> Vec<Culprit> {
    if !device.is_read() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for family in Family::ALL {
        let mut tiers: BTreeSet<Role> = BTreeSet::new();
        let mut lines: BTreeSet<Span> = BTreeSet::new();
        for (tier, span) in default_routes(site, device, family) {
            tiers.insert(tier);
            lines.insert(span);
        }
        if tiers.len() > 1 {
            let what = msg!("default routes lead into different tiers", "既定経路が異なる系に向いている");
            let name = &device.device.name;
            found.extend(lines.into_iter().map(|span| Culprit {
                span,
                what: what.clone(),
                device: Some(name.clone()),
            }));
        }
    }
    found
}

fn default_routes(site: &Site, device: &SiteDevice, family: Family) -> Vec<(Role, Span)> {
    let Some(set) = device.device.rule_set(device.device.pipeline.routing) else { return Vec::new() };
    let everything = Expr::family(family);
    let rules = set.chains.iter().flat_map(|c| &c.rules);
    let wide = rules.filter(|r| certain(&device.device, &r.when) == Some(&everything));
    let routes = wide.filter_map(|r| match r.then {
        Then::Route(id) => device.device.routes.get(id.index()),
        _ => None,
    });
    let tier = |at: crate::model::IfId| {
        let segment = device.attached.get(at.index()).copied().flatten()?;
        ways::TIERS.into_iter().find(|r| places::segments_of_role(site, *r).contains(&segment))
    };
    let led = routes.filter_map(|r| match r.target {
        RouteTarget::Interface(at) if r.label != "unread" => Some((tier(at)?, r.span)),
        _ => None,
    });
    led.collect()
}

/// A choice among equal routes aside. What nobody knows may not be there at all.
fn certain<'x>(device: &Device, when: &'x Expr) -> Option<&'x Expr> {
    match when {
        Expr::Unknown { cause, bound } => {
            let kind = device.causes.get(cause.0 as usize).map(|c| c.kind);
            (kind == Some(CauseKind::Condition)).then_some(bound).and_then(|b| certain(device, b))
        }
        other => Some(other),
    }
}
