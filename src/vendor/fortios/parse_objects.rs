//! Addresses, services, schedules, virtual IPs, pools.

use crate::model::{AddressSet, Family, Ranges, proto};
use crate::source::{Span, Spanned};

use super::config::{Address, AddressBody, Pool, Schedule, Service, ServiceBody, Vip, When};
use super::node::Node;
use super::read::{Ledger, Reader};
use super::settings;
use super::value;

/// Settings of objects that only people look at.
const COSMETIC: &[&str] = &[
    "uuid",
    "comment",
    "comments",
    "description",
    "color",
    "visibility",
    "fabric-object",
    "global-object",
    "tags",
    "route-tag",
];

/// Names and where they are.
fn name(node: &Node) -> Spanned<String> {
    node.name.clone()
}

/// `config firewall address`.
pub fn address(node: &Node, ledger: &mut Ledger) -> Address {
    let mut r = Reader::new(node, ledger);
    let kind = r.word("type").map_or_else(|| "ipmask".to_owned(), |w| w.value);
    let place = r.place("type").unwrap_or(node.span());
    let subnet = r.parse("subnet", value::masked4);
    let wildcard = r.parse("wildcard", value::masked4);
    let low = r.parse("start-ip", one_v4);
    let high = r.parse("end-ip", one_v4);
    let interface = r.word("interface");
    r.inert(COSMETIC);
    // Where an object may be used, not what it stands for; and settings of the run-time kinds, which are unknown
    // whatever these say.
    r.inert(&["associated-interface", "allow-routing", "cache-ttl", "list"]);
    let body = match kind.as_str() {
        // The default of an object without a subnet is every address (NOTES.md).
        "ipmask" => AddressBody::Set(subnet.unwrap_or_else(|| AddressSet::all_of(Family::V4))),
        "iprange" => between(low, high, Family::V4, place),
        "wildcard" => AddressBody::Set(wildcard.unwrap_or_else(|| AddressSet::all_of(Family::V4))),
        "interface-subnet" => AddressBody::InterfaceSubnet(interface),
        "fqdn" | "wildcard-fqdn" => run_time(&mut r, "fqdn", place),
        "geography" => run_time(&mut r, "geography", place),
        "mac" => run_time(&mut r, "mac", place),
        "dynamic" => run_time(&mut r, "dynamic", place),
        "route-tag" => run_time(&mut r, "route-tag", place),
        _ => AddressBody::Unknown("?", place),
    };
    Address { name: name(node), body, unread: r.finish() }
}

/// Objects whose addresses are known to the running device only; their own settings do not matter here.
fn run_time(r: &mut Reader<'_>, word: &'static str, place: Span) -> AddressBody {
    r.inert_words(settings::RUN_TIME);
    r.inert_blocks(&["list", "tagging", "addr-8021x"]);
    AddressBody::Unknown(word, place)
}

/// A range; one that runs backwards cannot exist on a device.
fn between(low: Option<u128>, high: Option<u128>, family: Family, place: Span) -> AddressBody {
    let (low, high) = (low.unwrap_or(0), high.unwrap_or(0));
    if low > high {
        return AddressBody::Unknown("iprange", place);
    }
    AddressBody::Set(AddressSet::in_family(family, Ranges::span(low, high)))
}

fn one_v4(words: &[&str]) -> Option<u128> {
    match *words {
        [one] => Some(value::range(one, Family::V4)?.0),
        _ => None,
    }
}

fn one_v6(words: &[&str]) -> Option<u128> {
    match *words {
        [one] => Some(value::range(one, Family::V6)?.0),
        _ => None,
    }
}

