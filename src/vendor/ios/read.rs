//! Line states and findings in the making, and the ways in which a statement is not understood.

use crate::msg;
use crate::source::{Code, Diagnostic, LineState, Msg, Span};
use crate::syntax::indent::Node;

use super::config::{Config, Doubt, Scope};
use super::inert::{self, Place};
use super::{reach, value};

/// Line states and diagnostics of one reading.
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
    /// States what became of the lines of `span`.
    pub fn claim(&mut self, span: Span, state: LineState) {
        self.claims.push((span, state));
    }
    /// The same for a statement and everything inside.
    pub fn claim_all(&mut self, node: &Node, state: LineState) {
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            self.claim(next.span, state);
            open.extend(&next.children);
        }
    }
    /// Keeps a diagnostic, up to the limit.
    pub fn report(&mut self, code: Code, span: Span, message: Msg) {
        if self.diagnostics.len() < self.most {
            self.diagnostics.push(Diagnostic::new(code, span, message));
        }
    }
}

/// Reads statements into a [`Config`]; nothing is forgotten: every statement is taken, named inert, or a doubt.
pub struct Reader<'a> {
    /// What was read.
    pub config: Config,
    /// Line states.
    pub ledger: &'a mut Ledger,
    /// The language.
    pub dialect: super::config::Dialect,
}

impl Reader<'_> {
    /// The statement's own line is modelled.
    pub fn modelled(&mut self, node: &Node) {
        self.ledger.claim(node.span, LineState::Modelled);
    }

    /// The statement and everything inside changes nothing.
    pub fn inert(&mut self, node: &Node) {
        self.ledger.claim_all(node, LineState::Inert);
    }

    /// A doubt.
    pub fn doubt(&mut self, scope: Scope, span: Span, what: Msg) {
        self.config.doubts.push(Doubt { scope, span, what });
    }

    /// A statement that nobody knows.
    pub fn unknown(&mut self, node: &Node, scope: Scope) {
        let what = msg!("unknown statement", "未知の文である");
        self.ledger.claim_all(node, LineState::Unrecognized);
        self.ledger.report(Code::UnknownStatement, node.span, what.clone());
        let scope = match scope {
            Scope::Interface(name) => Scope::Statement(name),
            other => other,
        };
        self.doubt(scope, node.span, what);
    }

    /// A known statement whose meaning is not modelled.
    pub fn unmodelled(&mut self, node: &Node, scope: Scope, what: Msg) {
        self.ledger.claim_all(node, LineState::Unmodelled);
        self.ledger.report(Code::UnmodelledFeature, node.span, what.clone());
        if scope == Scope::Nat {
            let words = node.texts().into_iter().map(str::to_owned).collect();
            self.config.nat.unread.push((words, node.span));
        }
        self.doubt(scope, node.span, what);
    }

    /// A known statement with a value that does not read.
    pub fn bad(&mut self, node: &Node, scope: Scope) {
        let what = msg!("this statement cannot be read", "この文を解釈できない");
        self.ledger.claim_all(node, LineState::Unrecognized);
        self.ledger.report(Code::BadValue, node.span, what.clone());
        self.doubt(scope, node.span, what);
    }

    /// A statement that no reader of its place took: inert, in the scope table, or unknown.
    pub fn rest(&mut self, place: Place, node: &Node, otherwise: Scope) {
        let texts = node.texts();
        let free = matches!(texts.first(), Some(&"description" | &"remark" | &"hostname" | &"snmp-server"));
        if !free && !value::decoded(&texts) {
            return self.unknown(node, otherwise);
        }
        if inert::reason(place, &texts).is_some() {
            return self.inert(node);
        }
        match reach::scope(&texts).filter(|_| place == Place::Top) {
            Some(_) if negates_nothing(&texts) && node.children.is_empty() => self.inert(node),
            Some(scope) => {
                let what = msg!("this feature is not modelled", "この機能は未対応である");
                self.unmodelled(node, scope, what);
            }
            None => self.unknown(node, otherwise),
        }
    }
}

/// Whether a statement says that a feature is off of which nothing else in the file speaks. Translations and zones are
/// read elsewhere: a line that takes one back is not.
fn negates_nothing(texts: &[&str]) -> bool {
    match texts {
        ["no", "ip", "nat", "inside" | "outside" | "source" | "pool" | "translation", ..] => false,
        ["no", "zone", ..] => false,
        ["no", ..] => true,
        _ => false,
    }
}
