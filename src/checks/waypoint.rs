//! L-1: traffic between the LGWAN zone and the internet zone passes only through a declared sanitizer.
//!
//! # What it finds
//! Packets between the two zones that belong to no declared session of a sanitizer, and machines outside both
//! zones that may carry data between them. Only the declared sessions are left out: whatever else a sanitizer
//! forwards, accepts or opens stays in the picture.
//!
//! # Why it matters
//! Files and mail from the internet reach business systems only after harmful parts were removed.
//!
//! # Example
//! An old mail relay's address translation and rules, still enabled.
//!
//! # Remedy
//! Remove the line shown, or declare the session if it is the sanitizer's own.
//!
//! # References
//! Basic security policy, clause 6(3)②.

use std::collections::BTreeSet;

use super::crossing::{self, Crossing, Exempt};
use super::explanation::Explanation;
use super::mediated::Sessions;
use super::places::{self, Party};
use super::{CheckError, Options, assertion, assumptions, basis, breakout, host_level, management};
use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Class, Level};
use crate::model::AddressSet;
use crate::msg;
use crate::network::{Data, Endpoint, HalfSession, Role, Sanitizer, Segment, SegmentId, Site, Variant};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "L-1",
        title: msg!(
            "traffic between the LGWAN zone and the internet zone passes only through a declared sanitizer",
            "LGWAN接続系とインターネット接続系との間の通信は、申告された無害化システムのみを経由すること"
        ),
        finds: msg!(
            "packets between the two zones that belong to no declared session of a sanitizer, and machines outside both zones that may carry data between them. Only the declared sessions are left out: whatever else a sanitizer forwards, accepts or opens stays in the picture",
            "無害化システムの申告された通信に該当しない両系間の通信、及び両系の間を中継し得る機器。除外するのは申告された通信のみであり、無害化システムによるその他の転送、受信及び送信は解析の対象に残る"
        ),
        matters: msg!(
            "files and mail from the internet reach business systems only after harmful parts were removed",
            "インターネットからのファイル及びメールは、無害化の後に限り業務システムに届かなければならない"
        ),
        example: msg!(
            "the address translation and rules of an old mail relay, still enabled",
            "廃止したメール中継サーバのアドレス変換及びポリシーが有効なまま残っている"
        ),
        remedy: msg!(
            "remove the line shown, or declare the session if it is the sanitizer's own",
            "表示された行を削除する。無害化システムの通信である場合は申告に加える"
        ),
        references: msg!("basic security policy, clause 6(3)②", "情報セキュリティ基本方針 6(3)②"),
    }
}

/// Checks L-1 on the packet and the host level.
pub fn check(
    site: &Site,
    sessions: &Result<Sessions, EngineError>,
    options: &Options,
) -> Result<Vec<Assertion>, CheckError> {
    let inner = places::segments_of_role(site, Role::Lgwan);
    let outer = places::segments_of_role(site, Role::Internet);
    let scope = basis::pair_label(site, Role::Lgwan, Role::Internet);
    let title = msg!(
        "packets between the LGWAN zone and the internet zone pass only through declared sanitizers",
        "無害化システムを除いた場合に、LGWAN接続系とインターネット接続系との間に通信経路が残らないこと"
    );
    let mut packet = assertion("L-1", "6(3)②", Level::Packet, Class::Path, scope.clone(), title);
    let mut exempt = declared_sessions(site);
    exempt.extend(breakout::allowed(site));
    if !exempt.is_empty() {
        // Declared sessions are told by the addresses that their openers use.
        packet.assumptions.push(assumptions::SAME_SEGMENT_HONEST.to_owned());
    }
    if site.sanitizers.iter().flat_map(|s| &s.sessions).any(management::administers) {
        packet.assumptions.push(assumptions::ADMIN_DOES_NOT_RELAY.to_owned());
    }
    let there = Crossing { from: inner.clone(), to: outer.clone(), exempt: exempt.clone() };
    let back = Crossing { from: outer.clone(), to: inner.clone(), exempt };
    basis::fill(
        site,
        &mut packet,
        [crossing::tell(site, &there, options)?, crossing::tell(site, &back, options)?],
    );
    packet.cut_at = sanitizers_in_use(site);
    basis::add_sanitizer_declarations(site, &mut packet);
    let title = msg!(
        "no machine other than declared sanitizers carries data between the LGWAN zone and the internet zone",
        "無害化システム以外にLGWAN接続系とインターネット接続系との間を中継する機器がないこと"
    );
    let mut host = assertion("L-1", "6(3)②", Level::Host, Class::Path, scope, title);
    host_level::decide(site, &mut host, sessions, (&inner, &outer), options)?;
    Ok(vec![packet, host])
}

/// Sanitizers with declared sessions, by name: what they pass is left out.
pub fn sanitizers_in_use(site: &Site) -> Vec<String> {
    let used = site.sanitizers.iter().filter(|s| !s.sessions.is_empty());
    used.map(|s| places::label(site, Party::Host(s.host))).collect()
}

