//! Other displays of a log that say again what the configuration says, and may contradict it: an interface by itself,
//! the access lists as they are in force, and which of them stand at an interface.
//!
//! Forms: Cisco, *Security Command Reference*, `show ip access-lists`, and *IP Addressing Command Reference*,
//! `show ip interface`.

use std::collections::BTreeMap;

use crate::source::Span;
use crate::source::session::{Raw, Section};

use super::commands::short;

/// The first line that contradicts the lines of the configuration.
pub fn contradiction(config: &[Raw<'_>], section: &Section<'_>) -> Option<Span> {
    let filter = section.command.iter().position(|w| w == "|");
    let (words, filter) = section.command.split_at(filter.unwrap_or(section.command.len()));
    let is = |at: usize, full: &str, least: usize| short(words.get(at), full, least);
    if !section.closed || !is(0, "show", 2) {
        return None;
    }
    if is(1, "running-config", 2) {
        let asked = match filter {
            [] if is(2, "interface", 3) => "interface ".to_owned(),
            [_, kind, what @ ..] if words.len() == 2 && short(Some(kind), "section", 1) => literal(what)?,
            _ => return None,
        };
        return blocks(config, &section.lines, &asked);
    }
    if !filter.is_empty() {
        return None;
    }
    if is(1, "access-lists", 3) || is(1, "ip", 2) && is(2, "access-lists", 3) {
        return entries(config, &section.lines);
    }
    if is(1, "ip", 2) && is(2, "interface", 3) && !words.iter().any(|w| w.starts_with("br")) {
        return applied(config, &section.lines);
    }
    None
}

/// The words of a filter, if they stand for themselves: at the beginning of a line, or anywhere.
fn literal(words: &[String]) -> Option<String> {
    let text = words.join(" ");
    let text = text.strip_prefix('^').unwrap_or(&text);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/');
    (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
}

/// The lines below a head, as they stand.
fn below<'c>(config: &'c [Raw<'_>], head: &str) -> Option<Vec<&'c str>> {
    let at = config.iter().position(|l| l.text.trim_end().eq_ignore_ascii_case(head))?;
    let rest = config.get(at + 1..)?.iter().take_while(|l| l.text.starts_with(' '));
    Some(rest.map(|l| l.text.trim()).filter(|l| !matches!(*l, "" | "!")).collect())
}

/// What the whole says below the heads that were asked for, the part says, too. The other way round is asked of every
/// part.
fn blocks(config: &[Raw<'_>], lines: &[Raw<'_>], asked: &str) -> Option<Span> {
    let mut heads = lines.iter().filter(|l| !l.text.starts_with([' ', '!']) && l.text.contains(asked));
    let lacks = |head: &&Raw<'_>| {
        let head = head.text.trim_end();
        let (whole, own) = (below(config, head), below(lines, head));
        whole.zip(own).is_some_and(|(whole, own)| whole.iter().any(|line| !own.contains(line)))
    };
    heads.find(lacks).map(|head| head.span)
}

/// What of an entry both displays write in the same way: what it does, the protocol, the addresses.
fn essence(text: &str) -> Option<Vec<String>> {
    let words = text.split_whitespace().skip_while(|w| w.chars().all(|c| c.is_ascii_digit()));
    let words: Vec<&str> = words.take_while(|w| !w.starts_with('(')).collect();
    let action = words.first().filter(|w| matches!(**w, "permit" | "deny"))?;
    let dotted = |w: &str| w.split('.').count() == 4 && w.chars().all(|c| c.is_ascii_digit() || c == '.');
    let addresses = words.iter().map(|w| w.trim_end_matches(',')).filter(|w| *w == "any" || dotted(w));
    Some(std::iter::once(*action).chain(addresses).map(str::to_owned).collect())
}

/// Entries of extended lists, in their order.
fn entries(config: &[Raw<'_>], lines: &[Raw<'_>]) -> Option<Span> {
    let mut shown: BTreeMap<&str, (Span, Vec<Vec<String>>)> = BTreeMap::new();
    let mut open: Option<&str> = None;
    for line in lines {
        if !line.text.starts_with(' ') {
            open = line.text.strip_prefix("Extended IP access list ").map(str::trim);
            if let Some(name) = open {
                shown.insert(name, (line.span, Vec::new()));
            }
        } else if let (Some(name), Some(entry)) = (open, essence(line.text)) {
            shown.entry(name).or_insert((line.span, Vec::new())).1.push(entry);
        }
    }
    shown.into_iter().find_map(|(name, (span, entries))| {
        let named = below(config, &format!("ip access-list extended {name}"));
        let numbered = || {
            let start = format!("access-list {name} ");
            config.iter().filter_map(|l| l.text.strip_prefix(start.as_str())).collect::<Vec<_>>()
        };
        let said: Vec<Vec<String>> = named.unwrap_or_else(numbered).into_iter().filter_map(essence).collect();
        (!said.is_empty() && said != entries).then_some(span)
    })
}

/// Lists at interfaces: where the configuration names one, it is in force. In a copy that left the house only the line
/// that contradicts is left, below no interface.
fn applied(config: &[Raw<'_>], lines: &[Raw<'_>]) -> Option<Span> {
    let mut own: Option<Vec<&str>> = None;
    for line in lines {
        if !line.text.starts_with(' ') {
            let name = line.text.split_whitespace().next().unwrap_or("");
            if !name.is_empty() {
                own = Some(below(config, &format!("interface {name}")).unwrap_or_default());
            }
            continue;
        }
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let (way, list) = match words.as_slice() {
            ["Inbound", "access", "list", "is", "not", "set"] => ("in", None),
            ["Outgoing", "access", "list", "is", "not", "set"] => ("out", None),
            // A list for all interfaces may be named behind it.
            ["Inbound", "access", "list", "is", list, ..] => ("in", Some(list.trim_end_matches(','))),
            ["Outgoing", "access", "list", "is", list, ..] => ("out", Some(list.trim_end_matches(','))),
            _ => continue,
        };
        let Some(own) = &own else { return Some(line.span) };
        let said = own.iter().find_map(|l| match l.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["ip", "access-group", name, w] if *w == way => Some(*name),
            _ => None,
        });
        if said.is_some_and(|name| Some(name) != list) {
            return Some(line.span);
        }
    }
    None
}
