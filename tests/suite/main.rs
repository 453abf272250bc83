//! The one integration test binary.
mod bdd_oracle;
mod diagram;
