//! What the municipality's own tables say beside the network: device list, line register, breakouts, policy, pairs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::form::At;
use super::plan::Planner;
use super::site::{SegmentId, ZoneId};
use super::table::{OtherSheet, Table};
use super::topology::{self, Topology};
use crate::model::{AddressSet, Ranges};
use crate::msg;
use crate::source::{Code, SitePath, Span, Spanned};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// The device list (機器一覧).
    pub inventory: Vec<InventoryRow>,
    /// The line register (回線台帳).
    pub lines: Vec<LineRow>,
    /// Internet destinations that the LGWAN zone may reach directly.
    pub breakouts: Vec<Breakout>,
    /// The rules chosen.
    pub policy: Option<Policy>,
    /// What the municipality itself allows between two zones.
    pub pairs: Vec<Pair>,
    /// When each box's configuration was exported, as written, by the box's name.
    pub collected: BTreeMap<String, Spanned<String>>,
    /// Who runs a box or an external network, by its name.
    pub managed_by: BTreeMap<String, String>,
    /// Where the responsibility for an external network begins, by its id.
    pub demarcation: BTreeMap<String, String>,
    /// What kind of network an external is, by its segment; externals of which nobody said are not here.
    pub kinds: BTreeMap<SegmentId, ExternalKind>,
    /// Exports older than this many days are too old.
    pub export_max_age_days: Option<u32>,
    /// The tables that the topology was read from.
    pub tables: Vec<Table>,
    /// Files beside the configurations that nothing names.
    pub leftovers: Vec<SitePath>,
    /// Sheets that list something and that nothing reads, beside those that are read.
    pub other_sheets: Vec<OtherSheet>,
    /// Rows of tables that nobody confirmed yet: they are no facts.
    pub unconfirmed: Vec<Unconfirmed>,
}

/// A row of a table that somebody has to confirm before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The device, or the host.
    pub device: String,
    /// Its interface; `None` if the row is about a host as a whole.
    pub interface: Option<String>,
    /// The cell of the row that is empty.
    pub cell: Span,
    /// What it waits for.
    pub awaits: Awaits,
}

/// What a row of a table waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaits {
    /// Somebody's ○.
    Mark,
    /// Somebody's ○ or × beside a cable that was only suggested.
    Cable,
    /// The protocols and ports of a sanitizer.
    Sessions,
    /// Who administers a sanitizer, and how.
    Administration,
    /// What a cell of a column means that nothing reads: it may connect the machine, or the segment, to another network.
    Column,
}

/// A row of the device list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryRow {
    /// Name of the device.
    pub name: Spanned<String>,
    /// Why it is not analysed although it is listed.
    pub excluded: Option<Spanned<String>>,
}

/// A row of the line register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// Number of the line.
    pub id: Spanned<String>,
    /// Carrier, kind and purpose in the words of the register, in this order; empty ones left out.
    pub words: Vec<String>,
    /// The box at which it ends.
    pub device: Option<Spanned<String>>,
    /// The interface of the box.
    pub interface: Option<Spanned<String>>,
    /// The external network it leads to.
    pub external: Option<SegmentId>,
    /// Its zone.
    pub zone: Option<ZoneId>,
}

/// A direct way from the LGWAN zone to named destinations on the internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakout {
    /// Its id.
    pub id: Spanned<String>,
    /// The external network by which it goes.
    pub external: SegmentId,
    /// Segments from which it may be used.
    pub from: Vec<SegmentId>,
    /// Destinations.
    pub destinations: AddressSet,
    /// IP protocol.
    pub proto: u8,
    /// Destination ports.
    pub ports: Ranges,
    /// How sign-in is kept to the municipality's own tenant; empty if nobody said.
    pub tenant_control: String,
    /// Declarations it rests on.
    pub declarations: Vec<String>,
}

/// The rules chosen for a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The rule pack's id.
    pub pack: Option<Spanned<String>>,
    /// The model variant.
    pub variant: Option<Variant>,
    /// The municipality's own article for a rule, by the rule's id, and where that id stands.
    pub local_refs: BTreeMap<String, Spanned<String>>,
    /// When an external body confirmed the separation (β, β').
    pub confirmed: Option<Spanned<String>>,
    /// When the separation was last audited (β, β').
    pub audited: Option<Spanned<String>>,
    /// Declarations behind the two dates.
    pub declarations: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// How zones are to be kept apart (三層の対策のモデル).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "variant")]
pub enum Variant {
    /// α.
    Alpha,
    /// α'.
    AlphaPrime,
    /// β.
    Beta,
    /// β'.
    BetaPrime,
}

impl Variant {
    /// How papers write it.
    pub fn label(self) -> &'static str {
        match self {
            Variant::Alpha => "α",
            Variant::AlphaPrime => "α'",
            Variant::Beta => "β",
            Variant::BetaPrime => "β'",
        }
    }
}

/// What kind of network an external is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "external_kind")]
pub enum ExternalKind {
    /// The prefecture's security cloud, with the internet behind it.
    SecurityCloud,
    /// The internet by any other line.
    Internet,
    /// The internet by a registered local breakout.
    Breakout,
    /// A network without the internet behind it: LGWAN, a dedicated line, a closed VPN.
    Closed,
    /// Nobody said.
    #[default]
    Unknown,
}

/// What the municipality allows from one zone to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Whose machines open.
    pub from: ZoneId,
    /// Who answers.
    pub to: ZoneId,
    /// What is allowed.
    pub allow: Allow,
    /// The municipality's own article; may be empty.
    pub local_ref: String,
    /// Where it stands.
    pub span: Span,
}

