//! Terminal logs of switches: what stands behind the configuration, and whether it changes or contradicts anything.

use bunri::analysis::answer::Verdict;

use crate::overlooked_ios::core;

const HEAD: &str = "Building configuration...\n";
const END: &str = "transport input none\n!\nend\n";
const PROMPT: &str = "SW-CORE01#";

/// The verdict on a log that shows the configuration by `command`, and then something more.
fn shown_by(command: &str, more: &str) -> Verdict {
    let head = format!("{PROMPT}terminal length 0\n{PROMPT}{command}\n{HEAD}");
    let end = format!("{END}\n{PROMPT}{more}\n{PROMPT}exit\n");
    core("M-1", &[(HEAD, head.as_str()), (END, end.as_str())])
}

fn log(more: &str) -> Verdict {
    shown_by("show running-config", more)
}

/// Commands shorten as far as the device lets them.
#[test]
fn the_configuration_may_be_asked_for_in_short() {
    for command in ["sh ru", "sh run", "show runn", "wr t"] {
        assert_eq!(shown_by(command, "show clock"), Verdict::Holds, "{command}");
    }
    for command in ["sh r", "sh rudpv1"] {
        assert_eq!(shown_by(command, "show clock"), Verdict::Undetermined, "{command}");
    }
}

/// The heading of the table of a stack looks like the prompt of a switch as it was delivered.
#[test]
fn the_heading_of_a_stack_is_no_prompt() {
    const ROWS: &str = "*1       Active   0011.2233.4455     15     V01     Ready";
    for heading in [
        "Switch#   Role    Mac Address     Priority Version  State ",
        "Switch#  Port 1     Port 2           Port 1   Port 2",
    ] {
        assert_eq!(log(&format!("show switch\n{heading}\n{ROWS}")), Verdict::Holds, "{heading}");
    }
    // Whoever came to such a switch and typed there changed something.
    for typed in ["Switch#erase startup-config", "Switch#  delete flash:vlan.dat", "Switch(config)#  Port 1"]
    {
        assert_eq!(log(&format!("show switch\n{typed}\n{ROWS}")), Verdict::Undetermined, "{typed}");
    }
}

/// What counts, learns and says anew changes no configuration.
#[test]
fn some_commands_change_nothing() {
    for command in [
        "clear counters",
        "clear counters GigabitEthernet1/0/1",
        "clear logging",
        "clear arp-cache",
        "clear mac address-table dynamic",
        "clear mac address-table dynamic vlan 110",
        "clear mac-address-table dynamic",
        "clear access-list counters",
        "clear ip access-list counters JOHO_IN",
        "test aaa group radius user pass legacy",
        "test cable-diagnostics tdr interface Gi1/0/1",
        "reload cancel",
        "send log test",
        "show running-config | count permit\nNumber of lines which match regexp = 1",
        "show running-config | c permit\nNumber of lines which match regexp = 1",
    ] {
        assert_eq!(log(command), Verdict::Holds, "{command}");
    }
    for command in [
        "clear port-security sticky",
        "clear access-template 101 NAME",
        "clear mac address-table",
        "clear ip route *",
        "clear c",
        "test platform",
        "reload",
        "reload in 5",
        "send",
        "erase startup-config",
        "configure replace flash:old.cfg",
    ] {
        assert_eq!(log(command), Verdict::Undetermined, "{command}");
    }
}

/// A log may go on at another box, whose commands are not this one's.
#[test]
fn a_hop_to_another_box_says_nothing_of_this_one() {
    let there = |lines: &str| format!("{lines}\n[Connection to 10.71.10.20 closed by foreign host]");
    let hop = |lines: &str| log(&there(lines));
    const FLOOR: &str = "telnet 10.71.10.20\nTrying 10.71.10.20 ... Open\n\nSW-FLR02#";
    assert_eq!(hop(&format!("{FLOOR}show clock\nSW-FLR02#exit\n")), Verdict::Holds);
    assert_eq!(
        hop("ssh -l admin 10.71.10.20\nPassword:\nSW-FLR02>enable\nSW-FLR02#conf t\n"),
        Verdict::Holds
    );
    // Back here, or at a box that is called like this one, it is this one's.
    let back =
        format!("{FLOOR}ssh 10.71.10.254\n{PROMPT}configure terminal\nSW-CORE01(config)#no ip routing\n");
    assert_eq!(hop(&back), Verdict::Undetermined);
    assert_eq!(hop("telnet 10.71.10.20\nSW-CORE01B#conf t\nSW-CORE01B(config)#end\n"), Verdict::Undetermined);
    assert_eq!(hop(&format!("{FLOOR}show run\nhostname SW-FLR02\nend\n")), Verdict::Undetermined);
    // Without a word of the way back, the prompts may be those of a box that is called the same.
    const TRIED: &str = "telnet 10.71.10.20\nTrying 10.71.10.20 ...";
    assert_eq!(log(&format!("{TRIED} Open\n")), Verdict::Undetermined);
    assert_eq!(log(&format!("{TRIED}\n% Connection refused by remote host\n")), Verdict::Holds);
    assert_eq!(log(&format!("{TRIED}\n% Destination unreachable; gateway or host down\n")), Verdict::Holds);
    // A member of the stack is this box.
    assert_eq!(log("session 2\nSW-CORE01-2#reload"), Verdict::Undetermined);
}

