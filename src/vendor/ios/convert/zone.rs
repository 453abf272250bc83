//! The zone firewall: what passes between zones, and to the device.
//!
//! Source: Cisco, "Zone-Based Policy Firewall Design and Application Guide", "Rules for Applying Zone-Based Policy Firewall".

use crate::model::{
    DenyKind, Expr, Family, Field, IfId, InterfaceKind, Ranges, RuleSetId, RuleSetKind, State, Then,
};
use crate::msg;
use crate::source::Span;
use crate::vendor::ios::config::{ClassMap, ClassMatch, ZonePair};
use crate::vendor::ios::parse_nat::inspected;

use super::acl;
use super::builder::{Builder, Row};

/// The zone of interfaces that name none, on IOS-XE.
const DEFAULT: &str = "default";

/// The filters of forwarded packets and of packets to the device.
pub fn filters(b: &mut Builder<'_>) -> (Option<RuleSetId>, Option<RuleSetId>) {
    let config = b.config;
    let mut members: Vec<(IfId, Option<&str>)> =
        b.layer3().into_iter().map(|(id, i)| (id, i.zone.as_ref().map(|z| z.value.as_str()))).collect();
    let named = |zone: &str| config.zones.pairs.iter().any(|p| p.source == zone || p.destination == zone);
    if members.iter().all(|(_, zone)| zone.is_none()) && !named(DEFAULT) {
        return (None, None);
    }
    // Once that zone is there, whatever stands in no other stands in it.
    if config.zones.names.contains_key(DEFAULT) || named(DEFAULT) {
        members.iter_mut().for_each(|(_, zone)| *zone = zone.or(Some(DEFAULT)));
    }
    let span = config.zones.names.values().next().copied().unwrap_or(b.whole);
    let mut rows: Vec<Row> =
        vec![(Expr::is(Field::State, State::Established.value()), Then::Permit, span, "session".to_owned())];
    let set = |zone: Option<&str>| {
        let ids =
            members.iter().filter(|(_, z)| *z == zone).map(|(id, _)| (u128::from(id.0), u128::from(id.0)));
        Ranges::from_pairs(ids)
    };
    let inside = |zone: Option<&str>, field: Field| {
        let ids = set(zone);
        if ids.is_empty() { Expr::None } else { Expr::In(field, ids) }
    };
    let session = rows.first().cloned();
    for pair in &config.zones.pairs {
        if pair.source == "self" || pair.destination == "self" {
            continue;
        }
        let between = Expr::all([
            inside(Some(&pair.source), Field::Ingress),
            inside(Some(&pair.destination), Field::Egress),
        ]);
        policy(b, pair, &between, &mut rows);
    }
    let mut zones: Vec<&str> = members.iter().filter_map(|(_, z)| *z).collect();
    zones.sort_unstable();
    zones.dedup();
    for zone in zones {
        let same = Expr::all([inside(Some(zone), Field::Ingress), inside(Some(zone), Field::Egress)]);
        rows.push((same, Then::Permit, span, format!("within zone {zone}")));
    }
    let neither = Expr::all([inside(None, Field::Ingress), inside(None, Field::Egress)]);
    rows.push((neither, Then::Permit, span, "outside all zones".to_owned()));
    // The zone of an interface in another VRF is not known on this side.
    let links = b.device.interfaces().filter(|(_, i)| i.kind == InterfaceKind::VirtualLink);
    let links = Ranges::from_pairs(links.map(|(id, _)| (u128::from(id.0), u128::from(id.0))));
    if !links.is_empty() {
        let what =
            msg!("which zone an interface of another VRF is in", "他のVRFのインターフェースが属するゾーン");
        let cause = b.unknown(span, what);
        let across = Expr::any_of([Expr::In(Field::Ingress, links.clone()), Expr::In(Field::Egress, links)]);
        rows.push((Expr::unknown(cause, across), Then::Permit, span, "between VRFs".to_owned()));
    }
    let forward = b.list("zone firewall", RuleSetKind::Filter, rows, Then::Deny(DenyKind::Drop));
    let mut own: Vec<Row> = session.into_iter().collect();
    for pair in config.zones.pairs.iter().filter(|p| p.destination == "self") {
        policy(b, pair, &inside(Some(&pair.source), Field::Ingress), &mut own);
    }
    let input = b.list("zone firewall to self", RuleSetKind::Filter, own, Then::Permit);
    (Some(forward), Some(input))
}

