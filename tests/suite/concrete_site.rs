//! Packets through sites.
use bunri::analysis::concrete::*;
use bunri::model::*;
use bunri::network::*;

use super::DROP;
use crate::support::devices::*;
use crate::support::sites::Wiring;

const ON_LINK: NextHop = NextHop::OnLink;

fn via(address: &str) -> NextHop {
    NextHop::Via(address.parse().unwrap())
}

fn origin(segment: u32) -> Location {
    Location::Origin(SegmentId(segment))
}

/// Transmitted onto a segment.
fn onto(segment: u32) -> impl Fn(&Arrival) -> bool {
    move |a| matches!(a, Arrival::Transmitted(t) if t.to == Location::Segment(SegmentId(segment)))
}

fn reach(w: &Wiring, start: Location, flow: &Flow, segment: u32) -> Reach {
    reaches(&w.site, start, flow, &Options::default(), &onto(segment))
}

/// A device of two interfaces that permits everything and sends it out of the other side (0 to 1).
fn passage(name: &str, rules: Vec<(Expr, Then)>) -> Maker {
    let mut m = Maker::new(name, &["a", "b"]);
    m.all_out(1);
    m.filter(rules, Then::Permit);
    m
}

#[test]
fn a_packet_crosses_two_devices_and_a_translation() {
    let mut w = Wiring::new(3);
    let mut a = Maker::new("A", &["a0", "a1"]);
    let to_b = a.route(RouteTarget::Interface(IfId(1)), Some("10.0.1.2"));
    let mark = a.chains(RuleSetKind::Mark, vec![(vec![(Expr::Any, Then::Mark(7))], Then::Fall)]);
    a.device.pipeline.arrival.push(Stage::Mark(mark));
    a.routing(vec![(Expr::is(Field::Mark, 7), to_b)]);
    a.filter(vec![(within(Field::Dst, "10.0.1.100"), Then::Permit)], DROP);
    let mut b = Maker::new("B", &["b0", "b1"]);
    let vip = b.nat(vec![Rewrite::To(Field::Dst, Ranges::one(number("10.0.2.5")))], None);
    let stage = b.translate(vec![(within(Field::Dst, "10.0.1.100"), vip)]);
    b.device.pipeline.arrival.push(stage);
    b.all_out(1);
    // The mark of the device before is gone, and so is its egress.
    b.filter(vec![(Expr::is(Field::Mark, 7), DROP), (Expr::is(Field::Ingress, 0), Then::Permit)], DROP);
    let a = w.device(a.device, &[Some(0), Some(1)]);
    let b = w.device(b.device, &[Some(1), Some(2)]);
    w.wire((a, 1, via("10.0.1.2")), (b, 0), None, true);

    let flow = syn("10.0.0.1", "10.0.1.100", 443);
    let translated = Flow { dst: number("10.0.2.5"), ..flow };
    let found = simulate(&w.site, origin(0), &flow, &Options::default());
    let [branch] = found.branches.as_slice() else { panic!("{found:#?}") };
    assert_eq!(branch.end, End::Segment(SegmentId(2)));
    let sent: Vec<_> = branch.transmissions.iter().map(|t| (t.to, t.header, t.hop, t.certain)).collect();
    let expected = [
        (Location::Segment(SegmentId(1)), flow, via("10.0.1.2"), true),
        (Location::Segment(SegmentId(2)), translated, ON_LINK, true),
    ];
    assert_eq!(sent, expected);
    let path = branch.path(&w.site);
    let names: Vec<_> =
        path.iter().map(|h| (h.device.as_str(), h.ingress.as_deref(), h.egress.as_deref())).collect();
    assert_eq!(names, [("A", Some("a0"), Some("a1")), ("B", Some("b0"), Some("b1"))]);
    assert_eq!((path[0].packet, path[1].packet), (flow, translated));
    assert_eq!(path[1].rule.as_ref().unwrap().label, "rule 2");
    assert_eq!((path[1].nat[0].before, path[1].nat[0].after), (flow, translated));
    assert_eq!(reach(&w, origin(0), &flow, 2).certainty, Certainty::Always);
    let other = syn("10.0.0.1", "10.0.2.5", 443);
    assert_eq!(reach(&w, origin(0), &other, 2).certainty, Certainty::Never);
}

