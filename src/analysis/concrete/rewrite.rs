//! Translations: the packets one packet can become.

use std::collections::{BTreeMap, BTreeSet};

use super::thread::{About, Choice, Pick, Thread, Translation};
use super::{Packet, Wishes};
use crate::model::{Device, Expr, Field, Flow, IfId, NatId, PORT_PROTOCOLS, Ranges, Rewrite, proto};

/// Sets of at most this many values are tried in full.
const SMALL: u128 = 8;
/// At most this many values of one field are tried.
const VALUES: usize = 64;
/// At most this many packets are tried where every combination of several fields is wanted.
const COMBINATIONS: usize = 64;

/// What a translation does: ways on, and whether more values exist than were tried.
pub(super) struct Rewritten {
    pub threads: Vec<Thread>,
    pub partial: bool,
}

/// Applies a translation; `None` if the device has none of that id.
///
/// Of a large set of new values only some are tried: the value the packet has (a masquerade keeps the port), the
/// first and the last, those in `wishes`, and those at which a condition of the device changes.
pub(super) fn rewrite(
    device: &Device,
    id: NatId,
    thread: Thread,
    wishes: &Wishes,
    edges: &mut Edges,
) -> Option<Rewritten> {
    let nat = device.nats.get(id.index())?;
    let mut tried = Tried { partial: false, device, wishes, edges };
    let changes: Vec<(Field, Vec<u128>)> =
        nat.rewrites.iter().filter_map(|r| tried.values(r, &thread.packet)).collect();
    let all = tried.combinations(&changes);
    let single = all.len() == 1 && !tried.partial;
    let turn = thread.choices.keys().filter(|c| matches!(c, Choice::Pool { nat, .. } if *nat == id)).count();
    let turn = u32::try_from(turn).unwrap_or(u32::MAX);
    let threads = all.into_iter().map(|values| {
        let mut thread = thread.clone();
        let before = thread.packet;
        thread.packet = set(before, &values);
        if before.flow != thread.packet.flow {
            thread.nat.push(Translation { nat: id, before: before.flow, after: thread.packet.flow });
        }
        match nat.unknown {
            _ if single => thread,
            Some(cause) => thread.doubting(About::Values(id, values), true, BTreeSet::from([cause])),
            None => {
                thread.choices.insert(Choice::Pool { nat: id, turn, before }, Pick::Values(values));
                thread
            }
        }
    });
    Some(Rewritten { threads: threads.collect(), partial: tried.partial })
}

/// The values at which conditions of one device begin to differ, by field, as far as anybody asked.
pub(super) type Edges = BTreeMap<Field, BTreeSet<u128>>;

struct Tried<'a> {
    partial: bool,
    device: &'a Device,
    wishes: &'a Wishes,
    edges: &'a mut Edges,
}

impl Tried<'_> {
    /// The values a rewrite may write; `None` if it leaves the packet alone.
    fn values(&mut self, rewrite: &Rewrite, packet: &Packet) -> Option<(Field, Vec<u128>)> {
        match rewrite {
            Rewrite::To(field, values) => {
                let last = last(*field, packet.flow)?;
                let values = values.intersection(&Ranges::full(last));
                (!values.is_empty()).then(|| (*field, self.some(*field, &values, packet)))
            }
            Rewrite::Shift { field, from, to } => {
                let last = last(*field, packet.flow)?;
                let by = packet.get(*field).checked_sub(from.0)?;
                if packet.get(*field) > from.1 || from.1 > last {
                    return None;
                }
                let Some(new) = to.checked_add(by).filter(|new| *new <= last) else {
                    self.partial = true;
                    return None;
                };
                Some((*field, vec![new]))
            }
        }
    }

    /// Some of the values of a set that is not empty, the packet's own first.
    fn some(&mut self, field: Field, values: &Ranges, packet: &Packet) -> Vec<u128> {
        let count = values.pairs().iter().fold(0u128, |n, (a, b)| n.saturating_add(b - a).saturating_add(1));
        if count <= SMALL {
            return values.pairs().iter().flat_map(|(a, b)| *a..=*b).collect();
        }
        self.partial = true;
        let headers = self.wishes.headers.iter().map(|h| h.get(field));
        let wished = headers.chain(self.wishes.values.get(&field).into_iter().flatten().copied());
        let ends = [values.first(), values.pairs().last().map(|p| p.1)];
        let edges = self.edges.entry(field).or_insert_with(|| edges(self.device, field));
        let mut out = Vec::new();
        for value in std::iter::once(packet.get(field))
            .chain(wished)
            .chain(ends.into_iter().flatten())
            .chain(edges.iter().copied())
        {
            if out.len() < VALUES && values.contains(value) && !out.contains(&value) {
                out.push(value);
            }
        }
        out
    }

    /// Which values go together: every combination if they are few; otherwise the n-th value of every field, and
    /// each value of one field beside the first of the others. Headers that were wished for, where they fit.
    fn combinations(&mut self, changes: &[(Field, Vec<u128>)]) -> Vec<Vec<(Field, u128)>> {
        let all = changes
            .iter()
            .try_fold(1usize, |n, (_, v)| n.checked_mul(v.len()).filter(|n| *n <= COMBINATIONS));
        let mut out = match all {
            Some(_) => product(changes),
            None => {
                self.partial = true;
                diagonal(changes)
            }
        };
        for header in &self.wishes.headers {
            let wanted: Vec<(Field, u128)> = changes.iter().map(|(f, v)| (*f, wish(header, *f, v))).collect();
            if !out.contains(&wanted) {
                out.push(wanted);
            }
        }
        out
    }
}

