//! The value grammars of FortiOS: addresses with masks, ranges, port ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

use crate::model::{AddressSet, Family, Ranges};

/// Most intervals that a wildcard mask may become.
const MOST_HOLES: usize = 4096;

/// `10.0.0.1 255.255.255.0`, `10.0.0.1/24`, `10.0.0.1/255.255.255.0`, `10.0.0.1`: address and mask.
fn address_and_mask(words: &[&str]) -> Option<(Ipv4Addr, Ipv4Addr)> {
    match *words {
        [address, mask] => Some((address.parse().ok()?, mask.parse().ok()?)),
        [one] => match one.split_once('/') {
            Some((address, mask)) => {
                let mask = match mask.parse::<u8>() {
                    Ok(bits) if bits <= 32 => {
                        Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0))
                    }
                    Ok(_) => return None,
                    Err(_) => mask.parse().ok()?,
                };
                Some((address.parse().ok()?, mask))
            }
            None => Some((one.parse().ok()?, Ipv4Addr::BROADCAST)),
        },
        _ => None,
    }
}

/// An interface address or route prefix, host bits kept. The mask must be contiguous.
pub fn network4(words: &[&str]) -> Option<IpNetwork> {
    let (address, mask) = address_and_mask(words)?;
    let bits = u32::from(mask);
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == u32::MAX || bits == 0).then_some(())?;
    let prefix = u8::try_from(bits.leading_ones()).ok()?;
    Some(IpNetwork::V4(Ipv4Network::new(address, prefix).ok()?))
}

/// `2001:db8::1/64`; without a length, one address.
pub fn network6(words: &[&str]) -> Option<IpNetwork> {
    let [one] = *words else { return None };
    let (address, prefix) = match one.split_once('/') {
        Some((address, bits)) => (address, bits.parse().ok()?),
        None => (one, 128),
    };
    Some(IpNetwork::V6(Ipv6Network::new(address.parse().ok()?, prefix).ok()?))
}

/// Addresses that agree with the first on the bits of the second (`subnet`, `wildcard`): 1 bits must agree.
pub fn masked4(words: &[&str]) -> Option<AddressSet> {
    let (address, mask) = address_and_mask(words)?;
    let (value, mask) = (u128::from(u32::from(address)), u128::from(u32::from(mask)));
    let ranges = Ranges::from_mask(value, mask, Family::V4.max_address(), MOST_HOLES)?;
    Some(AddressSet::in_family(Family::V4, ranges))
}

/// One address or `low-high`, of one family.
pub fn range(word: &str, family: Family) -> Option<(u128, u128)> {
    let (low, high) = word.split_once('-').unwrap_or((word, word));
    let (low, high) = match family {
        Family::V4 => (IpAddr::V4(low.parse().ok()?), IpAddr::V4(high.parse().ok()?)),
        Family::V6 => (IpAddr::V6(low.parse().ok()?), IpAddr::V6(high.parse().ok()?)),
    };
    let (low, high) = (Family::number(low), Family::number(high));
    (low <= high).then_some((low, high))
}

/// One address, `low-high`, or a prefix.
pub fn range_or_prefix(word: &str, family: Family) -> Option<(u128, u128)> {
    if !word.contains('/') {
        return range(word, family);
    }
    let network = match family {
        Family::V4 => network4(&[word])?,
        Family::V6 => network6(&[word])?,
    };
    AddressSet::network(network).of(family).pairs().first().copied()
}

/// An address of one family.
pub fn address(word: &str, family: Family) -> Option<IpAddr> {
    match family {
        Family::V4 => word.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        Family::V6 => word.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    }
}

/// `80` or `1-1023`.
pub fn ports(word: &str) -> Option<(u128, u128)> {
    let (low, high) = word.split_once('-').unwrap_or((word, word));
    let (low, high): (u16, u16) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then_some((u128::from(low), u128::from(high)))
}

/// `80`, `443:1024-65535`: destination ports, then the source ports that go with exactly these.
pub fn port_pair(word: &str) -> Option<(Ranges, Ranges)> {
    let (to, from) = match word.split_once(':') {
        Some((to, from)) => (ports(to)?, ports(from)?),
        None => (ports(word)?, (0, 0xFFFF)),
    };
    Some((Ranges::span(to.0, to.1), Ranges::span(from.0, from.1)))
}