fn policy(b: &mut Builder<'_>, pair: &ZonePair, between: &Expr, rows: &mut Vec<Row>) {
    let config = b.config;
    let label = format!("zone-pair {} to {}", pair.source, pair.destination);
    if let Some(span) = pair.unread {
        let what = msg!("a pair of zones was not understood", "ゾーンペアを解釈できない");
        let cause = b.unknown(span, what);
        return rows.push((between.clone(), Then::Unknown(cause), pair.span, label));
    }
    let to_self = pair.source == "self" || pair.destination == "self";
    let Some(name) = &pair.policy else {
        let then = if to_self { Then::Permit } else { Then::Deny(DenyKind::Drop) };
        return rows.push((between.clone(), then, pair.span, label));
    };
    let Some(classes) = config.zones.policies.get(&name.value) else {
        let text = &name.value;
        let what = msg!("`{text}` is not defined in the file", "「{text}」が設定に定義されていない");
        let cause = b.unknown(name.span, what);
        return rows.push((between.clone(), Then::Unknown(cause), pair.span, label));
    };
    for class in classes {
        let when = match &class.class {
            None => Expr::Any,
            Some(name) => match config.zones.classes.get(&name.value) {
                Some(map) => class_match(b, map, class.span, 0),
                None => unread(b, name.span),
            },
        };
        let then = match class.action {
            Some(true) => Then::Permit,
            // A class without an action drops.
            Some(false) => Then::Deny(DenyKind::Drop),
            None => {
                let what = msg!("a class without an action", "動作の指定がないクラス");
                Then::Unknown(b.unknown(class.span, what))
            }
        };
        rows.push((Expr::all([between.clone(), when]), then, class.span, label.clone()));
    }
    rows.push((between.clone(), Then::Deny(DenyKind::Drop), pair.span, format!("{label} class-default")));
}

fn unread(b: &mut Builder<'_>, span: Span) -> Expr {
    let what =
        msg!("what a class of traffic matches is not known", "トラフィッククラスの一致条件が不明である");
    Expr::unknown(b.unknown(span, what), Expr::Any)
}

fn class_match(b: &mut Builder<'_>, map: &ClassMap, span: Span, depth: usize) -> Expr {
    if depth > 8 || map.matches.is_empty() {
        return unread(b, span);
    }
    let config = b.config;
    let mut parts = Vec::new();
    for condition in &map.matches {
        parts.push(match condition {
            ClassMatch::List(name) => {
                let mut any = Vec::new();
                for family in Family::ALL {
                    if let Some(list) = config.acls.get(&(family, name.value.clone())) {
                        any.push(acl::matches(b, list, family));
                    }
                }
                let known = Expr::any_of(any);
                // Which side of a translation a class sees differs between releases.
                match config.nat.rules.first() {
                    _ if known == Expr::None => unread(b, name.span),
                    Some(rule) => {
                        let what = msg!(
                            "a class of traffic beside translations",
                            "アドレス変換と併用されたトラフィッククラス"
                        );
                        let cause = b.unknown(rule.span, what);
                        Expr::unknown(cause, Expr::Any)
                    }
                    None => known,
                }
            }
            ClassMatch::Protocol(name) => match inspected(&name.value) {
                Some(number) => Expr::proto(number),
                None => {
                    let word = &name.value;
                    let what =
                        msg!("what the application `{word}` is", "アプリケーション「{word}」に該当する通信");
                    Expr::unknown(b.unknown(name.span, what), Expr::Any)
                }
            },
            ClassMatch::Class(name) => match config.zones.classes.get(&name.value) {
                Some(inner) => class_match(b, inner, name.span, depth + 1),
                None => unread(b, name.span),
            },
            ClassMatch::Unread(span) => unread(b, *span),
        });
    }
    if map.all { Expr::all(parts) } else { Expr::any_of(parts) }
}
