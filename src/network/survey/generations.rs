//! Which of several files of a device counts, and what goes with it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::dates::{Dated, Origin};
use super::kinds::{Config, Found, FoundTable, Output, stem};
use super::{Generation, State, Survey, Unit};
use crate::model::AddressSet;
use crate::msg;
use crate::network::table::TableKind;
use crate::source::{Lang, Msg, narrow};

/// Signs in a path that a file is kept, not used.
const OLD: [&str; 8] = ["old", "旧", "bak", "backup_old", "過去", "履歴", "archive", "廃"];
const SPARE: [&str; 4] = ["予備", "spare", "撤去", "廃止"];

pub(super) fn sort(found: Found) -> Survey {
    let Found { configs, outputs, mut tables, mut rest } = found;
    by_sheet(&mut tables, &configs);
    port_groups(&mut tables);
    by_device(&mut tables, &configs);
    let mut by_name: BTreeMap<String, Vec<Config>> = BTreeMap::new();
    for config in configs {
        by_name.entry(config.name.clone()).or_default().push(config);
    }
    let mut units = Vec::new();
    let mut members: Vec<Member> = Vec::new();
    for (name, mut files) in by_name {
        files.sort_by_key(|f| std::cmp::Reverse(rank(f)));
        let spare = files.iter().all(|f| aside(f) || named(f, &SPARE));
        if let Some(first) = files.first().filter(|f| f.clustered && !spare) {
            members.push(Member {
                name: name.clone(),
                vendor: first.vendor,
                interfaces: first.interfaces.clone(),
                addresses: first.addresses.clone(),
            });
        }
        units.push(unit(name, files, spare));
    }
    pair(&mut units, &members);
    for output in outputs {
        if let Err(path) = give(&mut units, output) {
            let why = msg!(
                "the output of a command, and no configuration that it goes with was found",
                "コマンドの出力であるが、対応する設定が見つからない"
            );
            rest.push((path, why));
        }
    }
    let (known, others): (Vec<_>, Vec<_>) = tables.into_iter().partition(|t| t.kind.is_some());
    for table in others {
        let sheet = table.sheet;
        let why = match sheet.is_empty() {
            true => msg!("no table whose headings are known", "見出しから種類を判別できない表"),
            false => msg!(
                "sheet `{sheet}`: no table whose headings are known",
                "シート「{sheet}」: 見出しから種類を判別できない表"
            ),
        };
        rest.push((table.path, why));
    }
    rest.sort_by(|a, b| a.0.cmp(&b.0));
    Survey { units, tables: known, rest }
}

/// One sheet per segment, or per switch: what the name of a sheet is, is in no column.
fn by_sheet(tables: &mut [FoundTable], configs: &[Config]) {
    let cells = |t: &FoundTable| -> Vec<String> {
        let at =
            t.headings.iter().position(|h| ["VLAN名", "セグメントID", "ID"].contains(&narrow(h).as_str()));
        at.into_iter()
            .flat_map(|at| t.rows.iter().filter_map(move |(_, c)| c.get(at).map(|c| narrow(c))))
            .collect()
    };
    let segments: BTreeSet<String> =
        tables.iter().filter(|t| t.kind == Some(TableKind::Segments)).flat_map(cells).collect();
    for table in tables {
        let Some((kind, key)) = table.by_name else { continue };
        let known = match kind {
            TableKind::Hosts => segments.contains(&table.sheet),
            _ => configs.iter().any(|c| c.name == table.sheet),
        };
        if known {
            (table.kind, table.constant) = (Some(kind), Some((key, table.sheet.clone())));
        }
    }
}

