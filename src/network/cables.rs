//! Cables of switches: `[[link]]` with its names resolved.

use super::form::At;
use super::plan::{Place, Planner};
use super::site::{HostId, SegmentId};
use super::topology::{Cable, FarEnd};
use crate::model::LAST_VLAN;
use crate::msg;
use crate::source::{Code, Msg, Span, Spanned};

/// Most ports that one entry may name at once.
const MOST_PORTS: u32 = 512;

/// One port with its cable.
#[derive(Debug, Clone)]
pub(super) struct CablePlan {
    pub device: Spanned<String>,
    pub port: Spanned<String>,
    pub far: Far,
    /// The tag (none: without a tag), the segment, the place.
    pub carries: Vec<(Option<u16>, SegmentId, Span)>,
    pub declarations: Vec<String>,
}

/// The other end.
#[derive(Debug, Clone)]
pub(super) enum Far {
    Port { device: Spanned<String>, port: Spanned<String> },
    Host(HostId),
    Segment(SegmentId),
    Unsaid,
}

impl Planner {
    /// One entry of `link`: a plan for each of its ports.
    pub(super) fn cable(&mut self, cable: &Cable) -> Vec<CablePlan> {
        let file = self.file;
        self.host_device(&cable.device);
        let far = cable.to.as_ref().map_or(Some(Far::Unsaid), |to| self.far(to));
        let declarations = self.cite(&cable.declarations);
        if !cable.carries.is_empty() && declarations.is_empty() {
            self.uncited(cable.device.span(file), "carries");
        }
        if cable.to.is_none() && cable.carries.is_empty() {
            let message = msg!("this link does not say where it leads", "接続先の記載がない");
            let help = msg!(
                "add `to = {{ … }}` or `carries = {{ … }}`",
                "`to = {{ … }}` 又は `carries = {{ … }}` を追記する"
            );
            self.error(Code::MissingKey, cable.device.span(file), message, help);
        }
        let carries: Vec<_> = cable.carries.iter().filter_map(|(tag, to)| self.carried(tag, to)).collect();
        let Some(far) = far else { return Vec::new() };
        let mut out = Vec::new();
        for port in &cable.ports {
            let Some(names) = spread(&port.value) else {
                let value = &port.value;
                let message =
                    msg!("`{value}` names too many ports or none", "「{value}」のポートの範囲が誤っている");
                let help = msg!("write it like `port1.0.1-1.0.12`", "`port1.0.1-1.0.12` のように記載する");
                self.error(Code::InvalidValue, port.span(file), message, help);
                continue;
            };
            out.extend(names.into_iter().map(|name| CablePlan {
                device: cable.device.spanned(file),
                port: Spanned::new(name, port.span(file)),
                far: far.clone(),
                carries: carries.clone(),
                declarations: declarations.clone(),
            }));
        }
        out
    }

    fn far(&mut self, to: &At<FarEnd>) -> Option<Far> {
        let end = &to.value;
        match (&end.device, &end.port, &end.host, &end.segment) {
            (Some(device), Some(port), None, None) => {
                self.host_device(device);
                Some(Far::Port { device: device.spanned(self.file), port: port.spanned(self.file) })
            }
            (None, None, Some(host), None) => match self.host_id(&host.value) {
                Some(id) => Some(Far::Host(id)),
                None => {
                    self.unknown_place(host, false);
                    None
                }
            },
            (None, None, None, Some(segment)) => self.segment(segment).map(Far::Segment),
            _ => {
                let (message, help) = one_end();
                self.error(Code::InvalidValue, to.span(self.file), message, help);
                None
            }
        }
    }

    fn carried(&mut self, tag: &At<String>, to: &At<String>) -> Option<(Option<u16>, SegmentId, Span)> {
        let segment = match self.places.get(&to.value) {
            Some((Place::Segment(s), _)) => Some(*s),
            _ => self.segment(to),
        };
        let span = tag.span(self.file);
        let number = tag.value.parse::<u16>().ok().filter(|n| (1..=LAST_VLAN).contains(n));
        if number.is_none() && tag.value != "untagged" {
            let value = &tag.value;
            let message = msg!("`{value}` is not a VLAN id", "「{value}」はVLAN IDではない");
            let help = msg!(
                "write a number from 1 to {LAST_VLAN}, or `untagged`",
                "1から{LAST_VLAN}までの番号又は `untagged` を記載する"
            );
            self.error(Code::InvalidValue, span, message, help);
            return None;
        }
        segment.map(|s| (number, s, span))
    }
}

fn one_end() -> (Msg, Msg) {
    let message = msg!(
        "`to` names a device with its port, a host, or a segment",
        "`to` には、機器とそのポート、ホスト又はセグメントのいずれか1つを記載する"
    );
    let help = msg!(
        "write it like `{{ device = \"FW-01\", port = \"x1\" }}`",
        "`{{ device = \"FW-01\", port = \"x1\" }}` のように記載する"
    );
    (message, help)
}

/// `port1.0.1-1.0.12`, `Gi1/0/1-12` or one name. None if the range is empty or too long.
fn spread(text: &str) -> Option<Vec<String>> {
    let range = text.rsplit_once('-').filter(|(_, to)| {
        to.starts_with(|c: char| c.is_ascii_digit())
            && to.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '/'))
    });
    let Some((from, to)) = range else { return Some(vec![text.to_owned()]) };
    let stem = from.trim_end_matches(|c: char| c.is_ascii_digit());
    let low: u32 = from.get(stem.len()..)?.parse().ok()?;
    let last = to.rsplit(['.', '/']).next()?;
    let lead = to.get(..to.len().checked_sub(last.len())?)?;
    let high: u32 = last.parse().ok()?;
    let fits = stem.ends_with(lead) && low <= high && high - low < MOST_PORTS;
    fits.then(|| (low..=high).map(|n| format!("{stem}{n}")).collect())
}
