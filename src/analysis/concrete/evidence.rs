//! Ways as the evidence of an answer.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Outcome;
use super::device::Branch;
use super::site::{SiteBranch, SiteChoice, SiteHop, SitePick};
use super::thread::{Step, Translation};
use crate::analysis::answer::{Culprit, Hop, NatStep, Place};
use crate::model::{CauseId, Device, Expr, Field, Flow, IfId, RuleSetKind, Then};
use crate::network::{DeviceId, Site};
use crate::source::Lang;

impl Step {
    /// The statement.
    pub fn place(&self) -> Place {
        Place { span: self.span, label: self.label.clone() }
    }
}

impl Translation {
    /// The statement and both headers.
    pub fn nat_step(&self, device: &Device) -> Option<NatStep> {
        let nat = device.nats.get(self.nat.index())?;
        let place = Place { span: nat.span, label: nat.label.clone() };
        Some(NatStep { place, before: self.before, after: self.after })
    }
}

impl Branch {
    /// The device as one hop of a path.
    pub fn hop(&self, device: &Device, ingress: Option<IfId>) -> Hop {
        let name = |id: IfId| device.interfaces.get(id.index()).map(|i| i.name.value.clone());
        let egress = match self.outcome {
            Outcome::Forward { egress, .. } => name(egress),
            _ => None,
        };
        let route = self.route().and_then(|step| match step.then {
            Then::Route(id) => device.routes.get(id.index()),
            _ => None,
        });
        Hop {
            device: device.name.clone(),
            ingress: ingress.and_then(name),
            egress,
            rule: self.speaking(device).or(self.rule()).map(Step::place),
            route: route.map(|r| Place { span: r.span, label: r.label.clone() }),
            nat: self.nat.iter().filter_map(|t| t.nat_step(device)).collect(),
            packet: self.header,
        }
    }

    /// As [`Branch::rule`], without rules that let the packet pass because it is of another family than theirs:
    /// they say nothing about it. A rule that permits says more than the end of a later list that nothing stopped.
    fn speaking(&self, device: &Device) -> Option<&Step> {
        let decided =
            |s: &&Step| s.kind == RuleSetKind::Filter && matches!(s.then, Then::Permit | Then::Deny(_));
        let steps =
            || self.steps.iter().rev().map(Rc::as_ref).filter(decided).filter(|s| !other_family(device, s));
        let last = steps().next()?;
        let passed_by = last.rule.is_none() && last.then == Then::Permit;
        let ruled = || steps().take_while(|s| s.then == Then::Permit).find(|s| s.rule.is_some());
        passed_by.then(ruled).flatten().or(Some(last))
    }
}

/// Whether the step's rule names a family by what it is not.
fn other_family(device: &Device, step: &Step) -> bool {
    let chain = device.rule_set(step.set).and_then(|s| s.chains.get(step.chain.0 as usize));
    let found = chain.zip(step.rule).and_then(|(c, rule)| c.rules.iter().find(|r| r.id == rule));
    found
        .is_some_and(|r| matches!(&r.when, Expr::Not(inner) if matches!(**inner, Expr::In(Field::Family, _))))
}

impl SiteHop {
    /// As a hop of a path.
    pub fn hop(&self, site: &Site) -> Option<Hop> {
        Some(self.branch.hop(&site.device(self.device)?.device, self.ingress))
    }
}

impl SiteBranch {
    /// Device by device.
    pub fn path(&self, site: &Site) -> Vec<Hop> {
        self.hops.iter().filter_map(|h| h.hop(site)).collect()
    }

    /// The packet at the end.
    pub fn delivered(&self) -> Option<Flow> {
        self.hops.last().map(|h| h.branch.header)
    }

    /// The conditions that the way picks to be true or false.
    pub fn conditions(&self, site: &Site) -> Vec<Culprit> {
        conditions(site, &self.choices)
    }

    /// The lines that would have to be known, in the order of the files.
    pub fn culprits(&self, site: &Site) -> Vec<Culprit> {
        let mut out: Vec<Culprit> =
            self.causes().into_iter().filter_map(|(device, cause)| culprit(site, device, cause)).collect();
        out.sort();
        out.dedup();
        out
    }
}

/// A cause as a line to look at.
pub fn culprit(site: &Site, device: DeviceId, cause: CauseId) -> Option<Culprit> {
    let device = &site.device(device)?.device;
    let cause = device.causes.get(cause.0 as usize)?;
    Some(Culprit { span: cause.span, what: cause.what.clone(), device: Some(device.name.clone()) })
}

/// The conditions among some choices, in the order of the files; those picked to be false say so.
pub fn conditions(site: &Site, choices: &BTreeMap<SiteChoice, SitePick>) -> Vec<Culprit> {
    let picked = choices.iter().filter_map(|(choice, pick)| match (choice, pick) {
        (SiteChoice::Cause(device, cause), SitePick::Holds(true)) => culprit(site, *device, *cause),
        (SiteChoice::Cause(device, cause), SitePick::Holds(false)) => {
            let culprit = culprit(site, *device, *cause)?;
            let (en, ja) = (culprit.what.text(Lang::En), culprit.what.text(Lang::Ja));
            let what = crate::msg!("not: {en}", "成立しない場合: {ja}");
            Some(Culprit { what, ..culprit })
        }
        _ => None,
    });
    let mut out: Vec<Culprit> = picked.collect();
    out.sort();
    out.dedup();
    out
}
