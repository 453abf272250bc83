//! Ways from one VRF into another: each ordered pair of VRFs that anything joins is a cable inside the box.

use std::collections::BTreeMap;

use crate::model::{Expr, Family, Field, IfId, Interface as Port, InterfaceKind, RouteTarget};
use crate::msg;
use crate::source::{Span, Spanned};
use crate::vendor::ios::config::{Asked, Config, Import, Interface, MapEntry, StaticRoute, Table};
use crate::vendor::ios::parse_nat::with_vrf;

use super::builder::{Builder, Row};
use super::route::{egress, find, own_statics};

/// Packets of one VRF may enter another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Whose packets; `None` is the global table.
    pub from: Option<String>,
    /// Where they arrive.
    pub to: Option<String>,
    /// The line.
    pub span: Span,
}

/// Every pair of VRFs that something joins.
pub fn crossings(config: &Config) -> Vec<Crossing> {
    let mut out: Vec<Crossing> = Vec::new();
    let mut add = |from: Option<String>, to: Option<String>, span: Span| {
        if from != to && !out.iter().any(|c| c.from == from && c.to == to) {
            out.push(Crossing { from, to, span });
        }
    };
    for route in &config.statics {
        if let Some(to) = target(config, route) {
            add(route.vrf.as_ref().map(|v| v.value.clone()), to, route.span);
        }
    }
    for import in config.exports.iter().chain(&translated(config)) {
        add(import.into.clone(), import.from.clone(), import.span);
    }
    for asked in &config.dns.asked {
        if let Some(to) = asked_in(config, asked) {
            add(asked.home.clone(), to, asked.span);
        }
    }
    for own in config.interfaces.values().filter(|i| i.up) {
        let home = own.vrf.as_ref().map(|v| v.value.clone());
        for helper in &own.helpers {
            if let Some(to) = &helper.vrf {
                add(home.clone(), to.clone(), helper.span);
            }
        }
        let maps = own.policy.iter().filter_map(|(_, name)| config.route_maps.get(&name.value));
        for step in maps.flatten() {
            for vrf in step.vrfs.iter().chain(&step.handed) {
                add(home.clone(), vrf.clone(), step.span);
            }
            for name in &step.interfaces {
                if let Some(to) = table_of(config, &name.value) {
                    add(home.clone(), to, step.span);
                }
            }
        }
    }
    out
}

/// Translations that do not stay in one table: a line names another VRF than that of the interfaces that take part, or
/// these stand in several. What is translated goes on in the other table, whichever of them it came from.
fn translated(config: &Config) -> Vec<Import> {
    let nat = &config.nat;
    let first = nat.rules.first().map(|r| r.span).or_else(|| nat.unread.first().map(|(_, span)| *span));
    let Some(first) = first else { return Vec::new() };
    let taking = config.interfaces.values().filter(|i| i.up && i.nat.is_some());
    let mut tables: BTreeMap<Option<&str>, Span> =
        taking.map(|i| (i.vrf.as_ref().map(|v| v.value.as_str()), first)).collect();
    for (words, span) in &nat.unread {
        let behind = words.iter().zip(words.iter().skip(1)).filter(|(word, _)| *word == "vrf");
        let known = words.iter().filter(|w| config.vrfs.contains_key(*w));
        tables.extend(behind.map(|(_, vrf)| vrf).chain(known).map(|vrf| (Some(vrf.as_str()), *span)));
    }
    let mut out = Vec::new();
    for (into, here) in &tables {
        for (from, there) in tables.iter().filter(|(from, _)| *from != into) {
            // The line that names a VRF is the one to look at.
            let span = if *here == first { *there } else { *here };
            out.push(Import { into: into.map(str::to_owned), from: from.map(str::to_owned), span });
        }
    }
    out
}

/// The table of a server of names, if it is another one than that of who asks.
fn asked_in(config: &Config, asked: &Asked) -> Option<Option<String>> {
    let to = match &asked.to {
        Table::Vrf(vrf) => vrf.clone(),
        Table::Of(interface) => table_of(config, interface)?,
    };
    (to != asked.home).then_some(to)
}

