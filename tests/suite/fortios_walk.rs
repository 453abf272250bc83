//! A slow, obvious walk of one packet through a converted device: the oracle of the FortiOS fixtures. It shares
//! nothing with the engines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use bunri::model::*;

/// A packet with its scratch fields.
type Fields = BTreeMap<Field, u128>;

/// True, false, or not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Tri {
    No,
    Maybe,
    Yes,
}

fn test(expr: &Expr, packet: &Fields) -> Tri {
    let flip = |t| match t {
        Tri::No => Tri::Yes,
        Tri::Maybe => Tri::Maybe,
        Tri::Yes => Tri::No,
    };
    match expr {
        Expr::Any => Tri::Yes,
        Expr::None => Tri::No,
        Expr::All(parts) => parts.iter().map(|p| test(p, packet)).min().unwrap_or(Tri::Yes),
        Expr::Or(parts) => parts.iter().map(|p| test(p, packet)).max().unwrap_or(Tri::No),
        Expr::Not(inner) => flip(test(inner, packet)),
        Expr::In(field, set) => {
            if set.contains(packet.get(field).copied().unwrap_or(0)) {
                Tri::Yes
            } else {
                Tri::No
            }
        }
        Expr::Unknown { bound, .. } => test(bound, packet).min(Tri::Maybe),
    }
}

/// Every rule that may decide, the certain one last.
fn decide(device: &Device, set: RuleSetId, packet: &Fields) -> Vec<(Then, String)> {
    let set = device.rule_set(set).unwrap();
    let mut found = Vec::new();
    if !run(set, set.entry, packet, &mut found) {
        found.push((set.chains[set.entry.index()].end.value, "end".to_owned()));
    }
    found
}

/// Runs one chain; whether it decided for certain.
fn run(set: &RuleSet, chain: ChainId, packet: &Fields, found: &mut Vec<(Then, String)>) -> bool {
    let chain = &set.chains[chain.index()];
    for rule in &chain.rules {
        let hit = test(&rule.when, packet);
        if hit == Tri::No {
            continue;
        }
        if let Then::Jump(to) = rule.then {
            let inner = &set.chains[to.index()];
            let mut decided = run(set, to, packet, found);
            if !decided && !matches!(inner.end.value, Then::Return | Then::Fall) {
                found.push((inner.end.value, format!("{} end", inner.name.value)));
                decided = true;
            }
            if decided && hit == Tri::Yes {
                return true;
            }
            continue;
        }
        found.push((rule.then, rule.label.clone()));
        if hit == Tri::Yes && !matches!(rule.then, Then::Unknown(_)) {
            return true;
        }
    }
    false
}

/// Where a packet may end up, one line per possibility.
pub fn walk(device: &Device, ingress: &str, flow: Flow) -> BTreeSet<String> {
    let mut packet: Fields = Field::ALL.iter().map(|f| (*f, flow.get(*f))).collect();
    let id = device.interface(ingress).unwrap_or_else(|| panic!("no interface {ingress}"));
    packet.insert(Field::Ingress, u128::from(id.0));
    let state = device.states.iter().find(|s| test(&s.when, &packet) == Tri::Yes);
    packet.insert(Field::State, state.and_then(|s| s.states.first()).unwrap_or(0));
    let mut out = BTreeSet::new();
    let arrivals = stages(device, &device.pipeline.arrival, packet, &mut out);
    for (packet, trail) in arrivals {
        for (then, label) in decide(device, device.pipeline.routing, &packet) {
            let Then::Route(route) = then else {
                out.insert("no route".to_owned());
                continue;
            };
            let mut packet = packet.clone();
            let (name, list) = match device.routes[route.index()].target {
                RouteTarget::Local => ("local".to_owned(), &device.pipeline.input),
                RouteTarget::Discard(_) => {
                    out.insert(format!("discard: {label}"));
                    continue;
                }
                RouteTarget::Any(_) => {
                    out.insert(format!("anywhere: {label}"));
                    continue;
                }
                RouteTarget::Interface(id) => {
                    packet.insert(Field::Egress, u128::from(id.0));
                    (device.interfaces[id.index()].name.value.clone(), &device.pipeline.forward)
                }
            };
            for (end, mut labels) in stages(device, list, packet, &mut out) {
                labels.splice(0..0, trail.iter().cloned());
                let changes = changes(&flow, &end);
                out.insert(format!("{name}: {}{changes}", labels.join(", ")));
            }
        }
    }
    out
}

