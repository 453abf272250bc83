//! bunri (分離) proves that a municipality's network keeps its three tiers apart, or shows the packet that
//! crosses.
//!
//! The rooms stand in reading order; each imports only from rooms above it. See `src/ARCHITECTURE.md`.
pub mod source;
pub mod syntax;
pub mod model;
pub mod vendor;
pub mod network;
pub mod intent;
pub mod analysis;
pub mod checks;
pub mod report;
pub mod cli;
