//! `ip route` and `ip rule`: tables of routes and the list that chooses among them.
//!
//! Source: ip-route(8), ip-rule(8); layout of iproute2 `ip/iproute.c` and `ip/iprule.c`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::model::Ranges;
use crate::msg;
use crate::source::{Code, FileId, LineMap, LineState, Sources, Span};
use crate::syntax::shell::{self, Line, Word};

use super::config::{Family, Problem, Scope};
use super::facts::index;
use super::values;

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sends to a next hop.
    Unicast,
    /// Delivers to the device: `local`, `broadcast`, `anycast`, `multicast`.
    Local,
    /// Discards silently.
    Blackhole,
    /// Discards with an answer: `unreachable`, `prohibit`.
    Refuse,
    /// Leaves the table.
    Throw,
}

/// One next hop.
#[derive(Debug, Clone, Default)]
pub struct Hop {
    /// The gateway.
    pub via: Option<IpAddr>,
    /// The interface.
    pub dev: Option<String>,
    /// Not used at the moment of the export.
    pub dead: bool,
}

/// One route.
#[derive(Debug, Clone)]
pub struct RouteLine {
    /// Its kind.
    pub kind: Kind,
    /// Destinations.
    pub destination: Ranges,
    /// Prefix length.
    pub length: u32,
    /// Preference within one prefix: smaller wins.
    pub metric: u64,
    /// Next hops; several are a choice.
    pub hops: Vec<Hop>,
    /// It may go away or change by itself: DHCP, router advertisements, an expiry time.
    pub volatile: bool,
    /// Words that were not understood: it may lead anywhere.
    pub unread: bool,
    /// A condition besides the destination (`tos`, `from`): it may match.
    pub conditional: bool,
    /// Its line.
    pub span: Span,
    /// `10.0.0.0/8 via 10.1.1.1`
    pub label: String,
}

/// All route tables of one family by name (`main`, `500`).
pub type Tables = BTreeMap<String, Vec<RouteLine>>;

/// Reads one route file. Lines that name no table belong to the table that `unnamed` gives their family.
/// `ip route show table all` prints both families, IPv4 first: each line tells which one it is of, `family` is what the
/// file starts with.
pub fn read(
    sources: &Sources,
    file: FileId,
    (mut family, unnamed): (Family, [&str; 2]),
    both: &mut [Option<Tables>; 2],
    problems: &mut Vec<Problem>,
    lines: &mut LineMap,
) {
    let mut last: Option<(Family, String, usize)> = None;
    let mut told: Option<String> = None;
    for line in shell::lines(sources, file) {
        let first = line.words.first().map_or("", |w| w.text.as_str());
        if first.starts_with('#') || is_prompt(&line) {
            told = table_of(&line);
            lines.claim(sources, line.span, LineState::Inert);
            continue;
        }
        family = family_of(&line).unwrap_or(family);
        if first == "nexthop" {
            let owner = last
                .as_ref()
                .and_then(|(f, t, i)| both.get_mut(index(*f))?.as_mut()?.get_mut(t)?.get_mut(*i));
            let state = owner.map_or(LineState::Unrecognized, |route| next_hop(&line, route));
            lines.claim(sources, line.span, state);
            if state != LineState::Unrecognized {
                continue;
            }
        } else if let Some((table, route)) = route(
            &line,
            family,
            told.as_deref().unwrap_or(unnamed.get(index(family)).copied().unwrap_or("main")),
        ) && let Some(slot) = both.get_mut(index(family))
        {
            let state = if route.unread { LineState::Partial } else { LineState::Modelled };
            lines.claim(sources, line.span, state);
            let list = slot.get_or_insert_default().entry(table.clone()).or_default();
            list.push(route);
            last = Some((family, table, list.len() - 1));
            continue;
        }
        lines.claim(sources, line.span, LineState::Unrecognized);
        let message = msg!("a route that could not be read", "解釈できない経路の行");
        problems.push(Problem {
            code: Code::UnknownStatement,
            span: line.span,
            message,
            scope: Scope::Device,
        });
    }
}

