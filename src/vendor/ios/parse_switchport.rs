//! What ports say about VLANs: `switchport …`.

use crate::model::{LAST_VLAN, Ranges};
use crate::source::{LineState, Spanned};
use crate::syntax::indent::Node;

use super::config::{Dialect, Interface, Mode, Scope, Switching};
use super::inert::Place;
use super::read::Reader;
use super::value;

/// What became of a line.
enum Taken {
    /// It is modelled.
    Yes,
    /// It is known; what it does to VLANs is not modelled.
    InPart,
    /// It changes nothing about VLANs.
    Idle,
    /// It does not read.
    No,
}

impl Reader<'_> {
    /// VLAN membership: what layer 2 needs. Layer 3 needs to know that the port is switched.
    pub fn switchport(&mut self, node: &Node, own: &mut Interface) {
        let texts = node.texts();
        let says = match texts.as_slice() {
            ["no", "switchport", rest @ ..] => negated(node, rest, &mut own.switching),
            ["switchport", rest @ ..] => said(node, rest, &mut own.switching, self.dialect),
            _ => Taken::No,
        };
        let inert = super::inert::reason(Place::Interface, &texts).is_some();
        match says {
            Taken::Yes => self.modelled(node),
            Taken::InPart => {
                own.switching.unread.push(node.span);
                self.ledger.claim_all(node, LineState::Partial);
            }
            Taken::Idle => self.inert(node),
            Taken::No if inert => self.inert(node),
            Taken::No => return self.unknown(node, Scope::Device),
        }
        own.switched.get_or_insert(true);
    }
}

/// The VLAN that a line about authentication puts machines into that are refused, or that nobody knows.
pub fn refuge(node: &Node) -> Option<Spanned<u16>> {
    let texts = node.texts();
    let at = texts.iter().position(|w| *w == "vlan" || w.ends_with("-vlan"))?;
    let known = matches!(texts.first(), Some(&"no" | &"default"));
    texts.get(at + 1).filter(|_| !known).and_then(|w| one(w)).map(|vlan| Spanned::new(vlan, node.span))
}

impl Reader<'_> {
    /// Whoever plugs in at a port may be in its VLAN, or in the one for those who are refused.
    pub fn refuges(&mut self) {
        for own in self.config.interfaces.values().filter(|i| i.up) {
            let says = &own.switching;
            let access = says.access.as_ref().map_or(1, |v| v.value);
            let others = says.refuges.iter().filter(|v| v.value != access);
            self.config.associations.extend(others.map(|v| (access, v.value, v.span)));
        }
    }
}

fn one(word: &str) -> Option<u16> {
    word.parse().ok().filter(|n| (1..=LAST_VLAN).contains(n))
}

fn list(words: &[&str]) -> Option<Ranges> {
    let pairs = value::vlans(words.concat().trim_end_matches(','))?;
    Some(Ranges::from_pairs(pairs.into_iter().map(|(a, b)| (u128::from(a), u128::from(b)))))
}

/// Every VLAN.
fn all() -> Ranges {
    Ranges::span(1, u128::from(LAST_VLAN))
}

