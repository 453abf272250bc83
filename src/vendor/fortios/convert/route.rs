//! Connected and static routes, possible routes, and the source check that follows from them.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::{
    AddressSet, DenyKind, Expr, Family, Field, IfId, Ranges, RouteTarget, RuleSetId, RuleSetKind, State, Then,
};
use crate::msg;
use crate::source::{Msg, Span};
use crate::vendor::fortios::config::{Destination, Name, PolicyRoute, StaticRoute};
use crate::vendor::fortios::defaults;

use super::builder::Builder;
use super::captured;
use super::policy::multicast_addresses;
use super::{own_addresses, own_networks, value};

type Row = (Expr, Then, Span, String);

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
    /// Priority.
    pub priority: u32,
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

/// The routing table.
pub struct Table {
    /// Every route, best first within a prefix.
    entries: Vec<Entry>,
    /// Families whose dynamic routes no capture shows in full.
    unknown: Vec<Family>,
}

/// Every route of the routing table, best first within a prefix.
pub fn table(b: &mut Builder<'_>) -> Table {
    let mut entries = Vec::new();
    connected(b, &mut entries);
    from_peers(b, &mut entries);
    for route in b.vdom.statics.iter().filter(|r| r.enabled && r.distance < 255) {
        statics(b, route, &mut entries);
    }
    let captured = captured::captured(b, &mut entries);
    entries.sort_by_key(|e| (e.family, std::cmp::Reverse(e.bits), e.prefix.first(), e.distance, e.priority));
    let whole = |family: &&Family| !captured.contains(*family);
    let unknown = Family::ALL.iter().filter(whole).copied().collect();
    Table { entries, unknown }
}

fn connected(b: &Builder<'_>, entries: &mut Vec<Entry>) {
    for id in b.layer3() {
        let Some(interface) = b.device.interfaces.get(id.index()) else { continue };
        let name = &interface.name.value;
        let Some(own) = b.vdom.interfaces.get(name) else { continue };
        for family in Family::ALL {
            let far = own.far.iter().copied().filter(|(n, _)| Family::of(n.ip()) == family);
            for (network, span) in own_networks(own, family).chain(far) {
                entries.push(entry(network, RouteTarget::Interface(id), span, format!("connected {name}")));
            }
            for (_, span) in own.leased.iter().filter(|(f, _)| *f == family) {
                let everything = Ranges::full(family.max_address());
                let what = msg!(
                    "addresses and routes of a lease are not in the file",
                    "動的に取得するアドレス及び経路は設定に現れない"
                );
                let mut leased = Entry {
                    family,
                    prefix: everything,
                    bits: 0,
                    distance: 0,
                    priority: 0,
                    target: RouteTarget::Interface(id),
                    gateway: None,
                    span: *span,
                    label: format!("leased {name}"),
                    doubt: Some((*span, what)),
                };
                // The connected network of the lease can be any; so can its length.
                leased.bits = 128;
                entries.push(leased.clone());
                if own.leased_default {
                    entries.push(Entry { bits: 0, distance: defaults::LEASE_DISTANCE, ..leased });
                }
            }
        }
    }
}

/// Routes that tunnels get from their peers, each more specific than anything in the file.
fn from_peers(b: &mut Builder<'_>, entries: &mut Vec<Entry>) {
    let vdom = b.vdom;
    for (name, set) in &vdom.peer_routes {
        for family in Family::ALL {
            from_peer(b, name, family, set.of(family).clone(), entries);
        }
    }
    if let Some(ssl) = &vdom.ssl_vpn {
        let name = Name::new(format!("ssl.{}", vdom.name), ssl.span);
        for family in Family::ALL {
            let (own, other) = match family {
                Family::V4 => (&vdom.addresses, &vdom.addresses6),
                Family::V6 => (&vdom.addresses6, &vdom.addresses),
            };
            let here = |n: &&Name| own.contains_key(&n.value) || !other.contains_key(&n.value);
            let names: Vec<Name> = vdom.ssl_pools.iter().filter(here).cloned().collect();
            let pools = b.addresses(&names, family);
            let set = pools.maybe.iter().fold(pools.known, |all, (_, part)| all.union(part));
            from_peer(b, &name, family, set, entries);
        }
    }
}

