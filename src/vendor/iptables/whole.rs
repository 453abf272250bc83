//! Whether the exports can be whole: what one of them shows and another one lacks.
//!
//! Sources: Linux `net/ipv4/fib_frontend.c` (`fib_add_ifaddr`), `net/ipv6/addrconf.c` (`addrconf_prefix_route`): an address
//! of an interface that is up brings the route of its prefix with it, unless it is `noprefixroute`.

use std::net::IpAddr;

use crate::model::{AddressSet, Family as ModelFamily, Ranges};
use crate::msg;
use crate::source::{Msg, Span};

use super::config::Family;
use super::facts::{index, model_family};
use super::links::{Link, LinkAddress, Links};
use super::routes::Tables;
use super::routing::Given;

/// Why the route tables of a family cannot be whole, and where that shows. `file` is what showed them first.
pub fn cut_routes(family: Family, given: &Given, links: Option<&Links>, file: Span) -> Option<(Msg, Span)> {
    let tables = given.tables.get(index(family)).and_then(Option::as_ref)?;
    if tables.get("main").is_none_or(Vec::is_empty) {
        return Some((msg!("no route of the table `main` is shown", "経路表 main の経路が1つもない"), file));
    }
    let links = links.into_iter().flat_map(|l| &l.links);
    let all = links.flat_map(|link| link.addresses.iter().map(move |address| (link, address)));
    all.filter_map(|(link, address)| missing(family, tables, link, address)).next()
}

fn missing(family: Family, tables: &Tables, link: &Link, address: &LinkAddress) -> Option<(Msg, Span)> {
    let prefix = promised(family, link, address)?;
    let leads = |dev: &Option<String>| dev.as_ref() == Some(&link.name.value);
    let mut routes = tables.values().flatten();
    if routes.any(|r| r.destination == prefix && r.hops.iter().any(|h| leads(&h.dev))) {
        return None;
    }
    let (name, own) = (&link.name.value, address.network);
    let what = msg!(
        "`{name}` has `{own}`, and no route leads to its network: the routes are not whole",
        "「{name}」のアドレス {own} のネットワークへの経路がなく、経路表の出力が欠けている"
    );
    Some((what, address.span))
}

/// The prefix whose route the kernel makes for an address; `None` if it makes none, or perhaps none.
fn promised(family: Family, link: &Link, address: &LinkAddress) -> Option<Ranges> {
    let covered = address.peer.unwrap_or(address.network);
    let loopback = link.kind == "loopback" || link.name.value == "lo";
    let mine = ModelFamily::of(covered.ip()) == model_family(family);
    if !mine || !link.up || loopback || address.noprefixroute || address.secondary || address.doubtful {
        return None;
    }
    let made = match (family, covered.ip()) {
        // Of a single address only where it is the peer's; of 0.0.0.0/8 none.
        (Family::V4, IpAddr::V4(ip)) => {
            ip.octets()[0] != 0 && (address.peer.is_some() || covered.prefix() < 32)
        }
        // Not for router advertisements without the on-link flag, and not without a carrier.
        _ => address.global && !address.dynamic && link.carrier,
    };
    let set = AddressSet::network(covered);
    made.then_some(if family == Family::V4 { set.v4 } else { set.v6 })
}
