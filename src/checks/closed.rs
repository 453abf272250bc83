//! What closes the ways that an answer says are closed: the rules that refuse, the routes that are missing, the links
//! that are not there.
//!
//! It speaks of first packets (TCP with SYN alone, and whatever is not TCP) that machines of one side send to addresses
//! of the other, whatever source they write. Of each it says where it goes no further; the places next to the other side come first.

use std::collections::{BTreeMap, BTreeSet};

use super::crossing::{Crossing, Search};
use super::through::{self, Ends, Only};
use super::{CheckError, Options, failure, pair, pairs, places, register};
use crate::analysis::Result;
use crate::analysis::answer::{Assertion, FlowRow, Level, Place, Verdict};
use crate::analysis::deaths::{self, Death, End, Spot};
use crate::analysis::diagram::Cube;
use crate::analysis::set::PacketSet;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Family, Field, IfId, proto};
use crate::network::{DeviceId, Location, Role, SegmentId, Site};
use crate::source::Msg;

/// Packets that go no further.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The device that has to do with it; `None` where no device takes them up.
    pub device: Option<String>,
    /// The interface by which they came in there.
    pub ingress: Option<String>,
    /// The interfaces by which they would go on; the one by which they went, where they are stranded.
    pub egress: Vec<String>,
    /// The segment on which they end, where it is no device.
    pub segment: Option<String>,
    /// Why.
    pub end: End,
    /// The rule or route that refuses them.
    pub rule: Option<Place>,
    /// How many further devices there are between this place and the receivers; `None`: no way by cables.
    pub distance: Option<usize>,
    /// The packets, as they are there.
    pub rows: Vec<FlowRow>,
    /// More packets than the rows say.
    pub rows_truncated: bool,
}

/// Where packets go no further, next to the receivers first.
#[derive(Debug, Clone, Default)]
pub struct Stops {
    /// The places.
    pub list: Vec<Stop>,
    /// More than were kept.
    pub truncated: bool,
}

/// What closes the way from some places to some others.
#[derive(Debug, Clone)]
pub struct Closed {
    /// The senders' zone or places, by name.
    pub from: String,
    /// The receivers'.
    pub to: String,
    /// Where packets go no further.
    pub stops: Stops,
    /// Why there are none, if they could not be found.
    pub reason: Option<Msg>,
}

/// The flag of a first packet.
const SYN: u8 = 2;

/// Most stops, and most rows of one.
const STOPS: usize = 40;
const ROWS: usize = 4;

