//! Tables as a source: sheets and CSV files, their cells, what is refused and what is noted.

mod broken;
pub mod example;
mod formats;
mod fuzz;
mod grammar;
mod headings;
mod hostile;
mod listed;
mod other_sheets;
mod own_rows;
pub(crate) mod package;
pub mod policies;
mod same;
mod second;
mod unread;

use std::collections::BTreeMap;

use bunri::intent::register::{self, Register};
use bunri::network::{BuildError, Site, build};
use bunri::report::{Colour, diagnostics};
use bunri::source::{Diagnostic, Lang, Limits, Sources};
use rust_xlsxwriter::{Workbook, Worksheet};

use crate::sites::Folder;

/// Two zones, a segment each, an external network, two hosts.
const TOWN: &str = r#"
schema_version = 1
name = "T"
[[zone]]
id = "M"
name = "基幹系"
role = "individual-number"
[[zone]]
id = "L"
name = "内部情報系"
role = "lgwan"
[[segment]]
id = "m"
name = "基幹系サーバ"
zone = "M"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
[[external]]
id = "out"
name = "LGWAN"
zone = "L"
leads_to = []
[[host]]
id = "SV-1"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
[[host]]
id = "SV-2"
interfaces = [{ segment = "l", addresses = ["10.2.0.22"] }]
[[declaration]]
id = "申-01"
text = "t"
document = "d"
by = "b"
date = "2026-01-01"
"#;

/// Headings of a register without groups.
const HEADINGS: &[&str] = &[
    "台帳No.",
    "業務名",
    "区分",
    "開始側",
    "相手方",
    "プロトコル/ポート",
    "粒度",
    "主管課",
    "承認者",
    "承認日",
    "有効期限",
    "状態",
];
/// A good row.
const GOOD: &[&str] = &[
    "特-01",
    "情報連携",
    "特定通信",
    "SV-1",
    "SV-2",
    "TCP/443",
    "機器単位",
    "住民課",
    "推進会議",
    "R7.3.24",
    "R8.3.31",
    "",
];

/// A workbook of one sheet.
fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet().set_name("台帳").unwrap());
    book.save_to_buffer().unwrap()
}

fn put(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in (0u16..).zip(cells).filter(|(_, t)| !t.is_empty()) {
        sheet.write_string(row - 1, column, *text).unwrap();
    }
}

/// The good row with some cells changed: heading and text.
fn with(changes: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut row = GOOD.to_vec();
    for (heading, text) in changes {
        row[HEADINGS.iter().position(|h| h == heading).unwrap()] = text;
    }
    row
}

fn csv(rows: &[&[&str]]) -> Vec<u8> {
    let line = |row: &&[&str]| {
        row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\r\n").into_bytes()
}

/// What came of a site: its register, or what is wrong, each as code, cell, Japanese message and the rendered text.
type Outcome = Result<(Site, Register), Vec<Wrong>>;

#[derive(Debug)]
struct Wrong {
    code: &'static str,
    cell: String,
    message: String,
    help: String,
    shown: String,
}

fn wrong(sources: &Sources, list: &[Diagnostic]) -> Vec<Wrong> {
    let one = |d: &Diagnostic| Wrong {
        code: d.code.slug(),
        cell: sources.cell(d.primary).unwrap_or_default(),
        message: d.message.text(Lang::Ja).to_owned(),
        help: d.help.as_ref().map_or_else(String::new, |h| h.text(Lang::Ja).to_owned()),
        shown: diagnostics(sources, std::slice::from_ref(d), 1, Lang::Ja, Colour::Off),
    };
    list.iter().map(one).collect()
}

/// The site of `TOWN`, further topology text and files.
fn town(more: &str, files: &[(&str, Vec<u8>)]) -> Outcome {
    whole(&format!("{TOWN}{more}"), files)
}

/// The site of a topology and files.
fn whole(topology: &str, files: &[(&str, Vec<u8>)]) -> Outcome {
    let mut all: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(p, b)| ((*p).to_owned(), b.clone())).collect();
    all.insert("topology.toml".to_owned(), topology.as_bytes().to_vec());
    let site = match build(&Folder(all), &[], &Limits::default()) {
        Ok(site) => site,
        Err(BuildError::NoTopology(why)) => panic!("{}", why.text(Lang::En)),
        Err(BuildError::Malformed { sources, diagnostics }) => return Err(wrong(&sources, &diagnostics)),
    };
    match register::read(&site) {
        Ok(found) => Ok((site, found.unwrap_or_default())),
        Err(list) => Err(wrong(&site.sources, &list)),
    }
}

/// A site whose register is this workbook or CSV file.
fn registered(file: &str, bytes: Vec<u8>) -> Outcome {
    town(&format!("[[table]]\nkind = \"register\"\nfile = \"{file}\"\n"), &[(file, bytes)])
}

/// A site whose register has these rows below its headings.
fn rows(rows: &[&[&str]]) -> Outcome {
    registered(
        "r.xlsx",
        workbook(|sheet| {
            put(sheet, 1, HEADINGS);
            (2u32..).zip(rows).for_each(|(n, row)| put(sheet, n, row));
        }),
    )
}

/// The only mistake.
fn mistake(outcome: Outcome) -> Wrong {
    let mut all = outcome.map(|(_, r)| r).expect_err("a mistake must be found");
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// What was resolved, by cell.
fn notes(site: &Site) -> Vec<(String, String)> {
    let all = site.records.tables.iter().flat_map(|t| t.notes.iter().cloned().chain(register::notes(t)));
    all.map(|(span, note)| (site.sources.cell(span).unwrap_or_default(), note.text(Lang::Ja).to_owned()))
        .collect()
}
