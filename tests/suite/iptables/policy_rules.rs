//! `ip rule` of the one family where the other's was expected.

use bunri::source::{Code, Limits, SitePath, Sources};
use bunri::vendor::{Companion, Reading, VendorInput, by_id};

const OPEN: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
const ROUTES: &str =
    "10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1\ndefault via 10.1.0.2 dev eth0\n";

/// What Linux prints without rules of anybody: IPv6 has no table `default`.
const V4: &str = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
const V6: &str = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n";

fn read(lists: &[&str]) -> Reading {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let mut add =
        |name: &str, text: &str| sources.add(SitePath::new(name).unwrap(), text.as_bytes(), &limits).unwrap();
    let config = add("rules", OPEN);
    let mut companions = vec![(Companion::Routes, add("routes", ROUTES))];
    for (number, list) in lists.iter().enumerate() {
        companions.push((Companion::Rules, add(&format!("list{number}"), list)));
    }
    let (interfaces, sources) = (&["eth0".to_owned()][..], &mut sources);
    by_id("iptables").unwrap().read(VendorInput {
        name: None,
        config,
        companions: &companions,
        interfaces,
        sources,
        limits: &limits,
    })
}

fn noticed(lists: &[&str]) -> bool {
    let reading = read(lists);
    let said = reading.diagnostics.iter().any(|d| d.code == Code::Contradiction);
    // Then what IPv4's rules are is an assumption, and printed.
    let assumed = reading.devices[0].assumptions.iter().any(|a| {
        let text = a.text(bunri::source::Lang::En);
        text.contains("IPv4 has no policy routing rules besides the standard ones")
    });
    assert_eq!(said, assumed, "{lists:?}: {:?}", reading.devices[0].assumptions);
    said
}

#[test]
fn the_list_of_the_other_family_is_noticed() {
    assert!(noticed(&[V6]));
    assert!(noticed(&[
        "0:\tfrom all lookup local\n100:\tfrom all fwmark 0x1 lookup 200\n32766:\tfrom all lookup main\n"
    ]));
    assert!(noticed(&["0:\tfrom all lookup local\n100:\tfrom 2001:db8::/64 lookup main\n"]));
    assert!(!noticed(&[V4]));
    assert!(!noticed(&[V4, V6]));
    assert!(!noticed(&[V6, V4]));
    // Whose it is can be told by its addresses, also where somebody cut the end off.
    assert!(!noticed(&["0:\tfrom all lookup local\n100:\tfrom 10.1.0.0/24 lookup main\n"]));
}

/// A list without an address that adds rules may be IPv4's, its last line lost: then nobody knows where packets go.
#[test]
fn rules_of_a_doubtful_list_are_not_forgotten() {
    let marked =
        "0:\tfrom all lookup local\n100:\tfrom all fwmark 0x1 lookup 200\n32766:\tfrom all lookup main\n";
    let open = |lists: &[&str]| !read(lists).devices[0].taints.is_empty();
    assert!(open(&[marked]));
    assert!(open(&["0:\tfrom all lookup local\n"]));
    assert!(open(&[marked, V6]));
    assert!(!open(&[V6]));
    assert!(!open(&[V4, V6]));
}
