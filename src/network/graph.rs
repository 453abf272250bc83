//! Draws the graph: which location hands packets to which. [`Location`] and [`Link`] say what that means.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use petgraph::graph::{DiGraph, NodeIndex};

use super::build::Clusters;
use super::site::{DeviceId, Link, Location, NextHop, SegmentId, Site, SiteDevice};
use crate::model::{AddressSet, Family, IfId, InterfaceKind, Ranges, RouteTarget};
use crate::msg;
use crate::source::{Code, Diagnostic};

/// More links than any site has; a topology beyond it is refused instead of filling the memory.
const MOST_LINKS: usize = 8_000_000;

/// Fills `site.graph` and `site.nodes`.
///
/// # Errors
/// A graph beyond [`MOST_LINKS`].
pub(super) fn draw(site: &mut Site, clusters: &Clusters) -> Result<(), Box<Diagnostic>> {
    let mut pen = Pen { graph: DiGraph::new(), nodes: BTreeMap::new() };
    let map = Map::of(site, clusters);
    pen.node(Location::Elsewhere);
    pen.node(Location::ElsewhereOrigin);
    for (id, segment) in site.segments() {
        if !segment.internal {
            pen.node(Location::Origin(id));
        }
        pen.node(Location::Segment(id));
    }
    for (id, device) in site.devices() {
        map.device(&mut pen, id, device);
        if pen.graph.edge_count() > MOST_LINKS {
            let message = msg!(
                "the network has more than {MOST_LINKS} links between its locations",
                "ネットワークの経路の組合せが{MOST_LINKS}を超えている"
            );
            let whole = site.sources.whole(site.topology);
            return Err(Box::new(Diagnostic::new(Code::LimitExceeded, whole, message)));
        }
    }
    site.graph = pen.graph;
    site.nodes = pen.nodes;
    Ok(())
}

/// The ways out of a device: each interface with each next hop that some route of the device names.
pub(super) fn ways_out(device: &SiteDevice) -> BTreeSet<(IfId, NextHop)> {
    let mut out = BTreeSet::new();
    let mut any = false;
    for route in &device.device.routes {
        match route.target {
            RouteTarget::Interface(id) => {
                out.insert((id, route.gateway.map_or(NextHop::OnLink, NextHop::Via)));
            }
            RouteTarget::Any(_) => any = true,
            RouteTarget::Local | RouteTarget::Discard(_) => {}
        }
    }
    if any {
        let up = device.device.interfaces().filter(|(_, i)| i.up);
        out.extend(up.map(|(id, _)| (id, NextHop::Unknown)));
    }
    out
}

struct Pen {
    graph: DiGraph<Location, Link>,
    nodes: BTreeMap<Location, NodeIndex>,
}

impl Pen {
    fn node(&mut self, location: Location) -> NodeIndex {
        *self.nodes.entry(location).or_insert_with(|| self.graph.add_node(location))
    }
    fn link(&mut self, from: NodeIndex, to: NodeIndex, link: Link) {
        self.graph.add_edge(from, to, link);
    }
}

/// One interface on a segment.
struct Port {
    device: DeviceId,
    interface: IfId,
    /// Own addresses of this interface.
    addresses: Vec<IpAddr>,
    /// Boxes with the same word stand in for each other.
    cluster: Option<String>,
}

/// Who stands on which segment.
struct Map<'a> {
    site: &'a Site,
    ports: BTreeMap<SegmentId, Vec<Port>>,
    clusters: &'a Clusters,
    /// Destinations that a whole segment listens to.
    shared: AddressSet,
}

impl<'a> Map<'a> {
    fn of(site: &'a Site, clusters: &'a Clusters) -> Self {
        let mut ports: BTreeMap<SegmentId, Vec<Port>> = BTreeMap::new();
        for (id, device) in site.devices() {
            for ((interface, found), segment) in device.device.interfaces().zip(&device.attached) {
                let Some(segment) = segment else { continue };
                ports.entry(*segment).or_default().push(Port {
                    device: id,
                    interface,
                    addresses: found.addresses.iter().map(|a| a.network.ip()).collect(),
                    cluster: clusters.get(&device.chassis).cloned(),
                });
            }
        }
        Map { site, ports, clusters, shared: group_destinations() }
    }

    fn device(&self, pen: &mut Pen, id: DeviceId, device: &SiteDevice) {
        let origin = pen.node(Location::LocalOrigin(id));
        let local = pen.node(Location::Local(id));
        // What a device sends to an address of its own.
        pen.link(origin, local, Link::Device(id));
        let mut ingresses = Vec::new();
        for (interface, segment) in (0u32..).map(IfId).zip(&device.attached) {
            let elsewhere = device.elsewhere.contains(&interface);
            if segment.is_none() && !elsewhere {
                continue;
            }
            let ingress = pen.node(Location::Ingress(id, interface));
            ingresses.push(ingress);
            pen.link(ingress, local, Link::Device(id));
            if let Some(from) = segment.and_then(|s| pen.nodes.get(&Location::Origin(s)).copied()) {
                pen.link(from, ingress, Link::Inject { certain: !elsewhere });
            }
            if elsewhere {
                let from = pen.node(Location::ElsewhereOrigin);
                pen.link(from, ingress, Link::Inject { certain: false });
            }
        }
        for (interface, hop) in ways_out(device) {
            let segment = device.attached.get(interface.index()).copied().flatten();
            let elsewhere = device.elsewhere.contains(&interface);
            if segment.is_none() && !elsewhere {
                continue;
            }
            let egress = pen.node(Location::Egress(id, interface, hop));
            for ingress in &ingresses {
                pen.link(*ingress, egress, Link::Device(id));
            }
            pen.link(origin, egress, Link::Device(id));
            if elsewhere {
                self.elsewhere(pen, egress);
            }
            if let Some(segment) = segment {
                self.transmit(pen, egress, segment, (id, interface), hop, !elsewhere);
            }
        }
    }

