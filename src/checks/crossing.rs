//! Can a packet from here be transmitted there? The packet-level question, decided under both bounds.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{self, Replayed};
use super::{CheckError, Options, places, replies, through};
use crate::analysis::answer::{Culprit, Evidence, FlowRow, Verdict};
use crate::analysis::diagram::Cube;
use crate::analysis::finding::same_way;
use crate::analysis::reach::{Arrivals, Explorer, Fact, Routing};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::analysis::{EngineError, Result};
use crate::model::{AddressSet, Family, Field, Flow, IfId, Ranges};
use crate::msg;
use crate::network::{DeviceId, Endpoint, Location, NextHop, SegmentId, Site};
use crate::source::Msg;

/// Packets from the machines of some segments onto some others.
#[derive(Debug, Clone)]
pub struct Crossing {
    /// Where senders are.
    pub from: BTreeSet<SegmentId>,
    /// Where nothing may arrive.
    pub to: BTreeSet<SegmentId>,
    /// Declared sessions that are no crossing.
    pub exempt: Vec<Exempt>,
}

/// A declared session: the original source as its sender wrote it, and the delivered destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exempt {
    /// Segments on which its opener stands: from elsewhere the source address is forged. Whoever on the senders'
    /// side forges it brings nothing across that the opener does not, as long as the opener's own packets arrive.
    pub origins: BTreeSet<SegmentId>,
    /// Original source.
    pub sources: AddressSet,
    /// Delivered destination.
    pub destinations: AddressSet,
    /// Where it may be delivered; `None`: wherever these addresses are. An external network has no addresses of
    /// its own, so a session with it is told by the place.
    pub onto: Option<BTreeSet<SegmentId>>,
    /// IP protocol; `None`: any.
    pub proto: Option<u8>,
    /// Delivered destination port.
    pub ports: Ranges,
    /// ICMP type and code; `None`: any.
    pub icmp: Option<Ranges>,
}

impl Exempt {
    /// Whether a packet that was sent from `origin` as `sent` and delivered onto `segment` as `delivered` belongs
    /// to the session.
    pub fn covers(&self, origin: Location, sent: &Flow, segment: SegmentId, delivered: &Flow) -> bool {
        matches!(origin, Location::Origin(s) if self.origins.contains(&s))
            && self.at(segment)
            && self.sources.contains(sent.source())
            && self.destinations.contains(delivered.destination())
            && self.proto.is_none_or(|p| p == delivered.proto)
            && self.ports.contains(u128::from(delivered.dport))
            && self.icmp.as_ref().is_none_or(|icmp| icmp.contains(u128::from(delivered.icmp)))
    }

    /// Whether a packet that was sent from `origin` as `sent` and delivered onto `segment` as `delivered` is the
    /// answer to a packet of the session.
    pub fn covers_answer(
        &self,
        site: &Site,
        origin: Location,
        sent: &Flow,
        segment: SegmentId,
        delivered: &Flow,
    ) -> bool {
        matches!(origin, Location::Origin(s) if self.answered_from(site).contains(&s))
            && self.origins.contains(&segment)
            && self.destinations.contains(sent.source())
            && self.sources.contains(delivered.destination())
            && self.proto.is_none_or(|p| p == sent.proto)
            && self.icmp.is_none()
            && self.ports.contains(u128::from(sent.sport))
    }

    /// Where its answers come from: where its packets are delivered.
    pub fn answered_from(&self, site: &Site) -> BTreeSet<SegmentId> {
        if let Some(onto) = &self.onto {
            return onto.clone();
        }
        let here = |id| places::endpoint_addresses(site, &crate::network::Endpoint::Segment(id));
        let meant = site.segments().filter(|(id, segment)| {
            segment.external.is_none() && !here(*id).intersection(&self.destinations).is_empty()
        });
        meant.map(|(id, _)| id).collect()
    }

    pub(super) fn at(&self, segment: SegmentId) -> bool {
        self.onto.as_ref().is_none_or(|onto| onto.contains(&segment))
    }
}

