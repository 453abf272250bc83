//! Lines, administration, and rules as their administrator sees them: what checks ask beside how packets flow.

use std::collections::BTreeSet;

use crate::model::{
    AddressSet, AdminService, Family, Line, LineKind, Logging, Ranges, RuleFact, ServiceName, proto,
};
use crate::msg;
use crate::source::Span;
use crate::vendor::ios::config::{Acl, Body, Dialect, End3, Entry, Name, NetworkItem};

use super::acl::ordered;
use super::builder::Builder;

/// Fills what the builder has not put into the facts already.
pub fn facts(b: &mut Builder<'_>) {
    let lines = lines(b);
    let admin = administration(b);
    let rules = rules(b);
    let unused = unused(b);
    let native =
        b.layer3().into_iter().filter(|(_, own)| own.native).map(|(_, own)| own.name.value.clone()).collect();
    let facts = &mut b.device.facts;
    facts.lines.extend(lines);
    facts.admin.extend(admin);
    facts.rules.extend(rules);
    facts.unused.extend(unused);
    facts.native = native;
    names(b);
}

fn lines(b: &Builder<'_>) -> Vec<Line> {
    let mut out = Vec::new();
    for (id, own) in b.layer3() {
        let name = &own.name.value;
        let interface = Some(id);
        if let Some(span) = own.dials {
            let what = msg!("`{name}` dials a provider", "「{name}」が回線に発信する");
            out.push(Line { kind: LineKind::Dialled, what, span, interface, certain: true });
        } else if own.body == Body::Tunnel {
            let dials = own.tunnel.multipoint.is_some() || !own.tunnel.peer;
            let kind = if dials { LineKind::DialIn } else { LineKind::Tunnel };
            let what = msg!("tunnel `{name}`", "トンネル「{name}」");
            out.push(Line { kind, what, span: own.name.span, interface, certain: true });
        }
        if let Some(map) = &own.crypto {
            let text = &map.value;
            let any = !b.config.dial_in.is_empty();
            let kind = if any { LineKind::DialIn } else { LineKind::Tunnel };
            let what = msg!("IPsec by the crypto map `{text}`", "暗号マップ「{text}」によるIPsec");
            out.push(Line { kind, what, span: map.span, interface, certain: true });
        }
    }
    out
}

/// The sources that a list permits, at most.
fn sources(list: &Acl) -> AddressSet {
    let mut all = AddressSet::empty();
    for entry in list.entries.iter().filter(|e| e.permit || !e.unread.is_empty()) {
        match &entry.src {
            End3::Set(set) | End3::Within(set, _) if entry.unread.is_empty() => all = all.union(set),
            _ => return everyone(),
        }
    }
    all
}

/// Whom a list admits to a service of the box: everybody of its family if there is none, or nothing in it.
fn admitted(b: &Builder<'_>, family: Family, list: Option<&Name>) -> AddressSet {
    let set = match list.and_then(|name| b.config.acls.get(&(family, name.value.clone()))) {
        Some(list) if !list.entries.is_empty() => sources(list),
        _ => AddressSet::all_of(family),
    };
    AddressSet::in_family(family, set.of(family).clone())
}

/// Who may ask the web server. A second list of a family would take the place of the first one: both are believed to
/// admit.
fn web(b: &Builder<'_>) -> AddressSet {
    let mut all = AddressSet::empty();
    for family in Family::ALL {
        let own: Vec<&Name> =
            b.config.web_lists.iter().filter(|(f, _)| *f == family).map(|(_, n)| n).collect();
        if own.is_empty() {
            all = all.union(&admitted(b, family, None));
        }
        for list in own {
            all = all.union(&admitted(b, family, Some(list)));
        }
    }
    all
}

fn everyone() -> AddressSet {
    AddressSet::all_of(Family::V4).union(&AddressSet::all_of(Family::V6))
}

