//! Symbolic sets, the concrete evaluator, reachability and verdicts.

pub mod answer;
pub mod concrete;
