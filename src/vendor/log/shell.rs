//! What prompts look like, and what is known of commands: which print what is read, which change nothing.

use crate::source::Span;
use crate::source::session::{Prompt, Raw, Section, part};

use super::super::Companion;

/// A shell of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// FortiOS: `FW-01 (root) # show full-configuration`.
    FortiOs,
    /// Linux: `[root@SV-01 ~]# iptables-save`.
    Linux,
}

/// What a command prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prints {
    Config,
    /// An output that goes with it, and the table that the command names.
    Part((Companion, String)),
    /// Rules that are not in the configuration.
    Others(Vec<Span>),
    /// Nothing that is read, and it changes nothing.
    Nothing,
    /// It may change the device.
    Unknown,
}

/// The line in which the device refused the command as a typing error, and the parts around its own words: they may
/// repeat what was typed. A script, or one of several commands, may fail and have changed something before.
pub(super) fn refused(section: &Section<'_>) -> Option<(Span, [Span; 2])> {
    const FORTIOS: [&str; 2] = ["Unknown action", "command parse error"];
    const SHELL: [&str; 2] = ["command not found", "コマンドが見つかりません"];
    let mut lines = section.lines.iter().filter(|l| !l.text.trim().is_empty());
    let (line, more) = (lines.next()?, lines.count());
    let first = section.command.first()?;
    let several = section.command.iter().any(|w| w.contains([';', '&', '|', '`']));
    // In a masked copy neither can be read.
    let masked = first.chars().all(|c| c == '*');
    let itself = |sign: &&&str| {
        line.text.contains(&format!("{first}: {sign}")) || masked && line.text.contains(**sign)
    };
    let sign = match FORTIOS.iter().find(|s| line.text.trim_start().starts_with(**s)) {
        Some(sign) => Some(sign),
        None => SHELL.iter().find(itself).filter(|_| !several),
    };
    let sign = sign.filter(|_| more <= 1)?;
    let at = line.text.find(sign)?;
    let behind = part(line.span, at + sign.len(), line.text.len());
    Some((line.span, [part(line.span, 0, at), behind]))
}

/// Whether an output that should be read is a message of failure.
fn failed(section: &Section<'_>) -> bool {
    const SIGNS: [&str; 3] = ["Permission denied", "you must be root", "Operation not permitted"];
    let lines: Vec<&Raw<'_>> = section.lines.iter().filter(|l| !l.text.trim().is_empty()).collect();
    refused(section).is_some()
        || lines.len() <= 2 && lines.iter().any(|l| SIGNS.iter().any(|s| l.text.contains(s)))
}

/// Whether a line looks like a prompt of some shell with a command that may change something.
pub(super) fn prompts(text: &str) -> bool {
    const COMMANDS: [&str; 18] = [
        "iptables",
        "ip6tables",
        "iptables-restore",
        "ip",
        "sudo",
        "su",
        "nft",
        "sysctl",
        "systemctl",
        "service",
        "firewall-cmd",
        "ufw",
        "config",
        "set",
        "unset",
        "delete",
        "ssh",
        "telnet",
    ];
    ["# ", "$ ", "> ", "% "].iter().any(|sign| {
        let mut parts = text.split(sign).skip(1).filter_map(|rest| rest.split_whitespace().next());
        parts.any(|word| COMMANDS.contains(&program(&word)))
    })
}

/// A prompt of any box: `admin@SV-02:~$ ls`, `FW-02 # show`, `FW-02 (global) # show`, `SW-01#show run`, `SW-01>en`.
pub(super) fn far_prompt(text: &str) -> Option<(&str, Prompt<'_>)> {
    if let Some((name, command)) = linux_prompt(text) {
        return Some((name, Prompt { context: None, command }));
    }
    let clean = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let at = text.find(|c: char| !clean(c))?;
    let (name, rest) = text.split_at_checked(at)?;
    if !name.starts_with(|c: char| c.is_alphabetic()) || name.len() < 3 {
        return None;
    }
    if let Some((context, command)) = rest.strip_prefix(' ').and_then(forti_prompt) {
        return Some((name, Prompt { context, command }));
    }
    let (context, rest) = match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')').map(|(c, r)| (Some(c), r))?,
        None => (None, rest),
    };
    let command = rest.strip_prefix(['#', '>'])?;
    Some((name, Prompt { context, command: command.trim() }))
}

