//! Everything that gets through, in rows that a person can read: who, to whom, by what, in which family.

use std::collections::{BTreeMap, BTreeSet};

use super::crossing::{Crossing, Hit, Search, Sending};
use super::evidence::{self, Replayed};
use super::places::{self, Party};
use super::{CheckError, Options};
use crate::analysis::answer::{Delivered, Evidence, FlowRow, Service, Verdict};
use crate::analysis::diagram::Cube;
use crate::analysis::naming::Naming;
use crate::analysis::reach::Fact;
use crate::analysis::rows::{Row, rows};
use crate::analysis::set::{Engine, PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::{EngineError, Result, witness};
use crate::model::{AddressSet, Field, IfId, PORT_PROTOCOLS, Ranges};
use crate::network::{DeviceId, Endpoint, Location, SegmentId, Site};

/// Most rows between one sender's segment and one receiver's.
const MOST_PER_PAIR: usize = 12;
/// Most rows of one crossing.
const MOST: usize = 60;

/// What is the same for every row of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// Where its packets are sent.
    pub from: String,
    /// Where they arrive.
    pub to: String,
    /// Whether they certainly do.
    pub certain: bool,
    /// Whether their senders use addresses that are not theirs.
    pub requires_forged_source: bool,
}

/// A part of a crossing.
#[derive(Debug, Clone, Default)]
pub(super) struct Only {
    /// Headers as sent: one of these cubes; empty: any.
    pub headers: Vec<Cube>,
    /// Where they are delivered, if not just anywhere.
    pub delivered: Option<AddressSet>,
}

/// What a table says.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub rows: Vec<FlowRow>,
    pub more: bool,
    /// The facts on which the rows' packets hang, under the upper bound.
    pub facts: BTreeSet<Fact>,
}

/// Rows with their packets.
#[derive(Debug, Clone, Default)]
pub struct Rowed {
    /// Each row, without a rule and a packet yet, and the packets of the set in it. Rows may overlap.
    pub rows: Vec<(FlowRow, PacketSet)>,
    /// The set has packets that no row shows.
    pub more: bool,
}

/// The names by which people know a site's addresses: hosts, segments, devices, then the configurations' objects.
pub fn naming(site: &Site) -> Naming {
    let mut out = Naming::default();
    for (id, _) in site.hosts() {
        out.address(&places::label(site, Party::Host(id)), &site.own_addresses(id), None);
    }
    for (id, segment) in site.segments().filter(|(_, s)| !s.internal && s.external.is_none()) {
        let space = segment.prefixes.iter().map(|p| AddressSet::network(p.value));
        let space = space.fold(AddressSet::empty(), |all, p| all.union(&p));
        out.address(&places::label(site, Party::Terminals(id)), &space, None);
    }
    for (id, device) in site.devices() {
        out.address(&device.device.name, &site.device_addresses(id), None);
    }
    site.devices.iter().for_each(|d| out.device(&d.device));
    out
}

/// At most `most` rows of a set of opening, well-formed packets. The source side is the set's source field, the
/// destination side its destination field, whatever the caller means by them.
///
/// # Errors
/// Budget.
pub fn rows_of(
    engine: &mut Engine,
    naming: &Naming,
    set: PacketSet,
    ends: &Ends,
    most: usize,
) -> Result<Rowed> {
    let found = rows(engine, set, most)?;
    let mut out = Rowed { rows: Vec::new(), more: found.more };
    for row in found.rows {
        let mut cube = row.cube.clone();
        cube.set(Field::Family, Ranges::one(row.family.value()));
        let packets = engine.cube(&cube)?;
        out.rows.push((flow_row(naming, &row, ends), engine.and(packets, set)?));
    }
    Ok(out)
}

