//! The routing table as a device shows it: `get router info routing-table all`, `get router info6 routing-table`.
//!
//! A capture proves something only as a whole: with the command before it, with the next prompt behind it, and with
//! every line between read. Otherwise lines may be missing anywhere, and its routes are only possible.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::model::Family;
use crate::msg;
use crate::source::{Code, FileId, LineState, Msg, Sources, Span};

use super::read::Ledger;

/// Where a route came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `C`.
    Connected,
    /// `S`.
    Static,
    /// A protocol, or the kernel.
    Learned,
}

/// One way of one route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RibRoute {
    /// Where it came from.
    pub origin: Origin,
    /// Its prefix.
    pub prefix: IpNetwork,
    /// Administrative distance.
    pub distance: u32,
    /// Priority.
    pub priority: u32,
    /// Egress; `None` discards.
    pub interface: Option<String>,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// Its line.
    pub span: Span,
}

/// The table of one domain and family.
#[derive(Debug, Clone)]
pub struct Rib {
    /// Family.
    pub family: Family,
    /// The domain, if the capture names it.
    pub vdom: Option<String>,
    /// Its routes.
    pub routes: Vec<RibRoute>,
    /// Why it may not be all of them.
    pub flaw: Option<(Span, Msg)>,
    /// Its first line.
    pub place: Span,
}

/// Reads every table of a capture. `family` is what a capture without the command is taken for.
pub fn read(sources: &Sources, file: FileId, family: Family, ledger: &mut Ledger) -> Vec<Rib> {
    let mut capture = Capture { family, vdom: None, ribs: Vec::new(), open: false, last: None, ledger };
    let mut start = 0usize;
    for raw in sources.parse_text(file).split_inclusive('\n') {
        let lead = raw.len() - raw.trim_start().len();
        let text = raw.trim();
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let span = Span { file, start: at(start + lead), end: at(start + lead + text.len()) };
        start += raw.len();
        if !text.is_empty() {
            capture.line(text, span);
        }
    }
    capture.close(None);
    capture.ribs
}

struct Capture<'a> {
    family: Family,
    vdom: Option<String>,
    ribs: Vec<Rib>,
    /// The last table may go on.
    open: bool,
    /// Origin and prefix that a line of ways alone belongs to.
    last: Option<(Origin, IpNetwork, u32)>,
    ledger: &'a mut Ledger,
}

impl Capture<'_> {
    fn line(&mut self, text: &str, span: Span) {
        if let Some((context, command)) = prompt(text) {
            self.ledger.claim(span, LineState::Inert);
            self.close(Some(span));
            return self.command(context, command, span);
        }
        if let Some(rest) = text.strip_prefix("current vf=") {
            self.ledger.claim(span, LineState::Inert);
            self.vdom = rest.split(':').next().map(str::to_owned);
            return;
        }
        if legend(text) {
            self.ledger.claim(span, LineState::Inert);
            if !self.open {
                self.begin(self.family, self.vdom.clone(), span);
                self.doubt(span, no_command());
            }
            return;
        }
        if let Some(number) = text.strip_prefix("Routing table for VRF=") {
            self.ledger.claim(span, LineState::Modelled);
            self.last = None;
            if !self.open {
                self.begin(self.family, self.vdom.clone(), span);
                self.doubt(span, no_command());
            }
            if number.trim() != "0" {
                let what = msg!("VRFs inside a VDOM are not modelled", "VDOM内のVRFは未対応である");
                self.doubt(span, what);
            }
            return;
        }
        self.route(text, span);
    }

    fn command(&mut self, context: Option<&str>, command: &str, span: Span) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let (vdom, words) = match words.as_slice() {
            ["sudo", name, rest @ ..] => (Some((*name).to_owned()), rest),
            all => (context.filter(|c| !matches!(*c, "vdom" | "global")).map(str::to_owned), all),
        };
        let vdom = vdom.or_else(|| self.vdom.clone().filter(|_| context.is_none()));
        match words {
            ["get", "router", "info", "routing-table", "all"] => self.begin(Family::V4, vdom, span),
            ["get", "router", "info6", "routing-table"]
            | ["get", "router", "info6", "routing-table", "all"] => {
                self.begin(Family::V6, vdom, span);
            }
            ["edit", name] if context == Some("vdom") => self.vdom = Some((*name).to_owned()),
            ["end" | "next"] => self.vdom = None,
            _ => {}
        }
    }

    fn begin(&mut self, family: Family, vdom: Option<String>, place: Span) {
        self.ribs.push(Rib { family, vdom, routes: Vec::new(), flaw: None, place });
        (self.open, self.last) = (true, None);
    }

    /// A table ends where the device asks for the next command; nothing else says that it is whole.
    fn close(&mut self, next: Option<Span>) {
        if self.open && next.is_none() {
            let place = self.ribs.last().map(|r| r.routes.last().map_or(r.place, |x| x.span));
            let what = msg!(
                "no prompt follows the routing table: it may go on",
                "経路表の後にプロンプトがなく、続きがあり得る"
            );
            if let Some(place) = place {
                self.doubt(place, what);
            }
        }
        self.open = false;
    }

    fn doubt(&mut self, span: Span, what: Msg) {
        if let Some(rib) = self.ribs.last_mut() {
            rib.flaw.get_or_insert((span, what));
        }
    }

    fn route(&mut self, text: &str, span: Span) {
        let family = self.ribs.last().map_or(self.family, |r| r.family);
        let read = if text.starts_with('[') || text.starts_with("(recursive") {
            self.last.and_then(|(origin, prefix, distance)| ways(text, origin, prefix, distance, span))
        } else {
            whole(text, family, span)
        };
        let Some(route) = read.filter(|r| Family::of(r.prefix.ip()) == family) else {
            self.ledger.claim(span, LineState::Unrecognized);
            self.last = None;
            let what = msg!("a line of the routing table was not understood", "経路表の行を解釈できない");
            self.ledger.report(Code::UnknownStatement, span, what.clone());
            return self.doubt(span, what);
        };
        self.ledger.claim(span, LineState::Modelled);
        if !self.open {
            self.begin(family, self.vdom.clone(), span);
            self.doubt(span, no_command());
        }
        self.last = Some((route.origin, route.prefix, route.distance));
        if let Some(rib) = self.ribs.last_mut() {
            rib.routes.push(route);
        }
    }
}

