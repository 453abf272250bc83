//! M-3: entries of the exception register name machines, protocols and ports.
//!
//! # What it finds
//! Entries for every port or protocol, for an unbounded peer, for more machines than they say. Entries for segments
//! hold, with a note, if they give their reason and are approved, up to 512 addresses (a /23) on each side.
//!
//! # Why it matters
//! An exception is limited in its path and in its application, or it is none.
//!
//! # Example
//! `ports = "any"`.
//!
//! # Remedy
//! Name the machines and ports; for segments give the reason and have it approved.
//!
//! # References
//! None beside the register's own rules.

use super::super::explanation::Explanation;
use super::super::{assertion, basis};
use super::entries;
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::register::{End, Entry, Granularity, Place, Register};
use crate::msg;
use crate::network::Site;
use crate::source::Msg;

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "M-3",
        title: msg!(
            "entries of the exception register name machines, protocols and ports",
            "台帳の記載が機器並びにプロトコル及びポートを特定していること"
        ),
        finds: msg!(
            "entries for every port or protocol, for an unbounded peer, for more machines than they say. Entries for segments hold, with a note, if they give their reason and are approved, up to 512 addresses (a /23) on each side",
            "全てのポート又はプロトコルとする記載、相手方を限定しない記載、及び記載された粒度より広い記載。セグメント単位の記載は、理由及び承認があり、片側512アドレス(/23)以内であれば注記の上で適合とする"
        ),
        matters: msg!(
            "an exception is limited in its path and in its application, or it is none",
            "例外は、経路及びアプリケーションを限定して初めて例外といえる"
        ),
        example: msg!("`ports = \"any\"`", "`ports = \"any\"`"),
        remedy: msg!(
            "name the machines and ports; for segments give the reason and have it approved",
            "機器及びポートを特定する。セグメント単位とする場合は、理由を記載し承認を得る"
        ),
        references: msg!("none beside the register's own rules", "なし(台帳の記載要領による)"),
    }
}

/// Most IPv4 addresses on one side of an entry for segments: a /23.
const MOST_V4: u128 = 512;
/// Most IPv6 addresses: one segment's.
const MOST_V6: u128 = 1 << 64;

/// Checks M-3 over all entries.
pub fn check(site: &Site, register: &Register) -> Assertion {
    let title = msg!(
        "entries of the exception register name machines, protocols and ports",
        "台帳の記載が機器並びにプロトコル及びポートを特定していること"
    );
    let mut out = assertion("M-3", "", Level::None, Class::Register, basis::all_zones(site), title);
    let mut segments = Vec::new();
    for entry in &register.entries {
        out.culprits.extend(faults(site, entry));
        if entry.granularity == Granularity::Segment {
            segments.push(entry);
        }
    }
    out.verdict = if out.culprits.is_empty() { Verdict::Holds } else { Verdict::Violated };
    if !segments.is_empty() && out.verdict == Verdict::Holds {
        let (en, ja) = super::listed(segments);
        out.reason = Some(msg!("for segments, with a reason: {en}", "セグメント単位(理由の記載あり): {ja}"));
    }
    out
}

fn faults(site: &Site, entry: &Entry) -> Vec<Culprit> {
    let id = &entry.id.value;
    let mut out = Vec::new();
    let mut add = |span, what: Msg| out.push(Culprit { span, what, device: None });
    if !entry.explicit() {
        add(
            entry.id.span,
            msg!(
                "entry `{id}` does not name its protocol and ports",
                "台帳「{id}」はプロトコル又はポートを特定していない"
            ),
        );
    }
    for end in [&entry.from, &entry.to] {
        let (v4, v6) = entries::width(site, end);
        if matches!(end.place, Place::External(_, None)) || v4 > MOST_V4 || v6 > MOST_V6 {
            add(
                end.span,
                msg!(
                    "entry `{id}` is not bounded here (more than {MOST_V4} addresses)",
                    "台帳「{id}」のこの範囲は広すぎる({MOST_V4}アドレスを超える)"
                ),
            );
        } else if entry.granularity == Granularity::Host && !single(end) {
            add(
                end.span,
                msg!(
                    "entry `{id}` says single machines and names a range of addresses",
                    "台帳「{id}」は機器単位とされているが、アドレスの範囲が記載されている"
                ),
            );
        }
    }
    let approved = entry.names_its_approver() && entry.approved_on.is_some();
    if entry.granularity == Granularity::Segment && !approved {
        add(
            entry.id.span,
            msg!(
                "entry `{id}` names segments and is not approved",
                "台帳「{id}」はセグメント単位であるが、承認の記載がない"
            ),
        );
    }
    out
}

fn single(end: &End) -> bool {
    match &end.place {
        Place::Host(_) => true,
        Place::Segment(_) => false,
        Place::External(_, listed) => listed.as_ref().is_some_and(|l| l.single),
        Place::Addresses(listed) => listed.single,
    }
}