/// Whether what follows may speak of something else than this box.
pub(super) fn goes_elsewhere(section: &Section<'_>) -> bool {
    const ELSEWHERE: [&str; 9] =
        ["netns", "vrf", "nsenter", "unshare", "chroot", "docker", "podman", "lxc", "machinectl"];
    section.command.iter().take(4).any(|w| ELSEWHERE.contains(&program(&w.as_str())))
}

/// How many words of a command can be shown, so that it says of itself what it said in full: what is hidden would
/// otherwise be harmless in a copy, or doubted there.
pub(super) fn shown_words(shell: Shell, section: &Section<'_>, prints: &Prints) -> usize {
    const MOST: usize = 8;
    let says = |n: &usize| {
        let mut words: Vec<&str> = section.command.iter().take(*n).map(String::as_str).collect();
        if *n < section.command.len() {
            words.push("*****");
        }
        shell.words_print(&words, section) == *prints
    };
    let usual = harmless_words(section);
    let unknown = *prints == Prints::Unknown;
    let more = (0..=MOST).filter(|_| !unknown);
    std::iter::once(usual).chain(more).find(says).unwrap_or(0)
}

/// Of words that take no secrets, how many are shown.
fn harmless_words(section: &Section<'_>) -> usize {
    const FIRST: [&str; 24] = [
        "config",
        "edit",
        "set",
        "unset",
        "delete",
        "end",
        "next",
        "abort",
        "exit",
        "show",
        "get",
        "iptables",
        "ip6tables",
        "iptables-save",
        "ip6tables-save",
        "ip",
        "nft",
        "sysctl",
        "systemctl",
        "service",
        "uname",
        "hostname",
        "date",
        "uptime",
    ];
    let first = section.command.first().map(String::as_str);
    match first {
        Some("show" | "ip" | "iptables-save" | "ip6tables-save" | "sysctl" | "nft" | "uname") => 64,
        Some("get") => 5,
        Some("diagnose" | "diag" | "execute" | "exec") => 3,
        Some(first) if FIRST.contains(&first) => 2,
        _ => 0,
    }
}

/// How a configuration begins that is not shown behind a prompt.
const BEGINNINGS: [&str; 4] = ["#config-version=", "config ", "# Generated by", "*filter"];

/// Whether a file begins with a configuration: most do, and nothing has to be taken apart.
pub(super) fn no_log(text: &str) -> bool {
    let first = text.lines().find(|l| !l.trim().is_empty());
    first.is_none_or(|l| BEGINNINGS.iter().any(|b| l.trim_start_matches('\u{FEFF}').starts_with(b)))
}

impl Shell {
    /// What the prompts call the device. A log shows one before anything that looks like a configuration.
    pub(super) fn host<'a>(self, lines: &[Raw<'a>]) -> Option<&'a str> {
        for line in lines {
            if BEGINNINGS.iter().any(|b| line.text.starts_with(b)) {
                return None;
            }
            if let Some(host) = self.guess(line.text) {
                return Some(host);
            }
        }
        None
    }

    /// The name in a line that can only be a prompt with a command.
    fn guess(self, text: &str) -> Option<&str> {
        match self {
            Shell::FortiOs => {
                let (name, rest) = text.split_once(' ')?;
                let (_, command) = forti_prompt(rest)?;
                let known = ["show", "get", "diagnose", "diag", "execute", "exec", "config"];
                let first = command.split_whitespace().next()?;
                (!name.is_empty() && known.contains(&first)).then_some(name)
            }
            Shell::Linux => {
                let (host, command) = linux_prompt(text)?;
                let words: Vec<&str> = command.split_whitespace().skip_while(|w| *w == "sudo").collect();
                const KNOWN: [&str; 10] = [
                    "iptables-save",
                    "ip6tables-save",
                    "ip",
                    "sysctl",
                    "iptables",
                    "ip6tables",
                    "nft",
                    "uname",
                    "hostname",
                    "date",
                ];
                KNOWN.contains(&program(words.first()?)).then_some(host)
            }
        }
    }

    pub(super) fn prompt<'a>(self, text: &'a str, host: &str) -> Option<Prompt<'a>> {
        match self {
            Shell::FortiOs => {
                let rest = text.strip_prefix(host)?.strip_prefix(' ')?;
                let (context, command) = forti_prompt(rest)?;
                Some(Prompt { context, command })
            }
            Shell::Linux => {
                let (name, command) = linux_prompt(text)?;
                (name == host).then_some(Prompt { context: None, command })
            }
        }
    }

    pub(super) fn prints(self, section: &Section<'_>) -> Prints {
        let words: Vec<&str> = section.command.iter().map(String::as_str).collect();
        if !section.prompted || words.is_empty() {
            return Prints::Nothing;
        }
        let prints = self.words_print(&words, section);
        // Nothing was printed that could be read.
        let read = matches!(prints, Prints::Config | Prints::Part(_));
        if read && failed(section) { Prints::Nothing } else { prints }
    }
}