fn flow_row(naming: &Naming, row: &Row, ends: &Ends) -> FlowRow {
    let side = |field: Field, max: u128| row.cube.side(field).cloned().unwrap_or_else(|| Ranges::full(max));
    let address = |field: Field| naming.side(row.family, &side(field, row.family.max_address()));
    let protocols = side(Field::Proto, Field::Proto.max_value());
    let ports = row.cube.side(Field::Dport).cloned();
    let known = ports.clone().unwrap_or_else(|| Ranges::full(Field::Dport.max_value()));
    let narrow = [Field::Sport, Field::Icmp, Field::TcpFlags].iter().any(|f| row.cube.side(*f).is_some());
    FlowRow {
        certain: ends.certain,
        family: row.family,
        from: ends.from.clone(),
        to: ends.to.clone(),
        source: address(Field::Src),
        destination: address(Field::Dst),
        service: Service {
            names: if narrow { Vec::new() } else { naming.service(&protocols, &known) },
            protocols,
            ports,
            source_ports: row.cube.side(Field::Sport).cloned(),
            icmp: row.cube.side(Field::Icmp).cloned(),
        },
        delivered: None,
        requires_forged_source: ends.requires_forged_source,
        rule: None,
        packet: None,
    }
}

/// What the rows of an answer speak of; `None` where nothing gets through.
pub(super) fn bound_of(verdict: Verdict) -> Option<Bound> {
    match verdict {
        Verdict::Violated => Some(Bound::Lower),
        Verdict::Undetermined => Some(Bound::Upper),
        Verdict::Holds | Verdict::NotApplicable => None,
    }
}

/// Everything of a crossing under a bound, per pair of places; and whether there is more. Rows never change a
/// verdict: if they cannot be had, there are none.
///
/// # Errors
/// [`CheckError::Disagreement`]: a row that the second engine contradicts.
pub(super) fn table(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
    bound: Bound,
) -> std::result::Result<(Vec<FlowRow>, bool), CheckError> {
    let said = part(site, crossing, options, bound, &Only::default())?;
    Ok((said.rows, said.more))
}

/// The same for a part of the crossing.
///
/// # Errors
/// As [`table`].
pub(super) fn part(
    site: &Site,
    crossing: &Crossing,
    options: &Options,
    bound: Bound,
    only: &Only,
) -> std::result::Result<Said, CheckError> {
    let naming = naming(site);
    let mut search = Search::new(site, crossing, options);
    let mut table = Table { site, crossing, naming: &naming, bound, only, said: Said::default() };
    match table.fill(&mut search) {
        Ok(Ok(())) => Ok(table.said),
        Ok(Err(error)) => Err(error),
        Err(EngineError::Budget(_) | EngineError::Endless) => Ok(Said { more: true, ..table.said }),
        Err(EngineError::Malformed) => Err(CheckError::Internal("a device model is malformed".to_owned())),
    }
}

/// The packets that a part of a crossing is about.
pub(super) fn headers_of(search: &mut Search<'_>, only: &Only) -> Result<PacketSet> {
    if only.headers.is_empty() {
        return Ok(PacketSet::ALL);
    }
    let parts: std::result::Result<Vec<_>, _> =
        only.headers.iter().map(|c| search.engine.e.cube(c)).collect();
    Ok(search.engine.e.or_all(parts?)?)
}

/// Where something arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Segment(SegmentId),
    /// Out of the topology.
    Open(DeviceId, IfId),
}

impl Target {
    fn of(site: &Site, at: Location, bound: Bound) -> Option<Target> {
        match (at, bound) {
            (Location::Segment(s), _) => Some(Target::Segment(s)),
            (Location::Egress(d, i, _), Bound::Upper) => Some(Target::Open(d, i)),
            (Location::Egress(d, i, _), Bound::Lower) => {
                site.device(d)?.attached.get(i.index()).copied().flatten().map(Target::Segment)
            }
            _ => None,
        }
    }

    fn label(self, site: &Site) -> String {
        match self {
            Target::Segment(id) => places::label(site, Party::Terminals(id)),
            Target::Open(d, i) => places::label(site, Party::OpenEnd(d, i)),
        }
    }
}

/// What gets from one source to one target.
#[derive(Debug, Clone, Copy)]
struct Through {
    headers: PacketSet,
    /// The headers arrive as they are sent.
    unchanged: bool,
}

struct Table<'a> {
    site: &'a Site,
    crossing: &'a Crossing,
    naming: &'a Naming,
    bound: Bound,
    only: &'a Only,
    said: Said,
}

