//! Connection states of packets that belong to no session.
//!
//! Sources: Linux `net/netfilter/nf_conntrack_proto_tcp.c` (`tcp_valid_flags`, row `sNO` of `tcp_conntracks`),
//! `nf_conntrack_proto_icmp.c` (`valid_new`), `nf_conntrack_proto_icmpv6.c` (`valid_new`, `noct_valid_new`),
//! `nf_conntrack_proto_sctp.c` (`sctp_new`), `xt_CT.c` (`NOTRACK`).

use std::collections::BTreeMap;

use crate::model::{Expr, Family as ModelFamily, Field, Opens, Ranges, State, StateRule, proto};
use crate::msg;
use crate::source::LineState;

use super::config::{Chain, Family, Jump, RuleLine, Table};
use super::facts::{Build, Hook, of_family, perhaps};
use super::sets::reachable;
use super::targets::{Effect, target};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;
const URG: u8 = 32;

/// The built-in state rules. `loose` is `nf_conntrack_tcp_loose`: a lone ACK opens a connection.
pub fn kernel(loose: Option<bool>) -> Vec<StateRule> {
    let mut out = Vec::new();
    tcp(&mut out, loose);
    icmp(&mut out);
    // An SCTP INIT and a DCCP REQUEST open; other chunks do not. The model has no chunk types.
    // UDP-Lite: Linux 6.18 finds well-formed packets invalid.
    for number in [proto::SCTP, proto::DCCP, proto::UDPLITE] {
        push(&mut out, Expr::proto(number), &[State::New, State::Invalid]);
    }
    out
}

fn push(out: &mut Vec<StateRule>, when: Expr, states: &[State]) {
    let states = Ranges::from_pairs(states.iter().map(|s| (s.value(), s.value())));
    out.push(StateRule { when, states });
}

fn tcp(out: &mut Vec<StateRule>, loose: Option<bool>) {
    let flags = |wanted: fn(u8) -> bool| {
        Ranges::from_pairs((0u8..64).filter(|f| wanted(f & !PSH)).map(|f| (u128::from(f), u128::from(f))))
    };
    let tcp = |r: Ranges| Expr::all([Expr::proto(proto::TCP), Expr::In(Field::TcpFlags, r)]);
    let opens = flags(|f| f & !URG == SYN);
    let picks_up = flags(|f| f & !URG == ACK);
    let rest = opens.union(&picks_up).complement(Field::TcpFlags.max_value());
    debug_assert!(rest.contains(u128::from(FIN)) && rest.contains(u128::from(RST | ACK)));
    push(out, tcp(opens), &[State::New]);
    match loose {
        Some(true) => push(out, tcp(picks_up), &[State::New]),
        Some(false) => push(out, tcp(picks_up), &[State::Invalid]),
        None => push(out, tcp(picks_up), &[State::New, State::Invalid]),
    }
    push(out, tcp(rest), &[State::Invalid]);
}

fn icmp(out: &mut Vec<StateRule>) {
    let types = |number: u8, types: &[u8]| {
        let values = types.iter().map(|t| (u128::from(*t) << 8, (u128::from(*t) << 8) | 0xFF));
        Expr::all([Expr::proto(number), Expr::In(Field::Icmp, Ranges::from_pairs(values))])
    };
    // ICMP of the other family: invalid, or tracked like any unknown protocol by older kernels.
    for (number, family) in [(proto::ICMP, ModelFamily::V6), (proto::ICMPV6, ModelFamily::V4)] {
        let foreign = Expr::all([Expr::proto(number), Expr::family(family)]);
        push(out, foreign, &[State::New, State::Invalid]);
    }
    push(out, types(proto::ICMP, &[8, 13, 15, 17]), &[State::New]);
    push(out, Expr::proto(proto::ICMP), &[State::Invalid]);
    push(out, types(proto::ICMPV6, &[128, 139]), &[State::New]);
    push(out, types(proto::ICMPV6, &[133, 134, 135, 136]), &[State::Untracked]);
    // Multicast listener and router discovery became untracked in later kernels.
    push(out, types(proto::ICMPV6, &[130, 131, 132, 143, 151, 152]), &[State::Untracked, State::Invalid]);
    push(out, Expr::proto(proto::ICMPV6), &[State::Invalid]);
}

/// Helpers that the kernel attaches by itself: protocol, port, between whom they open connections. FTP refuses other
/// ends unless its module is loaded with `loose`; IRC, H.323, SIP, Amanda and NetBIOS name them in their messages.
pub const HELPERS: [(u8, u16, Opens); 14] = [
    (proto::TCP, 21, Opens::SameEnds),
    (proto::UDP, 69, Opens::SameEnds),
    (proto::TCP, 1723, Opens::SameEnds),
    (proto::TCP, 6566, Opens::SameEnds),
    (proto::UDP, 161, Opens::SameEnds),
    (proto::TCP, 6667, Opens::AnyEnds),
    (proto::UDP, 137, Opens::AnyEnds),
    (proto::UDP, 10_080, Opens::AnyEnds),
    (proto::TCP, 10_080, Opens::AnyEnds),
    (proto::TCP, 1720, Opens::AnyEnds),
    (proto::UDP, 1719, Opens::AnyEnds),
    (proto::TCP, 5060, Opens::AnyEnds),
    (proto::UDP, 5060, Opens::AnyEnds),
    (proto::TCP, 5061, Opens::AnyEnds),
];

