//! A device as data: interfaces, rule sets, the order in which they apply.

use std::collections::BTreeSet;

use ipnetwork::IpNetwork;

use super::rules::{IfId, Nat, Route, RuleId, RuleSet, RuleSetId};
use super::{AddressSet, Cause, CauseId, Expr, Facts, Names, Ranges};
use crate::source::{FileId, Msg, Span, Spanned};

/// One forwarding context: a firewall, one of its virtual domains, a router, a host with several interfaces.
/// Virtual domains and VRFs are devices of their own, joined by links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `FW-01` or `FW-01/VDOM`.
    pub name: String,
    /// The vendor id, as in `--vendor`.
    pub vendor: &'static str,
    /// The configuration file.
    pub file: FileId,
    /// Every interface, `IfId` is the index.
    pub interfaces: Vec<Interface>,
    /// Every rule list, `RuleSetId` is the index.
    pub rule_sets: Vec<RuleSet>,
    /// Every translation, `NatId` is the index.
    pub nats: Vec<Nat>,
    /// Every route, `RouteId` is the index.
    pub routes: Vec<Route>,
    /// The order of things.
    pub pipeline: Pipeline,
    /// State of a packet that belongs to no session, first match; `New` if none matches. Possible only in
    /// opening packets' analysis: packets of a session are `Established`.
    pub states: Vec<StateRule>,
    /// How the later packets of a session pass.
    pub established: Established,
    /// Filter rules whose packets pass without a session: neither replies nor helpers follow them.
    pub sessionless: Vec<(RuleSetId, RuleId)>,
    /// Functions that read a session and open others for it (FTP, SIP …).
    pub helpers: Vec<Helper>,
    /// Every source of uncertainty, `CauseId` is the index.
    pub causes: Vec<Cause>,
    /// What was not understood, and how far that reaches. [`Device::widen`] works it into the rule sets.
    pub taints: Vec<Taint>,
    /// Functions of the device that can carry data from one session to another (proxy, DNS forwarder, VPN …).
    pub relays: Vec<DeviceRelay>,
    /// Conclusions about the device that an analysis prints when it uses them (version read, defaults chosen).
    pub assumptions: Vec<Msg>,
    /// What it says beside how packets flow.
    pub facts: Facts,
    /// What the configuration calls its addresses and services.
    pub names: Names,
}

/// One interface, VLAN or tunnel end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The name in the configuration.
    pub name: Spanned<String>,
    /// The administrator's own name for it.
    pub alias: Option<String>,
    /// What it is.
    pub kind: InterfaceKind,
    /// Whether it is administratively up.
    pub up: bool,
    /// Its addresses.
    pub addresses: Vec<InterfaceAddress>,
}

/// An address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// Address and prefix length, host bits kept.
    pub network: IpNetwork,
    /// Its line.
    pub span: Span,
}

/// What an interface is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterfaceKind {
    /// A port, a bond, a software switch.
    Physical,
    /// A VLAN on another interface.
    Vlan {
        /// The parent's name.
        parent: String,
        /// The VLAN id.
        id: u16,
    },
    /// The end of a tunnel.
    Tunnel,
    /// Never leaves the device.
    Loopback,
    /// Joined to another virtual domain of the same box.
    VirtualLink,
    /// A member of a bond or switch: carries frames for another interface, has no layer 3 of its own.
    Member,
    /// A parent that only carries tagged VLANs.
    Trunk,
    /// Stands for interfaces that are not known by name.
    Unread,
}

/// The order in which a device applies its rule sets.
///
/// Every packet from outside: `arrival`, then `routing`. If that says `Local`: `input`. If it says an
/// interface: `forward`. Packets the device sends: `routing`, then `output` if that says an interface, `input` if
/// it says `Local`. A `Deny` of any filter is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Before the routing decision.
    pub arrival: Vec<Stage>,
    /// The routing decision, local delivery included.
    pub routing: RuleSetId,
    /// Between two interfaces, after the egress is known.
    pub forward: Vec<Stage>,
    /// To the device itself.
    pub input: Vec<Stage>,
    /// From the device itself, after the egress is known.
    pub output: Vec<Stage>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// A [`super::RuleSetKind::Filter`].
    Filter(RuleSetId),
    /// A [`super::RuleSetKind::Translate`].
    Translate(RuleSetId),
    /// A [`super::RuleSetKind::Mark`].
    Mark(RuleSetId),
}

