//! Compiled rule sets against a list interpreter that shares nothing with the compiler, and against `oxidd`.
use std::collections::{BTreeMap, BTreeSet};

use crate::bdd_oracle::{Bdds, may_permit};
use crate::diagram::as_bdd;
use crate::rule_lists::*;
use bunri::analysis::blame::{Place, acting, attribute, causes};
use bunri::analysis::compile::{Belief, CompileError, Compiled, Reading, compile, function, permitted};
use bunri::analysis::diagram::{Cube, Point};
use bunri::analysis::set::{Engine, PacketSet};
use bunri::analysis::slice::Region;
use bunri::analysis::transition::Bound;
use bunri::model::*;
use bunri::source::Span;

type Outcomes = BTreeSet<Then>;
/// What each cause is, where it is known.
type Facts = BTreeMap<CauseId, bool>;

const DROP: Then = Then::Deny(DenyKind::Drop);

/// Three-valued truth: `None` where nobody knows.
fn truth(e: &Expr, p: &Point, facts: &Facts) -> Option<bool> {
    match e {
        Expr::Any => Some(true),
        Expr::None => Some(false),
        Expr::In(field, ranges) => Some(ranges.contains(p[field.index()])),
        Expr::Not(inner) => truth(inner, p, facts).map(|t| !t),
        Expr::All(parts) => {
            let all: Vec<_> = parts.iter().map(|e| truth(e, p, facts)).collect();
            if all.contains(&Some(false)) {
                Some(false)
            } else {
                all.iter().all(Option::is_some).then_some(true)
            }
        }
        Expr::Or(parts) => {
            let all: Vec<_> = parts.iter().map(|e| truth(e, p, facts)).collect();
            if all.contains(&Some(true)) {
                Some(true)
            } else {
                all.iter().all(Option::is_some).then_some(false)
            }
        }
        Expr::Unknown { cause, bound } => match (facts.get(cause), truth(bound, p, facts)) {
            (_, Some(false)) | (Some(false), _) => Some(false),
            (Some(true), inner) => inner,
            (None, _) => None,
        },
    }
}

/// Walks the list rule by rule. `touched` collects the places that can do something to the packet.
struct Walk<'a> {
    set: &'a RuleSet,
    point: &'a Point,
    facts: &'a Facts,
    touched: BTreeSet<Place>,
}

impl Walk<'_> {
    fn act(&mut self, then: Then) -> Outcomes {
        let swap =
            |from, to, set: Outcomes| set.into_iter().map(|t| if t == from { to } else { t }).collect();
        match then {
            Then::Jump(c) => swap(Then::Return, Then::Fall, self.chain(c)),
            Then::Goto(c) => swap(Then::Fall, Then::Return, self.chain(c)),
            Then::Deny(_) => [DROP].into(),
            Then::Unknown(cause) => match self.facts.get(&cause) {
                Some(false) => [Then::Fall].into(),
                _ => [Then::Permit, DROP, Then::Return, Then::Fall].into(),
            },
            other => [other].into(),
        }
    }

    fn chain(&mut self, id: ChainId) -> Outcomes {
        let chain = &self.set.chains[id.index()];
        let mut out = self.rules(id);
        if id == self.set.entry && out.remove(&Then::Return) {
            out.insert(Then::Fall);
        }
        if out.remove(&Then::Fall) {
            let silent = id != self.set.entry && matches!(chain.end.value, Then::Fall | Then::Return);
            if !silent {
                self.touched.insert(Place::End(id));
            }
            out.extend(self.act(chain.end.value));
        }
        out
    }

    fn rules(&mut self, id: ChainId) -> Outcomes {
        let mut out = Outcomes::new();
        for rule in &self.set.chains[id.index()].rules {
            let known = truth(&rule.when, self.point, self.facts);
            if known == Some(false) {
                continue;
            }
            let before = self.touched.clone();
            let mut here = self.act(rule.then);
            if here == [Then::Fall].into() {
                // Nothing happened, neither here nor in a callee.
                self.touched = before;
            } else {
                self.touched.insert(Place::Rule(rule.id));
            }
            let goes_on = here.remove(&Then::Fall) || known.is_none();
            out.extend(here);
            if !goes_on {
                return out;
            }
        }
        out.insert(Then::Fall);
        out
    }

    /// With the meaning of the set's kind.
    fn whole(&mut self) -> Outcomes {
        let out = self.chain(self.set.entry);
        let kind = self.set.kind;
        let meaning = |then| match (kind, then) {
            (RuleSetKind::Filter, Then::Fall | Then::Return) => Then::Permit,
            (RuleSetKind::Translate | RuleSetKind::Mark, Then::Permit | Then::Return) => Then::Fall,
            (RuleSetKind::Route, Then::Return) => Then::Fall,
            (_, other) => other,
        };
        out.into_iter().map(meaning).collect()
    }
}

