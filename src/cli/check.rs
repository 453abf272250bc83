//! `bunri check`: a site against the rules of the three tiers.

use std::path::Path;

use super::failure::Failure;
use super::run::{Answer, Run};
use crate::msg;

pub(super) fn check(_run: &mut Run, _folder: &Path) -> Result<Answer, Failure> {
    Err(msg!("not wired yet", "未接続").into())
}
