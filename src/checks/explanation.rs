//! What each check is, for `bunri explain`: the text stands in the check's own file, under fixed headings.

use super::{basis, dual_homed, sanitizer, segmentation, understanding, waypoint};
use crate::source::Msg;

/// A check in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Its code in the catalogue: `M-1`.
    pub code: &'static str,
    /// What it asks, in one line.
    pub title: Msg,
    /// What it finds.
    pub finds: Msg,
    /// Why that matters.
    pub matters: Msg,
    /// An example.
    pub example: Msg,
    /// What to do about it.
    pub remedy: Msg,
    /// Where the rule stands.
    pub references: Msg,
}

/// Every check that has one, in catalogue order.
pub fn explanations() -> Vec<Explanation> {
    vec![
        segmentation::explanation(),
        waypoint::explanation(),
        sanitizer::explanation(),
        dual_homed::explanation(),
        understanding::explanation(),
        basis::explanation(),
    ]
}

/// The explanation of a code, whatever its case.
pub fn explanation(code: &str) -> Option<Explanation> {
    explanations().into_iter().find(|e| e.code.eq_ignore_ascii_case(code))
}
