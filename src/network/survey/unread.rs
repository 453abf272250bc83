//! Listed devices of which no configuration can be read and which no other row explains: where they may stand, by what
//! the town's own tables say of them and by the addresses of a file that nobody can read. None of it is a fact.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::inputs::{InterfaceRow, declaration};
use super::networks::NetworkRow;
use super::proposals::{ZoneWord, zone_of};
use super::{FoundTable, Leads};
use crate::network::site::Site;
use crate::network::table::{TableKind, grammar, machine};

/// A device to be described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadRow {
    /// Its name on the list.
    pub device: String,
    /// Segments that it may stand on.
    pub segments: Vec<String>,
    /// Addresses that it may have there.
    pub addresses: Vec<IpAddr>,
    /// Where a line of its own may lead.
    pub outside: Option<Leads>,
    /// The zone of what only this row names.
    pub zone: Option<&'static ZoneWord>,
    /// Whether somebody says that it carries nothing between zones.
    pub parts: bool,
    /// The declaration that may speak of it.
    pub declaration: Option<String>,
    /// Where the proposals come from.
    pub reasons: Vec<String>,
}

/// A row of the list of VLANs.
struct Vlan {
    id: String,
    number: Option<u16>,
    network: Option<IpNetwork>,
    zone: Option<&'static ZoneWord>,
    title: String,
    said: String,
    place: String,
}

/// The rows of the form; `text` gives the content of the file that the list names for a device.
pub fn unread(
    site: &Site,
    tables: &[FoundTable],
    (interfaces, networks): (&[InterfaceRow], &[NetworkRow]),
    seconds: &BTreeSet<String>,
    text: &dyn Fn(&str) -> Option<String>,
) -> Vec<UnreadRow> {
    let of = |kind| tables.iter().filter(move |t| t.kind == Some(kind));
    let vlans: Vec<Vlan> = of(TableKind::Segments).flat_map(vlans).collect();
    let hosts: BTreeSet<String> =
        of(TableKind::Hosts).flat_map(|t| t.rows.iter().filter_map(|r| t.cell(&r.1, "id"))).collect();
    let mut out: Vec<UnreadRow> = Vec::new();
    for table in of(TableKind::Devices) {
        for (_, cells) in &table.rows {
            let cell = |key: &str| table.cell(cells, key).unwrap_or_default();
            let (name, role) = (cell("name"), cell("role"));
            let read = site.devices().any(|(_, d)| d.chassis == name && d.is_read());
            let explained = interfaces.iter().any(|r| r.peer.as_ref() == Some(&name));
            let machine = machine(&cell("kind"), &[cell("model"), role.clone()]) || hosts.contains(&name);
            let other = read || explained || machine || seconds.contains(&name);
            if name.is_empty()
                || other
                || !cell("excluded").is_empty()
                || out.iter().any(|r| r.device == name)
            {
                continue;
            }
            let spare = ["予備", "未使用", "撤去", "廃止"].iter().any(|w| role.contains(w));
            if spare {
                continue;
            }
            let file = text(&cell("config"));
            let place = ["設置", "設置場所", "拠点"].iter().find_map(|h| {
                let at = table.headings.iter().position(|t| crate::source::narrow(t) == *h)?;
                cells.get(at).map(|c| crate::source::narrow(c))
            });
            out.push(describe(
                (&name, &role, place),
                &vlans,
                tables,
                (interfaces, networks),
                file.as_deref(),
            ));
        }
    }
    out
}

fn vlans(table: &FoundTable) -> Vec<Vlan> {
    let row = |(place, cells): &(String, Vec<String>)| {
        let cell = |key: &str| table.cell(cells, key).unwrap_or_default();
        Vlan {
            id: cell("id"),
            number: grammar::vlan(&cell("vlan")),
            network: cell("prefix").parse().ok(),
            zone: zone_of(&cell("zone")),
            title: cell("name"),
            said: cells.join(" "),
            place: place.clone(),
        }
    };
    table.rows.iter().map(row).filter(|v| !v.id.is_empty()).collect()
}

