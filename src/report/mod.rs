//! What a person or a script reads: text, JSON, diagnostics, schemas. Renders answers, decides nothing.
//!
//! Text from files reaches a reader only through `Sources::excerpt` (secrets masked) and the page
//! (control characters replaced).

mod coverage;
mod diagnostic;
pub mod json;
pub mod packets;
mod page;
pub mod schema;
mod text;
mod words;

pub use coverage::coverage;
pub use diagnostic::{diagnostic, diagnostics};
pub use page::{Colour, printable};
pub use text::{Style, check};
