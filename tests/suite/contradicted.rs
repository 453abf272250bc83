//! What the topology says against a configuration, a table or itself: shipped sites with one word changed. Where two of a
//! town's own papers contradict each other, none of them proves anything.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::source::Lang;

use bunri::source::Limits;
use bunri::vendor::VENDORS;

use crate::overlooked::{town, verdict};
use crate::sites;

const TOPOLOGY: &str = "topology.toml";
const REGISTER: &str = "policy/tokutei.toml";
const POLICIES: &str = "config firewall policy\n";
const WAKABA: &str = "configs/FW-WAKABA01_20260310.conf";
const KUMOI: &str = "configs/FW-KUMOI01_20260305.conf";

#[track_caller]
fn expect(answers: &[Assertion], told: &[(&str, &str, Verdict)]) {
    for (id, level, wanted) in told {
        assert_eq!(verdict(answers, id, level), *wanted, "{id} {level}");
    }
}

/// What an answer blames, in English.
fn blamed(answers: &[Assertion], id: &str, level: &str) -> Vec<String> {
    let found = answers.iter().filter(|a| a.id == id && format!("{:?}", a.level).eq_ignore_ascii_case(level));
    found.flat_map(|a| &a.culprits).map(|c| c.what.text(Lang::En).to_owned()).collect()
}

/// A proxy that the configuration certainly runs is not declared away (SEMANTICS 20).
#[test]
fn a_declaration_does_not_turn_a_proxy_off() {
    let proxy = "config web-proxy explicit\n    set status enable\n    set http-incoming-port 8080\nend\n\
                 config firewall proxy-policy\n    edit 1\n        set proxy explicit-web\n        set dstintf \"wan1\"\n        \
                 set srcaddr \"all\"\n        set dstaddr \"all\"\n        set service \"webproxy\"\n        \
                 set action accept\n        set schedule \"always\"\n    next\nend\n";
    let card = "        set vlanid 12\n";
    let listening = format!("{card}        set explicit-web-proxy enable\n");
    let name = "name = \"FW-KUMOI01\"\nconfig";
    let said = "name = \"FW-KUMOI01\"\nrelay = \"no\"\ndeclarations = [\"申-05\"]\nconfig";
    for said in [name, said] {
        let answers = town("kumoi", &[(KUMOI, "", proxy), (KUMOI, card, &listening), (TOPOLOGY, name, said)]);
        // It listens on the core's side only: nobody of the LGWAN zone is certain to reach it.
        expect(&answers, &[("M-1", "host", Verdict::Violated), ("L-1", "host", Verdict::Undetermined)]);
    }
    // Nor is one that asks who somebody is, or whose exits are not known.
    let asked = proxy.replace("set action accept", "set action accept\n        set groups \"G\"");
    let answers = town("kumoi", &[(KUMOI, "", &asked), (KUMOI, card, &listening), (TOPOLOGY, name, said)]);
    expect(&answers, &[("M-1", "host", Verdict::Undetermined)]);
    // Where the configuration shows none, the word stands.
    let answers = town("kumoi", &[(TOPOLOGY, name, said)]);
    expect(&answers, &[("M-1", "host", Verdict::Holds)]);
}

/// A machine that was read is known by the interfaces that were read: what it does by another card, nobody knows.
#[test]
fn a_card_that_the_configuration_does_not_show_is_not_known() {
    let card = "  { segment = \"mugai_uchi\", addresses = [\"10.82.40.2\"] },\n";
    for more in ["core_sv\", addresses = [\"10.80.10.200\"]", "lgwan_sv\"", "ext-sc\""] {
        let cards = format!("{card}  {{ segment = \"{more} }},\n");
        let answers = town("kumoi", &[(TOPOLOGY, card, &cards)]);
        expect(&answers, &[("X-7", "host", Verdict::Undetermined), ("L-1", "host", Verdict::Undetermined)]);
        let said = blamed(&answers, "L-1", "host");
        assert!(
            said.iter().any(|s| s.contains("a network card that its configuration does not show")),
            "{said:?}"
        );
    }
}

