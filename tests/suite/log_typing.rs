//! Terminal logs: what somebody corrected while typing is read as it was sent, and what may hide behind a login is not
//! passed over. Each harmless form stands beside the same form with a change in it.

use bunri::model::Radius;
use bunri::source::Lang;

use crate::support::reading::{Read, read};

pub const SAVE: &str = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n";

pub fn linux(text: &str) -> Read {
    read("iptables", "configs/SV-01.log", text)
}

pub fn doubts(read: &Read) -> Vec<String> {
    let whole = read.reading.devices.iter().flat_map(|d| &d.taints).filter(|t| t.radius == Radius::Device);
    whole.map(|t| format!("{:?}", t.cause)).collect()
}

pub fn said(read: &Read) -> String {
    read.reading.diagnostics.iter().map(|d| format!("{}\n", d.message.text(Lang::En))).collect()
}

/// A log as TeraTerm writes it, with stamps, and its copy.
#[test]
fn a_copy_of_a_stamped_log_reads_like_it() {
    for more in [
        "",
        "[root@SV-01 ~]# ls\nx\n[root@SV-01 ~]# sudo iptables -n -L\n",
        "[root@SV-01 ~]# daet\u{8} \u{8}\u{8} \u{8}te\n",
    ] {
        assert!(!doubted(&crate::log_cuts::teraterm(&log(more))), "{more}");
    }
}

/// A log with lines between the configuration and its end.
pub fn log(more: &str) -> String {
    format!("[root@SV-01 ~]# iptables-save\n{SAVE}{more}[root@SV-01 ~]# exit\n")
}

/// Both readings of a text, with a copy that leaves the house: alike in doubts and words.
pub fn doubted(text: &str) -> bool {
    let found = linux(text);
    let copy = found.sources.masked_text(found.file);
    let again = linux(&copy);
    assert_eq!(doubts(&found).is_empty(), doubts(&again).is_empty(), "{text:?}\n{copy:?}\n{}", said(&again));
    assert!(!copy.contains("Canary"), "{copy}");
    !doubts(&found).is_empty()
}

pub const P: &str = "[root@SV-01 ~]# ";

#[test]
fn corrected_commands_are_those_that_were_sent() {
    for (typed, changes) in [
        // Backspace, echoed in three ways.
        ("datt\u{8} \u{8}e", false),
        ("ipp\u{8}\u{1b}[K route", false),
        ("iptables -LL\u{8} \u{8} -n", false),
        ("iptables -L\u{8} \u{8}F", true),
        (
            "cat iptables\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}\u{8} \u{8} f",
            false,
        ),
        ("date\u{8}\u{8}\u{8}\u{8}reboot", true),
        // The whole line wiped and typed again; the cursor moved; characters put in and taken out.
        ("iptables -F\r\u{1b}[K[root@SV-01 ~]# date", false),
        ("date\r\u{1b}[K[root@SV-01 ~]# iptables -F", true),
        ("iptables -F\u{1b}[11D\u{1b}[Kdate", false),
        ("dte\u{1b}[2D\u{1b}[@a", false),
        ("iptables -F\u{1b}[D\u{1b}[1PL", false),
        ("daxte\u{1b}[3D\u{1b}[P", false),
        ("ls -L\u{1b}[D\u{1b}[D\u{1b}[C-a", false),
        // Bells of completion, colours, modes of pasting.
        ("\u{1b}[?2004hda\u{7}te\u{1b}[?2004l", false),
        ("\u{1b}[01;31mdate\u{1b}[0m", false),
        ("\u{1b}[01;31miptables -F\u{1b}[0m", true),
        // A long command goes on below the last column.
        ("grep -v aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \r/etc/hosts", false),
        ("iptables -I FORWARD -m comment --comment aaaaaaaaaaaaaaaaaaaaaaaa \r -j ACCEPT", true),
        // What leaves the line cannot be followed.
        ("iptables -F\u{1b}[A", true),
        ("date\u{7f}", true),
        ("cat 窓口\u{8}\u{8}  \u{8}\u{8}x", true),
        // Not an echo but what was entered.
        ("datt^H^He", true),
    ] {
        assert_eq!(doubted(&log(&format!("{P}{typed}\n"))), changes, "{typed:?}");
    }
    // The same in the command that shows the configuration.
    for typed in [
        "iptabels\u{8} \u{8}\u{8} \u{8}\u{8} \u{8}les-save",
        "iptables-saev\u{1b}[2D\u{1b}[Kve",
        "\u{1b}[1miptables\u{1b}[m-save",
    ] {
        let log = format!("{P}{typed}\n{SAVE}{P}exit\n");
        assert!(!doubted(&log), "{typed:?}");
        let rules = |r: &Read| r.reading.devices[0].rule_sets.len();
        assert_eq!(rules(&linux(&log)), rules(&linux(&self::log(""))));
    }
    // Coloured prompts are prompts.
    let coloured = "\u{1b}]0;u@SV-01: ~\u{7}\u{1b}[01;32mu@SV-01\u{1b}[00m:\u{1b}[01;34m~\u{1b}[00m$ ";
    assert!(doubted(&log(&format!("{P}exit\nlogout\n{coloured}sudo iptables -F\n"))));
    assert!(!doubted(&log(&format!("{P}exit\nlogout\n{coloured}date\n{coloured}sudo -i\n"))));
}

