//! Connected and static routes, possible routes, ways into other VRFs, policy routing.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::{
    AddressSet, DenyKind, Expr, Family, Field, IfId, Ranges, RouteTarget, RuleSetId, RuleSetKind, Then,
};
use crate::msg;
use crate::source::{Code, Msg, Span};
use crate::vendor::ios::config::{Interface, MapEntry, StaticRoute};

use super::acl;
use super::builder::{Builder, Row};
use super::captured;
use super::leaks::{self, Crossing};

/// Distance of a default route that comes with a lease.
const LEASE_DISTANCE: u32 = 254;

/// How often a next hop is looked up again.
pub const MOST_RECURSION: usize = 8;

/// One possible or certain route.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Family.
    pub family: Family,
    /// Destinations.
    pub prefix: Ranges,
    /// Length of the prefix.
    pub bits: u8,
    /// Administrative distance.
    pub distance: u32,
    /// Where to.
    pub target: RouteTarget,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// The line.
    pub span: Span,
    /// What a person calls it.
    pub label: String,
    /// Why it may not be there.
    pub doubt: Option<(Span, Msg)>,
}

/// A route to a network that nothing else is known of.
pub fn entry(network: IpNetwork, target: RouteTarget, span: Span, label: String) -> Entry {
    let family = Family::of(network.ip());
    let prefix = AddressSet::network(network).of(family).clone();
    let bits = network.prefix();
    Entry { family, prefix, bits, distance: 0, target, gateway: None, span, label, doubt: None }
}

/// The addresses of an interface that are the device's own for certain.
pub fn own(interface: &Interface) -> impl Iterator<Item = (IpNetwork, Span)> + '_ {
    let leased = |span: Span| interface.leased.iter().any(|(_, s)| *s == span);
    interface.addresses.iter().copied().filter(move |(_, span)| !leased(*span))
}

/// Whether an interface speaks a family at all.
pub fn speaks(interface: &Interface, family: Family) -> bool {
    let of = |f: Family| interface.addresses.iter().any(|(n, _)| Family::of(n.ip()) == f);
    match family {
        Family::V4 => {
            of(Family::V4)
                || interface.unnumbered.is_some()
                || interface.leased.iter().any(|(f, _)| *f == family)
        }
        Family::V6 => of(Family::V6) || interface.v6 || interface.leased.iter().any(|(f, _)| *f == family),
    }
}

/// The routing decision: own addresses, what may override the table, the table.
pub fn routing(b: &mut Builder<'_>, crossings: &[Crossing]) -> RuleSetId {
    let mut entries = connected(b);
    let statics = own_statics(b);
    for route in &statics {
        let made = fixed(b, route, &statics, crossings);
        entries.extend(made);
    }
    if let Some((gateway, span)) =
        b.config.default_gateway.filter(|_| b.vrf.is_none() && b.config.routing.is_some_and(|r| !r.value))
    {
        let whole: Option<IpNetwork> = "0.0.0.0/0".parse().ok();
        let out = egress(b, gateway, &[], 0);
        if let (Some(network), Some((id, _))) = (whole, out) {
            let mut made = entry(network, RouteTarget::Interface(id), span, "default gateway".to_owned());
            made.gateway = Some(gateway);
            entries.push(made);
        }
    }
    let captured = captured::add(b, &mut entries);
    entries.sort_by_key(|e| (e.family, std::cmp::Reverse(e.bits), e.prefix.first(), e.distance));
    let mut rows = Vec::new();
    local(b, &mut rows);
    leaks::arrivals(b, crossings, &mut rows);
    policy(b, crossings, &mut rows);
    leaks::departures(b, crossings, &mut rows);
    dynamic(b, &captured, &mut rows);
    let mut rest = entries.as_slice();
    while let Some(first) = rest.first() {
        let same = |e: &&Entry| e.family == first.family && e.bits == first.bits && e.prefix == first.prefix;
        let count = rest.iter().take_while(same).count();
        let (group, tail) = rest.split_at(count.min(rest.len()));
        one_prefix(b, group, &mut rows);
        rest = tail;
    }
    b.list("routes", RuleSetKind::Route, rows, Then::Fall)
}

fn connected(b: &mut Builder<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (id, interface) in b.layer3() {
        let name = &interface.name.value;
        for (network, span) in &interface.addresses {
            entries.push(entry(*network, RouteTarget::Interface(id), *span, format!("connected {name}")));
        }
        for (family, span) in &interface.leased {
            let known = interface.addresses.iter().any(|(_, s)| s == span);
            if known {
                continue;
            }
            let what = msg!(
                "addresses and routes of a lease are not in the file",
                "動的に取得するアドレス及び経路は設定に現れない"
            );
            let leased = Entry {
                family: *family,
                prefix: Ranges::full(family.max_address()),
                bits: 128,
                distance: 0,
                target: RouteTarget::Interface(id),
                gateway: None,
                span: *span,
                label: format!("leased {name}"),
                doubt: Some((*span, what)),
            };
            entries.push(leased.clone());
            entries.push(Entry { bits: 0, distance: LEASE_DISTANCE, ..leased });
        }
    }
    entries
}