/// A table's own address says that the interface stands on another segment than the topology has it (SEMANTICS 11).
#[test]
fn an_interface_of_a_table_or_a_contract_is_held_to_its_address() {
    let row = "4,LAN2の監視,内部,監視サーバ,情報,10.70.3.0/24,PING,破棄,有効,";
    let answers = town(
        "table-holds",
        &[
            (TOPOLOGY, "LAN3 = \"joho\"", "LAN3 = \"kikan\""),
            ("tables/FWポリシー表.csv", row, "4,保守,基幹,any,情報,any,any,許可,有効,"),
        ],
    );
    expect(&answers, &[("M-1", "packet", Verdict::Undetermined)]);
    let said = blamed(&answers, "M-1", "packet");
    assert!(said.iter().any(|s| s.contains("contradict the segment `kikan`")), "{said:?}");
    // So it is of what a contract says of its own interfaces.
    let own = "addresses = { in = [\"192.0.2.38/29\"] }";
    let answers = town("kumoi", &[(TOPOLOGY, own, "addresses = { in = [\"10.80.10.38/24\"] }")]);
    expect(&answers, &[("M-1", "packet", Verdict::Undetermined)]);
}

/// What is delivered to an address of two machines may go to the one that no entry names (SEMANTICS 22).
#[test]
fn an_entry_does_not_cover_an_address_of_two_machines() {
    let host = "interfaces = [{ segment = \"lgwan_sv\", addresses = [\"10.81.10.51\"] }]";
    let both = "interfaces = [{ segment = \"lgwan_sv\", addresses = [\"10.81.10.51\", \"10.81.10.71\"] }]";
    let wider = [
        (TOPOLOGY, host, both),
        (KUMOI, "        set dstaddr \"SV-ELTAX01\"\n", "        set dstaddr \"SV-ELTAX01\" \"SV-WSUS-L\"\n"),
    ];
    let answers = town("kumoi", &wider);
    expect(&answers, &[("M-2", "packet", Verdict::Undetermined)]);
    let said = blamed(&answers, "M-2", "packet");
    assert!(said.iter().any(|s| s.contains("another machine has the address")), "{said:?}");
}

/// A dash, a blank that nobody sees and an approval to come are none.
#[test]
fn words_that_approve_nothing_approve_nothing() {
    let files = sites::files(&sites::folder().join("wakaba"));
    let text = String::from_utf8(files[REGISTER].clone()).unwrap();
    // The text from the start of the first entry, so that it stands there once.
    let from = text.find("[[entry]]").unwrap();
    let until = from + text[from..].find("情報化推進会議").unwrap();
    let head = &text[from..until];
    let by = |who: &str| {
        let answers =
            town("wakaba", &[(REGISTER, &format!("{head}情報化推進会議"), &format!("{head}{who}"))]);
        (verdict(&answers, "M-2", "packet"), verdict(&answers, "X-11", "none"))
    };
    for who in ["-", "\u{200b}", "未承認", "承認待ち(6月会議)", "?"] {
        assert_eq!(by(who), (Verdict::Violated, Verdict::Violated), "{who}");
    }
    assert_eq!(by("未来創造課長").0, Verdict::Holds);
}

/// A declaration that leaves its document empty or names nobody or no day is worth no more than silence.
#[test]
fn words_that_declare_nothing_back_nothing() {
    let document = "document = \"無害化サーバ設計書\"\n";
    let whole = format!("{document}by = \"総務課\"\ndate = \"R8.3.3\"");
    let said = |document: &str, by: &str, date: &str| {
        format!("document = \"{document}\"\nby = \"{by}\"\ndate = \"{date}\"")
    };
    let verdicts = [Verdict::Undetermined, Verdict::Holds];
    for (document, by, date, backed) in [
        ("無害化サーバ設計書", "総務課", "-", 0),
        ("無害化サーバ設計書", "総務課", "未定", 0),
        ("無害化サーバ設計書", "総務課", "R8.2.30", 0),
        ("無害化サーバ設計書", "\u{3164}", "R8.3.3", 0),
        ("無害化サーバ設計書", "確認中", "R8.3.3", 0),
        ("未定", "総務課", "R8.3.3", 0),
        ("確認書(作成予定)", "総務課", "R8.3.3", 0),
        ("\u{3000}", "総務課", "R8.3.3", 0),
        ("別紙3", "総務課", "令和8年3月", 1),
        ("-", "総務課", "R8.3.3", 1),
        ("無害化サーバ設計書", "情報係 山田", "令和7年度", 1),
    ] {
        let answers = town("kumoi", &[(TOPOLOGY, &whole, &said(document, by, date))]);
        let wanted = verdicts[backed];
        expect(&answers, &[("L-1", "host", wanted), ("Q-2", "none", wanted)]);
    }
    let later = said("無害化サーバ設計書", "総務課", "R9.3.3");
    expect(&town("kumoi", &[(TOPOLOGY, &whole, &later)]), &[("Q-2", "none", Verdict::Undetermined)]);
}

