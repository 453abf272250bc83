//! Ways that only sessions open, planted in configurations as real devices export them (SEMANTICS 17, 18): a proof
//! must not survive any of them where the other side can be reached.

use std::collections::BTreeMap;
use std::path::Path;

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::Site;
use bunri::vendor;

use crate::support::tiny::{answer, assess, site_in, site_of};

/// Four zones on one device; `m`, `l`, `k`, `i` are the interface names, `rest` what else the device needs.
fn topology([m, l, k, i]: [&str; 4], rest: &str) -> String {
    let zones = [
        ("MYN", "individual-number", "myn", "10.70.1.0/24"),
        ("LGW", "lgwan", "lgw", "10.70.2.0/24"),
        ("KAN", "management", "kan", "10.70.4.0/24"),
        ("INT", "internet", "int", "10.70.3.0/24"),
    ];
    let mut out = String::new();
    for (zone, role, segment, prefix) in zones {
        out.push_str(&format!(
            "[[zone]]\nid = \"{zone}\"\nname = \"{zone}\"\nrole = \"{role}\"\n[[segment]]\nid = \"{segment}\"\n\
             zone = \"{zone}\"\nprefixes = [\"{prefix}\"]\nterminals = \"no\"\ncomplete = true\n"
        ));
    }
    out.push_str(&format!(
        "[[device]]\nname = \"FW\"\n{rest}[device.attach]\n{m} = \"myn\"\n{l} = \"lgw\"\n{k} = \"kan\"\n{i} = \"int\"\n"
    ));
    out
}

/// One policy from the management zone to the internet zone.
#[derive(Clone)]
pub struct Gate {
    pub source: &'static str,
    pub service: &'static str,
    /// One more line of the policy.
    pub policy: &'static str,
    /// One more line of the interface of the management zone.
    pub port: &'static str,
    pub settings: Vec<&'static str>,
    /// The list of session helpers: name, protocol, port; `None`: no list.
    pub helpers: Option<Vec<(&'static str, u8, u16)>>,
}

/// Voice as a town that has no telephones there leaves it, and honest senders.
pub fn quiet(service: &'static str) -> Gate {
    Gate {
        source: "NW_KANRI",
        service,
        policy: "",
        port: "",
        settings: vec!["set default-voip-alg-mode kernel-helper-based"],
        helpers: Some(vec![("ftp", 6, 21), ("dns-udp", 17, 53)]),
    }
}

/// As it leaves the factory.
fn factory(service: &'static str) -> Gate {
    Gate { settings: Vec::new(), helpers: None, ..quiet(service) }
}

pub fn fortigate(gate: &Gate) -> Site {
    let port = |n: u8| {
        let more = if n == 4 { gate.port } else { "" };
        format!(
            "    edit \"port{n}\"\n        set vdom \"root\"\n        set ip 10.70.{n}.1 255.255.255.0\n        \
             set type physical\n        {more}\n    next\n"
        )
    };
    let ports: String = (1..=4).map(port).collect();
    let list = gate.helpers.iter().flatten().zip(1..).map(|((name, proto, port), n)| {
        format!(
            "    edit {n}\n        set name {name}\n        set protocol {proto}\n        set port {port}\n    next\n"
        )
    });
    let list: String = list.collect();
    let list =
        if gate.helpers.is_some() { format!("config system session-helper\n{list}end\n") } else { list };
    let settings = gate.settings.join("\n    ");
    let Gate { source, service, policy, .. } = gate;
    let text = format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system global
    set hostname \"FW\"
end
config system interface
{ports}end
{list}config system settings
    {settings}
end
config firewall address
    edit \"all\"
    next
    edit \"NW_KANRI\"
        set subnet 10.70.4.0 255.255.255.0
    next
end
config firewall service custom
    edit \"ALL\"
        set protocol IP
    next
    edit \"DNS\"
        set udp-portrange 53
    next
    edit \"SIP\"
        set udp-portrange 5060
    next
    edit \"FTP\"
        set tcp-portrange 21
    next
    edit \"CALL\"
        set tcp-portrange 12345
        set helper h323
    next
end
config firewall policy
    edit 1
        set srcintf \"port4\"
        set dstintf \"port3\"
        set action accept
        set srcaddr \"{source}\"
        set dstaddr \"all\"
        set schedule \"always\"
        set service \"{service}\"
        {policy}
    next
end
config router static
end
"
    );
    let config = "config = \"configs/FW\"\nvendor = \"fortios\"\n";
    site_of(
        &topology(["port1", "port2", "port4", "port3"], config),
        &[("configs/FW", &text)],
        vendor::VENDORS,
    )
}

