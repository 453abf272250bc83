//! Trusted hosts: from where administrators, and the programs that use the REST API, may come.

use crate::model::{AddressSet, Family};

use super::config::TrustedHosts;
use super::node::Node;
use super::parse::inert_block;
use super::read::Ledger;
use super::value;

/// The place that says so if every administrator, a program that uses the REST API among them, may come from trusted
/// hosts only.
pub fn admins(block: &Node, programs: Option<&Node>, ledger: &mut Ledger) -> Option<TrustedHosts> {
    inert_block(block, ledger);
    let limited =
        |n: &Node| n.settings.keys().any(|k| k.starts_with("trusthost") || k.starts_with("ip6-trusthost"));
    let programs = || programs.into_iter().flat_map(|b| b.entries.values());
    let all = !block.entries.is_empty() && block.entries.values().all(limited);
    let hosts = block.entries.values().map(trusted).chain(programs().map(trusted_program));
    let addresses = hosts.fold(AddressSet::empty(), |all, own| all.union(&own));
    all.then(|| TrustedHosts { span: block.span(), addresses })
}

/// From where one program may come. A family without an entry has no limit, and neither has one with an entry that
/// cannot be read.
fn trusted_program(program: &Node) -> AddressSet {
    let mut out = AddressSet::empty();
    for (family, key) in [(Family::V4, "ipv4-trusthost"), (Family::V6, "ipv6-trusthost")] {
        let mut own: Option<AddressSet> = None;
        for setting in program.table("trusthost").filter_map(|n| n.settings.get(key)) {
            let words: Vec<&str> = setting.values.iter().map(|w| w.text.as_str()).collect();
            let network = match (family, &words[..]) {
                (Family::V4, words) => value::network4(words),
                (Family::V6, [one]) => one.parse().ok().filter(ipnetwork::IpNetwork::is_ipv6),
                (Family::V6, _) => None,
            };
            let set = network.map_or_else(|| AddressSet::all_of(family), AddressSet::network);
            own = Some(own.map_or(set.clone(), |own| own.union(&set)));
        }
        out = out.union(&own.unwrap_or_else(|| AddressSet::all_of(family)));
    }
    out
}

/// From where one administrator may come. The first entry decides whether there is a limit at all; entries of zeros
/// behind it are empty ones. A family without an entry has no limit.
fn trusted(admin: &Node) -> AddressSet {
    let mut out = AddressSet::empty();
    for (family, key) in [(Family::V4, "trusthost"), (Family::V6, "ip6-trusthost")] {
        let mut own = AddressSet::empty();
        for number in 1..=10 {
            let Some(setting) = admin.settings.get(&format!("{key}{number}")) else { continue };
            let words: Vec<&str> = setting.values.iter().map(|w| w.text.as_str()).collect();
            let network = match (family, &words[..]) {
                (Family::V4, words) => value::network4(words),
                (Family::V6, [one]) => one.parse().ok().filter(ipnetwork::IpNetwork::is_ipv6),
                (Family::V6, _) => None,
            };
            match network {
                Some(n) if n.prefix() > 0 => own = own.union(&AddressSet::network(n)),
                Some(_) if number > 1 => {}
                _ => own = AddressSet::all_of(family),
            }
        }
        let first = admin.settings.contains_key(&format!("{key}1"));
        out = out.union(&if first { own } else { AddressSet::all_of(family) });
    }
    out
}
