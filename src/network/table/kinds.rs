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
    /// FWポリシー表: the rules of a device whose configuration nobody can read.
    Policies,
    /// The interfaces of such a device.
    Interfaces,
    /// Its routes.
    Routes,
    /// Names of addresses in its rules.
    Addresses,
    /// Names of services in its rules.
    Services,
    /// ゾーン: the zones themselves, and what the town's own tables call them, word by word confirmed.
    Zones,
    /// インターフェース: what each interface of a device is connected to, row by row confirmed.
    Connections,
    /// 無害化: which hosts are sanitizers, row by row confirmed.
    Sanitizers,
    /// その他のネットワーク: networks at which no interface that was read stands, row by row confirmed.
    Networks,
    /// 設定のない機器: listed devices of which no configuration can be read, row by row confirmed.
    Unread,
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
    /// The column may be left out; where it is there, `-` is kept as it is, and what an empty cell means is for the
    /// reader of the row to judge.
    Kept,
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
    pub const ALL: [TableKind; 18] = [
        TableKind::Register,
        TableKind::Requirements,
        TableKind::Segments,
        TableKind::Hosts,
        TableKind::Devices,
        TableKind::Cables,
        TableKind::Lines,
        TableKind::Declarations,
        TableKind::Policies,
        TableKind::Interfaces,
        TableKind::Routes,
        TableKind::Addresses,
        TableKind::Services,
        TableKind::Zones,
        TableKind::Connections,
        TableKind::Sanitizers,
        TableKind::Networks,
        TableKind::Unread,
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
            TableKind::Policies => "policies",
            TableKind::Interfaces => "interfaces",
            TableKind::Routes => "routes",
            TableKind::Addresses => "addresses",
            TableKind::Services => "services",
            TableKind::Zones => "zones",
            TableKind::Connections => "connections",
            TableKind::Sanitizers => "sanitizers",
            TableKind::Networks => "networks",
            TableKind::Unread => "unread",
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
            TableKind::Policies => "FWポリシー表",
            TableKind::Interfaces => "インターフェース一覧",
            TableKind::Routes => "経路一覧",
            TableKind::Addresses => "アドレス一覧",
            TableKind::Services => "サービス一覧",
            TableKind::Zones => "ゾーン",
            TableKind::Connections => "インターフェース",
            TableKind::Sanitizers => "無害化",
            TableKind::Networks => "その他のネットワーク",
            TableKind::Unread => "設定のない機器",
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
            TableKind::Zones => ZONES,
            TableKind::Connections => CONNECTIONS,
            TableKind::Sanitizers => SANITIZERS,
            TableKind::Networks => NETWORKS,
            TableKind::Unread => UNREAD,
            TableKind::Policies => POLICIES,
            TableKind::Interfaces => INTERFACES,
            TableKind::Routes => ROUTES,
            TableKind::Addresses => ADDRESSES,
            TableKind::Services => SERVICES,
        }
    }

    /// Whether it is about one device, which the topology names.
    pub fn of_device(self) -> bool {
        matches!(self, TableKind::Interfaces | TableKind::Routes) || self.stands_for_configuration()
    }

    /// Whether its rows stand where a configuration cannot: then what cannot be read widens the device, as a line of a
    /// configuration would, and stops nothing else.
    pub fn stands_for_configuration(self) -> bool {
        matches!(self, TableKind::Policies | TableKind::Addresses | TableKind::Services)
    }

    /// Whether its rows are flows that somebody approved or needs.
    pub fn lists_flows(self) -> bool {
        matches!(self, TableKind::Register | TableKind::Requirements)
    }

    /// Headings of columns that say nothing about what passes. Any other column that is not read does.
    pub fn remarks(self) -> &'static [&'static str] {
        match self {
            TableKind::Policies | TableKind::Addresses | TableKind::Services => REMARKS,
            _ => &[],
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
            field("starts", &["利用開始日", "開始日", "適用開始日", "運用開始日"], Need::Free, Shape::Date),
            field("period", &["有効期間", "適用期間", "利用期間", "許可期間"], Need::Free, Shape::Text),
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
    field("kind", &["機器種別", "種別", "区分", "分類"], Need::Free, Shape::Text),
    field("model", &["機種", "型番", "型式", "製品名"], Need::Free, Shape::Text),
    field("role", &["役割", "用途"], Need::Free, Shape::Text),
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
    field("segment", &["接続先セグメント", "セグメント", "VLAN名", "接続先"], Need::Free, Shape::Reference),
    field("to_device", &["接続先機器", "相手機器", "対向機器"], Need::Free, Shape::Reference),
    field("to_port", &["接続先ポート", "相手ポート", "対向ポート"], Need::Free, Shape::Reference),
    // A sheet of suggestions: a row without a mark is none of the cables.
    field("confirmed", &["確認(○で採用)"], Need::Free, Shape::Word),
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

const REMARKS: &[&str] = &[
    "申請番号",
    "申請No.",
    "申請書番号",
    "業務名",
    "システム名",
    "主管課",
    "所管課",
    "担当課",
    "担当者",
    "承認者",
    "承認日",
    "申請日",
    "登録日",
    "設定日",
    "作成日",
    "更新日",
    "変更日",
    "変更履歴",
    "利用開始日",
    "適用開始日",
    "運用開始日",
    "用途",
    "目的",
    "説明",
    "根拠",
];

const POLICIES: &[Field] = &[
    field(
        "number",
        &["No.", "No", "番号", "項番", "ポリシーNo.", "ポリシーID", "優先順位", "順序"],
        Need::Kept,
        Shape::Text,
    ),
    field("name", &["名前", "ポリシー名", "ルール名", "名称"], Need::Free, Shape::Text),
    field(
        "from_zone",
        &[
            "送信元ゾーン",
            "送信元インターフェース",
            "送信元ゾーン/インターフェース",
            "入力インターフェース",
            "送信元IF",
            "入力IF",
        ],
        Need::Kept,
        Shape::Reference,
    ),
    field(
        "from",
        &["送信元", "送信元アドレス", "送信元IP", "送信元IPアドレス"],
        Need::Filled,
        Shape::Addresses,
    ),
    field(
        "to_zone",
        &[
            "宛先ゾーン",
            "送信先ゾーン",
            "宛先インターフェース",
            "送信先インターフェース",
            "宛先ゾーン/インターフェース",
            "出力インターフェース",
            "宛先IF",
            "出力IF",
        ],
        Need::Kept,
        Shape::Reference,
    ),
    field(
        "to",
        &["宛先", "送信先", "宛先アドレス", "送信先アドレス", "宛先IP", "送信先IP", "宛先IPアドレス"],
        Need::Filled,
        Shape::Addresses,
    ),
    field("service", &["サービス", "プロトコル/ポート", "プロトコル・ポート"], Need::Kept, Shape::Service),
    field("protocol", &["プロトコル"], Need::Kept, Shape::Service),
    field("ports", &["ポート", "宛先ポート", "ポート番号", "宛先ポート番号"], Need::Kept, Shape::Service),
    field("source_ports", &["送信元ポート", "送信元ポート番号"], Need::Kept, Shape::Service),
    field("icmp_type", &["ICMPタイプ"], Need::Kept, Shape::Service),
    field("action", &["アクション", "動作", "許可/拒否", "可否", "処理"], Need::Filled, Shape::Word),
    field("enabled", &["有効/無効", "有効・無効", "有効"], Need::Kept, Shape::Word),
    field("schedule", &["スケジュール", "時間帯", "有効期間"], Need::Kept, Shape::Text),
    field("user", &["ユーザー", "ユーザ", "認証"], Need::Kept, Shape::Text),
    field("application", &["アプリケーション", "アプリ", "URL"], Need::Kept, Shape::Text),
    field("nat", &["NAT", "アドレス変換"], Need::Kept, Shape::Text),
    field("log", &["通信ログ", "ログ", "ログ取得"], Need::Kept, Shape::Word),
    field("note", &["備考", "摘要", "コメント"], Need::Free, Shape::Text),
    STATE,
];

const INTERFACES: &[Field] = &[
    field("interface", &["インターフェース", "ポート", "ポート名", "IF"], Need::Filled, Shape::Name),
    field("zone", &["ゾーン", "系"], Need::Free, Shape::Text),
    field("address", &["IPアドレス", "アドレス"], Need::Said, Shape::Addresses),
    field("mask", &["サブネットマスク", "マスク"], Need::Free, Shape::Addresses),
    NOTE,
    STATE,
];

const ROUTES: &[Field] = &[
    field("prefix", &["宛先ネットワーク", "宛先", "ネットワーク", "送信先"], Need::Filled, Shape::Addresses),
    field("via", &["ネクストホップ", "ゲートウェイ", "次ホップ"], Need::Filled, Shape::Addresses),
    NOTE,
    STATE,
];

const ADDRESSES: &[Field] = &[
    field("name", &["名称", "名前", "オブジェクト名", "アドレス名"], Need::Filled, Shape::Text),
    field("value", &["アドレス", "IPアドレス", "値", "内容", "メンバー"], Need::Filled, Shape::Addresses),
    field("mask", &["サブネットマスク", "マスク"], Need::Free, Shape::Addresses),
    field("note", &["備考", "摘要", "コメント", "種別", "種類"], Need::Free, Shape::Text),
    STATE,
];

const SERVICES: &[Field] = &[
    field("name", &["名称", "名前", "オブジェクト名", "サービス名"], Need::Filled, Shape::Text),
    field(
        "service",
        &["サービス", "プロトコル/ポート", "値", "内容", "メンバー"],
        Need::Kept,
        Shape::Service,
    ),
    field("protocol", &["プロトコル"], Need::Kept, Shape::Service),
    field("ports", &["ポート", "宛先ポート", "ポート番号", "宛先ポート番号"], Need::Kept, Shape::Service),
    field("source_ports", &["送信元ポート", "送信元ポート番号"], Need::Kept, Shape::Service),
    field("icmp_type", &["ICMPタイプ"], Need::Kept, Shape::Service),
    field("note", &["備考", "摘要", "コメント"], Need::Free, Shape::Text),
    STATE,
];

/// Whether somebody vouches for a row. Rows without it are not facts.
pub const CONFIRMED: Field = field("confirmed", &["確認"], Need::Free, Shape::Word);

const ZONES: &[Field] = &[
    field("id", &["ゾーンID", "ID"], Need::Filled, Shape::Name),
    field("name", &["系の名称", "系", "名称"], Need::Filled, Shape::Text),
    field("role", &["区分", "役割"], Need::Filled, Shape::Word),
    field("words", &["庁内の呼び名"], Need::Free, Shape::Text),
    CONFIRMED,
    NOTE,
    STATE,
];

const CONNECTIONS: &[Field] = &[
    field("device", &["機器", "ホスト名", "機器名"], Need::Filled, Shape::Reference),
    field("interface", &["インターフェース", "ポート", "ポート名"], Need::Filled, Shape::Reference),
    field("segment", &["セグメント", "接続先セグメント"], Need::Filled, Shape::Reference),
    field("name", &["名称", "用途"], Need::Free, Shape::Text),
    field("prefix", &["ネットワーク", "アドレス"], Need::Free, Shape::Addresses),
    field("zone", &["系", "ゾーン"], Need::Free, Shape::Reference),
    field("leads", &["接続先", "接続先の種別"], Need::Free, Shape::Word),
    field("router", &["対向ルータ", "対向アドレス"], Need::Free, Shape::Addresses),
    field("told", &["管理表の系"], Need::Free, Shape::Text),
    field("peer", &["対向機器"], Need::Free, Shape::Reference),
    CONFIRMED,
    CITED,
    NOTE,
    STATE,
];

const NETWORKS: &[Field] = &[
    field("segment", &["セグメント", "VLAN名"], Need::Filled, Shape::Name),
    field("name", &["名称", "用途"], Need::Free, Shape::Text),
    field("prefix", &["ネットワーク", "アドレス"], Need::Free, Shape::Addresses),
    field("zone", &["系", "ゾーン"], Need::Free, Shape::Reference),
    field("told", &["管理表の系"], Need::Free, Shape::Text),
    CONFIRMED,
    CITED,
    NOTE,
    STATE,
];

const UNREAD: &[Field] = &[
    field("device", &["機器", "ホスト名", "機器名"], Need::Filled, Shape::Name),
    field("segments", &["接続先セグメント", "セグメント"], Need::Free, Shape::Reference),
    field("addresses", &["アドレス", "IPアドレス"], Need::Free, Shape::Addresses),
    field("outside", &["外部回線"], Need::Free, Shape::Word),
    field("zone", &["系", "ゾーン"], Need::Free, Shape::Reference),
    field("relays", &["系をまたぐ中継"], Need::Free, Shape::Word),
    CONFIRMED,
    CITED,
    NOTE,
    STATE,
];

const SANITIZERS: &[Field] = &[
    field("host", &["ホスト名", "サーバ名"], Need::Filled, Shape::Reference),
    field("address", &["IPアドレス", "アドレス"], Need::Said, Shape::Addresses),
    field("types", &["種別", "方式"], Need::Free, Shape::Text),
    field("inside", &["LGWAN側の通信"], Need::Free, Shape::Text),
    field("outside", &["インターネット側の通信"], Need::Free, Shape::Text),
    field("admin", &["管理の通信"], Need::Kept, Shape::Text),
    CONFIRMED,
    CITED,
    NOTE,
    STATE,
];