#[test]
fn loops_end() {
    for moving in [false, true] {
        let mut w = Wiring::new(2);
        let mut router = |name: &str| {
            let mut m = passage(name, vec![]);
            if moving {
                let next = Rewrite::Shift { field: Field::Dport, from: (0, 60_000), to: 1 };
                let nat = m.nat(vec![next], None);
                let stage = m.translate(vec![(Expr::Any, nat)]);
                m.device.pipeline.arrival.push(stage);
            }
            w.device(m.device, &[Some(0), Some(1)])
        };
        let (a, b) = (router("A"), router("B"));
        w.wire((a, 1, ON_LINK), (b, 0), None, true);
        w.wire((b, 1, ON_LINK), (a, 0), None, true);
        let start = Location::Ingress(a, IfId(0));
        let found = simulate(&w.site, start, &syn("10.0.0.1", "10.9.9.9", 1), &Options::default());
        let [branch] = found.branches.as_slice() else { panic!("{found:#?}") };
        let (end, hops) = if moving { (End::TooManyHops, MAX_HOPS) } else { (End::Loop, 2) };
        assert_eq!((branch.end, branch.hops.len()), (end, hops));
    }
}

#[test]
fn what_goes_to_a_next_hop_that_nobody_owns_is_on_the_segment_and_perhaps_elsewhere() {
    let mut w = Wiring::new(2);
    let mut m = Maker::new("R", &["a", "b"]);
    let gone = m.route(RouteTarget::Interface(IfId(1)), Some("10.0.1.254"));
    m.routing(vec![(Expr::Any, gone)]);
    let r = w.device(m.device, &[Some(0), Some(1)]);
    let egress = Location::Egress(r, IfId(1), via("10.0.1.254"));
    w.link(egress, Location::Elsewhere, Link::Transmit { certain: false });
    let flow = syn("10.0.0.1", "10.9.9.9", 443);
    let found = simulate(&w.site, origin(0), &flow, &Options::default());
    assert_eq!(found.branches.len(), 1);
    assert_eq!(found.branches[0].end, End::Segment(SegmentId(1)));
    assert_eq!(reach(&w, origin(0), &flow, 1).certainty, Certainty::Always);
    let elsewhere = |a: &Arrival| matches!(a, Arrival::Transmitted(t) if t.to == Location::Elsewhere);
    let perhaps = reaches(&w.site, origin(0), &flow, &Options::default(), &elsewhere);
    assert!(matches!(perhaps.certainty, Certainty::Possibly(ref causes) if causes.is_empty()));
    assert!(perhaps.branch.unwrap().transmissions.iter().any(|t| !t.certain));
}

#[test]
fn what_comes_from_elsewhere_only_may_come() {
    let mut w = Wiring::new(2);
    let r = w.device(passage("R", vec![]).device, &[Some(0), Some(1)]);
    w.link(Location::ElsewhereOrigin, Location::Ingress(r, IfId(0)), Link::Inject { certain: false });
    let found = reach(&w, Location::ElsewhereOrigin, &syn("10.0.0.1", "10.9.9.9", 443), 1);
    assert!(matches!(found.certainty, Certainty::Possibly(_)));
    assert_eq!(
        found.branch.unwrap().uncertain_links,
        [(Location::ElsewhereOrigin, Location::Ingress(r, IfId(0)))]
    );
}

#[test]
fn the_sender_picks_the_gateway_that_lets_it_through() {
    let mut w = Wiring::new(2);
    let shut = w.device(passage("SHUT", vec![(Expr::Any, DROP)]).device, &[Some(0), Some(1)]);
    let open = w.device(passage("OPEN", vec![]).device, &[Some(0), Some(1)]);
    let flow = syn("10.0.0.1", "10.0.1.1", 443);
    let found = reach(&w, origin(0), &flow, 1);
    let picked = (SiteChoice::Sender, SitePick::TakenUp(Location::Ingress(open, IfId(0))));
    assert_eq!(found.certainty, Certainty::UnderChoices([picked].into()));
    assert_eq!(found.branch.unwrap().hops[0].device, open);
    let stuck = reach(&w, Location::Ingress(shut, IfId(0)), &flow, 1);
    assert_eq!(stuck.certainty, Certainty::Never);
}

#[test]
fn a_wire_that_is_certain_for_some_destinations_is_not_doubted_for_them() {
    let mut w = Wiring::new(3);
    let a = w.device(passage("A", vec![]).device, &[Some(0), Some(1)]);
    let b = w.device(passage("B", vec![]).device, &[Some(1), Some(2)]);
    let own = AddressSet::host("10.0.1.2".parse().unwrap());
    w.wire((a, 1, ON_LINK), (b, 0), Some(own), true);
    w.wire((a, 1, ON_LINK), (b, 0), None, false);
    assert_eq!(reach(&w, origin(0), &syn("10.0.0.1", "10.0.1.2", 443), 2).certainty, Certainty::Always);
    let other = reach(&w, origin(0), &syn("10.0.0.1", "10.0.1.3", 443), 2);
    assert!(matches!(other.certainty, Certainty::Possibly(_)));
    assert_eq!(other.branch.unwrap().uncertain_links.len(), 1);
}

