//! The Linux kernel as a judge: what it does with packets is what both engines must say.
//!
//! Needs root, network namespaces and the tools of iptables and iproute2. Where something is missing the tests say so
//! on standard error and do nothing, unless `BUNRI_REQUIRE_LAB` is set: then that is a failure.
mod bench;
mod feature;
mod judge;
mod plan;
mod rules;
mod single;
mod sites;

use std::io::Write as _;

use bunri::cli::lab::space::Space;

/// Everything that is run inside.
const TOOLS: [&str; 10] = [
    "ip",
    "ss",
    "sysctl",
    "iptables-nft-restore",
    "iptables-nft-save",
    "ip6tables-nft-restore",
    "iptables-legacy-restore",
    "iptables-legacy-save",
    "ip6tables-legacy-restore",
    "ip6tables-legacy-save",
];

/// Standard error, past the test harness: nobody may overlook that a judge was absent.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A number from the environment: a seed, how many packets.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: `{text}`")))
}

fn missing() -> Option<String> {
    let space = match Space::new() {
        Ok(space) => space,
        Err(e) => return Some(e.to_string()),
    };
    let path = std::env::var("PATH").unwrap_or_default();
    let found = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).exists());
    if let Some(tool) = TOOLS.iter().find(|t| !found(t)) {
        return Some(format!("`{tool}` is not installed"));
    }
    space
        .run("ip", &["link", "add", "name", "left", "type", "veth", "peer", "name", "right"], "")
        .err()
        .map(|e| e.to_string())
}

/// Whether the kernel can be asked.
fn available() -> bool {
    let Some(why) = missing() else { return true };
    assert!(std::env::var_os("BUNRI_REQUIRE_LAB").is_none(), "the kernel laboratory is required: {why}");
    say(&format!("SKIPPED: the kernel laboratory did not run: {why}"));
    false
}
