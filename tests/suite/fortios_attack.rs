//! FortiOS: exports that once read as something the device does not do.

use std::collections::BTreeSet;

use bunri::model::{CauseKind, Radius};
use bunri::source::{Limits, SitePath, Sources};
use bunri::vendor::{self, Reading, VendorInput};

use crate::fortios_walk::{packet, walk};

/// Two networks, a way out, and whatever else is said. Later blocks of the same name add to these.
fn firewall(more: &str) -> String {
    format!(
        r#"#config-version=FG100F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
#conf_file_ver=1
#buildno=1639
#global_vdom=1
config system global
    set hostname "FW"
end
config system interface
    edit "lan1"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
        set type physical
        config ipv6
            set ip6-address 2001:db8:1::1/64
        end
    next
    edit "lan2"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
        set type physical
        config ipv6
            set ip6-address 2001:db8:2::1/64
        end
    next
    edit "wan1"
        set vdom "root"
        set ip 192.0.2.1 255.255.255.0
        set type physical
    next
end
{more}
config router static
    edit 1
        set gateway 192.0.2.254
        set device "wan1"
    next
end
config router multicast
end
"#
    )
}

/// One accepting policy from and to these, for everything.
fn accept(from: &str, to: &str) -> String {
    format!(
        r#"config firewall policy
    edit 0
        set srcintf "{from}"
        set dstintf "{to}"
        set action accept
        set srcaddr "all"
        set dstaddr "all"
        set schedule "always"
        set service "ALL"
    next
end"#
    )
}

fn read(text: &str) -> Reading {
    let mut sources = Sources::new();
    let limits = Limits::default();
    let file = sources.add(SitePath::new("configs/fw.conf").unwrap(), text.as_bytes(), &limits).unwrap();
    let fortios = vendor::by_id("fortios").unwrap();
    fortios.read(VendorInput {
        name: None,
        config: file,
        companions: &[],
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    })
}

fn flow(text: &str, line: &str) -> BTreeSet<String> {
    let reading = read(text);
    let (ingress, flow) = packet(line);
    walk(&reading.devices[0], &ingress, flow)
}

fn taints(text: &str) -> Vec<Radius> {
    read(text).devices[0].taints.iter().map(|t| t.radius).collect()
}

/// What is not known about the only device, in words.
fn unknown(text: &str) -> Vec<String> {
    let reading = read(text);
    let causes = reading.devices[0].causes.iter().filter(|c| c.kind == CauseKind::Unknown);
    causes.map(|c| c.what.text(bunri::source::Lang::En).to_owned()).collect()
}

fn passes(found: &BTreeSet<String>, egress: &str) -> bool {
    found.iter().any(|f| f.starts_with(egress))
}

