//! Planted holes: each change opens a way that the rules forbid, or may open one, so the verdict must not stay
//! "holds". And the other way round: changes that open nothing keep it, also those that prepare a hole.
//!
//! Every change is planted into every site that has the kind of device it is written for ([`fortios::GROUNDS`],
//! [`iptables`], [`switch`], [`site`]); where two members of a cluster were handed in, once into both and once into the standby
//! member only. Plain test runs take a fixed sample of the slow towns, `BUNRI_FULL=1` everything.

mod fortios;
mod iptables;
mod site;
mod switch;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::damage::Files;
use super::judge::{Outcome, files_of, verdict_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hole,
    /// Opens nothing: the verdict must stay.
    Harmless,
    /// Opens nothing, and may stop something: the verdict must stay, but for what must pass.
    Closing,
}

/// A change with a name, of any number of files.
#[derive(Debug, Clone)]
pub struct Planted {
    pub kind: Kind,
    pub name: String,
    pub edits: Vec<Edit>,
}

/// One place of one file.
#[derive(Debug, Clone)]
pub struct Edit {
    pub file: String,
    /// The change is looked for behind the first occurrence of this text.
    pub after: String,
    /// The text that goes: it must be there.
    pub old: String,
    pub new: String,
}

impl Edit {
    pub fn new(file: &str, old: &str, new: &str) -> Edit {
        Edit { file: file.to_owned(), after: String::new(), old: old.to_owned(), new: new.to_owned() }
    }

    /// This text on lines of its own before that line.
    pub fn before(file: &str, line: &str, text: &str) -> Edit {
        Edit::new(file, line, &format!("{text}{line}"))
    }

    fn apply(&self, files: &mut Files, name: &str) {
        let text = String::from_utf8(files.get(&self.file).cloned().unwrap_or_default()).unwrap();
        let start = text.find(&self.after).map(|at| at + self.after.len());
        let start = start.unwrap_or_else(|| panic!("{name}: `{}` is not in {}", self.after, self.file));
        let (head, tail) = text.split_at(start);
        assert!(tail.contains(&self.old), "{name}: `{}` is not in {}", self.old, self.file);
        let new = format!("{head}{}", tail.replacen(&self.old, &self.new, 1));
        files.insert(self.file.clone(), new.into_bytes());
    }
}

impl Planted {
    pub fn new(kind: Kind, name: &str, edits: Vec<Edit>) -> Planted {
        Planted { kind, name: name.to_owned(), edits }
    }

    fn apply(&self, files: &Files) -> Files {
        let mut files = files.clone();
        for edit in &self.edits {
            edit.apply(&mut files, &self.name);
        }
        files
    }

    /// A number that depends on nothing else, to draw a sample.
    fn lot(&self) -> usize {
        self.name.bytes().fold(7, |h: usize, b| h.wrapping_mul(31).wrapping_add(usize::from(b)) & 0xff_ffff)
    }
}

/// Changes of one site for one vendor.
pub struct Bed {
    pub vendor: &'static str,
    pub site: &'static str,
    /// In a plain run one in so many is planted.
    pub one_in: usize,
    pub planted: Vec<Planted>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    holes: usize,
    /// Holes that cost the verdict.
    killed: usize,
    /// Of these, holes that are shown with a packet.
    shown: usize,
    harmless: usize,
    kept: usize,
}

fn beds() -> Vec<Bed> {
    let all = fortios::beds().into_iter().chain(iptables::beds()).chain(site::beds()).chain(switch::beds());
    let only = std::env::var("BUNRI_HOLE").ok();
    let full = std::env::var_os("BUNRI_FULL").is_some();
    let drawn = |mut bed: Bed| {
        bed.planted.retain(|p| match &only {
            Some(words) => format!("{} {}", bed.site, p.name).contains(words.as_str()),
            None => full || p.lot().is_multiple_of(bed.one_in),
        });
        bed
    };
    all.map(drawn).collect()
}

#[test]
fn planted_holes_are_found_and_harmless_changes_keep_the_verdict() {
    let beds = beds();
    let jobs: Vec<(&Bed, &Planted)> =
        beds.iter().flat_map(|b| b.planted.iter().map(move |p| (b, p))).collect();
    let healthy: BTreeMap<&str, Files> = beds.iter().map(|b| (b.site, files_of(b.site))).collect();
    // A site that cannot be read at all would "notice" every hole.
    for (site, files) in &healthy {
        assert_eq!(verdict_of(files, &[]), Outcome::Holds, "{site} does not hold to begin with");
    }
    let next = AtomicUsize::new(0);
    let found: Mutex<(BTreeMap<&str, Tally>, Vec<String>)> = Mutex::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((bed, planted)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let files = planted.apply(&healthy[bed.site]);
                    // A hole is not found because something that must pass is no longer certain to; and where
                    // something is closed, that doubt (which Q-1 repeats) is right.
                    let aside: &[&str] = match planted.kind {
                        Kind::Hole => &["B-1"],
                        Kind::Closing => &["B-1", "Q-1"],
                        Kind::Harmless => &[],
                    };
                    let outcome = verdict_of(&files, aside);
                    let mut found = found.lock().unwrap();
                    let tally = found.0.entry(bed.vendor).or_default();
                    let right = match planted.kind {
                        Kind::Hole => {
                            tally.holes += 1;
                            tally.killed += usize::from(outcome != Outcome::Holds);
                            tally.shown += usize::from(outcome == Outcome::Violated);
                            outcome != Outcome::Holds
                        }
                        Kind::Harmless | Kind::Closing => {
                            tally.harmless += 1;
                            tally.kept += usize::from(outcome == Outcome::Holds);
                            outcome == Outcome::Holds
                        }
                    };
                    if !right {
                        let line = format!(
                            "{} in {}: {} ({:?}): {outcome:?}",
                            bed.vendor, bed.site, planted.name, planted.kind
                        );
                        println!("{line}");
                        found.1.push(line);
                    }
                }
            });
        }
    });
    let (tallies, mut wrong) = found.into_inner().unwrap();
    wrong.sort();
    for (vendor, t) in &tallies {
        println!(
            "{vendor}: {} of {} planted holes noticed, {} shown with a packet; {} of {} harmless changes keep the verdict",
            t.killed, t.holes, t.shown, t.kept, t.harmless
        );
    }
    assert!(wrong.is_empty(), "{} survivors or false alarms\n{}", wrong.len(), wrong.join("\n"));
    if std::env::var_os("BUNRI_HOLE").is_none() {
        for (vendor, least) in [("fortios", 30), ("iptables", 20), ("topology", 5), ("switch", 28)] {
            assert!(tallies[vendor].holes >= least, "{vendor}: too few holes: {:?}", tallies[vendor]);
        }
    }
}
