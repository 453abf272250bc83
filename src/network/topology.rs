//! The form of `topology.toml`.
//!
//! ```toml
//! schema_version = 1
//! name = "星見町"
//! registers = ["policy/tokutei.toml"]    # optional: exception registers (台帳), form of their own
//!
//! [[zone]]
//! id = "MYN"
//! name = "マイナンバー利用事務系"
//! role = "individual-number"      # lgwan | internet | management | independent | other
//!
//! [[segment]]                     # one broadcast domain
//! id = "kikan_pc"
//! zone = "MYN"                    # left out for links that belong to no zone
//! prefixes = ["10.21.20.0/24"]
//! complete = true                 # every device with an address here is in this file; default false
//! terminals = "unknown"           # machines not listed here: do they carry data between sessions? yes | no | unknown
//! declarations = ["申-01"]        # what `terminals = "no"` rests on
//!
//! [[external]]                    # a network that others run
//! id = "ext-sc"
//! zone = "INT"
//! leads_to = []                   # required: the other externals behind it
//! kind = "security-cloud"         # security-cloud | internet | breakout | closed | unknown
//! managed_by = "県"               # who runs it
//! demarcation = "wan_scの相手側ポート"  # where that begins (責任分界点)
//! segment = "wan_sc"              # optional: their router stands on this segment …
//! router = ["192.0.2.6"]          # … with these addresses. Without it devices attach to "ext-sc" itself
//! declarations = ["申-02"]
//!
//! [[device]]
//! name = "FW-SANSO01"
//! config = "configs/FW-SANSO01.conf"   # or "unavailable", then with a contract
//! vendor = "fortios"                   # optional: else told from the file
//! collected = "R8.3.16"                # when its configuration was exported
//! managed_by = "町"                    # who runs it
//! cluster = "SANSO"                    # optional: members of one HA cluster share this word
//! relay = "no"                         # optional: it carries no data between its own sessions
//! unused = ["port9"]                   # interfaces with nothing plugged in
//! declarations = []
//! [device.companions]                  # optional: ipv6, addresses, routes, routes6, rules, sysctl
//! routes = "configs/FW-SANSO01.routes.txt"
//! [device.attach]                      # interface, or VDOM/interface → segment or external
//! port5 = "lgw_ext"
//! [device.standby]                     # optional: the second member of the HA cluster that this device is.
//! name = "FW-SANSO02"                  # It is cabled alike; differences between the members are a finding,
//! config = "configs/FW-SANSO02.conf"   # and what the second one would do counts as well.
//! attach = { mgmt = "kanri" }          # optional: only where its cabling differs
//! [device.contract]                    # only with config = "unavailable": all that it does
//! forwards = [{ from = "in", to = "out" }]     # or { among = ["Vlan110", "Vlan120"] }: each to every other
//! addresses = { in = ["10.22.250.6/29"] }
//! routes = [{ prefix = "0.0.0.0/0", via = "10.22.250.1" }]   # optional: then these and the connected ones are all
//!
//! [[device]]
//! name = "FW-MUGAI01"
//! config = "table"                     # nobody can read its configuration: its FWポリシー表 stands for it
//! declarations = ["申-05"]              # who says that the table is what the device does
//! [device.table]
//! default = "deny"                     # deny | reject | permit: what becomes of packets of no row, if no row says so
//! ipv6 = "off"                         # off: it forwards none; as-written: `any` means both families
//! addresses = { LAN1 = ["10.22.1.254/24"] }
//! zones = { LAN1 = "内部" }             # what the rows call its interfaces
//! routes = [{ prefix = "0.0.0.0/0", via = "10.22.250.1" }]
//!
//! [[device]]
//! name = "SW-CORE01"                   # a switch, read with its VLANs
//! config = "configs/SW-CORE01.log"
//! attach = { Vlan110 = "kikan_sv" }    # routed interfaces, and ports whose machines are a segment's
//!
//! [[link]]                             # 結線表: where ports of a switch lead
//! device = "SW-CORE01"
//! ports = ["Te1/1/1"]                  # Po1; or many at once: "port1.0.1-1.0.12"
//! to = { device = "FW-SANSO01", port = "x1" }   # or { host = "…" }, { segment = "…" }
//! [[link]]
//! device = "SW-CORE01"
//! ports = ["Gi1/0/24"]
//! carries = { 801 = "wan_sc", untagged = "lgw_ext" }  # where no analysed device is at the other end: which tag
//! declarations = ["申-02"]             # is which segment there. Other tags it does not take
//!
//! [[device]]
//! name = "FW-OLD01"
//! excluded = "予備機(未使用)"           # not part of the network; may not be attached
//!
//! [[unused_file]]                      # files in the folder that are known to belong to nothing
//! path = "configs/old/"
//! reason = "前世代"
//!
//! [[host]]
//! id = "SV-KIKAN01"
//! interfaces = [{ segment = "kikan_sv", addresses = ["10.21.10.11"] }]
//! relay = "unknown"
//! class = "server"
//! declarations = []
//! device = "SV-MUGAI01"                # optional: this host is that analysed device
//!
//! [[sanitizer]]
//! host = "SV-VB01"
//! types = ["screen-transfer"]          # mail-text | screen-transfer | file
//! forwarding = "off"                   # it forwards no packets; for one without an analysed `device`. off | unknown
//! declarations = []
//! [[sanitizer.session]]
//! opens = "peer"                       # peer | sanitizer
//! peers = ["lgw_pc", "SV-MAIL-L", "10.22.20.0/24"]
//! protocol = "tcp"                     # a name or a number
//! ports = "443,8000-8080"              # left out: every port
//! data = "both"                        # in | out | both, seen from the sanitizer
//! purpose = "data"                     # data | management
//!
//! [[inventory]]                        # 機器一覧: every device there is
//! name = "FW-SANSO01"                  # as in [[device]]
//! excluded = "島HUBはセグメントとして扱う"   # instead, for one that is not analysed
//!
//! [[line]]                             # 回線台帳
//! id = "回-01"
//! carrier = "…"
//! kind = "IP-VPN"
//! purpose = "県セキュリティクラウド接続"
//! device = "FW-SANSO01"
//! interface = "wan1"
//! external = "ext-sc"
//! zone = "INT"
//!
//! [[breakout]]                         # α': internet destinations that the LGWAN zone may reach directly
//! id = "BO-01"
//! external = "ext-sc"                  # an external of kind "breakout"
//! from = ["kikan_pc"]
//! destinations = ["203.0.113.0/28"]
//! protocol = "tcp"
//! ports = "443"
//! tenant_control = "テナント制限(プロキシによるヘッダー付与)"
//! declarations = ["申-02"]
//!
//! [policy]
//! pack = "kitaakita-2026"              # or guideline-r7.3, or a file of the site: "policy/kisoku.toml"
//! variant = "alpha"                    # alpha | alpha-prime | beta | beta-prime
//! external_confirmation = "R8.2.1"     # β, β'
//! audit = "R8.2.20"                    # β, β'
//! declarations = ["申-02"]
//! [[policy.rule]]
//! id = "M-1"
//! local_ref = "実施手順 第12条"
//!
//! [[pair]]                             # the municipality's own rule for two zones
//! from = "INT"
//! to = "MYN"
//! allow = "none"                       # none | register | sanitizer | any
//! local_ref = "実施手順 第15条"
//!
//! [[table]]                            # a sheet that the municipality keeps anyway: rows as if written here
//! kind = "segments"                    # register | requirements | segments | hosts | devices | cables | lines | declarations,
//!                                      # or of one device: policies | interfaces | routes | addresses | services,
//!                                      # or of the form of `bunri init`: zones | connections | sanitizers | networks | unread
//! file = "tables/管理表.xlsx"           # .xlsx or CSV
//! sheet = "VLAN一覧"                    # left out: the only visible sheet
//! header_row = 4                       # left out: found by its headings
//! last_row = 40                        # left out: to the end; rows below are not read
//! columns = { zone = "所属系", prefix = "本庁/ネットワーク" }   # only where headings differ from the usual ones
//! constants = { complete = "○" }       # for every row
//! words = { "基幹系" = "MYN" }          # what words of this table mean
//! remarks = ["申請者"]                  # columns that say nothing about what passes or where anything stands
//! device = "FW-MUGAI01"                # the device that policies, interfaces, … are of
//! # provisional = true                 # register, requirements: until all of it can be read, it counts as none
//! # [[unused_sheet]]                   # a sheet beside those that are read that lists something and is not used:
//! # file = "…"; sheet = "…"; reason = "撤去した機器の記録"
//!
//! [[declaration]]
//! id = "申-02"
//! text = "セキュリティクラウド以外への経路なし"
//! document = "県通知(写)"
//! by = "総務課"
//! date = "R8.3.10"
//! ```
//!
//! Segments, externals and hosts share one name space (a sanitizer's peers name any of them); zones, devices and
//! declarations have their own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::form::At;
use super::left_out::{UnusedFile, UnusedSheet};
use super::records::{Allow, ExternalKind, Unconfirmed, Variant};
use super::site::{Data, Forwarding, Purpose, Relay, Role};
use super::table::TableKind;

