//! Sites wired by hand, link by link, so that a test of a walk does not rest on how topologies are read.
use std::collections::BTreeMap;

use bunri::model::*;
use bunri::network::*;
use bunri::source::{LineMap, Sources, Spanned};
use petgraph::graph::DiGraph;

use crate::rule_lists::span;

/// A site under construction.
pub struct Wiring {
    pub site: Site,
}

impl Wiring {
    /// So many segments, all in no zone.
    pub fn new(segments: u32) -> Wiring {
        let span = span();
        let segment = |at: u32| Segment {
            id: Spanned::new(format!("s{at}"), span),
            name: None,
            zone: None,
            prefixes: vec![],
            complete: false,
            terminals: Relay::Unknown,
            declarations: vec![],
            external: None,
            internal: false,
        };
        let site = Site {
            name: "test".to_owned(),
            sources: Sources::default(),
            topology: span.file,
            registers: vec![],
            pack: None,
            zones: vec![],
            segments: (0..segments).map(segment).collect(),
            hosts: vec![],
            devices: vec![],
            sanitizers: vec![],
            declarations: vec![],
            boxes: vec![],
            clusters: vec![],
            fabric: Default::default(),
            graph: DiGraph::new(),
            nodes: BTreeMap::new(),
            lines: LineMap::default(),
            records: Records::default(),
            diagnostics: vec![],
        };
        Wiring { site }
    }

    /// Adds a device and links its pipeline: each interface that has a segment is an ingress, and each route of
    /// the device out of such an interface an egress that transmits onto the segment.
    pub fn device(&mut self, device: Device, attached: &[Option<u32>]) -> DeviceId {
        let id = DeviceId(self.site.devices.len() as u32);
        let up = attached.iter().zip(0u32..).filter_map(|(s, i)| Some((IfId(i), SegmentId((*s)?))));
        let ports: Vec<(IfId, SegmentId)> = up.collect();
        let mut exits = Vec::new();
        for route in &device.routes {
            let hop = route.gateway.map_or(NextHop::OnLink, NextHop::Via);
            match route.target {
                RouteTarget::Interface(out) => exits.push((out, hop)),
                RouteTarget::Any(_) => exits.extend(ports.iter().map(|(i, _)| (*i, NextHop::Unknown))),
                _ => {}
            }
        }
        exits.sort();
        exits.dedup();
        for (interface, segment) in &ports {
            let ingress = Location::Ingress(id, *interface);
            self.link(Location::Origin(*segment), ingress, Link::Inject { certain: true });
            self.link(ingress, Location::Local(id), Link::Device(id));
            for (out, hop) in &exits {
                self.link(ingress, Location::Egress(id, *out, *hop), Link::Device(id));
            }
        }
        for (out, hop) in exits {
            let egress = Location::Egress(id, out, hop);
            self.link(Location::LocalOrigin(id), egress, Link::Device(id));
            if let Some((_, segment)) = ports.iter().find(|(i, _)| *i == out) {
                self.link(egress, Location::Segment(*segment), Link::Transmit { certain: true });
            }
        }
        self.site.devices.push(SiteDevice {
            chassis: device.name.clone(),
            device,
            attached: attached.iter().map(|s| s.map(SegmentId)).collect(),
            unused: Vec::new(),
            elsewhere: vec![],
            contract: None,
            table: None,
            relay: Relay::Unknown,
            declarations: vec![],
            companions: vec![],
        });
        id
    }

    /// An egress whose packets another device takes up.
    pub fn wire(
        &mut self,
        from: (DeviceId, u32, NextHop),
        to: (DeviceId, u32),
        destinations: Option<AddressSet>,
        certain: bool,
    ) {
        let egress = Location::Egress(from.0, IfId(from.1), from.2);
        self.link(egress, Location::Ingress(to.0, IfId(to.1)), Link::Wire { destinations, certain });
    }

    pub fn link(&mut self, from: Location, to: Location, link: Link) {
        let site = &mut self.site;
        let mut node = |at| *site.nodes.entry(at).or_insert_with(|| site.graph.add_node(at));
        let (from, to) = (node(from), node(to));
        site.graph.add_edge(from, to, link);
    }
}
