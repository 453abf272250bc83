//! What the kernel does besides the tables: source and destination checks, reverse path filter, forwarding switches.
//!
//! Sources: Linux `net/ipv4/route.c` (`ip_route_input_slow`), `net/ipv4/fib_frontend.c` (`fib_validate_source`),
//! `net/ipv6/ip6_input.c` (`ip6_rcv_core`), `net/ipv6/ip6_output.c` (`ip6_forward`),
//! Documentation/networking/ip-sysctl.rst (`ip_forward`, `rp_filter`, `accept_local`, `route_localnet`).

use std::collections::BTreeMap;

use crate::model::{
    Chain, ChainId, DenyKind, Expr, Field, IfId, Interface, InterfaceKind, Radius, Ranges, Rule, RuleSet,
    RuleSetId, RuleSetKind, Then,
};
use crate::msg;
use crate::source::{Code, Msg, Span, Spanned};

use super::config::Family;
use super::facts::{Build, address, built_in, of_family, perhaps};
use super::matches::multicast;
use super::sysctl::{Settings, conf_key};

const DROP: Then = Then::Deny(DenyKind::Drop);
const LOOPBACK4: (u128, u128) = (0x7F00_0000, 0x7FFF_FFFF);
const BROADCAST4: u128 = 0xFFFF_FFFF;
const EARLY: &str = "IPv6 source and destination check";

