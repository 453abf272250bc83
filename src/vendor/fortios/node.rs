//! From the statement tree to settings: `set`, `append`, `unset`, `delete`, `move` … carried out in file order.
//!
//! A [`Node`] is one block or one entry after everything the file says about it was applied. Nothing is interpreted
//! here; whoever reads a node reports each setting it did not read (see [`super::read`]).

use indexmap::IndexMap;

use crate::source::{Span, Spanned};
use crate::syntax::blocks::{Kind, Statement, Word};

use super::secrets::is_secret;

/// The values of one keyword.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Values in order; empty after `unset`.
    pub values: Vec<Word>,
    /// Every statement that had a part in it.
    pub spans: Vec<Span>,
}

/// A block (`config …`) or an entry (`edit …`).
#[derive(Debug, Clone)]
pub struct Node {
    /// Path of the block, or name of the entry.
    pub name: Spanned<String>,
    /// Whether the name holds undecodable or badly quoted text.
    pub name_damaged: bool,
    /// The lines that open and close it.
    pub frame: Vec<Span>,
    /// Keyword to values.
    pub settings: IndexMap<String, Setting>,
    /// Blocks inside.
    pub blocks: Vec<Node>,
    /// Entries inside, in effective order.
    pub entries: IndexMap<String, Node>,
    /// Statements that are no known command.
    pub stray: Vec<Span>,
}

impl Node {
    fn new(statement: &Statement) -> Node {
        let name = Spanned::new(statement.title(), statement.span);
        let name_damaged = statement.arguments().iter().any(damaged) || statement.arguments().is_empty();
        Node {
            name,
            name_damaged,
            frame: Vec::new(),
            settings: IndexMap::new(),
            blocks: Vec::new(),
            entries: IndexMap::new(),
            stray: Vec::new(),
        }
    }

    /// An empty node for statements that stand in no block.
    pub fn root(span: Span) -> Node {
        Node {
            name: Spanned::new(String::new(), span),
            name_damaged: false,
            frame: Vec::new(),
            settings: IndexMap::new(),
            blocks: Vec::new(),
            entries: IndexMap::new(),
            stray: Vec::new(),
        }
    }

    /// The place of the opening line.
    pub fn span(&self) -> Span {
        self.name.span
    }

    /// The block inside with this path.
    pub fn block(&self, path: &str) -> Option<&Node> {
        self.blocks.iter().find(|b| b.name.value == path)
    }

    /// The entries of the block inside with this path.
    pub fn table(&self, path: &str) -> impl Iterator<Item = &Node> {
        self.block(path).into_iter().flat_map(|b| b.entries.values())
    }

