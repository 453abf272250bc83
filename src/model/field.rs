//! Header and scratch fields, and one packet header.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IP protocol numbers that the model names.
pub mod proto {
    /// ICMP for IPv4.
    pub const ICMP: u8 = 1;
    /// TCP.
    pub const TCP: u8 = 6;
    /// Generic routing encapsulation.
    pub const GRE: u8 = 47;
    /// UDP.
    pub const UDP: u8 = 17;
    /// DCCP.
    pub const DCCP: u8 = 33;
    /// ICMP for IPv6.
    pub const ICMPV6: u8 = 58;
    /// SCTP.
    pub const SCTP: u8 = 132;
    /// UDP-Lite.
    pub const UDPLITE: u8 = 136;
}

/// Protocols that have ports.
pub const PORT_PROTOCOLS: [u8; 5] = [proto::TCP, proto::UDP, proto::DCCP, proto::SCTP, proto::UDPLITE];

/// The six TCP flag bits of the model, by name.
pub const TCP_FLAGS: [(&str, u8); 6] =
    [("FIN", 1), ("SYN", 2), ("RST", 4), ("PSH", 8), ("ACK", 16), ("URG", 32)];

/// Address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4; addresses are the low 32 bits.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both families.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];
    /// 0 for IPv4, 1 for IPv6: the value of [`Field::Family`].
    pub fn value(self) -> u128 {
        match self {
            Family::V4 => 0,
            Family::V6 => 1,
        }
    }
    /// The largest address of the family.
    pub fn max_address(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }
    /// The address with numeric value `value` (low 32 bits for IPv4).
    pub fn address(self, value: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX))),
            Family::V6 => IpAddr::V6(Ipv6Addr::from(value)),
        }
    }
    /// The family of an address.
    pub fn of(address: IpAddr) -> Family {
        match address {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }
}

/// The numeric value of an address as used in [`Field::Src`] and [`Field::Dst`].
impl Family {
    /// See the type's text.
    pub fn number(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(a) => u128::from(u32::from(a)),
            IpAddr::V6(a) => u128::from(a),
        }
    }
}

/// A field of a packet header, or a scratch field that belongs to one device.
///
/// A field is present only for its protocol and 0 elsewhere (canonical form).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 0 IPv4, 1 IPv6.
    Family,
    /// Destination address.
    Dst,
    /// Scratch: egress interface ([`super::IfId`]), set by the routing decision; [`super::IfId::NONE`] before.
    Egress,
    /// Source address.
    Src,
    /// Scratch: ingress interface ([`super::IfId`]); [`super::IfId::NONE`] if the device sends the packet.
    Ingress,
    /// IP protocol number.
    Proto,
    /// Destination port, for [`PORT_PROTOCOLS`].
    Dport,
    /// Source port, for [`PORT_PROTOCOLS`].
    Sport,
    /// `type << 8 | code`, for ICMP and ICMPv6.
    Icmp,
    /// The six TCP flag bits ([`TCP_FLAGS`]).
    TcpFlags,
    /// Scratch: connection state ([`State`] as number).
    State,
    /// Scratch: packet mark, or the id of the virtual IP that translated the packet; 0 at first.
    Mark,
    /// Scratch: zone of the egress where a vendor computes it apart from the egress; 0 at first.
    Zone,
}

impl Field {
    /// Every field in diagram order.
    pub const ALL: [Field; 13] = [
        Field::Family,
        Field::Dst,
        Field::Egress,
        Field::Src,
        Field::Ingress,
        Field::Proto,
        Field::Dport,
        Field::Sport,
        Field::Icmp,
        Field::TcpFlags,
        Field::State,
        Field::Mark,
        Field::Zone,
    ];
    /// Fields that live inside one device only.
    pub const SCRATCH: [Field; 5] = [Field::Egress, Field::Ingress, Field::State, Field::Mark, Field::Zone];

