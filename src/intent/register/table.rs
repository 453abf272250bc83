//! Rows of register tables as the entries that TOML would give.
//!
//! A cell names an end as people write it: `SV-RENKEI01 10.21.10.31`, `10.21.20.0/24、10.21.21.0/24`, the name of a
//! segment, or an external network with its addresses. What it names is looked up in the topology; addresses beside a
//! name must be addresses of what is named. The entry is then read and checked like one from TOML.

use super::form::{EndForm, EntryForm, Layer2Form, NatForm};
use super::{Granularity, Kind, Peer, beside, beyond};
use crate::intent::date;
use crate::model::AddressSet;
use crate::msg;
use crate::network::form::{At, Listing, suggest, with};
use crate::network::table::grammar::{Service, Special, addresses, out_of_force, service, special};
use crate::network::table::{Row, Table, TableKind, YES_NO, choose, cited};
use crate::network::{HostId, SegmentId, Site, address_set};
use crate::source::{Code, Diagnostic, Msg, Span, Spanned, narrow};

/// 区分.
const KINDS: &[(&[&str], Kind)] = &[
    (&["特定通信"], Kind::Tokutei),
    (&["通常", "通常通信", "系間通信", "一般"], Kind::Ordinary),
    (&["無害化", "無害化通信"], Kind::Sanitized),
    (&["保守", "遠隔保守"], Kind::Maintenance),
    (&["画面転送"], Kind::ScreenTransfer),
];
/// 粒度.
const GRANULARITIES: &[(&[&str], Granularity)] =
    &[(&["機器単位", "機器"], Granularity::Host), (&["セグメント単位", "セグメント"], Granularity::Segment)];
/// 接続先の種別.
const PEERS: &[(&[&str], Peer)] = &[
    (&["公的機関", "公的機関が構築したシステム", "国等", "国・県等"], Peer::PublicSystem),
    (&["民間", "民間事業者", "事業者"], Peer::Private),
    (&["庁内", "当町", "自団体", "自庁"], Peer::Own),
];

/// The entries of a table, each with the place of its row; mistakes go to `errors`.
pub(super) fn entries(site: &Site, table: &Table, errors: &mut Vec<Diagnostic>) -> Vec<At<EntryForm>> {
    let mut reader = Reader { site, table, errors, period: None };
    table.rows.iter().filter_map(|row| Some(At::elsewhere(reader.entry(row)?, row.span))).collect()
}

/// What was taken for something else in the cells of a register, for the report of what was understood.
pub fn notes(table: &Table) -> Vec<(Span, Msg)> {
    let cells = table.rows.iter().flat_map(|r| ["service", "protocol", "ports"].map(|k| r.values.get(k)));
    let named = cells
        .flatten()
        .filter_map(|v| Some((v.span, service(&v.value).ok().filter(|s| !s.named.is_empty())?)));
    let note = |(span, s): (Span, Service)| {
        let names = s.named.join(", ");
        let meant = s.shown();
        (span, msg!("`{names}` was read as `{meant}`", "「{names}」を「{meant}」と読み取った"))
    };
    named.map(note).collect()
}

/// The two days of a period: `R7.4.1~R8.3.31`, `R7.4.1からR8.3.31`, `2025/4/1-2026/3/31`.
fn halves(text: &str) -> Option<(&str, &str)> {
    let signs = text.split_once(['~', '〜', '～']).or_else(|| text.split_once("から"));
    let dashes = text.match_indices('-').filter_map(|(at, dash)| {
        let (first, last) = (text.get(..at)?, text.get(at + dash.len()..)?);
        (date::parse(first).is_some() && date::parse(last).is_some()).then_some((first, last))
    });
    let found = signs.or_else(|| dashes.into_iter().next())?;
    let (first, last) = (found.0.trim(), found.1.trim());
    (!(last.is_empty() && text.ends_with("から"))).then_some((first, last))
}

/// Whether two texts name two days.
fn differ(one: &str, other: &str) -> bool {
    one != other && date::parse(one) != date::parse(other)
}

