//! Virtual IPs, pools and routes that lead across.

use super::{Change, Ground, Maker, Permit, address, entry, interface, settings};

/// Virtual IPs and pools.
pub(super) fn translations(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let (from, spare, host) = (g.from.interface, g.from.spare, g.to.host);
    let vip = |name: &str, lines: &str| entry("firewall vip", &format!("\"{name}\""), lines);
    let simple = vip("V", &format!("set extip {spare}\nset mappedip \"{host}\"\nset extintf \"{from}\""));
    let to = |object: &'static str| move |p: &mut Permit| p.target = format!("\"{object}\"");
    let central = settings("system settings", "set central-nat enable");
    let far = g.to.interface;
    vec![
        make.objects_and("a virtual IP", simple.clone(), to("V")),
        make.objects_and("a virtual IP at any interface", simple.replace(&format!("\"{from}\""), "\"any\""), to("V")),
        make.objects_and("a virtual IP of one port", vip("V", &format!("set extip {spare}\nset mappedip \"{host}\"\nset extintf \"{from}\"\nset portforward enable\nset extport 8443\nset mappedport 443")), to("V")),
        make.objects_and("a virtual IP of a range", vip("V", &format!("set extip {spare}-{}\nset mappedip \"{host}-{}\"\nset extintf \"{from}\"", next(spare), next(host))), to("V")),
        make.objects_and("a virtual IP in a group", simple.clone() + &entry("firewall vipgrp", "\"VG\"", &format!("set interface \"{from}\"\nset member \"V\"")), to("VG")),
        make.objects_and("a virtual IP behind everything", simple.clone(), |p| {
            p.target = "\"all\"".to_owned();
            p.more = "set match-vip enable".to_owned();
        }),
        make.objects_and("a load balancer", vip("V", &format!("set type server-load-balance\nset extip {spare}\nset extintf \"{from}\"\nset server-type tcp\nset extport 443\nconfig realservers\nedit 1\nset ip {host}\nset port 443\nnext\nend")), to("V")),
        make.objects_and("a virtual IP of an unknown type", vip("V", &format!("set type st?tic\nset extip {spare}\nset mappedip \"{host}\"\nset extintf \"{from}\"")), to("V")),
        make.objects_and("a pool that hides the sender", entry("firewall ippool", "\"P\"", "set startip 203.0.113.66\nset endip 203.0.113.66"), |p| {
            p.source = "\"all\"".to_owned();
            p.more = "set nat enable\nset ippool enable\nset poolname \"P\"".to_owned();
        }),
        make.objects_and("a pool that nobody defined", String::new(), |p| {
            p.more = "set nat enable\nset ippool enable\nset poolname \"無い\"".to_owned();
        }),
        make.permitted("the sender hidden by the interface", |p| p.more = "set nat enable".to_owned()),
        // The virtual IP acts for whoever reaches it; the policy sees where it leads.
        make.objects_and("a virtual IP under central translation", central.clone() + &simple, |p| p.target = "\"NW_T\"".to_owned()),
        make.objects_and("central source translation", central + &entry("firewall central-snat-map", "1", &format!("set srcintf \"{from}\"\nset dstintf \"{far}\"\nset orig-addr \"all\"\nset dst-addr \"all\"")), |_| {}),
        make.objects_and("translation to the other family", entry("firewall vip46", "\"V46\"", &format!("set extip {spare}\nset mappedip 2001:db8:3::11")) + &entry("firewall policy46", "1", &format!("set srcintf \"{from}\"\nset dstintf \"{far}\"\nset srcaddr \"all\"\nset dstaddr \"V46\"\nset action accept\nset schedule \"always\"\nset service \"ALL\"")), |p| {
            p.more = "set status disable".to_owned();
        }),
        make.objects_and("translation from the other family", entry("firewall policy64", "1", &format!("set srcintf \"{from}\"\nset dstintf \"{far}\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset action accept\nset schedule \"always\"\nset service \"ALL\"")) + &settings("system nat64", "set status enable"), |p| {
            p.more = "set status disable".to_owned();
        }),
    ]
}

/// The address after this one.
pub(super) fn next(address: &str) -> String {
    let (head, last) = address.rsplit_once('.').unwrap();
    format!("{head}.{}", last.parse::<u8>().unwrap() + 1)
}

/// A permit that only routes keep from being a hole, and routes that lead it across.
pub(super) fn routes(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let far = g.to.interface;
    let routed = |name: &'static str, text: String| {
        make.objects_and(name, text, |p| (p.to, p.target) = ("\"any\"".to_owned(), "\"ELSE\"".to_owned()))
    };
    let fixed = format!("set dst 10.99.0.0 255.255.0.0\nset gateway {}\nset device \"{far}\"", g.to.host);
    let route = |lines: &str| entry("router static", "900", lines);
    vec![
        routed("a static route", route(&fixed)),
        routed("half a static route", route(&fixed.replace("255.255.0.0", "255.255.128.0"))),
        routed(
            "a route whose gateway is learned",
            route(&format!(
                "set dst 10.99.0.0 255.255.0.0\nset dynamic-gateway enable\nset device \"{far}\""
            )),
        ),
        routed(
            "a route switched on",
            route(&format!("{fixed}\nset status disable")) + &route("set status enable"),
        ),
        routed(
            "a route to a named destination",
            address("RT", "set subnet 10.99.0.0 255.255.0.0\nset allow-routing enable")
                + &route(&format!("set dstaddr \"RT\"\nset gateway {}\nset device \"{far}\"", g.to.host)),
        ),
        routed(
            "a policy route",
            entry(
                "router policy",
                "1",
                &format!(
                    "set input-device \"{}\"\nset dst \"10.99.0.0/255.255.0.0\"\nset gateway {}\nset output-device \"{far}\"",
                    g.from.interface, g.to.host
                ),
            ),
        ),
        routed(
            "a garbled policy route",
            entry(
                "router policy",
                "1",
                &format!(
                    "set input-dev?ce \"{}\"\nset dst \"203.0.113.0/255.255.255.0\"\nset gateway {}\nset output-device \"{far}\"",
                    g.from.interface, g.to.host
                ),
            ),
        ),
        routed(
            "a protocol that learns routes",
            format!(
                "config router ospf\n    set router-id 10.9.9.9\n    config area\n        edit 0.0.0.0\n        next\n    end\n    config network\n        edit 1\n            set prefix {}\n        next\n    end\nend\n",
                g.to.network
            ),
        ),
        routed(
            "a neighbour that announces routes",
            format!(
                "config router bgp\n    set as 64512\n    config neighbor\n        edit \"{}\"\n            set remote-as 64513\n        next\n    end\nend\n",
                g.to.host
            ),
        ),
        routed(
            "an SD-WAN over the far interface",
            format!(
                "config system sdwan\n    set status enable\n    config zone\n        edit \"virtual-wan-link\"\n        next\n    end\n    config members\n        edit 1\n            set interface \"{far}\"\n            set gateway {}\n        next\n    end\nend\n",
                g.to.host
            ) + &route("set dst 10.99.0.0 255.255.0.0\nset distance 1\nset sdwan-zone \"virtual-wan-link\""),
        ),
        Change {
            system: interface(
                far,
                "set secondary-IP enable\nconfig secondaryip\nedit 1\nset ip 10.99.0.1 255.255.0.0\nnext\nend\n",
            ),
            ..routed("a secondary address", String::new())
        },
        Change {
            system: interface(far, "set ip 10.99.0.1 255.255.0.0\n"),
            ..routed("another address of the interface", String::new())
        },
    ]
}
