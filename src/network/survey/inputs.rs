//! What somebody has to say before there can be an answer: where each interface is connected, and which hosts are
//! sanitizers. Each with a proposal.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::peers::Peers;
use super::proposals::{Leads, Proposal, ZoneWord, propose, sanitizes, types, zone_of};
use super::{FoundTable, distinct};
use crate::model::{AddressSet, Family, Interface, InterfaceKind, RouteTarget};
use crate::msg;
use crate::network::site::{Site, SiteDevice};
use crate::network::table::TableKind;
use crate::source::{Msg, Sources, Span, narrow};

/// Lines below an interface's first in which its description is looked for.
const BLOCK: u32 = 60;

/// An interface that somebody has to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceRow {
    /// The box.
    pub device: String,
    /// Its interface, with the part of the box where the name alone does not tell.
    pub interface: String,
    /// The administrator's other names for it: alias, description.
    pub also: String,
    /// VLAN id, if it is one.
    pub vlan: Option<u16>,
    /// Name of its segment.
    pub segment: String,
    /// What the town's own table calls the segment.
    pub title: String,
    /// Networks of its addresses.
    pub networks: Vec<String>,
    /// Next hops of routes by it.
    pub routers: Vec<IpAddr>,
    /// What the town's own table calls the zone of its network.
    pub told: String,
    /// Where it may belong.
    pub proposal: Proposal,
    /// The declaration that may speak of what lies behind it.
    pub declaration: Option<String>,
    /// The listed device without a configuration that the table of cables has at the other end.
    pub peer: Option<String>,
    /// Where it stands.
    pub place: Span,
}

/// A host that may be a sanitizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizerRow {
    /// The host.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// What it may do.
    pub types: Vec<&'static str>,
    /// Why it is listed.
    pub reason: Msg,
    /// The declaration that may speak of it.
    pub declaration: Option<String>,
}

/// The interfaces that `site`, a site in which nothing is bound, leaves open: in the order of its devices. Second
/// members of clusters, in `seconds`, are cabled like the first ones.
pub fn interfaces(site: &Site, tables: &[FoundTable], seconds: &BTreeSet<String>) -> Vec<InterfaceRow> {
    let mut out = Vec::new();
    let mut names = BTreeMap::new();
    let mut segments: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let peers = Peers::of(site, tables, seconds);
    for (_, device) in site.devices().filter(|(_, d)| !seconds.contains(&d.chassis)) {
        for id in &device.elsewhere {
            let Some(interface) = device.device.interfaces.get(id.index()) else { continue };
            if interface.kind == InterfaceKind::Unread {
                continue;
            }
            let networks: Vec<String> = networks(interface);
            let mut rows = tables.iter().filter_map(|t| vlan_row(t, interface, &networks));
            let mut listed = rows.next();
            // Two tables that do not agree speak for nobody.
            if let Some(first) = &mut listed
                && rows.any(|other| other.told != first.told)
            {
                first.told.clear();
            }
            let segment = match segments.get(&networks).filter(|_| !networks.is_empty()) {
                Some(known) => known.clone(),
                None => {
                    let wanted =
                        listed.as_ref().map_or(interface.name.value.as_str(), |l| l.segment.as_str());
                    let name = distinct(&mut names, wanted);
                    segments.insert(networks.clone(), name.clone());
                    name
                }
            };
            let title = listed.as_ref().map_or_else(String::new, |l| l.title.clone());
            let told = listed.as_ref().map_or_else(String::new, |l| l.told.clone());
            let (alias, description) = words(&site.sources, interface);
            let mut texts: Vec<(Msg, String)> = Vec::new();
            if let Some(listed) = listed {
                texts.extend(listed.texts);
            }
            texts.extend(description.iter().map(|d| (msg!("description", "説明"), d.clone())));
            texts.extend(alias.iter().map(|a| (msg!("alias", "別名"), a.clone())));
            texts.push((msg!("name", "名称"), interface.name.value.clone()));
            let mut proposal = propose(&interface.name.value, &texts);
            // What the town says of the network comes before what names sound like.
            if proposal.doubted {
                proposal.zone = zone_of(&told);
            }
            let about = declaration(tables, &about(proposal.leads, &texts));
            let mut row = InterfaceRow {
                device: device.chassis.clone(),
                interface: full_name(site, device, &interface.name.value),
                also: alias.into_iter().chain(description).collect::<Vec<_>>().join(" / "),
                vlan: match interface.kind {
                    InterfaceKind::Vlan { id, .. } => Some(id),
                    _ => None,
                },
                segment,
                title,
                routers: routers(device, *id, interface),
                networks,
                declaration: about,
                told,
                peer: peers.at(&device.chassis, &interface.name.value).map(str::to_owned),
                proposal,
                place: interface.name.span,
            };
            // What stands inside is no border of another's network.
            if row.leads() == Leads::Inside || row.leads() == Leads::Nothing {
                row.peer = None;
            }
            // A word that does not speak for the row must not stand there: its ○ would.
            if row.by_word().is_none() {
                row.told.clear();
            }
            out.push(row);
        }
    }
    peers.declared(tables, &mut out);
    out
}

