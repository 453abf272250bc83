//! Holes in the words of FortiOS.

use super::{Bed, Edit, Kind, Planted};

/// An interface of a zone and what lies behind it.
#[derive(Debug, Clone, Copy)]
struct Place {
    interface: &'static str,
    /// A machine there.
    host: &'static str,
    /// Its network.
    network: &'static str,
    /// A free address of the network at the interface.
    spare: &'static str,
    v6: &'static str,
}

/// Two interfaces of one virtual domain between which nothing may pass.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    site: &'static str,
    /// One, or the members of a cluster.
    files: &'static [&'static str],
    vdom: &'static str,
    /// Stands before the tables of the virtual domain.
    after: &'static str,
    from: Place,
    to: Place,
    /// The last policy denies everything.
    denies_all: bool,
    one_in: usize,
}

const HA: Ground = Ground {
    site: "ha-pair",
    files: &["configs/FW-01.conf", "configs/FW-02.conf"],
    vdom: "root",
    after: "",
    from: Place {
        interface: "port1",
        host: "10.70.1.11",
        network: "10.70.1.0 255.255.255.0",
        spare: "10.70.1.200",
        v6: "2001:db8:1::1/64",
    },
    to: Place {
        interface: "port3",
        host: "10.70.3.11",
        network: "10.70.3.0 255.255.255.0",
        spare: "10.70.3.200",
        v6: "2001:db8:3::1/64",
    },
    denies_all: false,
    one_in: 8,
};

const WAKABA: Ground = Ground {
    site: "wakaba",
    files: &["configs/FW-WAKABA01_20260310.conf"],
    from: Place {
        interface: "v32_joho_pc",
        host: "10.62.20.5",
        network: "10.62.20.0 255.255.255.0",
        spare: "10.62.20.200",
        v6: "2001:db8:3::1/64",
    },
    to: Place {
        interface: "v11_kikan_sv",
        host: "10.60.10.11",
        network: "10.60.10.0 255.255.255.0",
        spare: "10.60.10.200",
        v6: "2001:db8:1::1/64",
    },
    denies_all: true,
    one_in: 40,
    ..HA
};

pub const GROUNDS: &[Ground] = &[
    HA,
    Ground { from: HA.to, to: HA.from, ..HA },
    Ground { site: "noisy-holds", files: &["configs/FW-01.conf"], one_in: 10, ..HA },
    WAKABA,
    Ground {
        from: Place {
            interface: "v22_naibu_pc",
            host: "10.61.20.5",
            network: "10.61.20.0 255.255.255.0",
            spare: "10.61.20.250",
            v6: "2001:db8:2::1/64",
        },
        to: WAKABA.from,
        ..WAKABA
    },
    Ground {
        site: "hoshimi",
        files: &["configs/FW-SANSO01_20260316.conf", "configs/FW-SANSO02_20260316.conf"],
        vdom: "VD-SANSO",
        after: "edit VD-SANSO\nconfig",
        from: Place {
            interface: "seg_lgwan",
            host: "10.22.20.50",
            network: "10.22.0.0 255.255.0.0",
            spare: "10.22.255.5",
            v6: "2001:db8:2::1/64",
        },
        to: Place {
            interface: "seg_mynumber",
            host: "10.21.10.11",
            network: "10.21.0.0 255.255.0.0",
            spare: "10.21.255.5",
            v6: "2001:db8:1::1/64",
        },
        denies_all: true,
        one_in: 150,
    },
];

pub fn beds() -> Vec<Bed> {
    let both = GROUNDS.iter().map(|g| bed(g, g.files, "", all(g)));
    // A hole in the standby member alone is one the day that member takes over.
    let standby = GROUNDS.iter().filter(|g| g.files.len() > 1).map(|g| {
        let holes = all(g).into_iter().filter(|p| p.kind == Kind::Hole).collect();
        let one_in = g.one_in * 3;
        Bed { one_in, ..bed(g, &g.files[1..], " (standby member only)", holes) }
    });
    both.chain(standby).collect()
}

fn bed(ground: &Ground, files: &[&str], note: &str, changes: Vec<Change>) -> Bed {
    let planted = |c: &Change| {
        let name = format!("{}{note}, {} to {}", c.name, ground.from.interface, ground.to.interface);
        Planted::new(c.kind, &name, files.iter().flat_map(|f| c.edits(ground, f)).collect())
    };
    Bed {
        vendor: "fortios",
        site: ground.site,
        one_in: ground.one_in,
        planted: changes.iter().map(planted).collect(),
    }
}

