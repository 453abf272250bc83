//! Sets of addresses of both families.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::{Family, Field, Ranges, expr::Expr};

/// A set of IPv4 and IPv6 addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressSet {
    /// IPv4 addresses, values up to 2³²−1.
    pub v4: Ranges,
    /// IPv6 addresses.
    pub v6: Ranges,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self::default()
    }
    /// Every address of one family.
    pub fn all_of(family: Family) -> Self {
        Self::in_family(family, Ranges::full(family.max_address()))
    }
    /// Values in one family.
    pub fn in_family(family: Family, ranges: Ranges) -> Self {
        match family {
            Family::V4 => AddressSet { v4: ranges, v6: Ranges::empty() },
            Family::V6 => AddressSet { v4: Ranges::empty(), v6: ranges },
        }
    }
    /// One address.
    pub fn host(address: IpAddr) -> Self {
        Self::in_family(Family::of(address), Ranges::one(Family::number(address)))
    }
    /// Every address that shares the prefix of `network` (its host bits are ignored).
    pub fn network(network: IpNetwork) -> Self {
        let family = Family::of(network.ip());
        let bits = if family == Family::V4 { 32 } else { 128 };
        let host_bits = bits - u32::from(network.prefix());
        let low_mask = if host_bits == 128 { u128::MAX } else { (1u128 << host_bits) - 1 };
        let base = Family::number(network.ip()) & !low_mask;
        Self::in_family(family, Ranges::span(base, base | low_mask))
    }
    /// `low..=high`; `None` when the families differ or the order is reversed.
    pub fn range(low: IpAddr, high: IpAddr) -> Option<Self> {
        let family = Family::of(low);
        if family != Family::of(high) || Family::number(low) > Family::number(high) {
            return None;
        }
        Some(Self::in_family(family, Ranges::span(Family::number(low), Family::number(high))))
    }
    /// The values of one family.
    pub fn of(&self, family: Family) -> &Ranges {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
    /// Whether there is no address.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
    /// Whether `address` is in the set.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.of(Family::of(address)).contains(Family::number(address))
    }
    /// Union.
    #[must_use]
    pub fn union(&self, other: &AddressSet) -> AddressSet {
        AddressSet { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }
    /// Addresses of `self` that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &AddressSet) -> AddressSet {
        AddressSet { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }
    /// Intersection.
    #[must_use]
    pub fn intersection(&self, other: &AddressSet) -> AddressSet {
        AddressSet { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }
    /// The condition "`field` (source or destination) is in the set".
    pub fn expr(&self, field: Field) -> Expr {
        let part = |family: Family| {
            let ranges = self.of(family);
            let test = if ranges.is_empty() {
                Expr::None
            } else if *ranges == Ranges::full(family.max_address()) {
                Expr::Any
            } else {
                Expr::In(field, ranges.clone())
            };
            Expr::all([Expr::family(family), test])
        };
        Expr::any_of([part(Family::V4), part(Family::V6)])
    }
}