struct Reader<'r> {
    site: &'r Site,
    table: &'r Table,
    errors: &'r mut Vec<Diagnostic>,
    /// A period of the row being read that is no two days, though it may set other bounds than the days beside it.
    period: Option<String>,
}

/// Who is named in a cell.
enum Named {
    Host(HostId),
    Segment(SegmentId),
    External(SegmentId),
}

impl Reader<'_> {
    fn error(&mut self, span: Span, message: Msg, help: Msg) {
        self.errors.push(Diagnostic::new(Code::UnclearCell, span, message).with_help(help));
    }

    fn entry(&mut self, row: &Row) -> Option<EntryForm> {
        let before = self.errors.len();
        let requirement = self.table.kind == TableKind::Requirements;
        let kind = match self.word(row, "kind", KINDS) {
            None if requirement => Some(Kind::Ordinary),
            found => found,
        };
        let (granularity, reason) = self.granularity(row);
        let (from, to) = (self.end(row, "from", "from_addresses"), self.end(row, "to", "to_addresses"));
        let service = self.service(row);
        let nat = self.nat(row);
        let peer = self.word(row, "peer", PEERS);
        let required = self.word(row, "required", YES_NO).unwrap_or(requirement);
        let l2 = cited(row, "l2");
        let (starts, expires) = self.days(row);
        if self.errors.len() > before {
            return None;
        }
        let (protocol, ports, icmp_type) = service?;
        Some(EntryForm {
            id: row.at("id")?,
            application: row.text("application"),
            title: row.text("title"),
            kind: kind?,
            class: row.text("class"),
            from: from?,
            to: to?,
            protocol,
            ports,
            icmp_type,
            nat,
            granularity: granularity?,
            reason,
            peer,
            owner: row.text("owner"),
            approved_by: row.text("approved_by"),
            approved_on: row.at("approved_on"),
            starts,
            expires,
            renewal: row.at("renewal"),
            l2: (!l2.is_empty()).then_some(Layer2Form { declared: l2 }),
            required,
            declarations: cited(row, "declarations"),
            note: row.text("note"),
            doubt: beside::doubt(row).or(self.period.take()),
        })
    }

    /// The first day and the last: cells of their own, or both in one (`R7.4.1~R8.3.31`).
    fn days(&mut self, row: &Row) -> (Option<At<String>>, Option<At<String>>) {
        let (mut starts, mut expires) = (row.at("starts"), row.at("expires"));
        for key in ["expires", "period"] {
            let Some(cell) = row.values.get(key) else { continue };
            let at = |text: &str| (!text.is_empty()).then(|| At::elsewhere(text.to_owned(), cell.span));
            let text = cell.value.trim();
            let text = text.strip_suffix("まで").unwrap_or(text).trim_end();
            let (first, last) = match halves(text) {
                Some((first, last)) => (at(first), at(last)),
                None if key == "expires" => (None, at(text)),
                None => match text.strip_suffix("から").or(text.strip_suffix("以降")) {
                    Some(first) => (at(first.trim()), None),
                    None => (None, at(text)),
                },
            };
            // `通年` beside a last day is no other last day; `R7年度` may be one.
            let dated =
                |day: &Option<At<String>>| day.as_ref().is_some_and(|d| date::parse(&d.value).is_some());
            if key == "period" && dated(&expires) && !dated(&first) && !dated(&last) {
                if text.chars().any(|c| c.is_ascii_digit()) || out_of_force(text) {
                    self.period = Some(cell.value.clone());
                }
                continue;
            }
            if key == "expires" || expires.is_none() {
                expires = last;
            } else if last.is_some_and(|l| expires.as_ref().is_some_and(|e| differ(&e.value, &l.value))) {
                self.contradicting(cell.span, text);
            }
            if starts.is_none() {
                starts = first;
            } else if first.is_some_and(|f| starts.as_ref().is_some_and(|s| differ(&s.value, &f.value))) {
                self.contradicting(cell.span, text);
            }
        }
        let place = ["starts", "period", "expires"]
            .iter()
            .find_map(|k| row.values.get(*k))
            .map_or(row.span, |v| v.span);
        starts = starts.and_then(|written| Self::first_day(written, place));
        for first in beside::first_days(row) {
            let day = |text: &str| date::parse(text);
            if starts.as_ref().is_none_or(|s| day(&first.value) > day(&s.value)) {
                starts = Some(At::elsewhere(first.value.clone(), first.span));
            }
        }
        // A day on which it ends that no other column has as its last.
        for end in beside::last_days(row) {
            let day = |text: &str| date::parse(text);
            let earlier = expires.as_ref().is_none_or(|e| day(&end.value) < day(&e.value));
            if earlier {
                expires = Some(At::elsewhere(end.value.clone(), end.span));
            }
        }
        (starts, expires)
    }

    /// `R7.4` is its first day, `R7年度` the first of April; what runs already has none.
    fn first_day(written: At<String>, span: Span) -> Option<At<String>> {
        const RUNS: &[&str] = &["既設", "既存", "運用中", "稼働中", "稼働済", "済", "当初", "従前", "開始済"];
        let text = narrow(&written.value);
        if RUNS.contains(&text.trim()) {
            return None;
        }
        let plain = text.trim().trim_end_matches(['頃', '~']).to_owned();
        let month = plain.strip_suffix('月').map(|m| format!("{m}月1日"));
        let year = plain.strip_suffix("年度").map(|y| format!("{y}年4月1日"));
        let dotted = [format!("{plain}.1"), format!("{plain}/1")];
        let found = month.into_iter().chain(year).chain(dotted).find(|d| date::parse(d).is_some());
        match (date::parse(&written.value), found) {
            (None, Some(day)) => Some(At::elsewhere(day, span)),
            _ => Some(written),
        }
    }

    fn contradicting(&mut self, span: Span, text: &str) {
        let message = msg!(
            "the period `{text}` differs from the dates beside it",
            "期間「{text}」が、同じ行の日付と一致しない"
        );
        self.error(span, message, msg!("correct one of the two", "いずれか一方を修正する"));
    }

    fn word<T: Copy>(&mut self, row: &Row, key: &str, known: &[(&[&str], T)]) -> Option<T> {
        let value = row.values.get(key)?;
        choose(&value.value, known).map_err(|(message, help)| self.error(value.span, message, help)).ok()
    }

    /// `セグメント単位(理由: 端末はDHCP)`: a reason may stand in brackets.
    fn granularity(&mut self, row: &Row) -> (Option<Granularity>, String) {
        let reason = row.text("reason");
        let Some(value) = row.values.get("granularity") else { return (None, reason) };
        let (word, inside) = value.value.split_once('(').unwrap_or((&value.value, ""));
        let inside = inside.trim_end().trim_end_matches(')').trim();
        let inside = inside.strip_prefix("理由").map_or(inside, |r| r.trim_start_matches([':', ' ']));
        let reason = if reason.is_empty() { inside.to_owned() } else { reason };
        match choose(word, GRANULARITIES) {
            Ok(found) => (Some(found), reason),
            Err((message, help)) => {
                self.error(value.span, message, help);
                (None, reason)
            }
        }
    }

    /// Protocol, ports, ICMP type: of one column, or of two.
    #[expect(clippy::type_complexity, reason = "three values of one form, used once")]
    fn service(&mut self, row: &Row) -> Option<(At<String>, Option<At<String>>, Option<At<u32>>)> {
        let (whole, protocol, ports) =
            (row.values.get("service"), row.values.get("protocol"), row.values.get("ports"));
        let (place, text) = match (whole, protocol, ports) {
            (Some(whole), None, None) => (whole, whole.value.clone()),
            (None, Some(protocol), Some(ports)) if special(&ports.value) == Some(Special::None) => {
                (protocol, protocol.value.clone())
            }
            (None, Some(protocol), Some(ports)) => (ports, format!("{} {}", protocol.value, ports.value)),
            (None, Some(one), None) | (None, None, Some(one)) => (one, one.value.clone()),
            (None, None, None) => {
                let message =
                    msg!("the row names no protocol and no ports", "プロトコル及びポートの記載がない");
                let help = msg!("write it like `TCP/443`", "`TCP/443` のように記入する");
                self.error(row.span, message, help);
                return None;
            }
            (Some(whole), ..) => {
                let message = msg!(
                    "protocol and ports stand in one column and in columns of their own",
                    "プロトコル・ポートが1つの列と個別の列の両方に記載されている"
                );
                self.error(whole.span, message, msg!("keep one of the two", "いずれか一方に統一する"));
                return None;
            }
        };
        let found = match service(&text) {
            Ok(found) => found,
            Err(why) => {
                let help = msg!(
                    "write it like `TCP/443,8443`, `UDP/161-162`, `ICMP`, or `any` if everything is meant",
                    "`TCP/443,8443`、`UDP/161-162`、`ICMP` のように記入する(全てを指す場合は `any`)"
                );
                self.error(place.span, why, help);
                return None;
            }
        };
        let icmp = self.icmp_type(row, &found)?;
        let protocol_place = protocol.unwrap_or(place).span;
        Some((
            At::elsewhere(found.protocol, protocol_place),
            found.ports.map(|p| At::elsewhere(p, place.span)),
            icmp,
        ))
    }

    fn icmp_type(&mut self, row: &Row, found: &Service) -> Option<Option<At<u32>>> {
        match row.values.get("icmp_type") {
            None => Some(found.icmp_type.and_then(|t| {
                let cell = row.values.get("service").or_else(|| row.values.get("protocol"))?;
                Some(At::elsewhere(t, cell.span))
            })),
            Some(value) => match value.value.parse().ok().filter(|t| *t < 256) {
                Some(number) => Some(Some(At::elsewhere(number, value.span))),
                None => {
                    let text = &value.value;
                    let message = msg!("`{text}` is no ICMP type", "「{text}」はICMPタイプではない");
                    self.error(
                        value.span,
                        message,
                        msg!("write a number up to 255", "255以下の番号を記入する"),
                    );
                    None
                }
            },
        }
    }

    /// `送信元198.51.100.193`, `宛先198.51.100.194`, or both.
    fn nat(&mut self, row: &Row) -> Option<NatForm> {
        let value = row.values.get("nat")?;
        let mut form = NatForm { source: None, destination: None };
        let (before, destination) = match value.value.split_once("宛先") {
            Some((before, after)) => (before, Some(after)),
            None => (value.value.as_str(), None),
        };
        let (loose, source) = match before.split_once("送信元") {
            Some((loose, after)) => (loose, Some(after)),
            None => (before, None),
        };
        let sign = |c: char| c.is_whitespace() || matches!(c, ':' | '、' | ',' | '=' | ';');
        let list = |text: Option<&str>| text.map(|t| addresses(t.trim_matches(sign)));
        let lists = (list(source), list(destination));
        let wrong = !loose.trim_matches(sign).is_empty()
            || (source.is_none() && destination.is_none())
            || [&lists.0, &lists.1].into_iter().flatten().any(Result::is_err);
        if wrong {
            let text = &value.value;
            let message =
                msg!("`{text}` is no translated address", "「{text}」は変換後のアドレスとして解釈できない");
            let help = msg!(
                "write it like 送信元198.51.100.193 or 宛先198.51.100.194, or なし",
                "「送信元198.51.100.193」「宛先198.51.100.194」又は「なし」のように記入する"
            );
            self.error(value.span, message, help);
            return None;
        }
        let placed =
            |list: Option<Result<Vec<String>, Msg>>| list.and_then(Result::ok).map(|l| placed(l, value.span));
        (form.source, form.destination) = (placed(lists.0), placed(lists.1));
        Some(form)
    }

    /// An end from its cell and, if there is one, the cell of its addresses.
    fn end(&mut self, row: &Row, key: &str, beside: &str) -> Option<At<EndForm>> {
        let site = self.site;
        let value = row.values.get(key)?.clone();
        // `-` in the column of names: there are only addresses.
        let (name, inner) = match special(&value.value) {
            Some(Special::None) => ("", None),
            _ => split(&value.value),
        };
        let other = row.values.get(beside).cloned();
        let listed = match (inner, other) {
            (Some(_), Some(other)) => {
                let message = msg!("addresses stand in two columns", "アドレスが2つの列に記載されている");
                self.error(other.span, message, msg!("keep one of the two", "いずれか一方に統一する"));
                return None;
            }
            (Some(inner), None) => Some(Spanned::new(inner.to_owned(), value.span)),
            (None, other) => other,
        };
        let every = listed.as_ref().is_some_and(|l| special(&l.value) == Some(Special::Any));
        let list = match &listed {
            Some(text) if !every => Some(self.addresses(text)?),
            _ => None,
        };
        let form = match name {
            "" if list.is_none() => {
                let message = msg!("neither a name nor addresses stand here", "名称及びアドレスの記載がない");
                let help = msg!(
                    "write a host, a segment, or an external network with its addresses",
                    "ホスト、セグメント、又は外部ネットワークとそのアドレスを記入する"
                );
                self.error(value.span, message, help);
                return None;
            }
            // Addresses that no segment of the site has: where its own routes lead.
            "" => {
                let set = union(list.as_deref());
                let known =
                    beyond::by_route(site, &set).and_then(|id| Some(site.segment(id)?.id.value.clone()));
                let external = known.map(|id| At::elsewhere(id, value.span));
                EndForm { addresses: list, external, ..nobody() }
            }
            name => self.named(&Spanned::new(name.to_owned(), value.span), list, every)?,
        };
        Some(At::elsewhere(form, value.span))
    }

    fn addresses(&mut self, text: &Spanned<String>) -> Option<Vec<At<String>>> {
        match addresses(&text.value) {
            Ok(list) => Some(placed(list, text.span)),
            Err(why) => {
                let help = msg!(
                    "write it like `10.21.10.11`, `10.21.20.0/24` or `10.21.10.11~15`",
                    "`10.21.10.11`、`10.21.20.0/24` 又は `10.21.10.11~15` のように記入する"
                );
                self.error(text.span, why, help);
                None
            }
        }
    }

    fn named(
        &mut self,
        name: &Spanned<String>,
        list: Option<Vec<At<String>>>,
        every: bool,
    ) -> Option<EndForm> {
        let site = self.site;
        let id = |id: &str| Some(At::elsewhere(id.to_owned(), name.span));
        let set = union(list.as_deref());
        let found = match self.look_up(name)? {
            // The network behind their router has the name of the segment on which that stands.
            Named::Segment(s) if list.is_some() && set.intersection(&site.space_of(s)).is_empty() => {
                beyond::on(site, s).map_or(Named::Segment(s), Named::External)
            }
            found => found,
        };
        let (own, form) = match found {
            Named::Host(host) => {
                let own = site.own_addresses(host);
                let whole = list.is_none() || set == own;
                let only = EndForm { host: id(&site.host(host)?.id.value), ..nobody() };
                (own, if whole { only } else { EndForm { addresses: list.clone(), ..nobody() } })
            }
            Named::Segment(segment) => {
                let own = site.space_of(segment);
                let whole = list.is_none() || set == own;
                let only = EndForm { segment: id(&site.segment(segment)?.id.value), ..nobody() };
                (own, if whole { only } else { EndForm { addresses: list.clone(), ..nobody() } })
            }
            Named::External(external) => {
                if list.is_none() && !every {
                    let text = &name.value;
                    let message = msg!(
                        "`{text}` stands without addresses",
                        "外部ネットワーク「{text}」のアドレスの記載がない"
                    );
                    let help = msg!(
                        "write the addresses beside it, or `any` if all of them are meant",
                        "アドレスを併せて記入する(全てを指す場合は `any`)"
                    );
                    self.error(name.span, message, help);
                    return None;
                }
                let external = id(&site.segment(external)?.id.value);
                return Some(EndForm { external, addresses: list, ..nobody() });
            }
        };
        if list.is_some() && !set.minus(&own).is_empty() {
            let text = &name.value;
            let message = msg!(
                "some of these addresses are not those of `{text}` in the topology",
                "「{text}」のアドレスが構成情報と一致しない"
            );
            let help = msg!("correct the address or the name", "アドレス又は名称を修正する");
            self.error(name.span, message, help);
            return None;
        }
        Some(form)
    }

    /// What a name stands for: an id, or the name that one segment or external network alone has.
    fn look_up(&mut self, name: &Spanned<String>) -> Option<Named> {
        let site = self.site;
        let text = name.value.as_str();
        let place =
            |id: SegmentId, external: bool| if external { Named::External(id) } else { Named::Segment(id) };
        if let Some((host, _)) = site.named_hosts().find(|(_, h)| h.id.value == text) {
            return Some(Named::Host(host));
        }
        let segments = || site.segments().filter(|(_, s)| !s.internal);
        if let Some((id, s)) = segments().find(|(_, s)| s.id.value == text) {
            return Some(place(id, s.external.is_some()));
        }
        let named: Vec<_> = segments().filter(|(_, s)| s.name.as_deref() == Some(text)).collect();
        if let [(id, s)] = named.as_slice() {
            return Some(place(*id, s.external.is_some()));
        }
        // What people call a network of others is part of its name here: `LGWAN` of `LGWAN接続ルータ間`.
        if let Some(external) = beyond::called(site, text) {
            return Some(Named::External(external));
        }
        let hosts = site.hosts.iter().map(|h| h.id.value.as_str());
        let all: Vec<&str> = hosts.chain(segments().map(|(_, s)| s.id.value.as_str())).collect();
        let message = msg!(
            "the topology defines no host, segment or external network `{text}`",
            "「{text}」というホスト、セグメント又は外部ネットワークが構成情報に定義されていない"
        );
        let (en, ja) = beyond::names(site);
        let externals = || {
            msg!(
                "write a host, a segment, or an external network ({en}) with its addresses",
                "ホスト、セグメント、又は外部ネットワーク({ja})とそのアドレスを記入する"
            )
        };
        let help = suggest(text, all, Listing::Always).or_else(|| Some(externals()));
        self.errors.push(with(Diagnostic::new(Code::UnknownId, name.span, message), help));
        None
    }
}