/// The JSON Schema of `topology.toml`.
pub fn topology_schema() -> serde_json::Value {
    super::form::schema::<Topology>()
}

/// A site: zones, segments, devices, hosts and what is declared about them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "topology")]
pub(super) struct Topology {
    /// Version of this form: 1.
    pub schema_version: At<u32>,
    /// The town's or site's name.
    pub name: String,
    /// Exception registers (特定通信台帳, 系間通信一覧), as files of the site folder.
    #[serde(default)]
    pub registers: Vec<At<String>>,
    /// Days after which an exported configuration is too old; default 92.
    pub export_max_age_days: Option<u32>,
    /// Rule pack and model variant.
    pub policy: Option<At<Policy>>,
    /// The municipality's own rules for pairs of zones.
    #[serde(default)]
    pub pair: Vec<At<Pair>>,
    /// The device list (機器一覧).
    #[serde(default)]
    pub inventory: Vec<InventoryRow>,
    /// The line register (回線台帳).
    #[serde(default)]
    pub line: Vec<LineRow>,
    /// Internet destinations that the LGWAN zone may reach directly.
    #[serde(default)]
    pub breakout: Vec<Breakout>,
    /// Zones.
    #[serde(default)]
    pub zone: Vec<Zone>,
    /// Broadcast domains.
    #[serde(default)]
    pub segment: Vec<Segment>,
    /// Networks that others run.
    #[serde(default)]
    pub external: Vec<External>,
    /// Firewalls, routers, switches, hosts with filters.
    #[serde(default)]
    pub device: Vec<Device>,
    /// Cables of switches (結線表).
    #[serde(default)]
    pub link: Vec<Cable>,
    /// Tables (Excel, CSV) whose rows count as if they were written here.
    #[serde(default)]
    pub table: Vec<TableForm>,
    /// Files in the folder that are known to belong to nothing.
    #[serde(default)]
    pub unused_file: Vec<UnusedFile>,
    /// Sheets that nothing is to be read from, of workbooks of which other sheets are read.
    #[serde(default)]
    pub unused_sheet: Vec<UnusedSheet>,
    /// Declared hosts.
    #[serde(default)]
    pub host: Vec<Host>,
    /// Declared sanitizers.
    #[serde(default)]
    pub sanitizer: Vec<Sanitizer>,
    /// Declarations: who says so, on which document, when.
    #[serde(default)]
    pub declaration: Vec<Declaration>,
    /// Rows of tables that nobody confirmed yet.
    #[serde(skip)]
    pub unconfirmed: Vec<Unconfirmed>,
}

