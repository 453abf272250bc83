//! What is known of the box besides its rules, and the device under construction.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Cause, CauseId, CauseKind, Device, Expr, Family as ModelFamily, Field, IfId, Interface, Radius, Ranges,
    Rule, RuleId, Taint, Then,
};
use crate::source::{Code, Diagnostic, LineMap, LineState, Msg, Sources, Span};

use super::config::Family;

/// The place of a rule in the packet's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Address family of the rules.
    pub family: Family,
    /// Whether the ingress interface is known there.
    pub ingress: Known,
    /// Whether the egress interface is known there.
    pub egress: Known,
    /// Whether destination translation may have happened before.
    pub after_dnat: bool,
    /// Whether connection tracking has seen the packet: not yet in the raw table.
    pub tracked: bool,
    /// Whether the rule at work asks for NEW and nothing else: what it says of other packets does not matter.
    pub only_new: bool,
    /// Whether the rule at work asks for one protocol that has ports.
    pub with_ports: bool,
}

/// Whether an interface name can be tested at a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Yes.
    Yes,
    /// There is none: the name is empty (`net/ipv4/netfilter/ip_tables.c`, `nulldevname`).
    Empty,
    /// Depends on the kernel version.
    Depends,
}

impl Hook {
    /// The hook of a built-in chain of a table.
    pub fn of(family: Family, table: &str, chain: &str) -> Hook {
        let (ingress, egress) = match chain {
            "PREROUTING" | "INPUT" => (Known::Yes, Known::Empty),
            "FORWARD" => (Known::Yes, Known::Yes),
            "OUTPUT" => (Known::Empty, Known::Yes),
            _ => (Known::Depends, Known::Yes),
        };
        let after_dnat = chain != "PREROUTING" && chain != "OUTPUT";
        Hook {
            family,
            ingress,
            egress,
            after_dnat,
            tracked: table != "raw",
            only_new: false,
            with_ports: false,
        }
    }
}

/// Own addresses of one family.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Every own address, loopback included.
    pub local: Ranges,
    /// Addresses that go to every host of a subnet.
    pub broadcast: Ranges,
    /// Addresses that are delivered locally by some kernels only: IPv4 network addresses, IPv6 anycast.
    pub perhaps: Ranges,
    /// What the shown table `local` delivers, whatever its kind; empty if it is not shown.
    pub routed: Ranges,
    /// The address that MASQUERADE and REDIRECT would choose, per interface.
    pub primary: BTreeMap<IfId, Primary>,
}

/// Candidates for an interface's own address.
#[derive(Debug, Clone, Default)]
pub struct Primary {
    /// One value if it is certain, several if the kernel may choose any.
    pub addresses: Ranges,
    /// It comes from DHCP or a router and may change.
    pub dynamic: bool,
}

/// A rule that translates destinations. Where no rule reads or sets packet marks, the mark of a packet says which of
/// these rules translated it.
#[derive(Debug, Clone)]
pub struct DnatRule {
    /// The family.
    pub family: Family,
    /// The mark, from 1.
    pub mark: u32,
    /// Destinations before translation, if the rule limits them.
    pub destinations: Option<Ranges>,
    /// Destination ports before translation, if the rule limits them.
    pub ports: Option<Ranges>,
}

/// Facts that conditions depend on.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The interface that stands for all that are not known by name.
    pub other: Option<IfId>,
    /// Own addresses, if `ip addr` was given.
    pub own: Option<[Own; 2]>,
    /// Some rule may set packet marks that something reads, per family: then the model's mark cannot carry anything else.
    pub marks: [bool; 2],
    /// Packets whose destination may have been translated, per family; `None` if there is no such rule.
    pub dnat: [Option<Expr>; 2],
    /// Some rule asks whether the destination was translated.
    pub asks_dnat: bool,
    /// Rules that translate destinations, by their place.
    pub dnat_rules: BTreeMap<Span, DnatRule>,
    /// Sources that are routed back over each interface, per family, where that is certain.
    pub reverse: [Option<BTreeMap<IfId, Ranges>>; 2],
}

/// The index of a family in the arrays of [`Facts`].
pub fn index(family: Family) -> usize {
    match family {
        Family::V4 => 0,
        Family::V6 => 1,
    }
}

/// The model's word for a family.
pub fn model_family(family: Family) -> ModelFamily {
    match family {
        Family::V4 => ModelFamily::V4,
        Family::V6 => ModelFamily::V6,
    }
}

