//! The kernel laboratory: boxes out of network namespaces, links out of veth pairs, packets put on the wire and seen
//! where they come out. The Linux kernel is then a third judge beside the two engines.
//!
//! Traffic stays between namespaces made here; nothing outside is read or changed. Sending on a veth runs the
//! receiver in the same call, so nothing waits; a tag in each payload tells packets apart, also late ones.
pub mod craft;
pub mod space;
pub mod wire;
