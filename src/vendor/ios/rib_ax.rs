//! The routing table as ALAXALA AX prints it: `show ip route [all-routes] [vrf N]` in its standard form, a row a route.
//!
//! It says itself how many routes it has, which no other table of the family does: a row that was lost is found by that.
//! What no manual shows is not read: IPv6, several next hops in one row, tables of several VRFs.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::{IpNetwork, Ipv4Network};

use crate::msg;
use crate::source::session::Raw;
use crate::source::{Code, LineState, Msg, Span};

use super::read::Ledger;
use super::rib::{Rib, RibRoute, doubt, interface};

/// What a table says of itself before its rows.
const HEAD: [&str; 7] = ["Destination", "Next", "Hop", "Interface", "Metric", "Protocol", "Age"];

/// What the marks before a row mean.
const MARKS: &str = "Status Codes: * valid, > active, r RIB failure";

/// One row.
struct Row {
    route: RibRoute,
    /// Packets are forwarded by it.
    active: bool,
    /// Its destination is this box and nothing beyond it, whatever stands behind it.
    loopback: bool,
}

struct Rows<'a> {
    rib: Rib,
    /// `all-routes`: every row has marks before it.
    marked: bool,
    /// How many routes the table says it has.
    total: Option<usize>,
    headed: bool,
    rows: Vec<Row>,
    ledger: &'a mut Ledger,
}

/// Reads the lines of a table whose command was judged already; `marked` if it was `all-routes`.
pub fn read(rib: Rib, marked: bool, lines: &[Raw<'_>], ledger: &mut Ledger) -> Rib {
    let mut reader = Rows { rib, marked, total: None, headed: false, rows: Vec::new(), ledger };
    for line in lines.iter().filter(|l| !l.text.trim().is_empty()) {
        reader.line(line.text.trim(), line.span);
    }
    reader.count();
    reader.without_active();
    let Rows { mut rib, rows, .. } = reader;
    rib.routes = rows.into_iter().filter(|r| r.active && !r.loopback).map(|r| r.route).collect();
    rib
}

impl Rows<'_> {
    fn line(&mut self, body: &str, span: Span) {
        let words: Vec<&str> = body.split_whitespace().collect();
        let state = match words.as_slice() {
            ["Date", date, time, zone] if !self.headed && dated(date, time, zone) => Some(LineState::Inert),
            _ if !self.headed && self.marked && body == MARKS => Some(LineState::Inert),
            ["VRF:" | "VRF", of] if !self.headed => {
                self.rib.vrf.as_deref().is_some_and(|vrf| vrf == *of).then_some(LineState::Modelled)
            }
            ["Total:", count, "routes"] if !self.headed && self.total.is_none() => {
                self.total = count.parse().ok();
                self.total.map(|_| LineState::Modelled)
            }
            head if head == HEAD && !self.headed => {
                self.headed = true;
                Some(LineState::Inert)
            }
            _ if self.headed => row(&words, self.marked, span).map(|row| {
                self.rows.push(row);
                LineState::Modelled
            }),
            _ => None,
        };
        self.ledger.claim(span, state.unwrap_or(LineState::Unrecognized));
        if state.is_none() {
            let what = msg!("a line of the routing table was not understood", "経路表の行を解釈できない");
            self.ledger.report(Code::UnknownStatement, span, what.clone());
            doubt(&mut self.rib, span, what);
        }
    }

    /// It has as many rows as it says.
    fn count(&mut self) {
        if !self.headed || self.total != Some(self.rows.len()) {
            let place = self.rib.place;
            let (found, said) = (self.rows.len(), self.total.unwrap_or_default());
            let what = match self.total {
                Some(_) if self.headed => msg!(
                    "the routing table says that it has {said} routes and shows {found}",
                    "経路表の経路数の表示({said})と、表示された経路の行数({found})が一致しない"
                ),
                _ => msg!(
                    "the routing table does not begin as this product prints it: its number of routes or its heading is missing",
                    "経路表の先頭(経路数の表示又は見出し行)がない"
                ),
            };
            doubt(&mut self.rib, place, what);
        }
    }

    /// A network that only has rows nothing is forwarded by: why none of them is, the table does not say.
    fn without_active(&mut self) {
        let idle = |row: &&Row| {
            let same = |r: &Row| r.active && r.route.prefix == row.route.prefix;
            !row.active && !self.rows.iter().any(same)
        };
        let Some(span) = self.rows.iter().find(idle).map(|row| row.route.span) else { return };
        let what = msg!(
            "the routing table shows this network with no route that is used",
            "この宛先には、経路表に転送に用いる経路がない"
        );
        doubt(&mut self.rib, span, what);
    }
}

