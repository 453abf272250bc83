//! From the words of `topology.toml` to ids: every name resolved, every value parsed, nothing read yet.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::cables::CablePlan;
use super::form::{At, Listing, suggest, with};
use super::policy::TablePlan;
use super::records::Records;
use super::site::{
    Declaration, External, Host, HostId, HostInterface, Relay, Sanitizer, Segment, SegmentId, Zone, ZoneId,
};
use super::topology::Topology;
use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Msg, SitePath, Span, Spanned, alike};
use crate::vendor::Companion;

/// A topology with its names resolved.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub name: String,
    pub zones: Vec<Zone>,
    pub segments: Vec<Segment>,
    pub hosts: Vec<Host>,
    /// The device that each host is, by name.
    pub host_devices: Vec<Option<Spanned<String>>>,
    pub sanitizers: Vec<Sanitizer>,
    pub declarations: Vec<Declaration>,
    pub boxes: Vec<BoxPlan>,
    pub cables: Vec<CablePlan>,
    pub registers: Vec<Spanned<SitePath>>,
    /// The municipality's own rule pack.
    pub pack: Option<Spanned<SitePath>>,
    pub unused_files: Vec<(Spanned<String>, String)>,
    pub records: Records,
    /// Every configuration file that some device names.
    pub paths: BTreeSet<SitePath>,
    /// Notes that do not stop the reading.
    pub notes: Vec<Diagnostic>,
}

/// A box of the topology.
#[derive(Debug)]
pub(super) struct BoxPlan {
    pub name: Spanned<String>,
    pub config: Config,
    pub vendor: Option<Spanned<String>>,
    pub companions: Vec<(Companion, Spanned<SitePath>)>,
    pub relay: Option<Relay>,
    pub cluster: Option<String>,
    /// The box, by index, whose second cluster member it is.
    pub stands_by: Option<usize>,
    pub unused: Vec<Spanned<String>>,
    pub attach: Vec<(Spanned<String>, SegmentId)>,
    pub declarations: Vec<String>,
    /// A router that stands for an external network, not a box of the topology.
    pub synthetic: bool,
}

/// Where a box's behaviour comes from.
#[derive(Debug)]
pub(super) enum Config {
    File(Spanned<SitePath>),
    Unavailable(Span),
    Contract(ContractPlan),
    Table(TablePlan),
    Excluded(String),
}

/// A contract with its values parsed.
#[derive(Debug)]
pub(super) struct ContractPlan {
    pub span: Span,
    pub forwards: Vec<(String, String, Span)>,
    pub addresses: BTreeMap<String, Vec<Spanned<IpNetwork>>>,
    /// All routes beside the connected ones; none if its neighbours tell.
    pub routes: Vec<RoutePlan>,
}

/// A declared route.
#[derive(Debug)]
pub(super) struct RoutePlan {
    pub prefix: IpNetwork,
    pub via: IpAddr,
    /// The interface on whose segment the next hop is.
    pub egress: String,
    pub span: Span,
}

#[derive(Clone, Copy)]
pub(super) enum Place {
    Segment(SegmentId),
    Host(HostId),
}

pub(super) struct Planner {
    pub(super) file: FileId,
    pub(super) plan: Plan,
    pub(super) errors: Vec<Diagnostic>,
    zones: BTreeMap<String, (ZoneId, Span)>,
    pub(super) places: BTreeMap<String, (Place, Span)>,
    devices: BTreeMap<String, Span>,
    declared: BTreeMap<String, Span>,
    pub(super) paths: BTreeMap<SitePath, Span>,
}

/// Resolves `topology`; `vendors` are the known vendor ids.
///
/// # Errors
/// Every mistake, in file order.
pub(super) fn plan(topology: &Topology, file: FileId, vendors: &[&str]) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner {
        file,
        plan: Plan { name: topology.name.clone(), ..Plan::default() },
        errors: Vec::new(),
        zones: BTreeMap::new(),
        places: BTreeMap::new(),
        devices: BTreeMap::new(),
        declared: BTreeMap::new(),
        paths: BTreeMap::new(),
    };
    planner.version(&topology.schema_version);
    planner.index(topology);
    planner.segments(topology);
    planner.hosts(topology);
    for device in &topology.device {
        let planned = planner.device(device, vendors);
        let standby = device.standby.as_ref().map(|s| planner.standby(device, s, &planned));
        let first = planner.plan.boxes.len();
        planner.plan.boxes.push(planned);
        planner.plan.boxes.extend(standby.map(|s| BoxPlan { stands_by: Some(first), ..s }));
    }
    for external in &topology.external {
        planner.router(external);
    }
    planner.sanitizers(topology);
    planner.plan.cables = topology.link.iter().flat_map(|c| planner.cable(c)).collect();
    planner.records(topology);
    planner.plan.registers = topology.registers.iter().filter_map(|r| planner.path(r)).collect();
    let pack = topology.policy.as_ref().and_then(|p| p.value.pack.as_ref());
    planner.plan.pack = pack.filter(|p| is_file(&p.value)).and_then(|p| planner.path(p));
    planner.plan.unused_files =
        topology.unused_file.iter().map(|u| (u.path.spanned(file), u.reason.clone())).collect();
    planner.plan.paths = planner.paths.keys().cloned().collect();
    if planner.errors.is_empty() {
        Ok(planner.plan)
    } else {
        planner.errors.sort_by_key(|d| (d.primary.file, d.primary.start, d.primary.end));
        Err(planner.errors)
    }
}

