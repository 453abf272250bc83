//! Terminal logs, cut behind every line: what is left proves nothing, unless the log is whole. And what a log may hold
//! beside the outputs that are read.

use bunri::model::Radius;
use bunri::source::{Lang, Sources};
use bunri::vendor::Companion;

use crate::mutation::damage::Files;
use crate::mutation::judge::{Outcome, files_of, verdict_of};
use crate::support::reading::{Read, read, read_with};

const CONFIG: &str = "configs/FW-01.conf";

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

/// What TeraTerm writes: time stamps, CR LF, paging signs wiped out by carriage returns.
pub fn teraterm(text: &str) -> String {
    let lines = (0u32..).zip(text.lines()).map(|(n, line)| {
        let paged = if n % 24 == 23 { "--More-- \r         \r" } else { "" };
        format!("[2026-03-10 21:{:02}:{:02}.402] {paged}{line}\r\n", n / 60 % 60, n % 60)
    });
    lines.collect()
}

/// The words in which a reading doubts the whole device.
fn doubts(read: &Read) -> Vec<String> {
    let whole = read.reading.devices.iter().flat_map(|d| &d.taints).filter(|t| t.radius == Radius::Device);
    whole.map(|t| format!("{:?}", t.cause)).collect()
}

fn said(read: &Read) -> String {
    read.reading.diagnostics.iter().map(|d| format!("{}\n", d.message.text(Lang::En))).collect()
}

fn forti(config: &str) -> String {
    let p = "FW-01 # ";
    format!(
        "{p}get system status\nVersion: FortiGate-60F v7.2.8\nHostname: FW-01\n\n{p}shwo\nUnknown action 0\n\n\
         {p}config system console\n\nFW-01 (console) # set output standard\n\nFW-01 (console) # end\n\n\
         {p}show\n{config}\n{p}get system ha status\nHA Health Status: OK\n\n{p}diagnose sys ha status\nHA information\n\n{p}exit\n"
    )
}

#[test]
fn a_firewall_s_log_cut_anywhere_holds_nowhere() {
    let healthy = files_of("noisy-holds");
    let log = teraterm(&forti(&text(&healthy, CONFIG)));
    let judged = |log: &str| {
        let mut files = healthy.clone();
        files.insert(CONFIG.to_owned(), log.as_bytes().to_vec());
        verdict_of(&files, &[])
    };
    assert_eq!(judged(&log), Outcome::Holds);
    assert_eq!(doubts(&read("fortios", CONFIG, &log)), Vec::<String>::new());
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let next = lines.iter().position(|l| l.contains("FW-01 # get system ha status")).unwrap();
    let mut tried = [0usize; 2];
    for cut in 1..lines.len() {
        let short: String = lines[..cut].concat();
        let whole = cut > next;
        // Not read as a FortiGate at all is as good as doubted.
        let read = read("fortios", CONFIG, &short);
        assert_eq!(doubts(&read).is_empty(), whole, "cut behind line {cut}: {}", said(&read));
        if cut % 61 == 0 || cut.abs_diff(next) < 3 {
            let outcome = judged(&short);
            assert_eq!(outcome == Outcome::Holds, whole, "cut behind line {cut}: {outcome:?}");
            tried[usize::from(whole)] += 1;
        }
    }
    assert!(tried[0] > 5 && tried[1] > 1, "{tried:?}");
}

/// The files of a Linux box as one log, its other companions gone from the topology.
fn linux(files: &Files) -> (Files, String) {
    let shown = [
        ("sudo iptables-save", "iptables-save"),
        ("sudo ip6tables-save", "ip6tables-save"),
        ("ip addr", "ip_addr"),
        ("ip route show", "ip_route"),
        ("ip rule", "ip_rule"),
        ("sudo sysctl -a 2>/dev/null", "sysctl"),
    ];
    let p = "kanri@RT-KYOKAI:~$ ";
    let mut log = format!("Last login: Tue Mar 10 21:00:00 2026\n{p}hostname\nRT-KYOKAI\n");
    for (command, file) in shown {
        let body = text(files, &format!("configs/{file}.txt"));
        let asks = if file == "iptables-save" { "[sudo] password for kanri:\n" } else { "" };
        log += &format!("{p}{command}\n{asks}{}\n", body.trim_end());
    }
    log += &format!("{p}exit\n");
    let mut left = files.clone();
    left.retain(|path, _| !path.starts_with("configs/"));
    let topology = text(files, "topology.toml");
    let from = topology.find("[device.companions]").unwrap();
    let to = topology[from..].find("[device.attach]").unwrap() + from;
    let topology = format!("{}{}", &topology[..from], &topology[to..]).replace("iptables-save.txt", "RT.log");
    left.insert("topology.toml".to_owned(), topology.into_bytes());
    (left, log)
}

