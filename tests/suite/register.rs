//! The exception register: what is read of it, and what it takes out of the picture.

mod dates;
mod draft;
pub mod flows;
mod reading;
