//! N-1: the internet is reached only through the security cloud or a registered breakout.
//!
//! # What it finds
//! Ways from the zones of the three tiers to an external network that is the internet by any other line; external
//! networks of the internet zone of which nobody said what they are; any way, in either direction, between the three
//! tiers and the external networks of an independent zone (独立系), whose own lines are allowed; lines that a device
//! dials by itself (PPPoE, LTE) and that the line register (回線台帳) does not list, and registered lines without an
//! end, or whose end the topology attaches elsewhere.
//!
//! # Why it matters
//! A second line to the internet passes by everything that watches the first.
//!
//! # Example
//! A PPPoE line "for maintenance" on a branch router, with a default route.
//!
//! # Remedy
//! Take the line out of service, or register it; write `kind = "security-cloud"` at the external network.
//!
//! # References
//! Basic security policy, clause 6(3)③.

use std::collections::BTreeSet;

use super::crossing::{self, Crossing, Outcome};
use super::explanation::Explanation;
use super::{CheckError, Options, assertion, basis, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::model::{Interface, InterfaceKind, LineKind};
use crate::msg;
use crate::network::{DeviceStatus, ExternalKind, LineRow, Role, Segment, SegmentId, Site, SiteDevice};
use crate::source::{Msg, Span, Spanned};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "N-1",
        title: msg!(
            "the internet is reached only through the security cloud or a registered breakout",
            "インターネットへの接続が、セキュリティクラウド又は登録された経路のみによること"
        ),
        finds: msg!(
            "ways from the zones of the three tiers to an external network that is the internet by any other line; external networks of the internet zone of which nobody said what they are; any way, in either direction, between the three tiers and the external networks of an independent zone (独立系), whose own lines are allowed; lines that a device dials by itself (PPPoE, LTE) and that the line register (回線台帳) does not list, and registered lines without an end",
            "三層からセキュリティクラウド以外の回線でインターネットに至る経路、接続先の記載がない外部ネットワーク、独立系の回線と三層との間の経路、回線台帳に記載のないPPPoE、LTE等の回線、及び終端機器のない回線台帳の記載"
        ),
        matters: msg!(
            "A second line to the internet passes by everything that watches the first",
            "2本目のインターネット回線は、1本目を監視する全ての仕組みを迂回する"
        ),
        example: msg!(
            "A PPPoE line \"for maintenance\" on a branch router, with a default route",
            "支所のルータに「保守用」のPPPoE回線があり、既定経路が設定されている"
        ),
        remedy: msg!(
            "take the line out of service, or register it; write `kind = \"security-cloud\"` at the external network",
            "回線を廃止し、又は登録する。外部ネットワークに `kind = \"security-cloud\"` を記載する"
        ),
        references: msg!("basic security policy, clause 6(3)③", "情報セキュリティ基本方針 6(3)③"),
    }
}

/// Zones that independent networks must not touch.
const TIERS: [Role; 3] = [Role::IndividualNumber, Role::Lgwan, Role::Internet];

