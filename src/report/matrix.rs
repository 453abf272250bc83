//! Which zone can open sessions to which, for a person and for a script.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{Culprit, Path, SCHEMA_VERSION, culprit, location, path};
use super::page::{Columns, Ink, Page};
use super::text::{Style, rows::located};
use super::words::{packet, pick, service};
use crate::analysis::answer::Evidence;
use crate::checks::matrix::{Cell, Matrix, Passage};
use crate::network::{Site, ZoneId};
use crate::source::Lang;

/// The answer of `bunri matrix`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatrixReport {
    /// Always 1.
    pub schema_version: u32,
    /// The zones, in the order of the topology.
    pub zones: Vec<MatrixZone>,
    /// Every ordered pair of different zones.
    pub cells: Vec<MatrixCell>,
}

/// One zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatrixZone {
    /// Its id in the topology.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Packets from one zone to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MatrixCell {
    /// The sending zone's id.
    pub from: String,
    /// The receiving zone's id.
    pub to: String,
    /// `blocked`, `permitted` or `undetermined`.
    pub passage: &'static str,
    /// Some of what passes, or may pass.
    pub examples: Vec<Path>,
    /// Whether `examples` is cut.
    pub examples_truncated: bool,
    /// Why it is undetermined, if not for lines alone.
    pub reason: Option<String>,
    /// Lines or facts that decide.
    pub culprits: Vec<Culprit>,
    /// Whether `culprits` is cut.
    pub culprits_truncated: bool,
}

/// The matrix in its JSON form.
pub fn json(matrix: &Matrix, site: &Site, lang: Lang) -> MatrixReport {
    let zones = site.zones.iter().map(|z| MatrixZone { id: z.id.value.clone(), name: z.name.clone() });
    let id = |zone: ZoneId| site.zone(zone).map(|z| z.id.value.clone()).unwrap_or_default();
    let cells = matrix.cells.iter().map(|c| MatrixCell {
        from: id(c.from),
        to: id(c.to),
        passage: passage_code(c.passage),
        examples: c.examples.iter().map(|e| path(e, &site.sources, lang)).collect(),
        examples_truncated: c.examples_truncated,
        reason: c.reason.as_ref().map(|r| r.text(lang).to_owned()),
        culprits: c.culprits.iter().map(|c| culprit(c, &site.sources, lang)).collect(),
        culprits_truncated: c.culprits_truncated,
    });
    MatrixReport { schema_version: SCHEMA_VERSION, zones: zones.collect(), cells: cells.collect() }
}

fn passage_code(passage: Passage) -> &'static str {
    match passage {
        Passage::Blocked => "blocked",
        Passage::Permitted => "permitted",
        Passage::Undetermined => "undetermined",
    }
}

fn passage_word(passage: Passage, lang: Lang) -> (Ink, &'static str) {
    match passage {
        Passage::Blocked => (Ink::Faint, pick(lang, "blocked", "遮断")),
        Passage::Permitted => (Ink::Strong, pick(lang, "permitted", "許可")),
        Passage::Undetermined => (Ink::Doubt, pick(lang, "undetermined", "判定保留")),
    }
}

/// The matrix as text for a person.
pub fn text(matrix: &Matrix, site: &Site, style: Style) -> String {
    let (mut page, lang) = (Page::new(style.colour), style.lang);
    let title = pick(lang, "Communication between zones", "系間通信の一覧");
    page.ink(Ink::Strong, title).put(&format!("  {}", site.name)).end();
    let words = pick(
        lang,
        "Rows open, columns receive. As the devices have it, for packets; machines that carry data on, and VLANs that \
         join zones, are the question of `bunri check`.",
        "行は開始側、列は相手側の系を示す。機器の設定により転送され得る通信を示すものであり、中継する機器を介する経路及び \
         VLANによる系の接続(L2)は `bunri check` による。",
    );
    page.line(0, words).gap();
    table(&mut page, matrix, site, lang);
    for cell in matrix.cells.iter().filter(|c| c.passage != Passage::Blocked) {
        details(&mut page, cell, site, lang);
    }
    page.finish()
}

fn name(site: &Site, zone: ZoneId) -> String {
    site.zone(zone).map(|z| z.name.clone()).unwrap_or_default()
}

fn table(page: &mut Page, matrix: &Matrix, site: &Site, lang: Lang) {
    let mut columns = Columns::default();
    let head = site.zones().map(|(id, _)| (Ink::Strong, name(site, id)));
    columns.row(std::iter::once((Ink::Plain, String::new())).chain(head));
    for (from, _) in site.zones() {
        let cells = site.zones().map(|(to, _)| match matrix.cell(from, to) {
            Some(cell) => {
                let (ink, word) = passage_word(cell.passage, lang);
                (ink, word.to_owned())
            }
            None => (Ink::Faint, "-".to_owned()),
        });
        columns.row(std::iter::once((Ink::Strong, name(site, from))).chain(cells));
    }
    columns.write(page, 2);
}

fn details(page: &mut Page, cell: &Cell, site: &Site, lang: Lang) {
    let (ink, word) = passage_word(cell.passage, lang);
    page.gap().ink(Ink::Strong, &format!("{} → {}", name(site, cell.from), name(site, cell.to)));
    page.put("  ").ink(ink, word).end();
    if let Some(reason) = &cell.reason {
        page.line(2, &format!("{}: {}", pick(lang, "Reason", "理由"), reason.text(lang)));
    }
    for evidence in &cell.examples {
        example(page, evidence, site, lang);
    }
    if cell.examples_truncated {
        page.line(2, pick(lang, "… more passes; the list is cut here", "…ほかにもあり、一覧を省略した"));
    }
    if !cell.culprits.is_empty() {
        page.line(
            2,
            &format!("{}:", pick(lang, "Why it cannot be determined (lines)", "判定できない原因(該当行)")),
        );
    }
    for culprit in &cell.culprits {
        let place = location(&site.sources, culprit.span);
        page.line(4, &format!("{place}: {}", culprit.what.text(lang)));
    }
    if cell.culprits_truncated {
        page.line(4, pick(lang, "… and more", "…ほか"));
    }
}

fn example(page: &mut Page, evidence: &Evidence, site: &Site, lang: Lang) {
    for leg in &evidence.legs {
        let forged = match evidence.requires_forged_source {
            true => pick(lang, " (source address forged)", "(送信元を偽った場合)"),
            false => "",
        };
        page.line(2, &format!("{} → {}  {}{forged}", leg.from, leg.to, service(&leg.packet)));
        page.line(4, &packet(&leg.packet));
        for rule in leg.hops.iter().filter_map(|h| h.rule.as_ref()) {
            page.line(4, &located(rule, site, lang));
        }
    }
}
