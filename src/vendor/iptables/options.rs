//! The words of `iptables` rules: which option belongs to which match, and how many values it takes.
//!
//! Sources: iptables(8) and iptables-extensions(8) of iptables 1.8, `iptables/iptables.c` (header options).

use crate::model::Field;

/// What a condition tests. Everything that names no field we model is [`Test::Opaque`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// `-s`
    Source,
    /// `-d`
    Destination,
    /// `-i`
    InInterface,
    /// `-o`
    OutInterface,
    /// `-p`
    Protocol,
    /// `-f`
    Fragment,
    /// `--sport` of tcp, udp, udplite, sctp, dccp
    SourcePort,
    /// `--dport`
    DestinationPort,
    /// `--sports` of multiport
    SourcePorts,
    /// `--dports` of multiport
    DestinationPorts,
    /// `--ports` of multiport: either port
    EitherPort,
    /// `--tcp-flags MASK SET`
    TcpFlags,
    /// `--syn`
    Syn,
    /// `--icmp-type`, `--icmpv6-type`
    IcmpType,
    /// `--state`, `--ctstate`
    State,
    /// `--ctstatus`
    ConnStatus,
    /// `--ctdir`
    ConnDirection,
    /// `--ctproto`
    ConnProtocol,
    /// `--ctorigsrc`, `--ctorigdst`, `--ctreplsrc`, `--ctrepldst`: the field that an opening packet has there, and
    /// whether it is the original direction's
    ConnAddress(Field, Direction),
    /// The same of ports
    ConnPort(Field, Direction),
    /// `-m rpfilter` with its options
    ReversePath,
    /// `--src-range`
    SourceRange,
    /// `--dst-range`
    DestinationRange,
    /// `--src-type`
    SourceType,
    /// `--dst-type`
    DestinationType,
    /// `--limit-iface-in`, `--limit-iface-out`
    LimitInterface,
    /// `--mark` of mark
    Mark,
    /// The match itself says nothing: its presence only (`-m tcp`, `-m comment`).
    Nothing,
    /// `--comment`
    Comment,
    /// `-m MODULE` of a module we know and do not model: the sender cannot know, or it depends on the world.
    Opaque(Why),
    /// A module or option we do not know.
    Unknown,
}

/// The direction of a connection's tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// As the opening packet came in.
    Original,
    /// As answers will come back.
    Reply,
}

/// Why a match cannot be decided from the packet header alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A rate, quota or counter: the first packet may pass either way.
    Rate,
    /// What was seen before (`recent`).
    History,
    /// The clock (`time`).
    Clock,
    /// A coin (`statistic`).
    Chance,
    /// A header byte that the sender writes as it likes and that limits nothing else (TTL, TOS, DSCP).
    Sender,
    /// A fact outside the export (sets, MAC addresses, users, IPsec policy) or outside the modelled header (length,
    /// payload, options): a first packet may be unable to satisfy it.
    World,
}

/// One option of a match.
#[derive(Debug)]
pub struct OptionSpec {
    /// Long name without `--`.
    pub name: &'static str,
    /// Number of values.
    pub arity: usize,
    /// What it tests.
    pub test: Test,
}

/// One match module.
#[derive(Debug)]
pub struct Module {
    /// Name after `-m`.
    pub name: &'static str,
    /// What the bare `-m NAME` tests.
    pub bare: Test,
    /// Its options; an opaque module lists only those whose values may look like options.
    pub options: &'static [OptionSpec],
}

const fn o(name: &'static str, arity: usize, test: Test) -> OptionSpec {
    OptionSpec { name, arity, test }
}
const fn opaque(name: &'static str, why: Why) -> Module {
    Module { name, bare: Test::Opaque(why), options: &[] }
}
const fn ports(name: &'static str) -> Module {
    Module { name, bare: Test::Nothing, options: PORTS }
}