/// Whether a pack is named by its file, not by the id of one of the program's own.
fn is_file(pack: &str) -> bool {
    pack.contains('/') || pack.to_lowercase().ends_with(".toml")
}

impl Planner {
    fn version(&mut self, version: &At<u32>) {
        let value = version.value;
        if value != 1 {
            let message =
                msg!("version {value} of this form is not known", "この形式の版 {value} は未対応である");
            let help = msg!("write `schema_version = 1`", "`schema_version = 1` と記載する");
            self.error(Code::InvalidValue, version.span(self.file), message, help);
        }
    }

    pub(super) fn error(&mut self, code: Code, span: Span, message: Msg, help: Msg) {
        self.errors.push(Diagnostic::new(code, span, message).with_help(help));
    }

    /// Names first, so that the order of the file does not matter.
    fn index(&mut self, topology: &Topology) {
        let file = self.file;
        for (n, zone) in (0u32..).zip(&topology.zone) {
            insert(&mut self.zones, &mut self.errors, &zone.id, file, |at| (ZoneId(n), at), |v| v.1);
            let id = zone.id.spanned(file);
            self.plan.zones.push(Zone { id, name: zone.name.clone(), role: zone.role });
        }
        let externals = topology.external.iter().map(|e| &e.id);
        for (n, id) in (0u32..).zip(topology.segment.iter().map(|s| &s.id).chain(externals)) {
            let place = Place::Segment(SegmentId(n));
            insert(&mut self.places, &mut self.errors, id, file, |at| (place, at), |v| v.1);
        }
        for (n, host) in (0u32..).zip(&topology.host) {
            let place = Place::Host(HostId(n));
            insert(&mut self.places, &mut self.errors, &host.id, file, |at| (place, at), |v| v.1);
        }
        for device in &topology.device {
            for name in [Some(&device.name), device.standby.as_ref().map(|s| &s.name)].into_iter().flatten() {
                insert(&mut self.devices, &mut self.errors, name, file, |at| at, |v| *v);
            }
        }
        for declared in &topology.declaration {
            insert(&mut self.declared, &mut self.errors, &declared.id, file, |at| at, |v| *v);
            self.plan.declarations.push(Declaration {
                id: declared.id.spanned(file),
                text: declared.text.clone(),
                document: declared.document.clone(),
                by: declared.by.clone(),
                date: declared.date.clone(),
            });
        }
    }

    pub(super) fn unknown(&mut self, id: &At<String>, what: (&str, &str), candidates: &[String]) {
        let name = &id.value;
        let (en, ja) = what;
        let message = msg!("nothing defines the {en} `{name}`", "{ja}「{name}」が定義されていない");
        let help = suggest(name, candidates.iter().map(String::as_str), Listing::Always);
        let found = Diagnostic::new(Code::UnknownId, id.span(self.file), message);
        self.errors.push(with(found, help));
    }

    pub(super) fn cite(&mut self, ids: &[At<String>]) -> Vec<String> {
        for id in ids {
            if !self.declared.contains_key(&id.value) {
                let known: Vec<String> = self.declared.keys().cloned().collect();
                self.unknown(id, ("declaration", "申告"), &known);
            }
        }
        ids.iter().map(|i| i.value.clone()).collect()
    }

    /// A statement that no configuration can show should name its declaration.
    pub(super) fn uncited(&mut self, span: Span, what: &str) {
        let message = msg!(
            "`{what}` is declared here without naming a declaration",
            "`{what}` の根拠となる申告の記載がない"
        );
        let help = msg!("add `declarations = [\"…\"]`", "`declarations = [\"…\"]` を追記する");
        self.plan.notes.push(Diagnostic::new(Code::Remark, span, message).with_help(help));
    }

    pub(super) fn zone(&mut self, id: Option<&At<String>>) -> Option<ZoneId> {
        let id = id?;
        if let Some((zone, _)) = self.zones.get(&id.value) {
            return Some(*zone);
        }
        let known: Vec<String> = self.zones.keys().cloned().collect();
        self.unknown(id, ("zone", "系"), &known);
        None
    }

