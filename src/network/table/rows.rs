//! From rows of tables to the records that the topology's TOML would give.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::{self, addresses, mask};
use super::inputs::{Asked, Called};
use super::{CONFIRMED, Row, Table, TableKind};
use crate::msg;
use crate::network::form::{At, listed};
use crate::network::site::Relay;
use crate::network::topology::{
    Cable, Declaration, DeclaredRoute, FarEnd, Host, HostInterface, LineRow, PolicyTable, Segment, Topology,
};
use crate::source::{Code, Diagnostic, FileId, Msg, Sources, Span, Spanned};

/// Addresses that a range of one host may hold.
const RANGE: u32 = 256;

/// Adds rows to a topology.
pub(super) struct Rows<'t> {
    pub(super) topology: &'t mut Topology,
    pub(super) file: FileId,
    pub(super) errors: Vec<Diagnostic>,
    /// Hosts that tables gave: their place in the topology.
    hosts: BTreeMap<String, usize>,
    /// VLAN ids by site.
    vlans: BTreeMap<(String, String), Span>,
    /// What could only be joined when everything is known.
    cables: Vec<Row>,
    /// Cables that nobody confirmed or refused.
    suggested: Vec<Asked>,
    /// Interfaces and routes of devices whose policy table stands for their configuration.
    parts: Vec<(TableKind, Spanned<String>, Row)>,
    /// The same of rows that somebody has to confirm.
    pub(super) asked: Vec<Asked>,
    /// Zones that a table lists; those that nothing uses are left out in the end.
    pub(super) offered: BTreeSet<String>,
    /// What the town's own tables call them.
    pub(super) called: Vec<Called>,
    /// Listed devices that stand behind a confirmed row.
    pub(super) far_ends: BTreeSet<String>,
    /// Rows with cells that nothing reads.
    beside: Vec<(TableKind, Row)>,
    /// What rows were taken for once everything was known, each at its cell.
    pub(super) notes: Vec<(Span, Msg)>,
}

