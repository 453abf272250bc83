//! What makes another Linux box like the one that was exported: input for `iptables-restore`, `ip -batch` and `sysctl`.
//!
//! The words of the exports are passed on as they stand, so that the tools and the kernel read them with their own
//! eyes. Only what the kernel makes by itself (the local table, link-local routes), what a tool prints but does not
//! take, and settings that reach beyond one network namespace are left out.

use std::collections::BTreeMap;

use crate::msg;
use crate::source::{FileId, Limits, LineMap, Msg, Sources, Span};
use crate::vendor::log::{self, Shell};
use crate::vendor::{Companion, VendorInput};

use super::config::Family;
use super::routes::RouteLine;
use super::{links, read_files};

/// Another box's instructions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    /// Its interfaces that are up, loopback aside.
    pub interfaces: Vec<String>,
    /// Input of `iptables-restore` and `ip6tables-restore`; `None` if there is no export.
    pub rules: [Option<String>; 2],
    /// Lines for `ip -batch`: addresses, routes, policy rules; IPv4, then IPv6.
    pub ip: [String; 2],
    /// Lines for `sysctl -p -`.
    pub sysctl: String,
    /// What is missing or was left out, so that the other box may differ.
    pub missing: Vec<Msg>,
}

/// Reads the exports of a box, which may be one terminal log.
pub fn setup(sources: &Sources, config: FileId, companions: &[(Companion, FileId)]) -> Setup {
    let mut sources = sources.clone();
    let log = log::unpack(&mut sources, config, Shell::Linux);
    let shown = log.iter().flat_map(|l| l.companions.iter().copied());
    let companions: Vec<(Companion, FileId)> = companions.iter().copied().chain(shown).collect();
    let config = log.as_ref().map_or(config, |l| l.config);
    let limits = Limits::default();
    let input = VendorInput {
        name: None,
        config,
        companions: &companions,
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    };
    let read = read_files(&input, &mut LineMap::new());
    let sources = &sources;
    let mut out = Setup { rules: rules(sources, config, &companions), ..Setup::default() };
    match &read.links {
        Some(links) => addresses(sources, links, &mut out),
        None => out.missing.push(msg!("there is no output of `ip addr`", "`ip addr` の出力がない")),
    }
    let mut tables = Numbers::default();
    for (family, all) in [Family::V4, Family::V6].into_iter().zip(&read.given.tables) {
        let Some(all) = all else {
            let name = if family == Family::V4 { "ip route" } else { "ip -6 route" };
            out.missing.push(msg!("there is no output of `{name}`", "`{name}` の出力がない"));
            continue;
        };
        for (table, routes) in all.iter().filter(|(name, _)| !matches!(name.as_str(), "local" | "255")) {
            let number = tables.of(table);
            let lines: Vec<String> = routes.iter().filter_map(|r| route(sources, r, &number)).collect();
            // A gateway is taken only where a route leads to it already.
            let (behind, direct) = lines.into_iter().partition::<Vec<_>, _>(|l| l.contains(" via "));
            push(of(&mut out.ip, family), direct.into_iter().chain(behind));
        }
    }
    for (family, all) in [Family::V4, Family::V6].into_iter().zip(&read.given.rules) {
        let spans = all.iter().flatten().map(|r| r.span);
        let lines: Vec<String> = spans.filter_map(|s| rule(sources.parse_span(s), &mut tables)).collect();
        push(of(&mut out.ip, family), lines.into_iter());
    }
    for (_, file) in companions.iter().filter(|(kind, _)| *kind == Companion::Sysctl) {
        let all = || sources.parse_text(*file).lines().filter_map(setting);
        // Writing this one changes those of all interfaces.
        push(&mut out.sysctl, all().filter(|l| l.contains("ip_forward")));
        push(&mut out.sysctl, all().filter(|l| !l.contains("ip_forward")));
    }
    if out.sysctl.is_empty() {
        out.missing.push(msg!("there is no output of `sysctl -a`", "`sysctl -a` の出力がない"));
    }
    out
}

