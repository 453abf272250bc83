//! The routing table as a device shows it: `show ip route [vrf V]`, `show ipv6 route [vrf V]`.
//!
//! A capture proves something only as a whole: with the command before it, with the next prompt behind it, and with every
//! line between read. Otherwise lines may be missing anywhere, and its routes are only possible.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::Family;
use crate::msg;
use crate::source::session::Raw;
use crate::source::{Code, LineState, Msg, Span};

use super::capture::Table;
use super::config::Dialect;
use super::read::Ledger;
use super::rib_ax;

/// One way of one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RibRoute {
    /// A protocol brought it; otherwise it is connected, local or static.
    pub learned: bool,
    /// Its prefix.
    pub prefix: IpNetwork,
    /// Administrative distance; 0 if the table shows none.
    pub distance: u32,
    /// Egress; `None` if only the next hop is shown.
    pub interface: Option<String>,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// It is an address of the device.
    pub local: bool,
    /// Its line.
    pub span: Span,
}

/// The table of one VRF and family.
#[derive(Debug, Clone)]
pub struct Rib {
    /// Family.
    pub family: Family,
    /// The VRF; `None` is the global table.
    pub vrf: Option<String>,
    /// Its routes.
    pub routes: Vec<RibRoute>,
    /// It is a table of AX: it shows routes that are used and not their distances, and calls interfaces otherwise than the
    /// configuration does.
    pub of_ax: bool,
    /// Why it may not be all of them.
    pub flaw: Option<(Span, Msg)>,
    /// Its first line.
    pub place: Span,
}

/// Reads one table. `family` is what a capture without its command is taken for.
pub fn read(table: &Table<'_>, family: Family, dialect: Dialect, ledger: &mut Ledger) -> Rib {
    let words: Vec<&str> = table.command.iter().map(String::as_str).collect();
    let family = match words.get(1) {
        Some(&"ipv6") => Family::V6,
        Some(_) => Family::V4,
        None => family,
    };
    let of_ax = dialect == Dialect::Axs;
    let mut rib = Rib { family, vrf: None, routes: Vec::new(), of_ax, flaw: None, place: table.place };
    let rest = words.get(3..).unwrap_or_default();
    let all = of_ax && rest.contains(&"all-routes");
    let rest: Vec<&str> = rest.iter().copied().filter(|w| !all || *w != "all-routes").collect();
    match rest.as_slice() {
        [] => {}
        // On AX these are several tables.
        ["vrf", "all"] if of_ax => doubt(&mut rib, table.place, rib_ax::unread()),
        ["vrf", vrf] => rib.vrf = Some((*vrf).to_owned()),
        _ => doubt(
            &mut rib,
            table.place,
            msg!("the command shows a part of the table only", "コマンドの出力が経路表の一部のみである"),
        ),
    }
    if words.is_empty() {
        let what = msg!(
            "the command before the routing table is missing: it may show a part only",
            "経路表の前にコマンドの表示がなく、一部のみの可能性がある"
        );
        doubt(&mut rib, table.place, what);
    }
    let mut rib = if of_ax {
        if family == Family::V6 {
            doubt(&mut rib, table.place, rib_ax::unread());
        }
        rib_ax::read(rib, all, &table.lines, ledger)
    } else {
        codes(rib, &table.lines, ledger)
    };
    if !table.closed {
        let place = rib.routes.last().map_or(rib.place, |r| r.span);
        let what = msg!(
            "no prompt follows the routing table: it may go on",
            "経路表の後にプロンプトがなく、続きがあり得る"
        );
        doubt(&mut rib, place, what);
    }
    rib
}

/// The lines of a table with letters for protocols, as IOS and AlliedWare Plus print it.
fn codes(rib: Rib, lines: &[Raw<'_>], ledger: &mut Ledger) -> Rib {
    let mut reader = Lines { rib, last: None, mask: None, ledger };
    for line in lines {
        let lead = line.text.len() - line.text.trim_start().len();
        let body = line.text.trim();
        if !body.is_empty() {
            reader.line(body, lead, line.span);
        }
    }
    reader.rib
}

/// Notes why a table may not be all of it, unless something is known already.
pub fn doubt(rib: &mut Rib, span: Span, what: Msg) {
    rib.flaw.get_or_insert((span, what));
}

struct Lines<'a> {
    rib: Rib,
    /// What a line without a prefix belongs to.
    last: Option<RibRoute>,
    /// The length of prefixes that are shown without one.
    mask: Option<u8>,
    ledger: &'a mut Ledger,
}