fn interpret(set: &RuleSet, point: &Point, facts: &Facts) -> (Outcomes, BTreeSet<Place>) {
    let mut walk = Walk { set, point, facts, touched: BTreeSet::new() };
    let out = walk.whole();
    (out, walk.touched)
}

fn built(engine: &mut Engine, set: &RuleSet, region: &Region, reading: &Reading) -> Compiled {
    compile(engine, set, region, reading).unwrap()
}

fn kinds(g: &mut Rng) -> RuleSetKind {
    use RuleSetKind::*;
    g.of(&[Filter, Filter, Filter, Translate, Route, Mark])
}

fn outcomes(engine: &Engine, compiled: &Compiled, p: &Point) -> Outcomes {
    engine.outcomes_at(compiled.whole, p).into_iter().collect()
}

/// Every outcome and no other, with everything undecided and with facts given; bounds read off the function.
#[test]
fn outcome_sets_are_exact() {
    let span = span();
    let mut g = Rng(1);
    for round in 0..400 {
        let kind = kinds(&mut g);
        let set = small_rule_set(&mut g, kind, span);
        let mut engine = Engine::new(1 << 22);
        let undecided = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        let known: Vec<u32> = (0..6).filter(|_| g.percent(60)).collect();
        let facts: Facts = known.into_iter().map(|c| (CauseId(c), g.percent(50))).collect();
        let reading = facts.iter().fold(Reading::undecided(), |r, (c, v)| r.with(*c, Belief::Is(*v)));
        let given = built(&mut engine, &set, &Region::everything(), &reading);
        let permit = engine.may(undecided.whole, Then::Permit).unwrap();
        let certain = engine.must(undecided.whole, Then::Permit).unwrap();
        for _ in 0..60 {
            let p = small_point(&mut g);
            let (want, _) = interpret(&set, &p, &Facts::new());
            assert_eq!(outcomes(&engine, &undecided, &p), want, "round {round} {p:?} {set:#?}");
            assert_eq!(engine.contains(permit, &p), want.contains(&Then::Permit));
            assert_eq!(engine.contains(certain, &p), want == [Then::Permit].into());
            let (narrow, _) = interpret(&set, &p, &facts);
            assert_eq!(outcomes(&engine, &given, &p), narrow, "round {round} {p:?} {facts:?}");
            assert!(narrow.is_subset(&want), "a completion escaped its bound");
        }
    }
}

/// A packet at the edge of some rule's test: each test of the rule moves one field to one of its bounds or next
/// to it.
#[test]
fn outcomes_taken_apart_in_one_walk_are_those_asked_for_singly() {
    let mut g = Rng(0x5eed);
    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let kind = kinds(&mut g);
        let set = small_rule_set(&mut g, kind, span());
        let mut engine = Engine::new(1 << 22);
        let whole = built(&mut engine, &set, &Region::everything(), &Reading::undecided()).whole;
        let possible = engine.possible(whole);
        let upper = engine.split(whole, Bound::Upper).unwrap();
        let lower = engine.split(whole, Bound::Lower).unwrap();
        assert_eq!(upper.keys().copied().collect::<Vec<_>>(), possible);
        for then in possible {
            seen.insert(then);
            assert_eq!(upper[&then], engine.may(whole, then).unwrap(), "{then:?}");
            let certain = lower.get(&then).copied().unwrap_or(PacketSet::EMPTY);
            assert_eq!(certain, engine.must(whole, then).unwrap(), "{then:?}");
        }
    }
    assert!(seen.len() > 6, "{seen:?}");
}

