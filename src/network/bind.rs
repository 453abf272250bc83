//! Binds the interfaces of a box to the segments of the topology (the closed world of SEMANTICS 11).

use super::build::{internal_segment, next_segment};
use super::form::{listed, nearest};
use super::plan::{BoxPlan, Config};
use super::site::{DeviceStatus, Relay, Segment, SegmentId, SiteDevice};
use crate::model::{
    Cause, CauseKind, Chain, ChainId, Device, DeviceRelay, Established, Expr, Field, IfId, Interface,
    InterfaceKind, Layer2, Names, Pipeline, Radius, Ranges, RelayKind, RouteTarget, Rule, RuleSet, RuleSetId,
    RuleSetKind, Stage, Taint, Then,
};
use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Msg, Span, Spanned};
use crate::vendor::{Companion, InternalLink, Reading};

/// What became of one box of the topology.
pub(super) struct Chassis {
    pub status: DeviceStatus,
    pub devices: Vec<Device>,
    pub links: Vec<InternalLink>,
    /// Interfaces that nobody knows by name may be plugged in anywhere.
    pub unread_elsewhere: bool,
    /// The line that makes it a member of an HA cluster.
    pub cluster: Option<Span>,
    /// Devices that each member of a cluster has for itself.
    pub own: Vec<usize>,
    /// The configuration that was read.
    pub read: Option<(FileId, &'static str)>,
    /// Files that were read beside it.
    pub companions: Vec<(Companion, FileId)>,
    /// What the box switches, if that was read.
    pub layer2: Option<Layer2>,
    /// Where its configuration ends before it is complete.
    pub cut: Option<Span>,
}

impl Chassis {
    pub(super) fn of(status: DeviceStatus, reading: Reading) -> Self {
        Chassis {
            status,
            devices: reading.devices,
            links: reading.links,
            unread_elsewhere: true,
            cluster: reading.cluster,
            own: reading.own,
            read: None,
            companions: Vec::new(),
            layer2: reading.layer2,
            cut: None,
        }
    }
}

/// A box that cannot be read: it may do anything between its attached segments, and, if `elsewhere`, beyond.
pub(super) fn opaque(plan: &BoxPlan, file: FileId, span: Span, why: Msg, elsewhere: bool) -> Chassis {
    let interface = |name: &Spanned<String>| Interface {
        name: name.clone(),
        alias: None,
        kind: InterfaceKind::Physical,
        up: true,
        addresses: Vec::new(),
    };
    let interfaces = plan.attach.iter().map(|(name, _)| interface(name)).collect();
    let mut device = bare_device(plan.name.value.clone(), "unread", file, span, interfaces);
    let cause = device.add_cause(Cause { kind: CauseKind::Unknown, what: why.clone(), span });
    device.taints.push(Taint { radius: Radius::Device, cause });
    Chassis {
        status: DeviceStatus::Missing(why),
        devices: vec![device],
        links: Vec::new(),
        unread_elsewhere: elsewhere,
        cluster: None,
        own: Vec::new(),
        read: None,
        companions: Vec::new(),
        layer2: None,
        cut: None,
    }
}

/// A device that routes nothing yet: rule set 0 is its empty route table.
pub(super) fn bare_device(
    name: String,
    vendor: &'static str,
    file: FileId,
    span: Span,
    interfaces: Vec<Interface>,
) -> Device {
    let routes = RuleSet {
        name: "routes".to_owned(),
        kind: RuleSetKind::Route,
        chains: vec![Chain {
            name: Spanned::new("routes".to_owned(), span),
            rules: Vec::new(),
            end: Spanned::new(Then::Fall, span),
        }],
        entry: ChainId(0),
    };
    Device {
        name,
        vendor,
        file,
        interfaces,
        rule_sets: vec![routes],
        nats: Vec::new(),
        routes: Vec::new(),
        pipeline: Pipeline {
            arrival: Vec::new(),
            routing: RuleSetId(0),
            forward: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
        },
        states: Vec::new(),
        established: Established::ByRoutes,
        sessionless: Vec::new(),
        helpers: Vec::new(),
        causes: Vec::new(),
        taints: Vec::new(),
        relays: Vec::new(),
        assumptions: Vec::new(),
        facts: crate::model::Facts::default(),
        names: Names::default(),
    }
}

/// One device while its interfaces are being bound.
struct Binding {
    device: Device,
    attached: Vec<Option<SegmentId>>,
    /// Bound or declared unused, by interface.
    settled: Vec<bool>,
}

/// Binds a box that was read; empty for boxes that were not (contracts, excluded).
///
/// Ports of its switch are tied by `fabric`, not here.
pub(super) fn bind(
    plan: &BoxPlan,
    chassis: Chassis,
    layer2: Option<&Layer2>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<SiteDevice> {
    let switched = |name: &str| layer2.is_some_and(|l| l.port(name).is_some());
    let mut parts: Vec<Binding> = chassis
        .devices
        .into_iter()
        .map(|device| {
            let n = device.interfaces.len();
            Binding { device, attached: vec![None; n], settled: vec![false; n] }
        })
        .collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let mut missing = Vec::new();
    for (name, segment) in plan.attach.iter().filter(|(name, _)| !switched(&name.value)) {
        let lacking = no_such_interface(plan, &parts, name);
        if !attach(plan, &mut parts, name, *segment, chassis.cut, diagnostics) {
            missing.push((name, lacking));
        }
    }
    match chassis.cut {
        Some(cut) => diagnostics.extend(cut_off(plan, cut, &missing)),
        None => diagnostics.extend(missing.into_iter().map(|(_, lacking)| lacking)),
    }
    for name in plan.unused.iter().filter(|name| !switched(&name.value)) {
        let found = find(plan, &parts, &name.value);
        if found.is_empty() {
            let (device, interface) = (&plan.name.value, &name.value);
            let message = msg!(
                "`unused` names `{interface}`, which `{device}` does not have",
                "未使用とされた「{interface}」が「{device}」の設定にない"
            );
            diagnostics.push(Diagnostic::new(Code::Remark, name.span, message));
        }
        for (part, id) in found {
            if let Some(settled) = parts.get_mut(part).and_then(|p| p.settled.get_mut(id.index())) {
                *settled = true;
            }
        }
    }
    let analysed = matches!(chassis.status, DeviceStatus::Analysed) && matches!(plan.config, Config::File(_));
    parts.into_iter().map(|p| p.finish(plan, chassis.unread_elsewhere, analysed, diagnostics)).collect()
}

/// Interfaces called `name` in any part of the box; `PART/name` names one part.
fn find(plan: &BoxPlan, parts: &[Binding], name: &str) -> Vec<(usize, IfId)> {
    let by_name = |name: &str, only: Option<&str>| {
        let wanted = only.map(|part| format!("{}/{part}", plan.name.value));
        let named = parts.iter().enumerate();
        let named = named.filter(|(_, p)| wanted.as_ref().is_none_or(|w| *w == p.device.name));
        named.filter_map(|(n, p)| Some((n, p.device.interface(name)?))).collect::<Vec<_>>()
    };
    let plain = by_name(name, None);
    if !plain.is_empty() {
        return plain;
    }
    // Interface names hold slashes themselves, so every cut counts.
    let cuts = name.match_indices('/').filter_map(|(at, _)| Some((name.get(..at)?, name.get(at + 1..)?)));
    cuts.map(|(part, rest)| by_name(rest, Some(part))).find(|f| !f.is_empty()).unwrap_or_default()
}

/// Binds one interface of the topology; whether the configuration has it.
fn attach(
    plan: &BoxPlan,
    parts: &mut [Binding],
    name: &Spanned<String>,
    segment: SegmentId,
    cut: Option<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let found = find(plan, parts, &name.value);
    match found.as_slice() {
        [(part, id)] => {
            if let Some(part) = parts.get_mut(*part) {
                part.settle(*id, segment, name, diagnostics);
            }
        }
        [] => {
            let box_name = &plan.name.value;
            let interface = &name.value;
            let why = msg!(
                "the topology attaches `{interface}`, which the configuration of `{box_name}` does not have",
                "構成情報で接続先が指定された「{interface}」が「{box_name}」の設定にない"
            );
            // Nobody knows which part of the box has it.
            for part in parts {
                part.ghost(name, segment, why.clone(), cut);
            }
        }
        several => {
            let interface = &name.value;
            let holders = several.iter().filter_map(|(n, _)| parts.get(*n)).map(|p| p.device.name.as_str());
            let (en, ja) = listed(holders);
            let message =
                msg!("`{interface}` exists in {en}", "「{interface}」が{ja}のそれぞれにあり、特定できない");
            let help = msg!(
                "write `\"PART/{interface}\"`, with the part's name after the slash of the device's name",
                "`\"仮想機器名/{interface}\"` の形式で記載する"
            );
            diagnostics
                .push(Diagnostic::new(Code::Contradiction, name.span, message.clone()).with_help(help));
            for (part, id) in several {
                if let Some(part) = parts.get_mut(*part) {
                    part.settle(*id, segment, name, diagnostics);
                    part.taint(*id, message.clone(), name.span);
                }
            }
        }
    }
    !found.is_empty()
}

/// What a configuration that is cut short does not show any more.
fn cut_off(plan: &BoxPlan, cut: Span, missing: &[(&Spanned<String>, Diagnostic)]) -> Option<Diagnostic> {
    let (first, _) = missing.first()?;
    let (device, n) = (&plan.name.value, missing.len());
    let (en, ja) = listed(missing.iter().map(|(name, _)| name.value.as_str()));
    let message = msg!(
        "the configuration of `{device}` is cut short; {n} interfaces of the topology are not in it: {en}",
        "「{device}」の設定は途中で終わっており、構成情報に記載のインターフェース{n}件がない: {ja}"
    );
    let help = msg!(
        "export the whole configuration again; until then, this device may do anything",
        "設定全体を採取し直す。それまでは、この機器をあらゆる通信が通り得るものとして扱う"
    );
    let label = msg!("the configuration ends here", "設定はここで終わっている");
    Some(Diagnostic::new(Code::Contradiction, first.span, message).with_label(cut, label).with_help(help))
}

fn no_such_interface(plan: &BoxPlan, parts: &[Binding], name: &Spanned<String>) -> Diagnostic {
    let (device, interface) = (&plan.name.value, &name.value);
    let message = msg!(
        "the configuration of `{device}` has no interface `{interface}`",
        "「{device}」の設定にインターフェース「{interface}」がない"
    );
    let all = || parts.iter().flat_map(|p| &p.device.interfaces);
    let aliased = all().find(|i| i.alias.as_deref() == Some(interface.as_str()));
    let near = aliased.map(|i| i.name.value.as_str());
    let near = near.or_else(|| nearest(interface, all().map(|i| i.name.value.as_str())));
    let found = Diagnostic::new(Code::Contradiction, name.span, message);
    match near {
        Some(near) => found.with_help(msg!("did you mean `{near}`?", "「{near}」の誤りではないか")),
        None => found.with_help(msg!(
            "until this is settled, traffic through it may do anything",
            "解消するまで、この接続をあらゆる通信が通り得るものとして扱う"
        )),
    }
}

impl Binding {
    fn settle(
        &mut self,
        id: IfId,
        segment: SegmentId,
        name: &Spanned<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if let Some(settled) = self.settled.get_mut(id.index()) {
            *settled = true;
        }
        if self.device.interfaces.get(id.index()).is_some_and(|i| !i.up) {
            let (device, interface) = (&self.device.name, &name.value);
            let message = msg!(
                "`{interface}` of `{device}` is administratively down: nothing is attached to it",
                "「{device}」の「{interface}」は無効(shutdown)であり、接続がないものとして扱う"
            );
            diagnostics.push(Diagnostic::new(Code::Remark, name.span, message));
            return;
        }
        if let Some(attached) = self.attached.get_mut(id.index()) {
            *attached = Some(segment);
        }
        if self.device.interfaces.get(id.index()).is_some_and(|i| i.kind == InterfaceKind::Member) {
            let (device, interface) = (&self.device.name, &name.value);
            let message = msg!(
                "`{interface}` of `{device}` is a member of a switch or bond: attach that instead",
                "「{device}」の「{interface}」はスイッチ又は集約のメンバーである(接続先は集約側に記載する)"
            );
            diagnostics.push(Diagnostic::new(Code::Contradiction, name.span, message.clone()));
            // It is joined to the other members below layer 3.
            self.taint(id, message, name.span);
        }
    }

    fn taint(&mut self, id: IfId, what: Msg, span: Span) {
        let cause = self.device.add_cause(Cause { kind: CauseKind::Unknown, what, span });
        self.device.taints.push(Taint { radius: Radius::Interface(id), cause });
    }

    /// An interface that the topology knows and the configuration does not: it may do anything. Where the configuration
    /// is cut short, that is why.
    fn ghost(&mut self, name: &Spanned<String>, segment: SegmentId, why: Msg, cut: Option<Span>) {
        let id = IfId(u32::try_from(self.device.interfaces.len()).unwrap_or(u32::MAX));
        self.device.interfaces.push(Interface {
            name: name.clone(),
            alias: None,
            kind: InterfaceKind::Unread,
            up: true,
            addresses: Vec::new(),
        });
        self.attached.push(Some(segment));
        self.settled.push(true);
        let whole = |t: &&Taint| {
            t.radius == Radius::Device
                && self.device.causes.get(t.cause.0 as usize).is_some_and(|c| Some(c.span) == cut)
        };
        match self.device.taints.iter().find(whole).map(|t| t.cause) {
            Some(cause) => self.device.taints.push(Taint { radius: Radius::Interface(id), cause }),
            None => self.taint(id, why, name.span),
        }
    }

    fn finish(
        mut self,
        plan: &BoxPlan,
        unread_elsewhere: bool,
        analysed: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> SiteDevice {
        let mut elsewhere = Vec::new();
        for (id, interface) in self.device.interfaces() {
            let settled = self.settled.get(id.index()).copied().unwrap_or(false);
            if settled || !interface.up || !self.needs_binding(id, interface) {
                continue;
            }
            elsewhere.push(id);
            if interface.kind != InterfaceKind::Unread && analysed {
                diagnostics.push(unbound(plan, &self.device, interface));
            }
        }
        let anything = self.device.taints.iter().find(|t| t.radius == Radius::Device).map(|t| t.cause);
        self.device.widen();
        // Widening names the interfaces that nobody knows once; an attached one cannot also stand for them. Of a
        // device that nothing is known to be attached to there are two: it may stand between any two zones.
        let place = anything.and_then(|cause| self.device.causes.get(cause.0 as usize)).map(|c| c.span);
        let known = self.attached.len();
        let loose = self.attached.iter().all(Option::is_none) && elsewhere.is_empty();
        let wanted = known + if loose { 2 } else { 1 };
        while let Some(span) = place.filter(|_| self.device.interfaces.len() < wanted) {
            let number = self.device.interfaces.len() - known + 1;
            let name = if number == 1 { "(unread)".to_owned() } else { format!("(unread {number})") };
            self.device.interfaces.push(Interface {
                name: Spanned::new(name, span),
                alias: None,
                kind: InterfaceKind::Unread,
                up: true,
                addresses: Vec::new(),
            });
        }
        for (id, _) in self.device.interfaces().skip(self.attached.len()) {
            if unread_elsewhere {
                elsewhere.push(id);
            }
        }
        self.attached.resize(self.device.interfaces.len(), None);
        if plan.relay == Some(Relay::Unknown) {
            let what = msg!(
                "the topology says that it is unknown whether the device carries data between sessions",
                "機器がデータを中継するか否かは、構成情報で不明とされている"
            );
            let (kind, span) = (RelayKind::Data, plan.name.span);
            self.device.relays.push(DeviceRelay { kind, what, span, certain: false, carried: None });
        }
        SiteDevice {
            device: self.device,
            chassis: plan.name.value.clone(),
            attached: self.attached,
            elsewhere,
            unused: plan.unused.iter().map(|u| u.value.clone()).collect(),
            contract: None,
            table: None,
            relay: plan.relay.unwrap_or(Relay::Unknown),
            declarations: plan.declarations.clone(),
            companions: Vec::new(),
        }
    }

    /// Whether an interface that is up must be bound to be left out of account.
    fn needs_binding(&self, id: IfId, interface: &Interface) -> bool {
        match interface.kind {
            InterfaceKind::Vlan { .. } | InterfaceKind::Tunnel | InterfaceKind::Unread => true,
            InterfaceKind::Physical => !interface.addresses.is_empty() || self.named(id),
            // Frames without a tag come in by the parent of VLANs itself: that matters where it is spoken of.
            InterfaceKind::Trunk => self.named(id),
            InterfaceKind::Loopback | InterfaceKind::VirtualLink | InterfaceKind::Member => false,
        }
    }

    /// Whether something gives this very interface a part in the forwarding: a port without an address that
    /// nothing lets in or sends to is a free port. What a device does on every interface (source checks,
    /// hairpins, translations, its own services) says nothing of use.
    fn named(&self, id: IfId) -> bool {
        let device = &self.device;
        let tainted = device.taints.iter().any(|t| t.radius == Radius::Interface(id));
        let pipeline = &device.pipeline;
        let stages = pipeline.arrival.iter().chain(&pipeline.forward).filter_map(|s| match s {
            Stage::Filter(set) | Stage::Mark(set) => Some(*set),
            Stage::Translate(_) => None,
        });
        let sets = stages.chain([pipeline.routing]).filter_map(|s| device.rule_set(s));
        let mut rules = sets.flat_map(|s| &s.chains).flat_map(|c| &c.rules);
        tainted || rules.any(|r| self.gives_a_part(r, id))
    }

    fn gives_a_part(&self, rule: &Rule, id: IfId) -> bool {
        let sides: &[Field] = match rule.then {
            Then::Deny(_) => return false,
            Then::Route(route) => {
                let target = self.device.routes.get(route.index()).map(|r| r.target);
                let to_it = target == Some(RouteTarget::Interface(id));
                if to_it && !within(&rule.when, &[Field::Ingress], id) {
                    return true;
                }
                if to_it { &[Field::Ingress] } else { &[] }
            }
            _ => &[Field::Ingress, Field::Egress],
        };
        mentions(&rule.when, id, self.device.interfaces.len(), sides)
    }
}

/// Whether a condition, as written, demands that the packet be at `id` on all of `sides`.
fn within(when: &Expr, sides: &[Field], id: IfId) -> bool {
    let parts = match when {
        Expr::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let only = Ranges::one(u128::from(id.0));
    let demands = |side| parts.iter().any(|p| matches!(p, Expr::In(f, set) if *f == side && *set == only));
    !sides.is_empty() && sides.iter().all(|s| demands(*s))
}

/// Whether a condition singles out the interface, apart from conjunctions that demand it on all of `sides`
/// (packets that go back where they came from).
fn mentions(when: &Expr, id: IfId, interfaces: usize, sides: &[Field]) -> bool {
    let last = u128::try_from(interfaces).unwrap_or(u128::MAX).saturating_sub(1);
    let everyone = Ranges::full(last);
    let mut open = vec![when];
    while let Some(next) = open.pop() {
        match next {
            Expr::Any | Expr::None => {}
            Expr::All(_) if within(next, sides, id) => {}
            Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
            Expr::Not(inner) => open.push(inner),
            Expr::Unknown { bound, .. } => open.push(bound),
            Expr::In(Field::Ingress | Field::Egress, set) => {
                if set.contains(u128::from(id.0)) && !everyone.is_subset(set) {
                    return true;
                }
            }
            Expr::In(..) => {}
        }
    }
    false
}

fn unbound(plan: &BoxPlan, device: &Device, interface: &Interface) -> Diagnostic {
    let (owner, name) = (&device.name, &interface.name.value);
    let message = msg!(
        "`{name}` of `{owner}` is in use, and the topology binds it to nothing: it may lead anywhere",
        "「{owner}」の「{name}」は使用中であるが、構成情報に接続先がない(あらゆる場所に接続し得る)"
    );
    let label = msg!("the device in the topology", "構成情報の該当機器");
    let help = msg!(
        "add `\"{name}\" = \"SEGMENT\"` to its `[device.attach]`, or `unused = [\"{name}\"]`",
        "`[device.attach]` に `\"{name}\" = \"セグメントのID\"` を追記するか、`unused = [\"{name}\"]` とする"
    );
    Diagnostic::new(Code::UnboundInterface, interface.name.span, message)
        .with_label(plan.name.span, label)
        .with_help(help)
}

/// Adds one segment per cable inside the box and binds its ends.
pub(super) fn link(
    devices: &mut [SiteDevice],
    links: &[InternalLink],
    segments: &mut Vec<Segment>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for link in links {
        let ends = [link.a, link.b];
        let named = ends.map(|(n, id)| {
            let device = devices.get(n)?;
            let interface = device.device.interfaces.get(id.index())?;
            Some((format!("{}:{}", device.device.name, interface.name.value), interface.name.clone()))
        });
        let [Some((a, name)), Some((b, _))] = named else { continue };
        let segment = next_segment(segments);
        segments.push(internal_segment(format!("{a}={b}"), name.span));
        for (n, id) in ends {
            let Some(device) = devices.get_mut(n) else { continue };
            device.elsewhere.retain(|e| *e != id);
            let up = device.device.interfaces.get(id.index()).is_some_and(|i| i.up);
            match device.attached.get_mut(id.index()) {
                Some(slot @ None) if up => *slot = Some(segment),
                // The topology put a cable into a link inside the box: both stay possible.
                Some(Some(_)) => second_cable(device, id, segment, &name, diagnostics),
                _ => {}
            }
        }
    }
}

fn second_cable(
    device: &mut SiteDevice,
    id: IfId,
    inside: SegmentId,
    name: &Spanned<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let interface = device.device.interfaces.get(id.index()).map_or("", |i| i.name.value.as_str()).to_owned();
    let why = msg!(
        "`{interface}` is a link inside the box, and the topology attaches it to a segment",
        "「{interface}」は機器内部のリンクであるが、構成情報でセグメントに接続されている"
    );
    diagnostics.push(Diagnostic::new(Code::Contradiction, name.span, why.clone()));
    let outside = device.attached.get(id.index()).copied().flatten();
    if let Some(slot) = device.attached.get_mut(id.index()) {
        *slot = Some(inside);
    }
    let ghost = Interface {
        name: Spanned::new(interface, name.span),
        alias: None,
        kind: InterfaceKind::Unread,
        up: true,
        addresses: Vec::new(),
    };
    let new = IfId(u32::try_from(device.device.interfaces.len()).unwrap_or(u32::MAX));
    device.device.interfaces.push(ghost);
    device.attached.push(outside);
    let cause = device.device.add_cause(Cause { kind: CauseKind::Unknown, what: why, span: name.span });
    device.device.taints.push(Taint { radius: Radius::Interface(new), cause });
    device.device.widen();
}
