//! Reading settings so that nothing is forgotten: every setting is taken, named inert, or reported.

use std::collections::BTreeSet;

use crate::msg;
use crate::source::{Code, Diagnostic, LineState, Msg, Span, Spanned};
use crate::syntax::blocks::Word;

use super::node::{Node, Setting, damaged};

/// Line states and diagnostics of one file, in the making.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Claims in any order; the worst of a line wins.
    pub claims: Vec<(Span, LineState)>,
    /// Diagnostics in any order.
    pub diagnostics: Vec<Diagnostic>,
    /// Most diagnostics to keep.
    pub most: usize,
}

impl Ledger {
    /// An empty ledger.
    pub fn new(most: usize) -> Self {
        Ledger { claims: Vec::new(), diagnostics: Vec::new(), most }
    }
    /// States what became of the lines of `span`.
    pub fn claim(&mut self, span: Span, state: LineState) {
        self.claims.push((span, state));
    }
    /// The same for every line of a node.
    pub fn claim_node(&mut self, node: &Node, state: LineState) {
        self.claims.extend(node.every_line().into_iter().map(|s| (s, state)));
    }
    /// Keeps a diagnostic, up to the limit.
    pub fn report(&mut self, code: Code, span: Span, message: Msg) {
        if self.diagnostics.len() < self.most {
            self.diagnostics.push(Diagnostic::new(code, span, message));
        }
    }
}

/// Takes settings out of one node.
pub struct Reader<'a> {
    node: &'a Node,
    taken: BTreeSet<&'a str>,
    /// Places that were not understood.
    unread: Vec<Span>,
    ledger: &'a mut Ledger,
}

impl<'a> Reader<'a> {
    /// Starts on `node`: its opening and closing lines count as modelled.
    pub fn new(node: &'a Node, ledger: &'a mut Ledger) -> Self {
        for span in &node.frame {
            ledger.claim(*span, LineState::Modelled);
        }
        let mut unread = Vec::new();
        for span in &node.stray {
            ledger.claim(*span, LineState::Unrecognized);
            ledger.report(Code::UnknownStatement, *span, msg!("unknown statement", "未知の文である"));
            unread.push(*span);
        }
        if node.name_damaged && !node.name.value.is_empty() {
            ledger.claim(node.span(), LineState::Partial);
            unread.push(node.span());
        }
        Reader { node, taken: BTreeSet::new(), unread, ledger }
    }

    /// The ledger, for nodes inside this one.
    pub fn ledger(&mut self) -> &mut Ledger {
        self.ledger
    }