impl Shell {
    /// What a command of these words prints, if it is not refused.
    fn words_print(self, words: &[&str], section: &Section<'_>) -> Prints {
        match self {
            _ if words.is_empty() || dropped(words) => Prints::Nothing,
            Shell::Linux if given_up(section) => Prints::Nothing,
            Shell::FortiOs => forti(words, section),
            Shell::Linux => linux(words, section),
        }
    }
}

/// `(root) # show` behind the name: the context and the command.
fn forti_prompt(rest: &str) -> Option<(Option<&str>, &str)> {
    let (context, rest) = match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(") ").map(|(c, r)| (Some(c), r))?,
        None => (None, rest),
    };
    let command = rest.strip_prefix('#').or_else(|| rest.strip_prefix('$'))?;
    (command.is_empty() || command.starts_with(' ')).then(|| (context, command.trim()))
}

/// `[root@SV-01 ~]# command`, `admin@SV-01:~$ command`: the host, and the command. Whoever becomes root stays there.
fn linux_prompt(text: &str) -> Option<(&str, &str)> {
    let bare = text.strip_prefix('[').unwrap_or(text);
    let (head, command) = match (bare.split_once("# "), bare.split_once("$ ")) {
        (Some(a), Some(b)) if b.0.len() < a.0.len() => b,
        (Some(a), _) => a,
        (None, Some(b)) => b,
        (None, None) => (bare.trim_end().strip_suffix(['#', '$'])?, ""),
    };
    let who = head.split([':', ' ', ']']).next()?;
    let (user, host) = who.split_once('@')?;
    let clean =
        |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (clean(user) && clean(host)).then_some((host, command.trim()))
}

/// Inside a block, `show` prints that block only; inside a virtual domain, everything of the domain.
fn whole(section: &Section<'_>) -> bool {
    let mut tops = section.lines.iter().filter(|l| l.text.starts_with("config ")).map(|l| l.text);
    let first = tops.next();
    section.context.is_none()
        || section.lines.iter().any(|l| l.text.starts_with("#config-version="))
        || tops.any(|top| Some(top) != first)
}

