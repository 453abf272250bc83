//! Random sites of several routers: the kernel against the walk of the concrete evaluator and the symbolic reach.
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use bunri::analysis::concrete::{End, Options, simulate};
use bunri::analysis::diagram::Cube;
use bunri::analysis::reach::Explorer;
use bunri::analysis::replies::Openers;
use bunri::analysis::set::{PacketSet, point_of};
use bunri::analysis::transition::Bound;
use bunri::cli::lab::craft;
use bunri::cli::lab::said::is_group;
use bunri::cli::lab::space::Space;
use bunri::cli::lab::wire::{Ears, Forget, Port};
use bunri::model::{CauseKind, Family, Field, Flow, State, proto};
use bunri::network::{DeviceId, Location, SegmentId, Site};
use bunri::vendor::by_id;

use super::bench::{self, Backend, Batch, Export, export, load, lost, protocols};
use super::plan::{INTERFACES, Plan, v4, v6};
use super::rules::{self, Rules};
use crate::rule_lists::Rng;
use crate::support::tiny::site_of;

/// One interface of a router.
#[derive(Clone, Copy)]
struct Plug {
    router: usize,
    name: &'static str,
}

/// A cable between two routers.
struct Transit {
    a: Plug,
    b: Plug,
}

/// The shape of a site.
struct Shape {
    routers: usize,
    transits: Vec<Transit>,
    /// Segments with a far end of ours, one router each.
    edges: Vec<Plug>,
}

impl Shape {
    fn random(g: &mut Rng) -> Shape {
        let routers = 2 + g.below(3);
        let mut used = vec![0; routers];
        let mut plug = |router: usize| {
            used[router] += 1;
            Plug { router, name: INTERFACES[used[router] - 1] }
        };
        let (mut transits, mut edges) = (Vec::new(), Vec::new());
        for at in 1..routers {
            let to = if g.percent(60) { at - 1 } else { g.below(at) };
            transits.push(Transit { a: plug(to), b: plug(at) });
        }
        // Now and then a ring.
        if routers == 3 && g.percent(40) {
            transits.push(Transit { a: plug(0), b: plug(2) });
        }
        for router in 0..routers {
            edges.push(plug(router));
        }
        Shape { routers, transits, edges }
    }

    /// Interface, own address and the address at the other end of each cable of a router.
    fn cables(&self, router: usize) -> Vec<(&'static str, usize, usize)> {
        let mut out = Vec::new();
        for (at, t) in self.transits.iter().enumerate() {
            for (here, there) in [(t.a, t.b), (t.b, t.a)] {
                if here.router == router {
                    out.push((here.name, at, there.router));
                }
            }
        }
        out
    }

    /// The cable that leads from a router towards another, and by which hand the end is counted.
    fn towards(&self, from: usize, to: usize) -> Option<(&'static str, usize, u8)> {
        let mut seen = vec![None; self.routers];
        let mut open = std::collections::VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            for (name, cable, next) in self.cables(at) {
                if next != from && seen[next].is_none() {
                    seen[next] = if at == from { Some((name, cable, next)) } else { seen[at] };
                    open.push_back(next);
                }
            }
        }
        let (name, cable, next) = seen[to]?;
        let hand = if self.transits[cable].a.router == next { 1 } else { 2 };
        Some((name, cable, hand))
    }
}

