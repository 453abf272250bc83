//! FortiOS's own words, read and spanned, before they become the neutral model.
//!
//! `unread` lists the places inside an object that were not understood: whoever uses the object knows nothing of it.

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnetwork::IpNetwork;

use crate::model::{AddressSet, Family, Ranges};
use crate::source::{Msg, Span, Spanned};

use super::rib::Rib;

/// A name used somewhere.
pub type Name = Spanned<String>;

/// How far something not understood reaches, in FortiOS's terms (NOTES.md, scope table).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Which forwarded packets are allowed.
    Forward,
    /// Which packets to the device itself are allowed.
    LocalIn,
    /// Every routing decision.
    Routing,
    /// Any translation.
    Nat,
    /// One interface.
    Interface(String),
    /// Everything.
    Device,
}

/// Something not understood.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// How far it reaches.
    pub scope: Scope,
    /// The place.
    pub span: Span,
    /// In words.
    pub what: Msg,
}

/// How clients may ask for names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// By DNS as it is.
    Plain,
    /// By TLS, QUIC or HTTPS as well.
    Encrypted,
}

/// A service that asks others for what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Names, of the resolvers that it has.
    Names(Clients),
    /// Names, of whoever the servers of the roots name.
    NamesOfAnybody(Clients),
    /// Time, of these servers, if all are known.
    Time(Option<AddressSet>),
    /// Leases of a family, of these servers, if all are known.
    Leases(Family, Option<AddressSet>),
    /// Whatever is asked of a proxy by these ports: of these servers for certain, possibly anything of anybody.
    Web((u16, u16), AddressSet),
    /// What comes to these ports, of these servers by those, if all are known.
    Ports {
        /// Protocols and ports at which it takes data up.
        answers: Vec<(u8, (u16, u16))>,
        /// Those at which it hands data on.
        asks: Vec<(u8, (u16, u16))>,
        /// To whom.
        servers: Option<AddressSet>,
    },
}

/// A function of the box that may carry data between its sessions.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Data by purpose (proxy, VPN) or infrastructure (DNS, NTP, DHCP relay).
    pub data: bool,
    /// What carries the data, if that is known.
    pub service: Option<Asking>,
    /// The line is certain to enable it.
    pub certain: bool,
    /// In words.
    pub what: Msg,
    /// The line.
    pub span: Span,
}