/// FWポリシー表 and what goes with it, of a device on the town's list of which there is no configuration: its name is that
/// of the sheet, or stands in that of the file.
fn by_device(tables: &mut [FoundTable], configs: &[Config]) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Devices)) {
        let at = table.headings.iter().position(|h| ["ホスト名", "機器名"].contains(&narrow(h).as_str()));
        let cells = table.rows.iter().filter_map(|(_, cells)| cells.get(at?)).map(|c| narrow(c));
        names.extend(cells.filter(|c| c.chars().count() > 2 && configs.iter().all(|f| f.name != *c)));
    }
    for table in tables.iter_mut() {
        let Some(kind) = table.of_device else { continue };
        let file = table.path.as_str().rsplit('/').next().unwrap_or_default();
        let told = |text: &str| -> Vec<&String> {
            let found: Vec<&String> = names.iter().filter(|n| text.contains(n.as_str())).collect();
            // `RT-01` stands in `RT-010`, too.
            let longer = |n: &&String| !found.iter().any(|o| o.len() > n.len() && o.contains(n.as_str()));
            found.iter().copied().filter(longer).collect()
        };
        let found = [told(&table.sheet), told(file)].into_iter().find(|f| !f.is_empty());
        if let Some([only]) = found.as_deref() {
            (table.kind, table.device) = (Some(kind), Some((*only).clone()));
        }
    }
}

/// A row of the town's list of VLANs.
struct Listed {
    vlan: String,
    segment: String,
    networks: Vec<IpNetwork>,
}

/// Port groups of virtual switches as segments of the town's own table: by the VLAN's name in their names, or by its id,
/// where the addresses of the group's machines lie in the network of that VLAN, if one row alone fits. A card without an
/// address has none that is known.
fn port_groups(tables: &mut [FoundTable]) {
    let mut segments: Vec<Listed> = Vec::new();
    for table in tables.iter().filter(|t| t.kind == Some(TableKind::Segments)) {
        let column = |names: &[&str]| table.headings.iter().position(|h| names.contains(&narrow(h).as_str()));
        let (Some(vlan), Some(id)) = (column(&["VLAN ID", "VLAN番号", "VLAN"]), column(&["VLAN名", "ID"]))
        else {
            continue;
        };
        let text = |cells: &[String], at: usize| cells.get(at).map(|c| narrow(c)).unwrap_or_default();
        segments.extend(table.rows.iter().map(|(_, cells)| Listed {
            vlan: text(cells, vlan),
            segment: text(cells, id),
            networks: cells.iter().filter_map(|c| narrow(c).trim().parse::<IpNetwork>().ok()).collect(),
        }));
    }
    for table in tables.iter_mut().filter(|t| !t.columns.is_empty()) {
        let at = |heading: &str| table.headings.iter().position(|h| h == heading);
        let Some(group) = at("Network") else { continue };
        let address = table.columns.iter().find(|(key, _)| *key == "address").and_then(|(_, h)| at(h));
        let mut groups: BTreeMap<&String, Vec<IpAddr>> = BTreeMap::new();
        for (_, cells) in &table.rows {
            let Some(name) = cells.get(group) else { continue };
            let said = address.and_then(|at| cells.get(at)).map(|c| narrow(c)).unwrap_or_default();
            let found = said.split([',', ' ', '\u{3001}']).filter_map(|a| a.trim().parse::<IpAddr>().ok());
            groups.entry(name).or_default().extend(found);
        }
        let meant = groups.into_iter().filter_map(|(group, addresses)| {
            let tokens: Vec<&str> =
                group.split(|c: char| !c.is_ascii_digit()).filter(|t| !t.is_empty()).collect();
            // A number alone may be anything where there are several: a floor, a rack.
            let number = |id: &str| tokens == [id] || named_vlan(group, id);
            let inside = |s: &Listed| {
                let four = addresses.iter().filter(|a| a.is_ipv4());
                let mut known = four.map(|a| s.networks.iter().any(|n| n.contains(*a))).peekable();
                known.peek().is_some() && known.all(|inside| inside)
            };
            let named = |s: &Listed| {
                let head = group.strip_suffix(s.segment.as_str()).filter(|_| !s.segment.is_empty());
                head.is_some_and(|head| !head.ends_with(char::is_alphanumeric))
            };
            let fits = |s: &&Listed| number(&s.vlan) && inside(s) || named(s);
            let found: BTreeSet<&String> = segments.iter().filter(fits).map(|s| &s.segment).collect();
            let only = found.first().filter(|_| found.len() == 1)?;
            Some((group.clone(), (*only).clone()))
        });
        let mut words: Vec<(String, String)> = meant.collect();
        let silent =
            |cells: &Vec<String>| address.is_some_and(|at| cells.get(at).is_none_or(String::is_empty));
        if table.rows.iter().any(|(_, cells)| silent(cells)) {
            words.push((String::new(), "-".to_owned()));
        }
        table.words = words;
    }
}

