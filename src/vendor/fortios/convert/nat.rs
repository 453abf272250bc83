//! Virtual IPs before routing, source NAT after the policy.

use crate::model::{
    Expr, Family, Field, IfId, NatKind, Ranges, Rewrite, RuleSetId, RuleSetKind, Then, proto,
};
use crate::msg;
use crate::source::Span;
use crate::vendor::fortios::config::{Action, CentralSnat, Name, Policy, SourceNat, Vip};

use super::builder::Builder;
use super::{own_addresses, policy, value};

type Row = (Expr, Then, Span, String);

/// Destination NAT: every virtual IP, first match.
pub fn destination(b: &mut Builder<'_>) -> Option<RuleSetId> {
    let vdom = b.vdom;
    if vdom.vips.is_empty() {
        return None;
    }
    let mut rows = Vec::new();
    for (at, vip) in vdom.vips.values().enumerate().filter(|(_, v)| v.enabled) {
        let overlap = vdom.vips.values().take(at).any(|other| other.enabled && collide(vip, other));
        let covered = vdom.vips.values().skip(at + 1).any(|other| other.enabled && collide(vip, other));
        rows.push(virtual_ip(b, vip, at, overlap || covered));
    }
    for (_, unread) in vdom.vip_groups.values() {
        for span in unread {
            let cause = b.unknown(
                *span,
                msg!("a group of virtual IPs was not understood", "バーチャルIPグループを解釈できない"),
            );
            b.device.taints.push(crate::model::Taint { radius: crate::model::Radius::Nat, cause });
        }
    }
    let place = vdom.vips.values().next().map_or(b.whole, |v| v.name.span);
    Some(b.list("vip", RuleSetKind::Translate, rows, Then::Fall, place))
}

/// Whether two virtual IPs may want the same packet.
fn collide(a: &Vip, b: &Vip) -> bool {
    let interfaces = match (&a.interface, &b.interface) {
        (Some(x), Some(y)) => x.value == y.value,
        _ => true,
    };
    let ports = match (&a.forward, &b.forward) {
        (Some((p, x, _)), Some((q, y, _))) => p == q && x.overlaps(y),
        _ => true,
    };
    a.family == b.family && interfaces && ports && a.external.overlaps(&b.external)
}

fn virtual_ip(b: &mut Builder<'_>, vip: &Vip, at: usize, overlap: bool) -> Row {
    let family = vip.family;
    let mark = u128::try_from(at + 1).unwrap_or(u128::MAX);
    let ingress =
        vip.interface.as_ref().map_or(Expr::Any, |n| b.ends(std::slice::from_ref(n), Field::Ingress));
    // 0.0.0.0 stands for whatever address the interface has.
    let dynamic = vip.external.is_empty() || vip.external == Ranges::one(0);
    let to = if dynamic { Expr::Any } else { Expr::In(Field::Dst, vip.external.clone()) };
    let ports = match &vip.forward {
        Some((number, external, _)) if *number == crate::model::proto::ICMP => {
            let _ = external;
            Expr::proto(*number)
        }
        Some((number, external, _)) => Expr::ports(&[*number], Field::Dport, external.clone()),
        None => Expr::Any,
    };
    let from = vip.sources.as_ref().map_or(Expr::Any, |set| set.expr(Field::Src));
    let when = Expr::all([Expr::family(family), ingress, to, ports, from]);
    let central = b.vdom.settings.central_nat.is_some_and(|c| c.value);
    let used = central || b.vdom.policies.iter().any(|p| p.enabled && refers(b, p, vip));
    let doubt = vip.unread.first().copied().or(vip.vague).or(vip.server);
    let when = match (doubt, dynamic || overlap || !used) {
        (Some(span), _) => Expr::unknown(
            b.unknown(span, msg!("a virtual IP is not modelled in full", "バーチャルIPの一部が未対応である")),
            if vip.unread.is_empty() { when } else { Expr::family(family) },
        ),
        (None, true) => Expr::unknown(
            b.unknown(
                vip.name.span,
                msg!("whether this virtual IP translates", "このバーチャルIPが変換を行うか否か"),
            ),
            when,
        ),
        (None, false) => when,
    };
    let mut unknown = None;
    let mut rewrites = vec![Rewrite::To(Field::Mark, Ranges::one(mark))];
    match (&vip.mapped, doubt) {
        (Some(mapped), None) => {
            rewrites.push(shift(Field::Dst, &vip.external, mapped, dynamic));
            if let Some((_, external, inner)) = &vip.forward {
                rewrites.push(shift(Field::Dport, external, inner, false));
            }
        }
        _ => {
            let what = msg!("where a virtual IP leads is not known", "バーチャルIPの転送先が不明である");
            unknown = Some(b.unknown(doubt.unwrap_or(vip.name.span), what));
            rewrites.push(Rewrite::To(Field::Dst, Ranges::full(family.max_address())));
            rewrites.push(Rewrite::To(Field::Dport, Ranges::full(0xFFFF)));
        }
    }
    let label = vip.name.value.clone();
    let nat = b.nat(NatKind::Destination, rewrites, unknown, vip.name.span, label.clone());
    (when, Then::Nat(nat), vip.name.span, label)
}

