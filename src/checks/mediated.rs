//! Chains of sessions: can somebody who holds a session with this side hold one with the other?

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Options;
use super::places::{self, Party};
use super::standing::Standing;
use super::{management, waypoint};
use crate::analysis::Result;
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Arrivals, Explorer, Fact, Step};
use crate::analysis::replies::Openers;
use crate::analysis::set::PacketSet;
use crate::analysis::transition::Bound;
use crate::model::{AddressSet, Carried, Field, IfId, Ranges};
use crate::network::{
    Data, DeviceId, Endpoint, HalfSession, Location, NextHop, Relay, Role, SegmentId, Site,
};

/// How two parties can hold a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// In a way that a sanitizer's declaration names; which way data moves in it, seen from the peer.
    Declared(Data),
    /// In some other way.
    Other,
}

/// A possible session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session {
    /// Who opens it.
    pub opener: Party,
    /// Who answers.
    pub peer: Party,
    /// In which way.
    pub kind: Kind,
    /// Whether they share a segment, so that no device stands between them.
    pub same_segment: bool,
}

impl Session {
    /// The kind, with the way of data seen from one of the two parties.
    fn kind_at(&self, party: Party) -> Kind {
        match self.kind {
            Kind::Declared(data) if party != self.peer => Kind::Declared(turned(data)),
            kind => kind,
        }
    }
}

/// The way of data seen from the other end.
fn turned(data: Data) -> Data {
    match data {
        Data::In => Data::Out,
        Data::Out => Data::In,
        Data::Both => Data::Both,
    }
}

/// Every possible session of a site, under the upper bound.
#[derive(Debug, Default)]
pub struct Sessions {
    /// Per party, the sessions it can hold, whoever opens them.
    pub of: BTreeMap<Party, BTreeSet<Session>>,
    /// Screen-transfer systems that the register lets the individual-number zone look at: how, M-6 judges.
    pub shown: BTreeSet<Party>,
}

impl Sessions {
    /// Computes them with every unknown thing active except `resolved`, each party using its own addresses.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn compute(site: &Site, options: &Options, resolved: &BTreeSet<Fact>) -> Result<Sessions> {
        let mut standing = Standing::of(site);
        let mut sessions = Sessions::default();
        let mut engine = options.explorer(site, resolved.clone());
        for opener in standing.parties.clone() {
            let own = standing.addresses(opener);
            let opening = asked(&mut engine, opener, Bound::Upper)?;
            let arrivals = sent(&mut engine, opener, (&own, opening), Bound::Upper)?;
            for (peer, arrived) in standing.delivered(&mut engine, &arrivals, opener)? {
                sessions.add_routed(&mut engine, opener, peer, arrived)?;
            }
            for peer in standing.neighbours(opener).into_iter().filter(|p| *p != opener) {
                sessions.add_same_segment(site, opener, peer);
            }
        }
        Ok(sessions)
    }

    fn add(&mut self, session: Session) {
        self.of.entry(session.opener).or_default().insert(session);
        self.of.entry(session.peer).or_default().insert(session);
    }

    fn add_routed(
        &mut self,
        engine: &mut Explorer<'_>,
        opener: Party,
        peer: Party,
        arrived: PacketSet,
    ) -> Result<()> {
        let site = engine.site;
        let arrived = taken_up(engine, peer, arrived, Bound::Upper)?;
        let mut rest = arrived;
        let mut declared = BTreeSet::new();
        for half in half_sessions(site, opener, peer) {
            let set = half_session_packets(engine, &half, peer)?;
            // Each declaration speaks for itself, whatever another one says of the same packets.
            let covered = engine.e.and(arrived, set)?;
            if !covered.is_empty() && !management::administers(half.session) {
                declared.insert(if half.session.peer_opens {
                    half.session.data
                } else {
                    turned(half.session.data)
                });
            }
            rest = engine.e.minus(rest, set)?;
        }
        let session = |kind| Session { opener, peer, kind, same_segment: false };
        for data in declared {
            self.add(session(Kind::Declared(data)));
        }
        if !rest.is_empty() {
            let by_nature = [(opener, peer), (peer, opener)]
                .into_iter()
                .any(|(party, other)| screen_side(site, party, other) || beside(site, party, other));
            self.add(session(if by_nature { Kind::Declared(Data::Both) } else { Kind::Other }));
        }
        Ok(())
    }

    /// Neighbours talk without a device between them. An analysed host filters its own input, so its sessions
    /// are those of the graph, but for cards that its configuration does not show; for a sanitizer without a
    /// configuration its declaration speaks.
    fn add_same_segment(&mut self, site: &Site, opener: Party, peer: Party) {
        let shared = &places::unread_segments_of(site, opener) & &places::unread_segments_of(site, peer);
        if !shared.is_empty() {
            let declared =
                |p: &Party| places::sanitizer_of(site, *p).is_some() && places::device_of(site, *p).is_none();
            let kind =
                if [opener, peer].iter().any(declared) { Kind::Declared(Data::Both) } else { Kind::Other };
            self.add(Session { opener, peer, kind, same_segment: true });
        }
    }
}

