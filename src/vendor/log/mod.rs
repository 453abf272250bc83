//! One terminal log taken apart: the configuration, and outputs that go with it, as files of their own.
//!
//! A part keeps the path, the lines and the columns of the log; what does not belong to it is blank. So a vendor reads
//! it like any file, and every message names the line of the log. Whatever could make the configuration another than
//! the device has is a flaw: the log ends before the next prompt, somebody left the pager, or somebody changed something
//! afterwards.
mod login;
mod shell;
pub mod twice;
mod typed;

use std::collections::BTreeMap;

use crate::msg;
use crate::source::session::{self, Cleaned, Screen, Section, part};
use crate::source::{FileId, Msg, Sources, Span};

use super::Companion;
use shell::{Prints, refused};
pub use shell::{Shell, dropped};
use twice::{Display, Extent, Kind};
use typed::Typing;

/// Most outputs of one kind that are taken out of a log: each costs as much memory as the log.
const MOST_PARTS: usize = 16;

/// A log, taken apart.
#[derive(Debug)]
pub struct Unpacked {
    /// The configuration.
    pub config: FileId,
    /// Outputs that go with it.
    pub companions: Vec<(Companion, FileId)>,
    /// Prompts with their commands, and paging noise.
    pub inert: Vec<Span>,
    /// Why the configuration may not be what the device has.
    pub flaws: Vec<(Span, Msg)>,
}

/// Takes a log apart; `None` if the file is none. What belongs to no command that is read is blank from now on, so that
/// nothing of it can be shown or copied.
pub fn unpack(sources: &mut Sources, file: FileId, shell: Shell) -> Option<Unpacked> {
    let text = sources.parse_text(file);
    if shell::no_log(text) {
        return None;
    }
    let screen = Screen::of(text, file);
    let Cleaned { lines, noise, mut flaws, edited, erased } = Cleaned::of(text, &screen, file);
    flaws.extend(edited.iter().map(|span| {
        let what = msg!(
            "the line was painted over in a way that cannot be followed: what stood there in the end is not known",
            "画面制御により書き換えられた行であり、最終的な内容(実行されたコマンド)を特定できない"
        );
        (*span, what)
    }));
    let host = shell.host(&lines)?.to_owned();
    let sections = session::sections(lines, &|line| shell.prompt(line, &host));
    let prints = sections.iter().map(|s| shell.prints(s)).collect();
    let painted = erased.iter().copied().filter(|span| session::shows_text(text, *span)).collect();
    let log = Log { sections, prints, shell, host, painted, typing: Typing::of(text) };
    // What was taken back may have been a password.
    let mut taken = Taken { flaws, inert: noise, config: Vec::new(), hidden: edited, painted: Vec::new() };
    let chosen = log.configuration(sources.whole(file), &mut taken);
    let parts = log.parts(&mut taken);
    log.commands(chosen, &mut taken);
    log.contradictions(&mut taken);
    if let Some([before, after]) = twice::back_in_time(text, file) {
        taken.inert.extend([before, after]);
        taken.flaws.push((after, twice::goes_back()));
    }
    let config = std::mem::take(&mut taken.config);
    for span in &taken.hidden {
        sources.mask(*span);
    }
    let mut used: Vec<Span> = config.iter().chain(parts.iter().flat_map(|(_, p)| p)).copied().collect();
    used.sort_unstable();
    // What a device painted over in its own output stays, so that a copy is doubted as well.
    let typed = |span: &&Span| {
        let before = used.partition_point(|u| u.start <= span.start);
        before.checked_sub(1).and_then(|at| used.get(at)).is_none_or(|u| u.end < span.end)
    };
    for span in erased.iter().filter(typed) {
        // Of a line that is gone altogether something has to stay for the same reason.
        if taken.painted.contains(span) {
            let wiped = sources.parse_span(*span);
            let shown = wiped.find(char::is_control).unwrap_or(wiped.len());
            sources.mask(part(*span, 0, shown));
            taken.inert.push(*span);
        } else {
            sources.erase(*span);
        }
    }
    let all = config.iter().chain(parts.iter().flat_map(|(_, p)| p)).chain(&taken.inert).copied().collect();
    sources.keep_only(file, all);
    let companions = parts.iter().map(|(kind, spans)| (*kind, sources.add_part(file, spans))).collect();
    // The last part taken: that is how `Sources::config_of` knows it.
    let config = sources.add_part(file, &config);
    Some(Unpacked { config, companions, inert: taken.inert, flaws: taken.flaws })
}

