//! From the words of the IOS family to neutral devices: one device per VRF.

mod acl;
mod builder;
mod captured;
mod facts;
mod layer2;
mod leaks;
mod nat;
mod route;
mod zone;

use ipnetwork::IpNetwork;

use crate::model::{
    AddressSet, DenyKind, Device, DeviceRelay, Established, Expr, Facts, Family, Field, IfId, Interface,
    InterfaceAddress, InterfaceKind, Names, Pipeline, Radius, Ranges, RelayKind, RuleSetId, RuleSetKind,
    Stage, State, Then, proto,
};
use crate::msg;
use crate::source::{FileId, Span, Spanned};
use crate::vendor::{InternalLink, Reading};

use super::config::{Body, Config, Dialect, Interface as Own, Scope};
use super::parse_interface::plain;
use super::read::Ledger;
use acl::Way;
use builder::{Builder, Row};
use leaks::Crossing;

/// What a conversion needs beside the configuration.
pub struct Context<'a> {
    /// What the topology calls the device.
    pub name: Option<&'a str>,
    /// The file.
    pub file: FileId,
    /// The language.
    pub dialect: Dialect,
    /// The whole file.
    pub whole: Span,
}

/// The id of a dialect, as in `--vendor`.
pub fn id(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Ios => "ios",
        Dialect::Axs => "axs",
        Dialect::Awplus => "awplus",
    }
}

/// Converts every VRF of a configuration.
pub fn convert(config: &Config, context: &Context<'_>, ledger: &mut Ledger) -> Reading {
    let host = context.name.or(config.hostname.as_deref()).unwrap_or(id(context.dialect));
    let crossings = leaks::crossings(config);
    let mut vrfs: Vec<Option<&str>> = vec![None];
    vrfs.extend(config.vrfs.keys().map(|v| Some(v.as_str())));
    // A VRF that something names and nothing defines exists all the same.
    let named = config
        .interfaces
        .values()
        .filter_map(|i| i.vrf.as_ref())
        .chain(config.statics.iter().filter_map(|r| r.vrf.as_ref()));
    for name in named
        .map(|n| n.value.as_str())
        .chain(crossings.iter().flat_map(|c| [c.from.as_deref(), c.to.as_deref()]).flatten())
    {
        if !vrfs.contains(&Some(name)) {
            vrfs.push(Some(name));
        }
    }
    vrfs.sort_unstable();
    let mut reading = Reading { layer2: layer2::layer2(config, context.dialect), ..Reading::default() };
    for vrf in &vrfs {
        let name = match vrf {
            Some(vrf) => format!("{host}/{vrf}"),
            None => host.to_owned(),
        };
        let device = one(config, *vrf, name, context, &crossings, ledger);
        reading.devices.push(device);
    }
    for crossing in &crossings {
        let at = |vrf: Option<&str>| vrfs.iter().position(|v| *v == vrf);
        let (out, into) = leaks::ends(crossing);
        let end = |vrf: Option<&str>, name: &str| {
            let at = at(vrf)?;
            Some((at, reading.devices.get(at)?.interface(name)?))
        };
        if let (Some(a), Some(b)) = (end(crossing.from.as_deref(), &out), end(crossing.to.as_deref(), &into))
        {
            reading.links.push(InternalLink { a, b });
        }
    }
    reading
}

/// Makes sure that interfaces exist which an excerpt without interfaces is asked about.
pub fn ask_for(config: &mut Config, names: &[String], place: Span) {
    if !config.interfaces.is_empty() {
        return;
    }
    for name in names {
        config.interfaces.insert(name.clone(), plain(Spanned::new(name.clone(), place)));
    }
    config.excerpt = true;
}

