//! The exception register: flows between zones that somebody approved, for a time, for a purpose.
//!
//! ```toml
//! schema_version = 1
//!
//! [[entry]]
//! id = "特-01"
//! application = "R5-012"                # 申請番号
//! title = "情報連携(中間サーバー)"       # 業務名
//! kind = "tokutei"                      # tokutei | ordinary | sanitized | maintenance | screen-transfer
//! class = "E1"                          # free word: E1 to E10, 庁内データ連携 …
//! from = { host = "SV-RENKEI01" }       # or { segment = "…" }, { external = "…", addresses = […] }, { addresses = […] }
//! to = { external = "ext-lgwan", addresses = ["198.51.100.20"] }
//! protocol = "tcp"                      # a name, a number, or any
//! ports = "443"                         # as delivered; "any" must be written out
//! nat = { source = ["198.51.100.193"] } # or destination = […], as the sender writes it
//! granularity = "host"                  # host | segment
//! reason = ""                           # required with segment
//! peer = "public-system"                # public-system | private | own
//! owner = "住民課"
//! approved_by = "情報化推進会議"
//! approved_on = "令和7年3月24日"          # 令和8年3月31日, R8.3.31, 2026/3/31, 2026-03-31, 令和7年度末
//! starts = ""
//! expires = "令和8年3月31日"
//! renewal = "2026-03-10"                # 更新手続中 since
//! l2 = { declared = ["申-08"] }
//! required = true                       # must certainly pass
//! declarations = ["申-05"]
//! note = ""
//! ```
//!
//! Addresses are those of the two ends: the source as its host sent it, the destination as it was delivered. What
//! translations make of them in between is told under `nat` and used only to say what is not permitted any more.
//!
//! Tables of kind `register` and `requirements` (Excel, CSV) give the same entries, row by row.
//!
//! A mistake is an error with its place, never an entry that means something else: an entry that is read wrongly
//! would take flows out of the picture.

mod beside;
mod beyond;
mod form;
mod read;
mod table;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::{AddressSet, Ranges};
use crate::network::table::grammar::{Special, out_of_force, special, struck_out};
use crate::network::{HostId, SegmentId};
use crate::source::{Span, Spanned, narrow};

pub use form::register_schema;
pub use read::{pending, read, read_or_wait};
pub use table::{notes, resolved};

/// Every entry of every register of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// In the order of the files.
    pub entries: Vec<Entry>,
}

/// One approved flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number in the register.
    pub id: Spanned<String>,
    /// Number of the application; may be empty.
    pub application: String,
    /// What it is for.
    pub title: String,
    /// Kind of flow.
    pub kind: Kind,
    /// Free class word; may be empty.
    pub class: String,
    /// Who opens the session.
    pub from: End,
    /// To whom it is delivered.
    pub to: End,
    /// IP protocol number; `None`: any.
    pub protocol: Option<u8>,
    /// Destination ports as delivered; every port where it says `any` or the protocol has none.
    pub ports: Ranges,
    /// ICMP types and codes as the header field holds them; `None`: every one.
    pub icmp: Option<Ranges>,
    /// Source addresses after translation; empty if none is stated.
    pub nat_source: AddressSet,
    /// Destination addresses to which the sender writes; empty if none is stated.
    pub nat_destination: AddressSet,
    /// Single machines or segments.
    pub granularity: Granularity,
    /// Why segments; may be empty.
    pub reason: String,
    /// Who runs the other end.
    pub peer: Option<Peer>,
    /// Section in charge; may be empty.
    pub owner: String,
    /// Who approved it; may be empty.
    pub approved_by: String,
    /// When it was approved.
    pub approved_on: Option<Spanned<Date>>,
    /// First day of use.
    pub starts: Option<Spanned<Date>>,
    /// Last day of use.
    pub expires: Option<Spanned<Date>>,
    /// Since when its renewal is under way.
    pub renewal: Option<Spanned<Date>>,
    /// Declarations that the path is restricted on layer 2.
    pub l2: Vec<String>,
    /// Whether the flow must pass.
    pub required: bool,
    /// Declarations that it rests on.
    pub declarations: Vec<String>,
    /// Remarks; may be empty.
    pub note: String,
    /// What a column of its table that nothing reads says against it.
    pub doubt: Option<String>,
}

/// One end of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Who.
    pub place: Place,
    /// Where it is written.
    pub span: Span,
}

/// Who stands at an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A host of the topology, with its addresses there.
    Host(HostId),
    /// Every machine of a segment.
    Segment(SegmentId),
    /// An external network, with some of its addresses or (`None`) any.
    External(SegmentId, Option<Addresses>),
    /// Addresses of segments of the topology.
    Addresses(Addresses),
}

/// A list of addresses as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Together.
    pub set: AddressSet,
    /// Each item of the list is one address.
    pub single: bool,
}

