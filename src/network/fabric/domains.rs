//! Which segments meet in the web of VLANs.

use std::collections::{BTreeMap, BTreeSet};

use super::ties::{Node, Web};
use super::{Join, Step, Wide, Yarn};
use crate::model::{Layer2, PortKind, SwitchPort, same_port};
use crate::msg;
use crate::network::plan::BoxPlan;
use crate::network::site::{SegmentId, SiteDevice, ZoneId};
use crate::source::{Code, Diagnostic};

/// A tie that is only possible costs more than any number of certain ones.
const POSSIBLE: u64 = 1 << 32;

/// Most ports called by name in one line.
const NAMED: usize = 8;

/// The cheapest ways from a place to all others: cost, and the step by which each is reached.
type Ways = BTreeMap<Node, (u64, Option<(Node, Step)>)>;

fn ways(web: &Web, yarn: &Yarn<'_>, from: &Node) -> Ways {
    let mut found: Ways = BTreeMap::from([(from.clone(), (0, None))]);
    let mut open: BTreeSet<(u64, Node)> = BTreeSet::from([(0, from.clone())]);
    while let Some((cost, node)) = open.pop_first() {
        // What lies behind another organisation's network is its own matter.
        let outside = match &node {
            Node::Segment(id) => yarn.segments.get(id.index()).is_some_and(|s| s.external.is_some()),
            _ => false,
        };
        if outside && node != *from {
            continue;
        }
        for (next, step) in web.ties.get(&node).into_iter().flatten() {
            let more = cost + if step.certain { 1 } else { POSSIBLE };
            if found.get(next).is_none_or(|(known, _)| more < *known) {
                open.insert((more, next.clone()));
                found.insert(next.clone(), (more, Some((node.clone(), step.clone()))));
            }
        }
    }
    found
}

/// The steps of the cheapest way to a place, from its start.
fn steps(ways: &Ways, to: &Node) -> Vec<Step> {
    let mut out = Vec::new();
    let mut at = to;
    while let Some((_, Some((before, step)))) = ways.get(at) {
        out.push(step.clone());
        at = before;
    }
    out.reverse();
    out
}

fn zone(yarn: &Yarn<'_>, id: SegmentId) -> Option<ZoneId> {
    yarn.segments.get(id.index()).and_then(|s| s.zone)
}

fn segments_in(ways: &Ways) -> impl Iterator<Item = (SegmentId, bool)> {
    ways.iter().filter_map(|(node, (cost, _))| match node {
        Node::Segment(id) => Some((*id, *cost < POSSIBLE)),
        _ => None,
    })
}

/// The one segment that is certainly nearest. Where a VLAN leaks there are others behind it, which is said elsewhere.
fn nearest(ways: &Ways) -> Option<SegmentId> {
    let mut best: Option<(u64, SegmentId)> = None;
    let mut alone = false;
    for (node, (cost, _)) in ways {
        let Node::Segment(id) = node else { continue };
        match best.map(|(known, _)| cost.cmp(&known)) {
            None | Some(std::cmp::Ordering::Less) => (best, alone) = (Some((*cost, *id)), true),
            Some(std::cmp::Ordering::Equal) => alone = false,
            Some(std::cmp::Ordering::Greater) => {}
        }
    }
    best.filter(|(cost, _)| alone && *cost < POSSIBLE).map(|(_, id)| id)
}

