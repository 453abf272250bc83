//! Boundary packets between zones, and whether the concrete evaluator carries one across.

use std::collections::BTreeSet;

use bunri::analysis::concrete::{Options, simulate};
use bunri::model::{AddressSet, Expr, Family, Field, Flow, Then, proto};
use bunri::network::{Endpoint, Location, Role, SegmentId, Site};

/// Values at which rules change their mind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packets {
    v4: BTreeSet<u128>,
    ports: BTreeSet<u16>,
    protocols: BTreeSet<u8>,
}

impl Packets {
    pub fn of(site: &Site) -> Packets {
        let mut out = Packets::default();
        out.ports.extend([1, 443, 65_000]);
        out.protocols.extend([proto::TCP, proto::UDP, proto::ICMP, 47]);
        for host in &site.hosts {
            let addresses = host.interfaces.iter().flat_map(|i| &i.addresses);
            out.v4.extend(addresses.map(|a| Family::number(a.value)));
        }
        // A machine that nobody declared.
        let prefixes = site.segments.iter().flat_map(|s| &s.prefixes);
        out.v4.extend(prefixes.map(|p| Family::number(p.value.network()) + 5));
        out.v4.insert(0xCB00_7107);
        let devices = site.devices.iter().map(|d| &d.device);
        for rule in devices.flat_map(|d| &d.rule_sets).flat_map(|s| &s.chains).flat_map(|c| &c.rules) {
            if !matches!(rule.then, Then::Route(_)) {
                out.add(&rule.when);
            }
        }
        out
    }

    fn add(&mut self, when: &Expr) {
        let mut open = vec![when];
        while let Some(next) = open.pop() {
            match next {
                Expr::Any | Expr::None => {}
                Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
                Expr::Not(inner) => open.push(inner),
                Expr::Unknown { bound, .. } => open.push(bound),
                Expr::In(Field::Src | Field::Dst, set) => {
                    let small = set.pairs().iter().filter(|p| p.1 < 1 << 32);
                    self.v4.extend(small.take(4).map(|p| p.0));
                }
                Expr::In(Field::Dport, set) => {
                    let first = set.pairs().iter().take(4).filter_map(|p| u16::try_from(p.0).ok());
                    self.ports.extend(first);
                }
                Expr::In(Field::Proto, set) => {
                    let first = set.pairs().iter().take(4).filter_map(|p| u8::try_from(p.0).ok());
                    self.protocols.extend(first);
                }
                Expr::In(..) => {}
            }
        }
    }

    /// Those of both.
    pub fn and(&self, other: Packets) -> Packets {
        let mut out = self.clone();
        out.v4.extend(other.v4);
        out.ports.extend(other.ports);
        out.protocols.extend(other.protocols);
        out
    }

    pub fn len(&self) -> usize {
        self.v4.len() * self.v4.len() * self.ports.len()
    }

    /// Headers between two addresses.
    fn headers(&self, src: u128, dst: u128) -> impl Iterator<Item = Flow> + '_ {
        let base = Flow {
            family: Family::V4,
            src,
            dst,
            proto: proto::TCP,
            sport: 49_152,
            dport: 0,
            icmp: 0,
            flags: 2,
        };
        self.protocols.iter().flat_map(move |p| {
            let with_ports = matches!(*p, proto::TCP | proto::UDP);
            let ports: Vec<u16> = if with_ports { self.ports.iter().copied().collect() } else { vec![0] };
            ports.into_iter().map(move |dport| Flow {
                proto: *p,
                dport,
                sport: if with_ports { base.sport } else { 0 },
                flags: if *p == proto::TCP { 2 } else { 0 },
                icmp: if *p == proto::ICMP { 8 << 8 } else { 0 },
                ..base
            })
        })
    }
}

fn segments(site: &Site, role: Role) -> BTreeSet<SegmentId> {
    let is = |z: bunri::network::ZoneId| site.zone(z).is_some_and(|z| z.role == role);
    site.segments().filter(|(_, s)| s.zone.is_some_and(is)).map(|(id, _)| id).collect()
}

