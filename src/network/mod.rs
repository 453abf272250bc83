//! Devices, segments, hosts and declarations as one graph of locations.

mod site;

pub use site::{
    Contract, ContractFlow, Data, Declaration, DeviceId, DeviceStatus, Endpoint, External, HalfSession, Host,
    HostId, HostInterface, Link, Location, NextHop, Purpose, Relay, Role, Sanitizer, Segment, SegmentId,
    Site, SiteDevice, Zone, ZoneId,
};