/// The wished value of a field if it is one of those tried (wishes are among them), else the first.
fn wish(header: &Flow, field: Field, tried: &[u128]) -> u128 {
    let value = header.get(field);
    if tried.contains(&value) { value } else { tried.first().copied().unwrap_or(value) }
}

fn product(changes: &[(Field, Vec<u128>)]) -> Vec<Vec<(Field, u128)>> {
    let mut out = vec![Vec::new()];
    for (field, values) in changes {
        let extend = |front: &Vec<(Field, u128)>, value: u128| {
            front.iter().copied().chain([(*field, value)]).collect::<Vec<_>>()
        };
        out = out
            .iter()
            .flat_map(|front| values.iter().map(|v| extend(front, *v)).collect::<Vec<_>>())
            .collect();
    }
    out
}

fn diagonal(changes: &[(Field, Vec<u128>)]) -> Vec<Vec<(Field, u128)>> {
    let longest = changes.iter().map(|(_, v)| v.len()).max().unwrap_or(0);
    let pick = |values: &[u128], at: usize| values.get(at).or(values.last()).copied().unwrap_or(0);
    let mut out: Vec<Vec<(Field, u128)>> =
        (0..longest).map(|at| changes.iter().map(|(f, v)| (*f, pick(v, at))).collect()).collect();
    for (moving, values) in changes {
        for value in values {
            out.push(
                changes.iter().map(|(f, v)| (*f, if f == moving { *value } else { pick(v, 0) })).collect(),
            );
        }
    }
    let mut seen = BTreeSet::new();
    out.retain(|values| seen.insert(values.clone()));
    out
}

/// The largest value of a field in this packet; `None` if the packet does not have it or no translation changes it.
fn last(field: Field, flow: Flow) -> Option<u128> {
    let ports = PORT_PROTOCOLS.contains(&flow.proto);
    let icmp = [proto::ICMP, proto::ICMPV6].contains(&flow.proto);
    match field {
        Field::Family => None,
        Field::Src | Field::Dst => Some(flow.family.max_address()),
        Field::Sport | Field::Dport => ports.then_some(field.max_value()),
        Field::Icmp => icmp.then_some(field.max_value()),
        Field::TcpFlags => (flow.proto == proto::TCP).then_some(field.max_value()),
        _ => Some(field.max_value()),
    }
}

/// The packet with new values, in canonical form.
fn set(mut packet: Packet, values: &[(Field, u128)]) -> Packet {
    for (field, value) in values {
        let number = |max: u128| u16::try_from((*value).min(max)).unwrap_or(u16::MAX);
        let byte = || u8::try_from(*value).unwrap_or(u8::MAX);
        match field {
            Field::Family => {}
            Field::Dst => packet.flow.dst = *value,
            Field::Src => packet.flow.src = *value,
            Field::Proto => packet.flow.proto = byte(),
            Field::Dport => packet.flow.dport = number(0xFFFF),
            Field::Sport => packet.flow.sport = number(0xFFFF),
            Field::Icmp => packet.flow.icmp = number(0xFFFF),
            Field::TcpFlags => packet.flow.flags = byte(),
            Field::Ingress => packet.ingress = IfId(u32::from(number(0xFFFF))),
            Field::Egress => packet.egress = IfId(u32::from(number(0xFFFF))),
            Field::State => packet.state = *value,
            Field::Mark => packet.mark = *value,
            Field::Zone => packet.zone = *value,
        }
    }
    packet.flow = packet.flow.canonical();
    packet
}

/// The values of a field at which a condition or translation of the device begins to differ, ascending.
fn edges(device: &Device, field: Field) -> BTreeSet<u128> {
    let mut out = BTreeSet::new();
    let mut add = |pairs: &[(u128, u128)]| {
        for (first, last) in pairs {
            out.insert(*first);
            out.extend(last.checked_add(1));
        }
    };
    let rules = device.rule_sets.iter().flat_map(|s| &s.chains).flat_map(|c| &c.rules);
    let mut open: Vec<&Expr> = rules.map(|r| &r.when).chain(device.states.iter().map(|s| &s.when)).collect();
    while let Some(expr) = open.pop() {
        match expr {
            Expr::In(of, values) if *of == field => add(values.pairs()),
            Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
            Expr::Not(inner) | Expr::Unknown { bound: inner, .. } => open.push(inner),
            Expr::Any | Expr::None | Expr::In(..) => {}
        }
    }
    for rewrite in device.nats.iter().flat_map(|n| &n.rewrites) {
        if let Rewrite::Shift { field: of, from, .. } = rewrite
            && *of == field
        {
            add(&[*from]);
        }
    }
    out
}
