//! Sets of packets, and the engine that owns them.
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;

use super::diagram::{BudgetExceeded, Changes, Cube, Diagram, NodeId, Op, Point, Space};
use crate::model::{Family, Field, Flow, Nat, PORT_PROTOCOLS, Ranges, Rewrite, Then, proto};

/// A set of packets in an [`Engine`], scratch fields included. Equal sets of one engine compare equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketSet(pub(super) NodeId);

impl PacketSet {
    /// No packet.
    pub const EMPTY: PacketSet = PacketSet(NodeId::FALSE);
    /// Every point of the space, ill-formed ones included; see [`Engine::universe`].
    pub const ALL: PacketSet = PacketSet(NodeId::TRUE);

    /// The function in the engine's diagram: [`NodeId::TRUE`] inside, [`NodeId::FALSE`] outside.
    pub fn node(self) -> NodeId {
        self.0
    }

    /// Whether there is no packet.
    pub fn is_empty(self) -> bool {
        self == PacketSet::EMPTY
    }
}

/// One question's arena: make it, ask, drop it.
pub struct Engine {
    pub(super) diagram: Diagram,
    /// The outcomes that diagram actions stand for.
    pub(super) actions: IndexSet<Then>,
    universe: Option<PacketSet>,
    opening: Option<PacketSet>,
}

type Result<T> = std::result::Result<T, BudgetExceeded>;

impl Engine {
    /// An engine whose arena holds at most `limit` edges (about 50 bytes each).
    pub fn new(limit: usize) -> Engine {
        let diagram = Diagram::new(Space::packets(), limit);
        Engine { diagram, actions: IndexSet::new(), universe: None, opening: None }
    }

    /// The arena, for questions this type has no words for.
    pub fn diagram(&mut self) -> &mut Diagram {
        &mut self.diagram
    }

    /// Makes room for another `edges` edges.
    pub(super) fn allow(&mut self, edges: usize) {
        self.diagram.allow(edges);
    }

    /// Whether so many sets of outcomes were made that another question might not find room for its own.
    pub(super) fn crowded(&self) -> bool {
        self.diagram.action_sets() > 1 << 14
    }

    /// How many more edges fit.
    pub(super) fn room(&self) -> usize {
        self.diagram.room()
    }

    /// Drops everything but some functions, whose ids change.
    pub(super) fn retain(&mut self, functions: &mut [NodeId]) -> Result<()> {
        (self.universe, self.opening) = (None, None);
        self.diagram.retain(functions)
    }

    /// Edges in use.
    pub fn edges(&self) -> usize {
        self.diagram.edges()
    }

    /// The packets of a cube. Address sides are numbers of the family at hand: name the family beside them.
    ///
    /// # Errors
    /// [`BudgetExceeded`], here and in every operation below.
    pub fn cube(&mut self, cube: &Cube) -> Result<PacketSet> {
        self.diagram.cube_set(cube).map(PacketSet)
    }