fn from_peer(b: &Builder<'_>, name: &Name, family: Family, prefix: Ranges, entries: &mut Vec<Entry>) {
    let id = b.device.interface(&name.value).filter(|id| b.layer3().contains(id));
    let Some(id) = id.filter(|_| !prefix.is_empty()) else { return };
    let what = msg!(
        "routes that come with the peers of a tunnel are not in the file",
        "トンネルの接続先から加わる経路は設定に現れない"
    );
    entries.push(Entry {
        family,
        prefix,
        bits: 128,
        distance: 0,
        priority: 0,
        target: RouteTarget::Interface(id),
        gateway: None,
        span: name.span,
        label: format!("peers of {}", name.value),
        doubt: Some((name.span, what)),
    });
}

/// A certain route.
pub fn entry(network: IpNetwork, target: RouteTarget, span: Span, label: String) -> Entry {
    let family = Family::of(network.ip());
    let prefix = AddressSet::network(network).of(family).clone();
    Entry {
        family,
        prefix,
        bits: network.prefix(),
        distance: 0,
        priority: 0,
        target,
        gateway: None,
        span,
        label,
        doubt: None,
    }
}

fn statics(b: &mut Builder<'_>, route: &StaticRoute, entries: &mut Vec<Entry>) {
    let family = route.family;
    let id = &route.id.value;
    let (prefixes, doubt) = destinations(b, route);
    let targets = targets(b, route);
    // Where the release does not tell the default, 1 may be as good as none.
    let default = b.version.and_then(|v| v.static_priority());
    let unsure = default.is_none() && route.priority == Some(1);
    let doubt = doubt.or_else(|| unsure.then(|| (route.id.span, priority_unsure())));
    let priority = if unsure { 0 } else { route.priority.or(default).unwrap_or(0) };
    for (prefix, bits) in prefixes {
        for (target, why) in &targets {
            entries.push(Entry {
                family,
                prefix: prefix.clone(),
                bits,
                distance: route.distance,
                priority,
                target: *target,
                gateway: route.gateway,
                span: route.id.span,
                label: format!("static {id}"),
                doubt: doubt.clone().or_else(|| why.clone()),
            });
        }
    }
}

fn priority_unsure() -> Msg {
    msg!("whether priority 1 is the default of this release", "このリリースにおけるpriorityの既定値が1か否か")
}

type Doubtful = Option<(Span, Msg)>;

/// The prefixes of a static route. An object is cut into its intervals: each counts with the length of the smallest
/// prefix around it, as possible routes.
fn destinations(b: &mut Builder<'_>, route: &StaticRoute) -> (Vec<(Ranges, u8)>, Doubtful) {
    let family = route.family;
    match &route.to {
        Destination::Prefix(network) => {
            (vec![(AddressSet::network(*network).of(family).clone(), network.prefix())], None)
        }
        Destination::Object(name) => {
            let resolved = b.addresses(std::slice::from_ref(name), family);
            let exact = resolved.maybe.is_empty();
            let pairs: Vec<_> = resolved.known.pairs().iter().filter_map(|p| as_prefix(*p, family)).collect();
            if exact && pairs.len() == resolved.known.pairs().len() {
                return (pairs, None);
            }
            let what = msg!("the destination of a route is not known", "経路の宛先が不明である");
            (vec![(Ranges::full(family.max_address()), 128)], Some((name.span, what)))
        }
        Destination::Unknown(span) => {
            let what = msg!(
                "an Internet service database decides",
                "インターネットサービスデータベースにより決まる"
            );
            (vec![(Ranges::full(family.max_address()), 128)], Some((*span, what)))
        }
    }
}

