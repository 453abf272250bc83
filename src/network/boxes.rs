//! Boxes of the topology: their files, contracts and attachments.

use std::collections::{BTreeMap, BTreeSet};

use ipnetwork::IpNetwork;

use super::form::At;
use super::plan::{BoxPlan, Config, ContractPlan, Place, Planner, RoutePlan};
use super::policy::TablePlan;
use super::site::{Relay, SegmentId};
use super::topology;
use crate::model::{DenyKind, Then};
use crate::msg;
use crate::source::{Code, Diagnostic, SitePath, Span, Spanned};
use crate::vendor::Companion;

impl Planner {
    pub(super) fn device(&mut self, device: &topology::Device, vendors: &[&str]) -> BoxPlan {
        let file = self.file;
        let attach = device.attach.iter();
        let attach =
            attach.filter_map(|(i, s)| Some((i.spanned(file), self.segment(s)?))).collect::<Vec<_>>();
        for name in &device.unused {
            if let Some((_, _)) = attach.iter().find(|(i, _)| i.value == name.value) {
                let interface = &name.value;
                let message = msg!(
                    "`{interface}` is attached and declared unused",
                    "「{interface}」に接続先があるにもかかわらず、未使用とされている"
                );
                let help = msg!("keep one of the two", "いずれか一方のみを残す");
                self.error(Code::InvalidValue, name.span(file), message, help);
            }
        }
        if let Some(vendor) = &device.vendor
            && !vendors.contains(&vendor.value.as_str())
        {
            let known: Vec<String> = vendors.iter().map(|v| (*v).to_owned()).collect();
            self.unknown(vendor, ("vendor", "種別"), &known);
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
            cluster: device.cluster.clone().or(device.standby.as_ref().map(|_| device.name.value.clone())),
            stands_by: None,
            unused: device.unused.iter().map(|u| u.spanned(file)).collect(),
            attach,
            declarations,
            synthetic: false,
        }
    }

