//! What a configuration says beside how packets flow: lines to the outside, ways to administer the device, rules and
//! objects as their administrator sees them. Vendors fill it, checks read it; no engine does.

use super::device::Taint;
use super::rules::IfId;
use super::{AddressSet, Ranges};
use crate::source::{Msg, Span};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Tunnels and lines that are in effect, or may be.
    pub lines: Vec<Line>,
    /// Services by which the device is administered, wherever its filters let somebody in.
    pub admin: Vec<AdminService>,
    /// Rules that permit across interfaces, as written, with the disabled ones.
    pub rules: Vec<RuleFact>,
    /// Statements by which the product permits although no rule of the administrator does.
    pub defaults: Vec<Span>,
    /// Statements of routes that something other than the destination chooses: policy routes, SD-WAN rules.
    pub policy_routes: Vec<Span>,
    /// Named objects that nothing uses: the name, and where it is defined.
    pub unused: Vec<(String, Span)>,
    /// Ports that are members of a switch or bond inside the device, each with the interface that stands for it.
    pub members: Vec<(String, String)>,
    /// Subinterfaces that take frames without a tag, too: the native VLAN of their port.
    pub native: Vec<String>,
    /// Ports between which frames may pass without being routed.
    pub bridges: Vec<Bridge>,
    /// What was not understood and how far each reaches; kept by [`super::Device::widen`].
    pub doubts: Vec<Taint>,
}

/// Ports between which frames may pass without being routed: of a bridge, of a domain in transparent mode, of a wire
/// pair. What filters there are judge IP packets only, or are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// What the configuration calls it.
    pub name: String,
    /// Names of its ports.
    pub ports: Vec<String>,
    /// In a person's words.
    pub what: Msg,
    /// The line that makes it.
    pub span: Span,
}

/// What a line to the outside is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A site-to-site tunnel with a peer that is named.
    Tunnel,
    /// A tunnel or gateway into which any peer with credentials may dial.
    DialIn,
    /// A line that the device itself dials: PPPoE, LTE, a modem.
    Dialled,
}

/// A tunnel or a line that the device itself sets up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// In a person's words.
    pub what: Msg,
    /// The statement that makes it.
    pub span: Span,
    /// Its interface, if it has one that can carry packets.
    pub interface: Option<IfId>,
    /// It is in effect for certain; otherwise it only may be.
    pub certain: bool,
}

/// A service by which the device is administered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminService {
    /// In a person's words: `HTTPS`, `SSH`.
    pub label: &'static str,
    /// IP protocol.
    pub proto: u8,
    /// Destination ports.
    pub ports: Ranges,
    /// Only at these addresses of the device; `None` for all.
    pub at: Option<AddressSet>,
    /// Only from these sources, whatever the filters say; `None` for all.
    pub from: Option<AddressSet>,
}

/// Whether passing traffic is written to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Logging {
    /// At least in part.
    On,
    /// Switched off.
    Off,
    /// The product logs by other means, or nobody can tell.
    Unsaid,
}

/// A rule that permits, as its administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFact {
    /// The statement, as in [`super::Rule::span`].
    pub span: Span,
    /// What a person calls it.
    pub label: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Any source, any destination, any service.
    pub any: bool,
    /// Whether it logs.
    pub logging: Logging,
    /// Whether a comment says what it is for.
    pub commented: bool,
    /// The day and the place, if it ends by a one-time schedule.
    pub ends: Option<(jiff::civil::Date, Span)>,
}