impl<'t> Rows<'t> {
    pub fn new(topology: &'t mut Topology, file: FileId) -> Self {
        Rows {
            topology,
            file,
            errors: Vec::new(),
            hosts: BTreeMap::new(),
            vlans: BTreeMap::new(),
            cables: Vec::new(),
            suggested: Vec::new(),
            parts: Vec::new(),
            asked: Vec::new(),
            offered: BTreeSet::new(),
            called: Vec::new(),
            far_ends: BTreeSet::new(),
            beside: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds the rows of one table.
    pub fn table(&mut self, table: &mut Table, sources: &Sources) {
        for row in &table.rows {
            if matches!(table.kind, TableKind::Hosts | TableKind::Segments) {
                self.beside.push((table.kind, row.clone()));
            }
            match table.kind {
                TableKind::Register | TableKind::Requirements => {}
                TableKind::Segments => self.segment(row),
                TableKind::Hosts => self.host(row, &mut table.notes),
                TableKind::Devices => self.device(row),
                TableKind::Cables => {
                    let suggested = table.columns.iter().any(|c| c.key == CONFIRMED.key);
                    let asked = Asked::of(table.kind, row, &table.columns, table.file, sources);
                    if suggested && row.text(CONFIRMED.key).is_empty() {
                        self.suggested.push(asked);
                    } else if !suggested || self.confirmed(row) {
                        self.cables.push(row.clone());
                    }
                }
                TableKind::Lines => self.line(row),
                TableKind::Declarations => self.declaration(row),
                TableKind::Interfaces | TableKind::Routes => {
                    let device = table.device.clone();
                    self.parts.extend(device.map(|d| (table.kind, d, row.clone())));
                }
                TableKind::Policies | TableKind::Addresses | TableKind::Services => {}
                TableKind::Zones => {
                    self.offer(row);
                    self.called(Asked::of(table.kind, row, &table.columns, table.file, sources));
                }
                TableKind::Connections | TableKind::Sanitizers | TableKind::Networks | TableKind::Unread => {
                    self.asked.push(Asked::of(table.kind, row, &table.columns, table.file, sources));
                }
            }
        }
    }

    /// Joins what refers to rows of other tables, and gives every mistake, and what is to be noted.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Vec<(Span, Msg)>) {
        self.inputs();
        for row in std::mem::take(&mut self.cables) {
            self.cable(&row);
        }
        for asked in std::mem::take(&mut self.suggested) {
            self.undecided(&asked);
        }
        for (kind, device, row) in std::mem::take(&mut self.parts) {
            self.part(kind, &device, &row);
        }
        let segments = Names::of(self.topology);
        for host in self.hosts.values() {
            let host = self.topology.host.get_mut(*host);
            let Some(host) = host else { continue };
            for card in &mut host.interfaces {
                segments.resolve(&mut card.segment);
            }
            // The town's tables call a machine by one name.
            let same = self.topology.device.iter().any(|d| d.name.value == host.id.value);
            if same && host.device.is_none() {
                host.device = Some(host.id.clone());
            }
        }
        for (kind, row) in std::mem::take(&mut self.beside) {
            self.second(kind, &row);
        }
        self.sanitizers();
        self.unused_zones();
        (self.errors, self.notes)
    }

    pub(super) fn error(&mut self, span: Span, message: Msg, help: Msg) {
        self.errors.push(Diagnostic::new(Code::UnclearCell, span, message).with_help(help));
    }

    /// The zone of a row: its id, or the name that one zone alone has.
    pub(super) fn zone(&self, row: &Row) -> Option<At<String>> {
        let mut zone = row.at("zone")?;
        let zones = &self.topology.zone;
        if zones.iter().all(|z| z.id.value != zone.value) {
            let mut named = zones.iter().filter(|z| z.name == zone.value);
            if let (Some(only), None) = (named.next(), named.next()) {
                zone.value = only.id.value.clone();
            }
        }
        Some(zone)
    }

    /// One of a few words; `None` after an error, or if there is none.
    pub(super) fn word<T: Copy>(&mut self, row: &Row, key: &str, known: &[(&[&str], T)]) -> Option<T> {
        let value = row.values.get(key)?;
        match choose(&value.value, known) {
            Ok(found) => Some(found),
            Err((message, help)) => {
                self.error(value.span, message, help);
                None
            }
        }
    }

    pub(super) fn addresses(&mut self, value: &Spanned<String>) -> Vec<String> {
        addresses(&value.value).unwrap_or_else(|why| {
            let help = msg!(
                "write it like `10.21.10.11`, `10.21.20.0/24` or `10.21.10.11~15`",
                "`10.21.10.11`、`10.21.20.0/24` 又は `10.21.10.11~15` のように記入する"
            );
            self.error(value.span, why, help);
            Vec::new()
        })
    }

    fn segment(&mut self, row: &Row) {
        let Some(id) = row.at("id") else { return };
        if let Some(vlan) = row.values.get("vlan") {
            let number = grammar::vlan(&vlan.value).map(|id| id.to_string());
            let key = (number.unwrap_or_else(|| vlan.value.clone()), row.text("site"));
            if let Some(first) = self.vlans.insert(key, vlan.span) {
                let number = &vlan.value;
                let message = msg!("VLAN {number} is listed twice", "VLAN {number}が2回記載されている");
                let help = msg!(
                    "remove one of the rows, or tell the sites apart in a column 拠点",
                    "いずれか一方の行を削除するか、「拠点」の列で区別する"
                );
                let label = msg!("first listed here", "最初の記載");
                let found = Diagnostic::new(Code::DuplicateId, vlan.span, message).with_label(first, label);
                self.errors.push(found.with_help(help));
            }
        }
        let prefixes = self.prefixes(row);
        let terminals = self.relay(row, "terminals");
        let complete = self.word(row, "complete", YES_NO).unwrap_or(false);
        let zone = self.zone(row);
        self.topology.segment.push(Segment {
            id,
            name: row.values.get("name").map(|n| n.value.clone()),
            zone,
            prefixes,
            complete,
            terminals,
            declarations: cited(row, "declarations"),
        });
    }

    /// Prefixes of a segment, with the mask of the column beside.
    fn prefixes(&mut self, row: &Row) -> Vec<At<String>> {
        let Some(value) = row.values.get("prefix") else { return Vec::new() };
        let items = self.masked(value, row);
        items.into_iter().map(|item| At::elsewhere(item, value.span)).collect()
    }

    /// Addresses or prefixes, with the mask of the column beside.
    fn masked(&mut self, value: &Spanned<String>, row: &Row) -> Vec<String> {
        let mut items = self.addresses(value);
        if let Some(beside) = row.values.get("mask") {
            let text = beside.value.trim_start_matches('/');
            let length = mask(text).or_else(|| text.parse().ok().filter(|l| *l <= 128));
            match (length, items.as_mut_slice()) {
                (Some(length), [only]) if !only.contains(['/', '-']) => *only = format!("{only}/{length}"),
                (Some(length), [only]) if only.ends_with(&format!("/{length}")) => {}
                _ => {
                    let (network, mask) = (&value.value, &beside.value);
                    let message = msg!(
                        "the mask `{mask}` does not fit `{network}`",
                        "サブネットマスク「{mask}」が「{network}」に対応しない"
                    );
                    let help =
                        msg!("write the prefix like `10.21.20.0/24`", "`10.21.20.0/24` のように記入する");
                    self.error(beside.span, message, help);
                }
            }
        }
        items
    }

    fn relay(&mut self, row: &Row, key: &str) -> Relay {
        const WORDS: &[(&[&str], Relay)] = &[
            (&["しない", "中継しない", "×", "no"], Relay::No),
            (&["する", "中継する", "○", "〇", "yes"], Relay::Yes),
            (&["不明", "未確認", "unknown"], Relay::Unknown),
        ];
        self.word(row, key, WORDS).unwrap_or_default()
    }

    /// A host, or one more network card of a host that another row gave.
    fn host(&mut self, row: &Row, notes: &mut Vec<(Span, Msg)>) {
        let (Some(id), Some(segment)) = (row.at("id"), row.at("segment")) else { return };
        let addresses = self.host_addresses(row);
        let relay = self.relay(row, "relay");
        let class = row.values.get("class").map(|c| c.value.clone());
        let device = row.at("device");
        let declarations = cited(row, "declarations");
        let known = self.hosts.get(&id.value).copied();
        let Some(host) = known.and_then(|at| self.topology.host.get_mut(at)) else {
            self.hosts.insert(id.value.clone(), self.topology.host.len());
            let interfaces = vec![HostInterface { segment, addresses }];
            self.topology.host.push(Host { id, interfaces, relay, class, declarations, device });
            return;
        };
        let name = &id.value;
        let differs = (row.values.contains_key("relay") && host.relay != relay)
            || class.as_ref().is_some_and(|c| host.class.as_ref().is_some_and(|h| h != c))
            || device.as_ref().is_some_and(|d| host.device.as_ref().is_some_and(|h| h != d));
        if differs {
            let message =
                msg!("two rows of `{name}` contradict each other", "「{name}」の行が互いに矛盾している");
            let help = msg!("write the same into both", "同一の内容に修正する");
            let label = msg!("the other row", "他方の行");
            let found = Diagnostic::new(Code::Contradiction, id.span(self.file), message);
            self.errors.push(found.with_label(host.id.span(self.file), label).with_help(help));
            return;
        }
        host.class = host.class.take().or(class);
        host.device = host.device.take().or(device);
        host.declarations.extend(declarations);
        match host.interfaces.iter_mut().find(|i| i.segment.value == segment.value) {
            Some(card) => {
                // Two tables may list the same card.
                let new = addresses.into_iter().filter(|a| card.addresses.iter().all(|k| k.value != a.value));
                let new: Vec<At<String>> = new.collect();
                card.addresses.extend(new);
            }
            None => {
                host.interfaces.push(HostInterface { segment, addresses });
                let cards = host.interfaces.len();
                notes.push((
                    id.span(self.file),
                    msg!(
                        "`{name}` has {cards} network cards",
                        "「{name}」は{cards}つのセグメントに接続している"
                    ),
                ));
            }
        }
    }

    fn host_addresses(&mut self, row: &Row) -> Vec<At<String>> {
        let Some(value) = row.values.get("address").filter(|v| !v.value.eq_ignore_ascii_case("dhcp")) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in self.addresses(value) {
            match expanded(&item) {
                Some(all) => out.extend(all.into_iter().map(|a| At::elsewhere(a, value.span))),
                None => {
                    let message =
                        msg!("`{item}` is no address of one host", "「{item}」は1台のアドレスではない");
                    let help = msg!(
                        "write its addresses, or list the machines one by one",
                        "アドレスを記入するか、機器を1台ずつ記載する"
                    );
                    self.error(value.span, message, help);
                }
            }
        }
        out
    }

    /// The device that a cell names, by its place in the topology.
    pub(super) fn known_device(&mut self, device: &At<String>) -> Option<usize> {
        let found = self.topology.device.iter().position(|d| d.name.value == device.value);
        if found.is_none() {
            let name = &device.value;
            let message = msg!("nothing defines the device `{name}`", "機器「{name}」が定義されていない");
            let (en, ja) = listed(self.topology.device.iter().map(|d| d.name.value.as_str()));
            let help = msg!("write one of {en}", "{ja}のいずれかを記入する");
            let found = Diagnostic::new(Code::UnknownId, device.span(self.file), message);
            self.errors.push(found.with_help(help));
        }
        found
    }

    /// An interface on a segment, or on nothing.
    fn cable(&mut self, row: &Row) {
        const NOTHING: &[&str] = &["未使用", "空き", "未接続", "空"];
        let (Some(device), Some(interface)) = (row.at("device"), row.at("interface")) else { return };
        let mut segment = match (row.at("segment"), row.at("to_device")) {
            (Some(segment), None) => segment,
            (None, Some(far)) => return self.link(row, (device, interface), far),
            (both, _) => {
                let (message, help) = match both {
                    Some(_) => (
                        msg!(
                            "the row names a segment and a device",
                            "接続先にセグメントと機器の両方が記載されている"
                        ),
                        msg!("keep one of them", "いずれか一方のみを記入する"),
                    ),
                    None => (
                        msg!("the row does not say where the port leads", "接続先が空欄である"),
                        msg!(
                            "write the segment, or the device and port at the other end; 未使用 for none",
                            "セグメント、又は接続先の機器及びポートを記入する。使用していない場合は「未使用」と記入する"
                        ),
                    ),
                };
                return self.error(row.span, message, help);
            }
        };
        let names = Names::of(self.topology);
        let file = self.file;
        let Some(found) = self.known_device(&device) else { return };
        let Some(found) = self.topology.device.get_mut(found) else { return };
        if NOTHING.contains(&segment.value.as_str()) {
            found.unused.push(interface);
            return;
        }
        names.resolve(&mut segment);
        if let Some((first, _)) = found.attach.iter().find(|(i, _)| i.value == interface.value) {
            let name = &interface.value;
            let message = msg!("`{name}` is attached twice", "「{name}」の接続先が2回記載されている");
            let label = msg!("first attached here", "最初の記載");
            let help = msg!("remove one of the rows", "いずれか一方の行を削除する");
            let found = Diagnostic::new(Code::DuplicateId, interface.span(file), message);
            self.errors.push(found.with_label(first.span(file), label).with_help(help));
            return;
        }
        found.attach.insert(interface, segment);
    }

    /// An interface or a route of a device whose policy table stands for its configuration.
    fn part(&mut self, kind: TableKind, device: &Spanned<String>, row: &Row) {
        let read = match kind {
            TableKind::Interfaces => row.values.get("address").map(|v| self.masked(v, row)),
            _ => row.values.get("via").map(|v| self.addresses(v)),
        };
        let prefix = row.values.get("prefix").map(|v| self.addresses(v)).unwrap_or_default();
        let found = self.topology.device.iter_mut().find(|d| d.name.value == device.value);
        let Some(found) = found else { return };
        let own = found.table.get_or_insert_with(|| At::elsewhere(PolicyTable::default(), device.span));
        let own = &mut own.value;
        if kind == TableKind::Routes {
            let place = row.values.get("via").map_or(row.span, |v| v.span);
            let to = row.values.get("prefix").map_or(row.span, |v| v.span);
            let via = read.unwrap_or_default();
            match (prefix.as_slice(), via.as_slice()) {
                ([prefix], [via]) => own.routes.push(At::elsewhere(
                    DeclaredRoute {
                        prefix: At::elsewhere(prefix.clone(), to),
                        via: At::elsewhere(via.clone(), place),
                    },
                    row.span,
                )),
                _ => {
                    let message = msg!(
                        "a route has one prefix and one next hop",
                        "経路の宛先及びネクストホップは1つずつ記入する"
                    );
                    let help = msg!("write one row for each route", "経路ごとに行を分ける");
                    self.error(row.span, message, help);
                }
            }
            return;
        }
        let Some(name) = row.at("interface") else { return };
        if let Some(zone) = row.at("zone") {
            own.zones.insert(name.clone(), zone);
        }
        let span = row.values.get("address").map_or(row.span, |v| v.span);
        let given = read.unwrap_or_default().into_iter().map(|a| At::elsewhere(a, span));
        own.addresses.entry(name).or_default().extend(given);
    }

    /// A cable between two ports, or to a host: `[[link]]`. Cabling tables list most cables from both ends.
    fn link(&mut self, row: &Row, (device, interface): (At<String>, At<String>), far: At<String>) {
        let port = row.at("to_port");
        let host = self.topology.host.iter().any(|h| h.id.value == far.value);
        let known = self.topology.device.iter().any(|d| d.name.value == far.value);
        if !known && !host {
            self.known_device(&far);
            return;
        }
        if known && port.is_none() {
            let name = &far.value;
            let message = msg!("the port of `{name}` is missing", "「{name}」側のポートが空欄である");
            let help = msg!("write the port at the other end", "接続先のポートを記入する");
            return self.error(row.span, message, help);
        }
        let is = |c: &Cable, a: (&str, &str), b: (&str, &str)| {
            let ports: Vec<&str> = c.ports.iter().map(|p| p.value.as_str()).collect();
            let to = c.to.as_ref().map(|t| (&t.value.device, &t.value.port));
            let there = |(d, p): (&Option<At<String>>, &Option<At<String>>)| {
                d.as_ref().is_some_and(|d| d.value == b.0) && p.as_ref().is_some_and(|p| p.value == b.1)
            };
            c.device.value == a.0 && ports == [a.1] && to.is_some_and(there)
        };
        let near = (device.value.as_str(), interface.value.as_str());
        let other = (far.value.as_str(), port.as_ref().map_or("", |p| p.value.as_str()));
        if self.topology.link.iter().any(|c| is(c, near, other) || is(c, other, near)) {
            return;
        }
        let span = far.span(self.file);
        let end = match known {
            true => FarEnd { device: Some(far), port, host: None, segment: None },
            false => FarEnd { device: None, port: None, host: Some(far), segment: None },
        };
        self.topology.link.push(Cable {
            device,
            ports: vec![interface],
            to: Some(At::elsewhere(end, span)),
            carries: BTreeMap::new(),
            declarations: Vec::new(),
        });
    }

    fn line(&mut self, row: &Row) {
        let Some(id) = row.at("id") else { return };
        let words = |key: &str| row.values.get(key).map(|v| v.value.clone());
        let mut external = row.at("external");
        external.iter_mut().for_each(|e| Names::of(self.topology).resolve(e));
        let zone = self.zone(row);
        self.topology.line.push(LineRow {
            id,
            carrier: words("carrier"),
            kind: words("kind"),
            purpose: words("purpose"),
            device: row.at("device"),
            interface: row.at("interface"),
            external,
            zone,
        });
    }

    fn declaration(&mut self, row: &Row) {
        let Some(id) = row.at("id") else { return };
        let text = |key: &str| row.text(key);
        self.topology.declaration.push(Declaration {
            id,
            text: text("text"),
            document: text("document"),
            by: text("by"),
            date: text("date"),
        });
    }
}

/// Names of segments and external networks.
struct Names {
    ids: BTreeMap<String, u32>,
    names: BTreeMap<String, Vec<String>>,
}

impl Names {
    fn of(topology: &Topology) -> Names {
        let segments = topology.segment.iter().map(|s| (&s.id.value, s.name.as_ref()));
        let externals = topology.external.iter().map(|e| (&e.id.value, e.name.as_ref()));
        let mut out = Names { ids: BTreeMap::new(), names: BTreeMap::new() };
        for (id, name) in segments.chain(externals) {
            *out.ids.entry(id.clone()).or_default() += 1;
            let named = name.map(|n| out.names.entry(n.clone()).or_default());
            named.into_iter().for_each(|all| all.push(id.clone()));
        }
        out
    }

