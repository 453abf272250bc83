//! Boxes that may do anything and of which no layer 2 is known: whatever is plugged into one may meet there.

use std::collections::BTreeSet;

use super::ties::{Node, Weaver};
use crate::model::{Radius, SwitchPort};
use crate::network::cables::{CablePlan, Far};
use crate::network::site::SegmentId;
use crate::source::{Msg, Span};

impl Weaver<'_> {
    /// A port of a switch with a cable to such a box: each VLAN of the port may meet others there.
    pub(super) fn at_unread(&mut self, (at, port): (usize, &SwitchPort), name: &str) {
        let Some((other, span, what)) = self.unread_box(name) else { return };
        for vlan in self.web.ids.clone() {
            if port.untagged.contains(&vlan) || port.tagged.contains(u128::from(vlan)) {
                let step = self.step(other, span, false, what.clone());
                self.web.tie(Node::Inside(other), Node::Vlan(at, vlan), step);
            }
        }
    }

    /// A cable of which no end is a switch that was read.
    pub(super) fn between_unread(&mut self, cable: &CablePlan) {
        let near = &cable.device.value;
        if let Far::Port { device, .. } = &cable.far {
            let own = self.attachments(near, &cable.port.value).unwrap_or_default();
            self.ends_of_unread(&device.value, own.into_iter().map(|f| f.1).collect());
            if let (Some(a), Some(b)) = (self.unread_box(near), self.unread_box(&device.value)) {
                let step = self.step(a.0, a.1, false, a.2);
                self.web.tie(Node::Inside(a.0), Node::Inside(b.0), step);
            }
        }
        let ends = self.far_segments(cable);
        self.ends_of_unread(near, ends);
    }

    /// What the topology attaches to such boxes, where something is plugged into them. One of which nothing says where
    /// it stands may stand anywhere.
    pub(super) fn unread_boxes(&mut self) {
        let yarn = self.yarn;
        for (at, plan) in yarn.boxes.iter().enumerate() {
            let bound = self.bound.get(at).into_iter().flatten().flat_map(|d| &d.attached).flatten();
            let said = plan.attach.iter().map(|(_, segment)| segment);
            let ends: BTreeSet<SegmentId> = bound.chain(said).copied().collect();
            let plugged = self.web.ties.contains_key(&Node::Inside(at));
            let zoned = (0u32..).map(SegmentId).zip(yarn.segments).filter(|(_, s)| s.zone.is_some());
            match (plugged, ends.is_empty()) {
                (false, true) => self.ends_of_unread(&plan.name.value, zoned.map(|(id, _)| id).collect()),
                (true, _) => self.ends_of_unread(&plan.name.value, ends),
                (false, false) => {}
            }
        }
    }

    fn ends_of_unread(&mut self, name: &str, ends: BTreeSet<SegmentId>) {
        let Some((at, span, what)) = self.unread_box(name) else { return };
        for segment in ends {
            let step = self.step(at, span, false, what.clone());
            self.web.tie(Node::Inside(at), Node::Segment(segment), step);
        }
    }

    /// The box, and why it may do anything at all. Switches say themselves what is not known of them.
    fn unread_box(&self, name: &str) -> Option<(usize, Span, Msg)> {
        let at = self.index(name)?;
        if self.yarn.layer2.get(at).is_none_or(Option::is_some) {
            return None;
        }
        let devices = self.bound.get(at)?.iter().map(|d| &d.device);
        let mut doubts = devices.flat_map(|d| d.facts.doubts.iter().map(move |t| (d, t)));
        let (device, taint) = doubts.find(|(_, t)| t.radius == Radius::Device)?;
        let cause = device.causes.get(taint.cause.0 as usize)?;
        Some((at, cause.span, cause.what.clone()))
    }
}
