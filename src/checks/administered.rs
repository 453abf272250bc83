//! The search behind X-2: whose packets arrive at an administration service, of a device or of a tier's machines.

use std::collections::{BTreeMap, BTreeSet};

use super::crossing::{self, certain_destinations};
use super::places::{self, Party};
use super::{Options, evidence, mediated};
use crate::analysis::answer::{Assertion, Culprit, Evidence, Leg, Verdict};
use crate::analysis::concrete::{self, Arrival};
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Arrivals, Explorer, Fact};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::analysis::{EngineError, Result};
use crate::model::{AddressSet, CauseId, CauseKind, Device, Field, Flow, Ranges};
use crate::msg;
use crate::network::{Awaits, DeviceId, Endpoint, Location, Purpose, Role, SegmentId, Site, ZoneId};

/// Culprits and examples kept.
const MOST: usize = 20;
/// Counterexamples kept.
const MOST_SHOWN: usize = 5;
/// Questions asked at most to narrow down what a way hangs on.
const MOST_QUESTIONS: usize = 200;

/// By which people work on another machine: SSH, Telnet, RDP, VNC, WinRM (IANA service names `ssh`, `telnet`,
/// `ms-wbt-server`, `rfb`, `wsman`, `wsmans`). HTTPS is not among them: monitoring asks every server by it.
pub(super) const INTERACTIVE: [(u8, u16, u16); 6] =
    [(6, 22, 22), (6, 23, 23), (6, 3389, 3389), (17, 3389, 3389), (6, 5900, 5900), (6, 5985, 5986)];

/// What is administered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Devices, by machines outside the management zone.
    Devices,
    /// Two tiers, by one machine of the management zone.
    TwoTiers,
}

/// What a packet arrives at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// An administration service of a device.
    Device(DeviceId),
    /// A machine of a tier; several zones of one of the three roles are one tier.
    Tier(Role),
    /// A machine of a zone with a role of its own.
    Zone(ZoneId),
}

/// A packet of somebody that arrives.
struct Found {
    party: Party,
    target: Target,
    flow: Flow,
    /// Every location passed.
    locations: Vec<Location>,
}

/// One question.
pub(super) struct Access<'a> {
    pub site: &'a Site,
    pub options: &'a Options<'a>,
    pub asked: Asked,
}