/// Routed interfaces that the topology leaves out stand on the nearest segment of their VLAN.
pub(super) fn bind_routed(
    web: &mut Web,
    yarn: &Yarn<'_>,
    bound: &mut [Vec<SiteDevice>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for ((at, layer2), devices) in yarn.layer2.iter().enumerate().zip(bound) {
        let Some(layer2) = layer2 else { continue };
        for device in devices {
            for id in device.elsewhere.clone() {
                let Some(interface) = device.device.interfaces.get(id.index()) else { continue };
                let name = &interface.name;
                let routed = layer2.routed.iter().find(|(_, n)| *n == name.value);
                let Some((vlan, _)) = routed else { continue };
                let all = ways(web, yarn, &Node::Vlan(at, *vlan));
                let Some(only) = nearest(&all) else { continue };
                if let Some(slot) = device.attached.get_mut(id.index()) {
                    *slot = Some(only);
                    device.elsewhere.retain(|e| e != &id);
                    diagnostics.retain(|d| !(d.code == Code::UnboundInterface && d.primary == name.span));
                    let owner = &device.device.name;
                    let segment = yarn.segments.get(only.index()).map_or("", |s| s.id.value.as_str());
                    let interface = &name.value;
                    let message = msg!(
                        "`{interface}` of `{owner}` stands on `{segment}`, by its VLAN; the topology does not name it",
                        "「{owner}」の「{interface}」は、VLANの結線によりセグメント「{segment}」に接続している(構成情報に記載がない)"
                    );
                    diagnostics.push(Diagnostic::new(Code::Remark, name.span, message));
                }
            }
        }
    }
}

/// Every two segments that meet, unless both are of one zone.
pub(super) fn joins(web: &Web, yarn: &Yarn<'_>) -> Vec<Join> {
    let mut out: BTreeMap<(SegmentId, SegmentId), Join> = BTreeMap::new();
    let mut keep = |join: Join| {
        let known = out.get(&(join.a, join.b));
        if known.is_none_or(|k| join.certain && !k.certain) {
            out.insert((join.a, join.b), join);
        }
    };
    for (a, _) in (0u32..).map(SegmentId).zip(yarn.segments) {
        let node = Node::Segment(a);
        if !web.ties.contains_key(&node) {
            continue;
        }
        let found = ways(web, yarn, &node);
        for (b, certain) in segments_in(&found).filter(|(b, _)| a < *b && zone(yarn, a) != zone(yarn, *b)) {
            keep(Join { a, b, certain, steps: steps(&found, &Node::Segment(b)) });
        }
    }
    for extra in &web.extras {
        let (at, vlan) = extra.vlan;
        let found = ways(web, yarn, &Node::Vlan(at, vlan));
        for (s, _) in segments_in(&found).filter(|(s, _)| foreign(yarn, *s, &extra.declared)) {
            for d in &extra.declared {
                let mut way = vec![extra.step.clone()];
                way.extend(steps(&found, &Node::Segment(s)));
                keep(Join { a: s.min(*d), b: s.max(*d), certain: false, steps: way });
            }
        }
    }
    out.into_values().collect()
}

/// Whether a segment is of a zone that none of the others is of.
fn foreign(yarn: &Yarn<'_>, segment: SegmentId, others: &[SegmentId]) -> bool {
    !others.iter().any(|o| zone(yarn, *o) == zone(yarn, segment))
}

/// Ports that carry more than they need, where that could matter: on boxes that hold VLANs of two zones.
pub(super) fn wide(web: &Web, yarn: &Yarn<'_>) -> Vec<Wide> {
    let mut out = Vec::new();
    for ((at, layer2), plan) in yarn.layer2.iter().enumerate().zip(yarn.boxes) {
        let Some(layer2) = layer2 else { continue };
        // What a VLAN leads to, and whether for certain.
        let reached = |vlan: u16| -> Vec<(ZoneId, bool)> {
            let found = ways(web, yarn, &Node::Vlan(at, vlan));
            segments_in(&found).filter_map(|(s, certain)| Some((zone(yarn, s)?, certain))).collect()
        };
        let reached: BTreeMap<u16, Vec<(ZoneId, bool)>> = web.ids.iter().map(|v| (*v, reached(*v))).collect();
        let sure = |zones: &Vec<(ZoneId, bool)>| -> BTreeSet<ZoneId> {
            zones.iter().filter(|(_, certain)| *certain).map(|(zone, _)| *zone).collect()
        };
        let held: BTreeMap<u16, BTreeSet<ZoneId>> = reached.iter().map(|(v, z)| (*v, sure(z))).collect();
        let device = &plan.name.value;
        // Nothing about a port that negotiates is certain, so that what it leads to is not either.
        if reached.values().flatten().map(|(zone, _)| zone).collect::<BTreeSet<_>>().len() >= 2 {
            out.extend(negotiating(layer2, plan));
        }
        if held.values().flatten().collect::<BTreeSet<_>>().len() < 2 {
            continue;
        }
        for port in layer2.ports.iter().filter(|p| p.up && p.kind == PortKind::Trunk && !free(plan, p)) {
            let name = &port.name.value;
            if port.unlimited {
                let what = msg!(
                    "the trunk `{name}` carries every VLAN: it has no list of allowed ones",
                    "トランク「{name}」に許可VLANの指定がなく、全てのVLANを通す"
                );
                out.push(Wide { span: port.tagged_at, what, device: device.clone() });
            }
            let native = port.surely_untagged.filter(|v| held.get(v).is_some_and(|z| !z.is_empty()));
            if let Some(vlan) = native {
                let what = msg!(
                    "the native VLAN of the trunk `{name}`, VLAN {vlan}, belongs to a zone",
                    "トランク「{name}」のネイティブVLAN {vlan}が系のVLANである"
                );
                out.push(Wide { span: port.untagged_at, what, device: device.clone() });
            }
        }
    }
    let needless = web.extras.iter().filter(|extra| {
        let found = ways(web, yarn, &Node::Vlan(extra.vlan.0, extra.vlan.1));
        let mut zoned =
            segments_in(&found).filter(|(s, certain)| *certain && zone(yarn, *s).is_some()).peekable();
        zoned.peek().is_some() && zoned.all(|(s, _)| !foreign(yarn, s, &extra.declared))
    });
    out.extend(needless.map(|e| Wide {
        span: e.step.span,
        what: e.step.what.clone(),
        device: e.step.device.clone(),
    }));
    out
}

/// Whether nothing is plugged into a port, or its bundle speaks for it.
fn free(plan: &BoxPlan, port: &SwitchPort) -> bool {
    plan.unused.iter().any(|u| same_port(&port.name.value, &u.value)) || port.bundle.is_some()
}

/// The ports of a box that become trunks if a machine asks for it.
fn negotiating(layer2: &Layer2, plan: &BoxPlan) -> Option<Wide> {
    let asks = |p: &&SwitchPort| p.up && p.kind == PortKind::Negotiates && !free(plan, p);
    let found: Vec<&SwitchPort> = layer2.ports.iter().filter(asks).collect();
    let first = found.first()?;
    let names: Vec<&str> = found.iter().take(NAMED).map(|port| port.name.value.as_str()).collect();
    let (en, ja) = (names.join(", "), names.join("、"));
    let (en, ja) = match found.len().saturating_sub(names.len()) {
        0 => (en, ja),
        more => (format!("{en} and {more} more"), format!("{ja}ほか{more}ポート")),
    };
    let what = msg!(
        "a machine that asks for it (DTP) turns {en} into a trunk, which may carry the VLANs of several zones: write `switchport mode access`, or `switchport nonegotiate` beside a fixed mode",
        "接続された機器がDTPで要求すると、複数の系のVLANを通すトランクとなり得るポートがある({ja})。`switchport mode access` を設定する。トランクとして使用するポートにはモードの固定と `switchport nonegotiate` を設定する"
    );
    Some(Wide { span: first.name.span, what, device: plan.name.value.clone() })
}
