//! Which interfaces the box has: what `ip addr` shows, and what else speaks of one.

use std::collections::BTreeSet;

use crate::model::{Interface, InterfaceKind, Radius};
use crate::msg;
use crate::source::{Code, Msg, Span, Spanned};

use super::about::comes_and_goes;
use super::config::RuleLine;
use super::convert::{Names, Read, rules};
use super::facts::Build;
use super::options::Test;
use super::targets::{Effect, target};

/// Most interfaces of one device: the ingress and egress fields hold 16 bits.
const INTERFACES: usize = 4_000;

impl Build<'_> {
    /// Those that `ip addr` shows, that the caller asks about, and that rules and routes name.
    pub fn interfaces(&mut self, names: &Names<'_>, read: &Read, whole: Span) {
        let complete = read.shows_interfaces();
        if let Some(links) = &read.links {
            for link in links.links.iter().take(INTERFACES) {
                let interface = super::wires::interface_of(link, links);
                self.push_interface(interface);
            }
            self.wires(links);
            if let Some(link) = links.links.get(INTERFACES) {
                let message =
                    msg!("more interfaces than can be told apart", "インターフェースが多すぎて区別できない");
                self.taint(Code::LimitExceeded, link.name.span, message, Radius::Device);
            }
        }
        for name in names.interfaces {
            self.add_interface(name, whole, true);
        }
        // One that a route uses is there, for `ip route` knows only interfaces that are up.
        for (name, span) in routed(read) {
            if self.add_interface(&name, span, true) && complete {
                self.report_once(Code::UndefinedReference, span, absent(&name));
            }
        }
        self.named(read, complete);
        if !complete {
            self.add_interface("lo", whole, true);
            let name = Spanned::new("(other)".to_owned(), whole);
            let kind = InterfaceKind::Unread;
            self.push_interface(Interface { name, alias: None, kind, up: true, addresses: Vec::new() });
            self.facts.other = self.interface("(other)");
        }
    }

    /// Adds an interface that is not known yet; whether it did.
    fn add_interface(&mut self, name: &str, span: Span, up: bool) -> bool {
        if name.is_empty() || name.ends_with('+') || self.interface(name).is_some() {
            return false;
        }
        if self.device.interfaces.len() >= INTERFACES {
            let message =
                msg!("more interfaces than can be told apart", "インターフェースが多すぎて区別できない");
            if self.reported.insert((Code::LimitExceeded, span)) {
                self.taint(Code::LimitExceeded, span, message, Radius::Device);
            }
            return false;
        }
        let kind = if name == "lo" { InterfaceKind::Loopback } else { InterfaceKind::Physical };
        let name = Spanned::new(name.to_owned(), span);
        self.push_interface(Interface { name, alias: None, kind, up, addresses: Vec::new() });
        true
    }

    /// An interface that rules name and `ip addr` does not show is not there now. What comes and goes may be there later,
    /// and so may what the settings know.
    fn named(&mut self, read: &Read, complete: bool) {
        let (mut at_rest, admitted) = (false, admitted(read));
        for (word, span) in named(read) {
            let stem = word.strip_suffix('+');
            let known = |s: &str| self.device.interfaces.iter().any(|i| i.name.value.starts_with(s));
            // `ppp+` stands for a first one, if there is none.
            let name = match stem {
                Some(stem) if !stem.is_empty() && complete && !known(stem) => format!("{stem}0"),
                _ => word.clone(),
            };
            let later = comes_and_goes(&name) || stem.is_none() && read.settings.knows(&name);
            let later = later && admitted.contains(&span);
            if stem.is_some() && !later || !self.add_interface(&name, span, later || !complete) || !complete {
                continue;
            }
            at_rest |= !later;
            let message = if later {
                msg!(
                    "`{name}` is not among the interfaces of `ip addr`: it comes and goes, and counts as up",
                    "「{name}」が `ip addr` の出力にない。接続時にのみ現れる回線とみなし、稼働中のものとして扱う"
                )
            } else {
                absent(&name)
            };
            self.report_once(Code::UndefinedReference, span, message);
        }
        if at_rest {
            self.device.assumptions.push(msg!(
                "interfaces that rules name and `ip addr` does not show stay absent",
                "ルールにあり `ip addr` の出力にないインターフェースは、今後も存在しないものとみなす"
            ));
        }
    }
}

fn absent(name: &str) -> Msg {
    msg!("`{name}` is not among the interfaces of `ip addr`", "「{name}」が `ip addr` の出力にない")
}

/// Interface names in routes.
fn routed(read: &Read) -> impl Iterator<Item = (String, Span)> {
    let routes = read.given.tables.iter().flatten().flat_map(|t| t.values().flatten());
    routes.flat_map(|r| r.hops.iter().filter_map(|h| h.dev.clone()).map(|d| (d, r.span)))
}

/// Interface names in rules and policy rules, in order.
fn named(read: &Read) -> Vec<(String, Span)> {
    let mut out = Vec::new();
    for (_, _, rule) in rules(read) {
        let tests = rule.terms.iter().filter(|t| matches!(t.test, Test::InInterface | Test::OutInterface));
        out.extend(tests.filter_map(|t| t.values.first()).map(|w| (w.text.clone(), w.span)));
    }
    for rule in read.given.rules.iter().flatten().flatten() {
        out.extend(rule.iif.clone().filter(|n| n != "lo").map(|n| (n, rule.span)));
    }
    out
}

/// Places of names in rules that may let something pass, and in policy rules.
fn admitted(read: &Read) -> BTreeSet<Span> {
    let refuses = |effect| matches!(effect, Effect::Drop | Effect::Reject | Effect::Continue);
    let lets = |r: &RuleLine| {
        let jump = r.jump.as_ref().map(|j| target(&j.target.value).map(|t| t.effect));
        !r.stray.is_empty() || jump.is_some_and(|effect| !effect.is_some_and(refuses))
    };
    let words = rules(read).filter(|(_, _, r)| lets(r)).flat_map(|(_, _, r)| &r.terms);
    // `! -i ppp0 -j DROP`: what is refused is all but what comes from there.
    let but = rules(read).filter(|(_, _, r)| !lets(r)).flat_map(|(_, _, r)| &r.terms).filter(|t| t.negated);
    let words = words.chain(but).flat_map(|t| &t.values).map(|w| w.span);
    words.chain(read.given.rules.iter().flatten().flatten().map(|r| r.span)).collect()
}
