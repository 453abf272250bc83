//! Rule lists by brute force: a two-valued interpreter that is told, coin by coin, how each unknown turns out, and
//! is run for every sequence of coins.
use std::collections::{BTreeMap, BTreeSet};

use bunri::analysis::concrete::Packet;
use bunri::model::*;

/// One value per choice.
pub type Chosen = BTreeMap<CauseId, bool>;

/// Every assignment of the choices of [`crate::rule_lists::small_causes`]: causes 1, 3 and 5.
pub fn choices() -> Vec<Chosen> {
    (0..8u32).map(|bits| (0..3).map(|i| (CauseId(2 * i + 1), bits >> i & 1 == 1)).collect()).collect()
}

/// A sequence of decisions, replayed and extended.
#[derive(Default)]
struct Coins {
    /// Decision and number of alternatives.
    tossed: Vec<(usize, usize)>,
    next: usize,
}

impl Coins {
    fn toss(&mut self, sides: usize) -> usize {
        if self.next == self.tossed.len() {
            self.tossed.push((0, sides));
        }
        self.next += 1;
        self.tossed[self.next - 1].0
    }

    /// The next sequence; false after the last.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((side, sides)) = self.tossed.pop() {
            if side + 1 < sides {
                self.tossed.push((side + 1, sides));
                return true;
            }
        }
        false
    }
}

/// Runs `once` for every sequence of coins; `None` if there are too many.
fn every<T: Ord>(mut once: impl FnMut(&mut Coins) -> T) -> Option<BTreeSet<T>> {
    let mut coins = Coins::default();
    let mut out = BTreeSet::new();
    for _ in 0..20_000 {
        out.insert(once(&mut coins));
        if !coins.advance() {
            return Some(out);
        }
    }
    None
}

fn truth(e: &Expr, p: &Packet, chosen: &Chosen, coins: &mut Coins) -> bool {
    match e {
        Expr::Any => true,
        Expr::None => false,
        Expr::In(field, values) => values.contains(p.get(*field)),
        Expr::All(parts) => parts.iter().all(|e| truth(e, p, chosen, coins)),
        Expr::Or(parts) => parts.iter().any(|e| truth(e, p, chosen, coins)),
        Expr::Not(inner) => !truth(inner, p, chosen, coins),
        Expr::Unknown { cause, bound } => {
            let here = chosen.get(cause).copied();
            here.unwrap_or_else(|| coins.toss(2) == 1) && truth(bound, p, chosen, coins)
        }
    }
}

/// The values a condition can have.
pub fn values(e: &Expr, p: &Packet, chosen: &Chosen) -> BTreeSet<bool> {
    every(|coins| truth(e, p, chosen, coins)).unwrap()
}

/// What running a chain comes to: a final action, `Return` (leave the caller too) or `Fall` (back to the caller).
fn chain(set: &RuleSet, id: ChainId, p: &Packet, chosen: &Chosen, coins: &mut Coins) -> Then {
    let chain = &set.chains[id.index()];
    for rule in &chain.rules {
        if truth(&rule.when, p, chosen, coins) {
            match act(set, rule.then, p, chosen, coins) {
                Then::Fall => {}
                Then::Return if id == set.entry => break,
                done => return done,
            }
        }
    }
    act(set, chain.end.value, p, chosen, coins)
}

fn act(set: &RuleSet, then: Then, p: &Packet, chosen: &Chosen, coins: &mut Coins) -> Then {
    match then {
        Then::Jump(to) => match chain(set, to, p, chosen, coins) {
            Then::Return => Then::Fall,
            other => other,
        },
        Then::Goto(to) => match chain(set, to, p, chosen, coins) {
            Then::Fall => Then::Return,
            other => other,
        },
        Then::Unknown(_) => {
            [Then::Permit, Then::Deny(DenyKind::Drop), Then::Return, Then::Fall][coins.toss(4)]
        }
        other => other,
    }
}

/// The outcomes of a rule set per assignment of the choices; `None` if there are too many completions.
pub fn outcomes(set: &RuleSet, p: &Packet) -> Option<Vec<(Chosen, BTreeSet<Then>)>> {
    let under = |chosen: Chosen| {
        let found = every(|coins| chain(set, set.entry, p, &chosen, coins))?;
        Some((chosen, found))
    };
    choices().into_iter().map(under).collect()
}
