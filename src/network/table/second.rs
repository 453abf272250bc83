//! What stands in columns that nothing reads: a second address of a machine, a second network of a segment.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::rows::Rows;
use super::{Row, TableKind, UnreadCell, folded};
use crate::msg;
use crate::network::form::At;
use crate::network::records::{Awaits, Unconfirmed};
use crate::network::topology::HostInterface;
use crate::source::{Spanned, narrow};

/// Words of headings under which an address is that of another machine, or none that the machine has now.
const OTHERS: &[&str] = &[
    "gw",
    "gateway",
    "ゲートウェイ",
    "ルータ",
    "router",
    "dns",
    "dhcp",
    "ntp",
    "wins",
    "proxy",
    "プロキシ",
    "syslog",
    "snmp",
    "監視",
    "マスク",
    "mask",
    "ブロードキャスト",
    "nat",
    "変換",
    "グローバル",
    "公開",
    "旧",
    "変更前",
    "移行前",
    "宛先",
    "通信先",
    "接続先スイッチ",
    "接続先機器",
    "接続先ポート",
    "接続先sw",
    "接続スイッチ",
    "相手",
    "許可",
    "visdk",
    "esx",
    "仮想ホスト",
    "収容ホスト",
    "ハイパーバイザ",
    "物理サーバ",
    "バックアップ",
    "連携先",
    "転送先",
    "配布先",
    "参照先",
    "wsus",
    "ldap",
    "adサーバ",
    "ups",
    "ヘルパー",
    "リレー",
    "以前",
    "前ip",
    "元のip",
    "利用元",
    "利用者",
    "アクセス元",
    "スイッチ",
    "sw",
    "集約",
    "サマリ",
];

/// Those of them that may be what a card of the machine is for.
const USES: &[&str] = &["監視", "公開", "snmp", "バックアップ", "グローバル", "仮想ホスト"];
/// Words of headings of the machine's own connections.
const SIDES: &[&str] = &["lan", "wan", "eth", "ens", "側", "dmz", "インターフェース", "ポート"];
/// Words of headings of management cards.
const CARDS: &[&str] = &["ilo", "idrac", "bmc", "ipmi", "xcc", "irmc"];
/// Words of headings under which a segment is where the machine stands.
const STANDS: &[&str] = &["所属", "接続", "ネットワーク", "系", "ゾーン"];
/// Words of headings of addresses and of segments.
const PLACES: &[&str] = &["ip", "アドレス", "address", "セグメント", "vlan名", "nic"];
/// Words that make of such a heading that of one more.
const MORE: &[&str] = &[
    "2",
    "3",
    "4",
    "②",
    "③",
    "二",
    "三",
    "サブ",
    "sub",
    "セカンダリ",
    "secondary",
    "追加",
    "副",
    "仮想",
    "vip",
];

/// Whether a heading says that what stands below is the machine's own, beside what was read.
fn one_more(heading: &str) -> bool {
    let heading = folded(heading);
    let version = heading.replace("ipv4", "ip").replace("ipv6", "ip").replace("l2", "").replace("l3", "");
    PLACES.iter().any(|w| version.contains(w)) && MORE.iter().any(|w| version.contains(w))
}

fn of_others(heading: &str) -> bool {
    let heading = folded(heading);
    // Whatever it is used for, a card of the machine is its own: `監視用NIC`, `公開用IPアドレス2`.
    if heading.contains("nic") {
        return false;
    }
    let own = one_more(&heading);
    let other = |w: &&&str| named(&heading, w) && !(own && USES.contains(w));
    heading == "host" || OTHERS.iter().any(|w| other(&w))
}

/// Whether a heading has a word: one of Latin letters by itself, so that no `gw` is found in `lgwan`.
fn named(heading: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    heading.match_indices(word).any(|(at, found)| {
        let before = heading.get(..at).and_then(|t| t.chars().next_back());
        let after = heading.get(at + found.len()..).and_then(|t| t.chars().next());
        !word.is_ascii() || !letter(before) && !letter(after)
    })
}

/// Whether what stands under a heading may be where the machine itself is: of any other column, an address is that of
/// whom it talks to, or a version.
fn may_be_own(heading: &str) -> bool {
    let heading = folded(heading);
    heading.is_empty()
        || [PLACES, CARDS, STANDS, SIDES].iter().any(|words| words.iter().any(|w| heading.contains(w)))
}

/// Whether a remark speaks of one more connection of the machine.
fn speaks_of_another(remark: &str) -> bool {
    let plain = folded(remark);
    ["にも", "nic", "2枚", "二枚", "両系", "両方", "兼用", "デュアル"].iter().any(|w| plain.contains(w))
}

/// Addresses and networks that stand in a text, whatever else does. Masks, and what is meant within one link only, are
/// none.
fn networks(text: &str) -> Vec<IpNetwork> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || ".:/".contains(c)));
    let found =
        parts.filter(|p| p.split('.').count() == 4 || p.contains("::") || p.matches(':').count() == 7);
    // `NIC2:10.2.0.99`.
    let bare = |p: &str| match p.rsplit_once(':') {
        Some((_, address)) if address.split('.').count() == 4 => address.to_owned(),
        _ => p.to_owned(),
    };
    let read = found.filter_map(|p| bare(p.trim_matches([':', '.'])).parse::<IpNetwork>().ok());
    read.filter(|n| match n.ip() {
        IpAddr::V4(a) => !a.is_unspecified() && !a.is_loopback() && a.octets()[0] != 255,
        IpAddr::V6(a) => !a.is_unspecified() && !a.is_loopback() && !a.is_unicast_link_local(),
    })
    .collect()
}

