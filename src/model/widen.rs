//! Works taints into the rule sets, so that both engines see nothing but rule sets.

use std::collections::BTreeSet;

use super::{
    CauseId, Chain, ChainId, Device, DeviceRelay, Established, Expr, Field, IfId, Interface, InterfaceKind,
    Nat, NatId, NatKind, Radius, Ranges, RelayKind, Rewrite, Route, RouteId, RouteTarget, Rule, RuleId,
    RuleSet, RuleSetId, RuleSetKind, Stage, Then,
};
use crate::source::{Span, Spanned};

impl Device {
    /// Replaces every taint by rules that may do what the unread line might have done. Call once, after reading.
    pub fn widen(&mut self) {
        let mut anything = false;
        for taint in std::mem::take(&mut self.taints) {
            let Some(span) = self.causes.get(taint.cause.0 as usize).map(|c| c.span) else { continue };
            self.facts.doubts.push(taint.clone());
            match taint.radius {
                Radius::Rule(set, rule) => self.widen_rule(set, rule, taint.cause),
                Radius::RuleSet(set) => self.widen_set(set, taint.cause, span, Expr::Any),
                Radius::Interface(id) => self.widen_interface(id, taint.cause, span),
                Radius::Routing => {
                    self.answer_by_routes();
                    self.widen_routing(taint.cause, span, RouteTarget::Any(taint.cause));
                }
                Radius::Nat => self.widen_nat(taint.cause, span),
                // Once a device may do anything, another unread line adds nothing but itself to the list.
                Radius::Device if anything => self.relay_unread(span),
                Radius::Device => {
                    anything = true;
                    self.answer_by_routes();
                    self.widen_all(taint.cause, span);
                }
            }
        }
    }

    fn widen_rule(&mut self, set: RuleSetId, rule: RuleId, cause: CauseId) {
        let Some(kind) = self.rule_set(set).map(|s| s.kind) else { return };
        let then = match kind {
            RuleSetKind::Filter => Some(Then::Unknown(cause)),
            _ => None,
        };
        let rules = self.rule_sets.get_mut(set.index()).into_iter().flat_map(|s| &mut s.chains);
        for found in rules.flat_map(|c| &mut c.rules).filter(|r| r.id == rule) {
            found.when = Expr::unknown(cause, Expr::Any);
            found.then = then.unwrap_or(found.then);
        }
        let span = self.causes.get(cause.0 as usize).map(|c| c.span);
        if let (Some(span), RuleSetKind::Route | RuleSetKind::Translate | RuleSetKind::Mark) = (span, kind) {
            self.widen_set(set, cause, span, Expr::Any);
        }
    }

    fn widen_set(&mut self, id: RuleSetId, cause: CauseId, span: Span, bound: Expr) {
        let Some(kind) = self.rule_set(id).map(|s| s.kind) else { return };
        let thens = match kind {
            RuleSetKind::Filter => vec![Then::Unknown(cause)],
            RuleSetKind::Translate => vec![Then::Nat(self.any_nat(cause, span))],
            RuleSetKind::Route => vec![Then::Route(self.any_route(span, RouteTarget::Any(cause)))],
            RuleSetKind::Mark => vec![Then::Nat(self.any_mark(cause, span))],
        };
        let Some(set) = self.rule_sets.get_mut(id.index()) else { return };
        for then in thens {
            prepend(set, Expr::unknown(cause, bound.clone()), then, span);
        }
    }

    /// Nobody knows which way answers take.
    fn answer_by_routes(&mut self) {
        if matches!(self.established, Established::ToOpener(_)) {
            self.established = Established::ByRoutes;
        }
    }

    fn widen_interface(&mut self, id: IfId, cause: CauseId, span: Span) {
        if let Established::ToOpener(unchecked) = &mut self.established {
            unchecked.insert(id);
        }
        let value = u128::from(id.0);
        let touches = Expr::any_of([Expr::is(Field::Ingress, value), Expr::is(Field::Egress, value)]);
        for set in self.filters() {
            self.widen_set(set, cause, span, touches.clone());
        }
        self.widen_routing(cause, span, RouteTarget::Interface(id));
    }

    fn widen_routing(&mut self, cause: CauseId, span: Span, target: RouteTarget) {
        let route = self.any_route(span, target);
        let routing = self.pipeline.routing;
        if let Some(set) = self.rule_sets.get_mut(routing.index()) {
            prepend(set, Expr::unknown(cause, Expr::Any), Then::Route(route), span);
        }
    }

