//! Facts of the topology and the configurations that contradict each other.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::build::{Clusters, listed_vlans};
use super::site::{DeviceId, Relay, Segment, SegmentId, Site};
use crate::model::{AddressSet, IfId, InterfaceKind};
use crate::msg;
use crate::source::{Code, Diagnostic, Span};

/// Compares addresses with the prefixes of their segments, and with each other.
pub(super) fn check(site: &mut Site, clusters: &Clusters) {
    let mut found = Vec::new();
    let uses = uses(site);
    for using in &uses {
        outside(site, using, &mut found);
    }
    twice(site, &uses, clusters, &mut found);
    overlaps(site, &mut found);
    unused(site, &mut found);
    relays(site, &mut found);
    cards(site, &mut found);
    site.diagnostics.append(&mut found);
    let (misplaced, misnumbered) = (misplaced(site), misnumbered(site));
    for (device, interface) in misplaced.into_iter().chain(misnumbered) {
        let elsewhere = site.devices.get_mut(device).map(|d| &mut d.elsewhere);
        elsewhere.into_iter().filter(|e| !e.contains(&interface)).for_each(|e| e.push(interface));
    }
}

/// Interfaces whose own configuration contradicts their attachment: an address outside every prefix that the segment
/// has in that family, or a network that is another segment's. So it is of contracts and tables, whose addresses somebody
/// wrote down as well. Where such an interface leads is not known; it may
/// lead anywhere, as if the topology did not bind it (SEMANTICS 11).
fn misplaced(site: &Site) -> Vec<(usize, IfId)> {
    let mut out = Vec::new();
    for (at, device) in site.devices.iter().enumerate() {
        for ((id, interface), segment) in device.device.interfaces().zip(&device.attached) {
            let mut networks = interface.addresses.iter().map(|a| a.network).filter(|n| !link_local(n.ip()));
            let Some(segment) = *segment else { continue };
            let Some(own) = site.segment(segment).filter(|s| !s.internal) else { continue };
            let contradicts = |network: IpNetwork| {
                let prefixes =
                    || own.prefixes.iter().map(|p| p.value).filter(|p| p.is_ipv4() == network.is_ipv4());
                let whole = AddressSet::network(network);
                if prefixes().any(|p| AddressSet::network(p) == whole) {
                    return false;
                }
                belongs_to_another(site, Some(own), network, Fit::Exact)
                    || match prefixes().next() {
                        Some(_) => !prefixes().any(|p| p.contains(network.ip())),
                        None => belongs_to_another(site, Some(own), network, Fit::Overlap),
                    }
            };
            if networks.any(contradicts) {
                out.push((at, id));
            }
        }
    }
    out
}

impl Site {
    /// The VLAN of an interface, and the segment of that number in the list of VLANs with its cell, where the topology
    /// attaches the interface to a segment that the list gives another number.
    pub fn listed_elsewhere(&self, id: DeviceId, interface: IfId) -> Option<(u16, SegmentId, Span)> {
        let device = self.device(id)?;
        let InterfaceKind::Vlan { id: vlan, .. } = device.device.interfaces.get(interface.index())?.kind
        else {
            return None;
        };
        let attached = device.attached.get(interface.index()).copied().flatten()?;
        let listed = listed_vlans(&self.records.tables, &self.segments);
        listed.get(&attached).filter(|(number, _)| *number != vlan)?;
        let (segment, (_, cell)) = listed.iter().find(|(_, (number, _))| *number == vlan)?;
        Some((vlan, *segment, *cell))
    }
}

/// Interfaces whose VLAN is another segment's in the town's own list of VLANs. Which of the two is right is not known: such
/// an interface may lead anywhere as well.
fn misnumbered(site: &mut Site) -> Vec<(usize, IfId)> {
    let (mut out, mut told) = (Vec::new(), Vec::new());
    for (at, (id, device)) in site.devices().enumerate() {
        for (interface, found) in device.device.interfaces() {
            let Some((vlan, segment, cell)) = site.listed_elsewhere(id, interface) else { continue };
            let (name, owner) = (&found.name.value, &device.device.name);
            let other = site.segment(segment).map_or("", |s| &s.id.value);
            let message = msg!(
                "`{name}` of `{owner}` is VLAN {vlan}, which is `{other}` in the list of VLANs",
                "VLAN一覧と設定が一致しない:「{owner}」の「{name}」はVLAN {vlan}であり、VLAN一覧では「{other}」である"
            );
            let label = msg!("the list of VLANs", "VLAN一覧の記載");
            let help = msg!(
                "correct the list, the attachment or the configuration: one of them is wrong",
                "VLAN一覧、接続先又は設定のいずれかに誤りがないか確認する"
            );
            let found_here = Diagnostic::new(Code::Contradiction, found.name.span, message);
            told.push(found_here.with_label(cell, label).with_help(help));
            out.push((at, interface));
        }
    }
    site.diagnostics.append(&mut told);
    out
}

