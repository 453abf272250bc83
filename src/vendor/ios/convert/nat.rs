//! Translations: from outside to inside on arrival, from inside to outside after the routing decision.
//!
//! Order: Cisco document 6209, "NAT Order of Operation".

use crate::model::{
    Expr, Family, Field, IfId, Nat, NatKind, Radius, Ranges, Rewrite, RuleSetId, RuleSetKind, Then,
};
use crate::msg;
use crate::source::{Span, Spanned};
use crate::vendor::ios::config::{NatTarget, Side, Translation};
use crate::vendor::ios::parse_nat::with_vrf;

use super::acl;
use super::builder::{Builder, Row};
use super::route::{find, own};

/// The two lists of translations of this VRF.
#[derive(Debug, Default)]
pub struct Lists {
    /// On arrival.
    pub arrival: Option<RuleSetId>,
    /// After the routing decision.
    pub departure: Option<RuleSetId>,
}

/// Converts every translation.
pub fn lists(b: &mut Builder<'_>) -> Lists {
    let config = b.config;
    if config.nat.rules.is_empty() {
        return Lists::default();
    }
    let marked =
        |side: Side| config.interfaces.values().filter(move |i| i.nat.is_some_and(|n| n.value == side));
    if marked(Side::Inside).chain(marked(Side::Outside)).any(|i| i.vrf.is_some()) {
        let span = config.nat.rules.first().map_or(b.whole, |r| r.span);
        b.taint(Radius::Nat, span, with_vrf());
        return Lists::default();
    }
    if b.vrf.is_some() {
        return Lists::default();
    }
    let sides = |side: Side| -> Vec<IfId> {
        let all = b.layer3().into_iter();
        all.filter(|(_, i)| i.nat.is_some_and(|n| n.value == side)).map(|(id, _)| id).collect()
    };
    let (inside, outside) = (sides(Side::Inside), sides(Side::Outside));
    let among = |field: Field, ids: &[IfId]| {
        let set = Ranges::from_pairs(ids.iter().map(|id| (u128::from(id.0), u128::from(id.0))));
        if set.is_empty() { Expr::None } else { Expr::In(field, set) }
    };
    let arrives = Expr::all([Expr::family(Family::V4), among(Field::Ingress, &outside)]);
    let leaves =
        Expr::all([Expr::family(Family::V4), among(Field::Ingress, &inside), among(Field::Egress, &outside)]);
    let (mut into, mut out) = (Vec::new(), Vec::new());
    // Static translations come before dynamic ones.
    for rule in &config.nat.rules {
        match &rule.what {
            Translation::Static { local, global, ports } => fixed(
                b,
                rule.span,
                local,
                Some(global.clone()),
                *ports,
                (&arrives, &leaves),
                (&mut into, &mut out),
            ),
            Translation::StaticInterface { local, interface, ports } => {
                let global = interface_address(b, &interface.value);
                fixed(b, rule.span, local, global, *ports, (&arrives, &leaves), (&mut into, &mut out));
            }
            Translation::Dynamic { .. } => {}
        }
    }
    for rule in &config.nat.rules {
        if let Translation::Dynamic { list, to, overload } = &rule.what {
            let when = match list {
                Ok(name) => acl::permitted(b, name),
                Err(map) => by_map(b, map),
            };
            pooled(b, rule.span, when, to, *overload, (&arrives, &leaves), (&mut into, &mut out));
        }
    }
    let arrival = Some(b.list("nat outside to inside", RuleSetKind::Translate, into, Then::Fall));
    let departure = Some(b.list("nat inside to outside", RuleSetKind::Translate, out, Then::Fall));
    Lists { arrival, departure }
}

type Sides<'s> = (&'s Expr, &'s Expr);
type Sinks<'s> = (&'s mut Vec<Row>, &'s mut Vec<Row>);

/// The addresses of an interface, if they are in the file.
fn interface_address(b: &Builder<'_>, name: &str) -> Option<Ranges> {
    let id = find(b, name)?;
    let name = &b.device.interfaces.get(id.index())?.name.value;
    let interface = b.config.interfaces.get(name).filter(|i| i.leased.is_empty())?;
    let first = own(interface).find(|(n, _)| n.is_ipv4())?;
    Some(Ranges::one(Family::number(first.0.ip())))
}

fn shift(field: Field, from: &Ranges, to: &Ranges) -> Rewrite {
    match (from.pairs(), to.pairs()) {
        ([(a, z)], [(c, d)]) if z - a == d - c => Rewrite::Shift { field, from: (*a, *z), to: *c },
        _ => Rewrite::To(field, to.clone()),
    }
}

