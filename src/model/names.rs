//! What a configuration calls its addresses and services: words for a reader, never part of a decision.

use super::{AddressSet, Ranges};

/// Names that stand for certain values. Objects whose value is not known for certain have no place here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Address objects and groups, in the order of the configuration.
    pub addresses: Vec<(String, AddressSet)>,
    /// Service objects, in the order of the configuration.
    pub services: Vec<ServiceName>,
}

/// The name of every packet of some protocols to some ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceName {
    /// As the configuration writes it.
    pub name: String,
    /// Protocol numbers.
    pub protocols: Ranges,
    /// Destination ports; all of them for protocols without ports.
    pub ports: Ranges,
}
