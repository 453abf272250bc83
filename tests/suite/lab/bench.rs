//! A random router on the laboratory's bench.
use std::io;
use std::sync::LazyLock;

pub use bunri::cli::lab::bench::{Batch, Bench, Observed, Probe, lost};
use bunri::cli::lab::space::Space;
use bunri::cli::lab::wire::PROTOCOLS;

use super::plan::{INTERFACES, Plan};

/// Which of the two implementations loads and saves the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Legacy,
    Nft,
}

impl Backend {
    fn tool(self, family: &str, what: &str) -> String {
        let variant = match self {
            Backend::Legacy => "legacy",
            Backend::Nft => "nft",
        };
        format!("{family}-{variant}-{what}")
    }
}

/// What the router's own tools print of it.
pub struct Export {
    pub rules: String,
    pub rules6: String,
    pub addresses: String,
    pub routes: String,
    pub routes6: String,
    pub policy: String,
    pub policy6: String,
    pub sysctl: String,
}

/// The router that a plan describes.
pub fn bench(plan: &Plan) -> io::Result<Bench> {
    let bench = Bench::new(&INTERFACES)?;
    bench.set_up([&plan.ip, &plan.ip6], &plan.sysctl)?;
    Ok(bench)
}

/// What rules may look into. No export says what is in a set.
const SETS: &str = "create net4 hash:net family inet\nadd net4 10.1.0.0/24\nadd net4 10.2.5.5\nadd net4 203.0.113.0/29\n\
     create net6 hash:net family inet6\nadd net6 2001:db8:1::/64\nadd net6 2001:db8:2::9\n\
     create port4 hash:ip,port family inet\nadd port4 10.1.0.5,tcp:443\nadd port4 10.2.5.5,udp:53\n\
     create port6 hash:ip,port family inet6\nadd port6 2001:db8:1::5,tcp:443\n";

/// Whether there are sets here: a kernel may lack them.
pub fn sets() -> bool {
    static THERE: LazyLock<bool> = LazyLock::new(|| {
        let there = Space::new().and_then(|space| space.run("ipset", &["restore"], SETS));
        if let Err(e) = &there {
            super::say(&format!("kernel laboratory: no rules with sets: {e}"));
        }
        there.is_ok()
    });
    *THERE
}

/// Loads the rules of both families; the error is what the tool says.
pub fn load(space: &Space, backend: Backend, v4: &str, v6: &str) -> io::Result<()> {
    if sets() {
        // Those that are there already stay.
        space.run("ipset", &["-exist", "restore"], SETS)?;
    }
    space.run(&backend.tool("iptables", "restore"), &[], v4)?;
    space.run(&backend.tool("ip6tables", "restore"), &[], v6)?;
    Ok(())
}

/// What a box's own tools say of it.
pub fn export(space: &Space, backend: Backend) -> io::Result<Export> {
    let run = |program: &str, args: &[&str]| space.run(program, args, "");
    Ok(Export {
        rules: run(&backend.tool("iptables", "save"), &[])?,
        rules6: run(&backend.tool("ip6tables", "save"), &[])?,
        addresses: run("ip", &["addr", "show"])?,
        routes: run("ip", &["route", "show", "table", "all"])?,
        routes6: run("ip", &["-6", "route", "show", "table", "all"])?,
        policy: run("ip", &["rule", "show"])?,
        policy6: run("ip", &["-6", "rule", "show"])?,
        sysctl: run("sysctl", &["-a"])?,
    })
}

/// Protocols of probes: those whose delivery can be seen.
pub fn protocols() -> &'static [u8] {
    &PROTOCOLS
}
