//! Lines of words whose indentation says what belongs to what: the shape of IOS and its relatives.
//!
//! A line belongs to the closest line above that is indented less. A `!` in the first column closes everything: what is
//! indented below it belongs to nothing. Banners run from one delimiter to the next and hold no statements.

use super::Word;
use crate::msg;
pub use crate::source::session::{Raw, part, raw_lines};
use crate::source::{Code, Diagnostic, Limits, Span};

/// Most statements of one file.
const MOST_STATEMENTS: usize = 2_000_000;

/// One statement and the statements below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The words, at least one.
    pub words: Vec<Word>,
    /// From the first to the last word.
    pub span: Span,
    /// White space before the first word.
    pub indent: usize,
    /// What is indented below it.
    pub children: Vec<Node>,
}

impl Node {
    /// The words as text.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.words.iter().map(|w| w.text.as_str()).collect()
    }
    /// From the first word to the end of the last statement inside.
    #[must_use]
    pub fn whole(&self) -> Span {
        let mut last = self;
        while let Some(next) = last.children.last() {
            last = next;
        }
        self.span.to(last.span)
    }
}

/// A parsed configuration.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Statements at the top.
    pub nodes: Vec<Node>,
    /// Comments and separators.
    pub comments: Vec<Span>,
    /// Banners, delimiters included.
    pub banners: Vec<Span>,
    /// What breaks the shape: lines that belong to nothing, a banner that never ends.
    pub flaws: Vec<Diagnostic>,
}

/// How a banner says where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Banners {
    /// By the delimiter behind its name: `^C`, or any one character.
    Delimited,
    /// It is one line.
    OneLine,
}

/// Splits a line at blanks.
#[must_use]
pub fn words(raw: Raw<'_>) -> Vec<Word> {
    let mut out = Vec::new();
    let mut start = None;
    let ends = raw.text.char_indices().chain(std::iter::once((raw.text.len(), ' ')));
    for (at, c) in ends {
        match (c.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                let text = raw.text.get(from..at).unwrap_or("").to_owned();
                out.push(Word { text, span: part(raw.span, from, at), quoted: false });
                start = None;
            }
            _ => {}
        }
    }
    out
}

/// Parses the lines of one configuration.
#[must_use]
pub fn parse(lines: &[Raw<'_>], banners: Banners, limits: &Limits) -> Tree {
    let mut builder = Builder { tree: Tree::default(), open: Vec::new(), depth: limits.depth.clamp(1, 64) };
    let mut at = 0usize;
    let mut count = 0usize;
    while let Some(raw) = lines.get(at) {
        at += 1;
        let body = raw.text.trim();
        let lead = raw.text.len() - raw.text.trim_start().len();
        let place = part(raw.span, lead, lead + body.len());
        if body.is_empty() {
            continue;
        }
        if body.starts_with('!') || (lead == 0 && body.starts_with('#')) {
            builder.comment(place, lead);
            continue;
        }
        if lead == 0
            && banners == Banners::Delimited
            && let Some(delimiter) = banner(body)
        {
            builder.close(0);
            at = builder.banner(lines, at, place, delimiter);
            continue;
        }
        builder.take(Node { words: words(*raw), span: place, indent: lead, children: Vec::new() });
        count += 1;
        if count >= MOST_STATEMENTS {
            let message =
                msg!("more than {MOST_STATEMENTS} statements", "文の数が{MOST_STATEMENTS}を超えている");
            builder.flaw(Code::LimitExceeded, place, message);
            break;
        }
    }
    builder.close(0);
    builder.tree
}

/// What ends the banner that this line starts; `None` if it starts none, or ends it itself.
fn banner(line: &str) -> Option<Option<&str>> {
    let rest = line.strip_prefix("banner ")?.trim_start();
    let (kind, rest) = rest.split_once(char::is_whitespace)?;
    if !kind.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        return None;
    }
    let rest = rest.trim_start();
    let delimiter = match rest.strip_prefix("^C") {
        Some(_) => "^C",
        None => rest.get(..rest.chars().next()?.len_utf8())?,
    };
    let text = rest.get(delimiter.len()..)?;
    Some((!text.contains(delimiter)).then_some(delimiter))
}

/// Whether a line in a banner looks like the start of a configuration block: then a delimiter was lost.
fn looks_like_config(text: &str) -> bool {
    const STARTS: [&str; 14] = [
        "interface ",
        "ip route ",
        "ip access-list ",
        "access-list ",
        "router ",
        "vrf definition ",
        "ip vrf ",
        "banner ",
        "line vty ",
        "line con ",
        "hostname ",
        "route-map ",
        "ipv6 access-list ",
        "version ",
    ];
    let numbered = text.contains(|c: char| c.is_ascii_digit());
    let prose = |start: &str| matches!(start, "interface " | "version " | "router ") && !numbered;
    text == "end" || STARTS.iter().any(|s| text.starts_with(s) && !prose(s))
}

struct Builder {
    tree: Tree,
    open: Vec<Node>,
    depth: usize,
}

impl Builder {
    fn flaw(&mut self, code: Code, span: Span, message: crate::source::Msg) {
        self.tree.flaws.push(Diagnostic::new(code, span, message));
    }

    fn comment(&mut self, place: Span, lead: usize) {
        self.tree.comments.push(place);
        if lead == 0 {
            self.close(0);
        }
    }

    /// Closes every block that is indented as much as `indent` or more.
    fn close(&mut self, indent: usize) {
        while self.open.last().is_some_and(|n| n.indent >= indent) {
            if let Some(done) = self.open.pop() {
                self.place(done);
            }
        }
    }

    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(block) => block.children.push(node),
            None => self.tree.nodes.push(node),
        }
    }

    fn take(&mut self, node: Node) {
        self.close(node.indent);
        if self.open.is_empty() && node.indent > 0 {
            let message = msg!(
                "this line is indented, and nothing above it can hold it",
                "字下げされた行であるが、属する上位の行がない"
            );
            self.flaw(Code::UnbalancedEnd, node.span, message);
        }
        if self.open.len() >= self.depth {
            let message = msg!("blocks are nested too deep", "ブロックの入れ子が深すぎる");
            self.flaw(Code::NestingTooDeep, node.span, message);
            return self.place(node);
        }
        self.open.push(node);
    }

    /// Skips a banner; the index of the line behind it.
    fn banner(&mut self, lines: &[Raw<'_>], from: usize, start: Span, delimiter: Option<&str>) -> usize {
        let Some(delimiter) = delimiter else {
            self.tree.banners.push(start);
            return from;
        };
        let rest = lines.get(from..).unwrap_or_default();
        let end = rest.iter().position(|l| l.text.contains(delimiter));
        let inside = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if let Some(strange) = inside.iter().find(|l| looks_like_config(l.text.trim_end())) {
            let message = msg!(
                "this line stands inside a banner and looks like configuration: a delimiter may be missing",
                "バナーの途中に設定のような行があり、区切り文字が欠けている可能性がある"
            );
            self.flaw(Code::UnterminatedQuote, strange.span, message);
        }
        let Some(end) = end else {
            self.flaw(
                Code::UnterminatedQuote,
                start,
                msg!("this banner never ends", "バナーが閉じられていない"),
            );
            self.tree.banners.push(start);
            return from;
        };
        let last = rest.get(end).map_or(start, |l| l.span);
        self.tree.banners.push(start.to(last));
        from + end + 1
    }
}
