//! What is read of a sheet is what Excel shows, and what it hides.

use bunri::source::sheet::{CellKind, Grid, Strike, Workbook, letters};

use super::package::{BOOK, parts, zip};

const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="&quot;特-&quot;00"/><numFmt numFmtId="171" formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="172" formatCode="000"/><numFmt numFmtId="173" formatCode="0_);[Red]\(0\)"/></numFmts>
<fonts><font><sz val="11"/></font><font><strike/></font><font><strike val="0"/></font></fonts>
<cellStyleXfs><xf fontId="1"/></cellStyleXfs>
<cellXfs><xf fontId="0" numFmtId="0"/><xf fontId="1" numFmtId="0" applyFont="0"/><xf fontId="2" numFmtId="0"/><xf fontId="0" numFmtId="14"/><xf fontId="0" numFmtId="3"/><xf fontId="0" numFmtId="170"/><xf fontId="0" numFmtId="171"/><xf fontId="0" numFmtId="172"/><xf fontId="0" numFmtId="173"/></cellXfs>
<dxfs><dxf><font><b/></font></dxf><dxf><font><strike/></font></dxf></dxfs></styleSheet>"#;
const SHARED: &str = r#"<sst><si><t>基幹</t><rPh sb="0" eb="2"><t>キカン</t></rPh></si><si><r><rPr><strike/></rPr><t>10.0.0.1</t></r><r><t> 10.0.0.2</t></r></si><si><r><rPr><strike/></rPr><t>all</t></r></si><si><t>a_x000D_b &amp; &#x3042;</t></si></sst>"#;

fn grid(inside: &str) -> Grid {
    let sheet = format!("<worksheet>{inside}</worksheet>");
    open(&parts(&sheet, STYLES, SHARED)).unwrap()
}

fn open(parts: &[(&str, Vec<u8>)]) -> Result<Grid, String> {
    let bytes = zip(parts);
    let english = |m: bunri::source::Msg| m.text(bunri::source::Lang::En).to_owned();
    let mut book = Workbook::open(&bytes).map_err(english)?;
    Ok(book.sheet("S").map_err(english)?.unwrap())
}

fn shown(inside: &str) -> (String, CellKind, Strike) {
    let grid = grid(&format!("<sheetData><row r=\"1\">{inside}</row></sheetData>"));
    let cell = grid.cell(1, 1).unwrap();
    (cell.text.clone(), cell.kind, cell.strike)
}

#[test]
fn sheet_numbers_are_what_is_shown() {
    let cases = [
        ("<c r=\"A1\"><v>443</v></c>", "443", CellKind::Number),
        ("<c r=\"A1\"><v>443.0</v></c>", "443", CellKind::Number),
        ("<c r=\"A1\"><v>4.43E2</v></c>", "443", CellKind::Number),
        ("<c r=\"A1\" s=\"3\"><v>46112</v></c>", "2026-03-31", CellKind::Date),
        ("<c r=\"A1\" s=\"3\"><v>61</v></c>", "1900-03-01", CellKind::Date),
        ("<c r=\"A1\" s=\"3\"><v>59</v></c>", "1900-02-28", CellKind::Date),
        ("<c r=\"A1\" s=\"3\"><v>60</v></c>", "60", CellKind::Formatted),
        ("<c r=\"A1\" s=\"6\"><v>46112</v></c>", "2026-03-31", CellKind::Date),
        ("<c r=\"A1\" s=\"4\"><v>8443</v></c>", "8443", CellKind::Grouped),
        ("<c r=\"A1\" s=\"5\"><v>1</v></c>", "1", CellKind::Formatted),
        ("<c r=\"A1\" s=\"7\"><v>5</v></c>", "005", CellKind::Number),
        ("<c r=\"A1\" s=\"8\"><v>5</v></c>", "5", CellKind::Number),
        ("<c r=\"A1\" t=\"b\"><v>1</v></c>", "TRUE", CellKind::Flag),
        ("<c r=\"A1\" t=\"e\"><v>#N/A</v></c>", "#N/A", CellKind::Error),
        ("<c r=\"A1\" t=\"str\"><f>A2</f><v>x</v></c>", "x", CellKind::Text),
        ("<c r=\"A1\"><f>A2</f></c>", "", CellKind::Uncomputed),
        ("<c r=\"A1\" t=\"inlineStr\"><is><t>い</t></is></c>", "い", CellKind::Text),
        ("<c r=\"A1\" t=\"s\"><v>0</v></c>", "基幹", CellKind::Text),
        ("<c r=\"A1\" t=\"s\"><v>3</v></c>", "a\rb & あ", CellKind::Text),
    ];
    for (cell, text, kind) in cases {
        assert_eq!(shown(cell), (text.to_owned(), kind, Strike::None), "{cell}");
    }
}

#[test]
fn sheet_dates_since_1904() {
    let mut all = parts(
        "<worksheet><sheetData><row><c s=\"3\"><v>1</v></c></row></sheetData></worksheet>",
        STYLES,
        SHARED,
    );
    all[2].1 = BOOK.replace("<sheets>", "<workbookPr date1904=\"1\"/><sheets>").into_bytes();
    assert_eq!(open(&all).unwrap().cell(1, 1).unwrap().text, "1904-01-02");
}