/// `PART/IF` where another part of the box has an interface of the same name.
fn full_name(site: &Site, device: &SiteDevice, name: &str) -> String {
    let others =
        site.devices().filter(|(_, d)| d.chassis == device.chassis && d.device.interface(name).is_some());
    let part = device.device.name.strip_prefix(&device.chassis).and_then(|p| p.strip_prefix('/'));
    match part.filter(|_| others.count() > 1) {
        Some(part) => format!("{part}/{name}"),
        None => name.to_owned(),
    }
}

fn networks(interface: &Interface) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for address in &interface.addresses {
        let network = address.network;
        let text = format!("{}/{}", network.network(), network.prefix());
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// Gateways of routes out of the interface that lie in its own networks.
fn routers(device: &SiteDevice, id: crate::model::IfId, interface: &Interface) -> Vec<IpAddr> {
    let by_it = device.device.routes.iter().filter(|r| r.target == RouteTarget::Interface(id));
    let near = |g: &IpAddr| interface.addresses.iter().any(|a| a.network.contains(*g));
    let found: BTreeSet<IpAddr> = by_it.filter_map(|r| r.gateway).filter(near).collect();
    found.into_iter().collect()
}

/// Alias and description.
fn words(sources: &Sources, interface: &Interface) -> (Option<String>, Option<String>) {
    let span = interface.name.span;
    let first = sources.position(span).line;
    let mut description = None;
    for line in first + 1..first.saturating_add(BLOCK) {
        let text = sources.excerpt(sources.line_span(span.file, line)).text;
        let trimmed = text.trim();
        // The next statement of the same kind, or the end of this one.
        let over = ["next", "end", "!", "exit"].contains(&trimmed)
            || trimmed.starts_with("edit ")
            || text.starts_with("interface ");
        if over || trimmed.is_empty() {
            break;
        }
        let rest = trimmed.strip_prefix("set description ").or_else(|| trimmed.strip_prefix("description "));
        if let Some(rest) = rest {
            description = Some(rest.trim_matches('"').to_owned());
            break;
        }
    }
    (interface.alias.clone(), description.filter(|d| !d.is_empty()))
}

/// What the town's own table says of an interface.
struct Listed {
    segment: String,
    title: String,
    told: String,
    texts: Vec<(Msg, String)>,
}

/// The row of a VLAN table with the interface's network.
fn vlan_row(table: &FoundTable, interface: &Interface, networks: &[String]) -> Option<Listed> {
    if table.kind != Some(TableKind::Segments) {
        return None;
    }
    let bare = |n: &String| n.split('/').next().map(str::to_owned);
    let wanted: BTreeSet<String> = networks.iter().filter_map(bare).collect();
    let is = |cell: &String| narrow(cell).split('/').next().is_some_and(|c| wanted.contains(c));
    let rows: Vec<_> = table.rows.iter().filter(|(_, cells)| cells.iter().any(is)).collect();
    let [(place, cells)] = rows.as_slice() else { return None };
    let column = |headings: &[&str]| {
        let at = table.headings.iter().position(|h| headings.contains(&narrow(h).as_str()))?;
        cells.get(at).map(|c| narrow(c)).filter(|c: &String| !c.is_empty() && c != "-")
    };
    let zone = column(&["系", "ゾーン"]);
    let name = column(&["VLAN名", "セグメントID", "セグメント名", "ID"]);
    // The row speaks for the interface's network only if it is that network, mask included.
    let whole = !networks.is_empty() && networks.iter().all(|n| is_network(cells, n));
    let told = zone.clone().filter(|_| whole).unwrap_or_default();
    let texts = zone.map(|z| (msg!("{place}", "{place}の系"), z)).into_iter();
    let texts: Vec<(Msg, String)> =
        texts.chain(column(&["用途", "名称"]).map(|u| (msg!("{place}", "{place}の用途"), u))).collect();
    let title = column(&["用途", "名称"]).filter(|t| name.as_ref() != Some(t)).unwrap_or_default();
    Some(Listed { segment: name.unwrap_or_else(|| interface.name.value.clone()), title, told, texts })
}

/// Whether the cells of a row say a network with its length: `10.21.10.0/24`, or an address and a mask beside it.
fn is_network(cells: &[String], network: &str) -> bool {
    let Some((base, length)) = network.split_once('/') else { return false };
    let plain = |c: &String| narrow(c).trim().to_owned();
    let mask = |text: String| match text.strip_prefix('/') {
        Some(bits) => Some(bits.to_owned()),
        None => text.parse().ok().and_then(|m| ipnetwork::ipv4_mask_to_prefix(m).ok()).map(|l| l.to_string()),
    };
    let whole = cells.iter().any(|c| plain(c) == network);
    let bare = cells.iter().any(|c| plain(c) == base);
    whole || bare && cells.iter().filter_map(|c| mask(plain(c))).any(|l| l == length)
}

/// Words by which a declaration speaks of what an interface leads to.
fn about(leads: Leads, texts: &[(Msg, String)]) -> Vec<&'static str> {
    // Several closed networks end at one firewall: what is said of one is not said of another.
    const CLOSED: [(&str, &str); 7] = [
        ("住基", "住基"),
        ("juki", "住基"),
        ("保守", "保守"),
        ("ガバメントクラウド", "ガバメントクラウド"),
        ("ガバクラ", "ガバメントクラウド"),
        ("広域イーサ", "広域イーサ"),
        ("専用線", "専用線"),
    ];
    match leads {
        Leads::Inside | Leads::Nothing => Vec::new(),
        Leads::Lgwan => vec!["LGWAN"],
        Leads::SecurityCloud => vec!["セキュリティクラウド"],
        Leads::Internet => vec!["インターネット回線"],
        Leads::Closed => {
            let said = |sign: &str| texts.iter().any(|(_, t)| narrow(t).to_lowercase().contains(sign));
            CLOSED.iter().filter(|(sign, _)| said(sign)).map(|(_, word)| *word).collect()
        }
    }
}