/// `config firewall address6`.
pub fn address6(node: &Node, ledger: &mut Ledger) -> Address {
    let mut r = Reader::new(node, ledger);
    let kind = r.word("type").map_or_else(|| "ipprefix".to_owned(), |w| w.value);
    let place = r.place("type").unwrap_or(node.span());
    let prefix = r.parse("ip6", value::network6);
    let low = r.parse("start-ip", one_v6);
    let high = r.parse("end-ip", one_v6);
    r.inert(COSMETIC);
    r.inert(&["cache-ttl", "associated-interface"]);
    let body = match kind.as_str() {
        "ipprefix" => {
            AddressBody::Set(prefix.map_or_else(|| AddressSet::all_of(Family::V6), AddressSet::network))
        }
        "iprange" => between(low, high, Family::V6, place),
        "fqdn" => run_time(&mut r, "fqdn", place),
        "geography" => run_time(&mut r, "geography", place),
        "dynamic" => run_time(&mut r, "dynamic", place),
        "mac" => run_time(&mut r, "mac", place),
        "template" => {
            r.inert(&["template", "host-type", "host"]);
            r.inert_blocks(&["subnet-segment"]);
            AddressBody::Unknown("template", place)
        }
        _ => AddressBody::Unknown("?", place),
    };
    r.inert_blocks(&["tagging"]);
    Address { name: name(node), body, unread: r.finish() }
}

/// `config firewall addrgrp`, `addrgrp6`.
pub fn address_group(node: &Node, ledger: &mut Ledger) -> Address {
    let mut r = Reader::new(node, ledger);
    let members = r.names("member");
    let exclude = r.switch("exclude").unwrap_or(false);
    let excluded = r.names("exclude-member");
    r.inert(COSMETIC);
    r.inert(&["allow-routing"]);
    r.inert_blocks(&["tagging"]);
    // `category ztna-*` groups and `type folder` groups: the members still say what they stand for.
    r.inert(&["type", "category"]);
    let body = AddressBody::Group { members, excluded: if exclude { excluded } else { Vec::new() } };
    Address { name: name(node), body, unread: r.finish() }
}

/// `config firewall service custom`.
pub fn service(node: &Node, ledger: &mut Ledger) -> Service {
    let mut r = Reader::new(node, ledger);
    let protocol = r.word("protocol").map_or_else(|| "TCP/UDP/SCTP".to_owned(), |w| w.value);
    let place = r.place("protocol").unwrap_or(node.span());
    r.inert(COSMETIC);
    let helper = r.word("helper").filter(|w| !matches!(w.value.as_str(), "auto" | "disable"));
    // Timers, tracking and icons.
    r.inert(&[
        "category",
        "session-ttl",
        "tcp-halfclose-timer",
        "tcp-halfopen-timer",
        "tcp-timewait-timer",
        "tcp-rst-timer",
        "udp-idle-timer",
        "check-reset-range",
    ]);
    let body = match protocol.as_str() {
        "TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP" => ports(&mut r),
        "ICMP" => icmp(&mut r, Family::V4),
        "ICMP6" => icmp(&mut r, Family::V6),
        "IP" => ServiceBody::Protocol(r.parsed::<u8>("protocol-number").unwrap_or(0)),
        _ => {
            r.inert(&["tcp-portrange", "proxy", "explicit-proxy"]);
            ServiceBody::Unknown("proxy", place)
        }
    };
    let proxied = match body {
        ServiceBody::Unknown(..) => None,
        _ => r.unmodelled_if_on("explicit-proxy", &["disable"]).or(r.unmodelled_if_on("proxy", &["disable"])),
    };
    let body = proxied.map_or(body, |span| ServiceBody::Unknown("proxy", span));
    let _ = r.unmodelled_if_on("app-service-type", &["disable"]);
    let body = match (r.has("fqdn"), r.has("application") || r.has("app-category")) {
        (false, false) => {
            // Full output prints them with nothing in them.
            r.inert(&["fqdn", "application", "app-category"]);
            body
        }
        _ => {
            let span =
                r.place("fqdn").or(r.place("application")).or(r.place("app-category")).unwrap_or(place);
            r.inert(&["fqdn", "application", "app-category"]);
            ServiceBody::Unknown("fqdn", span)
        }
    };
    Service { name: name(node), body, helper, unread: r.finish() }
}

