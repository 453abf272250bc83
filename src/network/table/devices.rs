//! Rows of the device list (機器一覧): a device that is listed counts, whether or not anything of it was handed in.

use std::collections::BTreeMap;

use super::Row;
use super::inputs::behind;
use super::rows::{Rows, cited};
use crate::msg;
use crate::network::form::At;
use crate::network::topology::{Companions, Contract, Device, Forward, InventoryRow};
use crate::source::{Code, Diagnostic, narrow};

/// `config` of a device without a configuration.
const UNAVAILABLE: &str = "unavailable";

/// Words of what stands between networks.
const NETWORK: &[&str] = &[
    "ルータ",
    "router",
    "スイッチ",
    "switch",
    "ハブ",
    "hub",
    "l2",
    "l3",
    "fw",
    "ファイアウォール",
    "ファイアーウォール",
    "ファイヤーウォール",
    "firewall",
    "utm",
    "vpn",
    "nat",
    "ゲートウェイ",
    "gateway",
    "アクセスポイント",
    "無線",
    "モデム",
    "リモートアクセス",
    "負荷分散",
    "ロードバランサ",
    "中継",
];

/// Words of what stands at the end of one.
const MACHINE: &[&str] = &[
    "サーバ",
    "server",
    "端末",
    "パソコン",
    "pc",
    "プリンタ",
    "printer",
    "複合機",
    "ストレージ",
    "nas",
    "ups",
    "無停電電源",
    "カメラ",
    "電話機",
    "タブレット",
    "スキャナ",
];

/// Whether one of `words` stands in a text: words of Latin letters only by themselves.
fn says(text: &str, words: &[&str]) -> bool {
    let text = narrow(text).to_lowercase();
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
            !word.is_ascii() || !letter(before) && !letter(after)
        })
    })
}

/// Whether a row says that it is a server, a terminal or the like. Its kind decides if it says one; whatever else is
/// said must not speak of a network device. Of whom nothing is known, nothing is passed over.
fn is_machine(row: &Row) -> bool {
    machine(&row.text("kind"), &[row.text("model"), row.text("role")])
}

/// The same of the words themselves.
pub(in crate::network) fn machine(kind: &str, other: &[String]) -> bool {
    if says(kind, NETWORK) || says(kind, MACHINE) {
        return !says(kind, NETWORK);
    }
    other.iter().any(|t| says(t, MACHINE)) && !other.iter().any(|t| says(t, NETWORK))
}

/// Whether a cell names a file of the site: by its path, or by its name alone.
fn same_file(known: &str, cell: &str) -> bool {
    known == cell || !cell.contains('/') && known.rsplit('/').next() == Some(cell)
}