/// Lines for `ip -batch`, of each family.
fn addressing(g: &mut Rng, shape: &Shape, router: usize) -> [String; 2] {
    let (mut four, mut six) = (String::new(), String::new());
    for (at, t) in shape.transits.iter().enumerate() {
        for (plug, hand) in [(t.a, 1), (t.b, 2)] {
            if plug.router == router {
                let _ = writeln!(four, "addr add 172.31.{at}.{hand}/30 brd + dev {}", plug.name);
                let _ = writeln!(six, "addr add 2001:db8:f00:{at}::{}/127 dev {} nodad", hand + 1, plug.name);
            }
        }
    }
    for (at, plug) in shape.edges.iter().enumerate().filter(|(_, p)| p.router == router) {
        let _ = writeln!(four, "addr add 10.{}.0.1/24 brd + dev {}", 10 + at, plug.name);
        let _ = writeln!(six, "addr add 2001:db8:{at}::1/64 dev {} nodad", plug.name);
    }
    for (at, plug) in shape.edges.iter().enumerate().filter(|(_, p)| p.router != router) {
        let Some((_, cable, hand)) = shape.towards(router, plug.router) else { continue };
        if g.percent(93) {
            let _ = writeln!(four, "route add 10.{}.0.0/24 via 172.31.{cable}.{hand}", 10 + at);
        }
        if g.percent(90) {
            let _ = writeln!(six, "route add 2001:db8:{at}::/64 via 2001:db8:f00:{cable}::{}", hand + 1);
        }
    }
    let cables = shape.cables(router);
    let (_, cable, next) = g.of(&cables);
    let hand = if shape.transits[cable].a.router == next { 1 } else { 2 };
    if g.percent(50) {
        let _ = writeln!(four, "route add default via 172.31.{cable}.{hand}");
    }
    if g.percent(20) {
        let _ = writeln!(
            four,
            "rule add from 10.{}.0.0/25 table 100 priority 700",
            10 + g.below(shape.edges.len())
        );
        let _ = writeln!(four, "route add default via 172.31.{cable}.{hand} table 100");
    }
    if g.percent(50) {
        let _ = writeln!(six, "route add default via 2001:db8:f00:{cable}::{}", hand + 1);
    }
    [four, six]
}

/// What became of a packet in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Edge(usize, Flow),
    Router(usize, Flow),
    Gone,
}

/// The boxes.
struct Town {
    routers: Vec<Space>,
    far: Space,
    ports: Vec<Port>,
    ears: Vec<Ears>,
    forget: Vec<Forget>,
    tag: u64,
}

fn veth(name: &str, peer: &str, pid: u32) -> String {
    let mac = craft::MAC;
    format!(
        "link add {name} address {mac} arp off type veth peer name {peer} address {mac} arp off netns {pid}\n"
    )
}

impl Town {
    fn build(g: &mut Rng, shape: &Shape) -> io::Result<Town> {
        let far = Space::new()?;
        far.run(
            "sysctl",
            &["-q", "-p", "-"],
            "net/ipv6/conf/all/disable_ipv6 = 1\nnet/ipv6/conf/default/disable_ipv6 = 1\n",
        )?;
        let routers = (0..shape.routers).map(|_| Space::new()).collect::<io::Result<Vec<_>>>()?;
        for space in &routers {
            let quiet = "net/ipv6/conf/default/accept_dad = 0\nnet/ipv6/conf/default/accept_ra = 0\n";
            space.run("sysctl", &["-q", "-p", "-"], quiet)?;
            space.run("ip", &["link", "set", "lo", "up"], "")?;
        }
        for t in &shape.transits {
            let line = veth(t.a.name, t.b.name, routers[t.b.router].pid());
            routers[t.a.router].run("ip", &["-batch", "-"], &line)?;
            for plug in [t.a, t.b] {
                routers[plug.router].run("ip", &["link", "set", plug.name, "arp", "off", "up"], "")?;
            }
        }
        for (at, plug) in shape.edges.iter().enumerate() {
            let end = format!("f{at}");
            routers[plug.router].run("ip", &["-batch", "-"], &veth(plug.name, &end, far.pid()))?;
            routers[plug.router].run("ip", &["link", "set", plug.name, "up"], "")?;
            far.run("ip", &["link", "set", &end, "arp", "off", "up"], "")?;
        }
        for (router, space) in routers.iter().enumerate() {
            let [four, six] = addressing(g, shape, router);
            space.run("ip", &["-batch", "-"], &four)?;
            space.run("ip", &["-6", "-batch", "-"], &six)?;
            let mut settings = String::from(
                "net/ipv4/icmp_ratelimit = 0\nnet/ipv6/icmp/ratelimit = 0\nnet/ipv4/ip_forward = 1\nnet/ipv6/conf/all/forwarding = 1\n",
            );
            if g.percent(25) {
                let _ = writeln!(settings, "net/ipv4/conf/all/rp_filter = {}", 1 + g.below(2));
            }
            space.run("sysctl", &["-q", "-p", "-"], &settings)?;
        }
        let ports = (0..shape.edges.len())
            .map(|at| Port::open(&far, &format!("f{at}")))
            .collect::<io::Result<_>>()?;
        let ears = routers.iter().map(Ears::open).collect::<io::Result<_>>()?;
        let forget = routers.iter().map(Forget::open).collect::<io::Result<_>>()?;
        Ok(Town { routers, far, ports, ears, forget, tag: 0 })
    }

