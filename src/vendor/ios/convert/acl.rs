//! Access lists: each a chain of its own, jumped to for the interfaces that apply it and for no other.

use std::collections::BTreeSet;

use crate::model::{
    AddressSet, ChainId, DenyKind, Expr, Family, Field, IfId, Ranges, RuleSetId, RuleSetKind, State, Then,
    proto,
};
use crate::msg;
use crate::source::{Code, Msg, Span};
use crate::vendor::ios::admission;
use crate::vendor::ios::config::{
    Acl, Body, Dialect, End, End3, Entry, Interface, Name, NetworkItem, Service,
};

use super::builder::{Builder, Row};
use super::layer2;

/// A set of addresses that may not be known in full.
#[derive(Debug, Clone)]
struct Known {
    set: AddressSet,
    doubt: Option<(Span, Msg)>,
}

/// Which way filters are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// On arrival.
    In,
    /// On departure.
    Out,
}

/// The filters of every interface for one way.
pub fn filters(b: &mut Builder<'_>, way: Way) -> Option<RuleSetId> {
    let side = if way == Way::In { Field::Ingress } else { Field::Egress };
    let mut entry: Vec<Row> = Vec::new();
    let mut chains: Vec<(String, Vec<Row>, Then, Span)> = Vec::new();
    let mut made: Vec<((Family, String), ChainId)> = Vec::new();
    for (id, own) in b.layer3() {
        let bound = if way == Way::In { &own.filters_in } else { &own.filters_out };
        for family in Family::ALL {
            let lists: Vec<&Name> = bound.iter().filter(|(f, _)| *f == family).map(|(_, n)| n).collect();
            let here = Expr::all([Expr::is(side, u128::from(id.0)), Expr::family(family)]);
            let several = lists.len() > 1 && b.dialect != Dialect::Awplus;
            if let Some((place, cause)) = lists.first().and_then(|_| overridden(b, own, family, way)) {
                let label = "list of a switch port".to_owned();
                entry.push((Expr::unknown(cause, here.clone()), Then::Permit, place, label));
            }
            for name in lists {
                if several {
                    let what = msg!(
                        "two access lists for one way of an interface",
                        "1つの方向に複数のアクセスリストが適用されている"
                    );
                    b.taint(crate::model::Radius::Interface(id), name.span, what);
                }
                apply(b, name, family, &here, (&mut entry, &mut chains, &mut made));
            }
        }
    }
    if entry.is_empty() {
        return None;
    }
    let mut rows = sessions(b);
    rows.append(&mut entry);
    let place = b.whole;
    let name = if way == Way::In { "access-group in" } else { "access-group out" };
    let mut all = vec![(name.to_owned(), rows, Then::Permit, place)];
    all.append(&mut chains);
    Some(b.chains(name, RuleSetKind::Filter, all))
}

/// A list at a port of the interface's VLAN, which judges what comes in there in place of the interface's own list.
///
/// Source: Cisco, Catalyst 2960 "ACL Precedence" (15.2(4)E); ALAXALA AX2600S Configuration Guide Vol.2, 1.1.5 (one entry
/// acts, and ports come first).
fn overridden(
    b: &mut Builder<'_>,
    own: &Interface,
    family: Family,
    way: Way,
) -> Option<(Span, crate::model::CauseId)> {
    let Body::Svi(vlan) = own.body else { return None };
    let (config, dialect) = (b.config, b.dialect);
    let listed = |port: &Interface| {
        let bound = if way == Way::In { &port.filters_in } else { &port.filters_out };
        let of_packets = bound.iter().find(|(f, _)| *f == family).map(|(_, name)| name.span);
        let sent = admission::sends_lists(config, port, dialect).filter(|_| way == Way::In);
        of_packets.or(port.frames.first().copied()).or(sent)
    };
    let ports = config.interfaces.values();
    let place = ports.filter(|p| layer2::may_carry(config, p, dialect, vlan)).find_map(listed)?;
    let what = msg!(
        "a list at a port of the VLAN may judge the packet in place of the list of the VLAN's interface",
        "VLANのポートに適用されたアクセスリストが、VLANインターフェースのアクセスリストに代わって適用されることがある"
    );
    Some((place, b.unknown(place, what)))
}

