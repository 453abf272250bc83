//! From the words of one rule to conditions and a target.
//!
//! `iptables` lets options come in any order, `!` before the option (1.4.3 and later) or before its value
//! (earlier), `--name=value` and `-sVALUE`. A word that fits nowhere is kept as stray: it makes the rule a
//! wildcard, for it might have been anything.

use crate::source::{Span, Spanned};
use crate::syntax::shell::Word;

use super::config::{Jump, RuleLine, TargetOption, Term};
use super::options::{HEADER, Module, Test, implied_by_protocol, module};
use super::targets::target;

/// Reads the words after `-A CHAIN`.
pub fn read(span: Span, words: &[Word]) -> RuleLine {
    let mut reader = Reader {
        words: words.iter().peekable(),
        rule: RuleLine { span, terms: Vec::new(), jump: None, stray: Vec::new(), comment: None },
        loaded: Vec::new(),
        open: None,
        bang: None,
    };
    while let Some(word) = reader.words.next() {
        reader.word(word);
    }
    reader.finish()
}

struct Reader<'a> {
    words: std::iter::Peekable<std::slice::Iter<'a, Word>>,
    rule: RuleLine,
    loaded: Vec<&'static Module>,
    /// The term of an opaque or unknown module that still collects words.
    open: Option<usize>,
    bang: Option<Span>,
}

impl<'a> Reader<'a> {
    fn word(&mut self, word: &'a Word) {
        if !word.quoted && word.text == "!" {
            self.stray_bang();
            self.bang = Some(word.span);
        } else if !word.quoted && word.text.len() > 1 && word.text.starts_with('-') {
            self.option(word);
        } else if let Some(term) = self.open.and_then(|i| self.rule.terms.get_mut(i)) {
            term.span = term.span.to(word.span);
            term.values.push(word.clone());
        } else if !self.unknown_target_value(word) {
            self.rule.stray.push(word.span);
        }
    }

    /// A `!` that no option took up.
    fn stray_bang(&mut self) {
        if let Some(span) = self.bang.take() {
            self.rule.stray.push(span);
        }
    }

    fn option(&mut self, word: &'a Word) {
        let (name, inline) = divide(word);
        let long = name.strip_prefix("--");
        let short = name.strip_prefix('-').and_then(|s| s.chars().next()).filter(|_| long.is_none());
        let is =
            |letter: char, names: &[&str]| short == Some(letter) || long.is_some_and(|l| names.contains(&l));
        if is('m', &["match"]) {
            self.load(word, inline);
        } else if is('j', &["jump"]) || is('g', &["goto"]) {
            self.jump(word, inline, is('g', &["goto"]));
        } else if is('c', &["set-counters"]) {
            self.stray_bang();
            self.take(word, inline, 2);
        } else if let Some((_, _, arity, test)) = HEADER.iter().find(|h| is(h.0, h.1)) {
            self.open = None;
            let repeated = self.rule.terms.iter().any(|t| t.test == *test && t.module.is_empty());
            if repeated {
                self.rule.stray.push(word.span);
            }
            self.term(word, inline, String::new(), *test, *arity);
            self.imply_module(*test);
        } else if let Some(long) = long {
            self.long(word, long, inline);
        } else {
            self.rule.stray.push(word.span);
        }
    }

    fn imply_module(&mut self, test: Test) {
        let protocol = self.rule.terms.last().filter(|_| test == Test::Protocol);
        let name = protocol.and_then(|t| t.values.first()).map(|v| v.text.to_ascii_lowercase());
        if let Some(found) = name.and_then(|n| implied_by_protocol(&n)) {
            self.loaded.insert(0, found);
        }
    }

    fn load(&mut self, word: &'a Word, inline: Option<Word>) {
        self.stray_bang();
        self.open = None;
        let Some(name) = self.take(word, inline, 1).pop() else { return };
        let span = word.span.to(name.span);
        let found = module(&name.text);
        let test = found.map_or(Test::Unknown, |m| m.bare);
        if let Some(found) = found {
            self.loaded.push(found);
        }
        if test != Test::Nothing {
            self.open = Some(self.rule.terms.len());
            self.rule.terms.push(Term { test, module: name.text, negated: false, values: Vec::new(), span });
        }
    }

    fn jump(&mut self, word: &'a Word, inline: Option<Word>, goto: bool) {
        self.stray_bang();
        self.open = None;
        let Some(name) = self.take(word, inline, 1).pop() else { return };
        if self.rule.jump.is_some() {
            self.rule.stray.push(word.span);
            return;
        }
        let target = Spanned::new(name.text, name.span);
        self.rule.jump = Some(Jump { goto, target, options: Vec::new() });
    }

