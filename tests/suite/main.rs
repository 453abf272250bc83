//! The one integration test binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "helpers of tests fail like tests"
)]
mod admission;
mod bdd_oracle;
mod cli;
mod rooms;
mod closed;
mod compile;
mod crossing;
mod diagram;
mod network;
mod overlooked;
mod contradicted;
mod overlooked_fortios;
mod overlooked_ios;
mod overlooked_iptables;
mod overlooked_vrf;
mod ios_captures;
mod order;
mod nameless;
mod readme;
mod ranges;
mod pinholes;
mod replies;
mod sessions;
mod rows;
mod iptables;
#[cfg(target_os = "linux")]
mod lab;
mod iptables_attack;
mod iptables_holes;
mod register;
mod report;
mod rule_lists;
mod rule_names;
mod sites;
mod source;
mod misplaced;
mod mutation;
mod fortios;
mod fortios_attack;
mod fortios_big;
mod fortios_features;
mod fortios_ha;
mod fortios_rib;
mod fortios_walk;
mod ios;
mod ios_attack;
mod ios_ax_routes;
mod ios_dialects;
mod ios_lists;
mod ios_quiet;
mod concrete;
mod soundness;
mod borders;
mod carriers_fortios;
mod through;
mod towns;
mod taken_away;
mod baseline;
mod cases;
mod agreement;
mod x_checks;
mod support;
mod tables;
mod one_policy;
mod secrecy;
mod limits;
mod log_cuts;
mod log_pasted;
mod log_twice;
mod log_typing;
mod first_sight;
mod fuzz;