/// Checks N-1.
///
/// # Errors
/// [`CheckError`]: no verdict then.
pub fn check(site: &Site, options: &Options) -> Result<Assertion, CheckError> {
    let title = msg!(
        "the internet is reached only through the security cloud or a registered breakout",
        "インターネットへの接続が、セキュリティクラウド又は登録された経路のみによること"
    );
    let scope = basis::pair_label(site, Role::Internet, Role::Independent);
    let scope = scope.replace(" ⇔ -", "");
    let mut out = assertion("N-1", "6(3)③", Level::Packet, Class::Path, scope, title);
    let ways = outside(site);
    let dialled = unregistered(site);
    let mut ends = endless_lines(site);
    ends.extend(misplaced_lines(site));
    let apart = places::segments_of_role(site, Role::Independent);
    let tiers: BTreeSet<SegmentId> = TIERS.iter().flat_map(|r| places::segments_of_role(site, *r)).collect();
    let (apart, tiers) = (minus(&apart, &tiers), minus(&tiers, &apart));
    let side_by_side = !apart.is_empty() && !tiers.is_empty();
    if ways.is_empty() && dialled.is_empty() && ends.is_empty() && !side_by_side {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!(
            "no line to the internet is in the information provided",
            "提供情報にインターネット回線の記載がない"
        ));
        return Ok(out);
    }
    let own: BTreeSet<SegmentId> = inside(site);
    let mut outcomes = Vec::new();
    if !own.is_empty() {
        outcomes.push(crossing::leaks(site, own.clone(), options)?);
    }
    for way in &ways {
        match way.sort {
            Sort::Authorised | Sort::Independent => {}
            Sort::Other => outcomes.push(crossing::decide(site, &one_way(&own, way.at), options)?),
            Sort::Unsaid => {
                let outcome = crossing::decide(site, &one_way(&own, way.at), options)?;
                outcomes.push(softened(outcome, site, way.at));
            }
        }
    }
    if side_by_side {
        for (from, to) in [(&tiers, &apart), (&apart, &tiers)] {
            let crossing = Crossing { from: from.clone(), to: to.clone(), exempt: Vec::new() };
            outcomes.push(crossing::decide(site, &crossing, options)?);
        }
    }
    basis::fill(site, &mut out, outcomes);
    let open: Vec<Culprit> = dialled.into_iter().chain(ends).collect();
    if !open.is_empty() {
        out.verdict = basis::worst(&[out.verdict, Verdict::Undetermined]);
        out.culprits.extend(open);
    }
    out.culprits.sort();
    out.culprits.dedup();
    out.reason = out.reason.take().or_else(|| (!ways.is_empty()).then(|| listing(site, &ways)));
    Ok(out)
}

fn minus(a: &BTreeSet<SegmentId>, b: &BTreeSet<SegmentId>) -> BTreeSet<SegmentId> {
    a.difference(b).copied().collect()
}

fn one_way(from: &BTreeSet<SegmentId>, to: SegmentId) -> Crossing {
    Crossing { from: from.clone(), to: BTreeSet::from([to]), exempt: Vec::new() }
}

/// A way that is certain is no violation as long as nobody said where it leads.
fn softened(mut outcome: Outcome, site: &Site, at: SegmentId) -> Outcome {
    if outcome.verdict == Verdict::Violated {
        outcome.verdict = Verdict::Undetermined;
        outcome.possible.append(&mut outcome.counterexamples);
    }
    if outcome.verdict == Verdict::Undetermined
        && let Some(segment) = site.segment(at)
    {
        let name = label(segment);
        outcome.culprits.push(Culprit {
            span: segment.id.span,
            what: msg!(
                "whether `{name}` is the security cloud is not declared",
                "外部ネットワーク「{name}」がセキュリティクラウドであるか否かの記載がない"
            ),
            device: None,
        });
    }
    outcome
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Authorised,
    Other,
    Unsaid,
    Independent,
}

struct Way {
    at: SegmentId,
    sort: Sort,
}

/// The municipality's own segments, but for independent networks; external networks are where packets go, not where
/// they come from.
fn inside(site: &Site) -> BTreeSet<SegmentId> {
    let own = |s: &Segment| {
        let role = s.zone.and_then(|z| site.zone(z)).map(|z| z.role);
        s.external.is_none() && !s.internal && role != Some(Role::Independent)
    };
    site.segments().filter(|(_, s)| own(s)).map(|(id, _)| id).collect()
}

