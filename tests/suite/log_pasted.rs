//! Terminal logs: commands that stand below another one without a prompt of their own are not passed over, and neither
//! cry the ordinary ends of a session, or the outputs of ordinary commands. Each stands beside its opposite.

use crate::log_typing::{P, doubted, doubts, linux, log, said};
use crate::support::reading::read;

/// A line editor shows a pasted block below one prompt, and says when it reads.
#[test]
fn a_block_pasted_into_a_line_editor_is_more_than_its_first_line() {
    for (typed, hides) in [
        // readline 8.1: shown inversely, until the editor is done.
        (
            format!(
                "\u{1b}[?2004h{P}\u{1b}[7mdate\n\u{1b}[27m\u{1b}[7m/root/x on\u{1b}[27m\u{1b}[?2004l\n\u{1b}[?2004l\rTue\n\u{1b}[?2004h"
            ),
            true,
        ),
        (format!("{P}\u{1b}[7mls x\n\u{1b}[27m/root/x\n"), true),
        (format!("{P}\u{1b}[7mls x\n/root/x\u{1b}[27m\n"), true),
        // Without the colours, by the modes alone.
        (format!("\u{1b}[?2004h{P}ls x\nfw\n\u{1b}[?2004l\rx\n"), true),
        (format!("\u{1b}[?2004h{P}ls x\nfw\u{1b}[?2004l\nx\n"), true),
        // One line.
        (format!("{P}ls \u{1b}[7mx\u{1b}[27m\n"), false),
        (format!("\u{1b}[?2004h{P}\u{1b}[7mdate\u{1b}[27m\n\u{1b}[?2004l\rTue\n\u{1b}[?2004h"), false),
        (format!("\u{1b}[?2004h{P}date\u{1b}[?2004l\nTue\n"), false),
        (format!("\u{1b}[?2004h{P}\n\u{1b}[?2004l\r\u{1b}[?2004h{P}^C\u{1b}[?2004l\n"), false),
        // What is listed while a name is completed.
        (
            format!(
                "\u{1b}[?2004h{P}ls /etc/sys\nsysconfig/  sysctl.d/\n{P}ls /etc/sysctl.d\n\u{1b}[?2004l\rx\n"
            ),
            false,
        ),
        (
            format!(
                "\u{1b}[?2004h{P}ls /etc/sys\nsysconfig/  sysctl.d/\n{P}ls /etc/sysctl.d\nfw\n\u{1b}[?2004l\rx\n"
            ),
            true,
        ),
    ] {
        assert_eq!(doubted(&log(&typed)), hides, "{typed:?}");
    }
}

/// A log saved as plain text shows lines only.
#[test]
fn a_block_pasted_into_a_plain_log_is_no_output() {
    for (more, hides) in [
        ("hostname\niptables -P FORWARD ACCEPT\nSV-01\n", true),
        ("hostname\n/root/fw.sh\nSV-01\n", true),
        ("hostname\nSV-01\n", false),
        ("date\nfw\nTue Mar 10 21:00:00 JST 2026\n", true),
        ("date\nTue Mar 10 21:00:00 JST 2026\nYou have new mail in /var/spool/mail/root\n", false),
        ("cd /etc\n/root/fw.sh\n", true),
        ("cd /etc\niptables -P FORWARD ACCEPT\n", true),
        ("ls x\niptables -P FORWARD ACCEPT\nsh /root/fw.sh\n", true),
        ("ls\nfw on\na.txt\n", true),
        ("ls\n./fw\n", false),
        ("ls\nanaconda-ks.cfg  fw.sh  rules.v4\niptables-restore\nip  iptables  nft\n", false),
        ("ls -l /root\n-rwxr-xr-x 1 root root 812 Mar 10 21:00 fw.sh\n", false),
        ("uptime\n./fw\n 21:00:00 up 1 day\n", true),
        ("netstat -rn\nKernel IP routing table\necho 1 > /proc/sys/net/ipv4/ip_forward\n", true),
        ("ss -lntp\nState   Recv-Q\nsysctl -w net.ipv4.ip_forward=1\n", true),
        ("ping -c 1 10.0.0.1\nPING 10.0.0.1\nfor i in 1 2; do iptables -D FORWARD 1; done\n", true),
        // A script that is looked at says that it is one; other lines that begin with a command do not.
        ("cat fw.sh\n#!/bin/sh\niptables -P FORWARD ACCEPT\n", false),
        ("cat fw.sh\niptables -P FORWARD ACCEPT\n", true),
        (
            "cat /etc/network/interfaces\nauto eth0\niface eth0 inet static\n    up ip route add 10.0.0.0/8 via 10.1.1.1\n",
            false,
        ),
        ("cat /etc/services\nssh             22/tcp\ntelnet          23/tcp\n", false),
        ("history\n    1  iptables -F\n    2  sh /root/fw.sh\n", false),
        (
            "iptables -nvL\nChain INPUT (policy DROP 0 packets, 0 bytes)\n    0     0 ACCEPT  tcp  --  !eth0  *\n",
            false,
        ),
        // Pagers pass commands to a shell.
        ("less x\n!modprobe x\n", true),
        ("grep x y | less\n!fw\n!done  (press RETURN)\n", true),
        ("systemctl status iptables\nlines 1-5/5 (END)!fw\n", true),
        ("systemctl status iptables\nlines 1-5/5 (END)\n", false),
        ("cat sw.cfg\n!\nhostname SW-01\n!\n", false),
        // What was entered before comes back.
        ("ls !-2\nls x; iptables -F\n", true),
        ("cat !$\ncat x\n", true),
        ("ls '!x'\n", false),
    ] {
        assert_eq!(doubted(&log(&format!("{P}{more}"))), hides, "{more}");
    }
    // The line is named.
    let found = linux(&log(&format!("{P}hostname\nfw\nSV-01\n")));
    let line = found.reading.diagnostics.iter().map(|d| found.sources.excerpt(d.primary).line);
    let head = log("").lines().position(|l| l.contains("exit")).unwrap();
    assert!(line.clone().any(|l| l == u32::try_from(head).unwrap() + 3), "{:?}", line.collect::<Vec<u32>>());
}

