//! The concrete evaluator on hand-made devices and sites, and against brute force.
use std::collections::{BTreeMap, BTreeSet};

use crate::rule_lists::{Rng, small_causes, small_point, small_rule_set, span};
use crate::support::devices::*;
use bunri::analysis::concrete::*;
use bunri::analysis::set::flow_at;
use bunri::model::*;
use bunri::network::NextHop;

#[path = "concrete_oracle.rs"]
mod oracle;
#[path = "concrete_site.rs"]
mod site;
#[path = "concrete_symbolic.rs"]
pub mod symbolic;

const DROP: Then = Then::Deny(DenyKind::Drop);

fn flow() -> Flow {
    syn("10.0.0.1", "10.0.1.1", 443)
}

fn branches(maker: &Maker, flow: &Flow) -> Branches {
    device_branches(&maker.device, flow, &Entry::ingress(IfId(0))).unwrap()
}

fn forward(egress: u32) -> Outcome {
    Outcome::Forward { egress: IfId(egress), hop: NextHop::OnLink }
}

fn passes(b: &Branches) -> DeviceCertainty {
    b.permits(|b| matches!(b.outcome, Outcome::Forward { .. }))
}

/// A device of two interfaces that sends everything out of the second.
fn plain() -> Maker {
    let mut m = Maker::new("FW", &["in", "out"]);
    m.all_out(1);
    m
}

fn labels(branch: &Branch) -> Vec<&str> {
    branch.steps.iter().filter(|s| s.phase != Phase::Routing).map(|s| s.label.as_str()).collect()
}

#[test]
fn the_second_engine_shares_nothing_with_the_first() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/analysis/concrete");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        files += 1;
        for (number, line) in text.lines().enumerate() {
            let at = format!("{}:{}: {line}", path.display(), number + 1);
            let code = line.split("//").next().unwrap();
            assert!(!code.contains("diagram"), "names the diagram: {at}");
            for (start, _) in code.match_indices("crate::") {
                let rest = &code[start + "crate::".len()..];
                let allowed = ["source::", "model::", "network::", "analysis::answer::", "msg!"];
                assert!(allowed.iter().any(|a| rest.starts_with(a)), "imports more than it may: {at}");
            }
            assert!(!code.contains("super::super"), "imports more than it may: {at}");
        }
    }
    assert!(files >= 8);
}

#[test]
fn nested_chains_return_to_where_they_were_called() {
    let mut m = plain();
    let web = within(Field::Dst, "10.0.1.1");
    m.filter_chains(vec![
        (vec![(Expr::Any, Then::Jump(ChainId(1))), (Expr::Any, Then::Permit)], DROP),
        (vec![(web, Then::Jump(ChainId(2))), (Expr::Any, DROP)], Then::Fall),
        (vec![(Expr::proto(proto::UDP), DROP), (Expr::Any, Then::Return)], Then::Permit),
    ]);
    // Chain 2 returns to chain 1, whose next rule drops.
    let found = branches(&m, &flow());
    assert_eq!(found.verdict(), Some(Outcome::Deny(DenyKind::Drop)));
    assert_eq!(labels(&found.branches[0]), ["rule 1", "rule 3", "rule 6", "rule 4"]);
}

#[test]
fn goto_continues_in_the_callers_caller() {
    let chains = |second: Then| {
        vec![
            (vec![(Expr::Any, Then::Jump(ChainId(1))), (Expr::Any, DROP)], Then::Permit),
            (vec![(Expr::Any, second), (Expr::Any, Then::Permit)], Then::Fall),
            (vec![(Expr::None, DROP)], Then::Return),
        ]
    };
    let mut jumping = plain();
    jumping.filter_chains(chains(Then::Jump(ChainId(2))));
    assert_eq!(branches(&jumping, &flow()).verdict(), Some(forward(1)));
    let mut going = plain();
    going.filter_chains(chains(Then::Goto(ChainId(2))));
    assert_eq!(branches(&going, &flow()).verdict(), Some(Outcome::Deny(DenyKind::Drop)));
}

