//! Lines of switches and routers that carry nothing between the tiers: what is known of them keeps a town that holds,
//! and the nearest line that does carry something does not.

use bunri::analysis::answer::Verdict;

use crate::ios_dialects::{AW, AX, Dialect};
use crate::overlooked::verdict;
use crate::overlooked_ios::site;

const CORE: &str = "configs/SW-CORE01.txt";
const SERVERS: &str = "no ip http server\nno ip http secure-server\n";

/// The core switch with more lines in place of those that switch its web server off.
fn core(lines: &str, id: &str, level: &str) -> Verdict {
    verdict(&site("ios-core", &[(CORE, SERVERS, lines)]), id, level)
}

/// Who may ask the web server is said by a list of its own, as at the lines to log in by.
#[test]
fn the_web_server_s_own_list_says_who_administers() {
    let manager = "ip access-list standard KANRI\n 10 permit 10.73.20.11\n";
    let six = "ipv6 access-list KANRI6\n deny ipv6 any any\n";
    let asked = |lines: &str| core(&format!("no ip http server\n{lines}"), "X-2", "host");
    let on = "ip http secure-server\n";
    for class in ["ip http access-class ipv4 KANRI\n", "ip http access-class KANRI\n"] {
        assert_eq!(asked(&format!("{on}{class}{manager}")), Verdict::Holds, "{class}");
        assert_eq!(asked(&format!("{class}ip http secure-port 8443\n{on}{manager}")), Verdict::Holds);
        assert_eq!(
            asked(&format!("{on}{class}ip http access-class ipv6 KANRI6\n{manager}{six}")),
            Verdict::Holds
        );
    }
    let numbered = "ip http access-class 10\naccess-list 10 permit 10.73.20.11\n";
    assert_eq!(asked(&format!("{on}{numbered}")), Verdict::Holds);
    // Everybody may, if the list is not there, is empty, admits somebody of another tier, or is for something else.
    let class = "ip http access-class ipv4 KANRI\n";
    for lines in [
        on.to_owned(),
        format!("{on}{manager}"),
        format!("{on}{class}"),
        format!("{on}{class}ip access-list standard KANRI\n"),
        format!("{on}{class}ip access-list standard KANRI\n 10 permit any\n"),
        format!("{on}{class}{manager} 20 permit 10.71.10.0 0.0.0.255\n"),
        format!("{on}ip http access-class ipv6 KANRI\n{manager}"),
        format!("{on}{class}ip http access-class ipv4 OTHER\n{manager}"),
        format!("{on}restconf\n{class}{manager}"),
    ] {
        assert_ne!(asked(&lines), Verdict::Holds, "{lines}");
    }
}

/// A box that asks the time of one server may tell it to whoever reaches the box: it joins nobody but them and the
/// server. Every server that it asks counts.
#[test]
fn time_comes_from_the_servers_that_are_named() {
    let time = |lines: &str| core(&format!("{SERVERS}{lines}"), "L-1", "host");
    for lines in [
        "ntp server 10.73.20.5\n",
        "ntp server ip 10.73.20.5 prefer\nntp source Vlan320\n",
        "ntp server 10.73.20.5 key 1 prefer\nntp server 10.73.20.6\n",
        "ntp server vrf MYN 10.71.10.11\nntp server 10.73.20.5\n",
    ] {
        assert_eq!(time(lines), Verdict::Holds, "{lines}");
    }
    for lines in [
        "ntp server 10.72.20.10\nntp server 10.73.20.5\n",
        "ntp server 10.73.20.5\nntp server ntp.example.jp\n",
        "ntp server ntp.example.jp\n",
        "ntp server 10.73.20.5\nntp peer 10.73.20.6\n",
        "ntp server 10.73.20.5\nntp broadcast client\n",
        "ntp peer 10.73.20.5\n",
    ] {
        assert_ne!(time(lines), Verdict::Holds, "{lines}");
    }
    // Who may reach the box, may ask it.
    let list = "ip access-list extended NAIBU_PC_IN\n 10 deny ip any any\n";
    let open = "ip access-list extended NAIBU_PC_IN\n 5 permit udp any host 10.72.20.254 eq ntp\n 10 deny ip any any\n";
    let asked = |server: &str| {
        let lines = format!("{SERVERS}ntp server {server}\n");
        verdict(&site("ios-core", &[(CORE, SERVERS, &lines), (CORE, list, open)]), "L-1", "host")
    };
    assert_ne!(asked("10.73.20.5"), Verdict::Holds);
    assert_eq!(asked("10.72.20.10"), Verdict::Holds);
}