/// The family that a route line shows: by its prefix, the gateway of a default route, or a word of IPv6 only.
fn family_of(line: &Line) -> Option<Family> {
    let of = |text: &str| {
        let address = text.split('/').next().unwrap_or(text);
        match (address.contains(':'), address.starts_with(|c: char| c.is_ascii_digit())) {
            (true, _) => Some(Family::V6),
            (false, true) => Some(Family::V4),
            (false, false) => None,
        }
    };
    let mut words = line.words.iter().map(|w| w.text.as_str()).skip_while(|w| kind(w).is_some());
    let prefix = words.next()?;
    if prefix == "nexthop" {
        return None;
    }
    // `via inet6 ADDRESS` stands in routes of the other family.
    let gateway = super::links::after(&line.words, "via").and_then(|w| of(&w.text));
    let preference = words.any(|w| w == "pref").then_some(Family::V6);
    if prefix == "default" { gateway.or(preference) } else { of(prefix) }
}

/// The word for a kind of route.
fn kind(word: &str) -> Option<Kind> {
    match word {
        "unicast" => Some(Kind::Unicast),
        "local" | "broadcast" | "anycast" | "multicast" => Some(Kind::Local),
        "blackhole" => Some(Kind::Blackhole),
        "unreachable" | "prohibit" => Some(Kind::Refuse),
        "throw" => Some(Kind::Throw),
        _ => None,
    }
}

/// Drops the routes that an earlier file showed already; the table `unnamed` may be `main` once more.
pub fn forget_repeated(tables: &mut Tables, unnamed: &str) {
    let key = |r: &RouteLine| {
        format!("{:?}", (r.kind, &r.destination, r.metric, &r.hops, r.volatile, r.unread, r.conditional))
    };
    let main: BTreeSet<String> = tables.get("main").into_iter().flatten().map(key).collect();
    if tables.get(unnamed).is_some_and(|t| t.iter().all(|r| main.contains(&key(r)))) {
        tables.remove(unnamed);
    }
    for routes in tables.values_mut() {
        let mut seen = BTreeSet::new();
        routes.retain(|r| seen.insert(key(r)));
    }
}

/// `admin@SV-01:~$ ip route`, `[root@SV-01 ~]# ip route`.
fn is_prompt(line: &Line) -> bool {
    let mut words = line.words.iter().map(|w| w.text.as_str());
    let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let signs = ['#', '$', '>'];
    first.contains('@') && (first.contains(signs) || first.starts_with('[') && second.ends_with(signs))
}

/// The table whose routes the command behind a prompt shows. The lines themselves do not say it.
fn table_of(line: &Line) -> Option<String> {
    let named = |w: &&str| !w.is_empty() && "table".starts_with(*w);
    let words: Vec<&str> =
        line.words.iter().map(|w| w.text.as_str()).skip_while(|w| !named(w)).skip(1).collect();
    let ends = |w: &&str| w.contains(['|', '>', '<', ';', '&']);
    let own: Vec<&str> = words.iter().copied().take_while(|w| !ends(w)).collect();
    match own.as_slice() {
        [] if words.is_empty() => None,
        ["all" | "main" | "254"] => None,
        // More words than a name: no rule asks for a table of that name.
        [] => Some(words.join(" ")),
        own => Some(own.join(" ")),
    }
}

fn next_hop(line: &Line, route: &mut RouteLine) -> LineState {
    let mut words = line.words.iter().skip(1).peekable();
    let mut hop = Hop::default();
    let known = attributes(&mut words, &mut hop, route);
    route.hops.push(hop);
    route.unread |= !known;
    if known { LineState::Modelled } else { LineState::Partial }
}