impl Lines<'_> {
    fn line(&mut self, body: &str, lead: usize, span: Span) {
        if let Some(vrf) = body.strip_prefix("Routing Table: ") {
            self.ledger.claim(span, LineState::Modelled);
            self.rib.vrf = Some(vrf.trim().to_owned());
            return;
        }
        if legend(body, lead) {
            return self.ledger.claim(span, LineState::Inert);
        }
        if let Some((network, rest)) = body.split_once(" is ").filter(|(_, r)| r.contains("subnetted")) {
            self.mask = network
                .split_once('/')
                .filter(|_| rest.starts_with("subnetted"))
                .and_then(|(_, m)| m.trim().parse().ok());
            return self.ledger.claim(span, LineState::Inert);
        }
        let way = body.starts_with('[') || body.starts_with("via ");
        let route = if way { self.another(body, span) } else { self.route(body, span) };
        match route {
            Some(route) => {
                self.ledger.claim(span, LineState::Modelled);
                if route.gateway.is_some() || route.interface.is_some() {
                    self.rib.routes.push(route.clone());
                }
                self.last = Some(route);
            }
            None => {
                self.ledger.claim(span, LineState::Unrecognized);
                let what = msg!("a line of the routing table was not understood", "経路表の行を解釈できない");
                self.ledger.report(Code::UnknownStatement, span, what.clone());
                doubt(&mut self.rib, span, what);
            }
        }
    }

    /// `O E2     10.3.0.0/16 [110/20] via 10.1.1.2, 00:01:02, Vlan10`
    fn route(&mut self, body: &str, span: Span) -> Option<RibRoute> {
        let mut words = body.split_whitespace();
        let code = words.next()?.trim_end_matches(['*', '%', '+', '>']).to_owned();
        let origin = code.chars().next()?;
        origin.is_ascii_alphabetic().then_some(())?;
        let mut word = words.next()?;
        while !word.contains(['.', ':']) {
            // `E2`, `IA`, `*`: the kind of an external route.
            (word.len() <= 3).then_some(())?;
            word = words.next()?;
        }
        let prefix: IpNetwork = match (word.contains('/'), self.mask) {
            (true, _) => word.parse().ok()?,
            (false, Some(mask)) => IpNetwork::new(word.parse().ok()?, mask).ok()?,
            (false, None) => return None,
        };
        (Family::of(prefix.ip()) == self.rib.family).then_some(())?;
        let local = code.starts_with('L') && code.len() <= 2;
        let learned = !local && !matches!(origin, 'C' | 'S');
        let start = RibRoute { learned, prefix, distance: 0, interface: None, gateway: None, local, span };
        let rest: Vec<&str> = words.collect();
        let rest = rest.join(" ");
        if rest.is_empty() || pair(&rest).is_some_and(|(_, after)| after.is_empty()) {
            // The ways follow on lines of their own.
            let distance = pair(&rest).map_or(0, |(d, _)| d);
            return Some(RibRoute { distance, ..start });
        }
        ways(&rest, start)
    }

    fn another(&self, body: &str, span: Span) -> Option<RibRoute> {
        let last = self.last.clone()?;
        ways(body, RibRoute { span, interface: None, gateway: None, ..last })
    }
}

/// `[110/20] rest`.
fn pair(text: &str) -> Option<(u32, &str)> {
    let (inner, rest) = text.strip_prefix('[')?.split_once(']')?;
    let (distance, metric) = inner.split_once('/')?;
    metric.parse::<u32>().ok()?;
    Some((distance.parse().ok()?, rest.trim_start()))
}

fn ways(text: &str, mut route: RibRoute) -> Option<RibRoute> {
    let mut rest = text;
    if let Some((distance, after)) = pair(text) {
        (route.distance, rest) = (distance, after);
    }
    let (head, connected) = match rest.strip_prefix("is directly connected") {
        Some(after) => (after, true),
        None => match rest.strip_prefix("is a summary") {
            Some(after) => (after, true),
            None => (rest.strip_prefix("via ")?, false),
        },
    };
    let mut parts = head.split(',').map(str::trim).filter(|p| !p.is_empty());
    if !connected {
        let first = parts.next()?;
        match first.parse::<IpAddr>() {
            Ok(gateway) => route.gateway = Some(gateway),
            // IPv6 tables write `via Vlan110, directly connected`.
            Err(_) => route.interface = Some(interface(first)?),
        }
    }
    for part in parts {
        if age(part) || matches!(part, "directly connected" | "receive") {
            continue;
        }
        (route.interface.is_none()).then_some(())?;
        route.interface = Some(interface(part)?);
    }
    Some(route)
}

/// A word that may be the name of an interface.
pub fn interface(name: &str) -> Option<String> {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | ':'));
    (plain && name.chars().any(|c| c.is_ascii_alphabetic())).then(|| name.to_owned())
}

/// `00:01:18`, `3d05h`, `1w2d`.
fn age(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | 'd' | 'h' | 'm' | 'w' | 'y' | 's'))
}

/// The explanation of the codes, and how a table speaks of itself.
fn legend(body: &str, lead: usize) -> bool {
    const STARTS: [&str; 5] =
        ["Codes: ", "Gateway of last resort is", "IPv6 Routing Table", "% ", "Default gateway is"];
    STARTS.iter().any(|s| body.starts_with(s)) || lead > 0 && body.contains(" - ") && !body.contains(" via ")
}
