//! What lies in a folder that nobody described: configurations in their generations, outputs that go with them,
//! tables, and files that belong to nothing.
//!
//! `kinds.rs` tells what a file is, `dates.rs` how old it is, `generations.rs` which of several files of a device
//! counts, `inputs.rs` which interfaces somebody has to place, `peers.rs` what the
//! table of cables has behind them, `unread.rs` where devices that nobody reads may stand, `networks.rs` which networks of the town's table no interface is on, `proposals.rs` where they may belong. Nothing is left
//! out silently: every file of the folder is in exactly one list of the [`Survey`].

mod dates;
mod generations;
mod inputs;
mod kinds;
mod networks;
mod peers;
mod proposals;
mod unread;

use std::collections::BTreeMap;
use std::io;

pub use dates::{Dated, Origin};
pub(super) use generations::kept_aside;
pub use inputs::{InterfaceRow, SanitizerRow, interfaces, sanitizers};
pub use kinds::FoundTable;
pub use networks::{NetworkRow, networks};
pub use proposals::{Leads, Proposal, ZONES, ZoneWord};
pub use unread::{UnreadRow, unread};

use crate::model::AddressSet;
use crate::msg;
use crate::source::{Limits, Msg, SitePath};
use crate::vendor::{Companion, Vendor};

use super::build::FileSource;
use super::table::TableKind;

/// What lies in a folder.
#[derive(Debug, Default)]
pub struct Survey {
    /// Devices with a configuration, by name.
    pub units: Vec<Unit>,
    /// Sheets whose headings say what they list.
    pub tables: Vec<FoundTable>,
    /// Everything else, with what can be said of it.
    pub rest: Vec<(SitePath, Msg)>,
}

/// A device and every file that calls itself its configuration.
#[derive(Debug)]
pub struct Unit {
    /// What its configuration calls it.
    pub name: String,
    /// The vendor id.
    pub vendor: &'static str,
    /// Its files, the chosen one first.
    pub generations: Vec<Generation>,
    /// It is the second member of the cluster whose first member has this name.
    pub stands_by: Option<String>,
}

/// A file that calls itself the configuration of a device.
#[derive(Debug)]
pub struct Generation {
    /// The file.
    pub path: SitePath,
    /// When it was taken, as far as that can be told.
    pub date: Option<Dated>,
    /// Whether it counts.
    pub state: State,
    /// Why.
    pub reason: Msg,
    /// It lies where old files are kept.
    pub kept: bool,
    /// It says the same as the chosen one.
    pub same: bool,
    /// Outputs that go with it.
    pub companions: Vec<(Companion, SitePath)>,
    /// What is to be said of its content: it is cut short, …
    pub remarks: Vec<Msg>,
}

/// Whether a file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is what the device does now.
    Chosen,
    /// An older file of a device (対象外(旧世代)).
    Older,
    /// A device that is not in use (対象外(予備機)).
    Spare,
}

impl Unit {
    /// The file that counts; `None` for a spare device.
    pub fn chosen(&self) -> Option<&Generation> {
        self.generations.first().filter(|g| g.state == State::Chosen)
    }
}

/// Looks at every file of a folder.
///
/// # Errors
/// The folder cannot be listed. A file that cannot be read is an entry of [`Survey::rest`].
pub fn survey(files: &dyn FileSource, vendors: &[&dyn Vendor], limits: &Limits) -> io::Result<Survey> {
    let mut paths = files.list()?;
    paths.sort();
    let mut found = kinds::Found::default();
    for path in paths {
        match files.read(&path) {
            Ok(bytes) => found.look(path, &bytes, vendors, limits),
            Err(e) => {
                let why = match e.get_ref() {
                    Some(_) => msg!("{e}", "{e}"),
                    None => msg!("it cannot be read ({e})", "読み込めない({e})"),
                };
                found.rest.push((path, why));
            }
        }
    }
    Ok(generations::sort(found))
}

/// What a file that nobody named says of itself.
#[derive(Debug)]
pub(super) struct Glance {
    /// Nothing but a configuration, or a policy table, looks so.
    pub sure: bool,
    /// The vendor id; empty for a table.
    pub vendor: &'static str,
    /// What a configuration calls the device.
    pub name: String,
    /// It says that it is a member of a cluster.
    pub clustered: bool,
    /// The addresses of its interfaces.
    pub addresses: AddressSet,
}

/// Looks at one file: a configuration or a policy table, or `None`.
pub(super) fn look(path: SitePath, bytes: &[u8], vendors: &[&dyn Vendor], limits: &Limits) -> Option<Glance> {
    let mut found = kinds::Found::default();
    found.look(path, bytes, vendors, limits);
    if let Some(config) = found.configs.pop() {
        let kinds::Config { sure, vendor, name, clustered, addresses, .. } = config;
        return Some(Glance { sure, vendor, name, clustered, addresses });
    }
    let policies = |t: &FoundTable| t.of_device == Some(TableKind::Policies);
    let table = found.tables.iter().any(policies);
    table.then(|| Glance {
        sure: true,
        vendor: "",
        name: String::new(),
        clustered: false,
        addresses: AddressSet::empty(),
    })
}

/// Names that occur more than once get a number.
pub(super) fn distinct(names: &mut BTreeMap<String, u32>, wanted: &str) -> String {
    let seen = names.entry(wanted.to_owned()).or_default();
    *seen += 1;
    if *seen == 1 { wanted.to_owned() } else { format!("{wanted}({seen})") }
}