fn route(line: &Line, family: Family, unnamed: &str) -> Option<(String, RouteLine)> {
    let mut words = line.words.iter().peekable();
    let kind = kind(&words.peek()?.text);
    if kind.is_some() {
        words.next();
    }
    let prefix = words.next()?;
    let (destination, length) = destination(family, &prefix.text)?;
    let mut route = RouteLine {
        kind: kind.unwrap_or(Kind::Unicast),
        destination,
        length,
        metric: if family == Family::V6 { 1024 } else { 0 },
        hops: Vec::new(),
        volatile: false,
        unread: false,
        conditional: false,
        span: line.span,
        label: prefix.text.clone(),
    };
    let mut hop = Hop::default();
    route.unread = !attributes(&mut words, &mut hop, &mut route);
    if hop.via.is_some() || hop.dev.is_some() {
        route.hops.push(hop);
    }
    let table = super::links::after(&line.words, "table").map_or(unnamed, |w| w.text.as_str());
    Some((if table == "254" { "main" } else { table }.to_owned(), route))
}

fn destination(family: Family, text: &str) -> Option<(Ranges, u32)> {
    let width = if family == Family::V4 { 32 } else { 128 };
    if text == "default" {
        return Some((Ranges::full(values::max_address(family)), 0));
    }
    let length = text.split_once('/').map_or(Some(width), |(_, l)| l.parse().ok())?;
    // Older versions leave trailing zero octets out: `10/8`, `192.168.1/24`.
    let mut full = text.split('/').next().unwrap_or(text).to_owned();
    while family == Family::V4 && full.matches('.').count() < 3 && text.contains('/') {
        full.push_str(".0");
    }
    (length <= width).then_some(())?;
    Some((values::addresses(family, &format!("{full}/{length}"))?, length))
}

/// Reads the words after the prefix; `false` if one is not known.
fn attributes<'a>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'a Word>>,
    hop: &mut Hop,
    route: &mut RouteLine,
) -> bool {
    let mut known = true;
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "via" => {
                if words.peek().is_some_and(|w| matches!(w.text.as_str(), "inet" | "inet6")) {
                    words.next();
                }
                hop.via = words.next().and_then(|w| w.text.parse().ok());
                known &= hop.via.is_some();
                if let Some(via) = hop.via {
                    route.label.push_str(&format!(" via {via}"));
                }
            }
            "dev" => hop.dev = words.next().map(|w| w.text.clone()),
            "metric" | "priority" | "preference" => match words.next().and_then(|w| w.text.parse().ok()) {
                Some(metric) => route.metric = metric,
                None => known = false,
            },
            "proto" | "protocol" => {
                route.volatile |= words.next().is_none_or(|w| matches!(w.text.as_str(), "dhcp" | "ra"));
            }
            "expires" => {
                route.volatile = true;
                words.next();
            }
            "from" | "tos" | "dsfield" => {
                route.conditional = true;
                words.next();
            }
            "dead" => hop.dead = true,
            "linkdown" | "onlink" | "pervasive" | "offload" | "rt_offload" | "trap" | "rt_trap"
            | "notify" | "cache" | "unresolved" => {}
            "table" | "scope" | "src" | "mtu" | "advmss" | "error" | "pref" | "weight" | "hoplimit"
            | "window" | "rtt" | "rttvar" | "rto_min" | "ssthresh" | "cwnd" | "initcwnd" | "initrwnd"
            | "reordering" | "realm" | "realms" | "features" | "quickack" | "congctl" | "nhid"
            | "fastopen_no_cookie" | "users" | "age" => {
                if words.peek().is_some_and(|w| w.text == "lock") {
                    words.next();
                }
                known &= words.next().is_some();
            }
            _ => known = false,
        }
    }
    known
}

/// What a policy rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Looks into a table.
    Lookup(String),
    /// Discards.
    Discard,
    /// Not understood.
    Unread,
    /// Nothing.
    Nothing,
}

