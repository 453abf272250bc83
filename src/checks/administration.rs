//! who can administer devices, and whether the management network joins tiers.
//!
//! # What it finds
//! Machines outside the management zone, of the internet or of users, whose packets a device accepts at an
//! administration service (HTTPS, SSH, Telnet …); and a segment of the management zone that packets of one tier cross
//! on their way to another. Declared administration terminals (`class = "admin-terminal"` with a declaration), and
//! whoever a sanitizer's declaration names for its administration, may. Ping and SNMP administer nothing.
//!
//! # Why it matters
//! Whoever administers the firewall can open every border.
//!
//! # Example
//! `set allowaccess ping https ssh` on the line to the internet.
//!
//! # Remedy
//! Allow administration in the management segment only; limit administrators to trusted hosts.
//!
//! # References
//! Basic security policy, clause 6(3).

use std::collections::{BTreeMap, BTreeSet};

use super::explanation::Explanation;
use super::places::{self, Party};
use super::ways::{self, Aspect, Border, Ways};
use super::{CheckError, Options, assertion, assumptions, basis, evidence, failure, mediated};
use crate::analysis::answer::{Assertion, Class, Culprit, Evidence, Leg, Level, Verdict};
use crate::analysis::concrete::{self, Arrival};
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Explorer, Fact};
use crate::analysis::set::{PacketSet, flow_at};
use crate::analysis::transition::Bound;
use crate::analysis::witness::{self, Preferences};
use crate::analysis::{EngineError, Result};
use crate::model::{AddressSet, Device, Field, Flow};
use crate::msg;
use crate::network::{DeviceId, Endpoint, Location, Purpose, Role, Site};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "X-2",
        title: msg!(
            "who can administer devices, and whether the management network joins tiers",
            "機器の管理アクセスが運用管理系及び申告された管理端末以外から許可されていないこと"
        ),
        finds: msg!(
            "machines outside the management zone, of the internet or of users, whose packets a device accepts at an administration service (HTTPS, SSH, Telnet …); and a segment of the management zone that packets of one tier cross on their way to another. Declared administration terminals (`class = \"admin-terminal\"` with a declaration), and whoever a sanitizer's declaration names for its administration, may. Ping and SNMP administer nothing",
            "運用管理系の外(インターネット、利用者のセグメント等)から管理サービス(HTTPS、SSH、Telnet等)に接続できる機器、及び運用管理系を通って三層の間を通過する通信。申告された管理端末及び無害化システムの管理通信は除く。Ping及びSNMPは管理操作に含まない"
        ),
        matters: msg!(
            "whoever administers the firewall can open every border",
            "ファイアウォールを管理できる者は、全ての境界を開くことができる"
        ),
        example: msg!(
            "`set allowaccess ping https ssh` on the line to the internet",
            "インターネット側のインターフェースに `set allowaccess ping https ssh` が設定されている"
        ),
        remedy: msg!(
            "allow administration in the management segment only; limit administrators to trusted hosts",
            "管理アクセスを運用管理系のセグメントに限定し、管理者の接続元を制限する"
        ),
        references: msg!("basic security policy, clause 6(3)", "情報セキュリティ基本方針 6(3)"),
    }
}

/// Culprits and examples kept.
const MOST: usize = 20;
/// Counterexamples kept.
const MOST_SHOWN: usize = 5;

/// Checks X-2: access to devices, then the management network.
pub fn check(site: &Site, options: &Options) -> std::result::Result<Vec<Assertion>, CheckError> {
    let title = msg!(
        "devices accept administration from the management zone and declared terminals only",
        "機器の管理アクセスが運用管理系及び申告された管理端末以外から許可されていないこと"
    );
    let mut access = assertion("X-2", "6(3)", Level::Host, Class::Path, basis::all_zones(site), title);
    if !ways::any_read(site) {
        access.verdict = Verdict::NotApplicable;
        access.reason = Some(msg!("no configuration was read", "設定を読み取った機器がない"));
        return Ok(vec![access]);
    }
    let asked = Access { site, options }.decide(&mut access);
    if let Err(error) = asked {
        access.verdict = Verdict::Undetermined;
        access.reason = Some(failure(error)?);
    }
    let unread = ways::unread(site);
    if access.verdict == Verdict::Holds && !unread.is_empty() {
        // By which ports such a device is administered is not known either.
        access.verdict = Verdict::Undetermined;
        access.culprits = unread;
    }
    access.assumptions.extend(assumptions::PACKET.iter().map(|id| (*id).to_owned()));
    access.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    basis::rest_on(site, &mut access, &site.devices().map(|(id, _)| id).collect(), Vec::new());
    Ok(vec![access, transit(site, &mut Ways::new(site, options))?])
}

