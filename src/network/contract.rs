//! Devices by contract: all that they do is declared.
//!
//! A contract becomes an ordinary device: a filter with one permit per declared direction, and routes. With one
//! possible egress the device sends there, to the one neighbour that has an address on that segment (a next hop
//! names a neighbour by any of its addresses, whatever the packet's family); where that leaves a choice, nobody
//! knows the route. A contract that lists its routes has these and the connected ones, and drops the rest. A route
//! counts at an ingress from which its egress may be reached, so `forwards` also tells routing instances apart.
//! What answers a session that a contract lets pass goes back to the port by which that was opened, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::bind::bare_device;
use super::plan::{BoxPlan, Config, ContractPlan};
use super::site::{Contract, ContractFlow, Relay, Segment, SegmentId, SiteDevice};
use crate::model::{
    AddressSet, Cause, CauseId, CauseKind, Chain, ChainId, DenyKind, Device, Established, Expr, Family,
    Field, IfId, Interface, InterfaceAddress, InterfaceKind, Route, RouteId, RouteTarget, Rule, RuleId,
    RuleSet, RuleSetKind, Stage, Then,
};
use crate::msg;
use crate::source::{FileId, Span, Spanned};

/// The addresses of each other interface on a segment, with the box it belongs to.
type Neighbours<'a> = BTreeMap<SegmentId, Vec<(&'a str, Vec<IpAddr>)>>;

/// One device for each box by contract, `None` for the others; in the order of `boxes`.
pub(super) fn devices(
    boxes: &[BoxPlan],
    bound: &[Vec<SiteDevice>],
    segments: &[Segment],
    topology: FileId,
) -> Vec<Option<SiteDevice>> {
    let neighbours = neighbours(boxes, bound);
    let made = boxes.iter().zip(bound).map(|(plan, read)| match &plan.config {
        Config::Contract(contract) => {
            Some(Maker { plan, contract, neighbours: &neighbours, segments, listed: false }.make(topology))
        }
        // One whose table could not be read is there already, and may do anything.
        Config::Table(table) if read.is_empty() => {
            let contract = &table.contract;
            let made =
                Maker { plan, contract, neighbours: &neighbours, segments, listed: true }.make(topology);
            Some(SiteDevice { contract: None, relay: plan.relay.unwrap_or(Relay::Unknown), ..made })
        }
        Config::File(_) | Config::Unavailable(_) | Config::Excluded(_) | Config::Table(_) => None,
    });
    made.collect()
}

fn neighbours<'a>(boxes: &'a [BoxPlan], bound: &'a [Vec<SiteDevice>]) -> Neighbours<'a> {
    let mut out: Neighbours<'a> = BTreeMap::new();
    for device in bound.iter().flatten() {
        for ((_, interface), segment) in device.device.interfaces().zip(&device.attached) {
            let Some(segment) = segment else { continue };
            let addresses = interface.addresses.iter().map(|a| a.network.ip()).collect();
            out.entry(*segment).or_default().push((&device.chassis, addresses));
        }
    }
    for plan in boxes {
        let contract = match &plan.config {
            Config::Contract(contract) => contract,
            Config::Table(table) => &table.contract,
            Config::File(_) | Config::Unavailable(_) | Config::Excluded(_) => continue,
        };
        for (name, segment) in &plan.attach {
            let own = contract.addresses.get(&name.value).into_iter().flatten();
            let addresses = own.map(|a| a.value.ip()).collect();
            out.entry(*segment).or_default().push((&plan.name.value, addresses));
        }
    }
    out
}

struct Maker<'a> {
    plan: &'a BoxPlan,
    contract: &'a ContractPlan,
    neighbours: &'a Neighbours<'a>,
    segments: &'a [Segment],
    /// Its connected networks are routes, whether it lists others or not.
    listed: bool,
}

