//! What was found in the folder: 読み取り結果, what the terminal says, and the same for a script.

use schemars::JsonSchema;
use serde::Serialize;

use super::{DRAFT, FORM, FOUND, Start};
use crate::network::survey::{Generation, Origin, State, Unit};
use crate::report::json::SCHEMA_VERSION;
use crate::report::page::{Colour, Ink, Page};
use crate::report::text::Style;
use crate::report::words::pick;
use crate::source::Lang;

/// The answer of `bunri init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InitReport {
    /// Always 1.
    pub schema_version: u32,
    /// The new folder.
    pub site: String,
    /// Cells of the form that somebody has to fill in before a first answer.
    pub cells: usize,
    /// Every configuration file, and whether it counts.
    pub configurations: Vec<FoundConfiguration>,
    /// Tables.
    pub tables: Vec<FoundSheet>,
    /// Files that belong to nothing (未割当ファイル).
    pub unassigned: Vec<Unassigned>,
}

/// A configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundConfiguration {
    /// The device.
    pub device: String,
    /// The vendor id.
    pub vendor: &'static str,
    /// Path inside the folder.
    pub file: String,
    /// The day it was taken, if that can be told.
    pub date: Option<String>,
    /// `chosen`, `older` or `spare`.
    pub state: &'static str,
    /// Why.
    pub reason: String,
    /// The first member of the cluster whose second member it is.
    pub stands_by: Option<String>,
    /// Outputs that go with it.
    pub companions: Vec<String>,
}

/// A sheet or a CSV file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundSheet {
    /// Path inside the folder.
    pub file: String,
    /// The sheet; empty for CSV.
    pub sheet: String,
    /// What it lists, in the words of `[[table]]`.
    pub kind: &'static str,
    /// Why the site does not read it; null if it does.
    pub unused: Option<String>,
}

/// A file that belongs to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unassigned {
    /// Path inside the folder.
    pub file: String,
    /// What can be said of it.
    pub reason: String,
}

/// The answer in its JSON form; `site` is the new folder.
pub fn json(start: &Start, site: &str, lang: Lang) -> InitReport {
    let configuration = |unit: &Unit, g: &Generation| FoundConfiguration {
        device: unit.name.clone(),
        vendor: unit.vendor,
        file: g.path.to_string(),
        date: g.date.map(|d| d.at.date().to_string()),
        state: match g.state {
            State::Chosen => "chosen",
            State::Older => "older",
            State::Spare => "spare",
        },
        reason: g.reason.text(lang).to_owned(),
        stands_by: unit.stands_by.clone().filter(|_| g.state == State::Chosen),
        companions: g.companions.iter().map(|(_, p)| p.to_string()).collect(),
    };
    let units = start.survey.units.iter();
    InitReport {
        schema_version: SCHEMA_VERSION,
        site: site.to_owned(),
        cells: start.cells(),
        configurations: units.flat_map(|u| u.generations.iter().map(move |g| configuration(u, g))).collect(),
        tables: start
            .tables
            .iter()
            .map(|t| FoundSheet {
                file: t.origin.to_string(),
                sheet: t.sheet.clone(),
                kind: t.kind.word(),
                unused: t.unused.as_ref().map(|w| w.text(lang).to_owned()),
            })
            .collect(),
        unassigned: start
            .survey
            .rest
            .iter()
            .map(|(p, w)| Unassigned { file: p.to_string(), reason: w.text(lang).to_owned() })
            .collect(),
    }
}

/// What was found, for a person; `site` is the new folder.
pub fn text(start: &Start, site: &str, style: Style) -> String {
    let lang = style.lang;
    let mut page = Page::new(style.colour);
    page.ink(Ink::Strong, pick(lang, "What was found", "読み取り結果"))
        .put(&format!("  {}", start.name))
        .end();
    chosen(&mut page, start, lang);
    set_aside(&mut page, start, lang);
    tables(&mut page, start, lang);
    unassigned(&mut page, start, lang);
    next(&mut page, start, site, lang);
    page.finish()
}