/// What came of a question about paths.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is undetermined, if it is not for the culprits alone.
    pub reason: Option<Msg>,
    /// Replayed violations.
    pub counterexamples: Vec<Evidence>,
    /// More than were kept.
    pub counterexamples_truncated: bool,
    /// Paths that hang on the culprits.
    pub possible: Vec<Evidence>,
    /// Everything that gets through, in rows.
    pub rows: Vec<FlowRow>,
    /// More gets through than the rows say.
    pub rows_truncated: bool,
    /// It holds whatever the routes of the devices are.
    pub routing_independent: bool,
    /// The deciding lines.
    pub culprits: Vec<Culprit>,
    /// More than were kept, or no complete list was found.
    pub culprits_truncated: bool,
    /// Devices that some packet of the question reached: what the verdict rests on.
    pub devices: BTreeSet<DeviceId>,
    /// The facts without which no opening packet crosses, if the verdict hangs on any.
    pub left_out: BTreeSet<Fact>,
}

impl Outcome {
    fn new(verdict: Verdict) -> Self {
        Outcome {
            verdict,
            reason: None,
            counterexamples: Vec::new(),
            counterexamples_truncated: false,
            possible: Vec::new(),
            rows: Vec::new(),
            rows_truncated: false,
            routing_independent: false,
            culprits: Vec::new(),
            culprits_truncated: false,
            devices: BTreeSet::new(),
            left_out: BTreeSet::new(),
        }
    }
}

/// Counterexamples and possible paths kept per question.
pub(super) const MOST_SHOWN: usize = 5;
/// Possible paths looked at for the facts they hang on.
pub(super) const MOST_ROUNDS: usize = 40;
/// Culprits kept per question (SEMANTICS 24).
pub(super) const MOST_CULPRITS: usize = 20;

/// Decides a crossing.
///
/// # Errors
/// [`CheckError::Disagreement`] if the two engines contradict each other.
pub fn decide(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
) -> std::result::Result<Outcome, CheckError> {
    if crossing.from.is_empty() || crossing.to.is_empty() {
        let mut outcome = Outcome::new(Verdict::Undetermined);
        outcome.reason = Some(without_a_segment());
        return Ok(outcome);
    }
    settle(site, crossing, options)
}

/// Why nothing was analysed.
pub(super) fn without_a_segment() -> Msg {
    msg!(
        "a zone has no segment, so there is nothing to analyse",
        "系に属するセグメントがなく、解析の対象がない"
    )
}

/// Whether machines of some segments may send to where the topology ends: whoever is plugged in there is nobody that
/// anybody knows.
///
/// # Errors
/// As [`decide`].
pub fn leaks(
    site: &Site,
    from: BTreeSet<SegmentId>,
    options: &Options,
) -> std::result::Result<Outcome, CheckError> {
    settle(site, &Crossing { from, to: BTreeSet::new(), exempt: Vec::new() }, options)
}

fn settle(site: &Site, crossing: &Crossing, options: &Options) -> std::result::Result<Outcome, CheckError> {
    match try_decide(site, crossing, options) {
        Ok(outcome) => outcome,
        Err(EngineError::Budget(_)) => {
            let mut outcome = Outcome::new(Verdict::Undetermined);
            outcome.reason =
                Some(msg!("the analysis exceeded its memory budget", "解析に用いるメモリの上限を超えた"));
            Ok(outcome)
        }
        Err(EngineError::Endless) => {
            let mut outcome = Outcome::new(Verdict::Undetermined);
            outcome.reason = Some(msg!("address translations form a loop", "アドレス変換が循環している"));
            Ok(outcome)
        }
        Err(EngineError::Malformed) => Err(CheckError::Internal("a device model is malformed".to_owned())),
    }
}

/// Decides a crossing and adds what a reader wants to know: everything that gets through, and whether the answer
/// survives other routes.
///
/// # Errors
/// As [`decide`].
pub fn tell(site: &Site, crossing: &Crossing, options: &Options) -> std::result::Result<Outcome, CheckError> {
    let mut outcome = decide(site, crossing, options)?;
    if let Some(bound) = through::bound_of(outcome.verdict) {
        (outcome.rows, outcome.rows_truncated) = through::table(site, crossing, options, bound)?;
    }
    // A proof that cannot be had (the budget, a loop of translations) is not claimed.
    outcome.routing_independent = outcome.verdict == Verdict::Holds
        && Search::new(site, crossing, options).stays_closed_under_any_routing().unwrap_or(false);
    Ok(outcome)
}

