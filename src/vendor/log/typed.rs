//! Lines below a command that somebody typed, though no prompt stands before them: a pasted block of commands, what a
//! pager passes to a shell, commands that were entered while another one ran.
//!
//! Shells whose line editor takes a pasted block as a whole show it below one prompt, inversely, and carry it out line by
//! line (readline 8.1 NEWS, "bracketed paste", "active region"). They say when they read: `ESC [ ? 2004 h`, and when they
//! are done: `ESC [ ? 2004 l` (xterm control sequences, "Bracketed Paste Mode"). A log saved as plain text shows neither.

use crate::source::Span;
use crate::source::session::{Raw, Section};

use super::shell::{Prints, Shell, program};

/// What the control sequences of a log say of lines that were typed.
#[derive(Debug, Default)]
pub(super) struct Typing {
    /// Where the lines begin that begin while the line editor reads.
    read: Vec<u32>,
    /// Where the lines begin that begin while text is shown inversely.
    inverse: Vec<u32>,
    /// Where all lines begin.
    lines: Vec<u32>,
    /// Where the line editor is done.
    done: Vec<u32>,
}

impl Typing {
    /// Looks through a log.
    pub(super) fn of(text: &str) -> Self {
        let mut out = Typing::default();
        let (mut reads, mut inverse) = (false, false);
        let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut start = 0usize;
        for line in text.split_inclusive('\n') {
            // Before anything is shown, the editor may be done with the line above.
            let mut blank = true;
            out.lines.push(offset(start));
            let mut rest = line;
            while let Some(at) = rest.find('\u{1b}') {
                let (before, sequence) = rest.split_at_checked(at).unwrap_or((rest, ""));
                if blank && !before.trim().is_empty() {
                    out.begin(offset(start), reads, inverse);
                    blank = false;
                }
                let here = start + line.len() - sequence.len();
                if sequence.starts_with("\u{1b}[?2004h") {
                    reads = true;
                } else if sequence.starts_with("\u{1b}[?2004l") {
                    out.done.push(offset(here));
                    reads = false;
                } else if sequence.starts_with("\u{1b}[7m") {
                    inverse = true;
                    // What is pasted shows before anything of it does.
                    if blank && reads {
                        out.begin(offset(start), reads, inverse);
                        blank = false;
                    }
                } else if ["\u{1b}[27m", "\u{1b}[m", "\u{1b}[0m"].iter().any(|s| sequence.starts_with(s)) {
                    // A block whose last line ends with its line end goes on below.
                    if blank && inverse {
                        out.begin(offset(start), reads, inverse);
                        blank = false;
                    }
                    inverse = false;
                }
                rest = sequence.get(1..).unwrap_or("");
                // The words of the sequence show nothing.
                rest = match rest.strip_prefix('[') {
                    Some(body) => body.trim_start_matches(|c: char| !('@'..='~').contains(&c)),
                    None => rest,
                };
                rest = rest.strip_prefix(|c: char| ('@'..='~').contains(&c)).unwrap_or(rest);
            }
            if blank && !rest.trim().is_empty() {
                out.begin(offset(start), reads, inverse);
            }
            start += line.len();
        }
        out
    }

    fn begin(&mut self, start: u32, reads: bool, inverse: bool) {
        if reads {
            self.read.push(start);
        }
        if inverse {
            self.inverse.push(start);
        }
    }

    /// Where the line of a place begins.
    pub(super) fn line_of(&self, at: u32) -> u32 {
        let after = self.lines.partition_point(|line| *line <= at);
        after.checked_sub(1).and_then(|n| self.lines.get(n)).copied().unwrap_or(0)
    }

    /// Where the line behind that of a place begins.
    pub(super) fn line_after(&self, at: u32) -> u32 {
        self.lines.get(self.lines.partition_point(|line| *line <= at)).copied().unwrap_or(u32::MAX)
    }