fn of<T>([four, six]: &mut [T; 2], family: Family) -> &mut T {
    match family {
        Family::V4 => four,
        Family::V6 => six,
    }
}

fn push(to: &mut String, lines: impl Iterator<Item = String>) {
    for line in lines {
        to.push_str(&line);
        to.push('\n');
    }
}

/// The tables of each family, as `*-save` prints them: `*filter` to `COMMIT`.
fn rules(sources: &Sources, config: FileId, companions: &[(Companion, FileId)]) -> [Option<String>; 2] {
    let mut out = [None, None];
    let six = companions.iter().filter(|(kind, _)| *kind == Companion::Ipv6);
    let files = std::iter::once((Family::V4, config)).chain(six.map(|(_, file)| (Family::V6, *file)));
    for (usual, file) in files {
        let (mut family, mut inside) = (usual, false);
        for line in sources.parse_text(file).lines().map(str::trim) {
            if line.starts_with("# Generated by ip6tables") {
                family = Family::V6;
            } else if line.starts_with("# Generated by iptables") {
                family = Family::V4;
            }
            inside |= line.starts_with('*');
            if inside && !line.starts_with('#') && !line.is_empty() {
                push(of(&mut out, family).get_or_insert_default(), std::iter::once(line.to_owned()));
            }
            inside &= line != "COMMIT";
        }
    }
    out
}

fn addresses(sources: &Sources, links: &links::Links, out: &mut Setup) {
    for link in links.links.iter().filter(|l| l.kind != "loopback" && l.name.value != "lo") {
        let name = &link.name.value;
        if link.up {
            out.interfaces.push(name.clone());
        } else {
            out.missing.push(msg!(
                "interface `{name}` is down and left out",
                "インターフェース「{name}」はダウンしているため除いた"
            ));
        }
    }
    for link in links.links.iter().filter(|l| l.up) {
        for own in &link.addresses {
            let family = if own.network.is_ipv4() { Family::V4 } else { Family::V6 };
            let words: Vec<&str> = sources.parse_span(own.span).split_whitespace().collect();
            push(of(&mut out.ip, family), address(&words, &link.name.value).into_iter());
        }
    }
}

/// `inet 10.1.0.1/24 brd 10.1.0.255 scope global secondary eth0` as an argument of `ip`.
fn address(words: &[&str], interface: &str) -> Option<String> {
    let own = words.get(1)?;
    let after = |key: &str| words.iter().position(|w| *w == key).and_then(|at| words.get(at + 1));
    let scope = after("scope").copied().unwrap_or("global");
    // The kernel gives these itself.
    if scope == "host" && interface == "lo" && matches!(*own, "127.0.0.1/8" | "::1/128")
        || scope == "link" && own.contains(':')
    {
        return None;
    }
    let mut line = format!("addr add {own}");
    for key in ["peer", "brd"] {
        line.extend(after(key).map(|value| format!(" {key} {value}")));
    }
    line += &format!(" scope {scope} dev {interface}");
    if own.contains(':') {
        line += " nodad";
    }
    if words.contains(&"noprefixroute") {
        line += " noprefixroute";
    }
    Some(line)
}

/// Numbers for tables that the other box knows by name.
#[derive(Default)]
struct Numbers(BTreeMap<String, u32>);

impl Numbers {
    fn of(&mut self, name: &str) -> String {
        if matches!(name, "main" | "local" | "default") || name.bytes().all(|b| b.is_ascii_digit()) {
            return name.to_owned();
        }
        // Clear of numbers that people choose.
        let next = 0x4000_0000 + u32::try_from(self.0.len()).unwrap_or(0);
        self.0.entry(name.to_owned()).or_insert(next).to_string()
    }
}

/// Words of a route that `ip route add` takes, with how many values each has.
const ROUTE: [(&str, usize); 10] = [
    ("via", 1),
    ("dev", 1),
    ("metric", 1),
    ("src", 1),
    ("scope", 1),
    ("tos", 1),
    ("onlink", 0),
    ("nexthop", 0),
    ("weight", 1),
    ("mtu", 1),
];

const KINDS: [&str; 5] = ["blackhole", "unreachable", "prohibit", "throw", "unicast"];

