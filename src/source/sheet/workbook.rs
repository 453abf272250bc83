//! An xlsx workbook: its parts, its sheets, its shared texts.

use std::collections::BTreeMap;

use super::styles::Styles;
use super::worksheet::{self, Shared};
use super::xml::{Node, walk};
use super::zip::Package;
use super::{Grid, Strike};
use crate::msg;
use crate::source::Msg;

/// Bytes that one workbook may unpack to.
const BUDGET: u64 = 64 << 20;

/// An open workbook.
pub struct Workbook<'b> {
    package: Package<'b>,
    sheets: Vec<Entry>,
    styles: Styles,
    shared: Vec<Shared>,
    since_1904: bool,
}

struct Entry {
    name: String,
    hidden: bool,
    part: Option<String>,
}

impl<'b> Workbook<'b> {
    /// Opens the bytes of an xlsx file.
    ///
    /// # Errors
    /// What it is instead, or what is damaged.
    pub fn open(bytes: &'b [u8]) -> Result<Self, Msg> {
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(msg!(
                "it is in the old .xls form, or protected by a password: save it as .xlsx without one",
                "旧形式(.xls)であるか、パスワードで保護されている。パスワードのない.xlsx形式で保存し直す"
            ));
        }
        let mut package = Package::open(bytes, BUDGET)?;
        let root = relations(&mut package, "_rels/.rels", "")?;
        let main = part_of_kind(&root, "/officeDocument").filter(|p| package.has(p));
        let main = main.ok_or_else(|| missing("officeDocument"))?;
        let folder = main.rsplit_once('/').map_or("", |(f, _)| f).to_owned();
        let file = main.rsplit('/').next().unwrap_or("");
        let rels = relations(&mut package, &format!("{folder}/_rels/{file}.rels"), &folder)?;
        let text = package.text(&main)?.ok_or_else(|| missing(&main))?;
        let mut book = Workbook {
            package,
            sheets: Vec::new(),
            styles: Styles::default(),
            shared: Vec::new(),
            since_1904: false,
        };
        book.contents(&text, &main, &rels)?;
        if let Some(part) = part_of_kind(&rels, "/styles")
            && let Some(text) = book.package.text(&part)?
        {
            book.styles = Styles::read(&text, &part)?;
        }
        if let Some(part) = part_of_kind(&rels, "/sharedStrings")
            && let Some(text) = book.package.text(&part)?
        {
            book.shared = shared(&text, &part)?;
        }
        Ok(book)
    }

    fn contents(&mut self, text: &str, part: &str, rels: &Relations) -> Result<(), Msg> {
        walk(text, part, &mut |node| {
            match node {
                Node::Open("workbookPr", a) => self.since_1904 = a.flag("date1904").unwrap_or(false),
                Node::Open("sheet", a) => self.sheets.push(Entry {
                    name: a.get("name").unwrap_or("").to_owned(),
                    hidden: a.get("state").is_some_and(|s| s != "visible"),
                    part: a.get("id").and_then(|id| rels.get(id)).map(|(_, target)| target.clone()),
                }),
                _ => {}
            }
            Ok(())
        })
    }

    /// Names of the sheets, hidden ones included, in the order of the tabs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sheets.iter().map(|s| s.name.as_str())
    }

    /// Names of the sheets that people see.
    pub fn visible(&self) -> impl Iterator<Item = &str> {
        self.sheets.iter().filter(|s| !s.hidden).map(|s| s.name.as_str())
    }

    /// The cells of a sheet; `None` if there is none of this name.
    ///
    /// # Errors
    /// What is damaged or too large.
    pub fn sheet(&mut self, name: &str) -> Result<Option<Grid>, Msg> {
        let Some(entry) = self.sheets.iter().find(|s| s.name == name) else { return Ok(None) };
        let part = entry.part.clone().ok_or_else(|| missing(name))?;
        let text = self.package.text(&part)?.ok_or_else(|| missing(&part))?;
        let mut grid = worksheet::read(&text, &part, &self.styles, &self.shared, self.since_1904)?;
        grid.name = entry.name.clone();
        grid.hidden = entry.hidden;
        Ok(Some(grid))
    }
}

fn missing(part: &str) -> Msg {
    msg!(
        "the part `{part}` is not in it: save it again as .xlsx",
        "内部に「{part}」がない。.xlsx形式で保存し直す"
    )
}

/// Kind and target of each relationship, by id.
type Relations = BTreeMap<String, (String, String)>;

fn relations(package: &mut Package<'_>, part: &str, folder: &str) -> Result<Relations, Msg> {
    let mut out = Relations::new();
    let Some(text) = package.text(part.trim_start_matches('/'))? else { return Ok(out) };
    walk(&text, part, &mut |node| {
        if let Node::Open("Relationship", a) = node
            && let (Some(id), Some(kind), Some(target)) = (a.get("Id"), a.get("Type"), a.get("Target"))
            && a.get("TargetMode") != Some("External")
        {
            out.insert(id.to_owned(), (kind.to_owned(), resolve(folder, target)));
        }
        Ok(())
    })?;
    Ok(out)
}

fn part_of_kind(relations: &Relations, kind: &str) -> Option<String> {
    relations.values().find(|(k, _)| k.ends_with(kind)).map(|(_, target)| target.clone())
}

/// A target beside its source, or from the root.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|p| !p.is_empty()).collect(),
    };
    for part in target.split('/').filter(|p| !p.is_empty() && *p != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn shared(text: &str, part: &str) -> Result<Vec<Shared>, Msg> {
    let mut out: Vec<Shared> = Vec::new();
    let mut rich = Rich::default();
    walk(text, part, &mut |node| {
        if let Node::Close("si") = node {
            out.push(std::mem::take(&mut rich).finish());
        } else {
            rich.step(&node);
        }
        Ok(())
    })?;
    Ok(out)
}

/// A text in runs (18.4.8 `si`, 18.3.1.53 `is`): readings left out, struck runs remembered.
#[derive(Default)]
pub(super) struct Rich {
    text: String,
    plain: bool,
    struck: bool,
    in_text: bool,
    in_reading: bool,
    run_struck: bool,
}

impl Rich {
    pub fn step(&mut self, node: &Node<'_>) {
        match node {
            Node::Open("rPh", _) => self.in_reading = true,
            Node::Close("rPh") => self.in_reading = false,
            Node::Open("r", _) => self.run_struck = false,
            Node::Close("r") => self.run_struck = false,
            Node::Open("strike", a) => self.run_struck = a.flag("val").unwrap_or(true),
            Node::Open("t", _) => self.in_text = true,
            Node::Close("t") => self.in_text = false,
            Node::Text(t) if self.in_text && !self.in_reading => {
                self.text.push_str(t);
                if !t.trim().is_empty() {
                    self.plain |= !self.run_struck;
                    self.struck |= self.run_struck;
                }
            }
            _ => {}
        }
    }

    pub fn finish(self) -> Shared {
        let strike = match (self.plain, self.struck) {
            (_, false) => Strike::None,
            (true, true) => Strike::Part,
            (false, true) => Strike::Whole,
        };
        Shared { text: unescape(&self.text), strike }
    }
}

/// `_x000D_` for characters that XML cannot hold (22.9.2.19).
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_x") {
        out.push_str(before);
        let code = after.get(..4).filter(|_| after.get(4..5) == Some("_"));
        match code.and_then(|c| u32::from_str_radix(c, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                rest = after.get(5..).unwrap_or("");
            }
            None => {
                out.push_str("_x");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