/// Kind of flow (区分).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "kind")]
pub enum Kind {
    /// 特定通信.
    Tokutei,
    /// 通常.
    Ordinary,
    /// 無害化.
    Sanitized,
    /// 保守.
    Maintenance,
    /// 画面転送.
    ScreenTransfer,
}

/// Whether single machines or segments are meant (粒度).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "granularity")]
pub enum Granularity {
    /// 機器単位.
    Host,
    /// セグメント単位: with a reason.
    Segment,
}

/// Who runs the other end of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "peer")]
pub enum Peer {
    /// A system that public bodies built.
    PublicSystem,
    /// A company or another body.
    Private,
    /// The municipality itself.
    Own,
}

/// What an entry is worth on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Approved and within its time.
    InForce,
    /// Approved, but its time is over, or has not come.
    Lapsed,
    /// Nobody approved it, or its dates contradict each other: it permits nothing.
    Unapproved,
}

impl Entry {
    /// What the entry is worth on `today`; without a day, its dates are not compared with one.
    pub fn standing(&self, today: Option<Date>) -> Standing {
        let day = |d: &Option<Spanned<Date>>| d.as_ref().map(|d| d.value);
        let (from, until) = (day(&self.starts), day(&self.expires));
        let backwards = from.zip(until).is_some_and(|(from, until)| until < from);
        let approved = day(&self.approved_on).filter(|_| self.names_its_approver());
        let Some(approved) = approved.filter(|on| today.is_none_or(|t| *on <= t)) else {
            return Standing::Unapproved;
        };
        if backwards || until.is_some_and(|until| until < approved) {
            return Standing::Unapproved;
        }
        let early = from.zip(today).is_some_and(|(from, today)| today < from);
        if early || self.expired(today) { Standing::Lapsed } else { Standing::InForce }
    }

    /// Whether it says who approved it: not a dash, a blank that cannot be seen, or a word for an approval still to come.
    pub fn names_its_approver(&self) -> bool {
        names_somebody(&self.approved_by)
    }

    /// What it says in its name, its remarks or beside them against being in force: whether it is, nobody knows then.
    pub fn doubted_by(&self) -> Option<&str> {
        let (note, title) = (out_of_force(&self.note), struck_out(&self.title));
        let said = [(&self.note, note), (&self.title, title)].into_iter().find(|s| s.1).map(|s| s.0.as_str());
        said.or(self.doubt.as_deref())
    }

    /// Whether its last day is over.
    pub fn expired(&self, today: Option<Date>) -> bool {
        self.expires.as_ref().zip(today).is_some_and(|(until, today)| until.value < today)
    }

    /// Whether it names the protocol and, where there are any, the ports.
    pub fn explicit(&self) -> bool {
        let every = Ranges::span(1, 0xFFFF);
        let ported = self.protocol.is_some_and(|p| crate::model::PORT_PROTOCOLS.contains(&p));
        self.protocol.is_some() && !(ported && every.minus(&self.ports).is_empty())
    }
}

/// Words that stand where somebody will approve, or has not.
const NO_APPROVAL: &[&str] = &[
    "未承認",
    "未決裁",
    "未定",
    "未取得",
    "未確認",
    "未実施",
    "未了",
    "不承認",
    "否認",
    "却下",
    "差戻",
    "差し戻",
    "取消",
    "取り消",
    "保留",
    "不明",
    "予定",
    "待ち",
    "承認待",
    "決裁待",
    "会議待",
    "申請中",
    "審査中",
    "検討中",
    "協議中",
    "調整中",
    "手続中",
    "承認中",
    "決裁中",
    "確認中",
    "回議中",
    "起案中",
    "要確認",
    "pending",
    "tbd",
    "?",
];

/// Whether a text names somebody who approved: not a dash, a blank that cannot be seen, or a word for an approval that is
/// not there (yet).
pub fn names_somebody(text: &str) -> bool {
    let plain: String =
        narrow(text).to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '?').collect();
    let only_a_word = ["未", "申請", "なし", "無", "ー"].contains(&plain.as_str());
    !says_nothing(text) && !only_a_word && !NO_APPROVAL.iter().any(|w| plain.contains(w))
}

/// Whether a text is empty, a dash, a ditto mark or a blank that cannot be seen.
pub fn says_nothing(text: &str) -> bool {
    // Letters by name that nobody sees.
    let fillers = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
    !text.chars().any(|c| (c.is_alphanumeric() && !fillers.contains(&c)) || c == '?')
        || matches!(special(text), Some(Special::None | Special::Any | Special::Ditto))
}

/// Whether a text names a document: not empty, and no word for one that is still to come. A dash does: it says that there
/// is none, as for what is common knowledge.
pub fn names_a_document(text: &str) -> bool {
    let plain = narrow(text);
    let plain = plain.trim().trim_end_matches([')', '）', '。']);
    plain == "-" || (!says_nothing(text) && !NO_APPROVAL.iter().any(|word| plain.ends_with(word)))
}