#[test]
fn goto_and_return_in_the_entry_chain_lead_to_its_end() {
    for then in [Then::Return, Then::Goto(ChainId(1))] {
        let mut m = plain();
        m.filter_chains(vec![
            (vec![(Expr::Any, then), (Expr::Any, Then::Permit)], Then::Deny(DenyKind::Reject)),
            (vec![], Then::Fall),
        ]);
        assert_eq!(branches(&m, &flow()).verdict(), Some(Outcome::Deny(DenyKind::Reject)), "{then:?}");
    }
}

#[test]
fn an_entry_chain_that_ends_in_a_jump_falls_off_the_list() {
    let mut m = plain();
    m.filter_chains(vec![(vec![], Then::Jump(ChainId(1))), (vec![], Then::Return)]);
    assert_eq!(branches(&m, &flow()).verdict(), Some(forward(1)));
}

#[test]
fn chains_that_call_each_other_end_without_a_certain_answer() {
    let mut m = plain();
    m.filter_chains(vec![
        (vec![(Expr::Any, Then::Jump(ChainId(1)))], DROP),
        (vec![(Expr::Any, Then::Goto(ChainId(0)))], Then::Fall),
    ]);
    let found = branches(&m, &flow());
    assert!(found.truncated);
    assert_eq!(passes(&found), Certainty::Possibly(BTreeSet::new()));
}

#[test]
fn an_unknown_return_above_an_accept_and_above_a_drop() {
    for (below, end) in [(Then::Permit, DROP), (DROP, Then::Permit)] {
        let mut m = plain();
        let cause = m.unknown();
        m.filter_chains(vec![
            (vec![(Expr::Any, Then::Jump(ChainId(1)))], end),
            (vec![(Expr::unknown(cause, Expr::Any), Then::Return), (Expr::Any, below)], Then::Fall),
        ]);
        let found = branches(&m, &flow());
        assert_eq!(passes(&found), Certainty::Possibly(BTreeSet::from([cause])), "{below:?}");
        assert_eq!(found.branches.len(), 2);
    }
}

#[test]
fn an_unknown_match_without_effect_leaves_no_trace() {
    let mut m = plain();
    let causes = [m.unknown(), m.unknown(), m.choice()];
    let mut rules: Vec<_> =
        causes.iter().map(|c| (Expr::unknown(*c, Expr::Any), Then::Jump(ChainId(1)))).collect();
    rules.push((Expr::Any, Then::Permit));
    m.filter_chains(vec![(rules, DROP), (vec![(Expr::proto(proto::UDP), DROP)], Then::Fall)]);
    let found = branches(&m, &flow());
    assert_eq!(found.verdict(), Some(forward(1)));
    assert_eq!(found.branches.len(), 1);
    assert!(found.branches[0].choices.is_empty() && found.branches[0].doubts.is_empty());
    assert_eq!(labels(&found.branches[0]), ["rule 4"]);
}

#[test]
fn hundreds_of_unknown_matches_stay_small() {
    let mut m = plain();
    let mut rules = vec![];
    for _ in 0..400 {
        let (unknown, choice) = (m.unknown(), m.choice());
        rules.push((Expr::unknown(unknown, Expr::Any), Then::Jump(ChainId(1))));
        rules.push((Expr::unknown(choice, Expr::Any), Then::Jump(ChainId(1))));
        rules.push((Expr::unknown(unknown, Expr::Any), Then::Permit));
    }
    m.filter_chains(vec![(rules, DROP), (vec![(Expr::proto(proto::UDP), DROP)], Then::Fall)]);
    let found = branches(&m, &flow());
    assert!(!found.truncated);
    let outcomes: Vec<Outcome> = found.outcomes().into_iter().map(|o| o.0).collect();
    assert_eq!(outcomes, [forward(1), Outcome::Deny(DenyKind::Drop)]);
}

