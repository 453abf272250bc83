//! The network as a picture: tiers as rows, devices as columns, what crosses in red.
//!
//! [`picture`] decides what is shown; each form draws it. No form computes a layout that depends on anything but
//! the site, so the same site gives the same bytes.

mod dot;
mod mermaid;
mod picture;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use picture::{Column, ColumnKind, Joint, Lane, Picture, Row, Trail, picture};
pub use svg::svg;
