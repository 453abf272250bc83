//! `bunri doctor`: the next few facts that would settle open verdicts.

use std::path::Path;

use super::check::assess;
use super::failure::Failure;
use super::run::{Answer, Run};
use crate::checks::doctor as next;
use crate::report;

pub(super) fn doctor(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let (site, assessment) = assess(run, folder)?;
    let advice = next::advise(&site, &assessment);
    let text = run.render(&report::doctor::json(&advice, &site, run.common.lang), |style| {
        report::doctor::text(&advice, &site, style)
    });
    Ok(Answer { text, code: 0 })
}
