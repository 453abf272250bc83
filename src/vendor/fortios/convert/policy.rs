//! Forward policies and traffic to the box, as first-match lists.

use crate::model::{
    AddressSet, CauseId, DenyKind, Expr, Family, Field, InterfaceKind, Ranges, RuleId, RuleSetId,
    RuleSetKind, State, Then, proto,
};
use crate::msg;
use crate::source::{Span, Spanned};
use crate::vendor::fortios::config::{Access, Action, Ends, Interface, Listener, Name, Policy};

use super::builder::Builder;
use super::{own_addresses, own_networks, usable, value};

type Row = (Expr, Then, Span, String);

/// A policy as a condition, and whether it had to be given up.
pub struct Condition {
    /// When it matches.
    pub when: Expr,
    /// Set if the policy was not understood.
    pub unread: Option<CauseId>,
}

/// What a person calls a policy.
pub fn label(policy: &Policy) -> String {
    let id = &policy.id.value;
    match &policy.label {
        Some(name) => format!("policy {id} ({name})"),
        None => format!("policy {id}"),
    }
}

impl Builder<'_> {
    /// When a policy matches, schedules, users and unread words included.
    pub fn condition(&mut self, policy: &Policy, local: bool) -> Condition {
        let incomplete = policy.srcintf.is_empty()
            || (!local && policy.dstintf.is_empty())
            || (policy.v4.is_none() && policy.v6.is_none())
            || (policy.services.is_empty() && !service_from_database(policy));
        let ingress =
            if policy.srcintf.is_empty() { Expr::Any } else { self.ends(&policy.srcintf, Field::Ingress) };
        let egress =
            if policy.dstintf.is_empty() { Expr::Any } else { self.ends(&policy.dstintf, Field::Egress) };
        if let Some(span) = policy.unread.first().copied().or(incomplete.then_some(policy.span)) {
            let what = msg!("part of a policy was not understood", "ポリシーの一部を解釈できない");
            let cause = self.unknown(span, what);
            return Condition {
                when: Expr::unknown(cause, Expr::all([ingress, egress])),
                unread: Some(cause),
            };
        }
        let services = match (self.services(&policy.services), policy.services_not) {
            (services, false) => services,
            (services, true) => services.negate(),
        };
        let v4 = self.half(policy, policy.v4.as_ref(), Family::V4, &services, local);
        let v6 = self.half(policy, policy.v6.as_ref(), Family::V6, &services, local);
        let schedule = self.schedule(policy.schedule.as_ref());
        let mut when = Expr::all([ingress, egress, Expr::any_of([v4, v6]), schedule]);
        for (span, what) in &policy.choices {
            let cause = self.choice(*span, what.clone());
            when = Expr::unknown(cause, when);
        }
        for (span, what) in &policy.ignorance {
            let cause = self.unknown(*span, what.clone());
            when = Expr::unknown(cause, when);
        }
        if let Some(name) = self.zone_member(policy).filter(|_| !local) {
            let what = msg!(
                "a policy names an interface that is a member of a zone",
                "ポリシーがゾーンのメンバーであるインターフェースを直接指定している"
            );
            when = Expr::unknown(self.unknown(name.span, what), when);
        }
        Condition { when, unread: None }
    }

    /// An end of the policy that only its zone can stand for: no device takes such a policy.
    fn zone_member(&self, policy: &Policy) -> Option<Name> {
        let member = |n: &&Name| {
            let mut zones = self.vdom.zones.iter().filter(|(zone, _)| **zone != n.value);
            zones.any(|(_, z)| z.members.iter().any(|m| m.value == n.value))
        };
        policy.srcintf.iter().chain(&policy.dstintf).find(member).cloned()
    }

    fn half(
        &mut self,
        policy: &Policy,
        ends: Option<&Ends>,
        family: Family,
        services: &Expr,
        local: bool,
    ) -> Expr {
        let Some(ends) = ends else { return Expr::None };
        let database =
            msg!("an Internet service database decides", "インターネットサービスデータベースによる");
        let negation =
            msg!("whether the negation reaches the IPv6 addresses", "否定がIPv6アドレスにも及ぶか");
        let src = match (ends.src_service, ends.src_unsure) {
            (Some(span), _) => Expr::unknown(self.unknown(span, database.clone()), Expr::Any),
            (None, Some(span)) => Expr::unknown(self.unknown(span, negation.clone()), Expr::Any),
            (None, None) => self.names(&ends.src, ends.src_not, family, Field::Src, policy.span),
        };
        let (dst, services) = match (ends.dst_service, ends.dst_unsure) {
            (Some(span), _) => (Expr::unknown(self.unknown(span, database), Expr::Any), Expr::Any),
            (None, Some(span)) => (Expr::unknown(self.unknown(span, negation), Expr::Any), services.clone()),
            (None, None) if local => {
                (self.names(&ends.dst, ends.dst_not, family, Field::Dst, policy.span), services.clone())
            }
            (None, None) => (self.destination(policy, ends, family), services.clone()),
        };
        Expr::all([Expr::family(family), src, dst, services])
    }

    /// Names of one end; no name at all is a gap in the file.
    fn names(&mut self, names: &[Name], negated: bool, family: Family, field: Field, place: Span) -> Expr {
        if names.is_empty() {
            let what = msg!("an end of the policy has no address", "ポリシーの一方にアドレスがない");
            return Expr::unknown(self.unknown(place, what), Expr::Any);
        }
        let expr = self.addresses(names, family).expr(family, field);
        if negated { expr.negate() } else { expr }
    }

    /// The destination, with virtual IPs: packets that one of them translated carry its number as a mark.
    fn destination(&mut self, policy: &Policy, ends: &Ends, family: Family) -> Expr {
        let (mut plain, mut marked_by) = (Vec::new(), Vec::new());
        for name in &ends.dst {
            match self.vip_marks(&name.value, family) {
                Some(test) => marked_by.push(test),
                None => plain.push(name.clone()),
            }
        }
        let central = self.vdom.settings.central_nat.is_some_and(|c| c.value);
        if self.vdom.vips.is_empty() || central {
            return self.names(&ends.dst, ends.dst_not, family, Field::Dst, policy.span);
        }
        let untouched = Expr::is(Field::Mark, 0);
        let translated = Expr::is(Field::Mark, 0).negate();
        let by_mark = Expr::any_of(marked_by.iter().cloned());
        if plain.is_empty() && !marked_by.is_empty() && !ends.dst_not {
            return by_mark;
        }
        let resolved = self.addresses(&plain, family);
        let all = resolved.is_all(family);
        let inside = if plain.is_empty() { Expr::None } else { resolved.expr(family, Field::Dst) };
        let what = msg!(
            "whether a policy with plain addresses matches packets that a virtual IP translated",
            "バーチャルIPで変換されたパケットに通常のアドレスのポリシーが一致するか否か"
        );
        if ends.dst_not {
            let cause = self.unknown(policy.span, what);
            let other = Expr::all([untouched, inside.negate()]);
            return Expr::any_of([other, Expr::unknown(cause, translated)]);
        }
        let seen = match (policy.action, self.match_vip(policy)) {
            // A deny policy for every destination, with and without `match-vip`.
            (Action::Deny(_), Some(true)) if all => translated,
            (Action::Deny(_), Some(false)) if all => Expr::None,
            (Action::Deny(_), Some(true) | None) => {
                Expr::unknown(self.unknown(policy.span, what), translated)
            }
            _ => Expr::unknown(self.unknown(policy.span, what), Expr::all([translated, inside.clone()])),
        };
        Expr::any_of([Expr::all([untouched, inside]), seen, by_mark])
    }

    fn match_vip(&self, policy: &Policy) -> Option<bool> {
        policy.match_vip.or_else(|| self.version.and_then(|v| v.match_vip()))
    }

    /// "A virtual IP of this name, or of the group of this name, translated the packet"; `None` if it names neither.
    fn vip_marks(&mut self, name: &str, family: Family) -> Option<Expr> {
        let vdom = self.vdom;
        let mark = |name: &str| {
            let at = vdom.vips.get_index_of(&(family, name.to_owned()))?;
            Some(Expr::is(Field::Mark, u128::try_from(at + 1).unwrap_or(u128::MAX)))
        };
        if let Some(test) = mark(name) {
            return Some(test);
        }
        let (members, _) = vdom.vip_groups.get(&(family, name.to_owned()))?;
        let mut parts = Vec::new();
        for member in members {
            parts.push(match mark(&member.value) {
                Some(test) => test,
                None => Expr::unknown(self.undefined(member), Expr::Any),
            });
        }
        Some(Expr::any_of(parts))
    }
}