#[test]
fn a_linux_box_s_log_cut_anywhere_holds_nowhere() {
    let healthy = files_of("linux-gateway");
    let (files, log) = linux(&healthy);
    let judged = |log: &str| {
        let mut files = files.clone();
        files.insert("configs/RT.log".to_owned(), log.as_bytes().to_vec());
        verdict_of(&files, &[])
    };
    let log = teraterm(&log);
    assert_eq!(judged(&log), Outcome::Holds);
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let mut at_prompts = 0;
    for cut in 4..lines.len() {
        let short: String = lines[..cut].concat();
        let open = !doubts(&read("iptables", "configs/RT.log", &short)).is_empty();
        let last = lines[cut - 1];
        let prompt = last.contains("kanri@RT-KYOKAI:~$ ");
        // Within an output it is known that it may go on. Between two, something else may be missing.
        let begun = lines[..cut].iter().any(|l| l.contains("$ sudo iptables-save"));
        assert!(open || prompt || !begun, "cut behind line {cut}: {last}");
        if !open {
            at_prompts += 1;
            assert_ne!(judged(&short), Outcome::Holds, "cut behind line {cut}: {last}");
        }
    }
    // A cut behind a prompt with its command leaves that command's output open, too: nothing is ever whole before the end.
    assert!(at_prompts <= 7, "{at_prompts}");
}

#[test]
fn leaving_the_pager_is_no_end() {
    let config = text(&files_of("noisy-holds"), CONFIG);
    // Without the header of a full backup, a display that was left between two blocks looks whole.
    let bare: String = config.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
    let block = bare.find("config firewall policy").unwrap();
    let left = format!(
        "FW-01 # show\n{}--More-- \r         \rFW-01 # get system status\nVersion\nFW-01 # ",
        &bare[..block]
    );
    let found = read("fortios", CONFIG, &left);
    assert!(said(&found).contains("left at a page's end"), "{}", said(&found));
    assert!(!doubts(&found).is_empty());
    let whole = left.replace("--More-- \r         \r", "");
    assert!(!said(&read("fortios", CONFIG, whole)).contains("left at a page's end"));
}

#[test]
fn a_change_behind_the_first_output_makes_it_old() {
    let save = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let p = "[root@SV-01 ~]# ";
    let log = |between: &str| {
        format!("{p}ip route\n10.0.0.0/8 dev eth0\n{p}{between}\n{p}iptables-save\n{save}{p}exit\n")
    };
    let doubt = |between: &str| !doubts(&read("iptables", "configs/SV-01.log", log(between))).is_empty();
    for changes in [
        "ip route add default via 10.0.0.1",
        "iptables -F",
        "iptables -I FORWARD 1 -j ACCEPT",
        "sysctl -w net.ipv4.ip_forward=1",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "date > /proc/x",
        "cat rules | iptables-restore",
        "date; iptables -F",
        "ip link set eth1 up",
        "systemctl restart firewalld",
        "nft flush ruleset",
        "./fw.sh",
    ] {
        assert!(doubt(changes), "{changes}");
    }
    for shows in [
        "date",
        "ip -s link",
        "ip route get 10.0.0.1",
        "sysctl -a | grep forward",
        "iptables -L -n -v",
        "ip neigh",
        "sysctl net.ipv4.ip_forward",
        "ss -lntp",
        "cat /etc/os-release",
        "iptables -nvL",
        "",
    ] {
        assert!(!doubt(shows), "{shows}");
    }
    let refused = log("iptabels -F\nbash: iptabels: command not found");
    assert!(doubts(&read("iptables", "configs/SV-01.log", refused)).is_empty());
}

#[test]
fn rules_that_a_save_does_not_show_are_not_forgotten() {
    let save = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let p = "[root@SV-01 ~]# ";
    let log = |table: &str| {
        format!("{p}iptables-save\n{save}{p}nft list ruleset\n{table}\n\tchain x {{\n\t}}\n}}\n{p}exit\n")
    };
    let found = |table: &str| read("iptables", "configs/SV-01.log", log(table));
    assert!(doubts(&found("table ip filter {")).is_empty());
    for other in ["table inet filter {", "table ip firewalld {", "table bridge filter {", "table netdev x {"]
    {
        assert!(!doubts(&found(other)).is_empty(), "{other}");
    }
}