/// The same without colours, for the file in the site.
pub fn plain(start: &Start, site: &str, lang: Lang) -> String {
    text(start, site, Style { colour: Colour::Off, ..Style::plain(lang) })
}

fn title(page: &mut Page, lang: Lang, en: &str, ja: &str, count: usize) {
    let unit = pick(lang, "", "件");
    page.gap().ink(Ink::Strong, &format!("{} ({count}{unit})", pick(lang, en, ja))).end();
}

fn dated(g: &Generation, lang: Lang) -> String {
    let Some(date) = g.date else { return pick(lang, "date unknown", "日付不明").to_owned() };
    let origin = match date.origin {
        Origin::Content => pick(lang, "in the file", "ファイル内"),
        Origin::Name => pick(lang, "in its name", "ファイル名"),
        Origin::Folder => pick(lang, "its folder's", "フォルダ名"),
    };
    format!("{} ({origin})", date.at.date())
}

fn chosen(page: &mut Page, start: &Start, lang: Lang) {
    let all: Vec<(&Unit, &Generation)> =
        start.survey.units.iter().filter_map(|u| Some((u, u.chosen()?))).collect();
    title(page, lang, "Configurations that count", "解析の対象とする設定", all.len());
    for (unit, g) in all {
        let (name, vendor, path) = (&unit.name, unit.vendor, &g.path);
        page.line(2, &format!("{name} [{vendor}]  {path}"));
        page.line(4, &format!("{}: {}", dated(g, lang), g.reason.text(lang)));
        for (_, companion) in &g.companions {
            page.line(4, &format!("{}: {companion}", pick(lang, "goes with it", "付随する出力")));
        }
        for remark in &g.remarks {
            page.line(4, &format!("{}: {}", pick(lang, "note", "注意"), remark.text(lang)));
        }
    }
}

/// Whether only their names decided between a file and the chosen one.
fn same_day(unit: &Unit, g: &Generation) -> bool {
    let day = |g: &Generation| g.date.map(|d| d.at);
    !g.kept && !g.same && unit.chosen().is_some_and(|c| day(c) == day(g))
}

fn set_aside(page: &mut Page, start: &Start, lang: Lang) {
    let all: Vec<(&Unit, &Generation)> = start
        .survey
        .units
        .iter()
        .flat_map(|u| u.generations.iter().map(move |g| (u, g)))
        .filter(|(_, g)| g.state != State::Chosen)
        .collect();
    title(page, lang, "Configurations that do not count", "対象外とした設定", all.len());
    for (unit, g) in all {
        let word = match g.state {
            State::Spare => pick(lang, "spare device", "対象外(予備機)"),
            _ if same_day(unit, g) => {
                pick(lang, "another file of the same date", "対象外(同じ日付の別のファイル。要確認)")
            }
            _ => pick(lang, "older generation", "対象外(旧世代)"),
        };
        page.line(2, &format!("{}  {}  {word}", unit.name, g.path));
        page.line(4, &format!("{}: {}", dated(g, lang), g.reason.text(lang)));
        for (_, companion) in &g.companions {
            page.line(4, &format!("{}: {companion}", pick(lang, "goes with it", "付随する出力")));
        }
    }
}

fn tables(page: &mut Page, start: &Start, lang: Lang) {
    title(page, lang, "Tables", "表", start.tables.len());
    for table in &start.tables {
        let sheet = if table.sheet.is_empty() { String::new() } else { format!("!{}", table.sheet) };
        page.line(2, &format!("{}{sheet}  {}", table.origin, table.kind.title()));
        let used = match &table.unused {
            None if table.kind.lists_flows() => pick(
                lang,
                "read by the site, once all of its rows can be read",
                "構成情報として読み込む(全ての行を読み込めるまでの間は、台帳なしとして扱う)",
            )
            .to_owned(),
            None => pick(lang, "read by the site", "構成情報として読み込む").to_owned(),
            Some(why) => {
                format!("{}: {}", pick(lang, "not read by the site", "読み込まない"), why.text(lang))
            }
        };
        page.line(4, &used);
        if !table.struck.is_empty() {
            let rows: Vec<String> = table.struck.iter().map(u32::to_string).collect();
            let rows = rows.join(pick(lang, ", ", "、"));
            page.line(
                4,
                &match lang {
                    Lang::En => format!("rows struck through, not used for proposals: {rows}"),
                    Lang::Ja => {
                        format!("取り消し線の行(候補の推定に用いていない。撤去済みか確認する): {rows}行")
                    }
                },
            );
        }
    }
}