/// How the later packets of a session pass (SEMANTICS 17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Established {
    /// The device keeps no sessions: every packet is judged by itself.
    None,
    /// The rules are asked again and see the state; routes decide as for any packet.
    ByRules,
    /// They pass without being asked; routes decide where to.
    ByRoutes,
    /// They pass without being asked. Replies leave by the interface by which the session was opened, unless that
    /// is one of these: then routes decide.
    ToOpener(BTreeSet<IfId>),
}

/// A function that reads sessions on its control ports and lets others pass for them (SEMANTICS 18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// Why it may open anything, with its line; of kind `Unknown`.
    pub cause: CauseId,
    /// The sessions it reads: IP protocols with destination ports.
    pub reads: Vec<(u8, Ranges)>,
    /// Between whom it lets others pass.
    pub opens: Opens,
}

/// Between whom a helper lets sessions pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opens {
    /// Between the ends of a session it reads.
    SameEnds,
    /// Between any machines, as long as they enter by an interface that a session it reads passes.
    AnyEndsBySameInterfaces,
    /// Between any machines.
    AnyEnds,
}

/// Which connection states a packet without a session can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRule {
    /// When.
    pub when: Expr,
    /// Possible values of [`super::Field::State`]; several mean that it is not known which.
    pub states: Ranges,
}

/// Something not understood, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// How far.
    pub radius: Radius,
    /// Why, with the line; of kind `Unknown`.
    pub cause: CauseId,
}

/// How far something not understood reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Radius {
    /// One rule: it may match anything that reaches it and do anything.
    Rule(RuleSetId, RuleId),
    /// One rule set: it may permit or deny anything.
    RuleSet(RuleSetId),
    /// Everything that enters or leaves by one interface.
    Interface(IfId),
    /// Every routing decision.
    Routing,
    /// Any translation of any packet.
    Nat,
    /// Everything: any packet between any interfaces with any rewriting, and it may relay.
    Device,
}

/// A function of the device that can carry data between sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRelay {
    /// What it is.
    pub kind: RelayKind,
    /// In a person's words.
    pub what: Msg,
    /// The line that enables it.
    pub span: Span,
    /// The line is certain to enable it (a violation may rest on it); otherwise it only may.
    pub certain: bool,
    /// By which packets data gets in and out; `None`: by any session of the device.
    pub carried: Option<Carried>,
}

/// What carries the data of a service that asks others for what it is asked: names, time, leases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Protocol and destination ports of the packets that it takes up.
    pub answers: Vec<(u8, Ranges)>,
    /// Protocol and destination ports of the packets that it sends on its own.
    pub asks: Vec<(u8, Ranges)>,
    /// To whom it sends them; `None`: that is not known.
    pub servers: Option<AddressSet>,
    /// This is what it certainly carries, on behalf of those it answers; possibly it carries anything by any packets.
    pub least: bool,
}

/// Kinds of relay functions (SEMANTICS 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelayKind {
    /// Carries data by purpose: proxy, VPN gateway, virtual server.
    Data,
    /// Infrastructure: DNS forwarder, NTP, DHCP relay, syslog.
    Infrastructure,
    /// Something unread.
    Unread,
}

impl Device {
    /// The interface with this name.
    pub fn interface(&self, name: &str) -> Option<IfId> {
        let at = self.interfaces.iter().position(|i| i.name.value == name)?;
        Some(IfId(u32::try_from(at).ok()?))
    }
    /// Every interface with its id.
    pub fn interfaces(&self) -> impl Iterator<Item = (IfId, &Interface)> {
        (0u32..).map(IfId).zip(&self.interfaces)
    }
    /// A rule set by id.
    pub fn rule_set(&self, id: RuleSetId) -> Option<&RuleSet> {
        self.rule_sets.get(id.index())
    }
    /// Keeps a cause and names it.
    pub fn add_cause(&mut self, cause: Cause) -> CauseId {
        let id = CauseId(u32::try_from(self.causes.len()).unwrap_or(u32::MAX));
        self.causes.push(cause);
        id
    }
    /// Keeps a rule set and names it.
    pub fn add_rule_set(&mut self, set: RuleSet) -> RuleSetId {
        let id = RuleSetId(u32::try_from(self.rule_sets.len()).unwrap_or(u32::MAX));
        self.rule_sets.push(set);
        id
    }
}