fn service_from_database(policy: &Policy) -> bool {
    [&policy.v4, &policy.v6].into_iter().flatten().all(|e| e.dst_service.is_some())
}

/// The forward list: redirected traffic, multicast, policies, zones that allow traffic inside, implicit deny.
pub fn forward(b: &mut Builder<'_>) -> RuleSetId {
    let mut rows = Vec::new();
    stray_segments(b, &mut rows);
    multicast(b, &mut rows);
    let first = rows.len();
    redirected(b, &mut rows);
    let unheld = first..rows.len();
    let vdom = b.vdom;
    for policy in vdom.policies.iter().filter(|p| p.enabled) {
        let condition = b.condition(policy, false);
        let then = match (condition.unread, policy.action) {
            (Some(cause), _) => Then::Unknown(cause),
            (None, Action::Accept) => Then::Permit,
            (None, Action::Deny(answer)) => {
                Then::Deny(if answer { DenyKind::Reject } else { DenyKind::Drop })
            }
            (None, Action::Other) => continue,
        };
        rows.push((condition.when, then, policy.span, label(policy)));
    }
    intrazone(b, &mut rows);
    let place = vdom.policy_block.unwrap_or(b.whole);
    let set = b.list("policy", RuleSetKind::Filter, rows, Then::Deny(DenyKind::Drop), place);
    // What is only turned back opens no session.
    let rules = (0u32..).map(RuleId).skip(unheld.start).take(unheld.len());
    b.device.sessionless.extend(rules.map(|rule| (set, rule)));
    set
}

