//! Lines, administration, and rules as their administrator sees them: what checks ask beside how packets flow.

use std::collections::BTreeSet;

use crate::model::{
    AddressSet, AdminService, Bridge, Facts, Family, Line, LineKind, Logging, Ranges, RuleFact, proto,
};
use crate::msg;
use crate::source::Span;
use crate::syntax::blocks::{Statement, Tree};
use crate::vendor::fortios::config::{
    Action, AddressBody, Body, Ends, Interface, Name, Peer, Policy, ServiceBody, Vdom, When,
};

use super::builder::Builder;
use super::{own_addresses, policy, usable};

/// Everything but unused objects, which need the whole file.
pub fn facts(b: &Builder<'_>) -> Facts {
    Facts {
        native: Vec::new(),
        lines: lines(b),
        admin: administration(b.vdom),
        rules: rules(b.vdom),
        defaults: b.vdom.zones.values().filter_map(|z| z.intrazone).collect(),
        policy_routes: b.vdom.policy_routes.iter().filter(|r| !r.stop).map(|r| r.span).collect(),
        unused: Vec::new(),
        members: members(b.vdom),
        bridges: bridges(b.vdom),
        doubts: Vec::new(),
    }
}

/// Ports of hardware and software switches, virtual switches and aggregates.
fn members(vdom: &Vdom) -> Vec<(String, String)> {
    let all = vdom.interfaces.values();
    all.flat_map(|own| own.members.iter().map(|m| (m.value.clone(), own.name.value.clone()))).collect()
}

/// Wire pairs, and the domain itself in transparent mode. Its forwarding domains are not told apart.
fn bridges(vdom: &Vdom) -> Vec<Bridge> {
    let pairs = vdom.wires.iter().map(|(name, ports)| {
        let pair = &name.value;
        let what = msg!(
            "frames may pass the virtual wire pair `{pair}` without being routed",
            "バーチャルワイヤーペア「{pair}」のポート間をフレームが通過し得る"
        );
        Bridge { name: pair.clone(), ports: ports.clone(), what, span: name.span }
    });
    let whole = vdom.settings.transparent.map(|span| {
        let carries = |i: &&Interface| i.up && matches!(i.body, Body::Plain | Body::Vlan(_));
        let ports = vdom.interfaces.values().filter(carries).map(|i| i.name.value.clone()).collect();
        let what = msg!(
            "the virtual domain is in transparent mode: frames may pass between its interfaces without being routed",
            "VDOMがトランスペアレントモードであり、インターフェース間をフレームが通過し得る"
        );
        Bridge { name: vdom.name.clone(), ports, what, span }
    });
    pairs.chain(whole).collect()
}

fn lines(b: &Builder<'_>) -> Vec<Line> {
    let vdom = b.vdom;
    let mut out = Vec::new();
    for own in vdom.interfaces.values().filter(|i| !i.factory_tunnel && i.up) {
        let interface = b.device.interface(&own.name.value);
        let mut push = |kind, what, span, certain| {
            out.push(Line { kind, what, span, interface, certain });
        };
        if own.body == Body::Tunnel {
            let gateway = vdom.gateways.iter().find(|g| g.name.value == own.name.value);
            let name = &own.name.value;
            match gateway.map(|g| (g.peer, g.name.span)) {
                Some((Some(Peer::Any), span)) => push(
                    LineKind::DialIn,
                    msg!("IPsec gateway `{name}` for any peer", "任意の接続元を受け付けるIPsec「{name}」"),
                    span,
                    true,
                ),
                Some((peer, span)) => {
                    push(
                        LineKind::Tunnel,
                        msg!("IPsec tunnel `{name}`", "IPsecトンネル「{name}」"),
                        span,
                        peer.is_some(),
                    );
                }
                None => {
                    push(
                        LineKind::Tunnel,
                        msg!("tunnel `{name}`", "トンネル「{name}」"),
                        own.name.span,
                        true,
                    );
                }
            }
        }
        if let Some(span) = own.dialled.filter(|_| !own.modem) {
            let name = &own.name.value;
            let what = msg!("`{name}` dials by PPPoE", "「{name}」がPPPoEで接続する");
            push(LineKind::Dialled, what, span, true);
        }
    }
    for gateway in &vdom.gateways {
        let name = &gateway.name.value;
        if !vdom.interfaces.contains_key(name) {
            let what = msg!("IPsec tunnel `{name}`", "IPsecトンネル「{name}」");
            let span = gateway.name.span;
            out.push(Line { kind: LineKind::Tunnel, what, span, interface: None, certain: false });
        }
    }
    out.extend(ssl_vpn(b));
    out.extend(vdom.modems.iter().map(|span| {
        let what = msg!("a modem (LTE or telephone) dials", "モデム(LTE等)が接続する");
        Line { kind: LineKind::Dialled, what, span: *span, interface: None, certain: true }
    }));
    out
}

