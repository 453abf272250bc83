//! Packages written by hand: XML that no well-behaved writer writes.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, FlushCompress};

/// A ZIP package of these parts.
pub fn zip(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    packed(&parts.iter().map(|(name, body)| (*name, deflated(body), body.as_slice())).collect::<Vec<_>>())
}

/// The same, with the last part blown up to so many megabytes of spaces.
pub fn with_bomb(parts: &[(&str, Vec<u8>)], megabytes: usize) -> Vec<u8> {
    let mut stream = Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(1 << 20);
    stream.compress_vec(&vec![b' '; 1 << 20], &mut block, FlushCompress::Sync).unwrap();
    // A flushed block refers to nothing before it, so it can stand any number of times; then an empty last one.
    let bomb = [block.repeat(megabytes), vec![3, 0]].concat();
    let claimed = vec![b' '; 10];
    let (last, others) = parts.split_last().unwrap();
    let plain = others.iter().map(|(name, body)| (*name, deflated(body), body.as_slice()));
    packed(&plain.chain([(last.0, bomb, claimed.as_slice())]).collect::<Vec<_>>())
}

fn deflated(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Parts by name, deflated, and as they claim to be.
fn packed(parts: &[(&str, Vec<u8>, &[u8])]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut directory: Vec<u8> = Vec::new();
    for (name, packed, body) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(body);
        let at = out.len() as u32;
        let mut common: Vec<u8> = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for number in [crc.sum(), packed.len() as u32, body.len() as u32] {
            common.extend(number.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 12]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, start) = (parts.len() as u16, out.len() as u32);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

pub const RELS: &str = r#"<Relationships xmlns="r"><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
pub const BOOK_RELS: &str = r#"<Relationships xmlns="r"><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/styles" Target="/xl/styles.xml"/><Relationship Id="rId3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
pub const BOOK: &str =
    r#"<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// The parts of a workbook with one sheet.
pub fn parts(sheet: &str, styles: &str, shared: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("_rels/.rels", RELS.into()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.into()),
        ("xl/workbook.xml", BOOK.into()),
        ("xl/worksheets/sheet1.xml", sheet.into()),
        ("xl/styles.xml", styles.into()),
        ("xl/sharedStrings.xml", shared.into()),
    ]
}
