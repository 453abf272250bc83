//! Holes in the words of iptables, `ip` and `sysctl`.

mod filters;
mod kernel;
mod paths;
mod sanitizer;

use super::{Bed, Edit, Kind, Planted};

const RULES: &str = "configs/iptables-save.txt";
const RULES6: &str = "configs/ip6tables-save.txt";
const ADDRESSES: &str = "configs/ip_addr.txt";
const ROUTES: &str = "configs/ip_route.txt";
const POLICY: &str = "configs/ip_rule.txt";
const SYSCTL: &str = "configs/sysctl.txt";

/// The first rule of FORWARD, of the gateway's translations, and of its mangle table.
const FORWARD: &str = "-A FORWARD -m conntrack --ctstate INVALID -j DROP\n";
const NAT: &str = "-A PREROUTING -d 192.0.2.10/32";
const MANGLE: &str = "-A FORWARD -o eth0 -p tcp -m tcp --tcp-flags";

pub fn beds() -> Vec<Bed> {
    let gateway = [
        filters::filters(),
        paths::translations(),
        paths::marks(),
        paths::routes(),
        kernel::kernel(),
        kernel::harmless(),
    ]
    .concat();
    let mut out = vec![Bed { vendor: "iptables", site: "linux-gateway", one_in: 3, planted: gateway }];
    for (site, one_in) in [("wakaba", 8), ("hoshimi", 50)] {
        out.push(Bed { vendor: "iptables", site, one_in, planted: sanitizer::sanitizer(site) });
    }
    out
}

fn hole(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Hole, name, edits)
}

fn kept(name: &str, edits: Vec<Edit>) -> Planted {
    Planted::new(Kind::Harmless, name, edits)
}

/// Rules on top of FORWARD.
fn top(rules: &str) -> Edit {
    Edit::before(RULES, FORWARD, &format!("{rules}\n"))
}

/// A rule of FORWARD, or whatever else, in place of another.
fn swap(old: &str, new: &str) -> Edit {
    Edit::new(RULES, old, new)
}

/// On top of the gateway's translations.
fn nat(rules: &str) -> Edit {
    Edit::before(RULES, NAT, &format!("{rules}\n"))
}

fn mangle(rules: &str) -> Edit {
    Edit::before(RULES, MANGLE, &format!("{rules}\n"))
}

fn raw(rules: &str) -> Edit {
    let table = format!("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n");
    Edit::before(RULES, "*mangle\n", &table)
}

/// Another first rule of FORWARD.
fn rule(name: &str, rule: &str) -> Planted {
    hole(name, vec![top(rule)])
}
