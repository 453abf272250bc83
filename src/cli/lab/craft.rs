//! Packets as bytes: a [`Flow`] and a tag to a frame, and back.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet::packet::ethernet::{EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet::packet::icmp::{IcmpCode, IcmpPacket, IcmpType, MutableIcmpPacket};
use pnet::packet::icmpv6::{Icmpv6Code, Icmpv6Packet, Icmpv6Type, MutableIcmpv6Packet};
use pnet::packet::ip::IpNextHeaderProtocol;
use pnet::packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet::packet::ipv6::{Ipv6Packet, MutableIpv6Packet};
use pnet::packet::tcp::{self, MutableTcpPacket, TcpPacket};
use pnet::packet::udp::{self, MutableUdpPacket, UdpPacket};
use pnet::packet::{Packet as _, icmp, icmpv6};
use pnet::util::MacAddr;

use crate::model::{Family, Flow, proto};

/// The hardware address of every interface in the laboratory: links without ARP deliver to it whatever the address.
pub const MAC: MacAddr = MacAddr(2, 0, 0, 0, 0, 1);

/// What stands before a tag, so that no other packet is taken for one of ours.
const MARK: [u8; 8] = *b"bunrilab";
/// Length of mark and tag.
const TAG: usize = 16;
const ETHERNET: usize = 14;
const HOPS: u8 = 64;

/// IPv6 next headers that are extension headers or end the chain: a packet of such a "protocol" is none.
const EXTENSIONS: [u8; 9] = [0, 43, 44, 51, 59, 60, 135, 139, 140];

/// A packet of ours that came out somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Its header.
    pub flow: Flow,
    /// Its tag.
    pub tag: u64,
}

/// The frame of a packet; `None` if no such packet can be put on a wire.
pub fn frame(flow: &Flow, tag: u64) -> Option<Vec<u8>> {
    let inner = transport(flow, tag)?;
    let (kind, packet) = match flow.family {
        Family::V4 => (EtherTypes::Ipv4, ip4(flow, tag, &inner)?),
        Family::V6 if EXTENSIONS.contains(&flow.proto) => return None,
        Family::V6 => (EtherTypes::Ipv6, ip6(flow, &inner)?),
    };
    let mut out = vec![0; ETHERNET + packet.len()];
    let mut frame = MutableEthernetPacket::new(&mut out)?;
    frame.set_destination(MAC);
    frame.set_source(MAC);
    frame.set_ethertype(kind);
    frame.set_payload(&packet);
    Some(out)
}

/// Our packet in a frame. Answers and ICMP errors that quote one are not ours.
pub fn read(frame: &[u8]) -> Option<Seen> {
    let frame = EthernetPacket::new(frame)?;
    match frame.get_ethertype() {
        EtherTypes::Ipv4 => read_ip4(frame.payload()),
        EtherTypes::Ipv6 => {
            let packet = Ipv6Packet::new(frame.payload())?;
            let (src, dst) = (packet.get_source(), packet.get_destination());
            let length = usize::from(packet.get_payload_length());
            let inner = packet.payload().get(..length)?;
            let (src, dst) = (Family::number(src.into()), Family::number(dst.into()));
            read_transport(Family::V6, src, dst, packet.get_next_header().0, inner)
        }
        _ => None,
    }
}

/// Our packet in an IPv4 packet.
pub fn read_ip4(packet: &[u8]) -> Option<Seen> {
    let packet = Ipv4Packet::new(packet)?;
    let header = usize::from(packet.get_header_length()) * 4;
    let length = usize::from(packet.get_total_length());
    let inner = packet.packet().get(header..length)?;
    let (src, dst) =
        (Family::number(packet.get_source().into()), Family::number(packet.get_destination().into()));
    read_transport(Family::V4, src, dst, packet.get_next_level_protocol().0, inner)
}

/// What follows the IP header.
pub fn read_transport(family: Family, src: u128, dst: u128, protocol: u8, inner: &[u8]) -> Option<Seen> {
    let header = header_length(protocol);
    let end = inner.get(header..header + TAG)?;
    if inner.len() != header + TAG || end.get(..8)? != MARK {
        return None;
    }
    let tag = u64::from_be_bytes(end.get(8..)?.try_into().ok()?);
    let mut flow = Flow { family, src, dst, proto: protocol, sport: 0, dport: 0, icmp: 0, flags: 0 };
    match protocol {
        proto::TCP => {
            let packet = TcpPacket::new(inner)?;
            (flow.sport, flow.dport) = (packet.get_source(), packet.get_destination());
            flow.flags = packet.get_flags() & 63;
        }
        proto::UDP => {
            let packet = UdpPacket::new(inner)?;
            (flow.sport, flow.dport) = (packet.get_source(), packet.get_destination());
        }
        proto::SCTP | proto::DCCP | proto::UDPLITE => {
            let port = |at: usize| Some(u16::from_be_bytes(inner.get(at..at + 2)?.try_into().ok()?));
            (flow.sport, flow.dport) = (port(0)?, port(2)?);
        }
        proto::ICMP => {
            let packet = IcmpPacket::new(inner)?;
            flow.icmp = u16::from_be_bytes([packet.get_icmp_type().0, packet.get_icmp_code().0]);
        }
        proto::ICMPV6 => {
            let packet = Icmpv6Packet::new(inner)?;
            flow.icmp = u16::from_be_bytes([packet.get_icmpv6_type().0, packet.get_icmpv6_code().0]);
        }
        _ => {}
    }
    Some(Seen { flow, tag })
}

