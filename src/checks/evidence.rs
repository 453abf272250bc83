//! From symbolic findings to evidence that the concrete evaluator reproduced, and to the lines that decide.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::visit::EdgeRef;

use super::Options;
use super::crossing::{Crossing, Hit, certain_destinations};
use super::mediated::{self, Session};
use super::places::{self, Party};
use crate::analysis::answer::{Culprit, Evidence, Leg};
use crate::analysis::concrete::{self, Arrival, Certainty, SiteBranch, SiteChoice, SitePick, Transmission};
use crate::analysis::reach::Fact;
use crate::analysis::set::flow_at;
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::model::{AddressSet, CauseId, CauseKind, Family, Flow, IfId, Interface, InterfaceKind, RelayKind};
use crate::msg;
use crate::network::{DeviceId, Link, Location, NextHop, SegmentId, Site, SiteDevice};
use crate::source::Span;

/// What the concrete evaluator says of a lower-bound candidate.
pub(super) enum Replayed {
    /// It crosses, with certainty, under the choices named in the evidence.
    Confirmed(Box<Evidence>),
    /// Not with certainty: two rules need one choice taken differently, or a translation has more values than
    /// can be tried.
    Open,
    /// The engines contradict each other.
    Contradicted(String),
}

/// An upper-bound finding with the facts it hangs on.
pub(super) struct Possible {
    pub evidence: Evidence,
    pub facts: BTreeSet<Fact>,
}

/// One session as the concrete evaluator sees it.
pub(super) enum LegOutcome {
    /// It is possible with certainty, under these conditions.
    Certain(Leg, Vec<Culprit>),
    /// It hangs on these facts.
    Possible(Leg, BTreeSet<Fact>),
    /// No packet of it could be reproduced.
    Unknown,
}

/// Bounds for replaying a packet whose crossing is meant to be certain.
pub(super) fn replaying() -> concrete::Options {
    concrete::Options { limit: 512, runs: 2_000, ..concrete::Options::default() }
}

/// Bounds for finding one way that hangs on unknown facts, with those in `avoiding` taken as never true. A device
/// that may do anything has more ways than anybody wants to see.
pub(super) fn looking(avoiding: &BTreeSet<Fact>) -> concrete::Options {
    let given = avoiding.iter().filter_map(|f| match f {
        Fact::Cause(device, cause) => Some(((*device, *cause), false)),
        Fact::Unbound(..) | Fact::NextHop(_) | Fact::Forged(..) => None,
    });
    concrete::Options { given: given.collect(), limit: 32, runs: 60, ..concrete::Options::default() }
}

/// Replays a candidate.
pub(super) fn replay(site: &Site, crossing: &Crossing, hit: &Hit) -> Replayed {
    let arrives = |arrival: &Arrival| certainly_crosses(site, crossing, hit, arrival);
    let reach = concrete::reaches(site, hit.source, &hit.flow, &replaying(), &arrives);
    let choices = match &reach.certainty {
        Certainty::Always => BTreeMap::new(),
        Certainty::UnderChoices(choices) => choices.clone(),
        Certainty::Possibly(_) | Certainty::Never => {
            let open = reach.truncated || reach.partial || has_choices(site);
            return if open { Replayed::Open } else { Replayed::Contradicted(describe(site, hit)) };
        }
    };
    let Some(branch) = reach.branch else { return Replayed::Open };
    let last = branch.transmissions.iter().find(|t| arrives(&Arrival::Transmitted(**t)));
    match last {
        Some(transmission) => {
            Replayed::Confirmed(Box::new(evidence(site, hit, &branch, transmission, &choices)))
        }
        None => Replayed::Open,
    }
}

/// Whether anything on the site is somebody's choice.
pub(super) fn has_choices(site: &Site) -> bool {
    site.devices.iter().flat_map(|d| &d.device.causes).any(|c| c.kind == CauseKind::Condition)
}

fn describe(site: &Site, hit: &Hit) -> String {
    let names: Vec<String> = hit.locations.iter().map(|l| location_name(site, *l)).collect();
    format!("{} by {}", hit.flow, names.join(" > "))
}

