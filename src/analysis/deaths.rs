//! Where packets die: the rules that refuse them, device by device.

use std::collections::BTreeMap;

use super::answer::Place;
use super::blame::{self, attribute};
use super::compile::{Reading, compile};
use super::pipeline::{Entry, Exit};
use super::reach::{Arrivals, Explorer, Side, entrance};
use super::set::PacketSet;
use super::slice::Region;
use super::transition::{self, Bound, Transition};
use super::{EngineError, Result};
use crate::model::{Device, Field, RuleSetId, Stage, Then};
use crate::network::DeviceId;

/// Why packets go no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A filter refuses them.
    Denied,
    /// No route takes them.
    NoRoute,
    /// They are for the device itself.
    Local,
}

/// Packets that go no further on a device.
#[derive(Debug, Clone)]
pub struct Death {
    /// The device.
    pub device: DeviceId,
    /// Why.
    pub end: End,
    /// The rule that refuses them; `None` where no rule does.
    pub rule: Option<Place>,
    /// The packets as they are there, scratch fields forgotten.
    pub set: PacketSet,
}

/// Deaths by device, way and place, so that each is listed once.
type Found = BTreeMap<(DeviceId, End, Option<(u64, String)>), Death>;

/// Every death among what arrived under the upper bound, in the order of devices and lines.
///
/// # Errors
/// Budget, malformed devices.
pub fn deaths(explorer: &mut Explorer<'_>, arrivals: &Arrivals) -> Result<Vec<Death>> {
    let mut found = Found::new();
    for (at, set) in arrivals.places() {
        if let Some((device, entry)) = entrance(at) {
            on_device(explorer, device, entry, set, &mut found)?;
        }
    }
    Ok(found.into_values().collect())
}

fn on_device(
    explorer: &mut Explorer<'_>,
    id: DeviceId,
    entry: Entry,
    set: PacketSet,
    found: &mut Found,
) -> Result<()> {
    explorer.compile(id, Bound::Upper, Side::Sent)?;
    let device = &explorer.site.device(id).ok_or(EngineError::Malformed)?.device;
    let transitions = explorer.devices.get(&(id, Bound::Upper, Side::Sent)).ok_or(EngineError::Malformed)?;
    let routes = transitions.routes().clone();
    let arrival = transitions.arrival().to_vec();
    let ways: Vec<(Exit, PacketSet, Vec<Transition>)> = routes
        .iter()
        .map(|(exit, guard)| (*exit, *guard, transitions.stages(entry, *exit).to_vec()))
        .collect();
    let mut here = transition::image(&transitions.entering(entry), &mut explorer.e, set)?;
    if entry != Entry::Local {
        here = through(explorer, (id, device), &device.pipeline.arrival, &arrival, here, found)?;
    }
    let routed = explorer.e.or_all(routes.values().copied())?;
    let lost = explorer.e.minus(here, routed)?;
    note(explorer, found, id, End::NoRoute, None, lost)?;
    for (exit, guard, steps) in ways {
        let taken = explorer.e.and(here, guard)?;
        let stages = match (entry, exit) {
            (_, Exit::Local) => &device.pipeline.input,
            (Entry::Interface(_), Exit::Interface(..)) => &device.pipeline.forward,
            (Entry::Local, Exit::Interface(..)) => &device.pipeline.output,
        };
        let egress = match exit {
            Exit::Interface(interface, _) => u128::from(interface.0),
            Exit::Local => u128::from(crate::model::IfId::NONE.0),
        };
        let leaving = explorer.e.forget(taken, &[Field::Egress])?;
        let towards = explorer.e.cube(&super::diagram::Cube::any().with_value(Field::Egress, egress))?;
        let leaving = explorer.e.and(leaving, towards)?;
        let left = through(explorer, (id, device), stages, &steps, leaving, found)?;
        if exit == Exit::Local {
            note(explorer, found, id, End::Local, None, left)?;
        }
    }
    Ok(())
}

/// Follows packets through some stages and notes what each filter refuses.
fn through(
    explorer: &mut Explorer<'_>,
    (id, device): (DeviceId, &Device),
    stages: &[Stage],
    steps: &[Transition],
    mut set: PacketSet,
    found: &mut Found,
) -> Result<PacketSet> {
    for (stage, step) in stages.iter().zip(steps) {
        if let (Stage::Filter(filter), Transition::Constrain(guard)) = (stage, step) {
            let refused = explorer.e.minus(set, *guard)?;
            blame(explorer, (id, device), *filter, refused, found)?;
        }
        set = step.image(&mut explorer.e, set)?;
    }
    Ok(set)
}

/// The rules of a filter that refuse packets of a set.
fn blame(
    explorer: &mut Explorer<'_>,
    (id, device): (DeviceId, &Device),
    filter: RuleSetId,
    refused: PacketSet,
    found: &mut Found,
) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let rules = device.rule_set(filter).ok_or(EngineError::Malformed)?;
    let compiled = compile(&mut explorer.e, rules, &Region::everything(), &Reading::undecided())?;
    for (place, share) in attribute(&mut explorer.e, &compiled, refused)? {
        let named = match place {
            blame::Place::Rule(rule) => {
                let all = rules.chains.iter().flat_map(|c| &c.rules);
                let rule = all.into_iter().find(|r| r.id == rule);
                rule.filter(|r| matches!(r.then, Then::Deny(_)))
                    .map(|r| Place { span: r.span, label: r.label.clone() })
            }
            blame::Place::End(chain) => {
                let chain = rules.chains.get(chain.index());
                chain
                    .filter(|c| matches!(c.end.value, Then::Deny(_)))
                    .map(|c| Place { span: c.end.span, label: c.name.value.clone() })
            }
        };
        if let Some(named) = named {
            note(explorer, found, id, End::Denied, Some(named), share)?;
        }
    }
    Ok(())
}

fn note(
    explorer: &mut Explorer<'_>,
    found: &mut Found,
    device: DeviceId,
    end: End,
    rule: Option<Place>,
    set: PacketSet,
) -> Result<()> {
    if set.is_empty() {
        return Ok(());
    }
    let set = explorer.e.forget(set, &Field::SCRATCH)?;
    let place = rule.as_ref().map(|r| (u64::from(r.span.start), r.label.clone()));
    let none = Death { device, end, rule, set: PacketSet::EMPTY };
    let death = found.entry((device, end, place)).or_insert(none);
    death.set = explorer.e.or(death.set, set)?;
    Ok(())
}
