//! What passes a device because of a session: replies, errors about it, and what a helper opens for it
//! (SEMANTICS 17, 18).
//!
//! A reply passes if its mirror image, after translation, is something the device may accept as opening, whoever sent
//! that and with whatever source. So the sessions of a device are computed on mirror images
//! ([`Side::Mirrored`]): what a set of replies becomes is the *preimage* of its packets through the mirrored device,
//! translations undone. How a packet gets past each device is one bit beside its place: whether some device so far let
//! it pass for a session only.

mod answers;
mod helpers;
mod worth;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::diagram::{Changes, Cube};
use super::reach::{Arrivals, Explorer, Fact, MOST_VISITS, Routing, Side, Step};
use super::set::{Engine, PacketSet};
use super::transition::Bound;
use super::{EngineError, Result};
use crate::model::{Device, Established, Family, Field, IfId, Ranges, State};
use crate::network::{DeviceId, Location};
pub(super) use answers::{Accepted, Leaving, Replies, RepliesOf};
use answers::{Answers, Later};
use worth::Worth;

/// Who may open sessions where, as mirror images.
#[derive(Debug, Default)]
pub struct Openers {
    /// What they send, as far as it gets by rules.
    pub arrivals: Arrivals,
    /// What comes past some device for a session and may open another one here.
    pub beside: BTreeMap<(DeviceId, IfId), PacketSet>,
    /// Where it matters what arrives; `None`: anywhere.
    pub targets: Option<BTreeSet<Location>>,
}

/// Who may open sessions, and everything that then passes if anybody there sends anything.
#[derive(Debug, Default)]
pub struct Pinholes {
    /// The openers.
    pub openers: Openers,
    /// What passes.
    pub passages: Passages,
}

/// What the passages of a site are computed from: senders, the places that matter, ways without forged sources.
pub(super) type PinholesOf = (BTreeSet<Location>, BTreeSet<Location>, BTreeSet<Fact>);

/// One arrival of packets, with how they passed the device before.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Where they are now.
    pub at: Location,
    /// Packets that had not arrived there before.
    pub set: PacketSet,
    /// The passage they came from.
    pub from: Option<usize>,
    /// Whether some device let them pass for a session only.
    pub past: bool,
    /// What made the last device let them pass, if it was no rule: a way for forged sources, or a helper's cause.
    pub by: Option<Fact>,
}

/// Everything that arrived anywhere.
#[derive(Debug, Default)]
pub struct Passages {
    /// In the order of discovery.
    pub steps: Vec<Passage>,
    sets: BTreeMap<(Location, bool), PacketSet>,
}

impl Passages {
    /// What let the packets of a passage through, back to their source.
    pub fn facts(&self, step: usize) -> BTreeSet<Fact> {
        self.back(step).filter_map(|passage| passage.by).collect()
    }

    /// The places passed, source first.
    pub fn locations(&self, step: usize) -> Vec<Location> {
        let mut out: Vec<Location> = self.back(step).map(|passage| passage.at).collect();
        out.reverse();
        out
    }

    fn back(&self, step: usize) -> impl Iterator<Item = &Passage> {
        let before = |passage: &&Passage| passage.from.and_then(|at| self.steps.get(at));
        std::iter::successors(self.steps.get(step), before)
    }

    /// As plain arrivals, however the packets passed.
    ///
    /// # Errors
    /// [`EngineError::Budget`].
    pub fn arrivals(self, explorer: &mut Explorer<'_>) -> Result<Arrivals> {
        let mut sets: BTreeMap<Location, PacketSet> = BTreeMap::new();
        for ((at, _), set) in &self.sets {
            let known = sets.get(at).copied().unwrap_or(PacketSet::EMPTY);
            let all = explorer.e.or(known, *set)?;
            sets.insert(*at, all);
        }
        let steps = self.steps.into_iter();
        let steps = steps.map(|s| Step { at: s.at, set: s.set, from: s.from, beside: s.by.is_some() });
        Ok(Arrivals::of(steps.collect(), sets))
    }
}

/// One run.
struct Walk<'o> {
    bound: Bound,
    openers: &'o Openers,
    /// What may answer, by device and the interface of the session's opener.
    replies: BTreeMap<(DeviceId, IfId, Later), Replies>,
    /// What may answer sessions by whichever interface they were opened, by device.
    answers: BTreeMap<(DeviceId, Later), Rc<Answers>>,
    /// The same for errors in somebody else's name, by where sessions leave.
    forged: BTreeMap<DeviceId, Rc<BTreeMap<IfId, Answers>>>,
    worth: Worth,
}

/// Packets at an ingress.
#[derive(Clone, Copy)]
struct Standing {
    device: DeviceId,
    ingress: IfId,
    set: PacketSet,
}

/// Packets on their way out, and what lets them pass.
type Past = Vec<(Location, PacketSet, Fact)>;