fn unassigned(page: &mut Page, start: &Start, lang: Lang) {
    title(page, lang, "Files that belong to nothing", "未割当ファイル", start.survey.rest.len());
    for (path, why) in &start.survey.rest {
        page.line(2, &format!("{path}  {}", why.text(lang)));
    }
}

fn next(page: &mut Page, start: &Start, site: &str, lang: Lang) {
    page.gap().ink(Ink::Strong, pick(lang, "What to do next", "次に行うこと")).end();
    let cells = start.cells();
    // A name with blanks, as a shell wants it.
    let blank = site.chars().any(char::is_whitespace);
    let site = if blank { format!("\"{site}\"") } else { site.to_owned() };
    let lines = match lang {
        Lang::En => [
            format!(
                "1. Open {FORM} and fill in {cells} yellow cells (sheets ゾーン, インターフェース, 無害化 and 設定のない機器): nothing counts without ○ under 確認"
            ),
            format!("2. bunri check {site}"),
            format!("3. bunri doctor {site}   (what to find out next)"),
            match &start.draft {
                Ok(rows) => format!(
                    "4. {DRAFT} lists {rows} flows over the border of the individual-number zone as proposed zones would have it; nothing in it is approved (again once zones are confirmed: bunri check {site} --draft-register FILE)"
                ),
                Err(why) => format!(
                    "4. bunri check {site} --draft-register {DRAFT}   (a draft of the register, once the zones are confirmed; none was made now: {})",
                    why.text(lang)
                ),
            },
            format!("This list is kept as {FOUND} in the site."),
        ],
        Lang::Ja => [
            format!(
                "1. 「{FORM}」の黄色のセル{cells}か所を記入する(シート「ゾーン」「インターフェース」「無害化」及び「設定のない機器」。確認欄が○でない行は事実として扱わない)"
            ),
            format!("2. bunri check {site}"),
            format!("3. bunri doctor {site}   (次に確認すべき事項)"),
            match &start.draft {
                Ok(rows) => format!(
                    "4. 「{DRAFT}」に、系の候補によりマイナンバー利用事務系の境界を越える通信{rows}件を記載した(未承認。系の確認後に作成し直す: bunri check {site} --draft-register ファイル)"
                ),
                Err(why) => format!(
                    "4. bunri check {site} --draft-register {DRAFT}   (系の確認後に、台帳の案を作成する。今回は作成していない: {})",
                    why.text(lang)
                ),
            },
            format!("この一覧は、サイトのフォルダに「{FOUND}」として保存した。"),
        ],
    };
    if let Some(why) = &start.unregistered {
        let why = why.text(lang);
        page.line(
            2,
            &match lang {
                Lang::En => format!(
                    "The register was handed in, but not all of it can be read, even if every proposal is right: {why}. Until then the register counts as none"
                ),
                Lang::Ja => format!(
                    "0. 提出された特定通信台帳に、系の候補のとおり確認した場合でも読み込めない箇所がある。訂正されるまで、台帳なしとして扱う: {why}"
                ),
            },
        );
    }
    for unit in &start.survey.units {
        if unit.generations.iter().skip(1).any(|g| same_day(unit, g)) {
            let (name, path) = (&unit.name, unit.chosen().map_or(String::new(), |c| c.path.to_string()));
            page.line(
                2,
                &match lang {
                    Lang::En => format!(
                        "Several files of `{name}` have the same date; `{path}` was taken by its name: please confirm"
                    ),
                    Lang::Ja => format!(
                        "要確認: 「{name}」には同じ日付の異なるファイルがあり、ファイル名により「{path}」を選択した"
                    ),
                },
            );
        }
    }
    for line in &lines {
        page.line(2, line);
    }
}
