//! Several displays of one thing in a log: they say the same, unless something was changed between them, and the later one
//! is not the older one. Otherwise nobody can tell which of them the device has: somebody may have looked at an old log,
//! or put two logs together.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::msg;
use crate::source::session::{Raw, raw_lines, unstamped};
use crate::source::{FileId, Msg, Span};

/// One display.
#[derive(Debug, Clone, Copy)]
pub struct Display<'s, 'a> {
    /// Which command of the log it is.
    pub at: usize,
    /// The command's place.
    pub place: Span,
    /// What it printed.
    pub lines: &'s [Raw<'a>],
}

/// What is displayed, which tells what of it may differ without meaning anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `iptables-save`.
    Save,
    /// `show` of a FortiGate.
    Blocks,
    /// `show running-config`.
    Running,
    /// Interfaces and their addresses.
    Addresses,
    /// `sysctl -a`.
    Settings,
    /// Routes, and rules that choose tables.
    Table,
}

/// How much of a thing two displays show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Both everything.
    Same,
    /// One of them leaves out what is as it was delivered.
    Subset,
}

/// What two displays of one thing say against each other.
#[derive(Debug)]
pub struct Against {
    /// The line of the later one.
    pub span: Span,
    /// The line of the earlier one that a copy needs to say the same; nothing if it printed nothing.
    pub earlier: Option<Span>,
    /// That line is a date, and no secret.
    pub dated: bool,
    /// Why.
    pub what: Msg,
}

/// Compares a display with the one before. `changed`: a command between them may have changed something.
#[must_use]
pub fn compare(kind: Kind, pair: [Display<'_, '_>; 2], extent: Extent, changed: bool) -> Option<Against> {
    let [earlier, later] = pair;
    // In a copy that left the house nothing is left of a display that is not read.
    let gone = |d: &Display<'_, '_>| !d.lines.is_empty() && d.lines.iter().all(|l| l.text.trim().is_empty());
    if gone(&earlier) || gone(&later) {
        return None;
    }
    if let (Some((old, span)), Some((new, place))) = (dated(earlier.lines), dated(later.lines))
        && new < old
    {
        let what = msg!(
            "an older display follows a newer one: the log was put together in another order, or an old one was shown",
            "日時の古い表示が、新しい表示より後にある(順序が逆に連結されたログ、または古いログの表示である)"
        );
        return Some(Against { span: place, earlier: Some(span), dated: true, what });
    }
    if changed {
        return None;
    }
    let [a, b] = [normal(kind, earlier.lines), normal(kind, later.lines)];
    let (span, earlier) = match extent {
        Extent::Same => first_difference(kind, (&a, earlier), (&b, later))?,
        Extent::Subset => {
            let (small, large) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
            let known: BTreeSet<&str> = large.iter().map(|(text, _)| text.trim()).collect();
            let alone = small.iter().find(|(text, _)| !known.contains(text.trim()))?.1;
            let other = if a.len() <= b.len() { alone } else { last_of(earlier) };
            (if a.len() <= b.len() { later.place } else { alone }, Some(other))
        }
    };
    Some(Against { span, earlier, dated: false, what: shown_differently() })
}

/// What is said where two displays contradict each other.
#[must_use]
pub fn shown_differently() -> Msg {
    msg!(
        "the log shows this twice, and differently, with no change entered between: which of them the device has is not known",
        "同じ内容が端末ログに2回表示され、間に変更操作がないのに一致しない。どちらが現在の状態か判別できない"
    )
}

fn last_of(display: Display<'_, '_>) -> Span {
    display.lines.iter().rev().find(|l| !l.text.trim().is_empty()).map_or(display.place, |l| l.span)
}

type Normal<'s> = Vec<(Cow<'s, str>, Span)>;

