//! M-6: screen transfer into the individual-number zone ends at one machine, by its display port only.
//!
//! # What it finds
//! Entries of kind screen-transfer, or with a screen-transfer system at one end, that name more than one machine or more than one port at their destination.
//! Whether screen transfer is permitted into this zone at all depends on the edition that is followed: the rule pack
//! chosen says so; where none does, the answer is open.
//!
//! # Why it matters
//! A screen shows; a file share beside it carries.
//!
//! # Example
//! `kind = "screen-transfer"` with ports 443 and 445.
//!
//! # Remedy
//! Name the one destination and its display port.
//!
//! # References
//! None that this program can cite.

use std::collections::BTreeSet;

use super::super::explanation::Explanation;
use super::super::mediated::screen_only;
use super::super::places::Party;
use super::super::{Options, assertion, basis};
use super::entries;
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::pack::Pack;
use crate::intent::register::{Entry, Kind, Register, Standing};
use crate::model::Ranges;
use crate::msg;
use crate::network::Site;

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "M-6",
        title: msg!(
            "screen transfer into the individual-number zone ends at one machine, by its display port only",
            "マイナンバー利用事務系への画面転送が、特定の接続先及び画面転送用のポートに限られること"
        ),
        finds: msg!(
            "entries of kind screen-transfer, or with a screen-transfer system at one end, that name more than one machine or more than one port at their destination. Whether screen transfer is permitted into this zone at all depends on the edition that is followed: the rule pack chosen says so; where none does, the answer is open",
            "画面転送の記載(画面転送システムを一方の端とするものを含む)のうち、接続先が1台に特定されていないもの又は複数のポートを含むもの。画面転送の可否は適用する規則集の版によるため、規則集に定めがない場合は判定保留とする"
        ),
        matters: msg!(
            "A screen shows; a file share beside it carries",
            "画面転送は画面のみを送るが、併せて許可されたファイル共有はデータを運ぶ"
        ),
        example: msg!(
            "`kind = \"screen-transfer\"` with ports 443 and 445",
            "`kind = \"screen-transfer\"` にポート443及び445が記載されている"
        ),
        remedy: msg!(
            "name the one destination and its display port",
            "接続先を1台とし、画面転送用のポートのみを記載する"
        ),
        references: msg!("none that this program can cite", "なし"),
    }
}

/// Screen-transfer systems that the register lets the individual-number zone look at.
pub fn shown(site: &Site, register: Option<&Register>, options: &Options) -> BTreeSet<Party> {
    let entries = register.map_or(&[][..], |r| &r.entries).iter();
    let stands = |e: &&Entry| {
        let approved = e.standing(options.today) != Standing::Unapproved && e.doubted_by().is_none();
        e.kind == Kind::ScreenTransfer && approved
    };
    let ends = entries.filter(stands).flat_map(|e| entries::peers(site, e));
    ends.flat_map(|end| entries::parties(site, end)).filter(|p| screen_only(site, *p)).collect()
}

/// Checks M-6.
pub fn check(site: &Site, register: &Register, pack: Option<&Pack>) -> Assertion {
    let title = msg!(
        "screen transfer into the individual-number zone ends at one machine, by its display port only",
        "マイナンバー利用事務系への画面転送が、特定の接続先及び画面転送用のポートに限られること"
    );
    let mut out = assertion("M-6", "", Level::None, Class::Register, basis::all_zones(site), title);
    let screens: Vec<&Entry> = register.entries.iter().filter(|e| entries::shows(site, e)).collect();
    if screens.is_empty() {
        out.verdict = Verdict::NotApplicable;
        out.reason = Some(msg!(
            "the register has no screen transfer at this border",
            "この境界の画面転送は台帳に記載がない"
        ));
        return out;
    }
    for entry in &screens {
        let id = &entry.id.value;
        let (v4, v6) = entries::width(site, &entry.to);
        if v4 > 1 || v6 > 1 || v4 + v6 == 0 {
            let what = msg!(
                "entry `{id}` does not name one destination",
                "台帳「{id}」は接続先が1台に特定されていない"
            );
            out.culprits.push(Culprit { span: entry.to.span, what, device: None });
        }
        if !entry.explicit() || entry.ports.first().is_none_or(|p| entry.ports != Ranges::one(p)) {
            let what =
                msg!("entry `{id}` names more than one port", "台帳「{id}」に複数のポートが記載されている");
            out.culprits.push(Culprit { span: entry.id.span, what, device: None });
        }
    }
    let permitted = pack.and_then(|p| p.screen_transfer);
    if permitted == Some(false) {
        let not_permitted = |entry: &&Entry| Culprit {
            span: entry.id.span,
            what: msg!(
                "the rules chosen do not permit screen transfer into this zone",
                "適用する規則集は、マイナンバー利用事務系への画面転送を認めていない"
            ),
            device: None,
        };
        out.culprits.extend(screens.iter().map(not_permitted));
    }
    out.verdict = match (out.culprits.is_empty(), permitted) {
        (false, _) => Verdict::Violated,
        (true, Some(_)) => Verdict::Holds,
        (true, None) => {
            out.reason = Some(msg!(
                "whether the edition of the guideline that is followed permits screen transfer into this zone is not \
                 stated",
                "準拠するガイドラインの版において、マイナンバー利用事務系への画面転送が認められるか否かの記載がない"
            ));
            Verdict::Undetermined
        }
    };
    out
}
