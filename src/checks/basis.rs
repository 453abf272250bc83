//! Q-2, and what verdicts rest on: configurations, declarations, assumptions.
//!
//! # What it finds
//! Facts that stand in the topology without a declaration behind them: devices without a configuration,
//! machines said not to carry data, external networks, sanitizers.
//!
//! # Why it matters
//! A verdict that rests on somebody's word must say whose, on which document, when.
//!
//! # Example
//! `relay = "no"` without `declarations`.
//!
//! # Remedy
//! Add a `[[declaration]]` with document, name and date, and cite it.
//!
//! # References
//! None: a matter of evidence.

use std::collections::BTreeSet;

use super::crossing::Outcome;
use super::explanation::Explanation;
use super::places::{self, Party};
use super::{assertion, assumptions};
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{DeviceId, Relay, Role, Site};
use crate::source::{Msg, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "Q-2",
        title: msg!(
            "facts that no configuration shows are declared",
            "設定情報から確認できない事項が申告されていること"
        ),
        finds: msg!(
            "facts that stand in the topology without a declaration behind them: devices without a configuration, machines said not to carry data, external networks, sanitizers",
            "構成情報に記載され、申告の裏付けがない事項(設定のない機器、中継しないとした機器、外部ネットワーク、無害化システム)"
        ),
        matters: msg!(
            "a verdict that rests on somebody's word must say whose, on which document, when",
            "申告に基づく判定は、誰が、どの資料に基づき、いつ申告したものかを示さなければならない"
        ),
        example: msg!("`relay = \"no\"` without `declarations`", "`declarations` のない `relay = \"no\"`"),
        remedy: msg!(
            "add a `[[declaration]]` with document, name and date, and cite it",
            "根拠資料、申告者及び確認日を記載した `[[declaration]]` を追加し、その番号を引用する"
        ),
        references: msg!("none: a matter of evidence", "なし(根拠に関する事項)"),
    }
}

/// Checks Q-2.
pub fn check(site: &Site) -> Assertion {
    let title = msg!(
        "every fact that no configuration shows is declared, with document, name and date",
        "設定情報から確認することができない事項の全てに、根拠資料、申告者及び確認日のある申告があること"
    );
    let mut out = assertion("Q-2", "", Level::None, Class::Evidence, all_zones(site), title);
    let known = |id: &String| site.declarations.iter().any(|d| d.id.value == *id);
    let mut missing = |declared: &[String], span: Span, what: Msg| {
        if !declared.iter().any(known) {
            out.culprits.push(Culprit { span, what, device: None });
        }
    };
    for device in site.devices.iter().filter(|d| d.contract.is_some()) {
        let name = &device.chassis;
        let span = device.contract.as_ref().map_or(site.sources.whole(site.topology), |c| c.span);
        missing(
            &device.declarations,
            span,
            msg!(
                "the behaviour of `{name}` is not backed by a declaration",
                "「{name}」の動作について申告がない"
            ),
        );
    }
    for host in site.hosts.iter().filter(|h| h.relay == Relay::No) {
        let name = &host.id.value;
        missing(
            &host.declarations,
            host.id.span,
            msg!(
                "nobody declares that `{name}` carries no data",
                "「{name}」が中継しないことについて申告がない"
            ),
        );
    }
    for device in site.devices.iter().filter(|d| d.contract.is_none() && d.relay == Relay::No) {
        let name = &device.chassis;
        let named = site.boxes.iter().find(|(b, _)| b.value == *name).map(|(b, _)| b.span);
        missing(
            &device.declarations,
            named.unwrap_or(site.sources.whole(site.topology)),
            msg!(
                "nobody declares that `{name}` carries no data",
                "「{name}」が中継しないことについて申告がない"
            ),
        );
    }
    for segment in site.segments.iter().filter(|s| !s.internal && s.terminals == Relay::No) {
        let name = &segment.id.value;
        missing(
            &segment.declarations,
            segment.id.span,
            msg!(
                "nobody declares that the machines of `{name}` carry no data",
                "「{name}」の端末が中継しないことについて申告がない"
            ),
        );
    }
    for segment in &site.segments {
        let Some(external) = &segment.external else { continue };
        let name = &segment.id.value;
        missing(
            &external.declarations,
            segment.id.span,
            msg!(
                "nobody declares where `{name}` leads",
                "外部ネットワーク「{name}」の接続先について申告がない"
            ),
        );
    }
    for sanitizer in &site.sanitizers {
        let name = places::label(site, Party::Host(sanitizer.host));
        missing(
            &sanitizer.declarations,
            sanitizer.span,
            msg!(
                "the sanitizer `{name}` is not backed by a declaration",
                "無害化システム「{name}」について申告がない"
            ),
        );
    }
    for declaration in &site.declarations {
        let empty =
            [&declaration.document, &declaration.by, &declaration.date].iter().any(|t| t.trim().is_empty());
        if empty {
            let id = &declaration.id.value;
            out.culprits.push(Culprit {
                span: declaration.id.span,
                what: msg!(
                    "declaration `{id}` lacks its document, name or date",
                    "申告「{id}」に根拠資料、申告者又は確認日がない"
                ),
                device: None,
            });
        }
    }
    out.verdict = if out.culprits.is_empty() { Verdict::Holds } else { Verdict::Undetermined };
    out.assumptions = site.declarations.iter().map(|d| d.id.value.clone()).collect();
    out
}

