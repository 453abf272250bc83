//! What helpers let pass for the sessions that they read.

use std::rc::Rc;

use super::answers::Translates;
use super::{Past, Standing, Walk, ingresses};
use crate::analysis::Result;
use crate::analysis::diagram::Cube;
use crate::analysis::reach::{Explorer, Fact, Side};
use crate::analysis::set::PacketSet;
use crate::analysis::shared::Read;
use crate::analysis::transition::{Apart, Bound};
use crate::model::{Device, Field, Helper, IfId, Opens, Ranges, Rewrite, State, proto};
use crate::network::{DeviceId, Location};

/// Everything but the ends.
const SERVICE: [Field; 5] = [Field::Proto, Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags];

impl Explorer<'_> {
    /// Whether some helper reads a session that its device may accept.
    ///
    /// # Errors
    /// As [`Explorer::forward`].
    pub fn helpers_read(&mut self) -> Result<bool> {
        for (id, found) in self.site.devices() {
            for (index, helper) in found.device.helpers.iter().enumerate() {
                if self.resolved.contains(&Fact::Cause(id, helper.cause)) {
                    continue;
                }
                for ingress in ingresses(self, id) {
                    if !self.controlled(id, ingress, &found.device, (index, helper))?.is_empty() {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// What a helper lets pass, in either direction.
    pub(super) fn helped(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (index, helper): (usize, &Helper),
        out: &mut Past,
    ) -> Result<()> {
        let bound = Bound::Upper;
        let read = self.read(at.device, model, (index, helper))?;
        if read.is_empty() {
            return Ok(());
        }
        let opens = self.opens(helper)?;
        let set = self.e.and(at.set, opens)?;
        // What a helper expects is the first packet of a session: sources are checked.
        let arrived = self.checked(bound, Standing { set, ..at }, model, State::Related)?;
        if arrived.is_empty() {
            return Ok(());
        }
        if helper.opens == Opens::SameEnds {
            return self.between_ends(
                walk,
                Standing { set: arrived, ..at },
                model,
                (helper, opens, &read),
                out,
            );
        }
        if helper.opens == Opens::AnyEndsBySameInterfaces && !self.carries(at, model, helper, &read)? {
            return Ok(());
        }
        let plain = model.nats.is_empty();
        let led = if plain { arrived } else { self.e.forget(arrived, &[Field::Dst, Field::Dport])? };
        let universe = self.e.universe()?;
        let led = self.e.and(led, universe)?;
        let exits =
            self.routed(walk, Standing { set: led, ..at }, model, (State::Related, Translates::Yes))?;
        let by = Fact::Cause(at.device, helper.cause);
        out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
        Ok(())
    }

    /// The sessions that a helper reads, by the interface of their opener, where there are any.
    fn read(&mut self, device: DeviceId, model: &Device, (index, helper): (usize, &Helper)) -> Result<Read> {
        if let Some(known) = self.sessions.read.get(&(device, index)) {
            return Ok(Rc::clone(known));
        }
        let mut read = Vec::new();
        for ingress in ingresses(self, device) {
            let sessions = self.controlled(device, ingress, model, (index, helper))?;
            if !sessions.is_empty() {
                read.push((ingress, sessions));
            }
        }
        let read: Read = read.into();
        self.sessions.read.insert((device, index), Rc::clone(&read));
        Ok(read)
    }

    /// Packets that a helper may open a session with.
    fn opens(&mut self, helper: &Helper) -> Result<PacketSet> {
        // A session that stays between the same ends may be a tunnel (PPTP).
        let protocols: &[u8] = match helper.opens {
            Opens::SameEnds => &[proto::TCP, proto::UDP, proto::GRE],
            Opens::AnyEndsBySameInterfaces | Opens::AnyEnds => &[proto::TCP, proto::UDP],
        };
        let protocols = Ranges::from_pairs(protocols.iter().map(|p| (u128::from(*p), u128::from(*p))));
        let opens = self.e.cube(&Cube::any().with(Field::Proto, protocols))?;
        let universe = self.e.universe()?;
        Ok(self.e.and(opens, universe)?)
    }

    /// Any session between the ends of one that the helper reads, of the packets at an ingress.
    fn between_ends(
        &mut self,
        walk: &mut Walk<'_>,
        at: Standing,
        model: &Device,
        (helper, opens, read): (&Helper, PacketSet, &[(IfId, PacketSet)]),
        out: &mut Past,
    ) -> Result<()> {
        let by = Fact::Cause(at.device, helper.cause);
        let only = model.nats.is_empty().then_some(at.set);
        let universe = self.e.universe()?;
        let ends = self.e.forget(at.set, &SERVICE)?;
        let ends = self.e.and(ends, universe)?;
        // From the end that answers the control session.
        let alike = self.untranslated(model, ends)?;
        let mut sets = Vec::new();
        for (ingress, sessions) in read {
            let alike = self.e.and(*sessions, alike)?;
            if alike.is_empty() {
                continue;
            }
            let sessions = self.controlled_between(at, *ingress, model, helper, ends)?;
            sets.push(self.opened_for(sessions, opens, only)?);
        }
        let set = self.e.or_all(sets)?;
        let exits = self.routed(walk, Standing { set, ..at }, model, (State::Related, Translates::Yes))?;
        out.extend(exits.into_iter().map(|(to, set)| (to, set, by)));
        // From the end that opened it.
        if !read.iter().any(|(ingress, _)| *ingress == at.ingress) {
            return Ok(());
        }
        let control = self.control(helper, Field::Dport)?;
        for (to, sent) in self.sent_on(at, ends, control, writes_port(model))? {
            let set = self.opened_for(sent, opens, only)?;
            let exits =
                self.routed(walk, Standing { set, ..at }, model, (State::Related, Translates::Yes))?;
            let here = exits.into_iter().filter(|(exit, _)| *exit == to);
            out.extend(here.map(|(to, set)| (to, set, by)));
        }
        Ok(())
    }

    /// Whether a session that a helper reads enters or leaves by where `at` stands.
    fn carries(
        &mut self,
        at: Standing,
        model: &Device,
        helper: &Helper,
        read: &[(IfId, PacketSet)],
    ) -> Result<bool> {
        if read.iter().any(|(ingress, _)| *ingress == at.ingress) {
            return Ok(true);
        }
        let anybody = self.e.universe()?;
        for (ingress, _) in read {
            if !self.controlled_between(at, *ingress, model, helper, anybody)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sessions that a helper reads, by the field that holds its port.
    fn control(&mut self, helper: &Helper, port: Field) -> Result<PacketSet> {
        let key = (helper.reads.clone(), port);
        if let Some(known) = self.sessions.controls.get(&key) {
            return Ok(*known);
        }
        let mut parts = Vec::new();
        for (proto, ports) in &helper.reads {
            let cube = Cube::any().with_value(Field::Proto, u128::from(*proto)).with(port, ports.clone());
            parts.push(self.e.cube(&cube)?);
        }
        let all = self.e.or_all(parts)?;
        self.sessions.controls.insert(key, all);
        Ok(all)
    }

    /// Mirror images of the sessions that a helper may read: on its port before or after translation.
    fn controlled(
        &mut self,
        device: DeviceId,
        ingress: IfId,
        model: &Device,
        (index, helper): (usize, &Helper),
    ) -> Result<PacketSet> {
        let key = (device, ingress, index);
        if let Some(known) = self.sessions.reads.get(&key) {
            return Ok(*known);
        }
        let port = self.control(helper, Field::Sport)?;
        let all = self.whole(|it| Ok(it.all_sessions(Bound::Upper, device, ingress)?.sets))?;
        let mut found = self.e.and(all, port)?;
        if writes_port(model) {
            let universe = self.e.universe()?;
            let after = self.e.and(port, universe)?;
            let more =
                self.whole(|it| Ok(it.accepted(Bound::Upper, (device, ingress), after, &|_| true)?.sets))?;
            found = self.e.or(found, more)?;
        }
        self.sessions.reads.insert(key, found);
        Ok(found)
    }

    /// The same, of those only that leave by where `ends` stand and whose answering end sends as these.
    fn controlled_between(
        &mut self,
        at: Standing,
        ingress: IfId,
        model: &Device,
        helper: &Helper,
        ends: PacketSet,
    ) -> Result<PacketSet> {
        let here = |exit| exit == at.ingress;
        let port = self.control(helper, Field::Sport)?;
        let before = self.e.and(ends, port)?;
        let found =
            self.whole(|it| Ok(it.accepted(Bound::Upper, (at.device, ingress), before, &here)?.sets))?;
        if !writes_port(model) {
            return Ok(found);
        }
        let all = self.whole(|it| Ok(it.accepted(Bound::Upper, (at.device, ingress), ends, &here)?.sets))?;
        let named = self.e.and(all, port)?;
        Ok(self.e.or(found, named)?)
    }

    /// Sessions, translated or not.
    fn whole(&mut self, of: impl FnOnce(&mut Self) -> Result<Apart>) -> Result<PacketSet> {
        let apart = of(self)?;
        Ok(self.e.or(apart.kept, apart.translated)?)
    }

    /// Control sessions between `ends` that the rules let pass from where they stand, by exit: on the helper's port
    /// before the translations, or after them if they write ports.
    fn sent_on(
        &mut self,
        at: Standing,
        ends: PacketSet,
        control: PacketSet,
        afterwards: bool,
    ) -> Result<Vec<(Location, PacketSet)>> {
        let from = Location::Ingress(at.device, at.ingress);
        let bound = Bound::Upper;
        let before = self.e.and(ends, control)?;
        let mut out = self.onward(from, before, bound, Side::Sent)?.to_vec();
        if afterwards {
            for (to, set) in self.onward(from, ends, bound, Side::Sent)?.iter().copied() {
                out.push((to, self.e.and(set, control)?));
            }
        }
        Ok(out)
    }

    /// Any TCP or UDP between the ends of some sessions, of `arrived` where nothing is translated.
    fn opened_for(
        &mut self,
        sessions: PacketSet,
        opens: PacketSet,
        arrived: Option<PacketSet>,
    ) -> Result<PacketSet> {
        let ends = self.e.forget(sessions, &SERVICE)?;
        let set = self.e.and(ends, opens)?;
        Ok(match arrived {
            Some(arrived) => self.e.and(set, arrived)?,
            None => set,
        })
    }
}

/// Whether a translation may give a packet another destination port.
fn writes_port(model: &Device) -> bool {
    model.nats.iter().flat_map(|n| &n.rewrites).any(|r| match r {
        Rewrite::To(field, _) | Rewrite::Shift { field, .. } => *field == Field::Dport,
    })
}
