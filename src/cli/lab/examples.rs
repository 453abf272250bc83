//! Counterexamples of a site, hop by hop.
use super::bench::Probe;
use super::boxes::Made;
use crate::analysis::answer::{Assessment, Evidence, Hop, Verdict};
use crate::model::Flow;
use crate::report::lab::{End, Example, HopSeen};

/// Replays the first way of each counterexample on the routers that were made. Later legs (answers, what a relay sends
/// on) need a session or a program that the laboratory does not have.
pub(super) fn replay(assessment: &Assessment, made: &mut [Made<'_>]) -> Vec<Example> {
    let violated = assessment.assertions.iter().filter(|a| a.verdict == Verdict::Violated);
    let mut out = Vec::new();
    for assertion in violated {
        for evidence in &assertion.counterexamples {
            let hops = hops(evidence, made);
            if !hops.is_empty() {
                out.push(Example { check: assertion.id.to_owned(), scope: assertion.scope.clone(), hops });
            }
        }
    }
    out
}

fn hops(evidence: &Evidence, made: &mut [Made<'_>]) -> Vec<HopSeen> {
    let Some(leg) = evidence.legs.first() else { return Vec::new() };
    let mut packet = leg.packet;
    let mut out = Vec::new();
    for hop in &leg.hops {
        let before = std::mem::replace(&mut packet, hop.packet);
        let router = made.iter_mut().find(|m| m.device.name == hop.device);
        out.extend(router.and_then(|router| one(hop, before, router)));
    }
    out
}

fn one(hop: &Hop, packet: Flow, router: &mut Made<'_>) -> Option<HopSeen> {
    let probe = Probe { ingress: router.number(hop.ingress.as_deref()?)?, flow: packet };
    let confirmed = match router.sent(&probe).ok()? {
        // Which header is settled: it is one that the analysis has, and a translation may choose.
        Some(End::Out(egress, _)) => hop.egress.as_ref() == Some(&egress),
        Some(End::Local) => hop.egress.is_none(),
        Some(End::Gone) | None => false,
    };
    Some(HopSeen { router: hop.device.clone(), packet, confirmed })
}