/// Runs filters and translations; refusals go to `out`.
fn stages(
    device: &Device,
    list: &[Stage],
    packet: Fields,
    out: &mut BTreeSet<String>,
) -> Vec<(Fields, Vec<String>)> {
    let mut now = vec![(packet, Vec::new())];
    for stage in list {
        let mut next = Vec::new();
        for (packet, labels) in now {
            let (Stage::Filter(set) | Stage::Translate(set) | Stage::Mark(set)) = *stage;
            let filter = matches!(stage, Stage::Filter(_));
            for (then, label) in decide(device, set, &packet) {
                let mut labels: Vec<String> = labels.clone();
                let name =
                    if label == "end" { device.rule_set(set).unwrap().name.clone() + " end" } else { label };
                match then {
                    Then::Deny(kind) => {
                        let word = if kind == DenyKind::Reject { "reject" } else { "drop" };
                        out.insert(format!("{word}: {name}"));
                    }
                    Then::Unknown(_) => {
                        out.insert(format!("drop: {name} (unread)"));
                        labels.push(format!("{name} (unread)"));
                        next.push((packet.clone(), labels));
                    }
                    Then::Nat(nat) => {
                        labels.push(name);
                        next.push((translate(&device.nats[nat.index()], &packet), labels));
                    }
                    _ => {
                        // The source check and lists of translations are not worth a word when they let pass.
                        if filter && name != "source check end" {
                            labels.push(name);
                        }
                        next.push((packet.clone(), labels));
                    }
                }
            }
        }
        now = next;
    }
    now
}

fn translate(nat: &Nat, packet: &Fields) -> Fields {
    let mut new = packet.clone();
    for rewrite in &nat.rewrites {
        match rewrite {
            // The first of several values stands for all of them.
            Rewrite::To(Field::Sport, _) => {}
            Rewrite::To(field, values) => {
                new.insert(*field, values.first().unwrap());
            }
            Rewrite::Shift { field, from, to } => {
                let old = packet[field];
                if from.0 <= old && old <= from.1 {
                    new.insert(*field, to + (old - from.0));
                }
            }
        }
    }
    new
}

fn changes(flow: &Flow, packet: &Fields) -> String {
    let mut text = String::new();
    for (field, word) in [(Field::Src, "src"), (Field::Dst, "dst"), (Field::Dport, "dport")] {
        let new = packet[&field];
        if new == flow.get(field) {
            continue;
        }
        let shown =
            if field == Field::Dport { new.to_string() } else { flow.family.address(new).to_string() };
        text.push_str(&format!(" {word}={shown}"));
    }
    text
}

/// `lan1 10.0.0.1 > 10.2.0.9 tcp/443 sport=1024 flags=16`.
pub fn packet(line: &str) -> (String, Flow) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [ingress, src, ">", dst, service, options @ ..] = words.as_slice() else {
        panic!("bad flow: {line}")
    };
    let (src, dst): (IpAddr, IpAddr) = (src.parse().unwrap(), dst.parse().unwrap());
    let (word, detail) = service.split_once('/').unwrap_or((service, "0"));
    let number = |t: &str| t.parse::<u16>().unwrap();
    let (proto, icmp) = match word {
        "tcp" => (proto::TCP, 0),
        "udp" => (proto::UDP, 0),
        "sctp" => (proto::SCTP, 0),
        "icmp" => (proto::ICMP, number(detail) << 8),
        "icmp6" => (proto::ICMPV6, number(detail) << 8),
        "ip" => (number(detail) as u8, 0),
        other => panic!("bad protocol {other}"),
    };
    let option = |key: &str| options.iter().find_map(|o| o.strip_prefix(key)).map(number);
    let flow = Flow {
        family: Family::of(src),
        src: Family::number(src),
        dst: Family::number(dst),
        proto,
        sport: option("sport=").unwrap_or(49152),
        dport: number(detail),
        icmp,
        flags: option("flags=").unwrap_or(2) as u8,
    };
    ((*ingress).to_owned(), flow.canonical())
}
