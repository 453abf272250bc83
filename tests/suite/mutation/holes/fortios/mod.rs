//! Holes in the words of FortiOS.

mod harmless;
mod paths;
mod rules;
mod the_box;

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
    [
        rules::policies(g),
        rules::addresses(g),
        paths::translations(g),
        paths::routes(g),
        the_box::interfaces(g),
        the_box::the_box(g),
        harmless::harmless(g),
    ]
    .concat()
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

fn interface(name: &str, lines: &str) -> String {
    entry("system interface", &format!("\"{name}\""), lines)
}

fn v6(address: &str) -> String {
    format!("config ipv6\nset ip6-address {address}\nend")
}

fn schedule() -> String {
    entry("firewall schedule onetime", "\"ONCE\"", "set start 18:00 2026/03/20\nset end 23:00 2026/03/20")
}