/// A line more at the first port, and at the first VLAN interface.
fn at_port(dialect: &Dialect, line: &str) -> [Verdict; 2] {
    let port = if dialect.id == "axs" { "  switchport access vlan 10" } else { " switchport access vlan 10" };
    let more = format!("{port}\n {line}");
    [dialect.packets(&[(port, &more)]), dialect.frames(&[(port, &more)])]
}

/// Loops, queues, power and fibres: they block, delay or drop what would have passed.
#[test]
fn what_guards_and_queues_carries_nothing() {
    const HOLDS: [Verdict; 2] = [Verdict::Holds; 2];
    for more in [
        "loop-detection enable\n!\nloop-detection interval-time 10",
        "channel-group lacp system-priority 100",
        "qos-queue-list Q pq",
        "ip qos-flow-list \"Q\"\n  10 qos ip any any action priority-class 6\n  20 qos tcp any any eq 443 action replace-dscp 10 max-rate 1000\n  30 qos ip any any",
    ] {
        assert_eq!(AX.with(more), Verdict::Holds, "{more}");
    }
    for line in [
        "loop-detection send-inact-port",
        "axrp-ring-port 1",
        "ip qos-flow-group \"Q\" in",
        "qos-queue-group Q",
    ] {
        assert_eq!(at_port(&AX, line), HOLDS, "{line}");
    }
    for more in ["autoboot enable", "service dhcp-snooping", "no service dhcp-snooping"] {
        assert_eq!(AW.with(more), Verdict::Holds, "{more}");
    }
    for line in [
        "no power-inline enable",
        "power-inline priority high",
        "egress-rate-limit 64m",
        "fiber-monitoring enable",
    ] {
        assert_eq!(at_port(&AW, line), HOLDS, "{line}");
    }
    // An action that nobody has read of, a line that is none of these, a mirror.
    for more in [
        "ip qos-flow-list \"Q\"\n  10 qos ip any any action policy-list 1",
        "ip qos-flow-list \"Q\"\n  10 qos ip any any action priority-class",
        "ip qos-flow-list \"Q\"\n  10 permit ip any any",
        "monitor session 1 source interface gigabitethernet 1/0/1 both destination interface gigabitethernet 1/0/9",
        "loop-detectionX enable",
    ] {
        assert_eq!(AX.with(more), Verdict::Undetermined, "{more}");
    }
    for more in ["trigger 1\n type time 12:00\n script 1 flash:/a.scp", "service atmf-application-proxy"] {
        assert_eq!(AW.with(more), Verdict::Undetermined, "{more}");
    }
    for (dialect, line) in
        [(&AX, "loop-detect send-port"), (&AW, "mirror interface port1.0.2 direction both")]
    {
        assert_ne!(at_port(dialect, line), HOLDS, "{line}");
    }
}

/// The address of an AX itself is one host, and that of several routers of AlliedWare Plus may be its own.
#[test]
fn addresses_of_the_box_are_read_in_every_spelling() {
    let loopback = |address: &str| AX.with(&format!("interface loopback 0\n  ip address {address}"));
    assert_eq!(loopback("10.255.0.1"), Verdict::Holds);
    let vlan = AX.packets(&[("  ip address 10.2.0.1 255.255.255.0", "  ip address 10.2.0.1")]);
    assert_eq!(vlan, Verdict::Undetermined);

    let shared =
        |interface: &str, line: &str| AW.with(&format!("router vrrp 1 {interface}\n {line}\n enable"));
    assert_eq!(shared("vlan20", "virtual-ip 10.2.0.254 backup\n priority 110"), Verdict::Holds);
    assert_eq!(shared("vlan30", "virtual-ip 10.2.0.254 backup"), Verdict::Undetermined);
    assert_eq!(shared("vlan20", "virtual-ip 10.2.0"), Verdict::Undetermined);
    assert_eq!(shared("vlan20", "virtual-op 10.2.0.254"), Verdict::Undetermined);
}

