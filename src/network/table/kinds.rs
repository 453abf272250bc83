//! Kinds of tables, and their columns with the headings that Japanese municipalities give them.
//!
//! This is data: the reader looks headings up here, and a writer of empty forms can take titles and first headings.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a table lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "table_kind")]
pub enum TableKind {
    /// 特定通信台帳, 系間通信一覧: approved flows.
    Register,
    /// 通信要件一覧: flows that must pass.
    Requirements,
    /// VLAN一覧, セグメント一覧: broadcast domains.
    Segments,
    /// IPアドレス管理表: hosts and their addresses.
    Hosts,
    /// 機器一覧: every device there is.
    Devices,
    /// 結線表: which interface is on which segment.
    Cables,
    /// 回線一覧: lines.
    Lines,
    /// 申告事項: declarations.
    Declarations,
}

/// Whether a table can do without a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The column must be there, and every row must fill it.
    Filled,
    /// The column must be there; a row may say `-` for none, but not leave it empty.
    Said,
    /// The column, or a cell of it, may be left out.
    Free,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A name of its own: never `〃`.
    Name,
    /// Names that something else defines.
    Reference,
    /// Addresses, prefixes, ranges.
    Addresses,
    /// Protocols and ports.
    Service,
    /// A date.
    Date,
    /// One of a few words.
    Word,
    /// Any text.
    Text,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key under `columns` and `constants`.
    pub key: &'static str,
    /// Usual headings, the best one first.
    pub headings: &'static [&'static str],
    /// Whether it can be left out.
    pub need: Need,
    /// What it holds.
    pub shape: Shape,
}

const fn field(key: &'static str, headings: &'static [&'static str], need: Need, shape: Shape) -> Field {
    Field { key, headings, need, shape }
}

/// Every kind has this one: whether the row is in use.
pub const STATE: Field = field("state", &["状態", "稼働状況", "使用状況"], Need::Free, Shape::Word);
const NOTE: Field = field("note", &["備考", "摘要"], Need::Free, Shape::Text);
const CITED: Field =
    field("declarations", &["申告No.", "申告番号", "根拠申告"], Need::Free, Shape::Reference);

impl TableKind {
    /// Every kind.
    pub const ALL: [TableKind; 8] = [
        TableKind::Register,
        TableKind::Requirements,
        TableKind::Segments,
        TableKind::Hosts,
        TableKind::Devices,
        TableKind::Cables,
        TableKind::Lines,
        TableKind::Declarations,
    ];

    /// Its word in `topology.toml`.
    pub fn word(self) -> &'static str {
        match self {
            TableKind::Register => "register",
            TableKind::Requirements => "requirements",
            TableKind::Segments => "segments",
            TableKind::Hosts => "hosts",
            TableKind::Devices => "devices",
            TableKind::Cables => "cables",
            TableKind::Lines => "lines",
            TableKind::Declarations => "declarations",
        }
    }

    /// What Japanese papers call it.
    pub fn title(self) -> &'static str {
        match self {
            TableKind::Register => "特定通信台帳",
            TableKind::Requirements => "通信要件一覧",
            TableKind::Segments => "VLAN一覧",
            TableKind::Hosts => "IPアドレス管理表",
            TableKind::Devices => "機器一覧",
            TableKind::Cables => "結線表",
            TableKind::Lines => "回線一覧",
            TableKind::Declarations => "申告事項",
        }
    }

    /// Its columns, in the order of an empty form.
    pub fn fields(self) -> &'static [Field] {
        match self {
            TableKind::Register => REGISTER,
            TableKind::Requirements => REQUIREMENTS,
            TableKind::Segments => SEGMENTS,
            TableKind::Hosts => HOSTS,
            TableKind::Devices => DEVICES,
            TableKind::Cables => CABLES,
            TableKind::Lines => LINES,
            TableKind::Declarations => DECLARATIONS,
        }
    }
}

macro_rules! register {
    ($kind:expr, $granularity:expr) => {
        &[
            field("id", &["台帳No.", "台帳番号", "No.", "番号"], Need::Filled, Shape::Name),
            field("application", &["申請番号", "申請No."], Need::Free, Shape::Text),
            field("title", &["業務名", "名称", "通信名"], Need::Filled, Shape::Text),
            field("kind", &["区分", "通信区分"], $kind, Shape::Word),
            field("class", &["根拠区分", "例外区分", "根拠・例外区分"], Need::Free, Shape::Text),
            field("from", &["開始側", "送信元", "開始側機器"], Need::Filled, Shape::Reference),
            field("from_addresses", &["開始側アドレス", "開始側IP", "送信元アドレス", "送信元IP"], Need::Free, Shape::Addresses),
            field("to", &["相手方", "相手", "相手側", "宛先"], Need::Filled, Shape::Reference),
            field("to_addresses", &["相手方アドレス", "相手方IP", "相手側アドレス", "宛先アドレス", "宛先IP"], Need::Free, Shape::Addresses),
            field("service", &["プロトコル/ポート", "プロトコル・ポート", "サービス"], Need::Free, Shape::Service),
            field("protocol", &["プロトコル"], Need::Free, Shape::Service),
            field("ports", &["ポート", "ポート番号", "宛先ポート"], Need::Free, Shape::Service),
            field("icmp_type", &["ICMPタイプ"], Need::Free, Shape::Service),
            field("nat", &["NAT後", "NAT", "アドレス変換"], Need::Free, Shape::Addresses),
            field("granularity", &["粒度"], $granularity, Shape::Word),
            field("reason", &["粒度の理由", "理由"], Need::Free, Shape::Text),
            field("peer", &["接続先の種別", "接続先種別", "接続先区分"], Need::Free, Shape::Word),
            field("owner", &["主管課", "所管課", "担当課"], Need::Free, Shape::Text),
            field("approved_by", &["承認者"], Need::Free, Shape::Text),
            field("approved_on", &["承認日", "承認年月日"], Need::Free, Shape::Date),
            field("starts", &["利用開始日", "開始日"], Need::Free, Shape::Date),
            field("expires", &["有効期限", "期限"], Need::Free, Shape::Date),
            field("renewal", &["更新手続開始日", "更新手続中"], Need::Free, Shape::Date),
            field("l2", &["L2限定の申告", "L2限定"], Need::Free, Shape::Reference),
            field("required", &["業務通信", "必須"], Need::Free, Shape::Word),
            CITED,
            NOTE,
            STATE,
        ]
    };
}

