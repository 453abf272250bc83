//! Which interfaces stand on one wire: bridges, VLANs of a parent, and stations beside it (macvlan, ipvlan).
//!
//! Source: ip-link(8), "TYPE"; ip-address(8). A macvlan or ipvlan sends its frames untagged on the wire of its parent, so
//! what both lead to is one broadcast domain.

use std::collections::BTreeMap;

use crate::model::{Bridge, Interface, InterfaceAddress, InterfaceKind, Radius, Taint};
use crate::msg;
use crate::source::{Code, Msg};

use super::about::named_as_tunnel;
use super::facts::Build;
use super::links::{Link, Links};

impl Build<'_> {
    /// Ports of one bridge, and stations on one wire, exchange frames without asking these rules.
    pub fn wires(&mut self, links: &Links) {
        for (master, members) in bridged(links) {
            let addressed = members.iter().find(|m| m.addresses.iter().any(|a| a.global));
            // Seen from its ports alone, a VRF and a bridge with an address on a port look the same.
            let vrf = links.is_vrf(master);
            if let Some(member) = if vrf { members.first() } else { addressed } {
                let message = if vrf {
                    msg!(
                        "`{master}` looks like a VRF, which is not modelled",
                        "「{master}」はVRFとみられ、VRFは未対応である"
                    )
                } else {
                    msg!(
                        "`{master}` is a VRF, or a bridge one of whose ports keeps an address: neither is modelled",
                        "「{master}」はVRF、又はポートにアドレスが残るブリッジであり、いずれも未対応である"
                    )
                };
                self.taint(Code::UnmodelledFeature, member.name.span, message, Radius::Routing);
            }
            if members.len() > 1 && !vrf {
                for member in members {
                    let Some(id) = self.interface(&member.name.value) else { continue };
                    let message = msg!(
                        "`{master}` bridges its ports without asking these rules",
                        "「{master}」のポート間は、このルールを通らずに中継される"
                    );
                    self.taint(Code::UnmodelledFeature, member.name.span, message, Radius::Interface(id));
                }
            }
        }
        for (parent, stations) in stations(links) {
            for station in stations {
                let message = shares(links, station, parent);
                for name in [parent, station.name.value.as_str()] {
                    let Some(id) = self.interface(name) else { continue };
                    let cause = self.ignorance(message.clone(), station.name.span);
                    self.device.taints.push(Taint { radius: Radius::Interface(id), cause });
                }
                self.report(Code::UnmodelledFeature, station.name.span, message);
            }
        }
    }
}

/// Bridges by name with their ports that are up. Bonds are none, and one port alone bridges nothing.
pub fn bridged(links: &Links) -> BTreeMap<&str, Vec<&Link>> {
    let mut groups: BTreeMap<&str, Vec<&Link>> = BTreeMap::new();
    for link in links.links.iter().filter(|l| !l.slave && l.up) {
        if let Some(master) = &link.master {
            groups.entry(master).or_default().push(link);
        }
    }
    groups
}

/// Interfaces that are up and may stand on the wire of the one behind the `@` of their name, by that one. Without `ip -d`
/// a name tells VLANs and tunnels only. Both ends of a veth pair name each other, if both are here.
fn stations(links: &Links) -> BTreeMap<&str, Vec<&Link>> {
    let mut out: BTreeMap<&str, Vec<&Link>> = BTreeMap::new();
    for link in links.links.iter().filter(|l| l.up) {
        let Some(name) = link.parent.as_deref() else { continue };
        let Some(parent) = links.links.iter().find(|l| l.name.value == name) else { continue };
        let pair = paired(link, parent);
        let other = vlan(link, links).is_some() || named_as_tunnel(&link.name.value);
        if pair && parent.up && link.name.value.as_str() < name || !pair && link.station.unwrap_or(!other) {
            out.entry(name).or_default().push(link);
        }
    }
    out
}

/// Whether two interfaces are the ends of one veth pair: each names the other.
fn paired(one: &Link, other: &Link) -> bool {
    let names = |a: &Link, b: &Link| a.parent.as_deref() == Some(b.name.value.as_str());
    names(one, other) && names(other, one)
}

