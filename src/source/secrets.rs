//! Secrets that anybody recognises, in whatever language a file is written.
//!
//! Vendors mark the secrets of their own languages. A file may be of no known language, be read by the wrong vendor,
//! or stand where a table or a topology was expected: this is the net below them, applied to every file when it is
//! added. It knows words, not grammars, and hides too much rather than too little.

/// Words whose successors, to the end of the line, are hidden.
const WORDS: [&str; 15] = [
    "psk",
    "key",
    "keys",
    "community",
    "pre-shared-key",
    "key-string",
    "authentication-key",
    "message-digest-key",
    "token",
    "enckey",
    "authkey",
    "session-key",
    "pin",
    "activation-code",
    "auth-string",
];

/// Parts of such words.
const PARTS: [&str; 22] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "psksecret",
    "fastopen_key",
    "private-key",
    "private_key",
    "privatekey",
    "preshared",
    "api-key",
    "api_key",
    "apikey",
    "access-token",
    "access_token",
    "access-key",
    "access_key",
    "bearer",
    "-pwd",
    "hmac",
    "パスワード",
    "共有鍵",
];

/// How such words end: `ddns-key`, `auth_key`. What follows `snmp-server` are communities and pass phrases, mostly.
const ENDS: [&str; 4] = ["-key", "_key", "-psk", "snmp-server"];

/// Protocols whose `authentication` is followed by the secret itself.
const PLAIN: [&str; 5] = ["standby", "vrrp", "glbp", "nhrp", "rip"];

/// Byte ranges of a text, ascending, that look like secrets.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Beyond doubt, and no part of any statement that matters: private keys, passwords in addresses, bearer tokens.
    /// They are also left out of copies.
    pub(super) sure: Vec<(u32, u32)>,
    /// What follows a word like `password`. Nobody sees it; a copy keeps it, unless the vendor says that it is secret.
    pub(super) likely: Vec<(u32, u32)>,
}

/// What looks like a secret in a text.
pub(super) fn suspected(text: &str) -> Suspects {
    let mut found = Suspects::default();
    let mut start = 0usize;
    let mut in_key = false;
    let mut in_community = false;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let place = |(a, b): (usize, usize)| {
            Some((u32::try_from(start + a).ok()?, u32::try_from(start + b).ok()?)).filter(|(a, b)| a < b)
        };
        // A community string may be called a name, in a block of such strings.
        if body.trim_start().starts_with("config ") {
            in_community = body.contains("commun");
        }
        let named = in_community.then(|| body.find("set name ").map(|at| at + 9)).flatten();
        let likely = after_word(body).into_iter().chain(named).min();
        found.likely.extend(likely.and_then(|from| place((from, body.len()))));
        let begins = body.contains("-----BEGIN") && body.contains("PRIVATE KEY");
        if in_key || begins {
            let from = if in_key {
                body.len() - body.trim_start().len()
            } else {
                body.find("-----BEGIN").unwrap_or(0)
            };
            found.sure.extend(place((from, body.len())));
            in_key = !body.contains("-----END");
        } else {
            let mut here = [in_urls(body), bearers(body)].concat();
            here.sort_unstable();
            found.sure.extend(here.into_iter().filter_map(place));
        }
        start += line.len();
    }
    found
}

/// Where the value of a word like `password` begins. Words in quotation marks are data, unless they are names of
/// fields (`"password": …`).
fn after_word(line: &str) -> Option<usize> {
    let mut tokens = Tokens { line, at: 0 }.peekable();
    let mut plain = false;
    while let Some(token) = tokens.next() {
        let lower = token.text.to_lowercase();
        let says = WORDS.contains(&lower.as_str())
            || PARTS.iter().any(|p| lower.contains(p))
            || ENDS.iter().any(|e| lower.ends_with(e) && !lower.contains("public"));
        let says = says || plain && lower == "authentication";
        plain |= PLAIN.contains(&lower.as_str());
        let encrypted = token.text == "ENC";
        let field = !token.quoted || token.before_colon;
        if (says || encrypted) && field {
            // A word that ends the line names no value.
            if let Some(next) = tokens.peek() {
                return Some(next.start);
            }
        }
    }
    None
}

/// A word or a quoted text of a line.
struct Token<'t> {
    text: &'t str,
    /// Its first byte, a quotation mark included.
    start: usize,
    quoted: bool,
    /// Whether `:` or `=` follows at once.
    before_colon: bool,
}

struct Tokens<'t> {
    line: &'t str,
    at: usize,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let between = |c: char| c.is_whitespace() || "=:,;{}()[]=:".contains(c);
        let rest = self.line.get(self.at..)?;
        let start = self.at + rest.find(|c| !between(c))?;
        let rest = self.line.get(start..)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        // A quotation mark that nothing closes quotes nothing.
        let inside = quote.and_then(|q| Some((q, rest.get(1..)?.find(q)?)));
        let (text, end, quoted) = match inside {
            Some((_, length)) => (rest.get(1..=length)?, start + length + 2, true),
            None => {
                let length = rest.find(between).unwrap_or(rest.len());
                let word = rest.get(..length)?;
                (word.trim_matches(|c: char| !c.is_alphanumeric()), start + length, false)
            }
        };
        self.at = end;
        let after = self.line.get(end..).unwrap_or_default().trim_start();
        Some(Token { text, start, quoted, before_colon: after.starts_with([':', '=']) })
    }
}

/// What lets a caller in: `Authorization: Bearer TOKEN`, in quotation marks or not.
fn bearers(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for mark in ["Bearer ", "bearer ", "Basic "] {
        for (at, _) in line.match_indices(mark) {
            let start = at + mark.len();
            let rest = line.get(start..).unwrap_or_default();
            let length = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            found.push((start, start + length.unwrap_or(rest.len())));
        }
    }
    found
}

/// Passwords in addresses such as `scp://user:password@host/`.
fn in_urls(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, mark) in line.match_indices("://") {
        let start = at + mark.len();
        let rest = line.get(start..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'));
        let authority = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let Some(end) = authority.rfind('@') else { continue };
        let colon = authority.get(..end).and_then(|user| user.find(':'));
        found.extend(colon.map(|c| (start + c + 1, start + end)).filter(|(a, b)| a < b));
    }
    found
}