fn first_difference(
    kind: Kind,
    (a, earlier): (&Normal<'_>, Display<'_, '_>),
    (b, later): (&Normal<'_>, Display<'_, '_>),
) -> Option<(Span, Option<Span>)> {
    let at = a.iter().zip(b).position(|(x, y)| x.0 != y.0);
    let at = match at {
        Some(at) => at,
        None if a.len() == b.len() => return None,
        None => a.len().min(b.len()),
    };
    // A display that was left at a page's end is begun again. Of its last line the pager may have left a part.
    let paged = matches!(kind, Kind::Blocks | Kind::Running);
    if paged && !a.is_empty() && at + 1 >= a.len() && a.len() < b.len() {
        let cut =
            a.get(at).is_none_or(|(text, _)| b.get(at).is_some_and(|(full, _)| full.starts_with(&**text)));
        if cut {
            return None;
        }
    }
    let span = b.get(at).map_or(later.place, |(_, span)| *span);
    let before = a.get(at).map(|(_, span)| *span);
    let shown = earlier.lines.iter().any(|l| !l.text.trim().is_empty());
    Some((span, before.or_else(|| shown.then(|| last_of(earlier)))))
}

/// The lines of a display without what changes by itself.
fn normal<'s>(kind: Kind, lines: &'s [Raw<'_>]) -> Normal<'s> {
    let mut out = Vec::new();
    let mut key = false;
    for line in lines {
        let text = line.text.trim_end();
        // A private key is encrypted anew each time.
        let begins = text.trim_start().starts_with("set private-key \"") && text.matches('"').count() == 1;
        let inside = key;
        key = begins || key && !text.contains('"');
        if text.trim().is_empty() || inside || begins {
            continue;
        }
        let kept = match kind {
            Kind::Save => save(text),
            Kind::Blocks => blocks(text),
            Kind::Running => running(text),
            Kind::Addresses => addresses(text),
            Kind::Settings => setting(text).then_some(Cow::Borrowed(text)),
            Kind::Table => table(text),
        };
        out.extend(kept.map(|kept| (kept, line.span)));
    }
    out
}

/// Counters of rules and comments.
fn save(text: &str) -> Option<Cow<'_, str>> {
    if text.starts_with('#') || text.starts_with("[sudo] ") {
        return None;
    }
    let counter = |w: &str| {
        let inner = w.strip_prefix('[').and_then(|w| w.strip_suffix(']'));
        inner.is_some_and(|w| w.contains(':') && w.chars().all(|c| c.is_ascii_digit() || c == ':'))
    };
    if !text.contains('[') {
        return Some(Cow::Borrowed(text));
    }
    let words: Vec<&str> = text.split(' ').collect();
    let (first, last) = (0, words.len().saturating_sub(1));
    let kept = words.iter().enumerate().filter(|(at, w)| !((*at == first || *at == last) && counter(w)));
    Some(Cow::Owned(kept.map(|(_, w)| *w).collect::<Vec<&str>>().join(" ")))
}

/// Encrypted words, and when somebody logged in.
fn blocks(text: &str) -> Option<Cow<'_, str>> {
    let body = text.trim_start();
    let moves = ["set last-login ", "set last-failed-login ", "set login-time "];
    let own = body.starts_with('#') || body.contains(" ENC ") || moves.iter().any(|s| body.starts_with(s));
    (!own).then_some(Cow::Borrowed(text))
}

fn running(text: &str) -> Option<Cow<'_, str>> {
    const HEADS: [&str; 6] = [
        "Building configuration",
        "Current configuration",
        "Using ",
        "Load for ",
        "Time source is ",
        "ntp clock-period ",
    ];
    let own = text.starts_with(['!', '#']) || HEADS.iter().any(|s| text.starts_with(s));
    (!own).then_some(Cow::Borrowed(text))
}

/// How long an address lasts, and whether a cable is plugged in.
fn addresses(text: &str) -> Option<Cow<'_, str>> {
    if text.trim_start().starts_with("valid_lft") {
        return None;
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if let Some(at) = words.iter().position(|w| *w == "state") {
        words.drain(at..(at + 2).min(words.len()));
    }
    Some(Cow::Owned(words.join(" ").replace("NO-CARRIER,", "").replace(",LOWER_UP", "")))
}

