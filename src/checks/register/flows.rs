//! M-2: what passes between the individual-number zone and any other zone stands in the exception register.
//!
//! # What it finds
//! Packets between an individual-number zone and another zone that no approved entry covers; machines outside both
//! that carry data between them. What passes to or from the internet zone is M-1's.
//!
//! # Why it matters
//! The zone may communicate with others only by exceptions that somebody approved, bounded to machines and ports.
//!
//! # Example
//! A policy whose address group got one member more than the register names.
//!
//! # Remedy
//! Narrow the policy to the entry, or have the rest approved.
//!
//! # References
//! Basic security policy, clause 6(3)①.

use std::collections::BTreeSet;

use super::super::crossing::{self, Crossing, Exempt, Outcome};
use super::super::explanation::Explanation;
use super::super::mediated::Sessions;
use super::super::{CheckError, Options, assertion, assumptions, basis, host_level, places};
use super::{entries, unplaced};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::analysis::rows::{Row, rows};
use crate::analysis::transition::Bound;
use crate::analysis::{EngineError, Result};
use crate::intent::register::{Entry, Place, Register, Standing};
use crate::model::{Family, Field, PORT_PROTOCOLS, Ranges};
use crate::msg;
use crate::network::{Location, Role, SegmentId, Site};
use crate::source::Lang;

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "M-2",
        title: msg!(
            "what passes between the individual-number zone and any other zone stands in the exception register",
            "マイナンバー利用事務系と他の系との間の通信が、特定通信台帳に記載されたもののみであること"
        ),
        finds: msg!(
            "packets between an individual-number zone and another zone that no approved entry covers; machines outside both that carry data between them. What passes to or from the internet zone is M-1's",
            "マイナンバー利用事務系と他の系との間の通信のうち、承認された台帳の記載に含まれないもの。両系の外にあって両系の間を中継し得る機器を含む。インターネット接続系との通信はM-1で扱う"
        ),
        matters: msg!(
            "the zone may communicate with others only by exceptions that somebody approved, bounded to machines and ports",
            "マイナンバー利用事務系と他の系との通信は、機器及びポートを限定して承認された例外に限られる"
        ),
        example: msg!(
            "A policy whose address group got one member more than the register names",
            "ポリシーのアドレスグループに、台帳に記載のない機器が1台加わっている"
        ),
        remedy: msg!(
            "narrow the policy to the entry, or have the rest approved",
            "ポリシーを台帳の記載の範囲に狭める。又は、超過する通信について承認を得る"
        ),
        references: msg!("basic security policy, clause 6(3)①", "情報セキュリティ基本方針 6(3)①"),
    }
}

/// Segments of one zone and of another: packets from the first to the second are judged.
pub type Border = (BTreeSet<SegmentId>, BTreeSet<SegmentId>);

/// Checks M-2 on the packet level.
///
/// # Errors
/// As [`crossing::decide`].
pub fn packets(
    site: &Site,
    register: Option<&Register>,
    options: &Options,
) -> std::result::Result<Assertion, CheckError> {
    let title = msg!(
        "packets between the individual-number zone and other zones stand in the exception register",
        "マイナンバー利用事務系と他の系との間の通信が、特定通信台帳に記載された範囲に限られること"
    );
    let mut packet = assertion("M-2", "6(3)①", Level::Packet, Class::Path, scope(site), title);
    let borders = borders(site);
    let mut outcomes = Vec::new();
    for border in &borders {
        outcomes.push(decide(site, border, register, options)?);
    }
    outcomes.extend(unplaced::outcomes(site, register, options)?);
    let vacuous = nothing_between(site);
    basis::fill(site, &mut packet, outcomes);
    if vacuous && packet.verdict == Verdict::Holds {
        packet.verdict = Verdict::Undetermined;
    }
    if vacuous {
        packet.reason.get_or_insert_with(crate::checks::crossing::without_a_segment);
    }
    match register {
        Some(register) => with_register(register, options, &mut packet),
        None if packet.verdict == Verdict::Violated => {
            without_register(site, &borders, options, &mut packet)?;
        }
        None => {}
    }
    Ok(packet)
}

/// Checks M-2 on the packet and the host level.
pub fn check(
    site: &Site,
    register: Option<&Register>,
    sessions: &std::result::Result<Sessions, EngineError>,
    options: &Options,
) -> std::result::Result<Vec<Assertion>, CheckError> {
    let packet = packets(site, register, options)?;
    let (scope, borders) = (scope(site), borders(site));
    let title = msg!(
        "no machine carries data between the individual-number zone and other zones past the register",
        "特定通信台帳に記載された通信のほかに、マイナンバー利用事務系と他の系との間を中継する機器がないこと"
    );
    let mut host = assertion("M-2", "6(3)①", Level::Host, Class::Path, scope, title);
    let inner = places::segments_of_role(site, Role::IndividualNumber);
    let outer: BTreeSet<SegmentId> =
        borders.iter().filter(|b| b.0.is_subset(&inner)).flat_map(|b| b.1.iter().copied()).collect();
    let outer = outer.difference(&inner).copied().collect();
    host_level::decide(site, &mut host, sessions, (&inner, &outer), options)?;
    Ok(vec![packet, host])
}