/// Everything that packets of a party's own can reach.
///
/// # Errors
/// As [`Explorer::forward`].
pub fn opened(engine: &mut Explorer<'_>, party: Party, bound: Bound) -> Result<Arrivals> {
    let own = places::addresses_under(engine.site, party, bound);
    let opening = engine.opening()?;
    sent(engine, party, (&own, opening), bound)
}

/// The same of what it may send to carry on what it got: a device that only asks for names, time or leases sends no more.
///
/// # Errors
/// As [`Explorer::forward`].
pub fn carried_on(engine: &mut Explorer<'_>, party: Party, bound: Bound) -> Result<Arrivals> {
    let own = places::addresses_under(engine.site, party, bound);
    let opening = asked(engine, party, bound)?;
    sent(engine, party, (&own, opening), bound)
}

/// The services by which alone a device's own processes carry data, if they are all known: under the lower bound those
/// that certainly do.
fn services(site: &Site, party: Party, bound: Bound) -> Option<Vec<&Carried>> {
    let Party::Device(id) = party else { return None };
    let device = site.device(id).filter(|d| !d.device.relays.is_empty())?;
    let relays = device.device.relays.iter();
    match bound {
        Bound::Upper if device.relay == Relay::Unknown => {
            relays.map(|r| r.carried.as_ref().filter(|c| !c.least)).collect()
        }
        Bound::Lower if device.relay != Relay::Yes && device.device.relays.iter().any(|r| r.certain) => {
            // One service at a time: what comes in by one does not go out by another.
            let first = relays.clone().find(|r| r.certain).map(|r| &r.carried);
            relays.filter(|r| r.certain && Some(&r.carried) == first).map(|r| r.carried.as_ref()).collect()
        }
        _ => None,
    }
}

/// Opening packets by which a party may carry data on.
fn asked(engine: &mut Explorer<'_>, party: Party, bound: Bound) -> Result<PacketSet> {
    let opening = engine.opening()?;
    let Some(services) = services(engine.site, party, bound) else { return Ok(opening) };
    let mut out = PacketSet::EMPTY;
    for service in services {
        let mut set = ports(engine, &service.asks)?;
        match (&service.servers, bound) {
            (Some(servers), _) => {
                let to = engine.with_address(Field::Dst, servers)?;
                set = engine.e.and(set, to)?;
            }
            (None, Bound::Upper) => {}
            // Nobody knows to whom: nothing that is certain.
            (None, Bound::Lower) => continue,
        }
        out = engine.e.or(out, set)?;
    }
    Ok(engine.e.and(opening, out)?)
}

/// What a party takes up of the packets that arrive at it.
fn taken_up(engine: &mut Explorer<'_>, party: Party, arrived: PacketSet, bound: Bound) -> Result<PacketSet> {
    let Some(services) = services(engine.site, party, bound) else { return Ok(arrived) };
    let mut out = PacketSet::EMPTY;
    for service in services {
        let set = ports(engine, &service.answers)?;
        out = engine.e.or(out, set)?;
    }
    Ok(engine.e.and(arrived, out)?)
}

fn ports(engine: &mut Explorer<'_>, list: &[(u8, Ranges)]) -> Result<PacketSet> {
    let mut out = PacketSet::EMPTY;
    for (proto, ports) in list {
        let cube = Cube::any().with_value(Field::Proto, u128::from(*proto)).with(Field::Dport, ports.clone());
        let set = engine.e.cube(&cube)?;
        out = engine.e.or(out, set)?;
    }
    Ok(out)
}

