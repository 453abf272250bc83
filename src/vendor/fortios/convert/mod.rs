//! From FortiOS's words to the neutral device: one device per virtual domain.

mod builder;
mod captured;
pub mod facts;
mod nat;
mod objects;
mod policy;
mod route;
mod session;

use ipnetwork::IpNetwork;

use crate::model::{
    Carried, Device, DeviceRelay, Established, Expr, Family, Field, IfId, Interface, InterfaceAddress,
    InterfaceKind, Names, Pipeline, Radius, Ranges, RelayKind, RuleSetId, Stage, State, StateRule, Taint,
    proto,
};
use crate::msg;
use crate::source::{FileId, Span, Spanned};
use crate::vendor::{InternalLink, Reading};

use super::config::{Asking, Body, Clients, Interface as Own, Name, Relay, Scope, Vdom};
use super::defaults::Version;
use super::parse::Parsed;
use super::read::Ledger;
use builder::Builder;

/// Converts every domain of a file.
pub fn convert(
    parsed: &Parsed,
    name: Option<&str>,
    file: FileId,
    version: Option<Version>,
    whole: Span,
    ledger: &mut Ledger,
) -> Reading {
    let host = name.or(parsed.hostname.as_deref()).unwrap_or("fortigate");
    let mut reading = Reading { cluster: parsed.cluster, ..Reading::default() };
    for vdom in &parsed.vdoms {
        let part = parsed.multi || vdom.reserved;
        let name = if part { format!("{host}/{}", vdom.name) } else { host.to_owned() };
        if vdom.reserved {
            reading.own.push(reading.devices.len());
        }
        let device = one(vdom, parsed, name, file, version, whole, ledger);
        reading.devices.push(device);
    }
    for (a, b) in &parsed.links {
        let place = |name: &str| {
            let hits =
                reading.devices.iter().enumerate().find_map(|(at, d)| d.interface(name).map(|id| (at, id)));
            hits.filter(|(at, id)| {
                reading.devices.get(*at).and_then(|d| d.interfaces.get(id.index())).is_some_and(|i| i.up)
            })
        };
        if let (Some(a), Some(b)) = (place(a), place(b)) {
            reading.links.push(InternalLink { a, b });
        }
    }
    reading
}

/// Makes sure that interfaces exist which the caller asks about, or which an excerpt without interfaces uses.
pub fn ask_for(vdom: &mut Vdom, names: &[String], place: Span, multi: bool) {
    let mut wanted: Vec<Name> = Vec::new();
    if !multi {
        wanted.extend(names.iter().map(|n| Spanned::new(n.clone(), place)));
    }
    if vdom.interfaces.is_empty() {
        let ends = vdom.policies.iter().flat_map(|p| p.srcintf.iter().chain(&p.dstintf));
        wanted.extend(ends.cloned());
        wanted.extend(vdom.local_in.iter().flat_map(|p| p.srcintf.iter().cloned()));
        wanted.extend(vdom.statics.iter().filter_map(|r| r.device.clone()));
        wanted.extend(vdom.zones.values().flat_map(|z| z.members.iter().cloned()));
    }
    for name in wanted {
        let known = vdom.interfaces.contains_key(&name.value) || vdom.zones.contains_key(&name.value);
        if !known && name.value != "any" && name.value != "local" {
            vdom.interfaces.insert(name.value.clone(), plain(name));
        }
    }
}

fn plain(name: Name) -> Own {
    Own {
        name,
        vdom: None,
        alias: None,
        body: Body::Plain,
        up: true,
        addresses: Vec::new(),
        shared: Vec::new(),
        far: Vec::new(),
        leased: Vec::new(),
        dialled: None,
        leased_default: false,
        parent: None,
        members: Vec::new(),
        composed: false,
        allow: Vec::new(),
        no_src_check: false,
        vrf: 0,
        fortilink: false,
        modem: false,
        factory_tunnel: false,
    }
}

