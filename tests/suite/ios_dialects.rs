//! ALAXALA AX and AlliedWare Plus, topic by topic: what they share with IOS decides verdicts as it does there, and what
//! they do not have, or have in words of their own, is never believed.

use bunri::analysis::answer::{Level, Verdict};
use bunri::model::Radius;
use bunri::network::Site;
use bunri::vendor::VENDORS;

use crate::ios::Read;
use crate::support::tiny::{site_of, verdict};

/// Two tiers, each a VLAN of one switch.
pub const TOWN: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "internet"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24"]
complete = true
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
complete = true
[[device]]
name = "SW"
config = "sw.txt"
vendor = "DIALECT"
relay = "no"
declarations = ["D"]
[device.attach]
"VLAN10" = "m"
"VLAN20" = "l"
[[link]]
device = "SW"
ports = ["PORT1"]
to = { segment = "m" }
[[link]]
device = "SW"
ports = ["PORT2"]
to = { segment = "l" }
[[host]]
id = "SV-M"
interfaces = [{ segment = "m", addresses = ["10.1.0.11"] }]
relay = "no"
declarations = ["D"]
[[host]]
id = "SV-L"
interfaces = [{ segment = "l", addresses = ["10.2.0.12"] }]
relay = "no"
declarations = ["D"]
[[declaration]]
id = "D"
text = "carries no data"
by = "office"
document = "list"
date = "2026-03-01"
"#;

