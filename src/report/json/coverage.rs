//! The form of `bunri coverage`.

use schemars::JsonSchema;
use serde::Serialize;

use super::check::tally;
use super::tables::{TableReading, tables};
use super::{Coverage, SCHEMA_VERSION};
use crate::network::Site;
use crate::source::{FileId, Lang, LineMap, LineState, Sources};

/// The answer of `bunri coverage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageReport {
    /// Always 1.
    pub schema_version: u32,
    /// Every configuration file.
    pub files: Vec<CoverageFile>,
    /// What was understood of a site's tables (読み取り結果).
    pub tables: Vec<TableReading>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageFile {
    /// Path, tally.
    #[serde(flatten)]
    pub tally: Coverage,
    /// The vendor that read it; null if none did.
    pub vendor: Option<String>,
    /// Lower-case hex.
    pub sha256: String,
    /// Lines that were not fully understood, ascending.
    pub unread: Vec<UnreadLine>,
    /// Whether `unread` is cut.
    pub unread_truncated: bool,
}

/// A line that was not fully understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnreadLine {
    /// Line, from 1.
    pub line: u32,
    /// `partial`, `unmodelled` or `unrecognized`.
    pub state: &'static str,
    /// The line, secrets masked.
    pub text: String,
}

/// What became of the lines of `files` (with the vendor that read each), at most `most` unread lines per file;
/// and what was understood of `tables`.
pub fn coverage(
    sources: &Sources,
    lines: &LineMap,
    files: &[(FileId, Option<String>)],
    tables: Vec<TableReading>,
    most: usize,
) -> CoverageReport {
    let file = |(id, vendor): &(FileId, Option<String>)| {
        let states = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
        let unread = lines.lines_in(sources, *id, &states);
        CoverageFile {
            tally: tally(sources, *id, lines.tally(sources, *id)),
            vendor: vendor.clone(),
            sha256: sources.file(*id).map_or_else(String::new, |f| f.sha256().to_owned()),
            unread_truncated: unread.len() > most,
            unread: unread
                .iter()
                .take(most)
                .map(|(line, state)| unread_line(sources, *id, *line, *state))
                .collect(),
        }
    };
    CoverageReport { schema_version: SCHEMA_VERSION, files: files.iter().map(file).collect(), tables }
}

/// What became of the lines of a site's configurations, by path, whatever order its topology names them in. The topology and
/// registers are no configurations; files of a box that could not be read have no vendor.
pub fn site_coverage(site: &Site, most: usize, lang: Lang) -> CoverageReport {
    let vendor = |file: FileId| {
        let table = site.records.tables.iter().any(|t| t.file == file && t.kind.stands_for_configuration());
        let read = site.devices.iter().find(|d| d.device.file == file).map(|d| d.device.vendor);
        read.or(table.then_some("table")).map(str::to_owned)
    };
    let mut files: Vec<(FileId, Option<String>)> = site.config_files().map(|id| (id, vendor(id))).collect();
    files.sort_by_key(|(id, _)| site.sources.file(*id).map(|f| f.path().as_str().to_owned()));
    coverage(&site.sources, &site.lines, &files, tables(site, most, lang), most)
}

fn unread_line(sources: &Sources, file: FileId, line: u32, state: LineState) -> UnreadLine {
    let text = sources.excerpt(sources.line_span(file, line)).text;
    UnreadLine { line, state: state.word(), text: text.trim().to_owned() }
}
