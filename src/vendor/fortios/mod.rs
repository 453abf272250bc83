//! FortiOS (FortiGate): full backups, `show` and `show full-configuration` output, with and without VDOMs.
//!
//! Semantics and sources: `NOTES.md` beside this file.
mod config;
mod convert;
mod defaults;
mod drift;
mod ha;
mod inert;
mod managed;
mod node;
mod parse;
mod parse_carriers;
mod parse_interfaces;
mod parse_objects;
mod parse_policies;
mod parse_proxy;
mod parse_routes;
mod parse_services;
mod parse_system;
mod read;
mod rib;
mod scope;
mod secrets;
mod settings;
mod trusted;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use crate::msg;
use crate::source::session::unstamped;
use crate::source::{Code, Diagnostic, FileId, Limits, LineState, Msg, Sources, Span, rank};
use crate::syntax::blocks::{self, Statement, Tree};

use super::log::{self, Shell};
use super::{Companion, Confidence, Difference, Reading, Vendor, VendorInput};
use crate::model::Family;
use config::{Doubt, Scope};
use defaults::Version;
use read::Ledger;

/// The FortiOS vendor.
pub struct FortiOs;

/// The reviewed inert list's version, for reports.
pub const INERT_LIST: &str = inert::REVIEWED;

impl Vendor for FortiOs {
    fn id(&self) -> &'static str {
        "fortios"
    }

    fn runs_programs(&self) -> bool {
        false
    }

    fn detect(&self, sources: &Sources, file: FileId) -> Confidence {
        let text = sources.parse_text(file);
        // A terminal log may show other things first, and stamps every line.
        let bare = text.lines().map(|l| unstamped(l).trim());
        let mut lines = bare.filter(|l| !l.is_empty()).take(2_000);
        if lines.clone().any(|l| l.starts_with("#config-version=")) {
            return Confidence::Sure;
        }
        const MARKS: [&str; 6] = [
            "config system ",
            "config firewall ",
            "config router ",
            "config vdom",
            "config global",
            "config vpn ",
        ];
        if lines.any(|l| MARKS.iter().any(|m| l.starts_with(m))) { Confidence::Maybe } else { Confidence::No }
    }

    fn read(&self, input: VendorInput<'_>) -> Reading {
        let VendorInput { name, config, companions, interfaces, sources, limits } = input;
        let log = log::unpack(sources, config, Shell::FortiOs);
        let shown = log.iter().flat_map(|l| l.companions.iter().copied());
        let companions: Vec<(Companion, FileId)> = companions.iter().copied().chain(shown).collect();
        let (file, config) = (config, log.as_ref().map_or(config, |l| l.config));
        let tree = blocks::parse(sources, config, limits);
        let whole = sources.whole(config);
        let mut ledger = Ledger::new(limits.diagnostics);
        let version = header(sources, &tree, &mut ledger);
        let mut parsed = parse::parse(&tree, whole, &mut ledger);
        let mut flaws = flaws(sources, config, &tree, &parsed, &mut ledger);
        flaws.extend(log.iter().flat_map(|l| doubts(l, &mut ledger)));
        let reserved: Vec<String> =
            parsed.vdoms.iter().filter(|v| v.reserved).map(|v| v.name.clone()).collect();
        for vdom in &mut parsed.vdoms {
            vdom.doubts.extend(flaws.iter().cloned());
            vdom.routes_shown |= full_backup(sources, &tree);
            if full_backup(sources, &tree) && parsed.hollow.contains(&vdom.name) {
                let what = msg!("the file holds nothing of this VDOM", "ファイルにこのVDOMの設定がない");
                ledger.report(Code::TruncatedInput, vdom.span, what.clone());
                vdom.doubts.push(Doubt { scope: Scope::Device, span: vdom.span, what });
            }
            managed::misplaced(vdom, interfaces);
            convert::ask_for(vdom, interfaces, whole, parsed.multi || !reserved.is_empty());
        }
        routing_tables(sources, &companions, &mut parsed, &mut ledger);
        secrets::mask(sources, config, &tree);
        // Interfaces stand in the order in which somebody made them, which means nothing.
        parsed.vdoms.iter_mut().for_each(|vdom| vdom.interfaces.sort_by_cached_key(|name, _| rank(name)));
        let mut reading = convert::convert(&parsed, name, config, version, whole, &mut ledger);
        let mentioned = convert::facts::mentioned(&tree);
        for (device, vdom) in reading.devices.iter_mut().zip(&parsed.vdoms) {
            device.facts.unused = convert::facts::unused(vdom, &mentioned);
            device.file = file;
        }
        for (span, state) in ledger.claims {
            reading.lines.claim(sources, span, state);
        }
        reading.diagnostics = ledger.diagnostics;
        reading
    }

    fn statements(&self, sources: &Sources, file: FileId, limits: &Limits) -> Vec<(String, Span)> {
        let tree = blocks::parse(sources, sources.config_of(file), limits);
        let mut open: Vec<&Statement> = tree.statements.iter().collect();
        let mut out = Vec::new();
        while let Some(statement) = open.pop() {
            if statement.close.is_some() || !statement.children.is_empty() {
                // A block that is not closed reaches as far as what it holds.
                let last = statement.children.last().map_or(statement.span, Statement::whole);
                out.push((statement.title(), statement.whole().to(last)));
                open.extend(&statement.children);
            }
        }
        out
    }

    fn differences(
        &self,
        sources: &Sources,
        first: FileId,
        second: FileId,
        limits: &Limits,
    ) -> Option<Vec<Difference>> {
        let (first, second) = (sources.config_of(first), sources.config_of(second));
        Some(drift::differences(sources, first, second, limits))
    }

    fn apart(&self, sources: &Sources, file: FileId, limits: &Limits) -> Option<Difference> {
        drift::apart(sources, sources.config_of(file), limits)
    }
}