type Sink<'s> =
    (&'s mut Vec<Row>, &'s mut Vec<(String, Vec<Row>, Then, Span)>, &'s mut Vec<((Family, String), ChainId)>);

fn apply(b: &mut Builder<'_>, name: &Name, family: Family, here: &Expr, (entry, chains, made): Sink<'_>) {
    let text = name.value.clone();
    let config = b.config;
    let list = config.acls.get(&(family, text.clone()));
    let label = format!("access-group {text}");
    let Some(list) = list.filter(|l| !l.entries.is_empty() || !l.unread.is_empty()) else {
        return absent(b, name, family, here, list.is_some(), entry);
    };
    let chain = match made.iter().find(|(key, _)| *key == (family, text.clone())) {
        Some((_, id)) => *id,
        None => {
            let rows = entries(b, list, family);
            let end = match list.end {
                End::Deny => Then::Deny(DenyKind::Drop),
                End::Permit => Then::Return,
            };
            let rows =
                if family == Family::V6 && list.end == End::Deny { with_discovery(rows, list) } else { rows };
            chains.push((format!("access-list {text}"), rows, end, list.name.span));
            let id = ChainId(u32::try_from(chains.len()).unwrap_or(u32::MAX));
            made.push(((family, text), id));
            id
        }
    };
    entry.push((here.clone(), Then::Jump(chain), name.span, label));
}

/// A list that nothing defines, or that has no entry.
fn absent(b: &mut Builder<'_>, name: &Name, family: Family, here: &Expr, empty: bool, entry: &mut Vec<Row>) {
    let text = &name.value;
    let what = if empty {
        msg!(
            "the access list `{text}` is applied and empty",
            "アクセスリスト「{text}」は適用されているがエントリーがない"
        )
    } else {
        msg!(
            "the access list `{text}` is applied and not defined",
            "アクセスリスト「{text}」は適用されているが定義がない"
        )
    };
    b.ledger.report(Code::UndefinedReference, name.span, what.clone());
    // IOS says what it does; the others do not.
    let certain = b.dialect == Dialect::Ios && (family == Family::V4 || empty);
    let label = format!("access-group {text}");
    if certain {
        b.device.facts.defaults.push(name.span);
        return entry.push((here.clone(), Then::Permit, name.span, label));
    }
    let cause = b.unknown(name.span, what);
    entry.push((Expr::unknown(cause, here.clone()), Then::Deny(DenyKind::Drop), name.span, label));
}

/// Neighbour discovery passes at the end of every IPv6 list that has an entry.
fn with_discovery(mut rows: Vec<Row>, list: &Acl) -> Vec<Row> {
    for kind in [136u128, 135] {
        let when = Expr::all([
            Expr::family(Family::V6),
            Expr::proto(proto::ICMPV6),
            Expr::In(Field::Icmp, Ranges::span(kind << 8, (kind << 8) | 0xFF)),
        ]);
        rows.push((when, Then::Permit, list.name.span, "implicit neighbour discovery".to_owned()));
    }
    rows
}

/// Sessions that an inspection or a reflexive entry keeps open.
fn sessions(b: &mut Builder<'_>) -> Vec<Row> {
    let Some(span) = b.config.inspects.first().copied() else { return Vec::new() };
    let what = msg!("an inspection may let answers pass", "インスペクションが戻りの通信を許可することがある");
    let cause = b.unknown(span, what);
    let when = Expr::unknown(cause, Expr::is(Field::State, State::Established.value()));
    vec![(when, Then::Permit, span, "inspection".to_owned())]
}

/// The entries of a list, in the order of their numbers.
pub fn entries(b: &mut Builder<'_>, list: &Acl, family: Family) -> Vec<Row> {
    let mut rows = Vec::new();
    let name = &list.name.value;
    if let Some(span) = list.unread.first() {
        let what = msg!(
            "entries of the access list `{name}` were taken back or replaced",
            "アクセスリスト「{name}」のエントリーが取り消され、又は置き換えられている"
        );
        let cause = b.unknown(*span, what);
        rows.push((
            Expr::unknown(cause, Expr::Any),
            Then::Unknown(cause),
            *span,
            format!("access-list {name}"),
        ));
    }
    for (at, entry) in ordered(list).into_iter().enumerate() {
        let label = match entry.sequence {
            Some(number) => format!("access-list {name} {number}"),
            None => format!("access-list {name} #{}", at + 1),
        };
        let (when, unread) = condition(b, entry, family);
        let then = match (unread, entry.permit) {
            (Some(cause), _) => Then::Unknown(cause),
            (None, true) => Then::Permit,
            (None, false) => Then::Deny(DenyKind::Drop),
        };
        rows.push((when, then, entry.span, label));
    }
    rows
}

/// Entries by number; one without a number follows the one before it. One that was not understood may have lost its
/// number: it stays where it stands.
pub fn ordered(list: &Acl) -> Vec<&Entry> {
    let mut last = 0u32;
    let mut keyed: Vec<(u32, &Entry)> = Vec::new();
    for entry in &list.entries {
        let behind = if entry.unread.is_empty() { last.saturating_add(10) } else { last };
        last = entry.sequence.unwrap_or(behind);
        keyed.push((last, entry));
    }
    keyed.sort_by_key(|(number, _)| *number);
    keyed.into_iter().map(|(_, entry)| entry).collect()
}

/// What an entry matches, and the cause if it may do anything.
pub fn condition(
    b: &mut Builder<'_>,
    entry: &Entry,
    family: Family,
) -> (Expr, Option<crate::model::CauseId>) {
    if let Some(span) = entry.unread.first() {
        let what =
            msg!("an entry of an access list was not understood", "アクセスリストのエントリーを解釈できない");
        let cause = b.unknown(*span, what);
        return (Expr::unknown(cause, Expr::Any), Some(cause));
    }
    if entry.evaluates {
        let what =
            msg!("a reflexive list lets answers pass", "リフレクシブアクセスリストが戻りの通信を許可する");
        let cause = b.unknown(entry.span, what);
        return (Expr::unknown(cause, Expr::is(Field::State, State::Established.value())), None);
    }
    let services = services(b, entry);
    let src = end(b, &entry.src, Field::Src);
    let dst = end(b, &entry.dst, Field::Dst);
    let mut when = Expr::all([Expr::family(family), src, dst, services]);
    for (span, what) in &entry.choices {
        when = Expr::unknown(b.choice(*span, what.clone()), when);
    }
    for (span, what) in &entry.ignorance {
        when = Expr::unknown(b.unknown(*span, what.clone()), when);
    }
    if entry.fragments {
        // A later fragment carries nothing by itself; whether one passes is not known.
        let what = msg!("only later fragments match", "後続フラグメントのみが一致する");
        when = if entry.permit { Expr::unknown(b.unknown(entry.span, what), when) } else { Expr::None };
    }
    if let Some(name) = &entry.time {
        when = scheduled(b, name, when);
    }
    (when, None)
}

fn scheduled(b: &mut Builder<'_>, name: &Name, when: Expr) -> Expr {
    let text = &name.value;
    match b.config.times.get(text).filter(|t| t.entries > 0 || !t.unread.is_empty()) {
        Some(range) if range.unread.is_empty() => {
            let what = msg!("the time range `{text}`", "時間範囲「{text}」");
            Expr::unknown(b.choice(range.name.span, what), when)
        }
        Some(range) => {
            let what = msg!("the time range `{text}` was not understood", "時間範囲「{text}」を解釈できない");
            Expr::unknown(b.unknown(range.name.span, what), when)
        }
        None => {
            let what = msg!("the time range `{text}` is not defined", "時間範囲「{text}」が定義されていない");
            b.ledger.report(Code::UndefinedReference, name.span, what.clone());
            Expr::unknown(b.unknown(name.span, what), when)
        }
    }
}

fn end(b: &mut Builder<'_>, end: &End3, field: Field) -> Expr {
    match end {
        End3::Any => Expr::Any,
        End3::Set(set) => set.expr(field),
        End3::Within(set, span) => {
            let what = msg!(
                "the wildcard mask has too many holes to be listed",
                "ワイルドカードマスクが複雑で展開できない"
            );
            Expr::unknown(b.unknown(*span, what), set.expr(field))
        }
        End3::Group(name) => {
            let known = network_group(b, name);
            match known.doubt {
                None => known.set.expr(field),
                // What is certain matches, anything may.
                Some((span, what)) => {
                    let cause = b.unknown(span, what);
                    Expr::any_of([known.set.expr(field), Expr::unknown(cause, Expr::Any)])
                }
            }
        }
    }
}

/// The addresses of a network group, groups inside it included.
fn network_group(b: &mut Builder<'_>, name: &Name) -> Known {
    let mut known = Known { set: AddressSet::empty(), doubt: None };
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![name.clone()];
    while let Some(next) = open.pop() {
        if !seen.insert(next.value.clone()) {
            continue;
        }
        let Some(group) = b.config.networks.get(&next.value) else {
            known.doubt.get_or_insert(undefined(b, &next));
            continue;
        };
        if group.items.is_empty() && group.groups.is_empty() && group.unread.is_empty() {
            known.doubt.get_or_insert((group.name.span, empty_group()));
        }
        for NetworkItem::Set(set) in &group.items {
            known.set = known.set.union(set);
        }
        if let Some(span) = group.unread.first() {
            known.doubt.get_or_insert((*span, unread_group()));
        }
        open.extend(group.groups.iter().cloned());
    }
    known
}

fn undefined(b: &mut Builder<'_>, name: &Name) -> (Span, Msg) {
    let text = &name.value;
    let what = msg!("`{text}` is not defined in the file", "「{text}」が設定に定義されていない");
    b.ledger.report(Code::UndefinedReference, name.span, what.clone());
    (name.span, what)
}

fn unread_group() -> Msg {
    msg!("an object group was not understood", "オブジェクトグループの一部を解釈できない")
}

fn empty_group() -> Msg {
    msg!("an object group without objects", "オブジェクトグループに要素がない")
}

fn services(b: &mut Builder<'_>, entry: &Entry) -> Expr {
    let Some(name) = &entry.group else { return Expr::any_of(entry.services.iter().map(service)) };
    let mut parts = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![name.clone()];
    while let Some(next) = open.pop() {
        if !seen.insert(next.value.clone()) {
            continue;
        }
        let config = b.config;
        let Some(group) = config.services.get(&next.value) else {
            let (span, what) = undefined(b, &next);
            parts.push(Expr::unknown(b.unknown(span, what), Expr::Any));
            continue;
        };
        if group.items.is_empty() && group.groups.is_empty() && group.unread.is_empty() {
            parts.push(Expr::unknown(b.unknown(group.name.span, empty_group()), Expr::Any));
        }
        parts.extend(group.items.iter().map(service));
        if let Some(span) = group.unread.first() {
            parts.push(Expr::unknown(b.unknown(*span, unread_group()), Expr::Any));
        }
        open.extend(group.groups.iter().cloned());
    }
    Expr::any_of(parts)
}

fn service(service: &Service) -> Expr {
    let Some(protocol) = service.protocol else { return Expr::Any };
    let protocols: &[u8] = if service.both { &[proto::TCP, proto::UDP] } else { &[protocol] };
    let mut parts = Vec::new();
    if service.both {
        parts.push(Expr::any_of(protocols.iter().map(|p| Expr::proto(*p))));
    } else {
        parts.push(Expr::proto(protocol));
    }
    for (ports, field) in [(&service.sport, Field::Sport), (&service.dport, Field::Dport)] {
        parts.extend(ports.iter().map(|set| Expr::ports(protocols, field, set.clone())));
    }
    parts.extend(service.icmp.iter().map(|set| Expr::In(Field::Icmp, set.clone())));
    parts.extend(service.flags.iter().map(|set| Expr::In(Field::TcpFlags, set.clone())));
    Expr::all(parts)
}

/// The sources that a list permits, as a condition on sources; for translations.
pub fn permitted(b: &mut Builder<'_>, name: &Name) -> Expr {
    let config = b.config;
    let Some(list) = config.acls.get(&(Family::V4, name.value.clone())) else {
        let (span, what) = undefined(b, name);
        return Expr::unknown(b.unknown(span, what), Expr::Any);
    };
    matches(b, list, Family::V4)
}

/// What a list permits, as one condition.
pub fn matches(b: &mut Builder<'_>, list: &Acl, family: Family) -> Expr {
    let mut parts = Vec::new();
    let mut earlier: Vec<Expr> = Vec::new();
    for entry in ordered(list) {
        let (when, unread) = condition(b, entry, family);
        if let Some(cause) = unread {
            // It may permit or deny whatever reaches it.
            return Expr::any_of(
                parts
                    .into_iter()
                    .map(|p: Expr| Expr::unknown(cause, p))
                    .chain([Expr::unknown(cause, Expr::Any)]),
            );
        }
        if entry.permit {
            let not = earlier.iter().cloned().map(Expr::negate);
            parts.push(Expr::all(std::iter::once(when).chain(not)));
        } else {
            earlier.push(when);
        }
    }
    Expr::all([Expr::family(family), Expr::any_of(parts)])
}

/// Filters on switch ports and VLANs: packets through a routed VLAN interface may be dropped.
pub fn port_filters(b: &mut Builder<'_>) -> Option<Vec<Row>> {
    let on_ports = b.config.interfaces.values().filter(|i| i.switched == Some(true));
    let bound = on_ports.flat_map(|i| i.filters_in.iter().chain(&i.filters_out)).map(|(_, n)| n.span);
    let spans: Vec<Span> = b.config.port_filters.iter().copied().chain(bound).collect();
    let span = *spans.first()?;
    let what = msg!(
        "a filter on switch ports or VLANs may drop the packet",
        "スイッチポート又はVLANのフィルタによりパケットが破棄されることがある"
    );
    let cause = b.unknown(span, what);
    let switched = |own: &Interface| matches!(own.body, crate::vendor::ios::config::Body::Svi(_));
    let ids: Vec<IfId> = b.layer3().into_iter().filter(|(_, own)| switched(own)).map(|(id, _)| id).collect();
    let set = Ranges::from_pairs(ids.iter().map(|id| (u128::from(id.0), u128::from(id.0))));
    if set.is_empty() {
        return None;
    }
    let touches = Expr::any_of([Expr::In(Field::Ingress, set.clone()), Expr::In(Field::Egress, set)]);
    Some(vec![(Expr::unknown(cause, touches), Then::Deny(DenyKind::Drop), span, "port filter".to_owned())])
}
