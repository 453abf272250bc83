//! The part of L-2 about administration: from which sides declared administrators reach a sanitizer.

use std::collections::{BTreeMap, BTreeSet};

use super::administered::INTERACTIVE;
use super::one_device::Declared;
use super::places::{self, Party};
use super::{CheckError, Options, evidence, failure, sanitizer};
use crate::analysis::answer::{Culprit, Evidence, Leg, Verdict};
use crate::analysis::concrete::{self, Arrival};
use crate::analysis::reach::{Arrivals, Explorer};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::analysis::{EngineError, Result};
use crate::model::{Flow, Ranges, proto};
use crate::msg;
use crate::network::{
    DeviceId, Endpoint, HalfSession, Location, Purpose, Role, Sanitizer, SegmentId, Site, ZoneId,
};

/// What was found.
pub(super) struct Managed {
    pub verdict: Verdict,
    pub culprits: Vec<Culprit>,
    pub counterexamples: Vec<Evidence>,
}

/// Whether a session is what ADMIN-DOES-NOT-RELAY is about: a person at work on the sanitizer, by a shell, a screen or
/// a page. What the sanitizer opens itself (logs, updates, shares), and every other service, carries data, whatever it
/// is called.
pub(super) fn administers(session: &HalfSession) -> bool {
    // HTTP and HTTPS with the ports on which products offer their pages.
    const PAGES: [(u16, u16); 6] =
        [(80, 80), (443, 443), (4443, 4443), (8443, 8443), (9443, 9443), (10443, 10443)];
    let shells =
        INTERACTIVE.iter().filter(|(proto, ..)| *proto == session.proto).map(|(_, low, high)| (*low, *high));
    let pages = PAGES.into_iter().filter(|_| session.proto == proto::TCP);
    let known =
        Ranges::from_pairs(shells.chain(pages).map(|(low, high)| (u128::from(low), u128::from(high))));
    session.purpose == Purpose::Management && session.peer_opens && session.ports.is_subset(&known)
}

/// Where administration enters the device: per side an entrance, who sends, and a packet.
type Sides = BTreeMap<Option<ZoneId>, (Location, Location, Flow)>;

/// Declared administrators must stand on one side, and reach the sanitizer by one.
pub(super) fn examine(
    site: &Site,
    sanitizer: &Sanitizer,
    label: &str,
    read: Option<DeviceId>,
    options: &Options,
) -> std::result::Result<Managed, CheckError> {
    let mut out = Managed { verdict: Verdict::Holds, culprits: Vec::new(), counterexamples: Vec::new() };
    let managed = sanitizer.sessions.iter().filter(|s| s.purpose == Purpose::Management);
    let sessions: Vec<&HalfSession> = managed.collect();
    let Some(first) = sessions.first() else { return Ok(out) };
    let peers = || sessions.iter().flat_map(|s| &s.peers);
    let blame = |what| Culprit { span: first.span, what, device: None };
    let both = || {
        msg!(
            "`{label}` is managed from more than one side",
            "「{label}」の管理操作が複数の系の側から可能である"
        )
    };
    let standing = peers().filter_map(|p| stands(site, p)).flatten();
    let roles: BTreeSet<Role> = standing.filter_map(|s| side_of(site, s)).collect();
    if roles.len() > 1 {
        out.verdict = Verdict::Violated;
        out.culprits.push(blame(both()));
        return Ok(out);
    }
    let Some(device) = read else {
        if peers().any(|p| stands(site, p).is_none()) {
            out.verdict = Verdict::Undetermined;
            out.culprits.push(blame(msg!(
                "the topology does not say where the administrators of `{label}` stand",
                "「{label}」の管理端末の接続先が構成情報にない"
            )));
        }
        return Ok(out);
    };
    let question = Entering { site, device, sessions: &sessions, options };
    match question.sides(Bound::Upper) {
        Ok(sides) if sides.len() < 2 => return Ok(out),
        Ok(_) => {}
        Err(error) => {
            out.verdict = Verdict::Undetermined;
            out.culprits.push(blame(failure(error)?));
            return Ok(out);
        }
    }
    let certain = question.sides(Bound::Lower).unwrap_or_default();
    out.counterexamples =
        certain.into_values().filter_map(|(by, at, flow)| question.replay(by, at, &flow)).collect();
    out.verdict = if out.counterexamples.len() > 1 { Verdict::Violated } else { Verdict::Undetermined };
    if out.verdict == Verdict::Undetermined {
        out.counterexamples.clear();
    }
    out.culprits.push(blame(both()));
    Ok(out)
}

/// The segments on which a peer stands; `None` if the topology does not place all of its addresses.
fn stands(site: &Site, peer: &Endpoint) -> Option<BTreeSet<SegmentId>> {
    let Endpoint::Addresses(set) = peer else { return Some(places::endpoint_segments(site, peer)) };
    let inside = |id: SegmentId| places::endpoint_addresses(site, &Endpoint::Segment(id));
    let near = site.segments().filter(|(_, s)| s.external.is_none());
    let found: Vec<_> =
        near.map(|(id, _)| (id, inside(id))).filter(|(_, a)| !a.intersection(set).is_empty()).collect();
    let left = found.iter().fold(set.clone(), |left, (_, a)| left.minus(a));
    left.is_empty().then(|| found.into_iter().map(|(id, _)| id).collect())
}