/// Other displays of the same things say the same.
#[test]
fn other_displays_do_not_contradict() {
    const PART: &str = "show running-config interface Vlan320\nBuilding configuration...\n\nCurrent configuration : 99 bytes\n!\ninterface Vlan320\n ip address 10.73.20.254 255.255.255.0\n";
    const LIST: &str = " ip access-group JOHO_IN in\n";
    assert_eq!(log(&format!("{PART}{LIST}end\n")), Verdict::Holds);
    assert_eq!(log(&format!("{PART}end\n")), Verdict::Undetermined);
    assert_eq!(log(&format!("{PART} ip access-group OTHER in\nend\n")), Verdict::Undetermined);

    let section = |filter: &str, lines: &str| {
        log(&format!(
            "show running-config | {filter}\ninterface Vlan320\n ip address 10.73.20.254 255.255.255.0\n{lines}"
        ))
    };
    for filter in ["section Vlan320", "sec ^interface Vlan320"] {
        assert_eq!(section(filter, LIST), Verdict::Holds, "{filter}");
        assert_eq!(section(filter, ""), Verdict::Undetermined, "{filter}");
    }
    // A whole with everything as it was delivered says more than a part.
    let delivered = |part: &str| {
        let whole = format!("show running-config all\n{HEAD}");
        let head = format!("{PROMPT}{whole}");
        let end = format!("{END}{PROMPT}{part}{PROMPT}exit\n");
        let list = "interface Vlan320\n ip address 10.73.20.254 255.255.255.0\n";
        let more = format!("{list} ip redirects\n");
        core("M-1", &[(HEAD, head.as_str()), (list, more.as_str()), (END, end.as_str())])
    };
    assert_eq!(delivered(&format!("{PART}{LIST}end\n")), Verdict::Holds);
    assert_eq!(delivered(&format!("{PART} ip access-group OTHER in\nend\n")), Verdict::Undetermined);
    // What the filter left out says nothing.
    assert_eq!(section("include Vlan320|10.73.20", ""), Verdict::Holds);
    assert_eq!(section("section Vlan320|10.73.20", ""), Verdict::Holds);

    const LISTS: &str = "Extended IP access list NAIBU_PC_IN\n    10 deny ip any any\nExtended IP access list KIKAN_PC_IN\n    10 permit tcp 10.71.20.0 0.0.0.255 host 10.71.10.11 eq 443 log (7 matches)\n    20 deny ip any any\nExtended IP access list preauth_acl\n    10 permit udp any any eq domain\n";
    for command in ["show ip access-lists", "show access-lists"] {
        let with = |entry: &str| log(&format!("{command}\nExtended IP access list JOHO_IN\n{entry}{LISTS}"));
        assert_eq!(with("    10 deny ip any any (1234 matches)\n"), Verdict::Holds);
        assert_eq!(with("    10 permit ip any any (1234 matches)\n"), Verdict::Undetermined);
        assert_eq!(
            with("    5 permit ip host 10.73.20.9 any\n    10 deny ip any any\n"),
            Verdict::Undetermined
        );
        assert_eq!(with(""), Verdict::Undetermined);
    }

    let state = |inbound: &str| {
        log(&format!(
            "show ip interface\nVlan1 is administratively down, line protocol is down\n  Internet protocol processing disabled\nVlan320 is up, line protocol is up\n  Internet address is 10.73.20.254/24\n  Outgoing Common access list is not set\n  Outgoing access list is not set\n  Inbound Common access list is not set\n  Inbound  access list is {inbound}\nVlan110 is up, line protocol is up\n  Outgoing access list is not set\n  Inbound  access list is not set\n"
        ))
    };
    assert_eq!(state("JOHO_IN"), Verdict::Holds);
    assert_eq!(state("JOHO_IN, default is not set"), Verdict::Holds);
    assert_eq!(state("NAIBU_PC_IN, default is not set"), Verdict::Undetermined);
    assert_eq!(state("not set"), Verdict::Undetermined);
    assert_eq!(state("NAIBU_PC_IN"), Verdict::Undetermined);
}

/// A change between two displays is why they differ.
#[test]
fn a_change_between_displays_explains_them() {
    let before = format!(
        "{PROMPT}show ip access-lists\nExtended IP access list JOHO_IN\n    10 permit ip any any\n{PROMPT}configure terminal\nSW-CORE01(config)#ip access-list extended JOHO_IN\nSW-CORE01(config-ext-nacl)#no 10\nSW-CORE01(config-ext-nacl)#10 deny ip any any\nSW-CORE01(config-ext-nacl)#end\n"
    );
    let with = |before: &str| {
        let head = format!("{before}{PROMPT}show running-config\n{HEAD}");
        core("M-1", &[(HEAD, head.as_str()), (END, format!("{END}{PROMPT}exit\n").as_str())])
    };
    assert_eq!(with(&before), Verdict::Holds);
    let shown = before.split_once(&format!("{PROMPT}conf")).unwrap().0;
    assert_eq!(with(shown), Verdict::Undetermined);
}
