//! The one integration test binary.
mod bdd_oracle;
mod compile;
mod diagram;
mod rows;
mod iptables;
mod rule_lists;
