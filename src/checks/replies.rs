//! Packets that cross because somebody opened a session: replies to forged packets, and what helpers let pass
//! (SEMANTICS 17, 18).
//!
//! Replies that are delivered to the side that opened their session are no crossing. So only sessions count that
//! are opened from elsewhere: whoever opens them uses a source of the other side.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::crossing::{
    Crossing, Exempt, MOST_CULPRITS, MOST_ROUNDS, MOST_SHOWN, Outcome, certain_destinations,
};
use super::{Options, evidence, places};
use crate::analysis::answer::{Evidence, Verdict};
use crate::analysis::concrete::{self, Arrival, Certainty, SiteChoice, SitePick};
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Explorer, Fact, Side};
use crate::analysis::replies::{Openers, Passages, Pinholes};
use crate::analysis::set::{PacketSet, flow_at, point_of};
use crate::analysis::transition::Bound;
use crate::analysis::witness;
use crate::analysis::{EngineError, Result};
use crate::model::{Device, Established, Field, Flow, IfId, proto};
use crate::network::{DeviceId, Location, SegmentId, Site, SiteDevice};

/// Adds what passes for sessions to what opening packets do.
///
/// `engine` has left out nothing and compiled the devices already, if the question needed no more.
///
/// # Errors
/// As [`Explorer::forward`].
pub(super) fn decide(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
    outcome: &mut Outcome,
    engine: Option<Explorer<'_>>,
) -> Result<()> {
    if outcome.verdict == Verdict::Violated || !keeps_sessions(site) {
        return Ok(());
    }
    let resolved = outcome.left_out.clone();
    let mut search = match engine {
        Some(engine) => Search { engine, site, crossing, resolved: resolved.clone() },
        None => Search::new(site, crossing, options, resolved.clone()),
    };
    let Some(facts) = search.facts(&mut outcome.devices)? else { return Ok(()) };
    // Replies are certain nowhere else, see `Explorer::forward_past`.
    let certain = site.devices.iter().any(|d| asks_again(&d.device));
    let found = if certain {
        Search::new(site, crossing, options, BTreeSet::new()).violations()?
    } else {
        Vec::new()
    };
    if !found.is_empty() {
        outcome.verdict = Verdict::Violated;
        outcome.counterexamples = found;
        outcome.reason = None;
        outcome.possible.clear();
        outcome.culprits.clear();
        outcome.culprits_truncated = false;
        return Ok(());
    }
    let open = outcome.verdict == Verdict::Undetermined;
    outcome.verdict = Verdict::Undetermined;
    explain((site, crossing, options), outcome, resolved, (facts, open))
}

/// What lets packets cross for a session in the upper graph, whoever opens it; `None`: nothing does.
///
/// # Errors
/// As [`Explorer::forward`].
pub(super) fn may_cross(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
) -> Result<Option<BTreeSet<Fact>>> {
    if !keeps_sessions(site) {
        return Ok(None);
    }
    Search::new(site, crossing, options, BTreeSet::new()).facts(&mut BTreeSet::new())
}

/// Whether it is worth asking if nothing crosses for a session under any routing. Not where the topology ends somewhere,
/// nor where a device between networks sends replies where its routes say: with other routes it sends them elsewhere.
pub(super) fn may_stay_closed(site: &Site) -> bool {
    let by_routes = |d: &Device| matches!(d.established, Established::ByRules | Established::ByRoutes);
    let between = |d: &SiteDevice| d.attached.iter().flatten().count() > 1;
    let astray = site.devices.iter().any(|d| by_routes(&d.device) && between(d));
    !keeps_sessions(site) || !astray && places::open_ends(site).is_empty()
}

/// Whether nothing crosses for a session, under the routing that `engine` asks about.
///
/// # Errors
/// As [`Explorer::forward`].
pub(super) fn stay_closed(site: &Site, crossing: &Crossing, engine: Explorer<'_>) -> Result<bool> {
    let mut search = Search { engine, site, crossing, resolved: BTreeSet::new() };
    Ok(!keeps_sessions(site) || search.facts(&mut BTreeSet::new())?.is_none())
}