/// Two ports of two VLANs that lead into one box of which nothing was read: the cabling table itself may join them
/// (SEMANTICS 11, 14).
#[test]
fn what_is_plugged_into_one_unread_box_may_meet_there() {
    let ports = "ports = [\"port1.0.1-1.0.8\"]\n";
    let cable = |port: &str, far: &str, at: u8| {
        format!(
            "[[link]]\ndevice = \"SW-FLR\"\nports = [\"{port}\"]\nto = {{ device = \"{far}\", port = \"{at}\" }}\n"
        )
    };
    let hubs = "[[device]]\nname = \"HUB-1\"\nexcluded = \"島HUB\"\n[[device]]\nname = \"HUB-2\"\nexcluded = \"島HUB\"\n\
                [[inventory]]\nname = \"HUB-1\"\n[[inventory]]\nname = \"HUB-2\"\n";
    let into = |second: &str| {
        let cables = cable("port1.0.8", "HUB-1", 1) + &cable("port1.0.17", second, 2);
        town(
            "ios-floor",
            &[
                (TOPOLOGY, ports, "ports = [\"port1.0.1-1.0.7\"]\n"),
                (TOPOLOGY, "", &format!("\n{hubs}{cables}")),
            ],
        )
    };
    expect(&into("HUB-1"), &[("M-1", "l2", Verdict::Undetermined), ("X-3", "l2", Verdict::Undetermined)]);
    expect(&into("HUB-2"), &[("M-1", "l2", Verdict::Holds)]);
}

/// The zone is left out for links. Machines in no zone are no part of the individual-number zone either.
#[test]
fn machines_in_no_zone_are_outside_the_individual_number_zone() {
    let port = "config system interface\n    edit \"port6\"\n        set vdom \"root\"\n        \
                set ip 10.88.0.1 255.255.255.0\n        set type physical\n    next\nend\n";
    let policy = "config firewall policy\n    edit 901\n        set srcintf \"Z_CORE\"\n        set dstintf \"port6\"\n        \
                  set srcaddr \"all\"\n        set dstaddr \"all\"\n        set schedule \"always\"\n        \
                  set action accept\n        set service \"HTTPS\"\n    next\n";
    let attach = "v11_kikan_sv = \"core_sv\"\n";
    let attached = format!("{attach}port6 = \"kensho\"\n");
    let segment = "\n[[segment]]\nid = \"kensho\"\nname = \"検証LAN\"\nprefixes = [\"10.88.0.0/24\"]\ncomplete = true\n";
    let town_with = |zone: &str, host: &str, policy: &str| {
        let more = format!("{segment}{zone}{host}");
        town(
            "kumoi",
            &[
                (KUMOI, "", port),
                (KUMOI, POLICIES, if policy.is_empty() { POLICIES } else { policy }),
                (TOPOLOGY, attach, &attached),
                (TOPOLOGY, "", &more),
            ],
        )
    };
    let answers = town_with("", "", policy);
    expect(&answers, &[("M-2", "packet", Verdict::Undetermined)]);
    let said = blamed(&answers, "M-2", "packet");
    assert!(said.iter().any(|s| s.contains("to which zone `検証LAN` belongs")), "{said:?}");
    // Nothing passes, or it only stands on the way: nobody is asked.
    expect(&town_with("", "", ""), &[("M-2", "packet", Verdict::Holds), ("X-7", "host", Verdict::Holds)]);
    expect(&town_with("zone = \"CORE\"\n", "", policy), &[("M-2", "packet", Verdict::Holds)]);
    let both = "[[host]]\nid = \"SV-Z\"\ninterfaces = [{ segment = \"core_pc\", addresses = [\"10.80.20.99\"] }, \
                { segment = \"kensho\", addresses = [\"10.88.0.9\"] }]\n";
    expect(&town_with("", both, ""), &[("X-7", "host", Verdict::Undetermined)]);
}

