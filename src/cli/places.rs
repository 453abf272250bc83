//! Where a packet comes in, in the words of a packet file.

use std::net::IpAddr;

use crate::model::{AddressSet, Device, Flow, IfId};
use crate::msg;
use crate::network::{HostId, Location, SegmentId, Site};
use crate::source::Msg;

/// The place on one device that means the device itself.
pub(super) const LOCAL: &str = "local";

/// Where a packet enters one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// By an interface.
    Interface(IfId),
    /// The device sends it.
    Local,
}

/// The device (by index) and the place that `text` names: an interface, `local`, or `DEVICE:` before either where
/// the file holds several devices.
pub(super) fn on_device(devices: &[Device], text: &str) -> Result<(usize, Entry), Msg> {
    let mut found: Vec<(usize, Entry)> = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        found.extend(within(device, text).map(|e| (at, e)));
    }
    if found.is_empty() {
        for (at, device) in devices.iter().enumerate() {
            let rest = text.strip_prefix(device.name.as_str()).and_then(|r| r.strip_prefix(':'));
            found.extend(rest.and_then(|r| within(device, r)).map(|e| (at, e)));
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown(devices, text)),
        several => {
            let names: Vec<String> = several
                .iter()
                .filter_map(|(at, _)| devices.get(*at))
                .map(|d| format!("{}:{text}", d.name))
                .collect();
            let (en, ja) = (names.join(", "), names.join("、"));
            Err(msg!(
                "`{text}` exists more than once: write one of {en}",
                "「{text}」が複数ある。{ja} のいずれかを指定する"
            ))
        }
    }
}

fn within(device: &Device, text: &str) -> Option<Entry> {
    if text == LOCAL { Some(Entry::Local) } else { device.interface(text).map(Entry::Interface) }
}

fn unknown(devices: &[Device], text: &str) -> Msg {
    const MOST: usize = 20;
    let all = devices.iter().flat_map(|d| &d.interfaces).map(|i| i.name.value.as_str());
    let near = all.clone().map(|n| (strsim::damerau_levenshtein(n, text), n)).min();
    if let Some((1..=2, name)) = near {
        return msg!(
            "there is no interface `{text}`: did you mean `{name}`?",
            "「{text}」というインターフェースはない。「{name}」の誤りではないか"
        );
    }
    let names: Vec<&str> = all.take(MOST).collect();
    let (en, ja) = (names.join(", "), names.join("、"));
    msg!(
        "there is no interface `{text}`; some that exist: {en}",
        "「{text}」というインターフェースはない。存在するもの(一部): {ja}"
    )
}

/// The location that `host:ID`, `segment:ID`, `DEVICE:IF` or `DEVICE:local` names.
pub(super) fn in_site(site: &Site, text: &str, flow: &Flow) -> Result<Location, Msg> {
    if let Some(id) = text.strip_prefix("host:")
        && let Some((host, _)) = site.named_hosts().find(|(_, h)| h.id.value == id)
    {
        return host_location(site, host, flow);
    }
    if let Some(id) = text.strip_prefix("segment:")
        && let Some((segment, _)) = site.segments().find(|(_, s)| s.id.value == id)
    {
        return Ok(Location::Origin(segment));
    }
    for (device, d) in site.devices() {
        let rest = text.strip_prefix(d.device.name.as_str()).and_then(|r| r.strip_prefix(':'));
        match rest.and_then(|r| within(&d.device, r)) {
            Some(Entry::Interface(interface)) => return Ok(Location::Ingress(device, interface)),
            Some(Entry::Local) => return Ok(Location::LocalOrigin(device)),
            None => {}
        }
    }
    Err(msg!(
        "nothing is called `{text}`: write host:ID, segment:ID or DEVICE:INTERFACE with the ids of the topology",
        "「{text}」という場所はない。host:ID、segment:ID 又は 機器:インターフェース の形式で、\
         構成情報のIDを指定する"
    ))
}

/// Where a host's packet starts: the segment of the card with the packet's source address, else the only segment.
fn host_location(site: &Site, id: HostId, flow: &Flow) -> Result<Location, Msg> {
    let Some(host) = site.host(id) else {
        return Err(msg!("no such host", "該当するホストがない"));
    };
    if let Some(device) = host.device {
        return Ok(Location::LocalOrigin(device));
    }
    let source: IpAddr = flow.source();
    let owns = host.interfaces.iter().find(|i| i.addresses.iter().any(|a| a.value == source));
    let near = host.interfaces.iter().find(|i| covers(site, i.segment, source));
    let only = match host.interfaces.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    match owns.or(near).or(only) {
        Some(card) => Ok(Location::Origin(card.segment)),
        None => {
            let name = &host.id.value;
            Err(msg!(
                "host `{name}` has several network cards and none with the source {source}: write segment:ID",
                "ホスト「{name}」には複数のNICがあり、送信元 {source} のものがない。segment:ID \
                 の形式で指定する"
            ))
        }
    }
}

fn covers(site: &Site, id: SegmentId, address: IpAddr) -> bool {
    let prefixes = site.segment(id).map(|s| s.prefixes.as_slice()).unwrap_or_default();
    prefixes.iter().any(|p| AddressSet::network(p.value).contains(address))
}
