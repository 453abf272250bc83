//! Who stands behind addresses that are none of the site's own: the external network to which the site's own routes
//! lead.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::model::{AddressSet, Expr, Family, Field, RouteTarget, Then};
use crate::network::form::listed;
use crate::network::{DeviceStatus, ExternalKind, SegmentId, Site, SiteDevice};
use crate::source::narrow;

/// Addresses of the site's own segments and their hosts.
pub(super) fn inside(site: &Site) -> AddressSet {
    let segments = site.segments().filter(|(_, s)| s.external.is_none() && !s.internal);
    segments.fold(AddressSet::empty(), |all, (id, _)| {
        let hosts = site.hosts_on(id).map(|(host, _)| site.host_addresses_on(host, id));
        hosts.fold(all.union(&site.space_of(id)), |all, own| all.union(&own))
    })
}

/// External networks as people find them in the papers: ids with names.
pub(super) fn names(site: &Site) -> (String, String) {
    listed(site.segments().filter(|(_, s)| s.external.is_some()).map(|(_, s)| s.id.value.as_str()))
}

/// The only network behind a router that stands on a segment of ours.
pub(super) fn on(site: &Site, segment: SegmentId) -> Option<SegmentId> {
    let routers = site.devices().filter(|(_, d)| d.contract.is_some() && d.attached.contains(&Some(segment)));
    let beyond: BTreeSet<SegmentId> = routers.flat_map(|(_, d)| externals(site, d)).collect();
    beyond.first().copied().filter(|_| beyond.len() == 1)
}

/// The only external network of whose name a text is part.
pub(super) fn called(site: &Site, text: &str) -> Option<SegmentId> {
    const SHORTEST: usize = 3;
    let text = narrow(text).to_lowercase();
    if text.chars().count() < SHORTEST {
        return None;
    }
    let has = |name: &str| narrow(name).to_lowercase().contains(&text);
    let all = site.segments().filter(|(_, s)| s.external.is_some());
    let mut all = all.filter(|(_, s)| has(&s.id.value) || s.name.as_deref().is_some_and(has));
    match (all.next(), all.next()) {
        (Some((only, _)), None) => Some(only),
        _ => None,
    }
}

/// The only closed network to which every route of the site for these addresses leads. Routes to everywhere say nothing
/// about them; where one device is not sure, or two routes differ, nothing is known.
pub(super) fn by_route(site: &Site, wanted: &AddressSet) -> Option<SegmentId> {
    if wanted.is_empty() || !wanted.intersection(&inside(site)).is_empty() {
        return None;
    }
    // Of a device that nobody read no route is known at all: it says nothing of what somebody meant.
    let unread = |name: &str| {
        site.boxes.iter().any(|(n, status)| n.value == name && matches!(status, DeviceStatus::Missing(_)))
    };
    let mut found = BTreeSet::new();
    let mut whole = false;
    for (_, device) in site.devices().filter(|(_, d)| d.contract.is_none() && !unread(&d.chassis)) {
        let (to, all) = sent(site, device, wanted)?;
        whole |= all && !to.is_empty();
        found.extend(to);
    }
    let only = found.pop_first()?;
    let closed = site.records.kinds.get(&only) == Some(&ExternalKind::Closed);
    (found.is_empty() && whole && closed).then_some(only)
}

/// The external networks to which one device sends some of the addresses, and whether routes of their own say so of
/// all of them; `None`: nobody knows.
fn sent(site: &Site, device: &SiteDevice, wanted: &AddressSet) -> Option<(BTreeSet<SegmentId>, bool)> {
    let mut out = BTreeSet::new();
    let mut left = wanted.clone();
    let rules = device.device.rule_sets.get(device.device.pipeline.routing.index())?;
    let Some(chain) = rules.chains.get(rules.entry.index()) else { return Some((out, false)) };
    for rule in &chain.rules {
        let (to, exact) = destinations(&rule.when);
        let hit = wanted.intersection(&to);
        if hit.is_empty() || everywhere(&to) {
            continue;
        }
        let Then::Route(id) = rule.then else { return None };
        let route = device.device.routes.get(id.index())?;
        match route.target {
            RouteTarget::Any(_) => return None,
            RouteTarget::Local | RouteTarget::Discard(_) => {}
            RouteTarget::Interface(interface) => {
                let on = device.attached.get(interface.index()).copied().flatten()?;
                out.extend(network(site, on, route.gateway));
            }
        }
        if exact {
            left = left.minus(&hit);
        }
    }
    Some((out, left.is_empty()))
}

fn externals<'s>(site: &'s Site, device: &'s SiteDevice) -> impl Iterator<Item = SegmentId> + 's {
    let external = |id: &SegmentId| site.segment(*id).is_some_and(|s| s.external.is_some());
    device.attached.iter().flatten().copied().filter(external)
}

/// The external network at the other end of an interface on `on`: that segment, or what one neighbour joins with it.
fn network(site: &Site, on: SegmentId, gateway: Option<IpAddr>) -> Option<SegmentId> {
    if site.segment(on).is_some_and(|s| s.external.is_some()) {
        return Some(on);
    }
    let gateway = gateway?;
    let at = |d: &SiteDevice| {
        d.device.interfaces.iter().zip(&d.attached).any(|(interface, segment)| {
            *segment == Some(on) && interface.addresses.iter().any(|a| a.network.ip() == gateway)
        })
    };
    let mut next = site.devices().filter(|(_, d)| d.contract.is_some() && at(d));
    let (Some((_, router)), None) = (next.next(), next.next()) else { return None };
    let beyond: BTreeSet<SegmentId> = externals(site, router).collect();
    beyond.first().copied().filter(|_| beyond.len() == 1)
}

fn everywhere(set: &AddressSet) -> bool {
    [Family::V4, Family::V6].iter().any(|f| *set.of(*f) == *AddressSet::all_of(*f).of(*f))
}

/// The destinations at which an expression can be true, and whether it is true at all of them.
fn destinations(when: &Expr) -> (AddressSet, bool) {
    let all = || AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6));
    match when {
        Expr::Any => (all(), true),
        Expr::None => (AddressSet::empty(), true),
        Expr::In(Field::Dst, ranges) => {
            let of = |family| AddressSet::in_family(family, ranges.clone());
            (of(Family::V4).union(&of(Family::V6)), true)
        }
        Expr::In(Field::Family, ranges) => {
            let of = |family: Family| match ranges.contains(family.value()) {
                true => AddressSet::all_of(family),
                false => AddressSet::empty(),
            };
            (of(Family::V4).union(&of(Family::V6)), true)
        }
        Expr::All(parts) => parts
            .iter()
            .map(destinations)
            .fold((all(), true), |(set, sure), (to, exact)| (set.intersection(&to), sure && exact)),
        Expr::Or(parts) => parts
            .iter()
            .map(destinations)
            .fold((AddressSet::empty(), true), |(set, sure), (to, exact)| (set.union(&to), sure && exact)),
        Expr::Unknown { bound, .. } => (destinations(bound).0, false),
        Expr::In(..) | Expr::Not(_) => (all(), false),
    }
}
