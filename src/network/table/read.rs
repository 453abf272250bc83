//! From a sheet to rows of named values.

mod aside;

use std::collections::BTreeMap;

use super::grammar::{Special, special};
use super::headings::Headings;
use super::{Column, Field, Need, Row, STATE, Shape, Standing, Table, TableKind, folded};
use crate::msg;
use crate::network::form::{Listing, listed, suggest, with};
use crate::source::sheet::{Area, Cell, CellKind, Sheet, Strike, letters};
use crate::source::{Code, Diagnostic, Msg, Sources, Span, Spanned, narrow};

/// Mistakes after which a table is given up.
const MISTAKES: usize = 1_000;
/// Most notes of a table.
const NOTES: usize = 20_000;
/// Headings of columns that nobody but their owner may see.
const SECRETS: &[&str] =
    &["パスワード", "暗証", "password", "passwd", "事前共有鍵", "psk", "コミュニティ", "community", "秘密"];

/// Words for the state of a row that is out of use.
pub(super) const RETIRED: &[&str] = &[
    "撤去",
    "撤去済",
    "撤去済み",
    "廃止",
    "廃止済",
    "廃止済み",
    "削除",
    "解約",
    "解約済",
    "終了",
    "未使用",
    "使用停止",
];

/// How the topology wants a sheet read.
pub(super) struct Wanted {
    pub kind: TableKind,
    /// Where the topology says so.
    pub named: Span,
    pub header_row: Option<Spanned<u32>>,
    pub last_row: Option<u32>,
    /// Heading by key.
    pub columns: BTreeMap<String, Spanned<String>>,
    /// One value for every row, by key.
    pub constants: BTreeMap<String, Spanned<String>>,
    /// What words of this table mean.
    pub words: BTreeMap<String, String>,
    /// Headings of columns that say nothing about what passes.
    pub remarks: Vec<String>,
    /// The device it is about.
    pub device: Option<Spanned<String>>,
    /// A register that counts as none until all of it can be read.
    pub provisional: bool,
}

/// Reads a sheet.
///
/// # Errors
/// Every mistake, in the order of the rows.
pub(super) fn read(sources: &mut Sources, sheet: &Sheet, wanted: &Wanted) -> Result<Table, Vec<Diagnostic>> {
    let headings = Headings { sheet, wanted };
    let header = match headings.find() {
        Ok(header) => header,
        Err(missing) => return Err(vec![headings.complaint(sources, missing)]),
    };
    let fields = headings.columns(sources, header)?;
    mask_secrets(sources, sheet, header);
    let columns = |area: &&Area| fields.iter().any(|f| (area.left..=area.right).contains(&f.2));
    let rules = sheet.grid.may_strike.iter().filter(columns).copied().collect();
    let mut reader = Reader {
        sources,
        sheet,
        wanted,
        fields,
        rules,
        errors: Vec::new(),
        above: Above::Nothing,
        unread: false,
        table: Table {
            kind: wanted.kind,
            file: sheet.file,
            named: wanted.named,
            header_row: header,
            columns: Vec::new(),
            constants: wanted.constants.iter().map(|(k, v)| (k.clone(), v.value.clone())).collect(),
            unread: Vec::new(),
            rows: Vec::new(),
            retired: Vec::new(),
            notes: Vec::new(),
            device: wanted.device.clone(),
            troubles: Vec::new(),
            unusable: None,
            provisional: wanted.provisional,
        },
    };
    reader.described();
    if let Some(last) = wanted.last_row {
        let note = msg!("rows below {last} are not read", "{last}行より下は読み取らない");
        reader.note(wanted.named, note);
    }
    let last = wanted.last_row.unwrap_or(u32::MAX).min(sheet.grid.last_row());
    let first = reader.first_row();
    let rows: Vec<u32> = sheet.grid.rows.range(first..).map(|(n, _)| *n).take_while(|n| *n <= last).collect();
    for row in rows {
        reader.row(row);
        if reader.errors.len() >= MISTAKES && !wanted.kind.stands_for_configuration() {
            break;
        }
    }
    if wanted.kind.stands_for_configuration() {
        reader.table.troubles = std::mem::take(&mut reader.errors);
    }
    let notes = &mut reader.table.notes;
    if notes.len() > NOTES {
        notes.truncate(NOTES);
        notes.push((wanted.named, msg!("further notes are left out", "以降の読み取り内容は省略した")));
    }
    if reader.errors.is_empty() { Ok(reader.table) } else { Err(reader.errors) }
}

