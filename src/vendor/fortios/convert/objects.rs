//! What names of addresses, services and schedules stand for.

use std::collections::BTreeMap;

use crate::model::{AddressSet, CauseId, Expr, Family, Field, Names, Ranges, ServiceName, proto};
use crate::msg;
use crate::source::{Code, Span};
use crate::vendor::fortios::config::{Address, AddressBody, Name, Schedule, Service, ServiceBody, When};
use crate::vendor::fortios::defaults;

use super::builder::Builder;
use super::own_networks;

/// Deepest nesting of groups that is followed.
const DEEPEST: usize = 64;

/// Addresses of one family: certain ones, and possible ones with the reason.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// Certain.
    pub known: Ranges,
    /// Possible, each within its bound.
    pub maybe: Vec<(CauseId, Ranges)>,
}

impl Resolved {
    fn of(known: Ranges) -> Self {
        Resolved { known, maybe: Vec::new() }
    }
    fn only(cause: CauseId, family: Family) -> Self {
        Resolved { known: Ranges::empty(), maybe: vec![(cause, Ranges::full(family.max_address()))] }
    }
    fn add(&mut self, other: &Resolved) {
        self.known = self.known.union(&other.known);
        for part in &other.maybe {
            if !self.maybe.contains(part) {
                self.maybe.push(part.clone());
            }
        }
    }
    /// must(G\E) = must(G)\may(E), may(G\E) = may(G)\must(E).
    fn without(&self, out: &Resolved) -> Resolved {
        let possible = out.maybe.iter().fold(out.known.clone(), |all, (_, r)| all.union(r));
        let mut maybe: Vec<_> = self.maybe.iter().map(|(c, r)| (*c, r.minus(&out.known))).collect();
        maybe.extend(out.maybe.iter().map(|(c, r)| (*c, self.known.intersection(r).minus(&out.known))));
        maybe.retain(|(_, r)| !r.is_empty());
        Resolved { known: self.known.minus(&possible), maybe }
    }
    /// Whether it is certainly every address of the family.
    pub fn is_all(&self, family: Family) -> bool {
        self.known == Ranges::full(family.max_address())
    }
    /// "`field` is one of these"; the family is tested elsewhere.
    pub fn expr(&self, family: Family, field: Field) -> Expr {
        let test = |r: &Ranges| {
            if *r == Ranges::full(family.max_address()) {
                Expr::Any
            } else if r.is_empty() {
                Expr::None
            } else {
                Expr::In(field, r.clone())
            }
        };
        let unsure = self.maybe.iter().map(|(c, r)| Expr::unknown(*c, test(r)));
        Expr::any_of(std::iter::once(test(&self.known)).chain(unsure))
    }
}

