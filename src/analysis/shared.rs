//! What the questions of one run share: arenas with the devices compiled in them, and what arrived where.
//!
//! A question takes an arena that an earlier one with the same premises has given back, so that nothing is compiled
//! or followed twice. Nothing in an arena depends on who asks: its sets are canonical, its devices are those of the
//! one site, and the arrivals are kept under everything they depend on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::pipeline::{DeviceTransitions, Exit};
use super::reach::{Arrivals, Fact, Routing, Side};
use super::replies::{Accepted, AnsweredOf, Leaving, Pinholes, PinholesOf, Replies, RepliesOf};
use super::set::{Engine, PacketSet};
use super::transition::Bound;
use crate::model::IfId;
use crate::network::{DeviceId, Location, Site};

/// What an arena's devices are compiled under.
pub(super) type Premises = (BTreeSet<Fact>, Routing);

/// What was asked of one arena: bound, which way round, and seeds.
pub(super) type Asked = (Bound, Side, Vec<(Location, PacketSet)>);

/// Packets somewhere: bound and which way round.
pub(super) type At = (Location, PacketSet, Bound, Side);

/// Where they go next, each place with those that do.
pub(super) type Onward = Rc<[(Location, PacketSet)]>;

/// What an arena knows of the sessions of devices.
#[derive(Default)]
pub(super) struct Sessions {
    /// Mirror images of what a device accepts from an interface.
    pub accepts: BTreeMap<(DeviceId, IfId, Bound), Rc<Accepted>>,
    /// Mirror images that may become some others on the way from a device's routing decision out of it.
    pub leaving: FxHashMap<(DeviceId, Bound, PacketSet), Rc<[Leaving]>>,
    /// What may answer, by what it may answer.
    pub replies: FxHashMap<RepliesOf, Replies>,
    /// Where answers go.
    pub answered: FxHashMap<AnsweredOf, Onward>,
    /// Those of them that a helper, by index, may read.
    pub reads: BTreeMap<(DeviceId, IfId, usize), PacketSet>,
    /// What may go to a device's neighbours by one of its interfaces, whatever its other routes say.
    pub ways: BTreeMap<(DeviceId, IfId), Vec<(Exit, PacketSet)>>,
    /// What passes for sessions, by everything it depends on.
    pub pinholes: BTreeMap<PinholesOf, Rc<Pinholes>>,
}

/// An arena and everything whose meaning depends on it.
pub(super) struct Arena {
    pub e: Engine,
    pub devices: BTreeMap<(DeviceId, Bound, Side), DeviceTransitions>,
    pub asked: BTreeMap<Asked, Arrivals>,
    /// Steps in `asked`.
    pub steps: usize,
    pub onward: FxHashMap<At, Onward>,
    pub sessions: Sessions,
}

impl Arena {
    pub fn new(edges: usize) -> Arena {
        Arena {
            e: Engine::new(edges),
            devices: BTreeMap::new(),
            asked: BTreeMap::new(),
            steps: 0,
            onward: FxHashMap::default(),
            sessions: Sessions::default(),
        }
    }
}

/// Single steps kept per arena, of each kind.
pub(super) const MOST_KNOWN: usize = 100_000;
/// Steps of arrivals kept per arena.
pub(super) const MOST_STEPS: usize = 200_000;
/// Premises whose arenas are kept.
const MOST_PREMISES: usize = 64;
/// An arena is given back only while it is this small a part of a question's budget: so a run never holds much more
/// than one question may.
const PART: usize = 8;

/// Idle arenas of one site.
pub struct Shared<'s> {
    site: &'s Site,
    idle: RefCell<BTreeMap<Premises, Vec<Arena>>>,
}

impl std::fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<'s> Shared<'s> {
    /// Nothing yet.
    pub fn over(site: &'s Site) -> Self {
        Shared { site, idle: RefCell::new(BTreeMap::new()) }
    }

    /// An arena with room for another `edges` edges, used before under the same premises if there is one.
    pub(super) fn take(&self, site: &Site, premises: &Premises, edges: usize) -> Arena {
        let used = std::ptr::eq(site, self.site).then(|| self.idle.borrow_mut().get_mut(premises)?.pop());
        match used.flatten() {
            Some(mut arena) => {
                arena.e.allow(edges);
                arena
            }
            None => Arena::new(edges),
        }
    }

    /// Takes an arena back.
    pub(super) fn give(&self, site: &Site, premises: Premises, edges: usize, arena: Arena) {
        let mut idle = self.idle.borrow_mut();
        let room = idle.len() < MOST_PREMISES || idle.contains_key(&premises);
        let held: usize = idle.values().flatten().map(|a| a.e.edges()).sum();
        if std::ptr::eq(site, self.site)
            && room
            && held + arena.e.edges() < edges / PART
            && !arena.e.crowded()
        {
            idle.entry(premises).or_default().push(arena);
        }
    }
}
