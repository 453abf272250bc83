//! (room)
pub mod diagram;