/// A packet that some way carries from one zone onto a link of another where it must not. About `most` packets are
/// tried, others with another `seed`.
pub fn crossing(site: &Site, packets: &Packets, most: usize, seed: u64) -> Option<String> {
    let internet = segments(site, Role::Internet);
    let pairs = [Role::IndividualNumber, Role::Lgwan].map(|role| (role, segments(site, role)));
    let mut all = Vec::new();
    for (role, inner) in &pairs {
        for (from, to) in [(inner, &internet), (&internet, inner)] {
            for (origin, src) in machines(site, packets, from) {
                let targets = machines(site, packets, to).into_iter().map(|m| m.1);
                let dsts: BTreeSet<u128> = targets.chain(nowhere(site, packets)).collect();
                all.extend(dsts.into_iter().filter(|d| *d != src).map(|dst| (*role, origin, to, src, dst)));
            }
        }
    }
    let per_pair = packets.headers(0, 1).count();
    let one_in = u64::try_from((all.len() * per_pair / most.max(1)).max(1)).unwrap();
    let mut lot = seed;
    for (role, origin, to, src, dst) in all {
        for flow in packets.headers(src, dst) {
            lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if !(lot >> 33).is_multiple_of(one_in) {
                continue;
            }
            if let Some(found) = carried(site, origin, to, &flow, role) {
                return Some(found);
            }
        }
    }
    None
}

fn inside(site: &Site, segment: SegmentId, address: u128) -> bool {
    let ip = Family::V4.address(address);
    site.segment(segment).is_some_and(|s| s.prefixes.iter().any(|p| p.value.contains(ip)))
}

/// Addresses of no segment: of external networks, and what is translated.
fn nowhere(site: &Site, packets: &Packets) -> Vec<u128> {
    let free = |a: &&u128| !site.segments().any(|(s, _)| inside(site, s, **a));
    packets.v4.iter().filter(free).copied().collect()
}

/// Who may send on, or be reached in, these segments.
fn machines(site: &Site, packets: &Packets, segments: &BTreeSet<SegmentId>) -> Vec<(SegmentId, u128)> {
    let mut out = Vec::new();
    for id in segments {
        let external = site.segment(*id).is_some_and(|s| s.external.is_some());
        let here: Vec<u128> = match external {
            true => nowhere(site, packets).into_iter().take(6).collect(),
            false => packets.v4.iter().copied().filter(|a| inside(site, *id, *a)).collect(),
        };
        out.extend(here.into_iter().map(|a| (*id, a)));
    }
    out
}

fn carried(
    site: &Site,
    origin: SegmentId,
    to: &BTreeSet<SegmentId>,
    flow: &Flow,
    role: Role,
) -> Option<String> {
    let ways = simulate(site, Location::Origin(origin), flow, &Options::default());
    let sent = ways.branches.iter().flat_map(|b| &b.transmissions);
    let mut crossing = sent.filter(|t| match t.to {
        Location::Segment(s) => {
            to.contains(&s) && !(role == Role::Lgwan && declared(site, flow, s, &t.header))
        }
        Location::Elsewhere => true,
        _ => false,
    });
    let found = crossing.next()?;
    let name = site.device(found.device).map_or("?", |d| d.device.name.as_str());
    Some(format!("{flow} arrives as {} by {name}", found.header))
}

/// Whether the packet belongs to a declared session of a sanitizer: written here anew, from the words of the form.
fn declared(site: &Site, sent: &Flow, onto: SegmentId, delivered: &Flow) -> bool {
    site.sanitizers.iter().any(|sanitizer| {
        let Some(host) = site.host(sanitizer.host) else { return false };
        let own: Vec<u128> =
            host.interfaces.iter().flat_map(|i| &i.addresses).map(|a| Family::number(a.value)).collect();
        sanitizer.sessions.iter().any(|session| {
            let service =
                session.proto == delivered.proto && session.ports.contains(u128::from(delivered.dport));
            let means = |address: u128, place: Option<SegmentId>| {
                session.peers.iter().any(|peer| match peer {
                    Endpoint::Host(h) => site.host(*h).is_some_and(|h| {
                        let all = h.interfaces.iter().flat_map(|i| &i.addresses);
                        all.map(|a| Family::number(a.value)).any(|a| a == address)
                    }),
                    Endpoint::Addresses(set) => set.of(Family::V4).contains(address),
                    Endpoint::Segment(s) => site.segment(*s).is_some_and(|segment| {
                        let ip = Family::V4.address(address);
                        let inside = |p: &AddressSet| p.contains(ip);
                        let prefixes = segment.prefixes.iter().map(|p| AddressSet::network(p.value));
                        let zone = place.and_then(|p| site.segment(p)).and_then(|p| p.zone);
                        match segment.external {
                            Some(_) => place.is_none() || zone == segment.zone,
                            None => prefixes.collect::<Vec<_>>().iter().any(inside),
                        }
                    }),
                })
            };
            service
                && match session.peer_opens {
                    true => means(sent.src, None) && own.contains(&delivered.dst),
                    false => own.contains(&sent.src) && means(delivered.dst, Some(onto)),
                }
        })
    })
}
