//! Address translation: the targets of the nat table.
//!
//! Sources: iptables-extensions(8) (SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP); Linux `net/netfilter/nf_nat_core.c`
//! (`nf_nat_inet_fn`, `get_unique_tuple`), `nf_nat_masquerade.c`, `nf_nat_redirect.c`, `xt_NETMAP.c`.

use std::collections::BTreeSet;

use crate::model::{
    DeviceRelay, Expr, Field, Nat, NatId, NatKind, PORT_PROTOCOLS, Ranges, RelayKind, Rewrite,
};
use crate::msg;
use crate::source::{Code, Diagnostic, LineState, Msg, Span};

use super::config::{Dump, Family, Jump, RuleLine};
use super::facts::{Build, DnatRule, Hook, Known, address as address_in, model_family, perhaps};
use super::options::Test;
use super::targets::{Effect, target};
use super::values;

impl Build<'_> {
    /// The translations of one rule, each with its own condition; together they cover `when`.
    pub fn translation(
        &mut self,
        hook: Hook,
        rule: &RuleLine,
        jump: &Jump,
        effect: Effect,
        when: Expr,
    ) -> Vec<(Expr, NatId)> {
        match effect {
            Effect::Masquerade => self.masquerade(hook, rule, jump, when),
            Effect::Redirect => self.redirect(hook, rule, jump, when),
            Effect::Netmap => vec![(when, self.netmap(hook, rule, jump))],
            Effect::Snat => vec![(when, self.fixed(hook, rule, jump, "--to-source", NatKind::Source))],
            _ => vec![(when, self.fixed(hook, rule, jump, "--to-destination", NatKind::Destination))],
        }
    }

    /// The mark that says "translated by this rule"; none where marks have a meaning of their own.
    fn dnat_mark(&self, family: Family, span: Span) -> Option<Rewrite> {
        let rule = self.facts.dnat_rules.get(&span).filter(|_| !self.facts.marked(family))?;
        Some(Rewrite::To(Field::Mark, Ranges::one(u128::from(rule.mark))))
    }

    /// Numbers the rules of `dump` that translate destinations.
    pub fn number_dnat(&mut self, dump: &Dump) {
        let tables = dump.tables.iter().filter(|t| t.name.value == "nat");
        for rule in tables.flat_map(|t| &t.chains).flat_map(|c| &c.rules) {
            let effect = rule.jump.as_ref().and_then(|j| target(&j.target.value)).map(|t| t.effect);
            if !matches!(effect, Some(Effect::Dnat | Effect::Redirect | Effect::Netmap)) {
                continue;
            }
            let value = |tests: &[Test]| {
                let term = rule.terms.iter().find(|t| tests.contains(&t.test) && !t.negated)?;
                term.values.first().map(|w| w.text.as_str())
            };
            let destinations = value(&[Test::Destination]).and_then(|v| values::addresses(dump.family, v));
            let ports = value(&[Test::DestinationPort, Test::DestinationPorts]).and_then(values::port_list);
            let mark = u32::try_from(self.facts.dnat_rules.len() + 1).unwrap_or(u32::MAX);
            let entry = DnatRule { family: dump.family, mark, destinations, ports };
            self.facts.dnat_rules.insert(rule.span, entry);
        }
    }

    fn nat(
        &mut self,
        kind: NatKind,
        rewrites: Vec<Rewrite>,
        doubt: Option<Msg>,
        span: Span,
        label: &str,
    ) -> NatId {
        let unknown = doubt.map(|what| self.ignorance(what, span));
        let id = NatId(u32::try_from(self.device.nats.len()).unwrap_or(u32::MAX));
        self.device.nats.push(Nat { kind, rewrites, unknown, span, label: label.to_owned() });
        id
    }

    /// Any rewriting of a packet, the mark included.
    pub fn any_rewrite(&mut self, family: Family, span: Span) -> NatId {
        let max = model_family(family).max_address();
        let addresses = [Field::Src, Field::Dst].map(|f| Rewrite::To(f, Ranges::full(max)));
        let rest =
            [Field::Sport, Field::Dport, Field::Mark].map(|f| Rewrite::To(f, Ranges::full(f.max_value())));
        let rewrites = addresses.into_iter().chain(rest).collect();
        let what = msg!("a translation that could not be read", "解釈できない変換");
        self.nat(NatKind::Both, rewrites, Some(what), span, "unread")
    }

    /// SNAT and DNAT.
    fn fixed(&mut self, hook: Hook, rule: &RuleLine, jump: &Jump, option: &str, kind: NatKind) -> NatId {
        let values: Vec<&str> = jump
            .options
            .iter()
            .filter(|o| o.name == option)
            .flat_map(|o| &o.values)
            .map(|w| w.text.as_str())
            .collect();
        let targets: Option<Vec<values::NatTarget>> =
            values.iter().map(|v| values::nat_target(hook.family, v)).collect();
        let (address, port) = match kind {
            NatKind::Source => (Field::Src, Field::Sport),
            _ => (Field::Dst, Field::Dport),
        };
        let mark = self.dnat_mark(hook.family, rule.span);
        let Some(targets) = targets.filter(|t| !t.is_empty()) else {
            self.claim(rule.span, LineState::Partial);
            self.report_once(
                Code::BadValue,
                rule.span,
                msg!("a translation without a readable target", "変換先を解釈できない"),
            );
            let max = model_family(hook.family).max_address();
            let mut rewrites =
                vec![Rewrite::To(address, Ranges::full(max)), Rewrite::To(port, Ranges::full(0xFFFF))];
            rewrites.extend(mark);
            let what = msg!("a translation without a readable target", "変換先を解釈できない");
            return self.nat(kind, rewrites, Some(what), rule.span, &jump.target.value);
        };
        let mut rewrites: Vec<Rewrite> = mark.into_iter().collect();
        let all = |get: fn(&values::NatTarget) -> Option<&Ranges>| -> Option<Ranges> {
            let parts: Option<Vec<&Ranges>> = targets.iter().map(get).collect();
            Some(Ranges::from_pairs(parts?.iter().flat_map(|r| r.pairs().iter().copied())))
        };
        if let Some(addresses) = all(|t| t.addresses.as_ref()) {
            rewrites.push(Rewrite::To(address, addresses));
        }
        match all(|t| t.ports.as_ref()) {
            Some(ports) => rewrites.push(Rewrite::To(port, ports)),
            // The kernel keeps the source port, 0 too, unless another connection holds it.
            None if kind == NatKind::Source => rewrites.push(Rewrite::To(port, Ranges::full(0xFFFF))),
            None => {}
        }
        let shifted = targets.iter().any(|t| t.shifted);
        let doubt = shifted
            .then(|| msg!("the new port depends on the old one", "変換後のポートが元のポートに依存する"));
        if doubt.is_some() {
            self.claim(rule.span, LineState::Partial);
        }
        let label = format!("{} {}", jump.target.value, values.join(" "));
        // A packet that is sent to the box itself is taken over by a program there, as with REDIRECT.
        let own = self
            .facts
            .own(hook.family)
            .map(|o| o.local.clone())
            .unwrap_or_default()
            .union(&loopback(hook.family));
        if kind == NatKind::Destination
            && targets.iter().any(|t| t.addresses.as_ref().is_none_or(|to| to.overlaps(&own)))
        {
            self.relay(rule.span, &jump.target.value, false);
        }
        self.nat(kind, rewrites, doubt, rule.span, &label)
    }

    /// MASQUERADE: the address of the interface that the packet leaves by.
    fn masquerade(&mut self, hook: Hook, rule: &RuleLine, jump: &Jump, when: Expr) -> Vec<(Expr, NatId)> {
        let ports = to_ports(jump).unwrap_or(Ranges::full(0xFFFF));
        let ports = Some(Rewrite::To(Field::Sport, ports));
        self.own_address(hook, rule, (Field::Egress, Field::Src), ports, "MASQUERADE", &when)
    }

    /// REDIRECT: the device itself, under the address of the interface that the packet came in by.
    fn redirect(&mut self, hook: Hook, rule: &RuleLine, jump: &Jump, when: Expr) -> Vec<(Expr, NatId)> {
        self.relay(rule.span, "REDIRECT", false);
        let ports = to_ports(jump).map(|p| Rewrite::To(Field::Dport, p));
        if hook.ingress == Known::Empty {
            let loopback = if hook.family == Family::V4 { 0x7F00_0001 } else { 1 };
            let mut rewrites = vec![Rewrite::To(Field::Dst, Ranges::one(loopback))];
            rewrites.extend(ports);
            rewrites.extend(self.dnat_mark(hook.family, rule.span));
            return vec![(when, self.nat(NatKind::Destination, rewrites, None, rule.span, "REDIRECT"))];
        }
        self.own_address(hook, rule, (Field::Ingress, Field::Dst), ports, "REDIRECT", &when)
    }

    /// One translation per interface whose own address is certain, and one for the rest.
    fn own_address(
        &mut self,
        hook: Hook,
        rule: &RuleLine,
        (by, address): (Field, Field),
        ports: Option<Rewrite>,
        label: &str,
        when: &Expr,
    ) -> Vec<(Expr, NatId)> {
        let kind = if address == Field::Src { NatKind::Source } else { NatKind::Destination };
        let mut out = Vec::new();
        let primary = self.facts.own(hook.family).map(|o| o.primary.clone()).unwrap_or_default();
        // What the rule says itself of the interface.
        let asked = asked(when, by);
        let mut left = asked.clone();
        // The own address is chosen among those of the destination's scope: for others the packet is dropped or gets
        // an address of link scope (`nf_nat_redirect_ipv6`, `ipv6_dev_get_saddr`).
        let odd = (hook.family == Family::V6).then(|| address_in(Family::V6, Field::Dst, &not_global()));
        let usual = odd.clone().map_or(when.clone(), |odd| Expr::all([when.clone(), odd.negate()]));
        for (id, choice) in primary {
            let value = u128::from(id.0);
            let other = asked.as_ref().is_some_and(|a| !a.contains(value));
            if choice.dynamic || choice.addresses.is_empty() || other {
                continue;
            }
            left = left.map(|l| l.minus(&Ranges::one(value)));
            let one = matches!(choice.addresses.pairs(), [(low, high)] if low == high);
            let doubt = (!one)
                .then(|| msg!("which own address is chosen", "機器自身のアドレスのうちいずれが選ばれるか"));
            let mut rewrites = vec![Rewrite::To(address, choice.addresses)];
            rewrites.extend(ports.clone());
            rewrites.extend(self.dnat_mark(hook.family, rule.span));
            let nat = self.nat(kind, rewrites, doubt, rule.span, label);
            let here = Expr::is(by, value);
            let already = asked.as_ref().is_some_and(|a| *a == Ranges::one(value));
            out.push((if already { usual.clone() } else { Expr::all([usual.clone(), here]) }, nat));
        }
        let mut when = when.clone();
        if left.is_some_and(|l| l.is_empty()) {
            match odd {
                Some(odd) => when = Expr::all([when, odd]),
                None => return out,
            }
        }
        let what =
            msg!("the own address of the interface is not known", "インターフェースのアドレスが不明である");
        let mut rewrites = vec![Rewrite::To(address, Ranges::full(model_family(hook.family).max_address()))];
        rewrites.extend(ports);
        rewrites.extend(self.dnat_mark(hook.family, rule.span));
        let nat = self.nat(kind, rewrites, Some(what), rule.span, label);
        // First match: what the interfaces above took never comes here.
        out.push((when, nat));
        out
    }

    /// NETMAP: the host part stays.
    fn netmap(&mut self, hook: Hook, rule: &RuleLine, jump: &Jump) -> NatId {
        let destination = hook.ingress == Known::Empty || !hook.after_dnat;
        let (field, kind, test) = if destination {
            (Field::Dst, NatKind::Destination, Test::Destination)
        } else {
            (Field::Src, NatKind::Source, Test::Source)
        };
        let value = jump.options.first().and_then(|o| o.values.first()).map_or("", |w| w.text.as_str());
        let to = values::addresses(hook.family, value);
        let mark = self.dnat_mark(hook.family, rule.span).filter(|_| destination);
        // The port stays unless another connection holds it, as with SNAT.
        let port = Some(Rewrite::To(Field::Sport, Ranges::full(0xFFFF))).filter(|_| !destination);
        let rest = || mark.clone().into_iter().chain(port.clone());
        let own = rule.terms.iter().find(|t| t.test == test && !t.negated);
        let from = own.and_then(|t| values::addresses(hook.family, &t.values.first()?.text));
        let single = |r: &Option<Ranges>| {
            r.as_ref().and_then(|r| if let [one] = r.pairs() { Some(*one) } else { None })
        };
        if let (Some(from), Some(to)) = (single(&from), single(&to))
            && from.1 - from.0 == to.1 - to.0
        {
            let mut rewrites = vec![Rewrite::Shift { field, from, to: to.0 }];
            rewrites.extend(rest());
            return self.nat(kind, rewrites, None, rule.span, "NETMAP");
        }
        self.claim(rule.span, LineState::Partial);
        let full = Ranges::full(model_family(hook.family).max_address());
        let what =
            msg!("which network is mapped onto which", "いずれのネットワークがいずれに対応付けられるか");
        let mut rewrites = vec![Rewrite::To(field, to.unwrap_or(full))];
        rewrites.extend(rest());
        self.nat(kind, rewrites, Some(what), rule.span, "NETMAP")
    }

    /// The packets whose destination a translation leaves as it is; `None` if it rewrites no destination.
    pub fn unchanged(&mut self, nat: NatId) -> Option<Expr> {
        let found = self.device.nats.get(nat.index())?;
        if found.kind != NatKind::Destination {
            return None;
        }
        let (span, mut certain, mut parts) = (found.span, found.unknown.is_none(), Vec::new());
        for rewrite in &found.rewrites {
            match rewrite {
                Rewrite::To(field @ (Field::Dst | Field::Dport), values) => {
                    certain &= matches!(values.pairs(), [(low, high)] if low == high);
                    parts.push(match field {
                        Field::Dst => Expr::In(Field::Dst, values.clone()),
                        _ => Expr::ports(&PORT_PROTOCOLS, Field::Dport, values.clone()),
                    });
                }
                Rewrite::To(..) => {}
                Rewrite::Shift { from, to, .. } if from.0 != *to => return None,
                Rewrite::Shift { .. } => {}
            }
        }
        let same = Expr::all(parts);
        if certain {
            return Some(same);
        }
        let what = msg!("whether the destination stays as it is", "宛先が元のままかどうか");
        Some(perhaps(self.ignorance(what, span), same))
    }

    /// The packets that a REDIRECT rule makes: some own address.
    fn redirect_image(&self, family: Family, jump: &Jump) -> Expr {
        let own = self.facts.own(family).map(|o| super::facts::address(family, Field::Dst, &o.local));
        let ports = to_ports(jump).map(|p| Expr::In(Field::Dport, p));
        Expr::all([own.unwrap_or(Expr::Any), ports.unwrap_or(Expr::Any)])
    }

    /// A service of the device that takes packets over.
    pub fn relay(&mut self, span: Span, target: &str, certain: bool) {
        if self.device.relays.iter().any(|r| r.span == span) {
            return;
        }
        let what = msg!(
            "`{target}` hands packets to a program on the device",
            "`{target}` がパケットを機器内のプログラムに渡す"
        );
        self.device.relays.push(DeviceRelay { kind: RelayKind::Data, what, span, certain, carried: None });
    }

    /// Reports a place once, however many hooks share its chain.
    pub fn report_once(&mut self, code: Code, span: Span, message: Msg) {
        if self.reported.insert((code, span)) {
            self.diagnostics.push(Diagnostic::new(code, span, message));
        }
    }

    /// Packets whose destination some rule of `dump` may have translated; `None` if no rule translates one.
    pub fn dnat_bound(&self, dump: &Dump) -> Option<Expr> {
        let tables = || dump.tables.iter().filter(|t| t.name.value == "nat");
        let chains: BTreeSet<&str> =
            tables().flat_map(|t| &t.chains).map(|c| c.name.value.as_str()).collect();
        let rules = tables().flat_map(|t| &t.chains).flat_map(|c| &c.rules);
        let mut parts = Vec::new();
        for rule in rules {
            let jump = rule.jump.as_ref();
            let effect = jump.and_then(|j| target(&j.target.value)).map(|t| t.effect);
            match (effect, jump) {
                (Some(Effect::Dnat), Some(jump)) => parts.push(dnat_image(dump.family, jump)),
                (Some(Effect::Redirect), Some(jump)) => parts.push(self.redirect_image(dump.family, jump)),
                (Some(Effect::Netmap), Some(jump)) => parts.push(netmap_image(dump.family, jump)),
                (Some(Effect::Anything), _) => parts.push(Expr::Any),
                // An unknown target may translate; a chain does not by itself.
                (None, Some(jump)) if !chains.contains(jump.target.value.as_str()) => parts.push(Expr::Any),
                _ if !rule.stray.is_empty() => parts.push(Expr::Any),
                _ => {}
            }
        }
        if parts.is_empty() { None } else { Some(Expr::any_of(parts)) }
    }
}

