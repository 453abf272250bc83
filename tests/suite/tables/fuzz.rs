//! No bytes make the readers panic, and what is read twice is read alike.

use bunri::network::table::grammar::{addresses, service, special};
use bunri::source::sheet::Workbook;
use proptest::prelude::*;

use super::example;
use super::package::{parts, zip};
use super::{GOOD, HEADINGS, csv, registered};

/// A sheet that uses everything.
const SHEET: &str = r#"<worksheet><sheetFormatPr zeroHeight="0"/><cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1" hidden="1" ht="0"><c r="A1" t="s" s="1"><v>0</v></c><c r="C1" t="inlineStr"><is><r><rPr><strike/></rPr><t>x</t></r><rPh><t>y</t></rPh></is></c></row><row r="7"><c r="B7" s="2"><f>A1</f><v>46112</v></c><c r="D7" t="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B4"/></mergeCells><conditionalFormatting sqref="A1:C9"><cfRule dxfId="0"/></conditionalFormatting></worksheet>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[$-411]ggge&quot;年&quot;"/></numFmts><fonts><font><strike/></font></fonts><cellXfs><xf fontId="0" numFmtId="14"/><xf fontId="0" numFmtId="170"/></cellXfs><dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>"#;
const SHARED: &str = "<sst><si><t>a_x000D_</t></si></sst>";

/// A text with some characters replaced, removed or doubled.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0u8..4, "[<>/&;\"'=A-Za-z0-9:~ 〃]{0,3}");
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, how, new) in edits {
            let at = at.index(chars.len());
            let end = if how == 0 { at } else { (at + usize::from(how)).min(chars.len()) };
            chars.splice(at..end, new.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fuzz_xml(sheet in mutated(SHEET), styles in mutated(STYLES), shared in mutated(SHARED)) {
        let bytes = zip(&parts(&sheet, &styles, &shared));
        if let Ok(mut book) = Workbook::open(&bytes) {
            let _ = book.sheet("S");
        }
    }

    #[test]
    fn fuzz_packages(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>()) {
        let mut bytes = zip(&parts(SHEET, STYLES, SHARED));
        for (at, new) in edits {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        let _ = Workbook::open(&bytes).map(|mut b| b.sheet("S").map(drop));
        bytes.truncate(cut.index(bytes.len()));
        let _ = Workbook::open(&bytes).map(|mut b| b.sheet("S").map(drop));
    }

    #[test]
    fn fuzz_cells(text in "[0-9./,、~-〜 :()a-fA-FTCPUDxny〃別紙全端末]{0,24}") {
        let _ = (special(&text), service(&text));
        if let Ok(list) = addresses(&text) {
            // What was written out is read as itself.
            prop_assert_eq!(addresses(&list.join("、")).unwrap(), list);
        }
        if let Ok(found) = service(&text) {
            let again = service(&[found.protocol.clone(), found.ports.clone().unwrap_or_default()].join("/")).unwrap();
            prop_assert_eq!((again.protocol, again.ports), (found.protocol, found.ports));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A garbled register is refused, or read: it never panics, and never gains an entry.
    #[test]
    fn fuzz_registers(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = csv(&[HEADINGS, GOOD]);
        for (at, new) in edits {
            let at = at.index(bytes.len());
            bytes[at] = new;
        }
        if let Ok((_, register)) = registered("r.csv", bytes) {
            prop_assert!(register.entries.len() <= 2);
        }
    }
}

/// The shipped workbooks, cut anywhere.
#[test]
fn fuzz_cut_workbooks() {
    for bytes in [example::book(), example::register()] {
        for cut in (0..bytes.len()).step_by(97) {
            assert!(Workbook::open(&bytes[..cut]).is_err());
        }
    }
}
