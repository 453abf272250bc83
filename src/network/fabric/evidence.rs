//! What the boxes and the lists of VLANs say against the cables of the topology.

use super::Yarn;
use super::ties::{Node, Web};
use crate::model::same_port;
use crate::msg;
use crate::network::cables::{CablePlan, Far};
use crate::source::{Code, Diagnostic};

/// The length at which LLDP tables cut names.
const CUT: usize = 20;

/// Whether a neighbour's name may be that of a box: its domain left out, or cut short.
pub(super) fn names(neighbour: &str, name: &str) -> bool {
    let plain = |t: &str| t.to_lowercase();
    let (neighbour, name) = (plain(neighbour), plain(name));
    let first = neighbour.split('.').next().unwrap_or(&neighbour);
    neighbour == name || first == name || (neighbour.chars().count() >= CUT && name.starts_with(&neighbour))
}

/// Ports at whose other end a box sees another neighbour than the cabling table says: such a port may lead anywhere.
pub(super) fn neighbours(yarn: &mut Yarn<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let boxes: Vec<String> = yarn.boxes.iter().map(|b| b.name.value.clone()).collect();
    for (at, plan) in yarn.boxes.iter().enumerate() {
        let Some(Some(layer2)) = yarn.layer2.get_mut(at) else { continue };
        for seen in layer2.neighbours.clone() {
            let Some(port) = layer2.port(&seen.port.value).map(|p| p.name.value.clone()) else { continue };
            let members: Vec<String> = layer2
                .ports
                .iter()
                .filter(|p| p.bundle.as_ref().is_some_and(|b| same_port(&port, b)))
                .map(|p| p.name.value.clone())
                .collect();
            let mine = |name: &str| same_port(&port, name) || members.iter().any(|m| same_port(m, name));
            let known = boxes.iter().find(|b| names(&seen.device, b));
            let of = |c: &&CablePlan| c.device.value == plan.name.value && mine(&c.port.value);
            let from = |c: &&CablePlan| match &c.far {
                Far::Port { device, port } => device.value == plan.name.value && mine(&port.value),
                Far::Host(_) | Far::Segment(_) | Far::Unsaid => false,
            };
            // The port's own cable first: another port of its bundle may be plugged in elsewhere.
            let exact = |name: &str| same_port(&seen.port.value, name);
            let own = |c: &&CablePlan| of(c) && exact(&c.port.value);
            let own_back =
                |c: &&CablePlan| from(c) && matches!(&c.far, Far::Port { port, .. } if exact(&port.value));
            let cables = || yarn.cables.iter();
            let (cable, back) = match (cables().find(own), cables().find(own_back)) {
                (None, None) => (cables().find(of), cables().find(from)),
                both => both,
            };
            let (fits, place) = match (cable, back) {
                (Some(c), _) => match &c.far {
                    Far::Port { device, .. } => (names(&seen.device, &device.value), Some(c.port.span)),
                    // Machines may speak LLDP as well; a box of the topology is no machine of a segment.
                    Far::Host(_) | Far::Segment(_) | Far::Unsaid => (known.is_none(), Some(c.port.span)),
                },
                (None, Some(c)) => (names(&seen.device, &c.device.value), Some(c.port.span)),
                (None, None) => (known.is_none(), None),
            };
            if fits {
                continue;
            }
            let (owner, there, local) = (&plan.name.value, &seen.device, &seen.port.value);
            let (message, help) = match place {
                Some(_) => (
                    msg!(
                        "`{owner}` sees `{there}` at `{local}`, and the cabling table says otherwise",
                        "結線表と実機情報が一致しない:「{owner}」の「{local}」の対向機器は、実機情報では「{there}」である"
                    ),
                    msg!(
                        "correct the cabling table, or export the neighbours again",
                        "結線表を訂正するか、隣接機器の情報を採取し直す"
                    ),
                ),
                None => (
                    msg!(
                        "`{owner}` sees `{there}` at `{local}`, and no cable is listed there",
                        "実機情報にある結線の記載がない:「{owner}」の「{local}」の対向機器は、実機情報では「{there}」である"
                    ),
                    msg!(
                        "list the cable: `[[link]]`, or a row of the cabling table",
                        "結線を `[[link]]` 又は結線表に記載する"
                    ),
                ),
            };
            let mut found =
                Diagnostic::new(Code::Contradiction, seen.port.span, message.clone()).with_help(help);
            if let Some(place) = place {
                found = found.with_label(place, msg!("the cable", "結線表の記載"));
            }
            diagnostics.push(found);
            for port in layer2.ports.iter_mut().filter(|p| p.name.value == port) {
                port.unread.push((seen.port.span, message.clone()));
            }
        }
    }
}

/// Segments to which a VLAN of another number leads than the list of VLANs gives them.
pub(super) fn listed_vlans(web: &Web, yarn: &Yarn<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (node, ties) in &web.ties {
        let Node::Vlan(at, vlan) = node else { continue };
        for (other, step) in ties.iter().filter(|(_, step)| step.certain) {
            let Node::Segment(id) = other else { continue };
            let Some((listed, span)) = yarn.vlans.get(id).filter(|(listed, _)| listed != vlan) else {
                continue;
            };
            let owner = yarn.boxes.get(*at).map_or("", |b| b.name.value.as_str());
            let segment = yarn.segments.get(id.index()).map_or("", |s| s.id.value.as_str());
            let message = msg!(
                "`{segment}` is VLAN {listed} in the list of VLANs, and VLAN {vlan} on `{owner}`",
                "VLAN一覧と設定が一致しない:「{segment}」はVLAN一覧ではVLAN {listed}、「{owner}」ではVLAN {vlan}である"
            );
            let label = msg!("the list of VLANs", "VLAN一覧の記載");
            let found = Diagnostic::new(Code::Contradiction, step.span, message).with_label(*span, label);
            if !diagnostics.contains(&found) {
                diagnostics.push(found);
            }
        }
    }
}