impl Rows<'_> {
    /// One row: a device of the site unless it is left out, a machine at the end of a network, or there already. Without a
    /// file it is one whose configuration nobody has.
    pub(super) fn device(&mut self, row: &Row) {
        let Some(name) = row.at("name") else { return };
        let excluded = row.at("excluded");
        self.topology.inventory.push(InventoryRow { name: name.clone(), excluded: excluded.clone() });
        let config = row.at("config");
        if let Some(known) = self.topology.device.iter().position(|d| d.name.value == name.value) {
            if let Some(config) = &config {
                self.same(known, &name, config);
            }
            return;
        }
        // The second member of a cluster is not a device of its own.
        let second = |d: &Device| d.standby.as_ref().is_some_and(|s| s.name.value == name.value);
        if self.topology.device.iter().any(second) {
            return;
        }
        let host = || self.topology.host.iter().any(|h| h.id.value == name.value);
        if config.is_none() && (excluded.is_some() || is_machine(row) || host()) {
            return;
        }
        let none = || At::elsewhere(UNAVAILABLE.to_owned(), name.span(self.file));
        let config = config.unwrap_or_else(none);
        self.topology.device.push(Device {
            name,
            config: Some(config),
            vendor: row.at("vendor"),
            companions: Companions::default(),
            relay: None,
            collected: row.at("collected"),
            managed_by: row.values.get("managed_by").map(|m| m.value.clone()),
            cluster: None,
            standby: None,
            excluded,
            unused: Vec::new(),
            attach: BTreeMap::new(),
            contract: None,
            table: None,
            declarations: cited(row, "declarations"),
        });
    }

    /// The file that a row names must be the one that the topology names.
    fn same(&mut self, known: usize, name: &At<String>, config: &At<String>) {
        let Some(known) = self.topology.device.get(known) else { return };
        // A policy table or a declaration stands for the file that nobody can read.
        let instead = |c: &At<String>| ["table", UNAVAILABLE].contains(&c.value.as_str());
        let same = known.config.as_ref().is_none_or(|c| instead(c) || same_file(&c.value, &config.value));
        let standby = known.standby.as_ref().is_some_and(|s| same_file(&s.config.value, &config.value));
        if same || standby {
            return;
        }
        let device = &name.value;
        let message = msg!(
            "the file of `{device}` differs from that in topology.toml",
            "「{device}」の設定ファイルが topology.toml の記載と異なる"
        );
        let help = msg!("correct one of the two", "いずれか一方を修正する");
        let label = msg!("named here", "topology.toml の記載");
        let other = known.config.as_ref().map_or(known.name.span(self.file), |c| c.span(self.file));
        let found = Diagnostic::new(Code::Contradiction, config.span(self.file), message);
        self.errors.push(found.with_label(other, label).with_help(help));
    }

    /// The listed device at the far end of a confirmed row that leads outside: it is what joins the segment with the
    /// network behind, and stands nowhere else. What is read, or described elsewhere, stays what it is.
    pub(super) fn far_end(&mut self, row: &Row, segment: &At<String>) {
        let Some(peer) = row.at("peer") else { return };
        let file = self.file;
        let beside = row.values.contains_key("router");
        let outside = if beside { behind(&segment.value) } else { segment.value.clone() };
        let Some(device) = self.topology.device.iter_mut().find(|d| d.name.value == peer.value) else {
            return;
        };
        let span = peer.span(file);
        let at = |text: &str| At::elsewhere(text.to_owned(), span);
        let (near, far) = (at("庁内側"), at("外部側"));
        let again = self.far_ends.contains(&peer.value);
        let same = device.attach.get(&far).is_some_and(|s| s.value == outside);
        if again && !same {
            let name = &peer.value;
            let message = msg!(
                "`{name}` stands behind two interfaces: whether it joins their networks is not said",
                "「{name}」が複数の接続口の対向機器となっており、両者の間を中継するか不明である"
            );
            let help = msg!(
                "leave the cells empty, and write into topology.toml all that it does (`config = \"unavailable\"`, `attach`, `contract`)",
                "対向機器の欄を空欄とし、topology.toml に `config = \"unavailable\"`、接続先(attach)及び動作(contract)を記載する"
            );
            self.error(span, message, help);
            return;
        }
        let listed = self.topology.inventory.iter().any(|r| r.name.span(file) == device.name.span(file));
        let unread = listed || device.config.as_ref().is_some_and(|c| c.value == UNAVAILABLE);
        let bare = device.contract.is_none() && device.attach.is_empty() && device.excluded.is_none();
        if !(again || unread && bare) {
            return;
        }
        self.far_ends.insert(peer.value.clone());
        device.config = Some(at(UNAVAILABLE));
        device.declarations.extend(cited(row, "declarations"));
        let none = || Contract { forwards: Vec::new(), addresses: BTreeMap::new(), routes: Vec::new() };
        let contract = &mut device.contract.get_or_insert_with(|| At::elsewhere(none(), span)).value;
        device.attach.insert(far.clone(), at(&outside));
        if !beside {
            return;
        }
        device.attach.insert(near.clone(), at(&segment.value));
        if contract.forwards.is_empty() {
            let among = vec![near.clone(), far];
            contract.forwards.push(At::elsewhere(Forward { from: None, to: None, among }, span));
        }
        // The list's device stands for the nameless router of that network.
        if let Some(external) = self.topology.external.iter_mut().find(|e| e.id.value == outside) {
            external.segment = None;
            contract.addresses.entry(near).or_default().append(&mut external.router);
        }
    }
}
