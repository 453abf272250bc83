//! Rows of hosts that name an analysed device by its own addresses: a gateway in the list of addresses is no machine
//! beside the device.
//!
//! Only what the configuration shows to be its own address on that very segment counts, and only for devices whose
//! configuration says all that they carry: a server that was read may run anything. A device that is declared, or
//! stands in a table, shows no addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::site::{DeviceId, HostId, Relay, Site};
use crate::msg;
use crate::source::Spanned;
use crate::vendor::Vendor;

/// Marks the hosts that are names of a device; `wanted` is the device that each host says it is.
pub(super) fn mark(site: &mut Site, wanted: &[Option<Spanned<String>>], vendors: &[&dyn Vendor]) {
    let sanitizers: BTreeSet<HostId> = site.sanitizers.iter().map(|s| s.host).collect();
    let mut found: Vec<(usize, DeviceId)> = Vec::new();
    for ((index, name), id) in wanted.iter().enumerate().zip((0u32..).map(HostId)) {
        let Some(name) = name.as_ref().filter(|_| !sanitizers.contains(&id)) else { continue };
        // Its row says that it does more than a gateway.
        let Some(host) = site.host(id).filter(|h| h.relay == Relay::Unknown) else { continue };
        let from_table = site.records.tables.iter().any(|t| t.file == host.id.span.file);
        if !from_table || host.interfaces.is_empty() {
            continue;
        }
        let owners: Vec<BTreeSet<DeviceId>> = host
            .interfaces
            .iter()
            .map(|card| {
                let owns = |device: &DeviceId, address: &IpAddr| {
                    site.device_addresses_on(*device, card.segment).contains(*address)
                };
                let parts = site.devices().filter(|(_, d)| {
                    let vendor = vendors.iter().find(|v| v.id() == d.device.vendor);
                    let appliance = vendor.is_some_and(|v| !v.runs_programs());
                    (d.chassis == name.value || d.device.name == name.value) && d.is_read() && appliance
                });
                let all = |device: &DeviceId| {
                    !card.addresses.is_empty() && card.addresses.iter().all(|a| owns(device, &a.value))
                };
                parts.map(|(device, _)| device).filter(all).collect()
            })
            .collect();
        if let Some(first) = owners.first().and_then(|o| o.first())
            && owners.iter().all(|o| !o.is_empty())
        {
            found.push((index, *first));
        }
    }
    for (index, device) in found {
        let named = site.device(device).map_or_else(String::new, |d| d.chassis.clone());
        let Some(host) = site.hosts.get_mut(index) else { continue };
        (host.device, host.names) = (None, Some(device));
        let note = msg!(
            "an own address of the device `{named}`: no machine beside it",
            "機器「{named}」自身のアドレスの行である(別の機器として扱わない)"
        );
        let places: Vec<_> = host.interfaces.iter().flat_map(|i| &i.addresses).map(|a| a.span).collect();
        for place in places {
            let table = site.records.tables.iter_mut().find(|t| t.file == place.file);
            table.into_iter().for_each(|t| t.notes.push((place, note.clone())));
        }
    }
}
