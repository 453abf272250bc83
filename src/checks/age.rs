//! how old the exported configurations are.
//!
//! # What it finds
//! Configurations of which nobody knows when they were exported, and those older than the limit
//! (`export_max_age_days`, 92 if nothing is said). A date is read from the topology (`collected`) or from a file that
//! states it (the first comment of `iptables-save`).
//!
//! # Why it matters
//! Answers speak of the configurations as they were exported. It informs and does not decide: an old export breaks
//! no rule, and most exports state no date, so that a healthy site would never be told so.
//!
//! # Example
//! Eight files of March and one of last year.
//!
//! # Remedy
//! Export again, or write `collected = "…"`.
//!
//! # References
//! None: a matter of evidence.

use jiff::civil::Date;

use super::explanation::Explanation;
use super::{Options, assertion, basis};
use crate::analysis::answer::{Assertion, Bearing, Class, Culprit, Level, Verdict};
use crate::intent::date;
use crate::msg;
use crate::network::{DeviceStatus, Site};
use crate::source::{FileId, Span};

/// The check in words.
pub(super) fn explanation() -> Explanation {
    Explanation {
        code: "Q-4",
        title: msg!(
            "how old the exported configurations are",
            "全ての設定の採取日が判明しており、期限内であること"
        ),
        finds: msg!(
            "configurations of which nobody knows when they were exported, and those older than the limit (`export_max_age_days`, 92 if nothing is said). A date is read from the topology (`collected`) or from a file that states it (the first comment of `iptables-save`)",
            "採取日の不明な設定及び期限(`export_max_age_days`、記載がなければ92日)を過ぎた設定。採取日は、構成情報(`collected`)又は日付を含むファイル(`iptables-save` の先頭の注釈)から読み取る"
        ),
        matters: msg!(
            "answers speak of the configurations as they were exported. It informs and does not decide: an old export breaks no rule, and most exports state no date, so that a healthy site would never be told so",
            "解析結果は、採取した時点の設定についてのものである。古い設定であること自体は規則に反しないため、総合の解析結果には影響しない"
        ),
        example: msg!(
            "eight files of March and one of last year",
            "3月に採取した8ファイルの中に、前年のものが1ファイルある"
        ),
        remedy: msg!(
            "export again, or write `collected = \"…\"`",
            "設定を採取し直す。又は、`collected = \"…\"` を記載する"
        ),
        references: msg!("none: a matter of evidence", "なし(根拠に関する事項)"),
    }
}

/// Days after which an export is too old, if the site does not say.
const MOST_DAYS: u32 = 92;
/// Lines at the head of a file among which its date may stand.
const HEAD: u32 = 3;

/// Checks Q-4.
pub fn check(site: &Site, options: &Options) -> Assertion {
    let most = site.records.export_max_age_days.unwrap_or(MOST_DAYS);
    let title = msg!(
        "every configuration was exported on a known day, at most {most} days ago",
        "全ての設定の採取日が判明しており、{most}日以内であること"
    );
    let mut out = assertion("Q-4", "", Level::None, Class::Evidence, basis::all_zones(site), title);
    out.bearing = Bearing::Informs;
    let mut oldest: Option<Date> = None;
    let mut read = 0;
    for (name, status) in &site.boxes {
        if *status != DeviceStatus::Analysed {
            continue;
        }
        read += 1;
        let (day, span) = collected(site, &name.value, name.span);
        let device = &name.value;
        let what = match (day, options.today) {
            (None, _) => {
                msg!("when `{device}` was exported is not known", "「{device}」の採取日が不明である")
            }
            (Some(day), Some(today)) if day > today => {
                msg!(
                    "`{device}` claims to be exported on {day}, which is to come",
                    "「{device}」の採取日{day}が基準日より後である"
                )
            }
            (Some(day), Some(today)) if age(day, today) > i64::from(most) => {
                let days = age(day, today);
                msg!(
                    "`{device}` was exported {days} days ago",
                    "「{device}」は採取から{days}日が経過している"
                )
            }
            (Some(day), _) => {
                oldest = Some(oldest.map_or(day, |o| o.min(day)));
                continue;
            }
        };
        out.culprits.push(Culprit { span, what, device: Some(device.clone()) });
    }
    if let Some(day) = oldest {
        let paper = date::japanese(day);
        out.reason = Some(msg!(
            "the oldest dated export within the limit is of {day}",
            "期限内の採取日のうち最も古いものは{paper}"
        ));
    }
    out.verdict = match (read, out.culprits.is_empty(), options.today) {
        (0, ..) => Verdict::NotApplicable,
        (_, true, Some(_)) => Verdict::Holds,
        _ => Verdict::Undetermined,
    };
    if read == 0 {
        out.reason = Some(msg!("no configuration was read", "解析した設定がない"));
    }
    out
}

fn age(then: Date, now: Date) -> i64 {
    now.since(then).map_or(0, |span| i64::from(span.get_days()))
}

/// The day a box was exported, and where that stands; of several files the oldest counts.
fn collected(site: &Site, name: &str, span: Span) -> (Option<Date>, Span) {
    if let Some(said) = site.records.collected.get(name) {
        return (date::parse(&said.value), said.span);
    }
    let files = site.devices.iter().filter(|d| d.chassis == name).map(|d| d.device.file);
    let dated = files.filter_map(|file| stated(site, file)).min();
    dated.map_or((None, span), |(day, span)| (Some(day), span))
}

/// The day that a file states about itself.
fn stated(site: &Site, file: FileId) -> Option<(Date, Span)> {
    (1..=HEAD).find_map(|line| {
        let span = site.sources.line_span(file, line);
        Some((generated(&site.sources.excerpt(span).text)?, span))
    })
}

/// `# Generated by iptables-save v1.8.7 on Tue Mar 10 18:41:02 2026`: the form of ctime(3).
fn generated(line: &str) -> Option<Date> {
    let (_, when) = line.strip_prefix("# Generated by ")?.rsplit_once(" on ")?;
    let words: Vec<&str> = when.split_whitespace().collect();
    let [_, month, day, _, year] = words.as_slice() else { return None };
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|m| m == month)?;
    Date::new(year.parse().ok()?, i8::try_from(month + 1).ok()?, day.parse().ok()?).ok()
}
