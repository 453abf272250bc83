//! Half-sessions of sanitizers: peers, protocols, ports.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::form::At;
use super::plan::Planner;
use super::site::{Endpoint, HalfSession};
use super::topology::{Opens, Session};
use crate::model::{AddressSet, PORT_PROTOCOLS, Ranges, proto};
use crate::msg;
use crate::source::Code;

/// Protocol names that topologies and registers may use.
const PROTOCOLS: &[(&str, u8)] = &[
    ("icmp", proto::ICMP),
    ("tcp", proto::TCP),
    ("udp", proto::UDP),
    ("dccp", proto::DCCP),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmpv6", proto::ICMPV6),
    ("sctp", proto::SCTP),
    ("udplite", proto::UDPLITE),
];

/// The number of a protocol by name or as written.
pub fn protocol_number(text: &str) -> Option<u8> {
    let lower = text.to_ascii_lowercase();
    let named = PROTOCOLS.iter().find(|(name, _)| *name == lower).map(|(_, n)| *n);
    named.or_else(|| text.parse().ok())
}

/// Ports like `443,8443,1000-2000`.
pub fn port_ranges(text: &str) -> Option<Ranges> {
    let mut pairs = Vec::new();
    for part in text.split(',') {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high): (u16, u16) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        if low > high {
            return None;
        }
        pairs.push((u128::from(low), u128::from(high)));
    }
    Some(Ranges::from_pairs(pairs))
}

/// An address, a prefix or a range like `10.0.0.1-10.0.0.9`.
pub fn address_set(text: &str) -> Option<AddressSet> {
    if let Ok(network) = text.parse::<IpNetwork>() {
        return Some(AddressSet::network(network));
    }
    let (low, high) = text.split_once('-')?;
    let (low, high): (IpAddr, IpAddr) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    AddressSet::range(low, high)
}

impl Planner {
    pub(super) fn session(&mut self, at: &At<Session>) -> Option<HalfSession> {
        let session = &at.value;
        let before = self.errors.len();
        let peers = session.peers.iter().filter_map(|p| self.peer(p)).collect();
        let proto = self.protocol(&session.protocol);
        let ports = match &session.ports {
            Some(text) => self.ports(text, proto),
            None => Ranges::full(0xFFFF),
        };
        let span = at.span(self.file);
        (self.errors.len() == before).then_some(HalfSession {
            peer_opens: session.opens == Opens::Peer,
            peers,
            proto,
            ports,
            data: session.data,
            purpose: session.purpose,
            span,
        })
    }

    fn peer(&mut self, peer: &At<String>) -> Option<Endpoint> {
        if let Some(segment) = self.segment_id(&peer.value) {
            return Some(Endpoint::Segment(segment));
        }
        if let Some(host) = self.host_id(&peer.value) {
            return Some(Endpoint::Host(host));
        }
        if let Some(addresses) = address_set(&peer.value) {
            return Some(Endpoint::Addresses(addresses));
        }
        self.unknown_place(peer, true);
        None
    }

    pub(super) fn protocol(&mut self, text: &At<String>) -> u8 {
        if let Some(number) = protocol_number(&text.value) {
            return number;
        }
        let value = &text.value;
        let message = msg!("`{value}` is not a protocol", "「{value}」というプロトコルはない");
        let (en, ja) = super::form::listed(PROTOCOLS.iter().map(|(n, _)| *n));
        let help = match super::form::nearest(value, PROTOCOLS.iter().map(|(n, _)| *n)) {
            Some(near) => msg!("did you mean `{near}`?", "「{near}」の誤りではないか"),
            None => msg!(
                "write one of {en}, or a number in quotation marks",
                "{ja}のいずれか又は \" で囲んだ番号を記載する"
            ),
        };
        self.error(Code::InvalidValue, text.span(self.file), message, help);
        0
    }

    pub(super) fn ports(&mut self, text: &At<String>, proto: u8) -> Ranges {
        let span = text.span(self.file);
        let value = &text.value;
        if !PORT_PROTOCOLS.contains(&proto) {
            let message = msg!("this protocol has no ports", "このプロトコルにはポートがない");
            let help = msg!("remove `ports`", "`ports` を削除する");
            self.error(Code::InvalidValue, span, message, help);
            return Ranges::empty();
        }
        match port_ranges(value) {
            Some(ports) => ports,
            None => {
                let message =
                    msg!("`{value}` is not a list of ports", "「{value}」はポートの一覧として解釈できない");
                let help = msg!("write it like `443,8000-8080`", "`443,8000-8080` のように記載する");
                self.error(Code::InvalidValue, span, message, help);
                Ranges::empty()
            }
        }
    }
}