    /// Any translation: of what arrives before anything looks at it, and of what leaves after everything did.
    fn widen_nat(&mut self, cause: CauseId, span: Span) {
        let stage = Stage::Translate(self.any_translation(cause, span));
        self.pipeline.arrival.insert(0, stage);
        self.pipeline.arrival.push(stage);
        self.pipeline.forward.push(stage);
        self.pipeline.output.push(stage);
    }

    fn any_translation(&mut self, cause: CauseId, span: Span) -> RuleSetId {
        let nat = self.any_nat(cause, span);
        let rule = |id| Rule {
            id: RuleId(id),
            when: Expr::unknown(cause, Expr::Any),
            then: Then::Nat(nat),
            span,
            label: "unread".to_owned(),
        };
        let set = RuleSet {
            name: "unread translation".to_owned(),
            kind: RuleSetKind::Translate,
            chains: vec![Chain {
                name: Spanned::new("unread".to_owned(), span),
                rules: vec![rule(0)],
                end: Spanned::new(Then::Fall, span),
            }],
            entry: ChainId(0),
        };
        self.add_rule_set(set)
    }

    fn widen_all(&mut self, cause: CauseId, span: Span) {
        for set in self.filters() {
            self.widen_set(set, cause, span, Expr::Any);
        }
        self.widen_routing(cause, span, RouteTarget::Any(cause));
        // Nothing else is certain about the device either, so one translation makes every packet of any.
        let stage = Stage::Translate(self.any_translation(cause, span));
        self.pipeline.arrival.insert(0, stage);
        self.pipeline.output.push(stage);
        if !self.interfaces.iter().any(|i| i.kind == InterfaceKind::Unread) {
            self.interfaces.push(Interface {
                name: Spanned::new("(unread)".to_owned(), span),
                alias: None,
                kind: InterfaceKind::Unread,
                up: true,
                addresses: Vec::new(),
            });
        }
        self.relay_unread(span);
    }

    fn relay_unread(&mut self, span: Span) {
        let what = crate::msg!("part of the configuration was not understood", "設定の一部を解釈できない");
        self.relays.push(DeviceRelay { kind: RelayKind::Unread, what, span, certain: false, carried: None });
    }

    /// Every filter of the pipeline, once.
    fn filters(&self) -> BTreeSet<RuleSetId> {
        let p = &self.pipeline;
        let stages = p.arrival.iter().chain(&p.forward).chain(&p.input).chain(&p.output);
        let filters = stages.filter_map(|s| match s {
            Stage::Filter(id) => Some(*id),
            Stage::Translate(_) | Stage::Mark(_) => None,
        });
        filters.collect()
    }

    fn any_route(&mut self, span: Span, target: RouteTarget) -> RouteId {
        let id = RouteId(u32::try_from(self.routes.len()).unwrap_or(u32::MAX));
        self.routes.push(Route { target, gateway: None, span, label: "unread".to_owned() });
        id
    }

    fn any_nat(&mut self, cause: CauseId, span: Span) -> NatId {
        self.any_value(&[Field::Src, Field::Dst, Field::Sport, Field::Dport, Field::Mark], cause, span)
    }

    fn any_mark(&mut self, cause: CauseId, span: Span) -> NatId {
        self.any_value(&[Field::Mark], cause, span)
    }

    fn any_value(&mut self, fields: &[Field], cause: CauseId, span: Span) -> NatId {
        let id = NatId(u32::try_from(self.nats.len()).unwrap_or(u32::MAX));
        let rewrites = fields.iter().map(|f| Rewrite::To(*f, Ranges::full(f.max_value()))).collect();
        let label = "unread".to_owned();
        self.nats.push(Nat { kind: NatKind::Both, rewrites, unknown: Some(cause), span, label });
        id
    }
}

/// Adds a rule in front of the entry chain.
fn prepend(set: &mut RuleSet, when: Expr, then: Then, span: Span) {
    let next = set.chains.iter().flat_map(|c| &c.rules).map(|r| r.id.0 + 1).max().unwrap_or(0);
    let rule = Rule { id: RuleId(next), when, then, span, label: "unread".to_owned() };
    if let Some(chain) = set.chains.get_mut(set.entry.index()) {
        chain.rules.insert(0, rule);
    }
}