fn near_rule(g: &mut Rng, rule: &Rule, family: Family) -> Point {
    let mut p = small_point(g);
    p[0] = family.value();
    p[Field::Ingress.index()] = g.below(24) as u128;
    p[Field::Egress.index()] = g.below(24) as u128;
    p[Field::State.index()] = g.of(&[0, 0, 0, 1]);
    let mut open = vec![&rule.when];
    while let Some(e) = open.pop() {
        match e {
            Expr::All(parts) | Expr::Or(parts) => open.extend(parts),
            Expr::Not(inner) | Expr::Unknown { bound: inner, .. } => open.push(inner),
            Expr::In(Field::Family, _) | Expr::Any | Expr::None => {}
            Expr::In(field, ranges) => {
                let (low, high) = g.of(ranges.pairs());
                let near = g.of(&[low, high, high.wrapping_add(1), low.wrapping_sub(1), low, low]);
                p[field.index()] = near.min(field.max_value());
            }
        }
    }
    for field in [Field::Src, Field::Dst] {
        p[field.index()] = p[field.index()].min(family.max_address());
    }
    p
}

/// Twenty thousand packets at the edges of large lists' rules.
#[test]
fn large_lists_agree_with_the_interpreter() {
    let span = span();
    let mut g = Rng(7);
    for (family, chains) in [(Family::V4, true), (Family::V6, true), (Family::V4, false), (Family::V6, false)]
    {
        let set = match chains {
            true => nested(&mut g, family, span),
            false => flat(&mut g, 300, Flat { family, interfaces: true, unknown: 20 }, span),
        };
        let mut engine = Engine::new(1 << 22);
        let compiled = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        let rules: Vec<&Rule> = set.chains.iter().flat_map(|c| &c.rules).collect();
        let mut seen = BTreeSet::new();
        for _ in 0..5_000 {
            let aimed = g.of(&rules);
            let p = near_rule(&mut g, aimed, family);
            let (want, _) = interpret(&set, &p, &Facts::new());
            assert_eq!(outcomes(&engine, &compiled, &p), want, "{p:?}");
            seen.insert(want);
        }
        assert!(seen.len() == 3, "permit, deny and both should occur: {family:?} {chains} {seen:?}");
    }
}

/// Choices go the permitting way where rules permit or deny, and never beyond what some completion does when a
/// rule set has a single rule per choice.
#[test]
fn choices_permit_lies_between_the_bounds() {
    let span = span();
    let all = small_causes(span);
    let mut g = Rng(2);
    let mut gained = 0;
    for _ in 0..300 {
        let set = small_rule_set(&mut g, RuleSetKind::Filter, span);
        let mut engine = Engine::new(1 << 22);
        let undecided = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        let hopeful = built(&mut engine, &set, &Region::everything(), &Reading::choices_permit(&all));
        let strict = engine.must(undecided.whole, Then::Permit).unwrap();
        let lower = engine.must(hopeful.whole, Then::Permit).unwrap();
        let upper = engine.may(undecided.whole, Then::Permit).unwrap();
        assert!(engine.includes(lower, strict).unwrap(), "a choice took a certain permit away");
        assert!(engine.includes(upper, lower).unwrap(), "a choice permitted what no completion permits");
        gained += usize::from(lower != strict);
    }
    assert!(gained > 20, "the lists never exercised a choice: {gained}");
}

fn in_rule(then: Then, when: Expr, span: Span) -> Rule {
    rule(0, when, then, span)
}