fn no_command() -> Msg {
    msg!(
        "the command before the routing table is missing: it may show a part only",
        "経路表の前にコマンドの表示がなく、一部のみの可能性がある"
    )
}

/// `HOST # …`, `HOST (CONTEXT) # …`, with `$` for accounts that may only read: context and command.
fn prompt(text: &str) -> Option<(Option<&str>, &str)> {
    let (host, rest) = text.split_once(' ')?;
    let named = !host.is_empty() && !host.contains(['[', ',', '/', '*']);
    let rest = rest.trim_start();
    let (context, rest) = match rest.strip_prefix('(') {
        Some(inner) => {
            let (context, rest) = inner.split_once(')')?;
            (Some(context), rest.trim_start())
        }
        None => (None, rest),
    };
    let command = rest.strip_prefix('#').or(rest.strip_prefix('$'))?;
    (named && (command.is_empty() || command.starts_with(' '))).then_some((context, command.trim()))
}

/// The explanation of the codes above a table.
fn legend(text: &str) -> bool {
    const STARTS: [&str; 12] = [
        "Codes:",
        "O - ",
        "N1 - ",
        "E1 - ",
        "i - ",
        "V - ",
        "* - ",
        "> - ",
        "R - ",
        "B - ",
        "IPv6 Routing Table",
        "Timers:",
    ];
    STARTS.iter().any(|s| text.starts_with(s)) || text == "No route available"
}

/// Code, prefix, way.
fn whole(text: &str, family: Family, span: Span) -> Option<RibRoute> {
    let (code, mut rest) = text.split_once(' ')?;
    let letters = code.trim_end_matches(['*', '>']);
    let origin = match letters {
        "C" => Origin::Connected,
        "S" => Origin::Static,
        "K" | "R" | "B" | "O" | "i" | "I" | "V" => Origin::Learned,
        _ => return None,
    };
    rest = rest.trim_start();
    let (next, after) = rest.split_once(' ')?;
    if matches!(next.trim_end_matches('*'), "IA" | "N1" | "N2" | "E1" | "E2" | "L1" | "L2" | "ia" | "") {
        rest = after.trim_start();
    }
    let (prefix, rest) = rest.split_once(' ')?;
    if !prefix.contains('/') {
        return None;
    }
    let prefix: IpNetwork = prefix.parse().ok()?;
    let whole = prefix.network() == prefix.ip() && Family::of(prefix.ip()) == family;
    whole.then_some(())?;
    ways(rest.trim(), origin, prefix, 0, span)
}

