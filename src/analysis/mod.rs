//! Symbolic sets, the concrete evaluator, reachability and verdicts.

pub mod answer;
pub mod finding;
pub mod concrete;
pub mod diagram;
pub mod set;
pub mod outcome;
pub mod slice;
pub mod compile;
pub mod blame;
pub mod rows;
pub mod naming;
pub mod witness;
pub mod transition;
pub mod pipeline;
pub mod reach;
pub mod shared;
pub mod deaths;
mod departures;
pub mod replies;
pub mod query;
pub mod comparison;

use compile::CompileError;
use diagram::BudgetExceeded;

/// Why a symbolic question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The arena is full.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// A loop of translations did not end within the visit limit.
    #[error("a loop of translations did not end")]
    Endless,
    /// The model contradicts its own contract: an error in this program, never in the input.
    #[error("the device model is malformed")]
    Malformed,
}

/// The result of a symbolic question.
pub type Result<T> = std::result::Result<T, EngineError>;

impl From<CompileError> for EngineError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Budget(budget) => EngineError::Budget(budget),
            // Vendors taint devices whose chains form a cycle; a rule set that has one all the same is malformed.
            CompileError::Cycle(_) => EngineError::Malformed,
        }
    }
}
