//! Shuffles of a site's files: only what means nothing changes places. Knows where each line came from.

use std::collections::BTreeMap;

/// Files of a site by path.
pub type Files = BTreeMap<String, Vec<u8>>;
/// From where each line of a shuffled file came, counted from 0.
pub type Origins = BTreeMap<String, Vec<usize>>;
/// Lines that stay together, by their numbers.
type Block = Vec<usize>;

/// What may change places beside tables, objects, interfaces and chains, whose order never means anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// Rules that accept, among each other: their order decides nothing but which of them is named, where two
    /// overlap. In the sites that are shuffled so, no two do.
    Move,
    /// Rules stay.
    Stay,
}

/// A sequence that is the same in every run (Knuth's linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at + 1);
            items.swap(at, other);
        }
    }

    /// Moves the blocks of `order` that `kind` gives the same name among each other's places.
    fn mix(&mut self, order: &[Block], kind: impl Fn(&Block) -> Option<String>) -> Vec<Block> {
        let kinds: Vec<Option<String>> = order.iter().map(kind).collect();
        let mut of_kind: BTreeMap<&String, Vec<Block>> = BTreeMap::new();
        for (block, kind) in order.iter().zip(&kinds) {
            if let Some(kind) = kind {
                of_kind.entry(kind).or_default().push(block.clone());
            }
        }
        of_kind.values_mut().for_each(|blocks| self.shuffle(blocks));
        let next = |(block, kind): (&Block, &Option<String>)| match kind {
            Some(kind) => of_kind.get_mut(kind).unwrap().pop().unwrap(),
            None => block.clone(),
        };
        order.iter().zip(&kinds).map(next).collect()
    }
}

/// Cuts lines into blocks: each begins where `head` says so.
fn blocks(lines: &[&str], head: impl Fn(&str) -> bool) -> Vec<Block> {
    let mut out: Vec<Block> = vec![Vec::new()];
    for (at, line) in lines.iter().enumerate() {
        if head(line) {
            out.push(Vec::new());
        }
        out.last_mut().unwrap().push(at);
    }
    out
}

/// The `[…]` and `[[…]]` tables of a TOML file with the comments above them; sub-tables stay with theirs, and lists of
/// them are mixed there.
fn tables(lines: &[&str], dice: &mut Dice) -> Vec<usize> {
    let mut parts: Vec<Block> = vec![Vec::new()];
    let mut above = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            above.push(at);
            continue;
        }
        let head = line.strip_prefix("[[").or_else(|| line.strip_prefix('[')).unwrap_or("");
        if head.split(']').next().is_some_and(|name| !name.is_empty() && !name.contains('.')) {
            parts.push(Vec::new());
        }
        let part = parts.last_mut().unwrap();
        part.append(&mut above);
        part.push(at);
    }
    for part in &mut parts[1..] {
        let inner: Vec<&str> = part.iter().map(|at| lines[*at]).collect();
        let name = |b: &Block| Some(inner[*b.first()?].split_once("]]")?.0.strip_prefix("[[")?.to_owned());
        let found = blocks(&inner, |l| l.starts_with('['));
        let mixed = dice.mix(&found, |b| name(b).filter(|n| n.contains('.')));
        *part = mixed.into_iter().flatten().map(|l| part[l]).collect();
    }
    dice.shuffle(&mut parts[1..]);
    parts.into_iter().flatten().chain(above).collect()
}

/// The entries of a FortiGate's tables: objects, interfaces, routes, zones, and policies as far as they may.
fn entries(lines: &[&str], dice: &mut Dice, rules: Rules) -> Vec<usize> {
    const TABLES: [&str; 13] = [
        "config firewall address",
        "config firewall address6",
        "config firewall addrgrp",
        "config firewall addrgrp6",
        "config firewall service custom",
        "config firewall service group",
        "config firewall schedule onetime",
        "config firewall schedule recurring",
        "config firewall ippool",
        "config firewall vip",
        "config router static",
        "config system interface",
        "config system zone",
    ];
    let mut order = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        order.push(at);
        at += 1;
        let policy = line.trim() == "config firewall policy" && rules == Rules::Move;
        if line.starts_with("        ") || !(policy || TABLES.contains(&line.trim())) {
            continue;
        }
        let indent = " ".repeat(line.len() - line.trim_start().len());
        let end = at + lines[at..].iter().take_while(|l| **l != format!("{indent}end")).count();
        let head = format!("{indent}    edit ");
        let found = blocks(&lines[at..end], |l| l.starts_with(&head));
        let says = |entry: &Block, text: &str| entry.iter().any(|l| lines[at + l].trim() == text);
        let free = |entry: &Block| {
            let first = entry.first().is_some_and(|l| lines[at + l].starts_with(&head));
            first && (!policy || says(entry, "set action accept") && !says(entry, "set status disable"))
        };
        let mixed = dice.mix(&found, |entry| free(entry).then(String::new));
        order.extend(mixed.into_iter().flatten().map(|l| at + l));
        at = end;
    }
    domains(lines, &order, dice)
}

