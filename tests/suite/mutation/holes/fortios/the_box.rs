//! Interfaces that nobody told of or that join, and services of the box.

use super::{Change, Ground, Maker, Permit, entry, interface, objects, settings};

/// Interfaces that nobody told of, and interfaces that join.
pub(super) fn interfaces(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let (near, far, vdom) = (g.from.interface, g.to.interface, g.vdom);
    let to = |name: &'static str, system: String, interface: &'static str| Change {
        system,
        ..make.permitted(name, move |p| {
            (p.to, p.target) = (format!("\"{interface}\""), "\"all\"".to_owned());
        })
    };
    let new = |name: &str, lines: &str| interface(name, &format!("set vdom \"{vdom}\"\n{lines}"));
    let zone =
        entry("system zone", "\"Z\"", &format!("set intrazone allow\nset interface \"{near}\" \"{far}\""));
    vec![
        to(
            "a second interface",
            new("port77", "set ip 10.98.0.1 255.255.255.0\nset type physical"),
            "port77",
        ),
        to(
            "a VLAN that nobody told of",
            new("v77", &format!("set ip 10.98.0.1 255.255.255.0\nset interface \"{far}\"\nset vlanid 77")),
            "v77",
        ),
        to(
            "a tunnel with keys",
            new(
                "GRE",
                &format!(
                    "set ip 10.98.0.1 255.255.255.255\nset remote-ip 10.98.0.2 255.255.255.255\nset type tunnel\nset interface \"{far}\""
                ),
            ) + &entry(
                "system gre-tunnel",
                "\"GRE\"",
                &format!("set interface \"{far}\"\nset remote-gw 203.0.113.9\nset local-gw {}", g.to.spare),
            ),
            "GRE",
        ),
        Change {
            tables: objects(g)
                + &entry(
                    "vpn ipsec phase1-interface",
                    "\"VPN\"",
                    &format!(
                        "set interface \"{far}\"\nset peertype any\nset remote-gw 203.0.113.9\nset psksecret ENC x"
                    ),
                )
                + &entry("vpn ipsec phase2-interface", "\"VPN\"", "set phase1name \"VPN\"")
                + &Permit { to: "\"VPN\"".to_owned(), target: "\"all\"".to_owned(), ..make.permit() }
                    .text(9001),
            ..to(
                "an encrypted tunnel",
                new("VPN", &format!("set type tunnel\nset interface \"{far}\"")),
                "VPN",
            )
        },
        // What passes inside an interface zone is asked after the policies. No device lets policies name a member of
        // a zone, so the town's own policies on these interfaces are in doubt.
        match g.denies_all {
            true => make.closing("two zones in one interface zone behind the denial of everything", zone),
            false => make.hole("two zones in one interface zone", zone),
        },
        Change {
            system: entry(
                "system switch-interface",
                "\"SW\"",
                &format!("set vdom \"{vdom}\"\nset member \"{near}\" \"{far}\""),
            ),
            ..make.hole("a software switch over both, without its interface", String::new())
        },
        Change {
            system: new("SW", "set ip 10.98.0.1 255.255.255.0\nset type switch")
                + &entry(
                    "system switch-interface",
                    "\"SW\"",
                    &format!("set vdom \"{vdom}\"\nset member \"{near}\" \"{far}\""),
                ),
            ..make.hole("a software switch over both", String::new())
        },
        make.hole(
            "a wire pair over both",
            entry("system virtual-wire-pair", "\"W\"", &format!("set member \"{near}\" \"{far}\"")),
        ),
        Change {
            system: entry(
                "system vxlan",
                "\"VX\"",
                &format!("set interface \"{far}\"\nset vni 10\nset remote-ip \"203.0.113.9\""),
            ),
            ..make.hole("a stretched segment", String::new())
        },
        Change {
            system: interface(near, "set l2forward enable") + &interface(far, "set l2forward enable"),
            ..make.hole(
                "a transparent virtual domain",
                settings("system settings", "set opmode transparent\nset manageip 10.98.0.5/255.255.255.0"),
            )
        },
    ]
}

/// Services of the box that carry data from one side to the other.
pub(super) fn the_box(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let (near, far) = (g.from.interface, g.to.interface);
    vec![
        make.hole("a name server in both zones", entry("system dns-server", &format!("\"{near}\""), "set mode forward-only") + &entry("system dns-server", &format!("\"{far}\""), "set mode forward-only")),
        Change {
            system: interface(near, "set explicit-web-proxy enable"),
            ..make.hole("an explicit proxy", settings("web-proxy explicit", "set status enable\nset http-incoming-port 8080") + &entry("firewall proxy-policy", "1", &format!("set proxy explicit-web\nset dstintf \"{far}\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset service \"webproxy\"\nset action accept\nset schedule \"always\"")))
        },
        make.hole("a portal for remote users", settings("vpn ssl settings", &format!("set servercert \"Fortinet_Factory\"\nset source-interface \"{near}\"\nset source-address \"all\"\nset default-portal \"full-access\""))),
        Change {
            system: interface(near, "set dhcp-relay-service enable\nset dhcp-relay-ip \"10.70.3.11\""),
            ..make.hole("relayed address requests", String::new())
        },
        Change {
            system: settings("system settings", "set asymroute enable"),
            ..make.permitted("a rule, with ways back not checked", |p| p.source = "\"all\"".to_owned())
        },
    ]
}
