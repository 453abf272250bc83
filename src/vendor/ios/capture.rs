//! What a file holds beside a configuration: a terminal log with prompts, several commands, paging noise, time stamps.
//!
//! Lines keep their places in the file. The last whole `show running-config` of a log is the configuration; routing
//! tables in it are kept; what other commands print is passed over.

use std::collections::BTreeMap;

use crate::msg;
use crate::source::session::{self, Cleaned, Prompt, Raw, Screen, Section};
use crate::source::{FileId, Msg, Span};

use super::super::log::twice::{self, Display, Extent, Kind};
use super::again;
use super::commands::{
    Part, counts, harmless, is_table, refused, shows_only, shows_running, shows_startup, strays,
};

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
    let Cleaned { lines, noise, flaws, edited, erased } = Cleaned::of(text, screen, file);
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
    // A typing error is corrected every day; what became of this one is not known.
    let said = |span: &Span| text.get(span.start as usize..span.end as usize).unwrap_or("");
    let prompts = |text: &str| text.contains("(conf") || host.is_some_and(|h| text.contains(cut_name(h)));
    for span in edited.iter().filter(|span| prompts(said(span))) {
        let what = msg!(
            "a line that was corrected while typing: which command it became is not known",
            "入力中に訂正された行であり、実行されたコマンドを特定できない"
        );
        capture.flaws.push((*span, what));
    }
    if let Some([_, after]) = twice::back_in_time(text, file) {
        capture.flaws.push((after, twice::goes_back()));
    }
    let sections = session::sections(lines, &|text| prompt(text, host));
    let mut edits: Vec<(usize, Span)> = Vec::new();
    for (at, section) in sections.iter().enumerate().filter(|(_, s)| s.prompted) {
        let quiet = match section.context {
            Some(_) => harmless(&section.command),
            None => shows_only(&section.command),
        };
        // The device's own message may stand behind a prompt.
        if (!quiet || strays(section)) && !refused(section) && !session::log_message(section.typed) {
            edits.push((at, section.place));
        }
        capture.noise.push(section.place);
    }
    capture.contradictions(&sections, &edits);
    capture.retold(&sections, &edits);
    capture.other_prompts(&sections, host);
    capture.choose(sections, &edits);
    let painted: Vec<Span> = erased.into_iter().filter(|span| session::shows_text(text, *span)).collect();
    capture.painted(&painted);
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
        let configuring: Vec<bool> = sections.iter().map(|s| s.context.is_some()).collect();
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
        if let Some((at, span)) = later {
            let what = if configuring.get(*at) == Some(&true) {
                msg!(
                    "a command was entered in configuration mode after the configuration had been shown",
                    "設定の表示後に、コンフィグレーションモードでコマンドが入力されている"
                )
            } else {
                msg!(
                    "a command was entered after the configuration had been shown, and it may have changed it",
                    "設定の表示後に、設定を変更し得るコマンドが入力されている"
                )
            };
            self.flaws.push((*span, what));
        }
    }

    /// A line that is read and that was painted over, other than by the pager, is not what the device printed.
    fn painted(&mut self, erased: &[Span]) {
        let outputs = std::iter::once(&self.config).chain(self.tables.iter().map(|t| &t.lines));
        let found: Vec<Span> = outputs.filter_map(|lines| painted_in(lines, erased)).collect();
        for span in found {
            let what = msg!(
                "an output that is read holds control characters: save the log as plain text",
                "読み込む出力に画面制御の文字が含まれている。ログをプレーンテキストで採取し直す"
            );
            self.flaws.push((span, what));
        }
    }

    /// Displays of one thing that say different things, with no change between them.
    fn contradictions(&mut self, sections: &[Section<'a>], edits: &[(usize, Span)]) {
        let display = |at: usize| -> Option<Display<'_, 'a>> {
            sections.get(at).map(|s| Display { at, place: s.place, lines: &s.lines })
        };
        let mut compare = |kind: Kind, before: usize, after: usize, extent: Extent| {
            let changed = edits.iter().any(|(at, _)| before < *at && *at < after);
            let pair = display(before).zip(display(after)).map(|(a, b)| [a, b]);
            let against = pair.and_then(|pair| twice::compare(kind, pair, extent, changed));
            self.flaws.extend(against.map(|a| (a.span, a.what)));
        };
        let all = |at: usize| sections.get(at).is_some_and(|s| s.command.iter().any(|w| w == "all"));
        let mut wholes = Vec::new();
        let mut tables: BTreeMap<String, usize> = BTreeMap::new();
        for (at, section) in sections.iter().enumerate() {
            if shows_running(&section.command) == Some(Part::Whole) || whole_without_prompt(section) {
                wholes.push(at);
            } else if section.prompted && is_table(section) {
                let before = tables.insert(section.command.join(" "), at);
                before.into_iter().for_each(|before| compare(Kind::Table, before, at, Extent::Same));
            }
        }
        for (before, after) in wholes.iter().zip(wholes.iter().skip(1)) {
            let extent = if all(*before) == all(*after) { Extent::Same } else { Extent::Subset };
            compare(Kind::Running, *before, *after, extent);
        }
        // What a part shows, the whole shows, too.
        let Some(chosen) = wholes.last().copied() else { return };
        for (at, section) in sections.iter().enumerate() {
            let numbered = section.command.iter().any(|w| matches!(w.as_str(), "linenum" | "format" | "all"));
            let some = shows_running(&section.command) == Some(Part::Some) && !counts(&section.command);
            if some && !numbered && !refused(section) {
                compare(Kind::Running, at.min(chosen), at.max(chosen), Extent::Subset);
            }
        }
    }

    /// Displays of parts that say otherwise than the configuration, with no change between them.
    fn retold(&mut self, sections: &[Section<'a>], edits: &[(usize, Span)]) {
        let whole =
            |s: &Section<'a>| shows_running(&s.command) == Some(Part::Whole) || whole_without_prompt(s);
        let Some(chosen) = sections.iter().rposition(whole) else { return };
        let Some(config) = sections.get(chosen) else { return };
        // What is as it was delivered stands there only.
        let all = config.command.iter().any(|w| w == "all");
        for (at, section) in sections.iter().enumerate().filter(|(_, s)| s.prompted && !refused(s)) {
            let (from, to) = (at.min(chosen), at.max(chosen));
            let changed = edits.iter().any(|(edit, _)| from < *edit && *edit < to);
            if all && shows_running(&section.command).is_some() {
                continue;
            }
            let found = again::contradiction(&config.lines, section).filter(|_| !changed);
            self.flaws.extend(found.map(|span| (span, twice::shown_differently())));
        }
    }

    /// The device's own name before a sign, in a form that is not taken for its prompt.
    fn other_prompts(&mut self, sections: &[Section<'a>], host: Option<&str>) {
        let Some(host) = host else { return };
        let lines = sections.iter().flat_map(|s| &s.lines);
        if let Some(line) = lines.clone().find(|l| own_name(l.text, host)) {
            let what = msg!(
                "a prompt of another form: what was entered behind it is not read",
                "通常と異なる形式のプロンプトであり、そこで入力されたコマンドは読み取れない"
            );
            self.flaws.push((line.span, what));
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

/// The first line of an output that was painted over.
fn painted_in(lines: &[Raw<'_>], erased: &[Span]) -> Option<Span> {
    let (first, last) = (lines.first()?, lines.last()?);
    let within = |e: &&Span| first.span.start <= e.start && e.start <= last.span.end;
    let paged = |e: &&Span| lines.iter().any(|l| l.paged && l.span.start <= e.start && e.end <= l.span.end);
    let over = erased.iter().find(|e| within(e) && !paged(e)).copied();
    over.or_else(|| lines.iter().find(|l| l.played.is_some() && !l.paged).map(|l| l.span))
}

/// A whole configuration before the first prompt of a log.
fn whole_without_prompt(section: &Section<'_>) -> bool {
    let ended = section.lines.iter().rev().find(|l| !l.text.trim().is_empty());
    !section.prompted
        && section.lines.iter().any(|l| l.text.starts_with("hostname "))
        && ended.is_some_and(|l| l.text.trim_end() == "end")
}

/// Cisco prints the first 20 characters only.
fn cut_name(host: &str) -> &str {
    host.char_indices().nth(20).and_then(|(at, _)| host.get(..at)).unwrap_or(host)
}

/// Whether a line begins like a prompt of the device, in whatever form: `SW-01 (config)#`, `sw-01 #`.
fn own_name(text: &str, host: &str) -> bool {
    let (text, name) = (text.trim_start(), cut_name(host));
    let begins = text.get(..name.len()).is_some_and(|t| !name.is_empty() && t.eq_ignore_ascii_case(name));
    let rest = text.get(name.len()..).unwrap_or("");
    let Some(sign) = rest.find(['#', '>']).filter(|_| begins) else { return false };
    let between = rest.get(..sign).unwrap_or("");
    between.split_whitespace().count() <= 1 && !between.contains('<')
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
    // The heading of `show switch`, and of the ports of a stack.
    let columns: Vec<&str> = text.strip_prefix("Switch#").unwrap_or("").split_whitespace().collect();
    if columns.starts_with(&["Role", "Mac", "Address"]) || columns.starts_with(&["Port", "1", "Port", "2"]) {
        return None;
    }
    let known: [Option<&str>; 4] = [host, Some("awplus"), Some("Switch"), Some("Router")];
    let shown = |name: &str| -> Option<Prompt<'a>> {
        let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(cut_name(name)))?;
        if let Some(mode) = rest.strip_prefix('(') {
            let (mode, rest) = mode.split_once(')')?;
            return Some(Prompt { context: Some(mode), command: rest.strip_prefix('#')?.trim() });
        }
        let command = rest.strip_prefix('#').or_else(|| rest.strip_prefix('>'))?.trim();
        Some(Prompt { context: None, command })
    };
    known.into_iter().flatten().filter(|n| !n.is_empty()).find_map(shown)
}
