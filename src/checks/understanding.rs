//! lines and features that were not understood.
//!
//! # What it finds
//! Lines of configurations that are not fully modelled and on which an undetermined answer hangs.
//!
//! # Why it matters
//! A line that was not understood may open a path. Answers that hold were reached with every such line doing
//! its worst, so they stand; the others name the lines they hang on.
//!
//! # Example
//! A garbled word in a firewall policy.
//!
//! # Remedy
//! Export the configuration again, or have the line explained.
//!
//! # References
//! None: a matter of evidence.

use std::collections::BTreeSet;

use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Bearing, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::LineState;

const OPEN: [LineState; 3] = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];

/// Checks Q-1 against the answers given so far.
pub fn check(site: &Site, answers: &[Assertion]) -> Assertion {
    let title = msg!(
        "every line that could matter to an answer was understood",
        "解析結果に影響し得る設定の記述が全て解釈できていること"
    );
    let mut out = assertion("Q-1", "", Level::None, Class::Scope, basis::all_zones(site), title);
    let mut culprits: BTreeSet<Culprit> = BTreeSet::new();
    let configs: BTreeSet<_> = site.config_files().collect();
    // What only informs hangs on lines, too, but no verdict does.
    let open =
        || answers.iter().filter(|a| a.verdict == Verdict::Undetermined && a.bearing == Bearing::Decides);
    for answer in open() {
        culprits.extend(answer.culprits.iter().filter(|c| configs.contains(&c.span.file)).cloned());
    }
    for (name, status) in &site.boxes {
        if let DeviceStatus::Missing(why) = status {
            culprits.insert(Culprit { span: name.span, what: why.clone(), device: Some(name.value.clone()) });
        }
    }
    let lines: usize =
        site.config_files().map(|id| site.lines.lines_in(&site.sources, id, &OPEN).len()).sum();
    let unlisted = open().any(|a| a.culprits_truncated);
    if culprits.is_empty() && lines > 0 && unlisted {
        out.reason = Some(msg!(
            "{lines} lines are not fully modelled, and not every fact that an open answer hangs on is listed",
            "完全には解釈していない行が{lines}行あり、判定保留の原因となる事項の全ては列挙できていない"
        ));
        out.culprits_truncated = true;
    } else if culprits.is_empty() {
        out.verdict = Verdict::Holds;
        if lines > 0 {
            out.reason = Some(msg!(
                "{lines} lines are not fully modelled; the answers hold whatever they mean",
                "完全には解釈していない行が{lines}行あるが、その内容にかかわらず他の解析結果は変わらない"
            ));
        }
    } else {
        out.verdict = Verdict::Undetermined;
        out.culprits = culprits.into_iter().collect();
    }
    out
}