/// A table, read where it lies.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "table")]
pub(super) struct TableForm {
    /// What it lists.
    pub kind: At<TableKind>,
    /// A workbook (.xlsx) or a CSV file of the site folder.
    pub file: At<String>,
    /// Name of the sheet; left out: the only visible one.
    pub sheet: Option<At<String>>,
    /// Number of the row of headings; left out: found by them.
    pub header_row: Option<At<u32>>,
    /// Number of the last row; left out: to the end.
    pub last_row: Option<u32>,
    /// Heading of each column, by our name for it; left out: the usual ones.
    #[serde(default)]
    pub columns: BTreeMap<At<String>, At<String>>,
    /// One value for every row, by our name for the column.
    #[serde(default)]
    pub constants: BTreeMap<At<String>, At<String>>,
    /// What words of this table mean.
    #[serde(default)]
    pub words: BTreeMap<At<String>, At<String>>,
    /// Headings of columns that say nothing about what passes.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// The device it is about.
    pub device: Option<At<String>>,
    /// A register that somebody is still putting in order: as long as part of it cannot be read, it counts as none.
    #[serde(default)]
    pub provisional: bool,
}

/// A zone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "zone")]
pub(super) struct Zone {
    /// Its id.
    pub id: At<String>,
    /// What people call it.
    pub name: String,
    /// What the rules ask of it.
    pub role: Role,
}