fn location_name(site: &Site, at: Location) -> String {
    let device = |id: DeviceId| site.device(id).map_or("?", |d| d.device.name.as_str());
    match at {
        Location::Origin(s) | Location::Segment(s) => {
            site.segment(s).map_or("?", |s| s.id.value.as_str()).to_owned()
        }
        Location::Ingress(d, i) => format!("{}#{}", device(d), i.0),
        Location::Egress(d, i, _) => format!("{}#{} out", device(d), i.0),
        Location::Local(d) | Location::LocalOrigin(d) => device(d).to_owned(),
        Location::Elsewhere | Location::ElsewhereOrigin => "elsewhere".to_owned(),
    }
}

/// Whether an arrival is a delivery to a machine of the target that no declared session covers.
fn certainly_crosses(site: &Site, crossing: &Crossing, hit: &Hit, arrival: &Arrival) -> bool {
    let Arrival::Transmitted(t) = arrival else { return false };
    let Location::Segment(segment) = t.to else { return false };
    crossing.to.contains(&segment)
        && !crossing.exempt.iter().any(|e| e.covers(hit.source, &hit.flow, segment, &t.header))
        && certain_destinations(site, segment, t.hop).is_some_and(|set| set.contains(t.header.destination()))
}

/// Whether a transmission may be a crossing at all.
fn may_cross(site: &Site, crossing: &Crossing, hit: &Hit, t: &Transmission) -> bool {
    match t.to {
        Location::Segment(segment) => {
            crossing.to.contains(&segment)
                && !crossing.exempt.iter().any(|e| e.covers(hit.source, &hit.flow, segment, &t.header))
        }
        Location::Elsewhere => {
            hit.source != Location::Ingress(t.device, t.egress) && places::open_way(site, way_of(t)).is_some()
        }
        _ => false,
    }
}

fn way_of(t: &Transmission) -> Location {
    Location::Egress(t.device, t.egress, t.hop)
}

/// The way of an upper-bound finding that hangs on the fewest facts, none of them in `avoiding`.
pub(super) fn replay_avoiding(
    site: &Site,
    crossing: &Crossing,
    hit: &Hit,
    avoiding: &BTreeSet<Fact>,
) -> Option<Possible> {
    let simulation = concrete::simulate(site, hit.source, &hit.flow, &looking(avoiding));
    let entered = entered_by(site, hit.source);
    let mut best: Option<(usize, BTreeSet<Fact>, &SiteBranch, &Transmission)> = None;
    for branch in &simulation.branches {
        let Some(t) = branch.transmissions.iter().find(|t| may_cross(site, crossing, hit, t)) else {
            continue;
        };
        let mut facts = facts_of(site, branch);
        if t.to == Location::Elsewhere {
            facts.extend(places::open_way(site, way_of(t)));
        }
        facts.extend(entered.iter().copied());
        let fewer = best.as_ref().is_none_or(|b| facts.len() < b.0);
        if facts.is_disjoint(avoiding) && fewer {
            best = Some((facts.len(), facts, branch, t));
        }
    }
    let (_, facts, branch, transmission) = best?;
    Some(Possible { evidence: evidence(site, hit, branch, transmission, &branch.choices), facts })
}

/// The facts on which anything hangs that may become of a finding's packet, for one with more possibilities than are
/// followed one by one: a device whose rules are not there may do anything to it.
pub(super) fn doubts(site: &Site, hit: &Hit, avoiding: &BTreeSet<Fact>) -> BTreeSet<Fact> {
    let simulation = concrete::simulate(site, hit.source, &hit.flow, &looking(avoiding));
    let mut facts: BTreeSet<Fact> = simulation.branches.iter().flat_map(|b| facts_of(site, b)).collect();
    facts.retain(|f| !avoiding.contains(f));
    facts
}

/// Where an upper-bound finding goes that hangs on no fact: what remains open is who is there. Boxes that have one
/// address are named first, then the interface that sends it to the receivers.
pub(super) fn where_it_goes(site: &Site, hit: &Hit) -> Vec<Culprit> {
    let mut out: BTreeSet<Culprit> = BTreeSet::new();
    let ways: Vec<(DeviceId, IfId)> = hit.locations.iter().filter_map(|at| entered_or_left(*at)).collect();
    for (id, interface) in &ways {
        out.extend(same_address(site, *id, *interface));
    }
    if out.is_empty()
        && let Some((id, interface)) = ways.last()
        && let Some((device, found)) = site.device(*id).and_then(|d| Some((d, interface_of(d, *interface)?)))
    {
        let name = &found.name.value;
        let what = msg!(
            "it is not known which machine takes up what leaves by `{name}`",
            "「{name}」から送出された通信を受け取る機器が特定できない"
        );
        out.insert(Culprit { span: found.name.span, what, device: Some(device.device.name.clone()) });
    }
    out.into_iter().collect()
}

