//! What a masked copy holds, for a person and for a script.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::SCHEMA_VERSION;
use super::page::{Ink, Page};
use super::text::Style;
use super::words::pick;
use crate::source::{Lang, Msg, SitePath};

/// A file of the folder, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its path inside the folder.
    pub path: SitePath,
    /// Secrets taken out; `None`: the file is not in the copy.
    pub secrets: Option<usize>,
    /// Why it is not in the copy.
    pub reason: Option<Msg>,
}

/// A masked copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Every file of the folder, by name.
    pub files: Vec<Copied>,
    /// Lines (`file:line`) with a word such as `password` in which nothing was taken out.
    pub suspicious: Vec<String>,
    /// More than were kept.
    pub suspicious_truncated: bool,
    /// Workbooks, which are copied whole.
    pub workbooks: Vec<SitePath>,
    /// Checks of the site that were compared with those of its copy; `None` if the folder is no site.
    pub compared: Option<usize>,
    /// The checks whose answers differ, as `M-1 (scope)`.
    pub different: Vec<String>,
}

/// The answer of `bunri mask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MaskReport {
    /// Always 1.
    pub schema_version: u32,
    /// Files in the copy.
    pub copied: Vec<MaskedFile>,
    /// Files that are not in the copy.
    pub left_out: Vec<LeftOut>,
    /// Lines (`file:line`) to look at before the copy is handed on: a word such as `password` stands there, and
    /// nothing was taken out.
    pub suspicious: Vec<String>,
    /// Whether `suspicious` is cut.
    pub suspicious_truncated: bool,
    /// Workbooks, which are copied whole: sheets and columns that nobody read may hold anything.
    pub workbooks: Vec<String>,
    /// Checks whose answers were compared between the site and its copy; null if the folder is no site.
    pub compared: Option<usize>,
    /// Checks whose answers differ.
    pub different: Vec<String>,
}

/// A file in the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MaskedFile {
    /// Path inside the folder.
    pub file: String,
    /// Secrets taken out of it.
    pub secrets: usize,
}

/// A file that is not in the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Path inside the folder.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// The copy in its JSON form.
pub fn json(copy: &Copy, lang: Lang) -> MaskReport {
    let masked = |f: &Copied| f.secrets.map(|secrets| MaskedFile { file: f.path.to_string(), secrets });
    let left = copy.files.iter().filter(|f| f.secrets.is_none());
    let reason = |f: &Copied| f.reason.as_ref().map(|r| r.text(lang).to_owned()).unwrap_or_default();
    MaskReport {
        schema_version: SCHEMA_VERSION,
        copied: copy.files.iter().filter_map(masked).collect(),
        left_out: left.map(|f| LeftOut { file: f.path.to_string(), reason: reason(f) }).collect(),
        suspicious: copy.suspicious.clone(),
        suspicious_truncated: copy.suspicious_truncated,
        workbooks: copy.workbooks.iter().map(ToString::to_string).collect(),
        compared: copy.compared,
        different: copy.different.clone(),
    }
}

/// The copy as text for a person.
pub fn text(copy: &Copy, folder: &str, style: Style) -> String {
    let (mut page, lang) = (Page::new(style.colour), style.lang);
    let title = pick(lang, "Copy without passwords and keys", "パスワード及び鍵を取り除いた複製");
    page.ink(Ink::Strong, title).put(&format!("  {folder}")).end();
    for file in &copy.files {
        if let Some(secrets) = file.secrets {
            let words = match lang {
                Lang::En => format!("{}  {secrets} taken out", file.path),
                Lang::Ja => format!("{}  取り除いた箇所 {secrets}", file.path),
            };
            page.line(1, &words);
        }
    }
    let left: Vec<&Copied> = copy.files.iter().filter(|f| f.secrets.is_none()).collect();
    if !left.is_empty() {
        page.gap().line(0, pick(lang, "Not in the copy:", "複製に含めなかったファイル:"));
        for file in left {
            let reason = file.reason.as_ref().map_or("", |r| r.text(lang));
            page.line(1, &format!("{}  {reason}", file.path));
        }
    }
    suspicious(&mut page, copy, lang);
    workbooks(&mut page, copy, lang);
    compared(&mut page, copy, lang);
    let last = pick(
        lang,
        "Addresses, host names, comments and the topology are as they were.",
        "アドレス、ホスト名、コメント及び構成情報は元のままである。",
    );
    page.gap().line(0, last);
    page.finish()
}

fn suspicious(page: &mut Page, copy: &Copy, lang: Lang) {
    if copy.suspicious.is_empty() {
        return;
    }
    let words = pick(
        lang,
        "Look at these lines before you hand the copy on (a word such as `password` stands there, and nothing was taken out):",
        "引き渡す前に次の行を確認する(パスワード等を表す語があるが、何も取り除いていない行):",
    );
    page.gap().line(0, words);
    copy.suspicious.iter().for_each(|place| {
        page.line(1, place);
    });
    if copy.suspicious_truncated {
        page.line(1, pick(lang, "… and more", "…ほかにもある"));
    }
}

fn workbooks(page: &mut Page, copy: &Copy, lang: Lang) {
    if copy.workbooks.is_empty() {
        return;
    }
    let words = pick(
        lang,
        "Workbooks are copied whole: look through every sheet before you hand the copy on.",
        "Excelファイルはそのまま複製した。引き渡す前に全てのシートを確認する。",
    );
    page.gap().line(0, words);
    copy.workbooks.iter().for_each(|path| {
        page.line(1, &path.to_string());
    });
}

fn compared(page: &mut Page, copy: &Copy, lang: Lang) {
    let Some(count) = copy.compared else { return };
    page.gap();
    if copy.different.is_empty() {
        let words = match lang {
            Lang::En => format!("Site and copy were both checked: {count} answers, all alike."),
            Lang::Ja => format!("元のサイトと複製の両方を解析した。{count}項目の判定は全て一致した。"),
        };
        page.line(0, &words);
        return;
    }
    let words = pick(
        lang,
        "The copy is judged differently, for want of the files left out:",
        "含めなかったファイルがあるため、複製では次の項目の判定が異なる:",
    );
    page.line(0, words);
    copy.different.iter().for_each(|item| {
        page.line(1, item);
    });
}
