//! What a site does with the flows of one entry: what may pass, what certainly does, and what refuses it.

use std::collections::BTreeMap;

use super::super::crossing::certain_destinations;
use super::super::{CheckError, Options, evidence, failure};
use super::entries::{self, Foot};
use crate::analysis::Result;
use crate::analysis::answer::Culprit;
use crate::analysis::concrete::{self, Arrival, Certainty};
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Explorer, Step};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::intent::register::{Entry, Place};
use crate::model::{AddressSet, Family, Field, Flow, PORT_PROTOCOLS, Ranges, proto};
use crate::msg;
use crate::network::{DeviceId, Location, SegmentId, Site};
use crate::source::Msg;

/// What became of an entry's flows.
#[derive(Debug, Clone, Default)]
pub struct Permitted {
    /// Something of it may pass. Where this is false, nothing does.
    pub possible: bool,
    /// A packet of it certainly passes: the concrete evaluator reproduced it, under these conditions.
    pub certain: Option<Vec<Culprit>>,
    /// Everything of it passes, from every source port a client uses.
    pub whole: bool,
    /// The lines that refuse a packet of it, or that leave open whether it passes.
    pub deciding: Vec<Culprit>,
    /// Why nothing could be said.
    pub failed: Option<Msg>,
}

/// Packets tried for one entry before it is taken not to pass for certain.
const MOST_TRIED: usize = 8;

/// Follows an entry's flows.
///
/// # Errors
/// Only for errors of this program.
pub fn of(site: &Site, entry: &Entry, options: &Options) -> std::result::Result<Permitted, CheckError> {
    let mut question = Question { site, entry, engine: options.explorer(site, [].into()) };
    match question.answer() {
        Ok(permitted) => Ok(permitted),
        Err(error) => Ok(Permitted { possible: true, failed: Some(failure(error)?), ..Permitted::default() }),
    }
}

struct Question<'s> {
    site: &'s Site,
    entry: &'s Entry,
    engine: Explorer<'s>,
}

