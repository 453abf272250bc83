//! The second engine: one packet, walked through rule lists, pipelines and sites; slow, obvious, independent.
//!
//! It reads `source`, `model` and `network` only and shares nothing with the symbolic sets, so that each can
//! prove the other wrong. It answers with *all* outcomes of a packet:
//!
//! * What nobody knows (`CauseKind::Unknown`) splits the way at every place where it matters.
//! * What somebody chooses (`CauseKind::Condition`) splits it once and has one value from then on.
//! * Ways that meet again with the same packet and choices become one, so unknown matches that change nothing
//!   cost nothing. The way that is shown is the one that assumes less.
//!
//! [`Branches::permits`] and [`reaches`] then say what is certain: there is a choice with which, however the
//! unknown turns out, the packet gets through (SEMANTICS 7).
//!
//! The enumeration is *partial* where a translation may write more values than were tried; a result says so.
//! Limits: 4,096 ways, 64 hops.

mod certainty;
mod device;
mod doubts;
mod eval;
mod evidence;
mod rewrite;
mod site;
mod thread;
mod walk;

pub use certainty::Certainty;
pub use device::{
    Branch, Branches, DeviceCertainty, EgressConflict, Entry, EntryPoint, Outcome, device_branches,
};
pub use eval::{Case, Packet, Truth, cases, eval};
pub use evidence::{conditions, culprit};
pub use site::{
    Arrival, End, Options, Reach, Simulation, SiteBranch, SiteCertainty, SiteChoice, SiteHop, SitePick,
    Transmission, reaches, simulate,
};
pub use thread::{About, Choice, Choices, Doubt, Lead, Phase, Pick, Step, Translation};

use std::collections::BTreeMap;

use crate::model::{Field, Flow};

/// Values to try where a translation may write more than can be tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Whole headers, as they should be after a translation (from a symbolic witness).
    pub headers: Vec<Flow>,
    /// Values of single fields, to be combined freely.
    pub values: BTreeMap<Field, Vec<u128>>,
}

/// Ways that are followed at most.
pub const MAX_BRANCHES: usize = 4096;

/// Devices that a packet passes at most.
pub const MAX_HOPS: usize = 64;