impl Table<'_> {
    fn fill(&mut self, search: &mut Search<'_>) -> Result<std::result::Result<(), CheckError>> {
        for segment in self.crossing.from.clone() {
            let runs = search.sent_from(&BTreeSet::from([segment]), self.bound)?;
            let label = places::label(self.site, Party::Terminals(segment));
            if let Err(error) = self.source(search, Location::Origin(segment), &label, &runs)? {
                return Ok(Err(error));
            }
        }
        for run in search.sent_from_outside(self.bound)? {
            let Some((device, interface)) = run.entered else { continue };
            let label = places::label(self.site, Party::OpenEnd(device, interface));
            let at = Location::Ingress(device, interface);
            if let Err(error) = self.source(search, at, &label, &[run])? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    fn source(
        &mut self,
        search: &mut Search<'_>,
        source: Location,
        label: &str,
        runs: &[Sending],
    ) -> Result<std::result::Result<(), CheckError>> {
        let mut found: BTreeMap<Target, Through> = BTreeMap::new();
        let asked = headers_of(search, self.only)?;
        for run in runs {
            let mut seeds = run.seeds.clone();
            for (_, seed) in &mut seeds {
                *seed = search.engine.e.and(*seed, asked)?;
            }
            let arrivals = search.engine.forward(&seeds, self.bound)?;
            let mut goals: BTreeMap<Target, Vec<(Location, PacketSet)>> = BTreeMap::new();
            for (at, set) in arrivals.places() {
                let Some(target) = Target::of(self.site, at, self.bound) else { continue };
                let crossed = self.crossed(search, at, set, run)?;
                if !crossed.is_empty() {
                    goals.entry(target).or_default().push((at, crossed));
                }
            }
            for (target, goals) in goals {
                let headers = search.engine.departures(&arrivals, source, &goals, self.bound)?;
                let arrived = search.engine.e.or_all(goals.iter().map(|g| g.1))?;
                let none = Through { headers: PacketSet::EMPTY, unchanged: true };
                let through = found.entry(target).or_insert(none);
                through.headers = search.engine.e.or(through.headers, headers)?;
                through.unchanged &= headers == arrived;
            }
        }
        for (target, through) in found {
            if let Err(error) = self.pair(search, (source, label), target, through, runs)? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// What of an arrival has crossed and is asked about.
    fn crossed(
        &self,
        search: &mut Search<'_>,
        at: Location,
        set: PacketSet,
        run: &Sending,
    ) -> Result<PacketSet> {
        let crossed = search.crossed(at, set, run, self.bound)?;
        let Some(addresses) = &self.only.delivered else { return Ok(crossed) };
        let there = search.engine.with_address(Field::Dst, addresses)?;
        Ok(search.engine.e.and(crossed, there)?)
    }

    /// The rows between two places: first what senders can do under addresses of their own, then what only forged
    /// ones can.
    fn pair(
        &mut self,
        search: &mut Search<'_>,
        (source, label): (Location, &str),
        target: Target,
        through: Through,
        runs: &[Sending],
    ) -> Result<std::result::Result<(), CheckError>> {
        let (honest, forged) = self.honest(search, source, through.headers)?;
        let mut room = MOST_PER_PAIR;
        for (set, requires_forged_source) in [(honest, false), (forged, true)] {
            let certain = self.bound == Bound::Lower;
            let ends =
                Ends { from: label.to_owned(), to: target.label(self.site), certain, requires_forged_source };
            let most = room.min(MOST.saturating_sub(self.said.rows.len()));
            let found = rows_of(&mut search.engine.e, self.naming, set, &ends, most)?;
            self.said.more |= found.more;
            room -= found.rows.len();
            for (row, packets) in found.rows {
                match self.complete(search, row, packets, (source, target), through, runs)? {
                    Ok(row) => self.said.rows.push(row),
                    Err(error) => return Ok(Err(error)),
                }
            }
        }
        Ok(Ok(()))
    }

    /// What a sender can do under its own addresses, and what else becomes possible under others.
    fn honest(
        &self,
        search: &mut Search<'_>,
        source: Location,
        headers: PacketSet,
    ) -> Result<(PacketSet, PacketSet)> {
        let Location::Origin(segment) = source else { return Ok((headers, PacketSet::EMPTY)) };
        let own = places::endpoint_addresses(self.site, &Endpoint::Segment(segment));
        let own = search.engine.with_address(Field::Src, &own)?;
        let engine = &mut search.engine.e;
        let honest = engine.and(headers, own)?;
        let anybody = engine.forget(honest, &[Field::Src])?;
        Ok((honest, engine.minus(headers, anybody)?))
    }

    /// Adds a packet that was replayed, the rule that lets it pass, and where translations lead.
    fn complete(
        &mut self,
        search: &mut Search<'_>,
        mut row: FlowRow,
        packets: PacketSet,
        (source, target): (Location, Target),
        through: Through,
        runs: &[Sending],
    ) -> Result<std::result::Result<FlowRow, CheckError>> {
        let wishes = search.wishes(source, self.location(target));
        let packet = witness::choose(&mut search.engine.e, packets, &wishes).map(|p| flow_at(&p));
        let packet = packet.ok_or(EngineError::Malformed)?;
        if !through.unchanged {
            row.delivered = self.delivered(search, &row, packets, (source, target), runs)?;
        }
        let hit = Hit { source, flow: packet, locations: vec![source] };
        match self.replay(&hit, target) {
            Ok(evidence) => {
                row.certain = evidence.is_some() && self.bound == Bound::Lower;
                row.rule = evidence
                    .as_ref()
                    .and_then(|e| e.deciding_rule(self.site))
                    .map(|(d, p)| (d.to_owned(), p.clone()));
            }
            Err(error) => return Ok(Err(error)),
        }
        row.packet = Some(packet);
        Ok(Ok(row))
    }

    fn location(&self, target: Target) -> Location {
        match target {
            Target::Segment(id) => Location::Segment(id),
            Target::Open(..) => Location::Elsewhere,
        }
    }

    fn replay(&mut self, hit: &Hit, target: Target) -> std::result::Result<Option<Evidence>, CheckError> {
        if self.bound == Bound::Upper {
            let possible = evidence::replay_avoiding(self.site, self.crossing, hit, &BTreeSet::new());
            self.said.facts.extend(possible.iter().flat_map(|p| p.facts.iter().copied()));
            return Ok(possible.map(|p| p.evidence));
        }
        let Target::Segment(segment) = target else { return Ok(None) };
        let narrow = Crossing { to: BTreeSet::from([segment]), ..self.crossing.clone() };
        match evidence::replay(self.site, &narrow, hit) {
            Replayed::Confirmed(evidence) => Ok(Some(*evidence)),
            Replayed::Open => Ok(None),
            Replayed::Contradicted(report) => Err(CheckError::Disagreement(report)),
        }
    }

    /// Where the packets of a row end up, if that is not where they were sent.
    fn delivered(
        &self,
        search: &mut Search<'_>,
        row: &FlowRow,
        packets: PacketSet,
        (source, target): (Location, Target),
        runs: &[Sending],
    ) -> Result<Option<Delivered>> {
        let mut arrived = PacketSet::EMPTY;
        for run in runs {
            let of_run = run.seeds.iter().map(|s| s.1).collect::<Vec<_>>();
            let of_run = search.engine.e.or_all(of_run)?;
            let sent = search.engine.e.and(packets, of_run)?;
            let arrivals = search.engine.forward(&[(source, sent)], self.bound)?;
            for (at, set) in arrivals.places() {
                if Target::of(self.site, at, self.bound) == Some(target) {
                    let crossed = self.crossed(search, at, set, run)?;
                    arrived = search.engine.e.or(arrived, crossed)?;
                }
            }
        }
        let values = |field| search.engine.e.values(arrived, row.family, field);
        let destination = values(Field::Dst);
        let ports = ported(row).then(|| values(Field::Dport));
        let ports = ports.filter(|p| *p != Ranges::full(Field::Dport.max_value()));
        if destination == row.destination.ranges && ports == row.service.ports {
            return Ok(None);
        }
        Ok(Some(Delivered { destination: self.naming.side(row.family, &destination), ports }))
    }
}

/// Whether every protocol of a row has ports.
fn ported(row: &FlowRow) -> bool {
    let with = Ranges::from_pairs(PORT_PROTOCOLS.map(|p| (u128::from(p), u128::from(p))));
    row.service.protocols.is_subset(&with)
}