/// External networks that are, or may be, the internet.
fn outside(site: &Site) -> Vec<Way> {
    let internet = places::segments_of_role(site, Role::Internet);
    let sort = |id: SegmentId, segment: &Segment| {
        let role = segment.zone.and_then(|z| site.zone(z)).map(|z| z.role);
        let registered = || site.records.lines.iter().any(|l| l.external == Some(id));
        let allowed = || site.records.breakouts.iter().any(|b| b.external == id);
        match (site.records.kinds.get(&id), role) {
            (_, Some(Role::Independent)) => Some(Sort::Independent),
            (Some(ExternalKind::SecurityCloud), _) => Some(Sort::Authorised),
            (Some(ExternalKind::Breakout), _) if registered() || allowed() => Some(Sort::Authorised),
            (Some(ExternalKind::Internet | ExternalKind::Breakout), _) => Some(Sort::Other),
            (Some(ExternalKind::Closed), _) if role != Some(Role::Internet) => None,
            _ if internet.contains(&id) => Some(Sort::Unsaid),
            _ => None,
        }
    };
    let externals = site.segments().filter(|(_, s)| s.external.is_some());
    externals.filter_map(|(id, s)| Some(Way { at: id, sort: sort(id, s)? })).collect()
}

/// Lines that a device dials by itself and that no row of the line register names. A row is one line: it does not
/// stand for a second one on the same box.
fn unregistered(site: &Site) -> Vec<Culprit> {
    let mut free: Vec<&LineRow> = site.records.lines.iter().collect();
    // Rows that name their interface first: a vague one must not take the place of an exact one.
    free.sort_by_key(|row| row.interface.is_none());
    let mut out = Vec::new();
    for (_, device) in site.devices() {
        for line in device.device.facts.lines.iter().filter(|l| l.kind == LineKind::Dialled) {
            let interface = line.interface.and_then(|i| device.device.interfaces.get(i.index()));
            let name = interface.map(|i| i.name.value.as_str());
            let fits = |row: &&LineRow| {
                let here = row
                    .device
                    .as_ref()
                    .is_some_and(|d| d.value == device.chassis || d.value == device.device.name);
                here && row.interface.as_ref().is_none_or(|i| Some(i.value.as_str()) == name)
            };
            if let Some(at) = free.iter().position(fits) {
                free.remove(at);
                continue;
            }
            let (en, ja) = (line.what.text(crate::source::Lang::En), line.what.text(crate::source::Lang::Ja));
            out.push(culprit(
                line.span,
                msg!("{en}: not in the line register", "{ja}(回線台帳に記載がない)"),
                Some(device.device.name.clone()),
            ));
        }
    }
    out
}

/// Rows of the line register whose end contradicts the topology: a box that is said to be no part of the network, an
/// interface in use that is attached to nothing, or to something else than the network that the row names.
fn misplaced_lines(site: &Site) -> Vec<Culprit> {
    let mut out = Vec::new();
    for line in &site.records.lines {
        let Some(device) = &line.device else { continue };
        let (id, name) = (&line.id.value, &device.value);
        let excluded = |(b, status): &(Spanned<String>, DeviceStatus)| {
            b.value == *name && matches!(status, DeviceStatus::Excluded(_))
        };
        if site.boxes.iter().any(excluded) {
            let what = msg!(
                "line `{id}` ends at `{name}`, which is said to be no part of the network",
                "回線「{id}」の終端機器「{name}」は、解析の対象外とされている"
            );
            out.push(culprit(device.span, what, None));
            continue;
        }
        let Some(interface) = &line.interface else { continue };
        let port = &interface.value;
        let here = site.devices.iter().filter(|d| d.chassis == *name || d.device.name == *name);
        let ends: Vec<Option<SegmentId>> = here.flat_map(|d| ends_at(d, port)).collect();
        let fits = |end: &Option<SegmentId>| end.is_some_and(|at| leads_there(site, line, at));
        if ends.is_empty() || ends.iter().any(fits) {
            continue;
        }
        let what = match ends.iter().flatten().next().and_then(|at| site.segment(*at)).map(label) {
            Some(segment) => msg!(
                "line `{id}` ends at `{port}` of `{name}`, which is attached to `{segment}`",
                "回線「{id}」の終端である「{name}」の「{port}」は、構成情報では「{segment}」に接続している"
            ),
            None => msg!(
                "line `{id}` ends at `{port}` of `{name}`, which is attached to nothing",
                "回線「{id}」の終端である「{name}」の「{port}」について、構成情報に接続先の記載がない"
            ),
        };
        out.push(culprit(interface.span, what, None));
    }
    out
}

