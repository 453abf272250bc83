//! Text to statement trees. Knows nothing of networks.
pub mod blocks;