fn entered_or_left(at: Location) -> Option<(DeviceId, IfId)> {
    match at {
        Location::Ingress(device, interface) | Location::Egress(device, interface, _) => {
            Some((device, interface))
        }
        _ => None,
    }
}

fn interface_of(device: &SiteDevice, interface: IfId) -> Option<&Interface> {
    device.device.interfaces.get(interface.index())
}

/// Another box with the address of an interface on the same segment, which no `cluster` explains.
fn same_address(site: &Site, id: DeviceId, interface: IfId) -> Option<Culprit> {
    let device = site.device(id)?;
    let found = interface_of(device, interface)?;
    let segment = device.attached.get(interface.index()).copied().flatten()?;
    let twin = |other: &SiteDevice| {
        let ports = other.device.interfaces.iter().zip(&other.attached);
        let mut here = ports.filter(|(_, at)| **at == Some(segment)).flat_map(|(i, _)| &i.addresses);
        let address = here.find(|a| found.addresses.iter().any(|b| b.network.ip() == a.network.ip()));
        address.map(|a| a.network.ip())
    };
    let mut others = site.devices().filter(|(_, other)| other.chassis != device.chassis);
    let (other, address) = others.find_map(|(_, other)| Some((&other.chassis, twin(other)?)))?;
    let (name, chassis) = (&found.name.value, &device.chassis);
    let what = msg!(
        "`{chassis}` and `{other}` both have the address {address} (`{name}`), and no `cluster` says that they are one",
        "「{chassis}」と「{other}」が同じアドレス {address} を持つ(「{name}」)が、冗長構成であるとの記載(`cluster`)がない"
    );
    Some(Culprit { span: found.name.span, what, device: Some(device.device.name.clone()) })
}

/// The facts that make an interface a source of packets from outside the topology.
fn entered_by(site: &Site, source: Location) -> BTreeSet<Fact> {
    let Location::Ingress(device, interface) = source else { return BTreeSet::new() };
    places::open_ends(site).remove(&(device, interface)).unwrap_or_default()
}

fn facts_of(site: &Site, branch: &SiteBranch) -> BTreeSet<Fact> {
    let mut facts: BTreeSet<Fact> = branch.causes().into_iter().map(|(d, c)| Fact::Cause(d, c)).collect();
    facts.extend(branch.uncertain_links.iter().filter_map(|(from, to)| link_fact(site, *from, *to)));
    facts
}

fn link_fact(site: &Site, from: Location, to: Location) -> Option<Fact> {
    let unbound = |at: Location| match at {
        Location::Ingress(d, i) | Location::Egress(d, i, _) => {
            site.device(d).is_some_and(|x| x.elsewhere.contains(&i)).then_some(Fact::Unbound(d, i))
        }
        _ => None,
    };
    unbound(from)
        .or_else(|| unbound(to))
        .or_else(|| matches!(from, Location::Egress(..)).then_some(Fact::NextHop(from)))
}

/// Facts about the links of a way: unbound interfaces, next hops that nobody owns.
pub(super) fn uncertain_links(site: &Site, locations: &[Location]) -> BTreeSet<Fact> {
    let mut out: BTreeSet<Fact> = locations.first().map(|at| entered_by(site, *at)).unwrap_or_default();
    out.extend(locations.last().and_then(|at| places::open_way(site, *at)));
    for (from, to) in locations.iter().zip(locations.iter().skip(1)) {
        let (Some(a), Some(b)) = (site.nodes.get(from), site.nodes.get(to)) else { continue };
        let mut links = site.graph.edges_connecting(*a, *b).map(|e| e.weight());
        let uncertain = links.all(|l| match l {
            Link::Inject { certain } | Link::Wire { certain, .. } | Link::Transmit { certain } => !certain,
            Link::Device(_) => false,
        });
        let any = site.graph.edges_connecting(*a, *b).map(|e| e.id()).next().is_some();
        if any && uncertain {
            out.extend(link_fact(site, *from, *to));
        }
    }
    out
}