impl Facts {
    /// Own addresses of one family.
    pub fn own(&self, family: Family) -> Option<&Own> {
        self.own.as_ref().and_then(|o| o.get(index(family)))
    }
    /// Whether rules use marks of this family's packets.
    pub fn marked(&self, family: Family) -> bool {
        self.marks.get(index(family)).copied().unwrap_or(true)
    }
    /// Sources that are routed back over each interface.
    pub fn reverse(&self, family: Family) -> Option<&BTreeMap<IfId, Ranges>> {
        self.reverse.get(index(family)).and_then(Option::as_ref)
    }
    /// Packets whose destination may have been translated.
    pub fn translated(&self, family: Family) -> Option<&Expr> {
        self.dnat.get(index(family)).and_then(Option::as_ref)
    }
}

/// The device under construction and what is said about it.
pub struct Build<'a> {
    /// All files.
    pub sources: &'a Sources,
    /// The device.
    pub device: Device,
    /// Line states.
    pub lines: LineMap,
    /// Diagnostics.
    pub diagnostics: Vec<Diagnostic>,
    /// What is known besides the rules.
    pub facts: Facts,
    /// Places that were reported already.
    pub reported: BTreeSet<(Code, Span)>,
    causes: BTreeMap<String, CauseId>,
    names: BTreeMap<String, IfId>,
}

impl<'a> Build<'a> {
    /// Starts with an empty device.
    pub fn new(sources: &'a Sources, device: Device, lines: LineMap) -> Self {
        let facts = Facts::default();
        let (reported, causes, names) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        Build { sources, device, lines, diagnostics: Vec::new(), facts, reported, causes, names }
    }

    /// The cause with this key, made once.
    pub fn cause(&mut self, key: String, kind: CauseKind, what: Msg, span: Span) -> CauseId {
        if let Some(known) = self.causes.get(&key) {
            return *known;
        }
        let id = self.device.add_cause(Cause { kind, what, span });
        self.causes.insert(key, id);
        id
    }

    /// Ignorance about one place.
    pub fn ignorance(&mut self, what: Msg, span: Span) -> CauseId {
        let key = format!("at {}", place(span));
        self.cause(key, CauseKind::Unknown, what, span)
    }

    /// Ignorance about a fact that has no line of its own: one cause per place and text.
    pub fn ignorance_named(&mut self, what: Msg, span: Span) -> CauseId {
        let key = format!("{} {}", place(span), what.text(crate::source::Lang::En));
        self.cause(key, CauseKind::Unknown, what, span)
    }

    /// Reports `message`, widens the device by `radius`.
    pub fn taint(&mut self, code: Code, span: Span, message: Msg, radius: Radius) {
        let cause = self.ignorance(message.clone(), span);
        self.device.taints.push(Taint { radius, cause });
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// Reports `message`.
    pub fn report(&mut self, code: Code, span: Span, message: Msg) {
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// Claims a line.
    pub fn claim(&mut self, span: Span, state: LineState) {
        self.lines.claim(self.sources, span, state);
    }

    /// An interface by name.
    pub fn interface(&self, name: &str) -> Option<IfId> {
        self.names.get(name).copied()
    }

    /// Adds an interface; the first of a name keeps it.
    pub fn push_interface(&mut self, interface: Interface) {
        let id = IfId(u32::try_from(self.device.interfaces.len()).unwrap_or(u32::MAX));
        self.names.entry(interface.name.value.clone()).or_insert(id);
        self.device.interfaces.push(interface);
    }
}

/// A key for a place.
pub fn place(span: Span) -> String {
    format!("{:?} {}..{}", span.file, span.start, span.end)
}

/// A rule of a list that the kernel, not the administrator, wrote.
pub fn built_in(rules: &mut Vec<Rule>, when: Expr, then: Then, span: Span, label: &str) {
    if when != Expr::None {
        let id = RuleId(u32::try_from(rules.len()).unwrap_or(u32::MAX));
        rules.push(Rule { id, when, then, span, label: label.to_owned() });
    }
}

/// The packet is of this family.
pub fn of_family(family: Family) -> Expr {
    Expr::family(model_family(family))
}

/// The packet's address field, of this family, is in `ranges`.
pub fn address(family: Family, field: Field, ranges: &Ranges) -> Expr {
    if ranges.is_empty() {
        Expr::None
    } else {
        Expr::all([of_family(family), Expr::In(field, ranges.clone())])
    }
}

/// True at most inside `bound`.
pub fn perhaps(cause: CauseId, bound: Expr) -> Expr {
    if bound == Expr::None { Expr::None } else { Expr::unknown(cause, bound) }
}

/// Whether a condition is certain.
pub fn certain(expr: &Expr) -> bool {
    let mut todo = vec![expr];
    while let Some(next) = todo.pop() {
        match next {
            Expr::Unknown { .. } => return false,
            Expr::All(parts) | Expr::Or(parts) => todo.extend(parts),
            Expr::Not(inner) => todo.push(inner),
            Expr::Any | Expr::None | Expr::In(..) => {}
        }
    }
    true
}
