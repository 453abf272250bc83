//! Short ids under which people and scripts speak of an answer and its evidence.
//!
//! An id follows from what is meant, not from where it stands: lines may move and answers may be listed in another
//! order. Whatever makes a way another way (its ends, its service, its devices, the rules that let it pass, the
//! conditions it hangs on) makes another id.

use sha2::{Digest, Sha256};

use super::answer::{Assertion, Culprit, Evidence, Hop, Leg, Place};
use crate::source::{Lang, Sources, Span};

/// `M-1-3f9a2c`.
pub fn of_assertion(a: &Assertion) -> String {
    let level = format!("{:?}", a.level);
    format!("{}-{}", a.id, short(&["assertion", a.id, &level, &a.scope], 3))
}

/// `M-1-3f9a2c-71b0e4d2`: a way across, confirmed or possible.
pub fn of_evidence(a: &Assertion, e: &Evidence, sources: &Sources) -> String {
    numbered(a, &way(e, sources))
}

/// Whether two pieces of evidence are one way across, with other addresses at most: a reader learns nothing from the second,
/// and both would have one id.
pub fn same_way(a: &Evidence, b: &Evidence, sources: &Sources) -> bool {
    way(a, sources) == way(b, sources)
}

/// What makes a way another one.
fn way(e: &Evidence, sources: &Sources) -> Vec<String> {
    let mut parts = vec!["evidence".to_owned()];
    parts.push(format!("{:?} {} {}", e.family, e.one_way, e.requires_forged_source));
    for leg in &e.legs {
        of_leg(leg, sources, &mut parts);
    }
    // They stand in the order of their lines.
    let mut choices: Vec<[String; 4]> = e.choices.iter().map(|c| meaning(c, sources)).collect();
    choices.sort_unstable();
    parts.extend(choices.into_iter().flatten());
    parts
}

/// `M-1-3f9a2c-0d11c2aa`: a line or fact that decides.
pub fn of_culprit(a: &Assertion, c: &Culprit, sources: &Sources) -> String {
    let mut parts = vec!["culprit".to_owned()];
    parts.extend(meaning(c, sources));
    numbered(a, &parts)
}

fn numbered(a: &Assertion, parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    format!("{}-{}", of_assertion(a), short(&parts, 4))
}

fn of_leg(leg: &Leg, sources: &Sources, parts: &mut Vec<String>) {
    let (sent, delivered) = (&leg.packet, &leg.delivered);
    parts.extend(["leg".to_owned(), leg.from.clone(), leg.to.clone()]);
    parts.push(format!("{} {} {}", sent.proto, sent.dport, sent.icmp));
    parts.push(format!("{} {}", delivered.dport, sent.dst == delivered.dst));
    for hop in &leg.hops {
        of_hop(hop, sources, parts);
    }
}

fn of_hop(hop: &Hop, sources: &Sources, parts: &mut Vec<String>) {
    parts.extend(["hop".to_owned(), hop.device.clone()]);
    parts.extend([&hop.ingress, &hop.egress].map(|i| i.clone().unwrap_or_default()));
    parts.extend(hop.rule.iter().flat_map(|p| statement(p, sources)));
    parts.extend(hop.nat.iter().flat_map(|n| statement(&n.place, sources)));
}

fn statement(place: &Place, sources: &Sources) -> [String; 2] {
    text_at(place.span, sources)
}

fn meaning(c: &Culprit, sources: &Sources) -> [String; 4] {
    let [file, text] = text_at(c.span, sources);
    [c.device.clone().unwrap_or_default(), placeless(c.what.text(Lang::En)), file, text]
}

/// Without the numbers of rules that are called by their place (`FORWARD rule 7`): a rule above them changes those.
fn placeless(what: &str) -> String {
    let mut parts = what.split(" rule ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + " rule " + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// The file and the masked text of a line, without its number.
fn text_at(span: Span, sources: &Sources) -> [String; 2] {
    let excerpt = sources.excerpt(span);
    let text = if sources.is_whole(span) { String::new() } else { excerpt.text.trim().to_owned() };
    [excerpt.path.to_string(), text]
}

/// The first `bytes` of a hash over parts that cannot run into each other, in hex.
fn short(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(bytes).map(|b| format!("{b:02x}")).collect()
}
