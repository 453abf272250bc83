//! the exception register itself is in order.
//!
//! # What it finds
//! Entries whose time is over (and, as a notice, those whose time ends within 60 days), entries without an owner, an
//! end or an approval, entries that contradict themselves, entries that say the same, entries that no rule uses.
//!
//! # Why it matters
//! A register that nobody keeps permits what nobody wants any more.
//!
//! # Example
//! A server was retired; its entry and its policy stay.
//!
//! # Remedy
//! Renew, complete, join or delete the entry.
//!
//! # References
//! None beside the register's own rules.

use jiff::civil::Date;

use super::super::explanation::Explanation;
use super::super::{Options, assertion, basis};
use super::{Judged, entries};
use crate::analysis::answer::{Assertion, Class, Culprit, Level, Verdict};
use crate::intent::date::japanese;
use crate::intent::register::{Entry, Standing};
use crate::msg;
use crate::network::Site;
use crate::source::{Msg, Span};

/// The check in words.
pub(in crate::checks) fn explanation() -> Explanation {
    Explanation {
        code: "X-11",
        title: msg!("the exception register itself is in order", "台帳の記載が適正に管理されていること"),
        finds: msg!(
            "entries whose time is over (and, as a notice, those whose time ends within 60 days), entries without an owner, an end or an approval, entries that contradict themselves, entries that say the same, entries that no rule uses",
            "期限切れの記載(60日以内に期限を迎えるものは予告)、主管課、期限又は承認のない記載、内容が矛盾する記載、重複する記載、及び使用する設定がない記載"
        ),
        matters: msg!(
            "A register that nobody keeps permits what nobody wants any more",
            "管理されない台帳は、もはや誰も必要としない通信を許可し続ける"
        ),
        example: msg!(
            "A server was retired; its entry and its policy stay",
            "撤去されたサーバの記載及びポリシーが残っている"
        ),
        remedy: msg!("renew, complete, join or delete the entry", "記載を更新し、補い、統合し、又は削除する"),
        references: msg!("none beside the register's own rules", "なし(台帳の記載要領による)"),
    }
}