/// How often it is asked what sessions packets open that passed for a session themselves, before they may open any.
const MOST_TURNS: usize = 6;

impl<'s> Explorer<'s> {
    /// Who may open sessions where, if anybody at `from` sends anything with any source.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn openers(&mut self, from: &BTreeSet<Location>, bound: Bound) -> Result<Openers> {
        let seed = self.any_opening(bound)?;
        let seeds: Vec<_> = from.iter().map(|at| (*at, seed)).collect();
        let arrivals = self.forward_on(&seeds, bound, Side::Mirrored)?;
        Ok(Openers { arrivals, ..Openers::default() })
    }

    /// The sessions that anybody at `from` may open, and what may then pass to `targets` or beyond, in the upper graph.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn pinholes(
        &mut self,
        from: &BTreeSet<Location>,
        targets: &BTreeSet<Location>,
    ) -> Result<Rc<Pinholes>> {
        let key = (from.clone(), targets.clone(), self.forged.clone());
        if let Some(known) = self.sessions.pinholes.get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut openers = self.openers(from, Bound::Upper)?;
        openers.targets = Some(targets.clone());
        let all = self.e.universe()?;
        let seeds: Vec<_> = from.iter().map(|at| (*at, all)).collect();
        let mut turns = 0;
        let passages = loop {
            let passages = self.forward_past(&seeds, Bound::Upper, &openers)?;
            turns += 1;
            if !self.open_more(&passages, &mut openers, turns)? {
                break passages;
            }
        };
        let found = Rc::new(Pinholes { openers, passages });
        if self.has_room(found.passages.steps.len()) {
            self.sessions.pinholes.insert(key, Rc::clone(&found));
        }
        Ok(found)
    }

    /// What passed for a session may open another one at the next device. Whether any opens more than was known.
    fn open_more(&mut self, passages: &Passages, openers: &mut Openers, turns: usize) -> Result<bool> {
        let mut more = false;
        for ((at, past), set) in &passages.sets {
            let Location::Ingress(device, ingress) = *at else { continue };
            if !past || !self.keeps_sessions(device) {
                continue;
            }
            let images = if turns < MOST_TURNS { self.mirror_images(*set)? } else { self.e.universe()? };
            let known = openers.beside.get(&(device, ingress)).copied().unwrap_or(PacketSet::EMPTY);
            let ruled = openers.arrivals.at(*at);
            let either = self.e.or(known, ruled)?;
            if self.e.includes(either, images)? {
                continue;
            }
            let all = self.e.or(known, images)?;
            openers.beside.insert((device, ingress), all);
            more = true;
        }
        Ok(more)
    }

    fn keeps_sessions(&self, device: DeviceId) -> bool {
        let found = self.site.device(device);
        found.is_some_and(|d| d.device.established != Established::None || !d.device.helpers.is_empty())
    }

    /// The mirror images of some packets, and more: sides are not kept together.
    fn mirror_images(&mut self, set: PacketSet) -> Result<PacketSet> {
        let mut parts = Vec::new();
        for family in Family::ALL {
            let values = |e: &Engine, field| e.values(set, family, field);
            let ends = [Field::Src, Field::Dst].map(|field| (field.mirrored(), values(&self.e, field)));
            if ends.iter().any(|(_, values)| values.is_empty()) {
                continue;
            }
            let cube = Cube::family(family).with(Field::Proto, values(&self.e, Field::Proto));
            let cube = ends.into_iter().fold(cube, |cube, (field, values)| cube.with(field, values));
            parts.push(self.e.cube(&cube)?);
        }
        let all = self.e.or_all(parts)?;
        let universe = self.e.universe()?;
        Ok(self.e.and(all, universe)?)
    }

    /// Packets that may open a session: a device that picks up connections takes more than the first packet for one.
    fn any_opening(&mut self, bound: Bound) -> Result<PacketSet> {
        Ok(match bound {
            Bound::Upper => self.e.universe()?,
            Bound::Lower => self.opening()?,
        })
    }

    /// Everything that can arrive from `seeds` by rules, by sessions that `openers` open, and by helpers.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn forward_past(
        &mut self,
        seeds: &[(Location, PacketSet)],
        bound: Bound,
        openers: &Openers,
    ) -> Result<Passages> {
        let mut walk = Walk {
            bound,
            openers,
            replies: BTreeMap::new(),
            answers: BTreeMap::new(),
            forged: BTreeMap::new(),
            worth: Worth::default(),
        };
        let mut out = Passages::default();
        let mut queue = VecDeque::new();
        let mut visits: BTreeMap<Location, usize> = BTreeMap::new();
        for (at, set) in seeds {
            let start = Passage { at: *at, set: *set, from: None, past: false, by: None };
            self.arrive_past(&mut out, &mut queue, start)?;
        }
        while let Some(index) = queue.pop_front() {
            let Some(step) = out.steps.get(index).cloned() else { continue };
            let count = visits.entry(step.at).or_default();
            *count += 1;
            if *count > MOST_VISITS + 2 * self.site.nodes.len() {
                return Err(EngineError::Endless);
            }
            let ruled = self.onward(step.at, step.set, bound, Side::Sent)?;
            for (at, set) in ruled.iter() {
                if self.dead_end(&mut walk, *at) {
                    continue;
                }
                let next = Passage { at: *at, set: *set, from: Some(index), past: step.past, by: None };
                self.arrive_past(&mut out, &mut queue, next)?;
            }
            let Location::Ingress(device, ingress) = step.at else { continue };
            let standing = Standing { device, ingress, set: step.set };
            for (at, set, by) in self.beside_rules(&mut walk, standing, &out)? {
                let set = if step.past { set } else { self.unruled(device, at, set, &ruled)? };
                let next = Passage { at, set, from: Some(index), past: true, by: Some(by) };
                self.arrive_past(&mut out, &mut queue, next)?;
            }
        }
        Ok(out)
    }

    /// What the rules would not let pass anyway. A translated packet is not the same afterwards, so nothing is left
    /// out where there are translations.
    fn unruled(
        &mut self,
        device: DeviceId,
        at: Location,
        set: PacketSet,
        ruled: &[(Location, PacketSet)],
    ) -> Result<PacketSet> {
        let plain = self.site.device(device).is_some_and(|d| d.device.nats.is_empty());
        let same = ruled.iter().find(|(to, _)| *to == at).filter(|_| plain);
        Ok(match same {
            Some((_, ruled)) => self.e.minus(set, *ruled)?,
            None => set,
        })
    }

    fn arrive_past(&mut self, out: &mut Passages, queue: &mut VecDeque<usize>, next: Passage) -> Result<()> {
        let key = (next.at, next.past);
        let known = out.sets.get(&key).copied().unwrap_or(PacketSet::EMPTY);
        let fresh = self.e.minus(next.set, known)?;
        if fresh.is_empty() {
            return Ok(());
        }
        let all = self.e.or(known, fresh)?;
        out.sets.insert(key, all);
        queue.push_back(out.steps.len());
        out.steps.push(Passage { set: fresh, ..next });
        Ok(())
    }

    /// What passes a device for a session or a helper, and where to.
    fn beside_rules(&mut self, walk: &mut Walk<'_>, at: Standing, known: &Passages) -> Result<Past> {
        let site = self.site;
        let Some(found) = site.device(at.device) else { return Err(EngineError::Malformed) };
        let model = &found.device;
        // What a device does beside its rules is certain only where it asks them again and nothing is translated.
        let certain = model.established == Established::ByRules && model.nats.is_empty();
        let mut out = Vec::new();
        let anybody = !walk.openers.arrivals.steps.is_empty() || !walk.openers.beside.is_empty();
        if anybody && model.established != Established::None && (walk.bound == Bound::Upper || certain) {
            for later in [Later::Reply, Later::Error, Later::ForgedError] {
                if later == Later::Reply || walk.bound == Bound::Upper {
                    self.answers(walk, at, model, (later, known), &mut out)?;
                }
            }
        }
        let upper = walk.bound == Bound::Upper;
        for (index, helper) in model.helpers.iter().enumerate().filter(|_| upper) {
            if !self.resolved.contains(&Fact::Cause(at.device, helper.cause)) {
                self.helped(walk, at, model, (index, helper), &mut out)?;
            }
        }
        let anyhow = self.routing == Routing::Any;
        out.retain(|(to, set, _)| !set.is_empty() && (anyhow || site.nodes.contains_key(to)));
        Ok(out)
    }
}

/// Every interface by which a packet can enter a device.
fn ingresses(explorer: &Explorer<'_>, id: DeviceId) -> Vec<IfId> {
    let range = Location::Ingress(id, IfId(0))..=Location::Ingress(id, IfId(u32::MAX));
    let here = explorer.site.nodes.range(range).filter_map(|(at, _)| match at {
        Location::Ingress(_, ingress) => Some(*ingress),
        _ => None,
    });
    here.collect()
}

/// The scratch fields of a packet of a session. Nobody follows marks through sessions: any.
fn inside(ingress: IfId, egress: u128, state: State) -> Changes {
    Changes::none()
        .to(Field::Ingress, Ranges::one(u128::from(ingress.0)))
        .to(Field::Egress, Ranges::one(egress))
        .to(Field::State, Ranges::one(state.value()))
        .to(Field::Zone, Ranges::one(0))
        .forget(Field::Mark)
}

/// A condition that may be asked before or after a translation of these fields: either value may pass it.
fn loosened(e: &mut Engine, model: &Device, guard: PacketSet, fields: &[Field]) -> Result<PacketSet> {
    Ok(if model.nats.is_empty() { guard } else { e.forget(guard, fields)? })
}