/// Cells under such headings are never shown.
fn mask_secrets(sources: &mut Sources, sheet: &Sheet, header: u32) {
    let grid = &sheet.grid;
    for column in 1..=grid.last_column() {
        let (row, at) = grid.anchor(header, column);
        let heading = grid.cell(row, at).map(|c| folded(&c.text)).unwrap_or_default();
        if SECRETS.iter().any(|s| heading.contains(s)) {
            let rows: Vec<u32> = grid.rows.range(header + 1..).map(|(n, _)| *n).collect();
            for row in rows.into_iter().filter(|r| grid.cell(*r, column).is_some()) {
                let span = sources.cell_span(sheet.file, row, column);
                sources.mask(span);
            }
        }
    }
}

/// The same where nobody knows which row holds the headings: what stands below such a word, or to its right.
pub(super) fn mask_labelled(sources: &mut Sources, sheet: &Sheet) {
    let grid = &sheet.grid;
    let mut below: Vec<u32> = Vec::new();
    for (row, cells) in &grid.rows {
        let mut right = false;
        for (column, cell) in &cells.cells {
            let text = folded(&cell.text);
            let label = SECRETS.iter().any(|s| text.contains(s));
            if right || below.contains(column) {
                let span = sources.cell_span(sheet.file, *row, *column);
                sources.mask(span);
            }
            right |= label;
            if label {
                // A heading may be merged over several columns.
                below.extend(
                    (*column..=grid.last_column()).filter(|c| grid.anchor(*row, *c) == (*row, *column)),
                );
            }
        }
    }
}

struct Reader<'r> {
    sources: &'r Sources,
    sheet: &'r Sheet,
    wanted: &'r Wanted,
    fields: Vec<(Field, String, u32)>,
    /// Where conditional formats may strike a column through that is read.
    rules: Vec<Area>,
    errors: Vec<Diagnostic>,
    above: Above,
    /// The row being read hangs on one that could not be read.
    unread: bool,
    table: Table,
}

