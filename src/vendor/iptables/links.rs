//! `ip addr`: interfaces and own addresses.
//!
//! Source: ip-address(8); the layout is that of iproute2 `ip/ipaddress.c`, with and without `-d`, `-s`, `-4`, `-6`.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::msg;
use crate::source::{Code, FileId, LineMap, LineState, Sources, Span, Spanned};
use crate::syntax::shell::{self, Line, Word};

use super::config::{Problem, Scope};

/// One interface as `ip addr` shows it.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name without `@parent`.
    pub name: Spanned<String>,
    /// The name after `@`.
    pub parent: Option<String>,
    /// Whether `UP` is among its flags.
    pub up: bool,
    /// Whether `LOWER_UP` is among its flags.
    pub carrier: bool,
    /// Whether its flags are those of a VRF: `NOARP,MASTER`.
    pub vrf: bool,
    /// `ether`, `loopback`, `none`, `ppp` …; empty if not shown.
    pub kind: String,
    /// The bridge, bond or VRF it belongs to.
    pub master: Option<String>,
    /// Shown as a bond member.
    pub slave: bool,
    /// `ip -d` shows that it is a tunnel.
    pub tunnel: bool,
    /// Whether `ip -d` shows that it is one more station on the wire of its parent (macvlan, ipvlan); `None` if its
    /// kind is not shown.
    pub station: Option<bool>,
    /// The VLAN id that `ip -d` shows.
    pub vlan: Option<u16>,
    /// Its addresses.
    pub addresses: Vec<LinkAddress>,
}

/// One address of an interface.
#[derive(Debug, Clone, Copy)]
pub struct LinkAddress {
    /// The address with its prefix length (of the peer, if there is one).
    pub network: IpNetwork,
    /// The prefix that is reached over it: the peer's, if there is one.
    pub peer: Option<IpNetwork>,
    /// `brd`
    pub broadcast: Option<IpAddr>,
    /// Learnt by DHCP or router advertisement.
    pub dynamic: bool,
    /// `scope global` or `scope site`.
    pub global: bool,
    /// A second address of the same subnet: never chosen by MASQUERADE.
    pub secondary: bool,
    /// `tentative` or `dadfailed`: whether the kernel has taken it up is not decided.
    pub doubtful: bool,
    /// The kernel made no route of its prefix.
    pub noprefixroute: bool,
    /// Its line.
    pub span: Span,
}

impl Links {
    /// Whether every interface is shown: `lo` is everywhere.
    pub fn complete(&self) -> bool {
        self.links.iter().any(|l| l.name.value == "lo")
    }

    /// Whether an interface is shown as a VRF.
    pub fn is_vrf(&self, name: &str) -> bool {
        self.links.iter().any(|l| l.vrf && l.name.value == name)
    }
}

/// What `ip addr` shows.
#[derive(Debug, Default)]
pub struct Links {
    /// The interfaces, in file order.
    pub links: Vec<Link>,
    /// Lines that could not be read.
    pub problems: Vec<Problem>,
}

/// Reads `ip addr` into `out`, which may hold another family's output already.
pub fn read(sources: &Sources, file: FileId, out: &mut Links, lines: &mut LineMap) {
    let mut current = None;
    for line in shell::lines(sources, file) {
        let known = one(&line, out, &mut current);
        match known {
            Some(state) => lines.claim(sources, line.span, state),
            None => {
                lines.claim(sources, line.span, LineState::Unrecognized);
                let message =
                    msg!("a line of `ip addr` that could not be read", "`ip addr` の解釈できない行");
                // Under an interface it may hide an address; elsewhere it may be an interface.
                let inside = current.is_some() && !sources.parse_span(line.span).contains('<');
                let scope = if inside { Scope::Nothing } else { Scope::Device };
                out.problems.push(Problem { code: Code::UnknownStatement, span: line.span, message, scope });
            }
        }
    }
}

/// Words with which `ip -d` describes a tunnel.
const TUNNELS: [&str; 20] = [
    "tun",
    "vxlan",
    "geneve",
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "erspan",
    "ip6erspan",
    "ipip",
    "sit",
    "ip6tnl",
    "vti",
    "vti6",
    "xfrm",
    "l2tp",
    "macsec",
    "wireguard",
    "bareudp",
    "gtp",
];

