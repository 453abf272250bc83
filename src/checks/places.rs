//! Who is where: the parties that can hold sessions, and their addresses.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::reach::Fact;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Family, IfId, Ranges, RelayKind};
use crate::msg;
use crate::network::{
    DeviceId, Endpoint, ExternalKind, HostId, Location, NextHop, Relay, Role, Sanitizer, SegmentId, Site,
};
use crate::source::Msg;

/// Somebody who can hold a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A declared host.
    Host(HostId),
    /// Undeclared machines of a segment.
    Terminals(SegmentId),
    /// An external network.
    External(SegmentId),
    /// A device's own processes.
    Device(DeviceId),
    /// Whatever stands behind an interface where the topology ends: see [`open_ends`].
    OpenEnd(DeviceId, IfId),
}

/// Every party of the site, in a fixed order.
pub fn parties(site: &Site) -> Vec<Party> {
    let mut out: Vec<Party> = site.hosts().map(|(id, _)| Party::Host(id)).collect();
    for (id, segment) in site.segments() {
        if segment.external.is_some() {
            out.push(Party::External(id));
        } else if !segment.internal {
            out.push(Party::Terminals(id));
        }
    }
    for (id, device) in site.devices() {
        let is_host = site.hosts.iter().any(|h| h.device == Some(id));
        let relays = !device.device.relays.is_empty() || device.relay == Relay::Yes;
        if !is_host && relays {
            out.push(Party::Device(id));
        }
    }
    out.extend(open_ends(site).into_keys().map(|(device, interface)| Party::OpenEnd(device, interface)));
    out
}

/// Interfaces at which the topology ends, with the facts that make them open: bound to nothing, or with a next hop
/// that no device owns. Whoever is plugged in there, or is that router, may stand in every zone (SEMANTICS 11).
pub fn open_ends(site: &Site) -> BTreeMap<(DeviceId, IfId), BTreeSet<Fact>> {
    let mut out: BTreeMap<(DeviceId, IfId), BTreeSet<Fact>> = BTreeMap::new();
    for (id, device) in site.devices() {
        for interface in &device.elsewhere {
            out.entry((id, *interface)).or_default().insert(Fact::Unbound(id, *interface));
        }
    }
    for at in site.nodes.keys() {
        if let (Location::Egress(device, interface, _), Some(fact)) = (*at, open_way(site, *at)) {
            out.entry((device, interface)).or_default().insert(fact);
        }
    }
    out
}

/// The fact that makes a way out of a device lead out of the topology, if it does.
pub fn open_way(site: &Site, at: Location) -> Option<Fact> {
    let Location::Egress(id, interface, hop) = at else { return None };
    let device = site.device(id)?;
    if device.elsewhere.contains(&interface) {
        return Some(Fact::Unbound(id, interface));
    }
    // A device by contract does no more than is declared: it hands over to the devices of the segment.
    if hop == NextHop::Unknown && device.contract.is_some() {
        return None;
    }
    let (from, to) = (site.nodes.get(&at)?, site.nodes.get(&Location::Elsewhere)?);
    site.graph.contains_edge(*from, *to).then_some(Fact::NextHop(at))
}

/// Whether a party may carry data from one session to another. What its configuration certainly does by purpose, nobody
/// declares away (SEMANTICS 20): a declaration fills what no configuration shows.
pub fn relay(site: &Site, party: Party) -> Relay {
    let said = declared_relay(site, party);
    let device = device_of(site, party).and_then(|d| site.device(d));
    match device {
        Some(d) if said == Relay::No && d.certain_relay().is_some() => Relay::Yes,
        // It runs, and what it lets through is not known.
        Some(d) if said == Relay::No && d.serves_others() => Relay::Unknown,
        _ => said,
    }
}

fn declared_relay(site: &Site, party: Party) -> Relay {
    match party {
        Party::Host(id) => site.host(id).map_or(Relay::Unknown, |h| h.relay),
        Party::Terminals(id) => site.segment(id).map_or(Relay::Unknown, |s| s.terminals),
        // Externals are sources and sinks; what they lead to is declared.
        Party::External(_) | Party::OpenEnd(..) => Relay::No,
        Party::Device(id) => site.device(id).map_or(Relay::Unknown, |d| match d.relay {
            Relay::Unknown if d.device.relays.iter().any(|r| r.certain) => Relay::Yes,
            declared => declared,
        }),
    }
}

