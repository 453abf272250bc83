//! tunnels and lines that a device sets up itself.
//!
//! # What it finds
//! Tunnels with a peer, gateways that any peer may dial into, SSL-VPN that a policy admits, PPPoE and mobile lines,
//! in effect and connected to nothing in the topology. What the topology binds to an external network is a line that
//! somebody knows of: its packets are the other items' business. A gateway for any peer needs a declaration besides.
//! What a factory configuration holds and nothing uses is no line.
//!
//! # Why it matters
//! A maintenance line passes every border from inside.
//!
//! # Example
//! An IPsec gateway of type `dynamic` that a vendor left after the migration.
//!
//! # Remedy
//! Delete it, or bind its interface in the topology to the external network it leads to, with a declaration.
//!
//! # References
//! Basic security policy, clause 6(3).

use super::explanation::Explanation;
use super::ways;
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Basis, Class, Culprit, Level, Verdict};
use crate::model::{Line, LineKind, Radius};
use crate::msg;
use crate::network::{Site, SiteDevice};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-1",
        title: msg!(
            "tunnels and lines that a device sets up itself",
            "有効なトンネル及び保守回線(VPN、PPPoE、LTE等)の全てが構成情報に記載されていること"
        ),
        finds: msg!(
            "tunnels with a peer, gateways that any peer may dial into, SSL-VPN that a policy admits, PPPoE and mobile lines, in effect and connected to nothing in the topology. What the topology binds to an external network is a line that somebody knows of: its packets are the other items' business. A gateway for any peer needs a declaration besides. What a factory configuration holds and nothing uses is no line",
            "有効なトンネル、任意の相手先から接続できるVPN、ポリシーで許可されたSSL-VPN、PPPoE及びLTE回線のうち、構成情報に記載のないもの。任意の相手先から接続できるものは申告も必要とする。工場出荷時の設定で使用されていないものは含まない"
        ),
        matters: msg!(
            "A maintenance line passes every border from inside",
            "保守回線は、全ての境界を内側から越える"
        ),
        example: msg!(
            "an IPsec gateway of type `dynamic` that a vendor left after the migration",
            "移行作業後に、事業者のIPsec設定(`dynamic`)が残っている"
        ),
        remedy: msg!(
            "delete it, or bind its interface in the topology to the external network it leads to, with a declaration",
            "設定を削除する。又は、インターフェースを構成情報の外部ネットワークに対応付け、申告する"
        ),
        references: msg!("basic security policy, clause 6(3)", "情報セキュリティ基本方針 6(3)"),
    }
}

/// Checks X-1.
pub fn check(site: &Site) -> Assertion {
    let title = msg!(
        "every tunnel and dialled line in effect is in the topology",
        "有効なトンネル及び保守回線(VPN、PPPoE、LTE等)の全てが構成情報に記載されていること"
    );
    let mut out = assertion("X-1", "6(3)", Level::None, Class::Path, basis::all_zones(site), title);
    if !ways::any_read(site) && ways::unread(site).is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return out;
    }
    let (mut unknown, mut perhaps) = (Vec::new(), ways::unread(site));
    for device in site.devices.iter().filter(|d| d.is_read()) {
        for line in &device.device.facts.lines {
            let known = known(site, device, line, &mut out);
            let what = line.what.clone();
            let culprit = Culprit { span: line.span, what, device: Some(device.device.name.clone()) };
            match (known, line.certain) {
                (true, _) => {}
                (false, true) => unknown.push(culprit),
                (false, false) => perhaps.push(culprit),
            }
        }
        perhaps.extend(unread_interfaces(device));
    }
    (out.verdict, out.culprits) = match (unknown.is_empty(), perhaps.is_empty()) {
        (false, _) => (Verdict::Violated, unknown),
        (true, false) => (Verdict::Undetermined, perhaps),
        (true, true) => (Verdict::Holds, Vec::new()),
    };
    out.culprits.sort();
    out.culprits.dedup();
    out
}

/// Whether the topology says where a line leads.
fn known(site: &Site, device: &SiteDevice, line: &Line, out: &mut Assertion) -> bool {
    let bound = line.interface.and_then(|i| device.attached.get(i.index()).copied().flatten());
    let Some(segment) = bound.and_then(|s| site.segment(s)) else { return false };
    let declared = segment.external.as_ref().map_or(&[][..], |e| &e.declarations[..]);
    if line.kind == LineKind::DialIn && declared.is_empty() {
        return false;
    }
    out.basis = out.basis.max(Basis::PartlyDeclared);
    out.assumptions.extend(declared.iter().cloned());
    out.assumptions.sort();
    out.assumptions.dedup();
    true
}

/// Lines of interfaces and routes that were not understood: they may make a tunnel or dial.
fn unread_interfaces(device: &SiteDevice) -> Vec<Culprit> {
    let doubts = device
        .device
        .facts
        .doubts
        .iter()
        .filter(|t| matches!(t.radius, Radius::Interface(_) | Radius::Routing));
    let causes = doubts.filter_map(|t| device.device.causes.get(t.cause.0 as usize));
    let name = &device.device.name;
    causes.map(|c| Culprit { span: c.span, what: c.what.clone(), device: Some(name.clone()) }).collect()
}
