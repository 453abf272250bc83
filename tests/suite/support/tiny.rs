//! Sites in memory, read with a language of one statement a line.
//!
//! ```text
//! tiny
//! if NAME KIND up|down [ADDRESS/LENGTH…]
//! route PREFIX IF [GATEWAY]        own addresses and connected prefixes come first, then these in file order
//! route-any PREFIX                 nobody knows the way
//! permit IN OUT SRC DST PROTO PORT each may be `*`; `?` after the word: unknown, `~`: a choice
//! deny …                           the same; what no rule names is refused
//! snat OUT SRC LOW-HIGH            source translation after the policy
//! dnat IN DST LOW-HIGH             destination translation on arrival
//! input deny                       nothing to the device itself, but for the next
//! accept IN SRC PROTO PORT         to the device itself; `?` after the word: unknown
//! rpf IF PREFIX                    what enters there has one of these sources
//! keeps rules|routes|opener        how the later packets of a session pass
//! helper same|beside|any PROTO PORT       a helper
//! relay certain|maybe
//! taint device|routing|nat|forward|if NAME
//! ```
use std::collections::BTreeMap;
use std::net::IpAddr;

use bunri::analysis::answer::{Assertion, Assessment, Level, Verdict};
use bunri::checks::{self, CheckError};
use bunri::model::*;
use bunri::network::{BuildError, Site, build};
use bunri::source::{FileId, Lang, Limits, Sources, Span, Spanned};
use bunri::vendor::{Confidence, Reading, Vendor, VendorInput};

use super::devices::Maker;
use crate::sites::Folder;

struct Tiny;

impl Vendor for Tiny {
    fn id(&self) -> &'static str {
        "tiny"
    }
    fn detect(&self, sources: &Sources, file: FileId) -> Confidence {
        let first = sources.excerpt(sources.line_span(file, 1)).text;
        if first == "tiny" { Confidence::Sure } else { Confidence::No }
    }
    fn read(&self, input: VendorInput<'_>) -> Reading {
        let whole = input.sources.whole(input.config);
        let last = input.sources.position(Span { start: whole.end, ..whole }).line;
        let lines = (2..=last).map(|line| {
            let span = input.sources.line_span(input.config, line);
            (input.sources.excerpt(span).text.clone(), span)
        });
        let lines: Vec<(String, Span)> = lines.collect();
        let device = device(input.name.unwrap_or("?"), input.config, &lines);
        Reading { devices: vec![device], ..Reading::default() }
    }
}

/// A device from its statements.
fn device(name: &str, file: FileId, lines: &[(String, Span)]) -> Device {
    let mut made = Tables { maker: Maker::new(name, &[]), ..Tables::default() };
    made.maker.device.file = file;
    for (text, span) in lines {
        let words: Vec<&str> = text.split_whitespace().collect();
        made.statement(&words, *span);
    }
    made.finish()
}

struct Tables {
    maker: Maker,
    connected: Vec<(Expr, Then, Span)>,
    routes: Vec<(Expr, Then, Span)>,
    policy: Vec<(Expr, Then, Span)>,
    snat: Vec<(Expr, Then, Span)>,
    dnat: Vec<(Expr, Then, Span)>,
    accepted: Vec<(Expr, Then, Span)>,
    input: Then,
    checks: Vec<(Expr, Then, Span)>,
    forward_taints: Vec<CauseId>,
}

impl Default for Tables {
    fn default() -> Self {
        Tables {
            maker: Maker::new("?", &[]),
            connected: vec![],
            routes: vec![],
            policy: vec![],
            snat: vec![],
            dnat: vec![],
            accepted: vec![],
            input: Then::Permit,
            checks: vec![],
            forward_taints: vec![],
        }
    }
}

impl Tables {
    fn cause(&mut self, kind: CauseKind, span: Span) -> CauseId {
        self.maker.device.add_cause(Cause { kind, what: bunri::msg!("test", "試験"), span })
    }