/// An interval that is one prefix.
fn as_prefix((low, high): (u128, u128), family: Family) -> Option<(Ranges, u8)> {
    let bits: u32 = if family == Family::V4 { 32 } else { 128 };
    let size = high.checked_sub(low)?;
    let free =
        size.checked_add(1).map_or(128, |n| if n.is_power_of_two() { n.trailing_zeros() } else { u32::MAX });
    let aligned = free == 128 || (free < 128 && low & ((1u128 << free) - 1) == 0);
    let length = bits.checked_sub(free).filter(|_| aligned)?;
    Some((Ranges::span(low, high), u8::try_from(length).ok()?))
}

fn targets(b: &mut Builder<'_>, route: &StaticRoute) -> Vec<(RouteTarget, Doubtful)> {
    if route.blackhole {
        return vec![(RouteTarget::Discard(DenyKind::Drop), None)];
    }
    if let Some((span, zones)) = &route.sdwan {
        let what = msg!("an SD-WAN chooses the member", "SD-WANがメンバーを選択する");
        let inside = |zone: &str| zones.is_empty() || zones.iter().any(|z| z.value == zone);
        let members = b.vdom.sdwan_members.iter().filter(|m| inside(&m.zone));
        let ids: Vec<IfId> = members.filter_map(|m| b.device.interface(&m.interface.value)).collect();
        return ids.into_iter().map(|id| (RouteTarget::Interface(id), Some((*span, what.clone())))).collect();
    }
    let device = match (&route.device, route.gateway) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(gateway)) => {
            b.vdom.interfaces.values().find(|i| reaches(i, gateway)).map(|i| i.name.clone())
        }
        (None, None) => None,
    };
    let known = device.as_ref().and_then(|d| b.device.interface(&d.value));
    let Some((name, id)) = device.as_ref().zip(known) else {
        let span = device.map_or(route.id.span, |d| d.span);
        let what = msg!("the egress of a route is not known", "経路の出力インターフェースが不明である");
        let cause = b.unknown(span, what.clone());
        return vec![(RouteTarget::Any(cause), Some((span, what)))];
    };
    if !b.device.interfaces.get(id.index()).is_some_and(|i| i.up) {
        return Vec::new();
    }
    if let Some(span) = route.lease {
        let what = msg!("the gateway of a route comes with a lease", "経路のゲートウェイは動的に取得される");
        return vec![(RouteTarget::Interface(id), Some((span, what)))];
    }
    let watched = b.vdom.monitored.iter().find(|m| m.value == name.value || m.value == "any");
    let what = msg!("a link monitor may withdraw the route", "リンクモニターが経路を取り消すことがある");
    vec![(RouteTarget::Interface(id), watched.map(|w| (w.span, what)))]
}

fn reaches(interface: &crate::vendor::fortios::config::Interface, gateway: IpAddr) -> bool {
    interface.up && interface.addresses.iter().any(|(n, _)| n.contains(gateway))
}

/// The routing decision: own addresses, what may override the table, the table.
pub fn routing(b: &mut Builder<'_>, table: &Table) -> RuleSetId {
    let mut rows = Vec::new();
    local(b, &mut rows);
    overrides(b, &table.unknown, &mut rows);
    let mut rest = table.entries.as_slice();
    while let Some(first) = rest.first() {
        let same = |e: &&Entry| e.family == first.family && e.bits == first.bits && e.prefix == first.prefix;
        let count = rest.iter().take_while(same).count();
        let (group, tail) = rest.split_at(count.min(rest.len()));
        one_prefix(b, group, &mut rows);
        rest = tail;
    }
    let place = b.vdom.span;
    b.list("routes", RuleSetKind::Route, rows, Then::Fall, place)
}

/// Routes to one prefix: possible ones up to the best certain distance, then the best certain ones by choice.
fn one_prefix(b: &mut Builder<'_>, group: &[Entry], rows: &mut Vec<Row>) {
    let best = group.iter().find(|e| e.doubt.is_none()).map(|e| (e.distance, e.priority));
    let mut equal: Vec<&Entry> = Vec::new();
    for entry in group {
        let rank = (entry.distance, entry.priority);
        if best.is_some_and(|best| rank > best) {
            break;
        }
        match &entry.doubt {
            Some((span, what)) => {
                let cause = b.unknown(*span, what.clone());
                let row = row(b, entry, |when| Expr::unknown(cause, when));
                rows.push(row);
            }
            None => equal.push(entry),
        }
    }
    let Some((last, others)) = equal.split_last() else { return };
    for entry in others {
        let cause = b.choice(entry.span, msg!("one of several equal routes", "複数の等価な経路のいずれか"));
        let row = row(b, entry, |when| Expr::unknown(cause, when));
        rows.push(row);
    }
    let row = row(b, last, |when| when);
    rows.push(row);
}