fn ports(r: &mut Reader<'_>) -> ServiceBody {
    let mut parts = Vec::new();
    let kinds = [
        ("tcp-portrange", proto::TCP),
        ("udp-portrange", proto::UDP),
        ("sctp-portrange", proto::SCTP),
        ("udplite-portrange", proto::UDPLITE),
    ];
    for (key, number) in kinds {
        let pairs =
            r.parse(key, |words| words.iter().map(|w| value::port_pair(w)).collect::<Option<Vec<_>>>());
        parts.extend(pairs.unwrap_or_default().into_iter().map(|(to, from)| (number, to, from)));
    }
    let to = r.parse("iprange", |words| match *words {
        ["0.0.0.0"] => Some(AddressSet::all_of(Family::V4)),
        [one] => {
            let (low, high) = value::range_or_prefix(one, Family::V4)?;
            Some(AddressSet::in_family(Family::V4, Ranges::span(low, high)))
        }
        _ => None,
    });
    ServiceBody::Ports(parts, to.filter(|t| *t != AddressSet::all_of(Family::V4)))
}

fn icmp(r: &mut Reader<'_>, family: Family) -> ServiceBody {
    let kind = r.parsed::<u8>("icmptype");
    let code = r.parsed::<u8>("icmpcode");
    ServiceBody::Icmp(family, kind, code.filter(|_| kind.is_some()))
}

/// `config firewall service group`.
pub fn service_group(node: &Node, ledger: &mut Ledger) -> Service {
    let mut r = Reader::new(node, ledger);
    let members = r.names("member");
    r.inert(COSMETIC);
    let _ = r.unmodelled_if_on("explicit-proxy", &["disable"]);
    let _ = r.unmodelled_if_on("proxy", &["disable"]);
    Service { name: name(node), body: ServiceBody::Group(members), helper: None, unread: r.finish() }
}

/// `config firewall schedule recurring`.
pub fn recurring(node: &Node, ledger: &mut Ledger) -> Schedule {
    const WEEK: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let mut r = Reader::new(node, ledger);
    let days: Vec<String> = r.list("day").iter().map(|w| w.text.clone()).collect();
    let clock = |words: &[&str]| matches!(*words, [one] if one.contains(':')).then(|| words == ["00:00"]);
    let start = r.parse("start", clock).unwrap_or(true);
    let end = r.parse("end", clock).unwrap_or(true);
    r.inert(COSMETIC);
    let when = if days.iter().any(|d| d == "none") || days.is_empty() && node.name.value == "none" {
        When::Never
    } else if days.is_empty() {
        When::NoDay
    } else if start && end && WEEK.iter().all(|d| days.iter().any(|x| x == d)) {
        When::Always
    } else {
        When::Sometimes
    };
    Schedule { span: node.span(), when, ends: None, unread: r.finish() }
}

/// `config firewall schedule onetime`.
pub fn onetime(node: &Node, ledger: &mut Ledger) -> Schedule {
    let mut r = Reader::new(node, ledger);
    let _ = r.list("start");
    // `HH:MM YYYY/MM/DD`
    let day = r.list("end").last().and_then(|w| day(&w.text));
    r.inert(COSMETIC);
    r.inert(&["expiration-days", "start-utc", "end-utc"]);
    Schedule { span: node.span(), when: When::Sometimes, ends: day, unread: r.finish() }
}

