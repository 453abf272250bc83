//! Layer 2 that only a declaration describes: a carrier's wide-area Ethernet, and the port groups of a hypervisor.
//! `carries` says which tag is which segment at the other end: the switch is held against it, and it against the switch.

use bunri::analysis::answer::{Level, Verdict};
use bunri::network::Site;
use bunri::vendor::VENDORS;

use crate::support::tiny::{assess, site_of, verdict};

/// A switch at the head office and one at the branch, with the carrier between them; a hypervisor beside.
const TOWN: &str = r#"
[[zone]]
id = "M"
name = "M"
role = "individual-number"
[[zone]]
id = "L"
name = "L"
role = "internet"
[[zone]]
id = "I"
name = "I"
role = "lgwan"
[[segment]]
id = "m"
zone = "M"
prefixes = ["10.1.0.0/24"]
[[segment]]
id = "l"
zone = "L"
prefixes = ["10.2.0.0/24"]
[[segment]]
id = "i"
zone = "I"
prefixes = ["10.3.0.0/24"]
[[segment]]
id = "m_branch"
zone = "M"
prefixes = ["10.1.1.0/24"]
[[segment]]
id = "l_branch"
zone = "L"
prefixes = ["10.2.1.0/24"]
[[device]]
name = "HEAD"
config = "head.txt"
[[device]]
name = "BRANCH"
config = "branch.txt"
[[link]]
device = "HEAD"
ports = ["Gi1/0/1"]
to = { segment = "m" }
[[link]]
device = "HEAD"
ports = ["Gi1/0/2"]
to = { segment = "l" }
[[link]]
device = "HEAD"
ports = ["Gi1/0/3"]
to = { segment = "i" }
[[link]]
device = "BRANCH"
ports = ["Gi1/0/1"]
to = { segment = "m_branch" }
[[link]]
device = "BRANCH"
ports = ["Gi1/0/2"]
to = { segment = "l_branch" }
[[declaration]]
id = "D"
text = "which tag is which"
by = "office"
document = "contract"
date = "2026-03-01"
"#;

/// Both ends of the carrier's line.
const LINE: &str = r#"[[link]]
device = "HEAD"
ports = ["Gi1/0/24"]
carries = { 801 = "m_branch", 802 = "l_branch" }
declarations = ["D"]
[[link]]
device = "BRANCH"
ports = ["Gi1/0/24"]
carries = { 801 = "m_branch", 802 = "l_branch" }
declarations = ["D"]
"#;

/// The cable of a hypervisor, and its port groups.
const GROUPS: &str = r#"[[link]]
device = "HEAD"
ports = ["Gi1/0/5"]
carries = { 10 = "m", 20 = "l" }
declarations = ["D"]
"#;

fn access(port: u8, vlan: u16) -> String {
    format!(
        "interface GigabitEthernet1/0/{port}\n switchport access vlan {vlan}\n switchport mode access\n!\n"
    )
}

fn trunk(port: u8, lines: &str) -> String {
    format!(
        "interface GigabitEthernet1/0/{port}\n{lines} switchport mode trunk\n switchport nonegotiate\n!\n"
    )
}

fn switch(name: &str, ports: &[String]) -> String {
    format!(
        "Building configuration...\n!\nversion 17.9\nhostname {name}\n!\nno ip routing\n!\n{}end\n",
        ports.concat()
    )
}

const OF_LINE: &str = " switchport trunk native vlan 999\n switchport trunk allowed vlan 801,802\n";
const OF_GROUPS: &str = " switchport trunk native vlan 999\n switchport trunk allowed vlan 10,20\n";

struct Town<'a> {
    links: &'a str,
    line: &'a str,
    groups: &'a str,
    /// VLANs of the branch's two ports.
    branch: [u16; 2],
}

const LINED: Town<'_> = Town { links: LINE, line: OF_LINE, groups: "", branch: [801, 802] };
const GROUPED: Town<'_> = Town { links: GROUPS, line: "", groups: OF_GROUPS, branch: [801, 802] };

impl Town<'_> {
    fn site(&self) -> Site {
        let offered = |port, lines: &str| if lines.is_empty() { String::new() } else { trunk(port, lines) };
        let ports = [access(1, 10), access(2, 20), access(3, 30)];
        let head = switch("HEAD", &[ports.concat(), offered(5, self.groups), offered(24, self.line)]);
        let branch =
            switch("BRANCH", &[access(1, self.branch[0]), access(2, self.branch[1]), offered(24, self.line)]);
        site_of(&format!("{TOWN}{}", self.links), &[("head.txt", &head), ("branch.txt", &branch)], VENDORS)
    }
}

/// The verdict of a question on layer 2, and what it rests on.
fn layer2(site: &Site, id: &str) -> (Verdict, Vec<String>, usize) {
    let all = assess(site);
    let found = all.assertions.iter().find(|a| a.id == id && a.level == Level::L2).unwrap();
    (found.verdict, found.assumptions.clone(), found.culprits.len())
}

/// M-1, M-2 and X-3 at once.
fn verdicts(site: &Site) -> [Verdict; 3] {
    ["M-1", "M-2", "X-3"].map(|id| verdict(site, id, Level::L2))
}

