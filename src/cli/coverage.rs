//! `bunri coverage`: which lines were understood.

use std::path::PathBuf;

use super::device::add;
use super::failure::Failure;
use super::options;
use super::run::{Answer, Run};
use crate::msg;
use crate::report::json;
use crate::report::{self, Style};
use crate::source::{FileId, LineMap, Sources};
use crate::vendor::{Vendor, VendorInput, detect};

/// The arguments of the command.
pub(super) struct Ask<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) vendor: Option<&'a str>,
    /// Most unread lines listed per file.
    pub(super) most: usize,
}

pub(super) fn coverage(run: &mut Run, ask: &Ask<'_>) -> Result<Answer, Failure> {
    let vendor = options::vendor(ask.vendor)?;
    let folders = ask.paths.iter().filter(|p| p.is_dir()).count();
    if folders > 0 {
        return Err(msg!(
            "name either one site folder or configuration files",
            "サイトのフォルダ1つ、又は設定ファイルを指定する"
        )
        .into());
    }
    let mut sources = Sources::new();
    let mut files = Vec::new();
    let mut lines = LineMap::new();
    for path in ask.paths {
        let file = add(&mut sources, path, &run.limits)?;
        run.inputs.push(path.clone());
        files.push((file, read(run, &mut sources, &mut lines, file, vendor)));
    }
    let report = json::coverage(&sources, &lines, &files, ask.most);
    Ok(Answer { text: run.render(&report, |style: Style| report::coverage(&report, style)), code: 0 })
}

/// Reads one file; every line of a file of unknown kind stays unrecognised.
fn read(
    run: &Run,
    sources: &mut Sources,
    lines: &mut LineMap,
    config: FileId,
    vendor: Option<&'static dyn Vendor>,
) -> Option<String> {
    let vendor = vendor.or_else(|| detect(sources, config))?;
    let limits = &run.limits;
    let reading =
        vendor.read(VendorInput { name: None, config, companions: &[], interfaces: &[], sources, limits });
    lines.merge(&reading.lines);
    Some(vendor.id().to_owned())
}