    fn interface(&self, name: &str) -> IfId {
        self.maker.device.interface(name).unwrap_or_else(|| panic!("interface {name}"))
    }

    fn side(&self, field: Field, name: &str) -> Expr {
        if name == "*" { Expr::Any } else { Expr::is(field, u128::from(self.interface(name).0)) }
    }

    fn route(&mut self, target: RouteTarget, gateway: Option<&str>, span: Span) -> Then {
        let then = self.maker.route(target, gateway);
        self.maker.device.routes.last_mut().unwrap().span = span;
        then
    }

    fn statement(&mut self, words: &[&str], span: Span) {
        match words {
            [] => {}
            ["if", name, kind, up, addresses @ ..] => {
                self.add_interface(name, kind, *up == "up", addresses, span)
            }
            ["route", to, interface, gateway @ ..] => {
                let target = RouteTarget::Interface(self.interface(interface));
                let then = self.route(target, gateway.first().copied(), span);
                self.routes.push((addresses(Field::Dst, to), then, span));
            }
            ["route-any", to] => {
                let cause = self.cause(CauseKind::Unknown, span);
                let then = self.route(RouteTarget::Any(cause), None, span);
                self.routes.push((addresses(Field::Dst, to), then, span));
            }
            [word, from, to, src, dst, protocol, port] => {
                let then = match word.trim_end_matches(['?', '~']) {
                    "permit" => Then::Permit,
                    "deny" => Then::Deny(DenyKind::Drop),
                    other => panic!("statement {other}"),
                };
                let when = Expr::all([
                    self.side(Field::Ingress, from),
                    self.side(Field::Egress, to),
                    addresses(Field::Src, src),
                    addresses(Field::Dst, dst),
                    service(protocol, port),
                ]);
                let when = match word.chars().last() {
                    Some('?') => Expr::unknown(self.cause(CauseKind::Unknown, span), when),
                    Some('~') => Expr::unknown(self.cause(CauseKind::Condition, span), when),
                    _ => when,
                };
                self.policy.push((when, then, span));
            }
            ["snat", out, src, to] => {
                let when = Expr::all([self.side(Field::Egress, out), addresses(Field::Src, src)]);
                let then = self.maker.nat(vec![Rewrite::To(Field::Src, numbers(to))], None);
                self.snat.push((when, then, span));
            }
            ["dnat", into, dst, to] => {
                let when = Expr::all([self.side(Field::Ingress, into), addresses(Field::Dst, dst)]);
                let then = self.maker.nat(vec![Rewrite::To(Field::Dst, numbers(to))], None);
                self.dnat.push((when, then, span));
            }
            ["rpf", name, own] => {
                let when = Expr::all([self.side(Field::Ingress, name), addresses(Field::Src, own).negate()]);
                self.checks.push((when, Then::Deny(DenyKind::Drop), span));
            }
            ["keeps", how] => {
                self.maker.device.established = match *how {
                    "rules" => Established::ByRules,
                    "routes" => Established::ByRoutes,
                    "opener" => Established::ToOpener(std::collections::BTreeSet::new()),
                    other => panic!("keeps {other}"),
                };
                let later = Ranges::span(State::Established.value(), State::Related.value());
                if *how == "rules" {
                    self.policy.insert(0, (Expr::In(Field::State, later), Then::Permit, span));
                }
            }
            ["helper", ends, protocol, port] => {
                let cause = self.cause(CauseKind::Unknown, span);
                let opens = match *ends {
                    "any" => Opens::AnyEnds,
                    "beside" => Opens::AnyEndsBySameInterfaces,
                    "same" => Opens::SameEnds,
                    other => panic!("helper {other}"),
                };
                let proto = if *protocol == "tcp" { proto::TCP } else { proto::UDP };
                let ports = Ranges::one(port.parse().unwrap());
                self.maker.device.helpers.push(Helper { cause, reads: vec![(proto, ports)], opens });
            }
            ["input", "deny"] => self.input = Then::Deny(DenyKind::Drop),
            [word @ ("accept" | "accept?"), from, src, protocol, port] => {
                let when = Expr::all([
                    self.side(Field::Ingress, from),
                    addresses(Field::Src, src),
                    service(protocol, port),
                ]);
                let when = match word.ends_with('?') {
                    true => Expr::unknown(self.cause(CauseKind::Unknown, span), when),
                    false => when,
                };
                self.accepted.push((when, Then::Permit, span));
            }
            ["relay", certain] => self.maker.device.relays.push(DeviceRelay {
                kind: RelayKind::Data,
                what: bunri::msg!("a proxy", "プロキシ"),
                span,
                certain: *certain == "certain",
                carried: None,
            }),
            ["taint", "forward"] => {
                let cause = self.cause(CauseKind::Unknown, span);
                self.forward_taints.push(cause);
            }
            ["taint", what, name @ ..] => {
                let radius = match *what {
                    "device" => Radius::Device,
                    "routing" => Radius::Routing,
                    "nat" => Radius::Nat,
                    "if" => Radius::Interface(self.interface(name[0])),
                    other => panic!("taint {other}"),
                };
                let cause = self.cause(CauseKind::Unknown, span);
                self.maker.device.taints.push(Taint { radius, cause });
            }
            other => panic!("statement {other:?}"),
        }
    }

