//! One coverage-guided target for every reader; `READER` says which: see README.md.
#![no_main]

use std::io;
use std::sync::LazyLock;

use bunri::intent::{pack, register};
use bunri::network::{FileSource, build};
use bunri::source::sheet::Workbook;
use bunri::source::{Limits, SitePath, Sources};
use bunri::vendor::{Companion, VENDORS, VendorInput, by_id};
use libfuzzer_sys::fuzz_target;

/// A vendor, or one of the kinds of files that are no configurations.
static READER: LazyLock<String> =
    LazyLock::new(|| std::env::var("READER").expect("READER: which reader? See README.md"));

fuzz_target!(|data: &[u8]| {
    match READER.as_str() {
        vendor @ ("fortios" | "ios" | "axs" | "awplus" | "iptables") => device(vendor, data, None),
        "fortios-rib" => device("fortios", FORTIOS, Some((Companion::Routes, data))),
        "ios-rib" => device("ios", b"hostname x\n", Some((Companion::Routes, data))),
        "ip-addr" => device("iptables", RULES, Some((Companion::Addresses, data))),
        "ip-route" => device("iptables", RULES, Some((Companion::Routes, data))),
        "ip-rule" => device("iptables", RULES, Some((Companion::Rules, data))),
        "sysctl" => device("iptables", RULES, Some((Companion::Sysctl, data))),
        "topology" => site(data, "register.toml", b""),
        "register" => site(TOPOLOGY, "register.toml", data),
        "register-csv" => site(TOPOLOGY_CSV, "register.csv", data),
        "rule-pack" => site(TOPOLOGY_PACK, "pack.toml", data),
        "xlsx" => {
            if let Ok(mut book) = Workbook::open(data) {
                for name in ["S", "Sheet1", "管理表"] {
                    let _ = book.sheet(name);
                }
            }
        }
        other => panic!("READER={other}: no such reader"),
    }
});

const RULES: &[u8] = b"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const FORTIOS: &[u8] = b"config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1 255.255.255.0\nnext\nend\n";
const TOPOLOGY: &[u8] = b"schema_version = 1\nname = \"x\"\nregisters = [\"register.toml\"]\n";
const TOPOLOGY_CSV: &[u8] = b"schema_version = 1\nname = \"x\"\nregisters = [\"register.csv\"]\n";
const TOPOLOGY_PACK: &[u8] = b"schema_version = 1\nname = \"x\"\nrule_pack = \"pack.toml\"\n";

fn device(vendor: &str, config: &[u8], companion: Option<(Companion, &[u8])>) {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let mut add = |name: &str, bytes: &[u8]| {
        sources.add(SitePath::new(name).expect("a path"), bytes, &limits).expect("small files")
    };
    let config = add("config", config);
    let companions: Vec<_> = companion.into_iter().map(|(kind, bytes)| (kind, add("companion", bytes))).collect();
    let interfaces = &[];
    let sources = &mut sources;
    let input = VendorInput { name: None, config, companions: &companions, interfaces, sources, limits: &limits };
    let mut reading = by_id(vendor).expect("a vendor").read(input);
    for device in &mut reading.devices {
        device.widen();
    }
    for found in &reading.diagnostics {
        let _ = (sources.excerpt(found.primary), sources.position(found.primary));
    }
}

struct Two<'a>(&'a [u8], &'a str, &'a [u8]);

impl FileSource for Two<'_> {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        match path.as_str() {
            "topology.toml" => Ok(self.0.to_vec()),
            name if name == self.1 => Ok(self.2.to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(Vec::new())
    }
}

fn site(topology: &[u8], name: &str, other: &[u8]) {
    if let Ok(site) = build(&Two(topology, name, other), VENDORS, &Limits::default()) {
        let _ = (register::read(&site), pack::chosen(&site));
    }
}
