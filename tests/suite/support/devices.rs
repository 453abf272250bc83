//! Devices made rule by rule.
use std::net::IpAddr;

use bunri::model::*;
use bunri::source::Spanned;

use crate::rule_lists::{rule, rule_set, span};

/// A device under construction: interfaces up, no rules, every packet without a route.
pub struct Maker {
    pub device: Device,
}

impl Maker {
    pub fn new(name: &str, interfaces: &[&str]) -> Maker {
        let span = span();
        let interface = |name: &&str| Interface {
            name: Spanned::new((*name).to_owned(), span),
            alias: None,
            kind: InterfaceKind::Physical,
            up: true,
            addresses: vec![],
        };
        let pipeline = Pipeline {
            arrival: vec![],
            routing: RuleSetId(0),
            forward: vec![],
            input: vec![],
            output: vec![],
        };
        let mut device = Device {
            name: name.to_owned(),
            vendor: "test",
            file: span.file,
            interfaces: interfaces.iter().map(interface).collect(),
            rule_sets: vec![],
            nats: vec![],
            routes: vec![],
            pipeline,
            states: vec![],
            established: Established::None,
            sessionless: Vec::new(),
            helpers: vec![],
            causes: vec![],
            taints: vec![],
            relays: vec![],
            assumptions: vec![],
            facts: bunri::model::Facts::default(),
            names: bunri::model::Names::default(),
        };
        device.add_rule_set(rule_set(RuleSetKind::Route, vec![(vec![], Then::Fall)], span));
        Maker { device }
    }

    /// Something nobody knows.
    pub fn unknown(&mut self) -> CauseId {
        self.cause(CauseKind::Unknown)
    }

    /// Something that can be chosen.
    pub fn choice(&mut self) -> CauseId {
        self.cause(CauseKind::Condition)
    }

    fn cause(&mut self, kind: CauseKind) -> CauseId {
        self.device.add_cause(Cause { kind, what: bunri::msg!("test", "試験"), span: span() })
    }

    /// A rule list with its chains; the first is the entry.
    pub fn chains(&mut self, kind: RuleSetKind, chains: Vec<(Vec<(Expr, Then)>, Then)>) -> RuleSetId {
        let mut id = 0;
        let mut numbered = |rules: Vec<(Expr, Then)>| -> Vec<Rule> {
            let one = |(when, then)| {
                id += 1;
                Rule { label: format!("rule {id}"), ..rule(id, when, then, span()) }
            };
            rules.into_iter().map(one).collect()
        };
        let chains = chains.into_iter().map(|(rules, end)| (numbered(rules), end)).collect();
        self.device.add_rule_set(rule_set(kind, chains, span()))
    }

    /// A filter of one chain for forwarded packets. Rules are numbered from 1.
    pub fn filter(&mut self, rules: Vec<(Expr, Then)>, end: Then) -> RuleSetId {
        self.filter_chains(vec![(rules, end)])
    }

    /// A filter with several chains for forwarded packets.
    pub fn filter_chains(&mut self, chains: Vec<(Vec<(Expr, Then)>, Then)>) -> RuleSetId {
        let id = self.chains(RuleSetKind::Filter, chains);
        self.device.pipeline.forward.push(Stage::Filter(id));
        id
    }

    /// A translation list; the caller puts it into the pipeline.
    pub fn translate(&mut self, rules: Vec<(Expr, Then)>) -> Stage {
        Stage::Translate(self.chains(RuleSetKind::Translate, vec![(rules, Then::Fall)]))
    }

    /// A translation as an action.
    pub fn nat(&mut self, rewrites: Vec<Rewrite>, unknown: Option<CauseId>) -> Then {
        let id = NatId(self.device.nats.len() as u32);
        let label = format!("nat {}", id.0);
        self.device.nats.push(Nat { kind: NatKind::Both, rewrites, unknown, span: span(), label });
        Then::Nat(id)
    }

    /// A route as an action.
    pub fn route(&mut self, target: RouteTarget, gateway: Option<&str>) -> Then {
        let id = RouteId(self.device.routes.len() as u32);
        let gateway: Option<IpAddr> = gateway.map(|a| a.parse().unwrap());
        self.device.routes.push(Route { target, gateway, span: span(), label: format!("route {}", id.0) });
        Then::Route(id)
    }

    /// Out of an interface, directly connected.
    pub fn out(&mut self, interface: u32) -> Then {
        self.route(RouteTarget::Interface(IfId(interface)), None)
    }

    /// The route list.
    pub fn routing(&mut self, rules: Vec<(Expr, Then)>) {
        self.device.pipeline.routing = self.chains(RuleSetKind::Route, vec![(rules, Then::Fall)]);
    }

    /// Everything leaves by one interface.
    pub fn all_out(&mut self, interface: u32) {
        let out = self.out(interface);
        self.routing(vec![(Expr::Any, out)]);
    }
}

/// An address as a number.
pub fn number(address: &str) -> u128 {
    Family::number(address.parse().unwrap())
}

/// Destination (or source) in a network or at an address.
pub fn within(field: Field, network: &str) -> Expr {
    let network = if network.contains('/') { network.to_owned() } else { format!("{network}/32") };
    AddressSet::network(network.parse().unwrap()).expr(field)
}

/// A TCP packet that opens a session.
pub fn syn(src: &str, dst: &str, dport: u16) -> Flow {
    let (src, dst): (IpAddr, IpAddr) = (src.parse().unwrap(), dst.parse().unwrap());
    Flow {
        family: Family::of(src),
        src: Family::number(src),
        dst: Family::number(dst),
        proto: proto::TCP,
        sport: 49152,
        dport,
        icmp: 0,
        flags: 2,
    }
}
