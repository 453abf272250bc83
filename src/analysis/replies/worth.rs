//! Which ways out of a device are worth following, where only some places are asked about.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Walk;
use super::answers::Translates;
use crate::analysis::pipeline::{Decision, Exit};
use crate::analysis::reach::Side;
use crate::analysis::reach::{Explorer, Routing, anyhow, exit_location, links, neighbours};
use crate::analysis::set::PacketSet;
use crate::analysis::transition::Bound;
use crate::analysis::{EngineError, Result};
use crate::model::{Device, Field, IfId};
use crate::network::{DeviceId, Location, NextHop};

/// What is known of one run.
#[derive(Default)]
pub(super) struct Worth {
    dead: BTreeMap<Location, bool>,
    exits: BTreeMap<(DeviceId, Bound), Rc<Exits>>,
}

/// The ways out of a device that are worth following.
pub(super) struct Exits {
    pub decisions: Vec<Decision>,
    /// Headers that may take one of them, whatever the scratch fields say.
    headers: PacketSet,
    /// The same before a translation of the source.
    translated: PacketSet,
}

impl Exits {
    pub fn headers(&self, translates: Translates) -> PacketSet {
        match translates {
            Translates::No => self.headers,
            Translates::Yes => self.translated,
        }
    }
}

impl Explorer<'_> {
    /// Whether nothing gets on from a place, and it is not asked about.
    pub(super) fn dead_end(&self, walk: &mut Walk<'_>, at: Location) -> bool {
        if let Some(known) = walk.worth.dead.get(&at) {
            return *known;
        }
        let dead = self.is_dead_end(walk, at);
        walk.worth.dead.insert(at, dead);
        dead
    }

    fn is_dead_end(&self, walk: &Walk<'_>, at: Location) -> bool {
        let Some(targets) = &walk.openers.targets else { return false };
        let site = self.site;
        let after = |at: &Location| site.nodes.get(at).into_iter().flat_map(|node| links(site, *node));
        let ends = |to: &Location| {
            matches!(to, Location::Segment(_)) && !targets.contains(to) && after(to).next().is_none()
        };
        match at {
            Location::Segment(_) => ends(&at),
            Location::Egress(device, interface, _) => {
                let unbound = site.device(device).is_none_or(|d| d.elsewhere.contains(&interface));
                !unbound
                    && match self.routing {
                        Routing::Configured => after(&at).all(|(to, _)| ends(&to)),
                        Routing::Any => neighbours(site, device, interface).iter().all(ends),
                    }
            }
            _ => false,
        }
    }

    /// Whether what leaves by an interface can matter: it gets to a place that is asked about, or further on.
    pub(super) fn leads_on(&self, walk: &mut Walk<'_>, device: DeviceId, interface: IfId) -> bool {
        match self.routing {
            Routing::Configured => {
                let mut all = super::answers::exits(self.site, device, interface);
                all.any(|exit| !self.dead_end(walk, exit))
            }
            Routing::Any => !self.dead_end(walk, Location::Egress(device, interface, NextHop::Unknown)),
        }
    }

    /// The ways out of a device that are worth following.
    pub(super) fn worthy(
        &mut self,
        walk: &mut Walk<'_>,
        (id, model): (DeviceId, &Device),
        bound: Bound,
    ) -> Result<Rc<Exits>> {
        if let Some(known) = walk.worth.exits.get(&(id, bound)) {
            return Ok(Rc::clone(known));
        }
        let all = match self.routing {
            Routing::Configured => {
                self.compile(id, bound, Side::Sent)?;
                let key = (id, bound, Side::Sent);
                self.devices.get(&key).ok_or(EngineError::Malformed)?.decisions().to_vec()
            }
            Routing::Any => vec![Decision::any_of(&mut self.e, &anyhow(self.site, id))?],
        };
        let mut wanted = BTreeMap::new();
        for exit in all.iter().flat_map(Decision::exits) {
            wanted.insert(exit, !self.dead_end(walk, exit_location(id, exit)));
        }
        let wanted = |exit: Exit| wanted.get(&exit).copied().unwrap_or(true);
        let mut decisions = Vec::new();
        for decision in &all {
            decisions.push(decision.only(&mut self.e, &wanted)?);
        }
        decisions.retain(|d| !d.is_empty());
        let mut headers = Vec::new();
        for decision in &decisions {
            headers.push(self.e.forget(decision.taken(), &Field::SCRATCH)?);
        }
        let headers = self.e.or_all(headers)?;
        let translated = super::loosened(&mut self.e, model, headers, Translates::Yes.ends())?;
        let found = Rc::new(Exits { decisions, headers, translated });
        walk.worth.exits.insert((id, bound), Rc::clone(&found));
        Ok(found)
    }
}