#[test]
fn a_hole_that_a_schedule_permits_is_certain_under_that_choice() {
    let mut m = plain();
    let schedule = m.choice();
    m.filter(vec![(Expr::unknown(schedule, Expr::Any), Then::Permit)], DROP);
    let found = branches(&m, &flow());
    let chosen = |value| BTreeMap::from([(Choice::Cause(schedule), Pick::Holds(value))]);
    assert_eq!(passes(&found), Certainty::UnderChoices(chosen(true)));
    let denied = found.permits(|b| b.outcome == Outcome::Deny(DenyKind::Drop));
    assert_eq!(denied, Certainty::UnderChoices(chosen(false)));
    assert_eq!(found.verdict(), None);
}

#[test]
fn one_schedule_has_one_value_on_a_permit_and_on_a_denial() {
    // Permit while it is active, in a chain that is only asked while it is not: never both.
    let mut m = plain();
    let schedule = m.choice();
    let active = Expr::unknown(schedule, Expr::Any);
    m.filter_chains(vec![
        (vec![(active.clone().negate(), Then::Jump(ChainId(1)))], DROP),
        (vec![(active.clone(), Then::Permit)], Then::Fall),
    ]);
    assert_eq!(passes(&branches(&m, &flow())), Certainty::Never);

    // Two filters in a row: the second denies exactly while the first permits.
    let mut m = plain();
    let schedule = m.choice();
    let active = Expr::unknown(schedule, Expr::Any);
    m.filter(vec![(active.clone(), Then::Permit)], DROP);
    m.filter(vec![(active, DROP)], Then::Permit);
    assert_eq!(passes(&branches(&m, &flow())), Certainty::Never);

    // The same with ignorance: each place may turn out by itself.
    let mut m = plain();
    let unknown = m.unknown();
    m.filter(vec![(Expr::unknown(unknown, Expr::Any), Then::Permit)], DROP);
    m.filter(vec![(Expr::unknown(unknown, Expr::Any), DROP)], Then::Permit);
    assert_eq!(passes(&branches(&m, &flow())), Certainty::Possibly(BTreeSet::from([unknown])));
}

#[test]
fn a_choice_does_not_make_up_for_ignorance() {
    let mut m = plain();
    let (schedule, name) = (m.choice(), m.unknown());
    let both = Expr::all([Expr::unknown(schedule, Expr::Any), Expr::unknown(name, Expr::Any)]);
    m.filter(vec![(both, Then::Permit)], DROP);
    assert_eq!(passes(&branches(&m, &flow())), Certainty::Possibly(BTreeSet::from([name])));

    let mut m = plain();
    let (schedule, name) = (m.choice(), m.unknown());
    let rules = vec![
        (Expr::unknown(name, Expr::Any), Then::Permit),
        (Expr::unknown(schedule, Expr::Any), Then::Permit),
    ];
    m.filter(rules, DROP);
    let chosen = BTreeMap::from([(Choice::Cause(schedule), Pick::Holds(true))]);
    let found = branches(&m, &flow());
    assert_eq!(passes(&found), Certainty::UnderChoices(chosen));
    assert_eq!(found.branches.len(), 3);
}

#[test]
fn an_action_nobody_understands_permits_denies_returns_and_falls() {
    let mut m = plain();
    let cause = m.unknown();
    m.filter_chains(vec![
        (vec![(Expr::Any, Then::Jump(ChainId(1)))], Then::Deny(DenyKind::Reject)),
        (vec![(Expr::Any, Then::Unknown(cause)), (Expr::Any, Then::Route(RouteId(0)))], Then::Fall),
    ]);
    let found = branches(&m, &flow());
    // Falling reaches an action that filters do not have, which is the end of the list: it permits.
    let outcomes: BTreeMap<Outcome, DeviceCertainty> = found.outcomes().into_iter().collect();
    let possibly = Certainty::Possibly(BTreeSet::from([cause]));
    for outcome in [forward(1), Outcome::Deny(DenyKind::Drop), Outcome::Deny(DenyKind::Reject)] {
        assert_eq!(outcomes[&outcome], possibly, "{outcome:?}");
    }
    assert_eq!(outcomes.len(), 3);
}

