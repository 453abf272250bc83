//! The host level of M-1 and L-1: chains of sessions, decided under both bounds.

use std::collections::BTreeSet;

use super::evidence::{self, LegOutcome};
use super::mediated::{Chain, Found, Session, Sessions, Sides};
use super::places::{self, Party};
use super::{CheckError, Options, assumptions, basis, failure, waypoint};
use crate::analysis::answer::{Assertion, Basis, Culprit, Evidence, Leg, Verdict};
use crate::analysis::reach::Fact;
use crate::analysis::transition::Bound;
use crate::model::{Family, Flow, proto};
use crate::msg;
use crate::network::{Relay, SegmentId, Site, Variant};
use crate::source::Msg;

/// Rounds of leaving out sessions or mediators before an answer is given with what was found.
const MOST_ROUNDS: usize = 40;
/// Possible paths shown.
const MOST_SHOWN: usize = 3;

/// Decides whether some chain of sessions joins the two sides.
pub fn decide(
    site: &Site,
    out: &mut Assertion,
    sessions: &Result<Sessions, crate::analysis::EngineError>,
    sides: (&BTreeSet<SegmentId>, &BTreeSet<SegmentId>),
    options: &Options,
) -> Result<(), CheckError> {
    decide_from(site, out, sessions, sides, None, options)
}

/// The same for chains whose first session is with one of `first` only.
pub fn decide_from(
    site: &Site,
    out: &mut Assertion,
    sessions: &Result<Sessions, crate::analysis::EngineError>,
    (inner, outer): (&BTreeSet<SegmentId>, &BTreeSet<SegmentId>),
    first: Option<&BTreeSet<Party>>,
    options: &Options,
) -> Result<(), CheckError> {
    if inner.is_empty() || outer.is_empty() {
        out.reason = Some(super::crossing::without_a_segment());
        return Ok(());
    }
    let sessions = match sessions {
        Ok(sessions) => sessions,
        Err(error) => {
            out.reason = Some(failure(*error)?);
            return Ok(());
        }
    };
    let nothing = BTreeSet::new();
    let question = Question { site, sessions, inner, outer, first, options, without: &nothing };
    let upper = question.upper(&BTreeSet::new());
    if upper.chain.is_none() {
        out.verdict = Verdict::Holds;
        note_basis(site, out, &upper);
        return Ok(());
    }
    note_basis(site, out, &upper);
    if let Some(evidence) = question.violation() {
        out.verdict = Verdict::Violated;
        out.counterexamples.push(evidence);
        return Ok(());
    }
    out.verdict = Verdict::Undetermined;
    question.explain(out);
    Ok(())
}

fn note_basis(site: &Site, out: &mut Assertion, found: &Found) {
    let ids = assumptions::PACKET.iter().chain(&assumptions::HOST);
    out.assumptions.extend(ids.map(|id| (*id).to_owned()));
    out.cut_at = found.cut_at.iter().map(|p| places::label(site, *p)).collect();
    if !site.sanitizers.is_empty() {
        out.assumptions.push(assumptions::SANITIZER.to_owned());
    }
    for party in &found.non_relays {
        let declared = match party {
            Party::Host(id) => site.host(*id).map(|h| h.declarations.clone()),
            Party::Device(id) => site.device(*id).map(|d| d.declarations.clone()),
            Party::Terminals(id) => site.segment(*id).map(|s| s.declarations.clone()),
            Party::External(_) | Party::OpenEnd(..) => None,
        };
        out.basis = out.basis.max(Basis::PartlyDeclared);
        out.assumptions.extend(declared.unwrap_or_default());
    }
    basis::add_sanitizer_declarations(site, out);
    let unbacked = found.non_relays.iter().filter_map(|p| basis::unbacked_relay(site, *p)).collect();
    basis::rest_on(site, out, &site.devices().map(|(id, _)| id).collect(), unbacked);
}

struct Question<'a> {
    site: &'a Site,
    sessions: &'a Sessions,
    inner: &'a BTreeSet<SegmentId>,
    outer: &'a BTreeSet<SegmentId>,
    /// With whom a chain may begin, if not with everybody.
    first: Option<&'a BTreeSet<Party>>,
    options: &'a Options<'a>,
    /// Facts that the sessions were computed without.
    without: &'a BTreeSet<Fact>,
}

/// The first session of a chain that goes on from one of a device's own by another of its own.
///
/// Of a device that is declared to carry data on, nobody said that it must be asked.
fn unasked(site: &Site, chain: &Chain) -> Option<Session> {
    let pairs = chain.links.iter().zip(chain.links.iter().skip(1));
    let own = |((before, at), (after, _)): &(&(Session, Party), &(Session, Party))| {
        let serves =
            matches!(at, Party::Device(id) if site.device(*id).is_some_and(|d| d.relay != Relay::Yes));
        serves && before.opener == *at && after.opener == *at
    };
    pairs.into_iter().find(own).map(|((before, _), _)| *before)
}

