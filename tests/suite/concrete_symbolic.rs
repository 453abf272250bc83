//! Both engines on the same packets (SEMANTICS 24).
use std::collections::{BTreeMap, BTreeSet};

use bunri::analysis::compile::{Belief, Reading, compile};
use bunri::analysis::concrete::*;
use bunri::analysis::diagram::Cube;
use bunri::analysis::pipeline::{self, DeviceTransitions, Exit};
use bunri::analysis::set::{Engine, PacketSet, flow_at, point_of};
use bunri::analysis::slice::Region;
use bunri::analysis::transition::{self, Bound};
use bunri::model::*;

use super::{oracle, seen, shown};
use crate::rule_lists::{Rng, small_causes, small_point, small_rule_set, span};
use crate::support::devices::Maker;

const LIMIT: usize = 1 << 22;

#[test]
fn rule_lists_have_the_outcomes_of_the_compiled_function() {
    let mut g = Rng(7);
    let kinds = [RuleSetKind::Filter, RuleSetKind::Translate, RuleSetKind::Route, RuleSetKind::Mark];
    let mut several = 0;
    for round in 0..600 {
        let kind = kinds[round % 4];
        let set = small_rule_set(&mut g, kind, span());
        let maker = shown(kind, set.clone());
        let mut engine = Engine::new(LIMIT);
        // One value for each choice, so that only ignorance is left.
        let chosen = g.of(&[0, 3, 5, 7]);
        let chosen: &BTreeMap<CauseId, bool> = &oracle::choices()[chosen];
        let reading = chosen.iter().fold(Reading::undecided(), |r, (c, v)| r.with(*c, Belief::Is(*v)));
        let known = compile(&mut engine, &set, &Region::everything(), &reading).unwrap().whole;
        let open = compile(&mut engine, &set, &Region::everything(), &Reading::undecided()).unwrap().whole;
        for _ in 0..6 {
            let point = small_point(&mut g);
            let state = State::ALL[(point[Field::State.index()] % 5) as usize];
            let ingress = IfId(point[Field::Ingress.index()] as u32);
            let flow = flow_at(&point);
            let entry = Entry { state: Some(state), ..Entry::ingress(ingress) };
            let mut at = point_of(&flow);
            at[Field::Ingress.index()] = u128::from(ingress.0);
            at[Field::State.index()] = state.value();
            at[Field::Egress.index()] = if kind == RuleSetKind::Route { 0xFFFF } else { 3 };
            // The diagram tells no kinds of denial apart.
            let plain =
                |o: Outcome| if matches!(o, Outcome::Deny(_)) { Outcome::Deny(DenyKind::Drop) } else { o };
            let concrete = |entry: &Entry| -> BTreeSet<_> {
                let found = device_branches(&maker.device, &flow, entry).unwrap();
                assert!(!found.truncated && !found.partial);
                found.branches.iter().map(|b| (plain(b.outcome), b.header.proto)).collect()
            };
            let symbolic = |f| -> BTreeSet<_> {
                engine.outcomes_at(f, &at).into_iter().map(|t| seen(kind, t, &flow)).collect()
            };
            let given = Entry { given: chosen.clone(), ..entry.clone() };
            let exact = symbolic(known);
            assert_eq!(concrete(&given), exact, "round {round}, {flow}\n{set:#?}");
            let free = concrete(&entry);
            assert!(free.is_subset(&symbolic(open)), "round {round}, {flow}\n{set:#?}");
            assert!(exact.is_subset(&free));
            several += usize::from(exact.len() > 1);
        }
    }
    assert!(several > 100, "{several}");
}

/// A random device of three interfaces with lists of every kind; pools are small enough to be tried in full.
fn small_device(g: &mut Rng) -> Maker {
    let mut m = Maker::new("R", &["a", "b", "c"]);
    m.device.causes = small_causes(span());
    let small = [0, 1, 9, 10, 16];
    for _ in 0..3 {
        let field = g.of(&[Field::Src, Field::Dst, Field::Dport, Field::Sport, Field::Mark]);
        let at = g.of(&small);
        let rewrite = match g.below(3) {
            0 => Rewrite::To(field, Ranges::one(at)),
            1 => Rewrite::To(field, Ranges::span(at, at + 2)),
            _ => Rewrite::Shift { field, from: (at, at + 3), to: g.of(&small) },
        };
        let mut rewrites = vec![rewrite];
        if field != Field::Dport && g.percent(30) {
            rewrites.push(Rewrite::To(Field::Dport, Ranges::span(1, 2)));
        }
        let unknown = g.percent(15).then_some(CauseId(0));
        m.nat(rewrites, unknown);
    }
    m.route(RouteTarget::Interface(IfId(1)), Some("10.0.0.1"));
    m.route(RouteTarget::Interface(IfId(2)), None);
    let last =
        g.of(&[RouteTarget::Local, RouteTarget::Discard(DenyKind::Drop), RouteTarget::Any(CauseId(2))]);
    m.route(last, None);
    m.device.pipeline.arrival = small_stages(g, &mut m);
    m.device.pipeline.forward = small_stages(g, &mut m);
    m.device.pipeline.input = small_stages(g, &mut m);
    m.device.pipeline.output = small_stages(g, &mut m);
    let mut routes = small_rule_set(g, RuleSetKind::Route, span());
    routes.chains[0].rules.truncate(2);
    routes.chains[0].end.value = Then::Route(RouteId(g.below(3) as u32));
    m.device.pipeline.routing = m.device.add_rule_set(routes);
    m.device.states = vec![
        StateRule { when: Expr::proto(proto::TCP), states: Ranges::one(State::Invalid.value()) },
        StateRule { when: Expr::unknown(CauseId(4), Expr::proto(proto::UDP)), states: Ranges::span(0, 1) },
    ];
    m
}

