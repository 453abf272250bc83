//! `bunri matrix`: which zone can open sessions to which.

use std::path::Path;

use super::failure::Failure;
use super::run::{Answer, Run};
use super::{device, site};
use crate::checks::{Options, matrix as zones};
use crate::msg;
use crate::report;

pub(super) fn matrix(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let site = site::load(run, folder)?;
    device::remark(&site.sources, &site.diagnostics, run.common.lang);
    run.progress.stage(&msg!("analysing", "解析中"));
    let options = Options { limits: run.limits, ..Options::default() };
    let found = zones::compute(&site, &options).map_err(|e| msg!("{e}", "{e}"))?;
    let code = if found.is_settled() { 0 } else { 3 };
    let text = run.render(&report::matrix::json(&found, &site, run.common.lang), |style| {
        report::matrix::text(&found, &site, style)
    });
    Ok(Answer { text, code })
}
