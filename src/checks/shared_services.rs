//! machines that serve several tiers (monitoring, time, logs, names, updates, backup) carry nothing on.
//!
//! # What it finds
//! Machines outside the three tiers that may hold sessions with machines of two of them, and of which nobody declares
//! that they carry nothing from one session to another. It informs and does not decide: the host levels of M-1, M-2
//! and L-1 say whether a machine, of whatever zone, completes a path.
//!
//! # Why it matters
//! Whatever reaches a machine that every tier talks to has reached the neighbours of every tier.
//!
//! # Example
//! A monitoring server that polls servers of all three tiers and receives their logs.
//!
//! # Remedy
//! Give each tier its own service, or declare `relay = "no"` with a document that shows it.
//!
//! # References
//! Basic security policy, clause 6(3).

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::mediated::{Kind, Sessions};
use super::places::{self, Party};
use super::{CheckError, assertion, assumptions, basis, failure};
use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Basis, Bearing, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{Relay, Role, Site};
use crate::source::{Msg, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-8",
        title: msg!(
            "machines that serve several tiers (monitoring, time, logs, names, updates, backup) carry nothing on",
            "複数の系が共用する機器(監視、時刻、ログ、名前解決、更新、バックアップ等)が中継しないこと"
        ),
        finds: msg!(
            "machines outside the three tiers that may hold sessions with machines of two of them, and of which nobody declares that they carry nothing from one session to another. It informs and does not decide: the host levels of M-1, M-2 and L-1 say whether a machine, of whatever zone, completes a path",
            "三層の外にあり、2以上の系の機器と通信し得る機器のうち、中継しないことについて申告がないもの。総合の解析結果には影響しない。経路が成立するか否かは、M-1、M-2及びL-1の「機器中継」の行に示す"
        ),
        matters: msg!(
            "whatever reaches a machine that every tier talks to has reached the neighbours of every tier",
            "全ての系と通信する機器に到達した者は、全ての系の隣に到達したこととなる"
        ),
        example: msg!(
            "A monitoring server that polls servers of all three tiers and receives their logs",
            "監視サーバが三層全てのサーバを監視し、ログを受信している"
        ),
        remedy: msg!(
            "give each tier its own service, or declare `relay = \"no\"` with a document that shows it",
            "系ごとに機器を分ける。又は、根拠資料を付して `relay = \"no\"` を申告する"
        ),
        references: msg!("basic security policy, clause 6(3)", "情報セキュリティ基本方針 6(3)"),
    }
}

/// What is to be kept apart, in the order in which it is named.
const TIERS: [Role; 3] = [Role::IndividualNumber, Role::Lgwan, Role::Internet];

/// Checks X-8 on the sessions that are possible at most.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, sessions: &Result<Sessions, EngineError>) -> Result<Assertion, CheckError> {
    let title = msg!(
        "machines that serve several tiers are declared to carry nothing on",
        "複数の系が共用する機器(監視、時刻、ログ、名前解決、更新、バックアップ等)が中継しないこと"
    );
    let mut out = assertion("X-8", "6(3)", Level::Host, Class::Hygiene, basis::all_zones(site), title);
    out.bearing = Bearing::Informs;
    let sessions = match sessions {
        Ok(sessions) => sessions,
        Err(error) => {
            out.reason = Some(failure(*error)?);
            return Ok(out);
        }
    };
    let ids = assumptions::PACKET.iter().chain(&assumptions::HOST);
    out.assumptions.extend(ids.map(|id| (*id).to_owned()));
    let mut quiet = Vec::new();
    for party in places::parties(site).into_iter().filter(|p| serves(site, *p)) {
        let tiers = served(site, sessions, party);
        if tiers.len() < 2 {
            continue;
        }
        if places::relay(site, party) == Relay::No && basis::unbacked_relay(site, party).is_none() {
            out.basis = out.basis.max(Basis::PartlyDeclared);
            out.assumptions.extend(declarations(site, party));
            quiet.push(places::label(site, party));
        } else if let Some(span) = place(site, party) {
            out.culprits.push(Culprit { span, what: serves_both(site, party, &tiers), device: None });
        }
    }
    out.assumptions.sort();
    out.assumptions.dedup();
    out.verdict = if out.culprits.is_empty() { Verdict::Holds } else { Verdict::Undetermined };
    if !quiet.is_empty() {
        let (en, ja) = (quiet.join(", "), quiet.join("、"));
        out.reason = Some(msg!(
            "serve several tiers and are declared to carry nothing on: {en}",
            "複数の系が共用し、中継しないと申告されている機器: {ja}"
        ));
    }
    Ok(out)
}

/// Whether somebody can be a shared service: machines of a tier and sanitizers are other items', and networks outside
/// are sources and sinks.
fn serves(site: &Site, party: Party) -> bool {
    let inside = matches!(party, Party::Host(_) | Party::Terminals(_) | Party::Device(_));
    inside && places::sanitizer_of(site, party).is_none() && tiers_of(site, party).is_empty()
}

fn tiers_of(site: &Site, party: Party) -> BTreeSet<Role> {
    let roles = places::segments_of(site, party);
    let roles = roles.iter().filter_map(|s| Some(site.zone(site.segment(*s)?.zone?)?.role));
    roles.filter(|role| TIERS.contains(role)).collect()
}

/// The tiers with whose machines it may hold a session beyond declared ones.
fn served(site: &Site, sessions: &Sessions, party: Party) -> BTreeSet<Role> {
    let held = sessions.of.get(&party).into_iter().flatten().filter(|s| s.kind == Kind::Other);
    let peers = held.map(|s| if s.opener == party { s.peer } else { s.opener });
    peers.flat_map(|p| tiers_of(site, p)).collect()
}

fn serves_both(site: &Site, party: Party, tiers: &BTreeSet<Role>) -> Msg {
    let name = places::label(site, party);
    let named = |role: &&Role| tiers.contains(role);
    let zones =
        TIERS.iter().filter(named).flat_map(|role| site.zones.iter().filter(move |z| z.role == *role));
    let zones: Vec<&str> = zones.map(|z| z.name.as_str()).collect();
    let (en, ja) = (zones.join(", "), zones.join("、"));
    msg!(
        "`{name}` may hold sessions with machines of {en}, and nobody declares that it carries nothing on",
        "「{name}」は{ja}の機器と通信し得るが、中継しないことについて申告がない"
    )
}

fn place(site: &Site, party: Party) -> Option<Span> {
    match party {
        Party::Host(id) => site.host(id).map(|h| h.id.span),
        Party::Terminals(id) | Party::External(id) => site.segment(id).map(|s| s.id.span),
        Party::Device(id) => {
            let name = &site.device(id)?.chassis;
            site.boxes.iter().find(|(b, _)| b.value == *name).map(|(b, _)| b.span)
        }
        Party::OpenEnd(..) => None,
    }
}

fn declarations(site: &Site, party: Party) -> Vec<String> {
    let cited = match party {
        Party::Host(id) => site.host(id).map(|h| &h.declarations),
        Party::Terminals(id) | Party::External(id) => site.segment(id).map(|s| &s.declarations),
        Party::Device(id) => site.device(id).map(|d| &d.declarations),
        Party::OpenEnd(..) => None,
    };
    cited.cloned().unwrap_or_default()
}
