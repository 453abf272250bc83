//! Services of the box itself. What listens is not in the files: what counts is that the filter lets somebody in.
//!
//! A box that lets in more than administration and monitoring may run a proxy or a forwarder, which carries data between
//! its own sessions without a word in any table.

use crate::model::{PORT_PROTOCOLS, Ranges, proto};
use crate::source::Span;

use super::about::{administration, opens, reached};
use super::config::{Chain, Policy, RuleLine, Table};
use super::convert::Read;
use super::options::Test;
use super::values;

/// Answers of agents that are asked for the state of the box (SNMP, Zabbix, NRPE), and to its own DHCP requests.
const MONITORED: [(u8, u16); 5] =
    [(proto::UDP, 161), (proto::TCP, 10_050), (proto::TCP, 5_666), (proto::UDP, 68), (proto::UDP, 546)];

/// The place that first lets packets in to a service that is neither administration nor monitoring.
pub fn let_in(read: &Read) -> Option<Span> {
    let tables = read.dumps.iter().flat_map(|d| &d.tables);
    tables.filter(|t| t.name.value == "filter").find_map(of_table)
}

fn of_table(table: &Table) -> Option<Span> {
    let rules = reached(table, "INPUT").into_iter().flat_map(|c| &c.rules);
    let rule = rules.filter(|r| opens(r) && serves(r)).map(|r| r.span).next();
    let chain = table.chains.iter().find(|c| c.name.value == "INPUT")?;
    let open = chain.policy == Policy::Accept && !closes(table, chain, 0);
    rule.or(open.then_some(chain.name.span))
}

/// Chains called by chains more than this are not followed.
const DEPTH: usize = 8;

/// Whether no packet gets past the chain.
fn closes(table: &Table, chain: &Chain, depth: usize) -> bool {
    chain.rules.iter().filter(|r| takes_all(r)).filter_map(|r| r.jump.as_ref()).any(|jump| {
        let name = jump.target.value.as_str();
        let called = table.chains.iter().find(|c| c.name.value == name);
        matches!(name, "DROP" | "REJECT")
            || called.is_some_and(|c| depth < DEPTH && closes(table, c, depth + 1))
    })
}

fn takes_all(rule: &RuleLine) -> bool {
    rule.stray.is_empty() && rule.terms.iter().all(|t| matches!(t.test, Test::Comment | Test::Nothing))
}

/// Whether a rule that accepts is for a service that may carry data.
fn serves(rule: &RuleLine) -> bool {
    let value = |test: Test| {
        let term = rule.terms.iter().find(|t| t.test == test && !t.negated)?;
        Some(term.values.first().map_or("", |w| w.text.as_str()))
    };
    if value(Test::InInterface) == Some("lo") {
        return false;
    }
    let protocol = value(Test::Protocol).and_then(values::protocol).flatten();
    let Some(protocol) = protocol else { return true };
    if !PORT_PROTOCOLS.contains(&protocol) {
        return false;
    }
    let ports = value(Test::DestinationPort).and_then(values::port_range);
    let Some(ports) = ports.or_else(|| value(Test::DestinationPorts).and_then(values::port_list)) else {
        return true;
    };
    let known = administration().into_iter().map(|s| (s.proto, s.ports));
    let known = known.chain(MONITORED.map(|(p, port)| (p, Ranges::one(u128::from(port)))));
    let harmless = known.filter(|(p, _)| *p == protocol).fold(Ranges::empty(), |all, (_, p)| all.union(&p));
    !ports.is_subset(&harmless)
}
