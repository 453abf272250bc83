//! `bunri coverage`: which lines were understood.

use std::path::{Path, PathBuf};

use super::device::add;
use super::failure::Failure;
use super::options;
use super::run::{Answer, Run};
use super::site;
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
    if let [folder] = ask.paths
        && folder.is_dir()
    {
        if ask.vendor.is_some() {
            return Err(msg!(
                "`--vendor` is for files; a site names its own",
                "`--vendor` は設定ファイルにのみ指定できる"
            )
            .into());
        }
        return of_site(run, folder, ask.most);
    }
    if ask.paths.iter().any(|p| p.is_dir()) {
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
    let report = json::coverage(&sources, &lines, &files, Vec::new(), ask.most);
    Ok(Answer { text: run.render(&report, |style: Style| report::coverage(&report, style)), code: 0 })
}

fn of_site(run: &mut Run, folder: &Path, most: usize) -> Result<Answer, Failure> {
    let site = site::load(run, folder)?;
    let report = json::site_coverage(&site, most, run.common.lang);
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
