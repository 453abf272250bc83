//! The checks that compare a site with its exception register, one file each, and what they share.
//!
//! **What an entry takes out of the picture.** A flow belongs to an entry if the source as its host sent it and the
//! destination and port as delivered lie in it (SEMANTICS 22). Paths are judged against every entry that was
//! approved, whatever the day: an entry whose time is over is a matter of paper (class register, M-2 `-` and X-11),
//! and no path changes at midnight. Flows that only such entries cover are charged there, and nowhere else. Entries
//! that nobody approved take out nothing at all.

pub mod entries;
pub mod permitted;
pub(super) mod business;
pub mod flows;
pub(super) mod granularity;
pub(super) mod hygiene;
pub(super) mod peers;
pub(super) mod screens;
mod unplaced;
mod validity;

use super::crossing::MOST_CULPRITS;
use super::mediated::Sessions;
use super::{CheckError, Options};
use crate::analysis::EngineError;
use crate::analysis::answer::{Assertion, Culprit};
use crate::intent;
use crate::intent::pack::Pack;
use crate::intent::register::{Entry, Register};
use crate::msg;
use crate::network::Site;
use crate::source::Msg;
use permitted::Permitted;

/// Asks everything that concerns the register; without one, only whether anything passes that would need it.
///
/// # Errors
/// [`CheckError`].
pub fn check(
    site: &Site,
    register: Option<&Register>,
    pack: Option<&Pack>,
    sessions: &Result<Sessions, EngineError>,
    options: &Options,
) -> Result<Vec<Assertion>, CheckError> {
    let mut out = flows::check(site, register, sessions, options)?;
    let Some(register) = register else { return Ok(out) };
    let mut judged = Vec::new();
    for entry in &register.entries {
        judged.push(Judged { entry, permitted: permitted::of(site, entry, options)? });
    }
    out.push(validity::check(site, &judged, options));
    out.push(granularity::check(site, register));
    out.push(peers::check(site, register, sessions, options)?);
    out.push(screens::check(site, register, pack));
    out.push(business::check(site, &judged, options));
    out.push(hygiene::check(site, &judged, options));
    Ok(out)
}

/// Why there is no register to compare with: none was handed in, or part of it cannot be read.
pub fn absent(site: &Site) -> Msg {
    let pending = intent::register::pending(site);
    let Some(first) = pending.first() else {
        return msg!("no register was handed in", "特定通信台帳が提出されていない(台帳未提出)");
    };
    let file = site.sources.file(first.primary.file).map_or_else(String::new, |f| f.path().to_string());
    let place = match site.sources.cell(first.primary) {
        Some(cell) => format!("{file}!{cell}"),
        None => file,
    };
    match pending.len() - 1 {
        0 => msg!(
            "the register was handed in, but part of it cannot be read ({place})",
            "特定通信台帳は提出されているが、読み込めない箇所がある({place})"
        ),
        more => msg!(
            "the register was handed in, but part of it cannot be read ({place} and {more} more)",
            "特定通信台帳は提出されているが、読み込めない箇所がある({place}ほか{more}件)"
        ),
    }
}

/// What keeps a register that was handed in from being read.
fn unread(site: &Site) -> Vec<Culprit> {
    let pending = intent::register::pending(site).into_iter().take(MOST_CULPRITS);
    pending.map(|d| Culprit { span: d.primary, what: d.message, device: None }).collect()
}

/// An entry and what the site does with its flows.
pub struct Judged<'r> {
    /// The entry.
    pub entry: &'r Entry,
    /// What passes of it.
    pub permitted: Permitted,
}

/// Ids in a row, English and Japanese.
fn listed<'r>(entries: impl IntoIterator<Item = &'r Entry>) -> (String, String) {
    crate::network::form::listed(entries.into_iter().map(|e| e.id.value.as_str()))
}

/// Sentences one after the other.
fn together(parts: Vec<Msg>) -> Option<Msg> {
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    Some(parts.fold(first, |all, next| {
        use crate::source::Lang::{En, Ja};
        let (a, b) = (all.text(En).to_owned(), next.text(En).to_owned());
        let (c, d) = (all.text(Ja).to_owned(), next.text(Ja).to_owned());
        msg!("{a}; {b}", "{c}。{d}")
    }))
}