#[test]
fn a_schedule_on_a_permit_opens_the_lower_bound_and_ignorance_does_not() {
    let span = span();
    let all = small_causes(span);
    let must_permit = |then: Then, cause: u32, end: Then| {
        let when = Expr::unknown(CauseId(cause), Expr::Any);
        let set = rule_set(RuleSetKind::Filter, vec![(vec![in_rule(then, when, span)], end)], span);
        let mut engine = Engine::new(1 << 10);
        let compiled = built(&mut engine, &set, &Region::everything(), &Reading::choices_permit(&all));
        engine.must(compiled.whole, Then::Permit).unwrap() == PacketSet::ALL
    };
    assert!(must_permit(Then::Permit, 1, DROP), "choice on a permit");
    assert!(must_permit(DROP, 1, Then::Permit), "choice on a deny");
    assert!(!must_permit(Then::Permit, 0, DROP), "ignorance on a permit");
    assert!(!must_permit(DROP, 0, Then::Permit), "ignorance on a deny");
}

/// An unknown RETURN leaves the accept below it possible and the drop below the caller possible too.
#[test]
fn an_unknown_return_keeps_both_ways_open() {
    let span = span();
    let returns = rule(1, Expr::unknown(CauseId(0), Expr::Any), Then::Return, span);
    let above = |inner: Then, end: Then| {
        let callee = (vec![returns.clone(), rule(2, Expr::Any, inner, span)], Then::Fall);
        let entry = (vec![rule(0, Expr::Any, Then::Jump(ChainId(1)), span)], end);
        rule_set(RuleSetKind::Filter, vec![entry, callee], span)
    };
    for (inner, end) in [(Then::Permit, DROP), (DROP, Then::Permit)] {
        let mut engine = Engine::new(1 << 10);
        let set = above(inner, end);
        let compiled = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        assert_eq!(engine.may(compiled.whole, Then::Permit).unwrap(), PacketSet::ALL);
        assert_eq!(engine.may(compiled.whole, DROP).unwrap(), PacketSet::ALL);
        assert_eq!(engine.must(compiled.whole, Then::Permit).unwrap(), PacketSet::EMPTY);
    }
}

#[test]
fn a_jump_cycle_is_a_typed_result() {
    let span = span();
    let to = |c, id| vec![rule(id, Expr::Any, Then::Jump(ChainId(c)), span)];
    let chains = vec![(to(1, 0), Then::Fall), (to(2, 1), Then::Fall), (to(1, 2), Then::Fall)];
    let set = rule_set(RuleSetKind::Filter, chains, span);
    let result = compile(&mut Engine::new(1 << 10), &set, &Region::everything(), &Reading::undecided());
    assert_eq!(result.err(), Some(CompileError::Cycle(ChainId(1))));
}

/// Ten thousand chains in a row: no recursion on nesting, here or in blame.
#[test]
fn deep_nesting_does_not_recurse() {
    let span = span();
    let n = 10_000;
    let chains = (0..n).map(|i| {
        let port = Expr::is(Field::Dport, i as u128);
        let mut rules = vec![rule(2 * i, port, Then::Permit, span)];
        if i + 1 < n {
            rules.push(rule(2 * i + 1, Expr::Any, Then::Jump(ChainId(i as u32 + 1)), span));
        }
        (rules, Then::Fall)
    });
    let mut set = rule_set(RuleSetKind::Filter, chains.collect(), span);
    set.chains[0].end.value = DROP;
    let region = Region::new(Some(Cube::any().with(Field::Dport, Ranges::span(n as u128 - 3, 65_535))), None);
    let mut engine = Engine::new(1 << 22);
    let compiled = built(&mut engine, &set, &region, &Reading::undecided());
    let permit = engine.may(compiled.whole, Then::Permit).unwrap();
    assert_eq!(engine.values(permit, Family::V4, Field::Dport), Ranges::span(n as u128 - 3, n as u128 - 1));
    let shares = attribute(&mut engine, &compiled, permit).unwrap();
    assert!(shares.iter().any(|s| s.0 == Place::Rule(RuleId(2 * (n as u32 - 1)))));
}