fn describe(
    (name, role, place): (&str, &str, Option<String>),
    vlans: &[Vlan],
    tables: &[FoundTable],
    (interfaces, networks): (&[InterfaceRow], &[NetworkRow]),
    file: Option<&str>,
) -> UnreadRow {
    let mut reasons: Vec<String> = Vec::new();
    let mut found: BTreeSet<usize> = BTreeSet::new();
    // The list of VLANs speaks of the device, or of the place where it stands.
    let stem = role.strip_suffix("ルータ").or(role.strip_suffix("ルーター"));
    let sites: Vec<&str> =
        place.as_deref().into_iter().chain(stem).filter(|w| w.chars().count() > 1).collect();
    for (at, vlan) in vlans.iter().enumerate() {
        if vlan.said.contains(name) || sites.iter().any(|w| vlan.title.contains(w)) {
            found.insert(at);
            reasons.push(vlan.place.clone());
        }
    }
    // The table of cables says which VLANs go to it.
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Cables)) {
        let column =
            table.headings.iter().position(|h| crate::source::narrow(h).to_uppercase().contains("VLAN"));
        for (place, cells) in table.rows.iter().filter(|(_, c)| {
            [table.cell(c, "device"), table.cell(c, "to_device")].iter().flatten().any(|d| d == name)
        }) {
            let said = column.and_then(|at| cells.get(at)).cloned().unwrap_or_default();
            let numbers: Vec<u16> = said.split([',', '、', ' ']).filter_map(grammar::vlan).collect();
            for (at, vlan) in vlans.iter().enumerate() {
                if vlan.number.is_some_and(|n| numbers.contains(&n)) {
                    found.insert(at);
                    reasons.push(place.clone());
                }
            }
        }
    }
    // Addresses of its own in a file that nobody can read.
    let mut addresses: BTreeSet<IpAddr> = BTreeSet::new();
    for own in file.map(own_addresses).unwrap_or_default() {
        let here = vlans.iter().position(|v| v.network.is_some_and(|n| n.contains(own)));
        if let Some(at) = here {
            found.insert(at);
            addresses.insert(own);
        }
    }
    let segments: Vec<String> = found.iter().filter_map(|at| vlans.get(*at)).map(|v| v.id.clone()).collect();
    // Routers that read devices know on these segments.
    for row in interfaces.iter().filter(|r| segments.contains(&r.segment)) {
        addresses.extend(row.routers.iter().copied());
    }
    let known =
        |s: &String| interfaces.iter().any(|r| r.segment == *s) || networks.iter().any(|n| n.segment == *s);
    let strange = found.iter().filter_map(|at| vlans.get(*at)).filter(|v| !known(&v.id));
    let zones: Vec<&ZoneWord> = strange.filter_map(|v| v.zone).collect();
    let zone = zones.first().copied().filter(|z| zones.iter().all(|o| o.id == z.id));
    let internet = ["民間回線", "インターネット", "プロバイダ", "フレッツ", "光回線", "ISP"];
    let outside = internet.iter().any(|w| role.contains(w)).then_some(Leads::Internet);
    let named = declaration(tables, &[name]);
    let words: Vec<&str> = if role.chars().count() > 2 { vec![role] } else { Vec::new() };
    let declaration = named.or_else(|| declaration(tables, &words));
    let said = declaration.as_ref().map(|id| declared_text(tables, id)).unwrap_or_default();
    let parts = ["遮断", "中継しない", "のみを中継", "中継はない"].iter().any(|w| said.contains(w));
    reasons.dedup();
    UnreadRow {
        device: name.to_owned(),
        segments,
        addresses: addresses.into_iter().collect(),
        outside,
        zone,
        parts,
        declaration,
        reasons,
    }
}

fn declared_text(tables: &[FoundTable], id: &str) -> String {
    let of = tables.iter().filter(|t| t.kind == Some(TableKind::Declarations));
    let rows = of.flat_map(|t| t.rows.iter().map(move |r| (t, &r.1)));
    let mut texts = rows.filter(|(t, c)| t.cell(c, "id").as_deref() == Some(id));
    texts.find_map(|(t, c)| t.cell(c, "text")).unwrap_or_default()
}

/// Addresses with a length and bits of a host in a text: those of interfaces, not those of filters and routes.
fn own_addresses(text: &str) -> Vec<IpAddr> {
    let words = text.split(|c: char| c.is_whitespace() || "\"',;()".contains(c)).filter(|w| w.contains('/'));
    let networks = words.filter_map(|w| w.parse::<IpNetwork>().ok());
    networks.filter(|n| n.is_ipv4() && n.prefix() < 32 && n.network() != n.ip()).map(|n| n.ip()).collect()
}
