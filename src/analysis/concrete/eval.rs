//! One condition on one packet.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Cause, CauseId, CauseKind, Expr, Field, Flow, IfId};

/// A packet inside a device: its header and the scratch fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet {
    /// The header.
    pub flow: Flow,
    /// Where it came in; [`IfId::NONE`] if the device sends it.
    pub ingress: IfId,
    /// Where it goes out; [`IfId::NONE`] before the routing decision.
    pub egress: IfId,
    /// Value of [`Field::State`].
    pub state: u128,
    /// Value of [`Field::Mark`].
    pub mark: u128,
    /// Value of [`Field::Zone`].
    pub zone: u128,
}

impl Packet {
    /// The value of any field.
    pub fn get(&self, field: Field) -> u128 {
        match field {
            Field::Ingress => u128::from(self.ingress.0),
            Field::Egress => u128::from(self.egress.0),
            Field::State => self.state,
            Field::Mark => self.mark,
            Field::Zone => self.zone,
            _ => self.flow.get(field),
        }
    }
}

/// The value of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It depends on these causes.
    Unknown(BTreeSet<CauseId>),
}

impl Truth {
    fn known(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

/// The value of `expr` when the causes in `chosen` have these values and nothing is known of the others.
///
/// Exact for causes of ignorance, because each place where one is named may turn out by itself. A choice has one
/// value everywhere: [`cases`] asks again once it is made.
pub fn eval(expr: &Expr, packet: &Packet, chosen: &BTreeMap<CauseId, bool>) -> Truth {
    match expr {
        Expr::Any => Truth::True,
        Expr::None => Truth::False,
        Expr::In(field, values) => Truth::known(values.contains(packet.get(*field))),
        Expr::All(parts) => junction(parts, packet, chosen, &Truth::False),
        Expr::Or(parts) => junction(parts, packet, chosen, &Truth::True),
        Expr::Not(inner) => match eval(inner, packet, chosen) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            unknown => unknown,
        },
        Expr::Unknown { cause, bound } => match (eval(bound, packet, chosen), chosen.get(cause)) {
            (Truth::False, _) | (_, Some(false)) => Truth::False,
            (bound, Some(true)) => bound,
            (Truth::True, None) => Truth::Unknown(BTreeSet::from([*cause])),
            (Truth::Unknown(mut causes), None) => {
                causes.insert(*cause);
                Truth::Unknown(causes)
            }
        },
    }
}

/// A conjunction (`decides` is `False`) or a disjunction (`True`).
fn junction(parts: &[Expr], packet: &Packet, chosen: &BTreeMap<CauseId, bool>, decides: &Truth) -> Truth {
    let mut causes = BTreeSet::new();
    for part in parts {
        match eval(part, packet, chosen) {
            Truth::Unknown(more) => causes.extend(more),
            value if value == *decides => return value,
            _ => {}
        }
    }
    if causes.is_empty() { Truth::known(*decides == Truth::False) } else { Truth::Unknown(causes) }
}

/// One way a condition can turn out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Whether it holds.
    pub held: bool,
    /// Choices that had to be made for that, beside those already made.
    pub chosen: BTreeMap<CauseId, bool>,
    /// Causes of ignorance it still depends on; empty if it is certain.
    pub unknown: BTreeSet<CauseId>,
}

/// More cases of one condition than this, and the rest of its choices are taken as unknown, which only makes the
/// answer less certain.
const CASES: usize = 256;

/// Every way `expr` can turn out: a choice that matters is made one way in some cases and the other way in the
/// others, what nobody knows gives both values.
pub fn cases(expr: &Expr, packet: &Packet, causes: &[Cause], chosen: &BTreeMap<CauseId, bool>) -> Vec<Case> {
    let mut out = Vec::new();
    let mut open = vec![BTreeMap::new()];
    while let Some(made) = open.pop() {
        let mut all = chosen.clone();
        all.extend(made.iter().map(|(cause, value)| (*cause, *value)));
        match eval(expr, packet, &all) {
            Truth::True => out.push(Case { held: true, chosen: made, unknown: BTreeSet::new() }),
            Truth::False => out.push(Case { held: false, chosen: made, unknown: BTreeSet::new() }),
            Truth::Unknown(on) => match on.iter().find(|c| is_choice(causes, **c)) {
                Some(choice) if out.len() + open.len() < CASES => open.extend([false, true].map(|value| {
                    let mut made = made.clone();
                    made.insert(*choice, value);
                    made
                })),
                _ => out.extend([true, false].map(|held| Case {
                    held,
                    chosen: made.clone(),
                    unknown: on.clone(),
                })),
            },
        }
    }
    out
}

fn is_choice(causes: &[Cause], id: CauseId) -> bool {
    causes.get(id.0 as usize).is_some_and(|c| c.kind == CauseKind::Condition)
}
