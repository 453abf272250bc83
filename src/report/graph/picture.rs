//! What a picture of a site shows, whatever the form.

use std::collections::BTreeSet;

use crate::analysis::answer::{Assertion, Assessment, Bearing, Evidence, Leg, Verdict};
use crate::network::{DeviceStatus, HostId, Role, SegmentId, Site};

/// A site as rows (segments, in the lanes of their zones) and columns (whatever stands on several segments).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The site's name.
    pub title: String,
    /// Zones from the most to the least protected, then what belongs to none.
    pub lanes: Vec<Lane>,
    /// Devices in the site's order, then hosts with several cards.
    pub columns: Vec<Column>,
    /// Ways across that were found.
    pub trails: Vec<Trail>,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The zone's name; `None` for links that belong to no zone.
    pub name: Option<String>,
    /// The zone's role.
    pub role: Option<Role>,
    /// Its segments and external networks.
    pub rows: Vec<Row>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub segment: SegmentId,
    /// Its id in the topology.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its prefixes, as written.
    pub prefixes: Vec<String>,
    /// Hosts that stand on it alone.
    pub hosts: Vec<String>,
    /// An external network: run by others, known by declaration.
    pub external: bool,
    /// Where the responsibility of those who run it begins, and who they are.
    pub boundary: Option<String>,
}

/// What a column stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    /// A device whose configuration was read.
    Analysed,
    /// A device or carrier by declaration.
    Declared,
    /// A device that may do anything: its configuration is missing.
    Missing,
    /// A declared sanitizer.
    Sanitizer,
    /// Another host with several cards.
    Host,
}

/// Something that joins rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ColumnKind,
    /// Where it touches rows.
    pub joints: Vec<Joint>,
    /// Interfaces that the topology binds to nothing: they may lead anywhere.
    pub open: Vec<String>,
}

/// An interface on a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// The segment.
    pub segment: SegmentId,
    /// The interface's name, or the host's addresses there.
    pub label: String,
}

/// One way across: the rows and columns it passes, in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The assertion it belongs to, e.g. `M-1`.
    pub id: &'static str,
    /// It was reproduced (`true`), or hangs on what is unknown.
    pub certain: bool,
    /// Who sends.
    pub from: String,
    /// Who receives.
    pub to: String,
    /// The rows it touches; between two neighbours lies a column.
    pub rows: Vec<SegmentId>,
    /// The columns between the rows, as indices into [`Picture::columns`]; one fewer than `rows`.
    pub columns: Vec<usize>,
}

/// Trails drawn; a picture with more says nothing more.
const MOST_TRAILS: usize = 6;

/// What there is to see of a site and its assessment.
pub fn picture(site: &Site, assessment: &Assessment) -> Picture {
    let columns = columns(site);
    let trails = trails(site, &columns, assessment);
    Picture { title: site.name.clone(), lanes: lanes(site), columns, trails }
}

/// Different ways across: the first of every assertion, then the second …, until there are enough.
fn trails(site: &Site, columns: &[Column], assessment: &Assessment) -> Vec<Trail> {
    let ways = |a: &Assertion| {
        let certain = a.counterexamples.iter().map(|e| (true, e));
        let open = a.verdict == Verdict::Undetermined;
        let possible = a.possible_paths.iter().filter(|_| open).map(|e| (false, e));
        let all = certain.chain(possible);
        all.filter_map(|(certain, e)| trail(site, columns, a.id, certain, e)).collect::<Vec<_>>()
    };
    // What only informs (an approved flow whose address is translated) crosses nothing it must not.
    let deciding = assessment.assertions.iter().filter(|a| a.bearing == Bearing::Decides);
    let mut lists: Vec<_> = deciding.map(|a| ways(a).into_iter()).collect();
    let mut out: Vec<Trail> = Vec::new();
    loop {
        let round: Vec<Trail> = lists.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() || out.len() >= MOST_TRAILS {
            break;
        }
        for trail in round {
            if !out.iter().any(|t| (&t.rows, &t.columns) == (&trail.rows, &trail.columns)) {
                out.push(trail);
            }
        }
    }
    out.truncate(MOST_TRAILS);
    // What is certain is drawn last, above what is not.
    out.sort_by_key(|t| t.certain);
    out
}

