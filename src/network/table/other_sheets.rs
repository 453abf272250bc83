//! Sheets of a workbook of which other sheets are read: a list that nobody named is not passed over.

use super::guess::lists;
use super::load::Loader;
use super::{Field, TableKind};
use crate::msg;
use crate::network::form::{At, listed};
use crate::network::topology::Topology;
use crate::source::sheet::{CellKind, Sheet, Strike, Workbook};
use crate::source::{Code, Diagnostic, Msg, SitePath, Span, narrow};

/// Least cells of a row that make it one of a list.
const CELLS: usize = 2;

/// A sheet that nothing reads although another one of its workbook is read, and that lists something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSheet {
    /// The first row that says so; the name of the workbook where the sheet cannot be read.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// What there is to be said of it.
    pub what: Msg,
}

/// Looks at every sheet of the workbooks that were opened, and gives those that say something and that nobody read or
/// set aside, with what is to be told of all of them.
///
/// # Errors
/// `[[unused_sheet]]` that names no sheet, or one that is read.
pub(super) fn others(
    loader: &mut Loader<'_>,
    topology: &Topology,
) -> Result<(Vec<OtherSheet>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (mut found, mut notes, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let books: Vec<SitePath> =
        loader.opened.iter().filter(|b| b.1.1.is_some()).map(|b| b.0.clone()).collect();
    errors.extend(strays(loader, topology, &books));
    for path in books {
        let Some((id, Some(bytes))) = loader.opened.get(&path).cloned() else { continue };
        let named = Span { file: id, start: 0, end: 0 };
        let Ok(mut book) = Workbook::open(&bytes) else { continue };
        let names: Vec<String> = book.names().map(str::to_owned).collect();
        for name in names {
            let set_aside = topology.unused_sheet.iter().find(|u| is(&u.file, &u.sheet, &path, &name));
            let read = loader.read_sheet(id, &name);
            if let Some(unused) = set_aside.filter(|u| !u.reason.trim().is_empty()) {
                let span = unused.sheet.span(loader.file);
                if read {
                    let message = msg!(
                        "sheet `{name}` is read by a table and set aside",
                        "シート「{name}」は表として読み込まれており、使用しないとする記載と矛盾する"
                    );
                    let help = msg!("remove one of the two entries", "いずれか一方の記載を削除する");
                    errors.push(Diagnostic::new(Code::InvalidValue, span, message).with_help(help));
                    continue;
                }
                let reason = &unused.reason;
                let note = msg!(
                    "sheet `{name}` of `{path}` is not used: {reason}",
                    "「{path}」のシート「{name}」は使用しない({reason})"
                );
                notes.push(Diagnostic::new(Code::Remark, span, note));
                continue;
            }
            if read {
                continue;
            }
            let sheet = match book.sheet(&name) {
                Ok(Some(grid)) => Some(Sheet { file: id, grid }),
                Ok(None) => continue,
                Err(_) => None,
            };
            let (span, what) = match sheet {
                None => (named, unreadable(&name)),
                Some(sheet) => {
                    let Some((row, what)) = says(&sheet, named) else { continue };
                    let kept = loader.sources.add_sheet(id, sheet.grid, loader.limits);
                    if let Ok(sheet) = &kept {
                        super::read::mask_labelled(loader.sources, sheet);
                    }
                    (kept.map_or(named, |s| loader.sources.line_span(s.file, row)), what)
                }
            };
            let help = msg!(
                "read it by a `[[table]]`, or set it aside with a reason: `[[unused_sheet]]`, `file = \"{path}\"`, `sheet = \"{name}\"`, `reason = \"…\"`",
                "`[[table]]` により読み込むか、理由を付して `[[unused_sheet]]`、`file = \"{path}\"`、`sheet = \"{name}\"`、`reason = \"…\"` と記載する"
            );
            notes.push(Diagnostic::new(Code::UnassignedFile, span, what.clone()).with_help(help));
            found.push(OtherSheet { span, name, what });
        }
    }
    if errors.is_empty() { Ok((found, notes)) } else { Err(errors) }
}

fn is(file: &At<String>, sheet: &At<String>, path: &SitePath, name: &str) -> bool {
    SitePath::new(&file.value).is_ok_and(|f| f == *path) && narrow(&sheet.value) == narrow(name)
}

/// Entries that name no sheet of a workbook that is read.
fn strays(loader: &Loader<'_>, topology: &Topology, books: &[SitePath]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for unused in &topology.unused_sheet {
        let (file, name) = (&unused.file.value, &unused.sheet.value);
        let path = SitePath::new(file).ok().filter(|p| books.contains(p));
        let bytes = path.and_then(|p| loader.opened.get(&p)).and_then(|o| o.1.as_ref());
        let Some(book) = bytes.and_then(|b| Workbook::open(b).ok()) else {
            let message =
                msg!("no table is read from the workbook `{file}`", "ブック「{file}」から読み込む表がない");
            let help = msg!(
                "a workbook that is not used at all is set aside by `[[unused_file]]`",
                "ブック全体を使用しない場合は `[[unused_file]]` に記載する"
            );
            let span = unused.file.span(loader.file);
            out.push(Diagnostic::new(Code::UnknownId, span, message).with_help(help));
            continue;
        };
        if !book.names().any(|n| narrow(n) == narrow(name)) {
            let (en, ja) = listed(book.names());
            let message = msg!("`{file}` has no sheet `{name}`", "「{file}」にシート「{name}」がない");
            let help = msg!("write one of {en}", "{ja}のいずれかを記載する");
            let span = unused.sheet.span(loader.file);
            out.push(Diagnostic::new(Code::UnknownId, span, message).with_help(help));
        }
    }
    out
}