/// Whether the chosen model knows such a session. Only screen transfer tells the models apart: under α and α' LGWAN
/// terminals look into the internet zone, under β and β' internet-zone terminals look into the LGWAN zone. Without a
/// chosen model every declared session stands; L-4 asks for the model.
pub(super) fn known_to_model(
    site: &Site,
    sanitizer: &Sanitizer,
    session: &HalfSession,
    peer: &Endpoint,
) -> bool {
    let variant = site.records.policy.as_ref().and_then(|p| p.variant);
    match (variant, looks_out(site, sanitizer, session, peer)) {
        (Some(variant), Some(out)) => out == matches!(variant, Variant::Alpha | Variant::AlphaPrime),
        _ => true,
    }
}

/// Whether by a session the LGWAN zone looks into the internet zone, or the other way round; `None` for what is no screen
/// transfer between the two.
fn looks_out(site: &Site, sanitizer: &Sanitizer, session: &HalfSession, peer: &Endpoint) -> Option<bool> {
    // Files and mail move one way: of a system that does both, a session with data both ways is a screen.
    let screen = |t: &String| t == "screen-transfer";
    let only = sanitizer.types.iter().all(screen);
    let screens = only || session.data == Data::Both && sanitizer.types.iter().any(screen);
    if !screens || management::administers(session) {
        return None;
    }
    let lgwan = places::segments_of_role(site, Role::Lgwan);
    let peers = places::endpoint_segments(site, peer);
    // One that stands in the LGWAN zone alone meets the internet zone by its sessions with machines outside.
    let own = places::segments_of(site, Party::Host(sanitizer.host));
    let inside = !own.is_empty() && own.is_subset(&lgwan);
    match (peers.is_disjoint(&lgwan), inside) {
        (false, _) => Some(session.peer_opens),
        (true, true) => Some(!session.peer_opens),
        (true, false) => None,
    }
}

/// Declared sessions by which the internet zone looks into the LGWAN zone: those of β and β' alone.
pub(super) fn looks_in(site: &Site) -> Vec<&HalfSession> {
    let sessions = site.sanitizers.iter().flat_map(|s| s.sessions.iter().map(move |session| (s, session)));
    let inwards = |(s, session): &(&Sanitizer, &HalfSession)| {
        session.peers.iter().any(|p| looks_out(site, s, session, p) == Some(false))
    };
    sessions.filter(inwards).map(|(_, session)| session).collect()
}

/// Whether a party is a sanitizer with declared sessions that the chosen model does not know.
pub(super) fn beyond_model(site: &Site, party: Party) -> bool {
    let Some(sanitizer) = places::sanitizer_of(site, party) else { return false };
    let unknown = |s: &HalfSession| s.peers.iter().any(|p| !known_to_model(site, sanitizer, s, p));
    sanitizer.sessions.iter().any(unknown)
}

/// The declared sessions as exemptions: where the opener stands, original source, delivered destination, service.
pub fn declared_sessions(site: &Site) -> Vec<Exempt> {
    let mut out = Vec::new();
    for sanitizer in &site.sanitizers {
        let party = Party::Host(sanitizer.host);
        let own = places::addresses_of(site, party);
        for session in &sanitizer.sessions {
            for peer in session.peers.iter().filter(|p| known_to_model(site, sanitizer, session, p)) {
                let named = places::endpoint_addresses(site, peer);
                let (origins, sources, (destinations, onto)) = match session.peer_opens {
                    true => (places::endpoint_segments(site, peer), named, (own.clone(), None)),
                    false => (places::segments_of(site, party), own.clone(), receiving(site, peer, named)),
                };
                let (proto, ports) = (Some(session.proto), session.ports.clone());
                out.push(Exempt { origins, sources, destinations, onto, proto, ports, icmp: None });
            }
        }
    }
    out
}

/// An external network, and the segments on which its declared routers stand: packets for it cross them.
pub(super) fn with_transit(site: &Site, external: SegmentId) -> BTreeSet<SegmentId> {
    let routers =
        site.devices.iter().filter(|d| d.contract.is_some() && d.attached.contains(&Some(external)));
    routers.flat_map(|d| d.attached.iter().copied().flatten()).chain([external]).collect()
}

/// Which destinations, delivered where, mean a peer. An external network has every address that no segment of the
/// site has, and takes packets only in its own zone, there and on the segments where its router stands.
pub(super) fn receiving(
    site: &Site,
    peer: &Endpoint,
    named: AddressSet,
) -> (AddressSet, Option<BTreeSet<SegmentId>>) {
    let Endpoint::Segment(id) = peer else { return (named, None) };
    let Some(outside) = site.segment(*id).filter(|s| s.external.is_some()) else { return (named, None) };
    let near = with_transit(site, *id);
    let same_zone = |s: &Segment| s.zone.is_some() && s.zone == outside.zone;
    let onto = site.segments().filter(|(s, segment)| s == id || same_zone(segment)).map(|(s, _)| s).collect();
    let others = site.segments().filter(|(s, _)| !near.contains(s)).flat_map(|(_, s)| &s.prefixes);
    let destinations = others.fold(named, |set, p| set.minus(&AddressSet::network(p.value)));
    (destinations, Some(onto))
}
