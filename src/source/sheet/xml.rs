//! One walk over an XML part: names without prefixes, predefined entities only, no document types.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::msg;
use crate::source::Msg;

/// Deepest nesting of elements.
const DEPTH: usize = 64;

/// A step of the walk.
pub(super) enum Node<'n> {
    /// An element begins; its end follows, also for an empty one.
    Open(&'n str, &'n Attributes),
    /// An element ends.
    Close(&'n str),
    /// Text between two marks, entities resolved.
    Text(&'n str),
}

/// Attributes of an element, by local name.
#[derive(Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// A number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok()
    }
    /// An `xsd:boolean`, or `None` if it is not given.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|v| matches!(v.trim(), "1" | "true" | "on"))
    }
}

/// Walks over `text`; `part` is its name.
pub(super) fn walk(
    text: &str,
    part: &str,
    visit: &mut dyn FnMut(Node<'_>) -> Result<(), Msg>,
) -> Result<(), Msg> {
    let broken = || msg!("`{part}` inside it is damaged", "内部の「{part}」が破損している");
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| broken())? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if open.len() >= DEPTH {
                    return Err(broken());
                }
                visit(Node::Open(&name, &attributes(&start).ok_or_else(broken)?))?;
                open.push(name);
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                visit(Node::Open(&name, &attributes(&start).ok_or_else(broken)?))?;
                visit(Node::Close(&name))?;
            }
            Event::End(_) => {
                let name = open.pop().ok_or_else(broken)?;
                visit(Node::Close(&name))?;
            }
            Event::Text(t) => visit(Node::Text(&t.xml_content(XmlVersion::Implicit1_0)))?,
            Event::CData(t) => visit(Node::Text(&t.xml_content(XmlVersion::Implicit1_0)))?,
            Event::GeneralRef(reference) => {
                let one = reference.resolve_char_ref().map_err(|_| broken())?.or(match &*reference {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                });
                let one = one.ok_or_else(broken)?;
                visit(Node::Text(one.encode_utf8(&mut [0; 4])))?;
            }
            Event::DocType(_) => return Err(broken()),
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(broken()),
            _ => {}
        }
    }
}

fn attributes(start: &BytesStart<'_>) -> Option<Attributes> {
    let mut out = Attributes::default();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        out.0.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Some(out)
}
