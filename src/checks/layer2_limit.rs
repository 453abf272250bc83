//! M-4: entries of the register whose path is limited on layer 2 (MAC address, port), by what evidence.
//!
//! # What it finds
//! How many entries are limited on layer 2 as read from configurations, as declared, and not shown at all.
//!
//! # Why it matters
//! The path of a registered flow is to be limited by MAC address as well as by IP address. Beyond a router nothing of
//! that can be seen, so this is a line of evidence. It informs and does not decide.
//!
//! # Example
//! 「L2限定:設定により確認 0件/申告 8件/未確認 1件」
//!
//! # Remedy
//! Name the machine at its port, or authenticate it, and give the host's cable; or declare how the port is limited, with
//! a document: `l2 = { declared = ["申-08"] }`.
//!
//! # References
//! Basic security policy, clause 6(3)①.

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Basis, Bearing, Class, Culprit, Level, Verdict};
use crate::intent::register::{Entry, Place, Register};
use crate::model::LimitKind;
use crate::msg;
use crate::network::{HostId, Role, Secured, Site};
use crate::source::{Lang, Msg};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "M-4",
        title: msg!(
            "entries of the register whose path is limited on layer 2 (MAC address, port), by what evidence",
            "特定通信の経路がL2(MACアドレス、ポート)においても限定されていること"
        ),
        finds: msg!(
            "how many entries are limited on layer 2 as read from configurations, as declared, and not shown at all",
            "L2において限定されている記載の件数(設定により確認、申告により確認、未確認)"
        ),
        matters: msg!(
            "the path of a registered flow is to be limited by MAC address as well as by IP address. Beyond a router nothing of that can be seen, so this is a line of evidence. It informs and does not decide",
            "特定通信は、IPアドレスのほかMACアドレスによる経路の限定が求められる。ルータを越えた先は設定から確認できないため証跡の項目とし、総合の解析結果には影響しない"
        ),
        example: msg!(
            "「L2限定:設定により確認 0件/申告 8件/未確認 1件」",
            "「L2限定:設定により確認 0件/申告 8件/未確認 1件」"
        ),
        remedy: msg!(
            "name the machine at its port (port security) or authenticate it (802.1X) and write the cable of the host into the topology; or declare how the port is limited, with a document: `l2 = {{ declared = [\"申-08\"] }}`",
            "収容ポートでMACアドレスを固定(ポートセキュリティ)し、又は802.1X等により認証し、構成情報に当該機器の結線を記載する。又は、収容ポートの限定方法を、根拠資料を付して申告する(`l2 = {{ declared = [\"申-08\"] }}`)"
        ),
        references: msg!("basic security policy, clause 6(3)①", "情報セキュリティ基本方針 6(3)①"),
    }
}

/// Most entries named.
const MOST: usize = 20;

/// The ports of switches that serve known machines only, one of them the entry's in the individual-number zone.
fn read<'s>(site: &'s Site, entry: &Entry) -> Vec<&'s Secured> {
    let inside = |host: HostId| {
        let zones = site.segments_of(host).into_iter().filter_map(|s| site.segment(s)?.zone);
        zones.filter_map(|z| site.zone(z)).any(|z| z.role == Role::IndividualNumber)
    };
    let ports = |host: HostId| {
        let name = site.host(host).map(|h| h.id.value.as_str());
        site.fabric.secured.iter().filter(move |s| Some(s.host.as_str()) == name)
    };
    let ends = [&entry.from, &entry.to].into_iter().filter_map(|end| match end.place {
        Place::Host(host) if inside(host) => Some(host),
        _ => None,
    });
    ends.flat_map(ports).collect()
}

/// Ports in words, the first few.
fn shown_by(found: &BTreeSet<(&str, &str, LimitKind)>) -> Msg {
    let parts = |lang: Lang| -> Vec<String> {
        let one = |(device, port, kind): &(&str, &str, LimitKind)| {
            let port = match kind {
                LimitKind::Named => {
                    msg!(
                        "`{port}` of `{device}` (port security)",
                        "「{device}」の「{port}」(ポートセキュリティ)"
                    )
                }
                LimitKind::Asked => {
                    msg!("`{port}` of `{device}` (authentication)", "「{device}」の「{port}」(認証)")
                }
            };
            port.text(lang).to_owned()
        };
        found.iter().take(MOST).map(one).collect()
    };
    let (en, ja) = (parts(Lang::En).join(", "), parts(Lang::Ja).join("、"));
    msg!(": {en}", "。設定により確認したポート:{ja}")
}

/// Checks M-4.
pub fn check(site: &Site, register: Option<&Register>) -> Assertion {
    let title = msg!(
        "the path of every registered flow is limited on layer 2",
        "台帳に記載された通信の経路がMACアドレス等により限定されていること"
    );
    let names: Vec<&str> =
        site.zones.iter().filter(|z| z.role == Role::IndividualNumber).map(|z| z.name.as_str()).collect();
    let scope = if names.is_empty() { "-".to_owned() } else { names.join("・") };
    let mut out = assertion("M-4", "6(3)①", Level::None, Class::Evidence, scope, title);
    out.bearing = Bearing::Informs;
    let Some(register) = register.filter(|r| !r.entries.is_empty()) else {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(super::register::absent(site));
        return out;
    };
    let (mut shown, mut declared) = (0usize, 0usize);
    let mut found = BTreeSet::new();
    for entry in &register.entries {
        let ports = read(site, entry);
        if !ports.is_empty() {
            shown += 1;
            found.extend(ports.iter().map(|p| (p.device.as_str(), p.port.as_str(), p.limit.kind)));
            continue;
        }
        if basis::backed(site, &entry.l2) {
            declared += 1;
            out.assumptions.extend(entry.l2.iter().cloned());
            continue;
        }
        let id = &entry.id.value;
        out.culprits.push(Culprit {
            span: entry.id.span,
            what: msg!("nothing shows a layer-2 limit for `{id}`", "「{id}」のL2限定が未確認である"),
            device: None,
        });
    }
    out.basis = match (shown, declared) {
        (0, _) => Basis::Declared,
        (_, 0) => Basis::Config,
        _ => Basis::PartlyDeclared,
    };
    let unknown = out.culprits.len();
    out.culprits_truncated = unknown > MOST;
    out.culprits.truncate(MOST);
    out.verdict = if unknown == 0 { Verdict::Holds } else { Verdict::Undetermined };
    let by = if found.is_empty() { Msg::new("", "") } else { shown_by(&found) };
    let (en, ja) = (by.text(Lang::En), by.text(Lang::Ja));
    out.reason = Some(msg!(
        "layer-2 limits: {shown} read from configurations, {declared} declared, {unknown} not shown{en}",
        "L2限定:設定により確認 {shown}件/申告 {declared}件/未確認 {unknown}件{ja}"
    ));
    out.assumptions.sort();
    out.assumptions.dedup();
    out
}