/// What a static route becomes; nothing if its egress is down.
fn fixed(
    b: &mut Builder<'_>,
    route: &StaticRoute,
    statics: &[StaticRoute],
    crossings: &[Crossing],
) -> Option<Entry> {
    let label = format!("static {}", route.prefix);
    let mut made = entry(route.prefix, RouteTarget::Discard(DenyKind::Drop), route.span, label);
    (made.distance, made.gateway, made.doubt) = (route.distance, route.gateway, route.doubt.clone());
    if route.distance == 255 {
        return None;
    }
    let null = route.interface.as_ref().is_some_and(|i| {
        i.value.to_ascii_lowercase().replace(' ', "") == "null0" || i.value.eq_ignore_ascii_case("null")
    });
    if null {
        return Some(made);
    }
    if let Some(to) = leaks::target(b.config, route) {
        let id = leaks::out(b, crossings, to.as_deref());
        match id {
            Some(id) => {
                made.target = RouteTarget::Interface(id);
                made.gateway = None;
            }
            None => unresolved(b, route, &mut made),
        }
        return Some(made);
    }
    if let Some(name) = &route.interface {
        let Some(id) = find(b, &name.value) else {
            unresolved(b, route, &mut made);
            return Some(made);
        };
        if !b.device.interfaces.get(id.index()).is_some_and(|i| i.up) {
            return None;
        }
        made.target = RouteTarget::Interface(id);
        return Some(made);
    }
    match route.gateway.and_then(|gateway| egress(b, gateway, statics, 0)) {
        Some((id, gateway)) => {
            made.target = RouteTarget::Interface(id);
            made.gateway = Some(gateway);
        }
        None if route.gateway.is_some_and(|g| behind_down(b, g)) => return None,
        None => unresolved(b, route, &mut made),
    }
    Some(made)
}

fn unresolved(b: &mut Builder<'_>, route: &StaticRoute, made: &mut Entry) {
    let what = msg!("the egress of a route is not known", "経路の出力インターフェースが不明である");
    let cause = b.unknown(route.span, what.clone());
    made.target = RouteTarget::Any(cause);
    made.doubt.get_or_insert((route.span, what));
}

/// An interface of this device by the name that a route writes.
pub fn find(b: &Builder<'_>, name: &str) -> Option<IfId> {
    let plain = |t: &str| t.to_ascii_lowercase().replace(' ', "");
    let wanted = plain(name);
    b.device.interfaces().find(|(_, i)| plain(&i.name.value) == wanted).map(|(id, _)| id)
}

/// The static routes of this VRF.
pub fn own_statics(b: &Builder<'_>) -> Vec<StaticRoute> {
    let mine = |r: &&StaticRoute| r.vrf.as_ref().map(|v| v.value.as_str()) == b.vrf;
    b.config.statics.iter().filter(mine).cloned().collect()
}

/// Where a next hop is reached, and by which neighbour: connected, or by other static routes.
pub fn egress(
    b: &Builder<'_>,
    gateway: IpAddr,
    statics: &[StaticRoute],
    depth: usize,
) -> Option<(IfId, IpAddr)> {
    let on = |i: &Interface| {
        i.addresses.iter().filter(|(n, _)| n.contains(gateway)).map(|(n, _)| n.prefix()).max()
    };
    let best = b.layer3().into_iter().filter_map(|(id, i)| Some((on(i)?, id))).max_by_key(|(bits, _)| *bits);
    if let Some((_, id)) = best {
        return Some((id, gateway));
    }
    if depth >= MOST_RECURSION {
        return None;
    }
    let next = statics
        .iter()
        .filter(|r| r.distance < 255 && r.prefix.contains(gateway) && r.gateway != Some(gateway))
        .max_by_key(|r| r.prefix.prefix())?;
    // What may not be there, or is not followed, leaves open which way the next hop is.
    if next.doubt.is_some() {
        return None;
    }
    match (&next.interface, next.gateway) {
        (Some(name), gateway_of) => {
            let id = find(b, &name.value)
                .filter(|id| b.device.interfaces.get(id.index()).is_some_and(|i| i.up))?;
            Some((id, gateway_of.unwrap_or(gateway)))
        }
        (None, Some(further)) => egress(b, further, statics, depth + 1),
        (None, None) => None,
    }
}