/// The number of the only declaration with one of these words.
pub(super) fn declaration(tables: &[FoundTable], words: &[&str]) -> Option<String> {
    let mut found = BTreeSet::new();
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Declarations)) {
        let column = |names: &[&str]| table.headings.iter().position(|h| names.contains(&narrow(h).as_str()));
        let (number, text) =
            (column(&["申告No.", "申告番号", "No.", "番号"])?, column(&["申告内容", "内容"])?);
        for (_, cells) in &table.rows {
            let said = cells.get(text).map(|t| narrow(t)).unwrap_or_default();
            if words.iter().any(|w| said.contains(w)) {
                found.extend(cells.get(number).map(|n| narrow(n)));
            }
        }
    }
    found.pop_first().filter(|n| found.is_empty() && !n.is_empty())
}

/// Hosts that may be sanitizers: by the names of boxes, of the town's address table, of address objects.
pub fn sanitizers(site: &Site, tables: &[FoundTable]) -> Vec<SanitizerRow> {
    let mut out: Vec<SanitizerRow> = Vec::new();
    for (_, device) in site.devices().filter(|(_, d)| sanitizes(&d.chassis) && d.device.vendor == "iptables")
    {
        let loopback = |a: &IpAddr| a.is_loopback();
        let own = device.device.interfaces.iter().flat_map(|i| &i.addresses).map(|a| a.network.ip());
        let addresses: Vec<IpAddr> = own.filter(|a| !loopback(a) && !link_local(*a)).collect();
        let host = device.chassis.clone();
        let reason = msg!("the name of the device", "機器の名称");
        out.push(SanitizerRow { types: kinds(&host), host, addresses, reason, declaration: None });
    }
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Hosts)) {
        for (place, cells) in table.rows.iter().filter(|(_, c)| c.iter().any(|c| sanitizes(c))) {
            let at = table
                .headings
                .iter()
                .position(|h| ["ホスト名", "サーバ名", "機器名"].contains(&narrow(h).as_str()));
            let Some(host) = at.and_then(|at| cells.get(at)).map(|h| narrow(h)).filter(|h| !h.is_empty())
            else {
                continue;
            };
            let addresses = cells.iter().filter_map(|c| narrow(c).parse::<IpAddr>().ok());
            let reason = msg!("{place}", "{place}");
            let types = cells.iter().flat_map(|c| types(c)).collect::<BTreeSet<_>>();
            add(&mut out, host, addresses.collect(), types.into_iter().collect(), reason);
        }
    }
    for (_, device) in site.devices() {
        for (name, set) in device.device.names.addresses.iter().filter(|(n, _)| sanitizes(n)) {
            let Some(address) = single(set) else { continue };
            let owner = &device.device.name;
            let reason = msg!("address object of `{owner}`", "「{owner}」のアドレスオブジェクト");
            add(&mut out, name.clone(), vec![address], kinds(name), reason);
        }
    }
    for row in &mut out {
        let screen = row.types.contains(&"画面転送");
        let words: &[&str] = if screen { &["仮想ブラウザ", "画面転送"] } else { &["無害化"] };
        row.declaration = declaration(tables, &[row.host.as_str()]).or_else(|| declaration(tables, words));
    }
    out
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// What a sanitizer of which only the name is known does: the person who confirms corrects it.
fn kinds(name: &str) -> Vec<&'static str> {
    let found = types(name);
    if found.is_empty() { vec!["メール", "ファイル"] } else { found }
}

