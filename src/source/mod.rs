//! Bytes and places: decoding, files, spans, masked excerpts, line states, diagnostics.
//!
//! Nothing here knows what a configuration means. Text that a person may see leaves this room only through
//! [`Sources::excerpt`], which masks every span that a vendor declared secret, or as a copy of a file
//! ([`Sources::masked_text`]).
mod decode;
mod diagnostic;
mod lines;
mod masked;
mod message;
mod parts;
mod path;
mod rank;
mod secrets;
pub mod session;
pub mod sheet;
mod store;
mod terminal;
mod text;

pub use decode::{Decoded, Encoding, decode, encode_like};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use lines::{LineMap, LineState, Tally};
pub use message::{Lang, Msg};
pub use path::{PathError, SitePath};
pub use rank::{Rank, rank};
pub use store::{AddError, Excerpt, FileId, Limits, Position, SourceFile, Sources, Span, Spanned};
pub use text::{alike, narrow};