/// Bytes before the tag.
fn header_length(protocol: u8) -> usize {
    match protocol {
        proto::TCP => 20,
        proto::UDP | proto::UDPLITE | proto::ICMP | proto::ICMPV6 => 8,
        proto::SCTP => 12,
        proto::DCCP => 20,
        _ => 4,
    }
}

fn transport(flow: &Flow, tag: u64) -> Option<Vec<u8>> {
    let header = header_length(flow.proto);
    let mut out = vec![0; header];
    out.extend(MARK);
    out.extend(tag.to_be_bytes());
    let id = u16::try_from(tag & 0xFFFF).ok()?;
    let ends = (flow.family.address(flow.src), flow.family.address(flow.dst));
    match flow.proto {
        proto::TCP => {
            let mut packet = MutableTcpPacket::new(&mut out)?;
            packet.set_source(flow.sport);
            packet.set_destination(flow.dport);
            packet.set_sequence(u32::from(id) + 1);
            packet.set_data_offset(5);
            packet.set_flags(flow.flags);
            packet.set_window(1024);
            let sum = match ends {
                (IpAddr::V4(a), IpAddr::V4(b)) => tcp::ipv4_checksum(&packet.to_immutable(), &a, &b),
                (IpAddr::V6(a), IpAddr::V6(b)) => tcp::ipv6_checksum(&packet.to_immutable(), &a, &b),
                _ => return None,
            };
            packet.set_checksum(sum);
        }
        proto::UDP => {
            let length = u16::try_from(out.len()).ok()?;
            let mut packet = MutableUdpPacket::new(&mut out)?;
            packet.set_source(flow.sport);
            packet.set_destination(flow.dport);
            packet.set_length(length);
            let sum = match ends {
                (IpAddr::V4(a), IpAddr::V4(b)) => udp::ipv4_checksum(&packet.to_immutable(), &a, &b),
                (IpAddr::V6(a), IpAddr::V6(b)) => udp::ipv6_checksum(&packet.to_immutable(), &a, &b),
                _ => return None,
            };
            // 0 says that there is none.
            packet.set_checksum(if sum == 0 { u16::MAX } else { sum });
        }
        proto::ICMP => {
            let [kind, code] = flow.icmp.to_be_bytes();
            // Identifier first: requests of the same ends belong to different sessions.
            out.get_mut(4..6)?.copy_from_slice(&id.to_be_bytes());
            let mut packet = MutableIcmpPacket::new(&mut out)?;
            packet.set_icmp_type(IcmpType(kind));
            packet.set_icmp_code(IcmpCode(code));
            let sum = icmp::checksum(&packet.to_immutable());
            packet.set_checksum(sum);
        }
        proto::ICMPV6 => {
            let [kind, code] = flow.icmp.to_be_bytes();
            out.get_mut(4..6)?.copy_from_slice(&id.to_be_bytes());
            let mut packet = MutableIcmpv6Packet::new(&mut out)?;
            packet.set_icmpv6_type(Icmpv6Type(kind));
            packet.set_icmpv6_code(Icmpv6Code(code));
            if let (IpAddr::V6(a), IpAddr::V6(b)) = ends {
                let sum = icmpv6::checksum(&packet.to_immutable(), &a, &b);
                packet.set_checksum(sum);
            }
        }
        proto::SCTP | proto::DCCP | proto::UDPLITE => {
            out.get_mut(0..2)?.copy_from_slice(&flow.sport.to_be_bytes());
            out.get_mut(2..4)?.copy_from_slice(&flow.dport.to_be_bytes());
            if flow.proto == proto::DCCP {
                // Data offset in words: the whole header.
                *out.get_mut(4)? = 5;
            }
        }
        _ => {}
    }
    Some(out)
}

fn ip4(flow: &Flow, tag: u64, inner: &[u8]) -> Option<Vec<u8>> {
    let length = 20 + inner.len();
    let mut out = vec![0; length];
    let mut packet = MutableIpv4Packet::new(&mut out)?;
    packet.set_version(4);
    packet.set_header_length(5);
    packet.set_total_length(u16::try_from(length).ok()?);
    packet.set_identification(u16::try_from(tag & 0xFFFF).ok()?);
    packet.set_ttl(HOPS);
    packet.set_next_level_protocol(IpNextHeaderProtocol(flow.proto));
    packet.set_source(Ipv4Addr::from(u32::try_from(flow.src).ok()?));
    packet.set_destination(Ipv4Addr::from(u32::try_from(flow.dst).ok()?));
    packet.set_payload(inner);
    let sum = ipv4::checksum(&packet.to_immutable());
    packet.set_checksum(sum);
    Some(out)
}

fn ip6(flow: &Flow, inner: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; 40 + inner.len()];
    let mut packet = MutableIpv6Packet::new(&mut out)?;
    packet.set_version(6);
    packet.set_payload_length(u16::try_from(inner.len()).ok()?);
    packet.set_next_header(IpNextHeaderProtocol(flow.proto));
    packet.set_hop_limit(HOPS);
    packet.set_source(Ipv6Addr::from(flow.src));
    packet.set_destination(Ipv6Addr::from(flow.dst));
    packet.set_payload(inner);
    Some(out)
}
