//! What the municipality allows: the exception register (特定通信台帳・系間通信一覧) the dates on its
//! entries, and the rule packs it answers to.

pub mod date;
pub mod own_pack;
pub mod pack;
pub mod register;
