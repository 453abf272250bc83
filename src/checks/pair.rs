//! Two places: what gets from one to the other, by which rules, and where the rest goes no further.

use std::collections::BTreeSet;

use super::crossing::{Crossing, Search};
use super::through::{self, Only};
use super::{CheckError, Options, evidence, failure};
use crate::analysis::answer::{Culprit, FlowRow, Place, Verdict};
use crate::analysis::deaths::{self, End};
use crate::analysis::diagram::Cube;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Family, Field};
use crate::network::{Location, SegmentId, Site};
use crate::source::Msg;

/// Two places, and which packets between them.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Segments where senders are.
    pub from: BTreeSet<SegmentId>,
    /// Their addresses; `None`: any, forged ones included.
    pub sources: Option<AddressSet>,
    /// Segments where receivers are.
    pub to: BTreeSet<SegmentId>,
    /// Their addresses, as delivered; `None`: any.
    pub destinations: Option<AddressSet>,
    /// Headers as sent, one of these; empty: any.
    pub headers: Vec<Cube>,
}

/// What is to be said of a pair.
#[derive(Debug, Clone)]
pub struct Told {
    /// `Violated`: something certainly gets through. `Holds`: nothing can.
    pub verdict: Verdict,
    /// What certainly gets through; where nothing does, what may.
    pub rows: Vec<FlowRow>,
    /// More than the rows say.
    pub rows_truncated: bool,
    /// Where nothing certain gets through: the lines on which it hangs.
    pub culprits: Vec<Culprit>,
    /// More than were kept.
    pub culprits_truncated: bool,
    /// Where nothing gets through: where packets for the receivers' addresses go no further.
    pub deaths: Vec<Stop>,
    /// More than were kept.
    pub deaths_truncated: bool,
    /// Why it is undetermined, where no line is the reason.
    pub reason: Option<Msg>,
}

/// Packets that go no further on a device.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The device.
    pub device: String,
    /// Why.
    pub end: End,
    /// The rule that refuses them.
    pub rule: Option<Place>,
    /// The packets, as they are there.
    pub rows: Vec<FlowRow>,
    /// More packets than the rows say.
    pub rows_truncated: bool,
}

/// Most culprits.
const CULPRITS: usize = 20;
/// Most stops, and most rows of one.
const STOPS: usize = 40;
const ROWS: usize = 4;

/// Answers about a pair.
///
/// # Errors
/// [`CheckError`]: no answer then.
pub fn tell(site: &Site, pair: &Pair, options: &Options) -> Result<Told, CheckError> {
    let crossing = Crossing { from: pair.from.clone(), to: pair.to.clone(), exempt: Vec::new() };
    let only = Only { headers: headers(pair), delivered: pair.destinations.clone() };
    let mut told = Told {
        verdict: Verdict::Undetermined,
        rows: Vec::new(),
        rows_truncated: false,
        culprits: Vec::new(),
        culprits_truncated: false,
        deaths: Vec::new(),
        deaths_truncated: false,
        reason: None,
    };
    let certain = through::part(site, &crossing, options, Bound::Lower, &only)?;
    if certain.rows.iter().any(|r| r.certain) {
        told.verdict = Verdict::Violated;
        told.rows = certain.rows.into_iter().filter(|r| r.certain).collect();
        told.rows_truncated = certain.more;
        return Ok(told);
    }
    let possible = through::part(site, &crossing, options, Bound::Upper, &only)?;
    if !possible.rows.is_empty() || possible.more {
        told.rows = possible.rows;
        told.rows_truncated = possible.more;
        (told.culprits, told.culprits_truncated) = evidence::culprits(site, &possible.facts, CULPRITS);
        return Ok(told);
    }
    told.verdict = Verdict::Holds;
    match stops(site, &crossing, pair, &only, options) {
        Ok((deaths, more)) => (told.deaths, told.deaths_truncated) = (deaths, more),
        Err(error) => told.reason = Some(failure(error)?),
    }
    Ok(told)
}

/// The headers that senders write: those asked about, with their own addresses where these are given.
fn headers(pair: &Pair) -> Vec<Cube> {
    let Some(sources) = &pair.sources else { return pair.headers.clone() };
    narrowed(&pair.headers, Field::Src, sources)
}

/// Cubes with the addresses of one side narrowed.
fn narrowed(headers: &[Cube], field: Field, addresses: &AddressSet) -> Vec<Cube> {
    let any = [Cube::any()];
    let headers = if headers.is_empty() { &any[..] } else { headers };
    let mut out = Vec::new();
    for cube in headers {
        for family in Family::ALL.into_iter().filter(|f| cube.admits(*f)) {
            let mut cube = cube.clone();
            cube.narrow(Field::Family, &crate::model::Ranges::one(family.value()));
            cube.narrow(field, addresses.of(family));
            if !cube.is_empty() {
                out.push(cube);
            }
        }
    }
    out
}

/// Where packets go no further that are sent to the receivers' own addresses.
fn stops(
    site: &Site,
    crossing: &Crossing,
    pair: &Pair,
    only: &Only,
    options: &Options,
) -> crate::analysis::Result<(Vec<Stop>, bool)> {
    let receivers = receivers(site, pair);
    let aimed = match receivers.is_empty() {
        true => only.headers.clone(),
        false => narrowed(&only.headers, Field::Dst, &receivers),
    };
    let mut search = Search::new(site, crossing, options);
    let asked = through::headers_of(&mut search, &Only { headers: aimed, delivered: None })?;
    let opening = search.engine.opening()?;
    let asked = search.engine.e.and(asked, opening)?;
    let seeds: Vec<_> = pair.from.iter().map(|s| (Location::Origin(*s), asked)).collect();
    let arrivals = search.engine.forward(&seeds, Bound::Upper)?;
    let found = deaths::deaths(&mut search.engine, &arrivals)?;
    let naming = through::naming(site);
    let more = found.len() > STOPS;
    let mut out = Vec::new();
    for death in found.into_iter().take(STOPS) {
        let ends = through::Ends {
            from: String::new(),
            to: String::new(),
            certain: true,
            requires_forged_source: false,
        };
        let rows = through::rows_of(&mut search.engine.e, &naming, death.set, &ends, ROWS)?;
        let device = site.device(death.device).map_or_else(String::new, |d| d.device.name.clone());
        out.push(Stop {
            device,
            end: death.end,
            rule: death.rule,
            rows: rows.rows.into_iter().map(|(row, _)| row).collect(),
            rows_truncated: rows.more,
        });
    }
    Ok((out, more))
}

/// The addresses that receivers have, as far as the topology says.
fn receivers(site: &Site, pair: &Pair) -> AddressSet {
    if let Some(addresses) = &pair.destinations {
        return addresses.clone();
    }
    let inside = pair.to.iter().filter_map(|s| site.segment(*s));
    if inside.clone().any(|s| s.external.is_some()) {
        return AddressSet::empty();
    }
    let prefixes = inside.flat_map(|s| &s.prefixes).map(|p| AddressSet::network(p.value));
    prefixes.fold(AddressSet::empty(), |all, p| all.union(&p))
}
