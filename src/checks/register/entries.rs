//! Entries of a register as places, addresses and exemptions.

use std::collections::BTreeSet;

use super::super::crossing::Exempt;
use super::super::mediated::screen_only;
use super::super::places::{self, Party};
use super::super::waypoint;
use crate::analysis::transition::Bound;
use crate::intent::register::{End, Entry, Kind, Place};
use crate::model::{AddressSet, Family};
use crate::network::{Cluster, DeviceId, Endpoint, HostId, Role, SegmentId, Site};

/// Where machines of an end stand, with the addresses they use there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foot {
    /// The segment or external network.
    pub segment: SegmentId,
    /// Their addresses.
    pub addresses: AddressSet,
}

/// Where the machines of an end stand, for certain (lower) or possibly (upper): a host of which nobody wrote down
/// an address may have any that its segment leaves free, and who has an address that another machine of the segment has
/// as well is not certain.
pub fn feet(site: &Site, end: &End, bound: Bound) -> Vec<Foot> {
    let found: Vec<Foot> = match &end.place {
        Place::Host(host) => {
            let segments = site.segments_of(*host).into_iter();
            segments
                .map(|segment| Foot { segment, addresses: host_on(site, *host, segment, bound) })
                .collect()
        }
        Place::Segment(segment) => {
            let own = places::endpoint_addresses(site, &Endpoint::Segment(*segment));
            let addresses = match bound {
                Bound::Lower => own,
                Bound::Upper => {
                    own.union(&places::addresses_under(site, Party::Terminals(*segment), Bound::Upper))
                }
            };
            vec![Foot { segment: *segment, addresses }]
        }
        Place::External(segment, Some(listed)) => {
            vec![Foot { segment: *segment, addresses: listed.set.clone() }]
        }
        Place::External(segment, None) => vec![Foot { segment: *segment, addresses: everything() }],
        Place::Addresses(listed) => {
            let inside = site.segments().filter(|(_, s)| s.external.is_none() && !s.internal);
            let here = |(segment, _)| {
                let own = places::endpoint_addresses(site, &Endpoint::Segment(segment));
                Foot { segment, addresses: own.intersection(&listed.set) }
            };
            inside.map(here).collect()
        }
    };
    found.into_iter().filter(|f| !f.addresses.is_empty()).collect()
}

fn host_on(site: &Site, host: HostId, segment: SegmentId, bound: Bound) -> AddressSet {
    let written = site.host_addresses_on(host, segment);
    match bound {
        Bound::Lower => written.minus(&others_on(site, host, segment)),
        Bound::Upper => written.union(&places::addresses_under(site, Party::Host(host), Bound::Upper)),
    }
}

/// Addresses that machines of a segment other than a host have there. Members of a cluster are one machine.
pub fn others_on(site: &Site, host: HostId, segment: SegmentId) -> AddressSet {
    let own = site.host(host).and_then(|h| h.device.or(h.names));
    let hosts = site.hosts_on(segment).filter(|(id, h)| *id != host && (own.is_none() || h.device != own));
    let hosts = hosts.map(|(id, _)| site.host_addresses_on(id, segment));
    let devices: BTreeSet<DeviceId> = site.devices_on(segment).map(|(id, _)| id).collect();
    let devices = devices.into_iter().filter(|id| !own.is_some_and(|own| one_machine(site, own, *id)));
    let devices = devices.map(|id| site.device_addresses_on(id, segment));
    hosts.chain(devices).fold(AddressSet::empty(), |all, a| all.union(&a))
}

/// Whether two devices are parts of one box, or of the two boxes of a cluster.
fn one_machine(site: &Site, a: DeviceId, b: DeviceId) -> bool {
    let chassis = |id: DeviceId| site.device(id).map(|d| d.chassis.as_str());
    let (a, b) = (chassis(a), chassis(b));
    let member = |c: &Cluster, name: Option<&str>| {
        name.is_some_and(|n| [&c.first, &c.second].iter().any(|m| m.value == n))
    };
    a == b || site.clusters.iter().any(|c| member(c, a) && member(c, b))
}

pub(super) fn everything() -> AddressSet {
    AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))
}