fn union(list: Option<&[At<String>]>) -> AddressSet {
    let sets = list.into_iter().flatten().filter_map(|a| address_set(&a.value));
    sets.fold(AddressSet::empty(), |a, b| a.union(&b))
}

/// Ends of registers that only the site's own routes place, each with what they were taken for.
pub fn resolved(site: &Site) -> Vec<(Span, Msg)> {
    let mut out = Vec::new();
    for table in site.records.tables.iter().filter(|t| t.kind.lists_flows()) {
        let mut reader = Reader { site, table, errors: &mut Vec::new(), period: None };
        let ends = [("from", "from_addresses"), ("to", "to_addresses")];
        for (row, (key, beside)) in table.rows.iter().flat_map(|r| ends.map(|e| (r, e))) {
            let nameless = row.values.get(key).is_some_and(|v| special(&v.value) == Some(Special::None));
            let Some(end) = reader.end(row, key, beside).filter(|_| nameless) else { continue };
            let (Some(external), Some(cell)) = (&end.value.external, row.values.get(beside)) else {
                continue;
            };
            let (text, name) = (&cell.value, &external.value);
            out.push((
                cell.span,
                msg!(
                    "`{text}` was taken for addresses of `{name}`, to which the routes lead",
                    "「{text}」を、経路の設定により外部ネットワーク「{name}」のアドレスとして扱った"
                ),
            ));
        }
    }
    out
}

fn nobody() -> EndForm {
    EndForm { host: None, segment: None, external: None, addresses: None }
}

fn placed(list: Vec<String>, span: Span) -> Vec<At<String>> {
    list.into_iter().map(|a| At::elsewhere(a, span)).collect()
}

/// The name and the addresses (or `any`) of a cell; either may be missing.
fn split(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    if addresses(text).is_ok() {
        return ("", Some(text));
    }
    let sign = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ':' | '、' | ',' | ';');
    let cuts = text.char_indices().filter(|(_, c)| sign(*c)).map(|(at, _)| at);
    for at in cuts {
        let Some((name, rest)) = text.split_at_checked(at) else { continue };
        let rest = rest.trim_matches(sign);
        if addresses(rest).is_ok() || special(rest) == Some(Special::Any) {
            return (name.trim_matches(sign), Some(rest));
        }
    }
    (text, None)
}
