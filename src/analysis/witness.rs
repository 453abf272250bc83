//! Chooses the one packet of a set that a reader will recognise.
use super::diagram::{Cube, NodeId, Point};
use super::set::{Engine, PacketSet};
use crate::model::{AddressSet, Family, Field, Ranges, State, proto};

/// What a good witness looks like. Everything here is a wish; a witness is always a packet of the set.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// Addresses of known hosts to send from, best first.
    pub sources: Vec<AddressSet>,
    /// Addresses of known hosts to send to, best first.
    pub destinations: Vec<AddressSet>,
}

/// Services that every administrator knows, best first.
const SERVICES: [(u8, u16); 16] = [
    (proto::TCP, 443),
    (proto::TCP, 445),
    (proto::TCP, 3389),
    (proto::TCP, 80),
    (proto::TCP, 22),
    (proto::UDP, 53),
    (proto::TCP, 25),
    (proto::TCP, 1433),
    (proto::TCP, 1521),
    (proto::TCP, 5432),
    (proto::TCP, 3306),
    (proto::TCP, 389),
    (proto::TCP, 8080),
    (proto::UDP, 123),
    (proto::UDP, 161),
    (proto::UDP, 514),
];

/// A packet of the set, with the scratch fields it needs; `None` only if the set is empty. Intersect the set with
/// [`Engine::universe`] before: every point of it may be chosen.
///
/// Preferred in this order: hosts, IPv4, a well-known service, TCP before UDP before the rest, a SYN or an echo
/// request, an ephemeral source port, an address that is not the first of its range, a new connection. If the arena
/// is full the remaining wishes are dropped.
pub fn choose(engine: &mut Engine, set: PacketSet, wishes: &Preferences) -> Option<Point> {
    let mut left = Narrowing { engine, set };
    for (field, list) in [(Field::Src, &wishes.sources), (Field::Dst, &wishes.destinations)] {
        left.first_of(list.iter().map(|addresses| address_cubes(field, addresses)));
    }
    left.first_of([vec![Cube::family(Family::V4)]]);
    let service = |(p, port): (u8, u16)| vec![of(p).with_value(Field::Dport, u128::from(port))];
    let echo = |p, kind: u128| of(p).with_value(Field::Icmp, kind << 8);
    let echoes = vec![echo(proto::ICMP, 8), echo(proto::ICMPV6, 128)];
    let any = [vec![of(proto::TCP)], vec![of(proto::UDP)], echoes];
    left.first_of(SERVICES.into_iter().map(service).chain(any));
    left.first_of([vec![Cube::any().with_value(Field::TcpFlags, 2)]]);
    let ephemeral = [(49_152, 65_535), (1024, 65_535)];
    left.first_of(ephemeral.map(|(a, b)| vec![Cube::any().with(Field::Sport, Ranges::span(a, b))]));
    left.first_of([vec![Cube::any().with_value(Field::State, State::New.value())]]);
    left.away_from_network_address(Field::Src);
    left.away_from_network_address(Field::Dst);
    left.engine.diagram.pick(left.set.0)
}

fn of(protocol: u8) -> Cube {
    Cube::any().with_value(Field::Proto, u128::from(protocol))
}

fn address_cubes(field: Field, addresses: &AddressSet) -> Vec<Cube> {
    Family::ALL.map(|f| Cube::family(f).with(field, addresses.of(f).clone())).to_vec()
}

struct Narrowing<'e> {
    engine: &'e mut Engine,
    set: PacketSet,
}

impl Narrowing<'_> {
    /// Keeps to the first of the wishes, each a union of cubes, that some packet left fulfils.
    fn first_of(&mut self, wishes: impl IntoIterator<Item = Vec<Cube>>) {
        for wish in wishes {
            if self.keep(&wish) {
                return;
            }
        }
    }

    fn keep(&mut self, wish: &[Cube]) -> bool {
        let diagram = &mut self.engine.diagram;
        let mut kept = NodeId::FALSE;
        for cube in wish {
            let part = diagram.restrict(self.set.0, cube).and_then(|part| diagram.or(kept, part));
            let Ok(both) = part else { return false };
            kept = both;
        }
        if kept == NodeId::FALSE {
            return false;
        }
        self.set = PacketSet(kept);
        true
    }

    /// The first address of a range is often that of a network; a reader expects a host.
    fn away_from_network_address(&mut self, field: Field) {
        let Some(family) =
            Family::ALL.into_iter().find(|f| !self.engine.diagram.is_false_within(self.set.0, *f))
        else {
            return;
        };
        let values = self.engine.values(self.set, family, field);
        let wide = values.pairs().iter().find(|(low, high)| high - low >= 3);
        let hosts = wide.map(|(low, high)| ((low | 0xFF) ^ 0xF5).clamp(low + 1, high - 1));
        if let Some(host) = hosts {
            self.keep(&[Cube::family(family).with_value(field, host)]);
        }
    }
}