    /// Puts the id in place of a name that one of them alone has.
    fn resolve(&self, text: &mut At<String>) {
        if self.ids.contains_key(&text.value) {
            return;
        }
        if let Some([only]) = self.names.get(&text.value).map(Vec::as_slice) {
            text.value = only.clone();
        }
    }
}

/// Marks for yes and no.
pub(crate) const YES_NO: &[(&[&str], bool)] = &[
    (&["○", "〇", "◯", "はい", "有", "要", "必須", "yes", "true"], true),
    (&["×", "✕", "いいえ", "無", "不要", "no", "false"], false),
];

/// What a word means.
pub(crate) fn choose<T: Copy>(text: &str, known: &[(&[&str], T)]) -> Result<T, (Msg, Msg)> {
    let word = super::folded(text);
    let found = known.iter().find(|(words, _)| words.iter().any(|w| super::folded(w) == word));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let (en, ja) = listed(known.iter().filter_map(|(words, _)| words.first().copied()));
        (
            msg!("`{text}` is no word for this column", "「{text}」はこの列の値として使用できない"),
            msg!("write one of {en}", "{ja}のいずれかを記入する"),
        )
    })
}

/// Ids in a cell.
pub(crate) fn cited(row: &Row, key: &str) -> Vec<At<String>> {
    let Some(value) = row.values.get(key) else { return Vec::new() };
    let words = value.value.split(|c: char| c.is_whitespace() || matches!(c, ',' | '、' | ';'));
    words.filter(|w| !w.is_empty()).map(|w| At::elsewhere(w.to_owned(), value.span)).collect()
}

/// The addresses of an item that is one, or a small range.
fn expanded(item: &str) -> Option<Vec<String>> {
    if item.parse::<std::net::IpAddr>().is_ok() {
        return Some(vec![item.to_owned()]);
    }
    let (low, high) = item.split_once('-')?;
    let (low, high): (std::net::Ipv4Addr, std::net::Ipv4Addr) = (low.parse().ok()?, high.parse().ok()?);
    let (low, high) = (u32::from(low), u32::from(high));
    let few = high.checked_sub(low).is_some_and(|n| n < RANGE);
    few.then(|| (low..=high).map(|a| std::net::Ipv4Addr::from(a).to_string()).collect())
}
