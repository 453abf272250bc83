//! Ways between the tiers that once were overlooked: 若葉町 with a door added where nobody looked. None may hold.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::checks::{Options, assess};
use bunri::network::build;
use bunri::source::{Lang, Limits};
use bunri::vendor::VENDORS;

use crate::sites;

const FIREWALL: &str = "configs/FW-WAKABA01_20260310.conf";
const TOPOLOGY: &str = "topology.toml";
const REGISTER: &str = "policy/tokutei.toml";

/// A file, a text that stands there exactly once, and what takes its place; an empty text means the end of the file, in
/// front of the block with which a backup ends.
pub type Edit<'a> = (&'a str, &'a str, &'a str);

/// All that is said of 若葉町 after some edits.
fn wakaba(edits: &[Edit<'_>]) -> Vec<Assertion> {
    town("wakaba", edits)
}

/// All that is said of a shipped site after some edits.
pub fn town(site: &str, edits: &[Edit<'_>]) -> Vec<Assertion> {
    let mut files = sites::files(&sites::folder().join(site));
    for (path, old, new) in edits {
        let text = String::from_utf8(files[*path].clone()).unwrap();
        let edited = match *old {
            "" => match text.strip_suffix(LAST) {
                Some(head) => format!("{head}{new}{LAST}"),
                None => text + new,
            },
            old => {
                assert_eq!(text.matches(old).count(), 1, "{path}: {old}");
                text.replace(old, new)
            }
        };
        files.insert((*path).to_owned(), edited.into_bytes());
    }
    let site = build(&sites::Folder(files), VENDORS, &Limits::default()).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() };
    assess(&site, &options).unwrap().assertions
}

/// The verdict on one question, told by id and level.
pub fn verdict(answers: &[Assertion], id: &str, level: &str) -> Verdict {
    let found = answers.iter().find(|a| a.id == id && format!("{:?}", a.level).eq_ignore_ascii_case(level));
    found.unwrap_or_else(|| panic!("{id} {level} was not asked")).verdict
}

/// A policy of the firewall, before all others.
fn policy(from: &str, to: &str, more: &str) -> String {
    format!(
        "config firewall policy\n    edit 901\n        set srcintf \"{from}\"\n        set dstintf \"{to}\"\n        \
         set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        {more}\n    next\n"
    )
}

/// The last block of a full backup.
const LAST: &str = "config router multicast\nend\n";

const POLICIES: &str = "config firewall policy\n";

#[track_caller]
fn open(answers: &[Assertion], id: &str, level: &str) {
    assert_eq!(verdict(answers, id, level), Verdict::Undetermined, "{id} {level}");
}

#[test]
fn the_town_itself_holds() {
    let answers = wakaba(&[]);
    for (id, level) in
        [("M-1", "packet"), ("L-1", "packet"), ("L-1", "host"), ("M-5", "host"), ("B-1", "none")]
    {
        assert_eq!(verdict(&answers, id, level), Verdict::Holds, "{id} {level}");
    }
}

/// The interface's own address says that it stands on another segment than the topology has it (SEMANTICS 11).
#[test]
fn an_attachment_that_the_address_contradicts_leads_anywhere() {
    let hole = policy("v32_joho_pc", "v22_naibu_pc", "set action accept\n        set service \"SSH\"");
    let answers = wakaba(&[
        (TOPOLOGY, "v32_joho_pc = \"joho_pc\"", "v32_joho_pc = \"kanri\""),
        (FIREWALL, POLICIES, &hole),
    ]);
    open(&answers, "L-1", "packet");
    let l1 = answers.iter().find(|a| a.id == "L-1").unwrap();
    let said: Vec<&str> = l1.culprits.iter().map(|c| c.what.text(Lang::En)).collect();
    assert!(said.iter().any(|s| s.contains("contradict the segment `kanri`")), "{said:?}");
}

/// Switches that route by themselves, stations on another's wire, servers that read along: no policy is asked.
#[test]
fn what_passes_beside_the_policies_is_not_known() {
    let vlan = "        set vlanid 32\n";
    let beside = [
        (vlan, "        set vlanid 32\n        set switch-controller-offload enable\n", "M-1"),
        (vlan, "        set vlanid 11\n", "M-1"),
        (
            "        set interface \"x1\"\n        set vlanid 31\n",
            "        set type emac-vlan\n        set interface \"v11_kikan_sv\"\n",
            "M-1",
        ),
        (
            "",
            "config switch-controller managed-switch\n    edit \"S\"\n        set route-offload enable\n    next\nend\n",
            "M-1",
        ),
        (
            "",
            "config firewall profile-group\n    edit \"G\"\n        set icap-profile \"P\"\n    next\nend\n",
            "M-1",
        ),
        (
            "        set name \"muga_dl\"\n",
            "        set name \"muga_dl\"\n        set icap-profile \"P\"\n",
            "M-1",
        ),
        ("", "config system settings\n    set asymroute-icmp enable\nend\n", "M-1"),
    ];
    for (old, new, id) in beside {
        let answers = wakaba(&[(FIREWALL, old, new)]);
        assert_eq!(verdict(&answers, id, "packet"), Verdict::Undetermined, "{new}");
    }
    // Off, as full output shows them, they say nothing.
    let off = "config switch-controller managed-switch\n    edit \"S\"\n        set route-offload disable\n    next\nend\n\
               config system settings\n    set asymroute-icmp disable\nend\n";
    let answers = wakaba(&[
        (FIREWALL, "", off),
        (FIREWALL, vlan, "        set vlanid 32\n        set switch-controller-offload disable\n"),
    ]);
    assert_eq!(verdict(&answers, "M-1", "packet"), Verdict::Holds);
}

/// A number that does not fit is no number, and above all not the default (SEMANTICS 1).
#[test]
fn a_number_that_does_not_fit_is_not_the_default() {
    for bad in
        ["set protocol IP\n        set protocol-number 300", "set protocol ICMP\n        set icmptype 999"]
    {
        let service =
            format!("config firewall service custom\n    edit \"BAD\"\n        {bad}\n    next\nend\n");
        let deny = policy("v22_naibu_pc", "wan1", "set service \"BAD\"");
        let accept = policy("v22_naibu_pc", "wan1", "set action accept\n        set service \"ALL\"")
            .replace("901", "902");
        let both = format!("{deny}{}", accept.trim_start_matches(POLICIES));
        let answers = wakaba(&[(FIREWALL, POLICIES, &both), (FIREWALL, "", &service)]);
        assert_ne!(verdict(&answers, "L-1", "packet"), Verdict::Holds, "{bad}");
    }
}

/// VLANs on the two ends of a link inside the box are joined as the ends are, whatever is said of cables.
#[test]
fn vlans_over_a_link_inside_the_box_are_joined() {
    let interfaces = r#"config system interface
    edit "npu0_vlink0"
        set vdom "root"
        set type physical
    next
    edit "npu0_vlink1"
        set vdom "root"
        set type physical
    next
    edit "VB0"
        set vdom "root"
        set ip 172.31.0.1 255.255.255.252
        set interface "npu0_vlink0"
        set vlanid 100
    next
    edit "VR0"
        set vdom "root"
        set ip 172.31.0.2 255.255.255.252
        set interface "npu0_vlink1"
        set vlanid 100
    next
    edit "VX0"
        set vdom "root"
        set ip 172.31.1.2 255.255.255.252
        set interface "npu0_vlink1"
        set vlanid 101
    next
end
"#;
    let read = crate::support::reading::read("fortios", "fw.conf", interfaces);
    let device = &read.reading.devices[0];
    let name = |(_, id): (usize, bunri::model::IfId)| device.interfaces[id.index()].name.value.clone();
    let joined: Vec<(String, String)> = read.reading.links.iter().map(|l| (name(l.a), name(l.b))).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(joined, [pair("VB0", "VR0"), pair("npu0_vlink0", "npu0_vlink1")]);
}

/// A maintenance company's line that the town's own firewall lets into the internet.
#[test]
fn an_external_peer_must_not_reach_the_internet_through_the_town() {
    let external = "[[zone]]\nid = \"HOSHU\"\nname = \"保守回線\"\nrole = \"other\"\n[[external]]\nid = \"ext-h\"\nzone = \"HOSHU\"\n\
                    kind = \"closed\"\nleads_to = []\ndeclarations = [\"申-01\"]\n";
    let entry = "\n[[entry]]\nid = \"特-77\"\napplication = \"R6-099\"\ntitle = \"保守\"\nkind = \"maintenance\"\nclass = \"E4\"\n\
                 from = { external = \"ext-h\", addresses = [\"172.20.5.5\"] }\nto = { host = \"SV-KIKAN01\" }\nprotocol = \"tcp\"\n\
                 ports = \"22\"\ngranularity = \"host\"\npeer = \"private\"\nowner = \"総務課\"\napproved_by = \"会議\"\n\
                 approved_on = \"R7.3.24\"\nexpires = \"R20.3.31\"\ndeclarations = [\"申-01\"]\n";
    let line = "    edit \"wan2\"\n        set vdom \"root\"\n        set status down\n";
    let up = "    edit \"wan2\"\n        set vdom \"root\"\n        set ip 203.0.113.1 255.255.255.252\n";
    let route = "config router static\n    edit 77\n        set dst 172.20.0.0 255.255.0.0\n        set gateway 203.0.113.2\n        \
                 set device \"wan2\"\n    next\nend\n";
    let maintain = "config firewall address\n    edit \"HOSHU\"\n        set subnet 172.20.5.5 255.255.255.255\n    next\nend\n";
    let allowed = "set action accept\n        set service \"SSH\"";
    let inward = policy("wan2", "v11_kikan_sv", allowed);
    let inward = inward
        .replace("set srcaddr \"all\"", "set srcaddr \"HOSHU\"")
        .replace("set dstaddr \"all\"", "set dstaddr \"SV-KIKAN01\"");
    let town = |more: &str| {
        wakaba(&[
            (TOPOLOGY, "wan1 = \"sc_wan\"\n", "wan1 = \"sc_wan\"\nwan2 = \"ext-h\"\n"),
            (TOPOLOGY, "# --- 無害化システム", &format!("{external}# --- 無害化システム")),
            (REGISTER, "", entry),
            (FIREWALL, line, up),
            (FIREWALL, POLICIES, &format!("{inward}{more}")),
            (FIREWALL, "", &format!("{route}{maintain}")),
        ])
    };
    assert_eq!(verdict(&town(""), "M-5", "host"), Verdict::Holds);
    let onwards =
        policy("wan2", "wan1", "set action accept\n        set service \"HTTPS\"").replace("901", "902");
    let onwards = onwards.replace("set srcaddr \"all\"", "set srcaddr \"HOSHU\"");
    assert_eq!(verdict(&town(onwards.trim_start_matches(POLICIES)), "M-5", "host"), Verdict::Violated);
}

/// What a sanitizer opens itself carries data, also where it is called administration.
#[test]
fn a_share_is_no_administration() {
    let session = |purpose: &str| {
        format!(
            "[[sanitizer.session]]\nopens = \"sanitizer\"\npeers = [\"naibu_pc\"]\nprotocol = \"tcp\"\nports = \"445\"\n\
             data = \"both\"\npurpose = \"{purpose}\"\n"
        )
    };
    let hole = policy("v31_joho_dmz", "v22_naibu_pc", "set action accept\n        set service \"SMB\"")
        .replace("set srcaddr \"all\"", "set srcaddr \"SV-VB01\"")
        .replace("set dstaddr \"all\"", "set dstaddr \"NW_NAIBU_PC\"");
    let head = "host = \"SV-VB01\"\ntypes = [\"screen-transfer\"]\ndeclarations = [\"申-03\"]\n";
    for purpose in ["data", "management"] {
        let answers = wakaba(&[
            (
                TOPOLOGY,
                "name = \"若葉町\"\nregisters = [\"policy/tokutei.toml\"]\n",
                "name = \"若葉町\"\nregisters = [\"policy/tokutei.toml\"]\n[policy]\nvariant = \"alpha\"\n",
            ),
            (TOPOLOGY, head, &format!("{head}{}", session(purpose))),
            (FIREWALL, POLICIES, &hole),
        ]);
        assert_eq!(verdict(&answers, "L-1", "packet"), Verdict::Violated, "{purpose}");
    }
}

/// Files go from the internet to the LGWAN zone through a sanitizer; a channel that leads outwards only is none.
#[test]
fn a_channel_that_leads_outwards_is_no_sanitizing() {
    let side = |peer: &str, port: &str, data: &str| {
        format!("peers = [\"{peer}\"]\nprotocol = \"tcp\"\nports = \"{port}\"\ndata = \"{data}\"")
    };
    let lgwan = "peers = [\"naibu_pc\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"out\"";
    let answers = wakaba(&[
        (TOPOLOGY, &side("joho_pc", "443", "in"), &side("joho_pc", "443", "out")),
        (TOPOLOGY, lgwan, &lgwan.replace("out", "in")),
    ]);
    open(&answers, "L-1", "host");
    // A second declaration of the same packets takes nothing back, in whatever order.
    let more = "[[sanitizer.session]]\nopens = \"peer\"\n".to_owned()
        + &side("joho_pc", "443", "in")
        + "\npurpose = \"data\"\n";
    let head = "host = \"SV-MUGAI01\"\ntypes = [\"mail-text\", \"file\"]\ndeclarations = [\"申-04\"]\n";
    let answers = wakaba(&[
        (TOPOLOGY, &side("joho_pc", "443", "in"), &side("joho_pc", "443", "out")),
        (TOPOLOGY, lgwan, &lgwan.replace("out", "in")),
        (TOPOLOGY, head, &format!("{head}{more}")),
    ]);
    open(&answers, "L-1", "host");
    // Both ways on the one side is how most declarations are written.
    let answers = wakaba(&[(TOPOLOGY, lgwan, &lgwan.replace("out", "both"))]);
    assert_eq!(verdict(&answers, "L-1", "host"), Verdict::Holds);
}

/// A machine that hands in files from the internet is no peer for the individual-number zone, registered or not.
#[test]
fn a_registered_sanitizer_of_files_leads_to_the_internet() {
    let routes = "configs/SV-MUGAI01/ip_route.txt";
    let rules = "configs/SV-MUGAI01/iptables-save.txt";
    let files = sites::files(&sites::folder().join("wakaba"));
    let text = String::from_utf8(files[rules].clone()).unwrap();
    let first = text.lines().find(|l| l.starts_with("-A IN_UCHI ")).unwrap().to_owned();
    let accept = format!("-A IN_UCHI -s 10.60.20.0/24 -p tcp -m tcp --dport 443 -j ACCEPT\n{first}");
    let entry = "\n[[entry]]\nid = \"特-78\"\napplication = \"R6-098\"\ntitle = \"取込み\"\nkind = \"tokutei\"\nclass = \"E4\"\n\
                 from = { segment = \"kikan_pc\" }\nto = { addresses = [\"10.61.40.2\"] }\nprotocol = \"tcp\"\nports = \"443\"\n\
                 granularity = \"segment\"\nreason = \"DHCP\"\npeer = \"own\"\nowner = \"総務課\"\napproved_by = \"会議\"\n\
                 approved_on = \"R7.3.24\"\nexpires = \"R20.3.31\"\n";
    let hole = policy("v12_kikan_pc", "v24_mugai", "set action accept\n        set service \"HTTPS\"")
        .replace("set srcaddr \"all\"", "set srcaddr \"NW_KIKAN_PC\"")
        .replace("set dstaddr \"all\"", "set dstaddr \"SV-MUGAI01_N\"");
    let lgwan = "peers = [\"naibu_pc\"]\nprotocol = \"tcp\"\nports = \"443\"\ndata = \"out\"";
    let without_route = [
        (TOPOLOGY, lgwan, lgwan.replace("\"naibu_pc\"", "\"naibu_pc\", \"kikan_pc\"")),
        (REGISTER, "", entry.to_owned()),
        (FIREWALL, POLICIES, hole),
        (rules, first.as_str(), accept),
    ];
    let mut edits: Vec<Edit<'_>> =
        without_route.iter().map(|(p, old, new)| (*p, *old, new.as_str())).collect();
    // The server drops what it has no way back to: the entry, written as its address, does not certainly pass.
    open(&wakaba(&edits), "B-1", "none");
    edits.push((routes, "", "10.60.0.0/16 via 10.61.40.1 dev eth1 proto static\n"));
    let answers = wakaba(&edits);
    assert_eq!(verdict(&answers, "B-1", "none"), Verdict::Holds);
    open(&answers, "M-5", "host");
}

/// A resolver of the box carries names, from those who ask it to those whom it asks: a ping to the gateway is no part of
/// that, and neither are servers that it never asks (SEMANTICS 20).
#[test]
fn a_resolver_joins_its_clients_with_its_servers_only() {
    let resolver = |interface: &str| {
        format!(
            "config system dns-server\n    edit \"{interface}\"\n        set mode forward-only\n    next\nend\n"
        )
    };
    let answers = wakaba(&[(FIREWALL, "", &resolver("v32_joho_pc"))]);
    for id in ["M-1", "M-2", "L-1"] {
        assert_eq!(verdict(&answers, id, "host"), Verdict::Holds, "{id}");
    }
    // The resolvers of this town are outside, and the individual-number zone reaches them through the box.
    let answers = wakaba(&[(FIREWALL, "", &resolver("v12_kikan_pc"))]);
    assert_eq!(verdict(&answers, "M-1", "host"), Verdict::Violated);
    // Nobody says whom it asks: it may be anybody, and nothing is certain.
    let told = "config system dns\n    set primary 203.0.113.53\n    set secondary 203.0.113.54\nend\n";
    let answers = wakaba(&[(FIREWALL, told, ""), (FIREWALL, "", &resolver("v32_joho_pc"))]);
    open(&answers, "M-1", "host");
    // So it is where a word about the resolvers cannot be read, and where the box asks the servers of the roots itself.
    let inside = "config system dns\n    set primary 10.60.10.11\nend\n";
    let asks = |more: &str, mode: &str| {
        let dns = inside.replace("end\n", more);
        let server = resolver("v12_kikan_pc").replace("forward-only", mode);
        verdict(&wakaba(&[(FIREWALL, told, &dns), (FIREWALL, "", &server)]), "M-1", "host")
    };
    assert_eq!(asks("end\n", "forward-only"), Verdict::Holds);
    assert_eq!(asks("    set secondry 203.0.113.54\nend\n", "forward-only"), Verdict::Undetermined);
    assert_eq!(asks("end\n", "resolver"), Verdict::Undetermined);
}
