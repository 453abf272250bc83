//! What a configuration says, before it becomes devices.

use std::net::IpAddr;

use indexmap::IndexMap;
use ipnetwork::IpNetwork;

use crate::model::{AddressSet, Carried, Family, Ranges};
use crate::source::{Msg, Span, Spanned};

use super::admission::{Admission, Servers};
use super::parse_span::Sessions;
use super::rib::Rib;

/// A name and its place.
pub type Name = Spanned<String>;

/// Which language of the family a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Cisco IOS and IOS-XE.
    Ios,
    /// ALAXALA AX.
    Axs,
    /// AlliedWare Plus.
    Awplus,
}

/// How far something not understood reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Device,
    /// Forwarded packets that filters would judge otherwise, in every VRF.
    Forward,
    /// Packets to the device.
    LocalIn,
    /// Routes of every VRF.
    AllRouting,
    /// Translations.
    Nat,
    /// One interface.
    Interface(String),
    /// One interface, by a statement that nobody knows: it may take packets into another VRF.
    Statement(String),
}

/// Something not understood.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// How far it reaches.
    pub scope: Scope,
    /// Where it stands.
    pub span: Span,
    /// Why it matters.
    pub what: Msg,
}

/// A configuration.
#[derive(Debug, Default)]
pub struct Config {
    /// Host name.
    pub hostname: Option<String>,
    /// The release, major and minor.
    pub version: Option<Spanned<(u16, u16)>>,
    /// VRFs by name.
    pub vrfs: IndexMap<String, Vrf>,
    /// Interfaces in file order.
    pub interfaces: IndexMap<String, Interface>,
    /// No interface stands in the file: there are those that somebody asks about.
    pub excerpt: bool,
    /// Access lists by family and name.
    pub acls: IndexMap<(Family, String), Acl>,
    /// Network object groups.
    pub networks: IndexMap<String, Group<NetworkItem>>,
    /// Service object groups.
    pub services: IndexMap<String, Group<Service>>,
    /// Time ranges.
    pub times: IndexMap<String, TimeRange>,
    /// Route maps.
    pub route_maps: IndexMap<String, Vec<MapEntry>>,
    /// Static routes.
    pub statics: Vec<StaticRoute>,
    /// Gateway of a device that does not route.
    pub default_gateway: Option<(IpAddr, Span)>,
    /// Translations.
    pub nat: Nat,
    /// Zone firewall.
    pub zones: Zones,
    /// Reasons why routes may exist that the file does not show.
    pub dynamic: Vec<Dynamic>,
    /// Prefixes that cross between VRFs by import and export.
    pub exports: Vec<Import>,
    /// `ip routing` or its negation.
    pub routing: Option<Spanned<bool>>,
    /// `ipv6 unicast-routing` or its negation.
    pub routing6: Option<Spanned<bool>>,
    /// Multicast may be forwarded.
    pub multicast: Option<Span>,
    /// Sessions may open ways back: CBAC inspection.
    pub inspects: Vec<Span>,
    /// A filter on switch ports or VLANs may drop what goes through an SVI.
    pub port_filters: Vec<Span>,
    /// BGP carries VPN routes: the line.
    pub bgp: Option<Span>,
    /// Relays.
    pub relays: Vec<Relay>,
    /// Sources of time; they have become relays once the file is read.
    pub clocks: Vec<Clock>,
    /// Addresses that several boxes share, by the interface they are on, as blocks of their own say.
    pub virtual_routers: Vec<(Name, IpAddr, Span)>,
    /// SPAN sessions; once the file is read they are copies, or doubts.
    pub sessions: Sessions,
    /// Copies of frames that leave by ports of their own.
    pub copies: Vec<Copies>,
    /// Lists that say who may ask the web server.
    pub web_lists: Vec<(Family, Name)>,
    /// What the device's DNS server does.
    pub dns: Dns,
    /// What listens.
    pub listeners: Vec<Listener>,
    /// Services that a line switches off, by their word.
    pub silenced: Vec<String>,
    /// Lines by which people log in.
    pub vty: Vec<Vty>,
    /// What was not understood.
    pub doubts: Vec<Doubt>,
    /// Crypto maps that some interface applies, or IPsec by other means: peers may dial in.
    pub dial_in: Vec<Span>,
    /// Routing tables as the device showed them.
    pub ribs: Vec<Rib>,
    /// A DHCP server hands out addresses.
    pub dhcp: Option<Span>,
    /// Pairs of VLANs of a private VLAN, the primary one first.
    pub associations: Vec<(u16, u16, Span)>,
    /// Who is asked about machines that ports serve.
    pub servers: Servers,
}

