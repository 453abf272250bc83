//! The verdict on a damaged site, and whether it may be that.

use std::io;

use bunri::analysis::answer::Verdict;
use bunri::checks::{CheckError, Options, assess};
use bunri::intent::register;
use bunri::network::{FileSource, Site, build};
use bunri::source::{Limits, LineState, SitePath};
use bunri::vendor::VENDORS;

use super::damage::{Damage, Files, Kind};
use super::flows::{self, Packets};

/// A site's files in memory.
pub struct Memory<'a>(pub &'a Files);

impl FileSource for Memory<'_> {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.0.get(path.as_str()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        Ok(self.0.keys().filter_map(|p| SitePath::new(p).ok()).collect())
    }
}

/// What became of a damaged site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The model is that of the healthy site.
    Same,
    Holds,
    Undetermined,
    Violated,
    Error,
}

/// A healthy site.
pub struct Judge {
    files: Files,
    healthy: Site,
    model: String,
    packets: Packets,
}

pub fn files_of(site: &str) -> Files {
    let all = crate::sites::files(&crate::sites::folder().join(site));
    let parts = ["configs/", "policy/", "rules/", "tables/"];
    all.into_iter().filter(|(f, _)| f == "topology.toml" || parts.iter().any(|p| f.starts_with(p))).collect()
}

/// What is said of these files, some questions aside.
pub fn verdict_of(files: &Files, aside: &[&str]) -> Outcome {
    let Ok(site) = build(&Memory(files), VENDORS, &Limits::default()) else { return Outcome::Error };
    outcome_of(&site, aside)
}

/// A site of `topologies/`.
pub fn read_site(site: &str) -> Site {
    build(&Memory(&files_of(site)), VENDORS, &Limits::default()).unwrap_or_else(|_| panic!("{site}"))
}

/// Everything that verdicts depend on, without places.
fn model(site: &Site) -> String {
    let all = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        register::read(site),
        site.zones,
        site.segments,
        site.hosts,
        site.devices,
        site.sanitizers,
        site.declarations,
        site.boxes,
        site.fabric
    );
    let mut out = String::with_capacity(all.len());
    let mut rest = all.as_str();
    while let Some((before, after)) = rest.split_once("Span {") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    out
}

