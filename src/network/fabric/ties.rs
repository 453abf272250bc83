//! What ties VLANs of boxes and segments to each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Secured, Step, Yarn};
use crate::model::{Interface, InterfaceKind, Layer2, PortKind, SwitchPort, same_port};
use crate::msg;
use crate::network::cables::{CablePlan, Far};
use crate::network::plan::Config;
use crate::network::site::{SegmentId, SiteDevice};
use crate::source::{Code, Diagnostic, Msg, Span, Spanned};

/// A place in the web.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A VLAN of a box, by the box's index.
    Vlan(usize, u16),
    /// A segment.
    Segment(SegmentId),
    /// Whatever a port of a box may lead to.
    Beyond(usize, String),
    /// Whatever a box may do.
    Inside(usize),
}

/// A VLAN that equipment gets of which the topology says that it takes other VLANs.
pub(super) struct Extra {
    pub vlan: (usize, u16),
    /// What the equipment is said to take.
    pub declared: Vec<SegmentId>,
    pub step: Step,
}

/// Ties, and what was noticed while tying.
#[derive(Default)]
pub(super) struct Web {
    pub ties: BTreeMap<Node, Vec<(Node, Step)>>,
    pub extras: Vec<Extra>,
    /// Ports at which hosts are plugged in: with what limits them, or nothing.
    pub plugged: BTreeMap<String, Vec<Option<Secured>>>,
    /// Ports with a cable, by box and name.
    pub cabled: BTreeSet<(usize, String)>,
    /// Interfaces of boxes that are no switches with a cable to one, by box and name.
    pub far: BTreeSet<(usize, String)>,
    /// VLAN ids that something stands in.
    pub ids: BTreeSet<u16>,
}

impl Web {
    pub(super) fn tie(&mut self, a: Node, b: Node, step: Step) {
        self.ties.entry(a.clone()).or_default().push((b.clone(), step.clone()));
        self.ties.entry(b).or_default().push((a, step));
    }
}

/// The ports of hosts that no other port serves.
pub(super) fn secured(web: &Web) -> Vec<Secured> {
    let whole = |ports: &Vec<Option<Secured>>| ports.iter().cloned().collect::<Option<Vec<_>>>();
    web.plugged.values().filter_map(whole).flatten().collect()
}

pub(super) struct Weaver<'a> {
    pub(super) yarn: &'a Yarn<'a>,
    pub(super) bound: &'a [Vec<SiteDevice>],
    pub(super) web: Web,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// A cable of which no end is a switch that was read.
pub(super) fn no_switch(cable: &CablePlan) -> Diagnostic {
    let device = &cable.device.value;
    let message = msg!(
        "no switch was read at either end of this link of `{device}`: it says nothing yet",
        "「{device}」のこの結線には、設定を読み込んだスイッチがない(解析に使用しない)"
    );
    Diagnostic::new(Code::Remark, cable.port.span, message)
}

fn private_vlan(first: u16, other: u16) -> Msg {
    msg!(
        "VLAN {first} and VLAN {other} may meet: by a private VLAN, or at a port that puts refused machines into the latter",
        "VLAN {first}とVLAN {other}がつながり得る(プライベートVLAN、又は認証に失敗した端末をVLAN {other}に収容するポート)"
    )
}

/// Ties everything.
pub(super) fn tie(yarn: &Yarn<'_>, bound: &[Vec<SiteDevice>], diagnostics: &mut Vec<Diagnostic>) -> Web {
    let mut weaver = Weaver { yarn, bound, web: Web::default(), diagnostics };
    weaver.web.ids = weaver.ids();
    for (at, layer2) in yarn.layer2.iter().enumerate() {
        let Some(layer2) = layer2 else { continue };
        weaver.routed(at, layer2);
        weaver.attached(at, layer2);
    }
    for cable in yarn.cables {
        weaver.cable(cable);
    }
    for (at, layer2) in yarn.layer2.iter().enumerate() {
        let Some(layer2) = layer2 else { continue };
        weaver.loose(at, layer2);
    }
    weaver.bridges();
    weaver.unread_boxes();
    weaver.web
}

