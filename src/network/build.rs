//! From a site folder to a [`Site`]: files in, devices read, bound, joined.

use std::io;

use super::beside::{Folder, unused};
use super::bind::{self, Chassis};
use super::contract;
use super::fabric::{self, Yarn};
use super::form;
use super::graph;
use super::plan::{BoxPlan, Config, Plan, plan};
use super::policy;
use super::site::{Cluster, DeviceId, DeviceStatus, Segment, SegmentId, Site, SiteDevice};
use super::table;
use super::topology::Topology;
use super::{Relay, facts, members, own_rows, waiting};
use crate::msg;
use crate::source::{
    AddError, Code, Diagnostic, FileId, Limits, LineMap, Msg, SitePath, Sources, Span, Spanned,
};
use crate::vendor::{Companion, Confidence, Reading, Vendor, VendorInput};

/// The name of the topology file in a site folder.
pub const TOPOLOGY: &str = "topology.toml";

/// The files of a site folder. Only the caller does input and output.
pub trait FileSource {
    /// The bytes of a file.
    ///
    /// # Errors
    /// As the operating system says; `NotFound` has its own message.
    fn read(&self, path: &SitePath) -> io::Result<Vec<u8>>;
    /// Every file below the folder, in any order.
    ///
    /// # Errors
    /// As the operating system says.
    fn list(&self) -> io::Result<Vec<SitePath>>;
}

/// Why there is no site.
#[derive(Debug)]
pub enum BuildError {
    /// There is no topology file, or it cannot be read.
    NoTopology(Msg),
    /// The topology is malformed.
    Malformed {
        /// What was read so far.
        sources: Box<Sources>,
        /// What is wrong, in file order; at least one of severity error.
        diagnostics: Vec<Diagnostic>,
    },
}

/// Reads the site whose files `files` gives. Devices are read by the first of `vendors` that is surest.
///
/// Configurations that cannot be read do not stop this: such a device may do anything.
///
/// # Errors
/// Only for the topology itself.
pub fn build(files: &dyn FileSource, vendors: &[&dyn Vendor], limits: &Limits) -> Result<Site, BuildError> {
    let mut sources = Sources::new();
    let topology = read_topology(files, &mut sources, limits).map_err(BuildError::NoTopology)?;
    let ids: Vec<&str> = vendors.iter().map(|v| v.id()).chain([table::VENDOR]).collect();
    let parsed = form::read::<Topology>(&sources, topology).and_then(|mut form| {
        table::write_out(&mut form, topology);
        form.tables_in_order();
        let loaded = table::load(&mut form, topology, files, &mut sources, limits)?;
        form.in_order();
        Ok((plan(&form, topology, &ids)?, loaded))
    });
    let mut plan = match parsed {
        Ok((mut plan, loaded)) => {
            let table::Loaded { tables, others, notes } = loaded;
            plan.paths.extend(tables.iter().filter_map(|t| whole_file(&sources, t.file)));
            plan.records.tables = tables;
            plan.records.other_sheets = others;
            plan.notes.extend(notes);
            plan
        }
        Err(mut diagnostics) => {
            diagnostics.truncate(limits.diagnostics.max(1));
            return Err(BuildError::Malformed { sources: Box::new(sources), diagnostics });
        }
    };
    let diagnostics = std::mem::take(&mut plan.notes);
    let mut reader = Reader { files, vendors, limits, sources, topology, lines: LineMap::new(), diagnostics };
    let mut read: Vec<(Chassis, Vec<Diagnostic>)> = Vec::new();
    for planned in &plan.boxes {
        let before = reader.diagnostics.len();
        let chassis = reader.read_box(planned, &plan);
        read.push((chassis, reader.diagnostics.split_off(before)));
    }
    let clusters = members::pair(&mut plan, &mut read, &reader.folder(), &reader.sources);
    let (read, notes): (Vec<Chassis>, Vec<Vec<Diagnostic>>) = read.into_iter().unzip();
    reader.diagnostics.extend(notes.into_iter().flatten());
    let registers = reader.registers(&plan)?;
    let pack = reader.pack(&plan)?;
    reader.unassigned(&mut plan);
    assemble(plan, read, (registers, pack, clusters), reader)
}

