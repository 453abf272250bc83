//! Styles of configuration text: words and blocks with their places, nothing of their meaning.
pub mod shell;
