//! Attacks on the reader of the IOS family: no line may be lost, garbled or cut without a sign of it.

use bunri::model::{CauseKind, Device};

use crate::fortios_walk::{packet, walk};
use crate::ios::{Read, fixture};

/// Packets, each with the device and interface it arrives at, that every damage is judged by.
fn probes(name: &str) -> Vec<(String, String, String)> {
    let mut device = String::new();
    let mut out = Vec::new();
    for line in fixture(name).lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(named) = line.strip_prefix("device ") {
            device = named.to_owned();
            continue;
        }
        let flow = line.split(" =>").next().unwrap();
        let words: Vec<&str> = flow.split_whitespace().collect();
        let at = words.iter().position(|w| *w == ">").unwrap();
        out.push((device.clone(), words[..at - 1].join(" "), format!("x {}", words[at - 1..].join(" "))));
    }
    out
}

/// Where a packet surely does not go: the egresses it cannot take, as the device says.
fn passes(read: &Read, probe: &(String, String, String)) -> Option<std::collections::BTreeSet<String>> {
    let (device, ingress, flow) = probe;
    let found: Option<&Device> = read.reading.devices.iter().find(|d| d.name == *device);
    let device = found.filter(|d| d.interface(ingress).is_some())?;
    let ends = walk(device, ingress, packet(flow).1);
    let end = |e: &String| e.split(": ").next().unwrap_or("").to_owned();
    Some(
        ends.iter()
            .map(end)
            .filter(|e| !matches!(e.as_str(), "drop" | "discard" | "no route" | "reject"))
            .collect(),
    )
}

fn says_so(read: &Read) -> usize {
    let causes =
        |d: &Device| d.causes.iter().filter(|c| c.kind == CauseKind::Unknown).count() + d.taints.len();
    read.reading.devices.iter().map(causes).sum::<usize>() + read.reading.diagnostics.len()
}

/// A garbled word either changes nothing that passes, or somebody is told. (Deleting a whole statement makes another
/// well-formed configuration; what has a shape of its own is in the tests of the fixtures.)
#[test]
fn a_garbled_line_never_closes_or_opens_anything_silently() {
    for (vendor, name) in [
        ("ios", "core.conf"),
        ("ios", "acl.conf"),
        ("ios", "border.conf"),
        ("axs", "axs.conf"),
        ("awplus", "awplus.conf"),
    ] {
        let text = fixture(name);
        let before = Read::of(vendor, &text);
        let probes = probes(&name.replace(".conf", ".flows"));
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let keyword = line.split_whitespace().next().unwrap_or("");
            let free =
                line.trim().is_empty() || line.trim_start().starts_with(['!', '#']) || line.contains("***");
            let named = matches!(keyword, "description" | "remark" | "name" | "hostname" | "interface")
                || line.contains("with care")
                || line.contains("remark");
            if free || (named && keyword != "interface") {
                continue;
            }
            let garbled = line.replacen(keyword, &format!("{keyword}\u{FFFD}"), 1);
            let damaged = [&lines[..at], &[garbled.as_str()], &lines[at + 1..]].concat().join("\n") + "\n";
            let after = Read::of(vendor, &damaged);
            let silent = says_so(&after) <= says_so(&before);
            for probe in &probes {
                let (old, new) = (passes(&before, probe), passes(&after, probe));
                assert!(
                    !silent || old == new,
                    "{name}:{} `{line}` garbled: {probe:?} {old:?} {new:?}",
                    at + 1
                );
            }
        }
    }
}

/// What was known to pass may pass, whatever word of a list's entry is lost.
#[test]
fn an_entry_that_lost_a_word_may_do_anything() {
    let text = fixture("acl.conf");
    let lines: Vec<&str> = text.lines().collect();
    let probes = probes("acl.flows");
    let before = Read::of("ios", &text);
    for (at, line) in lines.iter().enumerate() {
        let entry = line.contains(" permit ") || line.contains(" deny ");
        if !entry {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        for lost in 0..words.len() {
            let rest: Vec<&str> =
                words.iter().enumerate().filter(|(i, _)| *i != lost).map(|(_, w)| *w).collect();
            let indent = if line.starts_with(' ') { " " } else { "" };
            let damaged = [&lines[..at], &[format!("{indent}{}", rest.join(" ")).as_str()], &lines[at + 1..]]
                .concat()
                .join("\n")
                + "\n";
            let after = Read::of("ios", &damaged);
            let told = says_so(&after) > says_so(&before);
            let still_an_entry = after.rest().len() <= before.rest().len();
            for probe in &probes {
                let (old, new) = (passes(&before, probe), passes(&after, probe));
                // Either the line reads otherwise (a number, an option less), or the reader says that it does not.
                assert!(
                    old == new || told || still_an_entry,
                    "{} `{line}` without word {lost}: {probe:?}",
                    at + 1
                );
            }
        }
    }
}