    /// Largest value.
    pub fn max_value(self) -> u128 {
        match self {
            Field::Family => 1,
            Field::Dst | Field::Src => u128::MAX,
            Field::Egress | Field::Ingress | Field::Dport | Field::Sport | Field::Icmp | Field::Zone => {
                0xFFFF
            }
            Field::Proto => 255,
            Field::TcpFlags => 63,
            Field::State => 7,
            Field::Mark => 0xFFFF_FFFF,
        }
    }
    /// Position in [`Field::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
    /// The word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Field::Family => "family",
            Field::Dst => "dst",
            Field::Egress => "egress",
            Field::Src => "src",
            Field::Ingress => "ingress",
            Field::Proto => "proto",
            Field::Dport => "dport",
            Field::Sport => "sport",
            Field::Icmp => "icmp",
            Field::TcpFlags => "flags",
            Field::State => "state",
            Field::Mark => "mark",
            Field::Zone => "zone",
        }
    }
}

/// Connection states of a stateful device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Opens a session.
    New,
    /// Belongs to a session.
    Established,
    /// Belongs to a session's helper or is an error about one.
    Related,
    /// Fits no session and may not open one.
    Invalid,
    /// Not tracked.
    Untracked,
}

impl State {
    /// Every state, in numeric order.
    pub const ALL: [State; 5] =
        [State::New, State::Established, State::Related, State::Invalid, State::Untracked];
    /// The value of [`Field::State`].
    pub fn value(self) -> u128 {
        self as u128
    }
}

/// One packet header in canonical form: absent fields are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// Address family.
    pub family: Family,
    /// Source address as a number (low 32 bits for IPv4).
    pub src: u128,
    /// Destination address as a number.
    pub dst: u128,
    /// IP protocol number.
    pub proto: u8,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
    /// `type << 8 | code`.
    pub icmp: u16,
    /// TCP flags.
    pub flags: u8,
}

impl Flow {
    /// The value of a header field; scratch fields are 0.
    pub fn get(&self, field: Field) -> u128 {
        match field {
            Field::Family => self.family.value(),
            Field::Dst => self.dst,
            Field::Src => self.src,
            Field::Proto => u128::from(self.proto),
            Field::Dport => u128::from(self.dport),
            Field::Sport => u128::from(self.sport),
            Field::Icmp => u128::from(self.icmp),
            Field::TcpFlags => u128::from(self.flags),
            Field::Egress | Field::Ingress | Field::State | Field::Mark | Field::Zone => 0,
        }
    }

    /// The same header with absent fields zeroed.
    #[must_use]
    pub fn canonical(mut self) -> Flow {
        if !PORT_PROTOCOLS.contains(&self.proto) {
            (self.sport, self.dport) = (0, 0);
        }
        if self.proto != proto::TCP {
            self.flags = 0;
        }
        if self.proto != proto::ICMP && self.proto != proto::ICMPV6 {
            self.icmp = 0;
        }
        if self.family == Family::V4 {
            self.src &= Family::V4.max_address();
            self.dst &= Family::V4.max_address();
        }
        self
    }

    /// Whether the packet can open a session: TCP with SYN and without ACK, and everything that is not TCP.
    pub fn opens(&self) -> bool {
        self.proto != proto::TCP || (self.flags & 2 != 0 && self.flags & 16 == 0)
    }

    /// Whether the packet is the other end's first answer to `first`, if nothing translated either: UDP, or TCP with
    /// SYN and ACK.
    pub fn answers(&self, first: &Flow) -> bool {
        let swapped =
            (self.src, self.dst, self.sport, self.dport) == (first.dst, first.src, first.dport, first.sport);
        let fits = match self.proto {
            proto::TCP => self.flags == 2 | 16 && first.flags == 2,
            proto::UDP => true,
            _ => false,
        };
        self.family == first.family && self.proto == first.proto && swapped && fits
    }

    /// Source address.
    pub fn source(&self) -> IpAddr {
        self.family.address(self.src)
    }
    /// Destination address.
    pub fn destination(&self) -> IpAddr {
        self.family.address(self.dst)
    }
}

impl fmt::Display for Flow {
    /// `10.0.0.1:49152 -> 10.0.0.2:443 tcp`; for logs and tests, reports have their own words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (s, d) = (self.source(), self.destination());
        write!(
            f,
            "{s} {} -> {d} {} proto {} icmp {:#x} flags {:#x}",
            self.sport, self.dport, self.proto, self.icmp, self.flags
        )
    }
}
