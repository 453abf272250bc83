//! `bunri graph`: the site as a picture.

use std::path::Path;

use super::check::assess;
use super::failure::Failure;
use super::options::Format;
use super::run::{Answer, Run};
use crate::report::graph::{dot, mermaid, picture, svg};

pub(super) fn graph(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let (site, assessment) = assess(run, folder)?;
    let (picture, lang) = (picture(&site, &assessment), run.common.lang);
    let text = match run.common.format {
        Some(Format::Dot) => dot(&picture, lang),
        Some(Format::Mermaid) => mermaid(&picture, lang),
        _ => svg(&picture, lang),
    };
    Ok(Answer { text, code: 0 })
}