impl Build<'_> {
    fn kernel_set(&mut self, name: &str, rules: Vec<Rule>, span: Span) -> Option<RuleSetId> {
        if rules.is_empty() {
            return None;
        }
        let chain =
            Chain { name: Spanned::new(name.to_owned(), span), rules, end: Spanned::new(Then::Fall, span) };
        let kind = RuleSetKind::Filter;
        Some(self.device.add_rule_set(RuleSet {
            name: name.to_owned(),
            kind,
            chains: vec![chain],
            entry: ChainId(0),
        }))
    }

    fn doubt_at(&mut self, what: Msg, span: Span, bound: Expr) -> Expr {
        let cause = self.ignorance_named(what, span);
        perhaps(cause, bound)
    }

    /// What `ip6_rcv_core` refuses before any table sees it.
    pub fn early_checks(&mut self, span: Span) -> Option<RuleSetId> {
        let mut rules = Vec::new();
        let v6 = |field, r: &Ranges| address(Family::V6, field, r);
        built_in(&mut rules, v6(Field::Src, &multicast(Family::V6)), DROP, span, EARLY);
        built_in(&mut rules, v6(Field::Src, &Ranges::one(1)), DROP, span, EARLY);
        built_in(&mut rules, v6(Field::Dst, &Ranges::one(1)), DROP, span, EARLY);
        let what = msg!(
            "whether this kernel refuses groups of scope 0 and 1",
            "このカーネルがスコープ0又は1のマルチキャスト宛てを拒否するか否か"
        );
        let narrow = self.doubt_at(what, span, v6(Field::Dst, &narrow_groups()));
        built_in(&mut rules, narrow, DROP, span, EARLY);
        self.kernel_set("kernel: IPv6 header checks", rules, span)
    }

    /// Checks of the input routing, for every packet from outside. `reverse` gives the sources that are routed back
    /// over each interface, if that is certain.
    pub fn arrival_checks(
        &mut self,
        settings: &Settings,
        reverse: Option<&BTreeMap<IfId, Ranges>>,
        span: Span,
    ) -> Option<RuleSetId> {
        let mut rules = Vec::new();
        self.martians(settings, &mut rules, span);
        self.ipv6_off(settings, &mut rules, span);
        self.reverse_path(settings, reverse, &mut rules, span);
        self.kernel_set("kernel: input checks", rules, span)
    }

    fn martians(&mut self, settings: &Settings, rules: &mut Vec<Rule>, span: Span) {
        let label = "martian source or destination";
        let v4 = |field, r: &Ranges| address(Family::V4, field, r);
        let bad = Ranges::from_pairs([(0xE000_0000, 0xEFFF_FFFF), (BROADCAST4, BROADCAST4)]);
        built_in(rules, v4(Field::Src, &bad), DROP, span, label);
        self.loopback(settings, rules, span);
        // An unset source may speak to everybody (DHCP), to 0.0.0.0 and, with some exceptions, to multicast groups.
        let groups = Ranges::from_pairs([(0xE000_0000, 0xEFFF_FFFF)]);
        let everybody = Ranges::from_pairs([(0, 0), (BROADCAST4, BROADCAST4)]).union(&groups);
        let unset = v4(Field::Src, &Ranges::one(0));
        let others = Expr::all([unset.clone(), v4(Field::Dst, &everybody).negate()]);
        built_in(rules, others, DROP, span, label);
        let wide = groups.minus(&Ranges::span(0xE000_0000, 0xE000_00FF));
        let igmp = Expr::proto(2);
        let wide = Expr::all([unset.clone(), v4(Field::Dst, &wide), igmp.negate()]);
        built_in(rules, wide, DROP, span, label);
        let nowhere = Expr::all([v4(Field::Dst, &Ranges::one(0)), unset.negate()]);
        built_in(rules, nowhere, DROP, span, label);
        // Linux 5.3 narrowed the check from 0.0.0.0/8 to 0.0.0.0.
        let zero_net = Ranges::span(1, 0x00FF_FFFF);
        let zero_net = Expr::any_of([v4(Field::Src, &zero_net), v4(Field::Dst, &zero_net)]);
        match settings.kernel() {
            Some(version) if version >= (5, 3) => {}
            Some(_) => built_in(rules, zero_net, DROP, span, label),
            None => {
                let what = msg!(
                    "the kernel version (0.0.0.0/8 is refused before 5.3)",
                    "カーネルの版(5.3より前は 0.0.0.0/8 を拒否する)"
                );
                let zero_net = self.doubt_at(what, span, zero_net);
                built_in(rules, zero_net, DROP, span, label);
            }
        }
        let own = self.facts.own(Family::V4).map(|o| o.local.clone()).unwrap_or_default();
        let own = own.minus(&Ranges::from_pairs([LOOPBACK4]));
        let allowed = self.any_interface(settings, "ipv4", "accept_local", span);
        let own = self.unless(allowed, "accept_local", v4(Field::Src, &own));
        built_in(rules, own, DROP, span, "own address as source");
        // Where a lookup of the source takes place (policy rules, a packet that leaves as it came), it is refused.
        let known = self.facts.own(Family::V4).cloned().unwrap_or_default();
        let local = known.broadcast.union(&known.routed).minus(&known.local);
        let what = msg!(
            "a source that the table `local` holds and that is no own address",
            "自アドレスではない `local` 表の送信元"
        );
        let local = self.doubt_at(what, span, v4(Field::Src, &local));
        built_in(rules, local, DROP, span, "broadcast or local route as source");
    }

    /// 127.0.0.0/8 does not come from outside. The limited broadcast is accepted before its source is looked at so.
    fn loopback(&mut self, settings: &Settings, rules: &mut Vec<Rule>, span: Span) {
        let label = "loopback address from outside";
        let v4 = |field, r: &Ranges| address(Family::V4, field, r);
        let range = Ranges::from_pairs([LOOPBACK4]);
        let broadcast = v4(Field::Dst, &Ranges::one(BROADCAST4));
        let from = Expr::all([v4(Field::Src, &range), broadcast.clone().negate()]);
        let allowed = self.any_interface(settings, "ipv4", "route_localnet", span);
        let check = self.unless(allowed, "route_localnet", Expr::any_of([from, v4(Field::Dst, &range)]));
        built_in(rules, check, DROP, span, label);
        let what = msg!("a broadcast from a loopback address", "ループバックを送信元とするブロードキャスト");
        let shout = self.doubt_at(what, span, Expr::all([v4(Field::Src, &range), broadcast]));
        built_in(rules, shout, DROP, span, label);
    }

    /// A check that a setting may switch off: certain unless the setting is on somewhere.
    fn unless(&mut self, on: Option<Span>, key: &str, check: Expr) -> Expr {
        match on {
            Some(span) => self.doubt_at(msg!("whether `{key}` is on", "`{key}` が有効か否か"), span, check),
            None => check,
        }
    }

    /// The place where `key` is not 0, for all or for one interface; `span` without a dump.
    fn any_interface(&mut self, settings: &Settings, family: &str, key: &str, span: Span) -> Option<Span> {
        if !settings.given {
            return Some(span);
        }
        let there = self.device.interfaces.iter().filter(|i| i.kind != InterfaceKind::Unread);
        let names = there.map(|i| i.name.value.as_str());
        let keys: Vec<String> =
            ["all", "default"].into_iter().chain(names).map(|name| conf_key(family, name, key)).collect();
        let shown = |k: &&String| settings.span(k).is_some();
        let on = keys.iter().find(|k| shown(k) && settings.get(k) != Some(0));
        if on.is_none() && !keys.iter().all(|k| shown(&k)) {
            self.device.assumptions.push(msg!(
                "`{key}` is off, as Linux has it by default, where sysctl does not show it",
                "sysctl の出力にない `{key}` は、Linuxの既定値のとおり無効とみなす"
            ));
        }
        on.and_then(|k| settings.span(k))
    }

    /// `disable_ipv6`: the kernel asks the interface's own value only (`ip6_rcv_core`); writing `all` sets that of
    /// every interface there is, and one may be set otherwise afterwards. Where the dump does not show it, what `all`
    /// says is no more than likely.
    fn ipv6_off(&mut self, settings: &Settings, rules: &mut Vec<Rule>, span: Span) {
        let all = "net.ipv6.conf.all.disable_ipv6";
        let interfaces: Vec<(IfId, String)> = self
            .device
            .interfaces()
            .map(|(id, i)| (id, conf_key("ipv6", &i.name.value, "disable_ipv6")))
            .collect();
        for (id, key) in interfaces {
            let here = Expr::all([of_family(Family::V6), Expr::is(Field::Ingress, u128::from(id.0))]);
            let (at, when) = match (settings.span(&key), settings.get(&key)) {
                (Some(_), Some(0)) => continue,
                (Some(at), Some(_)) => (at, here),
                (None, _) if settings.get(all).is_none_or(|v| v == 0) => continue,
                (own, _) => {
                    let at = own.or(settings.span(all)).unwrap_or(span);
                    let what = msg!(
                        "whether IPv6 is off on the interface (`disable_ipv6`)",
                        "インターフェースのIPv6が無効か否か(`disable_ipv6`)"
                    );
                    (at, self.doubt_at(what, at, here))
                }
            };
            built_in(rules, when, DROP, at, "disable_ipv6");
        }
    }

    /// `rp_filter`: the larger of `all` and the interface's value counts. 1 strict, 2 loose.
    fn reverse_path(
        &mut self,
        settings: &Settings,
        reverse: Option<&BTreeMap<IfId, Ranges>>,
        rules: &mut Vec<Rule>,
        span: Span,
    ) {
        let all = settings.conf("ipv4", "all", "rp_filter");
        let broadcast = self.facts.own(Family::V4).map(|o| o.broadcast.clone()).unwrap_or_default();
        let everywhere = reverse.map(|r| r.values().fold(Ranges::empty(), |sum, part| sum.union(part)));
        let addressed = |i: &Interface| i.addresses.iter().any(|a| a.network.is_ipv4());
        let shown = self.facts.own.is_some();
        let names: Vec<(IfId, String, bool)> = self
            .device
            .interfaces()
            .filter(|(_, i)| !matches!(i.kind, InterfaceKind::Loopback | InterfaceKind::Member))
            .map(|(id, i)| (id, i.name.value.clone(), shown && !addressed(i)))
            .collect();
        for (id, name, bare) in names {
            // `default` is what a new interface would get, and says nothing of those that are there.
            let own = settings.conf("ipv4", &name, "rp_filter");
            let mode = all.zip(own).map(|(a, b)| a.max(b)).or(all.filter(|a| *a == 2));
            let mode = mode.filter(|m| (0..=2).contains(m));
            let at = settings.span(&conf_key("ipv4", &name, "rp_filter")).unwrap_or(span);
            let here = Expr::is(Field::Ingress, u128::from(id.0));
            let back = match mode {
                Some(0) => continue,
                // An interface without an address is never loose (`__fib_validate_source`, `no_addr`).
                Some(2) if !bare => everywhere.clone(),
                _ => reverse.map(|r| r.get(&id).cloned().unwrap_or_default()),
            };
            let outside = |back: &Ranges| {
                let refused = back.minus(&broadcast).complement(u128::from(u32::MAX)).minus(&Ranges::one(0));
                Expr::all([address(Family::V4, Field::Src, &refused), here.clone()])
            };
            let when = match (mode, back) {
                (Some(_), Some(back)) => outside(&back),
                (Some(_), None) => {
                    let what = msg!(
                        "the reverse path filter without a complete route table",
                        "経路表が完全でない逆経路の検査"
                    );
                    let any = Expr::all([of_family(Family::V4), here.clone()]);
                    self.doubt_at(what, at, any)
                }
                (None, back) => {
                    let what = msg!(
                        "whether `rp_filter` is on (sysctl does not show it)",
                        "`rp_filter` が有効か否か(sysctl の出力にない)"
                    );
                    let bound =
                        back.map_or(Expr::all([of_family(Family::V4), here.clone()]), |b| outside(&b));
                    self.doubt_at(what, at, bound)
                }
            };
            built_in(rules, when, DROP, at, "reverse path filter (rp_filter)");
        }
    }

    /// Whether packets may pass between interfaces. `forwarded` is a place that shows counted forwarded packets.
    pub fn forwarding(
        &mut self,
        settings: &Settings,
        forwarded: [Option<Span>; 2],
        span: Span,
    ) -> Option<RuleSetId> {
        let mut rules = Vec::new();
        self.forwarding4(settings, forwarded[0], &mut rules, span);
        let key = "net.ipv6.conf.all.forwarding";
        let stopped = self.not_forced(settings);
        self.switch(Family::V6, settings, key, forwarded[1], stopped, &mut rules, span);
        self.link_local(&mut rules, span);
        self.kernel_set("kernel: forwarding", rules, span)
    }

    fn forwarding4(
        &mut self,
        settings: &Settings,
        forwarded: Option<Span>,
        rules: &mut Vec<Rule>,
        span: Span,
    ) {
        let global = "net.ipv4.ip_forward";
        let mut rest = vec![of_family(Family::V4)];
        let named: Vec<(IfId, String)> = self
            .device
            .interfaces()
            .map(|(id, i)| (id, conf_key("ipv4", &i.name.value, "forwarding")))
            .collect();
        for (id, key) in named {
            let Some(at) = settings.span(&key) else { continue };
            let here = Expr::all([of_family(Family::V4), Expr::is(Field::Ingress, u128::from(id.0))]);
            rest.push(Expr::is(Field::Ingress, u128::from(id.0)).negate());
            self.switch(Family::V4, settings, &key, None, here, rules, at);
        }
        let packets = Expr::all(rest);
        // The kernel asks the ingress (`IN_DEV_FORWARD`); writing the global switch sets that of every interface there
        // is, and one may be switched on again. A dump that shows `lo` shows every interface that exists.
        let named = self.device.interfaces().filter(|(_, i)| i.kind != InterfaceKind::Loopback);
        let open = named.filter(|(id, i)| {
            let shown = settings.span(&conf_key("ipv4", &i.name.value, "forwarding")).is_some();
            !shown
                && (Some(*id) != self.facts.other || settings.span("net.ipv4.conf.lo.forwarding").is_none())
        });
        let all_shown = open.count() == 0;
        if settings.get(global) != Some(0) || all_shown {
            self.switch(Family::V4, settings, global, forwarded, packets, rules, span);
            return;
        }
        let at = settings.span(global).unwrap_or(span);
        let what = msg!(
            "whether `conf.IFACE.forwarding` is off too (sysctl does not show it)",
            "`conf.IFACE.forwarding` も無効か否か(sysctl の出力にない)"
        );
        let when = self.doubt_at(what, at, packets);
        built_in(rules, when, DROP, at, global);
    }

    /// The IPv6 packets that need `conf.all.forwarding`: `force_forwarding` (Linux 6.17) of the ingress does without.
    fn not_forced(&mut self, settings: &Settings) -> Expr {
        let value = |name: &str| {
            let key = conf_key("ipv6", name, "force_forwarding");
            settings.span(&key).map(|at| (settings.get(&key), at))
        };
        let all = value("all");
        let set: Vec<(IfId, Option<i64>, Span)> = self
            .device
            .interfaces()
            .filter_map(|(id, i)| value(&i.name.value).or(all).map(|(v, at)| (id, v, at)))
            .filter(|(_, value, _)| *value != Some(0))
            .collect();
        let mut parts = vec![of_family(Family::V6)];
        for (id, value, at) in set {
            let here = Expr::is(Field::Ingress, u128::from(id.0));
            parts.push(match value {
                Some(_) => here.negate(),
                None => {
                    let what = msg!("whether `force_forwarding` is on", "`force_forwarding` が有効かどうか");
                    self.doubt_at(what, at, here).negate()
                }
            });
        }
        Expr::all(parts)
    }

    /// A switch that lets `packets` pass between interfaces.
    #[expect(
        clippy::too_many_arguments,
        reason = "one call per kernel switch, each argument a different fact"
    )]
    fn switch(
        &mut self,
        family: Family,
        settings: &Settings,
        key: &str,
        forwarded: Option<Span>,
        packets: Expr,
        rules: &mut Vec<Rule>,
        span: Span,
    ) {
        let at = settings.span(key).unwrap_or(span);
        match (settings.get(key), forwarded) {
            (Some(0), _) => built_in(rules, packets, DROP, at, &format!("{key} = 0")),
            (Some(_), _) => {}
            (None, Some(_)) => {
                let version = if family == Family::V4 { 4 } else { 6 };
                self.device.assumptions.push(msg!(
                    "IPv{version} forwarding is on: the FORWARD counters are not zero and no sysctl dump was given",
                    "sysctl の出力がなく、FORWARD の計数が0でないため、IPv{version}の転送は有効とみなす"
                ));
            }
            (None, None) => {
                let what = msg!("whether `{key}` is on", "`{key}` が有効か否か");
                let when = self.doubt_at(what, at, packets);
                built_in(rules, when, DROP, at, key);
            }
        }
    }

    /// IPv6 does not carry link-local and unspecified sources from one interface to another.
    fn link_local(&mut self, rules: &mut Vec<Rule>, span: Span) {
        let bad = Ranges::from_pairs([(0, 0), (0xFE80 << 112, (0xFEBF << 112) | ((1 << 112) - 1))]);
        let same = self.device.interfaces().map(|(id, _)| {
            let value = u128::from(id.0);
            Expr::all([Expr::is(Field::Ingress, value), Expr::is(Field::Egress, value)])
        });
        let same = Expr::any_of(same.collect::<Vec<_>>());
        let when = Expr::all([address(Family::V6, Field::Src, &bad), same.negate()]);
        built_in(rules, when, DROP, span, "IPv6 source of link scope");
    }

    /// Settings that break what the analysis takes for granted.
    pub fn odd_settings(&mut self, settings: &Settings) {
        // Both `all` and the interface must allow it.
        let all = "net.ipv4.conf.all.accept_source_route";
        let all = settings.span(all).filter(|_| settings.get(all) != Some(0));
        let mut keys =
            self.device.interfaces.iter().map(|i| conf_key("ipv4", &i.name.value, "accept_source_route"));
        // An interface has it on unless somebody says otherwise (`ipv4_devconf_dflt`).
        let on = keys.find(|k| settings.get(k) != Some(0));
        if let Some(span) = on.and_then(|k| settings.span(&k).or(all)).filter(|_| all.is_some()) {
            let message = msg!("source-routed packets are accepted", "送信元経路制御のパケットを受け入れる");
            self.taint(Code::UnmodelledFeature, span, message, Radius::Routing);
        }
        // The lower one of `all` and the interface counts (`ipv6_srh_rcv`), and both are off unless somebody says otherwise.
        let on = |key: &String| settings.span(key).is_some() && settings.get(key) != Some(0);
        let mut keys = self.device.interfaces.iter().map(|i| conf_key("ipv6", &i.name.value, "seg6_enabled"));
        let all = on(&conf_key("ipv6", "all", "seg6_enabled"));
        if let Some(span) = keys.find(on).and_then(|k| settings.span(&k)).filter(|_| all) {
            let message = msg!(
                "segment-routed packets (SRv6) are accepted",
                "セグメントルーティング(SRv6)のパケットを受け入れる"
            );
            self.taint(Code::UnmodelledFeature, span, message, Radius::Routing);
        }
        for key in ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"] {
            if let Some(span) = settings.span(key).filter(|_| settings.get(key) == Some(1)) {
                let message =
                    msg!("bridged packets pass these rules too", "ブリッジの通信にもこのルールが適用される");
                self.report(Code::Remark, span, message);
            }
        }
    }
}

/// Groups whose scope is reserved (0) or a single interface (1), whatever their flags.
fn narrow_groups() -> Ranges {
    let block = |flags: u128| {
        let first = (0xFF00 | (flags << 4)) << 112;
        (first, first | (1 << 112) | ((1 << 112) - 1))
    };
    Ranges::from_pairs((0..16).map(block))
}