#[test]
fn an_output_that_was_painted_over_is_not_read_as_it_stands() {
    let painted = SAVE.replace("FORWARD DROP", "FORWARD ACC\u{8}\u{8}\u{8}DROP");
    assert!(doubted(&format!("{P}iptables-save\n{painted}{P}exit\n")));
}

#[test]
fn a_login_is_proved_to_lead_elsewhere_and_back() {
    for (attack, hides) in [
        // To this box under another form of the prompt, to one that looks like this one, to nowhere known.
        ("[root@SV-01 ~]# ssh localhost\nbash-5.1# iptables -P FORWARD ACCEPT\nbash-5.1# exit\n", true),
        (
            "[root@SV-01 ~]# ssh localhost\nPassword:\n# iptables-restore < x\n# exit\nConnection to localhost closed.\n",
            true,
        ),
        ("[root@SV-01 ~]# ssh 127.0.0.1\nadmin@alias:~$ sudo -i\nadmin@alias:~$ exit\n", true),
        ("[root@SV-01 ~]# ssh 10.0.0.2\nLast login: Tue\n", true),
        ("[root@SV-01 ~]# ssh 10.0.0.2\n", true),
        ("[root@SV-01 ~]# telnet 10.0.0.2\nSW-02>enable\nSW-02#show version\nSW-02#exit\n", false),
        ("[root@SV-01 ~]# telnet 10.0.0.2\nSW-02>enable\nSW-02#write erase\nSW-02#exit\n", true),
        // Another box, left again; not left; and from there back to this one.
        (
            "[root@SV-01 ~]# ssh SV-02\nroot@SV-02's password:\n[root@SV-02 ~]# date\n[root@SV-02 ~]# exit\nlogout\nConnection to SV-02 closed.\n",
            false,
        ),
        // Another name is no other box: this one may have two.
        (
            "[root@SV-01 ~]# ssh 10.0.0.1\n[root@gw ~]# iptables -F\n[root@gw ~]# exit\nConnection to gw closed.\n",
            true,
        ),
        (
            "[root@SV-01 ~]# ssh 10.0.0.1\nu@SV-01.town.example.jp:~$ date\nu@SV-01.town.example.jp:~$ exit\nConnection to gw closed.\n",
            true,
        ),
        (
            "[root@SV-01 ~]# ssh 10.0.0.1\nops@jump:~$ date\nsh-5.1# sh /root/fw.sh\nops@jump:~$ exit\nConnection to gw closed.\n",
            true,
        ),
        // From there back.
        ("[root@SV-01 ~]# ssh SV-02\n[root@SV-02 ~]# pssh -H SV-01 x\n[root@SV-02 ~]# exit\n", true),
        ("[root@SV-01 ~]# ssh SV-02\n[root@SV-02 ~]# sh back.sh\n[root@SV-02 ~]# exit\n", true),
        // A shell's own prompt before words of a failure.
        (
            "[root@SV-01 ~]# ssh localhost\nPassword:\n# iptables -P FORWARD ACCEPT # fingerprint\n# ^C\n",
            true,
        ),
        ("[root@SV-01 ~]# ssh SV-02\nsh-5.1# sh fw.sh:\nssh: connect: Connection refused\n", true),
        ("[root@SV-01 ~]# ssh SV-02\n[root@SV-02 ~]# date\nTue\n", true),
        (
            "[root@SV-01 ~]# ssh SV-02\n[root@SV-02 ~]# ssh 10.0.0.1\n# iptables -F\n# exit\n[root@SV-02 ~]# exit\n",
            true,
        ),
        (
            "[root@SV-01 ~]# ssh SV-02\n[root@SV-02 ~]# su\n# ssh 10.0.0.1\n# exit\n[root@SV-02 ~]# exit\n",
            true,
        ),
        // Nobody got in.
        ("[root@SV-01 ~]# ssh SV-02\nssh: connect to host SV-02 port 22: Connection refused\n", false),
        (
            "[root@SV-01 ~]# ssh SV-02\nroot@SV-02's password:\nPermission denied, please try again.\nroot@SV-02's password:\nroot@SV-02: Permission denied (publickey,password).\n",
            false,
        ),
        (
            "[root@SV-01 ~]# ssh SV-02\nroot@SV-02's password:\nPermission denied, please try again.\nroot@SV-02's password:\n",
            true,
        ),
    ] {
        assert_eq!(doubted(&log(attack)), hides, "{attack}");
    }
}