impl Weaver<'_> {
    /// Other ids tie only to themselves: nothing stands in them.
    fn ids(&self) -> BTreeSet<u16> {
        let layers = || self.yarn.layer2.iter().flatten();
        let routed = layers().flat_map(|l| &l.routed).map(|(vlan, _)| *vlan);
        let ports = layers().flat_map(|l| &l.ports).flat_map(|p| p.untagged.iter().copied());
        let tags = self.yarn.cables.iter().flat_map(|c| &c.carries).filter_map(|(tag, ..)| *tag);
        let devices = self.bound.iter().flatten().flat_map(|d| &d.device.interfaces);
        let tagged = devices.filter_map(|i| match i.kind {
            InterfaceKind::Vlan { id, .. } => Some(id),
            _ => None,
        });
        routed.chain(ports).chain(tags).chain(tagged).collect()
    }

    fn name(&self, at: usize) -> String {
        self.yarn.boxes.get(at).map(|b| b.name.value.clone()).unwrap_or_default()
    }

    pub(super) fn step(&self, at: usize, span: Span, certain: bool, what: Msg) -> Step {
        Step { span, what, device: self.name(at), certain }
    }

    fn segment(&self, id: SegmentId) -> String {
        self.yarn.segments.get(id.index()).map(|s| s.id.value.clone()).unwrap_or_default()
    }

    fn routed(&mut self, at: usize, layer2: &Layer2) {
        let bound = self.bound;
        for device in bound.get(at).into_iter().flatten() {
            for ((_, interface), segment) in device.device.interfaces().zip(&device.attached) {
                let Some(segment) = *segment else { continue };
                let name = &interface.name.value;
                let vlan = layer2.routed.iter().find(|(_, n)| n == name).map(|(v, _)| *v);
                let Some(vlan) = vlan.filter(|_| interface.up) else { continue };
                let id = self.segment(segment);
                let what = msg!(
                    "`{name}` is the router of `{id}`",
                    "「{name}」はセグメント「{id}」のゲートウェイである"
                );
                let step = self.step(at, interface.name.span, true, what);
                self.web.tie(Node::Vlan(at, vlan), Node::Segment(segment), step);
            }
        }
    }

    /// Ports that the topology attaches to segments.
    fn attached(&mut self, at: usize, layer2: &Layer2) {
        let yarn = self.yarn;
        for (name, segment) in yarn.boxes.get(at).into_iter().flat_map(|b| &b.attach) {
            let Some(port) = layer2.port(&name.value).filter(|p| p.up) else { continue };
            self.web.cabled.insert((at, port.name.value.clone()));
            self.machines(at, port, &[(None, *segment, name.span)]);
        }
    }

    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.yarn.boxes.iter().position(|b| b.name.value == name)
    }

    fn cable(&mut self, cable: &CablePlan) {
        let yarn = self.yarn;
        let near = self.index(&cable.device.value);
        let layer = |at: Option<usize>| at.and_then(|a| Some((a, yarn.layer2.get(a)?.as_ref()?)));
        if let Some((at, layer2)) = layer(near) {
            let Some(port) = self.own_port(at, layer2, &cable.port.value, cable.port.span) else {
                return self.lost(at, layer2, cable);
            };
            return self.lead(at, port, cable);
        }
        // Written from the other end.
        let turnable = match &cable.far {
            Far::Port { device, port } => layer(self.index(&device.value)).map(|found| (device, port, found)),
            Far::Host(_) | Far::Segment(_) | Far::Unsaid => None,
        };
        let Some((device, port, (at, layer2))) = turnable else {
            self.between_unread(cable);
            return self.diagnostics.push(no_switch(cable));
        };
        let far = Far::Port { device: cable.device.clone(), port: cable.port.clone() };
        let turned = CablePlan { far, device: device.clone(), port: port.clone(), ..cable.clone() };
        match self.own_port(at, layer2, &port.value, port.span) {
            Some(found) => self.lead(at, found, &turned),
            None => self.lost(at, layer2, &turned),
        }
    }

    /// The segments at the far end of a cable, as far as anybody says.
    pub(super) fn far_segments(&self, cable: &CablePlan) -> BTreeSet<SegmentId> {
        let mut ends: BTreeSet<SegmentId> = cable.carries.iter().map(|c| c.1).collect();
        match &cable.far {
            Far::Segment(segment) => ends.extend([*segment]),
            Far::Host(id) => {
                let cards = self.yarn.hosts.get(id.index()).into_iter().flat_map(|h| &h.interfaces);
                ends.extend(cards.map(|i| i.segment));
            }
            Far::Port { device, port } => {
                let found = self.attachments(&device.value, &port.value).unwrap_or_default();
                ends.extend(found.into_iter().map(|f| f.1));
            }
            Far::Unsaid => {}
        }
        ends
    }

    /// A cable to a port that the configuration does not have: whatever is plugged in there may be in any VLAN.
    fn lost(&mut self, at: usize, layer2: &Layer2, cable: &CablePlan) {
        if layer2.port(&cable.port.value).is_some() {
            return;
        }
        let yarn = self.yarn;
        let ends = self.far_segments(cable);
        let name = &cable.port.value;
        let what = msg!(
            "nothing says in which VLAN `{name}` is, to which a cable leads",
            "結線のあるポート「{name}」が設定になく、所属するVLANが特定できない"
        );
        let node = Node::Beyond(at, name.clone());
        let step = self.step(at, cable.port.span, false, what);
        for segment in ends {
            self.web.tie(node.clone(), Node::Segment(segment), step.clone());
        }
        for vlan in self.web.ids.clone() {
            self.web.tie(node.clone(), Node::Vlan(at, vlan), step.clone());
        }
        let Far::Port { device, port } = &cable.far else { return };
        let Some(other) = self.index(&device.value) else { return };
        let Some(q) = yarn.layer2.get(other).and_then(|l| l.as_ref()?.port(&port.value)).filter(|q| q.up)
        else {
            return;
        };
        for vlan in self.web.ids.clone() {
            if q.untagged.contains(&vlan) || q.tagged.contains(u128::from(vlan)) {
                self.web.tie(node.clone(), Node::Vlan(other, vlan), step.clone());
            }
        }
    }

    /// A port that must be there; nothing if it is shut.
    fn own_port<'l>(
        &mut self,
        at: usize,
        layer2: &'l Layer2,
        name: &str,
        span: Span,
    ) -> Option<&'l SwitchPort> {
        let device = self.name(at);
        let Some(port) = layer2.port(name) else {
            let message = msg!(
                "`{device}` has no switched port `{name}`",
                "「{device}」の設定にスイッチポート「{name}」がない"
            );
            let help = msg!(
                "correct the cabling table, or the configuration is not this device's",
                "結線表を訂正する。又は、設定が当該機器のものか確認する"
            );
            self.diagnostics.push(Diagnostic::new(Code::Contradiction, span, message).with_help(help));
            return None;
        };
        self.web.cabled.insert((at, port.name.value.clone()));
        if !port.up {
            let message = msg!(
                "`{name}` of `{device}` is shut: the cable leads nowhere",
                "「{device}」の「{name}」は無効(shutdown)であり、結線はないものとして扱う"
            );
            self.diagnostics.push(Diagnostic::new(Code::Remark, span, message));
            return None;
        }
        Some(port)
    }

    fn lead(&mut self, at: usize, port: &SwitchPort, cable: &CablePlan) {
        let yarn = self.yarn;
        match &cable.far {
            Far::Port { device, port: far } => {
                self.at_unread((at, port), &device.value);
                let other = self.index(&device.value);
                let switch = other.and_then(|o| Some((o, yarn.layer2.get(o)?.as_ref()?)));
                if let Some((o, layer2)) = switch
                    && (layer2.port(&far.value).is_some() || cable.carries.is_empty())
                    && !self.has_interface(o, &far.value)
                {
                    let Some(found) = self.own_port(o, layer2, &far.value, far.span) else {
                        let here = Spanned::new(port.name.value.clone(), cable.port.span);
                        let back = Far::Port { device: cable.device.clone(), port: here };
                        let turned = CablePlan {
                            device: device.clone(),
                            port: far.clone(),
                            far: back,
                            ..cable.clone()
                        };
                        return self.lost(o, layer2, &turned);
                    };
                    return self.both((at, port), (o, found));
                }
                if self.interfaces((at, port), &device.value, &far.value) {
                    return;
                }
                if cable.carries.is_empty() {
                    let (device, name) = (&device.value, &far.value);
                    let message = msg!(
                        "`{device}` has no interface `{name}`: nobody knows where the cable leads",
                        "「{device}」に「{name}」がないため、結線の接続先を特定できない"
                    );
                    let help = msg!(
                        "name an interface of the device, or say with `carries` which tag is which segment",
                        "機器のインターフェース名を記載するか、`carries` にタグごとのセグメントを記載する"
                    );
                    self.diagnostics
                        .push(Diagnostic::new(Code::Contradiction, far.span, message).with_help(help));
                    if let Some(other) = other.filter(|o| self.never_read(*o)) {
                        self.tie_unread(at, port, other, far.span);
                    }
                    return self.beyond(at, port, far.span);
                }
                self.machines(at, port, &cable.carries);
            }
            Far::Segment(segment) => {
                let mut all = cable.carries.clone();
                all.push((None, *segment, cable.port.span));
                self.machines(at, port, &all);
            }
            Far::Host(id) => {
                let Some(host) = yarn.hosts.get(id.index()) else { return };
                let limited = port.limit.map(|limit| Secured {
                    host: host.id.value.clone(),
                    device: self.name(at),
                    port: port.name.value.clone(),
                    limit,
                });
                self.web.plugged.entry(host.id.value.clone()).or_default().push(limited);
                let cards: BTreeSet<SegmentId> = host.interfaces.iter().map(|i| i.segment).collect();
                let one = cards.first().copied().filter(|_| cards.len() == 1 && cable.carries.is_empty());
                match (one, cable.carries.is_empty()) {
                    (Some(segment), _) => self.machines(at, port, &[(None, segment, cable.port.span)]),
                    (None, false) => self.machines(at, port, &cable.carries),
                    (None, true) => {
                        let any: Vec<SegmentId> = cards.into_iter().collect();
                        self.any_card(at, port, &any, cable.port.span);
                    }
                }
            }
            Far::Unsaid => self.machines(at, port, &cable.carries),
        }
    }

    fn has_interface(&self, at: usize, name: &str) -> bool {
        let layer3 = |i: &Interface| !matches!(i.kind, InterfaceKind::Member) && i.name.value == name;
        self.bound.get(at).into_iter().flatten().flat_map(|d| &d.device.interfaces).any(layer3)
    }

    /// A cable between two switches.
    fn both(&mut self, (a, p): (usize, &SwitchPort), (b, q): (usize, &SwitchPort)) {
        for u in &p.untagged {
            for w in &q.untagged {
                let certain = p.surely_untagged == Some(*u) && q.surely_untagged == Some(*w);
                let (near, far) = (&p.name.value, &q.name.value);
                let what = msg!(
                    "frames without a tag pass from VLAN {u} (`{near}`) to VLAN {w} (`{far}`)",
                    "タグなしのフレームがVLAN {u}(「{near}」)とVLAN {w}(「{far}」)の間を通過する"
                );
                if u != w && certain {
                    self.mismatch(p.untagged_at, q.untagged_at, &what);
                }
                self.two_lines(
                    (Node::Vlan(a, *u), p.untagged_at),
                    (Node::Vlan(b, *w), q.untagged_at),
                    certain,
                    what,
                );
            }
        }
        let shared = p.tagged.intersection(&q.tagged);
        let ids: Vec<u16> =
            self.web.ids.iter().copied().filter(|t| shared.contains(u128::from(*t))).collect();
        for t in ids {
            let n = u128::from(t);
            let certain = p.surely_tagged.contains(n) && q.surely_tagged.contains(n);
            let (near, far) = (&p.name.value, &q.name.value);
            let what = msg!("`{near}` and `{far}` carry VLAN {t}", "「{near}」及び「{far}」がVLAN {t}を通す");
            self.two_lines((Node::Vlan(a, t), p.tagged_at), (Node::Vlan(b, t), q.tagged_at), certain, what);
        }
        self.unread(a, p, Some((b, q)));
        self.unread(b, q, Some((a, p)));
    }

    /// Each end has a line of its own, so a tie of two lines goes over the cable.
    fn two_lines(&mut self, (x, at_x): (Node, Span), (y, at_y): (Node, Span), certain: bool, what: Msg) {
        let owner = |n: &Node| match n {
            Node::Vlan(at, _) | Node::Inside(at) | Node::Beyond(at, _) => Some(*at),
            Node::Segment(_) => None,
        };
        let (a, b) = (owner(&x).unwrap_or(usize::MAX), owner(&y).unwrap_or(usize::MAX));
        let middle = Node::Beyond(a.min(b), format!("{x:?} {y:?}"));
        let (first, second) = (self.step(a, at_x, certain, what.clone()), self.step(b, at_y, certain, what));
        self.web.tie(x, middle.clone(), first);
        self.web.tie(middle, y, second);
    }

    fn mismatch(&mut self, at: Span, other: Span, what: &Msg) {
        let label = msg!("the other end", "対向側");
        let found = Diagnostic::new(Code::Contradiction, at, what.clone()).with_label(other, label);
        self.diagnostics.push(found);
    }

    /// A cable to interfaces of a firewall, a router or a routed port. False if there are none.
    fn interfaces(&mut self, (at, port): (usize, &SwitchPort), device: &str, name: &str) -> bool {
        let found = self.attachments(device, name);
        let Some(found) = found else { return false };
        // What takes frames without a tag need not get any with one.
        let native = |segment: &SegmentId| found.iter().any(|(tag, s, _)| tag.is_none() && s == segment);
        let needed = |tag: &Option<u16>| tag.is_none_or(|t| port.tagged.contains(u128::from(t)));
        for (tag, segment, span) in found.iter().filter(|(tag, s, _)| needed(tag) || !native(s)) {
            self.one_tag(at, port, *tag, *segment, *span);
        }
        self.through_switch((at, port), device, name, port.tagged_at);
        self.through_bridge((at, port), device, name);
        // An interface without a port of its own takes no other tag.
        self.unread(at, port, None);
        let declared: Vec<SegmentId> = found.iter().map(|f| f.1).collect();
        self.unread_ends(at, port, &declared);
        true
    }

    /// Where interfaces on one wire are attached: by tag.
    pub(super) fn attachments(
        &self,
        device: &str,
        name: &str,
    ) -> Option<Vec<(Option<u16>, SegmentId, Span)>> {
        let at = self.index(device)?;
        let plan = self.yarn.boxes.get(at)?;
        if let Config::Contract(_) | Config::Table(_) = plan.config {
            let on = plan.attach.iter().filter(|(i, _)| same_port(&i.value, name));
            let found: Vec<_> = on.map(|(i, segment)| (None, *segment, i.span)).collect();
            return (!found.is_empty()).then_some(found);
        }
        // The second member of a cluster is cabled like the first one.
        let mates = self
            .yarn
            .boxes
            .iter()
            .enumerate()
            .filter(|(n, b)| *n == at || (plan.cluster.is_some() && b.cluster == plan.cluster));
        let mut there = false;
        let mut out = Vec::new();
        // A member of a switch or bond leads to whatever that is attached to.
        let member = self.member_of(at, name);
        let name = member.as_deref().unwrap_or(name);
        for device in mates.filter_map(|(n, _)| self.bound.get(n)).flatten() {
            for ((_, interface), segment) in device.device.interfaces().zip(&device.attached) {
                let tag = match &interface.kind {
                    InterfaceKind::Vlan { parent, id } if same_port(parent, name) => Some(*id),
                    InterfaceKind::Vlan { .. } | InterfaceKind::Member => continue,
                    _ if same_port(&interface.name.value, name) => None,
                    _ => continue,
                };
                there = true;
                let bare = device.device.facts.native.contains(&interface.name.value);
                let tags = [Some(tag), (bare && tag.is_some()).then_some(None)];
                out.extend(
                    tags.into_iter().flatten().filter_map(|t| segment.map(|s| (t, s, interface.name.span))),
                );
            }
        }
        there.then_some(out)
    }

    /// The switch or bond inside a box that a port is a member of.
    fn member_of(&self, at: usize, name: &str) -> Option<String> {
        let mut members = self.bound.get(at)?.iter().flat_map(|d| &d.device.facts.members);
        members.find(|(port, _)| same_port(port, name)).map(|(_, whole)| whole.clone())
    }

    /// Tags that no interface of a box takes may pass from one member of its switch to another.
    fn through_switch(&mut self, (at, port): (usize, &SwitchPort), device: &str, name: &str, span: Span) {
        let Some(other) = self.index(device) else { return };
        let Some(whole) = self.member_of(other, name) else { return };
        for vlan in self.web.ids.clone() {
            if !port.tagged.contains(u128::from(vlan)) {
                continue;
            }
            let what = msg!(
                "the switch `{whole}` of `{device}` may pass VLAN {vlan} between its ports",
                "「{device}」のスイッチ「{whole}」がVLAN {vlan}をポート間で通し得る"
            );
            let step = self.step(at, span, false, what);
            self.web.tie(Node::Beyond(other, format!("{whole} {vlan}")), Node::Vlan(at, vlan), step);
        }
    }

    /// Equipment of which only `carries` says what it takes.
    fn machines(&mut self, at: usize, port: &SwitchPort, carries: &[(Option<u16>, SegmentId, Span)]) {
        let declared: Vec<SegmentId> = carries.iter().map(|c| c.1).collect();
        for (tag, segment, span) in carries {
            self.one_tag(at, port, *tag, *segment, *span);
        }
        self.unread(at, port, None);
        self.unread_ends(at, port, &declared);
        let taken = |vlan: u16| carries.iter().any(|(tag, ..)| *tag == Some(vlan));
        let bare = carries.iter().any(|(tag, ..)| tag.is_none());
        // A port without tags serves the equipment of one zone, whatever that was said to take.
        let zones: BTreeSet<_> =
            declared.iter().filter_map(|s| self.yarn.segments.get(s.index())).map(|s| s.zone).collect();
        if let (PortKind::Access, false, 1, Some((_, segment, span))) =
            (port.kind, bare, zones.len(), carries.first())
        {
            return self.one_tag(at, port, None, *segment, *span);
        }
        if port.kind == PortKind::Negotiates {
            return;
        }
        let name = &port.name.value;
        for vlan in self.web.ids.clone() {
            let tagged = port.tagged.contains(u128::from(vlan)) && !port.untagged.contains(&vlan);
            let untagged = port.untagged.contains(&vlan) && !bare;
            if taken(vlan) || !(tagged || untagged) {
                continue;
            }
            let span = if tagged { port.tagged_at } else { port.untagged_at };
            let what = msg!(
                "`{name}` carries VLAN {vlan}, which the other end is not said to take",
                "「{name}」が、接続先で使用しないはずのVLAN {vlan}を通す"
            );
            let step = self.step(at, span, false, what);
            self.web.extras.push(Extra { vlan: (at, vlan), declared: declared.clone(), step });
        }
    }

    /// One tag of a port, or no tag, is a segment at the other end.
    fn one_tag(&mut self, at: usize, port: &SwitchPort, tag: Option<u16>, segment: SegmentId, span: Span) {
        let (name, id) = (&port.name.value, self.segment(segment));
        let Some(tag) = tag else {
            for vlan in &port.untagged {
                let certain = port.surely_untagged == Some(*vlan);
                let what = msg!(
                    "`{name}` of VLAN {vlan} leads to `{id}`",
                    "VLAN {vlan}の「{name}」がセグメント「{id}」に接続している"
                );
                let step = self.step(at, port.untagged_at, certain, what);
                self.web.tie(Node::Vlan(at, *vlan), Node::Segment(segment), step);
            }
            return;
        };
        let number = u128::from(tag);
        if !port.tagged.contains(number) {
            let device = self.name(at);
            let message = msg!(
                "`{name}` of `{device}` does not carry VLAN {tag}, which the other end expects for `{id}`",
                "「{device}」の「{name}」が、接続先で「{id}」に用いるVLAN {tag}を通さない"
            );
            let label = msg!("the port", "当該ポート");
            let found = Diagnostic::new(Code::Contradiction, span, message).with_label(port.tagged_at, label);
            return self.diagnostics.push(found);
        }
        let certain = port.surely_tagged.contains(number);
        let what =
            msg!("`{name}` carries VLAN {tag} to `{id}`", "「{name}」がVLAN {tag}をセグメント「{id}」に通す");
        let step = self.step(at, port.tagged_at, certain, what);
        self.web.tie(Node::Vlan(at, tag), Node::Segment(segment), step);
    }

    /// A host of several segments: nobody says which one this cable is.
    fn any_card(&mut self, at: usize, port: &SwitchPort, cards: &[SegmentId], span: Span) {
        let what = msg!(
            "which network card of the host this cable is, or which tags it takes, is not said",
            "ホストのどのNICの結線か、又はどのタグを用いるかの記載がない"
        );
        for vlan in &port.untagged {
            for card in cards {
                let step = self.step(at, span, false, what.clone());
                self.web.tie(Node::Vlan(at, *vlan), Node::Segment(*card), step);
            }
        }
        self.unread(at, port, None);
        if port.kind == PortKind::Trunk {
            self.beyond(at, port, span);
        }
    }

    /// Lines of a port that were not read: any VLAN of the box may be on it.
    fn unread(&mut self, at: usize, port: &SwitchPort, far: Option<(usize, &SwitchPort)>) {
        let ids: Vec<u16> = self.web.ids.iter().copied().collect();
        let node = Node::Beyond(at, port.name.value.clone());
        for (span, what) in port.unread.iter().take(1) {
            for vlan in &ids {
                let step = self.step(at, *span, false, what.clone());
                self.web.tie(node.clone(), Node::Vlan(at, *vlan), step);
            }
            let Some((other, q)) = far else { continue };
            for vlan in ids.iter().filter(|v| q.untagged.contains(v) || q.tagged.contains(u128::from(**v))) {
                let step = self.step(at, *span, false, what.clone());
                self.web.tie(node.clone(), Node::Vlan(other, *vlan), step);
            }
        }
    }

    /// The same where segments are at the other end.
    fn unread_ends(&mut self, at: usize, port: &SwitchPort, ends: &[SegmentId]) {
        let node = Node::Beyond(at, port.name.value.clone());
        for (span, what) in port.unread.iter().take(1) {
            for segment in ends {
                let step = self.step(at, *span, false, what.clone());
                self.web.tie(node.clone(), Node::Segment(*segment), step);
            }
        }
    }

    /// A trunk that may lead anywhere: its VLANs may meet there.
    fn beyond(&mut self, at: usize, port: &SwitchPort, span: Span) {
        let name = &port.name.value;
        let node = Node::Beyond(at, name.clone());
        let what = msg!(
            "where the trunk `{name}` leads is not in the topology: its VLANs may meet there",
            "トランク「{name}」の接続先が構成情報になく、接続先でVLAN同士がつながり得る"
        );
        for vlan in self.web.ids.clone() {
            if port.tagged.contains(u128::from(vlan)) || port.untagged.contains(&vlan) {
                let step = self.step(at, span, false, what.clone());
                self.web.tie(node.clone(), Node::Vlan(at, vlan), step);
            }
        }
    }

    /// Whether nobody meant to read a box: somebody's word stands for it, or it is said to be no part of the network.
    fn never_read(&self, at: usize) -> bool {
        let config = self.yarn.boxes.get(at).map(|b| &b.config);
        matches!(config, Some(Config::Excluded(_) | Config::Contract(_) | Config::Table(_)))
    }

    /// A cable into a box of which nobody read how its ports are joined: whatever is plugged into it may meet there.
    fn tie_unread(&mut self, at: usize, port: &SwitchPort, other: usize, span: Span) {
        let (name, far) = (port.name.value.clone(), self.name(other));
        let what = msg!(
            "what `{far}` joins is not known, and `{name}` is plugged into it",
            "「{name}」の接続先である「{far}」の内部でVLAN同士がつながり得る(設定を読み込んでいない)"
        );
        for vlan in self.web.ids.clone() {
            if port.tagged.contains(u128::from(vlan)) || port.untagged.contains(&vlan) {
                let step = self.step(at, span, false, what.clone());
                self.web.tie(Node::Inside(other), Node::Vlan(at, vlan), step);
            }
        }
    }

    /// What needs no cable: trunks that nobody bound, private VLANs, lines that were not read.
    fn loose(&mut self, at: usize, layer2: &Layer2) {
        let unused = self.yarn.boxes.get(at).map_or(&[][..], |b| &b.unused);
        for port in layer2.ports.iter().filter(|p| p.up) {
            let several = port.kind == PortKind::Access && port.untagged.len() > 1;
            let mut vlans = port.untagged.iter().copied().filter(|_| several);
            if let Some(first) = vlans.next() {
                for other in vlans {
                    let step = self.step(at, port.untagged_at, false, private_vlan(first, other));
                    self.web.tie(Node::Vlan(at, first), Node::Vlan(at, other), step);
                }
            }
            let plugged = self.web.cabled.contains(&(at, port.name.value.clone()));
            let free = unused.iter().any(|u| same_port(&port.name.value, &u.value));
            let bundled = port
                .bundle
                .as_ref()
                .is_some_and(|b| layer2.ports.iter().any(|p| same_port(&p.name.value, b)));
            if plugged || free || bundled {
                continue;
            }
            self.unread(at, port, None);
            if port.kind == PortKind::Trunk {
                self.beyond(at, port, port.name.span);
            }
        }
        for (first, other, span) in &layer2.joined {
            let step = self.step(at, *span, false, private_vlan(*first, *other));
            self.web.tie(Node::Vlan(at, *first), Node::Vlan(at, *other), step);
        }
        for (span, what) in layer2.doubts.iter().take(1) {
            for vlan in self.web.ids.clone() {
                let step = self.step(at, *span, false, what.clone());
                self.web.tie(Node::Inside(at), Node::Vlan(at, vlan), step);
            }
        }
    }
}
