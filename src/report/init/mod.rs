//! What `bunri init` writes: the topology of a first site, the form to fill in, and what was found.
//!
//! The form (構成情報入力票) is a source of the topology: its headings are those of `network::table`, so that what a
//! person fills in is read back from where it stands.

mod form;
mod found;
mod topology;

use std::collections::BTreeSet;

use crate::network::survey::{InterfaceRow, Leads, NetworkRow, SanitizerRow, Survey, UnreadRow, ZONES};
use crate::network::table::TableKind;
use crate::source::{Msg, SitePath};
use crate::vendor::Companion;

pub use form::form;
pub use found::{InitReport, json, plain, text};
pub use topology::topology;

/// Name of the form.
pub const FORM: &str = "構成情報入力票.xlsx";
/// Name of the list of what was found.
pub const FOUND: &str = "読み取り結果.txt";
/// Name under which a draft of the register is suggested.
pub const DRAFT: &str = "特定通信台帳(案).xlsx";

/// Everything of a first site.
#[derive(Debug)]
pub struct Start {
    /// The town's name: that of the folder.
    pub name: String,
    /// What lay in the folder.
    pub survey: Survey,
    /// Devices of the site.
    pub devices: Vec<StartDevice>,
    /// Interfaces to be placed.
    pub interfaces: Vec<InterfaceRow>,
    /// Networks at which no interface was read.
    pub networks: Vec<NetworkRow>,
    /// Listed devices that nobody reads and no other row explains.
    pub unread: Vec<UnreadRow>,
    /// Hosts that may be sanitizers.
    pub sanitizers: Vec<SanitizerRow>,
    /// Tables of the folder.
    pub tables: Vec<StartTable>,
    /// Devices of which only tables are there.
    pub by_table: Vec<TableDevice>,
    /// Cables between devices of the site.
    pub cables: Vec<StartCable>,
    /// Cables that devices see and no table has.
    pub suggested: Vec<Suggested>,
    /// What will keep the town's register from being read even if every proposal is right.
    pub unregistered: Option<Msg>,
    /// How the form is marked.
    pub marks: Marks,
    /// Rows of the draft of the register; none: no draft, with the reason.
    pub draft: Result<usize, Msg>,
}

/// A device for whose configuration tables stand, once somebody says where its interfaces lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDevice {
    /// Its name on the town's list.
    pub name: String,
    /// Its interfaces, as their list has them.
    pub interfaces: Vec<String>,
}

/// How the form is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// Nothing is confirmed: that is for people.
    Open,
    /// As if every proposal were right: to see what would pass. Such a form is never written.
    Assumed,
}

/// A cable that a device sees at one of its ports (LLDP, CDP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// Device and port.
    pub from: (String, String),
    /// The device at the other end.
    pub to: String,
    /// Its port, as far as the listing says it.
    pub port: String,
    /// Where that stands.
    pub place: String,
}

/// A cable between two devices of the site, as the town's own table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartCable {
    /// Where the table says so.
    pub place: String,
    /// Device and port.
    pub from: (String, String),
    /// The other end.
    pub to: (String, String),
}

/// A device of the site, its files where the site has them.
#[derive(Debug, Clone)]
pub struct StartDevice {
    /// Its name.
    pub name: String,
    /// Its configuration.
    pub config: SitePath,
    /// The vendor id.
    pub vendor: &'static str,
    /// When its configuration was taken, as a date.
    pub collected: Option<String>,
    /// Outputs that go with it.
    pub companions: Vec<(Companion, SitePath)>,
    /// The second member of its cluster.
    pub standby: Option<(String, SitePath)>,
    /// It is not in use.
    pub spare: bool,
}

/// A table of the folder.
#[derive(Debug, Clone)]
pub struct StartTable {
    /// What it lists.
    pub kind: TableKind,
    /// Where it lay.
    pub origin: SitePath,
    /// Where the site has it.
    pub path: SitePath,
    /// Its sheet; empty for CSV.
    pub sheet: String,
    /// Numbers of its rows that are struck through.
    pub struck: Vec<u32>,
    /// Which headings its columns have, where they are not those of the kind.
    pub columns: Vec<(&'static str, &'static str)>,
    /// What its words mean.
    pub words: Vec<(String, String)>,
    /// The column that the sheet's name stands for.
    pub constant: Option<(&'static str, String)>,
    /// The device for whose configuration it stands.
    pub device: Option<String>,
    /// Why the site does not read it; `None`: it does.
    pub unused: Option<Msg>,
}

impl StartTable {
    /// What it says is told in another place although the site does not read it: by the form, by cables, or by the device
    /// on the list for whose configuration it stands.
    fn has_its_use(&self) -> bool {
        let told = matches!(self.kind, TableKind::Segments | TableKind::Cables);
        self.unused.is_none() || told || self.kind.of_device() && self.device.is_some()
    }
}

impl Start {
    /// Cells that somebody has to fill in: one per word of the town's for a zone, one per row that no such word speaks
    /// for, and the zone where none is proposed.
    pub fn cells(&self) -> usize {
        let zone = |r: &&InterfaceRow| r.proposal.zone.is_none() && r.leads() != Leads::Nothing;
        let own = self.interfaces.iter().filter(|r| r.by_word().is_none()).count();
        let words = ZONES.iter().filter(|z| !self.words(z.id).is_empty()).count();
        let rows = self.sanitizers.len() + self.unread.len();
        words + own + self.interfaces.iter().filter(zone).count() + rows
    }

    /// What the town's tables call a zone, where that decides about rows.
    pub fn words(&self, zone: &str) -> Vec<&str> {
        let rows = self.interfaces.iter().filter(|r| r.by_word().is_some_and(|z| z.id == zone));
        let words: BTreeSet<&str> = rows.map(|r| r.told.as_str()).collect();
        words.into_iter().collect()
    }
}