#[test]
fn below_ways_in_and_out_only_what_is_known_is_harmless() {
    for (more, hides) in [
        ("[root@SV-01 ~]# cd /nowhere\n-bash: cd: /nowhere: No such file or directory\n", false),
        ("[root@SV-01 ~]# cd -\n/root\n", false),
        ("[root@SV-01 ~]# cd /etc\nrouter% iptables -F\n", true),
        ("[root@SV-01 ~]# exit\nlogout\nConnection to SV-01 closed.\nops@jump:~$ exit\n", false),
        ("[root@SV-01 ~]# exit\nlogout\nops@jump:~$ ssh SV-01 sudo iptables -F\n", true),
        ("[root@SV-01 ~]# su -\nPassword:\nLast login: Tue Mar 10 21:00:00 JST 2026 on pts/0\n", false),
        ("[root@SV-01 ~]# su -\nPassword:\nsh-5.1# modprobe x\n", true),
        ("[root@SV-01 ~]# script\nScript started, file is typescript\n", false),
        ("[root@SV-01 ~]# echo --- ip route ---\n--- ip route ---\n", false),
        ("[root@SV-01 ~]# echo 1 > /proc/sys/net/ipv4/ip_forward\n", true),
        ("[root@SV-01 ~]# echo $(iptables -F)\n", true),
        ("[root@SV-01 ~]# echo `iptables -F`\n", true),
        ("[root@SV-01 ~]# echo x; iptables -F\n", true),
        ("[root@SV-01 ~]# sudo ls /root\nanaconda-ks.cfg\n", false),
    ] {
        assert_eq!(doubted(&log(more)), hides, "{more}");
    }
}

const CONFIG: &str = "config system global\n    set hostname \"FW-01\"\nend\nconfig system interface\n    edit \"port1\"\n    next\nend\n";

/// What is changed at the other member of a cluster is changed at both.
#[test]
fn the_other_member_is_not_passed_over_by_name() {
    let doubt = |more: &str| {
        let log = format!("FW-01 # show\n{CONFIG}\n{more}FW-01 # exit\n");
        let found = read("fortios", "configs/FW-01.log", &log);
        let again = read("fortios", "configs/FW-01.log", found.sources.masked_text(found.file));
        assert_eq!(doubts(&found).is_empty(), doubts(&again).is_empty(), "{more} {}", said(&again));
        !doubts(&found).is_empty()
    };
    assert!(!doubt(""));
    for (more, hides) in [
        (
            "FW-01 # execute ha manage 1 admin\nadmin@169.254.0.1's password:\nFW-02 # get system status\nVersion\n\nFW-02 # exit\n",
            false,
        ),
        (
            "FW-01 # execute ha manage 1 admin\nFW-02 # config firewall policy\nFW-02 (policy) # delete 9\nFW-02 (policy) # end\nFW-02 # exit\n",
            true,
        ),
        ("FW-01 # execute ha manage 1 admin\nFW-02 # get system status\nVersion\n", true),
        ("FW-01 # execute ssh admin@10.0.0.1\nadmin@10.0.0.1's password:\n", true),
        (
            "FW-01 # execute ssh admin@10.0.0.9\nSW-09#show version\nSW-09#exit\nConnection to 10.0.0.9 closed.\n",
            false,
        ),
        (
            "FW-01 # execute ssh admin@10.0.0.9\nSW-09#show version\nSW-09#ssh 10.0.0.1\nFW # config firewall policy\nSW-09#exit\n",
            true,
        ),
    ] {
        assert_eq!(doubt(more), hides, "{more}");
    }
}