impl Question<'_> {
    fn search(
        &self,
        mediates: &dyn Fn(Party) -> bool,
        open: &dyn Fn(Party) -> bool,
        without: &BTreeSet<Session>,
    ) -> Found {
        let first = self.first;
        let sides =
            Sides { site: self.site, from: self.inner, to: self.outer, first, mediates, open, without };
        sides.search(self.sessions)
    }

    /// Everything that may mediate does, and every open end is one of the other side, except `blocked`.
    fn upper(&self, blocked: &BTreeSet<Party>) -> Found {
        let mediates = |p: Party| {
            let sanitizer = places::sanitizer_of(self.site, p).is_some();
            !blocked.contains(&p) && (sanitizer || places::relay(self.site, p) != Relay::No)
        };
        self.search(&mediates, &|p| !blocked.contains(&p), &BTreeSet::new())
    }

    /// A chain through machines that certainly relay, each session replayed. A device serves those who ask it: a chain in
    /// which it opens both sessions itself is looked for with others at either side in its place.
    fn violation(&self) -> Option<Evidence> {
        let opened_towards = |side: &BTreeSet<SegmentId>| -> BTreeSet<Session> {
            let own = self.sessions.of.iter().filter(|(p, _)| matches!(p, Party::Device(_)));
            let own = own.flat_map(|(p, sessions)| sessions.iter().filter(move |s| s.opener == *p));
            own.filter(|s| !places::segments_of(self.site, s.peer).is_disjoint(side)).copied().collect()
        };
        self.violation_without(BTreeSet::new()).or_else(|| {
            let sides = [self.inner, self.outer].map(opened_towards).into_iter().filter(|s| !s.is_empty());
            sides.into_iter().find_map(|without| self.violation_without(without))
        })
    }

    fn violation_without(&self, mut without: BTreeSet<Session>) -> Option<Evidence> {
        let mediates = |p: Party| places::relay(self.site, p) == Relay::Yes;
        for _ in 0..MOST_ROUNDS {
            // Nobody knows where an open end leads, so no violation begins or ends there.
            let chain = self.search(&mediates, &|_| false, &without).chain?;
            if chain.links.is_empty() {
                return Some(evidence_of(self.site, Vec::new(), Vec::new()));
            }
            if let Some(unasked) = unasked(self.site, &chain) {
                without.insert(unasked);
                continue;
            }
            let mut legs = Vec::new();
            let mut choices = Vec::new();
            for (session, _) in &chain.links {
                match self.leg(*session) {
                    LegOutcome::Certain(leg, under) => {
                        legs.push(leg);
                        choices.extend(under);
                    }
                    LegOutcome::Possible(..) | LegOutcome::Unknown => {
                        without.insert(*session);
                        break;
                    }
                }
            }
            if legs.len() == chain.links.len() {
                return Some(evidence_of(self.site, legs, choices));
            }
        }
        None
    }

    fn leg(&self, session: Session) -> LegOutcome {
        if session.same_segment {
            return LegOutcome::Certain(neighbours(self.site, session), Vec::new());
        }
        evidence::session_leg(self.site, session, self.without, self.options)
    }

    /// The facts on which the chains hang: who carries data, which lines let the sessions through.
    fn explain(&self, out: &mut Assertion) {
        let havoc = evidence::havoc(self.site);
        if havoc.is_empty() {
            return self.explain_rest(out, BTreeSet::new());
        }
        // Devices that may do anything come first: what else is open shows only without them.
        let facts: BTreeSet<Fact> = havoc.values().flatten().copied().collect();
        (out.culprits, out.culprits_truncated) = evidence::culprits(self.site, &facts, 20);
        let blocked = havoc.keys().map(|d| Party::Device(*d)).collect();
        match Sessions::compute(self.site, self.options, &facts) {
            Ok(mut sessions) => {
                sessions.shown.clone_from(&self.sessions.shown);
                Question { sessions: &sessions, without: &facts, ..*self }.explain_rest(out, blocked)
            }
            Err(_) => out.culprits_truncated = true,
        }
    }

    fn explain_rest(&self, out: &mut Assertion, mut blocked: BTreeSet<Party>) {
        let given = blocked.clone();
        for round in 0..MOST_ROUNDS {
            let Some(chain) = self.upper(&blocked).chain else { break };
            if round < MOST_SHOWN {
                self.show(out, &chain);
            }
            // Whoever carries on with certainty cannot be asked away: then the sessions decide.
            let open = |p: &Party| places::relay(self.site, *p) != Relay::Yes;
            let mut mediators: Vec<Party> = chain.mediators().into_iter().filter(open).collect();
            if mediators.is_empty() {
                mediators = chain.open_ends();
            }
            if mediators.is_empty() {
                for (session, _) in &chain.links {
                    if let LegOutcome::Possible(_, facts) = self.leg(*session) {
                        out.culprits.extend(facts.iter().filter_map(|f| evidence::culprit(self.site, *f)));
                    }
                }
                out.culprits_truncated = true;
                break;
            }
            blocked.extend(mediators);
        }
        out.culprits_truncated |= self.upper(&blocked).chain.is_some();
        if !out.culprits_truncated {
            for party in blocked.difference(&given).copied().collect::<Vec<_>>() {
                let mut fewer = blocked.clone();
                fewer.remove(&party);
                if self.upper(&fewer).chain.is_none() {
                    blocked = fewer;
                }
            }
        }
        out.culprits.extend(blocked.difference(&given).flat_map(|p| self.unsaid(*p)));
        out.culprits.sort();
        out.culprits.dedup();
        out.culprits_truncated |= out.culprits.len() > 20;
        out.culprits.truncate(20);
    }

    fn show(&self, out: &mut Assertion, chain: &Chain) {
        let mut legs = Vec::new();
        let mut choices = Vec::new();
        for (session, _) in &chain.links {
            match self.leg(*session) {
                LegOutcome::Certain(leg, under) => {
                    legs.push(leg);
                    choices.extend(under);
                }
                LegOutcome::Possible(leg, _) => legs.push(leg),
                LegOutcome::Unknown => return,
            }
        }
        out.possible_paths.push(evidence_of(self.site, legs, choices));
    }

    /// What nobody said about a party that may mediate or stand on either side.
    fn unsaid(&self, party: Party) -> Vec<Culprit> {
        if let Party::OpenEnd(device, interface) = party {
            let facts = places::open_ends(self.site).remove(&(device, interface)).unwrap_or_default();
            return facts.into_iter().filter_map(|f| evidence::culprit(self.site, f)).collect();
        }
        self.unsaid_mediator(party).into_iter().collect()
    }

    fn beyond_model(&self, name: &str) -> Msg {
        let variant = self.site.records.policy.as_ref().and_then(|p| p.variant);
        let model = variant.map_or("-", Variant::label);
        msg!(
            "`{name}` holds declared sessions that the model chosen ({model}) does not know",
            "「{name}」に、採用モデル({model}モデル)にない通信が申告されている"
        )
    }

    fn unsaid_mediator(&self, party: Party) -> Option<Culprit> {
        let name = places::label(self.site, party);
        let (span, what, device) = match party {
            Party::Host(id) if waypoint::beyond_model(self.site, party) => {
                (self.site.host(id)?.id.span, self.beyond_model(&name), None)
            }
            Party::Host(id) if !self.site.unshown_cards(id).is_empty() => {
                (self.site.host(id)?.id.span, places::unshown_card(&name), None)
            }
            Party::Host(id) if places::sanitizer_of(self.site, party).is_some() => (
                self.site.host(id)?.id.span,
                msg!(
                    "`{name}` may hold sessions outside its declaration",
                    "「{name}」に申告された通信以外の通信があり得る"
                ),
                None,
            ),
            Party::Host(id) => (
                self.site.host(id)?.id.span,
                msg!(
                    "whether `{name}` carries data between sessions is not stated",
                    "「{name}」がデータを中継するか否かの申告がない"
                ),
                None,
            ),
            Party::Terminals(id) => (
                self.site.segment(id)?.id.span,
                msg!(
                    "whether undeclared machines in `{name}` carry data between sessions is not stated",
                    "「{name}」に接続する記載のない端末がデータを中継するか否かの申告がない"
                ),
                None,
            ),
            Party::Device(id) => {
                let device = &self.site.device(id)?.device;
                let relay = device.relays.first()?;
                (relay.span, relay.what.clone(), Some(device.name.clone()))
            }
            Party::External(_) | Party::OpenEnd(..) => return None,
        };
        Some(Culprit { span, what, device })
    }
}

fn evidence_of(site: &Site, legs: Vec<Leg>, mut choices: Vec<Culprit>) -> Evidence {
    choices.extend(super::members::active(site, &legs));
    choices.sort();
    choices.dedup();
    let family = legs.first().map_or(Family::V4, |l| l.packet.family);
    Evidence { legs, family, one_way: true, requires_forged_source: false, choices }
}

/// A session that no device sees.
fn neighbours(site: &Site, session: Session) -> Leg {
    let first = |p| places::addresses_under(site, p, Bound::Upper);
    let (from, to) = (first(session.opener), first(session.peer));
    let family = if from.v4.is_empty() || to.v4.is_empty() { Family::V6 } else { Family::V4 };
    let pick = |set: &crate::model::AddressSet| set.of(family).first().unwrap_or(0);
    let packet = Flow {
        family,
        src: pick(&from),
        dst: pick(&to),
        proto: proto::TCP,
        sport: 49_152,
        dport: 443,
        icmp: 0,
        flags: 2,
    };
    let (from, to) = (places::label(site, session.opener), places::label(site, session.peer));
    Leg { from, to, packet, delivered: packet, hops: Vec::new() }
}
