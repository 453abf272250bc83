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
//! Declare how the port is limited, with a document: `l2 = { declared = ["申-08"] }`.
//!
//! # References
//! Basic security policy, clause 6(3)①.

use super::explanation::Explanation;
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Basis, Bearing, Class, Culprit, Level, Verdict};
use crate::intent::register::{Entry, Place, Register};
use crate::msg;
use crate::network::{HostId, Role, Site};

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
            "declare how the port is limited, with a document: `l2 = {{ declared = [\"申-08\"] }}`",
            "収容ポートの限定方法を、根拠資料を付して申告する(`l2 = {{ declared = [\"申-08\"] }}`)"
        ),
        references: msg!("basic security policy, clause 6(3)①", "情報セキュリティ基本方針 6(3)①"),
    }
}

/// Most entries named.
const MOST: usize = 20;

/// Whether a port of a switch serves only the entry's machine in the individual-number zone.
fn read(site: &Site, entry: &Entry) -> bool {
    let inside = |host: HostId| {
        let zones = site.segments_of(host).into_iter().filter_map(|s| site.segment(s)?.zone);
        zones.filter_map(|z| site.zone(z)).any(|z| z.role == Role::IndividualNumber)
    };
    let fixed = |host: HostId| {
        let name = site.host(host).map(|h| h.id.value.as_str());
        site.fabric.secured.iter().any(|s| Some(s.host.as_str()) == name)
    };
    [&entry.from, &entry.to].into_iter().any(|end| match end.place {
        Place::Host(host) => inside(host) && fixed(host),
        _ => false,
    })
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
        out.reason = Some(msg!("no register was handed in", "台帳が提出されていない"));
        return out;
    };
    let (mut shown, mut declared) = (0usize, 0usize);
    for entry in &register.entries {
        if read(site, entry) {
            shown += 1;
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
    out.reason = Some(msg!(
        "layer-2 limits: {shown} read from configurations, {declared} declared, {unknown} not shown",
        "L2限定:設定により確認 {shown}件/申告 {declared}件/未確認 {unknown}件"
    ));
    out.assumptions.sort();
    out.assumptions.dedup();
    out
}
