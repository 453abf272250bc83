//! The routing decision: local delivery, policy rules, route tables.
//!
//! Sources: ip-rule(8), ip-route(8); Linux `net/ipv4/fib_rules.c`, `fib_trie.c` (longest prefix, then priority),
//! `net/ipv4/route.c` (broadcast and multicast are delivered locally), `net/ipv6/route.c`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::model::{
    CauseId, CauseKind, Chain, ChainId, DenyKind, Expr, Field, IfId, Interface, InterfaceKind, Ranges, Route,
    RouteId, RouteTarget, Rule, RuleId, RuleSet, RuleSetId, RuleSetKind, Then,
};
use crate::msg;
use crate::source::{Msg, Span, Spanned};

use super::config::Family;
use super::facts::{Build, address, index, of_family, perhaps, place};
use super::matches::multicast;
use super::routes::{Action, Hop, Kind, PolicyLine, RouteLine, Tables};
use super::sysctl::Settings;

/// Everything that the exports say about routing.
#[derive(Debug, Default)]
pub struct Given {
    /// Route tables per family; `None` if no export was given.
    pub tables: [Option<Tables>; 2],
    /// Policy rules per family; `None` if no export was given.
    pub rules: [Option<Vec<PolicyLine>>; 2],
    /// Per family, why the route tables that were given cannot be whole, and where that shows.
    pub cut: [Option<(Msg, Span)>; 2],
}

impl Given {
    /// Whether a route uses an interface: then it is up, for the kernel drops routes of one that is set down (src
    /// `fib_disable_ip`). Those of its own addresses stay (run).
    pub fn uses(&self, name: &str) -> bool {
        let routes = self.tables.iter().flatten().flat_map(|t| t.values().flatten());
        let hops = routes.filter(|r| r.kind == Kind::Unicast).flat_map(|r| &r.hops);
        hops.filter(|h| !h.dead).any(|h| h.dev.as_deref() == Some(name))
    }
}

/// Routes more than this are not turned into reverse path sets.
const REVERSE_ROUTES: usize = 3_000;

struct Work {
    chains: Vec<Chain>,
    next: u32,
    /// Tables converted so far, by family, name and suppressed length.
    known: BTreeMap<(Family, String, Option<u32>), ChainId>,
    span: Span,
}

impl Work {
    fn rule(&mut self, when: Expr, then: Then, span: Span, label: &str) -> Rule {
        let id = RuleId(self.next);
        self.next += 1;
        Rule { id, when, then, span, label: label.to_owned() }
    }
}