/// With `asymroute` (`asymroute6` for IPv6) a segment of no session may pass without a policy.
fn stray_segments(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let settings = &b.vdom.settings;
    let switches =
        [(Family::V4, settings.asymroute, "asymroute"), (Family::V6, settings.asymroute6, "asymroute6")];
    for (family, _, label) in switches.into_iter().filter(|(_, on, _)| *on == Some(true)) {
        let what = msg!(
            "with asymmetric routing, segments of no session may pass",
            "非対称ルーティングでは、セッションに属さないTCPセグメントが通過することがある"
        );
        let cause = b.unknown(b.vdom.span, what);
        let stray = Expr::all([Expr::family(family), Expr::is(Field::State, State::Invalid.value())]);
        rows.push((Expr::unknown(cause, stray), Then::Permit, b.vdom.span, label.to_owned()));
    }
    let icmp = [(Family::V4, proto::ICMP), (Family::V6, proto::ICMPV6)];
    let asymmetric =
        [settings.asymroute, settings.asymroute6].map(|on| on.and_then(|on| on.then_some(b.vdom.span)));
    for ((family, number), (own, all)) in
        icmp.into_iter().zip(settings.stray_icmp.into_iter().zip(asymmetric))
    {
        let Some(span) = own.or(all) else { continue };
        let what = msg!(
            "with asymmetric routing, ICMP of no session may pass",
            "非対称ルーティングでは、セッションに属さないICMPが通過することがある"
        );
        let cause = b.unknown(span, what);
        let stray = Expr::all([Expr::family(family), Expr::proto(number)]);
        rows.push((Expr::unknown(cause, stray), Then::Permit, span, "asymroute-icmp".to_owned()));
    }
}

/// Multicast has policies of its own, which are not modelled: any of them may let it through.
fn multicast(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let group = multicast_addresses().expr(Field::Dst);
    if let Some(span) = b.vdom.multicast {
        let cause = b.unknown(
            span,
            msg!("multicast policies are not modelled", "マルチキャストポリシーは未対応である"),
        );
        rows.push((Expr::unknown(cause, group), Then::Permit, span, "multicast".to_owned()));
    }
}

/// 224/4 and ff00::/8.
pub fn multicast_addresses() -> AddressSet {
    let six = 0xFFu128 << 120;
    AddressSet { v4: Ranges::span(0xE000_0000, 0xEFFF_FFFF), v6: Ranges::span(six, u128::MAX) }
}

