//! Finds the names by which a reader knows a set of addresses or a service.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::answer::Side;
use crate::model::{AddressSet, Device, Family, Ranges, ServiceName};

/// Names in order of preference.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    addresses: Vec<(String, AddressSet)>,
    services: Vec<ServiceName>,
    /// Places in `addresses`, by name.
    known: BTreeMap<String, Vec<usize>>,
}

/// Most names for one set.
const MOST_TERMS: usize = 8;

impl Naming {
    /// Adds a name for addresses. Two meanings of one name are told apart by the device.
    pub fn address(&mut self, name: &str, set: &AddressSet, device: Option<&str>) {
        let differs = |family: Family, old: &AddressSet| {
            let (a, b) = (old.of(family), set.of(family));
            !a.is_empty() && !b.is_empty() && a != b
        };
        let olds = self.known.get(name).into_iter().flatten().filter_map(|at| self.addresses.get(*at));
        let clash = olds.into_iter().any(|(_, old)| Family::ALL.into_iter().any(|f| differs(f, old)));
        let name = match device.filter(|_| clash) {
            Some(device) => format!("{device}:{name}"),
            None => name.to_owned(),
        };
        self.known.entry(name.clone()).or_default().push(self.addresses.len());
        self.addresses.push((name, set.clone()));
    }

    /// Adds the names of a device's configuration, whatever order they stand in there: of two that mean the same the one
    /// that spells no address comes first.
    pub fn device(&mut self, device: &Device) {
        let mut addresses: Vec<_> = device.names.addresses.iter().collect();
        addresses.sort_by_key(|(name, _)| (spells_an_address(name), name));
        for (name, set) in addresses {
            self.address(name, set, Some(&device.name));
        }
        for service in &device.names.services {
            if !self.services.contains(service) {
                self.services.push(service.clone());
            }
        }
    }

    /// The set with its names: one that means exactly this, else the fewest that do not need more words than the
    /// addresses themselves.
    pub fn side(&self, family: Family, ranges: &Ranges) -> Side {
        let (none, full) = (Ranges::empty(), Ranges::full(family.max_address()));
        let bare =
            Side { ranges: ranges.clone(), names: Vec::new(), except: none.clone(), unnamed: ranges.clone() };
        if *ranges == full {
            return bare;
        }
        if let Some((name, _)) = self.addresses.iter().find(|(_, set)| set.of(family) == ranges) {
            return Side { names: vec![name.clone()], unnamed: none, ..bare };
        }
        if let Some((name, except)) = self.all_but_few(family, ranges) {
            return Side { names: vec![name], except, unnamed: none, ..bare };
        }
        if let Some(except) = few(ranges, &full).filter(|_| ranges.pairs().len() > 2) {
            return Side { except, unnamed: none, ..bare };
        }
        let parts: Vec<(&String, &Ranges)> = self
            .addresses
            .iter()
            .map(|(name, set)| (name, set.of(family)))
            .filter(|(_, set)| !set.is_empty() && set.is_subset(ranges))
            .collect();
        let (names, unnamed) = cover(&parts, ranges);
        let words = names.len() + unnamed.pairs().len();
        if names.is_empty() || (!unnamed.is_empty() && words > ranges.pairs().len()) {
            return bare;
        }
        Side { names, unnamed, ..bare }
    }

    /// The narrowest name that means little more than the set, and what it means beside it.
    fn all_but_few(&self, family: Family, ranges: &Ranges) -> Option<(String, Ranges)> {
        let mut best: Option<(u128, &String, Ranges)> = None;
        for (name, set) in &self.addresses {
            let Some(except) = few(ranges, set.of(family)) else { continue };
            let beside = size(&except);
            if best.as_ref().is_none_or(|(least, ..)| beside < *least) {
                best = Some((beside, name, except));
            }
        }
        best.map(|(_, name, except)| (name.clone(), except))
    }

    /// Names of a service: one that means exactly this, or several that together do.
    pub fn service(&self, protocols: &Ranges, ports: &Ranges) -> Vec<String> {
        let alike = self.services.iter().filter(|s| s.protocols == *protocols);
        let parts: Vec<(&String, &Ranges)> = alike.map(|s| (&s.name, &s.ports)).collect();
        if let Some((name, _)) = parts.iter().find(|(_, p)| *p == ports) {
            return vec![(*name).clone()];
        }
        let inside: Vec<_> = parts.into_iter().filter(|(_, p)| p.is_subset(ports)).collect();
        let (names, left) = cover(&inside, ports);
        if left.is_empty() { names } else { Vec::new() }
    }
}

/// Whether a name is an address with something around it, such as `H_10.21.10.11`.
fn spells_an_address(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_digit() && c != '.').any(|part| part.parse::<Ipv4Addr>().is_ok())
}

/// Takes the part that covers most of what is left, again and again, of equal ones that with the lowest addresses; the names
/// and what no name covers.
fn cover(parts: &[(&String, &Ranges)], whole: &Ranges) -> (Vec<String>, Ranges) {
    let mut left = whole.clone();
    let mut names = Vec::new();
    while names.len() < MOST_TERMS && !left.is_empty() {
        let mut best: Option<(u128, &String, &Ranges)> = None;
        for (name, set) in parts {
            let gain = size(&set.intersection(&left));
            let first = |set: &Ranges| Reverse(set.pairs().first().copied());
            let better =
                |(most, _, other): (u128, &String, &Ranges)| (gain, first(set)) > (most, first(other));
            if gain > 0 && best.is_none_or(better) {
                best = Some((gain, name, set));
            }
        }
        let Some((_, name, set)) = best else { break };
        left = left.minus(set);
        names.push(name.clone());
    }
    (names, left)
}

/// What a superset has beside the set, if that is little: in few intervals, and less than a third of it.
fn few(set: &Ranges, superset: &Ranges) -> Option<Ranges> {
    const MOST: usize = 6;
    if superset.is_empty() || !set.is_subset(superset) {
        return None;
    }
    let beside = superset.minus(set);
    (beside.pairs().len() <= MOST && size(&beside) < size(superset) / 3).then_some(beside)
}

fn size(set: &Ranges) -> u128 {
    set.pairs().iter().fold(0u128, |n, (a, b)| n.saturating_add((b - a).saturating_add(1)))
}
