//! Questions that analyses ask of a site.

use std::collections::BTreeSet;

use super::graph;
use super::site::{DeviceId, Host, HostId, NextHop, Relay, Segment, SegmentId, Site, SiteDevice, ZoneId};
use crate::model::{AddressSet, DeviceRelay, Family, IfId, Ranges, RelayKind};
use crate::source::FileId;

/// Where a zone's machines and networks are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZonePlaces {
    /// Its segments, in id order.
    pub segments: Vec<SegmentId>,
    /// Its external networks, those they lead to, and those that lead to them (with all steps in between): data
    /// for the zone may enter or leave by any of them.
    pub externals: Vec<SegmentId>,
}

impl ZonePlaces {
    /// All of them, segments first.
    pub fn all(&self) -> impl Iterator<Item = SegmentId> {
        self.segments.iter().chain(&self.externals).copied()
    }
    /// Whether the zone has no place at all: every question about it is vacuous.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.externals.is_empty()
    }
}

impl SiteDevice {
    /// Whether a configuration was read: neither a contract nor a table stands for it, which say nothing about
    /// tunnels, administration or anything else that they do not list.
    pub fn is_read(&self) -> bool {
        self.contract.is_none() && self.table.is_none()
    }

    /// A function of its configuration that certainly carries data, by purpose, from one session to another.
    pub fn certain_relay(&self) -> Option<&DeviceRelay> {
        self.device.relays.iter().find(|r| r.certain && r.kind == RelayKind::Data)
    }

    /// Whether a function of its configuration is on that carries data by purpose, whatever it lets through.
    pub fn serves_others(&self) -> bool {
        self.device.relays.iter().any(|r| r.carried.as_ref().is_some_and(|c| c.least))
    }
}

impl Site {
    /// Where a zone is.
    pub fn places_of_zone(&self, zone: ZoneId) -> ZonePlaces {
        let of_zone = || self.segments().filter(|(_, s)| s.zone == Some(zone));
        let segments = of_zone().filter(|(_, s)| s.external.is_none()).map(|(id, _)| id).collect();
        let own: Vec<SegmentId> = of_zone().filter(|(_, s)| s.external.is_some()).map(|(id, _)| id).collect();
        let pairs: Vec<(SegmentId, SegmentId)> = self
            .segments()
            .flat_map(|(id, s)| {
                s.external.iter().flat_map(move |e| e.leads_to.iter().map(move |to| (id, *to)))
            })
            .collect();
        let onward = closure(&own, |at| pairs.iter().filter(move |p| p.0 == at).map(|p| p.1).collect());
        let back = closure(&own, |at| pairs.iter().filter(move |p| p.1 == at).map(|p| p.0).collect());
        ZonePlaces { segments, externals: onward.union(&back).copied().collect() }
    }

    /// The files of configurations, and the sheets that stand for some: all but the topology, the registers, the other
    /// tables and the rule pack.
    pub fn config_files(&self) -> impl Iterator<Item = FileId> {
        let table = |id: &FileId| {
            let mut tables = self.records.tables.iter().map(|t| (t.file, t.kind.stands_for_configuration()));
            tables.any(|(t, stands)| {
                (t == *id && !stands) || self.sources.file(t).and_then(|f| f.part_of()) == Some(*id)
            })
        };
        let own = move |id: &FileId| {
            let other = self.records.other_sheets.iter().any(|s| s.span.file == *id);
            *id == self.topology
                || self.registers.contains(id)
                || self.pack == Some(*id)
                || table(id)
                || other
        };
        self.sources.files().map(|(id, _)| id).filter(move |id| !own(id))
    }

    /// The address space of a segment; empty where the topology gives none.
    pub fn space_of(&self, segment: SegmentId) -> AddressSet {
        let prefixes = self.segment(segment).into_iter().flat_map(|s| &s.prefixes);
        prefixes.fold(AddressSet::empty(), |all, p| all.union(&AddressSet::network(p.value)))
    }

    /// Every address of a host: declared ones, and those of the device that it is.
    pub fn own_addresses(&self, host: HostId) -> AddressSet {
        let Some(found) = self.host(host) else { return AddressSet::empty() };
        let declared = found.interfaces.iter().flat_map(|i| &i.addresses).map(|a| a.value);
        let mut all = hosts_set(declared);
        if let Some(device) = found.device {
            all = all.union(&self.device_addresses(device));
        }
        all
    }

    /// Addresses of a host on one segment.
    pub fn host_addresses_on(&self, host: HostId, segment: SegmentId) -> AddressSet {
        let Some(found) = self.host(host) else { return AddressSet::empty() };
        let cards = found.interfaces.iter().filter(|i| i.segment == segment);
        let declared = hosts_set(cards.flat_map(|i| &i.addresses).map(|a| a.value));
        match found.device {
            Some(device) => declared.union(&self.device_addresses_on(device, segment)),
            None => declared,
        }
    }

    /// Every address of a device's interfaces.
    pub fn device_addresses(&self, device: DeviceId) -> AddressSet {
        let interfaces = self.device(device).into_iter().flat_map(|d| &d.device.interfaces);
        hosts_set(interfaces.flat_map(|i| &i.addresses).map(|a| a.network.ip()))
    }