/// A box of AX that asks the time of a server is held to that server, and its file server is administration.
#[test]
fn clocks_and_files_of_ax_are_services() {
    let relays = |lines: &str| {
        let text = AX.text(&[("line vty 0 1\n", &format!("{lines}\n!\nline vty 0 1\n"))]);
        let read = crate::ios::Read::of("axs", &text);
        assert_eq!(read.rest(), Vec::<String>::new(), "{lines}");
        let device = read.device("SW");
        let servers: Vec<_> =
            device.relays.iter().map(|r| r.carried.as_ref().unwrap().servers.is_some()).collect();
        (servers, device.facts.admin.iter().map(|a| a.label).collect::<Vec<_>>())
    };
    assert_eq!(relays("ntp client server 10.1.0.11\nntp client interval 60"), (vec![true], vec!["SSH"]));
    assert_eq!(relays("ntp client server ntp.example.jp"), (vec![false], vec!["SSH"]));
    assert_eq!(relays("ntp client broadcast"), (vec![false], vec!["SSH"]));
    assert_eq!(relays("ftp-server"), (vec![], vec!["FTP", "SSH"]));
}

/// What a box runs by itself is looked at command by command.
#[test]
fn what_a_box_does_by_itself_may_tell_show_and_save() {
    let all = |lines: &str| {
        let more = format!("{SERVERS}{lines}");
        let found = site("ios-core", &[(CORE, SERVERS, &more)]);
        [("M-1", "packet"), ("L-1", "packet"), ("L-1", "host"), ("M-1", "l2")]
            .map(|(id, level)| verdict(&found, id, level))
    };
    let holds = [Verdict::Holds; 4];
    let applet =
        |lines: &str| all(&format!("event manager applet LINK\n event syslog pattern \"UPDOWN\"\n{lines}"));
    for lines in [
        " action 1.0 snmp-trap strdata \"x\"\n",
        " action 1.0 syslog priority notifications msg \"link: $_syslog_msg\"\n action 2.0 mail server \"10.73.20.5\" to \"a@b\" from \"c@d\" subject \"s\"\n",
        " action 1.0 cli command \"enable\"\n action 2.0 cli command \"show ip route | redirect tftp://10.73.20.5/r.txt\"\n action 3.0 cli command \"write memory\"\n",
        " action 1.0 cli command \"show clock\"\n action 1.1 if $x eq 1\n action 1.2 exit\n action 1.3 end\n",
    ] {
        assert_eq!(applet(lines), holds, "{lines}");
    }
    for lines in [
        " action 1.0 cli command \"configure terminal\"\n",
        " action 1.0 cli command \"conf t\"\n",
        " action 1.0 cli command \"$befehl\"\n",
        " action 1.0 cli command \"show clock | redirect flash:config.text\"\n",
        " action 1.0 cli command \"show clock | redirect nvram:startup-config\"\n",
        " action 1.0 cli command \"copy tftp://10.73.20.5/x running-config\"\n",
        " action 1.0 cli command \"copy startup-config running-config\"\n",
        " action 1.0 track set 1 state up\n",
        " action 1.0 policy other.tcl\n",
        " action 1.0 reload\n",
        " action 1.0 syslog msg \"x\"\n  action 2.0 cli command \"conf t\"\n",
    ] {
        assert_ne!(applet(lines), holds, "{lines}");
    }
    let kron = |cli: &str| {
        all(&format!(
            "kron occurrence BK at 1:00 recurring\n policy-list BK\n!\nkron policy-list BK\n cli {cli}\n"
        ))
    };
    for cli in [
        "show running-config | redirect tftp://10.73.20.5/bk.txt",
        "write memory",
        "copy running-config startup-config",
    ] {
        assert_eq!(kron(cli), holds, "{cli}");
    }
    for cli in [
        "copy tftp://10.73.20.5/a running-config",
        "configure replace flash:a",
        "show running-config | tee flash:a",
        "clear ip route *",
    ] {
        assert_ne!(kron(cli), holds, "{cli}");
    }
    assert_ne!(all("event manager policy x.tcl\n"), holds);
}

