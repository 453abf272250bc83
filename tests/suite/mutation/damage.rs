//! One line damaged.

use std::collections::BTreeMap;

/// Files of a site by path.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Delete,
    /// The word becomes one that no language has.
    GarbleWord(usize),
    /// The first letter of the word becomes `?`.
    GarbleCharacter(usize),
    Duplicate,
    /// The file ends before the line.
    CutBefore,
    /// The file ends in the middle of the line.
    CutInside,
    /// The line gets other words that mean nothing.
    Reword,
    /// A blank line before it.
    Blank,
}

/// A damage of one line of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub file: String,
    /// From 0.
    pub line: usize,
    pub kind: Kind,
    /// The line as it was.
    pub text: String,
}

/// Where each word of a line starts and ends.
pub fn words(line: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices() {
        match (c.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(s)) => {
                out.push((s, at));
                start = None;
            }
            _ => {}
        }
    }
    out.extend(start.map(|s| (s, line.len())));
    out
}

fn lines(bytes: &[u8]) -> Vec<&str> {
    std::str::from_utf8(bytes).unwrap().lines().collect()
}

fn damaged(path: &str) -> bool {
    path == "topology.toml" || path.starts_with("configs/")
}

/// Every damage of every line.
pub fn every(files: &Files) -> Vec<Damage> {
    let mut out = Vec::new();
    for (file, bytes) in files.iter().filter(|(f, _)| damaged(f)) {
        for (line, text) in lines(bytes).into_iter().enumerate() {
            let words = words(text).len();
            let mut kinds = vec![Kind::CutBefore];
            if words > 0 {
                kinds.extend([Kind::Delete, Kind::Duplicate, Kind::CutInside]);
            }
            kinds.extend((0..words.min(6)).flat_map(|n| [Kind::GarbleWord(n), Kind::GarbleCharacter(n)]));
            let damage = |kind| Damage { file: file.clone(), line, kind, text: text.to_owned() };
            out.extend(kinds.into_iter().map(damage));
        }
    }
    out
}

/// Changes that mean nothing: comments and names that only people read, blank lines.
pub fn harmless(files: &Files) -> Vec<Damage> {
    const COSMETIC: [&str; 6] =
        ["set comment ", "set comments ", "set description ", "set uuid ", "set name ", "set alias "];
    let mut out = Vec::new();
    for (file, bytes) in files.iter().filter(|(f, _)| damaged(f)) {
        let mut sysadmin = false;
        for (line, text) in lines(bytes).into_iter().enumerate() {
            // Inside `system snmp` a name is a secret, not a label; rewording it is as harmless.
            sysadmin |= text.starts_with("config ");
            let trimmed = text.trim_start();
            let damage = |kind| Damage { file: file.clone(), line, kind, text: text.to_owned() };
            let comment = trimmed.starts_with('#') && line > 3;
            if sysadmin && COSMETIC.iter().any(|c| trimmed.starts_with(c)) || comment {
                out.push(damage(Kind::Reword));
            }
            out.push(damage(Kind::Blank));
        }
    }
    out
}

impl Damage {
    /// A number that depends on nothing else, to draw a sample.
    pub fn lot(&self) -> u64 {
        let text = format!("{} {} {:?}", self.file, self.line, self.kind);
        text.bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
            >> 7
    }

    pub fn describe(&self) -> String {
        format!("{}:{} {:?} `{}`", self.file, self.line + 1, self.kind, self.text.trim())
    }

    /// The files with the damage done.
    pub fn apply(&self, files: &Files) -> Files {
        let mut files = files.clone();
        let old = files[&self.file].clone();
        let all = lines(&old);
        let mut new: Vec<String> = all.iter().map(|l| (*l).to_owned()).collect();
        let mut tail = "\n";
        match self.kind {
            Kind::Delete => {
                new.remove(self.line);
            }
            Kind::Duplicate => new.insert(self.line, self.text.clone()),
            Kind::Blank => new.insert(self.line, String::new()),
            Kind::CutBefore => new.truncate(self.line),
            Kind::CutInside => {
                new.truncate(self.line);
                let half = self.text.char_indices().nth(self.text.chars().count() / 2).map_or(0, |c| c.0);
                new.push(self.text[..half].to_owned());
                tail = "";
            }
            Kind::GarbleWord(n) => self.replace(&mut new, n, |_| "zz?9".to_owned()),
            Kind::GarbleCharacter(n) => self.replace(&mut new, n, |word| {
                let first = word.chars().find(|c| c.is_alphanumeric()).or(word.chars().next());
                first.map_or_else(String::new, |c| word.replacen(c, "?", 1))
            }),
            Kind::Reword => self.reword(&mut new),
        }
        files.insert(self.file.clone(), (new.join("\n") + tail).into_bytes());
        files
    }

    fn replace(&self, lines: &mut [String], word: usize, by: impl Fn(&str) -> String) {
        let (start, end) = words(&self.text)[word];
        let new = by(&self.text[start..end]);
        lines[self.line] = format!("{}{new}{}", &self.text[..start], &self.text[end..]);
    }

    fn reword(&self, lines: &mut [String]) {
        let line = &mut lines[self.line];
        let uuid = line.trim_start().starts_with("set uuid");
        *line = match (line.find('"'), line.find('#')) {
            _ if uuid => line.replace(|c: char| c.is_ascii_digit(), "0"),
            (Some(quote), _) => format!("{}\"別の言葉 R9.9.9\"", &line[..quote]),
            (None, Some(hash)) => format!("{}# 別の言葉", &line[..hash]),
            _ => line.clone(),
        };
    }

    /// Whether the damaged word is one that the language itself gives a meaning: no name, no value.
    pub fn hits_keyword(&self) -> bool {
        let (Kind::GarbleWord(n) | Kind::GarbleCharacter(n)) = self.kind else { return false };
        let words: Vec<&str> = self.text.split_whitespace().collect();
        if self.text.trim_start().starts_with('#') || self.file == "topology.toml" {
            return false;
        }
        if self.file.ends_with(".conf") {
            // Inside a quoted text that runs over several lines nothing is a keyword; the sites have none.
            return n == 0 || n == 1 && ["set", "unset", "config"].contains(&words[0]);
        }
        if self.file.contains("tables-save") {
            return words[n].starts_with('-') && !self.text.contains('"');
        }
        false
    }

    /// Whether the damaged word is a value.
    pub fn hits_value(&self) -> bool {
        let garbled = matches!(self.kind, Kind::GarbleWord(_) | Kind::GarbleCharacter(_));
        garbled && !self.hits_keyword() && self.file.starts_with("configs/")
    }
}
