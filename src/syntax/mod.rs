//! Text to statement trees. Knows nothing of networks.
pub mod blocks;
pub mod indent;
pub mod shell;

use crate::source::Span;

/// One word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its text, quotes removed and escapes resolved.
    pub text: String,
    /// Where it stood, quotes included.
    pub span: Span,
    /// Whether any part of it was quoted: a quoted word is never a keyword or an option.
    pub quoted: bool,
}

/// One statement and, for block languages, what stands inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// At least one word.
    pub words: Vec<Word>,
    /// The statement itself, without its children.
    pub span: Span,
    /// Statements inside.
    pub children: Vec<Statement>,
}
