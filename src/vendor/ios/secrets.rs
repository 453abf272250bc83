//! What nobody may print.

use crate::source::{FileId, Sources, Span};

/// Words whose next word is a secret, whatever the statement.
const BEFORE: [&str; 21] = [
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
    "session-key",
    "shared-secret",
    "set-key",
];
/// What follows `authentication` without being a secret.
const METHODS: [&str; 4] = ["mode", "key-chain", "login", "ppp"];
/// How such words end: `area-password`, `radius-encrypt-key`.
const ENDS: [&str; 5] = ["password", "passwd", "passphrase", "encrypt-key", "encrypted-key"];

/// Marks every secret of a file, line by line, whatever the parser made of it.
pub fn mask(sources: &mut Sources, file: FileId) {
    let mut spans = Vec::new();
    let mut start = 0usize;
    let mut in_key = false;
    for line in sources.parse_text(file).split_inclusive('\n') {
        let body = line.trim_end();
        // A terminal log may hold an exported key.
        let begins = body.contains("-----BEGIN") && body.contains("PRIVATE KEY");
        let armour = (in_key || begins).then_some((0, body.len()));
        let found = armour.map_or_else(|| secrets(body), |whole| vec![whole]);
        in_key = (in_key || begins) && !body.contains("-----END");
        spans.extend(found.into_iter().map(|(a, b)| (start + a, start + b)));
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
        let lower = w.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
        BEFORE.contains(&lower.as_str()) || ENDS.iter().any(|e| lower.ends_with(e))
    });
    let snmp_user = texts.first() == Some(&"snmp-server") && matches!(texts.get(1), Some(&("user" | "host")));
    // `standby 1 authentication WORD`, `ip nhrp authentication WORD`, `ip rip authentication string WORD`: whatever
    // follows, unless it is a choice of a method or the name of a key chain.
    let standby = texts.windows(2).any(|w| matches!(w, ["authentication", next] if !METHODS.contains(next)))
        && texts.iter().any(|w| matches!(*w, "standby" | "vrrp" | "glbp" | "nhrp" | "rip"));
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