/// What the device does with questions about names.
#[derive(Debug, Default)]
pub struct Dns {
    /// It answers them.
    pub server: Option<Span>,
    /// Whom it asks in another table than the one in which it was asked.
    pub asked: Vec<Asked>,
}

/// A server in another table.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The VRF in which the device was asked; `None` is the global table.
    pub home: Option<String>,
    /// Where the server is.
    pub to: Table,
    /// The server, if the line names one.
    pub server: Option<IpAddr>,
    /// The line.
    pub span: Span,
}

/// How a line names a table.
#[derive(Debug, Clone)]
pub enum Table {
    /// By the VRF; `None` is the global table.
    Vrf(Option<String>),
    /// By an interface that stands in it.
    Of(String),
}

/// A VRF.
#[derive(Debug, Clone)]
pub struct Vrf {
    /// Its name.
    pub name: Name,
    /// Route targets that it takes routes of, or `None` for any.
    pub imports: Vec<(String, Span)>,
    /// Route targets of its own routes.
    pub exports: Vec<String>,
    /// A policy changes the route targets, so any may be meant.
    pub by_map: Option<Span>,
}

/// Routes that one VRF may take from another.
#[derive(Debug, Clone)]
pub struct Import {
    /// The VRF whose packets cross; `None` is the global table.
    pub into: Option<String>,
    /// Where they arrive.
    pub from: Option<String>,
    /// The line.
    pub span: Span,
}

/// What an interface is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A port or a bond.
    Port,
    /// A routed interface of a VLAN of the switch.
    Svi(u16),
    /// A tagged part of a port.
    Sub(String),
    /// A tunnel, a dialer, a virtual access interface.
    Tunnel,
    /// Loopback.
    Loopback,
    /// Never carries packets: `Null0`.
    Null,
}

/// One interface.
#[derive(Debug, Clone)]
pub struct Interface {
    /// Its name.
    pub name: Name,
    /// Description.
    pub description: Option<String>,
    /// What it is.
    pub body: Body,
    /// Administratively up.
    pub up: bool,
    /// The VRF it belongs to.
    pub vrf: Option<Name>,
    /// Own addresses, secondary ones too.
    pub addresses: Vec<(IpNetwork, Span)>,
    /// Addresses that the device has while it is the active router.
    pub shared: Vec<(IpAddr, Span)>,
    /// The address comes from elsewhere, per family.
    pub leased: Vec<(Family, Span)>,
    /// Speaks IPv4 without an address of its own.
    pub unnumbered: Option<Name>,
    /// `ipv6 enable`.
    pub v6: bool,
    /// Filters on arrival.
    pub filters_in: Vec<(Family, Name)>,
    /// Filters on departure.
    pub filters_out: Vec<(Family, Name)>,
    /// Filters that judge frames by their own addresses.
    pub frames: Vec<Span>,
    /// Inside or outside of translations.
    pub nat: Option<Spanned<Side>>,
    /// Policy routing: family and route map.
    pub policy: Vec<(Family, Name)>,
    /// Security zone.
    pub zone: Option<Name>,
    /// Checks where sources come from.
    pub source_check: Vec<(Family, Span)>,
    /// The port is switched (`Some(true)`), routed (`Some(false)`), or does not say.
    pub switched: Option<bool>,
    /// VLAN of the tag.
    pub tag: Option<u16>,
    /// Whether it takes frames without a tag.
    pub native: bool,
    /// Member of a bond.
    pub member: bool,
    /// What it says about VLANs.
    pub switching: Switching,
    /// Packets may be encrypted and sent to a peer.
    pub crypto: Option<Name>,
    /// Where a tunnel leads, and what protects it.
    pub tunnel: Tunnel,
    /// It dials a provider.
    pub dials: Option<Span>,
    /// Addresses to which broadcasts are sent on: VRF if it is another one.
    pub helpers: Vec<Helper>,
}