/// What the prompts of a log call the device; `None` if the file is no such log.
pub fn host_of(sources: &Sources, file: FileId, shell: Shell) -> Option<String> {
    let text = sources.parse_text(file);
    if shell::no_log(text) {
        return None;
    }
    let screen = Screen::of(text, file);
    let cleaned = Cleaned::of(text, &screen, file);
    shell.host(&cleaned.lines).map(str::to_owned)
}

struct Log<'a> {
    sections: Vec<Section<'a>>,
    prints: Vec<Prints>,
    shell: Shell,
    host: String,
    /// What was shown and wiped out again, other than by a pager.
    painted: Vec<Span>,
    typing: Typing,
}

struct Taken {
    config: Vec<Span>,
    inert: Vec<Span>,
    flaws: Vec<(Span, Msg)>,
    /// What was typed where no command was expected: it may be a password.
    hidden: Vec<Span>,
    /// What was wiped out in an output that is read.
    painted: Vec<Span>,
}

impl Log<'_> {
    fn each(&self) -> impl DoubleEndedIterator<Item = (usize, &Section<'_>, &Prints)> {
        let prints = self.prints.iter();
        let both = self.sections.iter().zip(prints).collect::<Vec<_>>();
        both.into_iter().enumerate().map(|(at, (section, prints))| (at, section, prints))
    }

    /// Chooses the last display of the whole configuration.
    fn configuration(&self, whole: Span, taken: &mut Taken) -> Option<usize> {
        let shows = || self.each().filter(|(_, _, p)| matches!(p, Prints::Config));
        let all = shows().rev().find(|(_, s, _)| s.context.is_none()).or_else(|| shows().next_back());
        let Some((at, section, _)) = all else {
            let what = msg!(
                "the log holds no whole configuration",
                "端末ログに設定全体の表示(FortiGateは `show`、Linuxは `iptables-save`)がない"
            );
            taken.flaws.push((self.sections.first().map_or(whole, |s| s.place), what));
            return None;
        };
        self.painted(at, section, taken);
        taken.config.extend(section.lines.iter().filter(|l| !asks_password(l.text)).map(|l| l.span));
        if section.context.is_some() && shows().any(|(_, s, _)| s.context != section.context) {
            let what = msg!(
                "the log shows the configuration VDOM by VDOM, and only this part is read: enter `show` before `config vdom`",
                "設定がVDOMごとに分けて表示されており、この部分しか読み込まない。`config vdom` に入る前に `show` を実行する"
            );
            taken.flaws.push((section.place, what));
        }
        // In a virtual domain only what belongs to it is shown, and a link may lead to another one.
        let global = section.lines.iter().any(|l| l.text.trim_end() == "config system global");
        if section.context.is_some() && !global {
            let what = msg!(
                "the log shows one VDOM only, and what the others let pass is not known: enter `show` before `config vdom`",
                "1つのVDOMの設定しか表示されておらず、他のVDOMの設定が不明である。`config vdom` に入る前に `show` を実行する"
            );
            taken.flaws.push((section.place, what));
        }
        let mut lines = section.lines.iter().filter(|l| !l.text.trim().is_empty() && !asks_password(l.text));
        if let Some(first) = lines.next().filter(|l| !begins(l.text)) {
            let what = msg!(
                "the output does not begin like a configuration: a line of it may have been taken for a prompt",
                "出力の先頭が設定の書き出しではない(設定中の行をプロンプトと解釈した可能性がある)"
            );
            taken.flaws.push((first.span, what));
        }
        if !section.closed {
            taken.flaws.push((last_line(section), self.why_open(at, true)));
        }
        Some(at)
    }

    /// Why an output may go on.
    fn why_open(&self, at: usize, config: bool) -> Msg {
        match (self.sections.get(at + 1).is_some(), config) {
            (true, _) => msg!(
                "the display was left at a page's end: what follows is missing",
                "ページ送りの途中で表示が打ち切られており、以降の出力がない"
            ),
            (false, true) => msg!(
                "the log ends here, and no prompt follows the configuration: it may be cut short",
                "設定が途中で終わっています(設定の後にプロンプトがなく、端末ログが途切れている)"
            ),
            (false, false) => msg!(
                "the log ends here, within the output of a command",
                "コマンドの出力の途中で端末ログが途切れている"
            ),
        }
    }

    /// The outputs that go with the configuration, each with the lines that tell what it is.
    fn parts(&self, taken: &mut Taken) -> Vec<(Companion, Vec<Span>)> {
        match self.shell {
            Shell::FortiOs => self.tables(taken),
            Shell::Linux => self.outputs(taken),
        }
    }

    /// Every routing table that was shown whole, with the prompts around: they tell whose it is and that it is whole.
    fn tables(&self, taken: &mut Taken) -> Vec<(Companion, Vec<Span>)> {
        let table = |prints: &Prints| matches!(prints, Prints::Part(_));
        if !self.prints.iter().any(table) {
            return Vec::new();
        }
        let mut spans = Vec::new();
        for (at, section, prints) in self.each().filter(|(_, s, _)| s.prompted) {
            let left = table(prints) && !section.closed && at + 1 < self.sections.len();
            if !left {
                spans.push(section.place);
            }
            if table(prints) && !left {
                self.painted(at, section, taken);
                spans.extend(section.lines.iter().map(|l| l.span));
            }
        }
        vec![(Companion::Routes, spans)]
    }

    /// The last output of every command, those that name no table first.
    fn outputs(&self, taken: &mut Taken) -> Vec<(Companion, Vec<Span>)> {
        let mut last: BTreeMap<(Companion, String), usize> = BTreeMap::new();
        for (at, _, prints) in self.each() {
            if let Prints::Part((kind, table)) = prints {
                last.insert((*kind, table.clone()), at);
            }
        }
        let mut out: Vec<(Companion, Vec<Span>)> = Vec::new();
        for ((kind, table), at) in &last {
            let shown = |table: &str| last.contains_key(&(*kind, table.to_owned()));
            // Without the table `main`, a table of another name would leave it empty. What shows all tables is enough.
            let wanted = table == "all" || !shown("all") && (table.is_empty() || shown(""));
            let Some(section) = self.sections.get(*at).filter(|_| wanted) else { continue };
            // The name of a table has to stand there as it was entered.
            if section.line.played.is_some() && !matches!(table.as_str(), "" | "all" | "6") {
                continue;
            }
            if out.iter().filter(|(k, _)| k == kind).count() >= MOST_PARTS {
                let what =
                    msg!("more outputs of one kind than are read", "同種の出力が多すぎるため読み込まない");
                taken.flaws.push((section.place, what));
                continue;
            }
            if !section.closed {
                taken.flaws.push((last_line(section), self.why_open(*at, false)));
            }
            self.painted(*at, section, taken);
            let lines = section.lines.iter().filter(|l| !asks_password(l.text));
            // Its command tells which table it is.
            let routes = matches!(kind, Companion::Routes | Companion::Routes6);
            let told = (routes && !table.is_empty() && table != "all").then_some(section.place);
            out.push((*kind, told.into_iter().chain(lines.map(|l| l.span)).collect()));
        }
        out
    }

    /// Where the next command begins.
    fn end_of(&self, at: usize) -> u32 {
        self.sections.get(at + 1).map_or(u32::MAX, |next| self.typing.line_of(next.place.start))
    }

    /// A line that is read and that was painted over: its bytes are not what the device printed.
    fn painted(&self, at: usize, section: &Section<'_>, taken: &mut Taken) {
        let (from, to) = (self.typing.line_after(section.place.start), self.end_of(at));
        let over = self.painted.iter().find(|span| from <= span.start && span.start < to);
        let played = section.lines.iter().find(|l| l.played.is_some()).map(|l| l.span);
        taken.painted.extend(over);
        if let Some(span) = over.copied().or(played) {
            let what = msg!(
                "an output that is read holds control characters: save the log as plain text",
                "読み込む出力に画面制御の文字が含まれている。ログをプレーンテキストで採取し直す"
            );
            taken.flaws.push((span, what));
        }
    }

    /// What of a command must not be shown.
    fn typed_secrets(&self, section: &Section<'_>, prints: &Prints) -> Span {
        if self.shell == Shell::Linux && shell::given_up(section) {
            let end = section.line.text.trim_end().len().saturating_sub("^C".len());
            return Span { end: section.line.behind(end).start, ..section.typed_behind(0) };
        }
        section.typed_behind(shell::shown_words(self.shell, section, prints))
    }

    /// A line below a command that was typed.
    fn typed(&self, at: usize, section: &Section<'_>, prints: &Prints) -> Option<Span> {
        let pasted = self.typing.pasted(section.place, self.end_of(at));
        pasted.filter(|_| self.shell == Shell::Linux).or_else(|| typed::below(self.shell, section, prints))
    }

    /// Displays of one thing that say different things, with no change between them.
    fn contradictions(&self, taken: &mut Taken) {
        let mut last: BTreeMap<(Kind, String), usize> = BTreeMap::new();
        for (at, section, prints) in self.each() {
            let Some(thing) = self.thing(section, prints) else { continue };
            let kind = thing.0;
            let Some(before) = last.insert(thing, at) else { continue };
            let Some(earlier) = self.sections.get(before) else { continue };
            let between = |(n, s, p): (usize, &Section<'_>, &Prints)| {
                before < n && n < at && *p == Prints::Unknown && refused(s).is_none()
            };
            let changed = self.each().any(between);
            let pair = [(before, earlier), (at, section)].map(|(at, s)| Display {
                at,
                place: s.place,
                lines: &s.lines,
            });
            let same = kind != Kind::Blocks || earlier.command == section.command;
            let extent = if same { Extent::Same } else { Extent::Subset };
            let Some(against) = twice::compare(kind, pair, extent, changed) else { continue };
            taken.flaws.push((against.span, against.what));
            // A copy has to say the same.
            taken.inert.extend(against.earlier);
            if !against.dated {
                taken.hidden.extend(against.earlier);
            }
        }
    }

    /// What a command displays of the device.
    fn thing(&self, section: &Section<'_>, prints: &Prints) -> Option<(Kind, String)> {
        let context = section.context.unwrap_or("");
        Some(match (prints, self.shell) {
            (Prints::Config, Shell::Linux) => (Kind::Save, String::new()),
            (Prints::Config, Shell::FortiOs) => (Kind::Blocks, context.to_owned()),
            (Prints::Part((kind, table)), _) => {
                let how = match kind {
                    Companion::Ipv6 => Kind::Save,
                    Companion::Addresses => Kind::Addresses,
                    Companion::Sysctl => Kind::Settings,
                    Companion::Routes | Companion::Routes6 | Companion::Rules => Kind::Table,
                };
                (how, format!("{kind:?} {table} {context}"))
            }
            _ => return None,
        })
    }

    /// What was typed: prompts stay to be seen, and a change after the first thing that is read makes it old.
    fn commands(&self, chosen: Option<usize>, taken: &mut Taken) {
        let used = self.each().find(|(at, _, p)| Some(*at) == chosen || matches!(p, Prints::Part(_)));
        let first = used.map_or(0, |(at, ..)| at);
        for (at, section, prints) in self.each().filter(|(_, s, _)| s.prompted) {
            taken.inert.push(section.place);
            if let Prints::Others(found) = prints {
                for span in found {
                    let what = msg!(
                        "the box has rules of nftables that `iptables-save` does not show",
                        "`iptables-save` に現れない nftables のルールがある"
                    );
                    taken.inert.push(*span);
                    taken.flaws.push((*span, what));
                }
            }
            // A password may have been typed anywhere; of commands that are known their first words are shown.
            taken.hidden.push(self.typed_secrets(section, prints));
            let below = login::below(self.shell, (section, prints), &self.host);
            taken.inert.extend(below.kept);
            taken.hidden.extend(below.hidden);
            if let Some(line) = self.typed(at, section, prints) {
                taken.inert.push(line);
                taken.hidden.push(line);
                let what = msg!(
                    "this line may be a command that was entered without a prompt of its own (a pasted block, a pager's way out), and it may have changed the configuration",
                    "プロンプトのない行だが、入力されたコマンドの可能性がある(複数行の貼り付け、ページャからの実行など)。設定を変更した可能性がある"
                );
                taken.flaws.push((line, what));
            }
            if let Some(line) = below.doubt {
                // A copy shows that there is something.
                taken.inert.push(line);
                taken.hidden.push(line);
                taken.flaws.push((line, if below.member { other_member() } else { other_shell() }));
            }
            if *prints != Prints::Unknown {
                continue;
            }
            if let Some((line, around)) = refused(section) {
                taken.inert.push(line);
                taken.hidden.extend(around);
            } else if at > first || chosen.is_none() || shell::goes_elsewhere(section) {
                let what = msg!(
                    "a command was entered after the configuration had been shown, and it may have changed it",
                    "設定の表示後に、設定を変更し得るコマンドが入力されている"
                );
                taken.flaws.push((section.place, what));
            }
        }
    }
}

fn other_shell() -> Msg {
    msg!(
        "another shell answers here: what was entered in it is not read",
        "別のシェルの応答であり、そこで入力されたコマンドは読み取れない"
    )
}

fn other_member() -> Msg {
    msg!(
        "the log also shows the configuration of the other member of the cluster, which is not read: save it as a file of its own and name both",
        "端末ログにHAの相手機の設定も表示されているが、読み込まれない。相手機の設定を別ファイルに保存し、2台分を指定する"
    )
}

fn last_line(section: &Section<'_>) -> Span {
    section.lines.last().map_or(section.place, |l| l.span)
}

/// Whether a line is one that a configuration begins with.
fn begins(line: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["#config-version=", "#conf_file_ver=", "config ", "# Generated by", "*"];
    BEGINNINGS.iter().any(|b| line.starts_with(b))
}

/// `[sudo] password for admin:`: it stands before an output and is none of it.
fn asks_password(line: &str) -> bool {
    line.starts_with("[sudo] ") && line.trim_end().ends_with([':', '\u{ff1a}'])
}
