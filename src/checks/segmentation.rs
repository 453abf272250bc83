//! M-1: no flow between the individual-number zone and the internet zone.
//!
//! # What it finds
//! Packets of either family, in either direction, that one zone's machines can put on a link of the other
//! (packet level), and chains of sessions through machines that may carry data on (host level).
//!
//! # Why it matters
//! Residents' individual numbers must not be reachable from the internet, by any path.
//!
//! # Example
//! A test rule `all → all` left enabled on the zone firewall.
//!
//! # Remedy
//! Remove or narrow the line shown; declare sanitizers and machines that do not relay.
//!
//! # References
//! Basic security policy, clause 6(3)①.

use super::crossing::{self, Crossing};
use super::explanation::Explanation;
use super::mediated::Sessions;
use super::{CheckError, Options, assertion, basis, host_level, places};
use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::msg;
use crate::network::{Role, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "M-1",
        title: msg!(
            "no flow between the individual-number zone and the internet zone",
            "マイナンバー利用事務系とインターネット接続系との間に通信経路がないこと"
        ),
        finds: msg!(
            "packets of either family, in either direction, that machines of one zone can put on a link of the other (packet level), and chains of sessions through machines that may carry data on (host level)",
            "一方の系の機器から他方の系の回線に到達し得る通信(IPv4・IPv6、双方向。パケット)、及び機器が通信を中継することにより両系をつなぐ経路(機器中継)"
        ),
        matters: msg!(
            "residents' individual numbers must not be reachable from the internet, by any path",
            "住民の個人番号に、いかなる経路によってもインターネットから到達できてはならない"
        ),
        example: msg!(
            "a test rule `all → all` that was left enabled on the firewall between the zones",
            "系の境界のファイアウォールに、試験用の全許可のポリシーが有効なまま残っている"
        ),
        remedy: msg!(
            "remove or narrow the line shown; declare sanitizers and machines that do not relay",
            "表示された行を削除し、又は範囲を限定する。無害化システム及び中継しない機器は申告する"
        ),
        references: msg!("basic security policy, clause 6(3)①", "情報セキュリティ基本方針 6(3)①"),
    }
}

/// Checks M-1 on the packet and the host level.
pub fn check(
    site: &Site,
    sessions: &Result<Sessions, EngineError>,
    options: &Options,
) -> Result<Vec<Assertion>, CheckError> {
    let inner = places::segments_of_role(site, Role::IndividualNumber);
    let outer = places::segments_of_role(site, Role::Internet);
    let scope = basis::pair_label(site, Role::IndividualNumber, Role::Internet);
    let mut packet = assertion(
        "M-1",
        "6(3)①",
        Level::Packet,
        Class::Path,
        scope.clone(),
        msg!(
            "no packet passes between the individual-number zone and the internet zone",
            "マイナンバー利用事務系とインターネット接続系との間に通信経路がないこと"
        ),
    );
    let there = Crossing { from: inner.clone(), to: outer.clone(), exempt: Vec::new() };
    let back = Crossing { from: outer.clone(), to: inner.clone(), exempt: Vec::new() };
    basis::fill(
        site,
        &mut packet,
        [crossing::tell(site, &there, options)?, crossing::tell(site, &back, options)?],
    );
    let title = msg!(
        "no machine carries data between the individual-number zone and the internet zone",
        "マイナンバー利用事務系とインターネット接続系との間を中継する機器がないこと"
    );
    let mut host = assertion("M-1", "6(3)①", Level::Host, Class::Path, scope, title);
    host_level::decide(site, &mut host, sessions, (&inner, &outer), options)?;
    if packet.verdict == Verdict::Violated {
        host.reason.get_or_insert_with(|| {
            msg!(
                "paths without a machine in between are on the packet level's line",
                "機器を介さない経路は「パケット」の行に示す"
            )
        });
    }
    Ok(vec![packet, host])
}
