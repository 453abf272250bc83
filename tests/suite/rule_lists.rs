//! Generated rule lists: small random ones for the property tests, large ones for the benchmarks.
use bunri::model::*;
use bunri::source::{Limits, SitePath, Sources, Span, Spanned};

/// SplitMix64.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True in `n` of a hundred cases.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Small indices often, large ones rarely.
    pub fn skewed(&mut self, n: usize) -> usize {
        let u = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((n as f64).powf(u) as usize).clamp(1, n) - 1
    }
}

/// A place for generated rules, which have none.
pub fn span() -> Span {
    let mut sources = Sources::default();
    let file = sources.add(SitePath::new("generated").unwrap(), b"x", &Limits::default()).unwrap();
    Span { file, start: 0, end: 1 }
}

pub fn rule(id: usize, when: Expr, then: Then, span: Span) -> Rule {
    Rule { id: RuleId(id as u32), when, then, span, label: String::new() }
}

pub fn rule_set(kind: RuleSetKind, chains: Vec<(Vec<Rule>, Then)>, span: Span) -> RuleSet {
    let chains = chains.into_iter().enumerate().map(|(i, (rules, end))| Chain {
        name: Spanned::new(format!("c{i}"), span),
        rules,
        end: Spanned::new(end, span),
    });
    RuleSet { name: "generated".into(), kind, chains: chains.collect(), entry: ChainId(0) }
}

/// The causes of small lists: odd ones are choices.
pub fn small_causes(span: Span) -> Vec<Cause> {
    let kind = |i| if i % 2 == 1 { CauseKind::Condition } else { CauseKind::Unknown };
    let what = || bunri::msg!("generated", "生成");
    (0..6).map(|i| Cause { kind: kind(i), what: what(), span }).collect()
}

const EDGES: [u128; 8] = [0, 1, 9, 10, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, u128::MAX];

fn small_test(g: &mut Rng) -> Expr {
    let (family, list): (Option<Family>, &[u128]) = match g.below(3) {
        0 => (Some(Family::V4), &EDGES[..6]),
        1 => (Some(Family::V6), &EDGES),
        _ => (None, &[0, 1, 2, 5, 6, 7, 16, 17, 18, 58]),
    };
    let (a, b) = (g.of(list), g.of(list));
    let field = match family {
        Some(_) => g.of(&[Field::Src, Field::Dst]),
        None => {
            g.of(&[Field::Proto, Field::Dport, Field::Sport, Field::TcpFlags, Field::Ingress, Field::State])
        }
    };
    let test = Expr::In(field, Ranges::span(a.min(b), a.max(b)));
    match family {
        Some(f) if g.percent(80) => Expr::all([Expr::family(f), test]),
        _ => test,
    }
}

fn small_expr(g: &mut Rng, depth: usize) -> Expr {
    let parts = |g: &mut Rng| (0..g.below(3) + 1).map(|_| small_expr(g, depth + 1)).collect();
    match g.below(if depth > 2 { 5 } else { 10 }) {
        0..=3 => small_test(g),
        4 if g.percent(75) => Expr::Any,
        4 => Expr::None,
        5 | 6 => Expr::All(parts(g)),
        7 => Expr::Or(parts(g)),
        8 => Expr::Not(Box::new(small_expr(g, depth + 1))),
        _ => Expr::unknown(CauseId(g.below(6) as u32), small_expr(g, depth + 1)),
    }
}

/// Nested chains with every kind of rule; chains jump only to later ones.
pub fn small_rule_set(g: &mut Rng, kind: RuleSetKind, span: Span) -> RuleSet {
    let count = g.below(5) + 1;
    let mut id = 0;
    let mut chains = vec![];
    for c in 0..count {
        let then = |g: &mut Rng| {
            let later = (c + 1 < count).then(|| ChainId((c + 1 + g.below(count - c - 1)) as u32));
            match (g.below(9), later) {
                (0..=1, _) => Then::Permit,
                (2..=3, _) => Then::Deny(g.of(&[DenyKind::Drop, DenyKind::Reject])),
                (4, _) => Then::Return,
                (5 | 6, Some(id)) => Then::Jump(id),
                (7, Some(id)) => Then::Goto(id),
                _ => match kind {
                    RuleSetKind::Filter => g.of(&[Then::Fall, Then::Unknown(CauseId(2))]),
                    RuleSetKind::Translate => Then::Nat(NatId(g.below(3) as u32)),
                    RuleSetKind::Route => Then::Route(RouteId(g.below(3) as u32)),
                    RuleSetKind::Mark => Then::Mark(g.below(3) as u32),
                },
            }
        };
        let mut rules = vec![];
        for _ in 0..g.below(8) {
            let (when, then) = (small_expr(g, 0), then(g));
            rules.push(rule(id, when, then, span));
            id += 1;
        }
        let end = if g.percent(70) { Then::Fall } else { then(g) };
        chains.push((rules, end));
    }
    rule_set(kind, chains, span)
}