fn sent(
    engine: &mut Explorer<'_>,
    party: Party,
    (own, opening): (&AddressSet, PacketSet),
    bound: Bound,
) -> Result<Arrivals> {
    let own = engine.with_address(Field::Src, own)?;
    let seed = engine.e.and(opening, own)?;
    let seeds: Vec<(Location, PacketSet)> =
        places::origins(engine.site, party).into_iter().map(|at| (at, seed)).collect();
    if bound == Bound::Upper && engine.helpers_read()? {
        let passages = engine.forward_past(&seeds, bound, &Openers::default())?;
        return passages.arrivals(engine);
    }
    engine.forward(&seeds, bound)
}

/// Whether a location is a way out of the topology by this interface.
pub fn leaves_by(site: &Site, at: Location, device: DeviceId, interface: IfId) -> bool {
    matches!(at, Location::Egress(d, i, _) if d == device && i == interface)
        && places::open_way(site, at).is_some()
}

/// Whether a way out of a device names a host as its next hop: it gets the packets, whatever their destination.
pub fn handed_to(site: &Site, peer: Party, at: Location) -> bool {
    let (Party::Host(host), Location::Egress(device, interface, NextHop::Via(gateway))) = (peer, at) else {
        return false;
    };
    let segment = site.device(device).and_then(|d| d.attached.get(interface.index()).copied().flatten());
    segment.is_some_and(|s| site.host_addresses_on(host, s).contains(gateway))
}

/// The packets of one arrival that belong to a session under a bound.
///
/// # Errors
/// [`crate::analysis::EngineError::Budget`].
pub fn delivered_step(
    engine: &mut Explorer<'_>,
    step: &Step,
    session: Session,
    bound: Bound,
) -> Result<PacketSet> {
    let site = engine.site;
    let peer = session.peer;
    let analysed = places::device_of(site, peer).is_some();
    let handed = bound == Bound::Upper && !analysed && handed_to(site, peer, step.at);
    let here = match step.at {
        Location::Local(d) => places::device_of(site, peer) == Some(d),
        Location::Segment(s) => places::unread_segments_of(site, peer).contains(&s),
        Location::Egress(d, i, _) => handed || peer == Party::OpenEnd(d, i) && leaves_by(site, step.at, d, i),
        _ => false,
    };
    if !here {
        return Ok(PacketSet::EMPTY);
    }
    let mut set = taken_up(engine, peer, step.set, bound)?;
    if matches!(peer, Party::Host(_) | Party::Terminals(_)) && !analysed && !handed {
        let to = engine.with_address(Field::Dst, &places::addresses_under(site, peer, bound))?;
        set = engine.e.and(set, to)?;
    }
    let mut declared = PacketSet::EMPTY;
    for half in half_sessions(site, session.opener, peer) {
        let packets = half_session_packets(engine, &half, peer)?;
        declared = engine.e.or(declared, packets)?;
    }
    Ok(match session.kind {
        Kind::Other => engine.e.minus(set, declared)?,
        Kind::Declared(_) => set,
    })
}

/// A declared half-session of a sanitizer with one other party.
struct Half<'a> {
    session: &'a HalfSession,
    /// Those of its peers that the chosen model knows.
    peers: Vec<&'a Endpoint>,
    other: Party,
}

/// Declared half-sessions that a session between two parties may be.
fn half_sessions(site: &Site, opener: Party, peer: Party) -> Vec<Half<'_>> {
    let mut out = Vec::new();
    for (party, other, peer_opens) in [(peer, opener, true), (opener, peer, false)] {
        let Some(sanitizer) = places::sanitizer_of(site, party) else { continue };
        for session in sanitizer.sessions.iter().filter(|s| s.peer_opens == peer_opens) {
            let known = |p: &&Endpoint| waypoint::known_to_model(site, sanitizer, session, p);
            out.push(Half { session, peers: session.peers.iter().filter(known).collect(), other });
        }
    }
    out
}

