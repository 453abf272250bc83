//! What a register says of an entry in columns that nothing reads: that it is over, refused, or opened by the other end.

use crate::network::table::grammar::out_of_force;
use crate::network::table::{Row, UnreadCell, folded};
use crate::source::narrow;

/// Headings under which stands what happened to something else: its older versions.
const HISTORY: &[&str] = &["変更履歴", "履歴", "改訂履歴", "旧"];
/// Headings of the day, or the mark, of an end.
const ENDS: &[&str] = &["廃止", "停止", "取消", "終了", "解除", "失効", "削除", "撤去", "取下"];
/// Words that refuse.
const REFUSED: &[&str] = &[
    "×",
    "✕",
    "✗",
    "ng",
    "no",
    "否",
    "不可",
    "否認",
    "不承認",
    "却下",
    "差戻",
    "差戻し",
    "取下",
    "取下げ",
    "取消",
    "未",
    "なし",
    "無効",
    "off",
    "disabled",
    "不適合",
];
/// Words for a session that is opened by the end that the columns name first.
const ONWARDS: &[&str] = &[
    "→",
    "->",
    "⇒",
    "送信元→宛先",
    "送信元",
    "送信元から宛先",
    "開始側→相手方",
    "開始側",
    "片方向",
    "一方向",
    "単方向",
    "片道",
];

/// The first cell of a row in a column that nothing reads by which the entry may not be in force, or not as the other
/// columns have it: `廃止日 R7.3.31`, `審査結果 却下`, `方向 双方向`.
pub(super) fn doubt(row: &Row) -> Option<String> {
    let found = row.unread.iter().find(|cell| takes_back(cell))?;
    Some(format!("{}: {}", found.heading, found.text.value))
}

fn takes_back(cell: &UnreadCell) -> bool {
    let (heading, text) = (narrow(&cell.heading), folded(&cell.text.value));
    if HISTORY.iter().any(|h| heading.starts_with(h) || heading.ends_with("履歴")) {
        return false;
    }
    if heading.contains("方向") || heading == "開始側" || heading.contains("開始元") {
        return !ONWARDS.iter().any(|w| folded(w) == text);
    }
    let over = ENDS.iter().any(|w| heading.contains(w)) && !heading.contains("予定");
    let nothing = ["0", "-", "なし", "無", "否", "×", "false", "no"].contains(&text.as_str());
    if over {
        return !nothing;
    }
    let judged = ["状況", "状態", "結果", "可否", "有効", "承認", "審査", "判定", "決裁", "採否"]
        .iter()
        .any(|w| heading.contains(w));
    out_of_force(&cell.text.value) || judged && REFUSED.iter().any(|w| folded(w) == text)
}