    fn forget(&self) -> io::Result<()> {
        self.forget.iter().try_for_each(Forget::all)
    }

    fn inject(&mut self, edge: usize, flow: &Flow, tag: u64) -> io::Result<()> {
        let frame = craft::frame(flow, tag).ok_or_else(|| io::Error::other("no such packet"))?;
        self.ports[edge].send(&frame)
    }

    /// What came out since the last time, with its tag.
    fn take(&mut self) -> io::Result<Vec<(u64, Seen)>> {
        let mut out = Vec::new();
        for (at, port) in self.ports.iter_mut().enumerate() {
            out.extend(port.take()?.into_iter().map(|s| (s.tag, Seen::Edge(at, s.flow))));
        }
        for (at, ears) in self.ears.iter().enumerate() {
            out.extend(ears.take()?.into_iter().map(|s| (s.tag, Seen::Router(at, s.flow))));
        }
        Ok(out)
    }

    /// One packet and, if it came out somewhere, an answer to it.
    fn send(&mut self, probes: &[(usize, Flow)]) -> io::Result<Vec<(Seen, Option<(usize, Flow, Seen)>)>> {
        let mut out = vec![(Seen::Gone, None); probes.len()];
        let mut waiting: Vec<usize> = (0..probes.len()).collect();
        while !waiting.is_empty() {
            self.forget()?;
            let mut batch = Batch::default();
            let (now, later): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|at| batch.admits(&probes[*at].1));
            waiting = later;
            let first = self.tag;
            self.tag += now.len() as u64;
            for (tag, at) in (first..).zip(&now) {
                self.inject(probes[*at].0, &probes[*at].1, tag)?;
            }
            for (tag, seen) in self.take()? {
                let at = tag.checked_sub(first).and_then(|n| now.get(usize::try_from(n).ok()?));
                let at = *at.ok_or_else(|| io::Error::other("a packet of an earlier batch came out late"))?;
                if own(&seen, &probes[at].1) {
                    out[at].0 = seen;
                }
            }
            let answers: Vec<(usize, usize, Flow)> = now
                .iter()
                .filter_map(|at| match out[*at].0 {
                    Seen::Edge(edge, header) => Some((*at, edge, answer(&header)?)),
                    _ => None,
                })
                .collect();
            let first = self.tag;
            self.tag += answers.len() as u64;
            for (tag, (_, edge, flow)) in (first..).zip(&answers) {
                self.inject(*edge, flow, tag)?;
            }
            for (at, edge, flow) in &answers {
                out[*at].1 = Some((*edge, *flow, Seen::Gone));
            }
            for (tag, seen) in self.take()? {
                let answered = tag.checked_sub(first).and_then(|n| answers.get(usize::try_from(n).ok()?));
                let (at, edge, flow) = answered.ok_or_else(|| io::Error::other("a packet came out late"))?;
                if own(&seen, flow) {
                    out[*at].1 = Some((*edge, *flow, seen));
                }
            }
        }
        Ok(out)
    }

    fn lost(&self) -> io::Result<u64> {
        self.routers.iter().chain([&self.far]).map(lost).sum()
    }
}

/// Not the answer of somebody's own stack.
fn own(seen: &Seen, sent: &Flow) -> bool {
    match seen {
        Seen::Edge(_, flow) | Seen::Router(_, flow) => flow.proto == sent.proto && flow.icmp == sent.icmp,
        Seen::Gone => false,
    }
}

/// What an honest receiver sends back; only where no identifier of a session would have to be known.
fn answer(flow: &Flow) -> Option<Flow> {
    let back = Flow { src: flow.dst, dst: flow.src, sport: flow.dport, dport: flow.sport, ..*flow };
    match flow.proto {
        proto::TCP if flow.flags == 2 => Some(Flow { flags: 18, ..back }),
        proto::UDP => Some(back),
        _ => None,
    }
}

