//! What follows a command behind which another shell may answer: a login to another box, another user, a way out.
//!
//! Prompts of a form that is not known look like output. So whatever is printed below such a command counts as typed
//! there, unless every line of it is known, or the prompts themselves say that another box answers, and that it was left.

use crate::source::Span;
use crate::source::session::{self, Prompt, Raw, Section, part};

use super::shell::{Prints, Shell, dropped, far_prompt, program, prompts};

/// What is known of the lines below a command.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// The first line that may be a prompt of another shell of this box.
    pub doubt: Option<Span>,
    /// The other member of a cluster showed its configuration, which may be another.
    pub member: bool,
    /// Lines that show that nothing was hidden.
    pub kept: Vec<Span>,
    /// What in them must not be shown.
    pub hidden: Vec<Span>,
}

/// Where a command leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// To another box, or to this one again.
    Login,
    /// To the other member of a cluster: what is changed there is changed here.
    Member,
    /// Out of this shell, to the one that it was entered from.
    Out,
    /// To another user.
    User,
    /// To a shell whose output is recorded.
    Record,
    /// To another folder.
    Folder,
    Nowhere,
}

fn leads(section: &Section<'_>) -> Leads {
    let words: Vec<&str> = section.command.iter().map(String::as_str).skip_while(|w| *w == "sudo").collect();
    match words.as_slice() {
        ["execute" | "exec", "ssh" | "telnet", ..] => Leads::Login,
        ["execute" | "exec", "ha", "manage", ..] => Leads::Member,
        ["-i" | "-s", ..] => Leads::User,
        words if dropped(words) => Leads::Out,
        [first, ..] => match program(first) {
            "ssh" | "telnet" | "slogin" => Leads::Login,
            "exit" | "logout" | "quit" => Leads::Out,
            "su" => Leads::User,
            "script" => Leads::Record,
            "cd" => Leads::Folder,
            _ => Leads::Nowhere,
        },
        [] => Leads::Nowhere,
    }
}

/// The signs with which prompts end.
const ENDS: [char; 4] = ['#', '$', '>', '%'];

/// A question for a name or a password, and no prompt of a shell behind which something ends in a colon.
fn asks(text: &str) -> bool {
    const ASKED: [&str; 5] = ["assword", "assphrase", "ogin:", "sername:", "パスワード"];
    text.trim_end().ends_with([':', '\u{ff1a}'])
        && ASKED.iter().any(|a| text.contains(a))
        && !text.contains(ENDS)
}

/// A line that begins like a prompt of any shell, with something behind it: `sh-5.1# x`, `RT# x`, `# x`.
fn like_prompt(text: &str) -> bool {
    let head = text.split_whitespace().next().unwrap_or("");
    let head = if text.starts_with('[') { text.split_inclusive(ENDS).next().unwrap_or("") } else { head };
    head.ends_with(ENDS)
}

/// The box's own name where a prompt begins, in a form that is not taken for its prompt.
fn own_name(text: &str, host: &str) -> bool {
    let Some((before, behind)) = text.split_once(host) else { return false };
    !before.contains(char::is_whitespace) && behind.contains(ENDS)
}

