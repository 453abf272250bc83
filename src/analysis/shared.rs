//! What the questions of one run share: arenas with the devices compiled in them, and what arrived where.
//!
//! A question takes an arena that an earlier one has given back, so that nothing is compiled or followed twice.
//! Nothing in an arena depends on who asks: its sets are canonical, its devices are those of the one site, and
//! whatever is kept is kept under everything it depends on. What only one device decides depends on the facts left out
//! there alone: a question without one more fact finds every other device as it was.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexSet;
use rustc_hash::FxHashMap;

use super::Result;
use super::diagram::NodeId;
use super::pipeline::{DeviceTransitions, Entry, Exit};
use super::reach::{Arrivals, Fact, Routing, Sender, Side, causes_on};
use super::replies::{Accepted, Leaving, Pinholes, PinholesOf, Replies, RepliesOf};
use super::set::{Engine, PacketSet};
use super::transition::Bound;
use crate::model::{CauseId, Field, IfId, Ranges};
use crate::network::{DeviceId, Location, Site};

/// What an arena's devices are compiled under.
pub(super) type Premises = (BTreeSet<Fact>, Routing);

/// What was asked of one arena: bound, which way round, and seeds.
pub(super) type Asked = (Bound, Side, Vec<(Location, PacketSet)>);

/// Packets somewhere: bound and which way round.
pub(super) type At = (Location, PacketSet, Bound, Side);

/// Where they go next, each place with those that do.
pub(super) type Onward = Rc<[(Location, PacketSet)]>;

/// What leaves a device, by exit.
pub(super) type Left = Rc<[(Exit, PacketSet)]>;

/// Sessions that a helper reads, by the interface of their opener.
pub(super) type Read = Rc<[(IfId, PacketSet)]>;

/// What an arena knows of the sessions of devices.
#[derive(Default)]
pub(super) struct Sessions {
    /// Mirror images of what a device accepts from an interface.
    pub accepts: BTreeMap<(DeviceId, IfId, Bound), Rc<Accepted>>,
    /// Mirror images that may become some others on the way from a device's routing decision out of it.
    pub leaving: FxHashMap<(DeviceId, Bound, PacketSet), Rc<[Leaving]>>,
    /// What may answer, by what it may answer.
    pub replies: FxHashMap<RepliesOf, Replies>,
    /// Sessions that a helper, by index, may read, by the interface of their openers.
    pub read: BTreeMap<(DeviceId, usize), Read>,
    /// ICMP errors.
    pub errors: Option<PacketSet>,
    /// Packets of some protocols with their ports in a field.
    pub controls: FxHashMap<(Vec<(u8, Ranges)>, Field), PacketSet>,
    /// Those of them that a helper, by index, may read.
    pub reads: BTreeMap<(DeviceId, IfId, usize), PacketSet>,
    /// What may go to a device's neighbours by one of its interfaces, whatever its other routes say.
    pub ways: BTreeMap<(DeviceId, IfId), Vec<(Exit, PacketSet)>>,
    /// What passes for sessions, by everything it depends on.
    pub pinholes: BTreeMap<PinholesOf, Rc<Pinholes>>,
}

/// A device as it was compiled: which of its causes are left out (a position in [`Devices::left_out`]), under which
/// bound, which way round.
pub(super) type Variant = (DeviceId, usize, Bound, Side);

/// What is known under some premises. Its meaning depends on the arena.
#[derive(Default)]
pub(super) struct Known {
    pub devices: BTreeMap<(DeviceId, Bound, Side), Rc<DeviceTransitions>>,
    pub asked: BTreeMap<Asked, Arrivals>,
    /// Steps in `asked`.
    pub steps: usize,
    pub onward: FxHashMap<At, Onward>,
    pub sessions: Sessions,
}

/// What is known of single devices, whatever is left out elsewhere. Its meaning depends on the arena.
#[derive(Default)]
pub(super) struct Devices {
    /// Causes of one device that some question left out; first: none.
    left_out: IndexSet<BTreeSet<CauseId>>,
    pub compiled: BTreeMap<Variant, Rc<DeviceTransitions>>,
    /// Where packets at an entrance leave it by its routes.
    pub through: FxHashMap<(Variant, Entry, PacketSet), Left>,
    /// What becomes some packets at an exit, at the routing decision.
    pub decided: FxHashMap<(Variant, Sender, Exit, PacketSet), PacketSet>,
}