/// Each kind of stage now and then, short, so that some things are certain.
fn small_stages(g: &mut Rng, m: &mut Maker) -> Vec<Stage> {
    let kinds = [RuleSetKind::Mark, RuleSetKind::Translate, RuleSetKind::Filter];
    let mut out = vec![];
    for kind in kinds {
        if g.percent(50) {
            continue;
        }
        let mut set = small_rule_set(g, kind, span());
        set.chains[0].rules.truncate(2);
        let id = m.device.add_rule_set(set);
        out.push(match kind {
            RuleSetKind::Mark => Stage::Mark(id),
            RuleSetKind::Translate => Stage::Translate(id),
            _ => Stage::Filter(id),
        });
    }
    out
}

fn exit(outcome: Outcome) -> Option<Exit> {
    match outcome {
        Outcome::Forward { egress, hop } => Some(Exit::Interface(egress, hop)),
        Outcome::Local => Some(Exit::Local),
        _ => None,
    }
}

/// Exactly this header, whatever the scratch fields.
fn header(e: &mut Engine, flow: &Flow) -> PacketSet {
    let point = point_of(flow);
    let fields = Field::ALL.into_iter().filter(|f| !Field::SCRATCH.contains(f));
    let cube = fields.fold(Cube::any(), |c, f| c.with_value(f, point[f.index()]));
    e.cube(&cube).unwrap()
}

/// What leaves by each exit, of one packet.
pub fn leaves(
    e: &mut Engine,
    device: &Device,
    bound: Bound,
    from: pipeline::Entry,
    flow: &Flow,
) -> BTreeMap<Exit, PacketSet> {
    let built = DeviceTransitions::build(e, device, bound, &BTreeSet::new()).unwrap();
    let packet = header(e, flow);
    let mut out = BTreeMap::new();
    for exit in built.exits().collect::<Vec<_>>() {
        let steps = [built.prefix(from), built.suffix(from, exit).unwrap()].concat();
        let set = transition::image(&steps, e, packet).unwrap();
        if !set.is_empty() {
            out.insert(exit, set);
        }
    }
    // All exits at once are the same.
    let routed = transition::image(&built.prefix(from), e, packet).unwrap();
    assert_eq!(built.leave(e, from, routed).unwrap(), out, "{flow}");
    out
}

#[test]
fn devices_do_what_their_transitions_say() {
    let mut g = Rng(77);
    let (mut certain, mut possible) = (0, 0);
    for round in 0..400 {
        let mut maker = small_device(&mut g);
        let choices = round % 3 == 0;
        if !choices {
            maker.device.causes.iter_mut().for_each(|c| c.kind = CauseKind::Unknown);
        }
        let device = &maker.device;
        let flow = flow_at(&small_point(&mut g));
        let ingress = IfId(g.below(3) as u32);
        let (from, entry) = match round % 4 {
            0 => (pipeline::Entry::Local, Entry::local()),
            _ => (pipeline::Entry::Interface(ingress), Entry::ingress(ingress)),
        };
        let found = device_branches(device, &flow, &entry).unwrap();
        if found.truncated {
            continue;
        }
        let mut e = Engine::new(LIMIT);
        let upper = leaves(&mut e, device, Bound::Upper, from, &flow);
        let mut concrete: BTreeMap<Exit, PacketSet> = BTreeMap::new();
        for branch in &found.branches {
            let Some(exit) = exit(branch.outcome) else { continue };
            let set = header(&mut e, &branch.header);
            let known = concrete.entry(exit).or_insert(PacketSet::EMPTY);
            *known = e.or(*known, set).unwrap();
        }
        for (exit, set) in &concrete {
            possible += 1;
            let upper = upper.get(exit).copied().unwrap_or(PacketSet::EMPTY);
            assert!(e.includes(upper, *set).unwrap(), "round {round}, {flow}: {exit:?}");
        }
        if choices {
            // The transitions take a choice anew at each place, and the lower ones are only candidates.
            continue;
        }
        assert!(concrete.keys().eq(upper.keys()), "round {round}, {flow}");
        for (exit, set) in &upper {
            assert!(found.partial || e.includes(concrete[exit], *set).unwrap(), "round {round}, {flow}");
        }
        for (lower, _) in leaves(&mut e, device, Bound::Lower, from, &flow) {
            certain += 1;
            let way = found.permits(|b| exit(b.outcome) == Some(lower));
            assert!(way.is_certain(), "round {round}, {flow}: {lower:?} is {way:?}");
        }
    }
    assert!(certain > 20 && possible > 200, "{certain} {possible}");
}