/// From the innermost to the outside.
fn depth(role: Role) -> u8 {
    match role {
        Role::IndividualNumber => 0,
        Role::Other => 1,
        Role::Lgwan => 2,
        Role::Management => 3,
        Role::Internet => 4,
        Role::Independent => 5,
    }
}

fn lanes(site: &Site) -> Vec<Lane> {
    let mut zones: Vec<_> = site.zones().collect();
    zones.sort_by_key(|(id, zone)| (depth(zone.role), *id));
    let mut lanes: Vec<Lane> = zones
        .into_iter()
        .map(|(id, zone)| Lane {
            name: Some(zone.name.clone()),
            role: Some(zone.role),
            rows: site.segments().filter(|(_, s)| s.zone == Some(id)).map(|(s, _)| row(site, s)).collect(),
        })
        .collect();
    let loose: Vec<Row> =
        site.segments().filter(|(_, s)| s.zone.is_none()).map(|(s, _)| row(site, s)).collect();
    if !loose.is_empty() {
        lanes.push(Lane { name: None, role: None, rows: loose });
    }
    lanes
}

fn row(site: &Site, id: SegmentId) -> Row {
    let segment = site.segment(id);
    let alone = |h: HostId| site.segments_of(h) == BTreeSet::from([id]);
    Row {
        segment: id,
        id: segment.map(|s| s.id.value.clone()).unwrap_or_default(),
        name: segment.and_then(|s| s.name.clone()),
        prefixes: segment.into_iter().flat_map(|s| &s.prefixes).map(|p| p.value.to_string()).collect(),
        hosts: site.hosts().filter(|(h, _)| alone(*h)).map(|(_, h)| h.id.value.clone()).collect(),
        external: segment.is_some_and(|s| s.external.is_some()),
        boundary: segment.and_then(|s| boundary(site, &s.id.value)),
    }
}

/// `port 1 (the prefecture)`, as far as the topology says so.
fn boundary(site: &Site, id: &str) -> Option<String> {
    let at = site.records.demarcation.get(id)?;
    Some(match site.records.managed_by.get(id) {
        Some(by) => format!("{at} ({by})"),
        None => at.clone(),
    })
}

fn columns(site: &Site) -> Vec<Column> {
    let sanitizes = |h: HostId| site.sanitizers.iter().any(|s| s.host == h);
    let mut out = Vec::new();
    for (id, found) in site.devices() {
        let host = site.hosts().find(|(_, h)| h.device == Some(id));
        let joints = found.device.interfaces.iter().zip(&found.attached).filter_map(|(interface, at)| {
            let label = match &interface.alias {
                Some(alias) => format!("{} ({alias})", interface.name.value),
                None => interface.name.value.clone(),
            };
            at.map(|segment| Joint { segment, label })
        });
        let status = site.boxes.iter().find(|b| b.0.value == found.chassis).map(|b| &b.1);
        let kind = match (host, found.contract.is_some() || found.table.is_some(), status) {
            (Some((h, _)), _, _) if sanitizes(h) => ColumnKind::Sanitizer,
            (_, true, _) | (_, _, Some(DeviceStatus::Declared)) => ColumnKind::Declared,
            (_, _, Some(DeviceStatus::Missing(_))) => ColumnKind::Missing,
            _ => ColumnKind::Analysed,
        };
        let open = found.elsewhere.iter().filter_map(|i| found.device.interfaces.get(i.index()));
        let open = open.map(|i| i.name.value.clone()).collect();
        out.push(Column { name: found.device.name.clone(), kind, joints: joints.collect(), open });
    }
    for (id, host) in site.hosts() {
        let several = host.device.is_none() && (site.segments_of(id).len() > 1 || sanitizes(id));
        if !several {
            continue;
        }
        let joints = host.interfaces.iter().map(|card| {
            let addresses: Vec<String> = card.addresses.iter().map(|a| a.value.to_string()).collect();
            Joint { segment: card.segment, label: addresses.join(" ") }
        });
        let kind = if sanitizes(id) { ColumnKind::Sanitizer } else { ColumnKind::Host };
        out.push(Column { name: host.id.value.clone(), kind, joints: joints.collect(), open: Vec::new() });
    }
    out
}

