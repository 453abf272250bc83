//! Packets that get from one tier onto another by passing some device in a particular way: translated, routed by
//! policy, let through by default.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::crossing::{Crossing, Exempt, Hit, certain_destinations};
use super::evidence::{self, Replayed};
use super::{CheckError, Options, assumptions, basis, failure, places};
use crate::analysis::answer::{Assertion, Culprit, Verdict};
use crate::analysis::diagram::Cube;
use crate::analysis::pipeline::DeviceTransitions;
use crate::analysis::reach::{Arrivals, Explorer, Fact};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness;
use crate::analysis::{EngineError, Result};
use crate::model::{Device, Family, Field, IfId};
use crate::network::{DeviceId, Location, Role, SegmentId, Site, SiteDevice};
use crate::source::Span;

/// The three tiers.
pub const TIERS: [Role; 3] = [Role::IndividualNumber, Role::Lgwan, Role::Internet];

/// Ordered pairs of different tiers.
pub fn borders() -> Vec<(Role, Role)> {
    TIERS.into_iter().flat_map(|a| TIERS.into_iter().filter(move |b| *b != a).map(move |b| (a, b))).collect()
}

/// Whether a tier has no place although the municipality has it: whatever was asked about its borders, nothing was
/// looked at. A site that describes two tiers and names no third one is asked about two.
fn lacks_a_tier(site: &Site) -> bool {
    let placed = |role: &Role| !places::segments_of_role(site, *role).is_empty();
    let named = |role: &Role| site.zones().any(|(_, z)| z.role == *role);
    let waits = site.records.unconfirmed.iter().any(|row| row.interface.is_some());
    let lacking: Vec<Role> = TIERS.into_iter().filter(|role| !placed(role)).collect();
    lacking.len() > 1 || lacking.iter().any(|role| named(role) || waits)
}

/// What singles out a way through a device.
pub struct Aspect<'x> {
    /// The device with nothing but that way open; none if it has no such way.
    pub variants: &'x dyn Fn(&Device) -> Vec<Device>,
    /// The statements of a device that make it.
    pub places: &'x dyn Fn(&Device) -> Vec<Span>,
    /// Whether only what comes in by this interface counts.
    pub enters: &'x dyn Fn(DeviceId, IfId) -> bool,
    /// Only this family.
    pub family: Option<Family>,
}

/// A question about one border.
pub struct Border {
    /// Where packets start.
    pub from: BTreeSet<SegmentId>,
    /// Where they must not get.
    pub to: BTreeSet<SegmentId>,
    /// Declared sessions that are no crossing.
    pub exempt: Vec<Exempt>,
}

/// What was found for one border.
enum Found {
    Nothing,
    Hits(Vec<(Hit, DeviceId)>),
}

/// Opening packets of some segments' machines.
struct Sending {
    segments: Vec<SegmentId>,
    packets: PacketSet,
    bound: Bound,
}

/// Questions of this kind about one site, in one arena.
pub struct Ways<'a> {
    site: &'a Site,
    engine: Explorer<'a>,
    resolved: BTreeSet<Fact>,
    options: &'a Options<'a>,
    /// The devices' variants of the aspect at hand.
    variants: BTreeMap<(DeviceId, Bound), Rc<[DeviceTransitions]>>,
}

/// Possible paths that are looked at for the facts they hang on.
const MOST_ROUNDS: usize = 12;
/// Counterexamples kept.
const MOST_SHOWN: usize = 5;
/// Culprits kept.
const MOST_CULPRITS: usize = 20;

impl<'a> Ways<'a> {
    /// Nothing asked yet.
    pub fn new(site: &'a Site, options: &'a Options) -> Self {
        Self::without(site, options, BTreeSet::new())
    }

    fn without(site: &'a Site, options: &'a Options, resolved: BTreeSet<Fact>) -> Self {
        let engine = options.explorer(site, resolved.clone());
        Ways { site, engine, resolved, options, variants: BTreeMap::new() }
    }

