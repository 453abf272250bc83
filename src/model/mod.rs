//! The vendor-neutral device: what every engine reads and every vendor writes.
//!
//! Vendors convert their words into rule lists over three-valued conditions ([`Expr`]); nobody here or there
//! writes a "may" or a "must" by hand. Both engines walk exactly this data.
mod address;
mod device;
mod expr;
mod facts;
mod field;
mod layer2;
mod names;
mod mirror;
mod ranges;
mod rules;
mod widen;

pub use address::AddressSet;
pub use device::{
    Carried, Device, DeviceRelay, Established, Helper, Interface, InterfaceAddress, InterfaceKind, Opens,
    Pipeline, Radius, RelayKind, Stage, StateRule, Taint,
};
pub use expr::{Cause, CauseId, CauseKind, Expr};
pub use facts::{AdminService, Bridge, Facts, Line, LineKind, Logging, RuleFact};
pub use field::{Family, Field, Flow, PORT_PROTOCOLS, State, TCP_FLAGS, proto};
pub use layer2::{LAST_VLAN, Layer2, Limit, LimitKind, Neighbour, PortKind, SwitchPort, same_port};
pub use names::{Names, ServiceName};
pub use ranges::Ranges;
pub(crate) use rules::ids;
pub use rules::{
    Chain, ChainId, DenyKind, IfId, Nat, NatId, NatKind, Rewrite, Route, RouteId, RouteTarget, Rule, RuleId,
    RuleSet, RuleSetId, RuleSetKind, Then,
};