    fn elsewhere(&self, pen: &mut Pen, egress: NodeIndex) {
        let to = pen.node(Location::Elsewhere);
        pen.link(egress, to, Link::Transmit { certain: false });
    }

    fn transmit(
        &self,
        pen: &mut Pen,
        egress: NodeIndex,
        segment: SegmentId,
        from: (DeviceId, IfId),
        hop: NextHop,
        certain: bool,
    ) {
        let to = pen.node(Location::Segment(segment));
        pen.link(egress, to, Link::Transmit { certain });
        let ports = self.ports.get(&segment).into_iter().flatten();
        let others: Vec<&Port> = ports.filter(|p| (p.device, p.interface) != from).collect();
        let unmodelled = match hop {
            NextHop::Via(gateway) => self.via(pen, egress, &others, gateway),
            NextHop::OnLink => {
                self.on_link(pen, egress, &others, self.two_ended(segment, from, &others));
                false
            }
            NextHop::Unknown => {
                for port in &others {
                    self.wire(pen, egress, port, None, false);
                }
                true
            }
        };
        let complete = self.site.segment(segment).is_some_and(|s| s.complete);
        if unmodelled && !complete {
            self.elsewhere(pen, egress);
        }
    }

    /// To a router. Returns whether nobody modelled is that router.
    fn via(&self, pen: &mut Pen, egress: NodeIndex, others: &[&Port], gateway: IpAddr) -> bool {
        let (owners, rest): (Vec<&Port>, Vec<&Port>) =
            others.iter().partition(|p| p.addresses.contains(&gateway));
        // Members of one cluster stand in for each other: which one is active is a choice, not ignorance.
        let cluster = owners.first().and_then(|p| p.cluster.as_ref());
        let one =
            owners.len() == 1 || (cluster.is_some() && owners.iter().all(|p| p.cluster.as_ref() == cluster));
        for port in &owners {
            self.wire(pen, egress, port, None, one);
        }
        for port in &rest {
            let destinations = (!owners.is_empty()).then(|| self.shared.clone());
            self.wire(pen, egress, port, destinations, false);
        }
        owners.is_empty()
    }

    /// To the destination itself. Beside its own addresses an interface may answer for others (virtual IPs,
    /// proxy ARP, addresses of its other interfaces) and hears what is sent to groups.
    fn on_link(&self, pen: &mut Pen, egress: NodeIndex, others: &[&Port], two_ended: bool) {
        for port in others {
            if two_ended {
                self.wire(pen, egress, port, None, true);
                continue;
            }
            let own = port.addresses.iter().map(|a| AddressSet::host(*a));
            let own = own.reduce(|a, b| a.union(&b));
            if let Some(own) = own {
                self.wire(pen, egress, port, Some(own), true);
            }
            self.wire(pen, egress, port, None, false);
        }
    }

    /// Whether the port belongs to another member of the sender's cluster.
    fn mates(&self, pen: &Pen, egress: NodeIndex, port: &Port) -> bool {
        let chassis = |id: DeviceId| self.site.device(id).map(|d| d.chassis.as_str());
        let Some(Location::Egress(from, ..)) = pen.graph.node_weight(egress) else { return false };
        let own = chassis(*from).and_then(|c| self.clusters.get(c));
        own.is_some() && own == port.cluster.as_ref() && chassis(*from) != chassis(port.device)
    }

    /// Whether the configuration of one of the two ends contradicts where the topology attaches it.
    fn doubtful(&self, pen: &Pen, egress: NodeIndex, port: &Port) -> bool {
        let ends = match pen.graph.node_weight(egress) {
            Some(Location::Egress(from, interface, _)) => {
                vec![(*from, *interface), (port.device, port.interface)]
            }
            _ => vec![(port.device, port.interface)],
        };
        ends.iter().any(|(d, i)| self.site.device(*d).is_some_and(|d| d.elsewhere.contains(i)))
    }

    /// Whether whatever is sent arrives at the one other end: a cable inside a box, a tunnel.
    fn two_ended(&self, segment: SegmentId, from: (DeviceId, IfId), others: &[&Port]) -> bool {
        let [_] = others else { return false };
        let internal = self.site.segment(segment).is_some_and(|s| s.internal);
        let interface =
            self.site.device(from.0).and_then(|d| d.device.interfaces.get(from.1.index())).map(|i| &i.kind);
        internal || interface == Some(&InterfaceKind::Tunnel)
    }

    fn wire(
        &self,
        pen: &mut Pen,
        egress: NodeIndex,
        port: &Port,
        destinations: Option<AddressSet>,
        certain: bool,
    ) {
        // One member to the other: only where each is active for some of the virtual domains.
        let certain = certain && !self.mates(pen, egress, port) && !self.doubtful(pen, egress, port);
        let to = pen.node(Location::Ingress(port.device, port.interface));
        pen.link(egress, to, Link::Wire { destinations, certain });
    }
}

/// Multicast and limited broadcast of both families.
fn group_destinations() -> AddressSet {
    let v4 = Ranges::from_pairs([
        (u128::from(0xE000_0000u32), u128::from(0xEFFF_FFFFu32)),
        (u128::from(u32::MAX), u128::from(u32::MAX)),
    ]);
    let v6 = Ranges::span(0xFF << 120, Family::V6.max_address());
    AddressSet { v4, v6 }
}