    /// Answers for several borders into one assertion.
    ///
    /// # Errors
    /// [`CheckError::Disagreement`] if the two engines contradict each other.
    pub fn decide(
        &mut self,
        out: &mut Assertion,
        borders: &[Border],
        aspect: &Aspect<'_>,
    ) -> std::result::Result<(), CheckError> {
        let mut verdicts = vec![Verdict::Holds];
        self.variants.clear();
        for border in borders.iter().filter(|b| !b.from.is_empty() && !b.to.is_empty()) {
            match self.one(out, border, aspect) {
                Ok(Ok(verdict)) => verdicts.push(verdict),
                Ok(Err(error)) => return Err(error),
                Err(error) => {
                    out.reason = Some(failure(error)?);
                    verdicts.push(Verdict::Undetermined);
                    *self = Ways::new(self.site, self.options);
                }
            }
        }
        if lacks_a_tier(self.site) {
            verdicts.push(Verdict::Undetermined);
        }
        out.verdict = basis::worst(&verdicts);
        if out.verdict == Verdict::Undetermined && out.reason.is_none() && lacks_a_tier(self.site) {
            out.reason = Some(super::crossing::without_a_segment());
        }
        if out.verdict == Verdict::Violated {
            out.possible_paths.clear();
            out.culprits.clear();
            out.culprits_truncated = false;
        }
        out.counterexamples_truncated |= out.counterexamples.len() > MOST_SHOWN;
        out.counterexamples.truncate(MOST_SHOWN);
        out.culprits.sort();
        out.culprits.dedup();
        out.culprits_truncated |= out.culprits.len() > MOST_CULPRITS;
        out.culprits.truncate(MOST_CULPRITS);
        out.assumptions.extend(assumptions::PACKET.iter().map(|id| (*id).to_owned()));
        basis::rest_on(self.site, out, &self.site.devices().map(|(id, _)| id).collect(), Vec::new());
        Ok(())
    }

    fn one(
        &mut self,
        out: &mut Assertion,
        border: &Border,
        aspect: &Aspect<'_>,
    ) -> Result<std::result::Result<Verdict, CheckError>> {
        // Declared sessions are told apart only where something crosses at all.
        let plain = Border { exempt: Vec::new(), from: border.from.clone(), to: border.to.clone() };
        if matches!(self.hits(&plain, aspect, Bound::Upper, 1)?, Found::Nothing) {
            return Ok(Ok(Verdict::Holds));
        }
        let Found::Hits(_) = self.hits(border, aspect, Bound::Upper, 1)? else {
            return Ok(Ok(Verdict::Holds));
        };
        let crossing =
            Crossing { from: border.from.clone(), to: border.to.clone(), exempt: border.exempt.clone() };
        let before = out.counterexamples.len();
        if let Found::Hits(hits) = self.hits(border, aspect, Bound::Lower, 2 * MOST_SHOWN)? {
            for (hit, _) in hits {
                match evidence::replay(self.site, &crossing, &hit) {
                    Replayed::Confirmed(evidence) => {
                        if !out.counterexamples.contains(&evidence) {
                            out.counterexamples.push(*evidence);
                        }
                    }
                    Replayed::Open => {}
                    Replayed::Contradicted(report) => return Ok(Err(CheckError::Disagreement(report))),
                }
            }
        }
        if out.counterexamples.len() > before {
            return Ok(Ok(Verdict::Violated));
        }
        self.explain(out, border, &crossing, aspect)?;
        Ok(Ok(Verdict::Undetermined))
    }

    /// The lines on which possible ways hang: those that make the way, and the facts on it.
    fn explain(
        &self,
        out: &mut Assertion,
        border: &Border,
        crossing: &Crossing,
        aspect: &Aspect<'_>,
    ) -> Result<()> {
        let havoc = evidence::havoc(self.site);
        let mut resolved = self.resolved.clone();
        let mut unexplained = None;
        for round in 0.. {
            let mut ways = Ways::without(self.site, self.options, resolved.clone());
            let Found::Hits(hits) = ways.hits(border, aspect, Bound::Upper, 1)? else { break };
            let Some((hit, device)) = hits.into_iter().next() else { break };
            let mut facts: BTreeSet<Fact> = havoc.get(&device).into_iter().flatten().copied().collect();
            if facts.is_subset(&resolved) {
                facts.extend(evidence::uncertain_links(self.site, &hit.locations));
                if let Some(found) = evidence::replay_avoiding(self.site, crossing, &hit, &resolved) {
                    facts.extend(found.facts);
                    if out.possible_paths.len() < MOST_SHOWN {
                        out.possible_paths.push(found.evidence);
                    }
                } else if facts.is_subset(&resolved) {
                    facts = evidence::doubts(self.site, &hit, &resolved);
                }
                if let Some(found) = self.site.device(device) {
                    for span in (aspect.places)(&found.device) {
                        let named = found.device.causes.iter().zip(0u32..).filter(|(c, _)| c.span == span);
                        facts.extend(named.map(|(_, id)| Fact::Cause(device, crate::model::CauseId(id))));
                    }
                }
            }
            let before = resolved.len();
            resolved.extend(facts);
            if resolved.len() == before || round >= MOST_ROUNDS {
                out.culprits_truncated = true;
                unexplained = Some(hit);
                break;
            }
        }
        let (mut culprits, more) = evidence::culprits(self.site, &resolved, MOST_CULPRITS);
        if culprits.is_empty() {
            out.reason.get_or_insert_with(super::crossing::unsettled);
            culprits = unexplained.map(|hit| evidence::where_it_goes(self.site, &hit)).unwrap_or_default();
        }
        out.culprits.extend(culprits);
        out.culprits_truncated |= more;
        Ok(())
    }