    fn add_interface(&mut self, name: &str, kind: &str, up: bool, own: &[&str], span: Span) {
        let id = IfId(u32::try_from(self.maker.device.interfaces.len()).unwrap());
        let networks: Vec<ipnetwork::IpNetwork> = own.iter().map(|a| a.parse().unwrap()).collect();
        self.maker.device.interfaces.push(Interface {
            name: Spanned::new(name.to_owned(), span),
            alias: None,
            kind: match kind {
                "vlan" => InterfaceKind::Vlan { parent: "x".to_owned(), id: 1 },
                "tunnel" => InterfaceKind::Tunnel,
                "loopback" => InterfaceKind::Loopback,
                _ => InterfaceKind::Physical,
            },
            up,
            addresses: networks.iter().map(|n| InterfaceAddress { network: *n, span }).collect(),
        });
        for network in networks.into_iter().filter(|_| up) {
            let own = self.route(RouteTarget::Local, None, span);
            let own = (AddressSet::host(network.ip()).expr(Field::Dst), own, span);
            self.connected.insert(0, own);
            let near = self.route(RouteTarget::Interface(id), None, span);
            self.connected.push((AddressSet::network(network).expr(Field::Dst), near, span));
        }
    }

    fn finish(mut self) -> Device {
        let spanned = |maker: &mut Maker, kind, rules: Vec<(Expr, Then, Span)>, end| {
            let spans: Vec<Span> = rules.iter().map(|r| r.2).collect();
            let plain = rules.into_iter().map(|(when, then, _)| (when, then)).collect();
            let id = maker.chains(kind, vec![(plain, end)]);
            let rules = &mut maker.device.rule_sets[id.index()].chains[0].rules;
            rules.iter_mut().zip(spans).for_each(|(rule, span)| rule.span = span);
            id
        };
        let m = &mut self.maker;
        let dnat = spanned(m, RuleSetKind::Translate, self.dnat, Then::Fall);
        let routing = self.connected.into_iter().chain(self.routes).collect();
        let routing = spanned(m, RuleSetKind::Route, routing, Then::Fall);
        let policy = spanned(m, RuleSetKind::Filter, self.policy, Then::Deny(DenyKind::Drop));
        let snat = spanned(m, RuleSetKind::Translate, self.snat, Then::Fall);
        let input = spanned(m, RuleSetKind::Filter, self.accepted, self.input);
        let checks = spanned(m, RuleSetKind::Filter, self.checks, Then::Permit);
        m.device.pipeline = Pipeline {
            arrival: vec![Stage::Filter(checks), Stage::Translate(dnat)],
            routing,
            forward: vec![Stage::Filter(policy), Stage::Translate(snat)],
            input: vec![Stage::Filter(input)],
            output: vec![],
        };
        let taints = self.forward_taints.into_iter();
        m.device.taints.extend(taints.map(|cause| Taint { radius: Radius::RuleSet(policy), cause }));
        self.maker.device
    }
}