/// The site as a user would describe it.
fn describe(shape: &Shape, exports: &[Export]) -> Site {
    let mut topology = String::new();
    for at in 0..shape.edges.len() {
        let _ = writeln!(
            topology,
            "[[segment]]\nid = \"e{at}\"\nprefixes = [\"10.{}.0.0/24\", \"2001:db8:{at}::/64\"]\ncomplete = true",
            10 + at
        );
    }
    for at in 0..shape.transits.len() {
        let _ = writeln!(
            topology,
            "[[segment]]\nid = \"t{at}\"\nprefixes = [\"172.31.{at}.0/30\", \"2001:db8:f00:{at}::2/127\"]\ncomplete = true"
        );
    }
    let mut files: Vec<(String, &str)> = Vec::new();
    for (router, export) in exports.iter().enumerate() {
        let folder = format!("configs/R{router}");
        let _ = writeln!(
            topology,
            "[[device]]\nname = \"R{router}\"\nconfig = \"{folder}/rules\"\nvendor = \"iptables\"\n[device.companions]\n\
             ipv6 = \"{folder}/rules6\"\naddresses = \"{folder}/addr\"\nroutes = \"{folder}/route\"\nrules = \"{folder}/rule\"\n\
             sysctl = \"{folder}/sysctl\"\n[device.attach]"
        );
        for (at, plug) in shape.edges.iter().enumerate().filter(|(_, p)| p.router == router) {
            let _ = writeln!(topology, "\"{}\" = \"e{at}\"", plug.name);
        }
        for (at, t) in shape.transits.iter().enumerate() {
            for plug in [t.a, t.b].into_iter().filter(|p| p.router == router) {
                let _ = writeln!(topology, "\"{}\" = \"t{at}\"", plug.name);
            }
        }
        for (name, text) in [
            ("rules", &export.rules),
            ("rules6", &export.rules6),
            ("addr", &export.addresses),
            ("route", &export.routes),
            ("rule", &export.policy),
            ("sysctl", &export.sysctl),
        ] {
            files.push((format!("{folder}/{name}"), text));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), *t)).collect();
    site_of(&topology, &files, &[by_id("iptables").unwrap()])
}

#[derive(Default, Debug)]
struct Tally {
    sites: usize,
    refused: usize,
    packets: usize,
    decided: usize,
    edge: usize,
    hops: usize,
    router: usize,
    gone: usize,
    translated: usize,
    answers: usize,
    answered: usize,
    /// Answers for which a translation was undone.
    undone: usize,
    again: usize,
}

struct Judge<'s> {
    site: &'s Site,
    explorer: Explorer<'s>,
    choices: bool,
    /// The sessions that packets from any edge open, once asked for.
    openers: Option<Openers>,
}