    /// Addresses of a device's interfaces on one segment.
    pub fn device_addresses_on(&self, device: DeviceId, segment: SegmentId) -> AddressSet {
        let Some(found) = self.device(device) else { return AddressSet::empty() };
        let here = found.device.interfaces.iter().zip(&found.attached);
        let here = here.filter(|(_, at)| **at == Some(segment)).map(|(i, _)| i);
        hosts_set(here.flat_map(|i| &i.addresses).map(|a| a.network.ip()))
    }

    /// Hosts with a card on a segment, with those whose device is attached to it, in id order.
    pub fn hosts_on(&self, segment: SegmentId) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts().filter(move |(id, _)| self.segments_of(*id).contains(&segment))
    }

    /// Devices attached to a segment, with the interface.
    pub fn devices_on(&self, segment: SegmentId) -> impl Iterator<Item = (DeviceId, IfId)> {
        self.devices().flat_map(move |(id, device)| {
            let attached = (0u32..).map(IfId).zip(&device.attached);
            attached.filter(move |(_, at)| **at == Some(segment)).map(move |(interface, _)| (id, interface))
        })
    }

    /// Segments that a host is plugged into.
    pub fn segments_of(&self, host: HostId) -> BTreeSet<SegmentId> {
        let Some(found) = self.host(host) else { return BTreeSet::new() };
        let declared = found.interfaces.iter().map(|i| i.segment);
        let device = found.device.and_then(|d| self.device(d));
        let read = device.into_iter().flat_map(|d| d.attached.iter().copied().flatten());
        declared.chain(read).collect()
    }

    /// Segments on which a host is said to have a network card although the device that it is, which was read, is not
    /// attached there: nobody knows what the machine does by such a card.
    pub fn unshown_cards(&self, host: HostId) -> BTreeSet<SegmentId> {
        let Some((host, device)) = self.host(host).and_then(|h| Some((h, self.device(h.device?)?))) else {
            return BTreeSet::new();
        };
        let cards = host.interfaces.iter().map(|i| i.segment);
        cards.filter(|s| !device.attached.contains(&Some(*s))).collect()
    }

    /// Addresses of a segment that belong to no declared host and no device: its undeclared machines.
    pub fn undeclared_addresses(&self, segment: SegmentId) -> AddressSet {
        let hosts = self.hosts_on(segment).map(|(id, _)| self.host_addresses_on(id, segment));
        let known = hosts.reduce(|a, b| a.union(&b)).unwrap_or_default();
        let devices: BTreeSet<DeviceId> = self.devices_on(segment).map(|(id, _)| id).collect();
        let known = devices.iter().fold(known, |all, d| all.union(&self.device_addresses_on(*d, segment)));
        self.space_of(segment).minus(&known)
    }

    /// Hosts that are plugged into segments of at least two zones, with those zones in order. External networks
    /// count with their own zone.
    pub fn dual_homed(&self) -> Vec<(HostId, Vec<ZoneId>)> {
        let zones = self.hosts().map(|(id, _)| {
            let zones = self.segments_of(id).into_iter().filter_map(|s| self.segment(s)?.zone);
            (id, zones.collect::<BTreeSet<_>>())
        });
        zones.filter(|(_, z)| z.len() > 1).map(|(id, z)| (id, z.into_iter().collect())).collect()
    }

    /// Segments without a zone on which machines stand, or may: the zone is left out for links only, so nobody said where
    /// these belong.
    pub fn unplaced(&self) -> Vec<SegmentId> {
        let empty = |s: &Segment| s.complete && s.terminals == Relay::No;
        let link = |id: SegmentId, s: &Segment| s.internal || empty(s) && self.hosts_on(id).next().is_none();
        let found =
            self.segments().filter(|(id, s)| s.zone.is_none() && s.external.is_none() && !link(*id, s));
        found.map(|(id, _)| id).collect()
    }

    /// Whether undeclared machines of a segment may carry data between sessions (upper graph).
    pub fn terminals_may_relay(&self, segment: SegmentId) -> bool {
        self.segment(segment).is_some_and(|s| !s.internal && s.terminals != Relay::No)
    }

    /// Each interface of a device with each next hop that one of its routes may choose: exactly the
    /// [`super::Location::Egress`] locations the device can have, bound or not.
    pub fn ways_out(&self, device: DeviceId) -> Vec<(IfId, NextHop)> {
        self.device(device).map(|d| graph::ways_out(d).into_iter().collect()).unwrap_or_default()
    }
}

fn hosts_set(addresses: impl Iterator<Item = std::net::IpAddr>) -> AddressSet {
    let all: Vec<_> = addresses.map(|a| (Family::of(a), Family::number(a))).collect();
    let of = |family| Ranges::from_pairs(all.iter().filter(|a| a.0 == family).map(|a| (a.1, a.1)));
    AddressSet { v4: of(Family::V4), v6: of(Family::V6) }
}

fn closure(from: &[SegmentId], next: impl Fn(SegmentId) -> Vec<SegmentId>) -> BTreeSet<SegmentId> {
    let mut seen: BTreeSet<SegmentId> = from.iter().copied().collect();
    let mut open = from.to_vec();
    while let Some(at) = open.pop() {
        open.extend(next(at).into_iter().filter(|n| seen.insert(*n)));
    }
    seen
}
