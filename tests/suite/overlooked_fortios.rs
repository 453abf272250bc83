//! FortiOS: settings by which packets, or what is carried on for others, go where no policy of the export says, and
//! which once were overlooked.

use bunri::analysis::answer::{Assertion, Level, Verdict};
use bunri::model::Radius;
use bunri::source::Lang;

use crate::fortios_attack::{dial_up, ends, firewall, read, taints};
use crate::fortios_ha::{config, pair};
use crate::overlooked::{Edit, town, verdict};
use crate::support::tiny;

const FIREWALL: &str = "configs/FW-WAKABA01_20260310.conf";
const TOPOLOGY: &str = "topology.toml";

/// Whether it is known whom the box asks for names on behalf of its clients.
fn asks_the_named(more: &str) -> bool {
    let dns = "config system dns\n    set primary 10.1.0.53\nend\nconfig system dns-server\n    edit \"lan1\"\n    next\nend";
    let text = firewall(&format!("{dns}\n{more}"));
    let reading = read(&text);
    let relays = &reading.devices[0].relays;
    assert_eq!(relays.len(), 1);
    relays[0].carried.as_ref().unwrap().servers.is_some()
}

/// Resolvers that come with a lease take the place of those in the file, unless a line says otherwise.
#[test]
fn resolvers_may_come_with_a_lease() {
    let port = |lines: &str| {
        format!(
            "config system interface\n    edit \"lan3\"\n        set vdom \"root\"\n        {lines}\n    next\nend"
        )
    };
    assert!(asks_the_named(&port("set mode static")));
    assert!(!asks_the_named(&port("set mode dhcp")));
    assert!(!asks_the_named(&port("set mode pppoe\n        set dns-server-override enable")));
    assert!(asks_the_named(&port("set mode dhcp\n        set dns-server-override disable")));
    // The modem that every box has from the factory.
    assert!(asks_the_named(&port("set mode pppoe\n        set status down")));
    let six = |lines: &str| port(&format!("config ipv6\n            {lines}\n        end"));
    assert!(asks_the_named(&six("set ip6-mode static")));
    assert!(!asks_the_named(&six("set ip6-mode dhcp")));
    assert!(!asks_the_named(&six("set autoconf enable")));
    assert!(asks_the_named(&six("set ip6-mode dhcp\n            set ip6-dns-server-override disable")));
    assert!(asks_the_named("config system modem\n    set status disable\nend"));
    assert!(!asks_the_named("config system modem\n    set status enable\nend"));
}

/// The box fetches its users' sessions from a service outside.
#[test]
fn a_reverse_connector_lets_in_without_a_policy() {
    for block in ["reverse-connector", "traffic-forward-proxy-reverse-service"] {
        let with = |status: &str| {
            firewall(&format!(
                "config ztna {block}\n    edit \"RC\"\n        set status {status}\n        set address \"198.51.100.9\"\n        \
                 set port 9443\n    next\nend"
            ))
        };
        assert_eq!(taints(&with("enable")), [Radius::Device], "{block}");
    }
    assert_eq!(taints(&firewall("config ztna reverse-connector\nend")), []);
}

/// Copies leave by other members than the packets themselves.
#[test]
fn duplicates_leave_by_other_members() {
    let with = |how: &str| {
        firewall(&format!(
            "config system sdwan\n    set status enable\n    config members\n        edit 1\n            set interface \
             \"wan1\"\n        next\n    end\n    config duplication\n        edit 1\n            {how}\n        next\n    \
             end\nend"
        ))
    };
    assert_eq!(taints(&with("set packet-duplication force")), [Radius::Routing]);
    assert_eq!(taints(&with("set packet-duplication disable")), []);
}

/// A second phase adds the routes that the first one does not.
#[test]
fn routes_of_a_second_phase() {
    let second = |add: &str| {
        let block = format!(
            "config vpn ipsec phase2-interface\n    edit \"p2\"\n        set phase1name \"dial\"\n        set add-route {add}\n    \
             next\nend\nconfig router static\n"
        );
        dial_up("set type dynamic\n set add-route disable").replace("config router static\n", &block)
    };
    let (inward, drops) = ("dial 10.9.0.3 > 10.1.0.9 tcp/443", "drop: source check on dial");
    ends(&second("phase1"), inward, &[drops]);
    ends(&second("disable"), inward, &[drops]);
    ends(&second("enable"), inward, &["lan1: policy 1", drops, "drop: policy end"]);
}