fn said(node: &Node, words: &[&str], own: &mut Switching, dialect: Dialect) -> Taken {
    let at = node.span;
    match words {
        ["mode", mode @ ..] => {
            let mode = match mode {
                ["access"] => Mode::Access,
                ["trunk"] => Mode::Trunk,
                ["dynamic", "auto" | "desirable"] => Mode::Dynamic,
                ["private-vlan", "host" | "promiscuous"] => Mode::Private,
                ["stack"] if dialect == Dialect::Axs => Mode::Stack,
                ["trunk", "ingress-filter", "enable"] => Mode::Trunk,
                ["access", "ingress-filter", "enable"] => Mode::Access,
                // Frames with the tag of another VLAN are let in and go on in that VLAN.
                [mode @ ("trunk" | "access"), "ingress-filter", ..] => {
                    let mode = if *mode == "trunk" { Mode::Trunk } else { Mode::Access };
                    own.mode = Some(Spanned::new(mode, at));
                    return Taken::InPart;
                }
                ["dot1q-tunnel" | "private-vlan" | "hybrid" | "dot1x" | "mac-vlan" | "protocol-vlan", ..] => {
                    own.mode = Some(Spanned::new(Mode::Access, at));
                    return Taken::InPart;
                }
                _ => return Taken::No,
            };
            own.mode = Some(Spanned::new(mode, at));
            Taken::Yes
        }
        ["access", "vlan", vlan] => match one(vlan) {
            Some(vlan) => {
                own.access = Some(Spanned::new(vlan, at));
                Taken::Yes
            }
            None if matches!(*vlan, "dynamic" | "name") => Taken::InPart,
            None => Taken::No,
        },
        ["trunk", "native", "vlan", vlan] => {
            let native = match *vlan {
                "none" => None,
                number => match one(number) {
                    Some(vlan) => Some(vlan),
                    None => return if number == "tag" { Taken::InPart } else { Taken::No },
                },
            };
            own.native = Some(Spanned::new(native, at));
            Taken::Yes
        }
        // The port becomes a trunk of the two VLANs of the boxes' own management, which no line shows.
        ["atmf-link" | "atmf-crosslink"] if dialect == Dialect::Awplus => {
            let before = own.allowed.as_ref().map_or_else(Ranges::empty, |list| list.value.clone());
            own.allowed = Some(Spanned::new(before.union(&Ranges::span(4091, 4092)), at));
            own.mode.get_or_insert(Spanned::new(Mode::Trunk, at));
            Taken::Yes
        }
        // Tags are of 802.1Q anyway, and pruning only drops.
        ["trunk", "encapsulation", "dot1q"] | ["trunk", "pruning", "vlan", ..] => Taken::Idle,
        ["trunk", "allowed", "vlan", rest @ ..] => allowed(node, rest, own, dialect),
        ["voice", "vlan", vlan] => match one(vlan) {
            Some(vlan) => {
                own.voice = Some(Spanned::new(vlan, at));
                Taken::Yes
            }
            None if matches!(*vlan, "dot1p" | "none" | "untagged") => Taken::Idle,
            None => Taken::InPart,
        },
        ["voice", "vlan", "priority", _] | ["voice", "dscp", _] | ["voice", "detect", ..] => Taken::Idle,
        ["voice", "vlan", ..] => Taken::InPart,
        ["voice", ..] => Taken::No,
        ["nonegotiate"] => {
            own.silent = true;
            Taken::Yes
        }
        ["port-security", rest @ ..] => {
            if own.admission.security(rest, at) {
                Taken::Yes
            } else {
                Taken::No
            }
        }
        ["private-vlan", "host-association" | "mapping", vlans @ ..] => {
            let numbers = vlans.iter().filter(|w| !matches!(**w, "add" | "remove"));
            let found: Option<Vec<_>> = numbers.map(|w| value::vlans(w.trim_end_matches(','))).collect();
            let Some(found) = found else { return Taken::No };
            let each = found.into_iter().flatten().flat_map(|(a, b)| a..=b).take(64);
            own.private.extend(each.map(|vlan| Spanned::new(vlan, at)));
            Taken::Yes
        }
        [
            "access" | "trunk" | "native" | "hybrid" | "vlan-stacking" | "mac" | "protocol" | "private-vlan"
            | "isolation" | "vlan" | "provider-bridging",
            ..,
        ] => {
            let mut lists = words.iter().filter(|w| w.starts_with(|c: char| c.is_ascii_digit()));
            let decoded = lists.all(|w| value::vlans(w.trim_end_matches(',')).is_some());
            if decoded { Taken::InPart } else { Taken::No }
        }
        ["autostate", ..] => Taken::Idle,
        _ => Taken::No,
    }
}

/// `allowed vlan …`. What the list was before the first line depends on the language.
fn allowed(node: &Node, words: &[&str], own: &mut Switching, dialect: Dialect) -> Taken {
    let before = own.allowed.as_ref().map(|a| a.value.clone()).unwrap_or_else(|| match dialect {
        Dialect::Ios => all(),
        Dialect::Axs | Dialect::Awplus => Ranges::empty(),
    });
    let now = match words {
        ["all"] => Some(all()),
        ["none"] => Some(Ranges::empty()),
        ["add", rest @ ..] => list(rest).map(|l| before.union(&l)),
        ["remove", rest @ ..] => list(rest).map(|l| before.minus(&l)),
        ["except", rest @ ..] => list(rest).map(|l| all().minus(&l)),
        [] => None,
        rest => list(rest),
    };
    let Some(now) = now else { return Taken::No };
    own.allowed = Some(Spanned::new(now, node.span));
    Taken::Yes
}

fn negated(node: &Node, words: &[&str], own: &mut Switching) -> Taken {
    match words {
        ["mode"] => own.mode = None,
        ["access", "vlan"] => own.access = None,
        ["trunk", "native", "vlan"] => own.native = None,
        ["trunk", "allowed", "vlan"] => own.allowed = None,
        ["nonegotiate"] => own.silent = false,
        ["voice", ..] => own.voice = None,
        ["port-security", rest @ ..] => own.admission.insecurity(rest, node.span),
        ["trunk" | "access" | "mode", ..] => {
            own.unread.push(node.span);
            return Taken::InPart;
        }
        _ => return Taken::No,
    }
    Taken::Yes
}
