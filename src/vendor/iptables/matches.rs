//! From the conditions of a rule to a condition of the model.
//!
//! What the header decides is exact. Everything else is a conjunctive narrower: the rule may match where the rest
//! of it matches and never certainly does (NOTES.md, "Matches").

use crate::model::{CauseKind, Expr, Field, IfId, InterfaceKind, PORT_PROTOCOLS, Ranges, State, proto};
use crate::msg;
use crate::source::Msg;

use super::config::{Family, RuleLine, Term};
use super::facts::{Build, DnatRule, Hook, Known, model_family, of_family, perhaps, place};
use super::options::{Direction, Test, Why};
use super::values;

impl Build<'_> {
    /// The condition of a whole rule, without the family.
    pub fn condition(&mut self, hook: Hook, rule: &RuleLine) -> Expr {
        let asks = |t: &Term, test: Test| t.test == test && !t.negated;
        let value = |t: &Term| t.values.first().map_or(String::new(), |w| w.text.clone());
        let only_new = hook.tracked && rule.terms.iter().any(|t| asks(t, Test::State) && value(t) == "NEW");
        let protocols = rule.terms.iter().filter(|t| asks(t, Test::Protocol) || asks(t, Test::ConnProtocol));
        let mut numbers = protocols.filter_map(|t| values::protocol(&value(t)).flatten());
        let with_ports = numbers.any(|n| PORT_PROTOCOLS.contains(&n));
        let hook = Hook { only_new, with_ports, ..hook };
        let mut parts: Vec<Expr> = Vec::new();
        for term in &rule.terms {
            // Each port test names its protocol again: say it once.
            let found = match self.term(hook, rule, term) {
                Expr::All(inner) => inner,
                one => vec![one],
            };
            for part in found {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        Expr::all(parts)
    }

    fn term(&mut self, hook: Hook, rule: &RuleLine, term: &Term) -> Expr {
        let value = term.values.first().map_or("", |w| w.text.as_str());
        let family = hook.family;
        let read = match term.test {
            Test::Nothing | Test::Comment => Some(Expr::Any),
            Test::Source => {
                values::addresses(family, value).map(|r| addresses(family, Field::Src, r, term.negated))
            }
            Test::Destination => {
                values::addresses(family, value).map(|r| addresses(family, Field::Dst, r, term.negated))
            }
            Test::SourceRange => {
                values::address_range(family, value).map(|r| addresses(family, Field::Src, r, term.negated))
            }
            Test::DestinationRange => {
                values::address_range(family, value).map(|r| addresses(family, Field::Dst, r, term.negated))
            }
            Test::InInterface => Some(self.interface_test(Field::Ingress, hook.ingress, value, term)),
            Test::OutInterface => Some(self.interface_test(Field::Egress, hook.egress, value, term)),
            Test::Protocol => values::protocol(value).map(|p| protocol(p, term.negated)),
            Test::SourcePort => values::port_range(value).map(|r| ports(rule, term, &[Field::Sport], r)),
            Test::DestinationPort => values::port_range(value).map(|r| ports(rule, term, &[Field::Dport], r)),
            Test::SourcePorts => values::port_list(value).map(|r| ports(rule, term, &[Field::Sport], r)),
            Test::DestinationPorts => values::port_list(value).map(|r| ports(rule, term, &[Field::Dport], r)),
            Test::EitherPort => {
                values::port_list(value).map(|r| ports(rule, term, &[Field::Sport, Field::Dport], r))
            }
            Test::TcpFlags => {
                let set = term.values.get(1).map_or("", |w| w.text.as_str());
                values::tcp_flags(value, set).map(|r| within(proto::TCP, Field::TcpFlags, r, term.negated))
            }
            Test::Syn => values::tcp_flags("FIN,SYN,RST,ACK", "SYN")
                .map(|r| within(proto::TCP, Field::TcpFlags, r, term.negated)),
            Test::IcmpType => {
                let number = if family == Family::V4 { proto::ICMP } else { proto::ICMPV6 };
                values::icmp_type(family, value).map(|r| within(number, Field::Icmp, r, term.negated))
            }
            Test::State => values::states(value).map(|s| self.states(hook, &s, term)),
            Test::ConnDirection => self.direction(value, term).map(|e| self.beside_state(rule, term, e)),
            Test::SourceType => self.address_type(rule, family, Field::Src, term),
            Test::DestinationType => self.address_type(rule, family, Field::Dst, term),
            Test::ConnStatus => self.status(hook, value, term).map(|e| self.beside_state(rule, term, e)),
            Test::ConnProtocol => values::protocol(value).map(|p| {
                let exact = protocol(p, term.negated);
                self.opening(hook, term, exact)
            }),
            Test::ConnAddress(field, direction) => self.tuple_address(hook, value, field, direction, term),
            Test::ConnPort(field, direction) => self.tuple_port(hook, value, field, direction, term),
            Test::ReversePath => Some(self.reverse_test(family, term)),
            // Packets of the model are whole: later fragments carry no more than the first, and connection tracking joins
            // them before any filter (src `nf_defrag_ipv4.c`).
            Test::Fragment if term.negated => Some(Expr::Any),
            Test::Fragment if refuses(rule) => Some(Expr::None),
            Test::Mark | Test::LimitInterface | Test::Fragment => Some(self.doubt(term, Why::World)),
            Test::Opaque(why) => Some(self.doubt(term, why)),
            Test::Unknown => Some(self.unread(term, msg!("an unknown match", "未知の条件"))),
        };
        if read.is_none() && !term.negated && matches!(term.test, Test::Source | Test::Destination) {
            let field = if term.test == Test::Source { Field::Src } else { Field::Dst };
            if let Some(around) = values::covering(family, value) {
                let what = msg!("a mask with too many holes", "不連続なビットが多すぎるマスク");
                let cause = self.ignorance(what, term.span);
                return perhaps(cause, addresses(family, field, around, false));
            }
        }
        read.unwrap_or_else(|| self.unread(term, msg!("a value that could not be read", "解釈できない値")))
    }

    fn unread(&mut self, term: &Term, what: Msg) -> Expr {
        let cause = self.ignorance(what, term.span);
        perhaps(cause, Expr::Any)
    }

    /// A condition that the header does not decide.
    fn doubt(&mut self, term: &Term, why: Why) -> Expr {
        let module = if term.module.is_empty() { "-f" } else { term.module.as_str() };
        let (kind, what) = explain(why, module);
        if !matches!(why, Why::Clock | Why::Sender) {
            return perhaps(self.cause(format!("at {}", place(term.span)), kind, what, term.span), Expr::Any);
        }
        // The same clock and the same header byte are one fact wherever they are asked, also where the opposite is.
        let words: Vec<&str> = term.values.iter().map(|w| w.text.as_str()).collect();
        let one = |words: &[&str]| words.iter().filter(|w| w.starts_with("--")).count() == 1;
        let (negated, words) = match words.split_first() {
            Some((&"!", rest)) if one(rest) => (true, rest),
            _ => (false, words.as_slice()),
        };
        let key = format!("{module} {} {}", term.negated, words.join(" "));
        let fact = perhaps(self.cause(key, kind, what, term.span), Expr::Any);
        if negated { fact.negate() } else { fact }
    }

    fn interface_test(&mut self, field: Field, known: Known, name: &str, term: &Term) -> Expr {
        let Some(prefix) = name.strip_suffix('+') else {
            let Some(id) = self.interface(name) else { return Expr::None };
            let here = Expr::is(field, u128::from(id.0));
            return self.where_known(known, here, term);
        };
        if prefix.is_empty() {
            return truth(!term.negated);
        }
        let named = self
            .device
            .interfaces()
            .filter(|(id, i)| i.name.value.starts_with(prefix) && Some(*id) != self.facts.other);
        let ids = Ranges::from_pairs(named.map(|(id, _)| (u128::from(id.0), u128::from(id.0))));
        let mut parts = vec![if ids.is_empty() { Expr::None } else { Expr::In(field, ids) }];
        if let Some(other) = self.facts.other {
            let other = Expr::is(field, u128::from(other.0));
            let what = msg!("interfaces that no file names", "ファイルに現れないインターフェース");
            let cause = self.ignorance(what, term.span);
            parts.push(perhaps(cause, other));
        }
        self.where_known(known, Expr::any_of(parts), term)
    }

    /// An interface test at a hook that may not know the interface.
    fn where_known(&mut self, known: Known, here: Expr, term: &Term) -> Expr {
        let positive = match known {
            Known::Yes => here,
            Known::Empty => Expr::None,
            Known::Depends => {
                let what = msg!(
                    "whether the ingress interface is known here depends on the kernel",
                    "ここで入力インターフェースが判明しているか否かはカーネルの版による"
                );
                let cause = self.ignorance(what, term.span);
                perhaps(cause, here)
            }
        };
        if term.negated { positive.negate() } else { positive }
    }

    fn states(&mut self, hook: Hook, wanted: &values::States, term: &Term) -> Expr {
        if !hook.tracked {
            // Before connection tracking a packet counts as INVALID, and as UNTRACKED once a rule of this table said so
            // (xt_conntrack.c, no `ct`; run).
            let invalid = wanted.states.contains(State::Invalid.value());
            if invalid == wanted.states.contains(State::Untracked.value()) {
                return truth(invalid != term.negated);
            }
            let what = msg!(
                "whether a rule before took the packet out of tracking",
                "先行するルールにより追跡対象外となったか否か"
            );
            return perhaps(self.ignorance(what, term.span), Expr::Any);
        }
        let mut parts = vec![if wanted.states.is_empty() {
            Expr::None
        } else {
            Expr::In(Field::State, wanted.states.clone())
        }];
        if wanted.dnat {
            parts.push(self.translated(hook, term));
        }
        // Source translation comes last: no opening packet shows it to a rule. Later packets may be of a session that
        // either translation changed, replies too.
        if wanted.snat || wanted.dnat && self.facts.translated(hook.family).is_some() {
            parts.push(self.later(term));
        }
        let positive = Expr::any_of(parts);
        if term.negated { positive.negate() } else { positive }
    }

    /// The destination was translated before this hook: at most what some DNAT rule may have made.
    fn translated(&mut self, hook: Hook, term: &Term) -> Expr {
        if !hook.after_dnat {
            return Expr::None;
        }
        if !self.facts.marked(hook.family) {
            return self.translated_by(hook.family, |_| true);
        }
        let Some(bound) = self.facts.translated(hook.family).cloned() else { return Expr::None };
        let what = msg!("whether the destination was translated before", "宛先が変換済みか否か");
        let cause = self.ignorance(what, term.span);
        perhaps(cause, bound)
    }

    /// A condition on the connection: exact for a packet that opens one, unknown for every other.
    fn opening(&mut self, hook: Hook, term: &Term, exact: Expr) -> Expr {
        if hook.only_new {
            return exact;
        }
        let new = Expr::is(Field::State, State::New.value());
        let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
        if !hook.tracked {
            return perhaps(cause, Expr::Any);
        }
        Expr::any_of([Expr::all([new.clone(), exact]), perhaps(cause, new.negate())])
    }

    /// The packet was translated by one of the rules that `wanted` picks.
    fn translated_by(&self, family: Family, wanted: impl Fn(&DnatRule) -> bool) -> Expr {
        let rules = self.facts.dnat_rules.values().filter(|r| r.family == family && wanted(r));
        let marks = Ranges::from_pairs(rules.map(|r| (u128::from(r.mark), u128::from(r.mark))));
        if marks.is_empty() { Expr::None } else { Expr::In(Field::Mark, marks) }
    }

    /// The destination before translation lies in `wanted`: what the packet says where no rule translated it, what the
    /// rule says where one did.
    fn original(
        &mut self,
        hook: Hook,
        (wanted, exact): (&Ranges, Expr),
        of: fn(&DnatRule) -> Option<&Ranges>,
        term: &Term,
    ) -> Expr {
        let inside = self.translated_by(hook.family, |r| of(r).is_some_and(|d| d.is_subset(wanted)));
        let either = self
            .translated_by(hook.family, |r| of(r).is_none_or(|d| d.overlaps(wanted) && !d.is_subset(wanted)));
        let any = self.translated_by(hook.family, |_| true);
        let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
        Expr::any_of([Expr::all([any.negate(), exact]), inside, perhaps(cause, either)])
    }

    fn tuple_address(
        &mut self,
        hook: Hook,
        value: &str,
        field: Field,
        direction: Direction,
        term: &Term,
    ) -> Option<Expr> {
        let ranges = values::addresses(hook.family, value)?;
        let max = model_family(hook.family).max_address();
        let wanted = if term.negated { ranges.complement(max) } else { ranges };
        let exact = addresses(hook.family, field, wanted.clone(), false);
        let translated = field == Field::Dst && direction == Direction::Original;
        Some(self.before_dnat(hook, translated, (&wanted, exact), |r| r.destinations.as_ref(), term))
    }

    fn tuple_port(
        &mut self,
        hook: Hook,
        value: &str,
        field: Field,
        direction: Direction,
        term: &Term,
    ) -> Option<Expr> {
        let ranges = values::port_range(value)?;
        let ranges = if term.negated { ranges.complement(0xFFFF) } else { ranges };
        let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
        // Other protocols keep identifiers or types in the same place.
        let numbers = Ranges::from_pairs(PORT_PROTOCOLS.map(|p| (u128::from(p), u128::from(p))));
        let others = Expr::In(Field::Proto, numbers).negate();
        let others = if hook.with_ports { Expr::None } else { perhaps(cause, others) };
        let exact = Expr::any_of([Expr::ports(&PORT_PROTOCOLS, field, ranges.clone()), others]);
        let translated = field == Field::Dport && direction == Direction::Original;
        Some(self.before_dnat(hook, translated, (&ranges, exact), |r| r.ports.as_ref(), term))
    }

    /// `exact` speaks of the destination before translation: certain only where none may have happened.
    fn before_dnat(
        &mut self,
        hook: Hook,
        original_destination: bool,
        (wanted, exact): (&Ranges, Expr),
        of: fn(&DnatRule) -> Option<&Ranges>,
        term: &Term,
    ) -> Expr {
        let translated =
            self.facts.translated(hook.family).filter(|_| original_destination && hook.after_dnat);
        let exact = match translated.cloned() {
            None => exact,
            Some(_) if !self.facts.marked(hook.family) => self.original(hook, (wanted, exact), of, term),
            Some(bound) => {
                let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
                Expr::any_of([Expr::all([bound.clone().negate(), exact]), perhaps(cause, bound)])
            }
        };
        self.opening(hook, term, exact)
    }

    /// `-m rpfilter [--loose] [--invert]` (net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c).
    fn reverse_test(&mut self, family: Family, term: &Term) -> Expr {
        let has = |option: &str| term.values.iter().any(|w| w.text == option);
        let known = ["--loose", "--invert", "--validmark", "--accept-local"];
        let readable = term.values.iter().all(|w| known.contains(&w.text.as_str()));
        let Some(reverse) = self.facts.reverse(family).filter(|_| readable).cloned() else {
            return self.doubt(term, Why::World);
        };
        let all = reverse.values().fold(Ranges::empty(), |sum, part| sum.union(part));
        let own = self.facts.own(family).cloned().unwrap_or_default();
        // Other addresses that the box takes for its own do not count as routed back: anycast of IPv6 (RTF_ANYCAST),
        // anything but unicast of IPv4. With `--accept-local` the kind decides, which is not kept.
        let shared = own.routed.union(&own.perhaps).minus(&own.local).minus(&own.broadcast);
        let (never, open) = match has("--accept-local") {
            false => (own.broadcast.union(&own.local).union(&own.routed), shared.minus(&own.routed)),
            true => (own.broadcast.clone(), shared),
        };
        let mut parts = Vec::new();
        let interfaces: Vec<(IfId, bool)> =
            self.device.interfaces().map(|(id, i)| (id, i.kind == InterfaceKind::Loopback)).collect();
        for (id, loopback) in interfaces {
            let here = Expr::is(Field::Ingress, u128::from(id.0));
            if loopback {
                parts.push(here);
                continue;
            }
            let back = if has("--loose") { Some(&all) } else { reverse.get(&id) };
            let Some(back) = back.map(|b| b.minus(&never)) else { continue };
            let from =
                |sources: Ranges| Expr::all([of_family(family), here.clone(), Expr::In(Field::Src, sources)]);
            let sure = back.minus(&open);
            let doubtful = back.minus(&sure);
            if !sure.is_empty() {
                parts.push(from(sure));
            }
            if !doubtful.is_empty() {
                let cause = self.ignorance(explain(Why::World, "rpfilter").1, term.span);
                parts.push(perhaps(cause, from(doubtful)));
            }
        }
        // The unspecified source passes; for IPv4 only on its way to everybody.
        let unset = Expr::all([of_family(family), Expr::is(Field::Src, 0)]);
        let everybody = Ranges::from_pairs([(0xE000_0000, 0xE000_00FF), (0xFFFF_FFFF, 0xFFFF_FFFF)]);
        parts.push(match family {
            Family::V4 => Expr::all([unset, Expr::In(Field::Dst, everybody)]),
            Family::V6 => unset,
        });
        let positive = Expr::any_of(parts);
        if has("--invert") { positive.negate() } else { positive }
    }

    fn status(&mut self, hook: Hook, value: &str, term: &Term) -> Option<Expr> {
        let positive = match value {
            "DNAT" if self.facts.translated(hook.family).is_none() => Expr::None,
            "DNAT" => Expr::any_of([self.translated(hook, term), self.later(term)]),
            // None of these is set on a packet that opens a session; for others nobody knows.
            "SNAT" | "ASSURED" | "SEEN_REPLY" | "CONFIRMED" => self.later(term),
            _ => return Some(self.doubt(term, Why::World)),
        };
        if !term.negated {
            return Some(positive);
        }
        // Packets without a connection match neither way (xt_conntrack.c: `ct == NULL`).
        let tracked = Ranges::span(State::New.value(), State::Related.value());
        Some(Expr::all([Expr::In(Field::State, tracked), positive.negate()]))
    }

    /// Packets without a connection pass every other test of a match that asks for the state (xt_conntrack.c:
    /// `if (ct == NULL) return info->match_flags & XT_CONNTRACK_STATE`). Which tests share one `-m` is not kept.
    fn beside_state(&mut self, rule: &RuleLine, term: &Term, positive: Expr) -> Expr {
        let asked = rule.terms.iter().any(|t| t.test == Test::State && t.module == "conntrack");
        if !asked {
            return positive;
        }
        let untracked =
            Ranges::from_pairs([State::Invalid, State::Untracked].map(|s| (s.value(), s.value())));
        let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
        Expr::any_of([positive, perhaps(cause, Expr::In(Field::State, untracked))])
    }

    /// Perhaps, for packets that do not open a session.
    fn later(&mut self, term: &Term) -> Expr {
        let later = Ranges::span(State::Established.value(), State::Related.value());
        let cause = self.ignorance(explain(Why::World, "conntrack").1, term.span);
        perhaps(cause, Expr::In(Field::State, later))
    }

    fn direction(&mut self, value: &str, term: &Term) -> Option<Expr> {
        let original = match value {
            "ORIGINAL" => !term.negated,
            "REPLY" => term.negated,
            _ => return None,
        };
        let later = self.later(term);
        let first = if original { Expr::is(Field::State, State::New.value()) } else { Expr::None };
        Some(Expr::any_of([first, later]))
    }

    /// `--src-type`, `--dst-type` (net/netfilter/xt_addrtype.c, net/ipv4/fib_frontend.c `inet_addr_type`).
    fn address_type(&mut self, rule: &RuleLine, family: Family, field: Field, term: &Term) -> Option<Expr> {
        let value = term.values.first().map_or("", |w| w.text.as_str());
        // An address that is local to another interface counts as unicast: only a plain LOCAL stays a subset.
        let limited = rule.terms.iter().any(|t| t.test == Test::LimitInterface);
        if limited && (term.negated || value != "LOCAL") {
            return Some(self.doubt(term, Why::World));
        }
        let mut parts = Vec::new();
        for word in value.split(',') {
            parts.push(self.one_type(family, field, word, term)?);
        }
        // For IPv6 a list is not a plain disjunction (xt_addrtype.c, `addrtype_mt6`).
        if family == Family::V6 && parts.len() > 1 {
            return Some(self.doubt(term, Why::World));
        }
        let positive = Expr::any_of(parts);
        Some(if term.negated { positive.negate() } else { positive })
    }

    fn one_type(&mut self, family: Family, field: Field, word: &str, term: &Term) -> Option<Expr> {
        let within = |ranges: Ranges| if ranges.is_empty() { Expr::None } else { Expr::In(field, ranges) };
        let multicast = multicast(family);
        let own = self.facts.own(family).cloned().map(|mut own| {
            if family == Family::V4 {
                own.broadcast = own.broadcast.union(&everybody());
                own.perhaps = own.perhaps.union(&Ranges::span(1, 0x00FF_FFFF)).minus(&own.local);
            }
            own
        });
        Some(match (word, own) {
            ("MULTICAST", _) => within(multicast),
            ("LOCAL", Some(own)) => {
                // Further `local` routes count too; those that are broadcasts do not.
                let open = own.routed.minus(&own.local).minus(&own.broadcast).minus(&multicast);
                let cause = self.ignorance(explain(Why::World, "addrtype").1, term.span);
                Expr::any_of([within(own.local), perhaps(cause, within(open))])
            }
            ("BROADCAST", Some(own)) if family == Family::V4 => {
                let open = own.perhaps.union(&own.routed).minus(&own.local).minus(&own.broadcast);
                let surely = within(own.broadcast);
                let cause = self.ignorance(explain(Why::World, "addrtype").1, term.span);
                Expr::any_of([surely, perhaps(cause, within(open))])
            }
            ("UNICAST", Some(own)) if family == Family::V4 => {
                let not = own.local.union(&own.broadcast).union(&own.routed).union(&multicast);
                let cause = self.ignorance(explain(Why::World, "addrtype").1, term.span);
                let surely = within(not.union(&own.perhaps).complement(values::max_address(family)));
                let open = own.perhaps.union(&own.routed).minus(&own.local).minus(&own.broadcast);
                Expr::any_of([surely, perhaps(cause, within(open))])
            }
            ("UNICAST", _) if family == Family::V6 => {
                let mut not = multicast;
                // `::` and IPv4-mapped addresses are no unicast (`__ipv6_addr_type`).
                not = not.union(&Ranges::from_pairs([(0, 0), (0xFFFF_0000_0000, 0xFFFF_FFFF_FFFF)]));
                within(not.complement(values::max_address(family)))
            }
            ("LOCAL" | "BROADCAST" | "UNICAST", _) => {
                let cause = self.ignorance(explain(Why::World, "addrtype").1, term.span);
                perhaps(cause, within(multicast.complement(values::max_address(family))))
            }
            (
                "UNSPEC" | "ANYCAST" | "BLACKHOLE" | "UNREACHABLE" | "PROHIBIT" | "THROW" | "NAT"
                | "XRESOLVE",
                _,
            ) => self.doubt(term, Why::World),
            _ => return None,
        })
    }
}

/// 0.0.0.0 and 255.255.255.255 count as broadcasts (`__inet_dev_addr_type`; all of 0.0.0.0/8 before Linux 5.3).
fn everybody() -> Ranges {
    Ranges::from_pairs([(0, 0), (0xFFFF_FFFF, 0xFFFF_FFFF)])
}

/// Multicast addresses of a family.
pub fn multicast(family: Family) -> Ranges {
    match family {
        Family::V4 => Ranges::span(0xE000_0000, 0xEFFF_FFFF),
        Family::V6 => Ranges::span(0xFF << 120, u128::MAX),
    }
}

fn truth(value: bool) -> Expr {
    if value { Expr::Any } else { Expr::None }
}

fn addresses(family: Family, field: Field, ranges: Ranges, negated: bool) -> Expr {
    let max = model_family(family).max_address();
    let ranges = if negated { ranges.complement(max) } else { ranges };
    if ranges.is_empty() {
        Expr::None
    } else if ranges == Ranges::full(max) {
        Expr::Any
    } else {
        Expr::all([of_family(family), Expr::In(field, ranges)])
    }
}

fn protocol(number: Option<u8>, negated: bool) -> Expr {
    let positive = number.map_or(Expr::Any, Expr::proto);
    if negated { positive.negate() } else { positive }
}

/// A test of a field that only `number` has: false for every other protocol, negated or not.
fn within(number: u8, field: Field, ranges: Ranges, negated: bool) -> Expr {
    let ranges = if negated { ranges.complement(field.max_value()) } else { ranges };
    if ranges.is_empty() {
        return Expr::None;
    }
    let test = if ranges == Ranges::full(field.max_value()) { Expr::Any } else { Expr::In(field, ranges) };
    Expr::all([Expr::proto(number), test])
}

fn ports(rule: &RuleLine, term: &Term, fields: &[Field], ranges: Ranges) -> Expr {
    let protocols = protocols(rule, term);
    if term.negated {
        let outside = ranges.complement(0xFFFF);
        return Expr::all(fields.iter().map(|f| Expr::ports(&protocols, *f, outside.clone())));
    }
    Expr::any_of(fields.iter().map(|f| Expr::ports(&protocols, *f, ranges.clone())))
}

/// The protocols that a port test can see.
fn protocols(rule: &RuleLine, term: &Term) -> Vec<u8> {
    let module = match term.module.as_str() {
        "tcp" => Some(proto::TCP),
        "udp" => Some(proto::UDP),
        "sctp" => Some(proto::SCTP),
        "dccp" => Some(proto::DCCP),
        "udplite" => Some(proto::UDPLITE),
        _ => None,
    };
    let header = rule.terms.iter().find(|t| t.test == Test::Protocol && !t.negated);
    let header = header.and_then(|t| t.values.first()).and_then(|w| values::protocol(&w.text)).flatten();
    match module.or(header) {
        Some(number) => vec![number],
        None => PORT_PROTOCOLS.to_vec(),
    }
}

/// Whether a doubt is a choice of the world or our ignorance, in words.
pub fn explain(why: Why, module: &str) -> (CauseKind, Msg) {
    let m = module;
    match why {
        Why::Rate => {
            (CauseKind::Condition, msg!("the rate or counter of `{m}`", "`{m}` の流量又は回数の条件"))
        }
        Why::History => (CauseKind::Condition, msg!("what `{m}` saw before", "`{m}` が以前に見た通信")),
        Why::Clock => (CauseKind::Condition, msg!("the time of day (`{m}`)", "時刻の条件(`{m}`)")),
        Why::Chance => (CauseKind::Condition, msg!("chance (`{m}`)", "確率の条件(`{m}`)")),
        Why::Sender => (
            CauseKind::Condition,
            msg!("a header byte of the sender's choice (`{m}`)", "送信者が選ぶヘッダの値(`{m}`)"),
        ),
        Why::World => (
            CauseKind::Unknown,
            msg!("`{m}` tests what the export does not show", "`{m}` は設定の出力にない情報を条件とする"),
        ),
    }
}

fn refuses(rule: &RuleLine) -> bool {
    rule.stray.is_empty()
        && rule.jump.as_ref().is_some_and(|j| matches!(j.target.value.as_str(), "DROP" | "REJECT"))
}
