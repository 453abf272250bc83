//! address translation that opens a path, or hides who talks to whom.
//!
//! # What it finds
//! Destinations that a device translates so that a packet gets from the internet zone into another tier or back,
//! outside declared sessions; and, for information, every translation on the way over any other border.
//!
//! # Why it matters
//! A virtual IP makes a server of another tier answer at an address of one's own: no prefix list shows it. Behind a
//! translated source neither the register nor the other side's log can tell who sent something.
//!
//! # Example
//! A virtual IP of an old mail relay that leads from the internet line to a server in the LGWAN zone.
//!
//! # Remedy
//! Delete the translation, or end it in a sanitizer of its own zone; write both addresses into the register.
//!
//! # References
//! Basic security policy, clause 6(3). Ministry sheet on restricted communication: limit by address.

use super::explanation::Explanation;
use super::ways::{self, Aspect, Border, Ways};
use super::{CheckError, assertion, basis, default_allow};
use crate::analysis::answer::{Assertion, Bearing, Class, Level, Verdict};
use crate::model::{DenyKind, Device, Nat, NatKind, RuleSet, RuleSetId, RuleSetKind, Stage, Then};
use crate::msg;
use crate::network::{Role, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-5",
        title: msg!(
            "address translation that opens a path, or hides who talks to whom",
            "アドレス変換により三層の境界に通信経路が開かれ、又は通信の当事者が隠れていないこと"
        ),
        finds: msg!(
            "destinations that a device translates so that a packet gets from the internet zone into another tier or back, outside declared sessions; and, for information, every translation on the way over any other border",
            "宛先アドレス変換により、インターネット接続系と他の系との間に開かれる通信経路(申告された通信を除く)。参考として、その他の境界を越える通信のアドレス変換"
        ),
        matters: msg!(
            "A virtual IP makes a server of another tier answer at an address of one's own: no prefix list shows it. Behind a translated source neither the register nor the other side's log can tell who sent something",
            "仮想IPを用いると、他の系のサーバが自らの系のアドレスで応答し、アドレス一覧からは分からない。送信元が変換されると、台帳及び相手側のログから送信元を特定できない"
        ),
        example: msg!(
            "A virtual IP of an old mail relay that leads from the internet line to a server in the LGWAN zone",
            "旧メール中継の仮想IPが、インターネット回線からLGWAN接続系のサーバに通じている"
        ),
        remedy: msg!(
            "delete the translation, or end it in a sanitizer of its own zone; write both addresses into the register",
            "変換を削除する。又は、同じ系の無害化システムで終端し、台帳に変換前後のアドレスを記載する"
        ),
        references: msg!(
            "basic security policy, clause 6(3). Ministry sheet on restricted communication: limit by address",
            "情報セキュリティ基本方針 6(3)、特定通信のアドレスによる限定"
        ),
    }
}

/// Checks X-5: what opens, and what hides.
pub fn check(site: &Site, ways: &mut Ways<'_>) -> Result<Vec<Assertion>, CheckError> {
    let title = msg!(
        "no translated destination opens a path between the internet zone and another tier",
        "宛先アドレス変換によりインターネット接続系と他の系との間に開かれる通信経路がないこと"
    );
    let mut opens = assertion("X-5", "6(3)", Level::Packet, Class::Path, basis::all_zones(site), title);
    let title = msg!(
        "no translation hides the original source or destination over a border",
        "三層の境界を越える通信の送信元又は宛先がアドレス変換により隠れていないこと"
    );
    let mut hides = assertion("X-5", "6(3)", Level::None, Class::Hygiene, basis::all_zones(site), title);
    hides.bearing = Bearing::Informs;
    let read = || site.devices.iter().filter(|d| d.is_read());
    if read().all(|d| d.device.nats.is_empty()) && ways::unread(site).is_empty() {
        for out in [&mut opens, &mut hides] {
            out.verdict = Verdict::NotApplicable;
            out.reason = Some(msg!("no device translates addresses", "アドレス変換を行う機器がない"));
        }
        return Ok(vec![opens, hides]);
    }
    let destination = |nat: &Nat| nat.kind != NatKind::Source;
    let source = |nat: &Nat| nat.kind != NatKind::Destination;
    let internet: Vec<Border> = borders(site, true);
    ways.decide(&mut opens, &internet, &aspect(&|d| variants(d, &destination)))?;
    let mut both = borders(site, false);
    both.extend(borders(site, true));
    ways.decide(&mut hides, &both, &aspect(&|d| variants(d, &source)))?;
    if hides.verdict == Verdict::Holds {
        ways.decide(&mut hides, &borders(site, false), &aspect(&|d| variants(d, &destination)))?;
    }
    Ok(vec![opens, hides])
}

fn aspect<'x>(variants: &'x dyn Fn(&Device) -> Vec<Device>) -> Aspect<'x> {
    Aspect {
        variants,
        places: &|d| d.nats.iter().filter(|n| n.unknown.is_some()).map(|n| n.span).collect(),
        enters: &|_, _| true,
        family: None,
    }
}

/// Borders with the internet zone, or those without it.
fn borders(site: &Site, internet: bool) -> Vec<Border> {
    let with = |(a, b): &(Role, Role)| (*a == Role::Internet || *b == Role::Internet) == internet;
    let all = default_allow::borders(site);
    ways::borders().into_iter().zip(all).filter(|(roles, _)| with(roles)).map(|(_, border)| border).collect()
}

/// The device once per translating list, passing only what that list translates in the way asked for.
fn variants(device: &Device, wanted: &dyn Fn(&Nat) -> bool) -> Vec<Device> {
    let mut out = Vec::new();
    for (at, set) in (0u32..).map(RuleSetId).zip(&device.rule_sets) {
        let does =
            |then: Then| matches!(then, Then::Nat(id) if device.nats.get(id.index()).is_some_and(wanted));
        let any = set.chains.iter().any(|c| does(c.end.value) || c.rules.iter().any(|r| does(r.then)));
        if set.kind != RuleSetKind::Translate || !any {
            continue;
        }
        let mut other = device.clone();
        let filter = other.add_rule_set(only(set, &does));
        let p = &mut other.pipeline;
        let mut placed = false;
        for stages in [&mut p.arrival, &mut p.forward] {
            if let Some(place) = stages.iter().position(|s| *s == Stage::Translate(at)) {
                stages.insert(place, Stage::Filter(filter));
                placed = true;
                break;
            }
        }
        if placed {
            out.push(other);
        }
    }
    out
}

/// A translating list as the filter that passes what it translates so.
fn only(set: &RuleSet, does: &dyn Fn(Then) -> bool) -> RuleSet {
    let mut out = set.clone();
    out.kind = RuleSetKind::Filter;
    let entry = out.entry;
    let judge = |then: Then| match then {
        Then::Nat(_) if does(then) => Then::Permit,
        Then::Nat(_) | Then::Permit | Then::Mark(_) => Then::Deny(DenyKind::Drop),
        other => other,
    };
    for (chain, id) in out.chains.iter_mut().zip(0u32..) {
        for rule in &mut chain.rules {
            rule.then = judge(rule.then);
        }
        chain.end.value = match judge(chain.end.value) {
            Then::Fall | Then::Return if id == entry.0 => Then::Deny(DenyKind::Drop),
            end => end,
        };
    }
    out
}