/// One line of `ip rule`.
#[derive(Debug, Clone)]
pub struct PolicyLine {
    /// Order.
    pub priority: u64,
    /// `not`
    pub negated: bool,
    /// `from PREFIX`
    pub from: Option<Ranges>,
    /// `to PREFIX`
    pub to: Option<Ranges>,
    /// `iif NAME`
    pub iif: Option<String>,
    /// `fwmark V/M`
    pub mark: Option<(u32, u32)>,
    /// A selector that is not modelled (`tos`, `uidrange`, `oif`, ports).
    pub conditional: bool,
    /// Routes with at most this prefix length do not count.
    pub suppress: Option<u32>,
    /// What it does.
    pub action: Action,
    /// Its line.
    pub span: Span,
}

impl PolicyLine {
    /// A rule after all others that may match and do anything: what a list may have lost.
    pub fn unread(span: Span) -> PolicyLine {
        PolicyLine {
            priority: u64::MAX,
            negated: false,
            from: None,
            to: None,
            iif: None,
            mark: None,
            conditional: false,
            suppress: None,
            action: Action::Unread,
            span,
        }
    }

    /// Whether it takes every packet.
    pub fn takes_all(&self) -> bool {
        let selects = self.from.is_some() || self.to.is_some() || self.iif.is_some() || self.mark.is_some();
        !selects && !self.negated && !self.conditional && self.suppress.is_none()
    }

    /// Whether every packet that comes so far is looked up in the table `main`.
    pub fn is_main(&self) -> bool {
        self.takes_all() && self.action == Action::Lookup("main".to_owned())
    }
}

/// Reads `ip rule`. A line that cannot be read stays as a rule that may do anything.
pub fn read_rules(sources: &Sources, file: FileId, family: Family, lines: &mut LineMap) -> Vec<PolicyLine> {
    let mut out = Vec::new();
    for line in shell::lines(sources, file) {
        let first = line.words.first().map_or("", |w| w.text.as_str());
        if first.starts_with('#') || is_prompt(&line) {
            lines.claim(sources, line.span, LineState::Inert);
            continue;
        }
        let rule = policy(&line, family);
        let state = match rule.action {
            Action::Unread => LineState::Unrecognized,
            _ if rule.conditional => LineState::Partial,
            _ => LineState::Modelled,
        };
        lines.claim(sources, line.span, state);
        out.push(rule);
    }
    out.sort_by_key(|r| r.priority);
    out
}

fn policy(line: &Line, family: Family) -> PolicyLine {
    let mut words = line.words.iter();
    let priority = words.next().and_then(|w| w.text.strip_suffix(':')).and_then(|p| p.parse().ok());
    // What cannot be read may come first.
    let mut rule = PolicyLine { priority: priority.unwrap_or(0), ..PolicyLine::unread(line.span) };
    let mut readable = priority.is_some();
    while let Some(word) = words.next() {
        let key = word.text.as_str();
        let mut value = || words.next().map_or("", |w| w.text.as_str());
        match key {
            "not" => rule.negated = true,
            "from" | "to" => {
                let prefix = value();
                let ranges = if prefix == "all" { None } else { Some(values::addresses(family, prefix)) };
                readable &= ranges != Some(None);
                let slot = if key == "from" { &mut rule.from } else { &mut rule.to };
                *slot = ranges.flatten();
            }
            "iif" | "dev" => rule.iif = Some(value().to_owned()),
            "fwmark" => {
                rule.mark = values::mark(value());
                readable &= rule.mark.is_some();
            }
            "lookup" | "table" => {
                let table = value();
                rule.action = Action::Lookup(if table == "254" { "main" } else { table }.to_owned());
            }
            "suppress_prefixlength" => {
                rule.suppress = value().parse().ok();
                readable &= rule.suppress.is_some();
            }
            "blackhole" | "unreachable" | "prohibit" => rule.action = Action::Discard,
            "nop" => rule.action = Action::Nothing,
            "proto" | "protocol" | "realms" => {
                value();
            }
            "tos" | "dsfield" | "oif" | "uidrange" | "ipproto" | "sport" | "dport" | "tun_id" => {
                rule.conditional = true;
                value();
            }
            _ => readable = false,
        }
    }
    if !readable {
        rule.action = Action::Unread;
    }
    rule
}