    pub(super) fn segment(&mut self, id: &At<String>) -> Option<SegmentId> {
        if let Some((Place::Segment(segment), _)) = self.places.get(&id.value) {
            return Some(*segment);
        }
        let segments = self.places.iter().filter(|(_, p)| matches!(p.0, Place::Segment(_)));
        let known: Vec<String> = segments.map(|(name, _)| name.clone()).collect();
        self.unknown(id, ("segment", "セグメント"), &known);
        None
    }

    fn segments(&mut self, topology: &Topology) {
        for segment in &topology.segment {
            let zone = self.zone(segment.zone.as_ref());
            let prefixes = segment.prefixes.iter().filter_map(|p| self.prefix(p)).collect();
            let declarations = self.cite(&segment.declarations);
            if segment.terminals == Relay::No && declarations.is_empty() {
                self.uncited(segment.id.span(self.file), "terminals = \"no\"");
            }
            self.plan.segments.push(Segment {
                id: segment.id.spanned(self.file),
                name: segment.name.clone(),
                zone,
                prefixes,
                complete: segment.complete,
                terminals: segment.terminals,
                declarations,
                external: None,
                internal: false,
            });
        }
        for external in &topology.external {
            let zone = self.zone(external.zone.as_ref());
            let leads_to = self.leads_to(topology, &external.leads_to);
            let declarations = self.cite(&external.declarations);
            if declarations.is_empty() {
                self.uncited(external.id.span(self.file), "leads_to");
            }
            self.plan.segments.push(Segment {
                id: external.id.spanned(self.file),
                name: external.name.clone(),
                zone,
                prefixes: Vec::new(),
                // Whoever answers there belongs to the external network, which declares where it leads.
                complete: true,
                terminals: Relay::Unknown,
                declarations: declarations.clone(),
                external: Some(External { leads_to, declarations }),
                internal: false,
            });
        }
    }

    fn leads_to(&mut self, topology: &Topology, ids: &[At<String>]) -> Vec<SegmentId> {
        let first = topology.segment.len();
        let mut out = Vec::new();
        for id in ids {
            match self.places.get(&id.value) {
                Some((Place::Segment(s), _)) if s.index() >= first => out.push(*s),
                _ => {
                    let known: Vec<String> = topology.external.iter().map(|e| e.id.value.clone()).collect();
                    self.unknown(id, ("external network", "外部ネットワーク"), &known);
                }
            }
        }
        out
    }

    /// Hosts whose names differ only in how they are written: one machine under two names would stand in one zone each.
    fn look_alikes(&mut self, topology: &Topology) {
        let mut seen: BTreeMap<String, &At<String>> = BTreeMap::new();
        for id in topology.host.iter().map(|h| &h.id) {
            let first = *seen.entry(alike(&id.value)).or_insert(id);
            if first.value == id.value {
                continue;
            }
            let (name, other) = (&id.value, &first.value);
            let message = msg!(
                "`{name}` and `{other}` differ only in how they are written: are they one machine?",
                "「{name}」と「{other}」は表記のみが異なる。同一の機器ではないか"
            );
            let help = msg!(
                "write one name for one machine; tell two machines apart by more than case, dashes and spaces",
                "同一の機器であれば名称の表記を統一する。別の機器であれば、大文字と小文字、ハイフン、空白等の違いの\
                 ほかに区別できる名称とする"
            );
            let label = msg!("the other one", "もう一方");
            let found = Diagnostic::new(Code::DuplicateId, id.span(self.file), message);
            self.errors.push(found.with_label(first.span(self.file), label).with_help(help));
        }
    }

    fn hosts(&mut self, topology: &Topology) {
        self.look_alikes(topology);
        for host in &topology.host {
            let mut interfaces = Vec::new();
            for card in &host.interfaces {
                let addresses = card.addresses.iter().filter_map(|a| self.address(a)).collect();
                if let Some(segment) = self.segment(&card.segment) {
                    interfaces.push(HostInterface { segment, addresses });
                }
            }
            let declarations = self.cite(&host.declarations);
            if host.relay == Relay::No && declarations.is_empty() {
                self.uncited(host.id.span(self.file), "relay = \"no\"");
            }
            let device = host.device.as_ref().map(|d| d.spanned(self.file));
            if let Some(name) = &host.device {
                self.host_device(name);
            }
            self.plan.host_devices.push(device);
            self.plan.hosts.push(Host {
                id: host.id.spanned(self.file),
                interfaces,
                relay: host.relay,
                declarations,
                class: host.class.clone(),
                device: None,
                names: None,
            });
        }
    }

