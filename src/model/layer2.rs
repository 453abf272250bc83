//! What a box switches: its ports and the VLANs that each carries, with both bounds.
//!
//! VLAN ids are local to the box. Vendors fill this, `network` joins the boxes; no engine looks at it.

use std::collections::BTreeSet;

use super::Ranges;
use crate::source::{Msg, Span, Spanned};

/// The greatest VLAN id.
pub const LAST_VLAN: u16 = 4094;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layer2 {
    /// Whether the box is taken for a switch; a router may have ports of one that its export does not show as such.
    pub sure: bool,
    /// Ports and bundles of ports.
    pub ports: Vec<SwitchPort>,
    /// The routed interface of a VLAN: VLAN, name of the interface.
    pub routed: Vec<(u16, String)>,
    /// Lines that may mean any joining of any two VLANs of the box.
    pub doubts: Vec<(Span, Msg)>,
    /// Who is at the other end of its ports, as the box itself says (LLDP, CDP).
    pub neighbours: Vec<Neighbour>,
    /// Pairs of VLANs between which frames may pass inside the box, with the line that says so.
    pub joined: Vec<(u16, u16, Span)>,
}

/// What a box says is plugged into one of its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The port, as the listing writes it.
    pub port: Spanned<String>,
    /// The name that the other end gives itself, perhaps cut short.
    pub device: String,
    /// Its port, as far as the listing says it.
    pub far_port: Option<String>,
}

/// How a port treats tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortKind {
    /// One VLAN, without tags (and perhaps one for telephones, tagged).
    Access,
    /// Several VLANs, tagged.
    Trunk,
    /// Either, as the neighbour wishes.
    Negotiates,
}

/// A port, or a bundle of ports that acts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchPort {
    /// Its name in the configuration.
    pub name: Spanned<String>,
    /// Whether it is administratively up.
    pub up: bool,
    /// The bundle it is part of: what that says counts.
    pub bundle: Option<String>,
    /// How it treats tags.
    pub kind: PortKind,
    /// VLANs in which frames without a tag may land.
    pub untagged: BTreeSet<u16>,
    /// The one in which they certainly land.
    pub surely_untagged: Option<u16>,
    /// Tags that it may carry.
    pub tagged: Ranges,
    /// Tags that it certainly carries.
    pub surely_tagged: Ranges,
    /// The line that says where frames without a tag land; the port's name if none does.
    pub untagged_at: Span,
    /// The line that says which tags it carries; the port's name if none does.
    pub tagged_at: Span,
    /// No line limits the tags.
    pub unlimited: bool,
    /// How it is limited to known machines, if every line about that was read.
    pub limit: Option<Limit>,
    /// Lines for which it may carry any VLAN.
    pub unread: Vec<(Span, Msg)>,
}

/// How a port is limited to known machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// By what.
    pub kind: LimitKind,
    /// The line.
    pub span: Span,
}

/// By what a port knows a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKind {
    /// Its MAC address stands in the configuration, and no other is served.
    Named,
    /// A server is asked about every machine (802.1X, MAC authentication).
    Asked,
}

impl Layer2 {
    /// The port with a name as people write it; see [`same_port`]. Of a bundled port, the bundle.
    pub fn port(&self, written: &str) -> Option<&SwitchPort> {
        let found = self.ports.iter().find(|p| same_port(&p.name.value, written))?;
        let Some(bundle) = &found.bundle else { return Some(found) };
        Some(self.ports.iter().find(|p| same_port(&p.name.value, bundle)).unwrap_or(found))
    }
}

/// Whether `written` means the interface that a configuration calls `name`: kinds may be cut short (`Gi1/0/1`,
/// `Po1`), and letters' case and spaces do not count.
pub fn same_port(name: &str, written: &str) -> bool {
    let plain = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let (name, written) = (plain(name), plain(written));
    let cut = |t: &str| t.find(|c: char| c.is_ascii_digit()).unwrap_or(t.len());
    let (kind, number) = name.split_at(cut(&name));
    let (short, wanted) = written.split_at(cut(&written));
    name == written
        || (number == wanted && !number.is_empty() && !short.is_empty() && kind.starts_with(short))
}