/// The VRF that a static route leads into, if it is another one.
pub fn target(config: &Config, route: &StaticRoute) -> Option<Option<String>> {
    let home = route.vrf.as_ref().map(|v| v.value.clone());
    let to = if route.global {
        None
    } else if let Some(vrf) = &route.next_vrf {
        Some(vrf.value.clone())
    } else {
        table_of(config, &route.interface.as_ref()?.value)?
    };
    (to != home).then_some(to)
}

/// The VRF of an interface, by the name that a line writes; nothing if the file has no such interface.
pub fn table_of(config: &Config, name: &str) -> Option<Option<String>> {
    let plain = |t: &str| t.to_ascii_lowercase().replace(' ', "");
    let own = config.interfaces.values().find(|i| plain(&i.name.value) == plain(name))?;
    Some(own.vrf.as_ref().map(|v| v.value.clone()))
}

/// Packets that policy routing of another VRF sent here, to a next hop or an interface that it names: not where this
/// table would have them go.
fn handed(b: &mut Builder<'_>, crossing: &Crossing, id: IfId, rows: &mut Vec<Row>) {
    let config = b.config;
    let mine = |own: &&Interface| own.up && own.vrf.as_ref().map(|v| &v.value) == crossing.from.as_ref();
    let names = config.interfaces.values().filter(mine).flat_map(|own| &own.policy);
    let steps = names.filter_map(|(_, name)| config.route_maps.get(&name.value)).flatten();
    let here = |step: &&MapEntry| {
        step.handed.contains(&crossing.to)
            || step.interfaces.iter().any(|i| table_of(config, &i.value).as_ref() == Some(&crossing.to))
    };
    let Some(span) = steps.into_iter().find(here).map(|step| step.span) else { return };
    let what = msg!("policy routing of another VRF leads here", "他のVRFのポリシールートによりここに達する");
    let cause = b.unknown(span, what);
    let then = b.route(RouteTarget::Any(cause), None, span, "policy route");
    let when = Expr::unknown(cause, Expr::is(Field::Ingress, u128::from(id.0)));
    rows.push((when, then, span, "policy route".to_owned()));
}

fn title(vrf: Option<&str>) -> &str {
    vrf.unwrap_or("global")
}

/// The ends of cables inside the box that a VRF has.
pub fn ports(crossings: &[Crossing], vrf: Option<&str>) -> Vec<Port> {
    let port = |name: String, span: Span| Port {
        name: Spanned::new(name, span),
        alias: None,
        kind: InterfaceKind::VirtualLink,
        up: true,
        addresses: Vec::new(),
    };
    let out = crossings.iter().filter(|c| c.from.as_deref() == vrf);
    let into = crossings.iter().filter(|c| c.to.as_deref() == vrf);
    let out = out.map(|c| port(format!("leak to {}", title(c.to.as_deref())), c.span));
    out.chain(into.map(|c| port(format!("leak from {}", title(c.from.as_deref())), c.span))).collect()
}

/// The names of both ends of a crossing.
pub fn ends(crossing: &Crossing) -> (String, String) {
    (
        format!("leak to {}", title(crossing.to.as_deref())),
        format!("leak from {}", title(crossing.from.as_deref())),
    )
}

/// The way out of this VRF into another.
pub fn out(b: &Builder<'_>, crossings: &[Crossing], to: Option<&str>) -> Option<IfId> {
    let crossing = crossings.iter().find(|c| c.from.as_deref() == b.vrf && c.to.as_deref() == to)?;
    b.device.interface(&ends(crossing).0)
}

