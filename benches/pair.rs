//! One zone pair with very many policies over objects and groups, in either family: what a question costs, and how
//! that grows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use bunri::analysis::answer::Verdict;
use bunri::model::Family;

use crate::median;
use crate::rule_lists::Rng;
use crate::sites::{Door, Memory, ask, read};

/// Address objects per zone; a tenth as many groups.
const HOSTS: usize = 2_000;
const SERVICES: usize = 300;

/// Letter and second byte of the networks of each zone; between the first two stand all policies but the last, which
/// opens, or does not open, the way to the third.
const ZONES: [(char, usize, &str); 3] =
    [('m', 21, "individual-number"), ('s', 24, "other"), ('i', 23, "internet")];

fn fortigate(policies: usize, family: Family, door: Door) -> Memory {
    let mut g = Rng(7);
    let mut site = String::from("schema_version = 1\nname = \"bench\"\n");
    let mut conf = String::from(
        "#config-version=FG600F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n#global_vdom=1\n\
         config system global\n    set hostname \"FW\"\nend\nconfig system interface\n",
    );
    let mut attach = String::from("[[device]]\nname = \"FW\"\nconfig = \"FW.conf\"\n[device.attach]\n");
    for (letter, net, role) in ZONES {
        writeln!(site, "[[zone]]\nid = \"{letter}\"\nname = \"{letter}\"\nrole = \"{role}\"").unwrap();
        writeln!(attach, "{letter}0 = \"{letter}\"").unwrap();
        writeln!(
            conf,
            "    edit \"{letter}0\"\n        set vdom \"root\"\n        set ip 10.{net}.0.1 255.255.0.0\n        \
             config ipv6\n            set ip6-address 2001:db8:{net}::1/64\n        end\n    next"
        )
        .unwrap();
    }
    for (letter, net, _) in ZONES {
        writeln!(
            site,
            "[[segment]]\nid = \"{letter}\"\nzone = \"{letter}\"\nprefixes = [\"10.{net}.0.0/16\", \
             \"2001:db8:{net}::/64\"]\ncomplete = true"
        )
        .unwrap();
    }
    objects(&mut conf, family, &mut g);
    conf.push_str("config firewall policy\n");
    let sides = match family {
        Family::V4 => ["srcaddr", "dstaddr"],
        Family::V6 => ["srcaddr6", "dstaddr6"],
    };
    let pick = |g: &mut Rng, letter: char| match g.below(10) {
        0 => format!("\"{letter}_g{}\"", g.below(HOSTS / 10)),
        1 | 2 => format!("\"{letter}_h{}\" \"{letter}_h{}\"", g.below(HOSTS), g.below(HOSTS)),
        _ => format!("\"{letter}_h{}\"", g.below(HOSTS)),
    };
    for id in 1..=policies {
        let last = id == policies;
        let to = if last { 'i' } else { 's' };
        let deny = if last { door == Door::Shut } else { g.below(20) == 0 };
        writeln!(
            conf,
            "    edit {id}\n        set srcintf \"m0\"\n        set dstintf \"{to}0\"\n        set action {}\n        \
             set {} {}\n        set {} {}\n        set schedule \"always\"\n        set service \"s{}\"\n    next",
            if deny { "deny" } else { "accept" },
            sides[0],
            pick(&mut g, 'm'),
            sides[1],
            pick(&mut g, to),
            g.below(SERVICES)
        )
        .unwrap();
    }
    conf.push_str("end\nconfig router static\nend\nconfig router multicast\nend\n");
    let files = [("topology.toml", site + &attach), ("FW.conf", conf)];
    Memory(BTreeMap::from(files.map(|(name, text)| (name.to_owned(), text.into_bytes()))))
}

