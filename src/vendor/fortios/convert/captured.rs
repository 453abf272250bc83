//! Routing tables that the device showed, beside what its configuration says (SEMANTICS 9).
//!
//! A whole capture says which routes the dynamic protocols brought. It is believed only where it agrees with the
//! configuration: every route that the configuration makes certain must be in it.

use std::collections::BTreeSet;

use crate::model::{DenyKind, Family, InterfaceKind, RouteTarget};
use crate::msg;
use crate::source::{Code, Msg, Span};
use crate::vendor::fortios::rib::{Origin, Rib, RibRoute};

use super::builder::Builder;
use super::route::{Entry, entry};

/// Adds the captured routes to `entries`; the families whose dynamic routes are all captured.
pub fn captured(b: &mut Builder<'_>, entries: &mut Vec<Entry>) -> BTreeSet<Family> {
    let vdom = b.vdom;
    let mut whole = BTreeSet::new();
    for family in Family::ALL {
        let tables: Vec<&Rib> = vdom.ribs.iter().filter(|r| r.family == family).collect();
        let (Some(table), false) = (tables.first(), tables.len() > 1) else {
            twice(b, &tables);
            continue;
        };
        let flaw = table.flaw.clone().or_else(|| contradiction(b, table, entries));
        if let Some((span, what)) = &flaw {
            b.ledger.report(Code::TruncatedInput, *span, what.clone());
        }
        let runs = vdom.dynamic.iter().any(|(_, _, families)| families.contains(&family));
        let mut added = Vec::new();
        for route in &table.routes {
            if let Some(new) = one(b, route, entries, flaw.clone(), runs) {
                added.push(new);
            }
        }
        entries.extend(added);
        if flaw.is_none() {
            whole.insert(family);
            if runs {
                b.device.assumptions.push(msg!(
                    "the routes of dynamic protocols are those of the captured routing table",
                    "動的ルーティングの経路は、採取した経路表のとおりであること"
                ));
            }
        }
    }
    whole
}

fn twice(b: &mut Builder<'_>, tables: &[&Rib]) {
    if let Some(second) = tables.get(1) {
        let what = msg!(
            "a second routing table of the same VDOM: neither is used",
            "同一のVDOMの経路表が複数あるため、いずれも使用しない"
        );
        b.ledger.report(Code::Contradiction, second.place, what);
    }
}

/// A route that the configuration makes certain and the capture does not show: one of the two is not of this device,
/// or not of this time.
fn contradiction(b: &Builder<'_>, table: &Rib, entries: &[Entry]) -> Option<(Span, Msg)> {
    let shown: Vec<Entry> = table.routes.iter().filter_map(|r| as_entry(b, r)).collect();
    if shown.len() < table.routes.len() {
        let strange = table.routes.iter().find(|r| as_entry(b, r).is_none());
        let what = msg!("the configuration has no such interface", "このインターフェースが設定にない");
        return strange.map(|r| (r.span, what));
    }
    let same = |a: &Entry, e: &Entry| a.family == e.family && a.bits == e.bits && a.prefix == e.prefix;
    let certain = entries.iter().filter(|e| e.family == table.family && e.doubt.is_none());
    let absent = certain.filter(|e| !shown.iter().any(|s| same(s, e) && s.target == e.target));
    // A better one in its place explains an absence.
    let better = |e: &Entry| {
        let mine = entries.iter().filter(|o| o.doubt.is_none());
        mine.chain(&shown).any(|o| same(o, e) && o.distance < e.distance)
    };
    let missing = absent.into_iter().find(|e| !better(e) && !inside(b, e))?;
    let label = missing.label.clone();
    let what = msg!(
        "the captured routing table lacks this route (`{label}`)",
        "採取した経路表にこの経路({label})がない"
    );
    Some((missing.span, what))
}

/// Routes that some releases do not show.
fn inside(b: &Builder<'_>, entry: &Entry) -> bool {
    let RouteTarget::Interface(id) = entry.target else { return false };
    let kind = b.device.interfaces.get(id.index()).map(|i| &i.kind);
    entry.bits == if entry.family == Family::V4 { 32 } else { 128 }
        || kind == Some(&InterfaceKind::Loopback)
        || entry.family == Family::V6 && entry.prefix.contains(0xFE80 << 112)
}

fn as_entry(b: &Builder<'_>, route: &RibRoute) -> Option<Entry> {
    let target = match &route.interface {
        None => RouteTarget::Discard(DenyKind::Drop),
        Some(name) => match b.device.interface(name) {
            Some(id) => RouteTarget::Interface(id),
            // The domain's own loopback.
            None if *name == b.vdom.name && route.prefix.ip().is_loopback() => {
                RouteTarget::Discard(DenyKind::Drop)
            }
            None => return None,
        },
    };
    let mut made = entry(route.prefix, target, route.span, "captured route".to_owned());
    (made.distance, made.priority, made.gateway) = (route.distance, route.priority, route.gateway);
    Some(made)
}

/// A captured route that the configuration does not have: certain if a protocol of the configuration brought it and
/// nothing is missing, possible otherwise.
fn one(
    b: &mut Builder<'_>,
    route: &RibRoute,
    entries: &[Entry],
    flaw: Option<(Span, Msg)>,
    runs: bool,
) -> Option<Entry> {
    let mut made = as_entry(b, route)?;
    let known = |e: &Entry| e.family == made.family && e.prefix == made.prefix && e.target == made.target;
    if route.origin != Origin::Learned && entries.iter().any(known) || route.prefix.ip().is_loopback() {
        return None;
    }
    let unexplained = || {
        let what = msg!("the configuration does not explain this route", "この経路は設定からは説明できない");
        (route.span, what)
    };
    made.doubt = flaw.or_else(|| (route.origin != Origin::Learned || !runs).then(unexplained));
    // Own addresses are shown as connected in later releases; they are local before any route is asked.
    let own = b.vdom.interfaces.values().flat_map(|i| &i.addresses).any(|(n, _)| n.ip() == route.prefix.ip());
    let host = made.bits == if made.family == Family::V4 { 32 } else { 128 };
    (!(own && host && route.origin == Origin::Connected)).then_some(made)
}