/// Joins the outcomes of several crossings into an assertion.
pub fn fill(site: &Site, out: &mut Assertion, outcomes: impl IntoIterator<Item = Outcome>) {
    let mut devices = BTreeSet::new();
    let mut verdicts = Vec::new();
    let mut everywhere = true;
    for outcome in outcomes {
        verdicts.push(outcome.verdict);
        everywhere &= outcome.routing_independent;
        devices.extend(outcome.devices);
        out.reason = out.reason.take().or(outcome.reason);
        out.counterexamples.extend(outcome.counterexamples);
        out.counterexamples_truncated |= outcome.counterexamples_truncated;
        out.possible_paths.extend(outcome.possible);
        out.rows.extend(outcome.rows);
        out.rows_truncated |= outcome.rows_truncated;
        out.culprits.extend(outcome.culprits);
        out.culprits_truncated |= outcome.culprits_truncated;
    }
    out.culprits.sort();
    out.culprits.dedup();
    out.verdict = worst(&verdicts);
    out.routing_independent = (out.verdict == Verdict::Holds).then_some(everywhere);
    if out.verdict == Verdict::Violated {
        // What hangs on unknown lines is moot beside a path that is certain.
        out.possible_paths.clear();
        out.rows.retain(|row| row.certain);
        devices = shown_devices(site, out);
    }
    out.assumptions.extend(assumptions::PACKET.iter().map(|id| (*id).to_owned()));
    rest_on(site, out, &devices);
}

/// The devices that the counterexamples pass: a violation rests on nothing else.
fn shown_devices(site: &Site, out: &Assertion) -> BTreeSet<DeviceId> {
    let hops = out.counterexamples.iter().flat_map(|e| &e.legs).flat_map(|l| &l.hops);
    let names: BTreeSet<&str> = hops.map(|h| h.device.as_str()).collect();
    site.devices().filter(|(_, d)| names.contains(d.device.name.as_str())).map(|(id, _)| id).collect()
}

/// Notes the devices by contract among those that packets reached.
pub fn rest_on(site: &Site, out: &mut Assertion, devices: &BTreeSet<DeviceId>) {
    let (mut declared, mut read) = (false, false);
    for device in devices.iter().filter_map(|d| site.device(*d)) {
        if device.contract.is_some() {
            declared = true;
            out.assumptions.extend(device.declarations.iter().cloned());
        } else {
            read = true;
        }
    }
    for segment in site.segments.iter().filter(|_| out.verdict != Verdict::Violated) {
        if let Some(external) = &segment.external {
            declared |= !external.declarations.is_empty();
            out.assumptions.extend(external.declarations.iter().cloned());
        }
    }
    let basis = match (declared, read) {
        (false, _) => Basis::Config,
        (true, true) => Basis::PartlyDeclared,
        (true, false) => Basis::Declared,
    };
    out.basis = out.basis.max(basis);
    out.assumptions.sort();
    out.assumptions.dedup();
}

/// Adds what the sanitizers at which an assertion was cut rest on.
pub fn add_sanitizer_declarations(site: &Site, out: &mut Assertion) {
    for sanitizer in &site.sanitizers {
        if out.cut_at.contains(&places::label(site, Party::Host(sanitizer.host))) {
            out.basis = out.basis.max(Basis::PartlyDeclared);
            out.assumptions.extend(sanitizer.declarations.iter().cloned());
        }
    }
    out.assumptions.sort();
    out.assumptions.dedup();
}

/// Violated beats undetermined beats holds.
pub fn worst(verdicts: &[Verdict]) -> Verdict {
    for verdict in [Verdict::Violated, Verdict::Undetermined, Verdict::Holds] {
        if verdicts.contains(&verdict) {
            return verdict;
        }
    }
    Verdict::Undetermined
}

/// `A ⇔ B` by the zones' own names.
pub fn pair_label(site: &Site, a: Role, b: Role) -> String {
    let names = |role| {
        let zones = site.zones.iter().filter(|z| z.role == role).map(|z| z.name.clone());
        let names: Vec<String> = zones.collect();
        if names.is_empty() { "-".to_owned() } else { names.join("・") }
    };
    format!("{} ⇔ {}", names(a), names(b))
}

/// Every zone's name.
pub fn all_zones(site: &Site) -> String {
    let names: Vec<String> = site.zones.iter().map(|z| z.name.clone()).collect();
    names.join("・")
}
