//! Route maps, and lists of AX that choose how flows are queued.

use crate::model::Family;
use crate::source::{Code, LineState, Spanned};
use crate::syntax::indent::Node;

use super::config::{MapEntry, Scope};
use super::parse::unread;
use super::read::Reader;

impl Reader<'_> {
    /// One step of a route map.
    pub fn route_map(&mut self, node: &Node) {
        let texts = node.texts();
        let (name, permit) = match texts.as_slice() {
            ["route-map", name] | ["route-map", name, "permit"] | ["route-map", name, "permit", _] => {
                (*name, true)
            }
            ["route-map", name, "deny"] | ["route-map", name, "deny", _] => (*name, false),
            _ => return self.unknown(node, Scope::AllRouting),
        };
        let mut entry = MapEntry {
            span: node.span,
            permit,
            lists: Vec::new(),
            others: Vec::new(),
            hops: Vec::new(),
            interfaces: Vec::new(),
            vrfs: Vec::new(),
            handed: Vec::new(),
            unread: Vec::new(),
        };
        self.modelled(node);
        for child in &node.children {
            self.map_line(child, &mut entry);
        }
        self.config.route_maps.entry(name.to_owned()).or_default().push(entry);
    }

    /// A list of flows that are queued, marked and policed. Whatever else an entry does, nobody here knows.
    pub fn flow_list(&mut self, node: &Node) {
        self.ledger.claim(node.span, LineState::Inert);
        for child in &node.children {
            let texts = child.texts();
            let entry = match texts.as_slice() {
                [number, rest @ ..] if number.parse::<u32>().is_ok() => rest,
                all => all,
            };
            match entry {
                ["remark", ..] => self.inert(child),
                ["qos" | "premium", rest @ ..] if queues(rest) => self.inert(child),
                _ => self.unknown(child, Scope::Device),
            }
        }
    }

    fn map_line(&mut self, node: &Node, entry: &mut MapEntry) {
        let texts = node.texts();
        let state = match texts.as_slice() {
            ["description", ..] => LineState::Inert,
            ["match", family @ ("ip" | "ipv6"), "address", "prefix-list", ..] => {
                let _ = family;
                entry.others.push(node.span);
                LineState::Partial
            }
            ["match", family @ ("ip" | "ipv6"), "address", ..] => {
                let family = if *family == "ip" { Family::V4 } else { Family::V6 };
                let names = node.words.iter().skip(3).map(|w| (family, Spanned::new(w.text.clone(), w.span)));
                entry.lists.extend(names);
                LineState::Modelled
            }
            ["match", ..] => {
                entry.others.push(node.span);
                LineState::Partial
            }
            ["set", "ip" | "ipv6", "next-hop", rest @ ..]
            | ["set", "ip" | "ipv6", "default", "next-hop", rest @ ..]
                if !rest.is_empty() =>
            {
                if next_hops(rest, entry).is_none() {
                    entry.unread.push(node.span);
                }
                LineState::Partial
            }
            ["set", "interface", ..] | ["set", "default", "interface", ..] => {
                let from = if texts.get(1) == Some(&"default") { 3 } else { 2 };
                let words = node.words.iter().skip(from);
                entry.interfaces.extend(words.map(|w| Spanned::new(w.text.clone(), w.span)));
                LineState::Partial
            }
            ["set", "vrf", vrf] => {
                entry.vrfs.push(Some((*vrf).to_owned()));
                LineState::Partial
            }
            ["set", "global"] => {
                entry.vrfs.push(None);
                LineState::Partial
            }
            ["set", "ip", "vrf", vrf, ..] => {
                entry.handed.push(Some((*vrf).to_owned()));
                LineState::Partial
            }
            ["set", "ip", "global", ..] => {
                entry.handed.push(None);
                LineState::Partial
            }
            ["set", "ip" | "ipv6", "precedence" | "tos" | "df" | "qos-group", ..]
            | [
                "set",
                "metric" | "tag" | "local-preference" | "community" | "as-path" | "weight" | "origin"
                | "metric-type" | "extcommunity" | "comm-list" | "level" | "automatic-tag" | "dampening"
                | "distance",
                ..,
            ]
            | ["continue", ..] => LineState::Inert,
            _ => {
                entry.unread.push(node.span);
                LineState::Unrecognized
            }
        };
        self.ledger.claim_all(node, state);
        if state == LineState::Unrecognized {
            self.ledger.report(Code::UnknownStatement, node.span, unread());
        }
    }
}

/// The words behind `next-hop`: addresses, perhaps probed, perhaps looked up in another table; `None` if others stand there.
fn next_hops(words: &[&str], entry: &mut MapEntry) -> Option<()> {
    let (elsewhere, words) = match words {
        ["recursive", "global", rest @ ..] => (Some(None), rest),
        ["recursive", "vrf", vrf, rest @ ..] => (Some(Some((*vrf).to_owned())), rest),
        ["recursive", rest @ ..] => (None, rest),
        ["verify-availability", address, number, "track", object] => {
            number.parse::<u32>().and(object.parse::<u32>()).ok()?;
            (None, std::slice::from_ref(address))
        }
        rest => (None, rest),
    };
    let hops: Vec<std::net::IpAddr> = words.iter().map(|w| w.parse().ok()).collect::<Option<_>>()?;
    if hops.is_empty() {
        return None;
    }
    match elsewhere {
        Some(table) => entry.handed.push(table),
        None => entry.hops.extend(hops),
    }
    Some(())
}

/// Whether what stands behind `action` only queues, marks and polices.
fn queues(words: &[&str]) -> bool {
    const ACTIONS: [&str; 13] = [
        "priority-class",
        "discard-class",
        "penalty-discard-class",
        "max-rate",
        "max-rate-burst",
        "min-rate",
        "min-rate-burst",
        "replace-user-priority",
        "replace-dscp",
        "penalty-dscp",
        "dscp-map",
        "policer",
        "user",
    ];
    let mut acts = words.iter().skip_while(|w| **w != "action").skip(1).peekable();
    while let Some(word) = acts.next() {
        if !ACTIONS.contains(word) {
            return false;
        }
        // Each has a value but the map.
        if *word != "dscp-map" && acts.next().is_none() {
            return false;
        }
    }
    true
}