/// A device of whose configuration nothing is there, and of which nobody said what it does.
fn undeclared(plan: &BoxPlan, span: Span) -> (Msg, Msg) {
    let name = &plan.name.value;
    // Only the device list names it.
    if span == plan.name.span {
        return (
            msg!(
                "`{name}` is on the device list, and neither its configuration nor a `contract` was handed in",
                "機器一覧の「{name}」について設定又は申告が未提出である"
            ),
            msg!(
                "hand in its configuration, or declare all that it does (`config = \"unavailable\"` and `[device.contract]`); until then it may stand between any zones. If it is a server or a terminal, write that as 機器種別; if it is not connected, write 対象外の理由",
                "設定を提出する。入手できない場合は `config = \"unavailable\"` とし、動作(contract)及び申告を記載する。それまでは、いずれの系の間も中継し得るものとして扱う。サーバ又は端末であれば機器種別の列に、接続していない機器であれば「対象外の理由」の列にその旨を記入する"
            ),
        );
    }
    (
        msg!("`{name}` has neither a configuration nor a `contract`", "「{name}」に設定も `contract` もない"),
        msg!(
            "declare all that it does under `[device.contract]`; until then it may do anything",
            "動作の全てを `[device.contract]` に申告する。申告があるまでは、\
             あらゆる通信を通し得るものとして扱う"
        ),
    )
}

/// The path of a table's file: of the workbook, for a sheet.
fn whole_file(sources: &Sources, file: FileId) -> Option<SitePath> {
    let found = sources.file(file)?;
    let whole = found.part_of().and_then(|book| sources.file(book));
    Some(whole.unwrap_or(found).path().clone())
}

fn read_topology(files: &dyn FileSource, sources: &mut Sources, limits: &Limits) -> Result<FileId, Msg> {
    let path = SitePath::new(TOPOLOGY);
    let path = path.map_err(|e| msg!("{TOPOLOGY}: {e}", "{TOPOLOGY} を開けない"))?;
    let bytes = files.read(&path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => msg!(
            "`{path}` is not in the site folder: `bunri init FOLDER -o SITE` makes a first site of a folder of exports and tables",
            "「{path}」がサイトのフォルダにない。設定及び管理表のフォルダからは、`bunri init フォルダ -o サイト` によりサイトを作成できる"
        ),
        _ => unreadable(&path, &e),
    })?;
    sources.add(path, &bytes, limits).map_err(|e| unusable(&e))
}

pub(super) fn unreadable(path: &SitePath, error: &io::Error) -> Msg {
    match error.kind() {
        io::ErrorKind::NotFound => {
            msg!("`{path}` is not in the site folder", "「{path}」がサイトのフォルダにない")
        }
        io::ErrorKind::PermissionDenied => {
            msg!("`{path}` cannot be read (permission denied)", "「{path}」を読み込む権限がない")
        }
        // The caller's own refusal (a link out of the folder, a limit) is written for the reader already.
        _ if error.get_ref().is_some() => msg!("`{path}`: {error}", "`{path}`: {error}"),
        kind => msg!("`{path}` cannot be read ({kind})", "「{path}」を読み込めない(入出力エラー)"),
    }
}

pub(super) fn unusable(error: &AddError) -> Msg {
    match error {
        AddError::TooLarge { path, bytes, limit } => msg!(
            "`{path}` is too large: {bytes} bytes, the limit is {limit}",
            "「{path}」の大きさ{bytes}バイトが上限の{limit}バイトを超えている"
        ),
        AddError::Duplicate(path) => msg!("`{path}` was read before", "「{path}」は既に読み込まれている"),
    }
}