/// How sessions end, and what somebody looks at every day.
#[test]
fn the_ends_of_a_session_and_daily_commands_are_no_changes() {
    for (more, hides) in [
        ("^C\n", false),
        ("iptables -F^C\n", false),
        // Something was printed: it is not known that nothing was entered.
        ("iptables -F ^C\nfw\n", true),
        ("timed out waiting for input: auto-logout\n", false),
        ("iptables -F; timed out waiting for input: auto-logout\n", true),
        ("client_loop: send disconnect: Broken pipe\n", false),
        (
            "client_loop: send disconnect: Broken pipe\nLast login: Tue Mar 10 21:00:00 2026 from 10.0.0.9\n",
            false,
        ),
        ("client_loop: send disconnect: Broken pipe\nSV% sh /root/fw.sh\n", true),
        ("packet_write_wait: Connection to 10.0.0.1 port 22: Broken pipe\n", false),
        ("Connection to 10.0.0.1 closed by remote host.\nConnection to 10.0.0.1 closed.\n", false),
        ("which iptables\n/usr/sbin/iptables\n", false),
        ("whoami\nroot\n", false),
        ("whoami\nfw\nroot\n", true),
        ("dmesg | tail\n[ 1.0] eth0: link up\n", false),
        ("dmesg -C\n", true),
        (
            "conntrack -L\ntcp      6 431999 ESTABLISHED\nconntrack v1.4.4 (conntrack-tools): 1 flow entries have been shown.\n",
            false,
        ),
        ("conntrack -L -p tcp\n", false),
        ("conntrack -F\n", true),
        ("conntrack -L -D\n", true),
        ("mount\n", false),
        ("mount -a\n", true),
    ] {
        assert_eq!(doubted(&log(&format!("{P}{more}"))), hides, "{more}");
    }
    // A password that was typed at the prompt and given up does not leave the house.
    let log = log(&format!("{P}Canary-Eins^C\n"));
    let found = linux(&log);
    let copy = found.sources.masked_text(found.file);
    assert!(doubts(&found).is_empty() && !copy.contains("Canary") && copy.contains("*****^C"), "{copy}");
}

const CONFIG: &str = "config system global\n    set hostname \"FW-01\"\nend\nconfig system interface\n    edit \"port1\"\n    next\nend\n";

fn forti(more: &str) -> bool {
    let log = format!("FW-01 # show\n{CONFIG}\n{more}FW-01 # exit\n");
    let found = read("fortios", "configs/FW-01.log", &log);
    let again = read("fortios", "configs/FW-01.log", found.sources.masked_text(found.file));
    assert_eq!(doubts(&found).is_empty(), doubts(&again).is_empty(), "{more} {}", said(&again));
    !doubts(&found).is_empty()
}