/// Whether packets of one tier cross the management network to another.
fn transit(site: &Site, ways: &mut Ways<'_>) -> std::result::Result<Assertion, CheckError> {
    let title = msg!(
        "no packet crosses the management zone from one tier to another",
        "運用管理系を経由して三層の間を通過する通信がないこと"
    );
    let mut out = assertion("X-2", "6(3)", Level::Packet, Class::Path, basis::all_zones(site), title);
    let management = places::segments_of_role(site, Role::Management);
    if management.is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!("the topology has no management zone", "構成情報に運用管理系がない"));
        return Ok(out);
    }
    let on = |id: DeviceId, interface: crate::model::IfId| {
        let segment = site.device(id).and_then(|d| d.attached.get(interface.index()).copied().flatten());
        segment.is_some_and(|s| management.contains(&s))
    };
    let aspect = Aspect {
        variants: &|d: &Device| vec![d.clone()],
        places: &|_| Vec::new(),
        enters: &on,
        family: None,
    };
    let borders: Vec<Border> = super::default_allow::borders(site);
    ways.decide(&mut out, &borders, &aspect)?;
    Ok(out)
}

struct Access<'a> {
    site: &'a Site,
    options: &'a Options<'a>,
}

impl Access<'_> {
    fn decide(&self, out: &mut Assertion) -> Result<()> {
        let none = BTreeSet::new();
        let possible = self.reached(Bound::Upper, &none)?;
        if possible.is_empty() {
            out.verdict = Verdict::Holds;
            return Ok(());
        }
        for (party, device, flow) in self.reached(Bound::Lower, &none)? {
            if let Some(evidence) = self.replay(party, device, flow) {
                out.counterexamples.push(evidence);
            }
        }
        if !out.counterexamples.is_empty() {
            out.verdict = Verdict::Violated;
            out.counterexamples_truncated = out.counterexamples.len() > MOST_SHOWN;
            out.counterexamples.truncate(MOST_SHOWN);
            return Ok(());
        }
        out.verdict = Verdict::Undetermined;
        self.explain(out, possible)
    }

    /// Leaves out the facts of one possible packet after the other, until none arrives.
    fn explain(&self, out: &mut Assertion, mut possible: Vec<(Party, DeviceId, Flow)>) -> Result<()> {
        let mut resolved: BTreeSet<Fact> = evidence::havoc(self.site).into_values().flatten().collect();
        for _ in 0..MOST {
            let mut facts = BTreeSet::new();
            for (party, device, flow) in &possible {
                if let Party::OpenEnd(d, i) = party {
                    facts.extend(places::open_ends(self.site).remove(&(*d, *i)).unwrap_or_default());
                }
                facts.extend(self.hangs_on(*party, *device, *flow, &resolved));
            }
            let before = resolved.len();
            resolved.extend(facts);
            possible = self.reached(Bound::Upper, &resolved)?;
            if possible.is_empty() || resolved.len() == before {
                break;
            }
        }
        out.culprits_truncated = !possible.is_empty();
        let (culprits, more) = evidence::culprits(self.site, &resolved, MOST);
        out.culprits = culprits;
        out.culprits_truncated |= more;
        if out.culprits.is_empty() {
            out.culprits = possible.iter().map(|(_, device, _)| self.place(*device)).collect();
        }
        Ok(())
    }

    fn place(&self, id: DeviceId) -> Culprit {
        let name = self.site.device(id).map_or_else(String::new, |d| d.device.name.clone());
        let span = self.site.device(id).map(|d| self.site.sources.whole(d.device.file));
        Culprit {
            span: span.unwrap_or(self.site.sources.whole(self.site.topology)),
            what: msg!(
                "whether the device accepts administration from there",
                "機器がそこからの管理アクセスを受け付けるか否か"
            ),
            device: Some(name),
        }
    }

    /// One packet per party and device that arrives at an administration service.
    fn reached(&self, bound: Bound, resolved: &BTreeSet<Fact>) -> Result<Vec<(Party, DeviceId, Flow)>> {
        let site = self.site;
        let mut engine = self.options.explorer(site, resolved.clone());
        let mut services: BTreeMap<DeviceId, PacketSet> = BTreeMap::new();
        for (id, device) in site.devices().filter(|(_, d)| d.contract.is_none()) {
            let set = administration(&mut engine, &device.device)?;
            services.insert(id, set);
        }
        let prefixes = site.segments().flat_map(|(_, s)| &s.prefixes);
        let inside = prefixes.fold(AddressSet::empty(), |all, p| all.union(&AddressSet::network(p.value)));
        let mut out = Vec::new();
        for party in places::parties(site).into_iter().filter(|p| self.asks(*p, bound, resolved)) {
            let arrivals = mediated::opened(&mut engine, party, bound)?;
            for (id, service) in &services {
                if self.may_administer(party, *id) {
                    continue;
                }
                let at = Location::Local(*id);
                for (index, step) in arrivals.steps_at(at) {
                    let set = engine.e.and(step.set, *service)?;
                    if set.is_empty() {
                        continue;
                    }
                    let mut way = engine.back(&arrivals, index, set, bound)?;
                    if matches!(party, Party::External(_)) {
                        // Outside, the site's own addresses are forged: no answer would come back.
                        let forged = engine.with_address(Field::Src, &inside)?;
                        way.headers = engine.e.minus(way.headers, forged)?;
                    }
                    if way.headers.is_empty() {
                        continue;
                    }
                    let own = places::addresses_under(site, party, bound);
                    let wishes = Preferences { sources: vec![own], destinations: Vec::new() };
                    let flow = witness::choose(&mut engine.e, way.headers, &wishes).map(|p| flow_at(&p));
                    out.push((party, *id, flow.ok_or(EngineError::Malformed)?));
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Machines of users and of the internet, and whoever stands where the topology ends.
    fn asks(&self, party: Party, bound: Bound, resolved: &BTreeSet<Fact>) -> bool {
        match party {
            Party::Device(_) => false,
            Party::OpenEnd(device, interface) => {
                let facts = places::open_ends(self.site).remove(&(device, interface)).unwrap_or_default();
                bound == Bound::Upper && !facts.is_subset(resolved)
            }
            Party::Host(_) | Party::Terminals(_) | Party::External(_) => {
                let management = places::segments_of_role(self.site, Role::Management);
                !places::segments_of(self.site, party).is_subset(&management)
            }
        }
    }

    /// Declared administration terminals, a device itself, and whom a sanitizer's declaration names.
    fn may_administer(&self, party: Party, device: DeviceId) -> bool {
        let own = places::device_of(self.site, party) == Some(device);
        let declared = match party {
            Party::Host(id) => self
                .site
                .host(id)
                .is_some_and(|h| h.class.as_deref() == Some("admin-terminal") && !h.declarations.is_empty()),
            _ => false,
        };
        let sanitizers = self
            .site
            .sanitizers
            .iter()
            .filter(|s| self.site.host(s.host).is_some_and(|h| h.device == Some(device)));
        let sessions = sanitizers.flat_map(|s| &s.sessions);
        let mut managing = sessions.filter(|h| h.purpose == Purpose::Management && h.peer_opens);
        own || declared || managing.any(|h| h.peers.iter().any(|p| self.named(p, party)))
    }

    fn named(&self, endpoint: &Endpoint, party: Party) -> bool {
        match (endpoint, party) {
            (Endpoint::Host(a), Party::Host(b)) => *a == b,
            (Endpoint::Segment(a), _) => places::segments_of(self.site, party) == BTreeSet::from([*a]),
            _ => false,
        }
    }

    fn start(&self, party: Party) -> Option<Location> {
        places::origins(self.site, party).into_iter().next()
    }

    fn replay(&self, party: Party, device: DeviceId, flow: Flow) -> Option<Evidence> {
        let accepted =
            |arrival: &Arrival| matches!(arrival, Arrival::Local { device: d, .. } if *d == device);
        let options = concrete::Options { limit: 512, runs: 2_000, ..concrete::Options::default() };
        for start in places::origins(self.site, party) {
            let reach = concrete::reaches(self.site, start, &flow, &options, &accepted);
            let (true, Some(branch)) = (reach.certainty.is_certain(), &reach.branch) else { continue };
            let to = self.site.device(device).map_or_else(String::new, |d| d.device.name.clone());
            let choices = match &reach.certainty {
                concrete::Certainty::UnderChoices(choices) => concrete::conditions(self.site, choices),
                _ => Vec::new(),
            };
            let leg = Leg {
                from: places::label(self.site, party),
                to,
                packet: flow,
                delivered: branch.delivered().unwrap_or(flow),
                hops: branch.path(self.site),
            };
            return Some(Evidence {
                legs: vec![leg],
                family: flow.family,
                one_way: true,
                requires_forged_source: false,
                choices,
            });
        }
        None
    }

    fn hangs_on(
        &self,
        party: Party,
        device: DeviceId,
        flow: Flow,
        without: &BTreeSet<Fact>,
    ) -> BTreeSet<Fact> {
        let given = without.iter().filter_map(|f| match f {
            Fact::Cause(d, c) => Some(((*d, *c), false)),
            Fact::Unbound(..) | Fact::NextHop(_) | Fact::Forged(..) => None,
        });
        let options =
            concrete::Options { given: given.collect(), limit: 32, runs: 60, ..concrete::Options::default() };
        let accepted =
            |arrival: &Arrival| matches!(arrival, Arrival::Local { device: d, .. } if *d == device);
        let Some(start) = self.start(party) else { return BTreeSet::new() };
        let reach = concrete::reaches(self.site, start, &flow, &options, &accepted);
        let causes = reach.branch.map(|b| b.causes()).unwrap_or_default();
        causes.into_iter().map(|(d, c)| Fact::Cause(d, c)).collect()
    }
}

/// The packets that administer a device when they arrive at it.
fn administration(engine: &mut Explorer<'_>, device: &Device) -> Result<PacketSet> {
    let mut all = Vec::new();
    for service in &device.facts.admin {
        let cube = Cube::any()
            .with_value(Field::Proto, u128::from(service.proto))
            .with(Field::Dport, service.ports.clone());
        let mut set = engine.e.cube(&cube)?;
        for (field, bound) in [(Field::Dst, &service.at), (Field::Src, &service.from)] {
            if let Some(addresses) = bound {
                let within = engine.with_address(field, addresses)?;
                set = engine.e.and(set, within)?;
            }
        }
        all.push(set);
    }
    Ok(engine.e.or_all(all)?)
}