/// `VLAN10` in a name, and not `VLAN100`.
fn named_vlan(group: &str, id: &str) -> bool {
    let group = group.to_ascii_lowercase();
    let mut after = group.match_indices("vlan").filter_map(|(at, word)| group.get(at + word.len()..));
    after.any(|rest| {
        let rest = rest.trim_start_matches(['_', '-', ' ']);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        !id.is_empty() && rest.get(..digits) == Some(id)
    })
}

fn aside(file: &Config) -> bool {
    named(file, &OLD)
}

/// Whether a path says that a file is kept, not used.
pub(crate) fn kept_aside(path: &str) -> bool {
    signs(path, &OLD)
}

fn named(file: &Config, words: &[&str]) -> bool {
    signs(file.path.as_str(), words)
}

fn signs(path: &str, words: &[&str]) -> bool {
    let path = path.to_lowercase();
    path.split(['/', '_', '-', '.', ' ', '(', ')', '(', ')']).any(|part| words.iter().any(|w| says(part, w)))
}

/// Whether a part of a path is the sign itself (`旧`, `旧設定`, `変更履歴`), not a name that begins with it (`旧庁舎`,
/// `予備回線`).
fn says(part: &str, sign: &str) -> bool {
    const THINGS: [&str; 11] = [
        "機",
        "機器",
        "設定",
        "世代",
        "版",
        "分",
        "データ",
        "ファイル",
        "バックアップ",
        "config",
        "コンフィグ",
    ];
    let thing = part.strip_prefix(sign).is_some_and(|rest| THINGS.contains(&rest));
    // Recovery, and old beside new, are neither.
    if ["復旧", "新旧"].iter().any(|w| part.ends_with(w)) {
        return false;
    }
    part == sign || !sign.is_ascii() && (part.ends_with(sign) || thing)
}

/// Newest first: files kept aside last, then by date, then what was taken after the work, then by name.
fn rank(file: &Config) -> (bool, Option<Dated>, i8, std::cmp::Reverse<String>) {
    let path = file.path.as_str();
    let work = i8::from(path.contains("作業後")) - i8::from(path.contains("作業前"));
    let date = file.date.map(|d| Dated { origin: Origin::Content, ..d });
    (!aside(file) && !named(file, &SPARE), date, work, std::cmp::Reverse(path.to_owned()))
}

fn unit(name: String, files: Vec<Config>, spare: bool) -> Unit {
    let vendor = files.first().map_or("", |f| f.vendor);
    let several = files.len() > 1;
    let best = files.first().map(|f| (f.path.as_str().to_owned(), f.sha256.clone(), f.date));
    let second = files.get(1).map(|f| (f.date, aside(f)));
    let mut generations = Vec::new();
    for (at, file) in files.into_iter().enumerate() {
        let (state, reason) = if spare {
            let why = msg!(
                "every file of this name is kept aside (old, spare): taken for a device that is not in use",
                "この名前のファイルが全て旧設定又は予備の場所にあるため、使用していない機器とみなした"
            );
            (State::Spare, why)
        } else if at == 0 {
            (State::Chosen, why_chosen(&file, several, second))
        } else {
            (State::Older, why_not(&file, best.as_ref()))
        };
        let kept = aside(&file);
        let same = best.as_ref().is_some_and(|b| b.1 == file.sha256);
        generations.push(Generation {
            kept,
            same,
            path: file.path,
            date: file.date,
            state,
            reason,
            companions: Vec::new(),
            remarks: file.remarks,
        });
    }
    Unit { name, vendor, generations, stands_by: None }
}