/// A packet near the edges that the small lists use; well-formed only as far as addresses go.
pub fn small_point(g: &mut Rng) -> [u128; 13] {
    let family = g.of(&Family::ALL);
    Field::ALL.map(|field| match field {
        Field::Family => family.value(),
        Field::Src | Field::Dst => {
            let near = g.of(&EDGES).wrapping_add(g.of(&[0, 0, 1, u128::MAX]));
            if family == Family::V4 { near & 0xFFFF_FFFF } else { near }
        }
        _ => g.of(&[0, 1, 2, 3, 5, 6, 7, 8, 15, 16, 17, 18, 19, 57, 58, 59]).min(field.max_value()),
    })
}

/// How a flat list looks.
#[derive(Clone, Copy)]
pub struct Flat {
    pub family: Family,
    /// Rules name the interfaces behind which their addresses lie.
    pub interfaces: bool,
    /// Percent of rules with an unknown condition.
    pub unknown: usize,
}

impl Default for Flat {
    fn default() -> Self {
        Flat { family: Family::V4, interfaces: false, unknown: 0 }
    }
}

const ZONES: usize = 24;

/// The prefix of a zone (`ZONES` = everything outside), as addresses of the family.
pub fn zone(family: Family, z: usize) -> Ranges {
    let inner = |a: u32, bits| prefix(family, a, bits);
    if z < ZONES {
        return inner(10 << 24 | (z as u32 * 8) << 16, 13);
    }
    let full = Ranges::full(family.max_address());
    full.minus(&inner(10 << 24, 8)).minus(&inner(0xAC10_0000, 12))
}

/// An IPv4 prefix, or its twin under `2001:db8::/32` where a host has spread low bits.
fn prefix(family: Family, address: u32, bits: u32) -> Ranges {
    let a = u128::from(address);
    match family {
        Family::V4 => {
            let host = (1u128 << (32 - bits)) - 1;
            Ranges::span(a & !host, a | host)
        }
        Family::V6 if bits == 32 => {
            let low = u128::from(address.wrapping_mul(0x9E37_79B1));
            Ranges::one(0x2001_0db8 << 96 | a << 64 | low)
        }
        Family::V6 => {
            let host = (1u128 << (96 - bits)) - 1;
            let a = 0x2001_0db8 << 96 | a << 64;
            Ranges::span(a & !host, a | host)
        }
    }
}

struct Objects {
    family: Family,
    /// Per zone, the last one is outside.
    by_zone: Vec<Vec<Ranges>>,
    services: Vec<(u8, Ranges)>,
}

fn objects(g: &mut Rng, n: usize, family: Family) -> Objects {
    let mut by_zone = vec![vec![]; ZONES + 1];
    let subnets = ((n as f64).sqrt() as usize / 2 + 12).min(2000);
    for i in 0..(n * 6 / 10).max(200) {
        let z = if i % 12 == 11 { ZONES } else { g.skewed(ZONES) };
        let made = if z == ZONES {
            let a = (20 + g.below(180) as u32) << 24 | g.next() as u32 & 0xFF_FFFF;
            prefix(family, a, g.of(&[32, 32, 32, 29, 24, 20]))
        } else {
            let s = 10 << 24 | (z as u32 * 8) << 16 | (g.skewed(subnets) as u32) << 8;
            match g.below(20) {
                0..=11 => prefix(family, s | (1 + g.below(250) as u32), 32),
                12..=16 => prefix(family, s, 24),
                17 => prefix(family, s, 20 + g.below(4) as u32),
                18 => {
                    let (low, length) = (s | g.below(200) as u32, 3 + g.below(40) as u32);
                    let ends = [low, low + length].map(|a| prefix(family, a, 32).first().unwrap_or(0));
                    Ranges::span(ends[0], ends[1])
                }
                _ => prefix(family, s, 26),
            }
        };
        by_zone[z].push(made);
    }
    for (z, list) in by_zone.iter_mut().enumerate() {
        if list.is_empty() {
            list.push(zone(family, z));
        }
        for _ in 0..list.len() / 4 + 2 {
            let members: Vec<_> = (0..2 + g.below(11))
                .flat_map(|_| list[g.below(list.len())].pairs().to_vec())
                .take(60)
                .collect();
            list.push(Ranges::from_pairs(members));
        }
    }
    let port = |p| Ranges::one(p);
    let tcp = [22, 80, 443, 53, 25, 3389, 445, 1433, 1521, 3306, 5432, 8080, 8443, 389, 636, 88];
    let udp = [53, 123, 161, 514, 500, 4500, 69];
    let mut services: Vec<_> = tcp.map(|p| (proto::TCP, port(p))).into_iter().collect();
    services.extend(udp.map(|p| (proto::UDP, port(p))));
    for _ in 0..150 {
        let low = 1024 + g.below(60_000) as u128;
        let length = if g.percent(30) { g.below(500) as u128 } else { 0 };
        let proto = if g.percent(75) { proto::TCP } else { proto::UDP };
        services.push((proto, Ranges::span(low, (low + length).min(65_535))));
    }
    Objects { family, by_zone, services }
}