fn fixed(
    b: &mut Builder<'_>,
    span: Span,
    local: &Ranges,
    global: Option<Ranges>,
    ports: Option<(u8, u16, u16)>,
    (arrives, leaves): Sides<'_>,
    (into, out): Sinks<'_>,
) {
    let label = "nat static".to_owned();
    let Some(global) = global else {
        let what =
            msg!("the address of a translation is not in the file", "変換に使用するアドレスが設定に現れない");
        return b.taint(Radius::Nat, span, what);
    };
    let port = |field: Field, number: u16, protocol: u8| {
        Expr::ports(&[protocol], field, Ranges::one(u128::from(number)))
    };
    let (mut here, mut there) = (Expr::Any, Expr::Any);
    let (mut back, mut forth) =
        (vec![shift(Field::Dst, &global, local)], vec![shift(Field::Src, local, &global)]);
    if let Some((protocol, inner, outer)) = ports {
        here = port(Field::Dport, outer, protocol);
        there = port(Field::Sport, inner, protocol);
        back.push(Rewrite::To(Field::Dport, Ranges::one(u128::from(inner))));
        forth.push(Rewrite::To(Field::Sport, Ranges::one(u128::from(outer))));
    }
    let arrive = Expr::all([arrives.clone(), Expr::In(Field::Dst, global.clone()), here]);
    let leave = Expr::all([leaves.clone(), Expr::In(Field::Src, local.clone()), there]);
    let made = |kind, rewrites| Nat { kind, rewrites, unknown: None, span, label: label.clone() };
    let then = b.nat(made(NatKind::Destination, back));
    into.push((arrive, then, span, label.clone()));
    let then = b.nat(made(NatKind::Source, forth));
    out.push((leave, then, span, label.clone()));
}

fn by_map(b: &mut Builder<'_>, map: &Spanned<String>) -> Expr {
    let config = b.config;
    let what = msg!("what a route map selects for translation", "ルートマップによる変換対象の選択");
    let cause = b.unknown(map.span, what);
    let Some(steps) = config.route_maps.get(&map.value) else { return Expr::unknown(cause, Expr::Any) };
    let mut parts = Vec::new();
    for step in steps.iter().filter(|s| s.permit) {
        let lists: Vec<Expr> = step.lists.iter().map(|(_, n)| acl::permitted(b, n)).collect();
        let when = if step.lists.is_empty() { Expr::Any } else { Expr::any_of(lists) };
        parts.push(Expr::unknown(cause, when));
    }
    Expr::any_of(parts)
}

fn pooled(
    b: &mut Builder<'_>,
    span: Span,
    when: Expr,
    to: &NatTarget,
    overload: bool,
    (arrives, leaves): Sides<'_>,
    (into, out): Sinks<'_>,
) {
    let label = "nat dynamic".to_owned();
    let known = match to {
        NatTarget::Pool(name) => b.config.nat.pools.get(&name.value).and_then(|(range, _)| range.clone()),
        NatTarget::Interface(name) => interface_address(b, &name.value),
    };
    let unknown = known.is_none().then(|| {
        let what =
            msg!("the address of a translation is not in the file", "変換に使用するアドレスが設定に現れない");
        b.unknown(span, what)
    });
    let values = known.unwrap_or_else(|| Ranges::full(Family::V4.max_address()));
    let mut rewrites = vec![Rewrite::To(Field::Src, values.clone())];
    if overload {
        rewrites.push(Rewrite::To(Field::Sport, Ranges::span(1, 0xFFFF)));
    }
    let then = b.nat(Nat { kind: NatKind::Source, rewrites, unknown, span, label: label.clone() });
    out.push((Expr::all([leaves.clone(), when]), then, span, label.clone()));
    if overload {
        return;
    }
    // While an inside host holds an address of the pool, anybody outside reaches the host by it.
    let what = msg!(
        "an inside host may hold an address of the pool",
        "プールのアドレスが内部のホストに割り当てられていることがある"
    );
    let cause = b.unknown(span, what);
    let rewrites = vec![Rewrite::To(Field::Dst, Ranges::full(Family::V4.max_address()))];
    let nat = Nat { kind: NatKind::Destination, rewrites, unknown: Some(cause), span, label: label.clone() };
    let then = b.nat(nat);
    let arrive = Expr::all([arrives.clone(), Expr::In(Field::Dst, values)]);
    into.push((Expr::unknown(cause, arrive), then, span, label));
}