/// `individual-number zones ⇔ every other zone`.
pub fn scope(site: &Site) -> String {
    let names = |inner: bool| {
        let of = |r: Role| (r == Role::IndividualNumber) == inner && r != Role::Internet;
        let names: Vec<String> = site.zones.iter().filter(|z| of(z.role)).map(|z| z.name.clone()).collect();
        if names.is_empty() { "-".to_owned() } else { names.join("・") }
    };
    format!("{} ⇔ {}", names(true), names(false))
}

/// Whether M-2 has nothing to look at, on whatever level: a zone without a place, or no pair of zones.
pub fn nothing_between(site: &Site) -> bool {
    vacuous(site) || borders(site).is_empty()
}

/// Whether a zone that the question is about has no place.
fn vacuous(site: &Site) -> bool {
    let inner = site.zones().any(|(_, z)| z.role == Role::IndividualNumber);
    let empty = |(id, zone): (_, &crate::network::Zone)| {
        zone.role != Role::Internet && site.places_of_zone(id).is_empty()
    };
    !inner || site.zones().any(empty)
}

/// Every ordered pair of an individual-number zone and another zone. External networks in no zone stand for
/// themselves. Places of the internet zone are M-1's.
pub fn borders(site: &Site) -> Vec<Border> {
    let internet = places::segments_of_role(site, Role::Internet);
    let all = |id| site.places_of_zone(id).all().collect::<BTreeSet<SegmentId>>();
    let inner = site.zones().filter(|(_, z)| z.role == Role::IndividualNumber);
    let inner: Vec<BTreeSet<SegmentId>> = inner.map(|(id, _)| all(id)).collect();
    let others = site.zones().filter(|(_, z)| z.role != Role::Internet).map(|(id, _)| all(id));
    let stray = site.segments().filter(|(_, s)| s.external.is_some() && s.zone.is_none());
    let stray = stray.map(|(id, _)| BTreeSet::from([id]));
    let others: Vec<BTreeSet<SegmentId>> = others.chain(stray).collect();
    let mut out = Vec::new();
    for zone in &inner {
        for other in &others {
            let other: BTreeSet<SegmentId> = other.difference(zone).copied().collect();
            let other: BTreeSet<SegmentId> = other.difference(&internet).copied().collect();
            if zone.is_empty() || other.is_empty() {
                continue;
            }
            out.push((zone.clone(), other.clone()));
            out.push((other, zone.clone()));
        }
    }
    // Two individual-number zones meet each other from both sides.
    out.sort();
    out.dedup();
    out
}

pub(super) fn exemptions(
    site: &Site,
    border: &Border,
    register: &Register,
    bound: Bound,
    options: &Options,
) -> Vec<Exempt> {
    let valid = register.entries.iter().filter(|e| e.standing(options.today) != Standing::Unapproved);
    let counts = |e: &&Entry| bound == Bound::Upper || e.doubted_by().is_none();
    valid.filter(counts).flat_map(|e| entries::exemptions(site, e, (&border.0, &border.1), bound)).collect()
}

/// `holds` needs that every flow certainly belongs to an entry; `violated` that one possibly belongs to none.
///
/// # Errors
/// As [`crossing::decide`].
pub fn decide(
    site: &Site,
    border: &Border,
    register: Option<&Register>,
    options: &Options,
) -> std::result::Result<Outcome, CheckError> {
    let crossing = |exempt| Crossing { from: border.0.clone(), to: border.1.clone(), exempt };
    let Some(register) = register else { return crossing::tell(site, &crossing(Vec::new()), options) };
    let must = exemptions(site, border, register, Bound::Lower, options);
    let may = exemptions(site, border, register, Bound::Upper, options);
    let open = must != may;
    let mut outcome = crossing::tell(site, &crossing(must), options)?;
    if !open || outcome.verdict != Verdict::Violated {
        return Ok(outcome);
    }
    let certain = crossing::tell(site, &crossing(may), options)?;
    if certain.verdict == Verdict::Violated {
        return Ok(certain);
    }
    outcome.verdict = Verdict::Undetermined;
    outcome.possible.append(&mut outcome.counterexamples);
    outcome.culprits.extend(register.entries.iter().flat_map(|e| unwritten(site, e)));
    outcome.culprits.extend(register.entries.iter().filter_map(doubted));
    Ok(outcome)
}

/// An entry whose own remarks say that it is not in force.
fn doubted(entry: &Entry) -> Option<Culprit> {
    let (id, said) = (&entry.id.value, entry.doubted_by()?);
    let what = msg!(
        "the remark of entry `{id}`, \"{said}\", leaves open whether it is in force: write it into 状態, or correct it",
        "台帳「{id}」の記載「{said}」により、有効か否かが確定しない(「状態」の列に記入するか、記載を改める)"
    );
    Some(Culprit { span: entry.id.span, what, device: None })
}