/// The flows of an entry from some segments to others as exemptions.
pub fn exemptions(
    site: &Site,
    entry: &Entry,
    (from, to): (&BTreeSet<SegmentId>, &BTreeSet<SegmentId>),
    bound: Bound,
) -> Vec<Exempt> {
    let there: Vec<Foot> =
        feet(site, &entry.to, bound).into_iter().filter(|f| to.contains(&f.segment)).collect();
    if there.is_empty() {
        return Vec::new();
    }
    let named = there.iter().fold(AddressSet::empty(), |all, f| all.union(&f.addresses));
    let (destinations, onto) = match &entry.to.place {
        Place::External(id, None) => waypoint::receiving(site, &Endpoint::Segment(*id), named),
        _ => (named, None),
    };
    let mut out = Vec::new();
    for foot in feet(site, &entry.from, bound).into_iter().filter(|f| from.contains(&f.segment)) {
        out.push(Exempt {
            origins: BTreeSet::from([foot.segment]),
            sources: foot.addresses.clone(),
            destinations: destinations.clone(),
            onto: onto.clone(),
            proto: entry.protocol,
            ports: entry.ports.clone(),
            icmp: entry.icmp.clone(),
        });
    }
    out
}

/// The ends of an entry that may be the other side of the individual-number zone: both, if each names machines of it.
pub fn peers<'e>(site: &Site, entry: &'e Entry) -> Vec<&'e End> {
    let inner = places::segments_of_role(site, Role::IndividualNumber);
    let inside = |end: &End| feet(site, end, Bound::Upper).iter().any(|f| inner.contains(&f.segment));
    let ends = [(&entry.from, &entry.to), (&entry.to, &entry.from)];
    ends.into_iter().filter(|(one, _)| inside(one)).map(|(_, other)| other).collect()
}

/// Whether an entry is of screen transfer at the individual-number zone's border, whatever it calls itself.
pub fn shows(site: &Site, entry: &Entry) -> bool {
    let peers = peers(site, entry);
    let screens = |end: &&End| parties(site, end).iter().any(|p| screen_only(site, *p));
    !peers.is_empty() && (entry.kind == Kind::ScreenTransfer || peers.iter().any(screens))
}

/// The parties that an end means.
pub fn parties(site: &Site, end: &End) -> BTreeSet<Party> {
    let mut out = BTreeSet::new();
    for foot in feet(site, end, Bound::Upper) {
        if site.segment(foot.segment).is_some_and(|s| s.external.is_some()) {
            out.insert(Party::External(foot.segment));
            continue;
        }
        let met = |party: Party| {
            !places::addresses_under(site, party, Bound::Upper).intersection(&foot.addresses).is_empty()
        };
        let here = site.hosts_on(foot.segment).map(|(id, _)| Party::Host(id));
        out.extend(here.chain([Party::Terminals(foot.segment)]).filter(|p| met(*p)));
    }
    if let Place::Host(host) = &end.place {
        return BTreeSet::from([Party::Host(*host)]);
    }
    out
}

/// How many addresses an end stands for, per family.
pub fn width(site: &Site, end: &End) -> (u128, u128) {
    let feet = feet(site, end, Bound::Lower);
    size(&feet.iter().fold(AddressSet::empty(), |all, f| all.union(&f.addresses)))
}

/// How many IPv4 and IPv6 addresses a set has, up to the largest number there is.
pub fn size(set: &AddressSet) -> (u128, u128) {
    let count = |f: Family| {
        set.of(f)
            .pairs()
            .iter()
            .fold(0u128, |sum, (low, high)| sum.saturating_add((high - low).saturating_add(1)))
    };
    (count(Family::V4), count(Family::V6))
}

/// Whether every flow of `inner` is one of `outer`.
pub fn within(site: &Site, inner: &Entry, outer: &Entry) -> bool {
    let ends = [(&inner.from, &outer.from), (&inner.to, &outer.to)];
    let covered = ends.iter().all(|(a, b)| {
        if a.place == b.place {
            return true;
        }
        let outer = feet(site, b, Bound::Lower);
        feet(site, a, Bound::Upper).iter().all(|f| {
            let there = outer.iter().filter(|o| o.segment == f.segment);
            f.addresses.minus(&there.fold(AddressSet::empty(), |all, o| all.union(&o.addresses))).is_empty()
        })
    });
    covered
        && (outer.protocol.is_none() || outer.protocol == inner.protocol)
        && inner.ports.is_subset(&outer.ports)
        && outer.icmp.as_ref().is_none_or(|o| inner.icmp.as_ref().is_some_and(|i| i.is_subset(o)))
}
