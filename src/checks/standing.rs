//! Where packets for whom arrive: every party of a site by its places, so that an opener's peers are found by going
//! through what arrived, not by asking everybody.

use std::collections::{BTreeMap, BTreeSet};

use super::mediated::{handed_to, leaves_by};
use super::places::{self, Party};
use crate::analysis::Result;
use crate::analysis::reach::{Arrivals, Explorer};
use crate::analysis::set::PacketSet;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Field, IfId};
use crate::network::{DeviceId, Location, NextHop, SegmentId, Site};

/// The parties of a site by place, with the addresses they may use (upper bound).
pub(super) struct Standing<'s> {
    site: &'s Site,
    /// Every party in the fixed order.
    pub parties: Vec<Party>,
    addresses: BTreeMap<Party, AddressSet>,
    /// Parties on a segment of whose part there no configuration was read; whoever may be the router that nobody declared, too.
    on: BTreeMap<SegmentId, Vec<Party>>,
    devices: BTreeMap<DeviceId, Vec<Party>>,
    ends: BTreeMap<(DeviceId, IfId), Party>,
    /// What is addressed to each party, in the arena of one explorer.
    to: BTreeMap<Party, PacketSet>,
}

impl<'s> Standing<'s> {
    /// Looks at a site.
    pub fn of(site: &'s Site) -> Self {
        let parties = places::parties(site);
        let known = places::Known::of(site);
        let mut out = Standing {
            site,
            addresses: BTreeMap::new(),
            on: BTreeMap::new(),
            devices: BTreeMap::new(),
            ends: BTreeMap::new(),
            to: BTreeMap::new(),
            parties,
        };
        for party in out.parties.iter().copied() {
            out.addresses.insert(party, known.addresses_under(site, party, Bound::Upper));
            match (places::device_of(site, party), party) {
                (Some(device), _) => {
                    out.devices.entry(device).or_default().push(party);
                }
                (None, Party::OpenEnd(device, interface)) => {
                    out.ends.insert((device, interface), party);
                }
                (None, _) => {}
            }
            for segment in places::unread_segments_of(site, party) {
                out.on.entry(segment).or_default().push(party);
            }
        }
        out
    }

    /// The addresses a party may use.
    pub fn addresses(&self, party: Party) -> AddressSet {
        self.addresses.get(&party).cloned().unwrap_or_default()
    }

    /// Parties that share with one a segment on which neither's part was read, itself included.
    pub fn neighbours(&self, party: Party) -> BTreeSet<Party> {
        let here = places::unread_segments_of(self.site, party).into_iter().filter_map(|s| self.on.get(&s));
        here.flatten().copied().collect()
    }

    /// To whom some arrivals may be delivered, and what of them.
    ///
    /// # Errors
    /// [`crate::analysis::EngineError::Budget`].
    pub fn delivered(
        &mut self,
        engine: &mut Explorer<'_>,
        arrivals: &Arrivals,
        opener: Party,
    ) -> Result<BTreeMap<Party, PacketSet>> {
        let mut found: BTreeMap<Party, Vec<PacketSet>> = BTreeMap::new();
        for (at, set) in arrivals.places() {
            match at {
                Location::Local(device) => {
                    for party in self.devices.get(&device).into_iter().flatten() {
                        found.entry(*party).or_default().push(set);
                    }
                }
                Location::Segment(segment) => {
                    let here = self.on.get(&segment).cloned().unwrap_or_default();
                    // Whoever stands at an open end is told by the way out that leads there.
                    for party in here.into_iter().filter(|p| !matches!(p, Party::OpenEnd(..))) {
                        let to = self.addressed(engine, party)?;
                        found.entry(party).or_default().push(engine.e.and(set, to)?);
                    }
                }
                Location::Egress(device, interface, hop) => {
                    if let Some(end) = self.ends.get(&(device, interface))
                        && leaves_by(self.site, at, device, interface)
                    {
                        found.entry(*end).or_default().push(set);
                    }
                    for party in self.handed(at, device, interface, hop) {
                        found.entry(party).or_default().push(set);
                    }
                }
                _ => {}
            }
        }
        let mut out = BTreeMap::new();
        for (party, sets) in found.into_iter().filter(|(party, _)| *party != opener) {
            let all = engine.e.or_all(sets)?;
            if !all.is_empty() {
                out.insert(party, all);
            }
        }
        Ok(out)
    }

    /// Hosts to which a way out hands packets over, whatever their destination.
    fn handed(&self, at: Location, device: DeviceId, interface: IfId, hop: NextHop) -> Vec<Party> {
        if !matches!(hop, NextHop::Via(_)) {
            return Vec::new();
        }
        let attached =
            self.site.device(device).and_then(|d| d.attached.get(interface.index()).copied().flatten());
        let here = attached.and_then(|s| self.on.get(&s)).into_iter().flatten();
        here.copied().filter(|p| handed_to(self.site, *p, at)).collect()
    }

    /// What is delivered to a party on its segment: for a machine what carries its address, for an external network
    /// everything.
    fn addressed(&mut self, engine: &mut Explorer<'_>, party: Party) -> Result<PacketSet> {
        if matches!(party, Party::External(_)) {
            return Ok(PacketSet::ALL);
        }
        if let Some(known) = self.to.get(&party) {
            return Ok(*known);
        }
        let set = engine.with_address(Field::Dst, &self.addresses(party))?;
        self.to.insert(party, set);
        Ok(set)
    }
}
