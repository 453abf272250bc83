//! who can administer devices, and whether the management network joins tiers.
//!
//! # What it finds
//! Machines outside the management zone, of the internet or of users, whose packets a device accepts at an
//! administration service (HTTPS, SSH, Telnet …); a segment of the management zone that packets of one tier cross on
//! their way to another; and machines of the management zone that may open SSH, Telnet, RDP, VNC or WinRM sessions into
//! two tiers. Declared administration terminals (`class = "admin-terminal"` with a declaration), and whoever a
//! sanitizer's declaration names for its administration, may. Ping and SNMP administer nothing.
//!
//! # Why it matters
//! Whoever administers the firewall can open every border.
//!
//! # Example
//! `set allowaccess ping https ssh` on the line to the internet.
//!
//! # Remedy
//! Allow administration in the management segment only; limit administrators to trusted hosts.
//!
//! # References
//! Basic security policy, clause 6(3).

use super::administered::{Access, Asked};
use super::explanation::Explanation;
use super::places;
use super::ways::{self, Aspect, Border, Ways};
use super::{CheckError, Options, assertion, assumptions, basis, failure};
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::model::Device;
use crate::msg;
use crate::network::{DeviceId, Role, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-2",
        title: msg!(
            "who can administer devices, and whether the management network joins tiers",
            "機器の管理アクセスが運用管理系及び申告された管理端末以外から許可されていないこと"
        ),
        finds: msg!(
            "machines outside the management zone, of the internet or of users, whose packets a device accepts at an administration service (HTTPS, SSH, Telnet …); a segment of the management zone that packets of one tier cross on their way to another; and machines of the management zone that may open SSH, Telnet, RDP, VNC or WinRM sessions into two tiers. Declared administration terminals (`class = \"admin-terminal\"` with a declaration), and whoever a sanitizer's declaration names for its administration, may. Ping and SNMP administer nothing",
            "運用管理系の外(インターネット、利用者のセグメント等)から管理サービス(HTTPS、SSH、Telnet等)に接続できる機器、運用管理系を通って三層の間を通過する通信、及び運用管理系から2以上の系の機器にSSH、Telnet、RDP、VNC又はWinRMで接続できる機器。申告された管理端末及び無害化システムの管理通信は除く。Ping及びSNMPは管理操作に含まない"
        ),
        matters: msg!(
            "whoever administers the firewall can open every border",
            "ファイアウォールを管理できる者は、全ての境界を開くことができる"
        ),
        example: msg!(
            "`set allowaccess ping https ssh` on the line to the internet",
            "インターネット側のインターフェースに `set allowaccess ping https ssh` が設定されている"
        ),
        remedy: msg!(
            "allow administration in the management segment only; limit administrators to trusted hosts",
            "管理アクセスを運用管理系のセグメントに限定し、管理者の接続元を制限する"
        ),
        references: msg!("basic security policy, clause 6(3)", "情報セキュリティ基本方針 6(3)"),
    }
}

/// Checks X-2: access to devices, the management network, and machines in it that administer two tiers.
pub fn check(site: &Site, options: &Options) -> std::result::Result<Vec<Assertion>, CheckError> {
    Ok(vec![access(site, options)?, transit(site, &mut Ways::new(site, options))?, tiers(site, options)?])
}

fn access(site: &Site, options: &Options) -> std::result::Result<Assertion, CheckError> {
    let title = msg!(
        "devices accept administration from the management zone and declared terminals only",
        "機器の管理アクセスが運用管理系及び申告された管理端末以外から許可されていないこと"
    );
    let mut out = assertion("X-2", "6(3)", Level::Host, Class::Path, basis::all_zones(site), title);
    if decided(site, options, Asked::Devices, &mut out)? {
        let unread = ways::unread(site);
        if out.verdict == Verdict::Holds && !unread.is_empty() {
            // By which ports such a device is administered is not known either.
            out.verdict = Verdict::Undetermined;
            out.culprits = unread;
        }
        rest(site, &mut out);
    }
    Ok(out)
}

/// Whether somebody in the management zone works on machines of two tiers without being declared to. Sessions for
/// administration are taken to carry nothing on (ADMIN-DOES-NOT-RELAY), so whoever holds them is known by name.
fn tiers(site: &Site, options: &Options) -> std::result::Result<Assertion, CheckError> {
    let title = msg!(
        "no machine of the management zone opens SSH, Telnet, RDP, VNC or WinRM sessions into two tiers, declared administration terminals aside",
        "運用管理系の機器が、申告された管理端末を除き、2以上の系の機器にSSH、Telnet、RDP、VNC又はWinRMで接続できないこと"
    );
    let mut out = assertion("X-2", "6(3)", Level::None, Class::Path, basis::all_zones(site), title);
    if places::segments_of_role(site, Role::Management).is_empty() {
        no_management(&mut out);
    } else if decided(site, options, Asked::TwoTiers, &mut out)? {
        rest(site, &mut out);
    }
    Ok(out)
}

/// Whether there was anything to ask.
fn decided(
    site: &Site,
    options: &Options,
    asked: Asked,
    out: &mut Assertion,
) -> std::result::Result<bool, CheckError> {
    if !ways::any_read(site) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return Ok(false);
    }
    if let Err(error) = (Access { site, options, asked }).decide(out) {
        out.verdict = Verdict::Undetermined;
        out.reason = Some(failure(error)?);
    }
    Ok(true)
}

/// What answers about administration rest on.
fn rest(site: &Site, out: &mut Assertion) {
    out.assumptions.extend(assumptions::PACKET.iter().map(|id| (*id).to_owned()));
    out.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    basis::rest_on(site, out, &site.devices().map(|(id, _)| id).collect(), Vec::new());
}

fn no_management(out: &mut Assertion) {
    out.verdict = Verdict::NotApplicable;
    out.reason = Some(msg!("the topology has no management zone", "構成情報に運用管理系がない"));
}

/// Whether packets of one tier cross the management network to another.
fn transit(site: &Site, ways: &mut Ways<'_>) -> std::result::Result<Assertion, CheckError> {
    let title = msg!(
        "no packet crosses the management zone from one tier to another",
        "運用管理系を経由して三層の間を通過する通信がないこと"
    );
    let mut out = assertion("X-2", "6(3)", Level::Packet, Class::Path, basis::all_zones(site), title);
    let management = places::segments_of_role(site, Role::Management);
    if management.is_empty() {
        no_management(&mut out);
        return Ok(out);
    }
    let on = |id: DeviceId, interface: crate::model::IfId| {
        let segment = site.device(id).and_then(|d| d.attached.get(interface.index()).copied().flatten());
        segment.is_some_and(|s| management.contains(&s))
    };
    let aspect = Aspect {
        variants: &|d: &Device| vec![d.clone()],
        places: &|_| Vec::new(),
        enters: &on,
        family: None,
    };
    let borders: Vec<Border> = super::default_allow::borders(site);
    ways.decide(&mut out, &borders, &aspect)?;
    Ok(out)
}
