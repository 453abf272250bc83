//! Bytes to text, and text to what a person may see.

use bunri::source::{Decoded, Encoding, FileId, Limits, Position, SitePath, Sources, Span, decode};
use encoding_rs::{EUC_JP, SHIFT_JIS};

#[test]
fn cp932_euc_and_broken_utf8_are_told_apart() {
    let text = "set comments \"申請No.R5-012 ｺﾝﾋﾞﾆ交付\"\r\n";
    let (sjis, _, _) = SHIFT_JIS.encode(text);
    assert_eq!(decode(&sjis), Decoded { text: text.into(), encoding: Encoding::Cp932, lossy: false });
    let (euc, _, _) = EUC_JP.encode("説明 基幹系サーバ\n");
    assert_eq!(decode(&euc).encoding, Encoding::EucJp);
    let mut broken = text.as_bytes().to_vec();
    broken.insert(3, 0xFF);
    let d = decode(&broken);
    assert_eq!((d.encoding, d.lossy), (Encoding::Utf8, true));
    assert!(d.text.contains("申請No.R5-012"));
}

#[test]
fn powershell_redirections_are_read() {
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend("hostname 町\r\n".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(decode(&bytes).text, "hostname 町\r\n");
}

fn one(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::new();
    let id = sources.add(SitePath::new("a.conf").unwrap(), text.as_bytes(), &Limits::default()).unwrap();
    (sources, id)
}

#[test]
fn excerpts_mask_secrets_and_keep_the_highlight() {
    let (mut sources, file) = one("config x\r\n    set phase1 DES 町abc== tail\r\nend\r\n");
    let at = "config x\r\n    set phase1 DES ".len() as u32;
    let secret = Span { file, start: at, end: at + "町abc==".len() as u32 };
    sources.mask(secret);
    let tail = Span { file, start: secret.end + 1, end: secret.end + 5 };
    let e = sources.excerpt(tail);
    assert_eq!((e.line, e.text.as_str()), (2, "    set phase1 DES ***** tail"));
    let marked: String = e.text.chars().skip(e.highlight.0).take(e.highlight.1 - e.highlight.0).collect();
    assert_eq!(marked, "tail");
    assert!(!sources.excerpt(secret).text.contains("町abc"));
}

#[test]
fn positions_count_characters() {
    let (sources, file) = one("一行目\n  二行目\n");
    let start = "一行目\n  ".len() as u32;
    assert_eq!(sources.position(Span { file, start, end: start + 3 }), Position { line: 2, column: 3 });
    assert_eq!(sources.excerpt(sources.line_span(file, 1)).text, "一行目");
    assert_eq!(sources.line_span(file, 9).start, sources.whole(file).end);
}