impl Objects {
    fn addresses(&self, g: &mut Rng) -> Option<Ranges> {
        let z = if g.percent(10) { ZONES } else { g.skewed(ZONES) };
        match g.below(100) {
            0..=2 => None,
            3..=8 => Some(zone(self.family, z)),
            _ => {
                let list = &self.by_zone[z];
                let members: Vec<_> =
                    (0..1 + g.skewed(4)).flat_map(|_| list[g.below(list.len())].pairs().to_vec()).collect();
                Some(Ranges::from_pairs(members))
            }
        }
    }

    fn service(&self, g: &mut Rng) -> Expr {
        match g.below(20) {
            0 | 1 => Expr::Any,
            2 => Expr::proto(proto::ICMP),
            _ => {
                let (proto, mut ports) = self.services[g.skewed(self.services.len())].clone();
                let more = if g.percent(40) { g.below(5) } else { 0 };
                for _ in 0..more {
                    let (other, extra) = &self.services[g.below(self.services.len())];
                    if *other == proto {
                        ports = ports.union(extra);
                    }
                }
                Expr::ports(&[proto], Field::Dport, ports)
            }
        }
    }
}

fn behind(field: Field, family: Family, addresses: &Ranges) -> Expr {
    let zones = (0..=ZONES).filter(|z| zone(family, *z).overlaps(addresses));
    Expr::In(field, Ranges::from_pairs(zones.map(|z| (z as u128, z as u128))))
}

/// A flat first-match list like a large firewall's: zones, nested groups, copied rules, deny at the end.
pub fn flat(g: &mut Rng, n: usize, how: Flat, span: Span) -> RuleSet {
    let objects = objects(g, n, how.family);
    let mut rules: Vec<Rule> = vec![];
    while rules.len() + 1 < n {
        let id = rules.len();
        if id > 20 && g.percent(2) {
            let mut copy = rules[g.below(id)].clone();
            copy.id = RuleId(id as u32);
            copy.then = if g.percent(30) { Then::Deny(DenyKind::Drop) } else { copy.then };
            rules.push(copy);
            continue;
        }
        let then = if g.percent(85) { Then::Permit } else { Then::Deny(DenyKind::Drop) };
        let (src, dst) = (objects.addresses(g), objects.addresses(g));
        let service = objects.service(g);
        if src.is_none() && dst.is_none() && (service == Expr::Any || g.percent(97)) {
            continue;
        }
        let mut parts = vec![Expr::family(how.family), service];
        for (field, interface, side) in [(Field::Src, Field::Ingress, src), (Field::Dst, Field::Egress, dst)]
        {
            let Some(addresses) = side else { continue };
            if how.interfaces {
                parts.push(behind(interface, how.family, &addresses));
            }
            parts.push(Expr::In(field, addresses));
        }
        let mut when = Expr::all(parts);
        if g.percent(how.unknown) {
            when = Expr::unknown(CauseId(0), when);
        }
        rules.push(rule(id, when, then, span));
    }
    rule_set(RuleSetKind::Filter, vec![(rules, Then::Deny(DenyKind::Drop))], span)
}