/// Devices that may do anything because part of them was not understood, each with the facts that say so: the
/// unread line first, then the open ends that exist only because of it.
pub(super) fn havoc(site: &Site) -> BTreeMap<DeviceId, BTreeSet<Fact>> {
    let mut out = BTreeMap::new();
    for (id, device) in site.devices() {
        let unread = device.device.relays.iter().filter(|r| r.kind == RelayKind::Unread);
        let spans: BTreeSet<Span> = unread.map(|r| r.span).collect();
        let causes = device.device.causes.iter().zip(0u32..);
        let mut facts: BTreeSet<Fact> = causes
            .filter(|(c, _)| c.kind == CauseKind::Unknown && spans.contains(&c.span))
            .map(|(_, cause)| Fact::Cause(id, CauseId(cause)))
            .collect();
        if facts.is_empty() {
            continue;
        }
        let ends = device.elsewhere.iter().filter(|i| {
            device.device.interfaces.get(i.index()).is_some_and(|i| i.kind == InterfaceKind::Unread)
        });
        facts.extend(ends.map(|i| Fact::Unbound(id, *i)));
        let guesses =
            site.nodes.keys().filter(|at| matches!(at, Location::Egress(d, _, NextHop::Unknown) if *d == id));
        facts.extend(guesses.map(|at| Fact::NextHop(*at)));
        out.insert(id, facts);
    }
    out
}

/// Facts as the lines to look at, sorted, at most `most`; and whether there were more. An open end that exists only
/// because of an unread line is told by that line.
pub(super) fn culprits(site: &Site, facts: &BTreeSet<Fact>, most: usize) -> (Vec<Culprit>, bool) {
    let havoc = havoc(site);
    let told = |f: &Fact| match f {
        Fact::Cause(..) | Fact::Forged(..) => true,
        Fact::Unbound(..) | Fact::NextHop(_) => !havoc.values().any(|facts| facts.contains(f)),
    };
    let mut out: Vec<Culprit> = facts.iter().filter(|f| told(f)).filter_map(|f| culprit(site, *f)).collect();
    out.sort();
    out.dedup();
    let more = out.len() > most;
    out.truncate(most);
    (out, more)
}

/// The segment that the topology attaches an interface to although it may lead elsewhere.
fn found_on(site: &Site, fact: Fact) -> Option<&str> {
    let Fact::Unbound(id, interface) = fact else { return None };
    let attached = site.device(id)?.attached.get(interface.index()).copied().flatten()?;
    Some(site.segment(attached)?.id.value.as_str())
}

/// A fact as the line to look at.
pub(super) fn culprit(site: &Site, fact: Fact) -> Option<Culprit> {
    match fact {
        Fact::Cause(device, cause) => concrete::culprit(site, device, cause),
        Fact::Unbound(id, interface) => {
            let SiteDevice { device, chassis, .. } = site.device(id)?;
            let found = device.interfaces.get(interface.index())?;
            let name = &found.name.value;
            if let Some(span) = site.records.waits(chassis, name) {
                let what = msg!(
                    "nobody confirmed yet where interface `{name}` of `{chassis}` is connected",
                    "「{chassis}」のインターフェース「{name}」の接続先が未確認である(確認欄が空欄)"
                );
                return Some(Culprit { span, what, device: Some(device.name.clone()) });
            }
            if let Some((vlan, ..)) = site.listed_elsewhere(id, interface) {
                let what = msg!(
                    "interface `{name}` is VLAN {vlan}, which the list of VLANs gives another segment",
                    "インターフェース「{name}」のVLAN {vlan}は、VLAN一覧では別のセグメントである"
                );
                return Some(Culprit { span: found.name.span, what, device: Some(device.name.clone()) });
            }
            if let Some(segment) = found_on(site, fact) {
                let what = msg!(
                    "the addresses of interface `{name}` contradict the segment `{segment}` that the topology \
                     attaches it to",
                    "インターフェース「{name}」のアドレスが、構成情報の接続先セグメント「{segment}」と矛盾する"
                );
                return Some(Culprit { span: found.name.span, what, device: Some(device.name.clone()) });
            }
            let what = msg!(
                "the topology does not say where interface `{name}` is connected",
                "インターフェース「{name}」の接続先が構成情報にない"
            );
            Some(Culprit { span: found.name.span, what, device: Some(device.name.clone()) })
        }
        Fact::NextHop(Location::Egress(id, interface, hop)) => {
            let device = &site.device(id)?.device;
            let (span, what) = match hop {
                NextHop::Via(gateway) => {
                    let route = device.routes.iter().find(|r| r.gateway == Some(gateway))?;
                    let what = msg!(
                        "no device of the topology owns the next hop {gateway}",
                        "ネクストホップ {gateway} を持つ機器が構成情報にない"
                    );
                    (route.span, what)
                }
                NextHop::OnLink | NextHop::Unknown => {
                    let found = device.interfaces.get(interface.index())?;
                    let name = &found.name.value;
                    let what = msg!(
                        "it is not known who takes up what leaves by `{name}`",
                        "「{name}」から送出された通信を受け取る機器が特定できない"
                    );
                    (found.name.span, what)
                }
            };
            Some(Culprit { span, what, device: Some(device.name.clone()) })
        }
        Fact::NextHop(_) => None,
        Fact::Forged(id, interface) => {
            let device = &site.device(id)?.device;
            let found = device.interfaces.get(interface.index())?;
            let name = &found.name.value;
            let what = msg!(
                "a packet with a forged source that enters by `{name}` may open the way for replies to that source",
                "「{name}」から入る送信元を偽った通信が許可された場合、その応答が偽られたアドレスに届き得る"
            );
            Some(Culprit { span: found.name.span, what, device: Some(device.name.clone()) })
        }
    }
}