    /// The second member: the first one's cabling, with its own name, file and exceptions.
    pub(super) fn standby(
        &mut self,
        device: &topology::Device,
        standby: &topology::Standby,
        first: &BoxPlan,
    ) -> BoxPlan {
        let file = self.file;
        if !matches!(first.config, Config::File(_)) {
            let message = msg!(
                "only a device with a configuration can have a `standby`",
                "`standby` は設定のある機器にのみ記載できる"
            );
            let help = msg!("remove `standby`", "`standby` を削除する");
            self.error(Code::InvalidValue, standby.name.span(file), message, help);
        }
        let mut attach = first.attach.clone();
        for (name, segment) in &standby.attach {
            let Some(segment) = self.segment(segment) else { continue };
            attach.retain(|(known, _)| known.value != name.value);
            attach.push((name.spanned(file), segment));
        }
        let span = standby.config.span(file);
        let config = match standby.config.value.as_str() {
            "unavailable" => Config::Unavailable(span),
            _ => self.path(&standby.config).map_or(Config::Unavailable(span), Config::File),
        };
        let unattached = |u: &&Spanned<String>| !standby.attach.keys().any(|a| a.value == u.value);
        BoxPlan {
            name: standby.name.spanned(file),
            config,
            vendor: first.vendor.clone(),
            companions: standby.companions.as_ref().map(|c| self.companions(c)).unwrap_or_default(),
            relay: device.relay,
            cluster: first.cluster.clone(),
            stands_by: None,
            unused: first.unused.iter().filter(unattached).cloned().collect(),
            attach,
            declarations: first.declarations.clone(),
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
                    "対象外(excluded)とした機器に接続先が記載されている"
                );
                let help = msg!("remove `attach` or `excluded`", "`attach` 又は `excluded` を削除する");
                self.error(Code::InvalidValue, reason.span(file), message, help);
            }
            if let Some(config) = device.config.as_ref().filter(|_| unavailable.is_none()) {
                self.path(config);
            }
            return Config::Excluded(reason.value.clone());
        }
        let by_table = device.config.as_ref().filter(|c| c.value == "table");
        if let (Some(table), None) = (&device.table, by_table) {
            let message = msg!(
                "only a device whose policy table stands for its configuration can have a `table`",
                "`table` はFWポリシー表を設定の代わりとする機器にのみ記載できる"
            );
            let help = msg!(
                "write `config = \"table\"` or remove `table`",
                "`config = \"table\"` とするか、`table` を削除する"
            );
            self.error(Code::InvalidValue, table.span(file), message, help);
        }
        if let (Some(contract), None) = (&device.contract, unavailable) {
            let message = msg!(
                "only a device whose configuration is unavailable can have a `contract`",
                "`contract` は設定を入手できない機器にのみ記載できる"
            );
            let help = msg!(
                "write `config = \"unavailable\"` or remove `contract`",
                "`config = \"unavailable\"` とするか、`contract` を削除する"
            );
            self.error(Code::InvalidValue, contract.span(file), message, help);
        }
        match (&device.config, unavailable, &device.contract) {
            (_, Some(_), Some(contract)) => Config::Contract(self.contract(contract, attach)),
            (_, Some(config), None) => Config::Unavailable(config.span(file)),
            (Some(config), None, _) if by_table.is_some() => {
                Config::Table(self.table(device, config.span(file), attach))
            }
            (Some(config), None, _) => match self.path(config) {
                Some(path) => Config::File(path),
                None => Config::Unavailable(config.span(file)),
            },
            (None, _, _) => {
                let name = &device.name.value;
                let message = msg!("the device `{name}` has no `config`", "機器「{name}」に `config` がない");
                let help = msg!(
                    "name its file, or write `config = \"unavailable\"`",
                    "設定ファイルを記載するか、`config = \"unavailable\"` とする"
                );
                self.error(Code::MissingKey, device.name.span(file), message, help);
                Config::Unavailable(device.name.span(file))
            }
        }
    }

    /// What the topology says beside a policy table.
    fn table(
        &mut self,
        device: &topology::Device,
        span: Span,
        attach: &[(Spanned<String>, SegmentId)],
    ) -> TablePlan {
        let file = self.file;
        let names: Vec<String> = attach.iter().map(|(i, _)| i.value.clone()).collect();
        let unused = |name: &At<String>| device.unused.iter().any(|u| u.value == name.value);
        let own = device.table.as_ref().map(|t| &t.value);
        let mut addresses = BTreeMap::new();
        for (name, listed) in own.iter().flat_map(|t| &t.addresses).filter(|(n, _)| !unused(n)) {
            self.attached(name, &names);
            let parsed = listed.iter().filter_map(|a| self.interface_address(a)).collect();
            addresses.insert(name.value.clone(), parsed);
        }
        let mut zones = Vec::new();
        for (name, zone) in own.iter().flat_map(|t| &t.zones).filter(|(n, _)| !unused(n)) {
            self.attached(name, &names);
            zones.push((name.value.clone(), zone.spanned(file)));
        }
        let routes = own.iter().flat_map(|t| &t.routes);
        let routes = routes.filter_map(|r| self.declared_route(r, attach, &addresses)).collect();
        // Whatever may pass between interfaces, and back out of one, is for the rows to say.
        let pairs = names.iter().flat_map(|a| names.iter().map(move |b| (a.clone(), b.clone(), span)));
        let forwards = pairs.collect();
        let default = own.and_then(|t| t.default.as_ref()).map(|d| {
            let then = match d.value {
                topology::TableDefault::Permit => Then::Permit,
                topology::TableDefault::Deny => Then::Deny(DenyKind::Drop),
                topology::TableDefault::Reject => Then::Deny(DenyKind::Reject),
            };
            Spanned::new(then, d.span(file))
        });
        let ipv6 = own.and_then(|t| t.ipv6.as_ref()).map(|v| v.spanned(file));
        TablePlan { span, contract: ContractPlan { span, forwards, addresses, routes }, default, ipv6, zones }
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

    pub(super) fn path(&mut self, text: &At<String>) -> Option<Spanned<SitePath>> {
        let span = text.span(self.file);
        let path = match SitePath::new(&text.value) {
            Ok(path) => path,
            Err(why) => {
                let message = msg!("{why}", "サイトのフォルダ内のファイルではない");
                let help = msg!(
                    "name a file inside the site folder, like `configs/FW-01.conf`",
                    "`configs/FW-01.conf` のように、サイトのフォルダからの相対パスで記載する"
                );
                self.error(Code::PathOutsideSite, span, message, help);
                return None;
            }
        };
        if let Some(first) = self.paths.get(&path) {
            let message = msg!("`{path}` is already used", "「{path}」は既に使用されている");
            let label = msg!("first used here", "最初の使用箇所");
            let help = msg!(
                "name another file: each has one use",
                "別のファイルを記載する(1つのファイルの用途は1つに限る)"
            );
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
            forwards.extend(self.forward(flow, &names));
        }
        let mut addresses = BTreeMap::new();
        for (name, listed) in &contract.value.addresses {
            self.attached(name, &names);
            let parsed = listed.iter().filter_map(|a| self.interface_address(a)).collect();
            addresses.insert(name.value.clone(), parsed);
        }
        let routes = contract.value.routes.iter();
        let routes = routes.filter_map(|r| self.declared_route(r, attach, &addresses)).collect();
        ContractPlan { span: contract.span(file), forwards, addresses, routes }
    }

    /// The directions of one entry: `from` and `to`, or every pair of `among`.
    fn forward(&mut self, flow: &At<topology::Forward>, names: &[String]) -> Vec<(String, String, Span)> {
        let span = flow.span(self.file);
        let entry = &flow.value;
        for end in entry.from.iter().chain(&entry.to).chain(&entry.among) {
            self.attached(end, names);
        }
        match (&entry.from, &entry.to, entry.among.as_slice()) {
            (Some(from), Some(to), []) => vec![(from.value.clone(), to.value.clone(), span)],
            (None, None, [_, _, ..]) => {
                let ends: BTreeSet<&String> = entry.among.iter().map(|e| &e.value).collect();
                let pairs = ends.iter().flat_map(|a| ends.iter().map(move |b| (*a, *b)));
                pairs.filter(|(a, b)| a != b).map(|(a, b)| (a.clone(), b.clone(), span)).collect()
            }
            _ => {
                let message = msg!(
                    "an entry of `forwards` has `from` and `to`, or `among` with two interfaces or more",
                    "`forwards` の各項目には、`from` 及び `to`、又は2以上のインターフェースの `among` を記載する"
                );
                let help = msg!(
                    "write `{{ from = \"A\", to = \"B\" }}` or `{{ among = [\"A\", \"B\"] }}`",
                    "`{{ from = \"A\", to = \"B\" }}` 又は `{{ among = [\"A\", \"B\"] }}` と記載する"
                );
                self.error(Code::InvalidValue, span, message, help);
                Vec::new()
            }
        }
    }

    fn declared_route(
        &mut self,
        route: &At<topology::DeclaredRoute>,
        attach: &[(Spanned<String>, SegmentId)],
        addresses: &BTreeMap<String, Vec<Spanned<IpNetwork>>>,
    ) -> Option<RoutePlan> {
        let prefix = self.prefix(&route.value.prefix);
        let via = self.address(&route.value.via);
        let (prefix, via) = (prefix?, via?);
        let on = |name: &String, segment: SegmentId| {
            let of_segment = self.plan.segments.get(segment.index()).into_iter().flat_map(|s| &s.prefixes);
            let own = addresses.get(name).into_iter().flatten();
            of_segment.chain(own).any(|n| n.value.contains(via.value))
        };
        let found: Vec<&String> =
            attach.iter().filter(|(name, s)| on(&name.value, *s)).map(|(name, _)| &name.value).collect();
        if let [egress] = found.as_slice() {
            let egress = (*egress).clone();
            return Some(RoutePlan {
                prefix: prefix.value,
                via: via.value,
                egress,
                span: route.span(self.file),
            });
        }
        let address = via.value;
        let message = msg!(
            "the next hop `{address}` is not on exactly one of the device's segments",
            "ネクストホップ「{address}」が属する接続先のセグメントを1つに特定できない"
        );
        let help = msg!(
            "name an address within the prefixes of one attached segment",
            "接続先のセグメントのいずれか1つのプレフィックスに含まれるアドレスを記載する"
        );
        self.error(Code::InvalidValue, via.span, message, help);
        None
    }

    fn attached(&mut self, name: &At<String>, names: &[String]) {
        if !names.contains(&name.value) {
            self.unknown(name, ("attached interface", "接続先のあるインターフェース"), names);
        }
    }

    /// `segment` and `router` of an external network: an unmanaged router of theirs.
    pub(super) fn router(&mut self, external: &topology::External) {
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
                    "`router` needs the `segment` that it is on",
                    "`router` には、それが接続する `segment` が必要である"
                );
                let help = msg!("add `segment = \"…\"`", "`segment = \"…\"` を追記する");
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
                routes: Vec::new(),
            }),
            vendor: None,
            companions: Vec::new(),
            relay: Some(Relay::No),
            cluster: None,
            stands_by: None,
            unused: Vec::new(),
            attach: vec![(Spanned::new(near, on.span(file)), inside), (Spanned::new(far, span), outside)],
            declarations: external.declarations.iter().map(|d| d.value.clone()).collect(),
            synthetic: true,
        });
    }
}
