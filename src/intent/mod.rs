//! What the municipality allows: the exception register (特定通信台帳・系間通信一覧) and the dates on its entries.

pub mod date;
pub mod register;
