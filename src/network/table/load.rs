//! From the tables that a topology names to their rows: files opened, sheets chosen, keys checked.

use std::collections::BTreeMap;

use super::read::{Wanted, read, unknown_key};
use super::rows::Rows;
use super::{OtherSheet, Table, folded, other_sheets, single};
use crate::msg;
use crate::network::build::{FileSource, unreadable, unusable};
use crate::network::form::{At, listed};
use crate::network::topology::{TableForm, Topology};
use crate::source::sheet::{Sheet, Workbook, csv};
use crate::source::{Code, Diagnostic, FileId, Limits, Msg, SitePath, Sources, Span, narrow};

/// What the tables of a topology say.
pub(in crate::network) struct Loaded {
    /// The tables.
    pub tables: Vec<Table>,
    /// Sheets beside them that nothing reads.
    pub others: Vec<OtherSheet>,
    /// What is to be told of those, and of what somebody set aside.
    pub notes: Vec<Diagnostic>,
}

/// Reads every table that `topology` names and adds its rows to `topology`, as if they had been written there. Rows of
/// registers are only kept: they name things that the whole topology defines.
///
/// # Errors
/// Every mistake, table by table.
pub(in crate::network) fn load(
    topology: &mut Topology,
    file: FileId,
    files: &dyn FileSource,
    sources: &mut Sources,
    limits: &Limits,
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut loader =
        Loader { file, files, sources, limits, opened: BTreeMap::new(), sheets: BTreeMap::new() };
    let mut tables = Vec::new();
    let mut errors = Vec::new();
    for form in &topology.table {
        match loader.table(form) {
            Ok(table) => tables.push(table),
            // What stands for a configuration is missing like one: its device may do anything.
            Err(found) if form.kind.value.stands_for_configuration() && found.iter().all(unread) => {
                tables.push(unusable_table(form, file, &found));
            }
            // Nor does a register that is still being put in order stop what needs none.
            Err(found) if form.provisional && form.kind.value.lists_flows() => {
                let path = SitePath::new(&form.file.value).ok();
                let opened = path.and_then(|p| loader.opened.get(&p)).map(|o| o.0);
                tables.push(Table { file: opened.unwrap_or(file), ..unusable_table(form, file, &found) });
            }
            Err(found) => errors.extend(found),
        }
    }
    let (mut others, mut notes) = (Vec::new(), Vec::new());
    match other_sheets::others(&mut loader, topology) {
        Ok(found) => (others, notes) = found,
        Err(found) => errors.extend(found),
    }
    // What other tables say is needed to read rows of one: half of them would only cause complaints that follow.
    if errors.is_empty() {
        let mut rows = Rows::new(topology, file);
        tables.iter_mut().for_each(|t| rows.table(t, sources));
        let (found, notes) = rows.finish();
        errors = found;
        for (span, note) in notes {
            let of = tables.iter_mut().find(|t| t.file == span.file);
            of.into_iter().for_each(|t| t.notes.push((span, note.clone())));
        }
        errors.extend(tables.iter().filter_map(|t| stranger(topology, t)));
    }
    errors.truncate(limits.diagnostics.max(1));
    if errors.is_empty() { Ok(Loaded { tables, others, notes }) } else { Err(errors) }
}

/// A table about a device that is none, or whose configuration it does not stand for: then nobody would read it.
fn stranger(topology: &Topology, table: &Table) -> Option<Diagnostic> {
    let named = table.device.as_ref()?;
    let name = &named.value;
    let found = topology.device.iter().find(|d| d.name.value == *name);
    let (code, message, help) = match found {
        None => {
            let (en, ja) = listed(topology.device.iter().map(|d| d.name.value.as_str()));
            (
                Code::UnknownId,
                msg!("nothing defines the device `{name}`", "機器「{name}」が定義されていない"),
                msg!("write one of {en}", "{ja}のいずれかを記載する"),
            )
        }
        Some(d) if d.config.as_ref().is_some_and(|c| c.value == "table") => return None,
        Some(_) => (
            Code::Contradiction,
            msg!(
                "the table stands for the configuration of `{name}`, which has another one",
                "「{name}」には別に設定が記載されており、この表は使用されない"
            ),
            msg!(
                "write `config = \"table\"`, or remove the table",
                "`config = \"table\"` とするか、この表を削除する"
            ),
        ),
    };
    Some(Diagnostic::new(code, named.span, message).with_help(help))
}

/// Whether a mistake is one of the table itself, not of how the topology names it.
fn unread(found: &Diagnostic) -> bool {
    matches!(found.code, Code::UnreadableTable | Code::MissingColumn)
}