/// Packets that a static route of another VRF sent here go on as that route says.
pub fn arrivals(b: &mut Builder<'_>, crossings: &[Crossing], rows: &mut Vec<Row>) {
    let (config, vrf) = (b.config, b.vrf);
    for crossing in crossings.iter().filter(|c| c.to.as_deref() == vrf) {
        let Some(id) = b.device.interface(&ends(crossing).1) else { continue };
        handed(b, crossing, id, rows);
        let mine = |r: &&StaticRoute| {
            r.vrf.as_ref().map(|v| v.value.as_str()) == crossing.from.as_deref()
                && r.distance < 255
                && target(config, r).is_some_and(|to| to.as_deref() == vrf)
        };
        let mut routes: Vec<&StaticRoute> = config.statics.iter().filter(mine).collect();
        routes.sort_by_key(|r| std::cmp::Reverse(r.prefix.prefix()));
        for route in routes {
            let named =
                route.interface.as_ref().and_then(|name| find(b, &name.value)).map(|id| (id, route.gateway));
            let reached = || {
                let (id, gateway) = egress(b, route.gateway?, &own_statics(b), 0)?;
                Some((id, Some(gateway)))
            };
            let (target, gateway) = match named.or_else(reached) {
                Some((id, gateway)) => (RouteTarget::Interface(id), gateway),
                None => {
                    let what =
                        msg!("the egress of a route is not known", "経路の出力インターフェースが不明である");
                    (RouteTarget::Any(b.unknown(route.span, what)), None)
                }
            };
            let family = Family::of(route.prefix.ip());
            let to = crate::model::AddressSet::network(route.prefix).of(family).clone();
            let whole = to == crate::model::Ranges::full(family.max_address());
            let when = Expr::all([
                Expr::is(Field::Ingress, u128::from(id.0)),
                Expr::family(family),
                if whole { Expr::Any } else { Expr::In(Field::Dst, to) },
            ]);
            let label = format!("static {}", route.prefix);
            let then = b.route(target, gateway, route.span, &label);
            // Two routes to one prefix may share the packets.
            let what = msg!("a route of another VRF leads here", "他のVRFの経路によりここに達する");
            let twins = config.statics.iter().filter(|r| mine(r) && r.prefix == route.prefix).count();
            let when = if twins > 1 || route.doubt.is_some() {
                Expr::unknown(b.unknown(route.span, what), when)
            } else {
                when
            };
            rows.push((when, then, route.span, label));
        }
    }
}

/// Routes that may be copied from another VRF, and servers of another VRF that helpers name.
pub fn departures(b: &mut Builder<'_>, crossings: &[Crossing], rows: &mut Vec<Row>) {
    let (config, vrf) = (b.config, b.vrf);
    let what = || msg!("routes of another VRF are imported", "他のVRFの経路が取り込まれる");
    let imports = config.exports.iter().map(|import| (import.clone(), what(), "imported"));
    let moved = translated(config).into_iter().map(|import| (import, with_vrf(), "translated"));
    for (import, what, label) in imports.chain(moved).filter(|(i, ..)| i.into.as_deref() == vrf) {
        let Some(id) = out(b, crossings, import.from.as_deref()) else { continue };
        let cause = b.unknown(import.span, what);
        let then = b.route(RouteTarget::Interface(id), None, import.span, label);
        rows.push((Expr::unknown(cause, Expr::Any), then, import.span, label.to_owned()));
    }
    for asked in config.dns.asked.iter().filter(|a| a.home.as_deref() == vrf) {
        let to = asked_in(config, asked);
        let Some(id) = to.and_then(|to| out(b, crossings, to.as_deref())) else { continue };
        let what = msg!("names are asked for in another VRF", "名前解決の問合せが他のVRFに転送される");
        let cause = b.unknown(asked.span, what);
        let server = asked.server.map_or(Expr::Any, |a| crate::model::AddressSet::host(a).expr(Field::Dst));
        let when = Expr::all([Expr::is(Field::Ingress, u128::from(IfId::NONE.0)), server]);
        let then = b.route(RouteTarget::Interface(id), None, asked.span, "DNS");
        rows.push((Expr::unknown(cause, when), then, asked.span, "DNS".to_owned()));
    }
    for own in config.interfaces.values().filter(|i| i.up && i.vrf.as_ref().map(|v| v.value.as_str()) == vrf)
    {
        for helper in &own.helpers {
            let Some(id) = helper.vrf.as_ref().and_then(|to| out(b, crossings, to.as_deref())) else {
                continue;
            };
            let what =
                msg!("broadcasts are sent on into another VRF", "ブロードキャストが他のVRFに中継される");
            let cause = b.unknown(helper.span, what);
            let to = crate::model::AddressSet::host(helper.address).expr(Field::Dst);
            let then = b.route(RouteTarget::Interface(id), None, helper.span, "helper");
            rows.push((Expr::unknown(cause, to), then, helper.span, "helper".to_owned()));
        }
    }
}