/// A dialect: how its exports look, and how it calls what the tests touch.
pub struct Dialect {
    pub id: &'static str,
    pub ports: [&'static str; 2],
    vlans: [&'static str; 2],
    pub config: &'static str,
    /// The first line of the list that judges what the individual-number tier sends.
    pub first: &'static str,
}

pub const AX: Dialect = Dialect {
    id: "axs",
    ports: ["gigabitethernet 1/0/1", "gigabitethernet 1/0/2"],
    vlans: ["vlan 10", "vlan 20"],
    config: "#configuration list for AX3660S-24T4XW\n!\nhostname \"SW\"\n!\nvlan 1\n!\nvlan 10\n!\nvlan 20\n!\ninterface gigabitethernet 1/0/1\n  switchport mode access\n  switchport access vlan 10\n!\ninterface gigabitethernet 1/0/2\n  switchport mode access\n  switchport access vlan 20\n!\ninterface vlan 10\n  ip address 10.1.0.1 255.255.255.0\n  ip access-group M_IN in\n!\ninterface vlan 20\n  ip address 10.2.0.1 255.255.255.0\n  ip access-group L_IN in\n!\nip access-list extended L_IN\n  10 deny ip any any\n!\nip access-list extended M_IN\n  10 permit tcp 10.1.0.0 0.0.0.255 host 10.3.0.9 eq 443\n  90 deny ip any any\n!\nline vty 0 1\n  transport input ssh\n!\n",
    first: "  10 permit tcp 10.1.0.0 0.0.0.255 host 10.3.0.9 eq 443",
};

pub const AW: Dialect = Dialect {
    id: "awplus",
    ports: ["port1.0.1", "port1.0.2"],
    vlans: ["vlan10", "vlan20"],
    config: "!\nhostname SW\n!\nno service telnet\n!\nservice ssh\n!\nno service http\n!\naccess-list hardware L_IN\n 10 deny ip any any\n!\naccess-list hardware M_IN\n 10 permit tcp 10.1.0.0/24 10.3.0.9/32 eq 443\n 90 deny ip any any\n!\nvlan database\n vlan 10,20 state enable\n!\ninterface port1.0.1\n switchport\n switchport mode access\n switchport access vlan 10\n!\ninterface port1.0.2\n switchport\n switchport mode access\n switchport access vlan 20\n!\ninterface vlan10\n ip address 10.1.0.1/24\n access-group M_IN\n!\ninterface vlan20\n ip address 10.2.0.1/24\n access-group L_IN\n!\nline con 0\nline vty 0 4\n!\nend\n",
    first: " 10 permit tcp 10.1.0.0/24 10.3.0.9/32 eq 443",
};

/// A dialect with a text that stands in its export once, and what takes its place.
type Edit<'a> = (&'a str, &'a str);

impl Dialect {
    /// The export after some edits.
    pub fn text(&self, edits: &[Edit<'_>]) -> String {
        edits.iter().fold(self.config.to_owned(), |text, (old, new)| {
            assert_eq!(text.matches(old).count(), 1, "{}: {old}", self.id);
            text.replace(old, new)
        })
    }

    fn site(&self, ports: [&str; 2], edits: &[Edit<'_>]) -> Site {
        self.of(ports, &self.text(edits))
    }

    /// The town with a text of this dialect.
    pub fn of(&self, ports: [&str; 2], text: &str) -> Site {
        let topology = TOWN
            .replace("DIALECT", self.id)
            .replace("PORT1", ports[0])
            .replace("PORT2", ports[1])
            .replace("VLAN10", self.vlans[0])
            .replace("VLAN20", self.vlans[1]);
        site_of(&topology, &[("sw.txt", text)], VENDORS)
    }

    /// What the export says of packets between the tiers after some edits.
    pub fn packets(&self, edits: &[Edit<'_>]) -> Verdict {
        verdict(&self.site(self.ports, edits), "M-1", Level::Packet)
    }

    /// The same of frames.
    pub fn frames(&self, edits: &[Edit<'_>]) -> Verdict {
        verdict(&self.site(self.ports, edits), "M-1", Level::L2)
    }

    /// The export with something more at its top.
    pub fn with(&self, more: &str) -> Verdict {
        let line = self.config.lines().find(|l| l.starts_with("hostname")).unwrap();
        self.packets(&[(line, &format!("{line}\n!\n{more}\n!"))])
    }
}

#[test]
fn healthy_exports_keep_the_tiers_apart() {
    for dialect in [AX, AW] {
        let read = Read::of(dialect.id, dialect.config);
        assert_eq!(read.rest(), Vec::<String>::new(), "{}", dialect.id);
        assert_eq!(dialect.packets(&[]), Verdict::Holds, "{}", dialect.id);
        assert_eq!(dialect.frames(&[]), Verdict::Holds, "{}", dialect.id);
        // They are what keeps them apart: a permit that somebody may use lets through.
        let open = dialect.first.replace("10.3.0.9", "10.2.0.12");
        assert_ne!(dialect.packets(&[(dialect.first, &open)]), Verdict::Holds, "{}", dialect.id);
        assert_eq!(
            dialect.frames(&[("access vlan 20", "access vlan 10")]),
            Verdict::Violated,
            "{}",
            dialect.id
        );
    }
}

/// Which part of the hardware holds the lists says nothing about them.
#[test]
fn the_mode_of_the_hardware_changes_nothing() {
    for mode in ["flow detection mode layer3-2", "flow detection out mode layer3-1-out"] {
        assert_eq!(AX.with(mode), Verdict::Holds, "{mode}");
    }
    assert_eq!(AX.with("flow detectionX mode layer3-2"), Verdict::Undetermined);
}

/// VLANs of a private VLAN may meet; AX calls the separation of ports otherwise, which is not modelled.
#[test]
fn private_vlans_may_join_their_vlans() {
    for more in ["  private-vlan primary\n  private-vlan association 20", "  private-vlan association add 20"]
    {
        assert_eq!(
            AX.frames(&[("\n!\nvlan 20\n", &format!("\n{more}\n!\nvlan 20\n"))]),
            Verdict::Undetermined
        );
    }
    let isolated = "  switchport access vlan 20\n  switchport isolation interface gigabitethernet 1/0/1";
    assert_eq!(AX.frames(&[("  switchport access vlan 20", isolated)]), Verdict::Undetermined);

    let database = " vlan 10,20 state enable\n private-vlan 10 primary\n private-vlan 20 isolated";
    let joined = format!("{database}\n private-vlan 10 association add 20");
    let old = " vlan 10,20 state enable";
    assert_eq!(AW.frames(&[(old, database)]), Verdict::Holds);
    assert_eq!(AW.frames(&[(old, &joined)]), Verdict::Undetermined);
    let access = " switchport mode access\n switchport access vlan 20";
    for port in [
        " switchport mode private-vlan host\n switchport private-vlan host-association 10 add 20",
        " switchport mode private-vlan promiscuous\n switchport private-vlan mapping 10 add 20",
    ] {
        assert_eq!(AW.frames(&[(access, port)]), Verdict::Undetermined, "{port}");
    }
}

/// Neither has entries of sessions or hours: such an entry may do anything, and proves no way either.
#[test]
fn sessions_and_hours_in_lists_are_not_believed() {
    for dialect in [AX, AW] {
        let number = dialect.first.find("10 ").unwrap();
        let (indent, permit) = dialect.first.split_at(number);
        for entry in [
            format!("{permit} reflect KAESHI"),
            format!("{permit} time-range YORU"),
            "10 evaluate KAESHI".to_owned(),
            "10 dynamic KAGI permit ip any any".to_owned(),
            "10 permit ip any any time-range YORU".to_owned(),
            "10 deny ip any any time-range YORU".to_owned(),
        ] {
            let entry = format!("{indent}{entry}");
            let found = dialect.packets(&[(dialect.first, &entry)]);
            assert_eq!(found, Verdict::Undetermined, "{}: {entry}", dialect.id);
        }
        let hours = "time-range YORU\n periodic daily 0:00 to 5:00";
        assert_eq!(dialect.with(hours), Verdict::Undetermined, "{}", dialect.id);
    }
}

/// AX has no zone firewall and AlliedWare Plus one of its own: neither is taken for the one of IOS.
#[test]
fn zone_firewalls_are_not_those_of_ios() {
    let ios = "zone security SOTO\nzone security UCHI\nzone-pair security P source UCHI destination SOTO\n service-policy type inspect PM";
    assert_eq!(AX.with(ios), Verdict::Undetermined);
    let member = ("  ip access-group M_IN in", "  ip access-group M_IN in\n  zone-member security UCHI");
    assert_eq!(AX.packets(&[member]), Verdict::Undetermined);
    let own = "zone UCHI\n network LAN\n  ip subnet 10.1.0.0/24\n!\nfirewall\n rule 10 permit any from UCHI to SOTO\n protect";
    for more in [ios, own, "firewall\n protect", "application KYOMU\n protocol tcp\n dport 443"] {
        assert_eq!(AW.with(more), Verdict::Undetermined, "{more}");
    }
}

/// Entries and policies that choose another next hop lead anywhere, as far as lists on departure let them.
#[test]
fn policy_routing_leads_anywhere() {
    let list = "policy-list 1\n  10 policy-interface vlan 20 next-hop 10.2.0.12";
    let entry = format!("{} action policy-list 1", AX.first);
    let head = ("hostname \"SW\"\n", format!("hostname \"SW\"\n!\n{list}\n"));
    assert_eq!(AX.packets(&[(AX.first, &entry)]), Verdict::Undetermined);
    assert_eq!(AX.packets(&[(head.0, &head.1), (AX.first, &entry)]), Verdict::Undetermined);
    // It chooses the way out; a list on the way out is still asked.
    let closed = ("  ip access-group L_IN in", "  ip access-group L_IN in\n  ip access-group L_IN out");
    assert_eq!(AX.packets(&[(AX.first, &entry), closed]), Verdict::Holds);

    let policy = |line: &str| {
        let port = (" switchport access vlan 10", " switchport access vlan 10\n service-policy input SUSUMU");
        let map = format!(
            "hostname SW\n!\nclass-map KYOMU\n match access-group M_IN\n!\npolicy-map SUSUMU\n class KYOMU\n  {line}\n"
        );
        AW.packets(&[("hostname SW\n", &map), port])
    };
    assert_eq!(policy("police single-rate 1000 64 64 action drop-red"), Verdict::Holds);
    assert_eq!(policy("remark new-cos 3 internal"), Verdict::Holds);
    for line in ["set ip next-hop 10.2.0.12", "copy-to-mirror", "send-to-mirror", "remark new-vlan 20"] {
        assert_eq!(policy(line), Verdict::Undetermined, "{line}");
    }
    let routes = "policy-based-routing\n ip policy-route 10 match any from UCHI nexthop 10.2.0.12\n policy-based-routing enable";
    assert_eq!(AW.with(routes), Verdict::Undetermined);
    for (dialect, line) in [(AX, "  ip access-group M_IN in"), (AW, " access-group M_IN")] {
        let mapped =
            format!("{line}\n{}ip policy route-map SUSUMU", &line[..line.find(|c| c != ' ').unwrap()]);
        assert_eq!(dialect.packets(&[(line, &mapped)]), Verdict::Undetermined, "{}", dialect.id);
    }
}

/// Members of a stack are one switch, with their ports under their own number.
#[test]
fn members_of_a_stack_are_one_switch() {
    let ax = |vlan: u16| {
        let more = format!(
            "hostname \"SW\"\n!\nswitch 1 provision 3660-24t4xw\nswitch 2 provision 3660-24t4xw\nstack enable\n!\ninterface tengigabitethernet 1/0/25\n  switchport mode stack\n!\ninterface gigabitethernet 2/0/2\n  switchport mode access\n  switchport access vlan {vlan}\n!\ninterface tengigabitethernet 2/0/25\n  switchport mode stack\n"
        );
        let site = AX.site([AX.ports[0], "gigabitethernet 2/0/2"], &[("hostname \"SW\"\n", &more)]);
        assert!(site.devices.iter().all(|d| d.device.taints.is_empty()), "{:#?}", site.diagnostics);
        verdict(&site, "M-1", Level::L2)
    };
    let aw = |vlan: u16| {
        let more = format!(
            "hostname SW\n!\nstack virtual-mac\nstack 1 priority 0\n!\nswitch 1 provision x930-28\nswitch 2 provision x930-28\n!\ninterface port2.0.2\n switchport\n switchport mode access\n switchport access vlan {vlan}\n"
        );
        let site = AW.site([AW.ports[0], "port2.0.2"], &[("hostname SW\n", &more)]);
        assert!(site.devices.iter().all(|d| d.device.taints.is_empty()), "{:#?}", site.diagnostics);
        verdict(&site, "M-1", Level::L2)
    };
    assert_eq!([ax(20), aw(20)], [Verdict::Holds; 2]);
    assert_eq!([ax(10), aw(10)], [Verdict::Violated; 2]);
}

/// Neither translates as IOS does. What the routers of AlliedWare Plus do may lead a permitted packet anywhere.
#[test]
fn translations_are_not_those_of_ios() {
    const IOS: &str = "ip nat inside source static 10.2.0.12 10.3.0.9";
    for (dialect, more) in
        [(AX, IOS), (AW, IOS), (AW, "nat\n rule 10 portfwd https from UCHI with dst SV-L\n enable")]
    {
        assert_eq!(dialect.with(more), Verdict::Undetermined, "{}: {more}", dialect.id);
    }
    for dialect in [AX, AW] {
        let line = dialect.config.lines().find(|l| l.contains("ip address 10.1.0.1")).unwrap();
        let inside = format!("{line}\n{}ip nat inside", &line[..line.find('i').unwrap()]);
        assert_eq!(dialect.packets(&[(line, &inside)]), Verdict::Undetermined, "{}", dialect.id);
    }
}

/// Who may log in, device by device: the service, and whether everybody may.
fn logins(vendor: &str, text: &str) -> Vec<(String, &'static str, Option<u64>)> {
    let read = Read::of(vendor, text);
    let narrow = |s: &bunri::model::AdminService| {
        let count = |set: &bunri::model::AddressSet| {
            set.of(bunri::model::Family::V4).pairs().iter().map(|(a, b)| (b - a + 1) as u64).sum()
        };
        s.from.as_ref().map(count)
    };
    let of = |d: &bunri::model::Device| {
        let name = d.name.clone();
        d.facts.admin.iter().map(|s| (name.clone(), s.label, narrow(s))).collect::<Vec<_>>()
    };
    read.reading.devices.iter().flat_map(of).collect()
}

/// A list at the lines of AX narrows who logs in, in the global table and nowhere else. AlliedWare Plus has its own
/// statement for that, which is not modelled and narrows nothing.
#[test]
fn lists_at_lines_narrow_who_logs_in() {
    let listed = "line vty 0 1\n  transport input ssh\n  ip access-group KANRI in\n!\nip access-list standard KANRI\n  10 permit 10.9.0.0 0.0.0.255\n";
    let old = "line vty 0 1\n  transport input ssh\n";
    assert_eq!(logins("axs", AX.config), [("SW".to_owned(), "SSH", None)]);
    let narrowed = AX.text(&[(old, listed)]);
    assert_eq!(Read::of("axs", &narrowed).rest(), Vec::<String>::new());
    assert_eq!(logins("axs", &narrowed), [("SW".to_owned(), "SSH", Some(256))]);
    // From a VRF it is not asked, and a list of one VRF is none of the global table.
    let vrf = "hostname \"SW\"\n!\nvrf definition 5\n!\ninterface vlan 30\n  vrf forwarding 5\n  ip address 10.5.0.1 255.255.255.0\n";
    let both = AX.text(&[("hostname \"SW\"\n", vrf), (old, listed)]);
    let found = logins("axs", &both);
    assert_eq!(found, [("SW".to_owned(), "SSH", Some(256)), ("SW/5".to_owned(), "SSH", None)]);
    let other = listed.replace("KANRI in", "KANRI vrf 5 in");
    let found = logins("axs", &AX.text(&[(old, &other)]));
    assert_eq!(found, [("SW".to_owned(), "SSH", None)]);
    // Without lines nobody logs in from afar.
    assert_eq!(logins("axs", &AX.text(&[(old, "")])), []);

    assert_eq!(logins("awplus", AW.config), [("SW".to_owned(), "SSH", None)]);
    let telnet = AW.text(&[("no service telnet", "service telnet")]);
    let labels: Vec<&str> = logins("awplus", &telnet).into_iter().map(|l| l.1).collect();
    assert_eq!(labels, ["SSH", "Telnet"]);
    let classed = AW.text(&[("line con 0\n", "vty access-class 10\n!\nline con 0\n")]);
    assert_eq!(logins("awplus", &classed), [("SW".to_owned(), "SSH", None)]);
    let read = Read::of("awplus", &classed);
    let radii: Vec<Radius> = read.reading.devices.iter().flat_map(|d| &d.taints).map(|t| t.radius).collect();
    assert!(!radii.is_empty() && radii.iter().all(|r| matches!(r, Radius::RuleSet(_))), "{radii:?}");
}

/// A list at a port of the VLAN judges in place of the list of the VLAN's interface: a permit there is a way around it.
#[test]
fn a_list_at_a_port_takes_the_place_of_the_interfaces_list() {
    const IOS: Dialect = Dialect {
        id: "ios",
        ports: ["GigabitEthernet1/0/1", "GigabitEthernet1/0/2"],
        vlans: ["Vlan10", "Vlan20"],
        config: "Building configuration...\n!\nversion 17.9\nhostname SW\n!\nip routing\n!\nvlan 10\n!\nvlan 20\n!\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n switchport mode access\n!\ninterface GigabitEthernet1/0/2\n switchport access vlan 20\n switchport mode access\n!\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip access-group M_IN in\n!\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0\n ip access-group L_IN in\n!\nip access-list extended L_IN\n 10 deny ip any any\n!\nip access-list extended M_IN\n 10 permit tcp 10.1.0.0 0.0.0.255 host 10.3.0.9 eq 443\n 90 deny ip any any\n!\nip access-list extended SUBETE\n 10 permit ip any any\n!\nend\n",
        first: " 10 permit tcp 10.1.0.0 0.0.0.255 host 10.3.0.9 eq 443",
    };
    assert_eq!(IOS.packets(&[]), Verdict::Holds);
    for (dialect, old, list) in [
        (IOS, " switchport access vlan 10", " ip access-group SUBETE in"),
        (IOS, " switchport access vlan 10", " mac access-group SUBETE in"),
        (AX, "  switchport access vlan 10", "  ip access-group SUBETE in"),
        (AX, "  switchport access vlan 10", "  mac access-group SUBETE in"),
        (AW, " switchport access vlan 10", " access-group SUBETE"),
    ] {
        let found = dialect.packets(&[(old, &format!("{old}\n{list}"))]);
        assert_eq!(found, Verdict::Undetermined, "{}: {list}", dialect.id);
    }
    // A list that a server sends for the port counts as the port's.
    let asking =
        (" switchport access vlan 10", " switchport access vlan 10\n authentication port-control auto\n mab");
    assert_eq!(IOS.packets(&[asking]), Verdict::Holds);
    let sent = (
        "hostname SW\n",
        "hostname SW\n!\naaa new-model\n!\naaa authorization network default group radius\n",
    );
    assert_eq!(IOS.packets(&[sent]), Verdict::Holds);
    assert_eq!(IOS.packets(&[sent, asking]), Verdict::Undetermined);
    // At a port of another VLAN it does nothing to this one.
    let elsewhere = " switchport mode access\n!\ninterface GigabitEthernet1/0/9\n switchport access vlan 30\n switchport mode access\n ip access-group SUBETE in\n!\ninterface Vlan10";
    assert_eq!(IOS.packets(&[(" switchport mode access\n!\ninterface Vlan10", elsewhere)]), Verdict::Holds);
}

/// Ports by which boxes of AlliedWare Plus manage each other carry the VLANs of that, and what lines add.
#[test]
fn links_of_the_boxes_own_management_carry_no_other_vlan() {
    let link = |lines: &str| {
        let port = format!("interface port1.0.24\n switchport\n{lines}!\ninterface vlan10\n");
        AW.site(AW.ports, &[("interface vlan10\n", &port)])
    };
    for word in ["atmf-link", "atmf-crosslink"] {
        let own = format!(" switchport {word}\n switchport mode trunk\n switchport trunk native vlan none\n");
        let site = link(&own);
        assert!(site.devices.iter().all(|d| d.device.taints.is_empty()), "{word}: {:#?}", site.diagnostics);
        assert_eq!(verdict(&site, "M-1", Level::L2), Verdict::Holds, "{word}");
        // No cable names it: with VLANs of two tiers it may join them.
        for (more, found) in [("10", Verdict::Holds), ("10,20", Verdict::Undetermined)] {
            let site = link(&format!("{own} switchport trunk allowed vlan add {more}\n"));
            assert_eq!(verdict(&site, "M-1", Level::L2), found, "{word} {more}");
        }
    }
    let site = link(" switchport atmf-arealink remote-area HIGASHI vlan 20\n");
    assert_ne!(verdict(&site, "M-1", Level::L2), Verdict::Holds);
}

/// What a routing protocol brings is known from the table that the box prints, in the words of AlliedWare Plus as well.
/// That of AX has tests of its own.
#[test]
fn routing_tables_end_the_doubt_about_protocols() {
    let log = |table: &str| {
        let protocol = "router ospf 1\n network 10.1.0.0/24 area 0\n!\n";
        let open = AW.first.replace("10.3.0.9", "10.9.0.9");
        let config = AW.text(&[("line con 0\n", &format!("{protocol}line con 0\n")), (AW.first, &open)]);
        let text = format!("SW#show running-config\n{config}SW#show ip route\n{table}SW#exit\n");
        verdict(&AW.of(AW.ports, &text), "M-1", Level::Packet)
    };
    let codes = "Codes: C - connected, S - static, R - RIP, B - BGP\n       O - OSPF, IA - OSPF inter area\n       * - candidate default\n\n";
    let own = "C       10.1.0.0/24 is directly connected, vlan10\nC       10.2.0.0/24 is directly connected, vlan20\n";
    let learned = |vlan: u8| {
        format!(
            "{codes}{own}O       10.9.0.0/16 [110/2] via 10.{}.0.253, vlan{vlan}, 00:10:11\n\n",
            vlan / 10
        )
    };
    assert_eq!(log(&learned(10)), Verdict::Holds);
    assert_ne!(log(&learned(20)), Verdict::Holds);
    // A line that does not read, or one too few, and nothing is known.
    assert_eq!(log(&learned(10).replace("via", "wia")), Verdict::Undetermined);
    assert_eq!(log(&format!("{codes}{}", own.lines().next().unwrap())), Verdict::Undetermined);
    // A static route that goes elsewhere than the configuration's was shown by another box, or at another time.
    let fixed = |hop: &str| {
        let route = "ip route 10.7.0.0/16 10.1.0.253\n!\nline con 0\n";
        let protocol = format!("router ospf 1\n network 10.1.0.0/24 area 0\n!\n{route}");
        let config = AW.text(&[("line con 0\n", &protocol)]);
        let table = format!("{codes}{own}S       10.7.0.0/16 [1/0] via {hop}, vlan10\n\n");
        let text = format!("SW#show running-config\n{config}SW#show ip route\n{table}SW#exit\n");
        verdict(&AW.of(AW.ports, &text), "M-1", Level::Packet)
    };
    assert_eq!([fixed("10.1.0.253"), fixed("10.1.0.254")], [Verdict::Holds, Verdict::Undetermined]);
}