fn evidence(
    site: &Site,
    hit: &Hit,
    branch: &SiteBranch,
    last: &Transmission,
    choices: &BTreeMap<SiteChoice, SitePick>,
) -> Evidence {
    let (leg, forged) = sent_leg(site, hit.source, &hit.flow, branch, last);
    told(site, hit.flow.family, vec![leg], forged, choices)
}

/// Legs of packets that need no answer, with the conditions under which they arrive.
pub(super) fn told(
    site: &Site,
    family: Family,
    legs: Vec<Leg>,
    forged: bool,
    choices: &BTreeMap<SiteChoice, SitePick>,
) -> Evidence {
    let mut conditions = concrete::conditions(site, choices);
    conditions.extend(super::members::active(site, &legs));
    Evidence { family, legs, one_way: true, requires_forged_source: forged, choices: conditions }
}

/// A packet up to a transmission, and whether its sender must use a source outside its segment.
pub(super) fn sent_leg(
    site: &Site,
    source: Location,
    flow: &Flow,
    branch: &SiteBranch,
    last: &Transmission,
) -> (Leg, bool) {
    let (from, forged) = match source {
        Location::Origin(segment) => {
            let own = places::endpoint_addresses(site, &crate::network::Endpoint::Segment(segment));
            let forged = !own.contains(flow.source());
            // Whoever forges is none of those whose address it is.
            let address = if forged { None } else { Some(flow.source()) };
            (party_at(site, segment, address), forged)
        }
        other => (location_name(site, other), false),
    };
    let to = match last.to {
        Location::Segment(segment) => party_at(site, segment, Some(last.header.destination())),
        other => location_name(site, other),
    };
    // A device with several routing instances may stand on the way more than once.
    let sends = |o: &concrete::Outcome| matches!(o, concrete::Outcome::Forward { egress, .. } if *egress == last.egress);
    let until = branch
        .hops
        .iter()
        .position(|h| h.device == last.device && h.branch.header == last.header && sends(&h.branch.outcome));
    let shown = until.map_or(branch.hops.len(), |at| at + 1);
    let hops = branch.hops.iter().take(shown).filter_map(|h| h.hop(site)).collect();
    (Leg { from, to, packet: *flow, delivered: last.header, hops }, forged)
}

/// Who has an address in a segment: a declared host, or its undeclared machines.
pub(super) fn party_at(site: &Site, segment: SegmentId, address: Option<std::net::IpAddr>) -> String {
    let host = site.hosts().find(|(_, h)| {
        h.interfaces
            .iter()
            .any(|i| i.segment == segment && i.addresses.iter().any(|a| Some(a.value) == address))
    });
    match host {
        Some((id, _)) => places::label(site, Party::Host(id)),
        None => places::label(site, Party::Terminals(segment)),
    }
}

/// What a good witness from one segment to another looks like: real hosts first, then the segments' addresses.
pub(super) fn preferences(site: &Site, source: Option<SegmentId>, target: Option<SegmentId>) -> Preferences {
    Preferences { sources: known(site, source), destinations: known(site, target) }
}

