//! `bunri init`: from a folder of exports and tables to a first site and the form to fill in.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::failure::Failure;
use super::files::{SiteFolder, shown};
use super::new_folder::{self, Contents};
use super::run::{Answer, Run};
use super::site;
use crate::checks::{self, Options};
use crate::intent;
use crate::model::same_port;
use crate::msg;
use crate::network::survey::{self, Origin, Survey};
use crate::network::table::TableKind;
use crate::network::{BuildError, FileSource, Site, TOPOLOGY, build, is_named};
use crate::report::draft_sheet;
use crate::report::init::{
    self, DRAFT, FORM, FOUND, Marks, Start, StartCable, StartDevice, StartTable, Suggested, TableDevice,
};
use crate::source::{Diagnostic, Lang, Msg, SitePath, narrow};
use crate::vendor::VENDORS;

pub(super) fn init(run: &mut Run, folder: &Path) -> Result<Answer, Failure> {
    let Some(output) = run.common.output.clone() else {
        return Err(msg!(
            "name a new folder for the site: `bunri init FOLDER -o SITE`",
            "サイトを作る新しいフォルダを指定する: `bunri init フォルダ -o サイト`"
        )
        .into());
    };
    let target = new_folder::target(&output, folder)?;
    let source = Folder { folder: SiteFolder::open(folder, run.limits)?, lang: run.common.lang };
    run.progress.stage(&msg!("looking at the folder", "フォルダを読み込み中"));
    let found = survey::survey(&source, VENDORS, &run.limits).map_err(|e| msg!("{e}", "{e}"))?;
    let name =
        folder.canonicalize().ok().and_then(|f| f.file_name().map(|n| n.to_string_lossy().into_owned()));
    let mut contents = Contents::new();
    let mut copies = Copies { source: &source, contents: &mut contents };
    let devices = devices(&found, &mut copies)?;
    if devices.iter().all(|d| d.spare) {
        return Err(nothing(&found, run.common.lang));
    }
    let tables = tables(&found, &mut copies)?;
    let name = name.unwrap_or_default();
    let by_table = by_table(&found);
    let cables = cables(&found, &devices);
    let mut start = Start {
        name,
        survey: found,
        devices,
        interfaces: Vec::new(),
        networks: Vec::new(),
        unread: Vec::new(),
        sanitizers: Vec::new(),
        tables,
        by_table,
        cables,
        suggested: Vec::new(),
        unregistered: None,
        marks: Marks::Open,
        draft: Err(msg!("not tried", "未試行")),
    };
    rows(run, &mut start, &source, &contents)?;
    finish(run, &mut start, &mut contents)?;
    draft(run, &mut start, &mut contents)?;
    let shown = shown(&target);
    let listed = format!("\u{FEFF}{}", init::plain(&start, &shown, run.common.lang));
    contents.insert(path(FOUND)?, listed.replace('\n', "\r\n").into_bytes());
    new_folder::write(&target, &contents)?;
    let report = init::json(&start, &shown, run.common.lang);
    Ok(Answer { text: run.render(&report, |style| init::text(&start, &shown, style)), code: 0 })
}

/// The folder that is looked at.
struct Folder {
    folder: SiteFolder,
    lang: Lang,
}

impl Folder {
    fn error(&self, (kind, why): (io::ErrorKind, Msg)) -> io::Error {
        io::Error::new(kind, why.text(self.lang).to_owned())
    }
}

impl FileSource for Folder {
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>> {
        self.folder.read(path).map_err(|e| self.error(e))
    }
    fn list(&self) -> io::Result<Vec<SitePath>> {
        self.folder.list().map_err(|e| self.error(e))
    }
}

fn path(text: &str) -> Result<SitePath, Msg> {
    SitePath::new(text).map_err(|e| msg!("`{text}`: {e}", "「{text}」: {e}"))
}

