//! From the words of `topology.toml` to ids: every name resolved, every value parsed, nothing read yet.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::form::{At, Listing, suggest, with};
use super::site::{
    Declaration, External, Host, HostId, HostInterface, Relay, Sanitizer, Segment, SegmentId, Zone, ZoneId,
};
use super::topology::{self, Topology};
use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Msg, SitePath, Span, Spanned};
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
    pub unused_files: Vec<(Spanned<String>, String)>,
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
    Excluded(String),
}

/// A contract with its values parsed.
#[derive(Debug)]
pub(super) struct ContractPlan {
    pub span: Span,
    pub forwards: Vec<(String, String, Span)>,
    pub addresses: BTreeMap<String, Vec<Spanned<IpNetwork>>>,
}

#[derive(Clone, Copy)]
enum Place {
    Segment(SegmentId),
    Host(HostId),
}

pub(super) struct Planner {
    pub(super) file: FileId,
    pub(super) plan: Plan,
    pub(super) errors: Vec<Diagnostic>,
    zones: BTreeMap<String, (ZoneId, Span)>,
    places: BTreeMap<String, (Place, Span)>,
    devices: BTreeMap<String, Span>,
    declared: BTreeMap<String, Span>,
    paths: BTreeMap<SitePath, Span>,
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
        planner.plan.boxes.push(planned);
    }
    for external in &topology.external {
        planner.router(external);
    }
    planner.sanitizers(topology);
    planner.plan.unused_files =
        topology.unused_file.iter().map(|u| (u.path.spanned(file), u.reason.clone())).collect();
    planner.plan.paths = planner.paths.keys().cloned().collect();
    if planner.errors.is_empty() {
        Ok(planner.plan)
    } else {
        planner.errors.sort_by_key(|d| (d.primary.start, d.primary.end));
        Err(planner.errors)
    }
}