/// Whether a next hop would be on an interface that is shut down: then its route is not there.
fn behind_down(b: &Builder<'_>, gateway: IpAddr) -> bool {
    let down = b.config.interfaces.values().filter(|i| !i.up && b.in_vrf(i));
    let mut on = down.flat_map(|i| &i.addresses);
    on.any(|(n, _)| n.contains(gateway)) && !b.config.dynamic.iter().any(|d| d.vrf.as_deref() == b.vrf)
}

/// Routes to one prefix: possible ones up to the best certain distance, then the best certain ones by choice.
fn one_prefix(b: &mut Builder<'_>, group: &[Entry], rows: &mut Vec<Row>) {
    let best = group.iter().filter(|e| e.doubt.is_none()).map(|e| e.distance).min();
    let mut equal: Vec<&Entry> = Vec::new();
    for route in group.iter().filter(|e| best.is_none_or(|best| e.distance <= best)) {
        let Some((span, what)) = &route.doubt else {
            equal.push(route);
            continue;
        };
        let cause = b.unknown(*span, what.clone());
        let (when, then) = row(b, route);
        rows.push((Expr::unknown(cause, when), then, route.span, route.label.clone()));
    }
    let Some((last, others)) = equal.split_last() else { return };
    for route in others {
        let cause = b.choice(route.span, msg!("one of several equal routes", "複数の等価な経路のいずれか"));
        let (when, then) = row(b, route);
        rows.push((Expr::unknown(cause, when), then, route.span, route.label.clone()));
    }
    let (when, then) = row(b, last);
    rows.push((when, then, last.span, last.label.clone()));
}

fn row(b: &mut Builder<'_>, route: &Entry) -> (Expr, Then) {
    let whole = route.prefix == Ranges::full(route.family.max_address());
    let to = if whole { Expr::Any } else { Expr::In(Field::Dst, route.prefix.clone()) };
    let then = b.route(route.target, route.gateway, route.span, &route.label);
    (Expr::all([Expr::family(route.family), to]), then)
}

/// Destinations that are the device itself, and those that no router passes on.
fn local(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    for (_, interface) in b.layer3() {
        let label = format!("address of {}", interface.name.value);
        for (network, span) in own(interface) {
            let then = b.route(RouteTarget::Local, None, span, &label);
            rows.push((AddressSet::host(network.ip()).expr(Field::Dst), then, span, label.clone()));
        }
        for (address, span) in &interface.shared {
            let what =
                msg!("which router answers for a shared address", "仮想アドレスにどの機器が応答するか");
            let cause = b.unknown(*span, what);
            let then = b.route(RouteTarget::Local, None, *span, &label);
            rows.push((
                Expr::unknown(cause, AddressSet::host(*address).expr(Field::Dst)),
                then,
                *span,
                label.clone(),
            ));
        }
        for (family, span) in &interface.leased {
            let what = msg!(
                "the interface's address is not in the file",
                "インターフェースのアドレスは設定に現れない"
            );
            let cause = b.unknown(*span, what);
            let then = b.route(RouteTarget::Local, None, *span, &label);
            rows.push((Expr::unknown(cause, Expr::family(*family)), then, *span, label.clone()));
        }
    }
    let place = b.whole;
    let groups =
        AddressSet { v4: Ranges::span(0xE000_0000, 0xEFFF_FFFF), v6: Ranges::span(0xFF << 120, u128::MAX) };
    if let Some(span) = b.config.multicast {
        let what = msg!("multicast routing is not modelled", "マルチキャストルーティングは未対応である");
        let cause = b.unknown(span, what);
        let then = b.route(RouteTarget::Any(cause), None, span, "multicast");
        rows.push((Expr::unknown(cause, groups.expr(Field::Dst)), then, span, "multicast".to_owned()));
    }
    let here = AddressSet {
        v4: groups.v4.union(&Ranges::one(u128::from(u32::MAX))),
        v6: groups.v6.union(&Ranges::span(0xFE80 << 112, (0xFEC0 << 112) - 1)),
    };
    let then = b.route(RouteTarget::Local, None, place, "multicast, broadcast and link-local");
    rows.push((here.expr(Field::Dst), then, place, "multicast, broadcast and link-local".to_owned()));
    let loopback = AddressSet { v4: Ranges::span(0x7F00_0000, 0x7FFF_FFFF), v6: Ranges::span(0, 1) };
    let then = b.route(RouteTarget::Discard(DenyKind::Drop), None, place, "loopback");
    rows.push((loopback.expr(Field::Dst), then, place, "loopback".to_owned()));
}

