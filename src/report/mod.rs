//! What a person or a script reads: text, JSON, diagnostics, schemas. Renders answers, decides nothing.
//!
//! Text from files reaches a reader only through `Sources::excerpt` (secrets masked) and the page
//! (control characters replaced).

pub mod baseline;
mod coverage;
mod diagnostic;
pub mod diff;
pub mod doctor;
pub mod lab;
pub mod mask;
mod draft;
pub mod draft_sheet;
pub mod init;
pub mod explain;
pub mod graph;
pub mod matrix;
pub mod json;
mod names;
pub mod packets;
mod page;
mod reach;
mod row_sets;
pub mod schema;
mod text;
mod trace;
mod words;

pub use coverage::coverage;
pub use diagnostic::{diagnostic, diagnostics};
pub use draft::draft;
pub use names::named;
pub use page::{Colour, printable};
pub use reach::reach;
pub use text::{Style, changes, check, items};
pub use trace::trace;