/// Inside the region a sliced rule set is the rule set; outside it has no outcome.
#[test]
fn slicing_changes_nothing_inside_the_region() {
    let span = span();
    let mut g = Rng(3);
    let mut inside = 0;
    for _ in 0..400 {
        let kind = kinds(&mut g);
        let set = small_rule_set(&mut g, kind, span);
        let mut side = |family: Family| {
            g.percent(80).then(|| {
                let mut cube = Cube::any();
                for field in [Field::Src, Field::Dst, Field::Proto, Field::Dport, Field::Ingress] {
                    if g.percent(50) {
                        let (mut p, mut q) = (small_point(&mut g), small_point(&mut g));
                        p[0] = family.value();
                        q[0] = family.value();
                        let (a, b) = (p[field.index()], q[field.index()]);
                        cube.set(field, Ranges::span(a.min(b), a.max(b)));
                    }
                }
                cube
            })
        };
        let sides = Family::ALL.map(&mut side);
        let region = Region::new(sides[0].clone(), sides[1].clone());
        let mut engine = Engine::new(1 << 22);
        let compiled = built(&mut engine, &set, &region, &Reading::undecided());
        for _ in 0..60 {
            let p = small_point(&mut g);
            let arrives = region.side(Family::ALL[p[0] as usize]).is_some_and(|c| c.contains(&p));
            let want = if arrives { interpret(&set, &p, &Facts::new()).0 } else { Outcomes::new() };
            assert_eq!(outcomes(&engine, &compiled, &p), want, "{p:?} {region:?} {set:#?}");
            inside += usize::from(arrives);
        }
        let arriving = engine.arriving(&region).unwrap();
        let around = Region::around(&engine, arriving);
        let again = engine.arriving(&around).unwrap();
        assert_eq!(again, arriving);
    }
    assert!(inside > 2_000, "{inside}");
}

/// A place has a packet in its share exactly if walking the list meets it there with something to do.
#[test]
fn blame_names_the_rules_that_act() {
    let span = span();
    let mut g = Rng(4);
    for round in 0..300 {
        let kind = kinds(&mut g);
        let set = small_rule_set(&mut g, kind, span);
        let mut engine = Engine::new(1 << 22);
        let compiled = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        let uncertain = engine.uncertain(compiled.whole).unwrap();
        let region = g.of(&[PacketSet::ALL, uncertain]);
        let shares: BTreeMap<Place, PacketSet> =
            attribute(&mut engine, &compiled, region).unwrap().into_iter().collect();
        let blamed = causes(&mut engine, &set, &compiled, uncertain).unwrap();
        for _ in 0..60 {
            let p = small_point(&mut g);
            let (want, mut touched) = interpret(&set, &p, &Facts::new());
            if !engine.contains(region, &p) {
                touched.clear();
            }
            let got: BTreeSet<Place> =
                shares.iter().filter(|s| engine.contains(*s.1, &p)).map(|s| *s.0).collect();
            assert_eq!(got, touched, "round {round} {p:?} {set:#?}");
            if want.len() > 1 {
                assert!(blamed.values().any(|s| engine.contains(*s, &p)), "uncertain without a cause");
            }
        }
    }
}

/// The same lists through `oxidd`: the permitted sets are the same functions.
#[test]
fn permitted_sets_agree_with_oxidd() {
    let span = span();
    let mut g = Rng(5);
    for _ in 0..25 {
        let set = small_rule_set(&mut g, RuleSetKind::Filter, span);
        let mut engine = Engine::new(1 << 22);
        let compiled = built(&mut engine, &set, &Region::everything(), &Reading::undecided());
        let permit = engine.may(compiled.whole, Then::Permit).unwrap();
        for family in Family::ALL {
            let d = engine.diagram();
            let space = d.space().clone();
            let bdds = Bdds::new(&space, family, 1 << 20, 1 << 16);
            let theirs = may_permit(&bdds, &set, family);
            let mine = d.within(permit.node(), family);
            let mine = as_bdd(d, &bdds, mine, &space, family, &mut BTreeMap::new());
            assert!(mine == theirs, "{set:#?}");
        }
    }
}