/// R sends by an unknown rule to X or else to Y (two devices hear that), on segments of their own.
fn fork(x: Vec<(Expr, Then)>, y: Vec<(Expr, Then)>) -> Wiring {
    let mut w = Wiring::new(4);
    let mut m = Maker::new("R", &["a", "x", "y"]);
    let cause = m.unknown();
    let (to_x, to_y) = (m.out(1), m.out(2));
    m.routing(vec![(Expr::unknown(cause, Expr::Any), to_x), (Expr::Any, to_y)]);
    let r = w.device(m.device, &[Some(0), Some(1), Some(2)]);
    let x = w.device(passage("X", x).device, &[Some(1), Some(3)]);
    let y = w.device(passage("Y", y).device, &[Some(2), Some(3)]);
    let z = w.device(passage("Z", vec![(Expr::Any, DROP)]).device, &[Some(2), Some(3)]);
    w.wire((r, 1, ON_LINK), (x, 0), None, true);
    w.wire((r, 2, ON_LINK), (y, 0), None, true);
    w.wire((r, 2, ON_LINK), (z, 0), None, true);
    w
}

#[test]
fn following_one_copy_does_not_hide_where_else_the_packet_may_have_gone() {
    let flow = syn("10.0.0.1", "10.0.3.1", 443);
    let both = reach(&fork(vec![], vec![]), origin(0), &flow, 3);
    assert!(both.certainty.is_certain(), "{:?}", both.certainty);
    let only_y = reach(&fork(vec![(Expr::Any, DROP)], vec![]), origin(0), &flow, 3);
    assert_eq!(only_y.certainty, Certainty::Possibly([(DeviceId(0), CauseId(0))].into()));
    let only_x = reach(&fork(vec![], vec![(Expr::Any, DROP)]), origin(0), &flow, 3);
    assert_eq!(only_x.certainty, Certainty::Possibly([(DeviceId(0), CauseId(0))].into()));
}

#[test]
fn a_schedule_is_active_or_not_for_the_whole_way_through_one_device() {
    let build = |second_needs: bool| {
        let mut w = Wiring::new(3);
        let mut m = Maker::new("R", &["a", "b", "c", "d"]);
        let schedule = m.choice();
        let (out, back) = (m.out(1), m.out(3));
        m.routing(vec![(Expr::is(Field::Ingress, 0), out), (Expr::Any, back)]);
        let active = Expr::unknown(schedule, Expr::Any);
        let second = if second_needs { active.clone() } else { active.clone().negate() };
        m.filter(
            vec![
                (Expr::all([Expr::is(Field::Ingress, 0), active]), Then::Permit),
                (Expr::all([Expr::is(Field::Ingress, 2), second]), Then::Permit),
            ],
            DROP,
        );
        let r = w.device(m.device, &[Some(0), Some(1), Some(1), Some(2)]);
        w.wire((r, 1, ON_LINK), (r, 2), None, true);
        (reach(&w, Location::Ingress(r, IfId(0)), &syn("10.0.0.1", "10.0.2.1", 443), 2), r, schedule)
    };
    let (twice, r, schedule) = build(true);
    let held = (SiteChoice::Cause(r, schedule), SitePick::Holds(true));
    assert_eq!(twice.certainty, Certainty::UnderChoices([held].into()));
    assert_eq!(build(false).0.certainty, Certainty::Never);
}

#[test]
fn schedules_of_two_devices_are_two_choices_and_can_be_given() {
    let mut w = Wiring::new(3);
    let mut scheduled = |name: &str, attached: [Option<u32>; 2], when: bool| {
        let mut m = Maker::new(name, &["a", "b"]);
        m.all_out(1);
        let active = Expr::unknown(m.choice(), Expr::Any);
        m.filter(vec![(if when { active } else { active.negate() }, Then::Permit)], DROP);
        w.device(m.device, &attached)
    };
    let (a, b) = (scheduled("A", [Some(0), Some(1)], true), scheduled("B", [Some(1), Some(2)], false));
    w.wire((a, 1, ON_LINK), (b, 0), None, true);
    let flow = syn("10.0.0.1", "10.0.2.1", 443);
    let found = reach(&w, origin(0), &flow, 2);
    let held = |d, value| (SiteChoice::Cause(d, CauseId(0)), SitePick::Holds(value));
    let Certainty::UnderChoices(choices) = &found.certainty else { panic!("{:?}", found.certainty) };
    assert_eq!(*choices, [held(a, true), held(b, false)].into());
    let said = conditions(&w.site, choices);
    let texts: Vec<_> = said.iter().map(|c| c.what.text(bunri::source::Lang::En)).collect();
    assert_eq!(texts, ["not: test", "test"]);
    for value in [true, false] {
        let options = Options { given: [((a, CauseId(0)), value)].into(), ..Options::default() };
        let found = reaches(&w.site, origin(0), &flow, &options, &onto(2));
        assert_eq!(found.certainty.is_certain(), value);
    }
}

