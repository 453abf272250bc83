//! Styles of a workbook: which cells are struck through, and what their numbers show.

use std::collections::BTreeMap;

use super::number::Display;
use super::xml::{Attributes, Node, walk};
use crate::source::Msg;

/// What is known of styles.
#[derive(Debug, Default)]
pub(super) struct Styles {
    fonts: Vec<bool>,
    formats: Vec<(usize, u32)>,
    custom: BTreeMap<u32, Display>,
    differences: Vec<bool>,
}

impl Styles {
    /// Reads `styles.xml`.
    pub fn read(text: &str, part: &str) -> Result<Styles, Msg> {
        let mut styles = Styles::default();
        let mut open: Vec<String> = Vec::new();
        walk(text, part, &mut |node| {
            match node {
                Node::Open(name, attributes) => {
                    let path: Vec<&str> = open.iter().skip(1).map(String::as_str).collect();
                    styles.element(&path, name, attributes);
                    open.push(name.to_owned());
                }
                Node::Close(_) => drop(open.pop()),
                Node::Text(_) => {}
            }
            Ok(())
        })?;
        Ok(styles)
    }

    fn element(&mut self, path: &[&str], name: &str, attributes: &Attributes) {
        match (path, name) {
            (["fonts"], "font") => self.fonts.push(false),
            (["fonts", "font"], "strike") => set_last(&mut self.fonts, attributes),
            (["cellXfs"], "xf") => {
                let font = attributes.number("fontId").unwrap_or(0) as usize;
                self.formats.push((font, attributes.number("numFmtId").unwrap_or(0)));
            }
            (["numFmts"], "numFmt") => {
                let id = attributes.number("numFmtId");
                let code = attributes.get("formatCode").unwrap_or("");
                self.custom.extend(id.map(|id| (id, Display::custom(code))));
            }
            (["dxfs"], "dxf") => self.differences.push(false),
            (["dxfs", "dxf", "font"], "strike") => set_last(&mut self.differences, attributes),
            _ => {}
        }
    }

    /// Whether a style strikes through.
    pub fn strikes(&self, style: u32) -> bool {
        let font = self.formats.get(style as usize).map_or(0, |f| f.0);
        self.fonts.get(font).copied().unwrap_or(false)
    }

    /// What numbers of a style show.
    pub fn display(&self, style: u32) -> Display {
        let id = self.formats.get(style as usize).map_or(0, |f| f.1);
        self.custom.get(&id).copied().unwrap_or_else(|| Display::built_in(id))
    }

    /// Whether a conditional format strikes through.
    pub fn difference_strikes(&self, difference: u32) -> bool {
        self.differences.get(difference as usize).copied().unwrap_or(false)
    }
}

fn set_last(marks: &mut [bool], attributes: &Attributes) {
    if let Some(last) = marks.last_mut() {
        *last = attributes.flag("val").unwrap_or(true);
    }
}