const PORTS: &[OptionSpec] = &[
    o("sport", 1, Test::SourcePort),
    o("source-port", 1, Test::SourcePort),
    o("dport", 1, Test::DestinationPort),
    o("destination-port", 1, Test::DestinationPort),
    o("chunk-types", 2, Test::Opaque(Why::World)),
    o("dccp-types", 1, Test::Opaque(Why::World)),
    o("dccp-option", 1, Test::Opaque(Why::World)),
];

/// Header options: short letter, long names, arity, test.
pub const HEADER: &[(char, &[&str], usize, Test)] = &[
    ('s', &["source", "src"], 1, Test::Source),
    ('d', &["destination", "dst"], 1, Test::Destination),
    ('i', &["in-interface"], 1, Test::InInterface),
    ('o', &["out-interface"], 1, Test::OutInterface),
    ('p', &["protocol", "proto"], 1, Test::Protocol),
    ('f', &["fragment"], 0, Test::Fragment),
];

/// Every match module we know.
pub const MODULES: &[Module] = &[
    Module {
        name: "tcp",
        bare: Test::Nothing,
        options: &[
            o("sport", 1, Test::SourcePort),
            o("source-port", 1, Test::SourcePort),
            o("dport", 1, Test::DestinationPort),
            o("destination-port", 1, Test::DestinationPort),
            o("tcp-flags", 2, Test::TcpFlags),
            o("syn", 0, Test::Syn),
            o("tcp-option", 1, Test::Opaque(Why::World)),
        ],
    },
    ports("udp"),
    ports("udplite"),
    ports("sctp"),
    ports("dccp"),
    Module {
        name: "multiport",
        bare: Test::Nothing,
        options: &[
            o("sports", 1, Test::SourcePorts),
            o("source-ports", 1, Test::SourcePorts),
            o("sport", 1, Test::SourcePorts),
            o("dports", 1, Test::DestinationPorts),
            o("destination-ports", 1, Test::DestinationPorts),
            o("dport", 1, Test::DestinationPorts),
            o("ports", 1, Test::EitherPort),
            o("port", 1, Test::EitherPort),
        ],
    },
    Module { name: "icmp", bare: Test::Nothing, options: &[o("icmp-type", 1, Test::IcmpType)] },
    Module { name: "icmp6", bare: Test::Nothing, options: &[o("icmpv6-type", 1, Test::IcmpType)] },
    Module { name: "icmpv6", bare: Test::Nothing, options: &[o("icmpv6-type", 1, Test::IcmpType)] },
    Module { name: "ipv6-icmp", bare: Test::Nothing, options: &[o("icmpv6-type", 1, Test::IcmpType)] },
    Module { name: "state", bare: Test::Nothing, options: &[o("state", 1, Test::State)] },
    Module {
        name: "conntrack",
        bare: Test::Nothing,
        options: &[
            o("ctstate", 1, Test::State),
            o("ctstatus", 1, Test::ConnStatus),
            o("ctdir", 1, Test::ConnDirection),
            o("ctproto", 1, Test::ConnProtocol),
            o("ctorigsrc", 1, Test::ConnAddress(Field::Src, Direction::Original)),
            o("ctorigdst", 1, Test::ConnAddress(Field::Dst, Direction::Original)),
            o("ctreplsrc", 1, Test::ConnAddress(Field::Dst, Direction::Reply)),
            o("ctrepldst", 1, Test::ConnAddress(Field::Src, Direction::Reply)),
            o("ctorigsrcport", 1, Test::ConnPort(Field::Sport, Direction::Original)),
            o("ctorigdstport", 1, Test::ConnPort(Field::Dport, Direction::Original)),
            o("ctreplsrcport", 1, Test::ConnPort(Field::Dport, Direction::Reply)),
            o("ctrepldstport", 1, Test::ConnPort(Field::Sport, Direction::Reply)),
            o("ctexpire", 1, Test::Opaque(Why::Rate)),
        ],
    },
    Module {
        name: "iprange",
        bare: Test::Nothing,
        options: &[o("src-range", 1, Test::SourceRange), o("dst-range", 1, Test::DestinationRange)],
    },
    Module {
        name: "addrtype",
        bare: Test::Nothing,
        options: &[
            o("src-type", 1, Test::SourceType),
            o("dst-type", 1, Test::DestinationType),
            o("limit-iface-in", 0, Test::LimitInterface),
            o("limit-iface-out", 0, Test::LimitInterface),
        ],
    },
    Module { name: "mark", bare: Test::Nothing, options: &[o("mark", 1, Test::Mark)] },
    Module { name: "comment", bare: Test::Nothing, options: &[o("comment", 1, Test::Comment)] },
    Module {
        name: "string",
        bare: Test::Opaque(Why::World),
        options: &[
            o("string", 1, Test::Opaque(Why::World)),
            o("hex-string", 1, Test::Opaque(Why::World)),
            o("algo", 1, Test::Opaque(Why::World)),
            o("from", 1, Test::Opaque(Why::World)),
            o("to", 1, Test::Opaque(Why::World)),
            o("icase", 0, Test::Opaque(Why::World)),
        ],
    },
    opaque("limit", Why::Rate),
    opaque("hashlimit", Why::Rate),
    opaque("connlimit", Why::Rate),
    opaque("connbytes", Why::Rate),
    opaque("quota", Why::Rate),
    opaque("quota2", Why::Rate),
    opaque("rateest", Why::Rate),
    opaque("nfacct", Why::Rate),
    opaque("recent", Why::History),
    opaque("time", Why::Clock),
    opaque("statistic", Why::Chance),
    opaque("length", Why::World),
    opaque("length2", Why::World),
    opaque("ttl", Why::Sender),
    opaque("hl", Why::Sender),
    opaque("dscp", Why::Sender),
    opaque("tos", Why::Sender),
    opaque("ecn", Why::World),
    opaque("tcpmss", Why::World),
    opaque("connmark", Why::World),
    opaque("set", Why::World),
    opaque("owner", Why::World),
    opaque("mac", Why::World),
    opaque("physdev", Why::World),
    opaque("pkttype", Why::World),
    opaque("policy", Why::World),
    Module { name: "rpfilter", bare: Test::ReversePath, options: &[] },
    opaque("u32", Why::World),
    opaque("bpf", Why::World),
    opaque("ipv6header", Why::World),
    opaque("frag", Why::World),
    opaque("rt", Why::World),
    opaque("hbh", Why::World),
    opaque("dst", Why::World),
    opaque("mh", Why::World),
    opaque("srh", Why::World),
    opaque("eui64", Why::World),
    opaque("ah", Why::World),
    opaque("esp", Why::World),
    opaque("ipcomp", Why::World),
    opaque("helper", Why::World),
    opaque("connlabel", Why::World),
    opaque("cgroup", Why::World),
    opaque("cluster", Why::World),
    opaque("cpu", Why::World),
    opaque("devgroup", Why::World),
    opaque("ipvs", Why::World),
    opaque("l2tp", Why::World),
    opaque("osf", Why::World),
    opaque("realm", Why::World),
    opaque("socket", Why::World),
    opaque("geoip", Why::World),
    opaque("fullconenat", Why::World),
    opaque("unclean", Why::World),
];

/// A module by its name.
pub fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|m| m.name == name)
}

/// The module that `-p NAME` makes available without `-m` (iptables.c, `find_proto`).
pub fn implied_by_protocol(protocol: &str) -> Option<&'static Module> {
    match protocol {
        "6" => module("tcp"),
        "17" => module("udp"),
        "1" => module("icmp"),
        "58" => module("icmp6"),
        "132" => module("sctp"),
        "33" => module("dccp"),
        "136" => module("udplite"),
        name => module(name),
    }
}
