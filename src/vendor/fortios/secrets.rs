//! What nobody may print, and quotes that swallowed more than they should.

use crate::msg;
use crate::source::{FileId, Msg, Sources, Span};
use crate::syntax::blocks::{Statement, Tree, Word};

/// Settings whose values are secrets, besides every value that starts with `ENC`.
pub fn is_secret(key: &str) -> bool {
    const WHOLE: &[&str] = &[
        "key",
        "keyword-secret",
        "pin",
        "pass",
        "psk",
        "seed",
        "token",
        "activation-code",
        "key-string",
        "authkey",
        "enckey",
        "sim1-pin-code",
        "sim2-pin-code",
        "auth-key",
        "md5-key",
        "fixed-key",
        "seckey",
        "local-psk",
        "secondary-key",
        "tertiary-key",
        "ddns-key",
        "access-key",
        "auth-string",
        "shared-key",
        "http-headers",
        "headers",
    ];
    const PARTS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "psksecret",
        "secret",
        "private-key",
        "community",
        "auth-pwd",
        "priv-pwd",
        "-pwd",
        "api-key",
        "apikey",
        "access-token",
        "login-pass",
        "encrypt-key",
        "authentication-key",
        "md5-keychain",
        "session-key",
        "sae-",
        "preshared",
        "hmac",
        "token-key",
        "pin-code",
        "wep-key",
    ];
    WHOLE.contains(&key) || PARTS.iter().any(|p| key.contains(p))
}

/// Marks every secret of the file: line by line, whatever the parser made of it, and whole multi-line values.
pub fn mask(sources: &mut Sources, file: FileId, tree: &Tree) {
    let mut spans = by_line(sources.parse_text(file), file);
    let mut stack: Vec<(&Statement, &[&str])> = tree.statements.iter().map(|s| (s, &[][..])).collect();
    while let Some((statement, also)) = stack.pop() {
        spans.extend(of_statement(statement, also));
        let title = statement.title();
        let below = BELOW.iter().find(|(block, _)| title.ends_with(block)).map_or(also, |(_, keys)| keys);
        stack.extend(statement.children.iter().map(|c| (c, below)));
    }
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    for span in merged {
        sources.mask(span);
    }
}

/// Settings that are secret below some blocks only: the community string is called a name, and the addresses and
/// headers of a web hook hold what lets its sender in.
const BELOW: &[(&str, &[&str])] = &[
    ("snmp community", &["name"]),
    ("snmp-community", &["name"]),
    ("http-headers", &["value"]),
    ("automation-action", &["uri", "http-body", "script"]),
    ("external-resource", &["resource"]),
];

fn by_line(text: &str, file: FileId) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0usize;
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let from = secret_from(body, in_key);
        if body.contains("-----BEGIN") && body.contains("PRIVATE KEY") {
            in_key = true;
        }
        if in_key && body.contains("-----END") {
            in_key = false;
        }
        if let Some(from) = from {
            let place = |n: usize| u32::try_from(at + n).unwrap_or(u32::MAX);
            spans.push(Span { file, start: place(from), end: place(body.len()) });
        }
        at += line.len();
    }
    spans
}

/// Where the secret part of a line starts.
fn secret_from(line: &str, in_key: bool) -> Option<usize> {
    if in_key {
        return Some(line.len() - line.trim_start().len());
    }
    let begin = (line.contains("-----BEGIN") && line.contains("PRIVATE KEY"))
        .then(|| line.find("-----BEGIN"))
        .flatten();
    let encrypted = line.find(" ENC ").map(|at| at + 5);
    let words: Vec<&str> = line.split_whitespace().take(MOST).collect();
    let key = words.iter().enumerate().position(|(at, word)| {
        let before = at.checked_sub(1).and_then(|b| words.get(b)).copied();
        is_secret(word) && names_setting(at, before)
    });
    let value = key.and_then(|at| words.get(at + 1)).map(|v| v.as_ptr() as usize - line.as_ptr() as usize);
    [begin, encrypted, value].into_iter().flatten().min()
}

/// Words of a line that are looked at: a prompt, a verb, a setting.
const MOST: usize = 8;

/// Whether a word at this place is the name of a setting: after `set`, wherever that stands (a terminal's prompt may
/// come first), and also where the verb is damaged or lost.
fn names_setting(at: usize, before: Option<&str>) -> bool {
    const OTHERS: [&str; 14] = [
        "config", "edit", "unset", "next", "end", "move", "rename", "clone", "delete", "purge", "show",
        "get", "select", "unselect",
    ];
    match before {
        Some("set" | "append") => true,
        Some(word) => at == 1 && !OTHERS.contains(&word),
        None => true,
    }
}

fn of_statement(statement: &Statement, also: &[&str]) -> Option<Span> {
    let mut words = statement.words.iter();
    let (verb, key) = (words.next()?, words.next()?);
    if verb.text != "set" && verb.text != "append" {
        return None;
    }
    let secret = is_secret(&key.text)
        || also.contains(&key.text.as_str())
        || words.clone().any(|w| w.text == "ENC" || w.text.contains("PRIVATE KEY"));
    let first = words.next().filter(|_| secret)?;
    Some(first.span.to(statement.words.last()?.span))
}

/// Settings whose values may hold line ends.
fn may_span_lines(key: &str) -> bool {
    const PARTS: &[&str] = &[
        "comment",
        "description",
        "buffer",
        "certificate",
        "key",
        "ca",
        "crl",
        "csr",
        "banner",
        "message",
        "disclaimer",
        "header",
        "footer",
        "script",
        "content",
        "text",
        "data",
        "image",
        "body",
        "template",
        "pattern",
        "password",
        "passwd",
        "secret",
        "signature",
        "cert",
        "pac-file",
        "statement",
        "note",
        "location",
        "contact",
        "http-body",
    ];
    PARTS.iter().any(|p| key.contains(p))
}

/// Quoted values with line ends where none can be: a quote is missing or too many, and everything up to the next one
/// was swallowed.
pub fn runaway_quotes(statements: &[Statement]) -> Vec<(Span, Msg)> {
    let mut found = Vec::new();
    let mut stack: Vec<&Statement> = statements.iter().collect();
    while let Some(statement) = stack.pop() {
        let key = statement.words.get(1).map_or("", |w| w.text.as_str());
        let settles = statement.keyword() == "set" && may_span_lines(key);
        let swallowed = |w: &&Word| w.text.contains('\n') && (w.damaged || !settles);
        if let Some(word) = statement.words.iter().find(swallowed) {
            let message =
                msg!("a quoted value runs over several lines", "引用符で囲まれた値が複数行にわたっている");
            found.push((word.span, message));
        }
        stack.extend(&statement.children);
    }
    found.sort_by_key(|(span, _)| *span);
    found
}
