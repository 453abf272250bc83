//! Hand-made devices and sites for tests of the analyses.
pub mod devices;
pub mod reading;
pub mod sites;
pub mod tiny;