pub fn packet(site: &Site) -> [Verdict; 2] {
    let all = assess(site);
    ["M-1", "L-1"].map(|id| answer(&all, id, Level::Packet).verdict)
}

#[test]
fn a_fortigate_without_pinholes_holds() {
    for service in ["ALL", "SIP", "FTP", "DNS"] {
        assert_eq!(packet(&fortigate(&quiet(service))), [Verdict::Holds; 2], "{service}");
    }
    // The source check of the box is enough, whatever the policy says of sources.
    assert_eq!(packet(&fortigate(&Gate { source: "all", ..quiet("ALL") })), [Verdict::Holds; 2]);
    // Factory settings harm nobody where voice cannot pass; other helpers stay between the ends of a session.
    for service in ["DNS", "FTP"] {
        assert_eq!(packet(&fortigate(&factory(service))), [Verdict::Holds; 2], "{service}");
    }
}

#[test]
fn pinholes_of_a_fortigate_are_seen() {
    let helper = |name, proto, port| Some(vec![("ftp", 6, 21), (name, proto, port)]);
    let unchecked = Gate { source: "all", port: "set src-check disable", ..quiet("DNS") };
    for (what, gate) in [
        ("factory voice and any service", factory("ALL")),
        ("factory voice and SIP", factory("SIP")),
        ("a helper line", Gate { helpers: helper("sip", 17, 5060), ..quiet("SIP") }),
        ("a helper on another port", Gate { helpers: helper("h323", 17, 53), ..quiet("DNS") }),
        ("a helper nobody knows", Gate { helpers: helper("fresh", 17, 53), ..quiet("DNS") }),
        ("the proxy left on", Gate { settings: vec![], ..quiet("SIP") }),
        (
            "a garbled mode",
            Gate { settings: vec!["set default-voip-alg-mode kernel-helper-basd"], ..quiet("SIP") },
        ),
        ("a port of the proxy", Gate { settings: vec!["set sip-udp-port 53"], ..quiet("DNS") }),
        ("a voice profile", Gate { policy: "set voip-profile \"default\"", ..quiet("SIP") }),
        ("a profile group", Gate { policy: "set profile-group \"g\"", ..quiet("SIP") }),
        ("a service with a helper", quiet("CALL")),
        (
            "asymmetric routing",
            Gate { settings: vec!["set asymroute enable"], source: "all", ..quiet("DNS") },
        ),
        ("auxiliary sessions", Gate { settings: vec!["set auxiliary-session enable"], ..unchecked.clone() }),
        ("sources that are not checked", unchecked),
    ] {
        for verdict in packet(&fortigate(&gate)) {
            assert_ne!(verdict, Verdict::Holds, "{what}");
        }
    }
}

/// Answers name the lines that turn it on.
#[test]
fn the_line_that_turns_a_helper_on_is_named() {
    let gate = Gate { policy: "set voip-profile \"default\"", ..quiet("SIP") };
    let site = fortigate(&gate);
    let all = assess(&site);
    let culprits = &answer(&all, "M-1", Level::Packet).culprits;
    let lines: Vec<String> = culprits.iter().map(|c| site.sources.excerpt(c.span).text).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("voip-profile"), "{lines:?}");
}

