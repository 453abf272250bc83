//! Networks of the town's own table at which no interface stands that was read: behind routers that nobody reads.

use std::collections::BTreeSet;

use ipnetwork::IpNetwork;

use super::FoundTable;
use super::inputs::InterfaceRow;
use super::proposals::{ZoneWord, zone_of};
use crate::network::table::TableKind;

/// A network without an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkRow {
    /// Name of its segment.
    pub segment: String,
    /// What the town's own table calls it.
    pub title: String,
    /// Its prefix; empty if the table has none.
    pub network: String,
    /// What the table calls its zone.
    pub told: String,
    /// The zone that this points to.
    pub zone: Option<&'static ZoneWord>,
    /// Where it stands.
    pub place: String,
    /// What the table says beside it.
    pub note: String,
}

/// The networks that no row of interfaces has, nor any other row: of two rows of one network or name, none.
pub fn networks(tables: &[FoundTable], interfaces: &[InterfaceRow]) -> Vec<NetworkRow> {
    let mut out = Vec::new();
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Segments)) {
        for (place, cells) in &table.rows {
            let cell = |key: &str| table.cell(cells, key).unwrap_or_default();
            let told = cell("zone");
            let row = NetworkRow {
                segment: cell("id"),
                title: cell("name"),
                network: cell("prefix"),
                zone: zone_of(&told),
                told,
                place: place.clone(),
                note: cell("note"),
            };
            let sound = row.network.parse::<IpNetwork>().is_ok_and(|n| n.network() == n.ip());
            if !row.segment.is_empty() && row.zone.is_some() && sound {
                out.push(row);
            }
        }
    }
    let named: BTreeSet<&String> = interfaces.iter().map(|r| &r.segment).collect();
    let there: Vec<IpNetwork> =
        interfaces.iter().flat_map(|r| &r.networks).filter_map(|n| n.parse().ok()).collect();
    let meets = |a: &IpNetwork, b: &IpNetwork| a.contains(b.ip()) || b.contains(a.ip());
    let network = |r: &NetworkRow| r.network.parse::<IpNetwork>().ok();
    let free = |at: usize, row: &NetworkRow| {
        let own = network(row);
        let meeting = |other: &IpNetwork| own.as_ref().is_some_and(|n| meets(n, other));
        let others = out.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, r)| r);
        !named.contains(&row.segment)
            && !there.iter().any(meeting)
            && !others
                .into_iter()
                .any(|o| o.segment == row.segment || network(o).as_ref().is_some_and(meeting))
    };
    out.iter().enumerate().filter(|(at, row)| free(*at, row)).map(|(_, row)| row.clone()).collect()
}
