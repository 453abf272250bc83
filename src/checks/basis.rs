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

use jiff::civil::Date;

use super::crossing::Outcome;
use super::explanation::Explanation;
use super::places::{self, Party};
use super::{assertion, assumptions};
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Level, Verdict};
use crate::intent::{date, register};
use crate::msg;
use crate::network::{
    Claim, Declaration, DeviceId, DeviceStatus, Relay, Role, Sanitizer, Segment, SegmentId, Site, SiteDevice,
};
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

/// Whether somebody stands behind a statement: it cites a declaration that names its document, who, and when.
pub fn backed(site: &Site, cited: &[String]) -> bool {
    site.declarations.iter().any(|d| complete(d) && cited.contains(&d.id.value))
}

/// Whether a declaration says on which document, who, and when: 未確認 is none of them.
fn complete(declaration: &Declaration) -> bool {
    let Declaration { document, by, date, .. } = declaration;
    register::names_a_document(document) && register::names_somebody(by) && date::since(date).is_some()
}

/// Takes `holds` back where it rests on a statement that nobody stands behind: that is worth no more than silence.
pub fn demote(out: &mut Assertion, unbacked: Vec<Culprit>) {
    if out.verdict != Verdict::Holds || unbacked.is_empty() {
        return;
    }
    out.verdict = Verdict::Undetermined;
    out.reason = Some(msg!(
        "it rests on statements that no declaration backs",
        "根拠となる申告のない記載に基づいているため"
    ));
    out.culprits.extend(unbacked);
    out.culprits.sort();
    out.culprits.dedup();
}

/// The statement about a party that it carries nothing on, if nobody stands behind it.
pub fn unbacked_relay(site: &Site, party: Party) -> Option<Culprit> {
    let (cited, span) = match party {
        Party::Host(id) => site.host(id).map(|h| (&h.declarations, h.id.span))?,
        Party::Device(id) => site.device(id).map(|d| (&d.declarations, box_span(site, &d.chassis)))?,
        Party::Terminals(id) => site.segment(id).map(|s| (&s.declarations, s.id.span))?,
        Party::External(_) | Party::OpenEnd(..) => return None,
    };
    (!backed(site, cited)).then(|| Culprit { span, what: no_relay(site, party), device: None })
}

fn no_relay(site: &Site, party: Party) -> Msg {
    let name = places::label(site, party);
    match party {
        Party::Terminals(_) => msg!(
            "nobody declares that the machines of `{name}` carry no data",
            "「{name}」の端末が中継しないことについて申告がない"
        ),
        _ => msg!(
            "nobody declares that `{name}` carries no data",
            "「{name}」が中継しないことについて申告がない"
        ),
    }
}

fn box_span(site: &Site, name: &str) -> Span {
    let named = site.boxes.iter().find(|(b, _)| b.value == *name).map(|(b, _)| b.span);
    named.unwrap_or(site.sources.whole(site.topology))
}

fn unbacked_contract(site: &Site, device: &SiteDevice) -> Option<Culprit> {
    let span = device.contract.as_ref().map(|c| c.span).or(device.table)?;
    let name = &device.chassis;
    let what = msg!(
        "the behaviour of `{name}` is not backed by a declaration",
        "「{name}」の動作について申告がない"
    );
    (!backed(site, &device.declarations)).then_some(Culprit { span, what, device: None })
}

fn unbacked_external(site: &Site, segment: &Segment) -> Option<Culprit> {
    let external = segment.external.as_ref()?;
    let name = &segment.id.value;
    let what =
        msg!("nobody declares where `{name}` leads", "外部ネットワーク「{name}」の接続先について申告がない");
    (!backed(site, &external.declarations)).then_some(Culprit { span: segment.id.span, what, device: None })
}

/// The sanitizer, if nobody stands behind it.
pub fn unbacked_sanitizer(site: &Site, sanitizer: &Sanitizer) -> Option<Culprit> {
    let name = places::label(site, Party::Host(sanitizer.host));
    let what = msg!(
        "the sanitizer `{name}` is not backed by a declaration",
        "無害化システム「{name}」について申告がない"
    );
    (!backed(site, &sanitizer.declarations)).then_some(Culprit { span: sanitizer.span, what, device: None })
}

/// Links of which nobody stands behind the tags that the other end is said to take.
pub fn unbacked_links(site: &Site) -> Vec<Culprit> {
    let bare = site.fabric.claims.iter().filter(|c| !backed(site, &c.declarations));
    let culprit = |c: &Claim| {
        let port = &c.port.value;
        let what = msg!(
            "nobody declares which tags the other end of `{port}` takes",
            "「{port}」の接続先が使用するタグについて申告がない"
        );
        Culprit { span: c.port.span, what, device: None }
    };
    bare.map(culprit).collect()
}

/// The dates of the external confirmation and the audit, if nobody stands behind them.
fn unbacked_dates(site: &Site) -> Option<Culprit> {
    let policy = site.records.policy.as_ref()?;
    let dated = policy.confirmed.is_some() || policy.audited.is_some();
    let what = msg!(
        "no declaration stands behind the external confirmation and the audit",
        "外部確認及び監査について申告がない"
    );
    (dated && !backed(site, &policy.declarations)).then_some(Culprit {
        span: policy.span,
        what,
        device: None,
    })
}