fn one(
    vdom: &Vdom,
    parsed: &Parsed,
    name: String,
    file: FileId,
    version: Option<Version>,
    whole: Span,
    ledger: &mut Ledger,
) -> Device {
    let mut interfaces: Vec<Interface> =
        vdom.interfaces.values().take(0xFFF0).map(|i| interface(i, vdom, parsed)).collect();
    interfaces.shrink_to_fit();
    let device = Device {
        name,
        vendor: "fortios",
        file,
        interfaces,
        rule_sets: Vec::new(),
        nats: Vec::new(),
        routes: Vec::new(),
        pipeline: Pipeline {
            arrival: Vec::new(),
            routing: RuleSetId(0),
            forward: Vec::new(),
            input: Vec::new(),
            output: Vec::new(),
        },
        states: states(),
        established: Established::ByRoutes,
        sessionless: Vec::new(),
        helpers: Vec::new(),
        causes: Vec::new(),
        taints: Vec::new(),
        relays: relays(vdom),
        assumptions: Vec::new(),
        facts: crate::model::Facts::default(),
        names: Names::default(),
    };
    let mut b = Builder::new(vdom, device, version, whole, ledger);
    let table = route::table(&mut b);
    let check = route::source_check(&mut b, &table);
    let routing = route::routing(&mut b, &table);
    let vips = nat::destination(&mut b);
    let forward = policy::forward(&mut b);
    let source = nat::source(&mut b);
    let input = policy::input(&mut b);
    let pipeline = Pipeline {
        arrival: std::iter::once(Stage::Filter(check)).chain(vips.map(Stage::Translate)).collect(),
        routing,
        forward: std::iter::once(Stage::Filter(forward)).chain(source.map(Stage::Translate)).collect(),
        input: vec![Stage::Filter(input)],
        output: Vec::new(),
    };
    b.device.pipeline = pipeline;
    b.device.established = session::established(&b);
    session::helpers(&mut b);
    taints(&mut b, forward, input, parsed.multi);
    assumptions(&mut b);
    b.device.facts = facts::facts(&b);
    b.device.names = b.known_names();
    b.device
}

/// TCP that does not open a session fits none: the device drops it before any policy.
fn states() -> Vec<StateRule> {
    let opening = Ranges::from_mask(2, 18, 63, 64).unwrap_or_else(Ranges::empty);
    let when = Expr::all([Expr::proto(proto::TCP), Expr::In(Field::TcpFlags, opening.complement(63))]);
    vec![StateRule { when, states: Ranges::one(State::Invalid.value()) }]
}

fn interface(own: &Own, vdom: &Vdom, parsed: &Parsed) -> Interface {
    let name = &own.name.value;
    let everywhere = || parsed.vdoms.iter().flat_map(|v| v.interfaces.values());
    let member = everywhere().any(|i| i.members.iter().any(|m| m.value == *name));
    let parent = everywhere()
        .any(|i| matches!(i.body, Body::Vlan(_)) && i.parent.as_ref().is_some_and(|p| p.value == *name));
    let kind = match (&own.body, &own.parent) {
        (Body::Vlan(_) | Body::Plain, _) if member => InterfaceKind::Member,
        (Body::Vlan(id), Some(parent)) => InterfaceKind::Vlan { parent: parent.value.clone(), id: *id },
        (Body::Vlan(_) | Body::Plain, _) if parent && own.addresses.is_empty() && own.leased.is_empty() => {
            InterfaceKind::Trunk
        }
        (Body::Vlan(_) | Body::Plain, _) => InterfaceKind::Physical,
        (Body::Tunnel, _) => InterfaceKind::Tunnel,
        (Body::Loopback, _) => InterfaceKind::Loopback,
        (Body::VdomLink, _) => InterfaceKind::VirtualLink,
    };
    let addresses =
        own.addresses.iter().map(|(network, span)| InterfaceAddress { network: *network, span: *span });
    Interface {
        name: own.name.clone(),
        alias: own.alias.clone(),
        kind,
        up: usable(own, vdom),
        addresses: addresses.collect(),
    }
}

/// Up, and able to carry a packet: the factory's tunnels do nothing until something switches them on, and a FortiLink
/// made of ports has no link without one.
pub fn usable(own: &Own, vdom: &Vdom) -> bool {
    let name = &own.name.value;
    if own.factory_tunnel || own.modem {
        let named = |n: &Name| n.value == *name;
        let used = vdom
            .policies
            .iter()
            .any(|p| p.enabled && (p.srcintf.iter().any(named) || p.dstintf.iter().any(named)))
            || vdom.statics.iter().any(|r| r.enabled && r.device.as_ref().is_some_and(named))
            || vdom.zones.values().any(|z| z.members.iter().any(named));
        return own.up && if name.starts_with("ssl.") { vdom.ssl_vpn.is_some() } else { used };
    }
    own.up && !(own.fortilink && own.composed && own.members.is_empty())
}

fn relays(vdom: &Vdom) -> Vec<DeviceRelay> {
    let kind = |data: bool| if data { RelayKind::Data } else { RelayKind::Infrastructure };
    let relay = |r: &Relay| DeviceRelay {
        kind: kind(r.data),
        what: r.what.clone(),
        span: r.span,
        certain: r.certain,
        carried: r.service.as_ref().map(|service| carried(service, vdom)),
    };
    vdom.relays.iter().map(relay).collect()
}

