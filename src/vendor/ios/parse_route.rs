//! Static routes.

use crate::model::Family;
use crate::msg;
use crate::syntax::indent::Node;

use super::config::StaticRoute;
use super::parse::name;
use super::value;

/// `ip route [vrf V] …`, `ipv6 route [vrf V] …`; `None` if it does not read at all.
pub fn static_route(node: &Node) -> Option<StaticRoute> {
    let texts = node.texts();
    let family = if texts.first() == Some(&"ip") { Family::V4 } else { Family::V6 };
    let mut at = 2;
    let mut vrf = None;
    if texts.get(at) == Some(&"vrf") {
        vrf = Some(name(node, at + 1)?);
        at += 2;
    }
    let first = *texts.get(at)?;
    let (prefix, used) = match value::prefix(first) {
        Some(prefix) => (prefix, 1),
        None if first == "default" && family == Family::V6 => ("::/0".parse().ok()?, 1),
        None => (value::masked(first, texts.get(at + 1)?)?, 2),
    };
    if Family::of(prefix.ip()) != family {
        return None;
    }
    at += used;
    let mut route = StaticRoute {
        span: node.span,
        vrf,
        prefix,
        interface: None,
        gateway: None,
        global: false,
        next_vrf: None,
        distance: 1,
        doubt: None,
        unread: None,
    };
    at = ways(node, &texts, at, family, &mut route)?;
    options(node, &texts, at, &mut route)?;
    Some(route)
}

/// Egress and next hop.
fn ways(
    node: &Node,
    texts: &[&str],
    mut at: usize,
    family: Family,
    route: &mut StaticRoute,
) -> Option<usize> {
    let start = at;
    while at < start + 3 {
        let Some(word) = texts.get(at) else { break };
        match word.parse::<std::net::IpAddr>() {
            Ok(address) if Family::of(address) == family => {
                route.gateway = Some(address);
                at += 1;
                break;
            }
            Ok(_) => return None,
            Err(_) if *word == "dhcp" => {
                let what =
                    msg!("the gateway of a route comes with a lease", "経路のゲートウェイは動的に取得される");
                route.doubt = Some((node.span, what));
                return Some(at + 1);
            }
            Err(_) if route.interface.is_none() && !word.starts_with(|c: char| c.is_ascii_digit()) => {
                let mut full = name(node, at)?;
                // `vlan 110`, `GigabitEthernet 1/0/1`: the number may stand apart.
                let number = texts.get(at + 1).filter(|w| {
                    w.starts_with(|c: char| c.is_ascii_digit()) && w.parse::<std::net::IpAddr>().is_err()
                });
                let spoken = super::parse_interface::spells_apart(word);
                if let Some(number) = number.filter(|_| spoken) {
                    full.value = format!("{} {number}", full.value);
                    at += 1;
                }
                route.interface = Some(full);
                at += 1;
            }
            Err(_) => break,
        }
    }
    (route.gateway.is_some() || route.interface.is_some()).then_some(at)
}

/// Distance and what follows it; `None` for words that are not known.
fn options(node: &Node, texts: &[&str], mut at: usize, route: &mut StaticRoute) -> Option<()> {
    while let Some(word) = texts.get(at) {
        at += 1;
        match *word {
            "global" => route.global = true,
            "permanent" | "unicast" | "noresolve" => {}
            "multicast" => {
                let what = msg!("a route for multicast only", "マルチキャスト専用の経路である");
                route.doubt = Some((node.span, what));
            }
            "noinstall" => {
                let what = msg!(
                    "a route that is told to others, not followed",
                    "転送に使用せず広告のみ行う経路である"
                );
                route.doubt = Some((node.span, what));
            }
            "name" | "tag" | "description" | "weight" => {
                texts.get(at)?;
                at = if *word == "description" { texts.len() } else { at + 1 };
            }
            "track" | "bfd" | "poll" => {
                at += 1;
                let what =
                    msg!("a probe may withdraw the route", "監視の結果により経路が取り消されることがある");
                route.doubt = Some((node.span, what));
            }
            "nexthop-vrf" | "vrf" => {
                route.next_vrf = Some(name(node, at)?);
                at += 1;
            }
            number => {
                let distance: u32 = number.parse().ok().filter(|d| (1..=255).contains(d))?;
                route.distance = distance;
            }
        }
    }
    Some(())
}
