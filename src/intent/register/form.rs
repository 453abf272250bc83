//! The form of a register file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Granularity, Kind, Peer};
use crate::network::form::At;

/// The JSON Schema of a register file.
pub fn register_schema() -> serde_json::Value {
    crate::network::form::schema::<RegisterFile>()
}

/// An exception register: flows between zones that somebody approved.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "register")]
pub(super) struct RegisterFile {
    /// Version of this form: 1.
    pub schema_version: At<u32>,
    /// Entries.
    #[serde(default)]
    pub entry: Vec<At<EntryForm>>,
}

/// One approved flow.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "entry")]
pub(super) struct EntryForm {
    /// Number in the register (台帳番号).
    pub id: At<String>,
    /// Number of the application (申請番号).
    #[serde(default)]
    pub application: String,
    /// What it is for (業務名).
    pub title: String,
    /// Kind of flow (区分).
    pub kind: Kind,
    /// Class of the exception: E1 to E10, or a word of your own (根拠・例外区分).
    #[serde(default)]
    pub class: String,
    /// Who opens the session, with the addresses that it sends from.
    pub from: At<EndForm>,
    /// To whom it is delivered, with the addresses as delivered.
    pub to: At<EndForm>,
    /// `tcp`, `udp`, … , a number in quotation marks, or `any`.
    pub protocol: At<String>,
    /// Destination ports as delivered, like `443,8000-8080`, or `any`.
    pub ports: Option<At<String>>,
    /// ICMP type, for `icmp` and `icmpv6`; left out: every type.
    pub icmp_type: Option<At<u32>>,
    /// Translated addresses on the way.
    pub nat: Option<NatForm>,
    /// Whether single machines or segments are meant (粒度).
    pub granularity: Granularity,
    /// Why segments are meant.
    #[serde(default)]
    pub reason: String,
    /// Who runs the other end (接続先の種別).
    pub peer: Option<Peer>,
    /// Section in charge (主管課).
    #[serde(default)]
    pub owner: String,
    /// Who approved it (承認者).
    #[serde(default)]
    pub approved_by: String,
    /// When it was approved.
    pub approved_on: Option<At<String>>,
    /// First day of use.
    pub starts: Option<At<String>>,
    /// Last day of use (有効期限).
    pub expires: Option<At<String>>,
    /// Since when its renewal is under way (更新手続中).
    pub renewal: Option<At<String>>,
    /// Evidence that the path is restricted on layer 2.
    pub l2: Option<Layer2Form>,
    /// Whether the flow must pass (業務通信).
    #[serde(default)]
    pub required: bool,
    /// Declarations of the topology that it rests on.
    #[serde(default)]
    pub declarations: Vec<At<String>>,
    /// Remarks.
    #[serde(default)]
    pub note: String,
    /// What a column of its table that nothing reads says against it.
    #[serde(skip)]
    pub doubt: Option<String>,
}

/// One end of a flow: exactly one of `host`, `segment`, `external`, or `addresses` alone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "end")]
pub(super) struct EndForm {
    /// Id of a host of the topology.
    pub host: Option<At<String>>,
    /// Id of a segment of the topology.
    pub segment: Option<At<String>>,
    /// Id of an external network of the topology.
    pub external: Option<At<String>>,
    /// Addresses, prefixes or ranges: of the external network, or of segments of the topology.
    pub addresses: Option<Vec<At<String>>>,
}

/// Translated addresses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "nat")]
pub(super) struct NatForm {
    /// Source addresses after translation.
    pub source: Option<Vec<At<String>>>,
    /// Destination addresses before translation, to which the sender writes.
    pub destination: Option<Vec<At<String>>>,
}

/// Evidence on layer 2.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "l2")]
pub(super) struct Layer2Form {
    /// Declarations of the topology.
    #[serde(default)]
    pub declared: Vec<At<String>>,
}
