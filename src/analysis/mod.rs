//! Symbolic sets, the concrete evaluator, reachability and verdicts.

pub mod answer;
pub mod blame;
pub mod compile;
pub mod diagram;
pub mod outcome;
pub mod rows;
pub mod set;
pub mod slice;
pub mod witness;
