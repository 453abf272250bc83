//! Everything that can pass a device, by the names of its interfaces.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Result;
use crate::analysis::pipeline::{DeviceTransitions, Entry, Exit};
use crate::analysis::set::{Engine, PacketSet};
use crate::analysis::slice::Region;
use crate::analysis::transition::{self, Bound};
use crate::model::{Device, Interface, InterfaceKind};
use crate::network::NextHop;

/// What passes from one interface to another.
#[derive(Debug, Clone)]
pub(super) struct Passing {
    /// Headers at ingress that may.
    pub upper: PacketSet,
    /// Headers that do, however unknown things turn out.
    pub lower: PacketSet,
    /// Those that may, by next hop.
    pub hops: BTreeMap<NextHop, PacketSet>,
}

impl Default for Passing {
    fn default() -> Self {
        Passing { upper: PacketSet::EMPTY, lower: PacketSet::EMPTY, hops: BTreeMap::new() }
    }
}

/// Ingress and egress by name; no egress: the device itself.
pub(super) type Way = (String, Option<String>);

/// What passes a device in each way in which anything may.
pub(super) fn ways(e: &mut Engine, device: &Device) -> Result<BTreeMap<Way, Passing>> {
    let region = Region::everything();
    let none = BTreeSet::new();
    let bounds = [Bound::Upper, Bound::Lower];
    let mut built = Vec::new();
    for bound in bounds {
        built.push((bound, DeviceTransitions::build_within(e, device, bound, &none, &region)?));
    }
    let (universe, opening) = (e.universe()?, e.opening()?);
    let opening = e.and(universe, opening)?;
    let mut out: BTreeMap<Way, Passing> = BTreeMap::new();
    for (id, interface) in device.interfaces().filter(|(_, i)| receives(i)) {
        let entry = Entry::Interface(id);
        for (bound, transitions) in &built {
            for exit in transitions.exits().collect::<Vec<_>>() {
                let Some(suffix) = transitions.suffix(entry, exit) else { continue };
                let routed = transition::preimage(&suffix, e, PacketSet::ALL)?;
                let before = transition::preimage(&transitions.prefix(entry), e, routed)?;
                let set = e.and(before, opening)?;
                if !set.is_empty() {
                    let egress = name(device, exit);
                    let passing = out.entry((interface.name.value.clone(), egress)).or_default();
                    note(e, passing, *bound, exit, set)?;
                }
            }
        }
    }
    Ok(out)
}

/// Whether packets come in here: what carries frames for other interfaces, or never leaves the box, is not asked.
fn receives(interface: &Interface) -> bool {
    let silent = [InterfaceKind::Loopback, InterfaceKind::Member, InterfaceKind::Trunk];
    interface.up && !silent.contains(&interface.kind)
}

fn name(device: &Device, exit: Exit) -> Option<String> {
    match exit {
        Exit::Interface(id, _) => device.interfaces.get(id.index()).map(|i| i.name.value.clone()),
        Exit::Local => None,
    }
}

fn note(e: &mut Engine, passing: &mut Passing, bound: Bound, exit: Exit, set: PacketSet) -> Result<()> {
    match bound {
        Bound::Upper => {
            passing.upper = e.or(passing.upper, set)?;
            if let Exit::Interface(_, hop) = exit {
                let old = passing.hops.get(&hop).copied().unwrap_or(PacketSet::EMPTY);
                let both = e.or(old, set)?;
                passing.hops.insert(hop, both);
            }
        }
        Bound::Lower => passing.lower = e.or(passing.lower, set)?,
    }
    Ok(())
}
