//! Rules that let through what they must not, and objects that hold more than their name says.

use super::{Change, Ground, Maker, Permit, address, entry, interface, schedule, settings, v6};

/// Rules that let through what they must not.
pub(super) fn policies(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let off = Permit { more: "set status disable".to_owned(), ..make.permit() };
    let behind = "config firewall policy\n    move 9001 after 9002\nend\n";
    let before = "config firewall policy\n    move 9001 before 9002\nend\n";
    let deny = make.permit().text(9002).replace("set action accept", "set action deny");
    vec![
        make.permitted("a rule for one machine", |_| {}),
        make.permitted("a rule for everything", |p| {
            let all = "\"all\"".to_owned();
            (p.source, p.target, p.service) = (all.clone(), all, "\"ALL\"".to_owned());
            (p.from, p.to) = ("\"any\"".to_owned(), "\"any\"".to_owned());
        }),
        make.hole("a rule disabled, then enabled", off.text(9001) + &entry("firewall policy", "9001", "set status enable")),
        make.hole("a rule disabled, then no longer", off.text(9001) + &entry("firewall policy", "9001", "unset status")),
        make.hole("a rule moved before the denial", deny.clone() + &make.permit().text(9001) + before),
        make.hole("a denial moved behind the rule", make.permit().text(9001) + &deny + "config firewall policy\n    move 9002 after 9001\nend\n"),
        make.hole("a denial that accepts", deny.clone() + &entry("firewall policy", "9002", "set action accept")),
        make.hole("a denial disabled", deny.clone() + &make.permit().text(9001) + &entry("firewall policy", "9002", "set status disable")),
        make.hole("a denial deleted", deny.clone() + &make.permit().text(9001) + "config firewall policy\n    delete 9002\nend\n"),
        make.hole("the rule moved with words that mean nothing", deny.clone() + &make.permit().text(9001) + &behind.replace("after", "b?fore")),
        make.permitted("a negated target", |p| {
            p.target = "\"NOWHERE\"".to_owned();
            p.more = "set dstaddr-negate enable".to_owned();
        }),
        make.permitted("a negated source", |p| {
            p.source = "\"NOWHERE\"".to_owned();
            p.more = "set srcaddr-negate enable".to_owned();
        }),
        make.permitted("a negated service", |p| {
            p.service = "\"SMB\"".to_owned();
            p.more = "set service-negate enable".to_owned();
        }),
        make.permitted("a rule with a garbled negation", |p| {
            p.target = "\"NOWHERE\"".to_owned();
            p.more = "set dstaddr-nega?e enable".to_owned();
        }),
        make.permitted("a rule for the users of a group", |p| p.more = "set groups \"G_USERS\"".to_owned()),
        make.permitted("a rule for an Internet service", |p| {
            p.more = "set internet-service enable\nset internet-service-name \"Google-Web\"".to_owned();
        }),
        make.permitted("a rule with a schedule that nobody defined", |p| p.more = "set schedule \"無い\"".to_owned()),
        make.objects_and("a rule for one evening", schedule(), |p| p.more = "set schedule \"ONCE\"".to_owned()),
        make.permitted("a rule with a service that nobody defined", |p| p.service = "\"無い\"".to_owned()),
        make.permitted("a rule with an application list", |p| {
            p.more = "set utm-status enable\nset application-list \"default\"".to_owned();
        }),
        make.objects_and(
            "a rule of a service group",
            entry("firewall service custom", "\"S1\"", "set tcp-portrange 4433")
                + &entry("firewall service group", "\"SG\"", "set member \"S1\"")
                + &entry("firewall service group", "\"SG\"", "append member \"HTTPS\""),
            |p| p.service = "\"SG\"".to_owned(),
        ),
        make.objects_and(
            "a service with source ports",
            entry("firewall service custom", "\"S1\"", "set tcp-portrange 4433:1024-65535"),
            |p| p.service = "\"S1\"".to_owned(),
        ),
        make.objects_and(
            "a service by protocol number",
            entry("firewall service custom", "\"S1\"", "set protocol IP\nset protocol-number 47"),
            |p| p.service = "\"S1\"".to_owned(),
        ),
        make.permitted("a rule that asks for a proxy", |p| p.more = "set inspection-mode proxy".to_owned()),
        Change {
            system: interface(g.from.interface, &v6(g.from.v6)) + &interface(g.to.interface, &v6(g.to.v6)),
            ..make.permitted("an IPv6 rule", |p| {
                (p.source, p.target) = ("\"none\"".to_owned(), "\"none\"".to_owned());
                p.more = "set srcaddr6 \"all\"\nset dstaddr6 \"all\"".to_owned();
            })
        },
        make.hole(
            "multicast let through",
            entry(
                "firewall multicast-policy",
                "1",
                &format!(
                    "set srcintf \"{}\"\nset dstintf \"{}\"\nset srcaddr \"all\"\nset dstaddr \"all\"",
                    g.from.interface, g.to.interface
                ),
            ),
        ),
        make.hole("an identity policy of the next generation mode", settings("system settings", "set ngfw-mode policy-based") + &entry(
            "firewall security-policy",
            "1",
            &format!("set srcintf \"{}\"\nset dstintf \"{}\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset action accept\nset schedule \"always\"\nset service \"ALL\"", g.from.interface, g.to.interface),
        )),
    ]
}