impl Builder<'_> {
    /// The addresses of several names together.
    pub fn addresses(&mut self, names: &[Name], family: Family) -> Resolved {
        let mut sum = Resolved::default();
        for name in names {
            sum.add(&self.address(name, family, 0));
        }
        sum
    }

    fn address(&mut self, name: &Name, family: Family, depth: usize) -> Resolved {
        let key = (family, name.value.clone());
        if let Some(found) = self.addresses.get(&key) {
            return found.clone();
        }
        let table = if family == Family::V4 { &self.vdom.addresses } else { &self.vdom.addresses6 };
        let resolved = match table.get(&name.value).filter(|a| !a.name.value.contains('\u{FFFD}')) {
            Some(object) if !self.open.insert((family.value(), name.value.clone())) => {
                Resolved::only(self.cycle(object.name.span), family)
            }
            Some(object) => {
                let resolved = self.object(object, family, depth);
                self.open.remove(&(family.value(), name.value.clone()));
                resolved
            }
            None => match name.value.as_str() {
                // Every device has these two; an excerpt need not show them.
                "all" => Resolved::of(Ranges::full(family.max_address())),
                "none" => Resolved::of(Ranges::one(0)),
                _ => Resolved::only(self.undefined(name), family),
            },
        };
        self.addresses.insert(key, resolved.clone());
        resolved
    }

    fn object(&mut self, object: &Address, family: Family, depth: usize) -> Resolved {
        if let Some(span) = object.unread.first() {
            let what = msg!("an address object was not understood", "アドレスオブジェクトを解釈できない");
            return Resolved::only(self.unknown(*span, what), family);
        }
        match &object.body {
            AddressBody::Set(set) => Resolved::of(set.of(family).clone()),
            AddressBody::InterfaceSubnet(interface) => {
                self.interface_subnet(interface.as_ref(), object.name.span, family)
            }
            AddressBody::Unknown(word, span) => {
                let what = msg!(
                    "addresses of type {word} are known to the device only",
                    "{word} 型のアドレスは機器の内部でのみ定まる"
                );
                Resolved::only(self.unknown(*span, what), family)
            }
            AddressBody::Group { .. } if depth >= DEEPEST => {
                let what = msg!("groups are nested too deep", "グループの入れ子が深すぎる");
                Resolved::only(self.unknown(object.name.span, what), family)
            }
            AddressBody::Group { members, excluded } => {
                let mut sum = Resolved::default();
                for member in members {
                    sum.add(&self.address(member, family, depth + 1));
                }
                let mut out = Resolved::default();
                for member in excluded {
                    out.add(&self.address(member, family, depth + 1));
                }
                sum.without(&out)
            }
        }
    }

    fn interface_subnet(&mut self, interface: Option<&Name>, span: Span, family: Family) -> Resolved {
        let own = interface.and_then(|n| self.vdom.interfaces.get(&n.value)).filter(|i| i.leased.is_empty());
        let first = own.and_then(|i| own_networks(i, family).next());
        match first {
            Some((network, _)) => Resolved::of(AddressSet::network(network).of(family).clone()),
            None => {
                let what = msg!(
                    "the subnet of an interface is not known",
                    "インターフェースのサブネットが不明である"
                );
                Resolved::only(self.unknown(span, what), family)
            }
        }
    }

    /// What the objects in use are called, where it is certain what they stand for.
    pub fn known_names(&self) -> Names {
        let clean = |name: &str| !name.contains('\u{FFFD}');
        let tables = [(Family::V4, &self.vdom.addresses), (Family::V6, &self.vdom.addresses6)];
        let objects = tables.into_iter().flat_map(|(f, table)| table.keys().map(move |name| (f, name)));
        let addresses = objects.filter_map(|(family, name)| {
            let found = self.addresses.get(&(family, name.clone()))?;
            let told = found.maybe.is_empty() && !found.known.is_empty() && !found.is_all(family);
            (told && clean(name)).then(|| (name.clone(), AddressSet::in_family(family, found.known.clone())))
        });
        let services = self.vdom.services.values().filter(|s| s.unread.is_empty() && clean(&s.name.value));
        Names { addresses: addresses.collect(), services: services.filter_map(service_name).collect() }
    }

    fn cycle(&mut self, span: Span) -> CauseId {
        let what = msg!(
            "the group contains itself, or is nested too deep",
            "グループが自分自身を含むか、入れ子が深すぎる"
        );
        self.ledger.report(Code::ReferenceCycle, span, what.clone());
        self.unknown(span, what)
    }

    /// "The packet belongs to one of these services." Each service counts once, however many groups reach it.
    pub fn services(&mut self, names: &[Name]) -> Expr {
        let mut leaves = BTreeMap::new();
        for name in names {
            leaves.extend(self.leaves(name, 0));
        }
        Expr::any_of(leaves.into_iter().map(|(name, span)| self.service(&Name::new(name, span))))
    }

    /// The services that a name reaches; a group among them is one that could not be followed.
    fn leaves(&mut self, name: &Name, depth: usize) -> BTreeMap<String, Span> {
        if let Some(found) = self.services.get(&name.value) {
            return found.clone();
        }
        let vdom = self.vdom;
        let members = match vdom.services.get(&name.value) {
            Some(Service { body: ServiceBody::Group(members), unread, .. }) if unread.is_empty() => members,
            _ => return BTreeMap::from([(name.value.clone(), name.span)]),
        };
        // 2 is no family: services share the set of names that are being resolved.
        if depth >= DEEPEST || !self.open.insert((2, name.value.clone())) {
            return BTreeMap::from([(name.value.clone(), name.span)]);
        }
        let mut leaves = BTreeMap::new();
        for member in members {
            leaves.extend(self.leaves(member, depth + 1));
        }
        self.open.remove(&(2, name.value.clone()));
        self.services.insert(name.value.clone(), leaves.clone());
        leaves
    }

    fn service(&mut self, name: &Name) -> Expr {
        if let Some(service) = self.vdom.services.get(&name.value) {
            return self.service_object(service);
        }
        match predefined(&name.value) {
            Some(expr) => {
                self.predefined |= name.value != "ALL";
                expr
            }
            None => Expr::unknown(self.undefined(name), Expr::Any),
        }
    }

    fn service_object(&mut self, service: &Service) -> Expr {
        if let Some(span) = service.unread.first() {
            let what = msg!("a service was not understood", "サービスを解釈できない");
            return Expr::unknown(self.unknown(*span, what), Expr::Any);
        }
        match &service.body {
            ServiceBody::Ports(parts, to) if parts.is_empty() => {
                let _ = to;
                let what = msg!("a service without ports", "ポートのないサービス");
                self.ledger.report(Code::BadValue, service.name.span, what.clone());
                Expr::unknown(self.unknown(service.name.span, what), Expr::Any)
            }
            ServiceBody::Ports(parts, to) => {
                let one = |(number, to, from): &(u8, Ranges, Ranges)| {
                    let from = if *from == Ranges::full(0xFFFF) {
                        Expr::Any
                    } else {
                        Expr::In(Field::Sport, from.clone())
                    };
                    Expr::all([Expr::ports(&[*number], Field::Dport, to.clone()), from])
                };
                let ports = Expr::any_of(parts.iter().map(one));
                Expr::all([ports, to.as_ref().map_or(Expr::Any, |set| set.expr(Field::Dst))])
            }
            ServiceBody::Icmp(family, kind, code) => icmp(*family, *kind, *code),
            ServiceBody::Protocol(0) => Expr::Any,
            ServiceBody::Protocol(number) => Expr::proto(*number),
            ServiceBody::Unknown(word, span) => {
                let what = msg!(
                    "a service of type {word} is known to the device only",
                    "{word} 型のサービスは機器の内部でのみ定まる"
                );
                Expr::unknown(self.unknown(*span, what), Expr::Any)
            }
            ServiceBody::Group(_) => Expr::unknown(self.cycle(service.name.span), Expr::Any),
        }
    }

    /// "The schedule is active": certain, never, a choice of the moment, or not known.
    pub fn schedule(&mut self, name: Option<&Name>) -> Expr {
        let Some(name) = name else { return Expr::Any };
        let vdom = self.vdom;
        // A group is active when any schedule it reaches is; a name met again adds nothing.
        let mut seen = std::collections::BTreeSet::from([name.value.clone()]);
        let mut queue = std::collections::VecDeque::from([name.clone()]);
        let mut parts = Vec::new();
        while let Some(name) = queue.pop_front() {
            match vdom.schedules.get(&name.value) {
                Some(Schedule { span, when: When::Group(members), unread, .. }) if unread.is_empty() => {
                    let new = members.iter().filter(|m| seen.insert((*m).clone()));
                    queue.extend(new.map(|m| Name::new(m.clone(), *span)));
                }
                found => parts.push(self.one_schedule(&name, found)),
            }
        }
        Expr::any_of(parts)
    }

    fn one_schedule(&mut self, name: &Name, schedule: Option<&Schedule>) -> Expr {
        let Some(schedule) = schedule else {
            return match name.value.as_str() {
                "always" => Expr::Any,
                "none" => Expr::None,
                _ => Expr::unknown(self.undefined(name), Expr::Any),
            };
        };
        if let Some(span) = schedule.unread.first() {
            let what = msg!("a schedule was not understood", "スケジュールを解釈できない");
            return Expr::unknown(self.unknown(*span, what), Expr::Any);
        }
        match &schedule.when {
            When::Always => Expr::Any,
            When::Never | When::Group(_) => Expr::None,
            When::NoDay if self.version.is_some_and(|v| v.days_default_to_none()) => Expr::None,
            When::NoDay => {
                let what = msg!(
                    "on which days a schedule without `day` is active in this release",
                    "曜日(`day`)の指定がないスケジュールが、このリリースで有効となる曜日"
                );
                Expr::unknown(self.unknown(schedule.span, what), Expr::Any)
            }
            When::Sometimes => {
                let text = &name.value;
                let what = msg!("while schedule `{text}` is active", "スケジュール「{text}」が有効な間");
                Expr::unknown(self.choice(schedule.span, what), Expr::Any)
            }
        }
    }
}