fn forti(words: &[&str], section: &Section<'_>) -> Prints {
    let context = section.context;
    match words {
        ["show"] | ["show", "full-configuration"] if whole(section) => Prints::Config,
        ["get", "router", "info", "routing-table", "all"] => Prints::Part((Companion::Routes, String::new())),
        ["get", "router", "info6", "routing-table"] | ["get", "router", "info6", "routing-table", "all"] => {
            Prints::Part((Companion::Routes6, String::new()))
        }
        ["diagnose" | "diag", rest @ ..] => match rest {
            // Statistics, sniffing and lists; other words of `diagnose` set, flush, delete or test something.
            ["sys", "ha" | "top" | "session" | "status" | "vd", ..] if !changes(rest) => Prints::Nothing,
            [
                "sniffer" | "hardware" | "netlink" | "ip" | "ipv6" | "firewall" | "vpn" | "debug" | "test",
                ..,
            ]
            | ["switch-controller" | "lldprx" | "lldptx" | "autoupdate", ..]
                if !changes(rest) =>
            {
                Prints::Nothing
            }
            _ => Prints::Unknown,
        },
        ["show" | "get" | "exit" | "quit" | "end" | "next" | "abort", ..] => Prints::Nothing,
        ["config", "vdom" | "global"] => Prints::Nothing,
        ["edit", _] if context == Some("vdom") => Prints::Nothing,
        ["execute" | "exec", "ping" | "ping6" | "traceroute" | "ssh" | "telnet", ..] => Prints::Nothing,
        ["execute" | "exec", "date" | "time"] => Prints::Nothing,
        // The other member answers under its own name.
        ["execute" | "exec", "ha", "manage", ..] => Prints::Nothing,
        // Paging off: what macros begin with.
        ["config", "system", "console"] => Prints::Nothing,
        ["set", "output", "standard" | "more"] if context == Some("console") => Prints::Nothing,
        _ => Prints::Unknown,
    }
}

/// Whether one of the words is a verb of change.
fn changes(words: &[&str]) -> bool {
    const VERBS: [&str; 18] = [
        "set",
        "add",
        "del",
        "delete",
        "flush",
        "clear",
        "reset",
        "restart",
        "kill",
        "append",
        "recalculate",
        "purge",
        "up",
        "down",
        "enable",
        "disable",
        "sync",
        "change",
    ];
    words.iter().any(|w| VERBS.contains(w) || w.starts_with("reset") || w.starts_with("flush"))
}

pub(super) fn program<'a>(word: &&'a str) -> &'a str {
    word.rsplit('/').next().unwrap_or("")
}

fn linux(words: &[&str], section: &Section<'_>) -> Prints {
    let words: Vec<&str> = words.iter().copied().skip_while(|w| *w == "sudo").collect();
    // What a tool says of its own failures is left out often; it is none of its output.
    let words: Vec<&str> = words.into_iter().filter(|w| !matches!(*w, "2>/dev/null" | "2>&1")).collect();
    // It goes on below, where other commands may stand.
    let odd = |sign: char| words.iter().map(|w| w.matches(sign).count()).sum::<usize>() % 2 == 1;
    if words.last().is_some_and(|w| w.ends_with('\\')) || odd('"') || odd('\'') {
        return Prints::Unknown;
    }
    // What was entered before is put here, and may hold anything.
    let recalls = |w: &&str| {
        let mut signs = w.match_indices('!').filter_map(|(at, _)| w.get(at + 1..));
        !w.starts_with('\'')
            && signs.any(|r| r.starts_with(|c: char| c.is_alphanumeric() || "!$-*^?#".contains(c)))
    };
    if words.iter().any(recalls) {
        return Prints::Unknown;
    }
    let special = |w: &&str| w.contains(['|', '>', '<', ';', '&', '`']) || w.contains("$(");
    if let Some(at) = words.iter().position(special) {
        return piped(words.get(..at).unwrap_or_default(), words.get(at..).unwrap_or_default(), section);
    }
    command(&words, section)
}

/// An output that goes elsewhere is not read; the command itself may be harmless.
fn piped(words: &[&str], rest: &[&str], section: &Section<'_>) -> Prints {
    const FILTERS: [&str; 12] =
        ["grep", "egrep", "less", "more", "head", "tail", "sort", "cat", "wc", "uniq", "column", "nl"];
    let harmless = command(words, section) != Prints::Unknown;
    let only_filters = rest.first() == Some(&"|")
        && rest.split(|w| *w == "|").skip(1).all(|f| f.first().is_some_and(|w| FILTERS.contains(w)))
        && !rest.iter().any(|w| rest.contains(&"sort") && (w.starts_with("-o") || w.starts_with("--o")))
        && !rest.iter().any(|w| w.contains(['>', '<', ';', '&', '`']) || w.contains("$("));
    // `cat` and `more` let everything through.
    if matches!(rest, ["|", "cat" | "more"]) {
        return command(words, section);
    }
    if harmless && only_filters { Prints::Nothing } else { Prints::Unknown }
}