fn keeps_sessions(site: &Site) -> bool {
    let keeps = |d: &Device| d.established != Established::None || !d.helpers.is_empty();
    site.devices.iter().any(|d| keeps(&d.device))
}

/// Finds the ways for forged sources and the helpers that decide.
fn explain(
    (site, crossing, options): (&Site, &Crossing, &Options),
    outcome: &mut Outcome,
    mut resolved: BTreeSet<Fact>,
    (facts, open): (BTreeSet<Fact>, bool),
) -> Result<()> {
    let before = resolved.clone();
    let mut next = Some(facts);
    let mut rounds = 0;
    let mut complete = true;
    while let Some(facts) = next {
        let known = resolved.len();
        resolved.extend(facts);
        rounds += 1;
        // Where the answer is open for other lines, one look must do.
        if resolved.len() == known || rounds > if open { 0 } else { MOST_ROUNDS } {
            outcome.culprits_truncated = true;
            complete = false;
            break;
        }
        next = Search::new(site, crossing, options, resolved.clone()).facts(&mut BTreeSet::new())?;
    }
    if complete {
        reduce((site, crossing, options), &mut resolved, &before)?;
    }
    let new: BTreeSet<Fact> = resolved.difference(&before).copied().collect();
    let (culprits, more) = evidence::culprits(site, &new, MOST_CULPRITS);
    outcome.culprits_truncated |= more;
    outcome.culprits.extend(culprits);
    outcome.culprits.sort();
    outcome.culprits.dedup();
    outcome.culprits_truncated |= outcome.culprits.len() > MOST_CULPRITS;
    outcome.culprits.truncate(MOST_CULPRITS);
    outcome.left_out = resolved;
    Ok(())
}

/// Drops facts, in order, as long as leaving out the rest still closes every way: each one left is open alone.
fn reduce(
    (site, crossing, options): (&Site, &Crossing, &Options),
    facts: &mut BTreeSet<Fact>,
    before: &BTreeSet<Fact>,
) -> Result<()> {
    let new: Vec<Fact> = facts.difference(before).copied().collect();
    for fact in new.iter().filter(|_| new.len() > 1) {
        let mut fewer = facts.clone();
        fewer.remove(fact);
        if Search::new(site, crossing, options, fewer.clone()).facts(&mut BTreeSet::new())?.is_none() {
            *facts = fewer;
        }
    }
    Ok(())
}

/// A declared session, one way: what its packets are where they are sent, and where they are delivered.
struct Cover {
    origins: BTreeSet<SegmentId>,
    sent: PacketSet,
    delivered: PacketSet,
    onto: Option<BTreeSet<SegmentId>>,
}

/// Packets put at some locations together.
struct Sending {
    seeds: Vec<(Location, PacketSet)>,
    exempted: BTreeMap<SegmentId, PacketSet>,
    entered: Option<(DeviceId, IfId)>,
}

struct Search<'a> {
    engine: Explorer<'a>,
    site: &'a Site,
    crossing: &'a Crossing,
    resolved: BTreeSet<Fact>,
}

impl<'a> Search<'a> {
    fn new(site: &'a Site, crossing: &'a Crossing, options: &Options<'a>, resolved: BTreeSet<Fact>) -> Self {
        let engine = options.explorer(site, resolved.clone());
        Search { engine, site, crossing, resolved }
    }