#[test]
fn the_way_that_is_shown_assumes_what_was_chosen_and_nothing_unknown() {
    let mut w = Wiring::new(2);
    let mut m = Maker::new("R", &["a", "b"]);
    m.all_out(1);
    let (name, schedule) = (m.unknown(), m.choice());
    let permit = |cause| (Expr::unknown(cause, Expr::Any), Then::Permit);
    m.filter(vec![permit(name), permit(schedule)], DROP);
    let r = w.device(m.device, &[Some(0), Some(1)]);
    let found = reach(&w, origin(0), &syn("10.0.0.1", "10.0.1.1", 443), 1);
    let held = (SiteChoice::Cause(r, schedule), SitePick::Holds(true));
    assert_eq!(found.certainty, Certainty::UnderChoices([held].into()));
    let branch = found.branch.unwrap();
    assert_eq!(branch.path(&w.site)[0].rule.as_ref().unwrap().label, "rule 2");
    assert_eq!(branch.conditions(&w.site).len(), 1);
}

#[test]
fn packets_end_at_devices_and_on_interfaces_without_a_cable() {
    let mut w = Wiring::new(2);
    let mut m = Maker::new("R", &["a", "b", "c"]);
    let (local, b, c) = (m.route(RouteTarget::Local, None), m.out(1), m.out(2));
    let gone = m.route(RouteTarget::Discard(DenyKind::Reject), None);
    m.routing(vec![
        (within(Field::Dst, "10.0.0.254"), local),
        (within(Field::Dst, "10.0.1.0/24"), b),
        (within(Field::Dst, "10.0.2.0/24"), c),
        (within(Field::Dst, "10.0.3.0/24"), gone),
    ]);
    let input = m.chains(RuleSetKind::Filter, vec![(vec![(Expr::proto(proto::TCP), Then::Permit)], DROP)]);
    m.device.pipeline.input.push(Stage::Filter(input));
    let r = w.device(m.device, &[Some(0), Some(1), None]);
    let end = |dst| {
        let flow = syn("10.0.0.1", dst, 22);
        simulate(&w.site, origin(0), &flow, &Options::default()).branches[0].end
    };
    assert_eq!(end("10.0.0.254"), End::Local(r));
    assert_eq!(end("10.0.1.1"), End::Segment(SegmentId(1)));
    assert_eq!(end("10.0.2.1"), End::Unattached(r, IfId(2)));
    assert_eq!(end("10.0.3.1"), End::Discarded(r, DenyKind::Reject));
    assert_eq!(end("10.0.4.1"), End::NoRoute(r));
    let to_local = |a: &Arrival| matches!(a, Arrival::Local { device, .. } if *device == r);
    let ask = |flow: &Flow| reaches(&w.site, origin(0), flow, &Options::default(), &to_local).certainty;
    assert_eq!(ask(&syn("10.0.0.1", "10.0.0.254", 22)), Certainty::Always);
    let udp = Flow { proto: proto::UDP, flags: 0, ..syn("10.0.0.1", "10.0.0.254", 53) };
    assert_eq!(ask(&udp), Certainty::Never);
    // What the device itself sends.
    let sent =
        simulate(&w.site, Location::LocalOrigin(r), &syn("10.0.1.254", "10.0.1.1", 22), &Options::default());
    assert_eq!(sent.branches[0].end, End::Segment(SegmentId(1)));
    assert_eq!(sent.branches[0].path(&w.site)[0].ingress, None);
}

#[test]
fn a_net_of_devices_that_may_do_anything_is_given_up_on() {
    let mut w = Wiring::new(2);
    let mut devices = vec![];
    for at in 0..6 {
        let mut m = Maker::new(&format!("D{at}"), &["a", "b"]);
        let cause = m.unknown();
        let any = m.route(RouteTarget::Any(cause), None);
        m.routing(vec![(Expr::Any, any)]);
        let nat = m.nat(vec![Rewrite::To(Field::Dst, Ranges::full(u128::MAX))], Some(cause));
        let stage = m.translate(vec![(Expr::unknown(cause, Expr::Any), nat)]);
        m.device.pipeline.forward.push(stage);
        devices.push(w.device(m.device, &[Some(0), Some(1)]));
    }
    for from in &devices {
        for to in &devices {
            for interface in [0, 1] {
                w.wire((*from, interface, NextHop::Unknown), (*to, interface), None, false);
            }
        }
    }
    let options = Options { limit: 300, ..Options::default() };
    let found = reaches(&w.site, origin(0), &syn("10.0.0.1", "10.0.1.1", 443), &options, &onto(1));
    assert!(found.truncated && found.partial);
    assert!(matches!(found.certainty, Certainty::Possibly(_)));
}
