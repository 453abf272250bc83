//! Compile and query benchmarks; see `benches/` modules.
fn main() {}
