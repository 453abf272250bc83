//! A generated FortiGate export as a bigger town has it: virtual domains, thousands of policies over objects and
//! groups, virtual IPs, pools, both families, inspection profiles. Nothing in it may be unread.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bunri::analysis::answer::{Level, Verdict};
use bunri::source::LineState;

use crate::support::tiny::{assess, site_of, verdict};

/// Zone letter, second byte of its networks, zone id, role.
const ZONES: [(&str, u32, &str, &str); 3] =
    [("m", 21, "MYN", "individual-number"), ("l", 22, "LGW", "lgwan"), ("i", 23, "INT", "internet")];

/// A small generator with a fixed seed: the same export every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n)) as u32
    }
}

/// Topology and configuration with so many policies, and so many interfaces per zone.
fn town(policies: u32, ports: u32) -> (String, String) {
    (topology(ports), config(policies, ports))
}

fn topology(ports: u32) -> String {
    let mut text = String::new();
    for (_, _, id, role) in ZONES {
        let _ = writeln!(text, "[[zone]]\nid = \"{id}\"\nname = \"{id}\"\nrole = \"{role}\"");
    }
    for (letter, net, id, _) in ZONES {
        for n in 0..ports {
            let _ = writeln!(
                text,
                "[[segment]]\nid = \"{letter}{n}\"\nzone = \"{id}\"\nprefixes = [\"10.{net}.{n}.0/24\", \"2001:db8:{net}:{n}::/64\"]\ncomplete = true"
            );
        }
    }
    text.push_str("[[device]]\nname = \"FW\"\nconfig = \"FW.conf\"\n[device.attach]\n");
    for (letter, ..) in ZONES {
        for n in 0..ports {
            let _ = writeln!(text, "{letter}{n} = \"{letter}{n}\"");
        }
    }
    text
}

fn config(policies: u32, ports: u32) -> String {
    let mut dice = Dice(7);
    let mut text = String::from(
        "#config-version=FG600F-7.2.8-FW-build1639-240313:opmode=0:vdom=1:user=admin\n#conf_file_ver=310248817355102\n#buildno=1639\n#global_vdom=1\n\nconfig vdom\nedit root\nnext\nedit SANSO\nnext\nend\n\nconfig global\nconfig system global\n    set hostname \"FW\"\n    set vdom-mode multi-vdom\nend\n",
    );
    interfaces(&mut text, ports);
    text.push_str("end\n\nconfig vdom\nedit root\nconfig system settings\nend\nconfig router static\nend\nconfig router multicast\nend\nend\n\nconfig vdom\nedit SANSO\nconfig system settings\nend\n");
    objects(&mut text, ports, &mut dice);
    profiles(&mut text);
    text.push_str("config firewall policy\n");
    for id in 1..=policies {
        policy(&mut text, id, ports, &mut dice);
    }
    text.push_str("end\nconfig router static\nend\nconfig router multicast\nend\nend\n");
    text
}

fn interfaces(text: &mut String, ports: u32) {
    text.push_str("config system interface\n");
    for port in ["port1", "port2", "port3"] {
        let _ = writeln!(
            text,
            "    edit \"{port}\"\n        set vdom \"SANSO\"\n        set type physical\n    next"
        );
    }
    for (at, (letter, net, ..)) in (1..).zip(ZONES) {
        for n in 0..ports {
            let _ = writeln!(
                text,
                "    edit \"{letter}{n}\"\n        set vdom \"SANSO\"\n        set ip 10.{net}.{n}.1 255.255.255.0\n        set allowaccess ping\n        set device-identification enable\n        set role lan\n        config ipv6\n            set ip6-address 2001:db8:{net}:{n}::1/64\n        end\n        set interface \"port{at}\"\n        set vlanid {}\n    next",
                u32::from(letter.as_bytes()[0]) * 10 + n
            );
        }
    }
    text.push_str("end\n");
}

/// Objects per zone: hosts, groups of hosts, services.
const HOSTS: u32 = 400;
const GROUPS: u32 = 80;
const SERVICES: u32 = 120;

