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

/// The line that puts an interface into its VRF, and a route that may lead into another, reach over all of them.
#[test]
fn what_may_join_vrfs_taints_all_of_them() {
    let text = fixture("core.conf");
    for (from, to) in [
        ("interface Vlan120\n vrf forwarding MYN", "interface Vlan120\n vrf forwardinX MYN"),
        ("interface Vlan220\n vrf forwarding LGW", "interface Vlan220\n vrf forwarding LGW LGW"),
        (
            "ip route vrf MYN 0.0.0.0 0.0.0.0 10.21.255.1",
            "ip route vrf MYN 0.0.0.0 0.0.0.0 10.21.255.1 glXbal",
        ),
        ("vrf definition LGW", "vrf definitXon LGW"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(text, damaged, "{from}");
        assert!(Read::of("ios", &damaged).device_taint(), "{to}");
    }
}

/// A number generator that needs nothing.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
    /// An address of a small space, so that lists and packets meet.
    fn address(&mut self) -> u32 {
        0x0A00_0000 | ((self.roll(4) as u32) << 16) | ((self.roll(4) as u32) << 8) | self.roll(8) as u32
    }
    fn wild(&mut self) -> u32 {
        [0u32, 1, 0xFF, 0xFE, 0x0000_FF00, 0x0001_0001, 0x0003_0005, 0x00FF_00FF, 0x0003_FFFF, u32::MAX]
            [self.roll(10) as usize]
    }
}

/// Lists with odd masks against a bit-by-bit reading of them.
#[test]
fn odd_wildcard_masks_mean_what_their_bits_say() {
    let mut dice = Dice(20_260_317);
    let dotted = |a: u32| std::net::Ipv4Addr::from(a).to_string();
    for round in 0..60 {
        let mut entries = Vec::new();
        let mut text = String::from(
            "hostname R\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.0.0.0\n ip access-group L in\n!\ninterface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n!\nip route 0.0.0.0 0.0.0.0 192.0.2.9\n!\nip access-list extended L\n",
        );
        for _ in 0..1 + dice.roll(7) {
            let (permit, src, wild, port) =
                (dice.roll(2) == 0, dice.address(), dice.wild(), dice.roll(3) as u16);
            let (dst, hole) = (0xC633_6400 | dice.roll(8) as u32, [0u32, 2, 5, 0xFF][dice.roll(4) as usize]);
            let action = if permit { "permit" } else { "deny" };
            text += &format!(
                " {action} tcp {} {} {} {} range 0 {port}\n",
                dotted(src),
                dotted(wild),
                dotted(dst),
                dotted(hole)
            );
            entries.push((permit, src, wild, dst, hole, port));
        }
        text += "!\nend\n";
        let read = Read::of("ios", &text);
        for _ in 0..120 {
            let (src, dst, port) = (dice.address(), 0xC633_6400 | dice.roll(8) as u32, dice.roll(4) as u16);
            let hit = entries
                .iter()
                .find(|(_, s, w, d, h, p)| (src ^ s) & !w == 0 && (dst ^ d) & !h == 0 && port <= *p);
            let permitted = hit.is_some_and(|e| e.0);
            let line = format!("x {} > {} tcp/{port}", dotted(src), dotted(dst));
            let probe = ("R".to_owned(), "GigabitEthernet0/0".to_owned(), line);
            let found = passes(&read, &probe).unwrap();
            // The device's own address is its own.
            if src != 0x0A00_0001 {
                assert_eq!(!found.is_empty(), permitted, "round {round}: {probe:?}\n{text}");
            }
        }
    }
}

/// One policy in two languages lets the same packets through.
#[test]
fn one_policy_in_two_languages_is_one_set_of_packets() {
    let ios = "hostname R\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n ip access-group P in\n!\ninterface GigabitEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n!\nip access-list extended P\n permit tcp 10.1.0.0 0.0.0.127 host 10.2.0.10 eq 443\n deny udp any any eq 53\n permit udp 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255 range 50 60\n!\nend\n";
    let fortios = "config system interface\nedit \"a\"\nset ip 10.1.0.1 255.255.255.0\nnext\nedit \"b\"\nset ip 10.2.0.1 255.255.255.0\nnext\nend\nconfig firewall address\nedit \"S1\"\nset subnet 10.1.0.0 255.255.255.128\nnext\nedit \"S2\"\nset subnet 10.1.0.0 255.255.255.0\nnext\nedit \"D1\"\nset subnet 10.2.0.10 255.255.255.255\nnext\nedit \"D2\"\nset subnet 10.2.0.0 255.255.255.0\nnext\nend\nconfig firewall service custom\nedit \"T443\"\nset tcp-portrange 443\nnext\nedit \"U53\"\nset udp-portrange 53\nnext\nedit \"U50\"\nset udp-portrange 50-60\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf \"a\"\nset dstintf \"b\"\nset srcaddr \"S1\"\nset dstaddr \"D1\"\nset action accept\nset schedule \"always\"\nset service \"T443\"\nnext\nedit 2\nset srcintf \"a\"\nset dstintf \"b\"\nset srcaddr \"all\"\nset dstaddr \"all\"\nset schedule \"always\"\nset service \"U53\"\nnext\nedit 3\nset srcintf \"a\"\nset dstintf \"b\"\nset srcaddr \"S2\"\nset dstaddr \"D2\"\nset action accept\nset schedule \"always\"\nset service \"U50\"\nnext\nend\n";
    let reads =
        [("R", "GigabitEthernet0/0", Read::of("ios", ios)), ("fortigate", "a", Read::of("fortios", fortios))];
    let mut passed = 0;
    for src in ["10.1.0.5", "10.1.0.127", "10.1.0.128", "10.1.0.254"] {
        for dst in ["10.2.0.9", "10.2.0.10", "10.2.0.254"] {
            for service in
                ["tcp/442", "tcp/443", "tcp/444", "udp/49", "udp/50", "udp/53", "udp/60", "udp/61", "icmp/8"]
            {
                let line = format!("x {src} > {dst} {service}");
                let through: Vec<bool> = reads
                    .iter()
                    .map(|(device, ingress, read)| {
                        let probe = ((*device).to_owned(), (*ingress).to_owned(), line.clone());
                        !passes(read, &probe).unwrap().is_empty()
                    })
                    .collect();
                assert_eq!(through[0], through[1], "{line}");
                passed += usize::from(through[0]);
            }
        }
    }
    assert!(passed > 20, "{passed}");
}

/// Two tunnels with one name in most people's heads: `ipinip` and `nos`.
#[test]
fn tunnels_in_lists_are_told_apart() {
    for (word, passing) in [("ipinip", 4), ("nos", 94), ("gre", 47), ("esp", 50), ("ahp", 51), ("pcp", 108)] {
        let text = format!(
            "hostname R\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.0.0.0\n ip access-group L in\n!\ninterface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n!\nip access-list extended L\n permit {word} any any\n!\nend\n"
        );
        let read = Read::of("ios", &text);
        for number in [4, 47, 50, 51, 94, 108] {
            let line = format!("x 10.0.0.9 > 192.0.2.9 ip/{number}");
            let probe = ("R".to_owned(), "GigabitEthernet0/0".to_owned(), line);
            assert_eq!(!passes(&read, &probe).unwrap().is_empty(), number == passing, "{word} {number}");
        }
    }
}
