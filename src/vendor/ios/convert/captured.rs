//! Routing tables that the box printed: what they add to the routes of the configuration, and what in them contradicts it.

use std::net::IpAddr;

use crate::model::{AddressSet, DenyKind, Family, IfId, RouteTarget};
use crate::msg;
use crate::source::{Code, Msg, Span};
use crate::vendor::ios::rib::{Rib, RibRoute};
use crate::vendor::ios::rib_ax;

use super::builder::Builder;
use super::route::{Entry, MOST_RECURSION, entry, find, own_statics};

/// Adds what captured tables show; the families whose dynamic routes are all captured.
pub fn add(b: &mut Builder<'_>, entries: &mut Vec<Entry>) -> Vec<Family> {
    let config = b.config;
    let mut whole = Vec::new();
    for family in Family::ALL {
        let tables: Vec<&Rib> =
            config.ribs.iter().filter(|r| r.family == family && r.vrf.as_deref() == b.vrf).collect();
        let Some(table) = tables.last() else { continue };
        let runs = config.dynamic.iter().any(|d| d.vrf.as_deref() == b.vrf && d.families.contains(&family));
        let flaw = table.flaw.clone().or_else(|| contradiction(b, table, entries));
        if let Some((span, what)) = &flaw {
            b.ledger.report(Code::TruncatedInput, *span, what.clone());
        }
        let added: Vec<Entry> =
            table.routes.iter().filter_map(|r| shown(b, r, table, entries, flaw.clone(), runs)).collect();
        entries.extend(added);
        if flaw.is_none() {
            whole.push(family);
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

/// A route that the configuration makes certain and the capture does not show, or one that it cannot have.
fn contradiction(b: &Builder<'_>, table: &Rib, entries: &[Entry]) -> Option<(Span, Msg)> {
    let has = |e: &Entry| table.routes.iter().any(|r| to_the_same(e, r));
    let certain = entries.iter().filter(|e| e.family == table.family && e.doubt.is_none());
    let best = |e: &Entry| entries.iter().all(|o| o.prefix != e.prefix || o.distance >= e.distance);
    let link_local = |e: &Entry| e.prefix.contains(0xFE80 << 112) && e.family == Family::V6;
    let missing = certain
        .filter(|e| best(e))
        .find(|e| !has(e) && !link_local(e) && !e.label.starts_with("default gateway"));
    if let Some(missing) = missing {
        let label = missing.label.clone();
        let what = msg!(
            "the captured routing table lacks this route (`{label}`)",
            "採取した経路表にこの経路({label})がない"
        );
        return Some((missing.span, what));
    }
    let known = |r: &RibRoute| r.interface.as_ref().is_none_or(|i| null(i) || called(b, table, i).is_some());
    if let Some(strange) = table.routes.iter().find(|r| !known(r)) {
        let what = msg!("the configuration has no such interface", "このインターフェースが設定にない");
        return Some((strange.span, what));
    }
    if let Some(other) = table.routes.iter().find(|r| other_hop(b, r)) {
        let what = msg!(
            "the configuration has another next hop for this static route",
            "スタティック経路のネクストホップが設定と異なる"
        );
        return Some((other.span, what));
    }
    if !table.of_ax {
        return None;
    }
    if let Some(off) = table.routes.iter().find(|r| elsewhere(b, table, r)) {
        let what = msg!(
            "the next hop is not on the interface that the routing table names",
            "ネクストホップが、経路表に示されたインターフェースのネットワークにない"
        );
        return Some((off.span, what));
    }
    let beaten = |r: &&RibRoute| r.learned && floor(r, entries).is_some_and(|d| d < LEAST_FLOATING);
    let beaten = table.routes.iter().find(beaten)?;
    let what = msg!(
        "the configuration has a better route to this network than the routing table shows",
        "この宛先には、経路表の経路より優先される経路が設定にある"
    );
    Some((beaten.span, what))
}

/// A distance that no protocol has unless somebody gave it one: a static route with less is not there to float.
const LEAST_FLOATING: u32 = 20;

/// The distance of the best route to the same network that the configuration makes certain.
fn floor(route: &RibRoute, entries: &[Entry]) -> Option<u32> {
    let same = |e: &&Entry| e.doubt.is_none() && to_the_same(e, route);
    entries.iter().filter(same).map(|e| e.distance).min()
}

fn to_the_same(entry: &Entry, route: &RibRoute) -> bool {
    let set = AddressSet::network(route.prefix);
    *set.of(entry.family) == entry.prefix && route.prefix.prefix() == entry.bits
}

/// A static route to a network that the configuration reaches by other next hops only.
fn other_hop(b: &Builder<'_>, route: &RibRoute) -> bool {
    let Some(gateway) = route.gateway.filter(|_| !route.learned) else { return false };
    let statics = own_statics(b);
    let mut same = statics.iter().filter(|s| s.prefix == route.prefix).peekable();
    same.peek().is_some() && same.all(|s| s.gateway.is_some_and(|g| g != gateway))
}

/// A next hop on the network of another interface than the named one; of a protocol, also one that is on none.
fn elsewhere(b: &Builder<'_>, table: &Rib, route: &RibRoute) -> bool {
    let (Some(name), false) = (&route.interface, route.local) else { return false };
    let wanted = called(b, table, name);
    let nets = || b.layer3().into_iter().flat_map(|(id, i)| i.addresses.iter().map(move |(n, _)| (id, *n)));
    let on = match route.gateway {
        Some(gateway) => nets().filter(|(_, n)| n.contains(gateway)).max_by_key(|(_, n)| n.prefix()),
        // A connected network is that of its interface.
        None => {
            nets().find(|(_, n)| n.network() == route.prefix.network() && n.prefix() == route.prefix.prefix())
        }
    };
    match on {
        Some((id, _)) => wanted != Some(id),
        None => route.learned,
    }
}

fn null(name: &str) -> bool {
    name.eq_ignore_ascii_case("null0")
}

/// The interface that a table calls `name`; nothing if several may be called so.
fn called(b: &Builder<'_>, table: &Rib, name: &str) -> Option<IfId> {
    if !table.of_ax {
        return find(b, name);
    }
    let mut ids =
        b.device.interfaces().filter(|(_, i)| rib_ax::called(&i.name.value).as_deref() == Some(name));
    ids.next().map(|(id, _)| id).filter(|_| ids.next().is_none())
}

/// A captured route that the configuration does not have.
fn shown(
    b: &mut Builder<'_>,
    route: &RibRoute,
    table: &Rib,
    entries: &[Entry],
    flaw: Option<(Span, Msg)>,
    runs: bool,
) -> Option<Entry> {
    if route.local {
        return None;
    }
    let target = match (&route.interface, route.gateway) {
        (Some(name), _) if null(name) => Some(RouteTarget::Discard(DenyKind::Drop)),
        (Some(name), _) => called(b, table, name).map(RouteTarget::Interface),
        (None, Some(gateway)) => by_table(b, gateway, table, 0).map(RouteTarget::Interface),
        (None, None) => None,
    };
    let mut made =
        entry(route.prefix, RouteTarget::Discard(DenyKind::Drop), route.span, "captured route".to_owned());
    let same = |e: &Entry| e.family == made.family && e.prefix == made.prefix && e.bits == made.bits;
    if !route.learned && entries.iter().any(same) {
        return None;
    }
    made.distance = match floor(route, entries) {
        _ if !table.of_ax => route.distance,
        // It is used, so whatever is certain is worse. What may be there may still be better.
        Some(floor) => floor.saturating_sub(1),
        None => u32::from(u8::MAX),
    };
    made.gateway = route.gateway;
    let unexplained = || {
        let what = msg!("the configuration does not explain this route", "この経路は設定からは説明できない");
        (route.span, what)
    };
    made.doubt = flaw.or_else(|| (!route.learned || !runs).then(unexplained));
    made.target = match target {
        Some(target) => target,
        None => {
            let (span, what) = made.doubt.clone().unwrap_or_else(unexplained);
            let cause = b.unknown(span, what.clone());
            made.doubt.get_or_insert((span, what));
            RouteTarget::Any(cause)
        }
    };
    Some(made)
}

/// The interface that a next hop is reached by, as the table says.
fn by_table(b: &Builder<'_>, gateway: IpAddr, table: &Rib, depth: usize) -> Option<IfId> {
    if depth >= MOST_RECURSION {
        return None;
    }
    let best = table
        .routes
        .iter()
        .filter(|r| r.prefix.contains(gateway) && r.gateway != Some(gateway))
        .max_by_key(|r| r.prefix.prefix())?;
    match (&best.interface, best.gateway) {
        (Some(name), _) => called(b, table, name),
        (None, Some(next)) => by_table(b, next, table, depth + 1),
        (None, None) => None,
    }
}