    fn setting(&mut self, key: &str) -> Option<&'a Setting> {
        let (_, key, setting) = self.node.settings.get_full(key)?;
        self.taken.insert(key);
        Some(setting)
    }

    fn claim(&mut self, setting: &Setting, state: LineState) {
        for span in &setting.spans {
            self.ledger.claim(*span, state);
        }
    }

    fn bad(&mut self, setting: &Setting) {
        let span = setting.spans.last().copied().unwrap_or(self.node.span());
        self.claim(setting, LineState::Unrecognized);
        self.ledger.report(Code::BadValue, span, msg!("this value cannot be read", "この値を解釈できない"));
        self.unread.push(span);
    }

    /// The values of `key`; none if absent or unset.
    pub fn list(&mut self, key: &str) -> &'a [Word] {
        let Some(setting) = self.setting(key) else { return &[] };
        if setting.values.iter().any(|w| w.damaged) {
            self.bad(setting);
            return &[];
        }
        self.claim(setting, LineState::Modelled);
        &setting.values
    }

    /// The values of `key` as names. Undecodable text stays in them and matches no definition.
    pub fn names(&mut self, key: &str) -> Vec<Spanned<String>> {
        self.list(key).iter().map(|w| Spanned::new(w.text.clone(), w.span)).collect()
    }

    /// The place of the last statement about `key`, without taking it.
    pub fn place(&self, key: &str) -> Option<Span> {
        self.node.settings.get(key).and_then(|s| s.spans.last().copied())
    }

    /// Whether `key` is set to anything, without taking it.
    pub fn has(&self, key: &str) -> bool {
        self.node.settings.get(key).is_some_and(|s| !s.values.is_empty())
    }

    /// All values of `key`, read by `read`; a value that does not read is reported.
    pub fn parse<T>(&mut self, key: &str, read: impl Fn(&[&str]) -> Option<T>) -> Option<T> {
        let setting = self.setting(key)?;
        if setting.values.is_empty() {
            self.claim(setting, LineState::Modelled);
            return None;
        }
        let texts: Vec<&str> = setting.values.iter().map(|w| w.text.as_str()).collect();
        let value = if setting.values.iter().any(damaged) { None } else { read(&texts) };
        match value {
            Some(value) => {
                self.claim(setting, LineState::Modelled);
                Some(value)
            }
            None => {
                self.bad(setting);
                None
            }
        }
    }

    /// One word.
    pub fn word(&mut self, key: &str) -> Option<Spanned<String>> {
        let place = self.place(key)?;
        let text = self.parse(key, |t| match *t {
            [one] => Some(one.to_owned()),
            _ => None,
        })?;
        Some(Spanned::new(text, place))
    }

    /// `enable` or `disable`.
    pub fn switch(&mut self, key: &str) -> Option<bool> {
        self.parse(key, |t| match *t {
            ["enable"] => Some(true),
            ["disable"] => Some(false),
            _ => None,
        })
    }

    /// A number.
    pub fn number(&mut self, key: &str) -> Option<u32> {
        self.parsed(key)
    }

    /// A number of some width: one that does not fit is reported, it never becomes a default.
    pub fn parsed<T: std::str::FromStr>(&mut self, key: &str) -> Option<T> {
        self.parse(key, |t| match *t {
            [one] => one.parse().ok(),
            _ => None,
        })
    }

    /// Settings that cannot change what passes, whatever their values.
    pub fn inert(&mut self, keys: &[&str]) {
        for key in keys {
            if let Some(setting) = self.setting(key) {
                self.claim(setting, LineState::Inert);
            }
        }
    }

    /// The same for a list of words separated by white space.
    pub fn inert_words(&mut self, words: &str) {
        words.split_whitespace().for_each(|word| self.inert(&[word]));
    }

    /// Every remaining setting that begins like one of the words.
    pub fn inert_families(&mut self, words: &str) {
        let stems: Vec<&str> = words.split_whitespace().collect();
        self.inert_prefix(&stems);
    }

    /// Every remaining setting whose name starts with one of these.
    pub fn inert_prefix(&mut self, prefixes: &[&str]) {
        for (key, setting) in &self.node.settings {
            if !self.taken.contains(key.as_str()) && prefixes.iter().any(|p| key.starts_with(p)) {
                self.taken.insert(key);
                self.claim(setting, LineState::Inert);
            }
        }
    }

    /// A switch that is inert while off; on, it is known and not modelled: its place.
    pub fn unmodelled_if_on(&mut self, key: &str, off: &[&str]) -> Option<Span> {
        let setting = self.setting(key)?;
        let span = setting.spans.last().copied()?;
        let values: Vec<&str> = setting.values.iter().map(|w| w.text.as_str()).collect();
        if values.iter().all(|v| off.contains(v)) {
            self.claim(setting, LineState::Inert);
            return None;
        }
        self.claim(setting, LineState::Unmodelled);
        let key = key.to_owned();
        self.ledger.report(
            Code::UnmodelledFeature,
            span,
            msg!("`{key}` is not modelled", "`{key}` は未対応である"),
        );
        Some(span)
    }

    /// Blocks inside that cannot change what passes.
    pub fn inert_blocks(&mut self, paths: &[&str]) {
        for block in &self.node.blocks {
            if paths.contains(&block.name.value.as_str()) && self.taken.insert(&block.name.value) {
                self.ledger.claim_node(block, LineState::Inert);
            }
        }
    }

    /// The block inside with this path, taken.
    pub fn block(&mut self, path: &str) -> Option<&'a Node> {
        let block = self.node.block(path)?;
        self.taken.insert(&block.name.value);
        Some(block)
    }

    /// Takes over places that a reader of something inside did not understand.
    pub fn note(&mut self, unread: Vec<Span>) {
        self.unread.extend(unread);
    }

    /// Marks the frame of a block as modelled and its entries as this reader's affair.
    pub fn entries(&mut self, path: &str) -> Vec<&'a Node> {
        let Some(block) = self.block(path) else { return Vec::new() };
        let unread = Reader::new(block, self.ledger).finish_entries();
        self.unread.extend(unread);
        block.entries.values().collect()
    }

    /// Reports whatever was not taken, entries excepted, and gives every place that was not understood.
    pub fn finish_entries(mut self) -> Vec<Span> {
        for (key, setting) in &self.node.settings {
            if self.taken.contains(key.as_str()) {
                continue;
            }
            let span = setting.spans.last().copied().unwrap_or(self.node.span());
            for span in &setting.spans {
                self.ledger.claim(*span, LineState::Unrecognized);
            }
            self.ledger.report(
                Code::UnreadToken,
                span,
                msg!("this setting is not known", "この設定は未知である"),
            );
            self.unread.push(span);
        }
        for block in &self.node.blocks {
            if self.taken.contains(block.name.value.as_str()) {
                continue;
            }
            self.ledger.claim_node(block, LineState::Unrecognized);
            self.ledger.report(
                Code::UnknownBlock,
                block.span(),
                msg!("this block is not known", "このブロックは未知である"),
            );
            self.unread.push(block.span());
        }
        self.unread
    }

    /// The same; entries that nobody expects here count as not understood.
    pub fn finish(self) -> Vec<Span> {
        let node = self.node;
        let mut extra = Vec::new();
        for entry in node.entries.values() {
            self.ledger.claim_node(entry, LineState::Unrecognized);
            extra.push(entry.span());
        }
        let mut unread = self.finish_entries();
        unread.extend(extra);
        unread
    }
}