/// Nothing to start from: say what was there instead.
fn nothing(found: &Survey, lang: Lang) -> Failure {
    const MOST: usize = 10;
    let mut messages =
        vec![msg!("the folder holds no configuration that counts", "フォルダに、解析の対象とする設定がない")];
    let spare = found.units.iter().flat_map(|u| u.generations.iter().map(|g| (&g.path, &g.reason)));
    for (path, why) in spare.chain(found.rest.iter().map(|(p, w)| (p, w))).take(MOST) {
        let why = why.text(lang);
        messages.push(msg!("`{path}`: {why}", "「{path}」: {why}"));
    }
    Failure::from(messages)
}

/// Files of the folder as the site has them.
struct Copies<'c> {
    source: &'c Folder,
    contents: &'c mut Contents,
}

impl Copies<'_> {
    /// Copies a file below `folder` of the site, under its own name if that is free.
    fn copy(&mut self, from: &SitePath, folder: &str) -> Result<SitePath, Msg> {
        let last = from.as_str().rsplit('/').next().unwrap_or_default();
        let mut to = path(&format!("{folder}/{last}"))?;
        let bytes = self.source.read(from).map_err(|e| msg!("`{from}`: {e}", "「{from}」: {e}"))?;
        for n in 2..1_000 {
            match self.contents.get(&to) {
                Some(known) if *known != bytes => to = path(&format!("{folder}/{n}_{last}"))?,
                _ => break,
            }
        }
        self.contents.insert(to.clone(), bytes);
        Ok(to)
    }
}

/// A name as the name of a folder.
fn plain(name: &str) -> String {
    let clean = |c: char| if c.is_control() || "\\/:*?\"<>|".contains(c) { '_' } else { c };
    let text: String = name.chars().map(clean).collect();
    if text.trim_matches(['.', ' ']).is_empty() { "_".to_owned() } else { text }
}

fn devices(found: &Survey, copies: &mut Copies<'_>) -> Result<Vec<StartDevice>, Msg> {
    let mut out = Vec::new();
    for unit in found.units.iter().filter(|u| u.stands_by.is_none()) {
        let Some(chosen) = unit.chosen() else { continue };
        // Several files of one device have a folder of their own.
        let own = format!("configs/{}", plain(&unit.name));
        let folder = if chosen.companions.is_empty() { "configs" } else { own.as_str() };
        let mut companions = Vec::new();
        for (kind, path) in &chosen.companions {
            companions.push((*kind, copies.copy(path, folder)?));
        }
        let second = found.units.iter().find(|u| u.stands_by.as_ref() == Some(&unit.name));
        let standby = match second.and_then(|u| Some((u, u.chosen()?))) {
            Some((second, file)) => Some((second.name.clone(), copies.copy(&file.path, "configs")?)),
            None => None,
        };
        // A folder's date says when somebody filed it.
        let date = chosen.date.filter(|d| d.origin != Origin::Folder);
        out.push(StartDevice {
            name: unit.name.clone(),
            config: copies.copy(&chosen.path, folder)?,
            vendor: unit.vendor,
            collected: date.map(|d| d.at.date().to_string()),
            companions,
            standby,
            spare: false,
        });
    }
    // What is not in use is a device of the site if the town's list of devices has it, too.
    let listed = |name: &String| {
        let lists = found.tables.iter().filter(|t| t.kind == Some(TableKind::Devices));
        lists.flat_map(|t| &t.rows).any(|(_, cells)| cells.contains(name))
    };
    let spare = found.units.iter().filter(|u| u.stands_by.is_none() && u.chosen().is_none());
    for unit in spare.filter(|u| listed(&u.name)) {
        let Some(file) = unit.generations.first() else { continue };
        out.push(StartDevice {
            name: unit.name.clone(),
            config: copies.copy(&file.path, "configs/予備")?,
            vendor: unit.vendor,
            collected: None,
            companions: Vec::new(),
            standby: None,
            spare: true,
        });
    }
    Ok(out)
}