fn unusable_table(form: &TableForm, topology: FileId, found: &[Diagnostic]) -> Table {
    let span = form.file.span(topology);
    let why = found.first().map(|d| (d.primary, d.message.clone()));
    Table {
        kind: form.kind.value,
        file: topology,
        named: span,
        header_row: 0,
        columns: Vec::new(),
        constants: Vec::new(),
        unread: Vec::new(),
        rows: Vec::new(),
        retired: Vec::new(),
        notes: Vec::new(),
        device: form.device.as_ref().map(|d| d.spanned(topology)),
        troubles: found.to_vec(),
        unusable: why.or_else(|| Some((span, msg!("the table was not read", "表を読み取れない")))),
        provisional: form.provisional,
    }
}

/// A file's name in the store, and its bytes if it is a workbook.
type Opened = (FileId, Option<Vec<u8>>);

/// What was opened so far.
pub(super) struct Loader<'l> {
    /// The topology.
    pub file: FileId,
    files: &'l dyn FileSource,
    pub sources: &'l mut Sources,
    pub limits: &'l Limits,
    pub opened: BTreeMap<SitePath, Opened>,
    sheets: BTreeMap<(SitePath, String), Sheet>,
}

impl Loader<'_> {
    /// Whether a table reads this sheet of the workbook `book`.
    pub fn read_sheet(&self, book: FileId, name: &str) -> bool {
        let of = |s: &Sheet| self.sources.file(s.file).and_then(|f| f.part_of()) == Some(book);
        self.sheets.values().any(|s| s.grid.name == name && of(s))
    }

    fn table(&mut self, form: &TableForm) -> Result<Table, Vec<Diagnostic>> {
        let span = form.file.span(self.file);
        self.named_device(form, span)?;
        if form.provisional && !form.kind.value.lists_flows() {
            let message = msg!(
                "only a register can be provisional",
                "`provisional` は特定通信台帳及び通信要件一覧にのみ記載できる"
            );
            let help = msg!("remove `provisional`", "`provisional` を削除する");
            return Err(vec![Diagnostic::new(Code::InvalidValue, span, message).with_help(help)]);
        }
        let sheet = self.sheet(form).map_err(|(at, why)| {
            let help = msg!(
                "name a workbook (.xlsx) or a CSV file of the site folder",
                "サイトのフォルダにあるExcelブック(.xlsx)又はCSVファイルを記載する"
            );
            vec![Diagnostic::new(Code::UnreadableTable, at, why).with_help(help)]
        })?;
        let kind = form.kind.value;
        let at = |key: &At<String>| key.span(self.file);
        let keys = form.columns.keys().chain(form.constants.keys());
        let wrong: Vec<Diagnostic> = keys.filter_map(|k| unknown_key(kind, &k.value, at(k))).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let topology = self.file;
        let pairs = |map: &BTreeMap<At<String>, At<String>>| {
            map.iter().map(|(k, v)| (k.value.clone(), v.spanned(topology))).collect::<BTreeMap<_, _>>()
        };
        let wanted = Wanted {
            kind,
            named: span,
            header_row: form.header_row.as_ref().map(|r| r.spanned(self.file)),
            last_row: form.last_row,
            columns: pairs(&form.columns),
            constants: pairs(&form.constants),
            words: form.words.iter().map(|(k, v)| (folded(&k.value), v.value.clone())).collect(),
            remarks: form.remarks.iter().map(|r| folded(r)).collect(),
            device: form.device.as_ref().map(|d| d.spanned(topology)),
            provisional: form.provisional,
        };
        read(self.sources, &sheet, &wanted)
    }

    /// Tables about one device name it, and no others do.
    fn named_device(&self, form: &TableForm, span: Span) -> Result<(), Vec<Diagnostic>> {
        let word = form.kind.value.word();
        let (at, message, help) = match (&form.device, form.kind.value.of_device()) {
            (None, true) => (
                span,
                msg!(
                    "a table of kind `{word}` is about one device",
                    "種類「{word}」の表には対象の機器が必要である"
                ),
                msg!("add `device = \"…\"`", "`device = \"…\"` を追記する"),
            ),
            (Some(device), false) => (
                device.span(self.file),
                msg!(
                    "a table of kind `{word}` is about no single device",
                    "種類「{word}」の表に対象の機器は記載できない"
                ),
                msg!("remove `device`", "`device` を削除する"),
            ),
            _ => return Ok(()),
        };
        Err(vec![Diagnostic::new(Code::InvalidValue, at, message).with_help(help)])
    }

    fn sheet(&mut self, form: &TableForm) -> Result<Sheet, (Span, Msg)> {
        let span = form.file.span(self.file);
        let path = SitePath::new(&form.file.value).map_err(|_| {
            let text = &form.file.value;
            (
                span,
                msg!(
                    "`{text}` is not a path inside the site folder",
                    "「{text}」はサイトのフォルダ内のパスではない"
                ),
            )
        })?;
        let name = form.sheet.as_ref();
        let key = (path.clone(), name.map_or_else(String::new, |n| narrow(&n.value)));
        if let Some(known) = self.sheets.get(&key) {
            return Ok(known.clone());
        }
        self.open(&path).map_err(|why| (span, why))?;
        let (id, book) = self.opened.get(&path).ok_or_else(|| (span, msg!("unread", "未読")))?;
        let id = *id;
        let sheet = match book {
            Some(bytes) => {
                let at = name.map_or(span, |n| n.span(self.file));
                let mut book = Workbook::open(bytes).map_err(|why| (span, titled(&path, &why)))?;
                let entry = single::written_as(form, self.file);
                let chosen = choose(&book, name.map(|n| n.value.as_str()), entry)
                    .map_err(|why| (at, titled(&path, &why)))?;
                // The same sheet by another spelling, or the only one named and not named.
                if let Some(known) = self.sheets.values().find(|s| {
                    s.grid.name == chosen && self.sources.file(s.file).and_then(|f| f.part_of()) == Some(id)
                }) {
                    known.clone()
                } else {
                    let grid =
                        book.sheet(&chosen).map_err(|why| (at, titled(&path, &why)))?.unwrap_or_default();
                    self.sources.add_sheet(id, grid, self.limits).map_err(|e| (at, unusable(&e)))?
                }
            }
            None => self.csv(id, &path).map_err(|why| (span, titled(&path, &why)))?,
        };
        if book_needed(&sheet, name.is_some()) {
            let at = name.map_or(span, |n| n.span(self.file));
            return Err((
                at,
                msg!("a CSV file has no sheets", "CSVファイルにシートはない。`sheet` を削除する"),
            ));
        }
        self.sheets.insert(key, sheet.clone());
        Ok(sheet)
    }

    fn open(&mut self, path: &SitePath) -> Result<(), Msg> {
        if self.opened.contains_key(path) {
            return Ok(());
        }
        let bytes = self.files.read(path).map_err(|e| unreadable(path, &e))?;
        let name = path.as_str().to_lowercase();
        let book = bytes.starts_with(b"PK")
            || bytes.starts_with(b"\xD0\xCF")
            || name.ends_with(".xlsx")
            || name.ends_with(".xlsm");
        let opened = match book {
            true => {
                let id =
                    self.sources.add_binary(path.clone(), &bytes, self.limits).map_err(|e| unusable(&e))?;
                (id, Some(bytes))
            }
            false => (self.sources.add(path.clone(), &bytes, self.limits).map_err(|e| unusable(&e))?, None),
        };
        self.opened.insert(path.clone(), opened);
        Ok(())
    }

    fn csv(&mut self, id: FileId, path: &SitePath) -> Result<Sheet, Msg> {
        if self.sources.file(id).is_none_or(|f| f.lossy()) {
            return Err(msg!(
                "`{path}` holds bytes that are no text: save it again as CSV UTF-8",
                "「{path}」に文字として解釈できない部分がある。「CSV UTF-8」形式で保存し直す"
            ));
        }
        let (grid, slots) = csv(self.sources.parse_text(id))?;
        self.sources.place_cells(id, slots);
        Ok(Sheet { file: id, grid })
    }
}