/// Checks Q-2, as of `today` if that is known.
pub fn check(site: &Site, today: Option<Date>) -> Assertion {
    let title = msg!(
        "every fact that no configuration shows is declared, with document, name and date",
        "設定情報から確認することができない事項の全てに、根拠資料、申告者及び確認日のある申告があること"
    );
    let mut out = assertion("Q-2", "", Level::None, Class::Evidence, all_zones(site), title);
    out.culprits.extend(site.devices.iter().filter_map(|d| unbacked_contract(site, d)));
    let hosts = site.hosts().filter(|(_, h)| h.relay == Relay::No).map(|(id, _)| Party::Host(id));
    let devices = site.devices().filter(|(_, d)| d.contract.is_none() && d.relay == Relay::No);
    let segments = site.segments().filter(|(_, s)| !s.internal && s.terminals == Relay::No);
    let quiet = hosts
        .chain(devices.map(|(id, _)| Party::Device(id)))
        .chain(segments.map(|(id, _)| Party::Terminals(id)));
    out.culprits.extend(quiet.filter_map(|party| unbacked_relay(site, party)));
    out.culprits.extend(site.segments.iter().filter_map(|s| unbacked_external(site, s)));
    out.culprits.extend(site.sanitizers.iter().filter_map(|s| unbacked_sanitizer(site, s)));
    out.culprits.extend(unbacked_dates(site));
    out.culprits.extend(unbacked_links(site));
    for declaration in &site.declarations {
        let since = date::since(&declaration.date).zip(today).filter(|(since, today)| since > today);
        if let Some((day, _)) = since {
            let (id, ja) = (&declaration.id.value, date::japanese(day));
            out.culprits.push(Culprit {
                span: declaration.id.span,
                what: msg!(
                    "declaration `{id}` is of a day that has not come ({day})",
                    "申告「{id}」の確認日({ja})が判定日より後である"
                ),
                device: None,
            });
        }
        if !complete(declaration) {
            let id = &declaration.id.value;
            out.culprits.push(Culprit {
                span: declaration.id.span,
                what: msg!(
                    "declaration `{id}` lacks its document, name or a date that can be read",
                    "申告「{id}」に根拠資料、申告者又は確認日(解釈できる日付)がない"
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
    rest_on(site, out, &devices, Vec::new());
}

/// The devices that the counterexamples pass: a violation rests on nothing else.
fn shown_devices(site: &Site, out: &Assertion) -> BTreeSet<DeviceId> {
    let hops = out.counterexamples.iter().flat_map(|e| &e.legs).flat_map(|l| &l.hops);
    let names: BTreeSet<&str> = hops.map(|h| h.device.as_str()).collect();
    site.devices().filter(|(_, d)| names.contains(d.device.name.as_str())).map(|(id, _)| id).collect()
}

/// Notes the devices by contract among those that packets reached, and the external networks: `holds` rests on
/// what is declared of them and on `unbacked` statements, and stands only if somebody stands behind them.
pub fn rest_on(site: &Site, out: &mut Assertion, devices: &BTreeSet<DeviceId>, mut unbacked: Vec<Culprit>) {
    let (mut declared, mut read) = (false, false);
    unbacked.extend(site.segments.iter().filter_map(|s| unbacked_external(site, s)));
    for device in devices.iter().filter_map(|d| site.device(*d)) {
        if device.contract.is_some() || device.table.is_some() {
            declared = true;
            unbacked.extend(unbacked_contract(site, device));
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
    if out.verdict == Verdict::Holds {
        out.assumptions.extend(stated(site, devices));
    }
    let basis = match (declared, read) {
        (false, _) => Basis::Config,
        (true, true) => Basis::PartlyDeclared,
        (true, false) => Basis::Declared,
    };
    out.basis = out.basis.max(basis);
    out.assumptions.sort();
    out.assumptions.dedup();
    demote(out, unbacked);
}

/// Notes that an answer about what the devices do rests on tables that people keep, where some device has nothing else.
pub fn rest_on_tables(site: &Site, out: &mut Assertion) {
    if site.devices.iter().any(|d| d.table.is_some()) {
        let read = site.devices.iter().any(SiteDevice::is_read);
        out.basis = out.basis.max(if read { Basis::PartlyDeclared } else { Basis::Declared });
    }
}

/// What the topology states in a word of its own that `holds` rests on: that the segments of the devices reached are
/// complete, that interfaces of them are unused, that boxes are no part of the network, and where others begin.
fn stated(site: &Site, devices: &BTreeSet<DeviceId>) -> Vec<String> {
    let reached = || devices.iter().filter_map(|d| site.device(*d));
    let complete = |id: &SegmentId| site.segment(*id).is_some_and(|s| s.complete);
    let excluded = site.boxes.iter().any(|(_, status)| matches!(status, DeviceStatus::Excluded(_)));
    let found = [
        (assumptions::COMPLETE, reached().any(|d| d.attached.iter().flatten().any(complete))),
        (assumptions::UNUSED, reached().any(|d| !d.unused.is_empty())),
        (assumptions::EXCLUDED, excluded),
        (assumptions::DEMARCATION, !site.records.demarcation.is_empty()),
    ];
    found.into_iter().filter(|(_, rests)| *rests).map(|(id, _)| id.to_owned()).collect()
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
