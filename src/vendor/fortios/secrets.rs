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
    ];
    WHOLE.contains(&key) || PARTS.iter().any(|p| key.contains(p))
}

/// Marks every secret of the file: line by line, whatever the parser made of it, and whole multi-line values.
pub fn mask(sources: &mut Sources, file: FileId, tree: &Tree) {
    let mut spans = by_line(sources.parse_text(file), file);
    let mut stack: Vec<(&Statement, bool)> = tree.statements.iter().map(|s| (s, false)).collect();
    while let Some((statement, community)) = stack.pop() {
        spans.extend(of_statement(statement, community));
        // `config system snmp community` calls the community string a name.
        let community = community
            || statement.title().ends_with("snmp community")
            || statement.title().ends_with("snmp-community");
        stack.extend(statement.children.iter().map(|c| (c, community)));
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
    let mut words = line.split_whitespace();
    let set = matches!(words.next(), Some("set" | "append"));
    let key = words.next().filter(|k| set && is_secret(k));
    let value = key.and(words.next()).map(|value| value.as_ptr() as usize - line.as_ptr() as usize);
    [begin, encrypted, value].into_iter().flatten().min()
}

fn of_statement(statement: &Statement, community: bool) -> Option<Span> {
    let mut words = statement.words.iter();
    let (verb, key) = (words.next()?, words.next()?);
    if verb.text != "set" && verb.text != "append" {
        return None;
    }
    let secret = is_secret(&key.text)
        || (community && key.text == "name")
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
                msg!("a quoted value runs over several lines", "引用符の値が複数行にわたっています");
            found.push((word.span, message));
        }
        stack.extend(&statement.children);
    }
    found.sort_by_key(|(span, _)| *span);
    found
}