fn book_needed(sheet: &Sheet, named: bool) -> bool {
    named && sheet.grid.name.is_empty()
}

fn titled(path: &SitePath, why: &Msg) -> Msg {
    use crate::source::Lang;
    let (en, ja) = (why.text(Lang::En), why.text(Lang::Ja));
    msg!("`{path}`: {en}", "「{path}」: {ja}")
}

/// The sheet that is meant: by name, or the only one that people see. `entry` is where to name it, if not beside the
/// file itself.
fn choose(book: &Workbook<'_>, name: Option<&str>, entry: Option<String>) -> Result<String, Msg> {
    let (en, ja) = listed(book.names());
    match name {
        Some(name) => {
            let fits = |n: &&str| narrow(n) == narrow(name);
            match book.names().filter(fits).collect::<Vec<_>>().as_slice() {
                [only] => Ok((*only).to_owned()),
                _ => Err(msg!("it has no sheet `{name}`, but {en}", "シート「{name}」がない(あるのは{ja})")),
            }
        }
        None => match (book.visible().collect::<Vec<_>>().as_slice(), entry) {
            ([only], _) => Ok((*only).to_owned()),
            (_, Some(entry)) => Err(msg!(
                "it has several sheets ({en}): name the one of policies by writing `config = \"table\"` for this device, without `vendor`, and {entry}, `sheet = \"…\"`",
                "シートが複数ある({ja})。ポリシーのシートを特定するため、この機器は `vendor` を削除して `config = \"table\"` とし、{entry}、`sheet = \"…\"` を追記する"
            )),
            (_, None) => Err(msg!(
                "it has several sheets: name one by `sheet = \"…\"` ({en})",
                "シートが複数ある。`sheet = \"…\"` によりいずれかを記載する({ja})"
            )),
        },
    }
}