/// The line register says where the town's lines end. Where the topology says something else, one of them is wrong.
#[test]
fn a_line_ends_where_the_topology_attaches_it() {
    let line = |device: &str, interface: &str, more: &str| {
        let row = format!(
            "\n[[line]]\nid = \"回-1\"\nkind = \"フレッツ光\"\npurpose = \"インターネット\"\ndevice = \"{device}\"\n\
             interface = \"{interface}\"\n{more}zone = \"JOHO\"\n"
        );
        verdict(&town("kumoi", &[(TOPOLOGY, "", &row)]), "N-1", "packet")
    };
    let cloud = "external = \"ext-sc\"\n";
    assert_eq!(line("FW-KUMOI01", "wan1", cloud), Verdict::Holds);
    assert_eq!(line("FW-KUMOI01", "v11_kikan_sv", cloud), Verdict::Undetermined);
    assert_eq!(line("FW-KUMOI01", "v11_kikan_sv", ""), Verdict::Undetermined);
    assert_eq!(line("RT-LGWAN", "in", ""), Verdict::Undetermined);
    assert_eq!(line("FW-YOBI01", "wan1", ""), Verdict::Undetermined);
    // It is shut down: no line ends there, whatever the register says.
    assert_eq!(line("FW-KUMOI01", "wan2", ""), Verdict::Holds);
}

/// The town's list of VLANs says whose VLAN it is in which a gateway stands.
#[test]
fn a_gateway_in_another_segments_vlan_leads_anywhere() {
    let answers = town(
        "wakaba-tables",
        &[
            (WAKABA, "set vlanid 12\n", "set vlanid 999\n"),
            (WAKABA, "set vlanid 32\n", "set vlanid 12\n"),
            (WAKABA, "set vlanid 999\n", "set vlanid 32\n"),
        ],
    );
    expect(&answers, &[("M-1", "packet", Verdict::Undetermined)]);
    let said = blamed(&answers, "M-1", "packet");
    assert!(said.iter().any(|s| s.contains("which the list of VLANs gives another segment")), "{said:?}");
}

/// One machine under two names would stand in one zone each.
#[test]
fn names_that_look_alike_are_asked_about() {
    let refused = |name: &str| {
        let mut files = sites::files(&sites::folder().join("kumoi"));
        let host = format!("\n[[host]]\nid = \"{name}\"\ninterfaces = [{{ segment = \"naibu_pc\" }}]\n");
        files.get_mut(TOPOLOGY).unwrap().extend(host.into_bytes());
        match bunri::network::build(&sites::Folder(files), VENDORS, &Limits::default()) {
            Ok(_) => false,
            Err(error) => format!("{error:?}").contains("differ only in how they are written"),
        }
    };
    for name in [
        "sv-kikan01",
        "SV\u{2010}KIKAN01",
        "SV-KIKAN01\u{200b}",
        "SV_KIKAN01",
        "S\u{0412}-X",
        "ＳＶ－ＫＩＫＡＮ０１",
    ] {
        assert_eq!(refused(name), name != "S\u{0412}-X", "{name}");
    }
    assert!(refused("SV-\u{041a}I\u{041a}AN01"));
    assert!(!refused("SV-KIKAN011"));
}

/// Conditions of β must not vanish with the word that names the model.
#[test]
fn sessions_of_beta_without_a_model_leave_its_conditions_open() {
    let chosen = "variant = \"beta\"\nexternal_confirmation = \"R7.11.20\"\naudit = \"令和8年2月5日\"\n";
    let answers = town("yunagi", &[(TOPOLOGY, chosen, "")]);
    expect(&answers, &[("L-4", "packet", Verdict::Undetermined)]);
    let said = blamed(&answers, "L-4", "packet");
    assert!(said.iter().any(|s| s.contains("names no `variant`")), "{said:?}");
}

/// A member of a cluster that is left out may be the one that forwards: whether it says the same is not known.
#[test]
fn a_member_that_is_left_out_was_not_compared() {
    let topology = std::fs::read_to_string(sites::folder().join("hoshimi").join(TOPOLOGY)).unwrap();
    let (_, rest) = topology.split_once("name = \"FW-SANSO02\"\n").unwrap();
    let (second, _) = rest.split_once("[[device]]").unwrap();
    let config = second.lines().next().unwrap();
    for (reason, listed) in [("予備機のため", Verdict::NotApplicable), ("ー", Verdict::Undetermined)] {
        let spare = format!("{config}\ncluster = \"SANSO\"\nexcluded = \"{reason}\"\n");
        let answers = town("hoshimi", &[(TOPOLOGY, second, &spare)]);
        expect(&answers, &[("HA-1", "none", Verdict::Undetermined), ("Q-3", "none", listed)]);
    }
}