impl Access<'_> {
    /// Answers it.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn decide(&self, out: &mut Assertion) -> Result<()> {
        let none = BTreeSet::new();
        let possible = self.reached(Bound::Upper, &none)?;
        if possible.is_empty() {
            out.verdict = Verdict::Holds;
            return Ok(());
        }
        let certain = self.reached(Bound::Lower, &none)?;
        let replayed: Vec<(&Found, Evidence)> =
            certain.iter().filter_map(|f| Some((f, self.replay(f)?))).collect();
        let parties = replayed.iter().map(|(f, _)| f.party);
        let counted = self.counted(parties);
        let unsaid = self.unsaid();
        let waits = |f: &Found| matches!(f.target, Target::Device(id) if unsaid.contains_key(&id));
        let kept = replayed.into_iter().filter(|(f, _)| counted.contains(&f.party));
        let (asked, kept): (Vec<_>, Vec<_>) = kept.partition(|(f, _)| waits(f));
        out.counterexamples.extend(kept.into_iter().map(|(_, evidence)| evidence));
        if !out.counterexamples.is_empty() {
            out.verdict = Verdict::Violated;
            out.counterexamples_truncated = out.counterexamples.len() > MOST_SHOWN;
            out.counterexamples.truncate(MOST_SHOWN);
            return Ok(());
        }
        out.verdict = Verdict::Undetermined;
        if asked.is_empty() {
            return self.explain(out, possible);
        }
        // Nobody said yet who may: what is certain is that somebody does.
        let asked: BTreeSet<Target> = asked.into_iter().map(|(f, _)| f.target).collect();
        let others: Vec<Found> = possible.into_iter().filter(|f| !asked.contains(&f.target)).collect();
        if !others.is_empty() {
            self.explain(out, others)?;
        }
        out.reason = Some(msg!(
            "who administers the sanitizer is not said",
            "無害化システムの管理元及び管理の通信が記入されていない"
        ));
        out.culprits.extend(asked.into_iter().filter_map(|t| match t {
            Target::Device(id) => unsaid.get(&id).cloned(),
            Target::Tier(_) | Target::Zone(_) => None,
        }));
        out.culprits.sort();
        out.culprits.dedup();
        Ok(())
    }

    /// Devices that are sanitizers of which nobody said yet who administers them, each with the cell.
    fn unsaid(&self) -> BTreeMap<DeviceId, Culprit> {
        let open = self.site.records.unconfirmed.iter().filter(|u| u.awaits == Awaits::Administration);
        let cells = open.filter_map(|row| {
            let (_, host) = self.site.hosts().find(|(_, h)| h.id.value == row.device)?;
            let name = &row.device;
            let what = msg!(
                "who administers sanitizer `{name}`, and how, is not said",
                "無害化システム「{name}」の管理の通信が記入されていない"
            );
            Some((host.device?, Culprit { span: row.cell, what, device: None }))
        });
        cells.collect()
    }

    /// Who counts, of everybody who reached a target, once for each: whoever administers devices, or two tiers.
    fn counted(&self, parties: impl Iterator<Item = Party>) -> BTreeSet<Party> {
        let mut times: BTreeMap<Party, usize> = BTreeMap::new();
        parties.for_each(|p| *times.entry(p).or_default() += 1);
        let enough = match self.asked {
            Asked::Devices => 1,
            Asked::TwoTiers => 2,
        };
        times.into_iter().filter(|(_, n)| *n >= enough).map(|(p, _)| p).collect()
    }

    /// Leaves out the facts of one possible packet after the other, until none arrives.
    fn explain(&self, out: &mut Assertion, mut possible: Vec<Found>) -> Result<()> {
        let mut resolved: BTreeSet<Fact> = evidence::havoc(self.site).into_values().flatten().collect();
        for _ in 0..MOST {
            let mut facts = BTreeSet::new();
            for found in &possible {
                if let Party::OpenEnd(d, i) = found.party {
                    facts.extend(places::open_ends(self.site).remove(&(d, i)).unwrap_or_default());
                }
                facts.extend(self.hangs_on(found, &resolved));
            }
            if facts.is_subset(&resolved)
                && let Some(first) = possible.first()
            {
                facts.extend(self.narrowed(first, &resolved)?);
            }
            let before = resolved.len();
            resolved.extend(facts);
            possible = self.reached(Bound::Upper, &resolved)?;
            if possible.is_empty() || resolved.len() == before {
                break;
            }
        }
        out.culprits_truncated = !possible.is_empty();
        let (culprits, more) = evidence::culprits(self.site, &resolved, MOST);
        out.culprits = culprits;
        out.culprits_truncated |= more;
        if out.culprits.is_empty() {
            out.culprits = possible.iter().map(|f| self.place(f.target)).collect();
            out.culprits.sort();
            out.culprits.dedup();
        }
        Ok(())
    }

    fn place(&self, target: Target) -> Culprit {
        let device = match target {
            Target::Device(id) => self.site.device(id),
            Target::Tier(_) | Target::Zone(_) => None,
        };
        let span = device.map(|d| self.site.sources.whole(d.device.file));
        Culprit {
            span: span.unwrap_or(self.site.sources.whole(self.site.topology)),
            what: msg!(
                "whether administration is accepted from there",
                "そこからの管理アクセスを受け付けるか否か"
            ),
            device: device.map(|d| d.device.name.clone()),
        }
    }

    /// One packet per party and target that counts.
    fn reached(&self, bound: Bound, resolved: &BTreeSet<Fact>) -> Result<Vec<Found>> {
        let parties = places::parties(self.site).into_iter().filter(|p| self.asks(*p, bound, resolved));
        let all = self.reached_by(&parties.collect::<Vec<_>>(), bound, resolved)?;
        let counted = self.counted(all.iter().map(|f| f.party));
        Ok(all.into_iter().filter(|f| counted.contains(&f.party)).collect())
    }

    /// One packet per party and target.
    fn reached_by(&self, parties: &[Party], bound: Bound, resolved: &BTreeSet<Fact>) -> Result<Vec<Found>> {
        let site = self.site;
        let mut engine = self.options.explorer(site, resolved.clone());
        let targets = self.targets(&mut engine)?;
        let prefixes = site.segments().flat_map(|(_, s)| &s.prefixes);
        let inside = prefixes.fold(AddressSet::empty(), |all, p| all.union(&AddressSet::network(p.value)));
        let mut out = Vec::new();
        for party in parties.iter().copied() {
            let arrivals = mediated::opened(&mut engine, party, bound)?;
            for (target, service) in &targets {
                if self.may_administer(party, *target) {
                    continue;
                }
                for (index, set) in self.arriving(&mut engine, &arrivals, *target, *service, bound)? {
                    let mut way = engine.back(&arrivals, index, set, bound)?;
                    if matches!(party, Party::External(_)) {
                        // Outside, the site's own addresses are forged: no answer would come back.
                        let forged = engine.with_address(Field::Src, &inside)?;
                        way.headers = engine.e.minus(way.headers, forged)?;
                    }
                    if way.headers.is_empty() {
                        continue;
                    }
                    let own = places::addresses_under(site, party, bound);
                    let wishes = Preferences { sources: vec![own], destinations: Vec::new() };
                    let flow = witness::choose(&mut engine.e, way.headers, &wishes).map(|p| flow_at(&p));
                    let flow = flow.ok_or(EngineError::Malformed)?;
                    out.push(Found { party, target: *target, flow, locations: way.locations });
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Everything that may be administered, with the packets that do.
    fn targets(&self, engine: &mut Explorer<'_>) -> Result<Vec<(Target, PacketSet)>> {
        let site = self.site;
        let mut out = Vec::new();
        match self.asked {
            Asked::Devices => {
                for (id, device) in site.devices().filter(|(_, d)| d.is_read()) {
                    out.push((Target::Device(id), administration(engine, &device.device)?));
                }
            }
            Asked::TwoTiers => {
                let interactive = interactive(engine)?;
                // A device is not a machine of the tier by whose address it is administered.
                let boxes =
                    site.devices().filter(|(id, _)| !site.hosts.iter().any(|h| h.device == Some(*id)));
                let boxes = boxes.map(|(id, _)| site.device_addresses(id));
                let boxes = boxes.fold(AddressSet::empty(), |all, a| all.union(&a));
                let boxes = engine.with_address(Field::Dst, &boxes)?;
                let set = engine.e.minus(interactive, boxes)?;
                let tiers: BTreeSet<Target> = site.segments().filter_map(|(id, _)| tier(site, id)).collect();
                out.extend(tiers.into_iter().map(|t| (t, set)));
            }
        }
        Ok(out)
    }

    /// The steps of some arrivals at a target, with what of them administers it.
    fn arriving(
        &self,
        engine: &mut Explorer<'_>,
        arrivals: &Arrivals,
        target: Target,
        service: PacketSet,
        bound: Bound,
    ) -> Result<Vec<(usize, PacketSet)>> {
        let mut out = Vec::new();
        for (index, step) in arrivals.steps.iter().enumerate() {
            let mut set = match (step.at, target) {
                (Location::Local(id), Target::Device(device)) if id == device => step.set,
                (Location::Segment(id), Target::Tier(_) | Target::Zone(_))
                    if bound == Bound::Upper && tier(self.site, id) == Some(target) =>
                {
                    step.set
                }
                (Location::Egress(id, interface, hop), Target::Tier(_) | Target::Zone(_))
                    if bound == Bound::Lower =>
                {
                    let device = self.site.device(id);
                    let segment = device.and_then(|d| d.attached.get(interface.index()).copied().flatten());
                    let segment = segment.filter(|s| tier(self.site, *s) == Some(target));
                    match segment.and_then(|s| certain_destinations(self.site, s, hop)) {
                        Some(to) => {
                            let to = engine.with_address(Field::Dst, &to)?;
                            engine.e.and(step.set, to)?
                        }
                        None => continue,
                    }
                }
                _ => continue,
            };
            set = engine.e.and(set, service)?;
            if !set.is_empty() {
                out.push((index, set));
            }
        }
        if matches!(target, Target::Device(_)) {
            return Ok(out);
        }
        // A machine that has a name says more than an address that may be free.
        let hosts = self.site.hosts().map(|(id, _)| self.site.own_addresses(id));
        let hosts = hosts.fold(AddressSet::empty(), |all, a| all.union(&a));
        let hosts = engine.with_address(Field::Dst, &hosts)?;
        let mut named = Vec::new();
        for (index, set) in &out {
            named.push((*index, engine.e.and(*set, hosts)?));
        }
        named.retain(|(_, set)| !set.is_empty());
        named.extend(out);
        Ok(named)
    }

    /// Of devices: machines of users and of the internet, and whoever stands where the topology ends. Of tiers:
    /// machines of the management zone; one that also stands in a tier is told of as joining them, by X-7.
    fn asks(&self, party: Party, bound: Bound, resolved: &BTreeSet<Fact>) -> bool {
        let management = || places::segments_of_role(self.site, Role::Management);
        let manages = || {
            let here = places::segments_of(self.site, party);
            here.is_subset(&management()) && !here.is_empty()
        };
        match (party, self.asked) {
            (Party::Device(_), _) | (Party::OpenEnd(..) | Party::External(_), Asked::TwoTiers) => false,
            (Party::OpenEnd(device, interface), Asked::Devices) => {
                let facts = places::open_ends(self.site).remove(&(device, interface)).unwrap_or_default();
                bound == Bound::Upper && !facts.is_subset(resolved)
            }
            (Party::Host(_) | Party::Terminals(_) | Party::External(_), Asked::Devices) => {
                !places::segments_of(self.site, party).is_subset(&management())
            }
            (Party::Host(_) | Party::Terminals(_), Asked::TwoTiers) => manages(),
        }
    }

    /// Declared administration terminals, a device itself, and whom a sanitizer's declaration names.
    fn may_administer(&self, party: Party, target: Target) -> bool {
        let declared = match party {
            Party::Host(id) => self
                .site
                .host(id)
                .is_some_and(|h| h.class.as_deref() == Some("admin-terminal") && !h.declarations.is_empty()),
            _ => false,
        };
        let Target::Device(device) = target else { return declared };
        let own = places::device_of(self.site, party) == Some(device);
        let sanitizers = self
            .site
            .sanitizers
            .iter()
            .filter(|s| self.site.host(s.host).is_some_and(|h| h.device == Some(device)));
        let sessions = sanitizers.flat_map(|s| &s.sessions);
        let mut managing = sessions.filter(|h| h.purpose == Purpose::Management && h.peer_opens);
        own || declared || managing.any(|h| h.peers.iter().any(|p| self.named(p, party)))
    }

    fn named(&self, endpoint: &Endpoint, party: Party) -> bool {
        match (endpoint, party) {
            (Endpoint::Host(a), Party::Host(b)) => *a == b,
            (Endpoint::Segment(a), _) => places::segments_of(self.site, party) == BTreeSet::from([*a]),
            _ => false,
        }
    }

    /// Whether an arrival is at the target; with certainty, where that can be told apart.
    fn arrives(&self, target: Target, arrival: &Arrival, bound: Bound) -> bool {
        match (target, arrival) {
            (Target::Device(id), Arrival::Local { device, .. }) => *device == id,
            (Target::Tier(_) | Target::Zone(_), Arrival::Transmitted(t)) => match t.to {
                Location::Segment(s) if tier(self.site, s) == Some(target) => {
                    bound == Bound::Upper
                        || certain_destinations(self.site, s, t.hop)
                            .is_some_and(|set| set.contains(t.header.destination()))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn replay(&self, found: &Found) -> Option<Evidence> {
        let (site, flow) = (self.site, &found.flow);
        let accepted = |arrival: &Arrival| self.arrives(found.target, arrival, Bound::Lower);
        for start in places::origins(site, found.party) {
            let reach = concrete::reaches(site, start, flow, &evidence::replaying(), &accepted);
            let (true, Some(branch)) = (reach.certainty.is_certain(), &reach.branch) else { continue };
            let choices = match &reach.certainty {
                concrete::Certainty::UnderChoices(choices) => concrete::conditions(site, choices),
                _ => Vec::new(),
            };
            let last = branch.transmissions.iter().find(|t| accepted(&Arrival::Transmitted(**t)));
            let delivered = last.map(|t| t.header).or(branch.delivered()).unwrap_or(*flow);
            let to = match (found.target, last.map(|t| t.to)) {
                (Target::Device(id), _) => places::label(site, Party::Device(id)),
                (_, Some(Location::Segment(s))) => evidence::party_at(site, s, Some(delivered.destination())),
                _ => return None,
            };
            let leg = Leg {
                from: places::label(site, found.party),
                to,
                packet: *flow,
                delivered,
                hops: branch.path(site),
            };
            return Some(Evidence {
                legs: vec![leg],
                family: flow.family,
                one_way: true,
                requires_forged_source: false,
                choices,
            });
        }
        None
    }

    /// The facts on which one way of a packet hangs, as the concrete evaluator finds it.
    fn hangs_on(&self, found: &Found, without: &BTreeSet<Fact>) -> BTreeSet<Fact> {
        let accepted = |arrival: &Arrival| self.arrives(found.target, arrival, Bound::Upper);
        let Some(start) = places::origins(self.site, found.party).into_iter().next() else {
            return BTreeSet::new();
        };
        let reach = concrete::reaches(self.site, start, &found.flow, &evidence::looking(without), &accepted);
        let causes = reach.branch.map(|b| b.causes()).unwrap_or_default();
        causes.into_iter().map(|(d, c)| Fact::Cause(d, c)).collect()
    }

    /// Some facts without which a party no longer gets there, none of which can be spared: what remains when, of
    /// everything unknown on the way, one part after the other is found not to matter. For ways that have too many
    /// forms to be walked one by one (a rule that may rewrite anything).
    fn narrowed(&self, found: &Found, resolved: &BTreeSet<Fact>) -> Result<Vec<Fact>> {
        let mut facts = self.unknown_on(&found.locations, resolved);
        let mut asked = 0;
        let mut suffices = |left_out: &[Fact]| -> Result<bool> {
            asked += 1;
            let without = resolved.iter().chain(left_out).copied().collect();
            let still = self.reached_by(&[found.party], Bound::Upper, &without)?;
            Ok(asked <= MOST_QUESTIONS && !still.iter().any(|f| f.target == found.target))
        };
        if !suffices(&facts)? {
            return Ok(Vec::new());
        }
        let mut size = facts.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < facts.len() {
                let fewer: Vec<Fact> =
                    facts.iter().take(at).chain(facts.iter().skip(at + size)).copied().collect();
                if suffices(&fewer)? {
                    facts = fewer;
                } else {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        Ok(facts)
    }

    /// Everything unknown about the devices and links of a way.
    fn unknown_on(&self, locations: &[Location], resolved: &BTreeSet<Fact>) -> Vec<Fact> {
        let mut out = evidence::uncertain_links(self.site, locations);
        for id in locations.iter().filter_map(|at| crossing::device_at(*at)).collect::<BTreeSet<_>>() {
            let causes = self.site.device(id).into_iter().flat_map(|d| &d.device.causes);
            let unknown = (0u32..).zip(causes).filter(|(_, c)| c.kind == CauseKind::Unknown);
            out.extend(unknown.map(|(cause, _)| Fact::Cause(id, CauseId(cause))));
        }
        out.difference(resolved).copied().collect()
    }
}

/// The tier that a segment belongs to; networks outside and the management zone are none.
fn tier(site: &Site, id: SegmentId) -> Option<Target> {
    let segment = site.segment(id).filter(|s| s.external.is_none())?;
    let zone = segment.zone?;
    match site.zone(zone)?.role {
        Role::Management => None,
        role if super::ways::TIERS.contains(&role) => Some(Target::Tier(role)),
        _ => Some(Target::Zone(zone)),
    }
}

fn interactive(engine: &mut Explorer<'_>) -> Result<PacketSet> {
    let mut all = Vec::new();
    for (proto, first, last) in INTERACTIVE {
        let ports = Ranges::span(u128::from(first), u128::from(last));
        let cube = Cube::any().with_value(Field::Proto, u128::from(proto)).with(Field::Dport, ports);
        all.push(engine.e.cube(&cube)?);
    }
    Ok(engine.e.or_all(all)?)
}

/// The packets that administer a device when they arrive at it.
fn administration(engine: &mut Explorer<'_>, device: &Device) -> Result<PacketSet> {
    let mut all = Vec::new();
    for service in &device.facts.admin {
        let cube = Cube::any()
            .with_value(Field::Proto, u128::from(service.proto))
            .with(Field::Dport, service.ports.clone());
        let mut set = engine.e.cube(&cube)?;
        for (field, bound) in [(Field::Dst, &service.at), (Field::Src, &service.from)] {
            if let Some(addresses) = bound {
                let within = engine.with_address(field, addresses)?;
                set = engine.e.and(set, within)?;
            }
        }
        all.push(set);
    }
    Ok(engine.e.or_all(all)?)
}