/// Lines of `ip route show table 500` do not name their table: the command does.
#[test]
fn routes_belong_to_the_table_that_the_command_names() {
    let shown = "[root@SV-01 ~]# ip route\n10.0.0.0/8 dev eth0\n[root@SV-01 ~]# ip route show table 500\ndefault via 10.0.0.5 dev eth0\n\
        [root@SV-01 ~]# ip route show table 600\n10.6.0.0/16 via 10.0.0.6 dev eth0\n[root@SV-01 ~]# ip rule\n0:\tfrom all lookup local\n\
        100:\tfrom 10.5.0.0/16 lookup 500\n200:\tfrom 10.6.0.0/16 lookup 600\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
    let end = format!("[root@SV-01 ~]# iptables-save\n{SAVE}[root@SV-01 ~]# exit\n");
    let tables = |text: &str| {
        let found = linux(&format!("{text}{end}"));
        let routes = found.reading.devices[0].routes.iter();
        (routes.map(|t| format!("{} {:?}", t.label, t.target)).collect::<Vec<String>>(), doubts(&found))
    };
    let (named, doubt) = tables(shown);
    assert_eq!(doubt, Vec::<String>::new());
    // One display of all tables says the same.
    let all = shown.split_once("[root@SV-01 ~]# ip rule").unwrap().1;
    let all = format!(
        "[root@SV-01 ~]# ip route show table all\ndefault via 10.0.0.5 dev eth0 table 500\n10.6.0.0/16 via 10.0.0.6 dev eth0 table 600\n\
         10.0.0.0/8 dev eth0\n[root@SV-01 ~]# ip rule{all}"
    );
    assert_eq!(tables(&all).0, named);
    // Of another table, or of one that no rule asks for, the same lines say something else.
    for other in ["600", "700", "main"] {
        let moved = shown.replace(" table 500\ndefault", &format!(" table {other}\ndefault"));
        assert_ne!(moved, shown);
        assert_ne!(tables(&moved).0, named, "{other}");
    }
}

/// A test of an authentication server carries a password.
#[test]
fn a_password_given_to_a_test_is_hidden() {
    let log = format!(
        "FW-01 # show\n{CONFIG}\nFW-01 # diagnose test authserver ldap SRV-AD kanri Canary-Eins\nauthenticate against 'SRV-AD' failed!\n\n\
         FW-01 # diag test authserver radius R pap kanri Canary-Zwei\n\nFW-01 # exit\n"
    );
    let found = read("fortios", "configs/FW-01.log", &log);
    assert_eq!(doubts(&found), Vec::<String>::new());
    let shown = found.sources.masked_text(found.file);
    assert!(!shown.contains("Canary") && shown.contains("diagnose test authserver *****"), "{shown}");
}

/// What goes on below a command, what other commands do besides, and prompts of other forms.
#[test]
fn commands_that_look_harmless_are_not_taken_for_it() {
    for (more, hides) in [
        ("ls \\\n> ; iptables -P FORWARD ACCEPT\n", true),
        ("echo '\n> '; sh fw.sh\n", true),
        ("date\n> iptables-restore x\n", true),
        ("echo 'x y'\nx y\n", false),
        ("script -c 'iptables-restore /root/x'\n", true),
        ("less x\n!modprobe x\n!done\n", true),
        ("arp -s 10.0.0.1 00:00:5e:00:53:01\n", true),
        ("arp -an\n", false),
        ("iptables -A FORWARD -j LOG --log-prefix -L\n", true),
        ("iptables -t nat -nvL\n", false),
        ("cat x | sort -o /etc/sysctl.conf\n", true),
        ("cat x | sort -u\n", false),
        ("date\n[root@SV-01 ~]#iptables -F\n", true),
        ("date\nSV-01# bash /root/fw.sh\n", true),
        ("date\nRT# sh /root/fw.sh\n", true),
    ] {
        assert_eq!(doubted(&log(&format!("{P}{more}"))), hides, "{more}");
    }
}