/// The packets, as delivered to `peer`, of a declared half-session between a sanitizer and one other party. They are
/// addressed to the peer itself: what it is to forward belongs to no session of its own.
fn half_session_packets(engine: &mut Explorer<'_>, half: &Half<'_>, peer: Party) -> Result<PacketSet> {
    let site = engine.site;
    let (session, other) = (half.session, half.other);
    if half.peers.is_empty() {
        return Ok(PacketSet::EMPTY);
    }
    // The peers' own addresses; the opener's side is not compared with the delivered source, which a device
    // on the way may have translated: the opener is known by who sends.
    // An external network means itself only: it has no addresses by which others could pass for it.
    let named = half.peers.iter().filter(|p| !external(site, p)).map(|p| places::endpoint_addresses(site, p));
    let named = named.fold(AddressSet::empty(), |set, a| set.union(&a));
    let own = places::addresses_under(site, other, Bound::Upper);
    let means_other = half.peers.iter().any(|p| names(site, p, other)) || own.minus(&named).is_empty();
    let field = if session.peer_opens { Field::Src } else { Field::Dst };
    let service = Cube::any()
        .with_value(Field::Proto, u128::from(session.proto))
        .with(Field::Dport, session.ports.clone());
    let mut service = engine.e.cube(&service)?;
    // An analysed peer routes by itself: what arrives at its processes is meant for it.
    if places::device_of(site, peer).is_none() {
        let to = places::addresses_under(site, peer, Bound::Upper);
        let to = engine.with_address(Field::Dst, &to)?;
        service = engine.e.and(service, to)?;
    }
    if means_other {
        return Ok(service);
    }
    let overlap = own.intersection(&named);
    let addresses = engine.with_address(field, &overlap)?;
    Ok(engine.e.and(service, addresses)?)
}

fn external(site: &Site, endpoint: &Endpoint) -> bool {
    let Endpoint::Segment(id) = endpoint else { return false };
    site.segment(*id).is_some_and(|s| s.external.is_some())
}

/// Whether an endpoint of a declaration means the whole of a party.
fn names(site: &Site, endpoint: &Endpoint, party: Party) -> bool {
    match (endpoint, party) {
        (Endpoint::Host(a), Party::Host(b)) => *a == b,
        (Endpoint::Segment(a), Party::Terminals(b) | Party::External(b)) => *a == b,
        (Endpoint::Segment(a), Party::Host(_)) => places::segments_of(site, party) == BTreeSet::from([*a]),
        _ => false,
    }
}

/// Whether `party` is a screen-transfer system and nothing else, and `other` stands on its internet side: isolating
/// whatever happens there is what such a system is for. One that also passes mail or files is held to its sessions.
fn screen_side(site: &Site, party: Party, other: Party) -> bool {
    screen_only(site, party) && !matches!(other, Party::OpenEnd(..)) && {
        let internet = places::segments_of_role(site, Role::Internet);
        let segments = places::segments_of(site, other);
        !segments.is_empty() && segments.is_subset(&internet)
    }
}

/// Whether `party` is a screen-transfer system and nothing else.
pub fn screen_only(site: &Site, party: Party) -> bool {
    let types = places::sanitizer_of(site, party).map_or(&[][..], |s| &s.types);
    !types.is_empty() && types.iter().all(|t| t == "screen-transfer")
}

/// Whether `party` is a sanitizer without a configuration and `other` a machine that stands on its segments and nowhere
/// else. What passes between them is told by the declaration, whether they talk directly or a gateway turns their
/// packets back onto the segment (SANITIZER-HOLDS-ONLY-DECLARED-SESSIONS).
fn beside(site: &Site, party: Party, other: Party) -> bool {
    let read = |p| places::device_of(site, p).is_some();
    let machine = matches!(other, Party::Host(_) | Party::Terminals(_));
    machine && !read(party) && !read(other) && places::sanitizer_of(site, party).is_some() && {
        let segments = places::segments_of(site, other);
        !segments.is_empty() && segments.is_subset(&places::segments_of(site, party))
    }
}

/// A chain of sessions from one side to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The first party, on the one side.
    pub start: Party,
    /// The sessions, and after each the party reached.
    pub links: Vec<(Session, Party)>,
    /// Ends that carry data between their side and a segment outside it, where the only session may pass.
    pub straddling: Vec<Party>,
}

