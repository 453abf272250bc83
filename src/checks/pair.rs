//! Two places: what gets from one to the other, by which rules, and where the rest goes no further.

use std::collections::BTreeSet;

use super::closed::{self, Stops};
use super::crossing::Crossing;
use super::through::{self, Only};
use super::{CheckError, Options, evidence, failure, replies, shared_domains};
use crate::analysis::answer::{Culprit, FlowRow, Verdict};
use crate::analysis::diagram::Cube;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Family, Field};
use crate::msg;
use crate::network::{SegmentId, Site};
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
    /// Where nothing certain gets through, or no device stands in between: the lines on which it hangs.
    pub culprits: Vec<Culprit>,
    /// More than were kept.
    pub culprits_truncated: bool,
    /// Where nothing gets through: where packets for the receivers' addresses go no further.
    pub stops: Stops,
    /// Why it is undetermined, where no line is the reason.
    pub reason: Option<Msg>,
}

/// Most culprits.
const CULPRITS: usize = 20;

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
        stops: Stops::default(),
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
    match replies::may_cross(site, &crossing, options) {
        Ok(None) => {}
        Ok(Some(facts)) => {
            (told.culprits, told.culprits_truncated) = evidence::culprits(site, &facts, CULPRITS);
            told.reason = Some(for_a_session());
            return Ok(told);
        }
        Err(error) => {
            told.reason = Some(failure(error)?);
            return Ok(told);
        }
    }
    if let Some((verdict, reason, mut lines)) = shared_domains::joined(site, &pair.from, &pair.to) {
        told.culprits_truncated = lines.len() > CULPRITS;
        lines.truncate(CULPRITS);
        (told.verdict, told.reason, told.culprits) = (verdict, Some(reason), lines);
        return Ok(told);
    }
    told.verdict = Verdict::Holds;
    let receivers = pair.destinations.clone().unwrap_or_else(|| closed::receivers(site, &pair.to));
    match closed::stops(site, &crossing, &receivers, &only.headers, options) {
        Ok(stops) => told.stops = stops,
        Err(error) => told.reason = Some(failure(error)?),
    }
    Ok(told)
}

/// Sessions are not followed header by header, so nothing is said of which packets.
fn for_a_session() -> Msg {
    msg!(
        "no first packet of what was asked about gets through, but packets that answer somebody's session, or that a helper lets pass for one, may",
        "指定された通信の最初のパケットは到達しないが、第三者が開始したセッションへの応答、又はヘルパーが通過させる通信として到達するパケットがあり得る"
    )
}

/// The headers that senders write: those asked about, with their own addresses where these are given.
fn headers(pair: &Pair) -> Vec<Cube> {
    let Some(sources) = &pair.sources else { return pair.headers.clone() };
    narrowed(&pair.headers, Field::Src, sources)
}

/// Cubes with the addresses of one side narrowed.
pub(super) fn narrowed(headers: &[Cube], field: Field, addresses: &AddressSet) -> Vec<Cube> {
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