/// Hosts of an entry of which nobody wrote down an address, or whose address another machine has as well.
fn unwritten(site: &Site, entry: &Entry) -> Vec<Culprit> {
    let open = |end: &&crate::intent::register::End| {
        entries::feet(site, end, Bound::Lower) != entries::feet(site, end, Bound::Upper)
    };
    let ends = [&entry.from, &entry.to].into_iter().filter(open);
    let what = ends.map(|end| {
        let span = match end.place {
            Place::Host(host) => site.host(host).map_or(end.span, |h| h.id.span),
            _ => end.span,
        };
        let id = &entry.id.value;
        let what = match shares(site, end) {
            false => msg!(
                "not every address of this end of entry `{id}` is written down",
                "台帳「{id}」のこの機器のアドレスに、構成情報に記載のないものがある"
            ),
            true => msg!(
                "another machine has the address of this end of entry `{id}` as well",
                "台帳「{id}」のこの機器のアドレスを、他の機器も使用している"
            ),
        };
        Culprit { span, what, device: None }
    });
    what.collect()
}

/// Whether another machine has an address of the host that an end names.
fn shares(site: &Site, end: &crate::intent::register::End) -> bool {
    let Place::Host(host) = end.place else { return false };
    site.segments_of(host).into_iter().any(|at| {
        !site.host_addresses_on(host, at).intersection(&entries::others_on(site, host, at)).is_empty()
    })
}

fn with_register(register: &Register, options: &Options, packet: &mut Assertion) {
    packet.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    packet.assumptions.sort();
    packet.assumptions.dedup();
    packet.surplus = std::mem::take(&mut packet.rows);
    packet.surplus_truncated = std::mem::take(&mut packet.rows_truncated);
    let ignored: Vec<&Entry> =
        register.entries.iter().filter(|e| e.standing(options.today) == Standing::Unapproved).collect();
    if packet.verdict != Verdict::Holds && !ignored.is_empty() {
        let (en, ja) = super::listed(ignored);
        packet.reason.get_or_insert_with(|| {
            msg!(
                "entries that nobody approved permit nothing: {en}",
                "承認の記載のない{ja}は、台帳に記載のある通信として扱わない"
            )
        });
    }
}

/// No register was handed in: what is bounded may well be approved, and nobody can say; what is not bounded cannot.
fn without_register(
    site: &Site,
    borders: &[Border],
    options: &Options,
    packet: &mut Assertion,
) -> std::result::Result<(), CheckError> {
    for border in borders {
        match any_wide(site, border, options) {
            Ok(false) => {}
            Ok(true) => {
                let why = super::absent(site);
                let (en, ja) = (why.text(Lang::En), why.text(Lang::Ja));
                packet.reason.get_or_insert_with(|| {
                    msg!(
                        "{en}, and some of what passes is not bounded to machines and ports",
                        "{ja}。また、機器又はポートを限定しない通信が許可されている"
                    )
                });
                return Ok(());
            }
            Err(error) => {
                packet.reason = Some(super::super::failure(error)?);
            }
        }
    }
    packet.verdict = Verdict::Undetermined;
    packet.possible_paths.append(&mut packet.counterexamples);
    packet.possible_paths_truncated |= packet.counterexamples_truncated;
    packet.counterexamples_truncated = false;
    let why = super::absent(site);
    let (en, ja) = (why.text(Lang::En), why.text(Lang::Ja));
    packet.reason = Some(msg!(
        "{en}; what passes is bounded to machines and ports",
        "{ja}。許可されている通信は、機器及びポートが限定されている"
    ));
    packet.culprits.extend(super::unread(site));
    Ok(())
}

/// Whether something certainly passes that no register could approve: from any address, to any port, or to more
/// addresses than an entry may name.
fn any_wide(site: &Site, border: &Border, options: &Options) -> Result<bool> {
    let mut engine = options.explorer(site, BTreeSet::new());
    let opening = engine.opening()?;
    let seeds: Vec<_> = border.0.iter().map(|s| (Location::Origin(*s), opening)).collect();
    let arrivals = engine.forward(&seeds, Bound::Lower)?;
    for (index, step) in arrivals.steps.iter().enumerate() {
        if !matches!(step.at, Location::Segment(s) if border.1.contains(&s)) {
            continue;
        }
        let way = engine.back(&arrivals, index, step.set, Bound::Lower)?;
        if rows(&mut engine.e, way.headers, 64)?.rows.iter().any(wide) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn wide(row: &Row) -> bool {
    let most: u128 = match row.family {
        Family::V4 => 512,
        Family::V6 => 1 << 64,
    };
    let many = |field: Field, most: u128| {
        let size = |set: &Ranges| {
            set.pairs().iter().fold(0u128, |n, (low, high)| n.saturating_add((high - low).saturating_add(1)))
        };
        row.cube.side(field).is_none_or(|set| size(set) > most)
    };
    let ports = row.cube.side(Field::Proto).is_none_or(|protocols| {
        let ported = PORT_PROTOCOLS.iter().any(|p| protocols.contains(u128::from(*p)));
        ported && many(Field::Dport, 0xFFFE)
    });
    many(Field::Src, most) || many(Field::Dst, most) || ports
}