/// Which of the two sides of a sanitizer a segment is on, if any.
fn side_of(site: &Site, segment: SegmentId) -> Option<Role> {
    let role = site.zone(site.segment(segment)?.zone?)?.role;
    matches!(role, Role::Lgwan | Role::Internet).then_some(role)
}

struct Entering<'a> {
    site: &'a Site,
    device: DeviceId,
    sessions: &'a [&'a HalfSession],
    options: &'a Options<'a>,
}

impl Entering<'_> {
    fn sides(&self, bound: Bound) -> Result<Sides> {
        let mut out = Sides::new();
        for session in self.sessions.iter().filter(|s| s.peer_opens) {
            for peer in &session.peers {
                let declared = sanitizer::declared(self.site, session, peer);
                let from = match bound {
                    Bound::Upper => places::endpoint_segments(self.site, peer),
                    Bound::Lower => stands(self.site, peer).unwrap_or_default(),
                };
                self.enter(&declared, &from, bound, &mut out)?;
            }
        }
        Ok(out)
    }

    fn enter(
        &self,
        declared: &Declared,
        from: &BTreeSet<SegmentId>,
        bound: Bound,
        out: &mut Sides,
    ) -> Result<()> {
        let site = self.site;
        let mut explorer = self.options.explorer(site, BTreeSet::new());
        let opening = explorer.opening()?;
        let packets = declared.packets(&mut explorer)?;
        let seed = explorer.e.and(packets, opening)?;
        let seeds: Vec<_> = from.iter().map(|s| (Location::Origin(*s), seed)).collect();
        let arrivals = explorer.forward(&seeds, bound)?;
        // Asked entrance by entrance: of a packet that gets in by two, what arrived at the device itself tells one.
        let entered =
            arrivals.places().filter(|(at, _)| matches!(at, Location::Ingress(d, _) if *d == self.device));
        for (at, set) in entered {
            let inside = explorer.one_device(at, set, bound)?;
            for (index, step) in inside.steps_at(Location::Local(self.device)) {
                let headers = explorer.back(&inside, index, step.set, bound)?.headers;
                let (source, flow) = self.sent(&mut explorer, &arrivals, (at, headers), declared, bound)?;
                out.entry(self.side(at)).or_insert((at, source, flow));
            }
        }
        Ok(())
    }

    /// The zone from which an entrance is reached.
    fn side(&self, at: Location) -> Option<ZoneId> {
        let Location::Ingress(d, i) = at else { return None };
        let segment = self.site.device(d)?.attached.get(i.index()).copied().flatten()?;
        self.site.segment(segment)?.zone
    }

    /// Who sends what becomes some packets at an entrance.
    fn sent(
        &self,
        explorer: &mut Explorer<'_>,
        arrivals: &Arrivals,
        (at, headers): (Location, PacketSet),
        declared: &Declared,
        bound: Bound,
    ) -> Result<(Location, Flow)> {
        for (index, step) in arrivals.steps_at(at) {
            let region = explorer.e.and(headers, step.set)?;
            if region.is_empty() {
                continue;
            }
            let way = explorer.back(arrivals, index, region, bound)?;
            let wishes = Preferences { sources: vec![declared.sources.clone()], destinations: Vec::new() };
            let flow = witness::choose(&mut explorer.e, way.headers, &wishes).map(|p| flow_at(&p));
            return Ok((way.source, flow.ok_or(EngineError::Malformed)?));
        }
        Err(EngineError::Malformed)
    }

    /// A packet that certainly gets in by an entrance; one that the evaluator brings in by another proves nothing.
    fn replay(&self, by: Location, at: Location, flow: &Flow) -> Option<Evidence> {
        let target =
            |arrival: &Arrival| matches!(arrival, Arrival::Local { device, .. } if *device == self.device);
        let reach = concrete::reaches(self.site, at, flow, &evidence::replaying(), &target);
        let branch = reach.branch.filter(|_| reach.certainty.is_certain())?;
        let entered = branch.hops.last().and_then(|h| Some(Location::Ingress(h.device, h.ingress?)));
        let Location::Origin(segment) = at else { return None };
        if entered != Some(by) {
            return None;
        }
        let choices = match &reach.certainty {
            concrete::Certainty::UnderChoices(choices) => concrete::conditions(self.site, choices),
            _ => Vec::new(),
        };
        let leg = Leg {
            from: places::label(self.site, Party::Terminals(segment)),
            to: places::label(self.site, Party::Device(self.device)),
            packet: *flow,
            delivered: branch.delivered().unwrap_or(*flow),
            hops: branch.path(self.site),
        };
        Some(Evidence {
            legs: vec![leg],
            family: flow.family,
            one_way: true,
            requires_forged_source: false,
            choices,
        })
    }
}