fn try_decide(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
) -> Result<std::result::Result<Outcome, CheckError>> {
    let mut search = Search::new(site, crossing, options);
    let hits = search.hits(Bound::Upper, usize::MAX)?;
    let mut outcome = Outcome::new(Verdict::Holds);
    outcome.devices = std::mem::take(&mut search.devices);
    if hits.is_empty() {
        replies::decide(site, crossing, options, &mut outcome, Some(search.engine))?;
        return Ok(Ok(outcome));
    }
    drop(search);
    if let Err(error) = crossings(site, crossing, options, &mut outcome)? {
        return Ok(Err(error));
    }
    replies::decide(site, crossing, options, &mut outcome, None)?;
    Ok(Ok(outcome))
}

/// What opening packets do, if any may cross.
fn crossings(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<std::result::Result<(), CheckError>> {
    let mut search = Search::new(site, crossing, options);
    if let Err(error) = search.violations(outcome)? {
        return Ok(Err(error));
    }
    if outcome.counterexamples.is_empty() {
        outcome.verdict = Verdict::Undetermined;
        explain(site, crossing, options, outcome)?;
    } else {
        outcome.verdict = Verdict::Violated;
    }
    Ok(Ok(()))
}

/// Finds the facts that decide, by leaving out those of one possible path after the other.
fn explain(site: &Site, crossing: &Crossing, options: &Options, outcome: &mut Outcome) -> Result<()> {
    let mut resolved: BTreeSet<Fact> = BTreeSet::new();
    let havoc = evidence::havoc(site);
    let mut rounds = 0;
    let mut unexplained = None;
    loop {
        let mut search = Search::with_resolved(site, crossing, options, resolved.clone());
        let Some(hit) = search.hits(Bound::Upper, 1)?.pop() else { break };
        rounds += 1;
        if rounds > MOST_ROUNDS {
            outcome.culprits_truncated = true;
            unexplained = Some(hit);
            break;
        }
        // A device that may do anything explains every path through it; single packets would say nothing more.
        let through = hit.locations.iter().filter_map(|at| havoc.get(&device_at(*at)?));
        let anything: BTreeSet<Fact> = through.flatten().copied().collect();
        if !anything.is_subset(&resolved) {
            resolved.extend(anything);
            continue;
        }
        let mut facts = evidence::uncertain_links(site, &hit.locations);
        let replayed = evidence::replay_avoiding(site, crossing, &hit, &resolved);
        if let Some(replayed) = replayed {
            facts.extend(replayed.facts.iter().copied());
            if outcome.possible.len() < MOST_SHOWN {
                outcome.possible.push(replayed.evidence);
            }
        } else if facts.is_subset(&resolved) {
            facts = evidence::doubts(site, &hit, &resolved);
        }
        let before = resolved.len();
        resolved.extend(facts);
        if resolved.len() == before {
            outcome.culprits_truncated = true;
            unexplained = Some(hit);
            break;
        }
    }
    if !outcome.culprits_truncated {
        let fixed: BTreeSet<Fact> = havoc.into_values().flatten().collect();
        reduce(site, crossing, options, &mut resolved, &fixed)?;
    }
    let (culprits, more) = evidence::culprits(site, &resolved, MOST_CULPRITS);
    outcome.culprits = culprits;
    outcome.culprits_truncated |= more;
    if outcome.culprits.is_empty() {
        outcome.reason = Some(unsettled());
        outcome.culprits = unexplained.map(|hit| evidence::where_it_goes(site, &hit)).unwrap_or_default();
    }
    outcome.left_out = resolved;
    Ok(())
}

/// Why an answer may be open although no line of a configuration is.
pub(super) fn unsettled() -> Msg {
    msg!(
        "packets reach a link of the other zone, but none that was tried is certain to arrive at an address that the \
         topology places there",
        "相手側の系の回線に通信が届き得るが、構成情報に記載のあるアドレスに確実に到達する通信は確認できなかった"
    )
}

pub(super) fn device_at(at: Location) -> Option<DeviceId> {
    match at {
        Location::Ingress(device, _)
        | Location::Egress(device, ..)
        | Location::Local(device)
        | Location::LocalOrigin(device) => Some(device),
        _ => None,
    }
}

/// Drops facts (other than `fixed`), in order, as long as leaving out the rest still closes every path.
fn reduce(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
    facts: &mut BTreeSet<Fact>,
    fixed: &BTreeSet<Fact>,
) -> Result<()> {
    if facts.len() < 2 {
        return Ok(());
    }
    for fact in facts.difference(fixed).copied().collect::<Vec<_>>() {
        let mut fewer = facts.clone();
        fewer.remove(&fact);
        if Search::with_resolved(site, crossing, options, fewer.clone()).hits(Bound::Upper, 1)?.is_empty() {
            *facts = fewer;
        }
    }
    Ok(())
}

/// One way across, as headers at its source.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    /// Where it starts.
    pub source: Location,
    /// A header that crosses.
    pub flow: Flow,
    /// The locations passed.
    pub locations: Vec<Location>,
}

