//! What checks ask of a Linux box beside how packets flow: lines, administration, rules as written.

use std::collections::BTreeSet;

use crate::model::{
    AdminService, Device, Facts, InterfaceKind, Line, LineKind, Logging, Ranges, RuleFact, proto,
};
use crate::msg;
use crate::source::Span;

use super::config::{Chain, Family, RuleLine, Table};
use super::convert::Read;
use super::options::Test;

/// Everything, once the device is built.
pub fn facts(device: &Device, read: &Read, whole: Span) -> Facts {
    Facts {
        lines: lines(device, read, whole),
        admin: administration(),
        rules: rules(read),
        defaults: Vec::new(),
        policy_routes: policy_routes(read),
        unused: Vec::new(),
        members: members(read),
        native: Vec::new(),
        bridges: read.links.as_ref().map(super::wires::bridges).unwrap_or_default(),
        doubts: Vec::new(),
    }
}

/// Ports of bridges and bonds.
fn members(read: &Read) -> Vec<(String, String)> {
    let links = read.links.iter().flat_map(|l| &l.links);
    links.filter_map(|l| Some((l.name.value.clone(), l.master.clone()?))).collect()
}

/// Tunnels and dialled lines are interfaces of `ip addr`; without it nobody knows which there are.
fn lines(device: &Device, read: &Read, whole: Span) -> Vec<Line> {
    let Some(links) = read.links.as_ref().filter(|l| l.complete()) else {
        let what = msg!(
            "without `ip addr` it is not known which tunnels the device has",
            "`ip addr` の出力がなく、トンネルの有無が不明である"
        );
        return vec![Line { kind: LineKind::Tunnel, what, span: whole, interface: None, certain: false }];
    };
    let mut out = Vec::new();
    for (id, interface) in device.interfaces().filter(|(_, i)| i.up) {
        let name = &interface.name.value;
        let link = links.links.iter().find(|l| l.name.value == *name);
        let dialled = link.is_some_and(|l| l.kind == "ppp") || named_as_dialled(name);
        let tunnel = interface.kind == InterfaceKind::Tunnel
            || link.is_some_and(|l| l.tunnel)
            || named_as_tunnel(name);
        let (kind, what) = match (dialled, tunnel) {
            (true, _) => (
                LineKind::Dialled,
                msg!("`{name}` is a dialled line", "「{name}」はダイヤル接続の回線である"),
            ),
            (false, true) => (LineKind::Tunnel, msg!("tunnel `{name}`", "トンネル「{name}」")),
            (false, false) => continue,
        };
        let certain = link.is_some() || read.given.uses(name);
        out.push(Line { kind, what, span: interface.name.span, interface: Some(id), certain });
    }
    out
}

/// Names that the tools give to tunnels of layers 2 and 3, in front of a number.
const TUNNELS: [&str; 24] = [
    "tun",
    "tap",
    "wg",
    "vti",
    "ip_vti",
    "ip6_vti",
    "ipsec",
    "xfrm",
    "vxlan",
    "geneve",
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "erspan",
    "ip6erspan",
    "sit",
    "ipip",
    "tunl",
    "ip6tnl",
    "l2tpeth",
    "macsec",
    "bareudp",
    "tailscale",
];

/// Names that go on in any way: ZeroTier's and SoftEther's.
const RANDOM: [&str; 2] = ["zt", "vpn_"];

/// Whether an interface has a name that tunnels usually have.
pub fn named_as_tunnel(name: &str) -> bool {
    TUNNELS.iter().any(|p| named_by(name, p)) || RANDOM.iter().any(|p| name.starts_with(p))
}

/// Whether an interface has a name that dialled lines usually have.
fn named_as_dialled(name: &str) -> bool {
    ["ppp", "wwan", "wwp"].iter().any(|p| name.starts_with(p))
}

/// Whether an interface of this name comes and goes with what it leads to, so that a list may lack it: a dialled line or a
/// tunnel (pppd(8): "the interface is created when the link comes up"), a telephone on a USB port.
pub fn comes_and_goes(name: &str) -> bool {
    named_as_dialled(name) || named_as_tunnel(name) || named_by(name, "usb")
}

/// `PREFIX` and a number.
fn named_by(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// The ports by which such a machine is usually administered. Whether something listens there is not in the files:
/// what counts is that the filters let somebody in.
pub fn administration() -> Vec<AdminService> {
    let services =
        [("SSH", 22u16), ("Telnet", 23), ("RDP", 3389), ("VNC", 5900), ("Cockpit", 9090), ("Webmin", 10_000)];
    let service = |(label, port): (&'static str, u16)| AdminService {
        label,
        proto: proto::TCP,
        ports: Ranges::one(u128::from(port)),
        at: None,
        from: None,
    };
    services.into_iter().map(service).collect()
}

/// Rules of the filter table that accept what is forwarded.
fn rules(read: &Read) -> Vec<RuleFact> {
    let mut out = Vec::new();
    for dump in &read.dumps {
        for table in dump.tables.iter().filter(|t| t.name.value == "filter") {
            for chain in reached(table, "FORWARD") {
                for (rule, number) in chain.rules.iter().zip(1u32..).filter(|(r, _)| opens(r)) {
                    let family = if dump.family == Family::V6 { " (IPv6)" } else { "" };
                    out.push(RuleFact {
                        span: rule.span,
                        label: format!("{} rule {number}{family}", chain.name.value),
                        enabled: true,
                        any: any(rule),
                        // Rules of their own log.
                        logging: Logging::Unsaid,
                        commented: rule.comment.as_ref().is_some_and(|c| !c.value.trim().is_empty()),
                        ends: None,
                    });
                }
            }
        }
    }
    out
}

/// The chains that a hook reaches.
pub fn reached<'t>(table: &'t Table, hook: &'t str) -> Vec<&'t Chain> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![hook];
    while let Some(name) = open.pop() {
        let Some(chain) = table.chains.iter().find(|c| c.name.value == name).filter(|_| seen.insert(name))
        else {
            continue;
        };
        open.extend(chain.rules.iter().filter_map(|r| r.jump.as_ref()).map(|j| j.target.value.as_str()));
    }
    table.chains.iter().filter(|c| seen.contains(c.name.value.as_str())).collect()
}

/// Whether a rule accepts packets that open sessions.
pub fn opens(rule: &RuleLine) -> bool {
    let accepts = rule.jump.as_ref().is_some_and(|j| j.target.value == "ACCEPT");
    let later = rule.terms.iter().any(|t| {
        t.test == Test::State && !t.negated && t.values.iter().all(|v| !v.text.split(',').any(|s| s == "NEW"))
    });
    accepts && !later
}

/// No condition but interfaces and states.
fn any(rule: &RuleLine) -> bool {
    let wide = |t: &super::config::Term| {
        matches!(t.test, Test::InInterface | Test::OutInterface | Test::State | Test::Comment | Test::Nothing)
    };
    rule.stray.is_empty() && rule.terms.iter().all(wide)
}

/// Routes of tables that only rules of policy routing reach.
fn policy_routes(read: &Read) -> Vec<Span> {
    let plain = |name: &str| matches!(name, "main" | "local" | "default" | "253" | "254" | "255");
    let tables = read.given.tables.iter().flatten().flatten();
    tables.filter(|(name, _)| !plain(name)).flat_map(|(_, routes)| routes.iter().map(|r| r.span)).collect()
}