/// What a terminal log leaves open.
fn doubts(log: &log::Unpacked, ledger: &mut Ledger) -> Vec<Doubt> {
    for span in &log.inert {
        ledger.claim(*span, LineState::Inert);
    }
    let doubt = |(span, what): &(Span, crate::source::Msg)| {
        ledger.report(Code::TruncatedInput, *span, what.clone());
        Doubt { scope: Scope::Device, span: *span, what: what.clone() }
    };
    log.flaws.iter().map(doubt).collect()
}

/// Gives each domain the routing tables that were captured of it.
fn routing_tables(
    sources: &Sources,
    companions: &[(Companion, FileId)],
    parsed: &mut parse::Parsed,
    ledger: &mut Ledger,
) {
    for (kind, file) in companions {
        let family = match kind {
            Companion::Routes => Family::V4,
            Companion::Routes6 => Family::V6,
            Companion::Ipv6 | Companion::Addresses | Companion::Rules | Companion::Sysctl => continue,
        };
        for table in rib::read(sources, *file, family, ledger) {
            let multi = parsed.multi;
            let owner = parsed.vdoms.iter_mut().find(|v| match &table.vdom {
                Some(name) => v.name == *name,
                None => !multi && !v.reserved,
            });
            match owner {
                Some(vdom) => vdom.ribs.push(table),
                None => {
                    let what = msg!(
                        "whose routing table this is cannot be told",
                        "この経路表がどのVDOMのものか判別できない"
                    );
                    ledger.report(Code::Contradiction, table.place, what);
                }
            }
        }
    }
}

/// Comment lines: the version stands in the first of them.
fn header(sources: &Sources, tree: &Tree, ledger: &mut Ledger) -> Option<Version> {
    let mut version = None;
    for span in &tree.comments {
        ledger.claim(*span, LineState::Inert);
        let line = sources.parse_span(*span);
        if let Some(rest) = line.strip_prefix("#config-version=") {
            ledger.claim(*span, LineState::Modelled);
            version = version.or(Version::read(rest));
            if !version.is_some_and(Version::covered) {
                let message = msg!(
                    "the release is not one we have documents for",
                    "資料で確認していないリリースである"
                );
                ledger.report(Code::UnknownVersion, *span, message);
            }
        }
    }
    version
}

/// What breaks the file as a whole: bad nesting, bad quoting, a cut end, bytes that are no text.
fn flaws(
    sources: &Sources,
    file: FileId,
    tree: &Tree,
    parsed: &parse::Parsed,
    ledger: &mut Ledger,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut doubt = |span: Span, what| doubts.push(Doubt { scope: Scope::Device, span, what });
    for flaw in tree.flaws.iter().take(ledger.most) {
        ledger.claim(flaw.primary, LineState::Unrecognized);
        ledger.diagnostics.push(flaw.clone());
    }
    // One of them is enough to make everything behind it a guess.
    if let Some(flaw) = tree.flaws.first() {
        doubt(flaw.primary, flaw.message.clone());
    }
    for (span, message) in secrets::runaway_quotes(&tree.statements) {
        ledger.claim(span, LineState::Unrecognized);
        ledger.diagnostics.push(Diagnostic::new(Code::UnterminatedQuote, span, message.clone()));
        doubt(span, message);
    }
    // The header tells of transparent mode by itself; where no domain says so, the line that does is missing.
    let bridging = |line: &str| line.starts_with("#config-version=") && line.contains(":opmode=1:");
    let told = tree.comments.iter().find(|c| bridging(sources.parse_span(**c)));
    let said = parsed.vdoms.iter().any(|v| v.settings.transparent.is_some());
    if let Some(span) = told.filter(|_| !said) {
        let message = msg!(
            "the header tells of transparent mode, and nothing else in the file does",
            "ヘッダーはトランスペアレントモードを示すが、ファイルにその設定がない"
        );
        ledger.report(Code::Contradiction, *span, message.clone());
        doubt(*span, message);
    }
    if let Some((span, message)) = second_export(sources, tree).or_else(|| second_list(tree)) {
        ledger.report(Code::DuplicateDefinition, span, message.clone());
        doubt(span, message);
    }
    if let Some(span) = cut_short(sources, file, tree, parsed) {
        let message = msg!(
            "a full backup goes on after this: the file is cut short",
            "ファイルが途中で切れている(完全なバックアップにはこの後に続きがある)"
        );
        ledger.report(Code::TruncatedInput, span, message.clone());
        doubt(span, message);
    }
    if tree.statements.is_empty() {
        let message = msg!("the file holds no configuration", "ファイルに設定がない");
        let span = sources.whole(file);
        ledger.report(Code::TruncatedInput, span, message.clone());
        doubt(span, message);
    }
    doubts
}