const REGISTER: &[Field] = register!(Need::Filled, Need::Filled);
const REQUIREMENTS: &[Field] = register!(Need::Free, Need::Filled);

const SEGMENTS: &[Field] = &[
    field("id", &["VLAN名", "セグメントID", "セグメント名", "ID"], Need::Filled, Shape::Name),
    field("vlan", &["VLAN ID", "VLAN番号", "VLAN"], Need::Free, Shape::Text),
    field("site", &["拠点", "設置場所"], Need::Free, Shape::Text),
    field("name", &["名称", "表示名", "用途"], Need::Free, Shape::Text),
    field("zone", &["系", "ゾーン"], Need::Said, Shape::Reference),
    field("prefix", &["ネットワーク", "ネットワークアドレス", "サブネット"], Need::Said, Shape::Addresses),
    field("mask", &["サブネットマスク", "マスク"], Need::Free, Shape::Addresses),
    field("complete", &["全機器記載", "網羅"], Need::Free, Shape::Word),
    field("terminals", &["端末の中継"], Need::Free, Shape::Word),
    CITED,
    NOTE,
    STATE,
];

const HOSTS: &[Field] = &[
    field("id", &["ホスト名", "サーバ名", "機器名"], Need::Filled, Shape::Reference),
    field("segment", &["セグメント", "VLAN名", "接続セグメント"], Need::Filled, Shape::Reference),
    field("address", &["IPアドレス", "アドレス"], Need::Said, Shape::Addresses),
    field("class", &["種別", "分類"], Need::Free, Shape::Text),
    field("relay", &["中継"], Need::Free, Shape::Word),
    field("device", &["対応機器"], Need::Free, Shape::Reference),
    CITED,
    NOTE,
    STATE,
];

const DEVICES: &[Field] = &[
    field("name", &["ホスト名", "機器名"], Need::Filled, Shape::Name),
    field("config", &["設定ファイル", "ファイル", "ファイル名"], Need::Free, Shape::Text),
    field("vendor", &["設定の種別", "設定種別"], Need::Free, Shape::Text),
    field("collected", &["採取日", "設定採取日", "採取日時"], Need::Free, Shape::Date),
    field("managed_by", &["管理主体"], Need::Free, Shape::Text),
    field("excluded", &["対象外の理由", "対象外理由"], Need::Free, Shape::Text),
    CITED,
    NOTE,
    STATE,
];

const CABLES: &[Field] = &[
    field("device", &["機器", "ホスト名", "機器名"], Need::Filled, Shape::Reference),
    field("interface", &["インターフェース", "ポート", "ポート名"], Need::Filled, Shape::Reference),
    field("segment", &["接続先セグメント", "セグメント", "VLAN名", "接続先"], Need::Filled, Shape::Reference),
    NOTE,
    STATE,
];

const LINES: &[Field] = &[
    field("id", &["回線番号", "回線ID", "No."], Need::Filled, Shape::Name),
    field("carrier", &["事業者", "回線事業者", "契約先"], Need::Free, Shape::Text),
    field("kind", &["回線種別", "種別", "種類"], Need::Free, Shape::Text),
    field("purpose", &["用途"], Need::Free, Shape::Text),
    field("device", &["終端機器"], Need::Free, Shape::Reference),
    field("interface", &["終端ポート", "ポート"], Need::Free, Shape::Reference),
    field("external", &["接続先", "外部ネットワーク"], Need::Free, Shape::Reference),
    field("zone", &["系", "ゾーン"], Need::Free, Shape::Reference),
    NOTE,
    STATE,
];

const DECLARATIONS: &[Field] = &[
    field("id", &["申告No.", "申告番号", "No.", "番号"], Need::Filled, Shape::Name),
    field("text", &["申告内容", "内容"], Need::Filled, Shape::Text),
    field("document", &["根拠資料", "根拠"], Need::Said, Shape::Text),
    field("by", &["申告者", "申告者(課名)"], Need::Filled, Shape::Text),
    field("date", &["確認日", "申告日"], Need::Filled, Shape::Date),
    NOTE,
    STATE,
];
