//! The parts of a ZIP package, inflated under one common bound.
//!
//! Only what an xlsx file needs (ECMA-376 Part 2, Open Packaging Conventions, annex B: methods *stored* and
//! *deflate*, no encryption, no spanning). Sizes that the directory claims are believed only as far as they are borne
//! out: a part is inflated up to what is left of the budget, and its length and CRC must then agree.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::msg;
use crate::source::Msg;

/// Most entries of a package.
const ENTRIES: usize = 10_000;
/// The end record stands within the last 64 KiB and 22 bytes.
const TAIL: usize = 0x1_0000 + 22;

struct Entry {
    method: u16,
    crc: u32,
    packed: usize,
    size: u64,
    header: usize,
}

/// An open package.
pub(super) struct Package<'b> {
    bytes: &'b [u8],
    entries: BTreeMap<String, Entry>,
    /// Bytes that may still be inflated.
    budget: u64,
}

impl<'b> Package<'b> {
    /// Reads the directory of a package of which at most `budget` bytes will be inflated.
    pub fn open(bytes: &'b [u8], budget: u64) -> Result<Self, Msg> {
        let entries = directory(bytes).ok_or_else(|| broken("-"))?;
        Ok(Package { bytes, entries, budget })
    }

    /// Whether there is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(&name.to_ascii_lowercase())
    }

    /// The text of a part; `None` if there is none of this name. Names are compared without regard to ASCII case
    /// (annex B.1).
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Msg> {
        let Some(entry) = self.entries.get(&name.to_ascii_lowercase()) else { return Ok(None) };
        let body = body(self.bytes, entry).ok_or_else(|| broken(name))?;
        let mut out = Vec::new();
        let most = self.budget.saturating_add(1);
        let read = match entry.method {
            0 => body.take(most).read_to_end(&mut out),
            8 => DeflateDecoder::new(body).take(most).read_to_end(&mut out),
            _ => return Err(broken(name)),
        };
        let length = out.len() as u64;
        if length > self.budget {
            return Err(msg!(
                "`{name}` inside it is too large when unpacked",
                "内部の「{name}」を展開した大きさが上限を超えている"
            ));
        }
        self.budget -= length;
        let mut crc = Crc::new();
        crc.update(&out);
        if read.is_err() || length != entry.size || crc.sum() != entry.crc {
            return Err(broken(name));
        }
        let text = String::from_utf8(out).map_err(|_| {
            msg!("`{name}` inside it is not UTF-8", "内部の「{name}」の文字コードがUTF-8ではない")
        })?;
        Ok(Some(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)))
    }
}

fn broken(part: &str) -> Msg {
    msg!(
        "it is no workbook, or damaged (`{part}`): save it again as .xlsx",
        "Excelブックではないか、破損している(「{part}」)。.xlsx形式で保存し直す"
    )
}

fn directory(bytes: &[u8]) -> Option<BTreeMap<String, Entry>> {
    let from = bytes.len().saturating_sub(TAIL);
    let at = from + bytes.get(from..)?.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let (count, mut next) = (usize::from(short(bytes, at + 10)?), long(bytes, at + 16)? as usize);
    if count > ENTRIES || count == 0xFFFF {
        return None;
    }
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        if bytes.get(next..next.checked_add(4)?)? != b"PK\x01\x02" {
            return None;
        }
        let flags = short(bytes, next + 8)?;
        let lengths = [28, 30, 32].map(|o| short(bytes, next + o).map(usize::from));
        let [Some(name), Some(extra), Some(comment)] = lengths else { return None };
        let entry = Entry {
            method: short(bytes, next + 10)?,
            crc: long(bytes, next + 16)?,
            packed: long(bytes, next + 20)? as usize,
            size: u64::from(long(bytes, next + 24)?),
            header: long(bytes, next + 42)? as usize,
        };
        let text = bytes.get(next + 46..next + 46 + name)?;
        let text = String::from_utf8_lossy(text).replace('\\', "/").to_ascii_lowercase();
        // Encrypted parts cannot be read; of two parts under one name nobody knows which is meant.
        if flags & 1 != 0 || entries.insert(text, entry).is_some() {
            return None;
        }
        next = next.checked_add(46 + name + extra + comment)?;
    }
    Some(entries)
}

fn body<'b>(bytes: &'b [u8], entry: &Entry) -> Option<&'b [u8]> {
    let at = entry.header;
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let (name, extra) = (usize::from(short(bytes, at + 26)?), usize::from(short(bytes, at + 28)?));
    let start = at.checked_add(30 + name + extra)?;
    bytes.get(start..start.checked_add(entry.packed)?)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(pair.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}