fn why_chosen(file: &Config, several: bool, second: Option<(Option<Dated>, bool)>) -> Msg {
    if !several {
        return msg!("the only one", "唯一のファイル");
    }
    let same_day =
        second.is_some_and(|(date, aside)| !aside && date.map(|d| d.at) == file.date.map(|d| d.at));
    match (file.date, same_day) {
        (_, true) => msg!(
            "of the newest ones by name: the dates do not tell, please confirm",
            "最新の日付のファイルが複数あり、ファイル名により選択した(要確認)"
        ),
        (Some(date), false) => {
            let (en, ja) = by(date);
            msg!("the newest by {en}", "{ja}が最新")
        }
        (None, false) => msg!("the others are kept aside", "他のファイルが旧設定の場所にある"),
    }
}

fn by(date: Dated) -> (&'static str, &'static str) {
    match date.origin {
        Origin::Content => ("the date in the file", "ファイル内の日付"),
        Origin::Name => ("the date in its name", "ファイル名の日付"),
        Origin::Folder => ("the date of its folder", "フォルダ名の日付"),
    }
}

fn why_not(file: &Config, best: Option<&(String, String, Option<Dated>)>) -> Msg {
    if let Some((path, _, _)) = best.filter(|b| b.1 == file.sha256) {
        return msg!("the same as `{path}`", "「{path}」と同一の内容");
    }
    if aside(file) {
        return msg!("kept aside (an older generation)", "旧世代(旧設定の場所にある)");
    }
    if best.is_some_and(|b| b.2.map(|d| d.at) == file.date.map(|d| d.at)) {
        return msg!(
            "of the same date as the chosen one, and different: please confirm",
            "選択したファイルと同じ日付であり、内容が異なる(要確認)"
        );
    }
    match file.date {
        Some(date) => {
            let (en, ja) = by(date);
            msg!("older by {en}", "旧世代({ja}による)")
        }
        None => msg!("undated, and another file has a date", "日付が不明であり、他のファイルを選択した"),
    }
}

struct Member {
    name: String,
    vendor: &'static str,
    interfaces: Vec<String>,
    addresses: AddressSet,
}

/// Members of a cluster have the same interfaces and share addresses.
fn pair(units: &mut [Unit], members: &[Member]) {
    let mut taken: Vec<&str> = Vec::new();
    for (at, first) in members.iter().enumerate() {
        if taken.contains(&first.name.as_str()) {
            continue;
        }
        let alike = |m: &&Member| {
            m.vendor == first.vendor
                && m.interfaces == first.interfaces
                && !m.addresses.intersection(&first.addresses).is_empty()
        };
        let others: Vec<&Member> = members.iter().skip(at + 1).filter(alike).collect();
        // Of three alike, nobody can tell which two belong together.
        if let [second] = others.as_slice()
            && let Some(unit) = units.iter_mut().find(|u| u.name == second.name)
        {
            unit.stands_by = Some(first.name.clone());
            taken.push(&second.name);
            if let Some(chosen) = unit.generations.first_mut() {
                let (en, ja) =
                    (chosen.reason.text(Lang::En).to_owned(), chosen.reason.text(Lang::Ja).to_owned());
                let name = &first.name;
                chosen.reason = msg!(
                    "{en}; second member of the cluster of `{name}`",
                    "{ja}(「{name}」の冗長構成の副系)"
                );
            }
        }
    }
}

/// Gives an output to the configuration that it goes with: of the same folder and name.
fn give(units: &mut [Unit], output: Output) -> Result<(), crate::source::SitePath> {
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(f, _)| f.to_owned());
    let here = folder(output.path.as_str());
    let mut fits: Vec<&mut Generation> = Vec::new();
    for unit in units.iter_mut().filter(|u| u.vendor == output.vendor) {
        let name = unit.name.clone();
        for generation in &mut unit.generations {
            let together = folder(generation.path.as_str()) == here;
            let same = output.stem == name
                || stem(&generation.path) == output.stem
                || output.stem.starts_with(&name);
            if together && same {
                fits.push(generation);
            }
        }
    }
    match fits.as_mut_slice() {
        [only] if only.companions.iter().all(|(k, _)| *k != output.kind) => {
            only.companions.push((output.kind, output.path));
            only.companions.sort();
            Ok(())
        }
        _ => Err(output.path),
    }
}