/// Whether the policy names the virtual IP, itself or in a group, or may do so.
fn refers(b: &Builder<'_>, policy: &Policy, vip: &Vip) -> bool {
    let ends = if vip.family == Family::V4 { &policy.v4 } else { &policy.v6 };
    let named = |n: &Name| n.value == vip.name.value;
    let grouped = |n: &Name| b.vdom.vip_groups.get(&(vip.family, n.value.clone()));
    let mut names = ends.iter().flat_map(|e| &e.dst);
    names.any(|n| named(n) || grouped(n).is_some_and(|(members, _)| members.iter().any(named)))
        || !policy.unread.is_empty()
}

/// Same sizes map by offset; otherwise any of the new values.
fn shift(field: Field, from: &Ranges, to: &Ranges, any: bool) -> Rewrite {
    match (from.pairs(), to.pairs()) {
        ([(a, b)], [(c, d)]) if !any && b - a == d - c => Rewrite::Shift { field, from: (*a, *b), to: *c },
        _ => Rewrite::To(field, to.clone()),
    }
}

/// Source NAT: by policy, or by the central table.
pub fn source(b: &mut Builder<'_>) -> Option<RuleSetId> {
    let vdom = b.vdom;
    let mut rows = Vec::new();
    if vdom.settings.central_nat.is_some_and(|c| c.value) {
        for rule in &vdom.central_snat {
            central(b, rule, &mut rows);
        }
    } else {
        // The same first match as the policy list: a policy without NAT stops the search.
        let last =
            vdom.policies.iter().rposition(|p| p.enabled && (p.nat.is_some() || !p.unread.is_empty()))?;
        for policy in vdom.policies.iter().take(last + 1).filter(|p| p.enabled) {
            by_policy(b, policy, &mut rows);
        }
    }
    if rows.is_empty() {
        return None;
    }
    let place = vdom.policy_block.unwrap_or(b.whole);
    Some(b.list("source nat", RuleSetKind::Translate, rows, Then::Fall, place))
}

fn by_policy(b: &mut Builder<'_>, policy: &Policy, rows: &mut Vec<Row>) {
    let condition = b.condition(policy, false);
    let label = policy::label(policy);
    if let Some(cause) = condition.unread {
        let rewrites = vec![
            Rewrite::To(Field::Src, Ranges::full(u128::MAX)),
            Rewrite::To(Field::Sport, Ranges::full(0xFFFF)),
        ];
        let nat = b.nat(NatKind::Source, rewrites, Some(cause), policy.span, label.clone());
        rows.push((condition.when, Then::Nat(nat), policy.span, label));
        return;
    }
    match &policy.nat {
        Some(nat) if policy.action == Action::Accept => {
            translate(b, &condition.when, nat, policy, rows);
        }
        _ => rows.push((condition.when, Then::Permit, policy.span, label)),
    }
}