fn row(b: &mut Builder<'_>, entry: &Entry, doubt: impl Fn(Expr) -> Expr) -> Row {
    let to = if entry.prefix == Ranges::full(entry.family.max_address()) {
        Expr::Any
    } else {
        Expr::In(Field::Dst, entry.prefix.clone())
    };
    let when = Expr::all([Expr::family(entry.family), to]);
    let then = b.route(entry.target, entry.gateway, entry.span, entry.label.clone());
    (doubt(when), then, entry.span, entry.label.clone())
}

/// Destinations that are the box itself.
fn local(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let vdom = b.vdom;
    let mut push = |b: &mut Builder<'_>, when: Expr, span: Span, label: String| {
        let then = b.route(RouteTarget::Local, None, span, label.clone());
        rows.push((when, then, span, label));
    };
    for id in b.layer3() {
        let Some(interface) = b.device.interfaces.get(id.index()).cloned() else { continue };
        let Some(own) = vdom.interfaces.get(&interface.name.value) else { continue };
        for family in Family::ALL {
            let own_set = own_addresses(own, family);
            let label = format!("address of {}", interface.name.value);
            if !own_set.is_empty() {
                let span = own_networks(own, family).next().map_or(own.name.span, |(_, s)| s);
                push(b, AddressSet::in_family(family, own_set).expr(Field::Dst), span, label.clone());
            }
            for (network, span) in own.shared.iter().filter(|(n, _)| Family::of(n.ip()) == family) {
                let what = msg!(
                    "which router answers for a VRRP address",
                    "VRRPの仮想アドレスにどの機器が応答するか"
                );
                let cause = b.unknown(*span, what);
                let here = AddressSet::host(network.ip()).expr(Field::Dst);
                push(b, Expr::unknown(cause, here), *span, label.clone());
            }
            if let Some((_, span)) = own.leased.iter().find(|(f, _)| *f == family) {
                let cause = b.unknown(
                    *span,
                    msg!(
                        "the interface's address is not in the file",
                        "インターフェースのアドレスは設定に現れない"
                    ),
                );
                push(b, Expr::unknown(cause, Expr::family(family)), *span, label);
            }
        }
    }
    // A virtual IP's external address is answered for, translated or not.
    for vip in vdom.vips.values().filter(|v| v.enabled && !v.external.is_empty()) {
        let cause = b.unknown(
            vip.name.span,
            msg!(
                "whether an untranslated packet to a virtual IP is for the device",
                "変換されないバーチャルIP宛てのパケットを機器が受け取るか否か"
            ),
        );
        let to = AddressSet::in_family(vip.family, vip.external.clone()).expr(Field::Dst);
        push(b, Expr::unknown(cause, to), vip.name.span, format!("address of {}", vip.name.value));
    }
    broadcast(b, rows);
}

/// Multicast and broadcast end at the box unless something says that it passes them on.
fn broadcast(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let place = b.vdom.span;
    let mut group = multicast_addresses();
    if let Some(span) = b.vdom.multicast {
        let cause = b.unknown(
            span,
            msg!("multicast policies are not modelled", "マルチキャストポリシーは未対応である"),
        );
        let then = b.route(RouteTarget::Any(cause), None, span, "multicast".to_owned());
        rows.push((Expr::unknown(cause, group.expr(Field::Dst)), then, span, "multicast".to_owned()));
    }
    group.v4 = group.v4.union(&Ranges::one(Family::V4.max_address()));
    let then = b.route(RouteTarget::Local, None, place, "multicast and broadcast".to_owned());
    rows.push((group.expr(Field::Dst), then, place, "multicast and broadcast".to_owned()));
    let loopback = AddressSet::in_family(Family::V4, Ranges::span(0x7F00_0000, 0x7FFF_FFFF));
    let then = b.route(RouteTarget::Discard(DenyKind::Drop), None, place, "127.0.0.0/8".to_owned());
    rows.push((loopback.expr(Field::Dst), then, place, "127.0.0.0/8".to_owned()));
}

