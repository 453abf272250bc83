//! What stands beside the rows and columns that are read: headings between rows, notes, and cells under other headings.

use super::super::grammar::{Special, out_of_force, special};
use super::super::{Shape, TableKind, UnreadCell, folded};
use super::Reader;
use crate::source::{Span, Spanned, narrow};

/// What may speak of rows, of machines or of what passes: people are to write it into the rows.
fn speaks(text: &str, strict: bool) -> bool {
    const ROWS: &[&str] = &[
        "廃止",
        "停止",
        "終了",
        "取消",
        "削除",
        "撤去",
        "失効",
        "満了",
        "無効",
        "有効",
        "未",
        "申請",
        "検討",
        "審査",
        "協議",
        "保留",
        "案",
        "旧",
        "以下",
        "別紙",
        "別表",
        "続く",
        "相手方",
        "版",
        "試験",
        "テスト",
    ];
    const MACHINES: &[&str] = &[
        "接続",
        "共用",
        "兼用",
        "nic",
        "ハブ",
        "ブリッジ",
        "他に",
        "あり",
        "含む",
        "にも",
        "枚",
        "ルータ",
        "スイッチ",
    ];
    // What a note in the place of a configuration says of packets.
    const PASS: &[&str] = &[
        "許可",
        "開放",
        "開け",
        "通過",
        "通す",
        "通信",
        "any",
        "例外",
        "除く",
        "除き",
        "追加",
        "可",
        "入れる",
        "→",
        "から",
    ];
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    has(ROWS) || has(MACHINES) || strict && has(PASS) || text.split(apart).any(is_address)
}

/// The name of what follows: short, and nothing else.
fn is_title(text: &str, strict: bool) -> bool {
    // The name of a zone speaks of no connection.
    let plain = text.trim_matches(|c: char| !c.is_alphanumeric()).replace("接続系", "系");
    plain.chars().count() <= 20 && !plain.contains(['は', 'を', 'が', '。', '、']) && !speaks(&plain, strict)
}

/// A note about the sheet itself: how it is written, kept and read; or of what is planned.
fn is_harmless(text: &str, strict: bool) -> bool {
    const SHEET: &[&str] = &[
        "記入",
        "記載しない",
        "様式",
        "凡例",
        "和暦",
        "西暦",
        "作成",
        "現在",
        "問合せ",
        "問い合わせ",
        "保存",
        "更新日",
        "単位",
        "略称",
        "予備",
    ];
    // `停止中、R9.4再開予定` says how it is until then.
    let planned = text.ends_with("予定") && !text.contains(['済', '中', '未', '、', '。', ',']);
    planned || SHEET.iter().any(|w| text.contains(w)) && !speaks(text, strict)
}

/// What parts the words of a note, addresses left whole.
fn apart(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || c == '.' || c == ':')
}

fn is_address(word: &str) -> bool {
    word.trim_matches(['.', ':']).parse::<std::net::IpAddr>().is_ok()
}