/// What may be opened from one zone to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "allow")]
pub enum Allow {
    /// Nothing.
    None,
    /// What the exception register permits.
    Register,
    /// Sessions of declared sanitizers.
    Sanitizer,
    /// Anything: listed, not asked.
    Any,
}

impl Planner {
    pub(super) fn records(&mut self, topology: &Topology) {
        let mut records = Records { export_max_age_days: topology.export_max_age_days, ..Records::default() };
        for device in &topology.device {
            let name = device.name.value.clone();
            if let Some(on) = &device.collected {
                records.collected.insert(name.clone(), on.spanned(self.file));
            }
            records.managed_by.extend(device.managed_by.clone().map(|by| (name, by)));
        }
        for external in &topology.external {
            let id = &external.id.value;
            records.managed_by.extend(external.managed_by.clone().map(|by| (id.clone(), by)));
            records.demarcation.extend(external.demarcation.clone().map(|at| (id.clone(), at)));
            let said = external.kind != ExternalKind::Unknown;
            records.kinds.extend(self.segment_id(id).filter(|_| said).map(|s| (s, external.kind)));
        }
        records.inventory = topology.inventory.iter().map(|row| self.inventory_row(row)).collect();
        records.lines = topology.line.iter().map(|line| self.line(line)).collect();
        records.breakouts = topology.breakout.iter().filter_map(|b| self.breakout(b)).collect();
        records.policy = topology.policy.as_ref().map(|p| self.policy(p));
        records.pairs = topology.pair.iter().filter_map(|p| self.pair(p)).collect();
        records.unconfirmed = topology.unconfirmed.clone();
        self.plan.records = records;
    }

    fn inventory_row(&mut self, row: &topology::InventoryRow) -> InventoryRow {
        let excluded = row.excluded.as_ref().map(|e| e.spanned(self.file));
        if let Some(reason) = excluded.as_ref().filter(|e| e.value.trim().is_empty()) {
            let message = msg!("a row is excluded without a reason", "除外の理由がない");
            let help = msg!("write why it is not analysed", "解析しない理由を記載する");
            self.error(Code::InvalidValue, reason.span, message, help);
        }
        InventoryRow { name: row.name.spanned(self.file), excluded }
    }

    fn line(&mut self, line: &topology::LineRow) -> LineRow {
        let words = [&line.carrier, &line.kind, &line.purpose];
        let external = line.external.as_ref().and_then(|id| self.external_segment(id));
        if let Some(device) = &line.device {
            self.host_device(device);
        }
        LineRow {
            id: line.id.spanned(self.file),
            words: words.into_iter().flatten().filter(|w| !w.trim().is_empty()).cloned().collect(),
            device: line.device.as_ref().map(|d| d.spanned(self.file)),
            interface: line.interface.as_ref().map(|i| i.spanned(self.file)),
            external,
            zone: self.zone(line.zone.as_ref()),
        }
    }

    fn external_segment(&mut self, id: &At<String>) -> Option<SegmentId> {
        let segment = self.segment(id)?;
        let found = self.plan.segments.get(segment.index()).is_some_and(|s| s.external.is_some());
        if !found {
            let externals = self.plan.segments.iter().filter(|s| s.external.is_some());
            let known: Vec<String> = externals.map(|s| s.id.value.clone()).collect();
            self.unknown(id, ("external network", "外部ネットワーク"), &known);
        }
        found.then_some(segment)
    }

    fn breakout(&mut self, breakout: &topology::Breakout) -> Option<Breakout> {
        let external = self.external_segment(&breakout.external);
        let from = breakout.from.iter().filter_map(|s| self.segment(s)).collect();
        let mut destinations = AddressSet::empty();
        for text in &breakout.destinations {
            if let Some(prefix) = self.prefix(text) {
                destinations = destinations.union(&AddressSet::network(prefix.value));
            }
        }
        let proto = self.protocol(&breakout.protocol);
        let ports = match &breakout.ports {
            Some(text) => self.ports(text, proto),
            None => Ranges::full(0xFFFF),
        };
        Some(Breakout {
            id: breakout.id.spanned(self.file),
            external: external?,
            from,
            destinations,
            proto,
            ports,
            tenant_control: breakout.tenant_control.clone().unwrap_or_default(),
            declarations: self.cite(&breakout.declarations),
        })
    }

    fn policy(&mut self, at: &At<topology::Policy>) -> Policy {
        let policy = &at.value;
        let known = |r: &topology::LocalRule| {
            let at = r.id.span(self.file);
            (r.id.value.clone(), Spanned::new(r.local_ref.clone(), at))
        };
        Policy {
            pack: policy.pack.as_ref().map(|p| p.spanned(self.file)),
            variant: policy.variant,
            local_refs: policy.rule.iter().map(known).collect(),
            confirmed: policy.external_confirmation.as_ref().map(|d| d.spanned(self.file)),
            audited: policy.audit.as_ref().map(|d| d.spanned(self.file)),
            declarations: self.cite(&policy.declarations),
            span: at.span(self.file),
        }
    }

    fn pair(&mut self, at: &At<topology::Pair>) -> Option<Pair> {
        let pair = &at.value;
        let (from, to) = (self.zone(Some(&pair.from)), self.zone(Some(&pair.to)));
        let (from, to) = (from?, to?);
        if from == to {
            let message = msg!("a pair needs two zones", "同一の系の組は記載できない");
            let help = msg!("name another zone", "異なる系を記載する");
            self.error(Code::InvalidValue, pair.to.span(self.file), message, help);
            return None;
        }
        let local_ref = pair.local_ref.clone().unwrap_or_default();
        Some(Pair { from, to, allow: pair.allow, local_ref, span: at.span(self.file) })
    }
}