/// Routes of protocols that no capture shows in full.
fn dynamic(b: &mut Builder<'_>, captured: &[Family], rows: &mut Vec<Row>) {
    let (config, vrf) = (b.config, b.vrf);
    for source in config.dynamic.iter().filter(|d| d.vrf.as_deref() == vrf) {
        let open: Vec<Family> = source.families.iter().copied().filter(|f| !captured.contains(f)).collect();
        for family in open {
            let cause = b.unknown(source.span, source.what.clone());
            let when = Expr::unknown(cause, Expr::family(family));
            for (id, _) in b.layer3().into_iter().filter(|(_, i)| speaks(i, family)) {
                let then = b.route(RouteTarget::Interface(id), None, source.span, "dynamic");
                rows.push((when.clone(), then, source.span, "dynamic".to_owned()));
            }
            let then = b.route(RouteTarget::Discard(DenyKind::Drop), None, source.span, "dynamic");
            rows.push((when, then, source.span, "dynamic".to_owned()));
        }
    }
}

/// Policy routing on arrival: it may send what its lists match by another way.
fn policy(b: &mut Builder<'_>, crossings: &[Crossing], rows: &mut Vec<Row>) {
    let config = b.config;
    for (id, interface) in b.layer3() {
        for (family, name) in &interface.policy {
            b.device.facts.policy_routes.push(name.span);
            let here = Expr::all([Expr::is(Field::Ingress, u128::from(id.0)), Expr::family(*family)]);
            let Some(map) = config.route_maps.get(&name.value) else {
                let text = &name.value;
                let what =
                    msg!("the route map `{text}` is not defined", "ルートマップ「{text}」が定義されていない");
                b.ledger.report(Code::UndefinedReference, name.span, what.clone());
                anywhere(b, here, name.span, what, rows);
                continue;
            };
            for step in map {
                policy_step(b, step, *family, &here, crossings, rows);
            }
        }
    }
}

fn anywhere(b: &mut Builder<'_>, when: Expr, span: Span, what: Msg, rows: &mut Vec<Row>) {
    if super::has_vrfs(b.config) {
        b.taint(crate::model::Radius::Device, span, what.clone());
    }
    let cause = b.unknown(span, what);
    let then = b.route(RouteTarget::Any(cause), None, span, "policy route");
    rows.push((Expr::unknown(cause, when), then, span, "policy route".to_owned()));
}

fn policy_step(
    b: &mut Builder<'_>,
    step: &MapEntry,
    family: Family,
    here: &Expr,
    crossings: &[Crossing],
    rows: &mut Vec<Row>,
) {
    let what = || msg!("a policy route may apply", "ポリシールートが適用されることがある");
    // A step that denies leaves packets to the table: leaving it out only adds possible ways.
    if !step.permit {
        return;
    }
    let lists: Vec<_> = step.lists.iter().filter(|(f, _)| *f == family).collect();
    let mut bound = Vec::new();
    for (_, name) in &lists {
        let config = b.config;
        bound.push(match config.acls.get(&(family, name.value.clone())) {
            Some(list) if !list.entries.is_empty() => acl::matches(b, list, family),
            _ => Expr::Any,
        });
    }
    let when = if bound.is_empty() { here.clone() } else { Expr::all([here.clone(), Expr::any_of(bound)]) };
    if let Some(span) = step.unread.first() {
        return anywhere(b, when, *span, what(), rows);
    }
    let cause = b.unknown(step.span, what());
    let mut targets: Vec<(RouteTarget, Option<IpAddr>)> = Vec::new();
    for hop in step.hops.iter().filter(|h| Family::of(**h) == family) {
        match egress(b, *hop, &own_statics(b), 0) {
            Some((id, gateway)) => targets.push((RouteTarget::Interface(id), Some(gateway))),
            None => targets.push((RouteTarget::Any(cause), None)),
        }
    }
    for name in &step.interfaces {
        let null = name.value.eq_ignore_ascii_case("null0");
        match find(b, &name.value) {
            _ if null => targets.push((RouteTarget::Discard(DenyKind::Drop), None)),
            Some(id) => targets.push((RouteTarget::Interface(id), None)),
            None => match leaks::table_of(b.config, &name.value) {
                Some(table) => match leaks::out(b, crossings, table.as_deref()) {
                    Some(id) => targets.push((RouteTarget::Interface(id), None)),
                    None => targets.push((RouteTarget::Any(cause), None)),
                },
                None => return anywhere(b, when, name.span, what(), rows),
            },
        }
    }
    for vrf in step.vrfs.iter().chain(&step.handed) {
        match leaks::out(b, crossings, vrf.as_deref()) {
            Some(id) => targets.push((RouteTarget::Interface(id), None)),
            None if vrf.as_deref() == b.vrf => {}
            None => targets.push((RouteTarget::Any(cause), None)),
        }
    }
    for (target, gateway) in targets {
        let then = b.route(target, gateway, step.span, "policy route");
        rows.push((Expr::unknown(cause, when.clone()), then, step.span, "policy route".to_owned()));
    }
}