impl Judge<'_> {
    fn segment(&self, edge: usize) -> SegmentId {
        let id = format!("e{edge}");
        self.site.segments().find(|(_, s)| s.id.value == id).unwrap().0
    }

    fn device(&self, router: usize) -> DeviceId {
        let name = format!("R{router}");
        self.site.devices().find(|(_, d)| d.device.name == name).unwrap().0
    }

    /// Where the engines say that it may end: places, and whether the enumeration is whole.
    fn concrete(&self, edge: usize, flow: &Flow, state: Option<State>, wish: Option<Flow>) -> Said {
        let mut options = Options { state, limit: 512, runs: 4000, ..Options::default() };
        options.wishes.headers.extend(wish);
        let found = simulate(self.site, Location::Origin(self.segment(edge)), flow, &options);
        let whole = !found.truncated && !found.partial;
        let mut said = Said { ends: BTreeSet::new(), hops: 0, whole, twice: false };
        for branch in &found.branches {
            let header = branch.delivered();
            said.hops = said.hops.max(branch.hops.len());
            let passed: BTreeSet<_> = branch.hops.iter().map(|hop| hop.device).collect();
            said.twice |= passed.len() < branch.hops.len();
            said.ends.insert(match branch.end {
                End::Segment(_) | End::Local(_) => (Some(branch.end), header),
                _ => (None, None),
            });
        }
        said
    }

    fn translates(&self) -> bool {
        self.site.devices().any(|(_, d)| !d.device.nats.is_empty())
    }

    fn end(&self, seen: &Seen) -> Option<End> {
        match seen {
            Seen::Edge(at, _) => Some(End::Segment(self.segment(*at))),
            Seen::Router(at, _) => Some(End::Local(self.device(*at))),
            Seen::Gone => None,
        }
    }

    fn packet(&mut self, edge: usize, flow: &Flow, seen: &Seen, tally: &mut Tally) -> Result<bool, String> {
        let header = match seen {
            Seen::Edge(_, header) => Some(*header),
            _ => None,
        };
        let said = self.concrete(edge, flow, None, header);
        let end = self.end(seen);
        if end.is_none() && said.twice && self.translates() {
            // Where a box is passed twice, the second session may want what the first one holds: without a port to
            // give way to, the packet is dropped.
            return Ok(false);
        }
        let joins = |(e, h): &(Option<End>, Option<Flow>)| {
            matches!(e, Some(End::Local(_))) && h.is_some_and(|h| is_group(&h))
        };
        let groups = end.is_none() && said.ends.iter().any(joins);
        let met = said.ends.iter().any(|(e, h)| *e == end && (header.is_none() || *h == header));
        if said.whole && !met && !groups {
            return Err(format!("the concrete evaluator says {:?}", said.ends));
        }
        if end.is_some() {
            tally.hops += usize::from(said.hops > 1);
        }
        self.symbolic(edge, flow, seen, groups)?;
        let places: BTreeSet<_> = said.ends.iter().map(|(e, _)| *e).collect();
        Ok(said.whole && places.len() == 1 && !groups)
    }

    fn symbolic(&mut self, edge: usize, flow: &Flow, seen: &Seen, groups: bool) -> Result<(), String> {
        let start = Location::Origin(self.segment(edge));
        let seed = self.seed(flow)?;
        let mut arrive = |bound| self.explorer.forward(&[(start, seed)], bound).map_err(|e| format!("{e:?}"));
        let (upper, lower) = (arrive(Bound::Upper)?, arrive(Bound::Lower)?);
        let place = match self.end(seen) {
            Some(End::Segment(id)) => Some(Location::Segment(id)),
            Some(End::Local(id)) => Some(Location::Local(id)),
            _ => None,
        };
        if let Some(place) = place {
            let set = upper.at(place);
            let inside = match seen {
                Seen::Edge(_, header) => self.explorer.e.contains(set, &point_of(header)),
                _ => !set.is_empty(),
            };
            if !inside {
                return Err(format!("the upper graph has no arrival at {place:?}"));
            }
        }
        // Nobody joins groups here. With choices (more packets than a rate allows) the lower bound is a candidate only.
        if groups || self.choices {
            return Ok(());
        }
        for sure in lower.steps.iter().map(|s| s.at) {
            let visible = match sure {
                Location::Segment(id) => (0..INTERFACES.len())
                    .find(|e| self.site.segment(id).is_some_and(|s| s.id.value == format!("e{e}")))
                    .is_some(),
                Location::Local(_) => true,
                _ => false,
            };
            if visible && Some(sure) != place {
                return Err(format!("the lower graph says {sure:?}"));
            }
        }
        Ok(())
    }

    /// An answer that came through is one that a box may take for part of a session, or lets pass without one.
    fn reply(&mut self, edge: usize, flow: &Flow, seen: &Seen) -> Result<(), String> {
        let Some(end) = self.end(seen) else { return Ok(()) };
        self.symbolic_reply(edge, flow, seen)?;
        let wish = match seen {
            Seen::Edge(_, header) => Some(*header),
            _ => None,
        };
        let states = [None, Some(State::Established)];
        let said: Vec<Said> = states.into_iter().map(|s| self.concrete(edge, flow, s, wish)).collect();
        let any = said.iter().any(|s| !s.whole || s.ends.iter().any(|(e, _)| *e == Some(end)));
        // The evaluator follows a session's packets by rules only: what a translation undoes it does not say.
        if any || self.translates() { Ok(()) } else { Err(format!("no state lets it reach {end:?}")) }
    }

    /// The answer, translations undone, is among what passes for sessions that packets from the edges open. Not asked of
    /// one to a box itself: who opened its session used the box's address, and no program there waits for it.
    fn symbolic_reply(&mut self, edge: usize, flow: &Flow, seen: &Seen) -> Result<(), String> {
        let Seen::Edge(at, header) = *seen else { return Ok(()) };
        let target = Location::Segment(self.segment(at));
        let told = |e| format!("{e:?}");
        let openers = match self.openers.take() {
            Some(openers) => openers,
            None => {
                let edges = self.site.segments().filter(|(_, s)| s.id.value.starts_with('e'));
                let origins = edges.map(|(id, _)| Location::Origin(id)).collect();
                self.explorer.openers(&origins, Bound::Upper).map_err(told)?
            }
        };
        let seed = (Location::Origin(self.segment(edge)), self.seed(flow)?);
        let passages = self.explorer.forward_past(&[seed], Bound::Upper, &openers).map_err(told)?;
        self.openers = Some(openers);
        let arrivals = passages.arrivals(&mut self.explorer).map_err(told)?;
        if self.explorer.e.contains(arrivals.at(target), &point_of(&header)) {
            Ok(())
        } else {
            Err("no session lets it pass in the upper graph".to_owned())
        }
    }

    fn seed(&mut self, flow: &Flow) -> Result<PacketSet, String> {
        let fields = Field::ALL.into_iter().filter(|f| !Field::SCRATCH.contains(f));
        let cube = fields.fold(Cube::any(), |c, f| c.with_value(f, flow.get(f)));
        self.explorer.e.cube(&cube).map_err(|e| e.to_string())
    }
}

