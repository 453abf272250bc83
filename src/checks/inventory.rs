//! every device of the device list and every file beside the configurations is accounted for.
//!
//! # What it finds
//! Rows of the device list (機器一覧) that the topology does not know, or that stand there twice; devices of the topology that the list does not
//! know; devices without a readable configuration or a contract; files beside the configurations that nothing names; sheets of workbooks that list something and that nothing reads.
//!
//! # Why it matters
//! An answer speaks of the devices that were read. A forgotten router is the commonest way to be wrong.
//!
//! # Example
//! `configs/RT-SHISHO01.txt` lies in the folder and no device names it.
//!
//! # Remedy
//! Add the device, or say under `excluded`, `[[unused_file]]` or `[[unused_sheet]]` why it is left out.
//!
//! # References
//! Basic security policy, clause 4(2)③ (diagrams and settings are assets in scope).

use std::collections::BTreeSet;

use super::explanation::Explanation;
use super::{assertion, basis};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::register::says_nothing;
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::{Msg, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "Q-3",
        title: msg!(
            "every device of the device list and every file beside the configurations is accounted for",
            "機器一覧の全ての機器及び提出された全てのファイルが、解析、申告又は対象外のいずれかに整理されていること"
        ),
        finds: msg!(
            "rows of the device list (機器一覧) that the topology does not know, or that stand there twice; devices of the topology that the list does not know; devices without a readable configuration or a contract; files beside the configurations that nothing names; sheets of workbooks that list something and that nothing reads",
            "構成情報にない機器一覧の記載、重複する記載、機器一覧にない機器、設定又は申告のない機器、どの機器にも対応しないファイル、及び読み込まれていない表のシート"
        ),
        matters: msg!(
            "an answer speaks of the devices that were read. A forgotten router is the commonest way to be wrong",
            "解析結果は、読み取った機器についてのものである。ルータ1台の漏れは最も多い誤りである"
        ),
        example: msg!(
            "`configs/RT-SHISHO01.txt` lies in the folder and no device names it",
            "`configs/RT-SHISHO01.txt` が置かれているが、対応する機器がない"
        ),
        remedy: msg!(
            "add the device, or say under `excluded`, `[[unused_file]]` or `[[unused_sheet]]` why it is left out",
            "機器を追加する。又は、`excluded`、`[[unused_file]]` 若しくは `[[unused_sheet]]` に対象外の理由を記載する"
        ),
        references: msg!(
            "basic security policy, clause 4(2)③ (diagrams and settings are assets in scope)",
            "情報セキュリティ基本方針 4(2)③(構成図及び設定は対象となる情報資産である)"
        ),
    }
}

/// Checks Q-3.
pub fn check(site: &Site) -> Assertion {
    let title = msg!(
        "every device of the device list and every delivered file is analysed, declared or excluded with a reason",
        "機器一覧の全ての機器及び提出された全てのファイルが、解析、申告又は理由を付した対象外のいずれかに整理されていること"
    );
    let mut out = assertion("Q-3", "", Level::None, Class::Scope, basis::all_zones(site), title);
    let mut blame = |span: Span, what: Msg| out.culprits.push(Culprit { span, what, device: None });
    for (name, status) in &site.boxes {
        match status {
            DeviceStatus::Missing(why) => blame(name.span, why.clone()),
            DeviceStatus::Excluded(reason) if says_nothing(reason) => {
                let name_text = &name.value;
                blame(
                    name.span,
                    msg!("`{name_text}` is excluded without a reason", "「{name_text}」の対象外の理由がない"),
                );
            }
            _ => {}
        }
    }
    for path in &site.records.leftovers {
        blame(
            site.sources.whole(site.topology),
            msg!("no device names the file `{path}`", "未割当ファイル「{path}」に対応する機器がない"),
        );
    }
    for sheet in &site.records.other_sheets {
        blame(sheet.span, sheet.what.clone());
    }
    let known: BTreeSet<&str> = site.boxes.iter().map(|(name, _)| name.value.as_str()).collect();
    let rows = &site.records.inventory;
    for row in rows.iter().filter(|r| r.excluded.is_none() && !known.contains(r.name.value.as_str())) {
        let name = &row.name.value;
        blame(
            row.name.span,
            msg!(
                "`{name}` is on the device list, and nothing of it was handed in",
                "機器一覧の「{name}」について設定又は申告が未提出である"
            ),
        );
    }
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|r| !seen.insert(r.name.value.as_str())) {
        let name = &row.name.value;
        blame(
            row.name.span,
            msg!(
                "`{name}` is on the device list twice: two devices of one name, or another one is missing",
                "機器一覧に「{name}」が重複している(同名の別の機器又は記載漏れの可能性がある)"
            ),
        );
    }
    let listed: BTreeSet<&str> = rows.iter().map(|r| r.name.value.as_str()).collect();
    let unlisted = site.boxes.iter().filter(|(name, _)| !listed.contains(name.value.as_str()));
    for (name, _) in unlisted.filter(|_| !rows.is_empty()) {
        let name_text = &name.value;
        blame(
            name.span,
            msg!("`{name_text}` is not on the device list", "「{name_text}」が機器一覧に記載されていない"),
        );
    }
    out.verdict = match (out.culprits.is_empty(), rows.is_empty()) {
        (false, _) => Verdict::Undetermined,
        (true, false) => Verdict::Holds,
        (true, true) => Verdict::NotApplicable,
    };
    out.reason = Some(match rows.is_empty() {
        true => msg!(
            "no device list was handed in; nothing shows that every device is in the topology",
            "機器一覧が提出されていないため照合していない。全ての機器が構成情報に記載されているとは限らない"
        ),
        false => tally(site),
    });
    out
}

fn tally(site: &Site) -> Msg {
    let of = |wanted: fn(&DeviceStatus) -> bool| {
        let rows = site.records.inventory.iter().filter(|r| r.excluded.is_none());
        let boxes = || site.boxes.iter().filter(|(_, s)| wanted(s));
        rows.filter(|r| boxes().any(|(name, _)| name.value == r.name.value)).count()
    };
    let total = site.records.inventory.len();
    let analysed = of(|s| matches!(s, DeviceStatus::Analysed));
    let declared = of(|s| matches!(s, DeviceStatus::Declared));
    let set_aside = site.records.inventory.iter().filter(|r| r.excluded.is_some()).count();
    let excluded = of(|s| matches!(s, DeviceStatus::Excluded(_))).saturating_add(set_aside);
    let missing = total.saturating_sub(analysed).saturating_sub(declared).saturating_sub(excluded);
    msg!(
        "device list: {total} rows: {analysed} analysed, {declared} declared, {excluded} excluded, {missing} missing",
        "機器一覧{total}台中 解析{analysed}台・申告{declared}台・対象外{excluded}台・未提出{missing}台"
    )
}
