//! Cisco IOS and IOS-XE, and two dialects on the same parser: ALAXALA AX (`axs`) and AlliedWare Plus (`awplus`).
//! Exports, `show running-config` output, and whole terminal logs that hold it among other commands.
//!
//! Semantics and sources: `NOTES.md` beside this file.
mod admission;
mod again;
mod capture;
mod commands;
mod config;
mod convert;
mod dialect;
mod inert;
mod neighbours;
mod parse;
mod parse_acl;
mod parse_dns;
mod parse_eem;
mod parse_interface;
mod parse_map;
mod parse_nat;
mod parse_route;
mod parse_services;
mod parse_span;
mod parse_switchport;
mod reach;
mod read;
mod rib;
mod rib_ax;
mod secrets;
mod value;

use crate::model::Family;
use crate::msg;
use crate::source::session::Screen;
use crate::source::{Code, FileId, Limits, LineState, Sources, Span, rank, session};
use crate::syntax::indent::{self, Banners};

use super::{Companion, Confidence, Reading, Vendor, VendorInput};
use capture::Capture;
use config::{Config, Dialect, Doubt, Scope};
use convert::Context;
use read::Ledger;

/// One language of the family.
pub struct Ios(Dialect);

/// Cisco IOS and IOS-XE.
pub static IOS: Ios = Ios(Dialect::Ios);
/// ALAXALA AX.
pub static AXS: Ios = Ios(Dialect::Axs);
/// AlliedWare Plus.
pub static AWPLUS: Ios = Ios(Dialect::Awplus);

/// The reviewed inert list's version, for reports.
pub const INERT_LIST: &str = inert::REVIEWED;

impl Vendor for Ios {
    fn id(&self) -> &'static str {
        convert::id(self.0)
    }

    fn runs_programs(&self) -> bool {
        false
    }

    fn detect(&self, sources: &Sources, file: FileId) -> Confidence {
        let text = sources.parse_text(file);
        let lines: Vec<&str> = indent::raw_lines(text, file)
            .into_iter()
            .take(4000)
            .map(|l| session::without_stamp(l).text)
            .collect();
        let begins = |marks: &[&str]| lines.iter().any(|l| marks.iter().any(|m| l.starts_with(m)));
        // Routers that are configured in words of their own, and look alike.
        const STRANGERS: [&str; 3] = ["! NEC Portable Internetwork Core", "# RTX", "# NVR"];
        if begins(&STRANGERS) {
            return Confidence::No;
        }
        let others = begins(AXS_SURE) || begins(AWPLUS_SURE);
        let (sure, maybe) = match self.0 {
            Dialect::Ios => (begins(SURE) && !others, begins(MAYBE) && !others),
            Dialect::Axs => (begins(AXS_SURE), begins(&["interface vlan ", "interface gigabitethernet "])),
            Dialect::Awplus => (begins(AWPLUS_SURE), begins(&["hostname awplus"])),
        };
        match (sure, maybe) {
            (true, _) => Confidence::Sure,
            (false, true) => Confidence::Maybe,
            (false, false) => Confidence::No,
        }
    }

    /// Every statement at the top, under its last word: object groups, lists, maps and time ranges are named there.
    fn statements(&self, sources: &Sources, file: FileId, limits: &Limits) -> Vec<(String, Span)> {
        let screen = Screen::of(sources.parse_text(file), file);
        let capture = capture::read(sources.parse_text(file), &screen, file);
        let named = |node: &indent::Node| {
            let name = node.words.last().map(|w| w.text.clone()).unwrap_or_default();
            (name, node.whole())
        };
        indent::parse(&capture.config, self.banners(), limits).nodes.iter().map(named).collect()
    }

    fn read(&self, input: VendorInput<'_>) -> Reading {
        let VendorInput { name, config: file, companions, interfaces, sources, limits } = input;
        secrets::mask(sources, file);
        let whole = sources.whole(file);
        let mut ledger = Ledger { most: limits.diagnostics, ..Ledger::default() };
        let screen = Screen::of(sources.parse_text(file), file);
        let capture = capture::read(sources.parse_text(file), &screen, file);
        let tree = indent::parse(&capture.config, self.banners(), limits);
        let mut config = parse::parse(&tree, self.0, &mut ledger);
        for span in &capture.noise {
            ledger.claim(*span, LineState::Inert);
        }
        self.flaws(&capture, &tree, whole, &mut config, &mut ledger);
        version(self.0, &config, &mut ledger);
        convert::ask_for(&mut config, interfaces, whole);
        // Interfaces and VRFs stand in no order that means anything.
        config.interfaces.sort_by_cached_key(|name, _| rank(name));
        config.vrfs.sort_by_cached_key(|name, _| rank(name));
        let tables = capture.tables.iter().map(|t| rib::read(t, Family::V4, self.0, &mut ledger));
        config.ribs = tables.collect();
        for (kind, file) in companions {
            let family = match kind {
                Companion::Routes => Family::V4,
                Companion::Routes6 => Family::V6,
                Companion::Ipv6 | Companion::Addresses | Companion::Rules | Companion::Sysctl => continue,
            };
            let screen = Screen::of(sources.parse_text(*file), *file);
            let capture = capture::read(sources.parse_text(*file), &screen, *file);
            for span in &capture.noise {
                ledger.claim(*span, LineState::Inert);
            }
            config.ribs.extend(capture.tables.iter().map(|t| rib::read(t, family, self.0, &mut ledger)));
        }
        for name in undefined_vrfs(&config) {
            ledger.report(
                Code::UndefinedReference,
                name.span,
                msg!("a VRF that nothing defines", "定義のないVRFである"),
            );
        }
        let context = Context { name, file, dialect: self.0, whole };
        let mut reading = convert::convert(&config, &context, &mut ledger);
        for (span, state) in ledger.claims {
            reading.lines.claim(sources, span, state);
        }
        reading.diagnostics = ledger.diagnostics;
        if let Some(layer2) = &mut reading.layer2 {
            layer2.neighbours = neighbours::read(sources.parse_text(file), file);
        }
        reading
    }
}

