//! FortiOS: exports that once read as something the device does not do.

use std::collections::BTreeSet;

use bunri::model::Radius;
use bunri::vendor::Reading;

use crate::fortios_walk::{packet, walk};
use crate::support::reading;

/// Two networks, a way out, and whatever else is said. Later blocks of the same name add to these.
pub fn firewall(more: &str) -> String {
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
pub fn accept(from: &str, to: &str) -> String {
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

pub fn read(text: &str) -> Reading {
    reading::read("fortios", "configs/fw.conf", text).reading
}

fn flow(text: &str, line: &str) -> BTreeSet<String> {
    let reading = read(text);
    let (ingress, flow) = packet(line);
    walk(&reading.devices[0], &ingress, flow)
}

pub fn taints(text: &str) -> Vec<Radius> {
    read(text).devices[0].taints.iter().map(|t| t.radius).collect()
}

/// How much is not known about the only device, or left to a sender.
fn causes(text: &str) -> usize {
    read(text).devices[0].causes.len()
}

/// Exactly these ends.
pub fn ends(text: &str, line: &str, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|e| (*e).to_owned()).collect();
    assert_eq!(flow(text, line), expected, "{line}");
}

/// A policy for IPv6 from `S6` with one more line.
fn six(line: &str) -> String {
    let objects = r#"config firewall address6
    edit "S6"
        set ip6 2001:db8:1::5/128
    next
end"#;
    let policy = accept("lan1", "lan2").replace("srcaddr \"all\"", "srcaddr6 \"S6\"");
    let policy = policy.replace("set dstaddr \"all\"", &format!("set dstaddr6 \"all\"\n        {line}"));
    firewall(&format!("{objects}\n{policy}"))
}

/// "When enabled srcaddr/srcaddr6 specifies what the source address must NOT be" (CLI 6.4 to 7.4).
#[test]
fn a_negation_may_reach_the_ipv6_addresses() {
    let other = "lan1 2001:db8:1::9 > 2001:db8:2::9 tcp/443";
    ends(&six("set srcaddr-negate enable"), other, &["lan2: policy 1", "drop: policy end"]);
    ends(&six("set srcaddr6-negate enable"), other, &["lan2: policy 1"]);
    let settled = "set srcaddr-negate enable\n        set srcaddr6-negate disable";
    ends(&six(settled), other, &["drop: policy end"]);
    ends(&six("set srcaddr-negate disable"), other, &["drop: policy end"]);
}

#[test]
fn the_negation_of_a_consolidated_policy_is_for_both_families() {
    let consolidated =
        |line: &str| six(line).replace("config firewall policy\n", "config firewall consolidated policy\n");
    let other = "lan1 2001:db8:1::9 > 2001:db8:2::9 tcp/443";
    ends(&consolidated("set srcaddr-negate enable"), other, &["lan2: policy 1"]);
    ends(&consolidated("set srcaddr-negate disable"), other, &["drop: policy end"]);
}

#[test]
fn the_far_network_of_a_tunnel_is_connected() {
    let tunnel = r#"config system interface
    edit "vpn1"
        set vdom "root"
        set ip 10.255.0.1 255.255.255.255
        set type tunnel
        set remote-ip 10.255.0.2 255.255.255.252
        set interface "wan1"
    next
end"#;
    let text = firewall(&format!("{tunnel}\n{}", accept("any", "any")));
    ends(&text, "lan1 10.1.0.9 > 10.255.0.2 tcp/443", &["vpn1: policy 1"]);
    ends(&text, "vpn1 10.255.0.2 > 10.1.0.9 tcp/443", &["lan1: policy 1"]);
    ends(&text, "vpn1 10.254.0.2 > 10.1.0.9 tcp/443", &["drop: source check on vpn1"]);
}

/// A dial-up gateway with these lines in its phase 1.
pub fn dial_up(lines: &str) -> String {
    let tunnel = format!(
        r#"config system interface
    edit "dial"
        set vdom "root"
        set type tunnel
        set interface "wan1"
    next
end
config vpn ipsec phase1-interface
    edit "dial"
        {lines}
        set interface "wan1"
    next
end"#
    );
    let (inward, across) = (accept("dial", "lan1"), accept("lan1", "lan2"));
    // A device writes one list.
    let list = format!(
        "{}{}",
        inward.trim_end_matches("end"),
        across.trim_start_matches("config firewall policy\n")
    );
    firewall(&format!("{tunnel}\n{list}"))
}

#[test]
fn peers_that_dial_in_bring_routes_along() {
    let inward = "dial 10.9.0.3 > 10.1.0.9 tcp/443";
    let (passes, drops) = ("lan1: policy 1", "drop: source check on dial");
    let range = "set mode-cfg enable\n set ipv4-start-ip 10.9.0.1\n set ipv4-end-ip 10.9.0.20";
    let outside = "dial 10.9.0.99 > 10.1.0.9 tcp/443";
    // A peer that brings its own networks may even take a nearer one.
    ends(&dial_up("set type dynamic"), inward, &[passes, drops, "drop: policy end"]);
    let bound = dial_up(&format!("set type dynamic\n{range}"));
    ends(&bound, inward, &[passes, drops]);
    ends(&bound, outside, &[drops]);
    // What the range bounds does not cloud the rest.
    ends(&bound, "lan1 10.1.0.9 > 10.2.0.9 tcp/443", &["lan2: policy 2"]);
    let free = format!("set type dynamic\n{range}\n set mode-cfg-allow-client-selector enable");
    ends(&dial_up(&free), outside, &[passes, drops, "drop: policy end"]);
    ends(&dial_up("set type dynamic\n set add-route disable"), inward, &[drops]);
    ends(&dial_up("set remote-gw 198.51.100.1"), inward, &[drops]);
}

#[test]
fn clients_of_ssl_vpn_come_with_the_addresses_of_its_pools() {
    let gateway = r#"config system interface
    edit "ssl.root"
        set vdom "root"
        set type tunnel
    next
end
config firewall address
    edit "POOL"
        set type iprange
        set start-ip 10.212.0.1
        set end-ip 10.212.0.9
    next
end
config vpn ssl web portal
    edit "full"
        set tunnel-mode enable
        set ip-pools "POOL"
    next
end
config vpn ssl settings
    set source-interface "wan1"
    set port 10443
end"#;
    let text = firewall(&format!("{gateway}\n{}", accept("ssl.root", "lan1")));
    let drop = "drop: source check on ssl.root";
    ends(&text, "ssl.root 10.212.0.3 > 10.1.0.9 tcp/443", &["lan1: policy 1", drop]);
    ends(&text, "ssl.root 10.213.0.3 > 10.1.0.9 tcp/443", &[drop]);
}

#[test]
fn virtual_ips_of_the_families_have_names_of_their_own() {
    let vip = r#"config firewall vip
    edit "web"
        set extip 192.0.2.10
        set extintf "any"
        set mappedip "10.1.0.10"
    next
end"#;
    let vip6 = r#"config firewall vip6
    edit "web"
        set extip 2001:db8:9::1
        set mappedip 2001:db8:1::10
    next
end"#;
    let policy = accept("wan1", "lan1").replace("dstaddr \"all\"", "dstaddr \"web\"");
    let text = firewall(&format!("{vip}\n{vip6}\n{policy}"));
    ends(&text, "wan1 198.51.100.1 > 192.0.2.10 tcp/443", &["lan1: web, policy 1 dst=10.1.0.10"]);
    let objects =
        "config firewall address6\n    edit \"web\"\n        set ip6 2001:db8:2::9/128\n    next\nend";
    let policy = accept("lan1", "lan2").replace("srcaddr \"all\"", "srcaddr6 \"all\"");
    let policy = policy.replace("dstaddr \"all\"", "dstaddr6 \"web\"");
    let text = firewall(&format!("{vip}\n{objects}\n{policy}"));
    ends(&text, "lan1 2001:db8:1::9 > 2001:db8:2::9 tcp/443", &["lan2: policy 1"]);
}

#[test]
fn a_virtual_ip_that_is_missing_from_its_group_is_not_forgotten() {
    let group = r#"config firewall vip
    edit "web"
        set extip 192.0.2.10
        set extintf "any"
        set mappedip "10.1.0.10"
    next
end
config firewall vipgrp
    edit "G"
        set member "web" "gone"
    next
end"#;
    let policy = accept("wan1", "lan1").replace("dstaddr \"all\"", "dstaddr \"G\"");
    let text = firewall(&format!("{group}\n{policy}"));
    ends(&text, "wan1 198.51.100.1 > 10.1.0.9 tcp/443", &["lan1: policy 1", "drop: policy end"]);
}

#[test]
fn a_mask_of_zero_compares_no_type_of_service() {
    let way = "lan1 10.1.0.9 > 10.2.0.9 tcp/443";
    let with = |lines: &str| {
        let deny = accept("lan1", "lan2").replace("accept", "deny");
        let deny = deny.replace("set schedule", &format!("{lines}\n        set schedule"));
        firewall(&format!("{deny}\n{}", accept("lan1", "lan2")))
    };
    ends(&with("set tos 0x00\n set tos-mask 0x00\n set tos-negate disable"), way, &["drop: policy 1"]);
    ends(&with("set tos 0x10\n set tos-mask 0x10"), way, &["drop: policy 1", "lan2: policy 2"]);
}

/// A value that is gone could have been any; a blanked secret could not matter.
#[test]
fn a_lost_value_is_not_the_default() {
    let way = "lan1 10.1.0.9 > 10.2.0.9 tcp/443";
    for (line, lost) in [("set action accept", "set action"), ("set srcaddr \"all\"", "set srcaddr")] {
        let text = firewall(&accept("lan1", "lan2").replace(line, lost));
        assert!(flow(&text, way).contains("lan2: policy 1 (unread)"), "{lost}");
    }
    let blank = dial_up("set psksecret");
    assert_eq!(taints(&blank), []);
}

/// `show full-configuration` writes `''` for nothing, and blocks that are off with their values.
#[test]
fn full_output_says_no_more_than_what_it_differs_in() {
    let plain = firewall(&accept("lan1", "lan2"));
    let (quiet, clean) = (causes(&plain), taints(&plain));
    assert_eq!(clean, []);
    for block in [
        "config system nat64\n    set status disable\n    set nat64-prefix 64:ff9b::/96\nend",
        "config system dns64\n    set status disable\n    set dns64-prefix 64:ff9b::/96\nend",
        "config vpn pptp\n    set status disable\n    set eip 0.0.0.0\n    set sip 0.0.0.0\n    set usrgrp ''\nend",
        "config firewall ipmacbinding setting\n    set bindthroughfw disable\n    set undefinedhost block\nend",
        "config firewall auth-portal\n    set portal-addr ''\n    set identity-based-route ''\nend",
        "config system standalone-cluster\n    set layer2-connection unavailable\n    set encryption disable\nend",
        "config system block-of-a-later-release\nend",
        "config system global\n    set default-service-source-port 1-65535\n    set multicast-forward enable\nend",
    ] {
        let text = firewall(&format!("{block}\n{}", accept("lan1", "lan2")));
        assert_eq!((causes(&text), taints(&text)), (quiet, vec![]), "{block}");
    }
    let empty = [
        "poolname ''",
        "vpntunnel ''",
        "groups ''",
        "webproxy-forward-server ''",
        "tos 0x00",
        "dscp-match disable",
        "decrypted-traffic-mirror ''",
        "permit-any-host disable",
        "eif-check disable",
        "natip 0.0.0.0 0.0.0.0",
    ];
    let lines: String = empty.iter().map(|e| format!("        set {e}\n")).collect();
    let policy =
        accept("lan1", "lan2").replace("        set schedule", &format!("{lines}        set schedule"));
    assert_eq!(causes(&firewall(&policy)), quiet);
    let interface =
        plain.replace("set type physical", "set management-ip 0.0.0.0 0.0.0.0\n        set type physical");
    assert_eq!(taints(&interface), []);
    let silent = "config router multicast\n    set multicast-routing disable\n    config pim-sm-global\n        set message-interval 60\n    end\nend";
    let text = plain.replace("config router multicast\nend", silent);
    assert_eq!(causes(&text), quiet);
    assert!(causes(&text.replace("routing disable", "routing enable")) > quiet);
}

#[test]
fn what_is_on_is_still_doubted() {
    let block = |text: &str| taints(&firewall(&format!("{text}\n{}", accept("lan1", "lan2"))));
    let nat64 = "config system nat64\n    set status enable\n    set nat64-prefix 64:ff9b::/96\nend";
    assert_eq!(block(nat64), [Radius::Device]);
    assert_eq!(block("config system block-of-a-later-release\n    set status enable\nend"), [Radius::Device]);
    let global = "config system global\n    set default-service-source-port 1024-65535\nend";
    assert_eq!(block(global).len(), 1);
}

/// Full-cone NAT and mirrors of decrypted traffic let packets out that no policy matches.
#[test]
fn a_policy_may_open_more_than_it_matches() {
    for line in [
        "permit-any-host enable",
        "eif-check enable",
        "decrypted-traffic-mirror \"m\"",
        "ssl-mirror enable",
        "nat46 enable",
        "nat64 enable",
    ] {
        let policy =
            accept("lan1", "wan1").replace("set schedule", &format!("set {line}\n        set schedule"));
        assert_eq!(taints(&firewall(&policy)).len(), 1, "{line}");
        let off = policy.replace("set srcintf", "set status disable\n        set srcintf");
        assert_eq!(taints(&firewall(&off)), [], "{line}");
    }
    let pool = |value: &str| {
        format!(
            "config firewall ippool\n    edit \"P\"\n        set type fixed-port-range\n        set startip 192.0.2.9\n        set endip 192.0.2.9\n        set permit-any-host {value}\n    next\nend"
        )
    };
    assert_eq!(taints(&firewall(&pool("enable"))).len(), 1);
    assert_eq!(taints(&firewall(&pool("disable"))), []);
}

/// A translation into the other family is none that the model can say: behind the box lies another question.
#[test]
fn a_change_of_the_family_is_no_matter_of_one_rule() {
    let central = |lines: &str| {
        firewall(&format!(
            "config firewall central-snat-map\n    edit 1\n        set srcintf \"lan1\"\n        set dstintf \"wan1\"\n        set orig-addr \"all\"\n        set dst-addr \"all\"\n        {lines}\n    next\nend"
        ))
    };
    assert_eq!(taints(&central("set nat46 enable")), [Radius::Device]);
    assert_eq!(taints(&central("set nat64 enable")), [Radius::Device]);
    assert_eq!(taints(&central("set nat46 disable")), []);
}

/// Under central translation a server goes out with the address of its virtual IP if that says so.
#[test]
fn a_virtual_ip_may_hide_its_server() {
    let with = |line: &str| {
        let vip = format!(
            "config firewall vip\n    edit \"V\"\n        set extip 192.0.2.99\n        set mappedip \"10.1.0.9\"\n        set extintf \"wan1\"\n{line}    next\nend"
        );
        let central = "config system settings\n    set central-nat enable\nend\nconfig firewall central-snat-map\n    edit 1\n        set srcintf \"lan1\"\n        set dstintf \"wan1\"\n        set orig-addr \"all\"\n        set dst-addr \"all\"\n    next\nend";
        let found = flow(
            &firewall(&format!("{vip}\n{central}\n{}", accept("lan1", "wan1"))),
            "lan1 10.1.0.9 > 203.0.113.9 tcp/443",
        );
        found.iter().filter(|way| way.contains("192.0.2.99")).count()
    };
    assert_eq!(with(""), 0);
    assert_eq!(with("        set nat-source-vip enable\n"), 1);
}

/// What stands in a zone is named by its zone: a denial that names the member may not be in force.
#[test]
fn a_policy_for_a_member_of_a_zone_is_not_relied_upon() {
    let zone = "config system zone\n    edit \"Z\"\n        set intrazone allow\n        set interface \"lan1\" \"lan2\"\n    next\nend";
    let deny = accept("lan1", "lan2").replace("set action accept", "set action deny");
    let way = "lan1 10.1.0.9 > 10.2.0.9 tcp/443";
    assert!(flow(&firewall(&format!("{zone}\n{deny}")), way).len() > 1);
    ends(&firewall(&deny), way, &["drop: policy 1"]);
}

#[test]
fn a_script_that_configures_makes_another_device() {
    let action = |script: &str| {
        firewall(&format!(
            "config system automation-action\n    edit \"x\"\n        set action-type cli-script\n        set script \"{script}\"\n    next\nend"
        ))
    };
    assert_eq!(taints(&action("get system status")), []);
    assert_eq!(taints(&action("execute backup config tftp a 10.1.0.9")), []);
    assert_eq!(taints(&action("config firewall policy\nedit 1\nset status enable\nend")), [Radius::Device]);
}

/// Every factory has a `modem` that asks for a lease and does nothing.
#[test]
fn the_modem_of_the_factory_is_not_a_way_out() {
    let modem = "config system interface\n    edit \"modem\"\n        set vdom \"root\"\n        set mode pppoe\n        set type physical\n    next\nend";
    let way = "lan1 10.1.0.9 > 10.2.0.9 tcp/443";
    let text = firewall(&format!("{modem}\n{}", accept("lan1", "lan2")));
    ends(&text, way, &["lan2: policy 1"]);
    let dials =
        format!("{modem}\nconfig system modem\n    set status enable\nend\n{}", accept("lan1", "lan2"));
    assert!(flow(&firewall(&dials), way).len() > 1);
}

#[test]
fn a_virtual_router_that_is_off_has_no_address() {
    let with = |status: &str| {
        let vrrp = format!(
            "set ip 10.2.0.1 255.255.255.0\n        config vrrp\n            edit 1\n                set vrip 10.2.0.200\n                set status {status}\n            next\n        end"
        );
        firewall(&accept("lan1", "lan2")).replace("set ip 10.2.0.1 255.255.255.0", &vrrp)
    };
    let way = "lan1 10.1.0.9 > 10.2.0.200 tcp/443";
    ends(&with("disable"), way, &["lan2: policy 1"]);
    // Another router may be the master.
    ends(&with("enable"), way, &["drop: local-in end", "lan2: policy 1"]);
}

#[test]
fn a_route_whose_gateway_is_leased_may_not_be_there() {
    let route = "config router static\n    edit 9\n        set dst 10.50.0.0 255.255.0.0\n        set device \"lan2\"\n        set dynamic-gateway enable\n    next\nend";
    let text = firewall(&format!("{route}\n{}", accept("lan1", "any")));
    ends(&text, "lan1 10.1.0.9 > 10.50.0.9 tcp/443", &["lan2: policy 1", "wan1: policy 1"]);
}

/// Groups that reach each other over and over end, and mean what their members mean.
#[test]
fn nested_groups_take_no_time() {
    let mut groups = String::new();
    for n in 0..60 {
        for name in ["G", "H"] {
            let m = n + 1;
            groups.push_str(&format!(
                "    edit \"{name}{n}\"\n        set member \"G{m}\" \"H{m}\"\n    next\n"
            ));
        }
    }
    let text = format!(
        "config firewall service custom\n    edit \"G60\"\n        set tcp-portrange 1\n    next\n    edit \"H60\"\n        set tcp-portrange 2\n    next\nend\nconfig firewall service group\n{groups}end\nconfig firewall schedule group\n{}    edit \"G60\"\n        set member \"always\" \"G0\"\n    next\nend\n{}",
        groups,
        accept("lan1", "lan2").replace("\"ALL\"", "\"G0\"").replace("\"always\"", "\"G0\""),
    );
    let text = firewall(&text);
    ends(&text, "lan1 10.1.0.9 > 10.2.0.9 tcp/2", &["lan2: policy 1"]);
    ends(&text, "lan1 10.1.0.9 > 10.2.0.9 tcp/3", &["drop: policy end"]);
}

/// Blocks of `config global` say something about the whole box, wherever somebody puts them.
#[test]
fn a_global_block_inside_a_vdom_is_seen() {
    let with = |block: &str| {
        format!(
            "config vdom\nedit root\nnext\nend\nconfig global\nend\nconfig vdom\nedit root\n{block}\nend\n"
        )
    };
    let interface =
        "config system interface\n    edit \"port9\"\n        set ip 10.9.0.1 255.255.255.0\n    next\nend";
    assert_eq!(taints(&with(interface)), [Radius::Device]);
    let tunnel = "config system gre-tunnel\n    edit \"g\"\n        set interface \"wan1\"\n    next\nend";
    assert_eq!(taints(&with(tunnel)), []);
}

/// Access lists drop before any policy, and can do nothing else: what no policy permits stays closed.
#[test]
fn an_access_list_only_drops() {
    let list = "config firewall acl\n    edit 1\n        set interface \"lan1\"\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set service \"ALL\"\n    next\nend\n";
    let open = firewall(&format!("{list}{}", accept("lan1", "lan2")));
    ends(&open, "lan1 10.1.0.9 > 10.2.0.9 tcp/443", &["drop: access list", "lan2: policy 1"]);
    ends(&open, "lan2 10.2.0.9 > 10.1.0.9 tcp/443", &["drop: policy end"]);
    let off = open.replace("set interface", "set status disable\n        set interface");
    ends(&off, "lan1 10.1.0.9 > 10.2.0.9 tcp/443", &["lan2: policy 1"]);
}

/// A range that runs backwards is a damaged one: it may be anything, not nothing.
#[test]
fn a_backward_range_may_be_anything() {
    let range = "config firewall address\n    edit \"all\"\n        set type iprange\n        set start-ip 10.9.0.9\n        set end-ip 1.9.0.20\n    next\nend\n";
    let text = firewall(&format!("{range}{}", accept("lan1", "lan2")));
    assert!(flow(&text, "lan1 10.1.0.9 > 10.2.0.9 tcp/443").len() > 1);
}

/// Entries of secondary addresses behind a switch that is off: nothing is certain on the interface.
#[test]
fn secondary_addresses_that_are_off_are_not_certain() {
    let with = |status: &str| {
        let more = format!(
            "set ip 10.2.0.1 255.255.255.0\n        set secondary-IP {status}\n        config secondaryip\n            edit 1\n                set ip 10.2.9.1 255.255.255.0\n            next\n        end"
        );
        firewall(&accept("lan1", "lan2")).replace("set ip 10.2.0.1 255.255.255.0", &more)
    };
    let way = "lan1 10.1.0.9 > 10.2.9.1 tcp/443";
    ends(&with("enable"), way, &["drop: local-in end"]);
    assert!(taints(&with("enable")).is_empty());
    assert!(matches!(taints(&with("disable")).as_slice(), [Radius::Interface(_)]));
}