    /// Packets in both.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn and(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet> {
        self.diagram.and(a.0, b.0).map(PacketSet)
    }

    /// Packets in either.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn or(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet> {
        self.diagram.or(a.0, b.0).map(PacketSet)
    }

    /// Packets in the first only.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn minus(&mut self, a: PacketSet, b: PacketSet) -> Result<PacketSet> {
        self.diagram.diff(a.0, b.0).map(PacketSet)
    }

    /// Packets in any.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn or_all(&mut self, sets: impl IntoIterator<Item = PacketSet>) -> Result<PacketSet> {
        self.diagram.or_all(sets.into_iter().map(|s| s.0).collect()).map(PacketSet)
    }

    /// Whether every packet of `inner` is in `outer`.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn includes(&mut self, outer: PacketSet, inner: PacketSet) -> Result<bool> {
        self.diagram.includes(outer.0, inner.0)
    }

    /// The set of well-formed packets (SEMANTICS 15): a header field is 0 unless the protocol has it. Scratch
    /// fields are free.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn universe(&mut self) -> Result<PacketSet> {
        if let Some(known) = self.universe {
            return Ok(known);
        }
        let ports = Ranges::from_pairs(PORT_PROTOCOLS.map(|p| (u128::from(p), u128::from(p))));
        let icmp = [proto::ICMP, proto::ICMPV6].map(|p| (u128::from(p), u128::from(p)));
        let fields = [
            (Field::Dport, ports.clone()),
            (Field::Sport, ports),
            (Field::Icmp, Ranges::from_pairs(icmp)),
            (Field::TcpFlags, Ranges::one(u128::from(proto::TCP))),
        ];
        let mut all = PacketSet::ALL;
        for (field, protocols) in fields {
            let present = self.cube(&Cube::any().with(Field::Proto, protocols))?;
            let zero = self.cube(&Cube::any().with_value(field, 0))?;
            let either = self.or(present, zero)?;
            all = self.and(all, either)?;
        }
        self.universe = Some(all);
        Ok(all)
    }

    /// Opening packets (SEMANTICS 16): TCP with SYN and without ACK, and everything that is not TCP.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn opening(&mut self) -> Result<PacketSet> {
        if let Some(known) = self.opening {
            return Ok(known);
        }
        let syn = (0..=Field::TcpFlags.max_value()).filter(|f| f & 2 != 0 && f & 16 == 0);
        let tcp = Ranges::one(u128::from(proto::TCP));
        let other = Cube::any().with(Field::Proto, tcp.complement(Field::Proto.max_value()));
        let syn = Cube::any().with(Field::TcpFlags, Ranges::from_pairs(syn.map(|f| (f, f))));
        let (syn, other) = (self.cube(&syn.with(Field::Proto, tcp))?, self.cube(&other)?);
        let all = self.or(syn, other)?;
        self.opening = Some(all);
        Ok(all)
    }

    /// Where the packets may be after field changes that apply to each of them; see [`Changes`].
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn image(&mut self, set: PacketSet, changes: &Changes) -> Result<PacketSet> {
        self.diagram.image(set.0, changes).map(PacketSet)
    }

    /// The packets that field changes may bring into the set.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn preimage(&mut self, set: PacketSet, changes: &Changes) -> Result<PacketSet> {
        self.diagram.preimage(set.0, changes).map(PacketSet)
    }

    /// The set with these fields free: what is known about them is forgotten.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn forget(&mut self, set: PacketSet, fields: &[Field]) -> Result<PacketSet> {
        let changes = fields.iter().fold(Changes::none(), |c, f| c.forget(*f));
        self.image(set, &changes)
    }

    /// The set with a field fixed and then free: the packets that are in it when the field has this value.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn fixed(&mut self, set: PacketSet, field: Field, value: u128) -> Result<PacketSet> {
        self.diagram.cofactor(set.0, field, value).map(PacketSet)
    }

    /// What [`Engine::fixed`] says for each of some values, in one go; values without packets are left out.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn split_field(
        &mut self,
        set: PacketSet,
        field: Field,
        values: &BTreeSet<u128>,
    ) -> Result<BTreeMap<u128, PacketSet>> {
        let parts = self.diagram.split_field(set.0, field, values)?;
        Ok(parts.into_iter().map(|(value, part)| (value, PacketSet(part))).collect())
    }

    /// What a translation does, per class of protocols. No translation changes the protocol, so the classes map to
    /// themselves. Fields that a packet's protocol does not have stay 0.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn rewriting(&mut self, nat: &Nat) -> Result<Rewriting> {
        let touches = |field| nat.rewrites.iter().any(|r| rewritten(r) == field);
        let classes = if [Field::Sport, Field::Dport, Field::Icmp, Field::TcpFlags].into_iter().any(touches) {
            vec![Class::Tcp, Class::Ports, Class::Icmp, Class::Bare]
        } else {
            vec![Class::Any]
        };
        let mut parts = Vec::new();
        for class in classes {
            let part = self.cube(&Cube::any().with(Field::Proto, class.protocols()))?;
            parts.push((part, changes_for(self.diagram.space(), nat, class)));
        }
        Ok(Rewriting { parts })
    }

    /// Every packet that a translation may make of a packet of the set.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn translate(&mut self, set: PacketSet, by: &Rewriting) -> Result<PacketSet> {
        let mut parts = Vec::with_capacity(by.parts.len());
        for (part, changes) in &by.parts {
            let inside = self.and(set, *part)?;
            parts.push(self.image(inside, changes)?);
        }
        self.or_all(parts)
    }

    /// Every packet of which a translation may make a packet of the set.
    ///
    /// # Errors
    /// [`BudgetExceeded`].
    pub fn untranslate(&mut self, set: PacketSet, by: &Rewriting) -> Result<PacketSet> {
        let mut parts = Vec::with_capacity(by.parts.len());
        for (part, changes) in &by.parts {
            let before = self.preimage(set, changes)?;
            parts.push(self.and(before, *part)?);
        }
        self.or_all(parts)
    }

    /// How many packets of a family are in the set, as far as `f64` is exact; scratch fields count as fields.
    pub fn count(&self, set: PacketSet, family: Family) -> f64 {
        self.diagram.count(set.0, family)
    }

    /// The values of a field among the packets of a family.
    pub fn values(&self, set: PacketSet, family: Family, field: Field) -> Ranges {
        self.diagram.ranges_of(set.0, family, field)
    }

    /// Whether a packet is in the set.
    pub fn contains(&self, set: PacketSet, point: &Point) -> bool {
        self.diagram.eval(set.0, point) == NodeId::TRUE
    }

    /// Balanced fold for outcome functions.
    pub(super) fn fold(&mut self, op: Op, list: Vec<NodeId>, empty: NodeId) -> Result<NodeId> {
        self.diagram.fold(op, list, empty)
    }
}