struct Reader<'a> {
    files: &'a dyn FileSource,
    vendors: &'a [&'a dyn Vendor],
    limits: &'a Limits,
    sources: Sources,
    topology: FileId,
    lines: LineMap,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn read_box(&mut self, plan: &BoxPlan, site: &Plan) -> Chassis {
        match &plan.config {
            Config::File(path) => self.read_file(plan, path, site).unwrap_or_else(|why| {
                let help = msg!(
                    "until it can be read, this device may do anything",
                    "読み込めるまで、この機器はあらゆる通信を通し得るものとして扱う"
                );
                self.diagnostics.push(Diagnostic::new(why.0, path.span, why.1.clone()).with_help(help));
                bind::opaque(plan, self.topology, path.span, why.1, true)
            }),
            Config::Unavailable(span) => {
                let (why, help) = undeclared(plan, *span);
                self.diagnostics.push(Diagnostic::new(Code::MissingFile, *span, why.clone()).with_help(help));
                bind::opaque(plan, self.topology, *span, why, plan.attach.is_empty())
            }
            Config::Contract(_) => Chassis::of(DeviceStatus::Declared, Reading::default()),
            Config::Table(table) => {
                let own = policy::troubles(&site.records.tables, &plan.name.value);
                self.diagnostics.extend(own);
                match policy::of_device(&site.records.tables, &plan.name) {
                    Ok(_) => Chassis::of(DeviceStatus::Declared, Reading::default()),
                    Err((span, why)) => {
                        let help = msg!(
                            "until it can be read, this device may do anything",
                            "読み込めるまで、この機器はあらゆる通信を通し得るものとして扱う"
                        );
                        let found = Diagnostic::new(Code::MissingFile, span, why.clone());
                        self.diagnostics.push(found.with_help(help));
                        bind::opaque(plan, self.topology, table.span, why, true)
                    }
                }
            }
            Config::Excluded(reason) => {
                Chassis::of(DeviceStatus::Excluded(reason.clone()), Reading::default())
            }
        }
    }

    fn read_file(
        &mut self,
        plan: &BoxPlan,
        path: &Spanned<SitePath>,
        site: &Plan,
    ) -> Result<Chassis, (Code, Msg)> {
        let config = self.load(path).map_err(|why| (Code::MissingFile, why))?;
        let Some(vendor) = self.vendor(plan.vendor.as_ref(), config) else {
            let file = &path.value;
            let why = msg!("the kind of `{file}` could not be told", "「{file}」の設定の種別を判別できない");
            return Err((Code::UnknownVendor, why));
        };
        let mut companions: Vec<(Companion, FileId)> = Vec::new();
        // A second cluster member without files of its own has those of the first, which were read before.
        let first = plan.stands_by.and_then(|at| site.boxes.get(at)).filter(|_| plan.companions.is_empty());
        for (kind, path) in first.into_iter().flat_map(|b| &b.companions) {
            let known = self.sources.files().find(|(_, f)| *f.path() == path.value);
            companions.extend(known.map(|(id, _)| (*kind, id)));
        }
        for (kind, path) in &plan.companions {
            match self.load(path) {
                Ok(id) => companions.push((*kind, id)),
                Err(why) => self.diagnostics.push(Diagnostic::new(Code::MissingFile, path.span, why)),
            }
        }
        let names = plan.attach.iter().map(|(i, _)| &i.value).chain(plan.unused.iter().map(|u| &u.value));
        let interfaces: Vec<String> = names.cloned().collect();
        let mut reading = vendor.read(VendorInput {
            name: Some(&plan.name.value),
            config,
            companions: &companions,
            interfaces: &interfaces,
            sources: &mut self.sources,
            limits: self.limits,
        });
        self.lines.merge(&reading.lines);
        let ends = |d: &&Diagnostic| d.code == Code::TruncatedInput && d.primary.file == config;
        let cut = reading.diagnostics.iter().find(ends).map(|d| d.primary);
        self.diagnostics.append(&mut reading.diagnostics);
        if reading.devices.is_empty() {
            let file = &path.value;
            let why = msg!("`{file}` holds no device", "「{file}」に機器の設定がない");
            return Err((Code::MissingFile, why));
        }
        let read = Some((config, vendor.id()));
        Ok(Chassis { read, companions, cut, ..Chassis::of(DeviceStatus::Analysed, reading) })
    }

    fn load(&mut self, path: &Spanned<SitePath>) -> Result<FileId, Msg> {
        let bytes = self.files.read(&path.value).map_err(|e| unreadable(&path.value, &e))?;
        self.sources.add(path.value.clone(), &bytes, self.limits).map_err(|e| unusable(&e))
    }

    /// A register that the topology names must be there: without it, flows would be compared with nothing.
    fn registers(&mut self, plan: &Plan) -> Result<Vec<FileId>, BuildError> {
        let mut read = Vec::new();
        let mut errors = Vec::new();
        for path in &plan.registers {
            match self.load(path) {
                Ok(id) => read.push(id),
                Err(why) => {
                    let help = msg!(
                        "name a register that can be read, or remove it from `registers`",
                        "読み込める台帳を記載するか、`registers` から削除する"
                    );
                    errors.push(Diagnostic::new(Code::UnreadableRegister, path.span, why).with_help(help));
                }
            }
        }
        if errors.is_empty() {
            return Ok(read);
        }
        Err(self.malformed(errors))
    }

    /// So must the rule pack.
    fn pack(&mut self, plan: &Plan) -> Result<Option<FileId>, BuildError> {
        let Some(path) = &plan.pack else { return Ok(None) };
        self.load(path).map(Some).map_err(|why| {
            let help = msg!(
                "name a rule pack that can be read, or one of the program's own by its id",
                "読み込める規則集のファイルか、本ツールに内蔵された規則集のIDを記載する"
            );
            self.malformed(vec![Diagnostic::new(Code::UnreadablePack, path.span, why).with_help(help)])
        })
    }

    fn malformed(&mut self, diagnostics: Vec<Diagnostic>) -> BuildError {
        BuildError::Malformed { sources: Box::new(std::mem::take(&mut self.sources)), diagnostics }
    }

    fn vendor(&self, wanted: Option<&Spanned<String>>, file: FileId) -> Option<&'a dyn Vendor> {
        if let Some(id) = wanted {
            return self.vendors.iter().copied().find(|v| v.id() == id.value);
        }
        let mut best: Option<(Confidence, &'a dyn Vendor)> = None;
        for vendor in self.vendors.iter().copied() {
            let confidence = vendor.detect(&self.sources, file);
            if confidence > best.map_or(Confidence::No, |b| b.0) {
                best = Some((confidence, vendor));
            }
        }
        best.map(|b| b.1)
    }

    /// Nothing beside the configurations is ignored silently.
    fn unassigned(&mut self, plan: &mut Plan) {
        for path in self.folder().unnamed(plan) {
            // Nobody says why it is left out: then it is not.
            let said = unused(plan, &path).filter(|(_, reason)| !reason.trim().is_empty());
            let found = match said {
                Some((unused, reason)) => {
                    let message = msg!("`{path}` is not used: {reason}", "「{path}」は使用しない({reason})");
                    Diagnostic::new(Code::Remark, unused.span, message)
                }
                None => {
                    plan.records.leftovers.push(path.clone());
                    let whole = self.sources.whole(self.topology);
                    let message =
                        msg!("no device names the file `{path}`", "ファイル「{path}」に対応する機器がない");
                    let help = msg!(
                        "name it in a `[[device]]`, or list it under `[[unused_file]]` with a reason",
                        "`[[device]]` に記載するか、理由を付して `[[unused_file]]` に記載する"
                    );
                    Diagnostic::new(Code::UnassignedFile, whole, message).with_help(help)
                }
            };
            self.diagnostics.push(found);
        }
    }

    fn folder(&self) -> Folder<'a> {
        Folder { files: self.files, vendors: self.vendors, limits: self.limits }
    }
}