/// One virtual domain with everything that concerns it.
#[derive(Debug, Clone)]
pub struct Vdom {
    /// Whom it asks for names, if that is said.
    pub resolvers: Option<AddressSet>,
    /// Tunnels of which a second phase adds routes by itself.
    pub route_adders: Vec<String>,
    /// Its name; `root` without virtual domains.
    pub name: String,
    /// The hidden domain of the reserved HA management interfaces, which each member of a cluster has for itself.
    pub reserved: bool,
    /// Where its configuration starts.
    pub span: Span,
    /// Interfaces that belong to it.
    pub interfaces: IndexMap<String, Interface>,
    /// Zones, SD-WAN zones among them.
    pub zones: IndexMap<String, Zone>,
    /// Address objects and groups, IPv4.
    pub addresses: IndexMap<String, Address>,
    /// The same for IPv6.
    pub addresses6: IndexMap<String, Address>,
    /// Services and groups.
    pub services: IndexMap<String, Service>,
    /// Schedules.
    pub schedules: IndexMap<String, Schedule>,
    /// Virtual IPs. Each family has its own table: the same name may stand in both.
    pub vips: IndexMap<(Family, String), Vip>,
    /// Groups of virtual IPs.
    pub vip_groups: IndexMap<(Family, String), (Vec<Name>, Vec<Span>)>,
    /// Address pools.
    pub pools: IndexMap<(Family, String), Pool>,
    /// Forward policies, both families, in order.
    pub policies: Vec<Policy>,
    /// Whether there is a block of forward policies at all, and where it starts.
    pub policy_block: Option<Span>,
    /// Policies for traffic to the box.
    pub local_in: Vec<Policy>,
    /// Central source NAT rules.
    pub central_snat: Vec<CentralSnat>,
    /// Static routes.
    pub statics: Vec<StaticRoute>,
    /// Whether the file shows routing at all: a full backup, or any routing stanza. An excerpt without it says
    /// nothing about ways back.
    pub routes_shown: bool,
    /// Policy routes and SD-WAN rules.
    pub policy_routes: Vec<PolicyRoute>,
    /// Reasons why routes of these families may exist that the file does not show.
    pub dynamic: Vec<(Span, Msg, &'static [Family])>,
    /// Routing tables as the device showed them.
    pub ribs: Vec<Rib>,
    /// Tunnels that get routes from their peers: where, for which addresses.
    pub peer_routes: Vec<(Name, AddressSet)>,
    /// Objects whose addresses SSL-VPN hands out.
    pub ssl_pools: Vec<Name>,
    /// Interfaces whose static routes are withdrawn when a probe fails.
    pub monitored: Vec<Name>,
    /// SD-WAN members.
    pub sdwan_members: Vec<SdwanMember>,
    /// Lists that drop some packets of a family on arrival: the entry, its interface.
    pub drops: Vec<(Span, Option<Family>, Vec<Name>)>,
    /// Multicast may be forwarded.
    pub multicast: Option<Span>,
    /// Session helpers that the file lists, with the block's place; `None` if it has no list.
    pub helpers: Option<(Span, Vec<SessionHelper>)>,
    /// Settings.
    pub settings: Settings,
    /// Services of the box itself.
    pub listeners: Vec<Listener>,
    /// Functions that may relay.
    pub relays: Vec<Relay>,
    /// Interfaces that SSL-VPN listens on.
    pub ssl_vpn: Option<SslVpn>,
    /// What was not understood.
    pub doubts: Vec<Doubt>,
    /// Virtual wire pairs: name and members.
    pub wires: Vec<(Name, Vec<String>)>,
    /// Every admin account is limited to trusted hosts.
    pub trusted_hosts: Option<TrustedHosts>,
    /// IPsec gateways, by the name of their interface.
    pub gateways: Vec<Gateway>,
    /// Modems that dial: the statements that switch them on.
    pub modems: Vec<Span>,
    /// Radio networks of which the access points bridge the clients to their own wire: the interface, the statement.
    pub bridged: Vec<(String, Span, Msg)>,
}

/// Hosts from which administrators may come.
#[derive(Debug, Clone)]
pub struct TrustedHosts {
    /// Where it says so.
    pub span: Span,
    /// Their addresses.
    pub addresses: AddressSet,
}

/// The first phase of an IPsec tunnel.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its name, which is that of its interface.
    pub name: Name,
    /// Who may be at the other end; `None` if nothing says so.
    pub peer: Option<Peer>,
}

/// The other end of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// One gateway, by address or name.
    Named,
    /// Whoever has the credentials.
    Any,
}

/// One entry of `system session-helper`; what could not be read is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHelper {
    /// `ftp`, `sip` …
    pub name: Option<String>,
    /// The IP protocol of its control sessions.
    pub proto: Option<u8>,
    /// Their destination port.
    pub port: Option<u16>,
    /// The entry.
    pub span: Span,
}

/// Settings that change how policies and routes act.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// No source check at all, IPv4.
    pub asymroute: Option<bool>,
    /// The same for IPv6.
    pub asymroute6: Option<bool>,
    /// ICMP of no session passes, IPv4 and IPv6: the statement.
    pub stray_icmp: [Option<Span>; 2],
    /// Strict source check.
    pub strict_src_check: Option<bool>,
    /// Central NAT.
    pub central_nat: Option<Spanned<bool>>,
    /// Replies may take another way than the session's first packet.
    pub auxiliary: Option<bool>,
    /// SIP is left to the session helper, not read by the proxy.
    pub sip_by_helper: bool,
    /// Where that is said.
    pub voice_mode: Option<Span>,
    /// Ports on which the proxy reads voice, beside the default ones.
    pub voice_ports: Vec<u16>,
    /// TCP may open a session without SYN.
    pub without_syn: bool,
    /// Hairpin traffic passes without a policy, IPv4.
    pub redirect: Option<Spanned<bool>>,
    /// The same for IPv6.
    pub redirect6: Option<Spanned<bool>>,
    /// Administrative ports: http, https, ssh, telnet.
    pub admin_ports: AdminPorts,
    /// The domain bridges: the line.
    pub transparent: Option<Span>,
}