fn command(words: &[&str], section: &Section<'_>) -> Prints {
    let name = words.first().map_or("", program);
    let rest = words.get(1..).unwrap_or_default();
    let plain = |kind| Prints::Part((kind, String::new()));
    match (name, rest) {
        ("iptables-save", [] | ["-c"]) => Prints::Config,
        ("ip6tables-save", [] | ["-c"]) => plain(Companion::Ipv6),
        ("ip6tables-save" | "iptables-save", ["-t", _]) => Prints::Nothing,
        ("iptables" | "ip6tables", [.., "-L" | "-S" | "--list" | "-nL" | "-nvL" | "-vnL" | "-Lnv"])
        | ("iptables" | "ip6tables", ["-L" | "-S" | "--list" | "-nL" | "-nvL" | "-vnL", ..])
            if rest.iter().all(|w| lists(w)) =>
        {
            Prints::Nothing
        }
        ("sysctl", ["-a"]) => plain(Companion::Sysctl),
        ("sysctl", rest) if rest.iter().all(|w| !w.contains('=') && (!w.starts_with('-') || *w == "-n")) => {
            Prints::Nothing
        }
        // A command for somebody else's shell.
        ("su", rest) if rest.iter().any(|w| w.starts_with("-c") || w.starts_with("--c")) => Prints::Unknown,
        ("ssh", [_, _, ..]) | ("script", [_, ..]) => Prints::Unknown,
        ("arp", rest)
            if rest
                .iter()
                .any(|w| w.starts_with('-') && !matches!(*w, "-a" | "-n" | "-an" | "-e" | "-v")) =>
        {
            Prints::Unknown
        }
        ("nft", ["list", ..] | ["-a", "list", ..] | ["-s", "list", ..]) => nftables(section),
        ("ip", rest) => ip(rest),
        ("conntrack", rest) => conntrack(rest),
        ("dmesg", []) | ("dmesg", ["-T" | "-H"]) | ("whoami" | "getenforce" | "lsblk", []) => Prints::Nothing,
        ("iptables" | "ip6tables", ["-V" | "--version"]) | ("mount", []) => Prints::Nothing,
        ("hostname", []) | ("hostname", ["-f" | "-s" | "-I"]) => Prints::Nothing,
        ("date", []) | ("date", ["+" | "-u"]) => Prints::Nothing,
        (
            "uname" | "ls" | "ll" | "cd" | "pwd" | "cat" | "exit" | "logout" | "clear" | "who" | "w" | "id"
            | "df" | "uptime" | "ss" | "netstat" | "script" | "su" | "ssh" | "lsmod" | "lspci" | "free"
            | "top" | "ps" | "history" | "last" | "arp" | "ping" | "traceroute" | "head" | "tail" | "less"
            | "more" | "grep" | "echo" | "telnet" | "which",
            _,
        ) => Prints::Nothing,
        // `sudo -i`: a shell of root's.
        ("-i" | "-s", []) => Prints::Nothing,
        ("systemctl", ["status" | "list-units" | "is-active" | "is-enabled", ..]) => Prints::Nothing,
        _ => Prints::Unknown,
    }
}

/// `conntrack -L` lists, and what else it can do is asked for by other capitals.
fn conntrack(words: &[&str]) -> Prints {
    let lists = words.iter().any(|w| matches!(*w, "-L" | "-S" | "-C" | "--dump" | "--stats" | "--count"));
    let plain = |w: &&str| match w.strip_prefix('-') {
        Some("L" | "S" | "C" | "-dump" | "-stats" | "-count") => true,
        Some(word) => word.len() == 1 && word.starts_with(|c: char| c.is_ascii_lowercase()),
        None => true,
    };
    if lists && words.iter().all(plain) { Prints::Nothing } else { Prints::Unknown }
}

/// What stands behind a prompt without being typed: the shell waited too long, or the line was lost. The shell is left.
#[must_use]
pub fn dropped(words: &[&str]) -> bool {
    matches!(
        words,
        ["timed", "out", "waiting", "for", "input:", "auto-logout"]
            | ["client_loop:", "send", "disconnect:", "Broken", "pipe"]
            | ["Write", "failed:", "Broken", "pipe"]
            | ["packet_write_wait:", "Connection", "to", _, "port", _, "Broken", "pipe"]
            | ["Connection", "to", _, "closed."]
            | ["Connection", "to", _, "closed", "by", "remote", "host."]
            | ["Connection", "closed", "by", "foreign", "host."]
    )
}

