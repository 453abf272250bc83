//! The reviewed scope table: blocks whose meaning is known, which are not modelled, and how far each reaches while
//! it holds anything. A block that neither this table, nor the inert list, nor a reader knows reaches everywhere.

use super::config::Scope;

/// What a block that is not modelled can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Forwarded packets that policies would judge otherwise.
    Forward,
    /// Packets to the device.
    LocalIn,
    /// Routes.
    Routing,
    /// Translations.
    Nat,
    /// Everything: it moves packets by a way that the model does not have.
    Device,
}

impl Reach {
    /// As a scope.
    pub fn scope(self) -> Scope {
        match self {
            Reach::Forward => Scope::Forward,
            Reach::LocalIn => Scope::LocalIn,
            Reach::Routing => Scope::Routing,
            Reach::Nat => Scope::Nat,
            Reach::Device => Scope::Device,
        }
    }
}

/// `(path, reach)`.
static TABLE: &[(&str, Reach)] = &[
    ("firewall security-policy", Reach::Forward),
    ("firewall identity-based-route", Reach::Routing),
    ("firewall auth-portal", Reach::LocalIn),
    ("firewall vip46", Reach::Device),
    ("firewall vip64", Reach::Device),
    ("firewall vipgrp46", Reach::Device),
    ("firewall vipgrp64", Reach::Device),
    ("firewall policy46", Reach::Device),
    ("firewall policy64", Reach::Device),
    ("firewall ip-translation", Reach::Nat),
    ("firewall pcp-server", Reach::Nat),
    ("firewall dnstranslation", Reach::Nat),
    ("firewall sctp-filter", Reach::Forward),
    ("firewall ssl-server", Reach::Device),
    ("system pcp-server", Reach::Nat),
    ("system nat64", Reach::Device),
    ("system dns64", Reach::LocalIn),
    ("system nd-proxy", Reach::Device),
    ("system proxy-arp", Reach::LocalIn),
    ("system mobile-tunnel", Reach::Device),
    ("system vne-tunnel", Reach::Device),
    ("system vne-interface", Reach::Device),
    ("system vxlan", Reach::Device),
    ("system geneve", Reach::Device),
    ("system evpn", Reach::Device),
    ("system pppoe-interface", Reach::Routing),
    ("system wccp", Reach::Device),
    ("system cluster-sync", Reach::Forward),
    ("system standalone-cluster", Reach::Forward),
    ("system sdn-proxy", Reach::LocalIn),
    ("system lan-extension", Reach::Device),
    ("router auth-path", Reach::Routing),
    ("vpn ipsec phase1", Reach::Device),
    ("vpn ipsec phase2", Reach::Device),
    ("vpn ipsec manualkey", Reach::Device),
    ("vpn l2tp", Reach::Device),
    ("vpn pptp", Reach::Device),
    ("vpn ocvpn", Reach::Device),
    ("extension-controller extender", Reach::Device),
    ("extension-controller extender-vap", Reach::Device),
    ("extension-controller fortigate", Reach::Device),
    ("extension-controller fortigate-profile", Reach::Device),
    ("extender-controller extender", Reach::Device),
    ("ztna web-portal", Reach::Device),
    ("ztna web-proxy", Reach::Device),
    ("ztna reverse-connector", Reach::Device),
    ("ztna traffic-forward-proxy-reverse-service", Reach::Device),
];

/// How far the block at `path` reaches, if it is known.
pub fn reach(path: &str) -> Option<Reach> {
    TABLE.iter().find(|(p, _)| *p == path).map(|(_, r)| *r)
}