/// A pipe or a place for failures behind the command leaves its table what it is.
#[test]
fn a_table_s_name_is_read_in_front_of_a_pipe() {
    let shown = |tail: &str| {
        let log = format!(
            "{P}ip route\n10.0.0.0/8 dev eth0\n{P}ip route show table 600{tail}\nblackhole default\n\
             {P}ip rule\n0:\tfrom all lookup local\n100:\tfrom all lookup 500\n32766:\tfrom all lookup main\n\
             {P}iptables-save\n{SAVE}{P}exit\n"
        );
        let found = linux(&log);
        let routes = found.reading.devices[0].routes.iter();
        (routes.map(|t| format!("{} {:?}", t.label, t.target)).collect::<Vec<String>>(), said(&found))
    };
    let (plain, words) = shown("");
    assert!(!plain.iter().any(|r| r.contains("default")), "{plain:?} {words}");
    for tail in [" | cat", " 2>/dev/null", " 2>&1 | more"] {
        assert_eq!(shown(tail).0, plain, "{tail}");
    }
}

pub fn switch(text: &str) -> Read {
    read("ios", "configs/SW-01.log", text)
}

fn switch_log(config: &str, more: &str) -> String {
    format!(
        "SW-01#terminal length 0\nSW-01#show running-config\nversion 15.2\nhostname SW-01\n!\n\
         ip access-list extended IN\n{config} deny ip any any\n!\nend\n\nSW-01#{more}\nSW-01#exit\n"
    )
}

#[test]
fn a_switch_s_log_hides_no_change() {
    for (config, more, hides) in [
        ("", "show clock", false),
        ("", "copy running-config startup-config", false),
        ("", "*Mar 16 21:58:11.402: %SYS-5-CONFIG_I: Configured from console", false),
        ("", "shwo clock\n          ^\n% Invalid input detected at '^' marker.", false),
        // Only the end of a long line is seen, or only its beginning.
        ("", "conf t\nSW-01(config)#ip route vrf LGW \u{8}\u{8}$ 10.71.10.11 255.255.255.255", true),
        ("", "conf t\nSW-01(config)#$ 10.71.10.11 255.255.255.255", true),
        (
            "",
            "conf t\nSW-01(config)#no ip access-list extended IN*Mar 16 21:58:11.402: %SYS-5-CONFIG_I: x",
            true,
        ),
        ("", "conf t\nSW-01(config)#do show clock", false),
        ("", "conf t\nSW-01(config)#do copy tftp://192.0.2.1/x running-config", true),
        ("", "copy tftp://192.0.2.1/x running-config", true),
        ("", "configure replace flash:x force", true),
        ("", "reload", true),
        ("", "delete flash:vlan.dat", true),
        // Another box.
        ("", "show running-config\nversion 15.2\nhostname SW-02\nend\n", true),
        // Painted over.
        (" 5 permit ip any any\u{1b}[2K\n", "show clock", true),
        (" 5 permit ip any any\r\u{1b}[K\n", "show clock", true),
        (" 5 permit ip any any\r\u{1b}[K!\n", "show clock", true),
    ] {
        let found = switch(&switch_log(config, more));
        assert_eq!(!doubts(&found).is_empty(), hides, "{config} {more} {}", said(&found));
    }
    // A line of the configuration is no message of the device's log.
    let found =
        switch(&switch_log(" 5 permit ip any any*Mar 16 21:58:11.402: %SYS-5-CONFIG_I: x\n", "show clock"));
    assert!(said(&found) != said(&switch(&switch_log("", "show clock"))), "{}", said(&found));
    let comment = "-A FORWARD -i eth1 -o eth0 -m comment --comment \"x:%FW-6-A: \" -j ACCEPT\nCOMMIT\n";
    let rules = |text: &str| -> usize {
        let device = &linux(text).reading.devices[0];
        device.rule_sets.iter().flat_map(|s| &s.chains).map(|c| c.rules.len()).sum()
    };
    let with = log("").replacen("COMMIT\n", comment, 1);
    assert_ne!(rules(&with), rules(&log("")));
}