/// Segments and external networks that belong to zones of a role, with every external that leads to one of them or
/// to which one of them leads. What is said to be the internet is so in whatever zone it stands; only an independent
/// zone may have lines of its own (N-1 asks about those).
pub fn segments_of_role(site: &Site, role: Role) -> BTreeSet<SegmentId> {
    let zones = site.zones().filter(|(_, z)| z.role == role);
    let mut out: BTreeSet<SegmentId> =
        zones.flat_map(|(id, _)| site.places_of_zone(id).all().collect::<Vec<_>>()).collect();
    if role == Role::Internet {
        let kinds = site.records.kinds.iter().filter(|(_, k)| **k != ExternalKind::Closed);
        out.extend(kinds.map(|(id, _)| *id).filter(|id| !independent(site, *id)));
    }
    out
}

fn independent(site: &Site, segment: SegmentId) -> bool {
    let zone = site.segment(segment).and_then(|s| s.zone).and_then(|z| site.zone(z));
    zone.is_some_and(|z| z.role == Role::Independent)
}

/// The segments a party is connected to.
pub fn segments_of(site: &Site, party: Party) -> BTreeSet<SegmentId> {
    match party {
        Party::Host(id) => site.segments_of(id),
        Party::Terminals(id) | Party::External(id) => BTreeSet::from([id]),
        Party::Device(id) => {
            let device = site.device(id);
            device.into_iter().flat_map(|d| d.attached.iter().flatten().copied()).collect()
        }
        // The router that nobody declared; nothing for an interface that is bound to nothing.
        Party::OpenEnd(device, interface) => {
            let device = site.device(device);
            device.and_then(|d| d.attached.get(interface.index()).copied().flatten()).into_iter().collect()
        }
    }
}

/// Addresses that a party uses as its own.
pub fn addresses_of(site: &Site, party: Party) -> AddressSet {
    match party {
        Party::Terminals(_) => Known::of(site).addresses_of(site, party),
        _ => written_addresses(site, party),
    }
}

/// The same for parties that are not the rest of a segment.
fn written_addresses(site: &Site, party: Party) -> AddressSet {
    match party {
        Party::Host(id) => site.own_addresses(id),
        Party::External(_) | Party::OpenEnd(..) => everything(),
        Party::Device(id) => site.device_addresses(id),
        Party::Terminals(_) => AddressSet::empty(),
    }
}

/// Addresses that a party uses for certain (lower), or may use (upper): a machine of which nobody wrote down an
/// address of some family may have any that its segment leaves free, a device that was not read any at all.
pub fn addresses_under(site: &Site, party: Party, bound: Bound) -> AddressSet {
    match (party, bound) {
        (Party::Host(_) | Party::Terminals(_), _) => Known::of(site).addresses_under(site, party, bound),
        _ => Known(AddressSet::empty()).addresses_under(site, party, bound),
    }
}

/// Every address that belongs to a declared host or to a device.
pub struct Known(AddressSet);

impl Known {
    /// Gathers them.
    pub fn of(site: &Site) -> Known {
        let hosts = site.hosts().map(|(host, _)| site.own_addresses(host));
        let all: Vec<AddressSet> =
            hosts.chain(site.devices().map(|(id, _)| site.device_addresses(id))).collect();
        let pairs =
            |family| Ranges::from_pairs(all.iter().flat_map(move |a| a.of(family).pairs().iter().copied()));
        Known(AddressSet { v4: pairs(Family::V4), v6: pairs(Family::V6) })
    }

    fn addresses_of(&self, site: &Site, party: Party) -> AddressSet {
        match party {
            Party::Terminals(id) => self.left_free(site, id),
            _ => written_addresses(site, party),
        }
    }

    /// As [`addresses_under`].
    pub fn addresses_under(&self, site: &Site, party: Party, bound: Bound) -> AddressSet {
        let own = self.addresses_of(site, party);
        if bound == Bound::Lower {
            return own;
        }
        if let Some(device) = device_of(site, party) {
            let relays = site.device(device).into_iter().flat_map(|d| &d.device.relays);
            let unread = relays.into_iter().any(|r| r.kind == RelayKind::Unread);
            return if unread || own.is_empty() { everything() } else { own };
        }
        let Party::Host(id) = party else { return own };
        let cards = site.host(id).into_iter().flat_map(|h| &h.interfaces);
        cards.fold(own, |all, card| {
            let written = |f: Family| card.addresses.iter().any(|a| Family::of(a.value) == f);
            let unwritten: Vec<Family> = Family::ALL.into_iter().filter(|f| !written(*f)).collect();
            if unwritten.is_empty() {
                return all;
            }
            let free = self.left_free(site, card.segment);
            unwritten.into_iter().fold(all, |all, f| all.union(&AddressSet::in_family(f, free.of(f).clone())))
        })
    }

