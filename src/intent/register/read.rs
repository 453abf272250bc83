//! From register files to entries: every name resolved, every value parsed, every mistake at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;
use jiff::civil::Date;

use super::form::{EndForm, EntryForm, RegisterFile};

use super::{Addresses, End, Entry, Granularity, Place, Register, says_nothing};
use crate::intent::date::{self, narrow};
use crate::model::{AddressSet, PORT_PROTOCOLS, Ranges, proto};
use crate::msg;
use crate::network::form::{self, At, Listing, suggest, with};
use crate::network::table::Table;
use crate::network::{HostId, SegmentId, Site, port_ranges, protocol_number};
use crate::source::{Code, Diagnostic, FileId, Msg, Span, Spanned, rank};

/// Reads the registers of a site; `None` if the topology names none.
///
/// # Errors
/// Every mistake, in file order.
pub fn read(site: &Site) -> Result<Option<Register>, Vec<Diagnostic>> {
    let tables: Vec<&Table> = site.records.tables.iter().filter(|t| t.kind.lists_flows()).collect();
    if site.registers.is_empty() && tables.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader {
        site,
        file: site.topology,
        written: Written::Toml,
        errors: Vec::new(),
        ids: BTreeMap::new(),
    };
    let mut entries = Vec::new();
    for file in &site.registers {
        reader.file = *file;
        match form::read::<RegisterFile>(&site.sources, *file) {
            Ok(found) => {
                reader.version(&found.schema_version);
                entries.extend(found.entry.iter().filter_map(|e| reader.entry(&e.value)));
            }
            Err(errors) => reader.errors.extend(errors),
        }
    }
    for table in tables {
        (reader.file, reader.written) = (table.file, Written::Table);
        if table.unusable.is_some() {
            reader.errors.extend(table.troubles.iter().cloned());
            continue;
        }
        let forms = super::table::entries(site, table, &mut reader.errors);
        entries.extend(forms.iter().filter_map(|e| reader.entry(&e.value)));
    }
    if reader.errors.is_empty() {
        entries.sort_by_cached_key(|e| rank(&e.id.value));
        return Ok(Some(Register { entries }));
    }
    reader.errors.sort_by_key(|d| (d.primary.file, d.primary.start, d.primary.end));
    Err(reader.errors)
}

/// The registers of a site; `None` too if they are all provisional and not all of it can be read: [`pending`] says why.
///
/// # Errors
/// As [`read`].
pub fn read_or_wait(site: &Site) -> Result<Option<Register>, Vec<Diagnostic>> {
    read(site).or_else(|found| if provisional(site) { Ok(None) } else { Err(found) })
}

/// What keeps provisional registers from being read.
pub fn pending(site: &Site) -> Vec<Diagnostic> {
    read(site).err().filter(|_| provisional(site)).unwrap_or_default()
}

fn provisional(site: &Site) -> bool {
    let mut tables = site.records.tables.iter().filter(|t| t.kind.lists_flows());
    site.registers.is_empty() && tables.all(|t| t.provisional)
}

/// In what form the author of an entry has to correct it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Toml,
    Table,
}

struct Reader<'s> {
    site: &'s Site,
    file: FileId,
    written: Written,
    errors: Vec<Diagnostic>,
    ids: BTreeMap<String, Span>,
}