#[test]
fn a_refused_display_and_another_s_prompt_are_passed_over() {
    let save = |policy: &str| {
        format!("*filter\n:INPUT DROP [0:0]\n:FORWARD {policy} [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n")
    };
    let log = format!(
        "a@SV-01:~$ sudo iptables-save\n{}a@SV-01:~$ ssh a@SV-02\na@SV-02:~$ sudo iptables-save\n{}a@SV-02:~$ exit\n\
         a@SV-01:~$ iptables-save\niptables-save v1.8: Permission denied (you must be root)\na@SV-01:~$ exit\n",
        save("DROP"),
        save("ACCEPT")
    );
    let found = read("iptables", "configs/SV-01.log", &log);
    assert!(doubts(&found).is_empty(), "{}", said(&found));
    let alone = read("iptables", "configs/SV-01.log", save("DROP"));
    let model = |r: &Read| {
        format!("{:?}", r.reading.devices[0].rule_sets.iter().map(|s| &s.chains).collect::<Vec<_>>().len())
    };
    assert_eq!(model(&found), model(&alone));
    // Whoever becomes root stays on the box.
    let root = format!(
        "a@SV-01:~$ sudo -i\nroot@SV-01:~# iptables-save\n{}root@SV-01:~# exit\na@SV-01:~$ exit\n",
        save("DROP")
    );
    for becomes in ["sudo -i", "su -", "sudo su -"] {
        let log = root.replace("sudo -i", becomes);
        assert!(doubts(&read("iptables", "configs/SV-01.log", log)).is_empty(), "{becomes}");
    }
}

#[test]
fn domains_shown_one_by_one_are_not_the_box() {
    let part = "config system interface\n    edit \"port1\"\n        set vdom \"A\"\n    next\nend\nconfig firewall policy\nend\n";
    let one = |name: &str| {
        format!(
            "FW-01 (vdom) # edit {name}\ncurrent vf={name}:1\n\nFW-01 ({name}) # show\n{part}\nFW-01 ({name}) # next\n\n"
        )
    };
    let log = format!("FW-01 # config vdom\n\n{}{}FW-01 (vdom) # end\n\nFW-01 # exit\n", one("A"), one("B"));
    let found = read("fortios", CONFIG, &log);
    assert!(said(&found).contains("VDOM by VDOM"), "{}", said(&found));
    assert!(!doubts(&found).is_empty());
    // Inside a block, `show` is no whole configuration.
    let block = "FW-01 # config firewall policy\n\nFW-01 (policy) # show\nconfig firewall policy\nend\n\nFW-01 (policy) # end\n\nFW-01 # exit\n";
    assert!(said(&read("fortios", CONFIG, block)).contains("no whole configuration"));
}

#[test]
fn what_was_typed_is_not_shown_and_other_outputs_are_not_copied() {
    let save = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let log = format!(
        "[root@SV-01 ~]# date\nTue\n[root@SV-01 ~]# Canary-Eins\n-bash: Canary-Eins: command not found\n\
         [root@SV-01 ~]# cat /etc/keys\npsk Canary-Zwei\nCanary-Drei\n[root@SV-01 ~]# iptables-save\n{save}\
         [root@SV-01 ~]# htpasswd -b file Canary-Vier\n[root@SV-01 ~]# sysctl -a\nnet.ipv4.tcp_fastopen_key = Canary-Funf\n\
         net.ipv4.ip_forward = 0\n[root@SV-01 ~]# exit\n"
    );
    let found = read("iptables", "configs/SV-01.log", &log);
    let shown = found.sources.masked_text(found.file);
    assert!(!shown.contains("Canary"), "{shown}");
    let lines = (1..=u32::try_from(log.lines().count()).unwrap()).map(|n| excerpt(&found.sources, &found, n));
    let lines: Vec<String> = lines.collect();
    assert!(!lines.concat().contains("Canary"), "{lines:#?}");
    // The copy reads like the log.
    let again = read("iptables", "configs/SV-01.log", &shown);
    assert_eq!(doubts(&again).len(), doubts(&found).len());
    assert_eq!(said(&again), said(&found));
    let tally = |r: &Read| r.reading.lines.tally(&r.sources, r.file);
    assert_eq!(tally(&again), tally(&found));
    assert!(found.sources.pruned(found.file));
}

fn excerpt(sources: &Sources, read: &Read, line: u32) -> String {
    sources.excerpt(sources.line_span(read.file, line)).text
}

#[test]
fn a_table_in_a_log_is_whole_or_not_used() {
    let config = "config system interface\n    edit \"port1\"\n        set ip 10.1.0.1 255.255.255.0\n    next\nend\nconfig router static\nend\n";
    let tables = "FW-01 # get router info routing-table all\nCodes: K - kernel, C - connected, S - static\n\
                  S       10.9.0.0/16 [10/0] via 10.1.0.254, port1, [1/0]\nC       10.1.0.0/24 is directly connected, port1\n\n\
                  FW-01 # get router info6 routing-table\nIPv6 Routing Table\n\n";
    let log = format!("FW-01 # show\n{config}\n{tables}FW-01 # exit\n");
    let found = read("fortios", CONFIG, &log);
    let alone = read_with(
        "fortios",
        CONFIG,
        config,
        &[(Companion::Routes, "configs/rib.txt", &format!("{tables}FW-01 # exit\n"))],
    );
    let routes =
        |r: &Read| format!("{:?}", r.reading.devices[0].routes.iter().map(|t| &t.label).collect::<Vec<_>>());
    assert_eq!(routes(&found), routes(&alone));
    assert!(routes(&found).contains("captured route"), "{}", routes(&found));
}