fn day(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.split('/');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// `config firewall schedule group`.
pub fn schedule_group(node: &Node, ledger: &mut Ledger) -> Schedule {
    let mut r = Reader::new(node, ledger);
    let members = r.names("member").into_iter().map(|n| n.value).collect();
    r.inert(COSMETIC);
    Schedule { span: node.span(), when: When::Group(members), ends: None, unread: r.finish() }
}

/// `config firewall vip`, `vip6`.
pub fn vip(node: &Node, family: Family, ledger: &mut Ledger) -> Vip {
    let mut r = Reader::new(node, ledger);
    let kind = r.word("type").map_or_else(|| "static-nat".to_owned(), |w| w.value);
    let kind_place = r.place("type").unwrap_or(node.span());
    let span_of = |words: &[&str]| match *words {
        [one] => value::range(one, family).map(|(a, b)| Ranges::span(a, b)),
        _ => None,
    };
    let external = r.parse("extip", span_of).unwrap_or_else(Ranges::empty);
    let mapped = r.parse("mappedip", span_of);
    let interface = r.word("extintf").filter(|w| w.value != "any");
    let forward = port_forward(&mut r);
    let sources = r.parse("src-filter", |words| {
        let pairs: Option<Vec<_>> = words.iter().map(|w| value::range_or_prefix(w, family)).collect();
        Some(AddressSet::in_family(family, Ranges::from_pairs(pairs?)))
    });
    let enabled = r.word("status").is_none_or(|w| w.value != "disable");
    let for_sources = r.switch("nat-source-vip") == Some(true);
    r.inert(COSMETIC);
    r.inert(&[
        "id",
        "arp-reply",
        "gratuitous-arp-interval",
        "ndp-reply",
        "dns-mapping-ttl",
        "ldb-method",
        "persistence",
        "monitor",
        "max-embryonic-connections",
        "weblogic-server",
        "websphere-server",
        "gslb-domain-name",
        "gslb-hostname",
        "one-click-gslb-server",
    ]);
    let mut vague = None;
    for key in [
        "service",
        "srcintf-filter",
        "extaddr",
        "mapped-addr",
        "src-vip-filter",
        "portmapping-type",
        "ipv6-mappedip",
        "ipv6-mappedport",
        "nat44",
        "nat46",
        "nat66",
        "nat64",
    ] {
        vague = vague.or(r.unmodelled_if_on(
            key,
            if key == "nat44" || key == "nat66" { &["enable"] } else { &["disable", "1-to-1"] },
        ));
    }
    // A virtual server or proxy answers itself: whatever else it says, it is a relay, and where it leads is not read.
    let server = (kind != "static-nat").then_some(kind_place);
    if server.is_some() {
        r.inert_prefix(&[
            "http",
            "ssl",
            "server-type",
            "h2-",
            "h3-",
            "quic",
            "outlook",
            "user-agent",
            "add-nat",
        ]);
        r.inert_blocks(&[
            "realservers",
            "ssl-cipher-suites",
            "ssl-server-cipher-suites",
            "gslb-public-ips",
            "quic",
        ]);
    }
    let unread = r.finish();
    Vip {
        name: name(node),
        family,
        external,
        mapped,
        interface,
        forward,
        sources,
        vague,
        server,
        for_sources,
        enabled,
        unread,
    }
}

fn port_forward(r: &mut Reader<'_>) -> Option<(u8, Ranges, Ranges)> {
    let on = r.switch("portforward").unwrap_or(false);
    let protocol = r.parse("protocol", |words| match *words {
        ["tcp"] => Some(proto::TCP),
        ["udp"] => Some(proto::UDP),
        ["sctp"] => Some(proto::SCTP),
        ["icmp"] => Some(proto::ICMP),
        _ => None,
    });
    let span_of = |words: &[&str]| match *words {
        [one] => value::ports(one).map(|(a, b)| Ranges::span(a, b)),
        _ => None,
    };
    let external = r.parse("extport", span_of);
    let mapped = r.parse("mappedport", span_of);
    let external = external.unwrap_or_else(|| Ranges::span(0, 0xFFFF));
    on.then(|| (protocol.unwrap_or(proto::TCP), external.clone(), mapped.unwrap_or(external)))
}

/// `config firewall ippool`, `ippool6`.
pub fn pool(node: &Node, family: Family, ledger: &mut Ledger) -> Pool {
    let mut r = Reader::new(node, ledger);
    let read = |words: &[&str]| match *words {
        [one] => value::range(one, family).map(|p| p.0),
        _ => None,
    };
    let (low, high) = (r.parse("startip", read), r.parse("endip", read));
    r.inert(COSMETIC);
    // How addresses and ports of the pool are handed out: a choice among the same values.
    r.inert_words(settings::POOL);
    let any_host = r.unmodelled_if_on("permit-any-host", &["disable"]);
    let vague = r.unmodelled_if_on("nat64", &["disable"]).or(r.unmodelled_if_on("nat46", &["disable"]));
    let addresses = match (low, high) {
        (Some(low), Some(high)) if vague.is_none() && low <= high => {
            Some(AddressSet::in_family(family, Ranges::span(low, high)))
        }
        _ => None,
    };
    Pool { span: node.span(), addresses, any_host, unread: r.finish() }
}