/// What only IOS writes.
const SURE: &[&str] = &[
    "Building configuration...",
    "boot-start-marker",
    "service timestamps debug",
    "vlan internal allocation policy",
    "vrf definition ",
    "line vty ",
];

/// What IOS writes, and others may.
const MAYBE: &[&str] =
    &["hostname ", "interface GigabitEthernet", "interface Vlan", "ip access-list ", "access-list "];

/// The first line of an AX export.
const AXS_SURE: &[&str] =
    &["#configuration list for AX", "#default configuration file for AX", "#Last modified by"];

/// How AlliedWare Plus calls its ports, and what only it says.
const AWPLUS_SURE: &[&str] =
    &["interface port1.0.", "interface port2.0.", "platform hwfilter-size", "atmf ", "no atmf "];

fn undefined_vrfs(config: &Config) -> Vec<config::Name> {
    let used = config
        .interfaces
        .values()
        .filter_map(|i| i.vrf.clone())
        .chain(config.statics.iter().filter_map(|r| r.vrf.clone()));
    used.filter(|n| !config.vrfs.contains_key(&n.value)).collect()
}

/// Releases that the notes cite documents for.
fn version(dialect: Dialect, config: &Config, ledger: &mut Ledger) {
    let Some(version) = config.version.filter(|_| dialect == Dialect::Ios) else { return };
    if !matches!(version.value.0, 12 | 15 | 16 | 17) {
        let message =
            msg!("the release is not one we have documents for", "資料で確認していないリリースである");
        ledger.report(Code::UnknownVersion, version.span, message);
    }
}

impl Ios {
    /// How banners end in this dialect.
    fn banners(&self) -> Banners {
        if self.0 == Dialect::Awplus { Banners::OneLine } else { Banners::Delimited }
    }

    /// What breaks the file as a whole: lines that belong to nothing, a cut end, commands after the output.
    fn flaws(
        &self,
        capture: &Capture<'_>,
        tree: &indent::Tree,
        whole: Span,
        config: &mut Config,
        ledger: &mut Ledger,
    ) {
        let mut doubt = |ledger: &mut Ledger, span: Span, what: crate::source::Msg, code: Code| {
            ledger.report(code, span, what.clone());
            config.doubts.push(Doubt { scope: Scope::Device, span, what });
        };
        for flaw in &tree.flaws {
            ledger.claim(flaw.primary, LineState::Unrecognized);
        }
        if let Some(flaw) = tree.flaws.first() {
            doubt(ledger, flaw.primary, flaw.message.clone(), flaw.code);
        }
        for (span, what) in &capture.flaws {
            ledger.claim(*span, LineState::Unrecognized);
            doubt(ledger, *span, what.clone(), Code::UnknownStatement);
        }
        if tree.nodes.is_empty() {
            let what = msg!("the file holds no configuration", "ファイルに設定がない");
            return doubt(ledger, whole, what, Code::TruncatedInput);
        }
        let last = capture.config.last();
        let ended = match self.0 {
            Dialect::Ios | Dialect::Awplus => last.is_some_and(|l| l.text.trim_end() == "end"),
            Dialect::Axs => capture.closed || last.is_some_and(|l| matches!(l.text.trim_end(), "!" | "end")),
        };
        if !ended {
            let span = last.map_or(whole, |l| l.span);
            let what = msg!(
                "the configuration ends here without its end mark: the file is cut short",
                "設定が途中で終わっています(末尾の `end` がない)"
            );
            doubt(ledger, span, what, Code::TruncatedInput);
        }
    }
}