/// What carries the data of a service. The box asks for names by DNS, or encrypted by TLS and HTTPS.
fn carried(service: &Asking, vdom: &Vdom) -> Carried {
    let port = |low, high| Ranges::span(low, high);
    match service {
        Asking::Names(clients) | Asking::NamesOfAnybody(clients) => Carried {
            answers: match clients {
                Clients::Plain => &[53][..],
                Clients::Encrypted => &[53, 443, 853],
            }
            .iter()
            .flat_map(|p| [(proto::UDP, port(*p, *p)), (proto::TCP, port(*p, *p))])
            .collect(),
            asks: vec![
                (proto::UDP, port(53, 53)),
                (proto::TCP, port(53, 53)),
                (proto::TCP, port(443, 443)),
                (proto::TCP, port(853, 853)),
            ],
            servers: vdom.resolvers.clone().filter(|_| matches!(service, Asking::Names(_))),
            least: false,
        },
        Asking::Time(servers) => Carried {
            answers: vec![(proto::UDP, port(123, 123))],
            asks: vec![(proto::UDP, port(123, 123))],
            servers: servers.clone(),
            least: false,
        },
        Asking::Leases(family, servers) => {
            let server = match family {
                Family::V4 => 67,
                Family::V6 => 547,
            };
            let kinds = vec![(proto::UDP, port(server, server))];
            Carried { answers: kinds.clone(), asks: kinds, servers: servers.clone(), least: false }
        }
        Asking::Ports { answers, asks, servers } => {
            let kinds = |list: &[(u8, (u16, u16))]| {
                list.iter().map(|(p, (low, high))| (*p, port(u128::from(*low), u128::from(*high)))).collect()
            };
            Carried { answers: kinds(answers), asks: kinds(asks), servers: servers.clone(), least: false }
        }
        // What a browser asks for is HTTP and HTTPS at the least.
        Asking::Web((low, high), servers) => Carried {
            answers: vec![(proto::TCP, port(u128::from(*low), u128::from(*high)))],
            asks: vec![(proto::TCP, port(80, 80)), (proto::TCP, port(443, 443))],
            servers: Some(servers.clone()),
            least: true,
        },
    }
}

fn taints(b: &mut Builder<'_>, forward: RuleSetId, input: RuleSetId, multi: bool) {
    for doubt in &b.vdom.doubts {
        let radius = match &doubt.scope {
            Scope::Forward => Some(Radius::RuleSet(forward)),
            Scope::LocalIn => Some(Radius::RuleSet(input)),
            Scope::Routing => Some(Radius::Routing),
            Scope::Nat => Some(Radius::Nat),
            Scope::Device => Some(Radius::Device),
            // In a file with several domains the interface may belong to another one.
            Scope::Interface(name) => {
                b.device.interface(name).map(Radius::Interface).or((!multi).then_some(Radius::Device))
            }
        };
        let cause = b.unknown(doubt.span, doubt.what.clone());
        b.device.taints.extend(radius.map(|radius| Taint { radius, cause }));
    }
    // A VRF of its own has its own routes; they are read into one table here.
    for own in b.vdom.interfaces.values().filter(|i| i.vrf != 0) {
        let cause = b
            .unknown(own.name.span, msg!("VRFs inside a VDOM are not modelled", "VDOM内のVRFは未対応である"));
        b.device.taints.push(Taint { radius: Radius::Routing, cause });
    }
}

fn assumptions(b: &mut Builder<'_>) {
    if !b.vdom.routes_shown {
        let text = msg!(
            "the file shows no routing: sources are not checked for a way back",
            "設定に経路がないため、送信元の戻り経路の検査は行わない"
        );
        b.device.assumptions.push(text);
    }
    if b.predefined {
        let text = msg!(
            "services that the file uses but does not define have their factory ports",
            "設定に定義のないサービスは工場出荷時のポートとみなす"
        );
        b.device.assumptions.push(text);
    }
    match b.version {
        Some(v) => {
            let (major, minor) = (v.major, v.minor);
            let text =
                msg!("defaults of FortiOS {major}.{minor}", "既定値はFortiOS {major}.{minor}のものとみなす");
            b.device.assumptions.push(text);
        }
        None => b.device.assumptions.push(msg!(
            "the FortiOS release is not known: where releases differ, both readings count",
            "FortiOSのリリースが不明なため、リリースにより異なる点は双方の解釈を考慮する"
        )),
    }
}

/// The addresses of one family on an interface.
pub fn own_addresses(own: &Own, family: Family) -> Ranges {
    let of = own.addresses.iter().map(|(n, _)| n.ip()).filter(|ip| Family::of(*ip) == family);
    Ranges::from_pairs(of.map(|ip| (Family::number(ip), Family::number(ip))))
}

/// The connected networks of one family on an interface.
pub fn own_networks(own: &Own, family: Family) -> impl Iterator<Item = (IpNetwork, Span)> + '_ {
    own.addresses.iter().copied().filter(move |(n, _)| Family::of(n.ip()) == family)
}

/// The value of an interface in the ingress and egress fields.
pub fn value(id: IfId) -> u128 {
    u128::from(id.0)
}
