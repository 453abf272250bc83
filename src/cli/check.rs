//! `bunri check`: a site against the rules of the three tiers.

use std::path::Path;

use super::device;
use super::failure::Failure;
use super::run::{Answer, Run};
use super::site;
use crate::analysis::answer::{Assessment, Verdict};
use crate::checks::{self, CheckError, Options};
use crate::msg;
use crate::network::Site;
use crate::report;

/// Reads a site and asks every question.
pub(super) fn assess(run: &mut Run, folder: &Path) -> Result<(Site, Assessment), Failure> {
    let site = site::load(run, folder)?;
    device::remark(&site.sources, &site.diagnostics, run.common.lang);
    run.progress.stage(&msg!("analysing", "解析中"));
    let options = Options { limits: run.limits, today: Some(run.common.today) };
    match checks::assess(&site, &options) {
        Ok(assessment) => Ok((site, assessment)),
        Err(CheckError::Register(list)) => Err(site::malformed(&site.sources, &list, run.common.lang)),
        Err(error) => Err(msg!("{error}", "{error}").into()),
    }
}

pub(super) fn check(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let (site, assessment) = assess(run, folder)?;
    let code = match assessment.verdict() {
        Verdict::Holds => 0,
        Verdict::Violated => 1,
        Verdict::Undetermined | Verdict::NotApplicable => 3,
    };
    let text = run.render(&report::json::check(&assessment, &site, run.common.lang), |style| {
        report::check(&assessment, &site, style)
    });
    Ok(Answer { text, code })
}
