//! What the box does by itself: applets of its event manager and commands that it runs at set times (IOS). Each command
//! is looked at: what only tells, shows or saves changes nothing; anything else may change everything.

use super::config::Scope;
use super::parse::not_modelled;
use super::read::Reader;
use crate::source::LineState;
use crate::syntax::indent::Node;

impl Reader<'_> {
    /// `event manager applet NAME` with its triggers and actions.
    pub fn applet(&mut self, node: &Node) {
        let quiet = |n: &Node| {
            n.children.is_empty()
                && match n.texts().as_slice() {
                    // What sets it off, and when.
                    ["event" | "trigger" | "description" | "maxrun", ..] => true,
                    ["action", _, action @ ..] => tells(action),
                    _ => false,
                }
        };
        self.by_itself(node, quiet);
    }

    /// `kron occurrence NAME …` with the lists that it runs, `kron policy-list NAME` with commands.
    pub fn at_times(&mut self, node: &Node) {
        let quiet = |n: &Node| {
            n.children.is_empty()
                && match n.texts().as_slice() {
                    ["policy-list", _] => true,
                    ["cli", command @ ..] => harmless(command),
                    _ => false,
                }
        };
        self.by_itself(node, quiet);
    }

    fn by_itself(&mut self, node: &Node, quiet: impl Fn(&Node) -> bool) {
        match node.children.iter().find(|n| !quiet(n)) {
            None => self.inert(node),
            Some(_) => {
                self.ledger.claim(node.span, LineState::Partial);
                for child in &node.children {
                    match quiet(child) {
                        true => self.inert(child),
                        false => self.unmodelled(child, Scope::Device, not_modelled()),
                    }
                }
            }
        }
    }
}

/// Whether an action of an applet only tells somebody something, or reckons.
fn tells(action: &[&str]) -> bool {
    match action {
        [
            "syslog" | "snmp-trap" | "mail" | "puts" | "comment" | "wait" | "set" | "append" | "increment"
            | "decrement" | "add" | "subtract" | "string" | "regexp" | "if" | "elseif" | "else" | "end"
            | "while" | "foreach" | "break" | "continue" | "exit",
            ..,
        ] => true,
        ["cli", "command", command @ ..] => harmless(command),
        _ => false,
    }
}

/// Whether a command shows or saves, and nothing else. A variable may be any command.
fn harmless(command: &[&str]) -> bool {
    let text = command.join(" ");
    let text = text.trim().trim_matches('"').trim();
    if text.contains(['$', '"', ';', '\\', '?']) {
        return false;
    }
    let mut parts = text.split('|').map(str::trim);
    let words: Vec<&str> = parts.next().unwrap_or("").split_whitespace().collect();
    let runs = match words.as_slice() {
        ["enable" | "end" | "exit"] => true,
        ["show", _, ..] => true,
        ["write"] | ["write", "memory"] => true,
        ["copy", "running-config", to] => *to == "startup-config" || remote(to),
        _ => false,
    };
    // Behind a bar the output is filtered, or sent to a file: of another machine, or it may be one that the box starts by.
    let filtered = |part: &str| match part.split_whitespace().collect::<Vec<&str>>().as_slice() {
        ["include" | "exclude" | "begin" | "section" | "count", _, ..] => true,
        ["redirect" | "append" | "tee", to] => remote(to),
        _ => false,
    };
    runs && parts.all(filtered)
}

fn remote(to: &str) -> bool {
    ["tftp://", "ftp://", "scp://", "sftp://", "http://", "https://", "rcp://"]
        .iter()
        .any(|s| to.starts_with(s))
}
