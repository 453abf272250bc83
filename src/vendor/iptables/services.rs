//! Services of the box itself. What listens is not in the files: what counts is that the filter lets somebody in.
//!
//! A box that lets in more than administration and monitoring may run a proxy or a forwarder, which carries data between
//! its own sessions without a word in any table. The chains are walked as the kernel does (src `ipt_do_table`): whatever
//! is not surely refused, or surely no session of data, is let in.

use std::collections::BTreeMap;

use crate::model::{PORT_PROTOCOLS, Ranges, State, proto};
use crate::source::Span;

use super::about::administration;
use super::config::{Chain, Dump, Family, Policy, RuleLine, Table};
use super::convert::Read;
use super::options::Test;
use super::sysctl::conf_key;
use super::targets::{Effect, target};
use super::values;

/// Answers of agents that are asked for the state of the box (SNMP, Zabbix, NRPE), and to its own DHCP requests.
const MONITORED: [(u8, u16); 5] =
    [(proto::UDP, 161), (proto::TCP, 10_050), (proto::TCP, 5_666), (proto::UDP, 68), (proto::UDP, 546)];

/// The place that first lets packets in to a service that is neither administration nor monitoring. `whole` stands for
/// rules that were not exported; `interfaces` are those of the box.
pub fn let_in<'n>(read: &Read, interfaces: impl Iterator<Item = &'n str>, whole: Span) -> Option<Span> {
    let missing = |family| !read.dumps.iter().any(|d| d.family == family);
    if missing(Family::V4) || missing(Family::V6) && !without_ipv6(read, interfaces) {
        return Some(whole);
    }
    read.dumps.iter().find_map(|dump| {
        let mut filters = dump.tables.iter().filter(|t| t.name.value == "filter").peekable();
        // Without a table of its own the hook lets everything through.
        filters.peek().map_or(Some(dump.span), |_| None).or_else(|| filters.find_map(|t| of_table(dump, t)))
    })
}

/// Whether no interface takes IPv6 packets in.
fn without_ipv6<'n>(read: &Read, mut interfaces: impl Iterator<Item = &'n str>) -> bool {
    let value = |name: &str| read.settings.get(&conf_key("ipv6", name, "disable_ipv6"));
    let all = value("all");
    interfaces.all(|name| name == "lo" || value(name).or(all).is_some_and(|v| v != 0))
}

fn of_table(dump: &Dump, table: &Table) -> Option<Span> {
    let Some(chain) = table.chains.iter().find(|c| c.name.value == "INPUT") else {
        return Some(table.name.span);
    };
    let mut walk = Walk { table, untracked: untracks(dump), known: BTreeMap::new() };
    let ways = walk.chain(chain, 0);
    let policy = ways.falls.filter(|_| chain.policy != Policy::Drop);
    ways.accepts.or(policy)
}

/// Whether anything may be taken out of connection tracking.
fn untracks(dump: &Dump) -> bool {
    let raw = || dump.tables.iter().filter(|t| t.name.value == "raw").flat_map(|t| &t.chains);
    let may = |rule: &RuleLine| {
        let Some(jump) = &rule.jump else { return !rule.stray.is_empty() };
        let called = raw().any(|c| c.name.value == jump.target.value);
        let effect = target(&jump.target.value).map(|t| t.effect);
        !rule.stray.is_empty()
            || !called && matches!(effect, None | Some(Effect::Untrack | Effect::Anything))
            || jump.options.iter().any(|o| o.name == "--notrack")
    };
    raw().flat_map(|c| &c.rules).any(may)
}

/// What can become of a packet for a service in a chain, and where first.
#[derive(Debug, Clone, Copy, Default)]
struct Ways {
    accepts: Option<Span>,
    /// It comes to the chain's end, or to a `RETURN`.
    falls: Option<Span>,
}

/// Chains that are called by chains more than this are not followed: they may do anything.
const DEPTH: usize = 64;

struct Walk<'t> {
    table: &'t Table,
    untracked: bool,
    known: BTreeMap<&'t str, Ways>,
}

