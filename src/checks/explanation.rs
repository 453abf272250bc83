//! What each check is, for `bunri explain`: the text stands in the check's own file, under fixed headings.

use super::register::{business, flows, granularity, hygiene as papers, peers, screens};
use super::{
    administration, age, basis, breakout, default_allow, dual_homed, egress, hygiene, inventory, ipv6,
    layer2_limit, lines, members, pairs, rerouted, sanitizer, screen, segmentation, shared_domains,
    shared_services, translated, understanding, waypoint,
};
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
        flows::explanation(),
        granularity::explanation(),
        layer2_limit::explanation(),
        peers::explanation(),
        screens::explanation(),
        waypoint::explanation(),
        sanitizer::explanation(),
        breakout::explanation(),
        screen::explanation(),
        egress::explanation(),
        business::explanation(),
        lines::explanation(),
        administration::explanation(),
        shared_domains::explanation(),
        ipv6::explanation(),
        translated::explanation(),
        rerouted::explanation(),
        dual_homed::explanation(),
        shared_services::explanation(),
        default_allow::explanation(),
        hygiene::explanation(),
        papers::explanation(),
        pairs::explanation(),
        members::explanation(),
        understanding::explanation(),
        basis::explanation(),
        inventory::explanation(),
        age::explanation(),
    ]
}

/// The explanation of a code, whatever its case.
pub fn explanation(code: &str) -> Option<Explanation> {
    explanations().into_iter().find(|e| e.code.eq_ignore_ascii_case(code))
}
