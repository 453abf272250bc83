//! machines with a network card in two zones.
//!
//! # What it finds
//! Hosts connected to segments of different zones that are neither a declared sanitizer nor declared, with a
//! document, not to carry data.
//!
//! # Why it matters
//! No firewall configuration shows what such a machine passes on.
//!
//! # Example
//! A printer with one network card in the LGWAN zone and one in the individual-number zone.
//!
//! # Remedy
//! Unplug one side, or declare the machine with the evidence that it does not carry data.
//!
//! # References
//! Basic security policy, clause 6(3).

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::places::{self, Party};
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{Relay, Role, Segment, SegmentId, Site, ZoneId};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-7",
        title: msg!("machines with a network card in two zones", "二つの系に接続する機器"),
        finds: msg!(
            "hosts connected to segments of different zones that are neither a declared sanitizer nor declared, with a document, not to carry data",
            "異なる系のセグメントに接続する機器のうち、無害化システムでも、根拠資料を付して中継しないことを申告した機器でもないもの"
        ),
        matters: msg!(
            "no firewall configuration shows what such a machine passes on",
            "当該機器が何を中継するかは、ファイアウォールの設定からは確認できない"
        ),
        example: msg!(
            "a printer with one network card in the LGWAN zone and one in the individual-number zone",
            "LGWAN接続系とマイナンバー利用事務系の両方に接続する複合機"
        ),
        remedy: msg!(
            "unplug one side, or declare the machine with the evidence that it does not carry data",
            "一方の接続を外す。又は、中継しないことの根拠資料を付して申告する"
        ),
        references: msg!("basic security policy, clause 6(3)", "情報セキュリティ基本方針 6(3)"),
    }
}

/// Undeclared hosts with a card in one zone and another on a segment of which nobody said to which zone it belongs.
fn half_placed(site: &Site) -> Vec<Culprit> {
    let unplaced: BTreeSet<SegmentId> = site.unplaced().into_iter().collect();
    let mut out = Vec::new();
    for (id, host) in site.hosts() {
        let segments = site.segments_of(id);
        let zones: BTreeSet<_> = segments.iter().filter_map(|s| site.segment(*s)?.zone).collect();
        let declared = host.relay == Relay::No && basis::backed(site, &host.declarations);
        let open = segments.intersection(&unplaced).next().and_then(|s| site.segment(*s));
        let Some(segment) = open.filter(|_| zones.len() == 1 && !declared) else { continue };
        let (name, at) = (&host.id.value, &segment.id.value);
        let what = msg!(
            "`{name}` is also connected to `{at}`, of which it is not written to which zone it belongs (`zone`)",
            "「{name}」は、どの系に属するかの記載がないセグメント「{at}」にも接続している(`zone`)"
        );
        out.push(Culprit { span: host.id.span, what, device: None });
    }
    out
}

/// Undeclared hosts with an address outside their segment that is one of another zone's: either they have a card there, or
/// they stand there.
fn astray(site: &Site) -> Vec<Culprit> {
    let mut out = Vec::new();
    for (_, host) in site.hosts() {
        if host.relay == Relay::No && basis::backed(site, &host.declarations) {
            continue;
        }
        for card in &host.interfaces {
            let Some(own) = site.segment(card.segment) else { continue };
            for address in &card.addresses {
                let within = |s: &Segment| s.prefixes.iter().any(|p| p.value.contains(address.value));
                if within(own) {
                    continue;
                }
                let there =
                    site.segments().find(|(_, s)| s.zone.is_some() && s.zone != own.zone && within(s));
                let Some((_, other)) = there else { continue };
                let (name, ip, at) = (&host.id.value, address.value, &other.id.value);
                let what = msg!(
                    "`{ip}` of `{name}` is an address of `{at}`, which is in another zone than its segment",
                    "「{name}」の {ip} は、接続先とは異なる系のセグメント「{at}」のアドレスである"
                );
                out.push(Culprit { span: address.span, what, device: None });
            }
        }
    }
    out
}

/// Checks X-7: one assertion over all hosts, with a culprit line per undeclared machine.
///
/// A sanitizer stands between the LGWAN and the internet zone. With a foot in the individual-number zone it is one of them
/// only where `shown` has it: a screen-transfer system that the register names.
pub fn check(site: &Site, shown: &BTreeSet<Party>) -> Vec<Assertion> {
    let title = msg!(
        "no undeclared machine is connected to two zones",
        "二つの系に接続する機器のうち申告のないものがないこと"
    );
    let mut out = assertion("X-7", "6(3)", Level::Host, Class::Path, basis::all_zones(site), title);
    let (mut undeclared, mut unbacked, mut unshown) = (Vec::new(), Vec::new(), Vec::new());
    for (id, zones) in site.dual_homed() {
        let Some(host) = site.host(id) else { continue };
        let party = Party::Host(id);
        let role = |z: &ZoneId| site.zone(*z).is_some_and(|z| z.role == Role::IndividualNumber);
        let misplaced = zones.iter().any(role) && !shown.contains(&party);
        if let Some(sanitizer) =
            places::sanitizer_of(site, party).filter(|_| !misplaced || !site.unshown_cards(id).is_empty())
        {
            out.cut_at.push(host.id.value.clone());
            unbacked.extend(basis::unbacked_sanitizer(site, sanitizer));
            if !site.unshown_cards(id).is_empty() {
                let what = places::unshown_card(&host.id.value);
                unshown.push(Culprit { span: host.id.span, what, device: None });
            }
            continue;
        }
        if host.relay == Relay::No && basis::backed(site, &host.declarations) {
            out.assumptions.extend(host.declarations.iter().cloned());
            out.basis = Basis::PartlyDeclared;
            continue;
        }
        let name = &host.id.value;
        let names: Vec<String> = zones.iter().filter_map(|z| site.zone(*z)).map(|z| z.name.clone()).collect();
        let (en, ja) = (names.join(", "), names.join("、"));
        let what = match places::sanitizer_of(site, party) {
            None => msg!(
                "`{name}` is connected to {en} and is not declared",
                "「{name}」は{ja}に接続しているが、申告がない"
            ),
            Some(_) => msg!(
                "`{name}` is connected to {en}: a sanitizing system opens the border between the LGWAN and the internet zone only",
                "「{name}」は{ja}に接続しているが、無害化システムとして認められるのはLGWAN接続系とインターネット接続系との間に限られる"
            ),
        };
        undeclared.push(Culprit { span: host.id.span, what, device: None });
    }
    unshown.extend(half_placed(site));
    unshown.extend(astray(site));
    if site.hosts().next().is_none() {
        out.verdict = Verdict::Undetermined;
        out.reason = Some(msg!("the topology declares no host", "構成情報に機器(サーバ・端末)の記載がない"));
        return vec![out];
    }
    (out.verdict, out.culprits) = match (undeclared.is_empty(), unshown.is_empty()) {
        (false, _) => (Verdict::Violated, undeclared),
        (true, false) => (Verdict::Undetermined, unshown),
        (true, true) => (Verdict::Holds, Vec::new()),
    };
    basis::add_sanitizer_declarations(site, &mut out);
    basis::demote(&mut out, unbacked);
    vec![out]
}
