//! traffic between tiers that a product lets through by default.
//!
//! # What it finds
//! Packets from one tier onto another that no rule of the administrator permits, only the device's default: a chain's
//! policy `ACCEPT`, no filter at all, traffic inside a FortiOS zone. Only devices that can forward between tiers
//! count; one that carries a single tier may keep its defaults.
//!
//! # Why it matters
//! Nobody decided that this traffic may pass, and no rule list shows it.
//!
//! # Example
//! A Linux router with `-P FORWARD ACCEPT` and a few `DROP` rules.
//!
//! # Remedy
//! Deny by default; permit by rule.
//!
//! # References
//! Basic security policy, clause 2(11): divide, then allow only communication whose safety is ensured.

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::ways::{self, Aspect, Border, Ways};
use super::{CheckError, assertion, basis, places, waypoint};
use crate::analysis::answer::{Assertion, Class, Level, Verdict};
use crate::model::{DenyKind, Device, Expr, Field, RuleSet, RuleSetId, Stage, Then};
use crate::msg;
use crate::network::{DeviceId, Role, Site, ZoneId};
use crate::source::Span;

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-9",
        title: msg!(
            "traffic between tiers that a product lets through by default",
            "機器の既定動作(暗黙の許可)により三層の間を通過する通信がないこと"
        ),
        finds: msg!(
            "packets from one tier onto another that no rule of the administrator permits, only the device's default: a chain's policy `ACCEPT`, no filter at all, traffic inside a FortiOS zone. Only devices that can forward between tiers count; one that carries a single tier may keep its defaults",
            "管理者のルールではなく、機器の既定動作のみにより三層の間を通過する通信(チェーンの既定 `ACCEPT`、フィルタなし、FortiOSのゾーン内通信等)。三層の間を転送し得る機器のみを対象とする"
        ),
        matters: msg!(
            "nobody decided that this traffic may pass, and no rule list shows it",
            "誰も許可を決めておらず、ルール一覧にも現れない"
        ),
        example: msg!(
            "A Linux router with `-P FORWARD ACCEPT` and a few `DROP` rules",
            "`-P FORWARD ACCEPT` に数行の `DROP` を加えたLinuxルータ"
        ),
        remedy: msg!("deny by default; permit by rule", "既定を拒否とし、必要な通信をルールで許可する"),
        references: msg!(
            "basic security policy, clause 2(11): divide, then allow only communication whose safety is ensured",
            "情報セキュリティ基本方針 2(11)(分割した上で、安全が確保された通信のみを許可する)"
        ),
    }
}

/// Checks X-9.
pub fn check(site: &Site, ways: &mut Ways<'_>) -> Result<Assertion, CheckError> {
    let title = msg!(
        "no device passes packets between tiers by a default of the product",
        "機器の既定動作(暗黙の許可)により三層の間を通過する通信がないこと"
    );
    let mut out = assertion("X-9", "2(11)", Level::Packet, Class::Path, basis::all_zones(site), title);
    if !ways::any_read(site) {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return Ok(out);
    }
    let aspect = Aspect {
        variants: &|d| vec![by_default(d)],
        places: &|d| d.facts.defaults.clone(),
        enters: &|id, _| stands_between(site, id),
        family: None,
    };
    ways.decide(&mut out, &borders(site), &aspect)?;
    Ok(out)
}

/// Whether a device has interfaces in two zones, or may have: what routes within one zone permits nothing across.
fn stands_between(site: &Site, id: DeviceId) -> bool {
    let Some(device) = site.device(id) else { return false };
    let zones = device.attached.iter().flatten().map(|s| site.segment(*s).and_then(|s| s.zone));
    let zones: BTreeSet<Option<ZoneId>> = zones.collect();
    zones.len() > 1 || zones.contains(&None) || !device.elsewhere.is_empty()
}

/// Every border; between LGWAN and internet without declared sessions.
pub fn borders(site: &Site) -> Vec<Border> {
    let border = |(a, b)| {
        let (from, to) = (places::segments_of_role(site, a), places::segments_of_role(site, b));
        let individual = a == Role::IndividualNumber || b == Role::IndividualNumber;
        let exempt = if individual { Vec::new() } else { waypoint::declared_sessions(site) };
        Border { from, to, exempt }
    };
    ways::borders().into_iter().map(border).collect()
}

/// The device without what its administrator permits: only defaults pass.
fn by_default(device: &Device) -> Device {
    let mut out = device.clone();
    let defaults: BTreeSet<Span> = device.facts.defaults.iter().copied().collect();
    for stage in &device.pipeline.forward {
        if let Stage::Filter(RuleSetId(at)) = *stage
            && let Some(set) = out.rule_sets.get_mut(at as usize)
            && filters(set)
        {
            without_permits(set, &defaults);
        }
    }
    out
}

/// Whether a list refuses anything; one that does not is no filter, whatever it permits.
fn filters(set: &RuleSet) -> bool {
    let refuses = |then: Then| matches!(then, Then::Deny(_) | Then::Unknown(_));
    set.chains.iter().any(|c| refuses(c.end.value) || c.rules.iter().any(|r| refuses(r.then)))
}

fn without_permits(set: &mut RuleSet, defaults: &BTreeSet<Span>) {
    for rule in set.chains.iter_mut().flat_map(|c| &mut c.rules) {
        // A rule that lets packets of the other family pass by says nothing about them.
        let other_family =
            matches!(&rule.when, Expr::Not(inner) if matches!(**inner, Expr::In(Field::Family, _)));
        // A rule that was not understood is a rule all the same; a line that may be anything is not.
        let unread_rule = matches!(rule.then, Then::Unknown(_)) && rule.label != "unread";
        let permits = rule.then == Then::Permit && !other_family && !defaults.contains(&rule.span);
        if permits || unread_rule {
            rule.then = Then::Deny(DenyKind::Drop);
        }
    }
}
