//! M-5: the other end of an exception has no path to the internet.
//!
//! # What it finds
//! For machines of the site: chains of sessions that begin in the individual-number zone with a registered session
//! and end in the internet zone. For external networks: what they lead to, and whether somebody declares what stands
//! behind them. Systems that public bodies built are told by declaration.
//!
//! # Why it matters
//! An exception is a door to its peer, and to everything that the peer is connected to.
//!
//! # Example
//! A maintenance company's line with nothing said of the company's own network.
//!
//! # Remedy
//! Cut the chain where it is shown, declare a sanitizer or a machine that carries nothing on, or cite the declaration
//! of the peer.
//!
//! # References
//! None that this program can cite.

use std::collections::BTreeSet;

use super::super::crossing::{self, Crossing};
use super::super::explanation::Explanation;
use super::super::mediated::Sessions;
use super::super::places::{self, Party};
use super::super::{CheckError, Options, assertion, basis, breakout, host_level, waypoint};
use super::entries;
use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Level, Verdict};
use crate::intent::register::{Entry, Peer, Register, Standing};
use crate::msg;
use crate::network::{Role, SegmentId, Site};
use crate::source::Msg;

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "M-5",
        title: msg!(
            "the other end of an exception has no path to the internet",
            "特定通信の接続先がインターネットへの通信経路を持たないこと"
        ),
        finds: msg!(
            "for machines of the site: chains of sessions that begin in the individual-number zone with a registered session and end in the internet zone. For external networks: what they lead to, and whether somebody declares what stands behind them. Systems that public bodies built are told by declaration",
            "庁内の機器については、マイナンバー利用事務系から台帳に記載の通信で始まり、インターネット接続系に至る中継の連鎖。外部ネットワークについては、その接続先及び申告の有無。公的機関が構築したシステムは申告による"
        ),
        matters: msg!(
            "an exception is a door to its peer, and to everything that the peer is connected to",
            "例外は接続先への入口であり、接続先がつながる全てのものへの入口となる"
        ),
        example: msg!(
            "A maintenance company's line with nothing said of the company's own network",
            "保守事業者の回線について、事業者側のネットワークの申告がない"
        ),
        remedy: msg!(
            "cut the chain where it is shown, declare a sanitizer or a machine that carries nothing on, or cite the declaration of the peer",
            "示された箇所で連鎖を断つ。無害化システム又は中継しない機器を申告する。又は、接続先の申告を引用する"
        ),
        references: msg!("none that this program can cite", "なし"),
    }
}

/// Checks M-5 over all entries that cross the individual-number zone's border.
pub fn check(
    site: &Site,
    register: &Register,
    sessions: &Result<Sessions, EngineError>,
    options: &Options,
) -> Result<Assertion, CheckError> {
    let title = msg!(
        "the other end of an exception has no path to the internet",
        "特定通信の接続先がインターネットへの通信経路を持たないこと"
    );
    let mut out = assertion("M-5", "", Level::Host, Class::Path, basis::all_zones(site), title);
    let inner = places::segments_of_role(site, Role::IndividualNumber);
    let outer = places::segments_of_role(site, Role::Internet);
    let mut peers = BTreeSet::new();
    let mut outside = Vec::new();
    for entry in register.entries.iter().filter(|e| e.standing(options.today) != Standing::Unapproved) {
        for party in entries::peers(site, entry).into_iter().flat_map(|end| entries::parties(site, end)) {
            match party {
                Party::External(id) => outside.push((entry, id)),
                _ => {
                    peers.insert(party);
                }
            }
        }
    }
    if peers.is_empty() && outside.is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!(
            "no entry crosses the border of the individual-number zone",
            "マイナンバー利用事務系の境界を越える通信の記載が台帳にない"
        ));
        return Ok(out);
    }
    let mut verdict = Verdict::Holds;
    if !peers.is_empty() && !outer.is_empty() {
        host_level::decide_from(site, &mut out, sessions, (&inner, &outer), Some(&peers), options)?;
        verdict = out.verdict;
    }
    if outer.is_empty() {
        verdict = Verdict::Undetermined;
        out.reason = Some(crate::checks::crossing::without_a_segment());
    }
    verdict = basis::worst(&[verdict, onwards(site, &outside, &outer, options, &mut out)?]);
    for (entry, id) in outside {
        let (one, found) = external(site, entry, id, &outer);
        verdict = basis::worst(&[verdict, one]);
        out.basis = out.basis.max(if peers.is_empty() { Basis::Declared } else { Basis::PartlyDeclared });
        out.assumptions.extend(entry.declarations.iter().cloned());
        if let Some(what) = found {
            out.culprits.push(Culprit { span: entry.id.span, what, device: None });
        }
    }
    out.verdict = verdict;
    out.culprits.sort();
    out.culprits.dedup();
    out.assumptions.sort();
    out.assumptions.dedup();
    Ok(out)
}

