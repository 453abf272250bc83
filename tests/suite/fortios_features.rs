//! What becomes of each feature that exports name: it is modelled (both ways certain), it narrows a rule (inside its
//! bound nobody knows, outside it never matches), or it taints.

use std::collections::BTreeSet;

use crate::fortios_walk::{packet, walk};
use crate::support::reading::read;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Modelled,
    Narrows,
    Taints,
}

/// A box between `a` (10.1.0.0/24) and `b` (10.3.0.0/24), and what else it says.
fn firewall(more: &str) -> String {
    let port = |name: &str, address: &str| {
        format!(
            "    edit \"{name}\"\n        set vdom \"root\"\n        set ip {address} 255.255.255.0\n        set type physical\n    next\n"
        )
    };
    format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\nconfig system interface\n{}{}end\n{}{}{more}config router static\nend\n",
        port("a", "10.1.0.1"),
        port("b", "10.3.0.1"),
        address("all", ""),
        entry("firewall service custom", "ALL", "set protocol IP")
    )
}

fn entry(table: &str, name: &str, lines: &str) -> String {
    format!(
        "config {table}\n    edit \"{name}\"\n        {}\n    next\nend\n",
        lines.replace('\n', "\n        ")
    )
}

fn address(name: &str, lines: &str) -> String {
    entry("firewall address", name, lines)
}

/// An accepting policy to an address by a service, with more lines.
fn policy(target: &str, service: &str, more: &str) -> String {
    let lines = format!(
        "set srcintf \"a\"\nset dstintf \"b\"\nset action accept\nset srcaddr \"all\"\nset dstaddr \"{target}\"\nset schedule \"always\"\nset service \"{service}\"\n{more}"
    );
    entry("firewall policy", "1", &lines).replace("\"1\"", "1")
}

/// A policy to an object of this kind.
fn object(lines: &str) -> String {
    address("D", lines) + &policy("D", "ALL", "")
}

/// A policy to 10.3.0.9 by a service of this kind.
fn service(lines: &str) -> String {
    address("D", "set subnet 10.3.0.9 255.255.255.255")
        + &entry("firewall service custom", "S", lines)
        + &policy("D", "S", "")
}

/// A policy to 10.3.0.9 with more lines.
fn line(more: &str) -> String {
    address("D", "set subnet 10.3.0.9 255.255.255.255") + &policy("D", "ALL", more)
}

/// A packet to the last two numbers of an address, by a service.
fn to(target: &str) -> String {
    let (host, service) = target.split_once(' ').unwrap_or((target, "tcp/443"));
    format!("a 10.1.0.5 > 10.3.0.{host} {service}")
}

