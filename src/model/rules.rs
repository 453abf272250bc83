//! Rule lists: one table kind for filters, translations, routes and marks.

use std::net::IpAddr;

use super::{CauseId, Expr, Field, Ranges};
use crate::source::{Span, Spanned};

/// Newtypes over vector indices.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
        impl $name {
            /// As a vector index.
            pub fn index(self) -> usize { self.0 as usize }
        }
    )* };
}
pub(crate) use ids;

ids! {
    /// Index into [`super::Device::interfaces`]; also the value of the ingress and egress fields.
    IfId;
    /// Index into [`super::Device::rule_sets`].
    RuleSetId;
    /// Index into [`RuleSet::chains`].
    ChainId;
    /// Identifies a rule within its rule set: unique there, in file order.
    RuleId;
    /// Index into [`super::Device::nats`].
    NatId;
    /// Index into [`super::Device::routes`].
    RouteId;
}

impl IfId {
    /// The value of the ingress field of packets the device itself sends, and of the egress field before the
    /// routing decision and of packets to the device itself. No interface has it, so a positive test is false.
    pub const NONE: IfId = IfId(0xFFFF);
}

/// What the outcomes of a rule set mean. An action that a kind does not name counts as its `Fall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleSetKind {
    /// `Permit` and `Deny` are final; `Fall` off the end of the entry chain permits.
    Filter,
    /// `Nat` translates and ends; `Permit`, `Fall` and `Return` leave the packet alone.
    Translate,
    /// `Route` decides; `Fall` means no route (discarded).
    Route,
    /// `Mark` sets the mark (`Nat`: any value it names) and ends; anything else leaves it. (Lists whose rules
    /// mark and go on must be converted to this form, last writer first.)
    Mark,
}

/// A first-match rule list with sub-chains. The one table kind: policies, NAT tables, route tables, mark tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// What a person calls it: `FORWARD`, `policy`, `local-in`.
    pub name: String,
    /// What its outcomes mean.
    pub kind: RuleSetKind,
    /// Its chains; jumps must not form a cycle (vendors taint instead).
    pub chains: Vec<Chain>,
    /// Where it starts.
    pub entry: ChainId,
}

/// One list of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name and where that stands.
    pub name: Spanned<String>,
    /// First match wins.
    pub rules: Vec<Rule>,
    /// The implicit rule at the end, with its own place. `Return` and `Fall` leave the chain: to its caller, or
    /// as the outcome `Fall` of the rule set if it is the entry chain.
    pub end: Spanned<Then>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Unique in its rule set.
    pub id: RuleId,
    /// When it matches.
    pub when: Expr,
    /// What it does.
    pub then: Then,
    /// The statement to show.
    pub span: Span,
    /// What a person calls it: `policy 90 (TEST)`, `FORWARD rule 3`. Never a secret.
    pub label: String,
}

/// How traffic is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyKind {
    /// Silently.
    Drop,
    /// With an answer to the sender.
    Reject,
}

/// What a rule does with a packet that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Then {
    /// Accept.
    Permit,
    /// Refuse.
    Deny(DenyKind),
    /// Leave the chain; in the entry chain the same as its end.
    Return,
    /// Go on with the next rule.
    Fall,
    /// Run a chain, then go on with the next rule.
    Jump(ChainId),
    /// Run a chain; its end, or a return in it, continues in the caller's caller.
    Goto(ChainId),
    /// Translate.
    Nat(NatId),
    /// Send.
    Route(RouteId),
    /// Set the mark.
    Mark(u32),
    /// Any of permit, deny, return, fall: an action that is not understood (filters only). Ignorance, whatever
    /// the kind of the cause.
    Unknown(CauseId),
}

/// Direction of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatKind {
    /// Changes where the packet says it comes from.
    Source,
    /// Changes where the packet goes.
    Destination,
    /// Both, or not known.
    Both,
}

/// One translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nat {
    /// Direction.
    pub kind: NatKind,
    /// Applied together to the packet as it arrived (which also decides which fields it has). No field twice.
    /// Families never change.
    pub rewrites: Vec<Rewrite>,
    /// Set if the new values are not known, only bounded by `rewrites` (ignorance, whatever the kind of the
    /// cause); otherwise several values are a choice.
    pub unknown: Option<CauseId>,
    /// The statement to show.
    pub span: Span,
    /// What a person calls it: `VIP_SHOMEI01`, `MASQUERADE`.
    pub label: String,
}

/// A change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// The field takes any of the values. Addresses apply to the packet's own family, and a packet of a family
    /// in which there is no value keeps its own; ports and ICMP only where the protocol has them.
    To(Field, Ranges),
    /// Values `from.0 ..= from.1` become `to ..`, by offset; other values stay. The new interval must lie in the
    /// field; an interval that does not lie in the packet's family touches nothing.
    Shift {
        /// The field.
        field: Field,
        /// The old interval.
        from: (u128, u128),
        /// The new value of `from.0`.
        to: u128,
    },
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteTarget {
    /// Out of an interface.
    Interface(IfId),
    /// To the device itself.
    Local,
    /// Nowhere.
    Discard(DenyKind),
    /// Nobody knows: any interface that is up, with any next hop, the device itself, or nowhere. Ignorance,
    /// whatever the kind of the cause.
    Any(CauseId),
}

/// One route as a rule list's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub target: RouteTarget,
    /// The next hop; `None` for directly connected destinations: the packet is sent to its destination itself.
    pub gateway: Option<IpAddr>,
    /// The statement to show.
    pub span: Span,
    /// What a person calls it: `connected port5`, `0.0.0.0/0 via 10.0.0.1`.
    pub label: String,
}