/// One broadcast domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "segment")]
pub(super) struct Segment {
    /// Its id.
    pub id: At<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Its zone; left out for links that belong to none.
    pub zone: Option<At<String>>,
    /// Its address space.
    #[serde(default)]
    pub prefixes: Vec<At<String>>,
    /// Every device with an address here is in this file.
    #[serde(default)]
    pub complete: bool,
    /// Whether machines that this file does not list carry data between sessions.
    #[serde(default)]
    pub terminals: Relay,
    /// Declarations that `terminals = "no"` rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// A network that others run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "external")]
pub(super) struct External {
    /// Its id.
    pub id: At<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Its zone.
    pub zone: Option<At<String>>,
    /// Ids of the other externals that can be reached through it; `[]` if there is none.
    pub leads_to: Vec<At<String>>,
    /// What kind of network it is.
    #[serde(default)]
    pub kind: ExternalKind,
    /// Who runs it.
    pub managed_by: Option<String>,
    /// Where their responsibility begins.
    pub demarcation: Option<String>,
    /// The segment on which their router stands.
    pub segment: Option<At<String>>,
    /// Addresses of their router on that segment.
    #[serde(default)]
    pub router: Vec<At<String>>,
    /// Declarations it rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// A device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "device")]
pub(super) struct Device {
    /// Its name.
    pub name: At<String>,
    /// Path of its configuration, `unavailable`, or `table`: the tables of kind `policies` and others about it.
    pub config: Option<At<String>>,
    /// Vendor id; left out: told from the file. `table`: the configuration is a policy table (xlsx, CSV).
    pub vendor: Option<At<String>>,
    /// Other files of the device.
    #[serde(default)]
    pub companions: Companions,
    /// Whether it carries data between its own sessions.
    pub relay: Option<Relay>,
    /// When its configuration was exported.
    pub collected: Option<At<String>>,
    /// Who runs it.
    pub managed_by: Option<String>,
    /// Members of one HA cluster share this word.
    pub cluster: Option<String>,
    /// The second member of the HA cluster that the device is.
    pub standby: Option<Standby>,
    /// Why it is not part of the network.
    pub excluded: Option<At<String>>,
    /// Interfaces with nothing plugged in.
    #[serde(default)]
    pub unused: Vec<At<String>>,
    /// Interface (or `VDOM/interface`) to segment or external.
    #[serde(default)]
    pub attach: BTreeMap<At<String>, At<String>>,
    /// All that a device without configuration does.
    pub contract: Option<At<Contract>>,
    /// What a device whose policy table stands for its configuration has beside that.
    pub table: Option<At<PolicyTable>>,
    /// Declarations it rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// Where ports of a switch lead.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "link")]
pub(super) struct Cable {
    /// The switch.
    pub device: At<String>,
    /// Its ports, each with a cable of this kind.
    pub ports: Vec<At<String>>,
    /// What is at the other end; left out: only what `carries` says is known.
    pub to: Option<At<FarEnd>>,
    /// Tag (or `untagged`) to segment, where no analysed device is at the other end.
    #[serde(default)]
    pub carries: BTreeMap<At<String>, At<String>>,
    /// Declarations that `carries` rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// What is at the other end of a cable: a port of a device, a host, or machines of a segment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "far_end")]
pub(super) struct FarEnd {
    /// A device.
    pub device: Option<At<String>>,
    /// Its port.
    pub port: Option<At<String>>,
    /// A host.
    pub host: Option<At<String>>,
    /// A segment, without tags.
    pub segment: Option<At<String>>,
}

/// The second member of an HA cluster: cabled like the first one, from the same vendor.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "standby")]
pub(super) struct Standby {
    /// Its name.
    pub name: At<String>,
    /// Path of its configuration, or `unavailable`.
    pub config: At<String>,
    /// Other files of it; left out: those of the first member.
    pub companions: Option<Companions>,
    /// Interface (or `VDOM/interface`) to segment or external, where its cabling differs from the first member's.
    #[serde(default)]
    pub attach: BTreeMap<At<String>, At<String>>,
}

/// Other files of a device.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "companions")]
pub(super) struct Companions {
    /// Rules of the other address family (`ip6tables-save`).
    pub ipv6: Option<At<String>>,
    /// `ip addr`.
    pub addresses: Option<At<String>>,
    /// The routing table.
    pub routes: Option<At<String>>,
    /// The IPv6 routing table.
    pub routes6: Option<At<String>>,
    /// `ip rule`.
    pub rules: Option<At<String>>,
    /// `sysctl -a`.
    pub sysctl: Option<At<String>>,
}

/// All that a device without configuration does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "contract")]
pub(super) struct Contract {
    /// What it forwards, by interface; `[]` if nothing.
    pub forwards: Vec<At<Forward>>,
    /// Its own addresses, by interface.
    #[serde(default)]
    pub addresses: BTreeMap<At<String>, Vec<At<String>>>,
    /// Its routes beside the connected ones: all of them, or none is listed and its neighbours tell.
    #[serde(default)]
    pub routes: Vec<At<DeclaredRoute>>,
}

/// What a policy table does not say of its device.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "policy_table")]
pub(super) struct PolicyTable {
    /// What becomes of packets of no row.
    pub default: Option<At<TableDefault>>,
    /// Whether it forwards IPv6; left out: it may.
    pub ipv6: Option<At<TableIpv6>>,
    /// Its own addresses, by interface.
    #[serde(default)]
    pub addresses: BTreeMap<At<String>, Vec<At<String>>>,
    /// What the rows call its interfaces.
    #[serde(default)]
    pub zones: BTreeMap<At<String>, At<String>>,
    /// Its routes beside the connected ones: all of them, or none is listed and nobody knows.
    #[serde(default)]
    pub routes: Vec<At<DeclaredRoute>>,
}

/// What becomes of packets of no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "table_default")]
pub(super) enum TableDefault {
    /// They pass.
    Permit,
    /// They are dropped.
    Deny,
    /// They are refused with an answer.
    Reject,
}

/// IPv6 on a device that only a table describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "table_ipv6")]
pub(super) enum TableIpv6 {
    /// It forwards none.
    Off,
    /// The rows are for both families: `any` means every address of both.
    AsWritten,
}

/// One direction that a device forwards, or a set of interfaces between which it forwards everything.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "forward")]
pub(super) struct Forward {
    /// Ingress interface.
    pub from: Option<At<String>>,
    /// Egress interface.
    pub to: Option<At<String>>,
    /// Interfaces of one routing instance: from each to every other.
    #[serde(default)]
    pub among: Vec<At<String>>,
}

/// One declared route. It counts for packets from every interface that the device forwards to its egress.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "declared_route")]
pub(super) struct DeclaredRoute {
    /// Destinations.
    pub prefix: At<String>,
    /// The next hop: an address on one of its segments.
    pub via: At<String>,
}

/// A declared host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "host")]
pub(super) struct Host {
    /// Its id.
    pub id: At<String>,
    /// Its network cards.
    pub interfaces: Vec<HostInterface>,
    /// Whether it carries data between sessions.
    #[serde(default)]
    pub relay: Relay,
    /// Free class word: server, printer, mail.
    pub class: Option<String>,
    /// Declarations that `relay = "no"` or two network cards rest on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
    /// The device that is this host.
    pub device: Option<At<String>>,
}

/// One network card.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "host_interface")]
pub(super) struct HostInterface {
    /// The segment it is plugged into.
    pub segment: At<String>,
    /// Its addresses.
    #[serde(default)]
    pub addresses: Vec<At<String>>,
}

/// A declared sanitizer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "sanitizer")]
pub(super) struct Sanitizer {
    /// The host it is.
    pub host: At<String>,
    /// What it does.
    pub types: Vec<SanitizerType>,
    /// Whether it forwards packets, for a sanitizer whose configuration is not read.
    #[serde(default)]
    pub forwarding: Forwarding,
    /// Sessions it may hold with each side.
    #[serde(default)]
    pub session: Vec<At<Session>>,
    /// Declarations it rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// Kinds of sanitizing.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "sanitizer_type")]
pub(super) enum SanitizerType {
    /// Mail reduced to text (ア).
    MailText,
    /// Screen transfer (イ).
    ScreenTransfer,
    /// Files made harmless (ウ).
    File,
}

impl SanitizerType {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            SanitizerType::MailText => "mail-text",
            SanitizerType::ScreenTransfer => "screen-transfer",
            SanitizerType::File => "file",
        }
    }
}

/// One kind of session of a sanitizer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "session")]
pub(super) struct Session {
    /// Who opens it.
    pub opens: Opens,
    /// Segment, external or host ids, addresses, prefixes or ranges.
    pub peers: Vec<At<String>>,
    /// `tcp`, `udp`, … or a number.
    pub protocol: At<String>,
    /// Destination ports, like `443,8000-8080`; left out: every port.
    pub ports: Option<At<String>>,
    /// Which way data moves, seen from the sanitizer.
    pub data: Data,
    /// Data, or administration.
    pub purpose: Purpose,
}

/// Who opens a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "opens")]
pub(super) enum Opens {
    /// The other end.
    Peer,
    /// The sanitizer.
    Sanitizer,
}

/// A row of the device list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "inventory_row")]
pub(super) struct InventoryRow {
    /// Name of the device, as in `[[device]]`.
    pub name: At<String>,
    /// Why it is not analysed.
    pub excluded: Option<At<String>>,
}

/// A row of the line register.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "line")]
pub(super) struct LineRow {
    /// Number of the line.
    pub id: At<String>,
    /// Who provides it.
    pub carrier: Option<String>,
    /// Kind of line, in the register's words.
    pub kind: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// The device at which it ends.
    pub device: Option<At<String>>,
    /// The interface of the device.
    pub interface: Option<At<String>>,
    /// The external network it leads to.
    pub external: Option<At<String>>,
    /// Its zone.
    pub zone: Option<At<String>>,
}

/// A direct way from the LGWAN zone to named destinations on the internet.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "breakout")]
pub(super) struct Breakout {
    /// Its id.
    pub id: At<String>,
    /// The external network by which it goes, of kind `breakout`.
    pub external: At<String>,
    /// Segments from which it may be used.
    pub from: Vec<At<String>>,
    /// Destination prefixes.
    pub destinations: Vec<At<String>>,
    /// `tcp`, `udp`, … or a number.
    pub protocol: At<String>,
    /// Destination ports; left out: every port.
    pub ports: Option<At<String>>,
    /// How sign-in is kept to the municipality's own tenant.
    pub tenant_control: Option<String>,
    /// Declarations it rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
}

/// Rule pack and model variant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "policy")]
pub(super) struct Policy {
    /// Id of a rule pack of the program's, or the path of a file of the site (`….toml`).
    pub pack: Option<At<String>>,
    /// The model variant.
    pub variant: Option<Variant>,
    /// When an external body confirmed the separation (β, β').
    pub external_confirmation: Option<At<String>>,
    /// When the separation was last audited (β, β').
    pub audit: Option<At<String>>,
    /// Declarations behind the two dates.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
    /// The municipality's own articles.
    #[serde(default)]
    pub rule: Vec<LocalRule>,
}

/// The municipality's own article for a rule.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "local_rule")]
pub(super) struct LocalRule {
    /// `M-1`, `L-1` …
    pub id: At<String>,
    /// The article.
    pub local_ref: String,
}

/// The municipality's own rule for two zones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "pair")]
pub(super) struct Pair {
    /// Whose machines open.
    pub from: At<String>,
    /// Who answers.
    pub to: At<String>,
    /// What is allowed.
    pub allow: Allow,
    /// The article it comes from.
    pub local_ref: Option<String>,
}

/// A declaration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "declaration")]
pub(super) struct Declaration {
    /// Its id.
    pub id: At<String>,
    /// What is declared.
    pub text: String,
    /// The document it rests on.
    pub document: String,
    /// Who declares it.
    pub by: String,
    /// When, as written.
    pub date: String,
}