/// What an administrator logs in by.
fn administration(b: &Builder<'_>) -> Vec<AdminService> {
    let mut out = Vec::new();
    let service = |label, port: u16, from| AdminService {
        label,
        proto: proto::TCP,
        ports: Ranges::one(u128::from(port)),
        at: None,
        from,
    };
    for listener in b.config.listeners.iter().filter(|l| l.admin) {
        // Its own list narrows who asks the web server (RESTCONF has another one).
        let lists = if listener.web { web(b) } else { everyone() };
        out.push(service(listener.label, listener.port, (lists != everyone()).then_some(lists)));
    }
    for (label, word, port) in [("SSH", "ssh", 22u16), ("Telnet", "telnet", 23)] {
        let open = |v: &&crate::vendor::ios::config::Vty| match &v.input {
            Some(words) => words.iter().any(|w| w == word || w == "all"),
            None => true,
        };
        // AlliedWare Plus has no protocols by line: the service is there or not.
        let off = b.dialect == Dialect::Awplus && b.config.silenced.iter().any(|s| s == word);
        let blocks: Vec<_> = b.config.vty.iter().filter(open).filter(|_| !off).collect();
        if blocks.is_empty() {
            continue;
        }
        // A block without a list lets everybody in; with one, whom the list permits. That of AX is asked about the
        // global table only.
        let counts = b.dialect != Dialect::Axs || b.vrf.is_none();
        let mut from = AddressSet::empty();
        for block in &blocks {
            for family in Family::ALL {
                let list = block.lists.iter().find(|(f, _)| *f == family && counts);
                from = from.union(&admitted(b, family, list.map(|(_, name)| name)));
            }
        }
        let from = (from != everyone()).then_some(from);
        out.push(service(label, port, from));
    }
    out.sort_by_key(|s| (s.label, s.ports.first()));
    out.dedup();
    out
}

/// Entries of lists that some interface applies.
fn rules(b: &Builder<'_>) -> Vec<RuleFact> {
    let mut applied: BTreeSet<(Family, &str)> = BTreeSet::new();
    for (_, own) in b.layer3() {
        let lists = own.filters_in.iter().chain(&own.filters_out);
        applied.extend(lists.map(|(f, n)| (*f, n.value.as_str())));
    }
    let mut out = Vec::new();
    for ((family, name), list) in &b.config.acls {
        if !applied.contains(&(*family, name.as_str())) {
            continue;
        }
        for (at, entry) in ordered(list).into_iter().enumerate().filter(|(_, e)| e.permit) {
            let number = entry.sequence.map_or_else(|| format!("#{}", at + 1), |n| n.to_string());
            let time = entry.time.as_ref().and_then(|t| b.config.times.get(&t.value));
            out.push(RuleFact {
                span: entry.span,
                label: format!("access-list {name} {number}"),
                enabled: true,
                any: anything(entry),
                logging: if entry.log { Logging::On } else { Logging::Unsaid },
                commented: entry.commented,
                ends: time.and_then(|t| t.ends),
            });
        }
    }
    out
}

fn anything(entry: &Entry) -> bool {
    let any = |e: &End3| matches!(e, End3::Any);
    any(&entry.src)
        && any(&entry.dst)
        && entry.group.is_none()
        && entry.services.iter().any(|s| s.protocol.is_none())
        && entry.time.is_none()
        && entry.unread.is_empty()
}

/// Lists and groups that nothing names.
fn unused(b: &Builder<'_>) -> Vec<(String, Span)> {
    if b.vrf.is_some() {
        return Vec::new();
    }
    let config = b.config;
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let entries = config.acls.values().flat_map(|l| &l.entries);
    for entry in entries {
        let ends = [&entry.src, &entry.dst].into_iter().filter_map(|e| match e {
            End3::Group(name) => Some(name.value.as_str()),
            _ => None,
        });
        named.extend(ends.chain(entry.group.as_ref().map(|g| g.value.as_str())));
    }
    named.extend(config.networks.values().flat_map(|g| &g.groups).map(|n| n.value.as_str()));
    named.extend(config.services.values().flat_map(|g| &g.groups).map(|n| n.value.as_str()));
    let groups = config.networks.values().map(|g| &g.name).chain(config.services.values().map(|g| &g.name));
    groups.filter(|n| !named.contains(n.value.as_str())).map(|n| (n.value.clone(), n.span)).collect()
}

/// Names of groups that stand for certain values.
fn names(b: &mut Builder<'_>) {
    let config = b.config;
    for group in
        config.networks.values().filter(|g| g.groups.is_empty() && g.unread.is_empty() && !g.items.is_empty())
    {
        let set = group.items.iter().fold(AddressSet::empty(), |all, NetworkItem::Set(one)| all.union(one));
        b.device.names.addresses.push((group.name.value.clone(), set));
    }
    for group in config.services.values().filter(|g| g.groups.is_empty() && g.unread.is_empty()) {
        let [only] = group.items.as_slice() else { continue };
        let plain = only.sport.is_none() && only.icmp.is_none() && only.flags.is_none() && !only.both;
        if let (Some(protocol), Some(ports), true) = (only.protocol, &only.dport, plain) {
            b.device.names.services.push(ServiceName {
                name: group.name.value.clone(),
                protocols: Ranges::one(u128::from(protocol)),
                ports: ports.clone(),
            });
        }
    }
}