/// The rows and columns that a piece of evidence passes; `None` if it never leaves a row.
fn trail(
    site: &Site,
    columns: &[Column],
    id: &'static str,
    certain: bool,
    evidence: &Evidence,
) -> Option<Trail> {
    let mut rows: Vec<SegmentId> = Vec::new();
    let mut passed = Vec::new();
    let chain = chained(&evidence.legs);
    for (leg, turned) in &chain {
        let steps = steps(site, columns, leg, *turned);
        // A machine with several cards goes on from another row than it was reached on.
        let start = steps.first().and_then(|s| s.from);
        if let (Some(last), Some(start)) = (rows.last().copied(), start)
            && last != start
            && let Some(by) = between(columns, last, start)
        {
            passed.push(by);
            rows.push(start);
        }
        for Crossed { from, column, to } in steps {
            if rows.is_empty() {
                rows.extend(from);
            }
            if let Some(to) = to.filter(|_| !rows.is_empty()) {
                passed.push(column);
                rows.push(to);
            }
        }
    }
    let (first, last) = (chain.first()?, chain.last()?);
    let (from, _) = ends(first.0, first.1);
    let (_, to) = ends(last.0, last.1);
    let (from, to) = (from.to_owned(), to.to_owned());
    (!passed.is_empty()).then_some(Trail { id, certain, from, to, rows, columns: passed })
}

/// Which way along the trail a leg lies: who opens a session of a chain says nothing of where the chain goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turned {
    /// Its opener comes first.
    No,
    /// Its opener comes last.
    Yes,
}

/// A device that a leg passes, from row to row.
struct Crossed {
    from: Option<SegmentId>,
    column: usize,
    to: Option<SegmentId>,
}

/// The legs as one way, from machine to machine: each begins where the one before it ended.
fn chained(legs: &[Leg]) -> Vec<(&Leg, Turned)> {
    let shared = |a: &Leg, end: &str| a.from == end || a.to == end;
    let starts_at_its_receiver =
        |first: &Leg, next: &Leg| shared(next, &first.from) && !shared(next, &first.to);
    let mut out: Vec<(&Leg, Turned)> = Vec::new();
    for (index, leg) in legs.iter().enumerate() {
        let turned = match out.last() {
            Some((before, turned)) => {
                let (_, reached) = ends(before, *turned);
                leg.from != reached && leg.to == reached
            }
            None => legs.get(index + 1).is_some_and(|next| starts_at_its_receiver(leg, next)),
        };
        out.push((leg, if turned { Turned::Yes } else { Turned::No }));
    }
    out
}

/// The machines at which a leg of a trail begins and ends.
fn ends(leg: &Leg, turned: Turned) -> (&str, &str) {
    match turned {
        Turned::No => (&leg.from, &leg.to),
        Turned::Yes => (&leg.to, &leg.from),
    }
}

fn steps(site: &Site, columns: &[Column], leg: &Leg, turned: Turned) -> Vec<Crossed> {
    let known = leg.hops.iter().filter_map(|hop| {
        let column = columns.iter().position(|c| c.name == hop.device)?;
        let (from, to) = (at(site, &hop.device, &hop.ingress), at(site, &hop.device, &hop.egress));
        Some(match turned {
            Turned::No => Crossed { from, column, to },
            Turned::Yes => Crossed { from: to, column, to: from },
        })
    });
    let mut steps: Vec<Crossed> = known.collect();
    if turned == Turned::Yes {
        steps.reverse();
    }
    steps
}

fn between(columns: &[Column], a: SegmentId, b: SegmentId) -> Option<usize> {
    columns.iter().position(|c| {
        let touches = |s| c.joints.iter().any(|j| j.segment == s);
        touches(a) && touches(b) && matches!(c.kind, ColumnKind::Host | ColumnKind::Sanitizer)
    })
}

/// The segment of a device's interface.
fn at(site: &Site, device: &str, interface: &Option<String>) -> Option<SegmentId> {
    let found = site.devices.iter().find(|d| d.device.name == device)?;
    let id = found.device.interface(interface.as_deref()?)?;
    found.attached.get(id.index()).copied().flatten()
}

impl Picture {
    /// Whether some trail passes a column by this row: `Some(true)` if one of them was reproduced.
    pub fn crossed(&self, column: usize, row: SegmentId) -> Option<bool> {
        let through = |t: &&Trail| {
            let steps = t.columns.iter().zip(t.rows.iter().zip(t.rows.iter().skip(1)));
            steps.into_iter().any(|(c, (a, b))| *c == column && (*a == row || *b == row))
        };
        self.trails.iter().filter(through).map(|t| t.certain).max()
    }
}