impl Maker<'_> {
    fn make(&self, topology: FileId) -> SiteDevice {
        let interfaces = self.plan.attach.iter().map(|(name, _)| self.interface(name)).collect();
        let name = self.plan.name.value.clone();
        let mut device = bare_device(name.clone(), "declared", topology, self.contract.span, interfaces);
        let what =
            msg!("which way `{name}` sends is not declared", "「{name}」がどの経路に送出するかの申告がない");
        let cause = device.add_cause(Cause { kind: CauseKind::Unknown, what, span: self.contract.span });
        let filter = self.filter(&device);
        let filter = device.add_rule_set(filter);
        device.pipeline.forward.push(Stage::Filter(filter));
        self.route(&mut device, cause);
        device.established = Established::ToOpener(BTreeSet::new());
        SiteDevice {
            device,
            chassis: name,
            attached: self.plan.attach.iter().map(|(_, s)| Some(*s)).collect(),
            elsewhere: Vec::new(),
            unused: Vec::new(),
            contract: Some(Contract {
                span: self.contract.span,
                flows: self
                    .contract
                    .forwards
                    .iter()
                    .map(|(from, to, span)| ContractFlow { from: from.clone(), to: to.clone(), span: *span })
                    .collect(),
            }),
            table: None,
            // A contract says all that the device does.
            relay: self.plan.relay.unwrap_or(Relay::No),
            declarations: self.plan.declarations.clone(),
            companions: Vec::new(),
        }
    }

    fn interface(&self, name: &Spanned<String>) -> Interface {
        let own = self.contract.addresses.get(&name.value).into_iter().flatten();
        Interface {
            name: name.clone(),
            alias: None,
            kind: InterfaceKind::Physical,
            up: true,
            addresses: own.map(|a| InterfaceAddress { network: a.value, span: a.span }).collect(),
        }
    }

    fn filter(&self, device: &Device) -> RuleSet {
        let flows = (0u32..).zip(&self.contract.forwards).filter_map(|(n, (from, to, span))| {
            let (a, b) = (device.interface(from)?, device.interface(to)?);
            Some(Rule {
                id: RuleId(n),
                when: Expr::all([
                    Expr::is(Field::Ingress, u128::from(a.0)),
                    Expr::is(Field::Egress, u128::from(b.0)),
                ]),
                then: Then::Permit,
                span: *span,
                label: format!("contract {from} -> {to}"),
            })
        });
        let span = self.contract.span;
        RuleSet {
            name: "contract".to_owned(),
            kind: RuleSetKind::Filter,
            chains: vec![Chain {
                name: Spanned::new("contract".to_owned(), span),
                rules: flows.collect(),
                end: Spanned::new(Then::Deny(DenyKind::Drop), span),
            }],
            entry: ChainId(0),
        }
    }

    fn route(&self, device: &mut Device, cause: CauseId) {
        let mut table = Table { device, rules: Vec::new() };
        for address in self.contract.addresses.values().flatten() {
            let when = AddressSet::host(address.value.ip()).expr(Field::Dst);
            table.add(when, RouteTarget::Local, None, address.span, format!("own {}", address.value.ip()));
        }
        let mut by_ingress: BTreeMap<IfId, (BTreeSet<IfId>, Span)> = BTreeMap::new();
        for (from, to, span) in &self.contract.forwards {
            if let (Some(a), Some(b)) = (table.device.interface(from), table.device.interface(to)) {
                by_ingress.entry(a).or_insert_with(|| (BTreeSet::new(), *span)).0.insert(b);
            }
        }
        let listed = self.listed || !self.contract.routes.is_empty();
        for (ingress, (egress, span)) in by_ingress {
            if listed {
                self.listed_routes(&mut table, ingress, &egress, cause, span);
                continue;
            }
            let mut only = egress.into_iter();
            if let (Some(egress), None) = (only.next(), only.next()) {
                self.routes_between(&mut table, ingress, egress, cause, span);
            }
        }
        let rest = if !self.contract.routes.is_empty() {
            RouteTarget::Discard(DenyKind::Drop)
        } else {
            RouteTarget::Any(cause)
        };
        let end = table.route(rest, None, self.contract.span, "undeclared".to_owned());
        let rules = table.rules;
        let routing = device.pipeline.routing;
        let chain = device.rule_sets.get_mut(routing.index()).and_then(|s| s.chains.first_mut());
        if let Some(chain) = chain {
            chain.rules = rules;
            chain.end = Spanned::new(Then::Route(end), self.contract.span);
        }
    }

    /// Connected and declared routes by which packets from `ingress` may leave, the longest prefix first.
    fn listed_routes(
        &self,
        table: &mut Table<'_>,
        ingress: IfId,
        egress: &BTreeSet<IfId>,
        cause: CauseId,
        span: Span,
    ) {
        let mut found: BTreeMap<(std::cmp::Reverse<u8>, IpNetwork), Vec<Way>> = BTreeMap::new();
        let mut add = |n: IpNetwork, way: Way| {
            let network = IpNetwork::new(n.network(), n.prefix()).unwrap_or(n);
            let ways = found.entry((std::cmp::Reverse(n.prefix()), network)).or_default();
            if !ways.iter().any(|w| (w.egress, w.via) == (way.egress, way.via)) {
                ways.push(way);
            }
        };
        for id in egress {
            for network in self.connected(table.device, *id) {
                add(network, Way { egress: *id, via: None, span });
            }
        }
        for route in &self.contract.routes {
            let leaves = table.device.interface(&route.egress).filter(|id| egress.contains(id));
            if let Some(id) = leaves {
                add(route.prefix, Way { egress: id, via: Some(route.via), span: route.span });
            }
        }
        for ((_, network), ways) in found {
            let to = AddressSet::network(network).expr(Field::Dst);
            let when = Expr::all([Expr::is(Field::Ingress, u128::from(ingress.0)), to]);
            match ways.as_slice() {
                [way] => {
                    let label = match way.via {
                        Some(via) => format!("contract {network} via {via}"),
                        None => format!("contract {network} on link"),
                    };
                    table.add(when, RouteTarget::Interface(way.egress), way.via, way.span, label);
                }
                several => {
                    let span = several.last().map_or(span, |w| w.span);
                    table.add(when, RouteTarget::Any(cause), None, span, format!("contract {network}"));
                }
            }
        }
    }

    /// The networks on an interface's link.
    fn connected(&self, device: &Device, id: IfId) -> Vec<IpNetwork> {
        let segment = self.plan.attach.get(id.index()).and_then(|(_, s)| self.segments.get(s.index()));
        let prefixes = segment.into_iter().flat_map(|s| &s.prefixes).map(|p| p.value);
        let own = device.interfaces.get(id.index()).map_or(&[][..], |i| &i.addresses);
        prefixes.chain(own.iter().map(|a| a.network)).collect()
    }

    fn routes_between(&self, table: &mut Table<'_>, ingress: IfId, egress: IfId, cause: CauseId, span: Span) {
        let Some((name, on)) = self.plan.attach.get(egress.index()) else { return };
        let entered = Expr::is(Field::Ingress, u128::from(ingress.0));
        let target = RouteTarget::Interface(egress);
        let label = |how: &str| format!("contract to {} {how}", name.value);
        let others = self.neighbours.get(on).into_iter().flatten();
        let others: Vec<_> = others.filter(|(owner, _)| *owner != self.plan.name.value).collect();
        if others.is_empty() {
            table.add(entered, target, None, span, label("on link"));
            return;
        }
        let networks = self.connected(table.device, egress);
        let near =
            networks.into_iter().fold(AddressSet::empty(), |all, n| all.union(&AddressSet::network(n)));
        if !near.is_empty() {
            let when = Expr::all([entered.clone(), near.expr(Field::Dst)]);
            table.add(when, target, None, span, label("on link"));
        }
        if others.iter().any(|(_, addresses)| addresses.is_empty()) {
            return;
        }
        for family in Family::ALL {
            let when = Expr::all([entered.clone(), Expr::family(family)]);
            let of_family = |f: Family| {
                let all = others.iter().flat_map(|(_, a)| a).filter(|a| Family::of(**a) == f);
                all.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
            };
            let other_family = if family == Family::V4 { Family::V6 } else { Family::V4 };
            match (of_family(family).as_slice(), of_family(other_family).as_slice()) {
                ([gateway], _) => {
                    table.add(when, target, Some(**gateway), span, label(&format!("via {gateway}")));
                }
                // The one neighbour shows no address of this family: it is the next hop or there is none.
                ([], [gateway]) => {
                    let maybe = Expr::unknown(cause, when.clone());
                    table.add(maybe, target, Some(**gateway), span, label(&format!("perhaps via {gateway}")));
                    table.add(when, RouteTarget::Discard(DenyKind::Drop), None, span, label("no neighbour"));
                }
                _ => {}
            }
        }
    }
}

/// A way out of a device by contract.
struct Way {
    egress: IfId,
    via: Option<IpAddr>,
    span: Span,
}

struct Table<'a> {
    device: &'a mut Device,
    rules: Vec<Rule>,
}

impl Table<'_> {
    fn route(&mut self, target: RouteTarget, gateway: Option<IpAddr>, span: Span, label: String) -> RouteId {
        let id = RouteId(u32::try_from(self.device.routes.len()).unwrap_or(u32::MAX));
        self.device.routes.push(Route { target, gateway, span, label });
        id
    }

    fn add(&mut self, when: Expr, target: RouteTarget, gateway: Option<IpAddr>, span: Span, label: String) {
        let route = self.route(target, gateway, span, label.clone());
        let id = RuleId(u32::try_from(self.rules.len()).unwrap_or(u32::MAX));
        self.rules.push(Rule { id, when, then: Then::Route(route), span, label });
    }
}