/// Checks X-11 over all entries.
pub fn check(site: &Site, judged: &[Judged<'_>], options: &Options) -> Assertion {
    let title = msg!("the exception register is in order", "台帳の記載が適正に管理されていること");
    let mut out = assertion("X-11", "", Level::None, Class::Register, basis::all_zones(site), title);
    let mut verdict = Verdict::Holds;
    for (at, judgement) in judged.iter().enumerate() {
        let mut faults = Vec::new();
        papers(judgement.entry, options.today, &mut faults);
        usage(site, judgement, judged.get(..at).unwrap_or_default(), options.today, &mut faults);
        for (span, what, one) in faults {
            verdict = basis::worst(&[verdict, one]);
            out.culprits.push(Culprit { span, what, device: None });
        }
    }
    if options.today.is_none() {
        verdict = basis::worst(&[verdict, Verdict::Undetermined]);
        out.reason = Some(msg!("the day of judgement is not known", "判定の基準となる日が不明である"));
    }
    out.verdict = verdict;
    let notices = notices(judged, options.today);
    out.reason = out.reason.take().or(super::together(notices));
    out
}

type Fault = (Span, Msg, Verdict);

/// What the entry itself lacks.
fn papers(entry: &Entry, today: Option<Date>, out: &mut Vec<Fault>) {
    let id = &entry.id.value;
    let own = entry.id.span;
    let violated = |span, what| (span, what, Verdict::Violated);
    if entry.owner.trim().is_empty() {
        out.push(violated(own, msg!("entry `{id}` has no owner", "台帳「{id}」に主管課の記載がない")));
    }
    if !entry.names_its_approver() || entry.approved_on.is_none() {
        let by = entry.approved_by.trim();
        out.push(violated(
            own,
            match entry.names_its_approver() || by.is_empty() {
                true => msg!("entry `{id}` is not approved", "台帳「{id}」に承認者又は承認日の記載がない"),
                false => msg!(
                    "entry `{id}` is not approved: `{by}` names nobody who did",
                    "台帳「{id}」の承認者の記載「{by}」は、承認した者を示していない"
                ),
            },
        ));
    }
    if let (Some(on), Some(today)) = (&entry.approved_on, today)
        && on.value > today
    {
        let (day, ja) = (on.value, japanese(on.value));
        out.push(violated(
            on.span,
            msg!(
                "entry `{id}` is approved in the future ({day})",
                "台帳「{id}」の承認日({ja})が判定日より後である"
            ),
        ));
    }
    for (start, en, ja) in
        [(&entry.starts, "starts", "利用開始日"), (&entry.approved_on, "is approved", "承認日")]
    {
        if let (Some(start), Some(end)) = (start, &entry.expires)
            && end.value < start.value
        {
            out.push(violated(
                end.span,
                msg!("entry `{id}` ends before it {en}", "台帳「{id}」の有効期限が{ja}より前である"),
            ));
        }
    }
    match &entry.expires {
        None => out
            .push(violated(own, msg!("entry `{id}` has no last day", "台帳「{id}」に有効期限の記載がない"))),
        Some(end) if entry.expired(today) => {
            let (day, ja) = (end.value, japanese(end.value));
            let renewing = entry.renewal.as_ref().zip(today).is_some_and(|(r, today)| r.value <= today);
            let (what, verdict) = match renewing {
                true => (
                    msg!(
                        "entry `{id}` expired on {day}; its renewal is under way",
                        "台帳「{id}」は{ja}に期限が切れている(更新手続中)"
                    ),
                    Verdict::Undetermined,
                ),
                false => (
                    msg!("entry `{id}` expired on {day}", "台帳「{id}」は{ja}に期限が切れている"),
                    Verdict::Violated,
                ),
            };
            out.push((end.span, what, verdict));
        }
        Some(_) => {}
    }
}

/// Whether rules use it, and whether another entry says the same.
fn usage(
    site: &Site,
    Judged { entry, permitted }: &Judged<'_>,
    before: &[Judged<'_>],
    today: Option<Date>,
    out: &mut Vec<Fault>,
) {
    let id = &entry.id.value;
    if !permitted.possible && !entry.expired(today) {
        out.push((
            entry.id.span,
            msg!("no rule uses entry `{id}`", "台帳「{id}」を使用する設定がない(休眠)"),
            Verdict::Violated,
        ));
    }
    let live = |e: &Entry| e.standing(today) != Standing::Lapsed;
    let same = |other: &&Judged<'_>| {
        live(other.entry)
            && entries::within(site, entry, other.entry)
            && entries::within(site, other.entry, entry)
    };
    if let Some(other) = before.iter().find(same).filter(|_| live(entry)) {
        let first = &other.entry.id.value;
        out.push((
            entry.id.span,
            msg!("entry `{id}` says the same as `{first}`", "台帳「{id}」は「{first}」と重複している"),
            Verdict::Violated,
        ));
    }
}

/// Entries whose time ends soon.
fn notices(judged: &[Judged<'_>], today: Option<Date>) -> Vec<Msg> {
    let Some(today) = today else { return Vec::new() };
    let left = |e: &Entry| {
        let end = e.expires.as_ref().filter(|_| e.standing(Some(today)) == Standing::InForce)?;
        today.until(end.value).ok().map(|span| span.get_days())
    };
    let within = |low: i32, high: i32| {
        judged.iter().map(|j| j.entry).filter(move |e| left(e).is_some_and(|d| low <= d && d <= high))
    };
    let mut out = Vec::new();
    for (low, high) in [(0, 30), (31, 60)] {
        let soon: Vec<&Entry> = within(low, high).collect();
        if soon.is_empty() {
            continue;
        }
        let n = soon.len();
        let (en, ja) = super::listed(soon);
        out.push(msg!(
            "{n} entries end within {high} days: {en}",
            "{high}日以内に期限を迎える記載が{n}件ある: {ja}"
        ));
    }
    out
}
