//! `bunri lab`: the routers of a site, made anew from its exports.
use std::path::Path;

use bunri::cli::lab::boxes::Made;
use bunri::source::Lang;
use bunri::vendor::iptables::replay::{self, Setup};
use serde_json::Value;

use crate::cli::{bunri, code, stderr, stdout};
use crate::{pinholes, sites, towns};

const SITE: &str = "linux-gateway";
const RULES: &str = "configs/iptables-save.txt";

fn lab(site: &Path) -> (i32, Value) {
    let mut command = bunri(site);
    // The tools of the kernel lie where a person's environment says.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let out = command.args(["lab", ".", "--format", "json", "--lang", "en"]).output().unwrap();
    let answer = serde_json::from_str(&stdout(&out)).unwrap_or_else(|e| panic!("{e}: {}", stderr(&out)));
    let schema = bunri::report::schema::schema(bunri::report::schema::Form::Lab);
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&answer), "{answer}");
    (code(&out), answer)
}

#[test]
fn the_kernel_confirms_a_healthy_router() {
    if !super::available() {
        return;
    }
    let (code, answer) = lab(&sites::folder().join(SITE));
    assert_eq!(code, 0, "{answer}");
    let router = &answer["routers"][0];
    assert_eq!((&router["made"], &router["refuted"]), (&Value::Bool(true), &Value::from(0)), "{answer}");
    assert!(router["confirmed"].as_u64().unwrap() > 100, "{answer}");
}

#[test]
fn the_kernel_confirms_a_back_door() {
    if !super::available() {
        return;
    }
    let site = towns::copied(&sites::folder().join(SITE));
    let path = site.path().join(RULES);
    let rules = std::fs::read_to_string(&path).unwrap();
    let opened = rules.replacen(
        "-A FORWARD -i eth1 -j KYOHI",
        "-A FORWARD -s 10.80.1.11/32 -o eth0 -p tcp -m tcp --dport 443 -j ACCEPT\n-A FORWARD -i eth1 -j KYOHI",
        1,
    );
    assert_ne!(rules, opened);
    std::fs::write(&path, opened).unwrap();
    let (code, answer) = lab(site.path());
    assert_eq!(code, 0, "{answer}");
    let confirmed = |e: &Value| e["check"] == "M-1" && e["confirmed"] == true;
    assert!(answer["counterexamples"].as_array().unwrap().iter().any(confirmed), "{answer}");
}

/// A kernel that was told other rules than the analysis must not agree.
#[test]
fn a_kernel_with_other_rules_refutes() {
    if !super::available() {
        return;
    }
    let site = pinholes::planted(SITE, &[]);
    let (_, router) = site.devices().find(|(_, d)| d.device.vendor == "iptables").unwrap();
    let setup = replay::setup(&site.sources, router.device.file, &router.companions);
    let judge = |setup: &Setup| Made::new(&router.device, setup).unwrap().judge(Vec::new(), 6_000_000);
    let good = judge(&setup);
    assert!(good.refuted == 0 && good.confirmed > 100, "{good:?}");
    for (told, other) in [
        ("-A KYOHI -j DROP", "-A KYOHI -j ACCEPT"),
        ("-s 10.80.3.0/24 -o eth0 -j MASQUERADE", "-s 10.80.3.0/24 -o eth0 -j ACCEPT"),
        ("-A FWD_NAIBU -s 10.80.2.0/24 -d 198.51.100.0/24", "-A FWD_NAIBU -s 10.80.2.0/24 -d 203.0.113.0/24"),
        ("10.80.3.41:25", "10.80.3.42:25"),
    ] {
        let mut changed = setup.clone();
        let rules = changed.rules[0].as_mut().unwrap();
        assert!(rules.contains(told), "{told}");
        *rules = rules.replace(told, other);
        let bad = judge(&changed);
        assert!(bad.refuted > 0, "{told}: {bad:?}");
    }
    // A box that cannot be made says why.
    let mut broken = setup.clone();
    broken.rules[0] = Some("*filter\n-A FORWARD -m nonsense -j ACCEPT\nCOMMIT\n".into());
    let why = Made::new(&router.device, &broken).err().unwrap();
    assert!(why.text(Lang::En).contains("nonsense"), "{why:?}");
}