fn addresses(field: Field, text: &str) -> Expr {
    match text {
        "*" => Expr::Any,
        // As vendors convert it: a prefix of no length is every address of its family.
        text => AddressSet::network(text.parse().unwrap()).expr(field),
    }
}

fn service(protocol: &str, port: &str) -> Expr {
    let number = match protocol {
        "*" => return Expr::Any,
        "tcp" => proto::TCP,
        "udp" => proto::UDP,
        other => return Expr::proto(other.parse().unwrap()),
    };
    let ports = if port == "*" { Ranges::full(0xFFFF) } else { Ranges::one(port.parse().unwrap()) };
    Expr::ports(&[number], Field::Dport, ports)
}

fn numbers(text: &str) -> Ranges {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let number = |a: &str| Family::number(a.parse::<IpAddr>().unwrap());
    Ranges::span(number(low), number(high))
}

/// A site of tiny devices; `files` are paths and texts without the first line.
pub fn site(topology: &str, files: &[(&str, &str)]) -> Site {
    with_register(topology, files, None)
}

/// The same with an exception register.
pub fn with_register(topology: &str, files: &[(&str, &str)], register: Option<&str>) -> Site {
    let names = register.map_or("", |_| "registers = [\"policy/r.toml\"]\n");
    let files = files.iter().map(|(p, t)| (*p, format!("tiny\n{t}")));
    let register = register.map(|r| ("policy/r.toml", format!("schema_version = 1\n{r}")));
    let files: Vec<(&str, String)> = files.chain(register).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
    site_of(&format!("{names}{topology}"), &files, &[&Tiny])
}

/// A site of devices of these vendors; `files` are paths and texts.
pub fn site_of(topology: &str, files: &[(&str, &str)], vendors: &[&dyn Vendor]) -> Site {
    let text = format!("schema_version = 1\nname = \"T\"\n{topology}");
    let files = files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned()));
    let own = [("topology.toml".to_owned(), text)];
    site_in(&files.chain(own).collect(), vendors).unwrap_or_else(|e| panic!("{e:?}"))
}

/// The site of a folder in memory: paths and texts, `topology.toml` among them. Or why its topology is malformed.
pub fn site_in(files: &BTreeMap<String, String>, vendors: &[&dyn Vendor]) -> Result<Site, Vec<String>> {
    let folder = Folder(files.iter().map(|(p, t)| (p.clone(), t.clone().into_bytes())).collect());
    match build(&folder, vendors, &Limits::default()) {
        Ok(site) => Ok(site),
        Err(BuildError::NoTopology(why)) => Err(vec![why.text(Lang::En).to_owned()]),
        Err(BuildError::Malformed { diagnostics, .. }) => {
            Err(diagnostics.iter().map(|d| d.message.text(Lang::En).to_owned()).collect())
        }
    }
}

/// Every answer about a site.
pub fn assess(site: &Site) -> Assessment {
    try_assess(site).unwrap_or_else(|e| panic!("{e}"))
}

/// Every answer, or why there is none.
pub fn try_assess(site: &Site) -> Result<Assessment, CheckError> {
    checks::assess(site, &checks::Options::default())
}

/// One answer.
pub fn answer<'a>(all: &'a Assessment, id: &str, level: Level) -> &'a Assertion {
    all.assertions.iter().find(|a| a.id == id && a.level == level).unwrap()
}

/// The verdict of one question.
pub fn verdict(site: &Site, id: &str, level: Level) -> Verdict {
    answer(&assess(site), id, level).verdict
}