fn translate(b: &mut Builder<'_>, when: &Expr, nat: &SourceNat, policy: &Policy, rows: &mut Vec<Row>) {
    let place =
        Place { span: nat.span, label: format!("{} nat", policy::label(policy)), fixed_port: nat.fixed_port };
    if policy.v4.is_some() {
        let when = Expr::all([Expr::family(Family::V4), when.clone()]);
        mapped_servers(b, &when, &place, rows, |_| true);
        by_pool_or_egress(b, &when, Family::V4, &nat.pools, &policy.dstintf, &place, rows);
    }
    if policy.v6.is_some() {
        // Whether `nat enable` also translates IPv6 depends on the release and on NAT66 settings.
        let what = msg!("whether the policy translates IPv6", "ポリシーがIPv6を変換するか否か");
        let cause = b.unknown(nat.span, what);
        let when = Expr::unknown(cause, Expr::all([Expr::family(Family::V6), when.clone()]));
        by_pool_or_egress(b, &when, Family::V6, &nat.pools6, &policy.dstintf, &place, rows);
        rows.push((
            Expr::all([Expr::family(Family::V6), when]),
            Then::Permit,
            place.span,
            place.label.clone(),
        ));
    }
}

struct Place {
    span: Span,
    label: String,
    fixed_port: bool,
}

/// A server behind a virtual IP goes out with the virtual IP's address (or, by its settings, not); behind a port
/// forward only what it sends from the mapped port, which it may.
fn mapped_servers(
    b: &mut Builder<'_>,
    when: &Expr,
    place: &Place,
    rows: &mut Vec<Row>,
    counts: impl Fn(&Vip) -> bool,
) {
    let vdom = b.vdom;
    for vip in vdom.vips.values().filter(|v| v.enabled && v.family == Family::V4 && counts(v)) {
        let Some(mapped) = &vip.mapped else { continue };
        if vip.external.is_empty() {
            continue;
        }
        let what = msg!(
            "whether a mapped server goes out with its virtual IP",
            "バーチャルIPの実サーバがそのアドレスで外部に送信するか否か"
        );
        let cause = b.unknown(vip.name.span, what);
        let mut from = Expr::all([when.clone(), Expr::In(Field::Src, mapped.clone())]);
        let mut rewrites = vec![shift(Field::Src, mapped, &vip.external, false)];
        if let Some((protocol, _, ports)) = &vip.forward {
            let ports = Expr::any_of([Expr::proto(proto::ICMP), Expr::In(Field::Sport, ports.clone())]);
            from = Expr::all([from, Expr::proto(*protocol), ports]);
            rewrites.push(Rewrite::To(Field::Sport, Ranges::full(0xFFFF)));
        }
        let nat = b.nat(NatKind::Source, rewrites, None, vip.name.span, vip.name.value.clone());
        rows.push((Expr::unknown(cause, from), Then::Nat(nat), place.span, place.label.clone()));
    }
}

fn by_pool_or_egress(
    b: &mut Builder<'_>,
    when: &Expr,
    family: Family,
    pools: &[Name],
    egress: &[Name],
    place: &Place,
    rows: &mut Vec<Row>,
) {
    if !pools.is_empty() {
        let row = by_pools(b, when, family, pools, place);
        rows.push(row);
        return;
    }
    for id in egress_ids(b, egress) {
        let Some(interface) = b.device.interfaces.get(id.index()) else { continue };
        let Some(own) = b.vdom.interfaces.get(&interface.name.value) else { continue };
        let leased = own.leased.iter().find(|(f, _)| *f == family).map(|(_, s)| *s);
        let first = own_addresses(own, family).first().filter(|_| leased.is_none());
        let (values, unknown) = match first {
            Some(_) => (own_addresses(own, family), None),
            None => {
                let what = msg!(
                    "the address of the egress interface is not known",
                    "出力インターフェースのアドレスが不明である"
                );
                let cause = b.unknown(leased.unwrap_or(own.name.span), what);
                (Ranges::full(family.max_address()), Some(cause))
            }
        };
        let nat = b.nat(NatKind::Source, rewrites(values, place), unknown, place.span, place.label.clone());
        let out = Expr::all([Expr::is(Field::Egress, value(id)), when.clone()]);
        rows.push((out, Then::Nat(nat), place.span, place.label.clone()));
    }
}

