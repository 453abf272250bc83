//! Forms for what lies in the folder and is left out, with the reason.

use schemars::JsonSchema;
use serde::Deserialize;

use super::form::At;

/// A file, or a folder ending in `/`, that belongs to nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "unused_file")]
pub(super) struct UnusedFile {
    /// Its path.
    pub path: At<String>,
    /// Why it is there.
    pub reason: String,
}

/// A sheet that nothing is to be read from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "unused_sheet")]
pub(super) struct UnusedSheet {
    /// Its workbook.
    pub file: At<String>,
    /// Its name.
    pub sheet: At<String>,
    /// Why it is there.
    pub reason: String,
}