/// The numbers of a cell that names several VLANs.
fn several(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
    numbers.filter(|n| n.parse::<u16>().is_ok_and(|id| (1..=4094).contains(&id))).count() > 1
}

impl Rows<'_> {
    /// Looks at what a row has in columns that nothing reads.
    pub(super) fn second(&mut self, kind: TableKind, row: &Row) {
        let (Some(name), unread) = (row.at("id"), &row.unread) else { return };
        match kind {
            TableKind::Hosts => {
                let Some(segment) = row.at("segment") else { return };
                let own = |c: &&UnreadCell| {
                    (may_be_own(&c.heading) && !of_others(&c.heading)) || speaks_of_another(&c.text.value)
                };
                for cell in unread.iter().filter(own) {
                    self.card(&name.value, &segment.value, cell);
                }
                let note = row.values.get("note").filter(|n| speaks_of_another(&n.value));
                if let Some(text) = note.cloned() {
                    self.card(&name.value, &segment.value, &UnreadCell { heading: String::new(), text });
                }
            }
            _ => {
                let vlan = row.values.get("vlan").filter(|v| several(&v.value));
                let own = self.spaces(&name.value);
                let beyond = |c: &&UnreadCell| {
                    let named = networks(&c.text.value);
                    let known = |n: &IpNetwork| own.iter().any(|o| within(*n, *o) || within(*o, *n));
                    !of_others(&c.heading) && named.iter().any(|n| !known(n))
                };
                let cells = unread.iter().filter(beyond).map(|c| &c.text).chain(vlan);
                cells.for_each(|cell| self.open(&name.value, cell));
            }
        }
    }

    /// A cell that may be one more network card of a machine.
    fn card(&mut self, host: &str, segment: &str, cell: &UnreadCell) {
        let text = cell.text.value.trim();
        let named = self.segment_named(text);
        let found = networks(text);
        let mut words = text.split([',', '、', ' ', '\n']).filter(|t| !t.is_empty());
        let alone = words.all(|w| w.parse::<IpNetwork>().is_ok());
        let own = one_more(&cell.heading);
        if let Some(other) = named {
            match (other == self.segment_named(segment).unwrap_or_default(), own) {
                (true, _) => {}
                (false, true) => self.plug(host, other, Vec::new(), &cell.text),
                (false, false) => self.open(host, &cell.text),
            }
            return;
        }
        for network in found {
            let address = network.ip();
            let at: Vec<String> = self.segments_of(address);
            let here = self.segment_named(segment).is_some_and(|s| at.contains(&s));
            match at.as_slice() {
                _ if here => {}
                // `BIOS 2.19.1.0`, the address of somebody outside.
                [] if !own => {}
                [only] if own && alone => self.plug(host, only.clone(), vec![address], &cell.text),
                _ => self.open(host, &cell.text),
            }
        }
    }

    fn plug(&mut self, host: &str, segment: String, addresses: Vec<IpAddr>, cell: &Spanned<String>) {
        let at = |text: String| At::elsewhere(text, cell.span);
        let addresses: Vec<At<String>> = addresses.into_iter().map(|a| at(a.to_string())).collect();
        self.notes.push((
            cell.span,
            msg!(
                "taken for another network card of `{host}`, on `{segment}`",
                "「{host}」の別の接続口(「{segment}」)として読み取った"
            ),
        ));
        let Some(host) = self.topology.host.iter_mut().find(|h| h.id.value == host) else { return };
        match host.interfaces.iter_mut().find(|i| i.segment.value == segment) {
            Some(card) => {
                let new = addresses.into_iter().filter(|a| card.addresses.iter().all(|k| k.value != a.value));
                let new: Vec<At<String>> = new.collect();
                card.addresses.extend(new);
            }
            None => host.interfaces.push(HostInterface { segment: at(segment), addresses }),
        }
    }

    /// Nobody knows what the cell means.
    fn open(&mut self, name: &str, cell: &Spanned<String>) {
        let open =
            Unconfirmed { device: name.to_owned(), interface: None, cell: cell.span, awaits: Awaits::Column };
        if !self.topology.unconfirmed.contains(&open) {
            self.topology.unconfirmed.push(open);
        }
    }

    /// The segment of an id or of a name.
    fn segment_named(&self, text: &str) -> Option<String> {
        let of = |s: &&crate::network::topology::Segment| {
            s.id.value == text || s.name.as_ref().is_some_and(|n| narrow(n) == text)
        };
        let mut found = self.topology.segment.iter().filter(of);
        let first = found.next()?;
        found.next().is_none().then(|| first.id.value.clone())
    }

    fn segments_of(&self, address: IpAddr) -> Vec<String> {
        let all = self.topology.segment.iter();
        let holds = |s: &&crate::network::topology::Segment| {
            self.spaces(&s.id.value).iter().any(|n| n.contains(address))
        };
        all.filter(holds).map(|s| s.id.value.clone()).collect()
    }

    fn spaces(&self, segment: &str) -> Vec<IpNetwork> {
        let found = self.topology.segment.iter().filter(|s| s.id.value == segment);
        found.flat_map(|s| &s.prefixes).filter_map(|p| p.value.parse().ok()).collect()
    }
}

fn within(inner: IpNetwork, outer: IpNetwork) -> bool {
    inner.is_ipv4() == outer.is_ipv4() && inner.prefix() >= outer.prefix() && outer.contains(inner.ip())
}
