//! Back from some goals to everything at a source that becomes one of them, by whatever way.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::reach::{Arrivals, Explorer, MOST_VISITS, Sender, Side, entrance, location_exit, sources};
use super::set::PacketSet;
use super::transition::{self, Bound};
use super::{EngineError, Result};
use crate::model::IfId;
use crate::network::{DeviceId, Location};

/// Where packets are looked at on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Station {
    At(Location),
    /// Before the routing decision of a device.
    Decision(DeviceId, Sender),
}

/// A way back from some goals.
#[derive(Default)]
struct Back {
    known: BTreeMap<Station, PacketSet>,
    /// What was not yet followed, for each station in the queue.
    waiting: BTreeMap<Station, PacketSet>,
    queue: VecDeque<Station>,
}

impl Explorer<'_> {
    /// The packets at `source` that become some of `goals` (parts of what arrived there), by whatever way.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn departures(
        &mut self,
        arrivals: &Arrivals,
        source: Location,
        goals: &[(Location, PacketSet)],
        bound: Bound,
    ) -> Result<PacketSet> {
        let mut back = Back::default();
        for (at, set) in goals {
            self.go_back(&mut back, Station::At(*at), *set)?;
        }
        let mut visits: BTreeMap<Station, usize> = BTreeMap::new();
        while let Some(station) = back.queue.pop_front() {
            let Some(fresh) = back.waiting.remove(&station) else { continue };
            let count = visits.entry(station).or_default();
            *count += 1;
            if *count > MOST_VISITS + self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            match station {
                Station::At(at) => self.back_from(&mut back, arrivals, (at, fresh), bound)?,
                Station::Decision(device, sender) => {
                    self.back_out(&mut back, arrivals, (device, sender, fresh), bound)?;
                }
            }
        }
        Ok(back.known.get(&Station::At(source)).copied().unwrap_or(PacketSet::EMPTY))
    }

    /// Notes packets at a station, to be followed back together with whatever else is found there until then.
    fn go_back(&mut self, back: &mut Back, station: Station, set: PacketSet) -> Result<()> {
        let old = back.known.get(&station).copied().unwrap_or(PacketSet::EMPTY);
        let fresh = self.e.minus(set, old)?;
        if fresh.is_empty() {
            return Ok(());
        }
        back.known.insert(station, self.e.or(old, fresh)?);
        let all = match back.waiting.get(&station) {
            Some(waiting) => self.e.or(*waiting, fresh)?,
            None => {
                back.queue.push_back(station);
                fresh
            }
        };
        back.waiting.insert(station, all);
        Ok(())
    }

    /// From a location to those before it; from a device's exit to its routing decision.
    fn back_from(
        &mut self,
        back: &mut Back,
        arrivals: &Arrivals,
        (at, set): (Location, PacketSet),
        bound: Bound,
    ) -> Result<()> {
        if let Some(device) = left(at) {
            let exit = location_exit(at).ok_or(EngineError::Malformed)?;
            self.compile(device, bound, Side::Sent)?;
            let variant = self.as_compiled(device, bound, Side::Sent);
            for sender in [Sender::Other, Sender::Device] {
                if entrances(arrivals, device, sender).next().is_some() {
                    let before = self.undecided(variant, sender, exit, set)?;
                    self.go_back(back, Station::Decision(device, sender), before)?;
                }
            }
            return Ok(());
        }
        for from in sources(self.site, at) {
            let there = arrivals.at(from);
            if there.is_empty() {
                continue;
            }
            let before = self.before(from, at, set, (bound, Side::Sent))?;
            let before = self.e.and(before, there)?;
            self.go_back(back, Station::At(from), before)?;
        }
        Ok(())
    }

    /// From a device's routing decision to its entrances.
    fn back_out(
        &mut self,
        back: &mut Back,
        arrivals: &Arrivals,
        (device, sender, set): (DeviceId, Sender, PacketSet),
        bound: Bound,
    ) -> Result<()> {
        let transitions = self.devices.get(&(device, bound, Side::Sent)).map(Rc::clone);
        let transitions = transitions.ok_or(EngineError::Malformed)?;
        for (at, there) in entrances(arrivals, device, sender) {
            let Some((_, entry)) = entrance(at) else { continue };
            let before = transition::preimage(&transitions.prefix(entry), &mut self.e, set)?;
            let before = self.e.and(before, there)?;
            self.go_back(back, Station::At(at), before)?;
        }
        Ok(())
    }
}

/// The device that an exit leaves. Only the device itself leads to its exits.
fn left(at: Location) -> Option<DeviceId> {
    match at {
        Location::Egress(device, ..) | Location::Local(device) => Some(device),
        _ => None,
    }
}

/// Where something came in that a device decides about, with what did.
fn entrances(
    arrivals: &Arrivals,
    device: DeviceId,
    sender: Sender,
) -> impl Iterator<Item = (Location, PacketSet)> {
    let range = match sender {
        Sender::Device => Location::LocalOrigin(device)..=Location::LocalOrigin(device),
        Sender::Other => Location::Ingress(device, IfId(0))..=Location::Ingress(device, IfId(u32::MAX)),
    };
    arrivals.within(range)
}