/// Where a second export begins in one text: the device writes one header. Which of the two is in use is not known, and
/// entries of the later one stand behind those of the earlier one.
fn second_export(sources: &Sources, tree: &Tree) -> Option<(Span, Msg)> {
    let header = |c: &&Span| sources.parse_span(**c).starts_with("#config-version=");
    let second = tree.comments.iter().filter(header).nth(1)?;
    let message = msg!(
        "a second export begins here: which of the two is in use is not known",
        "ここから2つ目のエクスポートが始まる。いずれが現在の設定か判別できない"
    );
    Some((*second, message))
}

/// Lists in whose order the device looks for the first match.
const ORDERED: [&str; 7] = [
    "firewall policy",
    "firewall policy6",
    "firewall local-in-policy",
    "firewall local-in-policy6",
    "firewall central-snat-map",
    "firewall security-policy",
    "router policy",
];

/// Where an ordered list begins anew in one text: a later display, or an older one, with entries of the same names. What
/// it adds stands behind what the earlier one has, whatever the order of the device was.
fn second_list(tree: &Tree) -> Option<(Span, Msg)> {
    let mut seen: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut open: Vec<(&Statement, String)> =
        tree.statements.iter().rev().map(|s| (s, String::new())).collect();
    while let Some((statement, place)) = open.pop() {
        let title = statement.title();
        if !ORDERED.contains(&title.as_str()) {
            // A domain that is opened again is the same one.
            let domain = statement.keyword() == "edit";
            if domain || ["vdom", "global"].contains(&title.as_str()) {
                let inner = if domain { title } else { place };
                open.extend(statement.children.iter().rev().map(|c| (c, inner.clone())));
            }
            continue;
        }
        let entries = statement.children.iter().filter(|c| c.keyword() == "edit").map(Statement::title);
        let entries: BTreeSet<String> = entries.collect();
        let before = seen.entry((place, title.clone())).or_default();
        if !before.is_disjoint(&entries) {
            let message = msg!(
                "`{title}` is listed a second time, with entries of the same names: which of the two is in use is not known",
                "`{title}` が同じ番号の項目を含めて再度記載されている。いずれが現在の設定か判別できない"
            );
            return Some((statement.span, message));
        }
        before.extend(entries);
    }
    None
}

/// Whether the header is one that only the device's own backup writes.
fn full_backup(sources: &Sources, tree: &Tree) -> bool {
    let said = |mark: &str| tree.comments.iter().any(|c| sources.parse_span(*c).starts_with(mark));
    said("#config-version=") && (said("#conf_file_ver=") || said("#buildno="))
}

/// FortiOS writes no end mark. A full backup (its header says so) ends every domain with routing stanzas, `config
/// router multicast` last: a cut between two top-level blocks shows in their absence. A file with that header that
/// was tidied by hand and ends earlier is taken for cut, too.
fn cut_short(sources: &Sources, file: FileId, tree: &Tree, parsed: &parse::Parsed) -> Option<Span> {
    if !full_backup(sources, tree) {
        return None;
    }
    let end = sources.whole(file).end;
    let last = Span { file, start: end.saturating_sub(1), end };
    let place = tree.statements.last().map_or(last, |s| s.span);
    let last_path = match parsed.multi {
        false => tree.statements.last().map(blocks::Statement::title),
        true => tree
            .statements
            .last()
            .and_then(|vdom| vdom.children.last())
            .and_then(|e| e.children.last())
            .map(blocks::Statement::title),
    };
    // A stanza that can follow another one proves nothing of the end: routing stanzas close the backup in this order.
    const LATE: [&str; 3] = ["router isis", "router multicast", "router multicast6"];
    let ends_well = last_path.is_some_and(|p| LATE.contains(&p.as_str()));
    (!ends_well).then_some(place)
}
