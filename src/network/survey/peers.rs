//! What the town's table of cables has at the other end of an interface: devices of its list without a configuration.

use std::collections::BTreeSet;

use super::inputs::InterfaceRow;
use super::{FoundTable, Leads};
use crate::model::same_port;
use crate::network::site::Site;
use crate::network::table::TableKind;
use crate::source::narrow;

/// Ends of cables: device, port, and the device at the other end.
pub(super) struct Peers {
    ends: Vec<(String, String, String)>,
    /// Listed devices without a configuration, and those of them that some table has at a port.
    listed: BTreeSet<String>,
    cabled: BTreeSet<String>,
}

impl Peers {
    /// Those that stand behind one interface only; `seconds` are cabled like the first members of their clusters.
    pub fn of(site: &Site, tables: &[FoundTable], seconds: &BTreeSet<String>) -> Peers {
        let of = |kind| tables.iter().filter(move |t| t.kind == Some(kind));
        let read = |name: &str| site.devices().any(|(_, d)| d.chassis == name);
        let listed: BTreeSet<String> =
            of(TableKind::Devices).flat_map(|t| t.rows.iter().filter_map(|r| t.cell(&r.1, "name"))).collect();
        let mut all: Vec<(String, String, String)> = Vec::new();
        let mut open = BTreeSet::new();
        for table in of(TableKind::Cables) {
            for (_, cells) in &table.rows {
                let cell = |key: &str| table.cell(cells, key);
                let (Some(device), Some(far)) = (cell("device"), cell("to_device")) else { continue };
                // The table may start from its side.
                let swapped = listed.contains(&device) && !read(&device);
                let (near, port, far) = match swapped {
                    true => (far, cell("to_port"), device),
                    false => (device, cell("interface"), far),
                };
                if seconds.contains(&near) {
                    continue;
                }
                match port {
                    Some(port) if listed.contains(&far) && !read(&far) => all.push((near, port, far)),
                    // A cable that leads nobody knows where.
                    _ => open.extend([far]),
                }
            }
        }
        let sole = |end: &(String, String, String)| {
            let others = all.iter().filter(|o| o.2 == end.2 || o.0 == end.0 && same_port(&o.1, &end.1));
            let mut others = others.filter(|o| *o != end);
            others.next().is_none() && !open.contains(&end.2) && !read(&end.2)
        };
        let ends = all.iter().filter(|e| sole(e)).cloned().collect();
        let cabled = all.iter().map(|e| e.2.clone()).chain(open.iter().cloned()).collect();
        let unread = |name: &String| !read(name) && !seconds.contains(name);
        Peers { ends, cabled, listed: listed.iter().filter(|n| unread(n)).cloned().collect() }
    }

    /// Names the device of which the declaration of a row speaks, where no cable says what stands there: the only row
    /// with that declaration.
    pub fn declared(&self, tables: &[FoundTable], rows: &mut [InterfaceRow]) {
        let mut said: BTreeSet<(String, String)> = BTreeSet::new();
        for table in tables.iter().filter(|t| t.kind == Some(TableKind::Declarations)) {
            let column =
                table.headings.iter().position(|h| ["対象", "対象機器"].contains(&narrow(h).as_str()));
            let target = |cells: &[String]| column.and_then(|at| cells.get(at)).map(|c| narrow(c));
            let pairs = table.rows.iter().filter_map(|(_, c)| Some((table.cell(c, "id")?, target(c)?)));
            said.extend(pairs.filter(|(_, on)| self.listed.contains(on) && !self.cabled.contains(on)));
        }
        for (id, device) in &said {
            let once = said.iter().filter(|s| s.0 == *id || s.1 == *device).count() == 1;
            let mut own = rows.iter_mut().filter(|r| r.declaration.as_ref() == Some(id));
            if let (Some(row), None, true) = (own.next(), own.next(), once)
                && row.peer.is_none()
                && !matches!(row.leads(), Leads::Inside | Leads::Nothing)
            {
                row.peer = Some(device.clone());
            }
        }
    }

    /// The device behind an interface.
    pub fn at(&self, device: &str, interface: &str) -> Option<&str> {
        let mut found = self.ends.iter().filter(|e| e.0 == device && same_port(interface, &e.1));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only.2.as_str()),
            _ => None,
        }
    }
}

impl FoundTable {
    /// What a row says in the column of a field, by its usual headings; `None` if it is empty or `-`.
    pub fn cell(&self, cells: &[String], key: &str) -> Option<String> {
        let named = self.constant.as_ref().filter(|c| c.0 == key).map(|c| c.1.clone());
        let column = || {
            let field = self.kind.into_iter().flat_map(TableKind::fields).find(|f| f.key == key)?;
            let at =
                field.headings.iter().find_map(|h| self.headings.iter().position(|t| narrow(t) == *h))?;
            cells.get(at).map(|c| narrow(c))
        };
        named.or_else(column).filter(|c| !c.is_empty() && c != "-")
    }
}
