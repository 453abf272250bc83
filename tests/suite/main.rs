//! The one integration test binary.
mod bdd_oracle;
mod cli;
mod compile;
mod diagram;
mod rows;
mod iptables;
mod report;
mod rule_lists;
mod fortios;
mod fortios_walk;