#[test]
fn sheet_strikes_come_from_fonts_runs_and_rules() {
    assert_eq!(shown("<c r=\"A1\" s=\"1\"><v>1</v></c>").2, Strike::Whole);
    assert_eq!(shown("<c r=\"A1\" s=\"2\"><v>1</v></c>").2, Strike::None);
    assert_eq!(shown("<c r=\"A1\" t=\"s\"><v>1</v></c>").2, Strike::Part);
    assert_eq!(shown("<c r=\"A1\" t=\"s\"><v>2</v></c>").2, Strike::Whole);
    let rule = |dxf| {
        grid(&format!(
            "<sheetData/><conditionalFormatting sqref=\"A1:B9 D1\"><cfRule dxfId=\"{dxf}\"/></conditionalFormatting>"
        ))
    };
    assert!(rule(0).may_strike.is_empty());
    assert!(rule(1).may_strike.iter().any(|a| a.holds(9, 2)));
    assert!(rule(1).may_strike.iter().any(|a| a.holds(1, 4)));
}

#[test]
fn sheet_rows_are_hidden_in_every_way() {
    let cell = "<c t=\"s\"><v>0</v></c>";
    let hidden = |inside: &str| grid(inside).rows[&1].hidden;
    assert!(hidden(&format!("<sheetData><row r=\"1\" hidden=\"1\">{cell}</row></sheetData>")));
    assert!(hidden(&format!("<sheetData><row r=\"1\" ht=\"0\" customHeight=\"1\">{cell}</row></sheetData>")));
    let zero = "<sheetFormatPr zeroHeight=\"1\"/>";
    assert!(hidden(&format!("{zero}<sheetData><row r=\"1\">{cell}</row></sheetData>")));
    assert!(!hidden(&format!("{zero}<sheetData><row r=\"1\" hidden=\"0\">{cell}</row></sheetData>")));
    let columns = grid("<cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData/>");
    assert!(columns.hides(3) && !columns.hides(4));
    let merged = grid(&format!(
        "<sheetData><row r=\"1\">{cell}</row></sheetData><mergeCells><mergeCell ref=\"A1:B4\"/></mergeCells>"
    ));
    assert_eq!((merged.anchor(4, 2), merged.anchor(5, 2)), ((1, 1), (5, 2)));
}

#[test]
fn sheet_damage_is_refused() {
    let cell = |r: &str| format!("<sheetData><row r=\"1\"><c r=\"{r}\"><v>1</v></c></row></sheetData>");
    let sheets = [
        "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><worksheet/>".to_owned(),
        "<worksheet>&a;</worksheet>".to_owned(),
        "<worksheet><sheetData>".to_owned(),
        format!("<worksheet>{}</worksheet>", cell("B2")),
        format!("<worksheet>{}</worksheet>", cell("ZZZ1")),
        format!("<worksheet>{}</worksheet>", cell("1A")),
        "<worksheet><sheetData><row r=\"2\"/><row r=\"1\"/></sheetData></worksheet>".to_owned(),
        "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>99</v></c></row></sheetData></worksheet>"
            .to_owned(),
        "<worksheet><sheetData/><mergeCells><mergeCell ref=\"B2:A1\"/></mergeCells></worksheet>".to_owned(),
        "<a>".repeat(100),
        format!(
            "<worksheet><mergeCells>{}</mergeCells></worksheet>",
            "<mergeCell ref=\"A1:B1\"/>".repeat(300)
        ),
        format!(
            "<worksheet><mergeCells>{}</mergeCells></worksheet>",
            "<mergeCell ref=\"A1:A1048576\"/>".repeat(2)
        ),
    ];
    for sheet in sheets {
        assert!(open(&parts(&sheet, STYLES, SHARED)).is_err(), "{sheet}");
    }
    let good = parts("<worksheet/>", STYLES, SHARED);
    assert!(open(&good).is_ok());
    let twice: Vec<_> = good.iter().cloned().chain([good[4].clone()]).collect();
    assert!(open(&twice).is_err());
    let bytes = zip(&good);
    for length in [0, 10, bytes.len() / 2, bytes.len() - 3] {
        assert!(Workbook::open(&bytes[..length]).is_err(), "{length}");
    }
}

/// A hundred megabytes of spaces in a hundred kilobytes, whatever the directory says of its size.
#[test]
fn sheet_bombs_are_refused() {
    let good = zip(&parts("<worksheet/>", STYLES, SHARED));
    let bomb = super::package::with_bomb(&parts("<worksheet/>", STYLES, SHARED), 100);
    assert!(Workbook::open(&good).is_ok());
    let why = Workbook::open(&bomb).map(drop).unwrap_err();
    assert!(why.text(bunri::source::Lang::En).contains("too large"), "{why:?}");
}

#[test]
fn sheet_columns_have_letters() {
    let all: Vec<String> = [1, 26, 27, 702, 703].map(letters).into();
    assert_eq!(all, ["A", "Z", "AA", "ZZ", "AAA"]);
}
