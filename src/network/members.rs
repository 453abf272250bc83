//! HA clusters: two boxes that are one device. Either member may be active, so both belong to the network; a second
//! member that is configured like the first would do the same, and only what it has for itself is kept of it.

use super::beside::Folder;
use super::bind::Chassis;
use super::plan::{BoxPlan, Config, Plan};
use super::site::{Cluster, Drift};
use crate::model::{Cause, CauseKind, Device, Radius, Taint};
use crate::msg;
use crate::source::{Diagnostic, Limits, Sources};
use crate::vendor::{Difference, Vendor};

type Read = (Chassis, Vec<Diagnostic>);

/// Compares the members of each cluster, and drops what an equal second member would only repeat.
pub(super) fn pair(
    plan: &mut Plan,
    read: &mut [Read],
    folder: &Folder<'_>,
    sources: &Sources,
) -> Vec<Cluster> {
    let Folder { vendors, limits, .. } = *folder;
    let mut clusters = Vec::new();
    for (first, second) in pairs(&plan.boxes) {
        let (Some(a), Some(b)) = (plan.boxes.get(first), plan.boxes.get(second)) else { continue };
        let drift = compare((read.get(first), read.get(second)), vendors, sources, limits);
        clusters.push(Cluster { first: a.name.clone(), second: b.name.clone(), drift: drift.clone() });
        let repeats = drift == Drift::None && b.stands_by == Some(first);
        if let (true, Some(planned), Some(read)) = (repeats, plan.boxes.get_mut(second), read.get_mut(second))
        {
            keep_own(planned, read);
        }
    }
    let plan = &*plan;
    for (planned, (chassis, _)) in plan.boxes.iter().zip(read.iter_mut()) {
        let name = &planned.name.value;
        // A `cluster` word that no other box shares names nobody.
        let paired = clusters.iter().any(|c| c.first.value == *name || c.second.value == *name);
        if !paired && chassis.cluster.is_some() {
            let apart = || apart(chassis, vendors, sources, limits);
            if let Some(apart) = folder.other_member(plan, chassis, sources).or_else(apart) {
                doubt(chassis, &apart);
                continue;
            }
            for device in &mut chassis.devices {
                device.assumptions.push(msg!(
                    "the other member of the HA cluster has the same configuration as this one",
                    "冗長構成(HA)のもう一方の機器の設定がこの機器と同一であること"
                ));
            }
        }
    }
    clusters
}

/// What lets a member that nobody handed in differ from this one.
fn apart(
    chassis: &Chassis,
    vendors: &[&dyn Vendor],
    sources: &Sources,
    limits: &Limits,
) -> Option<Difference> {
    let (file, kind) = chassis.read?;
    vendors.iter().find(|v| v.id() == kind)?.apart(sources, file, limits)
}

/// The missing member may do anything in place of this one.
fn doubt(chassis: &mut Chassis, apart: &Difference) {
    let devices = chassis.devices.iter_mut().enumerate().filter(|(at, _)| !chassis.own.contains(at));
    for (_, device) in devices {
        let (what, span) = (apart.what.clone(), apart.span);
        let cause = device.add_cause(Cause { kind: CauseKind::Unknown, what, span });
        device.taints.push(Taint { radius: Radius::Device, cause });
    }
}

/// A device and its `standby`, and boxes that share a `cluster` word: each with the first of them.
fn pairs(boxes: &[BoxPlan]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (second, planned) in boxes.iter().enumerate() {
        // A spare of the same group that is left out may be the one that forwards.
        let file =
            |b: &BoxPlan| matches!(b.config, Config::File(_) | Config::Unavailable(_) | Config::Excluded(_));
        let earlier = boxes.iter().take(second);
        let mate =
            earlier.into_iter().position(|b| b.cluster.is_some() && b.cluster == planned.cluster && file(b));
        let first = planned.stands_by.or(mate.filter(|_| file(planned)));
        out.extend(first.map(|first| (first, second)));
    }
    out
}

fn compare(
    members: (Option<&Read>, Option<&Read>),
    vendors: &[&dyn Vendor],
    sources: &Sources,
    limits: &Limits,
) -> Drift {
    let file = |r: Option<&Read>| r.and_then(|(chassis, _)| chassis.read);
    let (Some((a, kind)), Some((b, other))) = (file(members.0), file(members.1)) else {
        return Drift::Unknown(msg!(
            "the configuration of a member was not read",
            "一方の機器の設定が読み込まれていない"
        ));
    };
    let vendor = vendors.iter().find(|v| v.id() == kind && kind == other);
    match vendor.and_then(|v| v.differences(sources, a, b, limits)) {
        None => Drift::Unknown(msg!(
            "configurations of these kinds cannot be compared",
            "この種別の設定は比較に未対応である"
        )),
        Some(found) if found.is_empty() => Drift::None,
        Some(found) => Drift::Found(found),
    }
}

/// Leaves of a second member what it has for itself, with the cables of that.
fn keep_own(plan: &mut BoxPlan, (chassis, notes): &mut Read) {
    // The same lines were reported for the first member.
    notes.clear();
    chassis.links.clear();
    chassis.layer2 = None;
    let own = std::mem::take(&mut chassis.own);
    let devices = std::mem::take(&mut chassis.devices);
    let kept = devices.into_iter().enumerate().filter(|(at, _)| own.contains(at)).map(|(_, d)| d);
    chassis.devices = kept.collect();
    let has = |name: &str| chassis.devices.iter().any(|d| names(d, name));
    plan.attach.retain(|(name, _)| has(&name.value));
    plan.unused.retain(|name| has(&name.value));
}

/// Whether an entry of `attach`, `interface` or `PART/interface`, may mean this device.
fn names(device: &Device, entry: &str) -> bool {
    let cuts = entry.match_indices('/').filter_map(|(at, _)| entry.get(at + 1..));
    cuts.chain([entry]).any(|name| device.interface(name).is_some())
}
