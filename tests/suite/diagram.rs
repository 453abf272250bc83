//! The interval diagram against brute force on small worlds and against `oxidd` on the real one.
use crate::bdd_oracle::Bdds;
use bunri::analysis::diagram::*;
use bunri::model::{Family, Field, Ranges};
use oxidd::BooleanFunction;
use oxidd::bdd::BDDFunction;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Addresses differ by family, as in the real space.
fn small() -> Space {
    let address = Extent { v4: 3, v6: 15 };
    Space::small(&[address, Extent::both(5), address, Extent::both(2)])
}

/// The fields that have more than one value in the small world.
const USED: [Field; 4] = [Field::Dst, Field::Egress, Field::Src, Field::Ingress];

fn world(space: &Space) -> Vec<Point> {
    let mut points = vec![];
    for family in Family::ALL {
        let mut first = [0; Field::ALL.len()];
        first[0] = family.value();
        let mut layer = vec![first];
        for field in USED {
            let with = |p: &Point, v| {
                let mut q = *p;
                q[field.index()] = v;
                q
            };
            let max = space.max(field, family);
            layer = layer.iter().flat_map(|p| (0..=max).map(move |v| with(p, v))).collect();
        }
        points.extend(layer);
    }
    points
}

fn family(p: &Point) -> Family {
    Family::ALL[p[0] as usize]
}

fn moved(p: &Point, field: Field, value: u128) -> Point {
    let mut q = *p;
    q[field.index()] = value;
    q
}

fn diagram() -> Diagram {
    Diagram::new(small(), 1 << 22)
}

/// The id of a set given by its points, as a union of single packets in the order given.
fn from_points<'a>(d: &mut Diagram, points: impl Iterator<Item = &'a Point>) -> NodeId {
    let mut list = vec![];
    for p in points {
        let cube = Field::ALL.into_iter().fold(Cube::any(), |c, f| c.with_value(f, p[f.index()]));
        list.push(d.cube_set(&cube).unwrap());
    }
    d.fold(Op::Or, list, NodeId::FALSE).unwrap()
}

fn ordered(list: Vec<(u128, u128)>) -> Ranges {
    Ranges::from_pairs(list.into_iter().map(|(a, b)| (a.min(b), a.max(b))))
}

fn side(max: u128) -> impl Strategy<Value = Ranges> {
    // Past the end on purpose: wide ranges must clip and saturate.
    prop::collection::vec((0..=max + 2, 0..=max + 2), 0..3).prop_map(ordered)
}

fn small_cube() -> impl Strategy<Value = Cube> {
    let sides: Vec<_> =
        [1u128, 15, 5, 15, 2].into_iter().map(|max| prop::option::weighted(0.5, side(max)).boxed()).collect();
    sides.prop_map(|sides| {
        sides.into_iter().zip(Field::ALL).fold(Cube::any(), |cube, (side, f)| match side {
            Some(list) => cube.with(f, list),
            None => cube,
        })
    })
}

#[derive(Clone, Debug)]
enum Set {
    Cube(Box<Cube>),
    Not(Box<Set>),
    And(Box<Set>, Box<Set>),
    Or(Box<Set>, Box<Set>),
    Diff(Box<Set>, Box<Set>),
}

fn set() -> impl Strategy<Value = Set> {
    small_cube().prop_map(|c| Set::Cube(c.into())).prop_recursive(4, 12, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|a| Set::Not(a.into())),
            two.clone().prop_map(|(a, b)| Set::And(a.into(), b.into())),
            two.clone().prop_map(|(a, b)| Set::Or(a.into(), b.into())),
            two.prop_map(|(a, b)| Set::Diff(a.into(), b.into())),
        ]
    })
}

impl Set {
    fn build(&self, d: &mut Diagram) -> NodeId {
        match self {
            Set::Cube(cube) => d.cube_set(cube).unwrap(),
            Set::Not(a) => {
                let a = a.build(d);
                d.not(a).unwrap()
            }
            Set::And(a, b) => {
                let (a, b) = (a.build(d), b.build(d));
                d.and(a, b).unwrap()
            }
            Set::Or(a, b) => {
                let (a, b) = (a.build(d), b.build(d));
                d.or(a, b).unwrap()
            }
            Set::Diff(a, b) => {
                let (a, b) = (a.build(d), b.build(d));
                d.diff(a, b).unwrap()
            }
        }
    }

