//! Lines of switches and routers that carry nothing between the tiers: what is known of them keeps a town that holds,
//! and the nearest line that does carry something does not.

use bunri::analysis::answer::Verdict;

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