/// TCP ports of the administrative services.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdminPorts {
    /// `admin-port`.
    pub http: u16,
    /// `admin-sport`.
    pub https: u16,
    /// `admin-ssh-port`.
    pub ssh: u16,
    /// `admin-telnet-port`.
    pub telnet: u16,
}

/// What an interface is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A port, a bond, a switch, a radio.
    Plain,
    /// A VLAN.
    Vlan(u16),
    /// A tunnel end.
    Tunnel,
    /// Loopback.
    Loopback,
    /// One end of an inter-VDOM link.
    VdomLink,
}

/// One interface.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Its name.
    pub name: Name,
    /// The VDOM it belongs to.
    pub vdom: Option<Name>,
    /// Alias.
    pub alias: Option<String>,
    /// What it is.
    pub body: Body,
    /// Administratively up.
    pub up: bool,
    /// Static addresses: own, secondary, virtual; certain ones.
    pub addresses: Vec<(IpNetwork, Span)>,
    /// Virtual addresses that the box has while it is the VRRP master.
    pub shared: Vec<(IpNetwork, Span)>,
    /// Networks on the far side of a point-to-point tunnel: connected, and none of their addresses is ours.
    pub far: Vec<(IpNetwork, Span)>,
    /// The address comes from elsewhere (DHCP, PPPoE, RA), per family: the line.
    pub leased: Vec<(Family, Span)>,
    /// The interface dials a provider (PPPoE): the line.
    pub dialled: Option<Span>,
    /// A default route may come with the lease.
    pub leased_default: bool,
    /// Parent of a VLAN or tunnel.
    pub parent: Option<Name>,
    /// Members of a bond or switch.
    pub members: Vec<Name>,
    /// Of a type that consists of its members: without any it has no link.
    pub composed: bool,
    /// Services allowed for administration.
    pub allow: Vec<Access>,
    /// Source check off.
    pub no_src_check: bool,
    /// A VRF of its own.
    pub vrf: u32,
    /// A FortiLink interface.
    pub fortilink: bool,
    /// The analogue or USB modem, which exists from the factory and does nothing until `system modem` enables it.
    pub modem: bool,
    /// A tunnel that exists from the factory.
    pub factory_tunnel: bool,
}

/// One word of `allowaccess`.
#[derive(Debug, Clone)]
pub struct Access {
    /// Family.
    pub family: Family,
    /// The word.
    pub word: Name,
    /// Only this address of the interface (a secondary one).
    pub only: Option<IpAddr>,
}

/// A zone.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Its name.
    pub name: Name,
    /// Member interfaces.
    pub members: Vec<Name>,
    /// Traffic between members passes without a policy.
    pub intrazone: Option<Span>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// An address object or group.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub body: AddressBody,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// What an address object stands for.