#[test]
fn a_firewall_s_lines_are_outputs_or_doubted() {
    for (more, hides) in [
        ("FW-01 # get system status\nVersion\n\nFW-01 (policy) #delete 11\n", true),
        ("FW-01 # get system status\nVersion\nFW-01(policy)# delete 11\n", true),
        ("FW-01 # get system status\nVersion\nFW-01> config firewall policy\n", true),
        (
            "FW-01 # get system status\nVersion\nconfig firewall policy\nedit 900\nset action accept\nend\n",
            true,
        ),
        ("FW-01 # diagnose sys top\ndelete 11\n", true),
        (
            "FW-01 # get system status\nVersion: FortiGate-60F v7.2.8\nHostname: FW-01\nCurrent HA mode: a-p\n\n",
            false,
        ),
        ("FW-01 # show firewall policy\nconfig firewall policy\n    edit 1\n    next\nend\n\n", false),
        ("FW-01 # shwo\nUnknown action 0\n\n", false),
        (
            "FW-01 # get system arp\nAddress           Age(min)   Hardware Addr      Interface\n10.0.0.1 0 00:00:5e:00:53:01 port1\n\n",
            false,
        ),
        ("FW-01 # Connection to 10.0.0.1 closed by remote host.\n", false),
        // The other member of a cluster.
        ("FW-01 # execute ha manage 1 admin\nFW-02 # get system status\nVersion\n\nFW-02 # exit\n", false),
        (
            "FW-01 # execute ha manage 1 admin\nFW-02 # show\nconfig system global\nend\n\nFW-02 # exit\n",
            true,
        ),
        (
            "FW-01 # execute ha manage 1 admin\nFW-02 # show full-configuration\nconfig system global\nend\n\nFW-02 # exit\n",
            true,
        ),
    ] {
        assert_eq!(forti(more), hides, "{more}");
    }
    let log = format!(
        "FW-01 # show\n{CONFIG}\nFW-01 # execute ha manage 1 admin\nFW-02 # show\nconfig system global\nend\n\nFW-02 # exit\nFW-01 # exit\n"
    );
    let found = read("fortios", "configs/FW-01.log", log);
    assert!(said(&found).contains("other member of the cluster"), "{}", said(&found));
}

/// What was wiped out again in an output that is read is not what the device printed, whoever the device is.
#[test]
fn wiped_lines_are_doubted_for_every_vendor() {
    let rule = "-A FORWARD -i eth1 -j ACCEPT";
    for wiped in [
        format!("{rule}\u{1b}[2K\n"),
        format!("{rule}\r\u{1b}[K\n"),
        format!("{rule}\r\u{1b}[K-A FORWARD -i eth1 -j DROP\n"),
        format!("{}\n", rule.replace("ACCEPT", "DROP\u{8}\u{8}\u{8}\u{8}ACCEPT")),
        format!("{rule}\u{1b}[1A\n"),
    ] {
        let text = log("").replacen("COMMIT\n", &format!("{wiped}COMMIT\n"), 1);
        assert!(doubted(&text), "{wiped:?}");
        let text = log("").replacen("COMMIT\n", &format!("{rule}\nCOMMIT\n"), 1);
        assert!(!doubted(&text));
        // In an output that goes with it.
        let route = format!(
            "{P}ip route\n{}10.0.0.0/8 dev eth0\n",
            wiped.replace(rule, "default via 10.0.0.1 dev eth0")
        );
        assert!(doubted(&log(&route)) || !wiped.contains(rule), "{route:?}");
    }
    for wiped in ["        set status down\u{1b}[2K\n", "        set status down\r\u{1b}[K\n"] {
        let config = CONFIG.replace("    next\n", &format!("{wiped}    next\n"));
        let log = format!("FW-01 # show\n{config}\nFW-01 # exit\n");
        assert!(!doubts(&read("fortios", "configs/FW-01.log", log)).is_empty(), "{wiped:?}");
        let table = format!("FW-01 # get router info routing-table all\n{wiped}\n");
        assert!(forti(&table), "{wiped:?}");
    }
    // A pager wipes out its own sign, and a shell its modes.
    let paged = log("").replacen("COMMIT\n", "--More-- \r         \rCOMMIT\n", 1);
    assert!(!doubted(&paged));
    let modes = log("").replacen("*filter", "\u{1b}[?2004l\r*filter", 1);
    assert!(!doubted(&modes));
}