    fn hits(&mut self, border: &Border, aspect: &Aspect<'_>, bound: Bound, most: usize) -> Result<Found> {
        let mut out = Vec::new();
        for (segments, sources, exempted) in self.sendings(border)? {
            let packets = match aspect.family {
                None => sources,
                Some(family) => {
                    let only = self.engine.e.cube(&Cube::family(family))?;
                    self.engine.e.and(sources, only)?
                }
            };
            let sending = Sending { segments, packets, bound };
            let arrivals = self.spread(&sending)?;
            self.collect(&arrivals, bound, border, &exempted, aspect, most, &mut out)?;
            if out.len() >= most {
                break;
            }
        }
        Ok(if out.is_empty() { Found::Nothing } else { Found::Hits(out) })
    }

    /// Who sends what: segments, source addresses, and what of it belongs to declared sessions where it arrives.
    #[expect(clippy::type_complexity, reason = "one list of plain parts, used once")]
    fn sendings(
        &mut self,
        border: &Border,
    ) -> Result<Vec<(Vec<SegmentId>, PacketSet, BTreeMap<SegmentId, PacketSet>)>> {
        let opening = self.engine.opening()?;
        let mut out = Vec::new();
        for segments in super::crossing::origin_classes(&border.from, &border.exempt) {
            for (sources, members) in super::crossing::source_classes(&border.exempt) {
                let here = |e: &&Exempt| segments.iter().any(|s| e.origins.contains(s));
                let exempt = members.iter().filter_map(|at| border.exempt.get(*at)).filter(here);
                let own = self.engine.with_address(Field::Src, &sources)?;
                let seed = self.engine.e.and(opening, own)?;
                let mut exempted: BTreeMap<SegmentId, PacketSet> = BTreeMap::new();
                for e in exempt {
                    let to = self.engine.with_address(Field::Dst, &e.destinations)?;
                    let service = Cube::any().with(Field::Dport, e.ports.clone());
                    let service = match e.proto {
                        Some(proto) => service.with_value(Field::Proto, u128::from(proto)),
                        None => service,
                    };
                    let service = self.engine.e.cube(&service)?;
                    let set = self.engine.e.and(to, service)?;
                    for segment in border.to.iter().filter(|s| e.at(**s)) {
                        let before = exempted.get(segment).copied().unwrap_or(PacketSet::EMPTY);
                        let all = self.engine.e.or(before, set)?;
                        exempted.insert(*segment, all);
                    }
                }
                out.push((segments.clone(), seed, exempted));
            }
        }
        Ok(out)
    }

