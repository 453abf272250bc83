//! Devices, segments, hosts and declarations as one graph of locations.
//!
//! [`build`] reads a site folder (through [`FileSource`]: only the caller touches a disk) into a [`Site`].
//! `topology.rs` documents the file's form and `form.rs` checks any TOML against such a form; `plan.rs`, `boxes.rs`
//! and `session.rs` resolve its names, `bind.rs` joins interfaces to segments, `contract.rs` makes devices of declarations,
//! `policy/` of FWポリシー表, `beside.rs` looks at files that no device is read from,
//! `fabric.rs` joins the ports of switches into broadcast domains, `graph.rs`
//! draws the links, `table/` reads sheets as a part of the topology, `survey/` looks at a folder that nobody described, `query.rs` answers analyses. Nothing here decides whether a packet passes a device.

mod beside;
mod bind;
mod boxes;
mod build;
mod cables;
mod contract;
mod fabric;
mod facts;
pub(crate) mod form;
mod graph;
mod left_out;
mod members;
mod order;
mod own_rows;
mod plan;
mod policy;
mod query;
mod records;
mod session;
mod site;
pub mod survey;
pub mod table;
mod topology;
mod waiting;

pub use build::{BuildError, FileSource, TOPOLOGY, build};
pub use fabric::{Claim, Fabric, Join, Secured, Step, Wide, is_named};
pub use query::ZonePlaces;
pub use records::{
    Allow, Awaits, Breakout, ExternalKind, InventoryRow, LineRow, Pair, Policy, Records, Unconfirmed, Variant,
};
pub use session::{address_set, port_ranges, protocol_number};
pub use site::{
    Cluster, Contract, ContractFlow, Data, Declaration, DeviceId, DeviceStatus, Drift, Endpoint, External,
    Forwarding, HalfSession, Host, HostId, HostInterface, Link, Location, NextHop, Purpose, Relay, Role,
    Sanitizer, Segment, SegmentId, Site, SiteDevice, Zone, ZoneId,
};
pub use topology::topology_schema;