impl Build<'_> {
    /// The rule set of the routing decision.
    pub fn routing(&mut self, given: &Given, settings: &Settings, span: Span) -> RuleSetId {
        let name = Spanned::new("routing".to_owned(), span);
        let entry = Chain { name, rules: Vec::new(), end: Spanned::new(Then::Fall, span) };
        let mut work = Work { chains: vec![entry], next: 0, known: BTreeMap::new(), span };
        for family in [Family::V4, Family::V6] {
            let rules = self.family_rules(&mut work, family, given, settings);
            if let Some(entry) = work.chains.first_mut() {
                entry.rules.extend(rules);
            }
        }
        let (name, kind) = ("routing".to_owned(), RuleSetKind::Route);
        self.device.add_rule_set(RuleSet { name, kind, chains: work.chains, entry: ChainId(0) })
    }

    fn route(&mut self, target: RouteTarget, hop: Option<&Hop>, span: Span, label: &str) -> Then {
        let id = RouteId(u32::try_from(self.device.routes.len()).unwrap_or(u32::MAX));
        let gateway = hop.and_then(|h| h.via);
        self.device.routes.push(Route { target, gateway, span, label: label.to_owned() });
        Then::Route(id)
    }

    fn family_rules(
        &mut self,
        work: &mut Work,
        family: Family,
        given: &Given,
        settings: &Settings,
    ) -> Vec<Rule> {
        let mut out = Vec::new();
        let tables = given.tables.get(index(family)).and_then(Option::as_ref);
        let local = self.local_rules(work, family, tables, settings);
        let policy = given.rules.get(index(family)).and_then(Option::as_ref);
        let mut local = Some(local);
        let cut = given.cut.get(index(family)).and_then(Option::as_ref);
        let (Some(tables), None) = (tables, cut) else {
            out.extend(local.take().into_iter().flatten());
            let none = msg!("no route table was given", "経路表が提供されていない");
            let (what, at) = cut.cloned().unwrap_or((none, work.span));
            let cause = self.ignorance_named(what, at);
            let then = self.route(RouteTarget::Any(cause), None, at, "unknown route");
            out.push(work.rule(of_family(family), then, at, "unknown route"));
            return out;
        };
        if let Some(policy) = policy {
            for line in policy {
                if !is_local(line) {
                    out.extend(self.policy_rule(work, family, line, tables));
                } else if !line.takes_all() {
                    out.push(self.some_local(work, family, line));
                } else if let Some(local) = local.take() {
                    out.extend(local);
                }
            }
        } else {
            out.extend(local.take().into_iter().flatten());
            out.extend(self.without_policy(work, family, tables));
        }
        // Own addresses are looked up for some packets only: for whom else, nobody said.
        let some = policy.into_iter().flatten().find(|l| is_local(l)).filter(|_| local.is_some());
        let some = some.map(|line| PolicyLine { action: Action::Unread, ..line.clone() });
        let some = some.map(|line| self.policy_rule(work, family, &line, tables));
        // Every kernel looks up its own addresses first unless told otherwise.
        some.into_iter().flatten().chain(local.into_iter().flatten()).chain(out).collect()
    }

    /// `lookup local` with a selector: whether a packet is taken for the box's own is not decided then.
    fn some_local(&mut self, work: &mut Work, family: Family, line: &PolicyLine) -> Rule {
        let what = msg!(
            "own addresses are looked up for some packets only",
            "自アドレスの経路表を参照するパケットが限定されている"
        );
        let cause = self.ignorance(what, line.span);
        let then = self.route(RouteTarget::Any(cause), None, line.span, "lookup local");
        let when = perhaps(cause, self.selector(family, line));
        work.rule(when, then, line.span, "lookup local")
    }

    /// No `ip rule` output: `main`, after whatever rules may lead to the other tables.
    fn without_policy(&mut self, work: &mut Work, family: Family, tables: &Tables) -> Vec<Rule> {
        let mut out = Vec::new();
        let standard = ["local", "main", "default", "255", "253"];
        let other = tables.iter().find(|(name, _)| !standard.contains(&name.as_str()));
        if let Some(span) = other.and_then(|(_, routes)| routes.first()).map(|r| r.span) {
            let what = msg!(
                "which packets use the other route tables (no `ip rule`)",
                "他の経路表を使うパケットの条件(ip rule の出力がない)"
            );
            let cause = self.ignorance_named(what, span);
            let then = self.route(RouteTarget::Any(cause), None, span, "unknown policy rule");
            out.push(work.rule(perhaps(cause, of_family(family)), then, span, "unknown policy rule"));
        } else {
            let version = if family == Family::V4 { 4 } else { 6 };
            self.device.assumptions.push(msg!(
                "IPv{version} has no policy routing rules besides the standard ones",
                "IPv{version}に標準以外のポリシールーティングのルールはないものとみなす"
            ));
        }
        let chain = self.table(work, family, "main", None, tables);
        out.push(work.rule(of_family(family), Then::Jump(chain), work.span, "lookup main"));
        out
    }

    /// Delivery to the device: own addresses, broadcast, multicast.
    fn local_rules(
        &mut self,
        work: &mut Work,
        family: Family,
        tables: Option<&Tables>,
        settings: &Settings,
    ) -> Vec<Rule> {
        let span = work.span;
        let mut out = Vec::new();
        out.extend(self.directed_broadcasts(work, family, settings));
        if let Some(routes) = tables.and_then(local) {
            let chain = self.routes_chain(work, family, "local", None, routes);
            out.push(work.rule(of_family(family), Then::Jump(chain), span, "lookup local"));
        }
        let here = self.route(RouteTarget::Local, None, span, "local delivery");
        let own = self.facts.own(family).cloned();
        let dst = |r: &Ranges| address(family, Field::Dst, r);
        match own {
            Some(own) => {
                out.push(work.rule(dst(&own.local), here, span, "own address"));
                out.push(work.rule(dst(&own.broadcast), here, span, "broadcast"));
                let what = msg!(
                    "whether this kernel delivers the address locally",
                    "このカーネルがそのアドレスを自身宛てとみなすか否か"
                );
                let cause = self.ignorance_named(what, span);
                let perhaps = perhaps(cause, dst(&own.perhaps));
                out.push(work.rule(perhaps, here, span, "network or anycast address"));
            }
            None if out.is_empty() => {
                let what = msg!("the device's own addresses", "機器自身のアドレス");
                let cause = self.ignorance_named(what, span);
                out.push(work.rule(perhaps(cause, of_family(family)), here, span, "own address"));
            }
            None => {}
        }
        let word = if family == Family::V4 { "ipv4" } else { "ipv6" };
        let key = super::sysctl::conf_key(word, "all", "mc_forwarding");
        if settings.get(&key).unwrap_or(0) != 0 {
            let at = settings.span(&key).unwrap_or(span);
            let cause =
                self.ignorance_named(msg!("multicast routing is on", "マルチキャストの転送が有効である"), at);
            let then = self.route(RouteTarget::Any(cause), None, at, "multicast routing");
            out.push(work.rule(dst(&multicast(family)), then, at, "multicast routing"));
        }
        if family == Family::V4 {
            // Only a packet from 0.0.0.0 to 0.0.0.0 gets here with that destination.
            let everyone = Ranges::from_pairs([(0, 0), (u128::from(u32::MAX), u128::from(u32::MAX))]);
            out.push(work.rule(dst(&everyone), here, span, "broadcast"));
        }
        out.push(work.rule(dst(&multicast(family)), here, span, "multicast"));
        if family == Family::V6 {
            out.extend(self.link_local_routes(work, span));
            // Before the table `local`.
            out.splice(0..0, self.loopback_routes(work, span));
        }
        out.retain(|r| r.when != Expr::None);
        out
    }

    /// `bc_forwarding`, of both `all` and the ingress: a broadcast to another subnet is forwarded.
    fn directed_broadcasts(&mut self, work: &mut Work, family: Family, settings: &Settings) -> Vec<Rule> {
        let on = |name: &str| {
            let key = super::sysctl::conf_key("ipv4", name, "bc_forwarding");
            settings.span(&key).filter(|_| settings.get(&key) != Some(0))
        };
        let broadcast = self.facts.own(family).map(|o| o.broadcast.clone()).unwrap_or_default();
        let Some(at) = on("all").filter(|_| family == Family::V4 && !broadcast.is_empty()) else {
            return Vec::new();
        };
        let here = self.device.interfaces().filter(|(_, i)| on(&i.name.value).is_some());
        let ids = Ranges::from_pairs(here.map(|(id, _)| (u128::from(id.0), u128::from(id.0))));
        if ids.is_empty() {
            return Vec::new();
        }
        let what = msg!("forwarding of broadcasts is on", "ブロードキャスト転送が有効");
        let cause = self.ignorance_named(what, at);
        let then = self.route(RouteTarget::Any(cause), None, at, "bc_forwarding");
        let when = Expr::all([address(family, Field::Dst, &broadcast), Expr::In(Field::Ingress, ids)]);
        vec![work.rule(perhaps(cause, when), then, at, "bc_forwarding")]
    }

    /// A packet from outside that a translation sends to `::1` is looked up like a link-local one, on its own link alone
    /// (src `ip6_route_input_lookup`, `rt6_need_strict`): `lo` does not get it, a default route over that link does.
    fn loopback_routes(&mut self, work: &mut Work, span: Span) -> Vec<Rule> {
        let to = address(Family::V6, Field::Dst, &Ranges::one(1));
        let what =
            msg!("whether a route leads `::1` back to the link", "`::1` を元のリンクに戻す経路があるか否か");
        let cause = self.ignorance_named(what, span);
        let outside = |i: &Interface| !matches!(i.kind, InterfaceKind::Loopback);
        let ids: Vec<IfId> = self.device.interfaces().filter(|(_, i)| outside(i)).map(|(id, _)| id).collect();
        let mut out = Vec::new();
        for id in ids {
            let then = self.route(RouteTarget::Interface(id), None, span, "::1");
            let when = Expr::all([to.clone(), Expr::is(Field::Ingress, u128::from(id.0))]);
            out.push(work.rule(perhaps(cause, when), then, span, "::1"));
        }
        let nowhere = self.route(RouteTarget::Discard(DenyKind::Reject), None, span, "::1");
        out.push(work.rule(Expr::all([to, from_outside()]), nowhere, span, "::1"));
        out
    }

    /// A link-local destination stays on the link that the packet came from, if a route leads there: the kernel makes
    /// that of `fe80::/64` for each interface with such an address (src `ip6_route_input`, `rt6_need_strict`).
    fn link_local_routes(&mut self, work: &mut Work, span: Span) -> Vec<Rule> {
        let usual = (0xFE80 << 112, (0xFE80 << 112) | u128::from(u64::MAX));
        let all = Ranges::span(0xFE80 << 112, (0xFEBF << 112) | ((1 << 112) - 1));
        let has = |i: &Interface| {
            let mut own = i.addresses.iter().map(|a| crate::model::Family::number(a.network.ip()));
            own.any(|a| (usual.0..=usual.1).contains(&a))
        };
        let ids: Vec<(IfId, bool)> = self.device.interfaces().map(|(id, i)| (id, has(i))).collect();
        let what = msg!("the routes of link-local addresses", "リンクローカルアドレスの経路");
        let cause = self.ignorance_named(what, span);
        let within = |r: &Ranges| address(Family::V6, Field::Dst, r);
        let mut out = Vec::new();
        for (id, certain) in ids {
            let then = self.route(RouteTarget::Interface(id), None, span, "link-local");
            let came = Expr::is(Field::Ingress, u128::from(id.0));
            if certain {
                let when = Expr::all([within(&Ranges::from_pairs([usual])), came.clone()]);
                out.push(work.rule(when, then, span, "link-local"));
            }
            let when = perhaps(cause, Expr::all([within(&all), came]));
            out.push(work.rule(when, then, span, "link-local"));
        }
        let nowhere = self.route(RouteTarget::Discard(DenyKind::Reject), None, span, "link-local");
        out.push(work.rule(Expr::all([within(&all), from_outside()]), nowhere, span, "link-local"));
        out
    }

    fn policy_rule(
        &mut self,
        work: &mut Work,
        family: Family,
        line: &PolicyLine,
        tables: &Tables,
    ) -> Vec<Rule> {
        let span = line.span;
        let label = format!("ip rule {}", line.priority);
        let when = self.selector(family, line);
        match &line.action {
            Action::Nothing => Vec::new(),
            Action::Discard => {
                let then = self.route(RouteTarget::Discard(DenyKind::Reject), None, span, &label);
                vec![work.rule(when, then, span, &label)]
            }
            Action::Unread => {
                let cause = self.unsure(span);
                let then = self.route(RouteTarget::Any(cause), None, span, &label);
                vec![work.rule(perhaps(cause, of_family(family)), then, span, &label)]
            }
            Action::Lookup(name) => {
                let empty = matches!(name.as_str(), "default" | "253" | "main");
                if !tables.contains_key(name) && !empty {
                    let what =
                        msg!("the route table `{name}` was not given", "経路表「{name}」が提供されていない");
                    let cause = self.ignorance(what, span);
                    let then = self.route(RouteTarget::Any(cause), None, span, &label);
                    return vec![work.rule(perhaps(cause, when), then, span, &label)];
                }
                let chain = self.table(work, family, name, line.suppress, tables);
                vec![work.rule(when, Then::Jump(chain), span, &label)]
            }
        }
    }

    fn unsure(&mut self, span: Span) -> CauseId {
        self.ignorance(
            msg!("a policy routing rule that is not modelled", "未対応のポリシールーティングのルール"),
            span,
        )
    }

    /// `not` turns all selectors of a rule round together, those that are not modelled too (`fib_rule_match`).
    fn selector(&mut self, family: Family, line: &PolicyLine) -> Expr {
        let mut parts = Vec::new();
        if line.conditional {
            parts.push(perhaps(self.unsure(line.span), Expr::Any));
        }
        for (field, ranges) in [(Field::Src, &line.from), (Field::Dst, &line.to)] {
            parts.extend(ranges.as_ref().map(|r| Expr::In(field, r.clone())));
        }
        if let Some(name) = &line.iif {
            parts.push(match self.interface(name) {
                // `iif lo` selects what the device itself sends; a packet from outside never comes in by it.
                Some(id) => Expr::is(Field::Ingress, u128::from(id.0)),
                None => Expr::None,
            });
        }
        if line.mark.is_some() {
            let what = msg!("the packet mark", "パケットのマーク");
            parts.push(perhaps(self.ignorance(what, line.span), Expr::Any));
        }
        let all = Expr::all(parts);
        Expr::all([of_family(family), if line.negated { all.negate() } else { all }])
    }

    fn table(
        &mut self,
        work: &mut Work,
        family: Family,
        name: &str,
        suppress: Option<u32>,
        tables: &Tables,
    ) -> ChainId {
        let key = (family, name.to_owned(), suppress);
        if let Some(known) = work.known.get(&key) {
            return *known;
        }
        let routes = tables.get(name).map_or(&[][..], Vec::as_slice);
        let id = self.routes_chain(work, family, name, suppress, routes);
        work.known.insert(key, id);
        id
    }

    fn routes_chain(
        &mut self,
        work: &mut Work,
        family: Family,
        name: &str,
        suppress: Option<u32>,
        routes: &[RouteLine],
    ) -> ChainId {
        let kept = routes.iter().filter(|r| suppress.is_none_or(|s| r.length > s || r.kind != Kind::Unicast));
        let mut rules = Vec::new();
        for group in grouped(family, kept) {
            rules.extend(self.group(work, family, &group));
        }
        let version = if family == Family::V4 { "IPv4" } else { "IPv6" };
        let longer = suppress.map_or(String::new(), |s| format!(", longer than /{s}"));
        let name = Spanned::new(format!("table {name} ({version}{longer})"), work.span);
        let id = ChainId(u32::try_from(work.chains.len()).unwrap_or(u32::MAX));
        work.chains.push(Chain { name, rules, end: Spanned::new(Then::Return, work.span) });
        id
    }

    /// Routes of one prefix and metric: the first next hops are a choice, the last is what remains.
    fn group(&mut self, work: &mut Work, family: Family, group: &[&RouteLine]) -> Vec<Rule> {
        let choices: usize = group.iter().map(|r| r.hops.len().max(1)).sum();
        let mut out = Vec::new();
        let mut left = choices;
        for route in group {
            let hops: Vec<Option<&Hop>> =
                if route.hops.is_empty() { vec![None] } else { route.hops.iter().map(Some).collect() };
            for (number, hop) in hops.into_iter().enumerate() {
                left -= 1;
                let mut when = address(family, Field::Dst, &route.destination);
                if left > 0 && family == Family::V4 && group.len() > 1 {
                    let what = msg!(
                        "two routes of one prefix and metric: which of them is in use is not known",
                        "宛先及びメトリックが同じ経路が2つあり、有効な方が不明である"
                    );
                    when = perhaps(self.ignorance(what, route.span), when);
                } else if left > 0 {
                    let key = format!("ecmp {number} {}", place(route.span));
                    let what =
                        msg!("the next hop chosen among equals", "複数の等価なネクストホップのうちの選択");
                    let cause = self.cause(key, CauseKind::Condition, what, route.span);
                    when = perhaps(cause, when);
                }
                out.push(self.one_route(work, route, hop, when));
            }
        }
        out
    }

    fn one_route(&mut self, work: &mut Work, route: &RouteLine, hop: Option<&Hop>, when: Expr) -> Rule {
        let span = route.span;
        let unsure = route.volatile || route.conditional || route.unread || hop.is_some_and(|h| h.dead);
        let when = if unsure {
            let what =
                msg!("a route that may be absent or differ", "存在しない可能性又は異なる可能性のある経路");
            perhaps(self.ignorance(what, span), when)
        } else {
            when
        };
        let interface = hop.and_then(|h| h.dev.as_deref()).and_then(|d| self.interface(d));
        let target = match (route.kind, interface) {
            (Kind::Throw, _) => return work.rule(when, Then::Return, span, &route.label),
            (Kind::Local, _) => RouteTarget::Local,
            (Kind::Blackhole, _) => RouteTarget::Discard(DenyKind::Drop),
            (Kind::Refuse, _) => RouteTarget::Discard(DenyKind::Reject),
            (Kind::Unicast, Some(id)) if !route.unread => RouteTarget::Interface(id),
            (Kind::Unicast, _) => {
                let what =
                    msg!("a route whose next hop could not be read", "ネクストホップを解釈できない経路");
                RouteTarget::Any(self.ignorance(what, span))
            }
        };
        let then = self.route(target, hop, span, &route.label);
        work.rule(when, then, span, &route.label)
    }

    /// Sources that are routed back over each interface; `None` if that is not certain.
    pub fn reverse(&self, family: Family, given: &Given) -> Option<BTreeMap<IfId, Ranges>> {
        let tables = given.tables.get(index(family))?.as_ref()?;
        if given.cut.get(index(family)).is_some_and(Option::is_some) {
            return None;
        }
        let main = tables.get("main")?;
        let standard = |t: &str| matches!(t, "local" | "main" | "default" | "253" | "255");
        let plain =
            |line: &PolicyLine| matches!(&line.action, Action::Lookup(t) if standard(t)) && line.takes_all();
        let known = given.rules.get(index(family))?.as_ref().is_none_or(|r| r.iter().all(plain));
        // What `main` has no route for is looked up in `default`.
        let standard = tables.iter().all(|(k, routes)| {
            matches!(k.as_str(), "local" | "255" | "main") || standard(k) && routes.is_empty()
        });
        if !known || !standard || main.len() > REVERSE_ROUTES {
            return None;
        }
        let mut out: BTreeMap<IfId, Ranges> = BTreeMap::new();
        let mut taken = Ranges::empty();
        for group in grouped(family, main.iter()) {
            let Some(part) = group.first().map(|r| r.destination.minus(&taken)) else { continue };
            let two = family == Family::V4 && group.len() > 1;
            if two && !part.is_empty() && group.iter().any(|r| !r.hops.is_empty()) {
                return None;
            }
            for route in group {
                if part.is_empty() {
                    continue;
                }
                // A next hop that is only named by its number (`nhid`) may be anywhere.
                let unnamed = route.kind == Kind::Unicast && route.hops.iter().all(|h| h.dev.is_none());
                if route.volatile || route.conditional || route.unread || unnamed {
                    return None;
                }
                for hop in &route.hops {
                    if hop.dead {
                        return None;
                    }
                    let id = self.interface(hop.dev.as_deref()?)?;
                    let entry = out.entry(id).or_default();
                    *entry = entry.union(&part);
                }
            }
            taken = taken.union(&part);
        }
        Some(out)
    }
}