/// The virtual domains of a FortiGate, where they are listed and where they stand.
fn domains(lines: &[&str], order: &[usize], dice: &mut Dice) -> Vec<usize> {
    let moved: Vec<&str> = order.iter().map(|at| lines[*at]).collect();
    let says = |b: &Block, at: usize, text: &str| b.get(at).is_some_and(|l| moved[*l].starts_with(text));
    let whole = |b: &Block| says(b, 0, "config vdom") && says(b, 1, "edit ") && !says(b, 2, "next");
    let single = |b: &Block| b.len() == 2 && says(b, 0, "edit ") && says(b, 1, "next");
    let mut found = dice.mix(&blocks(&moved, |l| l == "config vdom"), |b| whole(b).then(String::new));
    for block in &mut found {
        let inner: Vec<&str> = block.iter().map(|at| moved[*at]).collect();
        let parts = blocks(&inner, |l| l.starts_with("edit ") || l == "end");
        let parts: Vec<Block> = parts.iter().map(|p| p.iter().map(|l| block[*l]).collect()).collect();
        *block = dice.mix(&parts, |b| single(b).then(String::new)).concat();
    }
    found.concat().into_iter().map(|at| order[at]).collect()
}

/// A dump's tables, the chains of each, and runs of rules of one chain that only accept, as far as they may.
fn chains(lines: &[&str], dice: &mut Dice, rules: Rules) -> Vec<usize> {
    let chain = |line: &str| line.strip_prefix("-A ").map(|rest| rest.split(' ').next().unwrap().to_owned());
    let mut inside: Vec<Block> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let same =
            inside.last().is_some_and(|b: &Block| chain(line).is_some() && chain(lines[b[0]]) == chain(line));
        match inside.last_mut() {
            Some(block) if same => block.push(at),
            _ => inside.push(vec![at]),
        }
    }
    if rules == Rules::Move {
        for block in &mut inside {
            let single: Vec<Block> = block.iter().map(|at| vec![*at]).collect();
            let mut run = 0;
            let runs: BTreeMap<usize, Option<String>> = block
                .iter()
                .map(|at| {
                    let accepts = lines[*at].ends_with("-j ACCEPT");
                    run += usize::from(!accepts);
                    (*at, accepts.then(|| run.to_string()))
                })
                .collect();
            *block = dice.mix(&single, |b| runs[&b[0]].clone()).concat();
        }
    }
    // Chains and their declarations change places within their table, then whole tables do.
    let mut tables: Vec<Vec<Block>> = vec![Vec::new()];
    for block in inside {
        let first = lines[block[0]];
        if first.starts_with('*') {
            tables.push(Vec::new());
        }
        let closes = first == "COMMIT";
        tables.last_mut().unwrap().push(block);
        if closes {
            tables.push(Vec::new());
        }
    }
    let whole: Vec<Block> = tables
        .iter()
        .map(|table| {
            let kind = |b: &Block| match lines[b[0]] {
                l if l.starts_with(':') => Some("declared"),
                l if l.starts_with("-A ") => Some("chain"),
                _ => None,
            };
            dice.mix(table, |b| kind(b).map(str::to_owned)).concat()
        })
        .collect();
    let table = |b: &Block| b.first().is_some_and(|at| lines[*at].starts_with('*'));
    dice.mix(&whole, |b| table(b).then(String::new)).concat()
}

/// Interfaces, access lists and static routes of a switch: each kind among its own places.
fn statements(lines: &[&str], dice: &mut Dice) -> Vec<usize> {
    let found = blocks(lines, |l| !l.starts_with(' '));
    let kind = |block: &Block| {
        let line = lines[*block.first()?];
        let kinds = ["interface ", "ip access-list ", "ip route ", "vrf definition "];
        kinds.iter().find(|k| line.starts_with(**k)).map(|k| (*k).to_owned())
    };
    dice.mix(&found, kind).concat()
}

/// Shuffles every file that has an order to shuffle. The two units of a cluster are shuffled alike.
pub fn shuffled(files: &Files, seed: u64, rules: Rules) -> (Files, Origins) {
    let (mut out, mut origins) = (files.clone(), Origins::new());
    for (name, bytes) in files {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let lines: Vec<&str> = text.split('\n').collect();
        let (dice, last) = (&mut Dice(seed), lines.len() - 1);
        let within = &lines[..last];
        let mut order = if name.ends_with(".toml") {
            tables(within, dice)
        } else if text.starts_with("#config-version") {
            entries(within, dice, rules)
        } else if name.ends_with("tables-save.txt") {
            chains(within, dice, rules)
        } else if within.iter().any(|l| l.starts_with("hostname ")) {
            statements(within, dice)
        } else {
            continue;
        };
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..last).collect::<Vec<_>>(), "{name} lost lines");
        order.push(last);
        let moved: Vec<&str> = order.iter().map(|at| lines[*at]).collect();
        out.insert(name.clone(), moved.join("\n").into_bytes());
        origins.insert(name.clone(), order);
    }
    (out, origins)
}