/// A service as a name, where it is so many ports of so many protocols and nothing else.
fn service_name(service: &Service) -> Option<ServiceName> {
    let (protocols, ports) = match &service.body {
        ServiceBody::Ports(parts, None) => {
            let (_, ports, _) = parts.first()?;
            let alike = |(_, to, from): &(u8, Ranges, Ranges)| to == ports && *from == Ranges::full(0xFFFF);
            parts.iter().all(alike).then_some(())?;
            let numbers = parts.iter().map(|(number, ..)| (u128::from(*number), u128::from(*number)));
            (Ranges::from_pairs(numbers), ports.clone())
        }
        // 0 is every protocol.
        ServiceBody::Protocol(number) if *number != 0 => {
            (Ranges::one(u128::from(*number)), Ranges::full(0xFFFF))
        }
        _ => return None,
    };
    Some(ServiceName { name: service.name.value.clone(), protocols, ports })
}

fn icmp(family: Family, kind: Option<u8>, code: Option<u8>) -> Expr {
    let number = if family == Family::V4 { proto::ICMP } else { proto::ICMPV6 };
    let types = match (kind, code) {
        (None, _) => Expr::Any,
        (Some(kind), None) => {
            Expr::In(Field::Icmp, Ranges::span(u128::from(kind) << 8, u128::from(kind) << 8 | 0xFF))
        }
        (Some(kind), Some(code)) => Expr::is(Field::Icmp, u128::from(kind) << 8 | u128::from(code)),
    };
    Expr::all([Expr::family(family), Expr::proto(number), types])
}

/// Services that every device has from the factory.
fn predefined(name: &str) -> Option<Expr> {
    match name {
        "ALL" => return Some(Expr::Any),
        "ALL_ICMP" => return Some(icmp(Family::V4, None, None)),
        "ALL_ICMP6" => return Some(icmp(Family::V6, None, None)),
        "PING" => return Some(icmp(Family::V4, Some(8), None)),
        "PING6" => return Some(icmp(Family::V6, Some(128), None)),
        "GRE" => return Some(Expr::proto(47)),
        "ESP" => return Some(Expr::proto(50)),
        "AH" => return Some(Expr::proto(51)),
        "OSPF" => return Some(Expr::proto(89)),
        _ => {}
    }
    let (_, sockets) = defaults::PREDEFINED.iter().find(|(n, _)| *n == name)?;
    let one = |(number, low, high): &(u8, u16, u16)| {
        Expr::ports(&[*number], Field::Dport, Ranges::span(u128::from(*low), u128::from(*high)))
    };
    Some(Expr::any_of(sockets.iter().map(one)))
}
