//! A device as short text, for expectations that a person can read.

use std::fmt::Write as _;

use bunri::model::{
    Device, Established, Expr, Family, Field, InterfaceKind, Nat, Radius, Ranges, Rewrite, RouteTarget,
    RuleSet, Stage, State, Then,
};

fn number(field: Field, device: &Device, value: u128) -> String {
    match field {
        Field::Ingress | Field::Egress => {
            device.interfaces.get(value as usize).map_or(value.to_string(), |i| i.name.value.clone())
        }
        Field::Src | Field::Dst if value <= u128::from(u32::MAX) => Family::V4.address(value).to_string(),
        Field::Src | Field::Dst => Family::V6.address(value).to_string(),
        Field::State => format!("{:?}", State::ALL[value as usize]),
        _ => value.to_string(),
    }
}

/// `10.0.0.0-10.0.0.255,10.1.0.1`; more than eight intervals are counted.
pub fn ranges(field: Field, device: &Device, ranges: &Ranges) -> String {
    if ranges.pairs().len() > 8 {
        return format!("<{} intervals>", ranges.pairs().len());
    }
    let one = |(a, b): &(u128, u128)| {
        let (low, high) = (number(field, device, *a), number(field, device, *b));
        if a == b { low } else { format!("{low}-{high}") }
    };
    ranges.pairs().iter().map(one).collect::<Vec<_>>().join(",")
}

/// A condition on one line.
pub fn expr(device: &Device, e: &Expr) -> String {
    let join = |parts: &[Expr], by: &str| parts.iter().map(|p| expr(device, p)).collect::<Vec<_>>().join(by);
    match e {
        Expr::Any => "any".into(),
        Expr::None => "none".into(),
        Expr::All(parts) => join(parts, " "),
        Expr::Or(parts) => format!("({})", join(parts, " | ")),
        Expr::Not(inner) => format!("!({})", expr(device, inner)),
        Expr::In(Field::Family, r) => {
            if r.contains(0) {
                "v4".into()
            } else {
                "v6".into()
            }
        }
        Expr::In(field, r) => format!("{}={}", field.word(), ranges(*field, device, r)),
        Expr::Unknown { cause, bound } => {
            let kind = device.causes[cause.0 as usize].kind;
            format!("{kind:?}?[{}]", expr(device, bound))
        }
    }
}

fn nat(device: &Device, n: &Nat) -> String {
    let rewrite = |r: &Rewrite| match r {
        Rewrite::To(f, r) => format!("{}:={}", f.word(), ranges(*f, device, r)),
        Rewrite::Shift { field, from, to } => {
            let from = ranges(*field, device, &Ranges::span(from.0, from.1));
            format!("{}:{from}->{}", field.word(), number(*field, device, *to))
        }
    };
    let parts: Vec<String> = n.rewrites.iter().map(rewrite).collect();
    format!("{}{}", parts.join(" "), if n.unknown.is_some() { " ?" } else { "" })
}

fn then(device: &Device, set: &RuleSet, t: &Then) -> String {
    match t {
        Then::Jump(c) => format!("jump {}", set.chains[c.index()].name.value),
        Then::Goto(c) => format!("goto {}", set.chains[c.index()].name.value),
        Then::Nat(id) => nat(device, &device.nats[id.index()]),
        Then::Route(id) => {
            let route = &device.routes[id.index()];
            let via = route.gateway.map_or(String::new(), |g| format!(" via {g}"));
            match route.target {
                RouteTarget::Interface(i) => format!("out {}{via}", device.interfaces[i.index()].name.value),
                RouteTarget::Local => "local".into(),
                RouteTarget::Discard(kind) => format!("discard {kind:?}"),
                RouteTarget::Any(_) => "anywhere".into(),
            }
        }
        Then::Unknown(_) => "unknown".into(),
        other => format!("{other:?}"),
    }
}

/// One rule set, chain by chain.
pub fn set(device: &Device, set: &RuleSet) -> String {
    let mut out = format!("== {} ({:?})\n", set.name, set.kind);
    for chain in &set.chains {
        let _ = writeln!(out, "{}:", chain.name.value);
        for rule in &chain.rules {
            let _ = writeln!(out, "  {} => {}", expr(device, &rule.when), then(device, set, &rule.then));
        }
        let _ = writeln!(out, "  end => {}", then(device, set, &chain.end.value));
    }
    out
}

/// The whole device.
pub fn device(d: &Device) -> String {
    let mut out = String::new();
    for i in &d.interfaces {
        let kind = match &i.kind {
            InterfaceKind::Vlan { parent, id } => format!("vlan {id} on {parent}"),
            other => format!("{other:?}").to_lowercase(),
        };
        let addresses: Vec<String> = i.addresses.iter().map(|a| a.network.to_string()).collect();
        let up = if i.up { "" } else { " down" };
        let _ = writeln!(out, "interface {} {kind}{up} {}", i.name.value, addresses.join(" "));
    }
    let stage = |s: &Stage| match s {
        Stage::Filter(id) | Stage::Translate(id) | Stage::Mark(id) => d.rule_sets[id.index()].name.clone(),
    };
    let p = &d.pipeline;
    for (name, stages) in
        [("arrival", &p.arrival), ("forward", &p.forward), ("input", &p.input), ("output", &p.output)]
    {
        let _ = writeln!(out, "{name}: {}", stages.iter().map(stage).collect::<Vec<_>>().join(" > "));
    }
    for s in &d.rule_sets {
        out.push_str(&set(d, s));
    }
    for s in &d.states {
        let states: Vec<String> =
            State::ALL.iter().filter(|x| s.states.contains(x.value())).map(|x| format!("{x:?}")).collect();
        let _ = writeln!(out, "state {} => {}", expr(d, &s.when), states.join("|"));
    }
    let _ = writeln!(out, "stateful {}", d.established != Established::None);
    for t in &d.taints {
        let radius = match t.radius {
            Radius::RuleSet(id) => format!("rule set {}", d.rule_sets[id.index()].name),
            Radius::Interface(id) => format!("interface {}", d.interfaces[id.index()].name.value),
            other => format!("{other:?}").to_lowercase(),
        };
        let _ = writeln!(out, "taint {radius}");
    }
    for r in &d.relays {
        let _ = writeln!(out, "relay {:?} certain={}", r.kind, r.certain);
    }
    out
}