/// Traffic that leaves by the interface it came in by needs no policy while `allow-traffic-redirect` is on.
fn redirected(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let default = b.version.and_then(|v| v.traffic_redirect());
    let vdom = b.vdom;
    for (family, set) in [(Family::V4, vdom.settings.redirect), (Family::V6, vdom.settings.redirect6)] {
        let (on, place) = match set {
            Some(Spanned { value, span }) => (Some(value), span),
            None => (default, b.whole),
        };
        if on == Some(false) {
            continue;
        }
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for (id, interface) in b.device.interfaces() {
            let Some(own) = vdom.interfaces.get(&interface.name.value) else { continue };
            if !interface.up || interface.kind == InterfaceKind::Tunnel {
                continue;
            }
            let back = [Expr::is(Field::Ingress, value(id)), Expr::is(Field::Egress, value(id))];
            let local = own_networks(own, family)
                .fold(AddressSet::empty(), |all, (n, _)| all.union(&AddressSet::network(n)));
            near.push(Expr::all(back.clone().into_iter().chain([local.expr(Field::Src)])));
            far.push(Expr::all(back));
        }
        let (near, far) = (Expr::any_of(near), Expr::any_of(far));
        let label = "allow-traffic-redirect".to_owned();
        if far == Expr::None {
            continue;
        }
        if on == Some(true) && near != Expr::None {
            let untouched = Expr::is(Field::Mark, 0);
            let when = Expr::all([Expr::family(family), untouched, near]);
            rows.push((when, Then::Permit, place, label.clone()));
        }
        let what = msg!("whether hairpin traffic needs a policy", "折り返し通信にポリシーが必要か否か");
        let cause = b.unknown(place, what);
        rows.push((Expr::unknown(cause, Expr::all([Expr::family(family), far])), Then::Permit, place, label));
    }
}

/// `intrazone allow`: after the policies, traffic between members of the zone passes.
fn intrazone(b: &mut Builder<'_>, rows: &mut Vec<Row>) {
    let vdom = b.vdom;
    for zone in vdom.zones.values() {
        let Some(span) = zone.intrazone else { continue };
        let ingress = b.ends(&zone.members, Field::Ingress);
        let egress = b.ends(&zone.members, Field::Egress);
        let ids: Vec<_> = zone.members.iter().filter_map(|m| b.device.interface(&m.value)).collect();
        let same = ids
            .iter()
            .map(|id| Expr::all([Expr::is(Field::Ingress, value(*id)), Expr::is(Field::Egress, value(*id))]));
        let same = Expr::any_of(same);
        let label = format!("zone {} intrazone allow", zone.name.value);
        let both = Expr::all([ingress, egress]);
        rows.push((Expr::all([both.clone(), same.clone().negate()]), Then::Permit, span, label.clone()));
        let what = msg!(
            "whether a zone allows traffic back out of one member",
            "ゾーンが同一メンバーへの折り返しを許可するか否か"
        );
        let cause = b.unknown(span, what);
        rows.push((Expr::unknown(cause, Expr::all([both, same])), Then::Permit, span, label));
    }
}

/// Traffic to the box: local-in policies, then what its services accept.
pub fn input(b: &mut Builder<'_>) -> RuleSetId {
    let vdom = b.vdom;
    let services = services_of_box(b);
    let open = Expr::any_of(services.iter().map(|row| row.0.clone()));
    let mut rows = Vec::new();
    for policy in vdom.local_in.iter().filter(|p| p.enabled) {
        let condition = b.condition(policy, true);
        let label = format!("local-in {}", label(policy));
        match (condition.unread, policy.action) {
            (Some(cause), _) => rows.push((condition.when, Then::Unknown(cause), policy.span, label)),
            (None, Action::Deny(answer)) => {
                let kind = if answer { DenyKind::Reject } else { DenyKind::Drop };
                rows.push((condition.when, Then::Deny(kind), policy.span, label));
            }
            (None, _) => {
                // It opens the way to a service of the box; whether one listens is known only for those below.
                let what = msg!("whether the device listens there", "機器がそこで待ち受けているか否か");
                let cause = b.unknown(policy.span, what);
                rows.push((
                    Expr::all([condition.when.clone(), open.clone()]),
                    Then::Permit,
                    policy.span,
                    label.clone(),
                ));
                rows.push((Expr::unknown(cause, condition.when), Then::Permit, policy.span, label));
            }
        }
    }
    rows.extend(services);
    let place = vdom.span;
    b.list("local-in", RuleSetKind::Filter, rows, Then::Deny(DenyKind::Drop), place)
}