#[test]
fn a_declared_line_and_declared_groups_keep_the_tiers_apart() {
    for town in [LINED, GROUPED] {
        let site = town.site();
        assert_eq!(verdicts(&site), [Verdict::Holds; 3], "{:#?}", site.fabric);
        let (_, rests, _) = layer2(&site, "M-1");
        assert!(rests.contains(&"D".to_owned()), "{rests:?}");
        assert!(site.fabric.wide.is_empty(), "{:#?}", site.fabric.wide);
    }
}

/// The declaration says which tag is which segment, and the switch puts another segment into that tag.
#[test]
fn a_tag_that_is_another_segment_leaks() {
    let crossed = Town { branch: [802, 801], ..LINED };
    assert_eq!(verdicts(&crossed.site()), [Verdict::Violated, Verdict::Holds, Verdict::Violated]);
    let swapped = GROUPS.replace("10 = \"m\", 20 = \"l\"", "10 = \"l\", 20 = \"m\"");
    let swapped = Town { links: &swapped, ..GROUPED };
    assert_eq!(verdicts(&swapped.site()), [Verdict::Violated, Verdict::Holds, Verdict::Violated]);
}

/// A tag that the other end is not said to take, of a tier that it serves otherwise not, may come out there anywhere.
#[test]
fn a_tag_beyond_the_declaration_may_leak() {
    let more = |list: &str, tag: &str| list.replace("allowed vlan ", &format!("allowed vlan {tag},"));
    for (town, list) in [(LINED, OF_LINE), (GROUPED, OF_GROUPS)] {
        // VLAN 30 is LGWAN's, which neither declaration names.
        let wider = more(list, "30");
        let town = match town.line.is_empty() {
            true => Town { groups: &wider, ..town },
            false => Town { line: &wider, ..town },
        };
        let site = town.site();
        assert_eq!(verdicts(&site)[1..], [Verdict::Undetermined; 2], "{:#?}", site.fabric);
        assert!(layer2(&site, "M-2").2 > 0);
    }
    // Of a tier that it serves: hygiene.
    let wider = more(OF_LINE, "10");
    let site = Town { line: &wider, ..LINED }.site();
    assert_eq!(verdicts(&site), [Verdict::Holds; 3], "{:#?}", site.fabric);
    assert_eq!(site.fabric.wide.len(), 1, "{:#?}", site.fabric.wide);
    // One segment left out of the declaration.
    let half = LINE.replace(", 802 = \"l_branch\"", "");
    assert_eq!(verdicts(&Town { links: &half, ..LINED }.site())[0], Verdict::Undetermined);
    // No list of allowed VLANs: every tag goes there.
    let open = " switchport trunk native vlan 999\n";
    assert_eq!(verdicts(&Town { line: open, ..LINED }.site())[2], Verdict::Undetermined);
    assert_eq!(verdicts(&Town { groups: open, ..GROUPED }.site())[2], Verdict::Undetermined);
}

/// Nobody's word, or no word at all, is worth nothing.
#[test]
fn what_nobody_declares_is_not_known() {
    for (town, links) in [(LINED, LINE), (GROUPED, GROUPS)] {
        let unsigned = links.replace("declarations = [\"D\"]\n", "");
        let site = Town { links: &unsigned, ..town }.site();
        assert_eq!(verdicts(&site), [Verdict::Undetermined; 3], "unsigned");
        assert!(layer2(&site, "M-1").2 > 0);
        // A trunk of which the topology says nothing.
        let site = Town { links: "", ..town }.site();
        assert_eq!(verdicts(&site)[0], Verdict::Undetermined, "silent");
        assert!(site.fabric.joins.iter().all(|j| !j.certain), "{:#?}", site.fabric);
        // A port of the line that the switch does not have.
        let lost = links.replacen("Gi1/0/24", "Gi1/0/23", 1).replacen("Gi1/0/5", "Gi1/0/6", 1);
        let site = Town { links: &lost, ..town }.site();
        assert_eq!(verdicts(&site)[0], Verdict::Undetermined, "lost");
    }
    // A tag that the switch does not carry is a contradiction, and joins nothing.
    let absent = GROUPS.replace("20 = \"l\"", "30 = \"i\"");
    let site = Town { links: &absent, ..GROUPED }.site();
    let said = |d: &bunri::source::Diagnostic| d.code == bunri::source::Code::Contradiction;
    assert!(site.diagnostics.iter().any(said), "{:#?}", site.diagnostics);
}

/// A hypervisor as a machine with a card in each port group: which tag is which is asked for.
#[test]
fn a_machine_of_several_segments_needs_its_tags_declared() {
    let host = r#"[[host]]
id = "ESX"
interfaces = [{ segment = "m" }, { segment = "l" }]
relay = "no"
declarations = ["D"]
[[link]]
device = "HEAD"
ports = ["Gi1/0/5"]
to = { host = "ESX" }
"#;
    let site = Town { links: host, ..GROUPED }.site();
    assert_eq!(verdicts(&site)[0], Verdict::Undetermined);
    let tagged = format!("{host}carries = {{ 10 = \"m\", 20 = \"l\" }}\ndeclarations = [\"D\"]\n");
    let site = Town { links: &tagged, ..GROUPED }.site();
    assert_eq!(verdicts(&site), [Verdict::Holds; 3], "{:#?}", site.fabric);
}