/// The row above, to which `〃` points.
enum Above {
    /// There is none, or it is not in use.
    Nothing,
    /// Its values by key.
    Row(BTreeMap<&'static str, Spanned<String>>),
    /// It could not be read, which is said already: what follows from that is not.
    Unread(BTreeMap<&'static str, Spanned<String>>),
}

impl Above {
    fn value(&self, key: &str) -> Option<&Spanned<String>> {
        match self {
            Above::Nothing => None,
            Above::Row(values) | Above::Unread(values) => values.get(key),
        }
    }
}

/// What the state column says of a row.
enum Use {
    Live,
    Retired(String),
    Unsaid,
}

impl Reader<'_> {
    fn span(&self, row: u32, column: u32) -> Span {
        self.sources.cell_span(self.sheet.file, row, column)
    }

    fn error(&mut self, code: Code, span: Span, message: Msg, help: Msg) {
        self.errors.push(Diagnostic::new(code, span, message).with_help(help));
    }

    /// The columns read, and those that nothing reads.
    fn described(&mut self) {
        let grid = &self.sheet.grid;
        for (field, heading, column) in &self.fields {
            let (key, letters) = (field.key, letters(*column));
            if grid.hides(*column) {
                let span = self.span(self.table.header_row, *column);
                self.table.notes.push((span, msg!("the column is hidden", "列が非表示である")));
            }
            self.table.columns.push(Column { key, heading: heading.clone(), letters });
        }
        if grid.hidden {
            let span = self.sources.line_span(self.sheet.file, self.table.header_row);
            self.table.notes.push((span, msg!("the sheet is hidden", "シートが非表示である")));
        }
        if grid.drawn_on {
            let span = self.sources.line_span(self.sheet.file, self.table.header_row);
            let note = msg!(
                "shapes lie on the sheet and are not read: a line drawn over a row changes nothing",
                "シート上の図形は読み取らない(図形の線で消した行は使用中として扱う)"
            );
            self.table.notes.push((span, note));
        }
        let header = self.table.header_row;
        let others = (1..=grid.last_column()).filter(|c| self.fields.iter().all(|f| f.2 != *c));
        let others = others.filter_map(|c| grid.cell(header, c)).map(|c| narrow(&c.text));
        self.table.unread = others.filter(|h| !h.is_empty()).collect();
    }

    /// Below the headings, and below what is merged with them.
    fn first_row(&self) -> u32 {
        let header = self.table.header_row;
        let grid = &self.sheet.grid;
        let merged = |row: u32| self.fields.iter().any(|f| grid.anchor(row, f.2).0 <= header);
        (header + 1..).find(|row| !merged(*row)).unwrap_or(u32::MAX)
    }

    fn row(&mut self, row: u32) {
        let grid = &self.sheet.grid;
        let own = self.fields.iter().filter_map(|f| grid.cell(row, f.2)).count();
        if own == 0 {
            if let Some((column, _)) = grid.rows.get(&row).and_then(|r| r.cells.first_key_value()) {
                let note = msg!("nothing in this row is read", "この行には読み取る項目がない");
                self.note(self.span(row, *column), note);
            }
            return;
        }
        if self.heads(row) {
            let note = msg!("taken for a heading or a note", "見出し又は注記の行とみなし、読み取らない");
            self.note(self.sources.line_span(self.sheet.file, row), note);
            return;
        }
        let mut standing = Standing::Certain;
        match self.state(row) {
            Ok(Use::Retired(word)) => {
                self.above = Above::Nothing;
                self.table.retired.push((row, word));
                return;
            }
            Ok(said) => {
                if !self.seen(row, &said) {
                    standing = self.doubted(row);
                }
            }
            Err(()) => standing = self.unsure(),
        }
        let lenient = self.wanted.kind.stands_for_configuration();
        if standing != Standing::Certain && !lenient {
            self.above = Above::Unread(BTreeMap::new());
            return;
        }
        let mut cells = grid.rows.get(&row).into_iter().flat_map(|r| &r.cells);
        if let Some((column, _)) = cells.find(|(_, c)| c.strike != Strike::None) {
            let note =
                msg!("struck through, in a column that is not read", "読み取らない列に取り消し線がある");
            self.note(self.span(row, *column), note);
        }
        let before = self.errors.len();
        let mut values = BTreeMap::new();
        let mut unclear = BTreeMap::new();
        for (field, heading, column) in self.fields.clone().into_iter().filter(|f| f.0.key != STATE.key) {
            let sofar = self.errors.len();
            if let Some(value) = self.value(row, column, &field, &heading) {
                values.insert(field.key, value);
            } else if self.errors.len() > sofar || (lenient && std::mem::take(&mut self.unread)) {
                unclear.insert(field.key, self.span(row, column));
            }
        }
        for (key, constant) in &self.wanted.constants {
            let field = self.wanted.kind.fields().iter().find(|f| f.key == *key);
            values.extend(field.map(|f| (f.key, constant.clone())));
        }
        // The columns that matter lie in between others: the place of a row is that of its first one.
        let places = self.fields.iter().map(|f| f.2);
        let span =
            self.span(row, places.clone().min().unwrap_or(1)).to(self.span(row, places.max().unwrap_or(1)));
        let read = self.errors.len() == before && !std::mem::take(&mut self.unread) && unclear.is_empty();
        self.above = if read { Above::Row(values.clone()) } else { Above::Unread(values.clone()) };
        if read || lenient {
            let beside = if lenient { self.beside(row) } else { Vec::new() };
            let unread = self.unread(row);
            self.table.rows.push(Row { number: row, span, values, standing, unclear, beside, unread });
        }
    }

    /// What is left of a row that people may not see as one that counts: all of it or nothing, if all its cells are
    /// struck through alike or nobody sees any of them.
    fn doubted(&self, row: u32) -> Standing {
        let Some(last) = self.errors.last() else { return Standing::Certain };
        let (span, what) = (last.primary, last.message.clone());
        let grid = &self.sheet.grid;
        let cells = self.fields.iter().filter_map(|f| {
            let anchor = grid.anchor(row, f.2);
            Some((f.2, grid.cell(anchor.0, anchor.1)?))
        });
        let cells: Vec<(u32, &Cell)> = cells.collect();
        let alike = match last.code {
            Code::HiddenRow => true,
            _ if cells.iter().any(|c| c.1.strike != Strike::None) => {
                cells.iter().all(|c| c.1.strike == Strike::Whole)
            }
            _ => cells.iter().all(|(column, _)| self.rules.iter().any(|a| a.holds(row, *column))),
        };
        if alike { Standing::Doubtful(span, what) } else { Standing::Unread(span, what) }
    }

    /// A row whose state is no known word.
    fn unsure(&self) -> Standing {
        let last = self.errors.last();
        last.map_or(Standing::Certain, |d| Standing::Doubtful(d.primary, d.message.clone()))
    }

    fn state(&mut self, row: u32) -> Result<Use, ()> {
        const LIVE: &[&str] = &[
            "稼働",
            "稼働中",
            "使用",
            "使用中",
            "利用中",
            "運用",
            "運用中",
            "現用",
            "有効",
            "継続",
            "継続中",
            "更新手続中",
        ];
        let Some((_, _, column)) = self.fields.iter().find(|f| f.0.key == STATE.key) else {
            return Ok(Use::Unsaid);
        };
        let column = *column;
        let anchor = self.sheet.grid.anchor(row, column);
        let Some(cell) = self.sheet.grid.cell(anchor.0, anchor.1) else { return Ok(Use::Unsaid) };
        let word = folded(&cell.text);
        let word = self.wanted.words.get(&word).map_or(word, |w| folded(w));
        // A word that is itself struck out says the opposite of what it says.
        let sure = cell.strike == Strike::None || RETIRED.contains(&word.as_str());
        if RETIRED.contains(&word.as_str()) {
            return Ok(Use::Retired(cell.text.trim().to_owned()));
        }
        if LIVE.contains(&word.as_str()) && sure {
            return Ok(Use::Live);
        }
        if special(&cell.text) == Some(Special::None) {
            return Ok(Use::Unsaid);
        }
        let text = cell.text.clone();
        let message = msg!("`{text}` is no known state of a row", "「{text}」は状態として解釈できない");
        let help = msg!(
            "write 稼働 or 撤去, or tell what the word means: `words = {{ \"{text}\" = \"稼働\" }}`",
            "「稼働」又は「撤去」と記入するか、語の意味を `words = {{ \"{text}\" = \"稼働\" }}` のように記載する"
        );
        self.error(Code::UnclearCell, self.span(row, column), message, help);
        Err(())
    }

    /// Whether people who look at the sheet see this row as one that counts. If they cannot tell, it is an error.
    fn seen(&mut self, row: u32, said: &Use) -> bool {
        let grid = &self.sheet.grid;
        let name = if grid.name.is_empty() { "CSV" } else { grid.name.as_str() };
        let anchors: Vec<(u32, (u32, u32))> =
            self.fields.iter().map(|f| (f.2, grid.anchor(row, f.2))).collect();
        let struck =
            anchors.iter().find(|(_, (r, c))| grid.cell(*r, *c).is_some_and(|c| c.strike != Strike::None));
        if let Some((column, _)) = struck {
            let message = msg!(
                "a row is struck through (sheet `{name}`, row {row})",
                "取り消し線の行がある(シート「{name}」、{row}行)"
            );
            let help = msg!(
                "if it is removed, write 撤去 into the column 状態; if it is in use, take the line away",
                "撤去済みの場合は状態列に「撤去」と記入する。使用中の場合は取り消し線を解除する"
            );
            self.error(Code::StruckRow, self.span(row, *column), message, help);
            return false;
        }
        if matches!(said, Use::Live) {
            if grid.rows.get(&row).is_some_and(|r| r.hidden) {
                let note = msg!(
                    "the row is hidden, and in use as it says",
                    "非表示の行であるが、状態列により使用中として扱う"
                );
                self.table.notes.push((self.sources.line_span(self.sheet.file, row), note));
            }
            return true;
        }
        let mut read = self.fields.iter().map(|f| f.2);
        let rule = self.rules.iter().find(|a| (a.top..=a.bottom).contains(&row));
        if let Some(column) = rule.and_then(|a| read.find(|c| a.holds(row, *c))) {
            let message = msg!(
                "a conditional format may strike this row through (sheet `{name}`, row {row}): its condition is not read",
                "条件付き書式により取り消し線となり得る行がある(シート「{name}」、{row}行)。条件は読み取れない"
            );
            let help =
                msg!("write 稼働 or 撤去 into the column 状態", "状態列に「稼働」又は「撤去」と記入する");
            self.error(Code::StruckRow, self.span(row, column), message, help);
            return false;
        }
        if grid.rows.get(&row).is_some_and(|r| r.hidden) {
            let message = msg!(
                "a row is hidden (sheet `{name}`, row {row})",
                "非表示の行がある(シート「{name}」、{row}行)"
            );
            let help = msg!(
                "if it is in use, show it; if it is removed, write 撤去 into the column 状態",
                "使用中の場合は再表示する。撤去済みの場合は状態列に「撤去」と記入する"
            );
            let column = anchors.first().map_or(1, |a| a.0);
            self.error(Code::HiddenRow, self.span(row, column), message, help);
            return false;
        }
        true
    }

    fn value(&mut self, row: u32, column: u32, field: &Field, heading: &str) -> Option<Spanned<String>> {
        let anchor = self.sheet.grid.anchor(row, column);
        let span = self.span(row, column);
        let Some(cell) = self.sheet.grid.cell(anchor.0, anchor.1).cloned() else {
            // Somebody said what an empty cell means: that there is none.
            let none = self.wanted.words.get("").is_some_and(|w| special(w) == Some(Special::None));
            if none && field.need == Need::Said {
                self.note(span, msg!("the empty cell was taken for none", "空欄を「なし」と読み替えた"));
                return None;
            }
            if !matches!(field.need, Need::Free | Need::Kept) {
                let message = msg!("the cell `{heading}` is empty", "「{heading}」が空欄である");
                let help = match field.need {
                    Need::Said => {
                        msg!("write the value, or `-` for none", "値を記入する。ない場合は「-」と記入する")
                    }
                    _ => msg!("write the value", "値を記入する"),
                };
                self.error(Code::UnclearCell, span, message, help);
            }
            return None;
        };
        let at = self.span(anchor.0, anchor.1);
        self.sound(&cell, field, at)?;
        if anchor != (row, column) {
            let text = narrow(&cell.text);
            self.note(span, msg!("`{text}` from merged cells", "結合セルの値「{text}」を適用した"));
        }
        // A line break inside a cell parts words like a space.
        let text = narrow(&cell.text).split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(meant) = self.wanted.words.get(&folded(&text)) {
            self.note(at, msg!("`{text}` was taken for `{meant}`", "「{text}」を「{meant}」と読み替えた"));
            return Some(Spanned::new(meant.clone(), at));
        }
        self.resolved(text, at, field, heading)
    }

    fn note(&mut self, span: Span, note: Msg) {
        self.table.notes.push((span, note));
    }

    /// Whether the cell's text is what people see.
    fn sound(&mut self, cell: &Cell, field: &Field, span: Span) -> Option<()> {
        let text = cell.text.trim();
        let strict =
            matches!(field.shape, Shape::Addresses | Shape::Service | Shape::Name | Shape::Reference);
        let retype = || {
            msg!(
                "give the cell the format 文字列 and type the value again",
                "セルの表示形式を「文字列」とし、値を入力し直す"
            )
        };
        let wrong = match cell.kind {
            CellKind::Uncomputed => Some(msg!(
                "the cell holds a formula without a stored result",
                "数式のセルであり、計算結果が保存されていない"
            )),
            CellKind::Error => {
                Some(msg!("the cell holds the error value `{text}`", "セルの値がエラー値「{text}」である"))
            }
            CellKind::Formatted if field.shape != Shape::Text => Some(msg!(
                "the cell holds the number {text}, which its format shows differently",
                "セルの値は数値 {text} であるが、表示形式により異なる表示となっている"
            )),
            CellKind::Grouped if strict => Some(msg!(
                "the cell holds the number {text} with thousands separators: two numbers may have been meant",
                "セルの値は桁区切りの数値 {text} である。2つの番号を入力した可能性がある"
            )),
            CellKind::Date if strict => Some(msg!(
                "Excel made the date {text} of what was typed here",
                "入力した値をExcelが日付({text})に変換している"
            )),
            CellKind::Flag if strict => Some(msg!("the cell holds `{text}`", "セルの値が「{text}」である")),
            _ => None,
        };
        if let Some(message) = wrong {
            self.error(Code::UnclearCell, span, message, retype());
            return None;
        }
        if cell.formula {
            self.note(
                span,
                msg!(
                    "the stored result `{text}` of a formula was read",
                    "数式の計算結果「{text}」を読み取った"
                ),
            );
        }
        if cell.kind == CellKind::Date {
            self.note(span, msg!("a date of Excel, {text}", "Excelの日付を {text} と読み取った"));
        }
        Some(())
    }

    /// Words that are no values: said to be none, as above, elsewhere.
    fn resolved(
        &mut self,
        text: String,
        span: Span,
        field: &Field,
        heading: &str,
    ) -> Option<Spanned<String>> {
        match special(&text) {
            Some(Special::Ditto) => return self.ditto(&text, span, field, heading),
            // In these columns it is for the reader of the row to say whether `-` or `なし` can stand.
            Some(Special::None)
                if field.need == Need::Filled && matches!(field.shape, Shape::Name | Shape::Date) =>
            {
                let message = msg!(
                    "`{text}` stands where `{heading}` must be",
                    "「{heading}」が「{text}」となっている"
                );
                self.error(Code::UnclearCell, span, message, msg!("write the value", "値を記入する"));
                return None;
            }
            Some(Special::None) if matches!(field.need, Need::Filled | Need::Kept) => {}
            Some(Special::None) if !matches!(field.shape, Shape::Text) => return None,
            Some(Special::None) if field.need == Need::Free => return None,
            Some(Special::Elsewhere) if field.shape != Shape::Text => {
                let message = msg!("`{text}` points to another document", "「{text}」とあり、値の記載がない");
                let help = msg!(
                    "write the value itself; one row for each if there are several",
                    "値そのものを記入する。複数ある場合は行を分ける"
                );
                self.error(Code::UnclearCell, span, message, help);
                return None;
            }
            Some(Special::Everyone) if matches!(field.shape, Shape::Addresses | Shape::Reference) => {
                let message = msg!("`{text}` names no machines", "「{text}」では対象の機器を特定できない");
                let help = msg!(
                    "write the segment or its prefix, or tell what is meant: `words = {{ \"{text}\" = \"…\" }}`",
                    "セグメント又はネットワークアドレスを記入するか、`words = {{ \"{text}\" = \"…\" }}` のように記載する"
                );
                self.error(Code::UnclearCell, span, message, help);
                return None;
            }
            _ => {}
        }
        Some(Spanned::new(text, span))
    }

    fn ditto(&mut self, text: &str, span: Span, field: &Field, heading: &str) -> Option<Spanned<String>> {
        let above = self.above.value(field.key).cloned();
        if above.is_none() && matches!(self.above, Above::Unread(_)) {
            // The table is refused for the row above; but this row does not count either.
            self.unread = true;
            return None;
        }
        match above.filter(|_| field.shape != Shape::Name) {
            Some(value) => {
                let meant = &value.value;
                let place = self.sources.cell(value.span).unwrap_or_default();
                self.note(
                    span,
                    msg!(
                        "`{text}` was read as `{meant}` ({place})",
                        "「{text}」を「{meant}」({place})と読み取った"
                    ),
                );
                Some(Spanned::new(value.value, span))
            }
            None => {
                let message = msg!(
                    "`{text}` under `{heading}` has nothing above it that it could repeat",
                    "「{heading}」の「{text}」が指す値が上の行にない"
                );
                let help = msg!("write the value itself", "値そのものを記入する");
                self.error(Code::UnclearCell, span, message, help);
                None
            }
        }
    }
}

/// Keys that a kind does not have.
pub(super) fn unknown_key(kind: TableKind, key: &str, span: Span) -> Option<Diagnostic> {
    let keys = || kind.fields().iter().map(|f| f.key);
    if keys().any(|k| k == key) {
        return None;
    }
    let word = kind.word();
    let message = msg!(
        "a table of kind `{word}` has no column `{key}`",
        "種類「{word}」の表に「{key}」という項目はない"
    );
    let help = suggest(key, keys(), Listing::Always).or_else(|| {
        let (en, ja) = listed(keys());
        Some(msg!("write one of {en}", "{ja}のいずれかを記載する"))
    });
    Some(with(Diagnostic::new(Code::UnknownKey, span, message), help))
}