/// Packets put at some locations together.
pub(super) struct Sending {
    pub seeds: Vec<(Location, PacketSet)>,
    /// What of them belongs to declared sessions where it arrives.
    pub exempted: BTreeMap<SegmentId, PacketSet>,
    /// The open end by which they came.
    pub entered: Option<(DeviceId, IfId)>,
}

/// Whose packets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Senders {
    /// With any source address.
    Any,
    /// With a source address of the sender's own segment.
    Honest,
}

/// One engine's search for crossing packets.
pub(super) struct Search<'a> {
    pub engine: Explorer<'a>,
    pub site: &'a Site,
    pub crossing: &'a Crossing,
    resolved: BTreeSet<Fact>,
    devices: BTreeSet<DeviceId>,
    senders: Senders,
    /// What arrives on the target's segments of the declared sessions' own openers, by bound, once computed.
    honest: BTreeMap<Bound, Vec<BTreeMap<SegmentId, PacketSet>>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(site: &'a Site, crossing: &'a Crossing, options: &Options<'a>) -> Self {
        Self::with_resolved(site, crossing, options, BTreeSet::new())
    }

    fn with_resolved(
        site: &'a Site,
        crossing: &'a Crossing,
        options: &Options<'a>,
        resolved: BTreeSet<Fact>,
    ) -> Self {
        let engine = options.explorer(site, resolved.clone());
        Search {
            engine,
            site,
            crossing,
            resolved,
            devices: BTreeSet::new(),
            senders: Senders::Any,
            honest: BTreeMap::new(),
        }
    }

    /// Up to `most` ways across under a bound.
    fn hits(&mut self, bound: Bound, most: usize) -> Result<Vec<Hit>> {
        let mut out = Vec::new();
        let mut runs = self.sent_from(&self.crossing.from, bound)?;
        runs.extend(self.sent_from_outside(bound)?);
        for run in runs {
            let arrivals = self.engine.forward(&run.seeds, bound)?;
            self.devices.extend(arrivals.steps.iter().filter_map(|s| match s.at {
                Location::Ingress(d, _) => Some(d),
                _ => None,
            }));
            self.collect(&arrivals, &run, bound, most, &mut out)?;
            if out.len() >= most {
                break;
            }
        }
        Ok(out)
    }

    /// Whether nothing crosses even if every device sends everything out of every interface to every neighbour.
    fn stays_closed_under_any_routing(mut self) -> Result<bool> {
        if !replies::may_stay_closed(self.site) {
            return Ok(false);
        }
        self.engine = self.engine.under(Routing::Any);
        let open: BTreeSet<(DeviceId, IfId)> = places::open_ends(self.site).into_keys().collect();
        let mut runs = self.sent_from(&self.crossing.from, Bound::Upper)?;
        runs.extend(self.sent_from_outside(Bound::Upper)?);
        for run in runs {
            let arrivals = self.engine.forward(&run.seeds, Bound::Upper)?;
            for (at, set) in arrivals.places() {
                let out = matches!(at, Location::Egress(d, i, _) if run.entered != Some((d, i)) && open.contains(&(d, i)));
                if out || !self.crossed(at, set, &run, Bound::Upper)?.is_empty() {
                    return Ok(false);
                }
            }
        }
        replies::stay_closed(self.site, self.crossing, self.engine)
    }

    /// What is sent from segments, by the declared sessions it may belong to.
    pub(super) fn sent_from(&mut self, from: &BTreeSet<SegmentId>, bound: Bound) -> Result<Vec<Sending>> {
        let mut out = Vec::new();
        let opening = self.engine.opening()?;
        for segments in origin_classes(from, &self.crossing.exempt) {
            for (sources, exempt) in source_classes(&self.crossing.exempt) {
                let from_class = self.engine.with_address(Field::Src, &sources)?;
                let seed = self.engine.e.and(opening, from_class)?;
                let exempted = self.exempted(&segments, &exempt, bound)?;
                let mut seeds = Vec::new();
                for segment in &segments {
                    let allowed = self.allowed(*segment)?;
                    seeds.push((Location::Origin(*segment), self.engine.e.and(seed, allowed)?));
                }
                out.push(Sending { seeds, exempted, entered: None });
            }
        }
        Ok(out)
    }

    /// The sources that machines of a segment may write.
    fn allowed(&mut self, segment: SegmentId) -> Result<PacketSet> {
        let own = match self.senders {
            Senders::Any => AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6)),
            Senders::Honest => places::endpoint_addresses(self.site, &Endpoint::Segment(segment)),
        };
        self.engine.with_address(Field::Src, &own)
    }

    /// What is sent by whoever stands where the topology ends, to whom nothing is declared.
    pub(super) fn sent_from_outside(&mut self, bound: Bound) -> Result<Vec<Sending>> {
        let mut out = Vec::new();
        let opening = self.engine.opening()?;
        for (end, facts) in places::open_ends(self.site) {
            if bound == Bound::Upper && !facts.is_subset(&self.resolved) {
                let seeds = vec![(Location::Ingress(end.0, end.1), opening)];
                out.push(Sending { seeds, exempted: BTreeMap::new(), entered: Some(end) });
            }
        }
        Ok(out)
    }

    /// What the declared sessions that some sources may belong to exempt when delivered onto each segment of the
    /// target: everything of the sessions that start on `segments`, and of the others what their own openers
    /// bring there too: certainly, where the question is whether anything else may cross; possibly, where it is whether
    /// something else certainly does.
    fn exempted(
        &mut self,
        segments: &[SegmentId],
        exempt: &[usize],
        bound: Bound,
    ) -> Result<BTreeMap<SegmentId, PacketSet>> {
        let openers = match bound {
            Bound::Upper => Bound::Lower,
            Bound::Lower => Bound::Upper,
        };
        let crossing = self.crossing;
        let mut out: BTreeMap<SegmentId, Vec<PacketSet>> = BTreeMap::new();
        for at in exempt {
            let Some(e) = crossing.exempt.get(*at) else { continue };
            if segments.iter().any(|s| e.origins.contains(s)) {
                let set = self.session(e)?;
                for segment in crossing.to.iter().filter(|s| e.at(**s)) {
                    out.entry(*segment).or_default().push(set);
                }
            } else if let Some(arrived) = self.honest(openers)?.get(*at) {
                arrived.iter().for_each(|(segment, set)| out.entry(*segment).or_default().push(*set));
            }
        }
        let joined = out.into_iter().map(|(s, sets)| Ok((s, self.engine.e.or_all(sets)?)));
        joined.collect()
    }

    /// The packets of a declared session, as delivered.
    fn session(&mut self, e: &Exempt) -> Result<PacketSet> {
        let to = self.engine.with_address(Field::Dst, &e.destinations)?;
        let mut service = Cube::any().with(Field::Dport, e.ports.clone());
        if let Some(proto) = e.proto {
            service.set(Field::Proto, Ranges::one(u128::from(proto)));
        }
        if let Some(icmp) = &e.icmp {
            service.set(Field::Icmp, icmp.clone());
        }
        let service = self.engine.e.cube(&service)?;
        Ok(self.engine.e.and(to, service)?)
    }

    /// By declared session: what arrives on the target's segments when its own openers send, as far as they stand
    /// among the senders.
    fn honest(&mut self, bound: Bound) -> Result<&[BTreeMap<SegmentId, PacketSet>]> {
        if !self.honest.contains_key(&bound) {
            let crossing = self.crossing;
            let opening = self.engine.opening()?;
            let mut all = Vec::new();
            for e in &crossing.exempt {
                let own = self.engine.with_address(Field::Src, &e.sources)?;
                let seed = self.engine.e.and(opening, own)?;
                let origins = e.origins.intersection(&crossing.from);
                let seeds: Vec<_> = origins.map(|s| (Location::Origin(*s), seed)).collect();
                let mut arrived = BTreeMap::new();
                if !seeds.is_empty() {
                    let arrivals = self.engine.forward(&seeds, bound)?;
                    let set = self.session(e)?;
                    for segment in crossing.to.iter().filter(|s| e.at(**s)) {
                        let here = self.engine.e.and(arrivals.at(Location::Segment(*segment)), set)?;
                        arrived.insert(*segment, here);
                    }
                }
                all.push(arrived);
            }
            self.honest.insert(bound, all);
        }
        Ok(self.honest.get(&bound).map_or(&[], Vec::as_slice))
    }

    fn collect(
        &mut self,
        arrivals: &Arrivals,
        run: &Sending,
        bound: Bound,
        most: usize,
        out: &mut Vec<Hit>,
    ) -> Result<()> {
        for (index, step) in arrivals.steps.iter().enumerate() {
            let region = self.crossed(step.at, step.set, run, bound)?;
            if region.is_empty() {
                continue;
            }
            let way = self.engine.back(arrivals, index, region, bound)?;
            let wishes = self.wishes(way.source, step.at);
            // What arrived was sent: a way without a header would be an error of the engine, never an all-clear.
            let flow = witness::choose(&mut self.engine.e, way.headers, &wishes).map(|p| flow_at(&p));
            let flow = flow.ok_or(EngineError::Malformed)?;
            out.push(Hit { source: way.source, flow, locations: way.locations });
            if out.len() >= most {
                break;
            }
        }
        Ok(())
    }

    /// The part of what arrived at a location that has crossed there.
    pub(super) fn crossed(
        &mut self,
        at: Location,
        set: PacketSet,
        run: &Sending,
        bound: Bound,
    ) -> Result<PacketSet> {
        match (at, bound) {
            (Location::Segment(s), Bound::Upper) if self.crossing.to.contains(&s) => {
                let declared = run.exempted.get(&s).copied().unwrap_or(PacketSet::EMPTY);
                Ok(self.engine.e.minus(set, declared)?)
            }
            (Location::Egress(d, i, _), Bound::Upper)
                if run.entered != Some((d, i)) && self.leads_out(at) =>
            {
                Ok(set)
            }
            (Location::Egress(d, i, hop), Bound::Lower) => self.delivered(d, i, hop, set, &run.exempted),
            _ => Ok(PacketSet::EMPTY),
        }
    }

    /// Whether what leaves here may land in any zone.
    fn leads_out(&self, at: Location) -> bool {
        places::open_way(self.site, at).is_some_and(|fact| !self.resolved.contains(&fact))
    }

    /// The part of a transmission that certainly arrives at a machine of the target.
    fn delivered(
        &mut self,
        device: DeviceId,
        interface: IfId,
        hop: NextHop,
        set: PacketSet,
        exempted: &BTreeMap<SegmentId, PacketSet>,
    ) -> Result<PacketSet> {
        let segment =
            self.site.device(device).and_then(|d| d.attached.get(interface.index()).copied().flatten());
        let Some(segment) = segment.filter(|s| self.crossing.to.contains(s)) else {
            return Ok(PacketSet::EMPTY);
        };
        let certain = certain_destinations(self.site, segment, hop);
        let Some(certain) = certain else { return Ok(PacketSet::EMPTY) };
        let to = self.engine.with_address(Field::Dst, &certain)?;
        let arrived = self.engine.e.and(set, to)?;
        let declared = exempted.get(&segment).copied().unwrap_or(PacketSet::EMPTY);
        Ok(self.engine.e.minus(arrived, declared)?)
    }

    pub(super) fn wishes(&self, source: Location, target: Location) -> Preferences {
        let source = match source {
            Location::Origin(s) => Some(s),
            _ => None,
        };
        let target = match target {
            Location::Segment(s) => Some(s),
            Location::Egress(d, i, _) => {
                self.site.device(d).and_then(|d| d.attached.get(i.index()).copied().flatten())
            }
            _ => None,
        };
        evidence::preferences(self.site, source, target)
    }

    /// Replays the lower bound's candidates into the outcome.
    fn violations(&mut self, outcome: &mut Outcome) -> Result<std::result::Result<(), CheckError>> {
        // Senders that use their own addresses come first: what they can do needs no forgery.
        self.senders = Senders::Honest;
        let mut candidates = self.hits(Bound::Lower, 4 * MOST_SHOWN)?;
        self.senders = Senders::Any;
        candidates.extend(self.hits(Bound::Lower, 4 * MOST_SHOWN)?);
        for hit in candidates {
            match evidence::replay(self.site, self.crossing, &hit) {
                Replayed::Confirmed(found) => {
                    let shown = &mut outcome.counterexamples;
                    let known = shown.iter().any(|e| same_way(e, &found, &self.site.sources));
                    match known {
                        true => {}
                        false if shown.len() < MOST_SHOWN => shown.push(*found),
                        false => outcome.counterexamples_truncated = true,
                    }
                }
                Replayed::Open => {}
                Replayed::Contradicted(report) => return Ok(Err(CheckError::Disagreement(report))),
            }
        }
        Ok(Ok(()))
    }
}