/// The interfaces that a condition names with certainty; `None` if it does not limit them.
fn asked(when: &Expr, by: Field) -> Option<Ranges> {
    let one = |e: &Expr| match e {
        Expr::In(field, ranges) if *field == by => Some(ranges.clone()),
        _ => None,
    };
    match when {
        Expr::All(parts) => parts.iter().find_map(one),
        other => one(other),
    }
}

/// The packets that a DNAT rule makes.
fn dnat_image(family: Family, jump: &Jump) -> Expr {
    let values = jump.options.iter().filter(|o| o.name == "--to-destination").flat_map(|o| &o.values);
    let parts: Vec<Expr> = values
        .map(|w| match values::nat_target(family, &w.text) {
            Some(t) => Expr::all([
                t.addresses.map_or(Expr::Any, |r| super::facts::address(family, Field::Dst, &r)),
                t.ports.map_or(Expr::Any, |r| Expr::In(Field::Dport, r)),
            ]),
            None => Expr::Any,
        })
        .collect();
    if parts.is_empty() { Expr::Any } else { Expr::any_of(parts) }
}

/// The packets that a NETMAP rule makes.
fn netmap_image(family: Family, jump: &Jump) -> Expr {
    let value = jump.options.iter().find(|o| o.name == "--to").and_then(|o| o.values.first());
    let to = value.and_then(|w| values::addresses(family, &w.text));
    to.map_or(Expr::Any, |r| super::facts::address(family, Field::Dst, &r))
}

/// Addresses that no packet leaves the box for.
fn loopback(family: Family) -> Ranges {
    match family {
        Family::V4 => Ranges::span(0x7F00_0000, 0x7FFF_FFFF),
        Family::V6 => Ranges::one(1),
    }
}

/// `--to-ports`
fn to_ports(jump: &Jump) -> Option<Ranges> {
    let option = jump.options.iter().find(|o| o.name == "--to-ports")?;
    values::port_range(&option.values.first()?.text)
}

/// IPv6 destinations whose scope the kernel does not call global (src `__ipv6_addr_type`): IPv4-compatible, link-local,
/// site-local, multicast.
fn not_global() -> Ranges {
    let block = |first: u128, bits: u32| (first << 112, (first << 112) | (u128::MAX >> bits));
    let compatible = (0, u128::from(u32::MAX));
    Ranges::from_pairs([compatible, block(0xFE80, 10), block(0xFEC0, 10), block(0xFF00, 8)])
}