    /// What lets packets through that cross in the upper graph, if any do.
    fn facts(&mut self, devices: &mut BTreeSet<DeviceId>) -> Result<Option<BTreeSet<Fact>>> {
        let mut out: Option<BTreeSet<Fact>> = None;
        let Some(pinholes) = self.pinholes(devices)? else { return Ok(out) };
        for run in self.runs(Bound::Upper)? {
            let passages = self.engine.forward_past(&run.seeds, Bound::Upper, &pinholes.openers)?;
            for index in 0..passages.steps.len() {
                if !self.landing(&passages, index, &run, Bound::Upper)?.is_empty() {
                    out.get_or_insert_default().extend(passages.facts(index));
                }
            }
        }
        Ok(out)
    }

    /// Everybody but the side asked about.
    fn others(&self, bound: Bound) -> BTreeSet<Location> {
        let segments = self.site.segments().filter(|(id, s)| !s.internal && !self.crossing.to.contains(id));
        let mut out: BTreeSet<Location> = segments.map(|(id, _)| Location::Origin(id)).collect();
        if bound == Bound::Upper {
            let ends = places::open_ends(self.site).into_iter();
            let open = ends.filter(|(_, facts)| !facts.is_subset(&self.resolved));
            out.extend(open.map(|((device, interface), _)| Location::Ingress(device, interface)));
        }
        out
    }

    /// What passes for sessions that anybody but the side asked about opens; `None` if nothing of that may land there.
    fn pinholes(&mut self, devices: &mut BTreeSet<DeviceId>) -> Result<Option<Rc<Pinholes>>> {
        let from = self.others(Bound::Upper);
        let targets = self.crossing.to.iter().map(|s| Location::Segment(*s)).collect();
        let pinholes = self.engine.pinholes(&from, &targets)?;
        devices.extend(pinholes.passages.steps.iter().filter(|s| s.past).filter_map(|s| match s.at {
            Location::Ingress(device, _) => Some(device),
            _ => None,
        }));
        // Whatever lands: nothing is declared, and nobody entered where the topology ends.
        let run = Sending { seeds: Vec::new(), exempted: BTreeMap::new(), entered: None };
        for index in 0..pinholes.passages.steps.len() {
            if !self.landing(&pinholes.passages, index, &run, Bound::Upper)?.is_empty() {
                return Ok(Some(pinholes));
            }
        }
        Ok(None)
    }

    /// The part of a passage that is on the other side, for a session only and not a declared one.
    fn landing(
        &mut self,
        passages: &Passages,
        index: usize,
        run: &Sending,
        bound: Bound,
    ) -> Result<PacketSet> {
        let Some(step) = passages.steps.get(index).filter(|s| s.past) else { return Ok(PacketSet::EMPTY) };
        let (segment, set) = match (step.at, bound) {
            (Location::Segment(s), Bound::Upper) => (s, step.set),
            (at @ Location::Egress(d, i, _), Bound::Upper) => {
                let open = places::open_way(self.site, at).is_some_and(|f| !self.resolved.contains(&f));
                let out = open && run.entered != Some((d, i));
                return Ok(if out { step.set } else { PacketSet::EMPTY });
            }
            (Location::Egress(d, i, hop), Bound::Lower) => {
                let device = self.site.device(d);
                let Some(s) = device.and_then(|d| d.attached.get(i.index()).copied().flatten()) else {
                    return Ok(PacketSet::EMPTY);
                };
                let Some(certain) = certain_destinations(self.site, s, hop) else {
                    return Ok(PacketSet::EMPTY);
                };
                let to = self.engine.with_address(Field::Dst, &certain)?;
                (s, self.engine.e.and(step.set, to)?)
            }
            _ => return Ok(PacketSet::EMPTY),
        };
        if !self.crossing.to.contains(&segment) {
            return Ok(PacketSet::EMPTY);
        }
        let declared = run.exempted.get(&segment).copied().unwrap_or(PacketSet::EMPTY);
        Ok(self.engine.e.minus(set, declared)?)
    }