    /// Applies a list of statements to this node. Depth is bounded by the parser's cap of 64.
    pub fn apply(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement.kind {
                Kind::Config => self.open_block(statement),
                Kind::Edit => self.open_entry(statement),
                Kind::Line => self.command(statement),
            }
        }
    }

    fn open_block(&mut self, statement: &Statement) {
        let path = statement.title();
        if !self.blocks.iter().any(|b| b.name.value == path) {
            self.blocks.push(Node::new(statement));
        }
        if let Some(block) = self.blocks.iter_mut().find(|b| b.name.value == path) {
            block.fill(statement);
        }
    }

    fn open_entry(&mut self, statement: &Statement) {
        let mut name = statement.title();
        if name == "0" {
            // `edit 0` asks the device for the next free number: always a new entry.
            let taken = self.entries.keys().filter_map(|k| k.parse::<u64>().ok()).max();
            name = taken.map_or(1, |n| n.saturating_add(1)).to_string();
        }
        let made = || Node { name: Spanned::new(name.clone(), statement.span), ..Node::new(statement) };
        self.entries.entry(name.clone()).or_insert_with(made).fill(statement);
    }

    fn fill(&mut self, statement: &Statement) {
        self.name_damaged |= statement.arguments().iter().any(damaged);
        self.frame.push(statement.span);
        self.frame.extend(statement.close);
        self.apply(&statement.children);
    }

    fn command(&mut self, statement: &Statement) {
        let words: Vec<&str> = statement.words.iter().map(|w| w.text.as_str()).collect();
        let known = match *words.as_slice() {
            // A value that is gone could have been anything, unless somebody blanked a secret.
            ["set" | "append" | "select" | "unselect", key] if !is_secret(key) => false,
            ["set" | "select", key, ..] => self.set(key, statement, Write::Replace),
            ["append", key, ..] => self.set(key, statement, Write::Append),
            ["unselect", key, ..] => self.set(key, statement, Write::Remove),
            ["unset" | "clear", key] => self.set(key, statement, Write::Replace),
            ["delete", name] => self.delete(name, statement.span),
            ["purge"] => self.purge(statement.span),
            ["move", name, side @ ("before" | "after"), other] => {
                self.shift(name, side == "after", other, statement.span)
            }
            ["rename", name, "to", new] => self.rename(name, new, statement.span),
            ["clone", name, "to", new] => self.duplicate(name, new, statement.span),
            _ => false,
        };
        if !known || statement.words.first().is_some_and(|w| w.quoted) {
            self.stray.push(statement.span);
        }
    }

    fn set(&mut self, key: &str, statement: &Statement, write: Write) -> bool {
        let setting = self.settings.entry(key.to_owned()).or_default();
        // `show full-configuration` writes two single quotes for nothing.
        let nothing = |w: &&Word| w.text.is_empty() || (!w.quoted && w.text == "''");
        let new: Vec<Word> = statement.words.iter().skip(2).filter(|w| !nothing(w)).cloned().collect();
        match write {
            Write::Replace => setting.values = new,
            Write::Append => setting.values.extend(new),
            Write::Remove => setting.values.retain(|w| new.iter().all(|n| n.text != w.text)),
        }
        setting.spans.push(statement.span);
        true
    }

    // The frame of the table carries the line of a carried-out command, so that its state follows the table's.
    fn delete(&mut self, name: &str, span: Span) -> bool {
        let Some(gone) = self.entries.shift_remove(name) else { return false };
        self.frame.push(span);
        self.frame.extend(gone.every_line());
        true
    }

    fn purge(&mut self, span: Span) -> bool {
        let lines: Vec<Span> = self.entries.drain(..).flat_map(|(_, e)| e.every_line()).collect();
        self.frame.extend(lines);
        self.frame.push(span);
        true
    }

    fn shift(&mut self, name: &str, after: bool, other: &str, span: Span) -> bool {
        let (Some(from), Some(target)) = (self.entries.get_index_of(name), self.entries.get_index_of(other))
        else {
            return false;
        };
        // Taking `from` out moves everything behind it up by one.
        let anchor = if from < target { target - 1 } else { target };
        let to = (anchor + usize::from(after)).min(self.entries.len().saturating_sub(1));
        if from == target {
            return false;
        }
        self.entries.move_index(from, to);
        self.frame.push(span);
        true
    }

    fn rename(&mut self, name: &str, new: &str, span: Span) -> bool {
        if self.entries.contains_key(new) {
            return false;
        }
        let Some(at) = self.entries.get_index_of(name) else { return false };
        let Some(mut entry) = self.entries.shift_remove(name) else { return false };
        entry.name.value = new.to_owned();
        // References follow a rename on the device; a reader of one file cannot tell which uses came before it.
        entry.stray.push(span);
        self.entries.shift_insert(at, new.to_owned(), entry);
        true
    }

    fn duplicate(&mut self, name: &str, new: &str, span: Span) -> bool {
        if self.entries.contains_key(new) {
            return false;
        }
        let Some(mut copy) = self.entries.get(name).cloned() else { return false };
        copy.name.value = new.to_owned();
        copy.frame.push(span);
        self.entries.insert(new.to_owned(), copy);
        true
    }

    /// Every line of the node and of what it holds.
    pub fn every_line(&self) -> Vec<Span> {
        let mut lines = self.frame.clone();
        lines.extend(self.settings.values().flat_map(|s| s.spans.iter().copied()));
        lines.extend(&self.stray);
        for child in self.blocks.iter().chain(self.entries.values()) {
            lines.extend(child.every_line());
        }
        lines
    }
}

#[derive(Clone, Copy)]
enum Write {
    Replace,
    Append,
    Remove,
}

/// Whether a word's text cannot be trusted: undecodable bytes, or text glued to a quote.
pub fn damaged(word: &Word) -> bool {
    word.damaged || word.text.contains('\u{FFFD}')
}
