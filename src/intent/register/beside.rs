//! What a register says of an entry in columns that nothing reads: that it is over, refused, or opened by the other end.

use crate::intent::date;
use crate::network::table::grammar::out_of_force;
use crate::network::table::{Row, UnreadCell, folded};
use crate::source::{Spanned, narrow};

/// Headings under which stands what happened to something else: its older versions.
const HISTORY: &[&str] = &["変更履歴", "履歴", "改訂履歴", "旧"];
/// Headings of the day, or the mark, of an end.
const ENDS: &[&str] = &[
    "廃止",
    "停止",
    "休止",
    "中止",
    "取消",
    "終了",
    "解除",
    "解約",
    "失効",
    "満了",
    "削除",
    "撤去",
    "抹消",
    "閉鎖",
    "凍結",
    "取下",
    "無効化",
    "期限切れ",
    "不使用",
    "未使用",
    "保留",
    "最終日",
    "最終利用日",
    "期限",
];
/// What is said about an end, and is none.
const ABOUT_ENDS: &[&str] = &[
    "時間",
    "時の",
    "影響",
    "可否",
    "連絡",
    "手順",
    "処理",
    "方法",
    "理由",
    "条件",
    "者",
    "サポート",
    "時刻",
    "手続",
];
/// Words that refuse.
const REFUSED: &[&str] = &[
    "×",
    "✕",
    "✗",
    "ng",
    "no",
    "n",
    "否",
    "不可",
    "否認",
    "不承認",
    "不許可",
    "却下",
    "拒否",
    "差戻",
    "差戻し",
    "取下",
    "取下げ",
    "取消",
    "未",
    "未済",
    "無",
    "なし",
    "無効",
    "0",
    "off",
    "false",
    "disabled",
    "closed",
    "expired",
    "不適合",
    "不要",
    "否決",
    "未決",
];
/// Words for a session that is opened by the end that the columns name first.
const ONWARDS: &[&str] =
    &["→", "->", "⇒", "送信元", "送信元から宛先", "開始側", "送信", "上り", "out", "アウトバウンド", "片道"];
/// The same turned round, or both.
const BACKWARDS: &[&str] =
    &["双方向", "両方向", "⇔", "↔", "←", "宛先→", "相手方→", "相手側→", "受信", "下り"];

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
    if heading.contains("方向")
        || heading == "開始側"
        || heading == "向き"
        || heading.contains("開始元")
        || heading.contains("開始側")
        || heading.contains("発信元")
    {
        let one_way =
            ["片方向", "一方向", "単方向"].iter().any(|w| text.contains(w)) || text.contains(['→', '⇒']);
        let known = one_way || ONWARDS.iter().any(|w| folded(w) == text);
        return !known || BACKWARDS.iter().any(|w| text.contains(w));
    }
    if about_an_end(&heading) || heading.ends_with('時') {
        return false;
    }
    if ends(&heading) {
        let nothing =
            ["0", "-", "なし", "無", "否", "×", "false", "no", "off", "未定", "未"].contains(&text.as_str());
        return !nothing && date::parse(&cell.text.value).is_none();
    }
    const JUDGED: &[&str] = &[
        "継続",
        "要否",
        "ステータス",
        "利用",
        "状況",
        "状態",
        "結果",
        "可否",
        "有効",
        "承認",
        "許可",
        "許否",
        "審査",
        "判定",
        "決裁",
        "採否",
    ];
    // `監査結果 なし` is good news, and `個人情報の利用 なし` no news.
    const LOOSE: &[&str] = &["状況", "結果", "利用"];
    const NONE: &[&str] = &["無", "なし", "0", "no", "n", "未"];
    let found = ["監査", "点検", "ログ", "診断", "検査", "評価"].iter().any(|w| heading.contains(w));
    let has = |words: &[&str]| words.iter().any(|w| heading.contains(w));
    let says = |words: &[&str]| words.iter().any(|w| folded(w) == text);
    let loose = !JUDGED.iter().any(|w| !LOOSE.contains(w) && heading.contains(w));
    let refused = !found && has(JUDGED) && says(REFUSED) && !(loose && says(NONE));
    out_of_force(&cell.text.value) && !found || refused
}

/// The end of the entry, not of what it is for (`保守終了日`, `リース満了日`).
fn ends(heading: &str) -> bool {
    const OF_THE_ENTRY: &[&str] =
        &["利用", "使用", "通信", "許可", "承認", "適用", "運用", "登録", "台帳", "更新", "ルール"];
    let rest = OF_THE_ENTRY.iter().find_map(|w| heading.strip_prefix(w)).unwrap_or(heading);
    ENDS.iter().any(|w| rest.starts_with(w)) && !about_an_end(heading)
}

fn about_an_end(heading: &str) -> bool {
    [ENDS, ABOUT_ENDS].iter().all(|words| words.iter().any(|w| heading.contains(w)))
}

/// The days in columns like `利用開始` on which the entry begins.
pub(super) fn first_days(row: &Row) -> impl Iterator<Item = &Spanned<String>> {
    const STARTS: &[&str] = &["開始", "適用", "施行", "稼働", "開通"];
    let of = |c: &&UnreadCell| {
        let heading = narrow(&c.heading);
        let rest = ["利用", "使用", "通信", "運用", "接続"].iter().find_map(|w| heading.strip_prefix(w));
        let begins = STARTS.iter().any(|w| rest.unwrap_or(&heading).starts_with(w));
        begins && !about_an_end(&heading) && date::parse(&c.text.value).is_some()
    };
    row.unread.iter().filter(of).map(|c| &c.text)
}

/// The days in such columns on which the entry ends.
pub(super) fn last_days(row: &Row) -> impl Iterator<Item = &Spanned<String>> {
    let of = |c: &&UnreadCell| ends(&narrow(&c.heading)) && date::parse(&c.text.value).is_some();
    row.unread.iter().filter(of).map(|c| &c.text)
}
