//! A device in the making: causes, rule lists, translations, routes.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::{
    Cause, CauseId, CauseKind, Chain, ChainId, Device, Expr, Family, Field, IfId, Nat, NatId, NatKind,
    Ranges, Rewrite, Route, RouteId, RouteTarget, Rule, RuleId, RuleSet, RuleSetId, RuleSetKind, Then,
};
use crate::msg;
use crate::source::{Code, Msg, Span, Spanned};
use crate::vendor::fortios::config::{Name, Vdom};
use crate::vendor::fortios::defaults::Version;
use crate::vendor::fortios::read::Ledger;

use super::objects::Resolved;

/// See the module.
pub struct Builder<'a> {
    /// The domain.
    pub vdom: &'a Vdom,
    /// The device so far.
    pub device: Device,
    /// The release.
    pub version: Option<Version>,
    /// The file, for things that stand nowhere in it.
    pub whole: Span,
    /// Where to report.
    pub ledger: &'a mut Ledger,
    /// A service was taken from the table of predefined ones.
    pub predefined: bool,
    /// Resolved address names.
    pub addresses: BTreeMap<(Family, String), Resolved>,
    /// The services that each group of services reaches.
    pub services: BTreeMap<String, BTreeMap<String, Span>>,
    /// Names that are being resolved: finding one of them again is a cycle.
    pub open: std::collections::BTreeSet<(u128, String)>,
    causes: IndexMap<(CauseKind, Span, String), CauseId>,
}

impl<'a> Builder<'a> {
    /// Starts with a device that has its interfaces.
    pub fn new(
        vdom: &'a Vdom,
        device: Device,
        version: Option<Version>,
        whole: Span,
        ledger: &'a mut Ledger,
    ) -> Self {
        Builder {
            vdom,
            device,
            version,
            whole,
            ledger,
            predefined: false,
            addresses: BTreeMap::new(),
            services: BTreeMap::new(),
            open: std::collections::BTreeSet::new(),
            causes: IndexMap::new(),
        }
    }

    fn cause(&mut self, kind: CauseKind, span: Span, what: Msg) -> CauseId {
        let key = (kind, span, what.text(crate::source::Lang::En).to_owned());
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

    /// Ignorance about a name that nothing defines.
    pub fn undefined(&mut self, name: &Name) -> CauseId {
        let text = &name.value;
        let what = if text.contains('\u{FFFD}') {
            msg!("a name with undecodable bytes", "復号できない文字を含む名前")
        } else {
            msg!("`{text}` is not defined in the file", "`{text}` は設定に定義されていません")
        };
        self.ledger.report(Code::UndefinedReference, name.span, what.clone());
        self.unknown(name.span, what)
    }

    /// Keeps a rule list; rules are numbered in order.
    pub fn list(
        &mut self,
        name: &str,
        kind: RuleSetKind,
        rules: Vec<(Expr, Then, Span, String)>,
        end: Then,
        place: Span,
    ) -> RuleSetId {
        let rules = (0u32..).map(RuleId).zip(rules).map(|(id, (when, then, span, label))| Rule {
            id,
            when,
            then,
            span,
            label,
        });
        let chain = Chain {
            name: Spanned::new(name.to_owned(), place),
            rules: rules.collect(),
            end: Spanned::new(end, place),
        };
        self.device.add_rule_set(RuleSet {
            name: name.to_owned(),
            kind,
            chains: vec![chain],
            entry: ChainId(0),
        })
    }

    /// Keeps a translation.
    pub fn nat(
        &mut self,
        kind: NatKind,
        rewrites: Vec<Rewrite>,
        unknown: Option<CauseId>,
        span: Span,
        label: String,
    ) -> NatId {
        let id = NatId(u32::try_from(self.device.nats.len()).unwrap_or(u32::MAX));
        self.device.nats.push(Nat { kind, rewrites, unknown, span, label });
        id
    }

    /// Keeps a route.
    pub fn route(
        &mut self,
        target: RouteTarget,
        gateway: Option<std::net::IpAddr>,
        span: Span,
        label: String,
    ) -> Then {
        let id = RouteId(u32::try_from(self.device.routes.len()).unwrap_or(u32::MAX));
        self.device.routes.push(Route { target, gateway, span, label });
        Then::Route(id)
    }

    /// Interfaces that can carry packets of their own.
    pub fn layer3(&self) -> Vec<IfId> {
        use crate::model::InterfaceKind::{Member, Trunk};
        let carries = |i: &crate::model::Interface| i.up && !matches!(i.kind, Member | Trunk);
        self.device.interfaces().filter(|(_, i)| carries(i)).map(|(id, _)| id).collect()
    }

    /// The interfaces that a name in a policy stands for: itself, or the members of a zone. `None` if undefined.
    pub fn interfaces(&self, name: &str) -> Option<Vec<IfId>> {
        if let Some(zone) = self.vdom.zones.get(name) {
            return zone.members.iter().map(|m| self.device.interface(&m.value)).collect();
        }
        self.device.interface(name).map(|id| vec![id])
    }

    /// "`field` is one of these interfaces, zones or `any`".
    pub fn ends(&mut self, names: &[Name], field: Field) -> Expr {
        let mut values = Vec::new();
        let mut parts = Vec::new();
        for name in names {
            if name.value == "any" {
                return Expr::Any;
            }
            match self.interfaces(&name.value) {
                Some(ids) => values.extend(ids.into_iter().map(|id| (u128::from(id.0), u128::from(id.0)))),
                None => parts.push(Expr::unknown(self.undefined(name), Expr::Any)),
            }
        }
        if !values.is_empty() {
            parts.push(Expr::In(field, Ranges::from_pairs(values)));
        }
        Expr::any_of(parts)
    }
}