/// A translation as sets of one engine see it.
#[derive(Debug, Clone)]
pub struct Rewriting {
    /// Disjoint classes of packets, each with what happens to its fields.
    parts: Vec<(PacketSet, Changes)>,
}

impl Rewriting {
    /// The classes.
    pub(super) fn sets_mut(&mut self) -> impl Iterator<Item = &mut PacketSet> {
        self.parts.iter_mut().map(|part| &mut part.0)
    }
}

/// Protocols that have the same header fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Any,
    Tcp,
    Ports,
    Icmp,
    Bare,
}

impl Class {
    fn protocols(self) -> Ranges {
        let all = Ranges::full(Field::Proto.max_value());
        let one = |p: u8| (u128::from(p), u128::from(p));
        let tcp = Ranges::from_pairs([one(proto::TCP)]);
        let ports = Ranges::from_pairs(PORT_PROTOCOLS.map(one));
        let icmp = Ranges::from_pairs([proto::ICMP, proto::ICMPV6].map(one));
        match self {
            Class::Any => all,
            Class::Tcp => tcp,
            Class::Ports => ports.minus(&tcp),
            Class::Icmp => icmp,
            Class::Bare => all.minus(&ports).minus(&icmp),
        }
    }

    fn has(self, field: Field) -> bool {
        match field {
            Field::Sport | Field::Dport => matches!(self, Class::Tcp | Class::Ports),
            Field::TcpFlags => self == Class::Tcp,
            Field::Icmp => self == Class::Icmp,
            _ => true,
        }
    }
}

fn rewritten(rewrite: &Rewrite) -> Field {
    match rewrite {
        Rewrite::To(field, _) | Rewrite::Shift { field, .. } => *field,
    }
}

fn changes_for(space: &Space, nat: &Nat, class: Class) -> Changes {
    let mut changes = Changes::none();
    for rewrite in nat.rewrites.iter().filter(|r| class.has(rewritten(r))) {
        changes = match rewrite {
            Rewrite::To(field, values) => changes.to(*field, values.clone()),
            // A shift out of its field cannot be meant: any value is the reading that misses nothing.
            Rewrite::Shift { field, from, to } => match changes.clone().shift(space, *field, *from, *to) {
                Ok(shifted) => shifted,
                Err(_) => changes.forget(*field),
            },
        };
    }
    changes
}

/// The header of a point, in canonical form.
pub fn flow_at(point: &Point) -> Flow {
    let get = |field: Field| point.get(field.index()).copied().unwrap_or(0);
    let family = if get(Field::Family) == 0 { Family::V4 } else { Family::V6 };
    let flow = Flow {
        family,
        src: get(Field::Src),
        dst: get(Field::Dst),
        proto: u8::try_from(get(Field::Proto)).unwrap_or(u8::MAX),
        sport: u16::try_from(get(Field::Sport)).unwrap_or(u16::MAX),
        dport: u16::try_from(get(Field::Dport)).unwrap_or(u16::MAX),
        icmp: u16::try_from(get(Field::Icmp)).unwrap_or(u16::MAX),
        flags: u8::try_from(get(Field::TcpFlags)).unwrap_or(u8::MAX),
    };
    flow.canonical()
}

/// The point of a header, scratch fields 0.
pub fn point_of(flow: &Flow) -> Point {
    Field::ALL.map(|field| flow.get(field))
}