fn is_local(line: &PolicyLine) -> bool {
    matches!(&line.action, Action::Lookup(t) if matches!(t.as_str(), "local" | "255"))
}

fn from_outside() -> Expr {
    Expr::is(Field::Ingress, u128::from(IfId::NONE.0)).negate()
}

/// The table of own addresses, if it is shown.
pub fn local(tables: &Tables) -> Option<&Vec<RouteLine>> {
    tables.get("local").or_else(|| tables.get("255"))
}

/// Routes in the order of preference, equals together. Two equals of IPv4 are two generations of one list, or one of them
/// was appended (src `fib_table_insert`, `NLM_F_APPEND`). Of one prefix those with a further condition are asked
/// first, whatever their metric: a service field (src `fib_insert_alias`, the highest TOS first), a source (src
/// `fib6_node_lookup_1`, the subtree of sources). What a word that was not understood says may be one.
fn grouped<'r>(family: Family, routes: impl Iterator<Item = &'r RouteLine>) -> Vec<Vec<&'r RouteLine>> {
    let mut sorted: Vec<&RouteLine> = routes.collect();
    sorted.sort_by_key(|r| (Reverse(r.length), !(r.conditional || r.unread), r.metric));
    let mut out: Vec<Vec<&RouteLine>> = Vec::new();
    let mut place_of: BTreeMap<(u32, u64, Ranges), usize> = BTreeMap::new();
    for route in sorted {
        let plain = route.kind == Kind::Unicast && !route.conditional && !route.unread && !route.volatile;
        let key = (route.length, route.metric, route.destination.clone());
        match place_of.get(&key).and_then(|at| out.get_mut(*at)) {
            Some(group) if family == Family::V6 && plain => group.push(route),
            Some(group) if family == Family::V4 && !route.conditional => group.push(route),
            _ => {
                if plain || family == Family::V4 && !route.conditional {
                    place_of.insert(key, out.len());
                }
                out.push(vec![route]);
            }
        }
    }
    out
}
