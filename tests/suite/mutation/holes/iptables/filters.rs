//! Rules of the filter table.

use super::{Edit, Planted, RULES, hole, rule, swap, top};

pub(super) fn filters() -> Vec<Planted> {
    let last = "-A FORWARD -j KYOHI\n";
    let known = "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32 -p udp -m udp --dport 161";
    vec![
        rule("everything accepted", "-A FORWARD -j ACCEPT"),
        rule(
            "a rule for one machine",
            "-A FORWARD -s 10.80.3.5/32 -d 10.80.1.11/32 -p tcp -m tcp --dport 443 -j ACCEPT",
        ),
        rule(
            "a rule for one machine, outwards",
            "-A FORWARD -s 10.80.1.5/32 -d 203.0.113.5/32 -p udp -m udp --dport 53 -j ACCEPT",
        ),
        rule("a rule between interfaces", "-A FORWARD -i eth2 -o eth3 -j ACCEPT"),
        rule("a rule for interfaces by the beginning of their names", "-A FORWARD -i eth+ -o eth1 -j ACCEPT"),
        rule("a rule for all interfaces but one", "-A FORWARD ! -i eth5 -o eth1 -j ACCEPT"),
        rule("a rule for all sources but one", "-A FORWARD ! -s 10.80.9.10/32 -d 10.80.1.11/32 -j ACCEPT"),
        rule("a range", "-A FORWARD -m iprange --dst-range 10.80.1.1-10.80.1.254 -j ACCEPT"),
        rule("a mask with holes", "-A FORWARD -d 10.0.1.0/255.0.255.0 -j ACCEPT"),
        rule("several ports", "-A FORWARD -o eth1 -p tcp -m multiport --dports 22,8000:8100 -j ACCEPT"),
        rule(
            "answers that nobody asked for",
            "-A FORWARD -o eth1 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT",
        ),
        rule(
            "at one time of the day",
            "-A FORWARD -o eth1 -m time --timestart 18:00 --timestop 19:00 -j ACCEPT",
        ),
        rule("a few packets", "-A FORWARD -o eth1 -m limit --limit 5/min -j ACCEPT"),
        rule(
            "a set that the file does not show",
            "-A FORWARD -o eth1 -m set --match-set hoshu src -j ACCEPT",
        ),
        rule("a match that nobody knows", "-A FORWARD -o eth1 -m himitsu --hint 3 -j ACCEPT"),
        rule("a target that nobody knows", "-A FORWARD -o eth1 -j HIMITSU"),
        rule("a garbled option", "-A FORWARD -s 10.80.3.5/32 --d?st 203.0.113.5/32 -o eth1 -j ACCEPT"),
        rule(
            "a string in the packet",
            "-A FORWARD -o eth1 -m string --string \"open\" --algo bm --to 65535 -j ACCEPT",
        ),
        rule("a program decides", "-A FORWARD -o eth1 -j NFQUEUE --queue-num 0"),
        rule("a copy to elsewhere", "-A FORWARD -i eth1 -j TEE --gateway 10.80.3.5"),
        rule("knocking", "-A FORWARD -o eth1 -m recent --rcheck --name KNOCK --rsource -j ACCEPT"),
        rule(
            "one packet in ten",
            "-A FORWARD -o eth1 -m statistic --mode random --probability 0.1 -j ACCEPT",
        ),
        hole(
            "a chain of one's own",
            vec![
                swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:URA - [0:0]\n"),
                top("-A FORWARD -o eth1 -j URA\n-A URA -s 10.80.3.0/24 -j ACCEPT"),
            ],
        ),
        hole(
            "a chain gone to for good",
            vec![
                swap(":KYOHI - [0:0]\n", ":KYOHI - [0:0]\n:URA - [0:0]\n"),
                top("-A FORWARD -o eth1 -g URA\n-A URA -s 10.80.3.0/24 -j ACCEPT"),
            ],
        ),
        hole(
            "a way round the denial",
            vec![
                swap(":FORWARD DROP", ":FORWARD ACCEPT"),
                swap("-A KYOHI -m limit", "-A KYOHI -s 10.80.3.5/32 -j RETURN\n-A KYOHI -m limit"),
            ],
        ),
        hole(
            "nothing denied any more",
            vec![swap(":FORWARD DROP", ":FORWARD ACCEPT"), swap("-A KYOHI -j DROP\n", "")],
        ),
        hole(
            "the last denial is gone and the policy accepts",
            vec![swap(":FORWARD DROP", ":FORWARD ACCEPT"), swap(last, "")],
        ),
        hole(
            "the policy can no longer be read",
            vec![swap(":FORWARD DROP", ":FORWARD DR?P"), swap(last, "")],
        ),
        hole("the denial accepts", vec![swap("-A KYOHI -j DROP", "-A KYOHI -j ACCEPT")]),
        hole(
            "a permit moved above the denial",
            vec![swap(
                "-A FORWARD -i eth1 -j KYOHI\n",
                "-A FORWARD -i eth1 -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -i eth1 -j KYOHI\n",
            )],
        ),
        hole(
            "a wider source",
            vec![swap(
                "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32",
                "-A FORWARD -s 10.80.0.0/16 -d 10.80.1.11/32",
            )],
        ),
        hole(
            "a wider target",
            vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.0/24 -p udp -m udp --dport 161")],
        ),
        hole(
            "another protocol",
            vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32 -p tcp -m tcp --dport 161")],
        ),
        hole("no protocol any more", vec![swap(known, "-A FORWARD -s 10.80.9.10/32 -d 10.80.1.11/32")]),
        hole(
            "an interface less",
            vec![
                swap("-s 10.80.2.0/24 -d 198.51.100.0/24 -o eth4", "-s 10.80.2.0/24 -o eth4"),
                swap("-A FWD_NAIBU -s 10.80.2.0/24 -o eth4 -p tcp", "-A FWD_NAIBU -s 10.80.2.0/24 -p tcp"),
            ],
        ),
        hole("a remark that is a rule again", vec![top("-A FORWARD -i eth3 -o eth1 -j ACCEPT")]),
        hole(
            "a second table of the same name",
            vec![Edit::new(
                RULES,
                "-A KYOHI -j DROP\nCOMMIT\n",
                "-A KYOHI -j DROP\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n",
            )],
        ),
        hole(
            "rules that the file cannot show",
            vec![Edit::before(
                RULES,
                "*mangle\n",
                "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n",
            )],
        ),
        hole(
            "administration from outside",
            vec![Edit::before(
                RULES,
                "-A INPUT -s 10.80.9.10/32",
                "-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT\n",
            )],
        ),
    ]
}
