//! The reviewed scope table of statements that are known and not modelled: how far each reaches.

use super::config::Scope;
use super::inert::{bare, covers};

/// Statements that are known, not modelled, and how far each reaches.
static SCOPES: &[(&str, Reach)] = &[
    ("bridge *", Reach::Device),
    ("bridge-domain *", Reach::Device),
    ("l2vpn *", Reach::Device),
    ("l2 *", Reach::Device),
    ("mpls *", Reach::Device),
    ("vpdn *", Reach::Device),
    ("vpdn-group *", Reach::Device),
    ("event *", Reach::Device),
    ("kron *", Reach::Device),
    ("macro auto *", Reach::Device),
    ("ip inspect *", Reach::Forward),
    ("ip wccp *", Reach::Device),
    ("ip default-network *", Reach::Routing),
    ("ip local policy *", Reach::Routing),
    ("ipv6 local policy *", Reach::Routing),
    ("ip route-static *", Reach::Routing),
    ("ip port-map *", Reach::Forward),
    ("ip nat *", Reach::Nat),
    ("ipv6 nat *", Reach::Nat),
    ("nat64 *", Reach::Nat),
    ("ip slb *", Reach::Device),
    ("ip casa *", Reach::Device),
    ("ip mobile *", Reach::Device),
    ("dialer-list *", Reach::Routing),
    ("dialer *", Reach::Routing),
    ("chat-script *", Reach::LocalIn),
    ("webvpn *", Reach::Device),
    ("crypto vpn *", Reach::Device),
    ("crypto gdoi *", Reach::Device),
    ("lisp *", Reach::Device),
    ("router lisp *", Reach::Device),
    ("monitor *", Reach::Device),
    ("mirror *", Reach::Device),
    ("vxlan *", Reach::Device),
    ("nve *", Reach::Device),
    ("app-hosting *", Reach::Device),
    ("iox", Reach::Device),
    ("virtual-service *", Reach::Device),
    ("guestshell *", Reach::Device),
    ("otv *", Reach::Device),
    ("zone *", Reach::Device),
    ("firewall", Reach::Device),
    ("application *", Reach::Device),
    ("policy-based-routing", Reach::Device),
    ("vty *", Reach::LocalIn),
    ("nat", Reach::Nat),
    ("openflow *", Reach::Device),
    ("policy-list *", Reach::Routing),
    ("policy-switch *", Reach::Device),
    ("global-access-group *", Reach::Forward),
    ("ip load-sharing *", Reach::Routing),
];

/// How far a statement of the table reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Device,
    Forward,
    LocalIn,
    Routing,
    Nat,
}

/// How far a statement that is known and not modelled reaches.
pub fn scope(words: &[&str]) -> Option<Scope> {
    let words = bare(words);
    let (_, reach) = SCOPES.iter().find(|(p, _)| covers(p, words))?;
    Some(match reach {
        Reach::Device => Scope::Device,
        Reach::Forward => Scope::Forward,
        Reach::LocalIn => Scope::LocalIn,
        Reach::Routing => Scope::AllRouting,
        Reach::Nat => Scope::Nat,
    })
}