/// Destinations that certainly reach a machine when transmitted onto the segment this way; `None` if nothing does.
pub(super) fn certain_destinations(site: &Site, segment: SegmentId, hop: NextHop) -> Option<AddressSet> {
    let found = site.segment(segment)?;
    if found.external.is_some() {
        // An external network takes whatever is sent to it.
        let all = AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6));
        return matches!(hop, NextHop::OnLink | NextHop::Via(_)).then_some(all);
    }
    if hop != NextHop::OnLink {
        return None;
    }
    let mut set = AddressSet::empty();
    for prefix in &found.prefixes {
        set = set.union(&AddressSet::network(prefix.value));
    }
    let cards = site.hosts.iter().flat_map(|h| &h.interfaces).filter(|i| i.segment == segment);
    for address in cards.flat_map(|i| &i.addresses) {
        set = set.union(&AddressSet::host(address.value));
    }
    Some(set)
}

/// Partitions the senders' segments by the declared sessions that start there.
pub(super) fn origin_classes(from: &BTreeSet<SegmentId>, exempt: &[Exempt]) -> Vec<Vec<SegmentId>> {
    let mut classes: BTreeMap<Vec<usize>, Vec<SegmentId>> = BTreeMap::new();
    for segment in from {
        let here = exempt.iter().enumerate().filter(|(_, e)| e.origins.contains(segment));
        classes.entry(here.map(|(at, _)| at).collect()).or_default().push(*segment);
    }
    classes.into_values().collect()
}

/// Partitions all source addresses by the declared sessions (positions in `exempt`) that they may belong to.
pub fn source_classes(exempt: &[Exempt]) -> Vec<(AddressSet, Vec<usize>)> {
    let all = AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6));
    let mut classes: Vec<(AddressSet, Vec<usize>)> = vec![(all, Vec::new())];
    for (at, e) in exempt.iter().enumerate() {
        let mut next = Vec::new();
        for (sources, members) in classes {
            let inside = sources.intersection(&e.sources);
            let outside = sources.minus(&e.sources);
            if !inside.is_empty() {
                let mut with = members.clone();
                with.push(at);
                next.push((inside, with));
            }
            if !outside.is_empty() {
                next.push((outside, members));
            }
        }
        classes = next;
    }
    classes
}