fn unreadable(name: &str) -> Msg {
    msg!(
        "sheet `{name}`, of whose workbook other sheets are read, cannot be read",
        "同じブックのシート「{name}」を読み取れない"
    )
}

/// What a sheet lists: rows under headings of a kind, or addresses that stand alone in a cell. Covers, legends and
/// histories of changes list neither.
fn says(sheet: &Sheet, named: Span) -> Option<(u32, Msg)> {
    let name = &sheet.grid.name;
    let called = |words: &[&str]| words.iter().any(|w| narrow(name).contains(w));
    // An example is of nobody's machines.
    if called(&["記入例", "記載例", "入力例", "見本", "サンプル"]) {
        return None;
    }
    if let Some((kind, header)) = lists(sheet, named)
        && let Some(row) = rows(sheet, kind, header).next()
    {
        let title = kind.title();
        let what = msg!(
            "sheet `{name}` seems to be a table ({title}), and nothing reads it",
            "シート「{name}」({title}とみられる)が読み込まれていない"
        );
        return Some((row, what));
    }
    if called(&["履歴", "凡例", "記入ルール", "付番ルール", "命名ルール", "記入説明", "目次", "表紙"])
    {
        return None;
    }
    let alone = sheet.grid.rows.iter().find(|(_, row)| {
        let cells = row.cells.values().filter(|c| !c.text.trim().is_empty() && c.kind != CellKind::Date);
        row.cells.len() >= CELLS && cells.into_iter().any(|c| is_address(&c.text))
    });
    alone.map(|(row, _)| {
        let what = msg!(
            "sheet `{name}` lists addresses, and nothing reads it",
            "アドレスの記載があるシート「{name}」が読み込まれていない"
        );
        (*row, what)
    })
}

/// Rows under the headings that fill several columns of the kind, and that are not said to be out of use.
fn rows(sheet: &Sheet, kind: TableKind, header: u32) -> impl Iterator<Item = u32> {
    let grid = &sheet.grid;
    let heading = |column: u32| {
        let (row, column) = grid.anchor(header, column);
        grid.cell(row, column).map(|c| super::folded(&c.text)).unwrap_or_default()
    };
    let has = |f: &Field, text: &str| f.headings.iter().any(|h| super::folded(h) == text);
    let of = |column: u32| kind.fields().iter().find(|f| has(f, &heading(column))).map(|f| f.key);
    let columns: Vec<(u32, &str)> =
        (1..=grid.last_column()).filter_map(|c| of(c).map(|key| (c, key))).collect();
    grid.rows.range(header.saturating_add(1)..).map(|(row, _)| *row).filter(move |row| {
        let text = |column: u32| grid.cell(*row, column).filter(|c| !c.text.trim().is_empty());
        let filled = columns.iter().filter_map(|(column, key)| Some((*key, text(*column)?)));
        let filled: Vec<_> = filled.collect();
        let retired = filled.iter().any(|(key, cell)| {
            *key == super::STATE.key
                && cell.strike == Strike::None
                && super::read::RETIRED.contains(&super::folded(&cell.text).as_str())
        });
        filled.len() >= CELLS && !retired
    })
}

/// Whether a cell holds an address or a network that towns use inside, and nothing else: `7.2.8.1` may be a version.
fn is_address(text: &str) -> bool {
    let text = narrow(text);
    let text = text.trim();
    let written = text.split('.').count() == 4 || text.contains("::");
    let network = text.parse::<ipnetwork::IpNetwork>();
    let inside = |n: ipnetwork::IpNetwork| match n.ip() {
        std::net::IpAddr::V4(a) => a.is_private() || a.octets()[0] == 100 && a.octets()[1] & 0xC0 == 64,
        std::net::IpAddr::V6(a) => !a.is_unspecified() && !a.is_loopback(),
    };
    written && network.is_ok_and(inside)
}