/// `[10/0] via 10.0.0.1, port1, [1/0]` and its relatives.
fn ways(text: &str, origin: Origin, prefix: IpNetwork, before: u32, span: Span) -> Option<RibRoute> {
    let (mut distance, mut rest) = (before, text);
    if let Some(inner) = text.strip_prefix('[') {
        let (pair, after) = inner.split_once(']')?;
        distance = numbers(pair)?.0;
        rest = after.trim_start();
    } else if origin == Origin::Static && !text.starts_with("(recursive") && !text.starts_with("is ") {
        return None;
    }
    let way = way(rest)?;
    let mut priority = 0;
    for part in way.rest.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        if let Some(pair) = part.strip_prefix('[').and_then(|p| p.strip_suffix(']')) {
            priority = numbers(pair)?.0;
        } else if !age(part) {
            return None;
        }
    }
    let Way { interface, gateway, .. } = way;
    Some(RibRoute { origin, prefix, distance, priority, interface, gateway, span })
}

struct Way<'a> {
    interface: Option<String>,
    gateway: Option<IpAddr>,
    rest: &'a str,
}

fn way(text: &str) -> Option<Way<'_>> {
    if let Some(rest) = text.strip_prefix("is directly connected, ") {
        let (name, rest) = word(rest);
        return Some(Way { interface: Some(interface(name)?), gateway: None, rest });
    }
    if let Some(rest) = text.strip_prefix("is a summary, ") {
        let (name, rest) = word(rest);
        return (name == "Null").then_some(Way { interface: None, gateway: None, rest });
    }
    if text.starts_with("(recursive") {
        return recursive(text, None);
    }
    let rest = text.strip_prefix("via ")?;
    if let Some((name, far)) = tunnel(rest) {
        return Some(Way { interface: Some(interface(name)?), gateway: None, rest: far });
    }
    let (address, rest) = rest.split_once([',', ' '])?;
    let gateway: IpAddr = address.parse().ok()?;
    let rest = rest.trim_start();
    // `[2]`: how many ways the next hop is reached by.
    let rest = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']').map(|(_, r)| r.trim_start())?,
        None => rest,
    };
    if rest.starts_with('(') {
        return recursive(rest, Some(gateway));
    }
    let (name, rest) = word(rest);
    let gateway = Some(gateway).filter(|g| !g.is_unspecified());
    Some(Way { interface: Some(interface(name)?), gateway, rest })
}

/// `(recursive is directly connected, port2)`, `(recursive via 10.0.0.1, port1)`, `(recursive via VPN tunnel 192.0.2.1)`.
fn recursive(text: &str, gateway: Option<IpAddr>) -> Option<Way<'_>> {
    let (inner, rest) = text.strip_prefix("(recursive ")?.split_once(')')?;
    if let Some(name) = inner.strip_prefix("is directly connected, ") {
        return Some(Way { interface: Some(interface(name)?), gateway, rest });
    }
    let via = inner.strip_prefix("via ")?;
    if let Some((name, far)) = tunnel(via) {
        return far.is_empty().then_some(Way { interface: Some(interface(name)?), gateway: None, rest });
    }
    let (address, name) = via.split_once(", ")?;
    let gateway: IpAddr = address.parse().ok()?;
    Some(Way { interface: Some(interface(name)?), gateway: Some(gateway), rest })
}

/// `VPN tunnel 192.0.2.1`: the interface, and what follows the address.
fn tunnel(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(" tunnel ")?;
    let (address, rest) = word(rest);
    (!name.contains([',', '(']) && address.parse::<IpAddr>().is_ok()).then_some((name, rest))
}

/// Up to the next comma.
fn word(text: &str) -> (&str, &str) {
    text.split_once(',').map_or((text.trim(), ""), |(word, rest)| (word.trim(), rest))
}

fn interface(name: &str) -> Option<String> {
    let plain = !name.is_empty() && !name.contains([' ', '[', ']', '(', ')', ',', '\u{FFFD}']);
    plain.then(|| name.to_owned())
}

fn numbers(pair: &str) -> Option<(u32, u32)> {
    let (a, b) = pair.split_once('/')?;
    Some((a.trim().parse().ok()?, b.trim().parse().ok()?))
}

/// `00:01:18`, `3d05h12m`, `02w1d04h`.
fn age(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | 'd' | 'h' | 'm' | 'w' | 'y' | 's'))
}