fn one(
    config: &Config,
    vrf: Option<&str>,
    name: String,
    context: &Context<'_>,
    crossings: &[Crossing],
    ledger: &mut Ledger,
) -> Device {
    let mine = config
        .interfaces
        .values()
        .filter(|i| i.vrf.as_ref().map(|v| v.value.as_str()) == vrf && i.body != Body::Null);
    let mut interfaces: Vec<Interface> = mine.take(0xFF00).map(|i| interface(config, i)).collect();
    interfaces.extend(leaks::ports(crossings, vrf));
    let crypto: Vec<Interface> = encrypted(config, vrf);
    interfaces.extend(crypto);
    let device = Device {
        name,
        vendor: id(context.dialect),
        file: context.file,
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
        states: Vec::new(),
        established: Established::None,
        sessionless: Vec::new(),
        helpers: Vec::new(),
        causes: Vec::new(),
        taints: Vec::new(),
        relays: Vec::new(),
        assumptions: Vec::new(),
        facts: Facts::default(),
        names: Names::default(),
    };
    let mut b = Builder::new(config, vrf, context.dialect, device, context.whole, ledger);
    let arrival = arrival(&mut b);
    let filters_in = acl::filters(&mut b, Way::In);
    let filters_out = acl::filters(&mut b, Way::Out);
    let translations = nat::lists(&mut b);
    let (zones, to_self) = zone::filters(&mut b);
    let sessions = zones.is_some() || !config.inspects.is_empty();
    let routing = route::routing(&mut b, crossings);
    let forward = forwarding(&mut b);
    let input = input(&mut b);
    let filter = |set: Option<RuleSetId>| set.map(Stage::Filter);
    let all = |stages: Vec<Option<Stage>>| stages.into_iter().flatten().collect::<Vec<_>>();
    b.device.pipeline = Pipeline {
        arrival: all(vec![
            Some(Stage::Filter(arrival)),
            filter(filters_in),
            translations.arrival.map(Stage::Translate),
        ]),
        routing,
        forward: all(vec![
            Some(Stage::Filter(forward)),
            filter(zones),
            translations.departure.map(Stage::Translate),
            filter(filters_out),
        ]),
        input: all(vec![filter(to_self), Some(Stage::Filter(input))]),
        output: Vec::new(),
    };
    // Inspections and zones let answers pass unasked, and a translation is undone for them. Lists alone know no session,
    // but for reflexive ones, which are asked.
    let reflexive = || config.acls.values().flat_map(|l| &l.entries).any(|e| e.evaluates);
    if sessions || !b.device.nats.is_empty() {
        b.device.established = Established::ByRoutes;
    } else if reflexive() {
        b.device.established = Established::ByRules;
    }
    taints(&mut b);
    assumptions(&mut b);
    facts::facts(&mut b);
    relays(&mut b);
    b.device
}

/// What leaves encrypted goes to peers that the file does not show as an interface.
fn encrypted(config: &Config, vrf: Option<&str>) -> Vec<Interface> {
    let mine = config.interfaces.values().filter(|i| i.up && i.vrf.as_ref().map(|v| v.value.as_str()) == vrf);
    let maps = mine.filter_map(|i| i.crypto.as_ref().map(|map| (i, map)));
    maps.map(|(own, map)| Interface {
        name: Spanned::new(format!("crypto map {} on {}", map.value, own.name.value), map.span),
        alias: None,
        kind: InterfaceKind::Tunnel,
        up: true,
        addresses: Vec::new(),
    })
    .collect()
}

/// Whether a port that says nothing is switched: on a box with routed VLAN interfaces or switch ports it is.
fn is_switch(config: &Config) -> bool {
    config.interfaces.values().any(|i| matches!(i.body, Body::Svi(_)) || i.switched.is_some())
}

/// Whether a port may be one of a switch although no line says so: nothing of layer 3 stands there. Some releases show
/// `no ip address` at ports of both kinds.
fn quiet(config: &Config, own: &Own) -> bool {
    let name = own.name.value.to_ascii_lowercase();
    let frames = ["ethernet", "gige", "port"].iter().any(|k| name.contains(k)) || name.starts_with("po");
    let parent = config.interfaces.values().any(|i| matches!(&i.body, Body::Sub(p) if *p == own.name.value));
    let layer3 = route::speaks(own, Family::V4)
        || route::speaks(own, Family::V6)
        || own.vrf.is_some()
        || own.nat.is_some()
        || own.zone.is_some()
        || own.crypto.is_some()
        || own.dials.is_some()
        || !own.policy.is_empty()
        || !own.helpers.is_empty();
    // Whoever asks an excerpt about an interface takes it for one that routes.
    let port = own.body == Body::Port && own.switched.is_none() && !config.excerpt;
    port && frames && !parent && !layer3 && !own.apart()
}

fn interface(config: &Config, own: &Own) -> Interface {
    let addressed = route::speaks(own, Family::V4) || route::speaks(own, Family::V6);
    let name = &own.name.value;
    let parent = config.interfaces.values().any(|i| matches!(&i.body, Body::Sub(p) if p == name));
    let kind = match &own.body {
        Body::Sub(parent) => match own.tag {
            Some(id) => InterfaceKind::Vlan { parent: parent.clone(), id },
            None => InterfaceKind::Physical,
        },
        Body::Tunnel => InterfaceKind::Tunnel,
        Body::Loopback => InterfaceKind::Loopback,
        Body::Port if own.member => InterfaceKind::Member,
        Body::Port if own.switched == Some(true) => InterfaceKind::Member,
        Body::Port if parent && !addressed => InterfaceKind::Trunk,
        Body::Port if own.switched.is_none() && !addressed && is_switch(config) => InterfaceKind::Member,
        Body::Port if quiet(config, own) => InterfaceKind::Member,
        Body::Port | Body::Svi(_) | Body::Null => InterfaceKind::Physical,
    };
    let addresses =
        own.addresses.iter().map(|(network, span)| InterfaceAddress { network: *network, span: *span });
    // A tunnel interface that speaks no protocol carries nothing.
    let idle = matches!(own.body, Body::Tunnel) && !addressed;
    Interface {
        name: own.name.clone(),
        alias: own.description.clone(),
        kind,
        up: own.up && !idle,
        addresses: addresses.collect(),
    }
}