/// Nested chains like a faculty firewall's: an entry that splits by interface, per-network chains that check
/// senders (a third of all rules behind a match nobody models) and jump to shared service chains. About 5,500
/// rules in 94 chains.
pub fn nested(g: &mut Rng, family: Family, span: Span) -> RuleSet {
    const NETWORKS: usize = 24;
    const SHARED: usize = 45;
    let subnet = |n: usize| 0x839F_0000 | (n as u32) << 8;
    let host = |g: &mut Rng, n: usize| prefix(family, subnet(n) | (1 + g.below(250) as u32), 32);
    let mut id = 0;
    let mut add = |rules: &mut Vec<Rule>, when: Expr, then: Then| {
        rules.push(rule(id, Expr::all([Expr::family(family), when]), then, span));
        id += 1;
    };
    let src = |r: Ranges| Expr::In(Field::Src, r);
    let dst = |r: Ranges| Expr::In(Field::Dst, r);
    let unread = |e: Expr| Expr::unknown(CauseId(0), e);
    let chain = |i: usize| ChainId(i as u32);
    let ports = [22u128, 25, 53, 80, 88, 123, 389, 443, 445, 636, 993, 3306, 3389, 5432, 8080];
    let service = |g: &mut Rng| {
        let tcp = if g.percent(80) { proto::TCP } else { proto::UDP };
        let list = (0..1 + g.below(4)).map(|_| g.of(&ports)).map(|p| (p, p));
        Expr::ports(&[tcp], Field::Dport, Ranges::from_pairs(list))
    };
    let (senders, receivers, shared) = (1, 1 + NETWORKS, 1 + 2 * NETWORKS);
    let mut entry = vec![];
    let known = Expr::In(Field::State, Ranges::span(State::Established.value(), State::Related.value()));
    add(&mut entry, known, Then::Permit);
    add(&mut entry, Expr::is(Field::State, State::Invalid.value()), Then::Deny(DenyKind::Drop));
    for n in 0..NETWORKS {
        add(&mut entry, Expr::is(Field::Ingress, n as u128), Then::Jump(chain(senders + n)));
        add(&mut entry, Expr::is(Field::Egress, n as u128), Then::Jump(chain(receivers + n)));
        if g.percent(30) {
            let shared = chain(shared + g.below(SHARED));
            add(&mut entry, unread(dst(host(g, n))), Then::Goto(shared));
        }
    }
    let mut chains = vec![(entry, Then::Deny(DenyKind::Drop))];
    for n in 0..NETWORKS {
        let mut rules = vec![];
        for _ in 0..110 {
            let when = Expr::all([src(host(g, n)), if g.percent(30) { service(g) } else { Expr::Any }]);
            let when = if g.percent(70) { unread(when) } else { when };
            add(&mut rules, when, Then::Return);
        }
        let own = prefix(family, subnet(n), 24);
        add(&mut rules, src(own).negate(), Then::Deny(DenyKind::Drop));
        for _ in 0..4 {
            add(&mut rules, service(g), Then::Jump(chain(shared + g.below(SHARED))));
        }
        chains.push((rules, Then::Fall));
    }
    for n in 0..NETWORKS {
        let mut rules = vec![];
        for _ in 0..60 {
            let mut parts = vec![dst(host(g, n)), service(g)];
            if g.percent(50) {
                let other = g.below(NETWORKS);
                let from = prefix(family, subnet(other), g.of(&[22, 24, 26, 28]));
                parts.push(src(from));
            }
            let when = Expr::all(parts);
            let when = if g.percent(10) { unread(when) } else { when };
            add(&mut rules, when, g.of(&[Then::Permit, Then::Permit, Then::Permit, Then::Return]));
        }
        for _ in 0..3 {
            let when = Expr::all([dst(prefix(family, subnet(n), 26)), service(g)]);
            add(&mut rules, when, Then::Jump(chain(shared + g.below(SHARED))));
        }
        chains.push((rules, Then::Fall));
    }
    for i in 0..SHARED {
        let mut rules = vec![];
        for _ in 0..26 {
            let (a, b) = (g.below(NETWORKS), g.below(NETWORKS));
            let from = prefix(family, subnet(a), g.of(&[24, 26, 32]));
            let mut parts = vec![src(from), dst(host(g, b))];
            if g.percent(60) {
                parts.push(service(g));
            }
            let when = Expr::all(parts);
            let when = if g.percent(15) { unread(when) } else { when };
            let then = g.of(&[Then::Permit, Then::Permit, Then::Deny(DenyKind::Drop), Then::Return]);
            add(&mut rules, when, then);
        }
        if i + 1 < SHARED {
            let later = shared + i + 1 + g.below(SHARED - i - 1);
            add(&mut rules, service(g), Then::Jump(chain(later)));
        }
        chains.push((rules, Then::Fall));
    }
    rule_set(RuleSetKind::Filter, chains, span)
}
