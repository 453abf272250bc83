//! The block style of FortiOS: `config … / edit … / set … / next / end`, double quotes that may span lines.
//!
//! Parsing never fails and never recurses: a stack of open blocks, capped by [`Limits::depth`]. Whatever breaks the
//! nesting or the quoting is reported in [`Tree::flaws`]; behind a flaw the tree is a guess, and a reader must treat
//! the whole file as not understood.
//!
//! Sources: FortiOS Administration Guide 7.4, "CLI basics" (command tree, tables, `end` inside an entry saves the
//! entry and leaves the table; quotation marks and backslashes are escaped with a backslash).

use crate::msg;
use crate::source::{Code, Diagnostic, FileId, Limits, Sources, Span};

/// Most statements that are kept; a file with more is cut with a [`Code::LimitExceeded`] flaw.
const MOST_STATEMENTS: usize = 4_000_000;

/// One word of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The value: quotes removed, escapes resolved.
    pub text: String,
    /// Its place, quotes included.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Text stands directly against a quote, so the quoting may be off by one from here on.
    pub damaged: bool,
}

/// What a statement opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `config …`, closed by `end`.
    Config,
    /// `edit …`, closed by `next`.
    Edit,
    /// Any other line.
    Line,
}

/// One line (or multi-line value) and, for a block, what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The words, at least one.
    pub words: Vec<Word>,
    /// From the first to the last word.
    pub span: Span,
    /// What it opens.
    pub kind: Kind,
    /// The line that closes the block.
    pub close: Option<Span>,
    /// The statements inside.
    pub children: Vec<Statement>,
}

impl Statement {
    /// The first word.
    #[must_use]
    pub fn keyword(&self) -> &str {
        self.words.first().map_or("", |w| &w.text)
    }
    /// The words after the first.
    #[must_use]
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }
    /// The words after the first, joined by one space: the path of a `config` line, the name of an `edit` line.
    #[must_use]
    pub fn title(&self) -> String {
        self.arguments().iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
    }
    /// From the first word to the end of the block.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.close.map_or(self.span, |c| self.span.to(c))
    }
}

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Statements at the top.
    pub statements: Vec<Statement>,
    /// Lines that start with `#`, and the prompts of a terminal capture.
    pub comments: Vec<Span>,
    /// What breaks nesting or quoting.
    pub flaws: Vec<Diagnostic>,
}

/// Parses a whole file.
pub fn parse(sources: &Sources, file: FileId, limits: &Limits) -> Tree {
    let mut lexer = Lexer { text: sources.parse_text(file), at: 0, file, flaws: Vec::new() };
    let mut builder = Builder::new(limits);
    let mut count = 0usize;
    while let Some(line) = lexer.line() {
        match line {
            Line::Comment(span) => builder.tree.comments.push(span),
            Line::Words(words) => builder.take(words),
        }
        count += 1;
        if count >= MOST_STATEMENTS {
            let message =
                msg!("more than {MOST_STATEMENTS} statements", "文の数が{MOST_STATEMENTS}を超えている");
            lexer.flaws.push(Diagnostic::new(Code::LimitExceeded, lexer.span(lexer.at, lexer.at), message));
            break;
        }
    }
    let mut tree = builder.finish();
    tree.flaws.append(&mut lexer.flaws);
    tree.flaws.sort_by_key(|f| f.primary.start);
    tree
}

enum Line {
    Comment(Span),
    Words(Vec<Word>),
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    file: FileId,
    flaws: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: narrow(start), end: narrow(end) }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|t| t.chars().next())
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip(&mut self, mut wanted: impl FnMut(char) -> bool) {
        while self.peek().is_some_and(&mut wanted) {
            self.bump();
        }
    }

    /// The next non-blank line, or nothing at the end of the file.
    fn line(&mut self) -> Option<Line> {
        // A form feed, a NUL or a stray BOM between statements is white space here; inside a word it stays.
        self.skip(|c| c.is_whitespace() || c == '\u{FEFF}');
        let start = self.at;
        if self.peek()? == '#' {
            self.skip(|c| c != '\n');
            let end = start + self.text.get(start..self.at).map_or(0, |t| t.trim_end().len());
            return Some(Line::Comment(self.span(start, end)));
        }
        let mut words = Vec::new();
        loop {
            self.skip(|c| c.is_whitespace() && c != '\n');
            match self.peek() {
                None | Some('\n') => break,
                Some(_) => words.push(self.word()),
            }
        }
        Some(Line::Words(words))
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        let mut word =
            Word { text: String::new(), span: self.span(start, start), quoted: false, damaged: false };
        while let Some(c) = self.peek() {
            if c.is_whitespace() {
                break;
            }
            if c == '"' {
                word.damaged |= self.at > start;
                word.quoted = true;
                self.quoted(&mut word.text);
                continue;
            }
            word.damaged |= word.quoted;
            self.bump();
            let escaped = (c == '\\').then(|| self.peek().filter(|n| !n.is_whitespace())).flatten();
            match escaped {
                Some(next) => {
                    self.bump();
                    word.text.push(next);
                }
                None => word.text.push(c),
            }
        }
        word.span = self.span(start, self.at);
        word
    }

    /// Reads from an opening quote past its closing quote.
    fn quoted(&mut self, out: &mut String) {
        let start = self.at;
        self.bump();
        loop {
            match self.bump() {
                None => {
                    let message = msg!("a quoted value never ends", "引用符で始まる値が閉じられていない");
                    let first_line =
                        self.text.get(start..).and_then(|t| t.lines().next()).map_or(1, str::len);
                    let place = self.span(start, start + first_line.max(1));
                    self.flaws.push(Diagnostic::new(Code::UnterminatedQuote, place, message));
                    return;
                }
                Some('"') => return,
                Some('\\') => {
                    let Some(next) = self.bump() else { continue };
                    out.push(next);
                }
                Some('\r') if self.peek() == Some('\n') => {}
                Some(c) => out.push(c),
            }
        }
    }
}

