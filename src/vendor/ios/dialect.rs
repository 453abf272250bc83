//! What only IOS has. ALAXALA AX and AlliedWare Plus are read by the same parser; where a file of theirs says one of
//! these, it does not mean what IOS means by it, and nobody here knows what it does.

use super::config::{Dialect, Scope};
use crate::msg;
use crate::source::Msg;

/// How far a statement at the top reaches that the dialect does not have; `None` if it has it.
pub fn foreign(dialect: Dialect, words: &[&str]) -> Option<Scope> {
    if dialect == Dialect::Ios {
        return None;
    }
    match words {
        // Taken back, such a thing is not there, as ever.
        ["no", ..] => None,
        ["ip", "nat", ..] => Some(Scope::Nat),
        ["ip", "inspect", ..] | ["time-range", ..] => Some(Scope::Forward),
        ["zone", "security", ..] | ["zone-pair", ..] => Some(Scope::Device),
        ["class-map" | "policy-map", "type", "inspect", ..] => Some(Scope::Device),
        _ => None,
    }
}

/// The same for a line of an interface.
pub fn foreign_here(dialect: Dialect, words: &[&str]) -> Option<Scope> {
    if dialect == Dialect::Ios {
        return None;
    }
    match words {
        ["ip", "nat", ..] => Some(Scope::Nat),
        ["ip", "inspect", ..] => Some(Scope::Forward),
        ["ip" | "ipv6", "policy", ..] => Some(Scope::AllRouting),
        ["zone-member", ..] => Some(Scope::Device),
        _ => None,
    }
}

/// Why nothing more is known of it.
pub fn of_ios() -> Msg {
    msg!("this product has no such statement that we know of", "この製品の資料にない文である")
}
