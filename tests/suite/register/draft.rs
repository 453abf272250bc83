//! A draft of a register: readable, useful, and never an approval.

use bunri::analysis::answer::{Level, Verdict};
use bunri::intent::register::{self, Standing};
use bunri::report;
use jiff::civil::date;

use super::flows::{INTERFACES, TOPOLOGY, assess_on};
use crate::support::tiny::{self, answer};

fn drafted(config: &str, register: Option<&str>) -> (String, usize) {
    let site = tiny::with_register(TOPOLOGY, &[("fw", &format!("{INTERFACES}{config}"))], register);
    report::draft(&assess_on(&site, date(2026, 1, 15)), &site)
}

/// The file without the first key, which the support code writes itself.
fn body(draft: &str) -> String {
    draft.replacen("schema_version = 1\n", "", 1)
}

#[test]
fn a_draft_read_back_permits_nothing_until_it_is_completed() {
    let config =
        "permit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\npermit l m 10.2.0.12/32 10.1.0.12/32 udp 514\n";
    let (text, rows) = drafted(config, None);
    assert_eq!(rows, 2, "{text}");
    assert!(text.contains("from = { host = \"SV-M\" }") && text.contains("ports = \"443\""), "{text}");
    let site = tiny::with_register(TOPOLOGY, &[("fw", &format!("{INTERFACES}{config}"))], Some(&body(&text)));
    let read = register::read(&site).unwrap().unwrap();
    assert_eq!(read.entries.len(), 2);
    let today = date(2026, 1, 15);
    assert!(read.entries.iter().all(|e| e.standing(Some(today)) == Standing::Unapproved));
    let all = assess_on(&site, today);
    assert_eq!(answer(&all, "M-2", Level::Packet).verdict, Verdict::Violated);
    assert_eq!(answer(&all, "X-11", Level::None).verdict, Verdict::Violated);
    // Completed by somebody who answers for it, it says what it said.
    let complete = body(&text)
        .replace("owner = \"\"", "owner = \"o\"")
        .replace("approved_by = \"\"", "approved_by = \"a\"")
        .replace("approved_on = \"\"", "approved_on = \"R7.3.24\"")
        .replace("expires = \"\"", "expires = \"R8.3.31\"");
    let site = tiny::with_register(TOPOLOGY, &[("fw", &format!("{INTERFACES}{config}"))], Some(&complete));
    let all = assess_on(&site, today);
    for (id, level) in
        [("M-2", Level::Packet), ("M-3", Level::None), ("B-1", Level::None), ("X-11", Level::None)]
    {
        assert_eq!(answer(&all, id, level).verdict, Verdict::Holds, "{id}\n{text}");
    }
}

/// A translated flow is drafted as it is sent and as it is delivered.
#[test]
fn a_draft_tells_translations() {
    let config = "dnat m 10.2.0.100/32 10.2.0.11\npermit m l 10.1.0.11/32 10.2.0.11/32 tcp 443\n";
    let (text, _) = drafted(config, None);
    assert!(text.contains("to = { host = \"SV-L\" }"), "{text}");
    assert!(text.contains("10.2.0.100"), "{text}");
}

#[test]
fn segments_are_refused_until_their_reason_is_written() {
    let (text, rows) = drafted("permit m l 10.1.0.0/24 10.2.0.11/32 tcp 443\n", None);
    assert!(rows > 0);
    let site = tiny::with_register(TOPOLOGY, &[("fw", INTERFACES)], Some(&body(&text)));
    assert!(register::read(&site).is_err(), "{text}");
}
