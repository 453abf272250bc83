//! Ports and their VLANs as the neutral layer 2.

use std::collections::BTreeSet;

use crate::model::{Family, LAST_VLAN, Layer2, PortKind, Ranges, SwitchPort, same_port};
use crate::msg;
use crate::source::{Msg, Span};
use crate::vendor::ios::admission;
use crate::vendor::ios::config::{Body, Config, Dialect, Interface as Own, Mode, Scope};

use super::{is_switch, quiet, route};

/// What the box switches, or may switch; nothing if it is a router.
pub fn layer2(config: &Config, dialect: Dialect) -> Option<Layer2> {
    // The others show every port of a switch in this way, and have no other ports of these names.
    let sure = is_switch(config) || dialect != Dialect::Ios;
    let mine = |own: &&Own| if is_switch(config) { switched(own) } else { quiet(config, own) };
    let any = config.interfaces.values().any(|own| own.up && mine(&own));
    if !is_switch(config) && !any {
        return None;
    }
    let ports = config.interfaces.values().filter(mine);
    let routed = config.interfaces.values().filter_map(|i| match i.body {
        Body::Svi(vlan) => Some((vlan, i.name.value.clone())),
        _ => None,
    });
    let doubts = config.doubts.iter().filter(|d| d.scope == Scope::Device);
    let mut ports: Vec<SwitchPort> = ports.map(|own| port(config, own, dialect)).collect();
    bundles(config, &mut ports);
    copies(config, &mut ports);
    if !sure {
        ports.iter_mut().for_each(unsaid);
    }
    Some(Layer2 {
        sure: sure || !routes(config),
        ports,
        routed: routed.collect(),
        doubts: doubts.map(|d| (d.span, d.what.clone())).collect(),
        neighbours: Vec::new(),
        joined: config.associations.clone(),
    })
}

/// Copies leave by a port that is in no VLAN of its own any more: in the VLANs that they come from, for whoever is behind it.
fn copies(config: &Config, ports: &mut [SwitchPort]) {
    for copies in &config.copies {
        let mut vlans = copies.vlans.clone();
        let mut unread = Vec::new();
        for name in &copies.from {
            let Some(port) = ports.iter().find(|p| p.name.value == *name) else { continue };
            let untagged = port.untagged.iter().map(|v| (u128::from(*v), u128::from(*v)));
            vlans = vlans.union(&port.tagged).union(&Ranges::from_pairs(untagged));
            unread.extend(port.unread.iter().cloned());
        }
        let each = vlans.pairs().iter().flat_map(|(low, high)| *low..=*high);
        let untagged: BTreeSet<u16> = each.filter_map(|v| u16::try_from(v).ok()).collect();
        for port in ports.iter_mut().filter(|p| copies.to.contains(&p.name.value)) {
            let at = copies.span.unwrap_or(port.untagged_at);
            // By another line the port is in a VLAN that it gets no copies of: whoever is there belongs to that one.
            let other = port.untagged.iter().find(|v| **v != 1 && !untagged.contains(v));
            if let Some(vlan) = other {
                let name = &port.name.value;
                let what = msg!(
                    "`{name}` is in VLAN {vlan}, and gets copies of other VLANs",
                    "「{name}」はVLAN {vlan}のポートであるが、他のVLANの通信の複製を送出する"
                );
                unread.push((port.untagged_at, what));
            }
            *port = SwitchPort {
                name: port.name.clone(),
                up: port.up,
                bundle: None,
                kind: PortKind::Access,
                untagged: untagged.clone(),
                surely_untagged: None,
                tagged: vlans.clone(),
                surely_tagged: Ranges::empty(),
                untagged_at: at,
                tagged_at: at,
                unlimited: false,
                limit: None,
                unread: port.unread.iter().chain(&unread).cloned().collect(),
            };
        }
    }
}

/// Whether some port has a layer 3 without saying that it is none of a switch: a router.
fn routes(config: &Config) -> bool {
    let speaks = |own: &Own| route::speaks(own, Family::V4) || route::speaks(own, Family::V6);
    config
        .interfaces
        .values()
        .any(|own| matches!(own.body, Body::Port | Body::Sub(_)) && speaks(own) && !own.apart())
}

/// A port of which no line says whether it is one of a switch: nothing about it is certain.
fn unsaid(port: &mut SwitchPort) {
    let name = &port.name.value;
    let what = msg!(
        "no line says whether `{name}` is a port of a switch: if it is, it stands in VLAN 1 or becomes a trunk",
        "「{name}」がスイッチポートか否かを示す行がない(スイッチポートの場合、VLAN 1に属するか、又はトランクとなり得る)"
    );
    port.surely_untagged = None;
    port.surely_tagged = Ranges::empty();
    port.limit = None;
    port.unread.push((port.name.span, what));
}

/// A member that says otherwise than its bundle is suspended, or stands alone with what it says itself: the bundle may
/// do that, too.
fn bundles(config: &Config, ports: &mut [SwitchPort]) {
    let says = |member: &SwitchPort| {
        let own = config.interfaces.get(&member.name.value).map(|own| &own.switching);
        own.is_some_and(|s| {
            s.mode.is_some() || s.access.is_some() || s.native.is_some() || s.allowed.is_some()
        })
    };
    let members: Vec<SwitchPort> =
        ports.iter().filter(|p| p.up && p.bundle.is_some() && says(p)).cloned().collect();
    for member in members {
        let whole = |p: &&mut SwitchPort| member.bundle.as_ref().is_some_and(|b| same_port(&p.name.value, b));
        let Some(bundle) = ports.iter_mut().find(whole) else { continue };
        bundle.untagged.extend(member.untagged.iter().copied());
        bundle.tagged = bundle.tagged.union(&member.tagged);
        bundle.surely_tagged = bundle.surely_tagged.intersection(&member.surely_tagged);
        // What is written for the bundle holds for a member that is silent about it (Cisco, EtherChannel guides: a
        // change of the port channel reaches every port of it).
        let own = config.interfaces.get(&member.name.value).map(|own| &own.switching);
        let says = own.is_some_and(|s| s.native.is_some() || s.access.is_some());
        if says && bundle.surely_untagged != member.surely_untagged {
            bundle.surely_untagged = None;
        }
        bundle.unread.extend(member.unread.iter().cloned());
    }
}