impl<'t> Walk<'t> {
    fn chain(&mut self, chain: &'t Chain, depth: usize) -> Ways {
        let here = Some(chain.name.span);
        if let Some(known) = self.known.get(chain.name.value.as_str()) {
            return *known;
        }
        if depth > DEPTH {
            return Ways { accepts: here, falls: here };
        }
        let mut out = Ways::default();
        let mut goes_on = true;
        for rule in &chain.rules {
            if self.harmless(rule) {
                continue;
            }
            goes_on = self.rule(rule, &mut out, depth);
            if !goes_on {
                break;
            }
        }
        if goes_on {
            out.falls = out.falls.or(here);
        }
        self.known.insert(chain.name.value.as_str(), out);
        out
    }

    /// What one rule adds; whether packets come to the next.
    fn rule(&mut self, rule: &'t RuleLine, out: &mut Ways, depth: usize) -> bool {
        let here = Some(rule.span);
        let all = takes_all(rule);
        if !rule.stray.is_empty() {
            *out = Ways { accepts: out.accepts.or(here), falls: out.falls.or(here) };
            return true;
        }
        let Some(jump) = &rule.jump else { return true };
        let name = jump.target.value.as_str();
        if let Some(called) = self.table.chains.iter().find(|c| c.name.value == name) {
            let ways = self.chain(called, depth + 1);
            out.accepts = out.accepts.or(ways.accepts);
            // The end of a chain entered by `-g` goes on in the caller's caller.
            if jump.goto {
                out.falls = out.falls.or(ways.falls.and(here));
            }
            return !all || ways.falls.is_some() && !jump.goto;
        }
        match target(name).map(|t| t.effect) {
            Some(Effect::Drop | Effect::Reject) => !all,
            Some(Effect::Return) => {
                out.falls = out.falls.or(here);
                !all
            }
            Some(Effect::Accept) => {
                out.accepts = out.accepts.or(here);
                !all
            }
            Some(Effect::Continue | Effect::Mark | Effect::ConnMark) => true,
            _ => {
                out.accepts = out.accepts.or(here);
                true
            }
        }
    }

    /// Whether what the rule takes opens no session with a service that may carry data.
    fn harmless(&self, rule: &RuleLine) -> bool {
        let value = |test: Test| {
            let term = rule.terms.iter().find(|t| t.test == test && !t.negated)?;
            Some(term.values.first().map_or("", |w| w.text.as_str()))
        };
        if !rule.stray.is_empty() {
            return false;
        }
        if value(Test::InInterface) == Some("lo") || value(Test::State).is_some_and(|s| self.later(s)) {
            return true;
        }
        let protocol = value(Test::Protocol).and_then(values::protocol).flatten();
        let Some(protocol) = protocol else { return false };
        if !PORT_PROTOCOLS.contains(&protocol) {
            return true;
        }
        let ports = value(Test::DestinationPort).and_then(values::port_range);
        let Some(ports) = ports.or_else(|| value(Test::DestinationPorts).and_then(values::port_list)) else {
            return false;
        };
        let known = administration().into_iter().map(|s| (s.proto, s.ports));
        let known = known.chain(MONITORED.map(|(p, port)| (p, Ranges::one(u128::from(port)))));
        let harmless =
            known.filter(|(p, _)| *p == protocol).fold(Ranges::empty(), |all, (_, p)| all.union(&p));
        ports.is_subset(&harmless)
    }

    /// Whether packets of these states belong to sessions that are there already.
    fn later(&self, text: &str) -> bool {
        let Some(wanted) = values::states(text) else { return false };
        let open = |state: State| wanted.states.contains(state.value());
        let untracked = self.untracked && open(State::Untracked);
        // What was translated to the box opens as well as what was not.
        let opens = wanted.dnat || open(State::New) || open(State::Invalid) || untracked;
        !opens
    }
}

fn takes_all(rule: &RuleLine) -> bool {
    rule.stray.is_empty() && rule.terms.iter().all(|t| matches!(t.test, Test::Comment | Test::Nothing))
}