    /// Addresses that undeclared machines of a segment may have: those of its prefixes that nobody declared, and
    /// every address of a family that has no prefix there (nobody can say which one a machine gives itself).
    fn left_free(&self, site: &Site, id: SegmentId) -> AddressSet {
        let space = site.space_of(id);
        let open = Family::ALL.into_iter().filter(|f| space.of(*f).is_empty());
        let set = open.fold(site.undeclared_addresses(id), |set, f| set.union(&AddressSet::all_of(f)));
        set.minus(&self.0)
    }
}

fn everything() -> AddressSet {
    AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))
}

/// Where a party's packets start.
pub fn origins(site: &Site, party: Party) -> Vec<Location> {
    match party {
        Party::Host(id) => match site.host(id).and_then(|h| h.device) {
            Some(device) => {
                let beside = site.unshown_cards(id).into_iter().map(Location::Origin);
                std::iter::once(Location::LocalOrigin(device)).chain(beside).collect()
            }
            None => segments_of(site, party).into_iter().map(Location::Origin).collect(),
        },
        Party::Terminals(id) | Party::External(id) => vec![Location::Origin(id)],
        Party::Device(id) => vec![Location::LocalOrigin(id)],
        Party::OpenEnd(device, interface) => vec![Location::Ingress(device, interface)],
    }
}

/// The device whose own processes a party is.
pub fn device_of(site: &Site, party: Party) -> Option<DeviceId> {
    match party {
        Party::Host(id) => site.host(id).and_then(|h| h.device),
        Party::Device(id) => Some(id),
        _ => None,
    }
}

/// The segments on which a party sends and receives without a device in between whose configuration was read: where it
/// stands, but for a machine that was read, of which that is known only of cards that its configuration does not show.
pub fn unread_segments_of(site: &Site, party: Party) -> BTreeSet<SegmentId> {
    match (device_of(site, party), party) {
        (None, _) => segments_of(site, party),
        (Some(_), Party::Host(id)) => site.unshown_cards(id),
        (Some(_), _) => BTreeSet::new(),
    }
}

/// The sanitizer that a party is.
pub fn sanitizer_of(site: &Site, party: Party) -> Option<&Sanitizer> {
    let Party::Host(id) = party else { return None };
    site.sanitizers.iter().find(|s| s.host == id)
}

/// The part of a party's addresses that an endpoint of a declared session means.
pub fn endpoint_addresses(site: &Site, endpoint: &Endpoint) -> AddressSet {
    match endpoint {
        Endpoint::Segment(id) => {
            let Some(segment) = site.segment(*id) else { return AddressSet::empty() };
            if segment.external.is_some() {
                return everything();
            }
            let hosts = site.hosts_on(*id).map(|(host, _)| site.host_addresses_on(host, *id));
            hosts.fold(site.space_of(*id), |set, own| set.union(&own))
        }
        Endpoint::Host(id) => addresses_of(site, Party::Host(*id)),
        Endpoint::Addresses(set) => set.clone(),
    }
}

/// The segments on which machines that an endpoint means may stand.
pub fn endpoint_segments(site: &Site, endpoint: &Endpoint) -> BTreeSet<SegmentId> {
    match endpoint {
        Endpoint::Segment(id) => BTreeSet::from([*id]),
        Endpoint::Host(id) => site.segments_of(*id),
        Endpoint::Addresses(set) => {
            let mut left = set.clone();
            let mut out = BTreeSet::new();
            for (id, segment) in site.segments() {
                let here = endpoint_addresses(site, &Endpoint::Segment(id));
                if !here.intersection(set).is_empty() {
                    out.insert(id);
                }
                if segment.external.is_none() {
                    left = left.minus(&here);
                }
            }
            // Addresses that the topology places nowhere may stand behind any segment.
            if left.is_empty() { out } else { site.segments().map(|(id, _)| id).collect() }
        }
    }
}

/// What is said of a machine with a network card that its configuration does not show.
pub fn unshown_card(name: &str) -> Msg {
    msg!(
        "`{name}` has a network card that its configuration does not show",
        "「{name}」に、設定から確認できないNICが記載されている"
    )
}

/// What people call a party.
pub fn label(site: &Site, party: Party) -> String {
    let segment = |id: SegmentId| {
        site.segment(id).map_or_else(String::new, |s| s.name.clone().unwrap_or_else(|| s.id.value.clone()))
    };
    match party {
        Party::Host(id) => site.host(id).map_or_else(String::new, |h| h.id.value.clone()),
        Party::Terminals(id) | Party::External(id) => segment(id),
        Party::Device(id) => site.device(id).map_or_else(String::new, |d| d.device.name.clone()),
        Party::OpenEnd(device, interface) => site.device(device).map_or_else(String::new, |d| {
            let name = d.device.interfaces.get(interface.index()).map_or("?", |i| i.name.value.as_str());
            format!("{}:{name}", d.device.name)
        }),
    }
}