    /// A long option that is not of the rule header.
    fn long(&mut self, word: &'a Word, long: &str, inline: Option<Word>) {
        let own = self.rule.jump.as_ref().and_then(|j| target(&j.target.value));
        let own = own.and_then(|t| t.options.iter().find(|o| o.0 == long));
        if let Some((_, arity)) = own {
            self.stray_bang();
            let values = self.take(word, inline, *arity);
            self.target_option(word, values);
            return;
        }
        let named = |m: &&'static Module| m.options.iter().find(|o| o.name == long).map(|o| (m.name, o));
        if let Some((module, spec)) = self.loaded.iter().rev().find_map(named) {
            self.open = None;
            self.term(word, inline, module.to_owned(), spec.test, spec.arity);
        } else if self.rule.jump.is_some() {
            self.stray_bang();
            self.target_option(word, inline.into_iter().collect());
        } else {
            self.unknown_option(word, inline);
        }
    }

    /// An option of an opaque module, or one that nobody defines: a condition we cannot read.
    fn unknown_option(&mut self, word: &'a Word, inline: Option<Word>) {
        let bang = self.bang.take();
        let index = self.open.unwrap_or(self.rule.terms.len());
        if index == self.rule.terms.len() {
            let module = self.loaded.last().map_or(String::new(), |m| m.name.to_owned());
            let term =
                Term { test: Test::Unknown, module, negated: false, values: Vec::new(), span: word.span };
            self.rule.terms.push(term);
            self.open = Some(index);
        }
        if let Some(term) = self.rule.terms.get_mut(index) {
            term.span = term.span.to(word.span);
            // With and without `!` are not one fact.
            let not = |span| Word { text: "!".to_owned(), span, quoted: false };
            term.values.extend(bang.map(not));
            term.values.push(word.clone());
            term.values.extend(inline);
        }
    }

    fn term(&mut self, word: &'a Word, inline: Option<Word>, module: String, test: Test, arity: usize) {
        let before = self.bang.take();
        let mut negated = before.is_some();
        if arity > 0 && self.words.peek().is_some_and(|w| !w.quoted && w.text == "!") {
            self.words.next();
            negated = !negated;
        }
        let values = self.take(word, inline, arity);
        let end = values.last().map_or(word.span, |v| v.span);
        let span = before.unwrap_or(word.span).to(word.span).to(end);
        if test == Test::Comment {
            self.rule.comment = values.into_iter().next().map(|v| Spanned::new(v.text, v.span));
            return;
        }
        self.rule.terms.push(Term { test, module, negated, values, span });
    }

    /// The next `count` words as values; a missing one makes the option stray.
    fn take(&mut self, word: &'a Word, inline: Option<Word>, count: usize) -> Vec<Word> {
        let mut values: Vec<Word> = inline.into_iter().collect();
        while values.len() < count {
            let Some(next) = self.words.next() else {
                self.rule.stray.push(word.span);
                break;
            };
            values.push(next.clone());
        }
        if values.len() > count {
            self.rule.stray.push(word.span);
        }
        values
    }

    fn target_option(&mut self, word: &Word, values: Vec<Word>) {
        let span = values.last().map_or(word.span, |v| word.span.to(v.span));
        let name = divide(word).0.to_owned();
        if let Some(jump) = self.rule.jump.as_mut() {
            jump.options.push(TargetOption { name, values, span });
        }
    }

    /// Words after an unknown option of an unknown target belong to it: that target is a wildcard anyway.
    fn unknown_target_value(&mut self, word: &Word) -> bool {
        let Some(jump) = self.rule.jump.as_mut().filter(|j| target(&j.target.value).is_none()) else {
            return false;
        };
        let Some(option) = jump.options.last_mut() else { return false };
        option.span = option.span.to(word.span);
        option.values.push(word.clone());
        true
    }

    fn finish(mut self) -> RuleLine {
        self.stray_bang();
        // Without a readable target, an unreadable option may have been the target.
        if self.rule.jump.is_none() {
            let unread = self.rule.terms.iter().filter(|t| t.test == Test::Unknown).map(|t| t.span);
            self.rule.stray.extend(unread);
        }
        self.rule
    }
}

/// `--name=value` and `-sVALUE` as name and value.
fn divide(word: &Word) -> (&str, Option<Word>) {
    let text = word.text.as_str();
    let value = |v: &str| Some(Word { text: v.to_owned(), span: word.span, quoted: true });
    if text.starts_with("--") {
        return text.split_once('=').map_or((text, None), |(name, v)| (name, value(v)));
    }
    let mut rest = text.chars();
    rest.next();
    rest.next();
    let name = text.strip_suffix(rest.as_str()).unwrap_or(text);
    if rest.as_str().is_empty() { (text, None) } else { (name, value(rest.as_str())) }
}