    /// The first line between a prompt's place and the next prompt that was typed. What is listed while a word is
    /// completed stands there, too, but then the prompt comes again before the editor is done.
    pub(super) fn pasted(&self, prompt: Span, next: u32) -> Option<Span> {
        let behind = |list: &[u32]| {
            let at = list.partition_point(|start| *start <= prompt.start);
            list.get(at).copied().filter(|start| *start < next)
        };
        let last = self.done.partition_point(|at| *at < next);
        let done = last.checked_sub(1).and_then(|at| self.done.get(at)).copied();
        let read = behind(&self.read).filter(|start| done.is_some_and(|at| *start <= at));
        // Shown inversely from the prompt's line on; a pager's own lines are not.
        let inverse = behind(&self.inverse).filter(|start| self.line_after(prompt.start) == *start);
        let start = read.into_iter().chain(inverse).min()?;
        let end = self.line_after(start).min(next).saturating_sub(1);
        Some(Span { file: prompt.file, start, end: end.max(start) })
    }
}

/// A line below a command that is a command itself, in a form that no output of the first one has.
pub(super) fn below(shell: Shell, section: &Section<'_>, prints: &Prints) -> Option<Span> {
    let mut lines = section.lines.iter().filter(|l| !l.text.trim().is_empty());
    let found = match shell {
        Shell::FortiOs => {
            let words = section.command.first().map(String::as_str);
            let shows = words == Some("show") || *prints == Prints::Unknown;
            lines.find(|l| !shows && forti_command(l.text))
        }
        Shell::Linux if *prints == Prints::Unknown => None,
        Shell::Linux => {
            let words: Vec<&str> =
                section.command.iter().map(String::as_str).skip_while(|w| *w == "sudo").collect();
            let name = words.first().map_or("", program);
            lines.clone().find(|l| escapes(&words, l.text)).or_else(|| strange_line(name, &words, &mut lines))
        }
    };
    found.map(|line| line.span)
}

/// What a shell or the kernel may write at any time.
fn notice(text: &str) -> bool {
    ["[sudo] ", "[1]", "You have ", "Message from ", "新しいメール"].iter().any(|s| text.starts_with(s))
}

fn strange_line<'l, 'a: 'l>(
    name: &str,
    words: &[&str],
    lines: &mut (impl Iterator<Item = &'l Raw<'a>> + Clone),
) -> Option<&'l Raw<'a>> {
    // They print one line.
    if matches!(name, "date" | "hostname" | "pwd" | "uname" | "uptime" | "id" | "whoami") {
        let mut more = lines.clone().filter(|l| !notice(l.text)).skip(1);
        if let Some(line) = more.next() {
            return Some(line);
        }
    }
    const PRINT_FILES: [&str; 8] = ["cat", "head", "tail", "less", "more", "grep", "egrep", "zcat"];
    // A script says so in its first line.
    if PRINT_FILES.contains(&name) && lines.clone().next().is_some_and(|l| l.text.starts_with("#!")) {
        return None;
    }
    let long =
        words.iter().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains(['l', 'n', 'o', 'g']));
    let names = matches!(name, "ls") && !long;
    let said = words.get(1..).unwrap_or_default().join(" ");
    let echoed = |text: &str| name == "echo" && text.trim() == said.trim_matches(['"', '\'']);
    lines.find(|l| {
        let command = linux_command(l.text, name == "ls");
        !echoed(l.text) && (command || names && one_blank(l.text))
    })
}

/// Names of files stand at least two blanks apart; a command and its words one.
fn one_blank(text: &str) -> bool {
    let text = text.trim();
    let quoted = text.contains(['\'', '"']);
    let says = text.starts_with("ls: ") || text.starts_with("total ") || text.starts_with("合計 ");
    let blank = text.match_indices(' ').any(|(at, _)| {
        let sides = [at.checked_sub(1).and_then(|b| text.get(b..at)), text.get(at + 1..at + 2)];
        sides.iter().all(|side| !matches!(side, Some(" " | "\t")))
    });
    blank && !quoted && !says && !notice(text)
}