impl Chain {
    /// The parties between the two ends and ends that straddle; the dual-homed party itself if there is no session at
    /// all.
    pub fn mediators(&self) -> Vec<Party> {
        if self.links.is_empty() {
            return vec![self.start];
        }
        let mut parties: Vec<Party> = self.links.iter().map(|l| l.1).collect();
        parties.pop();
        parties.extend(&self.straddling);
        parties
    }

    fn start(start: Party) -> Chain {
        Chain { start, links: Vec::new(), straddling: Vec::new() }
    }

    /// Its ends at which the topology ends.
    pub fn open_ends(&self) -> Vec<Party> {
        let ends = [Some(self.start), self.links.last().map(|l| l.1)];
        ends.into_iter().flatten().filter(|p| matches!(p, Party::OpenEnd(..))).collect()
    }
}

/// What a search for chains found.
#[derive(Debug, Default)]
pub struct Found {
    /// A shortest chain, if there is one.
    pub chain: Option<Chain>,
    /// Sanitizers at which chains ended because both half-sessions are declared.
    pub cut_at: BTreeSet<Party>,
    /// Parties that would have carried on, were they not declared not to.
    pub non_relays: BTreeSet<Party>,
}

/// A search question: who stands on each side, and who may mediate.
pub struct Sides<'a> {
    /// The site.
    pub site: &'a Site,
    /// One side's segments.
    pub from: &'a BTreeSet<SegmentId>,
    /// The other side's segments.
    pub to: &'a BTreeSet<SegmentId>,
    /// With whom the first session of a chain may be, if not with everybody.
    pub first: Option<&'a BTreeSet<Party>>,
    /// Whether a party may mediate under the bound in question.
    pub mediates: &'a dyn Fn(Party) -> bool,
    /// Open ends at which a chain may begin or end.
    pub open: &'a dyn Fn(Party) -> bool,
    /// Sessions to leave out.
    pub without: &'a BTreeSet<Session>,
}