/// Packets that a chain takes out of connection tracking, and packets that never leave it.
#[derive(Default, Clone)]
struct Summary {
    untracked: Vec<Expr>,
    ended: Vec<Expr>,
}

/// Most nodes of the conditions that untracked traffic may take; beyond it nothing is known of any state.
const NODES: usize = 50_000;

impl Build<'_> {
    /// State rules of the untracked packets of a raw table at `entry`; to be put before [`kernel`]'s.
    pub fn untracked(&mut self, family: Family, table: &Table, entry: &str) -> Vec<StateRule> {
        let start = table.chains.iter().position(|c| c.name.value == entry);
        let Some(order) = start.and_then(|s| reachable(table, s).ok()) else { return Vec::new() };
        let hook = Hook::of(family, &table.name.value, entry);
        let mut known: BTreeMap<&str, Summary> = BTreeMap::new();
        let mut budget = NODES;
        // Callees first: their summaries are part of their callers'.
        for chain in order.iter().rev().filter_map(|i| table.chains.get(*i)) {
            let Some(summary) = self.summary(hook, chain, &known, &mut budget) else {
                return vec![StateRule {
                    when: of_family(family),
                    states: Ranges::full(State::Untracked.value()),
                }];
            };
            known.insert(chain.name.value.as_str(), summary);
        }
        let untracked = known.remove(entry).unwrap_or_default().untracked;
        let mut states = Ranges::one(State::Untracked.value());
        if entry == "OUTPUT" {
            // The list of states does not tell own packets from forwarded ones.
            states =
                states.union(&Ranges::one(State::New.value())).union(&Ranges::one(State::Invalid.value()));
        }
        let rule = |when| StateRule { when: Expr::all([of_family(family), when]), states: states.clone() };
        untracked.into_iter().map(rule).collect()
    }

    fn summary(
        &mut self,
        hook: Hook,
        chain: &Chain,
        known: &BTreeMap<&str, Summary>,
        budget: &mut usize,
    ) -> Option<Summary> {
        let mut out = Summary::default();
        let mut reach = Expr::Any;
        for rule in &chain.rules {
            let when = if rule.stray.is_empty() {
                self.condition(hook, rule)
            } else {
                let what = msg!("a word that could not be read", "解釈できない語");
                perhaps(self.ignorance(what, rule.span), Expr::Any)
            };
            let here = Expr::all([reach.clone(), when.clone()]);
            *budget = budget.checked_sub(size(&here))?;
            let Some(jump) = rule.jump.as_ref().filter(|_| rule.stray.is_empty()) else {
                if !rule.stray.is_empty() {
                    out.untracked.push(here);
                }
                continue;
            };
            let leaves = |reach: Expr, what: Expr| Expr::all([reach, what.negate()]);
            if let Some(callee) = known.get(jump.target.value.as_str()) {
                out.untracked.extend(callee.untracked.iter().map(|u| Expr::all([here.clone(), u.clone()])));
                let ended = Expr::any_of(callee.ended.iter().cloned());
                if ended != Expr::None {
                    out.ended.push(Expr::all([here, ended.clone()]));
                    reach = leaves(reach, Expr::all([when.clone(), ended]));
                }
                if jump.goto {
                    reach = leaves(reach, when);
                }
                continue;
            }
            match target(&jump.target.value).map(|t| t.effect) {
                Some(Effect::Untrack) => out.untracked.push(here),
                Some(Effect::Tracking) if jump.options.iter().any(|o| o.name == "--notrack") => {
                    out.untracked.push(here);
                }
                Some(Effect::Accept | Effect::Drop | Effect::Reject) => {
                    out.ended.push(here);
                    reach = leaves(reach, when);
                }
                Some(Effect::Return) => reach = leaves(reach, when),
                Some(Effect::Anything) | None => {
                    let cause = self.ignorance(
                        msg!("a target that is not understood", "解釈できないターゲット"),
                        rule.span,
                    );
                    out.untracked.push(perhaps(cause, here));
                }
                Some(_) => {}
            }
        }
        Some(out)
    }

    /// Line state of a rule that concerns connection tracking only.
    pub fn tracking(&mut self, rule: &RuleLine, jump: &Jump, effect: Effect, state: LineState) {
        let untracks = effect == Effect::Untrack || jump.options.iter().any(|o| o.name == "--notrack");
        let helper = jump.options.iter().any(|o| o.name == "--helper");
        let state = match (untracks, helper) {
            (true, _) => state,
            (false, true) => LineState::Partial,
            (false, false) => LineState::Inert,
        };
        self.claim(rule.span, state);
    }
}

/// A packet of no session may have any state that such packets can have.
pub fn any_state(family: Family) -> StateRule {
    let possible = [State::New, State::Invalid, State::Untracked].map(|s| (s.value(), s.value()));
    StateRule { when: of_family(family), states: Ranges::from_pairs(possible) }
}

/// Number of nodes of a condition.
pub fn size(expr: &Expr) -> usize {
    let mut todo = vec![expr];
    let mut count = 0;
    while let Some(next) = todo.pop() {
        count += 1;
        match next {
            Expr::All(parts) | Expr::Or(parts) => todo.extend(parts),
            Expr::Not(inner) => todo.push(inner),
            Expr::Unknown { bound, .. } => todo.push(bound),
            Expr::Any | Expr::None | Expr::In(..) => {}
        }
    }
    count
}
