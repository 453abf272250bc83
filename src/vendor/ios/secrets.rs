//! What nobody may print.

use crate::source::{FileId, Sources, Span};

/// Words whose next word is a secret, whatever the statement.
const BEFORE: [&str; 18] = [
    "password",
    "secret",
    "key",
    "key-string",
    "community",
    "pre-shared-key",
    "authentication-key",
    "message-digest-key",
    "passphrase",
    "md5",
    "sha",
    "psk",
    "auth-key",
    "key-chain-string",
    "pac",
    "pmk",
    "wpa-psk",
    "token",
];

/// Marks every secret of a file, line by line, whatever the parser made of it.
pub fn mask(sources: &mut Sources, file: FileId) {
    let mut spans = Vec::new();
    let mut start = 0usize;
    for line in sources.parse_text(file).split_inclusive('\n') {
        let body = line.trim_end();
        spans.extend(secrets(body).into_iter().map(|(a, b)| (start + a, start + b)));
        start += line.len();
    }
    for (from, to) in spans {
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        sources.mask(Span { file, start: offset(from), end: offset(to) });
    }
}

/// The byte ranges of one line that are secret.
fn secrets(line: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    for word in line.split_whitespace() {
        let at = word.as_ptr() as usize - line.as_ptr() as usize;
        words.push((at, word));
    }
    let texts: Vec<&str> = words.iter().map(|(_, w)| *w).collect();
    if texts.iter().all(|w| w.len() >= 4 && w.len() <= 8 && w.chars().all(|c| c.is_ascii_hexdigit()))
        && texts.len() >= 4
    {
        // A certificate or key as hex.
        return vec![(words.first().map_or(0, |w| w.0), line.len())];
    }
    let found = texts.iter().position(|w| {
        let lower = w.to_ascii_lowercase();
        BEFORE.contains(&lower.as_str())
    });
    let snmp_user = texts.first() == Some(&"snmp-server") && matches!(texts.get(1), Some(&("user" | "host")));
    let standby = texts.windows(2).any(|w| matches!(w, ["authentication", _]))
        && matches!(texts.first(), Some(&("standby" | "vrrp" | "glbp")));
    let from = match (found, snmp_user, standby) {
        (Some(at), ..) => at + 1,
        (None, true, _) => 2,
        (None, _, true) => texts.iter().position(|w| *w == "authentication").map_or(0, |at| at + 1),
        _ => return Vec::new(),
    };
    match words.get(from) {
        Some((at, _)) => vec![(*at, line.len())],
        None => Vec::new(),
    }
}
