//! What a save file says, with its places, before anything is decided about packets.

use crate::source::{Code, Msg, Span, Spanned};
use crate::syntax::shell::Word;

use super::options::Test;

/// The protocol family of one save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `iptables-save`.
    V4,
    /// `ip6tables-save`.
    V6,
}

/// The tables of one save, in file order.
#[derive(Debug, Clone)]
pub struct Dump {
    /// Its family.
    pub family: Family,
    /// Where it stands in its file.
    pub span: Span,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// One `*table … COMMIT` section.
#[derive(Debug, Clone)]
pub struct Table {
    /// `filter`, `nat`, `mangle`, `raw`, `security`, or a name we do not know.
    pub name: Spanned<String>,
    /// Chains in file order.
    pub chains: Vec<Chain>,
}

/// One chain with its rules in order of evaluation.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its name.
    pub name: Spanned<String>,
    /// What its end does.
    pub policy: Policy,
    /// Its rules.
    pub rules: Vec<RuleLine>,
    /// Packets that reached its policy, as counted.
    pub packets: u64,
}

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// `ACCEPT`.
    Accept,
    /// `DROP`.
    Drop,
    /// A user chain: back to the caller.
    User,
    /// A built-in chain whose policy is not readable.
    Unknown,
}

/// One `-A` line.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// The whole line.
    pub span: Span,
    /// The conditions, all of which must hold.
    pub terms: Vec<Term>,
    /// The target.
    pub jump: Option<Jump>,
    /// Words that fit nowhere: they make the rule a wildcard.
    pub stray: Vec<Span>,
    /// The text of `-m comment`.
    pub comment: Option<Spanned<String>>,
}

/// One condition of a rule.
#[derive(Debug, Clone)]
pub struct Term {
    /// What it tests.
    pub test: Test,
    /// The module it belongs to, as written; empty for the header options.
    pub module: String,
    /// Whether `!` stands before it.
    pub negated: bool,
    /// Its values.
    pub values: Vec<Word>,
    /// From the option to its last value.
    pub span: Span,
}

/// The target of a rule.
#[derive(Debug, Clone)]
pub struct Jump {
    /// `-g` instead of `-j`.
    pub goto: bool,
    /// The target's name.
    pub target: Spanned<String>,
    /// The target's options, in order.
    pub options: Vec<TargetOption>,
}

/// One option of a target with the words that follow it.
#[derive(Debug, Clone)]
pub struct TargetOption {
    /// The option as written, e.g. `--to-source`.
    pub name: String,
    /// The words up to the next option.
    pub values: Vec<Word>,
    /// From the option to its last value.
    pub span: Span,
}

/// How far a problem reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole device.
    Device,
    /// Every hook of the table with this index in its dump.
    Table {
        /// Index of the dump.
        dump: usize,
        /// Index of the table in it.
        table: usize,
    },
    /// Nothing: worth knowing only.
    Nothing,
}

/// A line or a file that could not be read as a rule.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its code.
    pub code: Code,
    /// Its place.
    pub span: Span,
    /// What is wrong.
    pub message: Msg,
    /// How far it reaches.
    pub scope: Scope,
}