fn objects(text: &mut String, ports: u32, dice: &mut Dice) {
    let table = |text: &mut String, path: &str| {
        let _ = writeln!(text, "config firewall {path}");
    };
    table(text, "address");
    text.push_str("    edit \"all\"\n    next\n    edit \"none\"\n        set subnet 0.0.0.0 255.255.255.255\n    next\n");
    for (letter, net, ..) in ZONES {
        for n in 0..HOSTS {
            let (third, host) = (dice.below(ports), 2 + dice.below(200));
            let body = match n % 5 {
                0 => format!(
                    "set type iprange\n        set start-ip 10.{net}.{third}.{host}\n        set end-ip 10.{net}.{third}.{}",
                    host + 40
                ),
                1 => format!("set subnet 10.{net}.{third}.{} 255.255.255.240", host / 16 * 16),
                _ => format!("set subnet 10.{net}.{third}.{host} 255.255.255.255"),
            };
            let _ = writeln!(
                text,
                "    edit \"{letter}_h{n}\"\n        set comment \"端末{n}\"\n        {body}\n    next"
            );
        }
    }
    text.push_str("end\n");
    table(text, "address6");
    text.push_str("    edit \"all\"\n    next\n");
    for (letter, net, ..) in ZONES {
        for n in 0..HOSTS / 4 {
            let (third, host) = (dice.below(ports), dice.below(0xFFFF));
            let _ = writeln!(
                text,
                "    edit \"{letter}6_h{n}\"\n        set ip6 2001:db8:{net}:{third}::{host:x}/128\n    next"
            );
        }
    }
    text.push_str("end\n");
    table(text, "addrgrp");
    for (letter, ..) in ZONES {
        for n in 0..GROUPS {
            let mut members: Vec<String> =
                (0..3 + dice.below(8)).map(|_| format!("\"{letter}_h{}\"", dice.below(HOSTS))).collect();
            if n > 0 && n % 4 == 0 {
                members.push(format!("\"{letter}_g{}\"", n - 1));
            }
            let exclude = if n % 9 == 0 {
                format!(
                    "\n        set exclude enable\n        set exclude-member \"{letter}_h{}\"",
                    dice.below(HOSTS)
                )
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "    edit \"{letter}_g{n}\"\n        set member {}{exclude}\n    next",
                members.join(" ")
            );
        }
    }
    text.push_str("end\n");
    services(text, dice);
    vips(text, ports);
}

fn services(text: &mut String, dice: &mut Dice) {
    text.push_str("config firewall service custom\n    edit \"ALL\"\n        set category \"General\"\n        set protocol IP\n    next\n");
    for n in 0..SERVICES {
        let port = 1024 + dice.below(50_000);
        let body = match n % 6 {
            0 => format!("set udp-portrange {port}"),
            1 => format!("set tcp-portrange {port}-{}", port + 20),
            2 => format!("set tcp-portrange {port}:1024-65535 {}", port + 1),
            3 => "set protocol ICMP\n        set icmptype 8".to_owned(),
            _ => format!("set tcp-portrange {port}"),
        };
        let _ = writeln!(text, "    edit \"s{n}\"\n        {body}\n    next");
    }
    text.push_str("end\nconfig firewall service group\n");
    for n in 0..SERVICES / 6 {
        let members: Vec<String> = (0..4).map(|_| format!("\"s{}\"", dice.below(SERVICES))).collect();
        let _ = writeln!(text, "    edit \"sg{n}\"\n        set member {}\n    next", members.join(" "));
    }
    text.push_str("end\nconfig firewall schedule recurring\n    edit \"always\"\n        set day sunday monday tuesday wednesday thursday friday saturday\n    next\nend\n");
}

fn vips(text: &mut String, ports: u32) {
    text.push_str("config firewall vip\n");
    for (letter, net, ..) in ZONES {
        for n in 0..ports {
            let forward = if n % 2 == 0 {
                "\n        set portforward enable\n        set extport 8443\n        set mappedport 443"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "    edit \"{letter}_v{n}\"\n        set extip 10.{net}.{n}.250\n        set mappedip \"10.{net}.{}.10\"\n        set extintf \"{letter}{n}\"{forward}\n    next",
                (n + 1) % ports
            );
        }
    }
    text.push_str("end\nconfig firewall ippool\n");
    for (letter, net, ..) in ZONES {
        for n in 0..ports {
            let _ = writeln!(
                text,
                "    edit \"{letter}_p{n}\"\n        set startip 10.{net}.{n}.240\n        set endip 10.{net}.{n}.243\n    next"
            );
        }
    }
    text.push_str("end\n");
}

fn profiles(text: &mut String) {
    text.push_str("config antivirus profile\n    edit \"av\"\n        config http\n            set av-scan block\n        end\n    next\nend\nconfig ips sensor\n    edit \"ips\"\n        config entries\n            edit 1\n                set severity high critical\n                set status enable\n            next\n        end\n    next\nend\n");
}