    /// The fixpoint of what segments send, whoever else may stand where the topology ends included.
    fn spread(&mut self, sending: &Sending) -> Result<Arrivals> {
        let set = sending.packets;
        let mut seeds: Vec<(Location, PacketSet)> =
            sending.segments.iter().map(|s| (Location::Origin(*s), set)).collect();
        if sending.bound == Bound::Upper {
            for (end, facts) in places::open_ends(self.site) {
                if !facts.is_subset(&self.resolved) {
                    seeds.push((Location::Ingress(end.0, end.1), set));
                }
            }
        }
        self.engine.forward(&seeds, sending.bound)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    fn collect(
        &mut self,
        arrivals: &Arrivals,
        bound: Bound,
        border: &Border,
        exempted: &BTreeMap<SegmentId, PacketSet>,
        aspect: &Aspect<'_>,
        most: usize,
        out: &mut Vec<(Hit, DeviceId)>,
    ) -> Result<()> {
        for (id, device) in self.site.devices().filter(|(_, d)| d.contract.is_none()) {
            let entered: Vec<(Location, PacketSet)> = device
                .device
                .interfaces()
                .filter(|(i, _)| (aspect.enters)(id, *i))
                .map(|(i, _)| (Location::Ingress(id, i), arrivals.at(Location::Ingress(id, i))))
                .filter(|(_, set)| !set.is_empty())
                .collect();
            if entered.is_empty() {
                continue;
            }
            for steps in self.variants(id, &device.device, aspect, bound)?.iter() {
                for entry in &entered {
                    self.beyond(arrivals, *entry, steps, border, exempted, bound, out)?;
                    if out.len() >= most {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// A device's variants, compiled once for all borders.
    fn variants(
        &mut self,
        id: DeviceId,
        device: &Device,
        aspect: &Aspect<'_>,
        bound: Bound,
    ) -> Result<Rc<[DeviceTransitions]>> {
        if let Some(known) = self.variants.get(&(id, bound)) {
            return Ok(known.clone());
        }
        let others = (aspect.variants)(device).into_iter();
        let built: Result<Vec<_>> = others.map(|other| self.engine.variant(id, &other, bound)).collect();
        let built: Rc<[DeviceTransitions]> = built?.into();
        self.variants.insert((id, bound), built.clone());
        Ok(built)
    }

    /// What leaves a device in the particular way, and gets onto the other side from there.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    fn beyond(
        &mut self,
        arrivals: &Arrivals,
        (at, set): (Location, PacketSet),
        steps: &DeviceTransitions,
        border: &Border,
        exempted: &BTreeMap<SegmentId, PacketSet>,
        bound: Bound,
        out: &mut Vec<(Hit, DeviceId)>,
    ) -> Result<()> {
        let Location::Ingress(id, _) = at else { return Ok(()) };
        for (to, left) in self.engine.pass(at, steps, set)? {
            if !matches!(to, Location::Egress(..)) {
                continue;
            }
            let next = self.engine.forward(&[(to, left)], bound)?;
            for (index, step) in next.steps.iter().enumerate() {
                let region = self.landed(step.at, step.set, border, exempted, bound)?;
                if region.is_empty() {
                    continue;
                }
                let after = self.engine.back(&next, index, region, bound)?;
                let leaving = self.engine.e.and(after.headers, left)?;
                let before = self.engine.unpass(at, steps, to, leaving)?;
                if let Some(mut hit) = self.sender(arrivals, at, before, step.at, bound)? {
                    hit.locations.extend(after.locations);
                    out.push((hit, id));
                    break;
                }
            }
        }
        Ok(())
    }

    fn sender(
        &mut self,
        arrivals: &Arrivals,
        at: Location,
        region: PacketSet,
        end: Location,
        bound: Bound,
    ) -> Result<Option<Hit>> {
        for (index, step) in arrivals.steps_at(at) {
            let here = self.engine.e.and(region, step.set)?;
            if here.is_empty() {
                continue;
            }
            let way = self.engine.back(arrivals, index, here, bound)?;
            let segment = |at: Location| match at {
                Location::Origin(s) | Location::Segment(s) => Some(s),
                Location::Egress(d, i, _) => {
                    self.site.device(d).and_then(|d| d.attached.get(i.index()).copied().flatten())
                }
                _ => None,
            };
            let wishes = evidence::preferences(self.site, segment(way.source), segment(end));
            let flow = witness::choose(&mut self.engine.e, way.headers, &wishes).map(|p| flow_at(&p));
            let flow = flow.ok_or(EngineError::Malformed)?;
            return Ok(Some(Hit { source: way.source, flow, locations: way.locations }));
        }
        Ok(None)
    }

    /// The part of an arrival that is on the other side.
    fn landed(
        &mut self,
        at: Location,
        set: PacketSet,
        border: &Border,
        exempted: &BTreeMap<SegmentId, PacketSet>,
        bound: Bound,
    ) -> Result<PacketSet> {
        let declared = |s: SegmentId| exempted.get(&s).copied().unwrap_or(PacketSet::EMPTY);
        Ok(match (at, bound) {
            (Location::Segment(s), Bound::Upper) if border.to.contains(&s) => {
                self.engine.e.minus(set, declared(s))?
            }
            (at @ Location::Egress(..), Bound::Upper)
                if places::open_way(self.site, at).is_some_and(|f| !self.resolved.contains(&f)) =>
            {
                set
            }
            (Location::Egress(d, i, hop), Bound::Lower) => {
                let segment = self.site.device(d).and_then(|d| d.attached.get(i.index()).copied().flatten());
                let Some(segment) = segment.filter(|s| border.to.contains(s)) else {
                    return Ok(PacketSet::EMPTY);
                };
                let Some(certain) = certain_destinations(self.site, segment, hop) else {
                    return Ok(PacketSet::EMPTY);
                };
                let to = self.engine.with_address(Field::Dst, &certain)?;
                let arrived = self.engine.e.and(set, to)?;
                self.engine.e.minus(arrived, declared(segment))?
            }
            _ => PacketSet::EMPTY,
        })
    }
}

/// Whether any device of the site was read, so that there is something to look at.
pub fn any_read(site: &Site) -> bool {
    site.devices.iter().any(SiteDevice::is_read)
}

/// Devices of which any line may do anything, and devices without a configuration: the lines to look at.
pub fn unread(site: &Site) -> Vec<Culprit> {
    let facts: BTreeSet<Fact> = evidence::havoc(site).into_values().flatten().collect();
    let mut out = evidence::culprits(site, &facts, MOST_CULPRITS).0;
    for (name, status) in &site.boxes {
        if let crate::network::DeviceStatus::Missing(why) = status {
            out.push(Culprit { span: name.span, what: why.clone(), device: Some(name.value.clone()) });
        }
    }
    out
}