/// Whether packets pass between an external peer and the internet through the site itself: whatever is declared of the
/// peer, the town's own firewall must not be the way. Systems that public bodies built are theirs to judge; what stands
/// in the LGWAN zone is L-1's, and chains through machines of a tier are M-1's and L-1's.
fn onwards(
    site: &Site,
    outside: &[(&Entry, SegmentId)],
    internet: &BTreeSet<SegmentId>,
    options: &Options,
    out: &mut Assertion,
) -> Result<Verdict, CheckError> {
    let lgwan = places::segments_of_role(site, Role::Lgwan);
    let judged = outside.iter().filter(|(entry, _)| !public(site, entry)).map(|(_, id)| *id);
    let peers: BTreeSet<SegmentId> =
        judged.filter(|id| !internet.contains(id) && !lgwan.contains(id)).collect();
    if peers.is_empty() || internet.is_empty() {
        return Ok(Verdict::Holds);
    }
    let exempt = || waypoint::declared_sessions(site).into_iter().chain(breakout::allowed(site)).collect();
    let there = Crossing { from: peers.clone(), to: internet.clone(), exempt: exempt() };
    let back = Crossing { from: internet.clone(), to: peers.clone(), exempt: exempt() };
    let mut found = assertion("M-5", "", Level::Host, Class::Path, basis::all_zones(site), out.title.clone());
    let both = [crossing::decide(site, &there, options)?, crossing::decide(site, &back, options)?];
    basis::fill(site, &mut found, both);
    out.basis = out.basis.max(found.basis);
    out.reason = out.reason.take().or(found.reason);
    out.counterexamples.extend(found.counterexamples);
    out.possible_paths.extend(found.possible_paths);
    out.culprits.extend(found.culprits);
    out.assumptions.extend(found.assumptions);
    Ok(found.verdict)
}

/// Whether an entry's peer is declared to be a system that public bodies built.
fn public(site: &Site, entry: &Entry) -> bool {
    entry.peer == Some(Peer::PublicSystem) && basis::backed(site, &entry.declarations)
}

/// What is known of an external network at the other end, and what is missing.
fn external(
    site: &Site,
    entry: &Entry,
    id: SegmentId,
    internet: &BTreeSet<SegmentId>,
) -> (Verdict, Option<Msg>) {
    let name = places::label(site, Party::External(id));
    let number = &entry.id.value;
    let declared = basis::backed(site, &entry.declarations);
    let public = entry.peer == Some(Peer::PublicSystem);
    if internet.contains(&id) && !(public && declared) {
        let what = msg!(
            "the peer `{name}` of entry `{number}` leads to the internet",
            "台帳「{number}」の接続先「{name}」は、インターネットに接続している"
        );
        return (Verdict::Violated, Some(what));
    }
    if declared {
        return (Verdict::Holds, None);
    }
    let what = match public {
        true => msg!(
            "entry `{number}` cites no declaration that `{name}` is a system of public bodies",
            "台帳「{number}」の接続先「{name}」が公的機関の構築したシステムであることについて申告がない"
        ),
        false => msg!(
            "entry `{number}` cites no declaration that `{name}` has no path to the internet",
            "台帳「{number}」の接続先「{name}」がインターネットに接続していないことについて申告がない"
        ),
    };
    (Verdict::Undetermined, Some(what))
}