/// A DHCP relay and an NTP server carry leases and time between those who ask and the servers that are written, and nothing
/// else: harmless within a tier, a way where the servers stand in another.
#[test]
fn leases_and_time_go_where_their_servers_are() {
    const WAKABA: &str = "configs/FW-WAKABA01_20260310.conf";
    let card = "        set ip 10.61.20.1 255.255.255.0\n";
    let relay = |server: &str| {
        let lines =
            format!("{card}        set dhcp-relay-service enable\n        set dhcp-relay-ip \"{server}\"\n");
        town("wakaba", &[(WAKABA, card, &lines)])
    };
    let time = |server: &str, kind: &str| {
        let block = format!(
            "config system ntp\n    set ntpsync enable\n    set type {kind}\n    set server-mode enable\n    set interface \"v22_naibu_pc\"\n    config ntpserver\n        edit 1\n            set server \"{server}\"\n        next\n    end\nend\n"
        );
        town("wakaba", &[(WAKABA, "", &block)])
    };
    let m1 = |answers: &[Assertion]| [verdict(answers, "M-2", "host"), verdict(answers, "L-1", "host")];
    assert_eq!(m1(&relay("10.61.10.11")), [Verdict::Holds; 2]);
    assert_ne!(m1(&relay("10.62.20.11")), [Verdict::Holds; 2]);
    assert_ne!(m1(&relay("dhcp.example.jp")), [Verdict::Holds; 2]);
    assert_eq!(m1(&time("10.61.10.11", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("10.62.20.11", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("ntp.example.jp", "custom")), [Verdict::Holds; 2]);
    assert_ne!(m1(&time("10.61.10.11", "fortiguard")), [Verdict::Holds; 2]);
}

/// What 若葉町 is told of one question after some edits.
fn wakaba(edits: &[Edit<'_>], id: &str, level: &str) -> Verdict {
    verdict(&town("wakaba", edits), id, level)
}

/// A policy that accepts everything, as the last one.
fn opens(from: &str, to: &str) -> String {
    format!(
        "config firewall policy\n    edit 995\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n        \
         set action accept\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        \
         set service \"ALL\"\n    next\nend\n"
    )
}

/// FortiLink on one port is up as any port is; what is made of ports and has none is not.
#[test]
fn a_fortilink_on_one_port_has_a_link() {
    let up = |lines: &str| {
        let text = firewall(&format!(
            "config system interface\n    edit \"fl\"\n        set vdom \"root\"\n        set fortilink enable\n        \
             set ip 10.255.1.1 255.255.255.0\n        {lines}\n    next\nend"
        ));
        let reading = read(&text);
        let device = &reading.devices[0];
        device.interfaces[device.interface("fl").unwrap().index()].up
    };
    assert!(up("set type physical"));
    for made in ["aggregate", "redundant", "hard-switch", "switch"] {
        assert!(!up(&format!("set type {made}")), "{made}");
        assert!(up(&format!("set type {made}\n        set member \"lan1\"")), "{made}");
    }
    let port = "    edit \"port1\"\n        set vdom \"root\"\n";
    let linked = format!("{port}        set fortilink enable\n        set ip 10.255.1.1 255.255.255.0\n");
    let door = opens("port1", "v11_kikan_sv");
    let door = door.strip_suffix("end\n").unwrap();
    let edits = [(FIREWALL, port, &*linked), (FIREWALL, "config firewall policy\n", door)];
    assert_eq!(wakaba(&edits, "M-1", "packet"), Verdict::Undetermined);
}

/// Switches under the box's management that are given routes, scripts or mirrors by its own file.
#[test]
fn managed_switches_act_beside_the_policies() {
    let switch = |inner: &str| {
        firewall(&format!(
            "config switch-controller managed-switch\n    edit \"S124\"\n        set fsw-wan1-peer \"fortilink\"\n        \
             {inner}\n    next\nend"
        ))
    };
    let table = |name: &str, entries: &[&str]| {
        let entries = entries.iter().enumerate();
        let entries = entries.map(|(n, lines)| format!("edit {n}x\n{lines}\nnext\n")).collect::<String>();
        format!("config {name}\n{entries}end")
    };
    let svi =
        |status: &str| table("system-interface", &["set vlan \"v1\"", &format!("set vlan \"v2\"\n{status}")]);
    let doubted = [
        switch(&svi("")),
        switch(&table("router-static", &["set gateway 10.2.0.1"])),
        switch(&table("custom-command", &["set command-name \"c\""])),
        switch(&table("mirror", &["set status active\nset dst \"port2\"\nset src-ingress \"port1\""])),
        firewall(&table(
            "switch-controller custom-command",
            &["set command \"config system interface %0a\""],
        )),
        firewall(&format!(
            "config switch-controller global\n{}\nend",
            table("custom-command", &["set command-name \"c\""])
        )),
        firewall(
            "config switch-controller traffic-sniffer\nset erspan-ip 10.2.0.9\nconfig target-ip\nedit 10.1.0.9\nnext\nend\nend",
        ),
    ];
    for text in &doubted {
        assert_eq!(taints(text).first(), Some(&Radius::Device), "{text}");
    }
    let silent = [
        switch("set version 1"),
        switch(&table("system-interface", &["set vlan \"v1\""])),
        switch(&svi("set status disable")),
        switch(&table("router-static", &["set status disable"])),
        switch(&table("mirror", &["set status inactive\nset dst \"port2\""])),
        switch(&table("ports", &["set vlan \"v1\"", "set vlan \"v2\""])),
        firewall(
            "config switch-controller traffic-sniffer\nset mode erspan-auto\nset erspan-ip 0.0.0.0\nend",
        ),
        firewall("config switch-controller global\nset https-image-push enable\nend"),
    ];
    for text in &silent {
        assert_eq!(taints(text), [], "{text}");
    }
}

/// Programs that use the REST API come from hosts of their own.
#[test]
fn programs_come_from_trusted_hosts_of_their_own() {
    let page = "        set vlanid 32\n";
    let open = "        set vlanid 32\n        set allowaccess https ssh ping\n";
    let x2 = |network: &str| {
        let program = format!(
            "config system api-user\n    edit \"api\"\n        set accprofile \"super_admin\"\n        config trusthost\n            \
             edit 1\n                set ipv4-trusthost {network}\n            next\n        end\n    next\nend\n"
        );
        let answers = town("wakaba", &[(FIREWALL, page, open), (FIREWALL, "", &program)]);
        let asked = answers.iter().filter(|a| a.id == "X-2");
        asked.map(|a| a.verdict).collect::<Vec<_>>()
    };
    assert!(x2("10.62.20.0 255.255.255.0").contains(&Verdict::Undetermined));
    assert!(x2("0.0.0.0 0.0.0.0").contains(&Verdict::Undetermined));
    assert!(x2("10.63.0.10 255.255.255.255").iter().all(|v| *v == Verdict::Holds));
}

/// By an exception the missing member need not be like this one; what both except is no difference to complain of.
#[test]
fn exceptions_from_synchronisation() {
    let except = |object: &str| {
        format!("config system vdom-exception\n    edit 1\n        set object {object}\n    next\nend")
    };
    let alone = |object: &str| pair(&config("FW", &except(object)), None);
    let said = |site: &bunri::network::Site| {
        let texts = site.devices.iter().flat_map(|d| &d.device.assumptions);
        texts.filter(|a| a.text(Lang::En).contains("other member")).count()
    };
    let (open, closed) = (alone("firewall.vip"), alone("log.syslogd.setting"));
    assert_eq!(tiny::verdict(&open, "M-1", Level::Packet), Verdict::Undetermined);
    assert_eq!(tiny::verdict(&closed, "M-1", Level::Packet), Verdict::Holds);
    assert_eq!((said(&open), said(&closed)), (0, 1));
    let first = config("FW", &except("router.static"));
    let second = first.replace(
        "config router static\nend",
        "config router static\n    edit 1\n        set device \"b\"\n    next\nend",
    );
    assert_eq!(tiny::verdict(&pair(&first, Some(&second)), "HA-1", Level::None), Verdict::Holds);
    for (old, new) in [("router.static", "firewall.vip"), ("set group-name \"G\"", "set group-name \"H\"")] {
        let site = pair(&first, Some(&second.replace(old, new)));
        assert_eq!(tiny::verdict(&site, "HA-1", Level::None), Verdict::Violated, "{new}");
    }
    // The second member is looked at all the same.
    let hole = crate::fortios_ha::OPEN
        .replace("config firewall policy", "config router static\nend\nconfig firewall policy");
    let site = pair(&first, Some(&format!("{hole}{second}")));
    assert_eq!(tiny::verdict(&site, "M-1", Level::Packet), Verdict::Violated);
}

/// A 5G modem has no switch of its own: what is set of it dials.
#[test]
fn a_modem_of_5g_dials() {
    let modem =
        |inner: &str| format!("config system 5g-modem\n    config modem1\n        {inner}\n    end\nend\n");
    let x1 = |inner: &str| wakaba(&[(FIREWALL, "", &modem(inner))], "X-1", "none");
    assert_eq!(x1("set apn \"x.jp\""), Verdict::Violated);
    assert_eq!(x1("set status disable"), Verdict::Holds);
    let asks = |inner: &str| asks_the_named(&modem(inner));
    assert!(!asks("set apn \"x.jp\""));
    assert!(asks("set status disable"));
}

/// A default route that stands in no table of routes.
#[test]
fn a_tunnel_may_have_a_default_gateway() {
    let with = |line: &str| {
        firewall(&format!(
            "config vpn ipsec phase1-interface\n    edit \"t\"\n        set interface \"wan1\"\n        \
             set remote-gw 192.0.2.77\n        {line}\n    next\nend"
        ))
    };
    assert_eq!(taints(&with("set default-gw 10.9.9.1")), [Radius::Routing]);
    assert_eq!(taints(&with("set default-gw 0.0.0.0\n        set default-gw-priority 0")), []);
}

/// The ends of a link between domains show it, whether its table is there or not; an end alone does not say what is on
/// the other side.
#[test]
fn ends_of_a_link_without_its_table() {
    let end = |name: &str| {
        format!(
            "config system interface\n    edit \"{name}\"\n        set vdom \"root\"\n        set type vdom-link\n    next\nend\n"
        )
    };
    let both = read(&firewall(&format!("{}{}", end("l0"), end("l1"))));
    assert_eq!(both.links.len(), 1);
    assert_eq!(both.devices[0].taints.len(), 0);
    assert_eq!(taints(&firewall(&end("l0"))), [Radius::Device]);
    assert_eq!(taints(&firewall(&end("l0").replace("set type", "set status down\n        set type"))), []);
}

/// Clients of a bridged radio network are on the access point's wire, whatever the topology says of the interface.
#[test]
fn clients_that_an_access_point_bridges() {
    let radio = |bridging: &str, address: &str| {
        format!(
            "config system interface\n    edit \"guest\"\n        set vdom \"root\"\n        {address}\n        \
             set type vap-switch\n    next\nend\nconfig wireless-controller vap\n    edit \"guest\"\n        set ssid \"guest\"\n        \
             set local-bridging {bridging}\n    next\nend\n"
        )
    };
    let segment = "[[segment]]\nid = \"guest_wifi\"\nname = \"x\"\nzone = \"JOHO\"\nprefixes = [\"10.98.0.0/24\"]\ncomplete = true\n";
    let own = "set ip 10.98.0.1 255.255.255.0";
    let m1 = |text: &str, old: &str, new: &str| {
        wakaba(&[(FIREWALL, "", text), (TOPOLOGY, old, new), (TOPOLOGY, "", segment)], "M-1", "packet")
    };
    let attached = |bridging: &str| {
        m1(&radio(bridging, own), "wan1 = \"sc_wan\"\n", "wan1 = \"sc_wan\"\nguest = \"guest_wifi\"\n")
    };
    assert_eq!(attached("enable"), Verdict::Undetermined);
    assert_eq!(attached("disable"), Verdict::Holds);
    // As bridging is usually set up: without an address, and nothing plugged in.
    let unused = ("unused = [\"fortilink\"]", "unused = [\"fortilink\", \"guest\"]");
    assert_eq!(m1(&radio("enable", "set role lan"), unused.0, unused.1), Verdict::Holds);
}

/// Commands that only look, and one that does not.
#[test]
fn a_diagnosis_may_change_the_box() {
    let with = |script: &str| {
        firewall(&format!(
            "config system automation-action\n    edit \"a\"\n        set action-type cli-script\n        \
             set script \"{script}\"\n    next\nend"
        ))
    };
    assert_eq!(taints(&with("diagnose ip address add lan1 10.5.0.1 255.255.255.0")), [Radius::Device]);
    assert_eq!(taints(&with("diagnose ip address list")), []);
    assert_eq!(taints(&with("diagnose debug enable")), []);
}

/// Every frame to one station, which may be any router of the segment.
#[test]
fn frames_to_a_substituted_address() {
    let port = |on: &str| {
        firewall(&format!(
            "config system interface\n    edit \"lan1\"\n        set subst {on}\n        \
             set substitute-dst-mac 00:00:5e:00:53:01\n    next\nend"
        ))
    };
    assert!(matches!(taints(&port("enable"))[..], [Radius::Interface(_)]));
    assert_eq!(taints(&port("disable")), []);
}

/// Two routes of equal distance are equal where the one gives priority 1 and the other nothing, from 7.0.3 on.
#[test]
fn the_priority_of_a_route_that_gives_none() {
    let text = firewall(&opens("lan1", "any")).replace(
        "    edit 1\n        set gateway 192.0.2.254\n        set device \"wan1\"\n    next\n",
        "    edit 1\n        set gateway 192.0.2.254\n        set device \"wan1\"\n    next\n    edit 2\n        set gateway \
         10.2.0.254\n        set device \"lan2\"\n        set priority 1\n    next\n",
    );
    let out = "lan1 10.1.0.9 > 9.9.9.9 tcp/443";
    let old = text.replace("7.2.8-FW-build1639-240313", "6.4.8-FW-build1914-211117");
    ends(&text, out, &["lan2: policy 995", "wan1: policy 995"]);
    ends(&old, out, &["wan1: policy 995"]);
}

/// From 6.4 on a recurring schedule without a day is never active; what it was before is not known.
#[test]
fn a_schedule_without_a_day() {
    let policy = opens("lan1", "lan2").replace("\"always\"", "\"S\"");
    let text =
        firewall(&format!("config firewall schedule recurring\n    edit \"S\"\n    next\nend\n{policy}"));
    let over = "lan1 10.1.0.9 > 10.2.0.9 tcp/443";
    ends(&text, over, &["drop: policy end"]);
    let old = text.replace("7.2.8-FW-build1639-240313", "6.0.8-FW-build0303-191217");
    ends(&old, over, &["lan2: policy 995", "drop: policy end"]);
}

/// Which sessions a proxy or a portal carries on is said by rules of its own: a possible way, and no certain one, even
/// for machines that can do no more than ping the box.
#[test]
fn what_proxies_and_portals_carry_on_is_possible_only() {
    let proxy = "config web-proxy explicit\n    set status enable\n    set http-incoming-port 8080\nend\n\
        config firewall proxy-policy\n    edit 1\n        set proxy explicit-web\n        set dstintf \"wan1\"\n        \
        set srcaddr \"all\"\n        set dstaddr \"all\"\n        set service \"webproxy\"\n        set action accept\n        \
        set schedule \"always\"\n    next\nend\n";
    let portal = "config vpn ssl settings\n    set servercert \"Fortinet_Factory\"\n    set source-interface \"wan1\"\n    \
        set source-address \"all\"\n    set default-portal \"full-access\"\nend\n";
    let unused = "unused = [";
    let at = "edit \"v32_joho_pc\"\n";
    let on = "edit \"v32_joho_pc\"\n        set explicit-web-proxy enable\n";
    let cases: [&[Edit<'_>]; 2] = [
        &[(FIREWALL, at, on), (FIREWALL, "", proxy)],
        &[(FIREWALL, "", portal), (TOPOLOGY, unused, "unused = [\"ssl.root\", ")],
    ];
    for edits in cases {
        let answers = town("wakaba", edits);
        assert_eq!(verdict(&answers, "M-1", "host"), Verdict::Undetermined, "{edits:?}");
    }
}
