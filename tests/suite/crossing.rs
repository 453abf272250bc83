//! How a crossing sorts its senders.

use std::collections::BTreeSet;

use bunri::checks::crossing::{Exempt, source_classes};
use bunri::model::{AddressSet, Ranges};

#[test]
fn source_classes_partition_all_addresses() {
    let set = |text: &str| AddressSet::network(text.parse().unwrap());
    let exempt = |sources: AddressSet| Exempt {
        origins: BTreeSet::new(),
        sources,
        destinations: set("10.9.0.0/16"),
        onto: None,
        proto: Some(6),
        ports: Ranges::one(443),
        icmp: None,
    };
    let list = [exempt(set("10.0.0.0/8")), exempt(set("10.1.0.0/16")), exempt(set("192.0.2.0/24"))];
    let classes = source_classes(&list);
    let members: Vec<usize> = classes.iter().map(|c| c.1.len()).collect();
    assert_eq!(members.iter().filter(|m| **m == 2).count(), 1);
    for text in ["10.1.2.3", "10.2.2.3", "192.0.2.9", "203.0.113.1", "2001:db8::1"] {
        let address = text.parse().unwrap();
        assert_eq!(classes.iter().filter(|c| c.0.contains(address)).count(), 1, "{text}");
    }
}