struct Said {
    ends: BTreeSet<(Option<End>, Option<Flow>)>,
    hops: usize,
    whole: bool,
    /// A box is passed twice.
    twice: bool,
}

fn pools(shape: &Shape) -> Plan {
    let (mut four, mut six) = (vec![v4("8.8.8.8"), v4("172.31.0.1"), v4("172.31.0.2")], vec![v6("2600::1")]);
    for at in 0..shape.edges.len() {
        for last in [1, 5, 77, 130] {
            four.push(v4(&format!("10.{}.0.{last}", 10 + at)));
            six.push(v6(&format!("2001:db8:{at}::{last}")));
        }
    }
    six.extend([v6("2001:db8:f00::2"), v6("2001:db8:f00::3")]);
    Plan {
        ip: String::new(),
        ip6: String::new(),
        sysctl: String::new(),
        v4: four,
        v6: six,
        marks: false,
        sets: bench::sets(),
    }
}

fn probe(g: &mut Rng, shape: &Shape, plan: &Plan, all: &[[Rules; 2]]) -> (usize, Flow) {
    let edge = g.below(shape.edges.len());
    let family = g.of(&[Family::V4, Family::V4, Family::V6]);
    let rules = &all[g.below(all.len())][usize::from(family == Family::V6)];
    let pool = if family == Family::V4 { &plan.v4 } else { &plan.v6 };
    let pick = |g: &mut Rng| {
        if rules.addresses.is_empty() || g.percent(75) { g.of(pool) } else { g.of(&rules.addresses) }
    };
    let host = g.of(&[5, 77, 130]);
    let own = match family {
        Family::V4 => v4(&format!("10.{}.0.{host}", 10 + edge)),
        Family::V6 => v6(&format!("2001:db8:{edge}::{host}")),
    };
    let src = if g.percent(65) { own } else { pick(g) };
    let dst = pick(g);
    let dport = if rules.ports.is_empty() { 443 } else { g.of(&rules.ports) };
    let number = match g.below(8) {
        0..=3 => proto::TCP,
        4 | 5 => proto::UDP,
        6 if family == Family::V4 => proto::ICMP,
        6 => proto::ICMPV6,
        _ => g.of(protocols()),
    };
    let icmp = if family == Family::V4 { 0x0800 } else { 0x8000 };
    let sport = 0x8000 | g.next() as u16;
    let flow = Flow {
        family,
        src,
        dst,
        proto: number,
        sport,
        dport,
        icmp,
        flags: if g.percent(90) { 2 } else { 16 },
    };
    (edge, flow.canonical())
}

const PACKETS: usize = 150;