/// Looks at the lines below a command of the box `host`.
pub(super) fn below(shell: Shell, (section, prints): (&Section<'_>, &Prints), host: &str) -> Below {
    let leads = leads(section);
    let read = matches!(prints, Prints::Config | Prints::Part(_));
    let lines: Vec<&Raw<'_>> = section.lines.iter().filter(|l| !l.text.trim().is_empty()).collect();
    let starts = |text: &str, signs: &[&str]| signs.iter().any(|s| text.starts_with(s));
    let known = |text: &str| match leads {
        Leads::Out => {
            matches!(text, "exit" | "logout" | "ログアウト" | "There are stopped jobs.")
                || !text.contains(ENDS) && text.starts_with("Connection ") && text.contains(" closed")
                || !text.contains(ENDS) && starts(text, &["Last login: ", "最終ログイン"])
                || left(text, host)
        }
        Leads::User => {
            asks(text)
                || !text.contains(ENDS)
                    && starts(text, &["Last login: ", "最終ログイン", "su: ", "sudo: ", "Sorry, try again"])
        }
        Leads::Record => starts(text, &["Script started", "Script done", "スクリプト"]),
        Leads::Folder => {
            // `cd -` says where it leads.
            let place = section.command.last().is_some_and(|w| w == "-") && text.starts_with('/');
            (starts(text, &["-bash: cd: ", "bash: cd: "]) || place) && !text.contains(ENDS)
        }
        _ => true,
    };
    let rule = |text: &str| text.starts_with(['-', ':', '*']) || text.starts_with("    ");
    // What was doubted in a log stands in its copy as stars. A command that goes on has a prompt of its own.
    let goes_on = |text: &str| text.trim() == ">" || text.starts_with("> ");
    let strange = |text: &str| text.trim() == "*****" || shell == Shell::Linux && goes_on(text);
    if let Some(line) = lines.iter().find(|l| !read && strange(l.text)) {
        return Below { doubt: Some(line.span), ..Below::default() };
    }
    let doubt = match leads {
        Leads::Login | Leads::Member => return login(shell, (section, leads), &lines, host),
        Leads::Nowhere => {
            let named = |text: &str| text.starts_with(char::is_alphanumeric) && like_prompt(text);
            let other = |text: &str| !read && named(text) || own_name(text, host);
            lines.iter().find(|l| !rule(l.text) && prompts(l.text) || other(l.text))
        }
        _ => lines.iter().find(|l| !known(l.text.trim())),
    };
    Below { doubt: doubt.map(|l| l.span), ..Below::default() }
}

/// A prompt of the box from which this one was entered, where nothing but leaving was typed.
fn left(text: &str, host: &str) -> bool {
    let Some((name, prompt)) = far_prompt(text) else { return false };
    !name.eq_ignore_ascii_case(host) && text.contains('@') && matches!(prompt.command, "" | "exit" | "logout")
}

/// A login that failed, or one to another box that was left again, with prompts that say so.
fn login(shell: Shell, (section, leads): (&Section<'_>, Leads), lines: &[&Raw<'_>], host: &str) -> Below {
    if let Some(failed) = failed(lines) {
        return failed;
    }
    let doubt = Below { doubt: Some(lines.first().map_or(section.place, |l| l.span)), ..Below::default() };
    let Some(far) = lines.iter().find_map(|l| far_prompt(l.text).map(|(name, _)| name)) else { return doubt };
    // This box under another form of its prompt would be taken for another one.
    const SHELLS: [&str; 8] = ["bash", "sh", "zsh", "ksh", "dash", "csh", "tcsh", "ash"];
    let word = far.split(['-', '.']).next().unwrap_or("").to_ascii_lowercase();
    let label = |name: &str| name.split('.').next().unwrap_or("").to_ascii_lowercase();
    let here = |name: &str| {
        let name = name.rsplit('@').next().unwrap_or(name);
        label(name) == label(host) || name == "localhost" || name.starts_with("127.") || name == "::1"
    };
    if here(far) || SHELLS.contains(&word.as_str()) || section.command.iter().any(|w| here(w)) {
        return doubt;
    }
    let prompt =
        |text: &'_ str| far_prompt(text).filter(|(name, _)| *name == far).map(|(_, p)| p.command.len());
    let sections = session::sections(section.lines.clone(), &|text| {
        let ends = text.trim_end();
        let command = prompt(text).and_then(|n| ends.get(ends.len().saturating_sub(n)..))?;
        Some(Prompt { context: None, command })
    });
    let mut out = Below::default();
    for far_section in sections.iter() {
        let strange = far_section.lines.iter().find(|l| {
            let banner = !far_section.prompted && asks(l.text);
            !banner && (prompts(l.text) || like_prompt(l.text) || own_name(l.text, host))
        });
        if let Some(line) = strange {
            return Below { doubt: Some(line.span), ..Below::default() };
        }
        if !far_section.prompted {
            continue;
        }
        // The other name does not prove that it is another box.
        if again(far_section) || !quiet(shell, far_section) {
            return Below { doubt: Some(far_section.place), ..Below::default() };
        }
        if leads == Leads::Member && shell.prints(far_section) == Prints::Config {
            return Below { doubt: Some(far_section.place), member: true, ..Below::default() };
        }
        out.kept.push(far_section.place);
        out.hidden.push(far_section.typed_behind(1));
    }
    let closed = lines.last().filter(|l| l.text.starts_with("Connection ") && l.text.contains(" closed"));
    let leaves = |s: &&Section<'_>| {
        matches!(s.command.first().map(String::as_str), Some("exit" | "logout" | "quit"))
            && s.lines.iter().filter(|l| !l.text.trim().is_empty()).count() <= 2
    };
    let exit = sections.last().filter(leaves);
    match closed {
        Some(line) => out.kept.push(line.span),
        None if exit.is_some() => {}
        None => return doubt,
    }
    out
}