/// A site of `topologies/` with some texts replaced, wherever they stand.
pub fn planted(name: &str, edits: &[(&str, &str)]) -> Site {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(name);
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    for (old, new) in edits {
        let mut found = false;
        for text in files.values_mut() {
            found |= text.contains(old);
            *text = text.replace(old, new);
        }
        assert!(found, "{name}: {old}");
    }
    site_in(&files, vendor::VENDORS).unwrap()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// The router of `pin-11-source-checked` with some texts replaced.
pub fn router(edits: &[(&str, &str)]) -> Site {
    planted("pin-11-source-checked", edits)
}

const RELATED: &str = "--ctstate RELATED,ESTABLISHED";
pub const QUESTION: &str = "-A FORWARD -i eth3 -o eth0 -p udp -m udp --dport 53 -j ACCEPT";

#[test]
fn a_router_that_checks_sources_holds() {
    assert_eq!(packet(&router(&[])), [Verdict::Holds; 2]);
    // RELATED packets of no helper are ICMP errors about honest sessions.
    assert_eq!(packet(&router(&[(RELATED, "--ctstate RELATED")])), [Verdict::Holds; 2]);
}

#[test]
fn pinholes_of_a_router_are_seen() {
    let helper = format!(
        "{QUESTION}\nCOMMIT\n*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
                          -A PREROUTING -i eth3 -p udp -m udp --dport 5060 -j CT --helper sip"
    );
    let voice = QUESTION.replace("53", "5060");
    for (what, edits) in [
        ("new connections accepted with related ones", vec![(RELATED, "--ctstate NEW,RELATED")]),
        ("a source that is not checked", vec![("rp_filter = 1", "rp_filter = 0")]),
        ("a helper rule", vec![(QUESTION, helper.as_str())]),
        (
            "automatic helpers",
            vec![("nf_conntrack_helper = 0", "nf_conntrack_helper = 1"), (QUESTION, voice.as_str())],
        ),
    ] {
        for verdict in packet(&router(&edits)) {
            assert_ne!(verdict, Verdict::Holds, "{what}");
        }
    }
}

/// The gateway of `linux-gateway`, whose monitoring rule says where it comes from, with names resolved on the internet
/// for the management zone.
const QUESTIONS: [(&str, &str); 2] = [
    ("-A FORWARD -s 10.80.9.10/32 -d", "-A FORWARD -i eth5 -s 10.80.9.10/32 -d"),
    (
        "-A FORWARD -i eth1 -j KYOHI",
        "-A FORWARD -i eth5 -o eth0 -p udp -m udp --dport 53 -j ACCEPT\n-A FORWARD -i eth1 -j KYOHI",
    ),
];

#[test]
fn pinholes_of_a_gateway_that_translates_are_seen() {
    assert_eq!(packet(&planted("linux-gateway", &QUESTIONS)), [Verdict::Holds; 2]);
    let unchecked = [QUESTIONS[0], QUESTIONS[1], ("rp_filter = 1", "rp_filter = 0")];
    for verdict in packet(&planted("linux-gateway", &unchecked)) {
        assert_ne!(verdict, Verdict::Holds);
    }
    let voice = ("--dport 53 -m comment --comment \"DNS\"", "--dport 5060 -m comment --comment \"DNS\"");
    assert_eq!(packet(&planted("linux-gateway", &[voice])), [Verdict::Holds; 2]);
    let helper = (
        "*mangle\n",
        "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
         -A PREROUTING -i eth3 -p udp -m udp --dport 5060 -j CT --helper sip\nCOMMIT\n*mangle\n",
    );
    for verdict in packet(&planted("linux-gateway", &[voice, helper])) {
        assert_ne!(verdict, Verdict::Holds);
    }
}

/// Whoever may resolve names outside may call outside, and the firewall reads calls unless it is told not to.
#[test]
fn a_port_for_calls_is_seen_in_a_whole_town() {
    let calls = ("set udp-portrange 53\n", "set udp-portrange 53 5060\n");
    let verdicts = packet(&planted("wakaba", &[calls]));
    assert!(verdicts.iter().any(|v| *v != Verdict::Holds), "{verdicts:?}");
}