impl Interface {
    /// Whether it is the port for administration, or one inside the box: never one of the switch unless it says so.
    pub fn apart(&self) -> bool {
        const KINDS: [&str; 4] = ["appgigabitethernet", "bluetooth", "mgmt", "management"];
        let name = self.name.value.to_ascii_lowercase();
        // The routed ports of AlliedWare Plus are `eth0`, `eth1`.
        let routed = name.strip_prefix("eth").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        matches!(name.as_str(), "gigabitethernet0/0" | "gigabitethernet0" | "fastethernet0")
            || routed
            || KINDS.iter().any(|kind| name.starts_with(kind))
    }
}

/// What a port says about VLANs.
#[derive(Debug, Clone, Default)]
pub struct Switching {
    /// How it treats tags.
    pub mode: Option<Spanned<Mode>>,
    /// It does not negotiate.
    pub silent: bool,
    /// VLAN of frames without a tag, for an access port.
    pub access: Option<Spanned<u16>>,
    /// VLAN of frames without a tag, for a trunk; `None`: they are dropped.
    pub native: Option<Spanned<Option<u16>>>,
    /// Tags that a trunk carries.
    pub allowed: Option<Spanned<Ranges>>,
    /// VLAN of telephones, tagged on an access port.
    pub voice: Option<Spanned<u16>>,
    /// VLANs between which a private VLAN lets frames pass one way or both.
    pub private: Vec<Spanned<u16>>,
    /// VLANs for machines that are refused, or that no server knows.
    pub refuges: Vec<Spanned<u16>>,
    /// Which machines it serves.
    pub admission: Admission,
    /// The bond that it belongs to.
    pub bundle: Option<String>,
    /// Lines for which it may carry any VLAN.
    pub unread: Vec<Span>,
}

/// How a port treats tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One VLAN.
    Access,
    /// Several VLANs.
    Trunk,
    /// As the neighbour wishes.
    Dynamic,
    /// A port of a private VLAN.
    Private,
    /// A cable between the members of a stack: no VLAN of its own, and nothing else is plugged in.
    Stack,
}

/// A helper address.
#[derive(Debug, Clone)]
pub struct Helper {
    /// The server.
    pub address: IpAddr,
    /// The VRF, if the line names one: `Some(None)` is the global table.
    pub vrf: Option<Option<String>>,
    /// The line.
    pub span: Span,
}

/// What a tunnel interface says.
#[derive(Debug, Clone, Default)]
pub struct Tunnel {
    /// Any peer may join: multipoint, dynamic.
    pub multipoint: Option<Span>,
    /// A destination is named.
    pub peer: bool,
}

/// A side of translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `ip nat inside`.
    Inside,
    /// `ip nat outside`.
    Outside,
    /// Another word: `ip nat enable`.
    Other,
}

/// An access list.
#[derive(Debug, Clone)]
pub struct Acl {
    /// Its name.
    pub name: Name,
    /// Entries in file order.
    pub entries: Vec<Entry>,
    /// What makes the whole list doubtful.
    pub unread: Vec<Span>,
    /// What becomes of a packet that no entry matches.
    pub end: End,
}

/// The implicit end of an access list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Deny.
    Deny,
    /// Permit (hardware lists of AlliedWare Plus).
    Permit,
}

/// One entry of an access list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place.
    pub span: Span,
    /// Sequence number.
    pub sequence: Option<u32>,
    /// Permits.
    pub permit: bool,
    /// The services it is about.
    pub services: Vec<Service>,
    /// The services come from this group.
    pub group: Option<Name>,
    /// Sources.
    pub src: End3,
    /// Destinations.
    pub dst: End3,
    /// Conditions that a sender meets or not.
    pub choices: Vec<(Span, Msg)>,
    /// Conditions that nobody can evaluate from the file.
    pub ignorance: Vec<(Span, Msg)>,
    /// Only later fragments.
    pub fragments: bool,
    /// Only packets of sessions that went the other way.
    pub evaluates: bool,
    /// A time range.
    pub time: Option<Name>,
    /// Logs.
    pub log: bool,
    /// A remark stands above.
    pub commented: bool,
    /// Words that were not understood: it may match anything and do anything.
    pub unread: Vec<Span>,
}

/// One end of an entry.
#[derive(Debug, Clone)]
pub enum End3 {
    /// Any address.
    Any,
    /// These addresses.
    Set(AddressSet),
    /// At most these addresses.
    Within(AddressSet, Span),
    /// An object group.
    Group(Name),
}