/// A change of one unit's export.
#[derive(Debug, Clone)]
struct Change {
    kind: Kind,
    name: &'static str,
    /// Behind the table of interfaces.
    system: String,
    /// Before the policies of the virtual domain.
    tables: String,
    /// Other text that is replaced.
    replaced: Vec<(&'static str, String)>,
}

impl Change {
    fn edits(&self, ground: &Ground, file: &str) -> Vec<Edit> {
        let behind = |after: &str, old: &str, new: String| Edit {
            after: after.to_owned(),
            ..Edit::new(file, old, &new)
        };
        let mut out = Vec::new();
        for (old, new) in &self.replaced {
            out.push(behind("", old, new.clone()));
        }
        if !self.system.is_empty() {
            out.push(behind("config system interface\n", "\nend\n", format!("\nend\n{}", self.system)));
        }
        if !self.tables.is_empty() {
            let heading = "config firewall policy\n";
            out.push(behind(ground.after, heading, format!("{}{heading}", self.tables)));
        }
        out
    }
}

/// `config TABLE / edit ENTRY / LINES / next / end`.
fn entry(table: &str, entry: &str, lines: &str) -> String {
    let lines: String = lines.lines().map(|l| format!("        {}\n", l.trim())).collect();
    format!("config {table}\n    edit {entry}\n{lines}    next\nend\n")
}

fn settings(table: &str, lines: &str) -> String {
    let lines: String = lines.lines().map(|l| format!("    {}\n", l.trim())).collect();
    format!("config {table}\n{lines}end\n")
}

/// A permit as it is, before it is made a hole.
#[derive(Debug, Clone)]
struct Permit {
    from: String,
    to: String,
    source: String,
    target: String,
    service: String,
    more: String,
}

impl Permit {
    fn text(&self, id: u32) -> String {
        let Permit { from, to, source, target, service, more } = self;
        let lines = format!(
            "set srcintf {from}\nset dstintf {to}\nset action accept\nset srcaddr {source}\nset dstaddr {target}\n\
             set schedule \"always\"\nset service {service}\n{more}"
        );
        entry("firewall policy", &id.to_string(), &lines)
    }
}

fn address(name: &str, lines: &str) -> String {
    entry("firewall address", &format!("\"{name}\""), lines)
}

/// The objects that the permits name.
fn objects(g: &Ground) -> String {
    [
        address("O_F", &format!("set subnet {} 255.255.255.255", g.from.host)),
        address("O_T", &format!("set subnet {} 255.255.255.255", g.to.host)),
        address("NW_F", &format!("set subnet {}", g.from.network)),
        address("NW_T", &format!("set subnet {}", g.to.network)),
        address("NOWHERE", "set subnet 203.0.113.77 255.255.255.255"),
        address("ELSE", "set subnet 10.99.0.0 255.255.0.0"),
    ]
    .concat()
}

fn all(g: &Ground) -> Vec<Change> {
    [policies(g), addresses(g), translations(g), routes(g), interfaces(g), the_box(g), harmless(g)].concat()
}

struct Maker<'a>(&'a Ground);

impl Maker<'_> {
    /// From one machine to the other by HTTPS.
    fn permit(&self) -> Permit {
        let quoted = |s: &str| format!("\"{s}\"");
        Permit {
            from: quoted(self.0.from.interface),
            to: quoted(self.0.to.interface),
            source: quoted("O_F"),
            target: quoted("O_T"),
            service: quoted("HTTPS"),
            more: String::new(),
        }
    }

    fn change(&self, kind: Kind, name: &'static str, system: String, tables: String) -> Change {
        Change { kind, name, system, tables: format!("{}{tables}", objects(self.0)), replaced: Vec::new() }
    }

    fn hole(&self, name: &'static str, tables: String) -> Change {
        self.change(Kind::Hole, name, String::new(), tables)
    }

    fn harmless(&self, name: &'static str, tables: String) -> Change {
        self.change(Kind::Harmless, name, String::new(), tables)
    }

    fn closing(&self, name: &'static str, tables: String) -> Change {
        self.change(Kind::Closing, name, String::new(), tables)
    }

    /// The machine's permit with some fields changed.
    fn permitted(&self, name: &'static str, alter: impl Fn(&mut Permit)) -> Change {
        let mut permit = self.permit();
        alter(&mut permit);
        self.hole(name, permit.text(9001))
    }

    /// Objects first, then a permit that names them.
    fn objects_and(&self, name: &'static str, objects: String, alter: impl Fn(&mut Permit)) -> Change {
        let mut permit = self.permit();
        alter(&mut permit);
        self.hole(name, format!("{objects}{}", permit.text(9001)))
    }
}