fn assemble(
    plan: Plan,
    read: Vec<Chassis>,
    (registers, pack, members): (Vec<FileId>, Option<FileId>, Vec<Cluster>),
    reader: Reader<'_>,
) -> Result<Site, BuildError> {
    let Reader { sources, topology, lines, mut diagnostics, vendors, .. } = reader;
    let mut segments = plan.segments;
    let mut bound: Vec<Vec<SiteDevice>> = Vec::new();
    let mut boxes = Vec::new();
    let mut read = read;
    let layer2 = fabric::layers(&mut read);
    for ((plan, mut chassis), layer2) in plan.boxes.iter().zip(read).zip(&layer2) {
        let links = std::mem::take(&mut chassis.links);
        let companions = std::mem::take(&mut chassis.companions);
        if !plan.synthetic {
            boxes.push((plan.name.clone(), chassis.status.clone()));
        }
        let mut devices = bind::bind(plan, chassis, layer2.as_ref(), &mut diagnostics);
        bind::link(&mut devices, &links, &mut segments, &mut diagnostics);
        devices.iter_mut().for_each(|d| d.companions.clone_from(&companions));
        bound.push(devices);
    }
    let mut yarn = Yarn {
        boxes: &plan.boxes,
        layer2,
        segments: &segments,
        hosts: &plan.hosts,
        cables: &plan.cables,
        vlans: listed_vlans(&plan.records.tables, &segments),
    };
    let fabric = fabric::weave(&mut yarn, &mut bound, &mut diagnostics);
    let mut synthesized = contract::devices(&plan.boxes, &bound, &segments, topology);
    let mut records = plan.records;
    let mut lines = lines;
    let town = policy::Town { zones: &plan.zones, segments: &segments, hosts: &plan.hosts };
    let mut doubts = Vec::new();
    for (planned, made) in plan.boxes.iter().zip(&mut synthesized) {
        let (Config::Table(own), Some(made)) = (&planned.config, made) else { continue };
        let Ok(table) = policy::of_device(&records.tables, &planned.name) else { continue };
        let at = table.named;
        let said = policy::apply(made, own, table, &records.tables, &town);
        diagnostics.extend(said.troubles);
        doubts.extend(made.device.causes.iter().map(|c| c.span));
        made.device.widen();
        made.attached.resize(made.device.interfaces.len(), None);
        let notes = records.tables.iter_mut().find(|t| t.named == at).map(|t| &mut t.notes);
        notes.into_iter().for_each(|notes| notes.extend(said.notes.iter().cloned()));
    }
    policy::claim(&mut lines, &sources, &records.tables, &doubts);
    let devices: Vec<SiteDevice> =
        bound.into_iter().zip(synthesized).flat_map(|(read, made)| read.into_iter().chain(made)).collect();

    let mut site = Site {
        name: plan.name,
        sources,
        topology,
        registers,
        pack,
        zones: plan.zones,
        segments,
        hosts: plan.hosts,
        devices,
        sanitizers: plan.sanitizers,
        declarations: plan.declarations,
        boxes,
        clusters: members,
        fabric,
        graph: petgraph::graph::DiGraph::new(),
        nodes: std::collections::BTreeMap::new(),
        lines,
        records,
        diagnostics,
    };
    let mut errors = join_hosts(&mut site, &plan.host_devices);
    own_rows::mark(&mut site, &plan.host_devices, vendors);
    facts::check(&mut site, &clusters(&plan.boxes));
    waiting::tell(&mut site);
    if let Err(error) = graph::draw(&mut site, &clusters(&plan.boxes)) {
        errors.push(*error);
    }
    if errors.is_empty() {
        return Ok(site);
    }
    Err(BuildError::Malformed { sources: Box::new(site.sources), diagnostics: errors })
}