fn one(line: &Line, out: &mut Links, current: &mut Option<usize>) -> Option<LineState> {
    let first = line.words.first()?;
    if let Some(number) = first.text.strip_suffix(':')
        && number.parse::<u32>().is_ok()
    {
        let index = header(line, out)?;
        *current = Some(index);
        return Some(LineState::Modelled);
    }
    if first.text.starts_with('#') || first.text.contains('@') && first.text.ends_with(['#', '$']) {
        return Some(LineState::Inert);
    }
    let link = out.links.get_mut((*current)?)?;
    match first.text.as_str() {
        "inet" | "inet6" => {
            let found = address(line)?;
            if !link.addresses.iter().any(|a| a.network == found.network && a.peer == found.peer) {
                link.addresses.push(found);
            }
            Some(LineState::Modelled)
        }
        "vlan" => {
            link.station = Some(false);
            link.vlan = after(&line.words, "id").and_then(|w| w.text.parse().ok());
            Some(LineState::Modelled)
        }
        text if TUNNELS.contains(&text) => {
            link.tunnel = true;
            link.station = Some(false);
            Some(LineState::Modelled)
        }
        "macvlan" | "macvtap" | "ipvlan" | "ipvtap" => {
            link.station = Some(true);
            Some(LineState::Modelled)
        }
        "bridge" | "bond" | "team" | "veth" | "dummy" | "dsa" => {
            link.station = Some(false);
            Some(LineState::Inert)
        }
        text if text.starts_with("link/") => {
            link.kind = text.chars().skip("link/".len()).collect();
            Some(LineState::Modelled)
        }
        // Ports of one team carry the same wire, as those of a bond do, and have no flag for it.
        "team_slave" | "bond_slave" => {
            link.slave = true;
            Some(LineState::Modelled)
        }
        "valid_lft" | "altname" | "alias" | "RX:" | "TX:" | "promiscuity" | "bridge_slave"
        | "openvswitch_slave" => Some(LineState::Inert),
        text if text.parse::<u64>().is_ok() => Some(LineState::Inert),
        _ => None,
    }
}

/// `4: eth1.96@eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 … master br0 …`
fn header(line: &Line, out: &mut Links) -> Option<usize> {
    let word = line.words.get(1)?;
    let full = word.text.strip_suffix(':')?;
    let (name, parent) = full.split_once('@').map_or((full, None), |(n, p)| (n, Some(p.to_owned())));
    let flags = line.words.get(2)?.text.strip_prefix('<')?.strip_suffix('>')?.to_owned();
    let has = |flag: &str| flags.split(',').any(|f| f == flag);
    let master = after(&line.words, "master").map(|w| w.text.clone());
    if let Some(known) = out.links.iter().position(|l| l.name.value == name) {
        // Of another family, or of another moment.
        let link = out.links.get_mut(known)?;
        link.up |= has("UP");
        link.carrier |= has("LOWER_UP");
        link.vrf |= has("NOARP") && has("MASTER");
        // `ip -6 addr` shows neither queue nor group, and no master.
        let short = !line.words.iter().any(|w| ["qdisc", "group"].contains(&w.text.as_str()));
        let elsewhere = link.master != master && !(master.is_none() && short);
        link.master = link.master.take().or(master);
        if elsewhere || link.parent != parent {
            let message = msg!(
                "`ip addr` shows this interface twice, in different places: two exports of different moments",
                "このインターフェースが `ip addr` に異なる内容で2回現れる(時点の異なる出力が混在している)"
            );
            let (code, scope) = (Code::Contradiction, Scope::Device);
            out.problems.push(Problem { code, span: word.span, message, scope });
        }
        return Some(known);
    }
    out.links.push(Link {
        name: Spanned::new(name.to_owned(), word.span),
        parent,
        up: has("UP"),
        carrier: has("LOWER_UP"),
        vrf: has("NOARP") && has("MASTER"),
        kind: String::new(),
        master,
        slave: has("SLAVE"),
        tunnel: false,
        station: None,
        vlan: None,
        addresses: Vec::new(),
    });
    Some(out.links.len() - 1)
}

/// `inet 10.0.0.1/24 brd 10.0.0.255 scope global dynamic eth0`, `inet 10.0.0.1 peer 10.0.0.2/32 scope global ppp0`
fn address(line: &Line) -> Option<LinkAddress> {
    let own = line.words.get(1)?.text.as_str();
    let peer = after(&line.words, "peer").map(|w| w.text.parse::<IpNetwork>().ok());
    if peer == Some(None) {
        return None;
    }
    let network = match own.split_once('/') {
        Some(_) => own.parse().ok()?,
        None => IpNetwork::from(own.parse::<IpAddr>().ok()?),
    };
    let has = |flag: &str| line.words.iter().any(|w| w.text == flag);
    let scope = after(&line.words, "scope")?.text.as_str();
    Some(LinkAddress {
        network,
        peer: peer.flatten(),
        broadcast: after(&line.words, "brd").and_then(|w| w.text.parse().ok()),
        dynamic: has("dynamic"),
        global: matches!(scope, "global" | "site"),
        secondary: has("secondary") || has("temporary") || has("tentative") || has("deprecated"),
        doubtful: has("tentative") || has("dadfailed"),
        noprefixroute: has("noprefixroute"),
        span: line.span,
    })
}

/// The word after the first `key`.
pub fn after<'a>(words: &'a [Word], key: &str) -> Option<&'a Word> {
    let at = words.iter().position(|w| w.text == key)?;
    words.get(at + 1)
}
