//! What a file holds beside a configuration: a terminal log with prompts, several commands, paging noise, time stamps.
//!
//! Lines keep their places in the file. The last whole `show running-config` of a log is the configuration; routing
//! tables in it are kept; what other commands print is passed over.

use crate::msg;
use crate::source::session::{self, Cleaned, Prompt, Raw, Screen, Section};
use crate::source::{FileId, Msg, Span};

/// A routing table as a command printed it.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    /// The words of the command; empty if the file does not show it.
    pub command: Vec<String>,
    /// The command's place, or the first line.
    pub place: Span,
    /// What it printed.
    pub lines: Vec<Raw<'a>>,
    /// A prompt follows.
    pub closed: bool,
}

/// A file, taken apart.
#[derive(Debug, Default)]
pub struct Capture<'a> {
    /// The lines of the configuration.
    pub config: Vec<Raw<'a>>,
    /// A prompt follows the configuration.
    pub closed: bool,
    /// Routing tables.
    pub tables: Vec<Table<'a>>,
    /// Lines that are no configuration.
    pub noise: Vec<Span>,
    /// Why the configuration may not be what the device has.
    pub flaws: Vec<(Span, Msg)>,
}

/// Takes a file apart; `screen` is what a terminal shows of it.
pub fn read<'a>(text: &'a str, screen: &'a Screen, file: FileId) -> Capture<'a> {
    let Cleaned { lines, noise, mut flaws, edited, erased } = Cleaned::of(text, screen, file);
    // A typing error is corrected every day; where it was made in a mode that changes things, something was changed.
    let said = |span: &Span| text.get(span.start as usize..span.end as usize).unwrap_or("");
    for span in edited.iter().filter(|span| said(span).contains("(conf")) {
        let what = msg!(
            "a line that was corrected while typing: which command it became is not known",
            "入力中に訂正された行であり、実行されたコマンドを特定できない"
        );
        flaws.push((*span, what));
    }
    let mut capture = Capture { noise, flaws, ..Capture::default() };
    // Another box, or this one at another time.
    let named: Vec<&Raw<'a>> = lines.iter().filter(|l| l.text.starts_with("hostname ")).collect();
    if let Some(other) = named.iter().find(|l| named.last().is_some_and(|n| n.text.trim() != l.text.trim())) {
        let what = msg!(
            "the log holds configurations of several devices",
            "端末ログに複数の機器の設定が含まれている"
        );
        capture.flaws.push((other.span, what));
    }
    let host = host(&lines);
    let sections = session::sections(lines, &|text| prompt(text, host));
    let mut edits: Vec<(usize, Span)> = Vec::new();
    for (at, section) in sections.iter().enumerate().filter(|(_, s)| s.prompted) {
        let quiet = match section.context {
            Some(_) => harmless(&section.command),
            None => shows_only(&section.command),
        };
        // The device's own message may stand behind a prompt.
        if !quiet && !refused(section) && !session::log_message(section.typed) {
            edits.push((at, section.place));
        }
        capture.noise.push(section.place);
    }
    capture.choose(sections, &edits);
    capture.painted(&erased);
    capture
}

impl<'a> Capture<'a> {
    fn choose(&mut self, sections: Vec<Section<'a>>, edits: &[(usize, Span)]) {
        let running = sections.iter().rposition(|s| shows_running(&s.command) == Some(Part::Whole));
        let startup = || sections.iter().rposition(|s| shows_startup(&s.command));
        let excerpt = || sections.iter().rposition(|s| shows_running(&s.command) == Some(Part::Some));
        let bare = || sections.iter().position(|s| s.command.is_empty() && has_config(&s.lines));
        let chosen = running.or_else(startup).or_else(bare).or_else(excerpt);
        let first_table = sections.iter().position(is_table);
        for (at, section) in sections.into_iter().enumerate() {
            if Some(at) == chosen {
                if shows_running(&section.command) == Some(Part::Some) {
                    let what = msg!(
                        "the command shows a part of the configuration only",
                        "コマンドの出力が設定の一部のみである"
                    );
                    self.flaws.push((section.place, what));
                }
                self.configuration(section.lines);
                self.closed = section.closed;
            } else if is_table(&section) {
                let Section { command, place, lines, closed, .. } = section;
                self.tables.push(Table { command, place, lines, closed });
            } else {
                self.noise.extend(section.lines.iter().map(|l| l.span));
            }
        }
        let used = chosen.map(|c| first_table.map_or(c, |t: usize| t.min(c)));
        let later = edits.iter().find(|(at, _)| used.is_none_or(|u| *at > u));
        if let Some((_, span)) = later {
            let what = msg!(
                "a command was entered in configuration mode after the configuration had been shown",
                "設定の表示後に、コンフィグレーションモードでコマンドが入力されている"
            );
            self.flaws.push((*span, what));
        }
    }

    /// A line of the configuration that was painted over, other than by the pager, is not what the device printed.
    fn painted(&mut self, erased: &[Span]) {
        let (Some(first), Some(last)) = (self.config.first(), self.config.last()) else { return };
        let within = |e: &&Span| first.span.start <= e.start && e.start <= last.span.end;
        let paged =
            |e: &&Span| self.config.iter().any(|l| l.paged && l.span.start <= e.start && e.end <= l.span.end);
        let over = erased.iter().find(|e| within(e) && !paged(e)).copied();
        let played = self.config.iter().find(|l| l.played.is_some() && !l.paged).map(|l| l.span);
        if let Some(span) = over.or(played) {
            let what = msg!(
                "an output that is read holds control characters: save the log as plain text",
                "読み込む出力に画面制御の文字が含まれている。ログをプレーンテキストで採取し直す"
            );
            self.flaws.push((span, what));
        }
    }