    /// `DEVICE` or `DEVICE/VDOM`; whether the part exists is known only after reading.
    pub(super) fn host_device(&mut self, name: &At<String>) {
        let whole = self.devices.contains_key(&name.value);
        let part = name.value.split_once('/').is_some_and(|(d, _)| self.devices.contains_key(d));
        if !whole && !part {
            let known: Vec<String> = self.devices.keys().cloned().collect();
            self.unknown(name, ("device", "機器"), &known);
        }
    }

    pub(super) fn host_id(&self, name: &str) -> Option<HostId> {
        match self.places.get(name) {
            Some((Place::Host(h), _)) => Some(*h),
            _ => None,
        }
    }

    pub(super) fn segment_id(&self, name: &str) -> Option<SegmentId> {
        match self.places.get(name) {
            Some((Place::Segment(s), _)) => Some(*s),
            _ => None,
        }
    }

    /// Names of hosts, and of segments too if `all`.
    pub(super) fn place_names(&self, all: bool) -> Vec<String> {
        let places = self.places.iter().filter(|(_, p)| all || matches!(p.0, Place::Host(_)));
        places.map(|(n, _)| n.clone()).collect()
    }

    pub(super) fn unknown_place(&mut self, id: &At<String>, all: bool) {
        let known = self.place_names(all);
        let what = if all {
            ("segment, external network or host", "セグメント、外部ネットワーク又はホスト")
        } else {
            ("host", "ホスト")
        };
        self.unknown(id, what, &known);
    }

    pub(super) fn prefix(&mut self, text: &At<String>) -> Option<Spanned<IpNetwork>> {
        let span = text.span(self.file);
        let value = &text.value;
        // A bare address would silently become a prefix of one address.
        let parsed = value.parse::<IpNetwork>().ok().filter(|_| value.contains('/'));
        let Some(network) = parsed else {
            let message = msg!("`{value}` is not a prefix", "「{value}」はプレフィックスではない");
            let help = msg!("write it like `10.21.20.0/24`", "`10.21.20.0/24` のように記載する");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        };
        if network.network() != network.ip() {
            let (base, length) = (network.network(), network.prefix());
            let message =
                msg!("`{value}` has bits set beyond its length", "「{value}」にホスト部が含まれている");
            let help = msg!("did you mean `{base}/{length}`?", "「{base}/{length}」の誤りではないか");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        }
        Some(Spanned::new(network, span))
    }

    pub(super) fn address(&mut self, text: &At<String>) -> Option<Spanned<IpAddr>> {
        let span = text.span(self.file);
        let value = &text.value;
        let Ok(address) = value.parse::<IpAddr>() else {
            let message = msg!("`{value}` is not an address", "「{value}」はIPアドレスではない");
            let help = msg!("write one address, like `10.21.10.11`", "`10.21.10.11` のように1つずつ記載する");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        };
        Some(Spanned::new(address, span))
    }

    /// An address with or without its prefix length.
    pub(super) fn interface_address(&mut self, text: &At<String>) -> Option<Spanned<IpNetwork>> {
        if let Ok(network) = text.value.parse::<IpNetwork>() {
            return Some(Spanned::new(network, text.span(self.file)));
        }
        let address = self.address(text)?;
        Some(Spanned::new(IpNetwork::from(address.value), address.span))
    }

    fn sanitizers(&mut self, topology: &Topology) {
        for sanitizer in &topology.sanitizer {
            let Some(host) = self.host_id(&sanitizer.host.value) else {
                self.unknown_place(&sanitizer.host, false);
                continue;
            };
            let sessions = sanitizer.session.iter().filter_map(|s| self.session(s)).collect();
            let declarations = self.cite(&sanitizer.declarations);
            if declarations.is_empty() {
                self.uncited(sanitizer.host.span(self.file), "sanitizer");
            }
            self.plan.sanitizers.push(Sanitizer {
                host,
                types: sanitizer.types.iter().map(|t| t.word().to_owned()).collect(),
                forwarding: sanitizer.forwarding,
                sessions,
                declarations,
                span: sanitizer.host.span(self.file),
            });
        }
    }
}

fn insert<V>(
    map: &mut BTreeMap<String, V>,
    errors: &mut Vec<Diagnostic>,
    id: &At<String>,
    file: FileId,
    make: impl Fn(Span) -> V,
    place: impl Fn(&V) -> Span,
) {
    let span = id.span(file);
    let name = &id.value;
    if let Some(first) = map.get(name) {
        let message = msg!("`{name}` is defined twice", "「{name}」が2回定義されている");
        let label = msg!("first defined here", "最初の定義");
        let help = msg!("give one of them another id", "いずれか一方のIDを変更する");
        let found = Diagnostic::new(Code::DuplicateId, span, message).with_label(place(first), label);
        errors.push(found.with_help(help));
        return;
    }
    map.insert(name.clone(), make(span));
}