fn objects(conf: &mut String, family: Family, g: &mut Rng) {
    let (address, group) = match family {
        Family::V4 => ("address", "addrgrp"),
        Family::V6 => ("address6", "addrgrp6"),
    };
    writeln!(conf, "end\nconfig firewall {address}").unwrap();
    for (letter, net, _) in ZONES {
        for n in 0..HOSTS {
            let (third, host) = (g.below(256), 2 + g.below(200));
            let body = match (family, n % 10) {
                (Family::V4, 0) => format!(
                    "set type iprange\n        set start-ip 10.{net}.{third}.{host}\n        \
                     set end-ip 10.{net}.{third}.{}",
                    host + 40
                ),
                (Family::V4, 1) => format!("set subnet 10.{net}.{third}.0 255.255.255.0"),
                (Family::V4, 2) => format!("set subnet 10.{net}.{third}.{} 255.255.255.240", host / 16 * 16),
                (Family::V4, _) => format!("set subnet 10.{net}.{third}.{host} 255.255.255.255"),
                (Family::V6, 1) => format!("set ip6 2001:db8:{net}::{third:x}:0/112"),
                (Family::V6, 2) => format!("set ip6 2001:db8:{net}::{third:x}:{:x}/124", host / 16 * 16),
                (Family::V6, _) => format!("set ip6 2001:db8:{net}::{third:x}:{host:x}/128"),
            };
            writeln!(conf, "    edit \"{letter}_h{n}\"\n        {body}\n    next").unwrap();
        }
    }
    writeln!(conf, "end\nconfig firewall {group}").unwrap();
    for (letter, ..) in ZONES {
        for n in 0..HOSTS / 10 {
            let members: Vec<String> =
                (0..2 + g.below(8)).map(|_| format!("\"{letter}_h{}\"", g.below(HOSTS))).collect();
            writeln!(conf, "    edit \"{letter}_g{n}\"\n        set member {}\n    next", members.join(" "))
                .unwrap();
        }
    }
    conf.push_str("end\nconfig firewall service custom\n");
    for n in 0..SERVICES {
        let port = 1024 + g.below(50_000);
        let body = match n % 6 {
            0 => format!("set udp-portrange {port}"),
            1 => format!("set tcp-portrange {port}-{}", port + 20),
            _ => format!("set tcp-portrange {port}"),
        };
        writeln!(conf, "    edit \"s{n}\"\n        {body}\n    next").unwrap();
    }
    conf.push_str(
        "end\nconfig firewall schedule recurring\n    edit \"always\"\n        set day sunday monday tuesday \
         wednesday thursday friday saturday\n    next\nend\n",
    );
}

/// The questions of one pair, proved and refuted with a witness.
pub fn grow(counts: &[usize]) {
    let mut before: Option<(usize, f64)> = None;
    for count in counts.iter().copied() {
        let [four, six] = [Family::V4, Family::V6].map(|family| {
            let files = fortigate(count, family, Door::Open);
            let reading = median(1, || {
                black_box(read(&files));
            });
            let site = read(&files);
            let mut verdict = Verdict::Holds;
            let open = median(1, || verdict = ask(&site, [0], 2).verdict);
            assert_eq!(verdict, Verdict::Violated, "{count} policies");
            drop(site);
            let site = read(&fortigate(count, family, Door::Shut));
            let shut = median(1, || verdict = ask(&site, [0], 2).verdict);
            assert_eq!(verdict, Verdict::Holds, "{count} policies");
            (reading, open, shut)
        });
        // The exponent of the growth since the row before: 1 is linear, 2 quadratic.
        let power = before.map(|(n, ms)| (four.2 / ms).ln() / (count as f64 / n as f64).ln());
        let power = power.map_or(String::new(), |p| format!("  grows as n^{p:.2}"));
        println!(
            "{count:>6} policies, one pair  read {:>8.0} ms  open with witness {:>8.1} ms  shut {:>8.1} ms  \
             IPv6 / IPv4 {:.2}x{power}{}",
            four.0,
            four.1,
            four.2,
            six.2 / four.2,
            peak()
        );
        before = Some((count, four.2));
    }
}

/// The most memory that the process had so far, where the system says.
pub fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.map_or(String::new(), |kb| format!("  peak so far {} MB", kb / 1024))
}