fn round(g: &mut Rng, tally: &mut Tally) -> Option<String> {
    let shape = Shape::random(g);
    let plan = pools(&shape);
    let mut town = Town::build(g, &shape).unwrap();
    let mut all = Vec::new();
    let mut exports = Vec::new();
    for space in &town.routers {
        let backend = if g.percent(50) { Backend::Legacy } else { Backend::Nft };
        let both = [Family::V4, Family::V6].map(|f| rules::random(g, f, &plan));
        // Several closed boxes in a row let nothing through.
        let open = g.percent(75);
        let text =
            |r: &Rules| if open { r.text().replace(":FORWARD DROP", ":FORWARD ACCEPT") } else { r.text() };
        if load(space, backend, &text(&both[0]), &text(&both[1])).is_err() {
            tally.refused += 1;
            return None;
        }
        exports.push(export(space, backend).unwrap());
        all.push(both);
    }
    let site = describe(&shape, &exports);
    let choices = site.devices().any(|(_, d)| d.device.causes.iter().any(|c| c.kind == CauseKind::Condition));
    let explorer = Explorer::new(&site, 6_000_000, BTreeSet::new());
    let mut judge = Judge { site: &site, explorer, choices, openers: None };
    tally.sites += 1;
    let probes: Vec<(usize, Flow)> = std::iter::repeat_with(|| probe(g, &shape, &plan, &all))
        .filter(|(_, flow)| craft::frame(flow, 0).is_some())
        .take(PACKETS)
        .collect();
    let seen = town.send(&probes).unwrap();
    let mut out = String::new();
    for ((edge, flow), (seen, reply)) in probes.iter().zip(&seen) {
        tally.packets += 1;
        match seen {
            Seen::Edge(_, header) => {
                tally.edge += 1;
                tally.translated += usize::from(header != flow);
            }
            Seen::Router(..) => tally.router += 1,
            Seen::Gone => tally.gone += 1,
        }
        match judge.packet(*edge, flow, seen, tally) {
            Ok(decided) => tally.decided += usize::from(decided),
            Err(_) => {
                // Alone: translations of one batch may have wanted the same port.
                let alone = town.send(&[(*edge, *flow)]).unwrap()[0].0;
                match judge.packet(*edge, flow, &alone, tally) {
                    Ok(_) => tally.again += 1,
                    Err(why) => {
                        let _ = writeln!(out, "from e{edge}: {flow}\n  kernel: {alone:?}\n  {why}");
                    }
                }
            }
        }
        if let Some((from, back, seen)) = reply {
            tally.answers += 1;
            tally.answered += usize::from(*seen != Seen::Gone);
            tally.undone += usize::from(matches!(seen, Seen::Edge(_, header) if header != back));
            if let Err(why) = judge.reply(*from, back, seen) {
                let _ = writeln!(out, "answer from e{from}: {back}\n  kernel: {seen:?}\n  {why}");
            }
        }
    }
    assert_eq!(town.lost().unwrap(), 0, "frames were lost: the run is unsound");
    if out.is_empty() {
        return None;
    }
    for (at, export) in exports.iter().enumerate() {
        let _ = writeln!(
            out,
            "--- R{at}\n{}\n{}\n{}\n{}\n{}",
            export.rules, export.rules6, export.addresses, export.routes, export.policy
        );
    }
    Some(out)
}

#[test]
fn kernel_and_engines_agree_on_random_sites() {
    if !super::available() {
        return;
    }
    let seed = super::number("BUNRI_LAB_SEED").unwrap_or(1);
    let full = std::env::var_os("BUNRI_FULL").is_some();
    let wanted = super::number("BUNRI_LAB_SITE_PACKETS").unwrap_or(if full { 50_000 } else { 2_500 });
    let mut g = Rng(seed);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    while (tally.packets as u64) < wanted && wrong.len() < 5 {
        wrong.extend(round(&mut g, &mut tally));
        assert!(tally.refused < 20 + tally.sites, "{tally:?}");
    }
    super::say(&format!("kernel laboratory, sites, seed {seed}: {tally:?}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
    assert!(tally.decided * 2 > tally.packets && tally.edge * 12 > tally.packets, "{tally:?}");
    assert!(tally.hops * 40 > tally.packets && tally.answered * 60 > tally.packets, "{tally:?}");
}