fn by_pools(b: &mut Builder<'_>, when: &Expr, family: Family, pools: &[Name], place: &Place) -> Row {
    let mut values = Ranges::empty();
    let mut unknown = None;
    for name in pools {
        let pool = b.vdom.pools.get(&(family, name.value.clone()));
        match pool.filter(|p| p.unread.is_empty()).and_then(|p| p.addresses.as_ref()) {
            Some(set) => values = values.union(set.of(family)),
            None => {
                let span = pool.map_or(name.span, |p| p.unread.first().copied().unwrap_or(p.span));
                let cause =
                    b.unknown(span, msg!("an address pool is not known", "アドレスプールが不明である"));
                unknown = Some(cause);
            }
        }
    }
    if unknown.is_some() || values.is_empty() {
        values = Ranges::full(family.max_address());
        unknown = Some(unknown.unwrap_or_else(|| {
            b.unknown(place.span, msg!("an address pool is not known", "アドレスプールが不明である"))
        }));
    }
    let nat = b.nat(NatKind::Source, rewrites(values, place), unknown, place.span, place.label.clone());
    (when.clone(), Then::Nat(nat), place.span, place.label.clone())
}

fn rewrites(values: Ranges, place: &Place) -> Vec<Rewrite> {
    let mut rewrites = vec![Rewrite::To(Field::Src, values)];
    if !place.fixed_port {
        rewrites.push(Rewrite::To(Field::Sport, Ranges::span(1, 0xFFFF)));
    }
    rewrites
}

fn egress_ids(b: &Builder<'_>, names: &[Name]) -> Vec<IfId> {
    let mut ids = Vec::new();
    for name in names {
        match b.interfaces(&name.value).filter(|_| name.value != "any") {
            Some(found) => ids.extend(found),
            None => return b.layer3(),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn central(b: &mut Builder<'_>, rule: &CentralSnat, rows: &mut Vec<Row>) {
    let label = format!("central snat {}", rule.id.value);
    let ingress = b.ends(&rule.srcintf, Field::Ingress);
    let egress = b.ends(&rule.dstintf, Field::Egress);
    let protocol = if rule.protocol == 0 { Expr::Any } else { Expr::proto(rule.protocol) };
    for (family, ends) in [(Family::V4, &rule.v4), (Family::V6, &rule.v6)] {
        let Some(ends) = ends else { continue };
        let src = b.addresses(&ends.src, family).expr(family, Field::Src);
        let dst = b.addresses(&ends.dst, family).expr(family, Field::Dst);
        let whole =
            Expr::all([Expr::family(family), ingress.clone(), egress.clone(), src, dst, protocol.clone()]);
        let when = match (rule.unread.first(), rule.vague) {
            (Some(span), _) => {
                let cause = b.unknown(
                    *span,
                    msg!("a central NAT rule was not understood", "セントラルNATのルールを解釈できない"),
                );
                Expr::unknown(cause, Expr::family(family))
            }
            (None, Some(span)) => Expr::unknown(
                b.unknown(
                    span,
                    msg!("the rule is limited to certain ports", "ルールが特定のポートに限られる"),
                ),
                whole,
            ),
            (None, None) => whole,
        };
        if !rule.translate {
            rows.push((when, Then::Permit, rule.id.span, label.clone()));
            continue;
        }
        let place = Place { span: rule.id.span, label: label.clone(), fixed_port: false };
        if family == Family::V4 {
            mapped_servers(b, &when, &place, rows, |vip| vip.for_sources);
        }
        by_pool_or_egress(b, &when, family, &rule.pools, &rule.dstintf, &place, rows);
    }
}