/// Where an interface of this name and the VLANs on it are attached. One that is down ends no line.
fn ends_at(device: &SiteDevice, name: &str) -> Vec<Option<SegmentId>> {
    let on = |interface: &Interface| match &interface.kind {
        InterfaceKind::Vlan { parent, .. } => parent == name || interface.name.value == name,
        _ => interface.name.value == name,
    };
    let all: Vec<_> =
        device.device.interfaces.iter().zip(&device.attached).filter(|(i, _)| i.up && on(i)).collect();
    // A parent that only carries VLANs, or a member of a bond, is attached to nothing itself.
    let bare = |i: &Interface| matches!(i.kind, InterfaceKind::Trunk | InterfaceKind::Member);
    let several = all.len() > 1;
    all.into_iter().filter(|(i, at)| at.is_some() || !(several || bare(i))).map(|(_, at)| *at).collect()
}

/// Whether a row may mean a line that ends on this segment.
fn leads_there(site: &Site, line: &LineRow, at: SegmentId) -> bool {
    match (line.external, line.zone) {
        (Some(external), _) => waypoint::with_transit(site, external).contains(&at),
        (None, Some(zone)) => site.segment(at).is_some_and(|s| s.zone.is_none_or(|z| z == zone)),
        (None, None) => true,
    }
}

/// Rows of the line register that end nowhere.
fn endless_lines(site: &Site) -> Vec<Culprit> {
    let endless = site.records.lines.iter().filter(|l| l.device.is_none());
    let interface_of = |l: &LineRow| {
        let (device, interface) = (l.device.as_ref()?, l.interface.as_ref()?);
        let known =
            site.devices.iter().filter(|d| d.chassis == device.value || d.device.name == device.value);
        let mut known = known.peekable();
        known.peek()?;
        let found = known.any(|d| d.device.interface(&interface.value).is_some());
        (!found).then(|| (device.value.clone(), interface.clone()))
    };
    let mut out: Vec<Culprit> = endless
        .map(|l| {
            let id = &l.id.value;
            let what =
                msg!("line `{id}` names no device at which it ends", "回線「{id}」の終端機器の記載がない");
            culprit(l.id.span, what, None)
        })
        .collect();
    out.extend(site.records.lines.iter().filter_map(interface_of).map(|(device, interface)| {
        let name = &interface.value;
        let what =
            msg!("`{device}` has no interface `{name}`", "「{device}」にインターフェース「{name}」がない");
        culprit(interface.span, what, None)
    }));
    out
}

fn culprit(span: Span, what: Msg, device: Option<String>) -> Culprit {
    Culprit { span, what, device }
}

fn label(segment: &Segment) -> String {
    segment.name.clone().unwrap_or_else(|| segment.id.value.clone())
}

/// The lines of independent networks are listed, whatever was found.
fn listing(site: &Site, ways: &[Way]) -> Msg {
    let names = |sort: Sort| {
        let of = ways.iter().filter(|w| w.sort == sort).filter_map(|w| site.segment(w.at)).map(label);
        of.collect::<Vec<_>>()
    };
    let or_none = |list: &[String], none: &str, comma: &str| match list.is_empty() {
        true => none.to_owned(),
        false => list.join(comma),
    };
    let (cloud, own, rows) = (names(Sort::Authorised), names(Sort::Independent), site.records.lines.len());
    let (cloud_en, own_en) = (or_none(&cloud, "none", ", "), or_none(&own, "none", ", "));
    let (cloud_ja, own_ja) = (or_none(&cloud, "なし", "、"), or_none(&own, "なし", "、"));
    msg!(
        "declared ways to the internet: {cloud_en}; lines of independent networks: {own_en}; line register: {rows} rows",
        "申告された経路: {cloud_ja}/独立系の回線: {own_ja}/回線台帳: {rows}件"
    )
}