impl Reader<'_> {
    /// Whether a row is a heading between rows, or a note below them: its only cell says so, or is in no column that tells
    /// rows apart; or it counts the others.
    pub(super) fn heads(&self, row: u32) -> bool {
        const SUMS: &[&str] = &["合計", "計", "小計", "総計"];
        let grid = &self.sheet.grid;
        let cells: Vec<(u32, String)> = grid.rows.get(&row).map_or_else(Vec::new, |r| {
            let filled = r.cells.iter().filter(|(_, c)| !c.text.trim().is_empty());
            filled.map(|(column, c)| (*column, folded(&c.text))).collect()
        });
        let first = self.fields.iter().find(|f| cells.first().is_some_and(|c| c.0 == f.2));
        match cells.as_slice() {
            [(_, text)] => {
                let between = |a: &str, b: &str| text.starts_with(a) && text.ends_with(b) && text.len() > 2;
                let bracket = between("【", "】") || between("--", "--") || between("==", "==");
                let sign = text.starts_with(['■', '□', '◆', '◇', '▼', '▽', '●', '◎']);
                let last =
                    ["以上", "以下余白", "余白"].contains(&text.as_str()) || SUMS.contains(&text.as_str());
                let note = ["※", "(注", "注)", "注:"].iter().any(|sign| text.starts_with(sign));
                let strict = self.wanted.kind.stands_for_configuration();
                last || (bracket || sign) && is_title(text, strict) || note && is_harmless(text, strict)
            }
            // `合計 5台`: no value of the kind stands beside it.
            [(_, text), (_, count)] => {
                let name = first.is_some_and(|f| matches!(f.0.shape, Shape::Name | Shape::Reference));
                let number = count.trim_end_matches(['台', '件', '行', '個']);
                name && SUMS.contains(&text.as_str()) && number.parse::<u32>().is_ok()
            }
            _ => false,
        }
    }

    /// Cells of a row in columns that are not read, unless their headings say that they are remarks.
    pub(super) fn beside(&self, row: u32) -> Vec<Span> {
        let grid = &self.sheet.grid;
        let header = self.table.header_row;
        // What the program takes for a remark may still take the row back; what somebody called one is one.
        let remark = |column: u32, text: &str| {
            let (top, left) = grid.anchor(header, column);
            let heading = grid.cell(top, left).map(|c| folded(&c.text)).unwrap_or_default();
            let listed = self.wanted.kind.remarks().iter().any(|r| folded(r) == heading);
            (listed && !out_of_force(text)) || self.wanted.remarks.contains(&heading)
        };
        let cells = grid.rows.get(&row).into_iter().flat_map(|r| &r.cells);
        let other = cells.filter(|(column, _)| self.fields.iter().all(|f| f.2 != **column));
        // Merged with a cell that is read, it holds nothing of its own. `-` says that there is nothing.
        let own = other.filter(|(column, cell)| {
            let says = !cell.text.trim().is_empty() && special(&cell.text) != Some(Special::None);
            grid.anchor(row, **column).1 == **column && says
        });
        own.filter(|(column, cell)| !remark(**column, &cell.text))
            .map(|(column, _)| self.span(row, *column))
            .collect()
    }

    /// Cells of a row in columns that are not read, with what they say. Columns that somebody called remarks are none.
    pub(super) fn unread(&self, row: u32) -> Vec<UnreadCell> {
        let kind = self.wanted.kind;
        let asked = [TableKind::Hosts, TableKind::Segments, TableKind::Policies].contains(&kind)
            || kind.lists_flows();
        let grid = &self.sheet.grid;
        let mut out = Vec::new();
        let columns = (1..=grid.last_column()).filter(|c| asked && self.fields.iter().all(|f| f.2 != *c));
        for column in columns {
            let anchor = grid.anchor(row, column);
            // Merged with a cell that is read, it holds nothing of its own.
            let Some(cell) = grid.cell(anchor.0, anchor.1).filter(|_| anchor.1 == column) else { continue };
            let heading = self.heading(column);
            if self.wanted.remarks.contains(&folded(&heading)) {
                continue;
            }
            let mut text = cell.text.as_str();
            let mut above = anchor.0;
            while special(text) == Some(Special::Ditto) && above > self.table.header_row + 1 {
                above -= 1;
                text = grid.cell(above, column).map_or("", |c| c.text.as_str());
            }
            if !matches!(special(text), Some(Special::None | Special::Ditto)) && !text.trim().is_empty() {
                let text = Spanned::new(narrow(text), self.span(anchor.0, anchor.1));
                out.push(UnreadCell { heading, text });
            }
        }
        out
    }

    /// The heading of a column: of the row of headings, or of one of the two above it.
    fn heading(&self, column: u32) -> String {
        let header = self.table.header_row;
        let rows = (header.saturating_sub(2).max(1)..=header).rev();
        let texts = rows.map(|row| {
            let (row, column) = self.sheet.grid.anchor(row, column);
            self.sheet.grid.cell(row, column).map_or(String::new(), |c| narrow(&c.text))
        });
        texts.into_iter().find(|t| !t.is_empty()).unwrap_or_default()
    }
}
