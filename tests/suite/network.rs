//! Sites read from memory: mistakes in topologies, bindings, contracts, the graph, queries.

use bunri::model::{Cause, CauseKind};
use bunri::model::{
    Chain, ChainId, DenyKind, Device, Established, Expr, Field, IfId, Interface, InterfaceAddress,
    InterfaceKind, Pipeline, Radius, Route, RouteId, RouteTarget, Rule, RuleId, RuleSet, RuleSetId,
    RuleSetKind, Taint, Then,
};
use bunri::network::{BuildError, DeviceId, Link, Location, SegmentId, Site, build};
use bunri::source::{Code, Diagnostic, Lang, Limits, Sources, Spanned};
use bunri::vendor::{Confidence, InternalLink, Reading, Vendor, VendorInput};

use crate::sites::Folder;

mod binding;
mod bridges;
mod carriers;
mod contracts;
mod drawing;
mod mistakes;
mod negotiating;
mod queries;
mod silent;
mod switches;
mod vendors;

/// Reads the smallest configuration language there is, one statement a line:
/// `plain` (first line) · `part NAME` · `if NAME KIND up|down [ADDRESS…]` · `route IF [GATEWAY]` · `route-any` ·
/// `permit-in IF` · `hairpin IF` · `check IF` · `cable PART IF PART IF` · `unread`.
struct Plain;

impl Vendor for Plain {
    fn id(&self) -> &'static str {
        "plain"
    }
    fn detect(&self, sources: &Sources, file: bunri::source::FileId) -> Confidence {
        let first = sources.excerpt(sources.line_span(file, 1)).text;
        if first == "plain" { Confidence::Sure } else { Confidence::No }
    }
    fn read(&self, input: VendorInput<'_>) -> Reading {
        let mut reading = Reading::default();
        let name = input.name.unwrap_or("?").to_owned();
        let mut cables = Vec::new();
        let last = input.sources.position(end_of(input.sources, input.config)).line;
        for line in 2..=last {
            let span = input.sources.line_span(input.config, line);
            let text = input.sources.excerpt(span).text;
            let words: Vec<&str> = text.split_whitespace().collect();
            if words.first() != Some(&"part") && reading.devices.is_empty() {
                reading.devices.push(empty(name.clone(), input.config, span));
            }
            match words.as_slice() {
                ["part", part] => reading.devices.push(empty(format!("{name}/{part}"), input.config, span)),
                ["cable", a, x, b, y] => cables.push([a, x, b, y].map(|w| (*w).to_owned())),
                words => statement(reading.devices.last_mut().unwrap(), words, span),
            }
        }
        for [a, x, b, y] in cables {
            let end = |part: &str, interface: &str| {
                let wanted = format!("{name}/{part}");
                let at = reading.devices.iter().position(|d| d.name == wanted).unwrap();
                (at, reading.devices[at].interface(interface).unwrap())
            };
            let link = InternalLink { a: end(&a, &x), b: end(&b, &y) };
            reading.links.push(link);
        }
        reading
    }
}

fn end_of(sources: &Sources, file: bunri::source::FileId) -> bunri::source::Span {
    let whole = sources.whole(file);
    bunri::source::Span { start: whole.end, ..whole }
}

fn empty(name: String, file: bunri::source::FileId, span: bunri::source::Span) -> Device {
    let set = |name: &str, kind, end| RuleSet {
        name: name.to_owned(),
        kind,
        chains: vec![Chain {
            name: Spanned::new(name.to_owned(), span),
            rules: Vec::new(),
            end: Spanned::new(end, span),
        }],
        entry: ChainId(0),
    };
    Device {
        name,
        vendor: "plain",
        file,
        interfaces: Vec::new(),
        rule_sets: vec![
            set("routes", RuleSetKind::Route, Then::Fall),
            set("policy", RuleSetKind::Filter, Then::Permit),
        ],
        nats: Vec::new(),
        routes: Vec::new(),
        pipeline: Pipeline {
            arrival: Vec::new(),
            routing: RuleSetId(0),
            forward: vec![bunri::model::Stage::Filter(RuleSetId(1))],
            input: Vec::new(),
            output: Vec::new(),
        },
        states: Vec::new(),
        established: Established::ByRoutes,
        sessionless: Vec::new(),
        helpers: vec![],
        causes: Vec::new(),
        taints: Vec::new(),
        relays: Vec::new(),
        assumptions: Vec::new(),
        facts: bunri::model::Facts::default(),
        names: bunri::model::Names::default(),
    }
}