/// Whether a command on another box may lead back.
fn again(section: &Section<'_>) -> bool {
    section.command.iter().any(|w| {
        matches!(program(&w.as_str()), "ssh" | "telnet" | "slogin" | "rsh" | "rlogin" | "connect" | "manage")
    })
}

/// Whether a command changes nothing, whichever box it was entered on.
fn quiet(shell: Shell, section: &Section<'_>) -> bool {
    const SHOWS: [&str; 12] = [
        "show",
        "sh",
        "display",
        "terminal",
        "enable",
        "en",
        "exit",
        "quit",
        "logout",
        "ping",
        "traceroute",
        "get",
    ];
    let first = section.command.first().map_or("", String::as_str);
    // A script: `sh fw.sh`.
    let script = |w: &String| w.contains(['/', '.']) || w.starts_with('-');
    if first == "sh" && (section.line.text.contains('@') || section.command.get(1).is_none_or(script)) {
        return false;
    }
    if section.command.iter().any(|w| w.contains([';', '&', '`', '>'])) {
        return false;
    }
    first.is_empty()
        || SHOWS.contains(&first)
        || !matches!(shell.prints(section), Prints::Unknown)
        || super::shell::refused(section).is_some()
}

/// The last line says that nobody got in; the lines before it ask.
fn failed(lines: &[&Raw<'_>]) -> Option<Below> {
    const SIGNS: [&str; 10] = [
        "Connection refused",
        "Connection timed out",
        "No route to host",
        "Network is unreachable",
        "Could not resolve hostname",
        "Name or service not known",
        "Permission denied (",
        "Host key verification failed",
        "Unable to connect",
        "^C",
    ];
    let (last, before) = lines.split_last()?;
    let sign = SIGNS.iter().find(|s| last.text.contains(**s))?;
    let harmless = |text: &str| {
        const SAID: [&str; 5] = [
            "(yes/no",
            "key fingerprint is ",
            "The authenticity of host ",
            "Permanently added",
            "please try again",
        ];
        asks(text)
            || !text.contains(ENDS)
                && (SAID.iter().any(|s| text.contains(s))
                    || text.starts_with("ssh: ")
                    || text.starts_with("Trying "))
    };
    // Only a whole sentence of the client counts: a shell's prompt may stand before its words.
    if last.text.contains(ENDS) || far_prompt(last.text).is_some() || !before.iter().all(|l| harmless(l.text))
    {
        return None;
    }
    let at = last.text.find(sign)?;
    let (start, end) = (part(last.span, 0, at), part(last.span, at + sign.len(), last.text.len()));
    Some(Below { kept: vec![last.span], hidden: vec![start, end], ..Below::default() })
}