/// Whether a line of what a pager shows is a command that was given to it: `!command`, `|command`.
fn escapes(words: &[&str], text: &str) -> bool {
    const PAGERS: [&str; 7] = ["less", "more", "man", "systemctl", "journalctl", "top", "vi"];
    if !words.iter().any(|w| PAGERS.contains(&program(w))) {
        return false;
    }
    let Some(at) = text.find(['!', '|']) else { return false };
    let (before, behind) = text.split_at_checked(at).unwrap_or((text, ""));
    let (before, sign) = (before.trim(), behind.starts_with('!'));
    let asks =
        before == ":" || before.ends_with("(END)") || before.ends_with("%)") || before.ends_with("--More--");
    let typed = behind.get(1..).is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()));
    typed && (asks || before.is_empty() && sign)
}

/// Whether a line below a FortiGate's `get`, `diagnose` or `execute` is a command that changes something.
fn forti_command(text: &str) -> bool {
    const TREES: [&str; 10] = [
        "firewall",
        "system",
        "router",
        "vdom",
        "global",
        "vpn",
        "user",
        "log",
        "webfilter",
        "switch-controller",
    ];
    let mut words = text.split_whitespace();
    let (first, second) = (words.next().unwrap_or(""), words.next());
    let bare = !text.starts_with(char::is_whitespace);
    bare && match (first, second) {
        ("config", Some(tree)) => TREES.contains(&tree),
        (
            "edit" | "set" | "unset" | "delete" | "append" | "execute" | "rename" | "move" | "clone",
            Some(_),
        ) => true,
        ("purge" | "end" | "next", None) => true,
        _ => false,
    }
}

/// Whether a line is a command that may change something, with its words; in a list of files, names alone are none.
fn linux_command(text: &str, files: bool) -> bool {
    const CHANGES: [&str; 32] = [
        "ipset",
        "arptables",
        "ebtables",
        "firewall-cmd",
        "nmcli",
        "tc",
        "brctl",
        "ufw",
        "systemctl",
        "modprobe",
        "insmod",
        "rmmod",
        "ifconfig",
        "ifup",
        "ifdown",
        "vi",
        "vim",
        "cp",
        "mv",
        "rm",
        "tee",
        "ssh",
        "telnet",
        "scp",
        "python",
        "python3",
        "perl",
        "bash",
        "ksh",
        "zsh",
        "sudo",
        "su",
    ];
    const OBJECTS: [&str; 14] = [
        "route", "rule", "link", "addr", "address", "a", "r", "l", "neigh", "netns", "tunnel", "xfrm", "ro",
        "ru",
    ];
    if text.starts_with(char::is_whitespace) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return false };
    let name = program(first);
    // Columns stand further apart.
    let behind = text.get(first.len()..).unwrap_or("");
    let apart = behind.starts_with("  ") || behind.contains('\t');
    let second = rest.first().copied().unwrap_or("");
    let place = |w: &str| w.contains(['/', '.']) && !w.ends_with(['.', '\u{3002}']);
    let restores =
        |w: &&str| matches!(program(w), "iptables-restore" | "ip6tables-restore" | "iptables-apply");
    if restores(first) {
        return !files || !rest.is_empty() && !apart;
    }
    if rest.iter().any(restores) || rest.iter().any(|w| w.contains(">/proc") || w.contains(">/sys")) {
        return true;
    }
    if first.starts_with("./") {
        return !files;
    }
    if rest.is_empty() || apart {
        return false;
    }
    match name {
        // They tell their own version in the same way.
        "iptables" | "ip6tables" | "conntrack" => second.starts_with('-'),
        "ip" => OBJECTS.contains(&second) || second.starts_with('-'),
        "nft" => {
            matches!(second, "add" | "delete" | "flush" | "insert" | "replace" | "create")
                || second.starts_with('-')
        }
        "sysctl" => second.starts_with('-') || second.contains('=') || second.starts_with("net."),
        "echo" | "cat" | "printf" | "yes" => rest.iter().any(|w| w.starts_with('>') || w.starts_with("1>")),
        "service" => rest.get(1).is_some_and(|w| matches!(*w, "start" | "stop" | "restart" | "reload")),
        "route" => matches!(second, "add" | "del" | "delete" | "-A"),
        "sh" | "source" | "." | "nohup" | "exec" => place(second) || second.starts_with('-'),
        "for" => rest.get(1) == Some(&"in"),
        _ => CHANGES.contains(&name),
    }
}