/// `172.16.1/24  192.168.1.145  VLAN0010  2/0  RIP  1h 12s`, in a table of all routes with `*>` or `*` before it.
fn row(words: &[&str], marked: bool, span: Span) -> Option<Row> {
    let (active, words) = match (marked, words) {
        (false, words) => (true, words),
        (true, ["*>", rest @ ..]) => (true, rest),
        (true, ["*", rest @ ..]) => (false, rest),
        (true, _) => return None,
    };
    let [to, by, out, metric, rest @ ..] = words else { return None };
    let prefix = network(to)?;
    let pair = |text: &str| text.split_once('/').is_some_and(|(a, b)| figure(a) && figure(b));
    (pair(metric)).then_some(())?;
    let (learned, age) = protocol(rest)?;
    (1..=3).contains(&age.len()).then_some(())?;
    age.iter().all(|word| lasting(word)).then_some(())?;
    let loopback = prefix.network().octets().first() == Some(&127) && prefix.prefix() >= 8;
    let gateway: Option<Ipv4Addr> = by.parse().ok();
    if loopback && !learned {
        let route = RibRoute {
            learned,
            prefix: IpNetwork::V4(prefix),
            distance: 0,
            interface: None,
            gateway: None,
            local: true,
            span,
        };
        return Some(Row { route, active, loopback });
    }
    let gateway = gateway?;
    let connected = rest.first() == Some(&"Connected");
    // A connected network stands there with the own address in it, and that address as a network of its own.
    (!connected || prefix.contains(gateway)).then_some(())?;
    let route = RibRoute {
        learned,
        prefix: IpNetwork::V4(prefix),
        distance: 0,
        interface: Some(interface(out)?),
        gateway: (!connected).then_some(IpAddr::V4(gateway)),
        local: connected && prefix.prefix() == 32 && prefix.ip() == gateway,
        span,
    };
    Some(Row { route, active, loopback: false })
}

/// Whether a protocol brought the route, and the words behind its name; nothing for names that no manual shows.
fn protocol<'w, 't>(words: &'w [&'t str]) -> Option<(bool, &'w [&'t str])> {
    match words {
        ["Connected" | "Static", age @ ..] => Some((false, age)),
        ["RIP" | "BGP", age @ ..] => Some((true, age)),
        ["OSPF", "intra" | "inter" | "ext1" | "ext2", age @ ..] => Some((true, age)),
        _ => None,
    }
}

/// `172.16.1/24`: octets that the mask does not reach may be left out.
fn network(text: &str) -> Option<Ipv4Network> {
    let (address, length) = text.split_once('/')?;
    figure_of(length).then_some(())?;
    let length: u8 = length.parse().ok()?;
    let parts: Vec<&str> = address.split('.').collect();
    (parts.len() <= 4 && usize::from(length) <= parts.len() * 8 && parts.iter().all(|p| figure_of(p)))
        .then_some(())?;
    let mut octets = [0u8; 4];
    for (octet, part) in octets.iter_mut().zip(&parts) {
        *octet = part.parse().ok()?;
    }
    let network = Ipv4Network::new(Ipv4Addr::from(octets), length).ok()?;
    (network.network() == network.ip()).then_some(network)
}

/// A number without zeros before it.
fn figure_of(text: &str) -> bool {
    text.len() <= 3 && text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

/// A metric: a number, or `-`.
fn figure(text: &str) -> bool {
    text == "-" || !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// A part of an age: `12s`, `46m`, `1h`.
fn lasting(word: &str) -> bool {
    let number = word.strip_suffix(['s', 'm', 'h', 'd', 'w', 'y']);
    number.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

/// `2026/03/14 12:00:00 JST`.
fn dated(date: &str, time: &str, zone: &str) -> bool {
    let of = |text: &str, sign: char, lengths: [usize; 3]| {
        let parts: Vec<&str> = text.split(sign).collect();
        parts.len() == 3
            && parts.iter().zip(lengths).all(|(p, n)| p.len() == n && p.chars().all(|c| c.is_ascii_digit()))
    };
    let named = zone.chars().all(|c| c.is_ascii_alphanumeric());
    of(date, '/', [4, 2, 2]) && of(time, ':', [2, 2, 2]) && named
}

/// How a table of AX calls the interface that the configuration calls `name`; nothing for kinds no manual shows there.
///
/// `vlan 10` is `VLAN0010`, `gigabitethernet 1/7` is `Eth1/7`.
#[must_use]
pub fn called(name: &str) -> Option<String> {
    let (kind, number) = name.split_once(' ')?;
    match kind.to_ascii_lowercase().as_str() {
        "vlan" => Some(format!("VLAN{:04}", number.parse::<u16>().ok()?)),
        "null" => Some(format!("null{number}")),
        "loopback" => Some(format!("loopback{number}")),
        kind if kind.ends_with("ethernet") => Some(format!("Eth{number}")),
        _ => None,
    }
}

/// What a table whose form is not known is doubted for.
#[must_use]
pub fn unread() -> Msg {
    msg!("the form of this routing table is not known", "この経路表の表示形式は未対応である")
}