impl Judge {
    pub fn new(site: &str) -> Judge {
        let files = files_of(site);
        let healthy = read_site(site);
        let verdict = assess(&healthy, &options()).unwrap().verdict();
        assert_eq!(verdict, Verdict::Holds, "{site} is not healthy");
        let (model, packets) = (model(&healthy), Packets::of(&healthy));
        assert!(packets.len() > 50, "{site}: only {} packets to try", packets.len());
        Judge { files, healthy, model, packets }
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    /// A crossing that the concrete evaluator finds in another site.
    pub fn crosses_in(&self, site: &Site, most: usize) -> Option<String> {
        let packets = self.packets.and(Packets::of(site));
        flows::crossing(site, &packets, most, 0)
    }

    /// Checks the damaged site; what is wrong with its verdict, if anything.
    pub fn try_damage(&self, damage: &Damage, full: bool) -> (Outcome, Vec<String>) {
        let files = damage.apply(&self.files);
        let Ok(site) = build(&Memory(&files), VENDORS, &Limits::default()) else {
            return (Outcome::Error, Vec::new());
        };
        let same = model(&site) == self.model;
        let outcome = if same { Outcome::Same } else { outcome(&site) };
        if !matches!(outcome, Outcome::Same | Outcome::Holds) {
            return (outcome, Vec::new());
        }
        let mut wrong = Vec::new();
        if let Some(why) = self.must_be_noticed(damage) {
            wrong.push(format!("still holds: {why}"));
        }
        wrong.extend(self.lost_word(damage, &site));
        wrong.extend(self.lost_value(damage, &site, same));
        if !same {
            let most = if full { 1_000 } else { 60 };
            let packets = self.packets.and(Packets::of(&site));
            wrong.extend(
                flows::crossing(&site, &packets, most, damage.lot())
                    .map(|c| format!("holds, and crosses: {c}")),
            );
        }
        (outcome, wrong)
    }

    /// A word that means nothing, on a line that is called understood.
    fn lost_word(&self, damage: &Damage, site: &Site) -> Option<String> {
        let before = state(&self.healthy, damage)?;
        let after = state(site, damage)?;
        let dropped = damage.hits_keyword()
            && before == LineState::Modelled
            && matches!(after, LineState::Modelled | LineState::Inert);
        dropped.then(|| format!("a garbled keyword counts as {after:?}"))
    }

    /// A garbled value read as the original.
    fn lost_value(&self, damage: &Damage, site: &Site, same: bool) -> Option<String> {
        let understood = state(site, damage) == Some(LineState::Modelled);
        // Without its `edit` line an entry is another one. Scope and label of an address decide nothing.
        let structure = damage.text.trim().starts_with("edit ") || damage.file.ends_with("ip_addr.txt");
        if !same || !understood || structure || !damage.hits_value() {
            return None;
        }
        let without = Damage { kind: Kind::Delete, ..damage.clone() }.apply(&self.files);
        let without = build(&Memory(&without), VENDORS, &Limits::default()).ok()?;
        (model(&without) != self.model).then(|| "a garbled value is read as the original".to_owned())
    }

    /// Damage that must cost the verdict wherever it happens.
    fn must_be_noticed(&self, damage: &Damage) -> Option<&'static str> {
        let lines: Vec<&str> = std::str::from_utf8(&self.files[&damage.file]).unwrap().lines().collect();
        let text = damage.text.trim();
        let garbled = matches!(damage.kind, Kind::GarbleWord(_) | Kind::GarbleCharacter(_));
        let cut = matches!(damage.kind, Kind::CutBefore | Kind::CutInside);
        if damage.file.ends_with(".conf") {
            let routes = lines.iter().position(|l| *l == "config router static")?;
            if cut && damage.line <= routes {
                return Some("the backup is cut short before its routes");
            }
            let ends = text.starts_with("set srcintf") || text.starts_with("set dstintf");
            let disabled =
                lines[..damage.line].iter().rev().take(5).any(|l| l.trim() == "set status disable");
            let mut rest = lines[damage.line..].iter().take_while(|l| l.trim() != "next");
            let accepts = rest.any(|l| l.trim() == "set action accept");
            let policies = lines.iter().position(|l| *l == "config firewall policy")?;
            let before = lines.get(policies..damage.line)?.join("\n");
            let complete = before.rsplit_once("    next").map_or("", |b| b.0);
            let denied = complete.split("    next").any(denies);
            if damage.hits_keyword() && ends && !disabled && accepts && !denied {
                return Some("which interfaces a permit joins can no longer be read");
            }
            let left_on = text == "set status disable" && lines[damage.line + 1].contains("TEST");
            if left_on && !matches!(damage.kind, Kind::Duplicate) {
                return Some("a permit for everything is no longer switched off");
            }
        }
        if damage.file.ends_with("/iptables-save.txt") {
            let end = lines.iter().rposition(|l| *l == "COMMIT")?;
            if cut && damage.line <= end && damage.line > 0 {
                return Some("the rules are cut short");
            }
            if garbled && (text.starts_with(":INPUT") || text.starts_with(":OUTPUT")) {
                // The raw table's chains drop nothing anyway.
                return text
                    .contains("DROP")
                    .then_some("what happens to other packets can no longer be read");
            }
        }
        None
    }
}

/// Whether the text of a policy denies and is in force: policies behind it need not matter.
fn denies(policy: &str) -> bool {
    !policy.contains("set action accept") && !policy.contains("set status disable")
}

fn options() -> Options<'static> {
    Options { today: Some(jiff::civil::date(2026, 3, 20)), ..Options::default() }
}

fn outcome(site: &Site) -> Outcome {
    outcome_of(site, &[])
}

fn outcome_of(site: &Site, aside: &[&str]) -> Outcome {
    let verdict = assess(site, &options()).map(|mut a| {
        a.assertions.retain(|a| !aside.contains(&a.id));
        a.verdict()
    });
    match verdict {
        Ok(Verdict::Holds) => Outcome::Holds,
        Ok(Verdict::Violated) => Outcome::Violated,
        Ok(Verdict::Undetermined | Verdict::NotApplicable) => Outcome::Undetermined,
        // The register names something that the topology no longer has.
        Err(CheckError::Register(_)) => Outcome::Error,
        Err(e) => panic!("internal error: {e}"),
    }
}

/// The state of the damaged line, if it is in a configuration.
fn state(site: &Site, damage: &Damage) -> Option<LineState> {
    let path = SitePath::new(&damage.file).ok()?;
    let file = site.sources.by_path(&path).filter(|f| *f != site.topology)?;
    Some(site.lines.state(file, u32::try_from(damage.line + 1).ok()?))
}