/// One more, unless one with the same name or address is there.
fn add(
    out: &mut Vec<SanitizerRow>,
    host: String,
    addresses: Vec<IpAddr>,
    types: Vec<&'static str>,
    reason: Msg,
) {
    let known = out.iter_mut().find(|r| r.host == host || r.addresses.iter().any(|a| addresses.contains(a)));
    match known {
        Some(row) => {
            for address in addresses.into_iter().filter(|_| row.host == host) {
                if !row.addresses.contains(&address) {
                    row.addresses.push(address);
                }
            }
        }
        None => {
            let types = if types.is_empty() { kinds(&host) } else { types };
            out.push(SanitizerRow { host, addresses, types, reason, declaration: None });
        }
    }
}

fn single(set: &AddressSet) -> Option<IpAddr> {
    let mut all = Family::ALL.iter().flat_map(|f| set.of(*f).pairs().iter().map(move |p| (*f, *p)));
    match (all.next(), all.next()) {
        (Some((family, (low, high))), None) if low == high => Some(family.address(low)),
        _ => None,
    }
}

impl InterfaceRow {
    /// 接続先 as the form proposes it.
    pub fn leads(&self) -> Leads {
        self.proposal.leads
    }

    /// The zone, if one ○ beside the town's word for it vouches for the row: its network stands in the town's own
    /// table under that word, nothing speaks against it, and it leads to no network of others.
    pub fn by_word(&self) -> Option<&'static ZoneWord> {
        let zone = zone_of(&self.told)?;
        let same = self.proposal.zone.is_some_and(|z| z.id == zone.id);
        (same && !self.proposal.doubted && self.leads() == Leads::Inside).then_some(zone)
    }
}