/// Policy routes, SD-WAN rules and dynamic protocols: possible egresses before the table is asked.
fn overrides(b: &mut Builder<'_>, unknown: &[Family], rows: &mut Vec<Row>) {
    let vdom = b.vdom;
    for route in vdom.policy_routes.iter().filter(|r| !r.stop) {
        policy_route(b, route, rows);
    }
    for (span, what, families) in &vdom.dynamic {
        let open: Vec<Family> = families.iter().copied().filter(|f| unknown.contains(f)).collect();
        let when = match open.as_slice() {
            [] => continue,
            [only] => Expr::family(*only),
            _ => Expr::Any,
        };
        let cause = b.unknown(*span, what.clone());
        for id in b.layer3() {
            let then = b.route(RouteTarget::Interface(id), None, *span, "dynamic".to_owned());
            rows.push((Expr::unknown(cause, when.clone()), then, *span, "dynamic".to_owned()));
        }
        let then = b.route(RouteTarget::Discard(DenyKind::Drop), None, *span, "dynamic".to_owned());
        rows.push((Expr::unknown(cause, when), then, *span, "dynamic".to_owned()));
    }
}

fn policy_route(b: &mut Builder<'_>, route: &PolicyRoute, rows: &mut Vec<Row>) {
    let ingress = if route.input.is_empty() { Expr::Any } else { b.ends(&route.input, Field::Ingress) };
    let part = |set: &Option<AddressSet>, field: Field| set.as_ref().map_or(Expr::Any, |s| s.expr(field));
    let bound = Expr::all([
        route.family.map_or(Expr::Any, Expr::family),
        ingress,
        part(&route.src, Field::Src),
        part(&route.dst, Field::Dst),
        route.protocol.map_or(Expr::Any, Expr::proto),
    ]);
    let cause =
        b.unknown(route.span, msg!("a policy route may apply", "ポリシールートが適用されることがある"));
    let outputs: Option<Vec<IfId>> = route.output.iter().map(|n| b.device.interface(&n.value)).collect();
    let targets: Vec<RouteTarget> = match outputs.filter(|o| !o.is_empty()) {
        Some(ids) => ids.into_iter().map(RouteTarget::Interface).collect(),
        None => vec![RouteTarget::Any(cause)],
    };
    for target in targets {
        let then = b.route(target, route.gateway, route.span, "policy route".to_owned());
        rows.push((Expr::unknown(cause, bound.clone()), then, route.span, "policy route".to_owned()));
    }
}