    fn has(&self, p: &Point) -> bool {
        match self {
            Set::Cube(cube) => cube.contains(p),
            Set::Not(a) => !a.has(p),
            Set::And(a, b) => a.has(p) && b.has(p),
            Set::Or(a, b) => a.has(p) || b.has(p),
            Set::Diff(a, b) => a.has(p) && !b.has(p),
        }
    }
}

#[derive(Clone, Debug)]
enum OneChange {
    To(Ranges),
    Shift(Interval, u128),
}

fn change(field: Field) -> impl Strategy<Value = Option<(Field, OneChange)>> {
    let max = small().max(field, Family::V6);
    let four = small().max(field, Family::V4);
    let shift = (0..=four, 0..=four, 0..=four).prop_filter_map("fits", move |(a, b, to)| {
        let (a, b) = (a.min(b), a.max(b));
        (to + b - a <= four).then_some((field, OneChange::Shift((a, b), to)))
    });
    prop::option::weighted(
        0.6,
        prop_oneof![side(max).prop_map(move |list| (field, OneChange::To(list))), shift.clone(), shift],
    )
}

fn changes() -> impl Strategy<Value = Vec<(Field, OneChange)>> {
    (change(USED[0]), change(USED[1]), change(USED[2]), change(USED[3]))
        .prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

fn built(list: &[(Field, OneChange)]) -> Changes {
    list.iter().fold(Changes::none(), |changes, (field, change)| match change {
        OneChange::To(values) => changes.to(*field, values.clone()),
        OneChange::Shift(from, to) => changes.shift(&small(), *field, *from, *to).unwrap(),
    })
}

/// Every packet a packet may become.
fn successors(space: &Space, list: &[(Field, OneChange)], p: &Point) -> Vec<Point> {
    let mut out = vec![*p];
    for (field, change) in list {
        let max = space.max(*field, family(p));
        out = out
            .into_iter()
            .flat_map(|q| {
                let old = q[field.index()];
                let values: Vec<u128> = match change {
                    OneChange::To(list) if list.intersection(&Ranges::full(max)).is_empty() => vec![old],
                    OneChange::To(list) => (0..=max).filter(|v| list.contains(*v)).collect(),
                    OneChange::Shift(from, to) if (from.0..=from.1).contains(&old) => vec![old - from.0 + to],
                    OneChange::Shift(..) => vec![old],
                };
                values.into_iter().map(move |v| moved(&q, *field, v))
            })
            .collect();
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Equal sets have equal ids, however they were made; evaluation agrees with the definition.
    #[test]
    fn sets_are_canonical(set in set(), backwards in any::<bool>()) {
        let mut d = diagram();
        let id = set.build(&mut d);
        let world = world(d.space());
        for p in &world {
            prop_assert_eq!(d.eval(id, p) == NodeId::TRUE, set.has(p));
        }
        let mut members: Vec<&Point> = world.iter().filter(|p| set.has(p)).collect();
        if backwards {
            members.reverse();
        }
        let again = from_points(&mut d, members.iter().copied());
        prop_assert_eq!(id, again);
    }

    #[test]
    fn questions_agree_with_enumeration(set in set(), cube in small_cube()) {
        let mut d = diagram();
        let id = set.build(&mut d);
        let world = world(d.space());
        let members: Vec<&Point> = world.iter().filter(|p| set.has(p)).collect();
        prop_assert_eq!(d.pick(id).is_some(), !members.is_empty());
        if let Some(p) = d.pick(id) {
            prop_assert!(set.has(&p));
        }
        for side in Family::ALL {
            let mine: Vec<_> = members.iter().filter(|p| family(p) == side).collect();
            let count = d.count(id, side);
            prop_assert!((count - mine.len() as f64).abs() < 1e-6, "{count} {}", mine.len());
            for field in USED {
                let seen: BTreeSet<u128> = mine.iter().map(|p| p[field.index()]).collect();
                let ranges = d.ranges_of(id, side, field);
                let got: BTreeSet<u128> = ranges.pairs().iter().flat_map(|r| r.0..=r.1).collect();
                prop_assert_eq!(got, seen);
            }
            let inside = |c: &Cube| {
                world.iter().filter(|p| family(p) == side && c.contains(p)).all(|p| set.has(p))
            };
            let mut free = cube.clone();
            free.clear(Field::Family);
            prop_assert_eq!(d.includes_cube(id, side, &free), inside(&free));
            let Some(heavy) = d.heaviest_cube(id, side) else {
                prop_assert!(mine.is_empty());
                continue;
            };
            prop_assert!(inside(&heavy));
            for start in [heavy, free] {
                for field in USED {
                    let grown = d.grow(id, side, &start, field);
                    for v in 0..=d.space().max(field, side) {
                        let fits = inside(&start.clone().with_value(field, v));
                        prop_assert_eq!(grown.contains(v), fits);
                    }
                }
            }
        }
    }

    #[test]
    fn images_and_preimages_agree_with_enumeration(set in set(), list in changes()) {
        let mut d = diagram();
        let id = set.build(&mut d);
        let changes = built(&list);
        let space = d.space().clone();
        let world = world(&space);
        let image: BTreeSet<Point> = world.iter().filter(|p| set.has(p))
            .flat_map(|p| successors(&space, &list, p)).collect();
        let wanted = from_points(&mut d, image.iter());
        prop_assert_eq!(d.image(id, &changes).unwrap(), wanted);
        let before: Vec<&Point> = world.iter()
            .filter(|p| successors(&space, &list, p).iter().any(|q| set.has(q))).collect();
        let wanted = from_points(&mut d, before.into_iter());
        prop_assert_eq!(d.preimage(id, &changes).unwrap(), wanted);
    }

    #[test]
    fn cofactors_and_projections_agree_with_enumeration(set in set(), i in 0usize..4, value in 0u128..16) {
        let mut d = diagram();
        let id = set.build(&mut d);
        let space = d.space().clone();
        let field = USED[i];
        let fixed = d.cofactor(id, field, value).unwrap();
        let some = d.exists(id, field).unwrap();
        for p in &world(&space) {
            let max = space.max(field, family(p));
            if value <= max {
                prop_assert_eq!(d.eval(fixed, p) == NodeId::TRUE, set.has(&moved(p, field, value)));
            }
            let any = (0..=max).any(|v| set.has(&moved(p, field, v)));
            prop_assert_eq!(d.eval(some, p) == NodeId::TRUE, any);
        }
        // All values at once are the same as one after the other.
        let values: BTreeSet<u128> = (0..=space.max(field, Family::V6)).collect();
        let split = d.split_field(id, field, &values).unwrap();
        for value in values {
            let one = d.cofactor(id, field, value).unwrap();
            prop_assert_eq!(split.get(&value).copied().unwrap_or(NodeId::FALSE), one);
        }
    }

    /// Rule lists as sequences of guarded outcomes: one id for every way to bracket them, and at every packet
    /// the outcomes of walking the list.
    #[test]
    fn sequences_associate(rules in prop::collection::vec((small_cube(), any::<bool>(), 0u32..6), 0..8)) {
        let mut d = diagram();
        let mut list = vec![];
        for (cube, certain, outcome) in &rules {
            let inside = if *certain { NodeId::TRUE } else { NodeId::MAYBE };
            let guard = d.cube(cube, inside, NodeId::FALSE).unwrap();
            let then = match outcome {
                0..3 => NodeId::control(1 << outcome),
                n => d.action(*n).unwrap(),
            };
            list.push(d.apply(Op::Guard, guard, then).unwrap());
        }
        let left = list.iter().fold(NodeId::FALL, |a, b| d.apply(Op::Seq, a, *b).unwrap());
        let right = list.iter().rev().fold(NodeId::FALL, |a, b| d.apply(Op::Seq, *b, a).unwrap());
        let balanced = d.fold(Op::Seq, list, NodeId::FALL).unwrap();
        prop_assert_eq!(left, right);
        prop_assert_eq!(left, balanced);
        for p in world(d.space()) {
            let mut control = 0;
            let mut actions = BTreeSet::new();
            let mut open = true;
            for (cube, certain, outcome) in &rules {
                if open && cube.contains(&p) {
                    if *outcome < 3 { control |= 1 << outcome; } else { actions.insert(*outcome); }
                    open = !certain;
                }
            }
            if open { control |= FALL; }
            let got = d.eval(balanced, &p);
            prop_assert_eq!(got.control_bits(), Some(control));
            prop_assert_eq!(d.actions(got), actions.into_iter().collect::<Vec<_>>());
        }
    }

    /// A full arena answers with the typed error and keeps every function it already has.
    #[test]
    fn a_full_arena_stays_sound(a in set(), b in set(), limit in 4usize..60) {
        let mut roomy = diagram();
        let (x, y) = (a.build(&mut roomy), b.build(&mut roomy));
        let whole = roomy.and(x, y).unwrap();
        let mut tight = Diagram::new(small(), limit);
        let cubes = [&a, &b].map(|s| build_within(s, &mut tight));
        let [Ok(x), Ok(y)] = cubes else { return Ok(()) };
        match tight.and(x, y) {
            Err(full) => prop_assert_eq!(full.limit, limit),
            Ok(z) => for p in world(&small()) {
                prop_assert_eq!(tight.eval(z, &p), roomy.eval(whole, &p));
            },
        }
        for p in world(&small()) {
            prop_assert_eq!(tight.eval(x, &p) == NodeId::TRUE, a.has(&p));
        }
        prop_assert!(tight.edges() <= limit);
    }
}

fn build_within(set: &Set, d: &mut Diagram) -> Result<NodeId, BudgetExceeded> {
    match set {
        Set::Cube(cube) => d.cube_set(cube),
        Set::Not(a) => {
            let a = build_within(a, d)?;
            d.not(a)
        }
        Set::And(a, b) | Set::Or(a, b) | Set::Diff(a, b) => {
            let (x, y) = (build_within(a, d)?, build_within(b, d)?);
            match set {
                Set::And(..) => d.and(x, y),
                Set::Or(..) => d.or(x, y),
                _ => d.diff(x, y),
            }
        }
    }
}

/// Values near the places where saturation, families and fields have their edges.
fn edge_value(max: u128) -> impl Strategy<Value = u128> {
    let four = u128::from(u32::MAX);
    prop_oneof![
        Just(0),
        Just(1),
        Just(four - 1),
        Just(four),
        Just(four + 1),
        Just(u128::MAX - 1),
        Just(u128::MAX),
        0u128..300,
        any::<u32>().prop_map(u128::from),
        any::<u128>(),
    ]
    .prop_map(move |v| v.min(max))
}

fn real_cube() -> impl Strategy<Value = Cube> {
    let space = Space::packets();
    let sides: Vec<_> = Field::ALL
        .into_iter()
        .map(|field| {
            let max = space.max(field, Family::V6);
            let list = prop::collection::vec((edge_value(max), edge_value(max)), 1..3);
            prop::option::weighted(0.25, list.prop_map(ordered)).boxed()
        })
        .collect();
    sides.prop_map(|sides| {
        sides.into_iter().zip(Field::ALL).fold(Cube::any(), |cube, (side, f)| match side {
            Some(list) => cube.with(f, list),
            None => cube,
        })
    })
}

/// One family of a set as an `oxidd` diagram, node by node.
pub fn as_bdd(
    d: &Diagram,
    bdds: &Bdds,
    id: NodeId,
    space: &Space,
    family: Family,
    known: &mut BTreeMap<NodeId, BDDFunction>,
) -> BDDFunction {
    if id == NodeId::FALSE {
        return bdds.no.clone();
    }
    if id == NodeId::TRUE {
        return bdds.yes.clone();
    }
    if let Some(f) = known.get(&id) {
        return f.clone();
    }
    let (field, edges) = d.node(id).unwrap();
    let mut f = bdds.no.clone();
    for (low, high, child) in edges {
        let child = as_bdd(d, bdds, child, space, family, known);
        let here = bdds.interval(field.index(), low, high.min(space.max(field, family)));
        f = f.or(&here.and(&child).unwrap()).unwrap();
    }
    known.insert(id, f.clone());
    f
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The same list of boxes through `oxidd`, per family, gives the same function, and equal functions there
    /// are equal ids here.
    #[test]
    fn agrees_with_oxidd(list in prop::collection::vec((real_cube(), 0u8..3), 1..8)) {
        let space = Space::packets();
        let mut d = Diagram::new(space.clone(), 1 << 22);
        let mut stages = vec![NodeId::FALSE];
        let mut mine = NodeId::FALSE;
        for (cube, how) in &list {
            let c = d.cube_set(cube).unwrap();
            mine = match how {
                0 => d.or(mine, c).unwrap(),
                1 => d.diff(mine, c).unwrap(),
                _ => { let n = d.not(mine).unwrap(); d.or(n, c).unwrap() }
            };
            stages.push(mine);
        }
        for family in Family::ALL {
            let bdds = Bdds::new(&space, family, 1 << 18, 1 << 14);
            let mut theirs = bdds.no.clone();
            let mut their_stages = vec![theirs.clone()];
            for (cube, how) in &list {
                let c = match cube.admits(family) {
                    true => bdds.cube(cube),
                    false => bdds.no.clone(),
                };
                theirs = match how {
                    0 => theirs.or(&c).unwrap(),
                    1 => theirs.and(&c.not().unwrap()).unwrap(),
                    _ => theirs.not().unwrap().or(&c).unwrap(),
                };
                their_stages.push(theirs.clone());
            }
            let mut known = BTreeMap::new();
            for (a, b) in stages.iter().zip(&their_stages) {
                let a = d.within(*a, family);
                prop_assert!(as_bdd(&d, &bdds, a, &space, family, &mut known) == *b);
            }
            for (a, x) in stages.iter().zip(&their_stages) {
                for (b, y) in stages.iter().zip(&their_stages) {
                    let same = d.within(*a, family) == d.within(*b, family);
                    prop_assert_eq!(same, x == y);
                }
            }
        }
    }

    /// image(a) meets b exactly when a meets preimage(b), with addresses at the edges of both families.
    #[test]
    fn image_and_preimage_are_adjoint(
        a in prop::collection::vec(real_cube(), 1..4),
        b in prop::collection::vec(real_cube(), 1..4),
        source in prop::collection::vec((edge_value(u128::MAX), edge_value(u128::MAX)), 1..3),
        from in (edge_value(u128::from(u32::MAX)), edge_value(u128::from(u32::MAX))),
        to in edge_value(u128::from(u32::MAX)),
    ) {
        let space = Space::packets();
        let mut d = Diagram::new(space.clone(), 1 << 22);
        let union = |d: &mut Diagram, list: &[Cube]| {
            let ids = list.iter().map(|c| d.cube_set(c).unwrap()).collect();
            d.or_all(ids).unwrap()
        };
        let (a, b) = (union(&mut d, &a), union(&mut d, &b));
        let from = (from.0.min(from.1), from.0.max(from.1));
        let changes = Changes::none().to(Field::Src, ordered(source)).to(Field::Sport, Ranges::span(1024, 65_535));
        let changes = match changes.clone().shift(&space, Field::Dst, from, to) {
            Ok(shifted) => shifted,
            Err(ShiftOutsideDomain) => changes,
        };
        let image = d.image(a, &changes).unwrap();
        let preimage = d.preimage(b, &changes).unwrap();
        let forward = d.and(image, b).unwrap() != NodeId::FALSE;
        let backward = d.and(a, preimage).unwrap() != NodeId::FALSE;
        prop_assert_eq!(forward, backward);
    }
}

#[test]
fn an_ipv4_set_that_ends_at_the_last_address_has_one_id() {
    let mut d = Diagram::new(Space::packets(), 1 << 16);
    let dst = |low, high| Cube::family(Family::V4).with(Field::Dst, Ranges::span(low, high));
    let plain = d.cube_set(&dst(0xe000_0000, u128::from(u32::MAX))).unwrap();
    let saturated = d.cube_set(&dst(0xe000_0000, u128::MAX)).unwrap();
    assert_eq!(plain, saturated);
    let below = d.cube_set(&dst(0, 0xdfff_ffff)).unwrap();
    let everything = d.or(plain, below).unwrap();
    let family = d.cube_set(&Cube::family(Family::V4)).unwrap();
    assert_eq!(everything, family);
}

#[test]
fn a_shift_that_leaves_its_field_is_refused() {
    let space = Space::packets();
    let last = u128::from(u32::MAX);
    let shift = |from, to| Changes::none().shift(&space, Field::Dst, from, to).is_ok();
    assert!(shift((0, 255), last - 255));
    assert!(!shift((0, 255), last - 254));
    assert!(!shift((5, 4), 0));
    assert!(shift((1 << 64, (1 << 64) + 255), u128::MAX - 255));
    assert!(Changes::none().shift(&space, Field::Dport, (0, 70_000), 0).is_err());
}
