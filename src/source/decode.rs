//! From bytes to text: UTF-8 (with or without BOM), UTF-16 with BOM, CP932, EUC-JP.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding as Codec, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// How a file's bytes were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// UTF-8, a leading BOM dropped.
    Utf8,
    /// UTF-16 with a byte order mark (what a PowerShell redirection writes).
    Utf16,
    /// Windows code page 932.
    Cp932,
    /// EUC-JP.
    EucJp,
}

/// Text and how it was got. Bytes that fit no character became U+FFFD: a name that holds one may equal any name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The decoded text, line ends untouched.
    pub text: String,
    /// The encoding that was chosen.
    pub encoding: Encoding,
    /// Whether any byte could not be decoded.
    pub lossy: bool,
}

/// Decodes `bytes`. Never fails; the encoding with the fewest undecodable places wins, UTF-8 first.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some((codec, bom)) = Codec::for_bom(bytes) {
        let body = bytes.get(bom..).unwrap_or_default();
        let encoding = if codec == UTF_16LE || codec == UTF_16BE { Encoding::Utf16 } else { Encoding::Utf8 };
        let (text, lossy) = codec.decode_without_bom_handling(body);
        return Decoded { text: text.into_owned(), encoding, lossy };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: text.to_owned(), encoding: Encoding::Utf8, lossy: false };
    }
    let mut best: Option<(usize, Decoded)> = None;
    for (codec, encoding) in
        [(UTF_8, Encoding::Utf8), (SHIFT_JIS, Encoding::Cp932), (EUC_JP, Encoding::EucJp)]
    {
        let (text, lossy) = codec.decode_without_bom_handling(bytes);
        let bad = text.chars().filter(|c| *c == '\u{FFFD}').count();
        // One broken byte in UTF-8 text must not turn every Japanese comment into mojibake: another encoding
        // wins over UTF-8 only when it explains the bytes much better.
        let valid_wide = text.chars().filter(|c| !c.is_ascii() && *c != '\u{FFFD}').count();
        // EUC-JP text is also valid CP932 made of half-width katakana: the reading with fewer of them wins.
        let half_width = text.chars().filter(|c| ('\u{FF61}'..='\u{FF9F}').contains(c)).count();
        let cost =
            if encoding == Encoding::Utf8 && valid_wide > bad { 0 } else { bad * 100 + half_width + 1 };
        if best.as_ref().is_none_or(|(b, _)| cost < *b) {
            best = Some((cost, Decoded { text: text.into_owned(), encoding, lossy }));
        }
    }
    best.map(|(_, d)| d).unwrap_or(Decoded { text: String::new(), encoding: Encoding::Utf8, lossy: true })
}

/// Text in the encoding of the bytes it was decoded from, their byte order mark included. `None` if a character does
/// not exist there.
pub fn encode_like(text: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    if let Some((codec, bom)) = Codec::for_bom(bytes) {
        let mut out = bytes.get(..bom).unwrap_or_default().to_vec();
        if codec == UTF_16LE {
            out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        } else if codec == UTF_16BE {
            out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        } else {
            out.extend(text.bytes());
        }
        return Some(out);
    }
    let codec = match decode(bytes).encoding {
        Encoding::Utf8 | Encoding::Utf16 => UTF_8,
        Encoding::Cp932 => SHIFT_JIS,
        Encoding::EucJp => EUC_JP,
    };
    let (out, _, unmappable) = codec.encode(text);
    (!unmappable).then(|| Cow::into_owned(out))
}