#[test]
fn a_translation_that_may_apply_then_a_denial_of_the_original_destination() {
    let mut m = Maker::new("FW", &["in", "out"]);
    let cause = m.unknown();
    let nat = m.nat(vec![Rewrite::To(Field::Dst, Ranges::one(number("10.0.2.2")))], None);
    let may = Expr::unknown(cause, within(Field::Dst, "10.0.1.1"));
    let stage = m.translate(vec![(may, nat)]);
    m.device.pipeline.arrival.push(stage);
    m.all_out(1);
    m.filter(vec![(within(Field::Dst, "10.0.1.1"), DROP)], Then::Permit);
    let found = branches(&m, &flow());
    assert_eq!(passes(&found), Certainty::Possibly(BTreeSet::from([cause])));
    let through = found.branches.iter().find(|b| b.outcome == forward(1)).unwrap();
    assert_eq!(through.header.dst, number("10.0.2.2"));
    assert_eq!((through.nat[0].before.dst, through.nat[0].after.dst), (flow().dst, number("10.0.2.2")));
    let stopped = found.branches.iter().find(|b| b.outcome != forward(1)).unwrap();
    assert_eq!((stopped.header, stopped.nat.len()), (flow(), 0));
}

#[test]
fn the_original_destination_decides_where_a_filter_stands_before_the_translation() {
    let mut m = plain();
    let nat = m.nat(vec![Rewrite::To(Field::Dst, Ranges::one(number("10.0.2.2")))], None);
    let before =
        m.chains(RuleSetKind::Filter, vec![(vec![(within(Field::Dst, "10.0.1.1"), Then::Permit)], DROP)]);
    let stage = m.translate(vec![(Expr::Any, nat)]);
    m.device.pipeline.arrival = vec![Stage::Filter(before), stage];
    m.filter(vec![(within(Field::Dst, "10.0.1.1"), Then::Permit)], Then::Deny(DenyKind::Reject));
    assert_eq!(branches(&m, &flow()).verdict(), Some(Outcome::Deny(DenyKind::Reject)));
}

#[test]
fn rewrites_apply_together_and_only_to_fields_that_are_there() {
    let mut m = plain();
    let shift = Rewrite::Shift {
        field: Field::Dst,
        from: (number("10.0.1.0"), number("10.0.1.255")),
        to: number("10.9.9.0"),
    };
    let outside = Rewrite::Shift { field: Field::Src, from: (0, 1), to: 7 };
    let port = Rewrite::To(Field::Dport, Ranges::one(8443));
    let icmp = Rewrite::To(Field::Icmp, Ranges::one(0x0800));
    let nat = m.nat(vec![shift, outside, port, icmp], None);
    let stage = m.translate(vec![(Expr::Any, nat)]);
    m.device.pipeline.forward.push(stage);
    let found = branches(&m, &flow());
    assert!(!found.partial);
    assert_eq!(found.branches[0].header, Flow { dst: number("10.9.9.1"), dport: 8443, ..flow() });
    // An echo request has no ports; its own destination does not lie in the interval.
    let ping = Flow { proto: proto::ICMP, dst: number("10.0.3.1"), icmp: 0x0801, ..flow() }.canonical();
    assert_eq!(branches(&m, &ping).branches[0].header, Flow { icmp: 0x0800, ..ping });
    // A value of the other family is no value at all: 10.9.9.1 is not an IPv6 address.
    let mut m = plain();
    let wide = m.nat(vec![Rewrite::To(Field::Dst, Ranges::one(number("2001:db8::1")))], None);
    let stage = m.translate(vec![(Expr::Any, wide)]);
    m.device.pipeline.forward.push(stage);
    assert_eq!(branches(&m, &flow()).branches[0].header, flow());
}

