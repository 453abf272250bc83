//! Firewalls and hosts that bridge: what their ports lead to may be one broadcast domain.
//!
//! Their filters judge IP packets, or are not known; other frames pass. So they join, and never for certain.

use std::collections::BTreeSet;

use super::ties::{Node, Weaver};
use crate::model::{Bridge, InterfaceKind, SwitchPort, same_port};
use crate::msg;
use crate::network::site::{SegmentId, SiteDevice};

/// Whether any box bridges.
pub(super) fn any(bound: &[Vec<SiteDevice>]) -> bool {
    bound.iter().flatten().any(|d| !d.device.facts.bridges.is_empty())
}

fn node(at: usize, device: &SiteDevice, bridge: &Bridge) -> Node {
    Node::Beyond(at, format!("{} bridges {}", device.device.name, bridge.name))
}

impl Weaver<'_> {
    /// Ties the ports of every bridge to it.
    pub(super) fn bridges(&mut self) {
        let bound = self.bound;
        for (at, devices) in bound.iter().enumerate() {
            for device in devices {
                for bridge in &device.device.facts.bridges {
                    self.bridge(at, device, bridge);
                }
            }
        }
    }

    fn bridge(&mut self, at: usize, device: &SiteDevice, bridge: &Bridge) {
        let yarn = self.yarn;
        let Some(owner) = yarn.boxes.get(at).map(|b| b.name.value.clone()) else { return };
        for port in &bridge.ports {
            // What the port itself is attached to, and what the interface that stands for it is.
            let whole = self.attachments(&owner, port).unwrap_or_default().into_iter().map(|f| f.1);
            let own = device.device.interface(port);
            let itself = own.and_then(|id| device.attached.get(id.index()).copied().flatten());
            let ends: BTreeSet<SegmentId> = whole.chain(itself).collect();
            for segment in &ends {
                let step = self.step(at, bridge.span, false, bridge.what.clone());
                self.web.tie(node(at, device, bridge), Node::Segment(*segment), step);
            }
            let unused = yarn.boxes.get(at).is_some_and(|b| b.unused.iter().any(|u| u.value == *port));
            let known = !ends.is_empty() || unused || self.web.far.iter().any(|(a, p)| *a == at && p == port);
            // Like a port of a switch, a member serves the segment of its bridge.
            let own = own.and_then(|id| device.device.interfaces.get(id.index()));
            if known || own.is_some_and(|i| !i.up || i.kind == InterfaceKind::Member) {
                continue;
            }
            let what = msg!(
                "where `{port}` of the bridge leads is not in the topology",
                "フレームを通過させる「{port}」の接続先が構成情報にない"
            );
            let zoned = (0u32..).map(SegmentId).zip(yarn.segments).filter(|(_, s)| s.zone.is_some());
            for (segment, _) in zoned {
                let step = self.step(at, bridge.span, false, what.clone());
                self.web.tie(node(at, device, bridge), Node::Segment(segment), step);
            }
        }
    }

    /// A cable from a port of a switch to a port of a bridge: frames of each VLAN may pass there.
    pub(super) fn through_bridge(&mut self, (at, port): (usize, &SwitchPort), owner: &str, name: &str) {
        let Some(other) = self.index(owner) else { return };
        self.web.far.insert((other, name.to_owned()));
        let bound = self.bound;
        for device in bound.get(other).into_iter().flatten() {
            let mine = |b: &&Bridge| b.ports.iter().any(|p| same_port(p, name));
            for bridge in device.device.facts.bridges.iter().filter(mine) {
                for vlan in self.web.ids.clone() {
                    let step = self.step(other, bridge.span, false, bridge.what.clone());
                    let end = Node::Vlan(at, vlan);
                    if port.untagged.contains(&vlan) {
                        self.web.tie(node(other, device, bridge), end.clone(), step.clone());
                    }
                    // A tag stays a tag.
                    if port.tagged.contains(u128::from(vlan)) {
                        let Node::Beyond(_, whole) = node(other, device, bridge) else { continue };
                        self.web.tie(Node::Beyond(other, format!("{whole} {vlan}")), end, step);
                    }
                }
            }
        }
    }
}