/// Protocol, ports, message, flags of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Protocol; `None` is any.
    pub protocol: Option<u8>,
    /// TCP and UDP alike.
    pub both: bool,
    /// Source ports.
    pub sport: Option<Ranges>,
    /// Destination ports.
    pub dport: Option<Ranges>,
    /// ICMP type and code.
    pub icmp: Option<Ranges>,
    /// TCP flags.
    pub flags: Option<Ranges>,
}

impl Service {
    /// Every packet.
    pub fn any() -> Self {
        Service { protocol: None, both: false, sport: None, dport: None, icmp: None, flags: None }
    }
}

/// A group of objects.
#[derive(Debug, Clone)]
pub struct Group<T> {
    /// Its name.
    pub name: Name,
    /// Its own objects.
    pub items: Vec<T>,
    /// Groups inside.
    pub groups: Vec<Name>,
    /// What was not understood.
    pub unread: Vec<Span>,
}

/// An object of a network group.
#[derive(Debug, Clone)]
pub enum NetworkItem {
    /// Addresses.
    Set(AddressSet),
}

/// A time range.
#[derive(Debug, Clone)]
pub struct TimeRange {
    /// Its name.
    pub name: Name,
    /// The day on which it ends for good.
    pub ends: Option<(jiff::civil::Date, Span)>,
    /// It has entries.
    pub entries: usize,
    /// What was not understood.
    pub unread: Vec<Span>,
}

/// One entry of a route map.
#[derive(Debug, Clone)]
pub struct MapEntry {
    /// Its line.
    pub span: Span,
    /// Permits.
    pub permit: bool,
    /// Lists that a packet must match one of, per family.
    pub lists: Vec<(Family, Name)>,
    /// Other conditions.
    pub others: Vec<Span>,
    /// Next hops.
    pub hops: Vec<IpAddr>,
    /// Egress interfaces.
    pub interfaces: Vec<Name>,
    /// VRFs whose tables packets follow; `None` is the global table.
    pub vrfs: Vec<Option<String>>,
    /// VRFs of whose next hops one is named: packets need not go where the table would have them go.
    pub handed: Vec<Option<String>>,
    /// Something sets a way that is not understood.
    pub unread: Vec<Span>,
}

/// A static route.
#[derive(Debug, Clone)]
pub struct StaticRoute {
    /// The line.
    pub span: Span,
    /// The VRF; `None` is the global table.
    pub vrf: Option<Name>,
    /// Destination.
    pub prefix: IpNetwork,
    /// Egress.
    pub interface: Option<Name>,
    /// Next hop.
    pub gateway: Option<IpAddr>,
    /// The next hop is in the global table.
    pub global: bool,
    /// The next hop is in this VRF.
    pub next_vrf: Option<Name>,
    /// Administrative distance.
    pub distance: u32,
    /// Why it may not be there.
    pub doubt: Option<(Span, Msg)>,
    /// Not understood.
    pub unread: Option<Span>,
}

/// A reason why routes may exist that the file does not show.
#[derive(Debug, Clone)]
pub struct Dynamic {
    /// The VRF; `None` is the global table.
    pub vrf: Option<String>,
    /// Families.
    pub families: Vec<Family>,
    /// The line.
    pub span: Span,
    /// In words.
    pub what: Msg,
}

/// Translations.
#[derive(Debug, Default)]
pub struct Nat {
    /// Rules in file order.
    pub rules: Vec<NatRule>,
    /// Pools.
    pub pools: IndexMap<String, (Option<Ranges>, Span)>,
    /// Words of the lines that are not modelled, which may name VRFs.
    pub unread: Vec<(Vec<String>, Span)>,
}

/// One translation.
#[derive(Debug, Clone)]
pub struct NatRule {
    /// The line.
    pub span: Span,
    /// What it does.
    pub what: Translation,
}

/// What a translation does; everything else taints all translations.
#[derive(Debug, Clone)]
pub enum Translation {
    /// One inside address is one outside address.
    Static {
        /// Inside local.
        local: Ranges,
        /// Inside global.
        global: Ranges,
        /// Protocol, local and global port.
        ports: Option<(u8, u16, u16)>,
    },
    /// One inside address and port is a port of an interface.
    StaticInterface {
        /// Inside local.
        local: Ranges,
        /// The interface.
        interface: Name,
        /// Protocol, local and global port.
        ports: Option<(u8, u16, u16)>,
    },
    /// Sources that a list permits get other addresses.
    Dynamic {
        /// The list; a route map's lists otherwise.
        list: Result<Name, Name>,
        /// Where the addresses come from.
        to: NatTarget,
        /// Ports are translated too.
        overload: bool,
    },
}