/// Everything by which the rules may have become others behind what was shown, or by which another box was shown.
#[test]
fn what_another_shell_a_script_or_a_correction_hides_is_doubted() {
    let save = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let log = |attack: &str| format!("[root@SV-01 ~]# iptables-save\n{save}{attack}[root@SV-01 ~]# exit\n");
    let count = |attack: &str| doubts(&read("iptables", "configs/SV-01.log", log(attack))).len();
    assert_eq!(count(""), 0);
    assert_eq!(
        count(
            "[root@SV-01 ~]# date\nMon Mar 16 09:12:44 JST 2026\n[root@SV-01 ~]# foo\n-bash: foo: command not found\n"
        ),
        0
    );
    for attack in [
        "[root@SV-01 ~]# iptables -P FORWARS\u{8}\u{1b}[KD ACCEPT\n",
        "[root@SV-01 ~]# iptables -P FORWARD ACCEPTT\u{8} \u{8}\n",
        "[root@SV-01 ~]# su\nPassword:\nbash-5.1# iptables -P FORWARD ACCEPT\n",
        "[root@SV-01 ~]# su\n# iptables -F\n",
        "[root@SV-01 ~]# exit\nlogout\n\u{1b}[01;32mu@SV-01\u{1b}[00m:~$ sudo iptables -P FORWARD ACCEPT\n",
        "[root@SV-01 ~]# cd /etc\n[root@sv-01 etc]# iptables -F\n",
        "[root@SV-01 ~]# uptime\n(base) [ops@SV-01 ~]$ sudo iptables -F\n",
        "[root@SV-01 ~]# sh /root/reload.sh\n/root/reload.sh: line 3: ipset: command not found\n",
        "[root@SV-01 ~]# foo.sh; iptables -F\nbash: foo.sh: command not found\n",
        "[root@SV-01 ~]# sysctl --system\nnet.ipv4.conf.all.rp_filter = 0\n",
        "[root@SV-01 ~]# sysctl --load\n",
        "[root@SV-01 ~]# sysctl -p/etc/sysctl.conf\n",
        "[root@SV-01 ~]# ip -batch changes.txt\n",
        "[root@SV-01 ~]# su -c \"iptables -F\"\n",
        "[root@SV-01 ~]# ssh localhost iptables -F\n",
    ] {
        assert!(count(attack) > 0, "{attack}");
    }
    // Rules of a namespace are not the box's.
    let inside = format!("[root@SV-01 ~]# ip netns exec vpn bash\n{}", log(""));
    assert!(!doubts(&read("iptables", "configs/SV-01.log", inside)).is_empty());
}

/// In one virtual domain `show` tells nothing of the others, to which links may lead.
#[test]
fn one_domain_is_not_the_box() {
    let part = "config system interface\n    edit \"port1\"\n        set vdom \"root\"\n    next\nend\nconfig firewall policy\nend\n";
    let log = |config: &str| {
        format!(
            "FW-01 # config vdom\nFW-01 (vdom) # edit root\nFW-01 (root) # show\n{config}FW-01 (root) # end\nFW-01 # exit\n"
        )
    };
    assert!(!doubts(&read("fortios", CONFIG, log(part))).is_empty());
    let whole = format!("config system global\nend\n{part}");
    assert!(doubts(&read("fortios", CONFIG, log(&whole))).is_empty());
}

#[test]
fn secrets_of_harmless_and_corrected_commands_are_hidden() {
    let save = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";
    let log = format!(
        "[root@SV-01 ~]# iptables-save\n{save}[root@SV-01 ~]# Canary-A\u{8} \u{8}\n[root@SV-01 ~]# echo Canary-B | sudo -S true\n\
         [root@SV-01 ~]# mysql -pCanary-C\n[root@SV-01 ~]# PW=Canary-D ./x\n[root@SV-01 ~]# grep Canary-E file\n\
         [root@SV-01 ~]# zz\nzsh: command not found: Canary-F\n[root@SV-01 ~]# exit\n"
    );
    let found = read("iptables", "configs/SV-01.log", &log);
    let shown = found.sources.masked_text(found.file);
    assert!(!shown.contains("Canary"), "{shown}");
}