#[test]
fn every_named_feature_is_modelled_narrows_or_taints() {
    use Class::{Modelled, Narrows, Taints};
    let group = "set member \"N\"\nset exclude enable\nset exclude-member \"D\"";
    let excluding = address("D", "set subnet 10.3.0.9 255.255.255.255")
        + &address("N", "set subnet 10.3.0.0 255.255.255.0")
        + &entry("firewall addrgrp", "G", group)
        + &policy("G", "ALL", "");
    let both = |table: &str, lines: &str| line("") + &entry(table, "X", lines);
    for (feature, text, class, inside, outside) in [
        ("subnet", object("set subnet 10.3.0.9 255.255.255.255"), Modelled, "9", "8"),
        (
            "iprange",
            object("set type iprange\nset start-ip 10.3.0.5\nset end-ip 10.3.0.9"),
            Modelled,
            "5",
            "4",
        ),
        ("wildcard", object("set type wildcard\nset wildcard 10.3.0.9 255.255.0.255"), Modelled, "9", "8"),
        (
            "interface-subnet",
            object("set type interface-subnet\nset subnet 10.3.0.1 255.255.255.0\nset interface \"b\""),
            Modelled,
            "9",
            "",
        ),
        ("fqdn", object("set type fqdn\nset fqdn \"x.example.jp\""), Narrows, "9", ""),
        (
            "wildcard-fqdn",
            object("set type wildcard-fqdn\nset wildcard-fqdn \"*.example.jp\""),
            Narrows,
            "9",
            "",
        ),
        ("geography", object("set type geography\nset country \"JP\""), Narrows, "9", ""),
        ("dynamic", object("set type dynamic\nset sub-type sdn\nset sdn \"x\""), Narrows, "9", ""),
        ("mac", object("set type mac\nset macaddr \"00:00:5e:00:53:01\""), Narrows, "9", ""),
        ("exclude", excluding, Modelled, "8", "9"),
        ("tcp", service("set tcp-portrange 443"), Modelled, "9", "9 tcp/444"),
        (
            "dst:src",
            service("set tcp-portrange 443:1024-2048"),
            Modelled,
            "9 tcp/443 sport=1500",
            "9 tcp/443 sport=3000",
        ),
        ("udp", service("set udp-portrange 53 123-125"), Modelled, "9 udp/124", "9 udp/126"),
        ("sctp", service("set sctp-portrange 5000"), Modelled, "9 sctp/5000", "9 sctp/5001"),
        ("icmp", service("set protocol ICMP\nset icmptype 8"), Modelled, "9 icmp/8", "9 icmp/13"),
        ("ip", service("set protocol IP\nset protocol-number 47"), Modelled, "9 ip/47", "9 ip/50"),
        (
            "service iprange",
            service("set tcp-portrange 443\nset iprange 10.3.0.9-10.3.0.10"),
            Modelled,
            "9",
            "9 tcp/444",
        ),
        ("service fqdn", service("set tcp-portrange 443\nset fqdn \"x.example.jp\""), Narrows, "9", "8"),
        (
            "service of an application",
            service("set app-service-type app-id\nset application 15"),
            Narrows,
            "9",
            "8",
        ),
        ("dstaddr-negate", line("set dstaddr-negate enable"), Modelled, "8", "9"),
        ("srcaddr-negate", line("set srcaddr-negate enable"), Modelled, "", "9"),
        ("service-negate", line("set service-negate enable"), Modelled, "", "9"),
        (
            "internet-service",
            line("set internet-service enable\nset internet-service-name \"X\""),
            Narrows,
            "8",
            "",
        ),
        (
            "internet-service-src",
            line("set internet-service-src enable\nset internet-service-src-name \"X\""),
            Narrows,
            "9",
            "8",
        ),
        ("users", line("set groups \"x\""), Narrows, "9", "8"),
        ("reputation", line("set reputation-minimum 3"), Narrows, "9", "8"),
        ("ztna", line("set ztna-status enable\nset ztna-ems-tag \"x\""), Narrows, "9", "8"),
        ("vlan-filter", line("set vlan-filter \"1-5\""), Narrows, "9", "8"),
        ("a word nobody knows", line("set frobnicate enable"), Narrows, "9", ""),
        (
            "profiles",
            line("set utm-status enable\nset application-list \"x\"\nset av-profile \"x\""),
            Modelled,
            "9",
            "8",
        ),
        ("security-policy", both("firewall security-policy", "set srcintf \"a\""), Taints, "9", ""),
        ("virtual wire pair", both("system virtual-wire-pair", "set member \"a\" \"b\""), Taints, "9", ""),
        ("vip46", both("firewall vip46", "set extip 10.3.0.80"), Taints, "9", ""),
        ("vxlan", both("system vxlan", "set interface \"a\"\nset vni 5"), Taints, "9", ""),
        ("an unknown block", both("frobnicate things", "set x y"), Taints, "9", ""),
    ] {
        let read = read("fortios", "configs/fw.conf", firewall(&text));
        let device = &read.reading.devices[0];
        let ends = |target: &str| -> BTreeSet<String> {
            let (ingress, flow) = packet(&to(target));
            walk(device, &ingress, flow)
        };
        let passes = |ends: &BTreeSet<String>| ends.iter().any(|e| e.starts_with("b:"));
        assert_eq!(!device.taints.is_empty(), class == Taints, "{feature}: {:?}", device.taints);
        if !inside.is_empty() && class != Taints {
            let found = ends(inside);
            assert!(passes(&found), "{feature}: {found:?}");
            assert_eq!(found.len() == 1, class == Modelled, "{feature}: {found:?}");
        }
        if !outside.is_empty() {
            let found = ends(outside);
            assert!(!passes(&found), "{feature}: {found:?}");
        }
    }
}
