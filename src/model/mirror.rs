//! A device as its replies see it: sources for destinations, and the other way round.

use super::{DenyKind, Device, Expr, Field, Rewrite, RuleSetId, Then};

impl Field {
    /// The field of the same meaning in a packet that goes the other way.
    #[must_use]
    pub fn mirrored(self) -> Field {
        match self {
            Field::Src => Field::Dst,
            Field::Dst => Field::Src,
            Field::Sport => Field::Dport,
            Field::Dport => Field::Sport,
            other => other,
        }
    }
}

impl Expr {
    /// The condition on a packet that holds where this one holds of its mirror image.
    #[must_use]
    pub fn mirrored(&self) -> Expr {
        let all = |parts: &[Expr]| parts.iter().map(Expr::mirrored).collect();
        match self {
            Expr::Any => Expr::Any,
            Expr::None => Expr::None,
            Expr::All(parts) => Expr::All(all(parts)),
            Expr::Or(parts) => Expr::Or(all(parts)),
            Expr::Not(inner) => Expr::Not(Box::new(inner.mirrored())),
            Expr::In(field, values) => Expr::In(field.mirrored(), values.clone()),
            Expr::Unknown { cause, bound } => {
                Expr::Unknown { cause: *cause, bound: Box::new(bound.mirrored()) }
            }
        }
    }
}

impl Device {
    /// The device that does to the mirror image of each packet what this one does to the packet: what it accepts to
    /// open a session is what may come back. Interfaces keep their part: the ingress is still where the session is opened.
    #[must_use]
    pub fn mirrored(&self) -> Device {
        let mut out = self.clone();
        for (set, id) in out.rule_sets.iter_mut().zip(0u32..) {
            for rule in set.chains.iter_mut().flat_map(|c| &mut c.rules) {
                rule.when = rule.when.mirrored();
                if self.sessionless.contains(&(RuleSetId(id), rule.id)) {
                    rule.then = Then::Deny(DenyKind::Drop);
                }
            }
        }
        for state in &mut out.states {
            state.when = state.when.mirrored();
        }
        for rewrite in out.nats.iter_mut().flat_map(|n| &mut n.rewrites) {
            let (Rewrite::To(field, _) | Rewrite::Shift { field, .. }) = rewrite;
            *field = field.mirrored();
        }
        out
    }
}
