//! What both engines say of a box, and whether a kernel's doings agree with it.
use std::collections::{BTreeMap, BTreeSet};

use super::bench::{Observed, Probe};
use super::said::{self, Said, Way, said};
use crate::analysis::Result;
use crate::analysis::diagram::Cube;
use crate::analysis::pipeline::{DeviceTransitions, Entry, Exit};
use crate::analysis::set::{Engine, PacketSet, point_of};
use crate::analysis::transition::{self, Bound};
use crate::model::{CauseKind, Device, Field, Flow, IfId};
use crate::msg;
use crate::source::Msg;

/// What may and what must leave one way.
pub type Both = [PacketSet; 2];

/// A box as read, both engines ready.
pub struct Judge<'d> {
    device: &'d Device,
    /// The interface of each end of the bench.
    interfaces: Vec<IfId>,
    engine: Engine,
    sets: BTreeMap<IfId, BTreeMap<Way, Both>>,
    upper: DeviceTransitions,
}

/// A kernel did what an engine holds impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Which engine says what.
    pub what: Msg,
    /// Everything that the concrete evaluator thinks possible.
    pub possible: BTreeSet<(Way, Flow)>,
}

impl<'d> Judge<'d> {
    /// Both engines, of at most `edges` diagram edges.
    ///
    /// # Errors
    /// The budget; a model that contradicts itself.
    pub fn new(device: &'d Device, interfaces: Vec<IfId>, edges: usize) -> Result<Judge<'d>> {
        let mut engine = Engine::new(edges);
        let none = BTreeSet::new();
        let upper = DeviceTransitions::build(&mut engine, device, Bound::Upper, &none)?;
        // What a sender may choose (a rate, a time of day) a single packet of the laboratory does not: nothing sure
        // hangs on it.
        let mut unwilling = device.clone();
        unwilling.causes.iter_mut().for_each(|c| c.kind = CauseKind::Unknown);
        let lower = DeviceTransitions::build(&mut engine, &unwilling, Bound::Lower, &none)?;
        let universe = engine.universe()?;
        let mut sets = BTreeMap::new();
        for ingress in &interfaces {
            let entry = Entry::Interface(*ingress);
            let mut ways: BTreeMap<Way, Both> = BTreeMap::new();
            for exit in upper.exits().collect::<Vec<_>>() {
                let mut both = [PacketSet::EMPTY; 2];
                for (set, built) in both.iter_mut().zip([&upper, &lower]) {
                    let Some(suffix) = built.suffix(entry, exit) else { continue };
                    let routed = transition::preimage(&suffix, &mut engine, PacketSet::ALL)?;
                    let before = transition::preimage(&built.prefix(entry), &mut engine, routed)?;
                    *set = engine.and(before, universe)?;
                }
                let sum = ways.entry(way_of(exit)).or_insert([PacketSet::EMPTY; 2]);
                for (sum, part) in sum.iter_mut().zip(both) {
                    *sum = engine.or(*sum, part)?;
                }
            }
            sets.insert(*ingress, ways);
        }
        Ok(Judge { device, interfaces, engine, sets, upper })
    }

    /// The interface at an end of the bench.
    pub fn interface(&self, end: usize) -> Option<IfId> {
        self.interfaces.get(end).copied()
    }

    /// The arena, and per way what may and what must leave of what comes in there.
    pub fn ways(&mut self, ingress: IfId) -> (&mut Engine, Vec<Both>) {
        let ways = self.sets.get(&ingress).into_iter().flat_map(BTreeMap::values).copied().collect();
        (&mut self.engine, ways)
    }

    /// Compares. `true`: only one thing was possible, and the kernel did it.
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn judge(&mut self, probe: &Probe, observed: Observed) -> std::result::Result<bool, Contradiction> {
        let mut possible = BTreeSet::new();
        self.compare(probe, observed, &mut possible).map_err(|what| Contradiction { what, possible })
    }

    fn compare(
        &mut self,
        probe: &Probe,
        observed: Observed,
        possible: &mut BTreeSet<(Way, Flow)>,
    ) -> std::result::Result<bool, Msg> {
        let odd = || msg!("no such interface", "該当するインターフェースがない");
        let ingress = self.interface(probe.ingress).ok_or_else(odd)?;
        let real = said::seen(observed, |at| self.interface(at)).ok_or_else(odd)?;
        let said = said(self.device, ingress, &probe.flow, real).map_err(|e| msg!("{e}", "{e}"))?;
        possible.clone_from(&said.ends);
        if said.truncated {
            return Ok(false);
        }
        if said.refuted() {
            return Err(msg!(
                "the concrete evaluator holds something else possible",
                "逐次評価の結果と異なる"
            ));
        }
        self.symbolic(probe, ingress, real, &said)?;
        let tried = !said.partial || self.is_in(ingress, real.0, Bound::Lower, &probe.flow);
        let ways: BTreeSet<Way> = said.ends.iter().map(|(way, _)| *way).collect();
        Ok(ways.len() == 1 && !said.group && tried)
    }

    fn is_in(&self, ingress: IfId, way: Way, bound: Bound, flow: &Flow) -> bool {
        let both =
            self.sets.get(&ingress).and_then(|w| w.get(&way)).copied().unwrap_or([PacketSet::EMPTY; 2]);
        let [upper, lower] = both;
        let set = if bound == Bound::Lower { lower } else { upper };
        self.engine.contains(set, &point_of(flow))
    }

    fn symbolic(
        &mut self,
        probe: &Probe,
        ingress: IfId,
        (real, header): (Way, Option<Flow>),
        said: &Said,
    ) -> std::result::Result<(), Msg> {
        let impossible =
            || msg!("the upper bound lacks what the kernel did", "上限の集合にカーネルの動作がない");
        let ways: Vec<Way> = self.sets.get(&ingress).into_iter().flat_map(BTreeMap::keys).copied().collect();
        if real != Way::Gone && !self.is_in(ingress, real, Bound::Upper, &probe.flow) {
            return Err(impossible());
        }
        if ways
            .iter()
            .filter(|w| **w != real && !said.group && !said.picked(**w, real))
            .any(|w| self.is_in(ingress, *w, Bound::Lower, &probe.flow))
        {
            return Err(msg!("the lower bound is sure of another way", "下限の集合は別の動作を確実とする"));
        }
        for (way, _) in said.ends.iter().filter(|(w, _)| *w != Way::Gone) {
            if !self.is_in(ingress, *way, Bound::Upper, &probe.flow) {
                return Err(msg!("the engines disagree", "2つの解析器の結果が異なる"));
            }
        }
        // Also the one that nobody changed: where a translation is certain, that is impossible.
        let Some(header) = header.filter(|_| real != Way::Local) else { return Ok(()) };
        match self.becomes(ingress, &probe.flow, real, &header) {
            Ok(true) => Ok(()),
            Ok(false) => Err(impossible()),
            Err(e) => Err(msg!("{e}", "{e}")),
        }
    }

    /// Whether the upper bound lets a packet leave with this header.
    fn becomes(&mut self, ingress: IfId, flow: &Flow, way: Way, header: &Flow) -> Result<bool> {
        let entry = Entry::Interface(ingress);
        let fields = Field::ALL.into_iter().filter(|f| !Field::SCRATCH.contains(f));
        let cube = fields.fold(Cube::any(), |c, f| c.with_value(f, flow.get(f)));
        let packet = self.engine.cube(&cube)?;
        let prefix = self.upper.prefix(entry);
        for exit in self.upper.exits().filter(|e| way_of(*e) == way).collect::<Vec<_>>() {
            let Some(suffix) = self.upper.suffix(entry, exit) else { continue };
            let steps = [prefix.clone(), suffix].concat();
            let after = transition::image(&steps, &mut self.engine, packet)?;
            let after = self.engine.forget(after, &Field::SCRATCH)?;
            if self.engine.contains(after, &point_of(header)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn way_of(exit: Exit) -> Way {
    match exit {
        Exit::Interface(id, _) => Way::Out(id),
        Exit::Local => Way::Local,
    }
}
