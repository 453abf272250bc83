//! The one integration test binary.
mod bdd_oracle;
mod compile;
mod diagram;
mod iptables;
mod rule_lists;