/// A route as an argument of `ip`; `None` for what the kernel makes itself.
fn route(sources: &Sources, route: &RouteLine, table: &str) -> Option<String> {
    let text = whole_route(sources, route.span);
    let words: Vec<&str> = text.split_whitespace().collect();
    let made = |w: &str| matches!(w, "local" | "broadcast" | "anycast" | "multicast");
    if words.first().copied().is_some_and(made) || words.contains(&"fe80::/64") {
        return None;
    }
    // Most routes of its own the kernel has by now, but not those of addresses that say `noprefixroute`.
    let kernel = words.windows(2).any(|w| w == ["proto", "kernel"]);
    let mut line = if kernel { "route replace" } else { "route add" }.to_owned();
    let mut rest = words.iter().copied();
    let mut first = rest.next()?;
    if KINDS.contains(&first) {
        line += &format!(" {first}");
        first = rest.next()?;
    }
    line += &format!(" {first}");
    while let Some(word) = rest.next() {
        let Some((_, values)) = ROUTE.iter().find(|(w, _)| *w == word) else { continue };
        line += &format!(" {word}");
        for _ in 0..*values {
            line += &format!(" {}", rest.next()?);
        }
    }
    // A path of several hops ends the line.
    let (head, hops) = line.split_once(" nexthop").map_or((line.as_str(), None), |(h, t)| (h, Some(t)));
    Some(match hops {
        Some(hops) => format!("{head} table {table} nexthop{hops}"),
        None => format!("{head} table {table}"),
    })
}

/// A route's line and the hops below it.
fn whole_route(sources: &Sources, span: Span) -> String {
    let rest = sources.parse_text(span.file).get(span.end as usize..).unwrap_or("");
    let below = rest.lines().skip(1).take_while(|l| l.trim_start().starts_with("nexthop "));
    below.fold(sources.parse_span(span).to_owned(), |sum, hop| sum + " " + hop.trim())
}

/// `1000: from 10.2.5.0/24 lookup isp2` as an argument of `ip`; `None` for the standard rules.
fn rule(text: &str, tables: &mut Numbers) -> Option<String> {
    let (priority, rest) = text.trim().split_once(':')?;
    let mut words: Vec<String> =
        rest.split_whitespace().filter(|w| !w.starts_with('[')).map(str::to_owned).collect();
    let standard = ["local", "main", "default"].map(|t| format!("from all lookup {t}"));
    if standard.contains(&words.join(" ")) && matches!(priority, "0" | "32766" | "32767") {
        return None;
    }
    if let Some(at) = words.iter().position(|w| w == "lookup")
        && let Some(table) = words.get_mut(at + 1)
    {
        *table = tables.of(table);
    }
    // `proto static` and the like say who made it.
    if let Some(at) = words.iter().position(|w| w == "proto") {
        words.drain(at..(at + 2).min(words.len()));
    }
    Some(format!("rule add priority {priority} {}", words.join(" ")))
}

/// A line of `sysctl -a` that belongs to one network namespace and decides about packets.
fn setting(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim().replace('/', "."), value.trim());
    let words: Vec<&str> = key.splitn(4, '.').collect();
    let ours = match words.as_slice() {
        ["net", "ipv4", "ip_forward"] => true,
        ["net", "ipv4" | "ipv6", "conf", rest] => DECIDING.iter().any(|d| rest.ends_with(d)),
        ["net", "netfilter", key] => matches!(*key, "nf_conntrack_tcp_loose" | "nf_conntrack_tcp_be_liberal"),
        _ => false,
    };
    let number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    (ours && number)
        .then(|| format!("{} = {value}", line.split_once('=').map_or(key.as_str(), |(k, _)| k.trim())))
}

/// What of an interface's settings decides about packets.
const DECIDING: [&str; 10] = [
    ".forwarding",
    ".rp_filter",
    ".accept_local",
    ".route_localnet",
    ".bc_forwarding",
    ".src_valid_mark",
    ".accept_source_route",
    ".seg6_enabled",
    ".disable_ipv6",
    ".force_forwarding",
];