fn shares(links: &Links, station: &Link, parent: &str) -> Msg {
    let name = &station.name.value;
    if links.links.iter().any(|l| l.name.value == parent && paired(l, station)) {
        return msg!(
            "`{name}` and `{parent}` are the ends of one pair: both lead to one broadcast domain",
            "「{name}」と「{parent}」は対になった仮想インターフェース(veth)であり、両者の接続先は同じブロードキャストドメインとなる"
        );
    }
    if station.station == Some(true) {
        return msg!(
            "`{name}` is a macvlan or ipvlan on `{parent}`: both lead to one broadcast domain",
            "「{name}」は「{parent}」上のmacvlan又はipvlanであり、両者の接続先は同じブロードキャストドメインとなる"
        );
    }
    msg!(
        "`{name}` was made on `{parent}`: unless it is a VLAN, both lead to one broadcast domain (`ip -d addr` shows what it is)",
        "「{name}」は「{parent}」の上に作られており、VLANでなければ両者の接続先は同じブロードキャストドメインとなる\
         (種別は `ip -d addr` の出力で確認できる)"
    )
}

/// What joins the wires of several interfaces.
pub fn bridges(links: &Links) -> Vec<Bridge> {
    let several = bridged(links).into_iter().filter(|(name, m)| m.len() > 1 && !links.is_vrf(name));
    let made = several.filter_map(|(name, members)| {
        Some(Bridge {
            name: name.to_owned(),
            ports: members.iter().map(|m| m.name.value.clone()).collect(),
            what: msg!(
                "`{name}` bridges its ports: frames that are not IP pass it, whatever the rules are",
                "「{name}」のポート間では、ルールにかかわらずIP以外のフレームが通過し得る"
            ),
            span: members.first()?.name.span,
        })
    });
    let shared = stations(links).into_iter().filter_map(|(parent, stations)| {
        let first = stations.first()?;
        let names = std::iter::once(parent).chain(stations.iter().map(|s| s.name.value.as_str()));
        Some(Bridge {
            name: parent.to_owned(),
            ports: names.map(str::to_owned).collect(),
            what: shares(links, first, parent),
            span: first.name.span,
        })
    });
    made.chain(shared).collect()
}

/// The interface that `ip addr` shows.
pub fn interface_of(link: &Link, links: &Links) -> Interface {
    let is_parent = |l: &&Link| l.parent.as_deref() == Some(link.name.value.as_str());
    let global = link.addresses.iter().any(|a| a.global);
    let kind = if link.kind == "loopback" || link.name.value == "lo" {
        InterfaceKind::Loopback
    } else if link.master.as_ref().is_some_and(|m| !links.is_vrf(m)) && !global {
        InterfaceKind::Member
    } else if let Some((parent, id)) = vlan(link, links) {
        InterfaceKind::Vlan { parent, id }
    } else if matches!(
        link.kind.as_str(),
        "none" | "ppp" | "sit" | "gre" | "gre6" | "ipip" | "tunnel6" | "ip6tnl"
    ) {
        InterfaceKind::Tunnel
    } else if !global && links.links.iter().filter(is_parent).any(|l| vlan(l, links).is_some()) {
        InterfaceKind::Trunk
    } else {
        InterfaceKind::Physical
    };
    let addresses =
        link.addresses.iter().map(|a| InterfaceAddress { network: a.network, span: a.span }).collect();
    Interface { name: link.name.clone(), alias: None, kind, up: link.up, addresses }
}

/// The parent and id of a VLAN: as `ip -d` shows it, or by the usual name `PARENT.ID`, `vlanID`.
fn vlan(link: &Link, links: &Links) -> Option<(String, u16)> {
    let parent = link.parent.clone()?;
    if !links.links.iter().any(|l| l.name.value == parent) {
        return None;
    }
    let name = link.name.value.as_str();
    let digits = name.strip_prefix(&format!("{parent}.")).or_else(|| name.strip_prefix("vlan"));
    let id = link.vlan.or_else(|| digits?.trim_start_matches('.').parse().ok())?;
    Some((parent, id))
}