/// A gateway lets somebody in if it listens somewhere and a policy admits its tunnel interface.
fn ssl_vpn(b: &Builder<'_>) -> Option<Line> {
    let ssl = b.vdom.ssl_vpn.as_ref()?;
    let tunnel = format!("ssl.{}", b.vdom.name);
    let policies = || b.vdom.policies.iter().filter(|p| p.enabled);
    let admits = |p: &Policy| p.srcintf.iter().any(|n| n.value == tunnel || n.value == "any");
    let used =
        policies().any(|p| admits(p) && p.action != Action::Deny(false) && p.action != Action::Deny(true));
    let unread = policies().any(|p| !p.unread.is_empty());
    if !used && !unread {
        return None;
    }
    let certain = used && !unread && !ssl.interfaces.is_empty();
    let what = msg!("SSL-VPN gateway", "SSL-VPNゲートウェイ");
    let interface = b.device.interface(&tunnel);
    Some(Line { kind: LineKind::DialIn, what, span: ssl.span, interface, certain })
}

/// What an administrator logs in by. SSL-VPN answers on its own interfaces before the administration page does, so a
/// page that is on nowhere else is none there.
fn administration(vdom: &Vdom) -> Vec<AdminService> {
    let ports = vdom.settings.admin_ports;
    let from = vdom.trusted_hosts.as_ref().map(|t| t.addresses.clone());
    let named = [
        ("HTTPS", "https", ports.https),
        ("HTTP", "http", ports.http),
        ("SSH", "ssh", ports.ssh),
        ("Telnet", "telnet", ports.telnet),
        ("FGFM", "fgfm", 541),
    ];
    let service = |(label, word, port): (&'static str, &str, u16)| AdminService {
        label,
        proto: proto::TCP,
        ports: Ranges::one(u128::from(port)),
        at: (vdom.ssl_vpn.as_ref().is_some_and(|s| s.port == port)).then(|| beside_ssl_vpn(vdom, word)),
        from: from.clone(),
    };
    named.into_iter().map(service).collect()
}

fn beside_ssl_vpn(vdom: &Vdom, word: &str) -> AddressSet {
    let listens = |i: &Interface| {
        let named = |n: &Name| n.value == i.name.value || n.value == "any";
        vdom.ssl_vpn.as_ref().is_some_and(|s| s.interfaces.iter().any(named))
    };
    let administers = |i: &Interface| i.allow.iter().any(|a| a.word.value == word);
    let others = vdom.interfaces.values().filter(|i| usable(i, vdom) && (administers(i) || !listens(i)));
    let mut out = AddressSet::empty();
    for own in others {
        for family in Family::ALL {
            out = out.union(&AddressSet::in_family(family, own_addresses(own, family)));
        }
    }
    out
}

fn rules(vdom: &Vdom) -> Vec<RuleFact> {
    let permits = vdom.policies.iter().filter(|p| p.action == Action::Accept);
    permits
        .map(|p| RuleFact {
            span: p.span,
            label: policy::label(p),
            enabled: p.enabled,
            any: any(vdom, p),
            logging: match p.log.as_deref() {
                Some("disable") => Logging::Off,
                Some(_) => Logging::On,
                // The factory's setting logs what security profiles found.
                None => Logging::Unsaid,
            },
            commented: p.commented,
            ends: ends(vdom, p),
        })
        .collect()
}