/// What closes the ways that an answer says are closed, direction by direction: of questions about packets that hold.
/// Nothing for other answers and for questions that are not about two sides.
///
/// # Errors
/// [`CheckError`]: errors of this program.
pub fn by(site: &Site, a: &Assertion, options: &Options) -> std::result::Result<Vec<Closed>, CheckError> {
    if a.verdict != Verdict::Holds || a.level != Level::Packet {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for (from, to) in sides(site, a) {
        let crossing = Crossing { from, to, exempt: Vec::new() };
        let found = stops(site, &crossing, &receivers(site, &crossing.to), &[], options);
        let (stops, reason) = match found {
            Ok(stops) => (stops, None),
            Err(error) => (Stops::default(), Some(failure(error)?)),
        };
        let Crossing { from, to, .. } = crossing;
        out.push(Closed { from: title(site, &from), to: title(site, &to), stops, reason });
    }
    Ok(out)
}

type Sides = (BTreeSet<SegmentId>, BTreeSet<SegmentId>);

/// The directions that a question is about, as long as it is about two sides.
fn sides(site: &Site, a: &Assertion) -> Vec<Sides> {
    let of = |role| places::segments_of_role(site, role);
    let both = |one: BTreeSet<SegmentId>, other: BTreeSet<SegmentId>| {
        vec![(one.clone(), other.clone()), (other, one)]
    };
    match a.id {
        "M-1" => both(of(Role::IndividualNumber), of(Role::Internet)),
        "L-1" => both(of(Role::Lgwan), of(Role::Internet)),
        "M-2" => register::flows::borders(site),
        "Z-1" => site
            .records
            .pairs
            .iter()
            .filter(|p| pairs::scope(site, p) == a.scope)
            .map(|p| (pairs::of(site, p.from), pairs::of(site, p.to)))
            .collect(),
        _ => Vec::new(),
    }
}

/// The zones that segments belong to, or their own names where they belong to none.
fn title(site: &Site, segments: &BTreeSet<SegmentId>) -> String {
    let mut out: Vec<String> = Vec::new();
    for segment in segments.iter().filter_map(|s| site.segment(*s)) {
        let zone = segment.zone.and_then(|z| site.zone(z)).map(|z| z.name.clone());
        let name = zone.or_else(|| segment.name.clone()).unwrap_or_else(|| segment.id.value.clone());
        if !out.contains(&name) {
            out.push(name);
        }
    }
    out.join("・")
}

/// Where packets go no further that are sent to the receivers' own addresses, with these headers (none: any). Without
/// receivers' addresses it speaks of any destination.
///
/// # Errors
/// Budget, malformed devices.
pub(super) fn stops(
    site: &Site,
    crossing: &Crossing,
    receivers: &AddressSet,
    headers: &[Cube],
    options: &Options,
) -> Result<Stops> {
    let mut search = Search::new(site, crossing, options);
    let found = found(&mut search, receivers, headers)?;
    let naming = through::naming(site);
    let ends = Ends { from: String::new(), to: String::new(), certain: true, requires_forged_source: false };
    let mut out = Stops { list: Vec::new(), truncated: found.len() > STOPS };
    for (distance, death) in found.into_iter().take(STOPS) {
        let rows = through::rows_of(&mut search.engine.e, &naming, death.set, &ends, ROWS)?;
        let (device, ingress, egress, segment) = words(site, &death);
        out.list.push(Stop {
            device,
            ingress,
            egress,
            segment,
            end: death.end,
            rule: death.rule,
            distance: (distance != usize::MAX).then_some(distance),
            rows: rows.rows.into_iter().map(|(row, _)| row).collect(),
            rows_truncated: rows.more,
        });
    }
    Ok(out)
}

/// Every death with its distance from the receivers, in the order in which they are told.
fn found(search: &mut Search<'_>, receivers: &AddressSet, headers: &[Cube]) -> Result<Vec<(usize, Death)>> {
    let (site, crossing) = (search.site, search.crossing);
    let aimed = match receivers.is_empty() {
        true => headers.to_vec(),
        false => pair::narrowed(headers, Field::Dst, receivers),
    };
    let asked = through::headers_of(search, &Only { headers: aimed, delivered: None })?;
    let first = first_packets(search)?;
    let asked = search.engine.e.and(asked, first)?;
    let seeds: Vec<_> = crossing.from.iter().map(|s| (Location::Origin(*s), asked)).collect();
    let arrivals = search.engine.forward(&seeds, Bound::Upper)?;
    let deaths = deaths::deaths(&mut search.engine, &arrivals, &crossing.to)?;
    let (devices, segments) = distances(site, &crossing.to);
    let far = |d: &Death| match d.spot {
        Spot::Device(device, _) => devices.get(&device).copied(),
        Spot::Behind(_, _, segment) | Spot::Segment(segment) => segments.get(&segment).copied(),
    };
    let mut out: Vec<(usize, Death)> =
        deaths.into_iter().map(|d| (far(&d).unwrap_or(usize::MAX), d)).collect();
    out.sort_by_cached_key(|(distance, d)| (*distance, words(site, d), d.end, said(site, d)));
    Ok(out)
}

/// The file and the text of the rule or route: they stay the same wherever the line is moved to.
fn said(site: &Site, death: &Death) -> Option<(String, String)> {
    let excerpt = site.sources.excerpt(death.rule.as_ref()?.span);
    Some((excerpt.path.to_string(), excerpt.text.to_string()))
}

/// Opening packets as senders make them: rows do not show flags, so TCP has SYN and nothing else.
fn first_packets(search: &mut Search<'_>) -> Result<PacketSet> {
    let opening = search.engine.opening()?;
    let e = &mut search.engine.e;
    let tcp = Cube::any().with_value(Field::Proto, u128::from(proto::TCP));
    let (all, plain) = (e.cube(&tcp)?, e.cube(&tcp.with_value(Field::TcpFlags, u128::from(SYN)))?);
    let odd = e.minus(all, plain)?;
    Ok(e.minus(opening, odd)?)
}

type Distances = (BTreeMap<DeviceId, usize>, BTreeMap<SegmentId, usize>);

/// How many devices are passed at least on the cables from a device, itself not counted, or from a segment to one of
/// these segments.
fn distances(site: &Site, to: &BTreeSet<SegmentId>) -> Distances {
    let mut segments: BTreeMap<SegmentId, usize> = to.iter().map(|s| (*s, 0)).collect();
    let mut devices: BTreeMap<DeviceId, usize> = BTreeMap::new();
    let mut front: BTreeSet<SegmentId> = to.clone();
    for distance in 0.. {
        let near = front.iter().flat_map(|s| site.devices_on(*s)).map(|(device, _)| device);
        let fresh: BTreeSet<DeviceId> = near.filter(|d| !devices.contains_key(d)).collect();
        devices.extend(fresh.iter().map(|d| (*d, distance)));
        let behind = fresh.iter().filter_map(|d| site.device(*d)).flat_map(|d| d.attached.iter().flatten());
        front = behind.copied().filter(|s| !segments.contains_key(s)).collect();
        segments.extend(front.iter().map(|s| (*s, distance + 1)));
        if front.is_empty() {
            break;
        }
    }
    (devices, segments)
}

type Words = (Option<String>, Option<String>, Vec<String>, Option<String>);

/// Device, ingress, egresses and segment by name.
fn words(site: &Site, death: &Death) -> Words {
    let device = death.spot.device().and_then(|d| site.device(d)).map(|d| &d.device);
    let interface =
        |id: IfId| device.and_then(|d| d.interfaces.get(id.index())).map(|i| i.name.value.clone());
    let segment = |id: SegmentId| site.segment(id).map(|s| s.id.value.clone());
    let name = device.map(|d| d.name.clone());
    match death.spot {
        Spot::Device(_, ingress) => {
            let mut towards: Vec<String> = death.towards.iter().filter_map(|i| interface(*i)).collect();
            towards.sort();
            (name, ingress.and_then(interface), towards, None)
        }
        Spot::Behind(_, out, at) => (name, None, interface(out).into_iter().collect(), segment(at)),
        Spot::Segment(at) => (name, None, Vec::new(), segment(at)),
    }
}

/// The addresses that receivers have, as far as the topology says. Behind an external network is every address that
/// no segment of the site has.
pub(super) fn receivers(site: &Site, to: &BTreeSet<SegmentId>) -> AddressSet {
    let own = |s: &crate::network::Segment| {
        let prefixes = s.prefixes.iter().map(|p| AddressSet::network(p.value));
        prefixes.fold(AddressSet::empty(), |all, p| all.union(&p))
    };
    let inside = site.segments().filter(|(_, s)| s.external.is_none()).map(|(_, s)| own(s));
    let inside = inside.fold(AddressSet::empty(), |all, s| all.union(&s));
    let outside = AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6)).minus(&inside);
    let mut out = AddressSet::empty();
    for segment in to.iter().filter_map(|s| site.segment(*s)) {
        out = out.union(&own(segment));
        if segment.external.is_some() {
            out = out.union(&outside);
        }
    }
    out
}