fn policy(text: &mut String, id: u32, ports: u32, dice: &mut Dice) {
    // Policies that are switched off lead from each zone to the next.
    let at = if id % 25 == 1 { (id / 25 % 3) as usize } else { dice.below(3) as usize };
    let (letter, ..) = ZONES[at];
    let mut other = letter;
    let (from, to) = (dice.below(ports), dice.below(ports));
    let mut lines = String::new();
    let mut action = "set action accept\n        ";
    let pick = |dice: &mut Dice| match dice.below(3) {
        0 => format!("\"{letter}_g{}\"", dice.below(GROUPS)),
        1 => format!("\"{letter}_h{}\" \"{letter}_h{}\"", dice.below(HOSTS), dice.below(HOSTS)),
        _ => format!("\"{letter}_h{}\"", dice.below(HOSTS)),
    };
    let (mut src, mut dst) = (pick(dice), pick(dice));
    match id % 25 {
        // Across zones: denied, or switched off.
        0 => (other, action) = (ZONES[dice.below(3) as usize].0, ""),
        1 if id > 25 => {
            other = ZONES[(at + 1) % 3].0;
            dst = "\"all\"".to_owned();
            lines.push_str("set status disable\n        ");
        }
        2 => {
            dst = format!("\"{letter}_v{from}\"");
        }
        3..=6 => {
            let _ = write!(
                lines,
                "set srcaddr6 \"{letter}6_h{}\"\n        set dstaddr6 \"{letter}6_h{}\"\n        ",
                dice.below(HOSTS / 4),
                dice.below(HOSTS / 4)
            );
        }
        7..=9 => lines.push_str(
            "set utm-status enable\n        set av-profile \"av\"\n        set ips-sensor \"ips\"\n        ",
        ),
        10 => {
            let _ = write!(
                lines,
                "set nat enable\n        set ippool enable\n        set poolname \"{letter}_p{to}\"\n        "
            );
        }
        11 => lines.push_str("set nat enable\n        "),
        12 => src = "\"all\"".to_owned(),
        _ => {}
    }
    let service = if dice.below(3) == 0 {
        format!("\"sg{}\"", dice.below(SERVICES / 6))
    } else {
        format!("\"s{}\" \"s{}\"", dice.below(SERVICES), dice.below(SERVICES))
    };
    let _ = writeln!(
        text,
        "    edit {id}\n        set name \"rule{id}\"\n        set srcintf \"{letter}{from}\"\n        set dstintf \"{other}{to}\"\n        {action}set srcaddr {src}\n        set dstaddr {dst}\n        {lines}set schedule \"always\"\n        set service {service}\n        set logtraffic all\n        set comments \"申請番号 {id}\"\n    next"
    );
}

/// Everything read, nothing undecided: the zones are apart.
#[test]
fn a_generated_town_is_read_in_full_and_holds() {
    let (topology, text) = town(60, 3);
    let site = site_of(&topology, &[("FW.conf", &text)], bunri::vendor::VENDORS);
    let open = [LineState::Unrecognized, LineState::Unmodelled, LineState::Partial];
    let file = site.sources.files().find(|(_, f)| f.path().as_str() == "FW.conf").unwrap().0;
    let left = site.lines.lines_in(&site.sources, file, &open);
    assert!(left.is_empty(), "{left:?}");
    for device in &site.devices {
        assert!(device.device.taints.is_empty(), "{:?}", device.device.taints);
    }
    let all = assess(&site);
    for (id, level) in [("M-1", Level::Packet), ("L-1", Level::Packet), ("Q-1", Level::None)] {
        let found = all.assertions.iter().find(|a| a.id == id && a.level == level).unwrap();
        assert_eq!(found.verdict, Verdict::Holds, "{id}: {:?}", found.culprits);
    }
    // The policies that are switched off lead from each zone to the next.
    let hole = text.replacen("set status disable", "set status enable", 40);
    let site = site_of(&topology, &[("FW.conf", &hole)], bunri::vendor::VENDORS);
    assert_eq!(verdict(&site, "M-1", Level::Packet), Verdict::Violated);
}

/// Writes a town of 3,000 policies, for measuring `bunri check` on it.
#[test]
#[ignore = "writes a site for measurements"]
fn write_a_town_of_3000_policies() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("town-3000");
    fs::create_dir_all(&folder).unwrap();
    let (topology, text) = town(3000, 20);
    fs::write(folder.join("topology.toml"), format!("schema_version = 1\nname = \"T\"\n{topology}")).unwrap();
    fs::write(folder.join("FW.conf"), text).unwrap();
}
