//! Copies of frames that a switch sends out of another port: local SPAN sessions (IOS).
//!
//! A session is read as a whole or not at all: the port that the copies leave by is then in the VLANs that they come from,
//! and in no other, since nothing else leaves by it and nothing enters. Whatever is more than that taints the device.

use std::collections::BTreeMap;

use crate::model::{Ranges, same_port};
use crate::source::{LineState, Span};
use crate::syntax::indent::Node;

use super::config::{Body, Copies, Interface, Scope};
use super::parse::not_modelled;
use super::read::Reader;
use super::value;

/// The lines of a session so far.
#[derive(Debug, Clone, Default)]
pub struct Session {
    copies: Copies,
    /// A line that is not one of a plain local session.
    odd: bool,
    lines: Vec<Span>,
}

/// Sessions by their numbers.
pub type Sessions = BTreeMap<String, Session>;

impl Reader<'_> {
    /// `monitor session N source|destination …`
    pub fn session(&mut self, node: &Node, number: &str, rest: &[&str]) {
        let session = self.config.sessions.entry(number.to_owned()).or_default();
        session.lines.push(node.span);
        let read = match rest {
            ["source", "vlan", list @ ..] => {
                vlans(list).map(|v| session.copies.vlans = session.copies.vlans.union(&v))
            }
            ["source", "interface", list @ ..] => {
                ports(direction(list)).map(|p| session.copies.from.extend(p))
            }
            ["destination", "interface", list @ ..] => {
                let list = list.strip_suffix(&["encapsulation", "replicate"]).unwrap_or(list);
                ports(list).map(|p| session.copies.to.extend(p))
            }
            // Less is copied.
            ["filter", "vlan", ..] => Some(()),
            _ => None,
        };
        session.odd |= read.is_none() || !node.children.is_empty();
        node.children.iter().for_each(|child| self.ledger.claim_all(child, LineState::Unmodelled));
    }

    /// What became of the sessions, once every port is known.
    pub fn sessions(&mut self) {
        let mut taken: Vec<String> = Vec::new();
        for (_, session) in std::mem::take(&mut self.config.sessions) {
            let Session { mut copies, odd, lines } = session;
            copies.span = lines.first().copied();
            // A port that copies leave by is in one session, and no port of another.
            let plain = !odd && self.plain(&mut copies) && !copies.to.iter().any(|to| taken.contains(to));
            taken.extend(copies.from.iter().chain(&copies.to).cloned());
            let late = self.config.copies.iter().any(|c| c.to.iter().any(|to| copies.from.contains(to)));
            let plain = plain && !late;
            for line in &lines {
                let state = if plain { LineState::Modelled } else { LineState::Unmodelled };
                self.ledger.claim(*line, state);
            }
            if plain {
                self.config.copies.push(copies);
            } else if let Some(line) = lines.first() {
                self.ledger.report(crate::source::Code::UnmodelledFeature, *line, not_modelled());
                self.doubt(Scope::Device, *line, not_modelled());
            }
        }
    }

    /// Whether every port of a session is one of this switch, by the names that the configuration has for them.
    fn plain(&self, copies: &mut Copies) -> bool {
        let all = &self.config.interfaces;
        let full = |short: &String| {
            let mut found = all.values().filter(|i| same_port(&i.name.value, short));
            found.next().filter(|i| found.next().is_none() && switched(i)).map(|i| i.name.value.clone())
        };
        let names = |list: &[String]| list.iter().map(full).collect::<Option<Vec<String>>>();
        let (Some(from), Some(to)) = (names(&copies.from), names(&copies.to)) else { return false };
        let bundled = |name: &String| all.get(name).is_some_and(|i| i.switching.bundle.is_some());
        let sources = !from.is_empty() || !copies.vlans.pairs().is_empty();
        let good =
            sources && !to.is_empty() && !from.iter().any(bundled) && !to.iter().any(|t| from.contains(t));
        let switch = all.values().any(|i| matches!(i.body, Body::Svi(_)) || i.switched.is_some());
        (copies.from, copies.to) = (from, to);
        good && switch
    }
}

/// A port of the switch that routes nothing.
fn switched(own: &Interface) -> bool {
    own.body == Body::Port
        && own.switched != Some(false)
        && own.vrf.is_none()
        && own.addresses.is_empty()
        && own.leased.is_empty()
        && own.unnumbered.is_none()
        && !own.v6
        && !own.apart()
}

/// Without the direction at the end.
fn direction<'a, 'b>(list: &'a [&'b str]) -> &'a [&'b str] {
    match list {
        [rest @ .., "rx" | "tx" | "both"] => rest,
        all => all,
    }
}

fn vlans(list: &[&str]) -> Option<Ranges> {
    let pairs = value::vlans(&direction(list).concat())?;
    Some(Ranges::from_pairs(pairs.into_iter().map(|(a, b)| (u128::from(a), u128::from(b)))))
}

/// `Gi1/0/1 - 4 , Gi1/0/7`
fn ports(list: &[&str]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for part in list.split(|w| *w == ",") {
        match part {
            [one] => out.push((*one).to_owned()),
            [first, "-", last] => {
                let at = first.rfind('/')? + 1;
                let (head, low) = first.split_at_checked(at)?;
                let (low, high): (u16, u16) = (low.parse().ok()?, last.parse().ok()?);
                (low <= high && high - low < 512).then_some(())?;
                out.extend((low..=high).map(|n| format!("{head}{n}")));
            }
            _ => return None,
        }
    }
    Some(out)
}