/// Objects that hold more than their name says.
pub(super) fn addresses(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let target = |name: &'static str, objects: String, object: &'static str| {
        make.objects_and(name, objects, move |p| p.target = format!("\"{object}\""))
    };
    let group = |members: &str| entry("firewall addrgrp", "\"G\"", &format!("set member {members}"));
    let (net, mask) = g.to.network.split_once(' ').unwrap();
    let wild = mask.replace("255", "x").replace('0', "255").replace('x', "0");
    vec![
        target("a member added to a group", group("\"NOWHERE\" \"O_T\""), "G"),
        target(
            "a member appended to a group",
            group("\"NOWHERE\"") + &entry("firewall addrgrp", "\"G\"", "append member \"O_T\""),
            "G",
        ),
        target(
            "a member deep in a group",
            group("\"NOWHERE\" \"G2\"") + &entry("firewall addrgrp", "\"G2\"", "set member \"NW_T\""),
            "G",
        ),
        target(
            "a group of everything but one",
            entry(
                "firewall addrgrp",
                "\"G\"",
                "set member \"all\"\nset exclude enable\nset exclude-member \"NOWHERE\"",
            ),
            "G",
        ),
        target("a group that contains itself", group("\"NOWHERE\" \"G\""), "G"),
        target("a group of nobody's", String::new(), "無い"),
        target("an object widened", address("NOWHERE", &format!("set subnet {}", g.to.network)), "NOWHERE"),
        target("an object without its network", address("NEW", "set comment \"x\""), "NEW"),
        target("an object that loses its network", address("NOWHERE", "unset subnet"), "NOWHERE"),
        target(
            "an object with a garbled mask",
            address("NEW", "set subnet 203.0.113.77 255.255.255.2?5"),
            "NEW",
        ),
        target(
            "a range",
            address("NEW", "set type iprange\nset start-ip 10.0.0.0\nset end-ip 10.255.255.255"),
            "NEW",
        ),
        target(
            "a wildcard mask",
            address("NEW", &format!("set type wildcard\nset wildcard {net} {mask}")),
            "NEW",
        ),
        target(
            "a wildcard mask the other way round",
            address("NEW", &format!("set type wildcard\nset wildcard 0.0.0.0 {wild}")),
            "NEW",
        ),
        target("a name", address("NEW", "set type fqdn\nset fqdn \"naibu.example.jp\""), "NEW"),
        target("a country", address("NEW", "set type geography\nset country \"ZZ\""), "NEW"),
        target("a tag", address("NEW", "set type dynamic\nset sub-type ems-tag"), "NEW"),
        target(
            "the network of an interface",
            address("NEW", &format!("set type interface-subnet\nset interface \"{}\"", g.to.interface)),
            "NEW",
        ),
        target(
            "an object of an unknown type",
            address("NEW", "set type w?ldcard\nset subnet 203.0.113.77 255.255.255.255"),
            "NEW",
        ),
        target(
            "an object renamed into the rule",
            "config firewall address\n    rename O_T to NEW\nend\n".to_owned(),
            "NEW",
        ),
        target(
            "an object cloned into the rule",
            "config firewall address\n    clone O_T to NEW\nend\n".to_owned(),
            "NEW",
        ),
    ]
}