impl Planner {
    fn version(&mut self, version: &At<u32>) {
        let value = version.value;
        if value != 1 {
            let message =
                msg!("version {value} of this form is not known", "この形式の版 {value} は未対応です");
            let help = msg!("write `schema_version = 1`", "`schema_version = 1` と書いてください");
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
            insert(&mut self.devices, &mut self.errors, &device.name, file, |at| at, |v| *v);
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

    fn unknown(&mut self, id: &At<String>, what: (&str, &str), candidates: &[String]) {
        let name = &id.value;
        let (en, ja) = what;
        let message = msg!("nothing defines the {en} `{name}`", "{ja} `{name}` はどこにも定義されていません");
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
    fn uncited(&mut self, span: Span, what: &str) {
        let message = msg!(
            "`{what}` is declared here without naming a declaration",
            "`{what}` の根拠となる申告が示されていません"
        );
        let help = msg!("add `declarations = [\"…\"]`", "`declarations = [\"…\"]` を追加してください");
        self.plan.notes.push(Diagnostic::new(Code::Remark, span, message).with_help(help));
    }

    fn zone(&mut self, id: Option<&At<String>>) -> Option<ZoneId> {
        let id = id?;
        if let Some((zone, _)) = self.zones.get(&id.value) {
            return Some(*zone);
        }
        let known: Vec<String> = self.zones.keys().cloned().collect();
        self.unknown(id, ("zone", "ゾーン"), &known);
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

    fn hosts(&mut self, topology: &Topology) {
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
            });
        }
    }

    /// `DEVICE` or `DEVICE/VDOM`; whether the part exists is known only after reading.
    fn host_device(&mut self, name: &At<String>) {
        let whole = self.devices.contains_key(&name.value);
        let part = name.value.split_once('/').is_some_and(|(d, _)| self.devices.contains_key(d));
        if !whole && !part {
            let known: Vec<String> = self.devices.keys().cloned().collect();
            self.unknown(name, ("device", "機器"), &known);
        }
    }

    fn device(&mut self, device: &topology::Device, vendors: &[&str]) -> BoxPlan {
        let file = self.file;
        let attach = device.attach.iter();
        let attach =
            attach.filter_map(|(i, s)| Some((i.spanned(file), self.segment(s)?))).collect::<Vec<_>>();
        for name in &device.unused {
            if let Some((_, _)) = attach.iter().find(|(i, _)| i.value == name.value) {
                let interface = &name.value;
                let message = msg!(
                    "`{interface}` is attached and declared unused",
                    "`{interface}` は接続先があるのに未使用とされています"
                );
                let help = msg!("keep one of the two", "どちらか一方だけを残してください");
                self.error(Code::InvalidValue, name.span(file), message, help);
            }
        }
        if let Some(vendor) = &device.vendor
            && !vendors.contains(&vendor.value.as_str())
        {
            let known: Vec<String> = vendors.iter().map(|v| (*v).to_owned()).collect();
            self.unknown(vendor, ("vendor", "ベンダー"), &known);
        }
        let declarations = self.cite(&device.declarations);
        if device.relay == Some(Relay::No) && declarations.is_empty() {
            self.uncited(device.name.span(file), "relay = \"no\"");
        }
        BoxPlan {
            name: device.name.spanned(file),
            config: self.config(device, &attach),
            vendor: device.vendor.as_ref().map(|v| v.spanned(file)),
            companions: self.companions(&device.companions),
            relay: device.relay,
            cluster: device.cluster.clone(),
            unused: device.unused.iter().map(|u| u.spanned(file)).collect(),
            attach,
            declarations,
            synthetic: false,
        }
    }

    fn config(&mut self, device: &topology::Device, attach: &[(Spanned<String>, SegmentId)]) -> Config {
        let file = self.file;
        let unavailable = device.config.as_ref().filter(|c| c.value == "unavailable");
        if let Some(reason) = &device.excluded {
            if !attach.is_empty() {
                let message = msg!(
                    "an excluded device cannot be attached to anything",
                    "対象外(excluded)とした機器に接続先が書かれています"
                );
                let help = msg!("remove `attach` or `excluded`", "`attach` か `excluded` を消してください");
                self.error(Code::InvalidValue, reason.span(file), message, help);
            }
            if let Some(config) = device.config.as_ref().filter(|_| unavailable.is_none()) {
                self.path(config);
            }
            return Config::Excluded(reason.value.clone());
        }
        if let (Some(contract), None) = (&device.contract, unavailable) {
            let message = msg!(
                "a contract stands only for a configuration that is not to be had",
                "contract は設定を入手できない機器にだけ書けます"
            );
            let help = msg!(
                "write `config = \"unavailable\"` or remove the contract",
                "`config = \"unavailable\"` とするか、contract を消してください"
            );
            self.error(Code::InvalidValue, contract.span(file), message, help);
        }
        match (&device.config, unavailable, &device.contract) {
            (_, Some(_), Some(contract)) => Config::Contract(self.contract(contract, attach)),
            (_, Some(config), None) => Config::Unavailable(config.span(file)),
            (Some(config), None, _) => match self.path(config) {
                Some(path) => Config::File(path),
                None => Config::Unavailable(config.span(file)),
            },
            (None, _, _) => {
                let name = &device.name.value;
                let message =
                    msg!("the device `{name}` has no `config`", "機器 `{name}` に `config` がありません");
                let help = msg!(
                    "name its file, or write `config = \"unavailable\"`",
                    "設定ファイルを書くか、`config = \"unavailable\"` としてください"
                );
                self.error(Code::MissingKey, device.name.span(file), message, help);
                Config::Unavailable(device.name.span(file))
            }
        }
    }

    fn companions(&mut self, companions: &topology::Companions) -> Vec<(Companion, Spanned<SitePath>)> {
        let listed = [
            (Companion::Ipv6, &companions.ipv6),
            (Companion::Addresses, &companions.addresses),
            (Companion::Routes, &companions.routes),
            (Companion::Routes6, &companions.routes6),
            (Companion::Rules, &companions.rules),
            (Companion::Sysctl, &companions.sysctl),
        ];
        let given = listed.into_iter().filter_map(|(kind, path)| Some((kind, path.as_ref()?)));
        given.filter_map(|(kind, path)| Some((kind, self.path(path)?))).collect()
    }

    fn path(&mut self, text: &At<String>) -> Option<Spanned<SitePath>> {
        let span = text.span(self.file);
        let path = match SitePath::new(&text.value) {
            Ok(path) => path,
            Err(why) => {
                let message = msg!("{why}", "サイトフォルダーの中のファイルではありません");
                let help = msg!(
                    "name a file inside the site folder, like `configs/FW-01.conf`",
                    "`configs/FW-01.conf` のように、サイトフォルダー内の相対パスで書いてください"
                );
                self.error(Code::PathOutsideSite, span, message, help);
                return None;
            }
        };
        if let Some(first) = self.paths.get(&path) {
            let message = msg!("`{path}` is already used", "`{path}` は既に使われています");
            let label = msg!("first used here", "最初の使用箇所");
            let help = msg!("each file belongs to one device", "1つのファイルは1台の機器にだけ対応します");
            let found = Diagnostic::new(Code::InvalidValue, span, message).with_label(*first, label);
            self.errors.push(found.with_help(help));
            return None;
        }
        self.paths.insert(path.clone(), span);
        Some(Spanned::new(path, span))
    }

    fn contract(
        &mut self,
        contract: &At<topology::Contract>,
        attach: &[(Spanned<String>, SegmentId)],
    ) -> ContractPlan {
        let file = self.file;
        let names: Vec<String> = attach.iter().map(|(i, _)| i.value.clone()).collect();
        let mut forwards = Vec::new();
        for flow in &contract.value.forwards {
            for end in [&flow.value.from, &flow.value.to] {
                self.attached(end, &names);
            }
            let (from, to) = (flow.value.from.value.clone(), flow.value.to.value.clone());
            forwards.push((from, to, flow.span(file)));
        }
        let mut addresses = BTreeMap::new();
        for (name, listed) in &contract.value.addresses {
            self.attached(name, &names);
            let parsed = listed.iter().filter_map(|a| self.interface_address(a)).collect();
            addresses.insert(name.value.clone(), parsed);
        }
        ContractPlan { span: contract.span(file), forwards, addresses }
    }

    fn attached(&mut self, name: &At<String>, names: &[String]) {
        if !names.contains(&name.value) {
            self.unknown(name, ("attached interface", "接続済みインターフェース"), names);
        }
    }

    /// `segment` and `router` of an external network: an unmanaged router of theirs.
    fn router(&mut self, external: &topology::External) {
        let file = self.file;
        let Some(outside) = self.places.get(&external.id.value).and_then(|(p, _)| match p {
            Place::Segment(s) => Some(*s),
            Place::Host(_) => None,
        }) else {
            return;
        };
        let Some(on) = &external.segment else {
            if let Some(router) = external.router.first() {
                let message = msg!(
                    "`router` needs the `segment` on which it stands",
                    "`router` には、それが置かれた `segment` が必要です"
                );
                let help = msg!("add `segment = \"…\"`", "`segment = \"…\"` を追加してください");
                self.error(Code::MissingKey, router.span(file), message, help);
            }
            return;
        };
        let Some(inside) = self.segment(on) else { return };
        let addresses: Vec<_> = external.router.iter().filter_map(|a| self.interface_address(a)).collect();
        let span = external.id.span(file);
        let (near, far) = ("inside".to_owned(), "outside".to_owned());
        self.plan.boxes.push(BoxPlan {
            name: Spanned::new(format!("{}-router", external.id.value), span),
            config: Config::Contract(ContractPlan {
                span,
                forwards: vec![(near.clone(), far.clone(), span), (far.clone(), near.clone(), span)],
                addresses: BTreeMap::from([(near.clone(), addresses)]),
            }),
            vendor: None,
            companions: Vec::new(),
            relay: Some(Relay::No),
            cluster: None,
            unused: Vec::new(),
            attach: vec![(Spanned::new(near, on.span(file)), inside), (Spanned::new(far, span), outside)],
            declarations: external.declarations.iter().map(|d| d.value.clone()).collect(),
            synthetic: true,
        });
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
            ("segment, external network or host", "セグメント・外部ネットワーク・ホスト")
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
            let message = msg!("`{value}` is not a prefix", "`{value}` はネットワークアドレスではありません");
            let help = msg!("write it like `10.21.20.0/24`", "`10.21.20.0/24` のように書いてください");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        };
        if network.network() != network.ip() {
            let (base, length) = (network.network(), network.prefix());
            let message =
                msg!("`{value}` has bits set beyond its length", "`{value}` にホスト部が含まれています");
            let help = msg!("did you mean `{base}/{length}`?", "`{base}/{length}` の間違いではありませんか");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        }
        Some(Spanned::new(network, span))
    }

    fn address(&mut self, text: &At<String>) -> Option<Spanned<IpAddr>> {
        let span = text.span(self.file);
        let value = &text.value;
        let Ok(address) = value.parse::<IpAddr>() else {
            let message = msg!("`{value}` is not an address", "`{value}` は IP アドレスではありません");
            let help =
                msg!("write one address, like `10.21.10.11`", "`10.21.10.11` のように1つずつ書いてください");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        };
        Some(Spanned::new(address, span))
    }

    /// An address with or without its prefix length.
    fn interface_address(&mut self, text: &At<String>) -> Option<Spanned<IpNetwork>> {
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
        let message = msg!("`{name}` is defined twice", "`{name}` が二重に定義されています");
        let label = msg!("first defined here", "最初の定義");
        let help = msg!("give one of them another id", "どちらかの id を変えてください");
        let found = Diagnostic::new(Code::DuplicateId, span, message).with_label(place(first), label);
        errors.push(found.with_help(help));
        return;
    }
    map.insert(name.clone(), make(span));
}