#[derive(Debug, Clone)]
pub enum AddressBody {
    /// These addresses.
    Set(AddressSet),
    /// The subnet of an interface.
    InterfaceSubnet(Option<Name>),
    /// Known only at run time: the word for it.
    Unknown(&'static str, Span),
    /// A group.
    Group {
        /// Members.
        members: Vec<Name>,
        /// Members taken out again.
        excluded: Vec<Name>,
    },
}

/// A service object or group.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub body: ServiceBody,
    /// The session helper that it names instead of the one that its ports imply.
    pub helper: Option<Name>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// What a service stands for.
#[derive(Debug, Clone)]
pub enum ServiceBody {
    /// TCP, UDP, SCTP by ports: protocol, destination ports, source ports.
    Ports(Vec<(u8, Ranges, Ranges)>, Option<AddressSet>),
    /// ICMP of a family, with type and code.
    Icmp(Family, Option<u8>, Option<u8>),
    /// An IP protocol; 0 is any.
    Protocol(u8),
    /// Known only at run time.
    Unknown(&'static str, Span),
    /// A group.
    Group(Vec<Name>),
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Where it stands.
    pub span: Span,
    /// When it is active.
    pub when: When,
    /// The day on which it ends for good.
    pub ends: Option<jiff::civil::Date>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// When a schedule is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// All the time.
    Always,
    /// Never.
    Never,
    /// At some times.
    Sometimes,
    /// No day is given: never from 6.4 on, not known before.
    NoDay,
    /// When any of these is.
    Group(Vec<String>),
}

/// A virtual IP.
#[derive(Debug, Clone)]
pub struct Vip {
    /// Its name.
    pub name: Name,
    /// Family.
    pub family: Family,
    /// External addresses.
    pub external: Ranges,
    /// Where they lead: the first mapped address, if it is plain.
    pub mapped: Option<Ranges>,
    /// The interface packets must come in by; `any` and absence mean all.
    pub interface: Option<Name>,
    /// Port forwarding: protocol, external ports, mapped ports.
    pub forward: Option<(u8, Ranges, Ranges)>,
    /// Only for these sources.
    pub sources: Option<AddressSet>,
    /// Something narrows or changes it that is not modelled: where.
    pub vague: Option<Span>,
    /// A load balancer or proxy: it terminates sessions.
    pub server: Option<Span>,
    /// `nat-source-vip`: its server goes out with its address whatever else translates.
    pub for_sources: bool,
    /// Enabled.
    pub enabled: bool,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// An address pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Where it stands.
    pub span: Span,
    /// Its addresses.
    pub addresses: Option<AddressSet>,
    /// Anybody may send to a translated port: the line.
    pub any_host: Option<Span>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// The part of a policy about one family.
#[derive(Debug, Clone, Default)]
pub struct Ends {
    /// Source names.
    pub src: Vec<Name>,
    /// Source negated.
    pub src_not: bool,
    /// Destination names.
    pub dst: Vec<Name>,
    /// Destination negated.
    pub dst_not: bool,
    /// Sources come from a database of Internet services.
    pub src_service: Option<Span>,
    /// Destinations and services come from a database of Internet services.
    pub dst_service: Option<Span>,
    /// The source may be negated or not: the line.
    pub src_unsure: Option<Span>,
    /// The destination may be negated or not: the line.
    pub dst_unsure: Option<Span>,
}

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Accept.
    Accept,
    /// Deny, with an answer if `true`.
    Deny(bool),
    /// Something else.
    Other,
}

/// A forward or local-in policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its number.
    pub id: Name,
    /// Its name.
    pub label: Option<String>,
    /// The place to show.
    pub span: Span,
    /// Enabled.
    pub enabled: bool,
    /// Ingress names.
    pub srcintf: Vec<Name>,
    /// Egress names; empty for local-in.
    pub dstintf: Vec<Name>,
    /// IPv4 ends.
    pub v4: Option<Ends>,
    /// IPv6 ends.
    pub v6: Option<Ends>,
    /// Services.
    pub services: Vec<Name>,
    /// Services negated.
    pub services_not: bool,
    /// Schedule.
    pub schedule: Option<Name>,
    /// Action.
    pub action: Action,
    /// `match-vip`.
    pub match_vip: Option<bool>,
    /// Conditions that a sender can meet or not: users, devices, marks.
    pub choices: Vec<(Span, Msg)>,
    /// Conditions nobody can evaluate from the file.
    pub ignorance: Vec<(Span, Msg)>,
    /// Source NAT.
    pub nat: Option<SourceNat>,
    /// What `logtraffic` says, if it says anything.
    pub log: Option<String>,
    /// Whether a comment stands there.
    pub commented: bool,
    /// A profile that reads voice, or a group that may hold one.
    pub voice: Option<Span>,
    /// A profile that may send files away, or a group that may hold one.
    pub inspected: Option<Span>,
    /// What it does to packets that it does not match itself.
    pub beside: Vec<Doubt>,
    /// Not understood: the policy may match anything and do anything.
    pub unread: Vec<Span>,
}

/// Source NAT of a policy.
#[derive(Debug, Clone)]
pub struct SourceNat {
    /// The line.
    pub span: Span,
    /// Pools; empty for the address of the egress interface.
    pub pools: Vec<Name>,
    /// IPv6 pools.
    pub pools6: Vec<Name>,
    /// The source port stays.
    pub fixed_port: bool,
}

/// A rule of the central source NAT table.
#[derive(Debug, Clone)]
pub struct CentralSnat {
    /// Its number.
    pub id: Name,
    /// Ingress names.
    pub srcintf: Vec<Name>,
    /// Egress names.
    pub dstintf: Vec<Name>,
    /// Original sources and destinations.
    pub v4: Option<Ends>,
    /// The same for IPv6.
    pub v6: Option<Ends>,
    /// Protocol; 0 is any.
    pub protocol: u8,
    /// Original ports limit the rule: where.
    pub vague: Option<Span>,
    /// `nat enable`.
    pub translate: bool,
    /// Pools.
    pub pools: Vec<Name>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// A static route.
#[derive(Debug, Clone)]
pub struct StaticRoute {
    /// Its number.
    pub id: Name,
    /// Family.
    pub family: Family,
    /// Destination.
    pub to: Destination,
    /// Egress.
    pub device: Option<Name>,
    /// SD-WAN instead of an interface; the zones, if named.
    pub sdwan: Option<(Span, Vec<Name>)>,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// Distance.
    pub distance: u32,
    /// Priority, if one is given.
    pub priority: Option<u32>,
    /// Discards.
    pub blackhole: bool,
    /// Enabled.
    pub enabled: bool,
    /// The gateway comes with a lease: the line.
    pub lease: Option<Span>,
    /// Not understood.
    pub unread: Vec<Span>,
}

/// Where a static route leads.
#[derive(Debug, Clone)]
pub enum Destination {
    /// A prefix.
    Prefix(IpNetwork),
    /// An address object.
    Object(Name),
    /// Something only the device knows.
    Unknown(Span),
}

/// A policy route or SD-WAN rule: it may send what it matches out of these interfaces.
#[derive(Debug, Clone)]
pub struct PolicyRoute {
    /// The place to show.
    pub span: Span,
    /// Family; `None` for both.
    pub family: Option<Family>,
    /// Ingress names, empty for any; negated ones are given up as any.
    pub input: Vec<Name>,
    /// Sources, if they bound it.
    pub src: Option<AddressSet>,
    /// Destinations, if they bound it.
    pub dst: Option<AddressSet>,
    /// Protocol, if it bounds it.
    pub protocol: Option<u8>,
    /// Egress; empty if the gateway decides.
    pub output: Vec<Name>,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// `action deny`: use the routing table.
    pub stop: bool,
}

/// A member of an SD-WAN.
#[derive(Debug, Clone)]
pub struct SdwanMember {
    /// Its interface.
    pub interface: Name,
    /// Its zone.
    pub zone: String,
}

/// A service of the box.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Interfaces it listens on; `None` for all.
    pub interfaces: Option<Vec<Name>>,
    /// Protocol and ports; no ports for protocols without.
    pub sockets: Vec<(u8, Option<(u16, u16)>)>,
    /// In words, for labels.
    pub label: &'static str,
    /// The line.
    pub span: Span,
    /// Certain, or only possible.
    pub certain: bool,
}

/// SSL-VPN as configured.
#[derive(Debug, Clone)]
pub struct SslVpn {
    /// Interfaces it listens on.
    pub interfaces: Vec<Name>,
    /// Port.
    pub port: u16,
    /// The line.
    pub span: Span,
}
