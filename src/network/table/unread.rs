//! Listed devices of which no configuration can be read, as somebody describes them: the segments that they stand on, a
//! line of their own to the outside, and whether they carry packets from one zone to another.
//!
//! A confirmed row is a contract with its declaration, never a fact: what rests on it says so.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::{Asked, LEADS, Leads, behind};
use super::rows::{Rows, cited};
use super::{Row, folded};
use crate::msg;
use crate::network::Relay;
use crate::network::form::{At, listed};
use crate::network::records::{Awaits, ExternalKind};
use crate::network::topology::{Contract, External, Forward, Segment};
use crate::source::{Code, Diagnostic};

/// The interface of a line to the outside.
const OUTSIDE: &str = "外部回線";

/// Whether it carries packets between zones.
const RELAYS: &[(&[&str], bool)] =
    &[(&["しない", "中継しない", "×", "no"], false), (&["する", "中継する", "○", "〇", "yes"], true)];

impl Rows<'_> {
    /// One row.
    pub(super) fn unread_device(&mut self, asked: &Asked) {
        let row = &asked.row;
        let Some(device) = row.at("device") else { return };
        if !self.confirmed(row) {
            return self.wait((Awaits::Mark, asked.cell), &device.value, None);
        }
        let before = self.errors.len();
        let Some(at) = self.known_device(&device) else { return };
        let Some(groups) = self.groups(row, &device) else {
            if self.errors.len() == before {
                // Of a segment that waits nobody knows the zone.
                self.wait((Awaits::Mark, asked.cell), &device.value, None);
            }
            return;
        };
        let relays = self.word(row, "relays", RELAYS);
        let several = groups.len() > 1;
        if several && relays.is_none() && self.errors.len() == before {
            let message = msg!(
                "whether it carries packets between its zones is not said",
                "複数の系に接続する機器であるが、系をまたぐ中継の有無が空欄である"
            );
            let help = msg!("write しない or する", "「しない」又は「する」を記入する");
            self.error(row.span, message, help);
        }
        let all: Vec<&String> = groups.values().flatten().collect();
        let joined: Vec<Vec<&String>> = match relays {
            Some(true) => vec![all.clone()],
            _ => groups.values().map(|g| g.iter().collect()).collect(),
        };
        let span = device.span(self.file);
        let named = |text: &str| At::elsewhere(text.to_owned(), span);
        let addresses = self.placed(row, &all);
        let file = self.file;
        if self.errors.len() > before {
            return;
        }
        let Some(found) = self.topology.device.get(at) else { return };
        // A device of the list alone: one that the topology itself describes stands elsewhere.
        let listed = self.topology.inventory.iter().any(|r| r.name.span(file) == found.name.span(file));
        let Some(found) = self.topology.device.get_mut(at) else { return };
        let unread = listed || found.config.as_ref().is_some_and(|c| c.value == "unavailable");
        if !unread || found.contract.is_some() || !found.attach.is_empty() || found.excluded.is_some() {
            let name = &device.value;
            let message = msg!(
                "`{name}` is read or described elsewhere, which contradicts this row",
                "「{name}」は設定を読み込んでいるか、別に記載があり、この行と矛盾する"
            );
            let help = msg!(
                "write × under 確認, or remove the other description",
                "確認欄を×とするか、他方の記載を削除する"
            );
            let label = msg!("the device", "当該機器の記載");
            let error = Diagnostic::new(Code::Contradiction, span, message);
            self.errors.push(error.with_label(found.name.span(file), label).with_help(help));
            return;
        }
        found.config = Some(named("unavailable"));
        found.declarations = cited(row, "declarations");
        let outside = behind(&device.value);
        for name in &all {
            let port = if **name == outside { OUTSIDE } else { name.as_str() };
            found.attach.insert(named(port), named(name));
        }
        let port = |name: &&String| named(if **name == outside { OUTSIDE } else { name.as_str() });
        let forwards = joined.iter().filter(|g| g.len() > 1).map(|group| {
            At::elsewhere(Forward { from: None, to: None, among: group.iter().map(port).collect() }, span)
        });
        let forwards = forwards.collect();
        found.contract = Some(At::elsewhere(Contract { forwards, addresses, routes: Vec::new() }, row.span));
    }

    /// The segments of a row and its line to the outside, by zone; nothing where that is not known.
    fn groups(&mut self, row: &Row, device: &At<String>) -> Option<BTreeMap<String, Vec<String>>> {
        let own = self.zone(row).map(|z| z.value);
        let said = row.text("segments");
        let names = said.split(['、', ',', ';', '\n']).map(str::trim).filter(|n| !n.is_empty());
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut waits = false;
        for name in names.collect::<BTreeSet<_>>() {
            let folded_name = folded(name);
            let known =
                self.topology.segment.iter().find(|s| {
                    s.id.value == name || s.name.as_ref().is_some_and(|n| folded(n) == folded_name)
                });
            let (id, zone) = match known {
                Some(segment) => (segment.id.value.clone(), segment.zone.as_ref().map(|z| z.value.clone())),
                None => (name.to_owned(), self.new_segment(row, name, own.as_ref())),
            };
            match zone {
                Some(zone) => groups.entry(zone).or_default().push(id),
                None => waits = true,
            }
        }
        if waits {
            return None;
        }
        let leads = self.word(row, "outside", LEADS).unwrap_or(Leads::Nothing);
        let outside = matches!(leads, Leads::Outside(..));
        if let Some(zone) =
            own.as_ref().filter(|z| !groups.is_empty() && !outside && !groups.contains_key(*z))
        {
            let message = msg!(
                "no segment of the row is in the zone `{zone}`",
                "接続先セグメントに、記入された系「{zone}」のものがない"
            );
            let help = msg!("correct the zone or the segments", "系又は接続先セグメントを訂正する");
            self.error(row.span, message, help);
            return None;
        }
        if let Leads::Outside(kind, name) = leads {
            // A closed network may be one with the zone that the box stands in; the LGWAN and the internet are their own.
            let closed = kind == ExternalKind::Closed && name != "LGWAN";
            let only = groups.keys().next().filter(|_| groups.len() == 1 && closed).cloned();
            let Some(zone) = own.clone().or(only) else {
                self.zoneless(row);
                return None;
            };
            let id = behind(&device.value);
            self.topology.external.push(External {
                id: At::elsewhere(id.clone(), row.span),
                name: Some(format!("{}({name})", device.value)),
                zone: Some(At::elsewhere(zone.clone(), row.span)),
                leads_to: Vec::new(),
                kind,
                managed_by: None,
                demarcation: None,
                segment: None,
                router: Vec::new(),
                declarations: cited(row, "declarations"),
            });
            groups.entry(zone).or_default().push(id);
        }
        if groups.is_empty() && self.errors.is_empty() {
            let message = msg!("where it stands is not said", "接続先セグメント及び外部回線が空欄である");
            let help = msg!(
                "write the segments that it stands on, and its line to the outside",
                "接続するセグメント及び外部への回線を記入する"
            );
            self.error(row.span, message, help);
        }
        (!groups.is_empty()).then_some(groups)
    }

    /// A segment that only this row names is of the row's zone.
    fn new_segment(&mut self, row: &Row, name: &str, zone: Option<&String>) -> Option<String> {
        let Some(zone) = zone else {
            let known: Vec<&str> = self.topology.segment.iter().map(|s| s.id.value.as_str()).collect();
            let message =
                msg!("nothing defines the segment `{name}`", "セグメント「{name}」が定義されていない");
            let (en, ja) = listed(known);
            let help = msg!(
                "write the zone of the row, if no other sheet has the segment; or one of {en}",
                "他のシートにないセグメントの場合は「系」を記入する。それ以外は{ja}のいずれかを記入する"
            );
            self.error(row.span, message, help);
            return None;
        };
        let span = row.values.get("segments").map_or(row.span, |v| v.span);
        self.topology.segment.push(Segment {
            id: At::elsewhere(name.to_owned(), span),
            name: None,
            zone: Some(At::elsewhere(zone.clone(), span)),
            prefixes: Vec::new(),
            complete: false,
            terminals: Relay::Unknown,
            declarations: Vec::new(),
        });
        Some(zone.clone())
    }

    fn zoneless(&mut self, row: &Row) {
        let message = msg!("the zone of the line to the outside is not said", "外部回線の「系」が空欄である");
        let help = msg!("write the zone", "系を記入する");
        self.error(row.span, message, help);
    }

    /// Its addresses, each at the segment whose network holds it.
    fn placed(&mut self, row: &Row, names: &[&String]) -> BTreeMap<At<String>, Vec<At<String>>> {
        let mut out: BTreeMap<At<String>, Vec<At<String>>> = BTreeMap::new();
        let Some(cell) = row.values.get("addresses").cloned() else { return out };
        for text in self.addresses(&cell) {
            let address = text.split('/').next().and_then(|a| a.parse::<std::net::IpAddr>().ok());
            let holds = |name: &&&String| {
                let own = self.topology.segment.iter().filter(|s| s.id.value == ***name);
                let mut nets = own.flat_map(|s| &s.prefixes);
                nets.any(|p| {
                    p.value
                        .parse::<ipnetwork::IpNetwork>()
                        .is_ok_and(|n| address.is_some_and(|a| n.contains(a)))
                })
            };
            let found = names.iter().find(holds).map(|n| (*n).clone());
            match (found, address) {
                (Some(name), Some(address)) => {
                    let at = |text: String| At::elsewhere(text, cell.span);
                    out.entry(at(name)).or_default().push(at(address.to_string()));
                }
                _ => {
                    let message = msg!(
                        "`{text}` lies in none of the row's segments",
                        "「{text}」は、この行の接続先セグメントのいずれにも属さない"
                    );
                    let help =
                        msg!("correct the address or the segments", "アドレス又は接続先セグメントを修正する");
                    self.error(cell.span, message, help);
                }
            }
        }
        out
    }
}