#[test]
fn probe() {
    let show = |name: &str, text: &str, line: &str| {
        println!("== {name}: {line}");
        for f in flow(text, line) {
            println!("     {f}");
        }
        println!("   taints {:?} unknown {:?}", taints(text), unknown(text));
    };
    let pol6 = r#"config firewall address6
    edit "S6"
        set ip6 2001:db8:1::5/128
    next
end
config firewall policy
    edit 1
        set srcintf "lan1"
        set dstintf "lan2"
        set action accept
        set srcaddr6 "S6"
        set dstaddr6 "all"
        set srcaddr-negate enable
        set schedule "always"
        set service "ALL"
    next
end"#;
    show("negate6", &firewall(pol6), "lan1 2001:db8:1::9 > 2001:db8:2::9 tcp/443");
    let tun = format!(
        "{}\n{}",
        r#"config system interface
    edit "vpn1"
        set vdom "root"
        set ip 10.255.0.1 255.255.255.255
        set type tunnel
        set remote-ip 10.255.0.2 255.255.255.252
        set interface "wan1"
    next
end"#,
        accept("any", "any")
    );
    show("remote-ip", &firewall(&tun), "lan1 10.1.0.9 > 10.255.0.2 tcp/443");
    show("remote-ip back", &firewall(&tun), "vpn1 10.255.0.2 > 10.1.0.9 tcp/443");
    let dial = format!(
        "{}\n{}",
        r#"config system interface
    edit "dial"
        set vdom "root"
        set type tunnel
        set interface "wan1"
    next
end
config vpn ipsec phase1-interface
    edit "dial"
        set type dynamic
        set interface "wan1"
        set mode-cfg enable
        set ipv4-start-ip 10.9.0.1
        set ipv4-end-ip 10.9.0.20
    next
end
config vpn ipsec phase2-interface
    edit "dial"
        set phase1name "dial"
    next
end"#,
        accept("dial", "lan1")
    );
    show("dialup", &firewall(&dial), "dial 10.9.0.3 > 10.1.0.9 tcp/443");
    show("dialup other", &firewall(&dial), "lan1 10.1.0.3 > 10.2.0.9 tcp/443");
    let vip = format!(
        "{}\n{}",
        r#"config firewall vip
    edit "web"
        set extip 192.0.2.10
        set extintf "any"
        set mappedip "10.1.0.10"
    next
end
config firewall vip6
    edit "web"
        set extip 2001:db8:9::1
        set mappedip 2001:db8:1::10
    next
end"#,
        accept("wan1", "lan1").replace("\"all\"\n        set schedule", "\"web\"\n        set schedule")
    );
    show("vip and vip6", &firewall(&vip), "wan1 198.51.100.1 > 192.0.2.10 tcp/443");
    let vip = r#"config firewall vip
    edit "web"
        set extip 192.0.2.10
        set extintf "any"
        set mappedip "10.1.0.10"
    next
end
config firewall address6
    edit "web"
        set ip6 2001:db8:2::9/128
    next
end
config firewall policy
    edit 1
        set srcintf "lan1"
        set dstintf "lan2"
        set action accept
        set srcaddr6 "all"
        set dstaddr6 "web"
        set schedule "always"
        set service "ALL"
    next
end"#;
    show("vip and address6", &firewall(vip), "lan1 2001:db8:1::9 > 2001:db8:2::9 tcp/443");
    let tos = format!(
        "{}\n{}",
        accept("lan1", "lan2").replace("accept", "deny").replace(
            "set schedule",
            "set tos 0x00\n        set tos-mask 0x00\n        set tos-negate disable\n        set schedule"
        ),
        accept("lan1", "lan2")
    );
    show("tos", &firewall(&tos), "lan1 10.1.0.9 > 10.2.0.9 tcp/443");
    let bare = accept("lan1", "lan2").replace("set action accept", "set action");
    show("bare action", &firewall(&bare), "lan1 10.1.0.9 > 10.2.0.9 tcp/443");
    let bare = accept("lan1", "lan2").replace("set srcintf \"lan1\"", "set srcintf \"lan1\"\n set status");
    show("bare status", &firewall(&bare), "lan1 10.1.0.9 > 10.2.0.9 tcp/443");
    let modem = format!(
        "{}\n{}",
        r#"config system interface
    edit "modem"
        set vdom "root"
        set mode pppoe
        set type physical
        set snmp-index 5
    next
end"#,
        accept("lan1", "lan2")
    );
    show("modem", &firewall(&modem), "lan1 10.1.0.9 > 10.2.0.9 tcp/443");
    let mc = firewall(&accept("lan1", "lan2")).replace("config router multicast\nend", "config router multicast\n    set route-threshold 2147483647\n    set route-limit 2147483647\n    set multicast-routing disable\n    config pim-sm-global\n        set message-interval 60\n        set register-rate-limit 0\n    end\nend");
    show("multicast full", &mc, "lan1 10.1.0.9 > 239.1.1.1 udp/443");
    let chain: String = (0..16).map(|n| format!("    edit \"G{n}\"\n        set member \"G{}\" \"H{}\"\n    next\n    edit \"H{n}\"\n        set member \"G{}\" \"H{}\"\n    next\n", n + 1, n + 1, n + 1, n + 1)).collect();
    let services = format!(
        "config firewall service custom\nedit G16\nset tcp-portrange 1\nnext\nedit H16\nset tcp-portrange 2\nnext\nend\nconfig firewall service group\n{chain}end\nconfig firewall policy\nedit 1\nset srcintf lan1\nset dstintf lan2\nset srcaddr all\nset dstaddr all\nset service G0\nset action accept\nset schedule always\nnext\nend"
    );
    for (name, block) in [
        (
            "nat64",
            "config system nat64\n    set status disable\n    set nat64-prefix 64:ff9b::/96\n    set always-synthesize-aaaa-record enable\nend",
        ),
        ("dns64", "config system dns64\n    set status disable\n    set dns64-prefix 64:ff9b::/96\nend"),
        (
            "pptp",
            "config vpn pptp\n    set status disable\n    set eip 0.0.0.0\n    set sip 0.0.0.0\n    set usrgrp ''\nend",
        ),
        (
            "ipmac",
            "config firewall ipmacbinding setting\n    set bindthroughfw disable\n    set bindtofw disable\n    set undefinedhost block\nend",
        ),
        (
            "portal",
            "config firewall auth-portal\n    set portal-addr ''\n    set portal-addr6 ''\n    set identity-based-route ''\nend",
        ),
        (
            "cluster",
            "config system standalone-cluster\n    set standalone-group-id 0\n    set group-member-id 0\n    set layer2-connection unavailable\n    unset session-sync-dev\n    set encryption disable\nend",
        ),
        ("unknown empty", "config system something-new\nend"),
        (
            "mirror",
            "config firewall decrypted-traffic-mirror\n    edit \"m\"\n        set interface \"lan2\"\n    next\nend",
        ),
        (
            "script",
            "config system automation-action\n    edit \"x\"\n        set action-type cli-script\n        set script \"config firewall policy\n edit 1\n set status enable\n end\"\n    next\nend",
        ),
        (
            "sched",
            "config firewall schedule group\n    edit \"A\"\n        set member \"A\" \"A\"\n    next\nend\nconfig firewall policy\n edit 1\n set srcintf lan1\n set dstintf lan2\n set srcaddr all\n set dstaddr all\n set service ALL\n set action accept\n set schedule A\n next\nend",
        ),
        ("services", &services),
        ("settings", "config system settings\n    set comments ''\n    set opmode nat\nend"),
    ] {
        let text = firewall(&format!("{block}\n{}", accept("lan1", "lan2")));
        println!("== {name}: {:?} {:?}", taints(&text), unknown(&text));
    }
    let mirror = accept("lan1", "wan1")
        .replace("set schedule", "set decrypted-traffic-mirror \"m\"\n        set schedule");
    println!("== mirror policy: {:?}", taints(&firewall(&mirror)));
    let vrrp = firewall(&accept("lan1", "lan2")).replace("set ip 10.2.0.1 255.255.255.0", "set ip 10.2.0.1 255.255.255.0\n        config vrrp\n            edit 1\n                set vrip 10.2.0.200\n                set status disable\n            next\n        end");
    show("vrrp", &vrrp, "lan1 10.1.0.9 > 10.2.0.200 tcp/443");
}
