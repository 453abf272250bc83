//! Rows say exactly the set; a witness is in the set and as recognisable as it can be.
use crate::rule_lists::*;
use bunri::analysis::diagram::{Cube, Point};
use bunri::analysis::rows::{Row, rows};
use bunri::analysis::set::{Engine, PacketSet, flow_at};
use bunri::analysis::witness::{Preferences, choose};
use bunri::model::*;

/// A union of small cubes, well-formed.
fn small_set(g: &mut Rng, engine: &mut Engine) -> PacketSet {
    let mut parts = vec![];
    for _ in 0..1 + g.below(4) {
        let mut cube = Cube::any();
        for field in [Field::Family, Field::Src, Field::Dst, Field::Proto, Field::Dport, Field::TcpFlags] {
            if g.percent(40) {
                let (a, b) = (small_point(g)[field.index()], small_point(g)[field.index()]);
                cube.set(field, Ranges::span(a.min(b), a.max(b)));
            }
        }
        parts.push(engine.cube(&cube).unwrap());
    }
    let all = engine.or_all(parts).unwrap();
    let universe = engine.universe().unwrap();
    engine.and(all, universe).unwrap()
}

/// The point with the fields its protocol does not have at 0.
fn well_formed(p: &Point) -> Point {
    let mut q = bunri::analysis::set::point_of(&flow_at(p));
    for field in Field::SCRATCH {
        q[field.index()] = p[field.index()];
    }
    q
}

fn speaks_of(row: &Row, p: &Point) -> bool {
    let tcp = p[Field::Proto.index()] == u128::from(proto::TCP);
    let opening = !tcp || row.cube.side(Field::TcpFlags).is_some() || p[Field::TcpFlags.index()] == 2;
    opening && row.cube.contains(p)
}

#[test]
fn rows_say_the_set() {
    let mut g = Rng(21);
    let mut members = 0;
    for _ in 0..200 {
        let mut engine = Engine::new(1 << 22);
        let set = small_set(&mut g, &mut engine);
        let said = rows(&mut engine, set, 1000).unwrap();
        assert!(!said.more);
        for _ in 0..100 {
            let p = well_formed(&small_point(&mut g));
            let inside = engine.contains(set, &p);
            let rows: Vec<&Row> = said.rows.iter().filter(|r| speaks_of(r, &p)).collect();
            let mut syn = p;
            if p[Field::Proto.index()] == 6 {
                syn[Field::TcpFlags.index()] = 2;
            }
            let covered = !rows.is_empty() || said.rows.iter().any(|r| speaks_of(r, &syn));
            assert!(!inside || covered, "no row for {p:?}\n{said:#?}");
            assert!(inside || rows.is_empty(), "{p:?} is not in the set but in {rows:#?}");
            members += usize::from(inside);
        }
        let few = rows(&mut engine, set, 1).unwrap();
        assert_eq!(few.more, said.rows.len() > 1);
    }
    assert!(members > 1000, "{members}");
}

#[test]
fn protocols_with_the_same_packets_share_a_row() {
    let mut engine = Engine::new(1 << 16);
    let all = engine.universe().unwrap();
    let web = Cube::family(Family::V4).with(Field::Proto, Ranges::from_pairs([(6, 6), (17, 17)]));
    let web = engine.cube(&web.with_value(Field::Dport, 443)).unwrap();
    let web = engine.and(web, all).unwrap();
    let said = rows(&mut engine, web, 10).unwrap();
    let [row] = said.rows.as_slice() else { panic!("{said:#?}") };
    let both = Ranges::from_pairs([(6, 6), (17, 17)]);
    assert_eq!(row.cube.side(Field::Proto), Some(&both));
    assert_eq!(row.cube.side(Field::Dport), Some(&Ranges::one(443)));
    assert_eq!(row.cube.side(Field::Sport), None);
    assert_eq!(row.cube.side(Field::TcpFlags), None);
}

#[test]
fn a_witness_is_in_the_set_and_exists_if_the_set_does() {
    let mut g = Rng(22);
    for _ in 0..200 {
        let mut engine = Engine::new(1 << 22);
        let set = small_set(&mut g, &mut engine);
        match choose(&mut engine, set, &Preferences::default()) {
            Some(p) => assert!(engine.contains(set, &p), "{p:?}"),
            None => assert!(set.is_empty()),
        }
    }
}

#[test]
fn a_witness_prefers_known_hosts_then_known_services() {
    let mut engine = Engine::new(1 << 18);
    let all = engine.universe().unwrap();
    let plain = choose(&mut engine, all, &Preferences::default()).map(|p| flow_at(&p)).unwrap();
    assert_eq!((plain.family, plain.proto, plain.dport, plain.flags), (Family::V4, proto::TCP, 443, 2));
    assert!(plain.sport >= 49_152);
    assert_ne!(plain.src & 0xFF, 0, "a network address");
    let host = AddressSet::host("2001:db8::53".parse().unwrap());
    let gone = AddressSet::host("192.0.2.7".parse().unwrap());
    let v6 = engine.cube(&Cube::family(Family::V6).with_value(Field::Proto, 17)).unwrap();
    let v6 = engine.and(all, v6).unwrap();
    let wishes = Preferences { sources: vec![], destinations: vec![gone, host.clone()] };
    let dns = choose(&mut engine, v6, &wishes).map(|p| flow_at(&p)).unwrap();
    assert!(host.contains(dns.destination()));
    assert_eq!((dns.proto, dns.dport), (proto::UDP, 53));
}

/// A full arena drops wishes, never the witness.
#[test]
fn a_full_arena_still_gives_a_witness() {
    let mut engine = Engine::new(12);
    let cube = Cube::family(Family::V4).with(Field::Src, Ranges::span(7, 900)).with_value(Field::Proto, 17);
    let set = engine.cube(&cube).unwrap();
    let p = choose(&mut engine, set, &Preferences::default()).unwrap();
    assert!(engine.contains(set, &p));
}