/// Rules that let through what they must not.
fn policies(g: &Ground) -> Vec<Change> {
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

fn schedule() -> String {
    entry("firewall schedule onetime", "\"ONCE\"", "set start 18:00 2026/03/20\nset end 23:00 2026/03/20")
}

/// Objects that hold more than their name says.
fn addresses(g: &Ground) -> Vec<Change> {
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

/// Virtual IPs and pools.
fn translations(g: &Ground) -> Vec<Change> {
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
fn next(address: &str) -> String {
    let (head, last) = address.rsplit_once('.').unwrap();
    format!("{head}.{}", last.parse::<u8>().unwrap() + 1)
}

/// A permit that only routes keep from being a hole, and routes that lead it across.
fn routes(g: &Ground) -> Vec<Change> {
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

fn interface(name: &str, lines: &str) -> String {
    entry("system interface", &format!("\"{name}\""), lines)
}

fn v6(address: &str) -> String {
    format!("config ipv6\nset ip6-address {address}\nend")
}

/// Interfaces that nobody told of, and interfaces that join.
fn interfaces(g: &Ground) -> Vec<Change> {
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
        // What passes inside an interface zone is asked after the policies.
        match g.denies_all {
            true => make.harmless("two zones in one interface zone behind the denial of everything", zone),
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
fn the_box(g: &Ground) -> Vec<Change> {
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

/// Changes that open nothing.
fn harmless(g: &Ground) -> Vec<Change> {
    let make = Maker(g);
    let off = Permit { more: "set status disable".to_owned(), ..make.permit() };
    let deny = make.permit().text(9002).replace("set action accept", "set action deny");
    let (near, host) = (g.from.interface, g.to.host);
    let never = Permit { more: "set schedule \"none\"".to_owned(), ..make.permit() };
    vec![
        make.harmless("objects that nothing uses", String::new()),
        make.harmless("an unused object renamed in the text", objects(g).replace("NOWHERE", "旧_NOWHERE")),
        make.harmless("a group that nothing uses", entry("firewall addrgrp", "\"G\"", "set member \"O_T\" \"all\"")),
        make.harmless("a rule that is off", off.text(9001)),
        make.harmless("a rule whose schedule is never", never.text(9001)),
        make.closing("a denial", deny.clone()),
        make.harmless("a rule behind the denial of the same", deny.clone() + &make.permit().text(9001)),
        make.harmless("a rule and its denial in another order, then moved", make.permit().text(9001) + &deny + "config firewall policy\n    move 9002 before 9001\nend\n"),
        make.harmless("a rule made and deleted", make.permit().text(9001) + "config firewall policy\n    delete 9001\nend\n"),
        make.harmless("a rule of the interface to itself", Permit { to: format!("\"{near}\""), ..make.permit() }.text(9001)),
        make.harmless("a group emptied of the machine again", entry("firewall addrgrp", "\"G\"", "set member \"NOWHERE\" \"O_T\"") + &entry("firewall addrgrp", "\"G\"", "unselect member \"O_T\"")),
        make.harmless("a route of a table that is off", entry("router static", "900", &format!("set dst 10.99.0.0 255.255.0.0\nset gateway {host}\nset device \"{}\"\nset status disable", g.to.interface))),
        make.harmless("a route without a permit", entry("router static", "900", &format!("set dst 10.99.0.0 255.255.0.0\nset gateway {host}\nset device \"{}\"", g.to.interface))),
        make.harmless("a pool that nothing uses", entry("firewall ippool", "\"P\"", "set startip 203.0.113.66\nset endip 203.0.113.66")),
        make.closing("a blocklist", entry("firewall acl", "1", &format!("set interface \"{near}\"\nset srcaddr \"all\"\nset dstaddr \"NOWHERE\"\nset service \"ALL\""))),
        make.closing("limits of the time to live", entry("firewall ttl-policy", "1", &format!("set srcintf \"{near}\"\nset srcaddr \"all\"\nset service \"ALL\"\nset schedule \"always\"\nset ttl \"1-10\""))),
        make.closing("a denial in force at night only", schedule() + &deny.replace("\"always\"", "\"ONCE\"")),
        make.harmless("shaping", entry("firewall shaper traffic-shaper", "\"S\"", "set maximum-bandwidth 1000")),
    ]
}
