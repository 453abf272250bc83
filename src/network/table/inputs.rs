//! Rows that somebody has to confirm: the sheets of the form that `bunri init` writes.
//!
//! A row without 確認=○ is a proposal, not a fact: it binds nothing, so that the interface may lead anywhere, and the
//! topology remembers the cell that waits. Only the name of its segment counts, so that other tables may refer to it.

use std::collections::BTreeSet;

use super::grammar::{Special, service, special};
use super::rows::{Rows, YES_NO, choose, cited};
use super::{CONFIRMED, Column, Row, TableKind};
use crate::msg;
use crate::network::form::At;
use crate::network::records::{Awaits, ExternalKind, Unconfirmed};
use crate::network::site::{Data, Forwarding, Purpose, Role};
use crate::network::topology::{
    External, Host, HostInterface, Opens, Sanitizer, SanitizerType, Segment, Session, Zone,
};
use crate::source::sheet::column_of;
use crate::source::{Code, Diagnostic, FileId, Sources, Span, Spanned, narrow};

/// A row of such a sheet.
pub(super) struct Asked {
    kind: TableKind,
    pub(super) row: Row,
    /// Its cell 確認; the whole row if the sheet has no such column.
    pub(super) cell: Span,
    /// Cells of a sanitizer's row that say what it speaks.
    sessions: Option<Span>,
    /// The cell that says who administers it, if nobody filled it in.
    administration: Option<Span>,
}

/// What the town's own tables call a zone, as far as somebody says so.
#[derive(Debug)]
pub(super) struct Called {
    zone: String,
    words: Vec<String>,
    sure: bool,
    cell: Span,
}

impl Asked {
    pub fn of(kind: TableKind, row: &Row, columns: &[Column], file: FileId, sources: &Sources) -> Self {
        let column = columns.iter().find(|c| c.key == CONFIRMED.key).and_then(|c| column_of(&c.letters));
        let cell = column.map_or(row.span, |column| sources.cell_span(file, row.number, column));
        // Also where the sheet has no such column: then nobody said it either.
        let silent = ["inside", "outside"].into_iter().find(|key| row.text(key).is_empty());
        let place = |key: &str| {
            let column = columns.iter().find(|c| c.key == key).and_then(|c| column_of(&c.letters));
            column.map_or(row.span, |column| sources.cell_span(file, row.number, column))
        };
        let sanitizes = kind == TableKind::Sanitizers;
        let sessions = silent.filter(|_| sanitizes).map(place);
        let administration = (sanitizes && row.text("admin").is_empty()).then(|| place("admin"));
        Asked { kind, row: row.clone(), cell, sessions, administration }
    }
}

/// What an interface leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    Inside,
    Outside(ExternalKind, &'static str),
    Nothing,
}

/// 接続先, with the words of the form first.
pub(super) const LEADS: &[(&[&str], Leads)] = &[
    (&["庁内", "内部"], Leads::Inside),
    (&["LGWAN"], Leads::Outside(ExternalKind::Closed, "LGWAN")),
    (
        &["県セキュリティクラウド", "セキュリティクラウド"],
        Leads::Outside(ExternalKind::SecurityCloud, "県セキュリティクラウド"),
    ),
    (&["インターネット"], Leads::Outside(ExternalKind::Internet, "インターネット")),
    (&["閉域網", "専用線"], Leads::Outside(ExternalKind::Closed, "閉域網")),
    (&["その他の外部", "外部"], Leads::Outside(ExternalKind::Unknown, "外部")),
    (&["未使用", "空き", "未接続"], Leads::Nothing),
];

/// 区分 of a zone.
const ROLES: &[(&[&str], Role)] = &[
    (&["マイナンバー利用事務系", "個人番号利用事務系"], Role::IndividualNumber),
    (&["LGWAN接続系"], Role::Lgwan),
    (&["インターネット接続系"], Role::Internet),
    (&["運用管理系", "管理系"], Role::Management),
    (&["独立系"], Role::Independent),
    (&["その他"], Role::Other),
];

/// 種別 of a sanitizer.
const TYPES: &[(&str, SanitizerType)] = &[
    ("画面転送", SanitizerType::ScreenTransfer),
    ("仮想ブラウザ", SanitizerType::ScreenTransfer),
    ("メール", SanitizerType::MailText),
    ("ファイル", SanitizerType::File),
];