/// Settings that say what is forwarded; counts and seeds change by themselves.
fn setting(text: &str) -> bool {
    let key = text.split_whitespace().next().unwrap_or("");
    key == "net.ipv4.ip_forward"
        || key.starts_with("net.bridge.")
        || ["net.ipv4.conf.", "net.ipv6.conf."].iter().any(|s| key.starts_with(s))
}

/// Ages of routes, and when AX printed them.
fn table(text: &str) -> Option<Cow<'_, str>> {
    if text.starts_with("Date 20") {
        return None;
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    // `1h 2m 3s` at the end of a row of AX.
    let part = |w: &str| {
        let number = w.strip_suffix(['s', 'm', 'h', 'd']);
        number.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    while words.last().is_some_and(|w| part(w)) {
        words.pop();
    }
    let age = |w: &str| {
        let w = w.trim_end_matches(',');
        let signs = |c: char| c.is_ascii_digit() || matches!(c, ':' | 'y' | 'w' | 'd' | 'h' | 'm');
        let timed =
            w.matches(':').count() == 2 && w.len() >= 7 || w.ends_with(['d', 'h', 'm']) && w.len() >= 3;
        timed && w.starts_with(|c: char| c.is_ascii_digit()) && w.chars().all(signs)
    };
    let lasts = |at: usize| words.get(at) == Some(&"expires");
    let kept = words
        .iter()
        .enumerate()
        .filter(|(at, w)| !age(w) && !lasts(*at) && !at.checked_sub(1).is_some_and(lasts));
    Some(Cow::Owned(kept.map(|(_, w)| w.trim_end_matches(',')).collect::<Vec<&str>>().join(" ")))
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// When a display says that it was made, or its configuration changed last: year, month, day, time of day.
fn dated(lines: &[Raw<'_>]) -> Option<((u32, usize, u32, String), Span)> {
    const HEADS: [&str; 2] = ["# Generated by ", "! Last configuration change at "];
    let line = lines.iter().find(|l| HEADS.iter().any(|h| l.text.starts_with(h)))?;
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let at = words.iter().position(|w| MONTHS.contains(w))?;
    let month = MONTHS.iter().position(|m| words.get(at) == Some(m))?;
    let day = words.get(at + 1)?.parse().ok()?;
    let time = words.iter().find(|w| w.len() >= 8 && w.matches(':').count() == 2)?;
    let year = words.iter().skip(at + 2).find_map(|w| w.parse::<u32>().ok().filter(|y| *y > 1_990))?;
    Some(((year, month, day, (*time).trim_start_matches(['*', '.']).to_owned()), line.span))
}

/// Stamps of lines that go back in time: what stands behind is older than what stands before. The two lines.
#[must_use]
pub fn back_in_time(text: &str, file: FileId) -> Option<[Span; 2]> {
    let mut last: Option<(String, Span)> = None;
    for line in raw_lines(text, file) {
        let head = line.text.len() - unstamped(line.text).len();
        // Date and time to the minute: clocks are set by seconds.
        let stamp = line.text.get(1..17).filter(|s| head > 17 && s.starts_with("20") && s.is_ascii());
        let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
        let Some(stamp) = stamp.map(digits).filter(|s| s.len() == 12) else { continue };
        if let Some((before, place)) = last.take()
            && stamp < before
        {
            return Some([place, line.span]);
        }
        last = Some((stamp, line.span));
    }
    None
}

/// What is said where the stamps of a log go back.
#[must_use]
pub fn goes_back() -> Msg {
    msg!(
        "the time stamps of the log go back here: what follows is older than what stands before",
        "ここで端末ログの時刻が前に戻っており、以降は前の部分より古い記録である"
    )
}
