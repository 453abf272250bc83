//! One packet through a site, device by device.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::certainty::{self, Certainty, Value};
use super::device::{Branch, Entry, EntryPoint, Outcome, device_branches};
use super::thread::{Choice, Doubt, Pick};
use super::{MAX_BRANCHES, MAX_HOPS, Packet, Wishes};
use crate::model::{CauseId, DenyKind, Field, Flow, IfId, NatId, State};
use crate::network::{DeviceId, Link, Location, NextHop, SegmentId, Site};

/// What else is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The connection state on every device; `None`: by the device's own rules, as for a packet without session.
    pub state: Option<State>,
    /// The mark on the first device.
    pub mark: u32,
    /// Sessions that devices hold: their first packets as they came in, where nothing translated them. Replies to
    /// them are [`State::Established`] there.
    pub sessions: BTreeMap<DeviceId, Flow>,
    /// Choices already made.
    pub given: BTreeMap<(DeviceId, CauseId), bool>,
    /// Values that translations should try, on every device.
    pub wishes: Wishes,
    /// Ways that are followed at most.
    pub limit: usize,
    /// Device pipelines that are run at most.
    pub runs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            state: None,
            mark: 0,
            sessions: BTreeMap::new(),
            given: BTreeMap::new(),
            wishes: Wishes::default(),
            limit: MAX_BRANCHES,
            runs: RUNS,
        }
    }
}

/// A choice on the way through a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteChoice {
    /// To which of the devices on its segment the sender sends.
    Sender,
    /// A cause of kind `Condition`.
    Cause(DeviceId, CauseId),
    /// Which values a translation takes.
    Pool {
        /// The number of devices passed before.
        hop: usize,
        /// The device.
        device: DeviceId,
        /// The translation.
        nat: NatId,
        /// How many values of it were chosen before on this device.
        turn: u32,
        /// The packet it translates.
        before: Packet,
    },
    /// Which copy of a transmission is followed: several devices may take it up.
    Copy {
        /// The number of devices passed, with the sending one.
        hop: usize,
        /// Where it is transmitted.
        from: Location,
        /// The header.
        header: Flow,
    },
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SitePick {
    /// Whether the cause holds.
    Holds(bool),
    /// The new values.
    Values(Vec<(Field, u128)>),
    /// The device and interface that takes the packet up.
    TakenUp(Location),
    /// No further device: the packet stays on the segment.
    Stays,
}

impl Value for SitePick {
    fn other(&self) -> Option<SitePick> {
        match self {
            SitePick::Holds(value) => Some(SitePick::Holds(!value)),
            SitePick::Values(_) | SitePick::TakenUp(_) | SitePick::Stays => None,
        }
    }
}

/// One device on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteHop {
    /// The device.
    pub device: DeviceId,
    /// Where the packet came in; `None` if the device sent it.
    pub ingress: Option<IfId>,
    /// What it did. Its choices and doubts are also in the [`SiteBranch`].
    pub branch: Branch,
}

/// A packet on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transmission {
    /// The device that sent it.
    pub device: DeviceId,
    /// By this interface.
    pub egress: IfId,
    /// To whom.
    pub hop: NextHop,
    /// Onto this: [`Location::Segment`] or [`Location::Elsewhere`].
    pub to: Location,
    /// The header.
    pub header: Flow,
    /// Every link up to here is certain.
    pub certain: bool,
}

/// A place that a packet reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrival {
    /// It was transmitted, by whatever device and to whatever next hop.
    Transmitted(Transmission),
    /// It was delivered to a device itself.
    Local {
        /// The device.
        device: DeviceId,
        /// The header.
        header: Flow,
        /// Every link up to here is certain.
        certain: bool,
    },
}

impl Arrival {
    /// Whether every link up to here is certain.
    pub fn certain(&self) -> bool {
        match self {
            Arrival::Transmitted(t) => t.certain,
            Arrival::Local { certain, .. } => *certain,
        }
    }
}

/// Where a way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// On a segment; no further device takes it up.
    Segment(SegmentId),
    /// On an unbound interface.
    Elsewhere,
    /// At a device itself.
    Local(DeviceId),
    /// Refused by a filter.
    Denied(DeviceId, DenyKind),
    /// No route.
    NoRoute(DeviceId),
    /// Discarded by a route.
    Discarded(DeviceId, DenyKind),
    /// An interface to which nothing is attached.
    Unattached(DeviceId, IfId),
    /// It came back to where it was before, unchanged.
    Loop,
    /// More than [`MAX_HOPS`] devices.
    TooManyHops,
    /// No device takes it up from where it starts.
    NoWay,
    /// What was asked for was found; the way was not followed further.
    Found,
}