impl Devices {
    /// The causes that some facts leave out, by device, as positions.
    pub fn left_out(&mut self, facts: &BTreeSet<Fact>) -> BTreeMap<DeviceId, usize> {
        self.left_out.insert(BTreeSet::new());
        let devices: BTreeSet<DeviceId> = facts
            .iter()
            .filter_map(|f| match f {
                Fact::Cause(device, _) => Some(*device),
                Fact::Unbound(..) | Fact::NextHop(_) | Fact::Forged(..) => None,
            })
            .collect();
        let mut at = |device| (device, self.left_out.insert_full(causes_on(device, facts)).0);
        devices.into_iter().map(&mut at).collect()
    }
}

/// Everything that is known in an arena.
#[derive(Default)]
pub(super) struct Memory {
    pub single: Devices,
    /// By premises, the last used last.
    known: Vec<(Premises, Known)>,
}

/// An arena and everything whose meaning depends on it.
pub(super) struct Arena {
    pub e: Engine,
    pub memory: Memory,
}

impl Arena {
    pub fn new(edges: usize) -> Arena {
        Arena { e: Engine::new(edges), memory: Memory::default() }
    }

    /// Drops everything but the devices with nothing left out: what costs most to make again, and what every question
    /// begins with.
    fn condense(&mut self) -> Result<()> {
        let all = std::mem::take(&mut self.memory.single.compiled).into_iter();
        let mut kept: Vec<(Variant, DeviceTransitions)> = all
            .filter(|(variant, _)| variant.1 == 0)
            .map(|(v, steps)| (v, Rc::unwrap_or_clone(steps)))
            .collect();
        let left_out = std::mem::take(&mut self.memory.single.left_out);
        self.memory = Memory::default();
        self.memory.single.left_out = left_out;
        let mut sets: Vec<&mut PacketSet> = kept.iter_mut().flat_map(|(_, steps)| steps.sets_mut()).collect();
        let mut ids: Vec<NodeId> = sets.iter().map(|set| set.node()).collect();
        self.e.retain(&mut ids)?;
        for (set, id) in sets.iter_mut().zip(ids) {
            **set = PacketSet(id);
        }
        self.memory.single.compiled = kept.into_iter().map(|(v, steps)| (v, Rc::new(steps))).collect();
        Ok(())
    }
}

impl Memory {
    /// What is known under some premises, taken out.
    pub fn recall(&mut self, premises: &Premises) -> Known {
        let at = self.known.iter().position(|(under, _)| under == premises);
        at.map(|at| self.known.remove(at).1).unwrap_or_default()
    }

    /// Keeps what is known under some premises. Where there is no room, what was not used for longest goes; what is
    /// known without anything left out stays, for every question begins with it.
    pub fn keep(&mut self, premises: Premises, known: Known) {
        self.known.push((premises, known));
        let goes = self.known.iter().position(|((left_out, _), _)| !left_out.is_empty());
        if let Some(at) = goes.filter(|_| self.known.len() > MOST_PREMISES) {
            self.known.remove(at);
        }
    }
}

/// Single steps kept per arena, of each kind.
pub(super) const MOST_KNOWN: usize = 100_000;
/// Steps of arrivals kept per premises.
pub(super) const MOST_STEPS: usize = 200_000;
/// Premises under which an arena knows anything.
const MOST_PREMISES: usize = 64;
/// An arena is given back only while it is this small a part of a question's budget: so a run never holds much more
/// than one question may.
const PART: usize = 8;

/// Idle arenas of one site, the last used last.
pub struct Shared<'s> {
    site: &'s Site,
    idle: RefCell<Vec<Arena>>,
}

impl std::fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<'s> Shared<'s> {
    /// Nothing yet.
    pub fn over(site: &'s Site) -> Self {
        Shared { site, idle: RefCell::default() }
    }

    /// An arena with room for another `edges` edges; if some were used before, one of those, best one that knows
    /// something under the same premises.
    pub(super) fn take(&self, site: &Site, premises: &Premises, edges: usize) -> Arena {
        let mut idle = self.idle.borrow_mut();
        let knowing =
            idle.iter().rposition(|arena| arena.memory.known.iter().any(|(under, _)| under == premises));
        let at = knowing.or(idle.len().checked_sub(1)).filter(|_| std::ptr::eq(site, self.site));
        let Some(at) = at else { return Arena::new(edges) };
        let mut arena = idle.remove(at);
        arena.e.allow(edges);
        arena
    }

    /// Takes an arena back, if need be with no more than its devices.
    pub(super) fn give(&self, site: &Site, edges: usize, mut arena: Arena) {
        let mut idle = self.idle.borrow_mut();
        let held: usize = idle.iter().map(|a| a.e.edges()).sum();
        let fits = |arena: &Arena| held + arena.e.edges() < edges / PART && !arena.e.crowded();
        if !std::ptr::eq(site, self.site) {
            return;
        }
        if fits(&arena) || arena.condense().is_ok() && fits(&arena) {
            idle.push(arena);
        }
    }
}
