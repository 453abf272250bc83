//! Z-1: what the municipality itself allows between two of its zones.
//!
//! # What it finds
//! Packets that machines of one zone can open to another where `[[pair]]` allows nothing, or allows only what the
//! register or declared sanitizers permit.
//!
//! # Why it matters
//! Real municipalities have more than three zones; their own rules say which may talk to which.
//!
//! # Example
//! `from = "NAIBU"`, `to = "CORE"`, `allow = "none"`.
//!
//! # Remedy
//! Narrow the line shown, register the flow, or change the rule.
//!
//! # References
//! The municipality's own article, given as `local_ref`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::crossing::{self, Crossing, Exempt};
use super::{CheckError, Options, assertion, assumptions, basis, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::intent::register::{End, Entry, Place, Register, Standing};
use crate::model::AddressSet;
use crate::msg;
use crate::network::{Allow, Endpoint, Pair, SegmentId, Site, ZoneId};

/// What the entries in force permit, as exemptions of packets.
pub fn registered(site: &Site, register: Option<&Register>, today: Option<Date>) -> Vec<Exempt> {
    let in_force =
        register.into_iter().flat_map(|r| &r.entries).filter(|e| e.standing(today) == Standing::InForce);
    in_force.flat_map(|entry| exemptions(site, entry)).collect()
}

fn exemptions(site: &Site, entry: &Entry) -> Vec<Exempt> {
    let (origins, sources) = at(site, &entry.from);
    let (onto, destinations) = at(site, &entry.to);
    // Entries for every protocol, or for kinds of ICMP, are wider or narrower than a session: they exempt nothing.
    let Some(proto) = entry.protocol.filter(|_| entry.icmp.is_none()) else { return Vec::new() };
    vec![Exempt { origins, sources, destinations, onto: Some(onto), proto, ports: entry.ports.clone() }]
}

/// Where an end of an entry stands, and by which addresses.
fn at(site: &Site, end: &End) -> (BTreeSet<SegmentId>, AddressSet) {
    let of = |endpoint: Endpoint| {
        (places::endpoint_segments(site, &endpoint), places::endpoint_addresses(site, &endpoint))
    };
    match &end.place {
        Place::Host(id) => of(Endpoint::Host(*id)),
        Place::Segment(id) => of(Endpoint::Segment(*id)),
        Place::External(id, None) => of(Endpoint::Segment(*id)),
        Place::External(id, Some(some)) => (BTreeSet::from([*id]), some.set.clone()),
        Place::Addresses(some) => of(Endpoint::Addresses(some.set.clone())),
    }
}

/// One assertion per pair.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, registered: &[Exempt], options: &Options) -> Result<Vec<Assertion>, CheckError> {
    site.records.pairs.iter().map(|pair| one(site, pair, registered, options)).collect()
}

fn one(site: &Site, pair: &Pair, registered: &[Exempt], options: &Options) -> Result<Assertion, CheckError> {
    let name = |id: ZoneId| site.zone(id).map_or_else(String::new, |z| z.name.clone());
    let scope = format!("{} → {}", name(pair.from), name(pair.to));
    let title = match pair.allow {
        Allow::None => msg!(
            "machines of the first zone open nothing to the second",
            "開始側の系から相手側の系への通信経路がないこと"
        ),
        Allow::Register => msg!(
            "machines of the first zone open to the second only what is registered",
            "開始側の系から相手側の系への通信が台帳に記載されたもののみであること"
        ),
        Allow::Sanitizer => msg!(
            "machines of the first zone open to the second only sessions of declared sanitizers",
            "開始側の系から相手側の系への通信が無害化システムを経由するもののみであること"
        ),
        Allow::Any => msg!("the municipality allows anything here", "制限を設けないこととされている通信"),
    };
    let mut out = assertion("Z-1", "", Level::Packet, Class::Path, scope, title);
    out.local_ref = pair.local_ref.clone();
    let exempt = match pair.allow {
        Allow::Any => {
            out.verdict = Verdict::NotApplicable;
            out.reason =
                Some(msg!("`allow = \"any\"`", "制限を設けないこととされているため(allow = \"any\")"));
            return Ok(out);
        }
        Allow::None => Vec::new(),
        Allow::Register if registered.is_empty() => {
            let mut nothing = decide(site, pair, Vec::new(), &mut out, options)?;
            if nothing.verdict == Verdict::Violated && site.registers.is_empty() {
                nothing.verdict = Verdict::Undetermined;
                nothing.possible_paths = std::mem::take(&mut nothing.counterexamples);
                nothing.reason = Some(msg!("no register was handed in", "台帳が提出されていない"));
            }
            return Ok(nothing);
        }
        Allow::Register => registered.to_vec(),
        Allow::Sanitizer => waypoint::declared_sessions(site),
    };
    if !exempt.is_empty() {
        out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    }
    let mut out = decide(site, pair, exempt, &mut out, options)?;
    if pair.allow == Allow::Sanitizer {
        out.cut_at = waypoint::sanitizers_in_use(site);
        basis::add_sanitizer_declarations(site, &mut out);
    }
    Ok(out)
}

fn decide(
    site: &Site,
    pair: &Pair,
    exempt: Vec<Exempt>,
    out: &mut Assertion,
    options: &Options,
) -> Result<Assertion, CheckError> {
    let places = |zone: ZoneId| site.places_of_zone(zone).all().collect::<BTreeSet<SegmentId>>();
    let crossing = Crossing { from: places(pair.from), to: places(pair.to), exempt };
    let outcome = crossing::decide(site, &crossing, options)?;
    basis::fill(site, out, vec![outcome]);
    Ok(out.clone())
}
