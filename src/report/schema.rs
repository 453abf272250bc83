//! JSON Schemas of everything that scripts read or write.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::diff::DiffReport;
use super::doctor::DoctorReport;
use super::explain::ExplainReport;
use super::init::InitReport;
use super::json::{Check, CoverageReport, ReachReport, TraceReport};
use super::lab::LabReport;
use super::mask::MaskReport;
use super::matrix::MatrixReport;
use super::packets::PacketEntry;
use crate::intent::own_pack::rule_pack_schema;
use crate::intent::register::register_schema;
use crate::network::topology_schema;

/// A form that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Answer of `bunri check`.
    Check,
    /// Answer of `bunri trace`.
    Trace,
    /// Answer of `bunri reach`.
    Reach,
    /// Answer of `bunri coverage`.
    Coverage,
    /// Answer of `bunri matrix`.
    Matrix,
    /// Answer of `bunri doctor`.
    Doctor,
    /// Answer of `bunri explain`.
    Explain,
    /// Answer of `bunri diff`.
    Diff,
    /// Answer of `bunri init`.
    Init,
    /// Answer of `bunri mask`.
    Mask,
    /// Answer of `bunri lab`.
    Lab,
    /// The packet file of `bunri trace`.
    Packets,
    /// The topology file of a site, in TOML.
    Topology,
    /// An exception register of a site, in TOML.
    Register,
    /// A municipality's own rule pack, in TOML.
    RulePack,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 15] = [
        Form::Check,
        Form::Trace,
        Form::Reach,
        Form::Coverage,
        Form::Matrix,
        Form::Doctor,
        Form::Explain,
        Form::Diff,
        Form::Init,
        Form::Mask,
        Form::Lab,
        Form::Packets,
        Form::Topology,
        Form::Register,
        Form::RulePack,
    ];
    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Form::Check => "check",
            Form::Trace => "trace",
            Form::Reach => "reach",
            Form::Coverage => "coverage",
            Form::Matrix => "matrix",
            Form::Doctor => "doctor",
            Form::Explain => "explain",
            Form::Diff => "diff",
            Form::Init => "init",
            Form::Mask => "mask",
            Form::Lab => "lab",
            Form::Packets => "packets",
            Form::Topology => "topology",
            Form::Register => "register",
            Form::RulePack => "rule-pack",
        }
    }
}

/// The JSON Schema (2020-12) of a form.
pub fn schema(form: Form) -> Value {
    match form {
        Form::Check => of::<Check>(true),
        Form::Trace => of::<TraceReport>(true),
        Form::Reach => of::<ReachReport>(true),
        Form::Coverage => of::<CoverageReport>(true),
        Form::Matrix => of::<MatrixReport>(true),
        Form::Doctor => of::<DoctorReport>(true),
        Form::Explain => of::<ExplainReport>(true),
        Form::Diff => of::<DiffReport>(true),
        Form::Init => of::<InitReport>(true),
        Form::Mask => of::<MaskReport>(true),
        Form::Lab => of::<LabReport>(true),
        Form::Packets => of::<Vec<PacketEntry>>(false),
        Form::Topology => topology_schema(),
        Form::Register => register_schema(),
        Form::RulePack => rule_pack_schema(),
    }
}

fn of<T: JsonSchema>(output: bool) -> Value {
    let settings = SchemaSettings::draft2020_12();
    let settings = if output { settings.for_serialize() } else { settings.for_deserialize() };
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}