/// Segments of no session, and sources without a way back.
pub fn source_check(b: &mut Builder<'_>, table: &Table) -> RuleSetId {
    let vdom = b.vdom;
    let mut rows = Vec::new();
    let place = vdom.span;
    let asymmetric = vdom.settings.asymroute == Some(true);
    if !asymmetric && !vdom.settings.without_syn {
        let stray = Expr::is(Field::State, State::Invalid.value());
        rows.push((stray, Then::Deny(DenyKind::Drop), place, "TCP without a session".to_owned()));
    }
    for (span, family, interfaces) in &vdom.drops {
        let what = msg!(
            "whether an access list drops the packet on arrival",
            "アクセスコントロールリストによりパケットが破棄されるか否か"
        );
        let cause = b.unknown(*span, what);
        let ingress = if interfaces.is_empty() { Expr::Any } else { b.ends(interfaces, Field::Ingress) };
        let when = Expr::all([family.map_or(Expr::Any, Expr::family), ingress]);
        let label = "access list".to_owned();
        rows.push((Expr::unknown(cause, when), Then::Deny(DenyKind::Drop), *span, label));
    }
    let live = installed(&table.entries);
    let checked = if vdom.routes_shown { b.layer3() } else { Vec::new() };
    for id in checked {
        let Some(interface) = b.device.interfaces.get(id.index()) else { continue };
        let name = interface.name.value.clone();
        let Some(own) = vdom.interfaces.get(&name) else { continue };
        if own.no_src_check {
            continue;
        }
        for family in Family::ALL {
            let off = if family == Family::V4 { asymmetric } else { vdom.settings.asymroute6 == Some(true) };
            let strict = vdom.settings.strict_src_check == Some(true);
            let (certain, possible) = sources(&live, id, family, strict, table, b);
            if off || possible == Ranges::full(family.max_address()) && certain == possible {
                continue;
            }
            let label = format!("source check on {name}");
            let from = |set: &Ranges| {
                let outside = set.complement(family.max_address());
                let test = if outside == Ranges::full(family.max_address()) {
                    Expr::Any
                } else {
                    Expr::In(Field::Src, outside)
                };
                Expr::all([Expr::is(Field::Ingress, value(id)), Expr::family(family), test])
            };
            // IPv6 is checked in some releases only; possible routes may make a way back.
            if family == Family::V4 && possible != Ranges::full(family.max_address()) {
                rows.push((from(&possible), Then::Deny(DenyKind::Drop), own.name.span, label.clone()));
            }
            if family == Family::V6 || certain != possible {
                let what = msg!(
                    "whether the source check drops the packet",
                    "送信元の検査によりパケットが破棄されるか否か"
                );
                let cause = b.unknown(own.name.span, what);
                rows.push((
                    Expr::unknown(cause, from(&certain)),
                    Then::Deny(DenyKind::Drop),
                    own.name.span,
                    label,
                ));
            }
        }
    }
    b.list("source check", RuleSetKind::Filter, rows, Then::Permit, place)
}

/// Routes that are installed: of each prefix, those no certain route beats by distance.
fn installed(table: &[Entry]) -> Vec<&Entry> {
    let mut live = Vec::with_capacity(table.len());
    let mut best: Option<(&Entry, u32)> = None;
    // The table is sorted by prefix, then distance.
    for entry in table {
        let same = |o: &Entry| o.family == entry.family && o.bits == entry.bits && o.prefix == entry.prefix;
        best = best.filter(|(o, _)| same(o));
        if best.is_some_and(|(_, distance)| distance < entry.distance) {
            continue;
        }
        if entry.doubt.is_none() && best.is_none() {
            best = Some((entry, entry.distance));
        }
        live.push(entry);
    }
    live
}

/// Sources with a way back by `id`: certain ones, and all possible ones. By default any installed route counts; with
/// the strict check only the best one.
fn sources(
    live: &[&Entry],
    id: IfId,
    family: Family,
    strict: bool,
    table: &Table,
    b: &Builder<'_>,
) -> (Ranges, Ranges) {
    let mine = |e: &&&Entry| {
        e.family == family
            && (e.target == RouteTarget::Interface(id) || matches!(e.target, RouteTarget::Any(_)))
    };
    let (mut certain, mut possible) = (Vec::new(), Vec::new());
    for entry in live.iter().filter(mine) {
        possible.extend_from_slice(entry.prefix.pairs());
        if entry.doubt.is_some() || entry.target != RouteTarget::Interface(id) {
            continue;
        }
        if !strict {
            certain.extend_from_slice(entry.prefix.pairs());
            continue;
        }
        let longer =
            live.iter().filter(|o| o.family == family && o.bits > entry.bits && o.target != entry.target);
        let taken = Ranges::from_pairs(longer.flat_map(|o| o.prefix.pairs().iter().copied()));
        certain.extend_from_slice(entry.prefix.minus(&taken).pairs());
    }
    let dynamic = b.vdom.dynamic.iter().any(|(_, _, families)| families.contains(&family));
    let open = (dynamic && table.unknown.contains(&family))
        || b.vdom.sdwan_members.iter().any(|m| b.device.interface(&m.interface.value) == Some(id));
    if open {
        possible.push((0, family.max_address()));
    }
    (Ranges::from_pairs(certain), Ranges::from_pairs(possible))
}