impl Sides<'_> {
    fn on(&self, side: &BTreeSet<SegmentId>, party: Party) -> bool {
        match party {
            Party::Device(_) | Party::OpenEnd(..) => false,
            _ => places::segments_of(self.site, party).intersection(side).next().is_some(),
        }
    }

    /// A sanitizer with a foot on each side is a mediator, not an end.
    fn ends(&self, party: Party) -> (bool, bool) {
        let (from, to) = (self.on(self.from, party), self.on(self.to, party));
        let both = from && to && places::sanitizer_of(self.site, party).is_some();
        (from && !both, to && !both)
    }

    /// A shortest chain with at least one mediator. Sessions directly between the sides are the packet level's.
    pub fn search(&self, sessions: &Sessions) -> Found {
        let mut found = Found::default();
        let mut starts = Vec::new();
        for party in places::parties(self.site) {
            let (from, to) = self.ends(party);
            if from && to && self.first.is_none() && self.capable(party, &mut found) {
                found.chain = Some(Chain::start(party));
                return found;
            }
            if from {
                starts.push(party);
            }
        }
        found.chain = self.search_from(sessions, starts, &mut found);
        for end in places::parties(self.site) {
            if found.chain.is_none() && self.is_open(end) {
                found.chain = self.search_from(sessions, vec![end], &mut found);
            }
        }
        found
    }

    /// Whether a party may stand on either side because nobody knows where it stands.
    fn is_open(&self, party: Party) -> bool {
        matches!(party, Party::OpenEnd(..)) && (self.open)(party)
    }

    fn search_from(&self, sessions: &Sessions, starts: Vec<Party>, found: &mut Found) -> Option<Chain> {
        let mut seen: BTreeMap<(Party, Option<Kind>), Chain> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for start in starts {
            seen.insert((start, None), Chain::start(start));
            queue.push_back((start, None));
        }
        while let Some(state) = queue.pop_front() {
            let Some(chain) = seen.get(&state).cloned() else { continue };
            for (next, via, chain) in self.continuations(sessions, state, &chain, found) {
                let (_, to) = self.ends(next);
                let sanitizer = places::sanitizer_of(self.site, next).is_some();
                if to && !(sanitizer && matches!(via, Kind::Declared(_))) || self.is_open(next) {
                    return Some(chain);
                }
                if let std::collections::btree_map::Entry::Vacant(free) = seen.entry((next, Some(via))) {
                    free.insert(chain);
                    queue.push_back((next, Some(via)));
                }
            }
        }
        None
    }

    fn capable(&self, party: Party, found: &mut Found) -> bool {
        if places::relay(self.site, party) == Relay::No
            && !matches!(party, Party::External(_) | Party::OpenEnd(..))
        {
            found.non_relays.insert(party);
        }
        (self.mediates)(party)
    }

    /// Where a chain can go on. `arrived` is the kind of its last session; `None` at its start.
    fn continuations(
        &self,
        sessions: &Sessions,
        (at, arrived): (Party, Option<Kind>),
        chain: &Chain,
        found: &mut Found,
    ) -> Vec<(Party, Kind, Chain)> {
        let first = arrived.is_none();
        if !first && !self.capable(at, found) {
            return Vec::new();
        }
        let sanitizer = places::sanitizer_of(self.site, at).is_some();
        let mut out = Vec::new();
        for session in sessions.of.get(&at).into_iter().flatten() {
            let next = if session.opener == at { session.peer } else { session.opener };
            let next_sanitizer = places::sanitizer_of(self.site, next).is_some();
            let (next_from, next_to) = self.ends(next);
            let back = next_from && !(first && next_sanitizer) || next == chain.start;
            let elsewhere = first && self.first.is_some_and(|parties| !parties.contains(&next));
            if back || elsewhere || self.without.contains(session) {
                continue;
            }
            if let (Some(Kind::Declared(came)), Kind::Declared(goes)) = (arrived, session.kind_at(at))
                && sanitizer
                && self.cuts(sessions, (at, next), chain, (came, goes))
            {
                found.cut_at.insert(at);
                continue;
            }
            let mut longer = chain.clone();
            longer.links.push((*session, next));
            // What passes directly is the packet level's, unless that exempts it: then the sanitizer mediates.
            let exempt = next_sanitizer && matches!(session.kind, Kind::Declared(_));
            if first && (next_to || self.is_open(next)) && !exempt {
                longer.straddling = self.straddling(at, next, found);
                if longer.straddling.is_empty() {
                    continue;
                }
            }
            let via = if next_sanitizer { session.kind_at(next) } else { Kind::Other };
            out.push((next, via, longer));
        }
        out
    }

    /// Whether a sanitizer's declaration stands for what passes from one of its declared sessions to another. It does
    /// not for a channel that leads data outwards only, from the inner side to the outer (SEMANTICS 21), nor where one of
    /// the two stands in the individual-number zone: sanitizing opens the border between the LGWAN and the internet zone
    /// only, and what a sanitizer of files or mail takes from outside, it hands in (M-5).
    fn cuts(
        &self,
        sessions: &Sessions,
        (at, next): (Party, Party),
        chain: &Chain,
        (came, goes): (Data, Data),
    ) -> bool {
        let screen = screen_only(self.site, at);
        let before = chain.links.iter().rev().nth(1).map_or(chain.start, |l| l.1);
        let inner = places::segments_of_role(self.site, Role::IndividualNumber);
        let registered = self.first.is_some() && chain.links.len() == 1;
        // One that also stands elsewhere may be met there: what it carries in is its own (M-2, X-7).
        let here = !places::segments_of(self.site, at).is_disjoint(&inner);
        let inside = |p: &Party| {
            let segments = places::segments_of(self.site, *p);
            !segments.is_disjoint(&inner) && (here || segments.is_subset(&inner))
        };
        if registered || [before, next].iter().any(inside) {
            return screen && sessions.shown.contains(&at);
        }
        let outwards = matches!((came, goes), (Data::In, Data::Out | Data::Both) | (Data::Both, Data::Out));
        // Whoever stands at an open end may use the addresses of either side, and so either side's declaration.
        let outwards = outwards && ![before, next].iter().any(|p| matches!(p, Party::OpenEnd(..)));
        screen || !outwards
    }

    /// Which of two ends also stand outside their side and may carry data from there.
    fn straddling(&self, start: Party, end: Party, found: &mut Found) -> Vec<Party> {
        let mut out = Vec::new();
        for (party, side) in [(start, self.from), (end, self.to)] {
            let outside =
                matches!(party, Party::Host(_)) && !places::segments_of(self.site, party).is_subset(side);
            if outside && self.capable(party, found) {
                out.push(party);
            }
        }
        out
    }
}