/// Whether an interface is a port of the switch: not one that routes, nor the port for administration.
fn switched(own: &Own) -> bool {
    let addressed = route::speaks(own, Family::V4) || route::speaks(own, Family::V6);
    own.body == Body::Port
        && own.switched != Some(false)
        && own.vrf.is_none()
        && !(addressed && own.switched.is_none())
        && (own.switched == Some(true) || !own.apart())
}

/// Whether an interface is, or may be, a port in a VLAN.
pub fn may_carry(config: &Config, own: &Own, dialect: Dialect, vlan: u16) -> bool {
    if !own.up || !switched(own) {
        return false;
    }
    let made = port(config, own, dialect);
    let unclear = own.switching.bundle.is_some() || !made.unread.is_empty();
    made.up && (unclear || made.untagged.contains(&vlan) || made.tagged.contains(u128::from(vlan)))
}

fn port(config: &Config, own: &Own, dialect: Dialect) -> SwitchPort {
    let says = &own.switching;
    let place = own.name.span;
    let access = says.access.as_ref().map_or(1, |v| v.value);
    let native = says.native.as_ref().map_or(Some(1), |v| v.value);
    let kind = match says.mode.as_ref().map(|m| m.value) {
        Some(Mode::Access | Mode::Private | Mode::Stack) => PortKind::Access,
        Some(Mode::Trunk) => PortKind::Trunk,
        Some(Mode::Dynamic) => PortKind::Negotiates,
        // A port that does not say so negotiates on IOS; the others have no such protocol.
        None if dialect == Dialect::Ios && !says.silent => PortKind::Negotiates,
        None => PortKind::Access,
    };
    let every = Ranges::span(1, u128::from(LAST_VLAN));
    let unlimited = says.allowed.is_none();
    let (may, must) = match (&says.allowed, dialect) {
        (Some(list), _) => (list.value.clone(), list.value.clone()),
        (None, Dialect::Ios) => (every.clone(), every),
        (None, Dialect::Axs) => (Ranges::empty(), Ranges::empty()),
        (None, Dialect::Awplus) => (every, Ranges::empty()),
    };
    let voice = says.voice.iter().map(|v| (u128::from(v.value), u128::from(v.value)));
    let voice = Ranges::from_pairs(voice);
    let carried = native.filter(|n| must.contains(u128::from(*n)));
    let (untagged, surely_untagged, tagged, surely_tagged) = match kind {
        PortKind::Access => {
            // Some models take frames with a tag, if it is that of their VLAN.
            let own = Ranges::one(u128::from(access));
            let taken = if dialect == Dialect::Ios { voice.union(&own) } else { voice.clone() };
            (BTreeSet::from([access]), Some(access), taken, voice)
        }
        PortKind::Trunk => (native.into_iter().collect(), carried, may, must),
        PortKind::Negotiates => {
            let both = native.into_iter().chain([access]).collect();
            (both, carried.filter(|n| *n == access), may.union(&voice), Ranges::empty())
        }
    };
    let mut made = SwitchPort {
        name: own.name.clone(),
        up: own.up && says.mode.as_ref().is_none_or(|m| m.value != Mode::Stack),
        bundle: says.bundle.clone(),
        kind,
        untagged,
        surely_untagged,
        tagged,
        surely_tagged,
        untagged_at: untagged_at(own, kind),
        tagged_at: says
            .allowed
            .as_ref()
            .map(|a| a.span)
            .or(says.mode.as_ref().map(|m| m.span))
            .unwrap_or(place),
        unlimited: unlimited && kind != PortKind::Access && dialect != Dialect::Axs,
        limit: None,
        unread: unread(config, own),
    };
    let whole = made.unread.is_empty() && !config.doubts.iter().any(|d| d.scope == Scope::Device);
    made.limit = admission::limit(config, own, dialect).filter(|_| whole);
    if !says.private.is_empty() {
        made.untagged.extend(says.private.iter().map(|v| v.value));
        made.surely_untagged = None;
    }
    made
}

fn untagged_at(own: &Own, kind: PortKind) -> Span {
    let says = &own.switching;
    let native = says.native.as_ref().map(|v| v.span);
    let access = says.access.as_ref().map(|v| v.span);
    let private = says.private.first().map(|v| v.span);
    let said = match kind {
        PortKind::Access => private.or(access),
        PortKind::Trunk => native,
        PortKind::Negotiates => access.or(native),
    };
    said.unwrap_or(own.name.span)
}

/// Lines of the port that were not read, wherever they are noted.
fn unread(config: &Config, own: &Own) -> Vec<(Span, Msg)> {
    let what = || {
        msg!(
            "a line about the VLANs of a port is not modelled",
            "ポートのVLANに関する行のうち、未対応のものがある"
        )
    };
    let noted = own.switching.unread.iter().map(|span| (*span, what()));
    let here = |scope: &Scope| matches!(scope, Scope::Interface(name) | Scope::Statement(name) if *name == own.name.value);
    let doubts = config.doubts.iter().filter(|d| here(&d.scope)).map(|d| (d.span, d.what.clone()));
    noted.chain(doubts).collect()
}