/// Copies of frames go where the port leads that they leave by: within one tier nothing crosses, and into another tier
/// something may.
#[test]
fn copies_of_frames_go_where_their_port_leads() {
    const SWITCH: &str = "configs/SW-CORE.txt";
    const LAST: &str = "no ip http server\n";
    const LINK: &str = "[[link]]\ndevice = \"SW-CORE\"\nports = [\"Gi1/0/20\"]\n";
    let all = |port: &str, session: &str, link: &str| {
        let port = format!("interface GigabitEthernet1/0/24\n{port}!\n");
        let vlan = "interface GigabitEthernet2/0/1\n";
        let found = site(
            "ios-floor",
            &[
                (SWITCH, vlan, &format!("{port}{vlan}")),
                (SWITCH, LAST, &format!("{session}!\n{LAST}")),
                ("topology.toml", LINK, &format!("{link}{LINK}")),
            ],
        );
        [("M-1", "l2"), ("M-2", "l2"), ("L-1", "l2"), ("M-1", "packet"), ("M-2", "packet")]
            .map(|(id, level)| verdict(&found, id, level))
    };
    let holds = [Verdict::Holds; 5];
    let to = "monitor session 1 destination interface Gi1/0/24\n";
    let of = |vlan: &str| format!("monitor session 1 source vlan {vlan}\n{to}");
    let leads = |segment: &str| {
        format!(
            "[[link]]\ndevice = \"SW-CORE\"\nports = [\"Gi1/0/24\"]\nto = {{ segment = \"{segment}\" }}\n\n"
        )
    };
    // A recorder that no cable of the topology names, or one of the same tier.
    for (port, session, link) in [
        ("", of("10"), String::new()),
        (" switchport access vlan 10\n switchport mode access\n", of("10 rx"), String::new()),
        (
            " switchport mode access\n",
            format!("monitor session 1 source interface Gi1/0/10 both\n{to}"),
            String::new(),
        ),
        (
            "",
            "monitor session 1 source vlan 10\nmonitor session 1 filter vlan 10\nmonitor session 1 destination interface Gi1/0/24 encapsulation replicate\n".to_owned(),
            String::new(),
        ),
        ("", of("10"), leads("kikan")),
    ] {
        assert_eq!(all(port, &session, &link), holds, "{session}{link}");
    }
    // By its own VLAN one of another tier.
    assert_ne!(all(" switchport access vlan 20\n switchport mode access\n", &of("10 rx"), ""), holds);
    // One of another tier, or more than one tier at one port.
    for (session, link) in [
        (of("10"), leads("naibu")),
        (of("10"), leads("joho")),
        (of("10 , 20"), String::new()),
        (of("10 - 30"), leads("kikan")),
        (format!("monitor session 1 source interface Gi1/0/10\n{to}"), leads("joho")),
    ] {
        assert_ne!(all("", &session, &link), holds, "{session}{link}");
    }
    // What else a session may do.
    for session in [
        "monitor session 1 source vlan 10\nmonitor session 1 destination interface Gi1/0/24 ingress vlan 20\n".to_owned(),
        "monitor session 1 source vlan 10\nmonitor session 1 destination interface Gi1/0/24 ingress untagged vlan 10\n".to_owned(),
        "monitor session 1 source vlan 10\nmonitor session 1 destination remote vlan 20\n".to_owned(),
        format!("monitor session 1 source remote vlan 20\n{to}"),
        format!("monitor session 1 source interface Po1\n{to}"),
        format!("monitor session 1 source interface Gi1/0/1\n{to}"),
        format!("monitor session 1 source interface Gi9/0/1\n{to}"),
        "monitor session 1 source vlan 10\nmonitor session 1 destination interface Gi1/0/99\n".to_owned(),
        "monitor session 1 source vlan 10\n".to_owned(),
        to.to_owned(),
        "monitor session 1 type erspan-source\n source interface Gi1/0/10\n destination\n  ip address 10.70.3.9\n".to_owned(),
        "monitor capture X\n".to_owned(),
        format!("{}monitor session 2 source vlan 20\nmonitor session 2 destination interface Gi1/0/24\n", of("10")),
        format!("{}monitor session 2 source interface Gi1/0/24\nmonitor session 2 destination interface Gi1/0/2\n", of("10")),
    ] {
        assert_ne!(all("", &session, ""), holds, "{session}");
    }
    // A port that routes is none of the switch.
    assert_ne!(all(" no switchport\n no ip address\n", &of("10"), ""), holds);
}
