//! Segments that nobody placed in a zone, as far as they may be another area of M-2.

use std::collections::BTreeSet;

use super::super::crossing::{self, Crossing, Exempt, Outcome};
use super::super::{CheckError, Options, places};
use super::entries;
use super::flows::exemptions;
use crate::analysis::answer::{Culprit, Verdict};
use crate::analysis::transition::Bound;
use crate::intent::register::Register;
use crate::model::{AddressSet, Ranges};
use crate::msg;
use crate::network::{DeviceId, Endpoint, Role, SegmentId, Site};

/// What passes between the individual-number zone and the machines of segments without a zone, outside the register. What
/// only crosses such a segment on its way is another border's. Whether the segment is part of the zone, nobody said: so
/// what passes for certain is no violation either.
///
/// # Errors
/// As [`crossing::decide`].
pub(super) fn outcomes(
    site: &Site,
    register: Option<&Register>,
    options: &Options,
) -> Result<Vec<Outcome>, CheckError> {
    let inner = places::segments_of_role(site, Role::IndividualNumber);
    let mut out = Vec::new();
    for segment in site.unplaced().into_iter().filter(|_| !inner.is_empty()) {
        let (own, here) = (machines(site, segment), BTreeSet::from([segment]));
        let others = entries::everything().minus(&own);
        for (border, sources, destinations) in [
            ((inner.clone(), here.clone()), entries::everything(), others.clone()),
            ((here.clone(), inner.clone()), others.clone(), entries::everything()),
        ] {
            let mut exempt: Vec<Exempt> =
                register.map_or_else(Vec::new, |r| exemptions(site, &border, r, Bound::Lower, options));
            exempt.push(Exempt {
                origins: border.0.clone(),
                sources,
                destinations,
                onto: None,
                proto: None,
                ports: Ranges::span(0, 0xFFFF),
                icmp: None,
            });
            let crossing = Crossing { from: border.0, to: border.1, exempt };
            out.push(softened(crossing::tell(site, &crossing, options)?, site, segment));
        }
    }
    Ok(out)
}

/// Addresses of machines of a segment that are no devices of the topology.
fn machines(site: &Site, segment: SegmentId) -> AddressSet {
    let all = places::endpoint_addresses(site, &Endpoint::Segment(segment));
    let devices: BTreeSet<DeviceId> = site.devices_on(segment).map(|(id, _)| id).collect();
    devices.into_iter().fold(all, |left, id| left.minus(&site.device_addresses_on(id, segment)))
}

fn softened(mut outcome: Outcome, site: &Site, at: SegmentId) -> Outcome {
    if outcome.verdict == Verdict::Holds {
        return outcome;
    }
    outcome.verdict = Verdict::Undetermined;
    outcome.possible.append(&mut outcome.counterexamples);
    if let Some(segment) = site.segment(at) {
        let name = segment.name.as_ref().unwrap_or(&segment.id.value);
        let what = msg!(
            "to which zone `{name}` belongs is not written (`zone`)",
            "「{name}」がどの系に属するかの記載がない(`zone`)"
        );
        outcome.culprits.push(Culprit { span: segment.id.span, what, device: None });
    }
    outcome
}
