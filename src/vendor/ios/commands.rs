//! What the commands of a log do: which of them show something that is read, and which leave everything as it is.

use crate::source::session::Section;

use super::super::log::dropped;

/// Commands in configuration mode that change nothing.
pub fn harmless(words: &[String]) -> bool {
    // Of a long line only the end is seen, or only the beginning.
    if words.iter().any(|w| w.starts_with('$') || w.ends_with('$')) {
        return false;
    }
    match words.first() {
        None => true,
        Some(first) if first == "do" => shows_only(words.get(1..).unwrap_or_default()),
        Some(first) => matches!(first.as_str(), "end" | "exit" | "show" | "sh" | "quit"),
    }
}

/// Commands outside of configuration mode that leave the running configuration as it is.
pub fn shows_only(words: &[String]) -> bool {
    // What is typed on another box stands behind that box's prompts. Whoever comes back from there to this one stands
    // behind its own again.
    const QUIET: [(&str, usize); 19] = [
        ("telnet", 3),
        ("ssh", 3),
        ("show", 2),
        ("terminal", 1),
        ("enable", 2),
        ("disable", 4),
        ("exit", 2),
        ("quit", 1),
        ("logout", 2),
        ("end", 2),
        ("ping", 1),
        ("traceroute", 2),
        ("dir", 3),
        ("more", 2),
        ("who", 2),
        ("where", 2),
        ("help", 1),
        ("undebug", 1),
        ("verify", 1),
    ];
    let second = words.get(1);
    let line: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.first() {
        None => true,
        _ if dropped(&line) => true,
        // Modes of their own follow.
        Some(_) if short(words.first(), "configure", 3) => second.is_none() || short(second, "terminal", 1),
        Some(_) if short(words.first(), "write", 1) => {
            second.is_none() || short(second, "memory", 1) || short(second, "terminal", 1)
        }
        Some(_) if short(words.first(), "copy", 3) => {
            short(second, "running-config", 1) && words.get(2).is_none_or(|to| !to.starts_with('r'))
        }
        Some(_) if short(words.first(), "clear", 2) => clears(line.get(1..).unwrap_or_default()),
        Some(_) if short(words.first(), "test", 3) => {
            second.is_some_and(|w| w == "aaa") || short(second, "cable-diagnostics", 2)
        }
        Some(_) if short(words.first(), "reload", 3) => short(second, "cancel", 3),
        Some(_) if short(words.first(), "send", 3) => second.is_some_and(|w| w == "log"),
        first => QUIET.iter().any(|(full, least)| short(first, full, *least)),
    }
}

/// Whether a hop to another box is followed by prompts of this one without a word of the connection's end. The other box
/// may be called the same, in the first twenty letters that prompts show; then nobody knows whose prompts these are.
pub fn strays(section: &Section<'_>) -> bool {
    let words = match section.command.split_first() {
        Some((first, rest)) if first == "do" => rest,
        _ => section.command.as_slice(),
    };
    let hops = short(words.first(), "telnet", 3) || words.first().is_some_and(|w| w == "ssh");
    let ended = |text: &str| {
        let how = ["closed", "refused", "timed out", "reset"];
        text.contains("onnection") && how.iter().any(|w| text.contains(w)) || text.starts_with("% ")
    };
    // After a login, `% …` may be the other box's word.
    let within = |text: &str| text.contains("Open") || text.to_ascii_lowercase().contains("password:");
    let inside = section.lines.iter().any(|l| within(l.text));
    let ended = |text: &str| ended(text) && !(inside && text.starts_with("% "));
    hops && section.closed && !section.lines.iter().any(|l| ended(l.text))
}

/// What is cleared is learned or counted anew: no line of the configuration, no route.
fn clears(what: &[&str]) -> bool {
    let is = |at: usize, full: &str, least: usize| {
        what.get(at).is_some_and(|w| w.len() >= least && full.starts_with(w))
    };
    match what {
        ["mac", ..] => is(1, "address-table", 1) && is(2, "dynamic", 1),
        ["ip", ..] => is(1, "access-list", 1) && is(2, "counters", 1),
        _ if is(0, "mac-address-table", 4) => is(1, "dynamic", 1),
        _ if is(0, "access-list", 8) => is(1, "counters", 1),
        _ => is(0, "counters", 3) || is(0, "logging", 3) || is(0, "arp-cache", 3),
    }
}

/// Whether the device did not understand a command.
pub fn refused(section: &Section<'_>) -> bool {
    const SIGNS: [&str; 5] = [
        "% Invalid input detected",
        "% Unknown command",
        "% Ambiguous command",
        "% Incomplete command",
        "% Bad IP address",
    ];
    section.lines.iter().any(|l| SIGNS.iter().any(|s| l.text.starts_with(s)))
}

/// How much of the running configuration a command shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Some of its lines.
    Some,
}

/// `word` is an abbreviation of `full` of at least `least` letters.
pub fn short(word: Option<&String>, full: &str, least: usize) -> bool {
    word.is_some_and(|w| w.len() >= least && full.starts_with(w.as_str()))
}

/// How much of the running configuration a command shows, if any.
pub fn shows_running(command: &[String]) -> Option<Part> {
    let command = if short(command.first(), "do", 2) { command.get(1..)? } else { command };
    let terminal = short(command.first(), "write", 2) && short(command.get(1), "terminal", 1);
    if terminal {
        return Some(Part::Whole);
    }
    if !(short(command.first(), "show", 2) && short(command.get(1), "running-config", 2)) {
        return None;
    }
    let rest: Vec<&str> = command.iter().skip(2).map(String::as_str).collect();
    Some(if matches!(rest.as_slice(), [] | ["view", "full"] | ["all"]) { Part::Whole } else { Part::Some })
}

/// Whether a filter counts lines instead of showing them.
pub fn counts(command: &[String]) -> bool {
    let filter = command.iter().position(|w| w == "|").and_then(|at| command.get(at + 1));
    short(filter, "count", 1)
}

/// Whether it shows the configuration for the next start.
pub fn shows_startup(command: &[String]) -> bool {
    short(command.first(), "show", 2) && short(command.get(1), "startup-config", 3) && command.len() == 2
}

/// Whether it shows a routing table.
pub fn is_table(section: &Section<'_>) -> bool {
    let command = &section.command;
    if command.is_empty() {
        // The last of them stands above the table of AX.
        const SIGNS: [&str; 3] = ["Codes: ", "IPv6 Routing", "Total: "];
        return section.lines.iter().any(|l| SIGNS.iter().any(|s| l.text.starts_with(s)));
    }
    short(command.first(), "show", 2)
        && matches!(command.get(1).map(String::as_str), Some("ip" | "ipv6"))
        && short(command.get(2), "route", 2)
}