    /// What is sent from where, by the declared sessions it may belong to in either direction; then what comes from
    /// where the topology ends.
    fn runs(&mut self, bound: Bound) -> Result<Vec<Sending>> {
        let all = self.engine.e.universe()?;
        let mut covers = Vec::new();
        for exempt in &self.crossing.exempt {
            covers.extend(self.covers(exempt)?);
        }
        let mut groups: BTreeMap<Vec<usize>, Vec<SegmentId>> = BTreeMap::new();
        for segment in &self.crossing.from {
            let here = covers.iter().enumerate().filter(|(_, c)| c.origins.contains(segment));
            groups.entry(here.map(|(at, _)| at).collect()).or_default().push(*segment);
        }
        let mut out = Vec::new();
        for (at, segments) in groups {
            let here: Vec<&Cover> = at.iter().filter_map(|at| covers.get(*at)).collect();
            for (set, members) in self.split(all, &here)? {
                let seeds = segments.iter().map(|s| (Location::Origin(*s), set)).collect();
                let exempted = self.exempted(&members)?;
                out.push(Sending { seeds, exempted, entered: None });
            }
        }
        if bound == Bound::Upper {
            for (end, facts) in places::open_ends(self.site) {
                if !facts.is_subset(&self.resolved) {
                    let seeds = vec![(Location::Ingress(end.0, end.1), all)];
                    out.push(Sending { seeds, exempted: BTreeMap::new(), entered: Some(end) });
                }
            }
        }
        Ok(out)
    }

    fn covers(&mut self, exempt: &Exempt) -> Result<[Cover; 2]> {
        let service = |port| {
            let cube = Cube::any().with(port, exempt.ports.clone());
            exempt.proto.map_or(cube.clone(), |p| cube.with_value(Field::Proto, u128::from(p)))
        };
        let mut asked = service(Field::Dport);
        if let Some(icmp) = &exempt.icmp {
            asked.set(Field::Icmp, icmp.clone());
        }
        let asked = self.engine.e.cube(&asked)?;
        let answered = self.engine.e.cube(&service(Field::Sport))?;
        let to = self.engine.with_address(Field::Dst, &exempt.destinations)?;
        let back = self.engine.with_address(Field::Src, &exempt.destinations)?;
        let sources = [Field::Src, Field::Dst];
        let [from, home] = [
            self.engine.with_address(sources[0], &exempt.sources)?,
            self.engine.with_address(sources[1], &exempt.sources)?,
        ];
        Ok([
            Cover {
                origins: exempt.origins.clone(),
                sent: from,
                delivered: self.engine.e.and(to, asked)?,
                onto: exempt.onto.clone(),
            },
            Cover {
                // Of declared ICMP no answer is exempt: which type answers which is not told apart.
                origins: exempt
                    .icmp
                    .as_ref()
                    .map_or_else(|| exempt.answered_from(self.site), |_| BTreeSet::new()),
                sent: self.engine.e.and(back, answered)?,
                delivered: home,
                onto: Some(exempt.origins.clone()),
            },
        ])
    }