impl Rows<'_> {
    /// A zone that other rows may use.
    pub(super) fn offer(&mut self, row: &Row) {
        let Some(id) = row.at("id") else { return };
        let Some(role) = self.word(row, "role", ROLES) else { return };
        self.offered.insert(id.value.clone());
        self.topology.zone.push(Zone { id, name: row.text("name"), role });
    }

    /// What the town's tables call a zone: a ○ there vouches for every row that quotes one of these words.
    pub(super) fn called(&mut self, asked: Asked) {
        let row = &asked.row;
        let Some(zone) = row.at("id") else { return };
        let said = row.text("words");
        let split = said.split(['、', ',', '\u{ff0c}', '\n']).map(str::trim).filter(|w| !w.is_empty());
        let words: Vec<String> = split.map(str::to_owned).collect();
        if words.is_empty() {
            return;
        }
        let sure = self.confirmed(row);
        self.called.push(Called { zone: zone.value, words, sure, cell: asked.cell });
    }

    /// Whether somebody vouches for a row of an interface, and the cell that says or should say so: its own, or that of
    /// the word by which the town's own table says what zone the network is of. The word speaks of networks of the town
    /// only, and only where the row does not say another zone.
    fn vouched(&self, asked: &Asked) -> (bool, Span) {
        let row = &asked.row;
        let own = row.text(CONFIRMED.key);
        let told = row.text("told");
        let inside = asked.kind == TableKind::Networks
            || choose(&row.text("leads"), LEADS).is_ok_and(|l| l == Leads::Inside);
        if own.is_empty() && !told.is_empty() && inside {
            let zone = self.zone(row).map(|z| z.value);
            let mut called = self.called.iter().filter(|c| c.words.contains(&told));
            if let (Some(only), None) = (called.next(), called.next())
                && zone.as_ref() == Some(&only.zone)
            {
                return (only.sure, only.cell);
            }
        }
        (choose(&own, YES_NO) == Ok(true), asked.cell)
    }

    /// Zones of a table that nothing uses are left out; the three tiers are always asked about.
    pub(super) fn unused_zones(&mut self) {
        let segments = self.topology.segment.iter().filter_map(|s| s.zone.as_ref());
        let externals = self.topology.external.iter().filter_map(|e| e.zone.as_ref());
        let pairs = self.topology.pair.iter().flat_map(|p| [&p.value.from, &p.value.to]);
        let lines = self.topology.line.iter().filter_map(|l| l.zone.as_ref());
        let used: BTreeSet<String> =
            segments.chain(externals).chain(pairs).chain(lines).map(|z| z.value.clone()).collect();
        let tier = |role| matches!(role, Role::IndividualNumber | Role::Lgwan | Role::Internet);
        let offered = &self.offered;
        let kept = |z: &Zone| !offered.contains(&z.id.value) || used.contains(&z.id.value) || tier(z.role);
        self.topology.zone.retain(kept);
    }

    /// Interfaces, confirmed or not.
    pub(super) fn inputs(&mut self) {
        let (interfaces, others) =
            std::mem::take(&mut self.asked).into_iter().partition(|a| a.kind == TableKind::Connections);
        self.asked = others;
        let interfaces: Vec<Asked> = interfaces;
        // What is confirmed says what a segment is; a row that waits adds nothing to it.
        let (sure, waiting): (Vec<Asked>, Vec<Asked>) =
            interfaces.into_iter().partition(|a| self.vouched(a).0);
        for asked in sure.iter().chain(&waiting) {
            self.interface(asked);
        }
        let (networks, others) =
            std::mem::take(&mut self.asked).into_iter().partition(|a| a.kind == TableKind::Networks);
        self.asked = others;
        let networks: Vec<Asked> = networks;
        for asked in &networks {
            // A word that is neither yes nor no is an error. Without a ○ nobody says that it is there.
            self.confirmed(&asked.row);
            if let Some(segment) = asked.row.at("segment").filter(|_| self.vouched(asked).0) {
                self.joined_segment(&asked.row, &segment, true);
            }
        }
        let (devices, others) =
            std::mem::take(&mut self.asked).into_iter().partition(|a| a.kind == TableKind::Unread);
        self.asked = others;
        let devices: Vec<Asked> = devices;
        for asked in &devices {
            self.unread_device(asked);
        }
    }

    pub(super) fn confirmed(&mut self, row: &Row) -> bool {
        self.word(row, CONFIRMED.key, YES_NO).unwrap_or(false)
    }

    /// A cable of which nobody says whether it is there: unless another table has it, both of its ends are open.
    pub(super) fn undecided(&mut self, asked: &Asked) {
        let row = &asked.row;
        let ends = [("device", "interface"), ("to_device", "to_port")];
        let ends = ends.map(|(device, port)| (row.text(device), row.text(port)));
        let joined = self.topology.link.iter().any(|cable| {
            let far = cable.to.as_ref().map(|t| (&t.value.device, &t.value.port));
            let value = |at: &Option<At<String>>| at.as_ref().map_or(String::new(), |a| a.value.clone());
            let to = far.map(|(device, port)| (value(device), value(port)));
            let near = |end: &(String, String)| {
                cable.device.value == end.0 && matches!(cable.ports.as_slice(), [p] if p.value == end.1)
            };
            let [a, b] = &ends;
            near(a) && to.as_ref() == Some(b) || near(b) && to.as_ref() == Some(a)
        });
        for (device, port) in ends.iter().filter(|(device, _)| !joined && !device.is_empty()) {
            self.wait((Awaits::Cable, asked.cell), device, Some(port));
        }
    }

    pub(super) fn wait(&mut self, (awaits, cell): (Awaits, Span), device: &str, interface: Option<&str>) {
        let (device, interface) = (device.to_owned(), interface.map(str::to_owned));
        self.topology.unconfirmed.push(Unconfirmed { device, interface, cell, awaits });
    }

    fn interface(&mut self, asked: &Asked) {
        let row = &asked.row;
        let (Some(device), Some(interface), Some(segment)) =
            (row.at("device"), row.at("interface"), row.at("segment"))
        else {
            return;
        };
        let Some(found) = self.known_device(&device) else { return };
        let leads = self.word(row, "leads", LEADS).unwrap_or(Leads::Inside);
        // A word that is neither yes nor no is an error.
        self.confirmed(row);
        let (sure, cell) = self.vouched(asked);
        // Their router stands on a segment of ours; without its address, the interface leads to their network itself.
        let beside = matches!(leads, Leads::Outside(..)) && row.values.contains_key("router");
        if leads == Leads::Inside || beside {
            self.joined_segment(row, &segment, sure);
        }
        if !sure {
            return self.wait((Awaits::Mark, cell), &device.value, Some(&interface.value));
        }
        match leads {
            Leads::Inside => {}
            Leads::Outside(kind, name) => {
                self.outside(row, &segment, kind, name);
                self.far_end(row, &segment);
            }
            Leads::Nothing => {
                if let Some(device) = self.topology.device.get_mut(found) {
                    device.unused.push(interface);
                }
                return;
            }
        }
        self.attach(found, interface, segment);
    }

    fn attach(&mut self, device: usize, interface: At<String>, segment: At<String>) {
        let Some(device) = self.topology.device.get_mut(device) else { return };
        if let Some((first, _)) = device.attach.iter().find(|(i, _)| i.value == interface.value) {
            let name = &interface.value;
            let message = msg!("`{name}` is listed twice", "「{name}」が2回記載されている");
            let help = msg!("remove one of the rows", "いずれか一方の行を削除する");
            let label = msg!("first listed here", "最初の記載");
            let found = Diagnostic::new(Code::DuplicateId, interface.span(self.file), message);
            self.errors.push(found.with_label(first.span(self.file), label).with_help(help));
            return;
        }
        device.attach.insert(interface, segment);
    }

    /// The segment of a row: made, or joined with what other rows say of it. Only a confirmed row says its zone.
    fn joined_segment(&mut self, row: &Row, id: &At<String>, sure: bool) {
        let zone = if sure { self.zone(row) } else { None };
        let prefixes = self.row_prefixes(row);
        let file = self.file;
        if let Some(known) = self.topology.segment.iter_mut().find(|s| s.id.value == id.value) {
            for prefix in prefixes.into_iter().filter(|_| sure) {
                if known.prefixes.iter().all(|p| p.value != prefix.value) {
                    known.prefixes.push(prefix);
                }
            }
            match (&known.zone, zone) {
                (Some(first), Some(other)) if first.value != other.value => {
                    let (segment, a, b) = (&id.value, &first.value, &other.value);
                    let message = msg!(
                        "segment `{segment}` is of zone `{a}` and of zone `{b}`",
                        "セグメント「{segment}」の系が「{a}」と「{b}」とで一致しない"
                    );
                    let help = msg!(
                        "a segment lies in one zone: correct one of the rows, or give them segments of different names",
                        "1つのセグメントの系は1つである。いずれかの行を修正するか、セグメント名を分ける"
                    );
                    let label = msg!("the other row", "他方の記載");
                    let found = Diagnostic::new(Code::Contradiction, other.span(file), message);
                    self.errors.push(found.with_label(first.span(file), label).with_help(help));
                }
                (None, Some(zone)) => known.zone = Some(zone),
                _ => {}
            }
        } else {
            self.topology.segment.push(Segment {
                id: id.clone(),
                name: row.values.get("name").map(|n| n.value.clone()),
                zone,
                prefixes,
                complete: false,
                terminals: crate::network::Relay::Unknown,
                declarations: cited(row, "declarations"),
            });
        }
        let known = self.topology.segment.iter().find(|s| s.id.value == id.value);
        if sure && known.is_some_and(|s| s.zone.is_none()) {
            let message = msg!("the row is confirmed without a zone", "確認欄が○であるが、系が空欄である");
            let help = msg!(
                "write the zone, or 未使用 as 接続先",
                "系を記入する。使用していない場合は接続先を「未使用」とする"
            );
            self.error(row.span, message, help);
        }
    }

    fn row_prefixes(&mut self, row: &Row) -> Vec<At<String>> {
        let Some(value) = row.values.get("prefix") else { return Vec::new() };
        self.addresses(value).into_iter().map(|item| At::elsewhere(item, value.span)).collect()
    }

    /// A network that others run, behind an interface.
    fn outside(&mut self, row: &Row, segment: &At<String>, kind: ExternalKind, name: &str) {
        let router: Vec<At<String>> = match row.values.get("router") {
            Some(value) => {
                let found = self.addresses(value);
                found.into_iter().map(|item| At::elsewhere(item, value.span)).collect()
            }
            None => Vec::new(),
        };
        let beside = row.values.contains_key("router");
        let mut id = segment.clone();
        if beside {
            id.value = behind(&segment.value);
        }
        if let Some(known) = self.topology.external.iter_mut().find(|e| e.id.value == id.value) {
            known.router.extend(router);
            return;
        }
        let zone = self.zone(row);
        if zone.is_none() && !beside {
            let message = msg!("the row is confirmed without a zone", "確認欄が○であるが、系が空欄である");
            let help = msg!(
                "write the zone that the network outside counts to",
                "外部のネットワークが属する系を記入する"
            );
            self.error(row.span, message, help);
        }
        self.topology.external.push(External {
            id,
            name: Some(row.values.get("name").map_or_else(|| name.to_owned(), |n| n.value.clone())),
            zone,
            leads_to: Vec::new(),
            kind,
            managed_by: None,
            demarcation: None,
            segment: beside.then(|| segment.clone()),
            router,
            declarations: cited(row, "declarations"),
        });
    }

    /// Sanitizers, confirmed or not, once segments and hosts are known.
    pub(super) fn sanitizers(&mut self) {
        for asked in std::mem::take(&mut self.asked) {
            let Some(host) = asked.row.at("host") else { continue };
            if !self.confirmed(&asked.row) {
                self.wait((Awaits::Mark, asked.cell), &host.value, None);
                continue;
            }
            self.sanitizer(&asked, host);
        }
    }

    fn sanitizer(&mut self, asked: &Asked, host: At<String>) {
        let row = &asked.row;
        let said = row.text("types");
        let mut types: Vec<SanitizerType> = Vec::new();
        for (word, kind) in TYPES {
            if said.contains(word) && types.iter().all(|t| t.word() != kind.word()) {
                types.push(*kind);
            }
        }
        if types.is_empty() {
            let message = msg!("what it sanitizes is not said", "無害化の種別が記入されていない");
            let help = msg!(
                "write メール, ファイル or 画面転送; several with 、",
                "「メール」「ファイル」「画面転送」を記入する(複数ある場合は「、」で区切る)"
            );
            return self.error(row.span, message, help);
        }
        if !self.host_of(row, &host) {
            // Its segment may be one of those that wait.
            if self.topology.unconfirmed.iter().all(|u| u.awaits != Awaits::Mark) {
                self.homeless(row, &host);
            }
            return self.wait((Awaits::Mark, asked.cell), &host.value, None);
        }
        if self.topology.sanitizer.iter().any(|s| s.host.value == host.value) {
            return;
        }
        let mut session = self.sessions(&host, row.values.get("inside"), Role::Lgwan);
        session.extend(self.sessions(&host, row.values.get("outside"), Role::Internet));
        session
            .extend(row.values.get("admin").map(|cell| self.administered(&host, cell)).unwrap_or_default());
        if let Some(cell) = asked.sessions {
            self.wait((Awaits::Sessions, cell), &host.value, None);
        }
        if let Some(cell) = asked.administration {
            self.wait((Awaits::Administration, cell), &host.value, None);
        }
        let declarations = cited(row, "declarations");
        self.topology.sanitizer.push(Sanitizer {
            host,
            types,
            forwarding: Forwarding::default(),
            session,
            declarations,
        });
    }

    /// Makes the host of its addresses, unless another table lists it.
    fn host_of(&mut self, row: &Row, id: &At<String>) -> bool {
        if self.topology.host.iter().any(|h| h.id.value == id.value) {
            return true;
        }
        let mut interfaces: Vec<HostInterface> = Vec::new();
        let value = row.values.get("address").cloned();
        let found = value.as_ref().map(|v| self.addresses(v)).unwrap_or_default();
        for text in found {
            let Ok(address) = text.parse::<std::net::IpAddr>() else { continue };
            let holds = |s: &&Segment| {
                // A segment that waits is nobody's yet.
                let prefixes = s.prefixes.iter().filter_map(|p| p.value.parse::<ipnetwork::IpNetwork>().ok());
                s.zone.is_some() && prefixes.into_iter().any(|p| p.contains(address))
            };
            let segment = self.topology.segment.iter().find(holds).map(|s| s.id.value.clone());
            if let (Some(segment), Some(value)) = (segment, &value) {
                let at = |text: String| At::elsewhere(text, value.span);
                interfaces.push(HostInterface { segment: at(segment), addresses: vec![at(text)] });
            }
        }
        if interfaces.is_empty() {
            return false;
        }
        let known = self.topology.device.iter().any(|d| d.name.value == id.value);
        self.topology.host.push(Host {
            id: id.clone(),
            interfaces,
            relay: crate::network::Relay::Unknown,
            class: Some("sanitizer".to_owned()),
            declarations: Vec::new(),
            device: known.then(|| id.clone()),
        });
        true
    }

    fn homeless(&mut self, row: &Row, id: &At<String>) {
        let name = &id.value;
        let message =
            msg!("no segment holds an address of `{name}`", "「{name}」のアドレスを含むセグメントがない");
        let help = msg!(
            "write its addresses; they must lie in a network of the sheet of interfaces",
            "アドレスを記入する(インターフェースのシートにあるネットワークに含まれる必要がある)"
        );
        self.error(row.span, message, help);
    }

    /// The sessions that a sanitizer holds with one side: the protocols and ports of the cell, whoever opens them. While
    /// nobody wrote them any session may be its work: nothing is called a way around it, and nothing that rests on it
    /// holds (`checks/waiting.rs`).
    fn sessions(
        &mut self,
        host: &At<String>,
        cell: Option<&Spanned<String>>,
        side: Role,
    ) -> Vec<At<Session>> {
        let span = host.span(self.file);
        let of_side = |zone: &Option<At<String>>| {
            let of = |z: &Zone| zone.as_ref().is_some_and(|id| id.value == z.id.value);
            self.topology.zone.iter().find(|z| of(z)).is_some_and(|z| z.role == side)
        };
        let segments = self.topology.segment.iter().filter(|s| of_side(&s.zone)).map(|s| &s.id.value);
        let externals = self.topology.external.iter().filter(|e| of_side(&e.zone)).map(|e| &e.id.value);
        let peers: Vec<At<String>> =
            segments.chain(externals).map(|id| At::elsewhere(id.clone(), span)).collect();
        let mut out = Vec::new();
        let mut both = |protocol: &str, ports: Option<&str>, span: Span| {
            for opens in [Opens::Peer, Opens::Sanitizer] {
                let session = Session {
                    opens,
                    peers: peers.clone(),
                    protocol: At::elsewhere(protocol.to_owned(), span),
                    ports: ports.map(|p| At::elsewhere(p.to_owned(), span)),
                    data: Data::Both,
                    purpose: Purpose::Data,
                };
                out.push(At::elsewhere(session, host.span(self.file)));
            }
        };
        let Some(cell) = cell else {
            ["tcp", "udp"].into_iter().for_each(|protocol| both(protocol, None, span));
            return out;
        };
        for item in items(&cell.value) {
            let Some((protocol, ports)) = narrow_service(&item) else {
                let message = msg!(
                    "`{item}` is not a protocol with ports",
                    "「{item}」はプロトコル及びポートとして解釈できない"
                );
                let help = msg!(
                    "write what the sanitizer needs, like `TCP/443、TCP/25`: not any, not a protocol without ports",
                    "無害化に必要な通信を `TCP/443、TCP/25` のように記入する(「any」及びポートのないプロトコルは使用できない)"
                );
                self.error(cell.span, message, help);
                return Vec::new();
            };
            both(&protocol, Some(&ports), cell.span);
        }
        out
    }

    /// Sessions of administrators: `SV-KANRI-L TCP/22`, one or more.
    fn administered(&mut self, host: &At<String>, cell: &Spanned<String>) -> Vec<At<Session>> {
        let span = host.span(self.file);
        let mut out = Vec::new();
        if special(&cell.value) == Some(Special::None) {
            return out;
        }
        for item in cell.value.split(['、', ';', '\n']).map(str::trim).filter(|i| !i.is_empty()) {
            let read = item
                .split_once(char::is_whitespace)
                .and_then(|(peer, rest)| Some((peer, narrow_service(rest)?)));
            let Some((peer, (protocol, ports))) = read else {
                let message = msg!(
                    "`{item}` is not a host with a protocol and ports",
                    "「{item}」は管理元と通信として解釈できない"
                );
                let help = msg!(
                    "write who administers it, and how, like `SV-KANRI01 TCP/22`",
                    "管理元のホスト名又はアドレスと通信を `SV-KANRI01 TCP/22` のように記入する"
                );
                self.error(cell.span, message, help);
                return Vec::new();
            };
            let session = Session {
                opens: Opens::Peer,
                peers: vec![At::elsewhere(peer.to_owned(), cell.span)],
                protocol: At::elsewhere(protocol, cell.span),
                ports: Some(At::elsewhere(ports, cell.span)),
                data: Data::Both,
                purpose: Purpose::Management,
            };
            out.push(At::elsewhere(session, span));
        }
        out
    }
}

/// The id of the network behind a router that stands on a segment of ours.
pub(super) fn behind(segment: &str) -> String {
    format!("{segment}:外部")
}

/// A protocol with its ports: not any, and no protocol without ports.
fn narrow_service(text: &str) -> Option<(String, String)> {
    let read = service(text).ok().filter(|s| s.protocol != "any")?;
    Some((read.protocol, read.ports.filter(|p| p != "any")?))
}

/// `TCP/443、8443、UDP/53` as `TCP/443,8443` and `UDP/53`.
fn items(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in text.split(['、', ',', ';', '\n', '\u{ff0c}']).map(str::trim).filter(|p| !p.is_empty()) {
        let port = narrow(part).starts_with(|c: char| c.is_ascii_digit());
        match out.last_mut().filter(|_| port && !part.contains(['(', '\u{ff08}'])) {
            Some(last) => *last = format!("{last},{part}"),
            None => out.push(part.to_owned()),
        }
    }
    out
}