impl Reader<'_> {
    fn error(&mut self, code: Code, span: Span, message: Msg, help: Msg) {
        self.errors.push(Diagnostic::new(code, span, message).with_help(help));
    }

    /// Advice for TOML, or for a table.
    fn advice(&self, toml: Msg, table: Msg) -> Msg {
        match self.written {
            Written::Toml => toml,
            Written::Table => table,
        }
    }

    fn version(&mut self, version: &At<u32>) {
        let value = version.value;
        if value != 1 {
            let message =
                msg!("version {value} of this form is not known", "この形式の版 {value} は未対応である");
            let help = msg!("write `schema_version = 1`", "`schema_version = 1` と記載する");
            self.error(Code::InvalidValue, version.span(self.file), message, help);
        }
    }

    fn entry(&mut self, form: &EntryForm) -> Option<Entry> {
        let before = self.errors.len();
        let id = form.id.spanned(self.file);
        self.unique(&id);
        let protocol = self.protocol(&form.protocol);
        let ports = self.ports(form, protocol);
        let icmp = self.icmp(form, protocol);
        let (from, to) = (self.end(&form.from), self.end(&form.to));
        let nat = form.nat.as_ref();
        let nat_source = self.translated(nat.and_then(|n| n.source.as_deref()));
        let nat_destination = self.translated(nat.and_then(|n| n.destination.as_deref()));
        if form.granularity == Granularity::Segment && says_nothing(&form.reason) {
            let message = msg!(
                "`granularity = \"segment\"` needs a reason",
                "`granularity = \"segment\"`(セグメント単位)には理由が必要である"
            );
            let help = self.advice(
                msg!("add `reason = \"…\"`", "`reason = \"…\"` を追記する"),
                msg!("write it into the column 粒度の理由", "「粒度の理由」の列に記入する"),
            );
            self.error(Code::MissingKey, id.span, message, help);
        }
        let approved_on = self.date("approved_on", form.approved_on.as_ref());
        let starts = self.date("starts", form.starts.as_ref());
        let expires = self.date("expires", form.expires.as_ref());
        let renewal = self.date("renewal", form.renewal.as_ref());
        let l2 = self.cite(form.l2.as_ref().map_or(&[], |l| &l.declared));
        let declarations = self.cite(&form.declarations);
        let entry = Entry {
            id,
            application: form.application.clone(),
            title: form.title.clone(),
            kind: form.kind,
            class: form.class.clone(),
            from: from?,
            to: to?,
            protocol: protocol?,
            ports,
            icmp,
            nat_source,
            nat_destination,
            granularity: form.granularity,
            reason: form.reason.clone(),
            peer: form.peer,
            owner: form.owner.clone(),
            approved_by: form.approved_by.clone(),
            approved_on,
            starts,
            expires,
            renewal,
            l2,
            required: form.required,
            declarations,
            note: form.note.clone(),
            doubt: form.doubt.clone(),
        };
        (self.errors.len() == before).then_some(entry)
    }

    fn unique(&mut self, id: &Spanned<String>) {
        let name = &id.value;
        if name.trim().is_empty() {
            let message = msg!("the entry has no `id`", "台帳番号(`id`)が空である");
            let help = msg!("write its number in the register", "台帳番号を記載する");
            return self.error(Code::InvalidValue, id.span, message, help);
        }
        if let Some(first) = self.ids.get(name) {
            let message = msg!("`{name}` is defined twice", "「{name}」が2回定義されている");
            let label = msg!("first defined here", "最初の定義");
            let help = msg!("give one of them another id", "いずれか一方のIDを変更する");
            let found = Diagnostic::new(Code::DuplicateId, id.span, message).with_label(*first, label);
            self.errors.push(found.with_help(help));
            return;
        }
        self.ids.insert(name.clone(), id.span);
    }

    /// The protocol; the inner `None` is `any`, the outer one an error.
    fn protocol(&mut self, text: &At<String>) -> Option<Option<u8>> {
        let plain = narrow(&text.value);
        if plain.eq_ignore_ascii_case("any") {
            return Some(None);
        }
        if let Some(number) = protocol_number(&plain) {
            return Some(Some(number));
        }
        let value = &text.value;
        let message = msg!("`{value}` is not a protocol", "「{value}」というプロトコルはない");
        let help = msg!(
            "write a name such as `tcp`, a number in quotation marks, or `any`",
            "`tcp` 等の名前、\" で囲んだ番号又は `any` を記載する"
        );
        self.error(Code::InvalidValue, text.span(self.file), message, help);
        None
    }

    fn ports(&mut self, form: &EntryForm, protocol: Option<Option<u8>>) -> Ranges {
        let all = Ranges::full(0xFFFF);
        let ported = matches!(protocol, Some(Some(p)) if PORT_PROTOCOLS.contains(&p));
        let Some(text) = &form.ports else {
            if ported {
                let message = msg!("the entry names no ports", "ポートの記載がない");
                let help = self.advice(
                    msg!(
                        "add `ports = \"443\"`, or `ports = \"any\"` if every port is meant",
                        "`ports = \"443\"` のように追記する(全てのポートを指す場合は `ports = \"any\"`)"
                    ),
                    msg!(
                        "write it like `TCP/443`, or `TCP any` if every port is meant",
                        "`TCP/443` のように記入する(全てのポートを指す場合は `TCP any`)"
                    ),
                );
                self.error(Code::MissingKey, form.protocol.span(self.file), message, help);
            }
            return all;
        };
        let plain = narrow(&text.value);
        if plain.eq_ignore_ascii_case("any") {
            return all;
        }
        let span = text.span(self.file);
        let value = &text.value;
        if matches!(protocol, Some(None)) || (protocol.is_some() && !ported) {
            let message = msg!("this protocol has no ports", "このプロトコルにはポートがない");
            let help =
                msg!("remove `ports`, or name the protocol", "`ports` を削除するか、プロトコルを特定する");
            self.error(Code::InvalidValue, span, message, help);
            return Ranges::empty();
        }
        match port_ranges(&plain) {
            Some(ports) => ports,
            None => {
                let message =
                    msg!("`{value}` is not a list of ports", "「{value}」はポートの一覧として解釈できない");
                let help = msg!(
                    "write it like `443,8000-8080`, or `any` if every port is meant",
                    "`443,8000-8080` のように記載する(全てのポートを指す場合は `any`)"
                );
                self.error(Code::InvalidValue, span, message, help);
                Ranges::empty()
            }
        }
    }

    fn icmp(&mut self, form: &EntryForm, protocol: Option<Option<u8>>) -> Option<Ranges> {
        let kind = form.icmp_type.as_ref()?;
        let value = kind.value;
        let is_icmp = matches!(protocol, Some(Some(proto::ICMP | proto::ICMPV6)));
        if value > 255 || !is_icmp {
            let message =
                msg!("`icmp_type = {value}` does not fit here", "`icmp_type = {value}` はここに記載できない");
            let help = msg!(
                "write a number up to 255, and only for icmp and icmpv6",
                "icmp 又は icmpv6 の場合に限り、255以下の番号を記載する"
            );
            self.error(Code::InvalidValue, kind.span(self.file), message, help);
            return None;
        }
        let first = u128::from(value) << 8;
        Some(Ranges::span(first, first | 0xFF))
    }

    fn end(&mut self, end: &At<EndForm>) -> Option<End> {
        let span = end.span(self.file);
        let form = &end.value;
        let place = match (&form.host, &form.segment, &form.external, &form.addresses) {
            (Some(host), None, None, None) => Place::Host(self.host(host)?),
            (None, Some(segment), None, None) => Place::Segment(self.segment(segment, Wanted::Inside)?),
            (None, None, Some(external), None) => {
                Place::External(self.segment(external, Wanted::External)?, None)
            }
            (None, None, Some(external), Some(list)) => {
                let (place, addresses) =
                    (self.segment(external, Wanted::External), self.addresses(list, span));
                let addresses = addresses?;
                self.foreign(&addresses, span)?;
                Place::External(place?, Some(addresses))
            }
            (None, None, None, Some(list)) => {
                let addresses = self.addresses(list, span)?;
                self.placed(&addresses, span)?;
                Place::Addresses(addresses)
            }
            _ => {
                let message = msg!(
                    "an end is exactly one of a host, a segment, an external network or addresses",
                    "通信の両端は、ホスト、セグメント、外部ネットワーク又はアドレスのいずれか1つで記載する"
                );
                let help = msg!(
                    "write `{{ host = \"…\" }}`, `{{ segment = \"…\" }}`, `{{ external = \"…\", addresses = […] }}` \
                     or `{{ addresses = […] }}`",
                    "`{{ host = \"…\" }}`、`{{ segment = \"…\" }}`、`{{ external = \"…\", addresses = […] }}` 又は \
                     `{{ addresses = […] }}` と記載する"
                );
                self.error(Code::InvalidValue, span, message, help);
                return None;
            }
        };
        Some(End { place, span })
    }

    fn host(&mut self, id: &At<String>) -> Option<HostId> {
        let found = self.site.named_hosts().find(|(_, h)| h.id.value == id.value).map(|(id, _)| id);
        if found.is_none() {
            let names: Vec<&str> = self.site.hosts.iter().map(|h| h.id.value.as_str()).collect();
            self.unknown(id, ("host", "ホスト"), &names);
        }
        found
    }

    fn segment(&mut self, id: &At<String>, wanted: Wanted) -> Option<SegmentId> {
        let fits =
            |s: &crate::network::Segment| !s.internal && s.external.is_some() == (wanted == Wanted::External);
        let found = self.site.segments().find(|(_, s)| fits(s) && s.id.value == id.value).map(|(id, _)| id);
        if found.is_none() {
            let names: Vec<&str> =
                self.site.segments.iter().filter(|s| fits(s)).map(|s| s.id.value.as_str()).collect();
            let what = match wanted {
                Wanted::Inside => ("segment", "セグメント"),
                Wanted::External => ("external network", "外部ネットワーク"),
            };
            self.unknown(id, what, &names);
        }
        found
    }

    fn unknown(&mut self, id: &At<String>, (en, ja): (&str, &str), names: &[&str]) {
        let name = &id.value;
        let message =
            msg!("the topology defines no {en} `{name}`", "{ja}「{name}」が構成情報に定義されていない");
        let help = suggest(name, names.iter().copied(), Listing::Always);
        let found = Diagnostic::new(Code::UnknownId, id.span(self.file), message);
        self.errors.push(with(found, help));
    }

    fn addresses(&mut self, list: &[At<String>], span: Span) -> Option<Addresses> {
        let mut out = Addresses { set: AddressSet::empty(), single: true };
        for text in list {
            let (set, single) = self.address(text)?;
            out.set = out.set.union(&set);
            out.single &= single;
        }
        if list.is_empty() {
            let message = msg!("the list of addresses is empty", "アドレスの一覧が空である");
            let help =
                msg!("write the addresses, or leave the key out", "アドレスを記載するか、キーを削除する");
            self.error(Code::InvalidValue, span, message, help);
            return None;
        }
        Some(out)
    }

    /// An address, a prefix without host bits, or a range: whatever is written wider by mistake is refused.
    fn address(&mut self, text: &At<String>) -> Option<(AddressSet, bool)> {
        let plain = narrow(&text.value);
        if let Ok(address) = plain.parse::<IpAddr>() {
            return Some((AddressSet::host(address), true));
        }
        if let Ok(network) = plain.parse::<IpNetwork>()
            && network.network() == network.ip()
        {
            let whole = network.prefix() == if network.is_ipv4() { 32 } else { 128 };
            return Some((AddressSet::network(network), whole));
        }
        let range = plain
            .split_once(['-', '~', '〜'])
            .and_then(|(low, high)| AddressSet::range(low.trim().parse().ok()?, high.trim().parse().ok()?));
        if let Some(set) = range {
            return Some((set, false));
        }
        let value = &text.value;
        let message = msg!(
            "`{value}` is not an address, prefix or range",
            "「{value}」はアドレス、プレフィックス又は範囲として解釈できない"
        );
        let help = msg!(
            "write it like `10.21.10.11`, `10.21.20.0/24` or `10.21.10.11-10.21.10.15`",
            "`10.21.10.11`、`10.21.20.0/24` 又は `10.21.10.11-10.21.10.15` のように記載する"
        );
        self.error(Code::InvalidValue, text.span(self.file), message, help);
        None
    }

    /// Addresses without a place must all belong to segments of the topology: what stands nowhere could be sent
    /// from anywhere.
    fn placed(&mut self, addresses: &Addresses, span: Span) -> Option<()> {
        if addresses.set.minus(&super::beyond::inside(self.site)).is_empty() {
            return Some(());
        }
        let (en, ja) = super::beyond::names(self.site);
        let message = msg!(
            "some of these addresses belong to no segment of the topology",
            "構成情報のいずれのセグメントにも属さないアドレスが含まれている"
        );
        let help = self.advice(
            msg!(
                "name the external network that they belong to: `{{ external = \"…\", addresses = […] }}`",
                "アドレスが属する外部ネットワークを `{{ external = \"…\", addresses = […] }}` のように記載する"
            ),
            msg!(
                "write before the addresses the name of the external network that they belong to: {en}",
                "アドレスの前に、属する外部ネットワークの名称を記入する(外部ネットワーク: {ja})"
            ),
        );
        self.error(Code::InvalidValue, span, message, help);
        None
    }

    /// Addresses of an external network are not those of the site's own machines: an entry for the one would cover
    /// the other.
    fn foreign(&mut self, addresses: &Addresses, span: Span) -> Option<()> {
        if addresses.set.intersection(&super::beyond::inside(self.site)).is_empty() {
            return Some(());
        }
        let message = msg!(
            "some of these addresses belong to segments of the topology",
            "構成情報のセグメントに属するアドレスが、外部ネットワークのアドレスとして記載されている"
        );
        let help = self.advice(
            msg!(
                "write them as `{{ addresses = […] }}`, or name the host",
                "`{{ addresses = […] }}` とするか、ホストを記載する"
            ),
            msg!(
                "leave the name of the external network out, or name the host",
                "外部ネットワークの名称を削除するか、ホストを記入する"
            ),
        );
        self.error(Code::InvalidValue, span, message, help);
        None
    }

    fn translated(&mut self, list: Option<&[At<String>]>) -> AddressSet {
        let sets = list.unwrap_or(&[]).iter().filter_map(|a| self.address(a)).map(|(set, _)| set);
        sets.fold(AddressSet::empty(), |all, set| all.union(&set))
    }

    /// A date; an empty one is none.
    fn date(&mut self, key: &str, text: Option<&At<String>>) -> Option<Spanned<Date>> {
        let text = text.filter(|t| !narrow(&t.value).is_empty())?;
        let span = text.span(self.file);
        if let Some(found) = date::parse(&text.value) {
            return Some(Spanned::new(found, span));
        }
        // No end is no date, and no mistake of writing: the checks say what an entry without a last day is worth.
        if key == "expires" && ENDLESS.contains(&narrow(&text.value).trim()) {
            return None;
        }
        let value = &text.value;
        let message = msg!("`{value}` is not a date (`{key}`)", "「{value}」は日付ではない(`{key}`)");
        let help = msg!(
            "write it like `令和8年3月31日`, `R8.3.31` or `2026-03-31`",
            "`令和8年3月31日`、`R8.3.31` 又は `2026-03-31` のように記載する"
        );
        self.error(Code::InvalidValue, span, message, help);
        None
    }

    fn cite(&mut self, ids: &[At<String>]) -> Vec<String> {
        let known: BTreeSet<&str> = self.site.declarations.iter().map(|d| d.id.value.as_str()).collect();
        for id in ids.iter().filter(|i| !known.contains(i.value.as_str())) {
            let names: Vec<&str> = known.iter().copied().collect();
            self.unknown(id, ("declaration", "申告"), &names);
        }
        ids.iter().map(|i| i.value.clone()).collect()
    }
}

/// What registers write where an entry has no last day.
const ENDLESS: &[&str] = &[
    "無期限",
    "期限なし",
    "期限無し",
    "期限の定めなし",
    "定めなし",
    "永年",
    "永久",
    "なし",
    "無し",
    "-",
    "ー",
    "―",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Inside,
    External,
}