impl Question<'_> {
    fn answer(&mut self) -> Result<Permitted> {
        let mut out = Permitted { possible: self.possible()?, ..Permitted::default() };
        let passing = self.passing()?;
        let mut tried = 0;
        for (source, headers) in &passing {
            while tried < MOST_TRIED && out.certain.is_none() {
                tried += 1;
                let Some(flow) = self.choose(*headers) else { break };
                out.certain = self.replay(*source, &flow);
                if out.certain.is_some() {
                    break;
                }
            }
        }
        out.whole = out.certain.is_some() && self.whole(&passing)?;
        if out.certain.is_none() {
            out.deciding = self.deciding()?;
        }
        Ok(out)
    }

    /// The entry's service, as delivered.
    fn service(&mut self) -> Result<PacketSet> {
        let mut cube = Cube::any().with(Field::Dport, self.entry.ports.clone());
        if let Some(protocol) = self.entry.protocol {
            cube = cube.with_value(Field::Proto, u128::from(protocol));
        }
        if let Some(icmp) = &self.entry.icmp {
            cube = cube.with(Field::Icmp, icmp.clone());
        }
        Ok(self.engine.e.cube(&cube)?)
    }

    /// Opening packets of the entry's protocol from each of its sources, to any destination.
    fn seeds(&mut self, bound: Bound) -> Result<Vec<(Location, PacketSet)>> {
        let opening = self.engine.opening()?;
        let mut out = Vec::new();
        for foot in entries::feet(self.site, &self.entry.from, bound) {
            let own = self.engine.with_address(Field::Src, &foot.addresses)?;
            let mut seed = self.engine.e.and(opening, own)?;
            if let Some(protocol) = self.entry.protocol {
                let cube = Cube::any().with_value(Field::Proto, u128::from(protocol));
                let cube = self.engine.e.cube(&cube)?;
                seed = self.engine.e.and(seed, cube)?;
            }
            out.push((Location::Origin(foot.segment), seed));
        }
        Ok(out)
    }

    fn possible(&mut self) -> Result<bool> {
        let seeds = self.seeds(Bound::Upper)?;
        let service = self.service()?;
        let arrivals = self.engine.forward(&seeds, Bound::Upper)?;
        for foot in entries::feet(self.site, &self.entry.to, Bound::Upper) {
            let to = self.engine.with_address(Field::Dst, &foot.addresses)?;
            let here = self.engine.e.and(arrivals.at(Location::Segment(foot.segment)), to)?;
            if !self.engine.e.and(here, service)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Headers, by source, that certainly become packets of the entry at its other end.
    fn passing(&mut self) -> Result<BTreeMap<Location, PacketSet>> {
        let seeds = self.seeds(Bound::Lower)?;
        let service = self.service()?;
        let arrivals = self.engine.forward(&seeds, Bound::Lower)?;
        let to = entries::feet(self.site, &self.entry.to, Bound::Lower);
        let mut out: BTreeMap<Location, PacketSet> = BTreeMap::new();
        for index in 0..arrivals.steps.len() {
            let Some(step) = arrivals.steps.get(index) else { continue };
            let Some(addresses) = self.delivered(step, &to) else { continue };
            let there = self.engine.with_address(Field::Dst, &addresses)?;
            let region = self.engine.e.and(step.set, there)?;
            let region = self.engine.e.and(region, service)?;
            if region.is_empty() {
                continue;
            }
            let way = self.engine.back(&arrivals, index, region, Bound::Lower)?;
            let before = out.get(&way.source).copied().unwrap_or(PacketSet::EMPTY);
            out.insert(way.source, self.engine.e.or(before, way.headers)?);
        }
        Ok(out)
    }

    /// The addresses of the other end that an arrival certainly reaches.
    fn delivered(&self, step: &Step, to: &[Foot]) -> Option<AddressSet> {
        match step.at {
            Location::Local(device) if self.receiver() == Some(device) => {
                Some(to.iter().fold(AddressSet::empty(), |all, f| all.union(&f.addresses)))
            }
            Location::Egress(device, interface, hop) if self.receiver().is_none() => {
                let at = self.site.device(device)?.attached.get(interface.index()).copied().flatten()?;
                self.arrived(at, hop, to)
            }
            _ => None,
        }
    }

    fn arrived(&self, at: SegmentId, hop: crate::network::NextHop, to: &[Foot]) -> Option<AddressSet> {
        let certain = certain_destinations(self.site, at, hop)?;
        let here = to.iter().filter(|f| f.segment == at);
        Some(here.fold(AddressSet::empty(), |all, f| all.union(&f.addresses)).intersection(&certain))
    }

    /// The analysed device that the other end is: what its own rules refuse does not pass.
    fn receiver(&self) -> Option<DeviceId> {
        match &self.entry.to.place {
            Place::Host(host) => self.site.host(*host).and_then(|h| h.device.or(h.names)),
            // Written as addresses, all of them one machine's.
            Place::Addresses(written) => {
                let owns = |host| written.set.minus(&self.site.own_addresses(host)).is_empty();
                self.site.hosts().find(|(host, _)| owns(*host))?.1.device
            }
            Place::Segment(_) | Place::External(..) => None,
        }
    }

    fn choose(&mut self, headers: PacketSet) -> Option<Flow> {
        let wishes = Preferences { sources: Vec::new(), destinations: Vec::new() };
        witness::choose(&mut self.engine.e, headers, &wishes).map(|p| flow_at(&p))
    }

    fn arrives(&self, arrival: &Arrival) -> bool {
        let to = entries::feet(self.site, &self.entry.to, Bound::Lower);
        let (header, addresses) = match arrival {
            Arrival::Local { device, header, .. } => {
                let all = to.iter().fold(AddressSet::empty(), |all, f| all.union(&f.addresses));
                (header, (self.receiver() == Some(*device)).then_some(all))
            }
            Arrival::Transmitted(t) => {
                let Location::Segment(at) = t.to else { return false };
                let open = self.receiver().is_none();
                (&t.header, open.then(|| self.arrived(at, t.hop, &to)).flatten())
            }
        };
        addresses.is_some_and(|a| a.contains(header.destination()))
            && self.entry.protocol.is_none_or(|p| p == header.proto)
            && self.entry.ports.contains(u128::from(header.dport))
            && self.entry.icmp.as_ref().is_none_or(|i| i.contains(u128::from(header.icmp)))
    }

    /// The conditions under which the concrete evaluator is certain that a packet passes.
    fn replay(&self, source: Location, flow: &Flow) -> Option<Vec<Culprit>> {
        let options = evidence::replaying();
        let reach = concrete::reaches(self.site, source, flow, &options, &|a| self.arrives(a));
        match &reach.certainty {
            Certainty::Always => Some(Vec::new()),
            Certainty::UnderChoices(choices) => Some(concrete::conditions(self.site, choices)),
            Certainty::Possibly(_) | Certainty::Never => None,
        }
    }

    /// What the sources send when they use the entry as it is written.
    fn wanted(&mut self) -> Result<Vec<(Location, PacketSet)>> {
        let destinations = match self.entry.nat_destination.is_empty() {
            false => self.entry.nat_destination.clone(),
            true => entries::feet(self.site, &self.entry.to, Bound::Lower)
                .iter()
                .fold(AddressSet::empty(), |all, f| all.union(&f.addresses)),
        };
        let to = self.engine.with_address(Field::Dst, &destinations)?;
        let mut cube = Cube::any().with(Field::Dport, self.entry.ports.clone());
        if let Some(icmp) = &self.entry.icmp {
            cube = cube.with(Field::Icmp, icmp.clone());
        }
        if self.entry.protocol.is_some_and(|p| PORT_PROTOCOLS.contains(&p)) {
            cube = cube.with(Field::Sport, Ranges::span(1024, 0xFFFF));
        }
        if self.entry.protocol == Some(proto::TCP) {
            cube = cube.with_value(Field::TcpFlags, 2);
        }
        let service = self.engine.e.cube(&cube)?;
        let service = self.engine.e.and(service, to)?;
        let seeds = self.seeds(Bound::Lower)?;
        seeds.into_iter().map(|(at, seed)| Ok((at, self.engine.e.and(seed, service)?))).collect()
    }

    /// Whether everything wanted passes, in at least one family.
    fn whole(&mut self, passing: &BTreeMap<Location, PacketSet>) -> Result<bool> {
        let wanted = self.wanted()?;
        let mut complete = [true, true];
        let mut any = [false, false];
        for (at, set) in wanted {
            let there = passing.get(&at).copied().unwrap_or(PacketSet::EMPTY);
            let missing = self.engine.e.minus(set, there)?;
            for ((family, complete), any) in Family::ALL.into_iter().zip(&mut complete).zip(&mut any) {
                *complete &= self.engine.e.diagram().is_false_within(missing.node(), family);
                *any |= !self.engine.e.diagram().is_false_within(set.node(), family);
            }
        }
        Ok(complete.into_iter().zip(any).any(|(complete, any)| complete && any))
    }

    /// What refuses a packet of the entry, or what it hangs on.
    fn deciding(&mut self) -> Result<Vec<Culprit>> {
        let mut out = Vec::new();
        for (source, set) in self.wanted()? {
            let Some(flow) = self.choose(set) else { continue };
            let simulation = concrete::simulate(self.site, source, &flow, &evidence::replaying());
            for branch in simulation.branches.iter().take(MOST_TRIED) {
                out.extend(branch.culprits(self.site));
                let Some(last) = branch.hops.last() else { continue };
                let Some(device) = self.site.device(last.device) else { continue };
                let refusing = last.branch.rule().filter(|_| matches!(branch.end, concrete::End::Denied(..)));
                let Some(step) = refusing else { continue };
                let label = &step.label;
                out.push(Culprit {
                    span: step.span,
                    what: msg!("refused by {label}", "{label}により拒否される"),
                    device: Some(device.device.name.clone()),
                });
            }
        }
        out.sort();
        out.dedup();
        out.truncate(20);
        Ok(out)
    }
}