fn known(site: &Site, segment: Option<SegmentId>) -> Vec<AddressSet> {
    let Some(id) = segment else { return Vec::new() };
    let cards = site.hosts.iter().flat_map(|h| &h.interfaces).filter(|i| i.segment == id);
    let hosts = cards.flat_map(|i| &i.addresses).map(|a| AddressSet::host(a.value));
    let hosts = hosts.fold(AddressSet::empty(), |set, a| set.union(&a));
    let prefixes = site.segment(id).into_iter().flat_map(|s| &s.prefixes);
    let prefixes = prefixes.fold(AddressSet::empty(), |set, p| set.union(&AddressSet::network(p.value)));
    [hosts, prefixes].into_iter().filter(|s| !s.is_empty()).collect()
}

/// Looks for a packet of a session and replays it.
pub(super) fn session_leg(
    site: &Site,
    session: Session,
    without: &BTreeSet<Fact>,
    options: &Options,
) -> LegOutcome {
    if let Some((source, flow)) = session_packet(site, session, Bound::Lower, without, options) {
        let sure = |arrival: &Arrival| is_delivery(site, session.peer, arrival, true);
        let reach = concrete::reaches(site, source, &flow, &replaying(), &sure);
        if let (true, Some(branch)) = (reach.certainty.is_certain(), &reach.branch) {
            let choices = match &reach.certainty {
                Certainty::UnderChoices(choices) => concrete::conditions(site, choices),
                _ => Vec::new(),
            };
            return LegOutcome::Certain(leg(site, session, &flow, branch), choices);
        }
    }
    if let Some((source, flow)) = session_packet(site, session, Bound::Upper, without, options) {
        let may = |arrival: &Arrival| is_delivery(site, session.peer, arrival, false);
        let reach = concrete::reaches(site, source, &flow, &looking(without), &may);
        if let Some(branch) = &reach.branch {
            return LegOutcome::Possible(leg(site, session, &flow, branch), facts_of(site, branch));
        }
    }
    LegOutcome::Unknown
}

fn leg(site: &Site, session: Session, flow: &Flow, branch: &SiteBranch) -> Leg {
    Leg {
        from: places::label(site, session.opener),
        to: places::label(site, session.peer),
        packet: *flow,
        delivered: branch.delivered().unwrap_or(*flow),
        hops: branch.path(site),
    }
}

/// A header of a session, as its opener sends it.
fn session_packet(
    site: &Site,
    session: Session,
    bound: Bound,
    without: &BTreeSet<Fact>,
    options: &Options,
) -> Option<(Location, Flow)> {
    let mut explorer = options.explorer(site, without.clone());
    let arrivals = mediated::carried_on(&mut explorer, session.opener, bound).ok()?;
    let wishes = Preferences {
        sources: vec![places::addresses_under(site, session.opener, bound)],
        destinations: vec![places::addresses_under(site, session.peer, bound)],
    };
    for index in 0..arrivals.steps.len() {
        let step = arrivals.steps.get(index)?;
        let set = mediated::delivered_step(&mut explorer, step, session, bound).ok()?;
        if set.is_empty() {
            continue;
        }
        let way = explorer.back(&arrivals, index, set, bound).ok()?;
        if let Some(point) = witness::choose(&mut explorer.e, way.headers, &wishes) {
            return Some((way.source, flow_at(&point)));
        }
    }
    None
}

fn is_delivery(site: &Site, peer: Party, arrival: &Arrival, certainly: bool) -> bool {
    match arrival {
        Arrival::Local { device, .. } => places::device_of(site, peer) == Some(*device),
        Arrival::Transmitted(t) => {
            let bound = if certainly { Bound::Lower } else { Bound::Upper };
            let own = places::addresses_under(site, peer, bound);
            match (peer, t.to) {
                (Party::OpenEnd(device, interface), to) => {
                    to == Location::Elsewhere && t.device == device && t.egress == interface
                }
                (_, Location::Segment(segment)) => {
                    let here = places::device_of(site, peer).is_none()
                        && places::segments_of(site, peer).contains(&segment)
                        && own.contains(t.header.destination());
                    let sure = || {
                        certain_destinations(site, segment, t.hop)
                            .is_some_and(|set| set.contains(t.header.destination()))
                    };
                    let handed = !certainly && mediated::handed_to(site, peer, way_of(t));
                    here && (!certainly || sure()) || handed
                }
                _ => false,
            }
        }
    }
}