    /// The lines between the head of the output and its `end`.
    fn configuration(&mut self, lines: Vec<Raw<'a>>) {
        let mut ended: Option<Span> = None;
        let mut started = false;
        for line in lines {
            let body = line.text.trim_end();
            if body.trim().is_empty() {
                continue;
            }
            if !started && heading(body) {
                self.noise.push(line.span);
                continue;
            }
            started = true;
            if ended.is_some() {
                let what = msg!(
                    "there is more after the `end` of the configuration",
                    "設定の末尾の `end` より後に行がある"
                );
                self.flaws.push((line.span, what));
                ended = None;
            }
            if body == "end" {
                ended = Some(line.span);
            }
            self.config.push(line);
        }
    }
}

fn heading(body: &str) -> bool {
    const STARTS: [&str; 5] =
        ["Building configuration", "Current configuration", "Using ", "Load for ", "Time source is "];
    STARTS.iter().any(|s| body.starts_with(s))
}

fn has_config(lines: &[Raw<'_>]) -> bool {
    const STARTS: [&str; 8] = [
        "hostname ",
        "interface ",
        "version ",
        "ip route ",
        "vrf definition ",
        "ip access-list ",
        "service ",
        "#configuration",
    ];
    lines.iter().any(|l| STARTS.iter().any(|s| l.text.starts_with(s)))
}

/// What the prompts of the file call the device.
fn host<'a>(lines: &[Raw<'a>]) -> Option<&'a str> {
    let named = lines.iter().rev().find_map(|l| l.text.strip_prefix("hostname "));
    Some(named?.trim().trim_matches('"'))
}

/// Whether the line is a prompt: its mode, if it has one, and the command behind it.
fn prompt<'a>(text: &'a str, host: Option<&str>) -> Option<Prompt<'a>> {
    let text = text.trim_start_matches(['!', '@']);
    let known: [Option<&str>; 4] = [host, Some("awplus"), Some("Switch"), Some("Router")];
    let shown = |name: &str| -> Option<Prompt<'a>> {
        // Cisco prints the first 20 characters only.
        let short: String = name.chars().take(20).collect();
        let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(short.as_str()))?;
        if let Some(mode) = rest.strip_prefix('(') {
            let (mode, rest) = mode.split_once(')')?;
            return Some(Prompt { context: Some(mode), command: rest.strip_prefix('#')?.trim() });
        }
        let command = rest.strip_prefix('#').or_else(|| rest.strip_prefix('>'))?.trim();
        Some(Prompt { context: None, command })
    };
    known.into_iter().flatten().filter(|n| !n.is_empty()).find_map(shown)
}

/// Commands in configuration mode that change nothing.
fn harmless(words: &[String]) -> bool {
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
fn shows_only(words: &[String]) -> bool {
    const QUIET: [(&str, usize); 17] = [
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
    match words.first() {
        None => true,
        // Modes of their own follow.
        Some(_) if short(words.first(), "configure", 3) => second.is_none() || short(second, "terminal", 1),
        Some(_) if short(words.first(), "write", 1) => {
            second.is_none() || short(second, "memory", 1) || short(second, "terminal", 1)
        }
        Some(_) if short(words.first(), "copy", 3) => {
            short(second, "running-config", 1) && words.get(2).is_none_or(|to| !to.starts_with('r'))
        }
        first => QUIET.iter().any(|(full, least)| short(first, full, *least)),
    }
}

/// Whether the device did not understand a command.
fn refused(section: &Section<'_>) -> bool {
    const SIGNS: [&str; 5] = [
        "% Invalid input detected",
        "% Unknown command",
        "% Ambiguous command",
        "% Incomplete command",
        "% Bad IP address",
    ];
    section.lines.iter().any(|l| SIGNS.iter().any(|s| l.text.starts_with(s)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Some,
}

/// `word` is an abbreviation of `full` of at least `least` letters.
fn short(word: Option<&String>, full: &str, least: usize) -> bool {
    word.is_some_and(|w| w.len() >= least && full.starts_with(w.as_str()))
}

fn shows_running(command: &[String]) -> Option<Part> {
    let command = if short(command.first(), "do", 2) { command.get(1..)? } else { command };
    let terminal = short(command.first(), "write", 2) && short(command.get(1), "terminal", 1);
    if terminal {
        return Some(Part::Whole);
    }
    if !(short(command.first(), "show", 2) && short(command.get(1), "running-config", 3)) {
        return None;
    }
    let rest: Vec<&str> = command.iter().skip(2).map(String::as_str).collect();
    Some(if matches!(rest.as_slice(), [] | ["view", "full"] | ["all"]) { Part::Whole } else { Part::Some })
}

fn shows_startup(command: &[String]) -> bool {
    short(command.first(), "show", 2) && short(command.get(1), "startup-config", 3) && command.len() == 2
}

fn is_table(section: &Section<'_>) -> bool {
    let command = &section.command;
    if command.is_empty() {
        return section
            .lines
            .iter()
            .any(|l| l.text.starts_with("Codes: ") || l.text.starts_with("IPv6 Routing"));
    }
    short(command.first(), "show", 2)
        && matches!(command.get(1).map(String::as_str), Some("ip" | "ipv6"))
        && short(command.get(2), "route", 2)
}