#[test]
fn a_pool_is_a_choice_and_an_unknown_address_is_not() {
    let pool = Ranges::span(number("192.0.2.1"), number("192.0.2.200"));
    let denied = number("192.0.2.77");
    for known in [true, false] {
        let mut m = plain();
        let cause = m.unknown();
        let nat = m.nat(vec![Rewrite::To(Field::Src, pool.clone())], (!known).then_some(cause));
        let stage = m.translate(vec![(Expr::Any, nat)]);
        m.device.pipeline.forward.push(stage);
        m.filter(vec![(Expr::is(Field::Src, denied), Then::Permit)], DROP);
        let found = branches(&m, &flow());
        assert!(found.partial);
        let header = found.branches.iter().find(|b| b.outcome == forward(1)).map(|b| b.header.src);
        assert_eq!(header, Some(denied), "the value at which the filter changes is tried");
        match passes(&found) {
            Certainty::UnderChoices(choices) if known => {
                assert!(matches!(choices.keys().next(), Some(Choice::Pool { turn: 0, .. })));
            }
            Certainty::Possibly(causes) if !known => assert_eq!(causes, BTreeSet::from([cause])),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_wish_is_tried_in_every_field_of_a_pool() {
    let mut m = plain();
    let nat = m.nat(
        vec![
            Rewrite::To(Field::Src, Ranges::span(number("192.0.2.1"), number("192.0.2.200"))),
            Rewrite::To(Field::Sport, Ranges::span(1024, 65535)),
        ],
        None,
    );
    let stage = m.translate(vec![(Expr::Any, nat)]);
    m.device.pipeline.forward.push(stage);
    let wish = Flow { src: number("192.0.2.99"), sport: 30_001, ..flow() };
    let entry = |wishes| Entry { wishes, ..Entry::ingress(IfId(0)) };
    let with =
        device_branches(&m.device, &flow(), &entry(Wishes { headers: vec![wish], values: BTreeMap::new() }));
    assert!(with.unwrap().branches.iter().any(|b| b.header == wish));
    let without = device_branches(&m.device, &flow(), &entry(Wishes::default())).unwrap();
    assert!(without.branches.iter().all(|b| b.header != wish));
    assert!(without.branches.iter().any(|b| b.header.sport == flow().sport), "the port is kept if it can be");
}

#[test]
fn marks_steer_routes() {
    let mut m = Maker::new("R", &["in", "a", "b"]);
    let set = vec![(Expr::proto(proto::TCP), Then::Mark(7))];
    let mark = m.chains(RuleSetKind::Mark, vec![(set, Then::Permit)]);
    m.device.pipeline.arrival.push(Stage::Mark(mark));
    let (a, b) = (m.out(1), m.out(2));
    m.routing(vec![(Expr::is(Field::Mark, 7), a), (Expr::Any, b)]);
    assert_eq!(branches(&m, &flow()).verdict(), Some(forward(1)));
    let udp = Flow { proto: proto::UDP, flags: 0, ..flow() };
    assert_eq!(branches(&m, &udp).verdict(), Some(forward(2)));
    let marked = Entry { mark: 7, ..Entry::ingress(IfId(0)) };
    assert_eq!(device_branches(&m.device, &udp, &marked).unwrap().verdict(), Some(forward(1)));
}

#[test]
fn interfaces_that_are_not_there_match_nothing() {
    // A packet of the device itself has no ingress, a delivered one no egress; interface 0 is neither.
    let mut m = Maker::new("R", &["a", "b"]);
    let (out, local) = (m.out(0), m.route(RouteTarget::Local, None));
    m.routing(vec![(within(Field::Dst, "10.0.0.254"), local), (Expr::Any, out)]);
    let output = m.chains(
        RuleSetKind::Filter,
        vec![(vec![(Expr::is(Field::Ingress, 0), DROP), (Expr::is(Field::Egress, 0), Then::Permit)], DROP)],
    );
    let input = m.chains(RuleSetKind::Filter, vec![(vec![(Expr::is(Field::Egress, 0), DROP)], Then::Permit)]);
    m.device.pipeline.output = vec![Stage::Filter(output)];
    m.device.pipeline.input = vec![Stage::Filter(input)];
    let sent = device_branches(&m.device, &flow(), &Entry::local()).unwrap();
    assert_eq!(sent.verdict(), Some(forward(0)));
    assert_eq!(branches(&m, &syn("10.0.0.1", "10.0.0.254", 22)).verdict(), Some(Outcome::Local));
}

#[test]
fn states_are_given_found_or_unknown() {
    let mut m = plain();
    let state = |s: State| Ranges::one(s.value());
    let ack = Expr::all([Expr::proto(proto::TCP), Expr::In(Field::TcpFlags, Ranges::span(16, 17))]);
    m.device.states = vec![
        StateRule { when: ack, states: state(State::Invalid) },
        StateRule { when: Expr::proto(proto::UDP), states: Ranges::span(0, 1) },
    ];
    m.filter(
        vec![
            (Expr::is(Field::State, State::Established.value()), Then::Permit),
            (Expr::is(Field::State, State::Invalid.value()), DROP),
        ],
        Then::Deny(DenyKind::Reject),
    );
    let outcome = |flow: &Flow| branches(&m, flow).verdict();
    assert_eq!(outcome(&flow()), Some(Outcome::Deny(DenyKind::Reject)));
    assert_eq!(outcome(&Flow { flags: 16, ..flow() }), Some(Outcome::Deny(DenyKind::Drop)));
    let udp = Flow { proto: proto::UDP, flags: 0, ..flow() };
    assert_eq!(passes(&branches(&m, &udp)), Certainty::Possibly(BTreeSet::new()));
    let known = Entry { state: Some(State::Established), ..Entry::ingress(IfId(0)) };
    assert_eq!(device_branches(&m.device, &flow(), &known).unwrap().verdict(), Some(forward(1)));
}

#[test]
fn a_route_nobody_knows_leads_anywhere() {
    let mut m = Maker::new("R", &["in", "up", "down"]);
    m.device.interfaces[2].up = false;
    let cause = m.unknown();
    let any = m.route(RouteTarget::Any(cause), None);
    let out = m.out(1);
    m.routing(vec![(within(Field::Dst, "10.0.1.0/24"), out), (Expr::Any, any)]);
    let found = branches(&m, &syn("10.0.0.1", "10.0.9.9", 443));
    let unknown = |egress| Outcome::Forward { egress: IfId(egress), hop: NextHop::Unknown };
    let outcomes: Vec<Outcome> = found.outcomes().into_iter().map(|o| o.0).collect();
    assert_eq!(outcomes, [unknown(0), unknown(1), Outcome::Local, Outcome::Discard(DenyKind::Drop)]);
    assert_eq!(passes(&found), Certainty::Possibly(BTreeSet::from([cause])));
    assert_eq!(branches(&m, &flow()).verdict(), Some(forward(1)));
}

#[test]
fn a_given_egress_fills_in_what_routes_leave_open_and_contradicts_the_rest() {
    let ask = |m: &Maker, egress| {
        let entry = Entry { forced_egress: Some(IfId(egress)), ..Entry::ingress(IfId(0)) };
        device_branches(&m.device, &flow(), &entry).map(|b| b.verdict())
    };
    let unknown = |egress| Outcome::Forward { egress: IfId(egress), hop: NextHop::Unknown };
    let mut none = Maker::new("R", &["a", "b"]);
    none.filter(vec![(Expr::is(Field::Egress, 1), Then::Permit)], DROP);
    assert_eq!(ask(&none, 1), Ok(Some(unknown(1))));

    let mut missing = Maker::new("R", &["a", "b"]);
    let cause = missing.unknown();
    let any = missing.route(RouteTarget::Any(cause), None);
    missing.routing(vec![(Expr::Any, any)]);
    assert_eq!(ask(&missing, 1), Ok(Some(unknown(1))));

    let known = plain();
    assert_eq!(ask(&known, 1), Ok(Some(forward(1))));
    assert_eq!(ask(&known, 0).unwrap_err().leads, [forward(1)]);

    let mut elsewhere = Maker::new("R", &["a", "b"]);
    let out = elsewhere.out(1);
    elsewhere.routing(vec![(within(Field::Dst, "10.77.0.0/16"), out)]);
    assert_eq!(ask(&elsewhere, 1).unwrap_err().leads, [Outcome::NoRoute]);
}

#[test]
fn the_steps_name_every_rule_that_decided() {
    let mut m = Maker::new("FW", &["in", "out"]);
    let out = m.out(1);
    m.routing(vec![(Expr::None, out), (Expr::Any, out)]);
    m.filter(vec![(Expr::proto(proto::UDP), DROP), (Expr::Any, Then::Permit)], DROP);
    let source = m.nat(vec![Rewrite::To(Field::Src, Ranges::one(number("192.0.2.1")))], None);
    let stage = m.translate(vec![(Expr::Any, source)]);
    m.device.pipeline.forward.push(stage);
    let found = branches(&m, &flow());
    let [branch] = found.branches.as_slice() else { panic!("{found:?}") };
    let steps: Vec<_> = branch.steps.iter().map(|s| (s.phase, s.label.as_str(), s.then)).collect();
    let expected = [
        (Phase::Routing, "rule 2", out),
        (Phase::Forward, "rule 2", Then::Permit),
        (Phase::Forward, "rule 1", source),
    ];
    assert_eq!(steps, expected);
    let hop = branch.hop(&m.device, Some(IfId(0)));
    assert_eq!((hop.ingress.as_deref(), hop.egress.as_deref()), (Some("in"), Some("out")));
    assert_eq!(hop.rule.unwrap().label, "rule 2");
    assert_eq!(hop.route.unwrap().label, "route 0");
    assert_eq!(hop.nat[0].place.label, "nat 0");
    assert_eq!(hop.packet.src, number("192.0.2.1"));
}

/// A list of any kind in a device that shows which of its outcomes came about.
fn shown(kind: RuleSetKind, set: RuleSet) -> Maker {
    let mut m = Maker::new("R", &["a", "b", "c", "d"]);
    m.device.causes = small_causes(span());
    let id = m.device.add_rule_set(set);
    let ports = |g: u128| vec![Rewrite::To(Field::Proto, Ranges::one(g))];
    for at in 0..3 {
        m.nat(ports(200 + at), None);
    }
    match kind {
        RuleSetKind::Route => {
            for at in 0..3 {
                m.out(at);
            }
            m.device.pipeline.routing = id;
        }
        RuleSetKind::Filter => {
            m.all_out(3);
            m.device.pipeline.forward.push(Stage::Filter(id));
        }
        RuleSetKind::Translate => {
            m.all_out(3);
            m.device.pipeline.forward.push(Stage::Translate(id));
        }
        RuleSetKind::Mark => {
            m.all_out(3);
            m.device.pipeline.forward.push(Stage::Mark(id));
            let rules = (0..3).map(|at| (Expr::is(Field::Mark, at), Then::Nat(NatId(at as u32)))).collect();
            let stage = m.translate(rules);
            m.device.pipeline.forward.push(stage);
        }
    }
    m
}

/// What the oracle's outcome looks like from outside the device.
fn seen(kind: RuleSetKind, then: Then, flow: &Flow) -> (Outcome, u8) {
    match (kind, then) {
        (RuleSetKind::Filter, Then::Deny(deny)) => (Outcome::Deny(deny), flow.proto),
        (RuleSetKind::Route, Then::Route(id)) => (forward(id.0), flow.proto),
        (RuleSetKind::Route, _) => (Outcome::NoRoute, flow.proto),
        (RuleSetKind::Translate, Then::Nat(id)) => (forward(3), 200 + id.0 as u8),
        (RuleSetKind::Mark, Then::Mark(mark)) => (forward(3), 200 + mark as u8),
        (RuleSetKind::Mark, _) => (forward(3), 200),
        _ => (forward(3), flow.proto),
    }
}

#[test]
fn outcomes_are_those_of_every_completion() {
    let mut g = Rng(20);
    let kinds = [RuleSetKind::Filter, RuleSetKind::Translate, RuleSetKind::Route, RuleSetKind::Mark];
    let (mut compared, mut uncertain, mut chosen) = (0, 0, 0);
    for round in 0..1500 {
        let kind = kinds[round % 4];
        let maker = shown(kind, small_rule_set(&mut g, kind, span()));
        let set = maker.device.rule_sets[1].clone();
        for _ in 0..3 {
            let point = small_point(&mut g);
            let state = State::ALL[(point[Field::State.index()] % 5) as usize];
            let ingress = IfId(point[Field::Ingress.index()] as u32);
            let flow = flow_at(&point);
            let entry = Entry { state: Some(state), ..Entry::ingress(ingress) };
            let found = device_branches(&maker.device, &flow, &entry).unwrap();
            assert!(!found.truncated && !found.partial);
            let packet = Packet { flow, ingress, egress: IfId::NONE, state: state.value(), mark: 0, zone: 0 };
            let egress = if kind == RuleSetKind::Route { IfId::NONE } else { IfId(3) };
            let Some(expected) = oracle::outcomes(&set, &Packet { egress, ..packet }) else { continue };
            compared += 1;
            let mut per_choice: Vec<BTreeSet<(Outcome, u8)>> = Vec::new();
            for (choice, thens) in &expected {
                let agree = found
                    .branches
                    .iter()
                    .filter(|b| b.conditions().iter().all(|(cause, value)| choice.get(cause) == Some(value)));
                let got: BTreeSet<_> = agree.map(|b| (b.outcome, b.header.proto)).collect();
                let want: BTreeSet<_> = thens.iter().map(|t| seen(kind, *t, &flow)).collect();
                assert_eq!(got, want, "round {round}, {flow}, {choice:?}\n{set:#?}");
                per_choice.push(want);
            }
            for wanted in per_choice.iter().flatten().copied().collect::<BTreeSet<_>>() {
                let certainty = found.permits(|b| (b.outcome, b.header.proto) == wanted);
                let sure = |outcomes: &BTreeSet<_>| *outcomes == BTreeSet::from([wanted]);
                let (all, some) = (per_choice.iter().all(sure), per_choice.iter().any(sure));
                match certainty {
                    Certainty::Always => assert!(all),
                    Certainty::UnderChoices(choices) => {
                        chosen += 1;
                        assert!(some && !all);
                        let fits = |choice: &BTreeMap<CauseId, bool>| {
                            choices.iter().all(|(c, p)| match (c, p) {
                                (Choice::Cause(c), Pick::Holds(value)) => choice.get(c) == Some(value),
                                _ => false,
                            })
                        };
                        let under = expected.iter().zip(&per_choice).filter(|((c, _), _)| fits(c));
                        assert!(under.map(|(_, o)| o).all(sure));
                    }
                    Certainty::Possibly(causes) => {
                        uncertain += 1;
                        assert!(!some && !causes.is_empty());
                    }
                    Certainty::Never => panic!("{wanted:?} is possible"),
                }
            }
        }
    }
    assert!(compared > 3000 && uncertain > 100 && chosen > 100, "{compared} {uncertain} {chosen}");
}

#[test]
fn a_condition_has_the_values_of_its_completions() {
    let mut g = Rng(3);
    let causes = small_causes(span());
    let mut open = 0;
    for _ in 0..4000 {
        let set = small_rule_set(&mut g, RuleSetKind::Filter, span());
        let Some(rule) = set.chains.iter().flat_map(|c| &c.rules).next() else { continue };
        let point = small_point(&mut g);
        let flow = flow_at(&point);
        let packet = Packet { flow, ingress: IfId(1), egress: IfId(3), state: 0, mark: 0, zone: 0 };
        let ways = cases(&rule.when, &packet, &causes, &BTreeMap::new());
        let mut several = false;
        for choice in oracle::choices() {
            let fits = |case: &&Case| case.chosen.iter().all(|(c, v)| choice.get(c) == Some(v));
            let got: BTreeSet<bool> = ways.iter().filter(fits).map(|c| c.held).collect();
            let want = oracle::values(&rule.when, &packet, &choice);
            several |= want.len() > 1;
            assert_eq!(got, want, "{:?} on {flow} with {choice:?}", rule.when);
            let truth = eval(&rule.when, &packet, &choice);
            assert_eq!(matches!(truth, Truth::Unknown(_)), want.len() > 1);
        }
        open += usize::from(several);
    }
    assert!(open > 100, "{open}");
}