fn statement(device: &mut Device, words: &[&str], span: bunri::source::Span) {
    let route = |device: &mut Device, target, gateway: Option<&str>| {
        let id = RouteId(u32::try_from(device.routes.len()).unwrap());
        let gateway = gateway.map(|g| g.parse().unwrap());
        device.routes.push(Route { target, gateway, span, label: "route".to_owned() });
        rule(device, 0, Expr::Any, Then::Route(id), span);
    };
    match words {
        ["if", name, kind, up, addresses @ ..] => device.interfaces.push(Interface {
            name: Spanned::new((*name).to_owned(), span),
            alias: Some(format!("to-{name}")),
            kind: match *kind {
                "physical" => InterfaceKind::Physical,
                "vlan" => InterfaceKind::Vlan { parent: "x".to_owned(), id: 1 },
                "tunnel" => InterfaceKind::Tunnel,
                "loopback" => InterfaceKind::Loopback,
                "link" => InterfaceKind::VirtualLink,
                "member" => InterfaceKind::Member,
                "trunk" => InterfaceKind::Trunk,
                other => panic!("kind {other}"),
            },
            up: *up == "up",
            addresses: addresses
                .iter()
                .map(|a| InterfaceAddress { network: a.parse().unwrap(), span })
                .collect(),
        }),
        ["route", interface, gateway @ ..] => {
            let target = RouteTarget::Interface(device.interface(interface).unwrap());
            route(device, target, gateway.first().copied());
        }
        ["route-any"] => {
            let cause = device.add_cause(unread(span));
            route(device, RouteTarget::Any(cause), None);
        }
        ["permit-in", interface] => {
            let id = device.interface(interface).unwrap();
            rule(device, 1, Expr::is(Field::Ingress, u128::from(id.0)), Then::Permit, span);
        }
        ["hairpin", interface] => {
            let id = u128::from(device.interface(interface).unwrap().0);
            let both = Expr::all([Expr::is(Field::Ingress, id), Expr::is(Field::Egress, id)]);
            rule(device, 1, both, Then::Permit, span);
        }
        ["check", interface] => {
            let id = device.interface(interface).unwrap();
            let forged = Expr::all([Expr::is(Field::Ingress, u128::from(id.0)), Expr::is(Field::Src, 1)]);
            rule(device, 1, forged, Then::Deny(DenyKind::Drop), span);
        }
        ["unread"] => {
            let cause = device.add_cause(unread(span));
            device.taints.push(Taint { radius: Radius::Device, cause });
        }
        [] => {}
        other => panic!("statement {other:?}"),
    }
}

fn unread(span: bunri::source::Span) -> Cause {
    Cause { kind: CauseKind::Unknown, what: bunri::msg!("unread", "未解釈"), span }
}

fn rule(device: &mut Device, set: usize, when: Expr, then: Then, span: bunri::source::Span) {
    let rules = &mut device.rule_sets[set].chains[0].rules;
    let id = RuleId(u32::try_from(rules.len()).unwrap());
    rules.push(Rule { id, when, then, span, label: "rule".to_owned() });
}

fn try_site(topology: &str, files: &[(&str, &str)]) -> Result<Site, BuildError> {
    let own = [("topology.toml", topology)];
    let all = files.iter().chain(&own);
    let folder = Folder(all.map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect());
    build(&folder, &[&Plain], &Limits::default())
}

fn site(topology: &str, files: &[(&str, &str)]) -> Site {
    match try_site(topology, files) {
        Ok(site) => site,
        Err(BuildError::NoTopology(why)) => panic!("{}", why.text(Lang::En)),
        Err(BuildError::Malformed { sources, diagnostics }) => {
            panic!(
                "{}",
                diagnostics.iter().map(|d| line(&sources, d, Lang::En)).collect::<Vec<_>>().join("\n")
            )
        }
    }
}

