//! A device in the making: causes, rule lists, translations, routes.

use indexmap::IndexMap;

use crate::model::{
    Cause, CauseId, CauseKind, Chain, ChainId, Device, Expr, IfId, InterfaceKind, Nat, NatId, Radius, Route,
    RouteId, RouteTarget, Rule, RuleId, RuleSet, RuleSetId, RuleSetKind, Taint, Then,
};
use crate::source::{Lang, Msg, Span, Spanned};
use crate::vendor::ios::config::{Config, Dialect, Interface};
use crate::vendor::ios::read::Ledger;

/// One rule in the making: condition, action, place, label.
pub type Row = (Expr, Then, Span, String);

/// See the module.
pub struct Builder<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The VRF; `None` is the global table.
    pub vrf: Option<&'a str>,
    /// The language.
    pub dialect: Dialect,
    /// The device so far.
    pub device: Device,
    /// The file, for things that stand nowhere in it.
    pub whole: Span,
    /// Where to report.
    pub ledger: &'a mut Ledger,
    causes: IndexMap<(CauseKind, Span, String), CauseId>,
}

impl<'a> Builder<'a> {
    /// Starts with a device that has its interfaces.
    pub fn new(
        config: &'a Config,
        vrf: Option<&'a str>,
        dialect: Dialect,
        device: Device,
        whole: Span,
        ledger: &'a mut Ledger,
    ) -> Self {
        Builder { config, vrf, dialect, device, whole, ledger, causes: IndexMap::new() }
    }

    fn cause(&mut self, kind: CauseKind, span: Span, what: Msg) -> CauseId {
        let key = (kind, span, what.text(Lang::En).to_owned());
        if let Some(id) = self.causes.get(&key) {
            return *id;
        }
        let id = self.device.add_cause(Cause { kind, what, span });
        self.causes.insert(key, id);
        id
    }

    /// Ignorance.
    pub fn unknown(&mut self, span: Span, what: Msg) -> CauseId {
        self.cause(CauseKind::Unknown, span, what)
    }

    /// Choice.
    pub fn choice(&mut self, span: Span, what: Msg) -> CauseId {
        self.cause(CauseKind::Condition, span, what)
    }

    /// Something that reaches as far as `radius`.
    pub fn taint(&mut self, radius: Radius, span: Span, what: Msg) {
        let cause = self.unknown(span, what);
        self.device.taints.push(Taint { radius, cause });
    }

    /// The name of a VRF, as devices are called by it.
    pub fn in_vrf(&self, interface: &Interface) -> bool {
        interface.vrf.as_ref().map(|v| v.value.as_str()) == self.vrf
    }

    /// Every interface of this VRF that can carry packets of its own.
    pub fn layer3(&self) -> Vec<(IfId, &'a Interface)> {
        let config = self.config;
        let all = self.device.interfaces().filter(|(_, i)| {
            i.up && !matches!(
                i.kind,
                InterfaceKind::Member | InterfaceKind::Trunk | InterfaceKind::VirtualLink
            )
        });
        all.filter_map(|(id, i)| Some((id, config.interfaces.get(&i.name.value)?))).collect()
    }

    /// The statement that makes the device forward: `ip routing`, the VRF, or the first interface with an address.
    pub fn routed(&self) -> Span {
        let on = |said: Option<Spanned<bool>>| said.filter(|s| s.value).map(|s| s.span);
        let said = on(self.config.routing).or(on(self.config.routing6));
        let vrf = || self.vrf.and_then(|v| self.config.vrfs.get(v)).map(|v| v.name.span);
        let addressed = || self.layer3().into_iter().find_map(|(_, i)| i.addresses.first().map(|a| a.1));
        said.or_else(vrf).or_else(addressed).unwrap_or(self.whole)
    }

    /// A rule set of several chains.
    pub fn chains(
        &mut self,
        name: &str,
        kind: RuleSetKind,
        chains: Vec<(String, Vec<Row>, Then, Span)>,
    ) -> RuleSetId {
        let mut next = 0u32;
        let mut made = Vec::new();
        for (title, rows, end, place) in chains {
            let mut rules = Vec::new();
            for (when, then, span, label) in rows {
                rules.push(Rule { id: RuleId(next), when, then, span, label });
                next += 1;
            }
            made.push(Chain { name: Spanned::new(title, place), rules, end: Spanned::new(end, place) });
        }
        self.device.add_rule_set(RuleSet { name: name.to_owned(), kind, chains: made, entry: ChainId(0) })
    }

    /// A rule set of one chain.
    pub fn list(&mut self, name: &str, kind: RuleSetKind, rows: Vec<Row>, end: Then) -> RuleSetId {
        let place = self.whole;
        self.chains(name, kind, vec![(name.to_owned(), rows, end, place)])
    }

    /// Keeps a route.
    pub fn route(
        &mut self,
        target: RouteTarget,
        gateway: Option<std::net::IpAddr>,
        span: Span,
        label: &str,
    ) -> Then {
        let id = RouteId(u32::try_from(self.device.routes.len()).unwrap_or(u32::MAX));
        self.device.routes.push(Route { target, gateway, span, label: label.to_owned() });
        Then::Route(id)
    }

    /// Keeps a translation.
    pub fn nat(&mut self, nat: Nat) -> Then {
        let id = NatId(u32::try_from(self.device.nats.len()).unwrap_or(u32::MAX));
        self.device.nats.push(nat);
        Then::Nat(id)
    }
}