/// Packets that no interface takes: of a family that it does not speak, of sources that a check may refuse.
fn arrival(b: &mut Builder<'_>) -> RuleSetId {
    let mut rows: Vec<Row> = Vec::new();
    for (id, own) in b.layer3() {
        let label = format!("no address on {}", own.name.value);
        for family in Family::ALL.into_iter().filter(|f| !route::speaks(own, *f)) {
            let when = Expr::all([Expr::is(Field::Ingress, u128::from(id.0)), Expr::family(family)]);
            rows.push((when, Then::Deny(DenyKind::Drop), own.name.span, label.clone()));
        }
        for (family, span) in &own.source_check {
            let row = source_check(b, id, own, *family, *span);
            rows.push(row);
        }
    }
    rows.extend(
        acl::port_filters(b)
            .into_iter()
            .flatten()
            .filter(|_| b.vrf.is_none() || !b.config.port_filters.is_empty()),
    );
    b.list("arrival", RuleSetKind::Filter, rows, Then::Permit)
}

/// Sources of a network of the interface itself pass whichever way the check is set; about all others nobody knows.
fn source_check(b: &mut Builder<'_>, id: IfId, own: &Own, family: Family, span: Span) -> Row {
    let mine: Vec<IpNetwork> =
        own.addresses.iter().map(|(n, _)| *n).filter(|n| Family::of(n.ip()) == family).collect();
    let here = mine.iter().fold(AddressSet::empty(), |all, n| all.union(&AddressSet::network(*n)));
    let outside = here.of(family).complement(family.max_address());
    let what =
        msg!("whether the source check drops the packet", "送信元の検査によりパケットが破棄されるか否か");
    let cause = b.unknown(span, what);
    let when = Expr::all([
        Expr::is(Field::Ingress, u128::from(id.0)),
        Expr::family(family),
        Expr::In(Field::Src, outside),
    ]);
    (
        Expr::unknown(cause, when),
        Then::Deny(DenyKind::Drop),
        span,
        format!("source check on {}", own.name.value),
    )
}

/// Whether the device forwards each family at all.
fn forwarding(b: &mut Builder<'_>) -> RuleSetId {
    let mut rows: Vec<Row> = Vec::new();
    for family in Family::ALL {
        let said = if family == Family::V4 { b.config.routing } else { b.config.routing6 };
        let label = if family == Family::V4 { "ip routing" } else { "ipv6 unicast-routing" };
        let when = Expr::family(family);
        let deny = Then::Deny(DenyKind::Drop);
        let place = b.whole;
        match (said, b.dialect, family) {
            (Some(on), _, _) if on.value => {}
            (Some(off), _, _) => rows.push((when, deny, off.span, label.to_owned())),
            // IPv6 is not forwarded unless the file says so; a router forwards IPv4 unless the file says no.
            (None, Dialect::Ios, Family::V6) => rows.push((when, deny, place, label.to_owned())),
            (None, Dialect::Ios, Family::V4) if !is_switch(b.config) => {}
            (None, _, _) => {
                let what = msg!(
                    "whether the device routes: the file does not say",
                    "機器がルーティングを行うか否か(設定に現れない)"
                );
                let cause = b.unknown(place, what);
                rows.push((Expr::unknown(cause, when), deny, place, label.to_owned()));
            }
        }
    }
    let place = b.routed();
    let list = vec![("forwarding".to_owned(), rows, Then::Permit, place)];
    b.chains("forwarding", RuleSetKind::Filter, list)
}