/// One way through the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteBranch {
    /// The devices passed.
    pub hops: Vec<Rc<SiteHop>>,
    /// Every transmission on the way, in order.
    pub transmissions: Vec<Transmission>,
    /// Where it ends.
    pub end: End,
    /// Choices it depends on.
    pub choices: BTreeMap<SiteChoice, SitePick>,
    /// What is not known and was taken one way here.
    pub doubts: BTreeSet<(DeviceId, Rc<Doubt>)>,
    /// Links on the way that only may exist.
    pub uncertain_links: Vec<(Location, Location)>,
}

impl SiteBranch {
    /// Every cause of ignorance on the way.
    pub fn causes(&self) -> BTreeSet<(DeviceId, CauseId)> {
        self.doubts.iter().flat_map(|(device, d)| d.causes.iter().map(|c| (*device, *c))).collect()
    }
}

/// Every way through the site. Where ways meet again with the same packet and choices, only the first is followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Simulation {
    /// The ways.
    pub branches: Vec<SiteBranch>,
    /// Ways were dropped.
    pub truncated: bool,
    /// A translation may write more values than were tried.
    pub partial: bool,
}

/// [`Certainty`] on a site.
pub type SiteCertainty = Certainty<SiteChoice, SitePick, (DeviceId, CauseId)>;

/// Whether a packet reaches a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// How certain it is. Certain means: over certain links only, with some choice, whatever is unknown.
    pub certainty: SiteCertainty,
    /// The way that shows it, up to the place.
    pub branch: Option<SiteBranch>,
    /// Ways were dropped; then nothing is certain.
    pub truncated: bool,
    /// A translation may write more values than were tried; what is said covers those that were.
    pub partial: bool,
}

/// Follows a packet from an origin, an ingress or a device's own processes to everywhere it can get.
///
/// At an origin the sender may send to any device of its segment. A transmission may be taken up by several devices;
/// each copy is a way of its own, and following one is a choice. Mark, state and zone start anew at each device.
pub fn simulate(site: &Site, start: Location, flow: &Flow, options: &Options) -> Simulation {
    let run = Run::over(site, start, flow, options, &|_| false);
    let branches = run.ways.into_iter().map(|w| w.branch).collect();
    Simulation { branches, truncated: run.truncated, partial: run.partial }
}

/// Whether a packet reaches a place that `target` accepts.
pub fn reaches(
    site: &Site,
    start: Location,
    flow: &Flow,
    options: &Options,
    target: &dyn Fn(&Arrival) -> bool,
) -> Reach {
    let run = Run::over(site, start, flow, options, target);
    let cases: Vec<_> = run.ways.iter().map(Way::case).collect();
    let (mut certainty, mut shown) = certainty::judge(&cases);
    drop(cases);
    if shown.is_none() {
        shown = run.ways.iter().position(|w| w.met != Met::No);
        if let Some(way) = shown.and_then(|at| run.ways.get(at)) {
            certainty = Certainty::Possibly(way.branch.causes());
        }
    }
    if run.truncated && !matches!(certainty, Certainty::Possibly(_)) {
        certainty = Certainty::Possibly(BTreeSet::new());
    }
    let branch = shown.and_then(|at| run.ways.into_iter().nth(at)).map(|w| w.branch);
    Reach { certainty, branch, truncated: run.truncated, partial: run.partial }
}

/// Whether a way reached the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    No,
    /// Over a link that only may exist.
    Perhaps,
    Yes,
}

struct Way {
    branch: SiteBranch,
    met: Met,
}

impl Way {
    fn case(&self) -> certainty::Case<'_, SiteChoice, SitePick, (DeviceId, CauseId)> {
        certainty::Case {
            choices: &self.branch.choices,
            met: self.met == Met::Yes,
            doubts: self.branch.causes(),
            assumed: self.branch.doubts.iter().filter(|(_, d)| d.held).count(),
        }
    }
}

/// A way that is not at its end.
#[derive(Clone)]
struct Open {
    at: Location,
    header: Flow,
    visited: BTreeSet<(Location, Flow)>,
    branch: SiteBranch,
    met: Met,
}

/// What decides the rest of a way.
type Standing = (Location, Flow, BTreeMap<SiteChoice, SitePick>, bool, Met);

/// Device pipelines that are run at most, unless the caller says otherwise.
const RUNS: usize = 20_000;

struct Run<'a> {
    site: &'a Site,
    options: &'a Options,
    target: &'a dyn Fn(&Arrival) -> bool,
    open: Vec<Open>,
    ways: Vec<Way>,
    seen: BTreeSet<Standing>,
    runs: usize,
    truncated: bool,
    partial: bool,
}

