//! One coverage-guided target: `READER` says which reader gets the bytes. See README.md.
#![no_main]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs, io};

use bunri::checks::{CheckError, Options, assess};
use bunri::network::{FileSource, build};
use bunri::source::sheet::Workbook;
use bunri::source::{Limits, SitePath, Sources};
use bunri::vendor::{Companion, VENDORS, VendorInput, by_id};
use libfuzzer_sys::fuzz_target;

static READER: LazyLock<String> =
    LazyLock::new(|| env::var("READER").expect("READER: which reader? See README.md"));
/// The site of which one file is fuzzed.
static SITE: LazyLock<Folder> = LazyLock::new(|| Folder::read(&env::var("SITE").expect("SITE: a folder")));
static FILE: LazyLock<String> = LazyLock::new(|| env::var("FILE").expect("FILE: a file of the site"));

fuzz_target!(|data: &[u8]| {
    match READER.as_str() {
        vendor @ ("fortios" | "ios" | "axs" | "awplus" | "iptables") => device(vendor, data, None),
        "fortios-rib" => device("fortios", FORTIOS, Some((Companion::Routes, data))),
        "ios-rib" => device("ios", b"hostname x\n", Some((Companion::Routes, data))),
        "axs-rib" => device("axs", b"#configuration list for AX3660S-24T4XW\nhostname \"SW\"\n!\n", Some((Companion::Routes, data))),
        "ip-addr" => device("iptables", RULES, Some((Companion::Addresses, data))),
        "ip-route" => device("iptables", RULES, Some((Companion::Routes, data))),
        "ip-rule" => device("iptables", RULES, Some((Companion::Rules, data))),
        "sysctl" => device("iptables", RULES, Some((Companion::Sysctl, data))),
        "xlsx" => workbook(data),
        "site" => site(data),
        other => panic!("READER={other}: no such reader"),
    }
});

const RULES: &[u8] = b"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const FORTIOS: &[u8] =
    b"config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1 255.255.255.0\nnext\nend\n";

/// Reads a device; every place that is told can be shown.
fn device(vendor: &str, config: &[u8], companion: Option<(Companion, &[u8])>) {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let mut add = |name: &str, bytes: &[u8]| {
        sources.add(SitePath::new(name).expect("a path"), bytes, &limits).expect("small files")
    };
    let config = add("config", config);
    let companions: Vec<_> = companion.into_iter().map(|(kind, bytes)| (kind, add("companion", bytes))).collect();
    let sources = &mut sources;
    let input =
        VendorInput { name: None, config, companions: &companions, interfaces: &[], sources, limits: &limits };
    let mut reading = by_id(vendor).expect("a vendor").read(input);
    for device in &mut reading.devices {
        device.widen();
    }
    for found in &reading.diagnostics {
        let _ = (sources.excerpt(found.primary), sources.position(found.primary));
    }
}

fn workbook(data: &[u8]) {
    if let Ok(mut book) = Workbook::open(data) {
        for name in ["S", "Sheet1", "管理表"] {
            let _ = book.sheet(name);
        }
    }
}

/// Checks a site of which one file has other bytes: the two engines never disagree.
fn site(data: &[u8]) {
    let files = One { others: &SITE, name: &FILE, bytes: data };
    let Ok(site) = build(&files, VENDORS, &Limits::default()) else { return };
    let options = Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() };
    match assess(&site, &options) {
        Ok(_) | Err(CheckError::Register(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// The files of a site.
struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    fn read(root: &str) -> Self {
        let (mut out, mut open) = (BTreeMap::new(), vec![PathBuf::from(root)]);
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let name = path.strip_prefix(Path::new(root)).expect("below").to_str().expect("UTF-8").to_owned();
                out.insert(name, fs::read(&path).expect("a file"));
            }
        }
        Folder(out)
    }
}

struct One<'a> {
    others: &'a Folder,
    name: &'a str,
    bytes: &'a [u8],
}

impl FileSource for One<'_> {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        let named = path.as_str() == self.name;
        let bytes = if named { Some(self.bytes) } else { self.others.0.get(path.as_str()).map(Vec::as_slice) };
        Ok(bytes.ok_or(io::ErrorKind::NotFound)?.to_vec())
    }

    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(self.others.0.keys().filter_map(|name| SitePath::new(name).ok()).collect())
    }
}
