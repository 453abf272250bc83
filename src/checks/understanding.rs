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

use super::explanation::Explanation;
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Bearing, Class, Culprit, Level, Verdict};
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::LineState;

const OPEN: [LineState; 3] = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "Q-1",
        title: msg!("lines and features that were not understood", "解釈できない行及び機能"),
        finds: msg!(
            "lines of configurations that are not fully modelled and on which an undetermined answer hangs",
            "設定のうち完全には解釈できず、判定保留の原因となっている行"
        ),
        matters: msg!(
            "a line that was not understood may open a path. Answers that hold were reached with every such line doing its worst, so they stand; the others name the lines they hang on",
            "解釈できない行は経路を開くことがある。「適合」は、当該行が最も不利に働く場合を想定して得た結果であり、影響を受けない。その他の項目には原因となる行を示す"
        ),
        example: msg!(
            "a garbled word in a firewall policy",
            "ファイアウォールのポリシーにある文字化けした語"
        ),
        remedy: msg!(
            "export the configuration again, or have the line explained",
            "設定を採取し直す。又は、当該行の内容を保守事業者に確認する"
        ),
        references: msg!("none: a matter of evidence", "なし(根拠に関する事項)"),
    }
}

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