/// Where new addresses come from.
#[derive(Debug, Clone)]
pub enum NatTarget {
    /// A pool.
    Pool(Name),
    /// The address of an interface.
    Interface(Name),
}

/// The zone firewall.
#[derive(Debug, Default)]
pub struct Zones {
    /// Zones.
    pub names: IndexMap<String, Span>,
    /// Pairs.
    pub pairs: Vec<ZonePair>,
    /// Class maps.
    pub classes: IndexMap<String, ClassMap>,
    /// Policy maps.
    pub policies: IndexMap<String, Vec<PolicyClass>>,
}

/// A pair of zones.
#[derive(Debug, Clone)]
pub struct ZonePair {
    /// The line.
    pub span: Span,
    /// From.
    pub source: String,
    /// To.
    pub destination: String,
    /// Policy.
    pub policy: Option<Name>,
    /// Not understood.
    pub unread: Option<Span>,
}

/// A class of inspected traffic.
#[derive(Debug, Clone)]
pub struct ClassMap {
    /// All conditions must hold.
    pub all: bool,
    /// Lists and protocols.
    pub matches: Vec<ClassMatch>,
}

/// One condition of a class.
#[derive(Debug, Clone)]
pub enum ClassMatch {
    /// An access list.
    List(Name),
    /// A protocol or application.
    Protocol(Name),
    /// Another class.
    Class(Name),
    /// Not understood.
    Unread(Span),
}

/// What a policy does with a class.
#[derive(Debug, Clone)]
pub struct PolicyClass {
    /// The class; `None` is the rest.
    pub class: Option<Name>,
    /// The line.
    pub span: Span,
    /// Inspect or pass, drop, or not understood.
    pub action: Option<bool>,
}

/// A function that may carry data.
#[derive(Debug, Clone)]
pub struct Relay {
    /// In words.
    pub what: Msg,
    /// The line.
    pub span: Span,
    /// The VRF it works in: `None` for the global table.
    pub vrf: Option<String>,
    /// Certain.
    pub certain: bool,
    /// What carries the data.
    pub carried: Carried,
}

/// Copies of frames that leave by ports of their own.
#[derive(Debug, Clone)]
pub struct Copies {
    /// VLANs that they come from.
    pub vlans: Ranges,
    /// Ports that they come from.
    pub from: Vec<String>,
    /// Ports that they leave by, and nothing else does.
    pub to: Vec<String>,
    /// The first line.
    pub span: Option<Span>,
}

impl Default for Copies {
    fn default() -> Self {
        Copies { vlans: Ranges::empty(), from: Vec::new(), to: Vec::new(), span: None }
    }
}

/// A source of time.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The VRF it is asked in: `None` for the global table.
    pub vrf: Option<String>,
    /// Its address, if it is one that is asked and has one.
    pub server: Option<IpAddr>,
    /// The line.
    pub span: Span,
}

/// A service that takes packets of this kind up and asks `server` (`None`: not known whom) by the same.
pub fn asking(service: &[(u8, u16, u16)], server: Option<IpAddr>) -> Carried {
    let kinds: Vec<(u8, Ranges)> = service
        .iter()
        .map(|(proto, low, high)| (*proto, Ranges::span(u128::from(*low), u128::from(*high))))
        .collect();
    Carried { answers: kinds.clone(), asks: kinds, servers: server.map(AddressSet::host), least: false }
}

/// A service of the device.
#[derive(Debug, Clone)]
pub struct Listener {
    /// In words.
    pub label: &'static str,
    /// IP protocol.
    pub proto: u8,
    /// Ports.
    pub port: u16,
    /// A person administers the device by it.
    pub admin: bool,
    /// It is the web server, for which it has lists of its own.
    pub web: bool,
    /// The line.
    pub span: Span,
}

/// A block of virtual terminals.
#[derive(Debug, Clone)]
pub struct Vty {
    /// Words of `transport input`.
    pub input: Option<Vec<String>>,
    /// Lists of `access-class … in`.
    pub lists: Vec<(Family, Name)>,
}