fn services_of_box(b: &mut Builder<'_>) -> Vec<Row> {
    let vdom = b.vdom;
    let mut rows = Vec::new();
    for own in vdom.interfaces.values().filter(|i| usable(i, vdom)) {
        for access in &own.allow {
            administration(b, own, access, &mut rows);
        }
    }
    for listener in &vdom.listeners {
        listen(b, listener, &mut rows);
    }
    rows
}

/// One word of `allowaccess`. Certain from the interface's own side to its own address; from elsewhere, or with
/// trusted hosts, possible.
fn administration(b: &mut Builder<'_>, own: &Interface, access: &Access, rows: &mut Vec<Row>) {
    let Access { family, word, only } = access;
    let family = *family;
    let Some(id) = b.device.interface(&own.name.value) else { return };
    let sockets = access_sockets(b, &word.value, family);
    let known = sockets.is_some();
    let to = only.map_or_else(|| own_addresses(own, family), |ip| Ranges::one(Family::number(ip)));
    let service = Expr::all([Expr::family(family), sockets.unwrap_or(Expr::Any)]);
    let label = format!("allowaccess {} on {}", word.value, own.name.value);
    let here = Expr::is(Field::Ingress, value(id));
    let mine = if to.is_empty() { Expr::None } else { Expr::In(Field::Dst, to) };
    let trusted = b.vdom.trusted_hosts.as_ref().map(|t| t.span).filter(|_| word.value != "ping");
    if known && trusted.is_none() {
        rows.push((
            Expr::all([service.clone(), here.clone(), mine.clone()]),
            Then::Permit,
            word.span,
            label.clone(),
        ));
    }
    let what = msg!(
        "administration by another address, or from trusted hosts only",
        "他のアドレス宛て又は信頼ホストからに限る管理アクセス"
    );
    let cause = b.unknown(trusted.unwrap_or(word.span), what);
    rows.push((
        Expr::unknown(cause, Expr::all([service, Expr::any_of([here, mine])])),
        Then::Permit,
        word.span,
        label,
    ));
}

/// `None` for a word that is not known: any packet may be meant.
fn access_sockets(b: &Builder<'_>, word: &str, family: Family) -> Option<Expr> {
    let ports = b.vdom.settings.admin_ports;
    let port = |number: u8, low: u16, high: u16| {
        Expr::ports(&[number], Field::Dport, Ranges::span(u128::from(low), u128::from(high)))
    };
    let tcp = |p: u16| port(proto::TCP, p, p);
    Some(match word {
        "http" => tcp(ports.http),
        "https" => tcp(ports.https),
        "ssh" => tcp(ports.ssh),
        "telnet" => tcp(ports.telnet),
        "ping" if family == Family::V4 => {
            Expr::all([Expr::proto(proto::ICMP), Expr::is(Field::Icmp, 8 << 8)])
        }
        "ping" => Expr::proto(proto::ICMPV6),
        "snmp" => port(proto::UDP, 161, 161),
        "fgfm" => tcp(541),
        "capwap" => port(proto::UDP, 5246, 5247),
        "fabric" => Expr::any_of([port(proto::UDP, 5246, 5247), tcp(8013)]),
        "radius-acct" => port(proto::UDP, 1813, 1813),
        "probe-response" => tcp(8008),
        "ftm" => tcp(4433),
        _ => return None,
    })
}

fn listen(b: &mut Builder<'_>, listener: &Listener, rows: &mut Vec<Row>) {
    let ingress = match &listener.interfaces {
        Some(names) => b.ends(names, Field::Ingress),
        None => Expr::Any,
    };
    let one = |(number, ports): &(u8, Option<(u16, u16)>)| match ports {
        Some((low, high)) => {
            Expr::ports(&[*number], Field::Dport, Ranges::span(u128::from(*low), u128::from(*high)))
        }
        None => Expr::proto(*number),
    };
    let when = Expr::all([ingress, Expr::any_of(listener.sockets.iter().map(one))]);
    let label = listener.label.to_owned();
    if listener.certain {
        rows.push((when, Then::Permit, listener.span, label));
        return;
    }
    let what = msg!("whether the device listens there", "機器がそこで待ち受けているか否か");
    let cause = b.unknown(listener.span, what);
    rows.push((Expr::unknown(cause, when), Then::Permit, listener.span, label));
}