/// Interfaces that are called unused and have a network of a segment: that they are is believed, and worth a look.
fn unused(site: &Site, found: &mut Vec<Diagnostic>) {
    for device in site.devices.iter().filter(|d| d.is_read() && !d.unused.is_empty()) {
        for ((id, interface), _) in
            device.device.interfaces().zip(&device.attached).filter(|(_, a)| a.is_none())
        {
            let told = interface.up && !device.elsewhere.contains(&id);
            let address = interface.addresses.iter().filter(|a| !link_local(a.network.ip()));
            let mut address = address.filter(|a| belongs_to_another(site, None, a.network, Fit::Overlap));
            let Some(address) = address.next().filter(|_| told) else { continue };
            let (owner, name, network) = (&device.device.name, &interface.name.value, address.network);
            let message = msg!(
                "`{name}` of `{owner}` is called unused, is up and has `{network}`, which is a segment's",
                "「{owner}」の「{name}」は未使用とされているが有効であり、セグメントのアドレス {network} を持つ"
            );
            let help = msg!(
                "attach it to its segment, or shut it down on the device",
                "接続先のセグメントを記載するか、機器側で無効(shutdown)とする"
            );
            found.push(Diagnostic::new(Code::Contradiction, address.span, message).with_help(help));
        }
    }
}

/// Boxes of which the topology says that they carry nothing on, and the configuration that they do.
fn relays(site: &Site, found: &mut Vec<Diagnostic>) {
    let boxes = site.devices().filter(|(_, d)| d.relay == Relay::No).map(|(_, d)| {
        let named = site.boxes.iter().find(|(b, _)| b.value == d.chassis);
        (named.map_or_else(|| site.sources.whole(site.topology), |(b, _)| b.span), d)
    });
    let hosts = site.hosts.iter().filter(|h| h.relay == Relay::No);
    let hosts = hosts.filter_map(|h| Some((h.id.span, site.device(h.device?)?)));
    for (span, device) in boxes.chain(hosts) {
        let Some(relay) = device.certain_relay() else { continue };
        let name = &device.device.name;
        let message = msg!(
            "`{name}` is said to carry nothing on, and its configuration does",
            "「{name}」は中継しないとされているが、設定には中継を行う機能がある"
        );
        let help = msg!(
            "turn that off on the device; what a configuration shows is not declared away",
            "機器側で当該機能を無効とする。設定から確認できる中継は、申告があっても中継として扱う"
        );
        let found_here = Diagnostic::new(Code::Contradiction, span, message);
        found.push(found_here.with_label(relay.span, relay.what.clone()).with_help(help));
    }
}

/// Network cards of machines whose configuration was read and has no such card.
fn cards(site: &Site, found: &mut Vec<Diagnostic>) {
    for (id, host) in site.hosts() {
        for segment in site.unshown_cards(id).into_iter().filter_map(|s| site.segment(s)) {
            let (name, at) = (&host.id.value, &segment.id.value);
            let message = msg!(
                "`{name}` is said to stand on `{at}`, and no interface of its configuration is attached there",
                "「{name}」は「{at}」に接続するとされているが、設定に「{at}」のインターフェースがない"
            );
            let help = msg!(
                "attach the interface to the segment, or remove the network card from the host",
                "当該インターフェースの接続先を記載するか、ホストから当該NICの記載を削除する"
            );
            found.push(Diagnostic::new(Code::Contradiction, host.id.span, message).with_help(help));
        }
    }
}

/// How a network is compared with a prefix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// They are one and the same.
    Exact,
    /// They have addresses in common.
    Overlap,
}

/// Whether a segment of the site other than `own` has this network as a prefix.
fn belongs_to_another(site: &Site, own: Option<&Segment>, network: IpNetwork, fit: Fit) -> bool {
    let whole = AddressSet::network(network);
    let others =
        site.segments.iter().filter(|s| own.is_none_or(|o| s.id.value != o.id.value) && s.external.is_none());
    others.flat_map(|s| &s.prefixes).map(|p| AddressSet::network(p.value)).any(|p| match fit {
        Fit::Exact => p == whole,
        Fit::Overlap => !p.intersection(&whole).is_empty(),
    })
}

/// An address in use on a segment.
struct Use {
    segment: SegmentId,
    address: IpAddr,
    span: Span,
    /// The host or device.
    owner: String,
    /// Owners with the same word may share an address.
    group: String,
}