/// VLAN ids of segments, where one list of VLANs gives exactly one.
pub(super) fn listed_vlans(
    tables: &[table::Table],
    segments: &[Segment],
) -> std::collections::BTreeMap<SegmentId, (u16, Span)> {
    let rows = tables.iter().filter(|t| t.kind == table::TableKind::Segments).flat_map(|t| &t.rows);
    let given = rows.filter_map(|row| {
        let (id, vlan) = (row.values.get("id")?, row.values.get("vlan")?);
        let at = segments.iter().position(|s| s.id.value == id.value)?;
        let number = table::grammar::vlan(&vlan.value)?;
        Some((SegmentId(u32::try_from(at).ok()?), (number, vlan.span)))
    });
    given.collect()
}

/// HA cluster of each box, by the box's name.
pub(super) type Clusters = std::collections::BTreeMap<String, String>;

fn clusters(boxes: &[BoxPlan]) -> Clusters {
    let members = boxes.iter().filter_map(|b| Some((b.name.value.clone(), b.cluster.clone()?)));
    members.collect()
}

/// Finds the device that each host is.
fn join_hosts(site: &mut Site, wanted: &[Option<Spanned<String>>]) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for (index, name) in wanted.iter().enumerate() {
        let Some(name) = name else { continue };
        let all: Vec<(DeviceId, String)> = site
            .devices()
            .filter(|(_, d)| d.chassis == name.value || d.device.name == name.value)
            .map(|(id, d)| (id, d.device.name.clone()))
            .collect();
        match (all.as_slice(), site.hosts.get_mut(index)) {
            ([(only, _)], Some(host)) => host.device = Some(*only),
            // Nobody wrote it: a table calls a host like a box that is left out, or of several parts.
            (_, Some(host)) if host.id.span == name.span => {}
            (several, _) => {
                let (en, ja) = form::listed(several.iter().map(|(_, n)| n.as_str()));
                let name_text = &name.value;
                let (message, help) = if several.is_empty() {
                    (
                        msg!(
                            "`{name_text}` is not an analysed device",
                            "「{name_text}」は解析対象の機器ではない"
                        ),
                        msg!("remove `device` from the host", "ホストの `device` を削除する"),
                    )
                } else {
                    (
                        msg!("`{name_text}` has several parts", "「{name_text}」には複数の仮想機器がある"),
                        msg!("name one of {en}", "{ja}のいずれかを記載する"),
                    )
                };
                errors.push(Diagnostic::new(Code::UnknownId, name.span, message).with_help(help));
            }
        }
    }
    errors
}

/// A segment that is a cable inside a box.
pub(super) fn internal_segment(id: String, span: Span) -> Segment {
    Segment {
        id: Spanned::new(id, span),
        name: None,
        zone: None,
        prefixes: Vec::new(),
        complete: true,
        terminals: Relay::No,
        declarations: Vec::new(),
        external: None,
        internal: true,
    }
}

/// The id of the next segment to be added.
pub(super) fn next_segment(segments: &[Segment]) -> SegmentId {
    SegmentId(u32::try_from(segments.len()).unwrap_or(u32::MAX))
}