impl<'a> Run<'a> {
    fn over(
        site: &'a Site,
        start: Location,
        flow: &Flow,
        options: &'a Options,
        target: &'a dyn Fn(&Arrival) -> bool,
    ) -> Run<'a> {
        let mut run = Run {
            site,
            options,
            target,
            open: Vec::new(),
            ways: Vec::new(),
            seen: BTreeSet::new(),
            runs: 0,
            truncated: false,
            partial: false,
        };
        run.start(start, flow.canonical());
        while let Some(open) = run.open.pop() {
            if run.ways.len() >= options.limit || run.runs >= options.runs {
                run.truncated = true;
                break;
            }
            run.device(open);
        }
        run
    }

    fn start(&mut self, start: Location, header: Flow) {
        let given = self.options.given.iter();
        let branch = SiteBranch {
            hops: Vec::new(),
            transmissions: Vec::new(),
            end: End::NoWay,
            choices: given.map(|((d, c), v)| (SiteChoice::Cause(*d, *c), SitePick::Holds(*v))).collect(),
            doubts: BTreeSet::new(),
            uncertain_links: Vec::new(),
        };
        let open = Open { at: start, header, visited: BTreeSet::new(), branch, met: Met::No };
        match start {
            Location::Ingress(..) | Location::LocalOrigin(_) => self.go(open, start, true),
            Location::Origin(_) | Location::ElsewhereOrigin => {
                let links = self.links(start);
                let inject = links.into_iter().filter_map(|(to, link)| match link {
                    Link::Inject { certain } => Some((to, *certain)),
                    _ => None,
                });
                self.spread(open, SiteChoice::Sender, inject.collect(), End::NoWay);
            }
            _ => self.ways.push(Way { branch: open.branch, met: Met::No }),
        }
    }

    /// One device.
    fn device(&mut self, open: Open) {
        let (id, from, ingress) = match open.at {
            Location::Ingress(id, ingress) => (id, EntryPoint::Ingress(ingress), Some(ingress)),
            Location::LocalOrigin(id) => (id, EntryPoint::Local, None),
            _ => return self.end(open, End::NoWay),
        };
        if open.branch.hops.len() >= MAX_HOPS {
            return self.end(open, End::TooManyHops);
        }
        let Some(device) = self.site.device(id) else { return self.end(open, End::NoWay) };
        let answers = self.options.sessions.get(&id).is_some_and(|first| open.header.answers(first));
        let entry = Entry {
            state: if answers { Some(State::Established) } else { self.options.state },
            mark: if open.branch.hops.is_empty() { self.options.mark } else { 0 },
            given: chosen_on(id, &open.branch.choices),
            wishes: self.options.wishes.clone(),
            limit: self.options.limit,
            ..Entry::new(from)
        };
        self.runs += 1;
        let Ok(found) = device_branches(&device.device, &open.header, &entry) else { return };
        self.truncated |= found.truncated;
        self.partial |= found.partial;
        for branch in found.branches {
            self.leave(open.clone(), SiteHop { device: id, ingress, branch });
        }
    }

    /// What follows from one outcome of a device.
    fn leave(&mut self, mut open: Open, hop: SiteHop) {
        let before = open.at;
        let number = open.branch.hops.len();
        let (device, outcome) = (hop.device, hop.branch.outcome);
        open.header = hop.branch.header;
        open.branch.choices.extend(hop.branch.choices.iter().map(|(c, p)| on_site(number, device, c, p)));
        open.branch.doubts.extend(hop.branch.doubts.iter().map(|d| (device, d.clone())));
        open.branch.hops.push(Rc::new(hop));
        match outcome {
            Outcome::Forward { egress, hop } => {
                let at = Location::Egress(device, egress, hop);
                if self.connected(before, at) {
                    open.at = at;
                    self.transmit(open, device, egress, hop);
                } else {
                    self.end(open, End::Unattached(device, egress));
                }
            }
            Outcome::Local if self.connected(before, Location::Local(device)) => {
                let certain = open.branch.uncertain_links.is_empty();
                let arrival = Arrival::Local { device, header: open.header, certain };
                self.arrive(&mut open, arrival);
                self.end(open, End::Local(device));
            }
            Outcome::Local => self.end(open, End::NoWay),
            Outcome::Deny(kind) => self.end(open, End::Denied(device, kind)),
            Outcome::NoRoute => self.end(open, End::NoRoute(device)),
            Outcome::Discard(kind) => self.end(open, End::Discarded(device, kind)),
        }
    }

    /// A packet goes onto the wire.
    fn transmit(&mut self, mut open: Open, device: DeviceId, egress: IfId, hop: NextHop) {
        let destination = open.header.destination();
        let mut taken_up = Vec::new();
        let mut end = End::Unattached(device, egress);
        for (to, link) in self.links(open.at) {
            match (link, to) {
                (Link::Transmit { certain }, to) => {
                    if let Location::Segment(segment) = to {
                        end = End::Segment(segment);
                    } else if end == End::Unattached(device, egress) {
                        end = End::Elsewhere;
                    }
                    let certain = *certain && open.branch.uncertain_links.is_empty();
                    let sent = Transmission { device, egress, hop, to, header: open.header, certain };
                    open.branch.transmissions.push(sent);
                    self.arrive(&mut open, Arrival::Transmitted(sent));
                }
                (Link::Wire { destinations, certain }, to) => {
                    if destinations.as_ref().is_none_or(|set| set.contains(destination)) {
                        taken_up.push((to, *certain));
                    }
                }
                (Link::Inject { .. } | Link::Device(_), _) => {}
            }
        }
        if open.met == Met::Yes {
            return self.end(open, End::Found);
        }
        let choice = SiteChoice::Copy { hop: open.branch.hops.len(), from: open.at, header: open.header };
        self.spread(open, choice, taken_up, end);
    }

    /// Follows every copy of a packet; also the one that nobody takes up, unless somebody certainly does.
    fn spread(&mut self, open: Open, choice: SiteChoice, links: Vec<(Location, bool)>, end: End) {
        // A place may be linked twice: certainly for some destinations, perhaps for others.
        let mut to: Vec<(Location, bool)> = Vec::new();
        for (next, certain) in links {
            match to.iter_mut().find(|(there, _)| *there == next) {
                Some((_, known)) => *known |= certain,
                None => to.push((next, certain)),
            }
        }
        let stays = to.iter().all(|(_, certain)| !certain);
        let several = to.len() + usize::from(stays) > 1;
        if stays {
            let mut open = open.clone();
            if several {
                open.branch.choices.insert(choice.clone(), SitePick::Stays);
            }
            self.end(open, end);
        }
        // The last one pushed is followed first.
        for (next, certain) in to.into_iter().rev() {
            let mut open = open.clone();
            if several {
                open.branch.choices.insert(choice.clone(), SitePick::TakenUp(next));
            }
            self.go(open, next, certain);
        }
    }

    /// Moves to the next device.
    fn go(&mut self, mut open: Open, to: Location, certain: bool) {
        if !certain {
            open.branch.uncertain_links.push((open.at, to));
        }
        open.at = to;
        if !open.visited.insert((to, open.header)) {
            return self.end(open, End::Loop);
        }
        let certain = open.branch.uncertain_links.is_empty();
        if self.seen.insert((to, open.header, open.branch.choices.clone(), certain, open.met)) {
            self.open.push(open);
        }
    }

    fn arrive(&self, open: &mut Open, arrival: Arrival) {
        if (self.target)(&arrival) {
            open.met = open.met.max(if arrival.certain() { Met::Yes } else { Met::Perhaps });
        }
    }

    fn end(&mut self, mut open: Open, end: End) {
        open.branch.end = if open.met == Met::Yes { End::Found } else { end };
        self.ways.push(Way { branch: open.branch, met: open.met });
    }

    /// The links from a location, in the order in which they were made.
    fn links(&self, from: Location) -> Vec<(Location, &'a Link)> {
        let graph = &self.site.graph;
        let Some(node) = self.site.nodes.get(&from) else { return Vec::new() };
        let mut edges: Vec<(EdgeIndex, NodeIndex, &'a Link)> =
            graph.edges(*node).map(|e| (e.id(), e.target(), e.weight())).collect();
        edges.sort_by_key(|(id, ..)| *id);
        let links = edges.into_iter().filter_map(|(_, to, link)| Some((*graph.node_weight(to)?, link)));
        links.collect()
    }

    /// Whether the graph has a device between the two locations.
    fn connected(&self, from: Location, to: Location) -> bool {
        self.links(from).iter().any(|(at, link)| *at == to && matches!(link, Link::Device(_)))
    }
}

/// The causes chosen so far on one device.
fn chosen_on(on: DeviceId, choices: &BTreeMap<SiteChoice, SitePick>) -> BTreeMap<CauseId, bool> {
    let causes = choices.iter().filter_map(|(choice, pick)| match (choice, pick) {
        (SiteChoice::Cause(device, cause), SitePick::Holds(value)) if *device == on => Some((*cause, *value)),
        _ => None,
    });
    causes.collect()
}

/// A device's choice as one of the site.
fn on_site(hop: usize, device: DeviceId, choice: &Choice, pick: &Pick) -> (SiteChoice, SitePick) {
    let choice = match choice {
        Choice::Cause(cause) => SiteChoice::Cause(device, *cause),
        Choice::Pool { nat, turn, before } => {
            SiteChoice::Pool { hop, device, nat: *nat, turn: *turn, before: *before }
        }
    };
    let pick = match pick {
        Pick::Holds(value) => SitePick::Holds(*value),
        Pick::Values(values) => SitePick::Values(values.clone()),
    };
    (choice, pick)
}