/// `FW-01 (root) # show full-configuration`, `FW-01 #`: what a terminal capture holds around the configuration.
fn is_prompt(words: &[Word]) -> bool {
    let sign = |w: &Word| !w.quoted && matches!(w.text.as_str(), "#" | "$");
    let Some(at) = words.iter().position(sign).filter(|at| *at == 1 || *at == 2) else { return false };
    let context =
        words.get(1..at).unwrap_or_default().iter().all(|w| w.text.starts_with('(') && w.text.ends_with(')'));
    context && words.get(at + 1).is_none_or(|w| w.text == "show")
}

struct Builder {
    tree: Tree,
    open: Vec<Statement>,
    depth: usize,
    /// Blocks opened beyond the cap and not closed yet.
    beyond: usize,
}

impl Builder {
    fn new(limits: &Limits) -> Self {
        Builder { tree: Tree::default(), open: Vec::new(), depth: limits.depth.clamp(1, 64), beyond: 0 }
    }

    fn take(&mut self, words: Vec<Word>) {
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
        let span = first.span.to(last.span);
        let bare = !first.quoted;
        let kind = match first.text.as_str() {
            "config" if bare => Kind::Config,
            "edit" if bare => Kind::Edit,
            "next" if bare && words.len() == 1 => return self.next(span),
            "end" if bare && words.len() == 1 => return self.end(span),
            _ => Kind::Line,
        };
        if kind == Kind::Line && self.open.is_empty() && is_prompt(&words) {
            return self.tree.comments.push(span);
        }
        let mut statement = Statement { words, span, kind, close: None, children: Vec::new() };
        if kind == Kind::Line {
            return self.place(statement);
        }
        if self.open.len() >= self.depth {
            if self.beyond == 0 {
                self.flaw(
                    Code::NestingTooDeep,
                    span,
                    msg!("blocks are nested too deep", "ブロックの入れ子が深すぎる"),
                );
            }
            self.beyond += 1;
            statement.kind = Kind::Line;
            return self.place(statement);
        }
        if kind == Kind::Edit {
            self.before_edit(span);
        }
        self.open.push(statement);
    }

    /// An `edit` needs an open `config` and no open `edit`.
    fn before_edit(&mut self, span: Span) {
        match self.open.last().map(|s| s.kind) {
            Some(Kind::Config) => {}
            Some(_) => {
                self.flaw(
                    Code::UnbalancedEnd,
                    span,
                    msg!("`next` is missing before this `edit`", "この `edit` の前に `next` がない"),
                );
                self.close(None);
            }
            None => self.flaw(
                Code::UnbalancedEnd,
                span,
                msg!("`edit` outside any `config`", "`config` の外に `edit` がある"),
            ),
        }
    }

    fn next(&mut self, span: Span) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return self.stray(span);
        }
        if self.open.last().is_some_and(|s| s.kind == Kind::Edit) {
            return self.close(Some(span));
        }
        self.flaw(
            Code::UnbalancedEnd,
            span,
            msg!("`next` without `edit`", "対応する `edit` のない `next` がある"),
        );
        self.stray(span);
    }

    /// `end` closes the table, and the entry that is still open in it.
    fn end(&mut self, span: Span) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return self.stray(span);
        }
        if self.open.last().is_some_and(|s| s.kind == Kind::Edit) {
            self.close(None);
        }
        if self.open.last().is_some_and(|s| s.kind == Kind::Config) {
            return self.close(Some(span));
        }
        self.flaw(
            Code::UnbalancedEnd,
            span,
            msg!("`end` without `config`", "対応する `config` のない `end` がある"),
        );
        self.stray(span);
    }

    fn stray(&mut self, span: Span) {
        let word = Word { text: "end".to_owned(), span, quoted: false, damaged: true };
        self.place(Statement {
            words: vec![word],
            span,
            kind: Kind::Line,
            close: None,
            children: Vec::new(),
        });
    }

    fn close(&mut self, at: Option<Span>) {
        if let Some(mut block) = self.open.pop() {
            block.close = at;
            self.place(block);
        }
    }

    fn place(&mut self, statement: Statement) {
        match self.open.last_mut() {
            Some(block) => block.children.push(statement),
            None => self.tree.statements.push(statement),
        }
    }

    fn flaw(&mut self, code: Code, span: Span, message: crate::source::Msg) {
        self.tree.flaws.push(Diagnostic::new(code, span, message));
    }

    fn finish(mut self) -> Tree {
        if let Some(block) = self.open.first() {
            let span = block.span;
            let message =
                msg!("the file ends inside this block", "ファイルがこのブロックの途中で終わっている");
            self.flaw(Code::TruncatedInput, span, message);
        }
        while !self.open.is_empty() {
            self.close(None);
        }
        self.tree
    }
}
