//! Three-valued conditions on a packet.

use super::{Family, Field, PORT_PROTOCOLS, Ranges};
use crate::source::{Msg, Span};

/// Index into [`super::Device::causes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(pub u32);

/// Why a condition has no certain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// Ignorance: an FQDN, an unread word, an undefined name. A violation must hold however it turns out.
    Unknown,
    /// Choice: a schedule, a user, a rate limit, an ECMP member. A violation may pick it, once per witness.
    Condition,
}

/// One source of uncertainty, shared by every rule that depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Ignorance or choice.
    pub kind: CauseKind,
    /// What is not known or chosen.
    pub what: Msg,
    /// The line to look at.
    pub span: Span,
}

/// A condition on a packet. With `Unknown` it is three-valued; negation is right by construction.
///
/// A cause of kind `Condition` has one value for the device throughout a packet's journey, wherever it is named;
/// a cause of kind `Unknown` may turn out differently at each place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// Always true.
    Any,
    /// Never true.
    None,
    /// Conjunction; empty is true.
    All(Vec<Expr>),
    /// Disjunction; empty is false.
    Or(Vec<Expr>),
    /// Negation.
    Not(Box<Expr>),
    /// The field's value is in the set; absent fields are 0 and nothing else is special about them. Address sets
    /// need [`Expr::family`] beside them ([`super::AddressSet::expr`] adds it), ports their protocols
    /// ([`Expr::ports`] adds them).
    In(Field, Ranges),
    /// False outside `bound`; inside it nobody knows.
    Unknown {
        /// Why.
        cause: CauseId,
        /// Where it can be true at all.
        bound: Box<Expr>,
    },
}

impl Expr {
    /// Conjunction, simplified.
    pub fn all(parts: impl IntoIterator<Item = Expr>) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Expr::Any => {}
                Expr::None => return Expr::None,
                Expr::All(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        match (out.len(), out.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                out.push(last);
                Expr::All(out)
            }
            (_, None) => Expr::Any,
        }
    }

    /// Disjunction, simplified.
    pub fn any_of(parts: impl IntoIterator<Item = Expr>) -> Expr {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Expr::None => {}
                Expr::Any => return Expr::Any,
                Expr::Or(inner) => out.extend(inner),
                other => out.push(other),
            }
        }
        match (out.len(), out.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                out.push(last);
                Expr::Or(out)
            }
            (_, None) => Expr::None,
        }
    }

    /// Negation, simplified.
    pub fn negate(self) -> Expr {
        match self {
            Expr::Any => Expr::None,
            Expr::None => Expr::Any,
            Expr::Not(inner) => *inner,
            other => Expr::Not(Box::new(other)),
        }
    }

    /// True at most inside `bound`, for the reason `cause`.
    pub fn unknown(cause: CauseId, bound: Expr) -> Expr {
        Expr::Unknown { cause, bound: Box::new(bound) }
    }

    /// The packet's family.
    pub fn family(family: Family) -> Expr {
        Expr::In(Field::Family, Ranges::one(family.value()))
    }

    /// The packet's protocol.
    pub fn proto(number: u8) -> Expr {
        Expr::In(Field::Proto, Ranges::one(u128::from(number)))
    }

    /// One of `protocols` (only those with ports count), with `field` (source or destination port) in `ports`.
    pub fn ports(protocols: &[u8], field: Field, ports: Ranges) -> Expr {
        let with_ports = protocols.iter().filter(|p| PORT_PROTOCOLS.contains(p));
        let protocols = Ranges::from_pairs(with_ports.map(|p| (u128::from(*p), u128::from(*p))));
        if protocols.is_empty() || ports.is_empty() {
            return Expr::None;
        }
        let port = if ports == Ranges::full(0xFFFF) { Expr::Any } else { Expr::In(field, ports) };
        Expr::all([Expr::In(Field::Proto, protocols), port])
    }

    /// The scratch or header field has this value.
    pub fn is(field: Field, value: u128) -> Expr {
        Expr::In(field, Ranges::one(value))
    }
}