/// Packets to the device: services that the file names are there; of others nobody knows.
fn input(b: &mut Builder<'_>) -> RuleSetId {
    let mut rows: Vec<Row> = Vec::new();
    let ping = Expr::any_of([
        Expr::all([Expr::family(Family::V4), Expr::proto(proto::ICMP)]),
        Expr::all([Expr::family(Family::V6), Expr::proto(proto::ICMPV6)]),
    ]);
    let place = b.whole;
    rows.push((ping, Then::Permit, place, "ICMP".to_owned()));
    for listener in &b.config.listeners {
        let when = Expr::ports(&[listener.proto], Field::Dport, Ranges::one(u128::from(listener.port)));
        let what = msg!("whether the service answers here", "サービスがここで応答するか否か");
        let cause = b.unknown(listener.span, what);
        rows.push((Expr::unknown(cause, when), Then::Permit, listener.span, listener.label.to_owned()));
    }
    let what = msg!("which services of its own the device has", "機器自身のどのサービスが応答するか");
    let cause = b.unknown(place, what);
    rows.push((Expr::unknown(cause, Expr::Any), Then::Permit, place, "services of the device".to_owned()));
    let session = Expr::is(Field::State, State::Established.value());
    rows.push((session, Then::Permit, place, "session".to_owned()));
    b.list("services", RuleSetKind::Filter, rows, Then::Deny(DenyKind::Drop))
}

fn taints(b: &mut Builder<'_>) {
    let forward: Vec<RuleSetId> = stages(&b.device.pipeline.forward).collect();
    let arrival: Vec<RuleSetId> = stages(&b.device.pipeline.arrival).collect();
    let input: Vec<RuleSetId> = stages(&b.device.pipeline.input).collect();
    for doubt in &b.config.doubts {
        let radii: Vec<Radius> = match &doubt.scope {
            Scope::Device => vec![Radius::Device],
            Scope::Forward => forward.iter().chain(&arrival).copied().map(Radius::RuleSet).collect(),
            Scope::LocalIn => input.iter().copied().map(Radius::RuleSet).collect(),
            // What was not read may lead into another VRF.
            Scope::AllRouting if has_vrfs(b.config) => vec![Radius::Device],
            Scope::AllRouting => vec![Radius::Routing],
            Scope::Nat => vec![Radius::Nat],
            Scope::Interface(name) | Scope::Statement(name) => {
                let owner = b.config.interfaces.get(name);
                // What was not read may be the line that names the interface's VRF; a statement that nobody knows may
                // take packets from one VRF into another.
                let strange = matches!(doubt.scope, Scope::Statement(_));
                let loose =
                    owner.is_some_and(|i| (strange || i.vrf.is_none()) && i.up && i.body != Body::Null);
                let routed =
                    owner.is_some_and(|i| route::speaks(i, Family::V4) || route::speaks(i, Family::V6));
                match b.device.interface(name) {
                    _ if loose && routed && has_vrfs(b.config) => vec![Radius::Device],
                    Some(id) if carries(b, id) => vec![Radius::Interface(id)],
                    // A port of layer 2: what it joins is not modelled.
                    Some(_) => Vec::new(),
                    None if owner.is_none() => vec![Radius::Device],
                    None => Vec::new(),
                }
            }
        };
        for radius in radii {
            b.taint(radius, doubt.span, doubt.what.clone());
        }
    }
    let maps: Vec<(IfId, Span)> = b
        .device
        .interfaces()
        .filter(|(_, i)| i.name.value.starts_with("crypto map "))
        .map(|(id, i)| (id, i.name.span))
        .collect();
    for (id, span) in maps {
        let what = msg!(
            "what IPsec sends to its peers is not modelled",
            "IPsecにより接続先に送信される通信は未対応である"
        );
        b.taint(Radius::Interface(id), span, what);
    }
}

/// Whether the box has more than the global table.
pub fn has_vrfs(config: &Config) -> bool {
    !config.vrfs.is_empty() || config.interfaces.values().any(|i| i.vrf.is_some())
}

/// Whether an interface is up and has a layer 3.
fn carries(b: &Builder<'_>, id: IfId) -> bool {
    b.device.interfaces.get(id.index()).is_some_and(|i| i.up && !matches!(i.kind, InterfaceKind::Member))
}

fn stages(list: &[Stage]) -> impl Iterator<Item = RuleSetId> + '_ {
    list.iter().filter_map(|s| match s {
        Stage::Filter(id) => Some(*id),
        Stage::Translate(_) | Stage::Mark(_) => None,
    })
}

fn assumptions(b: &mut Builder<'_>) {
    if b.dialect == Dialect::Axs {
        b.device.assumptions.push(msg!(
            "the export is whole: this product marks no end",
            "設定の出力に欠落がないものとする(この製品の出力には末尾の表示がない)"
        ));
    }
}

fn relays(b: &mut Builder<'_>) {
    let mine = b.config.relays.iter().filter(|r| r.vrf.as_deref() == b.vrf);
    let made = mine.map(|r| DeviceRelay {
        kind: RelayKind::Infrastructure,
        what: r.what.clone(),
        span: r.span,
        certain: r.certain,
        carried: Some(r.carried.clone()),
    });
    let made: Vec<DeviceRelay> = made.collect();
    b.device.relays.extend(made);
}