/// Cables of the town's own table whose two ends are devices of the site: what others are plugged in says the form.
fn cables(found: &Survey, devices: &[StartDevice]) -> Vec<StartCable> {
    let own = |name: &str| {
        devices.iter().any(|d| d.name == name || d.standby.as_ref().is_some_and(|s| s.0 == name))
    };
    let mut out: Vec<StartCable> = Vec::new();
    for table in found.tables.iter().filter(|t| t.kind == Some(TableKind::Cables)) {
        for (place, cells) in &table.rows {
            let cell = |key: &str| table.cell(cells, key);
            let ends = (cell("device"), cell("interface"), cell("to_device"), cell("to_port"));
            let (Some(device), Some(port), Some(far), Some(far_port)) = ends else { continue };
            let (from, to) = ((device, port), (far, far_port));
            let told = |c: &StartCable| (&c.from, &c.to) == (&to, &from) || (&c.from, &c.to) == (&from, &to);
            if own(&from.0) && own(&to.0) && !out.iter().any(told) {
                out.push(StartCable { place: place.clone(), from, to });
            }
        }
    }
    out
}

/// Devices of which only tables are there: a FWポリシー表, with the list of their interfaces.
fn by_table(found: &Survey) -> Vec<TableDevice> {
    let of = |kind| found.tables.iter().filter(move |t| t.kind == Some(kind));
    let mut out: Vec<TableDevice> = Vec::new();
    for table in of(TableKind::Interfaces) {
        let Some(name) = table.device.clone() else { continue };
        let rules = of(TableKind::Policies).any(|t| t.device.as_ref() == Some(&name));
        let field = TableKind::Interfaces.fields().iter().find(|f| f.key == "interface");
        let heading = |h: &String| field.is_some_and(|f| f.headings.contains(&narrow(h).as_str()));
        let Some(at) = table.headings.iter().position(heading).filter(|_| rules) else { continue };
        let cells = table.rows.iter().filter_map(|(_, cells)| cells.get(at)).map(|c| narrow(c));
        let interfaces: Vec<String> = cells.filter(|c| !c.is_empty()).collect();
        if !interfaces.is_empty() && out.iter().all(|d| d.name != name) {
            out.push(TableDevice { name, interfaces });
        }
    }
    out
}

fn tables(found: &Survey, copies: &mut Copies<'_>) -> Result<Vec<StartTable>, Msg> {
    let mut out = Vec::new();
    for table in &found.tables {
        let Some(kind) = table.kind else { continue };
        out.push(StartTable {
            kind,
            origin: table.path.clone(),
            path: copies.copy(&table.path, "tables")?,
            sheet: table.sheet.clone(),
            struck: table.struck.clone(),
            constant: table.constant.clone(),
            device: table.device.clone(),
            columns: table.columns.clone(),
            words: table.words.clone(),
            unused: Some(not_used(kind)),
        });
    }
    Ok(out)
}

/// Kinds whose rows the form has already, or that would say less than nobody said.
fn not_used(kind: TableKind) -> Msg {
    match kind {
        TableKind::Segments => msg!(
            "used for proposals only: the sheet インターフェース says what is connected where",
            "候補の推定にのみ用いた(接続先はシート「インターフェース」による)"
        ),
        TableKind::Cables => msg!(
            "the sheet インターフェース says what is connected where",
            "接続先はシート「インターフェース」による"
        ),
        _ => msg!("not tried", "未試行"),
    }
}

/// Builds a site from what is written so far.
fn built(run: &Run, start: &Start, contents: &Contents) -> Result<Site, (Msg, Option<BuildError>)> {
    let mut contents = contents.clone();
    let topology = path(TOPOLOGY).map_err(|e| (e, None))?;
    contents.insert(topology, init::topology(start).into_bytes());
    build(&contents, VENDORS, &run.limits).map_err(|e| match e {
        BuildError::NoTopology(why) => (why, None),
        BuildError::Malformed { sources, diagnostics } => {
            let why = told(&sources, &diagnostics);
            (why, Some(BuildError::Malformed { sources, diagnostics }))
        }
    })
}