    /// Partitions packets by the covers that may hold them.
    fn split<'c>(
        &mut self,
        all: PacketSet,
        covers: &[&'c Cover],
    ) -> Result<Vec<(PacketSet, Vec<&'c Cover>)>> {
        let mut classes: Vec<(PacketSet, Vec<&'c Cover>)> = vec![(all, Vec::new())];
        for cover in covers {
            let mut next = Vec::new();
            for (set, members) in classes {
                let inside = self.engine.e.and(set, cover.sent)?;
                let outside = self.engine.e.minus(set, cover.sent)?;
                if !inside.is_empty() {
                    let mut with = members.clone();
                    with.push(*cover);
                    next.push((inside, with));
                }
                if !outside.is_empty() {
                    next.push((outside, members));
                }
            }
            classes = next;
        }
        Ok(classes)
    }

    fn exempted(&mut self, covers: &[&Cover]) -> Result<BTreeMap<SegmentId, PacketSet>> {
        let mut out: BTreeMap<SegmentId, PacketSet> = BTreeMap::new();
        for segment in &self.crossing.to {
            let here = covers.iter().filter(|c| c.onto.as_ref().is_none_or(|onto| onto.contains(segment)));
            let sets: Vec<PacketSet> = here.map(|c| c.delivered).collect();
            out.insert(*segment, self.engine.e.or_all(sets)?);
        }
        Ok(out)
    }

    /// Replies in the lower graph, each replayed after the forged packet that opens its session.
    fn violations(&mut self) -> Result<Vec<Evidence>> {
        let openers = self.engine.openers(&self.others(Bound::Lower), Bound::Lower)?;
        let mut out: Vec<Evidence> = Vec::new();
        for run in self.runs(Bound::Lower)? {
            let passages = self.engine.forward_past(&run.seeds, Bound::Lower, &openers)?;
            for index in 0..passages.steps.len() {
                let landed = self.landing(&passages, index, &run, Bound::Lower)?;
                if landed.is_empty() || out.len() >= MOST_SHOWN {
                    continue;
                }
                if let Some(evidence) = self.replay(&openers, &passages, index, landed)?
                    && !out.contains(&evidence)
                {
                    out.push(evidence);
                }
            }
        }
        Ok(out)
    }

    fn replay(
        &mut self,
        openers: &Openers,
        passages: &Passages,
        index: usize,
        landed: PacketSet,
    ) -> Result<Option<Evidence>> {
        let locations = passages.locations(index);
        let Some(source @ Location::Origin(from)) = locations.first().copied() else { return Ok(None) };
        let target = match locations.last() {
            Some(Location::Egress(d, i, _)) => {
                self.site.device(*d).and_then(|d| d.attached.get(i.index()).copied().flatten())
            }
            _ => None,
        };
        let ways = passages.facts(index).into_iter().filter_map(|f| match f {
            Fact::Forged(device, interface) => Some((device, interface)),
            _ => None,
        });
        let ways: Vec<(DeviceId, IfId)> = ways.collect();
        let udp = Cube::any().with_value(Field::Proto, u128::from(proto::UDP));
        let tcp =
            Cube::any().with_value(Field::Proto, u128::from(proto::TCP)).with_value(Field::TcpFlags, 18);
        let wishes = evidence::preferences(self.site, Some(from), target);
        for kind in [udp, tcp] {
            let kind = self.engine.e.cube(&kind)?;
            let set = self.engine.e.and(landed, kind)?;
            let Some(point) = witness::choose(&mut self.engine.e, set, &wishes) else { continue };
            let reply = flow_at(&point);
            for (device, interface) in &ways {
                let Some(opening) = self.opening(openers, (*device, *interface), &reply)? else { continue };
                if let Some(evidence) = self.legs(opening, *device, (source, reply)) {
                    return Ok(Some(evidence));
                }
            }
        }
        Ok(None)
    }

    /// A packet as somebody sends it that opens the session of a reply at a device.
    fn opening(
        &mut self,
        openers: &Openers,
        (device, interface): (DeviceId, IfId),
        reply: &Flow,
    ) -> Result<Option<(Location, Flow)>> {
        let flags = if reply.proto == proto::TCP { 2 } else { 0 };
        let mirror = Flow { flags, ..*reply };
        let cube = [Field::Src, Field::Dst]
            .iter()
            .fold(Cube::family(reply.family), |c, f| c.with_value(*f, mirror.get(*f)));
        let rest = [Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags];
        let cube = rest.iter().fold(cube, |c, f| c.with_value(*f, mirror.get(*f)));
        let only = self.engine.e.cube(&cube)?;
        let here = Location::Ingress(device, interface);
        let steps: Vec<(usize, PacketSet)> =
            openers.arrivals.steps_at(here).map(|(index, step)| (index, step.set)).collect();
        let mirrored = point_of(&mirror);
        for (index, set) in steps {
            if !self.engine.e.contains(set, &mirrored) {
                continue;
            }
            let way = self.engine.back_on(&openers.arrivals, index, only, Bound::Lower, Side::Mirrored)?;
            let wishes = witness::Preferences::default();
            let point = witness::choose(&mut self.engine.e, way.headers, &wishes);
            let sent = flow_at(&point.ok_or(EngineError::Malformed)?);
            let sent = Flow { src: sent.dst, dst: sent.src, sport: sent.dport, dport: sent.sport, ..sent };
            if matches!(way.source, Location::Origin(_)) {
                return Ok(Some((way.source, sent)));
            }
        }
        Ok(None)
    }

    /// Both packets through the concrete evaluator, one after the other; `None` unless both are certain to arrive.
    fn legs(
        &self,
        (opener, first): (Location, Flow),
        device: DeviceId,
        (source, reply): (Location, Flow),
    ) -> Option<Evidence> {
        let site = self.site;
        let passes = |a: &Arrival| matches!(a, Arrival::Transmitted(t) if t.device == device);
        let there = concrete::reaches(site, opener, &first, &evidence::replaying(), &passes);
        let asked = there.branch.as_ref().filter(|_| there.certainty.is_certain())?;
        let plain = |id| site.device(id).is_some_and(|d| asks_again(&d.device));
        let held = asked.hops.iter().filter(|h| plain(h.device)).map(|h| (h.device, h.branch.header));
        let options = concrete::Options { sessions: held.collect(), ..evidence::replaying() };
        let crosses = |arrival: &Arrival| self.certainly_crosses(source, &reply, arrival);
        let back = concrete::reaches(site, source, &reply, &options, &crosses);
        let answered = back.branch.as_ref().filter(|_| back.certainty.is_certain())?;
        let choices = joined(&there.certainty, &back.certainty)?;
        let sent = asked.transmissions.iter().find(|t| passes(&Arrival::Transmitted(**t)))?;
        let landed = answered.transmissions.iter().find(|t| crosses(&Arrival::Transmitted(**t)))?;
        let (one, forged) = evidence::sent_leg(site, opener, &first, asked, sent);
        let (two, also) = evidence::sent_leg(site, source, &reply, answered, landed);
        Some(evidence::told(site, reply.family, vec![one, two], forged || also, &choices))
    }

    fn certainly_crosses(&self, source: Location, reply: &Flow, arrival: &Arrival) -> bool {
        let Arrival::Transmitted(t) = arrival else { return false };
        let Location::Segment(segment) = t.to else { return false };
        let declared = |e: &Exempt| {
            e.covers(source, reply, segment, &t.header)
                || e.covers_answer(self.site, source, reply, segment, &t.header)
        };
        self.crossing.to.contains(&segment)
            && !self.crossing.exempt.iter().any(declared)
            && certain_destinations(self.site, segment, t.hop)
                .is_some_and(|set| set.contains(t.header.destination()))
    }
}

/// Whether a device asks its rules about later packets as well and translates none: then what it does is certain.
fn asks_again(device: &Device) -> bool {
    device.established == Established::ByRules && device.nats.is_empty()
}

/// The choices of two packets together; `None` if they contradict each other.
fn joined<B>(
    a: &Certainty<SiteChoice, SitePick, B>,
    b: &Certainty<SiteChoice, SitePick, B>,
) -> Option<BTreeMap<SiteChoice, SitePick>> {
    let of = |c: &Certainty<SiteChoice, SitePick, B>| match c {
        Certainty::UnderChoices(choices) => choices.clone(),
        _ => BTreeMap::new(),
    };
    let (mut all, more) = (of(a), of(b));
    for (choice, pick) in more {
        let cause = matches!(choice, SiteChoice::Cause(..));
        if all.get(&choice).is_some_and(|known| cause && *known != pick) {
            return None;
        }
        all.insert(choice, pick);
    }
    Some(all)
}