#[test]
fn a_full_arena_is_a_typed_error() {
    let span = span();
    let mut g = Rng(6);
    let set = flat(&mut g, 200, Flat::default(), span);
    let mut engine = Engine::new(500);
    let result = compile(&mut engine, &set, &Region::everything(), &Reading::undecided());
    assert!(matches!(result, Err(CompileError::Budget(full)) if full.limit == 500));
}

/// Translations touch only fields that the packet's protocol has.
#[test]
fn port_translation_leaves_packets_without_ports_well_formed() {
    let span = span();
    let mut engine = Engine::new(1 << 16);
    let all = engine.universe().unwrap();
    let nat = Nat {
        kind: NatKind::Source,
        rewrites: vec![
            Rewrite::To(Field::Src, Ranges::one(0xC000_0201)),
            Rewrite::To(Field::Sport, Ranges::span(1024, 65_535)),
        ],
        unknown: None,
        span,
        label: String::new(),
    };
    let rewriting = engine.rewriting(&nat).unwrap();
    let after = engine.translate(all, &rewriting).unwrap();
    assert!(engine.includes(all, after).unwrap(), "ill-formed packets appeared");
    let ping = Flow {
        family: Family::V4,
        src: 0xC000_0201,
        dst: 1,
        proto: proto::ICMP,
        sport: 0,
        dport: 0,
        icmp: 0x0800,
        flags: 0,
    };
    let at = |flow: &Flow| bunri::analysis::set::point_of(flow);
    assert!(engine.contains(after, &at(&ping)));
    let udp = Flow { proto: proto::UDP, sport: 80, icmp: 0, ..ping };
    assert!(!engine.contains(after, &at(&udp)));
    let before = engine.untranslate(after, &rewriting).unwrap();
    assert!(engine.includes(before, all).unwrap(), "a packet of the universe has no successor");
}

/// Long lists: with interfaces and unknown conditions, the same as marks, and nested chains.
fn long_lists() -> Vec<RuleSet> {
    let how = Flat { interfaces: true, unknown: 30, ..Flat::default() };
    let filter = flat(&mut Rng(3), 3_000, how, span());
    let mut marks = RuleSet { kind: RuleSetKind::Mark, ..filter.clone() };
    for chain in &mut marks.chains {
        for (value, rule) in (0u32..).zip(&mut chain.rules) {
            rule.then = Then::Mark(value % 7);
        }
    }
    vec![filter, marks, nested(&mut Rng(7), Family::V4, span())]
}

#[test]
fn a_long_list_means_what_its_tree_means() {
    for set in long_lists() {
        let mut e = Engine::new(100_000_000);
        let everything = Region::everything();
        let reading = Reading::undecided();
        let whole = compile(&mut e, &set, &everything, &reading).unwrap().whole;
        assert!(set.chains.iter().map(|c| c.rules.len()).sum::<usize>() > 1_000, "long enough to be one");
        assert_eq!(function(&mut e, &set, &everything, &reading).unwrap(), whole);
        let (may, must) = (e.may(whole, Then::Permit).unwrap(), e.must(whole, Then::Permit).unwrap());
        assert_eq!(permitted(&mut e, &set, &everything, (&reading, Bound::Upper)).unwrap(), may);
        assert_eq!(permitted(&mut e, &set, &everything, (&reading, Bound::Lower)).unwrap(), must);
    }
}

#[test]
fn rules_of_a_long_list_act_where_its_tree_says() {
    let set = flat(&mut Rng(11), 4_500, Flat { interfaces: true, ..Flat::default() }, span());
    let mut e = Engine::new(200_000_000);
    let compiled = compile(&mut e, &set, &Region::everything(), &Reading::undecided()).unwrap();
    let universe = e.universe().unwrap();
    let shares = attribute(&mut e, &compiled, universe).unwrap();
    let rules = |places: BTreeSet<Place>| -> BTreeSet<Place> {
        places.into_iter().filter(|place| matches!(place, Place::Rule(_))).collect()
    };
    let whole = rules(shares.into_iter().map(|share| share.0).collect());
    assert!(whole.len() < 4_500, "some are shadowed");
    assert_eq!(rules(acting(&set, 200_000_000).unwrap()), whole);
}