/// The first mistake with its place, and how many more there are.
fn told(sources: &crate::source::Sources, all: &[Diagnostic]) -> Msg {
    let Some(first) = all.first() else { return msg!("unreadable", "読み込めない") };
    let file = sources.file(first.primary.file).map_or(String::new(), |f| f.path().to_string());
    let cell =
        sources.cell(first.primary).unwrap_or_else(|| sources.position(first.primary).line.to_string());
    let (en, ja) = (first.message.text(Lang::En), first.message.text(Lang::Ja));
    let more = all.len() - 1;
    match more {
        0 => msg!("{file}:{cell}: {en}", "{file}:{cell}: {ja}"),
        _ => msg!("{file}:{cell}: {en} (and {more} more)", "{file}:{cell}: {ja}(ほか{more}件)"),
    }
}

/// What somebody has to say: the interfaces that a site without any connection leaves open.
fn rows(run: &Run, start: &mut Start, source: &Folder, contents: &Contents) -> Result<(), Failure> {
    run.progress.stage(&msg!("reading the configurations", "設定を読み込み中"));
    let mut contents = contents.clone();
    contents.insert(path(FORM)?, form(start)?);
    let site = built(run, start, &contents).map_err(|e| failure(e, run.common.lang))?;
    start.suggested = suggested(&site, start);
    let seconds: BTreeSet<String> =
        start.devices.iter().filter_map(|d| d.standby.as_ref().map(|s| s.0.clone())).collect();
    start.interfaces = survey::interfaces(&site, &start.survey.tables, &seconds);
    start.networks = survey::networks(&start.survey.tables, &start.interfaces);
    // A file that the list names and that nobody can read: its addresses are worth a proposal.
    let text = |file: &str| {
        let named =
            |p: &&SitePath| !file.is_empty() && p.as_str().rsplit('/').next() == file.rsplit('/').next();
        let found = start.survey.rest.iter().map(|(p, _)| p).find(named)?;
        source.read(found).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let known = (start.interfaces.as_slice(), start.networks.as_slice());
    start.unread = survey::unread(&site, &start.survey.tables, known, &seconds, &text);
    start.sanitizers = survey::sanitizers(&site, &start.survey.tables);
    Ok(())
}

/// Why a table that stands for a configuration is not read yet.
fn of_device(start: &Start, at: usize) -> Msg {
    let device = start.tables.get(at).and_then(|t| t.device.as_ref());
    match device.filter(|d| start.by_table.iter().any(|t| t.name == **d)) {
        Some(name) => msg!(
            "it stands for the configuration of `{name}`: in topology.toml, write where its interfaces lead and take away the `#`",
            "「{name}」の設定に代わる表である。topology.toml の該当箇所に各インターフェースの接続先を記入し、行頭の「#」を外すと読み込む"
        ),
        None => msg!(
            "which device it is about is not known, or the list of its interfaces is missing: name the file or sheet after a device of the town's list",
            "いずれの機器の表か不明であるか、当該機器のインターフェース一覧がない(ファイル名又はシート名に機器一覧のホスト名を含める)"
        ),
    }
}

/// Cables that devices see between each other and that the town's table does not have.
fn suggested(site: &Site, start: &Start) -> Vec<Suggested> {
    let devices = start.devices.iter().filter(|d| !d.spare);
    let names: Vec<&String> =
        devices.flat_map(|d| [Some(&d.name), d.standby.as_ref().map(|s| &s.0)]).flatten().collect();
    let mut out: Vec<Suggested> = Vec::new();
    for (device, seen) in &site.fabric.seen {
        let mut far = names.iter().filter(|n| is_named(&seen.device, n));
        let (Some(to), None) = (far.next(), far.next()) else { continue };
        let from = (device.clone(), seen.port.value.clone());
        let same = |a: &(String, String), b: &(String, String)| a.0 == b.0 && same_port(&a.1, &b.1);
        let told = |c: &StartCable| same(&c.from, &from) || same(&c.to, &from);
        let port = seen.far_port.clone().unwrap_or_default();
        let back = ((*to).clone(), port.clone());
        let twice = |s: &Suggested| same(&s.from, &from) || same(&s.from, &back);
        if !names.contains(&device) || start.cables.iter().any(told) || out.iter().any(twice) {
            continue;
        }
        let at = site.sources.position(seen.port.span);
        let file = site.sources.file(seen.port.span.file).map_or_else(String::new, |f| f.path().to_string());
        let place = format!("{file}:{} 対向機器「{}」", at.line, seen.device);
        out.push(Suggested { from, to: (*to).clone(), port, place });
    }
    out
}

/// What would pass the border of the individual-number zone if every proposed zone were right, as a register that
/// approves nothing.
fn draft(run: &Run, start: &mut Start, contents: &mut Contents) -> Result<(), Failure> {
    run.progress.stage(&msg!("drafting the register", "台帳の案を作成中"));
    start.marks = Marks::Assumed;
    let assumed = form(start);
    start.marks = Marks::Open;
    let mut trial = contents.clone();
    trial.insert(path(FORM)?, assumed?);
    start.draft = match built(run, start, &trial) {
        Err((why, _)) => Err(why),
        Ok(site) => {
            let pending = intent::register::pending(&site);
            start.unregistered = (!pending.is_empty()).then(|| told(&site.sources, &pending));
            let options = Options { limits: run.limits, today: Some(run.common.today), shared: None };
            match checks::border(&site, &options) {
                Err(error) => Err(msg!("{error}", "{error}")),
                Ok(found) => {
                    let rows = draft_sheet::draft_rows(&[found], &site);
                    let flows = rows.len().saturating_sub(1);
                    if flows > 0 {
                        let book = draft_sheet::workbook(&rows, &start.name, draft_sheet::PROPOSED_NOTE);
                        let book = book.map_err(|e| {
                            msg!("the draft could not be made: {e}", "台帳の案を作成できない: {e}")
                        })?;
                        contents.insert(path(DRAFT)?, book);
                        Ok(flows)
                    } else {
                        Err(msg!(
                            "as the proposals stand, nothing certainly passes beyond the register",
                            "系の候補による限り、台帳に記載のない通信で確実に許可されるものがない"
                        ))
                    }
                }
            }
        }
    };
    Ok(())
}

fn failure((why, error): (Msg, Option<BuildError>), lang: Lang) -> Failure {
    match error {
        Some(BuildError::Malformed { sources, diagnostics }) => site::malformed(&sources, &diagnostics, lang),
        _ => why.into(),
    }
}

fn form(start: &Start) -> Result<Vec<u8>, Msg> {
    init::form(start).map_err(|e| msg!("the form could not be made: {e}", "入力票を作成できない: {e}"))
}

/// Adds the form and the topology. A table of the folder is read by the site if the site can be read with it.
fn finish(run: &Run, start: &mut Start, contents: &mut Contents) -> Result<(), Failure> {
    contents.insert(path(FORM)?, form(start)?);
    let mut seen: BTreeMap<TableKind, usize> = BTreeMap::new();
    // What others refer to comes first.
    const ORDER: [TableKind; 4] =
        [TableKind::Declarations, TableKind::Devices, TableKind::Hosts, TableKind::Lines];
    let rank = |kind: TableKind| ORDER.iter().position(|k| *k == kind).unwrap_or(ORDER.len());
    let mut order: Vec<usize> = (0..start.tables.len()).collect();
    order.sort_by_key(|at| start.tables.get(*at).map(|t| rank(t.kind)));
    for at in order {
        let Some(kind) = start.tables.get(at).map(|t| t.kind) else { continue };
        if matches!(kind, TableKind::Segments | TableKind::Cables) {
            continue;
        }
        if kind.of_device() {
            set(start, at, Some(of_device(start, at)));
            continue;
        }
        *seen.entry(kind).or_default() += 1;
        set(start, at, None);
        let why = match built(run, start, contents) {
            Err((why, _)) => Some(why),
            Ok(site) => intent::register::read_or_wait(&site).err().map(|list| told(&site.sources, &list)),
        };
        set(start, at, why);
    }
    built(run, start, contents).map_err(|e| failure(e, run.common.lang))?;
    contents.insert(path(TOPOLOGY)?, init::topology(start).into_bytes());
    Ok(())
}

fn set(start: &mut Start, at: usize, unused: Option<Msg>) {
    if let Some(table) = start.tables.get_mut(at) {
        table.unused = unused;
    }
}