/// A command that was given up with Ctrl-C before it was entered: the line ends so, and nothing was printed (Bash manual,
/// "Signals"; readline sets the line aside on SIGINT).
pub(super) fn given_up(section: &Section<'_>) -> bool {
    section.command.last().is_some_and(|w| w.ends_with("^C"))
        && section.lines.iter().all(|l| l.text.trim().is_empty())
}

/// Whether a word of `iptables -L` is none of a command that changes rules.
fn lists(word: &str) -> bool {
    const LONG: [&str; 7] =
        ["--list", "--list-rules", "--numeric", "--verbose", "--line-numbers", "--table", "--exact"];
    match word.strip_prefix('-') {
        Some(long) if long.starts_with('-') => LONG.contains(&word),
        Some(short) => !short.chars().any(|c| c.is_ascii_uppercase() && !matches!(c, 'L' | 'S')),
        None => true,
    }
}

/// `ip [-4|-6] OBJECT [show] …`.
fn ip(words: &[&str]) -> Prints {
    const SHOWS: [&str; 7] = ["show", "list", "sh", "ls", "lst", "s", "l"];
    let (six, four) = (words.contains(&"-6"), words.contains(&"-4"));
    let options =
        words.iter().filter(|w| w.starts_with('-') && !matches!(**w, "-d" | "-s" | "-details")).count();
    const OPTIONS: [&str; 16] = [
        "-4",
        "-6",
        "-d",
        "-s",
        "-details",
        "-statistics",
        "-stats",
        "-o",
        "-oneline",
        "-br",
        "-brief",
        "-c",
        "-color",
        "-j",
        "-p",
        "-N",
    ];
    // `-batch` does what a file says.
    if words.iter().any(|w| w.starts_with('-') && !OPTIONS.contains(w)) {
        return Prints::Unknown;
    }
    let bare: Vec<&str> = words.iter().copied().filter(|w| !w.starts_with('-')).collect();
    let object = bare.first().copied().unwrap_or("");
    let shown = match bare.get(1) {
        None => &[][..],
        Some(verb) if SHOWS.contains(verb) => bare.get(2..).unwrap_or_default(),
        Some(&"get") => return Prints::Nothing,
        Some(_) => return Prints::Unknown,
    };
    // Other options print in other forms.
    let usual = options == usize::from(six) + usize::from(four);
    let abbreviates = |full: &str, least: usize| object.len() >= least && full.starts_with(object);
    match shown {
        [] if abbreviates("address", 1) && options == 0 => {
            Prints::Part((Companion::Addresses, String::new()))
        }
        [] if abbreviates("route", 1) && usual => Prints::Part((routes(six), String::new())),
        ["table", "main" | "254"] if abbreviates("route", 1) && usual => {
            Prints::Part((routes(six), String::new()))
        }
        ["table", table] if abbreviates("route", 1) && usual => {
            Prints::Part((routes(six), (*table).to_owned()))
        }
        // Each family's rules are told by their own words; both are read.
        [] if abbreviates("rule", 2) && usual => {
            Prints::Part((Companion::Rules, if six { String::from("6") } else { String::new() }))
        }
        _ => Prints::Nothing,
    }
}

fn routes(six: bool) -> Companion {
    if six { Companion::Routes6 } else { Companion::Routes }
}

/// `nft list ruleset`: the tables that `iptables-nft` keeps are in `iptables-save`, others are not.
fn nftables(section: &Section<'_>) -> Prints {
    const OWN: [&str; 5] = ["filter", "nat", "mangle", "raw", "security"];
    let other = |line: &&Raw<'_>| {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        match words.as_slice() {
            ["table", "ip" | "ip6", name, ..] => !OWN.contains(name),
            ["table", ..] => true,
            _ => false,
        }
    };
    Prints::Others(section.lines.iter().filter(other).map(|l| l.span).collect())
}