/// `line: code: [marked text] message (help)`.
fn line(sources: &Sources, d: &Diagnostic, lang: Lang) -> String {
    let e = sources.excerpt(d.primary);
    let marked: String = e.text.chars().skip(e.highlight.0).take(e.highlight.1 - e.highlight.0).collect();
    // What the file does not say has no line to show.
    let marked = if sources.is_whole(d.primary) { String::new() } else { marked };
    let help = d.help.as_ref().map_or(String::new(), |h| format!(" ({})", h.text(lang)));
    format!("{}: {}: [{marked}] {}{help}", e.line, d.code.slug(), d.message.text(lang))
}

fn found(site: &Site, code: Code) -> Vec<String> {
    let of_code = site.diagnostics.iter().filter(|d| d.code == code);
    of_code.map(|d| line(&site.sources, d, Lang::En)).collect()
}

fn segment_id(site: &Site, name: &str) -> SegmentId {
    site.segments().find(|(_, s)| s.id.value == name).unwrap_or_else(|| panic!("no segment {name}")).0
}

fn device_id(site: &Site, name: &str) -> DeviceId {
    site.devices().find(|(_, d)| d.device.name == name).unwrap_or_else(|| panic!("no device {name}")).0
}

fn interface_id(site: &Site, device: &str, name: &str) -> IfId {
    site.device(device_id(site, device)).unwrap().device.interface(name).unwrap()
}

/// A location in words: `origin s`, `segment s`, `D:if in`, `D:if out on-link`, `D local`, `elsewhere` …
fn words(site: &Site, location: Location) -> String {
    let device = |d: DeviceId| site.device(d).unwrap().device.name.clone();
    let interface = |d: DeviceId, i: IfId| {
        format!("{}:{}", device(d), site.device(d).unwrap().device.interfaces[i.index()].name.value)
    };
    let segment = |s: SegmentId| site.segment(s).unwrap().id.value.clone();
    match location {
        Location::Origin(s) => format!("origin {}", segment(s)),
        Location::Segment(s) => format!("segment {}", segment(s)),
        Location::Ingress(d, i) => format!("{} in", interface(d, i)),
        Location::Egress(d, i, hop) => format!("{} out {}", interface(d, i), hop_words(hop)),
        Location::Local(d) => format!("{} local", device(d)),
        Location::LocalOrigin(d) => format!("{} self", device(d)),
        Location::Elsewhere => "elsewhere".to_owned(),
        Location::ElsewhereOrigin => "from elsewhere".to_owned(),
    }
}

fn hop_words(hop: bunri::network::NextHop) -> String {
    match hop {
        bunri::network::NextHop::OnLink => "on-link".to_owned(),
        bunri::network::NextHop::Via(a) => a.to_string(),
        bunri::network::NextHop::Unknown => "unknown".to_owned(),
    }
}

/// Every link that is not inside a device, sorted: `from -> to (certain|may)[ only ADDRESSES]`.
fn wires(site: &Site) -> Vec<String> {
    let edges = site.graph.edge_indices().filter_map(|e| {
        let (a, b) = site.graph.edge_endpoints(e).unwrap();
        let sure = |certain: &bool| if *certain { "certain" } else { "may" };
        let how = match &site.graph[e] {
            Link::Device(_) => return None,
            Link::Inject { certain } | Link::Transmit { certain } => sure(certain).to_owned(),
            Link::Wire { destinations: None, certain } => sure(certain).to_owned(),
            Link::Wire { destinations: Some(set), certain } => {
                let v4 = set.v4.pairs().iter().map(|(a, b)| {
                    let address = |v: &u128| std::net::Ipv4Addr::from(u32::try_from(*v).unwrap());
                    if a == b { address(a).to_string() } else { format!("{}-{}", address(a), address(b)) }
                });
                format!("{} only {}", sure(certain), v4.collect::<Vec<_>>().join(","))
            }
        };
        Some(format!("{} -> {} ({how})", words(site, site.graph[a]), words(site, site.graph[b])))
    });
    let mut out: Vec<String> = edges.collect();
    out.sort();
    out
}