/// Whether a policy admits every source to every destination by every service.
fn any(vdom: &Vdom, policy: &Policy) -> bool {
    let side = |family: Family, names: &[Name], not: bool| {
        !not && names.iter().any(|n| {
            let table = if family == Family::V4 { &vdom.addresses } else { &vdom.addresses6 };
            match table.get(&n.value).map(|a| &a.body) {
                Some(AddressBody::Set(set)) => *set.of(family) == Ranges::full(family.max_address()),
                Some(_) => false,
                None => n.value == "all",
            }
        })
    };
    let wide = |family: Family, ends: &Option<Ends>| {
        ends.as_ref().is_some_and(|e| side(family, &e.src, e.src_not) && side(family, &e.dst, e.dst_not))
    };
    let service = |n: &Name| match vdom.services.get(&n.value).map(|s| &s.body) {
        Some(ServiceBody::Protocol(0)) => true,
        Some(_) => false,
        None => n.value == "ALL" || n.value == "ANY",
    };
    let ends = wide(Family::V4, &policy.v4) || wide(Family::V6, &policy.v6);
    ends && !policy.services_not && policy.services.iter().any(service)
}

fn ends(vdom: &Vdom, policy: &Policy) -> Option<(jiff::civil::Date, Span)> {
    let schedule = vdom.schedules.get(&policy.schedule.as_ref()?.value)?;
    if let When::Group(members) = &schedule.when {
        let members: Option<Vec<_>> = members.iter().map(|m| vdom.schedules.get(m)?.ends).collect();
        return Some((members?.into_iter().max()?, schedule.span));
    }
    Some((schedule.ends?, schedule.span))
}

/// Address objects that the factory made: nobody misses a use of them.
const FACTORY: [&str; 8] = [
    "all",
    "none",
    "SSLVPN_TUNNEL_ADDR1",
    "SSLVPN_TUNNEL_IPv6_ADDR1",
    "FABRIC_DEVICE",
    "FIREWALL_AUTH_PORTAL_ADDRESS",
    "metadata-server",
    "wildcard.google.com",
];

/// Objects of a domain whose name stands nowhere in the file but where it is defined. Only objects with addresses of
/// their own: the factory's others are names of the internet.
pub fn unused(vdom: &Vdom, mentioned: &BTreeSet<&str>) -> Vec<(String, Span)> {
    let own = |body: &AddressBody| matches!(body, AddressBody::Set(_) | AddressBody::Group { .. });
    let tables = vdom.addresses.values().chain(vdom.addresses6.values());
    let addresses = tables.filter(|a| own(&a.body)).map(|a| (a.name.value.clone(), a.name.span));
    let vips = vdom.vips.values().map(|v| (v.name.value.clone(), v.name.span));
    let pools = vdom.pools.iter().map(|((_, name), pool)| (name.clone(), pool.span));
    let all = addresses.chain(vips).chain(pools);
    let factory = |name: &str| FACTORY.contains(&name) || name.starts_with("RFC1918-");
    let mut out: Vec<(String, Span)> =
        all.filter(|(name, _)| !mentioned.contains(name.as_str()) && !factory(name)).collect();
    out.sort_by_key(|(_, span)| (span.file, span.start));
    out
}

/// Every word that stands as a value in the file.
pub fn mentioned(tree: &Tree) -> BTreeSet<&str> {
    let mut out = BTreeSet::new();
    let mut open: Vec<&Statement> = tree.statements.iter().collect();
    while let Some(statement) = open.pop() {
        if !matches!(statement.keyword(), "edit" | "config") {
            out.extend(statement.arguments().iter().skip(1).map(|w| w.text.as_str()));
        }
        open.extend(&statement.children);
    }
    out
}
