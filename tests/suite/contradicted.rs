//! What the topology says against a configuration, a table or itself: shipped sites with one word changed. Where two of a
//! town's own papers contradict each other, none of them proves anything.

use bunri::analysis::answer::{Assertion, Verdict};
use bunri::source::Lang;

use crate::overlooked::{town, verdict};

const TOPOLOGY: &str = "topology.toml";
const REGISTER: &str = "policy/tokutei.toml";
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
        expect(&answers, &[("M-1", "host", Verdict::Violated), ("L-1", "host", Verdict::Violated)]);
    }
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
    let files = crate::sites::files(&crate::sites::folder().join("wakaba"));
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