fn uses(site: &Site) -> Vec<Use> {
    let mut out = Vec::new();
    for (_, device) in site.devices() {
        for ((_, interface), segment) in device.device.interfaces().zip(&device.attached) {
            let Some(segment) = *segment else { continue };
            let owner = &device.device.name;
            out.extend(interface.addresses.iter().map(|a| Use {
                segment,
                address: a.network.ip(),
                span: a.span,
                owner: owner.clone(),
                group: device.chassis.clone(),
            }));
        }
    }
    for (_, host) in site.hosts() {
        let device = host.device.and_then(|d| site.device(d));
        let group = device.map_or_else(|| format!("host {}", host.id.value), |d| d.chassis.clone());
        for card in &host.interfaces {
            out.extend(card.addresses.iter().map(|a| Use {
                segment: card.segment,
                address: a.value,
                span: a.span,
                owner: host.id.value.clone(),
                group: group.clone(),
            }));
        }
    }
    out
}

fn link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(a) => a.is_unicast_link_local(),
    }
}

fn outside(site: &Site, using: &Use, found: &mut Vec<Diagnostic>) {
    let Some(segment) = site.segment(using.segment) else { return };
    let inside = segment.prefixes.iter().any(|p| p.value.contains(using.address));
    let Some(first) = segment.prefixes.first().filter(|_| !inside && !link_local(using.address)) else {
        return;
    };
    let (address, owner, id) = (using.address, &using.owner, &segment.id.value);
    let message = msg!(
        "`{address}` of `{owner}` lies outside every prefix of its segment `{id}`",
        "「{owner}」の {address} が、接続先セグメント「{id}」のいずれのプレフィックスにも含まれない"
    );
    let label = msg!("the segment's prefixes", "セグメントのプレフィックス");
    let help = msg!(
        "check the attachment and the prefix: one of the two is wrong",
        "接続先又はプレフィックスのいずれかに誤りがないか確認する"
    );
    let diagnostic = Diagnostic::new(Code::Contradiction, using.span, message);
    found.push(diagnostic.with_label(first.span, label).with_help(help));
}

fn twice(site: &Site, uses: &[Use], clusters: &Clusters, found: &mut Vec<Diagnostic>) {
    let group = |u: &Use| clusters.get(&u.group).map_or_else(|| u.group.clone(), |c| format!("cluster {c}"));
    let mut first: BTreeMap<(SegmentId, IpAddr), &Use> = BTreeMap::new();
    for using in uses.iter().filter(|u| !link_local(u.address)) {
        let before = *first.entry((using.segment, using.address)).or_insert(using);
        if group(before) == group(using) {
            continue;
        }
        let (address, a, b) = (using.address, &before.owner, &using.owner);
        let id = site.segment(using.segment).map_or("", |s| &s.id.value);
        let message = msg!(
            "`{a}` and `{b}` both have the address `{address}` on `{id}`",
            "「{a}」と「{b}」がセグメント「{id}」で同じアドレス {address} を使用している"
        );
        let label = msg!("the other one", "もう一方");
        let help = msg!(
            "correct the wrong one; give the members of an HA cluster the same `cluster = \"…\"`; name the device \
             of a host that is one: `device = \"…\"`",
            "誤りがある場合は訂正する。冗長構成の場合は両方に同じ `cluster = \"…\"` を、機器自身であるホストの場合は \
             `device = \"…\"` を追記する"
        );
        let diagnostic = Diagnostic::new(Code::Contradiction, using.span, message);
        found.push(diagnostic.with_label(before.span, label).with_help(help));
    }
}

/// Re-used address space: allowed, and worth knowing.
fn overlaps(site: &Site, found: &mut Vec<Diagnostic>) {
    let mut all: Vec<(u8, u128, u128, SegmentId, Span)> = Vec::new();
    for (id, segment) in site.segments() {
        for prefix in &segment.prefixes {
            let set = AddressSet::network(prefix.value);
            for (family, ranges) in [(4, &set.v4), (6, &set.v6)] {
                all.extend(ranges.pairs().iter().map(|(low, high)| (family, *low, *high, id, prefix.span)));
            }
        }
    }
    all.sort();
    let mut widest: Option<(u8, u128, u128, SegmentId, Span)> = None;
    for next in all {
        if let Some(last) = widest
            && last.0 == next.0
            && next.1 <= last.2
        {
            if last.3 != next.3 {
                let name = |id| site.segment(id).map_or("", |s| s.id.value.as_str());
                let (a, b) = (name(last.3), name(next.3));
                let message = msg!(
                    "the prefixes of `{a}` and `{b}` overlap",
                    "セグメント「{a}」と「{b}」のプレフィックスが重複している"
                );
                let label = msg!("the other one", "もう一方");
                found.push(Diagnostic::new(Code::Remark, next.4, message).with_label(last.4, label));
            }
            if next.2 <= last.2 {
                continue;
            }
        }
        widest = Some(next);
    }
}
