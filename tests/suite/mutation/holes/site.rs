//! Holes that no configuration shows: cards, cables, machines that carry, and declarations that are missing.

use super::{Bed, Edit, Kind, Planted};
use crate::mutation::judge::files_of;

const TOPOLOGY: &str = "topology.toml";

pub fn beds() -> Vec<Bed> {
    let ha = vec![
        hole(
            "a second card of a server",
            "addresses = [\"10.70.1.11\"] }]",
            "addresses = [\"10.70.1.11\"] }, { segment = \"joho\", addresses = [\"10.70.3.99\"] }]",
        ),
        hole(
            "a router that nobody configures",
            "[[host]]\nid = \"SV-KIKAN\"",
            "[[device]]\nname = \"RT-URA\"\nconfig = \"unavailable\"\n[device.attach]\na = \"kikan\"\nb = \"joho\"\n[device.contract]\nforwards = [{ among = [\"a\", \"b\"] }]\n\n[[host]]\nid = \"SV-KIKAN\"",
        ),
        hole(
            "a device whose file is missing",
            "config = \"configs/FW-01.conf\"",
            "config = \"configs/FW-無い.conf\"",
        ),
        hole(
            "a standby member that is missing",
            "config = \"configs/FW-02.conf\"",
            "config = \"configs/FW-無い.conf\"",
        ),
        Planted::new(
            Kind::Hole,
            "an old generation swapped in",
            vec![
                Edit::new("configs/old/FW-01_R6.conf", "", &old()),
                Edit::new(
                    TOPOLOGY,
                    "config = \"configs/FW-01.conf\"",
                    "config = \"configs/old/FW-01_R6.conf\"",
                ),
            ],
        ),
        Planted::new(
            Kind::Harmless,
            "an old generation that lies about",
            vec![Edit::new("old/FW-01_R6.conf", "", &old())],
        ),
    ];
    let mut out = vec![
        Bed { vendor: "topology", site: "ha-pair", one_in: 1, planted: ha },
        Bed {
            vendor: "topology",
            site: "hoshimi",
            one_in: 40,
            planted: vec![hole(
                "an old generation swapped in",
                "config = \"configs/FW-SANSO01_20260316.conf\"",
                "config = \"configs/old/FW-SANSO01_20250401.conf\"",
            )],
        },
    ];
    for (site, one_in) in [("linux-gateway", 1), ("wakaba", 5), ("hoshimi", 50)] {
        out.push(Bed { vendor: "topology", site, one_in, planted: undeclared(site) });
    }
    out
}

fn hole(name: &str, old: &str, new: &str) -> Planted {
    Planted::new(Kind::Hole, name, vec![Edit::new(TOPOLOGY, old, new)])
}

/// Every declaration taken away, and whoever cites it left without.
fn undeclared(site: &str) -> Vec<Planted> {
    let topology = String::from_utf8(files_of(site)[TOPOLOGY].clone()).unwrap();
    let parts: Vec<&str> = topology.split("[[declaration]]\n").skip(1).collect();
    let ids = parts.iter().filter_map(|p| p.strip_prefix("id = \"")?.split_once('"').map(|p| p.0));
    ids.map(|id| {
        let mut edits = Vec::new();
        let list = format!("declarations = [\"{id}\"]\n");
        let times = topology.matches(&list).count();
        edits.extend((0..times).map(|_| Edit::new(TOPOLOGY, &list, "")));
        Planted::new(Kind::Hole, &format!("declaration {id} is nowhere cited"), edits)
    })
    .filter(|p| !p.edits.is_empty())
    .collect()
}

/// The unit as it was before the tiers were parted.
fn old() -> String {
    let now = String::from_utf8(files_of("ha-pair")["configs/FW-01.conf"].clone()).unwrap();
    let denial = "        set srcaddr \"all\"\n";
    assert!(now.contains(denial));
    now.replace(denial, "        set action accept\n        set srcaddr \"all\"\n")
}
