//! The iptables reader: what it makes of saves in the shape of real boxes, and what garbled ones may not lose.
mod show;

use bunri::model::{Device, Radius, RuleSet};
use bunri::source::{FileId, Limits, LineState, SitePath, Sources};
use bunri::vendor::{Companion, Reading, VendorInput, by_id};

/// Reads a configuration and its companions; file names in order of reading.
pub fn read(config: &str, companions: &[(Companion, &str)]) -> (Sources, Reading) {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let mut add = |name: &str, text: &str| -> FileId {
        sources.add(SitePath::new(name).unwrap(), text.as_bytes(), &limits).unwrap()
    };
    let file = add("gw.rules", config);
    let named: Vec<(Companion, FileId)> = companions
        .iter()
        .enumerate()
        .map(|(i, (kind, text))| (*kind, add(&format!("companion{i}"), text)))
        .collect();
    let vendor = by_id("iptables").unwrap();
    let input = VendorInput {
        name: None,
        config: file,
        companions: &named,
        interfaces: &[],
        sources: &mut sources,
        limits: &limits,
    };
    let reading = vendor.read(input);
    (sources, reading)
}

#[test]
#[ignore]
fn scratch() {
    let get = |k: &str| std::env::var(k).ok().map(|p| std::fs::read_to_string(p).unwrap());
    let config = get("CFG").unwrap();
    let mut owned = Vec::new();
    for (k, c) in [
        ("V6", Companion::Ipv6),
        ("ADDR", Companion::Addresses),
        ("ADDR6", Companion::Addresses),
        ("ROUTE", Companion::Routes),
        ("ROUTE2", Companion::Routes),
        ("ROUTE6", Companion::Routes6),
        ("RULES", Companion::Rules),
        ("SYSCTL", Companion::Sysctl),
    ] {
        if let Some(t) = get(k) {
            owned.push((c, t));
        }
    }
    let comps: Vec<(Companion, &str)> = owned.iter().map(|(c, t)| (*c, t.as_str())).collect();
    let t = std::time::Instant::now();
    let (sources, reading) = read(&config, &comps);
    println!("read in {:?}", t.elapsed());
    for (id, f) in sources.files() {
        println!("{} {:?}", f.path(), reading.lines.tally(&sources, id));
        for (l, s) in reading
            .lines
            .lines_in(&sources, id, &[LineState::Unrecognized, LineState::Unmodelled, LineState::Partial])
            .into_iter()
            .take(40)
        {
            println!("  {l} {s:?} {}", sources.excerpt(sources.line_span(id, l)).text);
        }
    }
    for d in &reading.diagnostics {
        println!(
            "{} {:?} {}",
            d.code.slug(),
            sources.position(d.primary).line,
            d.message.text(bunri::source::Lang::En)
        );
    }
    let d = &reading.devices[0];
    for a in &d.assumptions {
        println!("assume {}", a.text(bunri::source::Lang::En));
    }
    let s = show::device(d);
    println!(
        "{}",
        if s.len() > 20000 && std::env::var("ALL").is_err() {
            s.lines().take(80).collect::<Vec<_>>().join("\n")
        } else {
            s
        }
    );
    println!(
        "rules {} causes {} taints {}",
        d.rule_sets.iter().flat_map(|s| &s.chains).map(|c| c.rules.len()).sum::<usize>(),
        d.causes.len(),
        d.taints.len()
    );
}
